/* SPDX-License-Identifier: Apache-2.0 */
/* store_calls.c - what a store does beside its collections. */
#include "core.h"

static struct ov_store *handle_of(PyObject *self)
{
    return ((struct store *)self)->handle;
}

static void begin(struct frame *frame, PyObject *self, PyObject *timeout)
{
    frame_begin(frame, state_of(self), (struct store *)self, timeout);
}

/* The answer of a call that ends with a document. */
static PyObject *end_with(struct frame *frame, const struct ov_doc *doc)
{
    PyObject *result = NULL;

    if (frame_ok(frame)) {
        result = doc == NULL ? PyErr_NoMemory() : python_of_doc(doc);
        if (result == NULL)
            frame_fail(frame);
    }
    return frame_end(frame, result);
}

PyObject *store_ping(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "timeout", NULL };
    PyObject *timeout = NULL;
    struct frame frame;

    if (!PARSE(args, named, "|O:ping", words, &timeout))
        return NULL;
    begin(&frame, self, timeout);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_store_ping(handle_of(self), &frame.options, &frame.err));
    return frame_end_none(&frame);
}

/* ------------------------------------------------------------------ ability */

static void show_can(struct ov_arena *arena, struct ov_doc *object, uint32_t can)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } all[] = {
        { "atomic", OV_CAN_ATOMIC },           { "hybrid", OV_CAN_HYBRID },
        { "sparse_only", OV_CAN_SPARSE_ONLY }, { "keyword", OV_CAN_KEYWORD },
        { "explain", OV_CAN_EXPLAIN },         { "shared", OV_CAN_SHARED },
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        show_bool(arena, object, all[i].name, (can & all[i].flag) != 0);
}

static struct ov_doc *ability_doc(struct ov_arena *arena, const struct ov_ability *is)
{
    static const char *const metrics[] = { "", "cosine", "ip", "l2" };
    struct ov_doc *object = ov_doc_object(arena), *list = ov_doc_list(arena);

    show_can(arena, object, is->can);
    for (unsigned i = OV_COSINE; list != NULL && i <= OV_L2; i++)
        if ((is->metrics >> i & 1) != 0)
            (void)ov_doc_append(arena, list, ov_doc_text(arena, ov_str_of(metrics[i])));
    show_doc(arena, object, "metrics", list);
    show_int(arena, object, "ops", (int64_t)is->ops);
    show_int(arena, object, "max_dim", is->max_dim);
    show_int(arena, object, "max_fields", is->max_fields);
    show_int(arena, object, "max_key_bytes", (int64_t)is->max_key_bytes);
    show_int(arena, object, "max_text_bytes", (int64_t)is->max_text_bytes);
    show_int(arena, object, "max_batch_rows", (int64_t)is->max_batch_rows);
    show_int(arena, object, "max_batch_bytes", (int64_t)is->max_batch_bytes);
    return object;
}

PyObject *store_ability(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { NULL };
    struct ov_ability ability = { .size = sizeof(ability) };
    const struct ov_doc *doc = NULL;
    struct frame frame;

    if (!PyArg_ParseTupleAndKeywords(args, named, ":ability", (char **)(uintptr_t)words))
        return NULL;
    begin(&frame, self, NULL);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_store_ability(handle_of(self), &ability, &frame.err));
    if (frame_ok(&frame))
        doc = ability_doc(frame.arena, &ability);
    return end_with(&frame, doc);
}

/* ----------------------------------------------------------------- counters */

static void take_counter(void *ctx, const struct ov_counter *one)
{
    struct names *to = ctx;
    struct ov_doc *object = ov_doc_object(to->arena), *buckets = ov_doc_list(to->arena);

    for (unsigned i = 0; buckets != NULL && i < OV_LATENCY_BUCKETS; i++)
        (void)ov_doc_append(to->arena, buckets,
                            ov_doc_int(to->arena, (int64_t)one->buckets[i]));
    show_int(to->arena, object, "calls", (int64_t)one->calls);
    show_int(to->arena, object, "errors", (int64_t)one->errors);
    show_int(to->arena, object, "retries", (int64_t)one->retries);
    show_int(to->arena, object, "rows", (int64_t)one->rows);
    show_int(to->arena, object, "total_ns", (int64_t)one->total_ns);
    show_doc(to->arena, object, "buckets", buckets);
    show_doc(to->arena, to->list, one->operation, object);
}

PyObject *store_counters(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { NULL };
    struct names found = { NULL, NULL };
    struct frame frame;

    if (!PyArg_ParseTupleAndKeywords(args, named, ":counters", (char **)(uintptr_t)words))
        return NULL;
    begin(&frame, self, NULL);
    if (frame_ok(&frame)) {
        found.arena = frame.arena;
        found.list = ov_doc_object(frame.arena);
        Py_BEGIN_ALLOW_THREADS;
        ov_store_counters(handle_of(self), take_counter, &found);
        Py_END_ALLOW_THREADS;
    }
    return end_with(&frame, found.list);
}

/* ---------------------------------------------------------------------- act */

/* The arguments but the timeout are words: the first is the action. */
static PyObject *timeout_alone(PyObject *named)
{
    PyObject *timeout = named == NULL ? NULL : PyDict_GetItemString(named, "timeout");

    if (named == NULL || PyDict_Size(named) == (timeout != NULL))
        return timeout == NULL ? Py_None : timeout;
    PyErr_SetString(PyExc_TypeError, "act() takes no word by name but timeout");
    return NULL;
}

PyObject *store_act(PyObject *self, PyObject *args, PyObject *named)
{
    PyObject *timeout = timeout_alone(named), *result = NULL;
    const char *const *all;
    struct frame frame;
    uint32_t n = 0;

    if (timeout == NULL)
        return NULL;
    begin(&frame, self, timeout);
    all = frame_ok(&frame) ? words_of(&frame, args, "a word of the action", &n) : NULL;
    if (frame_ok(&frame) && n == 0)
        frame_refuse(&frame, "no action is named");
    notes_listen(&frame);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_store_act(handle_of(self), all[0], all + 1, n - 1,
                                      &frame.options, &frame.err));
    if (frame_ok(&frame) && (result = notes_pairs(&frame)) == NULL)
        frame_fail(&frame);
    return frame_end(&frame, result);
}

/* -------------------------------------------------------------- collections */

PyObject *store_collections(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "timeout", NULL };
    struct names found = { NULL, NULL };
    PyObject *timeout = NULL;
    struct frame frame;

    if (!PARSE(args, named, "|O:collections", words, &timeout))
        return NULL;
    begin(&frame, self, timeout);
    if (frame_ok(&frame)) {
        found.arena = frame.arena;
        found.list = ov_doc_list(frame.arena);
        UNLOCKED(&frame, ov_store_collections(handle_of(self), names_take, &found,
                                              &frame.options, &frame.err));
    }
    return end_with(&frame, found.list);
}

PyObject *store_create(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "name", "meta", "indexes", "timeout", NULL };
    PyObject *name, *meta, *indexes = NULL, *timeout = NULL, *result = NULL;
    struct ov_collection_spec spec = { .size = sizeof(spec) };
    struct frame frame;
    int created = 0;

    if (!PARSE(args, named, "UO|OO:create", words, &name, &meta, &indexes, &timeout))
        return NULL;
    begin(&frame, self, timeout);
    spec.name = word_of(&frame, name, "the name");
    spec.meta = frame_ok(&frame) ? doc_of(&frame, meta) : NULL;
    spec.indexes = frame_ok(&frame) ? doc_of_filter(&frame, indexes) : NULL;
    notes_listen(&frame);
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_store_create(handle_of(self), &spec, &created, &frame.options,
                                         &frame.err));
    if (frame_ok(&frame)) {
        result = Py_BuildValue("(NN)", PyBool_FromLong(created),
                               notes_texts(&frame, OV_NOTE_ACTION));
        if (result == NULL)
            frame_fail(&frame);
    }
    return frame_end(&frame, result);
}

PyObject *store_drop(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "name", "timeout", NULL };
    PyObject *name, *timeout = NULL;
    const char *word;
    struct frame frame;
    int dropped = 0;

    if (!PARSE(args, named, "U|O:drop", words, &name, &timeout))
        return NULL;
    begin(&frame, self, timeout);
    word = word_of(&frame, name, "the name");
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_store_drop(handle_of(self), word, &dropped, &frame.options,
                                       &frame.err));
    return frame_end(&frame, PyBool_FromLong(dropped));
}

PyObject *store_collection(PyObject *self, PyObject *args, PyObject *named)
{
    static const char *const words[] = { "name", "timeout", NULL };
    PyObject *name = NULL, *timeout = NULL, *result = NULL;
    struct ov_collection *handle = NULL;
    const char *word;
    struct frame frame;

    if (!PARSE(args, named, "|OO:collection", words, &name, &timeout))
        return NULL;
    begin(&frame, self, timeout);
    word = word_of(&frame, name, "the name");
    if (word == NULL)
        word = ov_store_settings(handle_of(self))->table;
    if (frame_ok(&frame))
        UNLOCKED(&frame, ov_store_collection(handle_of(self), word, &frame.options,
                                             &handle, &frame.err));
    if (frame_ok(&frame)) {
        result = collection_object((struct store *)self, word, handle);
        if (result == NULL)
            frame_fail(&frame);
    }
    return frame_end(&frame, result);
}
