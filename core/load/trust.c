/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust.c - who could have put the file there.
 *
 * Whoever may write a file, or rename something in a directory on the way to it, runs
 * code in this process. So nobody but its owner may, from the file up to the root, by
 * the directory's name and by where symbolic links lead. A sticky directory (/tmp)
 * passes when what it holds of the way is root's or ours: nobody else can rename that.
 */
#include "candidate.h"

#include <ov/sdk.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

struct trust trust_of_process(void)
{
    struct trust trust = { geteuid(), getegid(), getauxval(AT_SECURE) != 0 };

    return trust;
}

static int ours(const struct trust *trust, const struct stat *info)
{
    return info->st_uid == 0 || info->st_uid == trust->user;
}

/* A user's own group has the user's number, or is the one that this process runs in. */
static int group_is_owners(const struct trust *trust, const struct stat *info)
{
    return info->st_gid == info->st_uid ||
           (info->st_uid == trust->user && info->st_gid == trust->group);
}

int trust_entry(const struct trust *trust, const char *path, const struct stat *info,
                const struct stat *next, struct candidate *candidate)
{
    int sheltered = next != NULL && (info->st_mode & S_ISVTX) != 0 && ours(trust, next);
    int others = (info->st_mode & S_IWOTH) != 0;
    int group = (info->st_mode & S_IWGRP) != 0 && !group_is_owners(trust, info);

    if ((others || group) && !sheltered &&
        verdict_give(
            &candidate->found,
            S_ISDIR(info->st_mode) ? VERDICT_DIR_WRITABLE : VERDICT_FILE_WRITABLE,
            "'%s' has mode %04o: %s may write it", path,
            (unsigned int)info->st_mode & 07777, others ? "everybody" : "a group"))
        return 1;
    if (!ours(trust, info)) {
        if (trust->raised &&
            verdict_give(
                &candidate->found, VERDICT_OWNER,
                "'%s' belongs to user %u, and this process has raised privileges", path,
                (unsigned int)info->st_uid))
            return 1;
        verdict_warn(candidate->warning, sizeof(candidate->warning), VERDICT_OWNER,
                     "'%.200s' belongs to user %u", path, (unsigned int)info->st_uid);
    }
    return 0;
}

/* From what lies at path upwards; path is absolute, without symbolic links, and is cut
 * shorter on the way. */
static int check_upwards(const struct trust *trust, char *path, const struct stat *file,
                         struct candidate *candidate)
{
    struct stat below = *file;
    char *slash;

    while ((slash = strrchr(path, '/')) != NULL && path[1] != '\0') {
        struct stat info;

        slash[slash == path ? 1 : 0] = '\0';
        if (lstat(path, &info) != 0)
            return verdict_set(&candidate->found, VERDICT_FILE_UNREADABLE,
                               "'%s' went away while it was looked at", path);
        if (trust_entry(trust, path, &info, &below, candidate))
            return 1;
        below = info;
    }
    return 0;
}

int32_t trust_file(int fd, struct candidate *candidate)
{
    struct trust trust = trust_of_process();
    char way[PATH_MAX], target[PATH_MAX];
    struct stat info, entry;

    if (strlen(candidate->folder) + strlen(candidate->file) + 2 > sizeof(way)) {
        verdict_set(&candidate->found, VERDICT_FILE_UNREADABLE, "the path is too long");
        return OV_OK;
    }
    strcpy(way, candidate->folder);
    if (way[1] != '\0')
        strcat(way, "/");
    strcat(way, candidate->file);
    if (fstat(fd, &info) != 0 || lstat(way, &entry) != 0 ||
        realpath(way, target) == NULL) {
        verdict_set(&candidate->found, VERDICT_FILE_UNREADABLE,
                    "'%s' went away while it was looked at", way);
        return OV_OK;
    }
    if (trust_entry(&trust, target, &info, NULL, candidate))
        return OV_OK;
    if (strcmp(way, target) != 0 && check_upwards(&trust, target, &info, candidate))
        return OV_OK;
    (void)check_upwards(&trust, way, &entry, candidate);
    return OV_OK;
}
