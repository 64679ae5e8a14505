/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cases.h - the file of cases, and one case put to one side.
 */
#ifndef OV_CONTRACT_CASES_H
#define OV_CONTRACT_CASES_H

#include "side.h"

struct cases {
    json_t *fixtures; /* name to {"meta", "indexes", "records"} */
    json_t *list;     /* in the file's order */
};

/* 0, or -1 with a line on stderr. */
int cases_read(const char *file, struct cases *out);
void cases_clear(struct cases *cases);
const json_t *cases_find(const struct cases *cases, const char *id);

/* What went wrong first. */
struct verdict {
    int failed;
    char reason[1600];
};

void verdict_fail(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Steps that need another process, or threads: 1 when they did what they should. */
struct special {
    void *ctx;
    /* Runs the case in a process of its own, with this environment. */
    int (*run_case)(void *ctx, const char *id, const json_t *step,
                    struct verdict *verdict);
    int (*threads)(void *ctx, struct verdict *verdict);
};

/* Runs the steps of a case; *fixture is the one whose records lie untouched in the
 * store, or NULL. */
void case_run(const struct cases *cases, const json_t *one, struct side *side,
              const struct special *special, const char **fixture,
              struct verdict *verdict);

/* expect.c: does the answer say what the step expects? */
void expect_check(const json_t *step, const json_t *answer, struct verdict *verdict);

#endif
