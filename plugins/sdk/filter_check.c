/* SPDX-License-Identifier: Apache-2.0 */
/* filter_check.c - is a filter what filter.h promises? Each node on its own, then how
 * they lie in each other. */
#include <ov/sdk.h>

#include <math.h>
#include <stdlib.h>

struct check {
    const struct ov_schema *schema;
    const struct ov_filter *filter;
    uint32_t node;
    struct ov_error *err;
};

static int32_t refuse(const struct check *check, const char *why)
{
    if (check->err != NULL && check->err->code == OV_OK)
        check->err->node = check->node;
    return ov_fail(check->err, OV_INVALID, "filter node %u: %s", check->node, why);
}

#define TYPE(type) (1u << (type))
#define TEXTUAL \
    (TYPE(OV_TEXT) | TYPE(OV_TEXT_LIST) | TYPE(OV_INT64) | TYPE(OV_INT64_LIST))

/* By operator: the types it fits and how many values it has (0: any number). */
static const struct {
    uint32_t types, values;
} operators[] = {
    [OV_IN] = { TEXTUAL | TYPE(OV_BOOL) | TYPE(OV_FLOAT64) | TYPE(OV_TIME), 0 },
    [OV_RANGE] = { TYPE(OV_INT64) | TYPE(OV_FLOAT64) | TYPE(OV_TIME), 0 },
    [OV_PATH] = { TYPE(OV_TEXT), 0 },
    [OV_PREFIX] = { TEXTUAL, 1 },
    [OV_CONTAINS] = { TEXTUAL, 1 },
    [OV_REGEX] = { TEXTUAL, 1 },
    [OV_WITHIN] = { TYPE(OV_GEO), 3 },
    [OV_IS_NULL] = { UINT32_MAX, 0 },
};

/* ------------------------------------------------------------------- values */

static uint32_t wanted_type(const struct ov_node *node, const struct ov_field *field)
{
    if (node->op == OV_WITHIN)
        return OV_FLOAT64;
    if (node->op == OV_PREFIX || node->op == OV_CONTAINS || node->op == OV_REGEX)
        return OV_TEXT;
    return ov_element_type(field->type);
}

static int32_t check_value(const struct check *check, const struct ov_scalar *value,
                           uint32_t type)
{
    if (value->type != type)
        return refuse(check, "a value has not the field's type");
    if (type == OV_TEXT && !ov_utf8_valid(value->u.s))
        return refuse(check, "a text is not UTF-8 or holds U+0000");
    if (type == OV_FLOAT64 && !isfinite(value->u.f))
        return refuse(check, "a number is not finite");
    if (type == OV_BOOL && value->u.i != 0 && value->u.i != 1)
        return refuse(check, "a bool is neither 0 nor 1");
    if (type == OV_TIME && value->u.i % 1000 != 0)
        return refuse(check, "a time is not a whole number of milliseconds");
    return OV_OK;
}

static int32_t check_path(const struct check *check, struct ov_str path)
{
    uint64_t i;

    if (path.n > 0 && (path.p[0] != '/' || path.p[path.n - 1] == '/'))
        return refuse(check, "a path is not canonical");
    for (i = 1; i < path.n; i++)
        if (path.p[i] == '/' && path.p[i - 1] == '/')
            return refuse(check, "a path is not canonical");
    return OV_OK;
}

static int32_t check_range(const struct check *check, const struct ov_node *node)
{
    uint32_t low = (node->flags & OV_RANGE_LOW) != 0;
    uint32_t high = (node->flags & OV_RANGE_HIGH) != 0;

    if (low + high == 0)
        return refuse(check, "a range without bounds");
    if (low + high != node->n_values)
        return refuse(check, "a range has other bounds than values");
    if ((node->flags & OV_RANGE_LOW_OPEN) != 0 && !low)
        return refuse(check, "an open bound that is not there");
    if ((node->flags & OV_RANGE_HIGH_OPEN) != 0 && !high)
        return refuse(check, "an open bound that is not there");
    if (node->flags >= OV_RANGE_HIGH_OPEN << 1)
        return refuse(check, "an unknown flag");
    return OV_OK;
}

static int32_t check_pattern(const struct check *check, struct ov_str text)
{
    struct ov_pattern *pattern;
    int32_t code = ov_pattern_new(text, &pattern, NULL, check->err);

    if (code == OV_OK)
        ov_pattern_free(pattern);
    else if (check->err != NULL)
        check->err->node = check->node;
    return code;
}

/* What only some operators ask of their values. */
static int32_t check_meaning(const struct check *check, const struct ov_node *node)
{
    const struct ov_scalar *values = check->filter->values + node->first_value;
    int32_t code = OV_OK;
    uint32_t i;

    if (node->op == OV_RANGE)
        return check_range(check, node);
    if (node->op == OV_REGEX)
        return check_pattern(check, values->u.s);
    if (node->op == OV_WITHIN && values[2].u.f < 0)
        return refuse(check, "a radius is negative");
    if (node->op != OV_PATH)
        return OV_OK;
    if (node->arg < -1)
        return refuse(check, "levels below -1");
    for (i = 0; code == OV_OK && i < node->n_values; i++)
        code = check_path(check, values[i].u.s);
    return code;
}

static int32_t check_leaf(const struct check *check, const struct ov_node *node)
{
    const struct ov_filter *filter = check->filter;
    const struct ov_field *field;
    int32_t code = OV_OK;
    uint32_t i;

    if (node->span != 1 || node->n_children != 0)
        return refuse(check, "a leaf with children");
    if (node->field >= check->schema->n_fields)
        return refuse(check, "no such field");
    field = check->schema->fields[node->field];
    if ((operators[node->op].types & TYPE(field->type)) == 0 ||
        (node->op == OV_PATH && (field->flags & OV_FIELD_PATH) == 0) ||
        (node->op == OV_IS_NULL && (field->flags & OV_FIELD_NULLABLE) == 0))
        return refuse(check, "the operator does not fit the field");
    if (node->n_values > filter->n_values ||
        node->first_value > filter->n_values - node->n_values)
        return refuse(check, "values behind the end");
    if ((node->n_values == 0) != (node->op == OV_IS_NULL) ||
        (operators[node->op].values != 0 && node->n_values != operators[node->op].values))
        return refuse(check, "a wrong number of values");
    for (i = 0; code == OV_OK && i < node->n_values; i++)
        code = check_value(check, &filter->values[node->first_value + i],
                           wanted_type(node, field));
    return code == OV_OK ? check_meaning(check, node) : code;
}

/* --------------------------------------------------------------------- tree */

static int32_t check_tree(struct check *check, uint32_t n, uint32_t end, uint32_t depth)
{
    const struct ov_node *node = &check->filter->nodes[n];
    uint32_t child = n + 1, children = 0;
    int32_t code;

    check->node = n;
    if (depth > OV_FILTER_MAX_DEPTH)
        return ov_fail(check->err, OV_LIMIT, "filter is deeper than %u",
                       OV_FILTER_MAX_DEPTH);
    if (node->op < OV_AND || node->op > OV_IS_NULL)
        return refuse(check, "no such operator");
    if (node->span == 0 || node->span > end - n)
        return refuse(check, "a span reaches behind its parent");
    if (node->op > OV_NOT)
        return check_leaf(check, node);
    if (node->field != OV_NONE || node->n_values != 0)
        return refuse(check, "AND, OR and NOT have no field and no values");
    for (; child < n + node->span;
         child += check->filter->nodes[child].span, children++) {
        code = check_tree(check, child, n + node->span, depth + 1);
        if (code != OV_OK)
            return code;
    }
    check->node = n;
    if (children != node->n_children)
        return refuse(check, "a wrong number of children");
    if (node->op == OV_NOT ? children != 1 : children < 2)
        return refuse(check, "too few children, or too many");
    return OV_OK;
}

int32_t ov_filter_check(const struct ov_schema *schema, const struct ov_filter *filter,
                        struct ov_error *err)
{
    struct check check = { schema, filter, 0, err };

    if (filter->n_nodes == 0)
        return refuse(&check, "a filter without nodes");
    if (filter->n_nodes > OV_FILTER_MAX_NODES || filter->n_values > OV_FILTER_MAX_VALUES)
        return ov_fail(err, OV_LIMIT, "filter has %u nodes and %u values",
                       filter->n_nodes, filter->n_values);
    if (filter->nodes[0].span != filter->n_nodes)
        return refuse(&check, "the first node is not the root of all");
    return check_tree(&check, 0, filter->n_nodes, 1);
}
