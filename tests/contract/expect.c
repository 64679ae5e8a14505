/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expect.c - an answer held against what a step of a case expects.
 */
#include "cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int close_to(double a, double b)
{
    return fabs(a - b) <= 1e-5 * (fabs(b) > 1 ? fabs(b) : 1);
}

/* Everything that want names is in have, numbers within a hair; null is null. */
static int agrees(const json_t *want, const json_t *have)
{
    const char *name;
    json_t *value;
    size_t i;

    if (json_is_object(want)) {
        if (!json_is_object(have))
            return 0;
        json_object_foreach(
            (json_t *)want, name,
            value) if (!agrees(value, json_object_get(have, name))) return 0;
        /* An empty object is an empty object, not "any". */
        return json_object_size(want) > 0 || json_object_size(have) == 0;
    }
    if (json_is_array(want)) {
        if (json_array_size(want) != json_array_size(have))
            return 0;
        json_array_foreach((json_t *)want, i,
                           value) if (!agrees(value, json_array_get(have, i))) return 0;
        return json_is_array(have);
    }
    if (json_is_real(want))
        return json_is_number(have) &&
               close_to(json_number_value(have), json_number_value(want));
    return json_equal(want, have);
}

static json_t *ids_of(const json_t *answer)
{
    json_t *ids = json_array();
    const json_t *hit;
    size_t i;

    json_array_foreach(json_object_get(answer, "hits"), i, hit)
        json_array_append(ids, json_object_get(hit, "id"));
    return ids;
}

static void complain(const json_t *step, const json_t *answer, const char *what,
                     const json_t *want, const json_t *have, struct verdict *verdict)
{
    char *asked = json_dumps(step, JSON_COMPACT | JSON_ENCODE_ANY);
    char *wanted = json_dumps(want, JSON_COMPACT | JSON_ENCODE_ANY);
    char *got = json_dumps(have, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *message = json_string_value(json_object_get(answer, "message"));

    verdict_fail(verdict, "%s is %.400s instead of %.400s%s%.200s in %.400s", what,
                 got != NULL ? got : "nothing", wanted, message ? ": " : "",
                 message ? message : "", asked);
    free(asked);
    free(wanted);
    free(got);
}

static int in_set(const json_t *set, const json_t *id)
{
    const json_t *one;
    size_t i;

    json_array_foreach((json_t *)set, i, one) if (json_equal(one, id)) return 1;
    return 0;
}

static void check_ids(const json_t *step, const json_t *answer, struct verdict *verdict)
{
    const json_t *ids = json_object_get(step, "ids"), *id;
    const json_t *set = json_object_get(step, "set");
    json_t *have = ids_of(answer);
    size_t i;

    if (ids != NULL && !json_equal(ids, have))
        complain(step, answer, "ids", ids, have, verdict);
    if (set != NULL && json_array_size(set) != json_array_size(have))
        complain(step, answer, "set", set, have, verdict);
    json_array_foreach((json_t *)set, i, id) if (!in_set(have, id))
        complain(step, answer, "set", set, have, verdict);
    json_decref(have);
}

static void check_hits(const json_t *step, const json_t *answer, struct verdict *verdict)
{
    const json_t *hits = json_object_get(answer, "hits"), *hit;
    const json_t *scores = json_object_get(step, "scores");
    const json_t *fields = json_object_get(step, "hit_fields");
    const json_t *count = json_object_get(step, "keys_of_hits");
    size_t i;

    json_array_foreach((json_t *)hits, i, hit)
    {
        const json_t *score = json_array_get(scores, i);
        const json_t *want = json_array_get(fields, i);
        const json_t *have = json_object_get(hit, "fields");
        if (score != NULL && !agrees(score, json_object_get(hit, "score")))
            complain(step, answer, "score", score, json_object_get(hit, "score"),
                     verdict);
        if (want != NULL && !agrees(want, have))
            complain(step, answer, "fields", want, have, verdict);
        if (count != NULL &&
            (json_int_t)json_object_size(have) != json_integer_value(count))
            complain(step, answer, "the number of fields", count, have, verdict);
    }
}

void expect_check(const json_t *step, const json_t *answer, struct verdict *verdict)
{
    static const char *const same[] = { "count",       "removed", "missing", "created",
                                        "dropped",     "groups",  "rows",    "names",
                                        "answer_meta", "row" };
    const json_t *status = json_object_get(step, "status");
    const char *says = json_string_value(json_object_get(step, "says"));
    const char *message = json_string_value(json_object_get(answer, "message"));
    json_t *ok = json_string("OV_OK");

    if (!json_equal(status != NULL ? status : ok, json_object_get(answer, "status"))) {
        const char *or_fails = json_string_value(json_object_get(step, "or_fails"));
        if (or_fails == NULL || strcmp(or_fails, side_status(answer)) != 0)
            complain(step, answer, "status", status != NULL ? status : ok,
                     json_object_get(answer, "status"), verdict);
        json_decref(ok);
        return;
    }
    json_decref(ok);
    if (says != NULL && (message == NULL || strstr(message, says) == NULL))
        verdict_fail(verdict, "'%s' does not say '%s'", message ? message : "", says);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        const char *mine = same[i];
        const char *theirs = strcmp(mine, "answer_meta") == 0 ? "meta" : mine;
        const json_t *want = json_object_get(step, mine);
        if (want != NULL && !agrees(want, json_object_get(answer, theirs)))
            complain(step, answer, mine, want, json_object_get(answer, theirs), verdict);
    }
    check_ids(step, answer, verdict);
    check_hits(step, answer, verdict);
}
