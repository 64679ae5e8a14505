/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extension.c - the extension is there and usable, or is made so, or who must do it.
 *
 * CREATE EXTENSION IF NOT EXISTS looks before it makes, without a lock between: of two
 * at once one fails. So it is made under an advisory lock of the whole database, whatever
 * schema a store has, and looked for once more behind it.
 */
#include "job.h"

#include <string.h>

static int32_t say_missing(const struct env *env, const struct ov_error *reason,
                           struct ov_error *err)
{
    if (env->version == 0) {
        memcpy(err->provider_code, reason->provider_code, sizeof(err->provider_code));
        return ov_fail(err, OV_DENIED, "the database lacks the extension 'vector'%s%s",
                       reason->message[0] != '\0' ? ": " : "", reason->message);
    }
    return ov_fail(err, OV_DENIED, "role '%s' may not use schema '%s' of the extension",
                   env->role, env->extension);
}

void session_say_vector(const struct env *env, const struct ov_call *call)
{
    struct text sql = { 0 };

    if (env->version == 0) {
        text_add(&sql, "CREATE EXTENSION vector;");
    } else {
        text_add(&sql, "GRANT USAGE ON SCHEMA ");
        text_name(&sql, env->extension);
        text_add(&sql, " TO ");
        text_name(&sql, env->role);
        text_add(&sql, ";");
    }
    if (!sql.failed)
        ov_say(call, OV_NOTE_STATEMENT, "extension", NULL, "%s", sql.p);
    text_clear(&sql);
}

/* Where it shall lie: in public, as everywhere, or in the store's own schema. */
static int32_t ask(struct job *job, int *there, int *open, int *schema,
                   struct ov_error *err)
{
    struct statement *s = job_add(job);
    int32_t status;

    text_add(&s->sql, "SELECT pg_catalog.pg_advisory_xact_lock(7310868734)");
    s = job_add(job);
    text_add(&s->sql,
             "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_extension WHERE extname = "
             "'vector'), EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = "
             "'public' AND pg_catalog.has_schema_privilege(oid, 'CREATE')), "
             "EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1)");
    params_text(&s->params, ov_str_of(job->session->settings.schema));
    status = job_run(job, err);
    if (status == OV_OK) {
        *there = job_bool(s->result, 0, 0);
        *open = job_bool(s->result, 0, 1);
        *schema = job_bool(s->result, 0, 2);
    }
    job_reset(job);
    return status;
}

static int32_t make(struct job *job, struct ov_error *err)
{
    const char *own = job->session->settings.schema;
    struct text sql = { 0 };
    int there = 0, open = 0, schema = 0;
    int32_t status = job_begin(job, err);

    if (status == OV_OK)
        status = ask(job, &there, &open, &schema, err);
    if (status != OV_OK || there)
        return status;
    if (!open && !schema) {
        text_add(&sql, "CREATE SCHEMA ");
        text_name(&sql, own);
        status = job_text_do(job, &sql, err);
    }
    if (status != OV_OK)
        return status;
    text_add(&sql, "CREATE EXTENSION vector SCHEMA ");
    text_name(&sql, open ? "public" : own);
    status = job_text_do(job, &sql, err);
    if (status == OV_OK)
        ov_say(job->call, OV_NOTE_ACTION, NULL, NULL, "created extension vector");
    return status == OV_OK ? job_commit(job, err) : status;
}

/* The server's refusal is a reason for us; that it was away, or time up, is an error. */
static int is_refusal(int32_t status)
{
    return status != OV_UNAVAILABLE && status != OV_DEADLINE && status != OV_CANCELLED &&
           status != OV_BUSY && status != OV_NO_SPACE;
}

int32_t session_need_vector(struct ov_session *session, const struct ov_call *call,
                            struct env *env, struct ov_error *err)
{
    struct ov_error reason = OV_ERROR_INIT;
    int32_t status;

    *env = session_env(session);
    if (env->vector != 0 && env->usable)
        return OV_OK;
    status = session_look(session, call, err);
    if (status != OV_OK)
        return status;
    *env = session_env(session);
    if (env->version == 0 && session->settings.ddl == DDL_AUTO) {
        struct job job;

        job_init(&job, session, call, JOB_WRITE);
        status = make(&job, &reason);
        job_end(&job);
        if (status != OV_OK && !is_refusal(status)) {
            *err = reason;
            return status;
        }
        status = session_look(session, call, err);
        if (status != OV_OK)
            return status;
        *env = session_env(session);
    }
    if (env->vector != 0 && env->usable)
        return OV_OK;
    return say_missing(env, &reason, err);
}

/* ----------------------------------------------------------- known-bad versions */

/* From the first version that has it up to the one that mends it. */
static const struct {
    int32_t from, below;
    struct extension_fault fault;
} faults[] = {
    { 600,
      802,
      { "builds of HNSW indexes with parallel workers write beyond a buffer before 0.8.2 "
        "(CVE-2026-3172); here they are built without",
        "update pgvector to 0.8.2 or later", 1 } },
    { 500,
      803,
      { "VACUUM may damage HNSW indexes before 0.8.3",
        "update pgvector to 0.8.3 or later, then REINDEX INDEX CONCURRENTLY the HNSW "
        "indexes",
        0 } },
    { 500,
      804,
      { "inserts into HNSW indexes may fail before 0.8.4",
        "update pgvector to 0.8.4 or later", 0 } },
    { 100,
      807,
      { "builds of IVFFlat indexes write beyond a buffer before 0.8.7; none is made here",
        "update pgvector to 0.8.7 or later before making one by hand", 0 } },
};

const struct extension_fault *extension_fault(int32_t version, uint32_t i)
{
    for (size_t k = 0; k < sizeof(faults) / sizeof(faults[0]); k++)
        if (version >= faults[k].from && version < faults[k].below && i-- == 0)
            return &faults[k].fault;
    return NULL;
}

int64_t extension_workers(const struct settings *settings, const struct env *env)
{
    const struct extension_fault *fault;

    if (settings->build_workers >= 0)
        return settings->build_workers;
    for (uint32_t i = 0; (fault = extension_fault(env->version, i)) != NULL; i++)
        if (fault->workers)
            return 0;
    return -1;
}

int64_t session_workers(struct ov_session *session)
{
    const struct env env = session_env(session);

    return extension_workers(&session->settings, &env);
}

int32_t session_has_vector(struct ov_session *session, const struct ov_call *call,
                           struct env *env, struct ov_error *err)
{
    const struct ov_error none = OV_ERROR_INIT;
    int32_t status;

    *env = session_env(session);
    if (env->vector != 0)
        return OV_OK;
    status = session_look(session, call, err);
    if (status != OV_OK)
        return status;
    *env = session_env(session);
    return env->vector != 0 ? OV_OK : say_missing(env, &none, err);
}
