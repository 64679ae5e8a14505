/* SPDX-License-Identifier: Apache-2.0 */
/* catalogue.c - the list of candidates: who shadows whom, whose alias it is. */
#include "candidate.h"
#include "provider.h"

#include <stdlib.h>
#include <string.h>

static void free_candidate(struct candidate *candidate)
{
    if (candidate == NULL)
        return;
    free(candidate->path);
    free(candidate->folder);
    free(candidate);
}

struct catalogue *catalogue_new(void)
{
    struct catalogue *catalogue = calloc(1, sizeof(*catalogue));

    if (catalogue != NULL)
        atomic_init(&catalogue->refs, 1);
    return catalogue;
}

void catalogue_ref(struct catalogue *catalogue)
{
    atomic_fetch_add_explicit(&catalogue->refs, 1, memory_order_relaxed);
}

void catalogue_unref(struct catalogue *catalogue)
{
    if (catalogue == NULL ||
        atomic_fetch_sub_explicit(&catalogue->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < catalogue->n; i++)
        free_candidate(catalogue->items[i]);
    free(catalogue->items);
    free(catalogue);
}

static int make_room(struct catalogue *catalogue)
{
    size_t room = catalogue->room == 0 ? 16 : catalogue->room * 2;
    struct candidate **grown;

    if (catalogue->n < catalogue->room)
        return 0;
    grown = reallocarray(catalogue->items, room, sizeof(struct candidate *));
    if (grown == NULL)
        return -1;
    catalogue->items = grown;
    catalogue->room = room;
    return 0;
}

struct candidate *catalogue_add(struct catalogue *catalogue, const char *folder,
                                const char *path)
{
    struct candidate *candidate = calloc(1, sizeof(*candidate));
    const char *slash;

    if (candidate == NULL)
        return NULL;
    candidate->path = strdup(path);
    candidate->folder = folder == NULL ? NULL : strdup(folder);
    if (candidate->path == NULL || (folder != NULL && candidate->folder == NULL) ||
        make_room(catalogue) != 0) {
        free_candidate(candidate);
        return NULL;
    }
    slash = strrchr(candidate->path, '/');
    candidate->file = slash == NULL ? candidate->path : slash + 1;
    atomic_init(&candidate->settled, 0);
    catalogue->items[catalogue->n++] = candidate;
    return candidate;
}

/* ------------------------------------------------------------- names, aliases */

static int usable(const struct candidate *candidate)
{
    return candidate_finding(candidate)->verdict == VERDICT_OK;
}

static int has_word(const char *words, const char *word, size_t n)
{
    while (*words != '\0') {
        size_t m = strcspn(words, " ");

        if (m == n && n > 0 && memcmp(words, word, n) == 0)
            return 1;
        words += m;
        words += strspn(words, " ");
    }
    return 0;
}

int candidate_answers(const struct candidate *candidate, const char *name)
{
    return strcmp(candidate->name, name) == 0 ||
           has_word(candidate->aliases, name, strlen(name));
}

static void mark_shadowed(struct catalogue *catalogue, size_t at)
{
    struct candidate *late = catalogue->items[at];

    for (size_t i = 0; i < at; i++) {
        const struct candidate *first = catalogue->items[i];

        if (!usable(first) || strcmp(first->name, late->name) != 0)
            continue;
        verdict_give(&late->found, VERDICT_SHADOWED, "'%s' comes first on the path",
                     first->path);
        return;
    }
}

/* Who else has this alias; NULL when nobody has or when it is somebody's name. */
static const struct candidate *other_bearer(const struct catalogue *catalogue,
                                            const struct candidate *candidate,
                                            const char *alias, size_t n)
{
    const struct candidate *found = NULL;

    for (size_t i = 0; i < catalogue->n; i++) {
        const struct candidate *other = catalogue->items[i];

        if (!usable(other))
            continue;
        if (strlen(other->name) == n && memcmp(other->name, alias, n) == 0)
            return other == candidate ? NULL : other;
        if (found == NULL && other != candidate && has_word(other->aliases, alias, n))
            found = other;
    }
    return found;
}

static void warn_aliases(const struct catalogue *catalogue, struct candidate *candidate)
{
    const char *alias = candidate->aliases;

    while (*alias != '\0') {
        size_t n = strcspn(alias, " ");
        const struct candidate *other =
            n == 0 ? NULL : other_bearer(catalogue, candidate, alias, n);

        if (other != NULL)
            verdict_warn(
                candidate->warning, sizeof(candidate->warning), VERDICT_ALIAS,
                "its alias '%.*s' is also a name of '%s', so it does not lead here",
                (int)n, alias, other->name);
        alias += n;
        alias += strspn(alias, " ");
    }
}

void catalogue_settle(struct catalogue *catalogue)
{
    for (size_t i = 0; i < catalogue->n; i++)
        if (usable(catalogue->items[i]))
            mark_shadowed(catalogue, i);
    for (size_t i = 0; i < catalogue->n; i++)
        if (usable(catalogue->items[i]))
            warn_aliases(catalogue, catalogue->items[i]);
}

struct candidate *catalogue_find(const struct catalogue *catalogue, const char *name,
                                 const struct candidate **other)
{
    struct candidate *found = NULL;

    *other = NULL;
    for (size_t i = 0; i < catalogue->n; i++) {
        struct candidate *candidate = catalogue->items[i];

        if (usable(candidate) && strcmp(candidate->name, name) == 0)
            return candidate;
    }
    for (size_t i = 0; i < catalogue->n; i++) {
        struct candidate *candidate = catalogue->items[i];

        if (!usable(candidate) || !has_word(candidate->aliases, name, strlen(name)))
            continue;
        if (found == NULL)
            found = candidate;
        else if (*other == NULL)
            *other = candidate;
    }
    return found;
}

/* ------------------------------------------------------------------ one of them */

const struct finding *candidate_finding(const struct candidate *candidate)
{
    if (candidate->found.verdict == VERDICT_OK &&
        atomic_load_explicit(&candidate->settled, memory_order_acquire))
        return &candidate->late;
    return &candidate->found;
}

void candidate_show(const struct candidate *candidate, struct ov_candidate *out)
{
    const struct finding *finding = candidate_finding(candidate);
    const struct verdict_info *info = verdict_info(finding->verdict);
    int bound = atomic_load_explicit(&candidate->settled, memory_order_acquire);
    struct ov_candidate shown = {
        .size = sizeof(shown),
        .status = info->status,
        .path = candidate->path,
        .verdict = info->id,
        .stage = finding->verdict == VERDICT_OK && !bound ? "preflight" : info->stage,
        .reason = finding->reason,
        .remedy = info->remedy,
        .warning = candidate->warning,
        .name = candidate->name,
        .version = candidate->version,
        .vendor = candidate->vendor,
        .aliases = candidate->aliases,
        .abi = candidate->abi,
        .generation = candidate->generation,
    };

    *out = shown;
}
