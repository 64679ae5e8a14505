/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.c - looking through the directories of a search path.
 *
 * libltdl has a walk of its own, which cuts names, skips what it cannot read without a
 * word and follows .la files elsewhere; so the names are read here.
 */
#include "candidate.h"

#include <ov/sdk.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "libov_backend_"
#define SUFFIX ".so"

int scan_name(const char *file, char name[32])
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    size_t n;

    if (strncmp(file, PREFIX, strlen(PREFIX)) != 0)
        return 0;
    file += strlen(PREFIX);
    n = strspn(file, allowed);
    if (n == 0 || n > 31 || file[0] < 'a' || file[0] > 'z' ||
        strcmp(file + n, SUFFIX) != 0)
        return 0;
    memset(name, 0, 32);
    memcpy(name, file, n);
    return 1;
}

struct file_id file_id_of(const struct stat *info)
{
    struct file_id id = { info->st_dev, info->st_ino, info->st_size, info->st_mtim };

    return id;
}

int file_same(const struct file_id *a, const struct file_id *b)
{
    return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
           a->written.tv_sec == b->written.tv_sec &&
           a->written.tv_nsec == b->written.tv_nsec;
}

/* What may be read of a file with a provider's name. */
static int32_t examine(int directory, struct candidate *candidate)
{
    struct stat info;
    int32_t status = OV_OK;
    int fd =
        openat(directory, candidate->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &info) != 0) {
        verdict_set(&candidate->found, VERDICT_FILE_UNREADABLE, "cannot be opened: %s",
                    strerrordesc_np(errno));
    } else if (S_ISREG(info.st_mode) ||
               !verdict_give(
                   &candidate->found, VERDICT_NOT_REGULAR, "is a %s, not a regular file",
                   S_ISDIR(info.st_mode) ? "directory" : "device, pipe or socket")) {
        candidate->id = file_id_of(&info);
        status = trust_file(fd, candidate);
        if (status == OV_OK && candidate->found.verdict == VERDICT_OK)
            status = preflight_file(fd, candidate);
    }
    if (fd >= 0)
        close(fd);
    return status;
}

static int32_t take_file(int directory, const char *folder, const char *path,
                         struct catalogue *into, struct ov_error *err)
{
    struct candidate *candidate = catalogue_add(into, folder, path);

    if (candidate == NULL)
        return ov_no_memory(err);
    if (!scan_name(candidate->file, candidate->name) &&
        verdict_give(
            &candidate->found, VERDICT_FILE_NAME,
            "'%s' is not named libov_backend_NAME.so, NAME being [a-z][a-z0-9_]* "
            "of at most 31 letters",
            candidate->file))
        return OV_OK;
    return examine(directory, candidate) == OV_OK ? OV_OK : ov_no_memory(err);
}

/* ----------------------------------------------------------------- directories */

struct names {
    char **items;
    size_t n, room;
};

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->items[i]);
    free(names->items);
}

static int add_name(struct names *names, const char *name)
{
    char *copy;

    if (names->n == names->room) {
        size_t room = names->room == 0 ? 16 : names->room * 2;
        char **grown = reallocarray(names->items, room, sizeof(*grown));

        if (grown == NULL)
            return -1;
        names->items = grown;
        names->room = room;
    }
    copy = strdup(name);
    if (copy == NULL)
        return -1;
    names->items[names->n++] = copy;
    return 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* *fault: errno of a directory that could not be read to its end. */
static int32_t read_names(DIR *dir, struct names *names, int *fault)
{
    const struct dirent *entry;

    while (errno = 0, (entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            add_name(names, entry->d_name) != 0)
            return OV_NO_SPACE;
    *fault = errno;
    if (names->n > 0)
        qsort(names->items, names->n, sizeof(names->items[0]), by_bytes);
    return OV_OK;
}

static char *join(const char *folder, const char *file)
{
    size_t n = strlen(folder), m = strlen(file);
    int slash = n > 0 && folder[n - 1] != '/';
    char *path = malloc(n + m + 2);

    if (path == NULL)
        return NULL;
    memcpy(path, folder, n);
    if (slash)
        path[n++] = '/';
    memcpy(path + n, file, m + 1);
    return path;
}

static int32_t take_names(int directory, const char *folder, const char *as_found,
                          const struct names *names, struct catalogue *into)
{
    for (size_t i = 0; i < names->n; i++) {
        char *path = join(as_found, names->items[i]);
        int32_t status =
            path == NULL ? OV_NO_SPACE : take_file(directory, folder, path, into, NULL);

        free(path);
        if (status != OV_OK)
            return status;
    }
    return OV_OK;
}

/* A verdict on a directory, as a line of the catalogue. */
static int32_t report(struct catalogue *into, const char *path, enum verdict verdict,
                      const char *reason)
{
    struct candidate *candidate = catalogue_add(into, NULL, path);

    if (candidate == NULL)
        return OV_NO_SPACE;
    verdict_set(&candidate->found, verdict, "%s", reason);
    return OV_OK;
}

static int32_t walk(DIR *dir, const char *folder, const char *as_found,
                    struct catalogue *into)
{
    struct names names = { 0 };
    int fault = 0;
    int32_t status = read_names(dir, &names, &fault);

    if (status == OV_OK && fault != 0)
        status = report(into, as_found, VERDICT_DIR_UNREADABLE, strerrordesc_np(fault));
    if (status == OV_OK)
        status = take_names(dirfd(dir), folder, as_found, &names, into);
    free_names(&names);
    return status;
}

static int32_t report_fault(struct catalogue *into, const char *path, int fault)
{
    if (fault == ENOENT)
        return report(into, path, VERDICT_DIR_MISSING, "there is no such directory");
    if (fault == ENOTDIR)
        return report(into, path, VERDICT_NOT_DIRECTORY,
                      "a part of the plugin path is a file, not a directory");
    if (fault == ENOMEM)
        return OV_NO_SPACE;
    return report(into, path, VERDICT_DIR_UNREADABLE, strerrordesc_np(fault));
}

/* Directories that were walked before, by their true names. */
static int walked_before(const struct names *seen, const char *folder)
{
    for (size_t i = 0; i < seen->n; i++)
        if (strcmp(seen->items[i], folder) == 0)
            return 1;
    return 0;
}

static int32_t take_directory(const char *path, struct names *seen,
                              struct catalogue *into)
{
    char folder[PATH_MAX];
    DIR *dir;
    int32_t status;

    if (path[0] == '\0' && !verdict_off(VERDICT_PATH_EMPTY))
        return report(into, path, VERDICT_PATH_EMPTY,
                      "a part of the plugin path is empty");
    if (path[0] != '/' && !verdict_off(VERDICT_PATH_RELATIVE))
        return report(into, path, VERDICT_PATH_RELATIVE,
                      "a part of the plugin path does not begin with '/'");
    if (realpath(path, folder) == NULL)
        return report_fault(into, path, errno);
    if (walked_before(seen, folder) && !verdict_off(VERDICT_PATH_REPEATED))
        return report(into, path, VERDICT_PATH_REPEATED,
                      "this directory stands on the plugin path already");
    dir = opendir(folder);
    if (dir == NULL)
        return report_fault(into, path, errno);
    status = add_name(seen, folder) == 0 ? walk(dir, folder, path, into) : OV_NO_SPACE;
    closedir(dir);
    return status;
}

int32_t scan_path(const char *path, struct catalogue *into, struct ov_error *err)
{
    struct names seen = { 0 };
    char *copy = strdup(path), *rest = copy, *part;
    int32_t status = copy == NULL ? OV_NO_SPACE : OV_OK;

    while (status == OV_OK && (part = strsep(&rest, ":")) != NULL)
        status = take_directory(part, &seen, into);
    free_names(&seen);
    free(copy);
    return status == OV_OK ? OV_OK : ov_no_memory(err);
}

int32_t scan_file(const char *path, struct catalogue *into, struct ov_error *err)
{
    const char *slash = strrchr(path, '/');
    char *above = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    char folder[PATH_MAX];
    int32_t status = OV_NO_SPACE;
    int directory = -1;

    if (above == NULL)
        return ov_no_memory(err);
    if (realpath(above, folder) == NULL ||
        (directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        status = report_fault(into, path, errno);
    else
        status = take_file(directory, folder, path, into, NULL);
    if (directory >= 0)
        close(directory);
    free(above);
    return status == OV_OK ? OV_OK : ov_no_memory(err);
}
