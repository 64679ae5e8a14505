/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script.h - what a scripted provider does instead of serving, said by its option
 * `script`: rules parted by commas, words by blanks.
 *
 *     OP CALLS ACTION [FLAG ...]
 *
 *   OP      an operation of struct ov_backend: upsert, collection_open, ...
 *   CALLS   which calls, from 1 on: "2", "2-4", "3-" or "*"
 *   ACTION  a status to fail with (OV_BUSY), "block" until the call is cancelled or its
 *           deadline has passed, "wait" ms=N milliseconds and then serve, "lie" as=LIE:
 *           serve and spoil the answer, or "shout": fail and say so with control
 *           characters, without the SDK
 *   FLAG    retryable uncertain partial: error flags; done: serve first, then fail;
 *           after=MS, row=N: members of the error; ms=N
 *
 * Calls are counted for all stores with the same script; the action "counts" reports
 * them by notes ("upsert" "3", and "overlap": how many calls ever ran at once), "reset"
 * begins anew.
 */
#ifndef OV_TEST_SCRIPT_H
#define OV_TEST_SCRIPT_H

#include <ov/sdk.h>

enum operation {
    OP_OPEN,
    OP_CLOSE,
    OP_ABILITY,
    OP_PING,
    OP_ACT,
    OP_LIST,
    OP_CREATE,
    OP_DROP,
    OP_COLLECTION_OPEN,
    OP_COLLECTION_CLOSE,
    OP_DESCRIBE,
    OP_ALTER,
    OP_INDEX_PUT,
    OP_INDEX_DROP,
    OP_UPSERT,
    OP_UPDATE,
    OP_REMOVE,
    OP_REMOVE_WHERE,
    OP_TRUNCATE,
    OP_FETCH,
    OP_SEARCH,
    OP_SCAN,
    OP_COUNT,
    OP_BULK_BEGIN,
    OP_BULK_END,
    N_OPERATIONS
};

/* nothing: as if it had not been answered; more: than the limit; short: a column; order:
 * of rows; nan: a score; offset: of a text; huge: a number. */
enum lie {
    LIE_NONE,
    LIE_NOTHING,
    LIE_MORE,
    LIE_SHORT,
    LIE_ORDER,
    LIE_NAN,
    LIE_OFFSET,
    LIE_HUGE
};

struct script;
struct rule;

/* The one of this text, made at its first use; it lives as long as the process. */
int32_t script_find(struct ov_str text, struct script **out, struct ov_error *err);

/* A call begins: counted, and served according to the rules. OV_OK: go on. *late: the
 * rule to fail with afterwards, or NULL. call is NULL for close. Each begin is followed
 * by one script_end. */
int32_t script_begin(struct script *script, enum operation operation,
                     const struct ov_call *call, const struct rule **late,
                     struct ov_error *err);
/* code is what serving gave; the answer of the operation. */
int32_t script_end(struct script *script, const struct rule *late, int32_t code,
                   struct ov_error *err);

/* How this answer is to be spoilt; late is what script_begin gave. */
enum lie script_lie(const struct rule *late);
void script_spoil(enum lie lie, struct ov_result *result);

void script_report(const struct script *script, const struct ov_call *call);
void script_reset(struct script *script);

#endif
