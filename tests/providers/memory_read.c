/* SPDX-License-Identifier: Apache-2.0 */
/* memory_read.c - the four questions: take all live records that match, sort, cut. */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

/* One candidate of a search or a scan, with what it is sorted by. */
struct hit {
    double score;
    const struct ov_cell *value, *key, *record;
    int descending;
};

/* Score descending, or value with nulls last; then key. */
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

/* Live records that match; *out has room for all and is yours. */
static int32_t find_candidates(const struct ov_table *table, const struct ov_call *call,
                               const struct ov_filter *filter, struct hit **out,
                               size_t *n, struct ov_error *err)
{
    const struct collection *collection = table->collection;
    struct ov_matcher *matcher = NULL;
    int32_t code = memory_begin(table, call, err);
    struct hit *hits = NULL;
    size_t i, found = 0;

    if (code == OV_OK && filter != NULL)
        code = ov_matcher_new(collection->schema, filter, &matcher, err);
    if (code == OV_OK && (hits = calloc(collection->n + 1, sizeof(*hits))) == NULL)
        code = ov_no_memory(err);
    for (i = 0; code == OV_OK && i < collection->n; i++) {
        const struct ov_cell *record = collection->records[i];

        if (memory_is_live(collection, record, call) &&
            (matcher == NULL || ov_matcher_match(matcher, record))) {
            hits[found].record = record;
            hits[found++].key = &record[collection->schema->key];
        }
        if (i % 256 == 0)
            code = ov_checkpoint(call, err);
    }
    ov_matcher_free(matcher);
    if (code != OV_OK) {
        free(hits);
        return code;
    }
    *out = hits;
    *n = found;
    return OV_OK;
}

static struct ov_rows *new_rows(const struct ov_schema *schema, int search,
                                const uint32_t *fields, uint32_t n_fields)
{
    struct ov_column *columns = calloc((size_t)n_fields + 3, sizeof(*columns));
    struct ov_rows *rows = NULL;

    if (columns != NULL)
        rows = ov_rows_new(columns,
                           ov_result_columns(schema, search, fields, n_fields, columns));
    free(columns);
    return rows;
}

static void add_fields(struct ov_rows *rows, const struct ov_cell *record,
                       const uint32_t *fields, uint32_t n)
{
    uint32_t f;

    for (f = 0; f < n; f++)
        ov_rows_add(rows, &record[fields[f]]);
}

static int is_explain(const struct ov_call *call, const struct ov_table *table,
                      const char *how)
{
    if ((call->flags & OV_CALL_EXPLAIN) == 0)
        return 0;
    ov_say(call, OV_NOTE_PLAN, "strategy", NULL, "%s", how);
    ov_say(call, OV_NOTE_PLAN, "records", NULL, "%zu", table->collection->n);
    return 1;
}

int32_t memory_fetch(struct ov_table *table, const struct ov_call *call,
                     const struct ov_fetch *request, struct ov_result *out,
                     struct ov_error *err)
{
    const struct collection *collection = table->collection;
    int32_t code = memory_begin(table, call, err);
    struct ov_rows *rows;
    struct ov_cell key;
    int64_t row;
    size_t at;
    int found;

    if (code != OV_OK)
        return code;
    rows = new_rows(collection->schema, 0, request->fields, request->n_fields);
    for (row = 0; row < request->keys->array->length; row++) {
        ov_batch_cell(collection->schema, request->keys, 0, row, &key);
        at = memory_find(collection, &key, &found);
        if (!found || !memory_is_live(collection, collection->records[at], call))
            continue;
        ov_rows_add(rows, &collection->records[at][collection->schema->key]);
        add_fields(rows, collection->records[at], request->fields, request->n_fields);
    }
    return ov_rows_finish(rows, &out->rows, err);
}

/* ------------------------------------------------------------------- search */

static double score_of(const struct ov_schema *schema, const struct ov_index *index,
                       const struct ov_search *request, uint32_t q,
                       const struct ov_cell *record)
{
    return request->text != NULL ? memory_keyword_score(schema, request->text[q], record)
                                 : ov_score(index, request, q, record);
}

/* Best first; a keyword search leaves out what has none of the words. */
static size_t rank(const struct ov_schema *schema, const struct ov_index *index,
                   const struct ov_search *request, uint32_t q, struct hit *hits,
                   size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        hits[i].score = score_of(schema, index, request, q, hits[i].record);
    qsort(hits, n, sizeof(*hits), by_rank);
    while (request->text != NULL && n > 0 && !(hits[n - 1].score > 0))
        n--;
    return n;
}

static void add_hits(struct ov_rows *rows, const struct ov_search *request, uint32_t q,
                     const struct hit *hits, size_t n)
{
    struct ov_cell score, query = ov_int_cell(OV_INT64, q);
    size_t i;

    for (i = request->offset; i < n && i - request->offset < request->limit; i++) {
        score = ov_float_cell(hits[i].score);
        ov_rows_add(rows, hits[i].key);
        ov_rows_add(rows, &score);
        ov_rows_add(rows, &query);
        add_fields(rows, hits[i].record, request->fields, request->n_fields);
    }
}

static int32_t check_search(const struct ov_table *table, const struct ov_search *request,
                            struct ov_error *err)
{
    const struct ov_schema *schema = table->collection->schema;

    if (request->text != NULL)
        return ov_schema_flagged(schema, OV_FIELD_FULLTEXT) != OV_NONE
                   ? OV_OK
                   : ov_fail(err, OV_UNSUPPORTED, "no field is searched by keyword");
    if (ov_schema_index(schema, request->index) != NULL)
        return OV_OK;
    return ov_fail(err, OV_NOT_FOUND, "no index '%.*s'", (int)request->index.n,
                   request->index.p);
}

int32_t memory_search(struct ov_table *table, const struct ov_call *call,
                      const struct ov_search *request, struct ov_result *out,
                      struct ov_error *err)
{
    const struct ov_schema *schema = table->collection->schema;
    int32_t code = memory_begin(table, call, err);
    struct hit *hits = NULL;
    struct ov_rows *rows;
    size_t n = 0, ranked;
    uint32_t q;

    if (code == OV_OK)
        code = check_search(table, request, err);
    if (code == OV_OK && !is_explain(call, table, "exact search over all records"))
        code = find_candidates(table, call, request->filter, &hits, &n, err);
    if (code != OV_OK)
        return code;
    rows = new_rows(schema, 1, request->fields, request->n_fields);
    for (q = 0; code == OV_OK && hits != NULL && q < request->n_queries; q++) {
        ranked =
            rank(schema, ov_schema_index(schema, request->index), request, q, hits, n);
        add_hits(rows, request, q, hits, ranked);
        code = ov_checkpoint(call, err);
    }
    free(hits);
    if (code == OV_OK)
        return ov_rows_finish(rows, &out->rows, err);
    ov_rows_free(rows);
    return code;
}

/* --------------------------------------------------------------------- scan */

static void add_page(struct ov_rows *rows, const struct ov_scan *request, size_t n,
                     const struct hit *hits, const struct hit *last)
{
    uint64_t skip = request->offset, sent = 0;
    size_t i;

    for (i = 0; i < n && sent < request->limit; i++) {
        if (last != NULL && by_rank(&hits[i], last) <= 0)
            continue;
        if (skip > 0) {
            skip--;
            continue;
        }
        ov_rows_add(rows, hits[i].key);
        add_fields(rows, hits[i].record, request->fields, request->n_fields);
        sent++;
    }
}

int32_t memory_scan(struct ov_table *table, const struct ov_call *call,
                    const struct ov_scan *request, struct ov_result *out,
                    struct ov_error *err)
{
    const struct ov_schema *schema = table->collection->schema;
    uint32_t order = request->order == OV_NONE ? schema->key : request->order;
    struct ov_cell after[2];
    struct hit last = { 0, &after[0], &after[1], NULL, (int)request->descending };
    struct hit *hits = NULL;
    struct ov_rows *rows;
    int32_t code = OV_OK;
    size_t n = 0, i;

    if (!is_explain(call, table, "sort of all records"))
        code = find_candidates(table, call, request->filter, &hits, &n, err);
    if (code != OV_OK)
        return code;
    for (i = 0; i < n; i++) {
        hits[i].value = &hits[i].record[order];
        hits[i].descending = (int)request->descending;
    }
    if (hits != NULL)
        qsort(hits, n, sizeof(*hits), by_rank);
    if (request->after_key != NULL) {
        after[1] = ov_scalar_cell(request->after_key);
        after[0] = request->after_value != NULL ? ov_scalar_cell(request->after_value)
                                                : after[1];
    }
    rows = new_rows(schema, 0, request->fields, request->n_fields);
    add_page(rows, request, n, hits, request->after_key != NULL ? &last : NULL);
    free(hits);
    return ov_rows_finish(rows, &out->rows, err);
}

/* -------------------------------------------------------------------- count */

static int by_value(const void *left, const void *right)
{
    return ov_cell_compare(left, right);
}

static uint64_t count_elements(const struct ov_cell *cell)
{
    return cell->type == OV_TEXT_LIST || cell->type == OV_INT64_LIST ? cell->n : 1;
}

/* The distinct elements of one value, sorted; how many. */
static size_t take_elements(const struct ov_cell *cell, struct ov_cell *to)
{
    size_t n = (size_t)count_elements(cell), kept = 0, i;

    for (i = 0; i < n; i++)
        to[i] = ov_cell_element(cell, i);
    qsort(to, n, sizeof(*to), by_value);
    for (i = 0; i < n; i++)
        if (kept == 0 || by_value(&to[kept - 1], &to[i]) != 0)
            to[kept++] = to[i];
    return kept;
}

static int32_t group(const struct ov_field *field, struct ov_cell *values, size_t n,
                     struct ov_result *out, struct ov_error *err)
{
    struct ov_column columns[2] = { { ov_element_type(field->type), 0,
                                      (field->flags & OV_FIELD_NULLABLE) != 0 },
                                    { OV_INT64, 0, 0 } };
    struct ov_rows *rows = ov_rows_new(columns, 2);
    struct ov_cell times = ov_int_cell(OV_INT64, 0);
    size_t i;

    qsort(values, n, sizeof(*values), by_value);
    for (i = 0; i < n; i++) {
        times.u.i++;
        if (i + 1 < n && by_value(&values[i], &values[i + 1]) == 0)
            continue;
        ov_rows_add(rows, &values[i]);
        ov_rows_add(rows, &times);
        times.u.i = 0;
    }
    return ov_rows_finish(rows, &out->rows, err);
}

int32_t memory_count(struct ov_table *table, const struct ov_call *call,
                     const struct ov_count *request, uint64_t *total,
                     struct ov_result *groups, struct ov_error *err)
{
    const struct ov_schema *schema = table->collection->schema;
    struct ov_cell *values = NULL;
    struct hit *hits = NULL;
    int32_t code = OV_OK;
    size_t n = 0, n_values = 0, i;

    if (!is_explain(call, table, "count of all records"))
        code = find_candidates(table, call, request->filter, &hits, &n, err);
    if (code == OV_OK && groups != NULL) {
        for (i = 0; i < n; i++)
            n_values += (size_t)count_elements(&hits[i].record[request->group]);
        values = calloc(n_values + 1, sizeof(*values));
        for (i = 0, n_values = 0; values != NULL && i < n; i++)
            n_values += take_elements(&hits[i].record[request->group], values + n_values);
        code = values == NULL
                   ? ov_no_memory(err)
                   : group(schema->fields[request->group], values, n_values, groups, err);
    }
    free(values);
    free(hits);
    if (code == OV_OK)
        *total = n;
    return code;
}
