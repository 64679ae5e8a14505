/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - small numbers for texts that many records share.
 *
 * A tenant, a tag or a folder is compared by its number, which stands in a column, and
 * not by its bytes, which lie somewhere else for each record. Numbers are given while
 * there are few texts; what comes later, or is long, is number 0 and is compared by its
 * bytes.
 */
#ifndef OV_NATIVE_NAMES_H
#define OV_NATIVE_NAMES_H

#include <ov/sdk.h>

#define NAMES_MOST 4096u  /* texts with a number */
#define NAME_BYTES 256u   /* of one */
#define NAME_NONE 0xffffu /* no text gets it */

struct name_list {
    struct ov_str *texts; /* text i has number i + 1 */
    uint16_t *table;      /* of numbers, by hash; NULL: no text as yet */
    uint32_t n;
};

void names_clear(struct name_list *names);
/* The number of a text, 0 when it has none. */
uint16_t names_find(const struct name_list *names, struct ov_str text);
/* As names_find for a text that has none: give it one if there is room, the text is
 * copied. */
uint16_t names_add(struct name_list *names, struct ov_str text);

/* The first so many segments of a canonical path; p NULL where it has fewer. */
struct ov_str names_stem(struct ov_str path, uint32_t segments);

#endif
