/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.c - one pipeline: settings, statements, Sync, answers.
 *
 * The statements between two Syncs are one implicit transaction, so neither BEGIN nor
 * COMMIT need be sent, and set_config(..., true) ends with it: a transaction pooler may
 * give each pipeline to another server. The server is told the time that is left, so
 * that it stops by itself; if it does not, or the call is cancelled, it is asked to, and
 * its last word decides what is reported.
 */
#include "job.h"

#include "cancel.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long the server may take to stop by itself at the deadline, and how long its
 * answer to a cancellation is waited for: together less than 100 ms. */
#define BY_ITSELF_NS INT64_C(40000000)
#define LAST_WORD_NS INT64_C(45000000)

void job_init(struct job *job, struct ov_session *session, const struct ov_call *call,
              enum job_kind kind)
{
    memset(job, 0, sizeof(*job));
    job->session = session;
    job->call = call;
    job->kind = kind;
}

struct statement *job_add(struct job *job)
{
    struct statement *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        job->no_memory = 1;
        return &job->lost;
    }
    if (job->last != NULL)
        job->last->next = s;
    else
        job->first = s;
    job->last = s;
    return s;
}

static void clear(struct statement *s)
{
    text_clear(&s->sql);
    params_clear(&s->params);
    PQclear(s->result);
    s->result = NULL;
}

void job_reset(struct job *job)
{
    while (job->first != NULL) {
        struct statement *next = job->first->next;

        clear(job->first);
        free(job->first);
        job->first = next;
    }
    clear(&job->lost);
    job->last = NULL;
    job->failed = NULL;
    job->sqlstate[0] = '\0';
}

/* ------------------------------------------------------------------ sending */

struct wire {
    Oid *types;
    const char **values;
    int *lengths;
    int *formats;
};

static int pack(struct wire *wire, const struct params *params)
{
    size_t n = (size_t)params->n + 1;
    char *block = calloc(n, sizeof(char *) + sizeof(Oid) + 2 * sizeof(int));

    if (block == NULL)
        return 0;
    wire->values = (const char **)block;
    wire->types = (Oid *)(block + n * sizeof(char *));
    wire->lengths = (int *)(wire->types + n);
    wire->formats = wire->lengths + n;
    for (int i = 0; i < params->n; i++) {
        const struct param *p = &params->list[i];

        wire->types[i] = p->oid;
        /* A value of no bytes still needs an address: NULL is the null. */
        wire->values[i] = p->length < 0           ? NULL
                          : params->bytes == NULL ? ""
                                                  : params->bytes + p->at;
        wire->lengths[i] = p->length;
        wire->formats[i] = 1;
    }
    return 1;
}

static int send_one(struct link *link, const struct statement *s)
{
    struct wire wire;
    int sent;

    if (s->sql.failed || s->params.failed || !pack(&wire, &s->params))
        return 0;
    sent = PQsendQueryParams(link->conn, s->sql.p, s->params.n, wire.types, wire.values,
                             wire.lengths, wire.formats, 1);
    free(wire.values);
    return sent;
}

static void add_setting(struct text *sql, struct params *params, const char *name,
                        int64_t value, const char *unit)
{
    char text[48];

    snprintf(text, sizeof(text), "%lld%s", (long long)value, unit);
    text_format(sql, ", pg_catalog.set_config('%s', $%d, true)", name,
                params_text(params, ov_str_of(text)));
}

/* Whoever may create in a schema of the path can put a function or an operator of their
 * own in the place of any that is named without its schema, and it would run with our
 * rights. So nothing is looked for but in pg_catalog; pg_temp would come first, were it
 * not named. This statement itself runs under a stranger's path: all in it is qualified.
 */
#define SEARCH_PATH "pg_catalog, pg_temp"

/* What an administrator gave the role or the database is not to be exceeded: the smaller
 * one counts, and 0 is none. */
static void add_limit(struct text *sql, struct params *params, const char *name,
                      int64_t ms)
{
    if (ms == 0)
        return;
    text_format(sql,
                ", pg_catalog.set_config('%s', least($%d, CASE WHEN "
                "pg_catalog.current_setting('%s') OPERATOR(pg_catalog.<>) '0' THEN "
                "pg_catalog.date_part('epoch', pg_catalog.current_setting('%s')"
                "::pg_catalog.interval) OPERATOR(pg_catalog.*) 1000 END)"
                "::pg_catalog.int8::pg_catalog.text, true)",
                name, params_int8(params, ms), name, name);
}

/* What the server shall keep to, for this transaction alone. */
static void make_settings(const struct job *job, struct statement *s)
{
    const struct settings *settings = &job->session->settings;
    int64_t left = job->call->deadline_ns != 0 ? ov_call_wait_ms(job->call) : 0;

    if (job->call->deadline_ns != 0 && left < 1)
        left = 1;
    if (settings->statement_ms != 0 && (left == 0 || settings->statement_ms < left))
        left = settings->statement_ms;
    text_add(&s->sql, "SELECT pg_catalog.set_config('search_path', '" SEARCH_PATH
                      "', true), pg_catalog.set_config('jit', 'off', true)");
    add_limit(&s->sql, &s->params, "statement_timeout", left);
    add_limit(&s->sql, &s->params, "lock_timeout", settings->lock_ms);
    if (job->ef_search > 0) {
        add_setting(&s->sql, &s->params, "hnsw.ef_search", job->ef_search, "");
        if (session_env(job->session).version >= 800)
            text_add(&s->sql, ", pg_catalog.set_config('hnsw.iterative_scan', "
                              "'relaxed_order', true)");
    }
    if (job->build && settings->build_memory > 0)
        add_setting(&s->sql, &s->params, "maintenance_work_mem",
                    settings->build_memory / 1024, "kB");
    if (job->build && session_workers(job->session) >= 0)
        add_setting(&s->sql, &s->params, "max_parallel_maintenance_workers",
                    session_workers(job->session), "");
}

/* Nothing has reached the server while this fails: it acts at the Sync. */
static int send_all(struct job *job, struct link *link, const struct statement *settings)
{
    if (PQenterPipelineMode(link->conn) != 1)
        return 0;
    if (settings != NULL && !send_one(link, settings))
        return 0;
    for (const struct statement *s = job->first; s != NULL; s = s->next)
        if (!send_one(link, s))
            return 0;
    return PQpipelineSync(link->conn) == 1;
}

/* ---------------------------------------------------------------- answering */

struct turn {
    struct job *job;
    struct link *link;
    struct ov_call call; /* the job's, and after a cancellation the last word's */
    struct cancel cancel;
    int32_t why; /* OV_OK, or why the server has to stop */
    int asked;   /* it was asked to */
    int dead;
};

/* The server has to stop: at a deadline it knows, and is asked when it does not. */
static void stop(struct turn *turn, int32_t why)
{
    turn->asked = why == OV_CANCELLED || turn->why != OV_OK || turn->job->alone;
    if (turn->why == OV_OK)
        turn->why = why;
    if (turn->asked)
        cancel_begin(&turn->cancel, turn->link);
    turn->call.deadline_ns = link_now() + (turn->asked ? LAST_WORD_NS : BY_ITSELF_NS);
    turn->call.cancelled = NULL;
    turn->call.cancel_fd = -1;
}

/* Wait for the socket. A deadline turns into a short wait for the server's own time-out,
 * then, as a cancellation does at once, into asking it to stop.
 * libpq may lose a message for want of memory, and the wait for it would be in vain. */
static int await(struct turn *turn, short events)
{
    int32_t status = OV_NO_SPACE;

    if (turn->asked)
        status = cancel_wait(&turn->cancel, turn->link, events, turn->call.deadline_ns);
    else if (!fault_is_memory(turn->link))
        status = link_wait(turn->link, events, &turn->call, 0);
    if (status == OV_OK)
        return 1;
    if (!turn->asked && (status == OV_DEADLINE || status == OV_CANCELLED)) {
        stop(turn, status);
        return 1;
    }
    turn->dead = 1;
    return 0;
}

static PGresult *next_result(struct turn *turn)
{
    PGconn *conn = turn->link->conn;
    int more = 1;

    while (!turn->dead) {
        if (more)
            more = PQflush(conn);
        if (more < 0)
            break;
        if (!PQisBusy(conn))
            return PQgetResult(conn);
        if (!await(turn, more > 0 ? POLLIN | POLLOUT : POLLIN))
            return NULL;
        if (!PQconsumeInput(conn))
            break;
    }
    turn->dead = 1;
    return NULL;
}

static void note_failure(struct turn *turn, const struct statement *s,
                         const PGresult *result, struct ov_error *err)
{
    struct job *job = turn->job;
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (sqlstate == NULL) { /* libpq's own: the server may well go on and commit */
        turn->dead = 1;
        return;
    }
    if (err->code != OV_OK)
        return;
    job->failed = s;
    fault_say(turn->link, result, job->call, FAULT_WRITE, err);
    snprintf(job->sqlstate, sizeof(job->sqlstate), "%s", sqlstate);
    if (turn->why != OV_OK && err->code == OV_DEADLINE)
        err->code = turn->why;
    turn->dead |= fault_ends_link(sqlstate);
}

/* All results until the Sync. settings has its own, which nobody looks at. */
static void collect(struct turn *turn, struct statement *settings, struct ov_error *err)
{
    struct statement *s = settings != NULL ? settings : turn->job->first;

    while (!turn->dead) {
        PGresult *result = next_result(turn);
        ExecStatusType kind = PQresultStatus(result);

        if (turn->dead)
            return;
        if (result == NULL) { /* the end of one statement's results */
            if (s != NULL)
                s = s == settings ? turn->job->first : s->next;
            continue;
        }
        if (kind == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            return;
        }
        if (kind == PGRES_TUPLES_OK || kind == PGRES_COMMAND_OK) {
            if (s != NULL) {
                PQclear(s->result);
                s->result = result;
                continue;
            }
        } else if (kind != PGRES_PIPELINE_ABORTED) {
            note_failure(turn, s, result, err);
        }
        PQclear(result);
    }
}

/* The link went, or did not answer in time. */
static int32_t say_lost(const struct turn *turn, struct ov_error *err)
{
    int uncertain = turn->job->kind == JOB_WRITE;

    if (err->code != OV_OK)
        return err->code;
    if (turn->why == OV_OK)
        return fault_say(turn->link, NULL, turn->job->call,
                         uncertain ? FAULT_UNCERTAIN : FAULT_READ, err);
    ov_fail(err, turn->why,
            turn->why == OV_DEADLINE
                ? "the deadline passed and the server does not answer"
                : "cancelled, and the server does not answer");
    if (uncertain)
        err->flags |= OV_ERR_UNCERTAIN;
    return turn->why;
}

/* The answers that were waited for, or the reason why there are none. */
static int32_t hear(struct turn *turn, struct statement *settings, int *good,
                    struct ov_error *err)
{
    collect(turn, settings, err);
    /* A request that is still on its way would stop the next one's statement. */
    *good = !turn->asked ||
            cancel_end(&turn->cancel, turn->dead ? link_now() : turn->call.deadline_ns);
    if (turn->dead) {
        *good = 0;
        return say_lost(turn, err);
    }
    *good = PQexitPipelineMode(turn->link->conn) == 1 && *good;
    return err->code;
}

static int32_t converse(struct job *job, struct link *link, int *good,
                        struct ov_error *err)
{
    struct statement settings = { 0 };
    struct turn turn = { .job = job, .link = link, .call = *job->call };
    int first = job->link == NULL && !job->alone;
    locale_t before = link_english();
    int32_t status;

    *good = 0;
    link->notice[0] = '\0';
    if (first)
        make_settings(job, &settings);
    if (send_all(job, link, first ? &settings : NULL))
        status = hear(&turn, first ? &settings : NULL, good, err);
    else if (PQstatus(link->conn) == CONNECTION_OK)
        status = ov_no_memory(err);
    else
        status = fault_say(link, NULL, job->call, FAULT_READ, err);
    clear(&settings);
    link_as_before(before);
    return status;
}

int32_t job_run(struct job *job, struct ov_error *err)
{
    struct ov_session *session = job->session;
    struct link *link = job->link;
    struct ov_error own = OV_ERROR_INIT;
    int32_t status;
    int good, flush;

    if (job->no_memory)
        return ov_no_memory(err);
    status = ov_checkpoint(job->call, err);
    if (status == OV_OK && link == NULL)
        status = pool_take(&session->pool, job->call, &link, err);
    if (status != OV_OK)
        return status;
    status = converse(job, link, &good, &own);
    if (job->link == NULL || !good) {
        flush = !good && status == OV_UNAVAILABLE;
        pool_give(&session->pool, link, good);
        job->link = NULL;
        if (flush)
            pool_flush(&session->pool);
    }
    if (status != OV_OK && err->code == OV_OK)
        *err = own;
    return status;
}

int32_t job_do(struct job *job, const char *sql, struct ov_error *err)
{
    int32_t status;

    text_add(&job_add(job)->sql, sql);
    status = job_run(job, err);
    if (status == OV_OK)
        job_reset(job);
    return status;
}

int32_t job_text_do(struct job *job, struct text *sql, struct ov_error *err)
{
    int32_t status;

    job->no_memory |= sql->failed;
    status = job_do(job, sql->p != NULL ? sql->p : "", err);
    text_clear(sql);
    return status;
}

int32_t job_begin(struct job *job, struct ov_error *err)
{
    int32_t status = ov_checkpoint(job->call, err);
    struct link *link;
    int good;

    if (status == OV_OK)
        status = pool_take(&job->session->pool, job->call, &link, err);
    if (status != OV_OK)
        return status;
    /* BEGIN goes first, or the settings would end with the pipeline. */
    text_add(&job_add(job)->sql, "BEGIN");
    make_settings(job, job_add(job));
    job->link = link;
    if (job->no_memory)
        good = 0, status = ov_no_memory(err);
    else
        status = converse(job, link, &good, err);
    if (status != OV_OK) {
        pool_give(&job->session->pool, link, 0);
        job->link = NULL;
    }
    job_reset(job);
    return status;
}

int32_t job_commit(struct job *job, struct ov_error *err)
{
    int32_t status = job_do(job, "COMMIT", err);

    if (job->link != NULL && status == OV_OK) {
        pool_give(&job->session->pool, job->link, 1);
        job->link = NULL;
    }
    return status;
}

void job_end(struct job *job)
{
    job_reset(job);
    if (job->link != NULL) {
        struct ov_error ignored = OV_ERROR_INIT;
        const struct ov_call soon = { .size = sizeof(soon),
                                      .deadline_ns = link_now() + LAST_WORD_NS,
                                      .cancel_fd = -1 };
        struct link *link;
        int32_t status;

        job->call = &soon;
        job->no_memory = 0;
        status = job_do(job, "ROLLBACK", &ignored);
        link = job->link;
        job->link = NULL;
        job_reset(job);
        if (link != NULL)
            pool_give(&job->session->pool, link, status == OV_OK);
    }
}
