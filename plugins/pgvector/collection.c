/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collection.c - make, drop and alter collections.
 *
 * Each is one transaction that holds the advisory lock of the schema: DDL of two
 * processes waits for its turn instead of colliding in the server's catalogues.
 */
#include "ddl.h"
#include "repair.h"
#include "script.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

int32_t index_check(const struct ov_schema *schema, const struct ov_index *index,
                    struct ov_error *err)
{
    if (!ov_str_equal(index->kind, ov_str_of("flat")) &&
        !ov_str_equal(index->kind, ov_str_of("auto")) &&
        !ov_str_equal(index->kind, ov_str_of("hnsw")))
        return ov_fail(err, OV_UNSUPPORTED,
                       "index kind '%.*s' is none of flat, hnsw, auto",
                       (int)index->kind.n, index->kind.p);
    if (index->metric < OV_COSINE || index->metric > OV_L2)
        return ov_fail(err, OV_UNSUPPORTED, "metric %u is unknown", index->metric);
    if (index->dense >= schema->n_fields ||
        schema->fields[index->dense]->type != OV_VECTOR)
        return ov_fail(err, OV_INVALID, "index '%.*s' has no vector field",
                       (int)index->name.n, index->name.p);
    return OV_OK;
}

int32_t collection_check(const struct ov_schema *schema, struct ov_error *err)
{
    int32_t status = OV_OK;

    for (uint32_t f = 0; f < schema->n_fields; f++)
        if (schema->fields[f]->type == OV_VECTOR && schema->fields[f]->dim > 16000)
            return ov_fail(err, OV_LIMIT, "field '%.*s' has %u dimensions, at most 16000",
                           (int)schema->fields[f]->name.n, schema->fields[f]->name.p,
                           schema->fields[f]->dim);
    for (uint32_t i = 0; i < schema->n_indexes && status == OV_OK; i++)
        status = index_check(schema, schema->indexes[i], err);
    return status;
}

static int32_t need_types(struct ov_session *session, const struct ov_call *call,
                          const struct ov_schema *schema, struct env *env,
                          struct ov_error *err)
{
    for (uint32_t f = 0; f < schema->n_fields; f++)
        if (schema->fields[f]->type == OV_VECTOR)
            return session_need_vector(session, call, env, err);
    *env = session_env(session);
    return OV_OK;
}

int32_t collection_list(struct ov_session *session, const struct ov_call *call,
                        ov_name_fn *take, void *ctx, struct ov_error *err)
{
    return catalog_names(session, call, take, ctx, err);
}

/* ----------------------------------------------------------------- indexes */

static int32_t make_index(struct job *job, struct text *sql, const char *name,
                          struct ov_error *err)
{
    int32_t status = job_text_do(job, sql, err);

    if (status == OV_OK)
        ov_say(job->call, OV_NOTE_ACTION, NULL, NULL, "created index %s", name);
    return status;
}

static int32_t make_indexes(struct job *job, const struct shape *shape,
                            struct ov_error *err)
{
    const struct ov_schema *schema = shape->schema;
    const struct env env = session_env(job->session);
    struct text sql = { 0 };
    char name[NAME_BYTES];
    int32_t status = OV_OK;

    for (uint32_t i = 0; i < ddl_index_slots(schema) && status == OV_OK; i++)
        if (ddl_index(&sql, name, shape, &job->session->settings, &env, i))
            status = make_index(job, &sql, name, err);
    return status;
}

/* ---------------------------------------------------------------- creation */

static int32_t check_free(struct job *job, const struct shape *shape,
                          struct ov_error *err)
{
    struct ov_str name = shape->schema->name;
    struct statement *s = job_add(job), *t;
    int32_t status;

    text_add(&s->sql, "SELECT 1 FROM ");
    text_add(&s->sql, shape->catalogue);
    text_add(&s->sql, " WHERE name = $1");
    params_text(&s->params, name);
    t = job_add(job);
    text_add(&t->sql, "SELECT to_regclass($1) IS NOT NULL");
    params_text(&t->params, ov_str_of(shape->relation));
    status = job_run(job, err);
    if (status == OV_OK && PQntuples(s->result) > 0)
        status = ov_fail(err, OV_EXISTS, "collection '%.*s' is there already",
                         (int)name.n, name.p);
    else if (status == OV_OK && job_bool(t->result, 0, 0))
        status = ov_fail(err, OV_EXISTS, "relation %s is there and is no collection",
                         shape->relation);
    job_reset(job);
    return status;
}

static int32_t create(struct job *job, struct shape *shape, const struct env *env,
                      struct ov_error *err)
{
    struct text sql = { 0 };
    int32_t status = job_begin(job, err);

    if (status == OV_OK)
        status = catalog_prepare(job, err);
    if (status == OV_OK)
        status = check_free(job, shape, err);
    if (status == OV_OK && job->session->settings.ddl != DDL_AUTO)
        status = ov_fail(err, OV_DENIED, "option 'ddl' forbids to create table %s",
                         shape->relation);
    if (status != OV_OK)
        return status;
    ddl_table(&sql, shape, env);
    status = job_text_do(job, &sql, err);
    if (status == OV_OK)
        ov_say(job->call, OV_NOTE_ACTION, NULL, NULL, "created table %s",
               shape->relation);
    if (status == OV_OK)
        status = make_indexes(job, shape, err);
    if (status == OV_OK)
        status = catalog_insert(job, shape, err);
    return status == OV_OK ? job_commit(job, err) : status;
}

/* Who may not make it is told the whole way there, not one step of it. */
static int32_t refuse(struct ov_session *session, const struct ov_call *call,
                      const struct shape *shape, struct ov_error *err)
{
    const struct settings *settings = &session->settings;
    const struct env env = session_env(session);
    struct audit audit = { 0 };
    struct job job;
    int32_t status;

    job_init(&job, session, call, JOB_READ);
    status = audit_look(&job, shape, &env, &audit, err);
    job_end(&job);
    if (status != OV_OK ||
        (audit.table && (audit.catalogue || settings->ddl == DDL_AUTO)) ||
        repair_hindrance(session, &audit) == NULL)
        ;
    else if (settings->ddl != DDL_AUTO)
        status = ov_fail(err, OV_DENIED, "option 'ddl' forbids to create table %s",
                         shape->relation);
    else
        status = ov_fail(err, OV_DENIED, "role '%s' may not create in schema '%s'",
                         env.role, settings->schema);
    audit_clear(&audit);
    return status;
}

static int has_all_columns(const struct audit *audit, const struct shape *shape)
{
    for (uint32_t i = 0; i < 2 * shape->schema->n_fields; i++)
        if (audit->columns[i] != COLUMN_GOOD)
            return 0;
    return audit->keywords == COLUMN_GOOD;
}

/* A table that fits has lost its row: its records are not taken over in silence by who
 * wanted an empty collection, but how to take them back is said. */
static void say_orphan(struct ov_session *session, const struct ov_call *call,
                       struct shape *shape, struct ov_error *err)
{
    const struct env env = session_env(session);
    struct ov_error own = OV_ERROR_INIT;
    struct audit audit = { 0 };
    struct shape *have;
    struct job job;
    int32_t status = catalog_load(session, call, shape->schema->name, &have, &own);

    if (status == OV_OK)
        shape_unref(have);
    if (status != OV_NOT_FOUND)
        return;
    job_init(&job, session, call, JOB_READ);
    ov_error_reset(&own);
    status = audit_look(&job, shape, &env, &audit, &own);
    job_end(&job);
    if (status == OV_OK && audit.ordinary && has_all_columns(&audit, shape)) {
        ov_error_reset(err);
        ov_fail(
            err, OV_EXISTS,
            "table %s is there, but its row in ov_collections is gone: the statements "
            "(ovctl init --dry-run) take it back",
            shape->relation);
        (void)script_plan(session, call, shape, &own);
    }
    audit_clear(&audit);
}

int32_t collection_create(struct ov_session *session, const struct ov_call *call,
                          const struct ov_schema *schema, struct ov_error *err)
{
    struct shape *shape;
    struct env env;
    struct job job;
    int32_t status = collection_check(schema, err);

    if (status == OV_OK)
        status = shape_new(session, ov_schema_copy(schema), &shape, err);
    if (status != OV_OK)
        return status;
    status = need_types(session, call, schema, &env, err);
    if (status == OV_OK)
        status = refuse(session, call, shape, err);
    if (status == OV_DENIED)
        (void)script_plan(session, call, shape, &(struct ov_error)OV_ERROR_INIT);
    if (status == OV_OK) {
        job_init(&job, session, call, JOB_WRITE);
        status = create(&job, shape, &env, err);
        job_end(&job);
        if (status == OV_EXISTS)
            say_orphan(session, call, shape, err);
    }
    shape_unref(shape);
    return status;
}

static int32_t drop(struct job *job, struct ov_str name, struct ov_error *err)
{
    struct text sql = { 0 };
    struct shape *shape;
    int32_t status = job_begin(job, err);

    if (status == OV_OK)
        status = catalog_prepare(job, err);
    if (status == OV_OK)
        status = catalog_lock(job, name, &shape, err);
    if (status != OV_OK)
        return status;
    /* Only ours: a view or index that others hang on it is named, not dropped. */
    text_add(&sql, "DROP TABLE IF EXISTS ");
    text_add(&sql, shape->relation);
    status = job_text_do(job, &sql, err);
    if (status == OV_OK)
        status = catalog_delete(job, shape, err);
    shape_unref(shape);
    return status == OV_OK ? job_commit(job, err) : status;
}

int32_t collection_drop(struct ov_session *session, const struct ov_call *call,
                        struct ov_str name, struct ov_error *err)
{
    struct shape *shape;
    struct job job;
    /* A store without a schema of its own has no collections, and gets none by this. */
    int32_t status = catalog_load(session, call, name, &shape, err);

    if (status != OV_OK)
        return status;
    if (session->settings.ddl != DDL_AUTO)
        ov_fail(err, OV_DENIED, "option 'ddl' forbids to drop table %s", shape->relation);
    shape_unref(shape);
    if (session->settings.ddl != DDL_AUTO)
        return err->code;
    job_init(&job, session, call, JOB_WRITE);
    status = drop(&job, name, err);
    job_end(&job);
    return status;
}

/* -------------------------------------------------------------- alteration */

static int keywords_differ(const struct ov_schema *a, const struct ov_schema *b)
{
    for (uint32_t f = 0; f < b->n_fields; f++) {
        uint32_t before = f < a->n_fields ? a->fields[f]->flags : 0;

        if ((before ^ b->fields[f]->flags) & OV_FIELD_FULLTEXT)
            return 1;
    }
    return 0;
}

static int32_t alter_keywords(struct job *job, const struct shape *shape,
                              struct ov_error *err)
{
    struct text sql = { 0 };
    char name[NAME_BYTES];
    int32_t status;

    text_add(&sql, "ALTER TABLE ");
    text_add(&sql, shape->relation);
    text_add(&sql, " DROP COLUMN IF EXISTS ");
    text_name(&sql, KEYWORDS);
    if (ddl_has_keywords(shape->schema)) {
        text_add(&sql, ", ADD COLUMN ");
        ddl_keywords_column(&sql, shape);
    }
    status = job_text_do(job, &sql, err);
    if (status == OV_OK && ddl_has_keywords(shape->schema)) {
        ddl_keywords_index(&sql, name, shape);
        status = make_index(job, &sql, name, err);
    }
    return status;
}

static int32_t add_columns(struct job *job, const struct shape *old,
                           const struct shape *shape, const struct env *env,
                           struct ov_error *err)
{
    struct text sql = { 0 };
    int32_t status = OV_OK;

    for (uint32_t f = old->schema->n_fields; f < shape->schema->n_fields; f++) {
        ddl_add_column(&sql, shape, env, f, DDL_BOTH);
        status = job_text_do(job, &sql, err);
        if (status != OV_OK)
            break;
        ov_say(job->call, OV_NOTE_ACTION, NULL, NULL, "added column %s",
               shape->columns[f].name);
    }
    return status;
}

/* The new shape keeps the indexes that are there now. */
static int32_t reshape(struct ov_table *table, const struct shape *old,
                       const struct ov_schema *schema, struct shape **out,
                       struct ov_error *err)
{
    struct ov_schema mixed = *schema;
    int32_t status;

    if (schema->n_fields < old->schema->n_fields)
        return ov_fail(err, OV_INVALID, "%u fields instead of at least %u",
                       schema->n_fields, old->schema->n_fields);
    mixed.name = old->schema->name;
    mixed.n_indexes = old->schema->n_indexes;
    mixed.indexes = old->schema->indexes;
    status = shape_new(table->session, ov_schema_copy(&mixed), out, err);
    if (status == OV_OK)
        (*out)->incarnation = old->incarnation;
    return status;
}

static int32_t alter(struct ov_table *table, struct job *job,
                     const struct ov_schema *schema, struct shape **out,
                     struct ov_error *err)
{
    struct shape *old, *shape = NULL;
    struct env env;
    int32_t status = need_types(table->session, job->call, schema, &env, err);

    if (status == OV_DENIED)
        session_say_vector(&env, job->call);
    if (status == OV_OK)
        status = table_begin(table, job, &old, err);
    if (status != OV_OK)
        return status;
    status = reshape(table, old, schema, &shape, err);
    if (status == OV_OK && table->session->settings.ddl != DDL_AUTO &&
        (schema->n_fields > old->schema->n_fields ||
         keywords_differ(old->schema, schema)))
        status = ov_fail(err, OV_DENIED, "option 'ddl' forbids to alter table %s",
                         old->relation);
    if (status == OV_OK)
        status = add_columns(job, old, shape, &env, err);
    if (status == OV_OK && keywords_differ(old->schema, schema))
        status = alter_keywords(job, shape, err);
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

int32_t collection_alter(struct ov_table *table, const struct ov_call *call,
                         const struct ov_schema *schema, struct ov_error *err)
{
    struct shape *shape;
    struct job job;
    int32_t status = collection_check(schema, err);

    if (status != OV_OK)
        return status;
    job_init(&job, table->session, call, JOB_WRITE);
    status = alter(table, &job, schema, &shape, err);
    job_end(&job);
    if (status == OV_OK)
        table_take_shape(table, shape);
    return status;
}
