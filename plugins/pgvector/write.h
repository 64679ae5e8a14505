/* SPDX-License-Identifier: Apache-2.0 */
/* write.h - records into the table. */
#ifndef OV_PGVECTOR_WRITE_H
#define OV_PGVECTOR_WRITE_H

#include "table.h"

/* One unnest of rows[0..n) of a batch: `unnest($1, $2, ...) AS s(c0, c1, ...)`. */
void encode_source(struct statement *s, const struct shape *shape, const struct env *env,
                   const struct ov_batch *batch, const int64_t *rows, int64_t n);
/* `s.c0` with the cast that a column's encoding needs; part 1 is what stands beside. */
void encode_reference(struct text *sql, const struct shape *shape,
                      const struct ov_batch *batch, uint32_t column, int part);
/* The rows of a batch in ascending order of their keys; free(). NULL without memory.
 * Writers that lock in one order do not lock each other out. */
int64_t *encode_order(const struct shape *shape, const struct ov_batch *batch);

int32_t write_upsert(struct ov_table *table, const struct ov_call *call,
                     const struct ov_batch *const *batches, uint32_t n_batches,
                     struct ov_error *err);
int32_t write_update(struct ov_table *table, const struct ov_call *call,
                     const struct ov_batch *const *batches, uint32_t n_batches,
                     struct ov_error *err);
int32_t write_remove(struct ov_table *table, const struct ov_call *call,
                     const struct ov_batch *keys, uint64_t *removed,
                     struct ov_error *err);
int32_t write_remove_where(struct ov_table *table, const struct ov_call *call,
                           const struct ov_filter *filter, uint64_t *removed,
                           struct ov_error *err);
int32_t write_truncate(struct ov_table *table, const struct ov_call *call,
                       struct ov_error *err);

#endif
