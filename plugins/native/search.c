/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search.c - the best records for a query, exactly: every candidate is scored.
 */
#include "native.h"

#include "distance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_BETWEEN_LOOKS 256

/* One call of search. */
struct search {
    const struct view *view;
    const struct ov_call *call;
    const struct ov_search *request;
    const struct ov_index *index;
    double *query; /* the dense one, widened */
    double norm;
    struct slots slots;
    double *scores;  /* one a slot */
    uint64_t *items; /* places in slots */
};

/* ------------------------------------------------------------------- scores */

static double score_dense(const struct search *search, const struct block *block,
                          uint32_t row)
{
    const struct column *column = &block->columns[search->index->dense];
    size_t dim = search->request->dim;
    const float *x = (const float *)column->values + row * dim;
    double dot, norms;

    if (search->index->metric == OV_L2)
        return 1 - distance_l2(search->query, x, dim);
    dot = distance_dot(search->query, x, dim);
    if (search->index->metric == OV_IP)
        return dot;
    norms = search->norm * column->norms[row];
    return norms > 0 ? dot / norms : 0;
}

static double score_sparse(const struct search *search, const struct ov_sparse *query,
                           const struct block *block, uint32_t row)
{
    struct ov_cell cell;

    image_cell(search->view->image, block, row, search->index->sparse, &cell);
    return ov_score_sparse(search->index->metric, query, &cell);
}

/* The sparse half of query q, or NULL when it does not count. */
static const struct ov_sparse *sparse_query(const struct search *search, uint32_t q)
{
    const struct ov_sparse *sparse = search->request->sparse;
    int alone = search->request->dense == NULL;

    if (sparse == NULL || search->index->sparse == OV_NONE || sparse[q].n == 0)
        return NULL;
    return alone || search->index->alpha != 0 ? &sparse[q] : NULL;
}

static int32_t score_all(struct search *search, uint32_t q, struct ov_error *err)
{
    const struct ov_sparse *sparse = sparse_query(search, q);
    double alpha = search->index->alpha, dense, other;
    const struct block *block;
    uint32_t row;
    size_t i;

    for (i = 0; i < search->slots.n; i++) {
        if (i % ROWS_BETWEEN_LOOKS == 0 && ov_checkpoint(search->call, err) != OV_OK)
            return err->code;
        block = search->view->blocks[search->slots.list[i] / BLOCK_ROWS];
        row = search->slots.list[i] % BLOCK_ROWS;
        dense = search->query != NULL ? score_dense(search, block, row) : 0;
        other = sparse != NULL ? score_sparse(search, sparse, block, row) : 0;
        if (sparse == NULL)
            search->scores[i] = dense;
        else if (search->query == NULL)
            search->scores[i] = other;
        else
            search->scores[i] = (1 - alpha) * dense + alpha * other;
    }
    return OV_OK;
}

static void widen(struct search *search, uint32_t q)
{
    const float *from;
    uint32_t i;

    if (search->query == NULL)
        return;
    from = search->request->dense + (size_t)q * search->request->dim;
    for (i = 0; i < search->request->dim; i++)
        search->query[i] = (double)from[i];
    search->norm = distance_norm(from, search->request->dim);
}

/* ------------------------------------------------------------------- answers */

static int by_score(const void *ctx, uint64_t a, uint64_t b)
{
    const struct search *search = ctx;

    if (search->scores[a] > search->scores[b])
        return -1;
    if (search->scores[a] < search->scores[b])
        return 1;
    return read_compare_keys(search->view, search->slots.list[a], search->slots.list[b]);
}

static int32_t send_best(struct search *search, uint32_t q, struct ov_rows *rows,
                         struct ov_error *err)
{
    const struct ov_search *request = search->request;
    uint64_t wanted = request->limit > UINT64_MAX - request->offset
                          ? UINT64_MAX
                          : request->limit + request->offset;
    uint32_t key = search->view->schema->key;
    struct ov_cell score, query = ov_int_cell(OV_INT64, q);
    struct order order = { by_score, search, search->items, search->slots.n };
    size_t i;

    for (i = 0; i < order.n; i++)
        order.items[i] = i;
    if (order_first(&order, wanted, search->call, err) != OV_OK)
        return err->code;
    for (i = request->offset; i < order.n; i++) {
        uint32_t slot = search->slots.list[search->items[i]];

        if (i % ROWS_BETWEEN_LOOKS == 0 && ov_checkpoint(search->call, err) != OV_OK)
            return err->code;
        score = ov_float_cell(search->scores[search->items[i]]);
        read_add_fields(rows, search->view, slot, &key, 1);
        ov_rows_add(rows, &score);
        ov_rows_add(rows, &query);
        read_add_fields(rows, search->view, slot, request->fields, request->n_fields);
    }
    return OV_OK;
}

static int explains(const struct search *search)
{
    return (search->call->flags & OV_CALL_EXPLAIN) != 0;
}

static int reserve(struct search *search)
{
    search->scores = malloc((search->slots.n + 1) * sizeof(*search->scores));
    search->items = malloc((search->slots.n + 1) * sizeof(*search->items));
    return search->scores != NULL && search->items != NULL ? 0 : -1;
}

static void clear(struct search *search)
{
    free(search->query);
    free(search->slots.list);
    free(search->scores);
    free(search->items);
}

/* --------------------------------------------------------------- by vectors */

static int32_t check(const struct search *search, struct ov_error *err)
{
    const struct ov_search *request = search->request;
    const struct ov_index *index = search->index;
    const struct ov_field *field;

    if (index == NULL)
        return ov_fail(err, OV_NOT_FOUND, "no index '%.*s'", (int)request->index.n,
                       request->index.p);
    field = search->view->schema->fields[index->dense];
    if (request->dense != NULL && request->dim != field->dim)
        return ov_fail(err, OV_INVALID, "a query of %u dimensions for '%.*s' of %u",
                       (unsigned)request->dim, (int)field->name.n, field->name.p,
                       (unsigned)field->dim);
    if (request->dense == NULL && index->sparse == OV_NONE)
        return ov_fail(err, OV_INVALID, "index '%.*s' has no sparse vectors",
                       (int)request->index.n, request->index.p);
    return OV_OK;
}

static int32_t run_queries(struct search *search, struct ov_rows *rows,
                           struct ov_error *err)
{
    uint32_t q;

    if (explains(search)) {
        read_explain(search->call, search->view, "exact: every candidate is scored",
                     search->slots.n);
        return OV_OK;
    }
    for (q = 0; q < search->request->n_queries; q++) {
        widen(search, q);
        if (score_all(search, q, err) != OV_OK ||
            send_best(search, q, rows, err) != OV_OK)
            return err->code;
    }
    return OV_OK;
}

static int32_t search_view(struct search *search, struct ov_rows *rows,
                           struct ov_error *err)
{
    const struct ov_search *request = search->request;
    struct sieve sieve;

    search->index = ov_schema_index(search->view->schema, request->index);
    if (check(search, err) != OV_OK ||
        sieve_init(&sieve, search->view, request->filter, search->call, err) != OV_OK)
        return err->code;
    if (request->dense != NULL) {
        search->query = calloc(request->dim + 1, sizeof(double));
        if (search->query == NULL)
            ov_no_memory(err);
    }
    if (err->code == OV_OK && sieve_slots(&sieve, &search->slots, err) == OV_OK) {
        if (reserve(search) != 0)
            ov_no_memory(err);
        else
            (void)run_queries(search, rows, err);
    }
    sieve_clear(&sieve);
    return err->code;
}

static int32_t search_vectors(struct coll *coll, const struct ov_call *call,
                              const struct ov_search *request, struct ov_result *out,
                              struct ov_error *err)
{
    struct search search = { .call = call, .request = request };
    struct ov_rows *rows;
    struct view view;

    if (sync_view(coll, call, &view, err) != OV_OK)
        return err->code;
    search.view = &view;
    rows = read_rows(&view, 1, request->fields, request->n_fields);
    if (rows == NULL)
        ov_no_memory(err);
    else if (search_view(&search, rows, err) != OV_OK)
        ov_rows_free(rows);
    else
        (void)ov_rows_finish(rows, &out->rows, err);
    clear(&search);
    view_drop(&view);
    return err->code;
}

/* ----------------------------------------------------------------- by words */

static int32_t keep_passing(struct search *search, const struct word_hits *hits,
                            struct ov_error *err)
{
    struct slots *slots = &search->slots;
    struct sieve sieve;
    size_t i;

    slots->n = hits->n;
    slots->list = malloc((hits->n + 1) * sizeof(*slots->list));
    if (slots->list == NULL || reserve(search) != 0)
        return ov_no_memory(err);
    if (sieve_init(&sieve, search->view, search->request->filter, search->call, err) !=
        OV_OK)
        return err->code;
    for (i = slots->n = 0; i < hits->n; i++)
        if (sieve_slot(&sieve, hits->list[i].slot)) {
            search->scores[slots->n] = hits->list[i].score;
            slots->list[slots->n++] = hits->list[i].slot;
        }
    sieve_clear(&sieve);
    return sieve.watch.code;
}

/* One query; *rows is made by the first, for every state has the same columns. */
static int32_t search_text(struct coll *coll, const struct ov_call *call,
                           const struct ov_search *request, uint32_t q,
                           struct ov_rows **rows, struct ov_error *err)
{
    struct search search = { .call = call, .request = request };
    struct word_hits hits;
    struct view view;

    if (words_search(coll, call, request->text[q], &view, &hits, err) != OV_OK)
        return err->code;
    search.view = &view;
    if (request->index.n > 0 && ov_schema_index(view.schema, request->index) == NULL)
        ov_fail(err, OV_NOT_FOUND, "no index '%.*s'", (int)request->index.n,
                request->index.p);
    else if (*rows == NULL)
        *rows = read_rows(&view, 1, request->fields, request->n_fields);
    if (*rows == NULL)
        ov_no_memory(err);
    if (err->code == OV_OK && keep_passing(&search, &hits, err) == OV_OK) {
        if (explains(&search))
            read_explain(call, &view, "full-text table, ranked by bm25", search.slots.n);
        else
            (void)send_best(&search, q, *rows, err);
    }
    clear(&search);
    free(hits.list);
    view_drop(&view);
    return err->code;
}

static int32_t search_texts(struct coll *coll, const struct ov_call *call,
                            const struct ov_search *request, struct ov_result *out,
                            struct ov_error *err)
{
    struct ov_rows *rows = NULL;
    uint32_t q;

    for (q = 0; q < request->n_queries; q++)
        if (search_text(coll, call, request, q, &rows, err) != OV_OK) {
            ov_rows_free(rows);
            return err->code;
        }
    return ov_rows_finish(rows, &out->rows, err);
}

int32_t read_search(struct coll *coll, const struct ov_call *call,
                    const struct ov_search *request, struct ov_result *out,
                    struct ov_error *err)
{
    if (request->text != NULL)
        return search_texts(coll, call, request, out, err);
    return search_vectors(coll, call, request, out, err);
}
