/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.h - let the n-th allocation of this thread fail.
 *
 *     for (n = 0; ; n++) {
 *         fault_arm(n);
 *         status = call(...);
 *         if (!fault_disarm())       nothing failed: every allocation was tried
 *             break;
 *         ... status is OV_NO_SPACE and outputs are untouched ...
 *     }
 */
#ifndef OV_TEST_FAULT_H
#define OV_TEST_FAULT_H

#include <stddef.h>

/* The allocation after n more on this thread returns NULL, once. */
void fault_arm(size_t n);
/* 1 when it happened. */
int fault_disarm(void);
/* Allocations of this thread so far. */
size_t fault_count(void);

#endif
