/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cancel.h - asking a server to stop what it runs, without waiting for it.
 *
 * A request that arrives late would stop the next statement on the link; so the link may
 * serve again only when the server has taken the request (cancel_end).
 */
#ifndef OV_PGVECTOR_CANCEL_H
#define OV_PGVECTOR_CANCEL_H

#include "link.h"

/* libpq from 17 on asks without blocking; before, the request is made here. */
#ifdef LIBPQ_HAS_ASYNC_CANCEL
struct cancel {
    PGcancelConn *conn; /* NULL: none */
    short events;
    int taken;
};
#else
struct cancel {
    int fd; /* -1: none */
    short events;
    int taken;
    unsigned char request[16];
};

/* While a link connects: what the server hands out for cancel requests is noted. */
struct key_reader *cancel_watch(struct link *link);
void cancel_watch_end(struct key_reader *reader, struct link *link);
#endif

void cancel_begin(struct cancel *cancel, const struct link *link);
/* Wait for the link while the request goes its way: OV_OK, or OV_DEADLINE at limit. */
int32_t cancel_wait(struct cancel *cancel, const struct link *link, short events,
                    int64_t limit);
/* Has it been taken? Waits until limit, and frees what is held. */
int cancel_end(struct cancel *cancel, int64_t limit);

#endif
