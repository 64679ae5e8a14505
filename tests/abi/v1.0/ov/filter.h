/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/filter.h - which records a call is about: a typed tree laid flat.
 *
 * The host makes it; a provider never parses text. Every field is known, every literal
 * has exactly the field's type (the element type for a list), limits are checked, and
 * constants are folded: no filter at all is a NULL pointer (all live records), and a
 * filter that nothing can match never reaches a provider. Equality, ranges and
 * everything else of the DSL is lowered to the eleven operators below.
 *
 * Two-valued logic: a leaf is true or false for a record, never unknown. A field that
 * has no value (null) makes every leaf but OV_IS_NULL false, and OV_NOT of it true.
 *
 *   op        fields it fits                        arg, values
 *   AND OR    -                                     n_children >= 2
 *   NOT       -                                     one child; complement of it
 *   IN        bool int64 float64 time text, lists   values: any number >= 1; a list
 *                                                   field matches if any element does
 *   RANGE     int64 float64 time                    flags say which bounds there are;
 *                                                   low first in values
 *   PATH      text with OV_FIELD_PATH               arg: levels below, -1 all; values:
 *                                                   canonical paths; the path itself
 *                                                   and its descendants match
 *   PREFIX    text, text list, int64, int64 list    one text value; of the text form,
 *   CONTAINS  (as PREFIX)                           of any element of a list
 *   REGEX     (as PREFIX)                           one text value in the dialect of
 *                                                   ov/sdk.h, searched, not anchored
 *   WITHIN    geo                                   values: longitude, latitude, radius,
 *                                                   float64 degrees; planar distance,
 *                                                   dx*dx + dy*dy <= r*r
 *   IS_NULL   any nullable field                    true where there is no value
 *
 * Text compares by bytes. The text form of an int64 is its shortest decimal; of a path
 * its canonical text. A canonical path is "" for the root, else "/a/b": no empty and
 * no trailing segment; "." and ".." are ordinary names.
 */
#ifndef OV_FILTER_H
#define OV_FILTER_H

#include <ov/value.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ov_op {
    OV_AND = 1,
    OV_OR = 2,
    OV_NOT = 3,
    OV_IN = 4,
    OV_RANGE = 5,
    OV_PATH = 6,
    OV_PREFIX = 7,
    OV_CONTAINS = 8,
    OV_REGEX = 9,
    OV_WITHIN = 10,
    OV_IS_NULL = 11
};

enum ov_range_flag { /* ov_node.flags of OV_RANGE */
                     OV_RANGE_LOW = 1u << 0,
                     OV_RANGE_LOW_OPEN = 1u << 1,
                     OV_RANGE_HIGH = 1u << 2,
                     OV_RANGE_HIGH_OPEN = 1u << 3
};

/* In pre-order: the children of a node follow it, each with its whole subtree. */
struct ov_node {
    uint16_t op;
    uint16_t flags;
    uint32_t field; /* ordinal; OV_NONE on AND, OR, NOT */
    uint32_t span;  /* nodes of this subtree, this one included; a leaf has 1 */
    uint32_t n_children;
    uint32_t first_value;
    uint32_t n_values;
    int64_t arg;
};

#define OV_FILTER_MAX_NODES 4096u
#define OV_FILTER_MAX_DEPTH 32u
#define OV_FILTER_MAX_VALUES 65536u

struct ov_filter {
    uint32_t size;
    uint32_t n_nodes; /* at least 1 */
    uint32_t n_values;
    uint32_t reserved;
    const struct ov_node *nodes;
    const struct ov_scalar *values;
};

#ifdef __cplusplus
}
#endif
#endif
