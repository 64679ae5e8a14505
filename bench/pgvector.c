/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-pgvector PLUGIN_DIR INI: searches and upserts through the host, against a bare
 * libpq program that sends the same statements the same way; then filtered search.
 *
 * 30,000 vectors of 384 dimensions in 300 clusters, so that half of them are more than
 * the 10,000 up to which search is exact anyway. Client and server share a processor.
 */
#include "bench.h"
#include "replay.h"

#include <ov/store.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 30000
#define DIM 384
#define CLUSTERS 300
#define BATCH 100
#define QUERIES 40
#define TOP 10
#define COLLECTION "bench"

struct world {
    struct ov_store *store;
    struct ov_collection *collection;
    PGconn *conn;
    float *vectors; /* of the records, then of the queries */
    struct tape tapes[QUERIES];
    char prepared[QUERIES][16];
    const struct ov_doc *batch;
    struct tape upsert;
    struct ov_arena *arena;
    struct ov_error err;
};

static void must(struct world *world, int32_t code)
{
    if (code != OV_OK)
        bench_die("%s: %s", ov_status_name(code), world->err.message);
}

/* --------------------------------------------------------------------- data */

static uint64_t state = 20260822;

static double uniform(void)
{
    state ^= state << 13; /* G. Marsaglia, "Xorshift RNGs", 2003 */
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) / 9007199254740992.0;
}

static double normal(void)
{
    return sqrt(-2 * log(uniform() + 1e-300)) * cos(6.283185307179586 * uniform());
}

static void make_vectors(struct world *world)
{
    static float centres[CLUSTERS][DIM];
    int i, d;

    world->vectors = malloc((size_t)(ROWS + QUERIES) * DIM * sizeof(float));
    if (world->vectors == NULL)
        bench_die("out of memory");
    for (i = 0; i < CLUSTERS; i++)
        for (d = 0; d < DIM; d++)
            centres[i][d] = (float)normal();
    for (i = 0; i < ROWS + QUERIES; i++) {
        float *v = world->vectors + (size_t)i * DIM;
        const float *centre = centres[(int)(uniform() * CLUSTERS)];
        double squares = 0;

        for (d = 0; d < DIM; d++) {
            v[d] = centre[d] + (float)(0.7 * normal());
            squares += (double)v[d] * v[d];
        }
        for (d = 0; d < DIM; d++)
            v[d] = (float)(v[d] / sqrt(squares));
    }
}

static const float *query_of(const struct world *world, int q)
{
    return world->vectors + (size_t)(ROWS + q) * DIM;
}

/* Records first..first+BATCH; share: 0..999, spread evenly and apart from the vectors. */
static const struct ov_doc *make_batch(struct world *world, int first)
{
    struct ov_arena *arena = world->arena;
    struct ov_doc *list = ov_doc_list(arena);
    int i;

    for (i = first; i < first + BATCH; i++) {
        struct ov_doc *record = ov_doc_object(arena);
        char id[16];

        snprintf(id, sizeof(id), "r%06d", i);
        ov_doc_set(arena, record, ov_str_of("id"), ov_doc_text(arena, ov_str_of(id)));
        ov_doc_set(arena, record, ov_str_of("share"),
                   ov_doc_int(arena, (int64_t)i * 7919 % 1000));
        ov_doc_set(arena, record, ov_str_of("vector"),
                   ov_doc_floats(arena, world->vectors + (size_t)i * DIM, DIM));
        if (ov_doc_append(arena, list, record) != OV_OK)
            bench_die("out of memory");
    }
    return list;
}

static void load(struct world *world)
{
    static const char meta_text[] =
        "{\"Fields\":[{\"FieldName\":\"id\",\"FieldType\":\"string\",\"IsPrimaryKey\":"
        "true},"
        "{\"FieldName\":\"share\",\"FieldType\":\"int64\"},"
        "{\"FieldName\":\"vector\",\"FieldType\":\"vector\",\"Dim\":384}],"
        "\"ScalarIndex\":[\"share\"]}";
    struct ov_call_options options = { .size = sizeof(options), .timeout_ns = -1 };
    struct ov_doc *meta = NULL;
    int created, i;

    must(world, ov_doc_parse(world->arena, ov_str_of(meta_text), &meta, &world->err));
    must(world, ov_store_drop(world->store, COLLECTION, &created, &options, &world->err));
    must(world, ov_store_create(world->store,
                                &(struct ov_collection_spec){
                                    .size = sizeof(struct ov_collection_spec),
                                    .name = COLLECTION,
                                    .meta = meta },
                                &created, &options, &world->err));
    must(world, ov_store_collection(world->store, COLLECTION, &options,
                                    &world->collection, &world->err));
    must(world, ov_bulk_begin(world->collection, &options, &world->err));
    for (i = 0; i < ROWS; i += BATCH) {
        ov_arena_reset(world->arena);
        must(world, ov_collection_upsert(world->collection, make_batch(world, i), NULL,
                                         &options, &world->err));
    }
    must(world, ov_bulk_end(world->collection, &options, &world->err));
    ov_arena_reset(world->arena);
}

/* ------------------------------------------------------------------- search */

static int64_t search(struct world *world, int q, const struct ov_doc *filter,
                      uint32_t flags, struct ov_page *page)
{
    struct ov_call_options options = { .size = sizeof(options), .timeout_ns = -1 };
    static const char *const fields[] = { "share" };
    struct ov_query query = { .size = sizeof(query),
                              .flags = flags,
                              .dense = query_of(world, q),
                              .dim = DIM,
                              .filter = filter,
                              .limit = TOP,
                              .fields = { sizeof(struct ov_projection), 1, fields } };

    must(world,
         ov_collection_search(world->collection, &query, &options, page, &world->err));
    return page->rows;
}

static void search_host(void *ctx)
{
    int q;

    for (q = 0; q < QUERIES; q++) {
        struct ov_page page = OV_PAGE_INIT;

        search(ctx, q, NULL, 0, &page);
        ov_page_clear(&page);
    }
}

static void search_bare(void *ctx)
{
    struct world *world = ctx;
    int q;

    for (q = 0; q < QUERIES; q++)
        tape_play(&world->tapes[q], world->conn);
}

static void search_prepared(void *ctx)
{
    struct world *world = ctx;
    int q;

    for (q = 0; q < QUERIES; q++)
        tape_play_prepared(&world->tapes[q], world->conn, world->prepared[q]);
}

static void record_searches(struct world *world)
{
    int q;

    for (q = 0; q < QUERIES; q++) {
        struct ov_page page = OV_PAGE_INIT;

        search(world, q, NULL, 0, &page);
        ov_page_clear(&page);
        tape_record(&world->tapes[q]);
        search(world, q, NULL, 0, &page);
        tape_stop();
        ov_page_clear(&page);
        snprintf(world->prepared[q], sizeof(world->prepared[q]), "q%d", q);
        tape_prepare(&world->tapes[q], world->conn, world->prepared[q]);
    }
}

static void bench_searches(struct world *world)
{
    struct bench bench = { "search", search_bare, search_host, world, QUERIES, 41 };
    struct bench_result result;

    record_searches(world);
    bench_title(
        "search of 10 among 30,000 x 384, host against bare libpq, p50 of a call");
    bench_run(&bench, &result);
    bench_print("the same statements, pipelined, unnamed", &result);
    bench_expect("ratio to the bare program", result.ratio, 1.05);
    bench.baseline = search_prepared;
    bench_run(&bench, &result);
    bench_print("beside: one prepared statement, session settings", &result);
}

/* ------------------------------------------------------------------- upsert */

static void upsert_host(void *ctx)
{
    struct ov_call_options options = { .size = sizeof(options), .timeout_ns = -1 };
    struct world *world = ctx;

    must(world, ov_collection_upsert(world->collection, world->batch, NULL, &options,
                                     &world->err));
}

static void upsert_bare(void *ctx)
{
    struct world *world = ctx;

    tape_play(&world->upsert, world->conn);
}

static void bench_upserts(struct world *world)
{
    struct ov_call_options options = { .size = sizeof(options), .timeout_ns = -1 };
    struct bench bench = { "upsert", upsert_bare, upsert_host, world, 1, 101 };
    struct bench_result result;
    int dropped;

    /* Without the graph, whose own cost would hide the provider's. */
    must(world,
         ov_index_drop(world->collection, "default", &dropped, &options, &world->err));
    world->batch = make_batch(world, 0);
    upsert_host(world);
    tape_record(&world->upsert);
    upsert_host(world);
    tape_stop();
    bench_title("upsert of 100 records that are there, host against bare unnest inserts");
    bench_run(&bench, &result);
    bench_print("a batch of 100, 384 dimensions", &result);
    bench_expect("ratio to the bare program", result.ratio, 1.10);
}

/* ------------------------------------------------------------------ filters */

static int64_t hits_in_both(const struct ov_page *a, const struct ov_page *b)
{
    int64_t i, j, n = 0;

    for (i = 0; i < a->rows; i++)
        for (j = 0; j < b->rows; j++) {
            struct ov_cell x, y;

            ov_page_key(a, i, &x);
            ov_page_key(b, j, &y);
            n += ov_cell_compare(&x, &y) == 0;
        }
    return n;
}

static void say_plan(void *ctx, const struct ov_note *note)
{
    char *plan = ctx;

    if (note->kind != OV_NOTE_PLAN || !ov_str_equal(note->name, ov_str_of("plan")))
        return;
    if (memmem(note->text.p, note->text.n, "using", 5) != NULL ||
        memmem(note->text.p, note->text.n, "Seq Scan", 8) != NULL)
        snprintf(plan + strlen(plan), 400 - strlen(plan), "%s%.*s",
                 plan[0] != '\0' ? "; " : "", (int)note->text.n, note->text.p);
}

static void bench_filter(struct world *world, int per_mille)
{
    char json[96], plan[400] = "";
    struct ov_call_options explain = { .size = sizeof(explain),
                                       .flags = OV_CALL_EXPLAIN,
                                       .timeout_ns = -1,
                                       .note = say_plan,
                                       .note_ctx = plan };
    struct ov_query query = {
        .size = sizeof(query), .dense = query_of(world, 0), .dim = DIM, .limit = TOP
    };
    struct ov_page page = OV_PAGE_INIT;
    struct ov_doc *filter = NULL;
    double times[QUERIES];
    int64_t found = 0, same = 0;
    int q, approximate = 0;

    snprintf(json, sizeof(json), "{\"op\":\"range\",\"field\":\"share\",\"lt\":%d}",
             per_mille);
    must(world, ov_doc_parse(world->arena, ov_str_of(json), &filter, &world->err));
    for (q = 0; q < QUERIES; q++) {
        struct ov_page exact = OV_PAGE_INIT, got = OV_PAGE_INIT;
        int64_t start = bench_now();

        found += search(world, q, filter, 0, &got);
        times[q] = (double)(bench_now() - start);
        search(world, q, filter, OV_SEARCH_EXACT, &exact);
        same += hits_in_both(&got, &exact);
        approximate += (got.flags & OV_RESULT_APPROXIMATE) != 0;
        ov_page_clear(&got);
        ov_page_clear(&exact);
    }
    query.filter = filter;
    must(world,
         ov_collection_search(world->collection, &query, &explain, &page, &world->err));
    ov_page_clear(&page);
    printf("%5.1f %% pass: p50 %8.3f ms, %d of %d by the graph, %lld of %d hits, "
           "recall@10 %.4f\n      plan: %s\n",
           per_mille / 10.0, bench_median(times, QUERIES) / 1e6, approximate, QUERIES,
           (long long)found, QUERIES * TOP, (double)same / (QUERIES * TOP), plan);
    bench_expect("hits that are missing", (double)(QUERIES * TOP - found), 0);
    bench_expect("recall@10 that is missing", 1 - (double)same / (QUERIES * TOP), 0.05);
}

static void bench_filters(struct world *world)
{
    static const int shares[] = { 1, 10, 100, 500, 1000 };
    size_t i;

    bench_title("filtered search, 30,000 x 384, 40 queries");
    for (i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
        bench_filter(world, shares[i]);
}

/* --------------------------------------------------------------------- main */

/* The bare program connects as the INI says. */
static PGconn *connect_bare(const char *ini)
{
    char line[4096];
    PGconn *conn = NULL;
    FILE *in = fopen(ini, "r");

    if (in == NULL)
        bench_die("cannot read '%s'", ini);
    while (conn == NULL && fgets(line, sizeof(line), in) != NULL) {
        char *value = strchr(line, '=');

        if (strncmp(line, "url", 3) != 0 || value == NULL)
            continue;
        value += 1 + strspn(value + 1, " \"");
        value[strcspn(value, "\"\n")] = '\0';
        conn = PQconnectdb(value);
    }
    fclose(in);
    if (conn == NULL || PQstatus(conn) != CONNECTION_OK)
        bench_die("no connection for the bare program: %s",
                  conn != NULL ? PQerrorMessage(conn) : "no url");
    return conn;
}

int main(int argc, char **argv)
{
    static struct world world = { .err = OV_ERROR_INIT };
    struct ov_host_options options = { .size = sizeof(options) };
    struct ov_config *config = NULL;
    struct ov_host *host = NULL;
    int q;

    if (argc != 3) {
        fputs("usage: bench-pgvector PLUGIN_DIR INI\n", stderr);
        return 2;
    }
    bench_pin(0);
    options.plugin_path = argv[1];
    world.arena = ov_arena_new();
    make_vectors(&world);
    must(&world, ov_host_open(&options, &host, &world.err));
    must(&world, ov_config_read(argv[2], &config, &world.err));
    must(&world, ov_store_open(host, config, NULL, NULL, &world.store, &world.err));
    world.conn = connect_bare(argv[2]);
    load(&world);
    bench_searches(&world);
    bench_filters(&world);
    bench_upserts(&world);
    for (q = 0; q < QUERIES; q++)
        tape_clear(&world.tapes[q]);
    tape_clear(&world.upsert);
    PQfinish(world.conn);
    ov_collection_free(world.collection);
    ov_store_free(world.store);
    ov_config_free(config);
    ov_host_close(host);
    ov_arena_free(world.arena);
    free(world.vectors);
    return bench_missed() > 0;
}
