/* SPDX-License-Identifier: Apache-2.0 */
/* steps.c - the statements that make what is missing. */
#include "steps.h"

#include "ddl.h"

#include <stdlib.h>

struct text *steps_add(struct steps *steps, uint32_t slot)
{
    static struct text lost;
    struct step *step = calloc(1, sizeof(*step));

    if (step == NULL) {
        steps->failed = 1;
        text_clear(&lost);
        return &lost;
    }
    step->slot = slot;
    if (steps->last != NULL)
        steps->last->next = step;
    else
        steps->first = step;
    steps->last = step;
    return &step->sql;
}

void steps_clear(struct steps *steps)
{
    while (steps->first != NULL) {
        struct step *next = steps->first->next;

        text_clear(&steps->first->sql);
        free(steps->first);
        steps->first = next;
    }
    steps->last = NULL;
}

static void add_columns(struct steps *steps, const struct shape *shape,
                        const struct env *env, const struct audit *audit)
{
    for (uint32_t f = 0; f < shape->schema->n_fields; f++) {
        unsigned part = 0;

        if (audit->columns[2 * f] == COLUMN_MISSING)
            part |= DDL_OWN;
        if (audit->columns[2 * f + 1] == COLUMN_MISSING)
            part |= DDL_BESIDE;
        if (part != 0)
            ddl_add_column(steps_add(steps, OV_NONE), shape, env, f, (enum ddl_part)part);
    }
}

static void add_keywords(struct steps *steps, const struct shape *shape)
{
    struct text *sql = steps_add(steps, OV_NONE);

    text_add(sql, "ALTER TABLE ");
    text_add(sql, shape->relation);
    text_add(sql, " ADD COLUMN ");
    ddl_keywords_column(sql, shape);
}

/* It is not ours to drop. */
static void rename_foreign(struct steps *steps, const char *schema,
                           const struct index_look *look)
{
    struct text *sql = steps_add(steps, OV_NONE);

    text_add(sql, look->relkind == 'i' || look->relkind == 'I' ? "ALTER INDEX "
                                                               : "ALTER TABLE ");
    text_qualified(sql, schema, look->name);
    text_format(sql, " RENAME TO ov_other_%lld", (long long)look->oid);
}

static void add_index(struct steps *steps, const struct shape *shape,
                      const struct settings *settings, const struct env *env,
                      const struct index_look *look, uint32_t slot)
{
    char name[NAME_BYTES];

    if (look->state == INDEX_UNWANTED || look->state == INDEX_GOOD ||
        look->state == INDEX_BUILDING)
        return;
    if (look->state == INDEX_FOREIGN)
        rename_foreign(steps, settings->schema, look);
    if (look->state == INDEX_INVALID) {
        struct text *sql = steps_add(steps, slot);

        text_add(sql, "DROP INDEX ");
        text_qualified(sql, settings->schema, look->name);
    }
    (void)ddl_index(steps_add(steps, slot), name, shape, settings, env, slot);
}

void steps_fill(struct steps *steps, const struct shape *shape,
                const struct settings *settings, const struct env *env,
                const struct audit *audit)
{
    if (!audit->table) {
        ddl_table(steps_add(steps, OV_NONE), shape, env);
    } else {
        add_columns(steps, shape, env, audit);
        if (audit->keywords == COLUMN_MISSING)
            add_keywords(steps, shape);
        if (!audit->key && audit->columns[2 * shape->schema->key] == COLUMN_GOOD)
            ddl_add_key(steps_add(steps, OV_NONE), shape);
    }
    for (uint32_t i = 0; i < audit->n_slots; i++)
        add_index(steps, shape, settings, env, &audit->slots[i], i);
}
