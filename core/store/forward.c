/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward.c - the one place where provider code is entered, and where it is retried.
 *
 * Providers never retry. A fault flagged RETRYABLE passed without effect and is tried
 * again until the deadline; one flagged UNCERTAIN may have happened, so only operations
 * that end the same when done twice are tried again. A remove is not: the number it
 * answers would be wrong.
 */
#include "call.h"

#include <poll.h>
#include <string.h>
#include <time.h>

#define FIRST_WAIT_MS 10
#define LONGEST_WAIT_MS 1000
/* For how long a call without a deadline is tried again. */
#define PATIENCE_NS ((int64_t)30 * 1000000000)

#define REPEATABLE                                                             \
    (1u << OP_ABILITY | 1u << OP_PING | 1u << OP_COLLECTIONS | 1u << OP_OPEN | \
     1u << OP_DESCRIBE | 1u << OP_UPSERT | 1u << OP_UPDATE | 1u << OP_FETCH |  \
     1u << OP_SEARCH | 1u << OP_SCAN | 1u << OP_COUNT | 1u << OP_GROUPS)

/* A provider that answers nonsense does not get it past the host. */
static int32_t mend_error(struct call *call, int32_t status)
{
    struct ov_error *err = call->err;

    if (status < OV_OK || status > OV_INTERNAL || status == OV_CLOSED ||
        status == OV_FORKED) {
        ov_error_reset(err);
        return ov_fail(err, OV_INTERNAL, "provider '%s' answered %d to '%s'",
                       call->store->provider->name, status,
                       operation_name(call->operation));
    }
    err->code = status;
    err->message[sizeof(err->message) - 1] = '\0';
    err->provider_code[sizeof(err->provider_code) - 1] = '\0';
    err->where[0] = '\0';
    ov_line_tame(err->message);
    ov_line_tame(err->provider_code);
    if (err->message[0] == '\0') {
        err->code = OV_OK;
        ov_fail(err, status, "provider '%s' answered %s to '%s'",
                call->store->provider->name, ov_status_name(status),
                operation_name(call->operation));
    }
    return status;
}

static int32_t try_once(struct call *call, call_fn *forward, void *args)
{
    struct gate *gate = call->store->gate;
    int32_t status;

    if (gate != NULL) {
        status = gate_enter(gate, &call->ov, call->err);
        if (status != OV_OK)
            return status;
    }
    LOCK_NONE_HELD();
    status = forward(call, args);
    if (gate != NULL)
        gate_leave(gate);
    if (status != OV_OK)
        return mend_error(call, status);
    if (call->err->code != OV_OK)
        ov_error_reset(call->err);
    return OV_OK;
}

static int may_repeat(const struct call *call)
{
    uint32_t flags = call->err->flags;

    if (call->once || (flags & OV_ERR_PARTIAL) != 0)
        return 0;
    if ((flags & OV_ERR_UNCERTAIN) != 0)
        return (1u << call->operation & REPEATABLE) != 0;
    return (flags & OV_ERR_RETRYABLE) != 0;
}

/* Doubles each time; a fifth of it depends on the call, so that a herd spreads. */
static int64_t wait_ms(const struct call *call)
{
    uint32_t n = call->retries < 7 ? call->retries : 7;
    int64_t ms = (int64_t)FIRST_WAIT_MS << n;

    if (ms > LONGEST_WAIT_MS)
        ms = LONGEST_WAIT_MS;
    ms += ms * (int64_t)(call->ov.id * 2654435761u % 16) / 64;
    return ms > call->err->retry_after_ms ? ms : call->err->retry_after_ms;
}

static int64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* 0 when there is no time for another attempt: the last error stands. */
static int sleep_before_retry(const struct call *call)
{
    int64_t ms = wait_ms(call), end = call->ov.deadline_ns;
    struct pollfd cancel = { .fd = call->ov.cancel_fd, .events = POLLIN };

    if (end == 0)
        end = call->started_ns + PATIENCE_NS;
    if (clock_ns() + ms * 1000000 >= end)
        return 0;
    poll(&cancel, call->ov.cancel_fd >= 0 ? 1 : 0, (int)ms);
    return 1;
}

int32_t call_forward(struct call *call, call_fn *forward, void *args)
{
    int32_t status = try_once(call, forward, args);

    while (status != OV_OK && may_repeat(call) && sleep_before_retry(call)) {
        ov_error_reset(call->err);
        status = ov_checkpoint(&call->ov, call->err);
        if (status != OV_OK)
            return status;
        call->retries++;
        status = try_once(call, forward, args);
    }
    return status;
}

int32_t call_change(struct call *call, call_fn *forward, void *args)
{
    int32_t status = call_forward(call, forward, args);

    __atomic_add_fetch(&call->store->epoch, 1, __ATOMIC_RELEASE);
    return status;
}
