/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-dispatch PLUGIN_DIR: what the host adds to a call.
 *
 * The null provider answers at once, so the difference between a call through the host,
 * counters on, and a direct call of the same operation is the host's own cost. The
 * allocator is interposed and counts.
 */
#include "bench.h"
#include "fault.h"

#include <ov/store.h>

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define CALLS 1000
#define DIM 384
/* What dispatch may cost; a search also has its 384 numbers looked at and a page made. */
#define DISPATCH_NS 150
#define SEARCH_NS 200

struct pair {
    struct ov_collection *collection;
    struct ov_backend direct;
    struct ov_table *table;
    float vector[DIM];
    struct ov_error err;
};

static void must(int32_t code, const struct ov_error *err)
{
    if (code != OV_OK)
        bench_die("%s: %s", ov_status_name(code), err->message);
}

static void log_nothing(uint64_t store, uint32_t level, struct ov_str message)
{
    (void)store;
    (void)level;
    (void)message;
}

static int32_t no_secret(uint64_t store, uint32_t option, char *buffer, uint64_t capacity,
                         uint64_t *length)
{
    (void)store;
    (void)option;
    (void)buffer;
    (void)capacity;
    *length = 0;
    return OV_OK;
}

static const struct ov_services services = { sizeof(services), 0, log_nothing,
                                             no_secret };

static void count_direct(void *ctx)
{
    struct pair *pair = ctx;
    struct ov_count request = { sizeof(request), OV_NONE, NULL };
    struct ov_call call = { .size = sizeof(call), .cancel_fd = -1 };
    uint64_t total;
    int i;

    for (i = 0; i < CALLS; i++)
        must(pair->direct.count(pair->table, &call, &request, &total, NULL, &pair->err),
             &pair->err);
}

static void count_host(void *ctx)
{
    struct pair *pair = ctx;
    uint64_t total;
    int i;

    for (i = 0; i < CALLS; i++)
        must(ov_collection_count(pair->collection, NULL, &total, NULL, &pair->err),
             &pair->err);
}

static void search_direct(void *ctx)
{
    struct pair *pair = ctx;
    uint32_t fields[1] = { 1 };
    struct ov_search request = { .size = sizeof(request),
                                 .index = { "default", 7 },
                                 .n_queries = 1,
                                 .dim = DIM,
                                 .dense = pair->vector,
                                 .limit = 10,
                                 .n_fields = 1,
                                 .fields = fields };
    struct ov_call call = { .size = sizeof(call), .cancel_fd = -1 };
    int i;

    for (i = 0; i < CALLS; i++) {
        struct ov_result result = { .size = sizeof(result) };

        must(pair->direct.search(pair->table, &call, &request, &result, &pair->err),
             &pair->err);
        if (result.rows.release != NULL)
            result.rows.release(&result.rows);
    }
}

static void search_host(void *ctx)
{
    static const char *const names[] = { "name" };
    struct pair *pair = ctx;
    struct ov_query query = { .size = sizeof(query),
                              .dense = pair->vector,
                              .dim = DIM,
                              .limit = 10,
                              .fields = { sizeof(struct ov_projection), 1, names } };
    int i;

    for (i = 0; i < CALLS; i++) {
        struct ov_page page = OV_PAGE_INIT;

        must(ov_collection_search(pair->collection, &query, NULL, &page, &pair->err),
             &pair->err);
        ov_page_clear(&page);
    }
}

/* What the null provider wants to know before it opens a collection. Both searches ask
 * it for one column, and of the same type: a field such as uri is kept in two, and
 * through the host the second one would be asked for as well. */
static void create_direct(struct pair *pair, struct ov_session *session,
                          const struct ov_call *call)
{
    const struct ov_field key = {
        .size = sizeof(key), .type = OV_TEXT, .flags = OV_FIELD_KEY, .name = { "id", 2 }
    };
    const struct ov_field name = { .size = sizeof(name),
                                   .type = OV_TEXT,
                                   .name = { "name", 4 } };
    const struct ov_field *const fields[] = { &key, &name };
    const struct ov_schema schema = {
        .size = sizeof(schema), .n_fields = 2, .fields = fields, .name = { "context", 7 }
    };

    must(pair->direct.collection_create(session, call, &schema, &pair->err), &pair->err);
}

static void open_direct(struct pair *pair, const char *folder)
{
    ov_backend_get_fn *get;
    char path[4096];
    void *module;
    struct ov_session *session = NULL;
    struct ov_call call = { .size = sizeof(call), .cancel_fd = -1 };
    struct ov_str name = { "context", 7 };

    snprintf(path, sizeof(path), "%s/libov_backend_null.so", folder);
    module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL)
        bench_die("%s", dlerror());
    *(void **)&get = dlsym(module, "ov_backend_get");
    pair->direct.size = sizeof(pair->direct);
    must(get(&services, &pair->direct, &pair->err), &pair->err);
    must(pair->direct.open(1, NULL, &call, &session, &pair->err), &pair->err);
    create_direct(pair, session, &call);
    must(pair->direct.collection_open(session, &call, name, &pair->table, &pair->err),
         &pair->err);
}

static struct ov_store *open_host(struct pair *pair, struct ov_host *host)
{
    static const struct ov_pair pairs[] = { { "backend", "null" }, { "distance", "ip" } };
    struct ov_arena *arena = ov_arena_new();
    struct ov_config *config;
    struct ov_store *store;
    int created;

    must(ov_config_of(pairs, 2, "bench", "/", &config, &pair->err), &pair->err);
    must(ov_store_open(host, config, NULL, NULL, &store, &pair->err), &pair->err);
    must(ov_store_create(
             store,
             &(struct ov_collection_spec){ .size = sizeof(struct ov_collection_spec),
                                           .name = "context",
                                           .meta = ov_context_meta(arena, DIM) },
             &created, NULL, &pair->err),
         &pair->err);
    must(ov_store_collection(store, "context", NULL, &pair->collection, &pair->err),
         &pair->err);
    ov_arena_free(arena);
    ov_config_free(config);
    return store;
}

static void measure(const char *name, bench_fn *baseline, bench_fn *candidate,
                    struct pair *pair, double limit_ns)
{
    struct bench bench = { name, baseline, candidate, pair, CALLS, 0 };
    struct bench_result result;
    size_t start, direct, through;

    bench_run(&bench, &result);
    bench_print(name, &result);
    bench_expect("nanoseconds that the host adds", result.difference_ns, limit_ns);
    start = fault_count();
    baseline(pair);
    direct = fault_count() - start;
    start = fault_count();
    candidate(pair);
    through = fault_count() - start;
    bench_expect("allocations that the host adds",
                 ((double)through - (double)direct) / CALLS, 0);
}

int main(int argc, char **argv)
{
    struct pair pair = { .err = OV_ERROR_INIT };
    struct ov_host_options options = { .size = sizeof(options) };
    struct ov_host *host;
    struct ov_store *store;

    if (argc != 2) {
        fputs("usage: bench-dispatch PLUGIN_DIR\n", stderr);
        return 2;
    }
    bench_pin(0);
    options.plugin_path = argv[1];
    must(ov_host_open(&options, &host, &pair.err), &pair.err);
    store = open_host(&pair, host);
    open_direct(&pair, argv[1]);
    bench_title(
        "host dispatch against a direct call of the same operation, null provider");
    measure("count", count_direct, count_host, &pair, DISPATCH_NS);
    measure("search, 384 dimensions, 10 hits", search_direct, search_host, &pair,
            SEARCH_NS);
    ov_collection_free(pair.collection);
    ov_store_free(store);
    ov_host_close(host);
    return bench_missed() > 0;
}
