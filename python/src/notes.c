/* SPDX-License-Identifier: Apache-2.0 */
/* notes.c - what a provider says during a call, kept without the interpreter's lock. */
#include "core.h"

#include <stdlib.h>

struct note_line {
    struct note_line *next;
    uint32_t kind;
    struct ov_str name;
    struct ov_str text;
};

static struct ov_str copy(char **to, struct ov_str text)
{
    struct ov_str out = { *to, text.n };

    for (uint64_t i = 0; i < text.n; i++)
        *(*to)++ = text.p[i];
    return out;
}

/* A note that finds no memory is lost; the call goes on. Progress is for terminals. */
static void take(void *ctx, const struct ov_note *note)
{
    struct frame *frame = ctx;
    struct note_line *line;
    char *bytes;

    if (note->kind == OV_NOTE_PROGRESS)
        return;
    line = malloc(sizeof(*line) + (size_t)note->name.n + (size_t)note->text.n);
    if (line == NULL)
        return;
    bytes = (char *)(line + 1);
    line->next = NULL;
    line->kind = note->kind;
    line->name = copy(&bytes, note->name);
    line->text = copy(&bytes, note->text);
    *frame->next_note = line;
    frame->next_note = &line->next;
}

void notes_listen(struct frame *frame)
{
    frame->options.note = take;
    frame->options.note_ctx = frame;
}

static struct ov_str kind_name(uint32_t kind)
{
    static const char *const names[] = { "note",     "action", "check",    "problem",
                                         "progress", "plan",   "statement" };

    return ov_str_of(names[kind < sizeof(names) / sizeof(names[0]) ? kind : 0]);
}

/* Steals item. */
static int append(PyObject *list, PyObject *item)
{
    int status = item == NULL ? -1 : PyList_Append(list, item);

    Py_XDECREF(item);
    return status;
}

PyObject *notes_pairs(const struct frame *frame)
{
    PyObject *list = PyList_New(0);
    const struct note_line *line;

    for (line = frame->notes; list != NULL && line != NULL; line = line->next) {
        struct ov_str name = line->name.n > 0 ? line->name : kind_name(line->kind);

        if (append(list, Py_BuildValue("(NN)", python_of_text(name),
                                       python_of_text(line->text))) != 0)
            Py_CLEAR(list);
    }
    return list;
}

/* Host and provider may both say what was made. */
static int said_before(const struct frame *frame, const struct note_line *one)
{
    const struct note_line *line;

    for (line = frame->notes; line != one; line = line->next)
        if (line->kind == one->kind && ov_str_equal(line->text, one->text))
            return 1;
    return 0;
}

PyObject *notes_texts(const struct frame *frame, uint32_t kind)
{
    PyObject *list = PyList_New(0);
    const struct note_line *line;

    for (line = frame->notes; list != NULL && line != NULL; line = line->next)
        if (line->kind == kind && !said_before(frame, line) &&
            append(list, python_of_text(line->text)) != 0)
            Py_CLEAR(list);
    return list;
}

void notes_free(struct frame *frame)
{
    while (frame->notes != NULL) {
        struct note_line *next = frame->notes->next;

        free(frame->notes);
        frame->notes = next;
    }
}
