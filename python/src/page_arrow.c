/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page_arrow.c - a page for Arrow's libraries, through the PyCapsule protocol
 * (https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html).
 *
 * The columns are made once, when they are first asked for. Everyone gets arrays of their
 * own that point into the same buffers and hold a reference to them, so that nothing is
 * copied after that, whoever lives longest. Consumers may move a child out and release
 * it later on any thread, so each node counts by itself; none of it touches Python.
 */
#include "core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of the Arrow C stream interface. */
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

struct columns {
    unsigned refs;
    int64_t n_shown; /* of the top: key, score, fields */
    struct ArrowSchema schema;
    struct ArrowArray array;
};

static struct columns *columns_ref(struct columns *columns)
{
    __atomic_add_fetch(&columns->refs, 1, __ATOMIC_RELAXED);
    return columns;
}

void columns_unref(struct columns *columns)
{
    if (columns == NULL || __atomic_sub_fetch(&columns->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (columns->schema.release != NULL)
        columns->schema.release(&columns->schema);
    if (columns->array.release != NULL)
        columns->array.release(&columns->array);
    free(columns);
}

/* ------------------------------------------------------------------- arrays */

struct array_node {
    struct columns *columns;
    struct ArrowArray *children; /* n_children of them, pointers behind */
};

static void release_array(struct ArrowArray *array)
{
    struct array_node *node = array->private_data;

    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release != NULL)
            array->children[i]->release(array->children[i]);
    array->release = NULL;
    columns_unref(node->columns);
    free(node);
}

/* One block: the node, n children, n pointers to them. */
static void *make_node(struct columns *columns, int64_t n, size_t child_bytes,
                       void ***pointers)
{
    size_t head = sizeof(struct array_node), count = (size_t)n;
    char *block = calloc(1, head + count * (child_bytes + sizeof(void *)));
    struct array_node *node = (struct array_node *)(void *)block;

    if (block == NULL)
        return NULL;
    node->columns = columns_ref(columns);
    *pointers = (void **)(void *)(block + head + count * child_bytes);
    for (size_t i = 0; i < count; i++)
        (*pointers)[i] = block + head + i * child_bytes;
    return block;
}

static int share_array(struct columns *columns, const struct ArrowArray *from, int64_t n,
                       struct ArrowArray *out)
{
    struct ArrowArray made = *from;
    void **pointers;

    made.private_data = make_node(columns, n, sizeof(made), &pointers);
    if (made.private_data == NULL)
        return ENOMEM;
    made.children = (struct ArrowArray **)pointers;
    made.release = release_array;
    for (made.n_children = 0; made.n_children < n; made.n_children++) {
        const struct ArrowArray *child = from->children[made.n_children];

        if (share_array(columns, child, child->n_children, pointers[made.n_children]) !=
            0) {
            release_array(&made);
            return ENOMEM;
        }
    }
    *out = made;
    return 0;
}

/* ------------------------------------------------------------------ schemas */

static void release_schema(struct ArrowSchema *schema)
{
    struct array_node *node = schema->private_data;

    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release != NULL)
            schema->children[i]->release(schema->children[i]);
    schema->release = NULL;
    columns_unref(node->columns);
    free(node);
}

static int share_schema(struct columns *columns, const struct ArrowSchema *from,
                        int64_t n, struct ArrowSchema *out)
{
    struct ArrowSchema made = *from;
    void **pointers;

    made.private_data = make_node(columns, n, sizeof(made), &pointers);
    if (made.private_data == NULL)
        return ENOMEM;
    made.children = (struct ArrowSchema **)pointers;
    made.release = release_schema;
    for (made.n_children = 0; made.n_children < n; made.n_children++) {
        const struct ArrowSchema *child = from->children[made.n_children];

        if (share_schema(columns, child, child->n_children, pointers[made.n_children]) !=
            0) {
            release_schema(&made);
            return ENOMEM;
        }
    }
    *out = made;
    return 0;
}

static int give_schema(struct columns *columns, struct ArrowSchema *out)
{
    return share_schema(columns, &columns->schema, columns->n_shown, out);
}

static int give_array(struct columns *columns, struct ArrowArray *out)
{
    return share_array(columns, &columns->array, columns->n_shown, out);
}

/* ------------------------------------------------------------------- stream */

struct stream {
    struct columns *columns;
    int given;
};

static int stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    return give_schema(((struct stream *)stream->private_data)->columns, out);
}

static int stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct stream *inside = stream->private_data;

    out->release = NULL;
    if (inside->given)
        return 0;
    inside->given = 1;
    return give_array(inside->columns, out);
}

static const char *stream_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return "out of memory"; /* what alone can fail */
}

static void release_stream(struct ArrowArrayStream *stream)
{
    struct stream *inside = stream->private_data;

    columns_unref(inside->columns);
    free(inside);
    stream->release = NULL;
}

static int give_stream(struct columns *columns, struct ArrowArrayStream *out)
{
    struct stream *inside = calloc(1, sizeof(*inside));

    if (inside == NULL)
        return ENOMEM;
    inside->columns = columns_ref(columns);
    *out = (struct ArrowArrayStream){ stream_schema, stream_next, stream_error,
                                      release_stream, inside };
    return 0;
}

/* ----------------------------------------------------------------- capsules */

static const char schema_name[] = "arrow_schema";
static const char array_name[] = "arrow_array";
static const char stream_name[] = "arrow_array_stream";

/* Who took the struct has set its release to NULL. */
static void drop_schema(PyObject *capsule)
{
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, schema_name);

    if (schema != NULL && schema->release != NULL)
        schema->release(schema);
    free(schema);
}

static void drop_array(PyObject *capsule)
{
    struct ArrowArray *array = PyCapsule_GetPointer(capsule, array_name);

    if (array != NULL && array->release != NULL)
        array->release(array);
    free(array);
}

static void drop_stream(PyObject *capsule)
{
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, stream_name);

    if (stream != NULL && stream->release != NULL)
        stream->release(stream);
    free(stream);
}

/* A capsule around a blank block that drop releases; NULL with an exception. */
static PyObject *make_capsule(const char *name, size_t bytes, PyCapsule_Destructor drop,
                              void **inside)
{
    PyObject *capsule;

    *inside = calloc(1, bytes);
    if (*inside == NULL)
        return PyErr_NoMemory();
    capsule = PyCapsule_New(*inside, name, drop);
    if (capsule == NULL)
        free(*inside);
    return capsule;
}

static PyObject *checked(PyObject *capsule, int status)
{
    if (status == 0)
        return capsule;
    Py_DECREF(capsule);
    return PyErr_NoMemory();
}

/* ------------------------------------------------------------------ methods */

/* Two threads may make them at once; the first that is done is kept. */
static int make_columns(struct page *page)
{
    struct columns *made = calloc(1, sizeof(*made));
    struct frame frame;
    PyObject *done;

    frame_begin(&frame, state_of((PyObject *)page), NULL, NULL);
    if (made == NULL)
        frame_no_memory(&frame);
    if (frame_ok(&frame))
        UNLOCKED(&frame,
                 ov_page_arrow(&page->inside, &made->schema, &made->array, &frame.err));
    done = frame_end_none(&frame);
    if (made != NULL) {
        made->refs = 1;
        /* One that nobody asked for is behind key and score. */
        made->n_shown = page->n_columns == 0 ? 2 : made->schema.n_children;
    }
    if (done != NULL && page->columns == NULL)
        page->columns = made;
    else
        columns_unref(made);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static struct columns *columns_of(PyObject *self)
{
    struct page *page = (struct page *)self;

    if (page->columns == NULL && make_columns(page) != 0)
        return NULL;
    return page->columns;
}

PyObject *page_arrow_schema(PyObject *self, PyObject *nothing)
{
    struct columns *columns = columns_of(self);
    PyObject *capsule;
    void *inside;

    (void)nothing;
    if (columns == NULL)
        return NULL;
    capsule = make_capsule(schema_name, sizeof(struct ArrowSchema), drop_schema, &inside);
    return capsule == NULL ? NULL : checked(capsule, give_schema(columns, inside));
}

/* What the consumer would rather have is for it to cast. */
static int read_request(PyObject *args, PyObject *named)
{
    static const char *const words[] = { "requested_schema", NULL };
    PyObject *requested;

    return PARSE(args, named, "|O", words, &requested);
}

PyObject *page_arrow_array(PyObject *self, PyObject *args, PyObject *named)
{
    struct columns *columns = read_request(args, named) ? columns_of(self) : NULL;
    PyObject *schema, *capsule;
    void *inside;

    if (columns == NULL)
        return NULL;
    capsule = make_capsule(array_name, sizeof(struct ArrowArray), drop_array, &inside);
    if (capsule == NULL)
        return NULL;
    capsule = checked(capsule, give_array(columns, inside));
    schema = capsule == NULL ? NULL : page_arrow_schema(self, NULL);
    if (schema == NULL) {
        Py_XDECREF(capsule);
        return NULL;
    }
    return Py_BuildValue("(NN)", schema, capsule);
}

PyObject *page_arrow_stream(PyObject *self, PyObject *args, PyObject *named)
{
    struct columns *columns = read_request(args, named) ? columns_of(self) : NULL;
    PyObject *capsule;
    void *inside;

    if (columns == NULL)
        return NULL;
    capsule =
        make_capsule(stream_name, sizeof(struct ArrowArrayStream), drop_stream, &inside);
    return capsule == NULL ? NULL : checked(capsule, give_stream(columns, inside));
}
