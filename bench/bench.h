/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench.h - medians and ratios, baseline and candidate in turn in one run.
 *
 * A machine's speed drifts, so two figures taken one after the other are not a ratio:
 * each round runs the baseline and the candidate once, and the ratio printed is the
 * median of the rounds' own ratios.
 */
#ifndef OV_BENCH_H
#define OV_BENCH_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_ROUNDS 201

/* One run of what is measured. */
typedef void bench_fn(void *ctx);

struct bench {
    const char *name;
    bench_fn *baseline; /* NULL: none */
    bench_fn *candidate;
    void *ctx;
    size_t calls;  /* that one run makes */
    size_t rounds; /* 0: BENCH_ROUNDS */
};

struct bench_result {
    double baseline_ns; /* of one call, medians */
    double candidate_ns;
    double difference_ns; /* median of the rounds' differences */
    double ratio;         /* median of the rounds' ratios */
    double p99_ns;        /* of the candidate, over rounds */
};

/* Keep this thread on one processor; the processes it starts inherit it. */
void bench_pin(int processor);
int64_t bench_now(void);
double bench_median(double *values, size_t n);
void bench_run(const struct bench *bench, struct bench_result *out);
/* "name | baseline | candidate | difference | ratio", with units that suit. */
void bench_title(const char *title);
void bench_print(const char *name, const struct bench_result *result);
/* A limit that the row must keep; counted, so that main can say so at the end. */
void bench_expect(const char *what, double value, double limit);
int bench_missed(void);
/* End the program with this text and status 1. */
void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
