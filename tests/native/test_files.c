/* SPDX-License-Identifier: Apache-2.0 */
/* test_files.c - files that are damaged, foreign, locked or out of reach. */
#include "rig.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct record some[] = {
    { .id = "a", .n = 1, .s = "x", .w = "one dog" },
    { .id = "b", .n = 2, .w = "two dogs" },
};

static int32_t try_open(const char *folder)
{
    struct ov_scalar settings[2] = { { .type = OV_TEXT }, { .type = OV_NULL } };
    struct ov_session *session = NULL;
    int32_t status;

    load_provider();
    settings[0].u.s = ov_str_of(folder);
    status = native->open(1, settings, &call, &session, &err);
    if (status == OV_OK) {
        status = native->ping(session, &call, &err); /* damage is told by each call */
        native->close(session);
    } else
        ck_assert_ptr_null(session);
    return status;
}

/* A store with a collection and two records, closed. */
static void make_store(const char *name)
{
    struct ov_session *session = open_fresh(name);
    struct ov_table *table = open_table(session, "c");

    ck_ok(put(table, some, 2));
    close_all(session, table);
}

/* As an administrator's tool would. */
static void run_sql(const char *file, const char *sql)
{
    sqlite3 *db;
    char *text = NULL;

    ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &text) == SQLITE_OK, "%s: %s", sql,
                  text);
    sqlite3_close(db);
}

START_TEST(what_is_no_store_is_refused_with_the_reason)
{
    int descriptors, threads;

    write_text(temp_path("file"), "x");
    load_provider();
    descriptors = count_descriptors();
    threads = count_threads();
    ck_fails(OV_INVALID, try_open(temp_path("file")));
    ck_says("file");
    ck_fails(OV_INVALID, try_open(temp_path("file/below")));

    mkdir(temp_path("noise"), 0700);
    write_text(temp_path("noise/store.db"),
               "this is a text of some length, and certainly not a database of any kind, "
               "however one looks at it from above or from below; it only goes on");
    ck_fails(OV_CORRUPT, try_open(temp_path("noise")));

    mkdir(temp_path("foreign"), 0700);
    run_sql(temp_path("foreign/store.db"), "CREATE TABLE t(x)");
    ck_fails(OV_EXISTS, try_open(temp_path("foreign")));
    ck_says("another program");

    make_store("newer");
    run_sql(temp_path("newer/store.db"), "PRAGMA user_version=99");
    ck_fails(OV_UNSUPPORTED, try_open(temp_path("newer")));
    ck_says("99");
    ck_assert_int_eq(count_descriptors(), descriptors);
    ck_assert(threads_become(threads));
}
END_TEST

START_TEST(a_folder_out_of_reach_is_denied)
{
    struct ov_session *session;

    if (geteuid() == 0) { /* root may everything; a file as a parent does it too */
        write_text(temp_path("wall"), "x");
        ck_fails(OV_INVALID, try_open(temp_path("wall/store")));
        return;
    }
    mkdir(temp_path("closed"), 0500);
    session = open_store(temp_path("closed/store"));
    ck_fails(OV_DENIED, native->collection_create(session, &call, rig_schema("c"), &err));
    ck_says("closed/store");
    native->close(session);
}
END_TEST

static int is_there(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0;
}

static void nobody(void *ctx, struct ov_str name)
{
    ck_abort_msg("%.*s %p", (int)name.n, name.p, ctx);
}

START_TEST(reading_where_nothing_is_makes_nothing)
{
    struct ov_session *session = open_store(temp_path("typo/store"));
    struct ov_table *table = NULL;

    ck_ok(native->ping(session, &call, &err));
    ck_ok(native->collection_list(session, &call, nobody, NULL, &err));
    ck_fails(OV_NOT_FOUND,
             native->collection_open(session, &call, ov_str_of("c"), &table, &err));
    ck_says("there is no store in");
    ck_says("typo/store");
    ck_ok(native->act(session, &call, ov_str_of("doctor"), NULL, 0, &err));
    ck_fails(OV_NOT_FOUND,
             native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
    native->close(session);

    ck_assert(!is_there(temp_path("typo")));
}
END_TEST

START_TEST(a_store_that_comes_later_is_seen)
{
    struct ov_session *before = open_store(temp_path("late")), *other;
    struct ov_table *table = NULL;

    mkdir(temp_path("late"), 0700);
    ck_fails(OV_NOT_FOUND,
             native->collection_open(before, &call, ov_str_of("c"), &table, &err));
    ck_assert(!is_there(temp_path("late/store.db")));
    other = open_store(temp_path("late"));
    ck_ok(native->collection_create(other, &call, rig_schema("c"), &err));

    ck_ok(native->collection_open(before, &call, ov_str_of("c"), &table, &err));
    close_all(before, table);
    native->close(other);
}
END_TEST

/* Writing is what makes a store; a drop says that somebody means to write. */
START_TEST(folders_above_are_made)
{
    struct ov_session *session = open_store(temp_path("one/two/three"));

    ck_fails(OV_NOT_FOUND,
             native->collection_drop(session, &call, ov_str_of("none"), &err));
    native->close(session);

    ck_assert(is_there(temp_path("one/two/three/store.db")));
    ck_ok(try_open(temp_path("one/two/three")));
}
END_TEST

START_TEST(an_empty_file_is_a_new_store)
{
    mkdir(temp_path("begun"), 0700);
    write_text(temp_path("begun/store.db"), "");

    ck_ok(try_open(temp_path("begun")));
}
END_TEST

START_TEST(a_damaged_record_is_named_and_the_store_opens)
{
    struct ov_session *session;
    struct ov_table *table = NULL;

    make_store("bad");
    run_sql(temp_path("bad/store.db"), "UPDATE r1 SET body=x'00' WHERE key='b'");
    session = open_store(temp_path("bad"));

    ck_fails(OV_CORRUPT,
             native->collection_open(session, &call, ov_str_of("c"), &table, &err));
    ck_says("'b'");
    ck_assert_ptr_null(table);
    ck_ok(native->collection_create(session, &call, rig_schema("other"), &err));
    native->close(session);
}
END_TEST

/* What no store has ever written, each in one cell of the file. */
static const struct {
    const char *sql, *says;
} lies[] = {
    { "UPDATE r1 SET key='x' WHERE key='b'", "its key is 'b'" },
    { "UPDATE r1 SET key=7 WHERE key='b'", "its key is 'b'" },
    { "UPDATE r1 SET label=9223372036854775807 WHERE key='b'", "9223372036854775807" },
    { "UPDATE r1 SET label=-1 WHERE key='b'", "number is -1" },
    { "UPDATE r1 SET vectors=x'0000c07f00000000'||x'0000000000000000' WHERE key='b'",
      "finite" },
    { "UPDATE r1 SET body=body||x'0000000000000000' WHERE key='b'", "'b'" },
    { "UPDATE collections SET change=9223372036854775807", "the change" },
    { "UPDATE collections SET change=-1", "the change" },
    { "UPDATE collections SET version=9223372036854775807", "the version" },
    { "UPDATE collections SET epoch=9223372036854775807", "the epoch" },
    { "UPDATE collections SET words='many'", "the words" },
    { "UPDATE collections SET id=-1 WHERE name='c'", "number -1" },
    { "UPDATE collections SET uuid=x'00'", "1 bytes of identity" },
    { "UPDATE collections SET schema=x'00'", "stored schema" },
    { "UPDATE collections SET schema=(SELECT schema FROM collections WHERE name='d')",
      "'d'" },
};

START_TEST(a_store_that_lies_is_not_believed)
{
    struct ov_session *session;
    struct ov_table *table = NULL;

    make_store("lies");
    session = open_store(temp_path("lies"));
    ck_ok(native->collection_create(session, &call, rig_schema("d"), &err));
    native->close(session);
    run_sql(temp_path("lies/store.db"), lies[_i].sql);
    session = open_store(temp_path("lies"));

    ck_fails(OV_CORRUPT,
             native->collection_open(session, &call, ov_str_of("c"), &table, &err));

    ck_says(lies[_i].says);
    ck_assert_ptr_null(table);
    native->close(session);
}
END_TEST

/* The log of changes serves other processes; what nobody wrote in it stops nobody. */
START_TEST(a_log_that_runs_ahead_does_not_stop_a_write)
{
    struct ov_session *session;
    struct ov_table *table;

    make_store("ahead");
    run_sql(temp_path("ahead/store.db"),
            "INSERT INTO c1 SELECT max(number)+1,'b' FROM c1;"
            "INSERT INTO c1 VALUES(9223372036854775807,'b')");
    session = open_store(temp_path("ahead"));
    table = open_table(session, "c");

    ck_ok(put(table, some, 2));

    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, NULL), "a b");
    close_all(session, table);
}
END_TEST

/* Another program gives an open collection another schema, and not another epoch. */
START_TEST(a_schema_that_changes_under_an_open_table_is_read_with_its_records)
{
    struct ov_session *session;
    struct ov_table *table;

    make_store("swap");
    session = open_store(temp_path("swap"));
    table = open_table(session, "c");
    run_sql(temp_path("swap/store.db"), "UPDATE collections SET version=2,"
                                        " schema=x'00'");

    ck_assert_int_eq(count_where(table, NULL), -1);

    ck_assert_int_eq(err.code, OV_CORRUPT);
    close_all(session, table);
}
END_TEST

/* Bytes of the file change: whatever is answered, nothing crashes. */
START_TEST(no_damage_of_the_file_brings_the_process_down)
{
    size_t n, i;
    char *whole;
    int round, opened = 0;
    unsigned int seed = 7;

    make_store("flip");
    whole = read_text(temp_path("flip/store.db"), &n);
    ck_assert_ptr_nonnull(whole);
    for (round = 0; round < 150; round++) {
        char *copy = malloc(n);
        struct ov_session *session = NULL;
        struct ov_table *table = NULL;
        struct ov_scalar settings[2] = { { .type = OV_TEXT }, { .type = OV_NULL } };

        memcpy(copy, whole, n);
        for (i = 0; i < 20; i++) {
            seed = seed * 1664525u + 1013904223u;
            copy[(seed >> 8) % n] = (char)(seed >> 3);
        }
        write_bytes(temp_path("flip/store.db"), copy, round % 3 == 0 ? n - n / 3 : n);
        free(copy);
        settings[0].u.s = ov_str_of(temp_path("flip"));
        ov_error_reset(&err);
        if (native->open(1, settings, &call, &session, &err) != OV_OK)
            continue;
        ov_error_reset(&err);
        if (native->collection_open(session, &call, ov_str_of("c"), &table, &err) ==
            OV_OK) {
            opened++;
            (void)put(table, some, 2);
            ov_error_reset(&err);
            (void)native->act(session, &call, ov_str_of("verify"), NULL, 0, &err);
        }
        close_all(session, table);
    }
    ck_assert_int_gt(opened, 0);
    free(whole);
}
END_TEST

START_TEST(damaged_words_are_made_anew_by_a_write)
{
    struct ov_str word = { "dog", 3 };
    struct ov_search request = {
        .size = sizeof(request), .n_queries = 1, .text = &word, .limit = 10
    };
    struct ov_result result = { .size = sizeof(result) };
    static const struct record more[] = { { .id = "b", .w = "cat" },
                                          { .id = "c", .w = "dog" } };
    struct ov_session *session;
    struct ov_table *table;

    make_store("words");
    run_sql(temp_path("words/store.db"),
            _i == 0 ? "UPDATE f1x1_data SET block=x'ffffffffffff'"
                    : "DELETE FROM f1x1_data");
    session = open_store(temp_path("words"));
    table = open_table(session, "c");
    ck_assert_int_eq(count_where(table, NULL), 2);

    ck_ok(put(table, more, 2));

    ck_ok(native->search(table, &call, &request, &result, &err));
    ck_assert_str_eq(ids_of(&result), "c a");
    result.rows.release(&result.rows);
    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
    close_all(session, table);
}
END_TEST

/* A store whose words were cut by FTS5 itself: the first search, or the first write,
 * makes them anew. */
START_TEST(words_of_an_older_store_are_made_anew)
{
    static const struct record dotted[] = { { .id = "a", .w = "x_y 数据库" } };
    struct ov_str word = { "据", 3 };
    struct ov_search request = {
        .size = sizeof(request), .n_queries = 1, .text = &word, .limit = 10
    };
    struct ov_result result = { .size = sizeof(result) };
    struct ov_session *session = open_fresh("older");
    struct ov_table *table = open_table(session, "c");

    ck_ok(put(table, dotted, 1));
    close_all(session, table);
    run_sql(temp_path("older/store.db"),
            "DROP TABLE f1x1; CREATE VIRTUAL TABLE f1x1 USING fts5(c12"
            ", content='', tokenize='unicode61 remove_diacritics 0');"
            "INSERT INTO f1x1(rowid,c12) SELECT label,'x_y 数据库' FROM r1");
    session = open_store(temp_path("older"));
    table = open_table(session, "c");

    if (_i == 1)
        ck_ok(put(table, dotted, 1));
    ck_ok(native->search(table, &call, &request, &result, &err));
    ck_assert_str_eq(ids_of(&result), "a");
    result.rows.release(&result.rows);
    ck_ok(put(table, &(const struct record){ .id = "a", .w = "gone" }, 1));
    ck_ok(native->search(table, &call, &request, &result, &err));
    ck_assert_str_eq(ids_of(&result), "");
    result.rows.release(&result.rows);
    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
    close_all(session, table);
}
END_TEST

static int64_t ask_number(const char *file, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    int64_t n;

    ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    n = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return n;
}

START_TEST(expired_records_leave_the_file_in_time)
{
    static const struct record brief[] = { { .id = "e", .w = "dog", .expires = 2000000 },
                                           { .id = "f", .expires = 9000000 } };
    struct ov_session *session;
    struct ov_table *table;
    int i;

    make_store("brief");
    session = open_store(temp_path("brief"));
    table = open_table(session, "c");
    ck_ok(put(table, brief, 2));
    call.now_us = 3000000;
    for (i = 0; i < 254; i++)
        ck_ok(put(table, some, 1));
    ck_assert_int_eq(ask_number(temp_path("brief/store.db"), "SELECT count(*) FROM r1"),
                     4);

    ck_ok(put(table, some, 1));

    ck_assert_int_eq(ask_number(temp_path("brief/store.db"), "SELECT count(*) FROM r1"),
                     3);
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, NULL), "a b f");
    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
    call.now_us = 1000000;
    close_all(session, table);
}
END_TEST

/* ------------------------------------------------------------------- deadlines */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

START_TEST(a_deadline_holds_against_a_held_lock)
{
    struct ov_session *session;
    struct ov_table *table;
    sqlite3 *db;
    int64_t began;

    make_store("held");
    session = open_store(temp_path("held"));
    table = open_table(session, "c");
    ck_assert_int_eq(sqlite3_open(temp_path("held/store.db"), &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    began = now_ms();
    call.deadline_ns = (began + 200) * 1000000;

    ck_fails(OV_DEADLINE, put(table, some, 2));

    ck_assert_int_ge(now_ms() - began, 190);
    ck_assert_int_le(now_ms() - began, 300);
    call.deadline_ns = 0;
    ck_assert_int_eq(count_where(table, NULL), 2);
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(db);
    ck_ok(put(table, some, 2));
    close_all(session, table);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native files");
    TCase *files = tcase_create("files");

    tcase_add_test(files, what_is_no_store_is_refused_with_the_reason);
    tcase_add_test(files, a_folder_out_of_reach_is_denied);
    tcase_add_test(files, reading_where_nothing_is_makes_nothing);
    tcase_add_test(files, a_store_that_comes_later_is_seen);
    tcase_add_test(files, folders_above_are_made);
    tcase_add_test(files, an_empty_file_is_a_new_store);
    tcase_add_test(files, a_damaged_record_is_named_and_the_store_opens);
    tcase_add_loop_test(files, a_store_that_lies_is_not_believed, 0,
                        (int)(sizeof(lies) / sizeof(lies[0])));
    tcase_add_test(files, a_log_that_runs_ahead_does_not_stop_a_write);
    tcase_add_test(files,
                   a_schema_that_changes_under_an_open_table_is_read_with_its_records);
    tcase_add_test(files, no_damage_of_the_file_brings_the_process_down);
    tcase_add_loop_test(files, damaged_words_are_made_anew_by_a_write, 0, 2);
    tcase_add_loop_test(files, words_of_an_older_store_are_made_anew, 0, 2);
    tcase_add_test(files, expired_records_leave_the_file_in_time);
    tcase_add_test(files, a_deadline_holds_against_a_held_lock);
    suite_add_tcase(s, files);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
