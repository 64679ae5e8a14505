/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.c - is the store that is open still the one that others find under its name?
 *
 * A folder that is removed, moved or replaced goes on to exist for those who have its
 * files open, and a commit into it succeeds: for nobody. So the names are looked at
 * before each commit and after it, by ping, whenever a connection is opened, and now and
 * then by reads.
 */
#include "native.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Between two looks of reads. */
#define LOOK_NS (100 * INT64_C(1000000))

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Folder, store.db, its log, its index, the claim; in the order of enum place_name. */
static const char *name_of(const struct engine *engine, int which, char *room, size_t n)
{
    static const char *const behind[N_PLACES] = { "", "", "-wal", "-shm", "" };

    if (which == PLACE_FOLDER)
        return engine->folder;
    if (which == PLACE_WRITER)
        return engine->writer_file;
    snprintf(room, n, "%s%s", engine->file, behind[which]);
    return room;
}

void place_note(struct engine *engine, enum place_name which)
{
    char room[PLACE_BYTES];
    struct stat info;

    memset(&engine->places[which], 0, sizeof(engine->places[which]));
    if (stat(name_of(engine, which, room, sizeof(room)), &info) == 0) {
        engine->places[which].device = info.st_dev;
        engine->places[which].inode = info.st_ino;
    }
}

static int32_t check(const struct engine *engine, int which, struct ov_error *err)
{
    const struct place *place = &engine->places[which];
    char room[PLACE_BYTES];
    const char *name = name_of(engine, which, room, sizeof(room));
    struct stat info;

    if (place->inode == 0)
        return OV_OK;
    if (stat(name, &info) != 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            return engine_blame("look at", name, err);
        return ov_fail(err, OV_STALE,
                       "'%s' was removed or moved while the store was open; nothing is "
                       "written any more: open the store again",
                       name);
    }
    if (info.st_dev != place->device || info.st_ino != place->inode)
        return ov_fail(err, OV_STALE,
                       "'%s' was replaced while the store was open; nothing is written "
                       "any more: open the store again",
                       name);
    return OV_OK;
}

int32_t place_check(struct engine *engine, struct ov_error *err)
{
    int32_t status = OV_OK;
    int which;

    __atomic_store_n(&engine->looked_ns, now_ns(), __ATOMIC_RELAXED);
    if (__atomic_load_n(&engine->lost, __ATOMIC_RELAXED))
        return ov_fail(err, OV_STALE,
                       "the store in '%s' was removed, moved or replaced while it was "
                       "open: open it again",
                       engine->folder);
    for (which = 0; which < N_PLACES && status == OV_OK; which++)
        status = check(engine, which, err);
    /* For good: memory and file may have parted meanwhile. */
    if (status == OV_STALE)
        __atomic_store_n(&engine->lost, 1, __ATOMIC_RELAXED);
    return status;
}

int32_t place_look(struct engine *engine, struct ov_error *err)
{
    int64_t last = __atomic_load_n(&engine->looked_ns, __ATOMIC_RELAXED);

    if (now_ns() - last < LOOK_NS && !__atomic_load_n(&engine->lost, __ATOMIC_RELAXED))
        return OV_OK;
    return place_check(engine, err);
}

int32_t place_commit(struct engine *engine, struct ov_error *err)
{
    if (place_check(engine, err) != OV_OK) {
        conn_rollback(&engine->writer);
        return err->code;
    }
    if (conn_commit(&engine->writer, err) != OV_OK)
        return err->code;
    mark_keep(engine);
    if (place_check(engine, err) == OV_OK)
        return OV_OK;
    err->flags |= OV_ERR_UNCERTAIN;
    return err->code;
}
