/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url.c - whether libpq can make something of a connection text.
 *
 * What goes wrong most is a password with a character that should have been encoded, and
 * libpq's complaints repeat the part that they are about: then that part is the
 * password's. So the text is looked at before libpq connects with it, and hardly
 * anything of it is repeated.
 */
#include "url.h"

#include "link.h"

#include <string.h>
#include <sys/stat.h>

#define MEANT "; in a password '%' is written %25, '/' %2F and '@' %40"

struct complaint {
    const char *libpq, *ours;
};

static const struct complaint complaints[] = {
    { "missing \"=\"", "has a word without '='; a value with blanks stands in '...'" },
    { "unterminated", "has a quote without its end" },
    { "invalid percent", "has a '%' that no two hexadecimal digits follow" MEANT },
    { "forbidden value", "has a %00" MEANT },
    { "end of string", "has a '[' without ']'" },
    { "IPv6", "has an empty address in '[]'" },
    { "unexpected char", "has neither ':' nor '/' behind the host" MEANT },
    { "unexpected spaces", "has a blank; libpq from 18 on takes it as %20 only" },
    { "missing key", "has a parameter without '='" },
    { "extra key", "has a parameter with two '='; in a value it is written %3D" },
};

static int begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static int is_uri(const char *url)
{
    return begins(url, "postgresql://") || begins(url, "postgres://");
}

static int32_t refuse(const char *what, struct ov_error *err)
{
    return ov_fail(err, OV_INVALID, "option 'url' %s", what);
}

/* The name of a parameter helps whoever mistyped it; a plain word only, and none beside a
 * password among settings: one with a blank and without quotes goes on as a name. */
static int32_t refuse_name(const char *url, const char *message, struct ov_error *err)
{
    const char *name = strchr(message, '"');
    size_t n = name != NULL ? strspn(name + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;
    int may_be_secret = !is_uri(url) && strstr(url, "password") != NULL;

    if (n == 0 || n > 32 || name[n + 1] != '"' || may_be_secret)
        return refuse("has a parameter that libpq does not know", err);
    return ov_fail(err, OV_INVALID,
                   "option 'url' has '%.*s', a parameter that libpq does not know",
                   (int)n, name + 1);
}

static int32_t translate(const char *url, const char *message, struct ov_error *err)
{
    if (message == NULL || strstr(message, "out of memory") != NULL)
        return ov_no_memory(err);
    for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++)
        if (begins(message, complaints[i].libpq))
            return refuse(complaints[i].ours, err);
    if (begins(message, "invalid URI query") || begins(message, "invalid connection opt"))
        return refuse_name(url, message, err);
    return refuse("is neither a libpq URI nor libpq's NAME=VALUE settings", err);
}

/* An '@' behind the first '/' of a URI: what stands before it was no host. One behind
 * another: libpq takes the first, and a part of the password becomes host or database,
 * which every complaint repeats. */
static int32_t check_ats(const char *url, struct ov_error *err)
{
    const char *rest = strstr(url, "://") + 3;
    size_t end = strcspn(rest, "@/");
    int second = rest[end] == '@';
    const char *behind = rest + end + second;

    if (memchr(behind, '@', strcspn(behind, "?")) == NULL ||
        (!second && memchr(rest, '?', end) != NULL))
        return OV_OK;
    return refuse(
        second ? "has more than one '@'" MEANT : "has an '@' behind a '/'" MEANT, err);
}

/* Whoever may write these files decides whom we trust, or as whom we come. That a key is
 * readable by others libpq refuses itself. */
static int32_t check_file(const char *keyword, const char *path, struct ov_error *err)
{
    static const char *const names[] = { "sslkey", "sslcert", "sslrootcert", "sslcrl",
                                         "passfile" };
    struct stat info;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], keyword) == 0 && stat(path, &info) == 0 &&
            ((info.st_mode & S_IWOTH) != 0 ||
             ((info.st_mode & S_IWGRP) != 0 && info.st_gid != info.st_uid)))
            return ov_fail(
                err, OV_DENIED,
                "option 'url': the %s '%.160s' has mode %04o: others may write "
                "it; chmod go-w it",
                keyword, path, (unsigned int)info.st_mode & 07777);
    return OV_OK;
}

static int32_t check_parts(const PQconninfoOption *part, struct ov_error *err)
{
    for (; part->keyword != NULL; part++) {
        const char *value = part->val != NULL ? part->val : "";

        if (strcmp(part->keyword, "host") == 0 && strchr(value, '@') != NULL &&
            strchr(value, '/') == NULL)
            return refuse("has an '@' in its host" MEANT, err);
        if (strcmp(part->keyword, "port") == 0 &&
            value[strspn(value, "0123456789, ")] != '\0')
            return refuse("has a port that is no number" MEANT, err);
        if (check_file(part->keyword, value, err) != OV_OK)
            return OV_DENIED;
    }
    return OV_OK;
}

int32_t url_check(const char *url, struct ov_error *err)
{
    PQconninfoOption *parts;
    char *message = NULL;
    locale_t before;
    int32_t status;

    if (!is_uri(url) && strchr(url, '=') == NULL)
        return translate(url, "", err);
    if (is_uri(url) && check_ats(url, err) != OV_OK)
        return OV_INVALID;
    before = link_english(); /* the complaints are told by their words */
    parts = PQconninfoParse(url, &message);
    link_as_before(before);
    status = parts != NULL ? check_parts(parts, err) : translate(url, message, err);
    PQconninfoFree(parts);
    PQfreemem(message);
    return status;
}
