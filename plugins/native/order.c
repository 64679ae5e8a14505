/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.c - the first k of many, in order.
 *
 * A heap of k with the worst on top takes what is better; then the heap is taken apart.
 * With k at the number of items that is heapsort. qsort() could not look at the clock.
 */
#include "native.h"

#define STEPS_BETWEEN_LOOKS 1024

static void sink(uint64_t *heap, size_t n, size_t at, order_fn *order, const void *ctx)
{
    uint64_t item = heap[at];
    size_t child;

    while ((child = 2 * at + 1) < n) {
        if (child + 1 < n && order(ctx, heap[child], heap[child + 1]) < 0)
            child++;
        if (order(ctx, item, heap[child]) >= 0)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = item;
}

int32_t order_first(uint64_t *items, size_t *n, size_t k, order_fn *order,
                    const void *ctx, const struct ov_call *call, struct ov_error *err)
{
    size_t kept = *n < k ? *n : k, i;
    uint64_t worst;

    for (i = kept / 2; i-- > 0;) {
        if (i % STEPS_BETWEEN_LOOKS == 0 && ov_checkpoint(call, err) != OV_OK)
            return err->code;
        sink(items, kept, i, order, ctx);
    }
    for (i = kept; kept > 0 && i < *n; i++) {
        if (i % STEPS_BETWEEN_LOOKS == 0 && ov_checkpoint(call, err) != OV_OK)
            return err->code;
        if (order(ctx, items[i], items[0]) < 0) {
            items[0] = items[i];
            sink(items, kept, 0, order, ctx);
        }
    }
    for (i = kept; i-- > 1;) {
        if (i % STEPS_BETWEEN_LOOKS == 0 && ov_checkpoint(call, err) != OV_OK)
            return err->code;
        worst = items[0];
        items[0] = items[i];
        items[i] = worst;
        sink(items, i, 0, order, ctx);
    }
    *n = kept;
    return OV_OK;
}
