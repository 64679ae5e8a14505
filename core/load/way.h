/* SPDX-License-Identifier: Apache-2.0 */
/*
 * way.h - everything that decides what a path leads to.
 *
 * realpath() tells where a way ends and not what it passed: a symbolic link in the middle
 * can be turned by whoever may write the directory that holds it. So the way is walked
 * name by name as the kernel does it, and each directory on it is shown.
 */
#ifndef OV_CORE_WAY_H
#define OV_CORE_WAY_H

#include <limits.h>
#include <sys/stat.h>

/* A directory on the way, and what it holds of it (a link itself, not its target); or
 * the end of the way, with next NULL. 1: stop. */
typedef int way_fn(void *ctx, const char *path, const struct stat *info,
                   const struct stat *next);

struct way {
    char end[PATH_MAX]; /* without symbolic links */
    struct stat info;   /* of the end */
    int missing;        /* the end is not there: info and end are of the directory in
                         * which it, or the next name to it, would be made */
};

/* path begins with '/'. 0: walked; 1: stopped; -1: errno, ENOENT is no failure. */
int way_walk(const char *path, struct way *way, way_fn *take, void *ctx);

/* path as seen from the working directory; 0, or -1 when it is too long. */
int way_absolute(const char *path, char out[PATH_MAX]);

#endif
