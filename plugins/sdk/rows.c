/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows.c - cells row by row into the columns of batch.h.
 *
 * Memory of a finished array: one block holds every node of the tree and a count of
 * those not yet released. Arrow lets a consumer move a child out and release it later
 * on another thread, so the block and the buffers go with the last of them.
 */
#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VALID, OUTER, INNER, DATA, WEIGHTS, N_BUFFERS };

struct buffer {
    char *bytes;
    size_t n, room;
};

struct column {
    struct ov_column is;
    int64_t nulls;
    struct buffer buffers[N_BUFFERS];
};

/* One array of the tree with what its pointers point to. */
struct node {
    struct ArrowArray array;
    const void *buffers[3];
    struct ArrowArray *children[2];
};

struct owner {
    uint32_t live; /* nodes not yet released */
    uint32_t n_columns;
    struct ArrowArray **children; /* of the top */
    struct node *nodes;
    struct column columns[];
};

struct ov_rows {
    struct owner *owner;
    uint32_t at; /* next column */
    int32_t failed;
    uint32_t failed_column, failed_type;
    int64_t count;
};

static uint32_t count_nodes(uint32_t type)
{
    switch (type) {
    case OV_SPARSE:
        return 5;
    case OV_TEXT_LIST:
    case OV_INT64_LIST:
    case OV_VECTOR:
    case OV_GEO:
        return 2;
    default:
        return 1;
    }
}

static void free_owner(struct owner *owner)
{
    uint32_t c, b;

    for (c = 0; c < owner->n_columns; c++)
        for (b = 0; b < N_BUFFERS; b++)
            free(owner->columns[c].buffers[b].bytes);
    free(owner);
}

struct ov_rows *ov_rows_new(const struct ov_column *columns, uint32_t n_columns)
{
    size_t head = sizeof(struct owner) + n_columns * sizeof(struct column);
    size_t pointers = n_columns * sizeof(struct ArrowArray *);
    struct ov_rows *rows = malloc(sizeof(*rows));
    struct owner *owner;
    uint32_t c, nodes = 1;

    for (c = 0; c < n_columns; c++)
        nodes += count_nodes(columns[c].type);
    owner = calloc(1, head + nodes * sizeof(struct node) + pointers);
    if (rows == NULL || owner == NULL) {
        free(rows);
        free(owner);
        return NULL;
    }
    memset(rows, 0, sizeof(*rows));
    rows->owner = owner;
    owner->n_columns = n_columns;
    owner->live = nodes;
    owner->nodes = (struct node *)(void *)((char *)owner + head);
    owner->children = (struct ArrowArray **)(void *)(owner->nodes + nodes);
    for (c = 0; c < n_columns; c++)
        owner->columns[c].is = columns[c];
    return rows;
}

void ov_rows_free(struct ov_rows *rows)
{
    if (rows == NULL)
        return;
    free_owner(rows->owner);
    free(rows);
}

int64_t ov_rows_count(const struct ov_rows *rows)
{
    return rows == NULL ? 0 : rows->count;
}

uint64_t ov_rows_bytes(const struct ov_rows *rows)
{
    uint64_t bytes = 0;
    uint32_t c, b;

    for (c = 0; rows != NULL && c < rows->owner->n_columns; c++)
        for (b = 0; b < N_BUFFERS; b++)
            bytes += rows->owner->columns[c].buffers[b].n;
    return bytes;
}

/* ------------------------------------------------------------------- append */

static void fail(struct ov_rows *rows, int32_t code, uint32_t type)
{
    if (rows->failed != OV_OK)
        return;
    rows->failed = code;
    rows->failed_column = rows->at;
    rows->failed_type = type;
}

/* Room for bytes more (it may be 0), which count as used; NULL without memory. */
static char *extend(struct ov_rows *rows, struct buffer *buffer, size_t bytes)
{
    size_t need = buffer->n + bytes, room = buffer->room;
    char *grown;

    if (need > room || buffer->bytes == NULL) {
        room = room < 128 ? 128 : room + room / 2;
        room = room < need ? need : room;
        room = (room + 7) / 8 * 8;
        grown = realloc(buffer->bytes, room);
        if (grown == NULL) {
            fail(rows, OV_NO_SPACE, 0);
            return NULL;
        }
        buffer->bytes = grown;
        buffer->room = room;
    }
    buffer->n = need;
    return buffer->bytes + need - bytes;
}

static void append(struct ov_rows *rows, struct buffer *buffer, const void *bytes,
                   size_t n)
{
    char *to = extend(rows, buffer, n);

    if (to != NULL && n > 0)
        memcpy(to, bytes, n);
}

static void append_zeros(struct ov_rows *rows, struct buffer *buffer, size_t n)
{
    char *to = extend(rows, buffer, n);

    if (to != NULL && n > 0)
        memset(to, 0, n);
}

static void append_bit(struct ov_rows *rows, struct buffer *buffer, int bit)
{
    if (rows->count % 8 == 0)
        append_zeros(rows, buffer, 1);
    if (rows->failed == OV_OK && bit)
        buffer->bytes[rows->count / 8] |= (char)(1 << (rows->count % 8));
}

/* An offset follows the last one; the first one is preceded by 0. */
static void append_offset(struct ov_rows *rows, struct buffer *buffer, uint64_t more)
{
    int64_t last = 0;

    if (buffer->n == 0)
        append_zeros(rows, buffer, sizeof(last));
    if (rows->failed != OV_OK)
        return;
    memcpy(&last, buffer->bytes + buffer->n - sizeof(last), sizeof(last));
    last += (int64_t)more;
    append(rows, buffer, &last, sizeof(last));
}

static void append_texts(struct ov_rows *rows, struct column *column,
                         const struct ov_cell *cell)
{
    uint64_t i;

    append_offset(rows, &column->buffers[OUTER], cell->n);
    for (i = 0; i < cell->n; i++)
        append_offset(rows, &column->buffers[INNER],
                      (uint64_t)(cell->u.offsets[i + 1] - cell->u.offsets[i]));
    if (cell->n > 0)
        append(rows, &column->buffers[DATA], cell->bytes + cell->u.offsets[0],
               (size_t)cell_text_bytes(cell));
}

static void append_value(struct ov_rows *rows, struct column *column,
                         const struct ov_cell *cell)
{
    struct buffer *data = &column->buffers[DATA];

    switch (cell->type) {
    case OV_BOOL:
        append_bit(rows, data, cell->u.i != 0);
        break;
    case OV_INT64:
    case OV_TIME:
        append(rows, data, &cell->u.i, sizeof(cell->u.i));
        break;
    case OV_FLOAT64:
        append(rows, data, &cell->u.f, sizeof(cell->u.f));
        break;
    case OV_TEXT:
        append_offset(rows, &column->buffers[OUTER], cell->n);
        append(rows, data, cell->u.text, (size_t)cell->n);
        break;
    case OV_INT64_LIST:
        append_offset(rows, &column->buffers[OUTER], cell->n);
        append(rows, data, cell->u.ints, (size_t)cell->n * sizeof(int64_t));
        break;
    case OV_VECTOR:
        append(rows, data, cell->u.floats, (size_t)cell->n * sizeof(float));
        break;
    case OV_GEO:
        append(rows, data, cell->u.reals, 2 * sizeof(double));
        break;
    case OV_SPARSE:
        append(rows, &column->buffers[WEIGHTS], cell->weights,
               (size_t)cell->n * sizeof(float));
        append_texts(rows, column, cell);
        break;
    default:
        append_texts(rows, column, cell);
    }
}

/* What stands in the place of a null. */
static void append_blank(struct ov_rows *rows, struct column *column)
{
    switch (column->is.type) {
    case OV_BOOL:
        append_bit(rows, &column->buffers[DATA], 0);
        break;
    case OV_INT64:
    case OV_FLOAT64:
    case OV_TIME:
        append_zeros(rows, &column->buffers[DATA], 8);
        break;
    case OV_VECTOR:
        append_zeros(rows, &column->buffers[DATA], column->is.dim * sizeof(float));
        break;
    case OV_GEO:
        append_zeros(rows, &column->buffers[DATA], 2 * sizeof(double));
        break;
    default:
        append_offset(rows, &column->buffers[OUTER], 0);
    }
}

/* Valid so far: the bits of the rows before the first null are made then. */
static void append_null(struct ov_rows *rows, struct column *column)
{
    struct buffer *valid = &column->buffers[VALID];
    size_t n = (size_t)(rows->count + 7) / 8;
    char *to;

    if (column->nulls == 0 && n > 0) {
        to = extend(rows, valid, n);
        if (to == NULL)
            return;
        memset(to, 0xFF, n);
        if (rows->count % 8 != 0)
            to[n - 1] = (char)((1 << (rows->count % 8)) - 1);
    }
    column->nulls++;
    append_bit(rows, valid, 0);
    append_blank(rows, column);
}

static int fits(const struct column *column, const struct ov_cell *cell)
{
    if (cell->type == OV_NULL) /* a vector that was never written reads as zeros */
        return column->is.nullable != 0 || column->is.type == OV_VECTOR;
    return cell->type == column->is.type &&
           (cell->type != OV_VECTOR || cell->n == column->is.dim);
}

void ov_rows_add(struct ov_rows *rows, const struct ov_cell *cell)
{
    struct column *column;

    if (rows == NULL || rows->failed != OV_OK)
        return;
    if (rows->owner->n_columns == 0) {
        fail(rows, OV_INTERNAL, cell->type);
        return;
    }
    column = &rows->owner->columns[rows->at];
    if (!fits(column, cell)) {
        fail(rows, OV_INTERNAL, cell->type);
        return;
    }
    if (cell->type == OV_NULL && column->is.nullable != 0) {
        append_null(rows, column);
    } else {
        if (column->nulls > 0)
            append_bit(rows, &column->buffers[VALID], 1);
        if (cell->type == OV_NULL)
            append_blank(rows, column);
        else
            append_value(rows, column, cell);
    }
    if (++rows->at == rows->owner->n_columns) {
        rows->at = 0;
        rows->count++;
    }
}

/* ------------------------------------------------------------------- finish */

static void release(struct ArrowArray *array)
{
    struct owner *owner = array->private_data;
    int64_t c;

    for (c = 0; c < array->n_children; c++)
        if (array->children[c]->release != NULL)
            array->children[c]->release(array->children[c]);
    array->release = NULL;
    if (__atomic_sub_fetch(&owner->live, 1, __ATOMIC_ACQ_REL) == 0)
        free_owner(owner);
}

/* A pointer even where there is nothing: some readers want one. */
static const void *bytes_of(const struct buffer *buffer)
{
    static const int64_t nothing[1];

    return buffer->bytes != NULL ? buffer->bytes : (const char *)nothing;
}

static struct ArrowArray *fill_node(struct owner *owner, struct node *node,
                                    int64_t length, const struct buffer *second,
                                    const struct buffer *third)
{
    struct ArrowArray *array = &node->array;

    array->length = length;
    array->n_buffers = 1 + (second != NULL) + (third != NULL);
    array->buffers = node->buffers;
    if (second != NULL)
        node->buffers[1] = bytes_of(second);
    if (third != NULL)
        node->buffers[2] = bytes_of(third);
    array->children = node->children;
    array->release = release;
    array->private_data = owner;
    return array;
}

static void add_child(struct node *parent, struct ArrowArray *child)
{
    parent->children[parent->array.n_children++] = child;
}

/* Lists with their elements: two nodes. */
static void fill_list(struct owner *owner, struct column *column, struct node *node,
                      int64_t length, int weights)
{
    const struct buffer *b = column->buffers;
    int text = !weights && column->is.type != OV_INT64_LIST;
    size_t width = weights ? sizeof(float) : sizeof(int64_t);
    int64_t n = (int64_t)(b[weights ? WEIGHTS : DATA].n / width);

    if (text)
        n = b[INNER].n == 0 ? 0 : (int64_t)(b[INNER].n / width) - 1;
    fill_node(owner, node, length, &b[OUTER], NULL);
    add_child(node, fill_node(owner, node + 1, n,
                              text      ? &b[INNER]
                              : weights ? &b[WEIGHTS]
                                        : &b[DATA],
                              text ? &b[DATA] : NULL));
}

static void fill_column(struct owner *owner, struct column *column, struct node *node,
                        int64_t length)
{
    const struct buffer *b = column->buffers;
    int64_t width = column->is.type == OV_GEO ? 2 : column->is.dim;

    switch (column->is.type) {
    case OV_TEXT:
        fill_node(owner, node, length, &b[OUTER], &b[DATA]);
        break;
    case OV_TEXT_LIST:
    case OV_INT64_LIST:
        fill_list(owner, column, node, length, 0);
        break;
    case OV_SPARSE:
        fill_node(owner, node, length, NULL, NULL);
        fill_list(owner, column, node + 1, length, 0);
        fill_list(owner, column, node + 3, length, 1);
        add_child(node, &node[1].array);
        add_child(node, &node[3].array);
        break;
    case OV_VECTOR:
    case OV_GEO:
        fill_node(owner, node, length, NULL, NULL);
        add_child(node, fill_node(owner, node + 1, length * width, &b[DATA], NULL));
        break;
    default:
        fill_node(owner, node, length, &b[DATA], NULL);
    }
    node->array.null_count = column->nulls;
    if (column->nulls > 0)
        node->buffers[0] = column->buffers[VALID].bytes;
}

static int32_t say_failure(const struct ov_rows *rows, struct ov_error *err)
{
    if (rows == NULL || rows->failed == OV_NO_SPACE)
        return ov_no_memory(err);
    if (rows->failed == OV_OK)
        return ov_fail(err, OV_INTERNAL, "the last row ends at column %u of %u", rows->at,
                       rows->owner->n_columns);
    return ov_fail(err, rows->failed,
                   "column %u cannot take a value of type %u in row %lld",
                   rows->failed_column, rows->failed_type, (long long)rows->count);
}

int32_t ov_rows_finish(struct ov_rows *rows, struct ArrowArray *out, struct ov_error *err)
{
    struct owner *owner;
    struct node *node;
    int32_t code;
    uint32_t c;

    if (rows == NULL || rows->failed != OV_OK || rows->at != 0) {
        code = say_failure(rows, err);
        ov_rows_free(rows);
        return code;
    }
    owner = rows->owner;
    node = owner->nodes + 1;
    for (c = 0; c < owner->n_columns; c++) {
        struct column *column = &owner->columns[c];

        fill_column(owner, column, node, rows->count);
        owner->children[c] = &node->array;
        node += count_nodes(column->is.type);
    }
    *out = *fill_node(owner, owner->nodes, rows->count, NULL, NULL);
    out->n_children = owner->n_columns;
    out->children = owner->children;
    free(rows);
    return OV_OK;
}

uint32_t ov_result_columns(const struct ov_schema *schema, int search,
                           const uint32_t *fields, uint32_t n_fields,
                           struct ov_column *columns)
{
    const struct ov_field *field = schema->fields[schema->key];
    uint32_t n = 0, f;

    columns[n++] = (struct ov_column){ field->type, 0, 0 };
    if (search) {
        columns[n++] = (struct ov_column){ OV_FLOAT64, 0, 0 };
        columns[n++] = (struct ov_column){ OV_INT64, 0, 0 };
    }
    for (f = 0; f < n_fields; f++) {
        field = schema->fields[fields[f]];
        columns[n++] = (struct ov_column){ field->type, field->dim,
                                           (field->flags & OV_FIELD_NULLABLE) != 0 };
    }
    return n;
}
