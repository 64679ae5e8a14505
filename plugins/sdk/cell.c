/* SPDX-License-Identifier: Apache-2.0 */
/* cell.c - one value: made, compared, copied. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static const int64_t no_offsets[1];

struct ov_cell ov_null_cell(void)
{
    struct ov_cell cell = { .type = OV_NULL };

    return cell;
}

struct ov_cell ov_int_cell(uint32_t type, int64_t value)
{
    struct ov_cell cell = { .type = type };

    cell.u.i = value;
    return cell;
}

struct ov_cell ov_float_cell(double value)
{
    struct ov_cell cell = { .type = OV_FLOAT64 };

    cell.u.f = value;
    return cell;
}

struct ov_cell ov_text_cell(struct ov_str text)
{
    struct ov_cell cell = { .type = OV_TEXT, .n = text.n };

    cell.u.text = text.p != NULL ? text.p : "";
    return cell;
}

struct ov_cell ov_vector_cell(const float *floats, uint64_t dim)
{
    struct ov_cell cell = { .type = OV_VECTOR, .n = dim };

    cell.u.floats = floats;
    return cell;
}

struct ov_cell ov_scalar_cell(const struct ov_scalar *scalar)
{
    if (scalar->type == OV_NULL)
        return ov_null_cell();
    if (scalar->type == OV_TEXT)
        return ov_text_cell(scalar->u.s);
    if (scalar->type == OV_FLOAT64)
        return ov_float_cell(scalar->u.f);
    return ov_int_cell(scalar->type, scalar->u.i);
}

/* A list without elements, a sparse vector without terms. */
static struct ov_cell empty_cell(uint32_t type)
{
    static const int64_t no_ints[1];
    static const float no_weights[1];
    struct ov_cell cell = { .type = type, .bytes = "", .weights = no_weights };

    if (type == OV_INT64_LIST)
        cell.u.ints = no_ints;
    else
        cell.u.offsets = no_offsets;
    return cell;
}

struct ov_cell ov_fill_cell(const struct ov_field *field)
{
    if (field->type == OV_TEXT_LIST || field->type == OV_INT64_LIST ||
        field->type == OV_SPARSE)
        return empty_cell(field->type);
    if (field->fill.type != OV_NULL || (field->flags & OV_FIELD_NULLABLE) != 0)
        return ov_scalar_cell(&field->fill);
    if (field->type == OV_TEXT)
        return ov_text_cell(ov_str_of(""));
    if (field->type == OV_FLOAT64)
        return ov_float_cell(0);
    if (field->type <= OV_TIME)
        return ov_int_cell(field->type, 0);
    return ov_null_cell();
}

uint32_t ov_element_type(uint32_t type)
{
    return type == OV_TEXT_LIST ? OV_TEXT : type == OV_INT64_LIST ? OV_INT64 : type;
}

static struct ov_str text_at(const struct ov_cell *cell, uint64_t i)
{
    struct ov_str text = { cell->bytes + cell->u.offsets[i],
                           (uint64_t)(cell->u.offsets[i + 1] - cell->u.offsets[i]) };

    return text;
}

struct ov_cell ov_cell_element(const struct ov_cell *list, uint64_t i)
{
    if (list->type == OV_INT64_LIST)
        return ov_int_cell(OV_INT64, list->u.ints[i]);
    if (list->type == OV_TEXT_LIST)
        return ov_text_cell(text_at(list, i));
    return *list;
}

/* ------------------------------------------------------------------ compare */

static int compare_floats(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_element(const struct ov_cell *a, const struct ov_cell *b, uint64_t i)
{
    int order;

    switch (a->type) {
    case OV_INT64_LIST:
        return (a->u.ints[i] > b->u.ints[i]) - (a->u.ints[i] < b->u.ints[i]);
    case OV_VECTOR:
        return compare_floats((double)a->u.floats[i], (double)b->u.floats[i]);
    case OV_GEO:
        return compare_floats(a->u.reals[i], b->u.reals[i]);
    case OV_SPARSE:
        order = ov_str_compare(text_at(a, i), text_at(b, i));
        return order != 0 ? order
                          : compare_floats((double)a->weights[i], (double)b->weights[i]);
    default:
        return ov_str_compare(text_at(a, i), text_at(b, i));
    }
}

static int compare_elements(const struct ov_cell *a, const struct ov_cell *b)
{
    uint64_t i;
    int order;

    for (i = 0; i < a->n && i < b->n; i++) {
        order = compare_element(a, b, i);
        if (order != 0)
            return order;
    }
    return (a->n > b->n) - (a->n < b->n);
}

int ov_cell_compare(const struct ov_cell *a, const struct ov_cell *b)
{
    struct ov_str left, right;

    if (a->type == OV_NULL || b->type == OV_NULL)
        return (a->type == OV_NULL) - (b->type == OV_NULL);
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    switch (a->type) {
    case OV_BOOL:
    case OV_INT64:
    case OV_TIME:
        return (a->u.i > b->u.i) - (a->u.i < b->u.i);
    case OV_FLOAT64:
        return compare_floats(a->u.f, b->u.f);
    case OV_TEXT:
        left = (struct ov_str){ a->u.text, a->n };
        right = (struct ov_str){ b->u.text, b->n };
        return ov_str_compare(left, right);
    default:
        return compare_elements(a, b);
    }
}

/* --------------------------------------------------------------------- copy */

uint64_t cell_text_bytes(const struct ov_cell *cell)
{
    return (uint64_t)(cell->u.offsets[cell->n] - cell->u.offsets[0]);
}

/* Texts in one block: n + 1 offsets from 0, the weights, the bytes. */
static int copy_texts(const struct ov_cell *cell, struct ov_cell *out)
{
    size_t offsets = ((size_t)cell->n + 1) * sizeof(int64_t);
    size_t weights = cell->type == OV_SPARSE ? (size_t)cell->n * sizeof(float) : 0;
    size_t bytes = (size_t)cell_text_bytes(cell);
    char *block = malloc(offsets + weights + bytes);
    int64_t *to = (int64_t *)(void *)block;
    uint64_t i;

    if (block == NULL)
        return -1;
    *out = *cell;
    for (i = 0; i <= cell->n; i++)
        to[i] = cell->u.offsets[i] - cell->u.offsets[0];
    if (weights > 0)
        memcpy(block + offsets, cell->weights, weights);
    if (bytes > 0)
        memcpy(block + offsets + weights, cell->bytes + cell->u.offsets[0], bytes);
    out->u.offsets = to;
    out->weights = cell->type == OV_SPARSE ? (float *)(void *)(block + offsets) : NULL;
    out->bytes = block + offsets + weights;
    return 0;
}

int ov_cell_copy(const struct ov_cell *cell, struct ov_cell *out)
{
    static const size_t widths[] = { [OV_TEXT] = 1,
                                     [OV_INT64_LIST] = sizeof(int64_t),
                                     [OV_VECTOR] = sizeof(float),
                                     [OV_GEO] = sizeof(double) };
    size_t bytes;
    char *block;

    if (cell->type < OV_TEXT) {
        *out = *cell;
        return 0;
    }
    if (cell->type == OV_TEXT_LIST || cell->type == OV_SPARSE)
        return copy_texts(cell, out);
    bytes = (size_t)cell->n * widths[cell->type];
    block = malloc(bytes > 0 ? bytes : 1);
    if (block == NULL)
        return -1;
    if (bytes > 0)
        memcpy(block, cell->u.text, bytes);
    *out = *cell;
    out->u.text = block;
    return 0;
}

void ov_cell_clear(struct ov_cell *copy)
{
    if (copy->type >= OV_TEXT)
        free((void *)(uintptr_t)copy->u.text);
    memset(copy, 0, sizeof(*copy));
}
