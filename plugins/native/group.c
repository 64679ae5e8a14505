/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group.c - one COMMIT for the writes of many threads.
 *
 * COMMIT waits for the disk, and meanwhile other threads come with writes of their own.
 * They need not wait for the disk one after the other: whoever has staged its write and
 * sees another waiting for the lock leaves the transaction open to it; the last one
 * commits for all. A thread without company commits at once, as if there were no groups.
 *
 * So a group is one transaction: all of its writes are in the file or none is, and none
 * is shown or acknowledged before the sync. A write that fails when it has touched the
 * file takes the transaction with it; the others of the group are written again, each
 * for itself. What takes long joins none, and a group is of one collection, whose image
 * is current while it lasts: so the first of a group waits for milliseconds of others'
 * work, never for a scan or for the reading of an image. (DeWitt et al., Implementation
 * Techniques for Main Memory Database Systems, SIGMOD 1984, describes group commit.)
 */
#include "native.h"

/* A group this big is committed though others wait: its first write waits for it. */
#define MOST_WRITES 64
#define MOST_RECORDS 256

void group_init(struct group *group)
{
    pthread_mutex_init(&group->lock, NULL);
    pthread_cond_init(&group->ended, NULL);
}

void group_clear(struct group *group)
{
    pthread_mutex_destroy(&group->lock);
    pthread_cond_destroy(&group->ended);
}

static int nobody_waits(const struct group *group)
{
    return __atomic_load_n(&group->waiting, __ATOMIC_SEQ_CST) == 0;
}

/* Somebody who waited has given up, or the lock is free again: a group to whose commit
 * nobody comes any more must not stay. Whoever holds the lock passes here afterwards. */
static void settle(struct engine *engine)
{
    struct group *group = &engine->group;

    while (__atomic_load_n(&group->n, __ATOMIC_SEQ_CST) > 0 && nobody_waits(group) &&
           pthread_mutex_trylock(&engine->write) == 0) {
        if (nobody_waits(group))
            group_commit(engine);
        pthread_mutex_unlock(&engine->write);
    }
}

int32_t group_enter(struct engine *engine, const struct ov_call *call,
                    struct ov_error *err)
{
    struct group *group = &engine->group;
    int32_t status = OV_OK;

    __atomic_add_fetch(&group->waiting, 1, __ATOMIC_SEQ_CST);
    if (call != NULL)
        status = engine_lock(&engine->write, call, err);
    else
        pthread_mutex_lock(&engine->write);
    __atomic_sub_fetch(&group->waiting, 1, __ATOMIC_SEQ_CST);
    if (status != OV_OK)
        settle(engine);
    return status;
}

void group_leave(struct engine *engine)
{
    struct group *group = &engine->group;

    if (nobody_waits(group) || group->n >= MOST_WRITES || group->records >= MOST_RECORDS)
        group_commit(engine);
    pthread_mutex_unlock(&engine->write);
    settle(engine);
}

void group_add(struct txn *txn)
{
    struct group *group = &txn->coll->engine->group;

    txn->before = group->last;
    if (group->last == NULL)
        group->first = txn;
    else
        group->last->after = txn;
    group->last = txn;
    group->records += txn->number - (int64_t)txn->view.snap;
    __atomic_add_fetch(&group->n, 1, __ATOMIC_SEQ_CST);
}

static void disown(struct coll *coll)
{
    pthread_mutex_lock(&coll->apply);
    coll->own = 0;
    coll->staged = 0;
    pthread_mutex_unlock(&coll->apply);
}

/* Woken, a write has its memory back: the list is gone before. */
static void end(struct engine *engine, enum txn_state state, const struct ov_error *fault)
{
    struct group *group = &engine->group;
    struct txn *txn = group->first, *after;

    for (; txn != NULL; txn = txn->after)
        disown(txn->coll);
    txn = group->first;
    group->first = group->last = NULL;
    group->records = 0;
    __atomic_store_n(&group->n, 0, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&group->lock);
    for (; txn != NULL; txn = after) {
        after = txn->after;
        if (fault != NULL)
            *txn->err = *fault;
        txn->state = state;
    }
    pthread_cond_broadcast(&group->ended);
    pthread_mutex_unlock(&group->lock);
}

/* FTS5 keeps what it is given until COMMIT, so that its damage may come out as late as
 * there. Records have no part in it, and the writes are given once more. */
static int blames_words(const struct group *group, const struct ov_error *fault)
{
    const struct txn *txn;

    if (!heal_is_damage(fault->code))
        return 0;
    for (txn = group->first; txn != NULL; txn = txn->after)
        if (!txn->again || txn->words_broken || words_fields(txn->view.schema) == 0)
            return 0;
    return 1;
}

void group_commit(struct engine *engine)
{
    struct ov_error fault = OV_ERROR_INIT;
    struct txn *txn;
    int again;

    if (engine->group.first == NULL)
        return;
    if (place_commit(engine, &fault) == OV_OK) {
        for (txn = engine->group.first; txn != NULL; txn = txn->after)
            txn_show(txn);
        end(engine, TXN_ENDED, NULL);
        return;
    }
    again = blames_words(&engine->group, &fault);
    for (txn = engine->group.last; txn != NULL; txn = txn->before) {
        if (again)
            txn->coll->words_suspect = 1;
        txn_undo(txn);
    }
    end(engine, again ? TXN_UNDONE : TXN_ENDED, again ? NULL : &fault);
}

void group_undo(struct engine *engine)
{
    struct txn *txn;

    conn_rollback(&engine->writer);
    for (txn = engine->group.last; txn != NULL; txn = txn->before)
        txn_undo(txn);
    end(engine, TXN_UNDONE, NULL);
}

void group_wait(struct txn *txn)
{
    struct group *group = &txn->coll->engine->group;

    pthread_mutex_lock(&group->lock);
    while (txn->state == TXN_OPEN)
        pthread_cond_wait(&group->ended, &group->lock);
    pthread_mutex_unlock(&group->lock);
}
