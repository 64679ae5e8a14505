/* SPDX-License-Identifier: Apache-2.0 */
/* values.c - units, truth words and spelling mistakes. */
#include "values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit duration_units[] = {
    { "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 }, { NULL, 0 },
};
static const struct unit size_units[] = {
    { "", 1 },
    { "B", 1 },
    { "KiB", INT64_C(1) << 10 },
    { "MiB", INT64_C(1) << 20 },
    { "GiB", INT64_C(1) << 30 },
    { "TiB", INT64_C(1) << 40 },
    { NULL, 0 },
};

static int read_quantity(const char *text, const struct unit *units, int64_t *out)
{
    int64_t number = 0;
    const char *p = text;

    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, *p - '0', &number))
            return -1;
    if (p == text)
        return -1;
    while (*p == ' ')
        p++;
    for (; units->name != NULL; units++)
        if (strcmp(p, units->name) == 0)
            return __builtin_mul_overflow(number, units->factor, out) ? -1 : 0;
    return -1;
}

int values_duration(const char *text, int64_t *ms)
{
    int64_t value;

    if (strcmp(text, "0") == 0) {
        *ms = 0;
        return 0;
    }
    if (read_quantity(text, duration_units, &value) != 0)
        return -1;
    *ms = value;
    return 0;
}

int values_size(const char *text, int64_t *bytes)
{
    int64_t value;

    if (read_quantity(text, size_units, &value) != 0)
        return -1;
    *bytes = value;
    return 0;
}

int values_bool(const char *text, int64_t *truth)
{
    if (values_among("yes true on 1", text))
        *truth = 1;
    else if (values_among("no false off 0", text))
        *truth = 0;
    else
        return -1;
    return 0;
}

/* The next word of words, or NULL; *words goes behind it. */
static const char *next_word(const char **words, size_t *n)
{
    const char *start = *words + strspn(*words, " ");

    *n = strcspn(start, " ");
    *words = start + *n;
    return *n > 0 ? start : NULL;
}

int values_among(const char *words, const char *word)
{
    size_t n, length = strlen(word);

    for (const char *w = next_word(&words, &n); w != NULL; w = next_word(&words, &n))
        if (n == length && memcmp(w, word, n) == 0)
            return 1;
    return 0;
}

#define LONGEST 63

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to insert, remove, replace or swap with their neighbour. */
static size_t count_edits(const char *a, size_t n, const char *b, size_t m)
{
    size_t row[3][LONGEST + 1] = { 0 };

    if (n > LONGEST || m > LONGEST)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3], *above = row[(i + 2) % 3], *over = row[(i + 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            now[j] = least(above[j], now[j - 1]) + 1;
            now[j] = least(now[j], above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], over[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

void values_nearest_begin(struct values_nearest *nearest, const char *asked)
{
    nearest->asked = asked;
    nearest->name = NULL;
    nearest->n = 0;
    nearest->distance = SIZE_MAX;
}

static void try_name(struct values_nearest *nearest, const char *name, size_t n)
{
    size_t distance = count_edits(nearest->asked, strlen(nearest->asked), name, n);

    if (distance < nearest->distance) {
        nearest->name = name;
        nearest->n = n;
        nearest->distance = distance;
    }
}

void values_nearest_try(struct values_nearest *nearest, const char *name)
{
    try_name(nearest, name, strlen(name));
}

void values_nearest_words(struct values_nearest *nearest, const char *words)
{
    size_t n;

    for (const char *w = next_word(&words, &n); w != NULL; w = next_word(&words, &n))
        try_name(nearest, w, n);
}

const char *values_hint(const struct values_nearest *nearest, char buffer[VALUES_HINT])
{
    buffer[0] = '\0';
    /* Every second letter wrong is another word, not a slip. */
    if (nearest->name != NULL && nearest->distance * 2 <= nearest->n)
        snprintf(buffer, VALUES_HINT, "; did you mean '%.*s'", (int)nearest->n,
                 nearest->name);
    return buffer;
}

#define BRIEF 64 /* bytes */

int values_brief(const char *text)
{
    size_t n = strnlen(text, BRIEF + 1);

    if (n > BRIEF)
        for (n = BRIEF; n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80; n--)
            ;
    return (int)n;
}
