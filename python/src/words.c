/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.c - arguments of the calls that are made most often.
 *
 * PARSE wants a tuple and a dict, which the interpreter makes for it, and makes a text of
 * each word that it looks for. Here the values are taken from where the caller put them.
 */
#include "core.h"

/* Callers mostly keep the order of the words: the search begins where the last one ended.
 */
static Py_ssize_t find(const char *const *words, PyObject *name, Py_ssize_t from)
{
    Py_ssize_t at;

    for (at = from; words[at] != NULL; at++)
        if (PyUnicode_CompareWithASCIIString(name, words[at]) == 0)
            return at;
    for (at = 0; at < from; at++)
        if (PyUnicode_CompareWithASCIIString(name, words[at]) == 0)
            return at;
    return -1;
}

int words_take(const struct words *words, PyObject *const *args, Py_ssize_t n,
               PyObject *names, PyObject **out)
{
    Py_ssize_t i, at = -1, named = names == NULL ? 0 : PyTuple_Size(names);

    if (n > words->most) {
        PyErr_Format(PyExc_TypeError,
                     "%s() takes at most %zd positional arguments, not %zd",
                     words->method, words->most, n);
        return -1;
    }
    for (i = 0; i < n; i++)
        out[i] = args[i];
    for (i = 0; i < named; i++) {
        PyObject *name = PyTuple_GetItem(names, i);

        at = find(words->words, name, at + 1);
        if (at < 0 || out[at] != NULL) {
            PyErr_Format(PyExc_TypeError,
                         at < 0 ? "%s() got an unexpected keyword argument %R"
                                : "%s() got multiple values for argument %R",
                         words->method, name);
            return -1;
        }
        out[at] = args[n + i];
    }
    return 0;
}

int word_true(PyObject *value, int *out)
{
    if (value != NULL)
        *out = PyObject_IsTrue(value);
    return *out < 0 ? -1 : 0;
}
