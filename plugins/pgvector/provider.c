/* SPDX-License-Identifier: Apache-2.0 */
/* provider.c - the entry: the note, the version, the table of operations. */
#include "doctor.h"
#include "read.h"
#include "table.h"
#include "write.h"

#include <string.h>

OV_BACKEND_DECLARE("pgvector", "postgres_pgvector postgres postgresql", "0.1.0",
                   "OpenViking");

static const struct ov_description *describe(void)
{
    return &options_description;
}

static const struct ov_backend table = {
    .size = sizeof(struct ov_backend),
    .abi_minor = OV_ABI_MINOR,
    .describe = describe,
    .open = session_open,
    .close = session_close,
    .ability = session_ability,
    .ping = session_ping,
    .act = doctor_act,
    .collection_list = collection_list,
    .collection_create = collection_create,
    .collection_drop = collection_drop,
    .collection_open = collection_open,
    .collection_close = collection_close,
    .collection_describe = collection_describe,
    .collection_alter = collection_alter,
    .index_put = index_put,
    .index_drop = index_drop,
    .upsert = write_upsert,
    .update = write_update,
    .remove = write_remove,
    .remove_where = write_remove_where,
    .truncate = write_truncate,
    .fetch = read_fetch,
    .search = search_search,
    .scan = read_scan,
    .count = read_count,
    .bulk_begin = bulk_begin,
    .bulk_end = bulk_end,
};

int32_t ov_backend_get(const struct ov_services *services, struct ov_backend *out,
                       struct ov_error *err)
{
    uint32_t size = out->size < sizeof(table) ? out->size : (uint32_t)sizeof(table);

    (void)err;
    session_services = services;
    memcpy(out, &table, size);
    out->size = size;
    return OV_OK;
}
