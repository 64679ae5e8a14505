/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.c - a filter over columns, a block of 1024 rows at a time.
 *
 * A set of rows is 16 words of bits. Each node gets the rows that still matter and gives
 * back those of them that pass, so an AND narrows and an OR asks only for the rest.
 * Numbers are compared where they lie; every other leaf is the helper library's, which
 * has the one rule for all providers.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

/* What a pass over the columns of a block costs, in units of ov_watch. */
#define BLOCK_UNITS (BLOCK_ROWS / 8)

int32_t sieve_init(struct sieve *sieve, const struct view *view,
                   const struct ov_filter *filter, const struct ov_call *call,
                   struct ov_error *err)
{
    int32_t code;

    memset(sieve, 0, sizeof(*sieve));
    sieve->view = view;
    sieve->filter = filter;
    sieve->now_us = call->now_us;
    ov_watch_begin(&sieve->watch, call, err);
    if (sieve->watch.code != OV_OK || filter == NULL)
        return sieve->watch.code;
    sieve->hints = calloc(filter->n_nodes, sizeof(*sieve->hints));
    if (sieve->hints == NULL)
        return ov_no_memory(err);
    narrow_plan(sieve->hints, view, filter);
    code =
        ov_matcher_new_watched(view->schema, filter, &sieve->watch, &sieve->matcher, err);
    if (code != OV_OK)
        sieve_clear(sieve);
    return code;
}

void sieve_clear(struct sieve *sieve)
{
    ov_matcher_free(sieve->matcher);
    free(sieve->hints);
    sieve->matcher = NULL;
    sieve->hints = NULL;
}

/* ------------------------------------------------------------------- leaves */

/* Bounds with both ends inside; 0 when nothing lies between them. */
static int whole_bounds(const struct ov_node *node, const struct ov_scalar *values,
                        int64_t *low, int64_t *high)
{
    *low = INT64_MIN;
    *high = INT64_MAX;
    if ((node->flags & OV_RANGE_LOW) != 0)
        *low = (values++)->u.i;
    if ((node->flags & OV_RANGE_HIGH) != 0)
        *high = values->u.i;
    if ((node->flags & OV_RANGE_LOW) != 0 && (node->flags & OV_RANGE_LOW_OPEN) != 0)
        if ((*low)++ == INT64_MAX)
            return 0;
    if ((node->flags & OV_RANGE_HIGH) != 0 && (node->flags & OV_RANGE_HIGH_OPEN) != 0)
        if ((*high)-- == INT64_MIN)
            return 0;
    return *low <= *high;
}

/* Only words in which every row matters are compared whole: the others may hold rows
 * that are being written. */
static void compare_whole(const struct column *column, int64_t low, int64_t high,
                          const uint64_t in[BLOCK_WORDS], uint64_t out[BLOCK_WORDS])
{
    const int64_t *values = column->values;
    uint32_t w, i;

    for (w = 0; w < BLOCK_WORDS; w++) {
        const int64_t *at = values + w * 64;
        const unsigned char *null = column->null + w * 64;
        uint64_t pass = 0, rest;

        if (in[w] == UINT64_MAX)
            for (i = 0; i < 64; i++)
                pass |= (uint64_t)((at[i] >= low) & (at[i] <= high) & !null[i]) << i;
        else
            for (rest = in[w]; rest != 0; rest &= rest - 1) {
                i = (uint32_t)__builtin_ctzll(rest);
                pass |= (uint64_t)((at[i] >= low) & (at[i] <= high) & !null[i]) << i;
            }
        out[w] = pass;
    }
}

/* Can the leaf be one comparison of whole numbers? Then with these bounds; empty ones
 * have low above high. */
static int as_bounds(const struct sieve *sieve, const struct ov_node *node, int64_t *low,
                     int64_t *high)
{
    const struct ov_scalar *values = sieve->filter->values + node->first_value;
    uint32_t type = sieve->view->schema->fields[node->field]->type;

    if (type != OV_INT64 && type != OV_TIME && type != OV_BOOL)
        return 0;
    if (node->op == OV_IN && node->n_values == 1) {
        *low = *high = values->u.i;
        return 1;
    }
    if (node->op != OV_RANGE)
        return 0;
    if (!whole_bounds(node, values, low, high)) {
        *low = 1;
        *high = 0;
    }
    return 1;
}

static void leaf(struct sieve *sieve, uint32_t at, uint32_t block,
                 const uint64_t in[BLOCK_WORDS], uint64_t out[BLOCK_WORDS])
{
    const struct ov_node *node = &sieve->filter->nodes[at];
    const struct block *rows = sieve->view->blocks[block];
    uint64_t rest, open[BLOCK_WORDS];
    struct ov_cell cell;
    int64_t low, high;
    uint32_t w, i;

    (void)ov_watch_spend(&sieve->watch, BLOCK_UNITS * (1 + sieve->hints[at].n));
    if (as_bounds(sieve, node, &low, &high)) {
        compare_whole(&rows->columns[node->field], low, high, in, out);
        return;
    }
    if (sieve->hints[at].n > 0) {
        narrow_block(&sieve->hints[at], &rows->columns[node->field], in, out, open);
    } else {
        memset(out, 0, sizeof(open));
        memcpy(open, in, sizeof(open));
    }
    for (w = 0; w < BLOCK_WORDS; w++)
        for (rest = open[w]; rest != 0 && sieve->watch.code == OV_OK; rest &= rest - 1) {
            i = (uint32_t)__builtin_ctzll(rest);
            image_cell(sieve->view->image, rows, w * 64 + i, node->field, &cell);
            (void)ov_watch_spend(&sieve->watch, 8);
            out[w] |= (uint64_t)(ov_matcher_leaf_watched(sieve->matcher, at, &cell,
                                                         &sieve->watch) != 0)
                      << i;
        }
}

/* -------------------------------------------------------------------- nodes */

static int is_empty(const uint64_t mask[BLOCK_WORDS])
{
    uint64_t any = 0;
    uint32_t w;

    for (w = 0; w < BLOCK_WORDS; w++)
        any |= mask[w];
    return any == 0;
}

static void node(struct sieve *sieve, uint32_t at, uint32_t block,
                 const uint64_t in[BLOCK_WORDS], uint64_t out[BLOCK_WORDS])
{
    const struct ov_node *nodes = sieve->filter->nodes;
    uint64_t rest[BLOCK_WORDS], pass[BLOCK_WORDS];
    uint32_t child = at + 1, end = at + nodes[at].span, w;

    if (nodes[at].op != OV_AND && nodes[at].op != OV_OR && nodes[at].op != OV_NOT) {
        leaf(sieve, at, block, in, out);
        return;
    }
    memcpy(rest, in, sizeof(rest));
    memset(out, 0, sizeof(rest));
    for (; child < end && sieve->watch.code == OV_OK && !is_empty(rest);
         child += nodes[child].span) {
        node(sieve, child, block, rest, pass);
        for (w = 0; w < BLOCK_WORDS; w++)
            if (nodes[at].op == OV_AND) {
                rest[w] = pass[w];
            } else {
                out[w] |= pass[w];
                rest[w] &= ~pass[w];
            }
    }
    if (nodes[at].op != OV_OR) /* AND: what is left of all; NOT: what the child left */
        memcpy(out, rest, sizeof(rest));
}

static void drop_expired(const struct sieve *sieve, const struct block *block,
                         uint64_t mask[BLOCK_WORDS])
{
    const struct column *column;
    uint64_t rest;
    uint32_t w, i;

    if (sieve->view->image->expiry == OV_NONE)
        return;
    column = &block->columns[sieve->view->image->expiry];
    for (w = 0; w < BLOCK_WORDS; w++)
        for (rest = mask[w]; rest != 0; rest &= rest - 1) {
            i = w * 64 + (uint32_t)__builtin_ctzll(rest);
            if (!column->null[i] && ((const int64_t *)column->values)[i] <= sieve->now_us)
                mask[w] &= ~(UINT64_C(1) << (i % 64));
        }
}

void sieve_block(struct sieve *sieve, uint32_t block, uint64_t mask[BLOCK_WORDS])
{
    uint64_t live[BLOCK_WORDS];

    (void)ov_watch_spend(&sieve->watch, BLOCK_ROWS);
    block_visible(sieve->view->blocks[block], sieve->view->snap, live);
    drop_expired(sieve, sieve->view->blocks[block], live);
    if (sieve->filter == NULL || is_empty(live))
        memcpy(mask, live, sizeof(live));
    else
        node(sieve, 0, block, live, mask);
}

int sieve_slot(struct sieve *sieve, uint32_t slot)
{
    uint64_t in[BLOCK_WORDS] = { 0 }, out[BLOCK_WORDS];
    uint32_t w = slot % BLOCK_ROWS / 64;

    if (ov_watch_spend(&sieve->watch, 16) != OV_OK ||
        view_expired(sieve->view, slot, sieve->now_us))
        return 0;
    if (sieve->filter == NULL)
        return 1;
    in[w] = UINT64_C(1) << (slot % 64);
    node(sieve, 0, slot / BLOCK_ROWS, in, out);
    return out[w] != 0;
}

/* ---------------------------------------------------------------- all blocks */

static uint32_t count_blocks(const struct view *view)
{
    return (view->n_slots + BLOCK_ROWS - 1) / BLOCK_ROWS;
}

int32_t sieve_count(struct sieve *sieve, uint64_t *total, struct ov_error *err)
{
    uint64_t mask[BLOCK_WORDS], n = 0;
    uint32_t block, w;

    for (block = 0; block < count_blocks(sieve->view); block++) {
        sieve_block(sieve, block, mask);
        if (sieve->watch.code != OV_OK)
            return err->code;
        for (w = 0; w < BLOCK_WORDS; w++)
            n += (uint64_t)__builtin_popcountll(mask[w]);
    }
    *total = n;
    return OV_OK;
}

static int reserve(uint32_t **slots, size_t n, size_t *room)
{
    uint32_t *grown;

    if (*room - n >= BLOCK_ROWS)
        return 0;
    grown = realloc(*slots, (2 * *room + BLOCK_ROWS) * sizeof(*grown));
    if (grown == NULL)
        return -1;
    *slots = grown;
    *room = 2 * *room + BLOCK_ROWS;
    return 0;
}

int32_t sieve_slots(struct sieve *sieve, struct slots *out, struct ov_error *err)
{
    uint64_t mask[BLOCK_WORDS], rest;
    uint32_t *list = NULL, block, w;
    size_t used = 0, room = 0;

    for (block = 0; block < count_blocks(sieve->view); block++) {
        if (reserve(&list, used, &room) != 0) {
            ov_no_memory(err);
            break;
        }
        sieve_block(sieve, block, mask);
        if (sieve->watch.code != OV_OK)
            break;
        for (w = 0; w < BLOCK_WORDS; w++)
            for (rest = mask[w]; rest != 0; rest &= rest - 1)
                list[used++] =
                    block * BLOCK_ROWS + w * 64 + (uint32_t)__builtin_ctzll(rest);
    }
    if (err->code != OV_OK) {
        free(list);
        return err->code;
    }
    out->list = list;
    out->n = used;
    return OV_OK;
}
