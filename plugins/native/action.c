/* SPDX-License-Identifier: Apache-2.0 */
/*
 * action.c - what an operator may ask of a store: doctor, stats, verify, reindex,
 * checkpoint; backup and restore are in backup.c.
 */
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct names {
    char **list;
    size_t n;
    int failed;
};

static void take_name(void *ctx, struct ov_str name)
{
    struct names *names = ctx;
    char **grown = realloc(names->list, (names->n + 1) * sizeof(*grown));

    if (grown != NULL)
        names->list = grown;
    if (grown == NULL || (names->list[names->n] = strndup(name.p, name.n)) == NULL)
        names->failed = 1;
    else
        names->n++;
}

static void free_names(struct names *names)
{
    while (names->n > 0)
        free(names->list[--names->n]);
    free(names->list);
}

/* -------------------------------------------------------------------- verify */

/* What words can be blamed for is not the truth's fault: another remedy. */
static void tell_damage(const struct ov_call *call, int words_damaged, const char *text)
{
    if (words_damaged)
        ov_say(call, OV_NOTE_PROBLEM, "file",
               "run the action reindex, then this one again: the words are damaged", "%s",
               text);
    else
        ov_say(call, OV_NOTE_PROBLEM, "file", "run the action restore with a backup",
               "%s", text);
}

/* Each finding is a problem note. With words that cannot be read newer versions of SQLite
 * fail here, others say nothing. */
static int32_t check_file(struct conn *conn, const struct ov_call *call,
                          int words_damaged, int *problems, struct ov_error *err)
{
    sqlite3_stmt *statement = NULL;
    const char *text;
    int step = -1;

    if (conn_prepare(conn, &statement, err, "PRAGMA integrity_check(20)") == OV_OK)
        while ((step = conn_step(conn, statement, err)) > 0) {
            text = (const char *)sqlite3_column_text(statement, 0);
            if (text != NULL && strcmp(text, "ok") == 0) {
                ov_say(call, OV_NOTE_CHECK, "file", NULL, "the file is whole");
                continue;
            }
            tell_damage(call, words_damaged, text != NULL ? text : "unreadable");
            ++*problems;
        }
    sqlite3_finalize(statement);
    if (step < 0 && heal_is_damage(err->code)) {
        tell_damage(call, words_damaged, err->message);
        ov_error_reset(err);
        ++*problems;
    }
    return err->code;
}

/* The next collection behind id: 1, 0 at the end, -1 failed. */
static int next_collection(struct conn *conn, int64_t *id, char name[200], int *has_words,
                           struct ov_error *err)
{
    struct ov_error fault = OV_ERROR_INIT;
    struct ov_schema *schema = NULL;
    sqlite3_stmt *statement = NULL;
    int step = -1;

    if (conn_prepare(conn, &statement, err,
                     "SELECT id, name, schema FROM collections WHERE id>%lld"
                     " ORDER BY id LIMIT 1",
                     (long long)*id) == OV_OK)
        step = conn_step(conn, statement, err);
    if (step > 0) {
        *id = sqlite3_column_int64(statement, 0);
        sqlite3_snprintf(200, name, "%s", sqlite3_column_text(statement, 1));
        *has_words = ov_schema_decode(sqlite3_column_blob(statement, 2),
                                      (size_t)sqlite3_column_bytes(statement, 2), &schema,
                                      &fault) == OV_OK &&
                     words_fields(schema) > 0;
        free(schema);
    }
    sqlite3_finalize(statement);
    return step;
}

/* Of all collections; how many are damaged. */
static int32_t look_at_words(struct conn *conn, const struct ov_call *call, int *damaged,
                             struct ov_error *err)
{
    struct ov_error fault = OV_ERROR_INIT;
    int64_t id = 0;
    char name[200];
    int has_words, found;

    while ((found = next_collection(conn, &id, name, &has_words, err)) > 0) {
        ov_error_reset(&fault);
        if (!has_words || heal_look(conn, id, &fault) == OV_OK)
            continue;
        if (!heal_is_damage(fault.code)) {
            *err = fault;
            return err->code;
        }
        ++*damaged;
        ov_say(call, OV_NOTE_PROBLEM, name,
               "run the action reindex: no record is lost, the words are made of them",
               "keyword search: %s", fault.message);
    }
    return found == 0 ? OV_OK : err->code;
}

static uint64_t live_rows(const struct view *view)
{
    uint64_t mask[BLOCK_WORDS], n = 0;
    uint32_t b, w;

    for (b = 0; b < view->n_blocks; b++) {
        block_visible(view->blocks[b], view->snap, mask);
        for (w = 0; w < BLOCK_WORDS; w++)
            n += (uint64_t)__builtin_popcountll(mask[w]);
    }
    return n;
}

/* statement: key, body. */
static int is_same_row(const struct view *view, sqlite3_stmt *statement)
{
    size_t n = (size_t)sqlite3_column_bytes(statement, 1);
    const unsigned char *body;
    struct ov_cell key;
    uint32_t slot;

    sync_key(statement, 0, &key);
    slot = view_find(view, &key);
    if (slot == NO_SLOT)
        return 0;
    body = view->blocks[slot / BLOCK_ROWS]->body[slot % BLOCK_ROWS];
    return codec_size(body) == n &&
           memcmp(body, sqlite3_column_blob(statement, 1), n) == 0;
}

/* Each record of the file must be in the image, byte for byte. */
static int32_t compare_rows(struct conn *conn, const struct coll *coll,
                            const struct view *view, uint64_t *rows, uint64_t *different,
                            struct ov_error *err)
{
    sqlite3_stmt *statement = NULL;
    int step = -1;

    if (conn_prepare(conn, &statement, err, "SELECT key, body FROM r%lld",
                     (long long)coll->id) == OV_OK)
        while ((step = conn_step(conn, statement, err)) > 0) {
            *different += (uint64_t)!is_same_row(view, statement);
            ++*rows;
        }
    sqlite3_finalize(statement);
    return step == 0 ? OV_OK : err->code;
}

static void check_words(struct txn *txn, const char *name, int *problems)
{
    struct ov_error fault = OV_ERROR_INIT;

    if (words_check(txn, &fault) == OV_OK)
        return;
    ++*problems;
    ov_say(txn->call, OV_NOTE_PROBLEM, name, "run the action reindex", "%s",
           fault.message);
}

/* While the write lock is held nobody of this process commits; another process might,
 * which only the file's own number tells. */
static int32_t verify_collection(struct engine *engine, struct conn *conn,
                                 const struct ov_call *call, const char *name,
                                 int *problems, struct ov_error *err)
{
    uint64_t rows = 0, different = 0, live = 0;
    struct coll *coll;
    struct txn txn;

    if (catalog_open(engine, call, ov_str_of(name), &coll, err) != OV_OK)
        return err->code;
    if (txn_begin(coll, call, &txn, err) == OV_OK) {
        live = live_rows(&txn.view);
        check_words(&txn, name, problems);
        (void)compare_rows(conn, coll, &txn.view, &rows, &different, err);
        txn_abort(&txn);
    }
    catalog_release(coll);
    if (err->code != OV_OK)
        return err->code;
    if (rows == live && different == 0) {
        ov_say(call, OV_NOTE_CHECK, name, NULL, "%llu records, file and memory agree",
               (unsigned long long)rows);
        return OV_OK;
    }
    ++*problems;
    ov_say(
        call, OV_NOTE_PROBLEM, name, "open the store again: memory is made of the file",
        "%llu records in the file, %llu in memory, %llu differ", (unsigned long long)rows,
        (unsigned long long)live, (unsigned long long)different);
    return OV_OK;
}

static int32_t verify(struct ov_session *session, const struct ov_call *call,
                      struct ov_error *err)
{
    struct engine *engine = session->engine;
    struct names names = { 0 };
    struct conn conn;
    int problems = 0;
    size_t i;

    if (engine_connect(engine, &conn, call, err) != OV_OK)
        return err->code;
    if (look_at_words(&conn, call, &problems, err) == OV_OK &&
        check_file(&conn, call, problems, &problems, err) == OV_OK)
        (void)catalog_list(engine, call, take_name, &names, err);
    if (names.failed)
        ov_no_memory(err);
    for (i = 0; i < names.n && err->code == OV_OK; i++)
        (void)verify_collection(engine, &conn, call, names.list[i], &problems, err);
    free_names(&names);
    conn_close(&conn);
    if (err->code == OV_OK && problems > 0)
        return ov_fail(err, OV_CORRUPT, "%d problem%s in '%s'", problems,
                       problems == 1 ? "" : "s", engine->folder);
    return err->code;
}

/* ------------------------------------------------------------------- reindex */

static int32_t reindex_collection(struct engine *engine, const struct ov_call *call,
                                  const char *name, struct ov_error *err)
{
    struct coll *coll;
    struct txn txn;

    if (catalog_open(engine, call, ov_str_of(name), &coll, err) != OV_OK)
        return err->code;
    if (txn_begin(coll, call, &txn, err) == OV_OK) {
        txn.words_broken = 1;
        (void)txn_commit(&txn, err);
    }
    catalog_release(coll);
    if (err->code == OV_OK)
        ov_say(call, OV_NOTE_ACTION, NULL, NULL, "made the words of '%s' anew", name);
    return err->code;
}

static int32_t reindex(struct ov_session *session, const struct ov_call *call,
                       struct ov_error *err)
{
    struct names names = { 0 };
    size_t i;

    (void)catalog_list(session->engine, call, take_name, &names, err);
    if (names.failed)
        ov_no_memory(err);
    for (i = 0; i < names.n && err->code == OV_OK; i++)
        (void)reindex_collection(session->engine, call, names.list[i], err);
    free_names(&names);
    return err->code;
}

/* ------------------------------------------------------------- doctor, stats */

static void check_right(const struct ov_call *call, const char *name, const char *path,
                        int mode)
{
    if (faccessat(AT_FDCWD, path, mode, AT_EACCESS) != 0)
        ov_say(call, OV_NOTE_PROBLEM, name, "give this user the right to write there",
               "'%s': %s", path, strerror(errno));
    else
        ov_say(call, OV_NOTE_CHECK, name, NULL, "'%s' can be written", path);
}

static void check_folder(const struct engine *engine, const struct ov_call *call)
{
    struct stat info;
    const char *doubtful = closed_doubtful(engine->folder);
    pid_t pid;

    if (doubtful != NULL)
        ov_say(call, OV_NOTE_PROBLEM, "file system",
               "put the folder on a local file system, such as ext4 or XFS",
               "'%s' is on %s: locks, shared memory maps or syncs may fail there",
               engine->folder, doubtful);
    if (engine->closed) {
        ov_say(call, OV_NOTE_CHECK, "writer", NULL,
               "'%s' may not be written by this user: the store is read as it lies there",
               engine->folder);
        return;
    }
    check_right(call, "folder", engine->folder, W_OK | X_OK);
    check_right(call, "store", engine->file, W_OK);
    if (stat(engine->file, &info) == 0 && (info.st_mode & 077) != 0)
        ov_say(call, OV_NOTE_PROBLEM, "mode", "chmod 600 the file", "'%s' has mode %03o",
               engine->file, (unsigned)(info.st_mode & 0777));
    pid = lock_holder(engine);
    if (pid == 0 || pid == getpid())
        ov_say(call, OV_NOTE_CHECK, "writer", NULL, "this process may write");
    else
        ov_say(call, OV_NOTE_CHECK, "writer", NULL,
               "process %d writes; this one reads beside it", (int)pid);
}

static int32_t doctor(struct ov_session *session, const struct ov_call *call,
                      struct ov_error *err)
{
    struct conn conn;
    int problems = 0, damaged = 0;

    if (engine_connect(session->engine, &conn, call, err) != OV_OK)
        return err->code;
    check_folder(session->engine, call);
    ov_say(call, OV_NOTE_CHECK, "library", NULL, "SQLite %s", sqlite3_libversion());
    if (look_at_words(&conn, call, &damaged, err) == OV_OK)
        (void)check_file(&conn, call, damaged, &problems, err);
    conn_close(&conn);
    return err->code;
}

static int32_t tell_number(struct conn *conn, const struct ov_call *call,
                           const char *name, const char *sql, struct ov_error *err)
{
    int64_t n = 0;

    if (conn_number(conn, sql, 0, &n, err) == OV_OK)
        ov_say(call, OV_NOTE_CHECK, name, NULL, "%lld", (long long)n);
    return err->code;
}

static int32_t stats(struct ov_session *session, const struct ov_call *call,
                     struct ov_error *err)
{
    struct conn conn;

    if (engine_connect(session->engine, &conn, call, err) != OV_OK)
        return err->code;
    if (tell_number(&conn, call, "collections", "SELECT count(*) FROM collections",
                    err) == OV_OK &&
        tell_number(&conn, call, "page_size", "PRAGMA page_size", err) == OV_OK &&
        tell_number(&conn, call, "pages", "PRAGMA page_count", err) == OV_OK)
        (void)tell_number(&conn, call, "free_pages", "PRAGMA freelist_count", err);
    conn_close(&conn);
    return err->code;
}

static int32_t checkpoint(struct ov_session *session, const struct ov_call *call,
                          struct ov_error *err)
{
    struct conn conn;
    int log = 0, done = 0, code;

    if (engine_connect(session->engine, &conn, call, err) != OV_OK)
        return err->code;
    code =
        sqlite3_wal_checkpoint_v2(conn.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &log, &done);
    if (code != SQLITE_OK)
        (void)conn_fail(&conn, code, "move the log into the file", err);
    else
        ov_say(call, OV_NOTE_ACTION, NULL, NULL, "moved the log into the file");
    conn_close(&conn);
    return err->code;
}

int32_t action_run(struct ov_session *session, const struct ov_call *call,
                   struct ov_str action, const struct ov_str *words, uint32_t n_words,
                   struct ov_error *err)
{
    struct engine *engine = NULL;
    int restores = ov_str_equal(action, ov_str_of("restore"));

    if (ov_checkpoint(call, err) != OV_OK)
        return err->code;
    if (engine_of(session, 0, call, &engine, err) != OV_OK) {
        if (!restores || (err->code != OV_CORRUPT && err->code != OV_EXISTS))
            return err->code;
        ov_error_reset(err); /* what does not open is the very thing to replace */
    }
    if (restores)
        return restore_run(session, engine, call, words, n_words, err);
    if (engine == NULL && ov_str_equal(action, ov_str_of("doctor"))) {
        ov_say(call, OV_NOTE_CHECK, "folder", NULL, "there is no store in '%s' yet",
               session->folder);
        return OV_OK;
    }
    if (engine == NULL)
        return ov_fail(err, OV_NOT_FOUND, "there is no store in '%s'", session->folder);
    if (ov_str_equal(action, ov_str_of("backup")))
        return backup_run(engine, call, words, n_words, err);
    if (n_words > 0)
        return ov_fail(err, OV_INVALID, "'%.*s' takes no words", (int)action.n, action.p);
    if (ov_str_equal(action, ov_str_of("doctor")))
        return doctor(session, call, err);
    if (ov_str_equal(action, ov_str_of("stats")))
        return stats(session, call, err);
    if (ov_str_equal(action, ov_str_of("verify")))
        return verify(session, call, err);
    if (ov_str_equal(action, ov_str_of("reindex")))
        return reindex(session, call, err);
    if (ov_str_equal(action, ov_str_of("checkpoint")))
        return checkpoint(session, call, err);
    return ov_fail(err, OV_UNSUPPORTED, "no action '%.*s'", (int)action.n, action.p);
}
