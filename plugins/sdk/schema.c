/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c - schemas copied into one block, and looked up.
 *
 * The copy walks the source twice with the same code: once without memory, to count,
 * once with.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

struct block {
    char *base; /* NULL while counting */
    size_t used;
    union { /* written to while counting */
        struct ov_field field;
        struct ov_index index;
        struct ov_schema schema;
    } scratch;
};

static void *take(struct block *block, size_t bytes)
{
    size_t at = block->used;

    block->used += (bytes + 7) / 8 * 8;
    return block->base == NULL ? NULL : block->base + at;
}

static void take_text(struct block *block, const struct ov_str *from, struct ov_str *to)
{
    char *bytes = take(block, (size_t)from->n + 1);

    if (bytes == NULL)
        return;
    if (from->n > 0)
        memcpy(bytes, from->p, (size_t)from->n);
    bytes[from->n] = '\0';
    to->p = bytes;
    to->n = from->n;
}

/* A record of maybe another minor: cut, or extended with the zeros of the block. */
static void *take_record(struct block *block, const void *from, size_t bytes)
{
    uint32_t size;
    void *to = take(block, bytes);

    memcpy(&size, from, sizeof(size));
    if (to == NULL)
        return &block->scratch;
    memcpy(to, from, size < bytes ? size : bytes);
    size = (uint32_t)bytes;
    memcpy(to, &size, sizeof(size));
    return to;
}

static struct ov_field *take_field(struct block *block, const struct ov_field *from)
{
    struct ov_field *to = take_record(block, from, sizeof(*to));

    take_text(block, &from->name, &to->name);
    if (from->fill.type == OV_TEXT)
        take_text(block, &from->fill.u.s, &to->fill.u.s);
    return to;
}

static struct ov_index *take_index(struct block *block, const struct ov_index *from)
{
    size_t bytes = from->n_scalars * sizeof(uint32_t);
    struct ov_index *to = take_record(block, from, sizeof(*to));
    uint32_t *scalars = take(block, bytes);

    if (scalars != NULL && bytes > 0)
        memcpy(scalars, from->scalars, bytes);
    to->scalars = scalars;
    take_text(block, &from->name, &to->name);
    take_text(block, &from->kind, &to->kind);
    take_text(block, &from->meta, &to->meta);
    return to;
}

static struct ov_schema *take_schema(struct block *block, const struct ov_schema *from)
{
    struct ov_schema *to = take_record(block, from, sizeof(*to));
    const struct ov_field **fields = take(block, from->n_fields * sizeof(*fields));
    const struct ov_index **indexes = take(block, from->n_indexes * sizeof(*indexes));
    uint32_t i;

    to->fields = fields;
    to->indexes = indexes;
    for (i = 0; i < from->n_fields; i++) {
        struct ov_field *field = take_field(block, from->fields[i]);

        if (fields != NULL)
            fields[i] = field;
    }
    for (i = 0; i < from->n_indexes; i++) {
        struct ov_index *index = take_index(block, from->indexes[i]);

        if (indexes != NULL)
            indexes[i] = index;
    }
    take_text(block, &from->name, &to->name);
    take_text(block, &from->meta, &to->meta);
    return to;
}

struct ov_schema *ov_schema_copy(const struct ov_schema *schema)
{
    struct block block = { .base = NULL };

    (void)take_schema(&block, schema);
    block.base = calloc(1, block.used);
    if (block.base == NULL)
        return NULL;
    block.used = 0;
    return take_schema(&block, schema);
}

uint32_t ov_schema_field(const struct ov_schema *schema, struct ov_str name)
{
    uint32_t f;

    for (f = 0; f < schema->n_fields; f++)
        if (ov_str_equal(schema->fields[f]->name, name))
            return f;
    return OV_NONE;
}

const struct ov_index *ov_schema_index(const struct ov_schema *schema, struct ov_str name)
{
    uint32_t i;

    for (i = 0; i < schema->n_indexes; i++)
        if (ov_str_equal(schema->indexes[i]->name, name))
            return schema->indexes[i];
    return NULL;
}

uint32_t ov_schema_flagged(const struct ov_schema *schema, uint32_t flag)
{
    uint32_t f;

    for (f = 0; f < schema->n_fields; f++)
        if ((schema->fields[f]->flags & flag) != 0)
            return f;
    return OV_NONE;
}
