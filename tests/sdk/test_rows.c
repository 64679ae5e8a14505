/* SPDX-License-Identifier: Apache-2.0 */
/* test_rows.c - cells into arrays, out again, and arrays that are not what they say. */
#include "support.h"

#if HAVE_FAULT
#include "fault.h"
#endif

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_TYPES 10u

static const struct ov_column columns[N_TYPES] = {
    { OV_BOOL, 0, 0 },       { OV_INT64, 0, 0 },  { OV_FLOAT64, 0, 0 },
    { OV_TIME, 0, 1 },       { OV_TEXT, 0, 0 },   { OV_TEXT_LIST, 0, 0 },
    { OV_INT64_LIST, 0, 0 }, { OV_VECTOR, 3, 0 }, { OV_SPARSE, 0, 0 },
    { OV_GEO, 0, 1 },
};

static struct ArrowArray array;

static void setup(void)
{
    memset(&array, 0, sizeof(array));
}

static void teardown(void)
{
    if (array.release != NULL)
        array.release(&array);
}

/* A value of column c that depends on the row: texts of `row` bytes, lists of `row`
 * elements, a null now and then. Static memory. */
static struct ov_cell value_of(uint32_t c, int64_t row)
{
    static const char *words = "abcdefghijklmnopqrstuvwxyz";
    static const int64_t offsets[] = { 0, 1, 1, 4, 6, 7 };
    static const int64_t ints[] = { INT64_MIN, -1, 0, 7, INT64_MAX };
    static const float weights[] = { 1.5f, -2, 0, 3, 4 };
    static const double places[] = { -180, 90, 2.35, 48.85 };
    uint64_t n = (uint64_t)row % 5;
    struct ov_cell cell;

    switch (columns[c].type) {
    case OV_BOOL:
        return ov_int_cell(OV_BOOL, row % 3 == 0);
    case OV_INT64:
        return ov_int_cell(OV_INT64, ints[n]);
    case OV_FLOAT64:
        return ov_float_cell((double)row / 3);
    case OV_TIME:
        return row % 7 == 5 ? ov_null_cell() : ov_int_cell(OV_TIME, row * 1000);
    case OV_TEXT:
        return ov_text_cell((struct ov_str){ words, n * 5 });
    case OV_VECTOR:
        return ov_vector_cell(weights + n % 3, 3);
    case OV_GEO:
        cell = ov_null_cell();
        if (row % 2 == 0)
            return cell;
        cell.type = OV_GEO;
        cell.n = 2;
        cell.u.reals = places + row % 4 / 2 * 2;
        return cell;
    default:
        cell = ov_null_cell();
        cell.type = columns[c].type;
        cell.n = n;
        cell.bytes = "agottosz";
        cell.weights = weights;
        cell.u.offsets = offsets;
        if (cell.type == OV_INT64_LIST)
            cell.u.ints = ints;
        if (cell.type == OV_SPARSE) {
            static const int64_t terms[] = { 0, 1, 3, 4, 6, 8 };

            cell.u.offsets = terms;
            cell.bytes = "abbcddee";
        }
        return cell;
    }
}

static int32_t build(int64_t n_rows)
{
    struct ov_rows *rows = ov_rows_new(columns, N_TYPES);
    struct ov_cell cell;
    int64_t row;
    uint32_t c;

    for (row = 0; row < n_rows; row++)
        for (c = 0; c < N_TYPES; c++) {
            cell = value_of(c, row);
            ov_rows_add(rows, &cell);
        }
    return ov_rows_finish(rows, &array, &err);
}

START_TEST(what_goes_in_comes_out)
{
    static const int64_t sizes[] = { 0, 1, 7, 8, 9, 300 };
    struct ov_cell want, got;
    int64_t row;
    uint32_t c;

    ck_ok(build(sizes[_i]));
    ck_assert_int_eq(array.length, sizes[_i]);
    ck_ok(ov_array_check(&array, columns, N_TYPES, &err));
    for (row = 0; row < sizes[_i]; row++)
        for (c = 0; c < N_TYPES; c++) {
            want = value_of(c, row);
            ov_array_cell(&array, c, row, columns[c].type, columns[c].dim, &got);
            ck_assert_msg(ov_cell_compare(&want, &got) == 0, "column %u row %d", c,
                          (int)row);
            ck_assert_uint_eq(want.type, got.type);
        }
}
END_TEST

START_TEST(a_moved_child_outlives_its_parent)
{
    struct ArrowArray child;

    ck_ok(build(20));
    child = *array.children[4];
    array.children[4]->release = NULL;
    array.release(&array);
    ck_assert(array.release == NULL);
    ck_assert_int_eq(((const int64_t *)child.buffers[1])[20], 4 * (0 + 5 + 10 + 15 + 20));
    child.release(&child);
    ck_assert(child.release == NULL);
}
END_TEST

START_TEST(a_value_of_another_type_is_refused)
{
    struct ov_rows *rows = ov_rows_new(columns + 1, 2);
    struct ov_cell text = ov_text_cell(ov_str_of("x")), null = ov_null_cell();

    ov_rows_add(rows, &text);
    ck_fails(OV_INTERNAL, ov_rows_finish(rows, &array, &err));
    ck_says("column 0");
    rows = ov_rows_new(columns + 1, 2);
    ov_rows_add(rows, &null);
    ck_fails(OV_INTERNAL, ov_rows_finish(rows, &array, &err));
    ck_assert(array.release == NULL);
}
END_TEST

START_TEST(half_a_row_is_refused)
{
    struct ov_rows *rows = ov_rows_new(columns + 1, 2);
    struct ov_cell cell = ov_int_cell(OV_INT64, 1);

    ov_rows_add(rows, &cell);
    ck_fails(OV_INTERNAL, ov_rows_finish(rows, &array, &err));
}
END_TEST

START_TEST(a_vector_that_was_never_written_reads_as_zeros)
{
    struct ov_rows *rows = ov_rows_new(columns + 7, 1);
    struct ov_cell null = ov_null_cell(), got;

    ov_rows_add(rows, &null);
    ck_assert_int_eq(ov_rows_count(rows), 1);
    ck_assert_uint_eq(ov_rows_bytes(rows), 3 * sizeof(float));
    ck_ok(ov_rows_finish(rows, &array, &err));
    ck_ok(ov_array_check(&array, columns + 7, 1, &err));
    ov_array_cell(&array, 0, 0, OV_VECTOR, 3, &got);
    ck_assert(!(got.u.floats[0] > 0) && !(got.u.floats[2] > 0));
}
END_TEST

/* One lie each about an array of 9 rows. */
static void lie(int which)
{
    struct ArrowArray **child = array.children;

    switch (which) {
    case 0:
        child[1]->length = 8;
        break;
    case 1:
        child[3]->null_count = 0;
        break;
    case 2:
        ((int64_t *)(uintptr_t)child[4]->buffers[1])[3] = 1000;
        break;
    case 3:
        ((int64_t *)(uintptr_t)child[5]->buffers[1])[9] = 1000;
        break;
    case 4:
        ((char *)(uintptr_t)child[4]->buffers[2])[0] = (char)0xFF;
        break;
    case 5:
        ((char *)(uintptr_t)child[4]->buffers[2])[1] = 0;
        break;
    case 6:
        ((float *)(uintptr_t)child[7]->children[0]->buffers[1])[2] = NAN;
        break;
    case 7:
        ((float *)(uintptr_t)child[7]->children[0]->buffers[1])[2] = 2e15f;
        break;
    case 8:
        ((double *)(uintptr_t)child[2]->buffers[1])[2] = INFINITY;
        break;
    case 9:
        ((double *)(uintptr_t)child[9]->children[0]->buffers[1])[3] = 91;
        break;
    case 10:
        ((int64_t *)(uintptr_t)child[3]->buffers[1])[1] = 1;
        break;
    case 11:
        ((char *)(uintptr_t)child[8]->children[0]->children[0]->buffers[2])[1] = 'z';
        break;
    case 12:
        ((int64_t *)(uintptr_t)child[6]->buffers[1])[0] = -1;
        break;
    case 13:
        child[7]->children[0]->length--;
        break;
    case 14:
        child[0]->offset = 1;
        break;
    case 15:
        child[4]->buffers[1] = NULL;
        break;
    case 16:
        child[1]->buffers[1] = (const char *)child[1]->buffers[1] + 4;
        break;
    case 17:
        child[8]->children[1]->children[0]->n_buffers = 3;
        break;
    default:
        array.n_children = 9;
    }
}

static const char *const lies[] = {
    "column 1", "column 3", "column 4", "column 5", "column 4",   "column 4", "column 7",
    "column 7", "column 2", "column 9", "column 3", "column 8",   "column 6", "column 7",
    "column 0", "column 4", "column 1", "column 8", "10 columns",
};

START_TEST(an_array_that_lies_is_found_out)
{
    int64_t children, length;

    ck_ok(build(9));
    children = array.n_children;
    length = array.children[7]->children[0]->length;
    lie(_i);
    ck_fails(OV_INVALID, ov_array_check(&array, columns, N_TYPES, &err));
    ck_says(lies[_i]);
    array.n_children = children;
    array.children[7]->children[0]->length = length;
}
END_TEST

START_TEST(answers_begin_with_key_and_score)
{
    struct ov_field key = { .size = sizeof(key), .type = OV_TEXT, .flags = OV_FIELD_KEY };
    struct ov_field seen = { .size = sizeof(seen),
                             .type = OV_TIME,
                             .flags = OV_FIELD_NULLABLE };
    struct ov_field vector = { .size = sizeof(vector), .type = OV_VECTOR, .dim = 8 };
    const struct ov_field *fields[] = { &vector, &key, &seen };
    struct ov_schema schema = {
        .size = sizeof(schema), .n_fields = 3, .key = 1, .fields = fields
    };
    const uint32_t wanted[] = { 2, 0, 1 };
    struct ov_column got[6];

    ck_assert_uint_eq(ov_result_columns(&schema, 1, wanted, 3, got), 6);
    ck_assert_uint_eq(got[0].type, OV_TEXT);
    ck_assert_uint_eq(got[1].type, OV_FLOAT64);
    ck_assert_uint_eq(got[2].type, OV_INT64);
    ck_assert_uint_eq(got[3].type, OV_TIME);
    ck_assert_uint_eq(got[3].nullable, 1);
    ck_assert_uint_eq(got[4].dim, 8);
    ck_assert_uint_eq(got[5].type, OV_TEXT);
    ck_assert_uint_eq(ov_result_columns(&schema, 0, wanted, 1, got), 2);
}
END_TEST

#if HAVE_FAULT
START_TEST(every_allocation_may_fail)
{
    size_t at, failures = 0;
    int32_t code;

    for (at = 0;; at++) {
        ov_error_reset(&err);
        fault_arm(at);
        code = build(300);
        if (!fault_disarm())
            break;
        failures++;
        ck_assert_int_eq(code, OV_NO_SPACE);
        ck_assert_int_eq(err.code, OV_NO_SPACE);
        ck_assert(array.release == NULL);
    }
    ck_assert_int_eq(code, OV_OK);
    ck_assert_uint_gt(failures, 20);
}
END_TEST

START_TEST(a_schema_for_arrow_may_lack_memory_too)
{
    static const char *const names[] = {
        "b", "i", "f", "t", "s", "l", "n", "v", "w", "g"
    };
    struct ArrowSchema schema = { .format = NULL };
    size_t at, failures = 0;
    int32_t code;

    for (at = 0;; at++) {
        ov_error_reset(&err);
        fault_arm(at);
        code = ov_arrow_schema(columns, names, N_TYPES, &schema, &err);
        if (!fault_disarm())
            break;
        failures++;
        ck_assert_int_eq(code, OV_NO_SPACE);
        ck_assert_ptr_null(schema.format);
    }
    ck_assert_uint_gt(failures, 15);
    schema.release(&schema);
}
END_TEST
#endif

START_TEST(arrow_libraries_are_told_the_types)
{
    static const char *const names[] = {
        "b", "i", "f", "t", "s", "l", "n", "v", "w", "g"
    };
    static const char *const formats[] = { "b",  "l",  "g",    "tsu:UTC", "U",
                                           "+L", "+L", "+w:3", "+s",      "+w:2" };
    struct ArrowSchema schema, moved;
    uint32_t c;

    ck_ok(ov_arrow_schema(columns, names, N_TYPES, &schema, &err));
    ck_assert_str_eq(schema.format, "+s");
    for (c = 0; c < N_TYPES; c++) {
        ck_assert_str_eq(schema.children[c]->format, formats[c]);
        ck_assert_str_eq(schema.children[c]->name, names[c]);
        ck_assert_int_eq(schema.children[c]->flags,
                         columns[c].nullable ? ARROW_FLAG_NULLABLE : 0);
    }
    moved = *schema.children[8];
    schema.children[8]->release = NULL;
    schema.release(&schema);
    ck_assert_str_eq(moved.children[0]->children[0]->format, "U");
    ck_assert_str_eq(moved.children[1]->children[0]->format, "f");
    moved.release(&moved);
    ck_fails(OV_INVALID,
             ov_arrow_schema(&(struct ov_column){ 11, 0, 0 }, names, 1, &schema, &err));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rows");
    TCase *tests = tcase_create("rows");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, what_goes_in_comes_out, 0, 6);
    tcase_add_test(tests, a_moved_child_outlives_its_parent);
    tcase_add_test(tests, a_value_of_another_type_is_refused);
    tcase_add_test(tests, half_a_row_is_refused);
    tcase_add_test(tests, a_vector_that_was_never_written_reads_as_zeros);
    tcase_add_loop_test(tests, an_array_that_lies_is_found_out, 0,
                        (int)(sizeof(lies) / sizeof(lies[0])));
    tcase_add_test(tests, answers_begin_with_key_and_score);
    tcase_add_test(tests, arrow_libraries_are_told_the_types);
#if HAVE_FAULT
    tcase_add_test(tests, every_allocation_may_fail);
    tcase_add_test(tests, a_schema_for_arrow_may_lack_memory_too);
#endif
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
