/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern.c - a pattern made, matched, freed.
 *
 * Matching walks the text once and keeps the set of steps it may be at, each at most
 * once, so the time is bounded by text times program. All of it lies on the stack: a
 * match cannot fail and any number of threads may share a pattern.
 */
#include "pattern.h"

#include <stdlib.h>
#include <string.h>

/* Bytes that are passed over between two reports to the watch. */
#define SKIP_BYTES 65536

struct list {
    uint16_t steps[PATTERN_PROGRAM];
    uint32_t n;
};

struct machine {
    const struct ov_pattern *pattern;
    uint64_t work; /* steps since the watch was told */
    uint64_t seen[PATTERN_PROGRAM / 64];
    struct list lists[2];
    uint16_t stack[PATTERN_PROGRAM];
};

int pattern_set_has(const struct ov_pattern *pattern, const struct set *set,
                    uint32_t point)
{
    const struct range *ranges = pattern->ranges + set->first;
    uint32_t low = 0, high = set->n;

    if (point < 128)
        return (set->ascii[point / 64] >> point % 64 & 1) != 0;
    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (ranges[middle].high < point)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->n && ranges[low].low <= point;
}

static int see(struct machine *machine, uint32_t step)
{
    uint64_t bit = UINT64_C(1) << step % 64;
    int seen = (machine->seen[step / 64] & bit) != 0;

    machine->seen[step / 64] |= bit;
    return seen;
}

/* Add the step and all that it leads to without a character. 1: a match. */
static int add(struct machine *machine, struct list *list, uint32_t from, int at_begin,
               int at_end)
{
    uint32_t n = 0;

    if (!see(machine, from))
        machine->stack[n++] = (uint16_t)from;
    while (n > 0) {
        uint32_t at = machine->stack[--n];
        const struct step *step = &machine->pattern->steps[at];

        machine->work++;
        if (step->kind == STEP_MATCH)
            return 1;
        if (step->kind == STEP_FORK) {
            if (!see(machine, step->a))
                machine->stack[n++] = (uint16_t)step->a;
            if (!see(machine, step->b))
                machine->stack[n++] = (uint16_t)step->b;
        } else if (step->kind == STEP_BEGIN || step->kind == STEP_END) {
            if ((step->kind == STEP_BEGIN ? at_begin : at_end) && !see(machine, at + 1))
                machine->stack[n++] = (uint16_t)(at + 1);
        } else {
            list->steps[list->n++] = (uint16_t)at;
        }
    }
    return 0;
}

static int takes(const struct ov_pattern *pattern, const struct step *step,
                 uint32_t point)
{
    if (step->kind == STEP_CHAR)
        return step->a == point;
    if (step->kind == STEP_ANY)
        return point != '\n';
    return pattern_set_has(pattern, &pattern->sets[step->a], point);
}

static void forget(struct machine *machine)
{
    memset(machine->seen, 0, (machine->pattern->n_steps + 63) / 64 * 8);
}

/* Can a match begin here, inside the text? */
static int can_begin(const struct ov_pattern *pattern, const char *p, const char *end)
{
    return pattern->anywhere || (p < end && pattern->first[(unsigned char)*p]);
}

/* All that the character leads to from now, and what begins behind it. 1: a match. */
static int advance(struct machine *machine, const struct list *now, struct list *then,
                   uint32_t point, const char *p, const char *end)
{
    const struct ov_pattern *pattern = machine->pattern;
    uint32_t i;

    then->n = 0;
    machine->work += now->n;
    forget(machine);
    for (i = 0; i < now->n; i++)
        if (takes(pattern, &pattern->steps[now->steps[i]], point) &&
            add(machine, then, now->steps[i] + 1u, 0, p == end))
            return 1;
    return can_begin(pattern, p, end) && add(machine, then, 0, 0, p == end);
}

/* To the next byte with which a match can begin; NULL when the watch has ended. */
static const char *skip(const struct ov_pattern *pattern, const char *p, const char *end,
                        struct ov_watch *watch)
{
    const char *from = p;

    while (p < end && !pattern->first[(unsigned char)*p])
        if (++p - from == SKIP_BYTES) {
            if (ov_watch_spend(watch, SKIP_BYTES) != OV_OK)
                return NULL;
            from = p;
        }
    return p;
}

int ov_pattern_match_watched(const struct ov_pattern *pattern, struct ov_str text,
                             struct ov_watch *watch)
{
    struct machine machine;
    struct list *now = &machine.lists[0], *then = &machine.lists[1], *other;
    const char *p = text.n == 0 ? "" : text.p, *end = p + text.n;
    uint32_t point;

    machine.pattern = pattern;
    machine.work = 0;
    now->n = 0;
    forget(&machine);
    if (add(&machine, now, 0, 1, p == end))
        return 1;
    while (p < end) {
        point = text_next(&p, end);
        if (point == 0 || advance(&machine, now, then, point, p, end))
            return point != 0;
        if (ov_watch_spend(watch, machine.work + 1) != OV_OK)
            return 0;
        machine.work = 0;
        other = now;
        now = then;
        then = other;
        if (now->n > 0 || pattern->anywhere)
            continue;
        p = skip(pattern, p, end, watch); /* nothing is under way */
        if (p == NULL)
            return 0;
        forget(&machine);
        if (p < end && add(&machine, now, 0, 0, 0))
            return 1;
    }
    return 0;
}

int ov_pattern_match(const struct ov_pattern *pattern, struct ov_str text)
{
    return ov_pattern_match_watched(pattern, text, NULL);
}

int32_t ov_pattern_new(struct ov_str text, struct ov_pattern **out, uint64_t *at,
                       struct ov_error *err)
{
    size_t n = (size_t)text.n;
    struct ov_pattern *pattern;
    int32_t code;

    if (at != NULL)
        *at = 0;
    if (text.n > PATTERN_BYTES)
        return ov_fail(err, OV_LIMIT, "pattern has %llu bytes, %u are allowed",
                       (unsigned long long)text.n, PATTERN_BYTES);
    if (!ov_utf8_valid(text))
        return ov_fail(err, OV_INVALID, "pattern is not UTF-8 or holds U+0000");
    pattern = calloc(1, sizeof(*pattern));
    if (pattern == NULL)
        return ov_no_memory(err);
    /* A character makes at most itself, a repetition and a join; "\W" makes 5 ranges. */
    pattern->pieces = calloc(3 * n + 2, sizeof(*pattern->pieces));
    pattern->ranges = calloc(4 * n + 8, sizeof(*pattern->ranges));
    pattern->sets = calloc(n + 1, sizeof(*pattern->sets));
    if (pattern->pieces == NULL || pattern->ranges == NULL || pattern->sets == NULL)
        code = ov_no_memory(err);
    else
        code = pattern_parse(pattern, text, at, err);
    if (code == OV_OK)
        code = pattern_compile(pattern, err);
    if (code != OV_OK) {
        ov_pattern_free(pattern);
        return code;
    }
    *out = pattern;
    return OV_OK;
}

void ov_pattern_free(struct ov_pattern *pattern)
{
    if (pattern == NULL)
        return;
    free(pattern->pieces);
    free(pattern->ranges);
    free(pattern->sets);
    free(pattern->steps);
    free(pattern);
}
