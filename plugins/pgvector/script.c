/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script.c - what an administrator runs where the role may not.
 *
 * The file works in a session of its own: it sets the search path first, so that nothing
 * in it means what another role has put into a schema of the path. With ddl = auto the
 * role shall go on by itself and gets what is made; else it gets the rights to use it.
 */
#include "script.h"

#include "catalog.h"
#include "ddl.h"
#include "steps.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

struct script {
    struct steps steps;
    const struct shape *shape;
    const struct settings *settings;
    const struct env *env;
    const struct audit *audit;
};

static struct text *line(struct script *script)
{
    return steps_add(&script->steps, OV_NONE);
}

static void add_grant(struct script *script, const char *rights, const char *relation)
{
    struct text *sql = line(script);

    text_add(sql, "GRANT ");
    text_add(sql, rights);
    text_add(sql, " ON ");
    text_add(sql, relation);
    text_add(sql, " TO ");
    text_name(sql, script->env->role);
}

static void add_schema_grant(struct script *script, const char *rights,
                             const char *schema)
{
    struct text name = { 0 };

    text_add(&name, "SCHEMA ");
    text_name(&name, schema);
    add_grant(script, rights, name.p != NULL ? name.p : "");
    script->steps.failed |= name.failed;
    text_clear(&name);
}

static void add_owner(struct script *script, const char *relation)
{
    struct text *sql = line(script);

    text_add(sql, "ALTER TABLE ");
    text_add(sql, relation);
    text_add(sql, " OWNER TO ");
    text_name(sql, script->env->role);
}

static void add_schema(struct script *script)
{
    int makes = script->settings->ddl == DDL_AUTO;
    struct text *sql;

    if (script->audit->schema) {
        if (!script->audit->may_use || (makes && !script->audit->may_create))
            add_schema_grant(script, makes ? "USAGE, CREATE" : "USAGE",
                             script->settings->schema);
        return;
    }
    sql = line(script);
    text_add(sql, "CREATE SCHEMA IF NOT EXISTS ");
    text_name(sql, script->settings->schema);
    if (makes) {
        text_add(sql, " AUTHORIZATION ");
        text_name(sql, script->env->role);
    } else {
        add_schema_grant(script, "USAGE", script->settings->schema);
    }
}

/* env->version is 0 and env->extension where it shall lie. */
static void add_extension(struct script *script)
{
    struct text *sql;

    if (script->env->version == 0) {
        sql = line(script);
        text_add(sql, "CREATE EXTENSION IF NOT EXISTS vector SCHEMA ");
        text_name(sql, script->env->extension);
    }
    if (!script->env->usable)
        add_schema_grant(script, "USAGE", script->env->extension);
}

static void add_catalogue(struct script *script)
{
    if (!script->audit->catalogue)
        catalog_table(line(script), script->settings->schema);
    if (script->settings->ddl != DDL_AUTO)
        add_grant(script, "SELECT", script->shape->catalogue);
    else if (!script->audit->catalogue)
        add_owner(script, script->shape->catalogue);
}

static void add_table(struct script *script)
{
    steps_fill(&script->steps, script->shape, script->settings, script->env,
               script->audit);
    if (script->settings->ddl == DDL_AUTO && !script->audit->table)
        add_owner(script, script->shape->relation);
    else if (!script->audit->owner)
        add_grant(script, "SELECT, INSERT, UPDATE, DELETE, TRUNCATE",
                  script->shape->relation);
}

/* A table that is there may hold much, and be written to meanwhile. */
static void say_index(const struct script *script, const struct ov_call *call,
                      const struct step *step)
{
    const char *sql = step->sql.p;
    size_t n =
        strncmp(sql, "DROP", 4) == 0 ? strlen("DROP INDEX ") : strlen("CREATE INDEX ");

    ov_say(call, OV_NOTE_STATEMENT, "init", NULL, "%.*s%s%s;", (int)n, sql,
           script->audit->table ? "CONCURRENTLY " : "", sql + n);
}

static void say(struct script *script, const struct ov_call *call)
{
    const struct step *step = script->steps.first;

    if (step == NULL)
        return;
    ov_say(call, OV_NOTE_STATEMENT, "init", NULL,
           "SET search_path = pg_catalog, pg_temp;");
    if (script->audit->table && extension_workers(script->settings, script->env) == 0)
        ov_say(call, OV_NOTE_STATEMENT, "init", NULL,
               "SET max_parallel_maintenance_workers = 0;");
    for (; step != NULL; step = step->next) {
        if (step->sql.p == NULL)
            continue;
        if (step->slot != OV_NONE)
            say_index(script, call, step);
        else
            ov_say(call, OV_NOTE_STATEMENT, "init", NULL, "%s;", step->sql.p);
    }
    steps_clear(&script->steps);
}

/* Where an extension that is not there shall lie: in public, or with the store. */
static int32_t place_extension(struct ov_session *session, const struct ov_call *call,
                               struct env *env, struct ov_error *err)
{
    struct job job;
    struct statement *s;
    int32_t status;

    job_init(&job, session, call, JOB_READ);
    s = job_add(&job);
    text_add(&s->sql, "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname "
                      "OPERATOR(pg_catalog.=) 'public'");
    status = job_run(&job, err);
    if (status == OV_OK && PQntuples(s->result) == 1)
        memcpy(env->extension, "public", sizeof("public"));
    else
        memcpy(env->extension, session->settings.schema, sizeof(env->extension));
    job_end(&job);
    return status;
}

/* Who cannot ask is told of the store's own schema. */
void script_say(struct ov_session *session, const struct ov_call *call,
                const struct shape *shape, const struct audit *audit)
{
    struct env env = session_env(session);
    struct script script = {
        .shape = shape, .settings = &session->settings, .env = &env, .audit = audit
    };

    if (env.version == 0)
        (void)place_extension(session, call, &env, &(struct ov_error)OV_ERROR_INIT);
    add_extension(&script);
    add_schema(&script);
    add_table(&script);
    say(&script, call);
}

/* --------------------------------------------------------------------- the action */

/* The collection as it is, or as it is wanted where that is more. *there: it has a row.
 */
static int32_t choose_shape(struct ov_session *session, const struct ov_call *call,
                            struct shape *want, struct shape **out, int *there,
                            struct ov_error *err)
{
    struct ov_error own = OV_ERROR_INIT;
    struct shape *have;
    int32_t status = catalog_load(session, call, want->schema->name, &have, &own);

    *there = status == OV_OK;
    if (status == OV_NOT_FOUND || status == OV_DENIED) {
        *out = shape_ref(want); /* who may not look is told everything */
        return OV_OK;
    }
    if (status != OV_OK) {
        *err = own;
        return status;
    }
    want->incarnation = have->incarnation;
    *there = want->schema->n_fields > have->schema->n_fields ||
                     want->schema->n_indexes > have->schema->n_indexes
                 ? 2
                 : 1;
    *out = *there == 2 ? shape_ref(want) : shape_ref(have);
    shape_unref(have);
    return OV_OK;
}

int32_t script_plan(struct ov_session *session, const struct ov_call *call,
                    struct shape *want, struct ov_error *err)
{
    struct env env = session_env(session);
    struct audit audit = { 0 };
    struct script script = { .settings = &session->settings,
                             .env = &env,
                             .audit = &audit };
    struct shape *shape = NULL;
    struct job job;
    int there = 0;
    int32_t status = choose_shape(session, call, want, &shape, &there, err);

    if (status == OV_OK && env.version == 0)
        status = place_extension(session, call, &env, err);
    if (status == OV_OK) {
        job_init(&job, session, call, JOB_READ);
        status = audit_look(&job, shape, &env, &audit, err);
        job_end(&job);
    }
    if (status == OV_OK && (there != 1 || !audit_is_whole(&audit, shape))) {
        script.shape = shape;
        add_schema(&script); /* the extension may lie in it */
        add_extension(&script);
        add_catalogue(&script);
        add_table(&script);
        if (there != 1)
            status = catalog_row(line(&script), shape, there, err);
        if (status == OV_OK)
            say(&script, call);
        steps_clear(&script.steps);
    }
    audit_clear(&audit);
    shape_unref(shape);
    return status;
}

int32_t script_act(struct ov_session *session, const struct ov_call *call,
                   const struct ov_str *words, uint32_t n_words, struct ov_error *err)
{
    struct ov_schema *schema;
    struct shape *want;
    int32_t status;

    if (n_words != 1)
        return ov_fail(err, OV_INVALID, "'plan' wants one schema, not %u words", n_words);
    status = ov_schema_decode(words[0].p, words[0].n, &schema, err);
    if (status == OV_OK)
        status = shape_new(session, schema, &want, err);
    if (status != OV_OK)
        return status;
    status = session_look(session, call, err);
    if (status == OV_OK)
        status = collection_check(want->schema, err);
    if (status == OV_OK)
        status = script_plan(session, call, want, err);
    shape_unref(want);
    return status;
}
