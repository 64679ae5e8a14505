/* SPDX-License-Identifier: Apache-2.0 */
/* store_support.c - short ways to a store full of records. */
#include "store_support.h"

#include <stdio.h>
#include <stdlib.h>

struct env env;

void open_store(const char *provider, const char *keys)
{
    struct ov_host_options options = { .size = sizeof(options) };
    char text[2048];

    options.plugin_path = TEST_PROVIDERS;
    snprintf(text, sizeof(text), "[storage.vectordb]\nbackend = %s\n%s\n", provider,
             keys == NULL ? "" : keys);
    env.arena = ov_arena_new();
    ck_ok(ov_host_open(&options, &env.host, &err));
    ck_ok(ov_config_parse(ov_str_of(text), "test.ini", "/", &env.config, &err));
    ck_ok(ov_store_open(env.host, env.config, NULL, NULL, &env.store, &err));
}

void open_collection(const char *meta)
{
    ck_ok(ov_store_create(
        env.store,
        &(struct ov_collection_spec){
            .size = sizeof(struct ov_collection_spec), .name = "c", .meta = json(meta) },
        NULL, NULL, &err));
    ck_ok(ov_store_collection(env.store, "c", NULL, &env.collection, &err));
}

void close_store(void)
{
    ov_collection_free(env.collection);
    ov_store_free(env.store);
    ov_config_free(env.config);
    ov_host_close(env.host);
    ov_arena_free(env.arena);
    memset(&env, 0, sizeof(env));
}

static void swap_quotes(char *text, char from, char to)
{
    for (; *text != '\0'; text++)
        if (*text == from)
            *text = to;
}

const struct ov_doc *json(const char *text)
{
    struct ov_doc *doc;
    char *copy = strdup(text);

    swap_quotes(copy, '\'', '"');
    ck_ok(ov_doc_parse(env.arena, ov_str_of(copy), &doc, &err));
    free(copy);
    return doc;
}

static const char *keep(const char *text)
{
    static char buffer[4][4096];
    static unsigned next;
    char *at = buffer[next++ % 4];

    snprintf(at, sizeof(buffer[0]), "%s", text);
    return at;
}

const char *page_keys(const struct ov_page *page)
{
    char text[4096] = "";
    size_t n = 0;
    int64_t row;

    for (row = 0; row < page->rows; row++) {
        struct ov_cell key;

        ov_page_key(page, row, &key);
        if (key.type == OV_INT64)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%lld", row ? " " : "",
                                  (long long)key.u.i);
        else
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s", row ? " " : "",
                                  (int)key.n, key.u.text);
    }
    return keep(text);
}

static const char *doc_text(const struct ov_doc *doc)
{
    const char *kept;
    char *text;
    size_t n;

    ck_ok(ov_doc_print(doc, &text, &n, &err));
    swap_quotes(text, '"', '\'');
    kept = keep(text);
    free(text);
    return kept;
}

const char *page_text(const struct ov_page *page, int64_t row, const char *column)
{
    struct ov_doc *record = ov_page_record(page, row, env.arena);

    ck_assert_ptr_nonnull(record);
    ck_assert_ptr_nonnull(ov_doc_get(record, column));
    return doc_text(ov_doc_get(record, column));
}

const char *record_text(const struct ov_page *page, int64_t row)
{
    struct ov_doc *record = ov_page_record(page, row, env.arena);

    ck_assert_ptr_nonnull(record);
    return doc_text(record);
}
