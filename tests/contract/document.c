/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document.c - see document.h.
 *
 * Documents are built node by node here; that JSON text gives the same is the business
 * of the language tests.
 */
#include "document.h"

#include <math.h>
#include <string.h>

/* A vector travels in one piece, as it does from a buffer; NULL when it cannot. */
static struct ov_doc *floats_of(struct ov_arena *arena, const json_t *list)
{
    size_t n = json_array_size(list);
    float *floats = ov_arena_take(arena, n * sizeof(float) + 1);

    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(list, i);
        double real = json_real_value(one);
        if (!json_is_real(one) || (double)(float)real != real)
            return NULL;
        floats[i] = (float)real;
    }
    return n < 4 ? NULL : ov_doc_floats(arena, floats, n);
}

static struct ov_doc *list_of(struct ov_arena *arena, const json_t *json)
{
    struct ov_doc *list = ov_doc_list(arena);

    for (size_t i = 0; i < json_array_size(json); i++)
        (void)ov_doc_append(arena, list, doc_of_json(arena, json_array_get(json, i)));
    return list;
}

static struct ov_doc *object_of(struct ov_arena *arena, const json_t *json)
{
    struct ov_doc *object = ov_doc_object(arena);
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)json, name, value)
    {
        struct ov_doc *doc = NULL;
        if (strcmp(name, "vector") == 0 && json_is_array(value))
            doc = floats_of(arena, value);
        if (doc == NULL)
            doc = doc_of_json(arena, value);
        (void)ov_doc_set(arena, object, ov_str_of(name), doc);
    }
    return object;
}

static struct ov_doc *text_of(struct ov_arena *arena, const json_t *json)
{
    const char *text = json_string_value(json);
    struct ov_str str = { text, json_string_length(json) };

    if (strcmp(text, "$nan") == 0)
        return ov_doc_real(arena, (double)NAN);
    if (strcmp(text, "$inf") == 0)
        return ov_doc_real(arena, (double)INFINITY);
    if (strcmp(text, "$-inf") == 0)
        return ov_doc_real(arena, (double)-INFINITY);
    return ov_doc_text(arena, str);
}

struct ov_doc *doc_of_json(struct ov_arena *arena, const json_t *json)
{
    if (json == NULL)
        return NULL;
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return object_of(arena, json);
    case JSON_ARRAY:
        return list_of(arena, json);
    case JSON_STRING:
        return text_of(arena, json);
    case JSON_INTEGER:
        return ov_doc_int(arena, json_integer_value(json));
    case JSON_REAL:
        return ov_doc_real(arena, json_real_value(json));
    case JSON_TRUE:
    case JSON_FALSE:
        return ov_doc_bool(arena, json_is_true(json));
    case JSON_NULL:
        break;
    }
    return ov_doc_null(arena);
}

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *floats_to_json(const struct ov_doc *doc)
{
    json_t *list = json_array();

    for (uint64_t i = 0; i < doc->n; i++)
        json_array_append_new(list, real_or_null((double)doc->u.floats[i]));
    return list;
}

json_t *json_of_doc(const struct ov_doc *doc)
{
    json_t *out;

    if (doc == NULL)
        return json_null();
    switch ((enum ov_doc_kind)doc->kind) {
    case OV_DOC_BOOL:
        return json_boolean(doc->u.i);
    case OV_DOC_INT:
        return json_integer(doc->u.i);
    case OV_DOC_REAL:
        return real_or_null(doc->u.f);
    case OV_DOC_TEXT:
        return json_stringn(doc->u.text, doc->n);
    case OV_DOC_LIST:
        out = json_array();
        for (uint64_t i = 0; i < doc->n; i++)
            json_array_append_new(out, json_of_doc(doc->u.items[i]));
        return out;
    case OV_DOC_OBJECT:
        out = json_object();
        for (uint64_t i = 0; i < doc->n; i++)
            json_object_setn_new(out, doc->u.members[i].name.p, doc->u.members[i].name.n,
                                 json_of_doc(doc->u.members[i].value));
        return out;
    case OV_DOC_FLOATS:
        return floats_to_json(doc);
    case OV_DOC_NULL:
        break;
    }
    return json_null();
}

json_t *json_of_key(const struct ov_cell *key)
{
    if (key->type == OV_INT64)
        return json_integer(key->u.i);
    return json_stringn(key->u.text, key->n);
}
