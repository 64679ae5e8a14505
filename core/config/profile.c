/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c - the host's own keys: what each may be, and what stands for a missing one.
 */
#include "profile.h"

#include "inifile.h"
#include "values.h"

#include <ov/schema.h>
#include <ov/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DIMENSION 1000000
#define MAX_NAME 128 /* characters */
#define DEFAULT_TIMEOUT_NS INT64_C(30000000000)

const struct profile *profile_find(const struct ov_config *config, const char *name)
{
    if (name == NULL)
        name = "";
    for (uint32_t i = 0; i < config->n_profiles; i++)
        if (strcmp(config->profiles[i].name, name) == 0)
            return &config->profiles[i];
    return NULL;
}

const struct entry *profile_entry(const struct profile *profile, const char *key)
{
    for (uint32_t i = 0; i < profile->n_entries; i++)
        if (strcmp(profile->entries[i].key, key) == 0)
            return &profile->entries[i];
    return NULL;
}

char *profile_absolute(const char *folder, const char *path)
{
    size_t n_folder = path[0] == '/' ? 0 : strlen(folder);
    char *out = malloc(n_folder + strlen(path) + 2);
    size_t n = 0;

    if (out == NULL)
        return NULL;
    if (n_folder > 0) {
        memcpy(out, folder, n_folder);
        n = n_folder;
        while (n > 0 && out[n - 1] == '/')
            n--;
    }
    while (*path != '\0') {
        size_t step = strcspn(path, "/");

        if (step > 0 && !(step == 1 && path[0] == '.')) {
            out[n++] = '/';
            memmove(out + n, path, step);
            n += step;
        }
        path += step + (path[step] == '/');
    }
    if (n == 0)
        out[n++] = '/';
    out[n] = '\0';
    return out;
}

/* A name that a provider will carry: D21's rule. */
static const char *fault_of_name(const char *text)
{
    size_t n = 0;

    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p < ' ' || *p == 0x7F)
            return "holds a control character";
        n += (*p & 0xC0) != 0x80;
    }
    if (n == 0)
        return "is empty";
    return n > MAX_NAME ? "is longer than 128 characters" : NULL;
}

static int32_t set_backend(struct ov_settings *settings, const char *value,
                           struct ov_error *err)
{
    if (!inifile_key(value, strlen(value)))
        return ov_fail(err, OV_INVALID,
                       "'backend' is '%.*s': the name of a provider is of a-z, 0-9 and "
                       "'_', and begins with a letter",
                       values_brief(value), value);
    settings->backend = value;
    return OV_OK;
}

static int32_t set_table(struct ov_settings *settings, const char *value,
                         struct ov_error *err)
{
    const char *fault = fault_of_name(value);

    if (fault != NULL)
        return ov_fail(err, OV_INVALID, "'table' %s", fault);
    settings->table = value;
    return OV_OK;
}

static int32_t set_index_name(struct ov_settings *settings, const char *value,
                              struct ov_error *err)
{
    const char *fault = fault_of_name(value);

    if (fault != NULL)
        return ov_fail(err, OV_INVALID, "'index_name' %s", fault);
    settings->index_name = value;
    return OV_OK;
}

static int32_t set_index_kind(struct ov_settings *settings, const char *value,
                              struct ov_error *err)
{
    if (!inifile_key(value, strlen(value)))
        return ov_fail(err, OV_INVALID,
                       "'index_kind' is '%.*s': auto, flat, or a kind that the provider "
                       "has",
                       values_brief(value), value);
    settings->index_kind = value;
    return OV_OK;
}

static int32_t set_distance(struct ov_settings *settings, const char *value,
                            struct ov_error *err)
{
    struct values_nearest nearest;
    char hint[VALUES_HINT];

    if (strcmp(value, "cosine") == 0)
        settings->metric = OV_COSINE;
    else if (strcmp(value, "ip") == 0)
        settings->metric = OV_IP;
    else if (strcmp(value, "l2") == 0)
        settings->metric = OV_L2;
    else {
        values_nearest_begin(&nearest, value);
        values_nearest_words(&nearest, "cosine ip l2");
        return ov_fail(err, OV_INVALID, "'distance' is '%.*s': cosine, ip or l2%s",
                       values_brief(value), value, values_hint(&nearest, hint));
    }
    return OV_OK;
}

static int32_t set_dimension(struct ov_settings *settings, const char *value,
                             struct ov_error *err)
{
    int64_t number;

    if (ov_int_parse(ov_str_of(value), &number) != OV_OK || number < 1 ||
        number > MAX_DIMENSION)
        return ov_fail(err, OV_INVALID,
                       "'dimension' is '%.*s': a whole number from 1 to %d",
                       values_brief(value), value, MAX_DIMENSION);
    settings->dimension = (uint32_t)number;
    return OV_OK;
}

static int32_t set_sparse_weight(struct ov_settings *settings, const char *value,
                                 struct ov_error *err)
{
    double number;

    if (ov_double_parse(ov_str_of(value), &number) != OV_OK || !(number >= 0))
        return ov_fail(err, OV_INVALID, "'sparse_weight' is '%.*s': a number from 0 on",
                       values_brief(value), value);
    settings->sparse_weight = number;
    return OV_OK;
}

static int32_t set_timeout(struct ov_settings *settings, const char *value,
                           struct ov_error *err)
{
    int64_t ms, ns;

    if (values_duration(value, &ms) != 0 ||
        __builtin_mul_overflow(ms, INT64_C(1000000), &ns))
        return ov_fail(err, OV_INVALID,
                       "'timeout' is '%.*s': a time such as 250ms, 30s, 5min or 1h; 0 is "
                       "none",
                       values_brief(value), value);
    settings->timeout_ns = ns;
    return OV_OK;
}

static int32_t set_isolation(struct ov_settings *settings, const char *value,
                             struct ov_error *err)
{
    if (strcmp(value, "none") != 0)
        return ov_fail(err, OV_INVALID, "'isolation' is '%.*s': only 'none' is known",
                       values_brief(value), value);
    settings->isolation = 0;
    return OV_OK;
}

static const struct {
    const char *key;
    int32_t (*set)(struct ov_settings *settings, const char *value, struct ov_error *err);
} setters[] = {
    { "backend", set_backend },       { "table", set_table },
    { "index_name", set_index_name }, { "index_kind", set_index_kind },
    { "distance", set_distance },     { "dimension", set_dimension },
    { "timeout", set_timeout },       { "sparse_weight", set_sparse_weight },
    { "isolation", set_isolation },
};

int32_t profile_check(const struct ov_config *config, struct profile *profile,
                      struct ov_error *err)
{
    struct ov_settings settings = {
        .size = sizeof(settings),
        .table = "context",
        .index_name = "default",
        .index_kind = "auto",
        .metric = OV_COSINE,
        .timeout_ns = DEFAULT_TIMEOUT_NS,
    };

    for (size_t i = 0; i < sizeof(setters) / sizeof(setters[0]); i++) {
        const struct entry *entry = profile_entry(profile, setters[i].key);

        if (entry == NULL)
            continue;
        if (setters[i].set(&settings, entry->value, err) != OV_OK)
            return inifile_place(err, config->origin, entry->line);
    }
    if (settings.backend == NULL) {
        ov_fail(err, OV_INVALID,
                "[storage.vectordb%s%s] has no 'backend', the name of a provider",
                profile->name[0] != '\0' ? ":" : "", profile->name);
        return inifile_place(err, config->origin, profile->line);
    }
    profile->settings = settings;
    return OV_OK;
}
