/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn.c - a write: stage, COMMIT, then show.
 *
 * Until COMMIT everything can fail and leaves no trace: new rows lie in slots that
 * nobody sees. After COMMIT nothing can fail: births and deaths get their number and the
 * number is published. The other order would show rows that a crash takes away.
 */
#include "native.h"

#include <string.h>

static int32_t begin(struct txn *txn, struct ov_error *err)
{
    struct coll *coll = txn->coll;

    if (lock_take(coll->engine, err) != OV_OK || conn_begin(txn->conn, 1, err) != OV_OK)
        return err->code;
    if (engine_lock(&coll->apply, txn->call, err) != OV_OK)
        return err->code;
    if (sync_current(coll, txn->call, err) == OV_OK) {
        coll->own = 1;
        view_take(coll->image, coll->shape, &txn->view);
        change_begin(&txn->change, coll->image);
        txn->number = (int64_t)txn->view.snap;
        txn->label = coll->image->last_label + 1;
        txn->version = coll->version;
        txn->epoch = coll->epoch;
        txn->words = coll->words_edition;
    }
    pthread_mutex_unlock(&coll->apply);
    return err->code;
}

int32_t txn_begin(struct coll *coll, const struct ov_call *call, struct txn *txn,
                  struct ov_error *err)
{
    struct engine *engine = coll->engine;

    memset(txn, 0, sizeof(*txn));
    txn->coll = coll;
    txn->conn = &engine->writer;
    txn->call = call;
    if (ov_checkpoint(call, err) != OV_OK ||
        engine_lock(&engine->write, call, err) != OV_OK)
        return err->code;
    conn_serve(txn->conn, call);
    if (begin(txn, err) == OV_OK)
        return OV_OK;
    conn_rollback(txn->conn);
    conn_serve(txn->conn, NULL);
    pthread_mutex_unlock(&engine->write);
    return err->code;
}

static int32_t save_state(struct txn *txn, struct ov_error *err)
{
    long long id = txn->coll->id, before = (long long)txn->view.snap;

    /* The log is cut a thousand at a time: a delete in each commit would cost more. */
    if (txn->number / 1000 != before / 1000 && txn->number > LOG_ROWS &&
        conn_execf(txn->conn, err, "DELETE FROM c%lld WHERE number<=%lld", id,
                   (long long)txn->number - LOG_ROWS) != OV_OK)
        return err->code;
    return conn_execf(txn->conn, err,
                      "UPDATE collections SET version=%lld, epoch=%lld, change=%lld,"
                      " words=%lld WHERE id=%lld",
                      (long long)txn->version, (long long)txn->epoch,
                      (long long)txn->number, (long long)txn->words, id);
}

static void show(struct txn *txn)
{
    struct coll *coll = txn->coll;

    pthread_mutex_lock(&coll->apply);
    if (txn->image != NULL) {
        struct image *old = coll->image;

        change_abort(&txn->change);
        coll->image = txn->image;
        txn->image = NULL;
        image_unref(old);
    } else {
        if (txn->label - 1 > coll->image->last_label)
            coll->image->last_label = txn->label - 1;
        change_commit(&txn->change, (uint64_t)txn->number);
    }
    if (txn->shape != NULL) {
        shape_unref(coll->shape);
        coll->shape = txn->shape;
        txn->shape = NULL;
    }
    coll->version = txn->version;
    coll->epoch = txn->epoch;
    coll->words_edition = txn->words;
    coll->own = 0;
    pthread_mutex_unlock(&coll->apply);
}

static void leave(struct txn *txn)
{
    view_drop(&txn->view);
    conn_serve(txn->conn, NULL);
    pthread_mutex_unlock(&txn->coll->engine->write);
}

int32_t txn_commit(struct txn *txn, struct ov_error *err)
{
    if ((txn->words_broken && words_rebuild(txn, txn->view.schema, 1, err) != OV_OK) ||
        save_state(txn, err) != OV_OK || conn_commit(txn->conn, err) != OV_OK) {
        txn_abort(txn);
        return err->code;
    }
    show(txn);
    leave(txn);
    return OV_OK;
}

void txn_abort(struct txn *txn)
{
    struct coll *coll = txn->coll;

    pthread_mutex_lock(&coll->apply);
    conn_rollback(txn->conn);
    change_abort(&txn->change);
    coll->own = 0;
    pthread_mutex_unlock(&coll->apply);
    image_unref(txn->image);
    shape_unref(txn->shape);
    leave(txn);
}
