/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.h - what the files of the oracle share.
 */
#ifndef OV_CONTRACT_MODEL_H
#define OV_CONTRACT_MODEL_H

#include "oracle.h"

#include <ov/status.h>

#include <stdint.h>

/* The first complaint about a step. */
struct o_fault {
    int status;
    int64_t row; /* -1: none */
    char text[200];
};

int o_fail(struct o_fault *fault, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

enum o_kind {
    O_INT64,
    O_FLOAT32,
    O_STRING,
    O_BOOL,
    O_STRINGS,
    O_INT64S,
    O_TEXT,
    O_PATH,
    O_DATE,
    O_GEO,
    O_VECTOR,
    O_SPARSE,
    O_IMAGE,
    O_VIDEO
};

struct o_field {
    const char *name; /* borrowed from the meta */
    enum o_kind kind;
    int64_t dim;
    int key;
    json_t *fill; /* borrowed or NULL: required */
};

enum o_metric { O_IP, O_L2, O_COSINE };

struct o_index {
    char name[520];
    json_t *meta;
    enum o_metric metric;
    int sparse;
    double alpha;
};

struct o_record {
    json_t *values;     /* field name to value, all fields */
    int64_t expires_us; /* 0: never */
};

struct o_collection {
    char *name;
    json_t *meta; /* as given */
    struct o_field *fields;
    size_t n_fields;
    struct o_index *indexes;
    size_t n_indexes;
    struct o_record *records; /* in the order of writing */
    size_t n_records;
    int bulk;
};

/* schema.c */
int o_fields_read(const json_t *meta, struct o_field **out, size_t *n,
                  struct o_fault *fault);
void o_fields_free(struct o_field *fields, size_t n);
int o_index_read(const struct o_collection *collection, const json_t *meta,
                 struct o_index *out, struct o_fault *fault);
const struct o_field *o_field_find(const struct o_collection *collection,
                                   const char *name);
const struct o_field *o_field_of_kind(const struct o_collection *collection,
                                      enum o_kind kind);
const struct o_field *o_key(const struct o_collection *collection);
const struct o_index *o_index_find(const struct o_collection *collection,
                                   const char *name);

/* record.c: a value as a field of that kind keeps it; *out is yours. */
int o_coerce(const struct o_field *field, const json_t *value, json_t **out,
             struct o_fault *fault);
json_t *o_fill(const struct o_field *field);
/* A whole record; fields not given are filled (whole) or left out. */
int o_record_read(const struct o_collection *collection, const json_t *given, int whole,
                  json_t **out, struct o_fault *fault);
int o_same_key(const json_t *a, const json_t *b);
int o_key_compare(const json_t *a, const json_t *b);
/* -1, 0, 1: an integer and a real, exactly. */
int o_number_compare(const json_t *a, const json_t *b);
int o_has_value(const struct o_field *field, const json_t *value);

/* place.c */
char *o_path(const char *text, size_t n);            /* canonical: yours, free() */
int o_path_below(const char *path, const char *top); /* levels, -1: not below */
int o_geo(const char *text, double lon_lat[2]);      /* 0, or -1 */
/* A uri that begins with viking:// as it is kept; NULL: it does not. Yours. */
char *o_uri(const char *text);
int o_is_uri_field(const struct o_field *field);

/* time.c: milliseconds since 1970. 0, or -1. */
int o_date(const char *text, int64_t *ms);
int64_t o_now_us(void);

/* pattern.c */
struct o_pattern;
struct o_pattern *o_pattern_new(const char *text, size_t n); /* NULL: not one */
void o_pattern_free(struct o_pattern *pattern);
int o_pattern_found(const struct o_pattern *pattern, const char *text, size_t n);

/* filter.c. NULL as *out: every record. */
struct o_filter;
int o_filter_read(const struct o_collection *collection, const json_t *dsl,
                  struct o_filter **out, struct o_fault *fault);
void o_filter_free(struct o_filter *filter);
int o_filter_match(const struct o_filter *filter, const json_t *record);
/* leaf.c: what one leaf of a filter says. */
struct o_leaf;
int o_leaf_read(const struct o_field *field, const char *op, const json_t *dsl,
                struct o_leaf **out, struct o_fault *fault);
void o_leaf_free(struct o_leaf *leaf);
int o_leaf_match(const struct o_leaf *leaf, const json_t *value);

/* write.c */
int o_upsert(struct o_collection *collection, const json_t *step, struct o_fault *fault);
int o_update(struct o_collection *collection, const json_t *step, struct o_fault *fault);
int o_remove_keys(struct o_collection *collection, const json_t *step, json_t *answer);
int o_remove_where(struct o_collection *collection, const json_t *step, json_t *answer,
                   struct o_fault *fault);

/* answer.c: the reading steps; each fills in the answer object. */
int o_search(struct o_collection *collection, const json_t *step, json_t *answer,
             struct o_fault *fault);
int o_scan(struct o_collection *collection, const json_t *step, json_t *answer,
           struct o_fault *fault);
int o_fetch(struct o_collection *collection, const json_t *step, json_t *answer,
            struct o_fault *fault);
int o_count(struct o_collection *collection, const json_t *step, json_t *answer,
            struct o_fault *fault);
int o_groups(struct o_collection *collection, const json_t *step, json_t *answer,
             struct o_fault *fault);
int o_live(const struct o_record *record, int64_t now_us);
int64_t o_step_now(const json_t *step);
/* The filter of a step: "filter", or "filter_text" that is yet to be parsed. */
int o_step_filter(const struct o_collection *collection, const json_t *step,
                  struct o_filter **out, struct o_fault *fault);
json_t *o_project(const struct o_collection *collection, const json_t *record,
                  const json_t *names);

/* score.c: the score of one record, and how far off another may be. */
struct o_question {
    const struct o_index *index;
    const json_t *dense;  /* NULL: none */
    const json_t *sparse; /* NULL or empty: none */
    const char *vector_name;
    const char *sparse_name;
};
void o_score(const struct o_question *question, const json_t *record, double *score,
             double *slack);

#endif
