/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.h - one value of a record: what the caller wrote to what crosses the border.
 *
 * Contract 2.1 says what each type takes. A value becomes a cell and, where the spelling
 * that was written must come back and differs from the canonical one, a twin cell.
 */
#ifndef OV_CORE_VALUE_H
#define OV_CORE_VALUE_H

#include <ov/describe.h>
#include <ov/document.h>
#include <ov/sdk.h>

#include "schema.h"

struct value_maker {
    struct ov_arena *arena; /* what cells point to lies here or in the document */
    const struct schema *schema;
    const struct ov_ability *ability;
    struct ov_error *err;
};

/* twin is OV_NULL where none is needed. OV_INVALID, OV_LIMIT, OV_NO_SPACE; err->field and
 * err->where name the field. */
int32_t value_make(struct value_maker *maker, const struct field *field,
                   const struct ov_doc *doc, struct ov_cell *out, struct ov_cell *twin);
/* Are all of them finite and none over VALUE_LARGEST? Every vector is asked, whether it
 * is written or searched for. */
int value_floats_fit(const float *floats, uint64_t n);
/* What a record without the field holds. */
int32_t value_fill(struct value_maker *maker, const struct field *field,
                   struct ov_cell *out, struct ov_cell *twin);
/* A key as it is written: not empty, not too long. */
int32_t value_key(struct value_maker *maker, const struct field *field,
                  const struct ov_doc *doc, struct ov_cell *out);

/* The parts; doc is not NULL. Their errors name no field. */
int32_t value_number(const struct ov_doc *doc, double *out);
int32_t value_bool(struct value_maker *maker, const struct ov_doc *doc,
                   struct ov_cell *out);
int32_t value_int(struct value_maker *maker, const struct ov_doc *doc,
                  struct ov_cell *out);
int32_t value_text(struct value_maker *maker, struct ov_str text, struct ov_cell *out);
int32_t value_list(struct value_maker *maker, const struct field *field,
                   const struct ov_doc *doc, struct ov_cell *out);
int32_t value_vector(struct value_maker *maker, uint32_t dim, const struct ov_doc *doc,
                     struct ov_cell *out);
int32_t value_sparse(struct value_maker *maker, const struct ov_doc *doc,
                     struct ov_cell *out);

/* OV_INVALID: "'x' is no int64". */
int32_t value_refuse(struct value_maker *maker, const struct ov_doc *doc,
                     const char *wanted);

#define VALUE_LARGEST 1e15 /* of a vector's numbers */

/* The value for a message: kind or text, cut. */
#define VALUE_SHOWN 80
const char *value_show(const struct ov_doc *doc, char buffer[VALUE_SHOWN]);

#endif
