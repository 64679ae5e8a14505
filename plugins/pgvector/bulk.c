/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk.c - loading much into an empty or small table.
 *
 * A row costs a millisecond more once a vector index is there, so the index goes first
 * and is built at the end; in between searches are exact. A lease says that the load goes
 * on. What a load that ended with its process left undone the doctor names, and the next
 * load or the action "repair" makes: who only opens a collection builds nothing.
 */
#include "build.h"
#include "lease.h"
#include "repair.h"

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

int32_t bulk_end(struct ov_table *table, const struct ov_call *call, struct ov_error *err)
{
    struct shape *shape;
    int32_t status;

    if (__atomic_load_n(&table->load, __ATOMIC_RELAXED) == 0)
        return OV_OK;
    shape = table_shape(table);
    status = repair_indexes(table->session, call, shape, err);
    shape_unref(shape);
    lease_end(table, call);
    return status;
}
