/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number.c - numbers as text, whatever the locale.
 *
 * Printing asks for one digit more until the text reads back as the same number. The C
 * library writes the decimal point of the locale, which may be several bytes; only its
 * digits and the exponent are used.
 */
#include <ov/sdk.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOUBLE_DIGITS 17
#define FLOAT_DIGITS 9

static locale_t plain_locale(void)
{
    static locale_t plain;
    locale_t made = __atomic_load_n(&plain, __ATOMIC_ACQUIRE);

    if (made == (locale_t)0) {
        made = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* the same object each time */
        __atomic_store_n(&plain, made, __ATOMIC_RELEASE);
    }
    return made;
}

/* ------------------------------------------------------------------- parse */

static uint64_t count_digits(struct ov_str text, uint64_t *at)
{
    uint64_t from = *at;

    while (*at < text.n && text.p[*at] >= '0' && text.p[*at] <= '9')
        ++*at;
    return *at - from;
}

static void pass_sign(struct ov_str text, uint64_t *at)
{
    if (*at < text.n && (text.p[*at] == '-' || text.p[*at] == '+'))
        ++*at;
}

static int is_number(struct ov_str text)
{
    uint64_t at = 0, digits;

    pass_sign(text, &at);
    digits = count_digits(text, &at);
    if (at < text.n && text.p[at] == '.') {
        at++;
        digits += count_digits(text, &at);
    }
    if (digits == 0)
        return 0;
    if (at < text.n && (text.p[at] == 'e' || text.p[at] == 'E')) {
        at++;
        pass_sign(text, &at);
        if (count_digits(text, &at) == 0)
            return 0;
    }
    return at == text.n;
}

int32_t ov_double_parse(struct ov_str text, double *out)
{
    char brief[64], *copy = brief;
    double value;

    if (!is_number(text))
        return OV_INVALID;
    if (text.n >= sizeof(brief) && (copy = malloc((size_t)text.n + 1)) == NULL)
        return OV_NO_SPACE;
    memcpy(copy, text.p, (size_t)text.n);
    copy[text.n] = '\0';
    value = strtod_l(copy, NULL, plain_locale());
    if (copy != brief)
        free(copy);
    if (!isfinite(value))
        return OV_INVALID;
    *out = value;
    return OV_OK;
}

int32_t ov_int_parse(struct ov_str text, int64_t *out)
{
    uint64_t at = 0, digit;
    int64_t value = 0;
    int minus = text.n > 0 && text.p[0] == '-';

    pass_sign(text, &at);
    if (at == text.n)
        return OV_INVALID;
    for (; at < text.n; at++) {
        digit = (uint64_t)(unsigned char)text.p[at] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, minus ? -(int64_t)digit : (int64_t)digit,
                                   &value))
            return OV_INVALID;
    }
    *out = value;
    return OV_OK;
}

/* ------------------------------------------------------------------- print */

/* value = 0.DIGITS * 10^point, without trailing zeros. */
struct decimal {
    char digits[DOUBLE_DIGITS + 1];
    int n;
    int point;
};

static void decimal_of(double value, int digits, struct decimal *out)
{
    char text[OV_NUMBER_TEXT];
    const char *p = text;

    snprintf(text, sizeof(text), "%.*e", digits - 1, value);
    for (out->n = 0; *p != 'e'; p++)
        if (*p >= '0' && *p <= '9')
            out->digits[out->n++] = *p;
    out->point = 1 + (int)strtol(p + 1, NULL, 10);
    while (out->n > 1 && out->digits[out->n - 1] == '0')
        out->n--;
}

/* Does it read back as value? A float is read as one: by way of a double it would be
 * rounded twice. */
static int reads_back(const struct decimal *decimal, double value, int narrow)
{
    char text[OV_NUMBER_TEXT];
    double again;

    snprintf(text, sizeof(text), "%.*se%d", decimal->n, decimal->digits,
             decimal->point - decimal->n);
    again = narrow ? (double)strtof_l(text, NULL, plain_locale())
                   : strtod_l(text, NULL, plain_locale());
    return !(again < value) && !(again > value);
}

static uint64_t put_exponent(const struct decimal *decimal, char *to)
{
    uint64_t n = 0;

    to[n++] = decimal->digits[0];
    if (decimal->n > 1) {
        to[n++] = '.';
        memcpy(to + n, decimal->digits + 1, (size_t)decimal->n - 1);
        n += (uint64_t)decimal->n - 1;
    }
    return n + (uint64_t)sprintf(to + n, "e%d", decimal->point - 1);
}

/* 1e-5 to 1e17 are written out; what lies beyond has an exponent. */
static uint64_t put(const struct decimal *decimal, char *to)
{
    uint64_t n = 0;
    int i;

    if (decimal->point < -4 || decimal->point > DOUBLE_DIGITS)
        return put_exponent(decimal, to);
    if (decimal->point <= 0)
        to[n++] = '0';
    for (i = decimal->point <= 0 ? decimal->point : 0;
         i < decimal->n || i < decimal->point; i++) {
        if (i == decimal->point)
            to[n++] = '.';
        to[n++] = '0';
        if (i >= 0 && i < decimal->n)
            to[n - 1] = decimal->digits[i];
    }
    return n;
}

static uint64_t print(double value, int most, int narrow, char *buffer)
{
    struct decimal decimal;
    uint64_t sign = 0;
    int digits;

    if (signbit(value)) {
        buffer[sign++] = '-';
        value = -value;
    }
    if (!(value > 0)) {
        buffer[sign++] = '0';
        return sign;
    }
    for (digits = 1; digits <= most; digits++) {
        decimal_of(value, digits, &decimal);
        if (digits == most || reads_back(&decimal, value, narrow))
            break;
    }
    return sign + put(&decimal, buffer + sign);
}

uint64_t ov_double_print(double value, char buffer[OV_NUMBER_TEXT])
{
    return print(value, DOUBLE_DIGITS, 0, buffer);
}

uint64_t ov_float_print(float value, char buffer[OV_NUMBER_TEXT])
{
    return print((double)value, FLOAT_DIGITS, 1, buffer);
}

uint64_t ov_int_print(int64_t value, char buffer[OV_NUMBER_TEXT])
{
    char digits[OV_NUMBER_TEXT];
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value, n = 0, i = 0;

    if (value < 0)
        buffer[n++] = '-';
    do {
        digits[i++] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    while (i > 0)
        buffer[n++] = digits[--i];
    return n;
}
