/* SPDX-License-Identifier: Apache-2.0 */
/* note.h - what a provider says, on its way to the caller's function. */
#ifndef OV_CORE_NOTE_H
#define OV_CORE_NOTE_H

#include <ov/call.h>

struct note_taker {
    ov_note_fn *take; /* the caller's */
    void *ctx;
};

/* ctx: a struct note_taker. Texts reach it in lines that may be shown. */
void note_pass(void *ctx, const struct ov_note *note);

#endif
