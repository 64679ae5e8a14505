/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri.c - what OpenViking does to an address before it stores or looks for it.
 *
 * The scheme is matched with its case, after blanks; what follows it loses blanks and
 * slashes at its ends and gets one slash in front. Slashes inside stay: the path rules
 * fold them away later, and the caller gets his own spelling back.
 */
#include "uri.h"

#include <ov/sdk.h>

#include <string.h>

#define SCHEME "viking://"

int uri_field(struct ov_str name)
{
    return ov_str_equal(name, ov_str_of("uri")) ||
           ov_str_equal(name, ov_str_of("parent_uri"));
}

static int is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct ov_str strip_blanks(struct ov_str text)
{
    while (text.n > 0 && is_blank(text.p[0])) {
        text.p++;
        text.n--;
    }
    while (text.n > 0 && is_blank(text.p[text.n - 1]))
        text.n--;
    return text;
}

static struct ov_str strip_slashes(struct ov_str text)
{
    while (text.n > 0 && text.p[0] == '/') {
        text.p++;
        text.n--;
    }
    while (text.n > 0 && text.p[text.n - 1] == '/')
        text.n--;
    return text;
}

struct ov_str uri_encode(struct ov_arena *arena, struct ov_str text)
{
    struct ov_str body = strip_blanks(text), out;
    char *bytes;

    if (body.n < strlen(SCHEME) || memcmp(body.p, SCHEME, strlen(SCHEME)) != 0)
        return text;
    body.p += strlen(SCHEME);
    body.n -= strlen(SCHEME);
    body = strip_slashes(body);
    out.p = NULL;
    out.n = 0;
    bytes = ov_arena_take(arena, (size_t)body.n + 1);
    if (bytes == NULL)
        return out;
    bytes[0] = '/';
    memcpy(bytes + 1, body.p, (size_t)body.n);
    out.p = bytes;
    out.n = body.n + 1;
    return out;
}
