/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - Store: one open profile. */
#include "core.h"

#include <string.h>

/* --------------------------------------------------------------------- life */

PyObject *store_object(struct host *host, struct ov_store *handle)
{
    struct store *self = object_new(state_of((PyObject *)host)->store);

    if (self == NULL) {
        Py_BEGIN_ALLOW_THREADS;
        ov_store_free(handle);
        Py_END_ALLOW_THREADS;
        return NULL;
    }
    self->host = (struct host *)Py_NewRef((PyObject *)host);
    self->handle = handle;
    return (PyObject *)self;
}

static void drop(PyObject *object)
{
    struct store *self = (struct store *)object;

    PyObject_GC_UnTrack(object);
    Py_BEGIN_ALLOW_THREADS;
    ov_store_free(self->handle);
    Py_END_ALLOW_THREADS;
    Py_XDECREF((PyObject *)self->host);
    object_free(object);
}

/* No clear: a store needs its host to its end, and a cycle is broken at the host. */
static int traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    Py_VISIT((PyObject *)((struct store *)object)->host);
    return 0;
}

static PyObject *close_store(PyObject *object, PyObject *nothing)
{
    struct store *self = (struct store *)object;

    (void)nothing;
    self->closed = 1;
    Py_BEGIN_ALLOW_THREADS;
    ov_store_close(self->handle);
    Py_END_ALLOW_THREADS;
    Py_RETURN_NONE;
}

static PyObject *enter(PyObject *object, PyObject *nothing)
{
    (void)nothing;
    return Py_NewRef(object);
}

static PyObject *leave(PyObject *object, PyObject *why)
{
    (void)why;
    return close_store(object, NULL);
}

/* --------------------------------------------------------------- attributes */

static PyObject *get_provider(PyObject *object, void *nothing)
{
    (void)nothing;
    return PyUnicode_FromString(ov_store_provider(((struct store *)object)->handle));
}

static PyObject *get_settings(PyObject *object, void *nothing)
{
    static const char *const metrics[] = { "", "cosine", "ip", "l2" };
    const struct ov_settings *is = ov_store_settings(((struct store *)object)->handle);
    PyObject *timeout;

    (void)nothing;
    timeout = is->timeout_ns == 0 ? Py_NewRef(Py_None)
                                  : PyFloat_FromDouble((double)is->timeout_ns / 1e9);
    return Py_BuildValue("{s:s,s:s,s:s,s:s,s:I,s:s,s:d,s:N}", "backend", is->backend,
                         "table", is->table, "index_name", is->index_name, "index_kind",
                         is->index_kind, "dimension", is->dimension, "metric",
                         metrics[is->metric <= OV_L2 ? is->metric : 0], "sparse_weight",
                         is->sparse_weight, "timeout", timeout);
}

static PyObject *get_closed(PyObject *object, void *nothing)
{
    (void)nothing;
    return PyBool_FromLong(((struct store *)object)->closed);
}

static PyObject *get_replace(PyObject *object, void *nothing)
{
    (void)nothing;
    return PyBool_FromLong(((struct store *)object)->replace);
}

static int set_replace(PyObject *object, PyObject *value, void *nothing)
{
    int is = value == NULL ? -1 : PyObject_IsTrue(value);

    (void)nothing;
    if (value == NULL)
        PyErr_SetString(PyExc_AttributeError, "replace_bad_text cannot be deleted");
    if (is >= 0)
        ((struct store *)object)->replace = is;
    return is < 0 ? -1 : 0;
}

static PyObject *show(PyObject *object)
{
    struct store *self = (struct store *)object;

    return PyUnicode_FromFormat("<%sstore of %s>", self->closed ? "closed " : "",
                                ov_store_provider(self->handle));
}

/* --------------------------------------------------------------------- type */

#define WITH_WORDS(function) (PyCFunction)(void (*)(void))(function)
#define WORDS (METH_VARARGS | METH_KEYWORDS)

static PyMethodDef methods[] = {
    { "close", close_store, METH_NOARGS,
      "close($self)\n--\n\nEnd it, any number of times. Running calls are waited for." },
    { "__enter__", enter, METH_NOARGS, NULL },
    { "__exit__", leave, METH_VARARGS, NULL },
    { "ability", WITH_WORDS(store_ability), WORDS,
      "ability($self)\n--\n\nWhat this provider on this server can do, and its limits." },
    { "ping", WITH_WORDS(store_ping), WORDS,
      "ping($self, timeout=None)\n--\n\nIs it there? Raises when not." },
    { "act", WITH_WORDS(store_act), WORDS,
      "act($self, name, *words, timeout=None)\n--\n\n"
      "An action of the provider. What it says: (name or kind, text)." },
    { "collections", WITH_WORDS(store_collections), WORDS,
      "collections($self, timeout=None)\n--\n\nThe names, in byte order." },
    { "create", WITH_WORDS(store_create), WORDS,
      "create($self, name, meta, indexes=None, timeout=None)\n--\n\n"
      "Make it so: a collection with these fields and indexes. Fields and indexes that "
      "are missing are added.\n\nReturns (was it made, what was done)." },
    { "drop", WITH_WORDS(store_drop), WORDS,
      "drop($self, name, timeout=None)\n--\n\nTrue when there was one." },
    { "collection", WITH_WORDS(store_collection), WORDS,
      "collection($self, name=None, timeout=None)\n--\n\n"
      "The collection of that name, or of the settings. Raises NotFoundError." },
    { "counters", WITH_WORDS(store_counters), WORDS,
      "counters($self)\n--\n\nCalls, errors, retries, rows and times of each "
      "operation." },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef attributes[] = {
    { "provider", get_provider, NULL, "The provider's name.", NULL },
    { "settings", get_settings, NULL, "The host's own keys of the profile.", NULL },
    { "closed", get_closed, NULL, "Was close called?", NULL },
    { "replace_bad_text", get_replace, set_replace,
      "U+0000 and lone surrogates in the contents of records become U+FFFD instead of "
      "an error; in keys and filters they stay one.",
      NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, DOC("One open profile; Host.open makes it. A context manager.") },
    { Py_tp_dealloc, drop },
    { Py_tp_traverse, traverse },
    { Py_tp_repr, show },
    { Py_tp_methods, methods },
    { Py_tp_getset, attributes },
    { 0, NULL },
};

PyType_Spec store_spec = {
    .name = "ov_host.Store",
    .basicsize = sizeof(struct store),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
