/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.c - indexes of a collection, made so and dropped.
 *
 * On a table of more records than are searched exactly an index is built beside the
 * writers (build.c): the collection knows it first, and until it is there searches are
 * exact.
 */
#include "build.h"
#include "ddl.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

int32_t index_ask(struct job *job, const struct shape *shape, const char *name,
                  struct index_seen *seen, struct ov_error *err)
{
    struct statement *s = job_add(job);
    int32_t status;

    text_add(
        &s->sql,
        "SELECT i.indisvalid AND i.indisready, NOT i.indisvalid AND EXISTS (SELECT 1 "
        "FROM pg_catalog.pg_locks AS l WHERE l.locktype OPERATOR(pg_catalog.=) "
        "'relation' AND l.relation OPERATOR(pg_catalog.=) i.indrelid AND l.granted "
        "AND l.mode OPERATOR(pg_catalog.=) 'ShareUpdateExclusiveLock' AND l.database "
        "OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE "
        "d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())) "
        "FROM pg_catalog.pg_index AS i "
        "JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid "
        "JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) "
        "c.relnamespace WHERE n.nspname OPERATOR(pg_catalog.=) $1 AND c.relname "
        "OPERATOR(pg_catalog.=) $2 AND i.indrelid OPERATOR(pg_catalog.=) "
        "pg_catalog.to_regclass($3)");
    params_text(&s->params, ov_str_of(job->session->settings.schema));
    params_text(&s->params, ov_str_of(name));
    params_text(&s->params, ov_str_of(shape->relation));
    status = job_run(job, err);
    if (status == OV_OK) {
        seen->there = PQntuples(s->result) > 0;
        seen->valid = seen->there && job_bool(s->result, 0, 0);
        seen->building = seen->there && job_bool(s->result, 0, 1);
    }
    job_reset(job);
    return status;
}

int32_t index_drop_named(struct job *job, const char *name, struct ov_error *err)
{
    struct text sql = { 0 };
    int32_t status;

    text_add(&sql, "DROP INDEX IF EXISTS ");
    text_qualified(&sql, job->session->settings.schema, name);
    status = job_text_do(job, &sql, err);
    if (status == OV_OK)
        ov_say(job->call, OV_NOTE_ACTION, NULL, NULL, "dropped index %s", name);
    return status;
}

/* sql makes the index, if it is not there and valid, or again; takes it over. */
static int32_t make_named(struct job *job, const struct shape *shape, struct text *sql,
                          const char *name, int again, struct ov_error *err)
{
    struct index_seen seen = { 0 };
    int32_t status = index_ask(job, shape, name, &seen, err);

    if (status == OV_OK && seen.there && (again || !seen.valid)) {
        status = index_drop_named(job, name, err);
        seen.there = 0;
    }
    if (status != OV_OK || seen.there) {
        text_clear(sql);
        return status;
    }
    status = job_text_do(job, sql, err);
    if (status == OV_OK)
        ov_say(job->call, OV_NOTE_ACTION, NULL, NULL, "created index %s", name);
    return status;
}

/* An index of a large table is not made now: *later is set when it lacks. */
static int32_t make_or_wait(struct job *job, const struct shape *shape, struct text *sql,
                            const char *name, int *later, struct ov_error *err)
{
    struct index_seen seen = { 0 };
    int32_t status;

    if (later == NULL)
        return make_named(job, shape, sql, name, 0, err);
    text_clear(sql);
    status = index_ask(job, shape, name, &seen, err);
    *later |= !seen.valid;
    return status;
}

/* Every index that the shape wants; those of fields that it no longer does go. later is
 * NULL on a small table. */
static int32_t settle(struct job *job, const struct shape *shape, const struct shape *old,
                      int *later, struct ov_error *err)
{
    struct text sql = { 0 };
    char name[NAME_BYTES];
    int32_t status = OV_OK;

    for (uint32_t f = 0; f < shape->schema->n_fields && status == OV_OK; f++) {
        int want = ddl_wants_scalar(shape->schema, f);

        if (want == ddl_wants_scalar(old->schema, f) && !want)
            continue;
        if (!ddl_scalar_index(&sql, name, shape, f))
            continue;
        if (want) {
            status = make_or_wait(job, shape, &sql, name, later, err);
        } else {
            text_clear(&sql);
            status = index_drop_named(job, name, err);
        }
    }
    return status;
}

/* ---------------------------------------------------------------------- put */

static int same_text(struct ov_str a, struct ov_str b)
{
    return ov_str_equal(a, b);
}

static int same(const struct ov_index *a, const struct ov_index *b)
{
    return a->metric == b->metric && a->dense == b->dense && a->sparse == b->sparse &&
           a->alpha == b->alpha && same_text(a->kind, b->kind) &&
           same_text(a->meta, b->meta) && a->n_scalars == b->n_scalars &&
           (a->n_scalars == 0 ||
            memcmp(a->scalars, b->scalars, a->n_scalars * sizeof(*a->scalars)) == 0);
}

/* old's schema with `index` put in the place of its namesake, or without it (put 0). */
static int32_t edit(struct ov_session *session, const struct shape *old,
                    const struct ov_index *index, struct ov_str name, struct shape **out,
                    struct ov_error *err)
{
    struct ov_schema schema = *old->schema;
    const struct ov_index **list = calloc((size_t)schema.n_indexes + 1, sizeof(*list));
    uint32_t n = 0;
    int32_t status;

    if (list == NULL)
        return ov_no_memory(err);
    for (uint32_t i = 0; i < schema.n_indexes; i++)
        if (!ov_str_equal(schema.indexes[i]->name, name))
            list[n++] = schema.indexes[i];
    if (index != NULL)
        list[n++] = index;
    schema.indexes = list;
    schema.n_indexes = n;
    status = shape_new(session, ov_schema_copy(&schema), out, err);
    free(list);
    if (status == OV_OK)
        (*out)->incarnation = old->incarnation;
    return status;
}

static int32_t put_vectors(struct job *job, struct shape *shape,
                           const struct ov_index *index, int again, int *later,
                           struct ov_error *err)
{
    const struct env env = session_env(job->session);
    struct text sql = { 0 };
    struct index_seen seen = { 0 };
    char name[NAME_BYTES];
    int32_t status;

    if (!ddl_vector_index(&sql, name, shape, &job->session->settings, &env, index))
        return OV_OK;
    if (later == NULL)
        return make_named(job, shape, &sql, name, again, err);
    text_clear(&sql);
    status = index_ask(job, shape, name, &seen, err);
    if (status == OV_OK && seen.there && again)
        status = index_drop_named(job, name, err);
    *later |= again || !seen.valid;
    return status;
}

static int32_t put(struct ov_table *table, struct job *job, const struct ov_index *index,
                   struct shape **out, int *later, struct ov_error *err)
{
    struct shape *old, *shape = NULL;
    char name[NAME_BYTES];
    const struct ov_index *before;
    int again, large = 0;
    int32_t status = table_begin(table, job, &old, err);

    if (status != OV_OK)
        return status;
    before = ov_schema_index(old->schema, index->name);
    again = before != NULL &&
            (before->metric != index->metric || before->dense != index->dense);
    status = index_check(old->schema, index, err);
    if (status == OV_OK && table->session->settings.ddl != DDL_AUTO)
        status = ov_fail(err, OV_DENIED, "option 'ddl' forbids to make index '%.*s'",
                         (int)index->name.n, index->name.p);
    if (status == OV_OK)
        status = edit(table->session, old, index, index->name, &shape, err);
    if (status == OV_OK)
        status = build_is_large(job, old, &large, err);
    if (!large)
        later = NULL;
    if (status == OV_OK)
        status = settle(job, shape, old, later, err);
    if (status == OV_OK)
        status = put_vectors(job, shape, index, again, later, err);
    if (status == OV_OK && before != NULL && !shape_vector_index(shape, index, name) &&
        shape_vector_index(old, before, name))
        status = index_drop_named(job, name, err);
    if (status == OV_OK && (before == NULL || !same(before, index)))
        status = catalog_update(job, shape, err);
    else if (status == OV_OK)
        shape->revision = old->revision;
    if (status == OV_OK)
        status = job_commit(job, err);
    shape_unref(old);
    if (status == OV_OK)
        *out = shape;
    else
        shape_unref(shape);
    return status;
}

int32_t index_put(struct ov_table *table, const struct ov_call *call,
                  const struct ov_index *index, struct ov_error *err)
{
    struct shape *shape;
    struct job job;
    int later = 0;
    struct env env;
    int32_t status = session_need_vector(table->session, call, &env, err);

    if (status == OV_DENIED)
        session_say_vector(&env, call);
    if (status != OV_OK)
        return status;
    job_init(&job, table->session, call, JOB_WRITE);
    job.build = 1;
    status = put(table, &job, index, &shape, &later, err);
    job_end(&job);
    if (status == OV_OK) {
        table_take_shape(table, shape_ref(shape));
        if (later)
            status = build_beside(table->session, call, shape, err);
        shape_unref(shape);
    }
    return status;
}

/* --------------------------------------------------------------------- drop */

static int32_t drop(struct ov_table *table, struct job *job, struct ov_str index,
                    struct shape **out, struct ov_error *err)
{
    struct shape *old, *shape = NULL;
    const struct ov_index *before;
    char name[NAME_BYTES];
    int32_t status = table_begin(table, job, &old, err);

    if (status != OV_OK)
        return status;
    before = ov_schema_index(old->schema, index);
    if (before == NULL)
        status = ov_fail(err, OV_NOT_FOUND, "no index '%.*s'", (int)index.n, index.p);
    else if (table->session->settings.ddl != DDL_AUTO)
        status = ov_fail(err, OV_DENIED, "option 'ddl' forbids to drop index '%.*s'",
                         (int)index.n, index.p);
    if (status == OV_OK)
        status = edit(table->session, old, NULL, index, &shape, err);
    if (status == OV_OK)
        status = settle(job, shape, old, NULL, err);
    if (status == OV_OK && shape_vector_index(old, before, name))
        status = index_drop_named(job, name, err);
    if (status == OV_OK)
        status = catalog_update(job, shape, err);
    if (status == OV_OK)
        status = job_commit(job, err);
    shape_unref(old);
    if (status == OV_OK)
        *out = shape;
    else
        shape_unref(shape);
    return status;
}

int32_t index_drop(struct ov_table *table, const struct ov_call *call, struct ov_str name,
                   struct ov_error *err)
{
    struct shape *shape;
    struct job job;
    int32_t status;

    job_init(&job, table->session, call, JOB_WRITE);
    status = drop(table, &job, name, &shape, err);
    job_end(&job);
    if (status == OV_OK)
        table_take_shape(table, shape);
    return status;
}
