/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_build.c - definitions to the two sides of a schema.
 *
 * Ordinals only ever grow: what is there already keeps its place, then come the
 * definitions that are new, then what the host adds for them: the key that nobody
 * named, the twins, the expiry. A twin is called _ov_text_NAME; where that would be
 * longer than a name may be, _ov_text_ and the field's ordinal, which no field can be
 * called since names begin with a letter.
 */
#include "schema_parts.h"

#include <ov/sdk.h>

#include <stdlib.h>
#include <string.h>

#define MAX_CHARACTERS 128u

/* Lies in its own arena. */
struct whole {
    struct schema schema;
    struct ov_arena *arena;
    struct ov_schema *base;
    const struct field **by_name; /* visible ones, by bytes */
    uint32_t refs;
};

/* What a build works with. */
struct build {
    const struct draft *draft;
    struct whole *whole;
    struct ov_schema *ov;
    const struct ov_field **border;
    struct field *fields;
    uint32_t *visible;
    uint32_t n;
    uint32_t n_visible;
    struct ov_error *err;
};

/* ------------------------------------------------------------- one reference */

static struct whole *whole_of(const struct schema *schema)
{
    return (struct whole *)(uintptr_t)schema;
}

const struct schema *schema_ref(const struct schema *schema)
{
    __atomic_add_fetch(&whole_of(schema)->refs, 1, __ATOMIC_RELAXED);
    return schema;
}

void schema_unref(const struct schema *schema)
{
    if (schema == NULL ||
        __atomic_sub_fetch(&whole_of(schema)->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    free(whole_of(schema)->base);
    ov_arena_free(whole_of(schema)->arena);
}

struct ov_arena *schema_arena(struct schema *schema)
{
    return whole_of(schema)->arena;
}

const struct field *schema_find(const struct schema *schema, struct ov_str name)
{
    const struct field *const *by_name = whole_of(schema)->by_name;
    uint32_t low = 0, high = schema->n_visible;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = ov_str_compare(name, ov_str_of(by_name[middle]->name));

        if (order == 0)
            return by_name[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

int schema_has_key(const struct definition *definitions, uint32_t n)
{
    uint32_t i;

    for (i = 0; i < n; i++)
        if (definitions[i].key)
            return 1;
    return 0;
}

/* -------------------------------------------------------------------- adding */

static struct ov_field *add_field(struct build *build, struct ov_str name, uint32_t type)
{
    struct ov_field *made = ov_arena_take(build->draft->arena, sizeof(*made));
    struct field *field = &build->fields[build->n];

    if (made == NULL)
        return NULL;
    memset(made, 0, sizeof(*made));
    memset(field, 0, sizeof(*field));
    made->size = sizeof(*made);
    made->type = type;
    made->name = name;
    field->name = name.p;
    field->kind = KIND_HOST;
    field->ordinal = build->n;
    field->twin = OV_NONE;
    build->border[build->n++] = made;
    return made;
}

/* What the definition says of the field at this ordinal. */
static void put_definition(struct build *build, uint32_t ordinal,
                           const struct definition *definition)
{
    struct field *field = &build->fields[ordinal];

    field->name = definition->name.p;
    field->kind = definition->kind;
    field->required = definition->required;
    field->fill = definition->fill;
}

static int32_t add_definition(struct build *build, const struct definition *definition)
{
    uint32_t ordinal = build->n;
    struct ov_field *made =
        add_field(build, definition->name, field_kind_type(definition->kind));

    if (made == NULL)
        return ov_no_memory(build->err);
    made->dim = definition->dim;
    made->fill = definition->border_fill;
    if (definition->key)
        made->flags |= OV_FIELD_KEY;
    if (definition->kind == KIND_PATH)
        made->flags |= OV_FIELD_PATH;
    if (definition->kind == KIND_DATE_TIME || definition->kind == KIND_GEO_POINT)
        made->flags |= OV_FIELD_NULLABLE;
    if (definition->fulltext)
        made->flags |= OV_FIELD_FULLTEXT;
    put_definition(build, ordinal, definition);
    return OV_OK;
}

/* A field of the host's own, which callers do not see. */
static int32_t add_hidden(struct build *build, struct ov_str name, uint32_t type,
                          uint32_t flags)
{
    struct ov_field *made;

    name = ov_arena_text(build->draft->arena, name);
    made = name.p != NULL ? add_field(build, name, type) : NULL;
    if (made == NULL)
        return ov_no_memory(build->err);
    made->flags = OV_FIELD_HOST | OV_FIELD_NULLABLE | flags;
    return OV_OK;
}

static int32_t add_auto_key(struct build *build)
{
    struct ov_field *made = add_field(build, ov_str_of(SCHEMA_AUTO_KEY), OV_INT64);
    struct field *field;

    if (made == NULL)
        return ov_no_memory(build->err);
    made->flags = OV_FIELD_KEY;
    made->fill.type = OV_INT64;
    field = &build->fields[build->n - 1];
    field->kind = KIND_INT64;
    field->fill = ov_doc_int(build->draft->arena, 0);
    return field->fill != NULL ? OV_OK : ov_no_memory(build->err);
}

static void name_twin(const struct field *field, char *text, size_t bytes)
{
    struct ov_str name = ov_str_of(field->name);
    size_t n = strlen(SCHEMA_TWIN);

    memcpy(text, SCHEMA_TWIN, n);
    if (name_length(name) + n <= MAX_CHARACTERS && name.n + n < bytes)
        memcpy(text + n, name.p, name.n + 1);
    else
        text[n + ov_int_print(field->ordinal, text + n)] = '\0';
}

static uint32_t find_border(const struct build *build, struct ov_str name)
{
    uint32_t i;

    for (i = 0; i < build->n; i++)
        if (ov_str_equal(build->border[i]->name, name))
            return i;
    return OV_NONE;
}

/* ------------------------------------------------------------------- building */

/* Filters are made by the definition and answered by the field's flags: both must mean
 * the same by a path. What callers see is not the host's own. */
static int same_flags(const struct ov_field *found, const struct definition *definition)
{
    return ((found->flags & OV_FIELD_PATH) != 0) == (definition->kind == KIND_PATH) &&
           (found->flags & OV_FIELD_HOST) == 0;
}

/* The definition of a field that is there already, and whether both agree. */
static int32_t match_field(struct build *build, uint32_t ordinal,
                           const struct definition *definition)
{
    const struct ov_field *found = build->border[ordinal];

    if (found->type != field_kind_type(definition->kind) ||
        (found->type == OV_VECTOR && found->dim != definition->dim) ||
        !same_flags(found, definition) ||
        definition->key != (ordinal == build->draft->base->key))
        return ov_fail(build->err, OV_CORRUPT,
                       "the field '%s' is not in the database as the meta has it",
                       place_show(definition->name).text);
    put_definition(build, ordinal, definition);
    return OV_OK;
}

/* Keyword search is the one thing of a field that may change. */
static int32_t set_fulltext(struct build *build, uint32_t ordinal)
{
    struct ov_field *changed;

    if ((build->border[ordinal]->flags & OV_FIELD_FULLTEXT) != 0)
        return OV_OK;
    changed = ov_arena_take(build->draft->arena, sizeof(*changed));
    if (changed == NULL)
        return ov_no_memory(build->err);
    *changed = *build->border[ordinal];
    changed->flags |= OV_FIELD_FULLTEXT;
    build->border[ordinal] = changed;
    return OV_OK;
}

/* The fields of base at their places, as hidden ones for now. */
static int32_t put_base(struct build *build)
{
    const struct ov_schema *base = build->draft->base;
    struct ov_str name;
    uint32_t i;

    for (i = 0; base != NULL && i < base->n_fields; i++) {
        struct field *field = &build->fields[i];

        name = ov_arena_text(build->draft->arena, base->fields[i]->name);
        if (name.p == NULL)
            return ov_no_memory(build->err);
        memset(field, 0, sizeof(*field));
        field->name = name.p;
        field->kind = KIND_HOST;
        field->ordinal = i;
        field->twin = OV_NONE;
        build->border[i] = base->fields[i];
        if (i == base->key && strcmp(name.p, SCHEMA_AUTO_KEY) == 0) {
            field->kind = KIND_INT64;
            field->fill = ov_doc_int(build->draft->arena, 0);
            if (field->fill == NULL)
                return ov_no_memory(build->err);
        }
        build->n++;
    }
    return OV_OK;
}

static int32_t put_definitions(struct build *build)
{
    const struct draft *draft = build->draft;
    uint32_t i, ordinal, n_base = build->n;
    int32_t code = OV_OK;

    for (i = 0; i < draft->n_definitions && code == OV_OK; i++) {
        const struct definition *definition = &draft->definitions[i];

        ordinal = n_base > 0 ? find_border(build, definition->name) : OV_NONE;
        if (ordinal == OV_NONE) {
            ordinal = build->n;
            code = add_definition(build, definition);
        } else {
            code = match_field(build, ordinal, definition);
            if (code == OV_OK && definition->fulltext)
                code = set_fulltext(build, ordinal);
        }
        if (code == OV_OK)
            build->visible[build->n_visible++] = ordinal;
    }
    return code;
}

/* The key that the meta does not name, made or found. */
static int32_t put_auto_key(struct build *build)
{
    const struct draft *draft = build->draft;
    uint32_t ordinal;
    int32_t code = OV_OK;

    if (schema_has_key(draft->definitions, draft->n_definitions))
        return OV_OK;
    if (draft->base != NULL && build->fields[draft->base->key].kind != KIND_INT64)
        return ov_fail(build->err, OV_CORRUPT,
                       "the key '%s' is not in the collection's meta",
                       build->fields[draft->base->key].name);
    ordinal = find_border(build, ov_str_of(SCHEMA_AUTO_KEY));
    if (ordinal != OV_NONE && draft->base == NULL)
        return ov_fail(build->err, OV_INVALID,
                       "the field '" SCHEMA_AUTO_KEY
                       "' is the host's where no field is the primary key");
    if (draft->base == NULL) {
        ordinal = build->n;
        code = add_auto_key(build);
    }
    if (code == OV_OK)
        build->visible[build->n_visible++] = ordinal;
    return code;
}

/* Twins of new fields are added, those of old ones found; an adopted table may have
 * none. */
static int32_t put_twins(struct build *build)
{
    uint32_t n_base = build->draft->base != NULL ? build->draft->base->n_fields : 0;
    uint32_t i, twin, n = build->n;
    char name[sizeof(SCHEMA_TWIN) + 4 * MAX_CHARACTERS + OV_NUMBER_TEXT];
    int32_t code = OV_OK;

    for (i = 0; i < n && code == OV_OK; i++) {
        if (!field_has_twin(build->fields[i].kind))
            continue;
        name_twin(&build->fields[i], name, sizeof(name));
        twin = find_border(build, ov_str_of(name));
        if (twin == OV_NONE && i >= n_base) {
            twin = build->n;
            code = add_hidden(build, ov_str_of(name), OV_TEXT, 0);
        }
        build->fields[i].twin = twin;
    }
    return code;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const struct field *const *)a)->name,
                  (*(const struct field *const *)b)->name);
}

static int32_t finish(struct build *build)
{
    struct whole *whole = build->whole;
    struct schema *schema = &whole->schema;
    uint32_t i;

    whole->by_name = ov_arena_take(build->draft->arena,
                                   (size_t)build->n_visible * sizeof(*whole->by_name));
    if (whole->by_name == NULL)
        return ov_no_memory(build->err);
    for (i = 0; i < build->n_visible; i++)
        whole->by_name[i] = &build->fields[build->visible[i]];
    if (build->n_visible > 0)
        qsort(whole->by_name, build->n_visible, sizeof(*whole->by_name), compare_names);
    schema->expiry = OV_NONE;
    for (i = 0; i < build->n; i++) {
        if ((build->border[i]->flags & OV_FIELD_EXPIRY) != 0)
            schema->expiry = i;
        if ((build->border[i]->flags & OV_FIELD_KEY) != 0)
            build->ov->key = i;
    }
    build->ov->n_fields = build->n;
    schema->ov = build->ov;
    schema->fields = build->fields;
    schema->n_fields = build->n;
    schema->visible = build->visible;
    schema->n_visible = build->n_visible;
    schema->meta = build->draft->meta;
    return OV_OK;
}

/* Room for all that may come. */
static int32_t prepare(struct build *build)
{
    const struct draft *draft = build->draft;
    size_t room = (draft->base != NULL ? draft->base->n_fields : 0) +
                  2 * (size_t)draft->n_definitions + 2;

    build->whole = ov_arena_take(draft->arena, sizeof(*build->whole));
    build->ov = ov_arena_take(draft->arena, sizeof(*build->ov));
    build->border = ov_arena_take(draft->arena, room * sizeof(struct ov_field *));
    build->fields = ov_arena_take(draft->arena, room * sizeof(*build->fields));
    build->visible = ov_arena_take(draft->arena, room * sizeof(*build->visible));
    if (build->whole == NULL || build->ov == NULL || build->border == NULL ||
        build->fields == NULL || build->visible == NULL)
        return ov_no_memory(build->err);
    memset(build->whole, 0, sizeof(*build->whole));
    memset(build->ov, 0, sizeof(*build->ov));
    build->whole->refs = 1;
    build->whole->arena = draft->arena;
    build->whole->base = draft->base;
    build->ov->size = sizeof(*build->ov);
    build->ov->name = draft->name;
    build->ov->fields = build->border;
    if (draft->base != NULL) {
        build->ov->key = draft->base->key;
        build->ov->n_indexes = draft->base->n_indexes;
        build->ov->indexes = draft->base->indexes;
    }
    return meta_pack(draft->arena, draft->meta, &build->ov->meta, build->err);
}

int32_t schema_build(struct draft *draft, struct schema **out, struct ov_error *err)
{
    struct build build = { draft };
    int32_t code;

    build.err = err;
    code = prepare(&build);
    if (code == OV_OK)
        code = put_base(&build);
    if (code == OV_OK)
        code = put_definitions(&build);
    if (code == OV_OK)
        code = put_auto_key(&build);
    if (code == OV_OK)
        code = put_twins(&build);
    if (code == OV_OK && draft->with_expiry &&
        find_border(&build, ov_str_of(SCHEMA_EXPIRY)) == OV_NONE)
        code = add_hidden(&build, ov_str_of(SCHEMA_EXPIRY), OV_TIME, OV_FIELD_EXPIRY);
    if (code == OV_OK)
        code = finish(&build);
    if (code != OV_OK) {
        free(draft->base);
        ov_arena_free(draft->arena);
        return code;
    }
    *out = &build.whole->schema;
    return OV_OK;
}
