/* SPDX-License-Identifier: Apache-2.0 */
/* bindings.h - functions of strangers that run in a collection's table. */
#ifndef OV_PGVECTOR_BINDINGS_H
#define OV_PGVECTOR_BINDINGS_H

#include "shape.h"

/* Says a problem, with the SQL that mends it, when a column or an index of ours is bound
 * to a function, an operator, a type or the like that is neither the server's nor the
 * extension's. */
int32_t bindings_check(struct ov_session *session, const struct ov_call *call,
                       const struct shape *shape, struct ov_error *err);

#endif
