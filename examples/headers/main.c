/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header-corpus records TERMS < PATHS > RECORDS   one JSON record for each comment
 * header-corpus vector TERMS QUESTION             the question as a vector
 * header-corpus sparse TERMS QUESTION             and as weighted terms
 *
 * PATHS has one header a line. TERMS is written by the first form and read by the others.
 */
#include "corpus.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct corpus {
    struct terms *terms;
    struct entry *entries;
    size_t n, room;
    double mean_length;
};

static void keep(void *ctx, const struct entry *entry)
{
    struct corpus *corpus = ctx;
    struct entry *kept;

    if (corpus->n == corpus->room) {
        corpus->room = corpus->room * 2 + 1024;
        corpus->entries = realloc(corpus->entries, corpus->room * sizeof(*kept));
        if (corpus->entries == NULL)
            abort();
    }
    kept = &corpus->entries[corpus->n++];
    kept->file = strdup(entry->file);
    kept->name = strdup(entry->name);
    kept->comment = strdup(entry->comment);
    kept->declaration = strdup(entry->declaration);
    terms_learn(corpus->terms, entry->comment);
}

/* The folder below the include root: "linux", "x86_64-linux-gnu/asm", or "c". */
static void print_folder(const char *file, const char *before, FILE *out)
{
    const char *root = strstr(file, "/include/"), *slash = strrchr(file, '/');
    char folder[512] = "c";

    root = root != NULL ? root + 9 : file + 1;
    if (slash > root && (size_t)(slash - root) < sizeof(folder)) {
        memcpy(folder, root, (size_t)(slash - root));
        folder[slash - root] = '\0';
    }
    fputs(before, out);
    fprintf(out, "%s\"", folder);
}

static void print_time(const char *file, FILE *out)
{
    struct stat info;
    struct tm parts;
    char text[32] = "";

    if (stat(file, &info) == 0 && gmtime_r(&info.st_mtime, &parts) != NULL)
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    fprintf(out, ",\"created_at\":\"%s\",\"updated_at\":\"%s\"", text, text);
}

/* FNV-1a: the same uri has the same id on every machine, so a second import replaces. */
static unsigned long long hash_of(const char *text)
{
    unsigned long long hash = 14695981039346656037ull;

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211ull;
    return hash;
}

/* same: how often this file has declared this name before. */
static void print_record(struct corpus *corpus, const struct entry *entry, int same,
                         FILE *out)
{
    size_t n = strlen(entry->file) + strlen(entry->name) + 32;
    char *uri = malloc(n);
    float vector[DIM];
    double length;

    if (uri == NULL)
        abort();
    if (same > 0)
        snprintf(uri, n, "%s/%s#%d", entry->file, entry->name, same + 1);
    else
        snprintf(uri, n, "%s/%s", entry->file, entry->name);
    fprintf(out, "{\"id\":\"%016llx\",\"uri\":", hash_of(uri));
    print_text(uri, out);
    fputs(
        ",\"context_type\":\"resource\",\"level\":2,\"account_id\":\"default\",\"name\":",
        out);
    print_text(entry->name, out);
    fputs(",\"abstract\":", out);
    print_text(entry->comment, out);
    fputs(",\"content\":", out);
    n = strlen(entry->comment) + strlen(entry->declaration) + 2;
    uri = realloc(uri, n);
    if (uri == NULL)
        abort();
    snprintf(uri, n, "%s\n%s", entry->comment, entry->declaration);
    print_text(uri, out);
    print_folder(entry->file, ",\"tags\":\"", out);
    print_folder(entry->file, ",\"search_tags\":[\"folder=", out);
    fputc(']', out);
    print_time(entry->file, out);
    free(uri);
    length = pivoted_length(text_length(corpus->terms, entry->comment, RECORD),
                            corpus->mean_length);
    embed(corpus->terms, entry->comment, RECORD, length, vector);
    fputs(",\"vector\":", out);
    print_vector(vector, out);
    fputs(",\"sparse_vector\":", out);
    print_sparse(corpus->terms, entry->comment, RECORD, length, out);
    fputs("}\n", out);
}

static int records(const char *terms_file)
{
    struct corpus corpus = { terms_new(), NULL, 0, 0, 0 };
    char path[4096];
    size_t i, j;
    FILE *out;

    while (fgets(path, sizeof(path), stdin) != NULL) {
        path[strcspn(path, "\n")] = '\0';
        if (extract(path, keep, &corpus) < 0)
            fprintf(stderr, "cannot read '%s'\n", path);
    }
    for (i = 0; i < corpus.n; i++)
        corpus.mean_length +=
            text_length(corpus.terms, corpus.entries[i].comment, RECORD) /
            (double)corpus.n;
    for (i = 0; i < corpus.n; i++) {
        int same = 0;

        /* Entries of one file lie together. */
        for (j = i;
             j-- > 0 && strcmp(corpus.entries[j].file, corpus.entries[i].file) == 0;)
            same += strcmp(corpus.entries[j].name, corpus.entries[i].name) == 0;
        print_record(&corpus, &corpus.entries[i], same, stdout);
    }
    fprintf(stderr, "records: %zu\n", corpus.n);
    out = fopen(terms_file, "w");
    if (out == NULL || terms_save(corpus.terms, out) != 0 || fclose(out) != 0) {
        fprintf(stderr, "cannot write '%s'\n", terms_file);
        return 1;
    }
    for (i = 0; i < corpus.n; i++) {
        free((char *)corpus.entries[i].file);
        free(corpus.entries[i].name);
        free(corpus.entries[i].comment);
        free(corpus.entries[i].declaration);
    }
    free(corpus.entries);
    terms_free(corpus.terms);
    return fflush(stdout) != 0;
}

static int question(const char *form, const char *terms_file, const char *text)
{
    struct terms *terms = terms_new();
    FILE *in = fopen(terms_file, "r");
    float vector[DIM];
    int bad = in == NULL || terms_load(terms, in) != 0;

    if (bad)
        fprintf(stderr, "cannot read '%s'\n", terms_file);
    else if (strcmp(form, "vector") == 0) {
        embed(terms, text, QUESTION, text_length(terms, text, QUESTION), vector);
        print_vector(vector, stdout);
    } else {
        print_sparse(terms, text, QUESTION, text_length(terms, text, QUESTION), stdout);
    }
    if (in != NULL)
        fclose(in);
    terms_free(terms);
    return bad;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "records") == 0)
        return records(argv[2]);
    if (argc == 4 && (strcmp(argv[1], "vector") == 0 || strcmp(argv[1], "sparse") == 0))
        return question(argv[1], argv[2], argv[3]);
    fputs("usage: header-corpus records TERMS < PATHS\n"
          "       header-corpus vector|sparse TERMS QUESTION\n",
          stderr);
    return 2;
}
