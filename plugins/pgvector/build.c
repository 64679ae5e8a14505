/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.c - CREATE INDEX CONCURRENTLY.
 *
 * It stands in no transaction, so its settings can only be the session's: they are set
 * and reset on one connection, which is closed afterwards, and not at all behind a
 * pooler that gives each transaction to another server.
 */
#include "build.h"

#include "ddl.h"

#include <stdio.h>
#include <string.h>

int32_t build_is_large(struct job *job, const struct shape *shape, int *large,
                       struct ov_error *err)
{
    struct statement *s = job_add(job);
    int64_t most = job->session->settings.exact_rows;
    int32_t status;

    text_add(&s->sql, "SELECT count(*) FROM (SELECT 1 FROM ");
    text_add(&s->sql, shape->relation);
    text_format(&s->sql, " LIMIT $%d) AS x", params_int8(&s->params, most + 1));
    status = job_run(job, err);
    if (status == OV_OK)
        *large = job_int8(s->result, 0, 0) > most;
    job_reset(job);
    return status;
}

static void add_set(struct text *list, const char *name, const char *value)
{
    text_add(list, list->n > 0 ? ", " : "SELECT ");
    text_format(list, "pg_catalog.set_config('%s', '%s', false)", name, value);
}

static int32_t set_session(struct job *job, struct ov_error *err)
{
    const struct settings *settings = &job->session->settings;
    struct text list = { 0 };
    char value[48];
    int32_t status;

    /* The deadline is kept on this side; a limit of the role's would end a long build. */
    add_set(&list, "statement_timeout", "0");
    if (settings->build_memory > 0) {
        snprintf(value, sizeof(value), "%lldkB",
                 (long long)(settings->build_memory / 1024));
        add_set(&list, "maintenance_work_mem", value);
    }
    if (settings->build_workers >= 0) {
        snprintf(value, sizeof(value), "%lld", (long long)settings->build_workers);
        add_set(&list, "max_parallel_maintenance_workers", value);
    }
    job->no_memory |= list.failed;
    status = job_do(job, list.p != NULL ? list.p : "", err);
    text_clear(&list);
    return status;
}

static int32_t build(struct job *job, const struct text *sql, struct ov_error *err)
{
    static const char usual[] = "CREATE INDEX ";
    struct statement *s = job_add(job);

    text_add(&s->sql, "CREATE INDEX CONCURRENTLY ");
    text_add(&s->sql, sql->p + sizeof(usual) - 1);
    return job_run(job, err);
}

int32_t build_beside(struct ov_session *session, const struct ov_call *call,
                     const struct text *sql, struct ov_error *err)
{
    struct job job;
    int32_t status;

    if (sql->failed)
        return ov_no_memory(err);
    job_init(&job, session, call, JOB_WRITE);
    job.alone = 1;
    if (!session->settings.transaction_pooler) {
        status = pool_take(&session->pool, call, &job.link, err);
        if (status == OV_OK)
            status = set_session(&job, err);
    } else {
        status = OV_OK;
    }
    if (status == OV_OK)
        status = build(&job, sql, err);
    if (status == OV_OK)
        ov_say(call, OV_NOTE_ACTION, NULL, NULL,
               "built the vector index beside the writers");
    if (job.link != NULL) {
        pool_give(&session->pool, job.link, 0); /* its settings go with it */
        job.link = NULL;
    }
    job_end(&job);
    return status;
}
