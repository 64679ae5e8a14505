/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/config.h - what an operator wrote: the INI file and its profiles.
 *
 *     [host]
 *     plugin_path = /opt/vendor/ov:/usr/local/lib/ov/backends
 *     [storage.vectordb]
 *     backend = postgres_pgvector
 *     url = postgresql://user:${PGPASS}@host:5432/dbname
 *     [storage.vectordb:staging]            ; a profile; inherits nothing
 *     backend = native
 *     path = ./data                         ; from the file's folder, of
 *                                           ; /dev/stdin from the current one
 *
 * The whole file is read and checked before anything of it counts. An error names file,
 * line and key in err->where and err->message. A line may be as long as 64 KiB. `${VAR}`
 * is taken from the environment (unset: an error), `$$` is a dollar. A value with " ;",
 * " #" or blanks at its ends stands in double quotes, a double quote in it is doubled;
 * " ; " behind a value begins a comment. Doubled sections and keys, indented lines,
 * control bytes and keys outside a section are errors.
 *
 * The host's own keys: backend table index_name index_kind distance dimension
 * sparse_weight timeout isolation. Every other key must be an option that the provider
 * declares; for a SECRET or URL option X, X_file and X_env are accepted as well.
 */
#ifndef OV_CONFIG_H
#define OV_CONFIG_H

#include <ov/value.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ov_config; /* immutable; any number of threads */

/* OV_NOT_FOUND, OV_INVALID; OV_DENIED: it cannot be read, or somebody besides root and
 * the process's user owns it or may change it or its way. */
int32_t ov_config_read(const char *file, struct ov_config **out, struct ov_error *err);
/* The same from memory; origin names it in errors, folder is what relative paths count
 * from. */
int32_t ov_config_parse(struct ov_str text, const char *origin, const char *folder,
                        struct ov_config **out, struct ov_error *err);

struct ov_pair {
    const char *key;
    const char *value;
};
/* One profile from keys and values, as OpenViking's custom_params gives them; no
 * ${VAR}. */
int32_t ov_config_of(const struct ov_pair *pairs, size_t n, const char *origin,
                     const char *folder, struct ov_config **out, struct ov_error *err);
void ov_config_free(struct ov_config *config);

/* Copied by whoever keeps it. NULL when the file does not say. */
const char *ov_config_plugin_path(const struct ov_config *config);
/* Lent, one after the other; the plain section is the profile "". */
typedef void ov_profile_fn(void *ctx, const char *profile);
void ov_config_profiles(const struct ov_config *config, ov_profile_fn *take, void *ctx);
/* The host's own keys of a profile, checked. OV_NOT_FOUND when there is no such. */
struct ov_settings {
    uint32_t size;
    uint32_t dimension; /* 0: not said */
    const char *backend;
    const char *table;      /* the collection's name; default "context" */
    const char *index_name; /* default "default" */
    const char *index_kind; /* default "auto" */
    uint32_t metric;        /* enum ov_metric, default OV_COSINE */
    uint32_t isolation;     /* reserved, 0: none */
    double sparse_weight;   /* default 0 */
    int64_t timeout_ns;     /* of a call that names none; default 30 s, 0: none */
};
/* out->size is set by the caller; texts are borrowed from the config. */
int32_t ov_config_settings(const struct ov_config *config, const char *profile,
                           struct ov_settings *out, struct ov_error *err);

#ifdef __cplusplus
}
#endif
#endif
