/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remove.c - records go: by key, by filter, all of them.
 *
 * A filter must say something: emptying a collection is asked for by its own name. One
 * that says something and matches everything is served, as a filter that every record
 * passes, since a provider never gets none at all for a removal.
 */
#include "answered.h"
#include "keys.h"
#include "narrow.h"

#include <ov/sdk.h>

struct remove_task {
    const struct ov_doc *doc; /* keys or filter */
    uint64_t removed;         /* out */
    struct batches keys;
    const struct ov_filter *filter;
};

static int32_t forward_remove(struct call *call, void *ctx)
{
    struct remove_task *task = ctx;

    task->removed = ANSWERED_NOTHING;
    return call->store->backend->remove(call->view->handle->table, &call->ov,
                                        task->keys.list[0], &task->removed, call->err);
}

/* What was answered is nonsense, but something was done. */
static int32_t ask(struct call *call, call_fn *forward, struct remove_task *task,
                   uint64_t most)
{
    int32_t status = call_forward(call, forward, task);

    if (status == OV_OK) {
        status = answered_number(call, &task->removed, most);
        if (status != OV_OK)
            call->err->flags |= OV_ERR_UNCERTAIN;
    }
    if (status != OV_OK)
        task->removed = 0;
    return status;
}

static int32_t run_remove(struct call *call, void *ctx)
{
    struct remove_task *task = ctx;
    struct keys keys;
    int32_t status = keys_read(call, task->doc, &keys);

    task->removed = 0;
    if (status != OV_OK || keys.n_unique == 0)
        return status;
    status = batch_of_keys(call, keys.unique, keys.n_unique, &task->keys);
    if (status == OV_OK)
        status = ask(call, forward_remove, task, keys.n_unique);
    batch_clear(&task->keys);
    return status;
}

static int32_t forward_remove_where(struct call *call, void *ctx)
{
    struct remove_task *task = ctx;

    task->removed = ANSWERED_NOTHING;
    return call->store->backend->remove_where(call->view->handle->table, &call->ov,
                                              task->filter, &task->removed, call->err);
}

static int says_nothing(const struct ov_doc *doc)
{
    if (doc == NULL || doc->kind == OV_DOC_NULL)
        return 1;
    if (doc->kind != OV_DOC_OBJECT)
        return 0;
    return doc->n == 0 || (doc->n == 1 && ov_doc_get(doc, "filter") != NULL &&
                           says_nothing(ov_doc_get(doc, "filter")));
}

/* No key is the empty text; every integer is at least the smallest. */
struct everything {
    struct ov_node nodes[2];
    struct ov_scalar value;
};

static void match_everything(const struct ov_schema *schema, struct everything *all,
                             struct ov_filter *out)
{
    struct ov_node leaf = { .field = schema->key, .span = 1, .n_values = 1 };
    struct ov_node not = { .op = OV_NOT, .field = OV_NONE, .span = 2, .n_children = 1 };

    *out = (struct ov_filter){ .size = sizeof(*out), .n_values = 1 };
    out->nodes = all->nodes;
    out->values = &all->value;
    all->value = (struct ov_scalar){ .type = schema->fields[schema->key]->type };
    if (all->value.type == OV_INT64) {
        leaf.op = OV_RANGE;
        leaf.flags = OV_RANGE_LOW;
        all->value.u.i = INT64_MIN;
        all->nodes[0] = leaf;
        out->n_nodes = 1;
    } else {
        leaf.op = OV_IN;
        all->value.u.s = ov_str_of("");
        all->nodes[0] = not ;
        all->nodes[1] = leaf;
        out->n_nodes = 2;
    }
}

static int32_t run_remove_where(struct call *call, void *ctx)
{
    struct remove_task *task = ctx;
    struct filter filter;
    struct everything all;
    int32_t status;

    task->removed = 0;
    if (says_nothing(task->doc))
        return ov_fail(call->err, OV_INVALID,
                       "a removal needs a filter; removing all is truncate");
    status = narrow(call, task->doc, &filter);
    if (status != OV_OK || filter.kind == FILTER_NONE)
        return status;
    if (filter.kind == FILTER_ALL) {
        match_everything(call->view->schema->ov, &all, &filter.ov);
        filter.kind = FILTER_SOME;
        status = filter_served(&filter, call->store->ability.ops,
                               call->store->provider->name, call->err);
        if (status != OV_OK)
            return status;
    }
    task->filter = &filter.ov;
    return ask(call, forward_remove_where, task, INT64_MAX);
}

static int32_t remove_by(struct ov_collection *collection, enum operation operation,
                         const struct ov_doc *doc, uint64_t *removed,
                         const struct ov_call_options *options, struct ov_error *err)
{
    struct remove_task task = { .doc = doc };
    struct call call;
    int32_t status = call_enter(&call, collection, operation, options, err);

    if (status != OV_OK)
        return status;
    status =
        call_run(&call, operation == OP_REMOVE ? run_remove : run_remove_where, &task);
    call.rows = task.removed;
    if (status == OV_OK && removed != NULL)
        *removed = task.removed;
    return call_leave(&call, status);
}

int32_t ov_collection_remove(struct ov_collection *collection, const struct ov_doc *keys,
                             uint64_t *removed, const struct ov_call_options *options,
                             struct ov_error *err)
{
    return remove_by(collection, OP_REMOVE, keys, removed, options, err);
}

int32_t ov_collection_remove_where(struct ov_collection *collection,
                                   const struct ov_doc *filter, uint64_t *removed,
                                   const struct ov_call_options *options,
                                   struct ov_error *err)
{
    return remove_by(collection, OP_REMOVE_WHERE, filter, removed, options, err);
}

static int32_t forward_truncate(struct call *call, void *ctx)
{
    (void)ctx;
    return call->store->backend->truncate(call->view->handle->table, &call->ov,
                                          call->err);
}

static int32_t run_truncate(struct call *call, void *ctx)
{
    return call_forward(call, forward_truncate, ctx);
}

int32_t ov_collection_truncate(struct ov_collection *collection,
                               const struct ov_call_options *options,
                               struct ov_error *err)
{
    struct call call;
    int32_t status = call_enter(&call, collection, OP_TRUNCATE, options, err);

    if (status != OV_OK)
        return status;
    return call_leave(&call, call_run(&call, run_truncate, NULL));
}
