/* SPDX-License-Identifier: Apache-2.0 */
/* schema_parts.h - what the files that make a schema share. */
#ifndef OV_CORE_SCHEMA_PARTS_H
#define OV_CORE_SCHEMA_PARTS_H

#include "place.h"
#include "schema.h"

#define SCHEMA_MAX_FIELDS 2048u
#define SCHEMA_AUTO_KEY "AUTO_ID"
#define SCHEMA_TWIN "_ov_text_"
#define SCHEMA_EXPIRY "_ov_expires"

/* One entry of Fields, understood. */
struct definition {
    struct ov_str name; /* ends with NUL */
    enum kind kind;
    uint32_t dim;
    int key;
    int required;
    int fulltext;
    const struct ov_doc *given; /* as in the meta */
    const struct ov_doc *fill;
    struct ov_scalar border_fill; /* of the ov_field */
};

/* schema_field.c */
const char *field_kind_name(enum kind kind);
uint32_t field_kind_type(enum kind kind); /* enum ov_type */
/* Does the field keep the original spelling in a hidden one? */
int field_has_twin(enum kind kind);
/* One field meta; all of *out borrows from given and the arena. */
int32_t field_define(struct ov_arena *arena, const struct ov_doc *given,
                     const struct place *place, struct definition *out,
                     struct ov_error *err);
/* The rules for new fields, which an adopted table need not meet: name and dimension. */
int32_t field_check_rules(const struct definition *definition, const struct place *place,
                          struct ov_error *err);
/* The same of a field that a provider found without a meta of ours. */
int32_t field_adopt(struct ov_arena *arena, const struct ov_field *found, int key,
                    struct definition *out, struct ov_error *err);

/* schema_default.c: the DefaultValue, or the default of the kind. */
int32_t default_define(struct ov_arena *arena, const struct ov_doc *given,
                       const struct place *place, struct definition *out,
                       struct ov_error *err);

/* schema_name.c: the rule of contract 2.2. what: "field", "index". */
int32_t name_check(struct ov_str name, const char *what, const struct place *place,
                   struct ov_error *err);
/* A collection's: any characters but control characters, 1 to 128. */
int32_t name_check_collection(struct ov_str name, struct ov_error *err);
/* Code points of a valid text. */
uint64_t name_length(struct ov_str text);

/* schema_meta.c */

/* The definitions of a list of field metas: each name once, one key at most. */
int32_t meta_define(struct ov_arena *arena, const struct ov_doc *fields,
                    const struct place *place, struct definition **out, uint32_t *n,
                    struct ov_error *err);
/* The rules for new fields: field_check_rules, and no part of a place among them. */
int32_t meta_check_rules(const struct definition *definitions, uint32_t n,
                         const struct place *place, struct ov_error *err);
/* Is name what a part of that geo_point would be called? */
int meta_is_part(struct ov_str name, struct ov_str geo_point);
/* The caller's meta in the arena, CollectionName set, all but the fields checked. */
int32_t meta_copy(struct ov_arena *arena, struct ov_str name, const struct ov_doc *given,
                  struct ov_doc **out, struct ov_error *err);
/* What of the meta speaks of fields: FullText is noted in the definitions. */
int32_t meta_apply(const struct ov_doc *meta, struct definition *definitions, uint32_t n,
                   struct ov_error *err);
/* meta with the field metas of added in Fields, what beside says of FullText and
 * ScalarIndex (or NULL), and another Description (or NULL). */
int32_t meta_extend(struct ov_arena *arena, const struct ov_doc *meta,
                    const struct ov_doc *added, const struct ov_doc *beside,
                    const struct ov_doc *description, struct ov_doc **out);
/* The text that crosses the border, and back. */
int32_t meta_pack(struct ov_arena *arena, const struct ov_doc *meta, struct ov_str *out,
                  struct ov_error *err);
int32_t meta_unpack(struct ov_arena *arena, struct ov_str name, struct ov_str text,
                    struct ov_doc **out, struct ov_error *err);

/* schema_build.c */

/* A schema in the making: definitions in the meta's order, laid behind the fields that
 * are there already. */
struct draft {
    struct ov_arena *arena; /* becomes the schema's */
    struct ov_schema *base; /* NULL, or a copy of what is there; becomes the schema's */
    struct ov_str name;
    const struct ov_doc *meta;
    struct definition *definitions;
    uint32_t n_definitions;
    int with_expiry;
};

/* Takes arena and base in any case. */
int32_t schema_build(struct draft *draft, struct schema **out, struct ov_error *err);
/* The arena of a schema that nobody else has seen yet. */
struct ov_arena *schema_arena(struct schema *schema);
/* 0: no key among the definitions. */
int schema_has_key(const struct definition *definitions, uint32_t n);

#endif
