/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.c - one connection: made without blocking, waited on, stopped.
 *
 * libpq's own waits know neither deadline nor cancellation, so every wait is ours: poll
 * on the socket and the call's cancel descriptor. (Names are resolved inside
 * PQconnectStart; there libpq blocks.)
 */
#include "link.h"

#include "url.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECRET_ROOM 4096
/* Without it a peer that is gone is noticed after a quarter of an hour. */
#define DEAD_PEER_MS "30000"

int64_t link_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int milliseconds_until(int64_t deadline)
{
    int64_t left;

    if (deadline == 0)
        return -1;
    left = deadline - link_now();
    if (left <= 0)
        return 0;
    left = (left + 999999) / 1000000;
    return left > 3600000 ? 3600000 : (int)left;
}

static int64_t earlier(int64_t a, int64_t b)
{
    if (a == 0 || b == 0)
        return a != 0 ? a : b;
    return a < b ? a : b;
}

int32_t link_wait(const struct link *link, short events, const struct ov_call *call,
                  int64_t limit)
{
    struct pollfd fds[2] = { { .fd = PQsocket(link->conn), .events = events },
                             { .fd = call->cancel_fd, .events = POLLIN } };
    int ms, n;

    for (;;) {
        if (call->cancelled != NULL && __atomic_load_n(call->cancelled, __ATOMIC_ACQUIRE))
            return OV_CANCELLED;
        ms = milliseconds_until(earlier(call->deadline_ns, limit));
        n = poll(fds, 2, ms);
        if (n < 0 && errno != EINTR)
            return OV_UNAVAILABLE;
        if (n > 0 && fds[0].revents != 0)
            return OV_OK;
        if (n > 0 && fds[1].revents != 0)
            return OV_CANCELLED;
        if (call->deadline_ns != 0 && link_now() >= call->deadline_ns)
            return OV_DEADLINE;
        if (limit != 0 && link_now() >= limit)
            return OV_UNAVAILABLE;
    }
}

static void take_notice(void *ctx, const PGresult *result)
{
    struct link *link = ctx;
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (text == NULL)
        return;
    strncpy(link->notice, text, sizeof(link->notice) - 1);
    link->notice[sizeof(link->notice) - 1] = '\0';
}

/* A secret as text of its own; NULL when it is unset or on failure. */
static char *ask(const struct target *target, uint32_t option, int32_t *status)
{
    uint64_t n = 0, room = SECRET_ROOM;
    char *text = malloc(room + 1);

    *status = text == NULL ? OV_NO_SPACE : OV_OK;
    while (text != NULL) {
        char *larger;

        *status = target->services->secret(target->store, option, text, room, &n);
        if (*status != OV_LIMIT || n <= room)
            break;
        room = n;
        larger = realloc(text, room + 1);
        if (larger == NULL)
            *status = OV_NO_SPACE;
        else
            text = larger;
        if (larger == NULL)
            break;
    }
    if (*status != OV_OK || n == 0) {
        free(text);
        return NULL;
    }
    text[n] = '\0';
    return text;
}

static void forget(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

static PGconn *start(const struct target *target, struct ov_error *err)
{
    int32_t status, second;
    char *url = ask(target, OPTION_URL, &status);
    char *password = ask(target, OPTION_PASSWORD, &second);
    /* A key that stands behind the url overrules it, one before it gives way; a NULL
     * one does neither. */
    const char *const keys[] = {
        "fallback_application_name", "tcp_user_timeout", "dbname",
        "client_encoding",           "password",         NULL
    };
    const char *const values[] = {
        target->settings->application, DEAD_PEER_MS, url, "UTF8", password, NULL
    };
    PGconn *conn = NULL;

    if (status == OV_OK)
        status = second;
    if (status != OV_OK)
        ov_fail(err, status, "the url or the password of the database cannot be read");
    else if (url == NULL)
        ov_fail(err, OV_INVALID, "option 'url' is empty");
    else if (url_check(url, err) == OV_OK &&
             (conn = PQconnectStartParams(keys, values, 1)) == NULL)
        ov_no_memory(err);
    forget(url);
    forget(password);
    return conn;
}

static int32_t finish(struct link *link, const struct ov_call *call, int64_t limit)
{
    int32_t status = OV_OK;
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;

    while (status == OV_OK && state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED || PQsocket(link->conn) < 0)
            return OV_INTERNAL;
        status = link_wait(link, state == PGRES_POLLING_READING ? POLLIN : POLLOUT, call,
                           limit);
        if (status == OV_OK)
            state = PQconnectPoll(link->conn);
    }
    return status;
}

int32_t link_open(const struct target *target, const struct ov_call *call,
                  struct link **out, struct ov_error *err)
{
    struct link *link = calloc(1, sizeof(*link));
    int64_t ms = target->settings->connect_ms;
    int32_t status;

    if (link == NULL)
        return ov_no_memory(err);
    link->conn = start(target, err);
    if (link->conn == NULL) {
        free(link);
        return err->code;
    }
    PQsetNoticeReceiver(link->conn, take_notice, link);
    if (PQstatus(link->conn) == CONNECTION_BAD)
        status = OV_INTERNAL;
    else
        status = finish(link, call, ms > 0 ? link_now() + ms * 1000000 : 0);
    if (status == OV_OK && PQsetnonblocking(link->conn, 1) == 0) {
        *out = link;
        return OV_OK;
    }
    if (status == OV_UNAVAILABLE) {
        ov_fail(err, OV_UNAVAILABLE, "the server has not answered within %lld ms",
                (long long)ms);
        err->flags |= OV_ERR_RETRYABLE;
    } else if (status == OV_DEADLINE || status == OV_CANCELLED) {
        ov_fail(err, status, "%s while connecting",
                status == OV_DEADLINE ? "the deadline passed" : "cancelled");
    } else {
        fault_say(link, NULL, call, FAULT_READ, err);
    }
    link_close(link);
    return err->code;
}

void link_close(struct link *link)
{
    if (link == NULL)
        return;
    PQfinish(link->conn);
    free(link);
}

int link_is_stale(const struct link *link)
{
    struct pollfd fd = { .fd = PQsocket(link->conn), .events = POLLIN };

    return PQstatus(link->conn) != CONNECTION_OK || poll(&fd, 1, 0) != 0;
}

void link_cancel(struct link *link)
{
    PGcancel *cancel = PQgetCancel(link->conn);
    char ignored[256];

    if (cancel == NULL)
        return;
    PQcancel(cancel, ignored, sizeof(ignored));
    PQfreeCancel(cancel);
}
