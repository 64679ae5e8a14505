/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c - collection and index metas, by contract 2.2 and 6.1.
 */
#include "model.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int o_fail(struct o_fault *fault, int status, const char *format, ...)
{
    va_list list;

    if (fault->status != OV_OK)
        return fault->status;
    fault->status = status;
    va_start(list, format);
    vsnprintf(fault->text, sizeof(fault->text), format, list);
    va_end(list);
    return status;
}

static int is_name(const char *text)
{
    size_t n = 0;

    if (text == NULL || (!isalpha((unsigned char)*text) && (*text & 0x80) == 0))
        return 0;
    for (; *text; text++) {
        if ((*text & 0x80) == 0 && !isalnum((unsigned char)*text) && *text != '_')
            return 0;
        n += (*text & 0xC0) != 0x80;
    }
    return n <= 128;
}

static const char *const kinds[] = {
    "int64", "float32",   "string",    "bool",   "list<string>",  "list<int64>", "text",
    "path",  "date_time", "geo_point", "vector", "sparse_vector", "image",       "video"
};

static int read_kind(const char *text, enum o_kind *out)
{
    for (size_t i = 0; text != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i], text) == 0) {
            *out = (enum o_kind)i;
            return 0;
        }
    return -1;
}

static int read_field(const json_t *meta, struct o_field *out, struct o_fault *fault)
{
    const json_t *dim = json_object_get(meta, "Dim");

    out->name = json_string_value(json_object_get(meta, "FieldName"));
    if (!is_name(out->name))
        return o_fail(fault, OV_INVALID, "a field without a good name");
    if (read_kind(json_string_value(json_object_get(meta, "FieldType")), &out->kind) != 0)
        return o_fail(fault, OV_INVALID, "field '%.60s' has no known type", out->name);
    if (out->kind == O_VECTOR) {
        out->dim = json_integer_value(dim);
        if (!json_is_integer(dim) || out->dim < 4 || out->dim > 4096 || out->dim % 4 != 0)
            return o_fail(fault, OV_INVALID, "field '%.60s' has a bad Dim", out->name);
    }
    out->key = json_is_true(json_object_get(meta, "IsPrimaryKey"));
    if (out->key && out->kind != O_STRING && out->kind != O_INT64)
        return o_fail(fault, OV_INVALID, "field '%.60s' cannot be the key", out->name);
    out->fill = json_object_get(meta, "DefaultValue");
    return OV_OK;
}

int o_fields_read(const json_t *meta, struct o_field **out, size_t *n,
                  struct o_fault *fault)
{
    const json_t *list = json_object_get(meta, "Fields");
    size_t count = json_array_size(list), keys = 0;
    struct o_field *fields = calloc(count + 1, sizeof(*fields));

    if (count == 0) {
        o_fail(fault, OV_INVALID, "no Fields");
        goto fail;
    }
    for (size_t i = 0; i < count; i++) {
        if (read_field(json_array_get(list, i), &fields[i], fault) != OV_OK)
            goto fail;
        keys += (size_t)fields[i].key;
        for (size_t k = 0; k < i; k++)
            if (strcmp(fields[k].name, fields[i].name) == 0) {
                o_fail(fault, OV_INVALID, "field '%.60s' twice", fields[i].name);
                goto fail;
            }
    }
    if (keys > 1) {
        o_fail(fault, OV_INVALID, "more than one key");
        goto fail;
    }
    *out = fields;
    *n = count;
    return OV_OK;

fail:
    free(fields);
    return fault->status;
}

void o_fields_free(struct o_field *fields, size_t n)
{
    (void)n;
    free(fields);
}

static int read_metric(const json_t *text, enum o_metric *out)
{
    const char *word = json_string_value(text);

    *out = O_IP;
    if (text == NULL || (word != NULL && strcmp(word, "ip") == 0))
        return 0;
    if (word != NULL && strcmp(word, "l2") == 0)
        *out = O_L2;
    else if (word != NULL && strcmp(word, "cosine") == 0)
        *out = O_COSINE;
    else
        return -1;
    return 0;
}

int o_index_read(const struct o_collection *collection, const json_t *meta,
                 struct o_index *out, struct o_fault *fault)
{
    const json_t *vector = json_object_get(meta, "VectorIndex");
    const json_t *alpha = json_object_get(vector, "SearchWithSparseLogitAlpha");
    const char *name = json_string_value(json_object_get(meta, "IndexName"));
    const char *kind = json_string_value(json_object_get(vector, "IndexType"));
    const json_t *scalar;
    struct o_index index = { .alpha = 0.5 };
    size_t i;

    if (!is_name(name))
        return o_fail(fault, OV_INVALID, "an index without a good name");
    snprintf(index.name, sizeof(index.name), "%s", name);
    if (read_metric(json_object_get(vector, "Distance"), &index.metric) != 0)
        return o_fail(fault, OV_INVALID, "index '%.60s': bad Distance", name);
    index.sparse = json_is_true(json_object_get(vector, "EnableSparse")) ||
                   (kind != NULL && strstr(kind, "_hybrid") != NULL);
    if (json_is_number(alpha))
        index.alpha = json_number_value(alpha);
    json_array_foreach(json_object_get(meta, "ScalarIndex"), i, scalar)
    {
        const char *field = json_string_value(scalar);
        if (field == NULL || o_field_find(collection, field) == NULL)
            return o_fail(fault, OV_INVALID, "index '%.60s': unknown scalar", name);
    }
    index.meta = json_deep_copy(meta);
    *out = index;
    return OV_OK;
}

const struct o_field *o_field_find(const struct o_collection *collection,
                                   const char *name)
{
    for (size_t i = 0; i < collection->n_fields; i++)
        if (strcmp(collection->fields[i].name, name) == 0)
            return &collection->fields[i];
    return NULL;
}

const struct o_field *o_field_of_kind(const struct o_collection *collection,
                                      enum o_kind kind)
{
    for (size_t i = 0; i < collection->n_fields; i++)
        if (collection->fields[i].kind == kind)
            return &collection->fields[i];
    return NULL;
}

const struct o_field *o_key(const struct o_collection *collection)
{
    for (size_t i = 0; i < collection->n_fields; i++)
        if (collection->fields[i].key)
            return &collection->fields[i];
    return NULL;
}

const struct o_index *o_index_find(const struct o_collection *collection,
                                   const char *name)
{
    for (size_t i = 0; i < collection->n_indexes; i++)
        if (strcmp(collection->indexes[i].name, name) == 0)
            return &collection->indexes[i];
    return NULL;
}
