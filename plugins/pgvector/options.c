/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - the declared options, and the description they stand in. */
#include "options.h"

#include <string.h>

#define OPTION(NAME, KIND, FALLBACK, TEXT)                                \
    &(const struct ov_option)                                             \
    {                                                                     \
        .size = sizeof(struct ov_option), .kind = (KIND), .name = (NAME), \
        .fallback = (FALLBACK), .text = (TEXT)                            \
    }
#define RANGE(NAME, KIND, FALLBACK, LOW, HIGH, TEXT)                         \
    &(const struct ov_option)                                                \
    {                                                                        \
        .size = sizeof(struct ov_option), .kind = (KIND), .name = (NAME),    \
        .fallback = (FALLBACK), .text = (TEXT), .low = (LOW), .high = (HIGH) \
    }
#define WORD(NAME, FALLBACK, WORDS, TEXT)                                         \
    &(const struct ov_option)                                                     \
    {                                                                             \
        .size = sizeof(struct ov_option), .kind = OV_OPTION_WORD, .name = (NAME), \
        .fallback = (FALLBACK), .words = (WORDS), .text = (TEXT)                  \
    }

static const struct ov_option *const declared[OPTIONS] = {
    [OPTION_URL] =
        &(const struct ov_option){ .size = sizeof(struct ov_option),
                                   .kind = OV_OPTION_URL,
                                   .flags = OV_OPTION_REQUIRED,
                                   .name = "url",
                                   .text = "libpq URI or conninfo of the database" },
    [OPTION_PASSWORD] =
        OPTION("password", OV_OPTION_SECRET, NULL, "password, if the url holds none"),
    [OPTION_SCHEMA] =
        OPTION("schema", OV_OPTION_TEXT, "openviking", "schema for tables and catalogue"),
    [OPTION_POOL_SIZE] = RANGE("pool_size", OV_OPTION_INT, "8", 1, 1000,
                               "connections at most, opened when needed"),
    [OPTION_POOL_WAIT] =
        OPTION("pool_wait", OV_OPTION_MS, "5s", "wait for a free connection at most"),
    [OPTION_CONNECT_TIMEOUT] =
        OPTION("connect_timeout", OV_OPTION_MS, "10s", "wait for the server at most"),
    [OPTION_STATEMENT_TIMEOUT] = OPTION("statement_timeout", OV_OPTION_MS, NULL,
                                        "a statement runs at most; unset: the deadline"),
    [OPTION_LOCK_TIMEOUT] = OPTION("lock_timeout", OV_OPTION_MS, NULL,
                                   "a lock is waited for at most; unset: the deadline"),
    [OPTION_DDL] = WORD("ddl", "auto", "auto verify off",
                        "make what is missing, only check, or neither"),
    [OPTION_POOLER] = WORD("pooler", "auto", "auto direct transaction",
                           "what stands between: nothing here needs a session"),
    [OPTION_HNSW_M] =
        RANGE("hnsw_m", OV_OPTION_INT, "16", 2, 100, "links of a node in the index"),
    [OPTION_HNSW_EF_CONSTRUCTION] = RANGE("hnsw_ef_construction", OV_OPTION_INT, "64", 4,
                                          1000, "candidates looked at while building"),
    [OPTION_HNSW_EF_SEARCH] = RANGE("hnsw_ef_search", OV_OPTION_INT, "200", 1, 1000,
                                    "candidates looked at while searching"),
    [OPTION_EXACT_ROWS] = RANGE("exact_rows", OV_OPTION_INT, "10000", 0, 1e9,
                                "search exactly up to this many matching records"),
    [OPTION_APPLICATION_NAME] = OPTION("application_name", OV_OPTION_TEXT, "openviking",
                                       "shown in pg_stat_activity"),
    [OPTION_BUILD_MEMORY] = OPTION("build_memory", OV_OPTION_BYTES, NULL,
                                   "maintenance_work_mem while an index is built"),
    [OPTION_BUILD_WORKERS] = RANGE("build_workers", OV_OPTION_INT, NULL, 0, 64,
                                   "parallel workers while an index is built"),
};

const struct ov_description options_description = {
    .size = sizeof(struct ov_description),
    .threads = OV_FREE,
    .n_options = OPTIONS,
    .options = declared,
    .index_kinds = "flat hnsw",
    .actions = "doctor stats repair plan",
    .text = "PostgreSQL with the pgvector extension",
};

static int64_t number(const struct ov_scalar *value, int64_t unset)
{
    return value->type == OV_INT64 ? value->u.i : unset;
}

static enum ddl ddl_of(const struct ov_scalar *value)
{
    if (value->type == OV_TEXT && ov_str_equal(value->u.s, ov_str_of("verify")))
        return DDL_VERIFY;
    if (value->type == OV_TEXT && ov_str_equal(value->u.s, ov_str_of("off")))
        return DDL_OFF;
    return DDL_AUTO;
}

static int32_t take_name(const struct ov_scalar *value, const char *option,
                         char out[NAME_BYTES], struct ov_error *err)
{
    if (value->type != OV_TEXT || value->u.s.n == 0)
        return ov_fail(err, OV_INVALID, "option '%s' is empty", option);
    if (value->u.s.n >= NAME_BYTES || memchr(value->u.s.p, 0, value->u.s.n) != NULL)
        return ov_fail(err, OV_INVALID, "option '%s' is longer than 63 bytes", option);
    memcpy(out, value->u.s.p, value->u.s.n);
    out[value->u.s.n] = '\0';
    return OV_OK;
}

int32_t options_read(const struct ov_scalar *values, struct settings *out,
                     struct ov_error *err)
{
    struct settings s = { 0 };

    if (take_name(&values[OPTION_SCHEMA], "schema", s.schema, err) != OV_OK ||
        take_name(&values[OPTION_APPLICATION_NAME], "application_name", s.application,
                  err) != OV_OK)
        return OV_INVALID;
    s.ddl = ddl_of(&values[OPTION_DDL]);
    s.transaction_pooler =
        values[OPTION_POOLER].type == OV_TEXT &&
        ov_str_equal(values[OPTION_POOLER].u.s, ov_str_of("transaction"));
    s.pool_size = number(&values[OPTION_POOL_SIZE], 8);
    s.pool_wait_ms = number(&values[OPTION_POOL_WAIT], 5000);
    s.connect_ms = number(&values[OPTION_CONNECT_TIMEOUT], 10000);
    s.statement_ms = number(&values[OPTION_STATEMENT_TIMEOUT], 0);
    s.lock_ms = number(&values[OPTION_LOCK_TIMEOUT], 0);
    s.m = number(&values[OPTION_HNSW_M], 16);
    s.ef_construction = number(&values[OPTION_HNSW_EF_CONSTRUCTION], 64);
    s.ef_search = number(&values[OPTION_HNSW_EF_SEARCH], 200);
    s.exact_rows = number(&values[OPTION_EXACT_ROWS], 10000);
    s.build_memory = number(&values[OPTION_BUILD_MEMORY], 0);
    s.build_workers = number(&values[OPTION_BUILD_WORKERS], -1);
    *out = s;
    return OV_OK;
}
