/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cases.c - reading cases.jsonl, and putting one case to one side.
 */
#include "cases.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ the file */

/* {"$repeat": ["x", 70000]} is that text so many times. */
static json_t *repeated(const json_t *what)
{
    const char *text = json_string_value(json_array_get(what, 0));
    size_t times = (size_t)json_integer_value(json_array_get(what, 1));
    size_t n = strlen(text);
    char *all = malloc(n * times + 1);
    json_t *out;

    for (size_t i = 0; i < times; i++)
        memcpy(all + i * n, text, n);
    out = json_stringn(all, n * times);
    free(all);
    return out;
}

/* A text with '#' has the number there; "$n" is the number itself. */
static json_t *numbered(const json_t *json, long long n)
{
    const char *text = json_string_value(json), *hash, *name;
    char buffer[256];
    json_t *out, *value;
    size_t i;

    if (json_is_object(json)) {
        out = json_object();
        json_object_foreach((json_t *)json, name, value)
            json_object_set_new(out, name, numbered(value, n));
        return out;
    }
    if (json_is_array(json)) {
        out = json_array();
        json_array_foreach((json_t *)json, i, value)
            json_array_append_new(out, numbered(value, n));
        return out;
    }
    if (text == NULL)
        return json_incref((json_t *)json);
    if (strcmp(text, "$n") == 0)
        return json_integer(n);
    hash = strchr(text, '#');
    if (hash == NULL)
        return json_incref((json_t *)json);
    snprintf(buffer, sizeof(buffer), "%.*s%03lld%s", (int)(hash - text), text, n,
             hash + 1);
    return json_string(buffer);
}

/* {"$each": {"from": 0, "to": 100, "of": ...}} is a list of so many. */
static json_t *enumerated(const json_t *each)
{
    long long from = json_integer_value(json_object_get(each, "from"));
    long long to = json_integer_value(json_object_get(each, "to"));
    json_t *out = json_array();

    for (long long n = from; n < to; n++)
        json_array_append_new(out, numbered(json_object_get(each, "of"), n));
    return out;
}

/* The abbreviations of the file, written out. */
static json_t *expand(const json_t *json)
{
    json_t *out, *value;
    const char *name;
    size_t i;

    if (json_is_object(json)) {
        if ((value = json_object_get(json, "$repeat")) != NULL)
            return repeated(value);
        if ((value = json_object_get(json, "$each")) != NULL)
            return enumerated(value);
        out = json_object();
        json_object_foreach((json_t *)json, name, value)
            json_object_set_new(out, name, expand(value));
        return out;
    }
    if (json_is_array(json)) {
        out = json_array();
        json_array_foreach((json_t *)json, i, value)
            json_array_append_new(out, expand(value));
        return out;
    }
    if (json_is_string(json) && strcmp(json_string_value(json), "$collection") == 0)
        return json_string(side_collection());
    return json_incref((json_t *)json);
}

static int read_line(struct cases *out, const char *line)
{
    json_error_t error;
    json_t *raw = json_loads(line, JSON_REJECT_DUPLICATES, &error), *one;
    const char *fixture;

    if (raw == NULL) {
        fprintf(stderr, "%s\n", error.text);
        return -1;
    }
    one = expand(raw);
    json_decref(raw);
    fixture = json_string_value(json_object_get(one, "fixture"));
    if (fixture != NULL)
        json_object_set_new(out->fixtures, fixture, one);
    else
        json_array_append_new(out->list, one);
    return 0;
}

int cases_read(const char *file, struct cases *out)
{
    FILE *in = fopen(file, "r");
    char *line = NULL;
    size_t room = 0;
    int number = 0, status = 0;

    if (in == NULL) {
        fprintf(stderr, "cannot read '%s'\n", file);
        return -1;
    }
    out->fixtures = json_object();
    out->list = json_array();
    while (status == 0 && getline(&line, &room, in) > 0) {
        number++;
        if (*line != '\n' && *line != '#')
            status = read_line(out, line);
    }
    if (status != 0)
        fprintf(stderr, "%s:%d\n", file, number);
    free(line);
    fclose(in);
    return status;
}

void cases_clear(struct cases *cases)
{
    json_decref(cases->fixtures);
    json_decref(cases->list);
}

const json_t *cases_find(const struct cases *cases, const char *id)
{
    const json_t *one;
    size_t i;

    json_array_foreach(cases->list, i,
                       one) if (strcmp(json_string_value(json_object_get(one, "id")),
                                       id) == 0) return one;
    return NULL;
}

void verdict_fail(struct verdict *verdict, const char *format, ...)
{
    va_list list;

    if (verdict->failed)
        return;
    verdict->failed = 1;
    va_start(list, format);
    vsnprintf(verdict->reason, sizeof(verdict->reason), format, list);
    va_end(list);
}

/* ------------------------------------------------------------------- running */

struct run {
    const struct cases *cases;
    struct side *side;
    const struct special *special;
    struct verdict *verdict;
};

static json_t *ask(struct run *run, json_t *step)
{
    json_t *answer = run->side->act(run->side, step);

    json_decref(step);
    return answer;
}

static void must(struct run *run, json_t *step)
{
    char *text = json_dumps(step, JSON_COMPACT);
    json_t *answer = ask(run, step);

    if (strcmp(side_status(answer), "OV_OK") != 0)
        verdict_fail(run->verdict, "%.200s: %s: %s", text, side_status(answer),
                     json_string_value(json_object_get(answer, "message")));
    json_decref(answer);
    free(text);
}

static void lay_out(struct run *run, const char *name)
{
    const json_t *fixture = json_object_get(run->cases->fixtures, name);

    json_decref(ask(run, json_pack("{s:s}", "do", "drop")));
    if (fixture == NULL)
        return;
    must(run, json_pack("{s:s,s:O,s:O}", "do", "create", "meta",
                        json_object_get(fixture, "meta"), "indexes",
                        json_object_get(fixture, "indexes")));
    must(run, json_pack("{s:s,s:O}", "do", "upsert", "records",
                        json_object_get(fixture, "records")));
}

static void check(struct run *run, json_t *step)
{
    json_t *answer = run->side->act(run->side, step);

    expect_check(step, answer, run->verdict);
    json_decref(answer);
    json_decref(step);
}

/* A step about the records that a filter leaves, expecting what the pair says. */
static json_t *about(const char *verb, const json_t *pair, const char *status)
{
    json_t *step = json_pack("{s:s,s:s}", "do", verb, "status", status);
    json_t *filter = json_array_get(pair, 0);

    if (json_is_object(filter) && json_object_get(filter, "$text") != NULL)
        json_object_set(step, "filter_text", json_object_get(filter, "$text"));
    else
        json_object_set(step, "filter", filter);
    return step;
}

static void check_filter_fails(struct run *run, const json_t *pair, const char *status)
{
    static const char *const verbs[] = { "scan", "count", "search", "remove_where" };

    for (int i = 0; i < 4; i++) {
        json_t *step = about(verbs[i], pair, status);
        json_object_set_new(step, "dense", json_pack("[f,f,f,f]", 3., 4., 0., 0.));
        check(run, step);
    }
    check(run, json_pack("{s:s,s:i}", "do", "count", "count", 8));
}

/* [filter, ids] or [filter, "OV_INVALID"] or [filter, ids, "OV_INVALID"]: either. */
static void check_filter(struct run *run, const json_t *pair)
{
    const json_t *want = json_array_get(pair, 1);
    const char *or_fails = json_string_value(json_array_get(pair, 2));
    json_t *step;

    if (json_is_string(want)) {
        check_filter_fails(run, pair, json_string_value(want));
        return;
    }
    if (or_fails != NULL) {
        json_t *answer = ask(run, about("count", pair, "OV_OK"));
        int fails = strcmp(side_status(answer), or_fails) == 0;
        json_decref(answer);
        if (fails) {
            check_filter_fails(run, pair, or_fails);
            return;
        }
    }
    step = about("scan", pair, "OV_OK");
    json_object_set(step, "ids", (json_t *)want);
    check(run, step);
    step = about("count", pair, "OV_OK");
    json_object_set_new(step, "count", json_integer((json_int_t)json_array_size(want)));
    check(run, step);
    step = about("search", pair, "OV_OK");
    json_object_set_new(step, "dense", json_pack("[f,f,f,f]", 3., 4., 0., 0.));
    json_object_set_new(step, "limit", json_integer(1000));
    json_object_set(step, "set", (json_t *)want);
    check(run, step);
}

/* A search by the vector of a record that is there. */
static void search_by_id(struct run *run, const json_t *step)
{
    json_t *answer = ask(run, json_pack("{s:s,s:[O]}", "do", "fetch", "keys",
                                        json_object_get(step, "id")));
    json_t *row = json_array_get(json_object_get(answer, "rows"), 0);
    json_t *search = json_copy((json_t *)step);

    json_object_set_new(search, "do", json_string("search"));
    if (json_is_object(row))
        json_object_set(search, "dense", json_object_get(row, "vector"));
    check(run, search);
    json_decref(answer);
}

static void run_step(struct run *run, const json_t *step)
{
    const char *verb = json_string_value(json_object_get(step, "do"));
    const char *other = json_string_value(json_object_get(step, "case"));

    if (strcmp(verb, "search_by_id") == 0) {
        search_by_id(run, step);
    } else if (strcmp(verb, "run_case") == 0) {
        must(run, json_pack("{s:s}", "do", "close"));
        (void)run->special->run_case(run->special->ctx, other, step, run->verdict);
        must(run, json_pack("{s:s}", "do", "reopen"));
    } else if (strcmp(verb, "threads") == 0) {
        must(run, json_pack("{s:s}", "do", "close"));
        (void)run->special->threads(run->special->ctx, run->verdict);
        must(run, json_pack("{s:s}", "do", "reopen"));
    } else {
        check(run, json_incref((json_t *)step));
    }
}

/* Does the case leave the fixture as it found it? */
static int only_reads(const json_t *one)
{
    static const char *const reading[] = { "fetch",     "search", "search_by_id",
                                           "scan",      "walk",   "count",
                                           "groups",    "meta",   "index_meta",
                                           "index_list" };
    const json_t *step;
    size_t i, k;

    json_array_foreach(json_object_get(one, "steps"), i, step)
    {
        const char *verb = json_string_value(json_object_get(step, "do"));
        for (k = 0; k < 10 && strcmp(reading[k], verb) != 0; k++)
            ;
        if (k == 10)
            return 0;
    }
    return 1;
}

void case_run(const struct cases *cases, const json_t *one, struct side *side,
              const struct special *special, const char **fixture,
              struct verdict *verdict)
{
    struct run run = { cases, side, special, verdict };
    const char *name = json_string_value(json_object_get(one, "on"));
    const json_t *step, *pair;
    size_t i;

    if (!json_is_true(json_object_get(one, "as_is")) &&
        (name == NULL || *fixture == NULL || strcmp(name, *fixture) != 0)) {
        *fixture = NULL;
        lay_out(&run, name);
    }
    *fixture = name != NULL && only_reads(one) ? name : NULL;
    json_array_foreach(json_object_get(one, "filters"), i, pair)
    {
        if (verdict->failed)
            break;
        check_filter(&run, pair);
    }
    json_array_foreach(json_object_get(one, "steps"), i, step)
    {
        if (verdict->failed)
            break;
        run_step(&run, step);
    }
    if (verdict->failed)
        *fixture = NULL; /* nobody knows what is left */
}
