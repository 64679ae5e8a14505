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

/* A value, and which of the records it is of: lists have several, each counts once. */
struct entry {
    struct ov_cell cell;
    size_t owner;
};

/* The values of one field of the records that pass. */
struct tally {
    const struct view *view;
    const struct ov_call *call;
    uint32_t field;
    struct slots slots;
    struct entry *entries;
    size_t n, room;
    struct order order; /* of the entries */
};

/* Entries of one record lie together, so they stay together among equals. */
static int in_order(const void *ctx, uint64_t a, uint64_t b)
{
    struct tally *tally = (struct tally *)(uintptr_t)ctx;
    const struct ov_cell *left = &tally->entries[a].cell;
    const struct ov_cell *right = &tally->entries[b].cell;
    int order = ov_cell_compare(left, right);

    (void)ov_watch_spend(&tally->order.watch,
                         (left->n < right->n ? left->n : right->n) / 16);
    return order != 0 ? order : (a > b) - (a < b);
}

static int is_list(uint32_t type)
{
    return type == OV_TEXT_LIST || type == OV_INT64_LIST;
}

static int add(struct tally *tally, const struct ov_cell *cell, size_t owner)
{
    size_t room = tally->room > 0 ? 2 * tally->room : 1024;
    struct entry *grown;

    if (tally->n == tally->room) {
        grown = realloc(tally->entries, room * sizeof(*grown));
        if (grown == NULL)
            return -1;
        tally->entries = grown;
        tally->room = room;
    }
    tally->entries[tally->n].cell = *cell;
    tally->entries[tally->n++].owner = owner;
    return 0;
}

static int add_elements(struct tally *tally, const struct ov_cell *list, size_t owner)
{
    struct ov_cell element;
    uint64_t e;

    for (e = 0; e < list->n; e++) {
        element = ov_cell_element(list, e);
        if (ov_watch_spend(&tally->order.watch, 4) != OV_OK)
            return 0;
        if (add(tally, &element, owner) != 0)
            return -1;
    }
    return 0;
}

static int32_t gather(struct tally *tally, struct ov_error *err)
{
    struct ov_cell cell;
    size_t i;
    int failed;

    ov_watch_begin(&tally->order.watch, tally->call, err);
    for (i = 0; i < tally->slots.n; i++) {
        if (ov_watch_spend(&tally->order.watch, 8) != OV_OK)
            return err->code;
        view_cell(tally->view, tally->slots.list[i], tally->field, &cell);
        failed =
            is_list(cell.type) ? add_elements(tally, &cell, i) : add(tally, &cell, i);
        if (failed)
            return ov_no_memory(err);
    }
    return tally->order.watch.code;
}

/* In how many records there is each value. */
static int32_t send_runs(struct tally *tally, struct ov_rows *rows, struct ov_error *err)
{
    const uint64_t *items = tally->order.items;
    struct ov_cell times = ov_int_cell(OV_INT64, 0);
    size_t i;

    for (i = 0; i < tally->n; i++) {
        const struct entry *entry = &tally->entries[items[i]], *next = NULL;

        if (ov_watch_spend(&tally->order.watch, 16 + entry->cell.n / 8) != OV_OK)
            return err->code;
        if (i + 1 < tally->n)
            next = &tally->entries[items[i + 1]];
        if (next != NULL && ov_cell_compare(&entry->cell, &next->cell) == 0) {
            times.u.i += entry->owner != next->owner;
            continue;
        }
        times.u.i++;
        ov_rows_add(rows, &entry->cell);
        ov_rows_add(rows, &times);
        times.u.i = 0;
    }
    return OV_OK;
}

static int32_t count_groups(struct tally *tally, struct ov_rows *rows,
                            struct ov_error *err)
{
    struct order *order = &tally->order;
    size_t i;

    if (gather(tally, err) != OV_OK)
        return err->code;
    order->compare = in_order;
    order->ctx = tally;
    order->n = tally->n;
    order->items = malloc((tally->n + 1) * sizeof(*order->items));
    if (order->items == NULL)
        return ov_no_memory(err);
    for (i = 0; i < tally->n; i++)
        order->items[i] = i;
    if (order_first(order, order->n, tally->call, err) == OV_OK)
        (void)send_runs(tally, rows, err);
    free(order->items);
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

static int32_t count_by_value(struct tally *tally, struct sieve *sieve,
                              struct ov_result *groups, struct ov_error *err)
{
    struct ov_rows *rows = group_rows(tally->view, tally->field);
    int explain = (tally->call->flags & OV_CALL_EXPLAIN) != 0;

    if (rows == NULL)
        return ov_no_memory(err);
    if (sieve_slots(sieve, &tally->slots, err) != OV_OK ||
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
    if (sieve_init(&sieve, &view, request->filter, call, err) == OV_OK) {
        if (groups == NULL)
            (void)sieve_count(&sieve, &n, err);
        else if (count_by_value(&tally, &sieve, groups, err) == OV_OK)
            n = tally.slots.n;
        if (err->code == OV_OK && (call->flags & OV_CALL_EXPLAIN) != 0)
            read_explain(call, &view, "count over columns", n);
        sieve_clear(&sieve);
    }
    if (err->code == OV_OK)
        *total = n;
    free(tally.slots.list);
    free(tally.entries);
    view_drop(&view);
    return err->code;
}
