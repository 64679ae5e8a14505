/* SPDX-License-Identifier: Apache-2.0 */
/* table.h - an open collection, and the operations that make and change collections. */
#ifndef OV_PGVECTOR_TABLE_H
#define OV_PGVECTOR_TABLE_H

#include "catalog.h"

struct ov_table {
    struct ov_session *session;
    int64_t incarnation;
    pthread_mutex_t mutex; /* of shape */
    struct shape *shape;
    int64_t load;    /* the number of the bulk load that goes on; 0: none */
    int64_t renewed; /* its lease, CLOCK_MONOTONIC ns */
};

/* One attempt at an operation: fill the job, run it, read it. */
typedef int32_t table_fn(struct job *job, struct shape *shape, void *request,
                         struct ov_error *err);
/* Attempts until the shape is the collection's. OV_STALE when it was made anew. */
int32_t table_run(struct ov_table *table, const struct ov_call *call, enum job_kind kind,
                  table_fn *attempt, void *request, struct ov_error *err);
/* From now on the table speaks this shape; takes the reference over. */
void table_take_shape(struct ov_table *table, struct shape *shape);
struct shape *table_shape(struct ov_table *table);
/* Begin a transaction, the catalogue's row locked and its shape read. OV_STALE. */
int32_t table_begin(struct ov_table *table, struct job *job, struct shape **out,
                    struct ov_error *err);

int32_t collection_list(struct ov_session *session, const struct ov_call *call,
                        ov_name_fn *take, void *ctx, struct ov_error *err);
int32_t collection_create(struct ov_session *session, const struct ov_call *call,
                          const struct ov_schema *schema, struct ov_error *err);
int32_t collection_drop(struct ov_session *session, const struct ov_call *call,
                        struct ov_str name, struct ov_error *err);
int32_t collection_open(struct ov_session *session, const struct ov_call *call,
                        struct ov_str name, struct ov_table **out, struct ov_error *err);
void collection_close(struct ov_table *table);
int32_t collection_describe(struct ov_table *table, const struct ov_call *call,
                            ov_schema_fn *take, void *ctx, struct ov_error *err);
int32_t collection_alter(struct ov_table *table, const struct ov_call *call,
                         const struct ov_schema *schema, struct ov_error *err);
int32_t index_put(struct ov_table *table, const struct ov_call *call,
                  const struct ov_index *index, struct ov_error *err);
int32_t index_drop(struct ov_table *table, const struct ov_call *call, struct ov_str name,
                   struct ov_error *err);
int32_t bulk_begin(struct ov_table *table, const struct ov_call *call,
                   struct ov_error *err);
int32_t bulk_end(struct ov_table *table, const struct ov_call *call,
                 struct ov_error *err);
/* Can this schema live here? OV_LIMIT, OV_UNSUPPORTED, OV_INVALID. */
int32_t collection_check(const struct ov_schema *schema, struct ov_error *err);
int32_t index_check(const struct ov_schema *schema, const struct ov_index *index,
                    struct ov_error *err);

#endif
