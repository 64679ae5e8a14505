/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_build.c - rows of cells to the arrays that cross the border.
 *
 * The key is always the first column, the others follow in the order of the schema.
 */
#include "batch_build.h"

#include <stdlib.h>
#include <string.h>

int32_t builder_init(struct builder *builder, struct call *call,
                     const struct ov_doc *docs)
{
    const struct schema *schema = call->view->schema;
    struct value_maker maker = { .schema = schema,
                                 .ability = &call->store->ability,
                                 .err = call->err };

    memset(builder, 0, sizeof(*builder));
    builder->call = call;
    builder->schema = schema;
    maker.arena = call_arena(call);
    if (maker.arena == NULL)
        return OV_NO_SPACE;
    builder->keeper = maker;
    maker.arena = ov_arena_new();
    builder->maker = maker;
    builder->cells =
        ov_arena_take(call->arena, schema->n_fields * sizeof(struct ov_cell));
    builder->given = ov_arena_take(call->arena, schema->n_fields);
    if (maker.arena == NULL || builder->cells == NULL || builder->given == NULL)
        return ov_no_memory(call->err);
    return record_read(call, &builder->keeper, docs, &builder->records);
}

void builder_clear(struct builder *builder)
{
    if (builder->maker.arena != NULL)
        ov_arena_free(builder->maker.arena);
    builder->maker.arena = NULL;
}

int32_t builder_take(struct builder *builder, uint64_t number)
{
    const struct record *record = &builder->records.at[number];
    uint32_t key = builder->schema->ov->key;
    uint64_t i;
    int32_t status;

    builder->cells[key] = builder->records.keys[number];
    builder->given[key] = 1;
    for (i = 0; i < record->doc->n; i++) {
        const struct field *field = record->fields[i];
        struct ov_cell cell, twin;

        if (field == NULL || field->ordinal == key)
            continue;
        status = value_make(&builder->maker, field, record->doc->u.members[i].value,
                            &cell, &twin);
        if (status != OV_OK) {
            builder->call->doubt = 1; /* the field may be another one by now */
            builder->call->err->row = (int64_t)number;
            return status;
        }
        builder->cells[field->ordinal] = cell;
        builder->given[field->ordinal] = 1;
        if (field->twin != OV_NONE) {
            builder->cells[field->twin] = twin;
            builder->given[field->twin] = 1;
        }
    }
    return OV_OK;
}

struct growing *builder_start(struct builder *builder, const unsigned char *used)
{
    const struct ov_schema *schema = builder->schema->ov;
    struct ov_arena *arena = builder->call->arena;
    struct growing *growing = ov_arena_take(arena, sizeof(*growing));
    uint32_t *fields = ov_arena_take(arena, schema->n_fields * sizeof(*fields));
    struct ov_column *columns = ov_arena_take(arena, schema->n_fields * sizeof(*columns));
    uint32_t i, n = 1;

    if (growing == NULL || fields == NULL || columns == NULL)
        return NULL;
    memset(growing, 0, sizeof(*growing));
    fields[0] = schema->key;
    for (i = 0; i < schema->n_fields; i++)
        if (used[i] && i != schema->key)
            fields[n++] = i;
    for (i = 0; i < n; i++) {
        columns[i].type = schema->fields[fields[i]]->type;
        columns[i].dim = schema->fields[fields[i]]->dim;
        columns[i].nullable = (schema->fields[fields[i]]->flags & OV_FIELD_NULLABLE) != 0;
    }
    growing->fields = fields;
    growing->n_columns = n;
    growing->rows = ov_rows_new(columns, n);
    return growing->rows != NULL ? growing : NULL;
}

void builder_add(struct growing *growing, const struct ov_cell *cells)
{
    uint32_t i;

    for (i = 0; i < growing->n_columns; i++)
        ov_rows_add(growing->rows, &cells[growing->fields[i]]);
    growing->n_rows++;
}

static int32_t check_limits(struct call *call, uint64_t rows, uint64_t bytes)
{
    const struct ov_ability *can = &call->store->ability;

    if (call->operation == OP_FETCH)
        return OV_OK;
    if (can->max_batch_rows != 0 && rows > can->max_batch_rows)
        return ov_fail(call->err, OV_LIMIT,
                       "%llu records in one write; the limit is %llu",
                       (unsigned long long)rows, (unsigned long long)can->max_batch_rows);
    if (can->max_batch_bytes != 0 && bytes > can->max_batch_bytes)
        return ov_fail(call->err, OV_LIMIT, "%llu bytes in one write; the limit is %llu",
                       (unsigned long long)bytes,
                       (unsigned long long)can->max_batch_bytes);
    return OV_OK;
}

static int32_t finish_arrays(struct builder *builder, struct growing *first,
                             const struct ov_batch **list)
{
    struct growing *at;
    uint32_t n = 0;
    int32_t status = OV_OK;

    for (at = first; at != NULL && status == OV_OK; at = at->next) {
        struct ov_rows *rows = at->rows;

        at->rows = NULL;
        status = ov_rows_finish(rows, &at->array, builder->call->err);
        at->batch.size = sizeof(at->batch);
        at->batch.n_columns = at->n_columns;
        at->batch.fields = at->fields;
        at->batch.array = &at->array;
        list[n++] = &at->batch;
    }
    return status;
}

int32_t builder_finish(struct builder *builder, struct growing *first, uint32_t n,
                       struct batches *out)
{
    const struct ov_batch **list =
        ov_arena_take(builder->call->arena, (n + 1) * sizeof(struct ov_batch *));
    struct growing *at;
    uint64_t rows = 0, bytes = 0;
    int32_t status;

    for (at = first; at != NULL; at = at->next) {
        rows += at->n_rows;
        bytes += ov_rows_bytes(at->rows);
    }
    status = list == NULL ? ov_no_memory(builder->call->err)
                          : check_limits(builder->call, rows, bytes);
    if (status == OV_OK)
        status = finish_arrays(builder, first, list);
    if (status != OV_OK) {
        builder_discard(first);
        return status;
    }
    out->list = list;
    out->n = n;
    out->rows = rows;
    return OV_OK;
}

void builder_discard(struct growing *first)
{
    struct growing *at;

    for (at = first; at != NULL; at = at->next) {
        if (at->rows != NULL)
            ov_rows_free(at->rows);
        if (at->array.release != NULL)
            at->array.release(&at->array);
        at->rows = NULL;
    }
}

void batch_clear(struct batches *batches)
{
    uint32_t i;

    for (i = 0; i < batches->n; i++) {
        struct ArrowArray *array = (struct ArrowArray *)batches->list[i]->array;

        if (array->release != NULL)
            array->release(array);
    }
    batches->n = 0;
}

int32_t batch_of_keys(struct call *call, const struct ov_cell *keys, uint64_t n,
                      struct batches *out)
{
    const struct ov_schema *schema = call->view->schema->ov;
    struct builder builder = { .call = call, .schema = call->view->schema };
    struct growing *growing;
    unsigned char *used;
    uint64_t i;

    if (call_arena(call) == NULL)
        return OV_NO_SPACE;
    used = ov_arena_take(call->arena, schema->n_fields);
    if (used == NULL)
        return ov_no_memory(call->err);
    memset(used, 0, schema->n_fields);
    growing = builder_start(&builder, used);
    if (growing == NULL)
        return ov_no_memory(call->err);
    for (i = 0; i < n; i++)
        ov_rows_add(growing->rows, &keys[i]);
    growing->n_rows = n;
    return builder_finish(&builder, growing, 1, out);
}
