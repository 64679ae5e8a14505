/* SPDX-License-Identifier: Apache-2.0 */
/*
 * distance.c - one body of each kernel, compiled for several processors.
 *
 * Which version runs is decided at the first use, by hand: a resolver of the dynamic
 * linker would run before the sanitizers are ready.
 */
#include "distance.h"

#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Two floats as doubles. */
typedef double pair __attribute__((vector_size(16)));
#define LANES 2
#define TARGET
#define WIDEN(x) ((pair){ (double)(x)[0], (double)(x)[1] })
#include "distance_body.h"

#if defined(__x86_64__)
#define LANES 4
#define TARGET __attribute__((target("avx2,fma")))
#define WIDEN(x) _mm256_cvtps_pd(_mm_loadu_ps(x))
#include "distance_body.h"

#define LANES 8
#define TARGET __attribute__((target("avx512f")))
#define WIDEN(x) _mm512_cvtps_pd(_mm256_loadu_ps(x))
#include "distance_body.h"
#endif

typedef double kernel_fn(const double *q, const float *x, size_t n);

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
        set_kernels(dot8, l28);
        return 0;
    }
    if (kernels == 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        set_kernels(dot4, l24);
        return 0;
    }
#endif
    if (kernels != 0)
        return -1;
    set_kernels(dot2, l22);
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
