/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match.c - does a value meet an operator?
 */
#include "leaf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The key of a value as text: how 7 and "7", true and 1 come to be the same. */
static int key_text(const json_t *value, char text[32])
{
    if (json_is_boolean(value))
        return snprintf(text, 32, "%d", json_is_true(value));
    if (json_is_integer(value))
        return snprintf(text, 32, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value)) {
        double real = json_real_value(value);
        if (real == floor(real) && real >= -9223372036854775808.0 &&
            real < 9223372036854775808.0)
            return snprintf(text, 32, "%lld", (long long)real);
    }
    return -1;
}

static int same_value(const json_t *value, const json_t *cond)
{
    char a[32], b[32];
    const char *x, *y;

    if (json_is_real(value)) /* float32: numbers only */
        return json_is_number(cond) && o_number_compare(value, cond) == 0;
    x = json_string_value(value);
    y = json_string_value(cond);
    if (x == NULL && key_text(value, a) > 0)
        x = a;
    if (y == NULL && key_text(cond, b) > 0)
        y = b;
    return x != NULL && y != NULL && strcmp(x, y) == 0;
}

static int equals_one(const struct o_leaf *leaf, const json_t *value, const json_t *cond)
{
    int64_t ms;
    char *path;
    int below;
    size_t i;
    json_t *one;

    switch (leaf->field->kind) {
    case O_PATH:
        path = o_path(json_string_value(value), json_string_length(value));
        below = o_path_below(path, json_string_value(cond));
        free(path);
        return below >= 0 && (leaf->depth < 0 || below <= leaf->depth);
    case O_DATE:
        return o_date(json_string_value(value), &ms) == 0 &&
               ms == json_integer_value(cond);
    case O_STRINGS:
    case O_INT64S:
        json_array_foreach((json_t *)value, i, one) if (same_value(one, cond)) return 1;
        return 0;
    case O_INT64:
    case O_FLOAT32:
    case O_STRING:
    case O_BOOL:
    case O_TEXT:
    case O_IMAGE:
        return same_value(value, cond);
    case O_GEO:
    case O_VECTOR:
    case O_SPARSE:
    case O_VIDEO:
        return 0;
    }
    return 0;
}

static int equals_any(const struct o_leaf *leaf, const json_t *value)
{
    const json_t *cond;
    size_t i;

    json_array_foreach(leaf->conds, i, cond) if (equals_one(leaf, value, cond)) return 1;
    return 0;
}

static int in_range(const struct o_leaf *leaf, const json_t *value)
{
    json_t *number;
    int64_t ms;
    int low = 1, high = 1, c;

    if (leaf->field->kind == O_DATE) {
        if (o_date(json_string_value(value), &ms) != 0)
            return 0;
        number = json_integer(ms);
    } else {
        number = json_incref((json_t *)value);
    }
    if (leaf->low != NULL) {
        c = o_number_compare(number, leaf->low);
        low = c > 0 || (c == 0 && !leaf->low_open);
    }
    if (leaf->high != NULL) {
        c = o_number_compare(number, leaf->high);
        high = c < 0 || (c == 0 && !leaf->high_open);
    }
    json_decref(number);
    return leaf->op == L_RANGE ? low && high : !(low && high);
}

static int is_near(const struct o_leaf *leaf, const json_t *value)
{
    double place[2], dx, dy;

    if (o_geo(json_string_value(value), place) != 0)
        return 0;
    dx = place[0] - leaf->place[0];
    dy = place[1] - leaf->place[1];
    return dx * dx + dy * dy <= leaf->radius * leaf->radius;
}

static int text_matches(const struct o_leaf *leaf, const char *text)
{
    if (leaf->op == L_PREFIX)
        return strncmp(text, leaf->text, strlen(leaf->text)) == 0;
    if (leaf->op == L_CONTAINS)
        return strstr(text, leaf->text) != NULL;
    return o_pattern_found(leaf->pattern, text, strlen(text));
}

static int text_leaf(const struct o_leaf *leaf, const json_t *value)
{
    char copy[32], *path;
    const json_t *one;
    size_t i;
    int found;

    if (json_is_array(value)) {
        json_array_foreach((json_t *)value, i, one) if (text_leaf(leaf, one)) return 1;
        return 0;
    }
    if (leaf->field->kind == O_PATH) {
        path = o_path(json_string_value(value), json_string_length(value));
        found = text_matches(leaf, path);
        free(path);
        return found;
    }
    if (!json_is_string(value)) {
        key_text(value, copy);
        return text_matches(leaf, copy);
    }
    return text_matches(leaf, json_string_value(value));
}

int o_leaf_match(const struct o_leaf *leaf, const json_t *value)
{
    if (leaf->op == L_NO || !o_has_value(leaf->field, value))
        return 0;
    switch (leaf->op) {
    case L_EQUALS:
        return equals_any(leaf, value);
    case L_RANGE:
    case L_OUTSIDE:
        return in_range(leaf, value);
    case L_NEAR:
        return is_near(leaf, value);
    case L_PREFIX:
    case L_CONTAINS:
    case L_REGEX:
        return text_leaf(leaf, value);
    case L_NO:
        break;
    }
    return 0;
}
