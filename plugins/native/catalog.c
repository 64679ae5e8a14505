/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog.c - which collections the file has, and which of them this process has open.
 *
 * A collection's tables are named by its number, which is never given again: r5 has the
 * records, c5 the log of changes, f5 the words.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

#define APPLICATION 0x4f566e61 /* "OVna" */

static const char tables[] =
    "CREATE TABLE collections(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL UNIQUE, uuid BLOB NOT NULL, schema BLOB NOT NULL,"
    " version INTEGER NOT NULL, epoch INTEGER NOT NULL, change INTEGER NOT NULL,"
    " words INTEGER NOT NULL);";

/* ------------------------------------------------------------------ the file */

static int32_t set_up(struct engine *engine, struct ov_error *err)
{
    struct conn *conn = &engine->writer;
    int64_t there = 0;

    if (conn_exec(conn, "PRAGMA journal_mode=WAL", err) != OV_OK ||
        conn_begin(conn, 1, err) != OV_OK)
        return err->code;
    if (conn_number(conn, "SELECT count(*) FROM sqlite_schema", 0, &there, err) ==
            OV_OK &&
        there == 0 && conn_exec(conn, tables, err) == OV_OK)
        (void)conn_execf(conn, err, "PRAGMA application_id=%d; PRAGMA user_version=%d",
                         APPLICATION, NATIVE_FORMAT);
    if (err->code != OV_OK) {
        conn_rollback(conn);
        return err->code;
    }
    engine->made = there == 0;
    return conn_commit(conn, err);
}

int32_t catalog_is_ours(struct conn *conn, const char *file, struct ov_error *err)
{
    int64_t application = 0, format = 0;

    if (conn_number(conn, "PRAGMA application_id", 0, &application, err) != OV_OK ||
        conn_number(conn, "PRAGMA user_version", 0, &format, err) != OV_OK)
        return err->code;
    if (application != APPLICATION)
        return ov_fail(err, OV_EXISTS, "'%s' belongs to another program", file);
    if (format > NATIVE_FORMAT)
        return ov_fail(err, OV_UNSUPPORTED, "'%s' has format %d, newer than %d", file,
                       (int)format, NATIVE_FORMAT);
    return OV_OK;
}

/* A file that was copied by other means than ours may have left the log's mode. */
int32_t catalog_prepare(struct engine *engine, const struct ov_call *call,
                        struct ov_error *err)
{
    struct conn *conn = &engine->writer;
    int64_t there = 0;

    (void)call;
    if (conn_number(conn, "SELECT count(*) FROM sqlite_schema", 0, &there, err) != OV_OK)
        return err->code;
    if (there == 0 && engine->closed)
        return ov_fail(err, OV_NOT_FOUND, "'%s' is empty", engine->file);
    if (there == 0 && set_up(engine, err) != OV_OK)
        return err->code;
    if (catalog_is_ours(conn, engine->file, err) != OV_OK)
        return err->code;
    return engine->closed ? OV_OK : conn_exec(conn, "PRAGMA journal_mode=WAL", err);
}

/* ------------------------------------------------------------- names and ids */

/* statement: id, uuid. The id is a part of names in statements. */
static int32_t take_identity(sqlite3_stmt *statement, struct ov_str name, int64_t *id,
                             unsigned char uuid[16], struct ov_error *err)
{
    *id = sqlite3_column_int64(statement, 0);
    if (*id < 1 || *id > NUMBER_MOST || sqlite3_column_bytes(statement, 1) != 16)
        return ov_fail(
            err, OV_CORRUPT, "collection '%.*s' has number %lld and %d bytes of identity",
            (int)name.n, name.p, (long long)*id, sqlite3_column_bytes(statement, 1));
    memcpy(uuid, sqlite3_column_blob(statement, 1), 16);
    return OV_OK;
}

/* 1: there, 0: not there, -1: failed. */
static int look_up(struct conn *conn, struct ov_str name, int64_t *id,
                   unsigned char uuid[16], struct ov_error *err)
{
    sqlite3_stmt *statement = NULL;
    int step;

    if (conn_prepare(conn, &statement, err,
                     "SELECT id, uuid FROM collections WHERE name=?1") != OV_OK)
        return -1;
    bind_text(statement, 1, name.p, name.n);
    step = conn_step(conn, statement, err);
    if (step > 0 && take_identity(statement, name, id, uuid, err) != OV_OK)
        step = -1;
    sqlite3_finalize(statement);
    return step;
}

static int32_t not_found(struct ov_str name, struct ov_error *err)
{
    return ov_fail(err, OV_NOT_FOUND, "no collection '%.*s'", (int)name.n, name.p);
}

int32_t catalog_list(struct engine *engine, const struct ov_call *call, ov_name_fn *take,
                     void *ctx, struct ov_error *err)
{
    struct conn *conn = &engine->catalog;
    sqlite3_stmt *statement = NULL;
    int step = -1;

    if (place_check(engine, err) != OV_OK ||
        engine_lock(&engine->lists, call, err) != OV_OK)
        return err->code;
    conn_serve(conn, call);
    if (conn_prepare(conn, &statement, err,
                     "SELECT name FROM collections ORDER BY name") == OV_OK)
        while ((step = conn_step(conn, statement, err)) > 0) {
            struct ov_str name;

            name.p = (const char *)sqlite3_column_text(statement, 0);
            name.n = (uint64_t)sqlite3_column_bytes(statement, 0);
            if (name.n == 0 || !ov_utf8_valid(name)) {
                step = -1;
                ov_fail(err, OV_CORRUPT, "a collection's name of %llu bytes is no text",
                        (unsigned long long)name.n);
                break;
            }
            take(ctx, name);
        }
    sqlite3_finalize(statement);
    conn_serve(conn, NULL);
    pthread_mutex_unlock(&engine->lists);
    return step == 0 ? OV_OK : err->code;
}

/* ----------------------------------------------------------- create and drop */

static int32_t insert_collection(struct conn *conn, const struct ov_schema *schema,
                                 struct ov_error *err)
{
    sqlite3_stmt *statement = NULL;
    void *bytes = NULL;
    size_t n = 0;
    int32_t status;

    if (ov_schema_encode(schema, &bytes, &n, err) != OV_OK)
        return err->code;
    status = conn_prepare(conn, &statement, err,
                          "INSERT INTO collections(name,uuid,schema,version,epoch,change,"
                          "words) VALUES(?1,randomblob(16),?2,1,1,1,1)");
    if (status == OV_OK) {
        bind_text(statement, 1, schema->name.p, schema->name.n);
        bind_bytes(statement, 2, bytes, n);
        status = conn_run(conn, statement, err);
    }
    sqlite3_finalize(statement);
    free(bytes);
    return status;
}

static int32_t make_tables(struct conn *conn, const struct ov_schema *schema,
                           struct ov_error *err)
{
    long long id = sqlite3_last_insert_rowid(conn->db);

    if (conn_execf(conn, err,
                   "CREATE TABLE r%lld(label INTEGER PRIMARY KEY, key NOT NULL UNIQUE,"
                   " body BLOB NOT NULL, vectors BLOB NOT NULL);"
                   "CREATE TABLE c%lld(number INTEGER PRIMARY KEY, key NOT NULL);",
                   id, id) != OV_OK)
        return err->code;
    return words_create(conn, id, 1, schema, err);
}

/* The write lock, the writer's lock, and a transaction. */
static int32_t begin(struct engine *engine, const struct ov_call *call,
                     struct ov_error *err)
{
    if (group_enter(engine, call, err) != OV_OK)
        return err->code;
    group_commit(engine);
    conn_serve(&engine->writer, call);
    if (lock_take(engine, err) == OV_OK && conn_begin(&engine->writer, 1, err) == OV_OK)
        return OV_OK;
    conn_serve(&engine->writer, NULL);
    group_leave(engine);
    return err->code;
}

static int32_t end(struct engine *engine, struct ov_error *err)
{
    if (err->code == OV_OK)
        (void)place_commit(engine, err);
    conn_rollback(&engine->writer);
    conn_serve(&engine->writer, NULL);
    group_leave(engine);
    return err->code;
}

int32_t catalog_create(struct engine *engine, const struct ov_call *call,
                       const struct ov_schema *schema, struct ov_error *err)
{
    unsigned char uuid[16];
    uint32_t i;
    int64_t id;
    int found;

    if (begin(engine, call, err) != OV_OK)
        return err->code;
    found = look_up(&engine->writer, schema->name, &id, uuid, err);
    if (found > 0)
        ov_fail(err, OV_EXISTS, "collection '%.*s' exists", (int)schema->name.n,
                schema->name.p);
    else if (found == 0 && insert_collection(&engine->writer, schema, err) == OV_OK)
        (void)make_tables(&engine->writer, schema, err);
    if (end(engine, err) != OV_OK)
        return err->code;
    ov_say(call, OV_NOTE_ACTION, NULL, NULL, "created collection '%.*s'",
           (int)schema->name.n, schema->name.p);
    for (i = 0; i < schema->n_indexes; i++)
        ov_say(call, OV_NOTE_ACTION, NULL, NULL, "created index '%.*s'",
               (int)schema->indexes[i]->name.n, schema->indexes[i]->name.p);
    return OV_OK;
}

/* Handles of this process learn at once; those of others when they look. */
static void forget(struct engine *engine, int64_t id)
{
    struct coll *coll;

    pthread_mutex_lock(&engine->lists);
    for (coll = engine->colls; coll != NULL; coll = coll->next)
        if (coll->id == id)
            __atomic_store_n(&coll->gone, 1, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&engine->lists);
}

static int32_t drop_tables(struct conn *conn, int64_t id, struct ov_error *err)
{
    int64_t edition = 0;
    char sql[96];

    sqlite3_snprintf(sizeof(sql), sql, "SELECT words FROM collections WHERE id=%lld",
                     (long long)id);
    if (conn_number(conn, sql, 0, &edition, err) != OV_OK ||
        words_drop(conn, id, edition, err) != OV_OK)
        return err->code;
    return conn_execf(conn, err,
                      "DELETE FROM collections WHERE id=%lld;"
                      "DROP TABLE r%lld; DROP TABLE c%lld",
                      (long long)id, (long long)id, (long long)id);
}

int32_t catalog_drop(struct engine *engine, const struct ov_call *call,
                     struct ov_str name, struct ov_error *err)
{
    unsigned char uuid[16];
    int64_t id = 0;
    int found;

    if (begin(engine, call, err) != OV_OK)
        return err->code;
    found = look_up(&engine->writer, name, &id, uuid, err);
    if (found == 0)
        not_found(name, err);
    else if (found > 0)
        (void)drop_tables(&engine->writer, id, err);
    if (end(engine, err) != OV_OK)
        return err->code;
    forget(engine, id);
    ov_say(call, OV_NOTE_ACTION, NULL, NULL, "dropped collection '%.*s'", (int)name.n,
           name.p);
    return OV_OK;
}

/* ---------------------------------------------------------------- open, close */

static struct coll *new_coll(struct engine *engine, int64_t id,
                             const unsigned char uuid[16])
{
    struct coll *coll = calloc(1, sizeof(*coll));

    if (coll == NULL)
        return NULL;
    coll->engine = engine;
    coll->id = id;
    coll->refs = 1;
    memcpy(coll->uuid, uuid, 16);
    pthread_mutex_init(&coll->apply, NULL);
    pthread_mutex_init(&coll->words_lock, NULL);
    pthread_mutex_init(&coll->keys_lock, NULL);
    coll->next = engine->colls;
    engine->colls = coll;
    return coll;
}

/* The collection of that name in the list of open ones; the caller holds lists. */
static struct coll *enlist(struct engine *engine, struct ov_str name,
                           struct ov_error *err)
{
    unsigned char uuid[16];
    struct coll *coll;
    int64_t id = 0;
    int found = look_up(&engine->catalog, name, &id, uuid, err);

    if (found == 0)
        not_found(name, err);
    if (found <= 0)
        return NULL;
    for (coll = engine->colls; coll != NULL; coll = coll->next)
        if (coll->id == id && memcmp(coll->uuid, uuid, 16) == 0) {
            coll->refs++;
            return coll;
        }
    coll = new_coll(engine, id, uuid);
    if (coll == NULL)
        ov_no_memory(err);
    return coll;
}

int32_t catalog_open(struct engine *engine, const struct ov_call *call,
                     struct ov_str name, struct coll **out, struct ov_error *err)
{
    struct coll *coll;
    int32_t status;

    if (place_check(engine, err) != OV_OK ||
        engine_lock(&engine->lists, call, err) != OV_OK)
        return err->code;
    conn_serve(&engine->catalog, call);
    coll = enlist(engine, name, err);
    conn_serve(&engine->catalog, NULL);
    pthread_mutex_unlock(&engine->lists);
    if (coll == NULL)
        return err->code;
    status = sync_load(coll, call, err);
    if (status == OV_STALE && coll->gone) /* dropped between the two looks */
        err->code = status = OV_NOT_FOUND;
    if (status != OV_OK) {
        catalog_release(coll);
        return status;
    }
    *out = coll;
    return OV_OK;
}

void catalog_release(struct coll *coll)
{
    struct engine *engine = coll->engine;
    struct coll **at = &engine->colls;

    pthread_mutex_lock(&engine->lists);
    if (--coll->refs > 0) {
        pthread_mutex_unlock(&engine->lists);
        return;
    }
    while (*at != coll)
        at = &(*at)->next;
    *at = coll->next;
    pthread_mutex_unlock(&engine->lists);
    (void)group_enter(engine, NULL, NULL);
    write_forget(coll);
    group_leave(engine);
    sync_unload(coll);
    pthread_mutex_destroy(&coll->apply);
    pthread_mutex_destroy(&coll->words_lock);
    pthread_mutex_destroy(&coll->keys_lock);
    free(coll);
}
