/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.c - connections lie here between calls.
 *
 * Opened when one is needed and none is idle, up to pool_size; beyond that a call waits.
 * A dead connection is replaced while nothing has been sent on it; repeating a call is
 * the host's.
 */
#include "link.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A waiter looks this often whether its call was cancelled. */
#define LOOK_NS INT64_C(20000000)

int32_t pool_init(struct pool *pool, const struct target *target, struct ov_error *err)
{
    pthread_condattr_t attributes;

    memset(pool, 0, sizeof(*pool));
    pool->target = *target;
    if (pthread_condattr_init(&attributes) != 0)
        return ov_no_memory(err);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->freed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&pool->mutex, NULL);
    return OV_OK;
}

static void close_all(struct link *list)
{
    while (list != NULL) {
        struct link *next = list->next;

        link_close(list);
        list = next;
    }
}

void pool_end(struct pool *pool)
{
    close_all(pool->idle);
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->mutex);
}

void pool_flush(struct pool *pool)
{
    struct link *list;

    pthread_mutex_lock(&pool->mutex);
    list = pool->idle;
    pool->idle = NULL;
    __atomic_add_fetch(&pool->generation, 1, __ATOMIC_RELAXED);
    for (const struct link *link = list; link != NULL; link = link->next)
        pool->open--;
    pthread_cond_broadcast(&pool->freed);
    pthread_mutex_unlock(&pool->mutex);
    close_all(list);
}

/* One step of waiting, with the mutex held: OV_OK to look again. */
static int32_t wait_a_little(struct pool *pool, const struct ov_call *call, int64_t until)
{
    int64_t now = link_now(), next = now + LOOK_NS;
    struct timespec t;

    if (call->cancelled != NULL && __atomic_load_n(call->cancelled, __ATOMIC_ACQUIRE))
        return OV_CANCELLED;
    if (call->deadline_ns != 0 && now >= call->deadline_ns)
        return OV_DEADLINE;
    if (now >= until)
        return OV_BUSY;
    if (call->deadline_ns != 0 && call->deadline_ns < next)
        next = call->deadline_ns;
    t.tv_sec = next / 1000000000;
    t.tv_nsec = next % 1000000000;
    pthread_cond_timedwait(&pool->freed, &pool->mutex, &t);
    return OV_OK;
}

/* An idle link, or the right to open one (*link NULL). */
static int32_t claim(struct pool *pool, const struct ov_call *call, struct link **link)
{
    int64_t until = link_now() + pool->target.settings->pool_wait_ms * 1000000;
    int32_t status = OV_OK;

    pthread_mutex_lock(&pool->mutex);
    while (pool->idle == NULL && pool->open >= pool->target.settings->pool_size &&
           status == OV_OK)
        status = wait_a_little(pool, call, until);
    *link = NULL;
    if (pool->idle != NULL) {
        status = OV_OK;
        *link = pool->idle;
        pool->idle = (*link)->next;
    } else if (status == OV_OK) {
        pool->open++;
    }
    pthread_mutex_unlock(&pool->mutex);
    return status;
}

static void leave(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->open--;
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->mutex);
}

int32_t pool_take(struct pool *pool, const struct ov_call *call, struct link **out,
                  struct ov_error *err)
{
    struct link *link;
    int32_t status = claim(pool, call, &link);
    uint32_t generation;

    if (status == OV_BUSY) {
        ov_fail(err, OV_BUSY, "all %lld connections are in use",
                (long long)pool->target.settings->pool_size);
        err->flags |= OV_ERR_RETRYABLE;
        return OV_BUSY;
    }
    if (status != OV_OK)
        return ov_fail(err, status, "%s while waiting for a connection",
                       status == OV_DEADLINE ? "the deadline passed" : "cancelled");
    if (link != NULL && !link_is_stale(link)) {
        *out = link;
        return OV_OK;
    }
    if (link != NULL) {
        /* One dead means that its neighbours are. */
        link_close(link);
        pool_flush(pool);
    }
    generation = __atomic_load_n(&pool->generation, __ATOMIC_RELAXED);
    status = link_open(&pool->target, call, &link, err);
    if (status != OV_OK) {
        leave(pool);
        return status;
    }
    link->generation = generation;
    *out = link;
    return OV_OK;
}

void pool_give(struct pool *pool, struct link *link, int good)
{
    pthread_mutex_lock(&pool->mutex);
    good = good && link->generation == pool->generation;
    if (good) {
        link->next = pool->idle;
        pool->idle = link;
    } else {
        pool->open--;
    }
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->mutex);
    if (!good)
        link_close(link);
}
