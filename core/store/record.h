/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - a list of records, looked through before any of it is converted.
 *
 * Everything lies in the call's arena.
 */
#ifndef OV_CORE_RECORD_H
#define OV_CORE_RECORD_H

#include "call.h"
#include "keyset.h"
#include "value.h"

struct record {
    const struct ov_doc *doc;
    const struct field **fields; /* one a member of doc, NULL: passed over */
    uint64_t newer;              /* the next record of the same key, or KEYSET_NONE */
};

struct records {
    uint64_t n;
    struct record *at;
    struct ov_cell *keys; /* one a record */
    uint64_t n_first;     /* keys that differ */
    uint64_t *first;      /* the first record of each, in order */
    uint64_t *last;       /* and the last */
};

/* Every member is known, every record has a fit key. OV_INVALID with err->row. */
int32_t record_read(struct call *call, struct value_maker *maker,
                    const struct ov_doc *docs, struct records *out);

/* The batches of a write, ready to cross the border. */
struct batches {
    const struct ov_batch **list;
    uint32_t n;
    uint64_t rows;
    const uint64_t *row_of; /* for each row of the call, the caller's record */
};

/* One batch: full records, what is missing filled. */
int32_t batch_of_upsert(struct call *call, const struct ov_doc *docs,
                        const int64_t *ttl_s, struct batches *out);
/* One batch for each set of fields that occurs. */
int32_t batch_of_update(struct call *call, const struct ov_doc *docs,
                        struct batches *out);
/* A batch of n keys (cells), no key twice. */
int32_t batch_of_keys(struct call *call, const struct ov_cell *keys, uint64_t n,
                      struct batches *out);
/* Releases the arrays. batches may be zeroed. */
void batch_clear(struct batches *batches);

#endif
