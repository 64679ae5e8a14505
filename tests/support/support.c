/* SPDX-License-Identifier: Apache-2.0 */
/* support.c - the runner. */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ov_error err = OV_ERROR_INIT;

/* Sanitizers slow a test down; Check's own limit is four seconds. */
#define TEST_SECONDS "120"

/* Before main: a test case takes the limit when it is made, not when it runs. */
__attribute__((constructor)) static void allow_time(void)
{
    setenv("CK_DEFAULT_TIMEOUT", TEST_SECONDS, 0);
}

int run_suite(Suite *suite)
{
    SRunner *runner;
    TestResult **results;
    int failed, run, i;
    const char *name = "suite";

    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    run = srunner_ntests_run(runner);
    results = srunner_results(runner);
    for (i = 0; i < run; i++)
        if (tr_rtype(results[i]) != CK_PASS)
            fprintf(stderr, "FAILED %s:%s\n", tr_tcname(results[i]), tr_msg(results[i]));
    free(results);
    if (run > 0)
        name = program_invocation_short_name;
    printf("# %s: %d passed, %d failed, 0 skipped\n", name, run - failed, failed);
    srunner_free(runner);
    return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
