/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_read.c - the reading steps, put to a store through ov/store.h.
 */
#include "store_side.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "filter", or "filter_text" as the host's own parser reads it. A text that is no JSON
 * leaves its error in work->err. */
const struct ov_doc *work_filter(struct work *work)
{
    const char *text = json_string_value(json_object_get(work->step, "filter_text"));
    struct ov_doc *doc = NULL;

    if (text == NULL)
        return doc_of_json(work->arena, json_object_get(work->step, "filter"));
    (void)ov_doc_parse(work->arena, ov_str_of(text), &doc, &work->err);
    return doc;
}

static struct ov_projection projection_of(struct work *work)
{
    const json_t *fields = json_object_get(work->step, "fields");
    size_t n = json_array_size(fields);
    const char **names = ov_arena_take(work->arena, (n + 1) * sizeof(char *));

    for (size_t i = 0; i < n; i++)
        names[i] = json_string_value(json_array_get(fields, i));
    return (struct ov_projection){ sizeof(struct ov_projection), (uint32_t)n, names };
}

/* The fields of a row; a name that the schema does not know shows as null. */
static json_t *fields_of(struct work *work, const struct ov_page *page, int64_t row)
{
    json_t *fields = json_of_doc(ov_page_record(page, row, work->arena));

    for (uint32_t i = 0; i < ov_page_columns(page); i++) {
        const char *name = ov_page_column(page, i);
        struct ov_cell cell;
        ov_page_cell(page, row, i, &cell);
        if (cell.type == OV_NULL && json_object_get(fields, name) == NULL)
            json_object_set_new(fields, name, json_null());
    }
    return fields;
}

static json_t *hits_of(struct work *work, const struct ov_page *page)
{
    json_t *hits = json_array();

    for (int64_t row = 0; row < page->rows; row++) {
        double score = ov_page_score(page, row);
        json_t *hit = json_object();
        struct ov_cell key;

        ov_page_key(page, row, &key);
        json_object_set_new(hit, "id", json_of_key(&key));
        json_object_set_new(hit, "score",
                            isfinite(score) ? json_real(score) : json_null());
        json_object_set_new(hit, "fields", fields_of(work, page, row));
        json_array_append_new(hits, hit);
    }
    return hits;
}

static int32_t fetch(struct work *work)
{
    const struct ov_doc *keys =
        doc_of_json(work->arena, json_object_get(work->step, "keys"));
    struct ov_projection fields = projection_of(work);
    struct ov_page page = OV_PAGE_INIT;
    json_t *rows;
    int32_t status = ov_collection_fetch(work->collection, keys, &fields, &work->options,
                                         &page, &work->err);

    if (status != OV_OK)
        return status;
    rows = json_array();
    for (int64_t row = 0; row < page.rows; row++)
        json_array_append_new(
            rows, ov_page_found(&page, row) ? fields_of(work, &page, row) : json_null());
    json_object_set_new(work->answer, "rows", rows);
    json_object_set_new(work->answer, "missing", json_integer(page.missing));
    ov_page_clear(&page);
    return OV_OK;
}

static const float *dense_of(struct work *work, uint64_t *dim)
{
    const json_t *list = json_object_get(work->step, "dense");
    float *dense;

    *dim = json_array_size(list);
    if (*dim == 0)
        return NULL;
    dense = ov_arena_take(work->arena, *dim * sizeof(float));
    for (uint64_t i = 0; i < *dim; i++) {
        const json_t *one = json_array_get(list, i);
        dense[i] = (float)json_number_value(one);
        if (json_is_string(one))
            dense[i] = strcmp(json_string_value(one), "$nan") == 0 ? (float)NAN
                                                                   : (float)INFINITY;
    }
    return dense;
}

static int64_t number_of(const struct work *work, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(work->step, name);

    return value != NULL ? json_integer_value(value) : otherwise;
}

static int32_t search(struct work *work)
{
    struct ov_page page = OV_PAGE_INIT;
    struct ov_query query = { .size = sizeof(query) };
    int32_t status;

    if (!json_is_false(json_object_get(work->step, "exact")))
        query.flags = OV_SEARCH_EXACT;
    query.index = json_string_value(json_object_get(work->step, "index"));
    query.dense = dense_of(work, &query.dim);
    query.sparse = doc_of_json(work->arena, json_object_get(work->step, "sparse"));
    query.filter = work_filter(work);
    query.limit = number_of(work, "limit", 10);
    query.offset = number_of(work, "offset", 0);
    query.fields = projection_of(work);
    if (work->err.code != OV_OK)
        return work->err.code;
    status =
        ov_collection_search(work->collection, &query, &work->options, &page, &work->err);
    if (status != OV_OK)
        return status;
    json_object_set_new(work->answer, "hits", hits_of(work, &page));
    ov_page_clear(&page);
    return OV_OK;
}

static int32_t scan(struct work *work)
{
    struct ov_page page = OV_PAGE_INIT;
    struct ov_listing listing = { .size = sizeof(listing) };
    int32_t status;

    listing.descending =
        (uint32_t)json_is_true(json_object_get(work->step, "descending"));
    listing.order = json_string_value(json_object_get(work->step, "order"));
    listing.filter = work_filter(work);
    listing.limit = number_of(work, "limit", -1);
    listing.offset = number_of(work, "offset", 0);
    listing.fields = projection_of(work);
    if (work->err.code != OV_OK)
        return work->err.code;
    status =
        ov_collection_scan(work->collection, &listing, &work->options, &page, &work->err);
    if (status != OV_OK)
        return status;
    json_object_set_new(work->answer, "hits", hits_of(work, &page));
    ov_page_clear(&page);
    return OV_OK;
}

/* A scan in pages of "page" rows, each behind the last row of the one before. */
static int32_t walk(struct work *work)
{
    struct ov_page pages[2] = { OV_PAGE_INIT, OV_PAGE_INIT };
    struct ov_listing listing = { .size = sizeof(listing) };
    json_t *hits = json_array();
    int32_t status = OV_OK;

    listing.descending =
        (uint32_t)json_is_true(json_object_get(work->step, "descending"));
    listing.order = json_string_value(json_object_get(work->step, "order"));
    listing.filter = work_filter(work);
    listing.limit = number_of(work, "page", 3);
    listing.fields = projection_of(work);
    status = work->err.code;
    for (int now = 0; status == OV_OK; now = !now) {
        json_t *more;
        ov_page_clear(&pages[now]);
        status = ov_collection_scan(work->collection, &listing, &work->options,
                                    &pages[now], &work->err);
        if (status != OV_OK || pages[now].rows == 0)
            break;
        more = hits_of(work, &pages[now]);
        json_array_extend(hits, more);
        json_decref(more);
        listing.after = &pages[now];
    }
    ov_page_clear(&pages[0]);
    ov_page_clear(&pages[1]);
    json_object_set_new(work->answer, "hits", hits);
    return status;
}

static int32_t count(struct work *work)
{
    const struct ov_doc *filter = work_filter(work);
    uint64_t n = 0;
    int32_t status = work->err.code;

    if (status == OV_OK)
        status =
            ov_collection_count(work->collection, filter, &n, &work->options, &work->err);
    if (status == OV_OK)
        json_object_set_new(work->answer, "count", json_integer((json_int_t)n));
    return status;
}

static int32_t groups(struct work *work)
{
    const struct ov_doc *filter = work_filter(work), *out;
    int32_t status = work->err.code;

    if (status == OV_OK)
        status = ov_collection_groups(
            work->collection,
            &(struct ov_grouping){
                .size = sizeof(struct ov_grouping),
                .field = json_string_value(json_object_get(work->step, "field")),
                .filter = filter },
            work->arena, &out, &work->options, &work->err);
    if (status == OV_OK)
        json_object_set_new(work->answer, "groups", json_of_doc(out));
    return status;
}

int32_t read_step(struct work *work, const char *verb, int *known)
{
    static const struct {
        const char *verb;
        int32_t (*act)(struct work *work);
    } steps[] = { { "fetch", fetch }, { "search", search }, { "scan", scan },
                  { "walk", walk },   { "count", count },   { "groups", groups } };

    *known = 1;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (strcmp(steps[i].verb, verb) == 0)
            return steps[i].act(work);
    *known = 0;
    return OV_OK;
}
