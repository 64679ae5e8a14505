/* SPDX-License-Identifier: Apache-2.0 */
/*
 * projection.c - names to columns, once for each list of names.
 *
 * Callers ask for the same few lists again and again, so a view remembers those it has
 * seen: slots are filled from the front with a compare-and-swap and never emptied, so
 * readers take no lock.
 */
#include "projection.h"

#include "handle.h"

#include <ov/sdk.h>

#include <stdlib.h>
#include <string.h>

struct block {
    struct projection projection;
    struct column *columns;
    uint32_t *fields;
    char *names;
};

/* One piece: projection, columns, two ordinals each, names. */
static int make_block(struct block **out, uint32_t n, size_t name_bytes)
{
    struct block *block;
    size_t bytes = sizeof(*block) + n * sizeof(struct column);

    block = calloc(1, bytes + 2 * (size_t)n * sizeof(uint32_t) + name_bytes);
    if (block == NULL)
        return 0;
    block->columns = (struct column *)(block + 1);
    block->fields = (uint32_t *)(block->columns + n);
    block->names = (char *)(block->fields + 2 * (size_t)n);
    block->projection.refs = 1;
    block->projection.columns = block->columns;
    block->projection.fields = block->fields;
    *out = block;
    return 1;
}

static uint32_t place_of(struct projection *projection, uint32_t *fields,
                         uint32_t ordinal)
{
    uint32_t i;

    for (i = 0; i < projection->n_fields; i++)
        if (fields[i] == ordinal)
            return i;
    fields[projection->n_fields++] = ordinal;
    return i;
}

static void add_column(struct block *block, const char *name, const struct field *field)
{
    struct projection *projection = &block->projection;
    struct column *column = &block->columns[projection->n_columns++];
    const struct ov_schema *schema = projection->schema->ov;

    column->name = name;
    column->field = field;
    column->at = OV_NONE;
    column->twin_at = OV_NONE;
    if (field == NULL)
        return;
    column->at = COLUMN_KEY;
    if (field->ordinal != schema->key)
        column->at = place_of(projection, block->fields, field->ordinal);
    if (field->twin != OV_NONE &&
        (schema->fields[field->twin]->flags & OV_FIELD_ABSENT) == 0)
        column->twin_at = place_of(projection, block->fields, field->twin);
}

struct projection *projection_of_schema(const struct schema *schema)
{
    struct block *block;
    uint32_t i;

    if (!make_block(&block, schema->n_visible, 0))
        return NULL;
    block->projection.schema = schema_ref(schema);
    for (i = 0; i < schema->n_visible; i++) {
        const struct field *field = &schema->fields[schema->visible[i]];

        add_column(block, field->name, field);
    }
    return &block->projection;
}

static struct projection *projection_of_names(const struct schema *schema,
                                              const struct ov_projection *asked)
{
    struct block *block;
    size_t bytes = 0;
    uint32_t i;

    for (i = 0; i < asked->n_fields; i++)
        bytes += strlen(asked->fields[i]) + 1;
    if (!make_block(&block, asked->n_fields, bytes))
        return NULL;
    block->projection.schema = schema_ref(schema);
    block->projection.n_asked = asked->n_fields;
    for (i = 0; i < asked->n_fields; i++) {
        size_t n = strlen(asked->fields[i]) + 1;
        char *name = memcpy(block->names, asked->fields[i], n);

        add_column(block, name, schema_find(schema, ov_str_of(name)));
        block->names += n;
    }
    return &block->projection;
}

static int asks_for(const struct projection *projection,
                    const struct ov_projection *asked)
{
    uint32_t i;

    if (projection->n_asked != asked->n_fields)
        return 0;
    for (i = 0; i < asked->n_fields; i++)
        if (strcmp(projection->columns[i].name, asked->fields[i]) != 0)
            return 0;
    return 1;
}

struct projection *projection_take(struct view *view, const struct ov_projection *asked)
{
    struct projection *made, *none = NULL;
    unsigned i;

    if (asked == NULL || asked->n_fields == 0)
        return projection_ref(view->whole);
    for (i = 0; i < VIEW_PROJECTIONS; i++) {
        struct projection *known = __atomic_load_n(&view->known[i], __ATOMIC_ACQUIRE);

        if (known == NULL)
            break;
        if (asks_for(known, asked))
            return projection_ref(known);
    }
    made = projection_of_names(view->schema, asked);
    if (made == NULL || i == VIEW_PROJECTIONS)
        return made;
    projection_ref(made);
    if (!__atomic_compare_exchange_n(&view->known[i], &none, made, 0, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        projection_unref(made); /* somebody else took the slot */
    return made;
}

struct projection *projection_ref(struct projection *projection)
{
    __atomic_add_fetch(&projection->refs, 1, __ATOMIC_RELAXED);
    return projection;
}

void projection_unref(struct projection *projection)
{
    if (projection == NULL ||
        __atomic_sub_fetch(&projection->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    schema_unref(projection->schema);
    free(projection);
}
