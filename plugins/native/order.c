/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.c - the first k of many, in order.
 *
 * A heap of k with the worst on top takes what is better; then the heap is taken apart.
 * With k at the number of items that is heapsort. qsort() could not look at the clock.
 */
#include "native.h"

/* Two comparisons in a level of the heap, in units of ov_watch. */
#define LEVEL_UNITS 8

/* The item at the top of the first n sinks to its place. */
static void sink(struct order *order, size_t n, size_t at)
{
    uint64_t *heap = order->items, item = heap[at];
    size_t child;

    while ((child = 2 * at + 1) < n) {
        (void)ov_watch_spend(&order->watch, LEVEL_UNITS);
        if (child + 1 < n && order->compare(order->ctx, heap[child], heap[child + 1]) < 0)
            child++;
        if (order->compare(order->ctx, item, heap[child]) >= 0)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = item;
}

int32_t order_first(struct order *order, size_t k, const struct ov_call *call,
                    struct ov_error *err)
{
    size_t kept = order->n < k ? order->n : k, i;
    uint64_t *items = order->items, worst;

    ov_watch_begin(&order->watch, call, err);
    for (i = kept / 2; i-- > 0;) {
        if (order->watch.code != OV_OK)
            return err->code;
        sink(order, kept, i);
    }
    for (i = kept; kept > 0 && i < order->n; i++) {
        if (ov_watch_spend(&order->watch, LEVEL_UNITS) != OV_OK)
            return err->code;
        if (order->compare(order->ctx, items[i], items[0]) < 0) {
            items[0] = items[i];
            sink(order, kept, 0);
        }
    }
    for (i = kept; i-- > 1;) {
        if (order->watch.code != OV_OK)
            return err->code;
        worst = items[0];
        items[0] = items[i];
        items[i] = worst;
        sink(order, i, 0);
    }
    order->n = kept;
    return order->watch.code;
}
