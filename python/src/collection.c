/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collection.c - Collection: records of one schema.
 *
 * It remembers of each field whether it holds a vector (whose lists are converted in one
 * piece) a video (whose texts are objects) or a time, or is the key. Fields are only ever
 * added, so what is remembered stays true; a name that is not known yet makes it ask
 * again.
 */
#include "core.h"

#include <string.h>

/* -------------------------------------------------------------------- kinds */

static int add_kind(PyObject *kinds, const struct ov_doc *field)
{
    struct ov_str name = ov_doc_str(ov_doc_get(field, "FieldName"));
    struct ov_str type = ov_doc_str(ov_doc_get(field, "FieldType"));
    const struct ov_doc *is_key = ov_doc_get(field, "IsPrimaryKey");
    enum field_kind kind = FIELD_PLAIN;
    PyObject *key, *value;
    int status = -1;

    if (ov_str_equal(type, ov_str_of("vector")))
        kind = FIELD_VECTOR;
    else if (ov_str_equal(type, ov_str_of("video")))
        kind = FIELD_VIDEO;
    else if (ov_str_equal(type, ov_str_of("date_time")))
        kind = FIELD_TIME;
    if (is_key != NULL && is_key->kind == OV_DOC_BOOL && is_key->u.i != 0)
        kind = FIELD_KEY;
    key = python_of_text(name);
    value = PyLong_FromLong(kind);
    if (key != NULL && value != NULL)
        status = PyDict_SetItem(kinds, key, value);
    Py_XDECREF(key);
    Py_XDECREF(value);
    return status;
}

static PyObject *kinds_of_meta(const struct ov_doc *meta)
{
    const struct ov_doc *fields = ov_doc_get(meta, "Fields");
    PyObject *kinds = PyDict_New();
    uint64_t i;

    for (i = 0; kinds != NULL && fields != NULL && i < fields->n; i++)
        if (add_kind(kinds, fields->u.items[i]) != 0)
            Py_CLEAR(kinds);
    return kinds;
}

int collection_learn(struct collection *collection)
{
    const struct ov_doc *meta = NULL;
    PyObject *kinds = NULL, *before;
    struct frame frame;

    frame_begin(&frame, state_of((PyObject *)collection), collection->store, NULL);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_collection_meta(collection->handle, frame.arena, &meta,
                                            &frame.options, &frame.err));
    if (frame_ok(&frame) && (kinds = kinds_of_meta(meta)) == NULL)
        frame_fail(&frame);
    kinds = frame_end(&frame, kinds);
    if (kinds == NULL)
        return -1;
    before = collection->kinds;
    collection->kinds = kinds;
    Py_XDECREF(before);
    return 0;
}

void collection_frame(struct frame *frame, struct collection *collection,
                      PyObject *timeout)
{
    frame_begin(frame, state_of((PyObject *)collection), collection->store, timeout);
    frame->kinds = Py_XNewRef(collection->kinds);
}

/* --------------------------------------------------------------------- life */

PyObject *collection_object(struct store *store, const char *name,
                            struct ov_collection *handle)
{
    struct collection *self = object_new(state_of((PyObject *)store)->collection);

    if (self == NULL) {
        Py_BEGIN_ALLOW_THREADS;
        ov_collection_free(handle);
        Py_END_ALLOW_THREADS;
        return NULL;
    }
    self->store = (struct store *)Py_NewRef((PyObject *)store);
    self->handle = handle;
    self->name = PyUnicode_FromString(name);
    if (self->name == NULL || collection_learn(self) != 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void drop(PyObject *object)
{
    struct collection *self = (struct collection *)object;

    PyObject_GC_UnTrack(object);
    Py_BEGIN_ALLOW_THREADS;
    ov_collection_free(self->handle);
    Py_END_ALLOW_THREADS;
    Py_XDECREF(self->name);
    Py_XDECREF(self->kinds);
    Py_XDECREF(self->names);
    Py_XDECREF((PyObject *)self->store);
    object_free(object);
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    Py_VISIT((PyObject *)((struct collection *)object)->store);
    return 0;
}

static PyObject *get_name(PyObject *object, void *nothing)
{
    (void)nothing;
    return Py_NewRef(((struct collection *)object)->name);
}

static PyObject *get_store(PyObject *object, void *nothing)
{
    (void)nothing;
    return Py_NewRef((PyObject *)((struct collection *)object)->store);
}

static PyObject *show(PyObject *object)
{
    return PyUnicode_FromFormat("<collection %R>", ((struct collection *)object)->name);
}

/* --------------------------------------------------------------------- type */

#define METHOD_OF(name, text)                                  \
    {                                                          \
#name, (PyCFunction)(void (*)(void))collection_##name, \
            METH_VARARGS | METH_KEYWORDS, text                 \
    }

static PyMethodDef methods[] = {
    METHOD_OF(
        meta,
        "meta($self, timeout=None)\n--\n\nFields, indexes' fields and description."),
    METHOD_OF(update, "update($self, fields=None, description=None, timeout=None)\n--\n\n"
                      "Add fields, replace the description."),
    METHOD_OF(put_index, "put_index($self, meta, timeout=None)\n--\n\nMake an index, or "
                         "change its fields."),
    METHOD_OF(drop_index,
              "drop_index($self, name, timeout=None)\n--\n\nTrue when there was one."),
    METHOD_OF(indexes, "indexes($self, timeout=None)\n--\n\nThe names, in byte order."),
    METHOD_OF(index_meta,
              "index_meta($self, name, timeout=None)\n--\n\nRaises NotFoundError."),
    METHOD_OF(upsert, "upsert($self, records, ttl=None, timeout=None)\n--\n\n"
                      "Write whole records; all or nothing. ttl: seconds to live, of all "
                      "or of each; 0 or less: for ever."),
    METHOD_OF(check,
              "check($self, records, timeout=None)\n--\n\nWould upsert take these?"),
    METHOD_OF(set, "set($self, records, timeout=None)\n--\n\n"
                   "Set the fields given, keep the others. Raises NoRecordError."),
    METHOD_OF(remove, "remove($self, keys, timeout=None)\n--\n\nHow many were there."),
    METHOD_OF(remove_where, "remove_where($self, filter, timeout=None)\n--\n\n"
                            "How many matched. An empty filter is refused."),
    METHOD_OF(truncate, "truncate($self, timeout=None)\n--\n\nRemove every record."),
    METHOD_OF(bulk_begin, "bulk_begin($self, timeout=None)\n--\n\n"
                          "Many writes follow: indexes may be kept up later."),
    METHOD_OF(bulk_end,
              "bulk_end($self, timeout=None)\n--\n\nThe writes are done. Scopes nest."),
    METHOD_OF(fetch, "fetch($self, keys, fields=None, timeout=None)\n--\n\n"
                     "A row for each key, in that order."),
    { "search", (PyCFunction)(void (*)(void))collection_search,
      METH_FASTCALL | METH_KEYWORDS,
      "search($self, vector=None, *, sparse=None, text=None, index=None, filter=None, "
      "limit=10, offset=0, fields=None, exact=False, timeout=None)\n--\n\n"
      "The records that are most like the question, best first." },
    METHOD_OF(
        scan,
        "scan($self, order=None, *, descending=False, filter=None, limit=-1, offset=0, "
        "fields=None, after=None, timeout=None)\n--\n\n"
        "Records in order. after: the page before this one."),
    METHOD_OF(count, "count($self, filter=None, timeout=None)\n--\n\nExact."),
    METHOD_OF(groups, "groups($self, field, filter=None, timeout=None)\n--\n\n"
                      "How many records have each value: {text: count}."),
    METHOD_OF(explain,
              "explain($self, filter)\n--\n\nThe typed tree that a filter becomes."),
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef attributes[] = {
    { "name", get_name, NULL, "The collection's name.", NULL },
    { "store", get_store, NULL, "The store that it is in.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, DOC("Records of one schema; Store.collection gives it.") },
    { Py_tp_dealloc, drop },
    { Py_tp_traverse, traverse },
    { Py_tp_repr, show },
    { Py_tp_methods, methods },
    { Py_tp_getset, attributes },
    { 0, NULL },
};

PyType_Spec collection_spec = {
    .name = "ov_host.Collection",
    .basicsize = sizeof(struct collection),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
