/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.c - the types of contract 2.1, one function each.
 *
 * What is taken and what is refused follows OpenViking's own validation, which takes
 * numbers from texts and truth from words; everything stricter here is something that a
 * store could not give back (U+0000, NaN, a vector of another length).
 */
#include "value.h"

#include "uri.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *value_show(const struct ov_doc *doc, char buffer[VALUE_SHOWN])
{
    static const char *const kinds[] = { "null",   "a bool", "an int",    "a number",
                                         "a text", "a list", "an object", "floats" };
    char number[OV_NUMBER_TEXT];
    int n;

    if (doc->kind == OV_DOC_BOOL)
        return doc->u.i ? "true" : "false";
    if (doc->kind == OV_DOC_INT) {
        n = (int)ov_int_print(doc->u.i, number);
        snprintf(buffer, VALUE_SHOWN, "'%.*s'", n, number);
    } else if (doc->kind == OV_DOC_REAL && isfinite(doc->u.f)) {
        n = (int)ov_double_print(doc->u.f, number);
        snprintf(buffer, VALUE_SHOWN, "'%.*s'", n, number);
    } else if (doc->kind == OV_DOC_REAL) {
        return isnan(doc->u.f) ? "'nan'" : "'inf'";
    } else if (doc->kind == OV_DOC_TEXT && doc->n <= 60 &&
               ov_utf8_valid(ov_doc_str(doc))) {
        snprintf(buffer, VALUE_SHOWN, "'%.*s'", (int)doc->n, doc->u.text);
    } else {
        return kinds[doc->kind <= OV_DOC_FLOATS ? doc->kind : 0];
    }
    return buffer;
}

int32_t value_refuse(struct value_maker *maker, const struct ov_doc *doc,
                     const char *wanted)
{
    char shown[VALUE_SHOWN];

    return ov_fail(maker->err, OV_INVALID, "%s is no %s", value_show(doc, shown), wanted);
}

/* ------------------------------------------------------------------ numbers */

static struct ov_str strip(struct ov_str text)
{
    while (text.n > 0 && strchr(" \t\n\r\v\f", text.p[0]) != NULL && text.p[0] != '\0') {
        text.p++;
        text.n--;
    }
    while (text.n > 0 && text.p[text.n - 1] != '\0' &&
           strchr(" \t\n\r\v\f", text.p[text.n - 1]) != NULL)
        text.n--;
    if (text.n > 1 && text.p[0] == '+' && text.p[1] != '-') {
        text.p++;
        text.n--;
    }
    return text;
}

/* No message: the caller knows what it was meant to be. */
int32_t value_number(const struct ov_doc *doc, double *out)
{
    if (doc->kind == OV_DOC_INT || doc->kind == OV_DOC_BOOL)
        *out = (double)doc->u.i;
    else if (doc->kind == OV_DOC_REAL)
        *out = doc->u.f;
    else if (doc->kind == OV_DOC_TEXT)
        return ov_double_parse(strip(ov_doc_str(doc)), out);
    else
        return OV_INVALID;
    return isfinite(*out) ? OV_OK : OV_INVALID;
}

int32_t value_int(struct value_maker *maker, const struct ov_doc *doc,
                  struct ov_cell *out)
{
    double real;
    int64_t whole;

    if (doc->kind == OV_DOC_INT || doc->kind == OV_DOC_BOOL) {
        whole = doc->u.i;
    } else if (doc->kind == OV_DOC_TEXT &&
               ov_int_parse(strip(ov_doc_str(doc)), &whole) == OV_OK) {
        /* taken */
    } else if (value_number(doc, &real) == OV_OK && real >= -0x1p63 && real < 0x1p63 &&
               real == floor(real)) {
        whole = (int64_t)real;
    } else {
        return value_refuse(maker, doc, "int64");
    }
    *out = ov_int_cell(OV_INT64, whole);
    return OV_OK;
}

static int32_t make_float(struct value_maker *maker, const struct ov_doc *doc,
                          struct ov_cell *out)
{
    double real;

    if (value_number(doc, &real) != OV_OK)
        return value_refuse(maker, doc, "finite number");
    *out = ov_float_cell(real);
    return OV_OK;
}

int32_t value_bool(struct value_maker *maker, const struct ov_doc *doc,
                   struct ov_cell *out)
{
    static const char *const words[] = { "0", "off", "f", "false", "n", "no",
                                         "1", "on",  "t", "true",  "y", "yes" };
    size_t i, n = sizeof(words) / sizeof(words[0]);
    double real;

    if (doc->kind == OV_DOC_TEXT) {
        for (i = 0; i < n; i++)
            if (strlen(words[i]) == doc->n && strcasecmp(words[i], doc->u.text) == 0)
                break;
        if (i == n)
            return value_refuse(maker, doc, "bool");
        *out = ov_int_cell(OV_BOOL, i >= n / 2);
        return OV_OK;
    }
    if (value_number(doc, &real) != OV_OK || (real != 0 && real != 1))
        return value_refuse(maker, doc, "bool");
    *out = ov_int_cell(OV_BOOL, real == 1);
    return OV_OK;
}

/* -------------------------------------------------------------------- texts */

int32_t value_text(struct value_maker *maker, struct ov_str text, struct ov_cell *out)
{
    uint64_t most = maker->ability->max_text_bytes;

    if (!ov_utf8_valid(text))
        return ov_fail(maker->err, OV_INVALID, "the text holds %s",
                       text.n > 0 && memchr(text.p, 0, (size_t)text.n) != NULL
                           ? "U+0000"
                           : "invalid UTF-8");
    if (most != 0 && text.n > most)
        return ov_fail(maker->err, OV_LIMIT, "a text of %llu bytes; the limit is %llu",
                       (unsigned long long)text.n, (unsigned long long)most);
    *out = ov_text_cell(text);
    return OV_OK;
}

/* The text of a field: of the addresses in their stored form. */
static int32_t take_text(struct value_maker *maker, const struct field *field,
                         const struct ov_doc *doc, struct ov_cell *out)
{
    struct ov_str text;

    if (doc->kind != OV_DOC_TEXT)
        return value_refuse(maker, doc, "text");
    text = ov_doc_str(doc);
    if (uri_field(ov_str_of(field->name))) {
        text = uri_encode(maker->arena, text);
        if (text.p == NULL && doc->n > 0)
            return ov_no_memory(maker->err);
    }
    return value_text(maker, text, out);
}

static void keep_spelling(const struct ov_cell *written, const char *canonical,
                          uint64_t n, struct ov_cell *twin)
{
    if (written->n != n || (n > 0 && memcmp(written->u.text, canonical, (size_t)n) != 0))
        *twin = *written;
}

static int32_t make_path(struct value_maker *maker, const struct field *field,
                         const struct ov_doc *doc, struct ov_cell *out,
                         struct ov_cell *twin)
{
    struct ov_cell text;
    struct ov_str path;
    char *canonical;
    int32_t status = take_text(maker, field, doc, &text);

    if (status != OV_OK)
        return status;
    canonical = ov_arena_take(maker->arena, (size_t)text.n + 1);
    if (canonical == NULL)
        return ov_no_memory(maker->err);
    path.p = text.u.text;
    path.n = text.n;
    path.n = ov_path_canonical(path, canonical);
    path.p = canonical;
    *out = ov_text_cell(path);
    keep_spelling(&text, canonical, path.n, twin);
    return OV_OK;
}

static int32_t make_time(struct value_maker *maker, const struct field *field,
                         const struct ov_doc *doc, struct ov_cell *out,
                         struct ov_cell *twin)
{
    struct ov_cell text;
    struct ov_str written;
    char canonical[OV_TIME_TEXT];
    int64_t micros;
    int32_t status;

    *out = ov_null_cell();
    if (doc->kind == OV_DOC_NULL) /* as Arrow says it */
        return OV_OK;
    status = take_text(maker, field, doc, &text);
    if (status != OV_OK)
        return status;
    if (text.n == 0)
        return OV_OK;
    written.p = text.u.text;
    written.n = text.n;
    status = ov_time_parse(written, &micros, maker->err);
    if (status != OV_OK)
        return status;
    *out = ov_int_cell(OV_TIME, micros);
    keep_spelling(&text, canonical, ov_time_print(micros, canonical), twin);
    return OV_OK;
}

static int32_t make_place(struct value_maker *maker, const struct field *field,
                          const struct ov_doc *doc, struct ov_cell *out,
                          struct ov_cell *twin)
{
    struct ov_cell text;
    struct ov_str written;
    char canonical[OV_GEO_TEXT];
    double *place;
    int32_t status;

    *out = ov_null_cell();
    if (doc->kind == OV_DOC_NULL)
        return OV_OK;
    status = take_text(maker, field, doc, &text);
    if (status != OV_OK)
        return status;
    if (text.n == 0)
        return OV_OK;
    written.p = text.u.text;
    written.n = text.n;
    place = ov_arena_take(maker->arena, 2 * sizeof(*place));
    if (place == NULL)
        return ov_no_memory(maker->err);
    status = ov_geo_parse(written, place, maker->err);
    if (status != OV_OK)
        return status;
    out->type = OV_GEO;
    out->n = 2;
    out->u.reals = place;
    keep_spelling(&text, canonical, ov_geo_print(place, canonical), twin);
    return OV_OK;
}

/* Every text inside must come back, so none may hold what JSON text cannot carry. */
static int texts_are_valid(const struct ov_doc *doc, unsigned depth)
{
    uint64_t i;

    if (depth > 64)
        return 0;
    if (doc->kind == OV_DOC_TEXT)
        return ov_utf8_valid(ov_doc_str(doc));
    for (i = 0; doc->kind == OV_DOC_LIST && i < doc->n; i++)
        if (!texts_are_valid(doc->u.items[i], depth + 1))
            return 0;
    for (i = 0; doc->kind == OV_DOC_OBJECT && i < doc->n; i++)
        if (!ov_utf8_valid(doc->u.members[i].name) ||
            !texts_are_valid(doc->u.members[i].value, depth + 1))
            return 0;
    return 1;
}

static int32_t make_video(struct value_maker *maker, const struct ov_doc *doc,
                          struct ov_cell *out)
{
    struct ov_str text, copy;
    char *json;
    size_t n;
    int32_t status;

    if (doc->kind != OV_DOC_OBJECT)
        return value_refuse(maker, doc, "object");
    if (!texts_are_valid(doc, 0))
        return ov_fail(maker->err, OV_INVALID,
                       "the object holds invalid UTF-8, U+0000 or over 64 levels");
    status = ov_doc_print(doc, &json, &n, maker->err);
    if (status != OV_OK)
        return status;
    text.p = json;
    text.n = n;
    copy = ov_arena_text(maker->arena, text);
    free(json);
    return copy.p == NULL ? ov_no_memory(maker->err) : value_text(maker, copy, out);
}

/* ---------------------------------------------------------------- dispatch */

static int32_t make(struct value_maker *maker, const struct field *field,
                    const struct ov_doc *doc, struct ov_cell *out, struct ov_cell *twin)
{
    switch (field->kind) {
    case KIND_INT64:
        return value_int(maker, doc, out);
    case KIND_FLOAT32:
        return make_float(maker, doc, out);
    case KIND_BOOL:
        return value_bool(maker, doc, out);
    case KIND_STRING:
    case KIND_TEXT:
    case KIND_IMAGE:
        return take_text(maker, field, doc, out);
    case KIND_STRING_LIST:
    case KIND_INT64_LIST:
        return value_list(maker, field, doc, out);
    case KIND_PATH:
        return make_path(maker, field, doc, out, twin);
    case KIND_DATE_TIME:
        return make_time(maker, field, doc, out, twin);
    case KIND_GEO_POINT:
        return make_place(maker, field, doc, out, twin);
    case KIND_VECTOR:
        return value_vector(maker, maker->schema->ov->fields[field->ordinal]->dim, doc,
                            out);
    case KIND_SPARSE_VECTOR:
        return value_sparse(maker, doc, out);
    case KIND_VIDEO:
        return make_video(maker, doc, out);
    case KIND_HOST:
        break;
    }
    return ov_fail(maker->err, OV_INVALID, "'%s' is the host's own", field->name);
}

/* The place of the fault for people and programs. */
static int32_t name_field(struct value_maker *maker, const struct field *field,
                          int32_t status)
{
    struct ov_error *err = maker->err;

    if (status != OV_OK && err->field == OV_NONE) {
        err->field = field->ordinal;
        snprintf(err->where, sizeof(err->where), "%s", field->name);
    }
    return status;
}

int32_t value_make(struct value_maker *maker, const struct field *field,
                   const struct ov_doc *doc, struct ov_cell *out, struct ov_cell *twin)
{
    *twin = ov_null_cell();
    return name_field(maker, field, make(maker, field, doc, out, twin));
}

int32_t value_fill(struct value_maker *maker, const struct field *field,
                   struct ov_cell *out, struct ov_cell *twin)
{
    if (field->fill != NULL && field->fill->kind != OV_DOC_NULL)
        return value_make(maker, field, field->fill, out, twin);
    *twin = ov_null_cell();
    *out = ov_fill_cell(maker->schema->ov->fields[field->ordinal]);
    return OV_OK;
}

static int32_t make_key(struct value_maker *maker, const struct field *field,
                        const struct ov_doc *doc, struct ov_cell *out)
{
    uint64_t most = maker->ability->max_key_bytes;
    int32_t status;

    if (maker->schema->ov->fields[field->ordinal]->type == OV_INT64)
        return value_int(maker, doc, out);
    status = take_text(maker, field, doc, out);
    if (status != OV_OK)
        return status;
    if (out->n == 0)
        return ov_fail(maker->err, OV_INVALID, "the key '%s' is empty", field->name);
    if (most != 0 && out->n > most)
        return ov_fail(maker->err, OV_LIMIT, "a key of %llu bytes; the limit is %llu",
                       (unsigned long long)out->n, (unsigned long long)most);
    return OV_OK;
}

int32_t value_key(struct value_maker *maker, const struct field *field,
                  const struct ov_doc *doc, struct ov_cell *out)
{
    return name_field(maker, field, make_key(maker, field, doc, out));
}
