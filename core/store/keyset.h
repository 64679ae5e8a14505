/* SPDX-License-Identifier: Apache-2.0 */
/* keyset.h - which keys of a list are the same. */
#ifndef OV_CORE_KEYSET_H
#define OV_CORE_KEYSET_H

#include <ov/document.h>
#include <ov/sdk.h>

#define KEYSET_NONE UINT64_MAX

/* Places in a list of keys, found by the key. The list is borrowed. */
struct keyset {
    const struct ov_cell *keys;
    uint64_t *slots;
    uint64_t mask;
};

/* For n keys at most; in the arena. -1 without memory. */
int keyset_init(struct keyset *set, struct ov_arena *arena, const struct ov_cell *keys,
                uint64_t n);
/* The place of the equal key that is in, which is i itself when it was added. */
uint64_t keyset_add(struct keyset *set, uint64_t i);
/* The place of an equal key, or KEYSET_NONE. */
uint64_t keyset_find(const struct keyset *set, const struct ov_cell *key);

#endif
