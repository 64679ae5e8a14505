/* SPDX-License-Identifier: Apache-2.0 */
/*
 * times.c - the times of Python's libraries, as the ISO 8601 text that is stored for
 * them.
 *
 * They are told by what they can do, so that none of the libraries is needed: datetime,
 * date and pandas.Timestamp write themselves, numpy.datetime64 does after it was brought
 * to one unit. One without an offset is UTC, as in every text: that is the host's rule.
 */
#include "core.h"

#include <string.h>

static int has(PyObject *value, const char *name)
{
    return PyObject_HasAttrString(value, name);
}

/* datetime.time writes itself as well, and is no instant. */
static int is_calendar(PyObject *value)
{
    return has(value, "isoformat") && has(value, "year") && has(value, "month");
}

static int is_datetime64(PyObject *value)
{
    PyObject *name = PyType_GetName(Py_TYPE(value));
    int is = name != NULL && has(value, "astype") &&
             PyUnicode_CompareWithASCIIString(name, "datetime64") == 0;

    PyErr_Clear();
    Py_XDECREF(name);
    return is;
}

static PyObject *write_datetime64(PyObject *value)
{
    PyObject *micros = PyObject_CallMethod(value, "astype", "s", "datetime64[us]");
    PyObject *text = micros == NULL ? NULL : PyObject_Str(micros);

    Py_XDECREF(micros);
    return text;
}

int time_of(struct frame *frame, PyObject *value, struct ov_str *out)
{
    static const struct ov_str none = { "", 0 };
    int calendar = is_calendar(value);
    PyObject *text;

    if (!calendar && !is_datetime64(value))
        return 0;
    text = calendar ? PyObject_CallMethod(value, "isoformat", NULL)
                    : write_datetime64(value);
    if (text == NULL)
        frame_fail(frame);
    else if (!PyUnicode_Check(text))
        frame_refuse(frame, "the time's isoformat is no text");
    else if (PyUnicode_CompareWithASCIIString(text, "NaT") == 0)
        *out = none; /* no time, as "" */
    else
        *out = text_of(frame, text);
    Py_XDECREF(text);
    return 1;
}
