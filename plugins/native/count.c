/* SPDX-License-Identifier: Apache-2.0 */
/*
 * count.c - how many records, or how many of each value.
 *
 * Values are gathered as cells that look into the image, put in order and counted in
 * runs.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_BETWEEN_LOOKS 256

/* The values of one field of the records that pass. */
struct tally {
    const struct view *view;
    const struct ov_call *call;
    uint32_t field;
    struct slots slots;
    struct ov_cell *cells;
    size_t n, room;
};

static int in_order(const void *ctx, uint64_t a, uint64_t b)
{
    const struct ov_cell *cells = ctx;
    int order = ov_cell_compare(&cells[a], &cells[b]);

    return order != 0 ? order : (a > b) - (a < b);
}

static int is_list(uint32_t type)
{
    return type == OV_TEXT_LIST || type == OV_INT64_LIST;
}

static int add(struct tally *tally, const struct ov_cell *cell)
{
    size_t room = tally->room > 0 ? 2 * tally->room : 1024;
    struct ov_cell *grown;

    if (tally->n == tally->room) {
        grown = realloc(tally->cells, room * sizeof(*grown));
        if (grown == NULL)
            return -1;
        tally->cells = grown;
        tally->room = room;
    }
    tally->cells[tally->n++] = *cell;
    return 0;
}

/* Each element once. */
static int add_elements(struct tally *tally, const struct ov_cell *list)
{
    size_t first = tally->n, i;
    struct ov_cell element;
    uint64_t e;

    for (e = 0; e < list->n; e++) {
        element = ov_cell_element(list, e);
        for (i = first; i < tally->n; i++)
            if (ov_cell_compare(&tally->cells[i], &element) == 0)
                break;
        if (i == tally->n && add(tally, &element) != 0)
            return -1;
    }
    return 0;
}

static int32_t gather(struct tally *tally, struct ov_error *err)
{
    struct ov_cell cell;
    size_t i;
    int failed;

    for (i = 0; i < tally->slots.n; i++) {
        if (i % ROWS_BETWEEN_LOOKS == 0 && ov_checkpoint(tally->call, err) != OV_OK)
            return err->code;
        view_cell(tally->view, tally->slots.list[i], tally->field, &cell);
        failed = is_list(cell.type) ? add_elements(tally, &cell) : add(tally, &cell);
        if (failed)
            return ov_no_memory(err);
    }
    return OV_OK;
}

static void send_runs(const struct tally *tally, const uint64_t *items,
                      struct ov_rows *rows)
{
    struct ov_cell times;
    size_t i, first = 0;

    for (i = 0; i < tally->n; i++) {
        if (i + 1 < tally->n &&
            ov_cell_compare(&tally->cells[items[i]], &tally->cells[items[i + 1]]) == 0)
            continue;
        times = ov_int_cell(OV_INT64, (int64_t)(i + 1 - first));
        ov_rows_add(rows, &tally->cells[items[i]]);
        ov_rows_add(rows, &times);
        first = i + 1;
    }
}

static int32_t count_groups(struct tally *tally, struct ov_rows *rows,
                            struct ov_error *err)
{
    struct order order = { .compare = in_order };
    size_t i;

    if (gather(tally, err) != OV_OK)
        return err->code;
    order.ctx = tally->cells;
    order.n = tally->n;
    order.items = malloc((tally->n + 1) * sizeof(*order.items));
    if (order.items == NULL)
        return ov_no_memory(err);
    for (i = 0; i < tally->n; i++)
        order.items[i] = i;
    if (order_first(&order, order.n, tally->call, err) == OV_OK)
        send_runs(tally, order.items, rows);
    free(order.items);
    return err->code;
}

static struct ov_rows *group_rows(const struct view *view, uint32_t field)
{
    const struct ov_field *by = view->schema->fields[field];
    struct ov_column columns[2] = { { 0 }, { OV_INT64, 0, 0 } };

    columns[0].type = ov_element_type(by->type);
    columns[0].nullable = (by->flags & OV_FIELD_NULLABLE) != 0;
    return ov_rows_new(columns, 2);
}

static int32_t count_by_value(struct tally *tally, const struct sieve *sieve,
                              struct ov_result *groups, struct ov_error *err)
{
    struct ov_rows *rows = group_rows(tally->view, tally->field);
    int explain = (tally->call->flags & OV_CALL_EXPLAIN) != 0;

    if (rows == NULL)
        return ov_no_memory(err);
    if (sieve_slots(sieve, tally->call, &tally->slots, err) != OV_OK ||
        (!explain && count_groups(tally, rows, err) != OV_OK))
        ov_rows_free(rows);
    else
        (void)ov_rows_finish(rows, &groups->rows, err);
    return err->code;
}

int32_t read_count(struct coll *coll, const struct ov_call *call,
                   const struct ov_count *request, uint64_t *total,
                   struct ov_result *groups, struct ov_error *err)
{
    struct tally tally = { .call = call, .field = request->group };
    struct sieve sieve;
    struct view view;
    uint64_t n = 0;

    if (sync_view(coll, call, &view, err) != OV_OK)
        return err->code;
    tally.view = &view;
    if (sieve_init(&sieve, &view, request->filter, call->now_us, err) == OV_OK) {
        if (groups == NULL)
            (void)sieve_count(&sieve, call, &n, err);
        else if (count_by_value(&tally, &sieve, groups, err) == OV_OK)
            n = tally.slots.n;
        if (err->code == OV_OK && (call->flags & OV_CALL_EXPLAIN) != 0)
            read_explain(call, &view, "count over columns", n);
        sieve_clear(&sieve);
    }
    if (err->code == OV_OK)
        *total = n;
    free(tally.slots.list);
    free(tally.cells);
    view_drop(&view);
    return err->code;
}
