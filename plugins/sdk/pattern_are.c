/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern_are.c - a pattern as an advanced regular expression of PostgreSQL.
 *
 * In (?p) mode '.' and negated brackets never match a newline, while ^ and $ stay the
 * ends of the text. Our negated classes may match a newline, so it is added again.
 * Classes are written out: what \d means there depends on the server's locale.
 */
#include "pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    const struct ov_pattern *pattern;
    char *text; /* NULL while counting */
    size_t n;
};

static void put(struct writer *to, const char *text, size_t n)
{
    if (to->text != NULL)
        memcpy(to->text + to->n, text, n);
    to->n += n;
}

static void put_str(struct writer *to, const char *text)
{
    put(to, text, strlen(text));
}

static int is_plain(uint32_t point)
{
    uint32_t small = point | 0x20;

    return point > 0x9F || (point >= '0' && point <= '9') ||
           (small >= 'a' && small <= 'z' && point < 0x80);
}

/* As the server reads it, inside brackets and outside. */
static void put_char(struct writer *to, uint32_t point)
{
    char bytes[8];

    if (is_plain(point))
        put(to, bytes, text_put(point, bytes));
    else
        put(to, bytes, (size_t)snprintf(bytes, sizeof(bytes), "\\u%04x", point));
}

static void put_range(struct writer *to, uint32_t low, uint32_t high)
{
    if (low == 0) /* no text holds it, and the server cannot read it */
        low = 1;
    if (low >= 0xD800 && low <= 0xDFFF)
        low = 0xE000;
    if (high >= 0xD800 && high <= 0xDFFF)
        high = 0xD7FF;
    if (low > high)
        return;
    put_char(to, low);
    if (high > low) {
        if (high > low + 1)
            put_str(to, "-");
        put_char(to, high);
    }
}

/* The gaps between the ranges of a set that reaches to the last code point. */
static void put_gaps(struct writer *to, const struct set *set)
{
    const struct range *ranges = to->pattern->ranges + set->first;
    uint32_t low = 0, i;

    for (i = 0; i < set->n; i++) {
        if (ranges[i].low > low)
            put_range(to, low, ranges[i].low - 1);
        low = ranges[i].high + 1;
    }
}

static void put_set(struct writer *to, const struct set *set)
{
    const struct range *ranges = to->pattern->ranges + set->first;
    int newline = pattern_set_has(to->pattern, set, '\n');
    uint32_t i;

    if (set->n == 0) {
        put_str(to, "[^\\u0001-\\U0010ffff]");
    } else if (ranges[0].low == 0 && ranges[0].high == OV_CODE_POINT_MAX) {
        put_str(to, "(?:.|\\n)");
    } else if (ranges[set->n - 1].high == OV_CODE_POINT_MAX) {
        put_str(to, newline ? "(?:[^" : "[^");
        put_gaps(to, set);
        put_str(to, newline ? "]|\\n)" : "]");
    } else {
        put_str(to, "[");
        for (i = 0; i < set->n; i++)
            put_range(to, ranges[i].low, ranges[i].high);
        put_str(to, "]");
    }
}

static void put_piece(struct writer *to, uint32_t at);

static void put_group(struct writer *to, uint32_t at)
{
    put_str(to, "(?:");
    put_piece(to, at);
    put_str(to, ")");
}

static void put_bounds(struct writer *to, const struct piece *piece)
{
    char text[16];

    if (piece->max == PATTERN_MORE)
        snprintf(text, sizeof(text), "{%d,}", piece->min);
    else
        snprintf(text, sizeof(text), "{%d,%d}", piece->min, piece->max);
    put_str(to, text);
}

static void put_repeat(struct writer *to, const struct piece *piece)
{
    enum piece_kind kind = to->pattern->pieces[piece->a].kind;

    if (piece->max == 0)
        return;
    if (pattern_is_still(to->pattern, piece->a)) {
        if (piece->min > 0)
            put_group(to, piece->a);
        return;
    }
    if (kind == PIECE_CHAR || kind == PIECE_SET || kind == PIECE_ANY)
        put_piece(to, piece->a);
    else
        put_group(to, piece->a);
    put_bounds(to, piece);
}

/* Alternatives bind least: beside something they stand in a group. */
static void put_beside(struct writer *to, uint32_t at)
{
    if (to->pattern->pieces[at].kind == PIECE_EITHER)
        put_group(to, at);
    else
        put_piece(to, at);
}

static void put_piece(struct writer *to, uint32_t at)
{
    const struct piece *piece = &to->pattern->pieces[at];

    switch (piece->kind) {
    case PIECE_EMPTY:
        break;
    case PIECE_CHAR:
        put_char(to, piece->a);
        break;
    case PIECE_SET:
        put_set(to, &to->pattern->sets[piece->a]);
        break;
    case PIECE_ANY:
        put_str(to, ".");
        break;
    case PIECE_BEGIN:
        put_str(to, "^");
        break;
    case PIECE_END:
        put_str(to, "$");
        break;
    case PIECE_BOTH:
        put_beside(to, piece->a);
        put_beside(to, piece->b);
        break;
    case PIECE_EITHER:
        put_piece(to, piece->a);
        put_str(to, "|");
        put_piece(to, piece->b);
        break;
    case PIECE_REPEAT:
    default:
        put_repeat(to, piece);
    }
}

char *ov_pattern_to_are(const struct ov_pattern *pattern)
{
    struct writer to = { pattern, NULL, 0 };
    int pass;

    for (pass = 0; pass < 2; pass++) {
        to.n = 0;
        put_str(&to, "(?p)");
        put_piece(&to, pattern->root);
        put(&to, "", 1);
        if (pass == 0 && (to.text = malloc(to.n)) == NULL)
            return NULL;
    }
    return to.text;
}
