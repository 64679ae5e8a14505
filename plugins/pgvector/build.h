/* SPDX-License-Identifier: Apache-2.0 */
/* build.h - indexes of filled tables. */
#ifndef OV_PGVECTOR_BUILD_H
#define OV_PGVECTOR_BUILD_H

#include "table.h"

/* The index of this name over the collection's table. */
struct index_seen {
    int there;
    int valid;    /* the server uses it */
    int building; /* not valid, and somebody is at it */
};
int32_t index_ask(struct job *job, const struct shape *shape, const char *name,
                  struct index_seen *seen, struct ov_error *err);
int32_t index_drop_named(struct job *job, const char *name, struct ov_error *err);

/* Has the table more records than are searched exactly? */
int32_t build_is_large(struct job *job, const struct shape *shape, int *large,
                       struct ov_error *err);
/* Every index of the shape that is not there and valid is built beside the writers,
 * outside any transaction. What fails leaves an invalid index, which no search uses and
 * the next build replaces. */
int32_t build_beside(struct ov_session *session, const struct ov_call *call,
                     const struct shape *shape, struct ov_error *err);

#endif
