/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.c - the four ways to a schema: a caller's meta, a provider's description, and
 * an older schema with more in it.
 *
 * Each collects definitions and what is there already, and leaves the laying out to
 * schema_build.
 */
#include "schema.h"
#include "schema_parts.h"

#include <ov/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct place root = { NULL, NULL, 0 };

static void drop_draft(struct draft *draft)
{
    free(draft->base);
    ov_arena_free(draft->arena);
}

/* An arena, the name in it, and a copy of base, which may be NULL. */
static int32_t begin_draft(struct draft *draft, struct ov_str name,
                           const struct ov_schema *base, struct ov_error *err)
{
    memset(draft, 0, sizeof(*draft));
    draft->arena = ov_arena_new();
    if (draft->arena == NULL)
        return ov_no_memory(err);
    draft->name = ov_arena_text(draft->arena, name);
    if (base != NULL)
        draft->base = ov_schema_copy(base);
    if (draft->name.p == NULL || (base != NULL && draft->base == NULL)) {
        drop_draft(draft);
        return ov_no_memory(err);
    }
    return OV_OK;
}

/* ------------------------------------------------------- from a caller's meta */

/* Values that JSON cannot carry (NaN, bytes that are no UTF-8, endless depth) are
 * found here, before anything is copied. */
static int32_t check_printable(const struct ov_doc *meta, struct ov_error *err)
{
    char *text = NULL;
    size_t n = 0;
    int32_t code = ov_doc_print(meta, &text, &n, err);

    free(text);
    return code;
}

/* One index as create_collection of OpenViking would ask for it. */
static int32_t make_index(const struct schema *schema, const struct ov_settings *settings,
                          struct ov_arena *arena, const struct ov_index **out,
                          struct ov_error *err)
{
    static const char *const metrics[] = { "cosine", "ip", "l2" };
    uint32_t metric = settings->metric;
    int sparse = settings->sparse_weight > 0;
    struct ov_doc *meta = ov_doc_object(arena), *vector = ov_doc_object(arena);
    const struct ov_doc *scalars = ov_doc_get(schema->meta, "ScalarIndex");
    int32_t code = OV_NO_SPACE;

    if (metric < OV_COSINE || metric > OV_L2)
        metric = OV_COSINE;
    if (meta != NULL && vector != NULL)
        code = ov_doc_set(arena, meta, ov_str_of("IndexName"),
                          ov_doc_text(arena, ov_str_of(settings->index_name != NULL
                                                           ? settings->index_name
                                                           : "default")));
    if (code == OV_OK)
        code = ov_doc_set(arena, meta, ov_str_of("VectorIndex"), vector);
    if (code == OV_OK)
        code = ov_doc_set(arena, vector, ov_str_of("IndexType"),
                          ov_doc_text(arena, ov_str_of(sparse ? "flat_hybrid" : "flat")));
    if (code == OV_OK)
        code = ov_doc_set(arena, vector, ov_str_of("Distance"),
                          ov_doc_text(arena, ov_str_of(metrics[metric - OV_COSINE])));
    if (code == OV_OK && sparse)
        code =
            ov_doc_set(arena, vector, ov_str_of("EnableSparse"), ov_doc_bool(arena, 1));
    if (code == OV_OK && sparse)
        code = ov_doc_set(arena, vector, ov_str_of("SearchWithSparseLogitAlpha"),
                          ov_doc_real(arena, settings->sparse_weight));
    if (code == OV_OK && scalars != NULL && scalars->kind == OV_DOC_LIST)
        code = ov_doc_set(arena, meta, ov_str_of("ScalarIndex"), scalars);
    if (code != OV_OK)
        return ov_no_memory(err);
    return index_of_meta(schema, meta, settings, arena, out, err);
}

static int32_t read_indexes(struct schema *schema, const struct ov_doc *metas,
                            const struct ov_settings *settings,
                            const struct ov_index **made, struct ov_error *err)
{
    struct ov_arena *arena = schema_arena(schema);
    struct place at = { &root, NULL, 0 };
    int32_t code = OV_OK;
    uint64_t i, k;

    for (i = 0; i < metas->n && code == OV_OK; i++) {
        struct ov_error own = OV_ERROR_INIT;

        at.index = i;
        code = index_of_meta(schema, metas->u.items[i], settings, arena, &made[i], &own);
        if (code != OV_OK && err != NULL && err->code == OV_OK) {
            size_t n;

            (void)place_fail(&at, err, code, "%s", own.message);
            n = strlen(err->where);
            snprintf(err->where + n, sizeof(err->where) - n, "%s", own.where);
        }
        for (k = 0; code == OV_OK && k < i; k++)
            if (ov_str_equal(made[i]->name, made[k]->name))
                code = place_fail(&at, err, OV_INVALID, "the index '%s' is there twice",
                                  place_show(made[i]->name).text);
    }
    return code;
}

static int has_vector(const struct schema *schema)
{
    uint32_t i;

    for (i = 0; i < schema->n_fields; i++)
        if (schema->fields[i].kind == KIND_VECTOR)
            return 1;
    return 0;
}

static int32_t add_indexes(struct schema *schema, const struct ov_doc *metas,
                           const struct ov_settings *settings, struct ov_error *err)
{
    struct ov_schema *ov = (struct ov_schema *)(uintptr_t)schema->ov;
    const struct ov_index **made;
    uint64_t n = metas != NULL ? metas->n : (uint64_t)has_vector(schema);
    int32_t code = OV_OK;

    if (metas != NULL && (metas->kind != OV_DOC_LIST || metas->n > UINT16_MAX))
        return ov_fail(err, OV_INVALID, "the indexes are not a list");
    made = ov_arena_take(schema_arena(schema), (size_t)n * sizeof(*made));
    if (made == NULL)
        return ov_no_memory(err);
    if (metas != NULL)
        code = read_indexes(schema, metas, settings, made, err);
    else if (n > 0)
        code = make_index(schema, settings, schema_arena(schema), made, err);
    /* The settings are no document: a place in one would mislead. */
    if (code != OV_OK && metas == NULL && err != NULL)
        err->where[0] = '\0';
    ov->indexes = made;
    ov->n_indexes = (uint32_t)n;
    return code;
}

/* The definitions of a meta that lies in the draft's arena. */
static int32_t define_draft(struct draft *draft, struct ov_error *err)
{
    struct place at = { &root, "Fields", 0 };
    int32_t code = meta_define(draft->arena, ov_doc_get(draft->meta, "Fields"), &at,
                               &draft->definitions, &draft->n_definitions, err);

    if (code == OV_OK)
        code = meta_apply(draft->meta, draft->definitions, draft->n_definitions, err);
    return code;
}

int32_t schema_of_meta(const char *name, const struct ov_doc *meta,
                       const struct ov_doc *indexes, const struct ov_settings *settings,
                       const struct schema **out, struct ov_error *err)
{
    struct place fields = { &root, "Fields", 0 };
    struct draft draft;
    struct schema *made = NULL;
    struct ov_doc *copy = NULL;
    int32_t code = name_check_collection(ov_str_of(name), err);

    if (code == OV_OK && meta->kind != OV_DOC_OBJECT)
        code = ov_fail(err, OV_INVALID, "the collection meta is not an object");
    if (code == OV_OK)
        code = check_printable(meta, err);
    if (code == OV_OK)
        code = begin_draft(&draft, ov_str_of(name), NULL, err);
    if (code != OV_OK)
        return code;
    code = meta_copy(draft.arena, draft.name, meta, &copy, err);
    draft.meta = copy;
    if (code == OV_OK)
        code = define_draft(&draft, err);
    if (code == OV_OK)
        code = meta_check_rules(draft.definitions, draft.n_definitions, &fields, err);
    if (code != OV_OK) {
        drop_draft(&draft);
        return code;
    }
    code = schema_build(&draft, &made, err);
    if (code != OV_OK)
        return code;
    code = add_indexes(made, indexes, settings, err);
    if (code != OV_OK) {
        schema_unref(made);
        return code;
    }
    *out = made;
    return OV_OK;
}

/* ------------------------------------------------- from a provider's description */

static int is_hosts(const struct ov_schema *described, uint32_t i)
{
    const struct ov_field *field = described->fields[i];

    return (field->flags & OV_FIELD_HOST) != 0 ||
           (i == described->key && ov_str_equal(field->name, ov_str_of(SCHEMA_AUTO_KEY)));
}

static int is_defined(const struct definition *definitions, uint32_t n,
                      struct ov_str name)
{
    uint32_t i;

    for (i = 0; i < n; i++)
        if (ov_str_equal(definitions[i].name, name))
            return 1;
    return 0;
}

/* Is every field of the meta in the database? */
static int32_t check_there(const struct draft *draft, struct ov_error *err)
{
    uint32_t i;

    for (i = 0; i < draft->n_definitions; i++)
        if (ov_schema_field(draft->base, draft->definitions[i].name) == OV_NONE)
            return ov_fail(err, OV_CORRUPT,
                           "the field '%s' of the meta is not in the database",
                           place_show(draft->definitions[i].name).text);
    return OV_OK;
}

/* Fields that the meta does not know: all of them, where a table was adopted. */
static int32_t adopt_fields(struct draft *draft, struct ov_error *err)
{
    const struct ov_schema *base = draft->base;
    struct definition *all = ov_arena_take(
        draft->arena, (draft->n_definitions + (size_t)base->n_fields) * sizeof(*all));
    struct ov_doc *added = ov_doc_list(draft->arena), *copy = NULL;
    uint32_t i, n = draft->n_definitions;
    int32_t code = OV_OK;

    if (all == NULL || added == NULL)
        return ov_no_memory(err);
    if (n > 0)
        memcpy(all, draft->definitions, n * sizeof(*all));
    for (i = 0; i < base->n_fields && code == OV_OK; i++) {
        if (is_hosts(base, i) || is_defined(all, n, base->fields[i]->name))
            continue;
        code = field_adopt(draft->arena, base->fields[i], i == base->key, &all[n], err);
        if (code == OV_OK && ov_doc_append(draft->arena, added, all[n++].given) != OV_OK)
            code = ov_no_memory(err);
    }
    if (code == OV_OK && added->n > 0) {
        if (meta_extend(draft->arena, draft->meta, added, NULL, NULL, &copy) != OV_OK)
            return ov_no_memory(err);
        draft->meta = copy;
    }
    draft->definitions = all;
    draft->n_definitions = n;
    return code;
}

/* Texts in the meta's place: the host wrote it, so a fault is damage. */
static int32_t define_stored(struct draft *draft, struct ov_error *err)
{
    struct ov_error why = OV_ERROR_INIT;
    int32_t code = define_draft(draft, &why);

    if (code == OV_NO_SPACE)
        return ov_no_memory(err);
    if (code != OV_OK)
        return ov_fail(err, OV_CORRUPT, "the stored meta of '%s': %s",
                       place_show(draft->name).text, why.message);
    return OV_OK;
}

/* A provider read it from somewhere: filters and records are laid out by it. */
static int32_t check_described(const struct ov_schema *described, struct ov_error *err)
{
    struct ov_error why = OV_ERROR_INIT;
    int32_t code = ov_schema_check(described, &why);

    if (code == OV_NO_SPACE)
        return ov_no_memory(err);
    if (code != OV_OK)
        return ov_fail(err, OV_CORRUPT, "the stored schema of '%s': %s",
                       place_show(described->name).text, why.message);
    return OV_OK;
}

int32_t schema_of_provider(const struct ov_schema *described, const struct schema **out,
                           struct ov_error *err)
{
    struct draft draft;
    struct schema *made = NULL;
    struct ov_doc *meta = NULL;
    int32_t code = check_described(described, err);

    if (code == OV_OK)
        code = begin_draft(&draft, described->name, described, err);
    if (code != OV_OK)
        return code;
    code = meta_unpack(draft.arena, draft.name, described->meta, &meta, err);
    draft.meta = meta;
    if (code == OV_OK)
        code = define_stored(&draft, err);
    if (code == OV_OK)
        code = check_there(&draft, err);
    if (code == OV_OK)
        code = adopt_fields(&draft, err);
    if (code != OV_OK) {
        drop_draft(&draft);
        return code;
    }
    code = schema_build(&draft, &made, err);
    if (code == OV_OK)
        *out = made;
    return code;
}
