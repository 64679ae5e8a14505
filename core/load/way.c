/* SPDX-License-Identifier: Apache-2.0 */
/*
 * way.c - a path, one name after the other.
 *
 * What is left of the path stands in a buffer of its own; the target of a link is put
 * before it. A loop of links ends after as many as the kernel follows.
 */
#include "way.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MOST_LINKS 40

struct walk {
    struct way *way;
    char rest[PATH_MAX]; /* without '/' at its head */
    int links;
    way_fn *take;
    void *ctx;
};

static int fail(int number)
{
    errno = number;
    return -1;
}

/* Cut the next name off the rest; "" when there is none. */
static int next_name(struct walk *walk, char name[NAME_MAX + 1])
{
    char *rest = walk->rest + strspn(walk->rest, "/");
    size_t n = strcspn(rest, "/");

    if (n > NAME_MAX)
        return fail(ENAMETOOLONG);
    memcpy(name, rest, n);
    name[n] = '\0';
    rest += n;
    rest += strspn(rest, "/");
    memmove(walk->rest, rest, strlen(rest) + 1);
    return 0;
}

static int follow(struct walk *walk, const char *link, size_t parent)
{
    char target[PATH_MAX], whole[PATH_MAX];
    ssize_t n = readlink(link, target, sizeof(target) - 1);
    int length;

    if (n <= 0)
        return fail(n == 0 ? ENOENT : errno);
    if (++walk->links > MOST_LINKS)
        return fail(ELOOP);
    target[n] = '\0';
    length = snprintf(whole, sizeof(whole), "%s/%s", target, walk->rest);
    if (length < 0 || (size_t)length >= sizeof(whole))
        return fail(ENAMETOOLONG);
    walk->way->end[target[0] == '/' ? 1 : parent] = '\0';
    memcpy(walk->rest, whole, (size_t)length + 1);
    return 0;
}

static int go_up(struct way *way)
{
    char *slash = strrchr(way->end, '/');

    slash[slash == way->end ? 1 : 0] = '\0';
    return lstat(way->end, &way->info);
}

/* way->end is a directory, way->info its own. */
static int step(struct walk *walk, const char *name)
{
    struct way *way = walk->way;
    size_t parent = strlen(way->end), n = strlen(name);
    int root = parent == 1;
    struct stat info;

    if (parent + n + 2 > sizeof(way->end))
        return fail(ENAMETOOLONG);
    snprintf(way->end + parent, sizeof(way->end) - parent, "%s%s", root ? "" : "/", name);
    if (lstat(way->end, &info) != 0) {
        way->end[parent] = '\0';
        if (errno != ENOENT)
            return -1;
        way->missing = 1;
        return 0;
    }
    if (S_ISLNK(info.st_mode)) {
        char link[PATH_MAX];

        memcpy(link, way->end, sizeof(link));
        way->end[parent] = '\0';
        if (walk->take(walk->ctx, way->end, &way->info, &info))
            return 1;
        return follow(walk, link, parent) != 0 ? -1 : lstat(way->end, &way->info);
    }
    way->end[parent] = '\0';
    if (walk->take(walk->ctx, way->end, &way->info, &info))
        return 1;
    snprintf(way->end + parent, sizeof(way->end) - parent, "%s%s", root ? "" : "/", name);
    way->info = info;
    return 0;
}

int way_walk(const char *path, struct way *way, way_fn *take, void *ctx)
{
    struct walk walk = { .way = way, .take = take, .ctx = ctx };
    char name[NAME_MAX + 1];

    if (path[0] != '/' || strlen(path) >= sizeof(walk.rest))
        return fail(path[0] != '/' ? EINVAL : ENAMETOOLONG);
    strcpy(walk.rest, path);
    strcpy(way->end, "/");
    way->missing = 0;
    if (lstat("/", &way->info) != 0)
        return -1;
    while (!way->missing) {
        int stop;

        if (next_name(&walk, name) != 0)
            return -1;
        if (name[0] == '\0')
            return take(ctx, way->end, &way->info, NULL) ? 1 : 0;
        if (!S_ISDIR(way->info.st_mode))
            return fail(ENOTDIR);
        if (strcmp(name, ".") == 0)
            continue;
        stop = strcmp(name, "..") == 0 ? go_up(way) : step(&walk, name);
        if (stop != 0)
            return stop;
    }
    return 0;
}

int way_absolute(const char *path, char out[PATH_MAX])
{
    size_t n = 0, m = strlen(path);

    if (path[0] != '/') {
        if (getcwd(out, PATH_MAX) == NULL)
            return -1;
        n = strlen(out);
        if (n > 1)
            out[n++] = '/';
    }
    if (n + m >= PATH_MAX)
        return fail(ENAMETOOLONG);
    memcpy(out + n, path, m + 1);
    return 0;
}
