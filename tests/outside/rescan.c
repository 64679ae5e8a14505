/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rescan DIR FIRST SECOND NAME: a host process that is running meets a provider.
 *
 * Built against the installed host alone. DIR is empty at first; FIRST is dropped in
 * and must be found by a rescan, serve, and go on serving after SECOND has taken its
 * place under the same file name, while a store opened from then on gets SECOND.
 */
#include <ov/store.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ov_error err = OV_ERROR_INIT;

static void fail(const char *what)
{
    printf("FAILED: %s: %s: %s\n", what, ov_status_name(err.code), err.message);
    exit(1);
}

static void must(int32_t code, const char *what)
{
    if (code != OV_OK)
        fail(what);
}

static void check(int truth, const char *what)
{
    if (!truth)
        fail(what);
}

static void copy_file(const char *from, const char *to)
{
    char bytes[65536];
    size_t n;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");

    check(in != NULL && out != NULL, "copy");
    while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
        check(fwrite(bytes, 1, n, out) == n, "copy");
    fclose(in);
    check(fclose(out) == 0, "copy");
}

/* As an operator should: beside it, then a rename. */
static void drop_in(const char *from, const char *dir, const char *name)
{
    char to[4096], beside[4096];

    snprintf(to, sizeof(to), "%s/libov_backend_%s.so", dir, name);
    snprintf(beside, sizeof(beside), "%s/.new", dir);
    copy_file(from, beside);
    check(rename(beside, to) == 0, "rename");
}

struct seen {
    int usable;
    char version[32];
};

static void look(void *ctx, const struct ov_candidate *candidate)
{
    struct seen *seen = ctx;

    if (candidate->status != OV_USABLE)
        return;
    seen->usable++;
    snprintf(seen->version, sizeof(seen->version), "%s", candidate->version);
}

static struct seen candidates(struct ov_host *host)
{
    struct seen seen = { 0, "" };

    ov_host_candidates(host, look, &seen);
    return seen;
}

static struct ov_store *open_store(struct ov_host *host, const char *name)
{
    const struct ov_pair backend = { "backend", name };
    struct ov_config *config = NULL;
    struct ov_store *store = NULL;

    must(ov_config_of(&backend, 1, "rescan", "/", &config, &err), "config");
    must(ov_store_open(host, config, NULL, NULL, &store, &err), "open");
    ov_config_free(config);
    return store;
}

static struct ov_doc *parse(struct ov_arena *arena, const char *json)
{
    struct ov_doc *doc = NULL;

    must(ov_doc_parse(arena, ov_str_of(json), &doc, &err), json);
    return doc;
}

/* Make the collection if it is not there, write one record, find it. */
static void serve(struct ov_store *store, const char *id)
{
    struct ov_arena *arena = ov_arena_new();
    struct ov_collection *collection = NULL;
    struct ov_page page = OV_PAGE_INIT;
    const float vector[4] = { 1, 0, 0, 0 };
    struct ov_query query = {
        .size = sizeof(query), .dense = vector, .dim = 4, .limit = 10
    };
    char json[256];
    int created;

    must(ov_store_create(
             store,
             &(struct ov_collection_spec){ .size = sizeof(struct ov_collection_spec),
                                           .name = "context",
                                           .meta = ov_context_meta(arena, 4) },
             &created, NULL, &err),
         "create");
    must(ov_store_collection(store, "context", NULL, &collection, &err), "collection");
    snprintf(json, sizeof(json), "[{\"id\":\"%s\",\"vector\":[1,0,0,0]}]", id);
    must(ov_collection_upsert(collection, parse(arena, json), NULL, NULL, &err),
         "upsert");
    must(ov_collection_search(collection, &query, NULL, &page, &err), "search");
    check(page.rows >= 1, "the record is found");
    ov_page_clear(&page);
    ov_collection_free(collection);
    ov_arena_free(arena);
}

int main(int argc, char **argv)
{
    struct ov_host_options options = { .size = sizeof(options) };
    struct ov_host *host = NULL;
    struct ov_store *old, *new;
    struct seen first, second;
    pid_t before = getpid();

    if (argc != 5)
        return 2;
    options.plugin_path = argv[1];
    must(ov_host_open(&options, &host, &err), "host");
    check(candidates(host).usable == 0, "nothing is there at first");

    drop_in(argv[2], argv[1], argv[4]);
    must(ov_host_rescan(host, &err), "rescan");
    first = candidates(host);
    check(first.usable == 1, "the file is found");
    old = open_store(host, argv[4]);
    serve(old, "a");

    drop_in(argv[3], argv[1], argv[4]);
    must(ov_host_rescan(host, &err), "rescan");
    second = candidates(host);
    check(second.usable == 1 && strcmp(first.version, second.version) != 0,
          "the newer file is seen");
    new = open_store(host, argv[4]);
    serve(new, "b");
    serve(old, "c");
    check(ov_store_description(old) != ov_store_description(new),
          "both generations serve side by side");
    check(getpid() == before, "same process");
    ov_store_free(old);
    ov_store_free(new);
    ov_host_close(host);
    printf("found %s, then %s beside it, in process %d\n", first.version, second.version,
           (int)before);
    return 0;
}
