/* SPDX-License-Identifier: Apache-2.0 */
/* test_filter.c - the operators of filter.h on one record, and filters that are none. */
#include "support.h"

#if HAVE_FAULT
#include "fault.h"
#endif

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ID, FLAG, LEVEL, SIZE, SEEN, TAGS, NUMBERS, PLACE, WHERE, VECTOR, N_FIELDS };

static struct ov_field fields[N_FIELDS];
static const struct ov_field *list[N_FIELDS];
static struct ov_schema schema;
static struct ov_cell record[N_FIELDS];
static struct ov_node nodes[8];
static struct ov_scalar values[8];
static struct ov_filter filter;

static void set(uint32_t f, uint32_t type, uint32_t flags, struct ov_cell cell)
{
    fields[f] =
        (struct ov_field){ .size = sizeof(fields[f]), .type = type, .flags = flags };
    list[f] = &fields[f];
    record[f] = cell;
}

static void setup(void)
{
    static const int64_t offsets[] = { 0, 4, 8 }, numbers[] = { 7, 70 };
    static const double place[] = { 2.35, 48.85 };
    static const float vector[] = { 1, 2 };
    struct ov_cell tags = { .type = OV_TEXT_LIST, .n = 2, .bytes = "teamblue" };
    struct ov_cell many = { .type = OV_INT64_LIST, .n = 2 };
    struct ov_cell where = { .type = OV_GEO, .n = 2 };

    tags.u.offsets = offsets;
    many.u.ints = numbers;
    where.u.reals = place;
    set(ID, OV_TEXT, OV_FIELD_KEY, ov_text_cell(ov_str_of("alpha")));
    set(FLAG, OV_BOOL, 0, ov_int_cell(OV_BOOL, 1));
    set(LEVEL, OV_INT64, 0, ov_int_cell(OV_INT64, 127));
    set(SIZE, OV_FLOAT64, 0, ov_float_cell(0.5));
    set(SEEN, OV_TIME, OV_FIELD_NULLABLE, ov_null_cell());
    set(TAGS, OV_TEXT_LIST, 0, tags);
    set(NUMBERS, OV_INT64_LIST, 0, many);
    set(PLACE, OV_TEXT, OV_FIELD_PATH, ov_text_cell(ov_str_of("/docs/guide/a.md")));
    set(WHERE, OV_GEO, OV_FIELD_NULLABLE, where);
    set(VECTOR, OV_VECTOR, 0, ov_vector_cell(vector, 2));
    fields[VECTOR].dim = 2;
    schema = (struct ov_schema){ .size = sizeof(schema),
                                 .n_fields = N_FIELDS,
                                 .fields = list };
    memset(nodes, 0, sizeof(nodes));
    memset(values, 0, sizeof(values));
    filter = (struct ov_filter){ sizeof(filter), 0, 0, 0, nodes, values };
}

static void add(uint16_t op, uint32_t field, uint32_t span, uint32_t children)
{
    nodes[filter.n_nodes++] = (struct ov_node){ .op = op,
                                                .field = field,
                                                .span = span,
                                                .n_children = children,
                                                .first_value = filter.n_values };
}

static void add_int(uint32_t type, int64_t value)
{
    nodes[filter.n_nodes - 1].n_values++;
    values[filter.n_values].type = type;
    values[filter.n_values++].u.i = value;
}

static void add_real(double value)
{
    nodes[filter.n_nodes - 1].n_values++;
    values[filter.n_values].type = OV_FLOAT64;
    values[filter.n_values++].u.f = value;
}

static void add_text(const char *value)
{
    nodes[filter.n_nodes - 1].n_values++;
    values[filter.n_values].type = OV_TEXT;
    values[filter.n_values++].u.s = ov_str_of(value);
}

static int matches(void)
{
    struct ov_matcher *matcher;
    int found;

    ck_ok(ov_filter_check(&schema, &filter, &err));
    ck_ok(ov_matcher_new(&schema, &filter, &matcher, &err));
    found = ov_matcher_match(matcher, record);
    if (filter.n_nodes == 1)
        ck_assert_int_eq(ov_matcher_leaf(matcher, 0, &record[nodes[0].field]), found);
    ov_matcher_free(matcher);
    return found;
}

/* A leaf on a text, a number in decimal, a list or a path with one text. */
static const struct {
    uint16_t op;
    uint32_t field;
    const char *text;
    int matches;
} text_leaves[] = {
    { OV_IN, ID, "alpha", 1 },
    { OV_IN, ID, "alph", 0 },
    { OV_IN, TAGS, "blue", 1 },
    { OV_IN, TAGS, "teamblue", 0 },
    { OV_PREFIX, ID, "al", 1 },
    { OV_PREFIX, ID, "lp", 0 },
    { OV_PREFIX, ID, "", 1 },
    { OV_PREFIX, ID, "alphabet", 0 },
    { OV_PREFIX, LEVEL, "12", 1 },
    { OV_PREFIX, LEVEL, "27", 0 },
    { OV_PREFIX, TAGS, "bl", 1 },
    { OV_PREFIX, TAGS, "lu", 0 },
    { OV_PREFIX, NUMBERS, "70", 1 },
    { OV_PREFIX, PLACE, "/docs/gu", 1 },
    { OV_CONTAINS, ID, "ph", 1 },
    { OV_CONTAINS, ID, "hp", 0 },
    { OV_CONTAINS, LEVEL, "27", 1 },
    { OV_CONTAINS, TAGS, "mb", 0 },
    { OV_CONTAINS, NUMBERS, "0", 1 },
    { OV_REGEX, ID, "^a.*a$", 1 },
    { OV_REGEX, ID, "^b", 0 },
    { OV_REGEX, LEVEL, "^\\d{3}$", 1 },
    { OV_REGEX, TAGS, "^bl", 1 },
    { OV_REGEX, NUMBERS, "^70?$", 1 },
    { OV_REGEX, PLACE, "\\.md$", 1 },
    { OV_PATH, PLACE, "/docs", 1 },
    { OV_PATH, PLACE, "/doc", 0 },
    { OV_PATH, PLACE, "", 1 },
    { OV_PATH, PLACE, "/docs/guide/a.md", 1 },
    { OV_PATH, PLACE, "/docs/guide/a.m", 0 },
};

START_TEST(texts_are_compared_by_bytes)
{
    add(text_leaves[_i].op, text_leaves[_i].field, 1, 0);
    add_text(text_leaves[_i].text);
    nodes[0].arg = -1;
    ck_assert_int_eq(matches(), text_leaves[_i].matches);
    nodes[0].span = 1;
    nodes[1] = nodes[0];
    nodes[0] =
        (struct ov_node){ .op = OV_NOT, .field = OV_NONE, .span = 2, .n_children = 1 };
    filter.n_nodes = 2;
    ck_assert_int_eq(matches(), !text_leaves[_i].matches);
}
END_TEST

/* level is 127. */
static const struct {
    uint16_t flags;
    int64_t low, high;
    int matches;
} ranges[] = {
    { OV_RANGE_LOW, 127, 0, 1 },
    { OV_RANGE_LOW | OV_RANGE_LOW_OPEN, 127, 0, 0 },
    { OV_RANGE_LOW, 128, 0, 0 },
    { OV_RANGE_HIGH, 0, 127, 1 },
    { OV_RANGE_HIGH | OV_RANGE_HIGH_OPEN, 0, 127, 0 },
    { OV_RANGE_LOW | OV_RANGE_HIGH, 1, 200, 1 },
    { OV_RANGE_LOW | OV_RANGE_HIGH, 200, 1, 0 },
    { OV_RANGE_LOW | OV_RANGE_HIGH | OV_RANGE_HIGH_OPEN, 127, 128, 1 },
    { OV_RANGE_LOW | OV_RANGE_HIGH, INT64_MIN, INT64_MAX, 1 },
};

START_TEST(ranges_keep_their_bounds)
{
    add(OV_RANGE, LEVEL, 1, 0);
    nodes[0].flags = ranges[_i].flags;
    if ((ranges[_i].flags & OV_RANGE_LOW) != 0)
        add_int(OV_INT64, ranges[_i].low);
    if ((ranges[_i].flags & OV_RANGE_HIGH) != 0)
        add_int(OV_INT64, ranges[_i].high);
    ck_assert_int_eq(matches(), ranges[_i].matches);
}
END_TEST

START_TEST(int64_is_compared_exactly)
{
    record[LEVEL].u.i = INT64_C(9007199254740993);
    add(OV_IN, LEVEL, 1, 0);
    add_int(OV_INT64, INT64_C(9007199254740992));
    ck_assert_int_eq(matches(), 0);
    values[0].u.i++;
    ck_assert_int_eq(matches(), 1);
}
END_TEST

START_TEST(levels_below_a_path_are_counted)
{
    static const int64_t levels[] = { 0, 1, 2, 3, -1 };
    static const int expected[] = { 0, 0, 1, 1, 1 };
    size_t i;

    add(OV_PATH, PLACE, 1, 0);
    add_text("/docs");
    for (i = 0; i < 5; i++) {
        nodes[0].arg = levels[i];
        ck_assert_int_eq(matches(), expected[i]);
    }
}
END_TEST

START_TEST(any_value_of_many_is_found)
{
    static const int64_t unsorted[] = { 900, -5, 127, 3 };
    size_t i;

    add(OV_IN, LEVEL, 1, 0);
    for (i = 0; i < 4; i++)
        add_int(OV_INT64, unsorted[i]);
    for (i = 0; i < 4; i++) {
        record[LEVEL].u.i = unsorted[i];
        ck_assert_int_eq(matches(), 1);
    }
    record[LEVEL].u.i = 4;
    ck_assert_int_eq(matches(), 0);
}
END_TEST

START_TEST(a_place_is_near_or_not)
{
    add(OV_WITHIN, WHERE, 1, 0);
    add_real(2.35);
    add_real(48.0);
    add_real(0.86);
    ck_assert_int_eq(matches(), 1);
    values[2].u.f = 0.84;
    ck_assert_int_eq(matches(), 0);
    record[WHERE] = ov_null_cell();
    values[2].u.f = 500;
    ck_assert_int_eq(matches(), 0);
}
END_TEST

START_TEST(no_value_matches_nothing_but_is_null)
{
    add(OV_NOT, OV_NONE, 2, 1);
    add(OV_RANGE, SEEN, 1, 0);
    nodes[1].flags = OV_RANGE_LOW;
    add_int(OV_TIME, 0);
    ck_assert_int_eq(matches(), 1);
    setup();
    add(OV_IS_NULL, SEEN, 1, 0);
    ck_assert_int_eq(matches(), 1);
    record[SEEN] = ov_int_cell(OV_TIME, 1000);
    ck_assert_int_eq(matches(), 0);
}
END_TEST

/* (flag and not level = 127) or size >= 0.5 */
START_TEST(trees_are_walked_as_they_lie)
{
    add(OV_OR, OV_NONE, 6, 2);
    add(OV_AND, OV_NONE, 4, 2);
    add(OV_IN, FLAG, 1, 0);
    add_int(OV_BOOL, 1);
    add(OV_NOT, OV_NONE, 2, 1);
    add(OV_IN, LEVEL, 1, 0);
    add_int(OV_INT64, 127);
    add(OV_RANGE, SIZE, 1, 0);
    nodes[5].flags = OV_RANGE_LOW;
    add_real(0.5);
    ck_assert_int_eq(matches(), 1);
    record[SIZE].u.f = 0.4;
    ck_assert_int_eq(matches(), 0);
    record[LEVEL].u.i = 126;
    ck_assert_int_eq(matches(), 1);
    record[FLAG].u.i = 0;
    ck_assert_int_eq(matches(), 0);
}
END_TEST

/* One fault each, made in a good AND of an IN and a RANGE. */
static const char *const faults[] = {
    "no such operator",
    "reaches behind",
    "no such field",
    "does not fit",
    "the field's type",
    "wrong number of values",
    "values behind the end",
    "without bounds",
    "other bounds than values",
    "open bound",
    "a leaf with children",
    "wrong number of children",
    "too few children",
    "not the root of all",
    "no values",
    "not finite",
    "unknown flag",
    "not canonical",
    "a group without end",
    "neither 0 nor 1",
    "whole number of milliseconds",
    "radius is negative",
    "does not fit",
    "does not fit",
    "U+0000",
    "without nodes",
    "levels below -1",
};

static void replace_first(uint16_t op, uint32_t field, struct ov_scalar value)
{
    nodes[1].op = op;
    nodes[1].field = field;
    values[0] = value;
}

static void spoil(int fault)
{
    static const struct ov_scalar number = { .type = OV_INT64, .u.i = 3 };
    static struct ov_scalar text = { .type = OV_TEXT };

    text.u.s = ov_str_of("(");
    if (fault == 0)
        nodes[1].op = 12;
    else if (fault == 1)
        nodes[1].span = 3;
    else if (fault == 2)
        nodes[1].field = N_FIELDS;
    else if (fault == 3)
        nodes[1].field = VECTOR;
    else if (fault == 4)
        values[0].type = OV_TIME;
    else if (fault == 5)
        nodes[1].n_values = 0;
    else if (fault == 6)
        nodes[1].n_values = UINT32_MAX;
    else if (fault == 7)
        nodes[2].flags = 0;
    else if (fault == 8)
        nodes[2].flags = OV_RANGE_LOW | OV_RANGE_HIGH;
    else if (fault == 9)
        nodes[2].flags = OV_RANGE_LOW | OV_RANGE_HIGH_OPEN;
    else if (fault == 10)
        nodes[2].n_children = 1;
    else if (fault == 11)
        nodes[0].n_children = 3;
    else if (fault == 12)
        nodes[0].op = OV_NOT;
    else if (fault == 13)
        nodes[0].span = 2;
    else if (fault == 14)
        nodes[0].field = 1;
    else if (fault == 15)
        values[1].u.f = NAN;
    else if (fault == 16)
        nodes[2].flags |= 16;
    else if (fault == 17)
        replace_first(OV_PATH, PLACE, text);
    else if (fault == 18)
        replace_first(OV_REGEX, ID, text);
    else if (fault == 19) {
        replace_first(OV_IN, FLAG, number);
        values[0].type = OV_BOOL;
    } else if (fault == 20) {
        replace_first(OV_IN, SEEN, number);
        values[0].type = OV_TIME;
    } else if (fault == 21) {
        values[0] = values[2] = values[1];
        values[2].u.f = -1;
        nodes[1].op = OV_WITHIN;
        nodes[1].field = WHERE;
        nodes[1].n_values = filter.n_values = 3;
    } else if (fault == 22) {
        nodes[1].op = OV_IS_NULL;
        nodes[1].n_values = 0;
    } else if (fault == 23)
        nodes[1].op = OV_PATH;
    else if (fault == 24) {
        text.u.s = (struct ov_str){ "a\0b", 3 };
        replace_first(OV_IN, ID, text);
    } else if (fault == 25)
        filter.n_nodes = 0;
    else {
        text.u.s = ov_str_of("/a");
        replace_first(OV_PATH, PLACE, text);
        nodes[1].arg = -2;
    }
}

START_TEST(a_filter_that_is_none_is_found_out)
{
    add(OV_AND, OV_NONE, 3, 2);
    add(OV_IN, LEVEL, 1, 0);
    add_int(OV_INT64, 1);
    add(OV_RANGE, SIZE, 1, 0);
    nodes[2].flags = OV_RANGE_LOW;
    add_real(0.5);
    ck_ok(ov_filter_check(&schema, &filter, &err));
    spoil(_i);
    ck_fails(OV_INVALID, ov_filter_check(&schema, &filter, &err));
    ck_says(faults[_i]);
    ck_assert_uint_ne(err.node, OV_NONE);
}
END_TEST

START_TEST(a_filter_may_be_32_deep)
{
    static struct ov_node deep[40];
    uint32_t i;

    for (i = 0; i < 33; i++)
        deep[i] = (struct ov_node){
            .op = OV_NOT, .field = OV_NONE, .span = 32 - i, .n_children = 1
        };
    deep[31] = (struct ov_node){ .op = OV_IS_NULL, .field = SEEN, .span = 1 };
    filter = (struct ov_filter){ sizeof(filter), 32, 0, 0, deep, values };
    ck_ok(ov_filter_check(&schema, &filter, &err));
    for (i = 0; i < 33; i++)
        deep[i].span = 33 - i;
    deep[32] = deep[31];
    deep[31] = deep[30];
    deep[31].span = 2;
    deep[32].span = 1;
    filter.n_nodes = 33;
    ck_fails(OV_LIMIT, ov_filter_check(&schema, &filter, &err));
}
END_TEST

/* ----------------------------------------------------------- within a call */

static char *long_text(uint64_t n)
{
    char *text = malloc(n);

    ck_assert_ptr_nonnull(text);
    memset(text, 'a', n);
    return text;
}

/* What a match says that it cost; it finds nothing. */
static uint64_t units_of(uint32_t field, struct ov_cell value)
{
    struct ov_watch watch = { .left = UINT64_MAX };
    struct ov_matcher *matcher;

    ck_ok(ov_matcher_new_watched(&schema, &filter, &watch, &matcher, &err));
    watch.left = UINT64_MAX;
    record[field] = value;
    ck_assert_int_eq(ov_matcher_match_watched(matcher, record, &watch), 0);
    ov_matcher_free(matcher);
    return UINT64_MAX - watch.left;
}

START_TEST(a_match_spends_what_it_does)
{
    enum { N = 3000000 };
    static const struct {
        uint16_t op;
        const char *text;
        uint64_t n, least;
    } matches[] = {
        { OV_REGEX, "(a?){255}(a?){255}(a?){255}(a?){255}b", 2000, 2000000 },
        { OV_REGEX, "bb", N, N / 2 },
        { OV_CONTAINS, "b", N, N / 4 },
    };
    char *text = long_text(N);

    add(matches[_i].op, ID, 1, 0);
    add_text(matches[_i].text);

    ck_assert_uint_ge(units_of(ID, ov_text_cell((struct ov_str){ text, matches[_i].n })),
                      matches[_i].least);
    free(text);
}
END_TEST

START_TEST(a_match_spends_for_each_element)
{
    enum { N = 100000 };
    static const int64_t offsets[N + 1];
    struct ov_cell empty_texts = { .type = OV_TEXT_LIST, .n = N, .bytes = "" };

    empty_texts.u.offsets = offsets;
    add(OV_CONTAINS, TAGS, 1, 0);
    add_text("b");

    ck_assert_uint_ge(units_of(TAGS, empty_texts), N);
}
END_TEST

START_TEST(a_match_ends_with_its_call_in_the_middle_of_a_text)
{
    struct ov_call late = { .size = sizeof(late), .deadline_ns = 1, .cancel_fd = -1 };
    struct ov_watch watch = { .call = &late, .err = &err, .left = 100000 };
    struct ov_matcher *matcher;
    char *text = long_text(2000);

    add(OV_REGEX, ID, 1, 0);
    add_text("(a?){255}(a?){255}(a?){255}(a?){255}b");
    ck_ok(ov_matcher_new(&schema, &filter, &matcher, &err));
    record[ID] = ov_text_cell((struct ov_str){ text, 2000 });

    ck_assert_int_eq(ov_matcher_match_watched(matcher, record, &watch), 0);

    ck_assert_int_eq(watch.code, OV_DEADLINE);
    ck_assert_int_eq(err.code, OV_DEADLINE);
    ck_assert_int_eq(ov_watch_spend(&watch, 1), OV_DEADLINE);
    ck_assert_int_eq(ov_watch_spend(NULL, 1), OV_OK);
    ov_matcher_free(matcher);
    free(text);
}
END_TEST

/* Long texts are searched in windows. */
START_TEST(a_part_is_found_wherever_it_lies)
{
    const uint64_t window = UINT64_C(1) << 20, n = 3 * window;
    struct ov_matcher *matcher;
    char *text = long_text(n);
    uint64_t at;

    add(OV_CONTAINS, ID, 1, 0);
    add_text("bcd");
    ck_ok(ov_matcher_new(&schema, &filter, &matcher, &err));
    record[ID] = ov_text_cell((struct ov_str){ text, n });
    for (at = window - 4; at < window + 3; at++) {
        memcpy(text + at, "bcd", 3);
        ck_assert_int_eq(ov_matcher_match(matcher, record), 1);
        memcpy(text + at, "aaa", 3);
        ck_assert_int_eq(ov_matcher_match(matcher, record), 0);
    }
    memcpy(text + n - 3, "bcd", 3);
    ck_assert_int_eq(ov_matcher_match(matcher, record), 1);
    ov_matcher_free(matcher);
    free(text);
}
END_TEST

#if HAVE_FAULT
START_TEST(every_allocation_may_fail)
{
    struct ov_matcher *matcher, *const untouched = (struct ov_matcher *)(void *)nodes;
    size_t at, failures = 0;
    int32_t code;

    add(OV_AND, OV_NONE, 3, 2);
    add(OV_REGEX, ID, 1, 0);
    add_text("^(a|b)[c-e]+$");
    add(OV_IN, LEVEL, 1, 0);
    add_int(OV_INT64, 1);
    for (at = 0;; at++) {
        matcher = untouched;
        ov_error_reset(&err);
        fault_arm(at);
        code = ov_matcher_new(&schema, &filter, &matcher, &err);
        if (!fault_disarm())
            break;
        failures++;
        ck_assert_int_eq(code, OV_NO_SPACE);
        ck_assert_ptr_eq(matcher, untouched);
    }
    ck_assert_uint_ge(failures, 6);
    ov_matcher_free(matcher);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("filter");
    TCase *tests = tcase_create("filter");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, texts_are_compared_by_bytes, 0,
                        (int)(sizeof(text_leaves) / sizeof(text_leaves[0])));
    tcase_add_loop_test(tests, ranges_keep_their_bounds, 0,
                        (int)(sizeof(ranges) / sizeof(ranges[0])));
    tcase_add_test(tests, int64_is_compared_exactly);
    tcase_add_test(tests, levels_below_a_path_are_counted);
    tcase_add_test(tests, any_value_of_many_is_found);
    tcase_add_test(tests, a_place_is_near_or_not);
    tcase_add_test(tests, no_value_matches_nothing_but_is_null);
    tcase_add_test(tests, trees_are_walked_as_they_lie);
    tcase_add_loop_test(tests, a_filter_that_is_none_is_found_out, 0,
                        (int)(sizeof(faults) / sizeof(faults[0])));
    tcase_add_test(tests, a_filter_may_be_32_deep);
    tcase_add_loop_test(tests, a_match_spends_what_it_does, 0, 3);
    tcase_add_test(tests, a_match_spends_for_each_element);
    tcase_add_test(tests, a_match_ends_with_its_call_in_the_middle_of_a_text);
    tcase_add_test(tests, a_part_is_found_wherever_it_lies);
#if HAVE_FAULT
    tcase_add_test(tests, every_allocation_may_fail);
#endif
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
