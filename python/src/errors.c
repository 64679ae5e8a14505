/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errors.c - the exceptions.
 *
 * Each failure is an ov_host.Error and what Python's own code expects of its kind: who
 * catches ValueError, LookupError or TimeoutError need not know this library.
 */
#include "core.h"

#include <string.h>

struct error_kind {
    const char *name;
    const char *code;
    enum error_class parent;
    const char *builtins[2]; /* further bases */
    const char *text;
};

/* Parents stand before their children. */
static const struct error_kind kinds[ERROR_CLASSES] = {
    [ERROR_ANY] = { "Error",
                    "OV_INTERNAL",
                    ERROR_ANY,
                    { "Exception" },
                    "A failure of the host; see its code and its other attributes." },
    [ERROR_INVALID] = { "InvalidError",
                        "OV_INVALID",
                        ERROR_ANY,
                        { "ValueError" },
                        "The caller's fault: a value, a name, a shape." },
    [ERROR_EXISTS] = { "ExistsError",
                       "OV_EXISTS",
                       ERROR_INVALID,
                       { NULL },
                       "It is there already and differs." },
    [ERROR_NO_RECORD] = { "NoRecordError",
                          "OV_NO_RECORD",
                          ERROR_INVALID,
                          { NULL },
                          "An update of a key that is not there." },
    [ERROR_NOT_FOUND] = { "NotFoundError",
                          "OV_NOT_FOUND",
                          ERROR_ANY,
                          { "LookupError" },
                          "No such profile, provider, collection or index." },
    [ERROR_UNSUPPORTED] = { "UnsupportedError",
                            "OV_UNSUPPORTED",
                            ERROR_ANY,
                            { "NotImplementedError" },
                            "This provider, or this server, cannot." },
    [ERROR_DENIED] = { "DeniedError",
                       "OV_DENIED",
                       ERROR_ANY,
                       { "PermissionError" },
                       "A password, a certificate or a right is missing." },
    [ERROR_DEADLINE] = { "DeadlineError",
                         "OV_DEADLINE",
                         ERROR_ANY,
                         { "TimeoutError" },
                         "The call's time is over." },
    [ERROR_CLOSED] = { "ClosedError",
                       "OV_CLOSED",
                       ERROR_ANY,
                       { "RuntimeError" },
                       "The store is closed, or of the process before a fork." },
    [ERROR_UNAVAILABLE] = { "UnavailableError",
                            "OV_UNAVAILABLE",
                            ERROR_ANY,
                            { "ConnectionError", "RuntimeError" },
                            "The server is away or the connection was lost." },
    [ERROR_FAILED] = { "FailedError",
                       "OV_INTERNAL",
                       ERROR_ANY,
                       { "RuntimeError" },
                       "Everything else." },
};

static enum error_class class_of(int32_t code)
{
    switch ((enum ov_status)code) {
    case OV_INVALID:
        return ERROR_INVALID;
    case OV_EXISTS:
        return ERROR_EXISTS;
    case OV_NO_RECORD:
        return ERROR_NO_RECORD;
    case OV_NOT_FOUND:
        return ERROR_NOT_FOUND;
    case OV_UNSUPPORTED:
        return ERROR_UNSUPPORTED;
    case OV_DENIED:
        return ERROR_DENIED;
    case OV_DEADLINE:
        return ERROR_DEADLINE;
    case OV_CLOSED:
    case OV_FORKED:
        return ERROR_CLOSED;
    case OV_UNAVAILABLE:
        return ERROR_UNAVAILABLE;
    case OV_OK:
    case OV_LIMIT:
    case OV_BUSY:
    case OV_CANCELLED:
    case OV_STALE:
    case OV_CORRUPT:
    case OV_NO_SPACE:
    case OV_INTERNAL:
        break;
    }
    return ERROR_FAILED;
}

/* ------------------------------------------------------------------ classes */

static PyObject *make_bases(const struct state *state, const struct error_kind *kind)
{
    PyObject *builtins = PyImport_ImportModule("builtins"), *list = PyList_New(0), *bases;
    int failed = builtins == NULL || list == NULL;

    if (!failed && kind != &kinds[ERROR_ANY])
        failed = PyList_Append(list, state->errors[kind->parent]) != 0;
    for (size_t i = 0; !failed && i < 2 && kind->builtins[i] != NULL; i++) {
        PyObject *base = PyObject_GetAttrString(builtins, kind->builtins[i]);

        failed = base == NULL || PyList_Append(list, base) != 0;
        Py_XDECREF(base);
    }
    bases = failed ? NULL : PyList_AsTuple(list);
    Py_XDECREF(builtins);
    Py_XDECREF(list);
    return bases;
}

/* So that an error made in Python has the attributes too. */
static PyObject *make_defaults(const struct error_kind *kind)
{
    return Py_BuildValue("{s:s,s:s,s:i,s:s,s:O,s:O}", "code", kind->code, "where", "",
                         "row", -1, "native", "", "retryable", Py_False, "uncertain",
                         Py_False);
}

static PyObject *make_class(const struct state *state, const struct error_kind *kind)
{
    PyObject *bases = make_bases(state, kind), *defaults = make_defaults(kind);
    PyObject *made = NULL;
    char name[64];

    PyOS_snprintf(name, sizeof(name), "ov_host.%s", kind->name);
    if (bases != NULL && defaults != NULL)
        made = PyErr_NewExceptionWithDoc(name, kind->text, bases, defaults);
    Py_XDECREF(bases);
    Py_XDECREF(defaults);
    return made;
}

int errors_add(PyObject *module, struct state *state)
{
    for (size_t i = 0; i < ERROR_CLASSES; i++) {
        state->errors[i] = make_class(state, &kinds[i]);
        if (state->errors[i] == NULL ||
            PyModule_AddObjectRef(module, kinds[i].name, state->errors[i]) != 0)
            return -1;
    }
    return 0;
}

/* -------------------------------------------------------------------- raise */

static PyObject *make_text(const struct ov_error *err)
{
    char line[sizeof(err->where) + sizeof(err->message) + 64];
    int n = 0;

    /* The text of a missing record names its keys. */
    if (err->row >= 0 && err->code != OV_NO_RECORD)
        n += PyOS_snprintf(line, sizeof(line), "record %lld: ", (long long)err->row);
    if (err->where[0] != '\0')
        n += PyOS_snprintf(line + n, sizeof(line) - (size_t)n, "%s: ", err->where);
    n += PyOS_snprintf(line + n, sizeof(line) - (size_t)n, "%s", err->message);
    return PyUnicode_DecodeUTF8(line, n, "replace");
}

/* Steals value. */
static int set(PyObject *error, const char *name, PyObject *value)
{
    int status = value == NULL ? -1 : PyObject_SetAttrString(error, name, value);

    Py_XDECREF(value);
    return status;
}

static int set_text(PyObject *error, const char *name, const char *text)
{
    return set(error, name,
               PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace"));
}

static int describe(PyObject *error, const struct ov_error *err)
{
    return set_text(error, "code", ov_status_name(err->code)) != 0 ||
           set_text(error, "where", err->where) != 0 ||
           set(error, "row", PyLong_FromLongLong(err->row)) != 0 ||
           set_text(error, "native", err->provider_code) != 0 ||
           set(error, "retryable",
               PyBool_FromLong((err->flags & OV_ERR_RETRYABLE) != 0)) != 0 ||
           set(error, "uncertain",
               PyBool_FromLong((err->flags & OV_ERR_UNCERTAIN) != 0)) != 0;
}

void errors_raise(struct state *state, const struct ov_error *err)
{
    PyObject *type = state->errors[class_of(err->code)], *text = make_text(err);
    PyObject *error =
        text == NULL ? NULL : PyObject_CallFunctionObjArgs(type, text, NULL);

    Py_XDECREF(text);
    if (error == NULL)
        return;
    if (describe(error, err) == 0)
        PyErr_SetObject(type, error);
    Py_DECREF(error);
}
