/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare.c - see compare.h.
 */
#include "compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int differ(char *reason, size_t room, const char *what, const json_t *oracle,
                  const json_t *store)
{
    char *a = json_dumps(oracle, JSON_COMPACT | JSON_ENCODE_ANY);
    char *b = json_dumps(store, JSON_COMPACT | JSON_ENCODE_ANY);

    snprintf(reason, room, "%s: oracle %.500s, store %.500s", what, a ? a : "nothing",
             b ? b : "nothing");
    free(a);
    free(b);
    return -1;
}

static const json_t *find_id(const json_t *list, const json_t *id)
{
    const json_t *one;
    size_t i;

    json_array_foreach((json_t *)list, i,
                       one) if (json_equal(json_object_get(one, "id"), id)) return one;
    return NULL;
}

static double number_in(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

/* A hit of the store: a candidate, with its score and its fields? */
static int compare_hit(const json_t *oracle, const json_t *have, char *reason,
                       size_t room)
{
    const json_t *id = json_object_get(have, "id");
    const json_t *same = find_id(json_object_get(oracle, "ranking"), id);
    const json_t *shown = find_id(json_object_get(oracle, "hits"), id);

    if (same == NULL)
        return differ(reason, room, "a hit that is no candidate", NULL, have);
    if (!json_is_number(json_object_get(have, "score")) ||
        fabs(number_in(have, "score") - number_in(same, "score")) >
            number_in(same, "slack"))
        return differ(reason, room, "score of a hit", same, have);
    if (shown != NULL &&
        !json_equal(json_object_get(shown, "fields"), json_object_get(have, "fields")))
        return differ(reason, room, "fields of a hit", shown, have);
    return 0;
}

/* Best first, keys ascending among equals, none twice. */
static int compare_order(const json_t *hits, char *reason, size_t room)
{
    for (size_t i = 1; i < json_array_size(hits); i++) {
        const json_t *before = json_array_get(hits, i - 1),
                     *now = json_array_get(hits, i);
        const json_t *a = json_object_get(before, "id"), *b = json_object_get(now, "id");
        double up = number_in(now, "score") - number_in(before, "score");
        int keys = json_is_string(a)
                       ? strcmp(json_string_value(a), json_string_value(b))
                       : (json_integer_value(a) > json_integer_value(b)) * 2 - 1;

        if (up > 0 || (!(up < 0) && keys >= 0))
            return differ(reason, room, "order of two hits", before, now);
    }
    for (size_t i = 0; i < json_array_size(hits); i++) {
        const json_t *one = json_array_get(hits, i);
        if (find_id(hits, json_object_get(one, "id")) != one)
            return differ(reason, room, "a hit twice", one, hits);
    }
    return 0;
}

/* What is not among the hits: no more than the offset may surely be better than the last
 * hit, and at least as many must possibly be better than the first. */
static int compare_rest(const json_t *oracle, const json_t *hits, json_int_t offset,
                        char *reason, size_t room)
{
    double first = number_in(json_array_get(hits, 0), "score");
    double last = number_in(json_array_get(hits, json_array_size(hits) - 1), "score");
    json_int_t surely = 0, possibly = 0;
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(oracle, "ranking"), i, one)
    {
        double score = number_in(one, "score"), slack = number_in(one, "slack");
        if (find_id(hits, json_object_get(one, "id")) != NULL)
            continue;
        surely += score - slack > last;
        possibly += score + slack >= first;
    }
    if (surely > offset || possibly < offset)
        return differ(reason, room, "the choice of hits", json_object_get(oracle, "hits"),
                      hits);
    return 0;
}

static int compare_ranked(const json_t *step, const json_t *oracle, const json_t *store,
                          char *reason, size_t room)
{
    const json_t *a = json_object_get(oracle, "hits"),
                 *b = json_object_get(store, "hits");
    const json_t *hit;
    size_t i;

    if (json_array_size(b) != json_array_size(a))
        return differ(reason, room, "hits", a, b);
    json_array_foreach((json_t *)b, i,
                       hit) if (compare_hit(oracle, hit, reason, room) != 0) return -1;
    if (compare_order(b, reason, room) != 0)
        return -1;
    if (json_array_size(b) == 0)
        return 0;
    return compare_rest(oracle, b, json_integer_value(json_object_get(step, "offset")),
                        reason, room);
}

static int compare_listed(const json_t *a, const json_t *b, char *reason, size_t room)
{
    const json_t *one, *other;
    size_t i;

    if (json_array_size(a) != json_array_size(b))
        return differ(reason, room, "rows", a, b);
    json_array_foreach((json_t *)a, i, one)
    {
        const json_t *score = json_object_get(one, "score");
        other = json_array_get(b, i);
        if (!json_equal(json_object_get(one, "id"), json_object_get(other, "id")))
            return differ(reason, room, "order of rows", a, b);
        if (!json_equal(json_object_get(one, "fields"), json_object_get(other, "fields")))
            return differ(reason, room, "fields of a row", one, other);
        if (json_is_number(score) &&
            json_number_value(score) != number_in(other, "score"))
            return differ(reason, room, "score of a row", one, other);
    }
    return 0;
}

/* Group by group; the name of a number may be spelled in more than one way. */
static int compare_groups(const json_t *a, const json_t *b, char *reason, size_t room)
{
    const char *name, *other;
    json_t *count, *theirs;

    if (json_object_size(a) != json_object_size(b))
        return differ(reason, room, "groups", a, b);
    json_object_foreach((json_t *)a, name, count)
    {
        char *end;
        double number = strtod(name, &end);

        theirs = json_object_get(b, name);
        if (theirs == NULL && *name != '\0' && *end == '\0')
            json_object_foreach((json_t *)b, other,
                                theirs) if (strtod(other, &end) == number &&
                                            *end == '\0') break;
        if (!json_equal(count, theirs))
            return differ(reason, room, "groups", a, b);
    }
    return 0;
}

int compare_answers(const json_t *step, const json_t *oracle, const json_t *store,
                    char *reason, size_t room)
{
    static const char *const same[] = { "status",  "created", "dropped",
                                        "removed", "missing", "count",
                                        "names",   "rows",    "meta" };
    const char *verb = json_string_value(json_object_get(step, "do"));

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        const json_t *a = json_object_get(oracle, same[i]);
        const json_t *b = json_object_get(store, same[i]);
        if (a != b && !json_equal(a, b)) {
            differ(reason, room, same[i], a, b);
            if (i == 0) {
                size_t n = strlen(reason);
                const char *x = json_string_value(json_object_get(oracle, "message"));
                const char *y = json_string_value(json_object_get(store, "message"));
                snprintf(reason + n, room - n, " (oracle: %s; store: %s)", x ? x : "",
                         y ? y : "");
            }
            return -1;
        }
    }
    if (strcmp(verb, "groups") == 0)
        return compare_groups(json_object_get(oracle, "groups"),
                              json_object_get(store, "groups"), reason, room);
    if (strcmp(verb, "search") == 0)
        return compare_ranked(step, oracle, store, reason, room);
    return compare_listed(json_object_get(oracle, "hits"), json_object_get(store, "hits"),
                          reason, room);
}
