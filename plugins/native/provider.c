/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.c - the table: what the border asks, said in this provider's words.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

/* Longer keys would make the table of keys the larger half of the file. */
#define MAX_KEY_BYTES 65536
#define MAX_DIM 65536
/* Under SQLite's limit for one value, a gigabyte, with room for the rest of a record. */
#define MAX_TEXT_BYTES (256u << 20)

enum option { OPTION_PATH, OPTION_DURABILITY, N_OPTIONS };

const struct ov_services *native_services;

static const struct ov_description *describe(void)
{
    static const struct ov_option path = {
        .size = sizeof(path),
        .kind = OV_OPTION_PATH,
        .flags = OV_OPTION_REQUIRED,
        .name = "path",
        .text = "the folder that holds the records; made by the first write",
    };
    static const struct ov_option durability = {
        .size = sizeof(durability),
        .kind = OV_OPTION_WORD,
        .name = "durability",
        .fallback = "full",
        .words = "full normal",
        .text = "full: a write survives a power cut; normal: it survives a crash",
    };
    static const struct ov_option *const options[N_OPTIONS] = {
        [OPTION_PATH] = &path,
        [OPTION_DURABILITY] = &durability,
    };
    static const struct ov_description description = {
        .size = sizeof(description),
        .threads = OV_FREE,
        .n_options = N_OPTIONS,
        .options = options,
        .index_kinds = "flat",
        .actions = "doctor stats verify reindex backup restore checkpoint",
        .text = "embedded store: records in one SQLite file, search in memory",
    };

    return &description;
}

/* ---------------------------------------------------------------- sessions */

static int is_word(const struct ov_scalar *setting, const char *word)
{
    return setting->type == OV_TEXT && ov_str_equal(setting->u.s, ov_str_of(word));
}

static void close_session(struct ov_session *session)
{
    engine_close(session->engine);
    pthread_mutex_destroy(&session->opening);
    free(session->folder);
    free(session);
}

static int32_t open_session(uint64_t store, const struct ov_scalar *settings,
                            const struct ov_call *call, struct ov_session **out,
                            struct ov_error *err)
{
    const struct ov_scalar *path = &settings[OPTION_PATH];
    const char *sync =
        is_word(&settings[OPTION_DURABILITY], "normal") ? "NORMAL" : "FULL";
    struct ov_session *session;
    struct engine *engine;

    if (path->type != OV_TEXT || path->u.s.n == 0)
        return ov_fail(err, OV_INVALID, "no path");
    session = calloc(1, sizeof(*session));
    if (session == NULL)
        return ov_no_memory(err);
    pthread_mutex_init(&session->opening, NULL);
    session->folder = strndup(path->u.s.p, path->u.s.n);
    session->sync = sync;
    session->store = store;
    if (session->folder == NULL)
        ov_no_memory(err);
    else if (engine_of(session, 0, call, &engine, err) == OV_OK ||
             err->code == OV_CORRUPT) {
        ov_error_reset(err); /* each call says it again; restore is one that helps */
        *out = session;
        return OV_OK;
    }
    close_session(session);
    return err->code;
}

static int32_t ability(struct ov_session *session, const struct ov_call *call,
                       struct ov_ability *out, struct ov_error *err)
{
    struct ov_ability full = {
        .can = OV_CAN_ATOMIC | OV_CAN_HYBRID | OV_CAN_SPARSE_ONLY | OV_CAN_KEYWORD |
               OV_CAN_EXPLAIN,
        .ops = (UINT64_C(2) << OV_IS_NULL) - (UINT64_C(1) << OV_AND),
        .metrics = 1u << OV_COSINE | 1u << OV_IP | 1u << OV_L2,
        .max_dim = MAX_DIM,
        .max_key_bytes = MAX_KEY_BYTES,
        .max_text_bytes = MAX_TEXT_BYTES,
    };

    (void)session, (void)call, (void)err;
    full.size = out->size < sizeof(full) ? out->size : (uint32_t)sizeof(full);
    memcpy(out, &full, full.size);
    return OV_OK;
}

static int32_t ping(struct ov_session *session, const struct ov_call *call,
                    struct ov_error *err)
{
    struct engine *engine;
    int64_t n;

    if (ov_checkpoint(call, err) != OV_OK ||
        engine_of(session, 0, call, &engine, err) != OV_OK)
        return err->code;
    if (engine == NULL)
        return OV_OK;
    if (place_check(engine, err) != OV_OK ||
        engine_lock(&engine->lists, call, err) != OV_OK)
        return err->code;
    conn_serve(&engine->catalog, call);
    (void)conn_number(&engine->catalog, "SELECT count(*) FROM collections", 0, &n, err);
    conn_serve(&engine->catalog, NULL);
    pthread_mutex_unlock(&engine->lists);
    return err->code;
}

/* -------------------------------------------------------------- collections */

static int32_t collection_list(struct ov_session *session, const struct ov_call *call,
                               ov_name_fn *take, void *ctx, struct ov_error *err)
{
    struct engine *engine;
    int32_t status = engine_of(session, 0, call, &engine, err);

    return status != OV_OK || engine == NULL ? status
                                             : catalog_list(engine, call, take, ctx, err);
}

static int32_t collection_create(struct ov_session *session, const struct ov_call *call,
                                 const struct ov_schema *schema, struct ov_error *err)
{
    struct engine *engine;
    int32_t status = engine_of(session, 1, call, &engine, err);

    return status != OV_OK ? status : catalog_create(engine, call, schema, err);
}

static int32_t collection_drop(struct ov_session *session, const struct ov_call *call,
                               struct ov_str name, struct ov_error *err)
{
    struct engine *engine;
    int32_t status = engine_of(session, 1, call, &engine, err);

    return status != OV_OK ? status : catalog_drop(engine, call, name, err);
}

static int32_t collection_open(struct ov_session *session, const struct ov_call *call,
                               struct ov_str name, struct ov_table **out,
                               struct ov_error *err)
{
    struct ov_table *table;
    struct engine *engine;

    if (engine_of(session, 0, call, &engine, err) != OV_OK)
        return err->code;
    if (engine == NULL)
        return ov_fail(err, OV_NOT_FOUND,
                       "no collection '%.*s': there is no store in '%s'", (int)name.n,
                       name.p, session->folder);
    table = calloc(1, sizeof(*table));
    if (table == NULL)
        return ov_no_memory(err);
    table->session = session;
    if (catalog_open(engine, call, name, &table->coll, err) != OV_OK) {
        free(table);
        return err->code;
    }
    *out = table;
    return OV_OK;
}

static void collection_close(struct ov_table *table)
{
    catalog_release(table->coll);
    free(table);
}

static int32_t collection_describe(struct ov_table *table, const struct ov_call *call,
                                   ov_schema_fn *take, void *ctx, struct ov_error *err)
{
    struct view view;

    if (sync_view(table->coll, call, &view, err) != OV_OK)
        return err->code;
    take(ctx, view.schema);
    view_drop(&view);
    return OV_OK;
}

static int32_t collection_alter(struct ov_table *table, const struct ov_call *call,
                                const struct ov_schema *schema, struct ov_error *err)
{
    return alter_schema(table->coll, call, schema, err);
}

static int32_t index_put(struct ov_table *table, const struct ov_call *call,
                         const struct ov_index *index, struct ov_error *err)
{
    return alter_index_put(table->coll, call, index, err);
}

static int32_t index_drop(struct ov_table *table, const struct ov_call *call,
                          struct ov_str name, struct ov_error *err)
{
    return alter_index_drop(table->coll, call, name, err);
}

/* ------------------------------------------------------------------ records */

static int32_t upsert(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n_batches,
                      struct ov_error *err)
{
    return write_records(table->coll, call, batches, n_batches, 0, err);
}

static int32_t update(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n_batches,
                      struct ov_error *err)
{
    return write_records(table->coll, call, batches, n_batches, 1, err);
}

static int32_t remove_keys(struct ov_table *table, const struct ov_call *call,
                           const struct ov_batch *keys, uint64_t *removed,
                           struct ov_error *err)
{
    return write_remove(table->coll, call, keys, removed, err);
}

static int32_t remove_where(struct ov_table *table, const struct ov_call *call,
                            const struct ov_filter *filter, uint64_t *removed,
                            struct ov_error *err)
{
    return write_remove_where(table->coll, call, filter, removed, err);
}

static int32_t truncate_table(struct ov_table *table, const struct ov_call *call,
                              struct ov_error *err)
{
    return write_truncate(table->coll, call, err);
}

static int32_t fetch(struct ov_table *table, const struct ov_call *call,
                     const struct ov_fetch *request, struct ov_result *out,
                     struct ov_error *err)
{
    return read_fetch(table->coll, call, request, out, err);
}

static int32_t search(struct ov_table *table, const struct ov_call *call,
                      const struct ov_search *request, struct ov_result *out,
                      struct ov_error *err)
{
    return read_search(table->coll, call, request, out, err);
}

static int32_t scan(struct ov_table *table, const struct ov_call *call,
                    const struct ov_scan *request, struct ov_result *out,
                    struct ov_error *err)
{
    return read_scan(table->coll, call, request, out, err);
}

static int32_t count(struct ov_table *table, const struct ov_call *call,
                     const struct ov_count *request, uint64_t *total,
                     struct ov_result *groups, struct ov_error *err)
{
    return read_count(table->coll, call, request, total, groups, err);
}

/* Every write is in the image when it returns, so there is nothing to put off. */
static int32_t bulk(struct ov_table *table, const struct ov_call *call,
                    struct ov_error *err)
{
    struct view view;

    if (sync_view(table->coll, call, &view, err) != OV_OK)
        return err->code;
    view_drop(&view);
    return OV_OK;
}

/* ------------------------------------------------------------------ identity */

OV_BACKEND_DECLARE("native", "local embedded", "0.1.0", "OpenViking");

int32_t ov_backend_get(const struct ov_services *services, struct ov_backend *out,
                       struct ov_error *err)
{
    struct ov_backend table = {
        .abi_minor = OV_ABI_MINOR,
        .describe = describe,
        .open = open_session,
        .close = close_session,
        .ability = ability,
        .ping = ping,
        .act = action_run,
        .collection_list = collection_list,
        .collection_create = collection_create,
        .collection_drop = collection_drop,
        .collection_open = collection_open,
        .collection_close = collection_close,
        .collection_describe = collection_describe,
        .collection_alter = collection_alter,
        .index_put = index_put,
        .index_drop = index_drop,
        .upsert = upsert,
        .update = update,
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

    if (!sqlite3_threadsafe())
        return ov_fail(err, OV_UNSUPPORTED,
                       "the SQLite library was built without threads");
    native_services = services;
    table.size = out->size < sizeof(table) ? out->size : (uint32_t)sizeof(table);
    memcpy(out, &table, table.size);
    return OV_OK;
}
