/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search.c - open a store, put three records into it, search.
 *
 *     search ov.ini
 *
 * Which database that is says the file; the program does not change.
 */
#include <ov/store.h>

#include <stdio.h>

static const char records[] = "[{\"id\": \"fox\",  \"abstract\": \"a quick one\", "
                              "\"level\": 1, \"vector\": [1, 0, 0, 0]},"
                              " {\"id\": \"dog\",  \"abstract\": \"a lazy one\",  "
                              "\"level\": 2, \"vector\": [0, 1, 0, 0]},"
                              " {\"id\": \"wolf\", \"abstract\": \"a wild one\",  "
                              "\"level\": 1, \"vector\": [1, 1, 0, 0]}]";
static const char filter[] = "{\"op\": \"must\", \"field\": \"level\", \"conds\": [1]}";

/* What there is, made so: the collection and its index. */
static int32_t prepare(struct ov_store *store, struct ov_arena *arena,
                       struct ov_collection **out, struct ov_error *err)
{
    const char *name = ov_store_settings(store)->table;
    struct ov_doc *meta = ov_context_meta(arena, 4), *list;
    int32_t code;
    int created;

    if (meta == NULL)
        return ov_no_memory(err);
    code = ov_store_create(
        store,
        &(struct ov_collection_spec){
            .size = sizeof(struct ov_collection_spec), .name = name, .meta = meta },
        &created, NULL, err);
    if (code == OV_OK)
        code = ov_store_collection(store, name, NULL, out, err);
    if (code == OV_OK)
        code = ov_doc_parse(arena, ov_str_of(records), &list, err);
    return code == OV_OK ? ov_collection_upsert(*out, list, NULL, NULL, err) : code;
}

static int32_t search(struct ov_collection *collection, struct ov_arena *arena,
                      struct ov_error *err)
{
    static const float vector[] = { 1, 0, 0, 0 };
    static const char *const fields[] = { "abstract" };
    struct ov_query query = {
        .size = sizeof(query), .dense = vector, .dim = 4, .limit = 10
    };
    struct ov_page page = OV_PAGE_INIT;
    struct ov_cell key, abstract;
    struct ov_doc *wanted;
    int32_t code = ov_doc_parse(arena, ov_str_of(filter), &wanted, err);
    int64_t row;

    query.filter = wanted;
    query.fields = (struct ov_projection){ sizeof(query.fields), 1, fields };
    if (code == OV_OK)
        code = ov_collection_search(collection, &query, NULL, &page, err);
    for (row = 0; code == OV_OK && row < page.rows; row++) {
        ov_page_key(&page, row, &key);
        ov_page_cell(&page, row, 0, &abstract);
        printf("%.3f %.*s: %.*s\n", ov_page_score(&page, row), (int)key.n, key.u.text,
               (int)abstract.n, abstract.u.text);
    }
    ov_page_clear(&page);
    return code;
}

int main(int argc, char **argv)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_arena *arena = ov_arena_new();
    struct ov_config *config = NULL;
    struct ov_host_options options = { .size = sizeof(options) };
    struct ov_host *host = NULL;
    struct ov_store *store = NULL;
    struct ov_collection *collection = NULL;
    int32_t code = arena == NULL ? ov_no_memory(&err) : OV_OK;

    if (argc != 2) {
        fprintf(stderr, "usage: search ov.ini\n");
        return 2;
    }
    if (code == OV_OK)
        code = ov_config_read(argv[1], &config, &err);
    if (code == OV_OK) {
        options.plugin_path = ov_config_plugin_path(config);
        code = ov_host_open(&options, &host, &err);
    }
    if (code == OV_OK)
        code = ov_store_open(host, config, NULL, NULL, &store, &err);
    if (code == OV_OK)
        code = prepare(store, arena, &collection, &err);
    if (code == OV_OK)
        code = search(collection, arena, &err);
    if (code != OV_OK)
        fprintf(stderr, "%s: %s %s\n", ov_status_name(code), err.where, err.message);
    ov_collection_free(collection);
    ov_store_free(store);
    ov_host_close(host);
    ov_config_free(config);
    ov_arena_free(arena);
    return code == OV_OK ? 0 : 1;
}
