/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as JSON, as a collection meta and as a meta that a provider kept: refused
 * with an error, or the same again after printing, and after a provider had it.
 */
#include "schema.h"

#include <ov/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ov_arena *arena;

static void need(int holds, const char *what, const char *why)
{
    if (holds)
        return;
    fprintf(stderr, "%s: %s\n", what, why);
    abort();
}

static void check_json(const struct ov_doc *doc)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_doc *again = NULL;
    char *text = NULL;
    size_t n = 0;

    need(ov_doc_print(doc, &text, &n, &err) == OV_OK, "print", err.message);
    need(ov_doc_parse(arena, (struct ov_str){ text, n }, &again, &err) == OV_OK, "again",
         err.message);
    need(ov_doc_equal(doc, again), "again", "another document");
    free(text);
}

#ifdef CANARY
/* A fault behind the whole of the meta: a vector of exactly eight dimensions. */
static void plant(const struct schema *schema)
{
    uint32_t i;

    for (i = 0; i < schema->n_fields; i++)
        if (schema->ov->fields[i]->dim == 8) {
            fprintf(stderr, "CANARY\n");
            abort();
        }
}
#else
static void plant(const struct schema *schema)
{
    (void)schema;
}
#endif

static void check_indexes(const struct schema *schema, const struct schema *back)
{
    const struct ov_doc *shown = NULL;
    struct ov_error err = OV_ERROR_INIT;
    uint32_t i;

    need(schema->ov->n_indexes == back->ov->n_indexes, "indexes", "another number");
    for (i = 0; i < schema->ov->n_indexes; i++) {
        need(index_same(schema->ov->indexes[i], back->ov->indexes[i]), "index",
             "another");
        need(index_show(back, back->ov->indexes[i], arena, &shown, &err) == OV_OK, "show",
             err.message);
        check_json(shown);
    }
}

/* A provider's blob and back. */
static void check_round(const struct schema *schema)
{
    const struct schema *back = NULL, *more = NULL;
    struct ov_schema *described = NULL;
    struct ov_error err = OV_ERROR_INIT;
    void *bytes = NULL;
    size_t n = 0;
    uint32_t i;

    need(ov_schema_encode(schema->ov, &bytes, &n, &err) == OV_OK, "encode", err.message);
    need(ov_schema_decode(bytes, n, &described, &err) == OV_OK, "decode", err.message);
    need(schema_of_provider(described, &back, &err) == OV_OK, "provider", err.message);
    need(ov_doc_equal(schema->meta, back->meta), "meta", "another");
    need(schema->n_fields == back->n_fields, "fields", "another number");
    need(schema->n_visible == back->n_visible, "visible", "another number");
    for (i = 0; i < schema->n_fields; i++)
        need(schema->fields[i].kind == back->fields[i].kind &&
                 schema->fields[i].twin == back->fields[i].twin,
             "field", "another");
    check_indexes(schema, back);
    need(schema_extend(back, schema, 0, &more, &err) == OV_OK, "extend", err.message);
    need(more == NULL, "extend", "something is missing");
    need(schema_extend(back, schema, 1, &more, &err) == OV_OK, "expiry", err.message);
    need(more->expiry == schema->n_fields, "expiry", "not the last field");
    schema_unref(more);
    schema_unref(back);
    free(described);
    free(bytes);
}

/* The bytes where a provider keeps our meta. */
static void check_stored(struct ov_str text)
{
    static const struct ov_field key = {
        .size = sizeof(key), .type = OV_TEXT, .flags = OV_FIELD_KEY, .name = { "id", 2 }
    };
    static const struct ov_field *const fields[] = { &key };
    struct ov_schema stored = {
        .size = sizeof(stored), .n_fields = 1, .fields = fields, .name = { "c", 1 }
    };
    const struct schema *schema = NULL;
    struct ov_error err = OV_ERROR_INIT;
    int32_t code;

    stored.meta = text;
    code = schema_of_provider(&stored, &schema, &err);
    need(code == OV_OK || code == OV_CORRUPT, "stored", err.message);
    schema_unref(schema);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ov_settings settings = { .size = sizeof(settings), .metric = OV_IP };
    struct ov_str text = { (const char *)data, size };
    struct ov_error err = OV_ERROR_INIT;
    const struct schema *schema = NULL;
    struct ov_doc *doc = NULL;
    int32_t code;

    if (arena == NULL)
        arena = ov_arena_new();
    ov_arena_reset(arena);
    check_stored(text);
    if (ov_doc_parse(arena, text, &doc, &err) != OV_OK) {
        need(err.code == OV_INVALID && err.message[0] != '\0' && err.where[0] != '\0',
             "json", "refused without a word");
        return 0;
    }
    check_json(doc);
    code = schema_of_meta("c", doc, ov_doc_get(doc, "Indexes"), &settings, &schema, &err);
    if (code != OV_OK) {
        need(err.code == code && err.message[0] != '\0', "schema",
             "refused without a word");
        return 0;
    }
    plant(schema);
    check_round(schema);
    schema_unref(schema);
    return 0;
}
