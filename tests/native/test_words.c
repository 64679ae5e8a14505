/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_words.c - the full-text table is damaged in many ways: no write is refused for it,
 * doctor names it with the remedy that works, and nothing damaged stays in the file.
 */
#include "rig.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static const char *const damages[] = {
    "UPDATE f1x1_data SET block=x'ffffffffffff'",
    "DELETE FROM f1x1_data",
    "UPDATE f1x1_data SET block=x'ffffffffffff' WHERE id>10",
    "DELETE FROM f1x1_data WHERE id>10",
    "UPDATE f1x1_data SET block=substr(block,1,3) WHERE id=10",
    "DELETE FROM f1x1_config",
    "UPDATE f1x1_config SET v=99",
    "DROP TABLE f1x1_idx",
    "DROP TABLE f1x1_data",
    "DELETE FROM f1x1_docsize",
    "DELETE FROM f1x1_docsize WHERE id=1",
    "DROP TABLE f1x1",
    "DELETE FROM f1x1_idx; UPDATE f1x1_data SET block=x'00' WHERE id=1",
};

enum { N_DAMAGES = sizeof(damages) / sizeof(damages[0]) };

static const struct record some[] = { { .id = "a", .w = "one dog" },
                                      { .id = "b", .w = "two dogs" } };
static const struct record more[] = { { .id = "b", .w = "cat" },
                                      { .id = "c", .w = "dog" } };

static struct ov_session *session;
static struct ov_table *table;
static int problems, blamed;

static void hear(void *ctx, const struct ov_note *note)
{
    (void)ctx;
    if (note->kind != OV_NOTE_PROBLEM)
        return;
    problems++;
    blamed += note->remedy.n > 0 && strstr(note->remedy.p, "reindex") != NULL;
}

static int32_t act(const char *action)
{
    int32_t status;

    problems = blamed = 0;
    call.note = hear;
    ov_error_reset(&err);
    status = native->act(session, &call, ov_str_of(action), NULL, 0, &err);
    call.note = NULL;
    return status;
}

static const char *ask_file(const char *sql)
{
    static char text[4096];
    const unsigned char *row;
    sqlite3 *db;
    sqlite3_stmt *statement;

    text[0] = '\0';
    ck_assert_int_eq(sqlite3_open(temp_path("store/store.db"), &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        row = sqlite3_column_text(statement, 0);
        strcat(text, (const char *)row);
        strcat(text, " ");
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return text;
}

static const char *search_dogs(void)
{
    static char found[64];
    struct ov_str word = { "dog", 3 };
    struct ov_search request = {
        .size = sizeof(request), .n_queries = 1, .text = &word, .limit = 10
    };
    struct ov_result result = { .size = sizeof(result) };

    ck_ok(native->search(table, &call, &request, &result, &err));
    snprintf(found, sizeof(found), "%s", ids_of(&result));
    result.rows.release(&result.rows);
    return found;
}

static void damage(const char *sql)
{
    char *text = NULL;
    sqlite3 *db;

    ck_assert_int_eq(sqlite3_open(temp_path("store/store.db"), &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &text) == SQLITE_OK, "%s: %s", sql,
                  text);
    sqlite3_close(db);
}

static void begin(void)
{
    session = open_fresh("store");
    table = open_table(session, "c");
    ck_ok(put(table, some, 2));
}

static void finish(void)
{
    if (session != NULL)
        close_all(session, table);
}

static void reopen_damaged(const char *sql)
{
    finish();
    damage(sql);
    session = open_store(temp_path("store"));
    table = open_table(session, "c");
}

static void expect_health(const char *why)
{
    ck_ok(act("verify"));
    ck_ok(act("doctor"));
    ck_assert_msg(problems == 0, "%s: %d problems", why, problems);
    finish();
    ck_assert_str_eq(ask_file("PRAGMA integrity_check"), "ok ");
    ck_assert_str_eq(
        ask_file("SELECT count(*) FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL%'"),
        "1 ");
    session = NULL;
}

START_TEST(damaged_words_are_named_by_doctor_with_the_remedy_that_works)
{
    reopen_damaged(damages[_i]);

    (void)act("doctor");
    ck_assert_msg(problems > 0 && blamed == problems, "%s: %d problems, %d of them words",
                  damages[_i], problems, blamed);
    ck_fails(OV_CORRUPT, act("verify"));
    ck_assert_msg(blamed == problems, "%s: %d problems, %d of them words", damages[_i],
                  problems, blamed);
    ck_ok(act("reindex"));
    ck_assert_str_eq(search_dogs(), "a");
    expect_health(damages[_i]);
}
END_TEST

START_TEST(damaged_words_refuse_no_write)
{
    uint64_t removed = 0;
    static const char *const ids[] = { "a" };

    reopen_damaged(damages[_i]);

    ck_ok(put(table, more, 2));
    ck_ok(drop_ids(table, ids, 1, &removed));
    ck_ok(put(table, some, 1));
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, NULL), "a b c");
    if (strstr(search_dogs(), "c") == NULL) /* what no write meets, a look finds */
        ck_ok(act("reindex"));
    ck_assert_str_eq(search_dogs(), "c a");
    if (strstr(damages[_i], "docsize") != NULL)
        ck_ok(act("reindex"));
    expect_health(damages[_i]);
}
END_TEST

START_TEST(a_search_never_fails_for_damaged_words)
{
    reopen_damaged(damages[_i]);

    (void)search_dogs();
    ck_ok(put(table, more, 2));
    (void)act("reindex");
    ck_assert_str_eq(search_dogs(), "c a");
    expect_health(damages[_i]);
}
END_TEST

START_TEST(damaged_words_go_with_their_records)
{
    reopen_damaged(damages[_i]);

    ck_ok(native->truncate(table, &call, &err));
    ck_ok(put(table, more, 2));
    ck_assert_str_eq(search_dogs(), "c");
    expect_health(damages[_i]);
}
END_TEST

START_TEST(damaged_words_go_with_their_collection)
{
    reopen_damaged(damages[_i]);

    ck_ok(native->collection_drop(session, &call, ov_str_of("c"), &err));
    finish();
    session = NULL;
    ck_assert_str_eq(ask_file("PRAGMA integrity_check"), "ok ");
    ck_assert_str_eq(ask_file("SELECT name FROM sqlite_schema WHERE name GLOB 'f*'"), "");
}
END_TEST

/* What an earlier build could not drop stayed in the file. */
START_TEST(words_that_were_left_behind_go)
{
    reopen_damaged(damages[_i]);
    ck_ok(act("reindex"));
    finish();
    damage("CREATE VIRTUAL TABLE f1x1 USING fts5(c12, content='');"
           "DELETE FROM f1x1_data");
    session = open_store(temp_path("store"));
    table = open_table(session, "c");

    ck_ok(act("reindex"));
    ck_assert_str_eq(search_dogs(), "a");
    expect_health("left");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native words");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, begin, finish);
    tcase_add_loop_test(all, damaged_words_are_named_by_doctor_with_the_remedy_that_works,
                        0, N_DAMAGES);
    tcase_add_loop_test(all, damaged_words_refuse_no_write, 0, N_DAMAGES);
    tcase_add_loop_test(all, a_search_never_fails_for_damaged_words, 0, N_DAMAGES);
    tcase_add_loop_test(all, damaged_words_go_with_their_records, 0, N_DAMAGES);
    tcase_add_loop_test(all, damaged_words_go_with_their_collection, 0, N_DAMAGES);
    tcase_add_loop_test(all, words_that_were_left_behind_go, 0, 1);
    suite_add_tcase(s, all);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
