/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/request.h - the four questions: fetch, search, scan, count.
 *
 * All of a request is borrowed until the operation returns. Field lists are ordinals
 * in the order in which the columns are wanted; they may repeat the key and may be
 * empty. What the host can answer alone (a limit of 0, no keys, a filter that nothing
 * matches) never reaches a provider.
 *
 * A record whose expiry is at or before call->now_us is in no answer and no count.
 */
#ifndef OV_REQUEST_H
#define OV_REQUEST_H

#include <ov/batch.h>
#include <ov/filter.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Columns: key, then the fields. Rows in any order; keys that are not there have none. */
struct ov_fetch {
    uint32_t size;
    uint32_t n_fields;
    const uint32_t *fields;
    const struct ov_batch *keys; /* one column, the key; no key twice */
};

enum ov_search_flag {
    OV_SEARCH_EXACT = 1u << 0 /* the true best, whatever the index kind */
};

/*
 * Columns: key, score (OV_FLOAT64), query (OV_INT64, from 0), then the fields.
 * Rows: by query, then score descending, then key ascending (text by bytes).
 * Offset and limit count within each query. dense and sparse together are a hybrid
 * query; a sparse query of 0 terms counts as none. text alone is a keyword search: any
 * of the words, ranked by relevance, over the fields with OV_FIELD_FULLTEXT. A word is a
 * run of letters and digits; an ideograph, a kana and a Hangul syllable is a word by
 * itself; case does not matter. (ov/sdk.h cuts texts so.)
 */
struct ov_search {
    uint32_t size;
    uint32_t flags; /* enum ov_search_flag */
    struct ov_str index;
    uint32_t n_queries; /* at least 1 */
    uint32_t dim;
    const float *dense;             /* n_queries * dim, or NULL */
    const struct ov_sparse *sparse; /* n_queries, or NULL */
    const struct ov_str *text;      /* n_queries, or NULL */
    const struct ov_filter *filter; /* or NULL */
    uint64_t limit;                 /* at least 1 */
    uint64_t offset;
    uint32_t n_fields;
    uint32_t reserved;
    const uint32_t *fields;
};

/*
 * Columns: key, then the fields. Rows: by the order field (nulls last in both
 * directions; text by bytes, false before true), then by key ascending in both
 * directions. Order fields are bool, int64, float64, time, text or the key.
 * after_*: begin behind the row that had this order value and this key; the offset
 * counts from there.
 */
struct ov_scan {
    uint32_t size;
    uint32_t order; /* ordinal; OV_NONE: by key */
    uint32_t descending;
    uint32_t n_fields;
    const uint32_t *fields;
    const struct ov_filter *filter;      /* or NULL */
    const struct ov_scalar *after_value; /* type OV_NULL: the row had no value; NULL when
                                            order is OV_NONE or after_key is NULL */
    const struct ov_scalar *after_key;   /* NULL: from the start */
    uint64_t limit;                      /* at least 1; UINT64_MAX: no limit */
    uint64_t offset;
};

/* With a group field the rows are: value (the field's type, the element type of a
 * list), OV_INT64 count; only groups that have records, by value, nulls last. A list
 * counts once in each of its distinct elements. */
struct ov_count {
    uint32_t size;
    uint32_t group; /* ordinal of a bool, int64, float64, time, text or list field, or
                       OV_NONE */
    const struct ov_filter *filter; /* or NULL */
};

#ifdef __cplusplus
}
#endif
#endif
