/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/store.h - collections of records in whatever the configuration names.
 *
 * A store is one open profile; a collection in it holds records with typed fields and
 * is searched through its indexes. Records, filters and schemas are documents in
 * OpenViking's own shapes (ov/document.h); answers are pages of typed columns.
 *
 * Meaning. Filters fail closed: one that does not parse, or names an unknown field, is
 * OV_INVALID with the place in err->where, and matches nothing. Counts, deletes and
 * pages are exact; a write that was answered OV_OK is durable and seen by every later
 * call; a write of many records is all or nothing.
 *
 * Schema. What is changed through a store, every handle of it knows from then on. Of
 * what another store or process has changed, a handle learns when it comes upon it: it
 * looks again before it refuses a name, a value or an index for what it knew. Until then
 * a field that was appended elsewhere is missing in the records it reads.
 *
 * Threads: any function on any handle from any thread at any time, but for the free
 * functions, which come last. A forked child gets OV_FORKED.
 *
 * Time. Each call has a deadline: options.timeout_ns, else the profile's timeout.
 * Faults that passed without effect are retried inside until then.
 *
 * All arguments are borrowed until the call returns. Every function that takes err may
 * answer OV_CLOSED, OV_FORKED, OV_UNAVAILABLE, OV_DEADLINE, OV_CANCELLED, OV_NO_SPACE
 * and OV_INTERNAL; what is special stands with it.
 */
#ifndef OV_STORE_H
#define OV_STORE_H

#include <ov/call.h>
#include <ov/document.h>
#include <ov/host.h>
#include <ov/sdk.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ov_store;
struct ov_collection;

/* ------------------------------------------------------------- cancellation */

/* Fire it from any thread or signal handler; calls that carry it end within 100 ms. */
struct ov_cancel;
int32_t ov_cancel_new(struct ov_cancel **out, struct ov_error *err);
void ov_cancel_fire(struct ov_cancel *cancel);
void ov_cancel_free(struct ov_cancel *cancel);

/* NULL stands for all defaults. */
struct ov_call_options {
    uint32_t size;
    uint32_t flags;     /* enum ov_call_flag */
    int64_t timeout_ns; /* 0: the profile's; -1: none */
    int64_t now_us;     /* 0: the wall clock; else the time by which expiry is decided */
    struct ov_cancel *cancel;
    ov_note_fn *note; /* actions, progress, plans, findings */
    void *note_ctx;
};

/* -------------------------------------------------------------------- store */

/* Open a profile ("" or NULL: the plain section). The host must outlive the store. A
 * server that is away is said at once, without retries. *out is yours: ov_store_free.
 * OV_INVALID: a key or value that the provider does not take; OV_NOT_FOUND: no such
 * profile or provider; OV_DENIED. */
int32_t ov_store_open(struct ov_host *host, const struct ov_config *config,
                      const char *profile, const struct ov_call_options *options,
                      struct ov_store **out, struct ov_error *err);
/* New calls answer OV_CLOSED, running ones are waited for, the provider's handles are
 * given back. Any number of times, on any thread. */
void ov_store_close(struct ov_store *store);
/* Closes if need be. Collections may outlive it and answer OV_CLOSED. NULL is fine. */
void ov_store_free(struct ov_store *store);

/* Borrowed as long as the store. */
const struct ov_settings *ov_store_settings(const struct ov_store *store);
const struct ov_description *ov_store_description(const struct ov_store *store);
const char *ov_store_provider(const struct ov_store *store);
int32_t ov_store_ability(struct ov_store *store, struct ov_ability *out,
                         struct ov_error *err);
int32_t ov_store_ping(struct ov_store *store, const struct ov_call_options *options,
                      struct ov_error *err);
/* An action of the provider; it answers in notes. OV_UNSUPPORTED names what there is. */
int32_t ov_store_act(struct ov_store *store, const char *action, const char *const *words,
                     uint32_t n_words, const struct ov_call_options *options,
                     struct ov_error *err);

/* Names are lent, in byte order. */
int32_t ov_store_collections(struct ov_store *store, ov_name_fn *take, void *ctx,
                             const struct ov_call_options *options, struct ov_error *err);
/* What a collection shall be. */
struct ov_collection_spec {
    uint32_t size;
    uint32_t reserved;
    const char *name;
    const struct ov_doc *meta;    /* OpenViking's collection meta: Fields, ScalarIndex,
                                     Description, FullText; name overrules CollectionName */
    const struct ov_doc *indexes; /* a list of index metas (IndexName, VectorIndex,
                                     ScalarIndex), or NULL: one index made of the
                                     profile's index_name, distance, sparse_weight and
                                     meta's ScalarIndex */
};
/*
 * Make it so. *created: 1 when it was not there. On one that is there, fields and indexes
 * that are missing are added; a different dimension, key or metric is OV_EXISTS naming
 * both, and nothing has changed. Notes say what was done. With OV_CALL_EXPLAIN nothing is
 * made: notes say all that an administrator would run; OV_UNSUPPORTED from a provider
 * that has no action "plan".
 */
int32_t ov_store_create(struct ov_store *store, const struct ov_collection_spec *spec,
                        int *created, const struct ov_call_options *options,
                        struct ov_error *err);
/* *dropped: 0 when there was none. */
int32_t ov_store_drop(struct ov_store *store, const char *name, int *dropped,
                      const struct ov_call_options *options, struct ov_error *err);
/* The meta of OpenViking's context collection for these dimensions: 18 fields, 12 scalar
 * indexes. In the arena. */
struct ov_doc *ov_context_meta(struct ov_arena *arena, uint32_t dim);

/* --------------------------------------------------------------- collection */

/* *out is yours: ov_collection_free. OV_NOT_FOUND. */
int32_t ov_store_collection(struct ov_store *store, const char *name,
                            const struct ov_call_options *options,
                            struct ov_collection **out, struct ov_error *err);
void ov_collection_free(struct ov_collection *collection); /* NULL is fine */

/* Meta and index meta as OpenViking shows them (contract 2.5, 6.1), in the arena. */
int32_t ov_collection_meta(struct ov_collection *collection, struct ov_arena *arena,
                           const struct ov_doc **out,
                           const struct ov_call_options *options, struct ov_error *err);
/* Append fields (a list of field metas, or NULL) and replace the description (or NULL).
 * A field that is there with the same type is passed over, whatever its default; one of
 * another type, dimension or role is OV_EXISTS. */
int32_t ov_collection_update(struct ov_collection *collection,
                             const struct ov_doc *fields,
                             const struct ov_str *description,
                             const struct ov_call_options *options, struct ov_error *err);

int32_t ov_index_put(struct ov_collection *collection, const struct ov_doc *meta,
                     const struct ov_call_options *options, struct ov_error *err);
/* *dropped: 0 when there was none. */
int32_t ov_index_drop(struct ov_collection *collection, const char *name, int *dropped,
                      const struct ov_call_options *options, struct ov_error *err);
int32_t ov_index_list(struct ov_collection *collection, ov_name_fn *take, void *ctx,
                      const struct ov_call_options *options, struct ov_error *err);
/* OV_NOT_FOUND. */
int32_t ov_index_meta(struct ov_collection *collection, const char *name,
                      struct ov_arena *arena, const struct ov_doc **out,
                      const struct ov_call_options *options, struct ov_error *err);

/* ------------------------------------------------------------------- writes */

/* records: a list of objects in the collection's field names (contract 2.1 says what each
 * type takes). A bad record is OV_INVALID with err->row and the field in err->where, and
 * nothing is written. Repeated keys: the last wins. ttl_s: NULL, or seconds to live of
 * each record; 0 or less: for ever, as OpenViking has it. */
int32_t ov_collection_upsert(struct ov_collection *collection,
                             const struct ov_doc *records, const int64_t *ttl_s,
                             const struct ov_call_options *options, struct ov_error *err);
/* Would these records be taken? As upsert, and nothing is written. */
int32_t ov_collection_check(struct ov_collection *collection,
                            const struct ov_doc *records,
                            const struct ov_call_options *options, struct ov_error *err);
/* Sets the fields given and keeps the others; ends any time to live. OV_NO_RECORD names
 * the keys that are missing ("record not found ..."). */
int32_t ov_collection_set(struct ov_collection *collection, const struct ov_doc *records,
                          const struct ov_call_options *options, struct ov_error *err);
/* keys: a list of texts or integers. *removed: records that were there. */
int32_t ov_collection_remove(struct ov_collection *collection, const struct ov_doc *keys,
                             uint64_t *removed, const struct ov_call_options *options,
                             struct ov_error *err);
/* filter must say something: NULL and {} are OV_INVALID. One that says something and
 * matches every record removes every record. */
int32_t ov_collection_remove_where(struct ov_collection *collection,
                                   const struct ov_doc *filter, uint64_t *removed,
                                   const struct ov_call_options *options,
                                   struct ov_error *err);
int32_t ov_collection_truncate(struct ov_collection *collection,
                               const struct ov_call_options *options,
                               struct ov_error *err);
/* Scopes nest and count over all threads. End without begin: OV_INVALID. The end may have
 * indexes to make, so it has no deadline but one that options gives. */
int32_t ov_bulk_begin(struct ov_collection *collection,
                      const struct ov_call_options *options, struct ov_error *err);
int32_t ov_bulk_end(struct ov_collection *collection,
                    const struct ov_call_options *options, struct ov_error *err);

/* -------------------------------------------------------------------- reads */

/* The whole record, or these names. Unknown names give a column of nulls. */
struct ov_projection {
    uint32_t size;
    uint32_t n_fields; /* 0: every field of the schema */
    const char *const *fields;
};

/*
 * An answer: rows of the fields asked for. The memory is the caller's (OV_PAGE_INIT),
 * what it holds is released by ov_page_clear. Columns are in the order asked; texts that
 * were stored in their own spelling (date_time, geo_point, path) come back so, as
 * OV_TEXT, "" where there is no value.
 */
struct ov_page {
    uint32_t size;
    uint32_t flags;  /* enum ov_result_flag */
    int64_t rows;    /* hits; of a fetch: one for each key asked, in that order */
    int64_t missing; /* of a fetch: keys without a record */
    void *inside;
    uint64_t reserved[4];
};
#define OV_PAGE_INIT                           \
    {                                          \
        sizeof(struct ov_page), 0, 0, 0, NULL, \
        {                                      \
            0, 0, 0, 0                         \
        }                                      \
    }
void ov_page_clear(struct ov_page *page);

/* Cells are borrowed from the page. key: OV_TEXT or OV_INT64; of a fetch as it was asked
 * for. score: of a scan the order field's value as a number (a date_time in milliseconds,
 * a bool 1 or 0), NaN where it is none. */
void ov_page_key(const struct ov_page *page, int64_t row, struct ov_cell *out);
double ov_page_score(const struct ov_page *page, int64_t row);
int64_t ov_page_query(const struct ov_page *page, int64_t row);
/* A fetch's row without a record: 0. */
int ov_page_found(const struct ov_page *page, int64_t row);
uint32_t ov_page_columns(const struct ov_page *page);
const char *ov_page_column(const struct ov_page *page, uint32_t column);
void ov_page_cell(const struct ov_page *page, int64_t row, uint32_t column,
                  struct ov_cell *out);
/* The fields of a row as a document, in the form that upsert takes; in the arena, texts
 * and floats copied. NULL for a row without a record, and without memory. */
struct ov_doc *ov_page_record(const struct ov_page *page, int64_t row,
                              struct ov_arena *arena);
/* The columns as Arrow data, moved out of the page: key, score, then the fields, a
 * date_time as timestamp[us, UTC]. Key and score have names that no field can have; a
 * field that was asked for twice comes once. Both are yours through their release. Made
 * into records again, rows can be written: there the score is passed over, and the key
 * stands for the key field where that is missing. */
#define OV_PAGE_KEY "_ov_key"
#define OV_PAGE_SCORE "_ov_score"
int32_t ov_page_export(struct ov_page *page, struct ArrowSchema *schema,
                       struct ArrowArray *array, struct ov_error *err);
/* The same as a copy: the page stays as it is. Any number of threads. */
int32_t ov_page_arrow(const struct ov_page *page, struct ArrowSchema *schema,
                      struct ArrowArray *array, struct ov_error *err);

/* page must be clear. Keys may repeat; of the wrong kind are simply missing, but an
 * integer finds the text key of its decimal form. */
int32_t ov_collection_fetch(struct ov_collection *collection, const struct ov_doc *keys,
                            const struct ov_projection *fields,
                            const struct ov_call_options *options, struct ov_page *page,
                            struct ov_error *err);

/* A question by vector, by sparse vector, by both, or by words. */
struct ov_query {
    uint32_t size;
    uint32_t flags;    /* enum ov_search_flag */
    const char *index; /* NULL: the profile's index_name. OV_NOT_FOUND */
    const float *dense;
    uint64_t dim;
    const struct ov_doc *sparse; /* an object of term: weight, or NULL */
    const struct ov_str *text;   /* keyword search, or NULL */
    const struct ov_doc *filter; /* NULL, {} or null: all */
    int64_t limit;               /* negative: OV_INVALID */
    int64_t offset;
    struct ov_projection fields;
};
/* Best first, keys ascending among equals. */
int32_t ov_collection_search(struct ov_collection *collection,
                             const struct ov_query *query,
                             const struct ov_call_options *options, struct ov_page *page,
                             struct ov_error *err);

/* Records in order, with or without a filter. */
struct ov_listing {
    uint32_t size;
    uint32_t descending;
    const char *order; /* a bool, int64, float32, date_time, text or path field, nulls
                          last; NULL: the key */
    const struct ov_doc *filter;
    int64_t limit; /* -1: all */
    int64_t offset;
    struct ov_projection fields;
    const struct ov_page *after; /* NULL, or the page before: go on behind its last row,
                                    with the same order and filter */
};
int32_t ov_collection_scan(struct ov_collection *collection,
                           const struct ov_listing *listing,
                           const struct ov_call_options *options, struct ov_page *page,
                           struct ov_error *err);

int32_t ov_collection_count(struct ov_collection *collection, const struct ov_doc *filter,
                            uint64_t *count, const struct ov_call_options *options,
                            struct ov_error *err);
/* Groups as an object of value text: count, only groups that have records; in the arena.
 * Texts: a bool is "1" or "0", a date_time its milliseconds since 1970, a path its
 * canonical text, no value "". */
struct ov_grouping {
    uint32_t size;
    uint32_t reserved;
    const char *field;
    const struct ov_doc *filter; /* or NULL */
};
int32_t ov_collection_groups(struct ov_collection *collection,
                             const struct ov_grouping *grouping, struct ov_arena *arena,
                             const struct ov_doc **out,
                             const struct ov_call_options *options, struct ov_error *err);
/* The typed tree that a filter becomes, as a document. */
int32_t ov_collection_explain(struct ov_collection *collection,
                              const struct ov_doc *filter, struct ov_arena *arena,
                              const struct ov_doc **out, struct ov_error *err);

/* ------------------------------------------------------------------ metrics */

/* Upper bounds of the latency buckets are 1, 2, 4, ... microseconds; the last has none.
 */
#define OV_LATENCY_BUCKETS 28

/* One operation of one store since it was opened. */
struct ov_counter {
    uint32_t size;
    uint32_t reserved;
    const char *operation; /* "search", "upsert", ...; static */
    uint64_t calls;
    uint64_t errors;
    uint64_t retries;
    uint64_t rows; /* read or written */
    uint64_t total_ns;
    uint64_t buckets[OV_LATENCY_BUCKETS];
};
typedef void ov_counter_fn(void *ctx, const struct ov_counter *counter);
void ov_store_counters(const struct ov_store *store, ov_counter_fn *take, void *ctx);

#ifdef __cplusplus
}
#endif
#endif
