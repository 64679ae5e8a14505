/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaf.h - one operator on one field, read and ready to be asked.
 */
#ifndef OV_CONTRACT_LEAF_H
#define OV_CONTRACT_LEAF_H

#include "model.h"

enum leaf_op {
    L_EQUALS,
    L_RANGE,
    L_OUTSIDE,
    L_NEAR,
    L_PREFIX,
    L_CONTAINS,
    L_REGEX,
    L_NO
};

struct o_leaf {
    enum leaf_op op;
    const struct o_field *field;
    json_t *conds; /* L_EQUALS: canonical paths, milliseconds, or as given */
    int64_t depth; /* of paths; -1: any */
    json_t *low;   /* NULL: none */
    json_t *high;
    int low_open;
    int high_open;
    double place[2];
    double radius; /* degrees */
    char *text;
    struct o_pattern *pattern;
};

#endif
