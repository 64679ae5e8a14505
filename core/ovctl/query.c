/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query.c - vectors, limits and filters from the command line.
 */
#include "query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HITS 10

/* A list of numbers to float32; place names what held it. */
static int32_t make_vector(struct ctl *ctl, const char *place, const struct ov_doc *list,
                           struct ov_query *query)
{
    float *floats;

    if (list->kind == OV_DOC_FLOATS) {
        query->dense = list->u.floats;
        query->dim = list->n;
        return OV_OK;
    }
    snprintf(ctl->err.where, sizeof(ctl->err.where), "%.90s", place);
    if (list->kind != OV_DOC_LIST || list->n == 0)
        return ov_fail(&ctl->err, OV_INVALID, "a vector is a list of numbers");
    floats = need(ov_arena_take(ctl->arena, list->n * sizeof(*floats)));
    for (uint64_t i = 0; i < list->n; i++) {
        const struct ov_doc *item = list->u.items[i];
        double value = item->kind == OV_DOC_INT ? (double)item->u.i : item->u.f;

        if (item->kind != OV_DOC_INT && item->kind != OV_DOC_REAL)
            return ov_fail(&ctl->err, OV_INVALID,
                           "element %llu of the vector is no number",
                           (unsigned long long)i);
        floats[i] = (float)value;
        if (!isfinite(floats[i]))
            return ov_fail(&ctl->err, OV_INVALID,
                           "element %llu of the vector is beyond a 32-bit float",
                           (unsigned long long)i);
    }
    ctl->err.where[0] = '\0';
    query->dense = floats;
    query->dim = list->n;
    return OV_OK;
}

/* The vector of a record that is there. */
static int32_t fetch_vector(struct ctl *ctl, struct ov_query *query)
{
    struct ov_page page = OV_PAGE_INIT;
    struct ov_projection fields = { .size = sizeof(fields), .n_fields = 1 };
    const struct ov_doc *keys, *record, *vector;
    const char *name;
    int64_t dim;
    int32_t status = find_field(ctl, "vector", &name, &dim);

    if (status == OV_OK)
        status = read_keys(ctl, &ctl->args.vector_of, 1, &keys);
    if (status != OV_OK)
        return status;
    fields.fields = &name;
    status = ov_collection_fetch(ctl->collection, keys, &fields, &ctl->options, &page,
                                 &ctl->err);
    if (status != OV_OK)
        return status;
    if (!ov_page_found(&page, 0)) {
        ov_page_clear(&page);
        return ov_fail(&ctl->err, OV_NO_RECORD, "there is no record '%.128s'",
                       ctl->args.vector_of);
    }
    record = need(ov_page_record(&page, 0, ctl->arena));
    ov_page_clear(&page);
    vector = ov_doc_get(record, name);
    if (vector == NULL)
        return ov_fail(&ctl->err, OV_INTERNAL, "the record has no field '%s'", name);
    return make_vector(ctl, "--vector-of", vector, query);
}

static int32_t read_vector(struct ctl *ctl, struct ov_query *query)
{
    const struct args *args = &ctl->args;
    const struct ov_doc *list;
    struct ov_str text;
    int32_t status;

    if (args->vector_of != NULL)
        return fetch_vector(ctl, query);
    if (args->vector_file != NULL) {
        status = read_file(ctl, args->vector_file, &text);
        if (status == OV_OK)
            status = read_json(ctl, args->vector_file, text.p, &list);
        return status != OV_OK ? status
                               : make_vector(ctl, args->vector_file, list, query);
    }
    if (args->vector == NULL)
        return OV_OK;
    status = read_json(ctl, "--vector", args->vector, &list);
    return status != OV_OK ? status : make_vector(ctl, "--vector", list, query);
}

static int32_t read_search(struct ctl *ctl, struct question *question)
{
    struct ov_query *query = &question->query;
    int32_t status = read_vector(ctl, query);

    if (status == OV_OK && ctl->args.sparse != NULL)
        status = read_json(ctl, "--sparse", ctl->args.sparse, &query->sparse);
    if (ctl->args.text != NULL) {
        question->text = ov_str_of(ctl->args.text);
        query->text = &question->text;
    }
    query->flags = ctl->args.exact ? OV_SEARCH_EXACT : 0;
    query->filter = question->filter;
    return status == OV_OK ? read_fields(ctl, FIELDS_SHORT, &query->fields) : status;
}

static int32_t read_scan(struct ctl *ctl, struct question *question)
{
    struct ov_listing *listing = &question->listing;

    /* The host's own word for "all"; nobody means it by typing it. */
    if (ctl->args.limit != NULL && listing->limit < 0) {
        snprintf(ctl->err.where, sizeof(ctl->err.where), "--limit");
        return ov_fail(&ctl->err, OV_INVALID, "a limit of %lld",
                       (long long)listing->limit);
    }
    listing->descending = ctl->args.desc != 0;
    listing->order = ctl->args.order_by;
    listing->filter = question->filter;
    return read_fields(ctl, FIELDS_SHORT, &listing->fields);
}

int question_read(struct ctl *ctl, enum command command, struct question *out,
                  int *status)
{
    int32_t outcome;

    memset(out, 0, sizeof(*out));
    out->query.size = sizeof(out->query);
    out->query.limit = HITS;
    out->listing.size = sizeof(out->listing);
    out->listing.limit = -1;
    *status = 2;
    if (read_number(ctl, "--limit", ctl->args.limit, &out->query.limit) != 0 ||
        read_number(ctl, "--offset", ctl->args.offset, &out->query.offset) != 0)
        return -1;
    if (ctl->args.limit != NULL)
        out->listing.limit = out->query.limit;
    out->listing.offset = out->query.offset;
    outcome = read_filter(ctl, &out->filter);
    if (outcome == OV_OK)
        outcome = open_collection(ctl);
    if (outcome == OV_OK)
        outcome = check_filter(ctl, out->filter);
    if (outcome == OV_OK && command == COMMAND_SEARCH)
        outcome = read_search(ctl, out);
    if (outcome == OV_OK && command == COMMAND_SCAN)
        outcome = read_scan(ctl, out);
    if (outcome == OV_OK)
        return 0;
    *status = fail(ctl);
    return -1;
}

int32_t question_ask(struct ctl *ctl, enum command command,
                     const struct question *question, struct ov_page *page)
{
    uint64_t count;

    if (command == COMMAND_SEARCH)
        return ov_collection_search(ctl->collection, &question->query, &ctl->options,
                                    page, &ctl->err);
    if (command == COMMAND_SCAN)
        return ov_collection_scan(ctl->collection, &question->listing, &ctl->options,
                                  page, &ctl->err);
    return ov_collection_count(ctl->collection, question->filter, &count, &ctl->options,
                               &ctl->err);
}
