/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.c - keyword search: an FTS5 table over the full-text fields.
 *
 * The table keeps no texts: what is to be taken out of it is given by the record that
 * goes. A query is cut into words here and each is quoted, so that nothing a user
 * writes is a query language. The file may be a commit ahead of the image; the answer is
 * then given for the state that the file had.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

/* More words than anybody asks with; FTS5 joins them in one expression. */
#define MAX_WORDS 1000

static int has_words(const struct ov_field *field)
{
    return field->type == OV_TEXT && (field->flags & OV_FIELD_FULLTEXT) != 0;
}

static uint32_t count_fields(const struct ov_schema *schema)
{
    uint32_t f, n = 0;

    for (f = 0; f < schema->n_fields; f++)
        n += (uint32_t)has_words(schema->fields[f]);
    return n;
}

int words_same(const struct ov_schema *a, const struct ov_schema *b)
{
    uint32_t f;

    for (f = 0; f < a->n_fields || f < b->n_fields; f++)
        if ((f < a->n_fields && has_words(a->fields[f])) !=
            (f < b->n_fields && has_words(b->fields[f])))
            return 0;
    return 1;
}

/* "c3, c7": one column a field, each with before in front. */
static char *list_columns(const struct ov_schema *schema, const char *before)
{
    sqlite3_str *text = sqlite3_str_new(NULL);
    uint32_t f, n = 0;

    for (f = 0; f < schema->n_fields; f++)
        if (has_words(schema->fields[f])) {
            sqlite3_str_appendf(text, "%s%s", n++ > 0 ? "," : "", before);
            if (before[0] == 'c')
                sqlite3_str_appendf(text, "%u", (unsigned)f);
        }
    return sqlite3_str_finish(text);
}

int32_t words_create(struct conn *conn, int64_t id, const struct ov_schema *schema,
                     struct ov_error *err)
{
    char *columns;
    int32_t status;

    if (count_fields(schema) == 0)
        return OV_OK;
    columns = list_columns(schema, "c");
    if (columns == NULL)
        return ov_no_memory(err);
    status = conn_execf(conn, err,
                        "CREATE VIRTUAL TABLE f%lld USING fts5(%s, content='',"
                        " tokenize='unicode61 remove_diacritics 0')",
                        (long long)id, columns);
    sqlite3_free(columns);
    return status;
}

/* ------------------------------------------------------------------- writing */

static int32_t prepare(struct txn *txn, const struct ov_schema *schema,
                       struct ov_error *err)
{
    struct writes *writes = &txn->coll->writes;
    char *columns, *marks;
    long long id = txn->coll->id;
    int32_t status = OV_OK;

    if (writes->words_add != NULL && writes->words_remove != NULL)
        return OV_OK;
    columns = list_columns(schema, "c");
    marks = list_columns(schema, "?");
    if (columns == NULL || marks == NULL)
        status = ov_no_memory(err);
    if (status == OV_OK && writes->words_add == NULL)
        status =
            conn_prepare(txn->conn, &writes->words_add, err,
                         "INSERT INTO f%lld(rowid,%s) VALUES(?,%s)", id, columns, marks);
    if (status == OV_OK && writes->words_remove == NULL)
        status = conn_prepare(txn->conn, &writes->words_remove, err,
                              "INSERT INTO f%lld(f%lld,rowid,%s) VALUES('delete',?,%s)",
                              id, id, columns, marks);
    sqlite3_free(columns);
    sqlite3_free(marks);
    return status;
}

static void bind_word_field(sqlite3_stmt *statement, int at, const struct ov_cell *cell)
{
    if (cell->type == OV_TEXT)
        bind_text(statement, at, cell->u.text, cell->n);
    else
        (void)sqlite3_bind_null(statement, at);
}

static int32_t add(struct txn *txn, const struct ov_schema *schema, int64_t label,
                   const struct ov_cell *cells, struct ov_error *err)
{
    sqlite3_stmt *statement;
    uint32_t f;
    int at = 2;

    if (count_fields(schema) == 0)
        return OV_OK;
    if (prepare(txn, schema, err) != OV_OK)
        return err->code;
    statement = txn->coll->writes.words_add;
    (void)sqlite3_bind_int64(statement, 1, label);
    for (f = 0; f < schema->n_fields; f++)
        if (has_words(schema->fields[f]))
            bind_word_field(statement, at++, &cells[f]);
    return conn_run(txn->conn, statement, err);
}

int32_t words_add(struct txn *txn, int64_t label, const struct ov_cell *cells,
                  struct ov_error *err)
{
    return add(txn, txn->view.schema, label, cells, err);
}

int32_t words_remove(struct txn *txn, uint32_t slot, struct ov_error *err)
{
    const struct ov_schema *schema = txn->view.schema;
    const struct block *block = txn->view.blocks[slot / BLOCK_ROWS];
    sqlite3_stmt *statement;
    struct ov_cell cell;
    uint32_t f;
    int at = 2;

    if (count_fields(schema) == 0)
        return OV_OK;
    if (prepare(txn, schema, err) != OV_OK)
        return err->code;
    statement = txn->coll->writes.words_remove;
    (void)sqlite3_bind_int64(statement, 1, block->label[slot % BLOCK_ROWS]);
    for (f = 0; f < schema->n_fields; f++)
        if (has_words(schema->fields[f])) {
            view_cell(&txn->view, slot, f, &cell);
            bind_word_field(statement, at++, &cell);
        }
    return conn_run(txn->conn, statement, err);
}

int32_t words_empty(struct txn *txn, struct ov_error *err)
{
    long long id = txn->coll->id;

    if (count_fields(txn->view.schema) == 0)
        return OV_OK;
    return conn_execf(txn->conn, err, "INSERT INTO f%lld(f%lld) VALUES('delete-all')", id,
                      id);
}

int32_t words_fill(struct txn *txn, const struct ov_schema *schema, struct ov_error *err)
{
    const struct image *image = txn->image != NULL ? txn->image : txn->view.image;
    uint64_t snap = txn->image != NULL ? (uint64_t)txn->number : txn->view.snap;
    struct ov_cell *cells = calloc(schema->n_fields, sizeof(*cells));
    uint64_t mask[BLOCK_WORDS];
    uint32_t b, i, f;

    if (cells == NULL)
        return ov_no_memory(err);
    for (b = 0; b < image->n_blocks && err->code == OV_OK; b++) {
        const struct block *block = image->blocks[b];

        block_visible(block, snap, mask);
        for (i = 0; i < BLOCK_ROWS && err->code == OV_OK; i++) {
            if ((mask[i / 64] >> (i % 64) & 1) == 0)
                continue;
            for (f = 0; f < schema->n_fields; f++)
                if (has_words(schema->fields[f]))
                    image_cell(image, block, i, f, &cells[f]);
            if (i % 64 != 0 || ov_checkpoint(txn->call, err) == OV_OK)
                (void)add(txn, schema, block->label[i], cells, err);
        }
    }
    free(cells);
    return err->code;
}

/* ------------------------------------------------------------------- asking */

static int is_word_byte(char c)
{
    unsigned char u = (unsigned char)c;

    return u >= 0x80 || (u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') ||
           (u >= 'a' && u <= 'z');
}

/* "\"one\" OR \"two\"", a blank when there is no word; sqlite3_free. */
static char *quote_words(struct ov_str text)
{
    sqlite3_str *query = sqlite3_str_new(NULL);
    uint64_t i = 0, begin, n = 0;

    while (i < text.n && n < MAX_WORDS) {
        for (; i < text.n && !is_word_byte(text.p[i]); i++)
            ;
        for (begin = i; i < text.n && is_word_byte(text.p[i]); i++)
            ;
        if (i == begin)
            break;
        sqlite3_str_appendall(query, n++ > 0 ? " OR \"" : "\"");
        sqlite3_str_append(query, text.p + begin, (int)(i - begin));
        sqlite3_str_appendchar(query, 1, '"');
    }
    if (n == 0)
        sqlite3_str_appendchar(query, 1, ' ');
    return sqlite3_str_finish(query);
}

static int32_t collect(struct coll *coll, const struct ov_call *call,
                       sqlite3_stmt *statement, const struct view *view,
                       struct word_hit **hits, size_t *n, struct ov_error *err)
{
    size_t room = 0;
    int step;

    while ((step = conn_step(&coll->words, statement, err)) > 0) {
        struct ov_cell key;
        uint32_t slot;

        if (*n == room) {
            struct word_hit *grown =
                realloc(*hits, (room = room > 0 ? 2 * room : 256) * sizeof(*grown));

            if (grown == NULL)
                return ov_no_memory(err);
            *hits = grown;
        }
        sync_key(statement, 0, &key);
        slot = view_find(view, &key);
        if (slot == NO_SLOT)
            continue;
        (*hits)[*n].slot = slot;
        (*hits)[(*n)++].score = -sqlite3_column_double(statement, 1);
        if (*n % 256 == 0 && ov_checkpoint(call, err) != OV_OK)
            return err->code;
    }
    return step == 0 ? OV_OK : err->code;
}

static int32_t ask(struct coll *coll, const struct ov_call *call, struct ov_str text,
                   const struct view *view, struct word_hit **hits, size_t *n,
                   struct ov_error *err)
{
    long long id = coll->id;
    sqlite3_stmt *statement = NULL;
    char *query = quote_words(text);

    if (query == NULL)
        return ov_no_memory(err);
    if (query[0] != ' ' &&
        conn_prepare(&coll->words, &statement, err,
                     "SELECT r.key, bm25(f%lld) FROM f%lld JOIN r%lld AS r"
                     " ON r.label=f%lld.rowid WHERE f%lld MATCH ?1",
                     id, id, id, id, id) == OV_OK) {
        bind_text(statement, 1, query, strlen(query));
        (void)collect(coll, call, statement, view, hits, n, err);
    }
    sqlite3_finalize(statement);
    sqlite3_free(query);
    return err->code;
}

/*
 * Bring the view to the state of the file: 1 done, 0 not yet (an own commit is not
 * published yet, or the rows were replaced as a whole), -1 failed.
 */
static int meet(struct coll *coll, const struct ov_call *call, struct view *view,
                struct ov_error *err)
{
    int64_t change = 0;
    uint64_t published;
    struct view now;
    char sql[96];

    sqlite3_snprintf(sizeof(sql), sql, "SELECT change FROM collections WHERE id=%lld",
                     (long long)coll->id);
    if (conn_number(&coll->words, sql, -1, &change, err) != OV_OK)
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

static int32_t search(struct coll *coll, const struct ov_call *call, struct ov_str text,
                      struct view *view, struct word_hit **hits, size_t *n,
                      struct ov_error *err)
{
    int met = 0;

    while (met == 0 && ov_checkpoint(call, err) == OV_OK) {
        if (sync_view(coll, call, view, err) != OV_OK)
            return err->code;
        if (count_fields(view->schema) == 0)
            ov_fail(err, OV_INVALID, "no field of the collection is searched by keyword");
        else if (conn_begin(&coll->words, 0, err) == OV_OK)
            met = meet(coll, call, view, err);
        if (met > 0)
            (void)ask(coll, call, text, view, hits, n, err);
        conn_rollback(&coll->words);
        if (met <= 0 || err->code != OV_OK)
            view_drop(view);
        if (err->code != OV_OK)
            return err->code;
    }
    return err->code;
}

int32_t words_search(struct coll *coll, const struct ov_call *call, struct ov_str text,
                     struct view *view, struct word_hit **hits, size_t *n,
                     struct ov_error *err)
{
    int32_t status = OV_OK;

    *hits = NULL;
    *n = 0;
    if (engine_lock(&coll->words_lock, call, err) != OV_OK)
        return err->code;
    if (coll->words.db == NULL)
        status =
            conn_open(&coll->words, coll->engine->file, coll->engine->sync, call, err);
    conn_serve(&coll->words, call);
    if (status == OV_OK)
        status = search(coll, call, text, view, hits, n, err);
    conn_serve(&coll->words, NULL);
    pthread_mutex_unlock(&coll->words_lock);
    if (status != OV_OK) {
        free(*hits);
        *hits = NULL;
    }
    return status;
}
