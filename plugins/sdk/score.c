/* SPDX-License-Identifier: Apache-2.0 */
/* score.c - scores by the rules of schema.h, the plain way. */
#include <ov/sdk.h>

#include <math.h>

double ov_score_dense(uint32_t metric, const float *query, const float *record,
                      uint64_t dim)
{
    double dot = 0, apart = 0, of_query = 0, of_record = 0;
    uint64_t i;

    for (i = 0; i < dim; i++) {
        double q = (double)query[i];
        double x = record != NULL ? (double)record[i] : 0;

        dot += q * x;
        apart += (q - x) * (q - x);
        of_query += q * q;
        of_record += x * x;
    }
    if (metric == OV_L2)
        return 1 - apart;
    if (metric == OV_IP)
        return dot;
    if (of_query <= 0 || of_record <= 0)
        return 0;
    return dot / (sqrt(of_query) * sqrt(of_record));
}

double ov_score_sparse(uint32_t metric, const struct ov_sparse *query,
                       const struct ov_cell *record)
{
    uint64_t n = record->type == OV_SPARSE ? record->n : 0, i = 0, j = 0;
    double dot = 0, apart = 0;

    while (i < query->n || j < n) {
        int order = i == query->n ? 1 : -1;
        double q = 0, x = 0;

        if (i < query->n && j < n) {
            const int64_t *at = record->u.offsets + j;
            struct ov_str term = { record->bytes + at[0], (uint64_t)(at[1] - at[0]) };

            order = ov_str_compare(query->terms[i], term);
        }
        if (order <= 0)
            q = (double)query->weights[i++];
        if (order >= 0)
            x = (double)record->weights[j++];
        dot += q * x;
        apart += (q - x) * (q - x);
    }
    return metric == OV_L2 ? 1 - apart : dot;
}

double ov_score(const struct ov_index *index, const struct ov_search *request, uint32_t q,
                const struct ov_cell *record)
{
    const struct ov_sparse *terms = request->sparse == NULL ? NULL : &request->sparse[q];
    double dense = 0, sparse = 0;

    if (index->sparse == OV_NONE || (terms != NULL && terms->n == 0))
        terms = NULL;
    if (request->dense != NULL && terms != NULL && !(index->alpha < 0) &&
        !(index->alpha > 0))
        terms = NULL;
    if (terms != NULL)
        sparse = ov_score_sparse(index->metric, terms, &record[index->sparse]);
    if (request->dense == NULL)
        return sparse;
    dense = ov_score_dense(
        index->metric, request->dense + (uint64_t)q * request->dim,
        record[index->dense].type == OV_VECTOR ? record[index->dense].u.floats : NULL,
        request->dim);
    return terms == NULL ? dense : (1 - index->alpha) * dense + index->alpha * sparse;
}
