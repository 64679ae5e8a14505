/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter_range.c - range and range_out to bounds of the field's own type.
 *
 * Bounds are compared and converted exactly: 2.5 on an integer field is 3 from below,
 * and 2^53 + 1 on a field of doubles, which none of them is, lies between two. A bound
 * that no value can pass is dropped, one that no value can meet leaves nothing, so no
 * provider ever sees a number that its column cannot hold.
 */
#include "filter_parts.h"

#include <ov/sdk.h>

#include <float.h>
#include <math.h>
#include <string.h>

/* A number as it was written; times are integers of microseconds. */
struct number {
    int is_int;
    int64_t i;
    double f;
};

/* What the operator says; which bounds there are. */
struct bounds {
    struct number low, high;
    int has_low, has_high;
    int low_open, high_open;
};

enum edge_state {
    EDGE_FREE, /* every value passes */
    EDGE_AT,
    EDGE_BEYOND /* no value does */
};

/* One bound in the field's type. */
struct edge {
    enum edge_state state;
    int open;
    int64_t i;
    double f;
};

/* ---------------------------------------------------------------------- numbers */

static int compare_doubles(double a, double b)
{
    return (a > b) - (a < b);
}

/* Exact, where a conversion of either side would round. */
static int compare_mixed(int64_t i, double f)
{
    int64_t whole;

    if (f >= 0x1p63)
        return -1;
    if (f < -0x1p63)
        return 1;
    whole = (int64_t)f;
    if (i != whole)
        return i < whole ? -1 : 1;
    return compare_doubles((double)whole, f);
}

static int compare_numbers(const struct number *a, const struct number *b)
{
    if (a->is_int && b->is_int)
        return (a->i > b->i) - (a->i < b->i);
    if (a->is_int)
        return compare_mixed(a->i, b->f);
    return b->is_int ? -compare_mixed(b->i, a->f) : compare_doubles(a->f, b->f);
}

/* As far as int64 goes. */
static int64_t step_down(int64_t from, uint64_t steps)
{
    uint64_t room = (uint64_t)from - (uint64_t)INT64_MIN;

    return steps > room ? INT64_MIN : (int64_t)((uint64_t)from - steps);
}

static int64_t step_up(int64_t from, uint64_t steps)
{
    uint64_t room = (uint64_t)INT64_MAX - (uint64_t)from;

    return steps > room ? INT64_MAX : (int64_t)((uint64_t)from + steps);
}

/* --------------------------------------------------------------------- reading */

static int is_number(const struct ov_doc *doc)
{
    return doc->kind == OV_DOC_INT || (doc->kind == OV_DOC_REAL && isfinite(doc->u.f));
}

static void set_number(const struct ov_doc *doc, struct number *out)
{
    out->is_int = doc->kind == OV_DOC_INT;
    out->i = out->is_int ? doc->u.i : 0;
    out->f = out->is_int ? 0 : doc->u.f;
}

/* A bound or a centre. Only dates may be texts. */
static int32_t read_number(const struct leaf *leaf, const struct ov_doc *doc,
                           const struct place *place, struct number *out)
{
    if (leaf->field->kind == KIND_DATE_TIME) {
        out->is_int = 1;
        out->f = 0;
        return filter_time(leaf, doc, place, &out->i);
    }
    if (!is_number(doc))
        return place_fail(place, leaf->compiler->err, OV_INVALID,
                          "a bound on '%s' is no number",
                          place_show(ov_str_of(leaf->field->name)).text);
    set_number(doc, out);
    return OV_OK;
}

/* The bounds of one side: the closed one wins where both are there. */
static int32_t read_side(const struct leaf *leaf, const char *closed, const char *open,
                         struct number *out, int *has, int *is_open)
{
    const char *names[] = { open, closed };
    int32_t code;
    int i;

    for (i = 0; i < 2; i++) {
        struct place at = filter_at(leaf, names[i]);
        const struct ov_doc *doc = ov_doc_get(leaf->doc, names[i]);

        if (doc == NULL)
            continue;
        code = read_number(leaf, doc, &at, out);
        if (code != OV_OK)
            return code;
        *has = 1;
        *is_open = i == 0;
    }
    return OV_OK;
}

/* radius around center, in the unit of the center. */
static void spread(const struct leaf *leaf, const struct number *center, double radius,
                   struct bounds *out)
{
    struct number low = { 1, 0, 0 }, high = { 1, 0, 0 };
    int64_t whole = center->i;
    int exact = center->is_int || filter_integer(center->f, &whole);

    if (exact && leaf->field->kind != KIND_FLOAT32) {
        /* Whole numbers lie at whole distances. */
        uint64_t reach = radius >= 0x1p64 ? UINT64_MAX : (uint64_t)floor(radius);

        low.i = step_down(whole, reach);
        high.i = step_up(whole, reach);
    } else {
        double middle = center->is_int ? (double)center->i : center->f;

        low.is_int = high.is_int = 0;
        low.f = fmax(middle - radius, -DBL_MAX);
        high.f = fmin(middle + radius, DBL_MAX);
    }
    out->low = low;
    out->high = high;
    out->has_low = out->has_high = 1;
}

static int32_t read_center(const struct leaf *leaf, const struct ov_doc *center,
                           struct bounds *out)
{
    struct place center_at = filter_at(leaf, "center");
    struct place item_at = { &center_at, NULL, 0 }, radius_at = filter_at(leaf, "radius");
    const struct ov_doc *radius = ov_doc_get(leaf->doc, "radius");
    struct ov_error *err = leaf->compiler->err;
    struct number middle = { 0, 0, 0 };
    double reach;
    int32_t code;

    if (out->has_low || out->has_high)
        return place_fail(&center_at, err, OV_INVALID,
                          "a range has bounds and a center beside them");
    if (center->kind != OV_DOC_LIST || center->n != 1)
        return place_fail(&center_at, err, OV_INVALID,
                          "the center of a range is not a list of one number");
    code = read_number(leaf, center->u.items[0], &item_at, &middle);
    if (code != OV_OK)
        return code;
    if (radius == NULL || !is_number(radius))
        return place_fail(&radius_at, err, OV_INVALID, "the radius is no number");
    reach = radius->kind == OV_DOC_INT ? (double)radius->u.i : radius->u.f;
    if (reach < 0)
        return place_fail(&radius_at, err, OV_INVALID, "the radius is negative");
    /* No two times lie a part of a millisecond apart. */
    if (leaf->field->kind == KIND_DATE_TIME)
        reach = floor(reach) * 1000;
    spread(leaf, &middle, reach, out);
    return OV_OK;
}

static int32_t read_bounds(const struct leaf *leaf, struct bounds *out)
{
    const struct ov_doc *center = ov_doc_get(leaf->doc, "center");
    int32_t code;

    memset(out, 0, sizeof(*out));
    code = read_side(leaf, "gte", "gt", &out->low, &out->has_low, &out->low_open);
    if (code == OV_OK)
        code = read_side(leaf, "lte", "lt", &out->high, &out->has_high, &out->high_open);
    if (code == OV_OK && center != NULL)
        code = read_center(leaf, center, out);
    if (code == OV_OK && !out->has_low && !out->has_high)
        return place_fail(leaf->place, leaf->compiler->err, OV_INVALID,
                          "a range has no bound");
    return code;
}

/* ------------------------------------------------------------- to the field's type */

/* side: 1 for a low bound, -1 for a high one. */
static struct edge whole_edge(const struct number *number, int open, int side,
                              int64_t least, int64_t most)
{
    struct edge edge = { EDGE_AT, open, number->i, 0 };
    int64_t nearest = side > 0 ? least : most, farthest = side > 0 ? most : least;

    if (!number->is_int) {
        double f = side > 0 ? ceil(number->f) : floor(number->f);

        if (f >= 0x1p63 || f < -0x1p63) {
            edge.state = (f > 0) == (side > 0) ? EDGE_BEYOND : EDGE_FREE;
            return edge;
        }
        edge.open = open && !(f < number->f || f > number->f);
        edge.i = (int64_t)f;
    }
    if (side > 0 ? edge.i > farthest : edge.i < farthest)
        edge.state = EDGE_BEYOND;
    else if (edge.i == farthest && edge.open)
        edge.state = EDGE_BEYOND;
    else if (side > 0 ? edge.i < nearest : edge.i > nearest)
        edge.state = EDGE_FREE;
    else if (edge.i == nearest && !edge.open)
        edge.state = EDGE_FREE;
    return edge;
}

static struct edge real_edge(const struct number *number, int open, int side)
{
    struct edge edge = { EDGE_AT, open, 0, number->f };
    int order;

    if (number->is_int) {
        edge.f = (double)number->i;
        order = compare_mixed(number->i, edge.f) * side;
        /* Behind the nearest double: that one is out. Before it: it is in. */
        if (order != 0)
            edge.open = order > 0;
    }
    edge.f += 0.0; /* never -0 */
    return edge;
}

static struct edge find_edge(const struct field *field, const struct number *number,
                             int open, int side)
{
    if (field->kind == KIND_FLOAT32)
        return real_edge(number, open, side);
    if (field->kind == KIND_INT64)
        return whole_edge(number, open, side, INT64_MIN, INT64_MAX);
    return whole_edge(number, open, side, FILTER_TIME_LOW, FILTER_TIME_HIGH - 1000);
}

static void put_edge(const struct field *field, const struct edge *edge,
                     struct ov_scalar *out)
{
    memset(out, 0, sizeof(*out));
    if (field->kind == KIND_FLOAT32) {
        out->type = OV_FLOAT64;
        out->u.f = edge->f;
    } else {
        out->type = field->kind == KIND_INT64 ? OV_INT64 : OV_TIME;
        out->u.i = edge->i;
    }
}

/* Is there nothing between the two? */
static int is_empty(const struct field *field, const struct edge *low,
                    const struct edge *high)
{
    int order = field->kind == KIND_FLOAT32 ? compare_doubles(low->f, high->f)
                                            : (low->i > high->i) - (low->i < high->i);

    if (order == 0)
        return low->open || high->open;
    return order > 0 || (field->kind == KIND_INT64 && low->open && high->open &&
                         low->i + 1 == high->i);
}

static struct tree *make_range(const struct leaf *leaf, const struct edge *low,
                               const struct edge *high)
{
    struct ov_arena *arena = leaf->compiler->arena;
    struct ov_scalar *values;
    struct tree *made;

    if (low->state == EDGE_BEYOND || high->state == EDGE_BEYOND)
        return tree_none();
    if (low->state == EDGE_FREE && high->state == EDGE_FREE)
        return tree_has_value(arena, leaf->field);
    if (low->state == EDGE_AT && high->state == EDGE_AT &&
        is_empty(leaf->field, low, high))
        return tree_none();
    values = ov_arena_take(arena, 2 * sizeof(*values));
    made = values != NULL ? tree_leaf(arena, OV_RANGE, leaf->field->ordinal, values, 0)
                          : NULL;
    if (made == NULL)
        return NULL;
    if (low->state == EDGE_AT) {
        put_edge(leaf->field, low, &values[made->n_values++]);
        made->flags |= OV_RANGE_LOW | (low->open ? OV_RANGE_LOW_OPEN : 0);
    }
    if (high->state == EDGE_AT) {
        put_edge(leaf->field, high, &values[made->n_values++]);
        made->flags |= OV_RANGE_HIGH | (high->open ? OV_RANGE_HIGH_OPEN : 0);
    }
    return made;
}

/* ---------------------------------------------------------------------- operators */

static const struct edge no_edge = { EDGE_FREE, 0, 0, 0 };

static int has_range(const struct field *field)
{
    return field->kind == KIND_INT64 || field->kind == KIND_FLOAT32 ||
           field->kind == KIND_DATE_TIME;
}

int32_t filter_range(const struct leaf *leaf, struct tree **out)
{
    struct bounds bounds;
    struct edge low = no_edge, high = no_edge;
    int32_t code = read_bounds(leaf, &bounds);

    if (code != OV_OK)
        return code;
    if (!has_range(leaf->field)) {
        *out = tree_none();
        return OV_OK;
    }
    if (bounds.has_low)
        low = find_edge(leaf->field, &bounds.low, bounds.low_open, 1);
    if (bounds.has_high)
        high = find_edge(leaf->field, &bounds.high, bounds.high_open, -1);
    *out = make_range(leaf, &low, &high);
    return *out != NULL ? OV_OK : ov_no_memory(leaf->compiler->err);
}

/* Swapped bounds are swapped back, each with its own openness. */
static void put_in_order(struct bounds *bounds)
{
    struct number number = bounds->low;
    int open = bounds->low_open;

    if (!bounds->has_low || !bounds->has_high ||
        compare_numbers(&bounds->low, &bounds->high) <= 0)
        return;
    bounds->low = bounds->high;
    bounds->low_open = bounds->high_open;
    bounds->high = number;
    bounds->high_open = open;
}

/* What lies outside of one edge of the inner range. */
static struct tree *make_outside(const struct leaf *leaf, const struct edge *edge,
                                 int side)
{
    struct edge other = *edge;

    if (edge->state == EDGE_FREE)
        return tree_none();
    if (edge->state == EDGE_BEYOND)
        return tree_has_value(leaf->compiler->arena, leaf->field);
    other.open = !edge->open;
    return side > 0 ? make_range(leaf, &no_edge, &other)
                    : make_range(leaf, &other, &no_edge);
}

int32_t filter_range_out(const struct leaf *leaf, struct tree **out)
{
    struct group group = { OV_OR, 0, 0, NULL, NULL };
    struct bounds bounds;
    struct edge low = no_edge, high = no_edge;
    int32_t code = read_bounds(leaf, &bounds);

    if (code != OV_OK)
        return code;
    if (!has_range(leaf->field)) {
        *out = tree_none();
        return OV_OK;
    }
    put_in_order(&bounds);
    if (bounds.has_low)
        low = find_edge(leaf->field, &bounds.low, bounds.low_open, 1);
    if (bounds.has_high)
        high = find_edge(leaf->field, &bounds.high, bounds.high_open, -1);
    if (!group_add(&group, make_outside(leaf, &low, 1)) ||
        !group_add(&group, make_outside(leaf, &high, -1)))
        return ov_no_memory(leaf->compiler->err);
    *out = group_end(leaf->compiler->arena, &group);
    return *out != NULL ? OV_OK : ov_no_memory(leaf->compiler->err);
}
