/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema_blob.c - a whole schema as bytes.
 *
 * "OVS1", a record for the schema, for each field and for each index, then CRC-32 of
 * all that. A record is its length in bytes (4), then its members in the order of
 * schema.h: numbers little-endian, texts as length (8) and bytes. Later versions append
 * members to a record; a reader takes what it knows and skips the rest, and what an
 * older writer did not have reads as zero.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC 0x3153564Fu /* "OVS1" */
#define MAX_LIST 65536u   /* fields or indexes; far beyond any schema */

uint32_t schema_blob_sum(const unsigned char *bytes, size_t n)
{
    static const uint32_t halves[] = { 0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
                                       0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                                       0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                       0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C };
    uint32_t sum = UINT32_MAX;
    size_t i;

    for (i = 0; i < n; i++) {
        sum ^= bytes[i];
        sum = sum >> 4 ^ halves[sum & 15];
        sum = sum >> 4 ^ halves[sum & 15];
    }
    return ~sum;
}

/* ------------------------------------------------------------------ encode */

struct writer {
    unsigned char *bytes; /* NULL while counting */
    size_t n;
};

static void put_number(struct writer *to, uint64_t value, unsigned int bytes)
{
    unsigned int i;

    for (i = 0; i < bytes; i++, to->n++)
        if (to->bytes != NULL)
            to->bytes[to->n] = (unsigned char)(value >> (8 * i));
}

static void put_real(struct writer *to, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    put_number(to, bits, 8);
}

static void put_text(struct writer *to, struct ov_str text)
{
    put_number(to, text.n, 8);
    if (to->bytes != NULL && text.n > 0)
        memcpy(to->bytes + to->n, text.p, (size_t)text.n);
    to->n += (size_t)text.n;
}

/* Where the length of a record goes; filled in when it is known. */
static size_t begin_record(struct writer *to)
{
    put_number(to, 0, 4);
    return to->n;
}

static void end_record(struct writer *to, size_t from)
{
    struct writer back = { to->bytes, from - 4 };

    put_number(&back, to->n - from, 4);
}

static void put_scalar(struct writer *to, const struct ov_scalar *scalar)
{
    put_number(to, scalar->type, 4);
    if (scalar->type == OV_TEXT)
        put_text(to, scalar->u.s);
    else if (scalar->type == OV_FLOAT64)
        put_real(to, scalar->u.f);
    else
        put_number(to, scalar->type == OV_NULL ? 0 : (uint64_t)scalar->u.i, 8);
}

static void put_field(struct writer *to, const struct ov_field *field)
{
    size_t from = begin_record(to);

    put_number(to, field->type, 4);
    put_number(to, field->flags, 4);
    put_number(to, field->dim, 4);
    put_text(to, field->name);
    put_scalar(to, &field->fill);
    end_record(to, from);
}

static void put_index(struct writer *to, const struct ov_index *index)
{
    size_t from = begin_record(to);
    uint32_t i;

    put_number(to, index->state, 4);
    put_number(to, index->metric, 4);
    put_number(to, index->dense, 4);
    put_number(to, index->sparse, 4);
    put_number(to, index->n_scalars, 4);
    for (i = 0; i < index->n_scalars; i++)
        put_number(to, index->scalars[i], 4);
    put_real(to, index->alpha);
    put_text(to, index->name);
    put_text(to, index->kind);
    put_text(to, index->meta);
    end_record(to, from);
}

static void put_schema(struct writer *to, const struct ov_schema *schema)
{
    size_t from;
    uint32_t i;

    put_number(to, MAGIC, 4);
    from = begin_record(to);
    put_number(to, schema->n_fields, 4);
    put_number(to, schema->n_indexes, 4);
    put_number(to, schema->key, 4);
    put_text(to, schema->name);
    put_text(to, schema->meta);
    end_record(to, from);
    for (i = 0; i < schema->n_fields; i++)
        put_field(to, schema->fields[i]);
    for (i = 0; i < schema->n_indexes; i++)
        put_index(to, schema->indexes[i]);
    if (to->bytes != NULL)
        put_number(to, schema_blob_sum(to->bytes, to->n), 4);
    else
        to->n += 4;
}

int32_t ov_schema_encode(const struct ov_schema *schema, void **bytes, size_t *n,
                         struct ov_error *err)
{
    struct writer to = { NULL, 0 };

    put_schema(&to, schema);
    to.bytes = malloc(to.n);
    if (to.bytes == NULL)
        return ov_no_memory(err);
    to.n = 0;
    put_schema(&to, schema);
    *bytes = to.bytes;
    *n = to.n;
    return OV_OK;
}

/* ------------------------------------------------------------------ decode */

/* Reading behind the end gives zeros; lists and texts make it bad. */
struct reader {
    const unsigned char *at, *end;
    int bad;
};

static uint64_t get_number(struct reader *from, unsigned int bytes)
{
    uint64_t value = 0;
    unsigned int i;

    for (i = 0; i < bytes && from->at < from->end; i++)
        value |= (uint64_t)*from->at++ << (8 * i);
    return value;
}

static uint32_t get_u32(struct reader *from)
{
    return (uint32_t)get_number(from, 4);
}

static double get_real(struct reader *from)
{
    uint64_t bits = get_number(from, 8);
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static struct ov_str get_text(struct reader *from)
{
    struct ov_str text = { NULL, get_number(from, 8) };

    if (text.n > (uint64_t)(from->end - from->at)) {
        from->bad = 1;
        text.n = 0;
    }
    text.p = (const char *)from->at;
    from->at += text.n;
    return text;
}

static struct reader get_record(struct reader *from)
{
    uint32_t n = get_u32(from);
    struct reader record = { from->at, from->at, 0 };

    if (n > (size_t)(from->end - from->at)) {
        from->bad = 1;
        return record;
    }
    from->at += n;
    record.end = from->at;
    return record;
}

static struct ov_scalar get_scalar(struct reader *from)
{
    struct ov_scalar scalar = { .type = get_u32(from) };

    if (scalar.type > OV_TEXT)
        from->bad = 1;
    else if (scalar.type == OV_TEXT)
        scalar.u.s = get_text(from);
    else if (scalar.type == OV_FLOAT64)
        scalar.u.f = get_real(from);
    else
        scalar.u.i = (int64_t)get_number(from, 8);
    return scalar;
}

static int get_field(struct reader *from, struct ov_field *out)
{
    struct reader record = get_record(from);

    out->size = sizeof(*out);
    out->type = get_u32(&record);
    out->flags = get_u32(&record);
    out->dim = get_u32(&record);
    out->name = get_text(&record);
    out->fill = get_scalar(&record);
    return record.bad || from->bad;
}

/* scalars: room for what is left of the whole. */
static int get_index(struct reader *from, struct ov_index *out, uint32_t **scalars)
{
    struct reader record = get_record(from);
    uint32_t i;

    out->size = sizeof(*out);
    out->state = get_u32(&record);
    out->metric = get_u32(&record);
    out->dense = get_u32(&record);
    out->sparse = get_u32(&record);
    out->n_scalars = get_u32(&record);
    if (record.bad || from->bad ||
        out->n_scalars > (size_t)(record.end - record.at) / sizeof(uint32_t))
        return 1;
    out->scalars = *scalars;
    for (i = 0; i < out->n_scalars; i++)
        (*scalars)[i] = get_u32(&record);
    *scalars += out->n_scalars;
    out->alpha = get_real(&record);
    out->name = get_text(&record);
    out->kind = get_text(&record);
    out->meta = get_text(&record);
    return record.bad;
}

/* What a decoded schema points to before it is copied into one block. */
struct parts {
    struct ov_field *fields;
    struct ov_index *indexes;
    uint32_t *scalars;
    const struct ov_field **field_list;
    const struct ov_index **index_list;
};

static void free_parts(struct parts *parts)
{
    free(parts->fields);
    free(parts->indexes);
    free(parts->scalars);
    free(parts->field_list);
    free(parts->index_list);
}

static int make_parts(struct parts *parts, const struct ov_schema *schema, size_t left)
{
    parts->fields = calloc(schema->n_fields + 1, sizeof(*parts->fields));
    parts->indexes = calloc(schema->n_indexes + 1, sizeof(*parts->indexes));
    parts->scalars = calloc(left / sizeof(uint32_t) + 1, sizeof(uint32_t));
    parts->field_list = calloc(schema->n_fields + 1, sizeof(*parts->field_list));
    parts->index_list = calloc(schema->n_indexes + 1, sizeof(*parts->index_list));
    return parts->fields == NULL || parts->indexes == NULL || parts->scalars == NULL ||
           parts->field_list == NULL || parts->index_list == NULL;
}

static int get_parts(struct reader *from, struct parts *parts, struct ov_schema *schema)
{
    uint32_t *scalars = parts->scalars, i;

    for (i = 0; i < schema->n_fields; i++) {
        if (get_field(from, &parts->fields[i]) != 0)
            return -1;
        parts->field_list[i] = &parts->fields[i];
    }
    for (i = 0; i < schema->n_indexes; i++) {
        if (get_index(from, &parts->indexes[i], &scalars) != 0)
            return -1;
        parts->index_list[i] = &parts->indexes[i];
    }
    schema->fields = parts->field_list;
    schema->indexes = parts->index_list;
    return 0;
}

static int get_head(struct reader *from, struct ov_schema *schema)
{
    struct reader record = get_record(from);

    schema->size = sizeof(*schema);
    schema->n_fields = get_u32(&record);
    schema->n_indexes = get_u32(&record);
    schema->key = get_u32(&record);
    schema->name = get_text(&record);
    schema->meta = get_text(&record);
    return record.bad || from->bad || schema->n_fields > MAX_LIST ||
           schema->n_indexes > MAX_LIST;
}

static int is_ours(const void *bytes, size_t n)
{
    struct reader head = { bytes, (const unsigned char *)bytes + n, 0 };
    struct reader tail = { (const unsigned char *)bytes + n - 4, head.end, 0 };

    return n > 8 && get_u32(&head) == MAGIC &&
           get_u32(&tail) == schema_blob_sum(bytes, n - 4);
}

/* The structure holds; does what it says? Then a copy of it. */
static int32_t take_checked(const struct ov_schema *schema, struct ov_schema **out,
                            struct ov_error *err)
{
    struct ov_error why = OV_ERROR_INIT;
    struct ov_schema *copy;
    int32_t code = ov_schema_check(schema, &why);

    if (code != OV_OK && code != OV_NO_SPACE)
        return ov_fail(err, OV_CORRUPT, "stored schema: %s", why.message);
    copy = code == OV_OK ? ov_schema_copy(schema) : NULL;
    if (copy == NULL)
        return ov_no_memory(err);
    *out = copy;
    return OV_OK;
}

int32_t ov_schema_decode(const void *bytes, size_t n, struct ov_schema **out,
                         struct ov_error *err)
{
    struct ov_schema schema = { .size = sizeof(schema) };
    struct parts parts = { NULL, NULL, NULL, NULL, NULL };
    struct reader from;
    int32_t code = OV_OK;

    if (n <= 8 || !is_ours(bytes, n))
        return ov_fail(err, OV_CORRUPT, "stored schema: %zu bytes that are no schema", n);
    from = (struct reader){ (const unsigned char *)bytes + 4,
                            (const unsigned char *)bytes + n - 4, 0 };
    if (get_head(&from, &schema) != 0)
        return ov_fail(err, OV_CORRUPT, "stored schema: the head is damaged");
    if (make_parts(&parts, &schema, (size_t)(from.end - from.at)) != 0)
        code = ov_no_memory(err);
    else if (get_parts(&from, &parts, &schema) != 0)
        code = ov_fail(err, OV_CORRUPT, "stored schema: a field or index is damaged");
    else
        code = take_checked(&schema, out, err);
    free_parts(&parts);
    return code;
}
