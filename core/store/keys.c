/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.c - a key that cannot be in the collection is not an error, it is missing.
 */
#include "keys.h"

#include "uri.h"

#include <string.h>

static struct ov_cell asked_cell(const struct ov_doc *doc)
{
    if (doc->kind == OV_DOC_TEXT)
        return ov_text_cell(ov_doc_str(doc));
    if (doc->kind == OV_DOC_INT)
        return ov_int_cell(OV_INT64, doc->u.i);
    return ov_null_cell();
}

/* The key as it would be stored: OV_NULL when it cannot be. */
static int32_t stored_key(struct call *call, const struct ov_doc *doc,
                          struct ov_cell *out)
{
    const struct ov_schema *schema = call->view->schema->ov;
    const struct ov_field *key = schema->fields[schema->key];
    uint64_t most = call->store->ability.max_key_bytes;
    char digits[OV_NUMBER_TEXT];
    struct ov_str text;

    *out = ov_null_cell();
    if (key->type == OV_INT64) {
        if (doc->kind == OV_DOC_INT)
            *out = ov_int_cell(OV_INT64, doc->u.i);
        return OV_OK;
    }
    if (doc->kind == OV_DOC_INT) {
        text.n = ov_int_print(doc->u.i, digits);
        text.p = digits;
        text = ov_arena_text(call->arena, text);
    } else if (doc->kind == OV_DOC_TEXT) {
        text = ov_doc_str(doc);
        if (doc->n > 0 && uri_field(key->name))
            text = uri_encode(call->arena, text);
    } else {
        return OV_OK;
    }
    if (text.p == NULL)
        return doc->n > 0 || doc->kind == OV_DOC_INT ? ov_no_memory(call->err) : OV_OK;
    if (text.n > 0 && (most == 0 || text.n <= most) && ov_utf8_valid(text))
        *out = ov_text_cell(text);
    return OV_OK;
}

static int32_t take_keys(struct call *call, const struct ov_doc *docs, struct keys *out)
{
    struct keyset set;
    uint64_t i;
    int32_t status;

    if (keyset_init(&set, call->arena, out->unique, docs->n) != 0)
        return ov_no_memory(call->err);
    for (i = 0; i < docs->n; i++) {
        out->asked[i] = asked_cell(docs->u.items[i]);
        out->place[i] = KEYSET_NONE;
        status = stored_key(call, docs->u.items[i], &out->unique[out->n_unique]);
        if (status != OV_OK)
            return status;
        if (out->unique[out->n_unique].type == OV_NULL)
            continue;
        out->place[i] = keyset_add(&set, out->n_unique);
        if (out->place[i] == out->n_unique)
            out->n_unique++;
    }
    return OV_OK;
}

int32_t keys_read(struct call *call, const struct ov_doc *docs, struct keys *out)
{
    struct ov_arena *arena = call_arena(call);
    size_t n;

    memset(out, 0, sizeof(*out));
    if (arena == NULL)
        return OV_NO_SPACE;
    if (docs == NULL || docs->kind != OV_DOC_LIST)
        return ov_fail(call->err, OV_INVALID, "keys are a list of texts or integers");
    n = (size_t)docs->n + 1;
    out->n = docs->n;
    out->asked = ov_arena_take(arena, n * sizeof(*out->asked));
    out->place = ov_arena_take(arena, n * sizeof(*out->place));
    out->unique = ov_arena_take(arena, n * sizeof(*out->unique));
    if (out->asked == NULL || out->place == NULL || out->unique == NULL)
        return ov_no_memory(call->err);
    return take_keys(call, docs, out);
}
