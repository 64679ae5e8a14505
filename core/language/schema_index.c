/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_index.c - index metas to the border's form and back.
 *
 * OpenViking can only say "flat", so flat stands for the kind that the profile's
 * index_kind names; whoever says hnsw means hnsw. What was said is kept in the index's
 * meta and shown again, but for the ending _hybrid, which is shown whenever sparse
 * vectors count: OpenViking's own engine says "flat" there, and its export goes wrong.
 */
#include "schema.h"
#include "schema_parts.h"

#include <ov/sdk.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HYBRID "_hybrid"
#define DEFAULT_ALPHA 0.5

static const struct place root = { NULL, NULL, 0 };
static const struct place vector_place = { &root, "VectorIndex", 0 };

static const char *const index_types[] = { "flat", "hnsw", "ivf", "diskann" };
static const char *const quants[] = { "int8", "float", "fix16", "pq" };
/* By enum ov_metric. */
static const char *const metrics[] = { "", "cosine", "ip", "l2" };

static int is_absent(const struct ov_doc *doc)
{
    return doc == NULL || doc->kind == OV_DOC_NULL;
}

/* Which of the words a text is, or -1. */
static int find_word(struct ov_str text, const char *const *words, int n)
{
    int i;

    for (i = 0; i < n; i++)
        if (ov_str_equal(text, ov_str_of(words[i])))
            return i;
    return -1;
}

/* The text of an optional member; other kinds are refused. */
static int32_t read_text(const struct ov_doc *object, const char *name,
                         const char *fallback, struct ov_str *out, struct ov_error *err)
{
    struct place at = { &vector_place, name, 0 };
    const struct ov_doc *text = ov_doc_get(object, name);

    *out = is_absent(text) ? ov_str_of(fallback) : ov_doc_str(text);
    if (!is_absent(text) && text->kind != OV_DOC_TEXT)
        return place_fail(&at, err, OV_INVALID, "%s is not a text", name);
    return OV_OK;
}

static int32_t refuse_word(const char *name, struct ov_str word, const char *known,
                           struct ov_error *err)
{
    struct place at = { &vector_place, name, 0 };

    return place_fail(&at, err, OV_INVALID, "%s '%s' is none of %s", name,
                      place_show(word).text, known);
}

/* The kind of index without _hybrid, which *hybrid tells. */
static int32_t read_type(const struct ov_doc *vector, struct ov_str *kind, int *hybrid,
                         struct ov_error *err)
{
    const uint64_t ending = sizeof(HYBRID) - 1;
    struct ov_str type = { NULL, 0 }, plain;
    int32_t code = read_text(vector, "IndexType", "flat", &type, err);

    if (code != OV_OK)
        return code;
    plain = type;
    *hybrid = type.n > ending && memcmp(type.p + type.n - ending, HYBRID, ending) == 0;
    if (*hybrid)
        plain.n -= ending;
    if (find_word(plain, index_types, 4) < 0)
        return refuse_word("IndexType", type,
                           "flat, hnsw, ivf and diskann, each also with _hybrid", err);
    *kind = plain;
    return OV_OK;
}

static int32_t read_metric(const struct ov_doc *vector, uint32_t *out,
                           struct ov_error *err)
{
    struct ov_str word = { NULL, 0 };
    int32_t code = read_text(vector, "Distance", "ip", &word, err);
    int found;

    if (code != OV_OK)
        return code;
    found = find_word(word, metrics, 4);
    if (found < OV_COSINE)
        return refuse_word("Distance", word, "cosine, ip and l2", err);
    *out = (uint32_t)found;
    code = read_text(vector, "Quant", "float", &word, err);
    if (code == OV_OK && find_word(word, quants, 4) < 0)
        return refuse_word("Quant", word, "int8, float, fix16 and pq", err);
    return code;
}

static uint32_t find_kind(const struct schema *schema, enum kind kind)
{
    uint32_t i;

    for (i = 0; i < schema->n_visible; i++)
        if (schema->fields[schema->visible[i]].kind == kind)
            return schema->visible[i];
    return OV_NONE;
}

static int32_t read_alpha(const struct ov_doc *vector, double *out, struct ov_error *err)
{
    struct place at = { &vector_place, "SearchWithSparseLogitAlpha", 0 };
    const struct ov_doc *alpha = ov_doc_get(vector, at.name);

    *out = DEFAULT_ALPHA;
    if (is_absent(alpha))
        return OV_OK;
    if (alpha->kind == OV_DOC_INT)
        *out = (double)alpha->u.i;
    else if (alpha->kind == OV_DOC_REAL)
        *out = alpha->u.f;
    else
        *out = -1;
    if (!isfinite(*out) || *out < 0)
        return place_fail(&at, err, OV_INVALID, "%s is not a number from 0", at.name);
    return OV_OK;
}

/* Do sparse vectors count, and how much. */
static int32_t read_sparse(const struct schema *schema, const struct ov_doc *vector,
                           int hybrid, struct ov_index *out, struct ov_error *err)
{
    struct place at = { &vector_place, "EnableSparse", 0 };
    const struct ov_doc *enable = ov_doc_get(vector, at.name);
    double alpha = 0;
    int32_t code;

    if (!is_absent(enable) && enable->kind != OV_DOC_BOOL)
        return place_fail(&at, err, OV_INVALID, "EnableSparse is neither true nor false");
    code = read_alpha(vector, &alpha, err);
    if (code != OV_OK)
        return code;
    out->sparse = OV_NONE;
    if (is_absent(enable) ? !hybrid : enable->u.i == 0)
        return OV_OK;
    out->sparse = find_kind(schema, KIND_SPARSE_VECTOR);
    out->alpha = alpha;
    if (out->sparse == OV_NONE)
        return place_fail(&at, err, OV_INVALID,
                          "the index wants sparse vectors, and no field has them");
    return OV_OK;
}

/* Types that have no scalar form are passed over, as OpenViking does. */
static int is_scalar(enum kind kind)
{
    switch (kind) {
    case KIND_VECTOR:
    case KIND_SPARSE_VECTOR:
    case KIND_IMAGE:
    case KIND_VIDEO:
    case KIND_HOST:
        return 0;
    case KIND_INT64:
    case KIND_FLOAT32:
    case KIND_STRING:
    case KIND_BOOL:
    case KIND_STRING_LIST:
    case KIND_INT64_LIST:
    case KIND_TEXT:
    case KIND_PATH:
    case KIND_DATE_TIME:
    case KIND_GEO_POINT:
        break;
    }
    return 1;
}

static int32_t read_scalars(const struct schema *schema, const struct ov_doc *meta,
                            struct ov_arena *arena, struct ov_index *out,
                            struct ov_error *err)
{
    struct place list_at = { &root, "ScalarIndex", 0 }, at = { &list_at, NULL, 0 };
    const struct ov_doc *list = ov_doc_get(meta, "ScalarIndex");
    char *wanted;
    uint32_t *scalars;
    uint32_t i;

    if (is_absent(list))
        return OV_OK;
    if (list->kind != OV_DOC_LIST)
        return place_fail(&list_at, err, OV_INVALID, "ScalarIndex is not a list");
    wanted = ov_arena_take(arena, schema->n_fields);
    scalars = ov_arena_take(arena, schema->n_fields * sizeof(*scalars));
    if (wanted == NULL || scalars == NULL)
        return ov_no_memory(err);
    memset(wanted, 0, schema->n_fields);
    for (at.index = 0; at.index < list->n; at.index++) {
        const struct ov_doc *name = list->u.items[at.index];
        const struct field *field = schema_find(schema, ov_doc_str(name));

        if (name->kind != OV_DOC_TEXT || field == NULL)
            return place_fail(&at, err, OV_INVALID, "ScalarIndex names no field '%s'",
                              place_show(ov_doc_str(name)).text);
        wanted[field->ordinal] = (char)is_scalar(field->kind);
    }
    /* By ordinal and each once, so that two lists of the same names are the same. */
    for (i = 0; i < schema->n_fields; i++)
        if (wanted[i])
            scalars[out->n_scalars++] = i;
    out->scalars = scalars;
    return OV_OK;
}

static int32_t read_name(const struct ov_doc *meta, struct ov_arena *arena,
                         struct ov_str *out, struct ov_error *err)
{
    struct place at = { &root, "IndexName", 0 };
    const struct ov_doc *name = ov_doc_get(meta, "IndexName");
    int32_t code;

    if (name == NULL || name->kind != OV_DOC_TEXT)
        return place_fail(&at, err, OV_INVALID, "an index has no IndexName");
    code = name_check(ov_doc_str(name), "index", &at, err);
    if (code != OV_OK)
        return code;
    *out = ov_arena_text(arena, ov_doc_str(name));
    return out->p != NULL ? OV_OK : ov_no_memory(err);
}

/* What was said, byte for byte; checks on the way that it can be said in JSON. */
static int32_t keep_meta(const struct ov_doc *meta, struct ov_arena *arena,
                         struct ov_str *out, struct ov_error *err)
{
    char *json = NULL;
    size_t n = 0;
    int32_t code = ov_doc_print(meta, &json, &n, err);

    if (code != OV_OK)
        return code;
    *out = ov_arena_text(arena, (struct ov_str){ json, n });
    free(json);
    return out->p != NULL ? OV_OK : ov_no_memory(err);
}

static int32_t check_description(const struct ov_doc *meta, struct ov_error *err)
{
    struct place at = { &root, "Description", 0 };
    const struct ov_doc *text = ov_doc_get(meta, "Description");

    if (!is_absent(text) &&
        (text->kind != OV_DOC_TEXT || name_length(ov_doc_str(text)) > 65535))
        return place_fail(&at, err, OV_INVALID,
                          "Description is not a text of at most 65535 characters");
    return OV_OK;
}

/* What VectorIndex says. */
static int32_t read_vector(const struct schema *schema, const struct ov_doc *vector,
                           const struct ov_settings *settings, struct ov_index *out,
                           struct ov_error *err)
{
    struct ov_str kind = { NULL, 0 };
    int hybrid = 0;
    int32_t code;

    if (!is_absent(vector) && vector->kind != OV_DOC_OBJECT)
        return place_fail(&vector_place, err, OV_INVALID, "VectorIndex is not an object");
    code = read_type(vector, &kind, &hybrid, err);
    if (code == OV_OK)
        code = read_metric(vector, &out->metric, err);
    if (code == OV_OK)
        code = read_sparse(schema, vector, hybrid, out, err);
    out->kind = kind;
    if (code == OV_OK && ov_str_equal(kind, ov_str_of("flat")))
        out->kind = ov_str_of(settings != NULL && settings->index_kind != NULL
                                  ? settings->index_kind
                                  : "auto");
    return code;
}

int32_t index_of_meta(const struct schema *schema, const struct ov_doc *meta,
                      const struct ov_settings *settings, struct ov_arena *arena,
                      const struct ov_index **out, struct ov_error *err)
{
    struct ov_index *made = ov_arena_take(arena, sizeof(*made));
    int32_t code;

    if (made == NULL)
        return ov_no_memory(err);
    if (meta->kind != OV_DOC_OBJECT)
        return ov_fail(err, OV_INVALID, "an index meta is not an object");
    memset(made, 0, sizeof(*made));
    made->size = sizeof(*made);
    code = keep_meta(meta, arena, &made->meta, err);
    if (code == OV_OK)
        code = read_name(meta, arena, &made->name, err);
    if (code == OV_OK)
        code = check_description(meta, err);
    if (code == OV_OK)
        code = read_vector(schema, ov_doc_get(meta, "VectorIndex"), settings, made, err);
    if (code == OV_OK)
        code = read_scalars(schema, meta, arena, made, err);
    if (code != OV_OK)
        return code;
    made->dense = find_kind(schema, KIND_VECTOR);
    if (made->dense == OV_NONE)
        return ov_fail(err, OV_INVALID,
                       "an index wants a vector field, and there is none");
    made->kind = ov_arena_text(arena, made->kind);
    if (made->kind.p == NULL)
        return ov_no_memory(err);
    *out = made;
    return OV_OK;
}

int index_same(const struct ov_index *a, const struct ov_index *b)
{
    uint32_t i, k;

    if (a->metric != b->metric || a->dense != b->dense || a->sparse != b->sparse ||
        a->n_scalars != b->n_scalars || !ov_str_equal(a->kind, b->kind) ||
        (a->sparse != OV_NONE && (a->alpha < b->alpha || a->alpha > b->alpha)))
        return 0;
    for (i = 0; i < a->n_scalars; i++) {
        for (k = 0; k < b->n_scalars && a->scalars[i] != b->scalars[k]; k++)
            ;
        if (k == b->n_scalars)
            return 0;
    }
    return 1;
}
