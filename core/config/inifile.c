/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inifile.c - the one user of inih.
 *
 * inih 55 cuts a line at 200 bytes and names at 49, joins indented lines, ends a value at
 * " ;", takes what follows a broken header into the section before, and says only
 * afterwards which line was wrong. So the lines are read here: each is checked, counted
 * and handed on in a form that inih cannot misread. A value goes in pieces, as the same
 * key again and again, with every byte that means something to inih written as %XX; the
 * handler joins the pieces. Neither inih's limits nor its process-wide switches matter
 * then, and what comes back is compared with what went in.
 */
#include "inifile.h"

#include <ov/sdk.h>

#include <ctype.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *next, *end; /* of the text */
    const char *origin;
    uint32_t line;
    int32_t status;
    struct ov_error *err;
    inifile_fn *take;
    void *ctx;
    char section[INIFILE_MAX_NAME + 1];
    char key[INIFILE_MAX_NAME + 1];
    const char *value, *value_end; /* what has not been handed on */
    char *joined;                  /* INIFILE_MAX_LINE + 1 bytes */
    size_t n_joined;
    char *plain; /* the value without quotes and variables, grown as needed */
    size_t n_plain, room;
};

int32_t inifile_place(struct ov_error *err, const char *origin, uint32_t line)
{
    size_t room = sizeof(err->where) - 1, n = strlen(origin), tail;
    char number[16] = "";

    if (err == NULL || err->where[0] != '\0')
        return err == NULL ? OV_OK : err->code;
    if (line > 0)
        snprintf(number, sizeof(number), ":%u", (unsigned int)line);
    tail = room - strlen(number);
    if (n > tail) {
        origin += n - tail + 3;
        while (((unsigned char)*origin & 0xC0) == 0x80)
            origin++;
        snprintf(err->where, sizeof(err->where), "...%s%s", origin, number);
    } else {
        snprintf(err->where, sizeof(err->where), "%s%s", origin, number);
    }
    ov_line_tame(err->where);
    return err->code;
}

int inifile_key(const char *text, size_t n)
{
    if (n == 0 || text[0] < 'a' || text[0] > 'z')
        return 0;
    for (size_t i = 1; i < n; i++)
        if (!(text[i] >= 'a' && text[i] <= 'z') && !(text[i] >= '0' && text[i] <= '9') &&
            text[i] != '_')
            return 0;
    return 1;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

__attribute__((format(printf, 2, 3))) static int32_t refuse(struct reader *r,
                                                            const char *format, ...)
{
    va_list list;

    va_start(list, format);
    r->status = ov_fail_va(r->err, OV_INVALID, format, list);
    va_end(list);
    return r->status;
}

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && is_blank(*p))
        p++;
    return p;
}

static const char *trim_end(const char *p, const char *end)
{
    while (end > p && is_blank(end[-1]))
        end--;
    return end;
}

/* ----------------------------------------------------------------- one line */

static int32_t check_bytes(struct reader *r, const char *p, const char *end)
{
    struct ov_str line = { p, (uint64_t)(end - p) };

    if (end - p > INIFILE_MAX_LINE)
        return refuse(r, "the line is longer than %d bytes", INIFILE_MAX_LINE);
    for (; p < end; p++)
        if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7F)
            return refuse(r, "control byte 0x%02x in the line",
                          (unsigned int)(unsigned char)*p);
    if (!ov_utf8_valid(line))
        return refuse(r, "the line is not UTF-8");
    return OV_OK;
}

/* Only blanks and a comment may follow. */
static int is_rest(const char *p, const char *end)
{
    p = skip_blanks(p, end);
    return p == end || *p == ';' || *p == '#';
}

static int32_t read_header(struct reader *r, const char *p, const char *end)
{
    const char *close = memchr(p, ']', (size_t)(end - p));
    size_t n;

    if (close == NULL || !is_rest(close + 1, end))
        return refuse(r, "a section is written [name] on a line of its own");
    n = (size_t)(close - p) - 1;
    if (n == 0 || n > INIFILE_MAX_NAME)
        return refuse(r, "the name of a section has 1 to %d bytes", INIFILE_MAX_NAME);
    /* inih would take " ;" for a comment and lose the bracket. */
    if (memchr(p, ';', n) != NULL || memchr(p + 1, '[', n) != NULL)
        return refuse(r, "the name of a section holds neither ';' nor '['");
    memcpy(r->section, p + 1, n);
    r->section[n] = '\0';
    r->status = r->take(r->ctx, r->line, r->section, NULL, NULL, r->err);
    return r->status;
}

/* Where a value in double quotes ends: behind the closing one. NULL: nowhere. */
static const char *close_quotes(const char *p, const char *end)
{
    for (p++; p < end; p++)
        if (*p == '"') {
            if (p + 1 == end || p[1] != '"')
                return p + 1;
            p++;
        }
    return NULL;
}

/*
 * Where a bare value ends. " ; " begins a comment; a ';' or '#' that may be one, may be
 * part of a password, is refused: neither guess would be noticed.
 */
static const char *end_value(struct reader *r, const char *p, const char *end)
{
    for (const char *q = p; q < end; q++) {
        if (!is_blank(*q) || q + 1 == end || (q[1] != ';' && q[1] != '#'))
            continue;
        if (q[1] == ';' && (q + 2 == end || is_blank(q[2])))
            return q;
        refuse(r,
               "'%s' holds ' %c': put the value in double quotes, or write a "
               "comment as ' ; comment'",
               r->key, q[1]);
        return NULL;
    }
    return end;
}

static int32_t read_value(struct reader *r, const char *p, const char *end)
{
    const char *stop;

    p = skip_blanks(p, end);
    if (p < end && *p == '"') {
        stop = close_quotes(p, end);
        if (stop == NULL)
            return refuse(r, "the double quotes of '%s' are not closed", r->key);
        if (!is_rest(stop, end))
            return refuse(r, "'%s' goes on behind its double quotes", r->key);
    } else {
        if (p == end || *p == ';' || *p == '#')
            return refuse(r, "'%s' has no value; an empty one is written \"\"", r->key);
        stop = end_value(r, p, end);
        if (stop == NULL)
            return r->status;
        stop = trim_end(p, stop);
    }
    r->value = p;
    r->value_end = stop;
    r->n_joined = 0;
    return OV_OK;
}

/* A line that is no key is not quoted: it may be the second half of a password. */
static int32_t read_key(struct reader *r, const char *p, const char *end)
{
    const char *equals = memchr(p, '=', (size_t)(end - p));
    size_t n;

    if (equals == NULL)
        return refuse(r, "the line is no 'key = value'");
    n = (size_t)(trim_end(p, equals) - p);
    if (!inifile_key(p, n))
        return refuse(r, "a key is of a-z, 0-9 and '_', and begins with a letter");
    if (n > INIFILE_MAX_NAME)
        return refuse(r, "the key is longer than %d bytes", INIFILE_MAX_NAME);
    memcpy(r->key, p, n);
    r->key[n] = '\0';
    if (r->section[0] == '\0')
        return refuse(r, "'%s' stands before the first section", r->key);
    return read_value(r, equals + 1, end);
}

static int32_t read_line(struct reader *r, const char *p, const char *end)
{
    const char *text = skip_blanks(p, end);

    if (check_bytes(r, p, end) != OV_OK)
        return r->status;
    if (text == end || *text == ';' || *text == '#')
        return OV_OK;
    if (text > p)
        return refuse(r, "the line is indented; a value stands on one line");
    return *p == '[' ? read_header(r, p, end) : read_key(r, p, end);
}

/* --------------------------------------------------------------- towards inih */

/* The rest of the value as far as it fits into the line, for inih's eyes. */
static void print_piece(struct reader *r, char *line, size_t room)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = (size_t)snprintf(line, room, "%s=", r->key);

    while (r->value < r->value_end && n + 5 < room) {
        unsigned char c = (unsigned char)*r->value++;

        if (isalnum(c) && c < 0x80) {
            line[n++] = (char)c;
        } else {
            line[n++] = '%';
            line[n++] = digits[c >> 4];
            line[n++] = digits[c & 15];
        }
    }
    line[n++] = '\n';
    line[n] = '\0';
}

/* inih's fgets: blank lines and comments stop here. */
static char *hand_line(char *line, int room, void *stream)
{
    struct reader *r = stream;

    if (room < 2 * INIFILE_MAX_NAME + 8)
        r->status = ov_fail(r->err, OV_INTERNAL, "inih reads lines of %d bytes", room);
    while (r->status == OV_OK) {
        const char *start = r->next, *end;
        uint32_t was = r->line;

        if (r->value < r->value_end) {
            print_piece(r, line, (size_t)room);
            return line;
        }
        if (start == r->end)
            return NULL;
        end = memchr(start, '\n', (size_t)(r->end - start));
        r->next = end == NULL ? r->end : end + 1;
        end = end == NULL ? r->end : end;
        r->line = was + 1;
        if (end > start && end[-1] == '\r')
            end--;
        if (read_line(r, start, end) == OV_OK && *start == '[') {
            snprintf(line, (size_t)room, "[%s]\n", r->section);
            return line;
        }
    }
    return NULL;
}

/* ------------------------------------------------------------- back from inih */

static int32_t add_plain(struct reader *r, const char *text, size_t n)
{
    if (r->n_plain + n + 1 > r->room) {
        size_t room = 2 * (r->n_plain + n) + 256;
        char *grown = realloc(r->plain, room);

        if (grown == NULL)
            return r->status = ov_no_memory(r->err);
        r->plain = grown;
        r->room = room;
    }
    memcpy(r->plain + r->n_plain, text, n);
    r->n_plain += n;
    r->plain[r->n_plain] = '\0';
    return OV_OK;
}

/* p is behind "${"; *out goes behind "}". */
static int32_t add_variable(struct reader *r, const char *p, const char *end,
                            const char **out)
{
    const char *close = memchr(p, '}', (size_t)(end - p));
    char name[128];
    const char *value;
    size_t n = close == NULL ? 0 : (size_t)(close - p);

    if (n == 0 || n >= sizeof(name))
        return refuse(r, "'%s' holds a '${' that is no ${NAME}", r->key);
    for (size_t i = 0; i < n; i++)
        if (!(isalnum((unsigned char)p[i]) || p[i] == '_') || (unsigned char)p[i] > 127)
            return refuse(r, "'%s' holds a '${' that is no ${NAME}", r->key);
    memcpy(name, p, n);
    name[n] = '\0';
    value = secure_getenv(name);
    if (value == NULL)
        return refuse(r, "'%s' needs the environment variable '%s', which is not set",
                      r->key, name);
    if (!ov_utf8_valid(ov_str_of(value)) || strpbrk(value, "\n\r") != NULL)
        return refuse(r, "'%s': the environment variable '%s' is not one line of UTF-8",
                      r->key, name);
    *out = close + 1;
    return add_plain(r, value, strlen(value));
}

/* Without quotes, variables replaced. */
static int32_t unfold_value(struct reader *r)
{
    const char *p = r->joined, *end = p + r->n_joined;
    int quoted = *p == '"';

    r->n_plain = 0;
    if (quoted) {
        p++;
        end--;
    }
    if (add_plain(r, "", 0) != OV_OK)
        return r->status;
    while (p < end && r->status == OV_OK) {
        if (p[0] == '$' && p + 1 < end && p[1] == '{') {
            add_variable(r, p + 2, end, &p);
        } else if (p[0] == '$' && (p + 1 == end || p[1] != '$')) {
            refuse(r, "'%s' holds a single '$': write '$$' for a dollar", r->key);
        } else {
            add_plain(r, p, 1);
            p += 1 + (p[0] == '$' || (quoted && p[0] == '"'));
        }
    }
    return r->status;
}

static int digit_value(char c)
{
    return c <= '9' ? c - '0' : c - 'A' + 10;
}

static int take_piece(void *user, const char *section, const char *key, const char *value)
{
    struct reader *r = user;

    if (r->status != OV_OK)
        return 0;
    if (strcmp(section, r->section) != 0 || strcmp(key, r->key) != 0) {
        r->status = ov_fail(r->err, OV_INTERNAL, "inih read '%s' for '%s'", key, r->key);
        return 0;
    }
    while (*value != '\0' && r->n_joined < INIFILE_MAX_LINE) {
        char c = *value++;

        if (c == '%' && value[0] != '\0' && value[1] != '\0') {
            c = (char)(digit_value(value[0]) << 4 | digit_value(value[1]));
            value += 2;
        }
        r->joined[r->n_joined++] = c;
    }
    r->joined[r->n_joined] = '\0';
    if (r->value < r->value_end || unfold_value(r) != OV_OK)
        return r->status == OV_OK;
    r->status = r->take(r->ctx, r->line, r->section, r->key, r->plain, r->err);
    return r->status == OV_OK;
}

int32_t inifile_parse(struct ov_str text, const char *origin, inifile_fn *take, void *ctx,
                      struct ov_error *err)
{
    struct reader r = { .origin = origin, .err = err, .take = take, .ctx = ctx };

    r.next = text.n > 0 ? text.p : "";
    r.end = r.next + text.n;
    if (text.n >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0)
        r.next += 3;
    r.joined = malloc(INIFILE_MAX_LINE + 1);
    if (r.joined == NULL)
        return ov_no_memory(err);
    if (ini_parse_stream(hand_line, &r, take_piece, &r) != 0 && r.status == OV_OK)
        r.status = ov_fail(err, OV_INTERNAL, "inih refused line %u", r.line);
    if (r.status != OV_OK)
        inifile_place(err, origin, r.line);
    explicit_bzero(r.joined, INIFILE_MAX_LINE + 1);
    free(r.joined);
    if (r.plain != NULL)
        explicit_bzero(r.plain, r.room);
    free(r.plain);
    return r.status;
}
