/* SPDX-License-Identifier: Apache-2.0 */
/* test_pattern.c - what the dialect takes, what it refuses and where, how it is said to
 * PostgreSQL, and that no pattern is slow. compare_python.py has the random cases. */
#include "support.h"

#if HAVE_FAULT
#include "fault.h"
#endif

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *pattern, *text;
    int matches;
} cases[] = {
    { "", "", 1 },
    { "", "a", 1 },
    { "a.c", "xabcx", 1 },
    { "a.c", "a\nc", 0 },
    { "a[^b]c", "a\nc", 1 },
    { "^b", "a\nb", 0 },
    { "a$", "a\nb", 0 },
    { "a$", "a\n", 0 },
    { "^$", "", 1 },
    { "^$", "x", 0 },
    { "(a|b)+c", "ababc", 1 },
    { "(?:ab){2,3}", "xab", 0 },
    { "(?:ab){2,3}", "xabab", 1 },
    { "^(a{2}){2}$", "aaaa", 1 },
    { "^(a{2}){2}$", "aaa", 0 },
    { "^a{0}$", "", 1 },
    { "^a{0,1}b$", "b", 1 },
    { "\\d\\D\\w\\W\\s\\S", "1a_- .", 1 },
    { "\\d", "\xd9\xa3", 0 },
    { "\\w", "\xc3\xa9", 0 },
    { "[\\s\\d]x", "\fx", 1 },
    { "^[a-c-]+$", "a-c", 1 },
    { "^[]-a]$", "_", 0 },
    { "^[\\]\\-]+$", "]-", 1 },
    { "[[]", "[", 1 },
    { "^.$", "\xf0\x9f\x98\x80", 1 },
    { "^[\xc3\xa0-\xc3\xbc]$", "\xc3\xa9", 1 },
    { "^[\xc3\xa0-\xc3\xbc]$", "\xc3\xbf", 0 },
    { "\\t\\n\\r\\.\\\\\\ ", "\t\n\r.\\ ", 1 },
    { "}]", "x}]", 1 },
    { "a||b", "", 1 },
    { "(^)*a", "xa", 1 },
    { "(^|x)a", "xa", 1 },
    { "(a*)*b", "b", 1 },
    { "()", "", 1 },
    { "[^\\d\\D]", "a", 0 },
    { "x*$", "abc", 1 },
};

START_TEST(a_pattern_means_what_the_dialect_says)
{
    struct ov_pattern *pattern;

    if (strcmp(cases[_i].pattern, "^[]-a]$") == 0) { /* ']' must be escaped in a class */
        ck_fails(OV_INVALID,
                 ov_pattern_new(ov_str_of(cases[_i].pattern), &pattern, NULL, &err));
        return;
    }
    ck_ok(ov_pattern_new(ov_str_of(cases[_i].pattern), &pattern, NULL, &err));
    ck_assert_int_eq(ov_pattern_match(pattern, ov_str_of(cases[_i].text)),
                     cases[_i].matches);
    ov_pattern_free(pattern);
}
END_TEST

static const struct {
    const char *pattern;
    uint64_t at;
    const char *why;
} refusals[] = {
    { "a(b", 1, "group without end" },
    { "ab)", 2, "')' without '('" },
    { "a[bc", 1, "class without end" },
    { "[]", 0, "empty class" },
    { "[^]", 0, "empty class" },
    { "x[b-a]", 2, "runs backwards" },
    { "[a-\\d]", 3, "cannot end" },
    { "[\\d-z]", 1, "cannot begin" },
    { "[[:alpha:]]", 1, "named classes" },
    { "*a", 0, "nothing to repeat" },
    { "a|+", 2, "nothing to repeat" },
    { "^*", 1, "nothing to repeat" },
    { "a**", 2, "repetition of a repetition" },
    { "a+?", 2, "repetition of a repetition" },
    { "a?+", 2, "repetition of a repetition" },
    { "a{", 1, "bounds" },
    { "a{,3}", 1, "bounds" },
    { "a{x}", 1, "bounds" },
    { "{3}", 0, "nothing to repeat" },
    { "a{3,2}", 1, "backwards" },
    { "a{256}", 1, "255" },
    { "a{1,256}", 1, "255" },
    { "a\\", 1, "escape" },
    { "\\bword", 0, "escape" },
    { "(a)\\1", 3, "escape" },
    { "\\x41", 0, "escape" },
    { "[\\b]", 1, "escape" },
    { "(?=a)", 0, "look-around" },
    { "(?!a)", 0, "look-around" },
    { "(?<n>a)", 0, "look-around" },
    { "(?i)a", 0, "look-around" },
};

START_TEST(the_rest_is_refused_with_its_place)
{
    struct ov_pattern *pattern = NULL;
    uint64_t at = 99;

    ck_fails(OV_INVALID,
             ov_pattern_new(ov_str_of(refusals[_i].pattern), &pattern, &at, &err));
    ck_assert_uint_eq(at, refusals[_i].at);
    ck_says(refusals[_i].why);
    ck_assert_ptr_null(pattern);
}
END_TEST

static const struct {
    const char *pattern, *are;
} translations[] = {
    { "a.c", "(?p)a.c" },
    { "^\\d+$", "(?p)^[0-9]{1,}$" },
    { "\\w", "(?p)[0-9A-Z\\u005fa-z]" },
    { "\\W", "(?p)(?:[^0-9A-Z\\u005fa-z]|\\n)" },
    { "[^\\n]", "(?p)[^\\u000a]" },
    { "[^ab]", "(?p)(?:[^ab]|\\n)" },
    { "[\\d\\D]", "(?p)(?:.|\\n)" },
    { "[^\\d\\D]", "(?p)[^\\u0001-\\U0010ffff]" },
    { "a|(b|c)d", "(?p)a|(?:b|c)d" },
    { "(ab)*", "(?p)(?:ab){0,}" },
    { "a{2,}b{3}c?", "(?p)a{2,}b{3,3}c{0,1}" },
    { "x{0}y", "(?p)y" },
    { "(^)*a(^)+", "(?p)a(?:^)" },
    { "***:", NULL },
    { "\\*\\*\\*:", "(?p)\\u002a\\u002a\\u002a\\u003a" },
    { "()", "(?p)" },
    { "\xc3\xa9[\xc3\xa0-\xc3\xbc]", "(?p)\xc3\xa9[\xc3\xa0-\xc3\xbc]" },
};

START_TEST(postgresql_is_told_the_same)
{
    struct ov_pattern *pattern;
    char *are;

    if (translations[_i].are == NULL) {
        ck_fails(OV_INVALID, ov_pattern_new(ov_str_of(translations[_i].pattern), &pattern,
                                            NULL, &err));
        return;
    }
    ck_ok(ov_pattern_new(ov_str_of(translations[_i].pattern), &pattern, NULL, &err));
    are = ov_pattern_to_are(pattern);
    ck_assert_str_eq(are, translations[_i].are);
    free(are);
    ov_pattern_free(pattern);
}
END_TEST

START_TEST(a_pattern_that_is_too_large_is_refused)
{
    static char text[1026];
    struct ov_pattern *pattern = NULL;

    memset(text, 'a', 1025);
    ck_fails(OV_LIMIT, ov_pattern_new(ov_str_of(text), &pattern, NULL, &err));
    text[1024] = '\0';
    ck_ok(ov_pattern_new(ov_str_of(text), &pattern, NULL, &err));
    ov_pattern_free(pattern);
    ck_fails(OV_LIMIT, ov_pattern_new(ov_str_of("(a{255}){255}"), &pattern, NULL, &err));
    ck_fails(OV_LIMIT, ov_pattern_new(ov_str_of("(((((a{99}){99}){99}){99}){99}){99}"),
                                      &pattern, NULL, &err));
    ck_ok(ov_pattern_new(ov_str_of("((((((){255}){255}){255}){255}){255}){255}"),
                         &pattern, NULL, &err));
    ov_pattern_free(pattern);
    memset(text, '(', 512);
    memset(text + 512, ')', 512);
    ck_ok(ov_pattern_new(ov_str_of(text), &pattern, NULL, &err));
    ov_pattern_free(pattern);
    ck_fails(OV_INVALID, ov_pattern_new(ov_str_of("a\xff"), &pattern, NULL, &err));
}
END_TEST

/* Backtracking would take longer than the age of the universe for the first. */
START_TEST(no_pattern_is_slow)
{
    static const char *const slow[] = { "^(a|aa|a*)*b$", "(a*)*(a*)*(a*)*b", "a{200}b",
                                        "(.*)(.*)(.*)(.*)(.*)[^a]" };
    static char text[20001];
    struct timespec begin, end;
    struct ov_pattern *pattern;
    size_t i;

    memset(text, 'a', 20000);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (i = 0; i < 4; i++) {
        ck_ok(ov_pattern_new(ov_str_of(slow[i]), &pattern, NULL, &err));
        ck_assert_int_eq(ov_pattern_match(pattern, ov_str_of(text)), 0);
        ov_pattern_free(pattern);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    ck_assert_int_lt(end.tv_sec - begin.tv_sec, 20);
}
END_TEST

#if HAVE_FAULT
START_TEST(every_allocation_may_fail)
{
    struct ov_pattern *pattern, *const untouched = (struct ov_pattern *)(void *)&err;
    size_t at, failures = 0;
    int32_t code;

    for (at = 0;; at++) {
        pattern = untouched;
        ov_error_reset(&err);
        fault_arm(at);
        code = ov_pattern_new(ov_str_of("[a-c]+(x|y)"), &pattern, NULL, &err);
        if (!fault_disarm())
            break;
        failures++;
        ck_assert_int_eq(code, OV_NO_SPACE);
        ck_assert_ptr_eq(pattern, untouched);
    }
    ck_assert_uint_eq(failures, 5);
    fault_arm(0);
    ck_assert_ptr_null(ov_pattern_to_are(pattern));
    ck_assert(fault_disarm());
    ov_pattern_free(pattern);
}
END_TEST
#endif

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
    Suite *suite = suite_create("pattern");
    TCase *tests = tcase_create("pattern");

    tcase_add_loop_test(tests, a_pattern_means_what_the_dialect_says, 0, N(cases));
    tcase_add_loop_test(tests, the_rest_is_refused_with_its_place, 0, N(refusals));
    tcase_add_loop_test(tests, postgresql_is_told_the_same, 0, N(translations));
    tcase_add_test(tests, a_pattern_that_is_too_large_is_refused);
    tcase_add_test(tests, no_pattern_is_slow);
#if HAVE_FAULT
    tcase_add_test(tests, every_allocation_may_fail);
#endif
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
