/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mask.c - a connection text as it may be printed.
 *
 * Two forms are known, "scheme://user:password@host/db?name=value" and libpq's
 * "name = 'value' ...". What cannot be read as one of them is hidden as a whole.
 */
#include "options.h"

#include <stdio.h>
#include <string.h>

struct sink {
    char *buffer;
    size_t n, room;
};

static void add(struct sink *sink, const char *text, size_t n)
{
    size_t left = sink->room - 1 - sink->n;

    if (n > left)
        n = left;
    memcpy(sink->buffer + sink->n, text, n);
    sink->n += n;
    sink->buffer[sink->n] = '\0';
}

static void hide(struct sink *sink)
{
    add(sink, "***", 3);
}

/* A name that may stand for a secret; one with %XX may be any name. */
static int names_secret(const char *name, size_t n)
{
    static const char *const words[] = { "pass", "pwd",  "secret", "token",
                                         "key",  "cred", "auth",   "%" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t m = strlen(words[i]);

        for (size_t at = 0; at + m <= n; at++)
            if (strncasecmp(name + at, words[i], m) == 0)
                return 1;
    }
    return 0;
}

static void mask_query(struct sink *sink, const char *p)
{
    while (*p != '\0') {
        size_t n = strcspn(p, "&"), name = strcspn(p, "=&");

        if (name < n && names_secret(p, name)) {
            add(sink, p, name + 1);
            hide(sink);
        } else {
            add(sink, p, n);
        }
        p += n;
        if (*p == '&')
            add(sink, p++, 1);
    }
}

/* An '@' in a password that nobody encoded: so the last one counts. */
static void mask_uri(struct sink *sink, const char *url, const char *rest)
{
    const char *at = strrchr(rest, '@'), *colon = strchr(rest, ':'), *query;

    if (at != NULL && colon != NULL && colon < at) {
        add(sink, url, (size_t)(colon - url) + 1);
        hide(sink);
        url = at;
    }
    query = strchr(url, '?');
    if (query == NULL) {
        add(sink, url, strlen(url));
        return;
    }
    add(sink, url, (size_t)(query - url) + 1);
    mask_query(sink, query + 1);
}

/* Behind one value of "name = value" settings, by libpq's rules. NULL: it never ends. */
static const char *skip_value(const char *p)
{
    if (*p != '\'') {
        for (; *p != '\0' && strchr(" \t\n", *p) == NULL; p++)
            if (*p == '\\' && p[1] != '\0')
                p++;
        return p;
    }
    for (p++; *p != '\0' && *p != '\''; p++)
        if (*p == '\\' && p[1] != '\0')
            p++;
    return *p == '\'' ? p + 1 : NULL;
}

static void mask_settings(struct sink *sink, const char *p)
{
    while (*p != '\0') {
        size_t blanks = strspn(p, " \t\n"), name = strcspn(p + blanks, "= \t\n");
        const char *equals = p + blanks + name, *value, *end;

        if (p[blanks] == '\0')
            return;
        equals += strspn(equals, " \t\n");
        value = equals + (*equals == '=');
        value += strspn(value, " \t\n");
        end = *equals == '=' ? skip_value(value) : NULL;
        add(sink, p, *equals == '=' ? (size_t)(value - p) : blanks);
        if (end == NULL || names_secret(p + blanks, name))
            hide(sink);
        else
            add(sink, value, (size_t)(end - value));
        if (end == NULL)
            return;
        p = end;
    }
}

char *options_mask_url(const char *url, char *buffer, size_t room)
{
    struct sink sink = { buffer, 0, room };
    const char *scheme = strstr(url, "://");

    buffer[0] = '\0';
    if (scheme != NULL && strcspn(url, "=' \t\n") >= (size_t)(scheme - url))
        mask_uri(&sink, url, scheme + 3);
    else if (strchr(url, '=') != NULL)
        mask_settings(&sink, url);
    else if (url[0] != '\0')
        hide(&sink);
    return buffer;
}
