/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.c - Page: an answer, whose values become Python's when they are asked for.
 *
 * A page never changes, so that any number of threads may read it.
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>

static struct page *of(PyObject *self)
{
    return (struct page *)self;
}

/* ------------------------------------------------------------------- making */

static int same_names(PyObject *names, const struct ov_page *page, uint32_t n)
{
    uint32_t i;

    if (names == NULL || PyTuple_Size(names) != (Py_ssize_t)n)
        return 0;
    for (i = 0; i < n; i++) {
        const char *name =
            PyUnicode_AsUTF8AndSize(PyTuple_GetItem(names, (Py_ssize_t)i), NULL);

        if (name == NULL || strcmp(name, ov_page_column(page, i)) != 0) {
            PyErr_Clear();
            return 0;
        }
    }
    return 1;
}

static PyObject *make_names(const struct ov_page *page, uint32_t n)
{
    PyObject *names = PyTuple_New((Py_ssize_t)n);

    for (uint32_t i = 0; names != NULL && i < n; i++) {
        PyObject *name = PyUnicode_InternFromString(ov_page_column(page, i));

        if (name == NULL || PyTuple_SetItem(names, (Py_ssize_t)i, name) != 0)
            Py_CLEAR(names);
    }
    return names;
}

/* Has the column a text in some row? Only then it matters whether it is a video. */
static int has_text(const struct ov_page *page, uint32_t column)
{
    struct ov_cell cell;
    int64_t row;

    for (row = 0; row < page->rows; row++) {
        ov_page_cell(page, row, column, &cell);
        if (cell.type != OV_NULL)
            return cell.type == OV_TEXT;
    }
    return 0;
}

/* Those of the page before where they are the same: most questions ask for the same. */
static PyObject *take_names(struct collection *collection, const struct ov_page *page,
                            uint32_t n)
{
    PyObject *before, *names;

    if (same_names(collection->names, page, n))
        return Py_NewRef(collection->names);
    names = make_names(page, n);
    if (names != NULL) {
        before = collection->names; /* looked at now: making may have run anything */
        collection->names = Py_NewRef(names);
        Py_XDECREF(before);
    }
    return names;
}

static enum field_kind look_up(const struct collection *collection, PyObject *name)
{
    PyObject *kind = PyDict_GetItemWithError(collection->kinds, name);

    return kind == NULL ? FIELD_UNKNOWN : (enum field_kind)PyLong_AsLong(kind);
}

/* -1 with an exception. */
static int find_kinds(struct page *self, struct collection *collection)
{
    self->kinds = calloc(self->n_columns + (size_t)1, sizeof(*self->kinds));
    if (self->kinds == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (uint32_t i = 0; i < self->n_columns; i++) {
        PyObject *name = PyTuple_GetItem(self->names, (Py_ssize_t)i);

        self->kinds[i] = look_up(collection, name);
        if (self->kinds[i] != FIELD_UNKNOWN || !has_text(&self->inside, i))
            continue;
        if (collection_learn(collection) != 0)
            return -1;
        self->kinds[i] = look_up(collection, name);
    }
    return 0;
}

PyObject *page_object(struct collection *collection, struct ov_page *page, int hidden)
{
    struct page *self = object_new(state_of((PyObject *)collection)->page);

    if (self == NULL)
        return NULL;
    self->inside = *page;
    page->inside = NULL;
    self->n_columns = hidden ? 0 : ov_page_columns(&self->inside);
    self->names = take_names(collection, &self->inside, self->n_columns);
    if (self->names == NULL || find_kinds(self, collection) != 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void drop(PyObject *self)
{
    columns_unref(of(self)->columns);
    ov_page_clear(&of(self)->inside);
    free(of(self)->kinds);
    Py_XDECREF(of(self)->names);
    object_free(self);
}

const struct ov_page *page_inside(struct state *state, PyObject *object)
{
    if (Py_TYPE(object) == state->page)
        return &of(object)->inside;
    PyErr_SetString(PyExc_TypeError, "after is no Page");
    return NULL;
}

/* --------------------------------------------------------------------- rows */

/* Counted from the end when negative; -1 with an exception. */
static int64_t row_of(PyObject *self, PyObject *value)
{
    Py_ssize_t row = PyNumber_AsSsize_t(value, PyExc_IndexError);

    if (row == -1 && PyErr_Occurred() != NULL)
        return -1;
    if (row < 0)
        row += (Py_ssize_t)of(self)->inside.rows;
    if (row >= 0 && row < of(self)->inside.rows)
        return row;
    PyErr_Format(PyExc_IndexError, "row %R of a page of %lld", value,
                 (long long)of(self)->inside.rows);
    return -1;
}

PyObject *page_key(const struct page *page, int64_t row)
{
    struct ov_cell cell;

    ov_page_key(&page->inside, row, &cell);
    return python_of_cell(&cell, FIELD_PLAIN);
}

static PyObject *make_score(const struct page *page, int64_t row)
{
    return PyFloat_FromDouble(ov_page_score(&page->inside, row));
}

PyObject *page_value(const struct page *page, int64_t row, uint32_t column)
{
    struct ov_cell cell;

    ov_page_cell(&page->inside, row, column, &cell);
    return python_of_cell(&cell, page->kinds[column]);
}

/* None for a row without a record. */
static PyObject *make_record(const struct page *page, int64_t row)
{
    PyObject *dict;

    if (!ov_page_found(&page->inside, row))
        Py_RETURN_NONE;
    dict = PyDict_New();
    for (uint32_t i = 0; dict != NULL && i < page->n_columns; i++) {
        PyObject *value = page_value(page, row, i);

        if (value == NULL ||
            PyDict_SetItem(dict, PyTuple_GetItem(page->names, (Py_ssize_t)i), value) != 0)
            Py_CLEAR(dict);
        Py_XDECREF(value);
    }
    return dict;
}

typedef PyObject *row_fn(const struct page *page, int64_t row);

static PyObject *for_row(PyObject *self, PyObject *value, row_fn *make)
{
    int64_t row = row_of(self, value);

    return row < 0 ? NULL : make(of(self), row);
}

static PyObject *for_all(PyObject *self, row_fn *make)
{
    int64_t row, rows = of(self)->inside.rows;
    PyObject *list = PyList_New((Py_ssize_t)rows);

    for (row = 0; list != NULL && row < rows; row++) {
        PyObject *item = make(of(self), row);

        if (item == NULL || PyList_SetItem(list, (Py_ssize_t)row, item) != 0)
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *get_key(PyObject *self, PyObject *row)
{
    return for_row(self, row, page_key);
}

static PyObject *get_score(PyObject *self, PyObject *row)
{
    return for_row(self, row, make_score);
}

static PyObject *get_record(PyObject *self, PyObject *row)
{
    return for_row(self, row, make_record);
}

static PyObject *list_keys(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    return for_all(self, page_key);
}

static PyObject *list_scores(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    return for_all(self, make_score);
}

static PyObject *list_records(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    return for_all(self, make_record);
}

static Py_ssize_t length(PyObject *self)
{
    return (Py_ssize_t)of(self)->inside.rows;
}

/* The sequence protocol: iterating a page gives its hits. */
static PyObject *item(PyObject *self, Py_ssize_t row)
{
    if (row < 0 || row >= of(self)->inside.rows) {
        PyErr_SetString(PyExc_IndexError, "a row beyond the page");
        return NULL;
    }
    return Py_BuildValue("(NNN)", page_key(of(self), row), make_score(of(self), row),
                         make_record(of(self), row));
}

/* ------------------------------------------------------------------ columns */

static PyObject *get_column(PyObject *self, PyObject *name)
{
    Py_ssize_t at = PySequence_Contains(of(self)->names, name) == 1
                        ? PySequence_Index(of(self)->names, name)
                        : -1;
    int64_t row, rows = of(self)->inside.rows;
    PyObject *list;

    if (at < 0) {
        if (PyErr_Occurred() == NULL)
            PyErr_Format(state_of(self)->errors[ERROR_NOT_FOUND],
                         "no column %R in the page", name);
        return NULL;
    }
    list = PyList_New((Py_ssize_t)rows);
    for (row = 0; list != NULL && row < rows; row++) {
        PyObject *value = page_value(of(self), row, (uint32_t)at);

        if (value == NULL || PyList_SetItem(list, (Py_ssize_t)row, value) != 0)
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *get_columns(PyObject *self, void *nothing)
{
    (void)nothing;
    return PySequence_List(of(self)->names);
}

static PyObject *get_approximate(PyObject *self, void *nothing)
{
    (void)nothing;
    return PyBool_FromLong((of(self)->inside.flags & OV_RESULT_APPROXIMATE) != 0);
}

static PyObject *get_missing(PyObject *self, void *nothing)
{
    (void)nothing;
    return PyLong_FromLongLong(of(self)->inside.missing);
}

/* --------------------------------------------------------------------- type */

static PyMethodDef methods[] = {
    { "key", get_key, METH_O,
      "key($self, row, /)\n--\n\nOf a fetch as it was asked for." },
    { "score", get_score, METH_O,
      "score($self, row, /)\n--\n\nNaN where there is none." },
    { "record", get_record, METH_O,
      "record($self, row, /)\n--\n\nA dict; None for a fetch's key without a record." },
    { "keys", list_keys, METH_NOARGS, "keys($self)\n--\n\nOf all rows." },
    { "scores", list_scores, METH_NOARGS, "scores($self)\n--\n\nOf all rows." },
    { "records", list_records, METH_NOARGS, "records($self)\n--\n\nOf all rows." },
    { "hits", (PyCFunction)(void (*)(void))page_hits, METH_FASTCALL | METH_KEYWORDS,
      "hits($self, id_name=None, score_name=None, *, unit=False, shown=None)\n--\n\n"
      "The records, with key and score under these names; rows without a record are left "
      "out, scores that are no number become 0.0. unit: scores from -1 to 1 are brought "
      "to 0 to 1. shown: {field: (prefix, decode)}; a short plain text "
      "/a/b gets the prefix, as decode would answer; any other value is replaced by "
      "decode(value)." },
    { "column", get_column, METH_O,
      "column($self, name, /)\n--\n\nThe values of all rows." },
    { "__arrow_c_schema__", page_arrow_schema, METH_NOARGS,
      "__arrow_c_schema__($self)\n--\n\n_ov_key, _ov_score, then the fields." },
    { "__arrow_c_array__", (PyCFunction)(void (*)(void))page_arrow_array,
      METH_VARARGS | METH_KEYWORDS,
      "__arrow_c_array__($self, requested_schema=None)\n--\n\nThe page stays." },
    { "__arrow_c_stream__", (PyCFunction)(void (*)(void))page_arrow_stream,
      METH_VARARGS | METH_KEYWORDS,
      "__arrow_c_stream__($self, requested_schema=None)\n--\n\nOne array; the page "
      "stays." },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef attributes[] = {
    { "columns", get_columns, NULL, "The fields' names.", NULL },
    { "approximate", get_approximate, NULL,
      "Might an exact search have found better hits?", NULL },
    { "missing", get_missing, NULL, "Of a fetch: keys without a record.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc,
      DOC("An answer: rows of columns. Iterating gives (key, score, record).") },
    { Py_tp_dealloc, drop },
    { Py_tp_methods, methods },
    { Py_tp_getset, attributes },
    { Py_sq_length, length },
    { Py_sq_item, item },
    { 0, NULL },
};

PyType_Spec page_spec = {
    .name = "ov_host.Page",
    .basicsize = sizeof(struct page),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
