/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read.c - fetch and scan: records by key, records in order.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

/* A row may have megabytes. */
#define ROWS_BETWEEN_LOOKS 8

/* What a scan sorts by. */
struct scan {
    const struct view *view;
    const struct ov_call *call;
    const struct ov_scan *request;
    struct ov_watch *watch; /* of the sorting */
    uint32_t field;         /* the key's when it is by key */
    int descending;
    struct ov_cell after_value, after_key;
};

struct ov_rows *read_rows(const struct view *view, int search, const uint32_t *fields,
                          uint32_t n_fields)
{
    struct ov_column *columns = calloc(n_fields + 3, sizeof(*columns));
    struct ov_rows *rows;

    if (columns == NULL)
        return NULL;
    rows = ov_rows_new(
        columns, ov_result_columns(view->schema, search, fields, n_fields, columns));
    free(columns);
    return rows;
}

void read_add_fields(struct ov_rows *rows, const struct view *view, uint32_t slot,
                     const uint32_t *fields, uint32_t n_fields)
{
    struct ov_cell cell;
    uint32_t f;

    for (f = 0; f < n_fields; f++) {
        view_cell(view, slot, fields[f], &cell);
        ov_rows_add(rows, &cell);
    }
}

int read_compare_keys(const struct view *view, uint32_t a, uint32_t b)
{
    struct ov_cell left, right;

    view_cell(view, a, view->schema->key, &left);
    view_cell(view, b, view->schema->key, &right);
    return ov_cell_compare(&left, &right);
}

/* -------------------------------------------------------------------- fetch */

static int32_t fetch_keys(const struct view *view, const struct ov_call *call,
                          const struct ov_fetch *request, struct ov_rows *rows,
                          struct ov_error *err)
{
    struct ov_cell key;
    uint32_t slot;
    int64_t row;

    for (row = 0; row < request->keys->array->length; row++) {
        if (row % ROWS_BETWEEN_LOOKS == 0 && ov_checkpoint(call, err) != OV_OK)
            return err->code;
        ov_batch_cell(view->schema, request->keys, 0, row, &key);
        slot = view_find(view, &key);
        if (slot == NO_SLOT || view_expired(view, slot, call->now_us))
            continue;
        ov_rows_add(rows, &key);
        read_add_fields(rows, view, slot, request->fields, request->n_fields);
    }
    return OV_OK;
}

int32_t read_fetch(struct coll *coll, const struct ov_call *call,
                   const struct ov_fetch *request, struct ov_result *out,
                   struct ov_error *err)
{
    struct view view;
    struct ov_rows *rows;

    if (sync_view(coll, call, &view, err) != OV_OK)
        return err->code;
    rows = read_rows(&view, 0, request->fields, request->n_fields);
    if (rows == NULL)
        ov_no_memory(err);
    else if (fetch_keys(&view, call, request, rows, err) != OV_OK)
        ov_rows_free(rows);
    else
        (void)ov_rows_finish(rows, &out->rows, err);
    view_drop(&view);
    return err->code;
}

/* --------------------------------------------------------------------- scan */

/* Nulls are last in both directions, keys ascend in both. */
static int order_values(const struct scan *scan, const struct ov_cell *a,
                        const struct ov_cell *b)
{
    int order = ov_cell_compare(a, b);

    return scan->descending && a->type != OV_NULL && b->type != OV_NULL ? -order : order;
}

static int in_order(const void *ctx, uint64_t a, uint64_t b)
{
    const struct scan *scan = ctx;
    struct ov_cell left, right;
    int order;

    view_cell(scan->view, (uint32_t)a, scan->field, &left);
    view_cell(scan->view, (uint32_t)b, scan->field, &right);
    (void)ov_watch_spend(scan->watch, (left.n < right.n ? left.n : right.n) / 16);
    order = order_values(scan, &left, &right);
    return order != 0 ? order : read_compare_keys(scan->view, (uint32_t)a, (uint32_t)b);
}

static int is_behind(const struct scan *scan, uint32_t slot)
{
    struct ov_cell value, key;
    int order;

    view_cell(scan->view, slot, scan->field, &value);
    view_cell(scan->view, slot, scan->view->schema->key, &key);
    order = order_values(scan, &value, &scan->after_value);
    return order > 0 || (order == 0 && ov_cell_compare(&key, &scan->after_key) > 0);
}

static void prepare_scan(struct scan *scan, const struct view *view,
                         const struct ov_call *call, const struct ov_scan *request)
{
    memset(scan, 0, sizeof(*scan));
    scan->call = call;
    scan->request = request;
    scan->view = view;
    scan->field = request->order == OV_NONE ? view->schema->key : request->order;
    scan->descending = request->order != OV_NONE && request->descending != 0;
    if (request->after_key == NULL)
        return;
    scan->after_key = ov_scalar_cell(request->after_key);
    scan->after_value = request->after_value != NULL
                            ? ov_scalar_cell(request->after_value)
                            : scan->after_key;
}

/* The slots behind the cursor, the first offset + limit of them in order. */
static int32_t order_slots(struct scan *scan, const struct slots *slots,
                           struct order *order, struct ov_error *err)
{
    const struct ov_scan *request = scan->request;
    uint64_t wanted = request->limit > UINT64_MAX - request->offset
                          ? UINT64_MAX
                          : request->limit + request->offset;
    size_t i;

    order->compare = in_order;
    order->ctx = scan;
    order->items = malloc((slots->n + 1) * sizeof(*order->items));
    if (order->items == NULL)
        return ov_no_memory(err);
    ov_watch_begin(&order->watch, scan->call, err);
    scan->watch = &order->watch;
    for (i = 0; i < slots->n && ov_watch_spend(scan->watch, 8) == OV_OK; i++)
        if (request->after_key == NULL || is_behind(scan, slots->list[i]))
            order->items[order->n++] = slots->list[i];
    if (scan->watch->code != OV_OK)
        return err->code;
    return order_first(order, wanted, scan->call, err);
}

static int32_t send_slots(const struct scan *scan, const struct order *order,
                          struct ov_rows *rows, struct ov_error *err)
{
    const struct ov_scan *request = scan->request;
    uint32_t key = scan->view->schema->key, slot;
    size_t i;

    for (i = request->offset; i < order->n; i++) {
        if (i % ROWS_BETWEEN_LOOKS == 0 && ov_checkpoint(scan->call, err) != OV_OK)
            return err->code;
        slot = (uint32_t)order->items[i];
        read_add_fields(rows, scan->view, slot, &key, 1);
        read_add_fields(rows, scan->view, slot, request->fields, request->n_fields);
    }
    return OV_OK;
}

static int32_t scan_view(const struct view *view, const struct ov_call *call,
                         const struct ov_scan *request, struct ov_rows *rows,
                         struct ov_error *err)
{
    struct slots slots = { 0 };
    struct order order = { 0 };
    struct sieve sieve;
    struct scan scan;

    if (sieve_init(&sieve, view, request->filter, call, err) != OV_OK)
        return err->code;
    prepare_scan(&scan, view, call, request);
    if (sieve_slots(&sieve, &slots, err) == OV_OK &&
        order_slots(&scan, &slots, &order, err) == OV_OK) {
        if ((call->flags & OV_CALL_EXPLAIN) != 0)
            read_explain(call, view, "sort of the records that pass", slots.n);
        else
            (void)send_slots(&scan, &order, rows, err);
    }
    sieve_clear(&sieve);
    free(slots.list);
    free(order.items);
    return err->code;
}

static int32_t send_page(const struct view *view, const struct ov_call *call,
                         const struct ov_scan *request, const struct order *order,
                         struct ov_result *out, struct ov_error *err)
{
    struct ov_rows *rows = read_rows(view, 0, request->fields, request->n_fields);
    struct scan scan;

    prepare_scan(&scan, view, call, request);
    if (rows == NULL)
        ov_no_memory(err);
    else if (send_slots(&scan, order, rows, err) != OV_OK)
        ov_rows_free(rows);
    else
        (void)ov_rows_finish(rows, &out->rows, err);
    return err->code;
}

/* OV_UNSUPPORTED without an error: it is no page by key, or not well answered as one. */
static int32_t scan_by_key(struct coll *coll, const struct ov_call *call,
                           const struct ov_scan *request, struct ov_result *out,
                           struct ov_error *err)
{
    struct order order = { 0 };
    struct view view;
    int32_t status;

    if (!keys_can(call, request, __atomic_load_n(&coll->key, __ATOMIC_ACQUIRE)))
        return OV_UNSUPPORTED;
    status = keys_page(coll, call, request, &view, &order, err);
    if (status != OV_OK)
        return status;
    status = send_page(&view, call, request, &order, out, err);
    free(order.items);
    view_drop(&view);
    return status;
}

int32_t read_scan(struct coll *coll, const struct ov_call *call,
                  const struct ov_scan *request, struct ov_result *out,
                  struct ov_error *err)
{
    int32_t status = scan_by_key(coll, call, request, out, err);
    struct view view;
    struct ov_rows *rows;

    if (status == OV_OK || err->code != OV_OK)
        return status;

    if (sync_view(coll, call, &view, err) != OV_OK)
        return err->code;
    rows = read_rows(&view, 0, request->fields, request->n_fields);
    if (rows == NULL)
        ov_no_memory(err);
    else if (scan_view(&view, call, request, rows, err) != OV_OK)
        ov_rows_free(rows);
    else
        (void)ov_rows_finish(rows, &out->rows, err);
    view_drop(&view);
    return err->code;
}

void read_explain(const struct ov_call *call, const struct view *view,
                  const char *strategy, uint64_t candidates)
{
    ov_say(call, OV_NOTE_PLAN, "strategy", NULL, "%s", strategy);
    ov_say(call, OV_NOTE_PLAN, "candidates", NULL, "%llu",
           (unsigned long long)candidates);
    ov_say(call, OV_NOTE_PLAN, "slots", NULL, "%u", (unsigned)view->n_slots);
}
