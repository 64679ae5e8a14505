/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import.c - JSON lines into the collection, in batches that are in or not in.
 *
 * A file is gone through twice: nothing is written before its last line was found good.
 * What comes down a pipe is looked at batch by batch, and a bad one ends it.
 */
#include "ctl.h"

#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BATCH_ROWS 500
#define BATCH_BYTES (16u << 20)

struct import {
    struct ctl *ctl;
    const char *name; /* for places */
    FILE *file;
    char *line;
    size_t room;
    ssize_t pending; /* bytes of a line that is the next batch's; 0: none */
    uint64_t line_number;
    uint64_t read, total; /* bytes */
    struct ov_arena *arena;
    struct ov_doc *records;
    uint64_t lines[BATCH_ROWS]; /* where each came from */
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* "r.jsonl:3 level", the end of a long name. */
static void place(struct import *in, uint64_t line, const char *field)
{
    struct ov_error *err = &in->ctl->err;
    char text[160];
    int n = snprintf(text, sizeof(text), ":%llu%s%.60s", (unsigned long long)line,
                     field[0] != '\0' ? " " : "", field);
    size_t room = sizeof(err->where) - (size_t)n - 1, length = strlen(in->name);
    const char *name = in->name;

    if (length > room)
        name += length - room;
    memmove(err->where + strlen(name), text, (size_t)n + 1);
    memcpy(err->where, name, strlen(name));
}

/* OV_OK and *n 0 at the end of the file. Lines without anything are passed over. */
static int32_t next_line(struct import *in, ssize_t *n)
{
    *n = in->pending;
    in->pending = 0;
    while (*n == 0) {
        errno = 0;
        *n = getline(&in->line, &in->room, in->file);
        if (*n < 0 && feof(in->file)) {
            *n = 0;
            return OV_OK;
        }
        if (*n < 0 && interrupted)
            return fail_cancelled(in->ctl);
        if (*n < 0)
            return ov_fail(&in->ctl->err, errno == ENOMEM ? OV_NO_SPACE : OV_INVALID,
                           "'%s' cannot be read: %s", in->name, strerrordesc_np(errno));
        in->read += (uint64_t)*n;
        in->line_number++;
        while (*n > 0 && strchr(" \t\r\n", in->line[*n - 1]) != NULL)
            --*n;
    }
    return OV_OK;
}

static int32_t add_record(struct import *in, ssize_t n)
{
    struct ov_error *err = &in->ctl->err;
    struct ov_doc *record;
    int32_t status =
        ov_doc_parse(in->arena, (struct ov_str){ in->line, (uint64_t)n }, &record, err);

    if (status == OV_OK && record->kind != OV_DOC_OBJECT)
        status = ov_fail(err, OV_INVALID, "a line is one record, a JSON object");
    if (status != OV_OK) {
        place(in, in->line_number, "");
        return status;
    }
    in->lines[in->records->n] = in->line_number;
    if (ov_doc_append(in->arena, in->records, record) != OV_OK)
        need(NULL);
    return OV_OK;
}

static int32_t fill_batch(struct import *in)
{
    size_t bytes = 0;
    ssize_t n;

    ov_arena_reset(in->arena);
    in->records = need(ov_doc_list(in->arena));
    while (in->records->n < BATCH_ROWS) {
        int32_t status = next_line(in, &n);

        if (status != OV_OK || n == 0)
            return status;
        if (bytes > 0 && bytes + (size_t)n > BATCH_BYTES) {
            in->pending = n;
            return OV_OK;
        }
        bytes += (size_t)n;
        status = add_record(in, n);
        if (status != OV_OK)
            return status;
    }
    return OV_OK;
}

/* The host counts rows and names the field; a person counts lines. */
static int32_t send_batch(struct import *in, int writing)
{
    struct ctl *ctl = in->ctl;
    struct ov_error *err = &ctl->err;
    char field[sizeof(err->where)];
    int32_t status;

    if (writing)
        status =
            ov_collection_upsert(ctl->collection, in->records, NULL, &ctl->options, err);
    else
        status = ov_collection_check(ctl->collection, in->records, &ctl->options, err);
    if (status == OV_OK)
        return OV_OK;
    memcpy(field, err->where, sizeof(field));
    if (err->row >= 0 && err->row < BATCH_ROWS)
        place(in, in->lines[err->row], field);
    return status;
}

static int32_t go_through(struct import *in, int writing)
{
    int32_t status;

    for (;;) {
        status = fill_batch(in);
        if (status != OV_OK || in->records->n == 0)
            return status;
        status = send_batch(in, writing);
        if (status != OV_OK)
            return status;
        if (writing)
            in->ctl->imported += (int64_t)in->records->n;
        if (interrupted)
            return fail_cancelled(in->ctl);
        progress_show(writing ? "importing" : "checking",
                      (double)(in->total > 0 ? in->read : in->line_number),
                      (double)in->total);
    }
}

/* Derived indexes may wait until all is in; not every provider has such a thing. */
static int32_t write_all(struct import *in)
{
    struct ctl *ctl = in->ctl;
    int32_t bulk = ov_bulk_begin(ctl->collection, &ctl->options, &ctl->err), status;
    struct ov_error ignored = OV_ERROR_INIT;

    if (bulk == OV_UNSUPPORTED)
        ov_error_reset(&ctl->err);
    else if (bulk != OV_OK)
        return bulk;
    ctl->imported = 0;
    status = go_through(in, 1);
    if (bulk == OV_OK) {
        int32_t end = ov_bulk_end(ctl->collection, &ctl->options,
                                  status == OV_OK ? &ctl->err : &ignored);

        status = status == OV_OK ? end : status;
    }
    return status;
}

static int32_t open_input(struct import *in)
{
    struct stat info;

    if (strcmp(in->name, "-") == 0) {
        in->name = "standard input";
        in->file = stdin;
        return OV_OK;
    }
    in->file = fopen(in->name, "re");
    if (in->file == NULL || fstat(fileno(in->file), &info) != 0)
        return ov_fail(&in->ctl->err, errno == ENOENT ? OV_NOT_FOUND : OV_INVALID,
                       "'%s' cannot be read: %s", in->name, strerrordesc_np(errno));
    in->total = S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
    return OV_OK;
}

static int32_t import(struct import *in)
{
    int32_t status = open_input(in);

    if (status == OV_OK)
        status = open_collection(in->ctl);
    if (status == OV_OK && in->total > 0) {
        status = go_through(in, 0);
        rewind(in->file);
        in->line_number = in->read = 0;
    }
    return status == OV_OK ? write_all(in) : status;
}

int run_import(struct ctl *ctl)
{
    struct import in = { .ctl = ctl, .name = ctl->args.words[0] };
    double began = now(), seconds;
    struct ov_doc *answer;
    int32_t status;

    in.arena = need(ov_arena_new());
    status = import(&in);
    free(in.line);
    if (in.file != NULL && in.file != stdin)
        fclose(in.file);
    ov_arena_free(in.arena);
    if (status != OV_OK) {
        ctl->imported = ctl->imported < 0 ? 0 : ctl->imported;
        return fail(ctl);
    }
    seconds = now() - began;
    if (!ctl->args.json) {
        progress_end();
        printf("imported %lld record%s in %.1f s\n", (long long)ctl->imported,
               ctl->imported == 1 ? "" : "s", seconds);
        return EXIT_SUCCESS;
    }
    answer = make_object(ctl);
    set_int(ctl, answer, "imported", ctl->imported);
    set_real(ctl, answer, "seconds", round(seconds * 1000) / 1000);
    return done(ctl, answer);
}
