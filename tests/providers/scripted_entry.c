/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scripted_entry.c - libov_backend_scripted.so and its siblings: the provider in memory
 * behind a script that counts calls and makes them fail, wait or block (script.h).
 *
 * Compiled once for each thread level. The free one serves under a lock of its own;
 * whoever blocks or waits does not hold it.
 */
#include "memory.h"
#include "script.h"

#include <pthread.h>
#include <string.h>

#ifndef SCRIPTED_NAME
#define SCRIPTED_NAME "scripted"
#define SCRIPTED_THREADS OV_SERIAL_STORE
#endif

OV_BACKEND_DECLARE(SCRIPTED_NAME, "", "1.0.0", "ov tests");

static pthread_mutex_t serving = PTHREAD_MUTEX_INITIALIZER;

/* Begin by the script, serve under the lock, end by the script. */
#define SERVE(SCRIPT, OP, CALL)                                   \
    const struct rule *late;                                      \
    struct script *script_ = (SCRIPT);                            \
    int32_t code = script_begin(script_, (OP), call, &late, err); \
                                                                  \
    if (code == OV_OK) {                                          \
        pthread_mutex_lock(&serving);                             \
        code = (CALL);                                            \
        pthread_mutex_unlock(&serving);                           \
    }                                                             \
    return script_end(script_, late, code, err)
#define OF_SESSION(OP, CALL) SERVE(session->script, OP, memory_operations.CALL)
#define OF_TABLE(OP, CALL) SERVE(table->session->script, OP, memory_operations.CALL)

static const struct ov_description *describe(void)
{
    static const struct ov_option name = { .size = sizeof(name),
                                           .kind = OV_OPTION_TEXT,
                                           .name = "name",
                                           .text = "as of the provider in memory" };
    static const struct ov_option script = { .size = sizeof(script),
                                             .kind = OV_OPTION_TEXT,
                                             .name = "script",
                                             .text = "OP CALLS ACTION [FLAG ...], ..." };
    static const struct ov_option *const options[] = { &name, &script };
    static const struct ov_description description = {
        .size = sizeof(description),
        .threads = SCRIPTED_THREADS,
        .n_options = 2,
        .options = options,
        .index_kinds = "flat",
        .actions = "counts reset doctor stats",
        .text = "fails, waits and blocks to order, for tests",
    };

    return &description;
}

/* A failed open is counted as well, so the script comes first. */
static int32_t open_session(uint64_t store, const struct ov_scalar *settings,
                            const struct ov_call *call, struct ov_session **out,
                            struct ov_error *err)
{
    struct ov_str text = { NULL, 0 };
    struct ov_session *session;
    struct script *script = NULL;
    const struct rule *late;
    int32_t code;

    if (settings[1].type == OV_TEXT)
        text = settings[1].u.s;
    code = script_find(text, &script, err);
    if (code != OV_OK)
        return code;
    code = script_begin(script, OP_OPEN, call, &late, err);
    if (code == OV_OK)
        code = memory_operations.open(store, settings, call, &session, err);
    if (code == OV_OK && late != NULL)
        memory_operations.close(session);
    else if (code == OV_OK) {
        session->script = script;
        *out = session;
    }
    return script_end(script, late, code, err);
}

static void close_session(struct ov_session *session)
{
    struct script *script = session->script;
    const struct rule *late;

    script_begin(script, OP_CLOSE, NULL, &late, NULL);
    memory_operations.close(session);
    script_end(script, late, OV_OK, NULL);
}

static int32_t ability(struct ov_session *session, const struct ov_call *call,
                       struct ov_ability *out, struct ov_error *err)
{
    OF_SESSION(OP_ABILITY, ability(session, call, out, err));
}

static int32_t ping(struct ov_session *session, const struct ov_call *call,
                    struct ov_error *err)
{
    OF_SESSION(OP_PING, ping(session, call, err));
}

static int32_t act(struct ov_session *session, const struct ov_call *call,
                   struct ov_str action, const struct ov_str *words, uint32_t n_words,
                   struct ov_error *err)
{
    if (ov_str_equal(action, ov_str_of("counts"))) {
        script_report(session->script, call);
        return OV_OK;
    }
    if (ov_str_equal(action, ov_str_of("reset"))) {
        script_reset(session->script);
        return OV_OK;
    }
    OF_SESSION(OP_ACT, act(session, call, action, words, n_words, err));
}

static int32_t collection_list(struct ov_session *session, const struct ov_call *call,
                               ov_name_fn *take, void *ctx, struct ov_error *err)
{
    OF_SESSION(OP_LIST, collection_list(session, call, take, ctx, err));
}

static int32_t collection_create(struct ov_session *session, const struct ov_call *call,
                                 const struct ov_schema *schema, struct ov_error *err)
{
    OF_SESSION(OP_CREATE, collection_create(session, call, schema, err));
}

static int32_t collection_drop(struct ov_session *session, const struct ov_call *call,
                               struct ov_str name, struct ov_error *err)
{
    OF_SESSION(OP_DROP, collection_drop(session, call, name, err));
}

/* A handle that is opened and then refused goes back at once. */
static int32_t collection_open(struct ov_session *session, const struct ov_call *call,
                               struct ov_str name, struct ov_table **out,
                               struct ov_error *err)
{
    const struct rule *late;
    struct ov_table *table = NULL;
    int32_t code = script_begin(session->script, OP_COLLECTION_OPEN, call, &late, err);

    if (code == OV_OK) {
        pthread_mutex_lock(&serving);
        code = memory_operations.collection_open(session, call, name, &table, err);
        if (code == OV_OK && late != NULL)
            memory_operations.collection_close(table);
        pthread_mutex_unlock(&serving);
    }
    if (code == OV_OK && late == NULL)
        *out = table;
    return script_end(session->script, late, code, err);
}

static void collection_close(struct ov_table *table)
{
    struct script *script = table->session->script;
    const struct rule *late;

    script_begin(script, OP_COLLECTION_CLOSE, NULL, &late, NULL);
    pthread_mutex_lock(&serving);
    memory_operations.collection_close(table);
    pthread_mutex_unlock(&serving);
    script_end(script, late, OV_OK, NULL);
}

static int32_t collection_describe(struct ov_table *table, const struct ov_call *call,
                                   ov_schema_fn *take, void *ctx, struct ov_error *err)
{
    OF_TABLE(OP_DESCRIBE, collection_describe(table, call, take, ctx, err));
}

static int32_t collection_alter(struct ov_table *table, const struct ov_call *call,
                                const struct ov_schema *schema, struct ov_error *err)
{
    OF_TABLE(OP_ALTER, collection_alter(table, call, schema, err));
}

static int32_t index_put(struct ov_table *table, const struct ov_call *call,
                         const struct ov_index *index, struct ov_error *err)
{
    OF_TABLE(OP_INDEX_PUT, index_put(table, call, index, err));
}

static int32_t index_drop(struct ov_table *table, const struct ov_call *call,
                          struct ov_str name, struct ov_error *err)
{
    OF_TABLE(OP_INDEX_DROP, index_drop(table, call, name, err));
}

static int32_t upsert(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n,
                      struct ov_error *err)
{
    OF_TABLE(OP_UPSERT, upsert(table, call, batches, n, err));
}

static int32_t update(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n,
                      struct ov_error *err)
{
    OF_TABLE(OP_UPDATE, update(table, call, batches, n, err));
}

/* Serve, then spoil what was answered: a number, or rows. */
#define OF_TABLE_LYING(OP, CALL, SPOIL)                          \
    const struct rule *late;                                     \
    struct script *script = table->session->script;              \
    int32_t code = script_begin(script, (OP), call, &late, err); \
                                                                 \
    if (code == OV_OK) {                                         \
        pthread_mutex_lock(&serving);                            \
        code = memory_operations.CALL;                           \
        pthread_mutex_unlock(&serving);                          \
    }                                                            \
    if (code == OV_OK) {                                         \
        SPOIL;                                                   \
    }                                                            \
    return script_end(script, late, code, err)

static void tell(enum lie lie, uint64_t truth, uint64_t *out)
{
    if (lie != LIE_NOTHING)
        *out = lie == LIE_HUGE ? UINT64_MAX - 1 : lie == LIE_MORE ? truth + 1 : truth;
}

static int32_t remove_keys(struct ov_table *table, const struct ov_call *call,
                           const struct ov_batch *keys, uint64_t *removed,
                           struct ov_error *err)
{
    uint64_t truth = 0;

    OF_TABLE_LYING(OP_REMOVE, remove(table, call, keys, &truth, err),
                   tell(script_lie(late), truth, removed));
}

static int32_t remove_where(struct ov_table *table, const struct ov_call *call,
                            const struct ov_filter *filter, uint64_t *removed,
                            struct ov_error *err)
{
    uint64_t truth = 0;

    OF_TABLE_LYING(OP_REMOVE_WHERE, remove_where(table, call, filter, &truth, err),
                   tell(script_lie(late), truth, removed));
}

static int32_t truncate_table(struct ov_table *table, const struct ov_call *call,
                              struct ov_error *err)
{
    OF_TABLE(OP_TRUNCATE, truncate(table, call, err));
}

/* More than was asked for: the whole collection. */
static int32_t answer_all(struct ov_table *table, const struct ov_call *call,
                          uint32_t n_fields, const uint32_t *fields,
                          struct ov_result *out, struct ov_error *err)
{
    struct ov_scan all = { .size = sizeof(all),
                           .order = OV_NONE,
                           .n_fields = n_fields,
                           .fields = fields,
                           .limit = UINT64_MAX };

    out->rows.release(&out->rows);
    return memory_operations.scan(table, call, &all, out, err);
}

static int32_t fetch(struct ov_table *table, const struct ov_call *call,
                     const struct ov_fetch *request, struct ov_result *out,
                     struct ov_error *err)
{
    OF_TABLE_LYING(OP_FETCH, fetch(table, call, request, out, err),
                   if (script_lie(late) == LIE_MORE) code = answer_all(
                       table, call, request->n_fields, request->fields, out, err);
                   else script_spoil(script_lie(late), out));
}

static int32_t search(struct ov_table *table, const struct ov_call *call,
                      const struct ov_search *request, struct ov_result *out,
                      struct ov_error *err)
{
    struct ov_search asked = *request;

    OF_TABLE_LYING(
        OP_SEARCH,
        search(table, call,
               script_lie(late) == LIE_MORE ? (asked.limit++, &asked) : request, out,
               err),
        script_spoil(script_lie(late), out));
}

static int32_t scan(struct ov_table *table, const struct ov_call *call,
                    const struct ov_scan *request, struct ov_result *out,
                    struct ov_error *err)
{
    struct ov_scan asked = *request;

    OF_TABLE_LYING(
        OP_SCAN,
        scan(table, call,
             script_lie(late) == LIE_MORE    ? (asked.limit++, &asked)
             : script_lie(late) == LIE_ORDER ? (asked.descending ^= 1, asked.order = 0,
                                                asked.after_key = NULL, &asked)
             : script_lie(late) == LIE_HUGE  ? (asked.after_key = NULL, &asked)
                                             : request,
             out, err),
        if (script_lie(late) != LIE_ORDER) script_spoil(script_lie(late), out));
}

static int32_t count(struct ov_table *table, const struct ov_call *call,
                     const struct ov_count *request, uint64_t *total,
                     struct ov_result *groups, struct ov_error *err)
{
    uint64_t truth = 0;

    OF_TABLE_LYING(OP_COUNT, count(table, call, request, &truth, groups, err),
                   if (groups != NULL) script_spoil(script_lie(late), groups);
                   else tell(script_lie(late), truth, total));
}

static int32_t bulk_begin(struct ov_table *table, const struct ov_call *call,
                          struct ov_error *err)
{
    OF_TABLE(OP_BULK_BEGIN, bulk_begin(table, call, err));
}

static int32_t bulk_end(struct ov_table *table, const struct ov_call *call,
                        struct ov_error *err)
{
    OF_TABLE(OP_BULK_END, bulk_end(table, call, err));
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
        .upsert = upsert,
        .update = update,
        .remove = remove_keys,
        .remove_where = remove_where,
        .truncate = truncate_table,
        .fetch = fetch,
        .search = search,
        .scan = scan,
        .count = count,
        .bulk_begin = bulk_begin,
        .bulk_end = bulk_end,
    };
    uint32_t size =
        out->size < sizeof(operations) ? out->size : (uint32_t)sizeof(operations);

    (void)services, (void)err;
    memcpy(out, &operations, size);
    out->size = size;
    return OV_OK;
}
