/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handle.h - what is behind struct ov_store and struct ov_collection.
 *
 *     ov_store <- ov_collection -> view -> handle -> the provider's table
 *                                    \-> schema
 *
 * A view is a handle together with the schema that it had; it never changes. A call
 * takes the view of its collection, with a reference, and keeps it to its end. Whoever
 * learns of another schema, or opens another table, puts a new view in its place; the
 * old one goes when its last call has left, and with the last view of a handle the table
 * is given back.
 *
 * A view is as old as its epoch: the number of schema changes that the store had asked
 * for before it was made. A call whose view is older than the store looks first, so what
 * one handle of a store has changed every other one knows. What another store or another
 * process has changed is learnt from the provider's OV_STALE, and by a second look where
 * the view would be the reason to refuse a call or to leave a part of it out.
 *
 * Locks: store->lock before collection->lock; neither is held while a provider runs.
 */
#ifndef OV_CORE_HANDLE_H
#define OV_CORE_HANDLE_H

#include <ov/store.h>

#include "counters.h"
#include "gate.h"
#include "lock.h"
#include "options.h"
#include "provider.h"
#include "schema.h"

struct projection;

/* One open table of the provider. */
struct handle {
    unsigned refs;
    int in_bulk; /* guarded by the collection's gate of changes */
    struct ov_store *store;
    struct ov_table *table;
};

#define VIEW_PROJECTIONS 8

struct view {
    unsigned refs;
    uint64_t epoch; /* the store's when it was made */
    struct handle *handle;
    const struct schema *schema;
    struct projection *whole;
    /* Field lists seen before; filled from the front, never emptied. */
    struct projection *known[VIEW_PROJECTIONS];
};

struct ov_collection {
    pthread_mutex_t lock;
    struct view *view; /* NULL once the store was closed */
    struct ov_store *store;
    struct ov_collection *next, **link; /* guarded by the store's lock */
    struct gate *changes;               /* schema changes and bulk, one at a time */
    uint64_t bulk_depth;                /* guarded by it */
    char *name;
};

enum store_state { STORE_OPEN, STORE_CLOSING, STORE_CLOSED };

struct ov_store {
    unsigned refs;
    uint64_t calls; /* ids given to calls so far */

    pthread_mutex_t lock;
    pthread_cond_t changed; /* running, handles or state */
    enum store_state state;
    uint64_t running; /* calls on the store itself */
    uint64_t handles; /* tables that are open */
    struct ov_collection *collections;

    uint64_t epoch; /* schema changes asked for so far */

    /* Set by open, then read only. */
    struct ov_host *host;
    const struct provider *provider;
    const struct ov_backend *backend;
    struct ov_session *session;
    struct gate *gate; /* NULL for a provider that stands any call at any time */
    struct gate *own_gate;
    struct ov_config *config; /* kept: options look into it */
    struct options *options;
    uint64_t number; /* in the services */
    char *profile;
    struct ov_settings settings;
    struct ov_ability ability;
    struct counter counters[OPERATIONS];
};

/* store.c */
struct ov_store *store_ref(struct ov_store *store);
void store_unref(struct ov_store *store);
/* May a call on the store begin? Then it counts as running until store_leave. */
int32_t store_enter(struct ov_store *store, struct ov_error *err);
void store_leave(struct ov_store *store);

/* view.c */
/* Without a table yet; counted by the store from now on. NULL without memory. */
struct handle *handle_new(struct ov_store *store);
void handle_unref(struct handle *handle); /* the last one gives the table back */
/* Adds references to both. epoch: the store's, from before it asked for the schema. NULL
 * without memory. */
struct view *view_new(struct handle *handle, const struct schema *schema, uint64_t epoch);
struct view *view_ref(struct view *view);
void view_unref(struct view *view); /* NULL is fine; may call the provider */
/* The collection's view, with a reference; NULL when the store was closed. */
struct view *view_take(struct ov_collection *collection);
/* Replace was by now, whose reference is taken over, unless somebody else was faster or
 * the store was closed. */
void view_swap(struct ov_collection *collection, const struct view *was,
               struct view *now);

#endif
