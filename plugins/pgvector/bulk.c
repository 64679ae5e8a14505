/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk.c - loading much into an empty or small table.
 *
 * A row costs a millisecond more once a vector index is there, so the index goes first
 * and is built at the end; in between searches are exact. A lease says that the load goes
 * on; who then opens the collection and finds neither index nor lease builds the index.
 */
#include "build.h"
#include "ddl.h"
#include "lease.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static int has_vector_index(const struct shape *shape)
{
    char name[NAME_BYTES];

    for (uint32_t i = 0; i < shape->schema->n_indexes; i++)
        if (shape_vector_index(shape, shape->schema->indexes[i], name))
            return 1;
    return 0;
}

/* The load's lease goes in with the indexes that go out. */
static int32_t drop_indexes(struct ov_table *table, const struct ov_call *call,
                            int64_t load, struct ov_error *err)
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
        if (status == OV_OK && !large)
            status = lease_take(&job, shape, load, err);
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
    struct shape *shape = table_shape(table);
    int64_t load = 0;
    int32_t status = OV_OK;
    int owner = 0;

    if (table->session->settings.ddl == DDL_AUTO && has_vector_index(shape))
        status = ask_owner(table, call, shape, &owner, err);
    shape_unref(shape);
    if (status != OV_OK || !owner)
        return status;
    if (getrandom(&load, sizeof(load), 0) != (ssize_t)sizeof(load) || load == 0)
        return ov_fail(err, OV_INTERNAL, "no random numbers");
    status = drop_indexes(table, call, load, err);
    if (status == OV_OK) {
        __atomic_store_n(&table->renewed, link_now(), __ATOMIC_RELAXED);
        __atomic_store_n(&table->load, load, __ATOMIC_RELAXED);
    }
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
    int loading = 0;
    int32_t status;

    job_init(&job, table->session, call, JOB_WRITE);
    job.build = 1;
    status = table_begin(table, &job, &shape, err);
    if (status == OV_OK) {
        if (alone)
            status = lease_is_on(&job, shape, &loading, err);
        for (uint32_t i = 0; i < shape->schema->n_indexes && status == OV_OK && !loading;
             i++)
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

    if (__atomic_load_n(&table->load, __ATOMIC_RELAXED) == 0)
        return OV_OK;
    status = make_missing(table, call, 0, err);
    lease_end(table, call);
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
