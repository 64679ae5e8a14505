/* SPDX-License-Identifier: Apache-2.0 */
/*
 * null_entry.c - libov_backend_null.so: every operation answers at once and nothing is
 * kept but the schema, so that what is left of a call is the host's.
 *
 * ping, the writes and a count without groups allocate nothing.
 */
#include <ov/sdk.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

OV_BACKEND_DECLARE("null", "", "1.0.0", "ov tests");

struct ov_session {
    pthread_mutex_t lock; /* of schema: the provider is free */
    struct ov_schema *schema;
};

struct ov_table {
    struct ov_session *session;
};

/* -------------------------------------------------------------------- store */

static const struct ov_description *describe(void)
{
    static const struct ov_description description = {
        .size = sizeof(description),
        .threads = OV_FREE,
        .index_kinds = "flat",
        .actions = "nothing",
        .text = "keeps nothing, for benchmarks",
    };

    return &description;
}

static int32_t open_session(uint64_t store, const struct ov_scalar *settings,
                            const struct ov_call *call, struct ov_session **out,
                            struct ov_error *err)
{
    struct ov_session *session = calloc(1, sizeof(*session));

    (void)store, (void)settings, (void)call;
    if (session == NULL)
        return ov_no_memory(err);
    pthread_mutex_init(&session->lock, NULL);
    *out = session;
    return OV_OK;
}

static void close_session(struct ov_session *session)
{
    pthread_mutex_destroy(&session->lock);
    free(session->schema);
    free(session);
}

static int32_t ability(struct ov_session *session, const struct ov_call *call,
                       struct ov_ability *out, struct ov_error *err)
{
    (void)session, (void)call, (void)err;
    out->can = OV_CAN_ATOMIC | OV_CAN_HYBRID | OV_CAN_SPARSE_ONLY | OV_CAN_KEYWORD;
    out->ops = (2u << OV_IS_NULL) - 2;
    out->metrics = 1u << OV_COSINE | 1u << OV_IP | 1u << OV_L2;
    return OV_OK;
}

static int32_t ping(struct ov_session *session, const struct ov_call *call,
                    struct ov_error *err)
{
    (void)session, (void)call, (void)err;
    return OV_OK;
}

static int32_t act(struct ov_session *session, const struct ov_call *call,
                   struct ov_str action, const struct ov_str *words, uint32_t n_words,
                   struct ov_error *err)
{
    (void)session, (void)call, (void)action, (void)words, (void)n_words, (void)err;
    return OV_OK;
}

/* -------------------------------------------------------------- collections */

static int32_t collection_list(struct ov_session *session, const struct ov_call *call,
                               ov_name_fn *take, void *ctx, struct ov_error *err)
{
    (void)call, (void)err;
    pthread_mutex_lock(&session->lock);
    if (session->schema != NULL)
        take(ctx, session->schema->name);
    pthread_mutex_unlock(&session->lock);
    return OV_OK;
}

static int32_t set_schema(struct ov_session *session, const struct ov_schema *schema,
                          struct ov_error *err)
{
    struct ov_schema *copy = ov_schema_copy(schema), *old;

    if (copy == NULL)
        return ov_no_memory(err);
    pthread_mutex_lock(&session->lock);
    old = session->schema;
    session->schema = copy;
    pthread_mutex_unlock(&session->lock);
    free(old);
    return OV_OK;
}

static int32_t collection_create(struct ov_session *session, const struct ov_call *call,
                                 const struct ov_schema *schema, struct ov_error *err)
{
    (void)call;
    return set_schema(session, schema, err);
}

static int32_t collection_drop(struct ov_session *session, const struct ov_call *call,
                               struct ov_str name, struct ov_error *err)
{
    (void)session, (void)call, (void)name, (void)err;
    return OV_OK;
}

static int32_t collection_open(struct ov_session *session, const struct ov_call *call,
                               struct ov_str name, struct ov_table **out,
                               struct ov_error *err)
{
    struct ov_table *table;
    int known;

    (void)call;
    pthread_mutex_lock(&session->lock);
    known = session->schema != NULL && ov_str_equal(session->schema->name, name);
    pthread_mutex_unlock(&session->lock);
    if (!known)
        return ov_fail(err, OV_NOT_FOUND, "no collection '%.*s'", (int)name.n, name.p);
    table = calloc(1, sizeof(*table));
    if (table == NULL)
        return ov_no_memory(err);
    table->session = session;
    *out = table;
    return OV_OK;
}

static void collection_close(struct ov_table *table)
{
    free(table);
}

static int32_t collection_describe(struct ov_table *table, const struct ov_call *call,
                                   ov_schema_fn *take, void *ctx, struct ov_error *err)
{
    (void)call, (void)err;
    pthread_mutex_lock(&table->session->lock);
    take(ctx, table->session->schema);
    pthread_mutex_unlock(&table->session->lock);
    return OV_OK;
}

static int32_t collection_alter(struct ov_table *table, const struct ov_call *call,
                                const struct ov_schema *schema, struct ov_error *err)
{
    (void)call;
    return set_schema(table->session, schema, err);
}

static int32_t index_put(struct ov_table *table, const struct ov_call *call,
                         const struct ov_index *index, struct ov_error *err)
{
    (void)table, (void)call, (void)index, (void)err;
    return OV_OK;
}

static int32_t index_drop(struct ov_table *table, const struct ov_call *call,
                          struct ov_str name, struct ov_error *err)
{
    (void)table, (void)call, (void)name, (void)err;
    return OV_OK;
}

/* ------------------------------------------------------------------ records */

static int32_t write_batches(struct ov_table *table, const struct ov_call *call,
                             const struct ov_batch *const *batches, uint32_t n,
                             struct ov_error *err)
{
    (void)table, (void)call, (void)batches, (void)n, (void)err;
    return OV_OK;
}

static int32_t remove_keys(struct ov_table *table, const struct ov_call *call,
                           const struct ov_batch *keys, uint64_t *removed,
                           struct ov_error *err)
{
    (void)table, (void)call, (void)keys, (void)err;
    *removed = 0;
    return OV_OK;
}

static int32_t remove_where(struct ov_table *table, const struct ov_call *call,
                            const struct ov_filter *filter, uint64_t *removed,
                            struct ov_error *err)
{
    (void)table, (void)call, (void)filter, (void)err;
    *removed = 0;
    return OV_OK;
}

static int32_t truncate_table(struct ov_table *table, const struct ov_call *call,
                              struct ov_error *err)
{
    (void)table, (void)call, (void)err;
    return OV_OK;
}

/* No rows, with the columns that were asked for. */
static int32_t answer(struct ov_table *table, int search, const uint32_t *fields,
                      uint32_t n_fields, struct ov_result *out, struct ov_error *err)
{
    struct ov_column *columns = calloc((size_t)n_fields + 3, sizeof(*columns));
    struct ov_rows *rows;

    if (columns == NULL)
        return ov_no_memory(err);
    pthread_mutex_lock(&table->session->lock);
    rows = ov_rows_new(columns, ov_result_columns(table->session->schema, search, fields,
                                                  n_fields, columns));
    pthread_mutex_unlock(&table->session->lock);
    free(columns);
    return ov_rows_finish(rows, &out->rows, err);
}

static int32_t fetch(struct ov_table *table, const struct ov_call *call,
                     const struct ov_fetch *request, struct ov_result *out,
                     struct ov_error *err)
{
    (void)call;
    return answer(table, 0, request->fields, request->n_fields, out, err);
}

static int32_t search(struct ov_table *table, const struct ov_call *call,
                      const struct ov_search *request, struct ov_result *out,
                      struct ov_error *err)
{
    (void)call;
    return answer(table, 1, request->fields, request->n_fields, out, err);
}

static int32_t scan(struct ov_table *table, const struct ov_call *call,
                    const struct ov_scan *request, struct ov_result *out,
                    struct ov_error *err)
{
    (void)call;
    return answer(table, 0, request->fields, request->n_fields, out, err);
}

static int32_t count(struct ov_table *table, const struct ov_call *call,
                     const struct ov_count *request, uint64_t *total,
                     struct ov_result *groups, struct ov_error *err)
{
    struct ov_column columns[2] = { { OV_NULL, 0, 1 }, { OV_INT64, 0, 0 } };

    (void)call;
    if (groups != NULL) {
        int32_t code;

        pthread_mutex_lock(&table->session->lock);
        columns[0].type =
            ov_element_type(table->session->schema->fields[request->group]->type);
        pthread_mutex_unlock(&table->session->lock);
        code = ov_rows_finish(ov_rows_new(columns, 2), &groups->rows, err);
        if (code != OV_OK)
            return code;
    }
    *total = 0;
    return OV_OK;
}

static int32_t bulk(struct ov_table *table, const struct ov_call *call,
                    struct ov_error *err)
{
    (void)table, (void)call, (void)err;
    return OV_OK;
}

int32_t ov_backend_get(const struct ov_services *services, struct ov_backend *out,
                       struct ov_error *err)
{
    static const struct ov_backend operations = {
        .size = sizeof(operations),
        .abi_minor = OV_ABI_MINOR,
        .describe = describe,
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
        .upsert = write_batches,
        .update = write_batches,
        .remove = remove_keys,
        .remove_where = remove_where,
        .truncate = truncate_table,
        .fetch = fetch,
        .search = search,
        .scan = scan,
        .count = count,
        .bulk_begin = bulk,
        .bulk_end = bulk,
    };
    uint32_t size =
        out->size < sizeof(operations) ? out->size : (uint32_t)sizeof(operations);

    (void)services, (void)err;
    memcpy(out, &operations, size);
    out->size = size;
    return OV_OK;
}
