/* SPDX-License-Identifier: Apache-2.0 */
/* act.c - an action of the provider, and what it said. */
#include "ctl.h"
#include "progress.h"

#include <stdlib.h>

static const char *const kinds[] = { "",         "action", "check",    "problem",
                                     "progress", "plan",   "statement" };

static const char *kind_of(const struct note *note)
{
    return note->kind < sizeof(kinds) / sizeof(kinds[0]) ? kinds[note->kind] : "";
}

static int answer_act(struct ctl *ctl)
{
    struct ov_doc *answer = make_object(ctl), *notes = make_list(ctl);

    for (const struct note *note = ctl->notes; note != NULL; note = note->next) {
        struct ov_doc *one = make_object(ctl);

        set_text(ctl, one, "kind", kind_of(note));
        set_text(ctl, one, "name", note->name);
        set_text(ctl, one, "text", note->text);
        set_text(ctl, one, "remedy", note->remedy);
        append(ctl, notes, one);
    }
    set(ctl, answer, "notes", notes);
    return done(ctl, answer);
}

int run_act(struct ctl *ctl)
{
    const struct args *args = &ctl->args;

    if (open_store(ctl) != OV_OK ||
        ov_store_act(ctl->store, args->words[0], args->words + 1, args->n_words - 1,
                     &ctl->options, &ctl->err) != OV_OK)
        return fail(ctl);
    if (args->json)
        return answer_act(ctl);
    progress_end();
    if (ctl->notes == NULL)
        puts("done");
    for (const struct note *note = ctl->notes; note != NULL; note = note->next) {
        printf("%s%s%s%s\n", note->kind == OV_NOTE_PROBLEM ? "PROBLEM " : "", note->name,
               note->name[0] != '\0' ? ": " : "", note->text);
        if (note->remedy[0] != '\0')
            printf("  remedy: %s\n", note->remedy);
    }
    return EXIT_SUCCESS;
}
