/* SPDX-License-Identifier: Apache-2.0 */
/* test_bulk.c - a bulk load without its vector index, and what a crash in one leaves. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct doc one = {
    .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 }, .body = "x"
};

static void setup(void)
{
    reset_options();
    use_ini("--socket");
    open_store("test_bulk");
    create_docs("hnsw", OV_COSINE);
}

static const char *vector_indexes(void)
{
    /* Not the view pg_indexes: it prints every index, also one that another suite is
     * just dropping, and fails then. */
    return admin("SELECT count(*) FROM pg_class i "
                 "JOIN pg_namespace n ON n.oid = i.relnamespace "
                 "JOIN pg_am a ON a.oid = i.relam "
                 "WHERE n.nspname = 'test_bulk' AND a.amname = 'hnsw' "
                 "AND i.relkind = 'i'");
}

static const char *search_ids(void)
{
    const float query[4] = { 1, 0, 0, 0 };
    const struct ov_search search = { .size = sizeof(search),
                                      .index = ov_str_of("default"),
                                      .n_queries = 1,
                                      .dim = 4,
                                      .dense = query,
                                      .limit = 10 };

    ck_ok(search_search(table, &call, &search, &result, &err));
    return ids(&result);
}

/* As time would. */
static void end_leases(void)
{
    admin("UPDATE test_bulk.\"ov#loads\" SET until = clock_timestamp()");
}

START_TEST(the_index_is_built_at_the_end)
{
    ck_assert_str_eq(vector_indexes(), "1");
    ck_ok(bulk_begin(table, &call, &err));
    ck_assert_str_eq(vector_indexes(), "0");
    ck_ok(upsert_docs(&one, 1));
    ck_assert_str_eq(search_ids(), "a");
    ck_ok(bulk_end(table, &call, &err));
    ck_assert_str_eq(vector_indexes(), "1");
    ck_assert_str_eq(search_ids(), "a");
}
END_TEST

START_TEST(who_opens_beside_a_load_leaves_it_alone)
{
    struct ov_table *other;

    ck_ok(bulk_begin(table, &call, &err));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &other, &err));
    ck_assert_str_eq(vector_indexes(), "0");
    collection_close(other);
    ck_ok(bulk_end(table, &call, &err));
}
END_TEST

static int32_t repair(void)
{
    notes.n = 0;
    if (notes.p != NULL)
        notes.p[0] = '\0';
    return doctor_act(session, &call, ov_str_of("repair"), NULL, 0, &err);
}

START_TEST(what_a_crash_left_is_named_and_repaired_and_no_open_builds_it)
{
    pid_t child;
    int status;

    close_store();
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct ov_table *mine;
        struct ov_session *own;

        if (try_open(&own) != OV_OK ||
            collection_open(own, &call, ov_str_of("docs"), &mine, &err) != OV_OK ||
            bulk_begin(mine, &call, &err) != OV_OK)
            _exit(1);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(vector_indexes(), "0");
    ck_ok(try_open(&session));
    end_leases();
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    ck_assert_str_eq(vector_indexes(), "0");
    ck_ok(upsert_docs(&one, 1));
    ck_assert_str_eq(search_ids(), "a");
    ck_ok(doctor());
    ck_assert_int_eq(problems(), 1);
    ck_assert_ptr_nonnull(strstr(notes.p, "no index docs#default#h#"));
    ck_ok(repair());

    ck_assert_str_eq(vector_indexes(), "1");
    ck_ok(doctor());
    ck_assert_int_eq(problems(), 0);
    ck_assert_str_eq(search_ids(), "a");
}
END_TEST

START_TEST(nothing_is_built_while_a_load_goes_on)
{
    ck_ok(bulk_begin(table, &call, &err));
    ck_ok(repair());

    ck_assert_str_eq(vector_indexes(), "0");
    ck_assert_ptr_nonnull(strstr(notes.p, "a bulk load is going on"));
    ck_ok(doctor()); /* and so it is nothing to complain of */
    ck_assert_msg(problems() == 0, "%s", notes.p);
    ck_assert_ptr_nonnull(strstr(notes.p, "a bulk load is going on"));
    ck_ok(bulk_end(table, &call, &err));
    ck_assert_str_eq(vector_indexes(), "1");
}
END_TEST

START_TEST(a_load_that_lost_its_mark_is_not_disturbed_by_who_opens)
{
    struct ov_table *theirs;

    ck_ok(bulk_begin(table, &call, &err));
    end_leases();
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &theirs, &err));

    ck_assert_str_eq(vector_indexes(), "0");
    collection_close(theirs);
    ck_ok(upsert_docs(&one, 1));
    ck_ok(bulk_end(table, &call, &err));
    ck_assert_str_eq(vector_indexes(), "1");
}
END_TEST

#define LOADS "test_bulk.\"ov#loads\""

static const char *live_leases(void)
{
    return admin("SELECT count(*) FROM " LOADS " WHERE until > clock_timestamp() AND "
                 "table_name = 'docs'");
}

START_TEST(a_lease_is_put_off_by_writing_and_goes_with_its_load)
{
    ck_ok(bulk_begin(table, &call, &err));
    ck_assert_str_eq(live_leases(), "1");
    end_leases();
    ck_ok(upsert_docs(&one, 1));
    ck_assert_str_eq(live_leases(), "0"); /* so soon nothing is written for it */

    table->renewed -= INT64_C(60000000000);
    ck_ok(upsert_docs(&one, 1));

    ck_assert_str_eq(live_leases(), "1");
    ck_ok(bulk_end(table, &call, &err));
    ck_assert_str_eq(admin("SELECT count(*) FROM " LOADS), "0");
}
END_TEST

START_TEST(a_lease_that_somebody_removed_fails_no_write)
{
    ck_ok(bulk_begin(table, &call, &err));
    admin("DROP TABLE " LOADS);
    table->renewed -= INT64_C(60000000000);

    ck_ok(upsert_docs(&one, 1));
    ck_ok(bulk_end(table, &call, &err));

    ck_assert_str_eq(vector_indexes(), "1");
    ck_assert_str_eq(search_ids(), "a");
}
END_TEST

START_TEST(what_a_dead_load_left_goes_with_the_next_one)
{
    ck_ok(bulk_begin(table, &call, &err));
    admin("UPDATE " LOADS " SET load = 7");
    end_leases();
    ck_ok(bulk_end(table, &call, &err));
    ck_assert_str_eq(admin("SELECT count(*) FROM " LOADS), "1");

    ck_ok(bulk_begin(table, &call, &err));

    ck_assert_str_eq(admin("SELECT count(*) FROM " LOADS " WHERE load = 7"), "0");
    ck_ok(bulk_end(table, &call, &err));
}
END_TEST

START_TEST(a_load_holds_no_connection_between_its_calls)
{
    ck_ok(bulk_begin(table, &call, &err));

    ck_assert_int_eq(session->pool.open, 1);
    ck_assert_ptr_nonnull(session->pool.idle);
    ck_assert_str_eq(admin("SELECT count(*) FROM pg_stat_activity WHERE usename = 'ov' "
                           "AND state = 'idle in transaction' AND query LIKE "
                           "'%test_bulk%'"),
                     "0");
    ck_ok(bulk_end(table, &call, &err));
}
END_TEST

#define LOADERS 4

START_TEST(as_many_loads_as_a_pooler_has_servers_do_not_starve)
{
    struct ov_session *sessions[LOADERS];
    struct ov_table *tables[LOADERS];

    close_store();
    use_ini("--bouncer");
    for (int i = 0; i < LOADERS; i++) {
        ck_ok(try_open(&sessions[i]));
        ck_ok(collection_open(sessions[i], &call, ov_str_of("docs"), &tables[i], &err));
    }
    call.deadline_ns = link_now() + INT64_C(20000000000);

    for (int i = 0; i < LOADERS; i++)
        ck_ok(bulk_begin(tables[i], &call, &err));
    for (int i = 0; i < LOADERS; i++) {
        table = tables[i];
        ck_ok(upsert_docs(&one, 1));
        ck_assert_str_eq(search_ids(), "a");
    }
    for (int i = 0; i < LOADERS; i++)
        ck_ok(bulk_end(tables[i], &call, &err));

    ck_assert_str_eq(vector_indexes(), "1");
    for (int i = 0; i < LOADERS; i++) {
        collection_close(tables[i]);
        session_close(sessions[i]);
    }
    table = NULL;
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector bulk");
    TCase *c = tcase_create("bulk");

    tcase_add_checked_fixture(c, setup, close_store);
    tcase_add_test(c, the_index_is_built_at_the_end);
    tcase_add_test(c, who_opens_beside_a_load_leaves_it_alone);
    tcase_add_test(c, what_a_crash_left_is_named_and_repaired_and_no_open_builds_it);
    tcase_add_test(c, nothing_is_built_while_a_load_goes_on);
    tcase_add_test(c, a_load_that_lost_its_mark_is_not_disturbed_by_who_opens);
    tcase_add_test(c, a_lease_is_put_off_by_writing_and_goes_with_its_load);
    tcase_add_test(c, a_lease_that_somebody_removed_fails_no_write);
    tcase_add_test(c, what_a_dead_load_left_goes_with_the_next_one);
    tcase_add_test(c, a_load_holds_no_connection_between_its_calls);
    tcase_add_test(c, as_many_loads_as_a_pooler_has_servers_do_not_starve);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_with_server(suite());
}
