/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bulk.c - many callers' scopes, one scope of the provider.
 *
 * The first begin and the last end reach the provider, one after the other through the
 * collection's gate. It is a hint: a provider without it is served none.
 */
#include "call.h"

#include <ov/sdk.h>

static int32_t forward_begin(struct call *call, void *args)
{
    (void)args;
    return call->store->backend->bulk_begin(call->view->handle->table, &call->ov,
                                            call->err);
}

static int32_t forward_end(struct call *call, void *args)
{
    (void)args;
    return call->store->backend->bulk_end(call->view->handle->table, &call->ov,
                                          call->err);
}

static int32_t run_begin(struct call *call, void *args)
{
    struct ov_collection *collection = call->collection;
    int32_t status = OV_OK;

    (void)args;
    if (collection->bulk_depth == 0) {
        status = call_forward(call, forward_begin, NULL);
        call->view->handle->in_bulk = status == OV_OK;
        if (status == OV_UNSUPPORTED) {
            ov_error_reset(call->err);
            status = OV_OK;
        }
    }
    if (status == OV_OK)
        collection->bulk_depth++;
    return status;
}

/* A table that was opened anew meanwhile is in no bulk: nothing is left to end. */
static int32_t run_end(struct call *call, void *args)
{
    struct ov_collection *collection = call->collection;

    (void)args;
    if (collection->bulk_depth == 0)
        return ov_fail(call->err, OV_INVALID, "no bulk scope is active");
    if (--collection->bulk_depth > 0 || !call->view->handle->in_bulk)
        return OV_OK;
    call->view->handle->in_bulk = 0;
    return call_forward(call, forward_end, NULL);
}

static int32_t pass_gate(struct ov_collection *collection, enum operation operation,
                         const struct ov_call_options *options, struct ov_error *err)
{
    struct call call;
    int32_t status = call_enter(&call, collection, operation, options, err);

    if (status != OV_OK)
        return status;
    status = gate_enter(collection->changes, &call.ov, call.err);
    if (status != OV_OK)
        return call_leave(&call, status);
    if (operation == OP_BULK_BEGIN)
        status = call_run(&call, run_begin, NULL);
    else
        status = run_end(&call, NULL);
    gate_leave(collection->changes);
    return call_leave(&call, status);
}

int32_t ov_bulk_begin(struct ov_collection *collection,
                      const struct ov_call_options *options, struct ov_error *err)
{
    return pass_gate(collection, OP_BULK_BEGIN, options, err);
}

int32_t ov_bulk_end(struct ov_collection *collection,
                    const struct ov_call_options *options, struct ov_error *err)
{
    return pass_gate(collection, OP_BULK_END, options, err);
}
