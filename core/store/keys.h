/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h - lists of keys as callers give them: repeated, of the wrong kind, too long. */
#ifndef OV_CORE_KEYS_H
#define OV_CORE_KEYS_H

#include "record.h"

struct keys {
    uint64_t n;            /* as asked */
    struct ov_cell *asked; /* what the caller wrote, for his answer */
    uint64_t *place;       /* in unique, or KEYSET_NONE: can be no key here */
    uint64_t n_unique;
    struct ov_cell *unique; /* what may be there, each once */
};

/* In the call's arena. OV_INVALID when docs is no list. */
int32_t keys_read(struct call *call, const struct ov_doc *docs, struct keys *out);

#endif
