/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vfs.c - the locks of a store's file and of its shared index, as hold.h has them.
 *
 * SQLite's own belong to the process, and vanish when it closes any descriptor of the
 * files. Then another process believes to be alone: it empties the shared index under
 * whoever uses it, moves the log, and unlinks it. Here each connection has descriptors,
 * locks and a mapping of its own, on the bytes that SQLite's documents give (file format,
 * "WAL-Index Format"; os.h): programs with the usual locks and these keep each other out.
 * Everything that is no lock goes to the file system that was the default.
 */
#include "vfs.h"

#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of the database file. */
#define PENDING 0x40000000
#define RESERVED (PENDING + 1)
#define SHARED (PENDING + 2)
#define SHARED_BYTES 510
/* Bytes of the shared index: eight locks, then the one of all who have it open. */
#define FIRST_SLOT 120
#define PRESENT 128
/* Of our own, for vfs_holds. */
#define ARE_YOU_IT 0x4f56484f

struct file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
    const char *name;   /* SQLite's own, as long as the file is open */
    int lock_fd, level;
    int index_fd;
    int n_maps;
    void **maps; /* of map_bytes each */
    size_t map_bytes;
};

static sqlite3_vfs *real_vfs, our_vfs;
static char our_name[40];

static struct file *of(sqlite3_file *file)
{
    return (struct file *)file;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return of(file)->real;
}

static int answer(int reason, int failure)
{
    if (reason == 0)
        return SQLITE_OK;
    errno = reason; /* for sqlite3_system_errno */
    return reason == EAGAIN ? SQLITE_BUSY : failure;
}

/* ------------------------------------------------------------ the file's lock */

static int share(struct file *file)
{
    int code = hold_lock(file->lock_fd, F_RDLCK, PENDING, 1);

    if (code == 0) {
        code = hold_lock(file->lock_fd, F_RDLCK, SHARED, SHARED_BYTES);
        (void)hold_lock(file->lock_fd, F_UNLCK, PENDING, 1);
    }
    if (code == 0)
        file->level = SQLITE_LOCK_SHARED;
    return answer(code, SQLITE_IOERR_RDLOCK);
}

static int exclude(struct file *file)
{
    int code = 0;

    if (file->level < SQLITE_LOCK_PENDING)
        code = hold_lock(file->lock_fd, F_WRLCK, PENDING, 1);
    if (code == 0) {
        file->level = SQLITE_LOCK_PENDING;
        code = hold_lock(file->lock_fd, F_WRLCK, SHARED, SHARED_BYTES);
    }
    if (code == 0)
        file->level = SQLITE_LOCK_EXCLUSIVE;
    return answer(code, SQLITE_IOERR_LOCK);
}

static int lock_file(sqlite3_file *base, int level)
{
    struct file *file = of(base);
    int code;

    if (level <= file->level)
        return SQLITE_OK;
    if (file->level == SQLITE_LOCK_NONE)
        return share(file);
    if (level != SQLITE_LOCK_RESERVED)
        return exclude(file);
    code = hold_lock(file->lock_fd, F_WRLCK, RESERVED, 1);
    if (code == 0)
        file->level = SQLITE_LOCK_RESERVED;
    return answer(code, SQLITE_IOERR_LOCK);
}

static int unlock_file(sqlite3_file *base, int level)
{
    struct file *file = of(base);
    int code = 0;

    if (level >= file->level)
        return SQLITE_OK;
    if (level == SQLITE_LOCK_NONE) {
        code = hold_lock(file->lock_fd, F_UNLCK, PENDING, 2 + SHARED_BYTES);
    } else {
        code = hold_lock(file->lock_fd, F_RDLCK, SHARED, SHARED_BYTES);
        if (code == 0)
            code = hold_lock(file->lock_fd, F_UNLCK, PENDING, 2);
    }
    file->level = level;
    return answer(code, SQLITE_IOERR_UNLOCK);
}

static int is_reserved(sqlite3_file *base, int *out)
{
    struct file *file = of(base);

    *out =
        file->level > SQLITE_LOCK_SHARED || hold_asked(file->lock_fd, RESERVED, 1) != 0;
    return SQLITE_OK;
}

/* ------------------------------------------------------------ the shared index */

/* Whoever comes first finds what a death may have left there, and begins anew. */
static int join_index(int fd)
{
    int code = hold_lock(fd, F_WRLCK, PRESENT, 1);

    if (code != 0 && code != EAGAIN)
        return answer(code, SQLITE_IOERR_SHMLOCK);
    if (code == 0 && ftruncate(fd, 3) != 0)
        return SQLITE_IOERR_SHMOPEN;
    return answer(hold_lock(fd, F_RDLCK, PRESENT, 1), SQLITE_IOERR_SHMLOCK);
}

static void adopt(int fd, const struct stat *info)
{
    struct stat own;

    if (fstat(fd, &own) != 0 || own.st_size != 0)
        return;
    (void)fchmod(fd, info->st_mode & 0666);
    if (geteuid() == 0 && fchown(fd, info->st_uid, info->st_gid) != 0)
        errno = 0;
}

static int open_index(struct file *file)
{
    char *path = sqlite3_mprintf("%s-shm", file->name);
    struct stat info;
    int code = SQLITE_OK, fd;

    if (path == NULL)
        return SQLITE_NOMEM;
    if (fstat(file->lock_fd, &info) != 0)
        info.st_mode = 0600;
    fd = hold_open(path, O_RDWR | O_CREAT, info.st_mode & 0666);
    sqlite3_free(path);
    if (fd < 0)
        return SQLITE_CANTOPEN;
    adopt(fd, &info);
    code = join_index(fd);
    if (code != SQLITE_OK)
        hold_close(fd);
    else
        file->index_fd = fd;
    return code;
}

/* Room on the disk first: a page that is mapped and has none would kill the process. */
static int stretch_index(int fd, off_t bytes, int extend, int *there)
{
    struct stat info;
    int code;

    if (fstat(fd, &info) != 0)
        return SQLITE_IOERR_SHMSIZE;
    *there = info.st_size >= bytes;
    if (*there || !extend)
        return SQLITE_OK;
    do
        code = posix_fallocate(fd, info.st_size, bytes - info.st_size);
    while (code == EINTR);
    *there = code == 0;
    return answer(code, SQLITE_IOERR_SHMSIZE);
}

static int map_next(struct file *file, int extend, int *there)
{
    off_t at = (off_t)file->n_maps * (off_t)file->map_bytes;
    int code = stretch_index(file->index_fd, at + (off_t)file->map_bytes, extend, there);
    void **grown, *map;

    if (code != SQLITE_OK || !*there)
        return code;
    grown = sqlite3_realloc64(file->maps,
                              ((sqlite3_uint64)file->n_maps + 1) * sizeof(*grown));
    if (grown == NULL)
        return SQLITE_NOMEM;
    file->maps = grown;
    map = mmap(NULL, file->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file->index_fd,
               at);
    if (map == MAP_FAILED)
        return SQLITE_IOERR_SHMMAP;
    file->maps[file->n_maps++] = map;
    return SQLITE_OK;
}

static int map_index(sqlite3_file *base, int region, int bytes, int extend,
                     void volatile **out)
{
    struct file *file = of(base);
    long page = sysconf(_SC_PAGESIZE);
    int per_map = page > bytes ? (int)(page / bytes) : 1, there = 1, code = SQLITE_OK;

    *out = NULL;
    if (file->index_fd < 0)
        code = open_index(file);
    file->map_bytes = (size_t)bytes * (size_t)per_map;
    while (code == SQLITE_OK && there && file->n_maps <= region / per_map)
        code = map_next(file, extend, &there);
    if (code == SQLITE_OK && there)
        *out = (char *)file->maps[region / per_map] + region % per_map * bytes;
    return code;
}

static int lock_index(sqlite3_file *base, int slot, int n, int flags)
{
    struct file *file = of(base);
    int kind = F_UNLCK;

    if (file->index_fd < 0)
        return SQLITE_IOERR_SHMLOCK;
    if (flags & SQLITE_SHM_LOCK)
        kind = flags & SQLITE_SHM_SHARED ? F_RDLCK : F_WRLCK;
    return answer(hold_lock(file->index_fd, kind, FIRST_SLOT + slot, n),
                  SQLITE_IOERR_SHMLOCK);
}

static void barrier(sqlite3_file *base)
{
    (void)base;
    __sync_synchronize();
}

static int unmap_index(sqlite3_file *base, int remove)
{
    struct file *file = of(base);
    char *path = remove ? sqlite3_mprintf("%s-shm", file->name) : NULL;

    while (file->n_maps > 0)
        (void)munmap(file->maps[--file->n_maps], file->map_bytes);
    sqlite3_free(file->maps);
    file->maps = NULL;
    if (path != NULL)
        (void)unlink(path);
    sqlite3_free(path);
    if (file->index_fd >= 0)
        hold_close(file->index_fd);
    file->index_fd = -1;
    return SQLITE_OK;
}

/* ------------------------------------------------------------ passed on */

static int close_file(sqlite3_file *file)
{
    (void)unmap_index(file, 0);
    hold_close(of(file)->lock_fd);
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int read_file(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), to, n, at);
}

static int write_file(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xWrite(real_of(file), from, n, at);
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 n)
{
    return real_of(file)->pMethods->xTruncate(real_of(file), n);
}

static int sync_file(sqlite3_file *file, int flags)
{
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int size_file(sqlite3_file *file, sqlite3_int64 *n)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), n);
}

static int control(sqlite3_file *file, int op, void *arg)
{
    if (op == ARE_YOU_IT || op == SQLITE_FCNTL_LOCKSTATE) {
        *(int *)arg = op == ARE_YOU_IT ? 1 : of(file)->level;
        return SQLITE_OK;
    }
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
    .xShmMap = map_index,
    .xShmLock = lock_index,
    .xShmBarrier = barrier,
    .xShmUnmap = unmap_index,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                     int *out_flags)
{
    struct file *file = of(base);
    int fd = -1, code;

    (void)vfs;
    base->pMethods = NULL;
    if (flags & SQLITE_OPEN_MAIN_DB)
        fd = hold_open(name, flags & SQLITE_OPEN_READONLY ? O_RDONLY : O_RDWR, 0);
    if (fd < 0 && flags & SQLITE_OPEN_MAIN_DB &&
        (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        return SQLITE_CANTOPEN;
    if (fd >= 0 && !hold_works(fd)) {
        hold_close(fd);
        fd = -1;
    }
    if (fd < 0) /* no file to lock, no such locks, or the usual way says why not */
        return real_vfs->xOpen(real_vfs, name, base, flags, out_flags);
    memset(file, 0, sizeof(*file));
    file->real = (sqlite3_file *)(file + 1);
    file->name = name;
    file->lock_fd = fd;
    file->index_fd = -1;
    code = real_vfs->xOpen(real_vfs, name, file->real, flags, out_flags);
    if (code == SQLITE_OK)
        file->base.pMethods = &methods;
    else
        hold_close(fd);
    return code;
}

static void install(void)
{
    sqlite3_vfs *usual = sqlite3_vfs_find(NULL);

    if (usual == NULL)
        return;
    real_vfs = usual;
    our_vfs = *usual;
    sqlite3_snprintf(sizeof(our_name), our_name, "ov-native-%p", (void *)&our_vfs);
    our_vfs.zName = our_name;
    our_vfs.szOsFile = (int)sizeof(struct file) + usual->szOsFile;
    our_vfs.xOpen = open_file;
    if (sqlite3_vfs_register(&our_vfs, 0) != SQLITE_OK)
        our_name[0] = '\0';
}

const char *vfs_name(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, install);
    return our_name[0] != '\0' ? our_name : NULL;
}

int vfs_holds(sqlite3 *db)
{
    int holds = 0;

    return sqlite3_file_control(db, "main", ARE_YOU_IT, &holds) == SQLITE_OK && holds;
}
