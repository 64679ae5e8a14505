/* SPDX-License-Identifier: Apache-2.0 */
/* folder.c - a plugin folder of a test's own. */
#include "folder.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char folder[512];
char extra_path[1024];

void make_folder(void)
{
    snprintf(folder, sizeof(folder), "%s", temp_path("plugins"));
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    extra_path[0] = '\0';
}

const char *in_folder(const char *file)
{
    static char paths[4][640];
    static unsigned int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, file);
    return path;
}

const char *so_name(const char *object)
{
    static char names[4][64];
    static unsigned int next;
    char *name = names[next++ % 4];

    snprintf(name, sizeof(names[0]), "libov_backend_%s.so", object);
    return name;
}

void put_file(const char *from, const char *to)
{
    char path[640];
    size_t n = 0;
    char *bytes;

    snprintf(path, sizeof(path), "%s/%s", getenv("OV_ZOO"), from);
    bytes = read_text(path, &n);
    ck_assert_msg(bytes != NULL, "no zoo object '%s'", path);
    write_bytes(in_folder("new"), bytes, n);
    free(bytes);
    ck_assert_int_eq(chmod(in_folder("new"), 0644), 0);
    ck_assert_int_eq(rename(in_folder("new"), to), 0);
}

void put(const char *object)
{
    put_file(so_name(object), in_folder(so_name(object)));
}

struct ov_host *open_host(void)
{
    struct ov_host_options options = { .size = sizeof(options) };
    struct ov_host *host = NULL;
    char path[1600];

    snprintf(path, sizeof(path), "%s%s", folder, extra_path);
    options.plugin_path = path;
    ck_ok(ov_host_open(&options, &host, &err));
    return host;
}

/* ------------------------------------------------------------------ what was found */

static int ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static void take(void *ctx, const struct ov_candidate *candidate)
{
    struct found *found = ctx;

    if (!ends_with(candidate->path, found->wanted))
        return;
    found->n++;
    found->status = candidate->status;
    found->generation = candidate->generation;
    snprintf(found->verdict, sizeof(found->verdict), "%s", candidate->verdict);
    snprintf(found->stage, sizeof(found->stage), "%s", candidate->stage);
    snprintf(found->reason, sizeof(found->reason), "%s", candidate->reason);
    snprintf(found->remedy, sizeof(found->remedy), "%s", candidate->remedy);
    snprintf(found->warning, sizeof(found->warning), "%s", candidate->warning);
}

struct found look(struct ov_host *host, const char *wanted)
{
    struct found found = { .wanted = wanted };

    ov_host_candidates(host, take, &found);
    ck_assert_msg(found.n > 0, "nothing ends with '%s'", wanted);
    return found;
}
