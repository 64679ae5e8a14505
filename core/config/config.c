/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.c - a file to profiles.
 *
 * Everything is gathered in a struct ov_config that nobody has seen yet and is handed
 * over only when the last key of the last profile was found good.
 */
#include "inifile.h"
#include "options.h"
#include "profile.h"
#include "trust.h"
#include "values.h"

#include <ov/sdk.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTION "storage.vectordb"
#define MAX_FILE (4u << 20) /* bytes */

static void wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

static void clear_profile(struct profile *profile)
{
    for (uint32_t i = 0; i < profile->n_entries; i++) {
        free(profile->entries[i].key);
        wipe(profile->entries[i].value);
    }
    free(profile->entries);
    free(profile->name);
}

void ov_config_free(struct ov_config *config)
{
    if (config == NULL || __atomic_fetch_sub(&config->keepers, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    for (uint32_t i = 0; i < config->n_profiles; i++)
        clear_profile(&config->profiles[i]);
    free(config->profiles);
    free(config->plugin_path);
    free(config->folder);
    free(config->origin);
    free(config);
}

struct ov_config *config_keep(const struct ov_config *config)
{
    struct ov_config *kept = (struct ov_config *)config;

    __atomic_add_fetch(&kept->keepers, 1, __ATOMIC_RELAXED);
    return kept;
}

/* ---------------------------------------------------------------- gathering */

static int32_t add_profile(struct ov_config *config, const char *name, uint32_t line,
                           struct ov_error *err)
{
    struct profile *grown =
        realloc(config->profiles, (config->n_profiles + 1) * sizeof(*grown));
    char *copy = strdup(name);

    if (grown != NULL)
        config->profiles = grown;
    if (grown == NULL || copy == NULL) {
        free(copy);
        return ov_no_memory(err);
    }
    grown[config->n_profiles++] = (struct profile){ .name = copy, .line = line };
    return OV_OK;
}

static int32_t add_entry(struct profile *profile, const char *key, const char *value,
                         uint32_t line, struct ov_error *err)
{
    const struct entry *before = profile_entry(profile, key);
    struct entry *grown;
    char *key_copy, *value_copy;

    if (before != NULL && line > 0)
        return ov_fail(err, OV_INVALID, "'%s' is set twice, first in line %u", key,
                       (unsigned int)before->line);
    if (before != NULL)
        return ov_fail(err, OV_INVALID, "'%s' is set twice", key);
    grown = realloc(profile->entries, (profile->n_entries + 1) * sizeof(*grown));
    if (grown == NULL)
        return ov_no_memory(err);
    profile->entries = grown;
    key_copy = strdup(key);
    value_copy = strdup(value);
    if (key_copy == NULL || value_copy == NULL) {
        free(key_copy);
        wipe(value_copy);
        return ov_no_memory(err);
    }
    grown[profile->n_entries++] = (struct entry){ key_copy, value_copy, line };
    return OV_OK;
}

/* The profile that a section names; NULL when it is no profile's section. */
static const char *name_of_section(const char *section)
{
    size_t n = strlen(SECTION);

    if (strncmp(section, SECTION, n) != 0)
        return NULL;
    if (section[n] == '\0')
        return "";
    return section[n] == ':' ? section + n + 1 : NULL;
}

static int is_profile_name(const char *name)
{
    for (; *name != '\0'; name++)
        if (!(*name >= 'a' && *name <= 'z') && !(*name >= 'A' && *name <= 'Z') &&
            !(*name >= '0' && *name <= '9') && strchr("_-.", *name) == NULL)
            return 0;
    return 1;
}

static int32_t refuse_section(const char *section, struct ov_error *err)
{
    struct values_nearest nearest;
    char hint[VALUES_HINT];

    values_nearest_begin(&nearest, section);
    values_nearest_words(&nearest, "host " SECTION);
    return ov_fail(err, OV_INVALID,
                   "section '%s' is not known: [host], [" SECTION "] and [" SECTION
                   ":NAME] are%s",
                   section, values_hint(&nearest, hint));
}

static int32_t take_section(struct ov_config *config, uint32_t line, const char *section,
                            struct ov_error *err)
{
    const char *name = name_of_section(section);
    const struct profile *before;

    if (strcmp(section, "host") == 0) {
        if (config->host_line > 0)
            return ov_fail(err, OV_INVALID,
                           "section 'host' stands twice, first in line %u",
                           (unsigned int)config->host_line);
        config->host_line = line;
        return OV_OK;
    }
    if (name == NULL)
        return refuse_section(section, err);
    if (section[strlen(SECTION)] == ':' && (*name == '\0' || !is_profile_name(name)))
        return ov_fail(err, OV_INVALID,
                       "section '%s': the name of a profile is of letters, digits, '_', "
                       "'-' and '.'",
                       section);
    before = profile_find(config, name);
    if (before != NULL)
        return ov_fail(err, OV_INVALID, "section '%s' stands twice, first in line %u",
                       section, (unsigned int)before->line);
    return add_profile(config, name, line, err);
}

/* Each directory of the list, seen from the file's folder. */
static int32_t take_plugin_path(struct ov_config *config, uint32_t line,
                                const char *value, struct ov_error *err)
{
    size_t n = 0, n_dirs = 1, room;
    char *path;

    if (config->plugin_path_line > 0)
        return ov_fail(err, OV_INVALID, "'plugin_path' is set twice, first in line %u",
                       (unsigned int)config->plugin_path_line);
    config->plugin_path_line = line;
    for (const char *p = value; *p != '\0'; p++)
        n_dirs += *p == ':';
    room = n_dirs * (strlen(config->folder) + 2) + strlen(value) + 1;
    path = calloc(1, room);
    config->plugin_path = path;
    if (path == NULL)
        return ov_no_memory(err);
    for (const char *p = value;; p++) {
        size_t step = strcspn(p, ":");
        char *one = strndup(p, step), *whole;

        if (one == NULL)
            return ov_no_memory(err);
        whole = step > 0 ? profile_absolute(config->folder, one) : NULL;
        free(one);
        if (whole == NULL)
            return step > 0 ? ov_no_memory(err)
                            : ov_fail(err, OV_INVALID,
                                      "'plugin_path' has an empty directory in its list");
        n += (size_t)snprintf(path + n, room - n, "%s%s", n > 0 ? ":" : "", whole);
        free(whole);
        p += step;
        if (*p == '\0')
            return OV_OK;
    }
}

static int32_t take_key(void *ctx, uint32_t line, const char *section, const char *key,
                        const char *value, struct ov_error *err)
{
    struct ov_config *config = ctx;
    struct values_nearest nearest;
    char hint[VALUES_HINT];

    if (key == NULL)
        return take_section(config, line, section, err);
    if (strcmp(section, "host") != 0)
        return add_entry(&config->profiles[config->n_profiles - 1], key, value, line,
                         err);
    if (strcmp(key, "plugin_path") == 0)
        return take_plugin_path(config, line, value, err);
    values_nearest_begin(&nearest, key);
    values_nearest_words(&nearest, "plugin_path");
    values_hint(&nearest, hint);
    if (hint[0] == '\0' && values_among(PROFILE_KEYS, key))
        snprintf(hint, sizeof(hint), "; it belongs into [" SECTION "]");
    return ov_fail(err, OV_INVALID, "[host] has no key '%s', only 'plugin_path'%s", key,
                   hint);
}

/* ------------------------------------------------------------------- making */

static int32_t new_config(const char *origin, const char *folder, struct ov_config **out,
                          struct ov_error *err)
{
    struct ov_config *config = calloc(1, sizeof(*config));
    char *here = NULL;

    if (config == NULL)
        return ov_no_memory(err);
    if (folder == NULL || folder[0] != '/') {
        here = getcwd(NULL, 0);
        if (here == NULL) {
            ov_config_free(config);
            return errno == ENOMEM
                       ? ov_no_memory(err)
                       : ov_fail(err, OV_INVALID, "the working directory cannot be read");
        }
    }
    config->origin = strdup(origin != NULL ? origin : "");
    config->folder = profile_absolute(here, folder != NULL ? folder : ".");
    free(here);
    if (config->origin == NULL || config->folder == NULL) {
        ov_config_free(config);
        return ov_no_memory(err);
    }
    *out = config;
    return OV_OK;
}

/* The last look: the profiles as wholes. Takes config. */
static int32_t hand_over(struct ov_config *config, int32_t status, struct ov_config **out,
                         struct ov_error *err)
{
    for (uint32_t i = 0; status == OV_OK && i < config->n_profiles; i++)
        status = profile_check(config, &config->profiles[i], err);
    if (status == OV_OK)
        *out = config;
    else
        ov_config_free(config);
    return status;
}

int32_t ov_config_parse(struct ov_str text, const char *origin, const char *folder,
                        struct ov_config **out, struct ov_error *err)
{
    struct ov_config *config;
    int32_t status = new_config(origin, folder, &config, err);

    if (status != OV_OK)
        return status;
    status = inifile_parse(text, config->origin, take_key, config, err);
    return hand_over(config, status, out, err);
}

int32_t ov_config_of(const struct ov_pair *pairs, size_t n, const char *origin,
                     const char *folder, struct ov_config **out, struct ov_error *err)
{
    struct ov_config *config;
    int32_t status = new_config(origin, folder, &config, err);

    if (status != OV_OK)
        return status;
    status = add_profile(config, "", 0, err);
    for (size_t i = 0; status == OV_OK && i < n; i++) {
        if (!ov_utf8_valid(ov_str_of(pairs[i].key)))
            status = ov_fail(err, OV_INVALID, "a key is not UTF-8");
        else if (!inifile_key(pairs[i].key, strlen(pairs[i].key)) ||
                 strlen(pairs[i].key) > INIFILE_MAX_NAME)
            status =
                ov_fail(err, OV_INVALID, "'%.*s' is no key: keys are of a-z, 0-9 and '_'",
                        values_brief(pairs[i].key), pairs[i].key);
        else if (!ov_utf8_valid(ov_str_of(pairs[i].value)))
            status = ov_fail(err, OV_INVALID, "'%s' is not UTF-8", pairs[i].key);
        else
            status =
                add_entry(&config->profiles[0], pairs[i].key, pairs[i].value, 0, err);
    }
    if (status != OV_OK)
        inifile_place(err, config->origin, 0);
    return hand_over(config, status, out, err);
}

/* ------------------------------------------------------------------ reading */

static int32_t fail_read(struct ov_error *err, const char *file, int number)
{
    int32_t code = OV_INVALID;

    if (number == ENOENT || number == ENOTDIR)
        code = OV_NOT_FOUND;
    else if (number == EACCES || number == EPERM)
        code = OV_DENIED;
    ov_fail(err, code, "'%s' cannot be read: %s", file, strerrordesc_np(number));
    inifile_place(err, file, 0);
    return code;
}

/* All of it; a pipe will do. fd is closed. */
static int32_t read_all(int fd, const char *file, char **out, size_t *n,
                        struct ov_error *err)
{
    char *text = malloc(MAX_FILE + 1);
    size_t used = 0;
    ssize_t got = -1;

    while (text != NULL && used <= MAX_FILE) {
        got = read(fd, text + used, MAX_FILE + 1 - used);
        if (got > 0)
            used += (size_t)got;
        else if (got == 0 || errno != EINTR)
            break;
    }
    if (got < 0 || used > MAX_FILE) {
        int number = errno;

        free(text);
        close(fd);
        if (text == NULL)
            return ov_no_memory(err);
        if (used > MAX_FILE)
            return ov_fail(err, OV_INVALID, "'%s' is larger than 4 MiB", file);
        return fail_read(err, file, number);
    }
    close(fd);
    *out = text;
    *n = used;
    return OV_OK;
}

/* A password may stand in it. An access list is the file's, not that of a link to it. */
static void note_readers(int fd, const char *file, char readers[40])
{
    struct trust trust = trust_of_process();
    char end[PATH_MAX];
    struct stat info;

    if (realpath(file, end) != NULL)
        file = end;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
        !trust_others_may(&trust, TRUST_READ, file, &info, readers))
        readers[0] = '\0';
}

/* What relative paths count from: nobody means that of /dev/stdin or of a shell's
 * <(...), which stand for something without a place. */
static char *folder_of(const char *file)
{
    const char *slash = strrchr(file, '/');

    if (slash == NULL || strncmp(file, "/dev/", 5) == 0 ||
        strncmp(file, "/proc/", 6) == 0)
        return strdup(".");
    return strndup(file, (size_t)(slash - file) + 1);
}

int32_t ov_config_read(const char *file, struct ov_config **out, struct ov_error *err)
{
    struct ov_str text;
    char *bytes = NULL, *folder, readers[40] = "";
    size_t n = 0;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int32_t status;

    if (fd < 0)
        return fail_read(err, file, errno);
    status = trust_orders(fd, file, err);
    if (status != OV_OK) {
        close(fd);
        return inifile_place(err, file, 0);
    }
    note_readers(fd, file, readers);
    status = read_all(fd, file, &bytes, &n, err);
    if (status != OV_OK)
        return status;
    folder = folder_of(file);
    text.p = bytes;
    text.n = n;
    status = folder == NULL ? ov_no_memory(err)
                            : ov_config_parse(text, file, folder, out, err);
    if (status == OV_OK)
        memcpy((*out)->readers, readers, sizeof(readers));
    explicit_bzero(bytes, n);
    free(bytes);
    free(folder);
    return status;
}

/* ------------------------------------------------------------------ looking */

const char *ov_config_plugin_path(const struct ov_config *config)
{
    return config->plugin_path;
}

void ov_config_profiles(const struct ov_config *config, ov_profile_fn *take, void *ctx)
{
    for (uint32_t i = 0; i < config->n_profiles; i++)
        take(ctx, config->profiles[i].name);
}

static int32_t refuse_profile(const struct ov_config *config, const char *name,
                              struct ov_error *err)
{
    struct values_nearest nearest;
    char hint[VALUES_HINT];

    values_nearest_begin(&nearest, name);
    for (uint32_t i = 0; i < config->n_profiles; i++)
        values_nearest_try(&nearest, config->profiles[i].name);
    if (name[0] == '\0')
        ov_fail(err, OV_NOT_FOUND, "there is no section [" SECTION "]");
    else
        ov_fail(err, OV_NOT_FOUND, "there is no profile '%.*s', [" SECTION ":%.*s]%s",
                values_brief(name), name, values_brief(name), name,
                values_hint(&nearest, hint));
    inifile_place(err, config->origin, 0);
    return OV_NOT_FOUND;
}

int32_t ov_config_settings(const struct ov_config *config, const char *profile,
                           struct ov_settings *out, struct ov_error *err)
{
    const struct profile *found = profile_find(config, profile);
    size_t n = out->size;

    if (found == NULL)
        return refuse_profile(config, profile == NULL ? "" : profile, err);
    if (n == 0 || n > sizeof(*out))
        n = sizeof(*out);
    memcpy(out, &found->settings, n);
    out->size = (uint32_t)n;
    return OV_OK;
}
