/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.h - the host's locks, which know when they are held.
 *
 * No code of a provider runs under a lock that guards the host's data. Built with
 * OV_TEST_HOOKS each thread counts the locks it holds, and every call of a provider
 * asserts that there is none.
 */
#ifndef OV_CORE_LOCK_H
#define OV_CORE_LOCK_H

#include <assert.h>
#include <pthread.h>

#ifdef OV_TEST_HOOKS
extern __thread int lock_held;
#define LOCK_COUNT(change) ((void)(lock_held += (change)))
#define LOCK_NONE_HELD() assert(lock_held == 0)
#else
#define LOCK_COUNT(change) ((void)0)
#define LOCK_NONE_HELD() ((void)0)
#endif

static inline void lock_take(pthread_mutex_t *lock)
{
    pthread_mutex_lock(lock);
    LOCK_COUNT(1);
}

static inline void lock_leave(pthread_mutex_t *lock)
{
    LOCK_COUNT(-1);
    pthread_mutex_unlock(lock);
}

/* Sleeps with the lock given up, as pthread_cond_wait. */
static inline void lock_wait(pthread_cond_t *cond, pthread_mutex_t *lock)
{
    LOCK_COUNT(-1);
    pthread_cond_wait(cond, lock);
    LOCK_COUNT(1);
}

#endif
