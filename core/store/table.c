/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.c - from the provider's tables to views.
 *
 * A provider lends its schema to a callback; what the host keeps of it is made there,
 * and a fault in it is the operation's.
 */
#include "call.h"

#include <ov/sdk.h>

#include <stdlib.h>

struct describe_args {
    struct handle *handle;
    const struct schema *schema; /* out */
    struct ov_error fault;       /* of reading what was described */
};

static void take_schema(void *ctx, const struct ov_schema *described)
{
    struct describe_args *args = ctx;
    const struct schema *schema;

    if (args->fault.code == OV_OK &&
        schema_of_provider(described, &schema, &args->fault) == OV_OK) {
        schema_unref(args->schema);
        args->schema = schema;
    }
}

static int32_t forward_describe(struct call *call, void *ctx)
{
    struct describe_args *args = ctx;

    ov_error_reset(&args->fault);
    return call->store->backend->collection_describe(args->handle->table, &call->ov,
                                                     take_schema, args, call->err);
}

int32_t view_describe(struct call *call, struct handle *handle, struct view **out)
{
    struct describe_args args = { .handle = handle };
    uint64_t epoch = __atomic_load_n(&call->store->epoch, __ATOMIC_ACQUIRE);
    int32_t status = call_forward(call, forward_describe, &args);
    struct view *view = NULL;

    if (status == OV_OK && args.fault.code != OV_OK) {
        status = args.fault.code;
        *call->err = args.fault;
    } else if (status == OV_OK && args.schema == NULL) {
        status = ov_fail(call->err, OV_INTERNAL, "provider '%s' described no collection",
                         call->store->provider->name);
    } else if (status == OV_OK) {
        view = view_new(handle, args.schema, epoch);
        if (view == NULL)
            status = ov_no_memory(call->err);
    }
    schema_unref(args.schema);
    if (status == OV_OK)
        *out = view;
    return status;
}

struct open_args {
    struct ov_str name;
    struct ov_table *table; /* out */
};

static int32_t forward_open(struct call *call, void *ctx)
{
    struct open_args *args = ctx;

    return call->store->backend->collection_open(call->store->session, &call->ov,
                                                 args->name, &args->table, call->err);
}

int32_t call_open_table(struct call *call, struct ov_str name, struct view **out)
{
    struct open_args args = { .name = name };
    struct handle *handle = handle_new(call->store);
    int32_t status;

    if (handle == NULL)
        return ov_no_memory(call->err);
    status = call_forward(call, forward_open, &args);
    if (status == OV_OK && args.table == NULL)
        status = ov_fail(call->err, OV_INTERNAL,
                         "provider '%s' answered 'collection_open' with no table",
                         call->store->provider->name);
    handle->table = args.table;
    if (status == OV_OK)
        status = view_describe(call, handle, out);
    handle_unref(handle);
    return status;
}
