/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heal.c - a full-text table that is damaged: how it is noticed, and how it goes.
 *
 * FTS5 may refuse to drop, or at COMMIT to leave, what it cannot read, another version
 * something else. So a damaged table is not asked to go: its line in the schema is taken
 * out, and what it kept are tables like any others then. Nothing of this touches a
 * transaction in which the table has been written to; txn.c begins a new one.
 */
#include "native.h"

#include <string.h>

/* NOT_FOUND of its own tables, unknown versions, contradictions: all is damage, for
 * nothing that is asked of the words is wrong. */
int heal_is_damage(int32_t status)
{
    return status == OV_CORRUPT || status == OV_INTERNAL;
}

static int32_t forget_tables(struct conn *conn, int64_t id, struct ov_error *err)
{
    int32_t status;

    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    status = conn_execf(conn, err,
                        "PRAGMA writable_schema=ON;"
                        "DELETE FROM sqlite_schema WHERE type='table' AND"
                        " name GLOB 'f%lldx[0-9]*' AND sql LIKE 'CREATE VIRTUAL %%'",
                        (long long)id);
    (void)sqlite3_exec(conn->db, "PRAGMA writable_schema=RESET", NULL, NULL, NULL);
    return status;
}

/* One that was kept and is not among the first skip, which would not go; 0: none. */
static int next_table(struct conn *conn, int64_t id, int skip, char name[2 * WORDS_NAME],
                      struct ov_error *err)
{
    sqlite3_stmt *statement = NULL;
    int step = -1;

    if (conn_prepare(conn, &statement, err,
                     "SELECT name FROM sqlite_schema WHERE type='table' AND"
                     " name GLOB 'f%lldx[0-9]*_[a-z]*' ORDER BY name LIMIT 1 OFFSET %d",
                     (long long)id, skip) == OV_OK)
        step = conn_step(conn, statement, err);
    if (step > 0)
        sqlite3_snprintf(2 * WORDS_NAME, name, "%s", sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return step;
}

static int32_t drop_kept(struct conn *conn, int64_t id, struct ov_error *err)
{
    struct ov_error fault = OV_ERROR_INIT;
    char name[2 * WORDS_NAME];
    int found, skip = 0;

    while ((found = next_table(conn, id, skip, name, err)) > 0) {
        ov_error_reset(&fault);
        if (strspn(name, "fx_0123456789abcdefghijklmnopqrstuvwyz") == strlen(name) &&
            conn_execf(conn, &fault, "DROP TABLE %s", name) == OV_OK)
            continue;
        if (fault.code != OV_OK && !heal_is_damage(fault.code)) {
            *err = fault;
            return err->code;
        }
        skip++; /* its pages are damaged: it stays, and nobody asks it */
    }
    return found == 0 ? OV_OK : err->code;
}

int32_t heal_drop(struct conn *conn, int64_t id, struct ov_error *err)
{
    int32_t status = forget_tables(conn, id, err);

    if (status == OV_OK)
        status = drop_kept(conn, id, err);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return status;
}

/* ------------------------------------------------------------------- looking */

/* The numbers that SQLite packs into one to nine bytes, in column of the row: the first,
 * and the sum of the others. */
static void unpack(sqlite3_stmt *statement, int column, int64_t *first, int64_t *others)
{
    const unsigned char *at = sqlite3_column_blob(statement, column);
    const unsigned char *end = at + sqlite3_column_bytes(statement, column);
    uint64_t sum[2] = { 0, 0 };
    int which = 0;

    while (at < end) {
        uint64_t value = 0;
        int i;

        for (i = 0; at < end && i < 8 && *at >= 0x80; i++)
            value = value << 7 | (*at++ & 0x7fu);
        if (at < end)
            value = i < 8 ? value << 7 | *at : value << 8 | *at;
        at++;
        sum[which] += value;
        which = 1;
    }
    *first = (int64_t)sum[0];
    *others = (int64_t)sum[1];
}

/* What the table says of itself, three times, and what there is. */
struct sums {
    int64_t rows, words;         /* by its summary */
    int64_t listed_rows, listed; /* by the list of rows */
    int64_t indexed;             /* by the index itself */
    int64_t records;
};

/* Through all terms and where they are; nothing is written into the file. */
static int32_t read_index(struct conn *conn, const char *table, struct sums *sums,
                          struct ov_error *err)
{
    int32_t status;

    (void)sqlite3_exec(conn->db, "DROP TABLE IF EXISTS temp.look", NULL, NULL, NULL);
    status = conn_execf(
        conn, err, "CREATE VIRTUAL TABLE temp.look USING fts5vocab('main','%s','row')",
        table);
    if (status == OV_OK)
        status =
            conn_number(conn, "SELECT total(cnt) FROM temp.look", 0, &sums->indexed, err);
    (void)sqlite3_exec(conn->db, "DROP TABLE IF EXISTS temp.look", NULL, NULL, NULL);
    return status;
}

static int32_t read_lists(struct conn *conn, const char *table, struct sums *sums,
                          struct ov_error *err)
{
    sqlite3_stmt *statement = NULL;
    int64_t first, others;
    int step = -1;

    if (conn_prepare(conn, &statement, err, "SELECT sz FROM %s_docsize", table) == OV_OK)
        while ((step = conn_step(conn, statement, err)) > 0) {
            unpack(statement, 0, &first, &others);
            sums->listed += first + others;
            sums->listed_rows++;
        }
    sqlite3_finalize(statement);
    statement = NULL;
    if (step == 0 &&
        conn_prepare(conn, &statement, err, "SELECT block FROM %s_data WHERE id=1",
                     table) == OV_OK) {
        step = conn_step(conn, statement, err);
        if (step > 0)
            unpack(statement, 0, &sums->rows, &sums->words);
        sqlite3_finalize(statement);
    }
    return step >= 0 ? OV_OK : err->code;
}

static int32_t look_at(struct conn *conn, int64_t id, int64_t edition,
                       struct ov_error *err)
{
    char table[WORDS_NAME], sql[2 * WORDS_NAME];
    struct sums sums = { 0 };

    (void)words_table(table, id, edition);
    sqlite3_snprintf(sizeof(sql), sql, "SELECT count(*) FROM r%lld", (long long)id);
    if (words_today(conn, id, edition, err) != OV_OK ||
        read_index(conn, table, &sums, err) != OV_OK ||
        read_lists(conn, table, &sums, err) != OV_OK ||
        conn_number(conn, sql, 0, &sums.records, err) != OV_OK)
        return err->code;
    sqlite3_snprintf(sizeof(sql), sql, "SELECT count(*) FROM %s WHERE %s MATCH 'a'",
                     table, table);
    if (conn_number(conn, sql, 0, &(int64_t){ 0 }, err) != OV_OK)
        return err->code;
    if (sums.rows == sums.records && sums.listed_rows == sums.records &&
        sums.words == sums.listed && sums.indexed == sums.listed)
        return OV_OK;
    return ov_fail(
        err, OV_CORRUPT,
        "%s has %lld words in its index, %lld of %lld records in its list, %lld "
        "of %lld in its summary; there are %lld records",
        table, (long long)sums.indexed, (long long)sums.listed,
        (long long)sums.listed_rows, (long long)sums.words, (long long)sums.rows,
        (long long)sums.records);
}

int32_t heal_look(struct conn *conn, int64_t id, struct ov_error *err)
{
    struct ov_error fault = OV_ERROR_INIT;
    int64_t edition = 0;
    char sql[2 * WORDS_NAME];

    sqlite3_snprintf(sizeof(sql), sql, "SELECT words FROM collections WHERE id=%lld",
                     (long long)id);
    if (conn_begin(conn, 0, err) != OV_OK)
        return err->code;
    if (conn_number(conn, sql, 0, &edition, err) == OV_OK &&
        look_at(conn, id, edition, &fault) != OV_OK && heal_is_damage(fault.code))
        ov_fail(err, OV_CORRUPT, "%s", fault.message);
    else if (fault.code != OV_OK)
        *err = fault;
    conn_rollback(conn);
    return err->code;
}
