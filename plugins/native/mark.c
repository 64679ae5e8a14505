/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mark.c - which file a log belongs to.
 *
 * SQLite's log does not say. After a death it stays, and whoever copies a backup over
 * store.db then gets a mixture of both. So the writer keeps, in the file of its claim,
 * the log's salts (SQLite's documents, "WAL file format") and a sum of the first bytes of
 * store.db under that log: counters that change when the file grows, and that a backup
 * has from elsewhere. From then on store.db has these bytes, or those of a page 1 in the
 * log. Without a mark for this very log nothing is concluded.
 */
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the mark in the file: behind the pid. */
#define MARK_AT 16
#define HEAD_BYTES 100
#define LOG_HEAD 32
#define FRAME_HEAD 24
#define SALTS_AT 16
#define FRAME_SALTS_AT 8

struct mark {
    uint64_t salts, sum;
};

static uint64_t sum_of(const unsigned char *bytes)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    int i;

    for (i = 0; i < HEAD_BYTES; i++)
        sum = (sum ^ bytes[i]) * UINT64_C(1099511628211);
    return sum;
}

static uint32_t big(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int open_log(const struct engine *engine)
{
    char path[PLACE_BYTES];

    snprintf(path, sizeof(path), "%s-wal", engine->file);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* ------------------------------------------------------------------- keeping */

/* store.db is read by a connection's descriptor: another one's close would, where locks
 * are the process's, take them away. */
static int read_head(struct engine *engine, unsigned char head[HEAD_BYTES])
{
    sqlite3_file *file = NULL;

    return sqlite3_file_control(engine->writer.db, "main", SQLITE_FCNTL_FILE_POINTER,
                                &file) == SQLITE_OK &&
           file != NULL && file->pMethods != NULL &&
           file->pMethods->xRead(file, head, HEAD_BYTES, 0) == SQLITE_OK;
}

void mark_keep(struct engine *engine)
{
    unsigned char salts[8], head[HEAD_BYTES];
    char text[48];
    int n;

    if (engine->log_fd < 0)
        engine->log_fd = open_log(engine);
    if (engine->log_fd < 0 || engine->writer_fd < 0 ||
        pread(engine->log_fd, salts, sizeof(salts), SALTS_AT) != sizeof(salts) ||
        memcmp(salts, engine->log_salts, sizeof(salts)) == 0 || !read_head(engine, head))
        return;
    n = snprintf(text, sizeof(text), "log %08" PRIx32 "%08" PRIx32 " %016" PRIx64 "\n",
                 big(salts), big(salts + 4), sum_of(head));
    if (pwrite(engine->writer_fd, text, (size_t)n, MARK_AT) == n)
        memcpy(engine->log_salts, salts, sizeof(salts));
}

/* ------------------------------------------------------------------ checking */

static int read_mark(const struct engine *engine, struct mark *mark)
{
    int fd = open(engine->writer_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char text[48];
    ssize_t n;

    if (fd < 0)
        return 0;
    n = pread(fd, text, sizeof(text) - 1, MARK_AT);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return sscanf(text, "log %16" SCNx64 " %16" SCNx64, &mark->salts, &mark->sum) == 2;
}

/* Is there a page 1 with these first bytes in the log? */
static int log_has(int fd, const unsigned char *log, uint64_t sum)
{
    unsigned char frame[FRAME_HEAD], head[HEAD_BYTES];
    off_t at, page = (off_t)big(log + 8);

    for (at = LOG_HEAD; pread(fd, frame, sizeof(frame), at) == sizeof(frame) &&
                        memcmp(frame + FRAME_SALTS_AT, log + SALTS_AT, 8) == 0;
         at += FRAME_HEAD + page)
        if (big(frame) == 1 &&
            pread(fd, head, sizeof(head), at + FRAME_HEAD) == sizeof(head) &&
            sum_of(head) == sum)
            return 1;
    return 0;
}

static int belongs(const struct engine *engine, int fd)
{
    unsigned char log[LOG_HEAD], head[HEAD_BYTES];
    int file = open(engine->file, O_RDONLY | O_CLOEXEC);
    struct mark mark;
    uint64_t sum;
    ssize_t n;

    if (file < 0)
        return 1;
    n = pread(file, head, sizeof(head), 0);
    close(file);
    if (n != sizeof(head) || pread(fd, log, sizeof(log), 0) != sizeof(log) ||
        !read_mark(engine, &mark))
        return 1;
    if (((uint64_t)big(log + SALTS_AT) << 32 | big(log + SALTS_AT + 4)) != mark.salts)
        return 1;
    sum = sum_of(head);
    return sum == mark.sum || log_has(fd, log, sum);
}

int32_t mark_check(struct engine *engine, struct ov_error *err)
{
    int32_t status = OV_OK;
    int fd;

    if (lock_holder(engine) != 0) /* it has looked */
        return OV_OK;
    fd = open_log(engine);
    if (fd < 0)
        return OV_OK;
    if (!belongs(engine, fd))
        status = ov_fail(err, OV_CORRUPT,
                         "'%.200s-wal' does not belong to this '%s': another file was "
                         "put in the place of the one it was written for; the action "
                         "restore takes a backup in, and lays both aside",
                         engine->file, NATIVE_FILE);
    close(fd);
    return status;
}
