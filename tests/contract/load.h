/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.h - the mixed load of the kill test, and what it must have left.
 *
 * Operation k of a round is a function of the round's seed, k and the state before it,
 * so that every process can tell the state after any number of operations.
 */
#ifndef OV_CONTRACT_LOAD_H
#define OV_CONTRACT_LOAD_H

#include <jansson.h>
#include <stdint.h>

#define LOAD_RECORDS 400

/* What must be there: for each record the operation that wrote it last and its group. */
struct load_state {
    int64_t stamp[LOAD_RECORDS]; /* 0: not there */
    int32_t group[LOAD_RECORDS];
};

enum load_kind {
    LOAD_UPSERT,
    LOAD_UPDATE,
    LOAD_REMOVE,
    LOAD_REMOVE_WHERE,
    LOAD_INDEX,
    LOAD_OPEN,
    LOAD_CHECKPOINT,
    LOAD_KINDS
};

extern const char *const load_kind_names[LOAD_KINDS];

struct load {
    uint64_t seed;
    int64_t stamp; /* of operation 0: greater than all before */
    struct load_state state;
};

/* The step of operation k; the state becomes what it leaves. NULL: nothing to do. */
json_t *load_step(struct load *load, int64_t k, enum load_kind *kind);
/* Does it write records? */
int load_writes(enum load_kind kind);
json_t *load_create(void);
/* What a scan of all records by key answers. 0, or -1 when it is no such state. */
int load_read(const json_t *hits, struct load_state *out);
int load_same(const struct load_state *a, const struct load_state *b);
int64_t load_count(const struct load_state *state);

#endif
