/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note.c - what a provider says, on its way to the caller's function.
 *
 * A provider may have its texts from a server or a file; nothing in them is for a
 * terminal to obey, whatever the caller does with them.
 */
#include "note.h"

#include <ov/sdk.h>

#include <stdlib.h>
#include <string.h>

static int may_be_shown(struct ov_str text)
{
    for (uint64_t at = 0, step; at < text.n; at += step)
        if (ov_text_unshown(text.p + at, text.p + text.n, &step) && text.p[at] != '\n')
            return 0;
    return 1;
}

/* Tamed in memory of its own when there is something to tame; without memory empty. */
static char *tame(struct ov_str *text)
{
    char *copy;

    if (may_be_shown(*text))
        return NULL;
    copy = malloc((size_t)text->n);
    if (copy != NULL)
        memcpy(copy, text->p, (size_t)text->n);
    text->n = copy == NULL ? 0 : ov_text_tame(copy, text->n, 1);
    text->p = copy;
    return copy;
}

void note_pass(void *ctx, const struct ov_note *note)
{
    const struct note_taker *taker = ctx;
    struct ov_note shown = { 0 };
    char *name, *text, *remedy;

    memcpy(&shown, note, note->size < sizeof(shown) ? note->size : sizeof(shown));
    shown.size = sizeof(shown);
    name = tame(&shown.name);
    text = tame(&shown.text);
    remedy = tame(&shown.remedy);
    taker->take(taker->ctx, &shown);
    free(name);
    free(text);
    free(remedy);
}
