/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter_sql.h - the typed filter as a condition on the table "t".
 *
 * Every value is bound, so the text depends on the filter's form alone: the same form
 * gives the same text, and pg_stat_statements stays short.
 */
#ifndef OV_PGVECTOR_FILTER_SQL_H
#define OV_PGVECTOR_FILTER_SQL_H

#include "shape.h"

/* " WHERE " and what a record must meet to be in the answer: the filter (NULL: none)
 * and a life longer than now. "" when there is no condition. OV_LIMIT when the filter
 * has more values than a statement carries. */
int32_t filter_where(struct text *sql, struct params *params, const struct shape *shape,
                     const struct ov_filter *filter, int64_t now_us,
                     struct ov_error *err);
/* The expiry's condition alone, without " WHERE "; 0 when there is none. */
int filter_live(struct text *sql, struct params *params, const struct shape *shape,
                int64_t now_us);
/* t."name" */
void filter_column(struct text *sql, const char *name);

#endif
