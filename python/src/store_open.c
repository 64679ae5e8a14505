/* SPDX-License-Identifier: Apache-2.0 */
/* store_open.c - from options or a file to an open store. */
#include "core.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct opening {
    PyObject *options;
    PyObject *config;
    PyObject *profile;
    PyObject *folder;
    PyObject *timeout;
};

/* ------------------------------------------------------------------- values */

/* A value as the INI file would have it. */
static const char *value_text(struct frame *frame, PyObject *value)
{
    char digits[OV_NUMBER_TEXT];
    struct ov_str text = { digits, 0 };
    PyObject *path;
    const char *word;

    if (PyBool_Check(value))
        return value == Py_True ? "true" : "false";
    if (PyUnicode_Check(value))
        return word_of(frame, value, "the value");
    if (PyFloat_Check(value)) {
        text.n = ov_double_print(PyFloat_AsDouble(value), digits);
        return ov_arena_text(frame->arena, text).p;
    }
    path = PyLong_Check(value) ? PyObject_Str(value) : PyOS_FSPath(value);
    if (path == NULL || !PyUnicode_Check(path)) {
        PyErr_Clear();
        Py_XDECREF(path);
        frame_refuse(frame, "an option is a text, a number or a bool");
        return NULL;
    }
    word = word_of(frame, path, "the value");
    Py_DECREF(path);
    return word;
}

static void add_pair(struct frame *frame, struct ov_pair *pair, PyObject *name,
                     PyObject *value)
{
    if (!path_enter(frame, name, 0))
        return;
    pair->key = word_of(frame, name, "the option");
    pair->value = pair->key == NULL ? NULL : value_text(frame, value);
    if (pair->value == NULL && frame_ok(frame))
        frame_no_memory(frame);
    path_leave(frame);
}

/* Options that are None are not said. */
static const struct ov_pair *pairs_of(struct frame *frame, PyObject *dict, size_t *n)
{
    struct ov_pair *pairs =
        ov_arena_take(frame->arena, ((size_t)PyDict_Size(dict) + 1) * sizeof(*pairs));
    PyObject *items = PyDict_Items(dict);
    Py_ssize_t i;

    *n = 0;
    if (pairs == NULL || items == NULL)
        frame_no_memory(frame);
    for (i = 0; frame_ok(frame) && i < PyList_Size(items); i++) {
        PyObject *pair = PyList_GetItem(items, i);
        PyObject *name = PyTuple_GetItem(pair, 0), *value = PyTuple_GetItem(pair, 1);

        if (!PyUnicode_Check(name))
            frame_refuse(frame, "the name of an option is no text");
        else if (value != Py_None)
            add_pair(frame, &pairs[(*n)++], name, value);
    }
    Py_XDECREF(items);
    return pairs;
}

/* ------------------------------------------------------------------- config */

static struct ov_config *config_of_options(struct frame *frame,
                                           const struct opening *asked)
{
    const char *folder = path_of(frame, asked->folder, "the folder");
    struct ov_config *config = NULL;
    const struct ov_pair *pairs = NULL;
    PyObject *dict = PyDict_New();
    char here[PATH_MAX];
    size_t n = 0;

    if (dict == NULL || PyDict_Update(dict, asked->options) != 0)
        frame_fail(frame);
    if (folder == NULL)
        folder = getcwd(here, sizeof(here)) != NULL ? here : "/";
    if (frame_ok(frame))
        pairs = pairs_of(frame, dict, &n);
    if (frame_ok(frame))
        UNLOCKED(frame, ov_config_of(pairs, n, "options", folder, &config, &frame->err));
    Py_XDECREF(dict);
    return config;
}

static struct ov_config *config_of(struct frame *frame, const struct opening *asked)
{
    int by_options = asked->options != NULL && asked->options != Py_None;
    const char *file = path_of(frame, asked->config, "the configuration's path");
    struct ov_config *config = NULL;

    if (!frame_ok(frame))
        return NULL;
    if (by_options == (file != NULL)) {
        frame_refuse(frame, "a store is opened by options or by config, %s",
                     by_options ? "not by both" : "and neither is given");
        return NULL;
    }
    if (by_options)
        return config_of_options(frame, asked);
    UNLOCKED(frame, ov_config_read(file, &config, &frame->err));
    return config;
}

PyObject *host_open_method(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "options", "config",  "profile",
                                         "folder",  "timeout", NULL };
    struct opening asked = { NULL, NULL, NULL, NULL, NULL };
    struct ov_config *config;
    struct ov_store *handle = NULL;
    struct frame frame;
    const char *profile;

    if (!PARSE(args, named, "|O$OOOO:open", words, &asked.options, &asked.config,
               &asked.profile, &asked.folder, &asked.timeout))
        return NULL;
    frame_begin(&frame, state_of(self), NULL, asked.timeout);
    profile = word_of(&frame, asked.profile, "the profile");
    config = config_of(&frame, &asked);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_store_open(((struct host *)self)->handle, config, profile,
                                       &frame.options, &handle, &frame.err));
    ov_config_free(config);
    if (!frame_ok(&frame))
        return frame_end(&frame, NULL);
    if (frame_end_none(&frame) != NULL)
        Py_DECREF(Py_None);
    return store_object((struct host *)self, handle);
}
