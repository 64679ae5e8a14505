/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_upsert.c - full records to one batch.
 *
 * A column that no record gives is left out, and the provider fills it: OpenViking's
 * records leave out many. Only a default that a provider's fill cannot express (a list,
 * a text with a spelling of its own) makes a column that nobody gave.
 */
#include "batch_build.h"

#include <stdio.h>
#include <string.h>

struct upsert {
    struct builder *builder;
    struct ov_cell *fills; /* one a field */
    unsigned char *used;   /* columns of the batch */
};

static int32_t take_fill(struct upsert *upsert, const struct field *field)
{
    const struct ov_schema *schema = upsert->builder->schema->ov;
    struct ov_cell twin, plain;
    int32_t status;

    if (field->kind == KIND_HOST || field->required || field->ordinal == schema->key) {
        if (field->kind == KIND_HOST && upsert->used[field->ordinal])
            return OV_OK; /* a twin that its field has filled */
        upsert->fills[field->ordinal] = ov_null_cell();
        return OV_OK;
    }
    status = value_fill(&upsert->builder->keeper, field, &upsert->fills[field->ordinal],
                        &twin);
    if (status != OV_OK)
        return status;
    plain = ov_fill_cell(schema->fields[field->ordinal]);
    if (plain.type != upsert->fills[field->ordinal].type ||
        (plain.type != OV_NULL &&
         ov_cell_compare(&plain, &upsert->fills[field->ordinal]) != 0))
        upsert->used[field->ordinal] = 1;
    if (field->twin != OV_NONE) {
        upsert->fills[field->twin] = twin;
        if (twin.type != OV_NULL)
            upsert->used[field->ordinal] = upsert->used[field->twin] = 1;
    }
    return OV_OK;
}

static int32_t choose_columns(struct upsert *upsert, const int64_t *ttl_s)
{
    struct builder *builder = upsert->builder;
    const struct schema *schema = builder->schema;
    const struct records *records = &builder->records;
    uint64_t i, k;
    uint32_t f;
    int32_t status = OV_OK;

    for (f = 0; status == OV_OK && f < schema->n_fields; f++)
        status = take_fill(upsert, &schema->fields[f]);
    for (i = 0; i < records->n; i++)
        for (k = 0; k < records->at[i].doc->n; k++)
            if (records->at[i].fields[k] != NULL)
                upsert->used[records->at[i].fields[k]->ordinal] = 1;
    for (f = 0; f < schema->n_fields; f++) {
        const struct field *field = &schema->fields[f];

        if (upsert->used[f] && field->twin != OV_NONE)
            upsert->used[field->twin] = 1;
        upsert->used[f] |= (unsigned char)field->required;
    }
    for (i = 0; ttl_s != NULL && schema->expiry != OV_NONE && i < records->n; i++)
        upsert->used[schema->expiry] |= ttl_s[i] > 0;
    return status;
}

/* Fields that every record must give. */
static int32_t check_required(struct upsert *upsert, uint64_t row)
{
    struct builder *builder = upsert->builder;
    struct ov_error *err = builder->call->err;
    uint32_t f;

    for (f = 0; f < builder->schema->n_fields; f++) {
        const struct field *field = &builder->schema->fields[f];

        if (!field->required || builder->given[f])
            continue;
        err->row = (int64_t)row;
        err->field = f;
        snprintf(err->where, sizeof(err->where), "%s", field->name);
        return ov_fail(err, OV_INVALID, "field '%s' is required", field->name);
    }
    return OV_OK;
}

static int32_t take_expiry(struct upsert *upsert, uint64_t row, int64_t ttl_s)
{
    struct builder *builder = upsert->builder;
    int64_t now_us = builder->call->ov.now_us, expires;

    if (builder->schema->expiry == OV_NONE || ttl_s <= 0)
        return OV_OK;
    if (__builtin_mul_overflow(ttl_s, (int64_t)1000000, &expires) ||
        __builtin_add_overflow(expires, now_us, &expires)) {
        builder->call->err->row = (int64_t)row;
        return ov_fail(builder->call->err, OV_INVALID, "a time to live of '%lld' s",
                       (long long)ttl_s);
    }
    expires -= (expires % 1000 + 1000) % 1000;
    builder->cells[builder->schema->expiry] = ov_int_cell(OV_TIME, expires);
    return OV_OK;
}

static int32_t add_rows(struct upsert *upsert, const int64_t *ttl_s,
                        struct growing *growing, uint64_t *row_of)
{
    struct builder *builder = upsert->builder;
    uint32_t n_fields = builder->schema->n_fields;
    uint64_t i, n = 0;
    int32_t status;

    for (i = 0; i < builder->records.n; i++) {
        memcpy(builder->cells, upsert->fills, n_fields * sizeof(struct ov_cell));
        memset(builder->given, 0, n_fields);
        status = builder_take(builder, i);
        if (status == OV_OK)
            status = check_required(upsert, i);
        if (status == OV_OK && ttl_s != NULL)
            status = take_expiry(upsert, i, ttl_s[i]);
        if (status != OV_OK)
            return status;
        if (builder->records.at[i].newer == KEYSET_NONE) {
            builder_add(growing, builder->cells);
            row_of[n++] = i;
        }
        ov_arena_reset(builder->maker.arena);
    }
    return OV_OK;
}

static int32_t build(struct builder *builder, const int64_t *ttl_s, struct batches *out)
{
    struct ov_arena *arena = builder->call->arena;
    uint32_t n_fields = builder->schema->n_fields;
    struct upsert upsert = { .builder = builder };
    struct growing *growing;
    uint64_t *row_of;
    int32_t status;

    upsert.fills = ov_arena_take(arena, n_fields * sizeof(struct ov_cell));
    upsert.used = ov_arena_take(arena, n_fields);
    row_of = ov_arena_take(arena, (size_t)(builder->records.n + 1) * sizeof(*row_of));
    if (upsert.fills == NULL || upsert.used == NULL || row_of == NULL)
        return ov_no_memory(builder->call->err);
    memset(upsert.used, 0, n_fields);
    status = choose_columns(&upsert, ttl_s);
    if (status != OV_OK)
        return status;
    growing = builder_start(builder, upsert.used);
    if (growing == NULL)
        return ov_no_memory(builder->call->err);
    status = add_rows(&upsert, ttl_s, growing, row_of);
    if (status != OV_OK) {
        builder_discard(growing);
        return status;
    }
    out->row_of = row_of;
    return builder_finish(builder, growing, 1, out);
}

int32_t batch_of_upsert(struct call *call, const struct ov_doc *docs,
                        const int64_t *ttl_s, struct batches *out)
{
    struct builder builder;
    int32_t status = builder_init(&builder, call, docs);

    if (status == OV_OK && builder.records.n > 0)
        status = build(&builder, ttl_s, out);
    builder_clear(&builder);
    return status;
}
