/* SPDX-License-Identifier: Apache-2.0 */
/* steps.h - from what an audit found missing to the statements that make it. */
#ifndef OV_PGVECTOR_STEPS_H
#define OV_PGVECTOR_STEPS_H

#include "audit.h"

struct step {
    struct step *next;
    struct text sql; /* one statement, without a semicolon */
    uint32_t slot;   /* of the index that it makes or drops, or OV_NONE */
};

struct steps {
    struct step *first, *last;
    int failed; /* out of memory */
};

/* In an order that works: table, columns, words, key, then the indexes; what has the name
 * of one of ours and is none is renamed. Nothing for columns of another type. */
void steps_fill(struct steps *steps, const struct shape *shape,
                const struct settings *settings, const struct env *env,
                const struct audit *audit);
/* One more at the end, for its text; never NULL. */
struct text *steps_add(struct steps *steps, uint32_t slot);
void steps_clear(struct steps *steps);

#endif
