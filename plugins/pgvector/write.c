/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write.c - upsert, update, remove.
 *
 * All statements of one call go in one pipeline and are one transaction. More than some
 * hundred rows a statement gain nothing, so a large batch becomes several.
 */
#include "write.h"

#include "filter_sql.h"
#include "lease.h"
#include "read.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_OF_A_STATEMENT 500

struct writing {
    const struct ov_batch *const *batches;
    uint32_t n;
};

static int32_t check_batch(const struct shape *shape, const struct ov_batch *batch,
                           struct ov_error *err)
{
    int32_t status = read_check_fields(shape, batch->fields, batch->n_columns, err);

    if (status == OV_OK &&
        (batch->n_columns == 0 || batch->fields[0] != shape->schema->key))
        return ov_fail(err, OV_INVALID, "the first column of a batch is not the key");
    return status;
}

/* ------------------------------------------------------------------- upsert */

/* Every column of the table but the key: `before`"name"`middle`"name" ... */
static void add_all(struct text *sql, const struct shape *shape)
{
    const char *comma = "";

    for (uint32_t f = 0; f < shape->schema->n_fields; f++) {
        if (f == shape->schema->key)
            continue;
        for (int part = 0; part < 1 + (shape->schema->fields[f]->type == OV_SPARSE);
             part++) {
            const char *name = part ? shape->columns[f].beside : shape->columns[f].name;

            text_add(sql, comma);
            text_name(sql, name);
            text_add(sql, " = EXCLUDED.");
            text_name(sql, name);
            comma = ", ";
        }
    }
}

static void add_upsert(struct statement *s, const struct shape *shape,
                       const struct env *env, const struct ov_batch *batch,
                       const int64_t *rows, int64_t n)
{
    text_add(&s->sql, "INSERT INTO ");
    text_add(&s->sql, shape->relation);
    text_add(&s->sql, " AS t (");
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        const struct column *column = &shape->columns[batch->fields[c]];

        if (c > 0)
            text_add(&s->sql, ", ");
        text_name(&s->sql, column->name);
        if (shape->schema->fields[batch->fields[c]]->type == OV_SPARSE) {
            text_add(&s->sql, ", ");
            text_name(&s->sql, column->beside);
        }
    }
    text_add(&s->sql, ") SELECT ");
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        if (c > 0)
            text_add(&s->sql, ", ");
        encode_reference(&s->sql, shape, batch, c, 0);
        if (shape->schema->fields[batch->fields[c]]->type == OV_SPARSE) {
            text_add(&s->sql, ", ");
            encode_reference(&s->sql, shape, batch, c, 1);
        }
    }
    text_add(&s->sql, " FROM ");
    encode_source(s, shape, env, batch, rows, n);
    text_add(&s->sql, " ON CONFLICT (");
    text_name(&s->sql, shape->columns[shape->schema->key].name);
    if (shape->schema->n_fields == 1) {
        text_add(&s->sql, ") DO NOTHING");
        return;
    }
    text_add(&s->sql, ") DO UPDATE SET ");
    add_all(&s->sql, shape); /* EXCLUDED holds the defaults of columns not given */
}

typedef void add_fn(struct statement *s, const struct shape *shape, const struct env *env,
                    const struct ov_batch *batch, const int64_t *rows, int64_t n);

static int32_t add_batch(struct job *job, const struct shape *shape,
                         const struct ov_batch *batch, add_fn *add, struct ov_error *err)
{
    struct env env;
    int64_t n = batch->array->length, *rows;
    int32_t status = shape_env(shape, job, &env, err);

    if (status != OV_OK)
        return status;
    rows = encode_order(shape, batch);
    if (rows == NULL)
        return ov_no_memory(err);
    for (int64_t at = 0; at < n; at += ROWS_OF_A_STATEMENT)
        add(job_add(job), shape, &env, batch, rows + at,
            n - at < ROWS_OF_A_STATEMENT ? n - at : ROWS_OF_A_STATEMENT);
    free(rows);
    return OV_OK;
}

static int32_t upsert(struct job *job, struct shape *shape, void *request,
                      struct ov_error *err)
{
    const struct writing *w = request;
    int32_t status = OV_OK;

    for (uint32_t b = 0; b < w->n && status == OV_OK; b++) {
        status = check_batch(shape, w->batches[b], err);
        if (status == OV_OK)
            status = add_batch(job, shape, w->batches[b], add_upsert, err);
    }
    if (status != OV_OK)
        return status;
    shape_guard(job, shape);
    return job_run(job, err);
}

int32_t write_upsert(struct ov_table *table, const struct ov_call *call,
                     const struct ov_batch *const *batches, uint32_t n_batches,
                     struct ov_error *err)
{
    struct writing w = { batches, n_batches };
    int32_t status = table_run(table, call, JOB_WRITE, upsert, &w, err);

    if (status == OV_OK)
        lease_renew(table, call);
    return status;
}

/* ------------------------------------------------------------------- locking */

/* Upserts lock by key as well. Where all do so none waits for one that waits for it. */
static void add_in_order(struct text *sql, const struct shape *shape)
{
    text_add(sql, " ORDER BY ");
    filter_column(sql, shape->columns[shape->schema->key].name);
    text_add(sql, " FOR UPDATE");
}

/* ------------------------------------------------------------------- update */

static void add_update(struct statement *s, const struct shape *shape,
                       const struct env *env, const struct ov_batch *batch,
                       const int64_t *rows, int64_t n)
{
    const char *comma = "";

    text_add(&s->sql, "UPDATE ");
    text_add(&s->sql, shape->relation);
    text_add(&s->sql, " AS t SET ");
    for (uint32_t c = 1; c < batch->n_columns; c++) {
        const struct column *column = &shape->columns[batch->fields[c]];

        for (int part = 0;
             part < 1 + (shape->schema->fields[batch->fields[c]]->type == OV_SPARSE);
             part++) {
            text_add(&s->sql, comma);
            text_name(&s->sql, part ? column->beside : column->name);
            text_add(&s->sql, " = ");
            encode_reference(&s->sql, shape, batch, c, part);
            comma = ", ";
        }
    }
    text_add(&s->sql, " FROM ");
    encode_source(s, shape, env, batch, rows, n);
    text_add(&s->sql, " WHERE ");
    filter_column(&s->sql, shape->columns[shape->schema->key].name);
    text_add(&s->sql, " = s.c0");
}

/* The keys of all batches, as one array; returns its $n. */
static int bind_keys(struct params *params, const struct shape *shape,
                     const struct writing *w)
{
    uint32_t type = shape->schema->fields[shape->schema->key]->type;

    params_array_begin(params, params_types(type), params_type(type));
    for (uint32_t b = 0; b < w->n; b++)
        read_add_keys(params, shape, w->batches[b]);
    return params_array_end(params);
}

/* The live records of all batches, locked in the order of their keys. */
static void add_lock(struct job *job, const struct shape *shape, const struct writing *w)
{
    struct statement *s = job_add(job);
    const char *key = shape->columns[shape->schema->key].name;

    text_add(&s->sql, "SELECT ");
    filter_column(&s->sql, key);
    text_add(&s->sql, " FROM ");
    text_add(&s->sql, shape->relation);
    text_add(&s->sql, " AS t WHERE ");
    filter_column(&s->sql, key);
    text_format(&s->sql, " = ANY($%d)", bind_keys(&s->params, shape, w));
    if (shape->expiry != OV_NONE) {
        text_add(&s->sql, " AND ");
        filter_live(&s->sql, &s->params, shape, job->call->now_us);
    }
    add_in_order(&s->sql, shape);
}

/* Where the found keys, which ascend, reach or pass this one. */
static int pass(struct scratch *scratch, const struct ov_column *column,
                const PGresult *found, int at, const struct ov_cell *key, int *equal)
{
    struct ov_error ignored = OV_ERROR_INIT;
    struct ov_cell have;
    int order = -1;

    for (; at < PQntuples(found) && order < 0; at += order < 0)
        order =
            decode_cell(scratch, column, job_text(found, at, 0), &have, &ignored) == OV_OK
                ? ov_cell_compare(&have, key)
                : -1;
    *equal = order == 0;
    return at;
}

/* The first row of a batch whose key is not among the locked ones; -1: none. */
static int64_t find_missing(const struct shape *shape, const struct ov_batch *batch,
                            const PGresult *found, struct ov_error *err)
{
    const struct ov_column column = {
        .type = shape->schema->fields[shape->schema->key]->type
    };
    int64_t *rows = encode_order(shape, batch), missing = -1;
    struct scratch scratch = { 0 };
    int at = 0, equal;

    if (rows == NULL) {
        ov_no_memory(err);
        return 0;
    }
    for (int64_t i = 0; i < batch->array->length; i++) {
        struct ov_cell key;

        ov_batch_cell(shape->schema, batch, 0, rows[i], &key);
        at = pass(&scratch, &column, found, at, &key, &equal);
        if (!equal && (missing < 0 || rows[i] < missing))
            missing = rows[i];
    }
    scratch_clear(&scratch);
    free(rows);
    return missing;
}

static int32_t say_missing(const struct shape *shape, const struct ov_batch *batch,
                           int64_t row, int64_t before, struct ov_error *err)
{
    struct ov_cell key;

    ov_batch_cell(shape->schema, batch, 0, row, &key);
    if (key.type == OV_TEXT)
        ov_fail(err, OV_NO_RECORD, "no record '%.*s'", (int)(key.n > 200 ? 200 : key.n),
                key.u.text);
    else
        ov_fail(err, OV_NO_RECORD, "no record %lld", (long long)key.u.i);
    err->row = before + row;
    return err->code;
}

static int32_t lock_all(struct job *job, const struct shape *shape,
                        const struct writing *w, struct ov_error *err)
{
    const PGresult *found;
    int64_t before = 0, n = 0;
    int32_t status;

    add_lock(job, shape, w);
    shape_guard(job, shape);
    status = job_run(job, err);
    if (status != OV_OK)
        return status;
    found = job->first->result;
    for (uint32_t b = 0; b < w->n; b++)
        n += w->batches[b]->array->length;
    for (uint32_t b = 0; b < w->n && status == OV_OK && PQntuples(found) < n; b++) {
        int64_t missing = find_missing(shape, w->batches[b], found, err);

        if (missing >= 0)
            status = say_missing(shape, w->batches[b], missing, before, err);
        before += w->batches[b]->array->length;
    }
    return status;
}

static int32_t update(struct job *job, struct shape *shape, void *request,
                      struct ov_error *err)
{
    const struct writing *w = request;
    int32_t status = OV_OK;

    for (uint32_t b = 0; b < w->n && status == OV_OK; b++)
        status = check_batch(shape, w->batches[b], err);
    if (status == OV_OK)
        status = job_begin(job, err);
    if (status == OV_OK)
        status = lock_all(job, shape, w, err);
    if (status != OV_OK)
        return status;
    job_reset(job);
    for (uint32_t b = 0; b < w->n && status == OV_OK; b++)
        if (w->batches[b]->n_columns > 1)
            status = add_batch(job, shape, w->batches[b], add_update, err);
    if (status != OV_OK)
        return status;
    return job_commit(job, err);
}

int32_t write_update(struct ov_table *table, const struct ov_call *call,
                     const struct ov_batch *const *batches, uint32_t n_batches,
                     struct ov_error *err)
{
    struct writing w = { batches, n_batches };
    int32_t status = table_run(table, call, JOB_WRITE, update, &w, err);

    if (status == OV_OK)
        lease_renew(table, call);
    return status;
}

/* ------------------------------------------------------------------ removal */

struct removal {
    const struct ov_batch *keys; /* one of the two */
    const struct ov_filter *filter;
    uint64_t *removed;
};

/* A DELETE locks as its scan goes, which is any order. So the keys are locked first, of
 * the records as they are once the lock is had; what is then deleted is ours. */
static void begin_removal(struct text *sql, const struct shape *shape)
{
    text_add(sql, "WITH l AS MATERIALIZED (SELECT ");
    filter_column(sql, shape->columns[shape->schema->key].name);
    text_add(sql, " AS k FROM ");
    text_add(sql, shape->relation);
    text_add(sql, " AS t");
}

/* Up to the condition under which a deleted row counts. */
static void end_removal(struct text *sql, const struct shape *shape)
{
    add_in_order(sql, shape);
    text_add(sql, "), d AS (DELETE FROM ");
    text_add(sql, shape->relation);
    text_add(sql, " AS t USING l WHERE ");
    filter_column(sql, shape->columns[shape->schema->key].name);
    text_add(sql, " = l.k RETURNING ");
}

#define COUNT_REMOVED " AS live) SELECT count(*) FILTER (WHERE live) FROM d"

/* Expired records go as well, but only live ones are counted. */
static int32_t remove_keys(struct job *job, const struct shape *shape,
                           const struct ov_batch *keys)
{
    struct statement *s = job_add(job);

    begin_removal(&s->sql, shape);
    text_add(&s->sql, " WHERE ");
    filter_column(&s->sql, shape->columns[shape->schema->key].name);
    text_format(&s->sql, " = ANY($%d)", read_keys(&s->params, shape, keys));
    end_removal(&s->sql, shape);
    if (!filter_live(&s->sql, &s->params, shape, job->call->now_us))
        text_add(&s->sql, "true");
    text_add(&s->sql, COUNT_REMOVED);
    return OV_OK;
}

static int32_t remove_filtered(struct job *job, const struct shape *shape,
                               const struct ov_filter *filter, struct ov_error *err)
{
    struct statement *s = job_add(job);
    int32_t status;

    begin_removal(&s->sql, shape);
    status = filter_where(&s->sql, &s->params, shape, filter, job->call->now_us, err);
    end_removal(&s->sql, shape);
    text_add(&s->sql, "true" COUNT_REMOVED);
    return status;
}

static int32_t remove_some(struct job *job, struct shape *shape, void *request,
                           struct ov_error *err)
{
    const struct removal *r = request;
    int32_t status;

    if (r->filter != NULL)
        status = remove_filtered(job, shape, r->filter, err);
    else
        status = remove_keys(job, shape, r->keys);
    if (status != OV_OK)
        return status;
    shape_guard(job, shape);
    status = job_run(job, err);
    __atomic_store_n(&shape->large_until, 0, __ATOMIC_RELAXED);
    if (status == OV_OK)
        *r->removed = (uint64_t)job_int8(job->first->result, 0, 0);
    return status;
}

int32_t write_remove(struct ov_table *table, const struct ov_call *call,
                     const struct ov_batch *keys, uint64_t *removed, struct ov_error *err)
{
    struct removal r = { keys, NULL, removed };

    return table_run(table, call, JOB_WRITE, remove_some, &r, err);
}

int32_t write_remove_where(struct ov_table *table, const struct ov_call *call,
                           const struct ov_filter *filter, uint64_t *removed,
                           struct ov_error *err)
{
    struct removal r = { NULL, filter, removed };

    return table_run(table, call, JOB_WRITE, remove_some, &r, err);
}

static int32_t truncate_all(struct job *job, struct shape *shape, void *request,
                            struct ov_error *err)
{
    struct statement *s = job_add(job);

    (void)request;
    text_add(&s->sql, "TRUNCATE ");
    text_add(&s->sql, shape->relation);
    shape_guard(job, shape);
    __atomic_store_n(&shape->large_until, 0, __ATOMIC_RELAXED);
    return job_run(job, err);
}

int32_t write_truncate(struct ov_table *table, const struct ov_call *call,
                       struct ov_error *err)
{
    return table_run(table, call, JOB_WRITE, truncate_all, NULL, err);
}
