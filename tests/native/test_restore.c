/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_restore.c - a store is taken back from its backup, whatever lies there; and a copy
 * that was laid over store.db by hand is told from the file that the log belongs to.
 */
#include "rig.h"

#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[512]; /* the parent's: a child has a temporary folder of its own */
static struct ov_session *session;
static struct ov_table *table;

static const struct record some[] = { { .id = "a", .n = 1, .w = "dog" }, { .id = "b" } };
static const struct record later[] = { { .id = "c", .w = "dog" } };

static int32_t act(const char *action, const char *path)
{
    struct ov_str word = ov_str_of(path);

    return native->act(session, &call, ov_str_of(action), &word, 1, &err);
}

static void copy_file(const char *from, const char *to)
{
    char bytes[65536], source[512];
    FILE *in, *out;
    size_t n;

    snprintf(source, sizeof(source), "%s", temp_path(from));
    in = fopen(source, "rb");
    out = fopen(temp_path(to), "wb");
    ck_assert(in != NULL && out != NULL);
    while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
        ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
    fclose(in);
    fclose(out);
}

/* A backup with a and b in "copy"; after that the store has c too, and many more rows. */
static void write_more(void)
{
    struct record records[200];
    char ids[200][8];
    int i;

    memset(records, 0, sizeof(records));
    for (i = 0; i < 200; i++) {
        sprintf(ids[i], "m%03d", i);
        records[i].id = ids[i];
        records[i].w = "cat";
    }
    ck_ok(put(table, records, 200));
    ck_ok(put(table, later, 1));
}

static void begin(void)
{
    snprintf(folder, sizeof(folder), "%s", temp_path("store"));
    session = open_fresh("store");
    table = open_table(session, "c");
    ck_ok(put(table, some, 2));
    ck_ok(act("backup", temp_path("copy")));
}

static void finish(void)
{
    if (session != NULL)
        close_all(session, table);
    session = NULL;
    table = NULL;
}

static void open_again(void)
{
    session = open_store(folder);
    table = open_table(session, "c");
}

/* A writer that dies and leaves its log. */
static void leave_a_log(void)
{
    pid_t child;
    int status;

    finish();
    child = fork();
    if (child == 0) {
        open_again();
        write_more();
        kill(getpid(), SIGKILL);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ck_assert_int_eq(access(temp_path("store/store.db-wal"), F_OK), 0);
}

static int count_aside(void)
{
    glob_t found;
    int n;

    if (glob(temp_path("store/store.db.before-*"), 0, NULL, &found) != 0)
        return 0;
    n = (int)found.gl_pathc;
    globfree(&found);
    return n;
}

static void expect_the_copy(void)
{
    open_again();
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, NULL), "a b");
    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
    ck_ok(put(table, later, 1));
    ck_assert_int_eq(count_where(table, NULL), 3);
    finish();
    open_again();
    ck_assert_int_eq(count_where(table, NULL), 3);
}

START_TEST(a_store_is_restored_and_the_old_one_laid_aside)
{
    struct stat info;
    char old[512];
    glob_t found;

    write_more();
    ck_ok(act("restore", temp_path("copy")));

    ck_fails(OV_STALE, put(table, later, 1));
    finish();
    ck_assert_int_ge(count_aside(), 1);
    expect_the_copy();
    finish();
    ck_assert_int_eq(stat(temp_path("store/store.db"), &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0600);
    ck_assert_int_eq(access(temp_path("store/store.db.new"), F_OK), -1);
    /* What was laid aside is a store as it was. */
    ck_assert_int_eq(glob(temp_path("store/store.db.before-*Z"), 0, NULL, &found), 0);
    ck_assert_int_eq(mkdir(temp_path("old"), 0700), 0);
    snprintf(old, sizeof(old), "%s", found.gl_pathv[0]);
    ck_assert_int_eq(rename(old, temp_path("old/store.db")), 0);
    strcat(old, "-wal");
    (void)rename(old, temp_path("old/store.db-wal"));
    globfree(&found);
    session = open_store(temp_path("old"));
    table = open_table(session, "c");
    ck_assert_int_eq(count_where(table, NULL), 203);
}
END_TEST

START_TEST(a_restore_beside_a_log_that_was_left_is_the_copy)
{
    leave_a_log();
    session = open_store(temp_path("store"));

    ck_ok(act("restore", temp_path("copy")));
    finish();
    ck_assert_int_ge(count_aside(), 1);
    expect_the_copy();
}
END_TEST

START_TEST(a_copy_laid_over_the_file_is_told_by_its_log)
{
    leave_a_log();
    copy_file("copy", "store/store.db");
    session = open_store(temp_path("store"));

    ck_fails(OV_CORRUPT,
             native->collection_open(session, &call, ov_str_of("c"), &table, &err));
    ck_says("store.db-wal' does not belong");
    ck_says("restore");
    ck_fails(OV_CORRUPT, native->ping(session, &call, &err));
    ck_fails(OV_CORRUPT,
             native->collection_create(session, &call, rig_schema("x"), &err));
    ck_ok(act("restore", temp_path("copy")));
    finish();
    ck_assert_int_eq(count_aside(), 2); /* file and log */
    expect_the_copy();
}
END_TEST

/* The log of a death is read as ever: the mark names no innocent. */
START_TEST(a_log_that_was_left_is_taken_in)
{
    int i;

    for (i = 0; i < 3; i++) {
        leave_a_log();
        if (i == 1) { /* the same bytes in another file */
            copy_file("store/store.db", "again");
            ck_assert_int_eq(unlink(temp_path("store/store.db")), 0);
            copy_file("again", "store/store.db");
        }
        open_again();
        ck_assert_int_eq(count_where(table, NULL), 203);
        if (i == 2)
            ck_ok(native->act(session, &call, ov_str_of("checkpoint"), NULL, 0, &err));
    }
}
END_TEST

START_TEST(what_is_no_copy_of_a_store_is_refused_and_nothing_changes)
{
    static const char *const bad[] = { "nothing", "folder", "noise", "foreign", "torn" };
    static const int32_t said[] = { OV_NOT_FOUND, OV_INVALID, OV_CORRUPT, OV_EXISTS,
                                    OV_CORRUPT };
    int which = _i;

    mkdir(temp_path("folder"), 0700);
    write_text(temp_path("noise"),
               "this is a text of some length, and certainly not a database of any kind, "
               "however one looks at it from above or from below; it only goes on");
    copy_file("copy", "foreign");
    copy_file("copy", "torn");
    if (which == 3) { /* its application_id */
        FILE *file = fopen(temp_path("foreign"), "r+b");

        ck_assert_int_eq(fseek(file, 68, SEEK_SET), 0);
        ck_assert_int_eq(fputc(0, file), 0);
        fclose(file);
    }
    ck_assert_int_eq(truncate(temp_path("torn"), 4096 * 5), 0);

    ck_fails(said[which], act("restore", temp_path(bad[which])));
    ck_says(bad[which]);
    ck_fails(OV_INVALID,
             native->act(session, &call, ov_str_of("restore"), NULL, 0, &err));
    ck_ok(put(table, later, 1));
    ck_assert_int_eq(count_where(table, NULL), 3);
    ck_assert_int_eq(count_aside(), 0);
    ck_assert_int_eq(access(temp_path("store/store.db.new"), F_OK), -1);
}
END_TEST

START_TEST(a_restore_beside_a_live_writer_is_refused)
{
    int ready[2];
    char byte, pid[32];
    pid_t child;

    finish();
    ck_assert_int_eq(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ready[0]);
        open_again();
        ck_ok(put(table, later, 1));
        byte = (char)write(ready[1], "x", 1);
        for (;;)
            pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    open_again();
    snprintf(pid, sizeof(pid), "process %d ", (int)child);

    ck_fails(OV_BUSY, act("restore", temp_path("copy")));
    ck_says(pid);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    ck_assert_int_eq(count_where(table, NULL), 3);
    ck_ok(act("restore", temp_path("copy")));
    finish();
    expect_the_copy();
}
END_TEST

/* Nothing there, an empty folder, noise, another program's database. */
START_TEST(a_restore_needs_no_store_that_opens)
{
    finish();
    remove_tree(temp_path("store"));
    if (_i > 0)
        mkdir(temp_path("store"), 0700);
    if (_i == 2)
        write_text(temp_path("store/store.db"),
                   "this is a text of some length, and certainly not a database of any "
                   "kind, however one looks at it from above or from below; it goes on");
    session = open_store(temp_path("store"));

    ck_ok(act("restore", temp_path("copy")));
    finish();
    ck_assert_int_eq(count_aside(), _i == 2);
    expect_the_copy();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native restore");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, begin, finish);
    tcase_add_test(all, a_store_is_restored_and_the_old_one_laid_aside);
    tcase_add_test(all, a_restore_beside_a_log_that_was_left_is_the_copy);
    tcase_add_test(all, a_copy_laid_over_the_file_is_told_by_its_log);
    tcase_add_test(all, a_log_that_was_left_is_taken_in);
    tcase_add_loop_test(all, what_is_no_copy_of_a_store_is_refused_and_nothing_changes, 0,
                        5);
    tcase_add_test(all, a_restore_beside_a_live_writer_is_refused);
    tcase_add_loop_test(all, a_restore_needs_no_store_that_opens, 0, 3);
    suite_add_tcase(s, all);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
