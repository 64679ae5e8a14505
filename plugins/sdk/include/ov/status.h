/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/status.h - how a call ended, and why.
 *
 * Every function that can fail returns an enum ov_status as int32_t and takes a
 * struct ov_error last. The struct is the caller's memory, 512 bytes, without a
 * pointer: it crosses any border and needs no release. On failure no output of the
 * function has changed. On OV_OK the error has not been touched.
 */
#ifndef OV_STATUS_H
#define OV_STATUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Does the record that p points to reach to the end of member? A reader takes no
 * member of a record for which this is false. */
#define OV_HAS(p, member) \
    ((size_t)((const char *)(&(p)->member + 1) - (const char *)(p)) <= (p)->size)

#define OV_NONE UINT32_MAX /* no field, no node, no index */

enum ov_status {
    OV_OK = 0,
    OV_INVALID = 1,     /* the caller's fault: a value, a name, a shape */
    OV_NOT_FOUND = 2,   /* no such collection, index or provider */
    OV_NO_RECORD = 3,   /* update of a key that is not there; err->row says which */
    OV_EXISTS = 4,      /* it is there already and differs */
    OV_UNSUPPORTED = 5, /* this provider, or this server, cannot */
    OV_LIMIT = 6,       /* valid, but over a declared limit */
    OV_DENIED = 7,      /* password, certificate, right; notes carry the SQL to run */
    OV_BUSY = 8,        /* somebody else holds it: second writer, lock time-out */
    OV_UNAVAILABLE = 9, /* the server is away, the connection was lost */
    OV_DEADLINE = 10,   /* the call's deadline has passed */
    OV_CANCELLED = 11,  /* the caller cancelled */
    OV_STALE = 12,      /* the collection, or the store's files, are not those that this
                         * handle was opened on */
    OV_CORRUPT = 13,    /* stored data is damaged */
    OV_NO_SPACE = 14,   /* disk, memory or quota is used up */
    OV_CLOSED = 15,     /* host only: the store was closed */
    OV_FORKED = 16,     /* host only: called in a forked child */
    OV_INTERNAL = 17    /* a fault of the provider or of the host */
};

enum ov_error_flag {
    OV_ERR_RETRYABLE = 1u << 0, /* nothing was changed; the same call may succeed */
    OV_ERR_UNCERTAIN = 1u << 1, /* the change may have been made (commit unanswered) */
    OV_ERR_PARTIAL = 1u << 2,   /* without OV_CAN_ATOMIC: rows before err->row are in */
    OV_ERR_CUT = 1u << 3        /* the message was longer */
};

/*
 * Before a call the caller sets size, row -1, field and node OV_NONE, and zeroes the
 * rest (OV_ERROR_INIT). The first error stays: a function that finds code set leaves
 * it. Text is UTF-8, one line, ends with NUL, names the offending value, and holds no
 * secret.
 */
struct ov_error {
    uint32_t size;
    int32_t code;
    uint32_t flags;
    uint32_t retry_after_ms; /* 0: the host chooses */
    int64_t row;             /* counted through all batches of the call; -1: none */
    uint32_t field;          /* ordinal; OV_NONE: none */
    uint32_t node;           /* of the filter; OV_NONE: none */
    char provider_code[32];  /* the provider's own, such as an SQLSTATE */
    char where[96];          /* host only: "ov.ini:7", "/conds/1/op", "r.jsonl:3 level" */
    char message[352];
};

#define OV_ERROR_INIT                                                          \
    {                                                                          \
        sizeof(struct ov_error), OV_OK, 0, 0, -1, OV_NONE, OV_NONE, "", "", "" \
    }

#ifdef __cplusplus
}
#endif
#endif
