/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_texts.c - what the server keeps of us: few texts, none with a value in it, and
 * a server that is restarted under an open store.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK "v4lue-m4rk"

static void setup(void)
{
    reset_options();
    use_ini("--socket");
    open_store("test_texts");
    create_docs("flat", OV_COSINE);
}

static void work(int i)
{
    char id[64], path[64];
    struct doc doc = { .id = id,
                       .path = path,
                       .tag = MARK,
                       .term = MARK,
                       .weight = 3,
                       .vec = { 1, 2, 3, 0.25f },
                       .body = MARK " words",
                       .level = 424242 };
    struct ov_node node = {
        .op = OV_PATH, .field = F_PATH, .span = 1, .n_values = 1, .arg = i % 3
    };
    struct ov_scalar value = { OV_TEXT, 0, { 0 } };
    const struct ov_filter filter = { .size = sizeof(filter),
                                      .n_nodes = 1,
                                      .n_values = 1,
                                      .nodes = &node,
                                      .values = &value };
    const struct ov_str words = ov_str_of(MARK);
    const struct ov_search search = { .size = sizeof(search),
                                      .index = ov_str_of("default"),
                                      .n_queries = 1,
                                      .dim = 4,
                                      .dense = doc.vec,
                                      .filter = &filter,
                                      .limit = (uint64_t)i + 1 };
    const struct ov_search keyword = { .size = sizeof(keyword),
                                       .n_queries = 1,
                                       .text = &words,
                                       .filter = &filter,
                                       .limit = 3 };
    const struct ov_scan scan = { .size = sizeof(scan),
                                  .order = F_LEVEL,
                                  .filter = &filter,
                                  .limit = 7,
                                  .offset = (uint64_t)i };
    uint64_t removed;

    snprintf(id, sizeof(id), MARK "-%d", i);
    snprintf(path, sizeof(path), "/" MARK "/%d", i);
    value.u.s = ov_str_of(path);
    ck_ok(upsert_docs(&doc, 1));
    ck_ok(search_search(table, &call, &search, &result, &err));
    release(&result);
    ck_ok(search_search(table, &call, &keyword, &result, &err));
    release(&result);
    ck_ok(read_scan(table, &call, &scan, &result, &err));
    release(&result);
    ck_ok(write_remove_where(table, &call, &filter, &removed, &err));
    ck_assert_uint_eq(removed, 1);
}

/* Settings, guard, and one for each thing that was done. */
#define TEXTS_AT_MOST 10

START_TEST(texts_are_few_and_hold_no_value)
{
    const char *texts = "SELECT count(*) FROM extensions.pg_stat_statements AS s "
                        "JOIN pg_roles AS r ON r.oid = s.userid "
                        "WHERE r.rolname = 'ov' AND (s.query LIKE '%test_texts%' "
                        "OR s.query LIKE '%set_config%')";
    const char *marked = "SELECT count(*) FROM extensions.pg_stat_statements AS s "
                         "JOIN pg_roles AS r ON r.oid = s.userid WHERE r.rolname = 'ov' "
                         "AND (s.query LIKE '%v4lue%' OR s.query LIKE '%424242%' "
                         "OR s.query LIKE '%0.25%')";

    admin("SELECT extensions.pg_stat_statements_reset()");
    for (int i = 0; i < 40; i++)
        work(i);
    ck_assert_str_eq(admin(marked), "0");
    ck_assert_int_ge(atoi(admin(texts)), 5);
    ck_assert_int_le(atoi(admin(texts)), TEXTS_AT_MOST);
}
END_TEST

static void control(const char *what, const char *dir)
{
    char command[512];

    snprintf(command, sizeof(command), "%s %s '%s'", OV_TEST_PG_SCRIPT, what, dir);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(a_restarted_server_is_found_again)
{
    const struct ov_count count = { .size = sizeof(count), .group = OV_NONE };
    const struct doc doc = { .id = "a", .path = "", .vec = { 1 }, .body = "" };
    char dir[300];
    uint64_t total;

    close_store();
    snprintf(dir, sizeof(dir), "%s/own", temp_dir());
    control("start", dir);
    setenv("OV_TEST_PG_DIR", dir, 1);
    use_ini("--socket");
    open_store("test_texts");
    create_docs("hnsw", OV_COSINE);
    ck_ok(upsert_docs(&doc, 1));
    control("restart", dir);
    ck_ok(read_count(table, &call, &count, &total, NULL, &err));
    ck_assert_uint_eq(total, 1);
    control("restart", dir);
    ck_ok(upsert_docs(&doc, 1));
    control("stop", dir);
    ck_fails(OV_UNAVAILABLE, read_count(table, &call, &count, &total, NULL, &err));
    ck_assert_uint_eq(err.flags, OV_ERR_RETRYABLE);
    close_store();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector texts");
    TCase *c = tcase_create("texts");

    tcase_add_checked_fixture(c, setup, close_store);
    tcase_add_test(c, texts_are_few_and_hold_no_value);
    tcase_add_test(c, a_restarted_server_is_found_again);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_with_server(suite());
}
