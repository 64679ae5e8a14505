/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_check.c - is a schema what schema.h promises? Each field and index on its own,
 * then all of them together.
 *
 * Code that works with a schema leans on these rules: it reads a list as a list because
 * no list is an expiry, and a vector's floats because an index is over a vector.
 */
#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_FIELDS 65536u /* and indexes; far beyond any schema */
#define MOST_DIM (1u << 20)
#define MOST_CHARACTERS 128u
#define MOST_KIND_BYTES 64u
#define ALL_FLAGS (2u * OV_FIELD_ABSENT - 1u)

/* ------------------------------------------------------------------- names */

static int is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

static int is_name(struct ov_str name)
{
    const char *p = name.p, *end = name.n == 0 ? p : p + name.n;
    uint32_t n = 0;

    while (p < end && n <= MOST_CHARACTERS) {
        if (is_control(text_next(&p, end)))
            return 0;
        n++;
    }
    return n > 0 && n <= MOST_CHARACTERS;
}

static int is_kind(struct ov_str kind)
{
    uint64_t i;

    for (i = 0; i < kind.n && i < MOST_KIND_BYTES; i++)
        if (kind.p[i] <= ' ' || kind.p[i] >= 0x7F)
            return 0;
    return i > 0 && i == kind.n;
}

static int by_bytes(const void *left, const void *right)
{
    return ov_str_compare(*(const struct ov_str *)left, *(const struct ov_str *)right);
}

/* Sorts the names. */
static int32_t check_unique(struct ov_str *names, uint32_t n, const char *what,
                            struct ov_error *err)
{
    uint32_t i;

    if (n > 0)
        qsort(names, n, sizeof(*names), by_bytes);
    for (i = 1; i < n; i++)
        if (ov_str_equal(names[i - 1], names[i]))
            return ov_fail(err, OV_INVALID, "the %s '%.*s' is there twice", what,
                           (int)names[i].n, names[i].p);
    return OV_OK;
}

static int32_t check_names(const struct ov_schema *schema, struct ov_error *err)
{
    size_t room = (size_t)schema->n_fields + schema->n_indexes;
    struct ov_str *names = malloc((room + 1) * sizeof(*names));
    uint32_t i;
    int32_t code;

    if (names == NULL)
        return ov_no_memory(err);
    for (i = 0; i < schema->n_fields; i++)
        names[i] = schema->fields[i]->name;
    code = check_unique(names, schema->n_fields, "field", err);
    for (i = 0; i < schema->n_indexes; i++)
        names[i] = schema->indexes[i]->name;
    if (code == OV_OK)
        code = check_unique(names, schema->n_indexes, "index", err);
    free(names);
    return code;
}

/* ------------------------------------------------------------------ fields */

static int fill_fits(const struct ov_field *field)
{
    const struct ov_scalar *fill = &field->fill;

    if (fill->type == OV_NULL)
        return 1;
    if (fill->type != field->type || fill->type > OV_TEXT)
        return 0;
    if (fill->type == OV_TEXT)
        return ov_utf8_valid(fill->u.s);
    if (fill->type == OV_FLOAT64)
        return isfinite(fill->u.f);
    if (fill->type == OV_BOOL)
        return fill->u.i == 0 || fill->u.i == 1;
    return fill->type != OV_TIME || fill->u.i % 1000 == 0;
}

/* What is wrong with the flags, or NULL. */
static const char *judge_flags(const struct ov_field *field, int is_key)
{
    uint32_t flags = field->flags, type = field->type;
    int is_hosts = (flags & OV_FIELD_HOST) != 0;

    if ((flags & ~ALL_FLAGS) != 0)
        return "a flag that nobody knows";
    if (((flags & OV_FIELD_KEY) != 0) != is_key)
        return is_key ? "no key flag, and is the key" : "a key flag, and is not the key";
    if (is_key && ((type != OV_TEXT && type != OV_INT64) ||
                   (flags & (OV_FIELD_NULLABLE | OV_FIELD_HOST)) != 0))
        return "a key flag that does not fit";
    if ((flags & OV_FIELD_NULLABLE) != 0 && !is_hosts && type != OV_TIME &&
        type != OV_GEO)
        return "a null flag that does not fit its type";
    if ((flags & (OV_FIELD_PATH | OV_FIELD_FULLTEXT)) != 0 && type != OV_TEXT)
        return "a flag of texts, and is none";
    if ((flags & OV_FIELD_EXPIRY) != 0 && type != OV_TIME)
        return "an expiry flag, and is no time";
    if (is_hosts && (field->name.n < 4 || memcmp(field->name.p, "_ov_", 4) != 0))
        return "a flag of the host's own fields, and is none";
    return NULL;
}

static int32_t check_field(const struct ov_schema *schema, uint32_t f,
                           struct ov_error *err)
{
    const struct ov_field *field = schema->fields[f];
    const char *fault;

    if (!is_name(field->name))
        return ov_fail(err, OV_INVALID, "field %u has a name of %llu bytes that is none",
                       f, (unsigned long long)field->name.n);
    if (field->type < OV_BOOL || field->type > OV_GEO)
        return ov_fail(err, OV_INVALID, "field '%.*s' has type %u", (int)field->name.n,
                       field->name.p, field->type);
    if (field->type == OV_VECTOR ? field->dim == 0 || field->dim > MOST_DIM
                                 : field->dim != 0)
        return ov_fail(err, OV_INVALID, "field '%.*s' of type %u has %u dimensions",
                       (int)field->name.n, field->name.p, field->type, field->dim);
    fault = judge_flags(field, f == schema->key);
    if (fault != NULL)
        return ov_fail(err, OV_INVALID, "field '%.*s' of type %u (flags 0x%x) has %s",
                       (int)field->name.n, field->name.p, field->type, field->flags,
                       fault);
    if (!fill_fits(field))
        return ov_fail(err, OV_INVALID, "field '%.*s' has a fill that is no value of it",
                       (int)field->name.n, field->name.p);
    return OV_OK;
}

/* ----------------------------------------------------------------- indexes */

static int is_of_type(const struct ov_schema *schema, uint32_t field, uint32_t type)
{
    return field < schema->n_fields && schema->fields[field]->type == type;
}

static int32_t check_index(const struct ov_schema *schema, uint32_t at,
                           struct ov_error *err)
{
    const struct ov_index *index = schema->indexes[at];
    uint32_t s = 0;

    if (!is_name(index->name))
        return ov_fail(err, OV_INVALID, "index %u has a name of %llu bytes that is none",
                       at, (unsigned long long)index->name.n);
    if (!is_of_type(schema, index->dense, OV_VECTOR))
        return ov_fail(err, OV_INVALID, "index '%.*s' is over field %u, no vector",
                       (int)index->name.n, index->name.p, index->dense);
    if (index->sparse != OV_NONE && !is_of_type(schema, index->sparse, OV_SPARSE))
        return ov_fail(err, OV_INVALID, "index '%.*s' is over field %u, no sparse vector",
                       (int)index->name.n, index->name.p, index->sparse);
    while (s < index->n_scalars && index->scalars[s] < schema->n_fields)
        s++;
    if (s < index->n_scalars)
        return ov_fail(err, OV_INVALID, "index '%.*s' names field %u of %u",
                       (int)index->name.n, index->name.p, index->scalars[s],
                       schema->n_fields);
    if (index->metric < OV_COSINE || index->metric > OV_L2 ||
        index->state > OV_INDEX_BROKEN)
        return ov_fail(err, OV_INVALID, "index '%.*s' has metric %u and state %u",
                       (int)index->name.n, index->name.p, index->metric, index->state);
    if (!isfinite(index->alpha) || !is_kind(index->kind))
        return ov_fail(err, OV_INVALID, "index '%.*s' has a %s that is none",
                       (int)index->name.n, index->name.p,
                       isfinite(index->alpha) ? "kind" : "weight");
    return OV_OK;
}

int32_t ov_schema_check(const struct ov_schema *schema, struct ov_error *err)
{
    uint32_t i, expiries = 0;
    int32_t code = OV_OK;

    if (!is_name(schema->name))
        return ov_fail(err, OV_INVALID, "the name of %llu bytes is none",
                       (unsigned long long)schema->name.n);
    if (schema->n_fields == 0 || schema->n_fields > MOST_FIELDS ||
        schema->n_indexes > MOST_FIELDS || schema->key >= schema->n_fields)
        return ov_fail(err, OV_INVALID, "%u fields, %u indexes and field %u as the key",
                       schema->n_fields, schema->n_indexes, schema->key);
    for (i = 0; i < schema->n_fields && code == OV_OK; i++) {
        code = check_field(schema, i, err);
        expiries += (schema->fields[i]->flags & OV_FIELD_EXPIRY) != 0;
        if (code == OV_OK && expiries > 1)
            code = ov_fail(err, OV_INVALID, "field '%.*s' is a second expiry",
                           (int)schema->fields[i]->name.n, schema->fields[i]->name.p);
    }
    for (i = 0; i < schema->n_indexes && code == OV_OK; i++)
        code = check_index(schema, i, err);
    return code == OV_OK ? check_names(schema, err) : code;
}
