/* SPDX-License-Identifier: Apache-2.0 */
/* schema_field.c - one field meta: its name, its type and what hangs on the type. */
#include "schema_parts.h"

#include <ov/sdk.h>

#include <math.h>
#include <string.h>

#define MIN_DIM 4
#define MAX_DIM 4096

static const struct {
    const char *name; /* of FieldType */
    enum kind kind;
    uint32_t type;
} kinds[] = {
    { "int64", KIND_INT64, OV_INT64 },
    { "float32", KIND_FLOAT32, OV_FLOAT64 },
    { "string", KIND_STRING, OV_TEXT },
    { "bool", KIND_BOOL, OV_BOOL },
    { "list<string>", KIND_STRING_LIST, OV_TEXT_LIST },
    { "list<int64>", KIND_INT64_LIST, OV_INT64_LIST },
    { "text", KIND_TEXT, OV_TEXT },
    { "path", KIND_PATH, OV_TEXT },
    { "date_time", KIND_DATE_TIME, OV_TIME },
    { "geo_point", KIND_GEO_POINT, OV_GEO },
    { "vector", KIND_VECTOR, OV_VECTOR },
    { "sparse_vector", KIND_SPARSE_VECTOR, OV_SPARSE },
    { "image", KIND_IMAGE, OV_TEXT },
    { "video", KIND_VIDEO, OV_TEXT },
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *field_kind_name(enum kind kind)
{
    size_t i;

    for (i = 0; i < N_KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "hidden";
}

uint32_t field_kind_type(enum kind kind)
{
    size_t i;

    for (i = 0; i < N_KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].type;
    return OV_NULL;
}

int field_has_twin(enum kind kind)
{
    return kind == KIND_PATH || kind == KIND_DATE_TIME || kind == KIND_GEO_POINT;
}

static int32_t read_name(struct ov_arena *arena, const struct ov_doc *given,
                         const struct place *place, struct definition *out,
                         struct ov_error *err)
{
    struct place at = { place, "FieldName", 0 };
    const struct ov_doc *name = ov_doc_get(given, "FieldName");

    if (name == NULL || name->kind != OV_DOC_TEXT)
        return place_fail(&at, err, OV_INVALID, "a field has no FieldName");
    out->name = ov_arena_text(arena, ov_doc_str(name));
    return out->name.p != NULL ? OV_OK : ov_no_memory(err);
}

static int32_t read_kind(const struct ov_doc *given, const struct place *place,
                         struct definition *out, struct ov_error *err)
{
    struct place at = { place, "FieldType", 0 };
    const struct ov_doc *type = ov_doc_get(given, "FieldType");
    size_t i;

    if (type == NULL || type->kind != OV_DOC_TEXT)
        return place_fail(&at, err, OV_INVALID, "the field '%s' has no FieldType",
                          place_show(out->name).text);
    for (i = 0; i < N_KINDS; i++)
        if (ov_str_equal(ov_doc_str(type), ov_str_of(kinds[i].name))) {
            out->kind = kinds[i].kind;
            return OV_OK;
        }
    return place_fail(&at, err, OV_INVALID, "the field '%s' has the unknown type '%s'",
                      place_show(out->name).text, place_show(ov_doc_str(type)).text);
}

static int32_t read_key(const struct ov_doc *given, const struct place *place,
                        struct definition *out, struct ov_error *err)
{
    struct place at = { place, "IsPrimaryKey", 0 };
    const struct ov_doc *key = ov_doc_get(given, "IsPrimaryKey");

    if (key == NULL || key->kind == OV_DOC_NULL)
        return OV_OK;
    if (key->kind != OV_DOC_BOOL)
        return place_fail(&at, err, OV_INVALID,
                          "IsPrimaryKey of the field '%s' is neither true nor false",
                          place_show(out->name).text);
    out->key = key->u.i != 0;
    if (out->key && out->kind != KIND_STRING && out->kind != KIND_INT64)
        return place_fail(&at, err, OV_INVALID,
                          "the key '%s' is of type %s, not string or int64",
                          place_show(out->name).text, field_kind_name(out->kind));
    return OV_OK;
}

static int32_t read_dim(const struct ov_doc *given, const struct place *place,
                        struct definition *out, struct ov_error *err)
{
    struct place at = { place, "Dim", 0 };
    const struct ov_doc *dim = ov_doc_get(given, "Dim");
    int64_t n = -1;

    if (dim == NULL || dim->kind == OV_DOC_NULL)
        return place_fail(&at, err, OV_INVALID, "the vector field '%s' has no Dim",
                          place_show(out->name).text);
    if (dim->kind == OV_DOC_INT)
        n = dim->u.i;
    else if (dim->kind == OV_DOC_REAL && dim->u.f >= 1 && dim->u.f <= INT32_MAX &&
             floor(dim->u.f) == dim->u.f)
        n = (int64_t)dim->u.f;
    if (n < 1 || n > INT32_MAX)
        return place_fail(&at, err, OV_INVALID, "Dim of the field '%s' is no dimension",
                          place_show(out->name).text);
    out->dim = (uint32_t)n;
    return OV_OK;
}

int32_t field_check_rules(const struct definition *definition, const struct place *place,
                          struct ov_error *err)
{
    struct place name_at = { place, "FieldName", 0 }, dim_at = { place, "Dim", 0 };
    struct ov_str name = definition->name;

    if (name.n >= 4 && memcmp(name.p, "_ov_", 4) == 0)
        return place_fail(&name_at, err, OV_INVALID,
                          "the field name '%s' begins with '_ov_', which is the host's",
                          place_show(name).text);
    if (definition->kind == KIND_VECTOR &&
        (definition->dim < MIN_DIM || definition->dim > MAX_DIM ||
         definition->dim % 4 != 0))
        return place_fail(
            &dim_at, err, OV_INVALID,
            "Dim of the field '%s' is %u, not a multiple of 4 from %d to %d",
            place_show(name).text, definition->dim, MIN_DIM, MAX_DIM);
    return name_check(name, "field", &name_at, err);
}

int32_t field_define(struct ov_arena *arena, const struct ov_doc *given,
                     const struct place *place, struct definition *out,
                     struct ov_error *err)
{
    struct definition made = { { NULL, 0 } };
    int32_t code;

    if (given->kind != OV_DOC_OBJECT)
        return place_fail(place, err, OV_INVALID, "a field meta is not an object");
    made.given = given;
    code = read_name(arena, given, place, &made, err);
    if (code == OV_OK)
        code = read_kind(given, place, &made, err);
    if (code == OV_OK)
        code = read_key(given, place, &made, err);
    if (code == OV_OK && made.kind == KIND_VECTOR)
        code = read_dim(given, place, &made, err);
    if (code == OV_OK)
        code = default_define(arena, given, place, &made, err);
    if (code == OV_OK)
        *out = made;
    return code;
}

/* What a caller would have written to get this field. */
static const struct ov_doc *write_meta(struct ov_arena *arena,
                                       const struct definition *definition)
{
    struct ov_doc *meta = ov_doc_object(arena);
    int32_t code = OV_NO_SPACE;

    if (meta != NULL)
        code = ov_doc_set(arena, meta, ov_str_of("FieldName"),
                          ov_doc_text(arena, definition->name));
    if (code == OV_OK)
        code =
            ov_doc_set(arena, meta, ov_str_of("FieldType"),
                       ov_doc_text(arena, ov_str_of(field_kind_name(definition->kind))));
    if (code == OV_OK && definition->dim > 0)
        code =
            ov_doc_set(arena, meta, ov_str_of("Dim"), ov_doc_int(arena, definition->dim));
    if (code == OV_OK && definition->key)
        code = ov_doc_set(arena, meta, ov_str_of("IsPrimaryKey"), ov_doc_bool(arena, 1));
    return code == OV_OK ? meta : NULL;
}

int32_t field_adopt(struct ov_arena *arena, const struct ov_field *found, int key,
                    struct definition *out, struct ov_error *err)
{
    struct definition made = { { NULL, 0 } };
    const struct place nowhere = { NULL, NULL, 0 };
    size_t i;
    int32_t code;

    for (i = 0; i < N_KINDS && made.kind == 0; i++)
        if (kinds[i].type == found->type)
            made.kind = kinds[i].kind;
    if (made.kind == 0)
        return ov_fail(err, OV_CORRUPT, "the field '%s' has the unknown type %u",
                       place_show(found->name).text, found->type);
    if ((found->flags & OV_FIELD_PATH) != 0)
        made.kind = KIND_PATH;
    made.name = ov_arena_text(arena, found->name);
    if (made.name.p == NULL)
        return ov_no_memory(err);
    made.dim = found->type == OV_VECTOR ? found->dim : 0;
    made.key = key;
    made.fulltext = (found->flags & OV_FIELD_FULLTEXT) != 0;
    made.given = write_meta(arena, &made);
    if (made.given == NULL)
        return ov_no_memory(err);
    code = default_define(arena, made.given, &nowhere, &made, err);
    if (code == OV_OK)
        *out = made;
    return code;
}
