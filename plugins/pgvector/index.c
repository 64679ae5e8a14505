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

int32_t index_ask(struct job *job, const char *name, int *there, int *valid,
                  struct ov_error *err)
{
    struct statement *s = job_add(job);
    int32_t status;

    text_add(&s->sql,
             "SELECT i.indisvalid AND i.indisready FROM pg_catalog.pg_index AS i "
             "JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid "
             "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
             "WHERE n.nspname = $1 AND c.relname = $2");
    params_text(&s->params, ov_str_of(job->session->settings.schema));
    params_text(&s->params, ov_str_of(name));
    status = job_run(job, err);
    if (status == OV_OK) {
        *there = PQntuples(s->result) > 0;
        *valid = *there && job_bool(s->result, 0, 0);
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

int32_t index_make_named(struct job *job, struct text *sql, const char *name, int again,
                         struct ov_error *err)
{
    int there = 0, valid = 0;
    int32_t status = index_ask(job, name, &there, &valid, err);

    if (status == OV_OK && there && (again || !valid)) {
        status = index_drop_named(job, name, err);
        there = 0;
    }
    if (status != OV_OK || there) {
        text_clear(sql);
        return status;
    }
    status = job_text_do(job, sql, err);
    if (status == OV_OK)
        ov_say(job->call, OV_NOTE_ACTION, NULL, NULL, "created index %s", name);
    return status;
}

/* Every index that the shape wants; those of fields that it no longer does go. */
static int32_t settle(struct job *job, const struct shape *shape, const struct shape *old,
                      struct ov_error *err)
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
            status = index_make_named(job, &sql, name, 0, err);
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

/* later: the text that builds the vector index once this transaction is over; empty when
 * nothing is left to do. */
static int32_t put_vectors(struct job *job, struct shape *shape,
                           const struct ov_index *index, int again, struct text *later,
                           struct ov_error *err)
{
    struct text sql = { 0 };
    char name[NAME_BYTES];
    int there = 0, valid = 0, large = 0;
    int32_t status = OV_OK;

    if (!ddl_vector_index(&sql, name, shape, job->session, index))
        return OV_OK;
    status = index_ask(job, name, &there, &valid, err);
    if (status == OV_OK && (!there || !valid || again))
        status = build_is_large(job, shape, &large, err);
    if (status == OV_OK && there && large && (!valid || again))
        status = index_drop_named(job, name, err);
    if (status == OV_OK && large) {
        *later = sql;
        return OV_OK;
    }
    if (status == OV_OK)
        return index_make_named(job, &sql, name, again, err);
    text_clear(&sql);
    return status;
}

static int32_t put(struct ov_table *table, struct job *job, const struct ov_index *index,
                   struct shape **out, struct text *later, struct ov_error *err)
{
    struct shape *old, *shape = NULL;
    char name[NAME_BYTES];
    const struct ov_index *before;
    int again;
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
        status = settle(job, shape, old, err);
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
    struct text later = { 0 };
    struct job job;
    struct env env;
    int32_t status = session_need_vector(table->session, call, &env, err);

    if (status != OV_OK)
        return status;
    job_init(&job, table->session, call, JOB_WRITE);
    job.build = 1;
    status = put(table, &job, index, &shape, &later, err);
    job_end(&job);
    if (status == OV_OK) {
        table_take_shape(table, shape);
        if (later.n > 0)
            status = build_beside(table->session, call, &later, err);
    }
    text_clear(&later);
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
        status = settle(job, shape, old, err);
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
