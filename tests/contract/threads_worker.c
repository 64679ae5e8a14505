/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads_worker.c - one of the sixteen: it owns some records and knows what they are.
 */
#include "threads_stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int below(struct worker *worker, int n)
{
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 7;
    worker->random ^= worker->random << 17;
    return (int)(worker->random % (uint64_t)n);
}

/* The answer, or NULL when the store was closed before the step began. */
static json_t *ask(struct worker *worker, json_t *step, const char *expected)
{
    struct stage *stage = worker->stage;
    json_t *answer;
    const char *status;

    pthread_rwlock_rdlock(&stage->lock);
    answer = act_on_collection(stage->collection, step);
    pthread_rwlock_unlock(&stage->lock);
    atomic_fetch_add(&stage->operations, 1);
    status = side_status(answer);
    if (strcmp(status, expected) != 0) {
        if (strcmp(status, "OV_CLOSED") != 0) {
            char *text = json_dumps(step, JSON_COMPACT);
            stage_fail(stage, "thread %d: %.300s: %s instead of %s: %s", worker->number,
                       text, status, expected,
                       json_string_value(json_object_get(answer, "message")));
            free(text);
        }
        json_decref(answer);
        answer = NULL;
    }
    json_decref(step);
    return answer;
}

static void id_of(const struct worker *worker, int slot, char id[16])
{
    snprintf(id, 16, "w%02d-%02d", worker->number, slot);
}

static json_t *mine(const struct worker *worker)
{
    return json_pack("{s:s,s:s,s:[i]}", "op", "must", "field", "owner", "conds",
                     worker->number);
}

int64_t worker_present(const struct worker *worker)
{
    int64_t n = 0;

    for (int i = 0; i < SLOTS; i++)
        n += worker->version[i] != 0;
    return n;
}

static void do_upsert(struct worker *worker)
{
    int n = 1 + below(worker, 5), slots[5];
    int64_t version = ++worker->next;
    json_t *records = json_array(), *answer;
    char id[16];

    for (int i = 0; i < n; i++) {
        slots[i] = below(worker, SLOTS);
        id_of(worker, slots[i], id);
        json_array_append_new(
            records, json_pack("{s:s,s:[f,f,f,f],s:i,s:i,s:I,s:s}", "id", id, "vector",
                               (double)worker->number, (double)slots[i], 1., 0., "owner",
                               worker->number, "slot", slots[i], "version",
                               (json_int_t)version, "s", "some text"));
    }
    answer =
        ask(worker, json_pack("{s:s,s:o}", "do", "upsert", "records", records), "OV_OK");
    for (int i = 0; answer != NULL && i < n; i++)
        worker->version[slots[i]] = version;
    json_decref(answer);
}

static void do_update(struct worker *worker)
{
    int slot = below(worker, SLOTS);
    int64_t version = ++worker->next;
    json_t *answer;
    char id[16];

    id_of(worker, slot, id);
    answer = ask(worker,
                 json_pack("{s:s,s:[{s:s,s:I}]}", "do", "update", "records", "id", id,
                           "version", (json_int_t)version),
                 worker->version[slot] != 0 ? "OV_OK" : "OV_NO_RECORD");
    if (answer != NULL && worker->version[slot] != 0)
        worker->version[slot] = version;
    json_decref(answer);
}

void worker_check_number(struct worker *worker, const json_t *answer, const char *name,
                         int64_t want)
{
    int64_t have = json_integer_value(json_object_get(answer, name));

    if (have != want)
        stage_fail(worker->stage, "thread %d: %s is %lld instead of %lld", worker->number,
                   name, (long long)have, (long long)want);
}

static void do_remove(struct worker *worker)
{
    int a = below(worker, SLOTS), b = (a + 1) % SLOTS;
    json_t *answer;
    char first[16], second[16];

    id_of(worker, a, first);
    id_of(worker, b, second);
    answer =
        ask(worker, json_pack("{s:s,s:[s,s]}", "do", "remove", "keys", first, second),
            "OV_OK");
    if (answer == NULL)
        return;
    worker_check_number(worker, answer, "removed",
                        (worker->version[a] != 0) + (worker->version[b] != 0));
    worker->version[a] = worker->version[b] = 0;
    json_decref(answer);
}

static void do_remove_where(struct worker *worker)
{
    int from = below(worker, SLOTS);
    int64_t n = 0;
    json_t *answer =
        ask(worker,
            json_pack("{s:s,s:{s:s,s:[o,{s:s,s:s,s:i,s:i}]}}", "do", "remove_where",
                      "filter", "op", "and", "conds", mine(worker), "op", "range",
                      "field", "slot", "gte", from, "lt", from + 4),
            "OV_OK");

    if (answer == NULL)
        return;
    for (int i = from; i < SLOTS && i < from + 4; i++) {
        n += worker->version[i] != 0;
        worker->version[i] = 0;
    }
    worker_check_number(worker, answer, "removed", n);
    json_decref(answer);
}

static void do_count(struct worker *worker)
{
    json_t *answer = ask(
        worker, json_pack("{s:s,s:o}", "do", "count", "filter", mine(worker)), "OV_OK");

    if (answer != NULL)
        worker_check_number(worker, answer, "count", worker_present(worker));
    json_decref(answer);
}

/* Hits of this worker's records: each there, once, as it was written last. */
static void check_hits(struct worker *worker, const json_t *answer, const char *what)
{
    const json_t *hits = json_object_get(answer, "hits"), *hit;
    size_t i;

    if ((int64_t)json_array_size(hits) != worker_present(worker))
        stage_fail(worker->stage, "thread %d: %s gives %zu records instead of %lld",
                   worker->number, what, json_array_size(hits),
                   (long long)worker_present(worker));
    json_array_foreach((json_t *)hits, i, hit)
    {
        const json_t *fields = json_object_get(hit, "fields");
        json_int_t slot = json_integer_value(json_object_get(fields, "slot"));
        json_int_t version = json_integer_value(json_object_get(fields, "version"));
        if (slot < 0 || slot >= SLOTS || worker->version[slot] != version)
            stage_fail(worker->stage, "thread %d: %s: slot %lld has version %lld",
                       worker->number, what, (long long)slot, (long long)version);
    }
}

static void do_search(struct worker *worker)
{
    json_t *answer = ask(worker,
                         json_pack("{s:s,s:o,s:[f,f,f,f],s:i,s:[s,s]}", "do", "search",
                                   "filter", mine(worker), "dense", 1., 2., 3., 4.,
                                   "limit", 100, "fields", "slot", "version"),
                         "OV_OK");

    if (answer != NULL)
        check_hits(worker, answer, "search");
    json_decref(answer);
}

static void do_scan(struct worker *worker)
{
    json_t *answer =
        ask(worker,
            json_pack("{s:s,s:o,s:s}", "do", below(worker, 2) ? "scan" : "walk", "filter",
                      mine(worker), "order", "version"),
            "OV_OK");

    if (answer != NULL)
        check_hits(worker, answer, "scan");
    json_decref(answer);
}

static void do_fetch(struct worker *worker)
{
    json_t *keys = json_array(), *answer;
    char id[16];

    for (int i = 0; i < SLOTS; i++) {
        id_of(worker, i, id);
        json_array_append_new(keys, json_string(id));
    }
    answer = ask(worker, json_pack("{s:s,s:o}", "do", "fetch", "keys", keys), "OV_OK");
    for (size_t i = 0; answer != NULL && i < SLOTS; i++) {
        const json_t *row = json_array_get(json_object_get(answer, "rows"), i);
        json_int_t version = json_integer_value(json_object_get(row, "version"));
        if (version != worker->version[i])
            stage_fail(
                worker->stage, "thread %d: fetch: slot %zu has version %lld, not %lld",
                worker->number, i, (long long)version, (long long)worker->version[i]);
    }
    json_decref(answer);
}

static void do_groups(struct worker *worker)
{
    json_t *answer =
        ask(worker, json_pack("{s:s,s:s}", "do", "groups", "field", "owner"), "OV_OK");
    char name[8];

    snprintf(name, sizeof(name), "%d", worker->number);
    if (answer != NULL)
        worker_check_number(worker, json_object_get(answer, "groups"), name,
                            worker_present(worker));
    json_decref(answer);
}

static void do_refused(struct worker *worker)
{
    json_decref(ask(worker,
                    json_pack("{s:s,s:{s:s}}", "do", "count", "filter", "op", "bogus"),
                    "OV_INVALID"));
    json_decref(ask(worker, json_pack("{s:s}", "do", "meta"), "OV_OK"));
}

void *worker_run(void *ctx)
{
    static void (*const steps[])(struct worker *) = {
        do_upsert, do_upsert, do_upsert, do_update, do_remove, do_remove_where, do_count,
        do_search, do_search, do_scan,   do_fetch,  do_groups, do_refused
    };
    struct worker *worker = ctx;

    for (int i = 0; i < worker->stage->plan->operations; i++) {
        if (atomic_load(&worker->stage->failed))
            break;
        steps[below(worker, (int)(sizeof(steps) / sizeof(steps[0])))](worker);
    }
    atomic_fetch_add(&worker->stage->done, 1);
    return NULL;
}

void worker_check(struct worker *worker)
{
    do_fetch(worker);
    do_scan(worker);
    do_search(worker);
    do_count(worker);
}
