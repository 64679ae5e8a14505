/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.c - the grammar of contract 3.2, read to the end before anything is believed.
 *
 * OpenViking's own engine drops a filter that it cannot read and answers from all
 * records, other tenants' included. Here every fault ends in an error with its place.
 * Stricter than the engine on purpose: conds that is no list, and a wrapper that is an
 * operator as well, are faults; an empty `and` or `or` is one, since nobody can mean it.
 */
#include "filter.h"
#include "filter_parts.h"

#include <ov/sdk.h>

#include <string.h>

static const struct place root = { NULL, NULL, 0 };

static int32_t read_node(const struct compiler *compiler, const struct ov_doc *doc,
                         const struct place *place, struct tree **out);

struct place filter_at(const struct leaf *leaf, const char *name)
{
    struct place at = { leaf->place, name, 0 };

    return at;
}

static int is_op(struct ov_str op, const char *name)
{
    return ov_str_equal(op, ov_str_of(name));
}

/* The field of an operator: a name, or a list whose first entry is one. */
static int32_t read_field(const struct compiler *compiler, const struct ov_doc *doc,
                          const struct place *place, const struct field **out)
{
    struct place at = { place, "field", 0 };
    const struct ov_doc *name = ov_doc_get(doc, "field");
    const struct field *found;

    if (name != NULL && name->kind == OV_DOC_LIST)
        name = name->n > 0 ? name->u.items[0] : NULL;
    if (name == NULL || name->kind != OV_DOC_TEXT)
        return place_fail(&at, compiler->err, OV_INVALID, "the operator names no field");
    found = schema_find(compiler->schema, ov_doc_str(name));
    if (found == NULL)
        return place_fail(&at, compiler->err, OV_INVALID, "there is no field '%s'",
                          place_show(ov_doc_str(name)).text);
    *out = found;
    return OV_OK;
}

static int32_t read_group(const struct compiler *compiler, const struct ov_doc *doc,
                          const struct place *place, uint16_t op, struct tree **out)
{
    struct place list_at = { place, "conds", 0 }, at = { &list_at, NULL, 0 };
    const struct ov_doc *conds = ov_doc_get(doc, "conds");
    struct compiler inner = *compiler;
    struct group group = { op, 0, 0, NULL, NULL };
    struct tree *child = NULL;
    int32_t code;

    if (conds == NULL || conds->kind != OV_DOC_LIST)
        return place_fail(&list_at, compiler->err, OV_INVALID,
                          "conds of '%s' is not a list", op == OV_AND ? "and" : "or");
    if (conds->n == 0)
        return place_fail(&list_at, compiler->err, OV_INVALID, "conds of '%s' is empty",
                          op == OV_AND ? "and" : "or");
    inner.level++;
    for (; at.index < conds->n; at.index++) {
        code = read_node(&inner, conds->u.items[at.index], &at, &child);
        if (code != OV_OK)
            return code;
        if (!group_add(&group, child))
            return ov_no_memory(compiler->err);
    }
    *out = group_end(compiler->arena, &group);
    return *out != NULL ? OV_OK : ov_no_memory(compiler->err);
}

static int32_t read_must_not(const struct leaf *leaf, struct tree **out)
{
    struct tree *must = NULL;
    int32_t code = filter_must(leaf, &must);

    if (code != OV_OK)
        return code;
    *out = tree_not(leaf->compiler->arena, must);
    return *out != NULL ? OV_OK : ov_no_memory(leaf->compiler->err);
}

static int32_t read_time_range(const struct leaf *leaf, struct tree **out)
{
    struct place at = filter_at(leaf, "field");

    if (leaf->field->kind != KIND_DATE_TIME)
        return place_fail(&at, leaf->compiler->err, OV_INVALID,
                          "time_range is for date_time fields, and '%s' is none",
                          leaf->field->name);
    return filter_range(leaf, out);
}

static int32_t read_prefix(const struct leaf *leaf, struct tree **out)
{
    return filter_text(leaf, OV_PREFIX, out);
}

static int32_t read_contains(const struct leaf *leaf, struct tree **out)
{
    return filter_text(leaf, OV_CONTAINS, out);
}

static int32_t read_regex(const struct leaf *leaf, struct tree **out)
{
    return filter_text(leaf, OV_REGEX, out);
}

static const struct {
    const char *name;
    int32_t (*read)(const struct leaf *leaf, struct tree **out);
} leaves[] = {
    { "must", filter_must },           { "must_not", read_must_not },
    { "range", filter_range },         { "range_out", filter_range_out },
    { "time_range", read_time_range }, { "geo_range", filter_geo_range },
    { "prefix", read_prefix },         { "contains", read_contains },
    { "regex", read_regex },
};

static int32_t read_leaf(const struct compiler *compiler, const struct ov_doc *doc,
                         const struct place *place, struct ov_str op, struct tree **out)
{
    struct place at = { place, "op", 0 };
    struct leaf leaf = { compiler, doc, place, NULL };
    size_t i;
    int32_t code;

    for (i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
        if (!is_op(op, leaves[i].name))
            continue;
        code = read_field(compiler, doc, place, &leaf.field);
        return code == OV_OK ? leaves[i].read(&leaf, out) : code;
    }
    return place_fail(&at, compiler->err, OV_INVALID, "'%s' is no operator of a filter",
                      place_show(op).text);
}

static int32_t read_node(const struct compiler *compiler, const struct ov_doc *doc,
                         const struct place *place, struct tree **out)
{
    struct place at = { place, "op", 0 }, beside = { place, "filter", 0 };
    const struct ov_doc *op = ov_doc_get(doc, "op");

    if (compiler->level >= OV_FILTER_MAX_DEPTH)
        return place_fail(place, compiler->err, OV_LIMIT,
                          "the filter is more than %u levels deep", OV_FILTER_MAX_DEPTH);
    if (doc->kind != OV_DOC_OBJECT)
        return place_fail(place, compiler->err, OV_INVALID, "a filter is not an object");
    if (op == NULL || op->kind != OV_DOC_TEXT)
        return place_fail(&at, compiler->err, OV_INVALID, "a filter has no op");
    if (ov_doc_get(doc, "filter") != NULL)
        return place_fail(&beside, compiler->err, OV_INVALID,
                          "a filter has an op and a filter beside it");
    if (is_op(ov_doc_str(op), "and"))
        return read_group(compiler, doc, place, OV_AND, out);
    if (is_op(ov_doc_str(op), "or"))
        return read_group(compiler, doc, place, OV_OR, out);
    return read_leaf(compiler, doc, place, ov_doc_str(op), out);
}

static int says_nothing(const struct ov_doc *doc)
{
    return doc == NULL || doc->kind == OV_DOC_NULL ||
           (doc->kind == OV_DOC_OBJECT && doc->n == 0);
}

/* {"filter": ..., "sorter": ...}: what is inside. With an op beside it, it is a node. */
static void unwrap(const struct ov_doc **doc, const struct place **place)
{
    static const struct place inside = { &root, "filter", 0 };
    const struct ov_doc *inner = ov_doc_get(*doc, "filter");

    if (inner == NULL || ov_doc_get(*doc, "op") != NULL)
        return;
    *doc = inner;
    *place = &inside;
}

int32_t filter_compile(const struct schema *schema, const struct ov_doc *doc,
                       struct ov_arena *arena, struct filter *out, struct ov_error *err)
{
    struct compiler compiler = { schema, arena, err, 0 };
    const struct place *place = &root;
    struct tree *tree = tree_all();
    int32_t code = OV_OK;

    unwrap(&doc, &place);
    if (!says_nothing(doc))
        code = read_node(&compiler, doc, place, &tree);
    return code == OV_OK ? tree_lay(tree, arena, out, err) : code;
}
