/* SPDX-License-Identifier: Apache-2.0 */
/* module.c - ov_host._core itself: its types, its errors, its end. */
#include "core.h"

struct state *state_of(PyObject *self)
{
    return PyType_GetModuleState(Py_TYPE(self));
}

void *object_new(PyTypeObject *type)
{
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);

    return allocate(type, 0);
}

void object_free(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

    release(self);
    Py_DECREF(type);
}

static PyObject *show_version(PyObject *module, PyObject *nothing)
{
    (void)module;
    (void)nothing;
    return PyUnicode_FromString(ov_host_version());
}

static PyObject *plugin_path_of(PyObject *module, PyObject *file)
{
    struct ov_config *config = NULL;
    struct frame frame;
    const char *path, *found;
    PyObject *result = NULL;

    frame_begin(&frame, PyModule_GetState(module), NULL, NULL);
    path = path_of(&frame, file, "the configuration's path");
    if (path == NULL)
        frame_refuse(&frame, "the configuration's path is no text");
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_config_read(path, &config, &frame.err));
    if (frame_ok(&frame)) {
        found = ov_config_plugin_path(config);
        result = found == NULL ? Py_NewRef(Py_None) : PyUnicode_DecodeFSDefault(found);
        if (result == NULL)
            frame_fail(&frame);
    }
    ov_config_free(config);
    return frame_end(&frame, result);
}

static PyMethodDef functions[] = {
    { "version", show_version, METH_NOARGS, "version()\n--\n\nOf the host library." },
    { "plugin_path_of", plugin_path_of, METH_O,
      "plugin_path_of(config, /)\n--\n\n"
      "The plugin_path that an INI file names, or None." },
    { NULL, NULL, 0, NULL },
};

/* --------------------------------------------------------------------- life */

static int add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **out)
{
    *out = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *out == NULL ? -1 : PyModule_AddType(module, *out);
}

/* Threads of a provider may log until the very end of the process; by then there is no
 * interpreter to call. */
static int stop_logs_at_exit(PyObject *module)
{
    static PyMethodDef stop = { "stop_logs", log_stop, METH_NOARGS, NULL };
    PyObject *function = PyCFunction_New(&stop, module);
    PyObject *atexit = PyImport_ImportModule("atexit"), *done = NULL;

    if (function != NULL && atexit != NULL)
        done = PyObject_CallMethod(atexit, "register", "O", function);
    Py_XDECREF(function);
    Py_XDECREF(atexit);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Threads of a provider find an interpreter by PyGILState, which knows the first alone.
 */
static int refuse_others(void)
{
    if (PyInterpreterState_GetID(PyInterpreterState_Get()) == 0)
        return 0;
    PyErr_SetString(PyExc_ImportError, "ov_host does not run in a sub-interpreter");
    return -1;
}

static int fill(PyObject *module)
{
    struct state *state = PyModule_GetState(module);

    if (refuse_others() != 0)
        return -1;
    log_start();
    if (errors_add(module, state) != 0 || stop_logs_at_exit(module) != 0)
        return -1;
    if (add_type(module, &host_spec, &state->host) != 0 ||
        add_type(module, &store_spec, &state->store) != 0 ||
        add_type(module, &collection_spec, &state->collection) != 0)
        return -1;
    return add_type(module, &page_spec, &state->page);
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    struct state *state = PyModule_GetState(module);

    for (size_t i = 0; i < ERROR_CLASSES; i++)
        Py_VISIT(state->errors[i]);
    Py_VISIT(state->host);
    Py_VISIT(state->store);
    Py_VISIT(state->collection);
    Py_VISIT(state->page);
    return 0;
}

static int clear(PyObject *module)
{
    struct state *state = PyModule_GetState(module);

    for (size_t i = 0; i < ERROR_CLASSES; i++)
        Py_CLEAR(state->errors[i]);
    Py_CLEAR(state->host);
    Py_CLEAR(state->store);
    Py_CLEAR(state->collection);
    Py_CLEAR(state->page);
    return 0;
}

static void drop(void *module)
{
    (void)clear(module);
}

static PyModuleDef_Slot slots[] = {
    { Py_mod_exec, fill },
    { 0, NULL },
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ov_host._core",
    .m_doc = "The storage host, without an interpreter's lock where a call can wait.",
    .m_size = sizeof(struct state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = drop,
};

PyMODINIT_FUNC PyInit__core(void);
PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
