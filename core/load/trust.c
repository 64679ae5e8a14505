/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust.c - who could have put the file there.
 *
 * Whoever may write a file, or rename something in a directory on the way to it, runs
 * code in this process. So nobody but its owner may, from the root down along every
 * symbolic link to the file. A sticky directory (/tmp) passes when what it holds of the
 * way is root's or ours: nobody else can rename that.
 */
#include "trust.h"

#include "candidate.h"
#include "way.h"

#include <ov/sdk.h>

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

struct trust trust_of_process(void)
{
    struct trust trust = { geteuid(), getauxval(AT_SECURE) != 0 };

    return trust;
}

static int ours(const struct trust *trust, const struct stat *info)
{
    return info->st_uid == 0 || info->st_uid == trust->user;
}

enum trust_fault trust_judge(const struct trust *trust, const char *path,
                             const struct stat *info, const struct stat *next,
                             char why[TRUST_WHY])
{
    int sheltered = next != NULL && (info->st_mode & S_ISVTX) != 0 && ours(trust, next);
    char who[40];

    if (!sheltered && trust_others_may(trust, TRUST_WRITE, path, info, who)) {
        snprintf(why, TRUST_WHY, "has mode %04o: %s may write it",
                 (unsigned int)info->st_mode & 07777, who);
        return TRUST_WRITABLE;
    }
    if (!ours(trust, info)) {
        snprintf(why, TRUST_WHY, "belongs to user %u", (unsigned int)info->st_uid);
        return TRUST_OWNER;
    }
    return TRUST_GOOD;
}

/* ------------------------------------------------------------------- providers */

int trust_entry(const struct trust *trust, const char *path, const struct stat *info,
                const struct stat *next, struct candidate *candidate)
{
    char why[TRUST_WHY];
    enum trust_fault fault = trust_judge(trust, path, info, next, why);

    if (fault == TRUST_WRITABLE &&
        verdict_give(&candidate->found,
                     S_ISDIR(info->st_mode) ? VERDICT_DIR_WRITABLE
                                            : VERDICT_FILE_WRITABLE,
                     "'%s' %s", path, why))
        return 1;
    if (fault == TRUST_OWNER && trust->raised &&
        verdict_give(&candidate->found, VERDICT_OWNER,
                     "'%s' %s, and this process has raised privileges", path, why))
        return 1;
    if (fault == TRUST_OWNER)
        verdict_warn(candidate->warning, sizeof(candidate->warning), VERDICT_OWNER,
                     "'%.200s' %s", path, why);
    return 0;
}

struct visit {
    struct trust trust;
    struct candidate *candidate;
};

static int visit_entry(void *ctx, const char *path, const struct stat *info,
                       const struct stat *next)
{
    const struct visit *visit = ctx;

    return trust_entry(&visit->trust, path, info, next, visit->candidate);
}

/* 1: stop. It must lead to the file that is open. */
static int check_way(int fd, const char *path, struct candidate *candidate)
{
    struct visit visit = { trust_of_process(), candidate };
    struct stat info;
    struct way way;
    int stopped = way_walk(path, &way, visit_entry, &visit);

    if (stopped > 0)
        return 1;
    if (stopped < 0 || way.missing || fstat(fd, &info) != 0 ||
        info.st_dev != way.info.st_dev || info.st_ino != way.info.st_ino)
        return verdict_set(&candidate->found, VERDICT_FILE_UNREADABLE,
                           "'%s' went away while it was looked at", path);
    return 0;
}

int32_t trust_file(int fd, struct candidate *candidate)
{
    char given[PATH_MAX], loaded[PATH_MAX];
    size_t n = strlen(candidate->folder);

    if (n + strlen(candidate->file) + 2 > sizeof(loaded) ||
        way_absolute(candidate->path, given) != 0) {
        verdict_set(&candidate->found, VERDICT_FILE_UNREADABLE, "the path is too long");
        return OV_OK;
    }
    strcpy(stpcpy(stpcpy(loaded, candidate->folder), n > 1 ? "/" : ""), candidate->file);
    if (!check_way(fd, given, candidate) && strcmp(given, loaded) != 0)
        (void)check_way(fd, loaded, candidate);
    return OV_OK;
}

/* --------------------------------------------------------------- operator's files */

struct orders {
    struct trust trust;
    const char *file;
    struct ov_error *err;
};

static int refuse_orders(void *ctx, const char *path, const struct stat *info,
                         const struct stat *next)
{
    const struct orders *orders = ctx;
    char why[TRUST_WHY];
    enum trust_fault fault = trust_judge(&orders->trust, path, info, next, why);
    int way = next != NULL;

    if (fault == TRUST_GOOD)
        return 0;
    ov_fail(orders->err, OV_DENIED,
            "'%.120s' %s%s%.100s%s; what that file says is obeyed, so it is not read as "
            "user %u: %s, or give it by '-c /dev/stdin'",
            path, why, way ? ", and holds the way to '" : "", way ? orders->file : "",
            way ? "'" : "", (unsigned int)orders->trust.user,
            fault == TRUST_OWNER ? "chown it to that user or to root" : "chmod go-w it");
    return 1;
}

/* Opened before this process asked for it, by whoever started it. */
static int is_descriptor(const char *path)
{
    return strcmp(path, "/dev/stdin") == 0 || strncmp(path, "/dev/fd/", 8) == 0 ||
           strncmp(path, "/proc/self/fd/", 14) == 0;
}

int32_t trust_orders(int fd, const char *path, struct ov_error *err)
{
    struct orders orders = { trust_of_process(), path, err };
    char whole[PATH_MAX];
    struct stat info;
    struct way way;
    int stopped;

    if (is_descriptor(path))
        return OV_OK;
    if (fstat(fd, &info) != 0 || way_absolute(path, whole) != 0)
        return ov_fail(err, OV_INVALID, "'%s' cannot be looked at: %s", path,
                       strerrordesc_np(errno));
    stopped = way_walk(whole, &way, refuse_orders, &orders);
    if (stopped > 0)
        return OV_DENIED;
    if (stopped < 0 || way.missing || info.st_dev != way.info.st_dev ||
        info.st_ino != way.info.st_ino)
        return ov_fail(err, OV_DENIED, "'%s' went away while it was looked at", path);
    return OV_OK;
}

struct secret {
    struct trust trust;
    struct ov_error *err;
};

/* Whose it is does not matter: it decides nothing but a connect, and a container often
 * gets it from outside. */
static int refuse_secret(void *ctx, const char *path, const struct stat *info,
                         const struct stat *next)
{
    const struct secret *secret = ctx;
    char why[TRUST_WHY];

    if (trust_judge(&secret->trust, path, info, next, why) != TRUST_WRITABLE)
        return 0;
    ov_fail(secret->err, OV_DENIED, "'%.200s' %s; chmod go-w it", path, why);
    return 1;
}

int32_t trust_secret(const char *path, char who[40], struct ov_error *err)
{
    struct secret secret = { trust_of_process(), err };
    struct way way;

    who[0] = '\0';
    if (is_descriptor(path))
        return OV_OK;
    switch (way_walk(path, &way, refuse_secret, &secret)) {
    case 0:
        break;
    case 1:
        return OV_DENIED;
    default:
        return ov_fail(err, OV_DENIED, "'%.200s' cannot be looked at: %s", path,
                       strerrordesc_np(errno));
    }
    if (!way.missing)
        (void)trust_others_may(&secret.trust, TRUST_READ, way.end, &way.info, who);
    return OV_OK;
}
