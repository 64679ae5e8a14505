/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease.h - who is loading a table now.
 *
 * A load is a row with an end in the table "ov#loads" of the store's schema, so it needs
 * neither a connection nor a transaction between its calls. Whoever writes for it puts
 * the end off; what died stops to be a load by itself.
 */
#ifndef OV_PGVECTOR_LEASE_H
#define OV_PGVECTOR_LEASE_H

#include "table.h"

/* Inside a transaction that holds the lock of the schema. Where the role may not write
 * them there are no leases: loads are then not seen by others, and no worse. */
int32_t lease_take(struct job *job, const struct shape *shape, int64_t load,
                   struct ov_error *err);
/* Is anybody loading this table? */
int32_t lease_is_on(struct job *job, const struct shape *shape, int *on,
                    struct ov_error *err);

/* Of the load that goes on through this handle, if one does. What fails is no failure of
 * the call: the lease runs out. */
void lease_renew(struct ov_table *table, const struct ov_call *call);
void lease_end(struct ov_table *table, const struct ov_call *call);

#endif
