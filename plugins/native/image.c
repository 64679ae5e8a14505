/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.c - blocks, columns and cells of the image.
 */
#include "image.h"

#include "distance.h"

#include <stdlib.h>
#include <string.h>

struct retired {
    struct retired *next;
    struct block **blocks;
};

struct shape *shape_new(struct ov_schema *schema)
{
    struct shape *shape = calloc(1, sizeof(*shape));

    if (shape == NULL)
        return NULL;
    shape->refs = 1;
    shape->schema = schema;
    return shape;
}

struct shape *shape_ref(struct shape *shape)
{
    __atomic_add_fetch(&shape->refs, 1, __ATOMIC_RELAXED);
    return shape;
}

void shape_unref(struct shape *shape)
{
    if (shape == NULL || __atomic_sub_fetch(&shape->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    free(shape->schema);
    free(shape);
}

struct image *image_new(struct shape *shape)
{
    struct image *image = calloc(1, sizeof(*image));

    if (image == NULL)
        return NULL;
    image->refs = 1;
    image->n_fields = shape->schema->n_fields;
    image->expiry = ov_schema_flagged(shape->schema, OV_FIELD_EXPIRY);
    image->n_buckets = 1024;
    image->buckets = malloc(image->n_buckets * sizeof(*image->buckets));
    image->names = calloc(image->n_fields * (1 + IMAGE_STEMS), sizeof(*image->names));
    if (image->buckets == NULL || image->names == NULL) {
        free(image->buckets);
        free(image->names);
        free(image);
        return NULL;
    }
    memset(image->buckets, 0xff, image->n_buckets * sizeof(*image->buckets));
    image->seed = (uint32_t)((uintptr_t)image >> 4) * 2654435761u;
    image->first_free = image->first_dead = image->last_dead = NO_SLOT;
    image->pins.before = image->pins.after = &image->pins;
    pthread_mutex_init(&image->lock, NULL);
    image->shape = shape_ref(shape);
    return image;
}

struct image *image_ref(struct image *image)
{
    __atomic_add_fetch(&image->refs, 1, __ATOMIC_RELAXED);
    return image;
}

static void free_block(const struct image *image, struct block *block)
{
    uint32_t i;

    if (block == NULL)
        return;
    for (i = 0; i < BLOCK_ROWS; i++)
        free(block->body[i]);
    for (i = 0; i < image->n_fields; i++) {
        free(block->columns[i].values);
        free(block->columns[i].null);
        free(block->columns[i].norms);
        free(block->columns[i].names);
        free(block->columns[i].stems);
    }
    free(block);
}

void image_unref(struct image *image)
{
    struct retired *old;
    uint32_t i;

    if (image == NULL || __atomic_sub_fetch(&image->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (i = 0; i < image->n_blocks; i++)
        free_block(image, image->blocks[i]);
    while ((old = image->retired) != NULL) {
        image->retired = old->next;
        free(old->blocks);
        free(old);
    }
    for (i = 0; i < image->n_fields * (1 + IMAGE_STEMS); i++)
        names_clear(&image->names[i]);
    free(image->names);
    free(image->blocks);
    free(image->buckets);
    pthread_mutex_destroy(&image->lock);
    shape_unref(image->shape);
    free(image);
}

/* ------------------------------------------------------------------- blocks */

static size_t value_bytes(const struct ov_field *field)
{
    switch ((enum ov_type)field->type) {
    case OV_BOOL:
    case OV_INT64:
    case OV_TIME:
    case OV_FLOAT64:
        return 8;
    case OV_TEXT:
        return sizeof(struct ov_str);
    case OV_VECTOR:
        return sizeof(float) * field->dim;
    case OV_NULL:
    case OV_TEXT_LIST:
    case OV_INT64_LIST:
    case OV_SPARSE:
    case OV_GEO:
        break;
    }
    return 0;
}

static int reserve_names(const struct image *image, struct column *column, uint32_t field)
{
    const struct ov_field *at = image->shape->schema->fields[field];

    if (!image_has_names(image, field))
        return 0;
    column->names = calloc(BLOCK_ROWS, sizeof(*column->names));
    if (column->names == NULL)
        return -1;
    if ((at->flags & OV_FIELD_PATH) == 0)
        return 0;
    column->stems = calloc(BLOCK_ROWS * IMAGE_STEMS, sizeof(*column->stems));
    return column->stems != NULL ? 0 : -1;
}

static struct block *new_block(const struct image *image)
{
    struct block *block =
        calloc(1, sizeof(*block) + image->n_fields * sizeof(struct column));
    uint32_t f;

    if (block == NULL)
        return NULL;
    memset(block->born, 0xff, sizeof(block->born));
    memset(block->died, 0xff, sizeof(block->died));
    for (f = 0; f < image->n_fields; f++) {
        const struct ov_field *field = image->shape->schema->fields[f];
        struct column *column = &block->columns[f];
        size_t bytes = value_bytes(field);

        if (bytes > 0 && (column->values = calloc(BLOCK_ROWS, bytes)) == NULL)
            break;
        if (bytes > 0 && (column->null = calloc(BLOCK_ROWS, 1)) == NULL)
            break;
        if (field->type == OV_VECTOR &&
            (column->norms = calloc(BLOCK_ROWS, sizeof(double))) == NULL)
            break;
        if (reserve_names(image, column, f) != 0)
            break;
    }
    if (f == image->n_fields)
        return block;
    free_block(image, block);
    return NULL;
}

/* Readers keep the directory they began with, so an old one stays until the end; all of
 * them together are not longer than the present one. */
static int grow_directory(struct image *image)
{
    uint32_t room = image->room_blocks > 0 ? 2 * image->room_blocks : 16;
    struct block **grown = calloc(room, sizeof(struct block *));
    struct retired *old = calloc(1, sizeof(*old));

    if (grown == NULL || old == NULL) {
        free(grown);
        free(old);
        return -1;
    }
    if (image->n_blocks > 0)
        memcpy(grown, image->blocks, image->n_blocks * sizeof(struct block *));
    old->blocks = image->blocks;
    old->next = image->retired;
    image->retired = old;
    pthread_mutex_lock(&image->lock);
    image->blocks = grown;
    pthread_mutex_unlock(&image->lock);
    image->room_blocks = room;
    return 0;
}

uint32_t image_take_slot(struct image *image)
{
    uint32_t slot = image->first_free;
    struct block *block;

    if (slot != NO_SLOT) {
        image->first_free = image->blocks[slot / BLOCK_ROWS]->link[slot % BLOCK_ROWS];
        return slot;
    }
    if (image->n_slots == image->n_blocks * BLOCK_ROWS) {
        if (image->n_slots > NO_SLOT - 2 * BLOCK_ROWS)
            return NO_SLOT;
        if (image->n_blocks == image->room_blocks && grow_directory(image) != 0)
            return NO_SLOT;
        block = new_block(image);
        if (block == NULL)
            return NO_SLOT;
        image->blocks[image->n_blocks] = block;
        pthread_mutex_lock(&image->lock);
        image->n_blocks++;
        pthread_mutex_unlock(&image->lock);
    }
    pthread_mutex_lock(&image->lock);
    slot = image->n_slots++;
    pthread_mutex_unlock(&image->lock);
    return slot;
}

/* -------------------------------------------------------------------- cells */

static int holds_number(uint32_t type)
{
    return type == OV_BOOL || type == OV_INT64 || type == OV_TIME || type == OV_FLOAT64;
}

void image_cell(const struct image *image, const struct block *block, uint32_t row,
                uint32_t field, struct ov_cell *out)
{
    const struct ov_schema *schema = image->shape->schema;
    const struct column *column = &block->columns[field];
    uint32_t type = schema->fields[field]->type;

    if (column->values == NULL) {
        codec_cell(schema, block->body[row], field, out);
        return;
    }
    memset(out, 0, sizeof(*out));
    if (column->null[row])
        return;
    out->type = type;
    if (holds_number(type)) {
        out->u.i = ((const int64_t *)column->values)[row];
    } else if (type == OV_TEXT) {
        out->n = ((const struct ov_str *)column->values)[row].n;
        out->u.text = ((const struct ov_str *)column->values)[row].p;
    } else {
        out->n = schema->fields[field]->dim;
        out->u.floats = (const float *)column->values + row * out->n;
    }
}

static void fill_column(const struct ov_field *field, struct column *column, uint32_t row,
                        const struct ov_cell *cell)
{
    column->null[row] = cell->type == OV_NULL;
    if (holds_number(field->type)) {
        ((int64_t *)column->values)[row] = cell->u.i;
    } else {
        ((struct ov_str *)column->values)[row].p = cell->u.text;
        ((struct ov_str *)column->values)[row].n = cell->n;
    }
}

static void fill_vector(const struct ov_field *field, struct column *column, uint32_t row,
                        const float *vector)
{
    float *to = (float *)column->values + (size_t)row * field->dim;

    column->null[row] = 0;
    if (vector != NULL)
        memcpy(to, vector, field->dim * sizeof(float));
    else
        memset(to, 0, field->dim * sizeof(float));
    column->norms[row] = distance_norm(to, field->dim);
}

static uint16_t number_of(struct image *image, struct name_list *names,
                          struct ov_str text)
{
    uint16_t number = names_find(names, text);

    if (number != 0 || names->n == NAMES_MOST || text.n > NAME_BYTES)
        return number;
    pthread_mutex_lock(&image->lock);
    number = names_add(names, text);
    pthread_mutex_unlock(&image->lock);
    return number;
}

static void fill_names(struct image *image, struct column *column, uint32_t field,
                       uint32_t row, const struct ov_cell *cell)
{
    struct name_list *names = &image->names[field * (1 + IMAGE_STEMS)];
    struct ov_str text = { cell->u.text, cell->n }, stem;
    int is_null = cell->type == OV_NULL;
    uint32_t i;

    if (column->names != NULL)
        column->names[row] =
            is_null ? (uint16_t)NAME_NONE : number_of(image, names, text);
    for (i = 0; column->stems != NULL && i < IMAGE_STEMS; i++) {
        stem = is_null ? (struct ov_str){ NULL, 0 } : names_stem(text, i + 1);
        column->stems[i * BLOCK_ROWS + row] =
            stem.p == NULL ? (uint16_t)NAME_NONE : number_of(image, names + 1 + i, stem);
    }
}

/* The body lies in the block already; vectors end with the body's last field. */
void image_fill(struct image *image, struct block *block, uint32_t row,
                const float *vectors)
{
    const struct ov_schema *schema = image->shape->schema;
    uint32_t known = codec_fields(block->body[row]), f;
    struct ov_cell cell;

    for (f = 0; f < image->n_fields; f++) {
        const struct ov_field *field = schema->fields[f];

        if (block->columns[f].values == NULL)
            continue;
        if (field->type != OV_VECTOR) {
            codec_cell(schema, block->body[row], f, &cell);
            fill_column(field, &block->columns[f], row, &cell);
            fill_names(image, &block->columns[f], f, row, &cell);
            continue;
        }
        fill_vector(field, &block->columns[f], row, f < known ? vectors : NULL);
        if (f < known)
            vectors += field->dim;
    }
}
