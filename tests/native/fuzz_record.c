/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_record.c - any bytes as a stored record.
 *
 * First byte: how many bytes at the end are the vectors; the rest is the body. A record
 * that is taken is read to its end, from its bytes and from the image, where a lying
 * length or offset is found by the sanitizer.
 */
#include "image.h"

#include <math.h>
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

enum { F_VECTOR = 8, N_FIELDS = 13 };

/* A field of each type at its ordinal, a text as the key at 0, then a path and an expiry.
 */
static struct shape *make_shape(void)
{
    static const char *const names[N_FIELDS] = { "k", "b",  "i",          "f", "t",
                                                 "s", "tl", "il",         "v", "sp",
                                                 "g", "p",  "_ov_expires" };
    struct ov_field fields[N_FIELDS];
    const struct ov_field *list[N_FIELDS];
    struct ov_schema schema = { .size = sizeof(schema), .n_fields = N_FIELDS };

    for (uint32_t f = 0; f < N_FIELDS; f++) {
        fields[f] = (struct ov_field){ .size = sizeof(fields[f]),
                                       .type = f == 0 || f == 11 ? OV_TEXT
                                               : f == 12         ? OV_TIME
                                                                 : f,
                                       .dim = f == F_VECTOR ? 2 : 0,
                                       .name = ov_str_of(names[f]) };
        list[f] = &fields[f];
    }
    fields[0].flags = OV_FIELD_KEY;
    fields[OV_TIME].flags = fields[OV_GEO].flags = OV_FIELD_NULLABLE;
    fields[11].flags = OV_FIELD_PATH | OV_FIELD_FULLTEXT;
    fields[12].flags = OV_FIELD_EXPIRY | OV_FIELD_HOST | OV_FIELD_NULLABLE;
    schema.fields = list;
    schema.name = ov_str_of("c");
    need(ov_schema_check(&schema, NULL) == OV_OK, "the schema is none");
    return shape_new(ov_schema_copy(&schema));
}

static void read_texts(const struct ov_cell *cell)
{
    for (uint64_t i = 0; i < cell->n; i++) {
        for (int64_t at = cell->u.offsets[i]; at < cell->u.offsets[i + 1]; at++)
            sink += (unsigned char)cell->bytes[at];
        if (cell->type == OV_SPARSE)
            need(isfinite(cell->weights[i]), "a weight that is not finite");
    }
}

static void read_cell(const struct ov_cell *cell, uint32_t type)
{
    need(cell->type == OV_NULL || cell->type == type, "a value of another type");
    switch (cell->type) {
    case OV_TEXT:
        need(ov_utf8_valid((struct ov_str){ cell->u.text, cell->n }), "no UTF-8");
        break;
    case OV_TEXT_LIST:
    case OV_SPARSE:
        read_texts(cell);
        break;
    case OV_INT64_LIST:
        for (uint64_t i = 0; i < cell->n; i++)
            sink += (uint64_t)cell->u.ints[i];
        break;
    case OV_VECTOR:
        for (uint64_t i = 0; i < cell->n; i++)
            need(isfinite(cell->u.floats[i]), "a vector that is not finite");
        break;
    case OV_GEO:
        need(fabs(cell->u.reals[0]) <= 180 && fabs(cell->u.reals[1]) <= 90, "no place");
        break;
    case OV_FLOAT64:
        need(isfinite(cell->u.f), "a number that is not finite");
        break;
    default:
        sink += (uint64_t)cell->u.i;
    }
}

#ifdef CANARY
/* A fault behind the whole check: a number that the start corpus lacks. */
static void canary(const struct ov_cell *cell)
{
    need(cell->type != OV_FLOAT64 || cell->u.f <= 1e6, "CANARY");
}
#endif

static void read_view(struct image *image, struct shape *shape)
{
    struct ov_cell cell;
    struct view view;

    view_take(image, shape, &view);
    for (uint32_t f = 0; f < N_FIELDS; f++) {
        view_cell(&view, 0, f, &cell);
        read_cell(&cell, shape->schema->fields[f]->type);
#ifdef CANARY
        canary(&cell);
#endif
    }
    view_cell(&view, 0, 0, &cell);
    need(view_find(&view, &cell) == 0, "the record is not under its key");
    sink += (uint64_t)view_expired(&view, 0, 0);
    view_drop(&view);
}

/* body and vectors have been checked. */
static void show(struct shape *shape, const struct buffer *body, const float *vectors)
{
    struct image *image = image_new(shape);
    struct ov_error err = OV_ERROR_INIT;
    struct change change;

    need(image != NULL, "no memory");
    change_begin(&change, image);
    need(change_add(&change, 1, body, vectors, &err) == OV_OK, err.message);
    change_commit(&change, 1);
    read_view(image, shape);
    image_unref(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct shape *shape = size > 0 ? make_shape() : NULL;
    struct ov_error err = OV_ERROR_INIT;
    struct buffer body = { 0 }, vectors = { 0 };
    struct ov_cell key;

    if (shape == NULL)
        return 0;
    vectors.n = data[0] < size - 1 ? data[0] : size - 1;
    body.n = size - 1 - vectors.n;
    body.bytes = malloc(body.n > 0 ? body.n : 1); /* of the exact sizes */
    vectors.bytes = malloc(vectors.n > 0 ? vectors.n : 1);
    need(body.bytes != NULL && vectors.bytes != NULL, "no memory");
    memcpy(body.bytes, data + 1, body.n);
    memcpy(vectors.bytes, data + 1 + body.n, vectors.n);
    if (codec_check(shape->schema, body.bytes, body.n, vectors.n, &err) == OV_OK &&
        codec_check_vectors((const float *)(const void *)vectors.bytes, vectors.n / 4,
                            &err) == OV_OK) {
        codec_cell(shape->schema, body.bytes, 0, &key);
        need(codec_check_key(shape->schema, body.bytes, &key, &err) == OV_OK, "its key");
        show(shape, &body, (const float *)(const void *)vectors.bytes);
    } else {
        need(err.code == OV_CORRUPT && err.message[0] != '\0', "refused otherwise");
    }
    free(body.bytes);
    free(vectors.bytes);
    shape_unref(shape);
    return 0;
}
