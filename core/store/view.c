/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.c - references between calls, views and tables.
 *
 * References are added under the collection's lock or by somebody who has one, and
 * dropped anywhere. The last drop of a handle runs provider code, so no lock may be
 * held then.
 */
#include "handle.h"

#include "projection.h"

#include <ov/sdk.h>

#include <stdlib.h>

/* The host ends a bulk that the caller forgot, then gives the table back. */
static void close_table(struct handle *handle)
{
    struct ov_store *store = handle->store;
    struct ov_call call = { .size = sizeof(call), .cancel_fd = -1 };
    struct ov_error err;

    if (store->gate != NULL)
        gate_enter(store->gate, NULL, NULL);
    LOCK_NONE_HELD();
    if (handle->in_bulk) {
        ov_error_reset(&err);
        if (store->backend->bulk_end(handle->table, &call, &err) != OV_OK)
            host_log(store->host, OV_LOG_WARNING, store->profile,
                     "the bulk that was open at the end: %s", err.message);
    }
    store->backend->collection_close(handle->table);
    if (store->gate != NULL)
        gate_leave(store->gate);
}

struct handle *handle_new(struct ov_store *store)
{
    struct handle *handle = calloc(1, sizeof(*handle));

    if (handle == NULL)
        return NULL;
    handle->refs = 1;
    handle->store = store;
    lock_take(&store->lock);
    store->handles++;
    lock_leave(&store->lock);
    return handle;
}

void handle_unref(struct handle *handle)
{
    struct ov_store *store = handle->store;

    if (__atomic_sub_fetch(&handle->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (handle->table != NULL)
        close_table(handle);
    free(handle);
    lock_take(&store->lock);
    store->handles--;
    pthread_cond_broadcast(&store->changed);
    lock_leave(&store->lock);
}

struct view *view_new(struct handle *handle, const struct schema *schema, uint64_t epoch)
{
    struct view *view = calloc(1, sizeof(*view));

    if (view == NULL)
        return NULL;
    view->whole = projection_of_schema(schema);
    if (view->whole == NULL) {
        free(view);
        return NULL;
    }
    view->refs = 1;
    view->epoch = epoch;
    view->handle = handle;
    __atomic_add_fetch(&handle->refs, 1, __ATOMIC_RELAXED);
    view->schema = schema_ref(schema);
    return view;
}

struct view *view_ref(struct view *view)
{
    __atomic_add_fetch(&view->refs, 1, __ATOMIC_RELAXED);
    return view;
}

void view_unref(struct view *view)
{
    unsigned i;

    if (view == NULL || __atomic_sub_fetch(&view->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    for (i = 0; i < VIEW_PROJECTIONS; i++)
        projection_unref(view->known[i]);
    projection_unref(view->whole);
    schema_unref(view->schema);
    handle_unref(view->handle);
    free(view);
}

struct view *view_take(struct ov_collection *collection)
{
    struct view *view;

    lock_take(&collection->lock);
    view = collection->view;
    if (view != NULL)
        view_ref(view);
    lock_leave(&collection->lock);
    return view;
}

void view_swap(struct ov_collection *collection, const struct view *was, struct view *now)
{
    struct view *gone = now;

    lock_take(&collection->lock);
    if (collection->view == was && was != NULL) {
        gone = collection->view;
        collection->view = now;
    }
    lock_leave(&collection->lock);
    view_unref(gone);
}
