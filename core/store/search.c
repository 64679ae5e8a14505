/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search.c - the best records for a question.
 *
 * Everything is checked before anything is left out: a search for 0 hits with a filter
 * that does not parse is refused like any other.
 */
#include "answered.h"
#include "narrow.h"
#include "page.h"
#include "value.h"

#include <math.h>
#include <string.h>

struct search_task {
    const struct ov_query *query;
    struct ov_page *out;
    struct page *page;
    struct ov_search request;
    struct ov_sparse sparse;
    struct filter filter;
};

static int32_t find_index(struct call *call, const char *name,
                          const struct ov_index **out)
{
    const struct ov_schema *schema = call->view->schema->ov;
    struct ov_str text =
        ov_str_of(name == NULL ? call->store->settings.index_name : name);
    const struct ov_index *index = ov_schema_index(schema, text);

    if (index == NULL) {
        call->doubt = 1;
        return ov_fail(call->err, OV_NOT_FOUND, "no index '%.*s' in collection '%s'",
                       CALL_TEXT(text), call->collection->name);
    }
    *out = index;
    return OV_OK;
}

static int32_t fail_range(struct call *call, const float *floats)
{
    uint64_t i = 0;

    while (fabsf(floats[i]) <= (float)VALUE_LARGEST)
        i++;
    return ov_fail(call->err, OV_INVALID,
                   "element %llu of the query is not finite or over 1e15",
                   (unsigned long long)i);
}

static int32_t take_dense(struct call *call, struct search_task *task,
                          const struct ov_index *index)
{
    const struct ov_query *query = task->query;
    uint32_t dim = call->view->schema->ov->fields[index->dense]->dim;

    if (query->dense == NULL || query->dim == 0)
        return OV_OK;
    if (query->dim != dim) {
        call->doubt = 1;
        return ov_fail(call->err, OV_INVALID, "a query of %llu numbers, not %u",
                       (unsigned long long)query->dim, dim);
    }
    if (!value_floats_fit(query->dense, dim))
        return fail_range(call, query->dense);
    task->request.dense = query->dense;
    task->request.dim = dim;
    return OV_OK;
}

/* The terms as texts that lie side by side; ascending, as the value's maker left them. */
static int32_t take_sparse(struct call *call, struct search_task *task,
                           const struct ov_index *index)
{
    struct value_maker maker = { .arena = call_arena(call),
                                 .schema = call->view->schema,
                                 .ability = &call->store->ability,
                                 .err = call->err };
    struct ov_cell cell;
    struct ov_str *terms;
    uint64_t i;
    int32_t status;

    if (maker.arena == NULL)
        return OV_NO_SPACE;
    status = value_sparse(&maker, task->query->sparse, &cell);
    if (status != OV_OK)
        return status;
    if (cell.n == 0 || index->sparse == OV_NONE)
        return OV_OK;
    terms = ov_arena_take(maker.arena, (size_t)cell.n * sizeof(*terms));
    if (terms == NULL)
        return ov_no_memory(call->err);
    for (i = 0; i < cell.n; i++) {
        terms[i].p = cell.bytes + cell.u.offsets[i];
        terms[i].n = (uint64_t)(cell.u.offsets[i + 1] - cell.u.offsets[i]);
    }
    task->sparse.n = cell.n;
    task->sparse.terms = terms;
    task->sparse.weights = cell.weights;
    task->request.sparse = &task->sparse;
    call->doubt = 1; /* the index may have lost its sparse field since */
    return OV_OK;
}

static int32_t take_text(struct call *call, struct search_task *task)
{
    const struct ov_query *query = task->query;

    if (query->dense != NULL || query->sparse != NULL)
        return ov_fail(call->err, OV_INVALID, "words and vectors in one query");
    if (!ov_utf8_valid(*query->text))
        return ov_fail(call->err, OV_INVALID, "the words hold U+0000 or invalid UTF-8");
    if ((call->store->ability.can & OV_CAN_KEYWORD) == 0)
        return ov_fail(call->err, OV_UNSUPPORTED, "provider '%s' has no keyword search",
                       call->store->provider->name);
    if (ov_schema_flagged(call->view->schema->ov, OV_FIELD_FULLTEXT) == OV_NONE)
        return ov_fail(call->err, OV_UNSUPPORTED,
                       "collection '%s' has no field for keyword search",
                       call->collection->name);
    if (query->text->n > 0)
        task->request.text = query->text;
    return OV_OK;
}

/* Sparse terms change the score only where the index weighs them. */
static int32_t check_hybrid(struct call *call, struct search_task *task,
                            const struct ov_index *index)
{
    uint32_t can = call->store->ability.can;

    if (task->request.sparse == NULL)
        return OV_OK;
    if (task->request.dense == NULL) {
        if ((can & OV_CAN_SPARSE_ONLY) != 0)
            return OV_OK;
        return ov_fail(call->err, OV_UNSUPPORTED,
                       "provider '%s' has no search by sparse vector alone",
                       call->store->provider->name);
    }
    if (index->alpha == 0)
        task->request.sparse = NULL;
    else if ((can & OV_CAN_HYBRID) == 0)
        return ov_fail(call->err, OV_UNSUPPORTED, "provider '%s' has no hybrid search",
                       call->store->provider->name);
    return OV_OK;
}

static int32_t check_numbers(struct call *call, const struct ov_query *query)
{
    if (query->limit < 0)
        return ov_fail(call->err, OV_INVALID, "limit '%lld' is negative",
                       (long long)query->limit);
    if (query->offset < 0)
        return ov_fail(call->err, OV_INVALID, "offset '%lld' is negative",
                       (long long)query->offset);
    if ((query->flags & ~(uint32_t)OV_SEARCH_EXACT) != 0)
        return ov_fail(call->err, OV_INVALID, "unknown search flags 0x%x", query->flags);
    return OV_OK;
}

/* What a query asks for whatever it searches. Member by member, as a page (page.c). */
static void begin_request(struct ov_search *request, const struct ov_query *query)
{
    request->size = sizeof(*request);
    request->flags = query->flags;
    request->n_queries = 1;
    request->dim = 0;
    request->dense = NULL;
    request->sparse = NULL;
    request->text = NULL;
    request->limit = (uint64_t)query->limit;
    request->offset = (uint64_t)query->offset;
    request->reserved = 0;
}

/* Terms that the index does not weigh are left out without a word, so it is asked first
 * whether the index is still like that: another process may have made it hybrid. */
static int32_t find_present_index(struct call *call, const struct ov_query *query,
                                  const struct ov_index **out)
{
    int32_t status = find_index(call, query->index, out);

    if (status != OV_OK || query->sparse == NULL || query->sparse->n == 0 ||
        ((*out)->sparse != OV_NONE && (*out)->alpha != 0))
        return status;
    status = call_refresh(call);
    return status == OV_OK ? find_index(call, query->index, out) : status;
}

static int32_t take_query(struct call *call, struct search_task *task)
{
    const struct ov_query *query = task->query;
    const struct ov_index *index = NULL;
    int32_t status = check_numbers(call, query);

    begin_request(&task->request, query);
    if (status == OV_OK)
        status = find_present_index(call, query, &index);
    if (status == OV_OK)
        status = take_dense(call, task, index);
    if (status == OV_OK && query->sparse != NULL && query->sparse->kind != OV_DOC_NULL)
        status = take_sparse(call, task, index);
    if (status == OV_OK)
        status = check_hybrid(call, task, index);
    if (status == OV_OK && query->text != NULL)
        status = take_text(call, task);
    if (status == OV_OK)
        status = narrow(call, query->filter, &task->filter);
    if (status != OV_OK)
        return status;
    task->request.index = index->name;
    task->request.filter = narrow_given(&task->filter);
    return OV_OK;
}

static int is_empty(const struct search_task *task)
{
    const struct ov_search *request = &task->request;

    return request->limit == 0 || task->filter.kind == FILTER_NONE ||
           (request->dense == NULL && request->sparse == NULL && request->text == NULL);
}

static int32_t forward_search(struct call *call, void *ctx)
{
    struct search_task *task = ctx;

    return call->store->backend->search(call->view->handle->table, &call->ov,
                                        &task->request, page_result(task->page),
                                        call->err);
}

static int32_t ask(struct call *call, struct search_task *task)
{
    int32_t status = call_forward(call, forward_search, task);

    return status == OV_OK ? answered_page(call, task->page, task->request.limit)
                           : status;
}

static int32_t run_search(struct call *call, void *ctx)
{
    struct search_task *task = ctx;
    struct page *page;
    int32_t status;

    status = take_query(call, task);
    if (status != OV_OK)
        return status;
    page = page_new(call, PAGE_SEARCH, &task->query->fields);
    if (page == NULL)
        return OV_NO_SPACE;
    task->page = page;
    task->request.n_fields = page->projection->n_fields;
    task->request.fields = page->projection->fields;
    if (is_empty(task))
        narrow_say_empty(call);
    else
        status = ask(call, task);
    if (status == OV_OK)
        status = page_ready(call, page);
    call->rows = (uint64_t)page->rows;
    if (status == OV_OK)
        page_give(page, task->out);
    else
        page_free(page);
    return status;
}

int32_t ov_collection_search(struct ov_collection *collection,
                             const struct ov_query *query,
                             const struct ov_call_options *options, struct ov_page *page,
                             struct ov_error *err)
{
    struct search_task task;
    struct call call;
    int32_t status = call_enter(&call, collection, OP_SEARCH, options, err);

    if (status != OV_OK)
        return status;
    task.query = query;
    task.out = page;
    status = page_check_clear(page, call.err);
    if (status == OV_OK)
        status = call_run(&call, run_search, &task);
    return call_leave(&call, status);
}
