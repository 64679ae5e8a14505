/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_side.c - a store behind the host's public interface, as a side; the steps that
 * open, make and change.
 */
#include "store_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const struct work *work, const char *name)
{
    return json_string_value(json_object_get(work->step, name));
}

static const struct ov_doc *doc_of(struct work *work, const char *name)
{
    return doc_of_json(work->arena, json_object_get(work->step, name));
}

/* ------------------------------------------------------------- open and close */

static void forget(struct store_side *side, const char *name)
{
    for (int i = 0; i < MAX_OPEN; i++)
        if (side->open[i].collection != NULL &&
            (name == NULL || strcmp(side->open[i].name, name) == 0)) {
            ov_collection_free(side->open[i].collection);
            side->open[i].collection = NULL;
        }
}

static int32_t close_store(struct store_side *side)
{
    forget(side, NULL);
    ov_store_free(side->store);
    side->store = NULL;
    return OV_OK;
}

static int32_t reopen(struct store_side *side, struct ov_error *err)
{
    (void)close_store(side);
    return ov_store_open(side->host, side->config, side->profile, NULL, &side->store,
                         err);
}

static int32_t find(struct store_side *side, const char *name, struct ov_collection **out,
                    struct ov_error *err)
{
    int room = 0, i;

    for (i = 0; i < MAX_OPEN; i++) {
        if (side->open[i].collection == NULL)
            room = i;
        else if (strcmp(side->open[i].name, name) == 0)
            break;
    }
    if (i == MAX_OPEN) {
        int32_t status = ov_store_collection(side->store, name, NULL,
                                             &side->open[room].collection, err);
        if (status != OV_OK)
            return status;
        snprintf(side->open[room].name, sizeof(side->open[room].name), "%s", name);
        i = room;
    }
    *out = side->open[i].collection;
    return OV_OK;
}

static void release(struct side *base)
{
    struct store_side *side = (struct store_side *)base;

    forget(side, NULL);
    ov_store_free(side->store);
    ov_config_free(side->config);
    ov_host_close(side->host);
    free(side);
}

/* ------------------------------------------------------------------- the steps */

static int32_t create(struct store_side *side, struct work *work, const char *name)
{
    int created = 0;
    int32_t status = ov_store_create(
        side->store,
        &(struct ov_collection_spec){ .size = sizeof(struct ov_collection_spec),
                                      .name = name,
                                      .meta = doc_of(work, "meta"),
                                      .indexes = doc_of(work, "indexes") },
        &created, &work->options, &work->err);

    if (status == OV_OK)
        json_object_set_new(work->answer, "created", json_boolean(created));
    return status;
}

static int32_t drop(struct store_side *side, struct work *work, const char *name)
{
    int dropped = 0;
    int32_t status;

    forget(side, name);
    status = ov_store_drop(side->store, name, &dropped, &work->options, &work->err);
    if (status == OV_OK)
        json_object_set_new(work->answer, "dropped", json_boolean(dropped));
    return status;
}

static int32_t upsert(struct work *work)
{
    const json_t *list = json_object_get(work->step, "ttl");
    size_t n = json_array_size(list);
    int64_t *ttl = ov_arena_take(work->arena, (n + 1) * sizeof(int64_t));

    for (size_t i = 0; i < n; i++)
        ttl[i] = json_integer_value(json_array_get(list, i));
    return ov_collection_upsert(work->collection, doc_of(work, "records"),
                                n > 0 ? ttl : NULL, &work->options, &work->err);
}

static int32_t take_out(struct work *work, const char *verb)
{
    uint64_t removed = 0;
    int32_t status;

    if (strcmp(verb, "remove") == 0) {
        status = ov_collection_remove(work->collection, doc_of(work, "keys"), &removed,
                                      &work->options, &work->err);
    } else {
        const struct ov_doc *filter = work_filter(work);
        status = work->err.code;
        if (status == OV_OK)
            status = ov_collection_remove_where(work->collection, filter, &removed,
                                                &work->options, &work->err);
    }
    if (status == OV_OK)
        json_object_set_new(work->answer, "removed", json_integer((json_int_t)removed));
    return status;
}

static int32_t alter(struct work *work)
{
    const char *description = text_of(work, "description");
    struct ov_str text = ov_str_of(description);

    return ov_collection_update(work->collection, doc_of(work, "fields"),
                                description != NULL ? &text : NULL, &work->options,
                                &work->err);
}

static int32_t show_meta(struct work *work, const char *verb)
{
    const struct ov_doc *meta;
    int32_t status;

    if (strcmp(verb, "meta") == 0)
        status = ov_collection_meta(work->collection, work->arena, &meta, &work->options,
                                    &work->err);
    else
        status = ov_index_meta(work->collection, text_of(work, "name"), work->arena,
                               &meta, &work->options, &work->err);
    if (status == OV_OK)
        json_object_set_new(work->answer, "meta", json_of_doc(meta));
    return status;
}

/* Nobody promises their order, so they are put into that of bytes. */
static void take_name(void *ctx, struct ov_str name)
{
    json_t *names = ctx, *text = json_stringn(name.p, name.n);
    size_t at = 0;

    while (at < json_array_size(names) &&
           strcmp(json_string_value(json_array_get(names, at)), json_string_value(text)) <
               0)
        at++;
    json_array_insert_new(names, at, text);
}

static int32_t list_indexes(struct work *work)
{
    json_t *names = json_array();
    int32_t status =
        ov_index_list(work->collection, take_name, names, &work->options, &work->err);

    json_object_set_new(work->answer, "names", names);
    return status;
}

static int32_t drop_index(struct work *work)
{
    int dropped = 0;
    int32_t status = ov_index_drop(work->collection, text_of(work, "name"), &dropped,
                                   &work->options, &work->err);

    if (status == OV_OK)
        json_object_set_new(work->answer, "dropped", json_boolean(dropped));
    return status;
}

static int32_t change_step(struct work *work, const char *verb)
{
    if (strcmp(verb, "upsert") == 0)
        return upsert(work);
    if (strcmp(verb, "update") == 0)
        return ov_collection_set(work->collection, doc_of(work, "records"),
                                 &work->options, &work->err);
    if (strcmp(verb, "remove") == 0 || strcmp(verb, "remove_where") == 0)
        return take_out(work, verb);
    if (strcmp(verb, "truncate") == 0)
        return ov_collection_truncate(work->collection, &work->options, &work->err);
    if (strcmp(verb, "alter") == 0)
        return alter(work);
    if (strcmp(verb, "meta") == 0 || strcmp(verb, "index_meta") == 0)
        return show_meta(work, verb);
    if (strcmp(verb, "index_put") == 0)
        return ov_index_put(work->collection, doc_of(work, "meta"), &work->options,
                            &work->err);
    if (strcmp(verb, "index_drop") == 0)
        return drop_index(work);
    if (strcmp(verb, "index_list") == 0)
        return list_indexes(work);
    if (strcmp(verb, "bulk_begin") == 0)
        return ov_bulk_begin(work->collection, &work->options, &work->err);
    if (strcmp(verb, "bulk_end") == 0)
        return ov_bulk_end(work->collection, &work->options, &work->err);
    return ov_fail(&work->err, OV_INTERNAL, "no step '%s'", verb);
}

/* An action of the provider; its notes are the answer. */
static void take_note(void *ctx, const struct ov_note *note)
{
    json_array_append_new(ctx, json_stringn(note->text.p, note->text.n));
}

static int32_t run_action(struct store_side *side, struct work *work)
{
    json_t *notes = json_array();
    int32_t status;

    work->options.note = take_note;
    work->options.note_ctx = notes;
    status = ov_store_act(side->store, text_of(work, "action"), NULL, 0, &work->options,
                          &work->err);
    json_object_set_new(work->answer, "notes", notes);
    return status;
}

static int32_t collection_step(struct work *work)
{
    const char *verb = text_of(work, "do");
    int known;
    int32_t status = read_step(work, verb, &known);

    return known ? status : change_step(work, verb);
}

static int32_t act_in(struct store_side *side, struct work *work)
{
    const char *verb = text_of(work, "do");
    const char *name = text_of(work, "collection");
    int32_t status;

    if (name == NULL)
        name = side_collection();
    if (strcmp(verb, "reopen") == 0)
        return reopen(side, &work->err);
    if (strcmp(verb, "close") == 0)
        return close_store(side);
    if (side->store == NULL)
        return ov_fail(&work->err, OV_CLOSED, "the store is closed");
    if (strcmp(verb, "act") == 0)
        return run_action(side, work);
    if (strcmp(verb, "create") == 0)
        return create(side, work, name);
    if (strcmp(verb, "drop") == 0)
        return drop(side, work, name);
    status = find(side, name, &work->collection, &work->err);
    return status == OV_OK ? collection_step(work) : status;
}

static struct work begin_work(const json_t *step)
{
    struct work work = { .step = step, .arena = ov_arena_new(), .answer = json_object() };

    work.options.size = sizeof(work.options);
    work.options.now_us = json_integer_value(json_object_get(step, "now_us"));
    ov_error_reset(&work.err);
    return work;
}

static json_t *end_work(struct work *work, int32_t status)
{
    if (status != OV_OK)
        json_object_clear(work->answer);
    json_object_set_new(work->answer, "status", json_string(ov_status_name(status)));
    if (status != OV_OK) {
        json_object_set_new(work->answer, "message", json_string(work->err.message));
        json_object_set_new(work->answer, "where", json_string(work->err.where));
    }
    if (status != OV_OK && work->err.row >= 0)
        json_object_set_new(work->answer, "row", json_integer(work->err.row));
    ov_arena_free(work->arena);
    return work->answer;
}

static json_t *act(struct side *base, const json_t *step)
{
    struct work work = begin_work(step);

    return end_work(&work, act_in((struct store_side *)base, &work));
}

json_t *act_on_collection(struct ov_collection *collection, const json_t *step)
{
    struct work work = begin_work(step);

    work.collection = collection;
    return end_work(&work, collection_step(&work));
}

struct side *side_store(const struct place *place, struct ov_error *err)
{
    struct store_side *side = calloc(1, sizeof(*side));
    struct ov_host_options options = { .size = sizeof(options) };

    options.plugin_path = place->plugin_path;
    snprintf(side->profile, sizeof(side->profile), "%s",
             place->profile != NULL ? place->profile : "");
    side->side.act = act;
    side->side.free = release;
    if (ov_host_open(&options, &side->host, err) != OV_OK ||
        ov_config_read(place->ini, &side->config, err) != OV_OK ||
        ov_store_open(side->host, side->config, side->profile, NULL, &side->store, err) !=
            OV_OK) {
        release(&side->side);
        return NULL;
    }
    snprintf(side->side.name, sizeof(side->side.name), "%s",
             ov_store_provider(side->store));
    side->side.exceptions = ov_store_description(side->store)->exceptions;
    return &side->side;
}
