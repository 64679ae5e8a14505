/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig.h - the provider as a host would hold it, with one schema that has every type.
 *
 *   id text key   n int64   f float64   b bool   s text   p path   t time?
 *   tags text list   nums int64 list   v vector 4   sp sparse   g geo?
 *   w text, full text   _ov_expires time?, expiry
 *
 * Indexes "cos" (with sp, alpha 0.25), "ip" and "l2".
 */
#ifndef OV_TEST_NATIVE_RIG_H
#define OV_TEST_NATIVE_RIG_H

#include "support.h"

enum {
    F_ID,
    F_N,
    F_F,
    F_B,
    F_S,
    F_P,
    F_T,
    F_TAGS,
    F_NUMS,
    F_V,
    F_SP,
    F_G,
    F_W,
    F_EXPIRES,
    N_FIELDS
};

/* What is not said is 0, empty, no value. tags: "a,b"; sp: "cat:1,dog:2". */
struct record {
    const char *id;
    int64_t n;
    double f;
    int b;
    const char *s, *p;
    int64_t t; /* 0: no value */
    const char *tags;
    int64_t nums[4]; /* up to the first 0 */
    float v[4];
    const char *sp;
    double g[2]; /* 0, 0: no value */
    const char *w;
    int64_t expires; /* 0: no value */
};

extern const struct ov_backend *native; /* after load_provider */
extern struct ov_call call;             /* no deadline; now_us 1000000 */

void load_provider(void);
struct ov_session *open_store(const char *folder);
/* A fresh store in temp_dir()/NAME with the collection "c" of the schema above. */
struct ov_session *open_fresh(const char *folder);
struct ov_table *open_table(struct ov_session *session, const char *name);
void close_all(struct ov_session *session, struct ov_table *table);

/* The schema above under another name, for as long as the test runs. */
const struct ov_schema *rig_schema(const char *name);

/* A batch of whole records, or of the fields named; free_batch. */
struct ov_batch *make_batch(const struct record *records, size_t n,
                            const uint32_t *fields, uint32_t n_fields);
struct ov_batch *make_keys(const char *const *ids, size_t n);
void free_batch(struct ov_batch *batch);

int32_t put(struct ov_table *table, const struct record *records, size_t n);
int32_t update_fields(struct ov_table *table, const struct record *records, size_t n,
                      const uint32_t *fields, uint32_t n_fields);
int32_t drop_ids(struct ov_table *table, const char *const *ids, size_t n,
                 uint64_t *removed);
/* -1 when it fails; err says why. */
int64_t count_where(struct ov_table *table, const struct ov_filter *filter);

/* Keys of an answer as "a b c"; static memory. */
const char *ids_of(struct ov_result *result);
double score_of(const struct ov_result *result, int64_t row);
/* Runs and releases; "" when nothing is there. */
const char *fetch_ids(struct ov_table *table, const char *const *ids, size_t n);
const char *scan_ids(struct ov_table *table, uint32_t order, int descending,
                     const struct ov_filter *filter);

/* One-leaf filters; static memory, four live at once. */
const struct ov_filter *where_int(uint32_t field, int64_t value);
const struct ov_filter *where_range(uint32_t field, int64_t low, int64_t high);
const struct ov_filter *where_text(uint32_t field, const char *value);
const struct ov_filter *where_path(uint32_t field, const char *path, int64_t levels);

#endif
