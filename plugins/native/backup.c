/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backup.c - the store copied into one file while it is in use, and taken back from it.
 *
 * A copy that is laid over store.db by hand meets the log of the file that was there. So
 * restore makes the new file beside the old one and changes them in one step; what was
 * there stays, under another name, with its log.
 */
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Pages copied between two looks at the clock. */
#define PAGES_A_STEP 64
#define NEW_FILE "store.db.new"

static int32_t copy_pages(struct conn *from, struct conn *to, const char *what,
                          struct ov_error *err)
{
    const struct ov_call *call = to->call;
    sqlite3_backup *backup = sqlite3_backup_init(to->db, "main", from->db, "main");
    int code, total;

    if (backup == NULL)
        return conn_fail(to, sqlite3_errcode(to->db), "begin the copy", err);
    do {
        if (ov_checkpoint(call, err) != OV_OK)
            break;
        code = sqlite3_backup_step(backup, PAGES_A_STEP);
        total = sqlite3_backup_pagecount(backup);
        ov_progress(call, what, total - sqlite3_backup_remaining(backup), total);
        if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_BUSY &&
            code != SQLITE_LOCKED)
            (void)conn_fail(to, code, "copy the store", err);
    } while (err->code == OV_OK && code != SQLITE_DONE);
    code = sqlite3_backup_finish(backup);
    if (err->code == OV_OK && code != SQLITE_OK)
        return conn_fail(to, code, "end the copy", err);
    return err->code;
}

/* Everything that from sees, in a new file; on failure there is none. */
static int32_t copy_to(struct conn *from, const char *path, const char *what,
                       struct ov_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct conn to;

    if (fd < 0)
        return errno == EEXIST ? ov_fail(err, OV_EXISTS, "'%s' is there already", path)
                               : engine_blame("make", path, err);
    close(fd);
    if (conn_open(&to, path, "FULL", from->call, err) == OV_OK) {
        (void)copy_pages(from, &to, what, err);
        conn_close_last(&to);
    }
    if (err->code != OV_OK)
        (void)unlink(path);
    return err->code;
}

/* The one word; yours: free. */
static char *take_path(const char *action, const char *wanted, const struct ov_str *words,
                       uint32_t n_words, struct ov_error *err)
{
    char *path = NULL;

    if (n_words != 1 || words[0].n == 0) {
        ov_fail(err, OV_INVALID, "%s wants the name of %s", action, wanted);
        return NULL;
    }
    path = strndup(words[0].p, words[0].n);
    if (path == NULL)
        ov_no_memory(err);
    return path;
}

int32_t backup_run(struct engine *engine, const struct ov_call *call,
                   const struct ov_str *words, uint32_t n_words, struct ov_error *err)
{
    char *path = take_path("backup", "a new file", words, n_words, err);
    struct conn from;

    if (path == NULL)
        return err->code;
    if (engine_connect(engine, &from, call, err) == OV_OK) {
        (void)copy_to(&from, path, "backup", err);
        conn_close(&from);
    }
    if (err->code == OV_OK)
        ov_say(call, OV_NOTE_ACTION, NULL, NULL, "copied the store to '%s'", path);
    free(path);
    return err->code;
}

/* ------------------------------------------------------------------- restore */

/* Is it whole, and one of ours? */
static int32_t check_copy(struct conn *copy, const char *path, struct ov_error *err)
{
    sqlite3_stmt *statement = NULL;
    const char *text;
    int64_t n;

    if (catalog_is_ours(copy, path, err) != OV_OK ||
        conn_number(copy, "SELECT count(*) FROM collections", 0, &n, err) != OV_OK ||
        conn_prepare(copy, &statement, err, "PRAGMA integrity_check(1)") != OV_OK)
        return err->code;
    if (conn_step(copy, statement, err) > 0) {
        text = (const char *)sqlite3_column_text(statement, 0);
        if (text == NULL || strcmp(text, "ok") != 0)
            ov_fail(err, OV_CORRUPT, "the copy '%s' is damaged: %.300s", path,
                    text != NULL ? text : "unreadable");
    }
    sqlite3_finalize(statement);
    return err->code;
}

/* With a log of its own the copy is read as a store is; else nothing is made beside it.
 */
static int32_t open_copy(const char *path, const struct ov_call *call, struct conn *copy,
                         struct ov_error *err)
{
    char log[PLACE_BYTES];
    struct stat info;

    if (stat(path, &info) != 0)
        return errno == ENOENT ? ov_fail(err, OV_NOT_FOUND, "there is no file '%s'", path)
                               : engine_blame("open", path, err);
    if (!S_ISREG(info.st_mode))
        return ov_fail(err, OV_INVALID, "'%s' is not a file", path);
    snprintf(log, sizeof(log), "%s-wal", path);
    if (stat(log, &info) == 0 && info.st_size > 0)
        return conn_open(copy, path, "FULL", call, err);
    return conn_open_closed(copy, path, call, err);
}

/* A name that nothing has, for the file and with "-wal" for its log. */
static void aside_name(const struct engine *engine, char name[PLACE_BYTES])
{
    char when[32];
    struct tm tm;
    time_t now = time(NULL);
    int i;

    gmtime_r(&now, &tm);
    (void)strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
    for (i = 0; i == 0 || (access(name, F_OK) == 0 && i < 1000); i++)
        snprintf(name, PLACE_BYTES, i == 0 ? "%s.before-%s" : "%s.before-%s-%d",
                 engine->file, when, i);
}

/* Old file and log get a second name, then the new one the first. Until the rename a
 * death leaves the old store; its log has gone before, for a new file must not meet it.
 */
static int32_t change_places(struct engine *engine, const char *fresh,
                             char aside[PLACE_BYTES], struct ov_error *err)
{
    char log[PLACE_BYTES], index[PLACE_BYTES], aside_log[PLACE_BYTES + 8];

    snprintf(log, sizeof(log), "%s-wal", engine->file);
    snprintf(index, sizeof(index), "%s-shm", engine->file);
    aside_name(engine, aside);
    snprintf(aside_log, sizeof(aside_log), "%s-wal", aside);
    if (link(engine->file, aside) != 0) {
        if (errno != ENOENT)
            return engine_blame("lay aside", engine->file, err);
        aside[0] = '\0';
    } else if (link(log, aside_log) != 0 && errno != ENOENT) {
        (void)engine_blame("lay aside", log, err);
        (void)unlink(aside);
        return err->code;
    }
    engine_sync_folder(engine);
    if ((unlink(log) != 0 || unlink(index) != 0) && errno != ENOENT)
        return engine_blame("take away", log, err);
    if (rename(fresh, engine->file) != 0)
        return engine_blame("put in place", fresh, err);
    engine_sync_folder(engine);
    return OV_OK;
}

/* The claim is held: nobody writes, and nobody else restores. */
static int32_t replace(struct engine *engine, struct conn *copy, struct ov_error *err)
{
    char fresh[PLACE_BYTES], aside[PLACE_BYTES] = "";

    snprintf(fresh, sizeof(fresh), "%s/%s", engine->folder, NEW_FILE);
    (void)unlink(fresh);
    if (copy_to(copy, fresh, "restore", err) != OV_OK)
        return err->code;
    if (engine->writer.db != NULL)
        (void)sqlite3_wal_checkpoint_v2(engine->writer.db, NULL,
                                        SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (change_places(engine, fresh, aside, err) != OV_OK)
        (void)unlink(fresh);
    else if (aside[0] != '\0')
        ov_say(copy->call, OV_NOTE_ACTION, NULL, NULL, "laid the old store aside as '%s'",
               aside);
    return err->code;
}

/* The store that is open here, or one that does not open, or that is not there. */
static int32_t replace_there(struct ov_session *session, struct engine *open,
                             struct conn *copy, struct ov_error *err)
{
    struct engine closed = { .writer_fd = -1, .log_fd = -1 }, *engine = open;

    if (open != NULL) {
        if (group_enter(open, copy->call, err) != OV_OK)
            return err->code;
        group_commit(open);
    } else if (engine_names(&closed, session->folder, err) == OV_OK &&
               engine_make_folder(closed.folder, err) == OV_OK) {
        engine = &closed;
    }
    if (err->code == OV_OK && lock_take(engine, err) == OV_OK) {
        (void)replace(engine, copy, err);
        lock_drop(engine);
        (void)place_check(engine, NULL); /* of no use any more */
    }
    if (open != NULL)
        group_leave(open);
    engine_forget_names(&closed);
    return err->code;
}

int32_t restore_run(struct ov_session *session, struct engine *open,
                    const struct ov_call *call, const struct ov_str *words,
                    uint32_t n_words, struct ov_error *err)
{
    char *path = take_path("restore", "a file that backup made", words, n_words, err);
    struct conn copy = { 0 };

    if (path == NULL)
        return err->code;
    if (open_copy(path, call, &copy, err) == OV_OK &&
        check_copy(&copy, path, err) == OV_OK)
        (void)replace_there(session, open, &copy, err);
    conn_close(&copy);
    if (err->code == OV_OK)
        ov_say(call, OV_NOTE_ACTION, NULL, NULL,
               "restored the store from '%s'; whoever has it open opens it again", path);
    free(path);
    return err->code;
}
