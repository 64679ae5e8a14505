/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h - whether what the url says of TLS is what the operator will have meant. */
#ifndef OV_PGVECTOR_TLS_H
#define OV_PGVECTOR_TLS_H

#include "hosts.h"

/* OV_INVALID: a certificate or a list of revoked ones is named that libpq would silently
 * do without. */
int32_t tls_check(const struct hosts *hosts, struct ov_error *err);

/* The note "tls" of the doctor, on a connection that stands. */
int32_t tls_examine(struct ov_session *session, const struct ov_call *call,
                    struct ov_error *err);

#endif
