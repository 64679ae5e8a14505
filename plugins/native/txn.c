/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn.c - a write: stage, COMMIT, then show.
 *
 * Until COMMIT everything can fail and leaves no trace: new rows lie in slots that
 * nobody sees. Then births and deaths get their number, which only the next write of the
 * same transaction looks at. After COMMIT nothing can fail: the number is published. The
 * other order would show rows that a crash takes away.
 */
#include "native.h"

#include <string.h>

/* apply is held. */
static void take_state(struct txn *txn)
{
    struct coll *coll = txn->coll;

    coll->own = 1;
    view_take(coll->image, coll->shape, &txn->view);
    if (coll->staged != 0)
        txn->view.snap = (uint64_t)coll->staged;
    change_begin(&txn->change, coll->image);
    txn->number = (int64_t)txn->view.snap;
    txn->label = coll->image->last_label + 1;
    txn->version = coll->version;
    txn->epoch = coll->epoch;
    txn->words = coll->words_edition;
    txn->words_broken = coll->words_suspect && words_fields(txn->view.schema) > 0;
}

static int32_t begin(struct txn *txn, struct ov_error *err)
{
    struct coll *coll = txn->coll;

    if (lock_take(coll->engine, err) != OV_OK)
        return err->code;
    if (coll->engine->group.first == NULL && conn_begin(txn->conn, 1, err) != OV_OK)
        return err->code;
    if (engine_lock(&coll->apply, txn->call, err) != OV_OK)
        return err->code;
    if (sync_current(coll, txn->call, err) == OV_OK)
        take_state(txn);
    pthread_mutex_unlock(&coll->apply);
    return err->code;
}

static void leave(struct txn *txn)
{
    conn_serve(txn->conn, NULL);
    group_leave(txn->coll->engine);
}

static int32_t enter(struct coll *coll, const struct ov_call *call, int alone,
                     struct txn *txn, struct ov_error *err)
{
    struct engine *engine = coll->engine;

    memset(txn, 0, sizeof(*txn));
    txn->coll = coll;
    txn->conn = &engine->writer;
    txn->call = call;
    txn->alone = alone;
    txn->err = err;
    if (ov_checkpoint(call, err) != OV_OK || group_enter(engine, call, err) != OV_OK)
        return err->code;
    if (alone || coll->words_suspect ||
        (engine->group.first != NULL && engine->group.first->coll != coll))
        group_commit(engine);
    conn_serve(txn->conn, call);
    if (begin(txn, err) == OV_OK)
        return OV_OK;
    if (engine->group.first == NULL)
        conn_rollback(txn->conn);
    leave(txn);
    return err->code;
}

int32_t txn_begin(struct coll *coll, const struct ov_call *call, struct txn *txn,
                  struct ov_error *err)
{
    return enter(coll, call, 1, txn, err);
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

/* The changes lie in the transaction; the next write of the group sees them. */
static void stamp(struct txn *txn)
{
    struct coll *coll = txn->coll;

    pthread_mutex_lock(&coll->apply);
    if (txn->image == NULL) {
        if (txn->label - 1 > coll->image->last_label)
            coll->image->last_label = txn->label - 1;
        change_stamp(&txn->change, (uint64_t)txn->number);
    }
    coll->staged = txn->number;
    pthread_mutex_unlock(&coll->apply);
}

void txn_show(struct txn *txn)
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
        change_show(&txn->change, (uint64_t)txn->number);
    }
    if (txn->shape != NULL) {
        shape_unref(coll->shape);
        coll->shape = txn->shape;
        txn->shape = NULL;
    }
    coll->version = txn->version;
    coll->epoch = txn->epoch;
    coll->words_edition = txn->words;
    if (txn->words_broken)
        coll->words_suspect = 0;
    pthread_mutex_unlock(&coll->apply);
}

void txn_undo(struct txn *txn)
{
    pthread_mutex_lock(&txn->coll->apply);
    change_abort(&txn->change);
    pthread_mutex_unlock(&txn->coll->apply);
    image_unref(txn->image);
    shape_unref(txn->shape);
}

/* What the damaged table was given in this transaction cannot be taken back. */
static int32_t commit_again(struct txn *txn)
{
    txn->coll->words_suspect = 1;
    txn_abort(txn);
    txn->state = TXN_UNDONE;
    return OV_OK;
}

int32_t txn_commit(struct txn *txn, struct ov_error *err)
{
    struct engine *engine = txn->coll->engine;
    const struct ov_schema *schema =
        txn->shape != NULL ? txn->shape->schema : txn->view.schema;

    if (txn->words_damaged && txn->again)
        return commit_again(txn);
    if ((txn->words_broken && words_rebuild(txn, schema, 1, err) != OV_OK) ||
        save_state(txn, err) != OV_OK) {
        txn_abort(txn);
        return err->code;
    }
    stamp(txn);
    group_add(txn);
    /* A new edition of the words is the collection's only after COMMIT. */
    if (txn->alone || txn->words_broken)
        group_commit(engine);
    leave(txn);
    group_wait(txn);
    view_drop(&txn->view);
    return err->code;
}

/* Without a trace in the transaction the writes before it are not concerned. */
void txn_abort(struct txn *txn)
{
    struct coll *coll = txn->coll;
    struct engine *engine = coll->engine;
    int left_traces = txn->touched || sqlite3_get_autocommit(txn->conn->db);

    txn_undo(txn);
    if (engine->group.first == NULL)
        conn_rollback(txn->conn);
    else if (left_traces)
        group_undo(engine);
    if (coll->staged == 0) {
        pthread_mutex_lock(&coll->apply);
        coll->own = 0;
        pthread_mutex_unlock(&coll->apply);
    }
    leave(txn);
    view_drop(&txn->view);
}

/* A refusal, or a write of nothing, is an answer too. One that looked at writes which are
 * not in the file yet is given again when they are. */
static void end_without(struct txn *txn, struct ov_error *err)
{
    int was_early = txn->coll->staged != 0;

    txn_abort(txn);
    if (was_early) {
        ov_error_reset(err);
        txn->state = TXN_UNDONE;
    }
}

int32_t txn_write(struct coll *coll, const struct ov_call *call, int alone,
                  stage_fn *stage, void *ctx, struct ov_error *err)
{
    struct txn txn;

    do {
        if (enter(coll, call, alone, &txn, err) != OV_OK)
            return err->code;
        txn.again = 1;
        if (stage(&txn, ctx, err) != OV_OK || txn.number == (int64_t)txn.view.snap)
            end_without(&txn, err);
        else
            (void)txn_commit(&txn, err);
        alone = 1;
    } while (txn.state == TXN_UNDONE);
    return err->code;
}
