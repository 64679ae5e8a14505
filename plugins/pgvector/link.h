/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.h - connections: made, waited on, cancelled, judged, kept.
 *
 * A link is one libpq connection in non-blocking mode. Whoever holds it alone uses it;
 * between calls it lies in the pool. Nothing is ever set for its session, so any pooler
 * may stand between: settings travel with the statements they are for.
 */
#ifndef OV_PGVECTOR_LINK_H
#define OV_PGVECTOR_LINK_H

#include "options.h"

#include <libpq-fe.h>
#include <locale.h>
#include <pthread.h>

struct link {
    PGconn *conn;
    struct link *next;
    uint32_t generation; /* of the pool when it was made */
    int seeks_writer;    /* the url asks for a server that takes writes */
    int has_key;         /* what the server wants to see in a cancel request */
    uint32_t pid, key;
    char notice[256]; /* the last warning of the server, for messages */
};

/* Where to connect: what the host's services say now. */
struct target {
    const struct ov_services *services;
    uint64_t store;
    const struct settings *settings;
};

/* Connected, or an error; the call's deadline and the connect time-out hold. */
int32_t link_open(const struct target *target, const struct ov_call *call,
                  struct link **out, struct ov_error *err);
void link_close(struct link *link);
/* An idle link on which the server has spoken is dead or about to be. */
int link_is_stale(const struct link *link);

/* Wait until the socket is ready for these poll events. limit: CLOCK_MONOTONIC ns, 0
 * none, beside the call's own deadline. OV_OK, OV_DEADLINE, OV_CANCELLED, or
 * OV_UNAVAILABLE when limit has passed. Nothing is said in an error. */
int32_t link_wait(const struct link *link, short events, const struct ov_call *call,
                  int64_t limit);

int64_t link_now(void);                     /* CLOCK_MONOTONIC in ns */
int link_ms_until(int64_t deadline);        /* for poll; rounded up, -1 for 0 */
int64_t link_earlier(int64_t a, int64_t b); /* 0 is never */

/* libpq's own texts in English, for this thread alone, until the other is called with
 * what this returned. */
locale_t link_english(void);
void link_as_before(locale_t before);

/* ------------------------------------------------------------------- faults */

enum fault_state {
    FAULT_READ,     /* nothing was to be changed */
    FAULT_WRITE,    /* a statement failed: the server rolled back */
    FAULT_UNCERTAIN /* the link went after a commit was sent */
};
/* What the server or libpq said, as a status, with flags and SQLSTATE. result may be
 * NULL. Returns the status. */
int32_t fault_say(const struct link *link, const PGresult *result,
                  const struct ov_call *call, enum fault_state state,
                  struct ov_error *err);
/* Does this SQLSTATE mean that the link is of no more use? */
int fault_ends_link(const char *sqlstate);
/* libpq has no memory. */
int fault_is_memory(const struct link *link);

enum connect_state {
    CONNECT_NEVER,  /* libpq did not begin */
    CONNECT_LOST,   /* nobody there, or gone again */
    CONNECT_REFUSED /* libpq did not like what the peer said */
};
/* The same of a link that did not come to be. */
int32_t fault_say_connect(const struct link *link, const struct ov_call *call,
                          enum connect_state state, struct ov_error *err);

/* --------------------------------------------------------------------- pool */

struct pool {
    struct target target;
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    struct link *idle;
    int64_t open;        /* idle ones and lent ones */
    uint32_t generation; /* links of an older one are closed when they come back */
};

int32_t pool_init(struct pool *pool, const struct target *target, struct ov_error *err);
void pool_end(struct pool *pool);
int32_t pool_take(struct pool *pool, const struct ov_call *call, struct link **out,
                  struct ov_error *err);
/* good: it may serve again. */
void pool_give(struct pool *pool, struct link *link, int good);
/* The server went away or became read-only: close what is idle, now. */
void pool_flush(struct pool *pool);

#endif
