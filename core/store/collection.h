/* SPDX-License-Identifier: Apache-2.0 */
/* collection.h - changes of a collection that several parts ask for. */
#ifndef OV_CORE_COLLECTION_H
#define OV_CORE_COLLECTION_H

#include "call.h"
#include "fork.h"

/* collection.c: the call goes on with the new view. */
int32_t collection_alter(struct call *call, const struct schema *to);
int32_t collection_index_put(struct call *call, const struct ov_index *index);
/* The hidden field for times to live, if it is not there yet. */
int32_t collection_add_expiry(struct call *call);

/* plan.c: OV_LIMIT or OV_UNSUPPORTED for what this provider does not hold. */
int32_t plan_served_schema(struct call *call, const struct schema *schema);
int32_t plan_served_index(struct call *call, const struct ov_index *index);

#endif
