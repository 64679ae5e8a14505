/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads_case.c - see threads_case.h.
 */
#include "threads_case.h"

#include "store_side.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS 16
#define SLOTS 24
#define NAME "threads"

struct stage {
    struct ov_host *host;
    struct ov_config *config;
    const char *profile;
    pthread_rwlock_t lock; /* read: a call is running on these two */
    struct ov_store *store;
    struct ov_collection *collection;
    const struct threads_plan *plan;
    atomic_int done; /* workers that are through */
    atomic_int failed;
    atomic_long operations;
    pthread_mutex_t reason_lock;
    char *reason;
    size_t room;
};

struct worker {
    struct stage *stage;
    pthread_t thread;
    int number;
    uint64_t random;
    int64_t version[SLOTS]; /* 0: not there */
    int64_t next;
};

static void fail(struct stage *stage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fail(struct stage *stage, const char *format, ...)
{
    va_list list;

    pthread_mutex_lock(&stage->reason_lock);
    if (!atomic_exchange(&stage->failed, 1)) {
        va_start(list, format);
        vsnprintf(stage->reason, stage->room, format, list);
        va_end(list);
    }
    pthread_mutex_unlock(&stage->reason_lock);
}

static int below(struct worker *worker, int n)
{
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 7;
    worker->random ^= worker->random << 17;
    return (int)(worker->random % (uint64_t)n);
}

/* ---------------------------------------------------------------------- steps */

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
            fail(stage, "thread %d: %.300s: %s instead of %s: %s", worker->number, text,
                 status, expected, json_string_value(json_object_get(answer, "message")));
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

static int64_t present(const struct worker *worker)
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

static void check_number(struct worker *worker, const json_t *answer, const char *name,
                         int64_t want)
{
    int64_t have = json_integer_value(json_object_get(answer, name));

    if (have != want)
        fail(worker->stage, "thread %d: %s is %lld instead of %lld", worker->number, name,
             (long long)have, (long long)want);
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
    check_number(worker, answer, "removed",
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
    check_number(worker, answer, "removed", n);
    json_decref(answer);
}

static void do_count(struct worker *worker)
{
    json_t *answer = ask(
        worker, json_pack("{s:s,s:o}", "do", "count", "filter", mine(worker)), "OV_OK");

    if (answer != NULL)
        check_number(worker, answer, "count", present(worker));
    json_decref(answer);
}

/* Hits of this worker's records: each there, once, as it was written last. */
static void check_hits(struct worker *worker, const json_t *answer, const char *what)
{
    const json_t *hits = json_object_get(answer, "hits"), *hit;
    size_t i;

    if ((int64_t)json_array_size(hits) != present(worker))
        fail(worker->stage, "thread %d: %s gives %zu records instead of %lld",
             worker->number, what, json_array_size(hits), (long long)present(worker));
    json_array_foreach((json_t *)hits, i, hit)
    {
        const json_t *fields = json_object_get(hit, "fields");
        json_int_t slot = json_integer_value(json_object_get(fields, "slot"));
        json_int_t version = json_integer_value(json_object_get(fields, "version"));
        if (slot < 0 || slot >= SLOTS || worker->version[slot] != version)
            fail(worker->stage, "thread %d: %s: slot %lld has version %lld",
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
            fail(worker->stage, "thread %d: fetch: slot %zu has version %lld, not %lld",
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
        check_number(worker, json_object_get(answer, "groups"), name, present(worker));
    json_decref(answer);
}

static void do_refused(struct worker *worker)
{
    json_decref(ask(worker,
                    json_pack("{s:s,s:{s:s}}", "do", "count", "filter", "op", "bogus"),
                    "OV_INVALID"));
    json_decref(ask(worker, json_pack("{s:s}", "do", "meta"), "OV_OK"));
}

static void *work(void *ctx)
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

/* --------------------------------------------------------------------- the churn */

static int32_t open_stage(struct stage *stage, struct ov_error *err)
{
    int32_t status = ov_store_open(stage->host, stage->config, stage->profile, NULL,
                                   &stage->store, err);

    if (status == OV_OK)
        status = ov_store_collection(stage->store, NAME, NULL, &stage->collection, err);
    return status;
}

static void *close_too(void *ctx)
{
    ov_store_close(ctx);
    return NULL;
}

/* Twice at once, while calls are running; then a new store in its place. */
static void close_and_open(struct stage *stage)
{
    struct ov_error err = OV_ERROR_INIT;
    pthread_t other;

    pthread_create(&other, NULL, close_too, stage->store);
    ov_store_close(stage->store);
    pthread_join(other, NULL);
    pthread_rwlock_wrlock(&stage->lock);
    ov_collection_free(stage->collection);
    ov_store_free(stage->store);
    stage->collection = NULL;
    stage->store = NULL;
    if (open_stage(stage, &err) != OV_OK)
        fail(stage, "cannot open again: %s", err.message);
    pthread_rwlock_unlock(&stage->lock);
}

static void *close_often(void *ctx)
{
    struct stage *stage = ctx;
    long total = (long)WORKERS * stage->plan->operations;

    for (int i = 1; i <= stage->plan->closings; i++) {
        long when = total * i / (stage->plan->closings + 1);
        while (atomic_load(&stage->operations) < when && !atomic_load(&stage->failed) &&
               atomic_load(&stage->done) < WORKERS)
            sched_yield();
        if (atomic_load(&stage->failed))
            break;
        close_and_open(stage);
    }
    return NULL;
}

static void churn_step(struct stage *stage, json_t *step)
{
    json_t *answer;
    const char *status;

    pthread_rwlock_rdlock(&stage->lock);
    answer = act_on_collection(stage->collection, step);
    pthread_rwlock_unlock(&stage->lock);
    status = side_status(answer);
    if (strcmp(status, "OV_OK") != 0 && strcmp(status, "OV_CLOSED") != 0) {
        char *text = json_dumps(step, JSON_COMPACT);
        fail(stage, "%.200s: %s: %s", text, status,
             json_string_value(json_object_get(answer, "message")));
        free(text);
    }
    json_decref(answer);
    json_decref(step);
}

static void *change_things(void *ctx)
{
    static const char *const metrics[] = { "ip", "l2", "cosine" };
    struct stage *stage = ctx;
    struct ov_error err = OV_ERROR_INIT;
    char name[16];

    for (int i = 0; atomic_load(&stage->done) < WORKERS && !atomic_load(&stage->failed);
         i++) {
        if (ov_host_rescan(stage->host, &err) != OV_OK)
            fail(stage, "rescan: %s", err.message);
        churn_step(stage, json_pack("{s:s,s:{s:s,s:{s:s,s:s}}}", "do", "index_put",
                                    "meta", "IndexName", "second", "VectorIndex",
                                    "IndexType", "flat", "Distance", metrics[i % 3]));
        if (i % 3 == 2)
            churn_step(stage,
                       json_pack("{s:s,s:s}", "do", "index_drop", "name", "second"));
        snprintf(name, sizeof(name), "extra%d", i);
        if (i < 6)
            churn_step(stage, json_pack("{s:s,s:[{s:s,s:s,s:i}]}", "do", "alter",
                                        "fields", "FieldName", name, "FieldType", "int64",
                                        "DefaultValue", i));
        churn_step(stage, json_pack("{s:s,s:s}", "do", "alter", "description", name));
    }
    return NULL;
}

/* ----------------------------------------------------------------- the whole run */

static int32_t make_collection(struct stage *stage, struct ov_error *err)
{
    static const char meta[] =
        "{\"Fields\":[{\"FieldName\":\"id\",\"FieldType\":\"string\",\"IsPrimaryKey\":"
        "true},{\"FieldName\":\"vector\",\"FieldType\":\"vector\",\"Dim\":4},"
        "{\"FieldName\":\"owner\",\"FieldType\":\"int64\"},{\"FieldName\":\"slot\","
        "\"FieldType\":\"int64\"},{\"FieldName\":\"version\",\"FieldType\":\"int64\"},"
        "{\"FieldName\":\"s\",\"FieldType\":\"string\"}]}";
    static const char indexes[] =
        "[{\"IndexName\":\"default\",\"VectorIndex\":{\"IndexType\":\"flat\","
        "\"Distance\":\"l2\"},\"ScalarIndex\":[\"owner\"]}]";
    struct ov_arena *arena = ov_arena_new();
    struct ov_doc *fields, *list;
    int32_t status;
    int flag;

    status = ov_store_open(stage->host, stage->config, stage->profile, NULL,
                           &stage->store, err);
    if (status == OV_OK)
        status = ov_store_drop(stage->store, NAME, &flag, NULL, err);
    if (status == OV_OK)
        status = ov_doc_parse(arena, ov_str_of(meta), &fields, err);
    if (status == OV_OK)
        status = ov_doc_parse(arena, ov_str_of(indexes), &list, err);
    if (status == OV_OK)
        status = ov_store_create(stage->store, NAME, fields, list, &flag, NULL, err);
    if (status == OV_OK)
        status = ov_store_collection(stage->store, NAME, NULL, &stage->collection, err);
    ov_arena_free(arena);
    return status;
}

static void run_workers(struct stage *stage, struct worker *workers)
{
    pthread_t closer, changer;

    for (int i = 0; i < WORKERS; i++) {
        workers[i].stage = stage;
        workers[i].number = i;
        workers[i].random = (uint64_t)(i + 1) * UINT64_C(0x9E3779B97F4A7C15);
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    pthread_create(&closer, NULL, close_often, stage);
    if (stage->plan->churn)
        pthread_create(&changer, NULL, change_things, stage);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i].thread, NULL);
    pthread_join(closer, NULL);
    if (stage->plan->churn)
        pthread_join(changer, NULL);
}

/* What every thread knows is there, by every way of asking, after another open. */
static void check_end(struct stage *stage, struct worker *workers)
{
    int64_t all = 0;
    json_t *answer, *step = json_pack("{s:s}", "do", "count");

    close_and_open(stage);
    for (int i = 0; i < WORKERS && !atomic_load(&stage->failed); i++) {
        do_fetch(&workers[i]);
        do_scan(&workers[i]);
        do_search(&workers[i]);
        do_count(&workers[i]);
        all += present(&workers[i]);
    }
    if (!atomic_load(&stage->failed)) {
        answer = act_on_collection(stage->collection, step);
        check_number(&workers[0], answer, "count", all);
        json_decref(answer);
    }
    json_decref(step);
}

static int32_t open_host(struct stage *stage, const struct place *place,
                         struct ov_error *err)
{
    struct ov_host_options options = { .size = sizeof(options) };
    int32_t status;

    options.plugin_path = place->plugin_path;
    status = ov_host_open(&options, &stage->host, err);
    if (status == OV_OK)
        status = ov_config_read(place->ini, &stage->config, err);
    return status;
}

int threads_run(const struct place *place, const struct threads_plan *plan, char *reason,
                size_t room)
{
    struct stage stage = { .plan = plan, .reason = reason, .room = room };
    struct worker *workers = calloc(WORKERS, sizeof(*workers));
    struct ov_error err = OV_ERROR_INIT;
    int dropped;

    stage.profile = place->profile != NULL ? place->profile : "";
    json_object_seed(0);
    pthread_rwlock_init(&stage.lock, NULL);
    pthread_mutex_init(&stage.reason_lock, NULL);
    if (open_host(&stage, place, &err) != OV_OK ||
        make_collection(&stage, &err) != OV_OK) {
        fail(&stage, "%s %s", err.where, err.message);
    } else {
        run_workers(&stage, workers);
        if (!atomic_load(&stage.failed))
            check_end(&stage, workers);
        (void)ov_store_drop(stage.store, NAME, &dropped, NULL, NULL);
    }
    ov_collection_free(stage.collection);
    ov_store_free(stage.store);
    ov_config_free(stage.config);
    ov_host_close(stage.host);
    pthread_rwlock_destroy(&stage.lock);
    pthread_mutex_destroy(&stage.reason_lock);
    free(workers);
    return atomic_load(&stage.failed) ? -1 : 0;
}

int threads_case(const struct place *place, char *reason, size_t room)
{
    const struct threads_plan plan = { .operations = 30, .closings = 2, .churn = 0 };

    return threads_run(place, &plan, reason, room);
}
