/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_update.c - partial records to one batch for each set of fields.
 *
 * Records of one key are merged first, the later over the earlier: a key may stand only
 * once in a call. Whatever is set takes its original spelling with it, and any time to
 * live ends.
 */
#include "batch_build.h"

#include <string.h>

struct update {
    struct builder *builder;
    struct growing *first, *latest;
    uint32_t n;
    uint64_t *set; /* of the record at hand, one bit a field */
    uint32_t words;
};

/* The batch for the set at hand; a new one if no record had it yet. */
static struct growing *find_batch(struct update *update)
{
    size_t bytes = update->words * sizeof(*update->set);
    struct growing *at = update->latest;
    uint64_t *set;

    if (at != NULL && memcmp(at->set, update->set, bytes) == 0)
        return at;
    for (at = update->first; at != NULL; at = at->next)
        if (memcmp(at->set, update->set, bytes) == 0)
            return update->latest = at;
    set = ov_arena_take(update->builder->call->arena, bytes);
    at = builder_start(update->builder, update->builder->given);
    if (at == NULL)
        return NULL;
    at->next = update->first;
    update->first = at;
    update->n++;
    if (set == NULL)
        return NULL;
    memcpy(set, update->set, bytes);
    at->set = set;
    return update->latest = at;
}

/* All records of one key, the oldest first, become one row. */
static int32_t add_merged(struct update *update, uint64_t record, struct growing **out)
{
    struct builder *builder = update->builder;
    const struct schema *schema = builder->schema;
    uint32_t f;
    int32_t status = OV_OK;

    memset(builder->given, 0, schema->n_fields);
    for (; status == OV_OK && record != KEYSET_NONE;
         record = builder->records.at[record].newer)
        status = builder_take(builder, record);
    if (status != OV_OK)
        return status;
    if (schema->expiry != OV_NONE) {
        builder->cells[schema->expiry] = ov_null_cell();
        builder->given[schema->expiry] = 1;
    }
    memset(update->set, 0, update->words * sizeof(*update->set));
    for (f = 0; f < schema->n_fields; f++)
        if (builder->given[f])
            update->set[f / 64] |= (uint64_t)1 << f % 64;
    *out = find_batch(update);
    if (*out == NULL)
        return ov_no_memory(builder->call->err);
    builder_add(*out, builder->cells);
    return OV_OK;
}

/* The rows of a call are counted batch by batch. */
static int32_t number_rows(struct update *update, struct growing *const *batch_of,
                           struct batches *out)
{
    const struct records *records = &update->builder->records;
    uint64_t *row_of, i, n = 0;
    struct growing *at;

    row_of = ov_arena_take(update->builder->call->arena,
                           (size_t)(records->n_first + 1) * sizeof(*row_of));
    if (row_of == NULL)
        return ov_no_memory(update->builder->call->err);
    if (update->n == 1)
        memcpy(row_of, records->last, (size_t)records->n_first * sizeof(*row_of));
    for (at = update->first; update->n > 1 && at != NULL; at = at->next)
        for (i = 0; i < records->n_first; i++)
            if (batch_of[i] == at)
                row_of[n++] = records->last[i];
    out->row_of = row_of;
    return OV_OK;
}

static int32_t build(struct update *update, struct batches *out)
{
    struct builder *builder = update->builder;
    struct ov_arena *arena = builder->call->arena;
    const struct records *records = &builder->records;
    struct growing **batch_of;
    uint64_t i;
    int32_t status = OV_OK;

    update->words = (builder->schema->n_fields + 63) / 64;
    update->set = ov_arena_take(arena, update->words * sizeof(*update->set));
    batch_of = ov_arena_take(arena, (size_t)(records->n_first + 1) * sizeof(*batch_of));
    if (update->set == NULL || batch_of == NULL)
        return ov_no_memory(builder->call->err);
    for (i = 0; status == OV_OK && i < records->n_first; i++) {
        status = add_merged(update, records->first[i], &batch_of[i]);
        ov_arena_reset(builder->maker.arena);
    }
    if (status == OV_OK)
        status = number_rows(update, batch_of, out);
    if (status != OV_OK) {
        builder_discard(update->first);
        return status;
    }
    return builder_finish(builder, update->first, update->n, out);
}

int32_t batch_of_update(struct call *call, const struct ov_doc *docs, struct batches *out)
{
    struct builder builder;
    struct update update = { .builder = &builder };
    int32_t status = builder_init(&builder, call, docs);

    if (status == OV_OK && builder.records.n > 0)
        status = build(&update, out);
    builder_clear(&builder);
    return status;
}
