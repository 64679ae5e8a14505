/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.c - names and keys of records.
 *
 * Records mostly have their members in one order, so the field after the last one found
 * is tried before the schema is searched.
 */
#include "record.h"

#include <ov/sdk.h>

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static const struct field *find_field(const struct schema *schema, struct ov_str name,
                                      const struct field *before)
{
    uint32_t next = before == NULL ? 0 : before->ordinal + 1;

    if (next < schema->n_fields && schema->fields[next].kind != KIND_HOST &&
        ov_str_equal(name, schema->ov->fields[next]->name))
        return &schema->fields[next];
    return schema_find(schema, name);
}

/* What a page calls key and score when it is moved out. */
static int is_of_page(struct ov_str name)
{
    return name.n > 4 && memcmp(name.p, "_ov_", 4) == 0 &&
           (ov_str_equal(name, ov_str_of(OV_PAGE_KEY)) ||
            ov_str_equal(name, ov_str_of(OV_PAGE_SCORE)));
}

static int32_t read_members(struct call *call, const struct schema *schema,
                            struct record *record)
{
    const struct ov_doc *doc = record->doc;
    const struct field *field = NULL;
    uint64_t i;

    record->fields = ov_arena_take(call->arena, (size_t)(doc->n + 1) * sizeof(field));
    if (record->fields == NULL)
        return ov_no_memory(call->err);
    for (i = 0; i < doc->n; i++) {
        struct ov_str name = doc->u.members[i].name;

        record->fields[i] = NULL;
        if (is_of_page(name))
            continue;
        field = find_field(schema, name, field);
        if (field == NULL) {
            call->doubt = 1;
            snprintf(call->err->where, sizeof(call->err->where), "%.*s", (int)name.n,
                     name.p);
            ov_line_tame(call->err->where);
            return ov_fail(call->err, OV_INVALID, "no field '%.*s' in collection '%s'",
                           CALL_TEXT(name), call->collection->name);
        }
        record->fields[i] = field;
    }
    return OV_OK;
}

/* A collection made without a key has one of the host's: the milliseconds since 2024 and
 * a sequence, as OpenViking's own (41 and 12 bits), with random bits between them. */
#define EPOCH_2024_MS 1704067200000
#define AUTO_KEY "AUTO_ID"

static int64_t next_auto_id(void)
{
    static uint32_t sequence, worker;
    struct timespec now;
    int64_t ms;
    uint32_t mine = __atomic_load_n(&worker, __ATOMIC_RELAXED);

    clock_gettime(CLOCK_REALTIME, &now);
    if (mine == 0) {
        if (getrandom(&mine, sizeof(mine), GRND_NONBLOCK) != sizeof(mine))
            mine = (uint32_t)now.tv_nsec;
        mine |= 0x80000000u;
        __atomic_store_n(&worker, mine, __ATOMIC_RELAXED);
    }
    ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - EPOCH_2024_MS;
    return ms << 22 | (int64_t)(mine % 1024) << 12 |
           (__atomic_fetch_add(&sequence, 1, __ATOMIC_RELAXED) & 0xFFF);
}

static int32_t read_key(struct call *call, struct value_maker *maker,
                        const struct record *record, struct ov_cell *out)
{
    const struct schema *schema = maker->schema;
    const struct field *key = &schema->fields[schema->ov->key];
    const struct ov_doc *of_page;
    uint64_t i;

    for (i = 0; i < record->doc->n; i++)
        if (record->fields[i] == key)
            return value_key(maker, key, record->doc->u.members[i].value, out);
    of_page = ov_doc_get(record->doc, OV_PAGE_KEY);
    if (of_page != NULL)
        return value_key(maker, key, of_page, out);
    if (strcmp(key->name, AUTO_KEY) == 0 &&
        (call->operation == OP_UPSERT || call->operation == OP_CHECK)) {
        *out = ov_int_cell(OV_INT64, next_auto_id());
        return OV_OK;
    }
    snprintf(call->err->where, sizeof(call->err->where), "%s", key->name);
    call->err->field = key->ordinal;
    return ov_fail(call->err, OV_INVALID, "primary key '%s' is required%s", key->name,
                   call->operation == OP_UPDATE ? " for update" : "");
}

/* Chains the records of one key. */
static int32_t find_repeats(struct call *call, struct records *records)
{
    struct keyset set;
    uint64_t i, *place;

    place = ov_arena_take(call->arena, (size_t)(records->n + 1) * sizeof(*place));
    records->first =
        ov_arena_take(call->arena, (size_t)(records->n + 1) * sizeof(*records->first));
    records->last =
        ov_arena_take(call->arena, (size_t)(records->n + 1) * sizeof(*records->last));
    if (place == NULL || records->first == NULL || records->last == NULL ||
        keyset_init(&set, call->arena, records->keys, records->n) != 0)
        return ov_no_memory(call->err);
    records->n_first = 0;
    for (i = 0; i < records->n; i++) {
        uint64_t first = keyset_add(&set, i);

        records->at[i].newer = KEYSET_NONE;
        if (first == i) {
            place[i] = records->n_first++;
            records->first[place[i]] = i;
        } else {
            records->at[records->last[place[first]]].newer = i;
        }
        records->last[place[first]] = i;
    }
    return OV_OK;
}

int32_t record_read(struct call *call, struct value_maker *maker,
                    const struct ov_doc *docs, struct records *out)
{
    uint64_t i;
    int32_t status = OV_OK;

    if (docs == NULL || docs->kind != OV_DOC_LIST)
        return ov_fail(call->err, OV_INVALID, "records are a list of objects");
    out->n = docs->n;
    out->at = ov_arena_take(call->arena, (size_t)(docs->n + 1) * sizeof(*out->at));
    out->keys = ov_arena_take(call->arena, (size_t)(docs->n + 1) * sizeof(*out->keys));
    if (out->at == NULL || out->keys == NULL)
        return ov_no_memory(call->err);
    for (i = 0; status == OV_OK && i < docs->n; i++) {
        out->at[i].doc = docs->u.items[i];
        if (out->at[i].doc->kind != OV_DOC_OBJECT)
            status = ov_fail(call->err, OV_INVALID, "the record is no object");
        if (status == OV_OK)
            status = read_members(call, maker->schema, &out->at[i]);
        if (status == OV_OK)
            status = read_key(call, maker, &out->at[i], &out->keys[i]);
        if (status != OV_OK)
            call->err->row = (int64_t)i;
    }
    return status == OV_OK ? find_repeats(call, out) : status;
}
