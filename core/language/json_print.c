/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_print.c - documents to JSON text that ov_doc_parse reads back the same.
 *
 * A real always shows a point or an exponent, so that it does not come back as an
 * integer; the components of a vector do without, being numbers either way.
 */
#include <ov/document.h>
#include <ov/sdk.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LEVELS 64u

struct writer {
    char *text;
    size_t n;
    size_t capacity;
    uint32_t level;
    int32_t code;
    struct ov_error *err;
};

static void put(struct writer *writer, const char *text, size_t n)
{
    size_t capacity = writer->capacity;
    char *larger;

    if (writer->code != OV_OK)
        return;
    /* One byte more than the text, always: the NUL. */
    while (capacity - writer->n <= n)
        capacity = capacity == 0 ? 256 : capacity * 2;
    if (capacity != writer->capacity) {
        larger = realloc(writer->text, capacity);
        if (larger == NULL) {
            writer->code = ov_no_memory(writer->err);
            return;
        }
        writer->text = larger;
        writer->capacity = capacity;
    }
    memcpy(writer->text + writer->n, text, n);
    writer->n += n;
    writer->text[writer->n] = '\0';
}

static void put_word(struct writer *writer, const char *word)
{
    put(writer, word, strlen(word));
}

/* A character that may not stand in a string as it is, or that a terminal or a reader
 * would not see as one. All of them are of the first plane. */
static void put_escape(struct writer *writer, const char *at, uint64_t n)
{
    static const char values[] = "\"\\\b\f\n\r\t";
    static const char names[] = "\"\\bfnrt";
    const char *found = *at != '\0' ? strchr(values, *at) : NULL;
    unsigned int point = (unsigned char)at[0];
    char escape[8];

    if (n > 1)
        point &= n == 2 ? 0x1F : 0x0F;
    for (uint64_t i = 1; i < n; i++)
        point = point << 6 | ((unsigned char)at[i] & 0x3F);
    if (found != NULL)
        (void)snprintf(escape, sizeof(escape), "\\%c", names[found - values]);
    else
        (void)snprintf(escape, sizeof(escape), "\\u%04x", point & 0xFFFF);
    put_word(writer, escape);
}

static void put_string(struct writer *writer, struct ov_str text)
{
    uint64_t i, step, from = 0;

    if (writer->code == OV_OK && !ov_utf8_valid(text))
        writer->code = ov_fail(writer->err, OV_INVALID, "a text that is not UTF-8");
    put(writer, "\"", 1);
    for (i = 0; i < text.n; i += step) {
        unsigned char c = (unsigned char)text.p[i];

        step = 1;
        if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\')
            continue;
        if (c != '"' && c != '\\' && !ov_text_unshown(text.p + i, text.p + text.n, &step))
            continue;
        put(writer, text.p + from, i - from);
        put_escape(writer, text.p + i, step);
        from = i + step;
    }
    if (from < text.n)
        put(writer, text.p + from, text.n - from);
    put(writer, "\"", 1);
}

static int is_finite(struct writer *writer, double value)
{
    if (writer->code == OV_OK && !isfinite(value))
        writer->code = ov_fail(writer->err, OV_INVALID, "'%s' is no number of JSON",
                               isnan(value) ? "NaN" : "infinity");
    return writer->code == OV_OK;
}

/* A real keeps its point: read again it is a real. */
static void put_real(struct writer *writer, double value)
{
    char text[OV_NUMBER_TEXT];
    uint64_t n;

    if (!is_finite(writer, value))
        return;
    n = ov_double_print(value, text);
    put(writer, text, n);
    if (memchr(text, '.', n) == NULL && memchr(text, 'e', n) == NULL)
        put(writer, ".0", 2);
}

static void put_floats(struct writer *writer, const struct ov_doc *doc)
{
    char text[OV_NUMBER_TEXT];
    uint64_t i;

    put(writer, "[", 1);
    for (i = 0; i < doc->n && is_finite(writer, (double)doc->u.floats[i]); i++) {
        if (i > 0)
            put(writer, ",", 1);
        put(writer, text, ov_float_print(doc->u.floats[i], text));
    }
    put(writer, "]", 1);
}

static void put_value(struct writer *writer, const struct ov_doc *doc);

static void put_list(struct writer *writer, const struct ov_doc *doc)
{
    uint64_t i;

    put(writer, "[", 1);
    for (i = 0; i < doc->n && writer->code == OV_OK; i++) {
        if (i > 0)
            put(writer, ",", 1);
        put_value(writer, doc->u.items[i]);
    }
    put(writer, "]", 1);
}

static void put_object(struct writer *writer, const struct ov_doc *doc)
{
    uint64_t i;

    put(writer, "{", 1);
    for (i = 0; i < doc->n && writer->code == OV_OK; i++) {
        if (i > 0)
            put(writer, ",", 1);
        put_string(writer, doc->u.members[i].name);
        put(writer, ":", 1);
        put_value(writer, doc->u.members[i].value);
    }
    put(writer, "}", 1);
}

static void put_container(struct writer *writer, const struct ov_doc *doc)
{
    /* What is printed can be read again. */
    if (writer->level == MAX_LEVELS) {
        writer->code = ov_fail(writer->err, OV_INVALID, "more than 64 levels");
        return;
    }
    writer->level++;
    if (doc->kind == OV_DOC_LIST)
        put_list(writer, doc);
    else if (doc->kind == OV_DOC_OBJECT)
        put_object(writer, doc);
    else
        put_floats(writer, doc);
    writer->level--;
}

static void put_integer(struct writer *writer, int64_t value)
{
    char text[OV_NUMBER_TEXT];

    put(writer, text, ov_int_print(value, text));
}

static void put_value(struct writer *writer, const struct ov_doc *doc)
{
    if (writer->code != OV_OK)
        return;
    switch ((enum ov_doc_kind)doc->kind) {
    case OV_DOC_NULL:
        put_word(writer, "null");
        break;
    case OV_DOC_BOOL:
        put_word(writer, doc->u.i != 0 ? "true" : "false");
        break;
    case OV_DOC_INT:
        put_integer(writer, doc->u.i);
        break;
    case OV_DOC_REAL:
        put_real(writer, doc->u.f);
        break;
    case OV_DOC_TEXT:
        put_string(writer, ov_doc_str(doc));
        break;
    case OV_DOC_LIST:
    case OV_DOC_OBJECT:
    case OV_DOC_FLOATS:
        put_container(writer, doc);
        break;
    }
}

int32_t ov_doc_print(const struct ov_doc *doc, char **out, size_t *n,
                     struct ov_error *err)
{
    struct writer writer = { NULL, 0, 0, 0, OV_OK, err };

    put_value(&writer, doc);
    if (writer.code != OV_OK) {
        free(writer.text);
        return writer.code;
    }
    *out = writer.text;
    *n = writer.n;
    return OV_OK;
}
