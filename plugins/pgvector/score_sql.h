/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score_sql.h - the scores of schema.h as SQL expressions, computed by the server.
 *
 * One query's score is dense, sparse, both, or the rank of words. Queries of one
 * request have the same text and differ in bound values.
 */
#ifndef OV_PGVECTOR_SCORE_SQL_H
#define OV_PGVECTOR_SCORE_SQL_H

#include "shape.h"

struct scorer {
    const struct shape *shape;
    const struct env *env;
    const struct ov_search *request;
    const struct ov_index *index; /* NULL with text */
    uint32_t query;
};

/* The expression. Its order descending is the order of the answer. */
int32_t score_add(struct text *sql, struct params *params, const struct scorer *scorer,
                  struct ov_error *err);
/* " t.v OPERATOR(ext.<=>) $n": what the HNSW index orders by. */
int32_t score_add_distance(struct text *sql, struct params *params,
                           const struct scorer *scorer, struct ov_error *err);
/* A condition that a record must meet besides the filter (words must match); 0: none. */
int score_add_condition(struct text *sql, struct params *params,
                        const struct scorer *scorer);
/* Does the query have a part that only reading every record can score? */
int score_is_dense(const struct scorer *scorer);

#endif
