/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.c - what each type takes, and what a field holds that was not given (2.1).
 */
#include "model.h"

#include <stdio.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* JSON's number, or a text that is one. NULL: neither. */
static json_t *as_number(const json_t *value)
{
    const char *text = json_string_value(value);
    json_t *number;

    if (json_is_number(value))
        return json_copy((json_t *)value);
    if (json_is_boolean(value))
        return json_integer(json_is_true(value));
    if (text == NULL)
        return NULL;
    text += *text == '+';
    number = json_loads(text, JSON_DECODE_ANY, NULL);
    if (json_is_number(number))
        return number;
    json_decref(number);
    return NULL;
}

static json_t *as_int(const json_t *value)
{
    json_t *number = as_number(value);
    double real;

    if (!json_is_real(number))
        return number;
    real = json_real_value(number);
    json_decref(number);
    if (real != floor(real) || real < -9223372036854775808.0 ||
        real >= 9223372036854775808.0)
        return NULL;
    return json_integer((json_int_t)real);
}

static json_t *as_real(const json_t *value)
{
    json_t *number = as_number(value);
    double real;

    if (number == NULL || json_is_boolean(value)) {
        json_decref(number);
        return NULL;
    }
    real = json_number_value(number);
    json_decref(number);
    return isfinite(real) ? json_real(real) : NULL;
}

static json_t *as_bool(const json_t *value)
{
    static const char *const yes[] = { "1", "true", "yes", "on", "t", "y" };
    static const char *const no[] = { "0", "false", "no", "off", "f", "n" };
    const char *text = json_string_value(value);

    if (json_is_boolean(value))
        return json_boolean(json_is_true(value));
    if (json_is_number(value)) {
        double real = json_number_value(value);
        return real == 0 || real == 1 ? json_boolean(real == 1) : NULL;
    }
    for (size_t i = 0; text != NULL && i < 6; i++) {
        if (strcasecmp(text, yes[i]) == 0)
            return json_true();
        if (strcasecmp(text, no[i]) == 0)
            return json_false();
    }
    return NULL;
}

/* A list, or one text split on ";". */
static json_t *as_list(const json_t *value, int ints)
{
    json_t *list = json_array(), *parts = json_array(), *part;
    const char *text = json_string_value(value);
    size_t i;

    if (text != NULL) {
        for (const char *end; (end = strchr(text, ';')) != NULL; text = end + 1)
            json_array_append_new(parts, json_stringn(text, (size_t)(end - text)));
        json_array_append_new(parts, json_string(text));
    } else if (json_is_array(value)) {
        json_array_extend(parts, (json_t *)value);
    } else {
        json_decref(parts);
        json_decref(list);
        return NULL;
    }
    json_array_foreach(parts, i, part)
    {
        json_t *one = ints                   ? as_int(part)
                      : json_is_string(part) ? json_incref(part)
                                             : NULL;
        if (one == NULL || json_array_append_new(list, one) != 0) {
            json_decref(parts);
            json_decref(list);
            return NULL;
        }
    }
    json_decref(parts);
    return list;
}

static json_t *as_vector(const json_t *value, int64_t dim)
{
    json_t *list, *one;
    size_t i;

    if (!json_is_array(value) || (int64_t)json_array_size(value) != dim)
        return NULL;
    list = json_array();
    json_array_foreach((json_t *)value, i, one)
    {
        json_t *real = as_real(one);
        if (real == NULL || !(fabs(json_real_value(real)) <= 1e15)) {
            json_decref(real);
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, json_real((double)(float)json_real_value(real)));
        json_decref(real);
    }
    return list;
}

static json_t *as_sparse(const json_t *value)
{
    json_t *out, *weight;
    const char *term;

    if (!json_is_object(value))
        return NULL;
    out = json_object();
    json_object_foreach((json_t *)value, term, weight)
    {
        json_t *real = as_real(weight);
        if (real == NULL || !isfinite((float)json_real_value(real))) {
            json_decref(real);
            json_decref(out);
            return NULL;
        }
        json_object_set_new(out, term, json_real((double)(float)json_real_value(real)));
        json_decref(real);
    }
    return out;
}

static json_t *as_text(const struct o_field *field, const json_t *value)
{
    const char *text = json_string_value(value);
    double place[2];
    int64_t ms;
    char *uri;

    if (json_is_null(value) && (field->kind == O_DATE || field->kind == O_GEO))
        return json_string("");
    if (text == NULL || (field->key && *text == '\0'))
        return NULL;
    if (field->kind == O_DATE && *text != '\0' && o_date(text, &ms) != 0)
        return NULL;
    if (field->kind == O_GEO && *text != '\0' && o_geo(text, place) != 0)
        return NULL;
    if (o_is_uri_field(field) && (uri = o_uri(text)) != NULL) {
        json_t *out = json_string(uri);
        free(uri);
        return out;
    }
    return json_copy((json_t *)value);
}

static json_t *coerce(const struct o_field *field, const json_t *value)
{
    switch (field->kind) {
    case O_INT64:
        return as_int(value);
    case O_FLOAT32:
        return as_real(value);
    case O_BOOL:
        return as_bool(value);
    case O_STRINGS:
        return as_list(value, 0);
    case O_INT64S:
        return as_list(value, 1);
    case O_VECTOR:
        return as_vector(value, field->dim);
    case O_SPARSE:
        return as_sparse(value);
    case O_VIDEO:
        return json_is_object(value) ? json_deep_copy(value) : NULL;
    case O_STRING:
    case O_TEXT:
    case O_PATH:
    case O_DATE:
    case O_GEO:
    case O_IMAGE:
        return as_text(field, value);
    }
    return NULL;
}

int o_coerce(const struct o_field *field, const json_t *value, json_t **out,
             struct o_fault *fault)
{
    json_t *made = coerce(field, value);

    if (made == NULL)
        return o_fail(fault, OV_INVALID, "field '%.60s' does not take that value",
                      field->name);
    *out = made;
    return OV_OK;
}

/* NULL: the field must be given. */
json_t *o_fill(const struct o_field *field)
{
    json_t *made;

    if (field->fill != NULL && (made = coerce(field, field->fill)) != NULL)
        return made;
    switch (field->kind) {
    case O_INT64:
        return field->key ? NULL : json_integer(0);
    case O_FLOAT32:
        return json_real(0);
    case O_BOOL:
        return json_false();
    case O_STRINGS:
    case O_INT64S:
        return json_array();
    case O_SPARSE:
        return json_object();
    case O_STRING:
    case O_TEXT:
    case O_PATH:
    case O_DATE:
    case O_GEO:
        return field->key ? NULL : json_string("");
    case O_VECTOR:
    case O_IMAGE:
    case O_VIDEO:
        return NULL;
    }
    return NULL;
}

int o_record_read(const struct o_collection *collection, const json_t *given, int whole,
                  json_t **out, struct o_fault *fault)
{
    json_t *record = json_object(), *value;
    const char *name;

    if (!json_is_object(given)) {
        o_fail(fault, OV_INVALID, "a record that is no object");
        goto fail;
    }
    json_object_foreach((json_t *)given, name,
                        value) if (o_field_find(collection, name) == NULL)
    {
        o_fail(fault, OV_INVALID, "unknown field '%.60s'", name);
        goto fail;
    }
    for (size_t i = 0; i < collection->n_fields; i++) {
        const struct o_field *field = &collection->fields[i];
        json_t *made = NULL;

        value = json_object_get(given, field->name);
        if (value != NULL && o_coerce(field, value, &made, fault) != OV_OK)
            goto fail;
        if (value == NULL && (whole || field->key)) {
            made = o_fill(field);
            if (made == NULL) {
                o_fail(fault, OV_INVALID, "field '%.60s' is missing", field->name);
                goto fail;
            }
        }
        if (made != NULL)
            json_object_set_new(record, field->name, made);
    }
    *out = record;
    return OV_OK;

fail:
    json_decref(record);
    return fault->status;
}

/* An integer also means the text of its decimal form. */
int o_same_key(const json_t *a, const json_t *b)
{
    char text[32];

    if (json_is_integer(a) && json_is_integer(b))
        return json_integer_value(a) == json_integer_value(b);
    if (json_is_string(a) && json_is_string(b))
        return json_equal(a, b);
    if (json_is_string(a) && json_is_integer(b)) {
        snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(b));
        return strcmp(text, json_string_value(a)) == 0;
    }
    return 0;
}

int o_key_compare(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b)) {
        json_int_t x = json_integer_value(a), y = json_integer_value(b);
        return (x > y) - (x < y);
    }
    return strcmp(json_string_value(a), json_string_value(b));
}

/* A long double of x86 holds every int64 and every double. */
int o_number_compare(const json_t *a, const json_t *b)
{
    _Static_assert(LDBL_MANT_DIG >= 64, "int64 and double compared exactly");
    long double x = json_is_integer(a) ? (long double)json_integer_value(a)
                                       : (long double)json_real_value(a);
    long double y = json_is_integer(b) ? (long double)json_integer_value(b)
                                       : (long double)json_real_value(b);
    return (x > y) - (x < y);
}

/* A date or place of "" is no value; all else is one. */
int o_has_value(const struct o_field *field, const json_t *value)
{
    if (field->kind == O_DATE || field->kind == O_GEO)
        return *json_string_value(value) != '\0';
    return 1;
}
