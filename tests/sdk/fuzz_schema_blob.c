/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_schema_blob.c - any bytes as a stored schema.
 *
 * The input lies between the four bytes at the head and the sum, which are made right:
 * what is behind them is what a damaged or hostile store has. A schema that is taken is
 * read to its end, keeps the rules on which its users lean, and is written and read
 * again.
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile uint64_t sink;

static void need(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void read_text(struct ov_str text)
{
    for (uint64_t i = 0; i < text.n; i++)
        sink += (unsigned char)text.p[i];
}

static void read_field(const struct ov_schema *schema, uint32_t f)
{
    const struct ov_field *field = schema->fields[f];
    struct ov_cell fill = ov_fill_cell(field);

    read_text(field->name);
    need(field->type >= OV_BOOL && field->type <= OV_GEO, "a type that is none");
    need((field->type == OV_VECTOR) == (field->dim > 0), "a dimension that does not fit");
    if ((field->flags & OV_FIELD_EXPIRY) != 0)
        need(field->type == OV_TIME, "an expiry that is no time");
    if ((field->flags & (OV_FIELD_PATH | OV_FIELD_FULLTEXT)) != 0)
        need(field->type == OV_TEXT, "a path or words that are no text");
    need(((field->flags & OV_FIELD_KEY) != 0) == (f == schema->key), "another key");
    need(fill.type == OV_NULL || fill.type == field->type, "a fill of another type");
    if (fill.type == OV_TEXT)
        read_text((struct ov_str){ fill.u.text, fill.n });
}

static void read_index(const struct ov_schema *schema, const struct ov_index *index)
{
    need(schema->fields[index->dense]->type == OV_VECTOR, "an index over no vector");
    need(index->sparse == OV_NONE || schema->fields[index->sparse]->type == OV_SPARSE,
         "an index over no sparse vector");
    need(index->metric >= OV_COSINE && index->metric <= OV_L2, "a metric that is none");
    for (uint32_t s = 0; s < index->n_scalars; s++)
        sink += schema->fields[index->scalars[s]]->type;
    read_text(index->name);
    read_text(index->kind);
    read_text(index->meta);
}

static void read_all(const struct ov_schema *schema)
{
    read_text(schema->name);
    read_text(schema->meta);
    for (uint32_t f = 0; f < schema->n_fields; f++)
        read_field(schema, f);
    for (uint32_t i = 0; i < schema->n_indexes; i++)
        read_index(schema, schema->indexes[i]);
}

static void write_again(const struct ov_schema *schema)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_schema *back = NULL;
    void *bytes = NULL, *again = NULL;
    size_t n = 0, n_again = 0;

    need(ov_schema_encode(schema, &bytes, &n, &err) == OV_OK, err.message);
    need(ov_schema_decode(bytes, n, &back, &err) == OV_OK, err.message);
    need(ov_schema_encode(back, &again, &n_again, &err) == OV_OK, err.message);
    need(n == n_again && memcmp(bytes, again, n) == 0, "written otherwise again");
    free(bytes);
    free(again);
    free(back);
}

#ifdef CANARY
/* A fault behind the whole decoder: a name that the start corpus lacks. */
static void canary(const struct ov_schema *schema)
{
    need(schema->name.n != 1 || schema->name.p[0] == 'c', "CANARY");
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ov_error err = OV_ERROR_INIT;
    struct ov_schema *schema = NULL;
    unsigned char *blob = malloc(size + 8); /* of the exact size */
    uint32_t sum;

    if (blob == NULL)
        return 0;
    memcpy(blob, "OVS1", 4);
    if (size > 0)
        memcpy(blob + 4, data, size);
    sum = schema_blob_sum(blob, size + 4);
    memcpy(blob + 4 + size, &sum, sizeof(sum));
    if (ov_schema_decode(blob, size + 8, &schema, &err) == OV_OK) {
        read_all(schema);
        write_again(schema);
#ifdef CANARY
        canary(schema);
#endif
        free(schema);
    } else {
        need(err.code == OV_CORRUPT && err.message[0] != '\0', "refused otherwise");
    }
    free(blob);
    return 0;
}
