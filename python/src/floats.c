/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floats.c - vectors on their way in.
 *
 * A buffer of float32 is borrowed for the time of the call, without a copy; numbers of
 * lists and of float64 become float32 in the arena. What is not numbers alone, or does
 * not fit float32, is left to the general way, so that the host's own check names it.
 */
#include "core.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct held {
    struct held *next;
    Py_buffer view;
};

void held_release(struct held *held)
{
    while (held != NULL) {
        struct held *next = held->next;

        PyBuffer_Release(&held->view);
        free(held);
        held = next;
    }
}

/* ------------------------------------------------------------------ buffers */

/* 'f' or 'd' in this machine's order; 0 for anything else. */
static char kind_of(const Py_buffer *view)
{
    const char *format = view->format;

    if (view->ndim != 1 || format == NULL)
        return 0;
    if (format[0] == '@' || format[0] == '=' ||
        format[0] == (PY_LITTLE_ENDIAN ? '<' : '>'))
        format++;
    if (strcmp(format, "f") == 0 && view->itemsize == sizeof(float))
        return 'f';
    return strcmp(format, "d") == 0 && view->itemsize == sizeof(double) ? 'd' : 0;
}

/* float32 of the doubles; NULL when one does not fit. */
static const float *narrow(struct frame *frame, const char *bytes, uint64_t n)
{
    float *floats = ov_arena_take(frame->arena, (size_t)n * sizeof(float) + 1);
    uint64_t i;

    if (floats == NULL) {
        frame_no_memory(frame);
        return NULL;
    }
    for (i = 0; i < n; i++) {
        double wide;

        memcpy(&wide, bytes + i * sizeof(wide), sizeof(wide));
        floats[i] = (float)wide;
        if (isfinite(wide) && !isfinite(floats[i]))
            return NULL;
    }
    return floats;
}

static const float *copy(struct frame *frame, const Py_buffer *view)
{
    float *floats = ov_arena_take(frame->arena, (size_t)view->len + 1);

    if (floats == NULL)
        frame_no_memory(frame);
    else
        memcpy(floats, view->buf, (size_t)view->len);
    return floats;
}

static int take_view(struct frame *frame, struct held *held, const float **floats,
                     uint64_t *n)
{
    const Py_buffer *view = &held->view;
    char kind = kind_of(view);

    if (kind == 0)
        return 0;
    *n = (uint64_t)(view->len / view->itemsize);
    if (kind == 'd')
        *floats = narrow(frame, view->buf, *n);
    else if ((uintptr_t)view->buf % _Alignof(float) != 0)
        *floats = copy(frame, view);
    else
        *floats = view->buf;
    return *floats != NULL || *n == 0;
}

int floats_of_buffer(struct frame *frame, PyObject *value, const float **floats,
                     uint64_t *n)
{
    struct held *held;

    if (!PyObject_CheckBuffer(value))
        return 0;
    held = malloc(sizeof(*held));
    if (held == NULL) {
        frame_no_memory(frame);
        return 0;
    }
    if (PyObject_GetBuffer(value, &held->view, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS) != 0) {
        PyErr_Clear();
        free(held);
        return 0;
    }
    if (!take_view(frame, held, floats, n)) {
        PyBuffer_Release(&held->view);
        free(held);
        return 0;
    }
    held->next = frame->held;
    frame->held = held;
    return 1;
}

/* -------------------------------------------------------------------- lists */

/* Runs no Python code, so the list stays as it is. */
static int number_of(PyObject *item, float *out)
{
    double wide;

    if (Py_IS_TYPE(item, &PyFloat_Type)) { /* nearly all; and nothing can fail */
        wide = PyFloat_AsDouble(item);
        *out = (float)wide;
        return isfinite(*out) || !isfinite(wide);
    }
    if (!PyFloat_Check(item) && !PyLong_Check(item))
        return 0;
    wide = PyFloat_Check(item) ? PyFloat_AsDouble(item) : PyLong_AsDouble(item);
    if (wide == -1.0 && PyErr_Occurred() != NULL) {
        PyErr_Clear();
        return 0;
    }
    *out = (float)wide;
    return isfinite(*out) || !isfinite(wide);
}

static int floats_of_items(struct frame *frame, PyObject *value, const float **floats,
                           uint64_t *n)
{
    int is_list = PyList_Check(value);
    Py_ssize_t i, count = is_list ? PyList_Size(value) : PyTuple_Size(value);
    float *made = ov_arena_take(frame->arena, (size_t)count * sizeof(float) + 1);

    if (made == NULL) {
        frame_no_memory(frame);
        return 0;
    }
    for (i = 0; i < count; i++)
        if (!number_of(is_list ? PyList_GetItem(value, i) : PyTuple_GetItem(value, i),
                       &made[i]))
            return 0;
    *floats = made;
    *n = (uint64_t)count;
    return 1;
}

int floats_of(struct frame *frame, PyObject *value, const float **floats, uint64_t *n)
{
    if (PyList_Check(value) || PyTuple_Check(value))
        return floats_of_items(frame, value, floats, n);
    return floats_of_buffer(frame, value, floats, n);
}

void floats_of_numbers(struct frame *frame, PyObject *list, const float **floats,
                       uint64_t *n)
{
    Py_ssize_t i, count = PyList_Size(list);
    float *made = ov_arena_take(frame->arena, (size_t)count * sizeof(float) + 1);

    if (made == NULL) {
        frame_no_memory(frame);
        return;
    }
    for (i = 0; frame_ok(frame) && i < count; i++) {
        double wide = PyFloat_AsDouble(PyList_GetItem(list, i));

        made[i] = (float)wide;
        if (wide == -1.0 && PyErr_Occurred() != NULL) {
            PyErr_Clear();
            frame_refuse(frame, "item %zd of the vector is no number", i);
        } else if (isfinite(wide) && !isfinite(made[i])) {
            frame_refuse(frame, "item %zd of the vector, %g, is beyond float32", i, wide);
        }
    }
    *floats = made;
    *n = (uint64_t)count;
}
