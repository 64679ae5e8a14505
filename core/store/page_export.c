/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_export.c - a page as documents and as Arrow data.
 *
 * Both go through the cells of the page, so they show what reading it cell by cell
 * would: original spellings, repeats of a fetch, nulls of names that nobody knows.
 */
#include "page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- documents */

static struct ov_str list_text(const struct ov_cell *cell, uint64_t i)
{
    struct ov_str text = { cell->bytes + cell->u.offsets[i],
                           (uint64_t)(cell->u.offsets[i + 1] - cell->u.offsets[i]) };

    return text;
}

static struct ov_doc *list_doc(struct ov_arena *arena, const struct ov_cell *cell)
{
    struct ov_doc *list = ov_doc_list(arena), *item;
    uint64_t i;

    for (i = 0; list != NULL && i < cell->n; i++) {
        if (cell->type == OV_INT64_LIST)
            item = ov_doc_int(arena, cell->u.ints[i]);
        else
            item = ov_doc_text(arena, list_text(cell, i));
        if (item == NULL || ov_doc_append(arena, list, item) != OV_OK)
            return NULL;
    }
    return list;
}

static struct ov_doc *sparse_doc(struct ov_arena *arena, const struct ov_cell *cell)
{
    struct ov_doc *object = ov_doc_object(arena), *weight;
    uint64_t i;

    for (i = 0; object != NULL && i < cell->n; i++) {
        weight = ov_doc_real(arena, (double)cell->weights[i]);
        if (weight == NULL ||
            ov_doc_set(arena, object, list_text(cell, i), weight) != OV_OK)
            return NULL;
    }
    return object;
}

static struct ov_doc *vector_doc(struct ov_arena *arena, const struct ov_cell *cell)
{
    size_t bytes = (size_t)cell->n * sizeof(float);
    float *floats = ov_arena_take(arena, bytes + 1);

    if (floats == NULL)
        return NULL;
    memcpy(floats, cell->u.floats, bytes);
    return ov_doc_floats(arena, floats, cell->n);
}

/* A video travels as the JSON text of its object. */
static struct ov_doc *text_doc(struct ov_arena *arena, const struct field *field,
                               const struct ov_cell *cell)
{
    struct ov_str text = { cell->u.text, cell->n };
    struct ov_doc *doc;

    if (field->kind == KIND_VIDEO && ov_doc_parse(arena, text, &doc, NULL) == OV_OK)
        return doc;
    return ov_doc_text(arena, text);
}

static struct ov_doc *cell_doc(struct ov_arena *arena, const struct field *field,
                               const struct ov_cell *cell)
{
    switch ((enum ov_type)cell->type) {
    case OV_BOOL:
        return ov_doc_bool(arena, cell->u.i != 0);
    case OV_INT64:
    case OV_TIME:
        return ov_doc_int(arena, cell->u.i);
    case OV_FLOAT64:
        return ov_doc_real(arena, cell->u.f);
    case OV_TEXT:
        return text_doc(arena, field, cell);
    case OV_TEXT_LIST:
    case OV_INT64_LIST:
        return list_doc(arena, cell);
    case OV_VECTOR:
        return vector_doc(arena, cell);
    case OV_SPARSE:
        return sparse_doc(arena, cell);
    case OV_GEO:
    case OV_NULL:
        break;
    }
    return ov_doc_null(arena);
}

struct ov_doc *ov_page_record(const struct ov_page *page, int64_t row,
                              struct ov_arena *arena)
{
    const struct page *in = page->inside;
    struct ov_doc *record, *value;
    uint32_t i;

    if (!ov_page_found(page, row))
        return NULL;
    record = ov_doc_object(arena);
    for (i = 0; record != NULL && i < in->projection->n_columns; i++) {
        const struct column *column = &in->projection->columns[i];
        struct ov_str name = ov_str_of(column->name);
        struct ov_cell cell;

        if (ov_doc_get(record, column->name) != NULL)
            continue; /* asked for twice */
        ov_page_cell(page, row, i, &cell);
        value = cell_doc(arena, column->field, &cell);
        if (value == NULL || ov_doc_set(arena, record, name, value) != OV_OK)
            return NULL;
    }
    return record;
}

/* -------------------------------------------------------------------- Arrow */

/* The shape of the export: key, score, then of each field asked for its first column. No
 * two have one name, since readers take a repeated one for its first or last. */
struct shape {
    uint32_t n, n_fields;
    const char **names;
    struct ov_column *columns;
    uint32_t *from; /* of the fields: columns of the page */
};

static int is_taken(const struct shape *shape, const char *name)
{
    uint32_t i;

    for (i = 0; i < shape->n; i++)
        if (strcmp(shape->names[i], name) == 0)
            return 1;
    return 0;
}

/* Times as instants; places as callers see them. */
static struct ov_column describe_column(const struct page *page,
                                        const struct column *asked)
{
    struct ov_column column = { .type = OV_TEXT, .nullable = 1 };
    const struct ov_field *field;

    if (asked->field == NULL)
        return column;
    field = page->projection->schema->ov->fields[asked->field->ordinal];
    if (field->type == OV_GEO)
        return column;
    column.type = field->type;
    column.dim = field->dim;
    column.nullable = field->type == OV_TIME || page->row_of != NULL; /* a missing key */
    return column;
}

static void describe_columns(const struct page *page, struct shape *shape)
{
    const struct ov_schema *schema = page->projection->schema->ov;
    uint32_t i;

    shape->names[0] = OV_PAGE_KEY;
    shape->columns[0] = (struct ov_column){ .type = schema->fields[schema->key]->type };
    shape->names[1] = OV_PAGE_SCORE;
    shape->columns[1] = (struct ov_column){ .type = OV_FLOAT64, .nullable = 1 };
    shape->n = 2;
    for (i = 0; i < page->projection->n_columns; i++) {
        const struct column *asked = &page->projection->columns[i];

        if (is_taken(shape, asked->name))
            continue;
        shape->from[shape->n_fields++] = i;
        shape->names[shape->n] = asked->name;
        shape->columns[shape->n++] = describe_column(page, asked);
    }
}

/* The key as it is stored; of a row that was not found, as it was asked for. */
static void export_key(const struct ov_page *page, int64_t row, uint32_t type,
                       struct ov_cell *out, char digits[OV_NUMBER_TEXT])
{
    struct ov_str text = { digits, 0 };

    ov_page_key(page, row, out);
    if (out->type == type)
        return;
    if (type == OV_INT64) {
        *out = ov_int_cell(OV_INT64, 0);
        return;
    }
    if (out->type == OV_INT64)
        text.n = ov_int_print(out->u.i, digits);
    *out = ov_text_cell(text);
}

static void export_field(const struct ov_page *page, int64_t row, uint32_t column,
                         uint32_t type, struct ov_cell *out)
{
    const struct page *in = page->inside;
    const struct column *asked = &in->projection->columns[column];
    int64_t at = in->row_of == NULL ? row : in->row_of[row];

    if (type != OV_TIME)
        ov_page_cell(page, row, column, out);
    else if (at < 0)
        *out = ov_null_cell();
    else
        page_array_cell(in, at, in->first + asked->at, asked->field->ordinal, out);
}

static int32_t export_rows(const struct ov_page *page, const struct shape *shape,
                           struct ArrowArray *out, struct ov_error *err)
{
    struct ov_rows *rows = ov_rows_new(shape->columns, shape->n);
    char digits[OV_NUMBER_TEXT];
    struct ov_cell cell;
    int64_t row;
    uint32_t i;

    if (rows == NULL)
        return ov_no_memory(err);
    for (row = 0; row < page->rows; row++) {
        double score = ov_page_score(page, row);

        export_key(page, row, shape->columns[0].type, &cell, digits);
        ov_rows_add(rows, &cell);
        cell = isnan(score) ? ov_null_cell() : ov_float_cell(score);
        ov_rows_add(rows, &cell);
        for (i = 0; i < shape->n_fields; i++) {
            export_field(page, row, shape->from[i], shape->columns[i + 2].type, &cell);
            ov_rows_add(rows, &cell);
        }
    }
    return ov_rows_finish(rows, out, err);
}

static int32_t export(const struct ov_page *page, const struct shape *shape,
                      struct ArrowSchema *schema, struct ArrowArray *array,
                      struct ov_error *err)
{
    struct ArrowSchema made;
    int32_t status = ov_arrow_schema(shape->columns, shape->names, shape->n, &made, err);

    if (status != OV_OK)
        return status;
    status = export_rows(page, shape, array, err);
    if (status == OV_OK)
        *schema = made;
    else
        made.release(&made);
    return status;
}

int32_t ov_page_arrow(const struct ov_page *page, struct ArrowSchema *schema,
                      struct ArrowArray *array, struct ov_error *err)
{
    const struct page *in = page->inside;
    struct shape shape = { 0 };
    size_t n;
    int32_t status;

    if (in == NULL)
        return ov_fail(err, OV_INVALID, "the page is clear");
    n = in->projection->n_columns + (size_t)2;
    shape.names =
        malloc(n * (sizeof(*shape.names) + sizeof(*shape.columns) + sizeof(*shape.from)));
    if (shape.names == NULL)
        return ov_no_memory(err);
    /* Pointers first: alignment. */
    shape.columns = (struct ov_column *)(void *)(shape.names + n);
    shape.from = (uint32_t *)(void *)(shape.columns + n);
    describe_columns(in, &shape);
    status = export(page, &shape, schema, array, err);
    free(shape.names);
    return status;
}

int32_t ov_page_export(struct ov_page *page, struct ArrowSchema *schema,
                       struct ArrowArray *array, struct ov_error *err)
{
    int32_t status = ov_page_arrow(page, schema, array, err);

    if (status == OV_OK)
        ov_page_clear(page);
    return status;
}
