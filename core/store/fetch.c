/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.c - records by key, in the order of the keys.
 *
 * The provider gets each key once and answers in any order; repeats, misses and the
 * spelling of the keys are put back here.
 */
#include "answered.h"
#include "keys.h"
#include "page.h"

#include <stdlib.h>
#include <string.h>

struct fetch_task {
    const struct ov_doc *docs;
    const struct ov_projection *fields;
    struct ov_page *out;
    struct page *page;
    struct batches batches;
    int64_t missing; /* out */
};

static int32_t forward_fetch(struct call *call, void *ctx)
{
    struct fetch_task *task = ctx;
    struct page *page = task->page;
    struct ov_fetch request = { .size = sizeof(request),
                                .n_fields = page->projection->n_fields,
                                .fields = page->projection->fields,
                                .keys = task->batches.list[0] };

    return call->store->backend->fetch(call->view->handle->table, &call->ov, &request,
                                       page_result(page), call->err);
}

/* The page's own memory for the rows and the keys as they were asked. */
static int32_t make_room(struct call *call, const struct keys *keys, struct page *page,
                         int64_t **row_of)
{
    size_t n = (size_t)keys->n, bytes = 0, i;
    struct ov_cell *asked;
    char *texts;

    for (i = 0; i < n; i++)
        if (keys->asked[i].type == OV_TEXT)
            bytes += (size_t)keys->asked[i].n;
    page->fetched = malloc((n + 1) * (sizeof(*asked) + sizeof(**row_of)) + bytes);
    if (page->fetched == NULL)
        return ov_no_memory(call->err);
    asked = page->fetched;
    *row_of = (int64_t *)(asked + n + 1);
    texts = (char *)(*row_of + n + 1);
    for (i = 0; i < n; i++) {
        asked[i] = keys->asked[i];
        if (asked[i].type != OV_TEXT)
            continue;
        if (asked[i].n > 0)
            memcpy(texts, asked[i].u.text, (size_t)asked[i].n);
        asked[i].u.text = texts;
        texts += asked[i].n;
    }
    page->asked = asked;
    page->row_of = *row_of;
    return OV_OK;
}

/* Which row of the answer belongs to which key that was asked. */
static int32_t match_rows(struct call *call, const struct keys *keys,
                          struct fetch_task *task, int64_t *row_of)
{
    struct page *page = task->page;
    const struct ov_schema *schema = page->projection->schema->ov;
    int64_t *found, row, rows = page->result.rows.length;
    struct keyset set;
    uint64_t i, place;

    found = ov_arena_take(call->arena, (size_t)(keys->n_unique + 1) * sizeof(*found));
    if (found == NULL ||
        keyset_init(&set, call->arena, keys->unique, keys->n_unique) != 0)
        return ov_no_memory(call->err);
    for (i = 0; i < keys->n_unique; i++) {
        keyset_add(&set, i);
        found[i] = -1;
    }
    for (row = 0; row < rows; row++) {
        struct ov_cell key;

        page_array_cell(page, row, 0, schema->key, &key);
        place = keyset_find(&set, &key);
        if (place != KEYSET_NONE)
            found[place] = row;
    }
    for (i = 0, task->missing = 0; i < keys->n; i++) {
        place = keys->place[i];
        row_of[i] = place == KEYSET_NONE ? -1 : found[place];
        task->missing += row_of[i] < 0;
    }
    return OV_OK;
}

static int32_t fill_page(struct call *call, struct fetch_task *task, struct keys *keys)
{
    struct page *page = task->page;
    int64_t *row_of = NULL;
    int32_t status = OV_OK;

    if (keys->n_unique > 0) {
        status = batch_of_keys(call, keys->unique, keys->n_unique, &task->batches);
        if (status == OV_OK)
            status = call_forward(call, forward_fetch, task);
        if (status == OV_OK)
            status = answered_page(call, page, keys->n_unique);
        batch_clear(&task->batches);
    }
    if (status == OV_OK)
        status = page_ready(call, page);
    if (status == OV_OK)
        status = make_room(call, keys, page, &row_of);
    if (status == OV_OK)
        status = match_rows(call, keys, task, row_of);
    call->rows = (uint64_t)page->rows;
    page->rows = (int64_t)keys->n;
    return status;
}

static int32_t run_fetch(struct call *call, void *ctx)
{
    struct fetch_task *task = ctx;
    struct keys keys;
    int32_t status = keys_read(call, task->docs, &keys);

    if (status != OV_OK)
        return status;
    task->page = page_new(call, PAGE_FETCH, task->fields);
    if (task->page == NULL)
        return OV_NO_SPACE;
    status = fill_page(call, task, &keys);
    if (status == OV_OK)
        page_give(task->page, task->out);
    else
        page_free(task->page);
    return status;
}

int32_t ov_collection_fetch(struct ov_collection *collection, const struct ov_doc *keys,
                            const struct ov_projection *fields,
                            const struct ov_call_options *options, struct ov_page *page,
                            struct ov_error *err)
{
    struct fetch_task task = { .docs = keys, .fields = fields, .out = page };
    struct call call;
    int32_t status = call_enter(&call, collection, OP_FETCH, options, err);

    if (status != OV_OK)
        return status;
    status = page_check_clear(page, call.err);
    if (status == OV_OK)
        status = call_run(&call, run_fetch, &task);
    if (status == OV_OK)
        page->missing = task.missing;
    return call_leave(&call, status);
}
