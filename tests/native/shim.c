/* SPDX-License-Identifier: Apache-2.0 */
/* shim.c - SQLite's own file system with a fault in it. */
#include "shim.h"

#include <check.h>
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

struct file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

static sqlite3_vfs *real_vfs, shim_vfs;
static int armed = -1, left, happened; /* atomic: the checkpoint thread writes too */

static pthread_mutex_t hold_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t hold_changed = PTHREAD_COND_INITIALIZER;
static int holding, held, syncs; /* guarded by hold_lock */

static int due(void)
{
    if (__atomic_sub_fetch(&left, 1, __ATOMIC_RELAXED) >= 0)
        return 0;
    if (!__atomic_exchange_n(&happened, 1, __ATOMIC_RELAXED))
        return 1;
    return __atomic_load_n(&armed, __ATOMIC_RELAXED) == SHIM_FULL;
}

static int fails(enum shim_fault fault)
{
    return __atomic_load_n(&armed, __ATOMIC_RELAXED) == (int)fault && due();
}

static void maybe_die(void)
{
    if (fails(SHIM_KILL))
        _exit(9);
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct file *)file)->real;
}

static int close_file(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int read_file(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
    if (fails(SHIM_READ))
        return SQLITE_IOERR_READ;
    return real_of(file)->pMethods->xRead(real_of(file), to, n, at);
}

static int write_file(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
    maybe_die();
    if (fails(SHIM_FULL))
        return SQLITE_FULL;
    if (fails(SHIM_WRITE))
        return SQLITE_IOERR_WRITE;
    if (fails(SHIM_SHORT)) {
        (void)real_of(file)->pMethods->xWrite(real_of(file), from, n / 2, at);
        return SQLITE_IOERR_WRITE;
    }
    return real_of(file)->pMethods->xWrite(real_of(file), from, n, at);
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 n)
{
    maybe_die();
    if (fails(SHIM_TRUNCATE))
        return SQLITE_IOERR_TRUNCATE;
    return real_of(file)->pMethods->xTruncate(real_of(file), n);
}

static void wait_if_held(void)
{
    pthread_mutex_lock(&hold_lock);
    syncs++;
    held = holding;
    pthread_cond_broadcast(&hold_changed);
    while (holding)
        pthread_cond_wait(&hold_changed, &hold_lock);
    pthread_mutex_unlock(&hold_lock);
}

static int sync_file(sqlite3_file *file, int flags)
{
    maybe_die();
    wait_if_held();
    if (fails(SHIM_SYNC))
        return SQLITE_IOERR_FSYNC;
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int size_file(sqlite3_file *file, sqlite3_int64 *n)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), n);
}

static int lock_file(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int unlock_file(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int is_reserved(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int control(sqlite3_file *file, int op, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int device(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int map_shared(sqlite3_file *file, int page, int size, int extend,
                      void volatile **out)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int lock_shared(sqlite3_file *file, int offset, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int unmap_shared(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_file,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = is_reserved,
    .xFileControl = control,
    .xSectorSize = sector,
    .xDeviceCharacteristics = device,
    .xShmMap = map_shared,
    .xShmLock = lock_shared,
    .xShmBarrier = barrier,
    .xShmUnmap = unmap_shared,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *out_flags)
{
    struct file *ours = (struct file *)file;
    int code;

    (void)vfs;
    ours->real = (sqlite3_file *)(ours + 1);
    ours->base.pMethods = NULL;
    if (fails(SHIM_OPEN))
        return SQLITE_CANTOPEN;
    code = real_vfs->xOpen(real_vfs, name, ours->real, flags, out_flags);
    if (code == SQLITE_OK)
        ours->base.pMethods = &methods;
    return code;
}

void shim_install(void)
{
    if (real_vfs != NULL)
        return;
    real_vfs = sqlite3_vfs_find(NULL);
    ck_assert_ptr_nonnull(real_vfs);
    shim_vfs = *real_vfs;
    shim_vfs.zName = "shim";
    shim_vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
    shim_vfs.xOpen = open_file;
    ck_assert_int_eq(sqlite3_vfs_register(&shim_vfs, 1), SQLITE_OK);
}

void shim_arm(enum shim_fault fault, int n)
{
    __atomic_store_n(&left, n, __ATOMIC_RELAXED);
    __atomic_store_n(&happened, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&armed, (int)fault, __ATOMIC_RELAXED);
}

int shim_disarm(void)
{
    __atomic_store_n(&armed, -1, __ATOMIC_RELAXED);
    return __atomic_load_n(&happened, __ATOMIC_RELAXED);
}

void shim_hold(void)
{
    pthread_mutex_lock(&hold_lock);
    holding = 1;
    held = syncs = 0;
    pthread_mutex_unlock(&hold_lock);
}

void shim_await(void)
{
    pthread_mutex_lock(&hold_lock);
    while (!held)
        pthread_cond_wait(&hold_changed, &hold_lock);
    pthread_mutex_unlock(&hold_lock);
}

void shim_release(void)
{
    pthread_mutex_lock(&hold_lock);
    holding = 0;
    pthread_cond_broadcast(&hold_changed);
    pthread_mutex_unlock(&hold_lock);
}

int shim_syncs(void)
{
    int n;

    pthread_mutex_lock(&hold_lock);
    n = syncs;
    pthread_mutex_unlock(&hold_lock);
    return n;
}
