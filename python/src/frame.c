/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c - what a call holds from its first argument to its answer. */
#include "core.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Beyond this many seconds (a century) a call has no deadline. */
#define MOST_SECONDS 3155760000.0

static void read_timeout(struct frame *frame, PyObject *timeout)
{
    double seconds;

    if (timeout == NULL || timeout == Py_None)
        return;
    seconds = PyFloat_AsDouble(timeout);
    if (seconds == -1.0 && PyErr_Occurred() != NULL)
        frame_fail(frame);
    else if (isnan(seconds) || seconds < 0)
        frame_refuse(frame, "a timeout of %g seconds", seconds);
    else if (seconds == 0 || seconds > MOST_SECONDS) /* 0 as in the INI file */
        frame->options.timeout_ns = -1;
    else
        frame->options.timeout_ns = seconds < 1e-9 ? 1 : (int64_t)(seconds * 1e9);
}

void frame_begin(struct frame *frame, struct state *state, const struct store *store,
                 PyObject *timeout)
{
    /* The path is written before it is read; the rest is what must be zero. */
    frame->state = state;
    frame->held = NULL;
    frame->kinds = NULL;
    frame->replace = store != NULL && store->replace;
    frame->of_contents = frame->of_times = 0;
    frame->unknown = frame->of_rows = frame->failed = 0;
    frame->status = OV_OK;
    frame->depth = 0;
    frame->notes = NULL;
    frame->next_note = &frame->notes;
    memset(&frame->options, 0, sizeof(frame->options));
    frame->options.size = sizeof(frame->options);
    ov_error_reset(&frame->err);
    frame->arena = ov_arena_new();
    if (frame->arena == NULL)
        frame_no_memory(frame);
    else
        read_timeout(frame, timeout);
}

int frame_ok(const struct frame *frame)
{
    return frame->status == OV_OK && !frame->failed;
}

PyObject *frame_end(struct frame *frame, PyObject *result)
{
    held_release(frame->held);
    notes_free(frame);
    ov_arena_free(frame->arena);
    Py_XDECREF(frame->kinds);
    if (frame_ok(frame))
        return result;
    Py_XDECREF(result);
    if (!frame->failed)
        errors_raise(frame->state, &frame->err);
    return NULL;
}

PyObject *frame_end_none(struct frame *frame)
{
    Py_INCREF(Py_None);
    return frame_end(frame, Py_None);
}

/* ------------------------------------------------------------------- faults */

void frame_fail(struct frame *frame)
{
    frame->failed = 1;
}

void frame_no_memory(struct frame *frame)
{
    if (frame->failed)
        return;
    PyErr_NoMemory();
    frame->failed = 1;
}

/* Steps as a JSON pointer; of a record without the slash before its field. */
static void write_place(struct frame *frame)
{
    char *at = frame->err.where, *end = at + sizeof(frame->err.where);
    unsigned i = 0;

    if (frame->of_rows && frame->depth > 0)
        frame->err.row = (int64_t)frame->path[i++].at;
    for (; i < frame->depth && at < end - 1; i++) {
        const char *slash = frame->of_rows && i == 1 ? "" : "/";
        const char *name = NULL;

        if (frame->path[i].name != NULL)
            name = PyUnicode_AsUTF8AndSize(frame->path[i].name, NULL);
        if (name == NULL && frame->path[i].name != NULL) {
            PyErr_Clear();
            name = "?";
        }
        if (name != NULL)
            at += snprintf(at, (size_t)(end - at), "%s%s", slash, name);
        else
            at += snprintf(at, (size_t)(end - at), "%s%zd", slash, frame->path[i].at);
    }
}

void frame_refuse(struct frame *frame, const char *format, ...)
{
    va_list list;

    if (!frame_ok(frame))
        return;
    write_place(frame);
    va_start(list, format);
    frame->status = ov_fail_va(&frame->err, OV_INVALID, format, list);
    va_end(list);
}

int path_enter(struct frame *frame, PyObject *name, Py_ssize_t at)
{
    unsigned most = MOST_LEVELS + (frame->of_rows ? 1u : 0u);

    if (frame->depth >= most) {
        frame_refuse(frame, "more than %d levels", MOST_LEVELS);
        return 0;
    }
    frame->path[frame->depth].name = name;
    frame->path[frame->depth].at = at;
    frame->depth++;
    return 1;
}

void path_leave(struct frame *frame)
{
    frame->depth--;
}
