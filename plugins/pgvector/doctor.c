/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor.c - actions: "doctor" says what is wrong and what to do, "stats" how much is
 * there.
 *
 * Each check is one question to the server's own catalogue, asked as the ordinary role,
 * so it finds what that role would run into. Nothing is changed.
 */
#include "doctor.h"

#include "bindings.h"
#include "catalog.h"
#include "ddl.h"

#include <stdlib.h>
#include <string.h>

static void check(const struct ov_call *call, const char *name, int good,
                  const char *remedy, const char *detail)
{
    ov_say(call, good ? OV_NOTE_CHECK : OV_NOTE_PROBLEM, name, good ? NULL : remedy, "%s",
           detail);
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
        check(call, "server", env->server >= 130000, "use PostgreSQL 13 or later",
              detail.p);
    text_clear(&detail);
    /* A database of the name may be another by now. */
    if (session_check_encoding(env, &own) != OV_OK)
        check(call, "encoding", 0, "use a database with encoding UTF8", own.message);
}

static void add_grant(struct text *sql, const char *what, const char *schema,
                      const char *role)
{
    text_add(sql, what);
    text_name(sql, schema);
    text_add(sql, " TO ");
    text_name(sql, role);
    text_add(sql, ";");
}

/* What an administrator must run is the note behind the problem. */
static void check_with_sql(const struct ov_call *call, const char *name, struct text *sql,
                           const char *detail)
{
    check(call, name, 0, NULL, detail);
    if (!sql->failed && sql->p != NULL)
        ov_say(call, OV_NOTE_STATEMENT, name, NULL, "%s", sql->p);
    text_clear(sql);
}

static void check_version(const struct env *env, const struct ov_call *call)
{
    /* Parallel builds of HNSW indexes read beyond a buffer in these versions. */
    int hit = env->version >= 600 && env->version <= 801;
    struct text detail = { 0 };

    text_format(&detail, "pgvector %d.%d.%d in schema ", env->version / 10000,
                env->version / 100 % 100, env->version % 100);
    text_add(&detail, env->extension);
    if (hit)
        text_add(&detail,
                 "; CVE-2026-3172 concerns 0.6.0 to 0.8.1 (parallel index builds)");
    if (!detail.failed)
        ov_say(call, OV_NOTE_CHECK, "extension",
               hit ? "update to 0.8.2 or set build_workers = 0" : NULL, "%s", detail.p);
    text_clear(&detail);
    check(call, "iterative scan", env->version >= 800,
          "update pgvector to 0.8 or later: filtered searches of many records read them "
          "all",
          env->version >= 800 ? "filtered HNSW searches go on until they have enough"
                              : "filtered HNSW searches stop early here");
}

static void check_extension(const struct env *env, const struct ov_call *call)
{
    struct text sql = { 0 };

    if (env->version == 0) {
        text_add(&sql, "CREATE EXTENSION vector;");
        check_with_sql(call, "extension", &sql,
                       "the database lacks the extension 'vector'");
        return;
    }
    if (!env->usable) {
        add_grant(&sql, "GRANT USAGE ON SCHEMA ", env->extension, env->role);
        check_with_sql(call, "extension", &sql,
                       "the role may not use the extension's schema");
        return;
    }
    check_version(env, call);
}

/* ----------------------------------------------------------------- schema */

/* *usable: what it holds can be looked at. */
static int32_t check_schema(struct ov_session *session, const struct env *env,
                            const struct ov_call *call, int *usable, struct ov_error *err)
{
    const char *schema = session->settings.schema;
    struct job job;
    struct statement *s;
    struct text sql = { 0 };
    int32_t status;

    job_init(&job, session, call, JOB_READ);
    s = job_add(&job);
    text_add(&s->sql, "SELECT n.oid IS NOT NULL, "
                      "has_database_privilege(current_database(), 'CREATE'), "
                      "coalesce(has_schema_privilege(n.oid, 'CREATE') AND "
                      "has_schema_privilege(n.oid, 'USAGE'), false) "
                      "FROM (SELECT 1) AS one LEFT JOIN pg_catalog.pg_namespace AS n "
                      "ON n.nspname = $1");
    params_text(&s->params, ov_str_of(schema));
    status = job_run(&job, err);
    if (status == OV_OK && job_bool(s->result, 0, 0) && job_bool(s->result, 0, 2)) {
        check(call, "schema", 1, NULL, "it is there and the role may create in it");
        *usable = 1;
    } else if (status == OV_OK && job_bool(s->result, 0, 0)) {
        add_grant(&sql, "GRANT USAGE, CREATE ON SCHEMA ", schema, env->role);
        check_with_sql(call, "schema", &sql, "the role may not create in it");
    } else if (status == OV_OK && job_bool(s->result, 0, 1)) {
        check(call, "schema", 1, NULL, "it will be made when it is needed");
    } else if (status == OV_OK) {
        text_add(&sql, "CREATE SCHEMA ");
        text_name(&sql, schema);
        text_add(&sql, " AUTHORIZATION ");
        text_name(&sql, env->role);
        text_add(&sql, ";");
        check_with_sql(call, "schema", &sql,
                       "it is not there and the role may not make it");
    }
    job_end(&job);
    return status;
}

/* Made by another role, a table is there and still not ours to use. *may: it is, or there
 * is none. */
static int32_t check_rights(struct ov_session *session, const struct ov_call *call,
                            const char *relation, int *may, struct ov_error *err)
{
    struct env env = session_env(session);
    struct job job;
    struct statement *s;
    struct text sql = { 0 };
    int32_t status;

    job_init(&job, session, call, JOB_READ);
    s = job_add(&job);
    text_add(&s->sql,
             "SELECT coalesce(bool_and(has_table_privilege(to_regclass($1), w)), "
             "true) FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', "
             "'TRUNCATE']) AS w");
    params_text(&s->params, ov_str_of(relation));
    status = job_run(&job, err);
    if (status == OV_OK) {
        *may = job_bool(s->result, 0, 0);
        if (!*may) {
            text_add(&sql, "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ");
            text_add(&sql, relation);
            text_add(&sql, " TO ");
            text_name(&sql, env.role);
            text_add(&sql, ";");
            check_with_sql(call, "rights", &sql,
                           "the role may not read and write a table of the schema");
        }
    }
    job_end(&job);
    return status;
}

static int32_t check_catalogue(struct ov_session *session, const struct ov_call *call,
                               int *may, struct ov_error *err)
{
    struct text relation = { 0 };
    int32_t status;

    text_qualified(&relation, session->settings.schema, "ov_collections");
    status = relation.failed ? ov_no_memory(err)
                             : check_rights(session, call, relation.p, may, err);
    text_clear(&relation);
    return status;
}

/* ------------------------------------------------------------ collections */

struct names {
    struct text all; /* each ended by a NUL */
    uint32_t n;
};

static void take_name(void *ctx, struct ov_str name)
{
    struct names *names = ctx;

    text_bytes(&names->all, name.p, name.n);
    text_bytes(&names->all, "", 1);
    names->n++;
}

/* name, is it there, is it valid: of every index that the shape wants. */
static void ask_indexes(struct job *job, const struct shape *shape)
{
    struct statement *s = job_add(job);
    struct text ignored = { 0 };
    char name[NAME_BYTES];

    text_add(&s->sql,
             "SELECT w.name, to_regclass($3) IS NOT NULL, i.indexrelid IS NOT NULL, "
             "coalesce(i.indisvalid AND i.indisready, false) FROM unnest($2::text[]) AS "
             "w(name) "
             "LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = $1 "
             "LEFT JOIN pg_catalog.pg_class AS c "
             "ON c.relname = w.name AND c.relnamespace = n.oid "
             "LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid");
    params_text(&s->params, ov_str_of(job->session->settings.schema));
    params_array_begin(&s->params, OID_TEXTS, OID_TEXT);
    params_array_text(&s->params, ov_str_of("")); /* a row even without indexes */
    for (uint32_t f = 0; f < shape->schema->n_fields; f++)
        if (ddl_wants_scalar(shape->schema, f) &&
            ddl_scalar_index(&ignored, name, shape, f))
            params_array_text(&s->params, ov_str_of(name));
    for (uint32_t i = 0; i < shape->schema->n_indexes; i++)
        if (shape_vector_index(shape, shape->schema->indexes[i], name))
            params_array_text(&s->params, ov_str_of(name));
    params_array_end(&s->params);
    params_text(&s->params, ov_str_of(shape->relation));
    text_clear(&ignored);
}

static void judge_indexes(const PGresult *result, const struct shape *shape,
                          const struct ov_call *call)
{
    struct text label = { 0 }, detail = { 0 };
    int good = 0, bad = 0;

    text_add(&label, "collection ");
    text_bytes(&label, shape->schema->name.p, shape->schema->name.n);
    for (int row = 0; row < PQntuples(result); row++) {
        struct ov_str name = job_text(result, row, 0);

        if (name.n == 0)
            continue;
        if (job_bool(result, row, 3)) {
            good++;
            continue;
        }
        bad++;
        text_add(&detail, bad > 1 ? ", " : "");
        text_add(&detail, job_bool(result, row, 2) ? "invalid index " : "no index ");
        text_bytes(&detail, name.p, name.n);
    }
    if (PQntuples(result) > 0 && !job_bool(result, 0, 1)) {
        detail.n = 0;
        text_add(&detail, "its table is gone: ");
        text_add(&detail, shape->relation);
        bad = 1;
    } else if (bad == 0) {
        text_format(&detail, "its table is there with %d indexes", good);
    }
    if (!label.failed && !detail.failed)
        check(call, label.p, bad == 0, "make the collection or its index again (init)",
              detail.p);
    text_clear(&label);
    text_clear(&detail);
}

static int32_t check_collection(struct ov_session *session, const struct ov_call *call,
                                struct ov_str name, struct ov_error *err)
{
    struct shape *shape;
    struct job job;
    int may;
    int32_t status = catalog_load(session, call, name, &shape, err);

    if (status != OV_OK)
        return status;
    job_init(&job, session, call, JOB_READ);
    ask_indexes(&job, shape);
    status = job_run(&job, err);
    if (status == OV_OK)
        judge_indexes(job.first->result, shape, call);
    job_end(&job);
    if (status == OV_OK)
        status = check_rights(session, call, shape->relation, &may, err);
    if (status == OV_OK)
        status = bindings_check(session, call, shape, err);
    shape_unref(shape);
    return status;
}

static int32_t each_collection(struct ov_session *session, const struct ov_call *call,
                               int32_t (*act)(struct ov_session *, const struct ov_call *,
                                              struct ov_str, struct ov_error *),
                               struct ov_error *err)
{
    struct names names = { { 0 }, 0 };
    size_t at = 0;
    int32_t status = catalog_names(session, call, take_name, &names, err);

    if (status == OV_OK && names.all.failed)
        status = ov_no_memory(err);
    for (uint32_t i = 0; i < names.n && status == OV_OK; i++) {
        struct ov_str name = ov_str_of(names.all.p + at);

        at += name.n + 1;
        status = act(session, call, name, err);
    }
    text_clear(&names.all);
    return status;
}

/* ------------------------------------------------------------------ stats */

static int32_t stat_collection(struct ov_session *session, const struct ov_call *call,
                               struct ov_str name, struct ov_error *err)
{
    struct shape *shape;
    struct job job;
    struct statement *s;
    int32_t status = catalog_load(session, call, name, &shape, err);

    if (status != OV_OK)
        return status;
    job_init(&job, session, call, JOB_READ);
    s = job_add(&job);
    text_add(&s->sql,
             "SELECT greatest(c.reltuples, 0)::float8, pg_table_size(c.oid), "
             "pg_indexes_size(c.oid), coalesce(pg_stat_get_dead_tuples(c.oid), 0) "
             "FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass($1)");
    params_text(&s->params, ov_str_of(shape->relation));
    status = job_run(&job, err);
    if (status == OV_OK && PQntuples(s->result) == 1)
        ov_say(call, OV_NOTE_CHECK, "collection", NULL,
               "%.*s: about %.0f records, table %lld bytes, indexes %lld bytes, %lld "
               "dead rows",
               (int)name.n, name.p, job_float8(s->result, 0, 0),
               (long long)job_int8(s->result, 0, 1), (long long)job_int8(s->result, 0, 2),
               (long long)job_int8(s->result, 0, 3));
    job_end(&job);
    shape_unref(shape);
    return status;
}

static int32_t examine(struct ov_session *session, const struct ov_call *call,
                       struct ov_error *err)
{
    struct env env;
    int usable = 0;
    int32_t status = session_look(session, call, err);

    if (status != OV_OK)
        return status;
    env = session_env(session);
    check_server(&env, call);
    check_extension(&env, call);
    status = check_schema(session, &env, call, &usable, err);
    if (status == OV_OK && usable)
        status = check_catalogue(session, call, &usable, err);
    if (status == OV_OK && usable)
        status = each_collection(session, call, check_collection, err);
    return status;
}

int32_t doctor_act(struct ov_session *session, const struct ov_call *call,
                   struct ov_str action, const struct ov_str *words, uint32_t n_words,
                   struct ov_error *err)
{
    (void)words;
    (void)n_words;
    if (ov_str_equal(action, ov_str_of("doctor")))
        return examine(session, call, err);
    if (ov_str_equal(action, ov_str_of("stats")))
        return each_collection(session, call, stat_collection, err);
    return ov_fail(err, OV_UNSUPPORTED, "action '%.*s' is none of doctor, stats",
                   (int)action.n, action.p);
}
