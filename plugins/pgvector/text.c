/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - growing text, and quoting. */
#include "text.h"

#include <ov/sdk.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int grow(struct text *text, size_t more)
{
    size_t room = text->room != 0 ? text->room : 256;
    char *p;

    if (text->failed)
        return 0;
    while (room - text->n <= more)
        room *= 2;
    if (room == text->room)
        return 1;
    p = realloc(text->p, room);
    if (p == NULL) {
        text->failed = 1;
        return 0;
    }
    text->p = p;
    text->room = room;
    return 1;
}

void text_bytes(struct text *text, const char *bytes, size_t n)
{
    if (!grow(text, n))
        return;
    if (n > 0)
        memcpy(text->p + text->n, bytes, n);
    text->n += n;
    text->p[text->n] = '\0';
}

void text_add(struct text *text, const char *part)
{
    text_bytes(text, part, strlen(part));
}

void text_format(struct text *text, const char *format, ...)
{
    char small[512];
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(small, sizeof(small), format, list);
    va_end(list);
    if (n < 0 || (size_t)n >= sizeof(small)) {
        text->failed = 1; /* callers give numbers and names, never this much */
        return;
    }
    text_bytes(text, small, (size_t)n);
}

void text_clear(struct text *text)
{
    free(text->p);
    memset(text, 0, sizeof(*text));
}

static void add_doubled(struct text *text, const char *bytes, size_t n, char quote)
{
    text_bytes(text, &quote, 1);
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == quote)
            text_bytes(text, &quote, 1);
        text_bytes(text, bytes + i, 1);
    }
    text_bytes(text, &quote, 1);
}

void text_name(struct text *text, const char *name)
{
    add_doubled(text, name, strlen(name), '"');
}

void text_qualified(struct text *text, const char *schema, const char *name)
{
    text_name(text, schema);
    text_add(text, ".");
    text_name(text, name);
}

static int needs_escape(struct ov_str value)
{
    uint64_t step;

    for (uint64_t i = 0; i < value.n; i += step)
        if (ov_text_unshown(value.p + i, value.p + value.n, &step) || value.p[i] == '\\')
            return 1;
    return 0;
}

/* Its bytes, as E'...' takes them. */
static void add_escaped(struct text *text, const char *at, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        text_format(text, "\\%03o", (unsigned char)at[i]);
}

/* A backslash means itself whatever standard_conforming_strings says, and what no note
 * shows as it is (a tab, a mark of direction) reaches an administrator all the same. */
void text_literal(struct text *text, struct ov_str value)
{
    uint64_t step;

    if (!needs_escape(value)) {
        add_doubled(text, value.n > 0 ? value.p : "", value.n, '\'');
        return;
    }
    text_add(text, "E'");
    for (uint64_t i = 0; i < value.n; i += step) {
        if (ov_text_unshown(value.p + i, value.p + value.n, &step)) {
            add_escaped(text, value.p + i, step);
            continue;
        }
        if (value.p[i] == '\\' || value.p[i] == '\'')
            text_bytes(text, value.p + i, 1);
        text_bytes(text, value.p + i, step);
    }
    text_add(text, "'");
}

void text_param(struct text *text, int n)
{
    text_format(text, "$%d", n);
}
