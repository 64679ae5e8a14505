/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter.h - OpenViking's filter language to the typed tree that crosses the border.
 *
 * Parsed in full before anything is looked at; a fault anywhere refuses the whole, with
 * a JSON pointer in err->where. Constants are folded away.
 */
#ifndef OV_CORE_FILTER_H
#define OV_CORE_FILTER_H

#include <ov/document.h>
#include <ov/filter.h>

#include "schema.h"

enum filter_kind {
    FILTER_ALL,  /* every live record: pass NULL to the provider */
    FILTER_NONE, /* nothing: answer without a call */
    FILTER_SOME
};

struct filter {
    enum filter_kind kind;
    struct ov_filter ov; /* of FILTER_SOME; in the arena, may borrow texts of doc */
};

/* doc: NULL, null and {} are FILTER_ALL; {"filter": ...} is unwrapped. */
int32_t filter_compile(const struct schema *schema, const struct ov_doc *doc,
                       struct ov_arena *arena, struct filter *out, struct ov_error *err);

/* OV_UNSUPPORTED naming the operator, when ops (ov_ability.ops) lacks one. */
int32_t filter_served(const struct filter *filter, uint64_t ops, const char *provider,
                      struct ov_error *err);

/* The tree for people: {"op":"in","field":"level","values":[1,2]}, ... */
int32_t filter_show(const struct schema *schema, const struct filter *filter,
                    struct ov_arena *arena, const struct ov_doc **out,
                    struct ov_error *err);

#endif
