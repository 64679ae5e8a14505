/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads - 16 threads on one store and one collection, all operations mixed, with
 * rescan, index changes, schema changes and closing going on; the end state is exact.
 *
 *     threads --ini FILE [--profile P] [--plugin-path DIR] [--number OPERATIONS]
 *
 * OPERATIONS are those of each thread, 150 when not said. Meant for ThreadSanitizer too.
 */
#include "arguments.h"
#include "threads_case.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct threads_plan plan = { .operations = 150, .closings = 4, .churn = 1 };
    struct place place;
    char reason[600] = "";
    int status = arguments_read(&arguments, argc, argv);

    if (status != 0)
        return status;
    if (arguments.count > 0)
        plan.operations = (int)arguments.count;
    place = arguments_place(&arguments);
    status = threads_run(&place, &plan, reason, sizeof(reason));
    printf("%s 16 threads, %d operations each, closed %d times: %s\n",
           status == 0 ? "ok" : "FAILED", plan.operations, plan.closings,
           status == 0 ? "exact" : reason);
    printf("# threads: %d passed, %d failed, 0 skipped\n", status == 0, status != 0);
    arguments_clear(&arguments);
    return status == 0 ? 0 : 1;
}
