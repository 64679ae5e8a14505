/* SPDX-License-Identifier: Apache-2.0 */
/* resolve.h - the addresses of a host's name, within a time. */
#ifndef OV_PGVECTOR_RESOLVE_H
#define OV_PGVECTOR_RESOLVE_H

#include <ov/sdk.h>

#define ADDRESS_BYTES 64 /* of one in numbers, with its zone */
#define ADDRESSES_MOST 16

struct addresses {
    int n;
    char list[ADDRESSES_MOST][ADDRESS_BYTES];
};

/* limit: CLOCK_MONOTONIC ns, 0 none, beside the call's deadline. An address in numbers
 * is itself. OV_UNAVAILABLE (nobody knows the name, or the limit has passed),
 * OV_DEADLINE, OV_CANCELLED, OV_NO_SPACE. */
int32_t resolve(const char *host, const struct ov_call *call, int64_t limit,
                struct addresses *out, struct ov_error *err);

#endif
