/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness.h - the provider without a host, on the server that the environment names.
 *
 * OV_TEST_PG_DIR is the folder of a server that `scripts/pg start` made. Each test works
 * in a PostgreSQL schema of its own, dropped when the next test of that name begins.
 */
#ifndef OV_TEST_PGVECTOR_HARNESS_H
#define OV_TEST_PGVECTOR_HARNESS_H

#include "../../plugins/pgvector/table.h"
#include "support.h"

#include "../../plugins/pgvector/doctor.h"
#include "../../plugins/pgvector/read.h"
#include "../../plugins/pgvector/write.h"

/* 77 with a reason when there is no server, else run_suite. */
int run_with_server(Suite *suite);

/* The same on a server of its own, which the tests may freeze and reconfigure; stopped at
 * the end. */
int run_with_own_server(Suite *suite, const char *flag);
/* "scripts/pg COMMAND DIR ARGUMENT" of the server; dies when it fails. */
void server_do(const char *command_and_dir, const char *argument);
/* A line of the folder's file "server": run, port, ... Static. */
const char *server_fact(const char *name);

/* What to connect to: "ov.ini" of the server, or a url of one's own. */
extern char url[512];
void use_ini(const char *which); /* "--tcp", "--bouncer", "--no-extension", ... */
/* A setting by option name and text, before open_store; NULL value: unset. */
void set_option(const char *name, const char *value);
void reset_options(void);

extern struct ov_call call;
extern struct ov_session *session;
extern struct ov_table *table;
/* Notes of the calls so far, one a line: "KIND name: text". */
extern struct text notes;

void open_store(const char *schema);
int32_t try_open(struct ov_session **out);
/* The options as the provider gets them, and a fresh call. */
void read_options(struct ov_scalar settings[OPTIONS]);
void close_store(void);
/* The collection "docs": id text, path, level int64, score float64, at time, tags, nums,
 * place, vec(4), sparse; index "default" of this kind and metric. */
const struct ov_schema *docs_schema(const char *kind, uint32_t metric);
void create_docs(const char *kind, uint32_t metric);

enum docs_field {
    F_ID,
    F_PATH,
    F_LEVEL,
    F_SCORE,
    F_AT,
    F_TAGS,
    F_NUMS,
    F_PLACE,
    F_VEC,
    F_SPARSE,
    F_BODY,
    F_EXPIRES,
    F_COUNT
};

/* One record; zeroed members are defaults. */
struct doc {
    const char *id, *path, *body;
    int64_t level;
    double score;
    int64_t at; /* 0: null */
    const char *tag;
    double lon, lat; /* 0, 0: null */
    float vec[4];
    const char *term;
    float weight;
    int64_t expires; /* 0: null */
};
int32_t upsert_docs(const struct doc *docs, int n);

/* Ids of an answer joined by blanks, in order. The result is released. */
const char *ids(struct ov_result *result);
double score_of(const struct ov_result *result, int64_t row);
void release(struct ov_result *result);
extern struct ov_result result;

/* SQL as the superuser; the first cell of the answer, static. */
const char *admin(const char *sql);
/* The same in another database, without an answer. */
void admin_in(const char *database, const char *sql);
/* Run every statement that the notes hold, as the superuser; how many. */
int run_statements(const char *database);

/* The action "doctor" with notes of its own, and how many problems they hold. */
int32_t doctor(void);
int problems(void);

#endif
