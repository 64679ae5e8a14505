/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c - what a collection is: fields and indexes. */
#include "core.h"

static struct ov_collection *handle_of(PyObject *self)
{
    return ((struct collection *)self)->handle;
}

static PyObject *end_with(struct frame *frame, const struct ov_doc *doc)
{
    PyObject *result = NULL;

    if (frame_ok(frame) && (result = python_of_doc(doc)) == NULL)
        frame_fail(frame);
    return frame_end(frame, result);
}

PyObject *collection_meta(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "timeout", NULL };
    const struct ov_doc *meta = NULL;
    PyObject *timeout = NULL;
    struct frame frame;

    if (!PARSE(args, named, "|O:meta", words, &timeout))
        return NULL;
    collection_frame(&frame, (struct collection *)self, timeout);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_collection_meta(handle_of(self), frame.arena, &meta,
                                            &frame.options, &frame.err));
    return end_with(&frame, meta);
}

PyObject *collection_update(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "fields", "description", "timeout", NULL };
    PyObject *fields = NULL, *said = NULL, *timeout = NULL, *done;
    const struct ov_doc *doc;
    struct ov_str description = { NULL, 0 };
    struct frame frame;

    if (!PARSE(args, named, "|OOO:update", words, &fields, &said, &timeout))
        return NULL;
    collection_frame(&frame, (struct collection *)self, timeout);
    doc = fields == NULL || fields == Py_None ? NULL : doc_of(&frame, fields);
    if (frame_ok(&frame) && said != NULL && said != Py_None) {
        if (PyUnicode_Check(said))
            description = text_of(&frame, said);
        else
            frame_refuse(&frame, "the description is no text");
    }
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_collection_update(handle_of(self), doc,
                                              description.p == NULL ? NULL : &description,
                                              &frame.options, &frame.err));
    done = frame_end_none(&frame);
    if (done != NULL && collection_learn((struct collection *)self) != 0)
        Py_CLEAR(done);
    return done;
}

PyObject *collection_put_index(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "meta", "timeout", NULL };
    PyObject *meta, *timeout = NULL;
    const struct ov_doc *doc;
    struct frame frame;

    if (!PARSE(args, named, "O|O:put_index", words, &meta, &timeout))
        return NULL;
    collection_frame(&frame, (struct collection *)self, timeout);
    doc = doc_of(&frame, meta);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_index_put(handle_of(self), doc, &frame.options, &frame.err));
    return frame_end_none(&frame);
}

PyObject *collection_drop_index(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "name", "timeout", NULL };
    PyObject *name, *timeout = NULL;
    struct frame frame;
    const char *word;
    int dropped = 0;

    if (!PARSE(args, named, "U|O:drop_index", words, &name, &timeout))
        return NULL;
    collection_frame(&frame, (struct collection *)self, timeout);
    word = word_of(&frame, name, "the name");
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_index_drop(handle_of(self), word, &dropped, &frame.options,
                                       &frame.err));
    return frame_end(&frame, PyBool_FromLong(dropped));
}

PyObject *collection_indexes(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "timeout", NULL };
    struct names found = { NULL, NULL };
    PyObject *timeout = NULL;
    struct frame frame;

    if (!PARSE(args, named, "|O:indexes", words, &timeout))
        return NULL;
    collection_frame(&frame, (struct collection *)self, timeout);
    if (frame_ok(&frame)) {
        found.arena = frame.arena;
        found.list = ov_doc_list(frame.arena);
        if (found.list == NULL)
            frame_no_memory(&frame);
    }
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_index_list(handle_of(self), names_take, &found,
                                       &frame.options, &frame.err));
    return end_with(&frame, found.list);
}

PyObject *collection_index_meta(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "name", "timeout", NULL };
    const struct ov_doc *meta = NULL;
    PyObject *name, *timeout = NULL;
    struct frame frame;
    const char *word;

    if (!PARSE(args, named, "U|O:index_meta", words, &name, &timeout))
        return NULL;
    collection_frame(&frame, (struct collection *)self, timeout);
    word = word_of(&frame, name, "the name");
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_index_meta(handle_of(self), word, frame.arena, &meta,
                                       &frame.options, &frame.err));
    return end_with(&frame, meta);
}
