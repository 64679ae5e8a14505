/* SPDX-License-Identifier: Apache-2.0 */
/* to_python.c - documents and cells as Python's values. */
#include "core.h"

#include <string.h>

/* Records are UTF-8. The names of files need not be, and come as the os module has them.
 */
PyObject *python_of_text(struct ov_str text)
{
    return PyUnicode_DecodeUTF8(text.n == 0 ? "" : text.p, (Py_ssize_t)text.n,
                                "surrogateescape");
}

/* Makes a list; each item by a call with its place. */
typedef PyObject *item_fn(const void *from, uint64_t at);

static PyObject *make_list(const void *from, uint64_t n, item_fn *item)
{
    PyObject *list = PyList_New((Py_ssize_t)n);
    uint64_t i;

    for (i = 0; list != NULL && i < n; i++) {
        PyObject *made = item(from, i);

        if (made == NULL || PyList_SetItem(list, (Py_ssize_t)i, made) != 0) {
            Py_DECREF(list);
            return NULL;
        }
    }
    return list;
}

static PyObject *float_item(const void *from, uint64_t at)
{
    return PyFloat_FromDouble((double)((const float *)from)[at]);
}

/* Steals name and value. */
static int add(PyObject *dict, PyObject *name, PyObject *value)
{
    int status = name == NULL || value == NULL ? -1 : PyDict_SetItem(dict, name, value);

    Py_XDECREF(name);
    Py_XDECREF(value);
    return status;
}

/* ---------------------------------------------------------------- documents */

static PyObject *doc_item(const void *from, uint64_t at)
{
    return python_of_doc(((const struct ov_doc *const *)from)[at]);
}

static PyObject *python_of_object(const struct ov_doc *doc)
{
    PyObject *dict = PyDict_New();
    uint64_t i;

    for (i = 0; dict != NULL && i < doc->n; i++)
        if (add(dict, python_of_text(doc->u.members[i].name),
                python_of_doc(doc->u.members[i].value)) != 0) {
            Py_DECREF(dict);
            return NULL;
        }
    return dict;
}

/* Documents of the host are never deep: it refuses those that are. */
PyObject *python_of_doc(const struct ov_doc *doc)
{
    switch ((enum ov_doc_kind)doc->kind) {
    case OV_DOC_BOOL:
        return PyBool_FromLong(doc->u.i != 0);
    case OV_DOC_INT:
        return PyLong_FromLongLong(doc->u.i);
    case OV_DOC_REAL:
        return PyFloat_FromDouble(doc->u.f);
    case OV_DOC_TEXT:
        return python_of_text(ov_doc_str(doc));
    case OV_DOC_LIST:
        return make_list(doc->u.items, doc->n, doc_item);
    case OV_DOC_OBJECT:
        return python_of_object(doc);
    case OV_DOC_FLOATS:
        return make_list(doc->u.floats, doc->n, float_item);
    case OV_DOC_NULL:
        break;
    }
    Py_RETURN_NONE;
}

/* -------------------------------------------------------------------- cells */

static struct ov_str text_at(const struct ov_cell *cell, uint64_t at)
{
    struct ov_str text = { cell->bytes + cell->u.offsets[at],
                           (uint64_t)(cell->u.offsets[at + 1] - cell->u.offsets[at]) };

    return text;
}

static PyObject *text_item(const void *from, uint64_t at)
{
    return python_of_text(text_at(from, at));
}

static PyObject *int_item(const void *from, uint64_t at)
{
    return PyLong_FromLongLong(((const int64_t *)from)[at]);
}

static PyObject *real_item(const void *from, uint64_t at)
{
    return PyFloat_FromDouble(((const double *)from)[at]);
}

static PyObject *python_of_sparse(const struct ov_cell *cell)
{
    PyObject *dict = PyDict_New();
    uint64_t i;

    for (i = 0; dict != NULL && i < cell->n; i++)
        if (add(dict, python_of_text(text_at(cell, i)),
                PyFloat_FromDouble((double)cell->weights[i])) != 0) {
            Py_DECREF(dict);
            return NULL;
        }
    return dict;
}

/* A video travels as the JSON text of its object. */
static PyObject *python_of_video(struct ov_str text)
{
    struct ov_arena *arena = ov_arena_new();
    struct ov_doc *doc;
    PyObject *result;

    if (arena == NULL)
        return PyErr_NoMemory();
    if (ov_doc_parse(arena, text, &doc, NULL) == OV_OK)
        result = python_of_doc(doc);
    else
        result = python_of_text(text);
    ov_arena_free(arena);
    return result;
}

PyObject *python_of_cell(const struct ov_cell *cell, enum field_kind kind)
{
    struct ov_str text = { cell->u.text, cell->n };

    switch ((enum ov_type)cell->type) {
    case OV_BOOL:
        return PyBool_FromLong(cell->u.i != 0);
    case OV_INT64:
    case OV_TIME:
        return PyLong_FromLongLong(cell->u.i);
    case OV_FLOAT64:
        return PyFloat_FromDouble(cell->u.f);
    case OV_TEXT:
        return kind == FIELD_VIDEO ? python_of_video(text) : python_of_text(text);
    case OV_TEXT_LIST:
        return make_list(cell, cell->n, text_item);
    case OV_INT64_LIST:
        return make_list(cell->u.ints, cell->n, int_item);
    case OV_VECTOR:
        return make_list(cell->u.floats, cell->n, float_item);
    case OV_SPARSE:
        return python_of_sparse(cell);
    case OV_GEO:
        return make_list(cell->u.reals, 2, real_item);
    case OV_NULL:
        break;
    }
    Py_RETURN_NONE;
}

/* ------------------------------------------------------------------ showing */

void show_doc(struct ov_arena *arena, struct ov_doc *object, const char *name,
              const struct ov_doc *value)
{
    if (object != NULL)
        (void)ov_doc_set(arena, object, ov_str_of(name), value);
}

void show_text(struct ov_arena *arena, struct ov_doc *object, const char *name,
               const char *text)
{
    show_doc(arena, object, name, ov_doc_text(arena, ov_str_of(text)));
}

void show_int(struct ov_arena *arena, struct ov_doc *object, const char *name,
              int64_t value)
{
    show_doc(arena, object, name, ov_doc_int(arena, value));
}

void show_bool(struct ov_arena *arena, struct ov_doc *object, const char *name, int value)
{
    show_doc(arena, object, name, ov_doc_bool(arena, value));
}

void show_real(struct ov_arena *arena, struct ov_doc *object, const char *name,
               double value)
{
    show_doc(arena, object, name, ov_doc_real(arena, value));
}

void names_take(void *names, struct ov_str name)
{
    struct names *to = names;

    if (to->list != NULL)
        (void)ov_doc_append(to->arena, to->list, ov_doc_text(to->arena, name));
}
