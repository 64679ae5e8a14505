/* SPDX-License-Identifier: Apache-2.0 */
/* batch_build.h - what the two ways of building a write share. */
#ifndef OV_CORE_BATCH_BUILD_H
#define OV_CORE_BATCH_BUILD_H

#include "record.h"

/* One batch while it grows. Lies in the call's arena. */
struct growing {
    struct growing *next;
    uint32_t n_columns;
    uint32_t *fields;
    struct ov_rows *rows;
    uint64_t n_rows;
    const uint64_t *set; /* update: bit n: field n is given */
    struct ov_batch batch;
    struct ArrowArray array;
};

struct builder {
    struct call *call;
    struct value_maker maker;  /* its arena is emptied after each record */
    struct value_maker keeper; /* its arena is the call's */
    const struct schema *schema;
    struct records records;
    struct ov_cell *cells; /* of the record at hand, one a field */
    unsigned char *given;  /* which of them were set */
};

/* Reads the records. OV_OK with builder->records.n 0 for an empty list. */
int32_t builder_init(struct builder *builder, struct call *call,
                     const struct ov_doc *docs);
void builder_clear(struct builder *builder);

/* The values of one record over those that cells hold already. */
int32_t builder_take(struct builder *builder, uint64_t record);

/* A batch over the fields for which used is set; NULL without memory. */
struct growing *builder_start(struct builder *builder, const unsigned char *used);
/* The cells at hand become a row. */
void builder_add(struct growing *growing, const struct ov_cell *cells);
/* All that grew, of all or nothing. Checks the limits of the provider. */
int32_t builder_finish(struct builder *builder, struct growing *first, uint32_t n,
                       struct batches *out);
void builder_discard(struct growing *first);

#endif
