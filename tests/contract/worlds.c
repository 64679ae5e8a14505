/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worlds.c - a schema, and the steps on it.
 */
#include "generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PICK(world, pool) pool[g_below(world, (int)(sizeof(pool) / sizeof(pool[0])))]

static const char *const kind_names[] = {
    "int64", "float32", "string",    "bool",      "list<string>", "list<int64>",
    "text",  "path",    "date_time", "geo_point", "image",        "video"
};

/* Names that some database or other gives a meaning to. */
static const char *const odd_names[] = {
    "select", "order", "ctid",  "xmin",  "rowid",     "oid",     "Count", "tableoid",
    "user",   "key",   "score", "query", "\u00f1ame", "\u6570",  "Name",  "name",
    "NAME",   "value", "limit", "rank",  "meta",      "expires", "data",  "_rowid"
};

static int name_taken(const struct world *world, const char *name)
{
    for (int i = 0; i < world->n_fields; i++)
        if (strcmp(world->fields[i].name, name) == 0)
            return 1;
    return strcmp(world->key, name) == 0;
}

static void name_field(struct world *world, struct g_field *field)
{
    int which = g_below(world, 100);

    if (field->kind == G_PATH && !name_taken(world, "uri") && which < 60)
        snprintf(field->name, sizeof(field->name), "uri");
    else if (which < 25)
        snprintf(field->name, sizeof(field->name), "%s", PICK(world, odd_names) + 0);
    else if (which < 28)
        snprintf(field->name, sizeof(field->name), "%c%.*s", 'a' + g_below(world, 26),
                 120,
                 "long_name_of_a_field_that_goes_on_and_on_and_on_and_on_until_it_is_"
                 "cut_somewhere_by_a_database_that_likes_short_names_better");
    else
        snprintf(field->name, sizeof(field->name), "f%d", world->n_fields);
    if (*field->name == '_' || name_taken(world, field->name))
        snprintf(field->name, sizeof(field->name), "f%d", world->n_fields);
}

static void add_field(struct world *world, int appended)
{
    static const enum g_kind usual[] = { G_INT64,  G_INT64, G_FLOAT32, G_STRING,
                                         G_STRING, G_BOOL,  G_STRINGS, G_INT64S,
                                         G_TEXT,   G_PATH,  G_PATH,    G_DATE,
                                         G_DATE,   G_GEO,   G_GEO };
    struct g_field *field = &world->fields[world->n_fields];

    field->kind = PICK(world, usual);
    if (!appended && g_chance(world, 3))
        field->kind = g_chance(world, 50) ? G_IMAGE : G_VIDEO;
    name_field(world, field);
    field->has_default = field->kind <= G_BOOL && g_chance(world, 25);
    world->n_fields++;
}

/* Other processes have other names on the same server. */
static void name_collection(struct world *world)
{
    static const char *const names[] = { "a name, with \"quotes\" %s",
                                         "\u65e5\u672c 'x'; --",
                                         "a/b\\c",
                                         "UPPER",
                                         "..",
                                         "pg_class" };
    const char *process = getenv("OV_TEST_COLLECTION");

    snprintf(world->collection, sizeof(world->collection), "%s %s", PICK(world, names),
             process != NULL ? process : "c");
}

void g_world(struct world *world, uint64_t seed)
{
    static const int dims[] = { 4, 4, 8, 8, 16, 32, 64 };

    memset(world, 0, sizeof(*world));
    world->seed = seed;
    world->state = seed * UINT64_C(0x2545F4914F6CDD1D) + 1;
    world->int_key = g_chance(world, 25);
    snprintf(world->key, sizeof(world->key), "%s", g_chance(world, 80) ? "id" : "Key_1");
    world->dim = PICK(world, dims);
    world->sparse = g_chance(world, 60);
    world->ttl = g_chance(world, 30);
    world->keys = g_chance(world, 10) ? 400 : 30;
    world->least = world->keys > 30 ? 150 : 12;
    world->huge = g_chance(world, 4);
    if (g_chance(world, 15))
        name_collection(world);
    world->now_us = INT64_C(1772323200000000);
    for (int n = 1 + g_below(world, 9); n > 0; n--)
        add_field(world, 0);
}

static json_t *field_meta(struct world *world, const struct g_field *field)
{
    json_t *meta = json_pack("{s:s,s:s}", "FieldName", field->name, "FieldType",
                             kind_names[field->kind]);

    if (field->has_default)
        json_object_set_new(meta, "DefaultValue", g_value(world, field->kind));
    return meta;
}

static json_t *index_meta(struct world *world, const char *name)
{
    static const char *const metrics[] = { "ip", "l2", "cosine" };
    static const double alphas[] = { 0.25, 0.5, 1, 0, 0.9, 1.5 };
    int hybrid = world->sparse && g_chance(world, 60);
    json_t *vector = json_pack("{s:s,s:s}", "IndexType", hybrid ? "flat_hybrid" : "flat",
                               "Distance", PICK(world, metrics));
    json_t *scalars = json_array();

    if (hybrid) {
        json_object_set_new(vector, "EnableSparse", json_true());
        json_object_set_new(vector, "SearchWithSparseLogitAlpha",
                            json_real(PICK(world, alphas)));
    }
    for (int i = 0; i < world->n_fields; i++)
        if (g_chance(world, 40))
            json_array_append_new(scalars, json_string(world->fields[i].name));
    return json_pack("{s:s,s:o,s:o}", "IndexName", name, "VectorIndex", vector,
                     "ScalarIndex", scalars);
}

static json_t *in_collection(struct world *world, json_t *step)
{
    if (*world->collection != '\0')
        json_object_set_new(step, "collection", json_string(world->collection));
    return step;
}

json_t *g_drop(struct world *world)
{
    return in_collection(world, json_pack("{s:s}", "do", "drop"));
}

json_t *g_create(struct world *world)
{
    json_t *fields = json_array(), *indexes = json_array();
    int n = 1 + g_below(world, 3);

    json_array_append_new(
        fields, json_pack("{s:s,s:s,s:b}", "FieldName", world->key, "FieldType",
                          world->int_key ? "int64" : "string", "IsPrimaryKey", 1));
    for (int i = 0; i < world->n_fields; i++)
        json_array_append_new(fields, field_meta(world, &world->fields[i]));
    json_array_insert_new(fields, (size_t)g_below(world, 1 + world->n_fields) + 1,
                          json_pack("{s:s,s:s,s:i}", "FieldName", "vector", "FieldType",
                                    "vector", "Dim", world->dim));
    if (world->sparse)
        json_array_append_new(fields, json_pack("{s:s,s:s}", "FieldName", "sparse_vector",
                                                "FieldType", "sparse_vector"));
    for (int i = 0; i < n; i++) {
        snprintf(world->indexes[i], sizeof(world->indexes[i]), "%s",
                 i == 0   ? "default"
                 : i == 1 ? "Second"
                          : "third_index");
        json_array_append_new(indexes, index_meta(world, world->indexes[i]));
    }
    world->n_indexes = n;
    return in_collection(world,
                         json_pack("{s:s,s:{s:o,s:[]},s:o}", "do", "create", "meta",
                                   "Fields", fields, "ScalarIndex", "indexes", indexes));
}

/* ----------------------------------------------------------------------- steps */

static json_t *a_step(struct world *world, const char *verb)
{
    world->now_us += 1000000;
    return in_collection(
        world, json_pack("{s:s,s:I}", "do", verb, "now_us", (json_int_t)world->now_us));
}

/* Texts that are no filter at all. */
static const char *const no_json[] = { "",
                                       "{",
                                       "{\"op\":}",
                                       "[1,2",
                                       "{} {}",
                                       "nul",
                                       "{\"op\":\"must\",\"op\":\"must\"}",
                                       "{\"field\":\"\\ud800\"}",
                                       "\"\\u0000\"" };

static void add_filter(struct world *world, json_t *step, int percent)
{
    int broken;

    if (g_chance(world, 1)) {
        json_object_set_new(step, "filter_text", json_string(PICK(world, no_json)));
        return;
    }
    if (g_chance(world, percent))
        json_object_set_new(step, "filter",
                            g_filter(world, 1 + g_below(world, 6), &broken));
    else if (g_chance(world, 20))
        json_object_set_new(step, "filter",
                            g_chance(world, 50) ? json_object() : json_null());
}

static void add_fields(struct world *world, json_t *step)
{
    json_t *fields;

    if (g_chance(world, 30))
        return;
    fields = json_array();
    for (int i = 0; i < world->n_fields; i++)
        if (g_chance(world, 30))
            json_array_append_new(fields, json_string(world->fields[i].name));
    if (g_chance(world, 20))
        json_array_append_new(fields, json_string("vector"));
    if (g_chance(world, 20))
        json_array_append_new(fields, json_string(world->key));
    if (g_chance(world, 10))
        json_array_append_new(fields, json_string("unknown_name"));
    if (g_chance(world, 10) && world->sparse)
        json_array_append_new(fields, json_string("sparse_vector"));
    json_object_set_new(step, "fields", fields);
}

static json_t *a_search(struct world *world)
{
    json_t *step = a_step(world, "search");
    int which = g_below(world, 100);

    json_object_set_new(step, "index",
                        json_string(g_chance(world, 98)
                                        ? world->indexes[g_below(world, world->n_indexes)]
                                        : "no_such_index"));
    if (which < 92)
        json_object_set_new(step, "dense", g_vector(world));
    if (which >= 55)
        json_object_set_new(step, "sparse", g_terms(world));
    if (g_chance(world, 2))
        json_array_append_new(json_object_get(step, "dense"), json_real(1));
    add_filter(world, step, 65);
    add_fields(world, step);
    json_object_set_new(step, "limit",
                        json_integer(g_chance(world, 60)   ? 1 + g_below(world, 12)
                                     : g_chance(world, 90) ? 1000
                                                           : g_below(world, 3) - 1));
    if (g_chance(world, 20))
        json_object_set_new(step, "offset", json_integer(g_below(world, 15)));
    if (g_chance(world, 20))
        json_object_set_new(step, "exact", json_false());
    return step;
}

/* Nobody promises the order of videos. */
static const char *an_order(struct world *world)
{
    const struct g_field *field = &world->fields[g_below(world, world->n_fields)];

    return field->kind == G_VIDEO || g_chance(world, 10) ? world->key : field->name;
}

static json_t *a_scan(struct world *world)
{
    int walks = g_chance(world, 25);
    json_t *step = a_step(world, walks ? "walk" : "scan");

    if (g_chance(world, 60))
        json_object_set_new(step, "order", json_string(an_order(world)));
    if (g_chance(world, 50))
        json_object_set_new(step, "descending", json_true());
    add_filter(world, step, 60);
    add_fields(world, step);
    if (walks) {
        json_object_set_new(step, "page", json_integer(1 + g_below(world, 7)));
        return step;
    }
    if (g_chance(world, 60))
        json_object_set_new(step, "limit", json_integer(g_below(world, 15)));
    if (g_chance(world, 30))
        json_object_set_new(step, "offset", json_integer(g_below(world, 15)));
    return step;
}

static json_t *some_keys(struct world *world)
{
    json_t *keys = json_array();

    for (int n = g_below(world, 6); n > 0; n--)
        json_array_append_new(keys, g_key_value(world));
    return keys;
}

static json_t *a_fetch(struct world *world)
{
    json_t *step = a_step(world, "fetch");

    json_object_set_new(step, "keys", some_keys(world));
    add_fields(world, step);
    return step;
}

static json_t *a_group(struct world *world)
{
    json_t *step = a_step(world, "groups");

    json_object_set_new(step, "field", json_string(an_order(world)));
    add_filter(world, step, 50);
    return step;
}

static json_t *a_write(struct world *world, int update)
{
    json_t *step = a_step(world, update ? "update" : "upsert"), *records = json_array();
    int n = update ? 1 + g_below(world, 2) : 1 + g_below(world, world->least);
    json_t *ttl = json_array();

    for (int i = 0; i < n; i++) {
        json_array_append_new(records, g_record(world, update));
        json_array_append_new(
            ttl, json_integer(g_chance(world, 30) ? 1 + g_below(world, 30) : 0));
    }
    if (g_chance(world, 8))
        g_spoil(world, json_array_get(records, (size_t)g_below(world, n)));
    json_object_set_new(step, "records", records);
    if (!update && world->ttl && g_chance(world, 50))
        json_object_set_new(step, "ttl", ttl);
    else
        json_decref(ttl);
    return step;
}

static const char *const bad_fields[] = {
    "[{\"FieldName\":\"v\",\"FieldType\":\"vector\",\"Dim\":3}]",
    "[{\"FieldName\":\"v\",\"FieldType\":\"vector\",\"Dim\":8192}]",
    "[{\"FieldName\":\"v\",\"FieldType\":\"vector\"}]",
    "[{\"FieldName\":\"a\",\"FieldType\":\"string\",\"IsPrimaryKey\":true},"
    "{\"FieldName\":\"b\",\"FieldType\":\"int64\",\"IsPrimaryKey\":true}]",
    "[{\"FieldName\":\"a\",\"FieldType\":\"float32\",\"IsPrimaryKey\":true}]",
    "[{\"FieldName\":\"a\",\"FieldType\":\"string\"},"
    "{\"FieldName\":\"a\",\"FieldType\":\"int64\"}]",
    "[{\"FieldName\":\"a\",\"FieldType\":\"varchar\"}]",
    "[{\"FieldName\":\"1a\",\"FieldType\":\"string\"}]",
    "[{\"FieldName\":\"a b\",\"FieldType\":\"string\"}]",
    "[{\"FieldType\":\"string\"}]"
};

/* A schema that is refused, for a collection that is not there. */
static json_t *a_bad_schema(struct world *world)
{
    json_t *fields = json_loads(PICK(world, bad_fields), 0, NULL);

    return json_pack("{s:s,s:s,s:{s:o},s:[]}", "do", "create", "collection",
                     "never_there", "meta", "Fields", fields, "indexes");
}

/* The collection once more: some of its fields, perhaps a new one, perhaps an index, new
 * or of another metric (refused, and then nothing may have changed). */
static json_t *a_second_create(struct world *world)
{
    json_t *fields = json_array(), *indexes = json_array(), *index;

    json_array_append_new(
        fields, json_pack("{s:s,s:s,s:b}", "FieldName", world->key, "FieldType",
                          world->int_key ? "int64" : "string", "IsPrimaryKey", 1));
    json_array_append_new(fields, json_pack("{s:s,s:s,s:i}", "FieldName", "vector",
                                            "FieldType", "vector", "Dim", world->dim));
    if (world->sparse)
        json_array_append_new(fields, json_pack("{s:s,s:s}", "FieldName", "sparse_vector",
                                                "FieldType", "sparse_vector"));
    for (int i = 0; i < world->n_fields; i++)
        if (!world->fields[i].has_default && g_chance(world, 50))
            json_array_append_new(fields, field_meta(world, &world->fields[i]));
    if (g_chance(world, 60)) {
        index = index_meta(world, g_chance(world, 50) ? "default" : "fourth");
        json_object_set_new(index, "ScalarIndex", json_array());
        json_array_append_new(indexes, index);
    }
    return in_collection(world,
                         json_pack("{s:s,s:{s:o,s:[]},s:o}", "do", "create", "meta",
                                   "Fields", fields, "ScalarIndex", "indexes", indexes));
}

static json_t *a_bulk_scope(struct world *world)
{
    if (world->bulk > 0 && g_chance(world, 60)) {
        world->bulk--;
        return a_step(world, "bulk_end");
    }
    if (world->bulk == 0 && g_chance(world, 20))
        return a_step(world, "bulk_end"); /* refused */
    world->bulk++;
    return a_step(world, "bulk_begin");
}

static json_t *a_change_of_schema(struct world *world)
{
    json_t *step;

    if (g_chance(world, 40) && world->n_added < 3 && world->n_fields < MAX_FIELDS - 1) {
        step = a_step(world, "alter");
        add_field(world, 1);
        world->n_added++;
        json_object_set_new(
            step, "fields",
            json_pack("[o]", field_meta(world, &world->fields[world->n_fields - 1])));
        return step;
    }
    if (g_chance(world, 30)) {
        step = a_step(world, "alter");
        json_object_set_new(step, "description", g_text(world));
        return step;
    }
    if (g_chance(world, 20))
        return a_step(world, "meta");
    if (g_chance(world, 20))
        return a_bad_schema(world);
    if (g_chance(world, 25))
        return a_second_create(world);
    if (g_chance(world, 15)) {
        step = a_step(world, "index_drop");
        json_object_set_new(step, "name",
                            json_string(g_chance(world, 60) ? "third_index" : "nothing"));
        return step;
    }
    if (g_chance(world, 30))
        return a_step(world, "index_list");
    step = a_step(world, "index_put");
    json_object_set_new(
        step, "meta",
        index_meta(world, world->indexes[g_below(world, world->n_indexes)]));
    return step;
}

static json_t *a_delete(struct world *world)
{
    json_t *step;
    int broken;

    if (g_chance(world, 50)) {
        step = a_step(world, "remove");
        json_object_set_new(step, "keys", some_keys(world));
        return step;
    }
    step = a_step(world, "remove_where");
    if (!g_chance(world, 5))
        json_object_set_new(step, "filter",
                            g_filter(world, 1 + g_below(world, 5), &broken));
    return step;
}

static json_t *a_count(struct world *world)
{
    json_t *step = a_step(world, "count");

    add_filter(world, step, 90);
    return step;
}

json_t *g_step(struct world *world, int64_t records)
{
    int which = g_below(world, 1000);

    if (records < world->least || which < 70)
        return a_write(world, 0);
    if (which < 110)
        return a_write(world, 1);
    if (which < 160)
        return a_delete(world);
    if (which < 163)
        return a_step(world, "truncate");
    if (which < 180)
        return a_change_of_schema(world);
    if (which < 183) {
        world->bulk = 0; /* closing ends them */
        return a_step(world, "reopen");
    }
    if (which < 187)
        return a_bulk_scope(world);
    if (which < 250)
        return a_fetch(world);
    if (which < 300)
        return a_group(world);
    if (which < 480)
        return a_count(world);
    if (which < 720)
        return a_scan(world);
    return a_search(world);
}
