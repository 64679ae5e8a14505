/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.c - the host: a search path, what was found on it, who listens.
 *
 * The catalogue is replaced as a whole by a rescan; whoever reads holds a reference to
 * the one it began with, so nothing is called under the host's lock.
 */
#include "loader.h"
#include "lock.h"
#include "provider.h"

#include <ov/sdk.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ov_host {
    pthread_mutex_t lock;
    struct catalogue *catalogue;
    char *path;
    ov_log_fn *log;
    void *log_ctx;
};

/* -------------------------------------------------------------------------- log */

void host_log_text(struct ov_host *host, uint32_t level, const char *store,
                   struct ov_str message)
{
    uint64_t step = 0, at = 0;
    char *copy;

    if (host->log == NULL)
        return;
    while (at < message.n &&
           !ov_text_unshown(message.p + at, message.p + message.n, &step))
        at += step;
    if (at == message.n) {
        host->log(host->log_ctx, level, store, message);
        return;
    }
    copy = malloc((size_t)message.n);
    if (copy == NULL)
        return;
    memcpy(copy, message.p, (size_t)message.n);
    message = (struct ov_str){ copy, ov_text_tame(copy, message.n, 0) };
    host->log(host->log_ctx, level, store, message);
    free(copy);
}

void host_log(struct ov_host *host, uint32_t level, const char *store, const char *format,
              ...)
{
    char line[1024];
    va_list list;
    int n;

    if (host->log == NULL)
        return;
    va_start(list, format);
    n = vsnprintf(line, sizeof(line), format, list);
    va_end(list);
    if (n < 0)
        return;
    host_log_text(
        host, level, store,
        (struct ov_str){ line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1 });
}

static void log_candidates(struct ov_host *host, const struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->n; i++) {
        const struct candidate *candidate = catalogue->items[i];
        const struct finding *finding = candidate_finding(candidate);
        const struct verdict_info *info = verdict_info(finding->verdict);

        if (info->status == OV_REFUSED)
            host_log(host, OV_LOG_WARNING, NULL, "%s: %s: %s", info->id, candidate->path,
                     finding->reason);
        else if (info->status == OV_IGNORED)
            host_log(host, OV_LOG_DEBUG, NULL, "%s: %s: %s", info->id, candidate->path,
                     finding->reason);
        if (info->status == OV_USABLE && candidate->warning[0] != '\0')
            host_log(host, OV_LOG_WARNING, NULL, "%s: %s", candidate->path,
                     candidate->warning);
    }
}

/* -------------------------------------------------------------------- catalogue */

static struct catalogue *hold_catalogue(struct ov_host *host)
{
    struct catalogue *catalogue;

    lock_take(&host->lock);
    catalogue = host->catalogue;
    catalogue_ref(catalogue);
    lock_leave(&host->lock);
    return catalogue;
}

static int32_t scan(const char *path, struct catalogue **out, struct ov_error *err)
{
    struct catalogue *catalogue = catalogue_new();
    int32_t status;

    if (catalogue == NULL)
        return ov_no_memory(err);
    status = scan_path(path, catalogue, err);
    if (status != OV_OK) {
        catalogue_unref(catalogue);
        return status;
    }
    for (size_t i = 0; i < catalogue->n; i++)
        loader_recall(catalogue->items[i]);
    catalogue_settle(catalogue);
    *out = catalogue;
    return OV_OK;
}

/* A shell that sets the variable to nothing means that it is not set. */
static const char *choose_path(const struct ov_host_options *options)
{
    const char *path;

    if (options != NULL && OV_HAS(options, plugin_path) && options->plugin_path != NULL)
        return options->plugin_path;
    path = secure_getenv("OV_PLUGIN_PATH");
    return path != NULL && path[0] != '\0' ? path : OV_BACKEND_DIR;
}

int32_t ov_host_open(const struct ov_host_options *options, struct ov_host **out,
                     struct ov_error *err)
{
    struct ov_host *host;
    int32_t status;

    if (out == NULL)
        return ov_fail(err, OV_INVALID, "no place for the host");
    if (options != NULL && OV_HAS(options, flags) && options->flags != 0)
        return ov_fail(err, OV_INVALID, "unknown host flags 0x%x", options->flags);
    host = calloc(1, sizeof(*host));
    if (host == NULL)
        return ov_no_memory(err);
    pthread_mutex_init(&host->lock, NULL);
    if (options != NULL && OV_HAS(options, log_ctx)) {
        host->log = options->log;
        host->log_ctx = options->log_ctx;
    }
    host->path = strdup(choose_path(options));
    status =
        host->path == NULL ? ov_no_memory(err) : scan(host->path, &host->catalogue, err);
    if (status != OV_OK) {
        ov_host_close(host);
        return status;
    }
    log_candidates(host, host->catalogue);
    *out = host;
    return OV_OK;
}

void ov_host_close(struct ov_host *host)
{
    if (host == NULL)
        return;
    catalogue_unref(host->catalogue);
    pthread_mutex_destroy(&host->lock);
    free(host->path);
    free(host);
}

int32_t ov_host_rescan(struct ov_host *host, struct ov_error *err)
{
    struct catalogue *found = NULL, *old;
    int32_t status = scan(host->path, &found, err);

    if (status != OV_OK)
        return status;
    log_candidates(host, found);
    lock_take(&host->lock);
    old = host->catalogue;
    host->catalogue = found;
    lock_leave(&host->lock);
    catalogue_unref(old);
    return OV_OK;
}

void ov_host_candidates(struct ov_host *host, ov_candidate_fn *take, void *ctx)
{
    struct catalogue *catalogue = hold_catalogue(host);

    for (size_t i = 0; i < catalogue->n; i++) {
        struct ov_candidate shown;

        candidate_show(catalogue->items[i], &shown);
        take(ctx, &shown);
    }
    catalogue_unref(catalogue);
}

void ov_host_probe(struct ov_host *host)
{
    struct catalogue *catalogue = hold_catalogue(host);

    for (size_t i = 0; i < catalogue->n; i++) {
        const struct provider *provider;

        if (catalogue->items[i]->found.verdict == VERDICT_OK)
            (void)loader_load(catalogue->items[i], &provider, NULL);
    }
    catalogue_unref(catalogue);
}

int32_t ov_host_probe_one(struct ov_host *host, const char *path, ov_candidate_fn *take,
                          void *ctx, struct ov_error *err)
{
    struct catalogue *catalogue = catalogue_new();
    const struct provider *provider;
    struct ov_candidate shown;
    int32_t status;

    (void)host;
    if (catalogue == NULL)
        return ov_no_memory(err);
    status = scan_file(path, catalogue, err);
    if (status == OV_OK && catalogue->items[0]->found.verdict == VERDICT_OK) {
        loader_recall(catalogue->items[0]);
        status = loader_load(catalogue->items[0], &provider, err);
    }
    if (status == OV_OK) {
        candidate_show(catalogue->items[0], &shown);
        take(ctx, &shown);
    }
    catalogue_unref(catalogue);
    return status;
}

/* --------------------------------------------------------------------- providers */

/* "a, b" of those that have this status; what does not fit becomes "...". */
static void list_names(const struct catalogue *catalogue, uint32_t status, char *out,
                       size_t capacity)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < catalogue->n; i++) {
        const struct candidate *candidate = catalogue->items[i];
        const struct verdict_info *info =
            verdict_info(candidate_finding(candidate)->verdict);
        int n;

        if (info->status != status)
            continue;
        n = snprintf(out + used, capacity - used, "%s%s%s%s%s", used > 0 ? ", " : "",
                     candidate->name, status == OV_REFUSED ? " (" : "",
                     status == OV_REFUSED ? info->id : "",
                     status == OV_REFUSED ? ")" : "");
        if (n < 0 || (size_t)n >= capacity - used) {
            strcpy(out + (used > capacity - 5 ? capacity - 5 : used), " ...");
            return;
        }
        used += (size_t)n;
    }
}

static int32_t say_unknown(const struct catalogue *catalogue, const char *name,
                           struct ov_error *err)
{
    char there[120], refused[140];

    list_names(catalogue, OV_USABLE, there, sizeof(there));
    list_names(catalogue, OV_REFUSED, refused, sizeof(refused));
    return ov_fail(err, OV_NOT_FOUND, "no provider '%.40s'; there %s%s%s%s", name,
                   there[0] != '\0' ? "are: " : "is none", there,
                   refused[0] != '\0' ? "; refused: " : "", refused);
}

/* The one of that name or alias that was refused; NULL when there is none. */
static const struct candidate *find_refused(const struct catalogue *catalogue,
                                            const char *name)
{
    for (size_t i = 0; i < catalogue->n; i++) {
        const struct candidate *candidate = catalogue->items[i];

        if (verdict_info(candidate_finding(candidate)->verdict)->status == OV_REFUSED &&
            candidate_answers(candidate, name))
            return candidate;
    }
    return NULL;
}

/* A file that took the place of a good one and is refused does not end its service. */
static int32_t find_older(struct ov_host *host, const struct catalogue *catalogue,
                          const char *name, const struct provider **out,
                          struct ov_error *err)
{
    const struct candidate *refused = find_refused(catalogue, name);
    const struct provider *older = refused == NULL ? NULL : loader_older(refused);
    const struct finding *finding;

    if (refused == NULL)
        return say_unknown(catalogue, name, err);
    finding = candidate_finding(refused);
    if (older == NULL)
        return ov_fail(err, OV_NOT_FOUND, "provider '%s' is refused: %s: %s", name,
                       verdict_info(finding->verdict)->id, finding->reason);
    host_log(host, OV_LOG_WARNING, NULL,
             "%s: %s: %s; version %s, loaded before, goes on serving",
             verdict_info(finding->verdict)->id, refused->path, finding->reason,
             older->version);
    *out = older;
    return OV_OK;
}

static int32_t find_provider(struct ov_host *host, const struct catalogue *catalogue,
                             const char *name, const struct provider **out,
                             struct ov_error *err)
{
    const struct candidate *other;
    struct candidate *candidate = catalogue_find(catalogue, name, &other);
    const struct provider *provider;
    int32_t status;

    if (candidate == NULL)
        return find_older(host, catalogue, name, out, err);
    if (other != NULL)
        return ov_fail(err, OV_INVALID,
                       "alias '%s' is ambiguous: name the provider '%s' or '%s'", name,
                       candidate->name, other->name);
    status = loader_load(candidate, &provider, err);
    if (status != OV_OK)
        return status;
    if (provider == NULL)
        return find_older(host, catalogue, candidate->name, out, err);
    *out = provider;
    return OV_OK;
}

int32_t host_provider(struct ov_host *host, const char *name, const struct provider **out,
                      struct ov_error *err)
{
    struct catalogue *catalogue;
    int32_t status;

    if (name == NULL || name[0] == '\0')
        return ov_fail(err, OV_INVALID, "a provider without a name");
    catalogue = hold_catalogue(host);
    status = find_provider(host, catalogue, name, out, err);
    catalogue_unref(catalogue);
    return status;
}

int32_t ov_host_describe(struct ov_host *host, const char *provider,
                         const struct ov_description **out, const char **name,
                         struct ov_error *err)
{
    const struct provider *found;
    int32_t status = host_provider(host, provider, &found, err);

    if (status != OV_OK)
        return status;
    *out = found->description;
    if (name != NULL)
        *name = found->name;
    return OV_OK;
}
