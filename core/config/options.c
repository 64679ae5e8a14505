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
#include "values.h"

#include <ov/sdk.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SECRET 16384 /* bytes */

enum source { SOURCE_NONE, SOURCE_PLAIN, SOURCE_FILE, SOURCE_ENV };

/* Where one option's value is from. */
struct origin {
    enum source source;
    const char *text; /* the value, the file or the variable; borrowed */
    char *own;        /* a path made absolute, or NULL */
    uint32_t line;
};

struct resolved {
    struct options options; /* first: what callers see */
    const struct ov_config *config;
    const struct profile *profile;
    const struct ov_description *description;
    struct origin *origins;
};

static int is_secret(const struct ov_option *option)
{
    return option->kind == OV_OPTION_SECRET || option->kind == OV_OPTION_URL;
}

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
        if (ordinal != OV_NONE && is_secret(r->description->options[ordinal]))
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

static int within(const struct ov_option *option, double value)
{
    return option->low >= option->high || (value >= option->low && value <= option->high);
}

/* " from 1 to 100 ms", or "". */
static const char *print_bounds(const struct ov_option *option, char *buffer, size_t room)
{
    char low[OV_NUMBER_TEXT], high[OV_NUMBER_TEXT];
    uint64_t n = ov_double_print(option->low, low),
             m = ov_double_print(option->high, high);
    const char *unit = "";

    if (option->kind == OV_OPTION_MS)
        unit = " ms";
    else if (option->kind == OV_OPTION_BYTES)
        unit = " bytes";
    buffer[0] = '\0';
    if (option->low < option->high)
        snprintf(buffer, room, ", from %.*s to %.*s%s", (int)n, low, (int)m, high, unit);
    return buffer;
}

static const char *expected(const struct ov_option *option)
{
    switch ((enum ov_option_kind)option->kind) {
    case OV_OPTION_INT:
        return "a whole number";
    case OV_OPTION_REAL:
        return "a number";
    case OV_OPTION_BOOL:
        return "yes or no";
    case OV_OPTION_MS:
        return "a time such as 250ms, 30s, 5min or 1h";
    case OV_OPTION_BYTES:
        return "a size such as 4096, 512KiB or 64MiB";
    case OV_OPTION_WORD:
        return option->words;
    case OV_OPTION_TEXT:
    case OV_OPTION_PATH:
    case OV_OPTION_SECRET:
    case OV_OPTION_URL:
        break;
    }
    return "a text";
}

static int32_t refuse_value(const struct ov_option *option, const char *text,
                            struct ov_error *err)
{
    struct values_nearest nearest;
    char hint[VALUES_HINT] = "", bounds[128];

    if (option->kind == OV_OPTION_WORD) {
        values_nearest_begin(&nearest, text);
        values_nearest_words(&nearest, option->words);
        return ov_fail(err, OV_INVALID, "'%s' is '%.*s': one of '%s'%s", option->name,
                       values_brief(text), text, option->words,
                       values_hint(&nearest, hint));
    }
    return ov_fail(err, OV_INVALID, "'%s' is '%.*s': %s%s", option->name,
                   values_brief(text), text, expected(option),
                   print_bounds(option, bounds, sizeof(bounds)));
}

static int parse_number(const struct ov_option *option, const char *text,
                        struct ov_scalar *out)
{
    out->type = OV_INT64;
    switch ((enum ov_option_kind)option->kind) {
    case OV_OPTION_INT:
        if (ov_int_parse(ov_str_of(text), &out->u.i) != OV_OK)
            return -1;
        break;
    case OV_OPTION_MS:
        if (values_duration(text, &out->u.i) != 0)
            return -1;
        break;
    case OV_OPTION_BYTES:
        if (values_size(text, &out->u.i) != 0)
            return -1;
        break;
    case OV_OPTION_BOOL:
        out->type = OV_BOOL;
        return values_bool(text, &out->u.i);
    case OV_OPTION_REAL:
        out->type = OV_FLOAT64;
        if (ov_double_parse(ov_str_of(text), &out->u.f) != OV_OK)
            return -1;
        return within(option, out->u.f) ? 0 : -1;
    case OV_OPTION_TEXT:
    case OV_OPTION_PATH:
    case OV_OPTION_WORD:
    case OV_OPTION_SECRET:
    case OV_OPTION_URL:
        return -1;
    }
    return within(option, (double)out->u.i) ? 0 : -1;
}

static int32_t set_value(struct resolved *r, uint32_t ordinal, const char *text,
                         struct ov_error *err)
{
    const struct ov_option *option = r->description->options[ordinal];
    struct origin *origin = &r->origins[ordinal];
    struct ov_scalar value = { .type = OV_TEXT };

    switch ((enum ov_option_kind)option->kind) {
    case OV_OPTION_PATH:
        origin->own = profile_absolute(r->config->folder, text);
        if (origin->own == NULL)
            return ov_no_memory(err);
        if (text[0] == '\0')
            return ov_fail(err, OV_INVALID, "'%s' is empty: a path", option->name);
        if (text[0] == '~')
            return ov_fail(err, OV_INVALID,
                           "'%s' begins with '~', which means nothing here; ${HOME} does",
                           option->name);
        value.u.s = ov_str_of(origin->own);
        break;
    case OV_OPTION_WORD:
        if (!values_among(option->words, text))
            return refuse_value(option, text, err);
        value.u.s = ov_str_of(text);
        break;
    case OV_OPTION_TEXT:
        value.u.s = ov_str_of(text);
        break;
    case OV_OPTION_INT:
    case OV_OPTION_REAL:
    case OV_OPTION_BOOL:
    case OV_OPTION_MS:
    case OV_OPTION_BYTES:
        if (parse_number(option, text, &value) != 0)
            return refuse_value(option, text, err);
        break;
    case OV_OPTION_SECRET:
    case OV_OPTION_URL:
        return OV_OK;
    }
    r->options.settings[ordinal] = value;
    return OV_OK;
}

/* ------------------------------------------------------------------- secrets */

static int32_t lend(const char *text, size_t n, char *buffer, uint64_t capacity,
                    uint64_t *length)
{
    memcpy(buffer, text, n < capacity ? n : (size_t)capacity);
    *length = n;
    return n <= capacity ? OV_OK : OV_LIMIT;
}

/* The file's content without its last newline. errno says why on OV_DENIED. */
static int32_t read_secret(const char *path, char *content, size_t *n)
{
    /* A pipe that nobody writes to must not hold up a connect. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), number;
    struct stat info;
    ssize_t got = 0;
    size_t used = 0;

    if (fd < 0)
        return OV_DENIED;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        errno = EINVAL;
        return OV_DENIED;
    }
    do {
        got = read(fd, content + used, MAX_SECRET + 2 - used);
        used += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && used < MAX_SECRET + 2) || (got < 0 && errno == EINTR));
    number = errno;
    close(fd);
    errno = number;
    if (got < 0)
        return OV_DENIED;
    if (used > 0 && content[used - 1] == '\n')
        used--;
    if (used > 0 && content[used - 1] == '\r')
        used--;
    *n = used;
    return used > MAX_SECRET || memchr(content, '\0', used) != NULL ? OV_INVALID : OV_OK;
}

int32_t options_secret(const struct options *options, uint32_t ordinal, char *buffer,
                       uint64_t capacity, uint64_t *length)
{
    const struct resolved *r = (const struct resolved *)options;
    const struct origin *origin;
    char content[MAX_SECRET + 2];
    const char *value;
    size_t n = 0;
    int32_t status;

    if (ordinal >= options->n || !is_secret(r->description->options[ordinal]))
        return OV_INVALID;
    origin = &r->origins[ordinal];
    switch (origin->source) {
    case SOURCE_NONE:
        return lend("", 0, buffer, capacity, length);
    case SOURCE_PLAIN:
        return lend(origin->text, strlen(origin->text), buffer, capacity, length);
    case SOURCE_ENV:
        value = secure_getenv(origin->text);
        if (value == NULL)
            return OV_INVALID;
        return lend(value, strlen(value), buffer, capacity, length);
    case SOURCE_FILE:
        break;
    }
    status = read_secret(origin->text, content, &n);
    if (status == OV_OK)
        status = lend(content, n, buffer, capacity, length);
    explicit_bzero(content, sizeof(content));
    return status;
}

/* A secret that is not there is said now, not at the first connect. */
static int32_t check_secret(const struct resolved *r, uint32_t ordinal,
                            struct ov_error *err)
{
    const struct origin *origin = &r->origins[ordinal];
    const char *name = r->description->options[ordinal]->name;
    char buffer[1];
    uint64_t n = 0;
    int32_t status = options_secret(&r->options, ordinal, buffer, 0, &n);

    if (status == OV_DENIED)
        return ov_fail(err, OV_DENIED, "'%s_file' names '%s', which cannot be read: %s",
                       name, origin->text, strerrordesc_np(errno));
    if (status == OV_INVALID && origin->source == SOURCE_ENV)
        return ov_fail(err, OV_INVALID,
                       "'%s_env' names the environment variable '%s', which is not set",
                       name, origin->text);
    if (status == OV_INVALID)
        return ov_fail(err, OV_INVALID,
                       "'%s_file' names '%s', which is no text of up to %d bytes", name,
                       origin->text, MAX_SECRET);
    if (n == 0 && origin->source != SOURCE_PLAIN)
        return ov_fail(err, OV_INVALID, "'%s_%s' names '%s', which is empty", name,
                       origin->source == SOURCE_ENV ? "env" : "file", origin->text);
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
    status = is_secret(option) ? check_secret(r, ordinal, err)
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
