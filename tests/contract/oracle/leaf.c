/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaf.c - reading the operators on one field, by contract 3.3 to 3.8 and design 6.
 */
#include "leaf.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void o_leaf_free(struct o_leaf *leaf)
{
    if (leaf == NULL)
        return;
    json_decref(leaf->conds);
    json_decref(leaf->low);
    json_decref(leaf->high);
    free(leaf->text);
    o_pattern_free(leaf->pattern);
    free(leaf);
}

/* ------------------------------------------------------------------- reading */

static int read_para(const json_t *para, int64_t *depth, struct o_fault *fault)
{
    char text[128], *p = text;
    const char *given = json_string_value(para);
    int64_t value = 0;
    int negative;

    *depth = -1;
    if (para == NULL)
        return OV_OK;
    if (given == NULL || strlen(given) >= sizeof(text))
        return o_fail(fault, OV_INVALID, "para is no text");
    for (; *given; given++)
        if (!isspace((unsigned char)*given))
            *p++ = *given;
    *p = '\0';
    if (*text == '\0')
        return OV_OK;
    if (strncmp(text, "-d=", 3) != 0)
        return o_fail(fault, OV_INVALID, "para '%.60s'", text);
    p = text + 3;
    negative = *p == '-';
    p += negative;
    if (!isdigit((unsigned char)*p))
        return o_fail(fault, OV_INVALID, "para '%.60s'", text);
    for (; isdigit((unsigned char)*p) && value < 1000000; p++)
        value = value * 10 + (*p - '0');
    if (*p != '\0' && *p != ',' && *p != '-')
        return o_fail(fault, OV_INVALID, "para '%.60s'", text);
    *depth = negative && value > 0 ? -1 : value;
    return OV_OK;
}

static json_t *canonical_path(const struct o_field *field, const char *text)
{
    char *uri = o_is_uri_field(field) ? o_uri(text) : NULL;
    char *path = o_path(uri ? uri : text, strlen(uri ? uri : text));
    json_t *out = json_string(path);

    free(path);
    free(uri);
    return out;
}

/* A date bound or condition in milliseconds; NULL when it is none. */
static json_t *as_ms(const json_t *value)
{
    int64_t ms;

    if (json_is_string(value))
        return o_date(json_string_value(value), &ms) == 0 ? json_integer(ms) : NULL;
    if (json_is_integer(value))
        return json_integer(json_integer_value(value));
    if (json_is_real(value) && fabs(json_real_value(value)) < 9e18)
        return json_integer((json_int_t)json_real_value(value));
    return NULL;
}

static int read_cond(struct o_leaf *leaf, const json_t *cond, struct o_fault *fault)
{
    json_t *made;

    if (leaf->field->kind == O_PATH) {
        if (json_is_string(cond))
            json_array_append_new(leaf->conds,
                                  canonical_path(leaf->field, json_string_value(cond)));
    } else if (leaf->field->kind == O_DATE) {
        if (json_is_string(cond) && *json_string_value(cond) == '\0')
            return OV_OK; /* what a record without a date holds; nothing equals it */
        made = as_ms(cond);
        if (made == NULL)
            return o_fail(fault, OV_INVALID, "a condition that is no date");
        json_array_append_new(leaf->conds, made);
    } else {
        json_array_append(leaf->conds, (json_t *)cond);
    }
    return OV_OK;
}

static int read_equals(struct o_leaf *leaf, const json_t *dsl, struct o_fault *fault)
{
    const json_t *conds = json_object_get(dsl, "conds"), *cond;
    int texts = 0, numbers = 0;
    size_t i;

    leaf->conds = json_array();
    if (read_para(json_object_get(dsl, "para"), &leaf->depth, fault) != OV_OK)
        return fault->status;
    if (!json_is_array(conds))
        return o_fail(fault, OV_INVALID, "conds is no list");
    json_array_foreach((json_t *)conds, i, cond)
    {
        if (json_is_null(cond) || json_is_array(cond) || json_is_object(cond))
            return o_fail(fault, OV_INVALID, "a condition that is no value");
        texts |= json_is_string(cond);
        numbers |= json_is_number(cond) || json_is_boolean(cond);
        if (texts && numbers)
            return o_fail(fault, OV_INVALID, "conditions of two types");
        if (read_cond(leaf, cond, fault) != OV_OK)
            return fault->status;
    }
    return OV_OK;
}

static int read_bound(struct o_leaf *leaf, const json_t *bound, json_t **out,
                      struct o_fault *fault)
{
    json_t *made = NULL;

    if (leaf->field->kind == O_DATE)
        made = as_ms(bound);
    else if (json_is_number(bound))
        made = json_copy((json_t *)bound);
    if (made == NULL)
        return o_fail(fault, OV_INVALID, "a bound that does not fit '%.60s'",
                      leaf->field->name);
    json_decref(*out);
    *out = made;
    return OV_OK;
}

/* center [x] and radius r: from x - r to x + r. */
static int read_center(struct o_leaf *leaf, const json_t *dsl, struct o_fault *fault)
{
    const json_t *center = json_object_get(dsl, "center");
    const json_t *radius = json_object_get(dsl, "radius");
    const json_t *x = json_array_get(center, 0);

    if (!json_is_array(center) || json_array_size(center) != 1 || !json_is_number(radius))
        return o_fail(fault, OV_INVALID, "center or radius");
    if (leaf->field->kind == O_DATE)
        return o_fail(fault, OV_INVALID, "no center on a date");
    if (!json_is_number(x))
        return o_fail(fault, OV_INVALID, "center");
    leaf->low = json_real(json_number_value(x) - json_number_value(radius));
    leaf->high = json_real(json_number_value(x) + json_number_value(radius));
    return OV_OK;
}

static int read_bounds(struct o_leaf *leaf, const json_t *dsl, struct o_fault *fault)
{
    static const char *const names[] = { "gt", "gte", "lt", "lte" };
    int any = 0;

    if (json_object_get(dsl, "center") != NULL)
        return read_center(leaf, dsl, fault);
    for (int i = 0; i < 4; i++) {
        const json_t *bound = json_object_get(dsl, names[i]);
        if (bound == NULL)
            continue;
        any = 1;
        if (read_bound(leaf, bound, i < 2 ? &leaf->low : &leaf->high, fault) != OV_OK)
            return fault->status;
        *(i < 2 ? &leaf->low_open : &leaf->high_open) = i % 2 == 0;
    }
    return any ? OV_OK : o_fail(fault, OV_INVALID, "a range without bounds");
}

static int read_range(struct o_leaf *leaf, const char *op, const json_t *dsl,
                      struct o_fault *fault)
{
    enum o_kind kind = leaf->field->kind;

    if (strcmp(op, "time_range") == 0 && kind != O_DATE)
        return o_fail(fault, OV_INVALID, "time_range on '%.60s'", leaf->field->name);
    if (read_bounds(leaf, dsl, fault) != OV_OK)
        return fault->status;
    if (strcmp(op, "range_out") == 0) {
        leaf->op = L_OUTSIDE;
        if (leaf->low && leaf->high && o_number_compare(leaf->low, leaf->high) > 0) {
            json_t *low = leaf->low;
            int open = leaf->low_open;
            leaf->low = leaf->high;
            leaf->low_open = leaf->high_open;
            leaf->high = low;
            leaf->high_open = open;
        }
    }
    if (kind != O_INT64 && kind != O_FLOAT32 && kind != O_DATE)
        leaf->op = L_NO;
    return OV_OK;
}

static int read_metres(const json_t *radius, double *out)
{
    const char *text = json_string_value(radius);
    char copy[64];
    double scale = 1;
    json_t *number;
    size_t n;

    if (json_is_number(radius)) {
        *out = json_number_value(radius);
        return 0;
    }
    if (text == NULL)
        return -1;
    while (isspace((unsigned char)*text))
        text++;
    n = strspn(text, "+-0123456789.eE");
    if (n == 0 || n >= sizeof(copy))
        return -1;
    snprintf(copy, sizeof(copy), "%.*s", (int)n, text);
    text += n;
    while (isspace((unsigned char)*text))
        text++;
    if (strcasecmp(text, "km") == 0)
        scale = 1000;
    else if (*text != '\0' && strcasecmp(text, "m") != 0)
        return -1;
    number = json_loads(copy, JSON_DECODE_ANY, NULL);
    if (!json_is_number(number)) {
        json_decref(number);
        return -1;
    }
    *out = json_number_value(number) * scale;
    json_decref(number);
    return 0;
}

static int read_near(struct o_leaf *leaf, const json_t *dsl, struct o_fault *fault)
{
    const json_t *center = json_object_get(dsl, "center");
    double metres;

    if (leaf->field->kind != O_GEO)
        return o_fail(fault, OV_INVALID, "geo_range on '%.60s'", leaf->field->name);
    if (json_is_string(center)) {
        if (o_geo(json_string_value(center), leaf->place) != 0)
            return o_fail(fault, OV_INVALID, "center");
    } else {
        if (!json_is_array(center) || json_array_size(center) != 2)
            return o_fail(fault, OV_INVALID, "center");
        for (size_t i = 0; i < 2; i++) {
            const json_t *one = json_array_get(center, i);
            leaf->place[i] = json_number_value(one);
            if (!json_is_number(one) || fabs(leaf->place[i]) > (i == 0 ? 180 : 90))
                return o_fail(fault, OV_INVALID, "center");
        }
    }
    if (read_metres(json_object_get(dsl, "radius"), &metres) != 0)
        return o_fail(fault, OV_INVALID, "radius");
    leaf->op = metres > 0 ? L_NEAR : L_NO;
    leaf->radius = metres / 111320;
    return OV_OK;
}

/* Slashes in a row are one, and a prefix begins with one. */
static void as_in_a_path(struct o_leaf *leaf)
{
    int rooted = leaf->op != L_PREFIX || *leaf->text == '/' || *leaf->text == '\0';
    char *out = malloc(strlen(leaf->text) + 2), *slashes;

    sprintf(out, "%s%s", rooted ? "" : "/", leaf->text);
    while ((slashes = strstr(out, "//")) != NULL)
        memmove(slashes, slashes + 1, strlen(slashes));
    free(leaf->text);
    leaf->text = out;
}

static int read_text(struct o_leaf *leaf, const char *operand, const json_t *dsl,
                     struct o_fault *fault)
{
    const char *text = json_string_value(json_object_get(dsl, operand));
    enum o_kind kind = leaf->field->kind;
    char *uri;

    if (text == NULL)
        return o_fail(fault, OV_INVALID, "no %s", operand);
    if (kind == O_DATE)
        return o_fail(fault, OV_INVALID, "%s on a date", operand);
    if (leaf->op == L_REGEX) {
        leaf->pattern = o_pattern_new(text, strlen(text));
        if (leaf->pattern == NULL)
            return o_fail(fault, OV_INVALID, "pattern '%.60s'", text);
    }
    uri = leaf->op != L_REGEX && o_is_uri_field(leaf->field) ? o_uri(text) : NULL;
    leaf->text = uri != NULL ? uri : strdup(text);
    if (leaf->op != L_REGEX && kind == O_PATH)
        as_in_a_path(leaf);
    if (*text == '\0' || kind == O_FLOAT32 || kind == O_GEO || kind == O_VECTOR ||
        kind == O_SPARSE || kind == O_VIDEO)
        leaf->op = L_NO;
    return OV_OK;
}

int o_leaf_read(const struct o_field *field, const char *op, const json_t *dsl,
                struct o_leaf **out, struct o_fault *fault)
{
    struct o_leaf *leaf = calloc(1, sizeof(*leaf));
    int status;

    leaf->field = field;
    if (strcmp(op, "must") == 0) {
        status = read_equals(leaf, dsl, fault);
    } else if (strcmp(op, "geo_range") == 0) {
        status = read_near(leaf, dsl, fault);
    } else if (strcmp(op, "prefix") == 0) {
        leaf->op = L_PREFIX;
        status = read_text(leaf, "prefix", dsl, fault);
    } else if (strcmp(op, "contains") == 0) {
        leaf->op = L_CONTAINS;
        status = read_text(leaf, "substring", dsl, fault);
    } else if (strcmp(op, "regex") == 0) {
        leaf->op = L_REGEX;
        status = read_text(leaf, "pattern", dsl, fault);
    } else {
        leaf->op = L_RANGE;
        status = read_range(leaf, op, dsl, fault);
    }
    if (status != OV_OK) {
        o_leaf_free(leaf);
        return status;
    }
    *out = leaf;
    return OV_OK;
}
