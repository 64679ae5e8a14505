/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - databases, sessions and collections of the provider in memory. */
#include "memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct database *databases; /* those with a name */

/* ------------------------------------------------------------------ records */

void memory_free_record(const struct ov_schema *schema, struct ov_cell *record)
{
    uint32_t f;

    for (f = 0; record != NULL && f < schema->n_fields; f++)
        ov_cell_clear(&record[f]);
    free(record);
}

int memory_is_live(const struct collection *collection, const struct ov_cell *record,
                   const struct ov_call *call)
{
    uint32_t expiry = ov_schema_flagged(collection->schema, OV_FIELD_EXPIRY);

    return expiry == OV_NONE || record[expiry].type == OV_NULL ||
           record[expiry].u.i > call->now_us;
}

size_t memory_find(const struct collection *collection, const struct ov_cell *key,
                   int *found)
{
    size_t low = 0, high = collection->n;

    *found = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order =
            ov_cell_compare(&collection->records[middle][collection->schema->key], key);

        if (order == 0) {
            *found = 1;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void memory_remove_at(struct collection *collection, size_t at)
{
    memory_free_record(collection->schema, collection->records[at]);
    collection->n--;
    memmove(collection->records + at, collection->records + at + 1,
            (collection->n - at) * sizeof(*collection->records));
}

int32_t memory_begin(const struct ov_table *table, const struct ov_call *call,
                     struct ov_error *err)
{
    if (table->collection->dropped)
        return ov_fail(err, OV_STALE, "the collection was dropped");
    return ov_checkpoint(call, err);
}

/* ----------------------------------------------------------------- sessions */

static void free_collection(struct collection *collection)
{
    while (collection->n > 0)
        memory_remove_at(collection, collection->n - 1);
    free(collection->records);
    free(collection->schema);
    free(collection);
}

static void free_database(struct database *database)
{
    struct collection *next;

    for (; database->collections != NULL; database->collections = next) {
        next = database->collections->next;
        free_collection(database->collections);
    }
    free(database->name);
    free(database);
}

static struct database *find_database(struct ov_str name)
{
    struct database *database = databases;

    while (database != NULL && !ov_str_equal(ov_str_of(database->name), name))
        database = database->next;
    return database;
}

static struct database *new_database(struct ov_str name)
{
    struct database *database = calloc(1, sizeof(*database));

    if (database == NULL || name.n == 0)
        return database;
    database->name = strndup(name.p, (size_t)name.n);
    if (database->name == NULL) {
        free(database);
        return NULL;
    }
    database->next = databases;
    databases = database;
    return database;
}

static int32_t open_session(uint64_t store, const struct ov_scalar *settings,
                            const struct ov_call *call, struct ov_session **out,
                            struct ov_error *err)
{
    struct ov_str name = { NULL, 0 };
    struct ov_session *session = calloc(1, sizeof(*session));
    struct database *database = NULL;
    int32_t code = ov_checkpoint(call, err);

    if (settings[0].type == OV_TEXT)
        name = settings[0].u.s;
    pthread_mutex_lock(&list_lock);
    if (code == OV_OK && name.n > 0)
        database = find_database(name);
    if (database != NULL && database->in_use)
        code = ov_fail(err, OV_BUSY, "database '%.*s' is open", (int)name.n, name.p);
    else if (code == OV_OK && database == NULL && session != NULL)
        database = new_database(name);
    if (code == OV_OK && (session == NULL || database == NULL))
        code = ov_no_memory(err);
    if (code == OV_OK)
        database->in_use = 1;
    pthread_mutex_unlock(&list_lock);
    if (code != OV_OK) {
        free(session);
        return code;
    }
    session->database = database;
    session->store = store;
    *out = session;
    return OV_OK;
}

static void close_session(struct ov_session *session)
{
    pthread_mutex_lock(&list_lock);
    session->database->in_use = 0;
    if (session->database->name == NULL)
        free_database(session->database);
    pthread_mutex_unlock(&list_lock);
    free(session);
}

static int32_t ability(struct ov_session *session, const struct ov_call *call,
                       struct ov_ability *out, struct ov_error *err)
{
    (void)session, (void)call, (void)err;
    out->can = OV_CAN_ATOMIC | OV_CAN_HYBRID | OV_CAN_SPARSE_ONLY | OV_CAN_KEYWORD |
               OV_CAN_EXPLAIN;
    out->ops = (2u << OV_IS_NULL) - 2;
    out->metrics = 1u << OV_COSINE | 1u << OV_IP | 1u << OV_L2;
    return OV_OK;
}

static int32_t ping(struct ov_session *session, const struct ov_call *call,
                    struct ov_error *err)
{
    (void)session;
    return ov_checkpoint(call, err);
}

static int32_t act(struct ov_session *session, const struct ov_call *call,
                   struct ov_str action, const struct ov_str *words, uint32_t n_words,
                   struct ov_error *err)
{
    const struct collection *collection = session->database->collections;

    (void)words, (void)n_words;
    if (ov_str_equal(action, ov_str_of("doctor"))) {
        ov_say(call, OV_NOTE_CHECK, "memory", NULL, "records are in memory");
        return OV_OK;
    }
    if (!ov_str_equal(action, ov_str_of("stats")))
        return ov_fail(err, OV_UNSUPPORTED, "no action '%.*s'", (int)action.n, action.p);
    for (; collection != NULL; collection = collection->next)
        if (!collection->dropped)
            ov_say(call, OV_NOTE_CHECK, "records", NULL, "%.*s %zu",
                   (int)collection->schema->name.n, collection->schema->name.p,
                   collection->n);
    return OV_OK;
}

/* -------------------------------------------------------------- collections */

static struct collection *find(const struct ov_session *session, struct ov_str name)
{
    struct collection *collection = session->database->collections;

    while (collection != NULL &&
           (collection->dropped || !ov_str_equal(collection->schema->name, name)))
        collection = collection->next;
    return collection;
}

static int32_t not_found(struct ov_str name, struct ov_error *err)
{
    return ov_fail(err, OV_NOT_FOUND, "no collection '%.*s'", (int)name.n, name.p);
}

static void unlink_collection(struct database *database, struct collection *collection)
{
    struct collection **at = &database->collections;

    while (*at != collection)
        at = &(*at)->next;
    *at = collection->next;
    free_collection(collection);
}

static int32_t collection_list(struct ov_session *session, const struct ov_call *call,
                               ov_name_fn *take, void *ctx, struct ov_error *err)
{
    const struct collection *collection = session->database->collections;

    (void)call, (void)err;
    for (; collection != NULL; collection = collection->next)
        if (!collection->dropped)
            take(ctx, collection->schema->name);
    return OV_OK;
}

static int32_t collection_create(struct ov_session *session, const struct ov_call *call,
                                 const struct ov_schema *schema, struct ov_error *err)
{
    struct collection *collection;

    if (find(session, schema->name) != NULL)
        return ov_fail(err, OV_EXISTS, "collection '%.*s' exists", (int)schema->name.n,
                       schema->name.p);
    collection = calloc(1, sizeof(*collection));
    if (collection == NULL || (collection->schema = ov_schema_copy(schema)) == NULL) {
        free(collection);
        return ov_no_memory(err);
    }
    collection->next = session->database->collections;
    session->database->collections = collection;
    ov_say(call, OV_NOTE_ACTION, NULL, NULL, "created collection '%.*s'",
           (int)schema->name.n, schema->name.p);
    return OV_OK;
}

static int32_t collection_drop(struct ov_session *session, const struct ov_call *call,
                               struct ov_str name, struct ov_error *err)
{
    struct collection *collection = find(session, name);

    if (collection == NULL)
        return not_found(name, err);
    ov_say(call, OV_NOTE_ACTION, NULL, NULL, "dropped collection '%.*s'", (int)name.n,
           name.p);
    collection->dropped = 1;
    if (collection->handles == 0)
        unlink_collection(session->database, collection);
    return OV_OK;
}

static int32_t collection_open(struct ov_session *session, const struct ov_call *call,
                               struct ov_str name, struct ov_table **out,
                               struct ov_error *err)
{
    struct collection *collection = find(session, name);
    struct ov_table *table;

    (void)call;
    if (collection == NULL)
        return not_found(name, err);
    table = calloc(1, sizeof(*table));
    if (table == NULL)
        return ov_no_memory(err);
    table->collection = collection;
    table->session = session;
    collection->handles++;
    *out = table;
    return OV_OK;
}

static void collection_close(struct ov_table *table)
{
    struct collection *collection = table->collection;

    if (--collection->handles == 0 && collection->dropped)
        unlink_collection(table->session->database, collection);
    free(table);
}

static int32_t collection_describe(struct ov_table *table, const struct ov_call *call,
                                   ov_schema_fn *take, void *ctx, struct ov_error *err)
{
    int32_t code = memory_begin(table, call, err);

    if (code == OV_OK)
        take(ctx, table->collection->schema);
    return code;
}

static int32_t collection_alter(struct ov_table *table, const struct ov_call *call,
                                const struct ov_schema *schema, struct ov_error *err)
{
    struct collection *collection = table->collection;
    struct ov_schema with = *schema, *copy;
    int32_t code = memory_begin(table, call, err);

    if (code != OV_OK)
        return code;
    with.indexes = collection->schema->indexes;
    with.n_indexes = collection->schema->n_indexes;
    copy = ov_schema_copy(&with);
    if (copy == NULL)
        return ov_no_memory(err);
    if (copy->n_fields > collection->schema->n_fields)
        code = memory_widen(collection, copy, err);
    if (code != OV_OK) {
        free(copy);
        return code;
    }
    free(collection->schema);
    collection->schema = copy;
    return OV_OK;
}

/* The indexes without the one named, and with extra if there is one. */
static int32_t change_index(struct collection *collection, struct ov_str name,
                            const struct ov_index *extra, struct ov_error *err)
{
    const struct ov_schema *old = collection->schema;
    const struct ov_index **list = calloc((size_t)old->n_indexes + 1, sizeof(*list));
    struct ov_schema with = *old, *copy = NULL;
    uint32_t i;

    with.n_indexes = 0;
    for (i = 0; list != NULL && i < old->n_indexes; i++)
        if (!ov_str_equal(old->indexes[i]->name, name))
            list[with.n_indexes++] = old->indexes[i];
    if (list != NULL && extra != NULL)
        list[with.n_indexes++] = extra;
    with.indexes = list;
    if (list != NULL)
        copy = ov_schema_copy(&with);
    free(list);
    if (copy == NULL)
        return ov_no_memory(err);
    free(collection->schema);
    collection->schema = copy;
    return OV_OK;
}

static int32_t index_put(struct ov_table *table, const struct ov_call *call,
                         const struct ov_index *index, struct ov_error *err)
{
    int32_t code = memory_begin(table, call, err);

    return code == OV_OK ? change_index(table->collection, index->name, index, err)
                         : code;
}

static int32_t index_drop(struct ov_table *table, const struct ov_call *call,
                          struct ov_str name, struct ov_error *err)
{
    int32_t code = memory_begin(table, call, err);

    if (code != OV_OK)
        return code;
    if (ov_schema_index(table->collection->schema, name) == NULL)
        return ov_fail(err, OV_NOT_FOUND, "no index '%.*s'", (int)name.n, name.p);
    return change_index(table->collection, name, NULL, err);
}

/* Nothing to put off; the host's promise, never nested, is held against it. */
static int32_t bulk_begin(struct ov_table *table, const struct ov_call *call,
                          struct ov_error *err)
{
    int32_t code = memory_begin(table, call, err);

    if (code != OV_OK)
        return code;
    if (table->collection->bulk)
        return ov_fail(err, OV_INTERNAL, "bulk_begin within a bulk");
    table->collection->bulk = 1;
    return OV_OK;
}

static int32_t bulk_end(struct ov_table *table, const struct ov_call *call,
                        struct ov_error *err)
{
    int32_t code = memory_begin(table, call, err);

    if (code != OV_OK)
        return code;
    if (!table->collection->bulk)
        return ov_fail(err, OV_INTERNAL, "bulk_end without a bulk");
    table->collection->bulk = 0;
    return OV_OK;
}

/* -------------------------------------------------------------------- table */

const struct ov_description *memory_describe(void)
{
    static const struct ov_option name = {
        .size = sizeof(name),
        .kind = OV_OPTION_TEXT,
        .name = "name",
        .text = "database that lives as long as the process; unset: as the store",
    };
    static const struct ov_option *const options[] = { &name };
    static const struct ov_description description = {
        .size = sizeof(description),
        .threads = OV_SERIAL_STORE,
        .n_options = 1,
        .options = options,
        .index_kinds = "flat",
        .actions = "doctor stats",
        .exceptions = "127 128", /* nothing outlives the process */
        .text = "records in memory, for tests",
    };

    return &description;
}

const struct ov_backend memory_operations = {
    .size = sizeof(struct ov_backend),
    .abi_minor = OV_ABI_MINOR,
    .describe = memory_describe,
    .open = open_session,
    .close = close_session,
    .ability = ability,
    .ping = ping,
    .act = act,
    .collection_list = collection_list,
    .collection_create = collection_create,
    .collection_drop = collection_drop,
    .collection_open = collection_open,
    .collection_close = collection_close,
    .collection_describe = collection_describe,
    .collection_alter = collection_alter,
    .index_put = index_put,
    .index_drop = index_drop,
    .upsert = memory_upsert,
    .update = memory_update,
    .remove = memory_remove,
    .remove_where = memory_remove_where,
    .truncate = memory_truncate,
    .fetch = memory_fetch,
    .search = memory_search,
    .scan = memory_scan,
    .count = memory_count,
    .bulk_begin = bulk_begin,
    .bulk_end = bulk_end,
};
