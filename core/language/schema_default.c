/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_default.c - what a record holds in a field that nobody wrote.
 *
 * A DefaultValue takes the coercions that a record's value takes (contract 2.1), but it
 * must have the field's type in the end: OpenViking does not look, and learns of a bad
 * one from each record. What crosses the border is a scalar of the field's type, or
 * nothing for fields that may be null and for lists.
 */
#include "schema_parts.h"

#include <ov/sdk.h>

#include <math.h>
#include <stdlib.h>

/* ------------------------------------------------- a value of the kind, or NULL */

/* The integer that the value stands for; 0: none. */
static int read_int(const struct ov_doc *value, int64_t *out)
{
    switch ((enum ov_doc_kind)value->kind) {
    case OV_DOC_INT:
    case OV_DOC_BOOL:
        *out = value->u.i;
        return 1;
    case OV_DOC_REAL:
        if (!(value->u.f >= -0x1p63 && value->u.f < 0x1p63) ||
            floor(value->u.f) != value->u.f)
            return 0;
        *out = (int64_t)value->u.f;
        return 1;
    case OV_DOC_TEXT:
        return ov_int_parse(ov_doc_str(value), out) == OV_OK;
    case OV_DOC_NULL:
    case OV_DOC_LIST:
    case OV_DOC_OBJECT:
    case OV_DOC_FLOATS:
        break;
    }
    return 0;
}

static int read_real(const struct ov_doc *value, double *out)
{
    if (value->kind == OV_DOC_TEXT)
        return ov_double_parse(ov_doc_str(value), out) == OV_OK;
    if (value->kind == OV_DOC_INT || value->kind == OV_DOC_BOOL)
        *out = (double)value->u.i;
    else if (value->kind == OV_DOC_REAL && isfinite(value->u.f))
        *out = value->u.f;
    else
        return 0;
    return 1;
}

/* Without regard to ASCII case, whatever the locale. */
static int is_word(struct ov_str text, const char *const *words)
{
    size_t i, k;

    for (i = 0; words[i] != NULL; i++) {
        for (k = 0; k < text.n && words[i][k] != '\0'; k++)
            if ((text.p[k] >= 'A' && text.p[k] <= 'Z' ? text.p[k] + ('a' - 'A')
                                                      : text.p[k]) != words[i][k])
                break;
        if (k == text.n && words[i][k] == '\0')
            return 1;
    }
    return 0;
}

static int read_bool(const struct ov_doc *value, int64_t *out)
{
    static const char *const yes[] = { "true", "t", "yes", "y", "on", "1", NULL };
    static const char *const no[] = { "false", "f", "no", "n", "off", "0", NULL };

    if (value->kind == OV_DOC_TEXT) {
        *out = is_word(ov_doc_str(value), yes);
        return *out || is_word(ov_doc_str(value), no);
    }
    return read_int(value, out) && (*out == 0 || *out == 1);
}

static const struct ov_doc *make_text_scalar(struct ov_arena *arena, struct ov_str text,
                                             struct definition *out)
{
    const struct ov_doc *doc = ov_doc_text(arena, text);

    if (doc != NULL) {
        out->border_fill.type = OV_TEXT;
        out->border_fill.u.s = ov_doc_str(doc);
    }
    return doc;
}

static int32_t fill_number(struct ov_arena *arena, const struct ov_doc *value,
                           struct definition *out)
{
    int64_t integer = 0;
    double real = 0;
    int good = 1;

    if (value != NULL && out->kind == KIND_FLOAT32)
        good = read_real(value, &real);
    else if (value != NULL)
        good = out->kind == KIND_BOOL ? read_bool(value, &integer)
                                      : read_int(value, &integer);
    if (!good)
        return OV_INVALID;
    out->border_fill.type = field_kind_type(out->kind);
    if (out->kind == KIND_FLOAT32) {
        out->border_fill.u.f = real;
        out->fill = ov_doc_real(arena, real);
    } else {
        out->border_fill.u.i = integer;
        out->fill = out->kind == KIND_BOOL ? ov_doc_bool(arena, integer != 0)
                                           : ov_doc_int(arena, integer);
    }
    return out->fill != NULL ? OV_OK : OV_NO_SPACE;
}

static int32_t fill_text(struct ov_arena *arena, const struct ov_doc *value,
                         struct definition *out)
{
    if (value != NULL && value->kind != OV_DOC_TEXT)
        return OV_INVALID;
    out->fill = make_text_scalar(arena, ov_doc_str(value), out);
    return out->fill != NULL ? OV_OK : OV_NO_SPACE;
}

/* The text as written; the border has the canonical path. */
static int32_t fill_path(struct ov_arena *arena, const struct ov_doc *value,
                         struct definition *out)
{
    struct ov_str text = ov_doc_str(value);
    char *path;
    int32_t code = fill_text(arena, value, out);

    if (code != OV_OK)
        return code;
    path = ov_arena_take(arena, (size_t)text.n + 1);
    if (path == NULL)
        return OV_NO_SPACE;
    out->border_fill.u.s.n = ov_path_canonical(text, path);
    out->border_fill.u.s.p = path;
    return OV_OK;
}

/* A date or a place: nothing on the border, the host writes it into each record. */
static int32_t fill_nullable(struct ov_arena *arena, const struct ov_doc *value,
                             struct definition *out)
{
    struct ov_str text = ov_doc_str(value);
    int64_t micros;
    double lon_lat[2];
    int32_t code = OV_OK;

    if (value != NULL && value->kind != OV_DOC_TEXT)
        return OV_INVALID;
    if (text.n > 0)
        code = out->kind == KIND_DATE_TIME ? ov_time_parse(text, &micros, NULL)
                                           : ov_geo_parse(text, lon_lat, NULL);
    if (code != OV_OK)
        return code;
    out->fill = ov_doc_text(arena, text);
    return out->fill != NULL ? OV_OK : OV_NO_SPACE;
}

/* The pieces between ';', every one kept. */
static const struct ov_doc *split_text(struct ov_arena *arena, struct ov_str text)
{
    struct ov_doc *list = ov_doc_list(arena);
    uint64_t from = 0, i;

    for (i = 0; list != NULL && i <= text.n; i++) {
        struct ov_str piece = { text.p + from, i - from };

        if (i < text.n && text.p[i] != ';')
            continue;
        if (ov_doc_append(arena, list, ov_doc_text(arena, piece)) != OV_OK)
            return NULL;
        from = i + 1;
    }
    return list;
}

static int32_t fill_list(struct ov_arena *arena, const struct ov_doc *value,
                         struct definition *out)
{
    struct ov_doc *list = ov_doc_list(arena);
    const struct ov_doc *item;
    int64_t integer;
    uint64_t i;

    if (value != NULL && value->kind == OV_DOC_TEXT) {
        value = split_text(arena, ov_doc_str(value));
        if (value == NULL)
            return OV_NO_SPACE;
    }
    if (list == NULL)
        return OV_NO_SPACE;
    if (value != NULL && value->kind != OV_DOC_LIST)
        return OV_INVALID;
    for (i = 0; value != NULL && i < value->n; i++) {
        item = value->u.items[i];
        if (out->kind == KIND_INT64_LIST) {
            if (!read_int(item, &integer))
                return OV_INVALID;
            item = ov_doc_int(arena, integer);
        } else if (item->kind != OV_DOC_TEXT) {
            return OV_INVALID;
        }
        if (ov_doc_append(arena, list, item) != OV_OK)
            return OV_NO_SPACE;
    }
    out->fill = list;
    return OV_OK;
}

static int32_t fill_sparse(struct ov_arena *arena, const struct ov_doc *value,
                           struct definition *out)
{
    double weight;
    uint64_t i;

    if (value != NULL && value->kind != OV_DOC_OBJECT)
        return OV_INVALID;
    for (i = 0; value != NULL && i < value->n; i++)
        if (!read_real(value->u.members[i].value, &weight) || !isfinite((float)weight))
            return OV_INVALID;
    out->fill = value != NULL ? value : ov_doc_object(arena);
    return out->fill != NULL ? OV_OK : OV_NO_SPACE;
}

/* An object; the border has its JSON text. */
static int32_t fill_video(struct ov_arena *arena, const struct ov_doc *value,
                          struct definition *out)
{
    char *text = NULL;
    size_t n = 0;
    int32_t code;

    if (value != NULL && value->kind != OV_DOC_OBJECT)
        return OV_INVALID;
    out->fill = value != NULL ? value : ov_doc_object(arena);
    if (out->fill == NULL)
        return OV_NO_SPACE;
    code = ov_doc_print(out->fill, &text, &n, NULL);
    if (code == OV_OK && make_text_scalar(arena, (struct ov_str){ text, n }, out) == NULL)
        code = OV_NO_SPACE;
    free(text);
    return code;
}

static int32_t fill(struct ov_arena *arena, const struct ov_doc *value,
                    struct definition *out)
{
    switch (out->kind) {
    case KIND_INT64:
    case KIND_FLOAT32:
    case KIND_BOOL:
        return fill_number(arena, value, out);
    case KIND_STRING:
    case KIND_TEXT:
    case KIND_IMAGE:
        return fill_text(arena, value, out);
    case KIND_PATH:
        return fill_path(arena, value, out);
    case KIND_DATE_TIME:
    case KIND_GEO_POINT:
        return fill_nullable(arena, value, out);
    case KIND_STRING_LIST:
    case KIND_INT64_LIST:
        return fill_list(arena, value, out);
    case KIND_SPARSE_VECTOR:
        return fill_sparse(arena, value, out);
    case KIND_VIDEO:
        return fill_video(arena, value, out);
    case KIND_VECTOR:
    case KIND_HOST:
        break;
    }
    /* A vector has no default: a search would find what nobody stored. */
    return value == NULL ? OV_OK : OV_INVALID;
}

int32_t default_define(struct ov_arena *arena, const struct ov_doc *given,
                       const struct place *place, struct definition *out,
                       struct ov_error *err)
{
    struct place at = { place, "DefaultValue", 0 };
    const struct ov_doc *value = ov_doc_get(given, "DefaultValue");
    int32_t code;

    if (value != NULL && value->kind == OV_DOC_NULL)
        value = NULL;
    out->required =
        out->kind == KIND_VECTOR ||
        ((out->kind == KIND_IMAGE || out->kind == KIND_VIDEO) && value == NULL);
    code = fill(arena, value, out);
    if (code == OV_NO_SPACE)
        return ov_no_memory(err);
    if (code != OV_OK)
        return place_fail(&at, err, OV_INVALID,
                          "DefaultValue of the field '%s' is no value of type %s",
                          place_show(out->name).text, field_kind_name(out->kind));
    return OV_OK;
}
