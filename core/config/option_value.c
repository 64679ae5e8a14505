/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option_value.c - what an operator wrote for an option, by the option's kind.
 *
 * The same reading serves a provider's own fallbacks: what it would refuse in a file it
 * may not declare either.
 */
#include "resolved.h"

#include "values.h"

#include <ov/sdk.h>

#include <stdio.h>

static int within(const struct ov_option *option, double value)
{
    return option->low >= option->high || (value >= option->low && value <= option->high);
}

/* " from 1 to 100 ms", or "". */
static const char *print_bounds(const struct ov_option *option, char *buffer, size_t room)
{
    char low[OV_NUMBER_TEXT], high[OV_NUMBER_TEXT];
    uint64_t n = ov_double_print(option->low, low),
             m = ov_double_print(option->high, high);
    const char *unit = "";

    if (option->kind == OV_OPTION_MS)
        unit = " ms";
    else if (option->kind == OV_OPTION_BYTES)
        unit = " bytes";
    buffer[0] = '\0';
    if (option->low < option->high)
        snprintf(buffer, room, ", from %.*s to %.*s%s", (int)n, low, (int)m, high, unit);
    return buffer;
}

static const char *expected(const struct ov_option *option)
{
    switch ((enum ov_option_kind)option->kind) {
    case OV_OPTION_INT:
        return "a whole number";
    case OV_OPTION_REAL:
        return "a number";
    case OV_OPTION_BOOL:
        return "yes or no";
    case OV_OPTION_MS:
        return "a time such as 250ms, 30s, 5min or 1h";
    case OV_OPTION_BYTES:
        return "a size such as 4096, 512KiB or 64MiB";
    case OV_OPTION_WORD:
        return option->words;
    case OV_OPTION_TEXT:
    case OV_OPTION_PATH:
    case OV_OPTION_SECRET:
    case OV_OPTION_URL:
        break;
    }
    return "a text";
}

static int32_t refuse_value(const struct ov_option *option, const char *text,
                            struct ov_error *err)
{
    struct values_nearest nearest;
    char hint[VALUES_HINT] = "", bounds[128];

    if (option->kind == OV_OPTION_WORD) {
        values_nearest_begin(&nearest, text);
        values_nearest_words(&nearest, option->words);
        return ov_fail(err, OV_INVALID, "'%s' is '%.*s': one of '%s'%s", option->name,
                       values_brief(text), text, option->words,
                       values_hint(&nearest, hint));
    }
    return ov_fail(err, OV_INVALID, "'%s' is '%.*s': %s%s", option->name,
                   values_brief(text), text, expected(option),
                   print_bounds(option, bounds, sizeof(bounds)));
}

static int parse_number(const struct ov_option *option, const char *text,
                        struct ov_scalar *out)
{
    out->type = OV_INT64;
    switch ((enum ov_option_kind)option->kind) {
    case OV_OPTION_INT:
        if (ov_int_parse(ov_str_of(text), &out->u.i) != OV_OK)
            return -1;
        break;
    case OV_OPTION_MS:
        if (values_duration(text, &out->u.i) != 0)
            return -1;
        break;
    case OV_OPTION_BYTES:
        if (values_size(text, &out->u.i) != 0)
            return -1;
        break;
    case OV_OPTION_BOOL:
        out->type = OV_BOOL;
        return values_bool(text, &out->u.i);
    case OV_OPTION_REAL:
        out->type = OV_FLOAT64;
        if (ov_double_parse(ov_str_of(text), &out->u.f) != OV_OK)
            return -1;
        return within(option, out->u.f) ? 0 : -1;
    case OV_OPTION_TEXT:
    case OV_OPTION_PATH:
    case OV_OPTION_WORD:
    case OV_OPTION_SECRET:
    case OV_OPTION_URL:
        return -1;
    }
    return within(option, (double)out->u.i) ? 0 : -1;
}

int32_t option_read(const struct ov_option *option, const char *text,
                    struct ov_scalar *out, struct ov_error *err)
{
    struct ov_scalar value = { .type = OV_TEXT, .u.s = ov_str_of(text) };

    switch ((enum ov_option_kind)option->kind) {
    case OV_OPTION_WORD:
        if (!values_among(option->words, text))
            return refuse_value(option, text, err);
        break;
    case OV_OPTION_INT:
    case OV_OPTION_REAL:
    case OV_OPTION_BOOL:
    case OV_OPTION_MS:
    case OV_OPTION_BYTES:
        if (parse_number(option, text, &value) != 0)
            return refuse_value(option, text, err);
        break;
    case OV_OPTION_TEXT:
    case OV_OPTION_PATH:
    case OV_OPTION_SECRET:
    case OV_OPTION_URL:
        break;
    }
    *out = value;
    return OV_OK;
}

int32_t option_path_check(const struct ov_option *option, const char *text,
                          struct ov_error *err)
{
    if (text[0] == '\0')
        return ov_fail(err, OV_INVALID, "'%s' is empty: a path", option->name);
    if (text[0] == '~')
        return ov_fail(err, OV_INVALID,
                       "'%s' begins with '~', which means nothing here; ${HOME} does",
                       option->name);
    return OV_OK;
}

int32_t option_fallback_check(const struct ov_option *option, struct ov_error *err)
{
    struct ov_scalar value;

    if (option->fallback == NULL)
        return OV_OK;
    return option->kind == OV_OPTION_PATH
               ? option_path_check(option, option->fallback, err)
               : option_read(option, option->fallback, &value, err);
}
