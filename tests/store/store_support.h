/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_support.h - a store over a test provider, documents from JSON, pages to JSON.
 *
 * Checked fixtures: open_store in the setup, close_store in the teardown.
 */
#ifndef OV_TEST_STORE_SUPPORT_H
#define OV_TEST_STORE_SUPPORT_H

#include "support.h"

#include <ov/store.h>

#include <string.h>

struct env {
    struct ov_host *host;
    struct ov_config *config;
    struct ov_store *store;
    struct ov_collection *collection;
    struct ov_arena *arena;
};
extern struct env env;

/* keys: "name=value\n..." of the profile, beside the backend. */
void open_store(const char *provider, const char *keys);
/* Collection "c" made of this meta (JSON) and opened. */
void open_collection(const char *meta);
void close_store(void);

/* JSON with ' for ", in env.arena. */
const struct ov_doc *json(const char *text);
/* A whole page as JSON with ' for ": [{'key':..,'score':..,'record':{..}}, ...]; static
 * memory. */
const char *page_keys(const struct ov_page *page); /* "a b c" */
const char *page_text(const struct ov_page *page, int64_t row, const char *column);
const char *record_text(const struct ov_page *page, int64_t row);

#define upsert(text) ov_collection_upsert(env.collection, json(text), NULL, NULL, &err)

#endif
