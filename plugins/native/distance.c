/* SPDX-License-Identifier: Apache-2.0 */
/*
 * distance.c - one body of each kernel, compiled for several processors.
 *
 * Eight sums run side by side, so the compiler can keep them in vector registers; which
 * version runs is decided at the first use, by hand: a resolver of the dynamic linker
 * would run before the sanitizers are ready.
 */
#include "distance.h"

#include <math.h>
#include <string.h>

#define LANES 8

typedef float floats __attribute__((vector_size(4 * LANES)));
typedef double doubles __attribute__((vector_size(8 * LANES)));

#define ALWAYS static inline __attribute__((always_inline))

ALWAYS double add_up(const double sums[LANES])
{
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
           ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

ALWAYS double dot_body(const double *q, const float *x, size_t n)
{
    doubles sum = { 0 }, a;
    double lanes[LANES], rest = 0;
    floats b;
    size_t i;

    for (i = 0; i + LANES <= n; i += LANES) {
        memcpy(&a, q + i, sizeof(a));
        memcpy(&b, x + i, sizeof(b));
        sum += a * __builtin_convertvector(b, doubles);
    }
    for (; i < n; i++)
        rest += q[i] * (double)x[i];
    memcpy(lanes, &sum, sizeof(lanes));
    return add_up(lanes) + rest;
}

ALWAYS double l2_body(const double *q, const float *x, size_t n)
{
    doubles sum = { 0 }, a;
    double lanes[LANES], rest = 0, d;
    floats b;
    size_t i;

    for (i = 0; i + LANES <= n; i += LANES) {
        memcpy(&a, q + i, sizeof(a));
        memcpy(&b, x + i, sizeof(b));
        a -= __builtin_convertvector(b, doubles);
        sum += a * a;
    }
    for (; i < n; i++) {
        d = q[i] - (double)x[i];
        rest += d * d;
    }
    memcpy(lanes, &sum, sizeof(lanes));
    return add_up(lanes) + rest;
}

typedef double kernel_fn(const double *q, const float *x, size_t n);

static double dot_plain(const double *q, const float *x, size_t n)
{
    return dot_body(q, x, n);
}

static double l2_plain(const double *q, const float *x, size_t n)
{
    return l2_body(q, x, n);
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static double dot_avx2(const double *q,
                                                           const float *x, size_t n)
{
    return dot_body(q, x, n);
}

__attribute__((target("avx2,fma"))) static double l2_avx2(const double *q, const float *x,
                                                          size_t n)
{
    return l2_body(q, x, n);
}

__attribute__((target("avx512f"))) static double dot_avx512(const double *q,
                                                            const float *x, size_t n)
{
    return dot_body(q, x, n);
}

__attribute__((target("avx512f"))) static double l2_avx512(const double *q,
                                                           const float *x, size_t n)
{
    return l2_body(q, x, n);
}
#endif

static kernel_fn *dot_kernel, *l2_kernel;

static void set_kernels(kernel_fn *dot, kernel_fn *l2)
{
    __atomic_store_n(&l2_kernel, l2, __ATOMIC_RELAXED);
    __atomic_store_n(&dot_kernel, dot, __ATOMIC_RELAXED);
}

int distance_use(int kernels)
{
#if defined(__x86_64__)
    if (kernels == 2 && __builtin_cpu_supports("avx512f")) {
        set_kernels(dot_avx512, l2_avx512);
        return 0;
    }
    if (kernels == 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        set_kernels(dot_avx2, l2_avx2);
        return 0;
    }
#endif
    if (kernels != 0)
        return -1;
    set_kernels(dot_plain, l2_plain);
    return 0;
}

static void choose(void)
{
    if (distance_use(2) != 0 && distance_use(1) != 0)
        (void)distance_use(0);
}

double distance_dot(const double *q, const float *x, size_t n)
{
    kernel_fn *kernel = __atomic_load_n(&dot_kernel, __ATOMIC_RELAXED);

    if (kernel == NULL) {
        choose();
        kernel = __atomic_load_n(&dot_kernel, __ATOMIC_RELAXED);
    }
    return kernel(q, x, n);
}

double distance_l2(const double *q, const float *x, size_t n)
{
    kernel_fn *kernel = __atomic_load_n(&l2_kernel, __ATOMIC_RELAXED);

    if (kernel == NULL) {
        choose();
        kernel = __atomic_load_n(&l2_kernel, __ATOMIC_RELAXED);
    }
    return kernel(q, x, n);
}

double distance_norm(const float *x, size_t n)
{
    double sum = 0;
    size_t i;

    for (i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}
