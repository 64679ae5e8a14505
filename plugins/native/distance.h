/* SPDX-License-Identifier: Apache-2.0 */
/*
 * distance.h - sums over float32 values in double precision.
 *
 * The query is widened to double once; the rows stay as they lie. All kernels give the
 * plain sum within a few units of the last place of a double, whatever the processor.
 */
#ifndef OV_NATIVE_DISTANCE_H
#define OV_NATIVE_DISTANCE_H

#include <stddef.h>

double distance_norm(const float *x, size_t n);                 /* |x| */
double distance_dot(const double *q, const float *x, size_t n); /* q.x */
double distance_l2(const double *q, const float *x, size_t n);  /* sum (q-x)^2 */

/* For tests: 0 plain, 1 AVX2, 2 AVX-512; returns 0 when this processor has it. */
int distance_use(int kernels);

#endif
