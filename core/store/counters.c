/* SPDX-License-Identifier: Apache-2.0 */
/* counters.c - relaxed additions; nothing is ordered by them. */
#include "counters.h"

#include <string.h>

static const char *const names[OPERATIONS] = {
    [OP_ABILITY] = "ability",
    [OP_PING] = "ping",
    [OP_ACT] = "act",
    [OP_COLLECTIONS] = "collections",
    [OP_CREATE] = "create",
    [OP_DROP] = "drop",
    [OP_OPEN] = "open",
    [OP_DESCRIBE] = "describe",
    [OP_ALTER] = "alter",
    [OP_INDEX_PUT] = "index_put",
    [OP_INDEX_DROP] = "index_drop",
    [OP_CHECK] = "check",
    [OP_UPSERT] = "upsert",
    [OP_UPDATE] = "update",
    [OP_REMOVE] = "remove",
    [OP_REMOVE_WHERE] = "remove_where",
    [OP_TRUNCATE] = "truncate",
    [OP_FETCH] = "fetch",
    [OP_SEARCH] = "search",
    [OP_SCAN] = "scan",
    [OP_COUNT] = "count",
    [OP_GROUPS] = "groups",
    [OP_BULK_BEGIN] = "bulk_begin",
    [OP_BULK_END] = "bulk_end",
};

const char *operation_name(enum operation operation)
{
    return names[operation];
}

static void add(uint64_t *to, uint64_t value)
{
    __atomic_fetch_add(to, value, __ATOMIC_RELAXED);
}

static uint64_t get(const uint64_t *from)
{
    return __atomic_load_n(from, __ATOMIC_RELAXED);
}

/* The first bucket whose bound of 1 << i microseconds is not exceeded. */
static unsigned bucket_of(int64_t ns)
{
    uint64_t us = ((uint64_t)ns + 999) / 1000;
    unsigned i = us <= 1 ? 0 : 64u - (unsigned)__builtin_clzll(us - 1);

    return i < OV_LATENCY_BUCKETS ? i : OV_LATENCY_BUCKETS - 1;
}

void counters_add(struct counter *counter, const struct outcome *outcome)
{
    add(&counter->buckets[bucket_of(outcome->ns)], 1);
    add(&counter->total_ns, (uint64_t)outcome->ns);
    if (outcome->rows != 0)
        add(&counter->rows, outcome->rows);
    if (outcome->failed)
        add(&counter->errors, 1);
    if (outcome->retries != 0)
        add(&counter->retries, outcome->retries);
}

void counters_show(const struct counter *counter, enum operation operation,
                   struct ov_counter *out)
{
    unsigned i;

    memset(out, 0, sizeof(*out));
    out->size = sizeof(*out);
    out->operation = names[operation];
    for (i = 0; i < OV_LATENCY_BUCKETS; i++) {
        out->buckets[i] = get(&counter->buckets[i]);
        out->calls += out->buckets[i];
    }
    out->errors = get(&counter->errors);
    out->retries = get(&counter->retries);
    out->rows = get(&counter->rows);
    out->total_ns = get(&counter->total_ns);
}
