/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - a tape of statements. */
#include "replay.h"

#include "bench.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static struct tape *recording;

static void *copy(const void *from, size_t bytes)
{
    void *to = malloc(bytes > 0 ? bytes : 1);

    if (to == NULL)
        bench_die("out of memory");
    if (bytes > 0)
        memcpy(to, from, bytes);
    return to;
}

static void take(struct tape *tape, const char *sql, int n, const Oid *types,
                 const char *const *values, const int *lengths, const int *formats)
{
    struct statement *s;
    int i;

    tape->statements =
        realloc(tape->statements, (size_t)(tape->n + 1) * sizeof(*tape->statements));
    if (tape->statements == NULL)
        bench_die("out of memory");
    s = &tape->statements[tape->n++];
    s->sql = copy(sql, strlen(sql) + 1);
    s->n = n;
    s->types = copy(types, (size_t)n * sizeof(*types));
    s->lengths = copy(lengths, (size_t)n * sizeof(*lengths));
    s->formats = copy(formats, (size_t)n * sizeof(*formats));
    s->values = calloc((size_t)n + 1, sizeof(*s->values));
    if (s->values == NULL)
        bench_die("out of memory");
    for (i = 0; i < n; i++)
        if (values[i] != NULL)
            s->values[i] = copy(values[i], (size_t)lengths[i]);
}

typedef int send_fn(PGconn *, const char *, int, const Oid *, const char *const *,
                    const int *, const int *, int);

/* Comes before libpq's own for every module of the process. */
__attribute__((visibility("default"))) int
PQsendQueryParams(PGconn *conn, const char *command, int nParams, const Oid *paramTypes,
                  const char *const *paramValues, const int *paramLengths,
                  const int *paramFormats, int resultFormat)
{
    static send_fn *real;

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "PQsendQueryParams");
    if (recording != NULL)
        take(recording, command, nParams, paramTypes, paramValues, paramLengths,
             paramFormats);
    return real(conn, command, nParams, paramTypes, paramValues, paramLengths,
                paramFormats, resultFormat);
}

void tape_record(struct tape *tape)
{
    tape->statements = NULL;
    tape->n = 0;
    recording = tape;
}

void tape_stop(void)
{
    recording = NULL;
}

void tape_clear(struct tape *tape)
{
    int i, v;

    for (i = 0; i < tape->n; i++) {
        struct statement *s = &tape->statements[i];

        for (v = 0; v < s->n; v++)
            free(s->values[v]);
        free(s->values);
        free(s->types);
        free(s->lengths);
        free(s->formats);
        free(s->sql);
    }
    free(tape->statements);
    tape->statements = NULL;
    tape->n = 0;
}

static void drain(PGconn *conn)
{
    for (;;) {
        PGresult *result = PQgetResult(conn);
        ExecStatusType kind = PQresultStatus(result);

        PQclear(result);
        if (kind == PGRES_PIPELINE_SYNC)
            return;
        if (result != NULL && kind != PGRES_TUPLES_OK && kind != PGRES_COMMAND_OK)
            bench_die("the bare program failed: %s", PQerrorMessage(conn));
    }
}

static void send_statement(PGconn *conn, const struct statement *s)
{
    if (PQsendQueryParams(conn, s->sql, s->n, s->types, (const char *const *)s->values,
                          s->lengths, s->formats, 1) != 1)
        bench_die("%s", PQerrorMessage(conn));
}

void tape_play(const struct tape *tape, PGconn *conn)
{
    int i;

    if (PQenterPipelineMode(conn) != 1)
        bench_die("%s", PQerrorMessage(conn));
    for (i = 0; i < tape->n; i++)
        send_statement(conn, &tape->statements[i]);
    if (PQpipelineSync(conn) != 1)
        bench_die("%s", PQerrorMessage(conn));
    drain(conn);
    if (PQexitPipelineMode(conn) != 1)
        bench_die("%s", PQerrorMessage(conn));
}

static void must(PGconn *conn, PGresult *result)
{
    ExecStatusType kind = PQresultStatus(result);

    if (kind != PGRES_TUPLES_OK && kind != PGRES_COMMAND_OK)
        bench_die("%s", PQerrorMessage(conn));
    PQclear(result);
}

/* The longest text: beside it there are only settings and guards. */
static const struct statement *main_statement(const struct tape *tape)
{
    const struct statement *longest = &tape->statements[0];
    int i;

    for (i = 1; i < tape->n; i++)
        if (strlen(tape->statements[i].sql) > strlen(longest->sql))
            longest = &tape->statements[i];
    return longest;
}

void tape_prepare(const struct tape *tape, PGconn *conn, const char *name)
{
    const struct statement *s = main_statement(tape);

    must(conn, PQexec(conn, "SET jit = off"));
    must(conn, PQexec(conn, "SET hnsw.ef_search = 100"));
    must(conn, PQexec(conn, "SET hnsw.iterative_scan = 'relaxed_order'"));
    must(conn, PQprepare(conn, name, s->sql, s->n, s->types));
}

void tape_play_prepared(const struct tape *tape, PGconn *conn, const char *name)
{
    const struct statement *s = main_statement(tape);

    must(conn, PQexecPrepared(conn, name, s->n, (const char *const *)s->values,
                              s->lengths, s->formats, 1));
}
