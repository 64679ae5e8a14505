/* SPDX-License-Identifier: Apache-2.0 */
/* matcher.c - does a record match a filter? By the table of filter.h. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* Of a text that is searched in one go, apart from what is searched for. */
#define WINDOW_BYTES (UINT64_C(1) << 20)
/* What a pattern costs to be made, in units of ov_watch. */
#define PATTERN_UNITS 20000

struct ov_matcher {
    const struct ov_filter *filter;
    struct ov_cell *values;       /* as the filter's, those of each IN sorted */
    struct ov_pattern **patterns; /* one a node, NULL but for REGEX */
};

static int by_value(const void *left, const void *right)
{
    return ov_cell_compare(left, right);
}

static int32_t prepare(struct ov_matcher *matcher, uint32_t n, struct ov_watch *watch,
                       struct ov_error *err)
{
    const struct ov_node *node = &matcher->filter->nodes[n];
    struct ov_cell *values = matcher->values + node->first_value;
    int32_t code = OV_OK;

    if (node->op == OV_IN)
        qsort(values, node->n_values, sizeof(*values), by_value);
    if (node->op == OV_REGEX)
        code = ov_pattern_new((struct ov_str){ values->u.text, values->n },
                              &matcher->patterns[n], NULL, err);
    if (code != OV_OK && err != NULL)
        err->node = n;
    if (code == OV_OK)
        code = ov_watch_spend(
            watch, node->op == OV_REGEX ? PATTERN_UNITS : 16 * (uint64_t)node->n_values);
    return code;
}

int32_t ov_matcher_new_watched(const struct ov_schema *schema,
                               const struct ov_filter *filter, struct ov_watch *watch,
                               struct ov_matcher **out, struct ov_error *err)
{
    struct ov_matcher *matcher = calloc(1, sizeof(*matcher));
    int32_t code = OV_OK;
    uint32_t i;

    (void)schema; /* what the filter names is of the type it asks for */
    if (matcher == NULL)
        return ov_no_memory(err);
    matcher->filter = filter;
    matcher->patterns = calloc(filter->n_nodes, sizeof(*matcher->patterns));
    matcher->values = calloc((size_t)filter->n_values + 1, sizeof(*matcher->values));
    if (matcher->patterns == NULL || matcher->values == NULL) {
        ov_matcher_free(matcher);
        return ov_no_memory(err);
    }
    for (i = 0; i < filter->n_values; i++)
        matcher->values[i] = ov_scalar_cell(&filter->values[i]);
    for (i = 0; code == OV_OK && i < filter->n_nodes; i++)
        code = prepare(matcher, i, watch, err);
    if (code == OV_OK)
        *out = matcher;
    else
        ov_matcher_free(matcher);
    return code;
}

int32_t ov_matcher_new(const struct ov_schema *schema, const struct ov_filter *filter,
                       struct ov_matcher **out, struct ov_error *err)
{
    return ov_matcher_new_watched(schema, filter, NULL, out, err);
}

void ov_matcher_free(struct ov_matcher *matcher)
{
    uint32_t i;

    if (matcher == NULL)
        return;
    for (i = 0; matcher->patterns != NULL && i < matcher->filter->n_nodes; i++)
        ov_pattern_free(matcher->patterns[i]);
    free(matcher->patterns);
    free(matcher->values);
    free(matcher);
}

/* ------------------------------------------------------------------- leaves */

static int in_range(const struct ov_node *node, const struct ov_cell *values,
                    const struct ov_cell *value)
{
    int order;

    if ((node->flags & OV_RANGE_LOW) != 0) {
        order = ov_cell_compare(value, values++);
        if (order < 0 || (order == 0 && (node->flags & OV_RANGE_LOW_OPEN) != 0))
            return 0;
    }
    if ((node->flags & OV_RANGE_HIGH) != 0) {
        order = ov_cell_compare(value, values);
        if (order > 0 || (order == 0 && (node->flags & OV_RANGE_HIGH_OPEN) != 0))
            return 0;
    }
    return 1;
}

static int under_path(const struct ov_node *node, const struct ov_cell *values,
                      const struct ov_cell *value, struct ov_watch *watch)
{
    struct ov_str path = { value->u.text, value->n };
    uint32_t i;

    for (i = 0; i < node->n_values && ov_watch_spend(watch, 2) == OV_OK; i++)
        if (ov_path_within(path, (struct ov_str){ values[i].u.text, values[i].n },
                           node->arg))
            return 1;
    return 0;
}

static int near_place(const struct ov_cell *values, const struct ov_cell *value)
{
    double dx = value->u.reals[0] - values[0].u.f;
    double dy = value->u.reals[1] - values[1].u.f;

    return dx * dx + dy * dy <= values[2].u.f * values[2].u.f;
}

static int contains(struct ov_str text, struct ov_str part, struct ov_watch *watch)
{
    uint64_t n;

    for (; text.n >= part.n; text.p += WINDOW_BYTES, text.n -= WINDOW_BYTES) {
        n = text.n < WINDOW_BYTES + part.n - 1 ? text.n : WINDOW_BYTES + part.n - 1;
        if (memmem(text.p, (size_t)n, part.p, (size_t)part.n) != NULL)
            return 1;
        if (ov_watch_spend(watch, n / 4) != OV_OK || text.n < WINDOW_BYTES)
            return 0;
    }
    return 0;
}

static int of_text(const struct ov_matcher *matcher, uint32_t n, struct ov_str text,
                   struct ov_watch *watch)
{
    const struct ov_node *node = &matcher->filter->nodes[n];
    const struct ov_cell *part = &matcher->values[node->first_value];

    if (node->op == OV_REGEX)
        return ov_pattern_match_watched(matcher->patterns[n], text, watch);
    if (part->n > text.n)
        return 0;
    if (part->n == 0)
        return 1;
    if (node->op == OV_PREFIX)
        return memcmp(text.p, part->u.text, (size_t)part->n) == 0;
    return contains(text, (struct ov_str){ part->u.text, part->n }, watch);
}

/* Any element will do; a scalar is its own only one. */
static int of_element(const struct ov_matcher *matcher, uint32_t n,
                      const struct ov_cell *value, struct ov_watch *watch)
{
    const struct ov_node *node = &matcher->filter->nodes[n];
    char digits[OV_NUMBER_TEXT];
    struct ov_str text = { digits, 0 };

    if (ov_watch_spend(watch, 4 + (value->type == OV_TEXT ? value->n / 16 : 0)) != OV_OK)
        return 0;
    if (node->op == OV_IN)
        return bsearch(value, matcher->values + node->first_value, node->n_values,
                       sizeof(*value), by_value) != NULL;
    if (value->type == OV_INT64)
        text.n = ov_int_print(value->u.i, digits);
    else if (value->type == OV_TEXT)
        text = (struct ov_str){ value->u.text, value->n };
    else
        return 0;
    return of_text(matcher, n, text, watch);
}

static int of_any_element(const struct ov_matcher *matcher, uint32_t n,
                          const struct ov_cell *value, struct ov_watch *watch)
{
    struct ov_cell element;
    uint64_t i;

    if (value->type != OV_TEXT_LIST && value->type != OV_INT64_LIST)
        return of_element(matcher, n, value, watch);
    for (i = 0; i < value->n; i++) {
        element = ov_cell_element(value, i);
        if (of_element(matcher, n, &element, watch))
            return 1;
        if (watch != NULL && watch->code != OV_OK)
            return 0;
    }
    return 0;
}

int ov_matcher_leaf_watched(const struct ov_matcher *matcher, uint32_t n,
                            const struct ov_cell *value, struct ov_watch *watch)
{
    const struct ov_node *node = &matcher->filter->nodes[n];
    const struct ov_cell *values = matcher->values + node->first_value;

    if (value->type == OV_NULL || node->op == OV_IS_NULL)
        return value->type == OV_NULL && node->op == OV_IS_NULL;
    switch (node->op) {
    case OV_RANGE:
        return in_range(node, values, value);
    case OV_PATH:
        return under_path(node, values, value, watch);
    case OV_WITHIN:
        return near_place(values, value);
    default:
        return of_any_element(matcher, n, value, watch);
    }
}

int ov_matcher_leaf(const struct ov_matcher *matcher, uint32_t n,
                    const struct ov_cell *value)
{
    return ov_matcher_leaf_watched(matcher, n, value, NULL);
}

/* --------------------------------------------------------------------- tree */

static int matches(const struct ov_matcher *matcher, uint32_t n,
                   const struct ov_cell *record, struct ov_watch *watch)
{
    const struct ov_node *nodes = matcher->filter->nodes;
    uint32_t end = n + nodes[n].span, child;
    int found;

    switch (nodes[n].op) {
    case OV_NOT:
        return !matches(matcher, n + 1, record, watch);
    case OV_AND:
    case OV_OR:
        for (child = n + 1; child < end; child += nodes[child].span) {
            if (ov_watch_spend(watch, 1) != OV_OK)
                return 0;
            found = matches(matcher, child, record, watch);
            if (found == (nodes[n].op == OV_OR))
                return found;
        }
        return nodes[n].op == OV_AND;
    default:
        return ov_matcher_leaf_watched(matcher, n, &record[nodes[n].field], watch);
    }
}

int ov_matcher_match_watched(const struct ov_matcher *matcher,
                             const struct ov_cell *record, struct ov_watch *watch)
{
    return matches(matcher, 0, record, watch);
}

int ov_matcher_match(const struct ov_matcher *matcher, const struct ov_cell *record)
{
    return matches(matcher, 0, record, NULL);
}
