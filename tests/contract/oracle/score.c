/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score.c - scores by contract 4.2 and 4.3, and the slack that design 6.3 allows.
 */
#include "model.h"

#include <math.h>

#define SLACK 1e-5

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static void score_dense(enum o_metric metric, const json_t *q, const json_t *x,
                        double *score, double *slack)
{
    double dot = 0, size = 0, apart = 0, qq = 0, xx = 0;

    for (size_t i = 0; i < json_array_size(q); i++) {
        double a = (double)(float)json_number_value(json_array_get(q, i));
        double b = json_number_value(json_array_get(x, i));
        dot += a * b;
        size += fabs(a * b);
        apart += (a - b) * (a - b);
        qq += a * a;
        xx += b * b;
    }
    switch (metric) {
    case O_IP:
        *score = dot;
        *slack = SLACK * larger(1, size);
        break;
    case O_L2:
        *score = 1 - apart;
        *slack = SLACK * larger(1, apart);
        break;
    case O_COSINE:
        *score = qq > 0 && xx > 0 ? dot / (sqrt(qq) * sqrt(xx)) : 0;
        *slack = SLACK;
        break;
    }
}

static void score_sparse(enum o_metric metric, const json_t *q, const json_t *x,
                         double *score, double *slack)
{
    double dot = 0, size = 0, apart = 0;
    const char *term;
    json_t *weight;

    json_object_foreach((json_t *)q, term, weight)
    {
        double a = (double)(float)json_number_value(weight);
        double b = json_number_value(json_object_get(x, term)); /* 0 without the term */
        dot += a * b;
        size += fabs(a * b);
        apart += (a - b) * (a - b);
    }
    json_object_foreach((json_t *)x, term, weight)
    {
        double b = json_number_value(weight);
        if (json_object_get(q, term) == NULL)
            apart += b * b;
    }
    *score = metric == O_L2 ? 1 - apart : dot;
    *slack = SLACK * larger(1, metric == O_L2 ? apart : size);
}

void o_score(const struct o_question *question, const json_t *record, double *score,
             double *slack)
{
    const json_t *vector = json_object_get(record, question->vector_name);
    const json_t *terms = NULL;
    double alpha = question->index->alpha, sparse, loose;
    enum o_metric metric = question->index->metric;

    if (question->sparse_name != NULL)
        terms = json_object_get(record, question->sparse_name);
    if (question->dense == NULL) {
        score_sparse(metric, question->sparse, terms, score, slack);
        return;
    }
    score_dense(metric, question->dense, vector, score, slack);
    if (json_object_size(question->sparse) == 0 || alpha == 0)
        return;
    score_sparse(metric, question->sparse, terms, &sparse, &loose);
    *score = (1 - alpha) * *score + alpha * sparse;
    *slack = fabs(1 - alpha) * *slack + fabs(alpha) * loose;
}
