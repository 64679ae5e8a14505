/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a filter on collection D1: refused with an error, or a tree that keeps
 * every promise of ov/filter.h, alone, within an AND as a tenant's filter stands, and
 * shown and matched against an empty record.
 */
#include "filter.h"
#include "schema.h"

#include <ov/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char meta[] =
    "{\"Fields\":[{\"FieldName\":\"id\",\"FieldType\":\"string\",\"IsPrimaryKey\":true},"
    "{\"FieldName\":\"vector\",\"FieldType\":\"vector\",\"Dim\":4},"
    "{\"FieldName\":\"uri\",\"FieldType\":\"path\"},"
    "{\"FieldName\":\"s\",\"FieldType\":\"string\"},"
    "{\"FieldName\":\"i\",\"FieldType\":\"int64\"},"
    "{\"FieldName\":\"f\",\"FieldType\":\"float32\"},"
    "{\"FieldName\":\"b\",\"FieldType\":\"bool\"},"
    "{\"FieldName\":\"ls\",\"FieldType\":\"list<string>\"},"
    "{\"FieldName\":\"li\",\"FieldType\":\"list<int64>\"},"
    "{\"FieldName\":\"d\",\"FieldType\":\"date_time\"},"
    "{\"FieldName\":\"g\",\"FieldType\":\"geo_point\"}]}";

static const struct schema *schema;
static struct ov_arena *arena;

static void need(int holds, const char *what, const char *why)
{
    if (holds)
        return;
    fprintf(stderr, "%s: %s\n", what, why);
    abort();
}

static void prepare(void)
{
    struct ov_settings settings = { .size = sizeof(settings), .metric = OV_IP };
    struct ov_error err = OV_ERROR_INIT;
    struct ov_doc *doc = NULL;

    if (schema != NULL)
        return;
    setenv("TZ", "UTC", 1);
    arena = ov_arena_new();
    need(ov_doc_parse(arena, ov_str_of(meta), &doc, &err) == OV_OK, "meta", err.message);
    need(schema_of_meta("D1", doc, NULL, &settings, &schema, &err) == OV_OK, "schema",
         err.message);
}

#ifdef CANARY
/* A fault behind the whole compiler: more levels than any seed asks for. */
static void plant(const struct filter *filter)
{
    uint32_t i;

    for (i = 0; i < filter->ov.n_nodes; i++)
        if (filter->ov.nodes[i].op == OV_PATH && filter->ov.nodes[i].arg >= 3) {
            fprintf(stderr, "CANARY\n");
            abort();
        }
}
#else
static void plant(const struct filter *filter)
{
    (void)filter;
}
#endif

/* The record that nobody wrote anything into: every field its fill. */
static void match_empty(const struct filter *filter)
{
    struct ov_cell cells[64];
    struct ov_matcher *matcher = NULL;
    struct ov_error err = OV_ERROR_INIT;
    uint32_t i;
    int matches;

    need(schema->ov->n_fields <= 64, "fields", "too many");
    for (i = 0; i < schema->ov->n_fields; i++)
        cells[i] = ov_fill_cell(schema->ov->fields[i]);
    need(ov_matcher_new(schema->ov, &filter->ov, &matcher, &err) == OV_OK, "matcher",
         err.message);
    matches = ov_matcher_match(matcher, cells);
    need(matches == 0 || matches == 1, "match", "neither true nor false");
    ov_matcher_free(matcher);
}

/* What was accepted keeps its promises. */
static void check(const struct filter *filter)
{
    const struct ov_doc *shown = NULL;
    struct ov_error err = OV_ERROR_INIT;
    char *text = NULL;
    size_t n = 0;

    if (filter->kind == FILTER_SOME) {
        need(ov_filter_check(schema->ov, &filter->ov, &err) == OV_OK, "check",
             err.message);
        match_empty(filter);
        plant(filter);
    }
    need(filter_show(schema, filter, arena, &shown, &err) == OV_OK, "show", err.message);
    need(ov_doc_print(shown, &text, &n, &err) == OV_OK, "print", err.message);
    free(text);
}

/* The same below an AND with a tenant's condition: never wider than that. */
static void check_tenant(const struct ov_doc *doc, int32_t alone)
{
    static const char tenant[] =
        "{\"op\":\"must\",\"field\":\"s\",\"conds\":[\"a tenant of its own\"]}";
    struct ov_doc *outer = ov_doc_object(arena), *conds = ov_doc_list(arena), *own = NULL;
    struct filter filter;
    struct ov_error err = OV_ERROR_INIT;
    int32_t code;

    need(ov_doc_parse(arena, ov_str_of(tenant), &own, &err) == OV_OK, "tenant", "");
    (void)ov_doc_append(arena, conds, own);
    (void)ov_doc_append(arena, conds, doc);
    (void)ov_doc_set(arena, outer, ov_str_of("op"), ov_doc_text(arena, ov_str_of("and")));
    (void)ov_doc_set(arena, outer, ov_str_of("conds"), conds);
    code = filter_compile(schema, outer, arena, &filter, &err);
    if (alone != OV_OK)
        need(code != OV_OK, "tenant", "a broken filter is taken below an AND");
    if (code != OV_OK)
        return;
    need(filter.kind != FILTER_ALL, "tenant", "the condition is lost");
    need(filter.kind == FILTER_NONE || filter.ov.nodes[0].op == OV_AND ||
             filter.ov.nodes[0].op == OV_IN,
         "tenant", "the condition is not on top");
    check(&filter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ov_str text = { (const char *)data, size };
    struct ov_error err = OV_ERROR_INIT;
    struct ov_doc *doc = NULL;
    struct filter filter;
    int32_t code;

    prepare();
    ov_arena_reset(arena);
    if (ov_doc_parse(arena, text, &doc, &err) != OV_OK) {
        need(err.code == OV_INVALID && err.message[0] != '\0' && err.where[0] != '\0',
             "json", "refused without a word");
        return 0;
    }
    code = filter_compile(schema, doc, arena, &filter, &err);
    if (code == OV_OK)
        check(&filter);
    else
        need(err.code == code && err.message[0] != '\0', "filter",
             "refused without a word");
    check_tenant(doc, code);
    return 0;
}
