/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export.c - every record as a line of JSON, in the order of keys.
 *
 * A file appears under its name only when it is whole.
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

#define PAGE_ROWS 500

struct export_run {
    struct ctl *ctl;
    const char *name; /* NULL: standard output */
    char *beside;     /* the file while it is not whole; NULL: written in place */
    FILE *file;
    struct ov_arena *arena;
    uint64_t total;
    int64_t written;
};

static int32_t fail_write(struct export_run *ex)
{
    int32_t code = errno == ENOSPC || errno == EDQUOT ? OV_NO_SPACE : OV_INVALID;

    if (errno == EACCES || errno == EPERM || errno == EROFS)
        code = OV_DENIED;
    return ov_fail(&ex->ctl->err, code, "'%s' cannot be written: %s",
                   ex->name != NULL ? ex->name : "standard output",
                   strerrordesc_np(errno));
}

/* A device or a pipe is written to, not replaced. */
static int32_t open_output(struct export_run *ex)
{
    struct stat info;
    int fd;

    if (ex->name == NULL) {
        ex->file = stdout;
        return OV_OK;
    }
    if (stat(ex->name, &info) == 0 && !S_ISREG(info.st_mode)) {
        ex->file = fopen(ex->name, "we");
        return ex->file == NULL ? fail_write(ex) : OV_OK;
    }
    if (asprintf(&ex->beside, "%s.%ld", ex->name, (long)getpid()) < 0) {
        ex->beside = NULL;
        need(NULL);
    }
    fd = open(ex->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        free(ex->beside);
        ex->beside = NULL;
        return fail_write(ex);
    }
    ex->file = need(fdopen(fd, "w"));
    return OV_OK;
}

static int32_t write_page(struct export_run *ex, const struct ov_page *page)
{
    ov_arena_reset(ex->arena);
    for (int64_t row = 0; row < page->rows; row++) {
        const struct ov_doc *record = need(ov_page_record(page, row, ex->arena));
        char *json;
        size_t n;
        int32_t status = ov_doc_print(record, &json, &n, &ex->ctl->err);

        if (status != OV_OK)
            return status;
        json[n] = '\n';
        errno = 0;
        n = fwrite(json, n + 1, 1, ex->file);
        free(json);
        if (n != 1)
            return fail_write(ex);
    }
    ex->written += page->rows;
    progress_show("exporting", (double)ex->written, (double)ex->total);
    return OV_OK;
}

/* Two pages take turns: the next begins behind the last. */
static int32_t write_pages(struct export_run *ex)
{
    struct ctl *ctl = ex->ctl;
    struct ov_page pages[2] = { OV_PAGE_INIT, OV_PAGE_INIT };
    struct ov_listing listing = { .size = sizeof(listing), .limit = PAGE_ROWS };
    int turn = 0;
    int32_t status;

    listing.fields.size = sizeof(listing.fields);
    do {
        ov_page_clear(&pages[turn]);
        status = ov_collection_scan(ctl->collection, &listing, &ctl->options,
                                    &pages[turn], &ctl->err);
        if (status == OV_OK)
            status = write_page(ex, &pages[turn]);
        listing.after = &pages[turn];
        turn = !turn;
    } while (status == OV_OK && listing.after->rows == PAGE_ROWS);
    ov_page_clear(&pages[0]);
    ov_page_clear(&pages[1]);
    return status;
}

static int32_t close_output(struct export_run *ex, int32_t status)
{
    if (ex->file == NULL || ex->file == stdout)
        return status;
    errno = 0;
    if (status == OV_OK &&
        (fflush(ex->file) != 0 || (ex->beside != NULL && fsync(fileno(ex->file)) != 0)))
        status = fail_write(ex);
    errno = 0;
    if (fclose(ex->file) != 0 && status == OV_OK)
        status = fail_write(ex);
    if (ex->beside == NULL)
        return status;
    if (status == OV_OK && rename(ex->beside, ex->name) != 0)
        status = fail_write(ex);
    if (status != OV_OK)
        unlink(ex->beside);
    free(ex->beside);
    return status;
}

static int32_t export(struct export_run *ex)
{
    struct ctl *ctl = ex->ctl;
    int32_t status = open_collection(ctl);

    if (status == OV_OK)
        status = ov_collection_count(ctl->collection, NULL, &ex->total, &ctl->options,
                                     &ctl->err);
    if (status == OV_OK)
        status = open_output(ex);
    if (status == OV_OK)
        status = write_pages(ex);
    return close_output(ex, status);
}

int run_export(struct ctl *ctl)
{
    struct export_run ex = { .ctl = ctl };
    struct timespec began, ended;
    struct ov_doc *answer;
    double seconds;
    int32_t status;

    if (ctl->args.n_words == 1 && strcmp(ctl->args.words[0], "-") != 0)
        ex.name = ctl->args.words[0];
    if (ex.name == NULL && ctl->args.json)
        return usage(ctl,
                     "'export --json' wants a file: standard output is the answer's");
    clock_gettime(CLOCK_MONOTONIC, &began);
    ex.arena = need(ov_arena_new());
    status = export(&ex);
    ov_arena_free(ex.arena);
    progress_end();
    if (status != OV_OK)
        return fail(ctl);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    seconds = (double)(ended.tv_sec - began.tv_sec) +
              (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
    if (ctl->args.json) {
        answer = make_object(ctl);
        set_int(ctl, answer, "exported", ex.written);
        set_real(ctl, answer, "seconds", round(seconds * 1000) / 1000);
        return done(ctl, answer);
    }
    if (ex.name != NULL)
        printf("exported %lld record%s in %.1f s\n", (long long)ex.written,
               ex.written == 1 ? "" : "s", seconds);
    return EXIT_SUCCESS;
}
