/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile.h - the inside of a struct ov_config, for whoever checks a profile's keys.
 */
#ifndef OV_CORE_PROFILE_H
#define OV_CORE_PROFILE_H

#include <ov/config.h>

struct entry {
    char *key;
    char *value;   /* wiped before it is freed: it may be a secret */
    uint32_t line; /* 0 when it is from no file */
};

struct profile {
    char *name; /* "" for the plain section */
    uint32_t line;
    uint32_t n_entries;
    struct entry *entries;
    struct ov_settings settings;
};

struct ov_config {
    unsigned keepers; /* besides the one who read it */
    char *origin;
    char *folder; /* absolute */
    char *plugin_path;
    char readers[40]; /* of its file, besides its owner and this user; "": none */
    uint32_t plugin_path_line;
    uint32_t host_line; /* of [host]; 0: there is none */
    uint32_t n_profiles;
    struct profile *profiles;
};

/* The host's own keys of a profile, blanks between them. */
#define PROFILE_KEYS                                                                \
    "backend table index_name index_kind distance dimension sparse_weight timeout " \
    "isolation"

/* NULL or "": the plain section. NULL when there is none. */
const struct profile *profile_find(const struct ov_config *config, const char *name);
const struct entry *profile_entry(const struct profile *profile, const char *key);

/* The host's own keys of a profile that is complete, into profile->settings. */
int32_t profile_check(const struct ov_config *config, struct profile *profile,
                      struct ov_error *err);

/* path as it is seen from folder: absolute, without "." and doubled slashes. Yours,
 * free(); NULL without memory. */
char *profile_absolute(const char *folder, const char *path);

#endif
