/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bindings.c - what a generated column, a default or an index was once bound to runs
 * for ever, with the rights of whoever writes.
 *
 * The server notes what an expression uses, but for its own objects, which it pins. So
 * each object that is noted and does not belong to the extension is a stranger's. Columns
 * and indexes that are not ours are the operator's business.
 */
#include "bindings.h"

#include "ddl.h"

#include <string.h>

/* name, is it an index, what it uses, is its own type among that: of every column and
 * index that uses a stranger. */
static const char question[] =
    "WITH t AS (SELECT to_regclass($1) AS oid), u AS ("
    "SELECT a.attname::text AS name, false AS index, d.refclassid, d.refobjid "
    "FROM t JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 "
    "JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_class'::regclass "
    "AND d.objid = t.oid AND d.objsubid = a.attnum "
    "UNION ALL SELECT a.attname::text, false, d.refclassid, d.refobjid "
    "FROM t JOIN pg_catalog.pg_attrdef AS f ON f.adrelid = t.oid "
    "JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = f.adnum "
    "JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_attrdef'::regclass "
    "AND d.objid = f.oid "
    "UNION ALL SELECT c.relname::text, true, d.refclassid, d.refobjid "
    "FROM t JOIN pg_catalog.pg_index AS i ON i.indrelid = t.oid "
    "JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid "
    "JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_class'::regclass "
    "AND d.objid = c.oid) "
    "SELECT u.name, u.index, string_agg(DISTINCT o.type || ' ' || o.identity, ', '), "
    "bool_or(u.refclassid = ANY (ARRAY['pg_catalog.pg_type', "
    "'pg_catalog.pg_collation']::regclass[])) "
    "FROM u CROSS JOIN LATERAL pg_identify_object(u.refclassid, u.refobjid, 0) AS o "
    "WHERE u.refclassid = ANY (ARRAY['pg_catalog.pg_proc', 'pg_catalog.pg_operator', "
    "'pg_catalog.pg_opclass', 'pg_catalog.pg_opfamily', 'pg_catalog.pg_type', "
    "'pg_catalog.pg_collation', 'pg_catalog.pg_ts_config']::regclass[]) "
    "AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend AS e "
    "JOIN pg_catalog.pg_extension AS x ON x.oid = e.refobjid "
    "WHERE e.classid = u.refclassid AND e.objid = u.refobjid AND e.deptype = 'e' "
    "AND e.refclassid = 'pg_catalog.pg_extension'::regclass AND x.extname = 'vector') "
    "GROUP BY 1, 2 ORDER BY 2, 1";

struct finding {
    const struct shape *shape;
    struct env env;
    struct text mend;
};

static int same(struct ov_str a, const char *b)
{
    return ov_str_equal(a, ov_str_of(b));
}

static void begin(struct finding *f, const char *what)
{
    text_add(&f->mend, "ALTER TABLE ");
    text_add(&f->mend, f->shape->relation);
    text_add(&f->mend, what);
}

static void add_index(struct finding *f, uint32_t field)
{
    char name[NAME_BYTES];

    if (!ddl_wants_scalar(f->shape->schema, field))
        return;
    text_add(&f->mend, " ");
    if (ddl_scalar_index(&f->mend, name, f->shape, field))
        text_add(&f->mend, ";");
}

/* A generated column is made anew; the index over it goes with it. */
static void mend_generated(struct finding *f, const char *name, uint32_t field)
{
    char index[NAME_BYTES];

    begin(f, " DROP COLUMN ");
    text_name(&f->mend, name);
    text_add(&f->mend, ", ADD COLUMN ");
    if (field != OV_NONE) {
        ddl_depth_column(&f->mend, f->shape, field);
        text_add(&f->mend, ";");
        add_index(f, field);
        return;
    }
    ddl_keywords_column(&f->mend, f->shape);
    text_add(&f->mend, "; ");
    ddl_keywords_index(&f->mend, index, f->shape);
    text_add(&f->mend, ";");
}

static void mend_default(struct finding *f, uint32_t field)
{
    begin(f, " ALTER COLUMN ");
    text_name(&f->mend, f->shape->columns[field].name);
    text_add(&f->mend, " SET DEFAULT ");
    ddl_default(&f->mend, f->shape->schema->fields[field]);
    text_add(&f->mend, ";");
}

/* Weights beside a sparse field. */
static void mend_weights(struct finding *f, const char *name)
{
    begin(f, " ALTER COLUMN ");
    text_name(&f->mend, name);
    text_add(&f->mend, " SET DEFAULT '{}';");
}

/* 0: not a column of ours. */
static int mend_column(struct finding *f, struct ov_str name)
{
    const struct ov_schema *schema = f->shape->schema;

    if (same(name, KEYWORDS) && ddl_has_keywords(schema)) {
        mend_generated(f, KEYWORDS, OV_NONE);
        return 1;
    }
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const struct column *column = &f->shape->columns[i];

        if (same(name, column->name)) {
            mend_default(f, i);
            return 1;
        }
        if (column->beside[0] == '\0' || !same(name, column->beside))
            continue;
        if (schema->fields[i]->flags & OV_FIELD_PATH)
            mend_generated(f, column->beside, i);
        else
            mend_weights(f, column->beside);
        return 1;
    }
    return 0;
}

static void drop_index(struct finding *f, const char *schema, const char *name)
{
    text_add(&f->mend, "DROP INDEX IF EXISTS ");
    text_qualified(&f->mend, schema, name);
    text_add(&f->mend, ";");
}

/* Vector indexes are made again by init. */
static int mend_index(struct finding *f, const char *schema, struct ov_str name)
{
    const struct ov_schema *of = f->shape->schema;
    struct text sql = { 0 };
    char own[NAME_BYTES];
    int found = 0;

    for (uint32_t i = 0; i < of->n_fields && !found; i++) {
        if (!ddl_wants_scalar(of, i) || !ddl_scalar_index(&sql, own, f->shape, i))
            continue;
        found = same(name, own);
        if (found) {
            drop_index(f, schema, own);
            add_index(f, i);
        }
        text_clear(&sql);
    }
    for (uint32_t i = 0; i < of->n_indexes && !found; i++)
        if (shape_vector_index(f->shape, of->indexes[i], own) && same(name, own)) {
            drop_index(f, schema, own);
            found = 1;
        }
    return found;
}

#define ANEW "export its records, drop it, and import them into a new one"

/* The type of a column cannot be changed under what is generated from it. */
static void say(const struct finding *f, const struct ov_call *call, const char *what,
                const PGresult *result, int row)
{
    struct ov_str name = job_text(result, row, 0), uses = job_text(result, row, 2);
    struct text label = { 0 };
    int anew = job_bool(result, row, 3) && !job_bool(result, row, 1);

    text_add(&label, "collection ");
    text_bytes(&label, f->shape->schema->name.p, f->shape->schema->name.n);
    if (!label.failed && !f->mend.failed && f->mend.p != NULL) {
        ov_say(call, OV_NOTE_PROBLEM, label.p,
               anew ? ANEW : "run the statements, then init",
               "%s %.*s runs what is a stranger's: %.*s", what, (int)name.n, name.p,
               (int)uses.n, uses.p);
        if (!anew)
            ov_say(call, OV_NOTE_STATEMENT, label.p, NULL, "%s", f->mend.p);
    }
    text_clear(&label);
}

int32_t bindings_check(struct ov_session *session, const struct ov_call *call,
                       const struct shape *shape, struct ov_error *err)
{
    struct finding f = { .shape = shape, .env = session_env(session) };
    struct job job;
    struct statement *s;
    int32_t status;

    job_init(&job, session, call, JOB_READ);
    s = job_add(&job);
    text_add(&s->sql, question);
    params_text(&s->params, ov_str_of(shape->relation));
    status = job_run(&job, err);
    for (int row = 0; status == OV_OK && row < PQntuples(s->result); row++) {
        int index = job_bool(s->result, row, 1);
        struct ov_str name = job_text(s->result, row, 0);

        if (index ? mend_index(&f, session->settings.schema, name)
                  : mend_column(&f, name))
            say(&f, call, index ? "index" : "column", s->result, row);
        text_clear(&f.mend);
    }
    job_end(&job);
    return status;
}
