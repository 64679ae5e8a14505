/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_processes.c - two processes on one store: one writes, the other reads beside it.
 *
 * The child is started before this process has opened anything, as any other program
 * would be; it does what a letter on its pipe says and answers with one.
 */
#include "rig.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int to_child[2], from_child[2];
static pid_t child;
static char folder[512]; /* the parent's: a child has a temporary folder of its own */
static struct ov_session *session;
static struct ov_table *table;

static const struct record first[] = {
    { .id = "a", .n = 1, .s = "x", .w = "dog" },
    { .id = "b", .n = 2, .w = "cat" },
};

/* ------------------------------------------------------------------ the child */

static void put_many(int rounds)
{
    enum { ROWS = 1000 };
    struct record *records = calloc(ROWS, sizeof(*records));
    char(*ids)[8] = calloc(ROWS, sizeof(*ids));
    int i, round;

    for (round = 1; round <= rounds; round++) {
        for (i = 0; i < ROWS; i++) {
            sprintf(ids[i], "m%03d", i);
            records[i].id = ids[i];
            records[i].n = round;
        }
        ck_ok(put(table, records, ROWS));
    }
    free(records);
    free(ids);
}

static void add_field(void)
{
    struct ov_schema with = *rig_schema("c");
    const struct ov_field *fields[N_FIELDS + 1];
    struct ov_field extra = { sizeof(extra),       OV_INT64, 0, 0, { "extra", 5 },
                              { .type = OV_INT64 } };

    memcpy(fields, with.fields, N_FIELDS * sizeof(*fields));
    fields[N_FIELDS] = &extra;
    with.fields = fields;
    with.n_fields = N_FIELDS + 1;
    ck_ok(native->collection_alter(table, &call, &with, &err));
}

static void obey(char letter)
{
    static const struct record changed[] = { { .id = "a", .n = 7 },
                                             { .id = "c", .n = 3, .w = "dog" } };
    static const char *const ids[] = { "b" };
    uint64_t removed;

    switch (letter) {
    case 'o':
        session = open_store(folder);
        ck_ok(native->collection_create(session, &call, rig_schema("c"), &err));
        table = open_table(session, "c");
        ck_ok(put(table, first, 2));
        break;
    case 'c':
        ck_ok(put(table, changed, 2));
        ck_ok(drop_ids(table, ids, 1, &removed));
        break;
    case 't':
        ck_ok(native->truncate(table, &call, &err));
        break;
    case 'm':
        put_many(3);
        break;
    case 'M':
        put_many(52);
        break;
    case 'f':
        add_field();
        break;
    case 'd':
        ck_ok(native->collection_drop(session, &call, ov_str_of("c"), &err));
        break;
    default:
        close_all(session, table);
        _exit(0);
    }
}

static void serve(void)
{
    char letter;

    while (read(to_child[0], &letter, 1) == 1) {
        obey(letter);
        if (write(from_child[1], &letter, 1) != 1)
            break;
    }
    _exit(1);
}

/* ------------------------------------------------------------------- the parent */

static void tell(char letter)
{
    char answer = 0;

    ck_assert_int_eq(write(to_child[1], &letter, 1), 1);
    ck_assert_msg(read(from_child[0], &answer, 1) == 1,
                  "the other process failed at '%c'", letter);
    ck_assert_int_eq(answer, letter);
}

static void start(void)
{
    snprintf(folder, sizeof(folder), "%s", temp_path("shared"));
    ck_assert_int_eq(pipe(to_child), 0);
    ck_assert_int_eq(pipe(from_child), 0);
    child = fork();
    if (child == 0) {
        close(to_child[1]);
        close(from_child[0]);
        serve();
    }
    close(to_child[0]);
    close(from_child[1]);
    tell('o');
    session = open_store(folder);
    table = open_table(session, "c");
}

static void stop(void)
{
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    close(to_child[1]);
    close(from_child[0]);
    if (session != NULL)
        close_all(session, table);
}

START_TEST(a_reader_sees_each_commit_of_the_writer)
{
    struct ov_str word = { "dog", 3 };
    struct ov_search request = {
        .size = sizeof(request), .n_queries = 1, .text = &word, .limit = 10
    };
    struct ov_result result = { .size = sizeof(result) };

    ck_assert_str_eq(scan_ids(table, F_N, 0, NULL), "a b");
    tell('c');

    ck_assert_str_eq(scan_ids(table, F_N, 0, NULL), "c a");
    ck_assert_int_eq(count_where(table, where_text(F_S, "x")), 0);
    ck_ok(native->search(table, &call, &request, &result, &err));
    ck_assert_str_eq(ids_of(&result), "c");
    result.rows.release(&result.rows);
    tell('t');
    ck_assert_int_eq(count_where(table, NULL), 0);
    tell('m');
    ck_assert_int_eq(count_where(table, where_int(F_N, 3)), 1000);
    ck_assert_int_eq(count_where(table, NULL), 1000);
}
END_TEST

START_TEST(a_reader_that_slept_too_long_reads_everything_again)
{
    ck_assert_str_eq(scan_ids(table, F_N, 0, NULL), "a b");

    tell('M');

    ck_assert_int_eq(count_where(table, where_int(F_N, 52)), 1000);
    ck_assert_int_eq(count_where(table, NULL), 1002);
}
END_TEST

static void take_fields(void *ctx, const struct ov_schema *schema)
{
    *(uint32_t *)ctx = schema->n_fields;
}

START_TEST(a_reader_learns_of_new_fields_and_of_the_end)
{
    uint32_t n = 0;

    tell('f');
    ck_ok(native->collection_describe(table, &call, take_fields, &n, &err));
    ck_assert_uint_eq(n, N_FIELDS + 1);
    ck_assert_str_eq(scan_ids(table, N_FIELDS, 0, NULL), "a b");

    tell('d');
    ck_assert_int_eq(count_where(table, NULL), -1);
    ck_assert_int_eq(err.code, OV_STALE);
}
END_TEST

START_TEST(a_second_writer_is_told_who_writes)
{
    char pid[32];

    snprintf(pid, sizeof(pid), "process %d ", (int)child);
    ck_fails(OV_BUSY, put(table, first, 2));
    ck_says(pid);
    ck_fails(OV_BUSY, native->collection_create(session, &call, rig_schema("z"), &err));
    ck_says(pid);

    ck_assert_str_eq(scan_ids(table, F_N, 0, NULL), "a b");
}
END_TEST

START_TEST(a_killed_writer_leaves_no_lock)
{
    static const struct record more = { .id = "z", .n = 3 };

    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    child = 0;

    ck_ok(put(table, &more, 1));
    ck_assert_str_eq(scan_ids(table, F_N, 0, NULL), "a b z");
}
END_TEST

START_TEST(two_sessions_of_one_process_are_one_writer)
{
    static const struct record more = { .id = "z", .n = 3 };
    struct ov_session *other;
    struct ov_table *same;

    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    child = 0;
    other = open_store(temp_path("shared/../shared/"));
    same = open_table(other, "c");
    ck_ok(put(table, &more, 1));
    ck_ok(put(same, &more, 1));
    ck_assert_str_eq(scan_ids(same, F_N, 0, NULL), "a b z");
    close_all(session, table);
    session = NULL;

    ck_ok(put(same, first, 1));
    close_all(other, same);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native processes");
    TCase *two = tcase_create("two");

    tcase_add_checked_fixture(two, start, stop);
    tcase_add_test(two, a_reader_sees_each_commit_of_the_writer);
    tcase_add_test(two, a_reader_that_slept_too_long_reads_everything_again);
    tcase_add_test(two, a_reader_learns_of_new_fields_and_of_the_end);
    tcase_add_test(two, a_second_writer_is_told_who_writes);
    tcase_add_test(two, a_killed_writer_leaves_no_lock);
    tcase_add_test(two, two_sessions_of_one_process_are_one_writer);
    suite_add_tcase(s, two);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
