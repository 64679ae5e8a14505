/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter_text.c - prefix, contains and regex on the text form of a field, and
 * geo_range.
 *
 * A bool has the text "1" or "0", so its operator is decided here. The text of a date
 * would be its decimal milliseconds, which nobody means: refused. A number with a
 * fraction, a place and a vector have no text: nothing matches.
 */
#include "filter_parts.h"

#include <ov/sdk.h>

#include <math.h>
#include <string.h>

#define METRES_PER_DEGREE 111320.0
/* The whole world is 360 by 180 degrees; no two places are farther apart. */
#define WHOLE_WORLD 403.0

/* ------------------------------------------------------------------------- texts */

/* The text form of a path is canonical: it begins with a slash and holds no two in a row.
 * What is looked for in it is spelled so as well, but for a slash at its end. */
static int32_t spell_as_path(const struct leaf *leaf, uint16_t op, struct ov_str *text)
{
    char *bytes;
    uint64_t n = 0;

    if (leaf->field->kind != KIND_PATH || text->n == 0)
        return OV_OK;
    bytes = ov_arena_take(leaf->compiler->arena, (size_t)text->n + 1);
    if (bytes == NULL)
        return ov_no_memory(leaf->compiler->err);
    if (op == OV_PREFIX && text->p[0] != '/')
        bytes[n++] = '/';
    for (uint64_t i = 0; i < text->n; i++)
        if (text->p[i] != '/' || n == 0 || bytes[n - 1] != '/')
            bytes[n++] = text->p[i];
    text->p = bytes;
    text->n = n;
    return OV_OK;
}

static int32_t read_operand(const struct leaf *leaf, uint16_t op, struct ov_str *out)
{
    const char *name = op == OV_PREFIX     ? "prefix"
                       : op == OV_CONTAINS ? "substring"
                                           : "pattern";
    struct place at = filter_at(leaf, name);
    const struct ov_doc *doc = ov_doc_get(leaf->doc, name);
    int32_t code;

    if (doc == NULL || doc->kind != OV_DOC_TEXT)
        return place_fail(&at, leaf->compiler->err, OV_INVALID, "%s is not a text", name);
    if (op == OV_REGEX) {
        *out = ov_doc_str(doc);
        return OV_OK;
    }
    code = filter_operand(leaf, doc, &at, out);
    return code == OV_OK ? spell_as_path(leaf, op, out) : code;
}

/* The pattern is in the dialect; *out may be NULL. */
static int32_t compile_pattern(const struct leaf *leaf, struct ov_str text,
                               struct ov_pattern **out)
{
    struct place at = filter_at(leaf, "pattern");
    struct ov_error why = OV_ERROR_INIT;
    uint64_t offset = 0;
    int32_t code = ov_pattern_new(text, out, &offset, &why);

    if (code == OV_OK)
        return OV_OK;
    if (code == OV_NO_SPACE)
        return ov_no_memory(leaf->compiler->err);
    return place_fail(&at, leaf->compiler->err, code, "%s", why.message);
}

/* Does the text of a bool match? */
static int matches(uint16_t op, struct ov_str operand, const struct ov_pattern *pattern,
                   const char *text)
{
    if (op == OV_REGEX)
        return ov_pattern_match(pattern, ov_str_of(text));
    return operand.n == 1 && operand.p[0] == text[0];
}

static struct tree *fold_bool(const struct leaf *leaf, uint16_t op, struct ov_str operand,
                              const struct ov_pattern *pattern)
{
    struct ov_arena *arena = leaf->compiler->arena;
    int zero = matches(op, operand, pattern, "0");
    int one = matches(op, operand, pattern, "1");
    struct ov_scalar *value;

    if (zero == one)
        return one ? tree_all() : tree_none();
    value = ov_arena_take(arena, sizeof(*value));
    if (value == NULL)
        return NULL;
    memset(value, 0, sizeof(*value));
    value->type = OV_BOOL;
    value->u.i = one;
    return tree_leaf(arena, OV_IN, leaf->field->ordinal, value, 1);
}

static struct tree *make_text(const struct leaf *leaf, uint16_t op, struct ov_str operand)
{
    struct ov_arena *arena = leaf->compiler->arena;
    struct ov_scalar *value = ov_arena_take(arena, sizeof(*value));

    if (value == NULL)
        return NULL;
    memset(value, 0, sizeof(*value));
    value->type = OV_TEXT;
    value->u.s = operand;
    return tree_leaf(arena, op, leaf->field->ordinal, value, 1);
}

/* Has the field a text form? */
static int has_text(enum kind kind)
{
    return kind == KIND_STRING || kind == KIND_TEXT || kind == KIND_IMAGE ||
           kind == KIND_PATH || kind == KIND_INT64 || kind == KIND_STRING_LIST ||
           kind == KIND_INT64_LIST;
}

static struct tree *lower_text(const struct leaf *leaf, uint16_t op,
                               struct ov_str operand, const struct ov_pattern *pattern)
{
    if (operand.n == 0)
        return tree_none();
    if (leaf->field->kind == KIND_BOOL)
        return fold_bool(leaf, op, operand, pattern);
    return has_text(leaf->field->kind) ? make_text(leaf, op, operand) : tree_none();
}

int32_t filter_text(const struct leaf *leaf, uint16_t op, struct tree **out)
{
    struct place field_at = filter_at(leaf, "field");
    struct ov_str operand = { NULL, 0 };
    struct ov_pattern *pattern = NULL;
    int32_t code;

    if (leaf->field->kind == KIND_DATE_TIME)
        return place_fail(&field_at, leaf->compiler->err, OV_INVALID,
                          "the date_time field '%s' is not searched as text",
                          place_show(ov_str_of(leaf->field->name)).text);
    code = read_operand(leaf, op, &operand);
    if (code == OV_OK && op == OV_REGEX)
        code = compile_pattern(leaf, operand, &pattern);
    if (code != OV_OK)
        return code;
    *out = lower_text(leaf, op, operand, pattern);
    ov_pattern_free(pattern);
    return *out != NULL ? OV_OK : ov_no_memory(leaf->compiler->err);
}

/* ------------------------------------------------------------------------ places */

static int32_t read_center(const struct leaf *leaf, double lon_lat[2])
{
    struct place at = filter_at(leaf, "center");
    const struct ov_doc *center = ov_doc_get(leaf->doc, "center");
    struct ov_error why = OV_ERROR_INIT, *err = leaf->compiler->err;
    uint64_t i;
    int32_t code;

    if (center != NULL && center->kind == OV_DOC_TEXT) {
        code = ov_geo_parse(ov_doc_str(center), lon_lat, &why);
        if (code == OV_NO_SPACE)
            return ov_no_memory(err);
        return code == OV_OK ? OV_OK
                             : place_fail(&at, err, OV_INVALID, "%s", why.message);
    }
    if (center == NULL || center->kind != OV_DOC_LIST || center->n != 2)
        return place_fail(&at, err, OV_INVALID,
                          "the center is neither \"lon,lat\" nor [lon,lat]");
    for (i = 0; i < 2; i++) {
        const struct ov_doc *item = center->u.items[i];
        double limit = i == 0 ? 180 : 90;

        lon_lat[i] = item->kind == OV_DOC_INT    ? (double)item->u.i
                     : item->kind == OV_DOC_REAL ? item->u.f
                                                 : NAN;
        if (!(lon_lat[i] >= -limit && lon_lat[i] <= limit))
            return place_fail(&at, err, OV_INVALID,
                              "the center is not within -180..180, -90..90");
    }
    return OV_OK;
}

static int is_letter(char c, char lower)
{
    return c == lower || c == lower - 'a' + 'A';
}

/* "10km", "500m", "250": metres. */
static int parse_radius(struct ov_str text, double *metres)
{
    double unit = 1;

    while (text.n > 0 && text.p[0] == ' ') {
        text.p++;
        text.n--;
    }
    while (text.n > 0 && text.p[text.n - 1] == ' ')
        text.n--;
    if (text.n > 0 && is_letter(text.p[text.n - 1], 'm')) {
        text.n--;
        if (text.n > 0 && is_letter(text.p[text.n - 1], 'k')) {
            text.n--;
            unit = 1000;
        }
    }
    while (text.n > 0 && text.p[text.n - 1] == ' ')
        text.n--;
    if (ov_double_parse(text, metres) != OV_OK)
        return 0;
    *metres *= unit;
    return 1;
}

static int32_t read_radius(const struct leaf *leaf, double *degrees)
{
    struct place at = filter_at(leaf, "radius");
    const struct ov_doc *radius = ov_doc_get(leaf->doc, "radius");
    double metres = NAN;

    if (radius != NULL && radius->kind == OV_DOC_TEXT) {
        if (!parse_radius(ov_doc_str(radius), &metres))
            metres = NAN;
    } else if (radius != NULL && radius->kind == OV_DOC_INT) {
        metres = (double)radius->u.i;
    } else if (radius != NULL && radius->kind == OV_DOC_REAL && isfinite(radius->u.f)) {
        metres = radius->u.f;
    }
    if (isnan(metres))
        return place_fail(&at, leaf->compiler->err, OV_INVALID,
                          "the radius '%s' is no number of m or km",
                          place_show(ov_doc_str(radius)).text);
    *degrees = metres / METRES_PER_DEGREE;
    return OV_OK;
}

static struct tree *make_within(const struct leaf *leaf, const double place[3])
{
    struct ov_arena *arena = leaf->compiler->arena;
    struct ov_scalar *values;
    int i;

    if (place[2] <= 0)
        return tree_none();
    /* No provider has to square a radius that would overflow. */
    if (place[2] >= WHOLE_WORLD)
        return tree_has_value(arena, leaf->field);
    values = ov_arena_take(arena, 3 * sizeof(*values));
    if (values == NULL)
        return NULL;
    memset(values, 0, 3 * sizeof(*values));
    for (i = 0; i < 3; i++) {
        values[i].type = OV_FLOAT64;
        values[i].u.f = place[i] + 0.0;
    }
    return tree_leaf(arena, OV_WITHIN, leaf->field->ordinal, values, 3);
}

int32_t filter_geo_range(const struct leaf *leaf, struct tree **out)
{
    struct place field_at = filter_at(leaf, "field");
    double place[3] = { 0, 0, 0 };
    int32_t code;

    if (leaf->field->kind != KIND_GEO_POINT)
        return place_fail(&field_at, leaf->compiler->err, OV_INVALID,
                          "geo_range is for geo_point fields, and '%s' is none",
                          place_show(ov_str_of(leaf->field->name)).text);
    code = read_center(leaf, place);
    if (code == OV_OK)
        code = read_radius(leaf, &place[2]);
    if (code != OV_OK)
        return code;
    *out = make_within(leaf, place);
    return *out != NULL ? OV_OK : ov_no_memory(leaf->compiler->err);
}
