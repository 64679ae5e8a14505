/* SPDX-License-Identifier: Apache-2.0 */
/* act.c - an action of the provider, and what it said. */
#include "ctl.h"
#include "progress.h"

#include <stdlib.h>

static int answer_act(struct ctl *ctl)
{
    struct ov_doc *answer = make_object(ctl);

    set(ctl, answer, "notes", list_notes(ctl));
    return done(ctl, answer);
}

int run_act(struct ctl *ctl)
{
    const struct args *args = &ctl->args;

    if (open_store(ctl) != OV_OK)
        return fail(ctl);
    ctl->notes = NULL; /* of the opening: the action's are asked for */
    ctl->next_note = &ctl->notes;
    if (ov_store_act(ctl->store, args->words[0], args->words + 1, args->n_words - 1,
                     &ctl->options, &ctl->err) != OV_OK)
        return fail(ctl);
    if (args->json)
        return answer_act(ctl);
    progress_end();
    if (ctl->notes == NULL)
        puts("done");
    print_notes(ctl, 1);
    return EXIT_SUCCESS;
}
