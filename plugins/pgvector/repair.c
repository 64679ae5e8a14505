/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repair.c - the action "repair".
 *
 * It looks first and asks for no right when nothing is missing. Tables, columns and keys
 * are made in one transaction under the lock of the schema; indexes of a table that is
 * large are built outside it, beside the writers.
 */
#include "repair.h"

#include "build.h"
#include "ddl.h"
#include "lease.h"
#include "script.h"
#include "steps.h"

#include <string.h>

/* ----------------------------------------------------------------------- making */

static void say_made(const struct job *job, const struct shape *shape,
                     const struct step *step, const struct audit *audit)
{
    if (step->slot != OV_NONE)
        ov_say(job->call, OV_NOTE_ACTION, NULL, NULL, "%s index %s",
               strncmp(step->sql.p, "DROP", 4) == 0 ? "dropped invalid" : "created",
               audit->slots[step->slot].name);
    else if (!audit->table)
        ov_say(job->call, OV_NOTE_ACTION, NULL, NULL, "created table %s",
               shape->relation);
    else
        ov_say(job->call, OV_NOTE_ACTION, NULL, NULL, "%.200s", step->sql.p);
}

static int32_t run_steps(struct job *job, const struct shape *shape,
                         const struct audit *audit, int indexes, struct ov_error *err)
{
    struct steps steps = { 0 };
    const struct env env = session_env(job->session);
    int32_t status = OV_OK;

    steps_fill(&steps, shape, &job->session->settings, &env, audit);
    if (steps.failed)
        status = ov_no_memory(err);
    for (struct step *step = steps.first; step != NULL && status == OV_OK;
         step = step->next) {
        if (step->slot != OV_NONE && !indexes)
            continue;
        job->no_memory |= step->sql.failed;
        status = job_do(job, step->sql.p != NULL ? step->sql.p : "", err);
        if (status == OV_OK)
            say_made(job, shape, step, audit);
    }
    steps_clear(&steps);
    return status;
}

static int32_t make_now(struct ov_session *session, const struct ov_call *call,
                        struct ov_str name, int indexes, struct ov_error *err)
{
    const struct env env = session_env(session);
    struct shape *shape = NULL;
    struct audit audit = { 0 };
    struct job job;
    int32_t status;

    job_init(&job, session, call, JOB_WRITE);
    job.build = 1;
    status = job_begin(&job, err);
    if (status == OV_OK)
        status = catalog_prepare(&job, err);
    if (status == OV_OK)
        status = catalog_lock(&job, name, &shape, err);
    if (status == OV_OK)
        status = audit_look(&job, shape, &env, &audit, err);
    if (status == OV_OK)
        status = run_steps(&job, shape, &audit, indexes, err);
    if (status == OV_OK)
        status = job_commit(&job, err);
    job_end(&job);
    audit_clear(&audit);
    shape_unref(shape);
    return status;
}

static int32_t ask_large(struct ov_session *session, const struct ov_call *call,
                         const struct shape *shape, int *large, int *loading,
                         struct ov_error *err)
{
    struct job job;
    int32_t status;

    job_init(&job, session, call, JOB_READ);
    status = build_is_large(&job, shape, large, err);
    if (status == OV_OK)
        status = lease_is_on(&job, shape, loading, err);
    job_end(&job);
    return status;
}

int32_t repair_indexes(struct ov_session *session, const struct ov_call *call,
                       const struct shape *shape, struct ov_error *err)
{
    int large = 0, ignored = 0;
    int32_t status = ask_large(session, call, shape, &large, &ignored, err);

    if (status != OV_OK)
        return status;
    if (large)
        return build_beside(session, call, shape, err);
    return make_now(session, call, shape->schema->name, 1, err);
}

/* --------------------------------------------------------------------- refusing */

static int32_t refuse_others(const struct audit *audit, const struct shape *shape,
                             struct ov_error *err)
{
    if (audit->table && !audit->ordinary)
        return ov_fail(err, OV_EXISTS, "relation %s is there and is no table",
                       shape->relation);
    for (uint32_t i = 0; audit->table && i < 2 * shape->schema->n_fields; i++)
        if (audit->columns[i] == COLUMN_OTHER)
            return ov_fail(err, OV_EXISTS, "column %s of %s is there with another type",
                           i % 2 == 0 ? shape->columns[i / 2].name
                                      : shape->columns[i / 2].beside,
                           shape->relation);
    if (audit->keywords == COLUMN_OTHER)
        return ov_fail(err, OV_EXISTS, "column %s of %s is there with another type",
                       KEYWORDS, shape->relation);
    return OV_OK;
}

const char *repair_hindrance(const struct ov_session *session, const struct audit *audit)
{
    if (session->settings.ddl != DDL_AUTO)
        return "option 'ddl' forbids to make it";
    if (!audit->schema)
        return audit->may_make ? NULL : "the role may not make the schema";
    if (!audit->may_create || !audit->may_use)
        return "the role may not create in the schema";
    if (audit->table && !audit->owner)
        return "the table is another role's";
    return NULL;
}

/* Who may not is told everything that an administrator must run. */
static int32_t refuse(struct ov_session *session, const struct ov_call *call,
                      const struct shape *shape, const struct audit *audit,
                      struct ov_error *err)
{
    struct text missing = { 0 };
    const char *why = repair_hindrance(session, audit);
    int32_t status = refuse_others(audit, shape, err);

    if (status != OV_OK || why == NULL)
        return status;
    audit_describe(audit, shape, &missing);
    script_say(session, call, shape, audit);
    ov_fail(err, OV_DENIED, "%.300s: %s", missing.p != NULL ? missing.p : "", why);
    text_clear(&missing);
    return OV_DENIED;
}

/* ----------------------------------------------------------------------- action */

static int32_t look(struct ov_session *session, const struct ov_call *call,
                    const struct shape *shape, struct audit *audit, struct ov_error *err)
{
    const struct env env = session_env(session);
    struct job job;
    int32_t status;

    job_init(&job, session, call, JOB_READ);
    status = audit_look(&job, shape, &env, audit, err);
    job_end(&job);
    return status;
}

static int32_t make_missing(struct ov_session *session, const struct ov_call *call,
                            const struct shape *shape, const struct audit *audit,
                            struct ov_error *err)
{
    struct env env;
    int large = 0, loading = 0;
    int32_t status = OV_OK;

    if (shape_has_vector(shape))
        status = session_need_vector(session, call, &env, err);
    if (status == OV_DENIED)
        session_say_vector(&env, call);
    if (status == OV_OK && audit->table)
        status = ask_large(session, call, shape, &large, &loading, err);
    if (status != OV_OK)
        return status;
    status = make_now(session, call, shape->schema->name, !large && !loading, err);
    if (loading)
        ov_say(
            call, OV_NOTE_ACTION, NULL, NULL,
            "a bulk load is going on: its end makes the indexes, or, if its process is "
            "gone, init in two minutes");
    if (status == OV_OK && large && !loading)
        status = build_beside(session, call, shape, err);
    return status;
}

static int32_t repair(struct ov_session *session, const struct ov_call *call,
                      struct ov_str name, struct ov_error *err)
{
    struct shape *shape;
    struct audit audit = { 0 };
    int32_t status = catalog_load(session, call, name, &shape, err);

    if (status != OV_OK)
        return status;
    status = look(session, call, shape, &audit, err);
    if (status == OV_OK && !audit_is_whole(&audit, shape)) {
        status = refuse(session, call, shape, &audit, err);
        if (status == OV_OK)
            status = make_missing(session, call, shape, &audit, err);
    }
    audit_clear(&audit);
    shape_unref(shape);
    return status;
}

int32_t repair_act(struct ov_session *session, const struct ov_call *call,
                   const struct ov_str *words, uint32_t n_words, struct ov_error *err)
{
    int32_t status = session_look(session, call, err);

    for (uint32_t i = 0; i < n_words && status == OV_OK; i++)
        status = repair(session, call, words[i], err);
    if (n_words == 0 && status == OV_OK)
        status = catalog_each(session, call, repair, err);
    return status;
}
