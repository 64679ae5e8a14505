/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.h - a pattern parsed and compiled: what the pattern files share. */
#ifndef OV_SDK_PATTERN_H
#define OV_SDK_PATTERN_H

#include "internal.h"

#define PATTERN_BYTES 1024u
#define PATTERN_REPEAT 255
#define PATTERN_PROGRAM                                                             \
    4096u                 /* steps; what a match keeps on the stack follows from it \
                           */
#define PATTERN_MORE (-1) /* max of a repetition without end */

enum piece_kind {
    PIECE_EMPTY,
    PIECE_CHAR,  /* a: code point */
    PIECE_SET,   /* a: set */
    PIECE_ANY,   /* but newline */
    PIECE_BEGIN, /* ^ */
    PIECE_END,   /* $ */
    PIECE_BOTH,  /* a, then b */
    PIECE_EITHER,
    PIECE_REPEAT /* a, min to max times */
};

struct piece {
    enum piece_kind kind;
    uint32_t a, b;
    int min, max;
};

struct range {
    uint32_t low, high; /* both in */
};

/* Ranges ascend and do not touch. */
struct set {
    uint32_t first, n;
    uint64_t ascii[2];
};

enum step_kind {
    STEP_CHAR,
    STEP_SET,
    STEP_ANY,
    STEP_BEGIN,
    STEP_END,
    STEP_FORK,
    STEP_MATCH
};

/* FORK goes on at a and at b; the others at the next step. */
struct step {
    enum step_kind kind;
    uint32_t a, b;
};

struct ov_pattern {
    struct piece *pieces;
    struct range *ranges;
    struct set *sets;
    struct step *steps;
    uint32_t n_pieces, n_ranges, n_sets, n_steps;
    uint32_t root;
    uint8_t first[256]; /* bytes with which a match can begin inside the text */
    int anywhere;       /* one can begin with any byte, or at the end */
};

/* Fills pieces, ranges, sets and root. The arrays have room: pattern_parse_room. */
int32_t pattern_parse(struct ov_pattern *pattern, struct ov_str text, uint64_t *at,
                      struct ov_error *err);
/* Fills steps, first and anywhere. */
int32_t pattern_compile(struct ov_pattern *pattern, struct ov_error *err);
int pattern_set_has(const struct ov_pattern *pattern, const struct set *set,
                    uint32_t point);
/* 1 when the piece matches nothing but the empty text or a place. */
int pattern_is_still(const struct ov_pattern *pattern, uint32_t piece);

#endif
