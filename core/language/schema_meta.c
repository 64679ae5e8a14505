/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_meta.c - the collection meta as a whole: checked, kept, extended.
 *
 * The caller gets back what the caller gave, so the meta is kept as a document and the
 * provider keeps its text. Around it stands an envelope, {"ov":1,"meta":{...}}: a text
 * without it was not written by this host.
 */
#include "schema_parts.h"

#include <ov/sdk.h>

#include <stdlib.h>
#include <string.h>

#define ENVELOPE 1
#define MAX_DESCRIPTION 65535u

static const struct place root = { NULL, NULL, 0 };

static int is_absent(const struct ov_doc *doc)
{
    return doc == NULL || doc->kind == OV_DOC_NULL;
}

static int find_definition(const struct definition *definitions, uint32_t n,
                           struct ov_str name, uint32_t *out)
{
    uint32_t i;

    for (i = 0; i < n; i++)
        if (ov_str_equal(definitions[i].name, name)) {
            *out = i;
            return 1;
        }
    return 0;
}

/* Its parts would be called NAME_lon and NAME_lat (contract 2.1). */
int meta_is_part(struct ov_str name, struct ov_str geo_point)
{
    return name.n == geo_point.n + 4 && memcmp(name.p, geo_point.p, geo_point.n) == 0 &&
           (memcmp(name.p + geo_point.n, "_lon", 4) == 0 ||
            memcmp(name.p + geo_point.n, "_lat", 4) == 0);
}

int32_t meta_check_rules(const struct definition *definitions, uint32_t n,
                         const struct place *place, struct ov_error *err)
{
    struct place at = { place, NULL, 0 };
    uint32_t i, k;
    int32_t code = OV_OK;

    for (i = 0; i < n && code == OV_OK; i++) {
        at.index = i;
        code = field_check_rules(&definitions[i], &at, err);
        for (k = 0; code == OV_OK && k < n; k++)
            if (definitions[k].kind == KIND_GEO_POINT &&
                meta_is_part(definitions[i].name, definitions[k].name))
                code =
                    place_fail(&at, err, OV_INVALID,
                               "the field '%s' is named as a part of the geo_point '%s'",
                               place_show(definitions[i].name).text,
                               place_show(definitions[k].name).text);
    }
    return code;
}

static int32_t check_repeats(const struct definition *made, uint32_t i,
                             const struct place *at, struct ov_error *err)
{
    uint32_t other = 0, k;

    if (find_definition(made, i, made[i].name, &other))
        return place_fail(at, err, OV_INVALID, "the field '%s' is there twice",
                          place_show(made[i].name).text);
    for (k = 0; made[i].key && k < i; k++)
        if (made[k].key)
            return place_fail(at, err, OV_INVALID, "'%s' and '%s' are both primary keys",
                              place_show(made[k].name).text,
                              place_show(made[i].name).text);
    return OV_OK;
}

int32_t meta_define(struct ov_arena *arena, const struct ov_doc *fields,
                    const struct place *place, struct definition **out, uint32_t *n,
                    struct ov_error *err)
{
    struct place at = { place, NULL, 0 };
    struct definition *made;
    uint32_t i;
    int32_t code = OV_OK;

    if (fields == NULL || fields->kind != OV_DOC_LIST)
        return place_fail(place, err, OV_INVALID, "the fields are not a list");
    if (fields->n > SCHEMA_MAX_FIELDS)
        return place_fail(place, err, OV_LIMIT, "%llu fields are more than %u",
                          (unsigned long long)fields->n, SCHEMA_MAX_FIELDS);
    made = ov_arena_take(arena, (size_t)fields->n * sizeof(*made));
    if (made == NULL)
        return ov_no_memory(err);
    for (i = 0; i < fields->n && code == OV_OK; i++) {
        at.index = i;
        code = field_define(arena, fields->u.items[i], &at, &made[i], err);
        if (code == OV_OK)
            code = check_repeats(made, i, &at, err);
    }
    if (code != OV_OK)
        return code;
    *out = made;
    *n = i;
    return OV_OK;
}

static int32_t check_description(const struct ov_doc *meta, struct ov_error *err)
{
    struct place at = { &root, "Description", 0 };
    const struct ov_doc *text = ov_doc_get(meta, "Description");

    if (is_absent(text))
        return OV_OK;
    if (text->kind != OV_DOC_TEXT)
        return place_fail(&at, err, OV_INVALID, "Description is not a text");
    if (name_length(ov_doc_str(text)) > MAX_DESCRIPTION)
        return place_fail(&at, err, OV_INVALID, "Description has more than %u characters",
                          MAX_DESCRIPTION);
    return OV_OK;
}

int32_t meta_copy(struct ov_arena *arena, struct ov_str name, const struct ov_doc *given,
                  struct ov_doc **out, struct ov_error *err)
{
    struct ov_doc *copy = ov_doc_object(arena);
    struct ov_str title = ov_str_of("CollectionName");
    uint64_t i;
    int32_t code;

    code = copy != NULL ? ov_doc_set(arena, copy, title, ov_doc_text(arena, name))
                        : OV_NO_SPACE;
    for (i = 0; i < given->n && code == OV_OK; i++)
        if (!ov_str_equal(given->u.members[i].name, title))
            code = ov_doc_set(arena, copy, given->u.members[i].name,
                              ov_doc_copy(arena, given->u.members[i].value));
    if (code != OV_OK)
        return ov_no_memory(err);
    code = check_description(copy, err);
    if (code == OV_OK)
        *out = copy;
    return code;
}

/* One entry of FullText: an object whose Field, if it has one, names a text. */
static int32_t apply_fulltext(const struct ov_doc *entry, const struct place *at,
                              struct definition *definitions, uint32_t n,
                              struct ov_error *err)
{
    struct place field_at = { at, "Field", 0 };
    const struct ov_doc *field = ov_doc_get(entry, "Field");
    uint32_t i = 0;

    if (entry->kind != OV_DOC_OBJECT)
        return place_fail(at, err, OV_INVALID, "an entry of FullText is not an object");
    if (is_absent(field))
        return OV_OK;
    if (field->kind != OV_DOC_TEXT ||
        !find_definition(definitions, n, ov_doc_str(field), &i))
        return place_fail(&field_at, err, OV_INVALID, "FullText names no field '%s'",
                          place_show(ov_doc_str(field)).text);
    if (field_kind_type(definitions[i].kind) != OV_TEXT)
        return place_fail(
            &field_at, err, OV_INVALID, "FullText names '%s', which is of type %s",
            place_show(ov_doc_str(field)).text, field_kind_name(definitions[i].kind));
    definitions[i].fulltext = 1;
    return OV_OK;
}

static int32_t check_scalar(const struct ov_doc *name, const struct place *at,
                            const struct definition *definitions, uint32_t n,
                            struct ov_error *err)
{
    uint32_t i = 0;

    if (name->kind == OV_DOC_TEXT &&
        find_definition(definitions, n, ov_doc_str(name), &i))
        return OV_OK;
    return place_fail(at, err, OV_INVALID, "ScalarIndex names no field '%s'",
                      place_show(ov_doc_str(name)).text);
}

int32_t meta_apply(const struct ov_doc *meta, struct definition *definitions, uint32_t n,
                   struct ov_error *err)
{
    struct place list_at = { &root, "FullText", 0 }, at = { &list_at, NULL, 0 };
    const struct ov_doc *list = ov_doc_get(meta, "FullText");
    int32_t code = OV_OK;
    uint64_t i;

    if (!is_absent(list) && list->kind != OV_DOC_LIST)
        return place_fail(&list_at, err, OV_INVALID, "FullText is not a list");
    for (i = 0; !is_absent(list) && i < list->n && code == OV_OK; i++) {
        at.index = i;
        code = apply_fulltext(list->u.items[i], &at, definitions, n, err);
    }
    list_at.name = "ScalarIndex";
    list = ov_doc_get(meta, "ScalarIndex");
    if (code == OV_OK && !is_absent(list) && list->kind != OV_DOC_LIST)
        return place_fail(&list_at, err, OV_INVALID, "ScalarIndex is not a list");
    for (i = 0; !is_absent(list) && i < list->n && code == OV_OK; i++) {
        at.index = i;
        code = check_scalar(list->u.items[i], &at, definitions, n, err);
    }
    return code;
}

/* ---------------------------------------------------------------- extending */

static int has_item(const struct ov_doc *list, const struct ov_doc *item)
{
    uint64_t i;

    for (i = 0; i < list->n; i++)
        if (ov_doc_equal(list->u.items[i], item))
            return 1;
    return 0;
}

/* first with what second has beside it. Either may be absent; both absent: NULL. */
static int32_t join_lists(struct ov_arena *arena, const struct ov_doc *first,
                          const struct ov_doc *second, const struct ov_doc **out)
{
    struct ov_doc *list = ov_doc_list(arena);
    int32_t code = list != NULL ? OV_OK : OV_NO_SPACE;
    uint64_t i;

    *out = NULL;
    if (is_absent(first) && is_absent(second))
        return OV_OK;
    for (i = 0; !is_absent(first) && i < first->n && code == OV_OK; i++)
        code = ov_doc_append(arena, list, ov_doc_copy(arena, first->u.items[i]));
    for (i = 0; !is_absent(second) && i < second->n && code == OV_OK; i++)
        if (!has_item(list, second->u.items[i]))
            code = ov_doc_append(arena, list, ov_doc_copy(arena, second->u.items[i]));
    *out = list;
    return code;
}

int32_t meta_extend(struct ov_arena *arena, const struct ov_doc *meta,
                    const struct ov_doc *added, const struct ov_doc *beside,
                    const struct ov_doc *description, struct ov_doc **out)
{
    static const char *const names[] = { "Fields", "FullText", "ScalarIndex",
                                         "Description" };
    const struct ov_doc *values[4] = { NULL, NULL, NULL, description };
    struct ov_doc *copy = ov_doc_object(arena);
    int32_t code = copy != NULL ? OV_OK : OV_NO_SPACE;
    uint64_t i;
    int k;

    for (k = 0; k < 3 && code == OV_OK; k++)
        code = join_lists(arena, ov_doc_get(meta, names[k]),
                          k == 0 ? added : ov_doc_get(beside, names[k]), &values[k]);
    if (code == OV_OK && description == NULL)
        values[3] = ov_doc_get(meta, names[3]);
    /* Members keep their places; new ones come last. */
    for (i = 0; i < meta->n && code == OV_OK; i++) {
        const struct ov_doc *value = meta->u.members[i].value;

        for (k = 0; k < 4; k++)
            if (ov_str_equal(meta->u.members[i].name, ov_str_of(names[k]))) {
                value = values[k] != NULL ? values[k] : value;
                values[k] = NULL;
            }
        code =
            ov_doc_set(arena, copy, meta->u.members[i].name, ov_doc_copy(arena, value));
    }
    for (k = 0; k < 4 && code == OV_OK; k++)
        if (values[k] != NULL)
            code = ov_doc_set(arena, copy, ov_str_of(names[k]),
                              ov_doc_copy(arena, values[k]));
    if (code == OV_OK)
        *out = copy;
    return code;
}

/* ------------------------------------------------------------- the envelope */

int32_t meta_pack(struct ov_arena *arena, const struct ov_doc *meta, struct ov_str *out,
                  struct ov_error *err)
{
    struct ov_doc *envelope = ov_doc_object(arena);
    struct ov_str text = { NULL, 0 };
    char *json = NULL;
    size_t n = 0;
    int32_t code;

    code = envelope != NULL
               ? ov_doc_set(arena, envelope, ov_str_of("ov"), ov_doc_int(arena, ENVELOPE))
               : OV_NO_SPACE;
    if (code == OV_OK)
        code = ov_doc_set(arena, envelope, ov_str_of("meta"), meta);
    if (code != OV_OK)
        return ov_no_memory(err);
    code = ov_doc_print(envelope, &json, &n, err);
    if (code != OV_OK)
        return code;
    text.p = json;
    text.n = n;
    *out = ov_arena_text(arena, text);
    free(json);
    return out->p != NULL ? OV_OK : ov_no_memory(err);
}

/* What a provider gives for a collection that it adopted. */
static int32_t make_empty(struct ov_arena *arena, struct ov_str name, struct ov_doc **out,
                          struct ov_error *err)
{
    struct ov_doc *meta = ov_doc_object(arena);
    int32_t code = OV_NO_SPACE;

    if (meta != NULL)
        code = ov_doc_set(arena, meta, ov_str_of("CollectionName"),
                          ov_doc_text(arena, name));
    if (code == OV_OK)
        code = ov_doc_set(arena, meta, ov_str_of("Fields"), ov_doc_list(arena));
    if (code != OV_OK)
        return ov_no_memory(err);
    *out = meta;
    return OV_OK;
}

int32_t meta_unpack(struct ov_arena *arena, struct ov_str name, struct ov_str text,
                    struct ov_doc **out, struct ov_error *err)
{
    struct ov_error why = OV_ERROR_INIT;
    struct ov_doc *envelope = NULL;
    const struct ov_doc *version, *meta;
    int32_t code;

    if (text.n == 0)
        return make_empty(arena, name, out, err);
    code = ov_doc_parse(arena, text, &envelope, &why);
    if (code == OV_NO_SPACE)
        return ov_no_memory(err);
    if (code != OV_OK)
        return ov_fail(err, OV_CORRUPT, "the stored meta of '%s': %s",
                       place_show(name).text, why.message);
    version = ov_doc_get(envelope, "ov");
    meta = ov_doc_get(envelope, "meta");
    if (version == NULL || version->kind != OV_DOC_INT || version->u.i != ENVELOPE ||
        meta == NULL || meta->kind != OV_DOC_OBJECT)
        return ov_fail(err, OV_CORRUPT, "the stored meta of '%s' is not the host's",
                       place_show(name).text);
    return meta_copy(arena, name, meta, out, err);
}
