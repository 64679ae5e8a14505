/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.c - SQLite, with the deadlines and the words of this border.
 *
 * A statement is interrupted by the progress handler as soon as its call has ended.
 * COMMIT runs without it: half an answer to "is it written?" would be worse than a late
 * one, and a commit is one write and one sync.
 */
#include "store.h"

#include "vfs.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A call without a deadline waits this long for another process's short lock. */
#define PATIENCE_NS (10 * INT64_C(1000000000))
/* Steps of SQLite's machine between two looks at the clock, some tens of microseconds. */
#define STEPS_BETWEEN_LOOKS 2000

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* For SQLite: non-zero stops the statement. */
static int look_at_the_clock(void *ctx)
{
    const struct conn *conn = ctx;

    return conn->call != NULL && ov_checkpoint(conn->call, NULL) != OV_OK;
}

/* For SQLite: non-zero tries again. */
static int wait_for_the_lock(void *ctx, int times)
{
    struct conn *conn = ctx;
    int64_t now = now_ns();
    int bounded = conn->call != NULL && conn->call->deadline_ns != 0;

    if (times == 0)
        conn->waiting_since_ns = now;
    if (look_at_the_clock(conn))
        return 0;
    if (!bounded && now - conn->waiting_since_ns > PATIENCE_NS)
        return 0;
    (void)poll(NULL, 0, times < 10 ? 1 : 5);
    return 1;
}

static int32_t status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_NOMEM:
    case SQLITE_FULL:
        return OV_NO_SPACE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return OV_CORRUPT;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
        return OV_DENIED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return OV_BUSY;
    case SQLITE_IOERR:
        return OV_UNAVAILABLE;
    case SQLITE_TOOBIG:
        return OV_LIMIT;
    default:
        return OV_INTERNAL;
    }
}

int32_t conn_status_of_system(int reason)
{
    switch (reason) {
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
    case EMFILE: /* the process's limit of descriptors, the system's */
    case ENFILE:
        return OV_NO_SPACE;
    case ENOTDIR:
    case EEXIST:
    case ENAMETOOLONG:
    case ELOOP:
        return OV_INVALID;
    case ENOLCK:
    case ENODEV: /* no shared mapping */
    case ENOSYS:
    case EOPNOTSUPP:
        return OV_UNSUPPORTED;
    case EIO:
        return OV_UNAVAILABLE;
    default:
        return OV_DENIED;
    }
}

/* The number of the system's error, where SQLite met one; it keeps older ones too. */
static int system_error(const struct conn *conn, int code)
{
    if (conn->db == NULL ||
        ((code & 0xff) != SQLITE_IOERR && (code & 0xff) != SQLITE_CANTOPEN))
        return 0;
    return sqlite3_system_errno(conn->db);
}

/* What the system said tells more than SQLite's name for the step. */
static const char *describe(const struct conn *conn, int code, int full, int os,
                            char room[200])
{
    const char *text = conn->db != NULL && full == sqlite3_extended_errcode(conn->db)
                           ? sqlite3_errmsg(conn->db)
                           : sqlite3_errstr(code);
    int locks = full == SQLITE_IOERR_LOCK || full == SQLITE_IOERR_RDLOCK ||
                full == SQLITE_IOERR_SHMLOCK;
    const char *lacks = "";

    if (os == 0)
        return text;
    if (conn_status_of_system(os) == OV_UNSUPPORTED)
        lacks = locks ? "; the file system has no locks"
                      : "; the file system cannot do what a store needs";
    if (full == SQLITE_IOERR_SHMMAP)
        lacks = "; the file system has no memory maps that processes share";
    snprintf(room, 200, "%s: %s%s", text, strerror(os), lacks);
    return room;
}

int32_t conn_fail(struct conn *conn, int code, const char *what, struct ov_error *err)
{
    int full = conn->db != NULL ? sqlite3_extended_errcode(conn->db) : code;
    int os = system_error(conn, code);
    const char *file = conn->db != NULL ? sqlite3_db_filename(conn->db, "main") : NULL;
    char room[200];
    int32_t status;

    if ((full & 0xff) != (code & 0xff))
        full = code;
    if ((code & 0xff) == SQLITE_INTERRUPT || (code & 0xff) == SQLITE_BUSY)
        if (conn->call != NULL && (status = ov_checkpoint(conn->call, err)) != OV_OK)
            return status;
    if ((code & 0xff) == SQLITE_NOMEM)
        return ov_no_memory(err);
    status = status_of(code);
    if (os != 0 && ((code & 0xff) == SQLITE_CANTOPEN || full == SQLITE_IOERR_SHMMAP ||
                    conn_status_of_system(os) == OV_NO_SPACE ||
                    conn_status_of_system(os) == OV_UNSUPPORTED))
        status = conn_status_of_system(os);
    if (err != NULL && err->code == OV_OK) {
        sqlite3_snprintf(sizeof(err->provider_code), err->provider_code, "SQLITE %d",
                         full);
        if (status == OV_BUSY)
            err->flags |= OV_ERR_RETRYABLE;
    }
    /* SQLite names no file, and a process may have several stores. */
    if (file != NULL && file[0] != '\0')
        return ov_fail(err, status, "cannot %s in '%.200s': %s", what, file,
                       describe(conn, code, full, os, room));
    return ov_fail(err, status, "cannot %s: %s", what,
                   describe(conn, code, full, os, room));
}

static int32_t fail_open(struct conn *conn, int code, const char *file,
                         struct ov_error *err)
{
    char what[220]; /* one that did not open has no name yet */
    int32_t status;

    snprintf(what, sizeof(what), "open '%.200s'", file);
    status = conn_fail(conn, code, what, err);
    conn_close(conn);
    return status;
}

static int32_t set_up(struct conn *conn, const char *settings, struct ov_error *err)
{
    int32_t status;

    sqlite3_extended_result_codes(conn->db, 1);
    sqlite3_busy_handler(conn->db, wait_for_the_lock, conn);
    sqlite3_progress_handler(conn->db, STEPS_BETWEEN_LOOKS, look_at_the_clock, conn);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    status = conn_exec(conn, settings, err);
    if (status == OV_OK)
        status = conn_prepare(conn, &conn->rollback, err, "ROLLBACK");
    if (status != OV_OK)
        conn_close(conn);
    return status;
}

int32_t conn_open(struct conn *conn, const char *file, const char *sync,
                  const struct ov_call *call, struct ov_error *err)
{
    char settings[160];
    int code;

    memset(conn, 0, sizeof(*conn));
    conn->call = call;
    code = sqlite3_open_v2(file, &conn->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                           vfs_name());
    if (code != SQLITE_OK)
        return fail_open(conn, code, file, err);
    snprintf(settings, sizeof(settings),
             "PRAGMA synchronous=%s; PRAGMA wal_autocheckpoint=0;"
             "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864",
             sync);
    return set_up(conn, settings, err);
}

/* The name as a URI; sqlite3_free. */
static char *immutable(const char *file)
{
    sqlite3_str *uri = sqlite3_str_new(NULL);

    sqlite3_str_appendall(uri, file[0] == '/' ? "file://" : "file:");
    for (; *file != '\0'; file++)
        if (strchr("?#%", *file) != NULL)
            sqlite3_str_appendf(uri, "%%%02X", (unsigned)(unsigned char)*file);
        else
            sqlite3_str_appendchar(uri, 1, *file);
    sqlite3_str_appendall(uri, "?immutable=1");
    return sqlite3_str_finish(uri);
}

int32_t conn_open_closed(struct conn *conn, const char *file, const struct ov_call *call,
                         struct ov_error *err)
{
    char *uri = immutable(file);
    int code;

    memset(conn, 0, sizeof(*conn));
    conn->call = call;
    if (uri == NULL)
        return ov_no_memory(err);
    code = sqlite3_open_v2(uri, &conn->db,
                           SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                           NULL);
    sqlite3_free(uri);
    if (code != SQLITE_OK)
        return fail_open(conn, code, file, err);
    return set_up(conn, "PRAGMA temp_store=MEMORY", err);
}

void conn_close(struct conn *conn)
{
    if (conn->db != NULL) {
        sqlite3_progress_handler(conn->db, 0, NULL, NULL);
        sqlite3_finalize(conn->rollback);
        sqlite3_close_v2(conn->db);
    }
    memset(conn, 0, sizeof(*conn));
}

void conn_close_last(struct conn *conn)
{
    if (conn->db != NULL) {
        sqlite3_busy_handler(conn->db, NULL, NULL);
        (void)sqlite3_wal_checkpoint_v2(conn->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                        NULL);
        sqlite3_db_config(conn->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
                          !vfs_holds(conn->db), NULL);
    }
    conn_close(conn);
}

void conn_serve(struct conn *conn, const struct ov_call *call)
{
    conn->call = call;
}

int32_t conn_exec(struct conn *conn, const char *sql, struct ov_error *err)
{
    int code = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? OV_OK : conn_fail(conn, code, "run a statement", err);
}

int32_t conn_execf(struct conn *conn, struct ov_error *err, const char *format, ...)
{
    va_list list;
    char *sql;
    int32_t status;

    va_start(list, format);
    sql = sqlite3_vmprintf(format, list);
    va_end(list);
    if (sql == NULL)
        return ov_no_memory(err);
    status = conn_exec(conn, sql, err);
    sqlite3_free(sql);
    return status;
}

int32_t conn_prepare(struct conn *conn, sqlite3_stmt **out, struct ov_error *err,
                     const char *format, ...)
{
    sqlite3_stmt *statement = NULL;
    va_list list;
    char *sql;
    int code;

    va_start(list, format);
    sql = sqlite3_vmprintf(format, list);
    va_end(list);
    if (sql == NULL)
        return ov_no_memory(err);
    code = sqlite3_prepare_v3(conn->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                              NULL);
    sqlite3_free(sql);
    if (code != SQLITE_OK)
        return conn_fail(conn, code, "prepare a statement", err);
    *out = statement;
    return OV_OK;
}

int conn_step(struct conn *conn, sqlite3_stmt *statement, struct ov_error *err)
{
    int code = sqlite3_step(statement);

    if (code == SQLITE_ROW)
        return 1;
    if (code == SQLITE_DONE)
        return 0;
    (void)conn_fail(conn, code, sqlite3_stmt_readonly(statement) ? "read" : "write", err);
    return -1;
}

int32_t conn_run(struct conn *conn, sqlite3_stmt *statement, struct ov_error *err)
{
    struct ov_error local = OV_ERROR_INIT;
    int step;

    do
        step = conn_step(conn, statement, &local);
    while (step > 0);
    sqlite3_reset(statement);
    if (step == 0)
        return OV_OK;
    if (err != NULL && err->code == OV_OK)
        *err = local;
    return local.code;
}

int32_t conn_number(struct conn *conn, const char *sql, int64_t missing, int64_t *out,
                    struct ov_error *err)
{
    sqlite3_stmt *statement;
    int step;

    if (conn_prepare(conn, &statement, err, "%s", sql) != OV_OK)
        return err->code;
    step = conn_step(conn, statement, err);
    if (step >= 0)
        *out = step > 0 ? sqlite3_column_int64(statement, 0) : missing;
    sqlite3_finalize(statement);
    return step >= 0 ? OV_OK : err->code;
}

int32_t conn_begin(struct conn *conn, int writing, struct ov_error *err)
{
    conn_rollback(conn);
    return conn_exec(conn, writing ? "BEGIN IMMEDIATE" : "BEGIN", err);
}

int32_t conn_commit(struct conn *conn, struct ov_error *err)
{
    const struct ov_call *call = conn->call;
    int code;
    int32_t status;

    conn->call = NULL;
    code = sqlite3_exec(conn->db, "COMMIT", NULL, NULL, NULL);
    conn->call = call;
    if (code == SQLITE_OK)
        return OV_OK;
    status = conn_fail(conn, code, "commit", err);
    /* The commit may lie in the log without having been synced: should the machine stop
     * before the next commit overwrites it, it counts. */
    if (err != NULL && (code & 0xff) == SQLITE_IOERR)
        err->flags |= OV_ERR_UNCERTAIN;
    conn_rollback(conn);
    return status;
}

void conn_rollback(struct conn *conn)
{
    const struct ov_call *call = conn->call;

    conn->call = NULL;
    if (!sqlite3_get_autocommit(conn->db)) {
        (void)sqlite3_step(conn->rollback);
        sqlite3_reset(conn->rollback);
    }
    conn->call = call;
}

void bind_bytes(sqlite3_stmt *statement, int at, const void *bytes, size_t n)
{
    (void)sqlite3_bind_blob64(statement, at, n > 0 ? bytes : "", n, SQLITE_STATIC);
}

void bind_text(sqlite3_stmt *statement, int at, const char *text, size_t n)
{
    (void)sqlite3_bind_text64(statement, at, n > 0 ? text : "", n, SQLITE_STATIC,
                              SQLITE_UTF8);
}
