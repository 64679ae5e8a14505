/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern_compile.c - a tree to the steps of a machine: each piece goes where its
 * predecessor ended (K. Thompson, CACM 11(6), 1968). Counted repetitions are written
 * out, so the size is reckoned first.
 */
#include "pattern.h"

#include <stdlib.h>
#include <string.h>

int pattern_is_still(const struct ov_pattern *pattern, uint32_t at)
{
    const struct piece *piece = &pattern->pieces[at];

    switch (piece->kind) {
    case PIECE_EMPTY:
    case PIECE_BEGIN:
    case PIECE_END:
        return 1;
    case PIECE_BOTH:
    case PIECE_EITHER:
        return pattern_is_still(pattern, piece->a) && pattern_is_still(pattern, piece->b);
    case PIECE_REPEAT:
        return piece->max == 0 || pattern_is_still(pattern, piece->a);
    case PIECE_CHAR:
    case PIECE_SET:
    case PIECE_ANY:
    default:
        return 0;
    }
}

/* Beyond the limit all sizes are the same. */
static uint32_t bounded(uint64_t n)
{
    return n > PATTERN_PROGRAM ? PATTERN_PROGRAM + 1 : (uint32_t)n;
}

static uint32_t size_of(const struct ov_pattern *pattern, uint32_t at)
{
    const struct piece *piece = &pattern->pieces[at];
    uint64_t inside, min = (uint64_t)piece->min, max = (uint64_t)piece->max;

    switch (piece->kind) {
    case PIECE_EMPTY:
        return 0;
    case PIECE_BOTH:
        return bounded((uint64_t)size_of(pattern, piece->a) + size_of(pattern, piece->b));
    case PIECE_EITHER:
        return bounded((uint64_t)size_of(pattern, piece->a) + size_of(pattern, piece->b) +
                       2);
    case PIECE_REPEAT:
        inside = size_of(pattern, piece->a);
        if (pattern_is_still(pattern, piece->a))
            return piece->min == 0 ? 0 : (uint32_t)inside;
        if (piece->max == PATTERN_MORE)
            return bounded(min == 0 ? inside + 2 : min * inside + 1);
        return bounded(min * inside + (max - min) * (inside + 1));
    case PIECE_CHAR:
    case PIECE_SET:
    case PIECE_ANY:
    case PIECE_BEGIN:
    case PIECE_END:
    default:
        return 1;
    }
}

static uint32_t put_step(struct ov_pattern *pattern, enum step_kind kind, uint32_t a,
                         uint32_t b)
{
    pattern->steps[pattern->n_steps] = (struct step){ kind, a, b };
    return pattern->n_steps++;
}

static void put_piece(struct ov_pattern *pattern, uint32_t at);

static void put_repeat(struct ov_pattern *pattern, const struct piece *piece)
{
    uint32_t from = pattern->n_steps, fork;
    int i;

    if (pattern_is_still(pattern, piece->a)) { /* once is as good as often */
        if (piece->min > 0)
            put_piece(pattern, piece->a);
        return;
    }
    for (i = 0; i < piece->min; i++) {
        from = pattern->n_steps;
        put_piece(pattern, piece->a);
    }
    if (piece->max == PATTERN_MORE && piece->min > 0) {
        put_step(pattern, STEP_FORK, from, pattern->n_steps + 1);
    } else if (piece->max == PATTERN_MORE) {
        fork = put_step(pattern, STEP_FORK, from + 1, 0);
        put_piece(pattern, piece->a);
        put_step(pattern, STEP_FORK, fork, fork);
        pattern->steps[fork].b = pattern->n_steps;
    }
    for (; i < piece->max; i++) {
        fork = put_step(pattern, STEP_FORK, pattern->n_steps + 1, 0);
        put_piece(pattern, piece->a);
        pattern->steps[fork].b = pattern->n_steps;
    }
}

static void put_either(struct ov_pattern *pattern, const struct piece *piece)
{
    uint32_t fork = put_step(pattern, STEP_FORK, pattern->n_steps + 1, 0), jump;

    put_piece(pattern, piece->a);
    jump = put_step(pattern, STEP_FORK, 0, 0);
    pattern->steps[fork].b = pattern->n_steps;
    put_piece(pattern, piece->b);
    pattern->steps[jump].a = pattern->steps[jump].b = pattern->n_steps;
}

static void put_piece(struct ov_pattern *pattern, uint32_t at)
{
    static const enum step_kind steps[] = { [PIECE_CHAR] = STEP_CHAR,
                                            [PIECE_SET] = STEP_SET,
                                            [PIECE_ANY] = STEP_ANY,
                                            [PIECE_BEGIN] = STEP_BEGIN,
                                            [PIECE_END] = STEP_END };
    const struct piece *piece = &pattern->pieces[at];

    switch (piece->kind) {
    case PIECE_EMPTY:
        break;
    case PIECE_BOTH:
        put_piece(pattern, piece->a);
        put_piece(pattern, piece->b);
        break;
    case PIECE_EITHER:
        put_either(pattern, piece);
        break;
    case PIECE_REPEAT:
        put_repeat(pattern, piece);
        break;
    case PIECE_CHAR:
    case PIECE_SET:
    case PIECE_ANY:
    case PIECE_BEGIN:
    case PIECE_END:
    default:
        put_step(pattern, steps[piece->kind], piece->a, 0);
    }
}

/* ------------------------------------------------------------- first bytes */

static void may_begin_with(struct ov_pattern *pattern, uint32_t low, uint32_t high)
{
    char bytes[4];
    uint32_t lead;

    for (lead = low; lead <= high && lead < 0x80; lead++)
        pattern->first[lead] = 1;
    if (high < 0x80)
        return;
    text_put(low < 0x80 ? 0x80 : low, bytes);
    lead = (unsigned char)bytes[0];
    text_put(high, bytes);
    for (; lead <= (unsigned char)bytes[0]; lead++)
        pattern->first[lead] = 1;
}

static void see_step(struct ov_pattern *pattern, const struct step *step)
{
    const struct set *set;
    uint32_t i;

    if (step->kind == STEP_CHAR)
        may_begin_with(pattern, step->a, step->a);
    if (step->kind == STEP_ANY) {
        may_begin_with(pattern, 0, '\n' - 1);
        may_begin_with(pattern, '\n' + 1, OV_CODE_POINT_MAX);
    }
    if (step->kind == STEP_SET) {
        set = &pattern->sets[step->a];
        for (i = set->first; i < set->first + set->n; i++)
            may_begin_with(pattern, pattern->ranges[i].low, pattern->ranges[i].high);
    }
    if (step->kind == STEP_END || step->kind == STEP_MATCH)
        pattern->anywhere = 1;
}

/* What can be reached from the first step behind the beginning of the text. */
static void find_first(struct ov_pattern *pattern)
{
    uint8_t seen[PATTERN_PROGRAM + 1] = { 0 };
    uint32_t stack[PATTERN_PROGRAM + 1], n = 0, next[2], i;

    stack[n++] = 0;
    seen[0] = 1;
    while (n > 0) {
        const struct step *step = &pattern->steps[stack[--n]];

        if (step->kind != STEP_FORK) {
            see_step(pattern, step);
            continue;
        }
        next[0] = step->a;
        next[1] = step->b;
        for (i = 0; i < 2; i++)
            if (!seen[next[i]]) {
                seen[next[i]] = 1;
                stack[n++] = next[i];
            }
    }
}

int32_t pattern_compile(struct ov_pattern *pattern, struct ov_error *err)
{
    uint32_t size = size_of(pattern, pattern->root) + 1;

    if (size > PATTERN_PROGRAM)
        return ov_fail(err, OV_LIMIT,
                       "pattern is too large: its repetitions come to more "
                       "than %u steps",
                       PATTERN_PROGRAM);
    pattern->steps = calloc(size, sizeof(*pattern->steps));
    if (pattern->steps == NULL)
        return ov_no_memory(err);
    put_piece(pattern, pattern->root);
    put_step(pattern, STEP_MATCH, 0, 0);
    find_first(pattern);
    return OV_OK;
}
