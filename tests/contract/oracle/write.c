/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write.c - the steps that change records.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>

static size_t find_record(const struct o_collection *collection, const json_t *key)
{
    const char *name = o_key(collection)->name;
    size_t i = 0;

    while (i < collection->n_records &&
           !o_same_key(json_object_get(collection->records[i].values, name), key))
        i++;
    return i;
}

static void remove_at(struct o_collection *collection, size_t i)
{
    json_decref(collection->records[i].values);
    collection->n_records--;
    memmove(&collection->records[i], &collection->records[i + 1],
            (collection->n_records - i) * sizeof(struct o_record));
}

static void put_record(struct o_collection *collection, json_t *values,
                       int64_t expires_us)
{
    size_t i = find_record(collection, json_object_get(values, o_key(collection)->name));

    if (i == collection->n_records) {
        collection->records =
            realloc(collection->records, (i + 1) * sizeof(struct o_record));
        collection->n_records++;
    } else {
        json_decref(collection->records[i].values);
    }
    collection->records[i] = (struct o_record){ values, expires_us };
}

/* All the records read, or none: nothing is written before the last is known good. */
static int read_records(struct o_collection *collection, const json_t *step, int whole,
                        json_t **out, struct o_fault *fault)
{
    json_t *list = json_array(), *record;
    const json_t *given = json_object_get(step, "records"), *one;
    size_t i;

    json_array_foreach((json_t *)given, i, one)
    {
        if (o_record_read(collection, one, whole, &record, fault) != OV_OK) {
            fault->row = (int64_t)i;
            json_decref(list);
            return fault->status;
        }
        json_array_append_new(list, record);
    }
    *out = list;
    return OV_OK;
}

int o_upsert(struct o_collection *collection, const json_t *step, struct o_fault *fault)
{
    const json_t *ttl = json_object_get(step, "ttl");
    int64_t now = o_step_now(step);
    json_t *records, *record;
    size_t i;

    if (read_records(collection, step, 1, &records, fault) != OV_OK)
        return fault->status;
    json_array_foreach(records, i, record)
    {
        int64_t seconds = json_integer_value(json_array_get(ttl, i));
        put_record(collection, json_incref(record),
                   seconds > 0 ? now + seconds * 1000000 : 0);
    }
    json_decref(records);
    return OV_OK;
}

int o_update(struct o_collection *collection, const json_t *step, struct o_fault *fault)
{
    const char *key = o_key(collection)->name;
    int64_t now = o_step_now(step);
    json_t *records, *record;
    size_t i, at;

    if (read_records(collection, step, 0, &records, fault) != OV_OK)
        return fault->status;
    json_array_foreach(records, i, record)
    {
        at = find_record(collection, json_object_get(record, key));
        if (at == collection->n_records || !o_live(&collection->records[at], now)) {
            fault->row = (int64_t)i;
            o_fail(fault, OV_NO_RECORD, "record not found");
            json_decref(records);
            return fault->status;
        }
    }
    json_array_foreach(records, i, record)
    {
        at = find_record(collection, json_object_get(record, key));
        json_object_update(collection->records[at].values, record);
        collection->records[at].expires_us = 0;
    }
    json_decref(records);
    return OV_OK;
}

int o_remove_keys(struct o_collection *collection, const json_t *step, json_t *answer)
{
    const json_t *keys = json_object_get(step, "keys"), *key;
    int64_t now = o_step_now(step), removed = 0;
    size_t i, at;

    json_array_foreach((json_t *)keys, i, key)
    {
        at = find_record(collection, key);
        if (at == collection->n_records)
            continue;
        removed += o_live(&collection->records[at], now);
        remove_at(collection, at);
    }
    json_object_set_new(answer, "removed", json_integer(removed));
    return OV_OK;
}

int o_remove_where(struct o_collection *collection, const json_t *step, json_t *answer,
                   struct o_fault *fault)
{
    struct o_filter *filter;
    int64_t now = o_step_now(step), removed = 0;

    if (o_step_filter(collection, step, &filter, fault) != OV_OK)
        return fault->status;
    if (filter == NULL)
        return o_fail(fault, OV_INVALID, "a delete needs a filter");
    for (size_t i = collection->n_records; i-- > 0;) {
        if (!o_live(&collection->records[i], now) ||
            !o_filter_match(filter, collection->records[i].values))
            continue;
        remove_at(collection, i);
        removed++;
    }
    o_filter_free(filter);
    json_object_set_new(answer, "removed", json_integer(removed));
    return OV_OK;
}
