/* SPDX-License-Identifier: Apache-2.0 */
/* test_records.c - records in, filters, order, scores and counts out of a real server. */
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1700000000000000)

static const struct doc docs[] = {
    { .id = "a",
      .path = "/x",
      .level = 1,
      .score = 0.5,
      .at = NOW,
      .tag = "red",
      .lon = 10,
      .lat = 50,
      .vec = { 1, 0, 0, 0 },
      .term = "wolf",
      .weight = 2,
      .body = "the quick brown fox" },
    { .id = "b",
      .path = "/x/y",
      .level = 2,
      .score = -1.5,
      .tag = "blue",
      .vec = { 0, 1, 0, 0 },
      .term = "bear",
      .weight = 1,
      .body = "a lazy dog" },
    { .id = "c",
      .path = "/x/y/z",
      .level = 3,
      .score = 2.25,
      .at = NOW - 1000000,
      .tag = "it's \"q\" \\ {,}",
      .vec = { 0.6f, 0.8f, 0, 0 },
      .body = "quick dog" },
    { .id = "d", .path = "/x-y", .level = -4, .vec = { 0, 0, 0, 0 }, .body = "" },
    { .id = "e",
      .path = "",
      .level = 5,
      .vec = { -1, 0, 0, 0 },
      .body = "old",
      .expires = NOW },
};

static void setup(void)
{
    open_store("test_records");
    create_docs("flat", OV_COSINE);
    ck_ok(upsert_docs(docs, 5));
}

/* A filter of one leaf. */
static struct ov_node nodes[8];
static struct ov_scalar values[8];
static struct ov_filter filter = { .size = sizeof(filter),
                                   .nodes = nodes,
                                   .values = values };

static struct ov_scalar text_value(const char *text)
{
    struct ov_scalar scalar = { OV_TEXT, 0, { 0 } };

    scalar.u.s = ov_str_of(text);
    return scalar;
}

static struct ov_scalar int_value(int64_t i)
{
    struct ov_scalar scalar = { OV_INT64, 0, { i } };

    return scalar;
}

static const struct ov_filter *leaf(uint16_t op, uint32_t field, uint32_t n)
{
    nodes[0] = (struct ov_node){ .op = op, .field = field, .span = 1, .n_values = n };
    filter.n_nodes = 1;
    filter.n_values = n;
    return &filter;
}

static const char *scan_ids(const struct ov_filter *f, uint32_t order,
                            uint32_t descending)
{
    const struct ov_scan scan = { .size = sizeof(scan),
                                  .order = order,
                                  .descending = descending,
                                  .filter = f,
                                  .limit = UINT64_MAX };

    ck_ok(read_scan(table, &call, &scan, &result, &err));
    return ids(&result);
}

START_TEST(live_records_come_by_key)
{
    ck_assert_str_eq(scan_ids(NULL, OV_NONE, 0), "a b c d");
}
END_TEST

START_TEST(order_puts_nulls_last_both_ways)
{
    ck_assert_str_eq(scan_ids(NULL, F_AT, 0), "c a b d");
    ck_assert_str_eq(scan_ids(NULL, F_AT, 1), "a c b d");
    ck_assert_str_eq(scan_ids(NULL, F_LEVEL, 1), "c b a d");
}
END_TEST

START_TEST(paths_below_a_scope_match_to_their_depth)
{
    values[0] = text_value("/x");
    leaf(OV_PATH, F_PATH, 1);
    nodes[0].arg = -1;
    ck_assert_str_eq(scan_ids(&filter, OV_NONE, 0), "a b c");
    nodes[0].arg = 1;
    ck_assert_str_eq(scan_ids(&filter, OV_NONE, 0), "a b");
    nodes[0].arg = 0;
    ck_assert_str_eq(scan_ids(&filter, OV_NONE, 0), "a");
    values[0] = text_value("");
    nodes[0].arg = 1;
    ck_assert_str_eq(scan_ids(&filter, OV_NONE, 0), "a d");
}
END_TEST

START_TEST(leaves_match_what_they_say)
{
    values[0] = text_value("it's \"q\" \\ {,}");
    ck_assert_str_eq(scan_ids(leaf(OV_IN, F_TAGS, 1), OV_NONE, 0), "c");
    values[0] = text_value("b");
    ck_assert_str_eq(scan_ids(leaf(OV_PREFIX, F_TAGS, 1), OV_NONE, 0), "b");
    values[0] = text_value("uick");
    ck_assert_str_eq(scan_ids(leaf(OV_CONTAINS, F_BODY, 1), OV_NONE, 0), "a c");
    values[0] = text_value("^(a|quick) ");
    ck_assert_str_eq(scan_ids(leaf(OV_REGEX, F_BODY, 1), OV_NONE, 0), "b c");
    values[0] = text_value("-");
    ck_assert_str_eq(scan_ids(leaf(OV_PREFIX, F_LEVEL, 1), OV_NONE, 0), "d");
    values[0] = int_value(2);
    leaf(OV_RANGE, F_LEVEL, 1);
    nodes[0].flags = OV_RANGE_LOW | OV_RANGE_LOW_OPEN;
    ck_assert_str_eq(scan_ids(&filter, OV_NONE, 0), "c");
    ck_assert_str_eq(scan_ids(leaf(OV_IS_NULL, F_AT, 0), OV_NONE, 0), "b d");
}
END_TEST

START_TEST(places_within_a_circle_match)
{
    values[0] = (struct ov_scalar){ OV_FLOAT64, 0, { .f = 10.3 } };
    values[1] = (struct ov_scalar){ OV_FLOAT64, 0, { .f = 50.4 } };
    values[2] = (struct ov_scalar){ OV_FLOAT64, 0, { .f = 0.5 } };
    ck_assert_str_eq(scan_ids(leaf(OV_WITHIN, F_PLACE, 3), OV_NONE, 0), "a");
    values[2].u.f = 0.49;
    ck_assert_str_eq(scan_ids(leaf(OV_WITHIN, F_PLACE, 3), OV_NONE, 0), "");
}
END_TEST

START_TEST(not_is_the_complement_also_of_nulls)
{
    values[0] = (struct ov_scalar){ OV_TIME, 0, { NOW } };
    leaf(OV_NOT, OV_NONE, 0);
    nodes[0].span = 2;
    nodes[0].n_children = 1;
    nodes[1] = (struct ov_node){ .op = OV_IN, .field = F_AT, .span = 1, .n_values = 1 };
    filter.n_nodes = 2;
    filter.n_values = 1;
    ck_assert_str_eq(scan_ids(&filter, OV_NONE, 0), "b c d");
}
END_TEST

START_TEST(cosine_scores_and_the_zero_vector_scores_nothing)
{
    const float query[4] = { 2, 0, 0, 0 };
    const struct ov_search search = { .size = sizeof(search),
                                      .index = ov_str_of("default"),
                                      .n_queries = 1,
                                      .dim = 4,
                                      .dense = query,
                                      .limit = 10 };

    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_double_eq_tol(score_of(&result, 0), 1, 1e-6);
    ck_assert_double_eq_tol(score_of(&result, 1), 0.6, 1e-6);
    ck_assert_double_eq_tol(score_of(&result, 3), 0, 1e-6);
    ck_assert_uint_eq(result.flags, 0);
    ck_assert_str_eq(ids(&result), "a c b d");
}
END_TEST

START_TEST(a_hybrid_query_weighs_both_scores)
{
    const float query[4] = { 1, 0, 0, 0 };
    const struct ov_str terms[] = { ov_str_of("bear"), ov_str_of("wolf") };
    const float weights[] = { 3, 0.25f };
    const struct ov_sparse sparse = { 2, terms, weights };
    const struct ov_search search = { .size = sizeof(search),
                                      .index = ov_str_of("default"),
                                      .n_queries = 1,
                                      .dim = 4,
                                      .dense = query,
                                      .sparse = &sparse,
                                      .limit = 2,
                                      .offset = 1 };
    const struct ov_search alone = { .size = sizeof(search),
                                     .index = ov_str_of("default"),
                                     .n_queries = 1,
                                     .sparse = &sparse,
                                     .limit = 3 };

    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_double_eq_tol(score_of(&result, 0), 0.5 + 0.25, 1e-6);
    ck_assert_str_eq(ids(&result), "a c");
    ck_ok(search_search(table, &call, &alone, &result, &err));
    ck_assert_double_eq_tol(score_of(&result, 0), 3, 1e-6);
    ck_assert_str_eq(ids(&result), "b a c");
}
END_TEST

START_TEST(any_of_the_words_is_found_and_ranked)
{
    const struct ov_str words = ov_str_of("quick! & dog");
    const struct ov_search search = {
        .size = sizeof(search), .n_queries = 1, .text = &words, .limit = 10
    };

    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_str_eq(ids(&result), "c a b");
}
END_TEST

START_TEST(fetch_gives_every_field_back)
{
    const struct ov_schema *schema = docs_schema("flat", OV_COSINE);
    uint32_t fields[F_COUNT], n;
    struct ov_column columns[F_COUNT + 3];
    const struct ov_column key = { .type = OV_TEXT };
    struct ov_rows *rows = ov_rows_new(&key, 1);
    struct ov_cell cell = ov_text_cell(ov_str_of("c"));
    struct ArrowArray keys;
    const uint32_t first = F_ID;
    const struct ov_batch batch = { sizeof(batch), 1, &first, &keys };
    struct ov_fetch fetch = { sizeof(fetch), F_COUNT, fields, &batch };

    for (uint32_t f = 0; f < F_COUNT; f++)
        fields[f] = f;
    ov_rows_add(rows, &cell);
    cell = ov_text_cell(ov_str_of("nobody"));
    ov_rows_add(rows, &cell);
    ck_ok(ov_rows_finish(rows, &keys, &err));
    ck_ok(read_fetch(table, &call, &fetch, &result, &err));
    keys.release(&keys);
    ck_assert_int_eq(result.rows.length, 1);
    n = ov_result_columns(schema, 0, fields, F_COUNT, columns);
    ck_ok(ov_array_check(&result.rows, columns, n, &err));
    ov_array_cell(&result.rows, 1 + F_AT, 0, OV_TIME, 0, &cell);
    ck_assert_int_eq(cell.u.i, NOW - 1000000);
    ov_array_cell(&result.rows, 1 + F_VEC, 0, OV_VECTOR, 4, &cell);
    ck_assert_float_eq(cell.u.floats[1], 0.8f);
    ov_array_cell(&result.rows, 1 + F_TAGS, 0, OV_TEXT_LIST, 0, &cell);
    ck_assert_uint_eq(cell.n, 1);
    ck_assert_mem_eq(cell.bytes, "it's \"q\" \\ {,}", 14);
    ov_array_cell(&result.rows, 1 + F_PLACE, 0, OV_GEO, 0, &cell);
    ck_assert_uint_eq(cell.type, OV_NULL);
    release(&result);
}
END_TEST

START_TEST(counts_are_of_live_records_and_groups_of_elements)
{
    struct ov_count count = { .size = sizeof(count), .group = OV_NONE };
    struct ov_cell cell;
    uint64_t total = 0;

    ck_ok(read_count(table, &call, &count, &total, NULL, &err));
    ck_assert_uint_eq(total, 4);
    count.group = F_NUMS;
    ck_ok(read_count(table, &call, &count, &total, &result, &err));
    ck_assert_int_eq(result.rows.length, 4);
    ov_array_cell(&result.rows, 0, 0, OV_INT64, 0, &cell);
    ck_assert_int_eq(cell.u.i, -4);
    release(&result);
}
END_TEST

START_TEST(removal_counts_live_records)
{
    uint64_t removed = 99;

    values[0] = int_value(2);
    leaf(OV_RANGE, F_LEVEL, 1);
    nodes[0].flags = OV_RANGE_LOW;
    ck_ok(write_remove_where(table, &call, &filter, &removed, &err));
    ck_assert_uint_eq(removed, 2);
    ck_assert_str_eq(scan_ids(NULL, OV_NONE, 0), "a d");
    ck_ok(write_truncate(table, &call, &err));
    ck_assert_str_eq(scan_ids(NULL, OV_NONE, 0), "");
}
END_TEST

START_TEST(a_handle_on_a_dropped_collection_is_stale)
{
    struct ov_scan scan = { .size = sizeof(scan), .order = OV_NONE, .limit = 1 };

    ck_ok(collection_drop(session, &call, ov_str_of("docs"), &err));
    ck_fails(OV_STALE, read_scan(table, &call, &scan, &result, &err));
    ck_ok(collection_create(session, &call, docs_schema("flat", OV_COSINE), &err));
    ck_fails(OV_STALE, read_scan(table, &call, &scan, &result, &err));
    ck_fails(OV_STALE, upsert_docs(docs, 1));
    ck_fails(OV_NOT_FOUND, collection_drop(session, &call, ov_str_of("doc"), &err));
    ck_fails(OV_EXISTS,
             collection_create(session, &call, docs_schema("flat", OV_COSINE), &err));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector records");
    TCase *c = tcase_create("records");

    tcase_add_checked_fixture(c, setup, close_store);
    tcase_add_test(c, live_records_come_by_key);
    tcase_add_test(c, order_puts_nulls_last_both_ways);
    tcase_add_test(c, paths_below_a_scope_match_to_their_depth);
    tcase_add_test(c, leaves_match_what_they_say);
    tcase_add_test(c, places_within_a_circle_match);
    tcase_add_test(c, not_is_the_complement_also_of_nulls);
    tcase_add_test(c, cosine_scores_and_the_zero_vector_scores_nothing);
    tcase_add_test(c, a_hybrid_query_weighs_both_scores);
    tcase_add_test(c, any_of_the_words_is_found_and_ranked);
    tcase_add_test(c, fetch_gives_every_field_back);
    tcase_add_test(c, counts_are_of_live_records_and_groups_of_elements);
    tcase_add_test(c, removal_counts_live_records);
    tcase_add_test(c, a_handle_on_a_dropped_collection_is_stale);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_with_server(suite());
}
