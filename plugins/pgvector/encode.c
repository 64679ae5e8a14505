/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode.c - batches as arrays of columns.
 *
 * One array a column makes statements whose text does not depend on the number of rows.
 * PostgreSQL has no arrays of arrays, so a list travels as the text of an array and is
 * cast on the way in.
 */
#include "write.h"

#include <stdlib.h>
#include <string.h>

static void add_element(struct text *text, const char *bytes, int64_t n)
{
    text_bytes(text, "\"", 1);
    for (int64_t i = 0; i < n; i++) {
        if (bytes[i] == '"' || bytes[i] == '\\')
            text_bytes(text, "\\", 1);
        text_bytes(text, bytes + i, 1);
    }
    text_bytes(text, "\"", 1);
}

/* {"a","b"}, {1,2}, or the weights of a sparse vector as {0.5,1}. */
static void add_list(struct text *text, const struct ov_cell *cell, int weights)
{
    char number[OV_NUMBER_TEXT];

    text_add(text, "{");
    for (uint64_t i = 0; i < cell->n; i++) {
        if (i > 0)
            text_add(text, ",");
        if (weights)
            text_bytes(text, number, ov_float_print(cell->weights[i], number));
        else if (cell->type == OV_INT64_LIST)
            text_bytes(text, number, ov_int_print(cell->u.ints[i], number));
        else
            add_element(text, cell->bytes + cell->u.offsets[i],
                        cell->u.offsets[i + 1] - cell->u.offsets[i]);
    }
    text_add(text, "}");
}

static int is_list(uint32_t type)
{
    return type == OV_TEXT_LIST || type == OV_INT64_LIST || type == OV_SPARSE;
}

struct source {
    const struct shape *shape;
    const struct ov_batch *batch;
    const int64_t *rows;
    int64_t n;
};

static int add_column(struct params *params, const struct source *source, uint32_t column,
                      int weights)
{
    const struct ov_schema *schema = source->shape->schema;
    uint32_t type = schema->fields[source->batch->fields[column]]->type;
    struct text text = { 0 };

    for (int64_t i = 0; i < source->n; i++) {
        struct ov_cell cell;

        ov_batch_cell(schema, source->batch, column, source->rows[i], &cell);
        if (!is_list(type) || cell.type == OV_NULL) {
            params_array_cell(params, &cell);
            continue;
        }
        text.n = 0;
        add_list(&text, &cell, weights);
        params_array_text(params, (struct ov_str){ text.p, text.n });
    }
    params->failed |= text.failed;
    text_clear(&text);
    return params_array_end(params);
}

void encode_source(struct statement *s, const struct shape *shape, const struct env *env,
                   const struct ov_batch *batch, const int64_t *rows, int64_t n)
{
    const struct source source = { shape, batch, rows, n };
    const char *comma = "";

    text_add(&s->sql, "unnest(");
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        uint32_t type = shape->schema->fields[batch->fields[c]]->type;
        int parts = type == OV_SPARSE ? 2 : 1;

        for (int part = 0; part < parts; part++) {
            if (type == OV_VECTOR)
                params_array_begin(&s->params, env->vectors, env->vector);
            else
                params_array_begin(&s->params, params_types(type), params_type(type));
            text_add(&s->sql, comma);
            text_param(&s->sql, add_column(&s->params, &source, c, part));
            comma = ", ";
        }
    }
    text_add(&s->sql, ") AS s(");
    comma = "";
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        text_format(&s->sql, "%sc%u", comma, c);
        comma = ", ";
        if (shape->schema->fields[batch->fields[c]]->type == OV_SPARSE)
            text_format(&s->sql, ", w%u", c);
    }
    text_add(&s->sql, ")");
}

void encode_reference(struct text *sql, const struct shape *shape,
                      const struct ov_batch *batch, uint32_t column, int part)
{
    uint32_t type = shape->schema->fields[batch->fields[column]]->type;

    text_format(sql, "s.%c%u", part ? 'w' : 'c', column);
    if (part)
        text_add(sql, "::real[]");
    else if (type == OV_TEXT_LIST || type == OV_SPARSE)
        text_add(sql, "::text[]");
    else if (type == OV_INT64_LIST)
        text_add(sql, "::bigint[]");
}

/* ------------------------------------------------------------------- order */

struct keyed {
    struct ov_cell key;
    int64_t row;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;

    return ov_cell_compare(&x->key, &y->key);
}

int64_t *encode_order(const struct shape *shape, const struct ov_batch *batch)
{
    size_t n = (size_t)batch->array->length;
    struct keyed *keyed = malloc((n + 1) * sizeof(*keyed));
    int64_t *rows = malloc((n + 1) * sizeof(*rows));

    if (keyed == NULL || rows == NULL) {
        free(keyed);
        free(rows);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        ov_batch_cell(shape->schema, batch, 0, (int64_t)i, &keyed[i].key);
        keyed[i].row = (int64_t)i;
    }
    qsort(keyed, n, sizeof(*keyed), by_key);
    for (size_t i = 0; i < n; i++)
        rows[i] = keyed[i].row;
    free(keyed);
    return rows;
}
