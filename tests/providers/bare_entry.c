/* SPDX-License-Identifier: Apache-2.0 */
/* bare_entry.c - libov_backend_bare.so: memory without any optional operation and
 * without any optional ability. */
#include "memory.h"

#include <string.h>

OV_BACKEND_DECLARE("bare", "", "1.0.0", "ov tests");

static int32_t ability(struct ov_session *session, const struct ov_call *call,
                       struct ov_ability *out, struct ov_error *err)
{
    int32_t code = memory_operations.ability(session, call, out, err);

    if (code == OV_OK) {
        out->can = OV_CAN_ATOMIC;
        out->metrics = 1u << OV_COSINE;
        out->ops &= ~(UINT64_C(1) << OV_REGEX);
    }
    return code;
}

static int32_t open_session(uint64_t store, const struct ov_scalar *settings,
                            const struct ov_call *call, struct ov_session **out,
                            struct ov_error *err)
{
    const struct ov_scalar unnamed = { .type = OV_NULL };

    (void)settings;
    return memory_operations.open(store, &unnamed, call, out, err);
}

static const struct ov_description *describe(void)
{
    static const struct ov_description description = {
        .size = sizeof(description),
        .threads = OV_SERIAL,
        .index_kinds = "flat",
        .text = "memory without what is optional, for tests",
    };

    return &description;
}

int32_t ov_backend_get(const struct ov_services *services, struct ov_backend *out,
                       struct ov_error *err)
{
    struct ov_backend table = memory_operations;
    uint32_t size = out->size < sizeof(table) ? out->size : (uint32_t)sizeof(table);

    (void)services, (void)err;
    table.describe = describe;
    table.open = open_session;
    table.ability = ability;
    table.ping = NULL;
    table.act = NULL;
    table.bulk_begin = NULL;
    table.bulk_end = NULL;
    memcpy(out, &table, size);
    out->size = size;
    return OV_OK;
}
