/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counters.h - how often, how long, how often badly: one row an operation.
 *
 * Written by every call without a lock, so a reader may see a call counted whose time
 * is not yet added.
 */
#ifndef OV_CORE_COUNTERS_H
#define OV_CORE_COUNTERS_H

#include <ov/store.h>

enum operation {
    OP_ABILITY,
    OP_PING,
    OP_ACT,
    OP_COLLECTIONS,
    OP_CREATE,
    OP_DROP,
    OP_OPEN,
    OP_DESCRIBE,
    OP_ALTER,
    OP_INDEX_PUT,
    OP_INDEX_DROP,
    OP_CHECK,
    OP_UPSERT,
    OP_UPDATE,
    OP_REMOVE,
    OP_REMOVE_WHERE,
    OP_TRUNCATE,
    OP_FETCH,
    OP_SEARCH,
    OP_SCAN,
    OP_COUNT,
    OP_GROUPS,
    OP_BULK_BEGIN,
    OP_BULK_END,
    OPERATIONS
};

struct counter {
    uint64_t buckets[OV_LATENCY_BUCKETS]; /* their sum is the number of calls */
    uint64_t total_ns;
    uint64_t errors;
    uint64_t retries;
    uint64_t rows;
} __attribute__((aligned(64)));

struct outcome {
    int64_t ns;
    uint64_t rows;
    uint32_t retries;
    int failed;
};

void counters_add(struct counter *counter, const struct outcome *outcome);
void counters_show(const struct counter *counter, enum operation operation,
                   struct ov_counter *out);
const char *operation_name(enum operation operation);

#endif
