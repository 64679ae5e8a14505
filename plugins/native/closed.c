/* SPDX-License-Identifier: Apache-2.0 */
/*
 * closed.c - a store that may not be written here, read as it lies there; and file
 * systems that are no place for one that is written.
 *
 * SQLite's log mode wants to write beside the file even to read it. A store that was
 * closed has no log, so it can be read as it is, as long as nobody begins to write: a
 * shared lock on the claim sees to that.
 */
#include "native.h"

#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

int closed_is_needed(const struct engine *engine)
{
    struct stat info;

    if (stat(engine->file, &info) != 0 || info.st_size == 0)
        return 0;
    return faccessat(AT_FDCWD, engine->folder, W_OK | X_OK, AT_EACCESS) != 0 ||
           faccessat(AT_FDCWD, engine->file, R_OK | W_OK, AT_EACCESS) != 0;
}

int32_t closed_take(struct engine *engine, struct ov_error *err)
{
    const char *reason = strerror(errno); /* of closed_is_needed */
    char log[PLACE_BYTES];
    struct stat info;

    snprintf(log, sizeof(log), "%s-wal", engine->file);
    if (stat(log, &info) == 0 && info.st_size > 0)
        return ov_fail(err, OV_DENIED,
                       "'%.200s' cannot be written (%s), and '%s-wal' holds what is not "
                       "in the file yet: open the store once where it can be written",
                       engine->folder, reason, NATIVE_FILE);
    engine->closed = 1;
    engine->reader_fd = hold_open(engine->writer_file, O_RDONLY, 0);
    if (engine->reader_fd < 0 && errno != ENOENT)
        return engine_blame("open", engine->writer_file, err);
    if (engine->reader_fd >= 0 && hold_lock(engine->reader_fd, F_RDLCK, 0, 1) == EAGAIN)
        return ov_fail(err, OV_BUSY,
                       "'%.200s' cannot be written here (%s), and somebody writes to it: "
                       "only a store that is closed can be read so",
                       engine->folder, reason);
    return OV_OK;
}

int32_t closed_refuse(const struct engine *engine, struct ov_error *err)
{
    int at_folder = faccessat(AT_FDCWD, engine->folder, W_OK | X_OK, AT_EACCESS) != 0;

    if (!at_folder && faccessat(AT_FDCWD, engine->file, W_OK, AT_EACCESS) == 0)
        return ov_fail(err, OV_STALE,
                       "'%s' was opened for reading only, and can be written now: open "
                       "the store again",
                       engine->folder);
    return ov_fail(err, OV_DENIED, "'%s' is open for reading only: %s",
                   at_folder ? engine->folder : engine->file, strerror(errno));
}

/* By the numbers of statfs(2). */
const char *closed_doubtful(const char *path)
{
    static const struct {
        unsigned long type;
        const char *name;
    } known[] = {
        { 0x6969, "NFS" },        { 0xff534d42, "CIFS" },   { 0xfe534d42, "SMB" },
        { 0x517b, "SMB" },        { 0x01021997, "9p" },     { 0x65735546, "FUSE" },
        { 0x786f4256, "vboxsf" }, { 0x00c36400, "CephFS" }, { 0x5346414f, "AFS" },
        { 0xbacbacbc, "vmhgfs" },
    };
    struct statfs info;
    size_t i;

    if (statfs(path, &info) != 0)
        return NULL;
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (((unsigned long)info.f_type & 0xffffffff) == known[i].type)
            return known[i].name;
    return NULL;
}
