/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing.c - records in order, page by page.
 *
 * The cursor is the last row of the page before: its order value and its key. So a
 * listing goes on where it was even when the store was restarted meanwhile.
 */
#include "answered.h"
#include "narrow.h"
#include "page.h"

#include <string.h>

struct scan_task {
    const struct ov_listing *listing;
    struct ov_page *out;
    struct page *page;
    struct ov_scan request;
    struct filter filter;
    struct ov_scalar after_value, after_key;
};

static int32_t check_numbers(struct call *call, const struct ov_listing *listing)
{
    if (listing->limit < -1)
        return ov_fail(call->err, OV_INVALID, "limit '%lld' is negative",
                       (long long)listing->limit);
    if (listing->offset < 0)
        return ov_fail(call->err, OV_INVALID, "offset '%lld' is negative",
                       (long long)listing->offset);
    return OV_OK;
}

/* The key ascending is the order when there is no other. */
static int32_t take_order(struct call *call, struct scan_task *task)
{
    const struct ov_schema *schema = call->view->schema->ov;
    const struct ov_listing *listing = task->listing;
    const struct field *field = NULL;
    uint32_t type;
    int32_t status;

    task->request.order = listing->descending ? schema->key : OV_NONE;
    task->request.descending = listing->descending != 0;
    if (listing->order == NULL)
        return OV_OK;
    status = narrow_field(call, listing->order, &field);
    if (status != OV_OK)
        return status;
    type = schema->fields[field->ordinal]->type;
    if (type < OV_BOOL || type > OV_TEXT)
        return ov_fail(call->err, OV_INVALID, "records have no order by '%s'",
                       listing->order);
    if (field->ordinal != schema->key)
        task->request.order = field->ordinal;
    return OV_OK;
}

static void to_scalar(const struct ov_cell *cell, struct ov_scalar *out)
{
    memset(out, 0, sizeof(*out));
    out->type = cell->type;
    if (cell->type == OV_FLOAT64) {
        out->u.f = cell->u.f;
    } else if (cell->type == OV_TEXT) {
        out->u.s.p = cell->u.text;
        out->u.s.n = cell->n;
    } else if (cell->type != OV_NULL) {
        out->u.i = cell->u.i;
    }
}

static int32_t take_cursor(struct call *call, struct scan_task *task)
{
    const struct ov_page *after = task->listing->after;
    const struct page *last = after->inside;
    struct ov_cell cell;

    if (last == NULL || last->kind != PAGE_SCAN || last->order != task->request.order ||
        last->descending != task->request.descending)
        return ov_fail(call->err, OV_INVALID,
                       "the page before is of another order or was cleared");
    if (last->rows == 0)
        return OV_OK;
    page_array_cell(last, last->rows - 1, 0, last->projection->schema->ov->key, &cell);
    to_scalar(&cell, &task->after_key);
    task->request.after_key = &task->after_key;
    if (last->order == OV_NONE)
        return OV_OK;
    page_array_cell(last, last->rows - 1, last->order_at, last->order, &cell);
    to_scalar(&cell, &task->after_value);
    task->request.after_value = &task->after_value;
    return OV_OK;
}

static int32_t take_listing(struct call *call, struct scan_task *task)
{
    const struct ov_listing *listing = task->listing;
    int32_t status = check_numbers(call, listing);

    if (status == OV_OK)
        status = take_order(call, task);
    if (status == OV_OK)
        status = narrow(call, listing->filter, &task->filter);
    if (status == OV_OK && listing->after != NULL)
        status = take_cursor(call, task);
    if (status != OV_OK)
        return status;
    task->request.filter = narrow_given(&task->filter);
    task->request.limit = listing->limit < 0 ? UINT64_MAX : (uint64_t)listing->limit;
    task->request.offset = (uint64_t)listing->offset;
    return OV_OK;
}

/* The values of the order come along, asked for or not: they are score and cursor. */
static int32_t add_order_column(struct call *call, struct scan_task *task)
{
    const struct projection *projection = task->page->projection;
    uint32_t i, n = projection->n_fields, *fields;

    task->request.fields = projection->fields;
    task->request.n_fields = n;
    task->page->order_at = 0;
    if (task->request.order == OV_NONE ||
        task->request.order == projection->schema->ov->key)
        return OV_OK;
    for (i = 0; i < n; i++)
        if (projection->fields[i] == task->request.order)
            break;
    task->page->order_at = task->page->first + i;
    if (i < n)
        return OV_OK;
    if (call_arena(call) == NULL)
        return OV_NO_SPACE;
    fields = ov_arena_take(call->arena, ((size_t)n + 1) * sizeof(*fields));
    if (fields == NULL)
        return ov_no_memory(call->err);
    if (n > 0)
        memcpy(fields, projection->fields, n * sizeof(*fields));
    fields[n] = task->request.order;
    task->request.fields = fields;
    task->request.n_fields = n + 1;
    return OV_OK;
}

static int is_empty(const struct scan_task *task)
{
    const struct ov_page *after = task->listing->after;

    return task->request.limit == 0 || task->filter.kind == FILTER_NONE ||
           (after != NULL && after->rows == 0);
}

static int32_t forward_scan(struct call *call, void *ctx)
{
    struct scan_task *task = ctx;

    return call->store->backend->scan(call->view->handle->table, &call->ov,
                                      &task->request, page_result(task->page), call->err);
}

static int32_t ask(struct call *call, struct scan_task *task)
{
    int32_t status = call_forward(call, forward_scan, task);

    if (status == OV_OK)
        status = answered_page(call, task->page, task->request.limit);
    return status == OV_OK ? answered_after(call, task->page, &task->request) : status;
}

static int32_t fill_page(struct call *call, struct scan_task *task)
{
    struct page *page = task->page;
    int32_t status;

    page->order = task->request.order;
    page->descending = task->request.descending;
    status = add_order_column(call, task);
    if (status != OV_OK)
        return status;
    if (is_empty(task))
        narrow_say_empty(call);
    else
        status = ask(call, task);
    if (status == OV_OK)
        status = page_ready(call, page);
    call->rows = (uint64_t)page->rows;
    return status;
}

static int32_t run_scan(struct call *call, void *ctx)
{
    struct scan_task *task = ctx;
    int32_t status;

    memset(&task->request, 0, sizeof(task->request));
    task->request.size = sizeof(task->request);
    status = take_listing(call, task);
    if (status != OV_OK)
        return status;
    task->page = page_new(call, PAGE_SCAN, &task->listing->fields);
    if (task->page == NULL)
        return OV_NO_SPACE;
    status = fill_page(call, task);
    if (status == OV_OK)
        page_give(task->page, task->out);
    else
        page_free(task->page);
    return status;
}

int32_t ov_collection_scan(struct ov_collection *collection,
                           const struct ov_listing *listing,
                           const struct ov_call_options *options, struct ov_page *page,
                           struct ov_error *err)
{
    struct scan_task task = { .listing = listing, .out = page };
    struct call call;
    int32_t status = call_enter(&call, collection, OP_SCAN, options, err);

    if (status != OV_OK)
        return status;
    status = page_check_clear(page, call.err);
    if (status == OV_OK)
        status = call_run(&call, run_scan, &task);
    return call_leave(&call, status);
}
