/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads_case.c - see threads_case.h. Here is what goes on beside the workers.
 */
#include "threads_stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void stage_fail(struct stage *stage, const char *format, ...)
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
        stage_fail(stage, "cannot open again: %s", err.message);
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
        stage_fail(stage, "%.200s: %s: %s", text, status,
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
            stage_fail(stage, "rescan: %s", err.message);
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
        status = ov_store_create(
            stage->store,
            &(struct ov_collection_spec){ .size = sizeof(struct ov_collection_spec),
                                          .name = NAME,
                                          .meta = fields,
                                          .indexes = list },
            &flag, NULL, err);
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
        pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]);
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
        worker_check(&workers[i]);
        all += worker_present(&workers[i]);
    }
    if (!atomic_load(&stage->failed)) {
        answer = act_on_collection(stage->collection, step);
        worker_check_number(&workers[0], answer, "count", all);
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
        stage_fail(&stage, "%s %s", err.where, err.message);
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
