/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write.c - everything that changes records.
 *
 * A provider counts rows through the batches it was given, without repeated keys; its
 * errors are counted again in the caller's list here.
 */
#include "collection.h"
#include "keys.h"
#include "missing.h"

/* The row that a provider named, as the caller counts. */
static void count_rows_again(struct call *call, const struct batches *batches)
{
    int64_t row = call->err->row;

    if (row >= 0 && batches->row_of != NULL && (uint64_t)row < batches->rows)
        call->err->row = (int64_t)batches->row_of[row];
}

/* ------------------------------------------------------------------- upsert */

struct write_task {
    const struct ov_doc *records;
    const int64_t *ttl_s;
};

static int32_t forward_upsert(struct call *call, void *ctx)
{
    const struct batches *batches = ctx;

    return call->store->backend->upsert(call->view->handle->table, &call->ov,
                                        batches->list, batches->n, call->err);
}

/* The field for times to live is made when the first record has one. */
static int32_t provide_expiry(struct call *call, const struct write_task *task)
{
    uint64_t i;

    if (task->ttl_s == NULL || call->view->schema->expiry != OV_NONE ||
        task->records == NULL || task->records->kind != OV_DOC_LIST)
        return OV_OK;
    for (i = 0; i < task->records->n; i++)
        if (task->ttl_s[i] > 0)
            return collection_add_expiry(call);
    return OV_OK;
}

static int32_t run_upsert(struct call *call, void *ctx)
{
    const struct write_task *task = ctx;
    struct batches batches = { .n = 0 };
    int32_t status = provide_expiry(call, task);

    if (status == OV_OK)
        status = batch_of_upsert(call, task->records, task->ttl_s, &batches);
    if (status == OV_OK && batches.n > 0) {
        status = call_forward(call, forward_upsert, &batches);
        if (status != OV_OK)
            count_rows_again(call, &batches);
    }
    call->rows = batches.rows;
    batch_clear(&batches);
    return status;
}

int32_t ov_collection_upsert(struct ov_collection *collection,
                             const struct ov_doc *records, const int64_t *ttl_s,
                             const struct ov_call_options *options, struct ov_error *err)
{
    struct write_task task = { .records = records, .ttl_s = ttl_s };
    struct call call;
    int32_t status = call_enter(&call, collection, OP_UPSERT, options, err);

    if (status != OV_OK)
        return status;
    return call_leave(&call, call_run(&call, run_upsert, &task));
}

static int32_t run_check(struct call *call, void *ctx)
{
    const struct write_task *task = ctx;
    struct batches batches = { .n = 0 };
    int32_t status = batch_of_upsert(call, task->records, NULL, &batches);

    call->rows = batches.rows;
    batch_clear(&batches);
    return status;
}

int32_t ov_collection_check(struct ov_collection *collection,
                            const struct ov_doc *records,
                            const struct ov_call_options *options, struct ov_error *err)
{
    struct write_task task = { .records = records };
    struct call call;
    int32_t status = call_enter(&call, collection, OP_CHECK, options, err);

    if (status != OV_OK)
        return status;
    return call_leave(&call, call_run(&call, run_check, &task));
}

/* ---------------------------------------------------------------------- set */

static int32_t forward_update(struct call *call, void *ctx)
{
    const struct batches *batches = ctx;

    return call->store->backend->update(call->view->handle->table, &call->ov,
                                        batches->list, batches->n, call->err);
}

static int32_t run_set(struct call *call, void *ctx)
{
    const struct write_task *task = ctx;
    struct batches batches = { .n = 0 };
    int32_t status = batch_of_update(call, task->records, &batches);

    if (status == OV_OK && batches.n > 0) {
        status = call_forward(call, forward_update, &batches);
        if (status != OV_OK)
            count_rows_again(call, &batches);
    }
    call->rows = batches.rows;
    batch_clear(&batches);
    if (status == OV_NO_RECORD)
        missing_name(call, task->records);
    return status;
}

int32_t ov_collection_set(struct ov_collection *collection, const struct ov_doc *records,
                          const struct ov_call_options *options, struct ov_error *err)
{
    struct write_task task = { .records = records };
    struct call call;
    int32_t status = call_enter(&call, collection, OP_UPDATE, options, err);

    if (status != OV_OK)
        return status;
    return call_leave(&call, call_run(&call, run_set, &task));
}
