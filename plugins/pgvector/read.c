/* SPDX-License-Identifier: Apache-2.0 */
/* read.c - fetch, scan and count. */
#include "read.h"

#include "filter_sql.h"

#include <stdlib.h>
#include <string.h>

/* Run what was added, behind it the guard; *result is the first statement's. */
static int32_t run_guarded(struct job *job, const struct shape *shape,
                           const PGresult **result, struct ov_error *err)
{
    int32_t status;

    shape_guard(job, shape);
    status = job_run(job, err);
    if (status == OV_OK)
        *result = job->first->result;
    return status;
}

static void begin_select(struct text *sql, const struct shape *shape,
                         const uint32_t *fields, uint32_t n_fields)
{
    text_add(sql, "SELECT ");
    read_add_field(sql, shape, shape->schema->key);
    read_add_fields(sql, shape, fields, n_fields);
    text_add(sql, " FROM ");
    text_add(sql, shape->relation);
    text_add(sql, " AS t");
}

static int32_t answer(struct job *job, const struct shape *shape, const uint32_t *fields,
                      uint32_t n_fields, struct ov_result *out, struct ov_error *err)
{
    const PGresult *result = NULL;
    struct reader reader;
    int32_t status = run_guarded(job, shape, &result, err);

    if (status != OV_OK)
        return status;
    status = reader_begin(&reader, shape, fields, n_fields, 0, err);
    if (status == OV_OK)
        status = reader_take(&reader, result, 0, PQntuples(result), 0, err);
    return reader_end(&reader, status, out, err);
}

/* -------------------------------------------------------------------- fetch */

struct fetch {
    const struct ov_fetch *request;
    struct ov_result *out;
};

void read_add_keys(struct params *params, const struct shape *shape,
                   const struct ov_batch *keys)
{
    for (int64_t row = 0; row < keys->array->length; row++) {
        struct ov_cell cell;

        ov_batch_cell(shape->schema, keys, 0, row, &cell);
        params_array_cell(params, &cell);
    }
}

int read_keys(struct params *params, const struct shape *shape,
              const struct ov_batch *keys)
{
    uint32_t type = shape->schema->fields[shape->schema->key]->type;

    params_array_begin(params, params_types(type), params_type(type));
    read_add_keys(params, shape, keys);
    return params_array_end(params);
}

static int32_t fetch(struct job *job, struct shape *shape, void *request,
                     struct ov_error *err)
{
    const struct fetch *f = request;
    struct statement *s = job_add(job);
    int32_t status =
        read_check_fields(shape, f->request->fields, f->request->n_fields, err);

    if (status != OV_OK)
        return status;
    begin_select(&s->sql, shape, f->request->fields, f->request->n_fields);
    text_add(&s->sql, " WHERE ");
    filter_column(&s->sql, shape->columns[shape->schema->key].name);
    text_format(&s->sql, " = ANY($%d)", read_keys(&s->params, shape, f->request->keys));
    if (shape->expiry != OV_NONE) {
        text_add(&s->sql, " AND ");
        filter_live(&s->sql, &s->params, shape, job->call->now_us);
    }
    return answer(job, shape, f->request->fields, f->request->n_fields, f->out, err);
}

int32_t read_fetch(struct ov_table *table, const struct ov_call *call,
                   const struct ov_fetch *request, struct ov_result *out,
                   struct ov_error *err)
{
    struct fetch f = { request, out };

    return table_run(table, call, JOB_READ, fetch, &f, err);
}

/* --------------------------------------------------------------------- scan */

struct scan {
    const struct ov_scan *request;
    struct ov_result *out;
};

/* "behind the row that had this order value and this key" */
static void add_after(struct statement *s, const struct shape *shape,
                      const struct ov_scan *r)
{
    const char *key = shape->columns[shape->schema->key].name;
    uint32_t order = r->order;
    int n = params_scalar(&s->params, r->after_key), v;
    const char *name;

    if (order == OV_NONE || order == shape->schema->key) {
        filter_column(&s->sql, key);
        text_format(&s->sql, r->descending && order != OV_NONE ? " < $%d" : " > $%d", n);
        return;
    }
    name = shape->columns[order].name;
    text_add(&s->sql, "(");
    if (r->after_value == NULL || r->after_value->type == OV_NULL) {
        filter_column(&s->sql, name);
        text_add(&s->sql, " IS NULL AND ");
    } else {
        v = params_scalar(&s->params, r->after_value);
        filter_column(&s->sql, name);
        text_format(&s->sql, r->descending ? " < $%d OR " : " > $%d OR ", v);
        if (shape->schema->fields[order]->flags & OV_FIELD_NULLABLE) {
            filter_column(&s->sql, name);
            text_add(&s->sql, " IS NULL OR ");
        }
        filter_column(&s->sql, name);
        text_format(&s->sql, " = $%d AND ", v);
    }
    filter_column(&s->sql, key);
    text_format(&s->sql, " > $%d)", n);
}

static void add_order(struct statement *s, const struct shape *shape,
                      const struct ov_scan *r)
{
    text_add(&s->sql, " ORDER BY ");
    if (r->order != OV_NONE) {
        filter_column(&s->sql, shape->columns[r->order].name);
        text_add(&s->sql, r->descending ? " DESC NULLS LAST, " : " ASC NULLS LAST, ");
    }
    filter_column(&s->sql, shape->columns[shape->schema->key].name);
}

static void add_window(struct statement *s, uint64_t limit, uint64_t offset)
{
    text_add(&s->sql, " LIMIT ");
    if (limit > INT64_MAX)
        text_param(&s->sql, params_null(&s->params, OID_INT8));
    else
        text_param(&s->sql, params_int8(&s->params, (int64_t)limit));
    text_add(&s->sql, " OFFSET ");
    text_param(&s->sql,
               params_int8(&s->params, offset > INT64_MAX ? INT64_MAX : (int64_t)offset));
}

static int32_t scan(struct job *job, struct shape *shape, void *request,
                    struct ov_error *err)
{
    const struct scan *scan = request;
    const struct ov_scan *r = scan->request;
    struct statement *s = job_add(job);
    int32_t status = read_check_fields(shape, r->fields, r->n_fields, err);
    size_t before;

    if (status == OV_OK && r->order != OV_NONE)
        status = read_check_fields(shape, &r->order, 1, err);
    if (status != OV_OK)
        return status;
    begin_select(&s->sql, shape, r->fields, r->n_fields);
    before = s->sql.n;
    status = filter_where(&s->sql, &s->params, shape, r->filter, job->call->now_us, err);
    if (status != OV_OK)
        return status;
    if (r->after_key != NULL) {
        text_add(&s->sql, s->sql.n == before ? " WHERE " : " AND ");
        add_after(s, shape, r);
    }
    add_order(s, shape, r);
    add_window(s, r->limit, r->offset);
    if (job->call->flags & OV_CALL_EXPLAIN) {
        struct ov_column none[1] = {
            { .type = shape->schema->fields[shape->schema->key]->type }
        };

        status = read_explain(job, "ordered scan", err);
        return status != OV_OK
                   ? status
                   : ov_rows_finish(ov_rows_new(none, 1), &scan->out->rows, err);
    }
    return answer(job, shape, r->fields, r->n_fields, scan->out, err);
}

int32_t read_scan(struct ov_table *table, const struct ov_call *call,
                  const struct ov_scan *request, struct ov_result *out,
                  struct ov_error *err)
{
    struct scan s = { request, out };

    return table_run(table, call, JOB_READ, scan, &s, err);
}

/* -------------------------------------------------------------------- count */

struct count {
    const struct ov_count *request;
    uint64_t *total;
    struct ov_result *groups;
};

static int32_t add_total(struct job *job, const struct shape *shape,
                         const struct ov_filter *filter, struct ov_error *err)
{
    struct statement *s = job_add(job);

    text_add(&s->sql, "SELECT count(*) FROM ");
    text_add(&s->sql, shape->relation);
    text_add(&s->sql, " AS t");
    return filter_where(&s->sql, &s->params, shape, filter, job->call->now_us, err);
}

static int32_t add_groups(struct job *job, const struct shape *shape,
                          const struct ov_count *r, struct ov_error *err)
{
    struct statement *s = job_add(job);
    uint32_t type = shape->schema->fields[r->group]->type;
    const char *name = shape->columns[r->group].name;
    int list = ov_element_type(type) != type;
    int32_t status;

    text_add(&s->sql, "SELECT ");
    if (list)
        text_add(&s->sql, "e.v");
    else
        filter_column(&s->sql, name);
    text_add(&s->sql, ", count(*) FROM ");
    text_add(&s->sql, shape->relation);
    text_add(&s->sql, " AS t");
    if (list) {
        text_add(&s->sql, " CROSS JOIN LATERAL (SELECT DISTINCT u FROM unnest(");
        filter_column(&s->sql, name);
        text_add(&s->sql, ") AS u) AS e(v)");
    }
    status = filter_where(&s->sql, &s->params, shape, r->filter, job->call->now_us, err);
    text_add(&s->sql, " GROUP BY 1 ORDER BY 1 NULLS LAST");
    return status;
}

static int32_t take_groups(const struct shape *shape, uint32_t group,
                           const PGresult *result, struct ov_result *out,
                           struct ov_error *err)
{
    const struct ov_field *field = shape->schema->fields[group];
    const struct ov_column columns[2] = { { .type = ov_element_type(field->type),
                                            .nullable =
                                                (field->flags & OV_FIELD_NULLABLE) != 0 },
                                          { .type = OV_INT64 } };
    struct ov_rows *rows = ov_rows_new(columns, 2);
    struct scratch scratch = { 0 };
    int32_t status = rows == NULL ? ov_no_memory(err) : OV_OK;

    for (int row = 0; row < PQntuples(result) && status == OV_OK; row++) {
        struct ov_str bytes = { NULL, 0 };
        struct ov_cell cell, n = ov_int_cell(OV_INT64, job_int8(result, row, 1));

        if (!PQgetisnull(result, row, 0))
            bytes = job_text(result, row, 0);
        status = decode_cell(&scratch, &columns[0], bytes, &cell, err);
        ov_rows_add(rows, &cell);
        ov_rows_add(rows, &n);
    }
    scratch_clear(&scratch);
    if (status == OV_OK)
        return ov_rows_finish(rows, &out->rows, err);
    ov_rows_free(rows);
    return status;
}

static int32_t count(struct job *job, struct shape *shape, void *request,
                     struct ov_error *err)
{
    const struct count *c = request;
    const PGresult *result = NULL;
    struct statement *groups = NULL;
    uint32_t group = c->groups != NULL ? c->request->group : OV_NONE;
    int32_t status = group == OV_NONE ? OV_OK : read_check_fields(shape, &group, 1, err);

    if (status == OV_OK)
        status = add_total(job, shape, c->request->filter, err);
    if (status == OV_OK && group != OV_NONE) {
        status = add_groups(job, shape, c->request, err);
        groups = job->last;
    }
    if (status != OV_OK)
        return status;
    if (job->call->flags & OV_CALL_EXPLAIN) {
        *c->total = 0;
        status = read_explain(job, "count", err);
        if (status == OV_OK && groups != NULL)
            status = take_groups(shape, group, NULL, c->groups, err);
        return status;
    }
    status = run_guarded(job, shape, &result, err);
    if (status == OV_OK && groups != NULL)
        status = take_groups(shape, group, groups->result, c->groups, err);
    if (status == OV_OK)
        *c->total = (uint64_t)job_int8(result, 0, 0);
    return status;
}

int32_t read_count(struct ov_table *table, const struct ov_call *call,
                   const struct ov_count *request, uint64_t *total,
                   struct ov_result *groups, struct ov_error *err)
{
    struct count c = { request, total, groups };

    return table_run(table, call, JOB_READ, count, &c, err);
}
