/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alter.c - changes of a schema that is in use.
 *
 * Records are not rewritten: a body that does not know a field reads as its fill. New
 * fields need new columns, so they make a new image; readers keep the one they hold.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

/* The new schema, with its own copy in the transaction. */
static int32_t save_schema(struct txn *txn, const struct ov_schema *schema,
                           struct ov_error *err)
{
    sqlite3_stmt *statement = NULL;
    struct ov_schema *copy;
    void *bytes = NULL;
    size_t n = 0;

    if (ov_schema_encode(schema, &bytes, &n, err) != OV_OK)
        return err->code;
    if (conn_prepare(txn->conn, &statement, err,
                     "UPDATE collections SET schema=?1 WHERE id=%lld",
                     (long long)txn->coll->id) == OV_OK) {
        bind_bytes(statement, 1, bytes, n);
        (void)conn_run(txn->conn, statement, err);
    }
    sqlite3_finalize(statement);
    free(bytes);
    if (err->code != OV_OK)
        return err->code;
    copy = ov_schema_copy(schema);
    txn->shape = copy != NULL ? shape_new(copy) : NULL;
    if (txn->shape == NULL) {
        free(copy);
        return ov_no_memory(err);
    }
    txn->version++;
    return OV_OK;
}

static int32_t check_fields(const struct ov_schema *old, const struct ov_schema *with,
                            struct ov_error *err)
{
    uint32_t f;

    if (with->n_fields < old->n_fields || with->key != old->key)
        return ov_fail(err, OV_INVALID, "an alteration takes no field away");
    for (f = 0; f < old->n_fields; f++)
        if (with->fields[f]->type != old->fields[f]->type ||
            with->fields[f]->dim != old->fields[f]->dim ||
            !ov_str_equal(with->fields[f]->name, old->fields[f]->name))
            return ov_fail(err, OV_INVALID, "an alteration does not change field '%.*s'",
                           (int)old->fields[f]->name.n, old->fields[f]->name.p);
    return OV_OK;
}

static int32_t alter(struct txn *txn, const struct ov_schema *with, struct ov_error *err)
{
    const struct ov_schema *old = txn->view.schema;

    if (check_fields(old, with, err) != OV_OK || save_schema(txn, with, err) != OV_OK)
        return err->code;
    if (with->n_fields > old->n_fields) {
        txn->epoch++;
        txn->number++;
        if (sync_read_image(txn->coll, txn->conn, txn->shape, txn->number, &txn->image,
                            err) != OV_OK)
            return err->code;
    }
    return words_same(old, with) ? OV_OK : words_rebuild(txn, with, 1, err);
}

static int32_t end(struct txn *txn, struct ov_error *err)
{
    if (err->code == OV_OK)
        return txn_commit(txn, err);
    txn_abort(txn);
    return err->code;
}

int32_t alter_schema(struct coll *coll, const struct ov_call *call,
                     const struct ov_schema *schema, struct ov_error *err)
{
    struct ov_schema with = *schema;
    struct txn txn;
    uint32_t old, f;

    if (txn_begin(coll, call, &txn, err) != OV_OK)
        return err->code;
    old = txn.view.schema->n_fields;
    with.name = txn.view.schema->name;
    with.indexes = txn.view.schema->indexes;
    with.n_indexes = txn.view.schema->n_indexes;
    (void)alter(&txn, &with, err);
    if (end(&txn, err) != OV_OK)
        return err->code;
    for (f = old; f < schema->n_fields; f++)
        ov_say(call, OV_NOTE_ACTION, NULL, NULL, "added field '%.*s'",
               (int)schema->fields[f]->name.n, schema->fields[f]->name.p);
    return OV_OK;
}

/* ------------------------------------------------------------------ indexes */

/* The indexes without the one of this name, and with extra if there is one. */
static int32_t change_index(struct txn *txn, struct ov_str name,
                            const struct ov_index *extra, struct ov_error *err)
{
    struct ov_schema with = *txn->view.schema;
    const struct ov_index **list = calloc(with.n_indexes + 1, sizeof(*list));
    struct ov_index ready;
    uint32_t i, n = 0;

    if (list == NULL)
        return ov_no_memory(err);
    for (i = 0; i < with.n_indexes; i++)
        if (!ov_str_equal(with.indexes[i]->name, name))
            list[n++] = with.indexes[i];
        else if (extra != NULL)
            list[n++] = &ready;
    if (extra != NULL) {
        ready = *extra;
        ready.state = OV_INDEX_READY;
        if (ov_schema_index(&with, name) == NULL)
            list[n++] = &ready;
    }
    with.indexes = list;
    with.n_indexes = n;
    (void)save_schema(txn, &with, err);
    free(list);
    return err->code;
}

static int same_scalars(const struct ov_index *a, const struct ov_index *b)
{
    return a->n_scalars == b->n_scalars &&
           (a->n_scalars == 0 ||
            memcmp(a->scalars, b->scalars, a->n_scalars * sizeof(*a->scalars)) == 0);
}

static int same_index(const struct ov_index *a, const struct ov_index *b)
{
    return a->metric == b->metric && a->dense == b->dense && a->sparse == b->sparse &&
           memcmp(&a->alpha, &b->alpha, sizeof(a->alpha)) == 0 &&
           ov_str_equal(a->kind, b->kind) && ov_str_equal(a->meta, b->meta) &&
           same_scalars(a, b);
}

int32_t alter_index_put(struct coll *coll, const struct ov_call *call,
                        const struct ov_index *index, struct ov_error *err)
{
    const struct ov_index *there;
    struct view view;
    struct txn txn;
    int same;

    if (sync_view(coll, call, &view, err) != OV_OK)
        return err->code;
    there = ov_schema_index(view.schema, index->name);
    same = there != NULL && same_index(there, index);
    view_drop(&view);
    if (same)
        return OV_OK;
    if (txn_begin(coll, call, &txn, err) != OV_OK)
        return err->code;
    there = ov_schema_index(txn.view.schema, index->name);
    same = there != NULL;
    (void)change_index(&txn, index->name, index, err);
    if (end(&txn, err) != OV_OK)
        return err->code;
    ov_say(call, OV_NOTE_ACTION, NULL, NULL, "%s index '%.*s'",
           same ? "changed" : "created", (int)index->name.n, index->name.p);
    return OV_OK;
}

int32_t alter_index_drop(struct coll *coll, const struct ov_call *call,
                         struct ov_str name, struct ov_error *err)
{
    struct txn txn;

    if (txn_begin(coll, call, &txn, err) != OV_OK)
        return err->code;
    if (ov_schema_index(txn.view.schema, name) == NULL)
        ov_fail(err, OV_NOT_FOUND, "no index '%.*s'", (int)name.n, name.p);
    else
        (void)change_index(&txn, name, NULL, err);
    if (end(&txn, err) != OV_OK)
        return err->code;
    ov_say(call, OV_NOTE_ACTION, NULL, NULL, "dropped index '%.*s'", (int)name.n, name.p);
    return OV_OK;
}
