/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - a table that only grows, and only so far. */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#define PLACES (4 * NAMES_MOST) /* a power of two, so at most a quarter is taken */

static uint32_t place_of(struct ov_str text)
{
    uint64_t hash = UINT64_C(14695981039346656037), i;

    for (i = 0; i < text.n; i++)
        hash = (hash ^ (unsigned char)text.p[i]) * UINT64_C(1099511628211);
    return (uint32_t)(hash ^ hash >> 32) & (PLACES - 1);
}

void names_clear(struct name_list *names)
{
    uint32_t i;

    for (i = 0; i < names->n; i++)
        free((char *)names->texts[i].p);
    free(names->texts);
    free(names->table);
    memset(names, 0, sizeof(*names));
}

/* Where the text is, or the empty place where it would be. */
static uint32_t look(const struct name_list *names, struct ov_str text)
{
    uint32_t at = place_of(text);

    while (names->table[at] != 0 &&
           ov_str_compare(names->texts[names->table[at] - 1], text) != 0)
        at = (at + 1) & (PLACES - 1);
    return at;
}

uint16_t names_find(const struct name_list *names, struct ov_str text)
{
    if (names->table == NULL || text.n > NAME_BYTES)
        return 0;
    return names->table[look(names, text)];
}

static int make_room(struct name_list *names)
{
    if (names->texts == NULL)
        names->texts = calloc(NAMES_MOST, sizeof(*names->texts));
    if (names->texts != NULL && names->table == NULL)
        names->table = calloc(PLACES, sizeof(*names->table));
    return names->table != NULL ? 0 : -1;
}

uint16_t names_add(struct name_list *names, struct ov_str text)
{
    char *copy;

    if (names->n == NAMES_MOST || text.n > NAME_BYTES || make_room(names) != 0)
        return 0;
    copy = malloc(text.n + 1);
    if (copy == NULL)
        return 0;
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    names->texts[names->n] = (struct ov_str){ copy, text.n };
    names->table[look(names, text)] = (uint16_t)(names->n + 1);
    return (uint16_t)++names->n;
}

struct ov_str names_stem(struct ov_str path, uint32_t segments)
{
    uint64_t i;

    for (i = 0; i < path.n; i++)
        if (path.p[i] == '/' && segments-- == 0)
            return (struct ov_str){ path.p, i };
    return (struct ov_str){ segments == 0 ? path.p : NULL, path.n };
}
