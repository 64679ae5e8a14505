/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor.c - actions: "doctor" says what is wrong and what to do, "stats" how much is
 * there, "repair" makes what is missing, "plan" says how an administrator would.
 *
 * Each check is one question to the server's own catalogue, asked as the ordinary role,
 * so it finds what that role would run into. Nothing is changed. A right counts as
 * missing only where something is asked for that needs it.
 */
#include "doctor.h"

#include "doctor_table.h"
#include "hosts.h"
#include "repair.h"
#include "script.h"
#include "tls.h"

#include <stdlib.h>
#include <string.h>

void doctor_check(const struct ov_call *call, const char *name, int good,
                  const char *remedy, const char *detail)
{
    ov_say(call, good ? OV_NOTE_CHECK : OV_NOTE_PROBLEM, name, remedy, "%s", detail);
}

void doctor_problem(const struct ov_call *call, const char *name, struct text *sql,
                    const char *detail)
{
    doctor_check(call, name, 0, NULL, detail);
    if (!sql->failed && sql->p != NULL)
        ov_say(call, OV_NOTE_STATEMENT, name, NULL, "%s", sql->p);
    text_clear(sql);
}

/* ----------------------------------------------------------------- server */

static void check_server(const struct env *env, const struct ov_call *call)
{
    struct ov_error own = OV_ERROR_INIT;
    struct text detail = { 0 };

    text_format(&detail, "PostgreSQL %d.%d as role ", env->server / 10000,
                env->server % 10000);
    text_add(&detail, env->role);
    if (!detail.failed)
        doctor_check(call, "server", env->server >= 130000,
                     env->server >= 130000 ? NULL : "use PostgreSQL 13 or later",
                     detail.p);
    text_clear(&detail);
    /* A database of the name may be another by now. */
    if (session_check_encoding(env, &own) != OV_OK)
        doctor_check(call, "encoding", 0, "use a database with encoding UTF8",
                     own.message);
}

/* Does the url ask for a server that only reads? */
static int32_t ask_meant(struct ov_session *session, int *meant, struct ov_error *err)
{
    struct hosts hosts;
    const char *attrs;
    int32_t status = hosts_read(&session->pool.target, &hosts, err);

    if (status != OV_OK)
        return status;
    attrs = hosts_option(&hosts, "target_session_attrs");
    *meant = attrs != NULL && (strcmp(attrs, "read-only") == 0 ||
                               strcmp(attrs, "standby") == 0 || hosts.prefers_standby);
    hosts_clear(&hosts);
    return OV_OK;
}

/* Reads work on a standby, so nothing else would tell. */
static int32_t check_writable(struct ov_session *session, const struct ov_call *call,
                              struct ov_error *err)
{
    static const char remedy[] =
        "let the url name the primary, or hosts with target_session_attrs=read-write";
    struct job job;
    struct statement *s;
    int meant = 0;
    int32_t status = ask_meant(session, &meant, err);

    if (status != OV_OK)
        return status;
    job_init(&job, session, call, JOB_READ);
    s = job_add(&job);
    text_add(&s->sql, "SELECT pg_catalog.pg_is_in_recovery(), "
                      "pg_catalog.current_setting('transaction_read_only') "
                      "OPERATOR(pg_catalog.=) 'on'");
    status = job_run(&job, err);
    if (status == OV_OK && job_bool(s->result, 0, 0))
        doctor_check(call, "writes", meant, remedy,
                     "the server is a standby: it takes none");
    else if (status == OV_OK && job_bool(s->result, 0, 1))
        doctor_check(call, "writes", meant, remedy,
                     "transactions are read-only here (default_transaction_read_only)");
    job_end(&job);
    return status;
}

/* -------------------------------------------------------------- extension */

static void add_grant(struct text *sql, const char *what, const char *schema,
                      const char *role)
{
    text_add(sql, what);
    text_name(sql, schema);
    text_add(sql, " TO ");
    text_name(sql, role);
    text_add(sql, ";");
}

static void check_faults(struct ov_session *session, const struct env *env,
                         const struct ov_call *call)
{
    const struct extension_fault *fault;

    for (uint32_t i = 0; (fault = extension_fault(env->version, i)) != NULL; i++) {
        int asked = fault->workers && session->settings.build_workers > 0;

        doctor_check(call, "extension version", !asked,
                     asked
                         ? "leave 'build_workers' out or set it to 0, or update pgvector"
                         : fault->remedy,
                     fault->text);
    }
}

static void check_version(struct ov_session *session, const struct env *env,
                          const struct ov_call *call)
{
    struct text detail = { 0 };

    text_format(&detail, "pgvector %d.%d.%d in schema ", env->version / 10000,
                env->version / 100 % 100, env->version % 100);
    text_add(&detail, env->extension);
    if (!detail.failed)
        doctor_check(call, "extension", 1, NULL, detail.p);
    text_clear(&detail);
    check_faults(session, env, call);
    doctor_check(call, "iterative scan", env->version >= 800,
                 env->version >= 800
                     ? NULL
                     : "update pgvector to 0.8 or later: filtered searches of many "
                       "records read them all",
                 env->version >= 800 ? "filtered HNSW searches go on until they have "
                                       "enough"
                                     : "filtered HNSW searches stop early here");
}

static void check_extension(struct ov_session *session, const struct env *env,
                            const struct ov_call *call)
{
    struct text sql = { 0 };

    if (env->version == 0) {
        text_add(&sql, "CREATE EXTENSION vector;");
        doctor_problem(call, "extension", &sql,
                       "the database lacks the extension 'vector'");
        return;
    }
    if (!env->usable) {
        add_grant(&sql, "GRANT USAGE ON SCHEMA ", env->extension, env->role);
        doctor_problem(call, "extension", &sql,
                       "the role may not use the extension's schema");
        return;
    }
    check_version(session, env, call);
}

/* ----------------------------------------------------------------- schema */

struct schema_look {
    int there, may_make, may_create, may_use, catalogue, may_read, may_write, hidden;
};

static int32_t ask_schema(struct ov_session *session, const struct ov_call *call,
                          struct schema_look *look, struct ov_error *err)
{
    int *const members[] = { &look->there,     &look->may_make,  &look->may_create,
                             &look->may_use,   &look->catalogue, &look->may_read,
                             &look->may_write, &look->hidden };
    struct job job;
    struct statement *s;
    int32_t status;

    job_init(&job, session, call, JOB_READ);
    s = job_add(&job);
    text_add(
        &s->sql,
        "SELECT n.oid IS NOT NULL, pg_catalog.has_database_privilege("
        "pg_catalog.current_database(), 'CREATE'), "
        "coalesce(pg_catalog.has_schema_privilege(n.oid, 'CREATE'), false), "
        "coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE'), false), "
        "c.oid IS NOT NULL, coalesce(pg_catalog.has_table_privilege(c.oid, 'SELECT'), "
        "false), coalesce(pg_catalog.has_table_privilege(c.oid, 'INSERT') AND "
        "pg_catalog.has_table_privilege(c.oid, 'UPDATE') AND "
        "pg_catalog.has_table_privilege(c.oid, 'DELETE'), false), "
        "coalesce(c.relrowsecurity AND pg_catalog.row_security_active(c.oid), false) "
        "FROM (SELECT 1) AS one LEFT JOIN pg_catalog.pg_namespace AS n "
        "ON n.nspname OPERATOR(pg_catalog.=) $1 LEFT JOIN pg_catalog.pg_class AS c ON "
        "c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname "
        "OPERATOR(pg_catalog.=) 'ov_collections'");
    params_text(&s->params, ov_str_of(session->settings.schema));
    status = job_run(&job, err);
    if (status == OV_OK)
        for (int i = 0; i < (int)(sizeof(members) / sizeof(members[0])); i++)
            *members[i] = job_bool(s->result, 0, i);
    job_end(&job);
    return status;
}

static void judge_absent(struct ov_session *session, const struct env *env,
                         const struct ov_call *call, const struct schema_look *look)
{
    struct text sql = { 0 };

    if (session->settings.ddl != DDL_AUTO) {
        doctor_check(call, "schema", 0,
                     "ovctl init --dry-run prints what an administrator must run",
                     "it is not there and 'ddl' forbids to make it");
    } else if (look->may_make) {
        doctor_check(call, "schema", 1, NULL, "it will be made when it is needed");
    } else {
        text_add(&sql, "CREATE SCHEMA ");
        text_name(&sql, session->settings.schema);
        text_add(&sql, " AUTHORIZATION ");
        text_name(&sql, env->role);
        text_add(&sql, ";");
        doctor_problem(call, "schema", &sql,
                       "it is not there and the role may not make it");
    }
}

static void judge_schema(struct ov_session *session, const struct env *env,
                         const struct ov_call *call, const struct schema_look *look)
{
    int makes = session->settings.ddl == DDL_AUTO;
    struct text sql = { 0 };

    if (!look->there) {
        judge_absent(session, env, call, look);
    } else if (!look->may_use) {
        add_grant(&sql,
                  makes ? "GRANT USAGE, CREATE ON SCHEMA " : "GRANT USAGE ON SCHEMA ",
                  session->settings.schema, env->role);
        doctor_problem(call, "schema", &sql,
                       makes ? "the role may not create in it"
                             : "the role may not use it");
    } else if (look->may_create) {
        doctor_check(call, "schema", 1, NULL,
                     "it is there and the role may create in it");
    } else if (makes && !look->catalogue) {
        add_grant(&sql, "GRANT USAGE, CREATE ON SCHEMA ", session->settings.schema,
                  env->role);
        doctor_problem(call, "schema", &sql, "the role may not create in it");
    } else {
        doctor_check(call, "schema", 1, NULL,
                     "it is there; what would be new in it an administrator makes");
    }
}

/* *usable: what the schema holds can be looked at. */
static void judge_catalogue(struct ov_session *session, const struct env *env,
                            const struct ov_call *call, const struct schema_look *look,
                            int *usable)
{
    struct text sql = { 0 }, relation = { 0 };
    int makes = session->settings.ddl == DDL_AUTO;

    *usable = look->there && look->may_use && look->catalogue && look->may_read;
    if (!look->there || !look->may_use || !look->catalogue)
        return;
    text_qualified(&relation, session->settings.schema, "ov_collections");
    if (!look->may_read) {
        text_add(&sql,
                 makes ? "GRANT SELECT, INSERT, UPDATE, DELETE ON " : "GRANT SELECT ON ");
        text_add(&sql, relation.p != NULL ? relation.p : "");
        text_add(&sql, " TO ");
        text_name(&sql, env->role);
        text_add(&sql, ";");
        doctor_problem(call, "rights", &sql,
                       "the role may not read the list of collections");
    } else if (look->hidden) {
        text_add(&sql, "ALTER TABLE ");
        text_add(&sql, relation.p != NULL ? relation.p : "");
        text_add(&sql, " DISABLE ROW LEVEL SECURITY;");
        doctor_problem(call, "row security", &sql,
                       "it is on for the list of collections, which it may hide");
    } else if (makes && !look->may_write) {
        doctor_check(call, "rights", 1, NULL,
                     "the role may not change the list of collections: new ones an "
                     "administrator makes");
    }
    text_clear(&relation);
}

/* ---------------------------------------------------------------- actions */

static int32_t examine(struct ov_session *session, const struct ov_call *call,
                       struct ov_error *err)
{
    struct schema_look look = { 0 };
    struct env env;
    int usable = 0;
    int32_t status = session_look(session, call, err);

    if (status != OV_OK)
        return status;
    env = session_env(session);
    check_server(&env, call);
    status = check_writable(session, call, err);
    if (status == OV_OK)
        status = tls_examine(session, call, err);
    if (status == OV_OK)
        check_extension(session, &env, call);
    if (status == OV_OK)
        status = ask_schema(session, call, &look, err);
    if (status == OV_OK) {
        judge_schema(session, &env, call, &look);
        judge_catalogue(session, &env, call, &look, &usable);
    }
    if (status == OV_OK && usable)
        status = catalog_each(session, call, doctor_table, err);
    return status;
}

int32_t doctor_act(struct ov_session *session, const struct ov_call *call,
                   struct ov_str action, const struct ov_str *words, uint32_t n_words,
                   struct ov_error *err)
{
    if (ov_str_equal(action, ov_str_of("doctor")))
        return examine(session, call, err);
    if (ov_str_equal(action, ov_str_of("stats")))
        return catalog_each(session, call, doctor_stats, err);
    if (ov_str_equal(action, ov_str_of("repair")))
        return repair_act(session, call, words, n_words, err);
    if (ov_str_equal(action, ov_str_of("plan")))
        return script_act(session, call, words, n_words, err);
    return ov_fail(err, OV_UNSUPPORTED,
                   "action '%.*s' is none of doctor, stats, repair, plan", (int)action.n,
                   action.p);
}
