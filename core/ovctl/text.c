/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c - widths by ranges of code points.
 *
 * wcwidth() asks the locale, and under LC_ALL=C knows nothing; the answer here is the
 * same everywhere. Ranges: combining marks and format characters of Unicode 15, East
 * Asian Wide and Fullwidth (UAX #11), emoji shown wide.
 */
#include "text.h"

#include <ov/sdk.h>

#include <stdint.h>
#include <string.h>

struct range {
    uint32_t first, last;
};

static const struct range narrow_none[] = {
    { 0x0300, 0x036F },   { 0x0483, 0x0489 }, { 0x0591, 0x05BD }, { 0x0610, 0x061A },
    { 0x064B, 0x065F },   { 0x0E31, 0x0E31 }, { 0x0E34, 0x0E3A }, { 0x0E47, 0x0E4E },
    { 0x1AB0, 0x1AFF },   { 0x1DC0, 0x1DFF }, { 0x200B, 0x200F }, { 0x202A, 0x202E },
    { 0x2060, 0x2064 },   { 0x20D0, 0x20FF }, { 0xFE00, 0xFE0F }, { 0xFE20, 0xFE2F },
    { 0xE0100, 0xE01EF },
};

static const struct range wide[] = {
    { 0x1100, 0x115F },   { 0x2E80, 0x303E },   { 0x3041, 0xA4CF },
    { 0xA960, 0xA97C },   { 0xAC00, 0xD7A3 },   { 0xF900, 0xFAFF },
    { 0xFE30, 0xFE6F },   { 0xFF00, 0xFF60 },   { 0xFFE0, 0xFFE6 },
    { 0x1F300, 0x1F64F }, { 0x1F680, 0x1F6FF }, { 0x1F900, 0x1F9FF },
    { 0x1FA70, 0x1FAFF }, { 0x20000, 0x3FFFD },
};

static int is_in(const struct range *ranges, size_t n, uint32_t point)
{
    for (size_t i = 0; i < n; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return 1;
    return 0;
}

/* One character; what is no UTF-8 counts as one byte, one column. */
static size_t read_character(const char *text, size_t *width)
{
    const unsigned char *p = (const unsigned char *)text;
    uint32_t point = *p;
    size_t n = 1;

    if (*p >= 0xC2 && *p < 0xF5) {
        n = *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : 4;
        point = *p & (0x7Fu >> n);
        for (size_t i = 1; i < n; i++) {
            if ((p[i] & 0xC0) != 0x80) {
                *width = 1;
                return 1;
            }
            point = point << 6 | (p[i] & 0x3Fu);
        }
    }
    *width = 1;
    if (is_in(narrow_none, sizeof(narrow_none) / sizeof(narrow_none[0]), point))
        *width = 0;
    else if (is_in(wide, sizeof(wide) / sizeof(wide[0]), point))
        *width = 2;
    return n;
}

size_t text_width(const char *text)
{
    size_t columns = 0, width;

    while (*text != '\0') {
        text += read_character(text, &width);
        columns += width;
    }
    return columns;
}

size_t text_front(const char *text, size_t columns, size_t *taken)
{
    const char *p = text;
    size_t used = 0, width;

    while (*p != '\0') {
        size_t n = read_character(p, &width);

        if (used + width > columns)
            break;
        used += width;
        p += n;
    }
    *taken = used;
    return (size_t)(p - text);
}

void text_tame(char *text)
{
    ov_line_tame(text);
}

void text_tame_lines(char *text)
{
    text[ov_text_tame(text, strlen(text), 1)] = '\0';
}
