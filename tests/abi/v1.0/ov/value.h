/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/value.h - the atoms: small values that lie in arrays.
 *
 * There are two sorts of struct in these headers and no third. Atoms (ov_str,
 * ov_scalar, ov_sparse, ov_node) have no size member, lie in arrays and never change.
 * Records (all others) begin with `uint32_t size`, grow at their end only, and a list
 * of them is an array of pointers.
 */
#ifndef OV_VALUE_H
#define OV_VALUE_H

#include <ov/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes with a length; UTF-8 where it is text, not ended by NUL, p may be NULL when n
 * is 0. Always borrowed from whoever lends the struct that holds it. */
struct ov_str {
    const char *p;
    uint64_t n;
};

enum ov_type {
    OV_NULL = 0, /* of a scalar: no value */
    OV_BOOL = 1,
    OV_INT64 = 2,
    OV_FLOAT64 = 3, /* finite */
    OV_TIME = 4,    /* microseconds since 1970-01-01 UTC, a multiple of 1000 */
    OV_TEXT = 5,    /* UTF-8 without U+0000 */
    OV_TEXT_LIST = 6,
    OV_INT64_LIST = 7,
    OV_VECTOR = 8, /* dim float32, each finite and |x| <= 1e15 */
    OV_SPARSE = 9, /* terms ascending by bytes, none twice; finite float32 weights */
    OV_GEO = 10    /* longitude -180..180, latitude -90..90, as float64 degrees */
};

struct ov_scalar {
    uint32_t type; /* OV_NULL to OV_TEXT */
    uint32_t reserved;
    union {
        int64_t i; /* OV_BOOL (0 or 1), OV_INT64, OV_TIME */
        double f;  /* OV_FLOAT64 */
        struct ov_str s;
    } u;
};

/* A sparse query: n terms, ascending by bytes, none twice. */
struct ov_sparse {
    uint64_t n;
    const struct ov_str *terms;
    const float *weights;
};

#ifdef __cplusplus
}
#endif
#endif
