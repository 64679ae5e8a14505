/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core.h - what the files of ov_host._core share.
 *
 * Built against the limited API of Python 3.11: one file serves every later version. The
 * types are not subclassed, so that a type of an object leads to the module's state.
 *
 * A call has one frame from its first argument to its answer: the arena in which the
 * arguments become documents, the buffers that are borrowed meanwhile, the options, and
 * how it ended. The interpreter's lock is given up around the call of the host alone.
 */
#ifndef OV_PYTHON_CORE_H
#define OV_PYTHON_CORE_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030b0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <ov/store.h>

/* ------------------------------------------------------------------- module */

enum error_class {
    ERROR_ANY,
    ERROR_INVALID,
    ERROR_EXISTS,
    ERROR_NO_RECORD,
    ERROR_NOT_FOUND,
    ERROR_UNSUPPORTED,
    ERROR_DENIED,
    ERROR_DEADLINE,
    ERROR_CLOSED,
    ERROR_UNAVAILABLE,
    ERROR_FAILED,
    ERROR_CLASSES
};

/* Of one module object; every reference is the module's own. */
struct state {
    PyObject *errors[ERROR_CLASSES];
    PyTypeObject *host;
    PyTypeObject *store;
    PyTypeObject *collection;
    PyTypeObject *page;
};

/* A text in a slot of a type. */
#define DOC(text) (void *)(uintptr_t)(text)

struct state *state_of(PyObject *self); /* of an object of this module; borrowed */
/* A blank object of this type; NULL with an exception. */
void *object_new(PyTypeObject *type);
/* The end of every dealloc. */
void object_free(PyObject *self);

/* -1 with an exception. */
int errors_add(PyObject *module, struct state *state);
/* Sets the exception that err stands for. */
void errors_raise(struct state *state, const struct ov_error *err);

extern PyType_Spec host_spec, store_spec, collection_spec, page_spec;

/* The words of a call's arguments; the interpreter takes them without const. */
#define PARSE(args, named, format, words, ...)                                    \
    PyArg_ParseTupleAndKeywords(args, named, format, (char **)(uintptr_t)(words), \
                                __VA_ARGS__)

/* The same without a tuple and a dict of the arguments; words.c. */
struct words {
    const char *method;
    Py_ssize_t most;          /* that may come without a word */
    const char *const *words; /* ends with NULL */
};

#define FAST_METHOD(name)                                                    \
    PyObject *name(PyObject *self, PyObject *const *args, Py_ssize_t n_args, \
                   PyObject *names)

/* out: a value for each word, borrowed, NULL before and where none is given. -1 with an
 * exception. */
int words_take(const struct words *words, PyObject *const *args, Py_ssize_t n,
               PyObject *names, PyObject **out);
/* Its truth, when it is given. -1 with an exception. */
int word_true(PyObject *value, int *out);

/* ------------------------------------------------------------------ objects */

struct log;

struct host {
    PyObject_HEAD struct ov_host *handle;
    struct log *log; /* NULL: nobody listens */
};

struct store {
    PyObject_HEAD struct host *host;
    struct ov_store *handle;
    int replace; /* bad text in contents becomes U+FFFD */
    int closed;
};

struct collection {
    PyObject_HEAD struct store *store;
    struct ov_collection *handle;
    PyObject *name;
    PyObject *kinds; /* dict: field's name -> enum field_kind, replaced as a whole */
    PyObject *names; /* tuple: the columns of the page made last, or NULL */
};

/* What conversion must know of a field. */
enum field_kind {
    FIELD_UNKNOWN = -1,
    FIELD_PLAIN = 0,
    FIELD_VECTOR = 1,
    FIELD_VIDEO = 2,
    FIELD_KEY = 3,
    FIELD_TIME = 4
};

struct columns; /* as Arrow data, shared by all who were given them */

struct page {
    PyObject_HEAD struct ov_page inside;
    PyObject *names; /* tuple */
    enum field_kind *kinds;
    uint32_t n_columns;      /* that are shown */
    struct columns *columns; /* NULL: nobody asked for them yet */
};

/* --------------------------------------------------------------------- call */

#define MOST_LEVELS 64

struct held; /* a buffer that is borrowed until the call returns */
struct note_line;

struct step {
    PyObject *name; /* borrowed, or NULL: */
    Py_ssize_t at;
};

struct frame {
    struct state *state;
    struct ov_arena *arena;
    struct held *held;
    PyObject *kinds; /* the collection's as it was, or NULL */
    int replace;     /* bad text becomes U+FFFD: */
    int of_contents; /* here it may */
    int of_times;    /* here a time may stand */
    int unknown;     /* a field was met that kinds does not have */
    int of_rows;     /* the first step is a record's number */
    int failed;      /* a Python exception is set */
    int32_t status;
    unsigned depth;
    struct step path[MOST_LEVELS + 2];
    struct note_line *notes, **next_note;
    struct ov_call_options options;
    struct ov_error err;
};

/* timeout: seconds, 0 for none; None or NULL for the profile's. store may be NULL.
 * Without memory and with a bad timeout the frame has failed; end it all the same. */
void frame_begin(struct frame *frame, struct state *state, const struct store *store,
                 PyObject *timeout);
int frame_ok(const struct frame *frame);
/* Gives everything back. result is handed on, or dropped when the call has failed. */
PyObject *frame_end(struct frame *frame, PyObject *result);
/* The same for None. */
PyObject *frame_end_none(struct frame *frame);

/* The caller's fault, at the place where the conversion is. */
void frame_refuse(struct frame *frame, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A Python exception is set. */
void frame_fail(struct frame *frame);
void frame_no_memory(struct frame *frame);

/* Call the host without the interpreter's lock. */
#define UNLOCKED(frame, call)                          \
    do {                                               \
        PyThreadState *unlocked = PyEval_SaveThread(); \
        (frame)->status = (call);                      \
        PyEval_RestoreThread(unlocked);                \
    } while (0)

/* ---------------------------------------------------- from Python (to_doc.c) */

/* Each gives NULL when the frame has failed. */
const struct ov_doc *doc_of(struct frame *frame, PyObject *value);
/* NULL for None as well. */
const struct ov_doc *doc_of_filter(struct frame *frame, PyObject *filter);
/* The items of anything that can be iterated; not of a text. */
const struct ov_doc *doc_of_list(struct frame *frame, PyObject *list);
/* A list of keys; a fault has the row of the key that it is in. */
const struct ov_doc *doc_of_keys(struct frame *frame, PyObject *keys);
/* A list of objects; lists in vector fields become floats in one piece. */
const struct ov_doc *doc_of_records(struct frame *frame, PyObject *records);
/* In the arena, ends with NUL; NULL bytes when the frame has failed. */
struct ov_str text_of(struct frame *frame, PyObject *text);
/* Is value a time of any library, and which; times.c. The frame may have failed. */
int time_of(struct frame *frame, PyObject *value, struct ov_str *out);
/* A text for what the host takes as a C string: no U+0000. NULL for None. */
const char *word_of(struct frame *frame, PyObject *text, const char *what);
/* The same for a path: a text or an os.PathLike of one. */
const char *path_of(struct frame *frame, PyObject *value, const char *what);
/* n words in the arena. */
const char *const *words_of(struct frame *frame, PyObject *list, const char *what,
                            uint32_t *n);

/* Floats of a list, a tuple or a buffer. 0: value is none of numbers alone, and nothing
 * is set; the frame may have failed. */
int floats_of(struct frame *frame, PyObject *value, const float **floats, uint64_t *n);
/* The same for items that are numbers by their own code; the frame has failed when one
 * is none. */
void floats_of_numbers(struct frame *frame, PyObject *list, const float **floats,
                       uint64_t *n);
/* Only buffers of float32 and float64. */
int floats_of_buffer(struct frame *frame, PyObject *value, const float **floats,
                     uint64_t *n);
void held_release(struct held *held);

/* Go one step into a value and out again; enter fails beyond MOST_LEVELS. */
int path_enter(struct frame *frame, PyObject *name, Py_ssize_t at);
void path_leave(struct frame *frame);

/* ------------------------------------------------------ to Python (to_python.c) */

PyObject *python_of_text(struct ov_str text);
PyObject *python_of_doc(const struct ov_doc *doc);
PyObject *python_of_cell(const struct ov_cell *cell, enum field_kind kind);

/* Makers of objects for people: members of a document in an arena. Without memory the
 * member is missing, and make_object's object as well. */
void show_text(struct ov_arena *arena, struct ov_doc *object, const char *name,
               const char *text);
void show_int(struct ov_arena *arena, struct ov_doc *object, const char *name,
              int64_t value);
void show_bool(struct ov_arena *arena, struct ov_doc *object, const char *name,
               int value);
void show_real(struct ov_arena *arena, struct ov_doc *object, const char *name,
               double value);
void show_doc(struct ov_arena *arena, struct ov_doc *object, const char *name,
              const struct ov_doc *value);

/* -------------------------------------------------------------------- parts */

/* Notes of the call are collected from here on. */
void notes_listen(struct frame *frame);
/* A list of (name or kind, text); of one kind alone: a list of texts. */
PyObject *notes_pairs(const struct frame *frame);
PyObject *notes_texts(const struct frame *frame, uint32_t kind);
void notes_free(struct frame *frame);

/* A collector of names: ov_name_fn with a frame as its context. */
struct names {
    struct ov_arena *arena;
    struct ov_doc *list;
};
void names_take(void *names, struct ov_str name);

/* log.c */
struct log *log_new(PyObject *callable); /* NULL with an exception */
void log_free(struct log *log);
int log_traverse(struct log *log, visitproc visit, void *arg);
void log_silence(struct log *log);
ov_log_fn log_take;
/* Once or more often, before the first line. */
void log_start(void);
/* No callback after this one; those that run are waited for. */
PyObject *log_stop(PyObject *module, PyObject *nothing);

/* What the package carries; host.c. Copied, free(); NULL: the environment says it. */
char *default_plugin_path(void);

/* store.c: takes the handle over in any case. */
PyObject *store_object(struct host *host, struct ov_store *handle);
/* collection.c: takes the handle over in any case. */
PyObject *collection_object(struct store *store, const char *name,
                            struct ov_collection *handle);
/* What the fields are, when it is not known or a new one came up. */
int collection_learn(struct collection *collection);

#define METHOD(name) PyObject *name(PyObject *self, PyObject *args, PyObject *named)

/* One frame for a call on a collection. */
void collection_frame(struct frame *frame, struct collection *collection,
                      PyObject *timeout);

/* page.c: takes page's inside over when it gives an object. hidden: the page has a
 * column that nobody asked for. */
PyObject *page_object(struct collection *collection, struct ov_page *page, int hidden);
/* The page inside, borrowed; NULL with an exception when object is no page. */
const struct ov_page *page_inside(struct state *state, PyObject *object);

/* One value of a page; a new reference. */
PyObject *page_key(const struct page *page, int64_t row);
PyObject *page_value(const struct page *page, int64_t row, uint32_t column);
FAST_METHOD(page_hits); /* hits.c */

/* page_arrow.c */
PyObject *page_arrow_schema(PyObject *self, PyObject *nothing);
METHOD(page_arrow_array);
METHOD(page_arrow_stream);
void columns_unref(struct columns *columns); /* NULL is fine */

/* Methods with keywords, by the file that has them. */
METHOD(collection_upsert); /* writes.c */
METHOD(collection_check);
METHOD(collection_set);
METHOD(collection_remove);
METHOD(collection_remove_where);
METHOD(collection_truncate);
METHOD(collection_bulk_begin);
METHOD(collection_bulk_end);
METHOD(collection_fetch); /* reads.c */
FAST_METHOD(collection_search);
METHOD(collection_scan);
METHOD(collection_count);
METHOD(collection_groups);
METHOD(collection_explain);
METHOD(collection_meta); /* schema.c */
METHOD(collection_update);
METHOD(collection_put_index);
METHOD(collection_drop_index);
METHOD(collection_indexes);
METHOD(collection_index_meta);
METHOD(store_act); /* store_calls.c */
METHOD(store_collections);
METHOD(store_create);
METHOD(store_drop);
METHOD(store_collection);
METHOD(store_ping);
METHOD(store_ability);
METHOD(store_counters);
METHOD(host_open_method); /* store_open.c */

#endif
