/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.c - see load.h.
 */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const load_kind_names[LOAD_KINDS] = {
    "upsert", "update", "delete", "delete by filter", "index change", "open", "checkpoint"
};

static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static int below(uint64_t *state, int n)
{
    return (int)(next(state) % (uint64_t)n);
}

static void id_of(int slot, char id[16])
{
    snprintf(id, 16, "k%03d", slot);
}

/* Stamp and group stand in fields, in the vector and in a long text. */
static json_t *record_of(int slot, int64_t stamp, int group)
{
    char id[16], text[400];
    int n;

    id_of(slot, id);
    n = snprintf(text, sizeof(text), "%lld ", (long long)stamp);
    memset(text + n, 'a' + slot % 26, sizeof(text) - (size_t)n);
    return json_pack("{s:s,s:[f,f,f,f,f,f,f,f],s:I,s:s,s:i}", "id", id, "vector",
                     (double)slot, (double)group, 1., 0., 0., 0., 0., 0., "stamp",
                     (json_int_t)stamp, "body", (text[sizeof(text) - 1] = '\0', text),
                     "grp", group);
}

static json_t *upsert(struct load *load, uint64_t *random, int64_t stamp)
{
    json_t *records = json_array();
    int group = below(random, 20), n = 20 + below(random, 60);

    for (int i = 0; i < n; i++) {
        int slot = below(random, LOAD_RECORDS);
        json_array_append_new(records, record_of(slot, stamp, group));
        load->state.stamp[slot] = stamp;
        load->state.group[slot] = group;
    }
    return json_pack("{s:s,s:o}", "do", "upsert", "records", records);
}

static json_t *update(struct load *load, uint64_t *random, int64_t stamp)
{
    json_t *records = json_array();
    int from = below(random, LOAD_RECORDS);
    char id[16];

    for (int i = 0; i < LOAD_RECORDS && json_array_size(records) < 30; i += 3) {
        int slot = (from + i) % LOAD_RECORDS;
        if (load->state.stamp[slot] == 0)
            continue;
        id_of(slot, id);
        json_array_append_new(
            records, json_pack("{s:s,s:I}", "id", id, "stamp", (json_int_t)stamp));
        load->state.stamp[slot] = stamp;
    }
    if (json_array_size(records) == 0) {
        json_decref(records);
        return NULL;
    }
    return json_pack("{s:s,s:o}", "do", "update", "records", records);
}

static json_t *take_out(struct load *load, uint64_t *random)
{
    json_t *keys = json_array();
    char id[16];

    for (int i = 0; i < 25; i++) {
        int slot = below(random, LOAD_RECORDS);
        id_of(slot, id);
        json_array_append_new(keys, json_string(id));
        load->state.stamp[slot] = 0;
    }
    return json_pack("{s:s,s:o}", "do", "remove", "keys", keys);
}

static json_t *take_out_group(struct load *load, uint64_t *random)
{
    int group = below(random, 20);

    for (int i = 0; i < LOAD_RECORDS; i++)
        if (load->state.group[i] == group)
            load->state.stamp[i] = 0;
    return json_pack("{s:s,s:{s:s,s:s,s:[i]}}", "do", "remove_where", "filter", "op",
                     "must", "field", "grp", "conds", group);
}

static json_t *change_index(uint64_t *random)
{
    static const char *const metrics[] = { "ip", "l2", "cosine" };

    if (below(random, 3) == 0)
        return json_pack("{s:s,s:s}", "do", "index_drop", "name", "second");
    return json_pack("{s:s,s:{s:s,s:{s:s,s:s},s:[s]}}", "do", "index_put", "meta",
                     "IndexName", "second", "VectorIndex", "IndexType", "flat",
                     "Distance", metrics[below(random, 3)], "ScalarIndex", "stamp");
}

json_t *load_step(struct load *load, int64_t k, enum load_kind *kind)
{
    static const int shares[LOAD_KINDS] = { 48, 15, 13, 12, 5, 3, 4 };
    uint64_t random = load->seed ^ (uint64_t)(k + 1) * UINT64_C(0xD6E8FEB86659FD93);
    int64_t stamp = load->stamp + k;
    int which = below(&random, 100), i = 0;

    while (which >= shares[i])
        which -= shares[i++];
    *kind = (enum load_kind)i;
    switch (*kind) {
    case LOAD_UPSERT:
        return upsert(load, &random, stamp);
    case LOAD_UPDATE:
        return update(load, &random, stamp);
    case LOAD_REMOVE:
        return take_out(load, &random);
    case LOAD_REMOVE_WHERE:
        return take_out_group(load, &random);
    case LOAD_INDEX:
        return change_index(&random);
    case LOAD_OPEN:
        return json_pack("{s:s}", "do", "reopen");
    case LOAD_CHECKPOINT:
    case LOAD_KINDS:
        break;
    }
    return json_pack("{s:s,s:s}", "do", "act", "action", "checkpoint");
}

int load_writes(enum load_kind kind)
{
    return kind <= LOAD_REMOVE_WHERE;
}

json_t *load_create(void)
{
    return json_loads(
        "{\"do\":\"create\",\"meta\":{\"Fields\":["
        "{\"FieldName\":\"id\",\"FieldType\":\"string\",\"IsPrimaryKey\":true},"
        "{\"FieldName\":\"vector\",\"FieldType\":\"vector\",\"Dim\":8},"
        "{\"FieldName\":\"stamp\",\"FieldType\":\"int64\"},"
        "{\"FieldName\":\"grp\",\"FieldType\":\"int64\"},"
        "{\"FieldName\":\"body\",\"FieldType\":\"text\"}]},"
        "\"indexes\":[{\"IndexName\":\"default\",\"VectorIndex\":{\"IndexType\":\"flat\","
        "\"Distance\":\"l2\"},\"ScalarIndex\":[\"grp\"]}]}",
        0, NULL);
}

int load_read(const json_t *hits, struct load_state *out)
{
    const json_t *hit;
    size_t i;

    memset(out, 0, sizeof(*out));
    json_array_foreach((json_t *)hits, i, hit)
    {
        const json_t *fields = json_object_get(hit, "fields");
        const char *id = json_string_value(json_object_get(hit, "id"));
        int slot = id != NULL && *id == 'k' ? atoi(id + 1) : -1;

        if (slot < 0 || slot >= LOAD_RECORDS || out->stamp[slot] != 0)
            return -1;
        out->stamp[slot] = json_integer_value(json_object_get(fields, "stamp"));
        out->group[slot] = (int32_t)json_integer_value(json_object_get(fields, "grp"));
    }
    return 0;
}

int load_same(const struct load_state *a, const struct load_state *b)
{
    for (int i = 0; i < LOAD_RECORDS; i++)
        if (a->stamp[i] != b->stamp[i] ||
            (a->stamp[i] != 0 && a->group[i] != b->group[i]))
            return 0;
    return 1;
}

int64_t load_count(const struct load_state *state)
{
    int64_t n = 0;

    for (int i = 0; i < LOAD_RECORDS; i++)
        n += state->stamp[i] != 0;
    return n;
}
