/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern.c - the pattern dialect, matched the naive way.
 *
 * A part of a pattern maps the set of places where it may begin to the set of places
 * where it may end; a pattern is found when the set of all places maps to any.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>

enum part_kind { P_ONE, P_BEGIN, P_END, P_SEQUENCE, P_CHOICE, P_REPEAT };

struct range {
    uint32_t low, high;
};

struct part {
    enum part_kind kind;
    int negated;
    struct range *ranges; /* P_ONE */
    size_t n_ranges;
    struct part **children;
    size_t n_children;
    unsigned least, most; /* P_REPEAT; most 0xFFFFFFFF: any number */
};

struct o_pattern {
    struct part *whole;
};

struct reader {
    const uint32_t *p, *end;
    int bad;
};

static uint32_t *decode(const char *text, size_t n, size_t *count)
{
    uint32_t *out = malloc((n + 1) * sizeof(*out));
    size_t k = 0;

    for (size_t i = 0; i < n; k++) {
        unsigned char c = (unsigned char)text[i];
        size_t more = c < 0x80 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
        uint32_t value = more == 0 ? c : c & (0x3Fu >> more);
        for (i++; more > 0; more--, i++)
            value = value << 6 | ((unsigned char)text[i] & 0x3F);
        out[k] = value;
    }
    *count = k;
    return out;
}

static struct part *part_new(enum part_kind kind)
{
    struct part *part = calloc(1, sizeof(*part));
    part->kind = kind;
    return part;
}

static void part_free(struct part *part)
{
    for (size_t i = 0; i < part->n_children; i++)
        part_free(part->children[i]);
    free(part->children);
    free(part->ranges);
    free(part);
}

static void add_child(struct part *part, struct part *child)
{
    part->children =
        realloc(part->children, (part->n_children + 1) * sizeof(struct part *));
    part->children[part->n_children++] = child;
}

static void add_range(struct part *part, uint32_t low, uint32_t high)
{
    part->ranges = realloc(part->ranges, (part->n_ranges + 1) * sizeof(struct range));
    part->ranges[part->n_ranges++] = (struct range){ low, high };
}

/* What lies between the named ranges, for \D \W \S inside a class. */
static void add_rest(struct part *part, const struct range *ranges, size_t n)
{
    uint32_t from = 0;

    for (size_t i = 0; i < n; i++) {
        if (ranges[i].low > from)
            add_range(part, from, ranges[i].low - 1);
        from = ranges[i].high + 1;
    }
    add_range(part, from, 0x10FFFF);
}

static int add_named(struct part *part, uint32_t letter)
{
    static const struct range digit[] = { { '0', '9' } };
    static const struct range word[] = {
        { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' }
    };
    static const struct range blank[] = { { '\t', '\r' }, { ' ', ' ' } };
    const struct range *ranges;
    size_t n;

    switch (letter | 0x20) {
    case 'd':
        ranges = digit, n = 1;
        break;
    case 'w':
        ranges = word, n = 4;
        break;
    case 's':
        ranges = blank, n = 2;
        break;
    default:
        return 0;
    }
    if (letter & 0x20)
        for (size_t i = 0; i < n; i++)
            add_range(part, ranges[i].low, ranges[i].high);
    else
        add_rest(part, ranges, n);
    return 1;
}

/* The character an escape stands for, or sets bad. */
static uint32_t escaped(struct reader *in, uint32_t c)
{
    if (c == 't')
        return '\t';
    if (c == 'n')
        return '\n';
    if (c == 'r')
        return '\r';
    if (c < 0x80 && c > ' ' && strchr("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", (int)c))
        return c;
    in->bad = 1;
    return c;
}

/* One end of a range, or a named class (then 1). */
static int class_item(struct reader *in, struct part *part, uint32_t *out)
{
    uint32_t c = *in->p++;

    *out = c;
    if (c != '\\')
        return 0;
    if (in->p == in->end) {
        in->bad = 1;
        return 0;
    }
    c = *in->p++;
    if (c < 0x80 && add_named(part, c))
        return 1;
    *out = escaped(in, c);
    return 0;
}

static struct part *read_class(struct reader *in)
{
    struct part *part = part_new(P_ONE);

    if (in->p < in->end && *in->p == '^') {
        part->negated = 1;
        in->p++;
    }
    if (in->p < in->end && *in->p == ']')
        in->bad = 1; /* an empty class */
    while (!in->bad && in->p < in->end && *in->p != ']') {
        uint32_t low, high;
        int named = class_item(in, part, &low);

        if (in->end - in->p >= 2 && in->p[0] == '-' && in->p[1] != ']') {
            in->p++;
            if (named || class_item(in, part, &high) || high < low)
                in->bad = 1;
            else
                add_range(part, low, high);
        } else if (!named) {
            add_range(part, low, low);
        }
    }
    if (in->p == in->end)
        in->bad = 1;
    else
        in->p++;
    return part;
}

static struct part *read_choice(struct reader *in, int depth);

static struct part *read_escape(struct reader *in)
{
    struct part *part = part_new(P_ONE);
    uint32_t c;

    if (in->p == in->end) {
        in->bad = 1;
        return part;
    }
    c = *in->p++;
    if (c >= 0x80 || !add_named(part, c)) {
        c = escaped(in, c);
        add_range(part, c, c);
    }
    return part;
}

static struct part *read_atom(struct reader *in, int depth)
{
    struct part *part;
    uint32_t c = *in->p++;

    switch (c) {
    case '(':
        part = read_choice(in, depth + 1);
        if (in->p == in->end || *in->p != ')')
            in->bad = 1;
        else
            in->p++;
        return part;
    case '[':
        return read_class(in);
    case '\\':
        return read_escape(in);
    case '^':
        return part_new(P_BEGIN);
    case '$':
        return part_new(P_END);
    case '.':
        part = part_new(P_ONE);
        part->negated = 1;
        add_range(part, '\n', '\n');
        return part;
    case '*':
    case '+':
    case '?':
    case '{':
        in->bad = 1;
        return part_new(P_BEGIN);
    default:
        part = part_new(P_ONE);
        add_range(part, c, c);
        return part;
    }
}

static int read_number(struct reader *in, unsigned *out)
{
    unsigned value = 0;
    int n = 0;

    for (; in->p < in->end && *in->p >= '0' && *in->p <= '9' && n < 4; in->p++, n++)
        value = value * 10 + (*in->p - '0');
    *out = value;
    return n > 0 && value <= 255;
}

static void read_braces(struct reader *in, unsigned *least, unsigned *most)
{
    if (!read_number(in, least))
        in->bad = 1;
    *most = *least;
    if (in->p < in->end && *in->p == ',') {
        in->p++;
        *most = 0xFFFFFFFF;
        if (in->p < in->end && *in->p != '}' && !read_number(in, most))
            in->bad = 1;
    }
    if (in->p == in->end || *in->p != '}' || *most < *least)
        in->bad = 1;
    else
        in->p++;
}

static struct part *read_repeat(struct reader *in, int depth)
{
    struct part *atom = read_atom(in, depth), *part;
    unsigned least = 0, most = 0xFFFFFFFF;

    if (in->bad || in->p == in->end)
        return atom;
    if (*in->p != '*' && *in->p != '+' && *in->p != '?' && *in->p != '{')
        return atom;
    if (*in->p == '+')
        least = 1;
    if (*in->p == '?')
        most = 1;
    if (*in->p++ == '{')
        read_braces(in, &least, &most);
    if (in->p < in->end && (*in->p == '*' || *in->p == '+' || *in->p == '?'))
        in->bad = 1;
    part = part_new(P_REPEAT);
    part->least = least;
    part->most = most;
    add_child(part, atom);
    return part;
}

static struct part *read_choice(struct reader *in, int depth)
{
    struct part *choice = part_new(P_CHOICE), *sequence = part_new(P_SEQUENCE);

    add_child(choice, sequence);
    if (depth > 40)
        in->bad = 1;
    while (!in->bad && in->p < in->end && *in->p != ')') {
        if (*in->p == '|') {
            in->p++;
            sequence = part_new(P_SEQUENCE);
            add_child(choice, sequence);
        } else {
            add_child(sequence, read_repeat(in, depth));
        }
    }
    return choice;
}

struct o_pattern *o_pattern_new(const char *text, size_t n)
{
    size_t count;
    uint32_t *points = decode(text, n, &count);
    struct reader in = { points, points + count, n > 1024 };
    struct o_pattern *pattern = malloc(sizeof(*pattern));

    pattern->whole = read_choice(&in, 0);
    if (in.p < in.end)
        in.bad = 1;
    free(points);
    if (in.bad) {
        o_pattern_free(pattern);
        return NULL;
    }
    return pattern;
}

void o_pattern_free(struct o_pattern *pattern)
{
    if (pattern == NULL)
        return;
    part_free(pattern->whole);
    free(pattern);
}

/* One byte a place, 0 to n. */
struct places {
    const uint32_t *text;
    size_t n;
};

static int is_one_of(const struct part *part, uint32_t c)
{
    for (size_t i = 0; i < part->n_ranges; i++)
        if (c >= part->ranges[i].low && c <= part->ranges[i].high)
            return !part->negated;
    return part->negated;
}

static void follow(const struct part *part, const struct places *in, char *set);

static void follow_repeat(const struct part *part, const struct places *in, char *set)
{
    char *all, *now;
    int grew = 1;

    for (unsigned i = 0; i < part->least; i++)
        follow(part->children[0], in, set);
    all = malloc(in->n + 1);
    now = malloc(in->n + 1);
    memcpy(all, set, in->n + 1);
    memcpy(now, set, in->n + 1);
    for (unsigned i = part->least; i < part->most && grew; i++) {
        grew = 0;
        follow(part->children[0], in, now);
        for (size_t k = 0; k <= in->n; k++) {
            now[k] = now[k] && !all[k];
            all[k] |= now[k];
            grew |= now[k];
        }
    }
    memcpy(set, all, in->n + 1);
    free(all);
    free(now);
}

static void follow_choice(const struct part *part, const struct places *in, char *set)
{
    char *from = malloc(in->n + 1), *one = malloc(in->n + 1);

    memcpy(from, set, in->n + 1);
    memset(set, 0, in->n + 1);
    for (size_t i = 0; i < part->n_children; i++) {
        memcpy(one, from, in->n + 1);
        follow(part->children[i], in, one);
        for (size_t k = 0; k <= in->n; k++)
            set[k] |= one[k];
    }
    free(from);
    free(one);
}

static void follow(const struct part *part, const struct places *in, char *set)
{
    switch (part->kind) {
    case P_ONE:
        for (size_t k = in->n; k > 0; k--)
            set[k] = set[k - 1] && is_one_of(part, in->text[k - 1]);
        set[0] = 0;
        break;
    case P_BEGIN:
        memset(set + 1, 0, in->n);
        break;
    case P_END:
        memset(set, 0, in->n);
        break;
    case P_SEQUENCE:
        for (size_t i = 0; i < part->n_children; i++)
            follow(part->children[i], in, set);
        break;
    case P_CHOICE:
        follow_choice(part, in, set);
        break;
    case P_REPEAT:
        follow_repeat(part, in, set);
        break;
    }
}

int o_pattern_found(const struct o_pattern *pattern, const char *text, size_t n)
{
    struct places in;
    uint32_t *points = decode(text, n, &in.n);
    char *set = malloc(in.n + 1);
    int found;

    in.text = points;
    memset(set, 1, in.n + 1);
    follow(pattern->whole, &in, set);
    found = memchr(set, 1, in.n + 1) != NULL;
    free(set);
    free(points);
    return found;
}
