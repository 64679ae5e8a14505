/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.c - one process writes.
 *
 * The lock is a record lock on the first byte of the file "writer". The kernel drops it
 * with the process, however that ends, and a forked child does not inherit it, so it
 * cannot go stale. Nothing depends on it: transactions are SQLite's, and a writer looks
 * whether its image is current before it writes. It only keeps two writers from
 * stepping on each other's toes all day long.
 */
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct flock first_byte(void)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1
    };

    return lock;
}

static int32_t refuse(const struct engine *engine, int fd, struct ov_error *err)
{
    struct flock lock = first_byte();

    if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0)
        return ov_fail(err, OV_BUSY, "process %d writes to '%s'", (int)lock.l_pid,
                       engine->folder);
    return ov_fail(err, OV_BUSY, "another process writes to '%s'", engine->folder);
}

int32_t lock_take(struct engine *engine, struct ov_error *err)
{
    struct flock lock = first_byte();
    int32_t status = OV_OK;
    int fd;

    if (engine->writer_fd >= 0)
        return OV_OK;
    fd = open(engine->writer_file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return ov_fail(err, errno == ENOSPC || errno == EDQUOT ? OV_NO_SPACE : OV_DENIED,
                       "cannot open '%s': %s", engine->writer_file, strerror(errno));
    if (fcntl(fd, F_SETLK, &lock) == 0) {
        engine->writer_fd = fd;
        return OV_OK;
    }
    if (errno == EACCES || errno == EAGAIN)
        status = refuse(engine, fd, err);
    else
        status = ov_fail(err, OV_UNAVAILABLE, "cannot lock '%s': %s", engine->writer_file,
                         strerror(errno));
    close(fd);
    return status;
}

void lock_drop(struct engine *engine)
{
    if (engine->writer_fd >= 0)
        close(engine->writer_fd);
    engine->writer_fd = -1;
}

pid_t lock_holder(const struct engine *engine)
{
    struct flock lock = first_byte();
    pid_t pid = 0;
    int fd;

    if (engine->writer_fd >= 0)
        return getpid();
    fd = open(engine->writer_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    if (fcntl(fd, F_GETLK, &lock) != 0)
        pid = -1;
    else if (lock.l_type != F_UNLCK)
        pid = lock.l_pid > 0 ? lock.l_pid : -1;
    close(fd);
    return pid;
}
