/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hosts.h - what the url asks for, server by server.
 *
 * libpq goes from host to host by itself only where it may block; so each host is tried
 * here, with a share of the time, and libpq is given one at a time.
 */
#ifndef OV_PGVECTOR_HOSTS_H
#define OV_PGVECTOR_HOSTS_H

#include "link.h"

#define HOSTS_MOST 32

struct host {
    const char
        *name; /* NULL: libpq's own default, or a numeric address is all there is */
    const char *address;
    const char *port; /* NULL: libpq's default */
};

struct hosts {
    PQconninfoOption *options; /* url, service file and environment together */
    char *texts;
    int n;
    struct host list[HOSTS_MOST];
    int64_t connect_ms; /* of the url's connect_timeout; 0: none */
    int seeks_writer;
    int prefers_standby;
};

/* Parse and check. *out is yours: hosts_clear. */
int32_t hosts_read(const struct target *target, struct hosts *out, struct ov_error *err);
void hosts_clear(struct hosts *hosts);

/* A value of the url's options; NULL: unset. */
const char *hosts_option(const struct hosts *hosts, const char *keyword);
/* Does the name stand for a socket's path or for libpq's default, rather than for an
 * address that has to be looked up? */
int host_is_local(const struct host *host);

/* Begin a connection to one address of one host. attrs: target_session_attrs instead of
 * the url's, or NULL. NULL when there is no memory. */
PGconn *hosts_start(const struct hosts *hosts, const struct host *host,
                    const char *address, const char *attrs);

#endif
