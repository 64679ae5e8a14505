/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.c - CREATE INDEX CONCURRENTLY.
 *
 * It stands in no transaction, so its settings can only be the session's: they are set
 * on one connection, which is closed afterwards, and only where it is known that no
 * pooler stands between.
 *
 * One builder at a time for a table: two would wait for each other's snapshots, and the
 * server ends one of them, which leaves an invalid index. A lock that is waited for holds
 * a snapshot too; so it is tried, and tried again.
 */
#include "build.h"

#include "ddl.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

int32_t build_is_large(struct job *job, const struct shape *shape, int *large,
                       struct ov_error *err)
{
    struct statement *s = job_add(job);
    int64_t most = job->session->settings.exact_rows;
    int32_t status;

    text_add(&s->sql, "SELECT pg_catalog.count(*) FROM (SELECT 1 FROM ");
    text_add(&s->sql, shape->relation);
    text_format(&s->sql, " LIMIT $%d) AS x", params_int8(&s->params, most + 1));
    status = job_run(job, err);
    if (status == OV_OK)
        *large = job_int8(s->result, 0, 0) > most;
    job_reset(job);
    return status;
}

/* ------------------------------------------------------------------ the session */

/* Behind a pooler the server that answers is not the one that greeted. */
static int32_t ask_direct(struct job *job, int *direct, struct ov_error *err)
{
    struct statement *s = job_add(job);
    int32_t status;

    text_add(&s->sql, "SELECT pg_catalog.pg_backend_pid()");
    status = job_run(job, err);
    if (status == OV_OK)
        *direct = job_int4(s->result, 0, 0) == PQbackendPID(job->link->conn) &&
                  !job->session->settings.transaction_pooler;
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
    int64_t workers = session_workers(job->session);
    struct text list = { 0 };
    char value[48];

    /* The time is left as the role and the database have it. */
    if (settings->build_memory > 0) {
        snprintf(value, sizeof(value), "%lldkB",
                 (long long)(settings->build_memory / 1024));
        add_set(&list, "maintenance_work_mem", value);
    }
    if (workers >= 0) {
        snprintf(value, sizeof(value), "%lld", (long long)workers);
        add_set(&list, "max_parallel_maintenance_workers", value);
    }
    return list.n > 0 ? job_text_do(job, &list, err) : OV_OK;
}

/* A short time, or until the call is called off. */
static int32_t pause_for(const struct ov_call *call, struct ov_error *err)
{
    struct pollfd fd = { .fd = call->cancel_fd, .events = POLLIN };

    (void)poll(&fd, 1, 100);
    return ov_checkpoint(call, err);
}

/* It goes with the connection. */
static int32_t lock_table(struct job *job, const struct shape *shape,
                          struct ov_error *err)
{
    int32_t status = OV_OK;
    int mine = 0;

    while (status == OV_OK && !mine) {
        struct statement *s = job_add(job);

        text_add(&s->sql, "SELECT pg_catalog.pg_try_advisory_lock("
                          "pg_catalog.hashtextextended($1, 7310868737))");
        params_text(&s->params, ov_str_of(shape->relation));
        status = job_run(job, err);
        mine = status == OV_OK && job_bool(s->result, 0, 0);
        job_reset(job);
        if (status == OV_OK && !mine)
            status = pause_for(job->call, err);
    }
    return status;
}

/* ----------------------------------------------------------------------- builds */

static int32_t do_beside(struct job *job, const char *usual, const struct text *sql,
                         struct ov_error *err)
{
    struct statement *s = job_add(job);
    int32_t status;

    text_add(&s->sql, usual);
    text_add(&s->sql, "CONCURRENTLY ");
    text_add(&s->sql, sql->p != NULL ? sql->p + strlen(usual) : "");
    job->no_memory |= sql->failed;
    status = job_run(job, err);
    if (status == OV_OK)
        job_reset(job);
    return status;
}

static int32_t drop_beside(struct job *job, const char *name, struct ov_error *err)
{
    struct text sql = { 0 };
    int32_t status;

    text_add(&sql, "DROP INDEX ");
    text_qualified(&sql, job->session->settings.schema, name);
    status = do_beside(job, "DROP INDEX ", &sql, err);
    if (status == OV_OK)
        ov_say(job->call, OV_NOTE_ACTION, NULL, NULL, "dropped invalid index %s", name);
    text_clear(&sql);
    return status;
}

/* Somebody else was at it: a deadlock, or the name is there already. */
static int is_clash(const struct job *job)
{
    return strcmp(job->sqlstate, "40P01") == 0 || strcmp(job->sqlstate, "42P07") == 0 ||
           strcmp(job->sqlstate, "42704") == 0;
}

/* *again: what was seen is no longer so. */
static int32_t try_index(struct job *job, const struct shape *shape, const char *name,
                         const struct text *sql, int *again, struct ov_error *err)
{
    struct index_seen seen;
    int32_t status = index_ask(job, shape, name, &seen, err);

    *again = 0;
    if (status != OV_OK || seen.valid)
        return status;
    if (seen.building) {
        *again = 1;
        return pause_for(job->call, err);
    }
    if (seen.there)
        status = drop_beside(job, name, err);
    if (status == OV_OK)
        status = do_beside(job, "CREATE INDEX ", sql, err);
    *again = status != OV_OK && is_clash(job);
    if (status == OV_OK)
        ov_say(job->call, OV_NOTE_ACTION, NULL, NULL, "created index %s", name);
    return status;
}

static int32_t make_index(struct job *job, const struct shape *shape, const char *name,
                          const struct text *sql, struct ov_error *err)
{
    struct ov_error own = OV_ERROR_INIT;
    int32_t status;
    int again = 1;

    for (int clashes = 0; again && clashes < 5;) {
        ov_error_reset(&own);
        status = try_index(job, shape, name, sql, &again, &own);
        clashes += again && status != OV_OK;
        job_reset(job);
    }
    if (status != OV_OK)
        *err = own;
    return status;
}

static int32_t make_all(struct job *job, const struct shape *shape, struct ov_error *err)
{
    const struct env env = session_env(job->session);
    struct text sql = { 0 };
    char name[NAME_BYTES];
    int32_t status = OV_OK;

    for (uint32_t i = 0; i < ddl_index_slots(shape->schema) && status == OV_OK; i++) {
        if (ddl_index(&sql, name, shape, &job->session->settings, &env, i))
            status = make_index(job, shape, name, &sql, err);
        text_clear(&sql);
    }
    return status;
}

/* Where nothing may be set for the session, the table says that no workers shall come. */
static int32_t forbid_workers(struct job *job, const struct shape *shape, int *done,
                              struct ov_error *err)
{
    struct statement *s = job_add(job);
    struct text sql = { 0 };
    int there = 1;
    int32_t status;

    text_add(&s->sql, "SELECT 1 FROM pg_catalog.pg_class AS c, "
                      "pg_catalog.unnest(c.reloptions) AS o(name) WHERE c.oid "
                      "OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1) AND "
                      "pg_catalog.starts_with(o.name, 'parallel_workers=')");
    params_text(&s->params, ov_str_of(shape->relation));
    status = job_run(job, err);
    if (status == OV_OK)
        there = PQntuples(s->result) > 0;
    job_reset(job);
    if (status != OV_OK || there)
        return status;
    text_add(&sql, "ALTER TABLE ");
    text_add(&sql, shape->relation);
    text_add(&sql, " SET (parallel_workers = 0)");
    status = job_text_do(job, &sql, err);
    *done = status == OV_OK;
    return status;
}

static void allow_workers(struct job *job, const struct shape *shape)
{
    struct ov_error ignored = OV_ERROR_INIT;
    struct text sql = { 0 };

    text_add(&sql, "ALTER TABLE ");
    text_add(&sql, shape->relation);
    text_add(&sql, " RESET (parallel_workers)");
    (void)job_text_do(job, &sql, &ignored);
}

static int32_t prepare(struct job *job, const struct shape *shape, int *forbidden,
                       struct ov_error *err)
{
    int direct = 0;
    int32_t status = ask_direct(job, &direct, err);

    if (status == OV_OK && direct)
        status = set_session(job, err);
    if (status == OV_OK && direct)
        status = lock_table(job, shape, err);
    if (status == OV_OK && !direct && session_workers(job->session) == 0)
        status = forbid_workers(job, shape, forbidden, err);
    return status;
}

int32_t build_beside(struct ov_session *session, const struct ov_call *call,
                     const struct shape *shape, struct ov_error *err)
{
    struct job job;
    int forbidden = 0;
    int32_t status;

    job_init(&job, session, call, JOB_WRITE);
    job.alone = 1;
    status = pool_take(&session->pool, call, &job.link, err);
    if (status != OV_OK)
        return status;
    status = prepare(&job, shape, &forbidden, err);
    if (status == OV_OK)
        status = make_all(&job, shape, err);
    if (forbidden)
        allow_workers(&job, shape);
    if (job.link != NULL) {
        pool_give(&session->pool, job.link, 0); /* its settings go with it */
        job.link = NULL;
    }
    job_end(&job);
    return status;
}
