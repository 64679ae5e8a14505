/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.c - a keyword search, put to the full-text table.
 *
 * A query is cut into words as the texts were and each is quoted, so that nothing a user
 * writes is a query language.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

/* More words than anybody asks with; FTS5 joins them in one expression. */
#define MAX_WORDS 1000

/* "\"one\" OR \"two\"", a blank when there is no word; sqlite3_free. */
static char *quote_words(struct ov_str text)
{
    sqlite3_str *query = sqlite3_str_new(NULL);
    struct ov_str word;
    uint64_t n = 0;

    while (n < MAX_WORDS && (word = ov_word_next(&text)).n > 0) {
        sqlite3_str_appendall(query, n++ > 0 ? " OR \"" : "\"");
        sqlite3_str_append(query, word.p, (int)word.n);
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

static int32_t current_edition(struct coll *coll, int64_t *edition, struct ov_error *err)
{
    char sql[96];

    sqlite3_snprintf(sizeof(sql), sql, "SELECT words FROM collections WHERE id=%lld",
                     (long long)coll->id);
    return conn_number(&coll->words, sql, 0, edition, err);
}

static int32_t ask(struct coll *coll, struct ov_str text, const struct view *view,
                   struct word_hits *hits, struct ov_error *err)
{
    sqlite3_stmt *statement = NULL;
    char *query = quote_words(text), name[WORDS_NAME];
    int64_t edition = 0;

    if (query == NULL)
        return ov_no_memory(err);
    if (query[0] != ' ' && current_edition(coll, &edition, err) == OV_OK &&
        words_today(&coll->words, coll->id, edition, err) == OV_OK &&
        conn_prepare(&coll->words, &statement, err,
                     "SELECT r.key, bm25(%s) FROM %s JOIN r%lld AS r"
                     " ON r.label=%s.rowid WHERE %s MATCH ?1",
                     words_table(name, coll->id, edition), name, (long long)coll->id,
                     name, name) == OV_OK) {
        bind_text(statement, 1, query, strlen(query));
        (void)collect(coll, statement, view, hits, err);
    }
    sqlite3_finalize(statement);
    sqlite3_free(query);
    return err->code;
}

static int32_t search(struct coll *coll, const struct ov_call *call, struct ov_str text,
                      struct view *view, struct word_hits *hits, struct ov_error *err)
{
    if (sync_together(coll, &coll->words, call, view, err) != OV_OK)
        return err->code;
    if (words_fields(view->schema) == 0)
        ov_fail(err, OV_INVALID, "no field of the collection is searched by keyword");
    else
        (void)ask(coll, text, view, hits, err);
    conn_rollback(&coll->words);
    if (err->code != OV_OK)
        view_drop(view);
    return err->code;
}

/* The words anew: they are damaged, or were cut by another rule. Beside a writer that is
 * left to it. */
static int32_t renew(struct coll *coll, const struct ov_call *call, struct ov_error *err)
{
    struct ov_error fault = *err;
    struct txn txn;

    ov_error_reset(err);
    if (txn_begin(coll, call, &txn, err) == OV_OK) {
        txn.words_broken = 1;
        (void)txn_commit(&txn, err);
    }
    if (err->code != OV_BUSY && err->code != OV_DENIED)
        return err->code;
    ov_error_reset(err);
    return ov_fail(err, OV_CORRUPT,
                   "the words are damaged, no record is; a write or the action reindex "
                   "of the process that writes makes them anew: %.200s",
                   fault.message);
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
        status = engine_connect(coll->engine, &coll->words, call, err);
    conn_serve(&coll->words, call);
    if (status == OV_OK)
        status = search(coll, call, text, view, hits, err);
    if (heal_is_damage(status)) {
        status = renew(coll, call, err);
        if (status == OV_OK)
            status = search(coll, call, text, view, hits, err);
    }
    conn_serve(&coll->words, NULL);
    pthread_mutex_unlock(&coll->words_lock);
    if (status != OV_OK) {
        free(hits->list);
        hits->list = NULL;
    }
    return status;
}
