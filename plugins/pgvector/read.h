/* SPDX-License-Identifier: Apache-2.0 */
/* read.h - records out of the table: select lists, rows into columns, the four reads. */
#ifndef OV_PGVECTOR_READ_H
#define OV_PGVECTOR_READ_H

#include "decode.h"
#include "table.h"

/* `t."a", t."b", ...` of a field and of what stands beside it. */
void read_add_field(struct text *sql, const struct shape *shape, uint32_t field);
/* The key and then the fields; between them what the caller adds. */
void read_add_fields(struct text *sql, const struct shape *shape, const uint32_t *fields,
                     uint32_t n_fields);
int32_t read_check_fields(const struct shape *shape, const uint32_t *fields,
                          uint32_t n_fields, struct ov_error *err);

/* Turns results into one answer. */
struct reader {
    const struct shape *shape;
    const uint32_t *fields;
    uint32_t n_fields;
    int search; /* a score stands behind the key */
    struct ov_rows *rows;
    struct ov_column *columns;
    struct scratch scratch;
};
int32_t reader_begin(struct reader *reader, const struct shape *shape,
                     const uint32_t *fields, uint32_t n_fields, int search,
                     struct ov_error *err);
/* Rows from..to of a result whose columns are key, [score], fields. query: of a search.
 */
int32_t reader_take(struct reader *reader, const PGresult *result, int from, int to,
                    int64_t query, struct ov_error *err);
/* The rows to out, or nothing when status is a failure; returns the status. */
int32_t reader_end(struct reader *reader, int32_t status, struct ov_result *out,
                   struct ov_error *err);

/* EXPLAIN of the last statement of the job as OV_NOTE_PLAN notes, and its text. */
int32_t read_explain(struct job *job, const char *strategy, struct ov_error *err);

/* The keys of a batch, into the array that was begun. */
void read_add_keys(struct params *params, const struct shape *shape,
                   const struct ov_batch *keys);
/* The same as an array of their own. */
int read_keys(struct params *params, const struct shape *shape,
              const struct ov_batch *keys);

int32_t read_fetch(struct ov_table *table, const struct ov_call *call,
                   const struct ov_fetch *request, struct ov_result *out,
                   struct ov_error *err);
int32_t read_scan(struct ov_table *table, const struct ov_call *call,
                  const struct ov_scan *request, struct ov_result *out,
                  struct ov_error *err);
int32_t read_count(struct ov_table *table, const struct ov_call *call,
                   const struct ov_count *request, uint64_t *total,
                   struct ov_result *groups, struct ov_error *err);
int32_t search_search(struct ov_table *table, const struct ov_call *call,
                      const struct ov_search *request, struct ov_result *out,
                      struct ov_error *err);

#endif
