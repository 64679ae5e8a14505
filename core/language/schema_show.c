/* SPDX-License-Identifier: Apache-2.0 */
/* schema_show.c - index metas as OpenViking reads them back (contract 6.1). */
#include "schema.h"
#include "schema_parts.h"

#include <ov/sdk.h>

#include <string.h>

/* Members are added until one fails; the code is looked at once. */
struct shower {
    struct ov_arena *arena;
    int32_t code;
};

static void set(struct shower *shower, struct ov_doc *object, const char *name,
                const struct ov_doc *value)
{
    if (shower->code == OV_OK && object != NULL)
        shower->code = ov_doc_set(shower->arena, object, ov_str_of(name), value);
    else if (shower->code == OV_OK)
        shower->code = OV_NO_SPACE;
}

static const struct ov_doc *text_of(struct shower *shower, struct ov_str text)
{
    return ov_doc_text(shower->arena, text);
}

/* The type as given, or as the kind says, with _hybrid when sparse vectors count. */
static const struct ov_doc *show_type(struct shower *shower, const struct ov_index *index,
                                      const struct ov_doc *vector)
{
    static const char hybrid[] = "_hybrid";
    struct ov_str type = ov_doc_str(ov_doc_get(vector, "IndexType")), joined;
    const uint64_t n = sizeof(hybrid) - 1;
    char *text;

    if (type.n == 0)
        type = ov_str_equal(index->kind, ov_str_of("auto")) ? ov_str_of("flat")
                                                            : index->kind;
    if (index->sparse == OV_NONE ||
        (type.n > n && memcmp(type.p + type.n - n, hybrid, n) == 0))
        return text_of(shower, type);
    text = ov_arena_take(shower->arena, (size_t)(type.n + n));
    if (text == NULL)
        return NULL;
    memcpy(text, type.p, type.n);
    memcpy(text + type.n, hybrid, n);
    joined.p = text;
    joined.n = type.n + n;
    return text_of(shower, joined);
}

static const struct ov_doc *show_vector(struct shower *shower,
                                        const struct ov_index *index,
                                        const struct ov_doc *given)
{
    static const char *const metrics[] = { "ip", "cosine", "ip", "l2" };
    struct ov_doc *vector = ov_doc_object(shower->arena);
    uint64_t i;

    set(shower, vector, "IndexType", show_type(shower, index, given));
    set(shower, vector, "Distance",
        text_of(shower, ov_str_of(metrics[index->metric <= OV_L2 ? index->metric : 0])));
    if (given == NULL && index->sparse != OV_NONE) {
        set(shower, vector, "EnableSparse", ov_doc_bool(shower->arena, 1));
        set(shower, vector, "SearchWithSparseLogitAlpha",
            ov_doc_real(shower->arena, index->alpha));
    }
    for (i = 0; given != NULL && i < given->n; i++) {
        const struct ov_member *member = &given->u.members[i];

        if (!ov_str_equal(member->name, ov_str_of("IndexType")) &&
            !ov_str_equal(member->name, ov_str_of("Distance")) && shower->code == OV_OK &&
            vector != NULL)
            shower->code = ov_doc_set(shower->arena, vector, member->name, member->value);
    }
    return vector;
}

static const struct ov_doc *show_scalars(struct shower *shower,
                                         const struct schema *schema,
                                         const struct ov_index *index)
{
    struct ov_doc *list = ov_doc_list(shower->arena);
    uint32_t i;

    if (list == NULL)
        return NULL;
    for (i = 0; i < index->n_scalars && shower->code == OV_OK; i++)
        if (index->scalars[i] < schema->n_fields)
            shower->code = ov_doc_append(
                shower->arena, list,
                text_of(shower, ov_str_of(schema->fields[index->scalars[i]].name)));
    return list;
}

int32_t index_show(const struct schema *schema, const struct ov_index *index,
                   struct ov_arena *arena, const struct ov_doc **out,
                   struct ov_error *err)
{
    struct shower shower = { arena, OV_OK };
    struct ov_doc *shown = ov_doc_object(arena), *given = NULL;
    const struct ov_doc *vector, *description;
    int32_t code;

    if (index->meta.n > 0) {
        struct ov_error why = OV_ERROR_INIT;

        code = ov_doc_parse(arena, index->meta, &given, &why);
        if (code == OV_NO_SPACE)
            return ov_no_memory(err);
        if (code != OV_OK || given->kind != OV_DOC_OBJECT)
            return ov_fail(err, OV_CORRUPT, "the stored meta of the index '%s': %s",
                           place_show(index->name).text,
                           code != OV_OK ? why.message : "not an object");
    }
    vector = ov_doc_get(given, "VectorIndex");
    if (vector != NULL && vector->kind != OV_DOC_OBJECT)
        vector = NULL;
    description = ov_doc_get(given, "Description");
    set(&shower, shown, "IndexName", text_of(&shower, index->name));
    set(&shower, shown, "VectorIndex", show_vector(&shower, index, vector));
    set(&shower, shown, "ScalarIndex", show_scalars(&shower, schema, index));
    set(&shower, shown, "CollectionName", text_of(&shower, schema->ov->name));
    if (description != NULL)
        set(&shower, shown, "Description", description);
    if (shower.code != OV_OK)
        return ov_no_memory(err);
    *out = shown;
    return OV_OK;
}
