/* SPDX-License-Identifier: Apache-2.0 */
/* Documents and JSON: what is read, what is refused and where, what comes back. */
#include "support.h"

#include <ov/document.h>

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct ov_arena *arena;

static void make_arena(void)
{
    arena = ov_arena_new();
    ck_assert_ptr_nonnull(arena);
}

static void free_arena(void)
{
    ov_arena_free(arena);
}

static const struct ov_doc *parse(const char *json)
{
    struct ov_doc *doc = NULL;

    ck_ok(ov_doc_parse(arena, ov_str_of(json), &doc, &err));
    return doc;
}

static void ck_prints(const struct ov_doc *doc, const char *json)
{
    char *text = NULL;
    size_t n = 0;

    ck_ok(ov_doc_print(doc, &text, &n, &err));
    ck_assert_str_eq(text, json);
    ck_assert_uint_eq(n, strlen(json));
    free(text);
}

/* Text, and how it is printed again; NULL: the same. */
static const struct {
    const char *json;
    const char *printed;
} good[] = {
    { "null", NULL },
    { " \t\r\n true \n", "true" },
    { "false", NULL },
    { "0", NULL },
    { "-0", "0" },
    { "9223372036854775807", NULL },
    { "-9223372036854775808", NULL },
    { "1.5", NULL },
    { "1.0", NULL },
    { "1E2", "100.0" },
    { "1e+2", "100.0" },
    { "0.1", NULL },
    { "1e-7", NULL },
    { "123456789012345678901234567890.0", "1.2345678901234568e29" },
    { "1e-400", "0.0" },
    { "5e-324", NULL },
    { "1.7976931348623157e308", NULL },
    { "\"\"", NULL },
    { "\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"", "\"a\\\"b\\\\c/d\\b\\f\\n\\r\\t\"" },
    { "\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\"",
      "\"A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"" },
    { "\"\\u001f\x7F\xC2\x80\xC2\x9B\"", "\"\\u001f\\u007f\\u0080\\u009b\"" },
    { "\"\xE2\x80\xAE\xE2\x81\xA6\xD8\x9C\xE2\x80\xA8\"",
      "\"\\u202e\\u2066\\u061c\\u2028\"" },
    { "\"\xC2\xA0\xE2\x80\x93\xD8\xA7\"", NULL },
    { "[]", NULL },
    { "[ 1 , [ ] , { } ]", "[1,[],{}]" },
    { "{\"b\":1,\"a\":[2,3.5],\"\":null}", NULL },
};

START_TEST(json_is_read_and_printed_again)
{
    ck_prints(parse(good[_i].json),
              good[_i].printed != NULL ? good[_i].printed : good[_i].json);
}
END_TEST

static const struct {
    const char *json;
    const char *says;
    const char *at;
} bad[] = {
    { "", "the end of the text", "line 1" },
    { " ", "the end of the text", "line 1" },
    { "nul", "'nul'", "line 1" },
    { "True", "'True'", "line 1" },
    { "NaN", "'NaN'", "line 1" },
    { "-Infinity", "a digit", "line 1" },
    { "01", "leading zero", "line 1" },
    { "-", "a digit", "line 1" },
    { "+1", "'+1'", "line 1" },
    { ".5", "'.5'", "line 1" },
    { "1.", "behind the point", "line 1" },
    { "1e", "exponent", "line 1" },
    { "0x10", "'x10'", "line 1" },
    { "9223372036854775808", "beyond int64", "line 1" },
    { "-9223372036854775809", "beyond int64", "line 1" },
    { "1e400", "beyond double", "line 1" },
    { "[1,]", "']'", "line 1" },
    { "[1 2]", "',' or ']'", "line 1" },
    { "[1", "',' or ']'", "line 1" },
    { "{\"a\":1,}", "a name in quotes", "line 1" },
    { "{a:1}", "a name in quotes", "line 1" },
    { "{\"a\" 1}", "':'", "line 1" },
    { "{\"a\":1 \"b\":2}", "',' or '}'", "line 1" },
    { "{\"a\":1,\n\"b\":2,\n\"a\":3}", "'a' twice", "line 3" },
    { "\"abc", "closing quote", "line 1" },
    { "\"abc\\", "closing quote", "line 1" },
    { "\"a\nb\"", "byte 0x0a", "line 1" },
    { "\"\\x\"", "an escape", "line 1" },
    { "\"\\u12g4\"", "four hexadecimal digits", "line 1" },
    { "\"\\u00\"", "four hexadecimal digits", "line 1" },
    { "\"\\u0000\"", "U+0000", "line 1" },
    { "\"\\ud800\"", "surrogate", "line 1" },
    { "\"\\ud800\\u0041\"", "surrogate", "line 1" },
    { "\"\\udc00\\ud800\"", "surrogate", "line 1" },
    { "\"\xC3(\"", "not UTF-8", "line 1" },
    { "\"\xED\xA0\x80\"", "not UTF-8", "line 1" },
    { "\"\xC0\x80\"", "not UTF-8", "line 1" },
    { "{\"\xFF\":1}", "not UTF-8", "line 1" },
    { "\xEF\xBB\xBF{}", "byte 0xef", "line 1" },
    { "1 2", "the end of the text", "line 1" },
    { "{}\n\n]", "the end of the text", "line 3" },
    { "/* */ 1", "'/*'", "line 1" },
    { "'a'", "''a''", "line 1" },
};

START_TEST(bad_json_is_refused_with_its_line)
{
    struct ov_doc *doc = NULL;

    ck_fails(OV_INVALID, ov_doc_parse(arena, ov_str_of(bad[_i].json), &doc, &err));
    ck_says(bad[_i].says);
    ck_at(bad[_i].at);
    ck_assert_ptr_null(doc);
}
END_TEST

START_TEST(a_nul_byte_is_refused_in_and_outside_strings)
{
    struct ov_doc *doc = NULL;
    struct ov_str inside = { "\"a\0b\"", 5 }, outside = { "1\0", 2 };

    ck_fails(OV_INVALID, ov_doc_parse(arena, inside, &doc, &err));
    ck_says("byte 0x00");
    ck_fails(OV_INVALID, ov_doc_parse(arena, outside, &doc, &err));
    ck_says("byte 0x00");
}
END_TEST

START_TEST(sixty_four_levels_are_read_and_one_more_is_not)
{
    char json[2 * 65 + 1];
    struct ov_doc *doc = NULL;

    memset(json, '[', 64);
    memset(json + 64, ']', 64);
    json[128] = '\0';
    ck_prints(parse(json), json);
    memset(json, '[', 65);
    memset(json + 65, ']', 65);
    json[130] = '\0';
    ck_fails(OV_INVALID, ov_doc_parse(arena, ov_str_of(json), &doc, &err));
    ck_says("more than 64 levels");
}
END_TEST

START_TEST(printing_refuses_what_could_not_be_read_again)
{
    struct ov_doc *deep = ov_doc_list(arena), *list;
    char *text = NULL;
    size_t n = 0;
    int i;

    ck_fails(OV_INVALID, ov_doc_print(ov_doc_real(arena, NAN), &text, &n, &err));
    ck_says("NaN");
    ck_fails(OV_INVALID, ov_doc_print(ov_doc_real(arena, -INFINITY), &text, &n, &err));
    ck_says("infinity");
    ck_fails(OV_INVALID,
             ov_doc_print(ov_doc_text(arena, ov_str_of("\xFF")), &text, &n, &err));
    ck_says("UTF-8");
    for (i = 0; i < 64; i++) {
        list = ov_doc_list(arena);
        ck_assert_int_eq(ov_doc_append(arena, list, deep), OV_OK);
        deep = list;
    }
    ck_fails(OV_INVALID, ov_doc_print(deep, &text, &n, &err));
    ck_says("64 levels");
    ck_assert_ptr_null(text);
}
END_TEST

START_TEST(floats_print_as_float32_in_one_list)
{
    static const float floats[] = { 0.1f, 3, -0.5f, 1e10f };

    ck_prints(ov_doc_floats(arena, floats, 4), "[0.1,3,-0.5,10000000000]");
    ck_prints(ov_doc_floats(arena, NULL, 0), "[]");
}
END_TEST

START_TEST(an_object_refuses_a_name_twice_however_large)
{
    struct ov_doc *object = ov_doc_object(arena);
    char name[16];
    int i;

    for (i = 0; i < 5000; i++) {
        ck_assert_int_eq(
            ov_doc_set(arena, object,
                       ov_str_of((snprintf(name, sizeof(name), "n%d", i), name)),
                       ov_doc_int(arena, i)),
            OV_OK);
    }
    for (i = 0; i < 5000; i += 7) {
        snprintf(name, sizeof(name), "n%d", i);
        ck_assert_int_eq(ov_doc_set(arena, object, ov_str_of(name), ov_doc_null(arena)),
                         OV_INVALID);
        ck_assert_int_eq(ov_doc_get(object, name)->u.i, i);
    }
    ck_assert_uint_eq(object->n, 5000);
    ck_assert_ptr_null(ov_doc_get(object, "n5000"));
    ck_assert_ptr_null(ov_doc_get(NULL, "n1"));
    ck_assert_ptr_null(ov_doc_get(ov_doc_list(arena), "n1"));
}
END_TEST

START_TEST(appending_to_what_is_no_list_is_refused)
{
    struct ov_doc *text = ov_doc_text(arena, ov_str_of("x"));

    ck_assert_int_eq(ov_doc_append(arena, text, text), OV_INVALID);
    ck_assert_int_eq(ov_doc_set(arena, text, ov_str_of("a"), text), OV_INVALID);
    ck_assert_int_eq(ov_doc_append(arena, ov_doc_list(arena), NULL), OV_NO_SPACE);
}
END_TEST

START_TEST(a_copy_in_another_arena_outlives_the_first)
{
    static const float floats[] = { 1, 2 };
    struct ov_arena *other = ov_arena_new();
    struct ov_doc *doc, *copy;

    ck_ok(ov_doc_parse(other, ov_str_of("{\"a\":[1,2.5,\"x\",null,true],\"b\":{}}"), &doc,
                       &err));
    ck_assert_int_eq(
        ov_doc_set(other, doc, ov_str_of("v"), ov_doc_floats(other, floats, 2)), OV_OK);
    copy = ov_doc_copy(arena, doc);
    ck_assert(ov_doc_equal(copy, doc));
    ov_arena_free(other);
    ck_prints(copy, "{\"a\":[1,2.5,\"x\",null,true],\"b\":{},\"v\":[1,2]}");
}
END_TEST

static const struct {
    const char *a;
    const char *b;
    int equal;
} pairs[] = {
    { "1", "1", 1 },
    { "1", "1.0", 0 },
    { "1", "true", 0 },
    { "\"a\"", "\"b\"", 0 },
    { "[1,2]", "[2,1]", 0 },
    { "[1,2]", "[1,2,3]", 0 },
    { "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", 1 },
    { "{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", 0 },
    { "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":3}", 0 },
    { "[null,{\"a\":[]}]", "[null,{\"a\":[]}]", 1 },
};

START_TEST(equality_looks_at_kinds_and_not_at_the_order_of_members)
{
    ck_assert_int_eq(ov_doc_equal(parse(pairs[_i].a), parse(pairs[_i].b)),
                     pairs[_i].equal);
}
END_TEST

START_TEST(an_arena_gives_aligned_blocks_of_any_size_and_keeps_its_memory)
{
    size_t sizes[] = { 0, 1, 15, 16, 17, 4000, 5000, 100000, 3000000, 8 }, i, round;

    for (round = 0; round < 3; round++) {
        for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            void *p = ov_arena_take(arena, sizes[i]);

            ck_assert_ptr_nonnull(p);
            ck_assert_uint_eq((uintptr_t)p % 16, 0);
            memset(p, 0xA5, sizes[i]);
        }
        ov_arena_reset(arena);
    }
    ck_assert_ptr_null(ov_arena_take(arena, SIZE_MAX));
    ck_assert_ptr_null(ov_arena_take(arena, SIZE_MAX / 2));
    ov_arena_free(NULL);
}
END_TEST

/* ------------------------------------------------------- against jansson */

static int same(const struct ov_doc *doc, const json_t *json)
{
    const char *name;
    json_t *value;
    size_t i;

    switch (json_typeof(json)) {
    case JSON_NULL:
        return doc->kind == OV_DOC_NULL;
    case JSON_TRUE:
    case JSON_FALSE:
        return doc->kind == OV_DOC_BOOL && doc->u.i == json_is_true(json);
    case JSON_INTEGER:
        return doc->kind == OV_DOC_INT && doc->u.i == json_integer_value(json);
    case JSON_REAL:
        return doc->kind == OV_DOC_REAL && doc->u.f == json_real_value(json);
    case JSON_STRING:
        return doc->kind == OV_DOC_TEXT && doc->n == json_string_length(json) &&
               memcmp(doc->u.text, json_string_value(json), doc->n) == 0;
    case JSON_ARRAY:
        for (i = 0; i < json_array_size(json); i++)
            if (i >= doc->n || !same(doc->u.items[i], json_array_get(json, i)))
                return 0;
        return doc->kind == OV_DOC_LIST && doc->n == json_array_size(json);
    case JSON_OBJECT:
        json_object_foreach((json_t *)(uintptr_t)json, name,
                            value) if (ov_doc_get(doc, name) == NULL ||
                                       !same(ov_doc_get(doc, name), value)) return 0;
        return doc->kind == OV_DOC_OBJECT && doc->n == json_object_size(json);
    }
    return 0;
}

/* Does our reader say what jansson says of these bytes? */
static void compare(const char *bytes, size_t n)
{
    json_t *theirs = json_loadb(bytes, n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    struct ov_str text = { bytes, n };
    struct ov_doc *ours = NULL;
    struct ov_error ignored = OV_ERROR_INIT;
    int32_t code = ov_doc_parse(arena, text, &ours, &ignored);

    if (code == OV_INVALID && strstr(ignored.message, "64 levels") == NULL)
        ck_assert_msg(theirs == NULL, "'%.*s' is refused: %s", (int)n, bytes,
                      ignored.message);
    if (code == OV_OK) {
        ck_assert_msg(theirs != NULL, "'%.*s' is taken", (int)n, bytes);
        ck_assert_msg(same(ours, theirs), "'%.*s' is read otherwise", (int)n, bytes);
    }
    json_decref(theirs);
    ov_arena_reset(arena);
}

/* A small generator of its own, so that a run can be repeated. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

START_TEST(every_text_of_the_tables_is_taken_as_jansson_takes_it)
{
    size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        compare(good[i].json, strlen(good[i].json));
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        compare(bad[i].json, strlen(bad[i].json));
}
END_TEST

START_TEST(damaged_texts_are_taken_as_jansson_takes_them)
{
    static const char seed_text[] =
        "{\"a\":[1,-2.5e3,\"x\\u00e9\\ud83d\\ude00\\n\",null,true,{}],\"b\":{\"c\":[],"
        "\"d\":0.25},\"e\":9223372036854775807,\"f\":\"\xC3\xA9\"}";
    static const char letters[] = "{}[]\",:\\u0123456789eE+-. \ntruefalsn\x01\xC3\xFF";
    char text[sizeof(seed_text)];
    uint32_t state = 2463534242u, round, edits;

    for (round = 0; round < 20000; round++) {
        size_t n = sizeof(seed_text) - 1;

        memcpy(text, seed_text, sizeof(text));
        for (edits = 1 + next_random(&state) % 3; edits > 0; edits--)
            text[next_random(&state) % n] =
                letters[next_random(&state) % (sizeof(letters) - 1)];
        if (next_random(&state) % 4 == 0)
            n = next_random(&state) % n;
        compare(text, n);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *made = suite_create("document");
    TCase *tests = tcase_create("document");

    tcase_add_checked_fixture(tests, make_arena, free_arena);
    tcase_add_loop_test(tests, json_is_read_and_printed_again, 0,
                        sizeof(good) / sizeof(good[0]));
    tcase_add_loop_test(tests, bad_json_is_refused_with_its_line, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tests, a_nul_byte_is_refused_in_and_outside_strings);
    tcase_add_test(tests, sixty_four_levels_are_read_and_one_more_is_not);
    tcase_add_test(tests, printing_refuses_what_could_not_be_read_again);
    tcase_add_test(tests, floats_print_as_float32_in_one_list);
    tcase_add_test(tests, an_object_refuses_a_name_twice_however_large);
    tcase_add_test(tests, appending_to_what_is_no_list_is_refused);
    tcase_add_test(tests, a_copy_in_another_arena_outlives_the_first);
    tcase_add_loop_test(tests, equality_looks_at_kinds_and_not_at_the_order_of_members, 0,
                        sizeof(pairs) / sizeof(pairs[0]));
    tcase_add_test(tests, an_arena_gives_aligned_blocks_of_any_size_and_keeps_its_memory);
    tcase_add_test(tests, every_text_of_the_tables_is_taken_as_jansson_takes_it);
    tcase_add_test(tests, damaged_texts_are_taken_as_jansson_takes_them);
    suite_add_tcase(made, tests);
    return made;
}

int main(void)
{
    return run_suite(suite());
}
