/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter_value.c - must: literals to the field's own type (contract 3.3 to 3.6).
 *
 * OpenViking compares texts: 7 and "7" are one, "012" is neither. A literal that no
 * value of the field can equal is left out; when none is left nothing matches.
 */
#include "filter_parts.h"
#include "uri.h"

#include <ov/sdk.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The literals of one must. */
struct literals {
    const struct leaf *leaf;
    struct place at; /* of the present one */
    struct ov_scalar *values;
    uint32_t n;
};

int filter_integer(double real, int64_t *out)
{
    if (!(real >= -0x1p63 && real < 0x1p63) || floor(real) != real)
        return 0;
    *out = (int64_t)real;
    return 1;
}

int32_t filter_operand(const struct leaf *leaf, const struct ov_doc *doc,
                       const struct place *place, struct ov_str *out)
{
    struct ov_str text = ov_doc_str(doc);

    if (!ov_utf8_valid(text))
        return place_fail(place, leaf->compiler->err, OV_INVALID,
                          "'%s' is not UTF-8 or holds U+0000", place_show(text).text);
    if (uri_field(ov_str_of(leaf->field->name)))
        text = uri_encode(leaf->compiler->arena, text);
    if (text.p == NULL)
        return ov_no_memory(leaf->compiler->err);
    *out = text;
    return OV_OK;
}

/* ----------------------------------------------------------------------- times */

static int64_t cut_time(double ms)
{
    if (ms < (double)(FILTER_TIME_LOW / 1000))
        return FILTER_TIME_LOW - 1000;
    if (ms > (double)(FILTER_TIME_HIGH / 1000))
        return FILTER_TIME_HIGH;
    return (int64_t)ms * 1000;
}

int32_t filter_time(const struct leaf *leaf, const struct ov_doc *doc,
                    const struct place *place, int64_t *micros)
{
    struct ov_error why = OV_ERROR_INIT;
    int32_t code;

    if (doc->kind == OV_DOC_INT) {
        *micros = doc->u.i < FILTER_TIME_LOW / 1000 || doc->u.i > FILTER_TIME_HIGH / 1000
                      ? cut_time((double)doc->u.i)
                      : doc->u.i * 1000;
        return OV_OK;
    }
    if (doc->kind == OV_DOC_REAL && isfinite(doc->u.f)) {
        *micros = cut_time(doc->u.f);
        return OV_OK;
    }
    if (doc->kind != OV_DOC_TEXT)
        return place_fail(place, leaf->compiler->err, OV_INVALID,
                          "a time is a text or a number of milliseconds");
    code = ov_time_parse(ov_doc_str(doc), micros, &why);
    if (code == OV_NO_SPACE)
        return ov_no_memory(leaf->compiler->err);
    if (code != OV_OK)
        return place_fail(place, leaf->compiler->err, OV_INVALID, "%s", why.message);
    return OV_OK;
}

/* ------------------------------------------------------------ one literal a type */

static void keep(struct literals *literals, uint32_t type, int64_t i)
{
    struct ov_scalar *value = &literals->values[literals->n++];

    memset(value, 0, sizeof(*value));
    value->type = type;
    value->u.i = i;
}

static void keep_text(struct literals *literals, struct ov_str text)
{
    keep(literals, OV_TEXT, 0);
    literals->values[literals->n - 1].u.s = text;
}

/* The text form of a number, or the text. */
static int32_t take_text(struct literals *literals, const struct ov_doc *doc)
{
    struct ov_arena *arena = literals->leaf->compiler->arena;
    struct ov_str text = { NULL, 0 };
    char number[OV_NUMBER_TEXT];
    int32_t code = OV_OK;

    if (doc->kind == OV_DOC_TEXT) {
        code = filter_operand(literals->leaf, doc, &literals->at, &text);
    } else {
        text.n = doc->kind == OV_DOC_REAL ? ov_double_print(doc->u.f, number)
                                          : ov_int_print(doc->u.i, number);
        text.p = number;
        text = ov_arena_text(arena, text);
        if (text.p == NULL)
            code = ov_no_memory(literals->leaf->compiler->err);
    }
    if (code == OV_OK)
        keep_text(literals, text);
    return code;
}

static int32_t take_path(struct literals *literals, const struct ov_doc *doc)
{
    struct ov_str text = { NULL, 0 }, path;
    char *buffer;
    int32_t code;

    if (doc->kind != OV_DOC_TEXT)
        return OV_OK;
    code = filter_operand(literals->leaf, doc, &literals->at, &text);
    if (code != OV_OK)
        return code;
    buffer = ov_arena_take(literals->leaf->compiler->arena, (size_t)text.n + 1);
    if (buffer == NULL)
        return ov_no_memory(literals->leaf->compiler->err);
    path.n = ov_path_canonical(text, buffer);
    path.p = buffer;
    keep_text(literals, path);
    return OV_OK;
}

/* The integer whose shortest decimal the text is; 0: none. */
static int parse_exactly(struct ov_str text, int64_t *out)
{
    char again[OV_NUMBER_TEXT];
    struct ov_str printed = { again, 0 };

    if (text.n >= OV_NUMBER_TEXT || ov_int_parse(text, out) != OV_OK)
        return 0;
    printed.n = ov_int_print(*out, again);
    return ov_str_equal(text, printed);
}

static int32_t take_int(struct literals *literals, const struct ov_doc *doc)
{
    int64_t i = doc->u.i;

    if ((doc->kind == OV_DOC_TEXT && !parse_exactly(ov_doc_str(doc), &i)) ||
        (doc->kind == OV_DOC_REAL && !filter_integer(doc->u.f, &i)))
        return OV_OK;
    keep(literals, OV_INT64, i);
    return OV_OK;
}

static int32_t take_bool(struct literals *literals, const struct ov_doc *doc)
{
    uint32_t before = literals->n;
    int32_t code = take_int(literals, doc);

    if (code != OV_OK || literals->n == before)
        return code;
    literals->values[before].type = OV_BOOL;
    if (literals->values[before].u.i != 0 && literals->values[before].u.i != 1)
        literals->n = before;
    return OV_OK;
}

static int32_t take_real(struct literals *literals, const struct ov_doc *doc)
{
    double real = doc->u.f;
    int64_t back;

    if (doc->kind == OV_DOC_TEXT || doc->kind == OV_DOC_BOOL)
        return OV_OK;
    if (doc->kind == OV_DOC_INT) {
        real = (double)doc->u.i;
        if (!filter_integer(real, &back) || back != doc->u.i)
            return OV_OK;
    }
    keep(literals, OV_FLOAT64, 0);
    literals->values[literals->n - 1].u.f = real + 0.0; /* never -0 */
    return OV_OK;
}

static int32_t take_time(struct literals *literals, const struct ov_doc *doc)
{
    int64_t micros = 0;
    int32_t code;

    /* What a record without a date holds; nothing equals it. */
    if (doc->kind == OV_DOC_TEXT && doc->n == 0)
        return OV_OK;
    code = filter_time(literals->leaf, doc, &literals->at, &micros);
    if (code == OV_OK && micros >= FILTER_TIME_LOW && micros < FILTER_TIME_HIGH)
        keep(literals, OV_TIME, micros);
    return code;
}

/* ------------------------------------------------------------------- all of them */

/* Texts and numbers do not mix, and nothing else is a literal. */
static int32_t check_conds(const struct leaf *leaf, const struct ov_doc *conds)
{
    struct place list_at = filter_at(leaf, "conds"), at = { &list_at, NULL, 0 };
    int texts = 0, numbers = 0;

    for (; at.index < conds->n; at.index++) {
        const struct ov_doc *doc = conds->u.items[at.index];

        texts |= doc->kind == OV_DOC_TEXT;
        numbers |= doc->kind == OV_DOC_INT || doc->kind == OV_DOC_BOOL ||
                   doc->kind == OV_DOC_REAL;
        if (doc->kind == OV_DOC_NULL || doc->kind > OV_DOC_TEXT ||
            (doc->kind == OV_DOC_REAL && !isfinite(doc->u.f)))
            return place_fail(&at, leaf->compiler->err, OV_INVALID,
                              "a value of conds is no text, number or bool");
        if (texts && numbers)
            return place_fail(&at, leaf->compiler->err, OV_INVALID,
                              "conds holds texts and numbers");
    }
    return OV_OK;
}

typedef int32_t take_fn(struct literals *literals, const struct ov_doc *doc);

/* NULL: nothing equals a value of this kind. */
static take_fn *taker(enum kind kind)
{
    switch (kind) {
    case KIND_INT64:
    case KIND_INT64_LIST:
        return take_int;
    case KIND_FLOAT32:
        return take_real;
    case KIND_BOOL:
        return take_bool;
    case KIND_STRING:
    case KIND_TEXT:
    case KIND_IMAGE:
    case KIND_STRING_LIST:
        return take_text;
    case KIND_PATH:
        return take_path;
    case KIND_DATE_TIME:
        return take_time;
    case KIND_GEO_POINT:
    case KIND_VECTOR:
    case KIND_SPARSE_VECTOR:
    case KIND_VIDEO:
    case KIND_HOST:
        break;
    }
    return NULL;
}

static int compare_scalars(const void *a, const void *b)
{
    const struct ov_scalar *left = a, *right = b;

    if (left->type == OV_TEXT)
        return ov_str_compare(left->u.s, right->u.s);
    if (left->type == OV_FLOAT64)
        return (left->u.f > right->u.f) - (left->u.f < right->u.f);
    return (left->u.i > right->u.i) - (left->u.i < right->u.i);
}

/* In order and each once. */
static void sort_literals(struct literals *literals)
{
    uint32_t i, n = 0;

    if (literals->n < 2)
        return;
    qsort(literals->values, literals->n, sizeof(*literals->values), compare_scalars);
    for (i = 0; i < literals->n; i++)
        if (n == 0 ||
            compare_scalars(&literals->values[n - 1], &literals->values[i]) != 0)
            literals->values[n++] = literals->values[i];
    literals->n = n;
}

/* The N of "-d=N" at *i of a text, blanks passed over: negative is -1, and so is what no
 * path can be deep. 0: there is no number. */
static int scan_levels(struct ov_str text, uint64_t *i, int64_t *out)
{
    int64_t value = 0;
    int digits = 0, minus = 0, huge = 0;

    for (; *i < text.n; ++*i) {
        char c = text.p[*i];

        if (c == ' ' || c == '\t')
            continue;
        if (c == '-' && digits == 0 && !minus) {
            minus = 1;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        digits++;
        if (value > INT32_MAX)
            huge = 1;
        else
            value = value * 10 + (c - '0');
    }
    *out = huge || (minus && value > 0) ? -1 : value;
    return digits > 0;
}

/* para is "-d=N"; blanks, further numbers and further options are passed over. */
static int32_t read_levels(const struct leaf *leaf, int64_t *out)
{
    struct place at = filter_at(leaf, "para");
    const struct ov_doc *para = ov_doc_get(leaf->doc, "para");
    struct ov_str text = ov_doc_str(para);
    uint64_t i, matched = 0;

    *out = -1;
    if (para == NULL || (para->kind == OV_DOC_TEXT && text.n == 0))
        return OV_OK;
    for (i = 0; i < text.n && matched < 3; i++)
        if (text.p[i] == "-d="[matched])
            matched++;
        else if (text.p[i] != ' ' && text.p[i] != '\t')
            break;
    if (matched == 3 && scan_levels(text, &i, out) &&
        (i == text.n || text.p[i] == ',' || text.p[i] == '-'))
        return OV_OK;
    if (para->kind != OV_DOC_TEXT)
        return place_fail(&at, leaf->compiler->err, OV_INVALID,
                          "para is not a text like \"-d=N\"");
    return place_fail(&at, leaf->compiler->err, OV_INVALID, "para '%s' is not \"-d=N\"",
                      place_show(text).text);
}

/* The leaf of literals that are left. */
static struct tree *make_leaf(const struct literals *literals, int64_t levels)
{
    const struct field *field = literals->leaf->field;
    struct ov_arena *arena = literals->leaf->compiler->arena;
    struct tree *made;

    if (literals->n == 0)
        return tree_none();
    if (field->kind == KIND_BOOL && literals->n == 2)
        return tree_all();
    /* The first in order is the root, and below it lies everything. */
    if (field->kind == KIND_PATH && levels < 0 && literals->values[0].u.s.n == 0)
        return tree_all();
    made = tree_leaf(arena, field->kind == KIND_PATH ? OV_PATH : OV_IN, field->ordinal,
                     literals->values, literals->n);
    if (made != NULL && field->kind == KIND_PATH)
        made->arg = levels;
    return made;
}

int32_t filter_must(const struct leaf *leaf, struct tree **out)
{
    struct place list_at = filter_at(leaf, "conds");
    struct literals literals = { leaf, { &list_at, NULL, 0 }, NULL, 0 };
    const struct ov_doc *conds = ov_doc_get(leaf->doc, "conds");
    take_fn *take = taker(leaf->field->kind);
    int64_t levels = -1;
    int32_t code;

    if (conds == NULL || conds->kind != OV_DOC_LIST)
        return place_fail(&list_at, leaf->compiler->err, OV_INVALID,
                          "conds is not a list");
    code = check_conds(leaf, conds);
    if (code == OV_OK)
        code = read_levels(leaf, &levels);
    if (code != OV_OK)
        return code;
    literals.values =
        ov_arena_take(leaf->compiler->arena, (size_t)conds->n * sizeof(*literals.values));
    if (literals.values == NULL)
        return ov_no_memory(leaf->compiler->err);
    for (; take != NULL && literals.at.index < conds->n; literals.at.index++) {
        code = take(&literals, conds->u.items[literals.at.index]);
        if (code != OV_OK)
            return code;
    }
    sort_literals(&literals);
    *out = make_leaf(&literals, levels);
    return *out != NULL ? OV_OK : ov_no_memory(leaf->compiler->err);
}
