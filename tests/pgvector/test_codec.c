/* SPDX-License-Identifier: Apache-2.0 */
/* test_codec.c - names, quoting, filters as text and values as bytes; no server. */
#include "../../plugins/pgvector/ddl.h"
#include "../../plugins/pgvector/decode.h"
#include "../../plugins/pgvector/filter_sql.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct text text;
static struct params params;

static void teardown(void)
{
    text_clear(&text);
    params_clear(&params);
}

/* ---------------------------------------------------------- names, quoting */

START_TEST(names_are_quoted_once)
{
    text_qualified(&text, "a\"b", "select");
    ck_assert_str_eq(text.p, "\"a\"\"b\".\"select\"");
}
END_TEST

START_TEST(literals_hold_quotes_and_backslashes)
{
    text_literal(&text, ov_str_of("it's"));
    text_literal(&text, ov_str_of("a\\' b"));
    text_literal(&text, ov_str_of(""));
    ck_assert_str_eq(text.p, "'it''s'E'a\\\\'' b'''");
}
END_TEST

START_TEST(literals_escape_both_kinds_alone)
{
    text_literal(&text, ov_str_of("\\"));
    ck_assert_str_eq(text.p, "E'\\\\'");
}
END_TEST

/* Notes with SQL show neither as it is. */
START_TEST(literals_name_what_no_terminal_shows)
{
    text_literal(&text, ov_str_of("a\tb\x1b\xc2\x9b\xe2\x80\xae'c\xc3\xa9"));
    ck_assert_str_eq(text.p, "E'a\\011b\\033\\302\\233\\342\\200\\256''c\xc3\xa9'");
}
END_TEST

START_TEST(names_stand_for_themselves_where_they_can)
{
    char out[NAME_BYTES];

    name_column(out, ov_str_of("uri"));
    ck_assert_str_eq(out, "uri");
    name_table(out, ov_str_of("context"));
    ck_assert_str_eq(out, "context");
    name_column(out, ov_str_of("ctid"));
    ck_assert_str_ne(out, "ctid");
    name_table(out, ov_str_of("ov_collections"));
    ck_assert_str_ne(out, "ov_collections");
    name_column(out, ov_str_of("a#b"));
    ck_assert_str_ne(out, "a#b");
}
END_TEST

START_TEST(long_names_are_cut_at_a_character_and_stay_apart)
{
    char long_one[200], a[NAME_BYTES], b[NAME_BYTES];

    for (int i = 0; i < 60; i++)
        memcpy(long_one + 2 * i, "\xc3\xa4", 2);
    memcpy(long_one + 120, "1", 2);
    name_column(a, ov_str_of(long_one));
    long_one[120] = '2';
    name_column(b, ov_str_of(long_one));
    ck_assert_str_ne(a, b);
    ck_assert_uint_lt(strlen(a), NAME_BYTES);
    ck_assert(ov_utf8_valid(ov_str_of(a)));
    name_beside(b, a, "weights");
    ck_assert_uint_lt(strlen(b), NAME_BYTES);
    name_part(b, a, a, "h");
    ck_assert_uint_lt(strlen(b), NAME_BYTES);
    ck_assert(ov_utf8_valid(ov_str_of(b)));
}
END_TEST

/* ------------------------------------------------------------------ values */

static struct ov_str value(int n)
{
    const struct param *p = &params.list[n - 1];

    return (struct ov_str){ params.bytes + p->at, (uint64_t)p->length };
}

START_TEST(scalars_are_big_endian)
{
    ck_assert_int_eq(params_int8(&params, -2), 1);
    ck_assert_mem_eq(value(1).p, "\xff\xff\xff\xff\xff\xff\xff\xfe", 8);
    ck_assert_int_eq(params_float8(&params, 1.5), 2);
    ck_assert_mem_eq(value(2).p, "\x3f\xf8\0\0\0\0\0\0", 8);
    ck_assert_int_eq(params_null(&params, OID_TEXT), 3);
    ck_assert_int_eq(params.list[2].length, -1);
    params_time(&params, INT64_C(946684800000000));
    ck_assert_mem_eq(value(4).p, "\0\0\0\0\0\0\0\0", 8);
}
END_TEST

START_TEST(times_that_the_server_cannot_hold_lie_beyond_all_that_it_does)
{
    ck_assert_int_eq(params_server_time(INT64_MIN), INT64_MIN);
    ck_assert_int_eq(params_host_time(params_server_time(INT64_MAX)), INT64_MAX);
    ck_assert_int_eq(params_host_time(params_server_time(-1000)), -1000);
}
END_TEST

static void put_texts(const char *a, const char *b)
{
    params_array_begin(&params, OID_TEXTS, OID_TEXT);
    if (a != NULL)
        params_array_text(&params, ov_str_of(a));
    if (b != NULL)
        params_array_text(&params, ov_str_of(b));
    params_array_end(&params);
}

START_TEST(what_is_encoded_is_decoded)
{
    const struct ov_column texts = { .type = OV_TEXT_LIST },
                           ints = { .type = OV_INT64_LIST };
    const struct ov_column vector = { .type = OV_VECTOR, .dim = 3 };
    const float floats[] = { 1, -0.5f, 3e8f };
    struct scratch scratch = { 0 };
    struct ov_cell cell;

    put_texts("", "b\xc3\xa4");
    ck_ok(decode_cell(&scratch, &texts, value(1), &cell, &err));
    ck_assert_uint_eq(cell.n, 2);
    ck_assert_int_eq(cell.u.offsets[1], 0);
    ck_assert_int_eq(cell.u.offsets[2], 3);
    put_texts(NULL, NULL);
    ck_ok(decode_cell(&scratch, &texts, value(2), &cell, &err));
    ck_assert_uint_eq(cell.n, 0);
    params_array_begin(&params, OID_INT8S, OID_INT8);
    cell = ov_int_cell(OV_INT64, INT64_MIN);
    params_array_cell(&params, &cell);
    params_array_end(&params);
    ck_ok(decode_cell(&scratch, &ints, value(3), &cell, &err));
    ck_assert_int_eq(cell.u.ints[0], INT64_MIN);
    params_vector(&params, 1, floats, 3);
    ck_ok(decode_cell(&scratch, &vector, value(4), &cell, &err));
    ck_assert_mem_eq(cell.u.floats, floats, sizeof(floats));
    put_texts("a", "b");
    params_array_begin(&params, OID_FLOAT4S, OID_FLOAT4);
    params_array_float4(&params, 0.25f);
    params_array_float4(&params, -1);
    params_array_end(&params);
    ck_ok(decode_sparse(&scratch, value(5), value(6), &cell, &err));
    ck_assert_uint_eq(cell.n, 2);
    ck_assert_float_eq(cell.weights[1], -1);
    ck_assert_int_eq(cell.u.offsets[2], 2);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_value_cut_anywhere_is_corrupt)
{
    static const struct ov_column columns[] = {
        { .type = OV_BOOL },
        { .type = OV_INT64 },
        { .type = OV_FLOAT64 },
        { .type = OV_TIME },
        { .type = OV_TEXT_LIST },
        { .type = OV_INT64_LIST },
        { .type = OV_VECTOR, .dim = 3 },
        { .type = OV_GEO },
    };
    struct scratch scratch = { 0 };
    struct ov_cell cell;

    put_texts("one", "two");
    for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++) {
        struct ov_str whole = value(1);

        for (uint64_t n = 0; n < whole.n; n++) {
            struct ov_str part = { whole.p, n };

            if (n == 1 || n == 8 || n == 16)
                continue; /* the length of a number or a point */
            ck_fails(OV_CORRUPT, decode_cell(&scratch, &columns[c], part, &cell, &err));
        }
    }
    put_texts("one", NULL);
    ck_fails(OV_CORRUPT, decode_sparse(&scratch, value(1), value(2), &cell, &err));
    scratch_clear(&scratch);
}
END_TEST

/* What another program wrote into the table, or damage did. */
START_TEST(a_number_that_no_record_has_is_corrupt)
{
    const struct ov_column real = { .type = OV_FLOAT64 }, place = { .type = OV_GEO };
    const struct ov_column vector = { .type = OV_VECTOR, .dim = 1 };
    const float nan[] = { NAN };
    const char far[16] = "\x40\x66\xa0\0\0\0\0\0"; /* 181 degrees */
    struct scratch scratch = { 0 };
    struct ov_scalar endless = { .type = OV_FLOAT64 };
    struct ov_cell cell;

    endless.u.f = (double)INFINITY;
    params_scalar(&params, &endless);
    params_vector(&params, 1, nan, 1);
    put_texts("b", "a");
    params_array_begin(&params, OID_FLOAT4S, OID_FLOAT4);
    params_array_float4(&params, 1);
    params_array_float4(&params, 1);
    params_array_end(&params);

    ck_fails(OV_CORRUPT, decode_cell(&scratch, &real, value(1), &cell, &err));
    ck_fails(OV_CORRUPT, decode_cell(&scratch, &vector, value(2), &cell, &err));
    ck_fails(OV_CORRUPT, decode_sparse(&scratch, value(3), value(4), &cell, &err));
    ck_fails(OV_CORRUPT,
             decode_cell(&scratch, &place, (struct ov_str){ far, 16 }, &cell, &err));
    scratch_clear(&scratch);
}
END_TEST

/* ----------------------------------------------------------------- filters */

static struct shape *make_shape(void)
{
    static struct ov_field list[] = {
        { sizeof(struct ov_field), OV_TEXT, OV_FIELD_KEY, 0, { "id", 2 }, { 0 } },
        { sizeof(struct ov_field),
          OV_TEXT,
          OV_FIELD_PATH,
          0,
          { "p", 1 },
          { OV_TEXT, 0, { 0 } } },
        { sizeof(struct ov_field), OV_TIME, OV_FIELD_NULLABLE, 0, { "at", 2 }, { 0 } },
    };
    static const struct ov_field *fields[] = { &list[0], &list[1], &list[2] };
    static const struct ov_schema schema = {
        .size = sizeof(schema), .n_fields = 3, .fields = fields, .name = { "c", 1 }
    };
    static struct ov_session session = { .settings = { .schema = "s" } };
    struct shape *shape;

    ck_ok(shape_new(&session, ov_schema_copy(&schema), &shape, &err));
    return shape;
}

START_TEST(filters_bind_their_values_and_depend_on_their_form_alone)
{
    struct ov_node nodes[] = {
        { .op = OV_AND, .field = OV_NONE, .span = 4, .n_children = 2 },
        { .op = OV_PATH, .field = 1, .span = 1, .n_values = 1, .arg = 2 },
        { .op = OV_NOT, .field = OV_NONE, .span = 2, .n_children = 1 },
        { .op = OV_RANGE,
          .flags = OV_RANGE_LOW,
          .field = 2,
          .span = 1,
          .first_value = 1,
          .n_values = 1 },
    };
    struct ov_scalar values[] = { { OV_TEXT, 0, { 0 } }, { OV_TIME, 0, { 1000 } } };
    const struct ov_filter filter = { .size = sizeof(filter),
                                      .n_nodes = 4,
                                      .n_values = 2,
                                      .nodes = nodes,
                                      .values = values };
    struct shape *shape = make_shape();
    char *first;

    values[0].u.s = ov_str_of("/it's; DROP");
    ck_ok(filter_where(&text, &params, shape, &filter, 0, &err));
    ck_assert_str_eq(
        text.p, " WHERE ((((t.\"p\" = $1 OR (t.\"p\" >= $2 AND t.\"p\" < $3 AND "
                "t.\"p#depth\" <= $4)))) AND (NOT coalesce(t.\"at\" >= $5, false)))");
    ck_assert_mem_eq(value(2).p, "/it's; DROP/", 12);
    ck_assert_mem_eq(value(3).p, "/it's; DROP0", 12);
    ck_assert_mem_eq(value(4).p, "\0\0\0\3", 4);
    first = strdup(text.p);
    teardown();
    values[0].u.s = ov_str_of("/another/one");
    ck_ok(filter_where(&text, &params, shape, &filter, 0, &err));
    ck_assert_str_eq(text.p, first);
    free(first);
    shape_unref(shape);
}
END_TEST

START_TEST(many_paths_come_as_arrays)
{
    struct ov_scalar values[20];
    struct ov_node node = {
        .op = OV_PATH, .field = 1, .span = 1, .n_values = 20, .arg = -1
    };
    const struct ov_filter filter = { .size = sizeof(filter),
                                      .n_nodes = 1,
                                      .n_values = 20,
                                      .nodes = &node,
                                      .values = values };
    struct shape *shape = make_shape();

    for (int i = 0; i < 20; i++) {
        values[i] = (struct ov_scalar){ OV_TEXT, 0, { 0 } };
        values[i].u.s = ov_str_of("/x");
    }
    ck_ok(filter_where(&text, &params, shape, &filter, 0, &err));
    ck_assert_int_eq(params.n, 4);
    shape_unref(shape);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector codec");
    TCase *c = tcase_create("codec");

    tcase_add_checked_fixture(c, NULL, teardown);
    tcase_add_test(c, names_are_quoted_once);
    tcase_add_test(c, literals_hold_quotes_and_backslashes);
    tcase_add_test(c, literals_escape_both_kinds_alone);
    tcase_add_test(c, literals_name_what_no_terminal_shows);
    tcase_add_test(c, names_stand_for_themselves_where_they_can);
    tcase_add_test(c, long_names_are_cut_at_a_character_and_stay_apart);
    tcase_add_test(c, scalars_are_big_endian);
    tcase_add_test(c, times_that_the_server_cannot_hold_lie_beyond_all_that_it_does);
    tcase_add_test(c, what_is_encoded_is_decoded);
    tcase_add_test(c, a_value_cut_anywhere_is_corrupt);
    tcase_add_test(c, a_number_that_no_record_has_is_corrupt);
    tcase_add_test(c, filters_bind_their_values_and_depend_on_their_form_alone);
    tcase_add_test(c, many_paths_come_as_arrays);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
