/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value_list.c - values of many parts: lists, vectors, sparse vectors.
 *
 * A list may be written as one text with semicolons between its elements; every piece
 * counts, empty ones as well, and none is trimmed.
 */
#include "value.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int32_t refuse_element(struct value_maker *maker, uint64_t i,
                              const struct ov_doc *doc, const char *wanted)
{
    char shown[VALUE_SHOWN];

    return ov_fail(maker->err, OV_INVALID, "element %llu: %s is no %s",
                   (unsigned long long)i, value_show(doc, shown), wanted);
}

/* ----------------------------------------------------------------- pieces */

/* The elements as documents: those of the list, or the pieces of one text. */
static int32_t split(struct value_maker *maker, const struct ov_doc *doc,
                     const struct ov_doc *const **out, uint64_t *n)
{
    const struct ov_doc **items;
    struct ov_doc *pieces;
    const char *at = doc->u.text, *end;
    uint64_t i;

    if (doc->kind == OV_DOC_LIST) {
        *out = doc->u.items;
        *n = doc->n;
        return OV_OK;
    }
    if (doc->kind != OV_DOC_TEXT)
        return value_refuse(maker, doc, "list");
    end = at + doc->n;
    for (*n = 1, i = 0; i < doc->n; i++)
        *n += at[i] == ';';
    pieces = ov_arena_take(maker->arena, (size_t)*n * sizeof(*pieces));
    items = ov_arena_take(maker->arena, (size_t)*n * sizeof(*items));
    if (pieces == NULL || items == NULL)
        return ov_no_memory(maker->err);
    for (i = 0; i < *n; i++) {
        const char *stop = memchr(at, ';', (size_t)(end - at));

        stop = stop == NULL ? end : stop;
        memset(&pieces[i], 0, sizeof(pieces[i]));
        pieces[i].kind = OV_DOC_TEXT;
        pieces[i].n = (uint64_t)(stop - at);
        pieces[i].u.text = at;
        items[i] = &pieces[i];
        at = stop + 1;
    }
    *out = items;
    return OV_OK;
}

static int32_t make_ints(struct value_maker *maker, const struct ov_doc *const *items,
                         uint64_t n, struct ov_cell *out)
{
    int64_t *ints = ov_arena_take(maker->arena, (size_t)(n + 1) * sizeof(*ints));
    struct ov_cell cell;
    uint64_t i;
    int32_t status;

    if (ints == NULL)
        return ov_no_memory(maker->err);
    for (i = 0; i < n; i++) {
        status = value_int(maker, items[i], &cell);
        if (status != OV_OK)
            return status;
        ints[i] = cell.u.i;
    }
    out->type = OV_INT64_LIST;
    out->n = n;
    out->u.ints = ints;
    return OV_OK;
}

static int32_t make_texts(struct value_maker *maker, const struct ov_doc *const *items,
                          uint64_t n, struct ov_cell *out)
{
    int64_t *offsets = ov_arena_take(maker->arena, (size_t)(n + 1) * sizeof(*offsets));
    struct ov_cell cell;
    uint64_t i, bytes = 0;
    char *texts;
    int32_t status;

    if (offsets == NULL)
        return ov_no_memory(maker->err);
    for (i = 0; i < n; i++) {
        if (items[i]->kind != OV_DOC_TEXT)
            return refuse_element(maker, i, items[i], "text");
        status = value_text(maker, ov_doc_str(items[i]), &cell);
        if (status != OV_OK)
            return status;
        offsets[i] = (int64_t)bytes;
        bytes += items[i]->n;
    }
    offsets[n] = (int64_t)bytes;
    texts = ov_arena_take(maker->arena, (size_t)bytes + 1);
    if (texts == NULL)
        return ov_no_memory(maker->err);
    for (i = 0; i < n; i++)
        memcpy(texts + offsets[i], items[i]->u.text, (size_t)items[i]->n);
    out->type = OV_TEXT_LIST;
    out->n = n;
    out->u.offsets = offsets;
    out->bytes = texts;
    return OV_OK;
}

int32_t value_list(struct value_maker *maker, const struct field *field,
                   const struct ov_doc *doc, struct ov_cell *out)
{
    const struct ov_doc *const *items = NULL;
    uint64_t n = 0;
    int32_t status;

    status = split(maker, doc, &items, &n);
    if (status != OV_OK)
        return status;
    *out = ov_null_cell();
    if (field->kind == KIND_INT64_LIST)
        return make_ints(maker, items, n, out);
    return make_texts(maker, items, n, out);
}

/* ----------------------------------------------------------------- vectors */

static int32_t refuse_large(struct value_maker *maker, uint64_t i, struct ov_str number)
{
    return ov_fail(maker->err, OV_INVALID, "element %llu: '%.*s' is over 1e15",
                   (unsigned long long)i, (int)number.n, number.p);
}

/* Any four floats, as bits. */
typedef uint32_t four __attribute__((vector_size(16), aligned(4), may_alias));

/* Is each of the numbers below 2? Then the highest bit of its exponent is clear, and the
 * bits of all of them together tell. Vectors spelled out, since compilers make them of a
 * plain loop only when they are asked for everything. */
static int are_small(const float *floats, uint64_t n)
{
    four any[4] = { { 0 } };
    uint32_t all = 0, one;
    uint64_t i;

    for (i = 0; i + 16 <= n; i += 16) {
        const four *at = (const four *)(floats + i);

        any[0] |= at[0];
        any[1] |= at[1];
        any[2] |= at[2];
        any[3] |= at[3];
    }
    any[0] |= any[1] | any[2] | any[3];
    for (; i < n; i++) {
        memcpy(&one, floats + i, sizeof(one));
        all |= one;
    }
    all |= any[0][0] | any[0][1] | any[0][2] | any[0][3];
    return (all & 0x40000000) == 0;
}

/* Embeddings are normalised as a rule, so the second look is rare. */
int value_floats_fit(const float *floats, uint64_t n)
{
    uint64_t i;

    if (are_small(floats, n))
        return 1;
    for (i = 0; i < n; i++)
        if (!(fabsf(floats[i]) <= (float)VALUE_LARGEST)) /* NaN as well */
            return 0;
    return 1;
}

static int32_t check_floats(struct value_maker *maker, const float *floats, uint64_t n)
{
    char number[OV_NUMBER_TEXT];
    uint64_t i;

    if (value_floats_fit(floats, n))
        return OV_OK;
    for (i = 0; i < n; i++) {
        /* false for NaN as well */
        if (fabsf(floats[i]) <= (float)VALUE_LARGEST)
            continue;
        if (!isfinite(floats[i]))
            return ov_fail(maker->err, OV_INVALID, "element %llu is not finite",
                           (unsigned long long)i);
        return refuse_large(maker, i,
                            (struct ov_str){ number, ov_float_print(floats[i], number) });
    }
    return OV_OK;
}

static int32_t make_floats(struct value_maker *maker, const struct ov_doc *doc,
                           const float **out)
{
    float *floats = ov_arena_take(maker->arena, (size_t)(doc->n + 1) * sizeof(*floats));
    char text[OV_NUMBER_TEXT];
    uint64_t i;

    if (floats == NULL)
        return ov_no_memory(maker->err);
    for (i = 0; i < doc->n; i++) {
        double number;

        if (value_number(doc->u.items[i], &number) != OV_OK)
            return refuse_element(maker, i, doc->u.items[i], "finite number");
        /* The conversion of what float32 cannot hold is undefined. */
        if (fabs(number) > VALUE_LARGEST)
            return refuse_large(maker, i,
                                (struct ov_str){ text, ov_double_print(number, text) });
        floats[i] = (float)number;
    }
    *out = floats;
    return OV_OK;
}

int32_t value_vector(struct value_maker *maker, uint32_t dim, const struct ov_doc *doc,
                     struct ov_cell *out)
{
    const float *floats;
    int32_t status;

    if (doc->kind != OV_DOC_FLOATS && doc->kind != OV_DOC_LIST)
        return value_refuse(maker, doc, "list of numbers");
    if (doc->n != dim)
        return ov_fail(maker->err, OV_INVALID, "a vector of %llu numbers, not %u",
                       (unsigned long long)doc->n, dim);
    floats = doc->u.floats;
    if (doc->kind == OV_DOC_LIST) {
        status = make_floats(maker, doc, &floats);
        if (status != OV_OK)
            return status;
    }
    status = check_floats(maker, floats, dim);
    if (status == OV_OK)
        *out = ov_vector_cell(floats, dim);
    return status;
}

/* ------------------------------------------------------------------ sparse */

struct term {
    struct ov_str name;
    float weight;
};

static int by_bytes(const void *a, const void *b)
{
    return ov_str_compare(((const struct term *)a)->name, ((const struct term *)b)->name);
}

static int32_t take_terms(struct value_maker *maker, const struct ov_doc *doc,
                          struct term *terms, uint64_t *bytes)
{
    struct ov_cell cell;
    double number;
    uint64_t i;
    int32_t status;

    *bytes = 0;
    for (i = 0; i < doc->n; i++) {
        const struct ov_member *member = &doc->u.members[i];

        status = value_text(maker, member->name, &cell);
        if (status != OV_OK)
            return status;
        if (value_number(member->value, &number) != OV_OK || fabs(number) > FLT_MAX)
            return ov_fail(
                maker->err, OV_INVALID, "the weight of '%.*s' is no finite float32",
                (int)(member->name.n < 100 ? member->name.n : 100), member->name.p);
        terms[i].name = member->name;
        terms[i].weight = (float)number;
        *bytes += member->name.n;
    }
    qsort(terms, (size_t)doc->n, sizeof(*terms), by_bytes);
    for (i = 1; i < doc->n; i++)
        if (ov_str_equal(terms[i].name, terms[i - 1].name))
            return ov_fail(maker->err, OV_INVALID, "a term stands there twice");
    return OV_OK;
}

/* {"terms": [...], "weights": [...]} as Arrow has it, to term: weight; any other document
 * as it is. */
static int32_t unfold(struct value_maker *maker, const struct ov_doc *doc,
                      const struct ov_doc **out)
{
    const struct ov_doc *terms = ov_doc_get(doc, "terms");
    const struct ov_doc *weights = ov_doc_get(doc, "weights");
    struct ov_member *members;
    struct ov_doc *object;
    uint64_t i;

    *out = doc;
    if (doc->n != 2 || terms == NULL || weights == NULL || terms->kind != OV_DOC_LIST ||
        (weights->kind != OV_DOC_LIST && weights->kind != OV_DOC_FLOATS))
        return OV_OK;
    if (terms->n != weights->n)
        return ov_fail(maker->err, OV_INVALID, "%llu terms and %llu weights",
                       (unsigned long long)terms->n, (unsigned long long)weights->n);
    object = ov_doc_object(maker->arena);
    members = ov_arena_take(maker->arena, (size_t)(terms->n + 1) * sizeof(*members));
    if (object == NULL || members == NULL)
        return ov_no_memory(maker->err);
    for (i = 0; i < terms->n; i++) {
        if (terms->u.items[i]->kind != OV_DOC_TEXT)
            return refuse_element(maker, i, terms->u.items[i], "text");
        members[i].name = ov_doc_str(terms->u.items[i]);
        members[i].value = weights->kind == OV_DOC_LIST
                               ? weights->u.items[i]
                               : ov_doc_real(maker->arena, (double)weights->u.floats[i]);
        if (members[i].value == NULL)
            return ov_no_memory(maker->err);
    }
    object->n = terms->n;
    object->u.members = members;
    *out = object;
    return OV_OK;
}

int32_t value_sparse(struct value_maker *maker, const struct ov_doc *doc,
                     struct ov_cell *out)
{
    struct term *terms;
    int64_t *offsets;
    float *weights;
    uint64_t i, bytes;
    char *texts;
    int32_t status;

    if (doc->kind != OV_DOC_OBJECT)
        return value_refuse(maker, doc, "object of term: weight");
    status = unfold(maker, doc, &doc);
    if (status != OV_OK)
        return status;
    terms = ov_arena_take(maker->arena, (size_t)(doc->n + 1) * sizeof(*terms));
    offsets = ov_arena_take(maker->arena, (size_t)(doc->n + 1) * sizeof(*offsets));
    weights = ov_arena_take(maker->arena, (size_t)(doc->n + 1) * sizeof(*weights));
    if (terms == NULL || offsets == NULL || weights == NULL)
        return ov_no_memory(maker->err);
    status = take_terms(maker, doc, terms, &bytes);
    if (status != OV_OK)
        return status;
    texts = ov_arena_take(maker->arena, (size_t)bytes + 1);
    if (texts == NULL)
        return ov_no_memory(maker->err);
    for (i = 0, bytes = 0; i < doc->n; i++) {
        memcpy(texts + bytes, terms[i].name.p, (size_t)terms[i].name.n);
        offsets[i] = (int64_t)bytes;
        weights[i] = terms[i].weight;
        bytes += terms[i].name.n;
    }
    offsets[doc->n] = (int64_t)bytes;
    *out = ov_null_cell();
    out->type = OV_SPARSE;
    out->n = doc->n;
    out->u.offsets = offsets;
    out->bytes = texts;
    out->weights = weights;
    return OV_OK;
}
