/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter_tree.c - constants folded away, the rest laid flat.
 *
 * A provider sees neither TRUE nor FALSE, no NOT of a NOT, no AND in an AND and no
 * group of one, so two ways of saying the same reach it as one.
 */
#include "filter_parts.h"

#include <ov/sdk.h>

#include <string.h>

struct tree *tree_all(void)
{
    static struct tree all = { .op = TREE_ALL, .field = OV_NONE };

    return &all;
}

struct tree *tree_none(void)
{
    static struct tree none = { .op = TREE_NONE, .field = OV_NONE };

    return &none;
}

struct tree *tree_leaf(struct ov_arena *arena, uint16_t op, uint32_t field,
                       const struct ov_scalar *values, uint32_t n_values)
{
    struct tree *made = ov_arena_take(arena, sizeof(*made));

    if (made == NULL)
        return NULL;
    memset(made, 0, sizeof(*made));
    made->op = op;
    made->field = field;
    made->values = values;
    made->n_values = n_values;
    return made;
}

struct tree *tree_not(struct ov_arena *arena, struct tree *child)
{
    struct tree *made;

    if (child == NULL)
        return NULL;
    if (child->op == TREE_ALL)
        return tree_none();
    if (child->op == TREE_NONE)
        return tree_all();
    if (child->op == OV_NOT)
        return child->first;
    made = tree_leaf(arena, OV_NOT, OV_NONE, NULL, 0);
    if (made == NULL)
        return NULL;
    made->first = child;
    made->n_children = 1;
    return made;
}

struct tree *tree_has_value(struct ov_arena *arena, const struct field *field)
{
    if (field->kind != KIND_DATE_TIME && field->kind != KIND_GEO_POINT)
        return tree_all();
    return tree_not(arena, tree_leaf(arena, OV_IS_NULL, field->ordinal, NULL, 0));
}

int group_add(struct group *group, struct tree *child)
{
    uint16_t decides = group->op == OV_AND ? TREE_NONE : TREE_ALL;
    struct tree *last = child;

    if (child == NULL)
        return 0;
    if (child->op == decides)
        group->decided = 1;
    if (child->op == TREE_ALL || child->op == TREE_NONE)
        return 1;
    if (child->op == group->op) {
        group->n += child->n_children;
        child = child->first;
        for (last = child; last->next != NULL; last = last->next)
            ;
    } else {
        group->n++;
    }
    if (group->first == NULL)
        group->first = child;
    else
        group->last->next = child;
    group->last = last;
    return 1;
}

struct tree *group_end(struct ov_arena *arena, const struct group *group)
{
    struct tree *made;

    if (group->decided)
        return group->op == OV_AND ? tree_none() : tree_all();
    if (group->n == 0)
        return group->op == OV_AND ? tree_all() : tree_none();
    if (group->n == 1)
        return group->first;
    made = tree_leaf(arena, group->op, OV_NONE, NULL, 0);
    if (made == NULL)
        return NULL;
    made->first = group->first;
    made->n_children = group->n;
    return made;
}

/* ------------------------------------------------------------------ laying flat */

struct size {
    uint64_t nodes;
    uint64_t values;
    uint32_t depth;
};

static void measure(const struct tree *tree, uint32_t depth, struct size *size)
{
    const struct tree *child;

    size->nodes++;
    size->values += tree->n_values;
    if (depth > size->depth)
        size->depth = depth;
    for (child = tree->first; child != NULL; child = child->next)
        measure(child, depth + 1, size);
}

static int32_t check_size(const struct size *size, struct ov_error *err)
{
    if (size->depth > OV_FILTER_MAX_DEPTH)
        return ov_fail(err, OV_LIMIT, "the filter is %u levels deep, more than %u",
                       size->depth, OV_FILTER_MAX_DEPTH);
    if (size->nodes > OV_FILTER_MAX_NODES)
        return ov_fail(err, OV_LIMIT, "the filter has %llu operators, more than %u",
                       (unsigned long long)size->nodes, OV_FILTER_MAX_NODES);
    if (size->values > OV_FILTER_MAX_VALUES)
        return ov_fail(err, OV_LIMIT, "the filter has %llu values, more than %u",
                       (unsigned long long)size->values, OV_FILTER_MAX_VALUES);
    return OV_OK;
}

/* Where the next node and the next value go. */
struct layer {
    struct ov_node *nodes;
    struct ov_scalar *values;
    uint32_t n_nodes;
    uint32_t n_values;
};

static void lay(struct layer *layer, const struct tree *tree)
{
    uint32_t own = layer->n_nodes++;
    struct ov_node *node = &layer->nodes[own];
    const struct tree *child;

    memset(node, 0, sizeof(*node));
    node->op = tree->op;
    node->flags = tree->flags;
    node->field = tree->field;
    node->arg = tree->arg;
    node->n_children = tree->n_children;
    node->first_value = layer->n_values;
    node->n_values = tree->n_values;
    if (tree->n_values > 0)
        memcpy(&layer->values[layer->n_values], tree->values,
               tree->n_values * sizeof(*layer->values));
    layer->n_values += tree->n_values;
    for (child = tree->first; child != NULL; child = child->next)
        lay(layer, child);
    node->span = layer->n_nodes - own;
}

int32_t tree_lay(const struct tree *tree, struct ov_arena *arena, struct filter *out,
                 struct ov_error *err)
{
    struct filter made = { FILTER_SOME, { 0 } };
    struct size size = { 0, 0, 0 };
    struct layer layer = { NULL, NULL, 0, 0 };
    int32_t code;

    if (tree->op == TREE_ALL || tree->op == TREE_NONE) {
        made.kind = tree->op == TREE_ALL ? FILTER_ALL : FILTER_NONE;
        *out = made;
        return OV_OK;
    }
    measure(tree, 1, &size);
    code = check_size(&size, err);
    if (code != OV_OK)
        return code;
    layer.nodes = ov_arena_take(arena, (size_t)size.nodes * sizeof(*layer.nodes));
    layer.values = ov_arena_take(arena, (size_t)size.values * sizeof(*layer.values));
    if (layer.nodes == NULL || layer.values == NULL)
        return ov_no_memory(err);
    lay(&layer, tree);
    made.ov.size = sizeof(made.ov);
    made.ov.n_nodes = layer.n_nodes;
    made.ov.n_values = layer.n_values;
    made.ov.nodes = layer.nodes;
    made.ov.values = layer.values;
    *out = made;
    return OV_OK;
}
