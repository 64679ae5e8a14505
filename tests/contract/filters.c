/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filters.c - filters of every operator, in right spellings and now and then a wrong one.
 */
#include "generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PICK(world, pool) pool[g_below(world, (int)(sizeof(pool) / sizeof(pool[0])))]

static const struct g_field *a_field(struct world *world)
{
    return &world->fields[g_below(world, world->n_fields)];
}

/* One whose kind is among these, if there is one; else any. */
static const struct g_field *field_of(struct world *world, unsigned kinds)
{
    int from = g_below(world, world->n_fields);

    for (int i = 0; i < world->n_fields; i++) {
        const struct g_field *field = &world->fields[(from + i) % world->n_fields];
        if (kinds & 1u << field->kind)
            return field;
    }
    return a_field(world);
}

static json_t *node(const char *op, const struct g_field *field)
{
    return json_pack("{s:s,s:s}", "op", op, "field", field->name);
}

/* What a condition of this field is made of. */
static enum g_kind kind_of_cond(enum g_kind kind)
{
    switch (kind) {
    case G_INT64S:
        return G_INT64;
    case G_STRINGS:
    case G_IMAGE:
    case G_GEO:
    case G_VIDEO:
    case G_TEXT:
        return G_STRING;
    case G_INT64:
    case G_FLOAT32:
    case G_STRING:
    case G_BOOL:
    case G_PATH:
    case G_DATE:
        break;
    }
    return kind;
}

static json_t *a_date_cond(struct world *world)
{
    json_t *date = g_value(world, G_DATE);

    if (*json_string_value(date) != '\0')
        return date;
    json_decref(date);
    return json_integer(1772323200000 + (g_below(world, 3) - 1) * 86400000);
}

/* All of one JSON type, so that they never mix texts and numbers. */
static json_t *conditions(struct world *world, enum g_kind kind)
{
    static const json_int_t ints[] = { 0, 1, 7, -7, 12, 2 };
    json_t *conds = json_array();
    int n = g_chance(world, 5) ? 0 : 1 + g_below(world, g_chance(world, 5) ? 40 : 4);
    int style = g_below(world, 100);

    kind = kind_of_cond(kind);
    for (int i = 0; i < n; i++) {
        json_t *one;
        char text[40];
        if (kind == G_DATE)
            one = a_date_cond(world);
        else if (style < 8)
            one = json_integer(PICK(world, ints));
        else if (style < 11)
            one = json_boolean(g_chance(world, 50));
        else
            one = g_value(world, kind);
        if (style > 90 && kind == G_INT64) {
            snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(one));
            json_decref(one);
            one = json_string(text);
        }
        if (style > 80 && style <= 90 && kind == G_INT64) {
            double real = (double)(json_integer_value(one) % 1000) +
                          (g_chance(world, 20) ? 0.5 : 0);
            json_decref(one);
            one = json_real(real);
        }
        json_array_append_new(conds, one);
    }
    /* A date may be asked for as text and as number, but not in one list. */
    for (size_t i = 1; i < json_array_size(conds); i++)
        while (i < json_array_size(conds) && json_is_string(json_array_get(conds, i)) !=
                                                 json_is_string(json_array_get(conds, 0)))
            json_array_remove(conds, i);
    return conds;
}

static json_t *a_must(struct world *world)
{
    static const char *const paras[] = { "-d=0",   "-d=1",   "-d=2",  "-d=-1",
                                         "-d=3",   "-d=99",  "-d=-7", "",
                                         " -d=1 ", "-d = 2", "-d=1,5" };
    const struct g_field *field =
        g_chance(world, 20) ? field_of(world, 1u << G_PATH) : a_field(world);
    json_t *must = node(g_chance(world, 70) ? "must" : "must_not", field);

    json_object_set_new(must, "conds", conditions(world, field->kind));
    if (field->kind == G_PATH && g_chance(world, 70))
        json_object_set_new(must, "para", json_string(PICK(world, paras)));
    if (g_chance(world, 3))
        json_object_set_new(must, "field", json_pack("[s]", field->name));
    if (g_chance(world, 3))
        json_object_set_new(must, "extra", json_string("passed over"));
    return must;
}

static json_t *a_bound(struct world *world, enum g_kind kind)
{
    json_t *value;

    if (kind == G_DATE)
        return a_date_cond(world);
    if (kind == G_FLOAT32 || g_chance(world, 20)) {
        value = g_value(world, G_FLOAT32);
        return value;
    }
    return g_value(world, G_INT64);
}

static json_t *a_range(struct world *world)
{
    static const char *const names[] = { "gt", "gte", "lt", "lte" };
    const unsigned ordered = 1u << G_INT64 | 1u << G_FLOAT32 | 1u << G_DATE;
    const struct g_field *field =
        g_chance(world, 90) ? field_of(world, ordered) : a_field(world);
    const char *op = g_chance(world, 70) ? "range" : "range_out";
    json_t *range;
    int bounds = 1 + g_below(world, 15);

    if (field->kind == G_DATE && g_chance(world, 30))
        op = "time_range";
    range = node(op, field);
    if (g_chance(world, 75)) /* mostly one bound or a proper pair */
        bounds = (g_chance(world, 70) ? 1 << g_below(world, 2) : 0) |
                 (g_chance(world, 70) ? 4 << g_below(world, 2) : 0);
    if (bounds == 0)
        bounds = 2;
    for (int i = 0; i < 4; i++)
        if (bounds & 1 << i)
            json_object_set_new(range, names[i], a_bound(world, field->kind));
    return range;
}

static json_t *a_geo_range(struct world *world)
{
    static const char *const radii[] = { "500m",   "2km", "10 KM",   "300000", "0m",
                                         "8000km", "-5m", "1500.5m", "40000km" };
    const struct g_field *field = field_of(world, 1u << G_GEO);
    json_t *near;

    if (field->kind != G_GEO)
        return a_must(world);
    near = node("geo_range", field);
    if (g_chance(world, 50)) {
        json_t *place = g_value(world, G_GEO);
        if (*json_string_value(place) == '\0')
            json_string_set(place, "2.355,48.85");
        json_object_set_new(near, "center", place);
    } else {
        json_object_set_new(
            near, "center",
            json_pack("[f,i]", g_real(world, -180, 180), g_below(world, 180) - 90));
    }
    if (g_chance(world, 80))
        json_object_set_new(near, "radius", json_string(PICK(world, radii)));
    else
        json_object_set_new(near, "radius", json_integer(g_below(world, 20000000)));
    return near;
}

/* A piece of something that may be there. */
static json_t *a_piece(struct world *world, const struct g_field *field, int prefix)
{
    json_t *whole = field->kind == G_PATH ? g_value(world, G_PATH) : g_text(world),
           *piece;
    const char *text;
    size_t n, from, to;

    if (field->kind == G_INT64 || field->kind == G_INT64S || field->kind == G_BOOL) {
        json_decref(whole);
        return json_string(PICK(world, ((const char *const[]){ "1", "7", "-", "0", "12",
                                                               "9223", "2", "-1" })));
    }
    text = json_string_value(whole);
    n = strlen(text);
    from = prefix ? 0 : (size_t)g_below(world, (int)n + 1);
    to = from + (size_t)g_below(world, (int)(n - from) + 1);
    if (to > from + 8)
        to = from + 8;
    while (from < n && (text[from] & 0xC0) == 0x80)
        from++;
    while (to < n && (text[to] & 0xC0) == 0x80)
        to++;
    piece = json_stringn(text + from, to > from ? to - from : 0);
    json_decref(whole);
    return piece;
}

static const struct g_field *a_text_field(struct world *world)
{
    const unsigned texts = 1u << G_STRING | 1u << G_TEXT | 1u << G_PATH |
                           1u << G_STRINGS | 1u << G_INT64 | 1u << G_INT64S |
                           1u << G_BOOL;
    const struct g_field *field = field_of(world, texts);

    /* On a date these are refused: now and then. */
    return field->kind == G_DATE && !g_chance(world, 5) ? NULL : field;
}

static json_t *a_text_match(struct world *world)
{
    const struct g_field *field = a_text_field(world);
    int prefix = g_chance(world, 50);
    json_t *match;

    if (field == NULL)
        return a_range(world);
    match = node(prefix ? "prefix" : "contains", field);
    json_object_set_new(match, prefix ? "prefix" : "substring",
                        a_piece(world, field, prefix));
    return match;
}

/* ------------------------------------------------------------------- patterns */

static void add(char *out, size_t room, const char *text)
{
    size_t n = strlen(out);

    snprintf(out + n, room - n, "%s", text);
}

static void add_atom(struct world *world, char *out, size_t room, int depth);

static void add_branch(struct world *world, char *out, size_t room, int depth)
{
    static const char *const times[] = { "*",     "+",    "?",     "{2}",
                                         "{0,1}", "{1,}", "{1,3}", "{0,2}" };
    int n = 1 + g_below(world, 3);

    for (int i = 0; i < n; i++) {
        add_atom(world, out, room, depth);
        if (g_chance(world, 30))
            add(out, room, PICK(world, times));
    }
}

static void add_atom(struct world *world, char *out, size_t room, int depth)
{
    static const char *const atoms[] = { "a",
                                         "b",
                                         "l",
                                         "7",
                                         "1",
                                         "/",
                                         "d",
                                         "o",
                                         "e",
                                         ".",
                                         "\\d",
                                         "\\w",
                                         "\\s",
                                         "\\D",
                                         "\\W",
                                         "\\S",
                                         "[a-c]",
                                         "[^a-c]",
                                         "[0-9_]",
                                         "[lp/]",
                                         "\\.",
                                         "\\-",
                                         "[\\d/]",
                                         "[^\\s]",
                                         "=",
                                         ";",
                                         "%",
                                         "\\\\",
                                         " ",
                                         "\u65e5",
                                         "[\u03b1-\u03c9]",
                                         "\\/" };

    if (depth > 0 && g_chance(world, 20) && strlen(out) < room / 2) {
        add(out, room, "(");
        add_branch(world, out, room, depth - 1);
        while (g_chance(world, 35)) {
            add(out, room, "|");
            add_branch(world, out, room, depth - 1);
        }
        add(out, room, ")");
    } else {
        add(out, room, PICK(world, atoms));
    }
}

static json_t *a_regex(struct world *world)
{
    const struct g_field *field = a_text_field(world);
    char pattern[900] = "";
    json_t *regex;

    if (field == NULL)
        return a_must(world);
    regex = node("regex", field);
    if (g_chance(world, 30))
        add(pattern, sizeof(pattern), "^");
    add_branch(world, pattern, sizeof(pattern), 3);
    if (g_chance(world, 15)) {
        add(pattern, sizeof(pattern), "|");
        add_branch(world, pattern, sizeof(pattern), 2);
    }
    if (g_chance(world, 30))
        add(pattern, sizeof(pattern), "$");
    json_object_set_new(regex, "pattern", json_string(pattern));
    return regex;
}

/* --------------------------------------------------------------------- broken */

static json_t *a_broken_node(struct world *world)
{
    static const char *const whole[] = {
        "{}",
        "null",
        "7",
        "\"text\"",
        "[]",
        "{\"op\":\"bogus\",\"field\":\"FIELD\"}",
        "{\"op\":\"MUST\",\"field\":\"FIELD\",\"conds\":[1]}",
        "{\"op\":\"must\",\"field\":\"FIELD\"}",
        "{\"op\":\"must\",\"conds\":[1]}",
        "{\"op\":\"must\",\"field\":\"FIELD\",\"conds\":[null]}",
        "{\"op\":\"must\",\"field\":\"FIELD\",\"conds\":[1,\"2\"]}",
        "{\"op\":\"must\",\"field\":\"FIELD\",\"conds\":[[1]]}",
        "{\"op\":\"must_not\",\"field\":\"FIELD\",\"conds\":[{}]}",
        "{\"op\":\"must\",\"field\":\"no_such_field\",\"conds\":[\"x\"]}",
        "{\"op\":\"range\",\"field\":\"FIELD\"}",
        "{\"op\":\"range\",\"field\":\"FIELD\",\"gte\":null}",
        "{\"op\":\"range\",\"field\":\"FIELD\",\"gt\":true}",
        "{\"op\":\"range_out\",\"field\":\"FIELD\",\"lt\":\"abc\"}",
        "{\"op\":\"time_range\",\"field\":\"KEY\",\"gt\":1}",
        "{\"op\":\"geo_range\",\"field\":\"KEY\",\"center\":\"0,0\",\"radius\":\"1m\"}",
        "{\"op\":\"contains\",\"field\":\"FIELD\"}",
        "{\"op\":\"prefix\",\"field\":\"FIELD\",\"prefix\":7}",
        "{\"op\":\"regex\",\"field\":\"KEY\",\"pattern\":\"(\"}",
        "{\"op\":\"regex\",\"field\":\"KEY\",\"pattern\":\"a**\"}",
        "{\"op\":\"regex\",\"field\":\"KEY\",\"pattern\":\"[a\"}",
        "{\"op\":\"regex\",\"field\":\"KEY\",\"pattern\":\"\\\\bx\"}",
        "{\"op\":\"regex\",\"field\":\"KEY\",\"pattern\":\"a{3,2}\"}",
        "{\"op\":\"regex\",\"field\":\"KEY\",\"pattern\":\"(a)\\\\1\"}",
        "{\"op\":\"regex\",\"field\":\"KEY\",\"pattern\":\"x(?=y)\"}",
        "{\"op\":\"and\"}",
        "{\"op\":\"or\",\"conds\":7}",
        "{\"op\":\"not\",\"conds\":[]}",
        "{\"op\":\"label_in\",\"labels\":[1]}",
        "{\"field\":\"FIELD\",\"conds\":[1]}"
    };
    const char *from = PICK(world, whole), *hole;
    const struct g_field *field = a_field(world);
    char text[1200];
    const char *name = field->name;

    hole = strstr(from, "FIELD");
    if (hole == NULL && (hole = strstr(from, "KEY")) != NULL)
        name = world->key;
    if (hole == NULL)
        return json_loads(from, JSON_DECODE_ANY, NULL);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(hole - from), from, name,
             hole + (name == world->key ? 3 : 5));
    return json_loads(text, JSON_DECODE_ANY, NULL);
}

static json_t *a_key_leaf(struct world *world)
{
    json_t *must = json_pack("{s:s,s:s}", "op", g_chance(world, 70) ? "must" : "must_not",
                             "field", world->key);
    json_t *conds = json_array();

    for (int i = 1 + g_below(world, 8); i > 0; i--)
        json_array_append_new(conds, g_key_value(world));
    json_object_set_new(must, "conds", conds);
    return must;
}

static json_t *a_leaf(struct world *world)
{
    int which = g_below(world, 100);

    if (which < 5)
        return a_key_leaf(world);
    if (which < 45)
        return a_must(world);
    if (which < 65)
        return a_range(world);
    if (which < 73)
        return a_geo_range(world);
    if (which < 88)
        return a_text_match(world);
    return a_regex(world);
}

static json_t *a_tree(struct world *world, int depth)
{
    json_t *tree, *conds;
    int n;

    if (depth <= 1 || g_chance(world, 40))
        return a_leaf(world);
    conds = json_array();
    n = g_chance(world, 10) ? 1 : 2 + g_below(world, 2);
    for (int i = 0; i < n; i++)
        json_array_append_new(conds, a_tree(world, depth - 1));
    tree =
        json_pack("{s:s,s:o}", "op", g_chance(world, 46) ? "and" : "or", "conds", conds);
    return tree;
}

/* Puts a broken node in the place of the filter, or beside some part of it. */
static json_t *break_it(struct world *world, json_t *filter)
{
    json_t *node_ = filter, *conds = json_object_get(filter, "conds");

    if (json_object_get(filter, "field") != NULL || g_chance(world, 30))
        return json_pack("{s:s,s:[o,o]}", "op", g_chance(world, 50) ? "and" : "or",
                         "conds", filter, a_broken_node(world));
    while (g_chance(world, 60)) {
        json_t *child =
            json_array_get(conds, (size_t)g_below(world, (int)json_array_size(conds)));
        if (json_object_get(child, "field") != NULL)
            break;
        node_ = child;
        conds = json_object_get(node_, "conds");
    }
    json_array_insert_new(conds, (size_t)g_below(world, (int)json_array_size(conds) + 1),
                          a_broken_node(world));
    return filter;
}

json_t *g_filter(struct world *world, int depth, int *broken)
{
    json_t *filter = a_tree(world, depth);

    *broken = g_chance(world, 4);
    if (*broken)
        filter = break_it(world, filter);
    if (g_chance(world, 4))
        filter = json_pack("{s:o}", "filter", filter);
    return filter;
}
