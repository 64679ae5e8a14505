/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context.c - the collection that OpenViking keeps its context in (contract 2.4).
 *
 * For `ovctl init` and for tests; OpenViking itself brings its own meta, which may have
 * grown since.
 */
#include <ov/sdk.h>
#include <ov/store.h>

static const struct {
    const char *name;
    const char *type;
    int indexed;
} fields[] = {
    { "id", "string", 0 },
    { "uri", "path", 1 },
    { "type", "string", 1 },
    { "context_type", "string", 1 },
    { "vector", "vector", 0 },
    { "sparse_vector", "sparse_vector", 0 },
    { "created_at", "date_time", 1 },
    { "updated_at", "date_time", 1 },
    { "active_count", "int64", 1 },
    { "level", "int64", 1 },
    { "name", "string", 1 },
    { "description", "string", 0 },
    { "tags", "string", 1 },
    { "search_tags", "list<string>", 1 },
    { "abstract", "string", 0 },
    { "content", "text", 0 },
    { "account_id", "string", 1 },
    { "owner_user_id", "string", 1 },
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

/* Everything is made in one arena; code remembers the first failure. */
struct maker {
    struct ov_arena *arena;
    int32_t code;
};

static void set(struct maker *maker, struct ov_doc *object, const char *name,
                const struct ov_doc *value)
{
    if (maker->code == OV_OK)
        maker->code = object != NULL
                          ? ov_doc_set(maker->arena, object, ov_str_of(name), value)
                          : OV_NO_SPACE;
}

static void append(struct maker *maker, struct ov_doc *list, const struct ov_doc *item)
{
    if (maker->code == OV_OK)
        maker->code =
            list != NULL ? ov_doc_append(maker->arena, list, item) : OV_NO_SPACE;
}

static struct ov_doc *text(struct maker *maker, const char *value)
{
    return ov_doc_text(maker->arena, ov_str_of(value));
}

static struct ov_doc *make_fields(struct maker *maker, uint32_t dim)
{
    struct ov_doc *list = ov_doc_list(maker->arena), *field;
    size_t i;

    for (i = 0; i < N_FIELDS; i++) {
        field = ov_doc_object(maker->arena);
        set(maker, field, "FieldName", text(maker, fields[i].name));
        set(maker, field, "FieldType", text(maker, fields[i].type));
        if (i == 0)
            set(maker, field, "IsPrimaryKey", ov_doc_bool(maker->arena, 1));
        if (ov_str_equal(ov_str_of(fields[i].type), ov_str_of("vector")))
            set(maker, field, "Dim", ov_doc_int(maker->arena, dim));
        append(maker, list, field);
    }
    return list;
}

static struct ov_doc *make_scalars(struct maker *maker)
{
    struct ov_doc *list = ov_doc_list(maker->arena);
    size_t i;

    for (i = 0; i < N_FIELDS; i++)
        if (fields[i].indexed)
            append(maker, list, text(maker, fields[i].name));
    return list;
}

static struct ov_doc *make_fulltext(struct maker *maker)
{
    struct ov_doc *list = ov_doc_list(maker->arena), *entry = ov_doc_object(maker->arena);
    struct ov_doc *analyzer = ov_doc_object(maker->arena);
    struct ov_doc *filters = ov_doc_list(maker->arena);

    append(maker, filters, text(maker, "symbol"));
    set(maker, analyzer, "Tokenizer", text(maker, "standard"));
    set(maker, analyzer, "StopWordsFilters", filters);
    set(maker, entry, "Field", text(maker, "content"));
    set(maker, entry, "Analyzer", analyzer);
    append(maker, list, entry);
    return list;
}

struct ov_doc *ov_context_meta(struct ov_arena *arena, uint32_t dim)
{
    struct maker maker = { arena, OV_OK };
    struct ov_doc *meta = ov_doc_object(arena);

    set(&maker, meta, "CollectionName", text(&maker, "context"));
    set(&maker, meta, "Description", text(&maker, "Unified context collection"));
    set(&maker, meta, "Fields", make_fields(&maker, dim));
    set(&maker, meta, "ScalarIndex", make_scalars(&maker));
    set(&maker, meta, "FullText", make_fulltext(&maker));
    return maker.code == OV_OK ? meta : NULL;
}
