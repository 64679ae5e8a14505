/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_clock.c - calls that end in time, whatever they are in the middle of.
 *
 * What is measured is the thread's own work, not the hours of a busy machine: a call may
 * not go on working when its time is over.
 */
#include "rig.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a call may work in all, with a deadline of 50 ms; without looking at the clock
 * inside a value each of these works for many seconds. */
#define MOST_WORK_NS INT64_C(1000000000)

static struct ov_session *session;
static struct ov_table *table;

static void open_it(void)
{
    session = open_fresh("store");
    table = open_table(session, "c");
}

static void close_it(void)
{
    call.deadline_ns = 0;
    close_all(session, table);
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A record "k" of these two fields. */
static void put_value(uint32_t where, const struct ov_cell *value)
{
    uint32_t fields[] = { F_ID, where };
    struct ov_column columns[] = { { OV_TEXT, 0, 0 }, { value->type, 0, 0 } };
    struct ov_cell key = ov_text_cell(ov_str_of("k"));
    struct ov_rows *rows = ov_rows_new(columns, 2);
    struct ArrowArray array;
    struct ov_batch batch = {
        .size = sizeof(batch), .n_columns = 2, .fields = fields, .array = &array
    };
    const struct ov_batch *const list[] = { &batch };

    ov_rows_add(rows, &key);
    ov_rows_add(rows, value);
    ck_ok(ov_rows_finish(rows, &array, &err));
    ck_ok(native->upsert(table, &call, list, 1, &err));
    array.release(&array);
}

START_TEST(a_call_ends_in_the_middle_of_a_text)
{
    enum { N = 1000000 };
    struct ov_node node = { .op = OV_REGEX, .field = F_S, .span = 1, .n_values = 1 };
    struct ov_scalar value = { .type = OV_TEXT };
    struct ov_filter filter = { .size = sizeof(filter),
                                .n_nodes = 1,
                                .n_values = 1,
                                .nodes = &node,
                                .values = &value };
    char *text = malloc(N);
    struct ov_cell cell = ov_text_cell((struct ov_str){ text, N });
    int64_t began;

    memset(text, 'a', N);
    put_value(F_S, &cell);
    value.u.s = ov_str_of("(a?){255}(a?){255}(a?){255}(a?){255}b");
    began = now_ns(CLOCK_THREAD_CPUTIME_ID);
    call.deadline_ns = now_ns(CLOCK_MONOTONIC) + 50000000;

    ck_assert_int_eq(count_where(table, &filter), -1);

    ck_assert_int_eq(err.code, OV_DEADLINE);
    ck_assert_int_lt(now_ns(CLOCK_THREAD_CPUTIME_ID) - began, MOST_WORK_NS);
    free(text);
}
END_TEST

/* Looked for one by one among the ones before, these would take minutes. */
START_TEST(the_elements_of_a_long_list_are_counted)
{
    enum { N = 500000 };
    struct ov_count request = { sizeof(request), F_NUMS, NULL };
    struct ov_result groups = { .size = sizeof(groups) };
    struct ov_cell cell = { .type = OV_INT64_LIST, .n = N };
    int64_t *ints = calloc(N, sizeof(*ints));
    const int64_t *times;
    uint64_t total = 0;
    int64_t i;

    ck_assert_ptr_nonnull(ints);
    for (i = 0; i < N; i++)
        ints[i] = i * 7919 % (N / 2);
    cell.u.ints = ints;
    put_value(F_NUMS, &cell);

    ck_ok(native->count(table, &call, &request, &total, &groups, &err));

    ck_assert_uint_eq(total, 1);
    ck_assert_int_eq(groups.rows.length, N / 2);
    times = groups.rows.children[1]->buffers[1];
    for (i = 0; i < N / 2; i++)
        ck_assert_int_eq(times[i], 1);
    groups.rows.release(&groups.rows);
    free(ints);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("native clock");
    TCase *tests = tcase_create("clock");

    tcase_add_checked_fixture(tests, open_it, close_it);
    tcase_add_test(tests, a_call_ends_in_the_middle_of_a_text);
    tcase_add_test(tests, the_elements_of_a_long_list_are_counted);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
