/* SPDX-License-Identifier: Apache-2.0 */
/* url.h - whether libpq can make something of a connection text. */
#ifndef OV_PGVECTOR_URL_H
#define OV_PGVECTOR_URL_H

#include <ov/sdk.h>

/* OV_INVALID, with what is wrong with it and nothing that may be a secret. */
int32_t url_check(const char *url, struct ov_error *err);

#endif
