/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.c - what a provider declares against what the operator wrote.
 *
 * Values of secrets are never copied: a plain one stays in the config, and for a file or
 * a variable only its name is kept, so that a password that changes is seen at the next
 * connect. No message holds the value of an option that may be one.
 */
#include "options.h"

#include "inifile.h"
#include "profile.h"
#include "resolved.h"
#include "values.h"

#include <ov/sdk.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t find_option(const struct ov_description *description, const char *name,
                            size_t n)
{
    for (uint32_t i = 0; i < description->n_options; i++)
        if (strncmp(description->options[i]->name, name, n) == 0 &&
            description->options[i]->name[n] == '\0')
            return i;
    return OV_NONE;
}

/* Length of key without the suffix, or 0 when it has another end. */
static size_t stem(const char *key, const char *suffix)
{
    size_t n = strlen(key), m = strlen(suffix);

    return n > m && strcmp(key + n - m, suffix) == 0 ? n - m : 0;
}

/* ------------------------------------------------------------ keys to options */

static int32_t refuse_key(const struct resolved *r, const struct entry *entry,
                          struct ov_error *err)
{
    const struct ov_description *description = r->description;
    struct values_nearest nearest;
    char hint[VALUES_HINT], known[160] = "";
    size_t n = 0;

    values_nearest_begin(&nearest, entry->key);
    values_nearest_words(&nearest, PROFILE_KEYS);
    for (uint32_t i = 0; i < description->n_options; i++) {
        const char *name = description->options[i]->name;

        values_nearest_try(&nearest, name);
        if (n < sizeof(known))
            n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", n > 0 ? ", " : "",
                                  name);
    }
    values_hint(&nearest, hint);
    if (hint[0] != '\0')
        return ov_fail(err, OV_INVALID, "provider '%s' has no option '%s'%s",
                       r->profile->settings.backend, entry->key, hint);
    return ov_fail(err, OV_INVALID, "provider '%s' has no option '%s'; it has %s%s",
                   r->profile->settings.backend, entry->key, n > 0 ? known : "none",
                   n >= sizeof(known) ? " ..." : "");
}

static int32_t assign(struct resolved *r, uint32_t ordinal, enum source source,
                      const struct entry *entry, struct ov_error *err)
{
    struct origin *origin = &r->origins[ordinal];
    const char *name = r->description->options[ordinal]->name;

    if (origin->source != SOURCE_NONE)
        return ov_fail(err, OV_INVALID,
                       "'%s' says again what line %u says: of '%s', '%s_file' and "
                       "'%s_env' one is wanted",
                       entry->key, (unsigned int)origin->line, name, name, name);
    origin->source = source;
    origin->text = entry->value;
    origin->line = entry->line;
    if (source != SOURCE_FILE)
        return OV_OK;
    origin->own = profile_absolute(r->config->folder, entry->value);
    origin->text = origin->own;
    return origin->own == NULL ? ov_no_memory(err) : OV_OK;
}

static int32_t take_entry(struct resolved *r, const struct entry *entry,
                          struct ov_error *err)
{
    static const struct {
        const char *suffix;
        enum source source;
    } forms[] = { { "_file", SOURCE_FILE }, { "_env", SOURCE_ENV } };
    uint32_t ordinal = find_option(r->description, entry->key, strlen(entry->key));

    if (ordinal != OV_NONE)
        return assign(r, ordinal, SOURCE_PLAIN, entry, err);
    for (size_t i = 0; i < 2; i++) {
        size_t n = stem(entry->key, forms[i].suffix);

        ordinal = n > 0 ? find_option(r->description, entry->key, n) : OV_NONE;
        if (ordinal != OV_NONE && option_is_secret(r->description->options[ordinal]))
            return assign(r, ordinal, forms[i].source, entry, err);
    }
    return refuse_key(r, entry, err);
}

static int32_t take_entries(struct resolved *r, struct ov_error *err)
{
    for (uint32_t i = 0; i < r->profile->n_entries; i++) {
        const struct entry *entry = &r->profile->entries[i];

        if (values_among(PROFILE_KEYS, entry->key))
            continue;
        if (take_entry(r, entry, err) != OV_OK)
            return inifile_place(err, r->config->origin, entry->line);
    }
    return OV_OK;
}

/* ------------------------------------------------------------ texts to values */

static int32_t set_value(struct resolved *r, uint32_t ordinal, const char *text,
                         struct ov_error *err)
{
    const struct ov_option *option = r->description->options[ordinal];
    struct origin *origin = &r->origins[ordinal];
    struct ov_scalar value = { .type = OV_TEXT };

    if (option_is_secret(option))
        return OV_OK;
    if (option->kind != OV_OPTION_PATH) {
        int32_t status = option_read(option, text, &value, err);

        if (status != OV_OK)
            return status;
    } else {
        origin->own = profile_absolute(r->config->folder, text);
        if (origin->own == NULL)
            return ov_no_memory(err);
        if (option_path_check(option, text, err) != OV_OK)
            return OV_INVALID;
        value.u.s = ov_str_of(origin->own);
    }
    r->options.settings[ordinal] = value;
    return OV_OK;
}

/* ------------------------------------------------------------------- resolving */

static int32_t resolve_one(struct resolved *r, uint32_t ordinal, struct ov_error *err)
{
    const struct ov_option *option = r->description->options[ordinal];
    struct origin *origin = &r->origins[ordinal];
    int32_t status = OV_OK;

    if (values_among(PROFILE_KEYS, option->name))
        return ov_fail(err, OV_INTERNAL,
                       "provider '%s' declares '%s', which is a key of the host",
                       r->profile->settings.backend, option->name);
    if (origin->source == SOURCE_NONE && option->fallback != NULL) {
        origin->source = SOURCE_PLAIN;
        origin->text = option->fallback;
        origin->line = r->profile->line;
    }
    if (origin->source == SOURCE_NONE && (option->flags & OV_OPTION_REQUIRED) != 0) {
        ov_fail(err, OV_INVALID, "provider '%s' needs '%s': %s",
                r->profile->settings.backend, option->name,
                option->text != NULL ? option->text : "it has no default");
        return inifile_place(err, r->config->origin, r->profile->line);
    }
    if (origin->source == SOURCE_NONE)
        return OV_OK;
    status = option_is_secret(option) ? secret_check(r, ordinal, err)
                                      : set_value(r, ordinal, origin->text, err);
    return status == OV_OK ? OV_OK : inifile_place(err, r->config->origin, origin->line);
}

static int32_t check_index_kind(const struct resolved *r, struct ov_error *err)
{
    const char *kind = r->profile->settings.index_kind;
    const char *kinds = r->description->index_kinds;
    const struct entry *entry = profile_entry(r->profile, "index_kind");
    struct values_nearest nearest;
    char hint[VALUES_HINT];

    if (kinds == NULL)
        kinds = "";
    if (values_among("auto flat", kind) || values_among(kinds, kind))
        return OV_OK;
    values_nearest_begin(&nearest, kind);
    values_nearest_words(&nearest, "auto flat");
    values_nearest_words(&nearest, kinds);
    ov_fail(err, OV_INVALID, "provider '%s' has no index kind '%s', only auto flat %s%s",
            r->profile->settings.backend, kind, kinds, values_hint(&nearest, hint));
    return inifile_place(err, r->config->origin, entry->line);
}

void options_free(struct options *options)
{
    struct resolved *r = (struct resolved *)options;

    if (r == NULL)
        return;
    for (uint32_t i = 0; i < r->options.n && r->origins != NULL; i++)
        free(r->origins[i].own);
    free(r->origins);
    free(r->options.settings);
    free(r);
}

int32_t options_resolve(const struct ov_config *config, const char *profile,
                        const struct ov_description *description, struct options **out,
                        struct ov_error *err)
{
    struct ov_settings settings = { .size = sizeof(settings) };
    int32_t status = ov_config_settings(config, profile, &settings, err);
    struct resolved *r;

    if (status != OV_OK)
        return status;
    r = calloc(1, sizeof(*r));
    if (r == NULL)
        return ov_no_memory(err);
    r->config = config;
    r->profile = profile_find(config, profile);
    r->description = description;
    r->options.n = description->n_options;
    r->options.settings = calloc(r->options.n + 1, sizeof(struct ov_scalar));
    r->origins = calloc(r->options.n + 1, sizeof(struct origin));
    if (r->options.settings == NULL || r->origins == NULL)
        status = ov_no_memory(err);
    else
        status = take_entries(r, err);
    for (uint32_t i = 0; status == OV_OK && i < r->options.n; i++)
        status = resolve_one(r, i, err);
    if (status == OV_OK)
        status = check_index_kind(r, err);
    if (status == OV_OK)
        *out = &r->options;
    else
        options_free(&r->options);
    return status;
}
