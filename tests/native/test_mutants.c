/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_mutants.c - stores in which bytes were changed where SQLite does not see it:
 * schemas under a right sum, records, keys, numbers.
 *
 * Whatever such a store answers, every call ends with an answer that the border knows
 * and none reads where nothing is; the sanitizers' builds are the judges. OV_MUTANTS says
 * how many, OV_SEED which.
 */
#include "internal.h"
#include "questions.h"
#include "rig.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int opened, refused;

/* ----------------------------------------------------------------- mutating */

/* A blob of the first row that the query finds, changed; sum: is its end a right one? */
static void change_blob(sqlite3 *db, const char *select, const char *update, int sum)
{
    sqlite3_stmt *statement;
    unsigned char *bytes;
    uint32_t right;
    size_t n;

    ck_assert_int_eq(sqlite3_prepare_v2(db, select, -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    n = (size_t)sqlite3_column_bytes(statement, 0);
    bytes = malloc(n + 8);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, sqlite3_column_blob(statement, 0), n);
    sqlite3_finalize(statement);
    question_spoil(bytes, sum ? 4 : 0, sum ? n - 4 : n);
    if (sum) {
        right = schema_blob_sum(bytes, n - 4);
        memcpy(bytes + n - 4, &right, sizeof(right));
    } else if (question_number(8) == 0) {
        n -= question_number((uint32_t)n);
    }
    ck_assert_int_eq(sqlite3_prepare_v2(db, update, -1, &statement, NULL), SQLITE_OK);
    sqlite3_bind_blob64(statement, 1, bytes, n, SQLITE_TRANSIENT);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
    free(bytes);
}

static void change_cell(sqlite3 *db)
{
    static const char *const places[] = {
        "collections SET id=",
        "collections SET version=",
        "collections SET epoch=",
        "collections SET change=",
        "collections SET words=",
        "collections SET uuid=",
        "collections SET name=",
        "r1 SET label=",
        "r1 SET key=",
        "c1 SET number=",
        "c1 SET key=",
    };
    static const char *const values[] = {
        "0",   "-1",    "9223372036854775807", "-9223372036854775808", "2",     "NULL",
        "'b'", "x'00'", "9223372036854775806", "4611686018427387904",  "1e300", "''",
    };
    char sql[200];

    snprintf(sql, sizeof(sql), "UPDATE OR IGNORE %s%s WHERE rowid>=%u",
             places[question_number(sizeof(places) / sizeof(places[0]))],
             values[question_number(sizeof(values) / sizeof(values[0]))],
             1 + question_number(3));
    (void)sqlite3_exec(db, sql, NULL, NULL, NULL); /* some lies SQLite itself refuses */
}

static void mutate(const char *file)
{
    sqlite3 *db;
    uint32_t n = 1 + question_number(2);

    ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "PRAGMA synchronous=OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    for (; n > 0; n--)
        switch (question_number(5)) {
        case 0:
        case 1:
            change_blob(db, "SELECT schema FROM collections",
                        "UPDATE collections SET schema=?1", 1);
            break;
        case 2:
            change_blob(db, "SELECT body FROM r1 WHERE label=2",
                        "UPDATE r1 SET body=?1 WHERE label=2", 0);
            break;
        case 3:
            change_blob(db, "SELECT vectors FROM r1 WHERE label=3",
                        "UPDATE r1 SET vectors=?1 WHERE label=3", 0);
            break;
        default:
            change_cell(db); /* what would be looked for next may be elsewhere */
            n = 1;
        }
    sqlite3_close(db);
}

/* ------------------------------------------------------------------- asking */

static void take_name(void *ctx, struct ov_str name)
{
    (void)ctx;
    ck_assert(ov_utf8_valid(name));
}

static void try_store(const char *folder)
{
    struct ov_scalar settings[2] = { { .type = OV_TEXT }, { .type = OV_TEXT } };
    struct ov_session *session = NULL;
    struct ov_table *table = NULL;
    int32_t status;

    settings[0].u.s = ov_str_of(folder);
    settings[1].u.s = ov_str_of("normal");
    status = native->open(1, settings, &call, &session, &err);
    question_known(status);
    if (status != OV_OK)
        return;
    question_known(native->collection_list(session, &call, take_name, NULL, &err));
    status = native->collection_open(session, &call, ov_str_of("c"), &table, &err);
    question_known(status);
    if (status == OV_OK) {
        opened++;
        questions_ask(native, table, &call);
        question_known(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
    } else {
        refused++;
    }
    close_all(session, table);
}

/* --------------------------------------------------------------------- test */

static const struct record some[] = {
    { .id = "a", .n = 1, .s = "x", .w = "one dog", .tags = "red,blue", .v = { 1 } },
    { .id = "b", .n = 2, .p = "/b/c", .sp = "cat:1,dog:2", .g = { 2, 3 }, .t = 5000 },
    { .id = "c", .n = 3, .f = 0.5, .b = 1, .nums = { 4, 5 }, .v = { 0, 1 } },
    { .id = "d", .s = "x", .expires = 9000000, .w = "two dogs", .tags = "red" },
};

START_TEST(a_mutated_store_gets_answers_and_brings_nothing_down)
{
    uint64_t n = question_setting("OV_MUTANTS", 150), i;
    uint64_t first = question_setting("OV_SEED", 1);
    struct ov_session *session = open_fresh("store");
    struct ov_table *table = open_table(session, "c");
    char *whole;
    size_t bytes;

    ck_ok(put(table, some, 4));
    ck_ok(native->act(session, &call, ov_str_of("checkpoint"), NULL, 0, &err));
    close_all(session, table);
    whole = read_text(temp_path("store/store.db"), &bytes);
    ck_assert_ptr_nonnull(whole);
    for (i = 0; i < n; i++) {
        question_seed(first + i);
        remove(temp_path("store/store.db-wal"));
        remove(temp_path("store/store.db-shm"));
        write_bytes(temp_path("store/store.db"), whole, bytes);
        mutate(temp_path("store/store.db"));
        try_store(temp_path("store"));
    }
    printf("# mutants: %llu from seed %llu, %d opened, %d refused\n",
           (unsigned long long)n, (unsigned long long)first, opened, refused);
    ck_assert_int_gt(opened, 0);
    ck_assert_int_gt(refused, 0);
    free(whole);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("native mutants");
    TCase *tests = tcase_create("mutants");

    tcase_set_timeout(tests, 3000);
    tcase_add_test(tests, a_mutated_store_gets_answers_and_brings_nothing_down);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
