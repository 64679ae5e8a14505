/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/describe.h - what a provider says of itself.
 *
 * The description is static and known before any store is open: `ovctl plugins show`
 * prints it and a configuration is checked against its options. The ability is what
 * one open store, one server, can do: it may differ between two servers.
 */
#ifndef OV_DESCRIBE_H
#define OV_DESCRIBE_H

#include <ov/value.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ov_option_kind {
    OV_OPTION_TEXT = 1,   /* scalar OV_TEXT */
    OV_OPTION_INT = 2,    /* OV_INT64 */
    OV_OPTION_REAL = 3,   /* OV_FLOAT64 */
    OV_OPTION_BOOL = 4,   /* OV_BOOL: yes no true false on off 1 0 */
    OV_OPTION_MS = 5,     /* OV_INT64 milliseconds: "30s", "250ms", "5min" */
    OV_OPTION_BYTES = 6,  /* OV_INT64: "64MiB", "4096" */
    OV_OPTION_PATH = 7,   /* OV_TEXT, made absolute by the host */
    OV_OPTION_WORD = 8,   /* OV_TEXT, one of words */
    OV_OPTION_SECRET = 9, /* never in the settings: asked for through the services */
    OV_OPTION_URL = 10    /* as SECRET, since it may hold a password */
};

enum ov_option_flag { OV_OPTION_REQUIRED = 1u << 0 };

/* One key of a configuration section. Names are [a-z][a-z0-9_]*. */
struct ov_option {
    uint32_t size;
    uint32_t kind;
    uint32_t flags; /* enum ov_option_flag */
    uint32_t reserved;
    const char *name;
    const char *fallback; /* as it would be written in the file; NULL: unset */
    const char *words;    /* OV_OPTION_WORD: "auto verify off" */
    const char *text;     /* one line for people */
    double low, high;     /* of the number; equal: no bounds */
};

enum ov_can {
    OV_CAN_ATOMIC = 1u << 0,      /* a write is all or nothing */
    OV_CAN_HYBRID = 1u << 1,      /* dense and sparse in one query */
    OV_CAN_SPARSE_ONLY = 1u << 2, /* sparse without dense */
    OV_CAN_KEYWORD = 1u << 3,
    OV_CAN_EXPLAIN = 1u << 4,
    OV_CAN_SHARED = 1u << 5,     /* several processes may write */
    OV_CAN_HOST_FILTER = 1u << 6 /* reserved: the host may filter over scan */
};

/* Limits; 0 means no limit of its own. */
struct ov_ability {
    uint32_t size;
    uint32_t can;     /* enum ov_can */
    uint64_t ops;     /* bit n: enum ov_op n is served on every type that it fits */
    uint64_t metrics; /* bit n: enum ov_metric n */
    uint32_t max_dim;
    uint32_t max_fields;
    uint64_t max_key_bytes;
    uint64_t max_text_bytes;
    uint64_t max_batch_rows;
    uint64_t max_batch_bytes;
};

enum ov_threads {
    OV_SERIAL = 0,       /* one call at a time in the whole provider */
    OV_SERIAL_STORE = 1, /* one call at a time on a store */
    OV_FREE = 2          /* any call on any thread at any time */
};

/* Static: lives as long as the process. */
struct ov_description {
    uint32_t size;
    uint32_t threads; /* enum ov_threads; the host enforces the first two */
    uint32_t n_options;
    uint32_t reserved;
    const struct ov_option *const *options;
    const char *index_kinds; /* "flat hnsw"; "auto" is understood by every provider */
    const char *actions;     /* words that act() understands, or NULL */
    const char *exceptions;  /* conformance cases that it does not meet, or NULL */
    const char *text;        /* one line for people */
};

#ifdef __cplusplus
}
#endif
#endif
