/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - the truth: SQLite connections, their statements and transactions.
 *
 * Nothing outside store.c decides what an SQLite result code means.
 */
#ifndef OV_NATIVE_STORE_H
#define OV_NATIVE_STORE_H

#include <ov/sdk.h>

#include <sqlite3.h>

/* One connection, used by one thread at a time: whoever owns it brings the lock. */
struct conn {
    sqlite3 *db;
    sqlite3_stmt *rollback;     /* ready, since it is needed when memory is short */
    const struct ov_call *call; /* whose deadline the running statement obeys, or NULL */
    int64_t waiting_since_ns;   /* for another process's lock; 0: not waiting */
};

/* sync: "FULL" or "NORMAL". The file must exist. */
int32_t conn_open(struct conn *conn, const char *file, const char *sync,
                  const struct ov_call *call, struct ov_error *err);
/* A file that nobody writes, to be read without a lock, a log or an index beside it. */
int32_t conn_open_closed(struct conn *conn, const char *file, const struct ov_call *call,
                         struct ov_error *err);
/* Leaves the log to whoever writes. */
void conn_close(struct conn *conn);
/* The writer's last: moves the log into the file, and takes it away when nobody reads. */
void conn_close_last(struct conn *conn);

/* From here to the next conn_serve the statements obey this call; NULL: no call. */
void conn_serve(struct conn *conn, const struct ov_call *call);

/* Fails with what SQLite said; what names the step. */
int32_t conn_fail(struct conn *conn, int code, const char *what, struct ov_error *err);

/* What an error number of the system means at this border. */
int32_t conn_status_of_system(int reason);

int32_t conn_exec(struct conn *conn, const char *sql, struct ov_error *err);
/* The format takes numbers only: texts are bound. */
int32_t conn_execf(struct conn *conn, struct ov_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int32_t conn_prepare(struct conn *conn, sqlite3_stmt **out, struct ov_error *err,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));
/* 1: a row, 0: done, -1: failed and err says why. */
int conn_step(struct conn *conn, sqlite3_stmt *statement, struct ov_error *err);
/* Step to the end and make the statement ready for the next time. */
int32_t conn_run(struct conn *conn, sqlite3_stmt *statement, struct ov_error *err);
/* The first column of the first row; missing when there is none. */
int32_t conn_number(struct conn *conn, const char *sql, int64_t missing, int64_t *out,
                    struct ov_error *err);

int32_t conn_begin(struct conn *conn, int writing, struct ov_error *err);
/* Rolls back when it fails. */
int32_t conn_commit(struct conn *conn, struct ov_error *err);
void conn_rollback(struct conn *conn);

/* Bound values are borrowed until the statement is reset. */
void bind_bytes(sqlite3_stmt *statement, int at, const void *bytes, size_t n);
void bind_text(sqlite3_stmt *statement, int at, const char *text, size_t n);

#endif
