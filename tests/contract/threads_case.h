/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads_case.h - sixteen threads on one store and one collection.
 *
 * Each thread owns some records and knows exactly what they must be at any moment,
 * whatever the others do.
 */
#ifndef OV_CONTRACT_THREADS_CASE_H
#define OV_CONTRACT_THREADS_CASE_H

#include "side.h"

#include <stddef.h>

struct threads_plan {
    int operations; /* of each thread */
    int closings;   /* the store is closed and opened again so often meanwhile */
    int churn;      /* rescans, index and schema changes beside them */
};

/* 0, or -1 and the reason. */
int threads_run(const struct place *place, const struct threads_plan *plan, char *reason,
                size_t room);
/* Case 129. */
int threads_case(const struct place *place, char *reason, size_t room);

#endif
