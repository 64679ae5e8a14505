/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options.h - a profile's keys held against what the provider declares.
 *
 * Every key must be the host's or a declared option (the nearest name is suggested);
 * values are parsed by kind, defaults filled in, relative paths made absolute.
 */
#ifndef OV_CORE_OPTIONS_H
#define OV_CORE_OPTIONS_H

#include <ov/config.h>
#include <ov/describe.h>

struct options {
    uint32_t n;
    struct ov_scalar *settings; /* one a declared option, in declaration order */
    char open_to[256];          /* which secrets others may read; "" when none */
};

/* For a store, which outlives the caller's use of its configuration. Yours:
 * ov_config_free, as often as it was kept. */
struct ov_config *config_keep(const struct ov_config *config);

/* Yours: options_free. config and description are borrowed as long. */
int32_t options_resolve(const struct ov_config *config, const char *profile,
                        const struct ov_description *description, struct options **out,
                        struct ov_error *err);
void options_free(struct options *options);

/* The fallback that a provider declares, by the rules of its own kind. */
int32_t option_fallback_check(const struct ov_option *option, struct ov_error *err);

/* A SECRET or URL option as it is now: X, or the content of the file X_file without its
 * last newline, or the environment variable X_env. As ov_services.secret. */
int32_t options_secret(const struct options *options, uint32_t ordinal, char *buffer,
                       uint64_t capacity, uint64_t *length);

#endif
