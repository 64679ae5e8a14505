/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_side.h - what the two halves of a store's side share.
 */
#ifndef OV_CONTRACT_STORE_SIDE_H
#define OV_CONTRACT_STORE_SIDE_H

#include "document.h"
#include "side.h"

#include <ov/store.h>

#define MAX_OPEN 8

struct store_side {
    struct side side;
    struct ov_host *host;
    struct ov_config *config;
    struct ov_store *store;
    char profile[64];
    struct {
        char name[128];
        struct ov_collection *collection;
    } open[MAX_OPEN];
};

/* One step under way. */
struct work {
    const json_t *step;
    struct ov_arena *arena;
    struct ov_collection *collection;
    struct ov_call_options options;
    struct ov_error err;
    json_t *answer;
};

/* The reading steps; OV_UNSUPPORTED with no message when verb is none of them. */
int32_t read_step(struct work *work, const char *verb, int *known);

const struct ov_doc *work_filter(struct work *work);

/* A step on one collection, on any thread; the answer is yours. */
json_t *act_on_collection(struct ov_collection *collection, const json_t *step);

#endif
