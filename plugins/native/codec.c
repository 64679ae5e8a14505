/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.c - cells to bytes and back.
 *
 *   u32 fields, u32 zero, then for each field u32 begin, u32 end (both 0: no value),
 *   then the values. Vectors are apart: float32 after float32, in order of the fields.
 */
#include "codec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format is little-endian");

/* Under SQLite's own limit for one value. */
#define MAX_BODY 999999999u
/* Of a component, by value.h. */
#define VECTOR_BOUND 1e15f

struct span {
    uint32_t begin, end;
};

struct head {
    uint32_t fields, zero;
    struct span spans[];
};

int buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t room = buffer->room > 0 ? buffer->room : 1024;
    unsigned char *grown;

    while (room - buffer->n < more + 8)
        room *= 2;
    if (room == buffer->room)
        return 0;
    grown = realloc(buffer->bytes, room);
    if (grown == NULL)
        return -1;
    buffer->bytes = grown;
    buffer->room = room;
    return 0;
}

void buffer_clear(struct buffer *buffer)
{
    free(buffer->bytes);
    memset(buffer, 0, sizeof(*buffer));
}

static int add(struct buffer *buffer, const void *bytes, size_t n)
{
    if (buffer_reserve(buffer, n) != 0)
        return -1;
    if (n > 0)
        memcpy(buffer->bytes + buffer->n, bytes, n);
    buffer->n += n;
    return 0;
}

static int pad(struct buffer *buffer)
{
    static const unsigned char zeros[8];

    return add(buffer, zeros, -buffer->n & 7);
}

/* u64 terms, offsets, texts; a sparse vector has its weights between the last two. The
 * texts of a batch lie end to end, so a cell's first offset may be any. */
static int add_texts(struct buffer *body, const struct ov_cell *cell)
{
    int64_t first = cell->n > 0 ? cell->u.offsets[0] : 0, offset = 0;
    uint64_t i;

    if (add(body, &cell->n, 8) != 0 || add(body, &offset, 8) != 0)
        return -1;
    for (i = 1; i <= cell->n; i++) {
        offset = cell->u.offsets[i] - first;
        if (add(body, &offset, 8) != 0)
            return -1;
    }
    if (cell->type == OV_SPARSE)
        if (add(body, cell->weights, 4 * cell->n) != 0 || pad(body) != 0)
            return -1;
    return add(body, cell->n > 0 ? cell->bytes + first : NULL, (size_t)offset);
}

static int add_value(struct buffer *body, const struct ov_cell *cell)
{
    switch ((enum ov_type)cell->type) {
    case OV_BOOL:
    case OV_INT64:
    case OV_TIME:
    case OV_FLOAT64:
        return add(body, &cell->u.i, 8);
    case OV_TEXT:
        return add(body, cell->u.text, cell->n);
    case OV_INT64_LIST:
        return add(body, cell->u.ints, 8 * cell->n);
    case OV_GEO:
        return add(body, cell->u.reals, 16);
    case OV_TEXT_LIST:
    case OV_SPARSE:
        return add_texts(body, cell);
    case OV_VECTOR:
    case OV_NULL:
        break;
    }
    return 0;
}

static int add_vector(struct buffer *vectors, const struct ov_field *field,
                      const struct ov_cell *cell)
{
    size_t n = 4 * (size_t)field->dim;

    if (cell->type == OV_VECTOR && cell->n == field->dim)
        return add(vectors, cell->u.floats, n);
    if (buffer_reserve(vectors, n) != 0)
        return -1;
    memset(vectors->bytes + vectors->n, 0, n);
    vectors->n += n;
    return 0;
}

int32_t codec_encode(const struct ov_schema *schema, const struct ov_cell *cells,
                     struct buffer *body, struct buffer *vectors, struct ov_error *err)
{
    size_t head = sizeof(struct head) + schema->n_fields * sizeof(struct span);
    struct span span;
    uint32_t f;

    body->n = 0;
    vectors->n = 0;
    if (buffer_reserve(body, head) != 0)
        return ov_no_memory(err);
    memset(body->bytes, 0, head);
    memcpy(body->bytes, &schema->n_fields, sizeof(schema->n_fields));
    body->n = head;
    for (f = 0; f < schema->n_fields; f++) {
        size_t begin = body->n;

        if (schema->fields[f]->type == OV_VECTOR) {
            if (add_vector(vectors, schema->fields[f], &cells[f]) != 0)
                return ov_no_memory(err);
            continue;
        }
        if (cells[f].type == OV_NULL)
            continue;
        if (add_value(body, &cells[f]) != 0)
            return ov_no_memory(err);
        if (body->n > MAX_BODY || vectors->n > MAX_BODY)
            return ov_fail(err, OV_LIMIT, "a record is larger than a gigabyte");
        span.begin = (uint32_t)begin;
        span.end = (uint32_t)body->n;
        memcpy(body->bytes + offsetof(struct head, spans) + f * sizeof(span), &span,
               sizeof(span));
        if (pad(body) != 0)
            return ov_no_memory(err);
    }
    return OV_OK;
}

uint32_t codec_fields(const void *body)
{
    return ((const struct head *)body)->fields;
}

static void view_texts(const unsigned char *at, int sparse, struct ov_cell *out)
{
    uint64_t n;

    memcpy(&n, at, 8);
    out->n = n;
    out->u.offsets = (const int64_t *)(at + 8);
    at += 8 + 8 * (n + 1);
    if (sparse) {
        out->weights = (const float *)at;
        at += (4 * n + 7) & ~UINT64_C(7);
    }
    out->bytes = (const char *)at;
}

void codec_cell(const struct ov_schema *schema, const void *body, uint32_t field,
                struct ov_cell *out)
{
    const struct head *head = body;
    const unsigned char *at;
    size_t n;

    if (field >= head->fields) {
        *out = ov_fill_cell(schema->fields[field]);
        return;
    }
    memset(out, 0, sizeof(*out));
    if (head->spans[field].begin == 0)
        return;
    at = (const unsigned char *)body + head->spans[field].begin;
    n = head->spans[field].end - head->spans[field].begin;
    out->type = schema->fields[field]->type;
    if (out->type == OV_TEXT) {
        out->n = n;
        out->u.text = (const char *)at;
    } else if (out->type == OV_INT64_LIST) {
        out->n = n / 8;
        out->u.ints = (const int64_t *)at;
    } else if (out->type == OV_GEO) {
        out->n = 2;
        out->u.reals = (const double *)at;
    } else if (out->type == OV_TEXT_LIST || out->type == OV_SPARSE) {
        view_texts(at, out->type == OV_SPARSE, out);
    } else {
        memcpy(&out->u.i, at, 8);
    }
}

/* ------------------------------------------------------------- not trusting */

/* Offsets that ascend to the end, texts that are UTF-8, terms that ascend and weights
 * that are finite. */
static int texts_hold(const unsigned char *at, size_t n, int sparse)
{
    struct ov_str before = { NULL, 0 }, text;
    uint64_t terms, i, used;
    struct ov_cell cell = { .type = OV_SPARSE };

    if (n < 16)
        return 0;
    memcpy(&terms, at, 8);
    if (terms > n / 8)
        return 0;
    used = 8 + 8 * (terms + 1) + (sparse ? ((4 * terms + 7) & ~UINT64_C(7)) : 0);
    if (used > n)
        return 0;
    view_texts(at, sparse, &cell);
    if (cell.u.offsets[0] != 0 || (uint64_t)cell.u.offsets[terms] != n - used)
        return 0;
    for (i = 0; i < terms; i++, before = text) {
        if (cell.u.offsets[i + 1] < cell.u.offsets[i] ||
            (uint64_t)cell.u.offsets[i + 1] > n - used)
            return 0;
        text.p = cell.bytes + cell.u.offsets[i];
        text.n = (uint64_t)(cell.u.offsets[i + 1] - cell.u.offsets[i]);
        if (!ov_utf8_valid(text))
            return 0;
        if (sparse &&
            (!isfinite(cell.weights[i]) || (i > 0 && ov_str_compare(before, text) >= 0)))
            return 0;
    }
    return 1;
}

static int number_holds(uint32_t type, const unsigned char *at)
{
    double real;
    int64_t whole;

    memcpy(&real, at, sizeof(real));
    memcpy(&whole, at, sizeof(whole));
    if (type == OV_FLOAT64)
        return isfinite(real);
    if (type == OV_TIME)
        return whole % 1000 == 0;
    return type != OV_BOOL || whole == 0 || whole == 1;
}

static int place_holds(const unsigned char *at)
{
    double reals[2];

    memcpy(reals, at, sizeof(reals));
    return fabs(reals[0]) <= 180 && fabs(reals[1]) <= 90;
}

static int value_holds(uint32_t type, const unsigned char *at, size_t n)
{
    switch ((enum ov_type)type) {
    case OV_BOOL:
    case OV_INT64:
    case OV_TIME:
    case OV_FLOAT64:
        return n == 8 && number_holds(type, at);
    case OV_TEXT:
        return ov_utf8_valid((struct ov_str){ (const char *)at, n });
    case OV_INT64_LIST:
        return n % 8 == 0;
    case OV_GEO:
        return n == 16 && place_holds(at);
    case OV_TEXT_LIST:
    case OV_SPARSE:
        return texts_hold(at, n, type == OV_SPARSE);
    case OV_VECTOR:
    case OV_NULL:
        break;
    }
    return 0;
}

/* Vectors have none in the body, and only some fields may lack a value. */
static int may_be_absent(const struct ov_field *field)
{
    return field->type == OV_VECTOR || field->type == OV_GEO ||
           (field->flags & OV_FIELD_NULLABLE) != 0;
}

static int span_holds(const struct ov_field *field, const void *body, size_t n,
                      size_t first, struct span span)
{
    if (span.begin == 0 && span.end == 0)
        return may_be_absent(field);
    return span.begin >= first && span.end >= span.begin && span.end <= n &&
           (span.begin & 7) == 0 &&
           value_holds(field->type, (const unsigned char *)body + span.begin,
                       span.end - span.begin);
}

size_t codec_size(const void *body)
{
    const struct head *head = body;
    size_t size = sizeof(*head) + head->fields * sizeof(struct span);
    uint32_t f;

    for (f = 0; f < head->fields; f++)
        if (head->spans[f].end > size)
            size = head->spans[f].end;
    return (size + 7) & ~(size_t)7;
}

int32_t codec_check(const struct ov_schema *schema, const void *body, size_t n,
                    size_t vector_bytes, struct ov_error *err)
{
    const struct head *head = body;
    size_t first, vectors = 0;
    uint32_t f;

    if (n < sizeof(*head) || head->fields > schema->n_fields ||
        head->fields <= schema->key)
        return ov_fail(err, OV_CORRUPT, "a record of %zu bytes has no head", n);
    first = sizeof(*head) + head->fields * sizeof(struct span);
    if (n < first)
        return ov_fail(err, OV_CORRUPT, "a record of %zu bytes is cut", n);
    for (f = 0; f < head->fields; f++) {
        if (schema->fields[f]->type == OV_VECTOR)
            vectors += 4 * (size_t)schema->fields[f]->dim;
        if (!span_holds(schema->fields[f], body, n, first, head->spans[f]))
            return ov_fail(err, OV_CORRUPT, "field '%.*s' of a record is damaged",
                           (int)schema->fields[f]->name.n, schema->fields[f]->name.p);
    }
    if (codec_size(body) != n)
        return ov_fail(err, OV_CORRUPT, "a record of %zu bytes has %zu", n,
                       codec_size(body));
    if (vectors != vector_bytes)
        return ov_fail(err, OV_CORRUPT,
                       "a record has %zu bytes of vectors instead of %zu", vector_bytes,
                       vectors);
    return OV_OK;
}

int32_t codec_check_key(const struct ov_schema *schema, const void *body,
                        const struct ov_cell *key, struct ov_error *err)
{
    struct ov_cell own;

    codec_cell(schema, body, schema->key, &own);
    if (own.type == key->type && ov_cell_compare(&own, key) == 0)
        return OV_OK;
    if (own.type == OV_TEXT)
        return ov_fail(err, OV_CORRUPT,
                       "the record under a key says that its key is "
                       "'%.*s'",
                       own.n < 200 ? (int)own.n : 200, own.u.text);
    return ov_fail(err, OV_CORRUPT, "the record under a key says that its key is %lld",
                   (long long)own.u.i);
}

int32_t codec_check_vectors(const float *vectors, size_t n, struct ov_error *err)
{
    int finite = 1;
    size_t i;

    for (i = 0; i < n; i++)
        finite &= fabsf(vectors[i]) <= VECTOR_BOUND;
    return finite ? OV_OK
                  : ov_fail(err, OV_CORRUPT, "a vector is not finite or out of bounds");
}
