/* SPDX-License-Identifier: Apache-2.0 */
/* repair.h - what is missing in the database is made, or is said to who may make it. */
#ifndef OV_PGVECTOR_REPAIR_H
#define OV_PGVECTOR_REPAIR_H

#include "audit.h"

/* The action "repair": of the collections named, or of all. OV_DENIED with all the SQL in
 * notes where the role or the option 'ddl' does not allow it; OV_EXISTS where something
 * else has the place of a table or a column. */
int32_t repair_act(struct ov_session *session, const struct ov_call *call,
                   const struct ov_str *words, uint32_t n_words, struct ov_error *err);

/* Why this role cannot make what an audit found missing, or NULL. */
const char *repair_hindrance(const struct ov_session *session, const struct audit *audit);

/* The indexes alone, beside the writers where the table is large. */
int32_t repair_indexes(struct ov_session *session, const struct ov_call *call,
                       const struct shape *shape, struct ov_error *err);

#endif
