/* SPDX-License-Identifier: Apache-2.0 */
/* test_schema.c - schemas copied, written as bytes, read back; and bytes that are not
 * what was written. */
#include "internal.h"
#include "support.h"

#if HAVE_FAULT
#include "fault.h"
#endif

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FIELDS 12
#define MAX_INDEXES 3

/* A schema with all its parts, made anew from a seed. */
static struct ov_schema schema;
static struct ov_field fields[MAX_FIELDS];
static struct ov_index indexes[MAX_INDEXES];
static const struct ov_field *field_list[MAX_FIELDS];
static const struct ov_index *index_list[MAX_INDEXES];
static uint32_t scalars[MAX_INDEXES][MAX_FIELDS];
static char pool[65536];
static size_t pooled;
static uint64_t seed;

static uint32_t next(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

/* Bytes of any kind, which a meta may be. */
static struct ov_str any_bytes(uint32_t most)
{
    struct ov_str text = { pool + pooled, next(most + 1) };
    uint64_t i;

    for (i = 0; i < text.n; i++)
        pool[pooled++] = (char)(' ' + next(200));
    if (text.n == 0)
        text.p = NULL;
    return text;
}

/* A text; at least one character, and never the same twice, with a number before it. */
static struct ov_str any_text(int number, uint32_t most)
{
    struct ov_str text = { pool + pooled, 0 };
    uint64_t i, n = next(most + 1);

    if (number >= 0)
        pool[pooled++] = (char)('A' + number);
    for (i = 0; i < n; i++)
        pool[pooled++] = (char)('!' + next(90));
    text.n = (uint64_t)(pool + pooled - text.p);
    if (text.n == 0)
        text.p = NULL;
    return text;
}

static struct ov_scalar any_fill(uint32_t type)
{
    struct ov_scalar fill = { .type = type };

    if (type > OV_TEXT || next(3) == 0)
        fill.type = OV_NULL;
    else if (type == OV_TEXT)
        fill.u.s = any_text(-1, 20);
    else if (type == OV_FLOAT64)
        fill.u.f = (double)next(1000) / 7;
    else if (type == OV_TIME)
        fill.u.i = 1000 * (int64_t)next(1000);
    else
        fill.u.i = type == OV_BOOL ? (int64_t)next(2) : (int64_t)next(1000) - 500;
    return fill;
}

/* Flags that fit; one field is the expiry at most. */
static uint32_t any_flags(uint32_t type, int *expires)
{
    uint32_t flags = next(2) ? OV_FIELD_ABSENT : 0;

    if ((type == OV_TIME || type == OV_GEO) && next(2))
        flags |= OV_FIELD_NULLABLE;
    if (type == OV_TEXT)
        flags |= next(2) * OV_FIELD_PATH | next(2) * OV_FIELD_FULLTEXT;
    if (type == OV_TIME && !*expires && next(2)) {
        flags |= OV_FIELD_EXPIRY;
        *expires = 1;
    }
    return flags;
}

static void make_field(uint32_t f, uint32_t type, uint32_t flags)
{
    fields[f] = (struct ov_field){ .size = sizeof(fields[f]),
                                   .type = type,
                                   .flags = flags,
                                   .dim = type == OV_VECTOR ? 1 + next(4096) : 0,
                                   .name = any_text((int)f, 127),
                                   .fill = any_fill(type) };
    field_list[f] = &fields[f];
}

/* Over the vector and the sparse vector at the end of the fields. */
static void make_index(uint32_t i, uint32_t n_fields)
{
    uint32_t s;

    indexes[i] = (struct ov_index){ .size = sizeof(indexes[i]),
                                    .state = next(3),
                                    .metric = 1 + next(3),
                                    .dense = n_fields - 2,
                                    .sparse = next(2) ? OV_NONE : n_fields - 1,
                                    .n_scalars = next(n_fields + 1),
                                    .scalars = scalars[i],
                                    .alpha = (double)next(100) / 3,
                                    .name = any_text((int)i, 20),
                                    .kind = any_text(0, 10),
                                    .meta = any_bytes(300) };
    for (s = 0; s < indexes[i].n_scalars; s++)
        scalars[i][s] = next(n_fields);
    index_list[i] = &indexes[i];
}

static void make_schema(uint64_t of)
{
    uint32_t i, type;
    int expires = 0;

    seed = of;
    pooled = 0;
    schema = (struct ov_schema){ .size = sizeof(schema),
                                 .n_fields = 3 + next(MAX_FIELDS - 2),
                                 .n_indexes = next(MAX_INDEXES + 1),
                                 .fields = field_list,
                                 .indexes = index_list,
                                 .name = any_text(0, 127),
                                 .meta = any_bytes(1000) };
    schema.key = next(schema.n_fields - 2);
    for (i = 0; i < schema.n_fields; i++) {
        type = 1 + next(OV_GEO);
        if (i == schema.key)
            make_field(i, next(2) ? OV_TEXT : OV_INT64, OV_FIELD_KEY);
        else if (i + 2 >= schema.n_fields)
            make_field(i, i + 2 == schema.n_fields ? OV_VECTOR : OV_SPARSE, 0);
        else
            make_field(i, type, any_flags(type, &expires));
    }
    for (i = 0; i < schema.n_indexes; i++)
        make_index(i, schema.n_fields);
}

static void same_text(struct ov_str a, struct ov_str b)
{
    ck_assert(ov_str_equal(a, b));
    ck_assert_ptr_ne(a.p, b.p);
}

static void same_field(const struct ov_field *a, const struct ov_field *b)
{
    struct ov_cell left = ov_scalar_cell(&a->fill), right = ov_scalar_cell(&b->fill);

    ck_assert_uint_eq(b->size, sizeof(*b));
    ck_assert_uint_eq(a->type, b->type);
    ck_assert_uint_eq(a->flags, b->flags);
    ck_assert_uint_eq(a->dim, b->dim);
    ck_assert_int_eq(ov_cell_compare(&left, &right), 0);
    same_text(a->name, b->name);
}

static void same_index(const struct ov_index *a, const struct ov_index *b)
{
    ck_assert_uint_eq(b->size, sizeof(*b));
    ck_assert_uint_eq(a->state, b->state);
    ck_assert_uint_eq(a->metric, b->metric);
    ck_assert_uint_eq(a->dense, b->dense);
    ck_assert_uint_eq(a->sparse, b->sparse);
    ck_assert_double_eq(a->alpha, b->alpha);
    ck_assert_uint_eq(a->n_scalars, b->n_scalars);
    if (a->n_scalars > 0)
        ck_assert_mem_eq(a->scalars, b->scalars, a->n_scalars * sizeof(uint32_t));
    same_text(a->name, b->name);
    same_text(a->kind, b->kind);
    same_text(a->meta, b->meta);
}

static void same_schema(const struct ov_schema *a, const struct ov_schema *b)
{
    uint32_t i;

    ck_assert_uint_eq(b->size, sizeof(*b));
    ck_assert_uint_eq(a->key, b->key);
    ck_assert_uint_eq(a->n_fields, b->n_fields);
    ck_assert_uint_eq(a->n_indexes, b->n_indexes);
    same_text(a->name, b->name);
    same_text(a->meta, b->meta);
    for (i = 0; i < a->n_fields; i++)
        same_field(a->fields[i], b->fields[i]);
    for (i = 0; i < a->n_indexes; i++)
        same_index(a->indexes[i], b->indexes[i]);
}

START_TEST(a_copy_is_deep_and_whole)
{
    struct ov_schema *copy;
    uint64_t i;

    for (i = 0; i < 300; i++) {
        make_schema(i);
        copy = ov_schema_copy(&schema);
        ck_assert_ptr_nonnull(copy);
        same_schema(&schema, copy);
        free(copy);
    }
}
END_TEST

START_TEST(what_was_written_is_read)
{
    struct ov_schema *back;
    void *bytes;
    size_t n;
    uint64_t i;

    for (i = 0; i < 1000; i++) {
        make_schema(i);
        ck_ok(ov_schema_encode(&schema, &bytes, &n, &err));
        ck_ok(ov_schema_decode(bytes, n, &back, &err));
        same_schema(&schema, back);
        free(bytes);
        free(back);
    }
}
END_TEST

/* A field of a host that knows less: the members it lacks read as zeros. */
START_TEST(records_of_another_minor_are_cut_or_extended)
{
    struct newer {
        struct ov_field field;
        uint64_t unknown;
    } newer;
    const uint32_t bytes = offsetof(struct ov_field, fill);
    struct ov_schema *copy;
    char *old;

    make_schema(7);
    newer.field = fields[0];
    newer.field.size = sizeof(newer);
    newer.unknown = UINT64_MAX;
    field_list[0] = &newer.field;
    copy = ov_schema_copy(&schema);
    same_field(&fields[0], copy->fields[0]);
    free(copy);
    old = malloc(bytes); /* ends there: ASan watches */
    memcpy(old, &fields[0], bytes);
    memcpy(old, &bytes, sizeof(bytes));
    field_list[0] = (const struct ov_field *)(const void *)old;
    copy = ov_schema_copy(&schema);
    ck_assert_uint_eq(copy->fields[0]->fill.type, OV_NULL);
    ck_assert_uint_eq(copy->fields[0]->size, sizeof(struct ov_field));
    free(copy);
    free(old);
}
END_TEST

/* Decoding in a block of exactly n bytes, so that ASan sees every byte beyond. */
static int32_t decode(const unsigned char *bytes, size_t n, struct ov_schema **out)
{
    unsigned char *exact = malloc(n > 0 ? n : 1);
    int32_t code;

    memcpy(exact, bytes, n);
    ov_error_reset(&err);
    code = ov_schema_decode(exact, n, out, &err);
    free(exact);
    return code;
}

START_TEST(damaged_bytes_are_corrupt)
{
    struct ov_schema *out = NULL;
    unsigned char *bytes;
    void *block;
    size_t n, i;

    make_schema(11);
    ck_ok(ov_schema_encode(&schema, &block, &n, &err));
    bytes = block;
    for (i = 0; i < n; i++) {
        ck_assert_int_eq(decode(bytes, i, &out), OV_CORRUPT);
        bytes[i] ^= (unsigned char)(1u << i % 8);
        ck_assert_int_eq(decode(bytes, n, &out), OV_CORRUPT);
        bytes[i] ^= (unsigned char)(1u << i % 8);
    }
    ck_assert_ptr_null(out);
    free(block);
}
END_TEST

/* As above with a sum that fits: now only the structure can tell. */
START_TEST(damage_under_a_right_sum_never_reads_beyond)
{
    static const unsigned char values[] = { 0x00, 0x01, 0x7F, 0x80, 0xFF };
    struct ov_schema *out;
    unsigned char *bytes;
    uint32_t sum;
    void *block;
    size_t n, i, v, refused = 0, taken = 0;

    make_schema(13);
    ck_ok(ov_schema_encode(&schema, &block, &n, &err));
    bytes = block;
    for (i = 4; i + 4 < n; i++)
        for (v = 0; v < sizeof(values); v++) {
            unsigned char was = bytes[i];

            bytes[i] = values[v];
            sum = schema_blob_sum(bytes, n - 4);
            memcpy(bytes + n - 4, &sum, sizeof(sum));
            if (decode(bytes, n, &out) == OV_OK) {
                taken++;
                free(out);
            } else {
                ck_assert_int_eq(err.code, OV_CORRUPT);
                refused++;
            }
            bytes[i] = was;
        }
    ck_assert_uint_gt(refused, 50);
    ck_assert_uint_gt(taken, 50);
    free(block);
}
END_TEST

/* One schema of all types: a field of each at its type's ordinal, a text as the key at
 * 0, and one index. */
static void make_plain(void)
{
    static char names[OV_GEO + 1][3];
    uint32_t f;

    schema = (struct ov_schema){ .size = sizeof(schema),
                                 .n_fields = OV_GEO + 1,
                                 .n_indexes = 1,
                                 .fields = field_list,
                                 .indexes = index_list,
                                 .name = ov_str_of("c") };
    for (f = 0; f <= OV_GEO; f++) {
        names[f][0] = 'f';
        names[f][1] = (char)('A' + f);
        fields[f] = (struct ov_field){ .size = sizeof(fields[f]),
                                       .type = f == 0 ? OV_TEXT : f,
                                       .flags = f == 0 ? OV_FIELD_KEY : 0,
                                       .dim = f == OV_VECTOR ? 2 : 0,
                                       .name = { names[f], 2 } };
        if (f > 0 && f < OV_TEXT)
            fields[f].fill.type = f;
        field_list[f] = &fields[f];
    }
    indexes[0] = (struct ov_index){ .size = sizeof(indexes[0]),
                                    .metric = OV_COSINE,
                                    .dense = OV_VECTOR,
                                    .sparse = OV_SPARSE,
                                    .n_scalars = 1,
                                    .scalars = scalars[0],
                                    .name = ov_str_of("ix"),
                                    .kind = ov_str_of("flat") };
    scalars[0][0] = OV_INT64;
    index_list[0] = &indexes[0];
}

/* Each of these would be a wild read, or an answer without sense, somewhere. */
static const struct {
    void *at;
    uint32_t value;
    const char *names;
} spoils[] = {
    { &fields[OV_INT64_LIST].flags, OV_FIELD_EXPIRY, "fH" },
    { &fields[OV_INT64].flags, OV_FIELD_PATH, "fC" },
    { &fields[OV_TEXT_LIST].flags, OV_FIELD_FULLTEXT, "fG" },
    { &fields[OV_TEXT].flags, OV_FIELD_NULLABLE, "fF" },
    { &fields[OV_TEXT].flags, OV_FIELD_HOST, "fF" },
    { &fields[OV_INT64].flags, OV_FIELD_KEY, "fC" },
    { &fields[0].flags, OV_FIELD_KEY | OV_FIELD_NULLABLE, "fA" },
    { &fields[OV_GEO].flags, 2 * OV_FIELD_ABSENT, "fK" },
    { &fields[OV_VECTOR].dim, 0, "fI" },
    { &fields[OV_VECTOR].dim, UINT32_MAX, "fI" },
    { &fields[OV_TEXT].dim, 4096, "fF" },
    { &fields[OV_GEO].type, OV_GEO + 1, "fK" },
    { &fields[OV_GEO].type, OV_NULL, "fK" },
    { &fields[OV_INT64].fill.type, OV_TEXT, "fC" },
    { &fields[OV_SPARSE].fill.type, OV_TEXT, "fJ" },
    { &fields[OV_TIME].fill.u.i, 1, "fE" },
    { &fields[OV_BOOL].fill.u.i, 2, "fB" },
    { &indexes[0].dense, OV_TEXT, "ix" },
    { &indexes[0].dense, OV_NONE, "ix" },
    { &indexes[0].sparse, OV_TEXT_LIST, "ix" },
    { &scalars[0][0], OV_GEO + 1, "ix" },
    { &indexes[0].metric, 0, "ix" },
    { &indexes[0].metric, OV_L2 + 1, "ix" },
    { &indexes[0].state, OV_INDEX_BROKEN + 1, "ix" },
};
#define N_SPOILS ((int)(sizeof(spoils) / sizeof(spoils[0])))

START_TEST(what_no_field_or_index_can_be_is_corrupt_and_named)
{
    struct ov_schema *back = NULL;
    void *bytes;
    size_t n;

    make_plain();
    ck_ok(ov_schema_check(&schema, &err));
    memcpy(spoils[_i].at, &spoils[_i].value, sizeof(spoils[_i].value));
    ck_ok(ov_schema_encode(&schema, &bytes, &n, &err));

    ck_fails(OV_CORRUPT, ov_schema_decode(bytes, n, &back, &err));

    ck_says(spoils[_i].names);
    ck_assert_ptr_null(back);
    free(bytes);
}
END_TEST

START_TEST(what_no_schema_can_be_is_corrupt)
{
    struct ov_schema *back = NULL;
    void *bytes;
    size_t n;

    make_plain();
    if (_i == 0)
        fields[0].flags = 0;
    else if (_i == 1)
        schema.key = OV_GEO + 1;
    else if (_i == 2)
        schema.name = ov_str_of("a\tb");
    else if (_i == 3)
        schema.n_fields = schema.n_indexes = 0;
    else if (_i == 4)
        fields[OV_TEXT].name = (struct ov_str){ "\xff", 1 };
    else if (_i == 5)
        fields[OV_TEXT].name = fields[OV_BOOL].name;
    else if (_i == 6)
        indexes[0].kind = ov_str_of("fl at");
    else if (_i == 7)
        indexes[0].alpha = (double)NAN;
    else
        fields[3].type = OV_TIME,
        fields[3].flags = fields[OV_TIME].flags = OV_FIELD_EXPIRY;
    ck_ok(ov_schema_encode(&schema, &bytes, &n, &err));

    ck_fails(OV_CORRUPT, ov_schema_decode(bytes, n, &back, &err));

    ck_assert_ptr_null(back);
    free(bytes);
}
END_TEST

START_TEST(names_and_flags_are_found)
{
    make_schema(3);
    schema.n_fields = 3;
    fields[0].flags = OV_FIELD_KEY;
    fields[1].flags = fields[2].flags = OV_FIELD_NULLABLE;
    fields[0].name = ov_str_of("id");
    fields[1].name = ov_str_of("idx");
    fields[2].name = ov_str_of("i");
    ck_assert_uint_eq(ov_schema_field(&schema, ov_str_of("i")), 2);
    ck_assert_uint_eq(ov_schema_field(&schema, ov_str_of("")), OV_NONE);
    ck_assert_uint_eq(ov_schema_flagged(&schema, OV_FIELD_NULLABLE), 1);
    ck_assert_uint_eq(ov_schema_flagged(&schema, OV_FIELD_PATH), OV_NONE);
    make_index(0, 3);
    schema.n_indexes = 1;
    indexes[0].name = ov_str_of("default");
    ck_assert_ptr_eq(ov_schema_index(&schema, ov_str_of("default")), &indexes[0]);
    ck_assert_ptr_null(ov_schema_index(&schema, ov_str_of("defaul")));
}
END_TEST

#if HAVE_FAULT
START_TEST(every_allocation_may_fail)
{
    struct ov_schema *out, *const untouched = (struct ov_schema *)(void *)pool;
    void *bytes, *other;
    size_t n, other_n, at, failures = 0;
    int32_t code;

    make_schema(17);
    ck_ok(ov_schema_encode(&schema, &bytes, &n, &err));
    for (at = 0;; at++) {
        out = untouched;
        other = NULL;
        ov_error_reset(&err);
        fault_arm(at);
        code = ov_schema_decode(bytes, n, &out, &err);
        if (code == OV_OK)
            code = ov_schema_encode(&schema, &other, &other_n, &err);
        if (!fault_disarm())
            break;
        failures++;
        ck_assert_int_eq(code, OV_NO_SPACE);
        ck_assert_int_eq(err.code, OV_NO_SPACE);
        ck_assert_ptr_null(other);
        if (out != untouched)
            free(out);
    }
    ck_assert_uint_ge(failures, 4);
    ck_assert_mem_eq(bytes, other, n);
    free(other);
    free(out);
    free(bytes);
    fault_arm(0);
    out = ov_schema_copy(&schema);
    ck_assert(fault_disarm());
    ck_assert_ptr_null(out);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("schema");
    TCase *tests = tcase_create("schema");

    tcase_add_test(tests, a_copy_is_deep_and_whole);
    tcase_add_test(tests, what_was_written_is_read);
    tcase_add_test(tests, records_of_another_minor_are_cut_or_extended);
    tcase_add_test(tests, damaged_bytes_are_corrupt);
    tcase_add_test(tests, damage_under_a_right_sum_never_reads_beyond);
    tcase_add_loop_test(tests, what_no_field_or_index_can_be_is_corrupt_and_named, 0,
                        N_SPOILS);
    tcase_add_loop_test(tests, what_no_schema_can_be_is_corrupt, 0, 9);
    tcase_add_test(tests, names_and_flags_are_found);
#if HAVE_FAULT
    tcase_add_test(tests, every_allocation_may_fail);
#endif
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
