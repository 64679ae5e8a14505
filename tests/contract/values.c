/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values.c - values to write and to ask for, from small pools so that they meet again.
 */
#include "generate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PICK(world, pool) pool[g_below(world, (int)(sizeof(pool) / sizeof(pool[0])))]

static json_t *long_text(const char *piece, size_t bytes)
{
    size_t n = strlen(piece), times = bytes / n + 1;
    char *text = malloc(n * times);
    json_t *out;

    for (size_t i = 0; i < times; i++)
        memcpy(text + i * n, piece, n);
    out = json_stringn(text, n * times);
    free(text);
    return out;
}

json_t *g_text(struct world *world)
{
    static const char *const common[] = { "",      "a",     "ab",      "abc",
                                          "alpha", "Alpha", "beta",    "gamma",
                                          "7",     "-7",    "lang=en", "team=a" };
    static const char *const odd[] = { "012",
                                       "true",
                                       "1",
                                       "0",
                                       "a;b",
                                       ";",
                                       "%",
                                       "_",
                                       "a%b",
                                       "a_b",
                                       "\\",
                                       "a\\b",
                                       "'quoted'",
                                       "\"double\"",
                                       "a'; DROP TABLE c; --",
                                       "two\nlines",
                                       "tab\there",
                                       " blanks ",
                                       "\u03b2\u03ad\u03c4\u03b1",
                                       "\u65e5\u672c\u8a9e",
                                       "caf\u00e9",
                                       "cafe\u0301",
                                       "\U0001F98A fox",
                                       "z\u00e4",
                                       "Z",
                                       "{\"json\": [1]}",
                                       "NULL",
                                       "a b c d e f g",
                                       "$1",
                                       "\x7f",
                                       "\u2028",
                                       "aaaaaaaaab" };

    if (g_chance(world, 70))
        return json_string(PICK(world, common));
    if (world->huge && g_chance(world, 2))
        return long_text(g_chance(world, 50) ? "a page of text; " : "\u65e5\u672c\u8a9e",
                         (size_t)(100000 + g_below(world, 400000)));
    if (g_chance(world, 3))
        return long_text(g_chance(world, 50) ? "long text, " : "\u00fcber ",
                         (size_t)(1000 + g_below(world, 12000)));
    return json_string(PICK(world, odd));
}

static int64_t an_int(struct world *world)
{
    static const int64_t odd[] = { INT64_MAX,
                                   INT64_MIN,
                                   INT64_MAX - 1,
                                   INT64_MIN + 1,
                                   INT64_C(1) << 53,
                                   (INT64_C(1) << 53) + 1,
                                   -(INT64_C(1) << 53) - 1,
                                   2147483648,
                                   -2147483649,
                                   1000000,
                                   -100 };

    if (g_chance(world, 80))
        return g_below(world, 12) - 2;
    return PICK(world, odd);
}

static double a_real(struct world *world)
{
    static const double odd[] = { 0.1,      0.30000000000000004,
                                  16777217, 1e300,
                                  -1e300,   1e-300,
                                  5e-324,   -0.0,
                                  1e15,     123456789.125,
                                  3.0,      2.5e-8,
                                  -0.00001, 1.7976931348623157e308 };

    if (g_chance(world, 75))
        return (double)(g_below(world, 9) - 3) / 2;
    return PICK(world, odd);
}

static const char *a_path(struct world *world)
{
    static const char *const common[] = { "/docs",
                                          "/docs/guide",
                                          "/docs/guide/ch1.md",
                                          "/docs/guide/ch1/sec.md",
                                          "/docs2/x.md",
                                          "/",
                                          "",
                                          "/a",
                                          "/a/b",
                                          "/a/b/c/d/e/f" };
    static const char *const odd[] = { "docs",
                                       "/docs//guide/extra/",
                                       "//",
                                       "/docs/../a",
                                       "/./docs",
                                       "/Docs",
                                       "/docs%",
                                       "/docs_",
                                       "/docs/%",
                                       "/docs/a b",
                                       "/docs-1",
                                       "/docs.md",
                                       "/docs0",
                                       "/d\u00f6cs/\u65e5\u672c",
                                       "/docs/\U0001F98A",
                                       "/docs/'x'",
                                       "/docs\\x",
                                       "/docs/guide/",
                                       "/user/u1/memories",
                                       "/docs/~" };

    return g_chance(world, 70) ? PICK(world, common) : PICK(world, odd);
}

static const char *a_date(struct world *world)
{
    static const char *const common[] = {
        "2026-03-01T00:00:00Z",      "2026-03-01T09:00:00+09:00",
        "2026-03-02T00:00:00Z",      "2026-03-03T12:30:00.250Z",
        "2026-02-28T19:00:00-05:00", "2026-01-02T03:04:05.678Z"
    };
    static const char *const odd[] = { "2026-03-01",
                                       "20260301T000000Z",
                                       "2026-03-01 00:00",
                                       "2026-03-01T00:00:00.001Z",
                                       "2026-03-01T00:00:00,5+00:00",
                                       "2026-03-01T00:00:00.123456Z",
                                       "2026-W09-7T00:00:00Z",
                                       "2026W101",
                                       "2024-02-29T23:59:59.999Z",
                                       "1969-12-31T23:59:59.999Z",
                                       "1970-01-01T00:00:00Z",
                                       "0001-01-02T00:00:00Z",
                                       "9999-12-30T23:59:59.999Z",
                                       "2026-03-01T05:30:00+05:30:00",
                                       " 2026-03-01T00:00:00Z " };

    return g_chance(world, 70) ? PICK(world, common) : PICK(world, odd);
}

static const char *a_place(struct world *world)
{
    static const char *const pool[] = { "2.35,48.85", "2.36,48.85",   "179.95,0",
                                        "-179.95,0",  "0,0",          "180,90",
                                        "-180,-90",   "2.35 , 48.85", " 1,-1 ",
                                        "1e1,2.5",    "-0.5,0.25",    "2.3501,48.8502" };

    return PICK(world, pool);
}

static json_t *a_list(struct world *world, int ints)
{
    json_t *list = json_array();
    int n = g_below(world, 4);

    for (int i = 0; i < n; i++)
        json_array_append_new(list, ints ? json_integer(an_int(world)) : g_text(world));
    return list;
}

static json_t *a_bool(struct world *world)
{
    return json_boolean(g_chance(world, 50));
}

json_t *g_value(struct world *world, enum g_kind kind)
{
    switch (kind) {
    case G_INT64:
        return json_integer(an_int(world));
    case G_FLOAT32:
        return json_real(a_real(world));
    case G_BOOL:
        return a_bool(world);
    case G_STRINGS:
        return a_list(world, 0);
    case G_INT64S:
        return a_list(world, 1);
    case G_PATH:
        return json_string(a_path(world));
    case G_DATE:
        return json_string(g_chance(world, 15) ? "" : a_date(world));
    case G_GEO:
        return json_string(g_chance(world, 15) ? "" : a_place(world));
    case G_VIDEO:
        return json_pack("{s:s,s:[i,i]}", "uri", a_path(world), "size", g_below(world, 9),
                         2);
    case G_STRING:
    case G_TEXT:
    case G_IMAGE:
        break;
    }
    return g_text(world);
}

json_t *g_key_value(struct world *world)
{
    static const char *const odd[] = {
        "7",          "-7",  "007", "\u043a\u043b\u044e\u0447",
        "a b",        "a'b", "A",   "a",
        "%",          "_",   "Z",   "z\u00e4",
        "\U0001F98A", "\\"
    };
    char text[32];

    if (world->int_key)
        return json_integer(g_chance(world, 85) ? g_below(world, world->keys)
                                                : an_int(world));
    if (g_chance(world, 80)) {
        snprintf(text, sizeof(text), "k%02d", g_below(world, world->keys));
        return json_string(text);
    }
    if (g_chance(world, 5))
        return long_text(g_chance(world, 50) ? "key/" : "kez/", 2500);
    return json_string(PICK(world, odd));
}

json_t *g_vector(struct world *world)
{
    static const double odd[] = { 1e15, -1e15, 1e-20, 1e8, 0.1, -1e-7 };
    json_t *list = json_array();
    int zero = g_chance(world, 8), plain = g_chance(world, 60);
    int scaled = g_chance(world, 5);

    for (int i = 0; i < world->dim; i++) {
        double x = 0;
        if (!zero)
            x = plain    ? (double)(g_below(world, 7) - 3) / 2
                : scaled ? PICK(world, odd)
                         : g_real(world, -1, 1);
        json_array_append_new(list, json_real((double)(float)x));
    }
    return list;
}

json_t *g_terms(struct world *world)
{
    static const char *const terms[] = { "fox", "dog", "cat", "\u65e5\u672c", "Fox",
                                         "a b", "'",   "zzz", "{}:1/2",       "fo" };
    json_t *object = json_object();
    int n = g_below(world, 5);

    for (int i = 0; i < n; i++)
        json_object_set_new(object, PICK(world, terms),
                            json_real((double)(float)g_real(world, -1, 3)));
    return object;
}

/* Another spelling of the same value, as contract 2.1 takes it. */
static json_t *respelled(struct world *world, enum g_kind kind, json_t *value)
{
    char text[64];
    json_t *out = NULL;

    if (kind == G_INT64 && g_chance(world, 50)) {
        snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));
        out = json_string(text);
    } else if (kind == G_INT64 && json_integer_value(value) / 1000 == 0) {
        out = json_real((double)json_integer_value(value));
    } else if (kind == G_BOOL) {
        out = g_chance(world, 50) ? json_string(json_is_true(value) ? "yes" : "no")
                                  : json_integer(json_is_true(value));
    } else if (kind == G_STRINGS && json_array_size(value) > 0) {
        out = json_string("x;lang=en;;y z");
    } else if (kind == G_FLOAT32 && fabs(json_real_value(value)) < 10) {
        out = json_integer((json_int_t)json_real_value(value));
    }
    if (out == NULL)
        return value;
    json_decref(value);
    return out;
}

json_t *g_record(struct world *world, int partial)
{
    json_t *record = json_object();

    json_object_set_new(record, world->key, g_key_value(world));
    if (!partial || g_chance(world, 30))
        json_object_set_new(record, "vector", g_vector(world));
    if (world->sparse && g_chance(world, partial ? 30 : 70))
        json_object_set_new(record, "sparse_vector", g_terms(world));
    for (int i = 0; i < world->n_fields; i++) {
        const struct g_field *field = &world->fields[i];
        int needed = !partial && (field->kind == G_IMAGE || field->kind == G_VIDEO);
        json_t *value;

        if (!needed && !g_chance(world, partial ? 30 : 75))
            continue;
        value = g_value(world, field->kind);
        if (g_chance(world, 10))
            value = respelled(world, field->kind, value);
        if (field->kind == G_PATH && g_chance(world, 10) &&
            strcmp(field->name, "uri") == 0) {
            json_decref(value);
            value = json_string(g_chance(world, 50) ? "viking://docs/guide/"
                                                    : " viking://a/b");
        }
        json_object_set_new(record, field->name, value);
    }
    return record;
}

void g_spoil(struct world *world, json_t *record)
{
    json_t *vector = json_object_get(record, "vector");
    const struct g_field *field;

    switch (g_below(world, 7)) {
    case 0:
        json_object_set_new(record, "no_such_field", json_integer(1));
        break;
    case 1:
        json_object_del(record, world->key);
        break;
    case 2:
        if (vector != NULL)
            json_array_append_new(vector, json_real(1));
        else
            json_object_set_new(record, "vector", json_pack("[f]", 1.));
        break;
    case 3:
        json_object_set_new(record, "vector", json_null());
        break;
    case 4:
        if (vector != NULL)
            json_array_set_new(vector, 0, json_string("$nan"));
        else
            json_object_set_new(record, world->key, json_null());
        break;
    default:
        field = &world->fields[g_below(world, world->n_fields)];
        json_object_set_new(record, field->name,
                            field->kind == G_VIDEO ? json_string("no object")
                            : g_chance(world, 50)  ? json_null()
                                                   : json_object());
        break;
    }
}
