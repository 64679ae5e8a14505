/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records.c - records on a shelf in memory, written and asked for.
 *
 * A write is made in full beside the shelf and then moved in by steps that cannot fail.
 * A question takes all live records that match, sorts them and cuts.
 */
#include "shelf.h"

#include <stdlib.h>
#include <string.h>

struct hit {
    const struct ov_cell *record, *key, *value; /* value: what a scan is sorted by */
    double score;
    int descending;
};

/* ------------------------------------------------------------------ records */

static void free_record(const struct ov_schema *schema, struct ov_cell *record)
{
    uint32_t f;

    for (f = 0; record != NULL && f < schema->n_fields; f++)
        ov_cell_clear(&record[f]);
    free(record);
}

void shelf_remove_at(struct ov_table *table, size_t at)
{
    free_record(table->schema, table->records[at]);
    table->records[at] = table->records[--table->n];
}

/* Duty OVB-27: a record whose expiry has come is not there. */
static int is_live(const struct ov_table *table, const struct ov_cell *record,
                   const struct ov_call *call)
{
    uint32_t f = ov_schema_flagged(table->schema, OV_FIELD_EXPIRY);

    return f == OV_NONE || record[f].type == OV_NULL || record[f].u.i > call->now_us;
}

static size_t find(const struct ov_table *table, const struct ov_cell *key)
{
    size_t at = 0;

    while (at < table->n &&
           ov_cell_compare(&table->records[at][table->schema->key], key) != 0)
        at++;
    return at;
}

/* Row of a batch over base, or over what the fields are filled with. NULL: no memory. */
static struct ov_cell *make_record(const struct ov_schema *schema,
                                   const struct ov_cell *base,
                                   const struct ov_batch *batch, int64_t row)
{
    struct ov_cell *record = calloc(schema->n_fields, sizeof(*record)), cell;
    uint32_t f, c;

    for (f = 0; record != NULL && f < schema->n_fields; f++) {
        cell = base != NULL ? base[f] : ov_fill_cell(schema->fields[f]);
        for (c = 0; c < batch->n_columns; c++)
            if (batch->fields[c] == f)
                ov_batch_cell(schema, batch, c, row, &cell);
        if (ov_cell_copy(&cell, &record[f]) != 0) {
            free_record(schema, record);
            record = NULL;
        }
    }
    return record;
}

static int32_t stage(struct ov_table *table, const struct ov_call *call,
                     const struct ov_batch *batch, int merge, struct ov_cell **staged,
                     struct ov_error *err)
{
    int64_t row;

    for (row = 0; row < batch->array->length; row++) {
        const struct ov_cell *base = NULL;
        struct ov_cell key;
        size_t at = table->n;

        ov_batch_cell(table->schema, batch, 0, row, &key);
        if (merge)
            at = find(table, &key);
        if (at < table->n && is_live(table, table->records[at], call))
            base = table->records[at];
        if (merge && base == NULL) {
            err->row += row + 1; /* it counts through all batches */
            return ov_fail(err, OV_NO_RECORD, "record %lld is not there",
                           (long long)err->row);
        }
        staged[row] = make_record(table->schema, base, batch, row);
        if (staged[row] == NULL)
            return ov_no_memory(err);
    }
    err->row += row;
    return OV_OK;
}

static int32_t write_batches(struct ov_table *table, const struct ov_call *call,
                             const struct ov_batch *const *batches, uint32_t n_batches,
                             int merge, struct ov_error *err)
{
    struct ov_cell **staged, **grown;
    size_t total = 0, done = 0, i, at;
    int32_t code = shelf_begin(table, call, err);
    uint32_t b;

    for (b = 0; b < n_batches; b++)
        total += (size_t)batches[b]->array->length;
    staged = calloc(total + 1, sizeof(*staged));
    grown = realloc(table->records, (table->n + total + 1) * sizeof(*grown));
    if (grown != NULL)
        table->records = grown;
    if (code == OV_OK && (staged == NULL || grown == NULL))
        code = ov_no_memory(err);
    for (b = 0; code == OV_OK && b < n_batches; b++) {
        code = stage(table, call, batches[b], merge, staged + done, err);
        done += (size_t)batches[b]->array->length;
    }
    for (i = 0; staged != NULL && i < total; i++) {
        if (code != OV_OK) {
            free_record(table->schema, staged[i]);
            continue;
        }
        at = find(table, &staged[i][table->schema->key]);
        if (at < table->n)
            shelf_remove_at(table, at);
        table->records[table->n++] = staged[i];
    }
    if (code != OV_NO_RECORD)
        err->row = -1;
    free(staged);
    return code;
}

static int32_t upsert(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n,
                      struct ov_error *err)
{
    return write_batches(table, call, batches, n, 0, err);
}

static int32_t update(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n,
                      struct ov_error *err)
{
    return write_batches(table, call, batches, n, 1, err);
}

static int32_t remove_keys(struct ov_table *table, const struct ov_call *call,
                           const struct ov_batch *keys, uint64_t *removed,
                           struct ov_error *err)
{
    int32_t code = shelf_begin(table, call, err);
    uint64_t live = 0;
    int64_t row;

    for (row = 0; code == OV_OK && row < keys->array->length; row++) {
        struct ov_cell key;
        size_t at;

        ov_batch_cell(table->schema, keys, 0, row, &key);
        at = find(table, &key);
        if (at == table->n)
            continue;
        live += (uint64_t)is_live(table, table->records[at], call);
        shelf_remove_at(table, at);
    }
    if (code == OV_OK)
        *removed = live;
    return code;
}

static int32_t truncate_table(struct ov_table *table, const struct ov_call *call,
                              struct ov_error *err)
{
    int32_t code = shelf_begin(table, call, err);

    while (code == OV_OK && table->n > 0)
        shelf_remove_at(table, table->n - 1);
    return code;
}

/* ---------------------------------------------------------------- questions */

/* Best score first or by value with nulls last, then by key. */
static int by_rank(const void *left, const void *right)
{
    const struct hit *a = left, *b = right;
    int order = (a->score < b->score) - (a->score > b->score);

    if (order == 0 && a->value != NULL) {
        order = ov_cell_compare(a->value, b->value);
        if (a->descending && a->value->type != OV_NULL && b->value->type != OV_NULL)
            order = -order;
    }
    return order != 0 ? order : ov_cell_compare(a->key, b->key);
}

/* All live records that match; *hits is the caller's. */
static int32_t collect(const struct ov_table *table, const struct ov_call *call,
                       const struct ov_filter *filter, struct hit **hits, size_t *n,
                       struct ov_error *err)
{
    struct ov_matcher *matcher = NULL;
    int32_t code = shelf_begin(table, call, err);
    struct hit *found = NULL;
    size_t i;

    *n = 0;
    if (code == OV_OK && filter != NULL)
        code = ov_matcher_new(table->schema, filter, &matcher, err);
    if (code == OV_OK && (found = calloc(table->n + 1, sizeof(*found))) == NULL)
        code = ov_no_memory(err);
    for (i = 0; code == OV_OK && i < table->n; i++) {
        const struct ov_cell *record = table->records[i];

        if (!is_live(table, record, call) ||
            (matcher != NULL && !ov_matcher_match(matcher, record)))
            continue;
        found[*n].record = record;
        found[(*n)++].key = &record[table->schema->key];
    }
    ov_matcher_free(matcher);
    *hits = found;
    return code;
}

static struct ov_rows *new_rows(const struct ov_table *table, int search,
                                const uint32_t *fields, uint32_t n)
{
    struct ov_column *columns = calloc((size_t)n + 3, sizeof(*columns));
    struct ov_rows *rows = NULL;

    if (columns != NULL)
        rows = ov_rows_new(columns,
                           ov_result_columns(table->schema, search, fields, n, columns));
    free(columns);
    return rows; /* NULL without memory: finish will say so */
}

static void add_fields(struct ov_rows *rows, const struct ov_cell *record,
                       const uint32_t *fields, uint32_t n)
{
    uint32_t f;

    for (f = 0; f < n; f++)
        ov_rows_add(rows, &record[fields[f]]);
}

static int32_t remove_where(struct ov_table *table, const struct ov_call *call,
                            const struct ov_filter *filter, uint64_t *removed,
                            struct ov_error *err)
{
    struct hit *hits;
    size_t n, i;
    int32_t code = collect(table, call, filter, &hits, &n, err);

    for (i = 0; code == OV_OK && i < n; i++)
        shelf_remove_at(table, find(table, hits[i].key));
    if (code == OV_OK)
        *removed = n;
    free(hits);
    return code;
}

static int32_t fetch(struct ov_table *table, const struct ov_call *call,
                     const struct ov_fetch *request, struct ov_result *out,
                     struct ov_error *err)
{
    int32_t code = shelf_begin(table, call, err);
    struct ov_rows *rows;
    struct ov_cell key;
    int64_t row;
    size_t at;

    if (code != OV_OK)
        return code;
    rows = new_rows(table, 0, request->fields, request->n_fields);
    for (row = 0; row < request->keys->array->length; row++) {
        ov_batch_cell(table->schema, request->keys, 0, row, &key);
        at = find(table, &key);
        if (at == table->n || !is_live(table, table->records[at], call))
            continue;
        ov_rows_add(rows, &table->records[at][table->schema->key]);
        add_fields(rows, table->records[at], request->fields, request->n_fields);
    }
    return ov_rows_finish(rows, &out->rows, err);
}

static int32_t search(struct ov_table *table, const struct ov_call *call,
                      const struct ov_search *request, struct ov_result *out,
                      struct ov_error *err)
{
    const struct ov_index *index = ov_schema_index(table->schema, request->index);
    struct ov_cell score, query;
    struct ov_rows *rows;
    struct hit *hits;
    size_t n, i;
    int32_t code;
    uint32_t q;

    if (index == NULL)
        return ov_fail(err, OV_NOT_FOUND, "no index '%.*s'", (int)request->index.n,
                       request->index.p);
    code = collect(table, call, request->filter, &hits, &n, err);
    rows = code == OV_OK ? new_rows(table, 1, request->fields, request->n_fields) : NULL;
    for (q = 0; code == OV_OK && q < request->n_queries; q++) {
        query = ov_int_cell(OV_INT64, q);
        for (i = 0; i < n; i++)
            hits[i].score = ov_score(index, request, q, hits[i].record);
        qsort(hits, n, sizeof(*hits), by_rank);
        for (i = request->offset; i < n && i - request->offset < request->limit; i++) {
            score = ov_float_cell(hits[i].score);
            ov_rows_add(rows, hits[i].key);
            ov_rows_add(rows, &score);
            ov_rows_add(rows, &query);
            add_fields(rows, hits[i].record, request->fields, request->n_fields);
        }
    }
    free(hits);
    return code == OV_OK ? ov_rows_finish(rows, &out->rows, err) : code;
}

static int32_t scan(struct ov_table *table, const struct ov_call *call,
                    const struct ov_scan *request, struct ov_result *out,
                    struct ov_error *err)
{
    uint32_t order = request->order == OV_NONE ? table->schema->key : request->order;
    uint64_t skip = request->offset, sent = 0;
    struct ov_cell after[2];
    struct hit last = { .value = &after[0], .key = &after[1] }, *hits;
    struct ov_rows *rows;
    size_t n, i;
    int32_t code = collect(table, call, request->filter, &hits, &n, err);

    if (code != OV_OK)
        return code;
    for (i = 0; i < n; i++) {
        hits[i].value = &hits[i].record[order];
        hits[i].descending = (int)request->descending;
    }
    qsort(hits, n, sizeof(*hits), by_rank);
    if (request->after_key != NULL) {
        after[1] = ov_scalar_cell(request->after_key);
        after[0] = request->after_value == NULL ? after[1]
                                                : ov_scalar_cell(request->after_value);
    }
    rows = new_rows(table, 0, request->fields, request->n_fields);
    for (i = 0; i < n && sent < request->limit; i++) {
        if (request->after_key != NULL && by_rank(&hits[i], &last) <= 0)
            continue;
        if (skip > 0) {
            skip--;
            continue;
        }
        ov_rows_add(rows, hits[i].key);
        add_fields(rows, hits[i].record, request->fields, request->n_fields);
        sent++;
    }
    free(hits);
    return ov_rows_finish(rows, &out->rows, err);
}

static int32_t count(struct ov_table *table, const struct ov_call *call,
                     const struct ov_count *request, uint64_t *total,
                     struct ov_result *groups, struct ov_error *err)
{
    struct hit *hits;
    size_t n;
    int32_t code;

    if (groups != NULL)
        return ov_fail(err, OV_UNSUPPORTED, "this provider does not group");
    code = collect(table, call, request->filter, &hits, &n, err);
    free(hits);
    if (code == OV_OK)
        *total = n;
    return code;
}

void shelf_fill(struct ov_backend *out)
{
    out->upsert = upsert;
    out->update = update;
    out->remove = remove_keys;
    out->remove_where = remove_where;
    out->truncate = truncate_table;
    out->fetch = fetch;
    out->search = search;
    out->scan = scan;
    out->count = count;
}
