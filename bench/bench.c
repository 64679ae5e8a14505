/* SPDX-License-Identifier: Apache-2.0 */
/* bench.c - rounds, medians, a table. */
#include "bench.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int missed;

void bench_die(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    exit(1);
}

void bench_pin(int processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof(set), &set) != 0)
        bench_die("cannot stay on processor %d", processor);
}

int64_t bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_median(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), by_value);
    return values[n / 2];
}

static double time_run(bench_fn *run, void *ctx, size_t calls)
{
    int64_t start = bench_now();

    run(ctx);
    return (double)(bench_now() - start) / (double)calls;
}

void bench_run(const struct bench *bench, struct bench_result *out)
{
    size_t rounds = bench->rounds != 0 ? bench->rounds : BENCH_ROUNDS, i;
    double *values = calloc(rounds * 4, sizeof(*values));
    double *base = values, *cand = values + rounds, *diff = values + 2 * rounds,
           *ratio = values + 3 * rounds;

    if (values == NULL)
        bench_die("out of memory");
    for (i = 0; i < rounds + 2; i++) { /* two rounds warm up */
        size_t at = i < 2 ? 0 : i - 2;

        base[at] = bench->baseline != NULL
                       ? time_run(bench->baseline, bench->ctx, bench->calls)
                       : 0;
        cand[at] = time_run(bench->candidate, bench->ctx, bench->calls);
        diff[at] = cand[at] - base[at];
        ratio[at] = base[at] > 0 ? cand[at] / base[at] : 0;
    }
    out->baseline_ns = bench_median(base, rounds);
    out->candidate_ns = bench_median(cand, rounds);
    out->p99_ns = cand[rounds * 99 / 100];
    out->difference_ns = bench_median(diff, rounds);
    out->ratio = bench_median(ratio, rounds);
    free(values);
}

void bench_title(const char *title)
{
    printf("\n%s\n%-52s %12s %12s %12s %8s\n", title, "", "baseline", "ours",
           "difference", "ratio");
}

static const char *show(double ns, char text[24])
{
    if (ns == 0)
        snprintf(text, 24, "-");
    else if (ns < 10000 && ns > -10000)
        snprintf(text, 24, "%.1f ns", ns);
    else if (ns < 1e7 && ns > -1e7)
        snprintf(text, 24, "%.1f us", ns / 1e3);
    else
        snprintf(text, 24, "%.2f ms", ns / 1e6);
    return text;
}

void bench_print(const char *name, const struct bench_result *result)
{
    char a[24], b[24], c[24];

    printf("%-52s %12s %12s %12s %8.3f\n", name, show(result->baseline_ns, a),
           show(result->candidate_ns, b), show(result->difference_ns, c), result->ratio);
}

void bench_expect(const char *what, double value, double limit)
{
    int ok = value <= limit;

    printf("  %-50s %.3f, at most %.3f: %s\n", what, value, limit,
           ok ? "kept" : "MISSED");
    missed += !ok;
}

int bench_missed(void)
{
    return missed;
}
