/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c - an open store, and what its database is like.
 *
 * The extension lies in any schema, in any version, or is not there; its types have
 * other numbers in every database. So it is looked up, and everything of it is named
 * with its schema.
 */
#include "session.h"

#include "job.h"

#include <stdlib.h>
#include <string.h>

const struct ov_services *session_services;

struct env session_env(struct ov_session *session)
{
    struct env env;

    pthread_mutex_lock(&session->mutex);
    env = session->env;
    pthread_mutex_unlock(&session->mutex);
    return env;
}

/* "0.8.0" to 800; 0 for what is no version. */
static int32_t version_number(struct ov_str text)
{
    int32_t parts[3] = { 0, 0, 0 };
    int part = 0;

    for (uint64_t i = 0; i < text.n && part < 3; i++) {
        if (text.p[i] == '.')
            part++;
        else if (text.p[i] >= '0' && text.p[i] <= '9' && parts[part] < 1000)
            parts[part] = parts[part] * 10 + (text.p[i] - '0');
        else
            break;
    }
    return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

static void copy_name(char out[NAME_BYTES], struct ov_str name)
{
    size_t n = name.n < NAME_BYTES ? name.n : NAME_BYTES - 1;

    if (n > 0)
        memcpy(out, name.p, n);
    out[n] = '\0';
}

static void read_env(const PGresult *result, struct env *env)
{
    memset(env, 0, sizeof(*env));
    if (PQntuples(result) != 1)
        return;
    env->server = job_int4(result, 0, 0);
    copy_name(env->role, job_text(result, 0, 1));
    copy_name(env->encoding, job_text(result, 0, 7));
    copy_name(env->database, job_text(result, 0, 8));
    if (PQgetisnull(result, 0, 2))
        return;
    env->version = version_number(job_text(result, 0, 2));
    copy_name(env->extension, job_text(result, 0, 3));
    env->vector = (uint32_t)job_int4(result, 0, 4);
    env->vectors = (uint32_t)job_int4(result, 0, 5);
    env->usable = job_bool(result, 0, 6);
}

int32_t session_look(struct ov_session *session, const struct ov_call *call,
                     struct ov_error *err)
{
    struct job job;
    struct statement *s;
    struct env env;
    int32_t status;

    job_init(&job, session, call, JOB_READ);
    s = job_add(&job);
    text_add(&s->sql,
             "SELECT current_setting('server_version_num')::int4, current_user::text, "
             "e.extversion::text, n.nspname::text, t.oid::int8::int4, "
             "t.typarray::int8::int4, has_schema_privilege(n.oid, 'USAGE'), "
             "current_setting('server_encoding'), current_database()::text "
             "FROM (SELECT 1) AS one "
             "LEFT JOIN pg_catalog.pg_extension AS e ON e.extname = 'vector' "
             "LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace "
             "LEFT JOIN pg_catalog.pg_type AS t "
             "ON t.typname = 'vector' AND t.typnamespace = n.oid");
    status = job_run(&job, err);
    if (status == OV_OK) {
        read_env(s->result, &env);
        pthread_mutex_lock(&session->mutex);
        session->env = env;
        pthread_mutex_unlock(&session->mutex);
    }
    job_end(&job);
    return status;
}

int32_t session_check_encoding(const struct env *env, struct ov_error *err)
{
    if (strcmp(env->encoding, "UTF8") == 0)
        return OV_OK;
    return ov_fail(err, OV_UNSUPPORTED,
                   "database '%s' has the encoding %s, not UTF8: make one with CREATE "
                   "DATABASE ... ENCODING 'UTF8' TEMPLATE template0",
                   env->database, env->encoding);
}

int32_t session_open(uint64_t store, const struct ov_scalar *settings,
                     const struct ov_call *call, struct ov_session **out,
                     struct ov_error *err)
{
    struct ov_session *session = calloc(1, sizeof(*session));
    struct target target = { .services = session_services, .store = store };
    int32_t status;

    if (session == NULL)
        return ov_no_memory(err);
    status = options_read(settings, &session->settings, err);
    target.settings = &session->settings;
    if (status == OV_OK)
        status = pool_init(&session->pool, &target, err);
    if (status != OV_OK) {
        free(session);
        return status;
    }
    pthread_mutex_init(&session->mutex, NULL);
    status = session_look(session, call, err);
    if (status == OV_OK)
        status = session_check_encoding(&session->env, err);
    if (status != OV_OK) {
        session_close(session);
        return status;
    }
    *out = session;
    return OV_OK;
}

void session_close(struct ov_session *session)
{
    pool_end(&session->pool);
    pthread_mutex_destroy(&session->mutex);
    free(session);
}

int32_t session_ability(struct ov_session *session, const struct ov_call *call,
                        struct ov_ability *out, struct ov_error *err)
{
    uint32_t size = out->size;
    struct ov_ability ability = { 0 };

    (void)session;
    (void)call;
    (void)err;
    ability.size = size;
    ability.can = OV_CAN_ATOMIC | OV_CAN_HYBRID | OV_CAN_SPARSE_ONLY | OV_CAN_KEYWORD |
                  OV_CAN_EXPLAIN | OV_CAN_SHARED;
    for (uint32_t op = OV_AND; op <= OV_IS_NULL; op++)
        ability.ops |= UINT64_C(1) << op;
    ability.metrics =
        UINT64_C(1) << OV_COSINE | UINT64_C(1) << OV_IP | UINT64_C(1) << OV_L2;
    ability.max_dim = 16000;
    ability.max_fields = 500;
    ability.max_key_bytes = 2600;
    ability.max_text_bytes = UINT64_C(64) << 20;
    ability.max_batch_rows = 1000000;
    ability.max_batch_bytes = UINT64_C(256) << 20;
    memcpy(out, &ability, size < sizeof(ability) ? size : sizeof(ability));
    return OV_OK;
}

int32_t session_ping(struct ov_session *session, const struct ov_call *call,
                     struct ov_error *err)
{
    struct job job;
    int32_t status;

    job_init(&job, session, call, JOB_READ);
    status = job_do(&job, "SELECT 1", err);
    job_end(&job);
    return status;
}
