/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_extend.c - a schema with more in it.
 *
 * Fields are appended and never changed: what is there under the same name must be the
 * same. string and text are one type under two names, and an adopted table cannot tell
 * which it was, so they count as the same. Defaults may differ: a record that exists
 * has its value.
 */
#include "schema.h"
#include "schema_parts.h"

#include <ov/sdk.h>

#include <stdlib.h>
#include <string.h>

static const struct place root = { NULL, NULL, 0 };

static struct shown shown(const char *name)
{
    return place_show(ov_str_of(name));
}

/* What a caller wants to be there. */
struct wish {
    struct definition *definitions;
    uint32_t n;
};

/* How a schema is to change. */
struct change {
    const struct ov_doc *added;  /* field metas */
    const struct ov_doc *beside; /* a meta whose FullText and ScalarIndex count too */
    const struct ov_doc *description; /* NULL: stays */
    int with_expiry;
};

static enum kind plain_kind(enum kind kind)
{
    return kind == KIND_TEXT ? KIND_STRING : kind;
}

/* Is the field of have what the definition says? */
static int32_t check_same(const struct schema *have, const struct field *field,
                          const struct definition *wanted, struct ov_error *err)
{
    const struct ov_field *border = have->ov->fields[field->ordinal];
    int key = field->ordinal == have->ov->key;

    if (plain_kind(field->kind) != plain_kind(wanted->kind))
        return ov_fail(err, OV_EXISTS, "the field '%s' is of type %s, not %s",
                       shown(field->name).text, field_kind_name(field->kind),
                       field_kind_name(wanted->kind));
    if (field->kind == KIND_VECTOR && border->dim != wanted->dim)
        return ov_fail(err, OV_EXISTS, "the field '%s' has %u dimensions, not %u",
                       shown(field->name).text, border->dim, wanted->dim);
    if (key != wanted->key)
        return ov_fail(err, OV_EXISTS, "the key is '%s', not '%s'",
                       shown(have->fields[have->ov->key].name).text,
                       wanted->key ? shown(field->name).text : "another field");
    return OV_OK;
}

/* Can records that exist do without it? */
static int32_t check_addable(const struct schema *have, const struct definition *wanted,
                             struct ov_error *err)
{
    uint32_t i;

    if (wanted->key)
        return ov_fail(err, OV_EXISTS, "the key is '%s', not '%s'",
                       shown(have->fields[have->ov->key].name).text,
                       shown(wanted->name.p).text);
    if (wanted->kind == KIND_VECTOR)
        return ov_fail(err, OV_EXISTS,
                       "the vector field '%s' cannot be added to records that exist",
                       shown(wanted->name.p).text);
    for (i = 0; i < have->n_visible; i++) {
        const struct field *field = &have->fields[have->visible[i]];
        struct ov_str name = ov_str_of(field->name);

        if ((field->kind == KIND_GEO_POINT && meta_is_part(wanted->name, name)) ||
            (wanted->kind == KIND_GEO_POINT && meta_is_part(name, wanted->name)))
            return ov_fail(err, OV_INVALID,
                           "'%s' and '%s' are named as a place and its part",
                           shown(field->name).text, shown(wanted->name.p).text);
    }
    return OV_OK;
}

/* The metas of the fields that have lacks, in the arena; *changed also for FullText. */
static int32_t find_missing(const struct schema *have, struct ov_arena *arena,
                            const struct wish *wish, const struct ov_doc **out,
                            int *changed, struct ov_error *err)
{
    struct ov_doc *missing = ov_doc_list(arena);
    const struct definition *wanted;
    const struct field *field;
    int32_t code = missing != NULL ? OV_OK : ov_no_memory(err);
    uint32_t i;

    *changed = 0;
    for (i = 0; i < wish->n && code == OV_OK; i++) {
        wanted = &wish->definitions[i];
        field = schema_find(have, wanted->name);
        if (field != NULL) {
            code = check_same(have, field, wanted, err);
            if (wanted->fulltext &&
                (have->ov->fields[field->ordinal]->flags & OV_FIELD_FULLTEXT) == 0)
                *changed = 1;
            continue;
        }
        code = check_addable(have, wanted, err);
        if (code == OV_OK && ov_doc_append(arena, missing, wanted->given) != OV_OK)
            code = ov_no_memory(err);
        *changed = 1;
    }
    if (code == OV_OK)
        *out = missing;
    return code;
}

/* have with another meta, in a draft of its own. */
static int32_t rebuild(const struct schema *have, const struct change *change,
                       const struct schema **out, struct ov_error *err)
{
    struct draft draft = { NULL };
    struct place at = { &root, "Fields", 0 };
    struct schema *made = NULL;
    struct ov_doc *meta = NULL;
    int32_t code = OV_NO_SPACE;

    draft.arena = ov_arena_new();
    draft.base = ov_schema_copy(have->ov);
    if (draft.arena != NULL && draft.base != NULL) {
        draft.name = ov_arena_text(draft.arena, have->ov->name);
        code = meta_extend(draft.arena, have->meta, change->added, change->beside,
                           change->description, &meta);
    }
    draft.meta = meta;
    draft.with_expiry = change->with_expiry;
    if (code != OV_OK || draft.name.p == NULL)
        code = ov_no_memory(err);
    if (code == OV_OK)
        code = meta_define(draft.arena, ov_doc_get(meta, "Fields"), &at,
                           &draft.definitions, &draft.n_definitions, err);
    if (code == OV_OK)
        code = meta_apply(meta, draft.definitions, draft.n_definitions, err);
    if (code != OV_OK) {
        free(draft.base);
        ov_arena_free(draft.arena);
        return code;
    }
    code = schema_build(&draft, &made, err);
    if (code == OV_OK)
        *out = made;
    return code;
}

/* The key of want, when the host made it, must be the one of have. */
static int32_t check_key(const struct schema *have, const struct schema *want,
                         struct ov_error *err)
{
    const char *theirs = want->fields[want->ov->key].name;
    const char *ours = have->fields[have->ov->key].name;

    if (strcmp(theirs, ours) == 0)
        return OV_OK;
    return ov_fail(err, OV_EXISTS, "the key is '%s', not '%s'", shown(ours).text,
                   shown(theirs).text);
}

int32_t schema_extend(const struct schema *have, const struct schema *want,
                      int with_expiry, const struct schema **out, struct ov_error *err)
{
    struct place at = { &root, "Fields", 0 };
    struct ov_arena *arena = ov_arena_new();
    struct wish wish = { NULL, 0 };
    struct change change = { NULL, NULL, NULL, 0 };
    int changed = 0;
    int32_t code = arena != NULL ? OV_OK : ov_no_memory(err);

    if (code == OV_OK)
        code = check_key(have, want, err);
    if (code == OV_OK)
        code = meta_define(arena, ov_doc_get(want->meta, "Fields"), &at,
                           &wish.definitions, &wish.n, err);
    if (code == OV_OK)
        code = meta_apply(want->meta, wish.definitions, wish.n, err);
    if (code == OV_OK)
        code = find_missing(have, arena, &wish, &change.added, &changed, err);
    change.with_expiry = with_expiry && have->expiry == OV_NONE;
    change.beside = changed ? want->meta : NULL;
    if (code == OV_OK && !changed && !change.with_expiry)
        *out = NULL;
    else if (code == OV_OK)
        code = rebuild(have, &change, out, err);
    ov_arena_free(arena);
    return code;
}

/* The description as a document, checked as a meta's is. */
static int32_t read_description(struct ov_arena *arena, const struct ov_str *text,
                                const struct ov_doc **out, struct ov_error *err)
{
    struct ov_doc *meta = ov_doc_object(arena), *checked = NULL;
    int32_t code;

    if (text == NULL)
        return OV_OK;
    if (!ov_utf8_valid(*text))
        return ov_fail(err, OV_INVALID, "the description is not UTF-8");
    code = meta != NULL ? ov_doc_set(arena, meta, ov_str_of("Description"),
                                     ov_doc_text(arena, *text))
                        : OV_NO_SPACE;
    if (code != OV_OK)
        return ov_no_memory(err);
    code = meta_copy(arena, ov_str_of("x"), meta, &checked, err);
    if (code == OV_OK)
        *out = ov_doc_get(checked, "Description");
    return code;
}

/* The field metas, given apart from a schema, as definitions. */
static int32_t read_fields(struct ov_arena *arena, const struct ov_doc *fields,
                           struct wish *out, struct ov_error *err)
{
    char *text = NULL;
    size_t bytes = 0;
    const struct ov_doc *copy;
    int32_t code;

    if (fields == NULL)
        return OV_OK;
    code = ov_doc_print(fields, &text, &bytes, err);
    free(text);
    if (code != OV_OK)
        return code;
    copy = ov_doc_copy(arena, fields);
    if (copy == NULL)
        return ov_no_memory(err);
    code = meta_define(arena, copy, &root, &out->definitions, &out->n, err);
    return code == OV_OK ? meta_check_rules(out->definitions, out->n, &root, err) : code;
}

int32_t schema_update(const struct schema *have, const struct ov_doc *fields,
                      const struct ov_str *description, const struct schema **out,
                      struct ov_error *err)
{
    struct ov_arena *arena = ov_arena_new();
    struct wish wish = { NULL, 0 };
    struct change change = { NULL, NULL, NULL, 0 };
    int changed = 0;
    int32_t code = arena != NULL ? OV_OK : ov_no_memory(err);

    if (code == OV_OK)
        code = read_description(arena, description, &change.description, err);
    if (code == OV_OK)
        code = read_fields(arena, fields, &wish, err);
    if (code == OV_OK)
        code = find_missing(have, arena, &wish, &change.added, &changed, err);
    if (code == OV_OK && !changed && change.description == NULL)
        *out = schema_ref(have);
    else if (code == OV_OK)
        code = rebuild(have, &change, out, err);
    ov_arena_free(arena);
    return code;
}
