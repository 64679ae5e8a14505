/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.c - the structure of a filter: and, or, not, and the wrapper (contract 3.2).
 *
 * It fails closed: whatever is not plainly right refuses the whole.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>

enum shape { F_AND, F_OR, F_IS, F_IS_NOT };

struct o_filter {
    enum shape shape;
    struct o_filter **children;
    size_t n_children;
    const struct o_field *field;
    struct o_leaf *leaf;
};

void o_filter_free(struct o_filter *filter)
{
    if (filter == NULL)
        return;
    for (size_t i = 0; i < filter->n_children; i++)
        o_filter_free(filter->children[i]);
    free(filter->children);
    o_leaf_free(filter->leaf);
    free(filter);
}

static int read_node(const struct o_collection *collection, const json_t *dsl, int depth,
                     struct o_filter **out, struct o_fault *fault);

static int read_children(const struct o_collection *collection, const json_t *dsl,
                         int depth, struct o_filter *filter, struct o_fault *fault)
{
    const json_t *conds = json_object_get(dsl, "conds");

    if (!json_is_array(conds) || json_array_size(conds) == 0)
        return o_fail(fault, OV_INVALID, "and/or needs conds");
    filter->children = calloc(json_array_size(conds), sizeof(struct o_filter *));
    for (size_t i = 0; i < json_array_size(conds); i++) {
        if (read_node(collection, json_array_get(conds, i), depth + 1,
                      &filter->children[i], fault) != OV_OK)
            return fault->status;
        filter->n_children++;
    }
    return OV_OK;
}

/* The field's name, or the first of a list of names. */
static const struct o_field *read_field(const struct o_collection *collection,
                                        const json_t *dsl, struct o_fault *fault)
{
    const json_t *name = json_object_get(dsl, "field");
    const struct o_field *field;

    if (json_is_array(name))
        name = json_array_get(name, 0);
    if (!json_is_string(name)) {
        o_fail(fault, OV_INVALID, "no field");
        return NULL;
    }
    field = o_field_find(collection, json_string_value(name));
    if (field == NULL)
        o_fail(fault, OV_INVALID, "unknown field '%.60s'", json_string_value(name));
    return field;
}

static int read_leaf(const struct o_collection *collection, const json_t *dsl,
                     const char *op, struct o_filter *filter, struct o_fault *fault)
{
    static const char *const known[] = { "must",      "must_not",   "range",
                                         "range_out", "time_range", "geo_range",
                                         "prefix",    "contains",   "regex" };
    size_t i = 0;

    while (i < 9 && strcmp(known[i], op) != 0)
        i++;
    if (i == 9)
        return o_fail(fault, OV_INVALID, "unknown op '%.60s'", op);
    filter->field = read_field(collection, dsl, fault);
    if (filter->field == NULL)
        return fault->status;
    filter->shape = i == 1 ? F_IS_NOT : F_IS;
    return o_leaf_read(filter->field, i == 1 ? "must" : op, dsl, &filter->leaf, fault);
}

static int read_node(const struct o_collection *collection, const json_t *dsl, int depth,
                     struct o_filter **out, struct o_fault *fault)
{
    const char *op = json_string_value(json_object_get(dsl, "op"));
    struct o_filter *filter;
    int status;

    if (!json_is_object(dsl) || op == NULL || depth > 32)
        return o_fail(fault, OV_INVALID, "no filter node");
    filter = calloc(1, sizeof(*filter));
    if (strcmp(op, "and") == 0 || strcmp(op, "or") == 0) {
        filter->shape = *op == 'a' ? F_AND : F_OR;
        status = read_children(collection, dsl, depth, filter, fault);
    } else {
        status = read_leaf(collection, dsl, op, filter, fault);
    }
    if (status != OV_OK) {
        o_filter_free(filter);
        return status;
    }
    *out = filter;
    return OV_OK;
}

int o_filter_read(const struct o_collection *collection, const json_t *dsl,
                  struct o_filter **out, struct o_fault *fault)
{
    *out = NULL;
    if (json_is_object(dsl) && json_object_get(dsl, "op") == NULL &&
        json_object_get(dsl, "filter") != NULL)
        dsl = json_object_get(dsl, "filter");
    if (dsl == NULL || json_is_null(dsl) ||
        (json_is_object(dsl) && json_object_size(dsl) == 0))
        return OV_OK;
    return read_node(collection, dsl, 0, out, fault);
}

int o_filter_match(const struct o_filter *filter, const json_t *record)
{
    const json_t *value;

    if (filter == NULL)
        return 1;
    switch (filter->shape) {
    case F_AND:
        for (size_t i = 0; i < filter->n_children; i++)
            if (!o_filter_match(filter->children[i], record))
                return 0;
        return 1;
    case F_OR:
        for (size_t i = 0; i < filter->n_children; i++)
            if (o_filter_match(filter->children[i], record))
                return 1;
        return 0;
    case F_IS:
    case F_IS_NOT:
        break;
    }
    value = json_object_get(record, filter->field->name);
    return o_leaf_match(filter->leaf, value) == (filter->shape == F_IS);
}
