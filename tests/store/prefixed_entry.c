/* SPDX-License-Identifier: Apache-2.0 */
/* prefixed_entry.c - libov_backend_prefixed.so: memory with an allocator of its own. */
#include "memory.h"

OV_BACKEND_DECLARE("prefixed", "", "1.0.0", "ov tests");

int32_t ov_backend_get(const struct ov_services *services, struct ov_backend *out,
                       struct ov_error *err)
{
    uint32_t size = out->size < sizeof(*out) ? out->size : (uint32_t)sizeof(*out);

    (void)services, (void)err;
    memcpy(out, &memory_operations, size);
    out->size = size;
    return OV_OK;
}
