/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter_parts.h - what the files of the filter compiler share.
 *
 * Each operator of the language is lowered to a tree of pointers that may still be a
 * constant; filter_tree folds those away and lays the rest flat at the end.
 */
#ifndef OV_CORE_FILTER_PARTS_H
#define OV_CORE_FILTER_PARTS_H

#include "filter.h"
#include "place.h"

/* Beside enum ov_op. */
#define TREE_ALL 100
#define TREE_NONE 101

struct tree {
    uint16_t op;
    uint16_t flags;
    uint32_t field;
    uint32_t n_values;
    uint32_t n_children;
    int64_t arg;
    const struct ov_scalar *values;
    struct tree *first; /* child */
    struct tree *next;  /* sibling */
};

/* One operator of a filter on its way in. */
struct compiler {
    const struct schema *schema;
    struct ov_arena *arena;
    struct ov_error *err;
    uint32_t level; /* operators around this one */
};

/* An operator on a field, its shape checked. */
struct leaf {
    const struct compiler *compiler;
    const struct ov_doc *doc;
    const struct place *place;
    const struct field *field;
};

/* filter_tree.c. All of these return NULL without memory. */
struct tree *tree_all(void);
struct tree *tree_none(void);
struct tree *tree_leaf(struct ov_arena *arena, uint16_t op, uint32_t field,
                       const struct ov_scalar *values, uint32_t n_values);
/* child may be NULL, and so is the result then. */
struct tree *tree_not(struct ov_arena *arena, struct tree *child);
/* Records that have a value in the field. */
struct tree *tree_has_value(struct ov_arena *arena, const struct field *field);

/* AND or OR of children, one after the other; 0 when a child is NULL. */
struct group {
    uint16_t op;
    int decided; /* the constant that decides it was among them */
    uint32_t n;
    struct tree *first;
    struct tree *last;
};
int group_add(struct group *group, struct tree *child);
struct tree *group_end(struct ov_arena *arena, const struct group *group);

/* The flat form; OV_LIMIT. */
int32_t tree_lay(const struct tree *tree, struct ov_arena *arena, struct filter *out,
                 struct ov_error *err);

/* The lowerings: *out on OV_OK. */
int32_t filter_must(const struct leaf *leaf, struct tree **out);
int32_t filter_range(const struct leaf *leaf, struct tree **out);
int32_t filter_range_out(const struct leaf *leaf, struct tree **out);
int32_t filter_text(const struct leaf *leaf, uint16_t op, struct tree **out);
int32_t filter_geo_range(const struct leaf *leaf, struct tree **out);

/* filter_value.c */

/* Milliseconds, or a text, as microseconds; beyond the years 1 to 9999 they are cut to
 * FILTER_TIME_LOW and FILTER_TIME_HIGH, which no record holds. */
#define FILTER_TIME_LOW INT64_C(-62135596800000000)
#define FILTER_TIME_HIGH INT64_C(253402300800000000)
int32_t filter_time(const struct leaf *leaf, const struct ov_doc *doc,
                    const struct place *place, int64_t *micros);
/* The integer that a finite real is; 0 when it is none or beyond int64. */
int filter_integer(double real, int64_t *out);
/* A valid text, with "viking://" encoded where the field asks for it. */
int32_t filter_operand(const struct leaf *leaf, const struct ov_doc *doc,
                       const struct place *place, struct ov_str *out);
struct place filter_at(const struct leaf *leaf, const char *name);

#endif
