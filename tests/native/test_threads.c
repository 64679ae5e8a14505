/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_threads.c - sixteen threads on one collection, everything at once.
 *
 * A writer writes its ten records in one call, all with the same number: a reader that
 * finds nine, or two numbers, has seen half a write.
 */
#include "rig.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRITERS = 4, TEN = 10, ROUNDS = 40 };

static struct ov_session *session;
static struct ov_table *table;
static int stopping, reads;

/* The rig's helpers share memory, so threads bring their own. */
struct worker {
    pthread_t thread;
    int number;
    struct ov_batch *batches[ROUNDS];
    struct ov_batch *keys;
    struct ov_error err;
    int32_t status;
};

static struct worker writers[WRITERS];

static void make_work(struct worker *worker, int number)
{
    struct record records[TEN];
    char ids[TEN][16], group[16];
    const char *names[TEN];
    int round, i;

    memset(records, 0, sizeof(records));
    sprintf(group, "w%d", number);
    for (i = 0; i < TEN; i++) {
        sprintf(ids[i], "w%d-%d", number, i);
        names[i] = records[i].id = ids[i];
        records[i].s = group;
        records[i].w = "dog cat";
    }
    worker->number = number;
    for (round = 0; round < ROUNDS; round++) {
        for (i = 0; i < TEN; i++)
            records[i].n = round + 1;
        worker->batches[round] = make_batch(records, TEN, NULL, N_FIELDS);
    }
    worker->keys = make_keys(names, TEN);
}

static void free_work(struct worker *worker)
{
    int round;

    for (round = 0; round < ROUNDS; round++)
        free_batch(worker->batches[round]);
    free_batch(worker->keys);
}

static void *write_rounds(void *ctx)
{
    struct worker *worker = ctx;
    uint64_t removed;
    int round;

    ov_error_reset(&worker->err);
    for (round = 0; round < ROUNDS && worker->status == OV_OK; round++) {
        const struct ov_batch *const list[] = { worker->batches[round] };

        if (round % 8 == 5)
            worker->status =
                native->remove(table, &call, worker->keys, &removed, &worker->err);
        else if (round % 8 == 6)
            worker->status = native->upsert(table, &call, list, 1, &worker->err);
        else if (round == 0 || round % 8 != 7)
            worker->status = native->upsert(table, &call, list, 1, &worker->err);
        else
            worker->status = native->update(table, &call, list, 1, &worker->err);
    }
    return NULL;
}

static const struct ov_schema *plain;
static char folder[512];

static int32_t check_pairs(const struct ov_result *result)
{
    int64_t seen[WRITERS] = { 0 }, value[WRITERS] = { 0 }, row;
    struct ov_cell key, n;
    int w;

    for (row = 0; row < result->rows.length; row++) {
        ov_array_cell(&result->rows, 0, row, OV_TEXT, 0, &key);
        ov_array_cell(&result->rows, 1, row, OV_INT64, 0, &n);
        w = key.u.text[1] - '0';
        if (seen[w] > 0 && n.u.i != value[w])
            return OV_INTERNAL;
        seen[w]++;
        value[w] = n.u.i;
    }
    for (w = 0; w < WRITERS; w++)
        if (seen[w] != 0 && seen[w] != TEN)
            return OV_INTERNAL;
    return OV_OK;
}

/* From the columns, or a page along the keys of the file. */
static int32_t scan_once(int by_key, struct ov_error *mine)
{
    static const uint32_t fields[] = { F_N };
    struct ov_scan request = { .size = sizeof(request),
                               .order = by_key ? OV_NONE : F_N,
                               .n_fields = 1,
                               .fields = fields,
                               .limit = by_key ? 1000 : UINT64_MAX };
    struct ov_result result = { .size = sizeof(result) };
    int32_t status = native->scan(table, &call, &request, &result, mine);

    if (status != OV_OK)
        return status;
    status = check_pairs(&result);
    result.rows.release(&result.rows);
    return status;
}

static int32_t search_once(int words, struct ov_error *mine)
{
    static const float query[] = { 1, 2, 3, 4 };
    struct ov_str text = { "dog", 3 };
    struct ov_search request = { .size = sizeof(request),
                                 .index = { "cos", words ? 0 : 3 },
                                 .n_queries = 1,
                                 .dim = 4,
                                 .dense = words ? NULL : query,
                                 .text = words ? &text : NULL,
                                 .limit = 100 };
    struct ov_result result = { .size = sizeof(result) };
    int32_t status = native->search(table, &call, &request, &result, mine);

    if (status != OV_OK)
        return status;
    if (result.rows.length % TEN != 0)
        status = OV_INTERNAL;
    result.rows.release(&result.rows);
    return status;
}

static int32_t count_once(struct ov_error *mine)
{
    struct ov_count request = { sizeof(request), F_S, NULL };
    struct ov_result result = { .size = sizeof(result) };
    uint64_t total;
    int32_t status = native->count(table, &call, &request, &total, &result, mine);

    if (status != OV_OK)
        return status;
    result.rows.release(&result.rows);
    return total % TEN == 0 ? OV_OK : OV_INTERNAL;
}

static int32_t fetch_once(struct ov_error *mine)
{
    static const uint32_t fields[] = { F_N };
    struct ov_fetch request = { sizeof(request), 1, fields, writers[0].keys };
    struct ov_result result = { .size = sizeof(result) };
    int32_t status = native->fetch(table, &call, &request, &result, mine);

    if (status != OV_OK)
        return status;
    status = check_pairs(&result);
    result.rows.release(&result.rows);
    return status;
}

static void *read_rounds(void *ctx)
{
    struct worker *worker = ctx;
    int round;

    ov_error_reset(&worker->err);
    for (round = 0; worker->status == OV_OK; round++) {
        switch ((worker->number + round) % 6) {
        case 0:
        case 5:
            worker->status = scan_once(round % 2, &worker->err);
            break;
        case 1:
            worker->status = search_once(0, &worker->err);
            break;
        case 2:
            worker->status = search_once(1, &worker->err);
            break;
        case 3:
            worker->status = count_once(&worker->err);
            break;
        default:
            worker->status = fetch_once(&worker->err);
            break;
        }
        __atomic_add_fetch(&reads, 1, __ATOMIC_RELAXED);
        if (__atomic_load_n(&stopping, __ATOMIC_ACQUIRE) && round > 4)
            break;
    }
    return NULL;
}

static void take_nothing(void *ctx, const struct ov_schema *schema)
{
    (void)ctx, (void)schema;
}

/* Indexes, meta and other sessions come and go. */
static void *disturb(void *ctx)
{
    struct worker *worker = ctx;
    struct ov_index index = *plain->indexes[1];
    struct ov_schema with = *plain;
    struct ov_session *other = NULL;
    struct ov_table *same;
    struct ov_scalar settings[2] = { { .type = OV_TEXT }, { .type = OV_NULL } };
    int32_t status = OV_OK;
    char name[16];

    ov_error_reset(&worker->err);
    settings[0].u.s = ov_str_of(folder);
    sprintf(name, "brief%d", worker->number);
    index.name = ov_str_of(name);
    while (status == OV_OK && !__atomic_load_n(&stopping, __ATOMIC_ACQUIRE)) {
        status = native->index_put(table, &call, &index, &worker->err);
        with.meta = ov_str_of("changed");
        if (status == OV_OK)
            status = native->collection_alter(table, &call, &with, &worker->err);
        if (status == OV_OK)
            status = native->index_drop(table, &call, index.name, &worker->err);
        if (status == OV_OK)
            status = native->open(2, settings, &call, &other, &worker->err);
        if (status != OV_OK)
            break;
        status =
            native->collection_open(other, &call, ov_str_of("c"), &same, &worker->err);
        if (status == OV_OK) {
            status = native->collection_describe(same, &call, take_nothing, NULL,
                                                 &worker->err);
            native->collection_close(same);
        }
        native->close(other);
    }
    worker->status = status;
    return NULL;
}

static void run(struct worker *workers, int n, void *(*body)(void *))
{
    int i;

    for (i = 0; i < n; i++) {
        if (body != write_rounds)
            workers[i].number = i;
        ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, body, &workers[i]), 0);
    }
}

static void join(struct worker *workers, int n, const char *what)
{
    int i;

    for (i = 0; i < n; i++) {
        pthread_join(workers[i].thread, NULL);
        ck_assert_msg(workers[i].status == OV_OK, "%s %d: %s: %s", what, i,
                      ov_status_name(workers[i].status), workers[i].err.message);
    }
}

START_TEST(every_answer_is_one_state)
{
    enum { READERS = 10, OTHERS = 2 };
    static struct worker readers[READERS], others[OTHERS];
    int i;

    snprintf(folder, sizeof(folder), "%s", temp_path("store"));
    session = open_fresh("store");
    table = open_table(session, "c");
    plain = rig_schema("c");
    for (i = 0; i < WRITERS; i++)
        make_work(&writers[i], i);
    run(readers, READERS, read_rounds);
    run(others, OTHERS, disturb);
    run(writers, WRITERS, write_rounds);
    join(writers, WRITERS, "writer");
    __atomic_store_n(&stopping, 1, __ATOMIC_RELEASE);
    join(readers, READERS, "reader");
    join(others, OTHERS, "other");

    ck_assert_int_gt(reads, 10 * READERS);
    ck_assert_int_eq(count_where(table, where_int(F_N, ROUNDS)), WRITERS * TEN);
    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
    close_all(session, table);
    for (i = 0; i < WRITERS; i++)
        free_work(&writers[i]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native threads");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, 240);
    tcase_add_test(all, every_answer_is_one_state);
    suite_add_tcase(s, all);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
