/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern_parse.c - the text of a pattern to a tree.
 *
 *     alternatives = branch { "|" branch }
 *     branch       = { piece }
 *     piece        = atom [ "*" | "+" | "?" | "{m}" | "{m,}" | "{m,n}" ]
 *     atom         = "(" ["?:"] alternatives ")" | class | "." | "^" | "$" | escape |
 * char
 *
 * What other dialects give a meaning of their own ("[:", a lone "{", "*?") is refused
 * and not guessed.
 */
#include "pattern.h"

#include <stdlib.h>
#include <string.h>

struct parser {
    struct ov_pattern *pattern;
    const char *begin, *at, *end;
    uint64_t fault;
    struct ov_error *err;
};

static uint32_t refuse(struct parser *parser, const char *at, const char *why)
{
    parser->fault = (uint64_t)(at - parser->begin);
    ov_fail(parser->err, OV_INVALID, "pattern '%.*s': %s at byte %llu",
            (int)(parser->end - parser->begin < 128 ? parser->end - parser->begin : 128),
            parser->begin, why, (unsigned long long)parser->fault);
    return OV_NONE;
}

static int next_is(const struct parser *parser, char c)
{
    return parser->at < parser->end && *parser->at == c;
}

static int take(struct parser *parser, char c)
{
    int is = next_is(parser, c);

    parser->at += is;
    return is;
}

static uint32_t add_piece(struct parser *parser, enum piece_kind kind, uint32_t a,
                          uint32_t b)
{
    struct ov_pattern *pattern = parser->pattern;

    pattern->pieces[pattern->n_pieces] = (struct piece){ kind, a, b, 0, 0 };
    return pattern->n_pieces++;
}

/* -------------------------------------------------------------------- sets */

static void add_range(struct ov_pattern *pattern, uint32_t low, uint32_t high)
{
    pattern->ranges[pattern->n_ranges++] = (struct range){ low, high };
}

/* Sorted and merged from first on. */
static void merge_ranges(struct ov_pattern *pattern, uint32_t first)
{
    struct range *ranges = pattern->ranges;
    uint32_t n = first, i, j;

    for (i = first + 1; i < pattern->n_ranges; i++) {
        struct range moved = ranges[i];

        for (j = i; j > first && ranges[j - 1].low > moved.low; j--)
            ranges[j] = ranges[j - 1];
        ranges[j] = moved;
    }
    for (i = first; i < pattern->n_ranges; i++) {
        if (n > first && ranges[i].low <= ranges[n - 1].high + 1) {
            if (ranges[i].high > ranges[n - 1].high)
                ranges[n - 1].high = ranges[i].high;
        } else {
            ranges[n++] = ranges[i];
        }
    }
    pattern->n_ranges = n;
}

/* All code points but those in the (merged) ranges from first on. */
static void negate_ranges(struct ov_pattern *pattern, uint32_t first)
{
    struct range *ranges = pattern->ranges;
    uint32_t low = 0, n = first, i;

    for (i = first; i < pattern->n_ranges; i++) {
        struct range taken = ranges[i];

        if (taken.low > low)
            ranges[n++] = (struct range){ low, taken.low - 1 };
        low = taken.high + 1;
    }
    if (low <= OV_CODE_POINT_MAX)
        ranges[n++] = (struct range){ low, OV_CODE_POINT_MAX };
    pattern->n_ranges = n;
}

/* \d \w \s and their complements; 0 when the letter names none. */
static int add_letter_class(struct ov_pattern *pattern, char letter)
{
    static const struct range digits[] = { { '0', '9' } };
    static const struct range words[] = {
        { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' }
    };
    static const struct range blanks[] = { { '\t', '\r' }, { ' ', ' ' } };
    char small = letter | 0x20;
    const struct range *of = small == 'd' ? digits : small == 'w' ? words : blanks;
    uint32_t n = small == 'd' ? 1 : small == 'w' ? 4 : 2, low = 0, i;

    if (small != 'd' && small != 'w' && small != 's')
        return 0;
    for (i = 0; i < n; i++) {
        if (letter == small)
            add_range(pattern, of[i].low, of[i].high);
        else
            add_range(pattern, low, of[i].low - 1);
        low = of[i].high + 1;
    }
    if (letter != small)
        add_range(pattern, low, OV_CODE_POINT_MAX);
    return 1;
}

static uint32_t add_set(struct parser *parser, uint32_t first)
{
    struct ov_pattern *pattern = parser->pattern;
    struct set set = { first, pattern->n_ranges - first, { 0, 0 } };
    uint32_t i, point;

    for (i = first; i < pattern->n_ranges; i++)
        for (point = pattern->ranges[i].low;
             point <= pattern->ranges[i].high && point < 128; point++)
            set.ascii[point / 64] |= UINT64_C(1) << point % 64;
    pattern->sets[pattern->n_sets] = set;
    return add_piece(parser, PIECE_SET, pattern->n_sets++, 0);
}

/* ------------------------------------------------------------------ escapes */

/* The character that a backslash and c stand for; 0 when they stand for none. */
static uint32_t escaped(char c)
{
    if (c == 't')
        return '\t';
    if (c == 'n')
        return '\n';
    if (c == 'r')
        return '\r';
    if (c >= ' ' && c < 0x7f && !(c >= '0' && c <= '9') &&
        !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
        return (uint32_t)c;
    return 0;
}

/* One character, maybe escaped; 0 after a refusal. */
static uint32_t parse_char(struct parser *parser)
{
    const char *from = parser->at;
    uint32_t point;

    if (!take(parser, '\\'))
        return text_next(&parser->at, parser->end);
    point = parser->at == parser->end ? 0 : escaped(*parser->at);
    if (point == 0)
        refuse(parser, from, "no such escape");
    parser->at++;
    return point;
}

static int is_letter_class(const struct parser *parser)
{
    return parser->end - parser->at >= 2 && *parser->at == '\\' &&
           strchr("dwsDWS", parser->at[1]) != NULL;
}

/* -------------------------------------------------------------------- class */

/* One item: a letter class, a character, a range. -1 after a refusal. */
static int parse_item(struct parser *parser)
{
    const char *from = parser->at;
    uint32_t low, high;

    if (is_letter_class(parser)) {
        add_letter_class(parser->pattern, parser->at[1]);
        parser->at += 2;
        if (next_is(parser, '-') && parser->end - parser->at > 1 &&
            parser->at[1] != ']') {
            refuse(parser, from, "a range cannot begin with a class");
            return -1;
        }
        return 0;
    }
    if (*from == '[' && parser->end - from > 1 && strchr(":.=", from[1]) != NULL) {
        refuse(parser, from, "no named classes");
        return -1;
    }
    low = high = parse_char(parser);
    if (low == 0)
        return -1;
    if (next_is(parser, '-') && parser->end - parser->at > 1 && parser->at[1] != ']') {
        parser->at++;
        if (is_letter_class(parser)) {
            refuse(parser, parser->at, "a range cannot end with a class");
            return -1;
        }
        high = parse_char(parser);
        if (high == 0)
            return -1;
        if (high < low) {
            refuse(parser, from, "a range runs backwards");
            return -1;
        }
    }
    add_range(parser->pattern, low, high);
    return 0;
}

/* Behind the '['. */
static uint32_t parse_class(struct parser *parser)
{
    const char *from = parser->at - 1;
    uint32_t first = parser->pattern->n_ranges;
    int negated = take(parser, '^');

    if (next_is(parser, ']'))
        return refuse(parser, from, "an empty class");
    while (parser->at < parser->end && *parser->at != ']')
        if (parse_item(parser) != 0)
            return OV_NONE;
    if (!take(parser, ']'))
        return refuse(parser, from, "a class without end");
    merge_ranges(parser->pattern, first);
    if (negated)
        negate_ranges(parser->pattern, first);
    return add_set(parser, first);
}

/* --------------------------------------------------------------------- tree */

static uint32_t parse_alternatives(struct parser *parser);

/* Behind the '('. */
static uint32_t parse_group(struct parser *parser)
{
    const char *from = parser->at - 1;
    uint32_t inside;

    if (take(parser, '?') && !take(parser, ':'))
        return refuse(parser, from, "no look-around, no options");
    inside = parse_alternatives(parser);
    if (inside != OV_NONE && !take(parser, ')'))
        return refuse(parser, from, "a group without end");
    return inside;
}

static uint32_t parse_atom(struct parser *parser)
{
    uint32_t first = parser->pattern->n_ranges, point;

    if (strchr("*+?{", *parser->at) != NULL)
        return refuse(parser, parser->at, "nothing to repeat");
    if (take(parser, '('))
        return parse_group(parser);
    if (take(parser, '['))
        return parse_class(parser);
    if (take(parser, '.'))
        return add_piece(parser, PIECE_ANY, 0, 0);
    if (take(parser, '^'))
        return add_piece(parser, PIECE_BEGIN, 0, 0);
    if (take(parser, '$'))
        return add_piece(parser, PIECE_END, 0, 0);
    if (is_letter_class(parser)) {
        add_letter_class(parser->pattern, parser->at[1]);
        parser->at += 2;
        return add_set(parser, first);
    }
    point = parse_char(parser);
    return point == 0 ? OV_NONE : add_piece(parser, PIECE_CHAR, point, 0);
}

/* -1 when there are no digits, or far too many. */
static int parse_number(struct parser *parser)
{
    int value = -1, n = 0;

    for (; parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9' && n < 9;
         parser->at++, n++)
        value = (value < 0 ? 0 : value) * 10 + (*parser->at - '0');
    return value;
}

/* Behind the '{'. -1 after a refusal. */
static int parse_bounds(struct parser *parser, int *min, int *max)
{
    const char *from = parser->at - 1;

    *min = *max = parse_number(parser);
    if (*min >= 0 && take(parser, ','))
        *max = next_is(parser, '}') ? PATTERN_MORE : parse_number(parser);
    if (*min < 0 || !take(parser, '}'))
        refuse(parser, from, "bounds are not {m}, {m,} or {m,n}");
    else if (*min > PATTERN_REPEAT || *max > PATTERN_REPEAT)
        refuse(parser, from, "more than 255 repetitions");
    else if (*max != PATTERN_MORE && *max < *min)
        refuse(parser, from, "bounds run backwards");
    else
        return 0;
    return -1;
}

/* 1: a repetition was read, 0: there is none, -1 after a refusal. */
static int parse_repetition(struct parser *parser, int *min, int *max)
{
    *min = 0;
    *max = PATTERN_MORE;
    if (take(parser, '*'))
        return 1;
    if (take(parser, '+')) {
        *min = 1;
        return 1;
    }
    if (take(parser, '?')) {
        *max = 1;
        return 1;
    }
    if (!take(parser, '{'))
        return 0;
    return parse_bounds(parser, min, max) == 0 ? 1 : -1;
}

static uint32_t parse_piece(struct parser *parser)
{
    uint32_t atom = parse_atom(parser);
    const char *from = parser->at;
    enum piece_kind kind;
    int min, max, found;

    if (atom == OV_NONE)
        return OV_NONE;
    kind = parser->pattern->pieces[atom].kind;
    found = parse_repetition(parser, &min, &max);
    if (found <= 0)
        return found == 0 ? atom : OV_NONE;
    if (from[-1] != ')' && (kind == PIECE_BEGIN || kind == PIECE_END))
        return refuse(parser, from, "nothing to repeat");
    if (parser->at < parser->end && strchr("*+?{", *parser->at) != NULL)
        return refuse(parser, parser->at, "a repetition of a repetition");
    atom = add_piece(parser, PIECE_REPEAT, atom, 0);
    parser->pattern->pieces[atom].min = min;
    parser->pattern->pieces[atom].max = max;
    return atom;
}

static uint32_t parse_branch(struct parser *parser)
{
    uint32_t branch = OV_NONE, piece;

    while (parser->at < parser->end && *parser->at != '|' && *parser->at != ')') {
        piece = parse_piece(parser);
        if (piece == OV_NONE)
            return OV_NONE;
        branch = branch == OV_NONE ? piece : add_piece(parser, PIECE_BOTH, branch, piece);
    }
    return branch == OV_NONE ? add_piece(parser, PIECE_EMPTY, 0, 0) : branch;
}

static uint32_t parse_alternatives(struct parser *parser)
{
    uint32_t left = parse_branch(parser), right;

    while (left != OV_NONE && take(parser, '|')) {
        right = parse_branch(parser);
        left = right == OV_NONE ? OV_NONE : add_piece(parser, PIECE_EITHER, left, right);
    }
    return left;
}

int32_t pattern_parse(struct ov_pattern *pattern, struct ov_str text, uint64_t *at,
                      struct ov_error *err)
{
    struct parser parser = {
        .pattern = pattern, .begin = text.p, .at = text.p, .err = err
    };

    parser.end = text.n == 0 ? text.p : text.p + text.n;
    pattern->root = parse_alternatives(&parser);
    if (pattern->root != OV_NONE && parser.at < parser.end)
        pattern->root = refuse(&parser, parser.at, "')' without '('");
    if (pattern->root != OV_NONE)
        return OV_OK;
    if (at != NULL)
        *at = parser.fault;
    return OV_INVALID;
}
