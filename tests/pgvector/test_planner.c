/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_planner.c - 20,000 vectors of 384 dimensions and filters that let 0.1 to 100 % of
 * them pass: never short, exact where few match, by the index where many do.
 */
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIM 384
#define ROWS 20000
#define K 10

static const struct ov_schema *big_schema(void)
{
    static struct ov_field list[] = {
        { sizeof(struct ov_field), OV_INT64, OV_FIELD_KEY, 0, { "id", 2 }, { 0 } },
        { sizeof(struct ov_field), OV_INT64, 0, 0, { "n", 1 }, { OV_INT64, 0, { 0 } } },
        { sizeof(struct ov_field), OV_VECTOR, 0, DIM, { "v", 1 }, { 0 } },
    };
    static const struct ov_field *fields[] = { &list[0], &list[1], &list[2] };
    static struct ov_schema schema = {
        .size = sizeof(schema), .n_fields = 3, .fields = fields, .name = { "big", 3 }
    };

    return &schema;
}

static const uint32_t scalars[] = { 1 };

static struct ov_index make_index(const char *kind)
{
    return (struct ov_index){ .size = sizeof(struct ov_index),
                              .metric = OV_COSINE,
                              .dense = 2,
                              .sparse = OV_NONE,
                              .n_scalars = 1,
                              .scalars = scalars,
                              .name = { "default", 7 },
                              .kind = ov_str_of(kind) };
}

/* Points around 200 centres, in the server, so that loading is quick. */
static void load(void)
{
    char sql[1024];

    admin("SELECT setseed(0.5)");
    snprintf(
        sql, sizeof(sql),
        "SELECT setseed(0.5); "
        "CREATE TEMP TABLE c AS SELECT g AS id, (SELECT array_agg(random() - 0.5) "
        "FROM generate_series(1, %d + 0 * g)) AS v FROM generate_series(0, 199) AS g; "
        "INSERT INTO test_planner.big (id, n, v) SELECT g, g %% 1000, "
        "(SELECT array_agg(x + 0.6 * (random() - 0.5)) FROM unnest(c.v) AS x)"
        "::real[]::extensions.vector "
        "FROM generate_series(0, %d) AS g JOIN c ON c.id = g %% 200; "
        "ANALYZE test_planner.big",
        DIM, ROWS - 1);
    admin(sql);
}

/* The server is shared by all tests of the process: loading takes seconds. */
static void setup(void)
{
    use_ini("--socket");
    set_option("schema", "test_planner");
    ck_ok(try_open(&session));
    ck_ok(collection_open(session, &call, ov_str_of("big"), &table, &err));
}

static float query[DIM];

static void read_query(int id)
{
    char sql[200];
    const char *text;
    char *end;

    snprintf(sql, sizeof(sql),
             "SELECT left(v::text, 4000) FROM test_planner.big WHERE id = %d", id);
    text = admin(sql) + 1;
    for (int i = 0; i < DIM; i++) {
        query[i] = strtof(text, &end) * 1.01f + (i % 7 == 0 ? 0.05f : 0);
        text = *end == ',' ? end + 1 : end;
    }
}

/* Records whose n is below `below`, of 1000. */
static const struct ov_filter *share(int64_t below)
{
    static struct ov_node node;
    static struct ov_scalar value;
    static struct ov_filter filter = { .size = sizeof(filter),
                                       .n_nodes = 1,
                                       .n_values = 1,
                                       .nodes = &node,
                                       .values = &value };

    node = (struct ov_node){ .op = OV_RANGE,
                             .flags = OV_RANGE_HIGH | OV_RANGE_HIGH_OPEN,
                             .field = 1,
                             .span = 1,
                             .n_values = 1 };
    value = (struct ov_scalar){ OV_INT64, 0, { below } };
    return below >= 1000 ? NULL : &filter;
}

static struct ov_search make_search(int64_t below, uint64_t limit)
{
    return (struct ov_search){ .size = sizeof(struct ov_search),
                               .index = ov_str_of("default"),
                               .n_queries = 1,
                               .dim = DIM,
                               .dense = query,
                               .filter = share(below),
                               .limit = limit };
}

static int hits(const struct ov_result *a, const struct ov_result *b)
{
    int n = 0;

    for (int64_t i = 0; i < a->rows.length; i++)
        for (int64_t j = 0; j < b->rows.length; j++) {
            struct ov_cell x, y;

            ov_array_cell(&a->rows, 0, i, OV_INT64, 0, &x);
            ov_array_cell(&b->rows, 0, j, OV_INT64, 0, &y);
            n += x.u.i == y.u.i;
        }
    return n;
}

START_TEST(every_share_gets_all_its_hits)
{
    static const int64_t shares[] = { 1, 10, 100, 500, 1000 };
    int64_t below = shares[_i];
    struct ov_result exact = { .size = sizeof(exact) };
    int found = 0, approximate = 0;

    for (int q = 0; q < 20; q++) {
        struct ov_search search = make_search(below, K);

        read_query(q * 37);
        ck_ok(search_search(table, &call, &search, &result, &err));
        ck_assert_int_eq(result.rows.length, K);
        approximate += (result.flags & OV_RESULT_APPROXIMATE) != 0;
        search.flags = OV_SEARCH_EXACT;
        ck_ok(search_search(table, &call, &search, &exact, &err));
        ck_assert_uint_eq(exact.flags, 0);
        found += hits(&result, &exact);
        release(&result);
        release(&exact);
    }
    printf("# share %g %%: recall %.3f, %d of 20 by the index\n", (double)below / 10,
           found / (20.0 * K), approximate);
    ck_assert_int_eq(approximate, below * 20 > 10000 ? 20 : 0);
    ck_assert_int_ge(found, approximate ? 190 : 200);
}
END_TEST

START_TEST(limits_beyond_ef_search_are_filled)
{
    struct ov_search search = make_search(1000, 1500);

    read_query(5);
    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_int_eq(result.rows.length, 1500);
    release(&result);
    search.limit = 5;
    search.offset = 100;
    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_int_eq(result.rows.length, 5);
    release(&result);
    search.offset = ROWS - 2;
    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_int_eq(result.rows.length, 2);
    ck_assert_uint_eq(result.flags, 0);
    release(&result);
}
END_TEST

START_TEST(the_plan_takes_the_index_only_for_many)
{
    struct ov_search search = make_search(1000, K);

    call.flags = OV_CALL_EXPLAIN;
    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_msg(strstr(notes.p, "using \"big#default#h#") != NULL ||
                      strstr(notes.p, "using big#default#h#") != NULL,
                  "%s", notes.p);
    ck_assert_ptr_nonnull(strstr(notes.p, "One-Time Filter"));
    release(&result);
    notes.n = 0;
    search.flags = OV_SEARCH_EXACT;
    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_msg(strstr(notes.p, "big#default#h#") == NULL, "%s", notes.p);
    release(&result);
}
END_TEST

START_TEST(an_index_that_is_broken_is_not_asked)
{
    struct ov_search search = make_search(1000, ROWS);

    admin("UPDATE pg_index SET indisvalid = false WHERE indexrelid = (SELECT oid FROM "
          "pg_class "
          "WHERE relname LIKE 'big#default#h#%')");
    read_query(5);
    search.limit = K;
    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_int_eq(result.rows.length, K);
    release(&result);
}
END_TEST

START_TEST(zero_vectors_are_found_where_others_score_less)
{
    struct ov_index index = make_index("auto");
    struct ov_search search = make_search(1000, 3);

    admin("DELETE FROM test_planner.big; INSERT INTO test_planner.big (id, n, v) "
          "SELECT g, 0, ('[' || repeat('1,', 383) || (1 + g % 7)::text || ']')"
          "::extensions.vector FROM generate_series(1, 10200) AS g; "
          "INSERT INTO test_planner.big (id, n, v) SELECT 20000 + g, 0, "
          "('[' || repeat('0,', 383) || '0]')::extensions.vector FROM generate_series(1, "
          "3) AS g");
    ck_ok(index_put(table, &call, &index, &err));
    for (int i = 0; i < DIM; i++)
        query[i] = -1;
    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_int_eq(result.rows.length, 3);
    ck_assert_double_eq_tol(score_of(&result, 2), 0, 1e-9);
    release(&result);
}
END_TEST

/* First, and for all that follow. */
START_TEST(a_filled_table_gets_its_index)
{
    struct ov_index index = make_index("hnsw");

    open_store("test_planner");
    ck_ok(collection_create(session, &call, big_schema(), &err));
    ck_ok(collection_open(session, &call, ov_str_of("big"), &table, &err));
    load();
    ck_ok(index_put(table, &call, &index, &err));
    close_store();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector planner");
    TCase *first = tcase_create("index"), *c = tcase_create("planner");

    tcase_set_timeout(first, 300);
    tcase_add_test(first, a_filled_table_gets_its_index);
    suite_add_tcase(s, first);

    tcase_set_timeout(c, 300);
    tcase_add_checked_fixture(c, setup, close_store);
    tcase_add_loop_test(c, every_share_gets_all_its_hits, 0, 5);
    tcase_add_test(c, limits_beyond_ef_search_are_filled);
    tcase_add_test(c, the_plan_takes_the_index_only_for_many);
    tcase_add_test(c, zero_vectors_are_found_where_others_score_less);
    tcase_add_test(c, an_index_that_is_broken_is_not_asked);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_with_server(suite());
}
