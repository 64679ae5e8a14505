/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog.h - the provider's own table: which collections there are, and their schemas.
 *
 * One row a collection: true name, table, revision, and the schema as bytes, which is
 * where metas are kept verbatim and true names whole. Read before any DDL, since
 * CREATE ... IF NOT EXISTS asks for the right before it looks.
 */
#ifndef OV_PGVECTOR_CATALOG_H
#define OV_PGVECTOR_CATALOG_H

#include "shape.h"

/* OV_NOT_FOUND. *out is one reference. */
int32_t catalog_load(struct ov_session *session, const struct ov_call *call,
                     struct ov_str name, struct shape **out, struct ov_error *err);
/* The same inside a transaction, the row locked. */
int32_t catalog_lock(struct job *job, struct ov_str name, struct shape **out,
                     struct ov_error *err);

/* Inside a transaction: schema and catalogue are there afterwards, and no other DDL of
 * ours runs until its end. OV_DENIED with notes of what an administrator must run. */
int32_t catalog_prepare(struct job *job, struct ov_error *err);

/* Inside a transaction. The shape gets a new revision, a new one a new incarnation. */
int32_t catalog_insert(struct job *job, struct shape *shape, struct ov_error *err);
int32_t catalog_update(struct job *job, struct shape *shape, struct ov_error *err);
int32_t catalog_delete(struct job *job, const struct shape *shape, struct ov_error *err);

int32_t catalog_names(struct ov_session *session, const struct ov_call *call,
                      ov_name_fn *take, void *ctx, struct ov_error *err);
/* One after the other, until one fails. */
typedef int32_t catalog_fn(struct ov_session *session, const struct ov_call *call,
                           struct ov_str name, struct ov_error *err);
int32_t catalog_each(struct ov_session *session, const struct ov_call *call,
                     catalog_fn *act, struct ov_error *err);

/* For an administrator's file: the catalogue's table, and the row of this shape, which
 * gets numbers of its own. there: it replaces one. */
void catalog_table(struct text *sql, const char *schema);
int32_t catalog_row(struct text *sql, struct shape *shape, int there,
                    struct ov_error *err);

#endif
