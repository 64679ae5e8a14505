/* SPDX-License-Identifier: Apache-2.0 */
/*
 * projection.h - the columns a caller asked for, and what must be fetched for them.
 *
 * A caller's column may be two of the provider's (a value and its original spelling),
 * the key, or none at all. Immutable, shared by reference count; pages keep one.
 */
#ifndef OV_CORE_PROJECTION_H
#define OV_CORE_PROJECTION_H

#include <ov/store.h>

#include "schema.h"

#define COLUMN_KEY (OV_NONE - 1)

struct column {
    const char *name;
    const struct field *field; /* NULL: nobody knows it, nulls only */
    uint32_t at;               /* place in fields, COLUMN_KEY or OV_NONE */
    uint32_t twin_at;          /* of the original spelling, or OV_NONE */
};

struct projection {
    unsigned refs;
    uint32_t n_columns;
    uint32_t n_fields;
    uint32_t n_asked;       /* names, 0 for the whole record */
    const uint32_t *fields; /* ordinals for the provider */
    const struct column *columns;
    const struct schema *schema;
};

struct view;

/* Every field that callers see; NULL without memory. */
struct projection *projection_of_schema(const struct schema *schema);
/* A reference to what asks for these names: remembered by the view if there is room. */
struct projection *projection_take(struct view *view, const struct ov_projection *asked);
struct projection *projection_ref(struct projection *projection);
void projection_unref(struct projection *projection); /* NULL is fine */

#endif
