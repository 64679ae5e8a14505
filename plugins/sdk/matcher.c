/* SPDX-License-Identifier: Apache-2.0 */
/* matcher.c - does a record match a filter? By the table of filter.h. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

struct ov_matcher {
    const struct ov_filter *filter;
    struct ov_cell *values;       /* as the filter's, those of each IN sorted */
    struct ov_pattern **patterns; /* one a node, NULL but for REGEX */
};

static int by_value(const void *left, const void *right)
{
    return ov_cell_compare(left, right);
}

static int32_t prepare(struct ov_matcher *matcher, uint32_t n, struct ov_error *err)
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
    return code;
}

int32_t ov_matcher_new(const struct ov_schema *schema, const struct ov_filter *filter,
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
        code = prepare(matcher, i, err);
    if (code == OV_OK)
        *out = matcher;
    else
        ov_matcher_free(matcher);
    return code;
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
                      const struct ov_cell *value)
{
    struct ov_str path = { value->u.text, value->n };
    uint32_t i;

    for (i = 0; i < node->n_values; i++)
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

static int of_text(const struct ov_matcher *matcher, uint32_t n, struct ov_str text)
{
    const struct ov_node *node = &matcher->filter->nodes[n];
    const struct ov_cell *part = &matcher->values[node->first_value];

    if (node->op == OV_REGEX)
        return ov_pattern_match(matcher->patterns[n], text);
    if (part->n > text.n)
        return 0;
    if (part->n == 0)
        return 1;
    if (node->op == OV_PREFIX)
        return memcmp(text.p, part->u.text, (size_t)part->n) == 0;
    return memmem(text.p, (size_t)text.n, part->u.text, (size_t)part->n) != NULL;
}

/* Any element will do; a scalar is its own only one. */
static int of_element(const struct ov_matcher *matcher, uint32_t n,
                      const struct ov_cell *value)
{
    const struct ov_node *node = &matcher->filter->nodes[n];
    char digits[OV_NUMBER_TEXT];
    struct ov_str text = { digits, 0 };

    if (node->op == OV_IN)
        return bsearch(value, matcher->values + node->first_value, node->n_values,
                       sizeof(*value), by_value) != NULL;
    if (value->type == OV_INT64)
        text.n = ov_int_print(value->u.i, digits);
    else if (value->type == OV_TEXT)
        text = (struct ov_str){ value->u.text, value->n };
    else
        return 0;
    return of_text(matcher, n, text);
}

static int of_any_element(const struct ov_matcher *matcher, uint32_t n,
                          const struct ov_cell *value)
{
    struct ov_cell element;
    uint64_t i;

    if (value->type != OV_TEXT_LIST && value->type != OV_INT64_LIST)
        return of_element(matcher, n, value);
    for (i = 0; i < value->n; i++) {
        element = ov_cell_element(value, i);
        if (of_element(matcher, n, &element))
            return 1;
    }
    return 0;
}

int ov_matcher_leaf(const struct ov_matcher *matcher, uint32_t n,
                    const struct ov_cell *value)
{
    const struct ov_node *node = &matcher->filter->nodes[n];
    const struct ov_cell *values = matcher->values + node->first_value;

    if (value->type == OV_NULL || node->op == OV_IS_NULL)
        return value->type == OV_NULL && node->op == OV_IS_NULL;
    switch (node->op) {
    case OV_RANGE:
        return in_range(node, values, value);
    case OV_PATH:
        return under_path(node, values, value);
    case OV_WITHIN:
        return near_place(values, value);
    default:
        return of_any_element(matcher, n, value);
    }
}

/* --------------------------------------------------------------------- tree */

static int matches(const struct ov_matcher *matcher, uint32_t n,
                   const struct ov_cell *record)
{
    const struct ov_node *nodes = matcher->filter->nodes;
    uint32_t end = n + nodes[n].span, child;
    int found;

    switch (nodes[n].op) {
    case OV_NOT:
        return !matches(matcher, n + 1, record);
    case OV_AND:
    case OV_OR:
        for (child = n + 1; child < end; child += nodes[child].span) {
            found = matches(matcher, child, record);
            if (found == (nodes[n].op == OV_OR))
                return found;
        }
        return nodes[n].op == OV_AND;
    default:
        return ov_matcher_leaf(matcher, n, &record[nodes[n].field]);
    }
}

int ov_matcher_match(const struct ov_matcher *matcher, const struct ov_cell *record)
{
    return matches(matcher, 0, record);
}
