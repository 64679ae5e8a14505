/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_places.c - the store is taken away, moved or replaced while it is open: nothing is
 * acknowledged that nobody would find.
 */
#include "rig.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ov_session *session;
static struct ov_table *table;

static const struct record some[] = { { .id = "a", .n = 1, .w = "dog" }, { .id = "b" } };
static const struct record more = { .id = "c" };

static void move(const char *from, const char *to)
{
    char old[512];

    snprintf(old, sizeof(old), "%s", temp_path(from));
    ck_assert_int_eq(rename(old, temp_path(to)), 0);
}

static void remove_folder(void)
{
    remove_tree(temp_path("store"));
}

static void move_folder(void)
{
    move("store", "elsewhere");
}

static void replace_folder(void)
{
    struct ov_session *other;

    move("store", "elsewhere");
    other = open_fresh("store");
    native->close(other);
}

static void remove_file(void)
{
    ck_assert_int_eq(unlink(temp_path("store/store.db")), 0);
}

static void replace_file(void)
{
    struct ov_session *other = open_fresh("other");

    native->close(other);
    move("other/store.db", "store/store.db");
}

static void remove_log(void)
{
    ck_assert_int_eq(unlink(temp_path("store/store.db-wal")), 0);
}

static void remove_index(void)
{
    ck_assert_int_eq(unlink(temp_path("store/store.db-shm")), 0);
}

static void remove_claim(void)
{
    ck_assert_int_eq(unlink(temp_path("store/writer")), 0);
}

static const struct {
    void (*happens)(void);
    const char *named;
} accidents[] = {
    { remove_folder, "/store'" },           { move_folder, "/store'" },
    { replace_folder, "/store' was" },      { remove_file, "store.db' was removed" },
    { replace_file, "store.db' was repl" }, { remove_log, "store.db-wal' was removed" },
    { remove_index, "store.db-shm' was" },  { remove_claim, "writer' was removed" },
};

enum { N_ACCIDENTS = sizeof(accidents) / sizeof(accidents[0]) };

static void begin(void)
{
    session = open_fresh("store");
    table = open_table(session, "c");
    ck_ok(put(table, some, 2));
}

static void finish(void)
{
    close_all(session, table);
}

START_TEST(a_write_into_a_store_that_is_gone_is_refused)
{
    accidents[_i].happens();

    ck_fails(OV_STALE, put(table, &more, 1));
    ck_says(accidents[_i].named);
    ck_says("open the store again");
    ck_fails(OV_STALE, native->ping(session, &call, &err));
    ck_assert_int_eq(count_where(table, NULL), -1);
    ck_fails(OV_STALE, native->collection_create(session, &call, rig_schema("x"), &err));
    ck_fails(OV_STALE, native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
}
END_TEST

START_TEST(ping_and_reads_tell_that_a_store_is_gone)
{
    struct ov_table *again = NULL;
    int64_t n;

    accidents[_i].happens();
    if (_i % 2 == 0)
        ck_fails(OV_STALE, native->ping(session, &call, &err));

    do /* reads look now and then */
        n = count_where(table, NULL);
    while (n == 2);
    ck_assert_int_eq(n, -1);
    ck_assert_int_eq(err.code, OV_STALE);
    ck_fails(OV_STALE,
             native->collection_open(session, &call, ov_str_of("c"), &again, &err));
}
END_TEST

/* The old session is in nobody's way, and its close takes nothing from the new store. */
START_TEST(the_store_that_took_the_place_is_used_by_who_opens_it)
{
    struct ov_session *after;
    struct ov_table *there;

    if (_i == 0) {
        replace_folder();
    } else {
        replace_file();
        remove_log();
        remove_index();
    }
    ck_fails(OV_STALE, put(table, &more, 1));
    after = open_store(temp_path("store"));
    there = open_table(after, "c");
    ck_ok(put(there, &more, 1));
    ck_assert_int_eq(count_where(there, NULL), 1);
    finish();

    ck_ok(put(there, some, 2));
    ck_assert_int_eq(count_where(there, NULL), 3);
    native->collection_close(there);
    native->close(after);
    session = open_store(temp_path("store"));
    table = open_table(session, "c");
    ck_assert_int_eq(count_where(table, NULL), 3);
}
END_TEST

START_TEST(a_store_that_was_moved_has_all_that_was_acknowledged)
{
    move_folder();
    ck_fails(OV_STALE, put(table, &more, 1));
    finish();
    session = open_store(temp_path("elsewhere"));
    table = open_table(session, "c");

    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, NULL), "a b");
    ck_ok(put(table, &more, 1));
}
END_TEST

START_TEST(a_program_may_go_to_another_folder)
{
    struct ov_session *relative;
    struct ov_table *same;

    finish();
    ck_assert_int_eq(chdir(temp_path("")), 0);
    relative = open_store("store");
    ck_assert_int_eq(chdir("/"), 0);
    same = open_table(relative, "c");
    ck_ok(put(same, &more, 1));
    ck_ok(native->ping(relative, &call, &err));

    ck_assert_int_eq(count_where(same, NULL), 3);
    session = relative;
    table = same;
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native places");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, begin, finish);
    tcase_add_loop_test(all, a_write_into_a_store_that_is_gone_is_refused, 0,
                        N_ACCIDENTS);
    tcase_add_loop_test(all, ping_and_reads_tell_that_a_store_is_gone, 0, N_ACCIDENTS);
    tcase_add_loop_test(all, the_store_that_took_the_place_is_used_by_who_opens_it, 0, 2);
    tcase_add_test(all, a_store_that_was_moved_has_all_that_was_acknowledged);
    tcase_add_test(all, a_program_may_go_to_another_folder);
    suite_add_tcase(s, all);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
