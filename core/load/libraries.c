/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libraries.c - where the libraries of a file come from.
 *
 * Looked at as the dynamic loader does it (ld.so(8)): a name with '/' is a path; another
 * is looked for in the run path's folders. Each such folder counts, also one that is not
 * there and that somebody could make, and each library that is found there.
 */
#include "libraries.h"

#include "way.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MOST_LOOKS 1024 /* ways that are walked for one provider */
#define MOST_DEPTH 8    /* libraries of libraries */

#ifndef DT_AUXILIARY
#define DT_AUXILIARY 0x7ffffffd
#endif
#ifndef DT_FILTER
#define DT_FILTER 0x7fffffff
#endif

struct search {
    struct trust trust;
    struct candidate *candidate;
    int looks;
};

/* One file of the chain; origin is the folder that it lies in. */
struct object {
    const struct elf *elf;
    const struct elf_link *link;
    const char *origin;
    int depth;
};

static int look_at_object(struct search *search, const struct object *object);

static int judge(void *ctx, const char *path, const struct stat *info,
                 const struct stat *next)
{
    const struct search *search = ctx;
    struct candidate *candidate = search->candidate;
    char why[TRUST_WHY];
    enum trust_fault fault = trust_judge(&search->trust, path, info, next, why);

    if (fault == TRUST_WRITABLE)
        return verdict_give(&candidate->found, VERDICT_LIBRARY_WRITABLE,
                            "it would load libraries by way of '%.200s', which %s", path,
                            why);
    if (fault == TRUST_OWNER && search->trust.raised)
        return verdict_give(&candidate->found, VERDICT_OWNER,
                            "it would load libraries by way of '%.200s', which %s", path,
                            why);
    if (fault == TRUST_OWNER)
        verdict_warn(candidate->warning, sizeof(candidate->warning), VERDICT_OWNER,
                     "'%.200s' %s", path, why);
    return 0;
}

/* 1: stop. *way is good when it is 0 and the function says so. */
static int walk(struct search *search, const char *path, struct way *way, int *good)
{
    int stopped;

    *good = 0;
    if (search->looks++ >= MOST_LOOKS)
        return verdict_give(&search->candidate->found, VERDICT_ELF_LARGE,
                            "its run paths and libraries make more than %d places to "
                            "look at",
                            MOST_LOOKS);
    stopped = way_walk(path, way, judge, search);
    if (stopped == 0 && way->missing)
        return judge(search, way->end, &way->info, NULL);
    *good = stopped == 0;
    return stopped > 0;
}

/* What does the library itself need? A file that is no object is the loader's matter. */
static int look_into(struct search *search, const struct way *way, const char *folder,
                     int depth)
{
    struct elf elf = { .bytes = (uint64_t)way->info.st_size };
    struct elf_link link;
    int stop = 0;

    if (!S_ISREG(way->info.st_mode) || depth > MOST_DEPTH)
        return 0;
    elf.fd = open(way->end, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (elf.fd < 0)
        return 0;
    if (elf_read(&elf, 0, &elf.header, sizeof(elf.header)) == ELF_OK &&
        memcmp(elf.header.e_ident, ELFMAG, SELFMAG) == 0 &&
        elf_segments(&elf) == ELF_OK && elf_link_read(&elf, &link) == ELF_OK) {
        struct object object = { &elf, &link, folder, depth };

        stop = look_at_object(search, &object);
        elf_link_free(&link);
    }
    close(elf.fd);
    return stop;
}

static int look_at_file(struct search *search, const char *path, int depth)
{
    char folder[PATH_MAX];
    struct way way;
    char *slash;
    int good;

    if (walk(search, path, &way, &good))
        return 1;
    if (!good)
        return 0;
    snprintf(folder, sizeof(folder), "%s", path);
    slash = strrchr(folder, '/');
    slash[slash == folder ? 1 : 0] = '\0';
    return look_into(search, &way, folder, depth);
}

/* Puts the folder where it says $ORIGIN; what stands behind another '$' is unknown, so it
 * ends before that name. 0, or -1 when it is too long. */
static int expand(const char *text, size_t n, const char *origin, char out[PATH_MAX])
{
    static const char *const names[] = { "$ORIGIN", "${ORIGIN}" };
    size_t used = 0;

    for (size_t i = 0; i < n;) {
        size_t skip = 0;

        for (size_t j = 0; j < 2 && skip == 0; j++)
            if (n - i >= strlen(names[j]) &&
                strncmp(text + i, names[j], strlen(names[j])) == 0)
                skip = strlen(names[j]);
        if (skip == 0 && text[i] == '$')
            break;
        if (used + (skip > 0 ? strlen(origin) : 1) + 1 >= PATH_MAX)
            return -1;
        if (skip > 0)
            used = (size_t)(stpcpy(out + used, origin) - out);
        else
            out[used++] = text[i];
        i += skip > 0 ? skip : 1;
    }
    out[used] = '\0';
    return 0;
}

static int is_wanted(int64_t tag)
{
    return tag == DT_NEEDED || tag == DT_AUXILIARY || tag == DT_FILTER;
}

/* The folder itself, and each wanted library in it. */
static int look_in_folder(struct search *search, const struct object *object,
                          const char *folder)
{
    const struct elf_link *link = object->link;
    struct way way;
    int good;

    if (walk(search, folder, &way, &good))
        return 1;
    if (!good || !S_ISDIR(way.info.st_mode))
        return 0;
    for (size_t i = 0; i < link->n_entries && link->entries[i].d_tag != DT_NULL; i++) {
        const char *name = elf_string(link, link->entries[i].d_un.d_val);
        char path[PATH_MAX];

        if (!is_wanted(link->entries[i].d_tag) || strchr(name, '/') != NULL ||
            strlen(folder) + strlen(name) + 2 > sizeof(path))
            continue;
        strcpy(stpcpy(stpcpy(path, folder), "/"), name);
        if (access(path, F_OK) == 0 && look_at_file(search, path, object->depth + 1))
            return 1;
    }
    return 0;
}

/* A place that does not begin with '/' counts from the working directory. */
static int refuse_relative(struct search *search, const char *place, size_t n)
{
    return verdict_give(
        &search->candidate->found, VERDICT_LIBRARY_WRITABLE,
        "it would load libraries by '%.*s', which counts from the working "
        "directory",
        (int)(n < 200 ? n : 200), place);
}

static int look_in_run_path(struct search *search, const struct object *object,
                            const char *list)
{
    for (const char *at = list;; at++) {
        size_t n = strcspn(at, ":");
        char folder[PATH_MAX];

        if (expand(at, n, object->origin, folder) != 0)
            return verdict_give(&search->candidate->found, VERDICT_ELF_LARGE,
                                "a folder of its run path is longer than a path");
        if (folder[0] != '/') {
            if (refuse_relative(search, at, n))
                return 1;
        } else if (look_in_folder(search, object, folder)) {
            return 1;
        }
        at += n;
        if (*at == '\0')
            return 0;
    }
}

static int look_at_object(struct search *search, const struct object *object)
{
    const struct elf_link *link = object->link;

    for (size_t i = 0; i < link->n_entries && link->entries[i].d_tag != DT_NULL; i++) {
        const char *text = elf_string(link, link->entries[i].d_un.d_val);
        int64_t tag = link->entries[i].d_tag;
        char path[PATH_MAX];
        int stop = 0;

        if ((tag == DT_RUNPATH || tag == DT_RPATH) && text[0] != '\0')
            stop = look_in_run_path(search, object, text);
        else if (is_wanted(tag) && strchr(text, '/') != NULL &&
                 expand(text, strlen(text), object->origin, path) == 0)
            stop = path[0] == '/' ? look_at_file(search, path, object->depth + 1)
                                  : refuse_relative(search, text, strlen(text));
        if (stop)
            return 1;
    }
    return 0;
}

int libraries_check(const struct elf *elf, const struct elf_link *link,
                    struct candidate *candidate)
{
    struct search search = { trust_of_process(), candidate, 0 };
    struct object object = { elf, link, candidate->folder, 0 };

    return candidate->folder != NULL && look_at_object(&search, &object);
}
