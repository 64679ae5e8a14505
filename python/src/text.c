/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c - texts on their way in.
 *
 * Python's texts may hold lone surrogates, which no UTF-8 can, and U+0000, which not
 * every store can. They are refused. In the contents of records, and in words that are
 * looked for in them, they are replaced by U+FFFD where the store is told to: a program
 * that loses a record whose write fails would rather have it so. Never in what says which
 * records are meant, a key, a filter, a name: it would then mean somebody else's.
 */
#include "core.h"

#include <stdio.h>
#include <string.h>

/* A surrogate in the three bytes that "surrogatepass" gives it. */
static int is_surrogate(const unsigned char *at, Py_ssize_t left)
{
    return left >= 3 && at[0] == 0xED && at[1] >= 0xA0;
}

static struct ov_str replace_bad(struct frame *frame, const char *bytes, Py_ssize_t n)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    struct ov_str none = { NULL, 0 }, out = { NULL, 0 };
    char *to =
        n > PY_SSIZE_T_MAX / 3 ? NULL : ov_arena_take(frame->arena, (size_t)n * 3 + 1);
    Py_ssize_t i;

    if (to == NULL) {
        frame_no_memory(frame);
        return none;
    }
    out.p = to;
    for (i = 0; i < n; i++) {
        if (bytes[i] != '\0' && !is_surrogate((const unsigned char *)bytes + i, n - i)) {
            *to++ = bytes[i];
            continue;
        }
        memcpy(to, replacement, 3);
        to += 3;
        i += bytes[i] == '\0' ? 0 : 2;
    }
    *to = '\0';
    out.n = (uint64_t)(to - out.p);
    return out;
}

static struct ov_str replace_in(struct frame *frame, PyObject *text)
{
    struct ov_str none = { NULL, 0 };
    PyObject *bytes = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");

    if (bytes == NULL) {
        frame_fail(frame);
        return none;
    }
    none = replace_bad(frame, PyBytes_AsString(bytes), PyBytes_Size(bytes));
    Py_DECREF(bytes);
    return none;
}

/* Which of its characters is none of UTF-8. */
static void refuse_surrogate(struct frame *frame, PyObject *text)
{
    PyObject *bytes = PyUnicode_AsEncodedString(text, "utf-8", "surrogatepass");
    const unsigned char *p;
    Py_ssize_t i, n;

    if (bytes == NULL) {
        frame_fail(frame);
        return;
    }
    p = (const unsigned char *)PyBytes_AsString(bytes);
    n = PyBytes_Size(bytes);
    for (i = 0; i < n && !is_surrogate(p + i, n - i); i++)
        ;
    if (i < n)
        frame_refuse(frame, "the text holds the lone surrogate U+%04X",
                     0xD000u | (p[i + 1] & 0x3Fu) << 6 | (p[i + 2] & 0x3Fu));
    else
        frame_refuse(frame, "the text is not UTF-8");
    Py_DECREF(bytes);
}

struct ov_str text_of(struct frame *frame, PyObject *text)
{
    struct ov_str none = { NULL, 0 }, lent;
    Py_ssize_t n = 0;
    const char *p = PyUnicode_AsUTF8AndSize(text, &n);

    if (p == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
            frame_fail(frame);
            return none;
        }
        PyErr_Clear();
        if (frame->replace && frame->of_contents)
            return replace_in(frame, text);
        refuse_surrogate(frame, text);
        return none;
    }
    if (memchr(p, '\0', (size_t)n) != NULL) {
        if (frame->replace && frame->of_contents)
            return replace_bad(frame, p, n);
        frame_refuse(frame, "the text holds U+0000");
        return none;
    }
    lent.p = p;
    lent.n = (uint64_t)n;
    none = ov_arena_text(frame->arena, lent);
    if (none.p == NULL)
        frame_no_memory(frame);
    return none;
}

const char *word_of(struct frame *frame, PyObject *text, const char *what)
{
    struct ov_str word;

    if (!frame_ok(frame) || text == NULL || text == Py_None)
        return NULL;
    if (!PyUnicode_Check(text)) {
        frame_refuse(frame, "%s is no text", what);
        return NULL;
    }
    word = text_of(frame, text);
    return word.p;
}

const char *path_of(struct frame *frame, PyObject *value, const char *what)
{
    PyObject *text;
    const char *path;

    if (!frame_ok(frame) || value == NULL || value == Py_None)
        return NULL;
    text = PyOS_FSPath(value);
    if (text == NULL) {
        frame_fail(frame);
        return NULL;
    }
    path = word_of(frame, text, what);
    Py_DECREF(text);
    return path;
}

const char *const *words_of(struct frame *frame, PyObject *list, const char *what,
                            uint32_t *n)
{
    PyObject *items;
    const char **words;
    Py_ssize_t i, count;

    if (PyUnicode_Check(list)) {
        frame_refuse(frame, "a list of texts is wanted, not a text");
        return NULL;
    }
    items = PySequence_List(list);
    if (items == NULL) {
        frame_fail(frame);
        return NULL;
    }
    count = PyList_Size(items);
    words = ov_arena_take(frame->arena, ((size_t)count + 1) * sizeof(*words));
    if (words == NULL)
        frame_no_memory(frame);
    for (i = 0; frame_ok(frame) && i < count; i++) {
        words[i] = word_of(frame, PyList_GetItem(items, i), what);
        if (words[i] == NULL)
            frame_refuse(frame, "%s is no text", what);
    }
    Py_DECREF(items);
    if (!frame_ok(frame))
        return NULL;
    *n = (uint32_t)count;
    return words;
}
