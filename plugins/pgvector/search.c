/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search.c - the planner between exact and approximate, and the statements of both.
 *
 * PostgreSQL's planner does not know what a filtered HNSW scan costs and takes the index
 * where reading the few matching rows is fifty times faster and exact. So one statement
 * holds both ways: a count that stops at exact_rows decides which of them runs, in the
 * same snapshot and the same round trip. HNSW alone may come back short, or leave out
 * zero vectors; then the exact way is taken after all. That a whole table is large is
 * remembered for a second, since counting costs as much as the search.
 */
#include "filter_sql.h"
#include "read.h"
#include "score_sql.h"

#include <stdlib.h>
#include <string.h>

#define EF_MOST 1000
#define LARGE_NS INT64_C(1000000000)

struct search {
    const struct ov_search *request;
    struct ov_result *out;
};

struct plan {
    struct scorer scorer;
    const struct shape *shape;
    uint64_t want; /* limit + offset, within what the server can count */
    int approximate;
    int large; /* no need to count */
};

static int counts_all(const struct plan *plan)
{
    return plan->scorer.request->filter == NULL && plan->shape->expiry == OV_NONE;
}

static int32_t choose_index(const struct shape *shape, const struct ov_search *r,
                            struct plan *plan, struct ov_error *err)
{
    const struct ov_index *index;

    if (r->text != NULL) {
        if (ov_schema_flagged(shape->schema, OV_FIELD_FULLTEXT) == OV_NONE)
            return ov_fail(err, OV_UNSUPPORTED,
                           "no field of '%.*s' is searched by keyword",
                           (int)shape->schema->name.n, shape->schema->name.p);
        return OV_OK;
    }
    index = ov_schema_index(shape->schema, r->index);
    if (index == NULL)
        return ov_fail(err, OV_NOT_FOUND, "no index '%.*s'", (int)r->index.n, r->index.p);
    if (r->dense != NULL && r->dim != shape->schema->fields[index->dense]->dim)
        return ov_fail(err, OV_INVALID, "the query has %u dimensions, index '%.*s' %u",
                       r->dim, (int)r->index.n, r->index.p,
                       shape->schema->fields[index->dense]->dim);
    plan->scorer.index = index;
    return OV_OK;
}

static int32_t make_plan(const struct shape *shape, const struct ov_search *r,
                         const struct env *env, struct plan *plan, struct ov_error *err)
{
    char name[NAME_BYTES];
    int32_t status;

    memset(plan, 0, sizeof(*plan));
    plan->shape = shape;
    plan->scorer.shape = shape;
    plan->scorer.env = env;
    plan->scorer.request = r;
    plan->want =
        r->limit > (uint64_t)INT64_MAX - r->offset ? INT64_MAX : r->limit + r->offset;
    if (r->offset > INT64_MAX)
        plan->want = INT64_MAX;
    status = read_check_fields(shape, r->fields, r->n_fields, err);
    if (status == OV_OK)
        status = choose_index(shape, r, plan, err);
    plan->approximate = status == OV_OK && !(r->flags & OV_SEARCH_EXACT) &&
                        r->text == NULL && r->dense != NULL &&
                        shape_vector_index(shape, plan->scorer.index, name) &&
                        (env->version >= 800 || plan->want <= EF_MOST);
    plan->large = plan->approximate && counts_all(plan) &&
                  __atomic_load_n(&shape->large_until, __ATOMIC_RELAXED) > link_now();
    return status;
}

/* ------------------------------------------------------------------- texts */

/* key, score, fields */
static void add_columns(struct text *sql, const struct plan *plan, const char *score)
{
    const struct ov_search *r = plan->scorer.request;

    read_add_field(sql, plan->shape, plan->shape->schema->key);
    text_add(sql, ", ");
    text_add(sql, score);
    text_add(sql, " AS score");
    read_add_fields(sql, plan->shape, r->fields, r->n_fields);
    text_add(sql, " FROM ");
    text_add(sql, plan->shape->relation);
    text_add(sql, " AS t");
}

/* " WHERE ..." of filter, life and words; "" for all records. */
static int32_t make_where(struct job *job, struct statement *s, const struct plan *plan,
                          struct text *where, struct ov_error *err)
{
    int32_t status = filter_where(where, &s->params, plan->shape,
                                  plan->scorer.request->filter, job->call->now_us, err);

    if (status == OV_OK && plan->scorer.request->text != NULL) {
        text_add(where, where->n > 0 ? " AND " : " WHERE ");
        score_add_condition(where, &s->params, &plan->scorer);
    }
    return status;
}

static void add_exact(struct statement *s, const struct plan *plan, const char *where,
                      const char *score)
{
    const struct ov_search *r = plan->scorer.request;

    text_add(&s->sql, "SELECT ");
    add_columns(&s->sql, plan, score);
    text_add(&s->sql, where);
    text_format(
        &s->sql, " ORDER BY 2 DESC, 1 LIMIT $%d OFFSET $%d",
        params_int8(&s->params, r->limit > INT64_MAX ? INT64_MAX : (int64_t)r->limit),
        params_int8(&s->params, r->offset > INT64_MAX ? INT64_MAX : (int64_t)r->offset));
}

/* HNSW alone, the last column as below. */
static int32_t add_large(struct statement *s, const struct plan *plan, const char *score,
                         struct ov_error *err)
{
    int want = params_int8(&s->params, (int64_t)plan->want), status;

    text_add(&s->sql, "WITH a AS MATERIALIZED (SELECT ");
    add_columns(&s->sql, plan, score);
    text_add(&s->sql, " ORDER BY ");
    status = score_add_distance(&s->sql, &s->params, &plan->scorer, err);
    text_format(&s->sql, " LIMIT $%d) SELECT a.*, true FROM a ORDER BY 2 DESC, 1", want);
    return status;
}

/* Both ways; the last column says which one the row came by. */
static int32_t add_either(struct job *job, struct statement *s, const struct plan *plan,
                          const struct text *where, const char *score,
                          struct ov_error *err)
{
    struct text distance = { 0 };
    const char *and = where->n > 0 ? " AND " : " WHERE ";
    const char *all = where->n > 0 ? where->p : "";
    int most = params_int8(&s->params, job->session->settings.exact_rows + 1);
    int want = params_int8(&s->params, (int64_t)plan->want);
    int32_t status = score_add_distance(&distance, &s->params, &plan->scorer, err);

    text_add(&s->sql,
             "WITH n AS MATERIALIZED (SELECT count(*) AS n FROM (SELECT 1 FROM ");
    text_add(&s->sql, plan->shape->relation);
    text_add(&s->sql, " AS t");
    text_add(&s->sql, all);
    text_format(&s->sql, " LIMIT $%d) AS x), a AS MATERIALIZED (SELECT ", most);
    add_columns(&s->sql, plan, score);
    text_add(&s->sql, all);
    text_add(&s->sql, and);
    text_format(&s->sql, "(SELECT n FROM n) >= $%d ORDER BY ", most);
    text_add(&s->sql, distance.p != NULL ? distance.p : "");
    text_format(&s->sql, " LIMIT $%d), e AS MATERIALIZED (SELECT ", want);
    add_columns(&s->sql, plan, score);
    text_add(&s->sql, all);
    text_add(&s->sql, and);
    text_format(&s->sql,
                "(SELECT n FROM n) < $%d ORDER BY 2 DESC, 1 LIMIT $%d) "
                "SELECT r.*, (SELECT n FROM n) >= $%d FROM "
                "(SELECT * FROM a UNION ALL SELECT * FROM e) AS r ORDER BY 2 DESC, 1",
                most, want, most);
    s->sql.failed |= distance.failed;
    text_clear(&distance);
    return status;
}

static int32_t add_query(struct job *job, struct plan *plan, int either,
                         struct ov_error *err)
{
    struct statement *s = job_add(job);
    struct text where = { 0 }, score = { 0 };
    int32_t status = make_where(job, s, plan, &where, err);

    if (status == OV_OK)
        status = score_add(&score, &s->params, &plan->scorer, err);
    if (where.failed || score.failed || (status == OV_OK && score.p == NULL))
        status = ov_no_memory(err);
    if (status == OV_OK && either && plan->large && score_is_dense(&plan->scorer))
        status = add_large(s, plan, score.p, err);
    else if (status == OV_OK && either && score_is_dense(&plan->scorer))
        status = add_either(job, s, plan, &where, score.p, err);
    else if (status == OV_OK)
        add_exact(s, plan, where.p != NULL ? where.p : "", score.p);
    text_clear(&where);
    text_clear(&score);
    return status;
}

/* ------------------------------------------------------------------ answers */

/* Does the approximate answer hold what an exact one would have to? A cosine of zero or
 * less may have been beaten by zero vectors, which the index leaves out. */
static int is_enough(const struct plan *plan, const PGresult *result)
{
    int n = PQntuples(result), last = PQnfields(result) - 1;

    if (n > 0 && !job_bool(result, 0, last))
        return 1;
    if ((uint64_t)n < plan->want)
        return 0;
    return plan->scorer.index->metric != OV_COSINE || job_float8(result, n - 1, 1) > 0;
}

static int is_approximate(const PGresult *result)
{
    return PQntuples(result) > 0 && job_bool(result, 0, PQnfields(result) - 1);
}

static int32_t run_queries(struct job *job, struct plan *plan, int either,
                           struct ov_error *err)
{
    const struct ov_search *r = plan->scorer.request;
    int32_t status = OV_OK;

    job->ef_search = 0;
    if (either) {
        int64_t ef = job->session->settings.ef_search;

        if ((uint64_t)ef < plan->want)
            ef = plan->want > EF_MOST ? EF_MOST : (int64_t)plan->want;
        job->ef_search = (int)ef;
    }
    for (uint32_t q = 0; q < r->n_queries && status == OV_OK; q++) {
        plan->scorer.query = q;
        status = add_query(job, plan, either, err);
    }
    if (status != OV_OK)
        return status;
    if (job->call->flags & OV_CALL_EXPLAIN)
        return read_explain(
            job, either ? "exact or hnsw, by the number of matches" : "exact", err);
    shape_guard(job, plan->shape);
    return job_run(job, err);
}

/* Rows offset..offset+limit of an answer that begins at 0. */
static int32_t take_window(struct reader *reader, struct plan *plan,
                           const PGresult *result, int64_t q, struct ov_error *err)
{
    const struct ov_search *r = plan->scorer.request;
    int n = PQntuples(result), from = r->offset > (uint64_t)n ? n : (int)r->offset;
    int to = r->limit > (uint64_t)(n - from) ? n : from + (int)r->limit;

    return reader_take(reader, result, from, to, q, err);
}

static void note_size(const struct plan *plan, const PGresult *result)
{
    struct shape *shape = (struct shape *)(uintptr_t)plan->shape;

    if (counts_all(plan) && !plan->large && is_approximate(result))
        __atomic_store_n(&shape->large_until, link_now() + LARGE_NS, __ATOMIC_RELAXED);
}

static int32_t take_answers(struct job *job, struct plan *plan, int either,
                            struct search *search, struct ov_error *err)
{
    const struct ov_search *r = plan->scorer.request;
    const struct statement *s = job->first;
    struct reader reader;
    uint32_t flags = 0;
    int32_t status = reader_begin(&reader, plan->shape, r->fields, r->n_fields, 1, err);

    for (uint32_t q = 0; q < r->n_queries && status == OV_OK; q++, s = s->next) {
        if (job->call->flags & OV_CALL_EXPLAIN)
            break;
        plan->scorer.query = q;
        if (either && score_is_dense(&plan->scorer)) {
            if (is_approximate(s->result))
                flags |= OV_RESULT_APPROXIMATE;
            note_size(plan, s->result);
            status = take_window(&reader, plan, s->result, q, err);
        } else {
            status = reader_take(&reader, s->result, 0, PQntuples(s->result), q, err);
        }
    }
    status = reader_end(&reader, status, search->out, err);
    if (status == OV_OK)
        search->out->flags |= flags;
    return status;
}

static int all_enough(struct job *job, struct plan *plan)
{
    const struct statement *s = job->first;

    for (uint32_t q = 0; q < plan->scorer.request->n_queries; q++, s = s->next) {
        plan->scorer.query = q;
        if (score_is_dense(&plan->scorer) && !is_enough(plan, s->result))
            return 0;
    }
    return 1;
}

static int32_t search(struct job *job, struct shape *shape, void *request,
                      struct ov_error *err)
{
    struct search *search = request;
    struct env env;
    struct plan plan;
    int either;
    int32_t status = shape_env(shape, job, &env, err);

    if (status == OV_OK)
        status = make_plan(shape, search->request, &env, &plan, err);
    if (status != OV_OK)
        return status;
    either = plan.approximate;
    status = run_queries(job, &plan, either, err);
    if (status == OV_OK && either && !(job->call->flags & OV_CALL_EXPLAIN) &&
        !all_enough(job, &plan)) {
        either = 0;
        job_reset(job);
        status = run_queries(job, &plan, 0, err);
    }
    if (status != OV_OK)
        return status;
    return take_answers(job, &plan, either, search, err);
}

int32_t search_search(struct ov_table *table, const struct ov_call *call,
                      const struct ov_search *request, struct ov_result *out,
                      struct ov_error *err)
{
    struct search s = { request, out };

    return table_run(table, call, JOB_READ, search, &s, err);
}
