/* SPDX-License-Identifier: Apache-2.0 */
/* missing.c - a fetch of the keys alone, and a list of those that did not come. */
#include "missing.h"

#include "record.h"

#include <stdio.h>
#include <string.h>

struct probe {
    struct batches keys;
    struct ov_result found;
};

static int32_t forward_probe(struct call *call, void *ctx)
{
    struct probe *probe = ctx;
    struct ov_fetch request = { .size = sizeof(request), .keys = probe->keys.list[0] };

    memset(&probe->found, 0, sizeof(probe->found));
    probe->found.size = sizeof(probe->found);
    return call->store->backend->fetch(call->view->handle->table, &call->ov, &request,
                                       &probe->found, call->err);
}

static size_t show_key(const struct ov_cell *key, char *at, size_t room)
{
    if (key->type == OV_INT64)
        return (size_t)snprintf(at, room, "%lld", (long long)key->u.i);
    return (size_t)snprintf(at, room, "'%.*s'", (int)(key->n < 100 ? key->n : 100),
                            key->u.text);
}

/* As many as the message holds. */
static void list_missing(struct call *call, const struct ov_cell *keys, uint64_t n,
                         const struct keyset *found)
{
    char list[256] = "", text[128];
    size_t used = 0, bytes;
    uint64_t i, missing = 0;

    for (i = 0; i < n; i++) {
        if (keyset_find(found, &keys[i]) != KEYSET_NONE)
            continue;
        bytes = show_key(&keys[i], text, sizeof(text));
        if (missing++ > 0)
            used += (size_t)snprintf(list + used, sizeof(list) - used, ", ");
        if (used + bytes + 8 > sizeof(list)) {
            snprintf(list + used, sizeof(list) - used, "...");
            break;
        }
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s", text);
    }
    if (missing == 0)
        return;
    call->err->code = OV_OK;
    ov_fail(call->err, OV_NO_RECORD, "record not found for primary key(s): [%s]", list);
}

static void compare(struct call *call, const struct ov_cell *keys, uint64_t n,
                    const struct ArrowArray *found)
{
    const struct ov_schema *schema = call->view->schema->ov;
    uint64_t i, rows = (uint64_t)found->length;
    struct keyset set;
    struct ov_cell *there = ov_arena_take(call->arena, (rows + 1) * sizeof(*there));

    if (there == NULL || keyset_init(&set, call->arena, there, rows) != 0)
        return;
    for (i = 0; i < rows; i++) {
        ov_array_cell(found, 0, (int64_t)i, schema->fields[schema->key]->type, 0,
                      &there[i]);
        keyset_add(&set, i);
    }
    list_missing(call, keys, n, &set);
}

static void look(struct call *call, const struct records *records,
                 const struct ov_error *first)
{
    struct probe probe = { .keys = { .n = 0 } };
    struct ov_cell *keys;
    uint64_t i;
    int32_t status;

    keys = ov_arena_take(call->arena, (size_t)(records->n_first + 1) * sizeof(*keys));
    if (keys == NULL)
        return;
    for (i = 0; i < records->n_first; i++)
        keys[i] = records->keys[records->first[i]];
    status = batch_of_keys(call, keys, records->n_first, &probe.keys);
    if (status == OV_OK)
        status = call_forward(call, forward_probe, &probe);
    *call->err = *first;
    if (status == OV_OK && probe.found.rows.release != NULL) {
        compare(call, keys, records->n_first, &probe.found.rows);
        probe.found.rows.release(&probe.found.rows);
    }
    batch_clear(&probe.keys);
}

void missing_name(struct call *call, const struct ov_doc *records)
{
    struct ov_error first = *call->err;
    struct value_maker maker = { .arena = call->arena,
                                 .schema = call->view->schema,
                                 .ability = &call->store->ability,
                                 .err = call->err };
    struct records read;

    ov_error_reset(call->err);
    if (record_read(call, &maker, records, &read) == OV_OK)
        look(call, &read, &first);
    *call->err = call->err->code == OV_NO_RECORD ? *call->err : first;
}
