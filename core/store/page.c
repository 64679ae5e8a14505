/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.c - reading an answer.
 *
 * A page keeps the provider's array as it came and reads from it. Only times and places
 * whose original spelling was canonical must be printed; that is done when the page is
 * made, so that reading needs no lock and any number of threads may read.
 */
#include "page.h"

#include <ov/sdk.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------- memory */

/* Pages come and go with every search; a few are kept so that one costs no malloc. */
#define POOL 8

static struct page *pool[POOL];

static struct page *take_from_pool(void)
{
    struct page *page = NULL;
    unsigned i;

    for (i = 0; i < POOL && page == NULL; i++)
        if (__atomic_load_n(&pool[i], __ATOMIC_RELAXED) != NULL)
            page = __atomic_exchange_n(&pool[i], NULL, __ATOMIC_ACQ_REL);
    return page == NULL ? malloc(sizeof(*page)) : page;
}

/* Member by member: to clear such a record as a whole costs more than it takes to find
 * the index of a search. */
static void make_blank(struct page *page, enum page_kind kind)
{
    page_result(page);
    page->kind = kind;
    page->first = kind == PAGE_SEARCH ? 3 : 1;
    page->order = OV_NONE;
    page->order_at = 0;
    page->descending = 0;
    page->rows = 0;
    page->row_of = NULL;
    page->asked = NULL;
    page->fetched = NULL;
    page->printed = NULL;
}

struct page *page_new(struct call *call, enum page_kind kind,
                      const struct ov_projection *asked)
{
    struct page *page = take_from_pool();

    if (page != NULL) {
        make_blank(page, kind);
        page->projection = projection_take(call->view, asked);
        if (page->projection != NULL)
            return page;
        page_free(page);
    }
    ov_no_memory(call->err);
    return NULL;
}

struct ov_result *page_result(struct page *page)
{
    page->result.size = sizeof(page->result);
    page->result.flags = 0;
    memset(&page->result.rows, 0, sizeof(page->result.rows));
    return &page->result;
}

void page_free(struct page *page)
{
    unsigned i;

    if (page->result.rows.release != NULL)
        page->result.rows.release(&page->result.rows);
    projection_unref(page->projection);
    free(page->fetched);
    free(page->printed);
    for (i = 0; i < POOL; i++) {
        struct page *none = NULL;

        if (__atomic_load_n(&pool[i], __ATOMIC_RELAXED) == NULL &&
            __atomic_compare_exchange_n(&pool[i], &none, page, 0, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return;
    }
    free(page);
}

void ov_page_clear(struct ov_page *page)
{
    if (page == NULL || page->inside == NULL)
        return;
    page_free(page->inside);
    page->inside = NULL;
    page->flags = 0;
    page->rows = 0;
    page->missing = 0;
}

int32_t page_check_clear(const struct ov_page *page, struct ov_error *err)
{
    if (page->size < sizeof(*page))
        return ov_fail(err, OV_INVALID, "a page of %u bytes, not %zu", page->size,
                       sizeof(*page));
    if (page->inside != NULL)
        return ov_fail(err, OV_INVALID, "the page is not clear");
    return OV_OK;
}

/* ------------------------------------------------------------------- making */

static uint32_t slot_bytes(const struct column *column)
{
    if (column->field == NULL)
        return 0;
    if (column->field->kind == KIND_DATE_TIME)
        return OV_TIME_TEXT;
    return column->field->kind == KIND_GEO_POINT ? OV_GEO_TEXT : 0;
}

/* Slots of one column, one a row: length in the first byte, the text behind it. */
static void print_column(struct page *page, const struct column *column, char *slots)
{
    uint32_t width = slot_bytes(column) + 1;
    int64_t row;

    for (row = 0; row < page->result.rows.length; row++, slots += width) {
        struct ov_cell cell;

        page_array_cell(page, row, page->first + column->at, column->field->ordinal,
                        &cell);
        slots[0] = 0;
        if (cell.type == OV_TIME)
            slots[0] = (char)ov_time_print(cell.u.i, slots + 1);
        else if (cell.type == OV_GEO)
            slots[0] = (char)ov_geo_print(cell.u.reals, slots + 1);
    }
}

static int32_t print_columns(struct call *call, struct page *page)
{
    const struct projection *projection = page->projection;
    int64_t rows = page->result.rows.length;
    size_t bytes = 0;
    uint32_t i;
    char *at;

    for (i = 0; i < projection->n_columns; i++)
        if (slot_bytes(&projection->columns[i]) > 0)
            bytes += (slot_bytes(&projection->columns[i]) + 1) * (size_t)rows;
    if (bytes == 0)
        return OV_OK;
    page->printed = at = malloc(bytes);
    if (at == NULL)
        return ov_no_memory(call->err);
    for (i = 0; i < projection->n_columns; i++) {
        if (slot_bytes(&projection->columns[i]) == 0)
            continue;
        print_column(page, &projection->columns[i], at);
        at += (slot_bytes(&projection->columns[i]) + 1) * (size_t)rows;
    }
    return OV_OK;
}

int32_t page_ready(struct call *call, struct page *page)
{
    if (page->result.rows.release == NULL)
        return OV_OK; /* nothing was asked, or explained */
    page->rows = page->result.rows.length;
    return print_columns(call, page);
}

void page_give(struct page *page, struct ov_page *out)
{
    out->flags = page->result.flags;
    out->rows = page->rows;
    out->missing = 0;
    out->inside = page;
}

/* ------------------------------------------------------------------ reading */

static int64_t array_row(const struct page *page, int64_t row)
{
    return page->row_of == NULL ? row : page->row_of[row];
}

void page_array_cell(const struct page *page, int64_t row, uint32_t column,
                     uint32_t ordinal, struct ov_cell *out)
{
    const struct ov_field *field = page->projection->schema->ov->fields[ordinal];

    ov_array_cell(&page->result.rows, column, row, field->type, field->dim, out);
}

void ov_page_key(const struct ov_page *page, int64_t row, struct ov_cell *out)
{
    const struct page *in = page->inside;

    if (in->asked != NULL)
        *out = in->asked[row];
    else
        page_array_cell(in, row, 0, in->projection->schema->ov->key, out);
}

static double number_of(const struct ov_cell *cell)
{
    if (cell->type == OV_FLOAT64)
        return cell->u.f;
    if (cell->type == OV_INT64 || cell->type == OV_BOOL)
        return (double)cell->u.i;
    return cell->type == OV_TIME ? (double)cell->u.i / 1000 : NAN;
}

double ov_page_score(const struct ov_page *page, int64_t row)
{
    const struct page *in = page->inside;
    struct ov_cell cell;

    if (in->kind == PAGE_SEARCH) {
        ov_array_cell(&in->result.rows, 1, row, OV_FLOAT64, 0, &cell);
        return number_of(&cell);
    }
    if (in->kind != PAGE_SCAN || in->order == OV_NONE)
        return NAN;
    page_array_cell(in, row, in->order_at, in->order, &cell);
    return number_of(&cell);
}

int64_t ov_page_query(const struct ov_page *page, int64_t row)
{
    const struct page *in = page->inside;
    struct ov_cell cell;

    if (in->kind != PAGE_SEARCH)
        return 0;
    ov_array_cell(&in->result.rows, 2, row, OV_INT64, 0, &cell);
    return cell.u.i;
}

int ov_page_found(const struct ov_page *page, int64_t row)
{
    return array_row(page->inside, row) >= 0;
}

uint32_t ov_page_columns(const struct ov_page *page)
{
    const struct page *in = page->inside;

    return in == NULL ? 0 : in->projection->n_columns;
}

const char *ov_page_column(const struct ov_page *page, uint32_t column)
{
    const struct page *in = page->inside;

    return in->projection->columns[column].name;
}

static void printed_cell(const struct page *page, int64_t row, uint32_t column,
                         struct ov_cell *out)
{
    const struct column *columns = page->projection->columns;
    const char *at = page->printed;
    uint32_t i;

    for (i = 0; i < column; i++)
        if (slot_bytes(&columns[i]) > 0)
            at += (slot_bytes(&columns[i]) + 1) * (size_t)page->result.rows.length;
    at += (slot_bytes(&columns[column]) + 1) * (size_t)row;
    out->type = OV_TEXT;
    out->n = (uint64_t)(unsigned char)at[0];
    out->u.text = at + 1;
}

void ov_page_cell(const struct ov_page *page, int64_t row, uint32_t column,
                  struct ov_cell *out)
{
    const struct page *in = page->inside;
    const struct column *asked = &in->projection->columns[column];
    int64_t at = array_row(in, row);

    *out = ov_null_cell();
    if (asked->field == NULL || at < 0)
        return;
    if (asked->at == COLUMN_KEY) {
        page_array_cell(in, at, 0, asked->field->ordinal, out);
        return;
    }
    if (asked->twin_at != OV_NONE) {
        page_array_cell(in, at, in->first + asked->twin_at, asked->field->twin, out);
        if (out->type != OV_NULL)
            return;
    }
    if (slot_bytes(asked) > 0)
        printed_cell(in, at, column, out);
    else
        page_array_cell(in, at, in->first + asked->at, asked->field->ordinal, out);
}
