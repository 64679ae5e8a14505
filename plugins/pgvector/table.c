/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - a handle on a collection, and attempts on it. */
#include "table.h"

#include "build.h"

#include <stdlib.h>
#include <string.h>

struct shape *table_shape(struct ov_table *table)
{
    struct shape *shape;

    pthread_mutex_lock(&table->mutex);
    shape = shape_ref(table->shape);
    pthread_mutex_unlock(&table->mutex);
    return shape;
}

void table_take_shape(struct ov_table *table, struct shape *shape)
{
    struct shape *old;

    pthread_mutex_lock(&table->mutex);
    old = table->shape;
    table->shape = shape;
    pthread_mutex_unlock(&table->mutex);
    shape_unref(old);
}

static int32_t say_stale(struct ov_str name, struct ov_error *err)
{
    return ov_fail(err, OV_STALE, "collection '%.*s' was dropped", (int)name.n, name.p);
}

/* Read the collection again after an attempt on revision failed. */
static int32_t refresh(struct ov_table *table, const struct ov_call *call,
                       const struct shape *old, int *changed, struct ov_error *err)
{
    struct ov_error own = OV_ERROR_INIT;
    struct shape *shape;
    int32_t status = catalog_load(table->session, call, old->schema->name, &shape, &own);

    if (status == OV_NOT_FOUND)
        return say_stale(old->schema->name, err);
    if (status != OV_OK) {
        if (err->code == OV_OK)
            *err = own;
        return status;
    }
    if (shape->incarnation != table->incarnation) {
        status = say_stale(old->schema->name, err);
        shape_unref(shape);
        return status;
    }
    *changed = shape->revision != old->revision;
    table_take_shape(table, shape);
    return session_look(table->session, call, err);
}

int32_t table_run(struct ov_table *table, const struct ov_call *call, enum job_kind kind,
                  table_fn *attempt, void *request, struct ov_error *err)
{
    int again = 1;

    for (;;) {
        struct shape *shape = table_shape(table);
        struct ov_error own = OV_ERROR_INIT;
        struct job job;
        int changed = 0, outdated;
        int32_t status;

        job_init(&job, table->session, call, kind);
        status = attempt(&job, shape, request, &own);
        outdated = status != OV_OK && shape_is_outdated(&job);
        job_end(&job);
        if (outdated) {
            int32_t looked = refresh(table, call, shape, &changed, err);

            if (looked != OV_OK) {
                shape_unref(shape);
                return looked;
            }
        }
        shape_unref(shape);
        /* The same shape twice: the table is not what the catalogue says. */
        if (!outdated || (!changed && !again--)) {
            if (status != OV_OK && err->code == OV_OK)
                *err = own;
            return status;
        }
    }
}

int32_t table_begin(struct ov_table *table, struct job *job, struct shape **out,
                    struct ov_error *err)
{
    struct ov_error own = OV_ERROR_INIT;
    struct shape *shape = table_shape(table);
    int32_t status = job_begin(job, err);

    if (status == OV_OK)
        status = catalog_prepare(job, err);
    if (status == OV_OK) {
        status = catalog_lock(job, shape->schema->name, out, &own);
        if (status == OV_NOT_FOUND)
            status = say_stale(shape->schema->name, err);
        else if (status != OV_OK && err->code == OV_OK)
            *err = own;
        else if (status == OV_OK && (*out)->incarnation != table->incarnation) {
            shape_unref(*out);
            status = say_stale(shape->schema->name, err);
        }
    }
    shape_unref(shape);
    return status;
}

int32_t collection_open(struct ov_session *session, const struct ov_call *call,
                        struct ov_str name, struct ov_table **out, struct ov_error *err)
{
    struct ov_table *table = calloc(1, sizeof(*table));
    int32_t status;

    if (table == NULL)
        return ov_no_memory(err);
    status = catalog_load(session, call, name, &table->shape, err);
    if (status != OV_OK) {
        free(table);
        return status;
    }
    table->session = session;
    table->incarnation = table->shape->incarnation;
    pthread_mutex_init(&table->mutex, NULL);
    *out = table;
    return OV_OK;
}

void collection_close(struct ov_table *table)
{
    shape_unref(table->shape);
    pthread_mutex_destroy(&table->mutex);
    free(table);
}

/* Which of the collection's vector indexes the server would use. */
static void ask_states(struct job *job, const struct shape *shape)
{
    struct statement *s = job_add(job);
    char name[NAME_BYTES];

    text_add(
        &s->sql,
        "SELECT w.name::text, i.indexrelid IS NOT NULL, coalesce(i.indisvalid, false), "
        "EXISTS (SELECT 1 FROM pg_catalog.pg_stat_progress_create_index AS p "
        "WHERE p.index_relid = i.indexrelid) "
        "FROM unnest($2::text[]) AS w(name) "
        "LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = $1 "
        "LEFT JOIN pg_catalog.pg_class AS c "
        "ON c.relname = w.name AND c.relnamespace = n.oid "
        "LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid");
    params_text(&s->params, ov_str_of(job->session->settings.schema));
    params_array_begin(&s->params, OID_TEXTS, OID_TEXT);
    for (uint32_t i = 0; i < shape->schema->n_indexes; i++) {
        if (!shape_vector_index(shape, shape->schema->indexes[i], name))
            name[0] = '\0';
        params_array_text(&s->params, ov_str_of(name));
    }
    params_array_end(&s->params);
}

struct describe {
    ov_schema_fn *take;
    void *ctx;
};

static int32_t describe(struct job *job, struct shape *shape, void *request,
                        struct ov_error *err)
{
    const struct describe *d = request;
    struct ov_schema *copy;
    const PGresult *result;
    int32_t status;

    ask_states(job, shape);
    shape_guard(job, shape);
    status = job_run(job, err);
    if (status != OV_OK)
        return status;
    result = job->first->result;
    copy = ov_schema_copy(shape->schema);
    if (copy == NULL)
        return ov_no_memory(err);
    for (int row = 0; row < PQntuples(result) && row < (int)copy->n_indexes; row++) {
        struct ov_index *index = (struct ov_index *)(uintptr_t)copy->indexes[row];

        index->state = OV_INDEX_READY;
        if (job_text(result, row, 0).n == 0 || job_bool(result, row, 2))
            continue;
        index->state = job_bool(result, row, 3) ? OV_INDEX_BUILDING : OV_INDEX_BROKEN;
    }
    d->take(d->ctx, copy);
    free(copy);
    return OV_OK;
}

int32_t collection_describe(struct ov_table *table, const struct ov_call *call,
                            ov_schema_fn *take, void *ctx, struct ov_error *err)
{
    struct describe request = { take, ctx };

    return table_run(table, call, JOB_READ, describe, &request, err);
}
