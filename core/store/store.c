/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.c - the life of a store.
 *
 * Closing goes in an order that nothing can overtake: no new call begins; calls on the
 * store end; collections lose their views; the last call on each table gives it back;
 * then the session. Several closers wait for the same end.
 */
#include "call.h"

#include "fork.h"
#include "services.h"

#include <ov/sdk.h>

#include <stdlib.h>
#include <string.h>

struct ov_store *store_ref(struct ov_store *store)
{
    __atomic_add_fetch(&store->refs, 1, __ATOMIC_RELAXED);
    return store;
}

void store_unref(struct ov_store *store)
{
    if (__atomic_sub_fetch(&store->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    gate_free(store->own_gate);
    options_free(store->options);
    ov_config_free(store->config);
    free((char *)store->settings.backend);
    free((char *)store->settings.table);
    free((char *)store->settings.index_name);
    free((char *)store->settings.index_kind);
    free(store->profile);
    pthread_cond_destroy(&store->changed);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

int32_t store_enter(struct ov_store *store, struct ov_error *err)
{
    int open;

    lock_take(&store->lock);
    open = store->state == STORE_OPEN;
    if (open)
        store->running++;
    lock_leave(&store->lock);
    return open ? OV_OK : ov_fail(err, OV_CLOSED, "the store was closed");
}

void store_leave(struct ov_store *store)
{
    lock_take(&store->lock);
    store->running--;
    pthread_cond_broadcast(&store->changed);
    lock_leave(&store->lock);
}

/* ------------------------------------------------------------------ opening */

static int copy_text(const char **text)
{
    if (*text != NULL)
        *text = strdup(*text);
    return *text != NULL;
}

/* The settings outlive the configuration. Every text is a copy of ours or NULL. */
static int32_t copy_settings(struct ov_store *store, const struct ov_settings *from,
                             const char *profile, struct ov_error *err)
{
    int all;

    store->settings = *from;
    store->settings.size = sizeof(store->settings);
    all = copy_text(&store->settings.backend);
    all &= copy_text(&store->settings.table);
    all &= copy_text(&store->settings.index_name);
    all &= copy_text(&store->settings.index_kind);
    store->profile = strdup(profile);
    return all && store->profile != NULL ? OV_OK : ov_no_memory(err);
}

static struct ov_store *make_store(struct ov_host *host)
{
    struct ov_store *store = NULL;

    if (posix_memalign((void **)&store, 64, sizeof(*store)) != 0)
        return NULL;
    memset(store, 0, sizeof(*store));
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->changed, NULL);
    store->refs = 1;
    store->host = host;
    store->state = STORE_CLOSED;
    return store;
}

static int32_t configure(struct ov_store *store, const struct ov_config *config,
                         const char *profile, struct ov_error *err)
{
    struct ov_settings settings = { .size = sizeof(settings) };
    int32_t status = ov_config_settings(config, profile, &settings, err);

    if (status == OV_OK)
        status = copy_settings(store, &settings, profile, err);
    if (status == OV_OK)
        status = host_provider(store->host, settings.backend, &store->provider, err);
    if (status != OV_OK)
        return status;
    store->backend = &store->provider->table;
    store->config = config_keep(config);
    status = options_resolve(config, profile, store->provider->description,
                             &store->options, err);
    if (status == OV_OK && store->options->open_to[0] != '\0')
        host_log(store->host, OV_LOG_WARNING, store->profile, "secret: %s",
                 store->options->open_to);
    return status;
}

/* A serial provider has one gate for all its stores, a serial store one of its own. */
static int32_t choose_gate(struct ov_store *store, struct ov_error *err)
{
    switch ((enum ov_threads)store->provider->description->threads) {
    case OV_FREE:
        return OV_OK;
    case OV_SERIAL:
        store->gate = store->provider->gate;
        if (store->gate == NULL)
            break;
        return OV_OK;
    case OV_SERIAL_STORE:
        store->gate = store->own_gate = gate_new();
        return store->gate != NULL ? OV_OK : ov_no_memory(err);
    }
    return ov_fail(err, OV_INTERNAL, "provider '%s' declares threads %u and has no gate",
                   store->provider->name, store->provider->description->threads);
}

struct session_args {
    struct ov_session *session;
    struct ov_ability ability;
};

static int32_t forward_open(struct call *call, void *ctx)
{
    struct session_args *args = ctx;
    struct ov_store *store = call->store;

    return store->backend->open(store->number, store->options->settings, &call->ov,
                                &args->session, call->err);
}

static int32_t forward_ability(struct call *call, void *ctx)
{
    struct ov_ability *ability = ctx;

    memset(ability, 0, sizeof(*ability));
    ability->size = sizeof(*ability);
    return call->store->backend->ability(call->store->session, &call->ov, ability,
                                         call->err);
}

static void close_session(struct ov_store *store)
{
    if (store->session == NULL)
        return;
    if (store->gate != NULL)
        gate_enter(store->gate, NULL, NULL);
    LOCK_NONE_HELD();
    store->backend->close(store->session);
    store->session = NULL;
    if (store->gate != NULL)
        gate_leave(store->gate);
}

/* The first two calls of the provider. A server that is away is said at once: whoever
 * opens a store decides himself whether to wait. */
static int32_t open_session(struct ov_store *store, const struct ov_call_options *options,
                            struct ov_error *err)
{
    struct session_args args = { .session = NULL };
    struct call call;
    int32_t status = call_enter_store(&call, store, OP_OPEN, options, err);

    if (status != OV_OK)
        return status;
    call.once = 1;
    if (store->options->open_to[0] != '\0')
        ov_say(&call.ov, OV_NOTE_CHECK, "secret", NULL,
               "%s; chmod go-r it unless that is "
               "meant",
               store->options->open_to);
    status = call_forward(&call, forward_open, &args);
    if (status == OV_OK && args.session == NULL)
        status = ov_fail(call.err, OV_INTERNAL,
                         "provider '%s' answered 'open' with no session",
                         store->provider->name);
    if (status == OV_OK) {
        store->session = args.session;
        status = call_forward(&call, forward_ability, &store->ability);
    }
    return call_leave(&call, status);
}

int32_t ov_store_open(struct ov_host *host, const struct ov_config *config,
                      const char *profile, const struct ov_call_options *options,
                      struct ov_store **out, struct ov_error *err)
{
    struct ov_store *store;
    int32_t status = fork_watch(err);

    if (status != OV_OK)
        return status;
    store = make_store(host);
    if (store == NULL)
        return ov_no_memory(err);
    status = configure(store, config, profile == NULL ? "" : profile, err);
    if (status == OV_OK)
        status = choose_gate(store, err);
    if (status == OV_OK) {
        store->number = services_enter(host, store->profile, store->options);
        if (store->number == 0)
            status = ov_no_memory(err);
    }
    if (status == OV_OK) {
        store->state = STORE_OPEN;
        status = open_session(store, options, err);
    }
    if (status != OV_OK) {
        ov_store_free(store);
        return status;
    }
    *out = store;
    return OV_OK;
}

/* ------------------------------------------------------------------ closing */

/* Takes the view away from one collection that still has one; NULL when none has. */
static struct view *detach_one(struct ov_store *store)
{
    struct ov_collection *at;
    struct view *view = NULL;

    lock_take(&store->lock);
    for (at = store->collections; at != NULL && view == NULL; at = at->next) {
        lock_take(&at->lock);
        view = at->view;
        at->view = NULL;
        lock_leave(&at->lock);
    }
    lock_leave(&store->lock);
    return view;
}

/* 1 for the one who has to close; the others return when it is done. */
static int begin_close(struct ov_store *store)
{
    int mine;

    lock_take(&store->lock);
    mine = store->state == STORE_OPEN;
    if (mine)
        store->state = STORE_CLOSING;
    while (mine ? store->running > 0 : store->state == STORE_CLOSING)
        lock_wait(&store->changed, &store->lock);
    lock_leave(&store->lock);
    return mine;
}

void ov_store_close(struct ov_store *store)
{
    struct view *view;

    if (store == NULL || fork_check(NULL) != OV_OK || !begin_close(store))
        return;
    while ((view = detach_one(store)) != NULL)
        view_unref(view);
    lock_take(&store->lock);
    while (store->handles > 0)
        lock_wait(&store->changed, &store->lock);
    lock_leave(&store->lock);
    close_session(store);
    services_leave(store->number);
    store->number = 0;
    lock_take(&store->lock);
    store->state = STORE_CLOSED;
    pthread_cond_broadcast(&store->changed);
    lock_leave(&store->lock);
}

void ov_store_free(struct ov_store *store)
{
    if (store == NULL || fork_check(NULL) != OV_OK)
        return;
    ov_store_close(store);
    store_unref(store);
}

/* ------------------------------------------------------------------- asking */

const struct ov_settings *ov_store_settings(const struct ov_store *store)
{
    return &store->settings;
}

const struct ov_description *ov_store_description(const struct ov_store *store)
{
    return store->provider->description;
}

const char *ov_store_provider(const struct ov_store *store)
{
    return store->provider->name;
}

int32_t ov_store_ability(struct ov_store *store, struct ov_ability *out,
                         struct ov_error *err)
{
    struct call call;
    int32_t status = call_enter_store(&call, store, OP_ABILITY, NULL, err);

    if (status != OV_OK)
        return status;
    *out = store->ability;
    return call_leave(&call, OV_OK);
}

void ov_store_counters(const struct ov_store *store, ov_counter_fn *take, void *ctx)
{
    struct ov_counter counter;
    unsigned i;

    for (i = 0; i < OPERATIONS; i++) {
        counters_show(&store->counters[i], (enum operation)i, &counter);
        take(ctx, &counter);
    }
}
