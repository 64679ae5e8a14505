/* SPDX-License-Identifier: Apache-2.0 */
/*
 * to_doc.c - Python's values as documents.
 *
 * The kinds that JSON has come first and run no Python code. Whatever else behaves as a
 * number, a list or a mapping is taken for one; while its code runs, a container may
 * change under us, so what is looked at is held.
 */
#include "core.h"

#include <stdio.h>
#include <string.h>

static const struct ov_doc *checked(struct frame *frame, const struct ov_doc *doc)
{
    if (doc == NULL)
        frame_no_memory(frame);
    return doc;
}

/* --------------------------------------------------------------------- atoms */

static void refuse_int(struct frame *frame, PyObject *value)
{
    PyObject *digits = PyObject_Str(value);
    const char *text = digits == NULL ? NULL : PyUnicode_AsUTF8AndSize(digits, NULL);

    if (text == NULL) {
        PyErr_Clear(); /* more digits than Python prints */
        frame_refuse(frame, "the int is beyond int64");
    } else {
        frame_refuse(frame, "%.60s%s is beyond int64", text,
                     strlen(text) > 60 ? "..." : "");
    }
    Py_XDECREF(digits);
}

static const struct ov_doc *int_doc(struct frame *frame, PyObject *value)
{
    int beyond = 0;
    long long number = PyLong_AsLongLongAndOverflow(value, &beyond);

    if (beyond != 0) {
        refuse_int(frame, value);
        return NULL;
    }
    return checked(frame, ov_doc_int(frame->arena, number));
}

static const struct ov_doc *doc_of_text(struct frame *frame, struct ov_str text)
{
    struct ov_doc *doc;

    if (text.p == NULL)
        return NULL;
    doc = ov_doc_null(frame->arena);
    if (doc != NULL) { /* the text is in the arena already */
        doc->kind = OV_DOC_TEXT;
        doc->n = text.n;
        doc->u.text = text.p;
    }
    return checked(frame, doc);
}

static const struct ov_doc *text_doc(struct frame *frame, PyObject *value)
{
    return doc_of_text(frame, text_of(frame, value));
}

static const struct ov_doc *number_doc(struct frame *frame, PyObject *value)
{
    const struct ov_doc *doc = NULL;

    if (PyIndex_Check(value)) {
        PyObject *whole = PyNumber_Index(value);

        if (whole == NULL)
            frame_fail(frame);
        else
            doc = int_doc(frame, whole);
        Py_XDECREF(whole);
    } else {
        double real = PyFloat_AsDouble(value);

        if (real == -1.0 && PyErr_Occurred() != NULL)
            frame_fail(frame);
        else
            doc = checked(frame, ov_doc_real(frame->arena, real));
    }
    return doc;
}

/* ---------------------------------------------------------------- containers */

static const struct ov_doc *floats_doc(struct frame *frame, const float *floats,
                                       uint64_t n)
{
    return checked(frame, ov_doc_floats(frame->arena, floats, n));
}

static void append(struct frame *frame, struct ov_doc *list, const struct ov_doc *item)
{
    if (item != NULL && ov_doc_append(frame->arena, list, item) != OV_OK)
        frame_no_memory(frame);
}

/* Items are asked for one by one: a list may become shorter on the way. */
static const struct ov_doc *list_doc(struct frame *frame, PyObject *value)
{
    struct ov_doc *list = ov_doc_list(frame->arena);
    int is_list = PyList_Check(value);
    Py_ssize_t i;

    if (checked(frame, list) == NULL)
        return NULL;
    for (i = 0; i < (is_list ? PyList_Size(value) : PyTuple_Size(value)); i++) {
        PyObject *item = is_list ? PyList_GetItem(value, i) : PyTuple_GetItem(value, i);

        Py_INCREF(item);
        if (path_enter(frame, NULL, i)) {
            append(frame, list, doc_of(frame, item));
            path_leave(frame);
        }
        Py_DECREF(item);
        if (!frame_ok(frame))
            return NULL;
    }
    return list;
}

static const struct ov_doc *sequence_doc(struct frame *frame, PyObject *value)
{
    const struct ov_doc *doc = NULL;
    PyObject *list = PySequence_List(value);

    if (list == NULL)
        frame_fail(frame);
    else
        doc = list_doc(frame, list);
    Py_XDECREF(list);
    return doc;
}

static enum field_kind kind_of_field(struct frame *frame, PyObject *name)
{
    PyObject *kind;

    if (frame->kinds == NULL || !frame->of_rows || frame->depth != 2)
        return FIELD_PLAIN;
    kind = PyDict_GetItemWithError(frame->kinds, name);
    if (kind != NULL)
        return (enum field_kind)PyLong_AsLong(kind);
    PyErr_Clear();
    frame->unknown = 1;
    return FIELD_UNKNOWN;
}

static const struct ov_doc *member_doc(struct frame *frame, PyObject *name,
                                       PyObject *value)
{
    enum field_kind kind = kind_of_field(frame, name);
    int outside = frame->of_contents;
    const struct ov_doc *doc = NULL;
    const float *floats;
    uint64_t n;

    if (kind == FIELD_VECTOR && floats_of(frame, value, &floats, &n))
        return floats_doc(frame, floats, n);
    if (!frame_ok(frame))
        return NULL;
    if (frame->of_rows && frame->depth == 2) {
        frame->of_contents = kind != FIELD_KEY;
        frame->of_times = kind == FIELD_TIME || kind == FIELD_UNKNOWN;
    }
    doc = doc_of(frame, value);
    frame->of_contents = outside;
    frame->of_times = !frame->of_rows && frame->of_times;
    return doc;
}

static void add_member(struct frame *frame, struct ov_doc *object, PyObject *name,
                       PyObject *value)
{
    const struct ov_doc *doc;
    struct ov_str text;
    int32_t status;

    if (!PyUnicode_Check(name)) {
        frame_refuse(frame, "a name in an object is no text");
        return;
    }
    if (!path_enter(frame, name, 0))
        return;
    text = text_of(frame, name);
    doc = text.p == NULL ? NULL : member_doc(frame, name, value);
    if (doc != NULL) {
        status = ov_doc_set(frame->arena, object, text, doc);
        if (status == OV_INVALID)
            frame_refuse(frame, "the name '%.60s' comes twice", text.p);
        else if (status != OV_OK)
            frame_no_memory(frame);
    }
    path_leave(frame);
}

static const struct ov_doc *object_doc(struct frame *frame, PyObject *value)
{
    struct ov_doc *object = ov_doc_object(frame->arena);
    PyObject *name, *member;
    Py_ssize_t at = 0;

    if (checked(frame, object) == NULL)
        return NULL;
    while (frame_ok(frame) && PyDict_Next(value, &at, &name, &member)) {
        Py_INCREF(name);
        Py_INCREF(member);
        add_member(frame, object, name, member);
        Py_DECREF(name);
        Py_DECREF(member);
    }
    return frame_ok(frame) ? object : NULL;
}

/* A mapping that is no dict, as the dict of its items. */
static const struct ov_doc *mapping_doc(struct frame *frame, PyObject *value)
{
    const struct ov_doc *doc = NULL;
    PyObject *dict = PyDict_New();

    if (dict == NULL || PyDict_Update(dict, value) != 0)
        frame_fail(frame);
    else
        doc = object_doc(frame, dict);
    Py_XDECREF(dict);
    return doc;
}

/* --------------------------------------------------------------------- any */

static void refuse_type(struct frame *frame, PyObject *value)
{
    PyObject *name = PyType_GetQualName(Py_TYPE(value));
    const char *text = name == NULL ? NULL : PyUnicode_AsUTF8AndSize(name, NULL);

    if (text == NULL)
        PyErr_Clear();
    frame_refuse(frame, "a value of type '%.80s' is nothing that can be stored",
                 text == NULL ? "?" : text);
    Py_XDECREF(name);
}

static const struct ov_doc *other_doc(struct frame *frame, PyObject *value)
{
    struct ov_str time;
    const float *floats;
    uint64_t n;

    if (frame->of_times && time_of(frame, value, &time))
        return frame_ok(frame) ? doc_of_text(frame, time) : NULL;
    if (floats_of_buffer(frame, value, &floats, &n))
        return floats_doc(frame, floats, n);
    if (!frame_ok(frame))
        return NULL;
    if (PyMapping_Check(value) && PyObject_HasAttrString(value, "keys"))
        return mapping_doc(frame, value);
    if (PySequence_Check(value) && !PyBytes_Check(value) && !PyByteArray_Check(value))
        return sequence_doc(frame, value);
    if (PyIndex_Check(value) || PyObject_HasAttrString(value, "__float__"))
        return number_doc(frame, value);
    refuse_type(frame, value);
    return NULL;
}

const struct ov_doc *doc_of(struct frame *frame, PyObject *value)
{
    if (!frame_ok(frame))
        return NULL;
    if (value == Py_None)
        return checked(frame, ov_doc_null(frame->arena));
    if (PyUnicode_Check(value))
        return text_doc(frame, value);
    if (PyBool_Check(value))
        return checked(frame, ov_doc_bool(frame->arena, value == Py_True));
    if (PyLong_Check(value))
        return int_doc(frame, value);
    if (PyFloat_Check(value))
        return checked(frame, ov_doc_real(frame->arena, PyFloat_AsDouble(value)));
    if (PyDict_Check(value))
        return object_doc(frame, value);
    if (PyList_Check(value) || PyTuple_Check(value))
        return list_doc(frame, value);
    return other_doc(frame, value);
}

const struct ov_doc *doc_of_filter(struct frame *frame, PyObject *filter)
{
    const struct ov_doc *doc;

    if (filter == NULL || filter == Py_None)
        return NULL;
    frame->of_times = 1;
    doc = doc_of(frame, filter);
    frame->of_times = 0;
    return doc;
}

const struct ov_doc *doc_of_list(struct frame *frame, PyObject *list)
{
    if (!frame_ok(frame))
        return NULL;
    if (PyUnicode_Check(list)) {
        frame_refuse(frame, "a list is wanted, not a text");
        return NULL;
    }
    return PyList_Check(list) || PyTuple_Check(list) ? list_doc(frame, list)
                                                     : sequence_doc(frame, list);
}

static const struct ov_doc *doc_of_rows(struct frame *frame, PyObject *rows)
{
    const struct ov_doc *doc;

    frame->of_rows = 1;
    doc = doc_of_list(frame, rows);
    frame->of_rows = 0;
    return doc;
}

const struct ov_doc *doc_of_keys(struct frame *frame, PyObject *keys)
{
    return doc_of_rows(frame, keys);
}

const struct ov_doc *doc_of_records(struct frame *frame, PyObject *records)
{
    return doc_of_rows(frame, records);
}
