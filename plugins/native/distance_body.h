/* SPDX-License-Identifier: Apache-2.0 */
/*
 * distance_body.h - the kernels dotN and l2N for registers of LANES doubles on the
 * processor TARGET; included once for each. WIDEN(x): LANES floats as doubles.
 *
 * Vectors are as wide as the registers, and each function says its processor: else the
 * compiler keeps the sums in memory. Four of them run side by side, for one alone would
 * wait for itself.
 */
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define WIDE(name) JOIN(name, LANES)
#define INSIDE TARGET static inline __attribute__((always_inline))

typedef double WIDE(doubles) __attribute__((vector_size(8 * LANES)));

INSIDE WIDE(doubles) WIDE(load)(const double *from)
{
    WIDE(doubles) out;

    memcpy(&out, from, sizeof(out));
    return out;
}

INSIDE double WIDE(add_up)(WIDE(doubles) a, WIDE(doubles) b)
{
    double sum = 0;
    int i;

    a += b;
    for (i = 0; i < LANES; i++)
        sum += a[i];
    return sum;
}

TARGET static double WIDE(dot)(const double *q, const float *x, size_t n)
{
    WIDE(doubles) a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
    double rest = 0;
    size_t i;

    for (i = 0; i + 4 * LANES <= n; i += 4 * LANES) {
        a += WIDE(load)(q + i) * (WIDE(doubles))WIDEN(x + i);
        b += WIDE(load)(q + i + LANES) * (WIDE(doubles))WIDEN(x + i + LANES);
        c += WIDE(load)(q + i + 2 * LANES) * (WIDE(doubles))WIDEN(x + i + 2 * LANES);
        d += WIDE(load)(q + i + 3 * LANES) * (WIDE(doubles))WIDEN(x + i + 3 * LANES);
    }
    for (; i < n; i++)
        rest += q[i] * (double)x[i];
    return WIDE(add_up)(a + b, c + d) + rest;
}

INSIDE WIDE(doubles) WIDE(apart)(const double *q, const float *x)
{
    WIDE(doubles) apart = WIDE(load)(q) - (WIDE(doubles))WIDEN(x);

    return apart * apart;
}

TARGET static double WIDE(l2)(const double *q, const float *x, size_t n)
{
    WIDE(doubles) a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
    double rest = 0, apart;
    size_t i;

    for (i = 0; i + 4 * LANES <= n; i += 4 * LANES) {
        a += WIDE(apart)(q + i, x + i);
        b += WIDE(apart)(q + i + LANES, x + i + LANES);
        c += WIDE(apart)(q + i + 2 * LANES, x + i + 2 * LANES);
        d += WIDE(apart)(q + i + 3 * LANES, x + i + 3 * LANES);
    }
    for (; i < n; i++) {
        apart = q[i] - (double)x[i];
        rest += apart * apart;
    }
    return WIDE(add_up)(a + b, c + d) + rest;
}

#undef INSIDE
#undef WIDE
#undef JOIN
#undef JOIN_
#undef WIDEN
#undef TARGET
#undef LANES
