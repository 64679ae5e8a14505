/* SPDX-License-Identifier: Apache-2.0 */
/* actions.c - what is asked of the store as a whole: ping, act, the names in it. */
#include "call.h"

#include <ov/sdk.h>

#include <stdlib.h>
#include <string.h>

static int32_t forward_ping(struct call *call, void *args)
{
    (void)args;
    return call->store->backend->ping(call->store->session, &call->ov, call->err);
}

int32_t ov_store_ping(struct ov_store *store, const struct ov_call_options *options,
                      struct ov_error *err)
{
    struct call call;
    int32_t status = call_enter_store(&call, store, OP_PING, options, err);

    if (status != OV_OK)
        return status;
    return call_leave(&call, call_forward(&call, forward_ping, NULL));
}

/* --------------------------------------------------------------------- act */

struct act_args {
    struct ov_str action;
    const struct ov_str *words;
    uint32_t n_words;
};

static int32_t forward_act(struct call *call, void *ctx)
{
    const struct act_args *args = ctx;

    return call->store->backend->act(call->store->session, &call->ov, args->action,
                                     args->words, args->n_words, call->err);
}

int provider_acts(const struct provider *provider, const char *word)
{
    size_t n = strlen(word);
    const char *at = provider->description->actions;

    while (at != NULL && *at != '\0' && n > 0) {
        at += strspn(at, " ");
        if (strcspn(at, " ") == n && memcmp(at, word, n) == 0)
            return 1;
        at += strcspn(at, " ");
    }
    return 0;
}

int32_t ov_store_act(struct ov_store *store, const char *action, const char *const *words,
                     uint32_t n_words, const struct ov_call_options *options,
                     struct ov_error *err)
{
    const char *listed;
    struct act_args args = { .action = ov_str_of(action), .n_words = n_words };
    struct ov_str *texts;
    struct call call;
    uint32_t i;
    int32_t status = call_enter_store(&call, store, OP_ACT, options, err);

    if (status != OV_OK)
        return status;
    listed = store->provider->description->actions;
    if (!provider_acts(store->provider, action))
        return call_leave(&call, ov_fail(call.err, OV_UNSUPPORTED,
                                         "provider '%s' has no action '%s'; it has: %s",
                                         store->provider->name, action,
                                         listed == NULL ? "none" : listed));
    if (call_arena(&call) == NULL)
        return call_leave(&call, OV_NO_SPACE);
    texts = ov_arena_take(call.arena, (n_words + 1) * sizeof(*texts));
    if (texts == NULL)
        return call_leave(&call, ov_no_memory(call.err));
    for (i = 0; i < n_words; i++)
        texts[i] = ov_str_of(words[i]);
    args.words = texts;
    return call_leave(&call, call_forward(&call, forward_act, &args));
}

/* ------------------------------------------------------------------- names */

struct names {
    struct ov_arena *arena;
    struct ov_str *at;
    size_t n, room;
    int short_of_memory;
};

static void take_name(void *ctx, struct ov_str name)
{
    struct names *names = ctx;
    struct ov_str *grown;

    if (names->n == names->room) {
        names->room = names->room * 2 + 16;
        grown = realloc(names->at, names->room * sizeof(*grown));
        if (grown == NULL) {
            names->room = names->n;
            names->short_of_memory = 1;
            return;
        }
        names->at = grown;
    }
    names->at[names->n] = ov_arena_text(names->arena, name);
    if (names->at[names->n].p == NULL)
        names->short_of_memory = 1;
    else
        names->n++;
}

static int32_t forward_list(struct call *call, void *ctx)
{
    struct names *names = ctx;

    names->n = 0;
    return call->store->backend->collection_list(call->store->session, &call->ov,
                                                 take_name, names, call->err);
}

static int by_bytes(const void *a, const void *b)
{
    return ov_str_compare(*(const struct ov_str *)a, *(const struct ov_str *)b);
}

int32_t ov_store_collections(struct ov_store *store, ov_name_fn *take, void *ctx,
                             const struct ov_call_options *options, struct ov_error *err)
{
    struct names names = { .n = 0 };
    struct call call;
    size_t i;
    int32_t status = call_enter_store(&call, store, OP_COLLECTIONS, options, err);

    if (status != OV_OK)
        return status;
    names.arena = call_arena(&call);
    if (names.arena == NULL)
        return call_leave(&call, OV_NO_SPACE);
    status = call_forward(&call, forward_list, &names);
    if (status == OV_OK && names.short_of_memory)
        status = ov_no_memory(call.err);
    if (status == OV_OK && names.n > 0)
        qsort(names.at, names.n, sizeof(names.at[0]), by_bytes);
    for (i = 0; status == OV_OK && i < names.n; i++)
        take(ctx, names.at[i]);
    call.rows = names.n;
    status = call_leave(&call, status);
    free(names.at);
    return status;
}

static int32_t forward_drop(struct call *call, void *ctx)
{
    const struct ov_str *name = ctx;

    return call->store->backend->collection_drop(call->store->session, &call->ov, *name,
                                                 call->err);
}

int32_t ov_store_drop(struct ov_store *store, const char *name, int *dropped,
                      const struct ov_call_options *options, struct ov_error *err)
{
    struct ov_str text = ov_str_of(name);
    struct call call;
    int was_there;
    int32_t status = call_enter_store(&call, store, OP_DROP, options, err);

    if (status != OV_OK)
        return status;
    status = call_change(&call, forward_drop, &text);
    was_there = status == OV_OK;
    if (status == OV_NOT_FOUND) {
        ov_error_reset(call.err);
        status = OV_OK;
    }
    if (status == OV_OK && dropped != NULL)
        *dropped = was_there;
    return call_leave(&call, status);
}
