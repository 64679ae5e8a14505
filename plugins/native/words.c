/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.c - keyword search: an FTS5 table over the full-text fields.
 *
 * The table keeps no texts: what is to be taken out of it is given by the record that
 * goes. Texts are cut into words by the rule that all providers share, so FTS5 finds
 * blanks between them and nothing else to cut.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

/* Every character but a blank belongs to its word. A table that was made before words
 * were cut here lacks this. */
#define TODAY "unicode61 remove_diacritics 0 categories "
#define TOKENS TODAY "''L* M* N* P* S* C*''"

static int has_words(const struct ov_field *field)
{
    return field->type == OV_TEXT && (field->flags & OV_FIELD_FULLTEXT) != 0;
}

uint32_t words_fields(const struct ov_schema *schema)
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
const char *words_table(char name[WORDS_NAME], int64_t id, int64_t edition)
{
    return sqlite3_snprintf(WORDS_NAME, name, "f%lldx%lld", (long long)id,
                            (long long)edition);
}

static const char *table_of(char name[WORDS_NAME], const struct txn *txn)
{
    return words_table(name, txn->coll->id, txn->words);
}

int32_t words_create(struct conn *conn, int64_t id, int64_t edition,
                     const struct ov_schema *schema, struct ov_error *err)
{
    char *columns, name[WORDS_NAME];
    int32_t status;

    if (words_fields(schema) == 0)
        return OV_OK;
    columns = list_columns(schema, "c");
    if (columns == NULL)
        return ov_no_memory(err);
    status = conn_execf(conn, err,
                        "CREATE VIRTUAL TABLE %s USING fts5(%s, content='',"
                        " tokenize='" TOKENS "')",
                        words_table(name, id, edition), columns);
    sqlite3_free(columns);
    return status;
}

int32_t words_today(struct conn *conn, int64_t id, int64_t edition, struct ov_error *err)
{
    char sql[160], name[WORDS_NAME];
    int64_t n = 0;

    sqlite3_snprintf(sizeof(sql), sql,
                     "SELECT count(*) FROM sqlite_schema WHERE name='%s'"
                     " AND instr(sql,'" TODAY "')>0",
                     words_table(name, id, edition));
    if (conn_number(conn, sql, 0, &n, err) != OV_OK || n > 0)
        return err->code;
    return ov_fail(err, OV_CORRUPT, "the words in %s are cut by an older rule", name);
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
    if (words_today(txn->conn, txn->coll->id, txn->words, err) != OV_OK)
        return err->code;
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

/* The text's words with a blank between them. What is taken out is cut as it was. */
static int32_t bind_word_field(sqlite3_stmt *statement, int at,
                               const struct ov_cell *cell, struct ov_error *err)
{
    struct ov_str text = { cell->u.text, cell->n }, word;
    size_t n = 0;
    char *words;

    if (cell->type != OV_TEXT) {
        (void)sqlite3_bind_null(statement, at);
        return OV_OK;
    }
    words = malloc(2 * (size_t)text.n + 1);
    if (words == NULL)
        return ov_no_memory(err);
    while ((word = ov_word_next(&text)).n > 0) {
        memcpy(words + n, word.p, word.n);
        n += word.n;
        words[n++] = ' ';
    }
    (void)sqlite3_bind_text64(statement, at, words, n, free, SQLITE_UTF8);
    return OV_OK;
}

static int32_t add(struct txn *txn, const struct ov_schema *schema, int64_t label,
                   const struct ov_cell *cells, struct ov_error *err)
{
    sqlite3_stmt *statement;
    uint32_t f;
    int at = 2;

    if (words_fields(schema) == 0)
        return OV_OK;
    if (prepare(txn, schema, err) != OV_OK)
        return err->code;
    statement = txn->coll->writes.words_add;
    (void)sqlite3_bind_int64(statement, 1, label);
    for (f = 0; f < schema->n_fields; f++)
        if (has_words(schema->fields[f]) &&
            bind_word_field(statement, at++, &cells[f], err) != OV_OK)
            return err->code;
    return conn_run(txn->conn, statement, err);
}

/* Derived data is no reason to refuse a write: it is written again, with a new table. */
static int32_t forgive(struct txn *txn, int32_t status, struct ov_error *err)
{
    if (!heal_is_damage(status))
        return status;
    ov_error_reset(err);
    txn->words_broken = txn->words_damaged = 1;
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

    if (words_fields(schema) == 0 || txn->words_broken)
        return OV_OK;
    if (prepare(txn, schema, err) != OV_OK)
        return forgive(txn, err->code, err);
    statement = txn->coll->writes.words_remove;
    (void)sqlite3_bind_int64(statement, 1, block->label[slot % BLOCK_ROWS]);
    for (f = 0; f < schema->n_fields; f++)
        if (has_words(schema->fields[f])) {
            view_cell(&txn->view, slot, f, &cell);
            if (bind_word_field(statement, at++, &cell, err) != OV_OK)
                return err->code;
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

    if (words_fields(txn->view.schema) == 0)
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

int32_t words_drop(struct conn *conn, int64_t id, int64_t edition, struct ov_error *err)
{
    struct ov_error fault = OV_ERROR_INIT;
    char name[WORDS_NAME];
    int32_t status = conn_execf(conn, &fault, "DROP TABLE IF EXISTS %s",
                                words_table(name, id, edition));

    if (heal_is_damage(status))
        return heal_drop(conn, id, err);
    if (status != OV_OK && err != NULL)
        *err = fault;
    return status;
}

int32_t words_rebuild(struct txn *txn, const struct ov_schema *schema, int with_rows,
                      struct ov_error *err)
{
    const struct image *image = txn->image != NULL ? txn->image : txn->view.image;
    struct ov_cell *cells = NULL;
    uint64_t *dead = NULL;

    write_forget(txn->coll);
    if ((txn->words_broken
             ? heal_drop(txn->conn, txn->coll->id, err)
             : words_drop(txn->conn, txn->coll->id, txn->words, err)) != OV_OK)
        return err->code;
    txn->words++;
    if (words_create(txn->conn, txn->coll->id, txn->words, schema, err) != OV_OK)
        return err->code;
    if (!with_rows || words_fields(schema) == 0)
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
