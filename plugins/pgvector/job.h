/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job.h - statements that go to the server together.
 *
 *     struct job job;
 *     job_init(&job, session, call, JOB_READ);
 *     s = job_add(&job);
 *     text_add(&s->sql, "SELECT ..."); params_text(&s->params, key);
 *     status = job_run(&job, err);        one round trip, one implicit transaction
 *     ... s->result ...
 *     job_end(&job);
 *
 * Everything up to job_run's Sync is one transaction: settings, statements, guard. A
 * job that asks and then acts in one transaction calls job_begin first; its runs then
 * share a connection until job_commit or job_end (which rolls back).
 */
#ifndef OV_PGVECTOR_JOB_H
#define OV_PGVECTOR_JOB_H

#include "session.h"

struct statement {
    struct text sql;
    struct params params;
    PGresult *result; /* after job_run; yours no longer than the job */
    int guard;        /* it fails when the collection is not what it was */
    struct statement *next;
};

enum job_kind { JOB_READ, JOB_WRITE };

struct job {
    struct ov_session *session;
    const struct ov_call *call;
    enum job_kind kind;
    struct statement *first, *last;
    struct statement lost; /* stands in when there is no memory */
    int no_memory;
    const struct statement *failed; /* the one that the server refused, or NULL */
    char sqlstate[6];               /* of the refusal */
    struct link *link;              /* between the runs of a transaction */
    int ef_search;                  /* 0: the index settings are not sent */
    int build;                      /* an index is made: its settings are sent */
    int alone;                      /* no settings: a statement that stands no other */
};

void job_init(struct job *job, struct ov_session *session, const struct ov_call *call,
              enum job_kind kind);
/* Never NULL. */
struct statement *job_add(struct job *job);
int32_t job_run(struct job *job, struct ov_error *err);
/* The statements that ran go; the job may be filled again. */
void job_reset(struct job *job);
/* One statement without parameters, run now. */
int32_t job_do(struct job *job, const char *sql, struct ov_error *err);
/* The same with a text, which is cleared. */
int32_t job_text_do(struct job *job, struct text *sql, struct ov_error *err);
int32_t job_begin(struct job *job, struct ov_error *err);
int32_t job_commit(struct job *job, struct ov_error *err);
void job_end(struct job *job);

/* Cells of a result that is known to have this shape. */
int64_t job_int8(const PGresult *result, int row, int column);
int32_t job_int4(const PGresult *result, int row, int column);
double job_float8(const PGresult *result, int row, int column);
int job_bool(const PGresult *result, int row, int column);
struct ov_str job_text(const PGresult *result, int row, int column);
/* Affected rows. */
int64_t job_affected(const PGresult *result);

#endif
