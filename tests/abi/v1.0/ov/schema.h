/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/schema.h - what a collection looks like: fields and indexes.
 *
 * Fields are known by their ordinal, their place in the list. Fields are only ever
 * appended, so an ordinal that was right once stays right. Names are up to 128
 * characters of any UTF-8 but control characters: a provider maps those that its
 * database cannot carry and keeps the true ones.
 */
#ifndef OV_SCHEMA_H
#define OV_SCHEMA_H

#include <ov/value.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ov_field_flag {
    OV_FIELD_KEY = 1u << 0,      /* exactly one field: OV_TEXT or OV_INT64 */
    OV_FIELD_NULLABLE = 1u << 1, /* OV_TIME, OV_GEO and the host's own fields only */
    OV_FIELD_PATH = 1u << 2,     /* OV_TEXT that holds canonical paths */
    OV_FIELD_EXPIRY = 1u << 3,   /* OV_TIME: the record is invisible from then on */
    OV_FIELD_FULLTEXT = 1u << 4, /* searched by keyword */
    OV_FIELD_HOST = 1u << 5,     /* made by the host; the name begins with _ov_ */
    OV_FIELD_ABSENT = 1u << 6    /* describe only: in the schema, not in the database */
};

struct ov_field {
    uint32_t size;
    uint32_t type;  /* enum ov_type */
    uint32_t flags; /* enum ov_field_flag */
    uint32_t dim;   /* OV_VECTOR, else 0 */
    struct ov_str name;
    struct ov_scalar fill; /* the value of a record that was written without the field:
                              OV_NULL for nullable ones, lists [] and sparse {} */
};

/*
 * Scores; higher is better for each. Sums run in double precision over float32 values.
 *   OV_COSINE  q.x / (|q| |x|), 0 when either is the zero vector
 *   OV_IP      q.x
 *   OV_L2      1 - sum (q_i - x_i)^2
 * Sparse: q.x over shared terms for OV_COSINE and OV_IP (no normalisation), and
 * 1 - sum (q_t - x_t)^2 over the union of terms for OV_L2; a record without terms is the
 * zero vector. Hybrid: (1 - alpha) * dense + alpha * sparse when the query has at least
 * one term and alpha is not 0; else the dense score alone.
 */
enum ov_metric { OV_COSINE = 1, OV_IP = 2, OV_L2 = 3 };

enum ov_index_state { OV_INDEX_READY = 0, OV_INDEX_BUILDING = 1, OV_INDEX_BROKEN = 2 };

struct ov_index {
    uint32_t size;
    uint32_t state;  /* enum ov_index_state; describe only */
    uint32_t metric; /* enum ov_metric */
    uint32_t dense;  /* ordinal of the OV_VECTOR field */
    uint32_t sparse; /* ordinal of the OV_SPARSE field, or OV_NONE */
    uint32_t n_scalars;
    const uint32_t *scalars; /* a hint: no answer depends on it */
    double alpha;            /* weight of sparse */
    struct ov_str name;
    struct ov_str kind; /* "flat": exact; "auto": exact up to 10,000 candidates, beyond
                           that the provider's choice; or a kind the provider describes */
    struct ov_str meta; /* the host's, kept byte for byte, up to 1 MiB */
};

struct ov_schema {
    uint32_t size;
    uint32_t n_fields;
    uint32_t n_indexes;
    uint32_t key; /* ordinal */
    const struct ov_field *const *fields;
    const struct ov_index *const *indexes;
    struct ov_str name;
    struct ov_str meta; /* the host's, kept byte for byte, changes with alter */
};

#ifdef __cplusplus
}
#endif
#endif
