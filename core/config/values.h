/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values.h - words of a configuration: durations, sizes, yes and no, and the nearest
 * name to one that nobody knows. Whatever the locale is.
 */
#ifndef OV_CORE_VALUES_H
#define OV_CORE_VALUES_H

#include <ov/value.h>

/* 0, or -1 and out untouched. A whole number and a unit: ms s min h; "0" alone is 0. */
int values_duration(const char *text, int64_t *ms);
/* A whole number, bytes; with B KiB MiB GiB TiB behind it if wanted. */
int values_size(const char *text, int64_t *bytes);
/* yes no true false on off 1 0 */
int values_bool(const char *text, int64_t *truth);

/* 1 when word is one of words, which have blanks between them. */
int values_among(const char *words, const char *word);

/* The nearest of several names. */
struct values_nearest {
    const char *asked;
    const char *name; /* the best so far, or NULL */
    size_t n;         /* its length */
    size_t distance;
};
void values_nearest_begin(struct values_nearest *nearest, const char *asked);
void values_nearest_try(struct values_nearest *nearest, const char *name);
void values_nearest_words(struct values_nearest *nearest, const char *words);

/* "; did you mean 'url'", or "" when no name is near. */
#define VALUES_HINT 80
const char *values_hint(const struct values_nearest *nearest, char buffer[VALUES_HINT]);

/* For "%.*s": as much of a text as a message quotes, whole characters. */
int values_brief(const char *text);

#endif
