/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.c - Host: where providers are looked for, and what was found.
 *
 * What the host tells is collected as documents while the interpreter's lock is given
 * up: a thread that logs may hold what the host waits for, and wait for that lock.
 */
#include "core.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------- path */

/* The package carries providers in the folder beside this file. */
static char *carried(const char *file)
{
    const char *slash = strrchr(file, '/');
    int folder = slash == NULL ? 1 : (int)(slash - file);
    char *path = NULL;

    if (asprintf(&path, "%.*s/backends:%s", folder, slash == NULL ? "." : file,
                 OV_SYSTEM_BACKENDS) < 0)
        return NULL;
    return path;
}

char *default_plugin_path(void)
{
    const char *said = secure_getenv("OV_PLUGIN_PATH");
    Dl_info info;

    if ((said != NULL && said[0] != '\0') || dladdr(&host_spec, &info) == 0)
        return NULL;
    return carried(info.dli_fname);
}

/* --------------------------------------------------------------------- life */

static int open_host(struct host *self, struct state *state, PyObject *plugin_path)
{
    struct ov_host_options options = { .size = sizeof(options) };
    char *path = plugin_path == Py_None ? default_plugin_path() : NULL;
    struct frame frame;
    PyObject *done;

    options.log = self->log == NULL ? NULL : log_take;
    options.log_ctx = self->log;
    frame_begin(&frame, state, NULL, NULL);
    options.plugin_path =
        path != NULL ? path : path_of(&frame, plugin_path, "the plugin path");
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_host_open(&options, &self->handle, &frame.err));
    free(path);
    done = frame_end_none(&frame);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "plugin_path", "log", NULL };
    PyObject *plugin_path = Py_None, *log = Py_None;
    struct host *self;

    if (!PARSE(args, named, "|OO:Host", words, &plugin_path, &log))
        return NULL;
    self = object_new(type);
    if (self == NULL)
        return NULL;
    if (log != Py_None)
        self->log = log_new(log);
    if ((log != Py_None && self->log == NULL) ||
        open_host(self, PyType_GetModuleState(type), plugin_path) != 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void drop(PyObject *object)
{
    struct host *self = (struct host *)object;

    PyObject_GC_UnTrack(object);
    Py_BEGIN_ALLOW_THREADS;
    ov_host_close(self->handle);
    Py_END_ALLOW_THREADS;
    log_free(self->log);
    object_free(object);
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    return log_traverse(((struct host *)object)->log, visit, arg);
}

static int clear(PyObject *object)
{
    log_silence(((struct host *)object)->log);
    return 0;
}

/* --------------------------------------------------------------------- tell */

static void take_candidate(void *ctx, const struct ov_candidate *one)
{
    static const char *const statuses[] = { "usable", "refused", "ignored" };
    struct names *to = ctx;
    struct ov_doc *object = ov_doc_object(to->arena);

    show_text(to->arena, object, "path", one->path);
    show_text(to->arena, object, "status",
              statuses[one->status <= OV_IGNORED ? one->status : 1]);
    show_text(to->arena, object, "verdict", one->verdict);
    show_text(to->arena, object, "stage", one->stage);
    show_text(to->arena, object, "reason", one->reason);
    show_text(to->arena, object, "remedy", one->remedy);
    show_text(to->arena, object, "warning", one->warning);
    show_text(to->arena, object, "name", one->name);
    show_text(to->arena, object, "version", one->version);
    show_text(to->arena, object, "vendor", one->vendor);
    show_text(to->arena, object, "aliases", one->aliases);
    show_int(to->arena, object, "abi", one->abi);
    show_int(to->arena, object, "generation", one->generation);
    if (to->list != NULL)
        (void)ov_doc_append(to->arena, to->list, object);
}

static PyObject *list_plugins(PyObject *object, PyObject *nothing)
{
    struct host *self = (struct host *)object;
    struct frame frame;
    struct names found;
    PyObject *list = NULL;

    (void)nothing;
    frame_begin(&frame, state_of(object), NULL, NULL);
    if (frame_ok(&frame)) {
        found.arena = frame.arena;
        found.list = ov_doc_list(frame.arena);
        Py_BEGIN_ALLOW_THREADS;
        ov_host_candidates(self->handle, take_candidate, &found);
        Py_END_ALLOW_THREADS;
        list = found.list == NULL ? PyErr_NoMemory() : python_of_doc(found.list);
        if (list == NULL)
            frame_fail(&frame);
    }
    return frame_end(&frame, list);
}

static PyObject *rescan(PyObject *object, PyObject *nothing)
{
    struct host *self = (struct host *)object;
    struct frame frame;

    (void)nothing;
    frame_begin(&frame, state_of(object), NULL, NULL);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_host_rescan(self->handle, &frame.err));
    return frame_end_none(&frame);
}

static struct ov_doc *option_doc(struct ov_arena *arena, const struct ov_option *option)
{
    static const char *const kinds[] = { "",      "text", "int",  "real",   "bool", "ms",
                                         "bytes", "path", "word", "secret", "url" };
    struct ov_doc *object = ov_doc_object(arena);

    show_text(arena, object, "name", option->name);
    show_text(arena, object, "kind",
              kinds[option->kind <= OV_OPTION_URL ? option->kind : 0]);
    if (option->fallback != NULL)
        show_text(arena, object, "default", option->fallback);
    else
        show_doc(arena, object, "default", ov_doc_null(arena));
    show_bool(arena, object, "required", (option->flags & OV_OPTION_REQUIRED) != 0);
    show_text(arena, object, "words", option->words);
    show_text(arena, object, "text", option->text);
    return object;
}

static struct ov_doc *description_doc(struct ov_arena *arena, const char *name,
                                      const struct ov_description *said)
{
    static const char *const threads[] = { "serial", "serial store", "free" };
    struct ov_doc *object = ov_doc_object(arena), *options = ov_doc_list(arena);

    for (uint32_t i = 0; options != NULL && i < said->n_options; i++)
        (void)ov_doc_append(arena, options, option_doc(arena, said->options[i]));
    show_text(arena, object, "name", name);
    show_text(arena, object, "text", said->text);
    show_text(arena, object, "threads",
              threads[said->threads <= OV_FREE ? said->threads : 0]);
    show_text(arena, object, "index_kinds", said->index_kinds);
    show_text(arena, object, "actions", said->actions);
    show_text(arena, object, "exceptions", said->exceptions);
    show_doc(arena, object, "options", options);
    return object;
}

/* The version stands with the file that was chosen for the name. */
static void take_version(void *ctx, const struct ov_candidate *one)
{
    const struct ov_candidate **wanted = ctx;
    struct ov_candidate *mine = (struct ov_candidate *)(uintptr_t)*wanted;

    if (one->status == OV_USABLE && one->name != NULL && mine->version == NULL &&
        strcmp(one->name, mine->name) == 0 && one->version != NULL)
        mine->version = strdup(one->version);
}

static PyObject *describe(PyObject *object, PyObject *provider)
{
    struct host *self = (struct host *)object;
    struct ov_candidate wanted = { .size = sizeof(wanted) };
    const struct ov_candidate *lent = &wanted;
    const struct ov_description *said = NULL;
    struct ov_doc *doc;
    struct frame frame;
    PyObject *result = NULL;
    const char *word;

    frame_begin(&frame, state_of(object), NULL, NULL);
    word = word_of(&frame, provider, "the provider");
    if (word == NULL)
        frame_refuse(&frame, "the provider is no text");
    if (frame_ok(&frame))
        UNLOCKED(&frame,
                 ov_host_describe(self->handle, word, &said, &wanted.name, &frame.err));
    if (frame_ok(&frame)) {
        Py_BEGIN_ALLOW_THREADS;
        ov_host_candidates(self->handle, take_version, &lent);
        Py_END_ALLOW_THREADS;
        doc = description_doc(frame.arena, wanted.name, said);
        show_text(frame.arena, doc, "version", wanted.version);
        free((char *)(uintptr_t)wanted.version);
        result = doc == NULL ? PyErr_NoMemory() : python_of_doc(doc);
        if (result == NULL)
            frame_fail(&frame);
    }
    return frame_end(&frame, result);
}

/* --------------------------------------------------------------------- type */

#define WITH_WORDS(function) (PyCFunction)(void (*)(void))(function)

static PyMethodDef methods[] = {
    { "rescan", rescan, METH_NOARGS,
      "rescan($self)\n--\n\nLook again. Stores opened from now on get newer files." },
    { "plugins", list_plugins, METH_NOARGS,
      "plugins($self)\n--\n\nThe files that were found, each with its verdict." },
    { "describe", describe, METH_O,
      "describe($self, provider, /)\n--\n\nWhat a provider says of itself and its "
      "options." },
    { "open", WITH_WORDS(host_open_method), METH_VARARGS | METH_KEYWORDS,
      "open($self, options=None, *, config=None, profile='', folder=None, "
      "timeout=None)\n--\n\n"
      "A store, from options (the keys of the INI file) or from an INI file and profile."
      "\n\nfolder is what relative paths in options count from." },
    { NULL, NULL, 0, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc,
      DOC("Host(plugin_path=None, log=None)\n--\n\n"
          "Finds providers.\n\nplugin_path: directories, ':' between them; None: "
          "OV_PLUGIN_PATH, else what the package carries.\nlog: called as "
          "log($self, level, profile, message) on any thread.") },
    { Py_tp_new, make },
    { Py_tp_dealloc, drop },
    { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },
    { Py_tp_methods, methods },
    { 0, NULL },
};

PyType_Spec host_spec = {
    .name = "ov_host.Host",
    .basicsize = sizeof(struct host),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
