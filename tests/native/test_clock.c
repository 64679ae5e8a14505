/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_clock.c - calls that end in time, whatever they are in the middle of.
 *
 * What is measured is the thread's own work, not the hours of a busy machine: a call may
 * not go on working when its time is over.
 */
#include "rig.h"

#include <stdio.h>
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

/* ------------------------------------------------------------------ paging */

static struct record many[1000];
static char ids[1000][8];

static void put_many(int n)
{
    int i, k;

    for (i = 0; i < n; i += 1000) {
        for (k = 0; k < 1000; k++) {
            snprintf(ids[k], sizeof(ids[k]), "%06d", (i + k) * 7919 % n);
            many[k] = (struct record){ .id = ids[k], .n = k };
        }
        ck_ok(put(table, many, 1000));
    }
}

/* From page to page until there is none; every id is the one before plus step. */
static int64_t walk(struct ov_scan *request, int64_t at, int64_t step)
{
    struct ov_result page = { .size = sizeof(page) };
    struct ov_scalar after = { .type = OV_TEXT };
    char last[8] = "";
    int64_t n = 0, i;

    do {
        ck_ok(native->scan(table, &call, request, &page, &err));
        for (i = 0; i < page.rows.length; i++, n++, at += step) {
            const int64_t *offsets = page.rows.children[0]->buffers[1];
            const char *bytes = page.rows.children[0]->buffers[2];

            ck_assert_int_eq(offsets[i + 1] - offsets[i], 6);
            memcpy(last, bytes + offsets[i], 6);
            ck_assert_int_eq(strtol(last, NULL, 10), at);
        }
        i = page.rows.length;
        page.rows.release(&page.rows);
        after.u.s = ov_str_of(last);
        request->after_key = &after;
        request->after_value = request->order != OV_NONE ? &after : NULL;
    } while (i > 0);
    return n;
}

START_TEST(pages_by_key_follow_each_other)
{
    struct ov_scan up = { .size = sizeof(up), .order = OV_NONE, .limit = 7 };
    struct ov_scan down = {
        .size = sizeof(down), .order = F_ID, .descending = 1, .limit = 900
    };
    struct ov_scan few = { .size = sizeof(few), .order = OV_NONE, .limit = 3 };
    struct ov_scan rest = { .size = sizeof(rest), .order = OV_NONE, .limit = 5 };

    put_many(3000);
    ck_assert_int_eq(walk(&up, 0, 1), 3000);
    ck_assert_int_eq(walk(&down, 2999, -1), 3000);
    few.filter = where_int(F_N, 0); /* three of them, a thousand in the file apart */
    ck_assert_int_eq(walk(&few, 0, 1000), 3);
    rest.offset = 2998;
    ck_assert_int_eq(walk(&rest, 2998, 1), 2);
}
END_TEST

/* A record that is looked at again for every page before it would cost minutes. */
START_TEST(a_page_costs_what_is_in_it)
{
    struct ov_scan request = { .size = sizeof(request), .order = OV_NONE, .limit = 20 };
    int64_t began;

    put_many(40000);
    began = now_ns(CLOCK_THREAD_CPUTIME_ID);

    ck_assert_int_eq(walk(&request, 0, 1), 40000);

    ck_assert_int_lt(now_ns(CLOCK_THREAD_CPUTIME_ID) - began, 2 * MOST_WORK_NS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("native clock");
    TCase *tests = tcase_create("clock");

    tcase_add_checked_fixture(tests, open_it, close_it);
    tcase_add_test(tests, a_call_ends_in_the_middle_of_a_text);
    tcase_add_test(tests, pages_by_key_follow_each_other);
    tcase_add_test(tests, a_page_costs_what_is_in_it);
    tcase_add_test(tests, the_elements_of_a_long_list_are_counted);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
