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
};

static void *take(struct block *block, size_t bytes)
{
    size_t at = block->used;

    block->used += (bytes + 7) / 8 * 8;
    return block->base == NULL ? NULL : block->base + at;
}

/* A copy that ends with NUL. */
static struct ov_str take_text(struct block *block, struct ov_str from)
{
    char *bytes = take(block, (size_t)from.n + 1);
    struct ov_str copy = { bytes, from.n };

    if (bytes != NULL && from.n > 0)
        memcpy(bytes, from.p, (size_t)from.n);
    return copy;
}

/* A record of maybe another minor as this one knows it: cut, or extended with zeros. */
static void read_record(const void *from, void *to, uint32_t bytes)
{
    uint32_t size;

    memcpy(&size, from, sizeof(size));
    memset(to, 0, bytes);
    memcpy(to, from, size < bytes ? size : bytes);
    memcpy(to, &bytes, sizeof(bytes));
}

/* Nothing is written while counting. */
static void put(const struct block *block, void *to, const void *from, size_t bytes)
{
    if (block->base != NULL && bytes > 0)
        memcpy(to, from, bytes);
}

static const struct ov_field *take_field(struct block *block, const void *from)
{
    struct ov_field *to = take(block, sizeof(*to)), field;

    read_record(from, &field, sizeof(field));
    field.name = take_text(block, field.name);
    if (field.fill.type == OV_TEXT)
        field.fill.u.s = take_text(block, field.fill.u.s);
    put(block, to, &field, sizeof(field));
    return to;
}

static const struct ov_index *take_index(struct block *block, const void *from)
{
    struct ov_index *to = take(block, sizeof(*to)), index;
    uint32_t *scalars;

    read_record(from, &index, sizeof(index));
    scalars = take(block, index.n_scalars * sizeof(*scalars));
    put(block, scalars, index.scalars, index.n_scalars * sizeof(*scalars));
    index.scalars = scalars;
    index.name = take_text(block, index.name);
    index.kind = take_text(block, index.kind);
    index.meta = take_text(block, index.meta);
    put(block, to, &index, sizeof(index));
    return to;
}

static struct ov_schema *take_schema(struct block *block, const void *from)
{
    struct ov_schema *to = take(block, sizeof(*to)), schema;
    const struct ov_field **fields, *field;
    const struct ov_index **indexes, *index;
    uint32_t i;

    read_record(from, &schema, sizeof(schema));
    fields = take(block, schema.n_fields * sizeof(field));
    indexes = take(block, schema.n_indexes * sizeof(index));
    for (i = 0; i < schema.n_fields; i++) {
        field = take_field(block, schema.fields[i]);
        if (fields != NULL)
            fields[i] = field;
    }
    for (i = 0; i < schema.n_indexes; i++) {
        index = take_index(block, schema.indexes[i]);
        if (indexes != NULL)
            indexes[i] = index;
    }
    schema.fields = fields;
    schema.indexes = indexes;
    schema.name = take_text(block, schema.name);
    schema.meta = take_text(block, schema.meta);
    put(block, to, &schema, sizeof(schema));
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
