/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.c - lines of the host's log on their way to a Python function.
 *
 * They come from any thread, with or without the interpreter's lock. When the
 * interpreter ends, no new line is let in and those under way are waited for: a thread
 * that asked for the lock later would be stopped where it stands, with the provider's
 * own locks in its hands. A child after a fork has none of the parent's threads, so it
 * counts anew.
 */
#include "core.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct log {
    PyObject *callable; /* read and changed under the interpreter's lock */
};

static unsigned stopped, under_way, generation;

struct log *log_new(PyObject *callable)
{
    struct log *log;

    if (!PyCallable_Check(callable)) {
        PyErr_SetString(PyExc_TypeError, "log is no function");
        return NULL;
    }
    log = malloc(sizeof(*log));
    if (log == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    log->callable = Py_NewRef(callable);
    return log;
}

void log_free(struct log *log)
{
    if (log != NULL)
        log_silence(log);
    free(log);
}

int log_traverse(struct log *log, visitproc visit, void *arg)
{
    if (log != NULL)
        Py_VISIT(log->callable);
    return 0;
}

void log_silence(struct log *log)
{
    if (log != NULL)
        Py_CLEAR(log->callable);
}

static void call_python(PyObject *callable, uint32_t level, const char *store,
                        struct ov_str message)
{
    PyObject *was_type, *was_value, *was_trace, *done = NULL;
    PyObject *text;

    PyErr_Fetch(&was_type, &was_value, &was_trace);
    text = PyUnicode_DecodeUTF8(message.n == 0 ? "" : message.p, (Py_ssize_t)message.n,
                                "replace");
    if (text != NULL)
        done = PyObject_CallFunction(callable, "IsO", level, store == NULL ? "" : store,
                                     text);
    if (done == NULL)
        PyErr_WriteUnraisable(callable);
    Py_XDECREF(text);
    Py_XDECREF(done);
    PyErr_Restore(was_type, was_value, was_trace);
}

void log_take(void *ctx, uint32_t level, const char *store, struct ov_str message)
{
    struct log *log = ctx;
    unsigned mine = __atomic_load_n(&generation, __ATOMIC_SEQ_CST);

    __atomic_add_fetch(&under_way, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&stopped, __ATOMIC_SEQ_CST)) {
        PyGILState_STATE lock = PyGILState_Ensure();
        PyObject *callable = Py_XNewRef(log->callable);

        if (callable != NULL)
            call_python(callable, level, store, message);
        Py_XDECREF(callable);
        PyGILState_Release(lock);
    }
    if (mine == __atomic_load_n(&generation, __ATOMIC_SEQ_CST)) /* no fork meanwhile */
        __atomic_sub_fetch(&under_way, 1, __ATOMIC_SEQ_CST);
}

static void count_anew(void)
{
    __atomic_add_fetch(&generation, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&under_way, 0, __ATOMIC_SEQ_CST);
}

static void watch_forks(void)
{
    (void)pthread_atfork(NULL, NULL, count_anew);
}

void log_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, watch_forks);
}

PyObject *log_stop(PyObject *module, PyObject *nothing)
{
    const struct timespec moment = { 0, 200000 };

    (void)module;
    (void)nothing;
    __atomic_store_n(&stopped, 1, __ATOMIC_SEQ_CST);
    Py_BEGIN_ALLOW_THREADS;
    while (__atomic_load_n(&under_way, __ATOMIC_SEQ_CST) != 0)
        nanosleep(&moment, NULL);
    Py_END_ALLOW_THREADS;
    Py_RETURN_NONE;
}
