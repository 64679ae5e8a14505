/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c - results of the server into the columns of an answer. */
#include "read.h"

#include "filter_sql.h"

#include <stdlib.h>
#include <string.h>

void read_add_field(struct text *sql, const struct shape *shape, uint32_t field)
{
    const struct column *column = &shape->columns[field];

    filter_column(sql, column->name);
    if (shape->schema->fields[field]->type == OV_SPARSE) {
        text_add(sql, ", ");
        filter_column(sql, column->beside);
    }
}

void read_add_fields(struct text *sql, const struct shape *shape, const uint32_t *fields,
                     uint32_t n_fields)
{
    for (uint32_t i = 0; i < n_fields; i++) {
        text_add(sql, ", ");
        read_add_field(sql, shape, fields[i]);
    }
}

int32_t read_check_fields(const struct shape *shape, const uint32_t *fields,
                          uint32_t n_fields, struct ov_error *err)
{
    for (uint32_t i = 0; i < n_fields; i++)
        if (fields[i] >= shape->schema->n_fields)
            return ov_fail(err, OV_INVALID, "field %u of %u", fields[i],
                           shape->schema->n_fields);
    return OV_OK;
}

int32_t reader_begin(struct reader *reader, const struct shape *shape,
                     const uint32_t *fields, uint32_t n_fields, int search,
                     struct ov_error *err)
{
    uint32_t n;

    memset(reader, 0, sizeof(*reader));
    reader->shape = shape;
    reader->fields = fields;
    reader->n_fields = n_fields;
    reader->search = search;
    reader->columns = calloc((size_t)n_fields + 3, sizeof(*reader->columns));
    if (reader->columns == NULL)
        return ov_no_memory(err);
    n = ov_result_columns(shape->schema, search, fields, n_fields, reader->columns);
    reader->rows = ov_rows_new(reader->columns, n);
    return reader->rows == NULL ? ov_no_memory(err) : OV_OK;
}

static struct ov_str raw(const PGresult *result, int row, int column)
{
    if (PQgetisnull(result, row, column))
        return (struct ov_str){ NULL, 0 };
    return job_text(result, row, column);
}

static int32_t take_field(struct reader *reader, const PGresult *result, int row, int *at,
                          const struct ov_column *column, struct ov_error *err)
{
    struct ov_cell cell;
    int32_t status;

    if (column->type == OV_SPARSE) {
        status = decode_sparse(&reader->scratch, raw(result, row, *at),
                               raw(result, row, *at + 1), &cell, err);
        *at += 2;
    } else {
        status = decode_cell(&reader->scratch, column, raw(result, row, *at), &cell, err);
        *at += 1;
    }
    if (status == OV_OK)
        ov_rows_add(reader->rows, &cell);
    return status;
}

int32_t reader_take(struct reader *reader, const PGresult *result, int from, int to,
                    int64_t query, struct ov_error *err)
{
    uint32_t first = reader->search ? 3 : 1;
    int32_t status = OV_OK;

    for (int row = from; row < to && status == OV_OK; row++) {
        int at = 0;

        status = take_field(reader, result, row, &at, &reader->columns[0], err);
        if (status == OV_OK && reader->search) {
            struct ov_cell score = ov_float_cell(job_float8(result, row, at++));
            struct ov_cell number = ov_int_cell(OV_INT64, query);

            ov_rows_add(reader->rows, &score);
            ov_rows_add(reader->rows, &number);
        }
        for (uint32_t i = 0; i < reader->n_fields && status == OV_OK; i++)
            status =
                take_field(reader, result, row, &at, &reader->columns[first + i], err);
    }
    return status;
}

int32_t reader_end(struct reader *reader, int32_t status, struct ov_result *out,
                   struct ov_error *err)
{
    if (status == OV_OK)
        status = ov_rows_finish(reader->rows, &out->rows, err);
    else
        ov_rows_free(reader->rows);
    free(reader->columns);
    scratch_clear(&reader->scratch);
    return status;
}
