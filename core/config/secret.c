/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret.c - a secret as it is now: in the configuration, a file or a variable.
 *
 * Nothing of it is kept, so that a password that changes is seen at the next connect, and
 * no message holds it.
 */
#include "resolved.h"

#include "profile.h"
#include "trust.h"

#include <ov/sdk.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SECRET 16384 /* bytes */

int option_is_secret(const struct ov_option *option)
{
    return option->kind == OV_OPTION_SECRET || option->kind == OV_OPTION_URL;
}

static int32_t lend(const char *text, size_t n, char *buffer, uint64_t capacity,
                    uint64_t *length)
{
    memcpy(buffer, text, n < capacity ? n : (size_t)capacity);
    *length = n;
    return n <= capacity ? OV_OK : OV_LIMIT;
}

/* The file's content without its last newline. errno says why on OV_DENIED. */
static int32_t read_secret(const char *path, char *content, size_t *n)
{
    /* A pipe that nobody writes to must not hold up a connect. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), number;
    struct stat info;
    ssize_t got = 0;
    size_t used = 0;

    if (fd < 0)
        return OV_DENIED;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        errno = EINVAL;
        return OV_DENIED;
    }
    do {
        got = read(fd, content + used, MAX_SECRET + 2 - used);
        used += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && used < MAX_SECRET + 2) || (got < 0 && errno == EINTR));
    number = errno;
    close(fd);
    errno = number;
    if (got < 0)
        return OV_DENIED;
    if (used > 0 && content[used - 1] == '\n')
        used--;
    if (used > 0 && content[used - 1] == '\r')
        used--;
    *n = used;
    return used > MAX_SECRET || memchr(content, '\0', used) != NULL ? OV_INVALID : OV_OK;
}

int32_t options_secret(const struct options *options, uint32_t ordinal, char *buffer,
                       uint64_t capacity, uint64_t *length)
{
    const struct resolved *r = (const struct resolved *)options;
    const struct origin *origin;
    char content[MAX_SECRET + 2];
    const char *value;
    size_t n = 0;
    int32_t status;

    if (ordinal >= options->n || !option_is_secret(r->description->options[ordinal]))
        return OV_INVALID;
    origin = &r->origins[ordinal];
    switch (origin->source) {
    case SOURCE_NONE:
        return lend("", 0, buffer, capacity, length);
    case SOURCE_PLAIN:
        return lend(origin->text, strlen(origin->text), buffer, capacity, length);
    case SOURCE_ENV:
        value = secure_getenv(origin->text);
        if (value == NULL)
            return OV_INVALID;
        return lend(value, strlen(value), buffer, capacity, length);
    case SOURCE_FILE:
        break;
    }
    status = read_secret(origin->text, content, &n);
    if (status == OV_OK)
        status = lend(content, n, buffer, capacity, length);
    explicit_bzero(content, sizeof(content));
    return status;
}

/* What others may read is named and not refused: a file that is mounted into a container
 * is readable for all there as a rule. */
static void note_readers(struct resolved *r, const char *path, const char *who)
{
    char *said = r->options.open_to;
    size_t n = strlen(said), room = sizeof(r->options.open_to) - n;

    if (strstr(said, path) == NULL &&
        (size_t)snprintf(said + n, room, "%s'%s' can be read by %s", n > 0 ? "; " : "",
                         path, who) >= room)
        said[n] = '\0';
}

static int32_t check_file(struct resolved *r, const char *name, const char *path,
                          struct ov_error *err)
{
    struct ov_error why = OV_ERROR_INIT;
    char who[40];

    if (trust_secret(path, who, &why) != OV_OK)
        return ov_fail(err, OV_DENIED, "'%s_file': %s", name, why.message);
    if (who[0] != '\0')
        note_readers(r, path, who);
    return OV_OK;
}

/* In the file itself: an URL counts when it has something between ':' and '@'. */
static void check_plain(struct resolved *r, const struct ov_option *option,
                        const struct origin *origin)
{
    const char *rest = strstr(origin->text, "://");
    const char *at = rest == NULL ? NULL : strrchr(rest, '@');

    if (r->config->readers[0] == '\0' || origin->text == option->fallback)
        return;
    if (option->kind == OV_OPTION_SECRET || strstr(origin->text, "password") != NULL ||
        (at != NULL && memchr(rest + 3, ':', (size_t)(at - rest - 3)) != NULL))
        note_readers(r, r->config->origin, r->config->readers);
}

/* A secret that is not there is said now, not at the first connect. */
int32_t secret_check(struct resolved *r, uint32_t ordinal, struct ov_error *err)
{
    const struct origin *origin = &r->origins[ordinal];
    const char *name = r->description->options[ordinal]->name;
    char buffer[1];
    uint64_t n = 0;
    int32_t status = options_secret(&r->options, ordinal, buffer, 0, &n);

    if (status != OV_DENIED && origin->source == SOURCE_FILE &&
        check_file(r, name, origin->text, err) != OV_OK)
        return OV_DENIED;
    if (origin->source == SOURCE_PLAIN)
        check_plain(r, r->description->options[ordinal], origin);
    if (status == OV_DENIED)
        return ov_fail(err, OV_DENIED, "'%s_file' names '%s', which cannot be read: %s",
                       name, origin->text, strerrordesc_np(errno));
    if (status == OV_INVALID && origin->source == SOURCE_ENV)
        return ov_fail(err, OV_INVALID,
                       "'%s_env' names the environment variable '%s', which is not set",
                       name, origin->text);
    if (status == OV_INVALID)
        return ov_fail(err, OV_INVALID,
                       "'%s_file' names '%s', which is no text of up to %d bytes", name,
                       origin->text, MAX_SECRET);
    if (n == 0 && origin->source != SOURCE_PLAIN)
        return ov_fail(err, OV_INVALID, "'%s_%s' names '%s', which is empty", name,
                       origin->source == SOURCE_ENV ? "env" : "file", origin->text);
    return OV_OK;
}
