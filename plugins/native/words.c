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
#define WORDS_NAME 48

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

/* Made of two numbers: the collection's, and how often the table was made anew. */
static const char *name_table(char name[WORDS_NAME], int64_t id, int64_t edition)
{
    return sqlite3_snprintf(WORDS_NAME, name, "f%lldx%lld", (long long)id,
                            (long long)edition);
}

static const char *table_of(char name[WORDS_NAME], const struct txn *txn)
{
    return name_table(name, txn->coll->id, txn->words);
}

int32_t words_create(struct conn *conn, int64_t id, int64_t edition,
                     const struct ov_schema *schema, struct ov_error *err)
{
    char *columns, name[WORDS_NAME];
    int32_t status;

    if (count_fields(schema) == 0)
        return OV_OK;
    columns = list_columns(schema, "c");
    if (columns == NULL)
        return ov_no_memory(err);
    status = conn_execf(conn, err,
                        "CREATE VIRTUAL TABLE %s USING fts5(%s, content='',"
                        " tokenize='unicode61 remove_diacritics 0')",
                        name_table(name, id, edition), columns);
    sqlite3_free(columns);
    return status;
}

/* ------------------------------------------------------------------- writing */

static int32_t prepare(struct txn *txn, const struct ov_schema *schema,
                       struct ov_error *err)
{
    struct writes *writes = &txn->coll->writes;
    char *columns, *marks, name[WORDS_NAME];
    const char *table = table_of(name, txn);
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
                         "INSERT INTO %s(rowid,%s) VALUES(?,%s)", table, columns, marks);
    if (status == OV_OK && writes->words_remove == NULL)
        status = conn_prepare(txn->conn, &writes->words_remove, err,
                              "INSERT INTO %s(%s,rowid,%s) VALUES('delete',?,%s)", table,
                              table, columns, marks);
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

/* Derived data is no reason to refuse a write: txn_commit makes the table anew. */
static int32_t forgive(struct txn *txn, int32_t status, struct ov_error *err)
{
    if (status != OV_CORRUPT)
        return status;
    ov_error_reset(err);
    txn->words_broken = 1;
    return OV_OK;
}

int32_t words_add(struct txn *txn, int64_t label, const struct ov_cell *cells,
                  struct ov_error *err)
{
    if (txn->words_broken)
        return OV_OK;
    return forgive(txn, add(txn, txn->view.schema, label, cells, err), err);
}

int32_t words_remove(struct txn *txn, uint32_t slot, struct ov_error *err)
{
    const struct ov_schema *schema = txn->view.schema;
    const struct block *block = txn->view.blocks[slot / BLOCK_ROWS];
    sqlite3_stmt *statement;
    struct ov_cell cell;
    uint32_t f;
    int at = 2;

    if (count_fields(schema) == 0 || txn->words_broken)
        return OV_OK;
    if (prepare(txn, schema, err) != OV_OK)
        return forgive(txn, err->code, err);
    statement = txn->coll->writes.words_remove;
    (void)sqlite3_bind_int64(statement, 1, block->label[slot % BLOCK_ROWS]);
    for (f = 0; f < schema->n_fields; f++)
        if (has_words(schema->fields[f])) {
            view_cell(&txn->view, slot, f, &cell);
            bind_word_field(statement, at++, &cell);
        }
    return forgive(txn, conn_run(txn->conn, statement, err), err);
}

int32_t words_empty(struct txn *txn, struct ov_error *err)
{
    return words_rebuild(txn, txn->view.schema, 0, err);
}

int32_t words_check(struct txn *txn, struct ov_error *err)
{
    char name[WORDS_NAME];

    if (count_fields(txn->view.schema) == 0)
        return OV_OK;
    (void)table_of(name, txn);
    return conn_execf(txn->conn, err, "INSERT INTO %s(%s) VALUES('integrity-check')",
                      name, name);
}

/* The words of one row of an image. */
static int32_t add_row(struct txn *txn, const struct ov_schema *schema,
                       const struct image *image, uint32_t slot, struct ov_cell *cells,
                       struct ov_error *err)
{
    const struct block *block = image->blocks[slot / BLOCK_ROWS];
    uint32_t f;

    for (f = 0; f < schema->n_fields; f++)
        if (has_words(schema->fields[f]))
            image_cell(image, block, slot % BLOCK_ROWS, f, &cells[f]);
    return add(txn, schema, block->label[slot % BLOCK_ROWS], cells, err);
}

/* The rows of the state before that do not die in this transaction, then those that are
 * born in it; or all rows of the image that the transaction brings. */
static int32_t fill(struct txn *txn, const struct ov_schema *schema, uint64_t *dead,
                    struct ov_cell *cells, struct ov_error *err)
{
    const struct image *image = txn->image != NULL ? txn->image : txn->view.image;
    uint64_t snap = txn->image != NULL ? image->published : txn->view.snap;
    uint64_t mask[BLOCK_WORDS];
    uint32_t b, i;
    size_t d;

    for (d = 0; d < txn->change.n_dead; d++)
        dead[txn->change.dead[d] / 64] |= UINT64_C(1) << (txn->change.dead[d] % 64);
    for (b = 0; b < image->n_blocks; b++) {
        block_visible(image->blocks[b], snap, mask);
        if (ov_checkpoint(txn->call, err) != OV_OK)
            return err->code;
        for (i = 0; i < BLOCK_ROWS; i++)
            if ((mask[i / 64] & ~dead[b * BLOCK_WORDS + i / 64]) >> (i % 64) & 1)
                if (add_row(txn, schema, image, b * BLOCK_ROWS + i, cells, err) != OV_OK)
                    return err->code;
    }
    for (d = 0; d < txn->change.n_fresh; d++)
        if (add_row(txn, schema, image, txn->change.fresh[d], cells, err) != OV_OK)
            return err->code;
    return OV_OK;
}

/* SQLite cannot drop a table that it cannot read; that one stays, and nobody asks it. */
int32_t words_drop(struct conn *conn, int64_t id, int64_t edition, struct ov_error *err)
{
    char name[WORDS_NAME];
    int32_t status =
        conn_execf(conn, err, "DROP TABLE IF EXISTS %s", name_table(name, id, edition));

    if (status != OV_CORRUPT)
        return status;
    ov_error_reset(err);
    return OV_OK;
}

int32_t words_rebuild(struct txn *txn, const struct ov_schema *schema, int with_rows,
                      struct ov_error *err)
{
    const struct image *image = txn->image != NULL ? txn->image : txn->view.image;
    struct ov_cell *cells = NULL;
    uint64_t *dead = NULL;

    write_forget(txn->coll);
    if (words_drop(txn->conn, txn->coll->id, txn->words, err) != OV_OK)
        return err->code;
    txn->words++;
    if (words_create(txn->conn, txn->coll->id, txn->words, schema, err) != OV_OK)
        return err->code;
    if (!with_rows || count_fields(schema) == 0)
        return OV_OK;
    cells = calloc(schema->n_fields, sizeof(*cells));
    dead = calloc(image->n_blocks + 1, BLOCK_ROWS / 8);
    if (cells == NULL || dead == NULL)
        ov_no_memory(err);
    else
        (void)fill(txn, schema, dead, cells, err);
    free(cells);
    free(dead);
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

/* The new room; 0 without memory. */
static size_t grow(struct word_hits *hits, size_t room)
{
    size_t wider = room > 0 ? 2 * room : 256;
    struct word_hit *grown = realloc(hits->list, wider * sizeof(*grown));

    if (grown == NULL)
        return 0;
    hits->list = grown;
    return wider;
}

static int32_t collect(struct coll *coll, sqlite3_stmt *statement,
                       const struct view *view, struct word_hits *hits,
                       struct ov_error *err)
{
    size_t room = 0;
    int step;

    while ((step = conn_step(&coll->words, statement, err)) > 0) {
        struct ov_cell key;
        uint32_t slot;

        if (hits->n == room && (room = grow(hits, room)) == 0)
            return ov_no_memory(err);
        sync_key(statement, 0, &key);
        slot = view_find(view, &key);
        if (slot == NO_SLOT)
            continue;
        hits->list[hits->n].slot = slot;
        hits->list[hits->n++].score = -sqlite3_column_double(statement, 1);
        if (hits->n % 256 == 0 && ov_checkpoint(coll->words.call, err) != OV_OK)
            return err->code;
    }
    return step == 0 ? OV_OK : err->code;
}

static int32_t ask(struct coll *coll, struct ov_str text, const struct view *view,
                   struct word_hits *hits, struct ov_error *err)
{
    sqlite3_stmt *statement = NULL;
    char *query = quote_words(text), sql[96], name[WORDS_NAME];
    int64_t edition = 0;

    if (query == NULL)
        return ov_no_memory(err);
    sqlite3_snprintf(sizeof(sql), sql, "SELECT words FROM collections WHERE id=%lld",
                     (long long)coll->id);
    if (query[0] != ' ' && conn_number(&coll->words, sql, 0, &edition, err) == OV_OK &&
        conn_prepare(&coll->words, &statement, err,
                     "SELECT r.key, bm25(%s) FROM %s JOIN r%lld AS r"
                     " ON r.label=%s.rowid WHERE %s MATCH ?1",
                     name_table(name, coll->id, edition), name, (long long)coll->id, name,
                     name) == OV_OK) {
        bind_text(statement, 1, query, strlen(query));
        (void)collect(coll, statement, view, hits, err);
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
                      struct view *view, struct word_hits *hits, struct ov_error *err)
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
            (void)ask(coll, text, view, hits, err);
        conn_rollback(&coll->words);
        if (met <= 0 || err->code != OV_OK)
            view_drop(view);
        if (err->code != OV_OK)
            return err->code;
    }
    return err->code;
}

int32_t words_search(struct coll *coll, const struct ov_call *call, struct ov_str text,
                     struct view *view, struct word_hits *hits, struct ov_error *err)
{
    int32_t status = OV_OK;

    hits->list = NULL;
    hits->n = 0;
    if (engine_lock(&coll->words_lock, call, err) != OV_OK)
        return err->code;
    if (coll->words.db == NULL)
        status =
            conn_open(&coll->words, coll->engine->file, coll->engine->sync, call, err);
    conn_serve(&coll->words, call);
    if (status == OV_OK)
        status = search(coll, call, text, view, hits, err);
    conn_serve(&coll->words, NULL);
    pthread_mutex_unlock(&coll->words_lock);
    if (status != OV_OK) {
        free(hits->list);
        hits->list = NULL;
    }
    return status;
}
