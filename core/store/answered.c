/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answered.c - a provider's answer, held against the request.
 *
 * Only what costs next to nothing for each row: shapes, lengths, offsets that ascend,
 * scores, the order of keys. Whether a text is UTF-8 and a vector's numbers are finite is
 * left to the conformance suite.
 */
#include "answered.h"

#include <ov/sdk.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static int32_t refuse(struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int32_t refuse(struct call *call, const char *format, ...)
{
    char what[160];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(what, sizeof(what), format, list);
    va_end(list);
    return ov_fail(call->err, OV_INTERNAL, "provider '%s' answered '%s' with %s",
                   call->store->provider->name, operation_name(call->operation), what);
}

int32_t answered_number(struct call *call, uint64_t *number, uint64_t most)
{
    if (*number == ANSWERED_NOTHING && (call->ov.flags & OV_CALL_EXPLAIN) != 0)
        *number = 0;
    if (*number <= most)
        return OV_OK;
    if (*number == ANSWERED_NOTHING)
        return refuse(call, "no number");
    return refuse(call, "%llu, which is more than %llu", (unsigned long long)*number,
                  (unsigned long long)most);
}

/* ----------------------------------------------------------------------- columns */

/* n + 1 offsets from 0 on that ascend; *end: the last. */
static int offsets_ascend(const struct ArrowArray *array, int64_t n, int64_t *end)
{
    const int64_t *offsets = array->buffers[1];

    *end = 0;
    if (n == 0)
        return 1;
    if (offsets[0] < 0)
        return 0;
    for (int64_t i = 0; i < n; i++)
        if (offsets[i + 1] < offsets[i])
            return 0;
    *end = offsets[n];
    return 1;
}

/* At least so long, with these buffers and children, and a place for its values. */
static int is_shaped(const struct ArrowArray *array, int64_t length, int64_t n_buffers,
                     int64_t n_children)
{
    if (array == NULL || array->length < length || array->offset != 0 ||
        array->n_buffers != n_buffers || array->n_children != n_children ||
        array->buffers == NULL || (n_children > 0 && array->children == NULL))
        return 0;
    return n_buffers < 2 || length == 0 || array->buffers[1] != NULL;
}

static int is_text(const struct ArrowArray *array, int64_t length)
{
    int64_t end;

    return is_shaped(array, length, 3, 0) && offsets_ascend(array, length, &end) &&
           (end == 0 || array->buffers[2] != NULL);
}

static int is_list(const struct ArrowArray *array, int64_t length, uint32_t element)
{
    int64_t end;

    if (!is_shaped(array, length, 2, 1) || !offsets_ascend(array, length, &end))
        return 0;
    return element == OV_TEXT ? is_text(array->children[0], end)
                              : is_shaped(array->children[0], end, 2, 0);
}

static int is_tuple(const struct ArrowArray *array, int64_t length, uint32_t dim)
{
    return is_shaped(array, length, 1, 1) &&
           is_shaped(array->children[0], length * dim, 2, 0);
}

static int is_column(const struct ArrowArray *array, int64_t length, uint32_t type,
                     uint32_t dim)
{
    if (array == NULL || array->length != length)
        return 0;
    switch (type) {
    case OV_TEXT:
        return is_text(array, length);
    case OV_TEXT_LIST:
        return is_list(array, length, OV_TEXT);
    case OV_INT64_LIST:
        return is_list(array, length, OV_INT64);
    case OV_VECTOR:
        return is_tuple(array, length, dim);
    case OV_GEO:
        return is_tuple(array, length, 2);
    case OV_SPARSE:
        return is_shaped(array, length, 1, 2) &&
               is_list(array->children[0], length, OV_TEXT) &&
               is_list(array->children[1], length, OV_FLOAT64);
    default:
        return is_shaped(array, length, 2, 0);
    }
}

/* Columns that are never without a value. */
static int is_full(const struct ArrowArray *array)
{
    return array->null_count == 0 || array->buffers[0] == NULL;
}

static int32_t check_column(struct call *call, const struct ArrowArray *rows, uint32_t at,
                            uint32_t type, uint32_t dim)
{
    if (is_column(rows->children[at], rows->length, type, dim))
        return OV_OK;
    return refuse(call, "a column %u that is not of %lld rows of its type", at,
                  (long long)rows->length);
}

static int32_t check_field(struct call *call, const struct page *page, uint32_t at,
                           uint32_t ordinal)
{
    const struct ov_field *field = page->projection->schema->ov->fields[ordinal];

    return check_column(call, &page->result.rows, at, field->type, field->dim);
}

static int32_t check_columns(struct call *call, const struct page *page)
{
    const struct projection *projection = page->projection;
    const struct ArrowArray *rows = &page->result.rows;
    uint32_t i, last = page->first + projection->n_fields;
    int32_t status = check_field(call, page, 0, projection->schema->ov->key);

    if (status == OV_OK && !is_full(rows->children[0]))
        return refuse(call, "a record without a key");
    for (i = 0; status == OV_OK && i < projection->n_fields; i++)
        status = check_field(call, page, page->first + i, projection->fields[i]);
    if (status == OV_OK && page->kind == PAGE_SCAN && page->order_at == last)
        status = check_field(call, page, last, page->order);
    return status;
}

/* -------------------------------------------------------------------------- order */

static int32_t check_scores(struct call *call, const struct ArrowArray *rows)
{
    const double *scores;
    const int64_t *queries;
    int32_t status = check_column(call, rows, 1, OV_FLOAT64, 0);

    if (status == OV_OK)
        status = check_column(call, rows, 2, OV_INT64, 0);
    if (status != OV_OK)
        return status;
    if (!is_full(rows->children[1]) || !is_full(rows->children[2]))
        return refuse(call, "a hit without a score");
    scores = rows->children[1]->buffers[1];
    queries = rows->children[2]->buffers[1];
    for (int64_t i = 0; i < rows->length; i++) {
        if (!isfinite(scores[i]))
            return refuse(call, "a score that is no number, in row %lld", (long long)i);
        if (i > 0 && scores[i] > scores[i - 1])
            return refuse(call, "scores that do not descend, from row %lld on",
                          (long long)i);
        if (queries[i] != 0)
            return refuse(call, "a hit of query %lld, of 1", (long long)queries[i]);
    }
    return OV_OK;
}

/* What a scan sorts by. */
struct rank {
    struct ov_cell value, key;
};

static void rank_of(const struct page *page, int64_t row, struct rank *out)
{
    page_array_cell(page, row, 0, page->projection->schema->ov->key, &out->key);
    if (page->order != OV_NONE)
        page_array_cell(page, row, page->order_at, page->order, &out->value);
}

static int comes_before(const struct page *page, const struct rank *a,
                        const struct rank *b)
{
    int order = 0;

    if (page->order != OV_NONE) {
        order = ov_cell_compare(&a->value, &b->value);
        if (page->descending && a->value.type != OV_NULL && b->value.type != OV_NULL)
            order = -order;
    }
    if (order == 0)
        order = ov_cell_compare(&a->key, &b->key);
    return order < 0;
}

static int32_t check_order(struct call *call, const struct page *page)
{
    struct rank ranks[2];

    for (int64_t i = 0; i < page->result.rows.length; i++) {
        rank_of(page, i, &ranks[i % 2]);
        if (i > 0 && !comes_before(page, &ranks[(i + 1) % 2], &ranks[i % 2]))
            return refuse(call, "records out of order, from row %lld on", (long long)i);
    }
    return OV_OK;
}

int32_t answered_after(struct call *call, const struct page *page,
                       const struct ov_scan *request)
{
    struct rank last, first;

    if (request->after_key == NULL || page->result.rows.length == 0)
        return OV_OK;
    last.key = ov_scalar_cell(request->after_key);
    if (page->order != OV_NONE)
        last.value = ov_scalar_cell(request->after_value);
    rank_of(page, 0, &first);
    if (comes_before(page, &last, &first))
        return OV_OK;
    return refuse(call, "a record that does not come behind the page before");
}

/* -------------------------------------------------------------------------- whole */

/* 1: there is something to look at. */
static int is_there(struct call *call, const struct ArrowArray *rows, int64_t columns,
                    int32_t *status)
{
    *status = OV_OK;
    if (rows->release == NULL) {
        if ((call->ov.flags & OV_CALL_EXPLAIN) == 0)
            *status = refuse(call, "nothing");
        return 0;
    }
    if (rows->length < 0 || rows->n_children != columns || rows->children == NULL) {
        *status = refuse(call, "%lld columns, not %lld", (long long)rows->n_children,
                         (long long)columns);
        return 0;
    }
    return 1;
}

int32_t answered_page(struct call *call, const struct page *page, uint64_t most)
{
    const struct ArrowArray *rows = &page->result.rows;
    uint32_t columns = page->first + page->projection->n_fields;
    int32_t status;

    if (page->kind == PAGE_SCAN && page->order_at >= columns)
        columns = page->order_at + 1;
    if (!is_there(call, rows, columns, &status))
        return status;
    if ((uint64_t)rows->length > most)
        return refuse(call, "%lld records, at most %llu were asked for",
                      (long long)rows->length, (unsigned long long)most);
    status = check_columns(call, page);
    if (status == OV_OK && page->kind == PAGE_SEARCH)
        status = check_scores(call, rows);
    if (status == OV_OK && page->kind == PAGE_SCAN)
        status = check_order(call, page);
    return status;
}

int32_t answered_groups(struct call *call, const struct ArrowArray *rows, uint32_t type)
{
    struct ov_cell values[2];
    const int64_t *counts;
    int32_t status;

    if (!is_there(call, rows, 2, &status))
        return status;
    status = check_column(call, rows, 0, type, 0);
    if (status == OV_OK)
        status = check_column(call, rows, 1, OV_INT64, 0);
    if (status != OV_OK)
        return status;
    counts = rows->children[1]->buffers[1];
    for (int64_t i = 0; i < rows->length; i++) {
        ov_array_cell(rows, 0, i, type, 0, &values[i % 2]);
        if (!is_full(rows->children[1]) || counts[i] <= 0)
            return refuse(call, "a group that has no records");
        if (i > 0 && ov_cell_compare(&values[(i + 1) % 2], &values[i % 2]) >= 0)
            return refuse(call, "groups out of order, from row %lld on", (long long)i);
    }
    return OV_OK;
}
