/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - what a page is made of.
 */
#ifndef OV_CORE_PAGE_H
#define OV_CORE_PAGE_H

#include "call.h"
#include "projection.h"

enum page_kind { PAGE_FETCH, PAGE_SEARCH, PAGE_SCAN };

struct page {
    struct ov_result result;
    struct projection *projection;
    enum page_kind kind;
    uint32_t first;    /* array column of the projection's field 0 */
    uint32_t order;    /* scan: ordinal, or OV_NONE */
    uint32_t order_at; /* array column with the values of order */
    uint32_t descending;
    int64_t rows;
    /* Fetch: for each key asked the array's row, or -1, and the key as asked. */
    const int64_t *row_of;
    const struct ov_cell *asked;
    void *fetched; /* one block: row_of, asked and the texts of the keys; free() */
    char *printed; /* times and places that came without an original text; free() */
};

/* A page for these columns; NULL without memory (call->err says so). */
struct page *page_new(struct call *call, enum page_kind kind,
                      const struct ov_projection *asked);
void page_free(struct page *page); /* with all that it holds */
/* For the provider to fill; empty again at each attempt. */
struct ov_result *page_result(struct page *page);

/* Is the page of the caller fit to be filled? OV_INVALID. */
int32_t page_check_clear(const struct ov_page *page, struct ov_error *err);
/* Of an array that was looked at (answered.h): times and places are printed. On failure
 * the page is still the caller's to free. */
int32_t page_ready(struct call *call, struct page *page);
/* Cannot fail: the caller's page takes it over. */
void page_give(struct page *page, struct ov_page *out);

/* The value at a column of the provider's array. */
void page_array_cell(const struct page *page, int64_t array_row, uint32_t array_column,
                     uint32_t ordinal, struct ov_cell *out);

#endif
