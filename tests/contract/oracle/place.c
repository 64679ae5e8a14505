/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.c - paths and places, by contract 3.5, 3.7 and 3.9.
 */
#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

char *o_path(const char *text, size_t n)
{
    char *out = malloc(n + 2), *end = out;
    size_t i = 0;

    while (i < n) {
        size_t stop = i;
        while (stop < n && text[stop] != '/')
            stop++;
        if (stop > i) {
            *end++ = '/';
            memcpy(end, text + i, stop - i);
            end += stop - i;
        }
        i = stop + 1;
    }
    *end = '\0';
    return out;
}

int o_path_below(const char *path, const char *top)
{
    size_t n = strlen(top);
    int levels = 0;

    if (strncmp(path, top, n) != 0)
        return -1;
    if (path[n] != '\0' && path[n] != '/')
        return -1;
    for (const char *p = path + n; *p; p++)
        levels += *p == '/';
    return levels;
}

static const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
        p++;
    return p;
}

int o_geo(const char *text, double lon_lat[2])
{
    const char *p = text;

    for (int i = 0; i < 2; i++) {
        size_t n;
        json_t *number;
        char copy[64];

        p = skip_blanks(p);
        n = strspn(p, "+-0123456789.eE");
        if (n == 0 || n >= sizeof(copy))
            return -1;
        /* Jansson reads numbers alike in every locale, but strictly as JSON has them. */
        memcpy(copy, p + (*p == '+'), n - (*p == '+'));
        copy[n - (*p == '+')] = '\0';
        number = json_loads(copy, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
        if (!json_is_real(number)) {
            json_decref(number);
            return -1;
        }
        lon_lat[i] = json_real_value(number);
        json_decref(number);
        p = skip_blanks(p + n);
        if (*p != (i == 0 ? ',' : '\0'))
            return -1;
        p++;
    }
    return fabs(lon_lat[0]) <= 180 && fabs(lon_lat[1]) <= 90 ? 0 : -1;
}

int o_is_uri_field(const struct o_field *field)
{
    return field->kind == O_PATH &&
           (strcmp(field->name, "uri") == 0 || strcmp(field->name, "parent_uri") == 0);
}

char *o_uri(const char *text)
{
    const char *begin = skip_blanks(text), *end = begin + strlen(begin);
    char *out;

    while (end > begin && strchr(" \t\r\n", end[-1]) != NULL)
        end--;
    if (end - begin < 9 || strncmp(begin, "viking://", 9) != 0)
        return NULL;
    begin += 9;
    while (begin < end && *begin == '/')
        begin++;
    while (end > begin && end[-1] == '/')
        end--;
    out = malloc((size_t)(end - begin) + 2);
    out[0] = '/';
    memcpy(out + 1, begin, (size_t)(end - begin));
    out[1 + (end - begin)] = '\0';
    return out;
}
