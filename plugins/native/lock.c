/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.c - one process writes.
 *
 * The claim is a lock on the first byte of the file "writer", of the kind that ends with
 * the descriptor (hold.h): the kernel drops it with the process, however that ends, a
 * forked child has not got it, and no copy of the folder that this process makes takes it
 * away. So it cannot go stale, and two copies of this provider in one process are two.
 * The file says who has the lock, for those who find it taken; without a lock on it that
 * means nothing.
 */
#include "native.h"

#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the file says; -1 when no such process is to be seen from here. */
static pid_t read_pid(int fd)
{
    char text[17];
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    long pid;

    text[n > 0 ? n : 0] = '\0';
    pid = strtol(text, NULL, 10);
    if (pid <= 0 || (kill((pid_t)pid, 0) != 0 && errno != EPERM))
        return -1;
    return (pid_t)pid;
}

/* Others may ask meanwhile and read the last writer's: it is not alive, or not named.
 * What lies behind is mark.c's. */
static void write_pid(int fd)
{
    char text[17];

    snprintf(text, sizeof(text), "%-15d\n", (int)getpid());
    (void)!pwrite(fd, text, 16, 0);
}

/* A program before this one wrote nothing into the file, but the system knows it. */
static pid_t whose(int fd)
{
    pid_t pid = hold_asked(fd, 0, 1);

    return pid < 0 ? read_pid(fd) : pid;
}

static int32_t refuse(const struct engine *engine, int fd, struct ov_error *err)
{
    pid_t pid = whose(fd);

    if (pid == getpid())
        return ov_fail(err, OV_BUSY,
                       "another copy of the provider in this process writes to '%s'",
                       engine->folder);
    if (pid > 0)
        return ov_fail(err, OV_BUSY, "process %d writes to '%s'", (int)pid,
                       engine->folder);
    return ov_fail(err, OV_BUSY, "another process writes to '%s'", engine->folder);
}

int32_t lock_take(struct engine *engine, struct ov_error *err)
{
    int32_t status;
    int fd, code;

    if (__atomic_load_n(&engine->lost, __ATOMIC_RELAXED))
        return place_check(engine, err);
    if (engine->closed)
        return closed_refuse(engine, err);
    if (engine->writer_fd >= 0)
        return OV_OK;
    fd = hold_open(engine->writer_file, O_RDWR | O_CREAT, 0600);
    if (fd < 0)
        return engine_blame("open", engine->writer_file, err);
    code = hold_lock(fd, F_WRLCK, 0, 1);
    if (code == 0) {
        write_pid(fd);
        engine->writer_fd = fd;
        place_note(engine, PLACE_WRITER);
        return OV_OK;
    }
    errno = code;
    status = code == EAGAIN ? refuse(engine, fd, err)
                            : engine_blame("lock", engine->writer_file, err);
    hold_close(fd);
    return status;
}

void lock_drop(struct engine *engine)
{
    if (engine->writer_fd >= 0)
        hold_close(engine->writer_fd);
    engine->writer_fd = -1;
}

pid_t lock_holder(const struct engine *engine)
{
    pid_t pid;
    int fd;

    if (engine->writer_fd >= 0)
        return getpid();
    fd = hold_open(engine->writer_file, O_RDONLY, 0);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    pid = whose(fd);
    if (pid == -1 && hold_asked(fd, 0, 1) == 0)
        pid = 0;
    hold_close(fd);
    return pid;
}
