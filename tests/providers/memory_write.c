/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory_write.c - all or nothing: records are made in full beside the collection, then
 * moved in by steps that cannot fail.
 */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

/* A new record: base where there is one, else what the fields are filled with. */
static struct ov_cell *new_record(const struct ov_schema *schema,
                                  const struct ov_cell *base)
{
    struct ov_cell *record = calloc(schema->n_fields, sizeof(*record));
    uint32_t f;

    for (f = 0; record != NULL && f < schema->n_fields; f++) {
        struct ov_cell cell = base != NULL ? base[f] : ov_fill_cell(schema->fields[f]);

        if (ov_cell_copy(&cell, &record[f]) != 0) {
            memory_free_record(schema, record);
            return NULL;
        }
    }
    return record;
}

/* The values of one row of a batch into a record. */
static int set_values(const struct ov_schema *schema, const struct ov_batch *batch,
                      int64_t row, struct ov_cell *record)
{
    struct ov_cell cell, copy;
    uint32_t c;

    for (c = 0; c < batch->n_columns; c++) {
        ov_batch_cell(schema, batch, c, row, &cell);
        if (ov_cell_copy(&cell, &copy) != 0)
            return -1;
        ov_cell_clear(&record[batch->fields[c]]);
        record[batch->fields[c]] = copy;
    }
    return 0;
}

/* The record that an update changes; NULL when it is not there. */
static const struct ov_cell *find_base(const struct collection *collection,
                                       const struct ov_call *call,
                                       const struct ov_batch *batch, int64_t row)
{
    struct ov_cell key;
    size_t at;
    int found;

    ov_batch_cell(collection->schema, batch, 0, row, &key);
    at = memory_find(collection, &key, &found);
    if (!found || !memory_is_live(collection, collection->records[at], call))
        return NULL;
    return collection->records[at];
}

/* first: rows of the call before this batch, for the error. */
static int32_t stage(const struct collection *collection, const struct ov_call *call,
                     const struct ov_batch *batch, int64_t first, int merge,
                     struct ov_cell **staged, struct ov_error *err)
{
    const struct ov_cell *base = NULL;
    int64_t row;

    for (row = 0; row < batch->array->length; row++) {
        if (row % 256 == 0 && ov_checkpoint(call, err) != OV_OK)
            return err->code;
        if (merge && (base = find_base(collection, call, batch, row)) == NULL) {
            err->row = first + row;
            return ov_fail(err, OV_NO_RECORD, "record %lld is not there",
                           (long long)(first + row));
        }
        staged[row] = new_record(collection->schema, base);
        if (staged[row] == NULL ||
            set_values(collection->schema, batch, row, staged[row]) != 0)
            return ov_no_memory(err);
    }
    return OV_OK;
}

/* There is room for it. */
static void move_in(struct collection *collection, struct ov_cell *record)
{
    int found;
    size_t at = memory_find(collection, &record[collection->schema->key], &found);

    if (found) {
        memory_free_record(collection->schema, collection->records[at]);
    } else {
        memmove(collection->records + at + 1, collection->records + at,
                (collection->n - at) * sizeof(*collection->records));
        collection->n++;
    }
    collection->records[at] = record;
}

static int make_room(struct collection *collection, size_t more)
{
    size_t room = collection->n + more + 1;
    struct ov_cell **grown;

    if (room <= collection->room)
        return 0;
    room += room / 2;
    grown = realloc(collection->records, room * sizeof(*grown));
    if (grown == NULL)
        return -1;
    collection->records = grown;
    collection->room = room;
    return 0;
}

static int32_t write_batches(struct ov_table *table, const struct ov_call *call,
                             const struct ov_batch *const *batches, uint32_t n_batches,
                             int merge, struct ov_error *err)
{
    struct collection *collection = table->collection;
    struct ov_cell **staged;
    size_t total = 0, done = 0, i;
    int32_t code = memory_begin(table, call, err);
    uint32_t b;

    if (code != OV_OK)
        return code;
    for (b = 0; b < n_batches; b++)
        total += (size_t)batches[b]->array->length;
    staged = calloc(total + 1, sizeof(*staged));
    if (staged == NULL || make_room(collection, total) != 0)
        code = ov_no_memory(err);
    for (b = 0; code == OV_OK && b < n_batches; b++) {
        code =
            stage(collection, call, batches[b], (int64_t)done, merge, staged + done, err);
        done += (size_t)batches[b]->array->length;
    }
    for (i = 0; staged != NULL && i < total; i++) {
        if (code == OV_OK)
            move_in(collection, staged[i]);
        else
            memory_free_record(collection->schema, staged[i]);
    }
    free(staged);
    return code;
}

int32_t memory_upsert(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n_batches,
                      struct ov_error *err)
{
    return write_batches(table, call, batches, n_batches, 0, err);
}

int32_t memory_update(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n_batches,
                      struct ov_error *err)
{
    return write_batches(table, call, batches, n_batches, 1, err);
}

int32_t memory_remove(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *keys, uint64_t *removed,
                      struct ov_error *err)
{
    struct collection *collection = table->collection;
    int32_t code = memory_begin(table, call, err);
    struct ov_cell key;
    uint64_t live = 0;
    int64_t row;
    size_t at;
    int found;

    if (code != OV_OK)
        return code;
    for (row = 0; row < keys->array->length; row++) {
        ov_batch_cell(collection->schema, keys, 0, row, &key);
        at = memory_find(collection, &key, &found);
        if (!found)
            continue;
        live += (uint64_t)memory_is_live(collection, collection->records[at], call);
        memory_remove_at(collection, at);
    }
    *removed = live;
    return OV_OK;
}

/* Marks first, so that a call that is cancelled half-way has removed nothing. */
int32_t memory_remove_where(struct ov_table *table, const struct ov_call *call,
                            const struct ov_filter *filter, uint64_t *removed,
                            struct ov_error *err)
{
    struct collection *collection = table->collection;
    struct ov_matcher *matcher = NULL;
    int32_t code = memory_begin(table, call, err);
    unsigned char *goes = NULL;
    size_t i, kept = 0;

    if (code == OV_OK)
        code = ov_matcher_new(collection->schema, filter, &matcher, err);
    if (code == OV_OK && (goes = calloc(collection->n + 1, 1)) == NULL)
        code = ov_no_memory(err);
    for (i = 0; code == OV_OK && i < collection->n; i++) {
        goes[i] = memory_is_live(collection, collection->records[i], call) &&
                  ov_matcher_match(matcher, collection->records[i]);
        if (i % 256 == 0)
            code = ov_checkpoint(call, err);
    }
    for (i = 0; code == OV_OK && i < collection->n; i++) {
        if (goes[i])
            memory_free_record(collection->schema, collection->records[i]);
        else
            collection->records[kept++] = collection->records[i];
    }
    if (code == OV_OK) {
        *removed = collection->n - kept;
        collection->n = kept;
    }
    free(goes);
    ov_matcher_free(matcher);
    return code;
}

int32_t memory_truncate(struct ov_table *table, const struct ov_call *call,
                        struct ov_error *err)
{
    int32_t code = memory_begin(table, call, err);

    while (code == OV_OK && table->collection->n > 0)
        memory_remove_at(table->collection, table->collection->n - 1);
    return code;
}

/* The cells of a record and the fills of the fields that are new. */
static struct ov_cell *widen(const struct ov_cell *record, uint32_t n_old,
                             const struct ov_schema *schema)
{
    struct ov_cell *wide = calloc(schema->n_fields, sizeof(*wide));
    uint32_t f;

    if (wide == NULL)
        return NULL;
    memcpy(wide, record, n_old * sizeof(*wide));
    for (f = n_old; f < schema->n_fields; f++) {
        struct ov_cell fill = ov_fill_cell(schema->fields[f]);

        if (ov_cell_copy(&fill, &wide[f]) != 0) {
            while (f-- > n_old)
                ov_cell_clear(&wide[f]);
            free(wide);
            return NULL;
        }
    }
    return wide;
}

int32_t memory_widen(struct collection *collection, const struct ov_schema *schema,
                     struct ov_error *err)
{
    uint32_t old = collection->schema->n_fields, f;
    struct ov_cell **wide = calloc(collection->n + 1, sizeof(*wide));
    size_t done = 0, i;

    while (wide != NULL && done < collection->n &&
           (wide[done] = widen(collection->records[done], old, schema)) != NULL)
        done++;
    if (wide != NULL && done == collection->n) {
        for (i = 0; i < done; i++) {
            free(collection->records[i]);
            collection->records[i] = wide[i];
        }
        free(wide);
        return OV_OK;
    }
    for (i = 0; i < done; i++) {
        for (f = old; f < schema->n_fields; f++)
            ov_cell_clear(&wide[i][f]);
        free(wide[i]);
    }
    free(wide);
    return ov_no_memory(err);
}
