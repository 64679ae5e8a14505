/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score_sql.c - expressions over the extension's functions, named with its schema.
 *
 * Cosine: the operator <=> sums squares in single precision, so it loses small vectors
 * and gives NaN for the zero vector. inner_product with a query of length one, divided
 * by vector_norm (double precision), does neither. The other two sum in single precision
 * as well: good to 1e-5 of what is summed, but where that is large, records come in
 * another order than elsewhere, so such records are summed again in double precision. A
 * record without a vector counts as the zero vector.
 */
#include "score_sql.h"

#include "ddl.h"
#include "filter_sql.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const float *query_vector(const struct scorer *s)
{
    if (s->request->dense == NULL)
        return NULL;
    return s->request->dense + (size_t)s->query * s->request->dim;
}

static const struct ov_sparse *query_terms(const struct scorer *s)
{
    const struct ov_sparse *sparse;

    if (s->request->sparse == NULL || s->index->sparse == OV_NONE)
        return NULL;
    sparse = &s->request->sparse[s->query];
    return sparse->n > 0 ? sparse : NULL;
}

static double square_sum(const float *v, uint32_t n)
{
    double sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += (double)v[i] * v[i];
    return sum;
}

static int bind_vector(struct params *params, const struct scorer *s, int unit,
                       struct ov_error *err)
{
    uint32_t dim = s->request->dim;
    const float *query = query_vector(s);
    double norm = unit ? sqrt(square_sum(query, dim)) : 1;
    float *scaled;
    int n;

    if (!unit || norm <= 0)
        return params_vector(params, s->env->vector, query, dim);
    scaled = malloc(dim * sizeof(*scaled));
    if (scaled == NULL) {
        ov_no_memory(err);
        return 0;
    }
    for (uint32_t i = 0; i < dim; i++)
        scaled[i] = (float)(query[i] / norm);
    n = params_vector(params, s->env->vector, scaled, dim);
    free(scaled);
    return n;
}

static void add_function(struct text *sql, const struct scorer *s, const char *name)
{
    text_qualified(sql, s->env->extension, name);
    text_add(sql, "(");
    filter_column(sql, s->shape->columns[s->index->dense].name);
}

/* The same sum in double precision, element by element. */
static void add_slowly(struct text *sql, const struct scorer *s, const char *term, int n)
{
    text_format(sql, "(SELECT coalesce(sum(%s), 0) FROM unnest(", term);
    filter_column(sql, s->shape->columns[s->index->dense].name);
    text_format(sql, "::real[], $%d::real[]) AS u(x, q))", n);
}

#define FAITHFUL "1000000"

static int32_t add_dense(struct text *sql, struct params *params, const struct scorer *s,
                         struct ov_error *err)
{
    int n = bind_vector(params, s, s->index->metric == OV_COSINE, err);
    double square;

    if (n == 0)
        return err->code;
    square = square_sum(query_vector(s), s->request->dim);
    if (s->index->metric == OV_L2) {
        text_add(sql, "coalesce(1 - nullif(least(");
        add_function(sql, s, "vector_l2_squared_distance");
        text_format(sql, ", $%d), " FAITHFUL "), " FAITHFUL "), 1 - ", n);
        add_slowly(sql, s, "(q::float8 - coalesce(x, 0)) * (q::float8 - coalesce(x, 0))",
                   n);
        text_add(sql, ")");
        return OV_OK;
    }
    if (s->index->metric == OV_IP) {
        text_add(sql, "CASE WHEN ");
        add_function(sql, s, "vector_norm");
        text_format(sql, ") * $%d < " FAITHFUL " THEN ",
                    params_float8(params, sqrt(square)));
        add_function(sql, s, "inner_product");
        text_format(sql, ", $%d) ELSE ", n);
        add_slowly(sql, s, "q::float8 * x", n);
        text_add(sql, " END");
        return OV_OK;
    }
    text_add(sql, "coalesce(");
    add_function(sql, s, "inner_product");
    text_format(sql, ", $%d) / nullif(", n);
    add_function(sql, s, "vector_norm");
    text_add(sql, "), 0), 0)");
    return OV_OK;
}

/* Sums over terms run in the server, in double precision. */
static void add_sparse(struct text *sql, struct params *params, const struct scorer *s)
{
    const struct ov_sparse *query = query_terms(s);
    const struct column *column = &s->shape->columns[s->index->sparse];
    int l2 = s->index->metric == OV_L2, terms, weights;

    params_array_begin(params, OID_TEXTS, OID_TEXT);
    for (uint64_t i = 0; i < query->n; i++)
        params_array_text(params, query->terms[i]);
    terms = params_array_end(params);
    params_array_begin(params, OID_FLOAT4S, OID_FLOAT4);
    for (uint64_t i = 0; i < query->n; i++)
        params_array_float4(params, query->weights[i]);
    weights = params_array_end(params);
    text_add(sql,
             l2 ? "(SELECT 1 - coalesce(sum((coalesce(x.w, 0)::float8 - "
                  "coalesce(q.w, 0)::float8) * (coalesce(x.w, 0)::float8 - "
                  "coalesce(q.w, 0)::float8)), 0) FROM unnest("
                : "(SELECT coalesce(sum(x.w::float8 * q.w::float8), 0) FROM unnest(");
    filter_column(sql, column->name);
    text_add(sql, ", ");
    filter_column(sql, column->beside);
    text_format(sql,
                ") AS x(t, w) %s JOIN unnest($%d, $%d) AS q(t, w) "
                "ON x.t COLLATE \"C\" = q.t COLLATE \"C\")",
                l2 ? "FULL" : "INNER", terms, weights);
}

/* The query's words with a blank between them, as the column's words were cut. */
static int bind_words(struct params *params, struct ov_str query)
{
    struct text words = { 0 };
    struct ov_str word;
    int n;

    while ((word = ov_word_next(&query)).n > 0) {
        text_bytes(&words, word.p, word.n);
        text_add(&words, " ");
    }
    params->failed |= words.failed;
    n = params_text(params, (struct ov_str){ words.n > 0 ? words.p : "", words.n });
    text_clear(&words);
    return n;
}

static void add_words(struct text *sql, int n)
{
    /* Any of the words: what plainto_tsquery joins by & is joined by | instead. It
     * writes each word in quotes, and no word has a blank in it. */
    text_format(sql,
                "replace(plainto_tsquery('pg_catalog.simple', $%d)::text, "
                "' & ', ' | ')::tsquery",
                n);
}

static void add_keywords(struct text *sql, struct params *params, const struct scorer *s)
{
    text_add(sql, "ts_rank(");
    filter_column(sql, KEYWORDS);
    text_add(sql, ", ");
    add_words(sql, bind_words(params, s->request->text[s->query]));
    text_add(sql, ")::float8");
}

int score_is_dense(const struct scorer *s)
{
    return s->request->dense != NULL && s->index != NULL &&
           (query_terms(s) == NULL || s->index->alpha == 0);
}

int32_t score_add(struct text *sql, struct params *params, const struct scorer *s,
                  struct ov_error *err)
{
    double alpha;
    int32_t status;

    if (s->request->text != NULL) {
        add_keywords(sql, params, s);
        return OV_OK;
    }
    if (s->request->dense == NULL) {
        if (query_terms(s) == NULL)
            return ov_fail(err, OV_INVALID, "the query has neither a vector nor terms");
        add_sparse(sql, params, s);
        return OV_OK;
    }
    if (score_is_dense(s))
        return add_dense(sql, params, s, err);
    alpha = s->index->alpha;
    text_format(sql, "$%d * (", params_float8(params, 1 - alpha));
    status = add_dense(sql, params, s, err);
    text_format(sql, ") + $%d * (", params_float8(params, alpha));
    add_sparse(sql, params, s);
    text_add(sql, ")");
    return status;
}

int32_t score_add_distance(struct text *sql, struct params *params,
                           const struct scorer *s, struct ov_error *err)
{
    int n = bind_vector(params, s, 0, err);

    if (n == 0)
        return err->code;
    filter_column(sql, s->shape->columns[s->index->dense].name);
    text_add(sql, " OPERATOR(");
    text_name(sql, s->env->extension);
    text_format(sql, ".%s) $%d", ddl_operator(s->index->metric), n);
    return OV_OK;
}

int score_add_condition(struct text *sql, struct params *params, const struct scorer *s)
{
    if (s->request->text == NULL)
        return 0;
    filter_column(sql, KEYWORDS);
    text_add(sql, " @@ ");
    add_words(sql, bind_words(params, s->request->text[s->query]));
    return 1;
}
