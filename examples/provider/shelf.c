/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shelf.c - a whole provider in two files: this one has the store and its collections,
 * records.c what lies in them.
 *
 * It shows the shape of the work, not the speed. It declares OV_SERIAL_STORE, so the
 * host never enters a store twice at once and nothing here locks.
 */
#include "shelf.h"

#include <stdlib.h>
#include <string.h>

#ifndef EXAMPLE_VERSION
#define EXAMPLE_VERSION "1.0.0"
#endif

OV_BACKEND_DECLARE("shelf", "example", EXAMPLE_VERSION, "Example Ltd");

int32_t shelf_begin(const struct ov_table *table, const struct ov_call *call,
                    struct ov_error *err)
{
    if (table->dropped)
        return ov_fail(err, OV_STALE, "the collection was dropped");
    return ov_checkpoint(call, err);
}

/* -------------------------------------------------------------------- store */

static const struct ov_description *describe(void)
{
    static const struct ov_description description = {
        .size = sizeof(description),
        .threads = OV_SERIAL_STORE,
        .index_kinds = "flat",
        /* Cases of the contract: records go with the store (126 to 128, 144, 148), fields
         * cannot be added (125, 132), counts are not grouped (129). */
        .exceptions = "125 126 127 128 129 132 144 148",
        .text = "records in memory, gone when the store is closed",
    };

    return &description;
}

static int32_t open_store(uint64_t store, const struct ov_scalar *settings,
                          const struct ov_call *call, struct ov_session **out,
                          struct ov_error *err)
{
    struct ov_session *session = calloc(1, sizeof(*session));

    (void)store, (void)settings, (void)call;
    if (session == NULL)
        return ov_no_memory(err);
    *out = session;
    return OV_OK;
}

static void free_table(struct ov_table *table)
{
    while (table->n > 0)
        shelf_remove_at(table, table->n - 1);
    free(table->records);
    free(table->schema);
    free(table);
}

static void close_store(struct ov_session *session)
{
    struct ov_table *next;

    for (; session->tables != NULL; session->tables = next) {
        next = session->tables->next;
        free_table(session->tables);
    }
    free(session);
}

static int32_t ability(struct ov_session *session, const struct ov_call *call,
                       struct ov_ability *out, struct ov_error *err)
{
    (void)session, (void)call, (void)err;
    out->can = OV_CAN_ATOMIC | OV_CAN_HYBRID | OV_CAN_SPARSE_ONLY;
    out->ops = (2u << OV_IS_NULL) - 2; /* the matcher knows them all */
    out->metrics = 1u << OV_COSINE | 1u << OV_IP | 1u << OV_L2;
    return OV_OK;
}

/* -------------------------------------------------------------- collections */

static struct ov_table *find(const struct ov_session *session, struct ov_str name)
{
    struct ov_table *table = session->tables;

    while (table != NULL && (table->dropped || !ov_str_equal(table->schema->name, name)))
        table = table->next;
    return table;
}

static int32_t collection_list(struct ov_session *session, const struct ov_call *call,
                               ov_name_fn *take, void *ctx, struct ov_error *err)
{
    const struct ov_table *table;

    (void)call, (void)err;
    for (table = session->tables; table != NULL; table = table->next)
        if (!table->dropped)
            take(ctx, table->schema->name);
    return OV_OK;
}

static int32_t collection_create(struct ov_session *session, const struct ov_call *call,
                                 const struct ov_schema *schema, struct ov_error *err)
{
    int length = (int)schema->name.n;
    struct ov_table *table;

    if (find(session, schema->name) != NULL)
        return ov_fail(err, OV_EXISTS, "collection '%.*s' exists", length,
                       schema->name.p);
    table = calloc(1, sizeof(*table));
    if (table == NULL || (table->schema = ov_schema_copy(schema)) == NULL) {
        free(table);
        return ov_no_memory(err);
    }
    table->next = session->tables;
    session->tables = table;
    ov_say(call, OV_NOTE_ACTION, NULL, NULL, "created collection '%.*s'", length,
           schema->name.p);
    return OV_OK;
}

/* Its memory goes with the store, since handles may still point to it. */
static int32_t collection_drop(struct ov_session *session, const struct ov_call *call,
                               struct ov_str name, struct ov_error *err)
{
    struct ov_table *table = find(session, name);

    if (table == NULL)
        return ov_fail(err, OV_NOT_FOUND, "no collection '%.*s'", (int)name.n, name.p);
    ov_say(call, OV_NOTE_ACTION, NULL, NULL, "dropped collection '%.*s'", (int)name.n,
           name.p);
    table->dropped = 1;
    return OV_OK;
}

static int32_t collection_open(struct ov_session *session, const struct ov_call *call,
                               struct ov_str name, struct ov_table **out,
                               struct ov_error *err)
{
    struct ov_table *table = find(session, name);

    (void)call;
    if (table == NULL)
        return ov_fail(err, OV_NOT_FOUND, "no collection '%.*s'", (int)name.n, name.p);
    *out = table;
    return OV_OK;
}

static void collection_close(struct ov_table *table)
{
    (void)table;
}

static int32_t collection_describe(struct ov_table *table, const struct ov_call *call,
                                   ov_schema_fn *take, void *ctx, struct ov_error *err)
{
    int32_t code = shelf_begin(table, call, err);

    if (code == OV_OK)
        take(ctx, table->schema);
    return code;
}

static int32_t replace_schema(struct ov_table *table, const struct ov_schema *with,
                              struct ov_error *err)
{
    struct ov_schema *copy = ov_schema_copy(with);

    if (copy == NULL)
        return ov_no_memory(err);
    free(table->schema);
    table->schema = copy;
    return OV_OK;
}

static int32_t collection_alter(struct ov_table *table, const struct ov_call *call,
                                const struct ov_schema *schema, struct ov_error *err)
{
    struct ov_schema with = *table->schema;
    int32_t code = shelf_begin(table, call, err);

    if (code != OV_OK)
        return code;
    if (schema->n_fields != with.n_fields)
        return ov_fail(err, OV_UNSUPPORTED, "this provider cannot add fields");
    with.meta = schema->meta;
    return replace_schema(table, &with, err);
}

/* The indexes without the one named, and with extra if there is one. */
static int32_t change_index(struct ov_table *table, struct ov_str name,
                            const struct ov_index *extra, struct ov_error *err)
{
    struct ov_schema with = *table->schema;
    const struct ov_index **list = calloc((size_t)with.n_indexes + 1, sizeof(*list));
    int32_t code;
    uint32_t i;

    if (list == NULL)
        return ov_no_memory(err);
    with.n_indexes = 0;
    for (i = 0; i < table->schema->n_indexes; i++)
        if (!ov_str_equal(table->schema->indexes[i]->name, name))
            list[with.n_indexes++] = table->schema->indexes[i];
    if (extra != NULL)
        list[with.n_indexes++] = extra;
    with.indexes = list;
    code = replace_schema(table, &with, err);
    free(list);
    return code;
}

static int32_t index_put(struct ov_table *table, const struct ov_call *call,
                         const struct ov_index *index, struct ov_error *err)
{
    int32_t code = shelf_begin(table, call, err);

    return code == OV_OK ? change_index(table, index->name, index, err) : code;
}

static int32_t index_drop(struct ov_table *table, const struct ov_call *call,
                          struct ov_str name, struct ov_error *err)
{
    int32_t code = shelf_begin(table, call, err);

    if (code == OV_OK && ov_schema_index(table->schema, name) == NULL)
        code = ov_fail(err, OV_NOT_FOUND, "no index '%.*s'", (int)name.n, name.p);
    return code == OV_OK ? change_index(table, name, NULL, err) : code;
}

/* -------------------------------------------------------------------- entry */

int32_t ov_backend_get(const struct ov_services *services, struct ov_backend *out,
                       struct ov_error *err)
{
    struct ov_backend table = {
        .size = sizeof(table),
        .abi_minor = OV_ABI_MINOR,
        .describe = describe,
        .open = open_store,
        .close = close_store,
        .ability = ability,
        .collection_list = collection_list,
        .collection_create = collection_create,
        .collection_drop = collection_drop,
        .collection_open = collection_open,
        .collection_close = collection_close,
        .collection_describe = collection_describe,
        .collection_alter = collection_alter,
        .index_put = index_put,
        .index_drop = index_drop,
    };
    uint32_t size = out->size < sizeof(table) ? out->size : (uint32_t)sizeof(table);

    (void)services, (void)err; /* no secret is needed, nothing is logged */
    shelf_fill(&table);
    table.size = size;
    memcpy(out, &table, size);
    return OV_OK;
}
