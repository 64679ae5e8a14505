/* SPDX-License-Identifier: Apache-2.0 */
/* test_values.c - texts, cells, times, places, paths, numbers, scores, calls, errors. */
#include "support.h"

#if HAVE_FAULT
#include "fault.h"
#endif

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* -------------------------------------------------------------------- texts */

static const struct {
    const char *bytes;
    uint64_t n;
    int valid;
} texts[] = {
    { "", 0, 1 },
    { "plain ascii, longer than eight", 30, 1 },
    { "a\0b", 3, 0 },
    { "12345678\0", 9, 0 },
    { "\xc3\xa9", 2, 1 },
    { "\xc3", 1, 0 },
    { "\xa9", 1, 0 },
    { "\xc0\x80", 2, 0 },
    { "\xc1\xbf", 2, 0 },
    { "\xe0\x9f\xbf", 3, 0 },
    { "\xe0\xa0\x80", 3, 1 },
    { "\xed\x9f\xbf", 3, 1 },
    { "\xed\xa0\x80", 3, 0 },
    { "\xef\xbf\xbf", 3, 1 },
    { "\xf0\x8f\xbf\xbf", 4, 0 },
    { "\xf0\x90\x80\x80", 4, 1 },
    { "\xf4\x8f\xbf\xbf", 4, 1 },
    { "\xf4\x90\x80\x80", 4, 0 },
    { "\xf5\x80\x80\x80", 4, 0 },
    { "12345678\xff", 9, 0 },
};

START_TEST(utf8_is_told_from_what_is_not)
{
    ck_assert_int_eq(ov_utf8_valid((struct ov_str){ texts[_i].bytes, texts[_i].n }),
                     texts[_i].valid);
}
END_TEST

START_TEST(texts_compare_by_bytes)
{
    ck_assert_int_eq(ov_str_compare(ov_str_of("a"), ov_str_of("ab")), -1);
    ck_assert_int_eq(ov_str_compare(ov_str_of("\xc3\xa9"), ov_str_of("z")), 1);
    ck_assert_int_eq(ov_str_compare(ov_str_of(NULL), ov_str_of("")), 0);
    ck_assert(ov_str_equal(ov_str_of(NULL), ov_str_of("")));
    ck_assert(!ov_str_equal(ov_str_of("a"), ov_str_of("b")));
}
END_TEST

START_TEST(nulls_come_last_and_copies_stand_alone)
{
    int64_t offsets[] = { 3, 4, 6 };
    float weights[] = { 1, 2 };
    char bytes[] = "???abb";
    struct ov_cell cell = {
        .type = OV_SPARSE, .n = 2, .bytes = bytes, .weights = weights
    };
    struct ov_cell null = ov_null_cell(), copy, number = ov_int_cell(OV_INT64, -5);

    cell.u.offsets = offsets;
    ck_assert_int_eq(ov_cell_copy(&cell, &copy), 0);
    ck_assert_int_eq(ov_cell_compare(&cell, &copy), 0);
    ck_assert_int_eq(copy.u.offsets[0], 0);
    bytes[4] = 'c';
    ck_assert_int_eq(ov_cell_compare(&cell, &copy), 1);
    ov_cell_clear(&copy);
    ck_assert_uint_eq(copy.type, OV_NULL);
    ck_assert_int_eq(ov_cell_compare(&null, &number), 1);
    ck_assert_int_eq(ov_cell_compare(&number, &null), -1);
    ck_assert_int_eq(ov_cell_compare(&null, &null), 0);
    ck_assert_int_eq(ov_cell_copy(&number, &copy), 0);
    ck_assert_int_eq(copy.u.i, -5);
    ov_cell_clear(&copy);
}
END_TEST

START_TEST(a_field_that_was_not_written_has_its_fill)
{
    static const uint32_t types[] = { OV_TEXT_LIST, OV_INT64_LIST, OV_SPARSE };
    struct ov_field field = { .size = sizeof(field), .type = OV_INT64 };
    struct ov_cell cell, copy;
    size_t i;

    field.fill.type = OV_INT64;
    field.fill.u.i = 42;
    cell = ov_fill_cell(&field);
    ck_assert_int_eq(cell.u.i, 42);
    field.fill.type = OV_NULL;
    cell = ov_fill_cell(&field);
    ck_assert_uint_eq(cell.type, OV_INT64);
    field.flags = OV_FIELD_NULLABLE;
    cell = ov_fill_cell(&field);
    ck_assert_uint_eq(cell.type, OV_NULL);
    for (i = 0; i < 3; i++) {
        field.type = types[i];
        cell = ov_fill_cell(&field);
        ck_assert_uint_eq(cell.type, types[i]);
        ck_assert_uint_eq(cell.n, 0);
        ck_assert_int_eq(ov_cell_copy(&cell, &copy), 0);
        ov_cell_clear(&copy);
    }
}
END_TEST

/* -------------------------------------------------------------------- times */

static const struct {
    const char *text, *canonical;
} times[] = {
    { "2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z" },
    { " 2026-01-02T03:04:05.6789+01:00\t", "2026-01-02T02:04:05.678Z" },
    { "20260102T030405Z", "2026-01-02T03:04:05.000Z" },
    { "2026-01-02Z", "2026-01-02T00:00:00.000Z" },
    { "1969-12-31T23:59:59.9995Z", "1969-12-31T23:59:59.999Z" },
    { "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z" },
    { "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999Z" },
    { "2024-02-29T12Z", "2024-02-29T12:00:00.000Z" },
    { "2000-W01-1T00Z", "2000-01-03T00:00:00.000Z" },
    { "0001-01-01T00:00:00+00:01", NULL },
    { "9999-12-31T23:59:59-00:01", NULL },
    { "2023-02-29", NULL },
    { "", NULL },
    { "yesterday", NULL },
    { "2026-02-28T24:00Z", "2026-03-01T00:00:00.000Z" },
    { "20261231T240000.000+01:00", "2026-12-31T23:00:00.000Z" },
    { "2026-01-02T24:00:01Z", NULL },
    { "2026-01-02T24:00:00.001Z", NULL },
    { "2026-01-02T24:01Z", NULL },
    { "2026-01-02T25:00Z", NULL },
    { "2026-01-00T24:00Z", NULL },
    { "2026-01-02T00:00+24:00", NULL },
    { "9999-12-31T24:00Z", NULL },
};

START_TEST(times_are_read_and_printed)
{
    char text[OV_TIME_TEXT];
    int64_t micros = 77, again;
    uint64_t n;

    if (times[_i].canonical == NULL) {
        ck_fails(OV_INVALID, ov_time_parse(ov_str_of(times[_i].text), &micros, &err));
        ck_says(times[_i].text);
        ck_assert_int_eq(micros, 77);
        return;
    }
    ck_ok(ov_time_parse(ov_str_of(times[_i].text), &micros, &err));
    n = ov_time_print(micros, text);
    ck_assert(ov_str_equal((struct ov_str){ text, n }, ov_str_of(times[_i].canonical)));
    ck_assert_int_eq(micros % 1000, 0);
    ck_ok(ov_time_parse((struct ov_str){ text, n }, &again, &err));
    ck_assert_int_eq(again, micros);
}
END_TEST

/* Case 71: the same text is the same instant in every process. */
START_TEST(no_offset_means_utc_whatever_the_zone_of_the_process)
{
    int64_t micros;

    setenv("TZ", "JST-9", 1);
    tzset();
    ck_ok(ov_time_parse(ov_str_of("2026-03-01T00:00:00"), &micros, &err));
    ck_assert_int_eq(micros, INT64_C(1772323200000000));
    ck_ok(ov_time_parse(ov_str_of("2026-03-01"), &micros, &err));
    ck_assert_int_eq(micros, INT64_C(1772323200000000));
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0", 1);
    tzset();
    ck_ok(ov_time_parse(ov_str_of("2026-07-01T12:00"), &micros, &err));
    ck_assert_int_eq(micros, INT64_C(1782907200000000));
    ck_ok(ov_time_parse(ov_str_of("2026-01-01T12:00"), &micros, &err));
    ck_assert_int_eq(micros, INT64_C(1767268800000000));
}
END_TEST

/* ----------------------------------------------------------- places, paths */

static const struct {
    const char *text, *canonical;
} places[] = {
    { "2.35,48.85", "2.35,48.85" },
    { " 180 , -90 ", "180,-90" },
    { "1e1,.5", "10,0.5" },
    { "-0,0", "-0,0" },
    { "181,0", NULL },
    { "0,90.001", NULL },
    { "2.35", NULL },
    { "1,2,3", NULL },
    { "nan,0", NULL },
    { "0x1,0", NULL },
    { "", NULL },
    { "1;2", NULL },
};

START_TEST(places_are_read_and_printed)
{
    char text[OV_GEO_TEXT];
    double place[2] = { 7, 7 };
    uint64_t n;

    if (places[_i].canonical == NULL) {
        ck_fails(OV_INVALID, ov_geo_parse(ov_str_of(places[_i].text), place, &err));
        ck_says(places[_i].text);
        ck_assert_double_eq(place[0], 7);
        return;
    }
    ck_ok(ov_geo_parse(ov_str_of(places[_i].text), place, &err));
    n = ov_geo_print(place, text);
    ck_assert(ov_str_equal((struct ov_str){ text, n }, ov_str_of(places[_i].canonical)));
}
END_TEST

static const struct {
    const char *text, *canonical;
    uint64_t depth;
} paths[] = {
    { "", "", 0 },
    { "/", "", 0 },
    { "//", "", 0 },
    { "a", "/a", 1 },
    { "/a//b/", "/a/b", 2 },
    { "a/./../b", "/a/./../b", 4 },
    { "/a b/\xc3\xa9", "/a b/\xc3\xa9", 2 },
};

START_TEST(paths_become_canonical)
{
    struct ov_str text = ov_str_of(paths[_i].text);
    char *exact = malloc(text.n + 1);
    struct ov_str path = { exact, ov_path_canonical(text, exact) };

    ck_assert(ov_str_equal(path, ov_str_of(paths[_i].canonical)));
    ck_assert_uint_eq(ov_path_depth(path), paths[_i].depth);
    free(exact);
}
END_TEST

static const struct {
    const char *path, *scope;
    int64_t levels;
    int within;
} scopes[] = {
    { "/a/b", "/a", -1, 1 }, { "/a/b", "/a", 0, 0 }, { "/a/b", "/a", 1, 1 },
    { "/a", "/a", 0, 1 },    { "/ab", "/a", -1, 0 }, { "/a", "/a/b", -1, 0 },
    { "", "", 0, 1 },        { "/a", "", 0, 0 },     { "/a/b", "", 1, 0 },
    { "/a/b", "", 2, 1 },    { "", "/a", -1, 0 },
};

START_TEST(a_path_lies_within_a_scope)
{
    ck_assert_int_eq(ov_path_within(ov_str_of(scopes[_i].path),
                                    ov_str_of(scopes[_i].scope), scopes[_i].levels),
                     scopes[_i].within);
}
END_TEST

/* ------------------------------------------------------------------ numbers */

static const struct {
    double value;
    const char *text;
} reals[] = {
    { 0, "0" },
    { -0.0, "-0" },
    { 1, "1" },
    { -2.5, "-2.5" },
    { 0.1, "0.1" },
    { 100, "100" },
    { 1e16, "10000000000000000" },
    { 1e17, "1e17" },
    { 1.5e300, "1.5e300" },
    { 1e-5, "0.00001" },
    { 1.25e-7, "1.25e-7" },
    { 5e-324, "5e-324" },
    { 1.7976931348623157e308, "1.7976931348623157e308" },
    { 0.30000000000000004, "0.30000000000000004" },
    { 123456.789, "123456.789" },
};

START_TEST(reals_print_as_short_as_they_can)
{
    char text[OV_NUMBER_TEXT];
    struct ov_str printed = { text, ov_double_print(reals[_i].value, text) };
    double again;

    ck_assert_msg(ov_str_equal(printed, ov_str_of(reals[_i].text)), "%.*s, not %s",
                  (int)printed.n, text, reals[_i].text);
    ck_assert_int_eq(ov_double_parse(printed, &again), OV_OK);
    ck_assert_mem_eq(&again, &reals[_i].value, sizeof(again));
}
END_TEST

static const char *const no_reals[] = {
    "",    " 1", "1 ",  "0x10",  "nan", "inf", "1e",
    "1e+", ".",  "1,5", "1e999", "--1", "1_0", "1.2.3"
};

START_TEST(what_is_no_number_is_refused)
{
    double value = 7;
    int64_t number = 7;

    ck_assert_int_eq(ov_double_parse(ov_str_of(no_reals[_i]), &value), OV_INVALID);
    ck_assert_int_eq(ov_int_parse(ov_str_of(no_reals[_i]), &number), OV_INVALID);
    ck_assert_double_eq(value, 7);
    ck_assert_int_eq(number, 7);
}
END_TEST

START_TEST(integers_are_exact_to_their_bounds)
{
    char text[OV_NUMBER_TEXT];
    int64_t value;
    uint64_t n = ov_int_print(INT64_MIN, text);

    ck_assert_int_eq(ov_int_parse((struct ov_str){ text, n }, &value), OV_OK);
    ck_assert_int_eq(value, INT64_MIN);
    ck_assert_int_eq(ov_int_parse(ov_str_of("9223372036854775807"), &value), OV_OK);
    ck_assert_int_eq(value, INT64_MAX);
    ck_assert_int_eq(ov_int_parse(ov_str_of("9223372036854775808"), &value), OV_INVALID);
    ck_assert_int_eq(ov_int_parse(ov_str_of("-9223372036854775809"), &value), OV_INVALID);
    ck_assert_int_eq(ov_int_parse(ov_str_of("1.0"), &value), OV_INVALID);
}
END_TEST

START_TEST(a_number_may_have_a_thousand_digits)
{
    static char text[2000];
    double value;

    memset(text, '0', 1500);
    text[1] = '.';
    text[1500] = '7';
    ck_assert_int_eq(ov_double_parse(ov_str_of(text), &value), OV_OK);
    ck_assert_double_eq(value, 0);
    text[0] = '3';
    ck_assert_int_eq(ov_double_parse(ov_str_of(text), &value), OV_OK);
    ck_assert_double_eq(value, 3);
}
END_TEST

/* ------------------------------------------------------------------- scores */

static const struct {
    uint32_t metric;
    float x[2];
    double score;
} dense[] = {
    { OV_IP, { 3, 4 }, 25 },       { OV_L2, { 3, 4 }, 1 },   { OV_COSINE, { 3, 4 }, 1 },
    { OV_IP, { 0, 0 }, 0 },        { OV_L2, { 0, 0 }, -24 }, { OV_COSINE, { 0, 0 }, 0 },
    { OV_COSINE, { -3, -4 }, -1 },
};

START_TEST(dense_scores_follow_the_rules)
{
    static const float query[] = { 3, 4 };

    ck_assert_double_eq_tol(ov_score_dense(dense[_i].metric, query, dense[_i].x, 2),
                            dense[_i].score, 1e-12);
}
END_TEST

/* Case 103, and a hybrid query of case 98. */
START_TEST(sparse_scores_count_terms)
{
    static const struct ov_str terms[] = { { "dog", 3 }, { "fox", 3 } };
    static const float asked[] = { 2, 1 }, has[] = { 1, 2 }, q[] = { 1, 0 },
                       x[] = { 3, 4 };
    static const int64_t offsets[] = { 0, 3, 6 };
    const struct ov_sparse query = { 2, terms, asked };
    struct ov_cell record[2] = { ov_vector_cell(x, 2),
                                 { .type = OV_SPARSE, .n = 2, .bytes = "dogfox" } };
    struct ov_cell none = ov_null_cell();
    struct ov_index index = {
        .size = sizeof(index), .metric = OV_IP, .dense = 0, .sparse = 1, .alpha = 0.25
    };
    struct ov_search request = {
        .size = sizeof(request), .n_queries = 1, .dim = 2, .dense = q, .sparse = &query
    };

    record[1].weights = has;
    record[1].u.offsets = offsets;
    ck_assert_double_eq(ov_score_sparse(OV_IP, &query, &record[1]), 4);
    ck_assert_double_eq(ov_score_sparse(OV_L2, &query, &record[1]), -1);
    ck_assert_double_eq(ov_score_sparse(OV_L2, &query, &none), -4);
    ck_assert_double_eq(ov_score_sparse(OV_COSINE, &query, &none), 0);
    ck_assert_double_eq(ov_score(&index, &request, 0, record), 0.75 * 3 + 0.25 * 4);
    index.alpha = 0;
    ck_assert_double_eq(ov_score(&index, &request, 0, record), 3);
    index.alpha = 0.25;
    request.dense = NULL;
    ck_assert_double_eq(ov_score(&index, &request, 0, record), 4);
    request.dense = q;
    request.sparse = NULL;
    ck_assert_double_eq(ov_score(&index, &request, 0, record), 3);
}
END_TEST

/* --------------------------------------------------------- calls and errors */

static char heard[4096];
static struct ov_note last;

static void hear(void *ctx, const struct ov_note *note)
{
    (void)ctx;
    last = *note;
    if (note->text.n > 0)
        memcpy(heard, note->text.p, note->text.n);
    heard[note->text.n] = '\0';
}

START_TEST(notes_of_any_length_arrive_whole)
{
    static char text[3000];
    struct ov_call call = { .size = sizeof(call), .cancel_fd = -1 };

    ov_say(&call, OV_NOTE_ACTION, NULL, NULL, "nobody listens");
    call.note = hear;
    memset(text, 'x', sizeof(text) - 1);
    ov_say(&call, OV_NOTE_PROBLEM, "name", "remedy", "%s", text);
    ck_assert_str_eq(heard, text);
    ck_assert_uint_eq(last.kind, OV_NOTE_PROBLEM);
    ck_assert(ov_str_equal(last.remedy, ov_str_of("remedy")));
    ov_progress(&call, "rows", 5, 10);
    ck_assert_uint_eq(last.kind, OV_NOTE_PROGRESS);
    ck_assert_double_eq(last.total, 10);
#if HAVE_FAULT
    fault_arm(0);
    ov_say(&call, OV_NOTE_PLAN, NULL, NULL, "%s", text);
    ck_assert(fault_disarm());
    ck_assert_uint_eq(last.text.n, 511);
#endif
}
END_TEST

START_TEST(deadlines_and_cancellation_are_seen)
{
    uint32_t word = 0;
    struct timespec now;
    struct ov_call call = { .size = sizeof(call), .cancelled = &word, .cancel_fd = -1 };

    ck_ok(ov_checkpoint(&call, &err));
    ck_assert_int_eq(ov_call_wait_ms(&call), -1);
    clock_gettime(CLOCK_MONOTONIC, &now);
    call.deadline_ns =
        (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + INT64_C(3600000000000);
    ck_ok(ov_checkpoint(&call, &err));
    ck_assert_int_gt(ov_call_wait_ms(&call), 3590000);
    ck_assert_int_le(ov_call_wait_ms(&call), 3600000);
    call.deadline_ns = INT64_MAX;
    ck_assert_int_eq(ov_call_wait_ms(&call), INT32_MAX);
    call.deadline_ns = 1;
    ck_fails(OV_DEADLINE, ov_checkpoint(&call, &err));
    ck_assert_int_eq(ov_call_wait_ms(&call), 0);
    word = 1;
    ck_fails(OV_CANCELLED, ov_checkpoint(&call, &err));
}
END_TEST

static const struct {
    const char *text, *line, *lines;
} tamed[] = {
    { "plain", "plain", "plain" },
    { "", "", "" },
    { "a\tb\r\nc", "a b  c", "a b \nc" },
    { "\033[31mred\177", "?[31mred?", "?[31mred?" },
    /* C1 in UTF-8, and its neighbours */
    { "\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0", "???\xC2\xA0", "???\xC2\xA0" },
    /* what turns the order of reading, and line separators */
    { "\xD8\x9C\xE2\x80\x8E\xE2\x80\xAE\xE2\x81\xA9\xE2\x80\xA9", "?????", "?????" },
    { "\xE2\x80\x93\xE2\x80\xB0\xE2\x81\xAA", "\xE2\x80\x93\xE2\x80\xB0\xE2\x81\xAA",
      "\xE2\x80\x93\xE2\x80\xB0\xE2\x81\xAA" },
    /* no UTF-8: a byte alone, a character without its end, a surrogate */
    { "\x9B"
      "a\xFF",
      "?a?", "?a?" },
    { "x\xE4\xB8", "x??", "x??" },
    { "\xED\xA0\x80", "???", "???" },
    { "\xE4\xB8\x96\xF0\x9F\x98\x80", "\xE4\xB8\x96\xF0\x9F\x98\x80",
      "\xE4\xB8\x96\xF0\x9F\x98\x80" },
};

START_TEST(text_of_others_is_made_fit_to_be_shown)
{
    char line[64], lines[64];

    strcpy(line, tamed[_i].text);
    strcpy(lines, tamed[_i].text);
    ov_line_tame(line);
    lines[ov_text_tame(lines, strlen(lines), 1)] = '\0';

    ck_assert_str_eq(line, tamed[_i].line);
    ck_assert_str_eq(lines, tamed[_i].lines);
}
END_TEST

START_TEST(an_error_is_one_line_of_what_may_be_shown)
{
    ov_error_reset(&err);
    ov_fail(&err, OV_INVALID, "no '%s'", "\033]0;x\007\xE2\x80\xAE\r\n\xC2\x9B");

    ck_assert_str_eq(err.message, "no '?]0;x??  ?'");
}
END_TEST

static void keep_text(void *ctx, const struct ov_note *note)
{
    snprintf(ctx, 64, "%.*s", (int)note->text.n, note->text.p);
}

START_TEST(a_note_keeps_its_lines_and_nothing_else)
{
    char said[64] = "";
    struct ov_call call = { .size = sizeof(call), .note = keep_text, .note_ctx = said };

    ov_say(&call, OV_NOTE_PLAN, "plan", NULL, "%s", "a\n  b\033[2J");

    ck_assert_str_eq(said, "a\n  b?[2J");
}
END_TEST

START_TEST(the_first_error_stays_and_is_cut_at_a_character)
{
    char text[400];
    size_t i;

    ck_assert_int_eq(ov_fail(NULL, OV_BUSY, "nobody reads"), OV_BUSY);
    ov_error_reset(&err);
    for (i = 0; i < 399; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    text[399] = '\0';
    ck_assert_int_eq(ov_fail(&err, OV_BUSY, "x%s", text), OV_BUSY);
    ck_assert_uint_eq(err.flags, OV_ERR_CUT);
    ck_assert(ov_utf8_valid(ov_str_of(err.message)));
    ck_assert_uint_eq(strlen(err.message), 349);
    ck_assert_int_eq(ov_fail(&err, OV_DENIED, "later"), OV_DENIED);
    ck_assert_int_eq(err.code, OV_BUSY);
    ck_assert_str_eq(ov_status_name(OV_FORKED), "OV_FORKED");
    ck_assert_str_eq(ov_status_name(-1), "OV_INTERNAL");
    ck_assert_str_eq(ov_status_name(99), "OV_INTERNAL");
}
END_TEST

/* -------------------------------------------------------------------- words */

static const struct {
    const char *text, *words;
} cut[] = {
    { "", "" },
    { " .,- ", "" },
    { "config.parse(x_y)", "config|parse|x|y" },
    { "/a/b1.txt?q=2", "a|b1|txt|q|2" },
    { "Ärger caf\xc3\xa9", "Ärger|caf\xc3\xa9" },
    { "x使用y数据", "x|使|用|y|数|据" },
    { "カナ、かな", "カ|ナ|か|な" },
    { "한국어 abc", "한|국|어|abc" },
    { "foo。bar，baz—q", "foo|bar|baz|q" },
    { "a🚀b", "a|b" },
    { "𠀀𠀁", "𠀀|𠀁" },
    { "a\xff\xe6"
      "b",
      "a|b" },
};

START_TEST(a_text_is_cut_into_words)
{
    struct ov_str text = ov_str_of(cut[_i].text), word;
    char joined[64] = "";

    while ((word = ov_word_next(&text)).n > 0) {
        if (joined[0] != '\0')
            strcat(joined, "|");
        strncat(joined, word.p, word.n);
    }
    ck_assert_str_eq(joined, cut[_i].words);
    ck_assert_uint_eq(text.n, 0);
}
END_TEST

START_TEST(ranges_of_words_ascend)
{
    uint32_t begin, end, before = 0x7F, i;
    int alone;

    for (i = 0; ov_word_range(i, &begin, &end, &alone); i++) {
        ck_assert_uint_lt(before, begin);
        ck_assert_uint_le(begin, end);
        before = end;
    }
    ck_assert_uint_eq(before, 0x10FFFF);
}
END_TEST

#define LOOP(test, table) \
    tcase_add_loop_test(tests, test, 0, (int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *suite = suite_create("values");
    TCase *tests = tcase_create("values");

    LOOP(utf8_is_told_from_what_is_not, texts);
    tcase_add_test(tests, texts_compare_by_bytes);
    tcase_add_test(tests, nulls_come_last_and_copies_stand_alone);
    tcase_add_test(tests, a_field_that_was_not_written_has_its_fill);
    LOOP(times_are_read_and_printed, times);
    tcase_add_test(tests, no_offset_means_utc_whatever_the_zone_of_the_process);
    LOOP(places_are_read_and_printed, places);
    LOOP(paths_become_canonical, paths);
    LOOP(a_path_lies_within_a_scope, scopes);
    LOOP(a_text_is_cut_into_words, cut);
    tcase_add_test(tests, ranges_of_words_ascend);
    LOOP(reals_print_as_short_as_they_can, reals);
    LOOP(what_is_no_number_is_refused, no_reals);
    tcase_add_test(tests, integers_are_exact_to_their_bounds);
    tcase_add_test(tests, a_number_may_have_a_thousand_digits);
    LOOP(dense_scores_follow_the_rules, dense);
    tcase_add_test(tests, sparse_scores_count_terms);
    tcase_add_test(tests, notes_of_any_length_arrive_whole);
    tcase_add_test(tests, deadlines_and_cancellation_are_seen);
    LOOP(text_of_others_is_made_fit_to_be_shown, tamed);
    tcase_add_test(tests, an_error_is_one_line_of_what_may_be_shown);
    tcase_add_test(tests, a_note_keeps_its_lines_and_nothing_else);
    tcase_add_test(tests, the_first_error_stays_and_is_cut_at_a_character);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
