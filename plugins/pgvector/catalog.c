/* SPDX-License-Identifier: Apache-2.0 */
/* catalog.c - rows of ov_collections. */
#include "catalog.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FORMAT 1 /* of a row; create_catalogue's default */

static void add_catalogue(struct text *sql, const struct ov_session *session)
{
    text_qualified(sql, session->settings.schema, "ov_collections");
}

static void ask_row(struct job *job, struct ov_str name, const char *lock)
{
    struct statement *s = job_add(job);

    text_add(&s->sql, "SELECT incarnation, revision, definition, format FROM ");
    add_catalogue(&s->sql, job->session);
    text_add(&s->sql, " WHERE name = $1");
    text_add(&s->sql, lock);
    params_text(&s->params, name);
}

/* The row is another's, or a tool's, or damaged: its table would be taken for another. */
static int32_t check_row(const PGresult *result, struct ov_str name,
                         const struct ov_schema *schema, struct ov_error *err)
{
    if (PQgetlength(result, 0, 0) != 8 || PQgetlength(result, 0, 1) != 8)
        return ov_fail(err, OV_CORRUPT, "the catalogue's numbers of '%.*s' are none",
                       (int)name.n, name.p);
    if (!ov_str_equal(schema->name, name))
        return ov_fail(err, OV_CORRUPT, "the catalogue has '%.*s' under the name '%.*s'",
                       (int)schema->name.n, schema->name.p, (int)name.n, name.p);
    return OV_OK;
}

static int32_t read_row(const struct job *job, struct ov_str name, struct shape **out,
                        struct ov_error *err)
{
    const PGresult *result = job->last->result;
    struct ov_schema *schema;
    struct ov_str bytes;
    int32_t status;

    if (PQntuples(result) == 0)
        return ov_fail(err, OV_NOT_FOUND, "no collection '%.*s'", (int)name.n, name.p);
    if (job_int4(result, 0, 3) > FORMAT)
        return ov_fail(err, OV_UNSUPPORTED, "collection '%.*s' has format %d, not %d",
                       (int)name.n, name.p, (int)job_int4(result, 0, 3), FORMAT);
    bytes = job_text(result, 0, 2);
    if (ov_schema_decode(bytes.p, bytes.n, &schema, err) != OV_OK)
        return err->code;
    status = check_row(result, name, schema, err);
    if (status != OV_OK)
        free(schema);
    else
        status = shape_new(job->session, schema, out, err);
    if (status != OV_OK)
        return status;
    (*out)->incarnation = job_int8(result, 0, 0);
    (*out)->revision = job_int8(result, 0, 1);
    return OV_OK;
}

/* No catalogue is an empty catalogue. */
static int is_absent(const struct job *job)
{
    return strcmp(job->sqlstate, "42P01") == 0 || strcmp(job->sqlstate, "3F000") == 0;
}

int32_t catalog_load(struct ov_session *session, const struct ov_call *call,
                     struct ov_str name, struct shape **out, struct ov_error *err)
{
    struct ov_error own = OV_ERROR_INIT;
    struct job job;
    int32_t status;

    job_init(&job, session, call, JOB_READ);
    ask_row(&job, name, "");
    status = job_run(&job, &own);
    if (status == OV_OK)
        status = read_row(&job, name, out, &own);
    else if (is_absent(&job))
        status =
            (ov_error_reset(&own),
             ov_fail(&own, OV_NOT_FOUND, "no collection '%.*s'", (int)name.n, name.p));
    job_end(&job);
    if (status != OV_OK && err->code == OV_OK)
        *err = own;
    return status;
}

int32_t catalog_lock(struct job *job, struct ov_str name, struct shape **out,
                     struct ov_error *err)
{
    int32_t status;

    ask_row(job, name, " FOR UPDATE");
    status = job_run(job, err);
    if (status == OV_OK)
        status = read_row(job, name, out, err);
    job_reset(job);
    return status;
}

/* --------------------------------------------------------------- preparing */

struct state {
    int schema, catalogue, may_create_schema, may_create, may_use;
};

static int32_t look(struct job *job, struct state *state, struct ov_error *err)
{
    struct statement *s = job_add(job);
    struct text name = { 0 };
    int32_t status;

    add_catalogue(&name, job->session);
    /* One at a time: two that create the same schema collide on a unique index. */
    text_add(&s->sql, "SELECT pg_advisory_xact_lock(hashtextextended($1, 7310868735))");
    params_text(&s->params, ov_str_of(job->session->settings.schema));
    s = job_add(job);
    text_add(&s->sql, "SELECT n.oid IS NOT NULL, to_regclass($2) IS NOT NULL, "
                      "has_database_privilege(current_database(), 'CREATE'), "
                      "coalesce(has_schema_privilege(n.oid, 'CREATE'), false), "
                      "coalesce(has_schema_privilege(n.oid, 'USAGE'), false) "
                      "FROM (SELECT 1) AS one LEFT JOIN pg_catalog.pg_namespace AS n "
                      "ON n.nspname = $1");
    params_text(&s->params, ov_str_of(job->session->settings.schema));
    params_text(&s->params, ov_str_of(name.p != NULL ? name.p : ""));
    job->no_memory |= name.failed;
    text_clear(&name);
    status = job_run(job, err);
    if (status == OV_OK) {
        state->schema = job_bool(s->result, 0, 0);
        state->catalogue = job_bool(s->result, 0, 1);
        state->may_create_schema = job_bool(s->result, 0, 2);
        state->may_create = job_bool(s->result, 0, 3);
        state->may_use = job_bool(s->result, 0, 4);
    }
    job_reset(job);
    return status;
}

static int32_t deny(struct job *job, const struct state *state, struct ov_error *err)
{
    const struct settings *settings = &job->session->settings;
    struct env env = session_env(job->session);
    struct text sql = { 0 };

    text_add(&sql, state->schema ? "GRANT USAGE, CREATE ON SCHEMA " : "CREATE SCHEMA ");
    text_name(&sql, settings->schema);
    text_add(&sql, state->schema ? " TO " : " AUTHORIZATION ");
    text_name(&sql, env.role);
    text_add(&sql, ";");
    if (!sql.failed)
        ov_say(job->call, OV_NOTE_STATEMENT, "schema", NULL, "%s", sql.p);
    text_clear(&sql);
    if (settings->ddl != DDL_AUTO)
        return ov_fail(err, OV_DENIED,
                       "schema '%s' is not ready and 'ddl' forbids to make it so",
                       settings->schema);
    return ov_fail(err, OV_DENIED, "role '%s' may not create in schema '%s'", env.role,
                   settings->schema);
}

void catalog_table(struct text *sql, const char *schema)
{
    text_add(sql, "CREATE TABLE ");
    text_qualified(sql, schema, "ov_collections");
    text_add(sql, " (name pg_catalog.text COLLATE pg_catalog.\"C\" PRIMARY KEY, "
                  "table_name pg_catalog.text COLLATE pg_catalog.\"C\" NOT NULL UNIQUE, "
                  "incarnation bigint NOT NULL, revision bigint NOT NULL, "
                  "format integer NOT NULL DEFAULT 1, definition pg_catalog.bytea NOT "
                  "NULL)");
}

static int32_t create_catalogue(struct job *job, struct ov_error *err)
{
    struct statement *s = job_add(job);
    int32_t status;

    catalog_table(&s->sql, job->session->settings.schema);
    status = job_run(job, err);
    job_reset(job);
    return status;
}

int32_t catalog_prepare(struct job *job, struct ov_error *err)
{
    const struct settings *settings = &job->session->settings;
    struct state state;
    struct text sql = { 0 };
    int32_t status = look(job, &state, err);

    if (status != OV_OK || (state.catalogue && state.may_create && state.may_use))
        return status;
    if (settings->ddl != DDL_AUTO || (!state.schema && !state.may_create_schema) ||
        (state.schema && !(state.may_create && state.may_use)))
        return deny(job, &state, err);
    if (!state.schema) {
        text_add(&sql, "CREATE SCHEMA ");
        text_name(&sql, settings->schema);
        job->no_memory |= sql.failed;
        status = job_do(job, sql.p != NULL ? sql.p : "", err);
        text_clear(&sql);
        if (status == OV_OK)
            ov_say(job->call, OV_NOTE_ACTION, NULL, NULL, "created schema %s",
                   settings->schema);
    }
    return status == OV_OK ? create_catalogue(job, err) : status;
}

/* ----------------------------------------------------------------- writing */

static int32_t new_number(int64_t *out, struct ov_error *err)
{
    uint64_t bits;

    if (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
        return ov_fail(err, OV_INTERNAL, "no random numbers");
    *out = (int64_t)(bits >> 1);
    return OV_OK;
}

static int32_t save(struct job *job, struct shape *shape, const char *before,
                    const char *after, struct ov_error *err)
{
    void *bytes = NULL;
    size_t n;
    struct statement *s;
    int32_t status = new_number(&shape->revision, err);

    if (status == OV_OK)
        status = ov_schema_encode(shape->schema, &bytes, &n, err);
    if (status != OV_OK)
        return status;
    s = job_add(job);
    text_add(&s->sql, before);
    text_add(&s->sql, shape->catalogue);
    text_add(&s->sql, after);
    params_text(&s->params, shape->schema->name);
    params_text(&s->params, ov_str_of(shape->table));
    params_int8(&s->params, shape->incarnation);
    params_int8(&s->params, shape->revision);
    params_bytes(&s->params, bytes, n);
    free(bytes);
    status = job_run(job, err);
    if (status == OV_OK)
        job_reset(job);
    return status;
}

int32_t catalog_insert(struct job *job, struct shape *shape, struct ov_error *err)
{
    int32_t status = new_number(&shape->incarnation, err);

    if (status != OV_OK)
        return status;
    return save(job, shape, "INSERT INTO ",
                " (name, table_name, incarnation, revision, definition) "
                "VALUES ($1, $2, $3, $4, $5)",
                err);
}

int32_t catalog_update(struct job *job, struct shape *shape, struct ov_error *err)
{
    return save(job, shape, "UPDATE ",
                " SET table_name = $2, incarnation = $3, revision = $4, definition = $5 "
                "WHERE name = $1",
                err);
}

int32_t catalog_delete(struct job *job, const struct shape *shape, struct ov_error *err)
{
    struct statement *s = job_add(job);
    int32_t status;

    text_add(&s->sql, "DELETE FROM ");
    text_add(&s->sql, shape->catalogue);
    text_add(&s->sql, " WHERE name = $1");
    params_text(&s->params, shape->schema->name);
    status = job_run(job, err);
    job_reset(job);
    return status;
}

static void add_number(struct text *sql, int64_t number)
{
    text_format(sql, ", %lld", (long long)number);
}

int32_t catalog_row(struct text *sql, struct shape *shape, int there,
                    struct ov_error *err)
{
    void *bytes = NULL;
    size_t n;
    int32_t status = new_number(&shape->revision, err);

    if (status == OV_OK && !there)
        status = new_number(&shape->incarnation, err);
    if (status == OV_OK)
        status = ov_schema_encode(shape->schema, &bytes, &n, err);
    if (status != OV_OK)
        return status;
    text_add(sql, "INSERT INTO ");
    text_add(sql, shape->catalogue);
    text_add(sql, " (name, table_name, incarnation, revision, definition) VALUES (");
    text_literal(sql, shape->schema->name);
    text_add(sql, ", ");
    text_literal(sql, ov_str_of(shape->table));
    add_number(sql, shape->incarnation);
    add_number(sql, shape->revision);
    text_add(sql, ", pg_catalog.decode('");
    for (size_t i = 0; i < n; i++)
        text_format(sql, "%02x", ((const unsigned char *)bytes)[i]);
    text_add(sql, "', 'hex')) ON CONFLICT (name) DO UPDATE SET revision = "
                  "excluded.revision, definition = excluded.definition");
    free(bytes);
    return OV_OK;
}

int32_t catalog_names(struct ov_session *session, const struct ov_call *call,
                      ov_name_fn *take, void *ctx, struct ov_error *err)
{
    struct ov_error own = OV_ERROR_INIT;
    struct job job;
    struct statement *s;
    int32_t status;

    job_init(&job, session, call, JOB_READ);
    s = job_add(&job);
    text_add(&s->sql, "SELECT name FROM ");
    add_catalogue(&s->sql, session);
    text_add(&s->sql, " ORDER BY name");
    status = job_run(&job, &own);
    if (status == OV_OK)
        for (int row = 0; row < PQntuples(s->result); row++)
            take(ctx, job_text(s->result, row, 0));
    else if (is_absent(&job))
        status = OV_OK;
    job_end(&job);
    if (status != OV_OK && err->code == OV_OK)
        *err = own;
    return status;
}

/* ----------------------------------------------------------------- walking */

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

int32_t catalog_each(struct ov_session *session, const struct ov_call *call,
                     catalog_fn *act, struct ov_error *err)
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
