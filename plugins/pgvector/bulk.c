/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk.c - loading much into an empty or small table.
 *
 * A row costs a millisecond more once a vector index is there, so the index goes first
 * and is built at the end; in between searches are exact. A transaction that does
 * nothing but hold an advisory lock marks the load: it ends with its process, and who
 * then opens the collection and finds index and mark missing builds the index.
 */
#include "build.h"
#include "ddl.h"

#include <stdlib.h>
#include <string.h>

#define MARK "hashtextextended($1, 7310868736)"

static void add_mark(struct job *job, const struct shape *shape, const char *function)
{
    struct statement *s = job_add(job);

    text_add(&s->sql, "SELECT ");
    text_add(&s->sql, function);
    text_add(&s->sql, "(" MARK ")");
    params_text(&s->params, ov_str_of(shape->relation));
}

static int has_vector_index(const struct shape *shape)
{
    char name[NAME_BYTES];

    for (uint32_t i = 0; i < shape->schema->n_indexes; i++)
        if (shape_vector_index(shape, shape->schema->indexes[i], name))
            return 1;
    return 0;
}

void bulk_forget(struct ov_table *table)
{
    if (table->bulk == NULL)
        return;
    job_end(table->bulk);
    free(table->bulk);
    table->bulk = NULL;
}

static int32_t set_mark(struct ov_table *table, const struct ov_call *call,
                        const struct shape *shape, struct ov_error *err)
{
    struct job *job = calloc(1, sizeof(*job));
    int32_t status;

    if (job == NULL)
        return ov_no_memory(err);
    job_init(job, table->session, call, JOB_READ);
    status = job_begin(job, err);
    if (status == OV_OK) {
        add_mark(job, shape, "pg_advisory_xact_lock_shared");
        status = job_run(job, err);
    }
    job_reset(job);
    if (status == OV_OK) {
        table->bulk = job;
        return OV_OK;
    }
    job_end(job);
    free(job);
    return status;
}

static int32_t drop_indexes(struct ov_table *table, const struct ov_call *call,
                            struct ov_error *err)
{
    struct shape *shape;
    struct job job;
    char name[NAME_BYTES];
    int large = 0;
    int32_t status;

    job_init(&job, table->session, call, JOB_WRITE);
    status = table_begin(table, &job, &shape, err);
    if (status == OV_OK) {
        status = build_is_large(&job, shape, &large, err);
        for (uint32_t i = 0; i < shape->schema->n_indexes && status == OV_OK && !large;
             i++)
            if (shape_vector_index(shape, shape->schema->indexes[i], name))
                status = index_drop_named(&job, name, err);
        if (status == OV_OK)
            status = job_commit(&job, err);
        shape_unref(shape);
    }
    job_end(&job);
    return status;
}

/* Whoever owns the schema may drop an index; only the table's owner makes it again. */
static int32_t ask_owner(struct ov_table *table, const struct ov_call *call,
                         const struct shape *shape, int *owner, struct ov_error *err)
{
    struct job job;
    struct statement *s;
    int32_t status;

    job_init(&job, table->session, call, JOB_READ);
    s = job_add(&job);
    text_add(&s->sql, "SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_catalog.pg_class "
                      "AS c WHERE c.oid = to_regclass($1)");
    params_text(&s->params, ov_str_of(shape->relation));
    status = job_run(&job, err);
    if (status == OV_OK)
        *owner = PQntuples(s->result) == 1 && job_bool(s->result, 0, 0);
    job_end(&job);
    return status;
}

int32_t bulk_begin(struct ov_table *table, const struct ov_call *call,
                   struct ov_error *err)
{
    const struct settings *settings = &table->session->settings;
    struct shape *shape = table_shape(table);
    int32_t status = OV_OK;
    int owner = 0;

    /* The mark takes a connection for itself. */
    if (settings->ddl == DDL_AUTO && settings->pool_size > 1 && has_vector_index(shape))
        status = ask_owner(table, call, shape, &owner, err);
    if (status == OV_OK && owner) {
        status = set_mark(table, call, shape, err);
        if (status == OV_OK)
            status = drop_indexes(table, call, err);
        if (status != OV_OK)
            bulk_forget(table);
    }
    shape_unref(shape);
    return status;
}

/* Every vector index that is missing. alone: only when no load is going on. */
static int32_t make_missing(struct ov_table *table, const struct ov_call *call, int alone,
                            struct ov_error *err)
{
    struct shape *shape;
    struct text sql = { 0 };
    struct job job;
    char name[NAME_BYTES];
    int go = 1;
    int32_t status;

    job_init(&job, table->session, call, JOB_WRITE);
    job.build = 1;
    status = table_begin(table, &job, &shape, err);
    if (status == OV_OK) {
        if (alone) {
            add_mark(&job, shape, "pg_try_advisory_xact_lock");
            status = job_run(&job, err);
            go = status == OV_OK && job_bool(job.first->result, 0, 0);
            job_reset(&job);
        }
        for (uint32_t i = 0; i < shape->schema->n_indexes && status == OV_OK && go; i++)
            if (ddl_vector_index(&sql, name, shape, table->session,
                                 shape->schema->indexes[i]))
                status = index_make_named(&job, &sql, name, 0, err);
        if (status == OV_OK)
            status = job_commit(&job, err);
        shape_unref(shape);
    }
    job_end(&job);
    return status;
}

int32_t bulk_end(struct ov_table *table, const struct ov_call *call, struct ov_error *err)
{
    int32_t status;

    if (table->bulk == NULL)
        return OV_OK;
    status = make_missing(table, call, 0, err);
    bulk_forget(table);
    return status;
}

/* How many of the wanted vector indexes are there? */
static int32_t count_missing(struct ov_table *table, const struct ov_call *call,
                             const struct shape *shape, int *missing,
                             struct ov_error *err)
{
    struct job job;
    struct statement *s;
    char name[NAME_BYTES];
    int32_t status;

    job_init(&job, table->session, call, JOB_READ);
    s = job_add(&job);
    text_add(&s->sql,
             "SELECT count(*) FROM unnest($2::text[]) AS w(name) WHERE NOT EXISTS ("
             "SELECT 1 FROM pg_catalog.pg_class AS c "
             "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
             "WHERE n.nspname = $1 AND c.relname = w.name)");
    params_text(&s->params, ov_str_of(table->session->settings.schema));
    params_array_begin(&s->params, OID_TEXTS, OID_TEXT);
    for (uint32_t i = 0; i < shape->schema->n_indexes; i++)
        if (shape_vector_index(shape, shape->schema->indexes[i], name))
            params_array_text(&s->params, ov_str_of(name));
    params_array_end(&s->params);
    status = job_run(&job, err);
    if (status == OV_OK)
        *missing = (int)job_int8(s->result, 0, 0);
    job_end(&job);
    return status;
}

/* A collection without its index answers, exactly; so a failure here is none of open's.
 * The doctor names what is missing. */
void bulk_finish(struct ov_table *table, const struct ov_call *call)
{
    struct ov_error ignored = OV_ERROR_INIT;
    int missing = 0;

    if (table->session->settings.ddl != DDL_AUTO || !has_vector_index(table->shape))
        return;
    if (count_missing(table, call, table->shape, &missing, &ignored) == OV_OK &&
        missing > 0)
        (void)make_missing(table, call, 1, &ignored);
}
