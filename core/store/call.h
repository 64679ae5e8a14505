/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call.h - one call of the public interface, from its entry to its end.
 *
 *     status = call_enter(&call, collection, OP_COUNT, options, err);
 *     if (status != OV_OK)
 *         return status;
 *     return call_leave(&call, call_run(&call, run_count, &task));
 *
 * The only place that knows deadlines, retries, gates, stale handles and counters. It
 * lies on the stack and allocates nothing.
 */
#ifndef OV_CORE_CALL_H
#define OV_CORE_CALL_H

#include "handle.h"
#include "note.h"

struct call {
    struct ov_call ov;    /* what the provider is told */
    struct ov_error *err; /* never NULL */
    struct ov_store *store;
    struct ov_collection *collection; /* NULL for a call on the store */
    struct view *view;
    struct ov_arena *arena; /* made when somebody asks for it */
    enum operation operation;
    int doubt; /* what the view says is why it fails: perhaps that has changed since */
    int once;  /* no retries */
    int plan;  /* OP_CREATE: only say what would be made */
    int64_t started_ns;
    uint64_t rows; /* to be counted */
    uint32_t retries;
    struct note_taker taker; /* not set unless ov.note is */
    struct ov_error own;     /* not set unless err points here */
};

/* OV_FORKED, OV_CLOSED, OV_INVALID, OV_CANCELLED. options and err may be NULL. */
int32_t call_enter_store(struct call *call, struct ov_store *store,
                         enum operation operation, const struct ov_call_options *options,
                         struct ov_error *err);
int32_t call_enter(struct call *call, struct ov_collection *collection,
                   enum operation operation, const struct ov_call_options *options,
                   struct ov_error *err);
/* Counts, gives everything back, returns status. */
int32_t call_leave(struct call *call, int32_t status);

/* For messages and parsed things; NULL without memory (call->err says so). */
struct ov_arena *call_arena(struct call *call);

/* One call of the provider; borrows call and args, writes call->err. */
typedef int32_t call_fn(struct call *call, void *args);

/* Through the gate, with retries. */
int32_t call_forward(struct call *call, call_fn *forward, void *args);
/* The same for what changes a schema. Whatever came of it, all views of the store are
 * out of date after it, the call's as well. */
int32_t call_change(struct call *call, call_fn *forward, void *args);

/* The whole of an operation on a collection, from its arguments on, with a view that
 * knows every change of this store: run again once when the table turned out stale or
 * the view out of date all the same. run leaves args as they were when it fails. */
int32_t call_run(struct call *call, call_fn *run, void *args);

/* Ask the provider how the collection is now; the call goes on with that view. */
int32_t call_refresh(struct call *call);
/* The same, without a word to the collection. */
int32_t view_describe(struct call *call, struct handle *handle, struct view **out);
/* Open the collection's table and describe it. */
int32_t call_open_table(struct call *call, struct ov_str name, struct view **out);

/* actions.c: does the provider's description list this action? */
int provider_acts(const struct provider *provider, const char *word);

/* Bytes of the name in quotes for messages: "%.*s", CALL_TEXT(name). */
#define CALL_TEXT(s) ((int)((s).n < 200 ? (s).n : 200)), ((s).p != NULL ? (s).p : "")

#endif
