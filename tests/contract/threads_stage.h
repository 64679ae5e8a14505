/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads_stage.h - what the workers of the threads test share with who disturbs them.
 */
#ifndef OV_CONTRACT_THREADS_STAGE_H
#define OV_CONTRACT_THREADS_STAGE_H

#include "store_side.h"
#include "threads_case.h"

#include <pthread.h>
#include <stdatomic.h>

#define WORKERS 16
#define SLOTS 24
#define NAME "threads"

struct stage {
    struct ov_host *host;
    struct ov_config *config;
    const char *profile;
    pthread_rwlock_t lock; /* read: a call is running on these two */
    struct ov_store *store;
    struct ov_collection *collection;
    const struct threads_plan *plan;
    atomic_int done; /* workers that are through */
    atomic_int failed;
    atomic_long operations;
    pthread_mutex_t reason_lock;
    char *reason;
    size_t room;
};

struct worker {
    struct stage *stage;
    pthread_t thread;
    int number;
    uint64_t random;
    int64_t version[SLOTS]; /* 0: not there */
    int64_t next;
};

/* The first complaint stays. */
void stage_fail(struct stage *stage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* threads_worker.c: a thread's operations, and its records looked at once more. */
void *worker_run(void *worker);
void worker_check(struct worker *worker);
int64_t worker_present(const struct worker *worker);
void worker_check_number(struct worker *worker, const json_t *answer, const char *name,
                         int64_t want);

#endif
