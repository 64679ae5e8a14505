/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/call.h - what every operation is told about the call it serves.
 *
 * Deadlines and cancellation are promises: a provider answers OV_DEADLINE or
 * OV_CANCELLED within 100 ms of the moment, with error flags that say whether a write
 * happened. Notes are how a provider says more than a status: what it did, what it
 * found, how far it is, which plan it took.
 */
#ifndef OV_CALL_H
#define OV_CALL_H

#include <ov/value.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ov_note_kind {
    OV_NOTE_ACTION = 1,   /* something was made or changed: "created table ..." */
    OV_NOTE_CHECK = 2,    /* a check that passed */
    OV_NOTE_PROBLEM = 3,  /* a check that failed; remedy says what to do */
    OV_NOTE_PROGRESS = 4, /* value of total */
    OV_NOTE_PLAN = 5,     /* explain: name "strategy", "sql", "plan", ... */
    OV_NOTE_STATEMENT = 6 /* what an administrator must run */
};

struct ov_note {
    uint32_t size;
    uint32_t kind;
    struct ov_str name;
    struct ov_str text;
    struct ov_str remedy;
    double value;
    double total;
};

/* note is lent for the time of the call; called on the thread of the operation. */
typedef void ov_note_fn(void *ctx, const struct ov_note *note);

enum ov_call_flag {
    OV_CALL_EXPLAIN = 1u << 0, /* search, scan, count: say how in notes, return no rows;
                                  set only where OV_CAN_EXPLAIN */
    OV_CALL_STALE_OK = 1u << 1 /* an answer that misses recent writes will do */
};

/* Borrowed until the operation returns. */
struct ov_call {
    uint32_t size;
    uint32_t flags;            /* enum ov_call_flag */
    int64_t deadline_ns;       /* CLOCK_MONOTONIC; 0: none */
    int64_t now_us;            /* wall clock of this call: expiry is decided by it */
    uint64_t id;               /* for the logs of both sides */
    const uint32_t *cancelled; /* NULL, or a word that another thread sets to non-zero */
    int32_t cancel_fd;         /* -1, or readable once cancelled: poll it, do not read */
    uint32_t reserved;
    ov_note_fn *note; /* NULL: nobody listens */
    void *note_ctx;
};

#ifdef __cplusplus
}
#endif
#endif
