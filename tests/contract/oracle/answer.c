/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.c - the steps that read: fetch, search, scan, count, groups.
 */
#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t o_step_now(const json_t *step)
{
    const json_t *now = json_object_get(step, "now_us");

    return now != NULL ? json_integer_value(now) : o_now_us();
}

int o_live(const struct o_record *record, int64_t now_us)
{
    return record->expires_us == 0 || record->expires_us > now_us;
}

int o_step_filter(const struct o_collection *collection, const json_t *step,
                  struct o_filter **out, struct o_fault *fault)
{
    const char *text = json_string_value(json_object_get(step, "filter_text"));
    json_t *dsl;
    int status;

    if (text == NULL)
        return o_filter_read(collection, json_object_get(step, "filter"), out, fault);
    dsl = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    if (dsl == NULL)
        return o_fail(fault, OV_INVALID, "the filter is no JSON");
    status = o_filter_read(collection, dsl, out, fault);
    json_decref(dsl);
    return status;
}

json_t *o_project(const struct o_collection *collection, const json_t *record,
                  const json_t *names)
{
    json_t *out = json_object();
    const json_t *name;
    size_t i;

    if (json_array_size(names) == 0) {
        json_object_update(out, (json_t *)record);
        return out;
    }
    json_array_foreach((json_t *)names, i, name)
    {
        json_t *value = json_object_get(record, json_string_value(name));
        json_object_set(out, json_string_value(name), value ? value : json_null());
    }
    (void)collection;
    return out;
}

int o_fetch(struct o_collection *collection, const json_t *step, json_t *answer,
            struct o_fault *fault)
{
    const char *key_name = o_key(collection)->name;
    const json_t *keys = json_object_get(step, "keys"), *key;
    json_t *rows = json_array();
    int64_t now = o_step_now(step), missing = 0;
    size_t i;

    (void)fault;
    json_array_foreach((json_t *)keys, i, key)
    {
        json_t *row = NULL;
        for (size_t k = 0; k < collection->n_records && row == NULL; k++) {
            const struct o_record *record = &collection->records[k];
            if (o_same_key(json_object_get(record->values, key_name), key) &&
                o_live(record, now))
                row = o_project(collection, record->values,
                                json_object_get(step, "fields"));
        }
        missing += row == NULL;
        json_array_append_new(rows, row != NULL ? row : json_null());
    }
    json_object_set_new(answer, "rows", rows);
    json_object_set_new(answer, "missing", json_integer(missing));
    return OV_OK;
}

/* ------------------------------------------------------------------- search */

struct hit {
    const struct o_record *record;
    const json_t *key;
    const json_t *order; /* scan; NULL: no value */
    double score;
    double slack;
};

/* The records that a filter leaves, in hits with room for all. */
static int candidates(struct o_collection *collection, const json_t *step,
                      struct hit **out, size_t *n, struct o_fault *fault)
{
    struct o_filter *filter;
    int64_t now = o_step_now(step);
    struct hit *hits;
    size_t count = 0;

    if (o_step_filter(collection, step, &filter, fault) != OV_OK)
        return fault->status;
    hits = calloc(collection->n_records + 1, sizeof(*hits));
    for (size_t i = 0; i < collection->n_records; i++) {
        const struct o_record *record = &collection->records[i];
        if (!o_live(record, now) || !o_filter_match(filter, record->values))
            continue;
        hits[count].record = record;
        hits[count++].key = json_object_get(record->values, o_key(collection)->name);
    }
    o_filter_free(filter);
    *out = hits;
    *n = count;
    return OV_OK;
}

static int by_score(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return o_key_compare(x->key, y->key);
}

static int read_question(struct o_collection *collection, const json_t *step,
                         struct o_question *out, struct o_fault *fault)
{
    const struct o_field *vector = o_field_of_kind(collection, O_VECTOR);
    const struct o_field *sparse = o_field_of_kind(collection, O_SPARSE);
    const char *name = json_string_value(json_object_get(step, "index"));
    const json_t *weights = json_object_get(step, "sparse");
    json_t *made = NULL;

    out->index = o_index_find(collection, name != NULL ? name : "default");
    if (out->index == NULL)
        return o_fail(fault, OV_NOT_FOUND, "no index '%.60s'", name ? name : "default");
    out->vector_name = vector->name;
    out->dense = json_object_get(step, "dense");
    if (json_array_size(out->dense) == 0)
        out->dense = NULL;
    if (out->dense != NULL && o_coerce(vector, out->dense, &made, fault) != OV_OK)
        return fault->status;
    json_decref(made);
    if (out->index->sparse && sparse != NULL) {
        out->sparse_name = sparse->name;
        out->sparse = weights;
        if (weights != NULL && o_coerce(sparse, weights, &made, fault) != OV_OK)
            return fault->status;
        if (weights != NULL)
            json_decref(made);
    }
    return OV_OK;
}

static json_t *show_hit(struct o_collection *collection, const struct hit *hit,
                        const json_t *fields)
{
    return json_pack("{s:O,s:f,s:f,s:o}", "id", hit->key, "score", hit->score, "slack",
                     hit->slack, "fields",
                     o_project(collection, hit->record->values, fields));
}

static int read_window(const json_t *step, int64_t *limit, int64_t *offset,
                       struct o_fault *fault)
{
    const json_t *given = json_object_get(step, "limit");
    int scan = strcmp(json_string_value(json_object_get(step, "do")), "search") != 0;

    *limit = given != NULL ? json_integer_value(given) : scan ? -1 : 10;
    *offset = json_integer_value(json_object_get(step, "offset"));
    if (*limit < (scan ? -1 : 0) || *offset < 0)
        return o_fail(fault, OV_INVALID, "negative limit or offset");
    return OV_OK;
}

static void put_hits(struct o_collection *collection, const json_t *step,
                     const struct hit *hits, size_t n, json_t *answer)
{
    json_t *shown = json_array();
    const json_t *fields = json_object_get(step, "fields");
    struct o_fault fault = { 0 };
    int64_t limit, offset;

    (void)read_window(step, &limit, &offset, &fault);
    for (size_t i = (size_t)offset; i < n; i++) {
        if (limit >= 0 && (int64_t)json_array_size(shown) >= limit)
            break;
        json_array_append_new(shown, show_hit(collection, &hits[i], fields));
    }
    json_object_set_new(answer, "hits", shown);
}

/* Every candidate with its score, for whoever compares near-ties. */
static void put_ranking(const struct hit *hits, size_t n, json_t *answer)
{
    json_t *ranking = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(ranking,
                              json_pack("{s:O,s:f,s:f}", "id", hits[i].key, "score",
                                        hits[i].score, "slack", hits[i].slack));
    json_object_set_new(answer, "ranking", ranking);
}

int o_search(struct o_collection *collection, const json_t *step, json_t *answer,
             struct o_fault *fault)
{
    struct o_question question = { 0 };
    struct hit *hits;
    int64_t limit, offset;
    size_t n;

    if (read_window(step, &limit, &offset, fault) != OV_OK ||
        read_question(collection, step, &question, fault) != OV_OK ||
        candidates(collection, step, &hits, &n, fault) != OV_OK)
        return fault->status;
    if (question.dense == NULL && json_object_size(question.sparse) == 0)
        n = 0;
    for (size_t i = 0; i < n; i++)
        o_score(&question, hits[i].record->values, &hits[i].score, &hits[i].slack);
    qsort(hits, n, sizeof(*hits), by_score);
    put_hits(collection, step, hits, n, answer);
    put_ranking(hits, n, answer);
    free(hits);
    return OV_OK;
}

/* --------------------------------------------------------------------- scan */

struct order {
    const struct o_field *field; /* NULL: the key */
    int descending;
};

static int compare_order(const struct o_field *field, const json_t *a, const json_t *b)
{
    int64_t x, y;

    if (field->kind == O_DATE) {
        (void)o_date(json_string_value(a), &x);
        (void)o_date(json_string_value(b), &y);
        return (x > y) - (x < y);
    }
    if (field->kind == O_PATH) {
        char *p = o_path(json_string_value(a), json_string_length(a));
        char *q = o_path(json_string_value(b), json_string_length(b));
        int c = strcmp(p, q);
        free(p);
        free(q);
        return (c > 0) - (c < 0);
    }
    if (field->kind == O_BOOL)
        return json_is_true(a) - json_is_true(b);
    if (json_is_string(a))
        return strcmp(json_string_value(a), json_string_value(b));
    return o_number_compare(a, b);
}

static int by_order(const void *a, const void *b, void *ctx)
{
    const struct hit *x = a, *y = b;
    const struct order *order = ctx;
    int c = 0;

    if (order->field != NULL) {
        if (x->order == NULL || y->order == NULL)
            c = (x->order == NULL) - (y->order == NULL);
        else
            c = compare_order(order->field, x->order, y->order) *
                (order->descending ? -1 : 1);
    } else if (order->descending) {
        return -o_key_compare(x->key, y->key);
    }
    return c != 0 ? c : o_key_compare(x->key, y->key);
}

static double order_score(const struct hit *hit)
{
    return json_is_number(hit->order) ? json_number_value(hit->order) : (double)NAN;
}

/* Types that have no order, and no groups. */
static int is_grouped(enum o_kind kind)
{
    return kind != O_GEO && kind != O_VECTOR && kind != O_SPARSE;
}

static int read_order(struct o_collection *collection, const json_t *step,
                      struct order *out, struct o_fault *fault)
{
    const char *name = json_string_value(json_object_get(step, "order"));

    out->descending = json_is_true(json_object_get(step, "descending"));
    out->field = NULL;
    if (name == NULL)
        return OV_OK;
    out->field = o_field_find(collection, name);
    if (out->field == NULL)
        return o_fail(fault, OV_INVALID, "unknown field '%.60s'", name);
    if (out->field->kind == O_STRINGS || out->field->kind == O_INT64S ||
        !is_grouped(out->field->kind))
        return o_fail(fault, OV_INVALID, "no order by '%.60s'", name);
    if (out->field->key)
        out->field = NULL;
    return OV_OK;
}

int o_scan(struct o_collection *collection, const json_t *step, json_t *answer,
           struct o_fault *fault)
{
    struct order order;
    struct hit *hits;
    int64_t limit, offset;
    size_t n, i;
    json_t *hit;

    if (read_window(step, &limit, &offset, fault) != OV_OK ||
        read_order(collection, step, &order, fault) != OV_OK ||
        candidates(collection, step, &hits, &n, fault) != OV_OK)
        return fault->status;
    for (i = 0; i < n && order.field != NULL; i++) {
        const json_t *value = json_object_get(hits[i].record->values, order.field->name);
        hits[i].order = o_has_value(order.field, value) ? value : NULL;
    }
    qsort_r(hits, n, sizeof(*hits), by_order, &order);
    put_hits(collection, step, hits, n, answer);
    json_array_foreach(json_object_get(answer, "hits"), i, hit)
    {
        double score = order_score(&hits[(size_t)offset + i]);
        json_object_set_new(hit, "score", isnan(score) ? json_null() : json_real(score));
    }
    free(hits);
    return OV_OK;
}

int o_count(struct o_collection *collection, const json_t *step, json_t *answer,
            struct o_fault *fault)
{
    struct hit *hits;
    size_t n;

    if (candidates(collection, step, &hits, &n, fault) != OV_OK)
        return fault->status;
    free(hits);
    json_object_set_new(answer, "count", json_integer((json_int_t)n));
    return OV_OK;
}

/* ------------------------------------------------------------------- groups */

static void add_one(json_t *groups, const char *name)
{
    json_int_t n = json_integer_value(json_object_get(groups, name));

    json_object_set_new(groups, name, json_integer(n + 1));
}

static void group_name(const struct o_field *field, const json_t *value, char *out,
                       size_t room)
{
    int64_t ms;
    char *path;

    if (field->kind == O_PATH) {
        path = o_path(json_string_value(value), json_string_length(value));
        snprintf(out, room, "%s", path);
        free(path);
    } else if (field->kind == O_DATE && o_date(json_string_value(value), &ms) == 0)
        snprintf(out, room, "%lld", (long long)ms);
    else if (json_is_string(value))
        snprintf(out, room, "%s", json_string_value(value));
    else if (json_is_integer(value))
        snprintf(out, room, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        snprintf(out, room, "%d", json_is_true(value));
    else /* never -0 */
        snprintf(out, room, "%.17g", json_real_value(value) + 0.0);
}

static void count_groups(const struct o_field *field, const json_t *value, json_t *groups)
{
    size_t room = 64 + json_string_length(value);
    char *name = malloc(room);
    json_t *seen, *one;
    size_t i;

    if (!json_is_array(value)) {
        group_name(field, value, name, room);
        add_one(groups, name);
        free(name);
        return;
    }
    free(name);
    seen = json_object();
    json_array_foreach((json_t *)value, i, one)
    {
        json_t *single = json_object();
        const char *text;
        count_groups(field, one, single);
        text = json_object_iter_key(json_object_iter(single));
        if (json_object_get(seen, text) == NULL)
            add_one(groups, text);
        json_object_set_new(seen, text, json_true());
        json_decref(single);
    }
    json_decref(seen);
}

int o_groups(struct o_collection *collection, const json_t *step, json_t *answer,
             struct o_fault *fault)
{
    const char *name = json_string_value(json_object_get(step, "field"));
    const struct o_field *field = o_field_find(collection, name);
    struct hit *hits;
    json_t *groups;
    size_t n;

    if (field == NULL)
        return o_fail(fault, OV_INVALID, "unknown field '%.60s'", name);
    if (!is_grouped(field->kind))
        return o_fail(fault, OV_INVALID, "no groups by '%.60s'", name);
    if (candidates(collection, step, &hits, &n, fault) != OV_OK)
        return fault->status;
    groups = json_object();
    for (size_t i = 0; i < n; i++)
        count_groups(field, json_object_get(hits[i].record->values, name), groups);
    free(hits);
    json_object_set_new(answer, "groups", groups);
    return OV_OK;
}
