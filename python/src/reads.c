/* SPDX-License-Identifier: Apache-2.0 */
/* reads.c - questions to a collection, answered by pages and numbers. */
#include "core.h"

static struct collection *of(PyObject *self)
{
    return (struct collection *)self;
}

/* ---------------------------------------------------------------- arguments */

/* An empty list of fields is asked for as a name that no field can have; the page then
 * hides that column. */
static const char *const no_field[] = { "-" };

/* None: every field. */
static struct ov_projection projection_of(struct frame *frame, PyObject *fields)
{
    struct ov_projection projection = { .size = sizeof(projection) };

    if (!frame_ok(frame) || fields == NULL || fields == Py_None)
        return projection;
    projection.fields = words_of(frame, fields, "a field's name", &projection.n_fields);
    if (frame_ok(frame) && projection.n_fields == 0) {
        projection.fields = no_field;
        projection.n_fields = 1;
    }
    return projection;
}

static int64_t number_of(struct frame *frame, PyObject *value, int64_t otherwise,
                         const char *what)
{
    int beyond = 0;
    int64_t number;

    if (!frame_ok(frame) || value == NULL || value == Py_None)
        return otherwise;
    number = PyLong_AsLongLongAndOverflow(value, &beyond);
    if (number == -1 && PyErr_Occurred() != NULL)
        frame_fail(frame);
    else if (beyond != 0)
        frame_refuse(frame, "%s is beyond int64", what);
    return number;
}

static PyObject *end_with_page(struct frame *frame, PyObject *self, struct ov_page *page,
                               const struct ov_projection *fields)
{
    PyObject *result = NULL;

    if (frame_ok(frame)) {
        result = page_object(of(self), page, fields->fields == no_field);
        if (result == NULL)
            frame_fail(frame);
    }
    ov_page_clear(page);
    return frame_end(frame, result);
}

/* -------------------------------------------------------------------- pages */

PyObject *collection_fetch(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "keys", "fields", "timeout", NULL };
    PyObject *keys, *fields = NULL, *timeout = NULL;
    struct ov_page page = OV_PAGE_INIT;
    struct ov_projection projection;
    const struct ov_doc *doc;
    struct frame frame;

    if (!PARSE(args, named, "O|OO:fetch", words, &keys, &fields, &timeout))
        return NULL;
    collection_frame(&frame, of(self), timeout);
    doc = doc_of_keys(&frame, keys);
    projection = projection_of(&frame, fields);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_collection_fetch(of(self)->handle, doc, &projection,
                                             &frame.options, &page, &frame.err));
    return end_with_page(&frame, self, &page, &projection);
}

struct question {
    PyObject *vector, *sparse, *text, *index, *filter;
    PyObject *limit, *offset, *fields;
    int exact;
};

/* Items in an order. Those of bytes are numbers too, but never the ones that were meant.
 */
static int is_row(PyObject *vector)
{
    return PySequence_Check(vector) && !PyUnicode_Check(vector) &&
           !PyBytes_Check(vector) && !PyByteArray_Check(vector);
}

/* numpy's numbers in a list, strided arrays and the like go the slow way. */
static void read_vector(struct frame *frame, PyObject *vector, struct ov_query *query)
{
    PyObject *list;

    if (!frame_ok(frame) || vector == NULL || vector == Py_None ||
        floats_of(frame, vector, &query->dense, &query->dim) || !frame_ok(frame))
        return;
    list = is_row(vector) ? PySequence_List(vector) : NULL;
    if (list == NULL) {
        PyErr_Clear();
        frame_refuse(frame, "the vector is no list of numbers");
        return;
    }
    floats_of_numbers(frame, list, &query->dense, &query->dim);
    Py_DECREF(list);
}

static void read_question(struct frame *frame, const struct question *asked,
                          struct ov_query *query, struct ov_str *text)
{
    query->size = sizeof(*query);
    query->flags = asked->exact ? OV_SEARCH_EXACT : 0;
    query->index = word_of(frame, asked->index, "the index");
    read_vector(frame, asked->vector, query);
    frame->of_contents = 1; /* terms and words are met as they were stored */
    if (frame_ok(frame))
        query->sparse = doc_of_filter(frame, asked->sparse);
    if (frame_ok(frame) && asked->text != NULL && asked->text != Py_None) {
        if (PyUnicode_Check(asked->text))
            *text = text_of(frame, asked->text);
        else
            frame_refuse(frame, "the text is no text");
        query->text = text;
    }
    frame->of_contents = 0;
    if (frame_ok(frame))
        query->filter = doc_of_filter(frame, asked->filter);
    query->limit = number_of(frame, asked->limit, 10, "limit");
    query->offset = number_of(frame, asked->offset, 0, "offset");
    query->fields = projection_of(frame, asked->fields);
}

FAST_METHOD(collection_search)
{
    static const char *const of_search[] = { "vector", "sparse",  "text",   "index",
                                             "filter", "limit",   "offset", "fields",
                                             "exact",  "timeout", NULL };
    static const struct words words = { "search", 1, of_search };
    PyObject *given[10] = { NULL };
    struct ov_query query = { .dense = NULL };
    struct ov_page page = OV_PAGE_INIT;
    struct question asked = { .exact = 0 };
    struct ov_str text = { NULL, 0 };
    struct frame frame;

    if (words_take(&words, args, n_args, names, given) != 0 ||
        word_true(given[8], &asked.exact) != 0)
        return NULL;
    asked.vector = given[0];
    asked.sparse = given[1];
    asked.text = given[2];
    asked.index = given[3];
    asked.filter = given[4];
    asked.limit = given[5];
    asked.offset = given[6];
    asked.fields = given[7];
    collection_frame(&frame, of(self), given[9]);
    read_question(&frame, &asked, &query, &text);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_collection_search(of(self)->handle, &query, &frame.options,
                                              &page, &frame.err));
    return end_with_page(&frame, self, &page, &query.fields);
}

struct wish {
    PyObject *order, *filter, *limit, *offset, *fields, *after, *timeout;
    int descending;
};

static void read_wish(struct frame *frame, const struct wish *asked,
                      struct ov_listing *listing)
{
    listing->size = sizeof(*listing);
    listing->descending = asked->descending != 0;
    listing->order = word_of(frame, asked->order, "the order");
    if (frame_ok(frame))
        listing->filter = doc_of_filter(frame, asked->filter);
    listing->limit = number_of(frame, asked->limit, -1, "limit");
    listing->offset = number_of(frame, asked->offset, 0, "offset");
    listing->fields = projection_of(frame, asked->fields);
    if (frame_ok(frame) && asked->after != NULL && asked->after != Py_None) {
        listing->after = page_inside(frame->state, asked->after);
        if (listing->after == NULL)
            frame_fail(frame);
    }
}

PyObject *collection_scan(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "order", "descending", "filter",
                                         "limit", "offset",     "fields",
                                         "after", "timeout",    NULL };
    struct ov_listing listing = { .order = NULL };
    struct ov_page page = OV_PAGE_INIT;
    struct wish asked = { .descending = 0 };
    struct frame frame;

    if (!PARSE(args, named, "|O$pOOOOOO:scan", words, &asked.order, &asked.descending,
               &asked.filter, &asked.limit, &asked.offset, &asked.fields, &asked.after,
               &asked.timeout))
        return NULL;
    collection_frame(&frame, of(self), asked.timeout);
    read_wish(&frame, &asked, &listing);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_collection_scan(of(self)->handle, &listing, &frame.options,
                                            &page, &frame.err));
    return end_with_page(&frame, self, &page, &listing.fields);
}

/* ------------------------------------------------------------------ numbers */

PyObject *collection_count(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "filter", "timeout", NULL };
    PyObject *filter = NULL, *timeout = NULL, *result;
    const struct ov_doc *doc;
    struct frame frame;
    uint64_t n = 0;

    if (!PARSE(args, named, "|OO:count", words, &filter, &timeout))
        return NULL;
    collection_frame(&frame, of(self), timeout);
    doc = frame_ok(&frame) ? doc_of_filter(&frame, filter) : NULL;
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_collection_count(of(self)->handle, doc, &n, &frame.options,
                                             &frame.err));
    result = PyLong_FromUnsignedLongLong(n);
    if (result == NULL)
        frame_fail(&frame);
    return frame_end(&frame, result);
}

static PyObject *end_with(struct frame *frame, const struct ov_doc *doc)
{
    PyObject *result = NULL;

    if (frame_ok(frame) && (result = python_of_doc(doc)) == NULL)
        frame_fail(frame);
    return frame_end(frame, result);
}

PyObject *collection_groups(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "field", "filter", "timeout", NULL };
    PyObject *field, *filter = NULL, *timeout = NULL;
    struct ov_grouping grouping = { .size = sizeof(grouping) };
    const struct ov_doc *found = NULL;
    struct frame frame;

    if (!PARSE(args, named, "U|OO:groups", words, &field, &filter, &timeout))
        return NULL;
    collection_frame(&frame, of(self), timeout);
    grouping.field = word_of(&frame, field, "the field");
    if (frame_ok(&frame))
        grouping.filter = doc_of_filter(&frame, filter);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_collection_groups(of(self)->handle, &grouping, frame.arena,
                                              &found, &frame.options, &frame.err));
    return end_with(&frame, found);
}

PyObject *collection_explain(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "filter", NULL };
    const struct ov_doc *doc, *found = NULL;
    struct frame frame;
    PyObject *filter;

    if (!PARSE(args, named, "O:explain", words, &filter))
        return NULL;
    collection_frame(&frame, of(self), NULL);
    doc = frame_ok(&frame) ? doc_of_filter(&frame, filter) : NULL;
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_collection_explain(of(self)->handle, doc, frame.arena, &found,
                                               &frame.err));
    return end_with(&frame, found);
}
