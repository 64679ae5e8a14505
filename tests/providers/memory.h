/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.h - a complete provider in memory, for tests and as an example of every duty.
 *
 * Exact search over all records, nothing faster than it must be. A database with a name
 * lives as long as the process, so a store can be closed and opened again; one session
 * at a time has it. A session is used by one thread at a time (OV_SERIAL_STORE), so
 * nothing here locks but the list of databases.
 */
#ifndef OV_TEST_MEMORY_H
#define OV_TEST_MEMORY_H

#include <ov/sdk.h>

#include <stddef.h>

/* Records are sorted by key; each has one cell a field, in memory of its own. */
struct collection {
    struct collection *next;
    struct ov_schema *schema;
    struct ov_cell **records;
    size_t n, room;
    uint32_t handles;
    int dropped, bulk;
};

struct database {
    struct database *next;
    char *name; /* NULL: gone with its session */
    struct collection *collections;
    int in_use;
};

struct ov_session {
    struct database *database;
    uint64_t store;
    void *script; /* for providers that build on this one */
};

struct ov_table {
    struct collection *collection;
    struct ov_session *session;
};

/* Without declaration and entry, which the provider that uses it makes. */
extern const struct ov_backend memory_operations;
const struct ov_description *memory_describe(void);

/* OV_STALE when the collection was dropped, else as ov_checkpoint. */
int32_t memory_begin(const struct ov_table *table, const struct ov_call *call,
                     struct ov_error *err);
/* 0 once the record has expired. */
int memory_is_live(const struct collection *collection, const struct ov_cell *record,
                   const struct ov_call *call);
/* Where the key is or would be; *found. */
size_t memory_find(const struct collection *collection, const struct ov_cell *key,
                   int *found);
void memory_free_record(const struct ov_schema *schema, struct ov_cell *record);
void memory_remove_at(struct collection *collection, size_t at);

/* memory_write.c */
int32_t memory_upsert(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n_batches,
                      struct ov_error *err);
int32_t memory_update(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n_batches,
                      struct ov_error *err);
int32_t memory_remove(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *keys, uint64_t *removed,
                      struct ov_error *err);
int32_t memory_remove_where(struct ov_table *table, const struct ov_call *call,
                            const struct ov_filter *filter, uint64_t *removed,
                            struct ov_error *err);
int32_t memory_truncate(struct ov_table *table, const struct ov_call *call,
                        struct ov_error *err);
/* Records of collection, wide as schema asks; nothing changes on failure. */
int32_t memory_widen(struct collection *collection, const struct ov_schema *schema,
                     struct ov_error *err);

/* memory_read.c */
int32_t memory_fetch(struct ov_table *table, const struct ov_call *call,
                     const struct ov_fetch *request, struct ov_result *out,
                     struct ov_error *err);
int32_t memory_search(struct ov_table *table, const struct ov_call *call,
                      const struct ov_search *request, struct ov_result *out,
                      struct ov_error *err);
int32_t memory_scan(struct ov_table *table, const struct ov_call *call,
                    const struct ov_scan *request, struct ov_result *out,
                    struct ov_error *err);
int32_t memory_count(struct ov_table *table, const struct ov_call *call,
                     const struct ov_count *request, uint64_t *total,
                     struct ov_result *groups, struct ov_error *err);

/* memory_words.c: how often words of the query stand in the record's texts. */
double memory_keyword_score(const struct ov_schema *schema, struct ov_str query,
                            const struct ov_cell *record);

#endif
