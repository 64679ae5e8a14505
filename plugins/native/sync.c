/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync.c - keeping the image what the file says.
 *
 * Every read asks the file whether anybody has committed since it last looked; that is
 * one look at SQLite's shared memory. When somebody has, the log of changes tells which
 * keys to read again. A log that does not reach back far enough, another epoch or no
 * image at all mean reading everything. Own commits reach the image from memory (txn.c).
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

/* What the catalogue says of a collection. */
struct state {
    int64_t version, epoch, change, words;
    struct shape *shape; /* when version is another than the collection's */
};

static int32_t decode_shape(sqlite3_stmt *statement, int column, struct shape **out,
                            struct ov_error *err)
{
    const void *bytes = sqlite3_column_blob(statement, column);
    struct ov_schema *schema;
    struct shape *shape;

    if (ov_schema_decode(bytes, (size_t)sqlite3_column_bytes(statement, column), &schema,
                         err) != OV_OK)
        return err->code;
    shape = shape_new(schema);
    if (shape == NULL) {
        free(schema);
        return ov_no_memory(err);
    }
    *out = shape;
    return OV_OK;
}

/* Names and numbers of the row are of use only as they were written. */
static int32_t check_row(sqlite3_stmt *statement, const struct ov_schema *schema,
                         struct ov_error *err)
{
    static const char *const names[] = { "version", "epoch", "change", "words" };
    struct ov_str name = { (const char *)sqlite3_column_text(statement, 5),
                           (uint64_t)sqlite3_column_bytes(statement, 5) };
    int64_t number;
    int i;

    for (i = 0; i < 4; i++) {
        number = sqlite3_column_int64(statement, i);
        if (sqlite3_column_type(statement, i) != SQLITE_INTEGER || number < 1 ||
            number > NUMBER_MOST)
            return ov_fail(err, OV_CORRUPT, "the %s of collection '%.*s' is %lld",
                           names[i], (int)name.n, name.p, (long long)number);
    }
    if (schema != NULL && !ov_str_equal(schema->name, name))
        return ov_fail(err, OV_CORRUPT, "the schema of '%.*s' is that of '%.*s'",
                       (int)name.n, name.p, (int)schema->name.n, schema->name.p);
    return OV_OK;
}

static int32_t read_state(struct coll *coll, struct state *state, struct ov_error *err)
{
    sqlite3_stmt *statement = NULL;
    int step;

    memset(state, 0, sizeof(*state));
    if (conn_prepare(&coll->conn, &statement, err,
                     "SELECT version, epoch, change, words, schema, name FROM collections"
                     " WHERE id=%lld AND uuid=?1",
                     (long long)coll->id) != OV_OK)
        return err->code;
    bind_bytes(statement, 1, coll->uuid, sizeof(coll->uuid));
    step = conn_step(&coll->conn, statement, err);
    if (step == 0) {
        __atomic_store_n(&coll->gone, 1, __ATOMIC_RELEASE);
        ov_fail(err, OV_STALE, "the collection was dropped");
    } else if (step > 0) {
        state->version = sqlite3_column_int64(statement, 0);
        state->epoch = sqlite3_column_int64(statement, 1);
        state->change = sqlite3_column_int64(statement, 2);
        state->words = sqlite3_column_int64(statement, 3);
        if (coll->shape == NULL || state->version != coll->version)
            (void)decode_shape(statement, 4, &state->shape, err);
        if (err->code == OV_OK)
            (void)check_row(statement, state->shape != NULL ? state->shape->schema : NULL,
                            err);
    }
    sqlite3_finalize(statement);
    return err->code;
}

/* ------------------------------------------------------------------ reading */

/* The fault, with the key before it. */
static int32_t name_record(sqlite3_stmt *statement, struct ov_error *err)
{
    struct ov_error fault = *err;
    const char *key = (const char *)sqlite3_column_text(statement, 3);

    ov_error_reset(err);
    return ov_fail(err, fault.code, "record '%s': %s", key != NULL ? key : "",
                   fault.message);
}

/* Is the row one record, under its own key? */
static int32_t check_record(const struct ov_schema *schema, sqlite3_stmt *statement,
                            const struct buffer *body, const struct buffer *vectors,
                            struct ov_error *err)
{
    int64_t label = sqlite3_column_int64(statement, 0);
    struct ov_cell key;

    sync_key(statement, 3, &key);
    if (label < 1 || label > NUMBER_MOST)
        return ov_fail(err, OV_CORRUPT, "its number is %lld", (long long)label);
    if (codec_check(schema, body->bytes, body->n, vectors->n, err) != OV_OK ||
        codec_check_key(schema, body->bytes, &key, err) != OV_OK)
        return err->code;
    return codec_check_vectors((const float *)(const void *)vectors->bytes,
                               vectors->n / sizeof(float), err);
}

/* statement: label, body, vectors, key. */
static int32_t add_row(struct change *change, sqlite3_stmt *statement,
                       struct buffer *body, struct buffer *vectors, struct ov_error *err)
{
    const struct ov_schema *schema = change->image->shape->schema;
    size_t n = (size_t)sqlite3_column_bytes(statement, 1);
    size_t n_vectors = (size_t)sqlite3_column_bytes(statement, 2);
    int64_t label = sqlite3_column_int64(statement, 0);

    body->n = vectors->n = 0;
    if (buffer_reserve(body, n) != 0 || buffer_reserve(vectors, n_vectors) != 0)
        return ov_no_memory(err);
    if (n > 0)
        memcpy(body->bytes, sqlite3_column_blob(statement, 1), n);
    if (n_vectors > 0)
        memcpy(vectors->bytes, sqlite3_column_blob(statement, 2), n_vectors);
    body->n = n;
    vectors->n = n_vectors;
    if (check_record(schema, statement, body, vectors, err) != OV_OK)
        return name_record(statement, err);
    if (label > change->image->last_label)
        change->image->last_label = label;
    return change_add(change, label, body, (const float *)(void *)vectors->bytes, err);
}

static int32_t add_all(struct change *change, struct conn *conn, int64_t id,
                       struct ov_error *err)
{
    struct buffer body = { 0 }, vectors = { 0 };
    sqlite3_stmt *statement = NULL;
    int step = -1;

    if (conn_prepare(conn, &statement, err, "SELECT label, body, vectors, key FROM r%lld",
                     (long long)id) == OV_OK)
        while ((step = conn_step(conn, statement, err)) > 0)
            if (add_row(change, statement, &body, &vectors, err) != OV_OK ||
                (conn->call != NULL && ov_checkpoint(conn->call, err) != OV_OK))
                break;
    sqlite3_finalize(statement);
    buffer_clear(&body);
    buffer_clear(&vectors);
    return step == 0 ? OV_OK : err->code;
}

int32_t sync_read_image(struct coll *coll, struct conn *conn, struct shape *shape,
                        int64_t number, struct image **out, struct ov_error *err)
{
    struct image *image = image_new(shape);
    struct change change;

    if (image == NULL)
        return ov_no_memory(err);
    change_begin(&change, image);
    if (add_all(&change, conn, coll->id, err) != OV_OK) {
        change_forget(&change);
        image_unref(image);
        return err->code;
    }
    change_commit(&change, (uint64_t)number);
    *out = image;
    return OV_OK;
}

/* ----------------------------------------------------------------- catching up */

/* Does the log still have what came after the image? */
static int32_t log_reaches(struct coll *coll, int *reaches, struct ov_error *err)
{
    int64_t published = (int64_t)coll->image->published, first = 0;
    char sql[64];

    sqlite3_snprintf(sizeof(sql), sql, "SELECT min(number) FROM c%lld",
                     (long long)coll->id);
    if (conn_number(&coll->conn, sql, 0, &first, err) != OV_OK)
        return err->code;
    *reaches = first > 0 && first <= published + 1;
    return OV_OK;
}

void sync_key(sqlite3_stmt *statement, int column, struct ov_cell *key)
{
    struct ov_str text;

    if (sqlite3_column_type(statement, column) == SQLITE_INTEGER) {
        *key = ov_int_cell(OV_INT64, sqlite3_column_int64(statement, column));
        return;
    }
    text.p = (const char *)sqlite3_column_text(statement, column);
    text.n = (uint64_t)sqlite3_column_bytes(statement, column);
    *key = ov_text_cell(text);
}

/* statement: what is there now under each key, NULLs where it went. */
static int32_t take_changed(struct coll *coll, struct change *change,
                            const struct view *view, sqlite3_stmt *statement,
                            struct ov_error *err)
{
    struct buffer body = { 0 }, vectors = { 0 };
    struct ov_cell key;
    uint32_t slot;
    int step;

    while ((step = conn_step(&coll->conn, statement, err)) > 0) {
        if (coll->conn.call != NULL && ov_checkpoint(coll->conn.call, err) != OV_OK)
            break;
        sync_key(statement, 3, &key);
        slot = view_find(view, &key);
        if (slot != NO_SLOT && change_kill(change, slot, err) != OV_OK)
            break;
        if (sqlite3_column_type(statement, 0) != SQLITE_NULL &&
            add_row(change, statement, &body, &vectors, err) != OV_OK)
            break;
    }
    buffer_clear(&body);
    buffer_clear(&vectors);
    return step == 0 ? OV_OK : err->code;
}

static int32_t catch_up(struct coll *coll, int64_t number, struct ov_error *err)
{
    struct image *image = coll->image;
    sqlite3_stmt *statement = NULL;
    struct change change;
    struct view view;

    change_begin(&change, image);
    view_take(image, coll->shape, &view);
    if (conn_prepare(&coll->conn, &statement, err,
                     "SELECT r.label, r.body, r.vectors, l.key FROM"
                     " (SELECT DISTINCT key FROM c%lld WHERE number>%lld) AS l"
                     " LEFT JOIN r%lld AS r ON r.key=l.key",
                     (long long)coll->id, (long long)view.snap,
                     (long long)coll->id) == OV_OK)
        (void)take_changed(coll, &change, &view, statement, err);
    sqlite3_finalize(statement);
    view_drop(&view);
    if (err->code != OV_OK)
        change_abort(&change);
    else
        change_commit(&change, (uint64_t)number);
    return err->code;
}

/* Does the image have the columns of this schema? Another process that appends fields
 * says so by the epoch; damage does not. */
static int fits(const struct image *image, const struct ov_schema *schema)
{
    const struct ov_schema *own = image->shape->schema;
    const uint32_t free_flags = OV_FIELD_FULLTEXT | OV_FIELD_ABSENT;
    uint32_t f;

    if (own->n_fields != schema->n_fields || own->key != schema->key)
        return 0;
    for (f = 0; f < own->n_fields; f++)
        if (own->fields[f]->type != schema->fields[f]->type ||
            own->fields[f]->dim != schema->fields[f]->dim ||
            ((own->fields[f]->flags ^ schema->fields[f]->flags) & ~free_flags) != 0)
            return 0;
    return 1;
}

static int32_t follow(struct coll *coll, struct state *state, struct ov_error *err)
{
    struct shape *shape = state->shape != NULL ? state->shape : coll->shape;
    struct image *image = NULL;
    int whole = coll->image == NULL || state->epoch != coll->epoch, reaches = 1;

    if (!whole && state->shape != NULL)
        whole = !fits(coll->image, state->shape->schema);
    if (!whole && (uint64_t)state->change != coll->image->published &&
        log_reaches(coll, &reaches, err) != OV_OK)
        return err->code;
    if (whole || !reaches) {
        if (sync_read_image(coll, &coll->conn, shape, state->change, &image, err) !=
            OV_OK)
            return err->code;
        image_unref(coll->image);
        coll->image = image;
    } else if ((uint64_t)state->change != coll->image->published &&
               catch_up(coll, state->change, err) != OV_OK) {
        return err->code;
    }
    if (state->shape != NULL) {
        shape_unref(coll->shape);
        coll->shape = state->shape;
        state->shape = NULL;
    }
    coll->version = state->version;
    coll->epoch = state->epoch;
    coll->words_edition = state->words;
    return OV_OK;
}

/* apply is held and no own transaction is open. */
static int32_t make_current(struct coll *coll, struct ov_error *err)
{
    struct state state;
    int64_t now;
    int step = conn_step(&coll->conn, coll->ask, err);

    if (step > 0)
        now = sqlite3_column_int64(coll->ask, 0);
    sqlite3_reset(coll->ask);
    if (step <= 0)
        return step == 0 ? ov_fail(err, OV_INTERNAL, "no data version") : err->code;
    if (coll->image != NULL && now == coll->seen)
        return OV_OK;
    if (conn_begin(&coll->conn, 0, err) != OV_OK)
        return err->code;
    if (read_state(coll, &state, err) == OV_OK)
        (void)follow(coll, &state, err);
    shape_unref(state.shape);
    conn_rollback(&coll->conn);
    if (err->code == OV_OK)
        coll->seen = now;
    return err->code;
}

/* ------------------------------------------------------------------ for all */

static int32_t prepare(struct coll *coll, const struct ov_call *call,
                       struct ov_error *err)
{
    if (coll->conn.db == NULL &&
        engine_connect(coll->engine, &coll->conn, call, err) != OV_OK)
        return err->code;
    if (coll->ask == NULL)
        return conn_prepare(&coll->conn, &coll->ask, err, "PRAGMA data_version");
    return OV_OK;
}

int32_t sync_current(struct coll *coll, const struct ov_call *call, struct ov_error *err)
{
    int32_t status;

    if (__atomic_load_n(&coll->gone, __ATOMIC_ACQUIRE))
        return ov_fail(err, OV_STALE, "the collection was dropped");
    if (coll->own)
        return OV_OK;
    conn_serve(&coll->conn, call);
    status = make_current(coll, err);
    conn_serve(&coll->conn, NULL);
    return status;
}

int32_t sync_load(struct coll *coll, const struct ov_call *call, struct ov_error *err)
{
    int32_t status;

    if (engine_lock(&coll->apply, call, err) != OV_OK)
        return err->code;
    status = prepare(coll, call, err);
    if (status == OV_OK)
        status = sync_current(coll, call, err);
    if (status == OV_OK)
        __atomic_store_n(&coll->key, coll->shape->schema->key, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&coll->apply);
    return status;
}

void sync_unload(struct coll *coll)
{
    sqlite3_finalize(coll->ask);
    conn_close(&coll->conn);
    conn_close(&coll->words);
    conn_close(&coll->keys);
    image_unref(coll->image);
    shape_unref(coll->shape);
}

int32_t sync_view(struct coll *coll, const struct ov_call *call, struct view *view,
                  struct ov_error *err)
{
    int32_t status;

    if (ov_checkpoint(call, err) != OV_OK || place_look(coll->engine, err) != OV_OK ||
        engine_lock(&coll->apply, call, err) != OV_OK)
        return err->code;
    status = sync_current(coll, call, err);
    if (status == OV_OK)
        view_take(coll->image, coll->shape, view);
    pthread_mutex_unlock(&coll->apply);
    return status;
}

/* ------------------------------------------------------- together with the file */

/*
 * Bring the view to the state of the file: 1 done, 0 not yet (an own commit is not
 * published yet, or the rows were replaced as a whole), -1 failed.
 */
static int meet(struct coll *coll, struct conn *conn, const struct ov_call *call,
                struct view *view, struct ov_error *err)
{
    int64_t change = 0;
    uint64_t published;
    struct view now;
    char sql[96];

    sqlite3_snprintf(sizeof(sql), sql, "SELECT change FROM collections WHERE id=%lld",
                     (long long)coll->id);
    if (conn_number(conn, sql, -1, &change, err) != OV_OK)
        return -1;
    if (change < 0) {
        ov_fail(err, OV_STALE, "the collection was dropped");
        return -1;
    }
    if (sync_view(coll, call, &now, err) != OV_OK)
        return -1;
    published = now.snap;
    if (now.image != view->image || published < (uint64_t)change) {
        view_drop(&now);
        return 0;
    }
    view->blocks = now.blocks;
    view->n_blocks = now.n_blocks;
    view->n_slots = now.n_slots;
    view->snap = (uint64_t)change;
    view_drop(&now);
    return 1;
}

int32_t sync_together(struct coll *coll, struct conn *conn, const struct ov_call *call,
                      struct view *view, struct ov_error *err)
{
    int met = 0;

    while (met == 0 && ov_checkpoint(call, err) == OV_OK) {
        if (sync_view(coll, call, view, err) != OV_OK)
            return err->code;
        if (conn_begin(conn, 0, err) == OV_OK)
            met = meet(coll, conn, call, view, err);
        if (met > 0)
            return OV_OK;
        conn_rollback(conn);
        view_drop(view);
        if (err->code != OV_OK)
            return err->code;
    }
    return err->code;
}
