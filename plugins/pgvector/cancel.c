/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cancel.c - the cancel request of PostgreSQL's protocol, on a connection of its own.
 *
 * PQcancel blocks in connect and in recv for as long as the peer likes, and a server that
 * is asked to stop may well be one that hangs. From libpq 17 on there is another way. For
 * earlier ones the request is sent from here: sixteen bytes to the link's own peer, which
 * closes when it has passed them on. They hold a secret that the server hands out at
 * connect and libpq tells nobody, except by PQtrace: so connecting is traced, into a
 * reader that keeps this one message of all and drops the others.
 */
#include "cancel.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef LIBPQ_HAS_ASYNC_CANCEL

static int handle(const struct cancel *cancel)
{
    return cancel->conn != NULL ? PQcancelSocket(cancel->conn) : -1;
}

static void let_go(struct cancel *cancel)
{
    PQcancelFinish(cancel->conn);
    cancel->conn = NULL;
}

static void step(struct cancel *cancel)
{
    PostgresPollingStatusType state = PQcancelPoll(cancel->conn);

    cancel->events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED)
        return;
    cancel->taken = state == PGRES_POLLING_OK;
    let_go(cancel);
}

void cancel_begin(struct cancel *cancel, const struct link *link)
{
    cancel->taken = 0;
    cancel->events = POLLOUT;
    cancel->conn = PQcancelCreate(link->conn);
    if (cancel->conn != NULL && !PQcancelStart(cancel->conn))
        let_go(cancel);
}

#else

#define CANCEL_CODE 80877102 /* 1234 and 5678 in its halves */

static int handle(const struct cancel *cancel)
{
    return cancel->fd;
}

static void let_go(struct cancel *cancel)
{
    if (cancel->fd >= 0)
        close(cancel->fd);
    cancel->fd = -1;
}

static void step(struct cancel *cancel)
{
    char byte;
    ssize_t n;

    if (cancel->events == POLLOUT) {
        n = send(cancel->fd, cancel->request, sizeof(cancel->request),
                 MSG_NOSIGNAL | MSG_DONTWAIT);
        cancel->events = POLLIN;
        if (n != (ssize_t)sizeof(cancel->request))
            let_go(cancel);
        return;
    }
    n = recv(cancel->fd, &byte, 1, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    cancel->taken = n == 0 || (n < 0 && errno == ECONNRESET);
    let_go(cancel);
}

static void put(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> (24 - 8 * i));
}

void cancel_begin(struct cancel *cancel, const struct link *link)
{
    struct sockaddr_storage peer;
    socklen_t n = sizeof(peer);

    cancel->taken = 0;
    cancel->events = POLLOUT;
    cancel->fd = -1;
    if (!link->has_key ||
        getpeername(PQsocket(link->conn), (struct sockaddr *)&peer, &n) != 0)
        return;
    put(cancel->request, sizeof(cancel->request));
    put(cancel->request + 4, CANCEL_CODE);
    put(cancel->request + 8, link->pid);
    put(cancel->request + 12, link->key);
    cancel->fd = socket(peer.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (cancel->fd >= 0 && connect(cancel->fd, (const struct sockaddr *)&peer, n) != 0 &&
        errno != EINPROGRESS)
        let_go(cancel);
}

/* ---------------------------------------------------------------- the secret */

struct key_reader {
    FILE *file;
    uint32_t pid, key;
    int found;
    size_t n; /* of the present line; what is too long for it is not ours */
    char line[128];
};

static void take_line(struct key_reader *reader)
{
    const char *at = strstr(reader->line, "\tBackendKeyData\t");
    char *end;

    if (at == NULL)
        return;
    at += strlen("\tBackendKeyData\t");
    reader->pid = (uint32_t)strtol(at, &end, 10);
    if (end == at)
        return;
    at = end;
    reader->key = (uint32_t)strtol(at, &end, 10);
    reader->found = end != at && (*end == '\n' || *end == '\0');
}

static ssize_t take(void *cookie, const char *bytes, size_t n)
{
    struct key_reader *reader = cookie;

    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n') {
            reader->line[reader->n] = '\0';
            take_line(reader);
            reader->n = 0;
        } else if (reader->n < sizeof(reader->line) - 1) {
            reader->line[reader->n++] = bytes[i];
        }
    }
    return (ssize_t)n;
}

struct key_reader *cancel_watch(struct link *link)
{
    const cookie_io_functions_t functions = { .write = take };
    struct key_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL)
        return NULL;
    reader->file = fopencookie(reader, "w", functions);
    if (reader->file == NULL) {
        free(reader);
        return NULL;
    }
    /* The password passes here as well: nothing shall stay in a buffer. */
    setvbuf(reader->file, NULL, _IONBF, 0);
    PQtrace(link->conn, reader->file);
    return reader;
}

void cancel_watch_end(struct key_reader *reader, struct link *link)
{
    if (reader == NULL)
        return;
    PQuntrace(link->conn);
    fclose(reader->file);
    link->has_key = reader->found;
    link->pid = reader->pid;
    link->key = reader->key;
    explicit_bzero(reader, sizeof(*reader));
    free(reader);
}

#endif

/* ------------------------------------------------------------------- waiting */

int32_t cancel_wait(struct cancel *cancel, const struct link *link, short events,
                    int64_t limit)
{
    for (;;) {
        struct pollfd fds[2] = { { .fd = PQsocket(link->conn), .events = events },
                                 { .fd = handle(cancel), .events = cancel->events } };
        int n = poll(fds, 2, link_ms_until(limit));

        if (n < 0 && errno != EINTR)
            return OV_UNAVAILABLE;
        if (n > 0 && fds[1].revents != 0)
            step(cancel);
        if (link_now() >= limit)
            return OV_DEADLINE;
        if (n > 0 && fds[0].revents != 0)
            return OV_OK;
    }
}

int cancel_end(struct cancel *cancel, int64_t limit)
{
    while (handle(cancel) >= 0) {
        struct pollfd fd = { .fd = handle(cancel), .events = cancel->events };
        int n = poll(&fd, 1, link_ms_until(limit));

        if (n > 0)
            step(cancel);
        else if (link_now() >= limit || (n < 0 && errno != EINTR))
            break;
    }
    let_go(cancel);
    return cancel->taken;
}
