/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.c - the oracle's collections, and the steps that change them.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>

struct oracle {
    struct o_collection **collections;
    size_t n;
};

struct oracle *oracle_new(void)
{
    return calloc(1, sizeof(struct oracle));
}

static void clear_records(struct o_collection *collection)
{
    for (size_t i = 0; i < collection->n_records; i++)
        json_decref(collection->records[i].values);
    free(collection->records);
    collection->records = NULL;
    collection->n_records = 0;
}

static void collection_free(struct o_collection *collection)
{
    clear_records(collection);
    for (size_t i = 0; i < collection->n_indexes; i++)
        json_decref(collection->indexes[i].meta);
    free(collection->indexes);
    o_fields_free(collection->fields, collection->n_fields);
    json_decref(collection->meta);
    free(collection->name);
    free(collection);
}

void oracle_free(struct oracle *oracle)
{
    for (size_t i = 0; i < oracle->n; i++)
        collection_free(oracle->collections[i]);
    free(oracle->collections);
    free(oracle);
}

/* The collection that a step names, or the one of this process. */
static const char *name_in(const json_t *step)
{
    const char *name = json_string_value(json_object_get(step, "collection"));

    if (name == NULL)
        name = getenv("OV_TEST_COLLECTION");
    return name != NULL ? name : "c";
}

static struct o_collection *find(const struct oracle *oracle, const json_t *step)
{
    const char *name = name_in(step);

    for (size_t i = 0; i < oracle->n; i++)
        if (strcmp(oracle->collections[i]->name, name) == 0)
            return oracle->collections[i];
    return NULL;
}

/* --------------------------------------------------------- schema and indexes */

static int put_index(struct o_collection *collection, const json_t *meta,
                     struct o_fault *fault)
{
    struct o_index index;

    if (o_index_read(collection, meta, &index, fault) != OV_OK)
        return fault->status;
    for (size_t i = 0; i < collection->n_indexes; i++)
        if (strcmp(collection->indexes[i].name, index.name) == 0) {
            json_decref(collection->indexes[i].meta);
            collection->indexes[i] = index;
            return OV_OK;
        }
    collection->indexes = realloc(collection->indexes,
                                  (collection->n_indexes + 1) * sizeof(struct o_index));
    collection->indexes[collection->n_indexes++] = index;
    return OV_OK;
}

static int drop(struct oracle *oracle, const json_t *step, json_t *answer)
{
    struct o_collection *collection = find(oracle, step);

    json_object_set_new(answer, "dropped", json_boolean(collection != NULL));
    for (size_t i = 0; i < oracle->n; i++)
        if (oracle->collections[i] == collection) {
            collection_free(collection);
            oracle->collections[i] = oracle->collections[--oracle->n];
        }
    return OV_OK;
}

/* Fields of a meta that are not there yet; one that differs is OV_EXISTS. */
static int new_fields(const struct o_collection *collection, const json_t *given,
                      json_t **out, struct o_fault *fault)
{
    json_t *fresh = json_array();
    json_t *wrap = json_pack("{s:O}", "Fields", given);
    struct o_field *fields;
    size_t n;

    if (o_fields_read(wrap, &fields, &n, fault) != OV_OK)
        goto fail;
    for (size_t i = 0; i < n; i++) {
        const struct o_field *have = o_field_find(collection, fields[i].name);
        if (have == NULL) {
            json_array_append(fresh, json_array_get(given, i));
            continue;
        }
        if (have->kind != fields[i].kind || have->dim != fields[i].dim ||
            have->key != fields[i].key || !json_equal(have->fill, fields[i].fill)) {
            if (have->fill != fields[i].fill || have->kind != fields[i].kind)
                o_fail(fault, OV_EXISTS, "field '%.60s' differs", have->name);
        }
    }
    o_fields_free(fields, n);
    if (fault->status != OV_OK)
        goto fail;
    json_decref(wrap);
    *out = fresh;
    return OV_OK;

fail:
    json_decref(wrap);
    json_decref(fresh);
    return fault->status;
}

static int alter(struct o_collection *collection, const json_t *step,
                 struct o_fault *fault)
{
    json_t *given = json_object_get(step, "fields"), *fresh = NULL, *all;
    json_t *description = json_object_get(step, "description");
    size_t before = collection->n_fields;

    if (given != NULL && json_array_size(given) > 0) {
        if (new_fields(collection, given, &fresh, fault) != OV_OK)
            return fault->status;
        all = json_object_get(collection->meta, "Fields");
        json_array_extend(all, fresh);
        json_decref(fresh);
        o_fields_free(collection->fields, collection->n_fields);
        (void)o_fields_read(collection->meta, &collection->fields, &collection->n_fields,
                            fault);
    }
    if (description != NULL)
        json_object_set(collection->meta, "Description", description);
    for (size_t i = 0; i < collection->n_records; i++)
        for (size_t k = before; k < collection->n_fields; k++)
            json_object_set_new(collection->records[i].values, collection->fields[k].name,
                                o_fill(&collection->fields[k]));
    return OV_OK;
}

/* What is missing is added; another metric of an index is refused before anything is. */
static int create_again(struct o_collection *collection, const json_t *step,
                        struct o_fault *fault)
{
    json_t *fields = json_object_get(json_object_get(step, "meta"), "Fields");
    json_t *wanted = json_pack("{s:O}", "fields", fields);
    const json_t *meta;
    struct o_index index;
    size_t i;

    json_array_foreach(json_object_get(step, "indexes"), i, meta)
    {
        const char *name = json_string_value(json_object_get(meta, "IndexName"));
        const struct o_index *there = o_index_find(collection, name);
        if (o_index_read(collection, meta, &index, fault) != OV_OK)
            break;
        json_decref(index.meta);
        if (there != NULL && there->metric != index.metric)
            o_fail(fault, OV_EXISTS, "index '%.60s' has another metric", name);
    }
    if (fault->status == OV_OK)
        (void)alter(collection, wanted, fault);
    if (fault->status == OV_OK)
        json_array_foreach(json_object_get(step, "indexes"), i, meta)(void)
            put_index(collection, meta, fault);
    json_decref(wanted);
    return fault->status;
}

static int create(struct oracle *oracle, const json_t *step, json_t *answer,
                  struct o_fault *fault)
{
    struct o_collection *collection;
    const json_t *index;
    size_t i;

    json_object_set_new(answer, "created", json_boolean(find(oracle, step) == NULL));
    if (find(oracle, step) != NULL)
        return create_again(find(oracle, step), step, fault);
    collection = calloc(1, sizeof(*collection));
    collection->name = strdup(name_in(step));
    collection->meta = json_deep_copy(json_object_get(step, "meta"));
    if (o_fields_read(collection->meta, &collection->fields, &collection->n_fields,
                      fault) != OV_OK)
        goto fail;
    json_array_foreach(json_object_get(step, "indexes"), i,
                       index) if (put_index(collection, index, fault) != OV_OK) goto fail;
    oracle->collections =
        realloc(oracle->collections, (oracle->n + 1) * sizeof(struct o_collection *));
    oracle->collections[oracle->n++] = collection;
    json_object_set_new(collection->meta, "CollectionName",
                        json_string(collection->name));
    return OV_OK;

fail:
    collection_free(collection);
    return fault->status;
}

static int drop_index(struct o_collection *collection, const json_t *step, json_t *answer)
{
    const struct o_index *index =
        o_index_find(collection, json_string_value(json_object_get(step, "name")));

    json_object_set_new(answer, "dropped", json_boolean(index != NULL));
    if (index != NULL) {
        size_t i = (size_t)(index - collection->indexes);
        json_decref(index->meta);
        collection->indexes[i] = collection->indexes[--collection->n_indexes];
    }
    return OV_OK;
}

/* In byte order. */
static int list_indexes(const struct o_collection *collection, json_t *answer)
{
    json_t *names = json_array();

    for (size_t i = 0; i < collection->n_indexes; i++) {
        const char *name = collection->indexes[i].name;
        size_t at = 0;
        while (at < i && strcmp(json_string_value(json_array_get(names, at)), name) < 0)
            at++;
        json_array_insert_new(names, at, json_string(name));
    }
    json_object_set_new(answer, "names", names);
    return OV_OK;
}

static int show_index(const struct o_collection *collection, const json_t *step,
                      json_t *answer, struct o_fault *fault)
{
    const char *name = json_string_value(json_object_get(step, "name"));
    const struct o_index *index = o_index_find(collection, name);

    if (index == NULL)
        return o_fail(fault, OV_NOT_FOUND, "no index '%.60s'", name);
    json_object_set(answer, "meta", index->meta);
    return OV_OK;
}

static int bulk(struct o_collection *collection, int by, struct o_fault *fault)
{
    if (collection->bulk + by < 0)
        return o_fail(fault, OV_INVALID, "bulk ingest scope is not active");
    collection->bulk += by;
    return OV_OK;
}

/* ----------------------------------------------------------------- the steps */

/* A filter that is no JSON is refused before anything is asked. */
static int is_text_good(const json_t *step)
{
    const char *text = json_string_value(json_object_get(step, "filter_text"));
    json_t *dsl;

    if (text == NULL)
        return 1;
    dsl = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    json_decref(dsl);
    return dsl != NULL;
}

static int act_on(struct o_collection *c, const char *verb, const json_t *step,
                  json_t *answer, struct o_fault *fault)
{
    if (!is_text_good(step))
        return o_fail(fault, OV_INVALID, "the filter is no JSON");
    if (strcmp(verb, "upsert") == 0)
        return o_upsert(c, step, fault);
    if (strcmp(verb, "update") == 0)
        return o_update(c, step, fault);
    if (strcmp(verb, "remove") == 0)
        return o_remove_keys(c, step, answer);
    if (strcmp(verb, "remove_where") == 0)
        return o_remove_where(c, step, answer, fault);
    if (strcmp(verb, "truncate") == 0)
        return clear_records(c), OV_OK;
    if (strcmp(verb, "fetch") == 0)
        return o_fetch(c, step, answer, fault);
    if (strcmp(verb, "search") == 0)
        return o_search(c, step, answer, fault);
    if (strcmp(verb, "scan") == 0 || strcmp(verb, "walk") == 0)
        return o_scan(c, step, answer, fault);
    if (strcmp(verb, "count") == 0)
        return o_count(c, step, answer, fault);
    if (strcmp(verb, "groups") == 0)
        return o_groups(c, step, answer, fault);
    if (strcmp(verb, "meta") == 0)
        return json_object_set(answer, "meta", c->meta), OV_OK;
    if (strcmp(verb, "alter") == 0)
        return alter(c, step, fault);
    if (strcmp(verb, "index_put") == 0)
        return put_index(c, json_object_get(step, "meta"), fault);
    if (strcmp(verb, "index_drop") == 0)
        return drop_index(c, step, answer);
    if (strcmp(verb, "index_list") == 0)
        return list_indexes(c, answer);
    if (strcmp(verb, "index_meta") == 0)
        return show_index(c, step, answer, fault);
    if (strcmp(verb, "bulk_begin") == 0)
        return bulk(c, 1, fault);
    if (strcmp(verb, "bulk_end") == 0)
        return bulk(c, -1, fault);
    return o_fail(fault, OV_INTERNAL, "no step '%.60s'", verb);
}

static void end_scopes(struct oracle *oracle)
{
    for (size_t i = 0; i < oracle->n; i++)
        oracle->collections[i]->bulk = 0;
}

static const char *status_word(int status)
{
    switch (status) {
    case OV_OK:
        return "OV_OK";
    case OV_INVALID:
        return "OV_INVALID";
    case OV_NOT_FOUND:
        return "OV_NOT_FOUND";
    case OV_NO_RECORD:
        return "OV_NO_RECORD";
    case OV_EXISTS:
        return "OV_EXISTS";
    default:
        return "OV_INTERNAL";
    }
}

json_t *oracle_act(struct oracle *oracle, const json_t *step)
{
    const char *verb = json_string_value(json_object_get(step, "do"));
    struct o_collection *collection = find(oracle, step);
    struct o_fault fault = { .status = OV_OK, .row = -1 };
    json_t *answer = json_object();

    if (strcmp(verb, "create") == 0)
        create(oracle, step, answer, &fault);
    else if (strcmp(verb, "drop") == 0)
        drop(oracle, step, answer);
    else if (strcmp(verb, "reopen") == 0 || strcmp(verb, "close") == 0)
        end_scopes(oracle); /* and nothing is lost */
    else if (collection == NULL)
        o_fail(&fault, OV_NOT_FOUND, "no collection");
    else
        act_on(collection, verb, step, answer, &fault);
    if (fault.status != OV_OK)
        json_object_clear(answer);
    json_object_set_new(answer, "status", json_string(status_word(fault.status)));
    if (fault.status != OV_OK)
        json_object_set_new(answer, "message", json_string(fault.text));
    if (fault.row >= 0)
        json_object_set_new(answer, "row", json_integer(fault.row));
    return answer;
}
