/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_table.h - what the doctor says of one collection. */
#ifndef OV_PGVECTOR_DOCTOR_TABLE_H
#define OV_PGVECTOR_DOCTOR_TABLE_H

#include "catalog.h"

/* The table against its shape, the role's rights on it, row security, vectors that get no
 * index. A catalog_fn. */
int32_t doctor_table(struct ov_session *session, const struct ov_call *call,
                     struct ov_str name, struct ov_error *err);
/* How much is there. A catalog_fn. */
int32_t doctor_stats(struct ov_session *session, const struct ov_call *call,
                     struct ov_str name, struct ov_error *err);

/* doctor.c: one line; the remedy only of what is not good, or as advice. */
void doctor_check(const struct ov_call *call, const char *name, int good,
                  const char *remedy, const char *detail);
/* A problem, and behind it what an administrator must run; clears sql. */
void doctor_problem(const struct ov_call *call, const char *name, struct text *sql,
                    const char *detail);

#endif
