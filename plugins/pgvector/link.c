/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.c - one connection: made without blocking, waited on.
 *
 * libpq's own waits know neither deadline nor cancellation, so every wait is ours: poll
 * on the socket and the call's cancel descriptor. A server that hangs is one of several,
 * or one of several addresses: each gets its share of the time that is left.
 */
#include "link.h"

#include "cancel.h"
#include "hosts.h"
#include "resolve.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

int64_t link_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int link_ms_until(int64_t deadline)
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

int64_t link_earlier(int64_t a, int64_t b)
{
    if (a == 0 || b == 0)
        return a != 0 ? a : b;
    return a < b ? a : b;
}

locale_t link_english(void)
{
    /* No memory is taken for this one, and it need not be freed. */
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);

    return c != (locale_t)0 ? uselocale(c) : (locale_t)0;
}

void link_as_before(locale_t before)
{
    if (before != (locale_t)0)
        uselocale(before);
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
        ms = link_ms_until(link_earlier(call->deadline_ns, limit));
        n = poll(fds, 2, ms);
        if (n < 0 && errno != EINTR)
            return OV_UNAVAILABLE;
        if (n > 0 && fds[1].revents != 0)
            return OV_CANCELLED;
        /* Before the socket: a peer that never stops speaking would be heard for ever. */
        if (call->deadline_ns != 0 && link_now() >= call->deadline_ns)
            return OV_DEADLINE;
        if (limit != 0 && link_now() >= limit)
            return OV_UNAVAILABLE;
        if (n > 0 && fds[0].revents != 0)
            return OV_OK;
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

/* ------------------------------------------------------------------- opening */

/* What is asked for, and how far it is. */
struct opening {
    const struct target *target;
    const struct ov_call *call;
    struct hosts hosts;
    const char *attrs;
    int64_t ms; /* for one server at most; 0: no limit */
};

/* Has the peer spoken? If libpq then fails, it is for what was said. */
static int is_heard(const struct link *link)
{
    char byte;

    return recv(PQsocket(link->conn), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static int32_t finish(struct link *link, const struct ov_call *call, int64_t limit,
                      enum connect_state *how)
{
    int32_t status = OV_OK;
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;

    while (status == OV_OK && state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED || PQsocket(link->conn) < 0) {
            /* It was let in, and libpq saw that it is not what the url asks for. */
            if (PQparameterStatus(link->conn, "server_version") != NULL)
                *how = CONNECT_LOST;
            return OV_INTERNAL;
        }
        status = link_wait(link, state == PGRES_POLLING_READING ? POLLIN : POLLOUT, call,
                           limit);
        if (status != OV_OK)
            break;
        /* While it is connecting, looking would take the error away from libpq. */
        *how = state == PGRES_POLLING_READING &&
                       PQstatus(link->conn) != CONNECTION_STARTED && is_heard(link)
                   ? CONNECT_REFUSED
                   : CONNECT_LOST;
        state = PQconnectPoll(link->conn);
    }
    return status;
}

static void say_slow(const struct host *host, int64_t ns, struct ov_error *err)
{
    ov_fail(err, OV_UNAVAILABLE, "the server%s%s has not answered within %lld ms",
            host->name != NULL ? " " : "", host->name != NULL ? host->name : "",
            (long long)((ns + 500000) / 1000000));
    err->flags |= OV_ERR_RETRYABLE;
}

static struct link *new_link(const struct opening *o, const struct host *host,
                             const char *address)
{
    struct link *link = calloc(1, sizeof(*link));

    if (link == NULL)
        return NULL;
    link->conn = hosts_start(&o->hosts, host, address, o->attrs);
    if (link->conn == NULL) {
        free(link);
        return NULL;
    }
    link->seeks_writer = o->hosts.seeks_writer;
    PQsetNoticeReceiver(link->conn, take_notice, link);
    /* With the SQLSTATE, which a connection that fails has nowhere else. */
    PQsetErrorVerbosity(link->conn, PQERRORS_VERBOSE);
    return link;
}

static int32_t connect_now(struct link *link, const struct ov_call *call, int64_t limit,
                           enum connect_state *how)
{
    int32_t status;
#ifndef LIBPQ_HAS_ASYNC_CANCEL
    struct key_reader *reader = cancel_watch(link);
#endif

    *how = CONNECT_NEVER;
    status = PQstatus(link->conn) == CONNECTION_BAD ? OV_INTERNAL
                                                    : finish(link, call, limit, how);
#ifndef LIBPQ_HAS_ASYNC_CANCEL
    cancel_watch_end(reader, link);
#endif
    return status;
}

static int32_t open_address(const struct opening *o, const struct host *host,
                            const char *address, int64_t limit, struct link **out,
                            struct ov_error *err)
{
    struct link *link = new_link(o, host, address);
    int64_t begin = link_now();
    enum connect_state how;
    int32_t status;

    if (link == NULL)
        return ov_no_memory(err);
    status = connect_now(link, o->call, limit, &how);
    if (status == OV_OK && PQsetnonblocking(link->conn, 1) == 0) {
        PQsetErrorVerbosity(link->conn, PQERRORS_DEFAULT);
        *out = link;
        return OV_OK;
    }
    if (status == OV_UNAVAILABLE)
        say_slow(host, limit - begin, err);
    else if (status == OV_DEADLINE || status == OV_CANCELLED)
        ov_fail(err, status, "%s while connecting",
                status == OV_DEADLINE ? "the deadline passed" : "cancelled");
    else
        fault_say_connect(link, o->call, how, err);
    link_close(link);
    return err->code;
}

/* When a try must have ended that has parts-1 others behind it: none may use up what the
 * others need. */
static int64_t share(int64_t end, int parts, int64_t ms)
{
    int64_t now = link_now(), limit = ms > 0 ? now + ms * 1000000 : 0;

    return parts > 1 && end != 0 ? link_earlier(limit, now + (end - now) / parts) : limit;
}

/* Is there any use in trying the next? */
static int is_passing(int32_t status)
{
    return status == OV_UNAVAILABLE || status == OV_BUSY;
}

static int32_t open_host(const struct opening *o, const struct host *host, int64_t limit,
                         struct link **out, struct ov_error *err)
{
    struct addresses found;
    int32_t status;

    if (host->address != NULL || host_is_local(host))
        return open_address(o, host, host->address, limit, out, err);
    status = resolve(host->name, o->call, limit, &found, err);
    for (int i = 0; status == OV_OK || (i > 0 && i < found.n && is_passing(status));
         i++) {
        int parts = found.n - i;

        ov_error_reset(err);
        status = open_address(
            o, host, found.list[i],
            parts > 1 ? share(link_earlier(limit, o->call->deadline_ns), parts, o->ms)
                      : limit,
            out, err);
        if (status == OV_OK)
            return OV_OK;
    }
    return status;
}

static int32_t open_any(const struct opening *o, struct link **out, struct ov_error *err)
{
    struct ov_error last = OV_ERROR_INIT;
    int32_t status = OV_UNAVAILABLE;
    int tried;

    for (tried = 0; tried < o->hosts.n && is_passing(status); tried++) {
        ov_error_reset(&last);
        status =
            open_host(o, &o->hosts.list[tried],
                      share(o->call->deadline_ns, o->hosts.n - tried, o->ms), out, &last);
    }
    if (status == OV_OK)
        return OV_OK;
    if (is_passing(status) && tried > 1) {
        ov_fail(err, status, "none of %d servers will do; the last: %s", tried,
                last.message);
        err->flags |= last.flags;
        memcpy(err->provider_code, last.provider_code, sizeof(err->provider_code));
        return status;
    }
    *err = last;
    return status;
}

int32_t link_open(const struct target *target, const struct ov_call *call,
                  struct link **out, struct ov_error *err)
{
    struct opening o = { .target = target, .call = call };
    locale_t before = link_english();
    int32_t status = hosts_read(target, &o.hosts, err);

    if (status == OV_OK) {
        o.ms = link_earlier(target->settings->connect_ms, o.hosts.connect_ms);
        if (o.hosts.prefers_standby) {
            struct ov_error ignored = OV_ERROR_INIT;

            o.attrs = "standby";
            status = open_any(&o, out, &ignored);
            o.attrs = "any";
        }
        if (!o.hosts.prefers_standby || status != OV_OK)
            status = open_any(&o, out, err);
        hosts_clear(&o.hosts);
    }
    link_as_before(before);
    return status;
}
