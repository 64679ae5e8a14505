/* SPDX-License-Identifier: Apache-2.0 */
/* filter_show.c - the typed tree for people, and what of it a provider serves. */
#include "filter.h"
#include "place.h"

#include <ov/sdk.h>

#include <string.h>

static const char *const op_names[] = { "",         "and",   "or",     "not",
                                        "in",       "range", "path",   "prefix",
                                        "contains", "regex", "within", "is_null" };

int32_t filter_served(const struct filter *filter, uint64_t ops, const char *provider,
                      struct ov_error *err)
{
    uint32_t i;

    if (filter->kind != FILTER_SOME)
        return OV_OK;
    for (i = 0; i < filter->ov.n_nodes; i++) {
        uint16_t op = filter->ov.nodes[i].op;

        if ((ops >> op & 1) != 0)
            continue;
        if (err != NULL && err->code == OV_OK)
            err->node = i;
        return ov_fail(err, OV_UNSUPPORTED,
                       "the provider '%s' does not serve the filter operator '%s'",
                       provider, op_names[op]);
    }
    return OV_OK;
}

/* Where the tree is; code remembers the first failure. */
struct shower {
    const struct schema *schema;
    const struct ov_filter *filter;
    struct ov_arena *arena;
    int32_t code;
};

static void set(struct shower *shower, struct ov_doc *object, const char *name,
                const struct ov_doc *value)
{
    if (shower->code == OV_OK)
        shower->code = object != NULL
                           ? ov_doc_set(shower->arena, object, ov_str_of(name), value)
                           : OV_NO_SPACE;
}

static const struct ov_doc *show_value(struct shower *shower, uint32_t i)
{
    const struct ov_scalar *value = &shower->filter->values[i];
    char text[OV_TIME_TEXT];
    struct ov_str time = { text, 0 };

    switch ((enum ov_type)value->type) {
    case OV_BOOL:
        return ov_doc_bool(shower->arena, value->u.i != 0);
    case OV_INT64:
        return ov_doc_int(shower->arena, value->u.i);
    case OV_FLOAT64:
        return ov_doc_real(shower->arena, value->u.f);
    case OV_TIME:
        time.n = ov_time_print(value->u.i, text);
        return ov_doc_text(shower->arena, time);
    case OV_TEXT:
        return ov_doc_text(shower->arena, value->u.s);
    case OV_NULL:
    case OV_TEXT_LIST:
    case OV_INT64_LIST:
    case OV_VECTOR:
    case OV_SPARSE:
    case OV_GEO:
        break;
    }
    return ov_doc_null(shower->arena);
}

static const struct ov_doc *show_values(struct shower *shower, const struct ov_node *node)
{
    struct ov_doc *list = ov_doc_list(shower->arena);
    uint32_t i;

    for (i = 0; list != NULL && i < node->n_values && shower->code == OV_OK; i++)
        shower->code =
            ov_doc_append(shower->arena, list, show_value(shower, node->first_value + i));
    return list;
}

static void show_range(struct shower *shower, const struct ov_node *node,
                       struct ov_doc *object)
{
    uint32_t at = node->first_value;

    if ((node->flags & OV_RANGE_LOW) != 0)
        set(shower, object, (node->flags & OV_RANGE_LOW_OPEN) != 0 ? "gt" : "gte",
            show_value(shower, at++));
    if ((node->flags & OV_RANGE_HIGH) != 0)
        set(shower, object, (node->flags & OV_RANGE_HIGH_OPEN) != 0 ? "lt" : "lte",
            show_value(shower, at));
}

static void show_leaf(struct shower *shower, const struct ov_node *node,
                      struct ov_doc *object)
{
    static const char *const within[] = { "longitude", "latitude", "degrees" };
    uint32_t i;

    switch ((enum ov_op)node->op) {
    case OV_RANGE:
        show_range(shower, node, object);
        break;
    case OV_PATH:
        set(shower, object, "levels", ov_doc_int(shower->arena, node->arg));
        set(shower, object, "values", show_values(shower, node));
        break;
    case OV_IN:
        set(shower, object, "values", show_values(shower, node));
        break;
    case OV_PREFIX:
    case OV_CONTAINS:
    case OV_REGEX:
        set(shower, object, "value", show_value(shower, node->first_value));
        break;
    case OV_WITHIN:
        for (i = 0; i < 3; i++)
            set(shower, object, within[i], show_value(shower, node->first_value + i));
        break;
    case OV_AND:
    case OV_OR:
    case OV_NOT:
    case OV_IS_NULL:
        break;
    }
}

static const struct ov_doc *show_node(struct shower *shower, uint32_t at);

static const struct ov_doc *show_children(struct shower *shower, uint32_t at)
{
    struct ov_doc *list = ov_doc_list(shower->arena);
    const struct ov_doc *shown;
    uint32_t child, end = at + shower->filter->nodes[at].span;

    for (child = at + 1; list != NULL && child < end;
         child += shower->filter->nodes[child].span) {
        /* It may have failed inside, and that must not be written over. */
        shown = show_node(shower, child);
        if (shower->code != OV_OK)
            break;
        shower->code = ov_doc_append(shower->arena, list, shown);
    }
    return list;
}

static const struct ov_doc *show_node(struct shower *shower, uint32_t at)
{
    const struct ov_node *node = &shower->filter->nodes[at];
    struct ov_doc *object = ov_doc_object(shower->arena);

    set(shower, object, "op", ov_doc_text(shower->arena, ov_str_of(op_names[node->op])));
    if (node->field == OV_NONE) {
        set(shower, object, "conds", show_children(shower, at));
        return object;
    }
    set(shower, object, "field",
        ov_doc_text(shower->arena, ov_str_of(shower->schema->fields[node->field].name)));
    show_leaf(shower, node, object);
    return object;
}

int32_t filter_show(const struct schema *schema, const struct filter *filter,
                    struct ov_arena *arena, const struct ov_doc **out,
                    struct ov_error *err)
{
    struct shower shower = { schema, &filter->ov, arena, OV_OK };
    struct ov_doc *constant;
    const struct ov_doc *shown;

    if (filter->kind == FILTER_SOME) {
        shown = show_node(&shower, 0);
    } else {
        constant = ov_doc_object(arena);
        set(&shower, constant, "op",
            ov_doc_text(arena, ov_str_of(filter->kind == FILTER_ALL ? "all" : "none")));
        shown = constant;
    }
    if (shower.code != OV_OK || shown == NULL)
        return ov_no_memory(err);
    *out = shown;
    return OV_OK;
}
