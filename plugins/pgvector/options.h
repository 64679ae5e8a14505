/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - what the configuration says. */
#ifndef OV_PGVECTOR_OPTIONS_H
#define OV_PGVECTOR_OPTIONS_H

#include "text.h"

#include <ov/sdk.h>

/* Ordinals of the declared options; secrets are asked for by these. */
enum option {
    OPTION_URL,
    OPTION_PASSWORD,
    OPTION_SCHEMA,
    OPTION_POOL_SIZE,
    OPTION_POOL_WAIT,
    OPTION_CONNECT_TIMEOUT,
    OPTION_STATEMENT_TIMEOUT,
    OPTION_LOCK_TIMEOUT,
    OPTION_DDL,
    OPTION_POOLER,
    OPTION_HNSW_M,
    OPTION_HNSW_EF_CONSTRUCTION,
    OPTION_HNSW_EF_SEARCH,
    OPTION_EXACT_ROWS,
    OPTION_APPLICATION_NAME,
    OPTION_BUILD_MEMORY,
    OPTION_BUILD_WORKERS,
    OPTIONS
};

enum ddl {
    DDL_AUTO,   /* make what is missing */
    DDL_VERIFY, /* look, and say what is missing */
    DDL_OFF     /* neither */
};

struct settings {
    char schema[NAME_BYTES];
    char application[NAME_BYTES];
    enum ddl ddl;
    int transaction_pooler; /* nothing may be set for a session, not even shortly */
    int64_t pool_size;
    int64_t pool_wait_ms;
    int64_t connect_ms;
    int64_t statement_ms; /* 0: only the call's deadline */
    int64_t lock_ms;      /* 0: likewise */
    int64_t m;
    int64_t ef_construction;
    int64_t ef_search;
    int64_t exact_rows;
    int64_t build_memory;  /* bytes; 0: the server's */
    int64_t build_workers; /* -1: the server's */
};

extern const struct ov_description options_description;

/* values: one a declared option, in their order. */
int32_t options_read(const struct ov_scalar *values, struct settings *out,
                     struct ov_error *err);

#endif
