/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_table.c - one collection: its table, rights on it, rows and vectors. */
#include "doctor_table.h"

#include "audit.h"
#include "bindings.h"
#include "build.h"
#include "lease.h"
#include "repair.h"
#include "script.h"

#include <stdlib.h>
#include <string.h>

/* What is being looked at, and how its lines are named. */
struct patient {
    struct ov_session *session;
    const struct ov_call *call;
    struct env env;
    const struct shape *shape;
    struct audit audit;
    struct text label; /* "collection docs" */
};

/* ---------------------------------------------------------------------- the table */

static void count_indexes(const struct audit *audit, int *there, int *building)
{
    for (uint32_t i = 0; i < audit->n_slots; i++) {
        *there += audit->slots[i].state == INDEX_GOOD;
        *building += audit->slots[i].state == INDEX_BUILDING;
    }
}

/* A load takes the index away and makes it again at its end. */
static int32_t judge_load(struct patient *p, int *loading, struct ov_error *err)
{
    struct job job;
    int32_t status;

    *loading = 0;
    if (!audit_lacks_indexes(&p->audit, p->shape))
        return OV_OK;
    job_init(&job, p->session, p->call, JOB_READ);
    status = lease_is_on(&job, p->shape, loading, err);
    job_end(&job);
    return status;
}

static void judge_table(struct patient *p, int loading)
{
    struct text detail = { 0 };
    const char *why = repair_hindrance(p->session, &p->audit);
    int there = 0, building = 0;

    audit_describe(&p->audit, p->shape, &detail);
    if (detail.n == 0 && !detail.failed) {
        count_indexes(&p->audit, &there, &building);
        text_format(&detail, "its table is there with %d indexes", there);
        if (building > 0)
            text_format(&detail, ", and %d are being built", building);
        doctor_check(p->call, p->label.p, 1, NULL, detail.p);
    } else if (!detail.failed && loading) {
        text_add(&detail, ": a bulk load is going on, whose end makes it");
        doctor_check(p->call, p->label.p, 1,
                     "if the loading process is gone, run ovctl init in two minutes",
                     detail.p);
    } else if (!detail.failed && why == NULL) {
        doctor_check(p->call, p->label.p, 0,
                     "run ovctl init; until then searches are exact and may be slow",
                     detail.p);
    } else if (!detail.failed) {
        text_add(&detail, "; ");
        text_add(&detail, why);
        doctor_check(p->call, p->label.p, 0, NULL, detail.p);
        script_say(p->session, p->call, p->shape, &p->audit);
    }
    text_clear(&detail);
}

/* --------------------------------------------------------------------- the rights */

static int32_t ask_rights(struct patient *p, int *may, int *truncate,
                          struct ov_error *err)
{
    struct job job;
    struct statement *s;
    int32_t status;

    job_init(&job, p->session, p->call, JOB_READ);
    s = job_add(&job);
    text_add(&s->sql,
             "SELECT pg_catalog.bool_and(pg_catalog.has_table_privilege(c.oid, w)), "
             "pg_catalog.bool_and(pg_catalog.has_table_privilege(c.oid, 'TRUNCATE')) "
             "FROM pg_catalog.pg_class AS c, pg_catalog.unnest(ARRAY['SELECT', 'INSERT', "
             "'UPDATE', 'DELETE']) AS w WHERE c.oid OPERATOR(pg_catalog.=) "
             "pg_catalog.to_regclass($1)");
    params_text(&s->params, ov_str_of(p->shape->relation));
    status = job_run(&job, err);
    if (status == OV_OK) {
        *may = job_bool(s->result, 0, 0);
        *truncate = job_bool(s->result, 0, 1);
    }
    job_end(&job);
    return status;
}

static int32_t judge_rights(struct patient *p, struct ov_error *err)
{
    struct text sql = { 0 };
    int may = 0, truncate = 0;
    int32_t status = ask_rights(p, &may, &truncate, err);

    if (status != OV_OK)
        return status;
    if (may && !truncate)
        doctor_check(p->call, "rights", 1, "GRANT TRUNCATE, if that shall be possible",
                     "the role may not TRUNCATE: emptying the collection is refused");
    if (may)
        return OV_OK;
    text_add(&sql, "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ");
    text_add(&sql, p->shape->relation);
    text_add(&sql, " TO ");
    text_name(&sql, p->env.role);
    text_add(&sql, ";");
    doctor_problem(p->call, "rights", &sql,
                   "the role may not read and write a table of the schema");
    return OV_OK;
}

/* ----------------------------------------------------------------- rows and vectors */

static void judge_rows(struct patient *p)
{
    struct text sql = { 0 };

    if (!p->audit.secured)
        return;
    if (!p->audit.hidden) {
        doctor_check(p->call, "row security", 1, NULL,
                     "it is on: policies decide which records the role sees");
        return;
    }
    text_add(&sql, "CREATE POLICY ov_all ON ");
    text_add(&sql, p->shape->relation);
    text_add(&sql, " TO ");
    text_name(&sql, p->env.role);
    text_add(&sql, " USING (true);");
    doctor_problem(p->call, "row security", &sql,
                   "it is on and no policy lets the role see a record");
}

static int32_t ask_large(struct patient *p, int *large, struct ov_error *err)
{
    struct job job;
    int32_t status = OV_OK;

    if (!p->audit.table || !p->audit.may_read)
        return OV_OK;
    job_init(&job, p->session, p->call, JOB_READ);
    status = build_is_large(&job, p->shape, large, err);
    job_end(&job);
    return status;
}

/* Vectors that HNSW cannot hold. Whoever asked for an index, or has many records, does
 * not get what he counts on. */
static int32_t judge_vectors(struct patient *p, struct ov_error *err)
{
    const struct ov_schema *schema = p->shape->schema;
    char name[NAME_BYTES];
    int32_t status = OV_OK;

    for (uint32_t i = 0; i < schema->n_indexes && status == OV_OK; i++) {
        const struct ov_index *index = schema->indexes[i];
        struct text detail = { 0 };
        int large = 0;

        if (ov_str_equal(index->kind, ov_str_of("flat")) ||
            shape_vector_index(p->shape, index, name))
            continue;
        status = ask_large(p, &large, err);
        text_format(&detail,
                    "index '%.*s': vectors of %u dimensions get no HNSW index, which "
                    "holds 2000: searches read every record",
                    (int)index->name.n, index->name.p, schema->fields[index->dense]->dim);
        if (status == OV_OK && !detail.failed)
            doctor_check(p->call, "dimensions",
                         !large && !ov_str_equal(index->kind, ov_str_of("hnsw")),
                         "vectors of up to 2000 dimensions, or the index kind 'flat', "
                         "which says that exact searches are wanted",
                         detail.p);
        text_clear(&detail);
    }
    return status;
}

static int32_t judge(struct patient *p, struct ov_error *err)
{
    struct job job;
    int loading = 0;
    int32_t status;

    job_init(&job, p->session, p->call, JOB_READ);
    status = audit_look(&job, p->shape, &p->env, &p->audit, err);
    job_end(&job);
    if (status != OV_OK)
        return status;
    status = judge_load(p, &loading, err);
    if (status == OV_OK) {
        judge_table(p, loading);
        judge_rows(p);
        status = judge_vectors(p, err);
    }
    if (status == OV_OK && p->audit.table && p->audit.may_use)
        status = judge_rights(p, err);
    if (status == OV_OK && p->audit.table)
        status = bindings_check(p->session, p->call, p->shape, err);
    audit_clear(&p->audit);
    return status;
}

int32_t doctor_table(struct ov_session *session, const struct ov_call *call,
                     struct ov_str name, struct ov_error *err)
{
    struct patient patient = { .session = session,
                               .call = call,
                               .env = session_env(session) };
    struct shape *shape;
    int32_t status = catalog_load(session, call, name, &shape, err);

    if (status != OV_OK)
        return status;
    patient.shape = shape;
    text_add(&patient.label, "collection ");
    text_bytes(&patient.label, name.p, name.n);
    status = patient.label.failed ? ov_no_memory(err) : judge(&patient, err);
    text_clear(&patient.label);
    shape_unref(shape);
    return status;
}

/* ------------------------------------------------------------------------- stats */

int32_t doctor_stats(struct ov_session *session, const struct ov_call *call,
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
             "SELECT greatest(c.reltuples, 0)::float8, pg_catalog.pg_table_size(c.oid), "
             "pg_catalog.pg_indexes_size(c.oid), "
             "coalesce(pg_catalog.pg_stat_get_dead_tuples(c.oid), 0) "
             "FROM pg_catalog.pg_class AS c WHERE c.oid = pg_catalog.to_regclass($1)");
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
