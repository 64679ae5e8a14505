/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.h - one at a time, in the order of arrival, no longer than the deadline.
 *
 * A gate guards no data of the host. It stands before a provider that serves one call
 * at a time, and before what must not happen twice at once on one collection.
 */
#ifndef OV_CORE_GATE_H
#define OV_CORE_GATE_H

#include <ov/call.h>

struct gate;

/* NULL without memory. */
struct gate *gate_new(void);
/* When nobody waits. NULL is fine. */
void gate_free(struct gate *gate);

/* OV_OK: this thread is inside until gate_leave. OV_DEADLINE and OV_CANCELLED: nothing
 * was begun. call may be NULL: then it waits as long as it takes and cannot fail. */
int32_t gate_enter(struct gate *gate, const struct ov_call *call, struct ov_error *err);
void gate_leave(struct gate *gate);

/* How many threads wait just now. */
unsigned gate_waiting(struct gate *gate);

#endif
