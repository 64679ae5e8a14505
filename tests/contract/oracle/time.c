/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time.c - ISO 8601 as Python 3.11's datetime.fromisoformat takes it (contract 3.6).
 *
 * Days are counted one year and one month at a time: slow, and hard to get wrong.
 */
#include "model.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

int64_t o_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t month_days(int64_t year, int64_t month)
{
    static const int64_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1 January of the year 1. */
static int64_t days_before(int64_t year)
{
    int64_t days = 0;

    for (int64_t y = 1; y < year; y++)
        days += is_leap(y) ? 366 : 365;
    return days;
}

/* Exactly n digits. */
static int digits(const char **p, int n, int64_t *out)
{
    int64_t value = 0;

    for (int i = 0; i < n; i++) {
        if (!isdigit((unsigned char)(*p)[i]))
            return -1;
        value = value * 10 + ((*p)[i] - '0');
    }
    *p += n;
    *out = value;
    return 0;
}

static int read_week(const char **p, int dashed, int64_t year, int64_t *days)
{
    int64_t week, day = 1, first, weeks;

    (*p)++;
    if (digits(p, 2, &week) != 0)
        return -1;
    if (dashed && **p == '-') {
        (*p)++;
        if (digits(p, 1, &day) != 0)
            return -1;
    } else if (!dashed && isdigit((unsigned char)**p)) {
        (void)digits(p, 1, &day);
    }
    /* 1 January of the year 1 was a Monday. */
    first = days_before(year);
    weeks = 52;
    if (first % 7 == 3 || (first % 7 == 2 && is_leap(year)))
        weeks = 53;
    if (week < 1 || week > weeks || day < 1 || day > 7)
        return -1;
    first -= first % 7 <= 3 ? first % 7 : first % 7 - 7;
    *days = first + (week - 1) * 7 + day - 1;
    return 0;
}

static int read_day(const char **p, int64_t *days)
{
    int64_t year, month, day;
    int dashed;

    if (digits(p, 4, &year) != 0 || year < 1)
        return -1;
    dashed = **p == '-';
    *p += dashed;
    if (**p == 'W')
        return read_week(p, dashed, year, days);
    if (digits(p, 2, &month) != 0 || month < 1 || month > 12)
        return -1;
    if (dashed && *(*p)++ != '-')
        return -1;
    if (digits(p, 2, &day) != 0 || day < 1 || day > month_days(year, month))
        return -1;
    *days = days_before(year) + day - 1;
    for (int64_t m = 1; m < month; m++)
        *days += month_days(year, m);
    return 0;
}

/* hh[:mm[:ss[.f]]] or hhmmss; limit: the hours it must stay below. */
static int read_clock(const char **p, int64_t *us)
{
    int64_t part[3] = { 0, 0, 0 }, fraction = 0, scale = 100000;
    int colon = 0, n = 1;

    if (digits(p, 2, &part[0]) != 0)
        return -1;
    while (n < 3) {
        if (n == 1)
            colon = **p == ':';
        if (colon ? **p != ':' : !isdigit((unsigned char)**p))
            break;
        *p += colon;
        if (digits(p, 2, &part[n++]) != 0)
            return -1;
    }
    if (n == 3 && (**p == '.' || **p == ',')) {
        (*p)++;
        if (!isdigit((unsigned char)**p))
            return -1;
        for (; isdigit((unsigned char)**p); (*p)++, scale /= 10)
            fraction += (**p - '0') * scale;
    }
    if (part[0] > 24 || part[1] > 59 || part[2] > 59 ||
        (part[0] == 24 && (part[1] != 0 || part[2] != 0 || fraction != 0)))
        return -1;
    *us = ((part[0] * 60 + part[1]) * 60 + part[2]) * 1000000 + fraction;
    return 0;
}

int o_date(const char *text, int64_t *ms)
{
    char copy[80];
    const char *p = copy;
    size_t n;
    int64_t days, clock = 0, offset = 0, us;

    while (isspace((unsigned char)*text))
        text++;
    n = strlen(text);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    if (n == 0 || n > 60)
        return -1;
    memcpy(copy, text, n);
    copy[n] = '\0';
    if (copy[n - 1] == 'Z')
        strcpy(copy + n - 1, "+00:00");
    if (read_day(&p, &days) != 0)
        return -1;
    if (*p != '\0') {
        p++;
        while ((*p & 0xC0) == 0x80) /* any one character may stand between */
            p++;
        if (read_clock(&p, &clock) != 0)
            return -1;
        if (*p == '+' || *p == '-') {
            int sign = *p++ == '-' ? -1 : 1;
            if (read_clock(&p, &offset) != 0 || offset >= INT64_C(86400000000))
                return -1;
            offset *= sign;
        }
        if (*p != '\0')
            return -1;
    }
    us = (days - days_before(1970)) * INT64_C(86400000000) + clock - offset;
    *ms = us >= 0 ? us / 1000 : -((-us + 999) / 1000);
    return 0;
}
