/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_disk.c - every write, sync, truncation, read and open fails once, and the process
 * dies before each of them once.
 */
#include "rig.h"
#include "shim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* No operation here has so many steps on the disk. */
#define MOST_STEPS 2000

static struct ov_session *session;
static struct ov_table *table;
static char folder[512];

static const struct record base[] = {
    { .id = "a", .n = 1, .tags = "red", .v = { 1, 0, 0, 0 }, .w = "one dog" },
    { .id = "b", .n = 2, .s = "x", .w = "two dogs" },
};
static const struct record more[] = {
    { .id = "b", .n = 20, .w = "another dog" },
    { .id = "c", .n = 3, .tags = "x,y", .sp = "dog:1", .w = "dog" },
};

static const char *state(void)
{
    static char text[512];
    struct ov_str word = { "dog", 3 };
    struct ov_search request = {
        .size = sizeof(request), .n_queries = 1, .text = &word, .limit = 10
    };
    struct ov_result result = { .size = sizeof(result) };

    snprintf(text, sizeof(text), "%s|%d|", scan_ids(table, F_N, 0, NULL),
             (int)count_where(table, where_text(F_TAGS, "y")));
    ck_ok(native->search(table, &call, &request, &result, &err));
    strcat(text, ids_of(&result));
    result.rows.release(&result.rows);
    return text;
}

static void open_again(void)
{
    session = open_store(folder);
    table = open_table(session, "c");
}

static void open_it(void)
{
    shim_install();
    snprintf(folder, sizeof(folder), "%s", temp_path("store"));
    session = open_fresh("store");
    table = open_table(session, "c");
    ck_ok(put(table, base, 2));
}

static void close_it(void)
{
    close_all(session, table);
}

/* ------------------------------------------------------------------ operations */

static int32_t do_upsert(void)
{
    return put(table, more, 2);
}

static int32_t do_update(void)
{
    static const uint32_t fields[] = { F_ID, F_W };

    return update_fields(table, more, 1, fields, 2);
}

static int32_t do_remove(void)
{
    static const char *const ids[] = { "a" };
    uint64_t removed = 0;

    return drop_ids(table, ids, 1, &removed);
}

static int32_t do_truncate(void)
{
    return native->truncate(table, &call, &err);
}

static int32_t do_create(void)
{
    return native->collection_create(session, &call, rig_schema("new"), &err);
}

static int32_t do_checkpoint(void)
{
    return native->act(session, &call, ov_str_of("checkpoint"), NULL, 0, &err);
}

static int32_t do_reopen(void)
{
    struct ov_scalar settings[2] = { { .type = OV_TEXT }, { .type = OV_NULL } };
    int32_t status;

    close_it();
    settings[0].u.s = ov_str_of(folder);
    session = NULL;
    table = NULL;
    status = native->open(1, settings, &call, &session, &err);
    if (status == OV_OK)
        status = native->collection_open(session, &call, ov_str_of("c"), &table, &err);
    return status;
}

static const struct {
    const char *name;
    int32_t (*run)(void);
    int again;
} operations[] = {
    { "upsert", do_upsert, 0 }, { "update", do_update, 0 },
    { "remove", do_remove, 0 }, { "truncate", do_truncate, 0 },
    { "create", do_create, 0 }, { "checkpoint", do_checkpoint, 1 },
    { "reopen", do_reopen, 1 },
};

enum { N_OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

static void recover(int32_t (*run)(void))
{
    if (run != do_reopen)
        return;
    if (session != NULL)
        close_all(session, table);
    open_again();
}

/* Each step of one operation fails in one way. */
START_TEST(a_fault_of_the_disk_changes_nothing)
{
    enum shim_fault fault = (enum shim_fault)(_i / N_OPERATIONS);
    int which = _i % N_OPERATIONS, happened = 1, done = 0, n;
    int32_t status = OV_OK;
    char before[512];

    for (n = 0; happened && !done && n < MOST_STEPS; n++) {
        strcpy(before, state());
        ov_error_reset(&err);
        shim_arm(fault, n);
        status = operations[which].run();
        happened = shim_disarm();
        ck_assert_msg(status == OV_OK || happened, "%s: %s: %s", operations[which].name,
                      ov_status_name(status), err.message);
        ck_assert_msg(status != OV_INTERNAL && status != OV_CORRUPT, "%s, step %d: %s",
                      operations[which].name, n, err.message);
        if (fault == SHIM_FULL && status != OV_OK)
            ck_assert_int_eq(status, OV_NO_SPACE);
        recover(operations[which].run);
        done = status == OV_OK && !operations[which].again;
        if (!done)
            ck_assert_str_eq(state(), before);
    }

    ck_assert_int_eq(status, OV_OK);
    strcpy(before, state());
    close_it();
    open_again();
    ck_assert_str_eq(state(), before);
    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
}
END_TEST

START_TEST(a_full_disk_does_not_stop_readers)
{
    char before[512];

    strcpy(before, state());
    shim_arm(SHIM_FULL, 0);
    ck_fails(OV_NO_SPACE, put(table, more, 2));

    ck_assert_str_eq(state(), before);
    ck_assert_int_eq(shim_disarm(), 1);
    ck_ok(put(table, more, 2));
}
END_TEST

/* ------------------------------------------------------------- dying in the middle */

enum { N_STEPS = 6 };

static int32_t step(int i)
{
    static int32_t (*const steps[N_STEPS])(void) = { do_create, do_upsert, do_checkpoint,
                                                     do_update, do_remove, do_truncate };

    return steps[i]();
}

/* The child dies before its n-th write, sync or truncation; 1 when it got through. */
static int run_child(int n, const char *where, int *acknowledged)
{
    int channel[2], status;
    char one;
    pid_t child;

    ck_assert_int_eq(pipe(channel), 0);
    child = fork();
    if (child == 0) {
        shim_arm(SHIM_KILL, n);
        session = open_store(where);
        ck_ok(native->collection_create(session, &call, rig_schema("c"), &err));
        table = open_table(session, "c");
        ck_ok(put(table, base, 2));
        one = write(channel[1], "x", 1) == 1 ? 0 : 1;
        for (int i = 0; i < N_STEPS; i++) {
            ck_ok(step(i));
            one |= write(channel[1], "x", 1) == 1 ? 0 : 1;
        }
        _exit(one);
    }
    close(channel[1]);
    *acknowledged = 0;
    while (read(channel[0], &one, 1) == 1)
        ++*acknowledged;
    close(channel[0]);
    waitpid(child, &status, 0);
    ck_assert_msg(WIFEXITED(status) &&
                      (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9),
                  "the child failed before step %d of the disk", n);
    return WEXITSTATUS(status) == 0;
}

START_TEST(a_death_at_any_step_loses_no_acknowledged_write)
{
    static char states[N_STEPS + 1][512];
    int n, i, acknowledged = 0, through = 0, middle = 0;
    char name[32], where[512];

    strcpy(states[0], state());
    for (i = 0; i < N_STEPS; i++) {
        ck_ok(step(i));
        strcpy(states[i + 1], state());
    }
    close_it();
    for (n = 0; !through && n < MOST_STEPS; n++) {
        snprintf(name, sizeof(name), "dead%d", n);
        snprintf(where, sizeof(where), "%s", temp_path(name));
        through = run_child(n, where, &acknowledged);
        session = open_store(where);
        if (acknowledged > 0) {
            table = open_table(session, "c");
            ck_assert_msg(strcmp(state(), states[acknowledged - 1]) == 0 ||
                              (acknowledged <= N_STEPS &&
                               strcmp(state(), states[acknowledged]) == 0),
                          "step %d, %d acknowledged: %s", n, acknowledged, state());
            ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
            native->collection_close(table);
            middle++;
        }
        native->close(session);
        remove_tree(where);
    }

    ck_assert_int_eq(acknowledged, N_STEPS + 1);
    ck_assert_int_gt(middle, 20);
    open_again();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native disk");
    TCase *faults = tcase_create("faults"), *deaths = tcase_create("deaths");

    tcase_add_checked_fixture(faults, open_it, close_it);
    tcase_add_loop_test(faults, a_fault_of_the_disk_changes_nothing, 0,
                        SHIM_KILL * N_OPERATIONS);
    tcase_add_test(faults, a_full_disk_does_not_stop_readers);
    suite_add_tcase(s, faults);
    tcase_add_checked_fixture(deaths, open_it, close_it);
    tcase_add_test(deaths, a_death_at_any_step_loses_no_acknowledged_write);
    suite_add_tcase(s, deaths);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
