/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolved.h - the inside of a struct options: which entry gave which option its value.
 */
#ifndef OV_CORE_RESOLVED_H
#define OV_CORE_RESOLVED_H

#include "options.h"

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

/* Its value may be one, so no message may hold it. */
int option_is_secret(const struct ov_option *option);
/* A secret that is not there is said now, not at the first connect. */
int32_t secret_check(struct resolved *r, uint32_t ordinal, struct ov_error *err);

/* Any kind but PATH; texts are borrowed. OV_INVALID says what would be right. */
int32_t option_read(const struct ov_option *option, const char *text,
                    struct ov_scalar *out, struct ov_error *err);
int32_t option_path_check(const struct ov_option *option, const char *text,
                          struct ov_error *err);

#endif
