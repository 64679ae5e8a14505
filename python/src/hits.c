/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hits.c - all records of a page as dicts, as a program shows them to its own callers.
 *
 * What such a program would do to each hit in a loop of its own is done on the way: key
 * and score among the fields, the score on another scale, a prefix before a text.
 */
#include "core.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of one column; without a rule the value is shown as it is. */
struct rule {
    PyObject *rule;     /* tuple of the two, ours, or NULL */
    const char *prefix; /* in it */
    Py_ssize_t n;
    PyObject *decode; /* in it */
};

struct hits {
    const struct page *page;
    PyObject *id_name, *score_name; /* or None; borrowed */
    PyObject *blank;                /* a dict with every name: its copies never grow */
    struct rule *rules;
    int unit;
};

/* -------------------------------------------------------------------- rules */

static int read_rule(struct rule *rule, PyObject *given)
{
    if (!PyTuple_Check(given)) {
        PyErr_SetString(PyExc_TypeError,
                        "shown holds more than pairs of (prefix, decode)");
        return -1;
    }
    if (!PyArg_ParseTuple(given, "s#O:shown", &rule->prefix, &rule->n, &rule->decode))
        return -1;
    rule->rule = Py_NewRef(given);
    return 0;
}

static int read_rules(struct hits *hits, PyObject *shown)
{
    uint32_t i, n = hits->page->n_columns;

    if (shown == Py_None)
        return 0;
    hits->rules = calloc(n + (size_t)1, sizeof(*hits->rules));
    if (hits->rules == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (i = 0; i < n; i++) {
        PyObject *name = PyTuple_GetItem(hits->page->names, (Py_ssize_t)i);
        PyObject *given = PyDict_GetItemWithError(shown, name);

        if (given == NULL ? PyErr_Occurred() != NULL
                          : read_rule(&hits->rules[i], given) != 0)
            return -1;
    }
    return 0;
}

static void drop_rules(struct hits *hits)
{
    uint32_t i;

    for (i = 0; hits->rules != NULL && i < hits->page->n_columns; i++)
        Py_XDECREF(hits->rules[i].rule);
    free(hits->rules);
}

/* ------------------------------------------------------------------- values */

/* One slash before, none behind, and nothing that a strip would take. */
static int is_plain_path(const char *p, uint64_t n)
{
    return n >= 2 && p[0] == '/' && p[1] != '/' && p[n - 1] > '/' &&
           (unsigned char)p[n - 1] < 0x80;
}

static PyObject *make_shown(const struct hits *hits, int64_t row, uint32_t column)
{
    const struct rule *rule = &hits->rules[column];
    PyObject *value, *decoded;
    struct ov_cell cell;
    char text[512];

    ov_page_cell(&hits->page->inside, row, column, &cell);
    if (cell.type == OV_TEXT && is_plain_path(cell.u.text, cell.n) &&
        cell.n < sizeof(text) && (size_t)rule->n < sizeof(text) - cell.n) {
        struct ov_str whole = { text, (uint64_t)rule->n + cell.n };

        memcpy(text, rule->prefix, (size_t)rule->n);
        memcpy(text + rule->n, cell.u.text, cell.n);
        return python_of_text(whole);
    }
    value = python_of_cell(&cell, hits->page->kinds[column]);
    if (value == NULL)
        return NULL;
    decoded = PyObject_CallFunctionObjArgs(rule->decode, value, NULL);
    Py_DECREF(value);
    return decoded;
}

static PyObject *make_field(const struct hits *hits, int64_t row, uint32_t column)
{
    if (hits->rules != NULL && hits->rules[column].rule != NULL)
        return make_shown(hits, row, column);
    return page_value(hits->page, row, column);
}

static PyObject *make_score(const struct hits *hits, int64_t row)
{
    double score = ov_page_score(&hits->page->inside, row);

    if (!isfinite(score))
        score = 0.0;
    if (hits->unit) {
        score = (1.0 + score) / 2.0;
        score = score < 0.0 ? 0.0 : score > 1.0 ? 1.0 : score;
    }
    return PyFloat_FromDouble(score);
}

/* --------------------------------------------------------------------- hits */

/* Steals value. */
static int put(PyObject *dict, PyObject *name, PyObject *value)
{
    int status = value == NULL ? -1 : PyDict_SetItem(dict, name, value);

    Py_XDECREF(value);
    return status;
}

static PyObject *make_blank(const struct hits *hits)
{
    PyObject *dict = PyDict_New();
    uint32_t i;

    for (i = 0; dict != NULL && i < hits->page->n_columns; i++)
        if (PyDict_SetItem(dict, PyTuple_GetItem(hits->page->names, (Py_ssize_t)i),
                           Py_None) != 0)
            Py_CLEAR(dict);
    if (dict != NULL && ((hits->id_name != Py_None &&
                          PyDict_SetItem(dict, hits->id_name, Py_None) != 0) ||
                         (hits->score_name != Py_None &&
                          PyDict_SetItem(dict, hits->score_name, Py_None) != 0)))
        Py_CLEAR(dict);
    return dict;
}

static PyObject *make_hit(const struct hits *hits, int64_t row)
{
    PyObject *dict = PyDict_Copy(hits->blank);
    uint32_t i;

    for (i = 0; dict != NULL && i < hits->page->n_columns; i++)
        if (put(dict, PyTuple_GetItem(hits->page->names, (Py_ssize_t)i),
                make_field(hits, row, i)) != 0)
            Py_CLEAR(dict);
    if (dict != NULL && ((hits->id_name != Py_None &&
                          put(dict, hits->id_name, page_key(hits->page, row)) != 0) ||
                         (hits->score_name != Py_None &&
                          put(dict, hits->score_name, make_score(hits, row)) != 0)))
        Py_CLEAR(dict);
    return dict;
}

static PyObject *make_hits(const struct hits *hits)
{
    PyObject *list = PyList_New(0);
    int64_t row;

    for (row = 0; list != NULL && row < hits->page->inside.rows; row++) {
        PyObject *hit;

        if (!ov_page_found(&hits->page->inside, row))
            continue;
        hit = make_hit(hits, row);
        if (hit == NULL || PyList_Append(list, hit) != 0)
            Py_CLEAR(list);
        Py_XDECREF(hit);
    }
    return list;
}

FAST_METHOD(page_hits)
{
    static const char *const of_hits[] = { "id_name", "score_name", "unit", "shown",
                                           NULL };
    static const struct words words = { "hits", 2, of_hits };
    struct hits hits = { .page = (const struct page *)self };
    PyObject *given[4] = { NULL }, *shown, *list = NULL;

    if (words_take(&words, args, n_args, names, given) != 0 ||
        word_true(given[2], &hits.unit) != 0)
        return NULL;
    hits.id_name = given[0] == NULL ? Py_None : given[0];
    hits.score_name = given[1] == NULL ? Py_None : given[1];
    shown = given[3] == NULL ? Py_None : given[3];
    if (shown != Py_None && !PyDict_Check(shown)) {
        PyErr_SetString(PyExc_TypeError, "shown is no dict");
        return NULL;
    }
    if (read_rules(&hits, shown) == 0) {
        hits.blank = make_blank(&hits);
        list = hits.blank == NULL ? NULL : make_hits(&hits);
    }
    Py_XDECREF(hits.blank);
    drop_rules(&hits);
    return list;
}
