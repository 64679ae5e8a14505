/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_closed.c - a store that may not be written here, and what the system says when it
 * does not let a store be opened.
 */
#include "rig.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[512];

static const struct record some[] = { { .id = "a", .n = 1, .w = "dog" }, { .id = "b" } };

/* Root may everything, so it becomes another for the rest of the test. */
static void take_the_rights_away(void)
{
    static const char *const names[] = { "", "/store.db", "/writer" };
    char path[600];
    size_t i;

    for (i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", folder, names[i]);
        if (geteuid() == 0)
            ck_assert_int_eq(chown(path, 65534, 65534), 0);
        ck_assert_int_eq(chmod(path, i == 0 ? 0500 : 0400), 0);
    }
    if (geteuid() == 0) {
        ck_assert_int_eq(chmod(temp_path(""), 0711), 0);
        ck_assert_int_eq(seteuid(65534), 0);
    }
}

static void give_them_back(void)
{
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chmod(folder, 0700), 0);
}

static void begin(void)
{
    struct ov_session *session = open_fresh("store");
    struct ov_table *table = open_table(session, "c");

    snprintf(folder, sizeof(folder), "%s", temp_path("store"));
    ck_ok(put(table, some, 2));
    close_all(session, table);
}

static void finish(void)
{
}

static int32_t try_open(struct ov_session **session)
{
    struct ov_scalar settings[2] = { { .type = OV_TEXT }, { .type = OV_NULL } };

    settings[0].u.s = ov_str_of(folder);
    ov_error_reset(&err);
    return native->open(1, settings, &call, session, &err);
}

START_TEST(a_closed_store_is_read_where_it_may_not_be_written)
{
    struct ov_session *session;
    struct ov_table *table;

    take_the_rights_away();
    session = open_store(folder);
    table = open_table(session, "c");

    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, NULL), "a b");
    ck_ok(native->ping(session, &call, &err));
    ck_ok(native->act(session, &call, ov_str_of("doctor"), NULL, 0, &err));
    ck_fails(OV_DENIED, put(table, some, 1));
    ck_says("for reading only: Permission denied");
    ck_fails(OV_DENIED, native->collection_create(session, &call, rig_schema("x"), &err));
    close_all(session, table);
    ck_assert_int_eq(access(temp_path("store/store.db-wal"), F_OK), -1);
    give_them_back();
}
END_TEST

/* What is in the log is not in the file: half a store is no answer. */
START_TEST(a_store_with_a_log_is_not_read_without_it)
{
    struct ov_session *session = NULL;

    write_text(temp_path("store/store.db-wal"), "0123456789abcdef");
    take_the_rights_away();

    ck_fails(OV_DENIED, try_open(&session));
    ck_says("store.db-wal' holds");
    ck_says("Permission denied");
    give_them_back();
}
END_TEST

START_TEST(the_limit_of_descriptors_is_no_matter_of_rights)
{
    struct rlimit limit, low;
    struct ov_session *session = NULL;
    int n, failed = 0;

    load_provider();
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    for (n = 0; n < 24; n++) {
        low.rlim_cur = (rlim_t)(3 + n);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
        if (try_open(&session) == OV_OK) {
            native->close(session);
            session = NULL;
            continue;
        }
        failed++;
        ck_assert_msg(err.code == OV_NO_SPACE, "%d descriptors: %s: %s", 3 + n,
                      ov_status_name(err.code), err.message);
        ck_says("Too many open files");
    }
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_gt(failed, 0);
}
END_TEST

START_TEST(a_name_too_long_is_said_to_be)
{
    char name[300];
    struct ov_session *session = open_store(folder);
    struct ov_session *other = NULL;

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    snprintf(folder, sizeof(folder), "%s/%s", temp_path(""), name);

    ck_fails(OV_INVALID,
             (try_open(&other) != OV_OK)
                 ? err.code
                 : native->collection_create(other, &call, rig_schema("c"), &err));
    ck_says("File name too long");
    native->close(session);
    if (other != NULL)
        native->close(other);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native closed");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, begin, finish);
    tcase_add_test(all, a_closed_store_is_read_where_it_may_not_be_written);
    tcase_add_test(all, a_store_with_a_log_is_not_read_without_it);
    tcase_add_test(all, the_limit_of_descriptors_is_no_matter_of_rights);
    tcase_add_test(all, a_name_too_long_is_said_to_be);
    suite_add_tcase(s, all);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
