/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_order.c - every call that changes records locks them in the order of their keys.
 *
 * "b" lies before "a" in the table. A transaction of the test's holds "a"; a call that
 * wants both must wait for it and hold nothing: then "b" is still to be had.
 */
#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static PGconn *holder;

static void connect_holder(void)
{
    char path[512];
    char *text;

    snprintf(path, sizeof(path), "%s/admin", getenv("OV_TEST_PG_DIR"));
    text = read_text(path, NULL);
    ck_assert_ptr_nonnull(text);
    holder = PQconnectdb(text);
    free(text);
    ck_assert_msg(PQstatus(holder) == CONNECTION_OK, "%s", PQerrorMessage(holder));
}

/* The SQLSTATE; "" when it went well. */
static const char *hold(const char *sql)
{
    static char state[6];
    PGresult *r = PQexec(holder, sql);
    const char *field = PQresultErrorField(r, PG_DIAG_SQLSTATE);

    snprintf(state, sizeof(state), "%s", field != NULL ? field : "");
    PQclear(r);
    return state;
}

static void setup(void)
{
    const struct doc docs[2] = {
        { .id = "b", .path = "/b", .vec = { 1, 0, 0, 0 }, .body = "x", .level = 1 },
        { .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 }, .body = "x", .level = 1 }
    };

    reset_options();
    use_ini("--socket");
    open_store("test_order");
    create_docs("flat", OV_COSINE);
    ck_ok(upsert_docs(&docs[0], 1));
    ck_ok(upsert_docs(&docs[1], 1));
    connect_holder();
    ck_assert_str_eq(hold("BEGIN"), "");
    ck_assert_str_eq(
        hold("SELECT 1 FROM test_order.docs WHERE id = 'a' FOR NO KEY UPDATE"), "");
}

static void teardown(void)
{
    PQfinish(holder);
    close_store();
}

static struct ov_rows *keys_of(const char *const *ids, int n, int with_level)
{
    static const struct ov_column columns[2] = { { .type = OV_TEXT },
                                                 { .type = OV_INT64 } };
    struct ov_rows *rows = ov_rows_new(columns, with_level ? 2 : 1);

    for (int i = 0; i < n; i++) {
        struct ov_cell key = ov_text_cell(ov_str_of(ids[i])),
                       level = ov_int_cell(OV_INT64, 7);

        ov_rows_add(rows, &key);
        if (with_level)
            ov_rows_add(rows, &level);
    }
    return rows;
}

static const uint32_t fields[2] = { F_ID, F_LEVEL };

static int32_t remove_both(void)
{
    static const char *const both[] = { "b", "a" };
    struct ArrowArray array;
    const struct ov_batch keys = { sizeof(keys), 1, fields, &array };
    uint64_t removed = 0;

    ck_ok(ov_rows_finish(keys_of(both, 2, 0), &array, &err));
    ck_ok(write_remove(table, &call, &keys, &removed, &err));
    return removed == 2 ? OV_OK : OV_INTERNAL;
}

static int32_t remove_all(void)
{
    struct ov_node node = {
        .op = OV_IN, .field = F_LEVEL, .span = 1, .n_values = 1, .arg = 0
    };
    struct ov_scalar value = { OV_INT64, 0, { .i = 1 } };
    const struct ov_filter filter = { .size = sizeof(filter),
                                      .n_nodes = 1,
                                      .n_values = 1,
                                      .nodes = &node,
                                      .values = &value };
    uint64_t removed = 0;

    ck_ok(write_remove_where(table, &call, &filter, &removed, &err));
    return removed == 2 ? OV_OK : OV_INTERNAL;
}

static int32_t update_in_two_batches(void)
{
    static const char *const first[] = { "b" }, *const second[] = { "a" };
    struct ArrowArray arrays[2];
    const struct ov_batch batches[2] = { { sizeof(batches[0]), 2, fields, &arrays[0] },
                                         { sizeof(batches[1]), 2, fields, &arrays[1] } };
    const struct ov_batch *const list[2] = { &batches[0], &batches[1] };

    ck_ok(ov_rows_finish(keys_of(first, 1, 1), &arrays[0], &err));
    ck_ok(ov_rows_finish(keys_of(second, 1, 1), &arrays[1], &err));
    return write_update(table, &call, list, 2, &err);
}

static int32_t upsert_both(void)
{
    const struct doc docs[2] = {
        { .id = "b", .path = "/b", .vec = { 1, 0, 0, 0 }, .body = "y", .level = 2 },
        { .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 }, .body = "y", .level = 2 }
    };

    return upsert_docs(docs, 2);
}

static int32_t (*const calls[])(void) = { remove_both, remove_all, update_in_two_batches,
                                          upsert_both };

static int is_waiting(void)
{
    return strcmp(admin("SELECT count(*) FROM pg_stat_activity WHERE usename = 'ov' AND "
                        "wait_event_type = 'Lock' AND query LIKE '%test_order%'"),
                  "0") != 0;
}

START_TEST(a_call_that_waits_for_a_record_holds_none_behind_it)
{
    pid_t child;
    int status;

    close_store();
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        set_option("schema", "test_order");
        if (try_open(&session) != OV_OK ||
            collection_open(session, &call, ov_str_of("docs"), &table, &err) != OV_OK)
            _exit(1);
        _exit(calls[_i]() == OV_OK ? 0 : 2);
    }
    while (!is_waiting() && waitpid(child, &status, WNOHANG) == 0)
        ;

    ck_assert_str_eq(
        hold("SELECT 1 FROM test_order.docs WHERE id = 'b' FOR UPDATE NOWAIT"), "");
    ck_assert_str_eq(hold("COMMIT"), "");
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(what_changed_while_a_removal_waited_is_judged_as_it_is_then)
{
    pid_t child;
    int status;

    close_store();
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        set_option("schema", "test_order");
        if (try_open(&session) != OV_OK ||
            collection_open(session, &call, ov_str_of("docs"), &table, &err) != OV_OK)
            _exit(1);
        _exit(remove_all() == OV_INTERNAL ? 0 : 2);
    }
    while (!is_waiting() && waitpid(child, &status, WNOHANG) == 0)
        ;
    ck_assert_str_eq(hold("UPDATE test_order.docs SET level = 9 WHERE id = 'a'"), "");
    ck_assert_str_eq(hold("COMMIT"), "");

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(admin("SELECT string_agg(id, ' ') FROM test_order.docs"), "a");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector order");
    TCase *c = tcase_create("order");

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, a_call_that_waits_for_a_record_holds_none_behind_it, 0, 4);
    tcase_add_test(c, what_changed_while_a_removal_waited_is_judged_as_it_is_then);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_with_server(suite());
}
