/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c - is an array what batch.h promises?
 *
 * Offsets are checked before anything is read through them, so bytes of an array that
 * lies about itself are never touched beyond what its buffers must hold.
 */
#include "internal.h"

#include <math.h>

#define VECTOR_BOUND 1e15f

struct check {
    uint32_t column;
    struct ov_error *err;
};

static int32_t refuse(const struct check *check, const char *what)
{
    return ov_fail(check->err, OV_INVALID, "column %u: %s", check->column, what);
}

static int32_t check_shape(const struct check *check, const struct ArrowArray *array,
                           int64_t n_buffers, int64_t n_children)
{
    int64_t b;

    if (array == NULL)
        return refuse(check, "no array");
    if (array->length < 0 || array->offset != 0 || array->dictionary != NULL)
        return refuse(check, "length, offset or dictionary is not allowed");
    if (array->n_buffers != n_buffers || array->n_children != n_children ||
        array->buffers == NULL || (n_children > 0 && array->children == NULL))
        return refuse(check, "wrong number of buffers or children");
    for (b = 1; b < n_buffers; b++)
        if ((array->buffers[b] == NULL && array->length > 0 && b == 1) ||
            (uintptr_t)array->buffers[b] % 8 != 0)
            return refuse(check, "a buffer is missing or not aligned to 8 bytes");
    return OV_OK;
}

static int32_t check_nulls(const struct check *check, const struct ArrowArray *array,
                           int nullable)
{
    const uint8_t *valid = array->buffers[0];
    int64_t nulls = 0, i;

    for (i = 0; valid != NULL && i < array->length; i++)
        nulls += (valid[i / 8] >> (i % 8) & 1) == 0;
    if (array->null_count != nulls)
        return refuse(check, "null_count is not the number of nulls");
    if (nulls > 0 && !nullable)
        return refuse(check, "a null where none is allowed");
    return OV_OK;
}

/* n + 1 of them, from 0 on, ascending, the last one within limit. */
static int32_t check_offsets(const struct check *check, const struct ArrowArray *array,
                             int64_t limit)
{
    const int64_t *offsets = array->buffers[1];
    int64_t i;

    if (array->length == 0)
        return OV_OK;
    if (offsets[0] < 0)
        return refuse(check, "an offset is negative");
    for (i = 0; i < array->length; i++)
        if (offsets[i + 1] < offsets[i])
            return refuse(check, "offsets do not ascend");
    if (offsets[array->length] > limit)
        return refuse(check, "an offset points behind the end");
    return OV_OK;
}

static int32_t check_texts(const struct check *check, const struct ArrowArray *array)
{
    const int64_t *offsets = array->buffers[1];
    const char *bytes = array->buffers[2];
    int64_t i;

    if (check_offsets(check, array, INT64_MAX) != OV_OK)
        return OV_INVALID;
    for (i = 0; i < array->length; i++) {
        struct ov_str text = { bytes == NULL ? NULL : bytes + offsets[i],
                               (uint64_t)(offsets[i + 1] - offsets[i]) };

        if (text.n > 0 && bytes == NULL)
            return refuse(check, "a buffer is missing or not aligned to 8 bytes");
        if (!ov_utf8_valid(text))
            return refuse(check, "a text is not UTF-8 or holds U+0000");
    }
    return OV_OK;
}

static int32_t check_floats(const struct check *check, const struct ArrowArray *array,
                            float bound)
{
    const float *floats = array->buffers[1];
    int64_t i;

    for (i = 0; i < array->length; i++)
        if (!isfinite(floats[i]) || fabsf(floats[i]) > bound)
            return refuse(check, "a number is not finite or out of bounds");
    return OV_OK;
}

static int32_t check_doubles(const struct check *check, const struct ArrowArray *array)
{
    const double *reals = array->buffers[1];
    int64_t i;

    for (i = 0; i < array->length; i++)
        if (!isfinite(reals[i]))
            return refuse(check, "a number is not finite");
    return OV_OK;
}

static int32_t check_times(const struct check *check, const struct ArrowArray *array)
{
    const uint8_t *valid = array->buffers[0];
    const int64_t *times = array->buffers[1];
    int64_t i;

    for (i = 0; i < array->length; i++)
        if ((valid == NULL || (valid[i / 8] >> (i % 8) & 1) != 0) && times[i] % 1000 != 0)
            return refuse(check, "a time is not a whole number of milliseconds");
    return OV_OK;
}

/* The elements of an array: shaped, without nulls. */
static int32_t check_child(const struct check *check, const struct ArrowArray *child,
                           int64_t n_buffers, int64_t n_children)
{
    int32_t code = check_shape(check, child, n_buffers, n_children);

    return code != OV_OK ? code : check_nulls(check, child, 0);
}

static int32_t check_list(const struct check *check, const struct ArrowArray *array,
                          uint32_t element)
{
    const struct ArrowArray *child = array->children[0];
    int32_t code = check_child(check, child, element == OV_TEXT ? 3 : 2, 0);

    if (code == OV_OK)
        code = check_offsets(check, array, child->length);
    if (code == OV_OK && element == OV_TEXT)
        code = check_texts(check, child);
    if (code == OV_OK && element == OV_VECTOR)
        code = check_floats(check, child, INFINITY);
    return code;
}

static int32_t check_terms(const struct check *check, const struct ArrowArray *array)
{
    struct ov_cell cell, left, right;
    int64_t row;
    uint64_t i;

    for (row = 0; row < array->length; row++) {
        struct ArrowArray *one = (struct ArrowArray *)(uintptr_t)array;
        struct ArrowArray top = { .length = array->length, .children = &one };
        const int64_t *weights = array->children[1]->buffers[1];

        ov_array_cell(&top, 0, row, OV_SPARSE, 0, &cell);
        if (cell.type == OV_NULL)
            continue;
        if ((uint64_t)(weights[row + 1] - weights[row]) != cell.n)
            return refuse(check, "terms and weights differ in number");
        cell.type = OV_TEXT_LIST;
        for (i = 1; i < cell.n; i++) {
            left = ov_cell_element(&cell, i - 1);
            right = ov_cell_element(&cell, i);
            if (ov_cell_compare(&left, &right) >= 0)
                return refuse(check, "terms do not ascend");
        }
    }
    return OV_OK;
}

static int32_t check_sparse(const struct check *check, const struct ArrowArray *array)
{
    const struct ArrowArray *terms = array->children[0], *weights = array->children[1];
    int32_t code = check_child(check, terms, 2, 1);

    if (code == OV_OK)
        code = check_child(check, weights, 2, 1);
    if (code == OV_OK &&
        (terms->length != array->length || weights->length != array->length))
        code = refuse(check, "children differ in length");
    if (code == OV_OK)
        code = check_list(check, terms, OV_TEXT);
    if (code == OV_OK)
        code = check_list(check, weights, OV_VECTOR);
    return code != OV_OK ? code : check_terms(check, array);
}

static int32_t check_places(const struct check *check, const struct ArrowArray *child)
{
    const double *reals = child->buffers[1];
    int64_t i;

    if (check_doubles(check, child) != OV_OK)
        return OV_INVALID;
    for (i = 0; i < child->length; i++)
        if (fabs(reals[i]) > (i % 2 == 0 ? 180 : 90))
            return refuse(check, "a place is out of bounds");
    return OV_OK;
}

static int32_t check_tuples(const struct check *check, const struct ArrowArray *array,
                            uint32_t type, uint32_t dim)
{
    const struct ArrowArray *child = array->children[0];
    int32_t code = check_child(check, child, 2, 0);

    if (code == OV_OK && child->length / dim != array->length)
        code = refuse(check, "a vector has the wrong length");
    if (code == OV_OK && child->length % dim != 0)
        code = refuse(check, "a vector has the wrong length");
    if (code != OV_OK)
        return code;
    return type == OV_GEO ? check_places(check, child)
                          : check_floats(check, child, VECTOR_BOUND);
}

static int32_t check_values(const struct check *check, const struct ArrowArray *array,
                            const struct ov_column *column)
{
    switch (column->type) {
    case OV_FLOAT64:
        return check_doubles(check, array);
    case OV_TIME:
        return check_times(check, array);
    case OV_TEXT:
        return check_texts(check, array);
    case OV_TEXT_LIST:
        return check_list(check, array, OV_TEXT);
    case OV_INT64_LIST:
        return check_list(check, array, OV_INT64);
    case OV_VECTOR:
        return check_tuples(check, array, OV_VECTOR, column->dim);
    case OV_GEO:
        return check_tuples(check, array, OV_GEO, 2);
    case OV_SPARSE:
        return check_sparse(check, array);
    default:
        return OV_OK;
    }
}

static int32_t check_column(const struct check *check, const struct ArrowArray *array,
                            const struct ov_column *column, int64_t length)
{
    static const struct {
        int64_t buffers, children;
    } shapes[] = {
        [OV_BOOL] = { 2, 0 },       [OV_INT64] = { 2, 0 },  [OV_FLOAT64] = { 2, 0 },
        [OV_TIME] = { 2, 0 },       [OV_TEXT] = { 3, 0 },   [OV_TEXT_LIST] = { 2, 1 },
        [OV_INT64_LIST] = { 2, 1 }, [OV_VECTOR] = { 1, 1 }, [OV_SPARSE] = { 1, 2 },
        [OV_GEO] = { 1, 1 }
    };
    int32_t code;

    if (column->type < OV_BOOL || column->type > OV_GEO ||
        (column->type == OV_VECTOR && column->dim == 0))
        return refuse(check, "no such type");
    code = check_shape(check, array, shapes[column->type].buffers,
                       shapes[column->type].children);
    if (code == OV_OK && array->length != length)
        code = refuse(check, "wrong length");
    if (code == OV_OK)
        code = check_nulls(check, array, column->nullable != 0);
    return code != OV_OK ? code : check_values(check, array, column);
}

int32_t ov_array_check(const struct ArrowArray *array, const struct ov_column *columns,
                       uint32_t n_columns, struct ov_error *err)
{
    struct check check = { 0, err };
    int32_t code;

    if (array->release == NULL)
        return ov_fail(err, OV_INVALID, "the array was released");
    if (array->length < 0 || array->offset != 0 || array->null_count != 0 ||
        array->dictionary != NULL || array->n_buffers != 1 || array->buffers == NULL ||
        array->n_children != (int64_t)n_columns ||
        (n_columns > 0 && array->children == NULL))
        return ov_fail(err, OV_INVALID, "not a struct array of %u columns", n_columns);
    for (; check.column < n_columns; check.column++) {
        code = check_column(&check, array->children[check.column], &columns[check.column],
                            array->length);
        if (code != OV_OK)
            return code;
    }
    return OV_OK;
}
