/* SPDX-License-Identifier: Apache-2.0 */
/* array.c - a cell seen in an Arrow array; batch.h tells the layout. */
#include "internal.h"

static int has_value(const struct ArrowArray *column, int64_t row)
{
    const uint8_t *valid = column->buffers[0];

    return column->null_count == 0 || valid == NULL ||
           (valid[row / 8] >> (row % 8) & 1) != 0;
}

/* Buffers of a text array: validity, offsets, bytes. */
static void see_texts(const struct ArrowArray *list, int64_t row, struct ov_cell *out)
{
    const int64_t *rows = list->buffers[1];
    const struct ArrowArray *texts = list->children[0];

    out->n = (uint64_t)(rows[row + 1] - rows[row]);
    out->u.offsets = (const int64_t *)texts->buffers[1] + rows[row];
    out->bytes = texts->buffers[2];
}

static void see_sparse(const struct ArrowArray *column, int64_t row, struct ov_cell *out)
{
    const struct ArrowArray *weights = column->children[1];
    const int64_t *rows = weights->buffers[1];

    see_texts(column->children[0], row, out);
    out->weights = (const float *)weights->children[0]->buffers[1] + rows[row];
}

static void see_list(const struct ArrowArray *column, int64_t row, struct ov_cell *out)
{
    const int64_t *rows = column->buffers[1];

    out->n = (uint64_t)(rows[row + 1] - rows[row]);
    out->u.ints = (const int64_t *)column->children[0]->buffers[1] + rows[row];
}

static void see_text(const struct ArrowArray *column, int64_t row, struct ov_cell *out)
{
    const int64_t *offsets = column->buffers[1];
    const char *bytes = column->buffers[2];

    out->n = (uint64_t)(offsets[row + 1] - offsets[row]);
    out->u.text = out->n == 0 ? "" : bytes + offsets[row];
}

static void see_value(const struct ArrowArray *column, int64_t row, uint32_t dim,
                      struct ov_cell *out)
{
    switch (out->type) {
    case OV_BOOL:
        out->u.i = ((const uint8_t *)column->buffers[1])[row / 8] >> (row % 8) & 1;
        break;
    case OV_INT64:
    case OV_TIME:
        out->u.i = ((const int64_t *)column->buffers[1])[row];
        break;
    case OV_FLOAT64:
        out->u.f = ((const double *)column->buffers[1])[row];
        break;
    case OV_TEXT:
        see_text(column, row, out);
        break;
    case OV_TEXT_LIST:
        see_texts(column, row, out);
        break;
    case OV_INT64_LIST:
        see_list(column, row, out);
        break;
    case OV_VECTOR:
        out->n = dim;
        out->u.floats = (const float *)column->children[0]->buffers[1] + row * dim;
        break;
    case OV_SPARSE:
        see_sparse(column, row, out);
        break;
    case OV_GEO:
        out->n = 2;
        out->u.reals = (const double *)column->children[0]->buffers[1] + row * 2;
        break;
    default:
        out->type = OV_NULL;
    }
}

void ov_array_cell(const struct ArrowArray *array, uint32_t column, int64_t row,
                   uint32_t type, uint32_t dim, struct ov_cell *out)
{
    const struct ArrowArray *child = array->children[column];

    *out = ov_null_cell();
    if (!has_value(child, row))
        return;
    out->type = type;
    see_value(child, row, dim, out);
}

void ov_batch_cell(const struct ov_schema *schema, const struct ov_batch *batch,
                   uint32_t column, int64_t row, struct ov_cell *out)
{
    const struct ov_field *field = schema->fields[batch->fields[column]];

    ov_array_cell(batch->array, column, row, field->type, field->dim, out);
}
