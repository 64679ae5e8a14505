/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.h - what a provider sends through libpq, sent again by nobody but libpq.
 *
 * The program stands before libpq's PQsendQueryParams, so that while a tape records,
 * every statement of the process goes onto it, text and bound values. Played on a
 * connection of its own, it is the bare program that the provider is measured against:
 * the same statements, the same pipeline, no provider.
 */
#ifndef OV_BENCH_REPLAY_H
#define OV_BENCH_REPLAY_H

#include <libpq-fe.h>

struct statement {
    char *sql;
    int n;
    Oid *types;
    char **values;
    int *lengths;
    int *formats;
};

struct tape {
    struct statement *statements;
    int n;
};

void tape_record(struct tape *tape); /* from now on, until the stop */
void tape_stop(void);
void tape_clear(struct tape *tape);

/* One pipeline: all statements, one Sync, all results thrown away. */
void tape_play(const struct tape *tape, PGconn *conn);
/* For comparison: the tape's main statement prepared as NAME, settings made once for the
 * whole session; then each play sends that one alone. */
void tape_prepare(const struct tape *tape, PGconn *conn, const char *name);
void tape_play_prepared(const struct tape *tape, PGconn *conn, const char *name);

#endif
