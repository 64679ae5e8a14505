/* SPDX-License-Identifier: Apache-2.0 */
/* writes.c - records in and out of a collection. */
#include "core.h"

static struct collection *of(PyObject *self)
{
    return (struct collection *)self;
}

/* Records as a document. A field that was added by somebody else is learnt for the next
 * time; for this one its list goes the general way, which is slower and as right. */
static const struct ov_doc *records_doc(struct frame *frame, PyObject *self,
                                        PyObject *records)
{
    const struct ov_doc *doc = doc_of_records(frame, records);

    if (frame_ok(frame) && frame->unknown && collection_learn(of(self)) != 0)
        PyErr_Clear(); /* the write itself says what is wrong */
    return doc;
}

/* ------------------------------------------------------------------- upsert */

static int64_t seconds_of(struct frame *frame, PyObject *value)
{
    int beyond = 0;
    int64_t seconds = PyLong_AsLongLongAndOverflow(value, &beyond);

    if (seconds == -1 && PyErr_Occurred() != NULL)
        frame_fail(frame);
    else if (beyond != 0)
        frame_refuse(frame, "a ttl is beyond int64");
    return seconds;
}

/* One ttl for each of n records, from one for all or from a list. */
static const int64_t *ttl_of(struct frame *frame, PyObject *ttl, uint64_t n)
{
    PyObject *list = NULL;
    int64_t *each;
    uint64_t i;

    if (!frame_ok(frame) || ttl == NULL || ttl == Py_None)
        return NULL;
    each = ov_arena_take(frame->arena, ((size_t)n + 1) * sizeof(*each));
    if (each == NULL)
        frame_no_memory(frame);
    else if (!PyLong_Check(ttl) && (list = PySequence_List(ttl)) == NULL)
        frame_fail(frame);
    else if (list != NULL && (uint64_t)PyList_Size(list) != n)
        frame_refuse(frame, "%zd times to live for %llu records", PyList_Size(list),
                     (unsigned long long)n);
    for (i = 0; frame_ok(frame) && i < n; i++)
        each[i] =
            seconds_of(frame, list == NULL ? ttl : PyList_GetItem(list, (Py_ssize_t)i));
    Py_XDECREF(list);
    return frame_ok(frame) ? each : NULL;
}

PyObject *collection_upsert(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "records", "ttl", "timeout", NULL };
    PyObject *records, *ttl = NULL, *timeout = NULL;
    const struct ov_doc *doc;
    const int64_t *each;
    struct frame frame;

    if (!PARSE(args, named, "O|OO:upsert", words, &records, &ttl, &timeout))
        return NULL;
    collection_frame(&frame, of(self), timeout);
    doc = records_doc(&frame, self, records);
    each = ttl_of(&frame, ttl, doc == NULL ? 0 : doc->n);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_collection_upsert(of(self)->handle, doc, each, &frame.options,
                                              &frame.err));
    return frame_end_none(&frame);
}

typedef int32_t records_fn(struct ov_collection *collection, const struct ov_doc *records,
                           const struct ov_call_options *options, struct ov_error *err);

static PyObject *with_records(PyObject *self, PyObject *args, PyObject *named,
                              records_fn *run)
{
    static const char *const words[] = { "records", "timeout", NULL };
    PyObject *records, *timeout = NULL;
    const struct ov_doc *doc;
    struct frame frame;

    if (!PARSE(args, named, "O|O", words, &records, &timeout))
        return NULL;
    collection_frame(&frame, of(self), timeout);
    doc = records_doc(&frame, self, records);
    if (frame_ok(&frame))
        UNLOCKED(&frame, run(of(self)->handle, doc, &frame.options, &frame.err));
    return frame_end_none(&frame);
}

PyObject *collection_check(PyObject *self, PyObject *args, PyObject *named)
{
    return with_records(self, args, named, ov_collection_check);
}

PyObject *collection_set(PyObject *self, PyObject *args, PyObject *named)
{
    return with_records(self, args, named, ov_collection_set);
}

/* ------------------------------------------------------------------- remove */

typedef int32_t remove_fn(struct ov_collection *collection, const struct ov_doc *which,
                          uint64_t *removed, const struct ov_call_options *options,
                          struct ov_error *err);

static PyObject *end_with(struct frame *frame, uint64_t n)
{
    PyObject *result = PyLong_FromUnsignedLongLong(n);

    if (result == NULL)
        frame_fail(frame);
    return frame_end(frame, result);
}

PyObject *collection_remove(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "keys", "timeout", NULL };
    PyObject *keys, *timeout = NULL;
    const struct ov_doc *doc;
    struct frame frame;
    uint64_t removed = 0;

    if (!PARSE(args, named, "O|O:remove", words, &keys, &timeout))
        return NULL;
    collection_frame(&frame, of(self), timeout);
    doc = doc_of_keys(&frame, keys);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_collection_remove(of(self)->handle, doc, &removed,
                                              &frame.options, &frame.err));
    return end_with(&frame, removed);
}

PyObject *collection_remove_where(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "filter", "timeout", NULL };
    PyObject *filter, *timeout = NULL;
    const struct ov_doc *doc;
    struct frame frame;
    uint64_t removed = 0;

    if (!PARSE(args, named, "O|O:remove_where", words, &filter, &timeout))
        return NULL;
    collection_frame(&frame, of(self), timeout);
    doc = doc_of_filter(&frame, filter);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_collection_remove_where(of(self)->handle, doc, &removed,
                                                    &frame.options, &frame.err));
    return end_with(&frame, removed);
}

/* -------------------------------------------------------------------- whole */

typedef int32_t whole_fn(struct ov_collection *collection,
                         const struct ov_call_options *options, struct ov_error *err);

static PyObject *on_the_whole(PyObject *self, PyObject *args, PyObject *named,
                              whole_fn *run)
{
    static const char *const words[] = { "timeout", NULL };
    PyObject *timeout = NULL;
    struct frame frame;

    if (!PARSE(args, named, "|O", words, &timeout))
        return NULL;
    collection_frame(&frame, of(self), timeout);
    if (frame_ok(&frame))
        UNLOCKED(&frame, run(of(self)->handle, &frame.options, &frame.err));
    return frame_end_none(&frame);
}

PyObject *collection_truncate(PyObject *self, PyObject *args, PyObject *named)
{
    return on_the_whole(self, args, named, ov_collection_truncate);
}

PyObject *collection_bulk_begin(PyObject *self, PyObject *args, PyObject *named)
{
    return on_the_whole(self, args, named, ov_bulk_begin);
}

PyObject *collection_bulk_end(PyObject *self, PyObject *args, PyObject *named)
{
    return on_the_whole(self, args, named, ov_bulk_end);
}
