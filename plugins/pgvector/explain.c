/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - what a read would do: its text and the server's plan, in notes. */
#include "read.h"

#include <string.h>

int32_t read_explain(struct job *job, const char *strategy, struct ov_error *err)
{
    struct statement *s = job->last;
    struct text sql = { 0 };
    int32_t status;

    if (s == NULL || s->sql.failed)
        return ov_no_memory(err);
    text_add(&sql, s->sql.p);
    text_clear(&s->sql);
    text_add(&s->sql, "EXPLAIN ");
    text_add(&s->sql, sql.failed ? "" : sql.p);
    status = sql.failed ? ov_no_memory(err) : job_run(job, err);
    if (status == OV_OK) {
        ov_say(job->call, OV_NOTE_PLAN, "strategy", NULL, "%s", strategy);
        ov_say(job->call, OV_NOTE_PLAN, "sql", NULL, "%s", sql.p);
        for (int row = 0; row < PQntuples(s->result); row++) {
            struct ov_str line = job_text(s->result, row, 0);

            ov_say(job->call, OV_NOTE_PLAN, "plan", NULL, "%.*s", (int)line.n, line.p);
        }
    }
    text_clear(&sql);
    return status;
}
