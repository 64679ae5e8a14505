/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time.c - points in time as text, by the grammar of Python 3.11's fromisoformat.
 *
 * A date is YYYY-MM-DD, YYYYMMDD, YYYY-Www[-D] or YYYYWww[D]; then any one character;
 * then HH[:MM[:SS[.fff]]] or the same without colons; then Z or an offset of the same
 * shape. Where a week date leaves it open which character parts it from the time, the
 * length of the run of digits decides, as it does there.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define US_PER_S INT64_C(1000000)
#define S_PER_DAY INT64_C(86400)
#define FIRST_SECOND INT64_C(-62135596800) /* 0001-01-01 */
#define LAST_SECOND INT64_C(253402300799)  /* 9999-12-31T23:59:59 */

struct clock {
    int hour, minute, second, micros;
};

static int is_digit(struct ov_str text, uint64_t at)
{
    return at < text.n && text.p[at] >= '0' && text.p[at] <= '9';
}

/* n digits at *at, which moves behind them; -1 when there are fewer. */
static int take_digits(struct ov_str text, uint64_t *at, int n)
{
    int value = 0;

    for (; n > 0; n--, ++*at) {
        if (!is_digit(text, *at))
            return -1;
        value = value * 10 + (text.p[*at] - '0');
    }
    return value;
}

static char char_at(struct ov_str text, uint64_t at)
{
    return at < text.n ? text.p[at] : '\0';
}

/* ---------------------------------------------------------------- calendar */

/* Days since 1970-01-01; years begin in March, so that the leap day is the last. */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return y * 365 + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

static int is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Monday 0, of a day since 1970-01-01, a Thursday. */
static int weekday_of(int64_t days)
{
    int day = (int)((days + 3) % 7);

    return day < 0 ? day + 7 : day;
}

/* The Monday of week 1: the week that has the year's first Thursday. */
static int64_t week_one(int year)
{
    int64_t first = days_of(year, 1, 1);
    int weekday = weekday_of(first);

    return first - weekday + (weekday > 3 ? 7 : 0);
}

static int week_date(int year, int week, int day, int64_t *days)
{
    if (year < 1 || week < 1 || day < 1 || day > 7 ||
        week > (week_one(year + 1) - week_one(year)) / 7)
        return -1;
    *days = week_one(year) + (week - 1) * 7 + day - 1;
    return 0;
}

/* -------------------------------------------------------------------- date */

/* Where the date ends: the place of the character before the time. */
static uint64_t find_end_of_date(struct ov_str text)
{
    uint64_t at;

    if (text.n == 7)
        return 7;
    if (char_at(text, 4) == '-') {
        if (char_at(text, 5) != 'W')
            return 10;
        if (char_at(text, 8) != '-' || text.n == 8)
            return 8;
        return is_digit(text, 10) ? 8 : 10;
    }
    if (char_at(text, 4) != 'W')
        return 8;
    for (at = 7; is_digit(text, at); at++)
        ;
    if (at < 9)
        return at;
    return at % 2 == 0 ? 7 : 8;
}

static int parse_week(struct ov_str date, uint64_t at, int year, int dashes,
                      int64_t *days)
{
    int week = take_digits(date, &at, 2), day = 1;

    if (week < 0)
        return -1;
    if (at < date.n) {
        if (dashes && char_at(date, at++) != '-')
            return -1;
        day = take_digits(date, &at, 1);
    }
    return week_date(year, week, day, days);
}

static int parse_date(struct ov_str date, int64_t *days)
{
    uint64_t at = 0;
    int year = take_digits(date, &at, 4), month, day;
    int dashes = char_at(date, 4) == '-';

    if (year < 0)
        return -1;
    at += (uint64_t)dashes;
    if (char_at(date, at) == 'W')
        return parse_week(date, at + 1, year, dashes, days);
    month = take_digits(date, &at, 2);
    if (month < 0 || (dashes && char_at(date, at++) != '-'))
        return -1;
    day = take_digits(date, &at, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return -1;
    *days = days_of(year, month, day);
    return 0;
}

/* -------------------------------------------------------------------- time */

/* Up to six digits count, more are passed over. 1: something else follows. */
static int parse_fraction(struct ov_str text, uint64_t at, int *micros)
{
    int n = text.n - at < 6 ? (int)(text.n - at) : 6, value = take_digits(text, &at, n);

    if (value < 0)
        return -1;
    for (; n < 6; n++)
        value *= 10;
    *micros = value;
    while (is_digit(text, at))
        at++;
    return at < text.n;
}

/*
 * HH[:MM[:SS[.fff]]], with colons everywhere or nowhere. 1: something follows that is
 * none of that. Python passes over it when an offset comes after, and so do we: what it
 * stored must be readable.
 */
static int parse_clock(struct ov_str text, struct clock *out)
{
    int *parts[] = { &out->hour, &out->minute, &out->second };
    uint64_t at = 0;
    int i, colons = 1;

    memset(out, 0, sizeof(*out));
    for (i = 0; i < 3; i++) {
        *parts[i] = take_digits(text, &at, 2);
        if (*parts[i] < 0)
            return -1;
        if (at + 1 >= text.n)
            return at < text.n;
        if (i == 0)
            colons = text.p[at] == ':';
        if (text.p[at] == '.' || text.p[at] == ',')
            return parse_fraction(text, at + 1, &out->micros);
        if (colons && text.p[at++] != ':')
            return -1;
    }
    return parse_fraction(text, at, &out->micros);
}

/* The offset from UTC in microseconds; 1 when there is none. */
static int parse_offset(struct ov_str text, int64_t *offset)
{
    struct clock zone;
    struct ov_str rest = { text.p + 1, text.n - 1 };

    if (text.n == 0)
        return 1;
    *offset = 0;
    if (text.p[0] == 'Z')
        return text.n == 1 ? 0 : -1;
    if (parse_clock(rest, &zone) != 0)
        return -1;
    *offset = ((int64_t)zone.hour * 3600 + zone.minute * 60 + zone.second) * US_PER_S +
              zone.micros;
    if (*offset >= S_PER_DAY * US_PER_S)
        return -1;
    if (text.p[0] == '-')
        *offset = -*offset;
    return 0;
}

/* 24:00 is the end of the day, as Python reads it from 3.14 on. */
static int is_time_of_day(const struct clock *clock)
{
    if (clock->hour == 24)
        return clock->minute == 0 && clock->second == 0 && clock->micros == 0;
    return clock->hour < 24 && clock->minute < 60 && clock->second < 60;
}

static int parse_time(int64_t days, struct ov_str text, int64_t *micros)
{
    struct ov_str time = { text.p, 0 }, zone;
    struct clock clock;
    int64_t offset = 0;
    int zoned, rest;

    while (time.n < text.n && strchr("+-Z", text.p[time.n]) == NULL)
        time.n++;
    zone = (struct ov_str){ text.p + time.n, text.n - time.n };
    zoned = parse_offset(zone, &offset);
    rest = parse_clock(time, &clock);
    if (zoned < 0 || rest < 0 || (rest > 0 && zoned == 1) || !is_time_of_day(&clock))
        return -1;
    *micros = (days * S_PER_DAY + clock.hour * 3600 + clock.minute * 60 + clock.second) *
                  US_PER_S +
              clock.micros - offset;
    return 0;
}

static int64_t cut_to_millis(int64_t micros)
{
    int64_t rest = micros % 1000;

    return micros - (rest < 0 ? rest + 1000 : rest);
}

/* The one character between date and time may be any, of several bytes too. */
static uint64_t pass_separator(struct ov_str text, uint64_t at)
{
    const char *p = text.p + at;

    return text_next(&p, text.p + text.n) == 0 ? 0 : (uint64_t)(p - text.p);
}

static int parse(struct ov_str text, int64_t *micros)
{
    static const char midnight[] = "00", midnight_utc[] = "00Z";
    struct ov_str date = { text.p, 0 }, time = { midnight, 2 };
    int64_t days;
    uint64_t at;

    if (text.n < 7)
        return -1;
    date.n = find_end_of_date(text);
    if (date.n > text.n || parse_date(date, &days) != 0)
        return -1;
    if (date.n + 1 == text.n && text.p[date.n] == 'Z')
        time = (struct ov_str){ midnight_utc, 3 };
    else if (date.n < text.n) {
        at = pass_separator(text, date.n);
        if (at == 0)
            return -1;
        time = (struct ov_str){ text.p + at, text.n - at };
    }
    return parse_time(days, time, micros);
}

int32_t ov_time_parse(struct ov_str text, int64_t *micros, struct ov_error *err)
{
    struct ov_str bare = text_trim(text);
    int64_t value;

    if (parse(bare, &value) != 0)
        return ov_fail(err, OV_INVALID, "'%.*s' is no ISO 8601 time",
                       (int)(text.n < 80 ? text.n : 80), text.n == 0 ? "" : text.p);
    value = cut_to_millis(value);
    if (value < FIRST_SECOND * US_PER_S || value >= (LAST_SECOND + 1) * US_PER_S)
        return ov_fail(err, OV_INVALID, "time '%.*s' is not within the years 1 to 9999",
                       (int)(text.n < 80 ? text.n : 80), text.p);
    *micros = value;
    return OV_OK;
}

uint64_t ov_time_print(int64_t micros, char buffer[OV_TIME_TEXT])
{
    int64_t millis = cut_to_millis(micros) / 1000, days, era, of_era, year, of_year;
    int left, month, day;

    days = millis / (S_PER_DAY * 1000);
    left = (int)(millis % (S_PER_DAY * 1000));
    if (left < 0) {
        left += (int)(S_PER_DAY * 1000);
        days--;
    }
    days += 719468; /* since 0000-03-01; an era has 400 years */
    era = (days < 0 ? days - 146096 : days) / 146097;
    of_era = days - era * 146097;
    year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year = of_era - (year * 365 + year / 4 - year / 100);
    month = (int)((5 * of_year + 2) / 153);
    day = (int)(of_year - (153 * month + 2) / 5 + 1);
    month += month < 10 ? 3 : -9;
    year += era * 400 + (month <= 2);
    return (uint64_t)snprintf(buffer, OV_TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                              (int)year, month, day, left / 3600000, left / 60000 % 60,
                              left / 1000 % 60, left % 1000);
}
