/* SPDX-License-Identifier: Apache-2.0 */
/* keyset.c - open addressing, at most half full. */
#include "keyset.h"

#include <string.h>

static uint64_t hash_of(const struct ov_cell *key)
{
    uint64_t hash = 0x9E3779B97F4A7C15u, word, i;

    if (key->type == OV_INT64) {
        hash ^= (uint64_t)key->u.i;
    } else {
        for (i = 0; i + 8 <= key->n; i += 8) {
            memcpy(&word, key->u.text + i, 8);
            hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
            hash ^= hash >> 32;
        }
        for (; i < key->n; i++)
            hash = (hash ^ (unsigned char)key->u.text[i]) * 0x100000001B3u;
    }
    hash ^= hash >> 33;
    hash *= 0xFF51AFD7ED558CCDu;
    return hash ^ hash >> 33;
}

static int same(const struct ov_cell *a, const struct ov_cell *b)
{
    if (a->type != b->type)
        return 0;
    if (a->type == OV_INT64)
        return a->u.i == b->u.i;
    return a->n == b->n && (a->n == 0 || memcmp(a->u.text, b->u.text, (size_t)a->n) == 0);
}

int keyset_init(struct keyset *set, struct ov_arena *arena, const struct ov_cell *keys,
                uint64_t n)
{
    uint64_t room = 8;

    while (room < 2 * n)
        room *= 2;
    set->keys = keys;
    set->mask = room - 1;
    set->slots = ov_arena_take(arena, (size_t)room * sizeof(*set->slots));
    if (set->slots == NULL)
        return -1;
    memset(set->slots, 0xFF, (size_t)room * sizeof(*set->slots));
    return 0;
}

static uint64_t *slot_of(const struct keyset *set, const struct ov_cell *key)
{
    uint64_t at = hash_of(key) & set->mask;

    while (set->slots[at] != KEYSET_NONE && !same(&set->keys[set->slots[at]], key))
        at = (at + 1) & set->mask;
    return &set->slots[at];
}

uint64_t keyset_add(struct keyset *set, uint64_t i)
{
    uint64_t *slot = slot_of(set, &set->keys[i]);

    if (*slot == KEYSET_NONE)
        *slot = i;
    return *slot;
}

uint64_t keyset_find(const struct keyset *set, const struct ov_cell *key)
{
    return *slot_of(set, key);
}
