/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collection.c - opening a collection, what it looks like, its indexes.
 *
 * Changes of one collection's schema go one after the other through its gate, each from
 * the schema as the provider has it then; otherwise two threads that add a field each
 * would both write the same ordinal.
 */
#include "collection.h"

#include <ov/sdk.h>

#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------------- open, free */

static struct ov_collection *make_collection(struct ov_store *store, const char *name,
                                             struct view *view)
{
    struct ov_collection *collection = calloc(1, sizeof(*collection));

    if (collection == NULL)
        return NULL;
    collection->name = strdup(name);
    collection->changes = gate_new();
    if (collection->name == NULL || collection->changes == NULL) {
        gate_free(collection->changes);
        free(collection->name);
        free(collection);
        return NULL;
    }
    pthread_mutex_init(&collection->lock, NULL);
    collection->view = view;
    collection->store = store_ref(store);
    lock_take(&store->lock);
    collection->next = store->collections;
    collection->link = &store->collections;
    if (collection->next != NULL)
        collection->next->link = &collection->next;
    store->collections = collection;
    lock_leave(&store->lock);
    return collection;
}

int32_t ov_store_collection(struct ov_store *store, const char *name,
                            const struct ov_call_options *options,
                            struct ov_collection **out, struct ov_error *err)
{
    struct ov_collection *collection;
    struct view *view;
    struct call call;
    int32_t status = call_enter_store(&call, store, OP_OPEN, options, err);

    if (status != OV_OK)
        return status;
    status = call_open_table(&call, ov_str_of(name), &view);
    if (status != OV_OK)
        return call_leave(&call, status);
    /* The store is kept open by this call, so nobody has closed it meanwhile. */
    collection = make_collection(store, name, view);
    if (collection == NULL) {
        view_unref(view);
        return call_leave(&call, ov_no_memory(call.err));
    }
    *out = collection;
    return call_leave(&call, OV_OK);
}

void ov_collection_free(struct ov_collection *collection)
{
    struct ov_store *store;

    if (collection == NULL || fork_check(NULL) != OV_OK)
        return;
    store = collection->store;
    lock_take(&store->lock);
    *collection->link = collection->next;
    if (collection->next != NULL)
        collection->next->link = collection->link;
    lock_leave(&store->lock);
    view_unref(collection->view);
    gate_free(collection->changes);
    pthread_mutex_destroy(&collection->lock);
    free(collection->name);
    free(collection);
    store_unref(store);
}

/* ----------------------------------------------------------------- showing */

struct meta_task {
    struct ov_arena *arena;
    const struct ov_doc *meta; /* out */
    struct ov_str name;        /* of an index */
};

static int32_t run_meta(struct call *call, void *ctx)
{
    struct meta_task *task = ctx;
    int32_t status = call_refresh(call);

    if (status != OV_OK)
        return status;
    task->meta = ov_doc_copy(task->arena, call->view->schema->meta);
    return task->meta != NULL ? OV_OK : ov_no_memory(call->err);
}

int32_t ov_collection_meta(struct ov_collection *collection, struct ov_arena *arena,
                           const struct ov_doc **out,
                           const struct ov_call_options *options, struct ov_error *err)
{
    struct meta_task task = { .arena = arena };
    struct call call;
    int32_t status = call_enter(&call, collection, OP_DESCRIBE, options, err);

    if (status != OV_OK)
        return status;
    status = call_run(&call, run_meta, &task);
    if (status == OV_OK)
        *out = task.meta;
    return call_leave(&call, status);
}

static int32_t run_index_meta(struct call *call, void *ctx)
{
    struct meta_task *task = ctx;
    const struct ov_index *index;
    int32_t status = call_refresh(call);

    if (status != OV_OK)
        return status;
    index = ov_schema_index(call->view->schema->ov, task->name);
    if (index == NULL)
        return ov_fail(call->err, OV_NOT_FOUND, "no index '%.*s'", CALL_TEXT(task->name));
    return index_show(call->view->schema, index, task->arena, &task->meta, call->err);
}

int32_t ov_index_meta(struct ov_collection *collection, const char *name,
                      struct ov_arena *arena, const struct ov_doc **out,
                      const struct ov_call_options *options, struct ov_error *err)
{
    struct meta_task task = { .arena = arena, .name = ov_str_of(name) };
    struct call call;
    int32_t status = call_enter(&call, collection, OP_DESCRIBE, options, err);

    if (status != OV_OK)
        return status;
    status = call_run(&call, run_index_meta, &task);
    if (status == OV_OK)
        *out = task.meta;
    return call_leave(&call, status);
}

static int32_t run_refresh(struct call *call, void *ctx)
{
    (void)ctx;
    return call_refresh(call);
}

int32_t ov_index_list(struct ov_collection *collection, ov_name_fn *take, void *ctx,
                      const struct ov_call_options *options, struct ov_error *err)
{
    const struct ov_schema *schema;
    struct call call;
    uint32_t i;
    int32_t status = call_enter(&call, collection, OP_DESCRIBE, options, err);

    if (status != OV_OK)
        return status;
    status = call_run(&call, run_refresh, NULL);
    if (status != OV_OK)
        return call_leave(&call, status);
    schema = call.view->schema->ov;
    for (i = 0; i < schema->n_indexes; i++)
        take(ctx, schema->indexes[i]->name);
    return call_leave(&call, OV_OK);
}

/* ---------------------------------------------------------------- changing */

static int32_t forward_alter(struct call *call, void *ctx)
{
    const struct schema *schema = ctx;

    return call->store->backend->collection_alter(call->view->handle->table, &call->ov,
                                                  schema->ov, call->err);
}

/* What was appended, said to whoever listens. */
static void say_added(struct call *call, const struct schema *from,
                      const struct schema *to)
{
    uint32_t i;

    for (i = from->ov->n_fields; i < to->ov->n_fields; i++)
        if ((to->ov->fields[i]->flags & OV_FIELD_HOST) == 0)
            ov_say(&call->ov, OV_NOTE_ACTION, "field", NULL, "added field '%.*s'",
                   CALL_TEXT(to->ov->fields[i]->name));
}

int32_t collection_alter(struct call *call, const struct schema *to)
{
    const struct schema *from = schema_ref(call->view->schema);
    int32_t status = call_change(call, forward_alter, (void *)to);

    if (status == OV_OK)
        status = call_refresh(call);
    if (status == OV_OK)
        say_added(call, from, to);
    schema_unref(from);
    return status;
}

static int32_t forward_index_put(struct call *call, void *ctx)
{
    return call->store->backend->index_put(call->view->handle->table, &call->ov, ctx,
                                           call->err);
}

int32_t collection_index_put(struct call *call, const struct ov_index *index)
{
    int32_t status = plan_served_index(call, index);

    if (status == OV_OK)
        status = call_change(call, forward_index_put, (void *)index);
    if (status == OV_OK)
        ov_say(&call->ov, OV_NOTE_ACTION, "index", NULL, "made index '%.*s'",
               CALL_TEXT(index->name));
    return status;
}

/* A task that changes the schema, begun from how it is now. */
static int32_t run_change(struct ov_collection *collection, enum operation operation,
                          const struct ov_call_options *options, call_fn *run, void *task,
                          struct ov_error *err)
{
    struct call call;
    int32_t status = call_enter(&call, collection, operation, options, err);

    if (status != OV_OK)
        return status;
    status = gate_enter(collection->changes, &call.ov, call.err);
    if (status != OV_OK)
        return call_leave(&call, status);
    status = call_run(&call, run, task);
    gate_leave(collection->changes);
    return call_leave(&call, status);
}

struct update_task {
    const struct ov_doc *fields;
    const struct ov_str *description;
};

static int32_t run_update(struct call *call, void *ctx)
{
    const struct update_task *task = ctx;
    const struct schema *to = NULL;
    int32_t status = call_refresh(call);

    if (status == OV_OK)
        status = schema_update(call->view->schema, task->fields, task->description, &to,
                               call->err);
    if (status == OV_OK && to != NULL)
        status = plan_served_schema(call, to);
    if (status == OV_OK && to != NULL)
        status = collection_alter(call, to);
    schema_unref(to);
    return status;
}

int32_t ov_collection_update(struct ov_collection *collection,
                             const struct ov_doc *fields,
                             const struct ov_str *description,
                             const struct ov_call_options *options, struct ov_error *err)
{
    struct update_task task = { .fields = fields, .description = description };

    return run_change(collection, OP_ALTER, options, run_update, &task, err);
}

static int32_t run_add_expiry(struct call *call, void *ctx)
{
    const struct schema *to = NULL;
    int32_t status = call_refresh(call);

    (void)ctx;
    if (status != OV_OK || call->view->schema->expiry != OV_NONE)
        return status;
    status = schema_extend(call->view->schema, call->view->schema, 1, &to, call->err);
    if (status == OV_OK && to != NULL)
        status = collection_alter(call, to);
    schema_unref(to);
    return status;
}

int32_t collection_add_expiry(struct call *call)
{
    int32_t status = gate_enter(call->collection->changes, &call->ov, call->err);

    if (status != OV_OK)
        return status;
    status = run_add_expiry(call, NULL);
    gate_leave(call->collection->changes);
    return status;
}

static int32_t run_index_put(struct call *call, void *ctx)
{
    const struct ov_index *index;
    int32_t status = call_refresh(call);

    if (status != OV_OK)
        return status;
    if (call_arena(call) == NULL)
        return OV_NO_SPACE;
    status = index_of_meta(call->view->schema, ctx, &call->store->settings, call->arena,
                           &index, call->err);
    if (status == OV_OK)
        status = collection_index_put(call, index);
    return status == OV_OK ? call_refresh(call) : status;
}

int32_t ov_index_put(struct ov_collection *collection, const struct ov_doc *meta,
                     const struct ov_call_options *options, struct ov_error *err)
{
    return run_change(collection, OP_INDEX_PUT, options, run_index_put, (void *)meta,
                      err);
}

struct drop_task {
    struct ov_str name;
    int dropped; /* out */
};

static int32_t forward_index_drop(struct call *call, void *ctx)
{
    const struct drop_task *task = ctx;

    return call->store->backend->index_drop(call->view->handle->table, &call->ov,
                                            task->name, call->err);
}

static int32_t run_index_drop(struct call *call, void *ctx)
{
    struct drop_task *task = ctx;
    int32_t status = call_change(call, forward_index_drop, task);

    task->dropped = status == OV_OK;
    if (status == OV_NOT_FOUND) {
        ov_error_reset(call->err);
        return OV_OK;
    }
    return status == OV_OK ? call_refresh(call) : status;
}

int32_t ov_index_drop(struct ov_collection *collection, const char *name, int *dropped,
                      const struct ov_call_options *options, struct ov_error *err)
{
    struct drop_task task = { .name = ov_str_of(name) };
    int32_t status =
        run_change(collection, OP_INDEX_DROP, options, run_index_drop, &task, err);

    if (status == OV_OK && dropped != NULL)
        *dropped = task.dropped;
    return status;
}
