/* SPDX-License-Identifier: Apache-2.0 */
/* build.h - vector indexes of filled tables, and bulk loads. */
#ifndef OV_PGVECTOR_BUILD_H
#define OV_PGVECTOR_BUILD_H

#include "table.h"

/* Is there an index of this name in the schema, and would the server use it? */
int32_t index_ask(struct job *job, const char *name, int *there, int *valid,
                  struct ov_error *err);
int32_t index_drop_named(struct job *job, const char *name, struct ov_error *err);
/* sql makes the index, if it is not there and valid, or again; takes it over. */
int32_t index_make_named(struct job *job, struct text *sql, const char *name, int again,
                         struct ov_error *err);

/* Has the table more records than are searched exactly? */
int32_t build_is_large(struct job *job, const struct shape *shape, int *large,
                       struct ov_error *err);
/* `CREATE INDEX ...` beside writers, outside any transaction. What fails leaves an
 * invalid index, which no search uses and the next index_put replaces. */
int32_t build_beside(struct ov_session *session, const struct ov_call *call,
                     const struct text *sql, struct ov_error *err);

/* What a bulk load that ended with its process left undone. */
void bulk_finish(struct ov_table *table, const struct ov_call *call);

#endif
