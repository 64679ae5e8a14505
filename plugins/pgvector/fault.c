/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.c - from an SQLSTATE to a status.
 *
 * When a link dies libpq has no SQLSTATE: the state of the connection says it, and the
 * reason, if the server gave one, came as a notice.
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
    { "57014", OV_DEADLINE, 0 },    { "57", OV_UNAVAILABLE, 1 },
    { "08", OV_UNAVAILABLE, 1 },    { "25006", OV_UNAVAILABLE, 1 },
    { "40", OV_BUSY, 1 },           { "55P03", OV_BUSY, 1 },
    { "55006", OV_BUSY, 1 },        { "53300", OV_BUSY, 1 },
    { "53", OV_NO_SPACE, 0 },       { "42501", OV_DENIED, 0 },
    { "28", OV_DENIED, 0 },         { "3D000", OV_INVALID, 0 },
    { "54", OV_LIMIT, 0 },          { "0A", OV_UNSUPPORTED, 0 },
    { "XX001", OV_CORRUPT, 0 },     { "XX002", OV_CORRUPT, 0 },
    { "22", OV_INVALID, 0 },        { "42P07", OV_EXISTS, 0 },
    { "58030", OV_UNAVAILABLE, 1 }, { "25P03", OV_UNAVAILABLE, 1 },
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
           strcmp(sqlstate, "25006") == 0 || strcmp(sqlstate, "25P03") == 0;
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

/* Connecting fails without an SQLSTATE as well; then the words must do. */
static int32_t judge_words(const char *text)
{
    static const char *const denied[] = { "authentication failed", "no password supplied",
                                          "no pg_hba.conf entry",  "role \"",
                                          "certificate",           "permission denied" };

    if (strstr(text, "out of memory") != NULL)
        return OV_NO_SPACE;
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
        if (strstr(text, denied[i]) != NULL)
            return OV_DENIED;
    if (strstr(text, "database \"") != NULL && strstr(text, "does not exist") != NULL)
        return OV_INVALID;
    if (strstr(text, "invalid ") != NULL || strstr(text, "missing \"=\"") != NULL)
        return OV_INVALID;
    return OV_UNAVAILABLE;
}

static int32_t say_link(const struct link *link, enum fault_state state,
                        struct ov_error *err)
{
    const char *text = PQerrorMessage(link->conn);
    int32_t status = judge_words(text);

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

int32_t fault_say(const struct link *link, const PGresult *result,
                  const struct ov_call *call, enum fault_state state,
                  struct ov_error *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const struct meaning *meaning;
    int32_t status = OV_INTERNAL;

    if (sqlstate == NULL)
        return say_link(link, state, err);
    meaning = find(sqlstate);
    if (meaning != NULL)
        status = meaning->status;
    if (strcmp(sqlstate, "57014") == 0 && is_cancelled(call))
        status = OV_CANCELLED;
    if (text == NULL)
        text = "the server gave no reason";
    ov_fail(err, status, "%.*s", first_line(text), text);
    if (meaning != NULL && meaning->retry)
        err->flags |= OV_ERR_RETRYABLE;
    snprintf(err->provider_code, sizeof(err->provider_code), "%s", sqlstate);
    return status;
}
