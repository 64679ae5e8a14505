/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.c - JSON text to documents, by RFC 8259 and no other book.
 *
 * The reader is our own because it writes straight into the arena: a record's vector
 * costs one pass and no second tree, and running out of memory is told apart from bad
 * text. The tests hold it against jansson.
 */
#include <ov/document.h>
#include <ov/sdk.h>

#include <stdio.h>
#include <string.h>

#define MAX_LEVELS 64u
#define SHOWN_BYTES 40

struct reader {
    struct ov_arena *arena;
    const char *start;
    const char *p;
    const char *end;
    uint32_t level;
    struct ov_error *err;
};

static int32_t read_value(struct reader *reader, struct ov_doc **out);

/* Write down the line of the present place. */
static int32_t place_line(struct reader *reader, int32_t code)
{
    unsigned long line = 1;
    const char *at;

    if (reader->err == NULL || reader->err->where[0] != '\0')
        return code;
    for (at = reader->start; at < reader->p; at++)
        line += *at == '\n';
    (void)snprintf(reader->err->where, sizeof(reader->err->where), "line %lu", line);
    return code;
}

/* What stands at the present place, for a message. */
static void show_rest(const struct reader *reader, char shown[SHOWN_BYTES + 1])
{
    size_t n = 0;
    const char *p = reader->p;

    while (p < reader->end && n < 12 && *p > ' ' && *p < 127)
        shown[n++] = *p++;
    if (n == 0 && p < reader->end)
        n = (size_t)snprintf(shown, SHOWN_BYTES, "byte 0x%02x", (unsigned char)*p);
    if (n == 0)
        n = (size_t)snprintf(shown, SHOWN_BYTES, "the end of the text");
    shown[n] = '\0';
}

static int32_t refuse_rest(struct reader *reader, const char *expected)
{
    char shown[SHOWN_BYTES + 1];

    show_rest(reader, shown);
    return place_line(reader,
                      ov_fail(reader->err, OV_INVALID,
                              "JSON has '%s' where %s is expected", shown, expected));
}

static int32_t refuse(struct reader *reader, const char *what)
{
    return place_line(reader, ov_fail(reader->err, OV_INVALID, "JSON has %s", what));
}

static void skip_blanks(struct reader *reader)
{
    while (reader->p < reader->end && (*reader->p == ' ' || *reader->p == '\t' ||
                                       *reader->p == '\n' || *reader->p == '\r'))
        reader->p++;
}

/* The next character, or -1 at the end. */
static int peek(const struct reader *reader)
{
    return reader->p < reader->end ? (unsigned char)*reader->p : -1;
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four hexadecimal digits at the place given, or -1. */
static long read_unit(const char *p, const char *end)
{
    long unit = 0;
    int i, digit;

    if (end - p < 4)
        return -1;
    for (i = 0; i < 4; i++) {
        digit = hex_digit((unsigned char)p[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static size_t put_utf8(char *to, unsigned long c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xE0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3F));
        to[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3F));
    to[2] = (char)(0x80 | (c >> 6 & 0x3F));
    to[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* \uXXXX or a pair of them, behind the 'u'. */
static int32_t read_escaped_character(struct reader *reader, unsigned long *out)
{
    long high = read_unit(reader->p, reader->end), low;

    if (high < 0)
        return refuse(reader, "an escape \\u without four hexadecimal digits");
    if (high == 0)
        return refuse(reader, "the character U+0000");
    reader->p += 4;
    *out = (unsigned long)high;
    if (high < 0xD800 || high > 0xDFFF)
        return OV_OK;
    low = reader->end - reader->p >= 6 && reader->p[0] == '\\' && reader->p[1] == 'u'
              ? read_unit(reader->p + 2, reader->end)
              : -1;
    if (high > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
        return refuse(reader, "half a surrogate pair");
    reader->p += 6;
    *out =
        0x10000 + (((unsigned long)high - 0xD800) << 10) + ((unsigned long)low - 0xDC00);
    return OV_OK;
}

/* One escape, behind the backslash, to *to. */
static int32_t read_escape(struct reader *reader, char *to, size_t *n)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    int c = peek(reader);
    const char *found = c > 0 ? strchr(names, c) : NULL;
    unsigned long character = 0;
    int32_t code;

    if (found != NULL) {
        to[(*n)++] = values[found - names];
        reader->p++;
        return OV_OK;
    }
    if (c != 'u')
        return refuse_rest(reader, "an escape");
    reader->p++;
    code = read_escaped_character(reader, &character);
    if (code == OV_OK)
        *n += put_utf8(to + *n, character);
    return code;
}

/* The end of the string that begins at the present place, behind the quote. */
static int32_t find_quote(struct reader *reader, const char **out)
{
    const char *start = reader->p;

    for (; reader->p < reader->end && *reader->p != '"'; reader->p++) {
        if ((unsigned char)*reader->p < 0x20)
            return refuse_rest(reader, "a character of a string");
        if (*reader->p == '\\' && reader->p + 1 < reader->end)
            reader->p++;
    }
    if (reader->p >= reader->end)
        return refuse_rest(reader, "the closing quote of a string");
    *out = reader->p;
    reader->p = start;
    return OV_OK;
}

/* A string, the opening quote being the present place; decoded, in the arena. */
static int32_t read_string(struct reader *reader, struct ov_str *out)
{
    const char *quote = NULL;
    char *to;
    size_t n = 0;
    int32_t code;

    reader->p++;
    code = find_quote(reader, &quote);
    if (code != OV_OK)
        return code;
    to = ov_arena_take(reader->arena, (size_t)(quote - reader->p) + 1);
    if (to == NULL)
        return ov_no_memory(reader->err);
    while (reader->p < quote && code == OV_OK) {
        if (*reader->p != '\\') {
            to[n++] = *reader->p++;
            continue;
        }
        reader->p++;
        code = read_escape(reader, to, &n);
    }
    if (code != OV_OK)
        return code;
    to[n] = '\0';
    out->p = to;
    out->n = n;
    if (!ov_utf8_valid(*out))
        return refuse(reader, "a string that is not UTF-8");
    reader->p++;
    return OV_OK;
}

static int32_t read_text(struct reader *reader, struct ov_doc **out)
{
    struct ov_str text = { NULL, 0 };
    int32_t code = read_string(reader, &text);
    struct ov_doc *doc;

    if (code != OV_OK)
        return code;
    /* The text lies in the arena already. */
    doc = ov_doc_null(reader->arena);
    if (doc == NULL)
        return ov_no_memory(reader->err);
    doc->kind = OV_DOC_TEXT;
    doc->n = text.n;
    doc->u.text = text.p;
    *out = doc;
    return OV_OK;
}

static void skip_digits(struct reader *reader)
{
    while (peek(reader) >= '0' && peek(reader) <= '9')
        reader->p++;
}

static int at_digit(const struct reader *reader)
{
    return peek(reader) >= '0' && peek(reader) <= '9';
}

/* Over a number by the grammar of RFC 8259; *real tells a fraction or an exponent. */
static int32_t skip_number(struct reader *reader, int *real)
{
    if (peek(reader) == '-')
        reader->p++;
    if (!at_digit(reader))
        return refuse_rest(reader, "a digit");
    if (peek(reader) == '0')
        reader->p++;
    else
        skip_digits(reader);
    if (at_digit(reader))
        return refuse(reader, "a number with a leading zero");
    if (peek(reader) == '.') {
        *real = 1;
        reader->p++;
        if (!at_digit(reader))
            return refuse_rest(reader, "a digit behind the point");
        skip_digits(reader);
    }
    if (peek(reader) == 'e' || peek(reader) == 'E') {
        *real = 1;
        reader->p++;
        if (peek(reader) == '+' || peek(reader) == '-')
            reader->p++;
        if (!at_digit(reader))
            return refuse_rest(reader, "a digit of the exponent");
        skip_digits(reader);
    }
    return OV_OK;
}

static int32_t read_number(struct reader *reader, struct ov_doc **out)
{
    struct ov_str text = { reader->p, 0 };
    int real = 0;
    int64_t integer = 0;
    double value = 0;
    int32_t code = skip_number(reader, &real);

    if (code != OV_OK)
        return code;
    text.n = (uint64_t)(reader->p - text.p);
    code = real ? ov_double_parse(text, &value) : ov_int_parse(text, &integer);
    if (code == OV_NO_SPACE)
        return ov_no_memory(reader->err);
    if (code != OV_OK)
        return place_line(
            reader, ov_fail(reader->err, OV_INVALID, "the number '%.*s' is beyond %s",
                            text.n < SHOWN_BYTES ? (int)text.n : SHOWN_BYTES, text.p,
                            real ? "double" : "int64"));
    *out = real ? ov_doc_real(reader->arena, value) : ov_doc_int(reader->arena, integer);
    return *out != NULL ? OV_OK : ov_no_memory(reader->err);
}

static int32_t read_word(struct reader *reader, struct ov_doc **out)
{
    static const char *const words[] = { "null", "false", "true" };
    size_t i, n;

    for (i = 0; i < 3; i++) {
        n = strlen(words[i]);
        if ((size_t)(reader->end - reader->p) < n || memcmp(reader->p, words[i], n) != 0)
            continue;
        reader->p += n;
        *out = i == 0 ? ov_doc_null(reader->arena) : ov_doc_bool(reader->arena, i == 2);
        return *out != NULL ? OV_OK : ov_no_memory(reader->err);
    }
    return refuse_rest(reader, "a value");
}

/* Over ',' or the closing character; *more tells which. */
static int32_t read_separator(struct reader *reader, int close, int *more)
{
    skip_blanks(reader);
    if (peek(reader) != ',' && peek(reader) != close)
        return refuse_rest(reader, close == ']' ? "',' or ']'" : "',' or '}'");
    *more = peek(reader) == ',';
    reader->p++;
    return OV_OK;
}

static int32_t read_list(struct reader *reader, struct ov_doc **out)
{
    struct ov_doc *list = ov_doc_list(reader->arena), *item = NULL;
    int more = 1;
    int32_t code = list != NULL ? OV_OK : ov_no_memory(reader->err);

    reader->p++;
    skip_blanks(reader);
    if (peek(reader) == ']') {
        reader->p++;
        more = 0;
    }
    while (more && code == OV_OK) {
        code = read_value(reader, &item);
        if (code == OV_OK && ov_doc_append(reader->arena, list, item) != OV_OK)
            code = ov_no_memory(reader->err);
        if (code == OV_OK)
            code = read_separator(reader, ']', &more);
    }
    if (code == OV_OK)
        *out = list;
    return code;
}

static int32_t read_member(struct reader *reader, struct ov_doc *object)
{
    struct ov_str name = { NULL, 0 };
    struct ov_doc *value = NULL;
    int32_t code;

    skip_blanks(reader);
    if (peek(reader) != '"')
        return refuse_rest(reader, "a name in quotes");
    code = read_string(reader, &name);
    if (code != OV_OK)
        return code;
    skip_blanks(reader);
    if (peek(reader) != ':')
        return refuse_rest(reader, "':'");
    reader->p++;
    code = read_value(reader, &value);
    if (code != OV_OK)
        return code;
    code = ov_doc_set(reader->arena, object, name, value);
    if (code == OV_INVALID)
        return place_line(
            reader, ov_fail(reader->err, OV_INVALID, "JSON has the name '%.*s' twice",
                            name.n < SHOWN_BYTES ? (int)name.n : SHOWN_BYTES, name.p));
    return code == OV_OK ? OV_OK : ov_no_memory(reader->err);
}

static int32_t read_object(struct reader *reader, struct ov_doc **out)
{
    struct ov_doc *object = ov_doc_object(reader->arena);
    int more = 1;
    int32_t code = object != NULL ? OV_OK : ov_no_memory(reader->err);

    reader->p++;
    skip_blanks(reader);
    if (peek(reader) == '}') {
        reader->p++;
        more = 0;
    }
    while (more && code == OV_OK) {
        code = read_member(reader, object);
        if (code == OV_OK)
            code = read_separator(reader, '}', &more);
    }
    if (code == OV_OK)
        *out = object;
    return code;
}

static int32_t read_value(struct reader *reader, struct ov_doc **out)
{
    int32_t code;
    int c;

    skip_blanks(reader);
    c = peek(reader);
    if (c == '"')
        return read_text(reader, out);
    if (c == '-' || at_digit(reader))
        return read_number(reader, out);
    if (c != '[' && c != '{')
        return read_word(reader, out);
    if (reader->level == MAX_LEVELS)
        return refuse(reader, "more than 64 levels");
    reader->level++;
    code = c == '[' ? read_list(reader, out) : read_object(reader, out);
    reader->level--;
    return code;
}

int32_t ov_doc_parse(struct ov_arena *arena, struct ov_str json, struct ov_doc **out,
                     struct ov_error *err)
{
    struct reader reader = { arena, json.p, json.p, NULL, 0, err };
    struct ov_doc *doc = NULL;
    int32_t code;

    if (json.n == 0)
        reader.start = reader.p = "";
    reader.end = reader.p + json.n;
    code = read_value(&reader, &doc);
    if (code != OV_OK)
        return code;
    skip_blanks(&reader);
    if (reader.p < reader.end)
        return refuse_rest(&reader, "the end of the text");
    *out = doc;
    return OV_OK;
}
