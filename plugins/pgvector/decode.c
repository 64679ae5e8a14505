/* SPDX-License-Identifier: Apache-2.0 */
/* decode.c - big-endian numbers, arrays of one dimension, vectors, points. */
#include "decode.h"

#include "params.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void scratch_clear(struct scratch *scratch)
{
    free(scratch->bytes);
    free(scratch->more);
    memset(scratch, 0, sizeof(*scratch));
}

static int reserve(char **bytes, size_t *room, size_t n)
{
    char *larger;

    if (n <= *room)
        return 1;
    n += n / 2 + 64;
    larger = realloc(*bytes, n);
    if (larger == NULL)
        return 0;
    *bytes = larger;
    *room = n;
    return 1;
}

static uint32_t read_32(const char *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof(value));
    return be32toh(value);
}

static uint64_t read_64(const char *p)
{
    uint64_t value;

    memcpy(&value, p, sizeof(value));
    return be64toh(value);
}

static double read_double(const char *p)
{
    uint64_t bits = read_64(p);
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static int32_t corrupt(struct ov_error *err, const char *what, uint64_t n)
{
    return ov_fail(err, OV_CORRUPT, "the server sent %s of %llu bytes", what,
                   (unsigned long long)n);
}

/* The elements of an array: n of them from p on. */
struct elements {
    uint32_t n;
    const char *p, *end;
};

static int open_array(struct ov_str bytes, struct elements *out)
{
    uint32_t dimensions;

    memset(out, 0, sizeof(*out));
    if (bytes.n < 12)
        return 0;
    dimensions = read_32(bytes.p);
    if (dimensions == 0)
        return bytes.n == 12;
    if (dimensions != 1 || bytes.n < 20)
        return 0;
    out->n = read_32(bytes.p + 12);
    out->p = bytes.p + 20;
    out->end = bytes.p + bytes.n;
    /* Each element has at least a length. */
    return out->n <= (bytes.n - 20) / 4;
}

/* The next element, without nulls: nothing of ours holds any. */
static int next_element(struct elements *e, struct ov_str *out)
{
    uint32_t n;

    if (e->end - e->p < 4)
        return 0;
    n = read_32(e->p);
    e->p += 4;
    if (n > (uint64_t)(e->end - e->p))
        return 0;
    *out = (struct ov_str){ e->p, n };
    e->p += n;
    return 1;
}

static int32_t decode_texts(struct scratch *scratch, struct ov_str bytes,
                            struct ov_cell *out, struct ov_error *err)
{
    struct elements e;
    int64_t *offsets;
    struct ov_str text;
    int64_t n = 0;

    if (!open_array(bytes, &e))
        return corrupt(err, "a text list", bytes.n);
    if (!reserve(&scratch->bytes, &scratch->room, (e.n + 1) * sizeof(int64_t)) ||
        !reserve(&scratch->more, &scratch->more_room, bytes.n))
        return ov_no_memory(err);
    offsets = (int64_t *)(void *)scratch->bytes;
    for (uint32_t i = 0; i < e.n; i++) {
        if (!next_element(&e, &text))
            return corrupt(err, "a text list", bytes.n);
        if (!ov_utf8_valid(text))
            return corrupt(err, "a text that is not UTF-8,", text.n);
        offsets[i] = n;
        memcpy(scratch->more + n, text.p, text.n);
        n += (int64_t)text.n;
    }
    offsets[e.n] = n;
    out->n = e.n;
    out->u.offsets = offsets;
    out->bytes = scratch->more;
    return OV_OK;
}

static int32_t decode_ints(struct scratch *scratch, struct ov_str bytes,
                           struct ov_cell *out, struct ov_error *err)
{
    struct elements e;
    int64_t *ints;
    struct ov_str element;

    if (!open_array(bytes, &e))
        return corrupt(err, "an integer list", bytes.n);
    if (!reserve(&scratch->bytes, &scratch->room, (e.n + 1) * sizeof(int64_t)))
        return ov_no_memory(err);
    ints = (int64_t *)(void *)scratch->bytes;
    for (uint32_t i = 0; i < e.n; i++) {
        if (!next_element(&e, &element) || element.n != 8)
            return corrupt(err, "an integer list", bytes.n);
        ints[i] = (int64_t)read_64(element.p);
    }
    out->n = e.n;
    out->u.ints = ints;
    return OV_OK;
}

/* Are all of them finite? */
static int read_floats(float *to, const char *from, uint64_t n)
{
    int finite = 1;

    for (uint64_t i = 0; i < n; i++) {
        uint32_t bits = read_32(from + 4 * i);

        memcpy(to + i, &bits, 4);
        finite &= isfinite(to[i]) != 0;
    }
    return finite;
}

static int32_t decode_vector(struct scratch *scratch, struct ov_str bytes, uint32_t dim,
                             struct ov_cell *out, struct ov_error *err)
{
    if (bytes.n != 4 + 4 * (uint64_t)dim || read_32(bytes.p) != dim << 16)
        return corrupt(err, "a vector", bytes.n);
    if (!reserve(&scratch->bytes, &scratch->room, 4 * (size_t)dim + 1))
        return ov_no_memory(err);
    if (!read_floats((float *)(void *)scratch->bytes, bytes.p + 4, dim))
        return corrupt(err, "a vector that is not finite,", bytes.n);
    out->n = dim;
    out->u.floats = (const float *)(void *)scratch->bytes;
    return OV_OK;
}

static int32_t decode_geo(struct scratch *scratch, struct ov_str bytes,
                          struct ov_cell *out, struct ov_error *err)
{
    double *reals;

    if (bytes.n != 16)
        return corrupt(err, "a point", bytes.n);
    if (!reserve(&scratch->bytes, &scratch->room, 2 * sizeof(double)))
        return ov_no_memory(err);
    reals = (double *)(void *)scratch->bytes;
    reals[0] = read_double(bytes.p);
    reals[1] = read_double(bytes.p + 8);
    if (!(fabs(reals[0]) <= 180 && fabs(reals[1]) <= 90))
        return corrupt(err, "a point that is no place on earth,", bytes.n);
    out->n = 2;
    out->u.reals = reals;
    return OV_OK;
}

static int32_t decode_number(uint32_t type, struct ov_str bytes, struct ov_cell *out,
                             struct ov_error *err)
{
    if (bytes.n != (type == OV_BOOL ? 1 : 8))
        return corrupt(err, "a number", bytes.n);
    if (type == OV_BOOL)
        out->u.i = bytes.p[0] != 0;
    else if (type == OV_INT64)
        out->u.i = (int64_t)read_64(bytes.p);
    else if (type == OV_TIME)
        out->u.i = params_host_time((int64_t)read_64(bytes.p));
    else
        out->u.f = read_double(bytes.p);
    if (type == OV_FLOAT64 && !isfinite(out->u.f))
        return corrupt(err, "a number that is not finite,", bytes.n);
    return OV_OK;
}

int32_t decode_cell(struct scratch *scratch, const struct ov_column *column,
                    struct ov_str bytes, struct ov_cell *out, struct ov_error *err)
{
    memset(out, 0, sizeof(*out));
    if (bytes.p == NULL)
        return OV_OK;
    out->type = column->type;
    switch (column->type) {
    case OV_TEXT:
        if (!ov_utf8_valid(bytes))
            return corrupt(err, "a text that is not UTF-8,", bytes.n);
        out->n = bytes.n;
        out->u.text = bytes.p;
        return OV_OK;
    case OV_TEXT_LIST:
        return decode_texts(scratch, bytes, out, err);
    case OV_INT64_LIST:
        return decode_ints(scratch, bytes, out, err);
    case OV_VECTOR:
        return decode_vector(scratch, bytes, column->dim, out, err);
    case OV_GEO:
        return decode_geo(scratch, bytes, out, err);
    default:
        return decode_number(column->type, bytes, out, err);
    }
}

/* Scores are summed over both sides in order of the terms. */
static int32_t check_ascending(const struct ov_cell *sparse, uint64_t bytes,
                               struct ov_error *err)
{
    struct ov_cell left, right, terms = *sparse;

    terms.type = OV_TEXT_LIST;
    for (uint64_t i = 1; i < sparse->n; i++) {
        left = ov_cell_element(&terms, i - 1);
        right = ov_cell_element(&terms, i);
        if (ov_cell_compare(&left, &right) >= 0)
            return corrupt(err, "terms that do not ascend,", bytes);
    }
    return OV_OK;
}

int32_t decode_sparse(struct scratch *scratch, struct ov_str terms, struct ov_str weights,
                      struct ov_cell *out, struct ov_error *err)
{
    struct elements e;
    struct ov_str element;
    float *floats;
    size_t at;
    int32_t status;

    memset(out, 0, sizeof(*out));
    if (terms.p == NULL || weights.p == NULL)
        return OV_OK;
    out->type = OV_SPARSE;
    if (!open_array(weights, &e))
        return corrupt(err, "a list of weights", weights.n);
    /* The weights lie behind the offsets, which decode_texts puts first. */
    at = ((size_t)e.n + 1) * sizeof(int64_t);
    if (!reserve(&scratch->bytes, &scratch->room, at + (size_t)e.n * sizeof(float) + 1))
        return ov_no_memory(err);
    status = decode_texts(scratch, terms, out, err);
    if (status != OV_OK)
        return status;
    if (out->n != e.n)
        return corrupt(err, "another number of terms than of weights in a list",
                       weights.n);
    floats = (float *)(void *)(scratch->bytes + at);
    for (uint32_t i = 0; i < e.n; i++) {
        if (!next_element(&e, &element) || element.n != 4 ||
            !read_floats(floats + i, element.p, 1))
            return corrupt(err, "a list of weights", weights.n);
    }
    out->weights = floats;
    return check_ascending(out, terms.n, err);
}
