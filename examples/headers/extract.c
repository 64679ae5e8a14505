/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extract.c - comments and the declarations below them.
 *
 * No C parser: a comment that begins a line belongs to the first line of code below it,
 * when there is no blank line between. Its name is the macro of a #define, the tag of a
 * struct, union or enum, else the last word before '(', '[', '=', ',', ':' or ';'.
 */
#include "corpus.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MIN_WORDS 6
#define MAX_DECLARATION 600

static const char *const licences[] = {
    "copyright",        "spdx-license",         "general public license",
    "without warranty", "permission is hereby", "redistribution and use",
    "licensed under",   "all rights reserved",  "free software foundation",
};

/* Stands in some 200 comments of the C library and says nothing of the declaration. */
static const char boilerplate[] = "This function is a possible cancellation point and "
                                  "therefore not marked with __THROW.";

static char *read_file(const char *path)
{
    FILE *in = fopen(path, "rb");
    char *text = NULL;
    size_t n = 0, room = 0;

    if (in == NULL)
        return NULL;
    do {
        room = room == 0 ? 65536 : room * 2;
        text = realloc(text, room + 1);
        if (text == NULL)
            abort();
        n += fread(text + n, 1, room - n, in);
    } while (n == room);
    fclose(in);
    text[n] = '\0';
    return text;
}

/* The words of a comment, one blank between them; bytes beyond ASCII become '?'. */
static char *plain(const char *from, const char *to, int *words)
{
    char *text = malloc((size_t)(to - from) + 1), *out = text;
    int inside = 0, letters = 0;

    if (text == NULL)
        abort();
    *words = 0;
    for (; from < to; from++) {
        unsigned char c = (unsigned char)*from;

        if (isspace(c) || (c == '*' && !inside)) {
            *words += inside && letters > 0;
            inside = letters = 0;
            continue;
        }
        if (!inside && out > text)
            *out++ = ' ';
        inside = 1;
        letters += isalpha(c) != 0;
        *out++ = c < 0x80 ? (char)c : '?';
    }
    *words += inside && letters > 0;
    *out = '\0';
    return text;
}

static void drop_boilerplate(char *text)
{
    char *at = strstr(text, boilerplate);

    if (at != NULL)
        memmove(at, at + strlen(boilerplate), strlen(at + strlen(boilerplate)) + 1);
}

static int is_licence(const char *text)
{
    size_t i;

    for (i = 0; i < sizeof(licences) / sizeof(licences[0]); i++)
        if (strcasestr(text, licences[i]) != NULL)
            return 1;
    return 0;
}

/* A comment behind code speaks of that code, not of the line below. */
static int begins_line(const char *text, const char *at)
{
    while (at > text && (at[-1] == ' ' || at[-1] == '\t'))
        at--;
    return at == text || at[-1] == '\n';
}

/* The code on the next line. NULL: none. */
static const char *code_below(const char *at)
{
    int lines = 0;

    while (isspace((unsigned char)*at))
        lines += *at++ == '\n';
    if (*at == '\0' || lines != 1 || strncmp(at, "/*", 2) == 0 || *at == '}')
        return NULL;
    return at;
}

/* To the ';', '{' or, of a macro, the end of the line that is not continued. */
static const char *declaration_end(const char *at)
{
    const char *start = at;

    for (; *at != '\0' && at - start < MAX_DECLARATION; at++) {
        if (*start == '#' ? *at == '\n' && at[-1] != '\\' : *at == ';' || *at == '{')
            return *start == '#' ? at : at + 1;
        if (*start != '#' && *at == ',' && strchr("{(", *start) == NULL) {
            const char *open = memchr(start, '(', (size_t)(at - start));

            if (open == NULL)
                return at + 1;
        }
    }
    return at;
}

static int is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static char *word_at(const char *at, const char *end)
{
    const char *to;

    while (at < end && !is_word(*at))
        at++;
    for (to = at; to < end && is_word(*to);)
        to++;
    return to > at && !isdigit((unsigned char)*at) ? strndup(at, (size_t)(to - at))
                                                   : NULL;
}

/* The last word before stop. */
static char *word_before(const char *start, const char *stop)
{
    const char *from;

    while (stop > start && !is_word(stop[-1]))
        stop--;
    for (from = stop; from > start && is_word(from[-1]);)
        from--;
    return word_at(from, stop);
}

static char *declared_name(const char *start, const char *end)
{
    static const char *const tags[] = { "struct ", "union ", "enum " };
    size_t i;

    if (strncmp(start, "#define", 7) == 0 || strncmp(start, "# define", 8) == 0)
        return word_at(strstr(start, "define") + 6, end);
    if (*start == '#')
        return NULL;
    if (end > start && end[-1] == '{')
        for (i = 0; i < 3; i++) {
            const char *tag = strstr(start, tags[i]);

            if (tag != NULL && tag < end)
                return word_at(tag + strlen(tags[i]), end);
        }
    if (strncmp(start, "typedef", 7) == 0 &&
        memchr(start, '(', (size_t)(end - start)) == NULL)
        return word_before(start, end);
    return word_before(start, start + strcspn(start, "([=,:;{"));
}

int extract(const char *file, entry_fn *take, void *ctx)
{
    char *text = read_file(file);
    const char *at = text;
    int n = 0;

    if (text == NULL)
        return -1;
    while ((at = strstr(at, "/*")) != NULL) {
        const char *close = strstr(at + 2, "*/"), *below, *end;
        struct entry entry = { file, NULL, NULL, NULL };
        int words, ignored, above = begins_line(text, at);

        if (close == NULL)
            break;
        entry.comment = plain(at + 2, close, &words);
        drop_boilerplate(entry.comment);
        below = code_below(close + 2);
        at = close + 2;
        if (above && words >= MIN_WORDS && below != NULL && !is_licence(entry.comment)) {
            end = declaration_end(below);
            entry.declaration = plain(below, end, &ignored);
            entry.name = declared_name(below, end);
            if (entry.name != NULL) {
                take(ctx, &entry);
                n++;
            }
        }
        free(entry.comment);
        free(entry.declaration);
        free(entry.name);
    }
    free(text);
    return n;
}
