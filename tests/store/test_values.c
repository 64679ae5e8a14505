/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_values.c - contract 2.1 and 2.3: what each type takes, what it refuses, where the
 * fault is said to be.
 */
#include "store_support.h"

#include "value.h"

#include <math.h>
#include <stdio.h>

#define META                                                                         \
    "{'Fields':[{'FieldName':'id','FieldType':'string','IsPrimaryKey':true},"        \
    "{'FieldName':'v','FieldType':'vector','Dim':4},"                                \
    "{'FieldName':'sv','FieldType':'sparse_vector'},"                                \
    "{'FieldName':'uri','FieldType':'path'},{'FieldName':'s','FieldType':'string'}," \
    "{'FieldName':'t','FieldType':'text'},{'FieldName':'i','FieldType':'int64'},"    \
    "{'FieldName':'f','FieldType':'float32'},{'FieldName':'b','FieldType':'bool'},"  \
    "{'FieldName':'ls','FieldType':'list<string>'},"                                 \
    "{'FieldName':'li','FieldType':'list<int64>'},"                                  \
    "{'FieldName':'d','FieldType':'date_time'},"                                     \
    "{'FieldName':'g','FieldType':'geo_point'},"                                     \
    "{'FieldName':'nine','FieldType':'int64','DefaultValue':9}]}"

static void setup(void)
{
    open_store("memory", "");
    open_collection(META);
}

static const char *const taken[][3] = {
    /* field, written, read back */
    { "i", "5", "5" },
    { "i", "'12'", "12" },
    { "i", "' +12 '", "12" },
    { "i", "3.0", "3" },
    { "i", "true", "1" },
    { "i", "-9223372036854775808", "-9223372036854775808" },
    { "f", "1", "1.0" },
    { "f", "'3'", "3.0" },
    { "f", "0.1", "0.1" },
    { "b", "true", "true" },
    { "b", "1", "true" },
    { "b", "0", "false" },
    { "b", "'yes'", "true" },
    { "b", "'No'", "false" },
    { "b", "'0'", "false" },
    { "b", "'TRUE'", "true" },
    { "s", "'a;b'", "'a;b'" },
    { "s", "''", "''" },
    { "t", "'\xc3\xa9'", "'\xc3\xa9'" },
    { "ls", "['x','','y;z']", "['x','','y;z']" },
    { "ls", "'x;y'", "['x','y']" },
    { "ls", "'x;; y'", "['x','',' y']" },
    { "ls", "[]", "[]" },
    { "li", "[1,'2']", "[1,2]" },
    { "li", "'1;2'", "[1,2]" },
    { "d", "''", "''" },
    { "d", "'2026-03-01T00:00:00.000Z'", "'2026-03-01T00:00:00.000Z'" },
    { "d", "'2026-03-01T09:00:00+09:00'", "'2026-03-01T09:00:00+09:00'" },
    { "d", "'2026-03-01'", "'2026-03-01'" },
    { "g", "''", "''" },
    { "g", "'2.35,48.85'", "'2.35,48.85'" },
    { "g", "'2.350, 48.85'", "'2.350, 48.85'" },
    { "g", "'-180,90'", "'-180,90'" },
    { "uri", "'/a//b/'", "'/a//b/'" },
    { "uri", "'/a/b'", "'/a/b'" },
    { "uri", "'/'", "'/'" },
    { "uri", "'rel/x'", "'rel/x'" },
    { "uri", "'viking://r/p/'", "'/r/p'" },
    { "uri", "'viking://'", "'/'" },
    { "v", "['1',2,3,4.5]", "[1,2,3,4.5]" },
    { "sv", "{'fox':2,'ant':'0.5'}", "{'ant':0.5,'fox':2.0}" },
    { "sv", "{}", "{}" },
    { "sv", "{'terms':['fox','ant'],'weights':[2,'0.5']}", "{'ant':0.5,'fox':2.0}" },
    { "sv", "{'weights':[],'terms':[]}", "{}" },
    { "sv", "{'terms':1,'weights':2}", "{'terms':1.0,'weights':2.0}" },
    { "d", "null", "''" },
    { "g", "null", "''" },
    { "_ov_score", "'x'", "" },
    { "_ov_key", "'passed over'", "" },
};

static int same_json(const char *a, const char *b)
{
    return ov_doc_equal(json(a), json(b));
}

START_TEST(each_type_takes_what_the_contract_says)
{
    const char *const *row = taken[_i];
    struct ov_page page = OV_PAGE_INIT;
    char text[512];

    snprintf(text, sizeof(text), "[{'id':'k'%s,'%s':%s}]",
             strcmp(row[0], "v") == 0 ? "" : ",'v':[0,0,0,1]", row[0], row[1]);
    ck_ok(upsert(text));
    ck_ok(ov_collection_fetch(env.collection, json("['k']"), NULL, NULL, &page, &err));
    if (row[2][0] != '\0')
        ck_assert_msg(same_json(page_text(&page, 0, row[0]), row[2]), "%s: %s became %s",
                      row[0], row[1], page_text(&page, 0, row[0]));
    ov_page_clear(&page);
}
END_TEST

static const char *const refused[][3] = {
    /* field, written, part of the message */
    { "i", "1.5", "'1.5' is no int64" },
    { "i", "'x'", "'x' is no int64" },
    { "i", "null", "null is no int64" },
    { "i", "1e300", "is no int64" },
    { "i", "[1]", "a list is no int64" },
    { "f", "'nan'", "is no finite number" },
    { "f", "null", "is no finite number" },
    { "b", "2", "'2' is no bool" },
    { "b", "'maybe'", "'maybe' is no bool" },
    { "s", "5", "'5' is no text" },
    { "s", "null", "null is no text" },
    { "t", "false", "false is no text" },
    { "ls", "[1]", "element 0: '1' is no text" },
    { "ls", "{}", "an object is no list" },
    { "li", "['x']", "'x' is no int64" },
    { "li", "'1;;2'", "'' is no int64" },
    { "d", "'nope'", "nope" },
    { "d", "1772323200000", "is no text" },
    { "g", "'200,0'", "200" },
    { "g", "'2'", "2" },
    { "v", "[1,2,3]", "a vector of 3 numbers, not 4" },
    { "v", "[1,2,3,4,5]", "a vector of 5 numbers, not 4" },
    { "v", "[1,2,3,2e15]", "element 3" },
    { "v", "[1,2,3,'x']", "element 3: 'x' is no finite number" },
    { "v", "'1;2;3;4'", "is no list of numbers" },
    { "sv", "[1]", "is no object" },
    { "sv", "{'a':'x'}", "'a'" },
    { "sv", "{'a':1e39}", "'a'" },
    { "sv", "{'terms':['a'],'weights':[]}", "1 terms and 0 weights" },
    { "sv", "{'terms':[1],'weights':[1]}", "element 0: '1' is no text" },
    { "sv", "{'terms':['a'],'weights':['x']}", "'a'" },
    { "sv", "{'terms':['a','a'],'weights':[1,2]}", "a term stands there twice" },
    { "uri", "7", "'7' is no text" },
};

START_TEST(each_type_refuses_the_rest_with_row_and_field)
{
    const char *const *row = refused[_i];
    uint64_t count = 9;
    char text[512];

    snprintf(text, sizeof(text), "[{'id':'a','v':[0,0,0,1]},{'id':'k'%s,'%s':%s}]",
             strcmp(row[0], "v") == 0 ? "" : ",'v':[0,0,0,1]", row[0], row[1]);
    ck_fails(OV_INVALID, upsert(text));
    ck_says(row[2]);
    ck_at(row[0]);
    ck_assert_int_eq(err.row, 1);
    ck_assert_uint_ne(err.field, OV_NONE);
    ck_ok(ov_collection_count(env.collection, NULL, &count, NULL, &err));
    ck_assert_uint_eq(count, 0);
}
END_TEST

static const char *const unfit[][3] = {
    /* the second record, place, part of the message */
    { "{'v':[0,0,0,1]}", "id", "primary key 'id' is required" },
    { "{'id':'','v':[0,0,0,1]}", "id", "is empty" },
    { "{'id':7,'v':[0,0,0,1]}", "id", "'7' is no text" },
    { "{'id':null,'v':[0,0,0,1]}", "id", "null is no text" },
    { "{'_ov_key':'','v':[0,0,0,1]}", "id", "is empty" },
    { "{'_ov_key':7,'v':[0,0,0,1]}", "id", "'7' is no text" },
    { "{'_ov_score':1,'v':[0,0,0,1]}", "id", "primary key 'id' is required" },
    { "{'id':'k','v':[0,0,0,1],'_ov_keys':1}", "_ov_keys", "no field '_ov_keys'" },
    { "{'id':'k'}", "v", "field 'v' is required" },
    { "{'id':'k','v':[0,0,0,1],'zz':1}", "zz", "no field 'zz'" },
    { "{'id':'k','v':[0,0,0,1],'_ov_text_uri':'x'}", "_ov_text_uri", "no field" },
    { "7", "", "the record is no object" },
};

START_TEST(a_record_that_does_not_fit_stops_the_whole_write)
{
    uint64_t count = 9;
    char text[512];

    snprintf(text, sizeof(text), "[{'id':'a','v':[0,0,0,1]},%s]", unfit[_i][0]);
    ck_fails(OV_INVALID, upsert(text));
    ck_says(unfit[_i][2]);
    ck_at(unfit[_i][1]);
    ck_assert_int_eq(err.row, 1);
    ck_ok(ov_collection_count(env.collection, NULL, &count, NULL, &err));
    ck_assert_uint_eq(count, 0);
}
END_TEST

/* Records that JSON text cannot say. */
static const struct ov_doc *record_with(const char *name, const struct ov_doc *value)
{
    struct ov_doc *list = ov_doc_list(env.arena), *record = ov_doc_object(env.arena);

    ck_ok(ov_doc_set(env.arena, record, ov_str_of("id"),
                     ov_doc_text(env.arena, ov_str_of("k"))));
    if (strcmp(name, "v") != 0)
        ck_ok(ov_doc_set(env.arena, record, ov_str_of("v"), json("[0,0,0,1]")));
    ck_ok(ov_doc_set(env.arena, record, ov_str_of(name), value));
    ck_ok(ov_doc_append(env.arena, list, record));
    return list;
}

START_TEST(zero_bytes_and_broken_utf8_are_refused_everywhere)
{
    const struct ov_str bad[] = { { "a\0b", 3 }, { "\xff", 1 }, { "\xed\xa0\x80", 3 } };
    static const char *const fields[] = { "s", "t", "uri", "d", "g", "ls" };
    size_t i, k;

    for (i = 0; i < 3; i++)
        for (k = 0; k < 6; k++) {
            const struct ov_doc *text = ov_doc_text(env.arena, bad[i]);

            ck_fails(OV_INVALID,
                     ov_collection_upsert(env.collection, record_with(fields[k], text),
                                          NULL, NULL, &err));
            ck_says(i == 0 ? "U+0000" : "UTF-8");
            ck_at(fields[k]);
        }
}
END_TEST

START_TEST(broken_terms_and_list_elements_are_refused)
{
    struct ov_doc *terms = ov_doc_object(env.arena), *list = ov_doc_list(env.arena);
    const struct ov_str bad = { "a\0b", 3 };

    ck_ok(ov_doc_set(env.arena, terms, bad, ov_doc_real(env.arena, 1)));
    ck_fails(OV_INVALID, ov_collection_upsert(env.collection, record_with("sv", terms),
                                              NULL, NULL, &err));
    ck_says("U+0000");
    ck_ok(ov_doc_append(env.arena, list, ov_doc_text(env.arena, bad)));
    ck_fails(OV_INVALID, ov_collection_upsert(env.collection, record_with("ls", list),
                                              NULL, NULL, &err));
    ck_says("U+0000");
}
END_TEST

START_TEST(numbers_that_are_none_are_refused)
{
    const float nan_vector[] = { 1, NAN, 0, 0 }, huge[] = { 1, 0, 0, 2e15F };
    const struct ov_doc *record;

    record = record_with("v", ov_doc_floats(env.arena, nan_vector, 4));
    ck_fails(OV_INVALID, ov_collection_upsert(env.collection, record, NULL, NULL, &err));
    ck_says("element 1 is not finite");
    record = record_with("v", ov_doc_floats(env.arena, huge, 4));
    ck_fails(OV_INVALID, ov_collection_upsert(env.collection, record, NULL, NULL, &err));
    ck_says("over 1e15");
    record = record_with("v", json("[1,0,0,1e39]"));
    ck_fails(OV_INVALID, ov_collection_upsert(env.collection, record, NULL, NULL, &err));
    ck_says("element 3: '1e39' is over 1e15");
    record = record_with("f", ov_doc_real(env.arena, INFINITY));
    ck_fails(OV_INVALID, ov_collection_upsert(env.collection, record, NULL, NULL, &err));
    ck_says("'inf' is no finite number");
    record = record_with("i", ov_doc_real(env.arena, NAN));
    ck_fails(OV_INVALID, ov_collection_upsert(env.collection, record, NULL, NULL, &err));
    ck_says("'nan' is no int64");
}
END_TEST

/* Blocks of sixteen and the rest behind them, at every place. */
START_TEST(a_number_that_does_not_fit_is_seen_wherever_it_stands)
{
    const float bad[] = { NAN,   -NAN, INFINITY, -INFINITY, nextafterf(1e15F, INFINITY),
                          -2e15F };
    const float good[] = { 0, -0.5F, 2, -3e9F, 1e15F, -1e15F };
    float floats[37] = { 0 };
    size_t at, i;

    for (at = 0; at < 37; at++) {
        for (i = 0; i < 6; i++) {
            floats[at] = good[i];
            ck_assert_int_eq(value_floats_fit(floats, 37), 1);
            floats[at] = bad[i];
            ck_assert_int_eq(value_floats_fit(floats, 37), 0);
        }
        floats[at] = 0;
    }
}
END_TEST

START_TEST(what_is_left_out_takes_its_default_again)
{
    struct ov_page page = OV_PAGE_INIT;

    ck_ok(
        upsert("[{'id':'k','v':[1,2,3,4],'s':'x','i':3,'nine':1,'ls':['a'],'sv':{'a':1},"
               "'d':'2026-01-01','g':'1,2','uri':'/u','b':true}]"));
    ck_ok(upsert("[{'id':'k','v':[0,0,0,1]}]"));
    ck_ok(ov_collection_fetch(env.collection, json("['k']"), NULL, NULL, &page, &err));
    ck_assert(same_json(record_text(&page, 0),
                        "{'id':'k','v':[0,0,0,1],'sv':{},'uri':'','s':'','t':'','i':0,"
                        "'f':0.0,'b':false,'ls':[],'li':[],'d':'','g':'','nine':9}"));
    ov_page_clear(&page);
}
END_TEST

START_TEST(a_record_read_is_a_record_to_write)
{
    struct ov_page page = OV_PAGE_INIT;
    struct ov_doc *list = ov_doc_list(env.arena);
    const char *before;

    ck_ok(upsert("[{'id':'k','v':[1,2,3,4],'s':'x;y','i':3,'f':0.1,'ls':['a;b',''],"
                 "'sv':{'a':1,'b':-2},'d':'2026-01-01T01:00+01:00','g':'1.0,2','b':true,"
                 "'uri':'/a//b','li':[-1]}]"));
    ck_ok(ov_collection_fetch(env.collection, json("['k']"), NULL, NULL, &page, &err));
    before = record_text(&page, 0);
    ck_ok(ov_doc_append(env.arena, list, ov_page_record(&page, 0, env.arena)));
    ov_page_clear(&page);
    ck_ok(ov_collection_upsert(env.collection, list, NULL, NULL, &err));
    ck_ok(ov_collection_fetch(env.collection, json("['k']"), NULL, NULL, &page, &err));
    ck_assert_str_eq(record_text(&page, 0), before);
    ov_page_clear(&page);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("values");
    TCase *t = tcase_create("values");

    tcase_add_checked_fixture(t, setup, close_store);
    tcase_add_loop_test(t, each_type_takes_what_the_contract_says, 0,
                        sizeof(taken) / sizeof(taken[0]));
    tcase_add_loop_test(t, each_type_refuses_the_rest_with_row_and_field, 0,
                        sizeof(refused) / sizeof(refused[0]));
    tcase_add_loop_test(t, a_record_that_does_not_fit_stops_the_whole_write, 0,
                        sizeof(unfit) / sizeof(unfit[0]));
    tcase_add_test(t, zero_bytes_and_broken_utf8_are_refused_everywhere);
    tcase_add_test(t, broken_terms_and_list_elements_are_refused);
    tcase_add_test(t, numbers_that_are_none_are_refused);
    tcase_add_test(t, a_number_that_does_not_fit_is_seen_wherever_it_stands);
    tcase_add_test(t, what_is_left_out_takes_its_default_again);
    tcase_add_test(t, a_record_read_is_a_record_to_write);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
