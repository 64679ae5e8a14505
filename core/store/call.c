/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.c - entry and end of every call.
 *
 * Between them lies what the benchmark of the dispatch measures: two readings of the
 * monotonic clock, one of the coarse wall clock, a lock taken and left, a handful of
 * additions. Nothing else belongs here.
 */
#include "call.h"

#include "cancel.h"
#include "fork.h"

#include <string.h>
#include <time.h>

/* Whoever asks how something would be done does not want it done. */
#define CHANGES                                                                  \
    (1u << OP_CREATE | 1u << OP_DROP | 1u << OP_ALTER | 1u << OP_INDEX_PUT |     \
     1u << OP_INDEX_DROP | 1u << OP_UPSERT | 1u << OP_UPDATE | 1u << OP_REMOVE | \
     1u << OP_REMOVE_WHERE | 1u << OP_TRUNCATE | 1u << OP_ACT)
#define EXPLAINED (1u << OP_SEARCH | 1u << OP_SCAN | 1u << OP_COUNT | 1u << OP_GROUPS)

static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int32_t take_flags(struct call *call, uint32_t flags)
{
    uint32_t bit = 1u << call->operation;

    if (call->operation == OP_CREATE && (flags & OV_CALL_EXPLAIN) != 0) {
        if (!provider_acts(call->store->provider, "plan"))
            return ov_fail(call->err, OV_UNSUPPORTED,
                           "provider '%s' cannot say what it would make",
                           call->store->provider->name);
        call->plan = 1;
        flags &= ~(uint32_t)OV_CALL_EXPLAIN;
    }
    if ((flags & ~(uint32_t)(OV_CALL_EXPLAIN | OV_CALL_STALE_OK)) != 0)
        return ov_fail(call->err, OV_INVALID, "unknown call flags 0x%x", flags);
    if ((flags & OV_CALL_EXPLAIN) != 0 && (bit & CHANGES) != 0)
        return ov_fail(call->err, OV_INVALID, "'%s' cannot be explained",
                       operation_name(call->operation));
    if ((bit & EXPLAINED) == 0)
        flags &= ~(uint32_t)OV_CALL_EXPLAIN;
    if ((flags & OV_CALL_EXPLAIN) != 0 &&
        (call->store->ability.can & OV_CAN_EXPLAIN) == 0)
        return ov_fail(call->err, OV_UNSUPPORTED, "provider '%s' does not explain",
                       call->store->provider->name);
    call->ov.flags = flags;
    return OV_OK;
}

static int32_t take_options(struct call *call, const struct ov_call_options *options)
{
    if (options->size < sizeof(*options))
        return ov_fail(call->err, OV_INVALID, "call options of %u bytes, not %zu",
                       options->size, sizeof(*options));
    if (options->timeout_ns < -1)
        return ov_fail(call->err, OV_INVALID, "timeout of %lld ns",
                       (long long)options->timeout_ns);
    if (options->timeout_ns == -1)
        call->ov.deadline_ns = 0;
    else if (options->timeout_ns > INT64_MAX - call->started_ns)
        call->ov.deadline_ns = INT64_MAX;
    else if (options->timeout_ns > 0)
        call->ov.deadline_ns = call->started_ns + options->timeout_ns;
    if (options->now_us != 0)
        call->ov.now_us = options->now_us;
    if (options->note != NULL) {
        call->taker = (struct note_taker){ options->note, options->note_ctx };
        call->ov.note = note_pass;
        call->ov.note_ctx = &call->taker;
    }
    if (options->cancel != NULL) {
        call->ov.cancelled = &options->cancel->word;
        call->ov.cancel_fd = options->cancel->fd;
        if (__atomic_load_n(call->ov.cancelled, __ATOMIC_ACQUIRE) != 0)
            return ov_fail(call->err, OV_CANCELLED, "cancelled before it began");
    }
    return options->flags == 0 ? OV_OK : take_flags(call, options->flags);
}

static int32_t begin(struct call *call, const struct ov_call_options *options)
{
    int64_t timeout_ns = call->store->settings.timeout_ns;

    call->arena = NULL;
    call->doubt = 0;
    call->once = 0;
    call->plan = 0;
    call->rows = 0;
    call->retries = 0;
    call->started_ns = read_clock(CLOCK_MONOTONIC);
    call->ov.size = sizeof(call->ov);
    call->ov.flags = 0;
    if (call->operation == OP_BULK_END)
        timeout_ns = 0; /* it may have indexes to make, however long that takes */
    call->ov.deadline_ns = timeout_ns > 0 ? call->started_ns + timeout_ns : 0;
    /* Up to a tick (4 ms) late, the same for who writes an expiry and who asks by it;
     * times to live are whole seconds. Read even where no expiry is known: another
     * process may have added one. */
    call->ov.now_us = read_clock(CLOCK_REALTIME_COARSE) / 1000;
    call->ov.id = __atomic_add_fetch(&call->store->calls, 1, __ATOMIC_RELAXED);
    call->ov.cancelled = NULL;
    call->ov.cancel_fd = -1;
    call->ov.reserved = 0;
    call->ov.note = NULL;
    call->ov.note_ctx = NULL;
    return options == NULL ? OV_OK : take_options(call, options);
}

static void take_error(struct call *call, struct ov_error *err)
{
    call->err = err;
    if (err != NULL && err->code == OV_OK)
        return;
    ov_error_reset(&call->own);
    call->err = &call->own;
}

static int32_t refuse_closed(struct ov_error *err)
{
    return ov_fail(err, OV_CLOSED, "the store was closed");
}

int32_t call_enter_store(struct call *call, struct ov_store *store,
                         enum operation operation, const struct ov_call_options *options,
                         struct ov_error *err)
{
    int32_t status = fork_check(err);

    if (status != OV_OK)
        return status;
    status = store_enter(store, err);
    if (status != OV_OK)
        return status;
    take_error(call, err);
    call->store = store;
    call->collection = NULL;
    call->view = NULL;
    call->operation = operation;
    status = begin(call, options);
    return status == OV_OK ? OV_OK : call_leave(call, status);
}

int32_t call_enter(struct call *call, struct ov_collection *collection,
                   enum operation operation, const struct ov_call_options *options,
                   struct ov_error *err)
{
    int32_t status;

    if (*fork_mark == 0)
        return fork_refuse(err);
    call->view = view_take(collection);
    if (call->view == NULL)
        return refuse_closed(err);
    take_error(call, err);
    call->store = collection->store;
    call->collection = collection;
    call->operation = operation;
    status = begin(call, options);
    return status == OV_OK ? OV_OK : call_leave(call, status);
}

int32_t call_leave(struct call *call, int32_t status)
{
    struct outcome outcome;

    outcome.ns = read_clock(CLOCK_MONOTONIC) - call->started_ns;
    outcome.rows = status == OV_OK ? call->rows : 0;
    outcome.retries = call->retries;
    outcome.failed = status != OV_OK;
    counters_add(&call->store->counters[call->operation], &outcome);
    if (call->arena != NULL)
        ov_arena_free(call->arena);
    /* The view keeps a store busy, and so does a call on the store itself: whichever is
     * given back last must be the last thing, since the store may be gone after it. */
    view_unref(call->view);
    if (call->collection == NULL)
        store_leave(call->store);
    return status;
}

struct ov_arena *call_arena(struct call *call)
{
    if (call->arena == NULL) {
        call->arena = ov_arena_new();
        if (call->arena == NULL)
            ov_no_memory(call->err);
    }
    return call->arena;
}

/* ------------------------------------------------------------ stale, out of date */

static void set_view(struct call *call, struct view *view)
{
    view_unref(call->view);
    call->view = view;
}

int32_t call_refresh(struct call *call)
{
    struct view *view;
    int32_t status = view_describe(call, call->view->handle, &view);

    if (status != OV_OK)
        return status;
    if (call->collection != NULL)
        view_swap(call->collection, call->view, view_ref(view));
    set_view(call, view);
    return OV_OK;
}

/* The table that the name means by now. */
static int32_t reopen(struct call *call)
{
    struct view *view;
    int32_t status;

    ov_error_reset(call->err);
    status = call_open_table(call, ov_str_of(call->collection->name), &view);
    if (status != OV_OK)
        return status;
    view_swap(call->collection, call->view, view_ref(view));
    set_view(call, view);
    return OV_OK;
}

/* How it is now: the table of the view, or the one that has taken its place. */
static int32_t look_again(struct call *call)
{
    int32_t status = call_refresh(call);

    return status == OV_STALE ? reopen(call) : status;
}

/* Did somebody change what this call did not know, or knew wrongly? */
static int is_newer(const struct view *old, const struct view *now)
{
    const struct ov_schema *a = old->schema->ov, *b = now->schema->ov;
    uint32_t i;

    if (old->handle != now->handle)
        return 1;
    if (a->n_fields != b->n_fields || a->n_indexes != b->n_indexes)
        return 1;
    for (i = 0; i < a->n_indexes; i++)
        if (!index_same(a->indexes[i], b->indexes[i]))
            return 1;
    return 0;
}

/* Nobody who is refused shall wait for a server that is away, so it is one look. */
static int32_t run_in_doubt(struct call *call, call_fn *run, void *args, int32_t status)
{
    struct ov_error first = *call->err;
    struct view *old = view_ref(call->view);
    int newer;

    ov_error_reset(call->err);
    call->once = 1;
    newer = look_again(call) == OV_OK && is_newer(old, call->view);
    call->once = 0;
    view_unref(old);
    if (!newer) {
        *call->err = first;
        return status;
    }
    ov_error_reset(call->err);
    return run(call, args);
}

int32_t call_run(struct call *call, call_fn *run, void *args)
{
    int32_t status = OV_OK;

    if (call->view->epoch != __atomic_load_n(&call->store->epoch, __ATOMIC_ACQUIRE))
        status = look_again(call);
    if (status == OV_OK)
        status = run(call, args);
    if (status == OV_OK)
        return OV_OK;
    if (status == OV_STALE) {
        status = reopen(call);
        return status == OV_OK ? run(call, args) : status;
    }
    if (call->doubt)
        return run_in_doubt(call, run, args, status);
    return status;
}
