/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.c - a queue of threads, each with a condition of its own.
 *
 * The one who leaves hands over to the first who waits, so nobody overtakes. A waiter
 * that can be cancelled wakes up now and then to look at the word: it may be set by a
 * signal handler, which cannot signal a condition.
 */
#include "gate.h"

#include "lock.h"

#include <ov/sdk.h>

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_NS (40 * 1000000L) /* well below the 100 ms that are promised */

struct waiter {
    struct waiter *next;
    pthread_cond_t turn;
    int mine;
};

struct gate {
    pthread_mutex_t lock;
    int busy;
    unsigned waiting;
    struct waiter *first, *last;
};

struct gate *gate_new(void)
{
    struct gate *gate = calloc(1, sizeof(*gate));

    if (gate != NULL)
        pthread_mutex_init(&gate->lock, NULL);
    return gate;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL)
        return;
    pthread_mutex_destroy(&gate->lock);
    free(gate);
}

static void join_queue(struct gate *gate, struct waiter *me)
{
    pthread_condattr_t clock;

    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&me->turn, &clock);
    pthread_condattr_destroy(&clock);
    me->next = NULL;
    me->mine = 0;
    if (gate->last != NULL)
        gate->last->next = me;
    else
        gate->first = me;
    gate->last = me;
    gate->waiting++;
}

static void quit_queue(struct gate *gate, struct waiter *me)
{
    struct waiter *before = NULL, *at = gate->first;

    while (at != me) {
        before = at;
        at = at->next;
    }
    if (before != NULL)
        before->next = me->next;
    else
        gate->first = me->next;
    if (gate->last == me)
        gate->last = before;
    gate->waiting--;
}

/* The next moment at which to look up: the deadline, or the cancel word before it. */
static struct timespec next_look(const struct ov_call *call)
{
    struct timespec now;
    int64_t at;

    clock_gettime(CLOCK_MONOTONIC, &now);
    at = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    if (call->cancelled == NULL)
        at = call->deadline_ns;
    else if (call->deadline_ns == 0 || call->deadline_ns > at + LOOK_NS)
        at += LOOK_NS;
    else
        at = call->deadline_ns;
    now.tv_sec = (time_t)(at / 1000000000);
    now.tv_nsec = (long)(at % 1000000000);
    return now;
}

static void wait_turn(struct gate *gate, struct waiter *me, const struct ov_call *call)
{
    struct timespec until;

    if (call == NULL || (call->cancelled == NULL && call->deadline_ns == 0)) {
        lock_wait(&me->turn, &gate->lock);
        return;
    }
    until = next_look(call);
    LOCK_COUNT(-1);
    pthread_cond_timedwait(&me->turn, &gate->lock, &until);
    LOCK_COUNT(1);
}

int32_t gate_enter(struct gate *gate, const struct ov_call *call, struct ov_error *err)
{
    struct waiter me;
    int32_t status = OV_OK;

    lock_take(&gate->lock);
    if (!gate->busy && gate->first == NULL) {
        gate->busy = 1;
        lock_leave(&gate->lock);
        return OV_OK;
    }
    join_queue(gate, &me);
    while (!me.mine && status == OV_OK) {
        if (call != NULL)
            status = ov_checkpoint(call, err);
        if (status == OV_OK)
            wait_turn(gate, &me, call);
    }
    /* Whoever was handed the turn has been taken off the queue already. */
    if (!me.mine)
        quit_queue(gate, &me);
    lock_leave(&gate->lock);
    pthread_cond_destroy(&me.turn);
    return me.mine ? OV_OK : status;
}

void gate_leave(struct gate *gate)
{
    struct waiter *next;

    lock_take(&gate->lock);
    next = gate->first;
    if (next == NULL) {
        gate->busy = 0;
    } else {
        gate->first = next->next;
        if (gate->first == NULL)
            gate->last = NULL;
        gate->waiting--;
        next->mine = 1;
        pthread_cond_signal(&next->turn);
    }
    lock_leave(&gate->lock);
}

unsigned gate_waiting(struct gate *gate)
{
    unsigned n;

    lock_take(&gate->lock);
    n = gate->waiting;
    lock_leave(&gate->lock);
    return n;
}
