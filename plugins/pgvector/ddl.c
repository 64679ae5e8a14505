/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ddl.c - texts of DDL. Names are quoted by text_name, defaults by text_literal. All that
 * is not a word of the grammar stands with its schema: what a generated column, a default
 * or an index was once bound to runs for ever, and the text may be run under any
 * search_path, by an administrator as well.
 *
 * Text is kept under COLLATE "C": order by bytes on every server, and ranges that a
 * btree can serve. An entry of a btree holds 2,704 bytes at most, so a text is indexed
 * by its first characters, and filters repeat their condition for those.
 */
#include "ddl.h"

#include <string.h>

static const char *const types[] = {
    [OV_BOOL] = "boolean",
    [OV_INT64] = "bigint",
    [OV_FLOAT64] = "double precision",
    [OV_TIME] = "timestamp with time zone",
    [OV_TEXT] = "pg_catalog.text COLLATE pg_catalog.\"C\"",
    [OV_TEXT_LIST] = "pg_catalog.text[] COLLATE pg_catalog.\"C\"",
    [OV_INT64_LIST] = "bigint[]",
    [OV_SPARSE] = "pg_catalog.text[] COLLATE pg_catalog.\"C\"",
    [OV_GEO] = "pg_catalog.point",
};

static void add_type(struct text *sql, const struct env *env,
                     const struct ov_field *field)
{
    if (field->type != OV_VECTOR) {
        text_add(sql, types[field->type]);
        return;
    }
    text_qualified(sql, env->extension, "vector");
    text_format(sql, "(%u)", field->dim);
}

static void add_default(struct text *sql, const struct ov_field *field)
{
    char number[OV_NUMBER_TEXT];
    const struct ov_scalar *fill = &field->fill;

    switch (fill->type) {
    case OV_BOOL:
        text_add(sql, fill->u.i != 0 ? "true" : "false");
        return;
    case OV_INT64:
        text_literal(sql, (struct ov_str){ number, ov_int_print(fill->u.i, number) });
        return;
    case OV_FLOAT64:
        text_literal(sql, (struct ov_str){ number, ov_double_print(fill->u.f, number) });
        return;
    case OV_TIME:
        text_add(sql, "pg_catalog.timestamptz 'epoch' OPERATOR(pg_catalog.+) (bigint ");
        text_literal(sql, (struct ov_str){ number, ov_int_print(fill->u.i, number) });
        text_add(sql, " OPERATOR(pg_catalog.*) interval '1 microsecond')");
        return;
    case OV_TEXT:
        text_literal(sql, fill->u.s);
        return;
    default:
        break;
    }
    if (field->type == OV_TEXT_LIST || field->type == OV_INT64_LIST ||
        field->type == OV_SPARSE)
        text_add(sql, "'{}'");
    else
        text_add(sql, "NULL");
}

static int is_nullable(const struct ov_field *field)
{
    /* A vector has no default: what was written before the field came has none. */
    return (field->flags & OV_FIELD_NULLABLE) != 0 || field->type == OV_VECTOR ||
           field->type == OV_GEO;
}

static void add_depth(struct text *sql, const struct column *column, const char *comma)
{
    text_add(sql, comma);
    text_name(sql, column->beside);
    text_add(sql, " integer GENERATED ALWAYS AS (pg_catalog.octet_length(");
    text_name(sql, column->name);
    text_add(sql, ") OPERATOR(pg_catalog.-) pg_catalog.octet_length(pg_catalog.replace(");
    text_name(sql, column->name);
    text_add(sql, ", '/', ''))) STORED");
}

/* comma: what stands between two columns. */
static void add_beside(struct text *sql, const struct shape *shape, uint32_t f,
                       const char *comma)
{
    const struct ov_field *field = shape->schema->fields[f];
    const struct column *column = &shape->columns[f];

    if (field->flags & OV_FIELD_PATH)
        add_depth(sql, column, comma);
    if (field->type == OV_SPARSE) {
        text_add(sql, comma);
        text_name(sql, column->beside);
        text_add(sql, " real[] NOT NULL DEFAULT '{}'");
    }
}

/* Without what stands beside it. */
static void add_own(struct text *sql, const struct shape *shape, const struct env *env,
                    uint32_t f)
{
    const struct ov_field *field = shape->schema->fields[f];
    const struct column *column = &shape->columns[f];

    text_name(sql, column->name);
    text_add(sql, " ");
    add_type(sql, env, field);
    if (field->flags & OV_FIELD_KEY) {
        text_add(sql, " PRIMARY KEY");
    } else {
        if (!is_nullable(field))
            text_add(sql, " NOT NULL");
        text_add(sql, " DEFAULT ");
        add_default(sql, field);
    }
}

void ddl_add_column(struct text *sql, const struct shape *shape, const struct env *env,
                    uint32_t field, enum ddl_part part)
{
    text_add(sql, "ALTER TABLE ");
    text_add(sql, shape->relation);
    text_add(sql, " ");
    if (part & DDL_OWN) {
        text_add(sql, "ADD COLUMN ");
        add_own(sql, shape, env, field);
    }
    if (part & DDL_BESIDE)
        add_beside(sql, shape, field, part & DDL_OWN ? ", ADD COLUMN " : "ADD COLUMN ");
}

void ddl_add_key(struct text *sql, const struct shape *shape)
{
    text_add(sql, "ALTER TABLE ");
    text_add(sql, shape->relation);
    text_add(sql, " ADD PRIMARY KEY (");
    text_name(sql, shape->columns[shape->schema->key].name);
    text_add(sql, ")");
}

int ddl_has_keywords(const struct ov_schema *schema)
{
    return ov_schema_flagged(schema, OV_FIELD_FULLTEXT) != OV_NONE;
}

/* A class of code points beyond ASCII, as a regular expression writes it. */
static void add_class(struct text *sql, int alone)
{
    uint32_t first, last;
    int kind;

    for (uint32_t i = 0; ov_word_range(i, &first, &last, &kind); i++)
        if (kind == alone)
            text_format(sql, "\\\\U%08x-\\\\U%08x", (unsigned)first, (unsigned)last);
}

/* The words of ov/sdk.h with blanks between them: what the server's parser might take
 * for an address or a number with a sign is none any more. Collation "C": ranges are of
 * code points, and the expression is the same on every server. A tsvector holds 1 MiB at
 * most; so many characters always fit. */
static void add_words(struct text *sql, const char *column)
{
    text_add(sql, "pg_catalog.to_tsvector('pg_catalog.simple', "
                  "pg_catalog.regexp_replace(pg_catalog.regexp_replace(pg_catalog.left(");
    text_name(sql, column);
    text_add(
        sql,
        ", 100000) COLLATE pg_catalog.\"C\", E'[^0-9A-Za-z\\\\u0080-\\\\U0010ffff]+|[");
    add_class(sql, 0);
    text_add(sql, "]+', ' ', 'g'), E'([");
    add_class(sql, 1);
    text_add(sql, "])', E' \\\\1 ', 'g'))");
}

void ddl_keywords_column(struct text *sql, const struct shape *shape)
{
    const char *join = "";

    text_name(sql, KEYWORDS);
    text_add(sql, " pg_catalog.tsvector GENERATED ALWAYS AS (");
    for (uint32_t f = 0; f < shape->schema->n_fields; f++) {
        if (!(shape->schema->fields[f]->flags & OV_FIELD_FULLTEXT))
            continue;
        text_add(sql, join);
        add_words(sql, shape->columns[f].name);
        join = " OPERATOR(pg_catalog.||) ";
    }
    text_add(sql, ") STORED");
}

void ddl_table(struct text *sql, const struct shape *shape, const struct env *env)
{
    text_add(sql, "CREATE TABLE ");
    text_add(sql, shape->relation);
    text_add(sql, " (");
    for (uint32_t f = 0; f < shape->schema->n_fields; f++) {
        if (f > 0)
            text_add(sql, ", ");
        add_own(sql, shape, env, f);
        add_beside(sql, shape, f, ", ");
    }
    if (ddl_has_keywords(shape->schema)) {
        text_add(sql, ", ");
        ddl_keywords_column(sql, shape);
    }
    text_add(sql, ")");
}

/* ----------------------------------------------------------------- indexes */

static void begin_index(struct text *sql, const char *name, const struct shape *shape,
                        const char *method)
{
    text_add(sql, "CREATE INDEX ");
    text_name(sql, name);
    text_add(sql, " ON ");
    text_add(sql, shape->relation);
    text_add(sql, " USING ");
    text_add(sql, method);
    text_add(sql, " (");
}

int ddl_scalar_index(struct text *sql, char name[NAME_BYTES], const struct shape *shape,
                     uint32_t f)
{
    const struct ov_field *field = shape->schema->fields[f];
    const struct column *column = &shape->columns[f];

    /* Elements of a text list may be longer than a GIN entry; they are looked through. */
    if ((field->flags & OV_FIELD_KEY) || field->type == OV_TEXT_LIST ||
        field->type >= OV_VECTOR)
        return 0;
    name_part(name, shape->table, column->name, "i");
    begin_index(sql, name, shape, field->type == OV_INT64_LIST ? "gin" : "btree");
    if (field->type == OV_TEXT) {
        text_add(sql, "pg_catalog.left(");
        text_name(sql, column->name);
        text_format(sql, ", %d)", PREFIX_CHARACTERS);
        if (column->beside[0] != '\0') {
            text_add(sql, ", ");
            text_name(sql, column->beside);
        }
    } else {
        text_name(sql, column->name);
    }
    text_add(sql, ")");
    return 1;
}

void ddl_keywords_index(struct text *sql, char name[NAME_BYTES],
                        const struct shape *shape)
{
    name_part(name, shape->table, "keywords", "k");
    begin_index(sql, name, shape, "gin");
    text_name(sql, KEYWORDS);
    text_add(sql, ")");
}

const char *ddl_operator(uint32_t metric)
{
    return metric == OV_COSINE ? "<=>" : metric == OV_IP ? "<#>" : "<->";
}

static const char *operator_class(uint32_t metric)
{
    return metric == OV_COSINE ? "vector_cosine_ops"
           : metric == OV_IP   ? "vector_ip_ops"
                               : "vector_l2_ops";
}

int ddl_vector_index(struct text *sql, char name[NAME_BYTES], const struct shape *shape,
                     const struct settings *settings, const struct env *env,
                     const struct ov_index *index)
{
    if (!shape_vector_index(shape, index, name))
        return 0;
    begin_index(sql, name, shape, "hnsw");
    text_name(sql, shape->columns[index->dense].name);
    text_add(sql, " ");
    text_qualified(sql, env->extension, operator_class(index->metric));
    text_format(sql, ") WITH (m = %lld, ef_construction = %lld)", (long long)settings->m,
                (long long)(settings->ef_construction > 2 * settings->m
                                ? settings->ef_construction
                                : 2 * settings->m));
    return 1;
}

int ddl_wants_scalar(const struct ov_schema *schema, uint32_t field)
{
    for (uint32_t i = 0; i < schema->n_indexes; i++)
        for (uint32_t k = 0; k < schema->indexes[i]->n_scalars; k++)
            if (schema->indexes[i]->scalars[k] == field)
                return 1;
    return 0;
}

/* ------------------------------------------------------------------- parts */

void ddl_default(struct text *sql, const struct ov_field *field)
{
    add_default(sql, field);
}

void ddl_depth_column(struct text *sql, const struct shape *shape, uint32_t field)
{
    add_depth(sql, &shape->columns[field], "");
}

/* ------------------------------------------------------------------- slots */

uint32_t ddl_index_slots(const struct ov_schema *schema)
{
    return schema->n_fields + schema->n_indexes + 1;
}

int ddl_index(struct text *sql, char name[NAME_BYTES], const struct shape *shape,
              const struct settings *settings, const struct env *env, uint32_t slot)
{
    const struct ov_schema *schema = shape->schema;

    if (slot < schema->n_fields)
        return ddl_wants_scalar(schema, slot) && ddl_scalar_index(sql, name, shape, slot);
    slot -= schema->n_fields;
    if (slot < schema->n_indexes)
        return ddl_vector_index(sql, name, shape, settings, env, schema->indexes[slot]);
    if (!ddl_has_keywords(schema))
        return 0;
    ddl_keywords_index(sql, name, shape);
    return 1;
}

static void scalar_keys(struct index_keys *out, const struct shape *shape, uint32_t f)
{
    const struct ov_field *field = shape->schema->fields[f];
    const struct column *column = &shape->columns[f];

    out->method = field->type == OV_INT64_LIST ? "gin" : "btree";
    out->column = column->name;
    if (field->type == OV_TEXT) {
        out->prefix = PREFIX_CHARACTERS;
        out->more = column->beside;
    }
}

void ddl_index_keys(struct index_keys *out, const struct shape *shape, uint32_t slot)
{
    const struct ov_schema *schema = shape->schema;

    *out = (struct index_keys){ .method = "gin", .more = "", .class = "" };
    if (slot < schema->n_fields) {
        scalar_keys(out, shape, slot);
    } else if (slot - schema->n_fields < schema->n_indexes) {
        const struct ov_index *index = schema->indexes[slot - schema->n_fields];

        out->method = "hnsw";
        out->column = shape->columns[index->dense].name;
        out->class = operator_class(index->metric);
    } else {
        out->column = KEYWORDS;
    }
}
