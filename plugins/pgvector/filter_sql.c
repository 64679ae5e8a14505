/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter_sql.c - one function a node.
 *
 * Leaves are two-valued: where a field may hold NULL, the leaf stands in coalesce(...,
 * false), and NOT of it is its complement. An indexed text is indexed by its first
 * characters; where all values are shorter than those, comparing the prefix is comparing
 * the text, so the condition is put on the prefix and the index serves it.
 */
#include "filter_sql.h"

#include <stdlib.h>
#include <string.h>

/* Up to so many paths stand one by one, where an index helps; more come as arrays. */
#define PATHS_IN_TEXT 8

struct maker {
    struct text *sql;
    struct params *params;
    const struct shape *shape;
    const struct ov_filter *filter;
};

void filter_column(struct text *sql, const char *name)
{
    text_add(sql, "t.");
    text_name(sql, name);
}

static const struct ov_scalar *value(const struct maker *m, const struct ov_node *node,
                                     uint32_t i)
{
    return &m->filter->values[node->first_value + i];
}

/* Fits every value into the prefix? Bytes are at least as many as characters. */
static int fits_prefix(const struct maker *m, const struct ov_node *node)
{
    if (!m->shape->columns[node->field].indexed)
        return 0;
    for (uint32_t i = 0; i < node->n_values; i++)
        if (value(m, node, i)->u.s.n + 2 >= PREFIX_CHARACTERS)
            return 0;
    return 1;
}

static void add_text_column(const struct maker *m, const struct ov_node *node, int prefix)
{
    const char *name = m->shape->columns[node->field].name;

    if (!prefix) {
        filter_column(m->sql, name);
        return;
    }
    text_add(m->sql, "left(");
    filter_column(m->sql, name);
    text_format(m->sql, ", %d)", PREFIX_CHARACTERS);
}

static void add_in(const struct maker *m, const struct ov_node *node)
{
    uint32_t type = m->shape->schema->fields[node->field]->type;
    uint32_t element = ov_element_type(type);
    int n;

    params_array_begin(m->params, params_types(element), params_type(element));
    for (uint32_t i = 0; i < node->n_values; i++) {
        struct ov_cell cell = ov_scalar_cell(value(m, node, i));

        params_array_cell(m->params, &cell);
    }
    n = params_array_end(m->params);
    add_text_column(m, node, type == OV_TEXT && fits_prefix(m, node));
    text_format(m->sql, type == element ? " = ANY($%d)" : " && $%d", n);
}

static void add_range(const struct maker *m, const struct ov_node *node)
{
    const char *name = m->shape->columns[node->field].name;
    uint32_t i = 0;

    if (node->flags & OV_RANGE_LOW) {
        filter_column(m->sql, name);
        text_format(m->sql, node->flags & OV_RANGE_LOW_OPEN ? " > $%d" : " >= $%d",
                    params_scalar(m->params, value(m, node, i++)));
    }
    if (node->flags & OV_RANGE_HIGH) {
        if (i > 0)
            text_add(m->sql, " AND ");
        filter_column(m->sql, name);
        text_format(m->sql, node->flags & OV_RANGE_HIGH_OPEN ? " < $%d" : " <= $%d",
                    params_scalar(m->params, value(m, node, i)));
    }
}

/* -------------------------------------------------------------------- paths */

/* P and the bounds of what lies below it: [P + "/", P + "0"), since '0' follows '/'. */
struct bounds {
    char *bytes;
    struct ov_str low, high;
};

static int make_bounds(struct bounds *b, struct ov_str path)
{
    uint64_t n = path.n;

    b->bytes = malloc(2 * n + 2);
    if (b->bytes == NULL)
        return 0;
    if (n > 0) {
        memcpy(b->bytes, path.p, n);
        memcpy(b->bytes + n + 1, path.p, n);
    }
    b->bytes[n] = '/';
    b->bytes[2 * n + 1] = '0';
    b->low = (struct ov_str){ b->bytes, n + 1 };
    b->high = (struct ov_str){ b->bytes + n + 1, n + 1 };
    return 1;
}

/* The depth down to which a scope reaches; -1 without end. */
static int32_t reach(struct ov_str path, int64_t levels)
{
    uint64_t depth = ov_path_depth(path);

    if (levels < 0)
        return -1;
    return levels > INT32_MAX - (int64_t)depth ? INT32_MAX
                                               : (int32_t)(levels + (int64_t)depth);
}

static void add_one_path(const struct maker *m, const struct ov_node *node, uint32_t i)
{
    struct ov_str path = value(m, node, i)->u.s;
    const struct column *column = &m->shape->columns[node->field];
    int prefix = fits_prefix(m, node);
    struct bounds b;

    if (path.n == 0 && node->arg < 0) {
        text_add(m->sql, "true");
        return;
    }
    if (path.n == 0) {
        filter_column(m->sql, column->beside);
        text_format(m->sql, " <= $%d", params_int4(m->params, reach(path, node->arg)));
        return;
    }
    if (!make_bounds(&b, path)) {
        m->params->failed = 1;
        return;
    }
    text_add(m->sql, "(");
    add_text_column(m, node, prefix);
    text_format(m->sql, " = $%d OR (", params_text(m->params, path));
    add_text_column(m, node, prefix);
    text_format(m->sql, " >= $%d AND ", params_text(m->params, b.low));
    add_text_column(m, node, prefix);
    text_format(m->sql, " < $%d", params_text(m->params, b.high));
    if (node->arg >= 0) {
        text_add(m->sql, " AND ");
        filter_column(m->sql, column->beside);
        text_format(m->sql, " <= $%d", params_int4(m->params, reach(path, node->arg)));
    }
    text_add(m->sql, "))");
    free(b.bytes);
}

enum part { PART_PATH, PART_LOW, PART_HIGH };

static int add_part(const struct maker *m, const struct ov_node *node, enum part part)
{
    params_array_begin(m->params, OID_TEXTS, OID_TEXT);
    for (uint32_t i = 0; i < node->n_values; i++) {
        struct ov_str path = value(m, node, i)->u.s;
        struct bounds b;

        if (!make_bounds(&b, path)) {
            m->params->failed = 1;
            break;
        }
        params_array_text(m->params, part == PART_PATH  ? path
                                     : part == PART_LOW ? b.low
                                                        : b.high);
        free(b.bytes);
    }
    return params_array_end(m->params);
}

static void add_many_paths(const struct maker *m, const struct ov_node *node)
{
    const struct column *column = &m->shape->columns[node->field];
    int path = add_part(m, node, PART_PATH), low = add_part(m, node, PART_LOW);
    int high = add_part(m, node, PART_HIGH), depth;

    params_array_begin(m->params, OID_INT4S, OID_INT4);
    for (uint32_t i = 0; i < node->n_values; i++)
        params_array_int4(m->params, reach(value(m, node, i)->u.s, node->arg));
    depth = params_array_end(m->params);
    text_format(
        m->sql,
        "EXISTS (SELECT 1 FROM unnest($%d, $%d, $%d, $%d) AS s(path, low, high, depth)"
        " WHERE ",
        path, low, high, depth);
    filter_column(m->sql, column->name);
    text_add(m->sql, " = s.path OR ((s.path = '' OR (");
    filter_column(m->sql, column->name);
    text_add(m->sql, " >= s.low COLLATE \"C\" AND ");
    filter_column(m->sql, column->name);
    text_add(m->sql, " < s.high COLLATE \"C\")) AND (s.depth < 0 OR ");
    filter_column(m->sql, column->beside);
    text_add(m->sql, " <= s.depth)))");
}

static void add_path(const struct maker *m, const struct ov_node *node)
{
    if (node->n_values > PATHS_IN_TEXT || m->params->n > PARAMS_MOST / 2) {
        add_many_paths(m, node);
        return;
    }
    text_add(m->sql, "(");
    for (uint32_t i = 0; i < node->n_values; i++) {
        if (i > 0)
            text_add(m->sql, " OR ");
        add_one_path(m, node, i);
    }
    text_add(m->sql, ")");
}

/* -------------------------------------------------------------------- texts */

/* The test of one text: `before` text `after`. */
struct test {
    const char *before;
    char after[40];
};

static struct test make_test(uint16_t op, int n)
{
    struct test test = { "", "" };
    struct text text = { 0 };

    if (op == OV_PREFIX)
        text_format(&text, " ^@ $%d", n);
    else if (op == OV_CONTAINS)
        text_format(&text, ", $%d) > 0", n);
    else
        text_format(&text, " COLLATE \"C\" ~ $%d", n);
    if (op == OV_CONTAINS)
        test.before = "strpos(";
    if (text.p != NULL && text.n < sizeof(test.after))
        memcpy(test.after, text.p, text.n + 1);
    text_clear(&text);
    return test;
}

static int32_t add_pattern(const struct maker *m, struct ov_str text, int *n,
                           struct ov_error *err)
{
    struct ov_pattern *pattern;
    uint64_t at;
    char *are;
    int32_t status = ov_pattern_new(text, &pattern, &at, err);

    if (status != OV_OK)
        return status;
    are = ov_pattern_to_are(pattern);
    ov_pattern_free(pattern);
    if (are == NULL)
        return ov_no_memory(err);
    *n = params_text(m->params, ov_str_of(are));
    free(are);
    return OV_OK;
}

static int32_t add_text_test(const struct maker *m, const struct ov_node *node,
                             struct ov_error *err)
{
    uint32_t type = m->shape->schema->fields[node->field]->type;
    const char *name = m->shape->columns[node->field].name;
    const char *cast = ov_element_type(type) == OV_INT64 ? "::text" : "";
    struct ov_str text = value(m, node, 0)->u.s;
    struct test test;
    int n = 0;

    if (node->op == OV_REGEX) {
        int32_t status = add_pattern(m, text, &n, err);

        if (status != OV_OK)
            return status;
    } else {
        n = params_text(m->params, text);
    }
    test = make_test(node->op, n);
    if (type == OV_TEXT_LIST || type == OV_INT64_LIST) {
        text_add(m->sql, "EXISTS (SELECT 1 FROM unnest(");
        filter_column(m->sql, name);
        text_add(m->sql, ") AS e(v) WHERE ");
        text_add(m->sql, test.before);
        text_add(m->sql, "e.v");
    } else {
        text_add(m->sql, test.before);
        add_text_column(m, node,
                        type == OV_TEXT && node->op == OV_PREFIX && fits_prefix(m, node));
    }
    text_add(m->sql, cast);
    text_add(m->sql, test.after);
    if (type == OV_TEXT_LIST || type == OV_INT64_LIST)
        text_add(m->sql, ")");
    return OV_OK;
}

static void add_within(const struct maker *m, const struct ov_node *node)
{
    const char *name = m->shape->columns[node->field].name;
    double radius = value(m, node, 2)->u.f;

    for (uint32_t axis = 0; axis < 2; axis++) {
        int n = params_float8(m->params, value(m, node, axis)->u.f);

        for (int twice = 0; twice < 2; twice++) {
            text_add(m->sql, axis == 0 && twice == 0 ? "("
                             : twice == 0            ? " + ("
                                                     : " * (");
            filter_column(m->sql, name);
            text_format(m->sql, "[%u] - $%d)", axis, n);
        }
    }
    text_format(m->sql, " <= $%d", params_float8(m->params, radius * radius));
}

/* --------------------------------------------------------------------- tree */

static int32_t add_node(const struct maker *m, uint32_t at, struct ov_error *err);

static int32_t add_children(const struct maker *m, uint32_t at, struct ov_error *err)
{
    const struct ov_node *node = &m->filter->nodes[at];
    uint32_t child = at + 1;
    int32_t status = OV_OK;

    text_add(m->sql, node->op == OV_NOT ? "(NOT " : "(");
    for (uint32_t i = 0; i < node->n_children && status == OV_OK; i++) {
        if (i > 0)
            text_add(m->sql, node->op == OV_AND ? " AND " : " OR ");
        status = add_node(m, child, err);
        child += m->filter->nodes[child].span;
    }
    text_add(m->sql, ")");
    return status;
}

static int32_t add_leaf(const struct maker *m, const struct ov_node *node,
                        struct ov_error *err)
{
    switch (node->op) {
    case OV_IN:
        add_in(m, node);
        return OV_OK;
    case OV_RANGE:
        add_range(m, node);
        return OV_OK;
    case OV_PATH:
        add_path(m, node);
        return OV_OK;
    case OV_PREFIX:
    case OV_CONTAINS:
    case OV_REGEX:
        return add_text_test(m, node, err);
    case OV_WITHIN:
        add_within(m, node);
        return OV_OK;
    case OV_IS_NULL:
        filter_column(m->sql, m->shape->columns[node->field].name);
        text_add(m->sql, " IS NULL");
        return OV_OK;
    default:
        return ov_fail(err, OV_UNSUPPORTED, "filter operator %u is unknown", node->op);
    }
}

static int32_t add_node(const struct maker *m, uint32_t at, struct ov_error *err)
{
    const struct ov_node *node = &m->filter->nodes[at];
    const struct ov_field *field;
    int nullable;
    int32_t status;

    if (node->op <= OV_NOT)
        return add_children(m, at, err);
    if (node->field >= m->shape->schema->n_fields)
        return ov_fail(err, OV_INVALID, "filter node %u names field %u of %u", at,
                       node->field, m->shape->schema->n_fields);
    field = m->shape->schema->fields[node->field];
    nullable = node->op != OV_IS_NULL &&
               ((field->flags & OV_FIELD_NULLABLE) || field->type == OV_GEO);
    text_add(m->sql, nullable ? "coalesce(" : "(");
    status = add_leaf(m, node, err);
    text_add(m->sql, nullable ? ", false)" : ")");
    return status;
}

int filter_live(struct text *sql, struct params *params, const struct shape *shape,
                int64_t now_us)
{
    const char *name;

    if (shape->expiry == OV_NONE)
        return 0;
    name = shape->columns[shape->expiry].name;
    text_add(sql, "(");
    filter_column(sql, name);
    text_add(sql, " IS NULL OR ");
    filter_column(sql, name);
    text_format(sql, " > $%d)", params_time(params, now_us));
    return 1;
}

int32_t filter_where(struct text *sql, struct params *params, const struct shape *shape,
                     const struct ov_filter *filter, int64_t now_us, struct ov_error *err)
{
    struct maker m = { sql, params, shape, filter };
    int32_t status = OV_OK;

    if (filter == NULL && shape->expiry == OV_NONE)
        return OV_OK;
    text_add(sql, " WHERE ");
    if (filter_live(sql, params, shape, now_us) && filter != NULL)
        text_add(sql, " AND ");
    if (filter != NULL)
        status = add_node(&m, 0, err);
    if (status == OV_OK && params->n > PARAMS_MOST)
        status = ov_fail(err, OV_LIMIT, "the filter has %d values, at most %d", params->n,
                         PARAMS_MOST);
    return status;
}
