/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h - OpenViking's collection meta as the host understands it.
 *
 * A struct schema pairs the typed schema that crosses the border with what only the
 * host knows of each field: the FieldType as written, the default, and the hidden twin
 * that keeps the original spelling of a date, a place or a path. It is immutable and
 * shared by reference count, so calls that run keep the one they began with.
 */
#ifndef OV_CORE_SCHEMA_H
#define OV_CORE_SCHEMA_H

#include <ov/config.h>
#include <ov/document.h>
#include <ov/schema.h>

/* As contract 2.1 names them. */
enum kind {
    KIND_INT64 = 1,
    KIND_FLOAT32, /* kept as double */
    KIND_STRING,
    KIND_BOOL,
    KIND_STRING_LIST,
    KIND_INT64_LIST,
    KIND_TEXT,
    KIND_PATH,
    KIND_DATE_TIME,
    KIND_GEO_POINT,
    KIND_VECTOR,
    KIND_SPARSE_VECTOR,
    KIND_IMAGE, /* travels as text */
    KIND_VIDEO, /* travels as JSON text */
    KIND_HOST   /* _ov_ fields; hidden from callers */
};

struct field {
    const char *name; /* ends with NUL */
    enum kind kind;
    uint32_t ordinal;
    uint32_t twin;             /* ordinal of _ov_text_NAME, or OV_NONE */
    int required;              /* vectors, image, video */
    const struct ov_doc *fill; /* DefaultValue, or the type's default */
};

struct schema {
    const struct ov_schema *ov; /* what crosses the border */
    const struct field *fields; /* one each of ov->fields, same order */
    uint32_t n_fields;
    uint32_t n_visible;        /* fields that callers see */
    const uint32_t *visible;   /* their ordinals, in the meta's order */
    uint32_t expiry;           /* ordinal of _ov_expires, or OV_NONE */
    const struct ov_doc *meta; /* as the caller gave it, CollectionName set */
};

/* From a caller's meta and index metas (a list, or NULL: one made of the settings).
 * OV_INVALID with a JSON pointer in err->where. One reference is yours. */
int32_t schema_of_meta(const char *name, const struct ov_doc *meta,
                       const struct ov_doc *indexes, const struct ov_settings *settings,
                       const struct schema **out, struct ov_error *err);
/* From what a provider described: the host's meta is read back from schema->meta; a
 * collection that has none (adopted) gets one made of its fields. */
int32_t schema_of_provider(const struct ov_schema *described, const struct schema **out,
                           struct ov_error *err);
const struct schema *schema_ref(const struct schema *schema);
void schema_unref(const struct schema *schema); /* NULL is fine */

/* By caller's name, hidden ones not; NULL when there is none. */
const struct field *schema_find(const struct schema *schema, struct ov_str name);

/* have with what want has beside it: fields appended, expiry added when with_expiry.
 * *out is NULL when nothing is missing. OV_EXISTS names a field or dimension that
 * differs. Indexes are compared by index_same, not here. */
int32_t schema_extend(const struct schema *have, const struct schema *want,
                      int with_expiry, const struct schema **out, struct ov_error *err);
/* have with field metas appended and the description replaced; either may be NULL. */
int32_t schema_update(const struct schema *have, const struct ov_doc *fields,
                      const struct ov_str *description, const struct schema **out,
                      struct ov_error *err);

/* One index meta to the border's form, for this schema; in the arena. kind: the profile's
 * index_kind. */
int32_t index_of_meta(const struct schema *schema, const struct ov_doc *meta,
                      const struct ov_settings *settings, struct ov_arena *arena,
                      const struct ov_index **out, struct ov_error *err);
/* 1 when both would answer alike and hint alike. */
int index_same(const struct ov_index *a, const struct ov_index *b);
/* As contract 6.1 shows it (IndexType truthful), in the arena. */
int32_t index_show(const struct schema *schema, const struct ov_index *index,
                   struct ov_arena *arena, const struct ov_doc **out,
                   struct ov_error *err);

#endif
