/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write.c - upsert, update, remove: each is whole or not at all.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

/* Rows between two looks at the clock. */
#define ROWS_BETWEEN_LOOKS 64
/* A write of more rows makes nobody wait for it. */
#define MOST_JOINING 64
/* Writes of records between two removals of what has expired. */
#define WRITES_BETWEEN_PURGES 256

/* What one write_records call works with. */
struct stage {
    const struct ov_batch *const *batches;
    uint32_t n_batches;
    int merge;
    struct txn *txn;
    struct ov_cell *cells;
    struct buffer body, vectors;
    int64_t row; /* through all batches */
};

/* What the removals work with. */
struct removal {
    const struct ov_batch *keys;
    const struct ov_filter *filter;
    uint64_t removed;
};

void write_forget(struct coll *coll)
{
    sqlite3_finalize(coll->writes.insert);
    sqlite3_finalize(coll->writes.change);
    sqlite3_finalize(coll->writes.remove);
    sqlite3_finalize(coll->writes.log);
    sqlite3_finalize(coll->writes.words_add);
    sqlite3_finalize(coll->writes.words_remove);
    memset(&coll->writes, 0, sizeof(coll->writes));
}

static int32_t prepare(struct txn *txn, struct ov_error *err)
{
    struct writes *writes = &txn->coll->writes;
    long long id = txn->coll->id;

    if (writes->log != NULL)
        return OV_OK;
    write_forget(txn->coll);
    if (conn_prepare(txn->conn, &writes->insert, err,
                     "INSERT INTO r%lld(label,key,body,vectors) VALUES(?1,?2,?3,?4)",
                     id) != OV_OK ||
        conn_prepare(txn->conn, &writes->change, err,
                     "UPDATE r%lld SET body=?3, vectors=?4 WHERE label=?1",
                     id) != OV_OK ||
        conn_prepare(txn->conn, &writes->remove, err, "DELETE FROM r%lld WHERE label=?1",
                     id) != OV_OK)
        return err->code;
    /* What lies in the log beyond the last change is nobody's. */
    return conn_prepare(txn->conn, &writes->log, err,
                        "INSERT OR REPLACE INTO c%lld(number,key) VALUES(?1,?2)", id);
}

static void bind_key(sqlite3_stmt *statement, int at, const struct ov_cell *key)
{
    if (key->type == OV_TEXT)
        bind_text(statement, at, key->u.text, key->n);
    else
        (void)sqlite3_bind_int64(statement, at, key->u.i);
}

static int32_t log_key(struct txn *txn, const struct ov_cell *key, struct ov_error *err)
{
    sqlite3_stmt *log = txn->coll->writes.log;

    (void)sqlite3_bind_int64(log, 1, ++txn->number);
    bind_key(log, 2, key);
    return conn_run(txn->conn, log, err);
}

/* ----------------------------------------------------------- upsert, update */

static int32_t store_row(struct stage *stage, uint32_t old, const struct ov_cell *key,
                         struct ov_error *err)
{
    struct txn *txn = stage->txn;
    struct writes *writes = &txn->coll->writes;
    sqlite3_stmt *statement = old == NO_SLOT ? writes->insert : writes->change;
    int64_t label;

    txn->touched = 1;
    if (old == NO_SLOT)
        label = txn->label++;
    else
        label = txn->view.blocks[old / BLOCK_ROWS]->label[old % BLOCK_ROWS];
    (void)sqlite3_bind_int64(statement, 1, label);
    if (old == NO_SLOT)
        bind_key(statement, 2, key);
    bind_bytes(statement, 3, stage->body.bytes, stage->body.n);
    bind_bytes(statement, 4, stage->vectors.bytes, stage->vectors.n);
    if (conn_run(txn->conn, statement, err) != OV_OK || log_key(txn, key, err) != OV_OK)
        return err->code;
    if (old != NO_SLOT && (words_remove(txn, old, err) != OV_OK ||
                           change_kill(&txn->change, old, err) != OV_OK))
        return err->code;
    if (words_add(txn, label, stage->cells, err) != OV_OK)
        return err->code;
    return change_add(&txn->change, label, &stage->body,
                      (const float *)(void *)stage->vectors.bytes, err);
}

static int32_t stage_row(struct stage *stage, const struct ov_batch *batch, int64_t row,
                         struct ov_error *err)
{
    struct txn *txn = stage->txn;
    const struct ov_schema *schema = txn->view.schema;
    struct ov_cell key;
    uint32_t old, f, c;

    ov_batch_cell(schema, batch, 0, row, &key);
    old = view_find(&txn->view, &key);
    if (stage->merge &&
        (old == NO_SLOT || view_expired(&txn->view, old, txn->call->now_us))) {
        err->row = stage->row;
        return key.type == OV_TEXT
                   ? ov_fail(err, OV_NO_RECORD, "no record '%.*s'", (int)key.n,
                             key.u.text)
                   : ov_fail(err, OV_NO_RECORD, "no record '%lld'", (long long)key.u.i);
    }
    for (f = 0; f < schema->n_fields; f++)
        if (stage->merge)
            view_cell(&txn->view, old, f, &stage->cells[f]);
        else
            stage->cells[f] = ov_fill_cell(schema->fields[f]);
    for (c = 0; c < batch->n_columns; c++)
        ov_batch_cell(schema, batch, c, row, &stage->cells[batch->fields[c]]);
    if (codec_encode(schema, stage->cells, &stage->body, &stage->vectors, err) != OV_OK) {
        err->row = stage->row;
        return err->code;
    }
    return store_row(stage, old, &key, err);
}

static int32_t stage_batch(struct stage *stage, const struct ov_batch *batch,
                           struct ov_error *err)
{
    int64_t row;

    for (row = 0; row < batch->array->length; row++, stage->row++) {
        if (stage->row % ROWS_BETWEEN_LOOKS == 0 &&
            ov_checkpoint(stage->txn->call, err) != OV_OK)
            return err->code;
        if (stage_row(stage, batch, row, err) != OV_OK)
            return err->code;
    }
    return OV_OK;
}

static int32_t stage_all(struct txn *txn, void *ctx, struct ov_error *err)
{
    struct stage *stage = ctx;
    uint32_t b;

    stage->txn = txn;
    stage->row = 0;
    free(stage->cells); /* of a schema that may be another by now */
    stage->cells = calloc(txn->view.schema->n_fields, sizeof(*stage->cells));
    if (stage->cells == NULL)
        return ov_no_memory(err);
    (void)prepare(txn, err);
    for (b = 0; b < stage->n_batches && err->code == OV_OK; b++)
        (void)stage_batch(stage, stage->batches[b], err);
    return err->code;
}

static int32_t write_all(struct coll *coll, const struct ov_call *call,
                         struct stage *stage, struct ov_error *err)
{
    int64_t rows = 0;
    int32_t status;
    uint32_t b;

    for (b = 0; b < stage->n_batches; b++)
        rows += stage->batches[b]->array->length;
    status = txn_write(coll, call, rows > MOST_JOINING, stage_all, stage, err);
    free(stage->cells);
    buffer_clear(&stage->body);
    buffer_clear(&stage->vectors);
    return status;
}

/* ------------------------------------------------------------------- remove */

static int32_t remove_slot(struct txn *txn, uint32_t slot, struct ov_error *err)
{
    sqlite3_stmt *statement = txn->coll->writes.remove;
    struct ov_cell key;

    txn->touched = 1;
    view_cell(&txn->view, slot, txn->view.schema->key, &key);
    (void)sqlite3_bind_int64(
        statement, 1, txn->view.blocks[slot / BLOCK_ROWS]->label[slot % BLOCK_ROWS]);
    if (conn_run(txn->conn, statement, err) != OV_OK ||
        log_key(txn, &key, err) != OV_OK || words_remove(txn, slot, err) != OV_OK)
        return err->code;
    return change_kill(&txn->change, slot, err);
}

static int32_t stage_keys(struct txn *txn, void *ctx, struct ov_error *err)
{
    struct removal *removal = ctx;
    const struct ov_batch *keys = removal->keys;
    int64_t row;

    removal->removed = 0;
    (void)prepare(txn, err);
    for (row = 0; row < keys->array->length && err->code == OV_OK; row++) {
        struct ov_cell key;
        uint32_t slot;

        if (row % ROWS_BETWEEN_LOOKS == 0 && ov_checkpoint(txn->call, err) != OV_OK)
            break;
        ov_batch_cell(txn->view.schema, keys, 0, row, &key);
        slot = view_find(&txn->view, &key);
        if (slot == NO_SLOT)
            continue;
        removal->removed += !view_expired(&txn->view, slot, txn->call->now_us);
        (void)remove_slot(txn, slot, err);
    }
    return err->code;
}

int32_t write_remove(struct coll *coll, const struct ov_call *call,
                     const struct ov_batch *keys, uint64_t *removed, struct ov_error *err)
{
    struct removal removal = { .keys = keys };

    if (txn_write(coll, call, keys->array->length > MOST_JOINING, stage_keys, &removal,
                  err) != OV_OK)
        return err->code;
    *removed = removal.removed;
    return OV_OK;
}

static int32_t remove_slots(struct txn *txn, const struct slots *slots,
                            struct ov_error *err)
{
    size_t i;

    for (i = 0; i < slots->n && err->code == OV_OK; i++)
        if (i % ROWS_BETWEEN_LOOKS != 0 || ov_checkpoint(txn->call, err) == OV_OK)
            (void)remove_slot(txn, slots->list[i], err);
    return err->code;
}

static int32_t stage_filter(struct txn *txn, void *ctx, struct ov_error *err)
{
    struct removal *removal = ctx;
    struct sieve sieve = { 0 };
    struct slots slots = { 0 };

    if (prepare(txn, err) == OV_OK &&
        sieve_init(&sieve, &txn->view, removal->filter, txn->call, err) == OV_OK &&
        sieve_slots(&sieve, &slots, err) == OV_OK)
        (void)remove_slots(txn, &slots, err);
    removal->removed = slots.n;
    sieve_clear(&sieve);
    free(slots.list);
    return err->code;
}

int32_t write_remove_where(struct coll *coll, const struct ov_call *call,
                           const struct ov_filter *filter, uint64_t *removed,
                           struct ov_error *err)
{
    struct removal removal = { .filter = filter };

    if (txn_write(coll, call, 1, stage_filter, &removal, err) != OV_OK)
        return err->code;
    *removed = removal.removed;
    return OV_OK;
}

/* -------------------------------------------------------------------- expiry */

static int32_t list_expired(const struct view *view, const struct ov_call *call,
                            struct slots *slots, struct ov_error *err)
{
    struct sieve all;
    size_t i, n = 0;

    if (sieve_init(&all, view, NULL, call, err) != OV_OK)
        return err->code;
    all.now_us = INT64_MIN; /* what has expired is there too */
    if (sieve_slots(&all, slots, err) != OV_OK)
        return err->code;
    for (i = 0; i < slots->n; i++)
        if (view_expired(view, slots->list[i], call->now_us))
            slots->list[n++] = slots->list[i];
    slots->n = n;
    return OV_OK;
}

static int32_t stage_expired(struct txn *txn, void *ctx, struct ov_error *err)
{
    struct removal *removal = ctx;
    struct slots slots = { 0 };

    if (txn->view.image->expiry != OV_NONE && prepare(txn, err) == OV_OK &&
        list_expired(&txn->view, txn->call, &slots, err) == OV_OK)
        (void)remove_slots(txn, &slots, err);
    removal->removed = slots.n;
    free(slots.list);
    return err->code;
}

int32_t write_purge(struct coll *coll, const struct ov_call *call, uint64_t *removed,
                    struct ov_error *err)
{
    struct removal removal = { 0 };

    if (txn_write(coll, call, 1, stage_expired, &removal, err) != OV_OK)
        return err->code;
    *removed = removal.removed;
    return OV_OK;
}

/* Nobody sees expired records, so it is the room that matters, and now and then is
 * enough. The write is done: what fails here waits for the next time. */
static void purge_sometimes(struct coll *coll, const struct ov_call *call)
{
    struct ov_error ignored = OV_ERROR_INIT;
    uint64_t removed;

    if (__atomic_add_fetch(&coll->n_writes, 1, __ATOMIC_RELAXED) %
            WRITES_BETWEEN_PURGES ==
        0)
        (void)write_purge(coll, call, &removed, &ignored);
}

int32_t write_records(struct coll *coll, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n_batches,
                      int merge, struct ov_error *err)
{
    struct stage stage = { .batches = batches, .n_batches = n_batches, .merge = merge };

    if (write_all(coll, call, &stage, err) != OV_OK)
        return err->code;
    purge_sometimes(coll, call);
    return OV_OK;
}

int32_t write_truncate(struct coll *coll, const struct ov_call *call,
                       struct ov_error *err)
{
    long long id = coll->id;
    struct txn txn;

    if (txn_begin(coll, call, &txn, err) != OV_OK)
        return err->code;
    txn.number++;
    txn.epoch++;
    if (conn_execf(txn.conn, err, "DELETE FROM r%lld; DELETE FROM c%lld", id, id) ==
            OV_OK &&
        words_empty(&txn, err) == OV_OK) {
        txn.image = image_new(coll->image->shape);
        if (txn.image == NULL)
            ov_no_memory(err);
        else
            txn.image->published = (uint64_t)txn.number;
    }
    if (err->code != OV_OK)
        txn_abort(&txn);
    else
        (void)txn_commit(&txn, err);
    return err->code;
}
