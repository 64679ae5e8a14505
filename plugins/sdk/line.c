/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.c - text of others that is about to be shown.
 *
 * A server's message, a key or a file name may hold what a terminal obeys (ESC, CR, C1)
 * or what turns the order of what is read (the marks of UAX #9). All of it is replaced
 * here, by rules of its own since the locale decides nothing.
 */
#include "internal.h"

#include <string.h>

static int is_unshown(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x061C ||
           point == 0x200E || point == 0x200F || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069);
}

int ov_text_unshown(const char *at, const char *end, uint64_t *n)
{
    const char *next = at;
    uint32_t point = (unsigned char)*at;

    *n = 1;
    if (point == 0)
        return 1;
    point = text_next(&next, end);
    if (point == 0)
        return 1;
    *n = (uint64_t)(next - at);
    return is_unshown(point);
}

uint64_t ov_text_tame(char *text, uint64_t n, int lines)
{
    char *out = text;

    for (uint64_t at = 0, step; at < n; at += step) {
        const char *from = text + at;

        if ((unsigned char)*from >= 0x20 && (unsigned char)*from < 0x7F) {
            *out++ = *from;
            step = 1;
            continue;
        }
        if (ov_text_unshown(from, text + n, &step) && !(lines && *from == '\n')) {
            *out++ = *from == '\n' || *from == '\r' || *from == '\t' ? ' ' : '?';
        } else {
            memmove(out, from, step);
            out += step;
        }
    }
    return (uint64_t)(out - text);
}

void ov_line_tame(char *line)
{
    line[ov_text_tame(line, strlen(line), 0)] = '\0';
}
