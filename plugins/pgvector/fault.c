/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.c - from an SQLSTATE to a status.
 *
 * The server says its code with every fault, and its words in whatever language it was
 * given: the code decides, the words are passed on. A connection that failed has no
 * result to ask, so libpq is told to print the code into its message (link.c). What libpq
 * itself found at fault has no code: then it counts how far the connection had come. Two
 * things are told by words alone: libpq's want of memory, which it says in English where
 * the thread's locale is "C" (link.c), and one refusal of PgBouncer's, which has no other
 * language and sends one code for everything.
 */
#include "link.h"

#include <stdio.h>
#include <string.h>

struct meaning {
    const char *state; /* a code, or the two letters of its class */
    int32_t status;
    int retry;
};

/* Single codes before their class. */
static const struct meaning meanings[] = {
    { "57014", OV_DEADLINE, 0 },
    { "57", OV_UNAVAILABLE, 1 },
    { "08", OV_UNAVAILABLE, 1 },
    { "25006", OV_UNAVAILABLE, 0 },
    { "25P03", OV_UNAVAILABLE, 1 },
    { "25P04", OV_DEADLINE, 0 }, /* transaction_timeout */
    { "58030", OV_UNAVAILABLE, 1 },
    { "40", OV_BUSY, 1 },
    { "55P03", OV_BUSY, 1 },
    { "55006", OV_BUSY, 1 },
    { "55000", OV_UNAVAILABLE, 0 }, /* a database that lets nobody in */
    { "53300", OV_BUSY, 1 },        /* connections: of server, database or role */
    { "53", OV_NO_SPACE, 0 },
    { "42501", OV_DENIED, 0 },
    { "28", OV_DENIED, 0 },
    { "3D000", OV_INVALID, 0 },
    { "54", OV_LIMIT, 0 },
    { "0A", OV_UNSUPPORTED, 0 },
    { "XX001", OV_CORRUPT, 0 },
    { "XX002", OV_CORRUPT, 0 },
    { "22", OV_INVALID, 0 },
    /* Rules that an operator gave the tables: constraints, triggers, views. */
    { "23", OV_INVALID, 0 },
    { "27", OV_INVALID, 0 },
    { "38", OV_INVALID, 0 },
    { "39", OV_INVALID, 0 },
    { "44", OV_INVALID, 0 },
    { "P0", OV_INVALID, 0 },
    { "428C9", OV_INVALID, 0 },
    { "2B", OV_DENIED, 0 }, /* something of theirs hangs on it */
    /* The database is not as the catalogue says. */
    { "3F000", OV_NOT_FOUND, 0 },
    { "42P01", OV_NOT_FOUND, 0 },
    { "42703", OV_NOT_FOUND, 0 },
    { "42704", OV_NOT_FOUND, 0 },
    { "42809", OV_NOT_FOUND, 0 },
    { "42P06", OV_EXISTS, 0 },
    { "42P07", OV_EXISTS, 0 },
    { "42701", OV_EXISTS, 0 },
    { "42710", OV_EXISTS, 0 },
    { "42883", OV_UNSUPPORTED, 0 },
    { "42939", OV_INVALID, 0 },
    { "42622", OV_INVALID, 0 },
    { "42602", OV_INVALID, 0 },
};

static const struct meaning *find(const char *state)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (strncmp(state, meanings[i].state, strlen(meanings[i].state)) == 0)
            return &meanings[i];
    return NULL;
}

int fault_ends_link(const char *sqlstate)
{
    if (strcmp(sqlstate, "57014") == 0)
        return 0;
    return strncmp(sqlstate, "57", 2) == 0 || strncmp(sqlstate, "08", 2) == 0 ||
           strcmp(sqlstate, "25006") == 0 || strcmp(sqlstate, "25P03") == 0 ||
           strcmp(sqlstate, "25P04") == 0;
}

static int is_cancelled(const struct ov_call *call)
{
    return call->cancelled != NULL && __atomic_load_n(call->cancelled, __ATOMIC_ACQUIRE);
}

/* One line, cut at the first line break. */
static int first_line(const char *text)
{
    return (int)strcspn(text, "\r\n");
}

/* ------------------------------------------------------------- what has a code */

/* What more there is to know of some codes. */
static void say_more(const struct link *link, const char *sqlstate, const char *text,
                     struct ov_error *err)
{
    if (strcmp(sqlstate, "25006") == 0 && !link->seeks_writer) {
        ov_fail(err, OV_UNAVAILABLE,
                "%.*s: the server or the role is read-only; with more than one server "
                "in 'url', target_session_attrs=read-write finds the one that is not",
                first_line(text), text);
    } else if (strcmp(sqlstate, "25006") == 0) {
        ov_fail(err, OV_UNAVAILABLE, "%.*s", first_line(text), text);
        err->flags |= OV_ERR_RETRYABLE; /* the next connection is to another server */
    } else if (strcmp(sqlstate, "08P01") == 0 && strstr(text, "statement pool") != NULL) {
        ov_fail(err, OV_UNSUPPORTED,
                "%.*s: the pooler must give a transaction to one server (pool_mode = "
                "transaction or session)",
                first_line(text), text);
    }
}

static int32_t say_code(const struct link *link, const char *sqlstate, const char *text,
                        const char *detail, const struct ov_call *call,
                        struct ov_error *err)
{
    const struct meaning *meaning = find(sqlstate);
    int32_t status = meaning != NULL ? meaning->status : OV_INTERNAL;

    if (strcmp(sqlstate, "57014") == 0 && is_cancelled(call))
        status = OV_CANCELLED;
    say_more(link, sqlstate, text, err);
    if (err->code == OV_OK) {
        int with = detail != NULL && strncmp(sqlstate, "2B", 2) == 0;

        ov_fail(err, status, "%.*s%s%.*s", first_line(text), text, with ? ": " : "",
                with ? first_line(detail) : 0, with ? detail : "");
        if (meaning != NULL && meaning->retry)
            err->flags |= OV_ERR_RETRYABLE;
    }
    snprintf(err->provider_code, sizeof(err->provider_code), "%.5s", sqlstate);
    return err->code;
}

/* ------------------------------------------------------------ what has none */

static int32_t say_lost(const struct link *link, enum fault_state state,
                        struct ov_error *err)
{
    const char *text = PQerrorMessage(link->conn);
    int32_t status = fault_is_memory(link) ? OV_NO_SPACE : OV_UNAVAILABLE;

    if (link->notice[0] != '\0')
        text = link->notice;
    if (text[0] == '\0')
        text = "the connection was lost";
    ov_fail(err, status, "%.*s", first_line(text), text);
    if (state == FAULT_UNCERTAIN)
        err->flags |= OV_ERR_UNCERTAIN;
    else if (status == OV_UNAVAILABLE)
        err->flags |= OV_ERR_RETRYABLE;
    return status;
}

int fault_is_memory(const struct link *link)
{
    return strstr(PQerrorMessage(link->conn), "out of memory") != NULL;
}

int32_t fault_say(const struct link *link, const PGresult *result,
                  const struct ov_call *call, enum fault_state state,
                  struct ov_error *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (sqlstate == NULL)
        return say_lost(link, state, err);
    return say_code(link, sqlstate, text != NULL ? text : "the server gave no reason",
                    PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL), call, err);
}

/* ------------------------------------------------------------------ connecting */

#define CODE_CHARACTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* The code in "... SEVERITY:  28P01: words", the line's first double blank; NULL: none.
 */
static const char *code_in(const char *line)
{
    size_t n = (size_t)first_line(line);
    const char *at = strstr(line, ":  ");

    if (at == NULL || (size_t)(at - line) + 10 > n ||
        strspn(at + 3, CODE_CHARACTERS) != 5 || at[8] != ':' || at[9] != ' ')
        return NULL;
    return at + 3;
}

/* libpq may have tried with TLS and without: the last word is the one that counts. */
static const char *last_code(const char *text, const char **line)
{
    const char *found = NULL;

    for (const char *p = text; *p != '\0'; p += first_line(p), p += strspn(p, "\r\n")) {
        const char *code = code_in(p);

        if (code != NULL) {
            found = code;
            *line = p;
        }
    }
    return found;
}

/* libpq did not begin: it found a path without a socket, or a setting that it refuses. */
static int is_network(const char *text)
{
    return strncmp(text, "connection to ", 14) == 0 ||
           strncmp(text, "could not ", 10) == 0;
}

int32_t fault_say_connect(const struct link *link, const struct ov_call *call,
                          enum connect_state state, struct ov_error *err)
{
    const char *text = PQerrorMessage(link->conn), *line = text;
    const char *code = last_code(text, &line);
    char sqlstate[6] = "", words[512];
    int32_t status = OV_UNAVAILABLE;

    if (code != NULL) {
        memcpy(sqlstate, code, 5);
        snprintf(words, sizeof(words), "%.*s%.*s", (int)(code - line), line,
                 first_line(code + 7), code + 7);
        return say_code(link, sqlstate, words, NULL, call, err);
    }
    if (fault_is_memory(link))
        status = OV_NO_SPACE;
    else if (state == CONNECT_REFUSED || PQconnectionNeedsPassword(link->conn))
        status = OV_DENIED;
    else if (state == CONNECT_NEVER && !is_network(text))
        status = OV_INVALID;
    if (text[0] == '\0')
        text = "the connection was lost";
    ov_fail(err, status, "%.*s", first_line(text), text);
    if (status == OV_UNAVAILABLE)
        err->flags |= OV_ERR_RETRYABLE;
    return status;
}
