/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_writes.c - repeated keys, partial updates, times to live, removals, limits.
 */
#include "store_support.h"

#include <stdio.h>

#define META                                                                            \
    "{'Fields':[{'FieldName':'id','FieldType':'string','IsPrimaryKey':true},"           \
    "{'FieldName':'v','FieldType':'vector','Dim':4},"                                   \
    "{'FieldName':'i','FieldType':'int64'},{'FieldName':'s','FieldType':'string'},"     \
    "{'FieldName':'uri','FieldType':'path'},{'FieldName':'d','FieldType':'date_time'}," \
    "{'FieldName':'ls','FieldType':'list<string>','DefaultValue':['x']}]}"

static void setup(void)
{
    open_store("memory", "");
    open_collection(META);
}

static uint64_t count_all(void)
{
    uint64_t count = 0;

    ck_ok(ov_collection_count(env.collection, NULL, &count, NULL, &err));
    return count;
}

/* One record's field as JSON. */
static const char *field_of(const char *key, const char *field)
{
    struct ov_page page = OV_PAGE_INIT;
    const char *text;
    char keys[128];

    snprintf(keys, sizeof(keys), "['%s']", key);
    ck_ok(ov_collection_fetch(env.collection, json(keys), NULL, NULL, &page, &err));
    ck_assert_int_eq(page.missing, 0);
    text = page_text(&page, 0, field);
    ov_page_clear(&page);
    return text;
}

static int32_t set(const char *records)
{
    return ov_collection_set(env.collection, json(records), NULL, &err);
}

/* ------------------------------------------------------------------- upsert */

START_TEST(of_repeated_keys_the_last_record_wins_alone)
{
    ck_ok(upsert("[{'id':'k','v':[1,1,1,1],'s':'one','i':1},"
                 "{'id':'m','v':[1,1,1,1]},{'id':'k','v':[2,2,2,2],'s':'two'}]"));
    ck_assert_uint_eq(count_all(), 2);
    ck_assert_str_eq(field_of("k", "s"), "'two'");
    ck_assert_str_eq(field_of("k", "i"), "0");
}
END_TEST

START_TEST(a_record_that_loses_to_a_later_one_must_be_right_as_well)
{
    ck_fails(OV_INVALID, upsert("[{'id':'k','v':[1,1,1,1],'i':'x'},"
                                "{'id':'k','v':[1,1,1,1]}]"));
    ck_assert_int_eq(err.row, 0);
    ck_at("i");
    ck_assert_uint_eq(count_all(), 0);
}
END_TEST

START_TEST(a_default_that_is_a_list_is_written_by_the_host)
{
    ck_ok(upsert("[{'id':'a','v':[1,1,1,1]},{'id':'b','v':[1,1,1,1],'ls':[]}]"));
    ck_assert_str_eq(field_of("a", "ls"), "['x']");
    ck_assert_str_eq(field_of("b", "ls"), "[]");
}
END_TEST

START_TEST(an_empty_list_of_records_is_no_call)
{
    ck_ok(upsert("[]"));
    ck_ok(set("[]"));
    ck_assert_uint_eq(count_all(), 0);
    ck_fails(OV_INVALID, upsert("{'id':'a'}"));
    ck_says("list");
    ck_fails(OV_INVALID, ov_collection_upsert(env.collection, NULL, NULL, NULL, &err));
}
END_TEST

/* ------------------------------------------------------------------- update */

START_TEST(an_update_sets_what_it_is_given_and_keeps_the_rest)
{
    ck_ok(upsert("[{'id':'a','v':[1,2,3,4],'i':1,'s':'one','d':'2026-01-01'},"
                 "{'id':'b','v':[1,2,3,4],'i':2,'s':'two','uri':'/x//y'}]"));
    ck_ok(set("[{'id':'a','i':11},{'id':'b','s':'','uri':'/z','ls':[]}]"));
    ck_assert_str_eq(field_of("a", "i"), "11");
    ck_assert_str_eq(field_of("a", "s"), "'one'");
    ck_assert_str_eq(field_of("a", "d"), "'2026-01-01'");
    ck_assert_str_eq(field_of("a", "v"), "[1,2,3,4]");
    ck_assert_str_eq(field_of("b", "i"), "2");
    ck_assert_str_eq(field_of("b", "s"), "''");
    ck_assert_str_eq(field_of("b", "ls"), "[]");
    /* the new spelling is canonical: the old one must not come back */
    ck_assert_str_eq(field_of("b", "uri"), "'/z'");
}
END_TEST

/* As a row that was moved out of a page and made into a record again. */
START_TEST(the_key_of_a_page_stands_for_a_key_that_is_missing)
{
    struct ov_page page = OV_PAGE_INIT;

    ck_ok(upsert("[{'_ov_key':'a','_ov_score':0.5,'v':[0,0,0,1],'i':1},"
                 "{'_ov_key':'a','id':'b','v':[0,0,0,1],'i':2}]"));
    ck_ok(set("[{'i':3,'_ov_score':null,'_ov_key':'a'}]"));

    ck_ok(
        ov_collection_fetch(env.collection, json("['a','b']"), NULL, NULL, &page, &err));
    ck_assert_int_eq(page.missing, 0);
    ck_assert_str_eq(page_text(&page, 0, "i"), "3");
    ck_assert_str_eq(page_text(&page, 1, "i"), "2");
    ov_page_clear(&page);
}
END_TEST

START_TEST(updates_of_one_key_are_merged_in_their_order)
{
    ck_ok(upsert("[{'id':'a','v':[1,2,3,4],'i':1,'s':'one'}]"));
    ck_ok(set("[{'id':'a','i':2,'s':'x'},{'id':'a','i':3},{'id':'a','d':'2026-01-01'}]"));
    ck_assert_str_eq(field_of("a", "i"), "3");
    ck_assert_str_eq(field_of("a", "s"), "'x'");
    ck_assert_str_eq(field_of("a", "d"), "'2026-01-01'");
}
END_TEST

START_TEST(an_update_of_missing_records_names_them_all_and_changes_nothing)
{
    ck_ok(upsert("[{'id':'a','v':[1,2,3,4],'i':1}]"));
    ck_fails(OV_NO_RECORD,
             set("[{'id':'a','i':33},{'id':'q1','s':'x'},{'id':'q2','i':1}]"));
    ck_says("not found for primary key(s): ['q1', 'q2']");
    ck_assert_str_eq(field_of("a", "i"), "1");
    ck_assert_int_ge(err.row, -1);
}
END_TEST

START_TEST(the_row_of_a_missing_record_is_counted_in_the_callers_list)
{
    ck_ok(upsert("[{'id':'a','v':[1,2,3,4]},{'id':'b','v':[1,2,3,4]}]"));
    ck_fails(
        OV_NO_RECORD,
        set("[{'id':'a','i':1},{'id':'b','s':'x'},{'id':'zz','i':1},{'id':'a','i':2}]"));
    ck_assert_int_eq(err.row, 2);
}
END_TEST

START_TEST(a_long_list_of_missing_records_is_cut)
{
    char text[4096] = "[";
    size_t n = 1;
    int i;

    for (i = 0; i < 100; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s{'id':'missing-%d','i':1}",
                              i ? "," : "", i);
    snprintf(text + n, sizeof(text) - n, "]");
    ck_fails(OV_NO_RECORD, set(text));
    ck_says("'missing-0', 'missing-1'");
    ck_says(", ...]");
}
END_TEST

START_TEST(an_update_needs_the_key)
{
    ck_fails(OV_INVALID, set("[{'i':1}]"));
    ck_says("primary key 'id' is required for update");
    ck_at("id");
}
END_TEST

/* ----------------------------------------------------------------- lifetime */

static struct ov_call_options at_second(int64_t s)
{
    struct ov_call_options options = { .size = sizeof(options) };

    options.now_us = s * 1000000;
    return options;
}

static uint64_t count_at(int64_t s)
{
    struct ov_call_options options = at_second(s);
    uint64_t count = 99;

    ck_ok(ov_collection_count(env.collection, NULL, &count, &options, &err));
    return count;
}

START_TEST(each_record_has_its_own_time_to_live)
{
    const int64_t ttl_s[] = { 10, 0, 20 };
    struct ov_call_options options = at_second(1000);
    struct ov_page page = OV_PAGE_INIT;

    ck_ok(ov_collection_upsert(env.collection,
                               json("[{'id':'a','v':[1,2,3,4]},{'id':'b','v':[1,2,3,4]},"
                                    "{'id':'c','v':[1,2,3,4]}]"),
                               ttl_s, &options, &err));
    ck_assert_uint_eq(count_at(1009), 3);
    ck_assert_uint_eq(count_at(1010), 2);
    ck_assert_uint_eq(count_at(1020), 1);
    options = at_second(1010);
    ck_ok(ov_collection_fetch(env.collection, json("['a','b']"), NULL, &options, &page,
                              &err));
    ck_assert_int_eq(page.missing, 1);
    ck_assert_str_eq(record_text(&page, 1),
                     "{'id':'b','v':[1,2,3,4],'i':0,'s':'','uri':'','d':'','ls':['x']}");
    ov_page_clear(&page);
}
END_TEST

START_TEST(writing_again_without_a_time_to_live_ends_it)
{
    const int64_t ttl_s[] = { 10, 10 };
    struct ov_call_options options = at_second(1000);

    ck_ok(ov_collection_upsert(
        env.collection, json("[{'id':'a','v':[1,2,3,4]},{'id':'b','v':[1,2,3,4]}]"),
        ttl_s, &options, &err));
    ck_ok(ov_collection_upsert(env.collection, json("[{'id':'a','v':[1,2,3,4]}]"), NULL,
                               &options, &err));
    ck_ok(ov_collection_set(env.collection, json("[{'id':'b','i':1}]"), &options, &err));
    ck_assert_uint_eq(count_at(5000), 2);
}
END_TEST

START_TEST(the_hidden_field_is_in_no_meta_and_no_record)
{
    const int64_t ttl_s[] = { 10 };
    const struct ov_doc *meta;

    ck_ok(ov_collection_upsert(env.collection, json("[{'id':'a','v':[1,2,3,4]}]"), ttl_s,
                               NULL, &err));
    ck_ok(ov_collection_meta(env.collection, env.arena, &meta, NULL, &err));
    ck_assert_uint_eq(ov_doc_get(meta, "Fields")->n, 7);
    ck_fails(OV_INVALID, upsert("[{'id':'a','v':[1,2,3,4],'_ov_expires':'2026-01-01'}]"));
    ck_fails(OV_INVALID, ov_collection_count(env.collection,
                                             json("{'op':'must','field':'_ov_expires',"
                                                  "'conds':[1]}"),
                                             &(uint64_t){ 0 }, NULL, &err));
}
END_TEST

START_TEST(a_time_to_live_beyond_all_time_is_refused)
{
    const int64_t ttl_s[] = { INT64_MAX };

    ck_fails(OV_INVALID,
             ov_collection_upsert(env.collection, json("[{'id':'a','v':[1,2,3,4]}]"),
                                  ttl_s, NULL, &err));
    ck_assert_int_eq(err.row, 0);
    ck_assert_uint_eq(count_all(), 0);
}
END_TEST

/* ------------------------------------------------------------------ removal */

static void three_records(void)
{
    ck_ok(upsert("[{'id':'a','v':[1,2,3,4],'i':1},{'id':'b','v':[1,2,3,4],'i':2},"
                 "{'id':'7','v':[1,2,3,4],'i':3}]"));
}

START_TEST(removal_counts_what_was_there)
{
    uint64_t removed = 99;

    three_records();
    ck_ok(ov_collection_remove(env.collection, json("['a','a','zz',7,null,'']"), &removed,
                               NULL, &err));
    ck_assert_uint_eq(removed, 2);
    ck_assert_uint_eq(count_all(), 1);
    ck_ok(ov_collection_remove(env.collection, json("[]"), &removed, NULL, &err));
    ck_assert_uint_eq(removed, 0);
    ck_fails(OV_INVALID,
             ov_collection_remove(env.collection, json("'a'"), &removed, NULL, &err));
}
END_TEST

static int32_t remove_where(const char *filter, uint64_t *removed)
{
    return ov_collection_remove_where(env.collection, json(filter), removed, NULL, &err);
}

START_TEST(removal_by_filter_needs_one_that_says_something)
{
    static const char *const empty[] = { "null", "{}", "{'filter':{}}",
                                         "{'filter':null}" };
    uint64_t removed = 99;
    size_t i;

    three_records();
    for (i = 0; i < 4; i++) {
        ck_fails(OV_INVALID, remove_where(empty[i], &removed));
        ck_says("truncate");
    }
    ck_fails(OV_INVALID,
             ov_collection_remove_where(env.collection, NULL, &removed, NULL, &err));
    ck_assert_uint_eq(removed, 99);
    ck_assert_uint_eq(count_all(), 3);
    ck_ok(remove_where("{'op':'range','field':'i','gte':2}", &removed));
    ck_assert_uint_eq(removed, 2);
    ck_ok(remove_where("{'op':'must','field':'s','conds':[]}", &removed));
    ck_assert_uint_eq(removed, 0);
    ck_assert_uint_eq(count_all(), 1);
}
END_TEST

START_TEST(a_filter_that_matches_everything_removes_everything_and_counts)
{
    uint64_t removed = 0;

    three_records();
    ck_ok(remove_where("{'op':'must_not','field':'s','conds':[]}", &removed));
    ck_assert_uint_eq(removed, 3);
    ck_assert_uint_eq(count_all(), 0);
}
END_TEST

START_TEST(truncating_keeps_the_collection)
{
    three_records();
    ck_ok(ov_collection_truncate(env.collection, NULL, &err));
    ck_assert_uint_eq(count_all(), 0);
    three_records();
    ck_assert_uint_eq(count_all(), 3);
}
END_TEST

/* --------------------------------------------------------------- other keys */

START_TEST(keys_may_be_integers)
{
    struct ov_page page = OV_PAGE_INIT;
    uint64_t removed;

    ck_ok(ov_store_create(
        env.store,
        &(struct ov_collection_spec){
            .size = sizeof(struct ov_collection_spec),
            .name = "n",
            .meta = json("{'Fields':[{'FieldName':'k','FieldType':'int64',"
                         "'IsPrimaryKey':true},"
                         "{'FieldName':'v','FieldType':'vector','Dim':4}]}") },
        NULL, NULL, &err));
    ov_collection_free(env.collection);
    ck_ok(ov_store_collection(env.store, "n", NULL, &env.collection, &err));
    ck_ok(
        upsert("[{'k':7,'v':[1,0,0,0]},{'k':'-8','v':[1,0,0,0]},{'k':7,'v':[2,0,0,0]}]"));
    ck_ok(ov_collection_fetch(env.collection, json("[7,'7',-8,9]"), NULL, NULL, &page,
                              &err));
    ck_assert_int_eq(page.missing, 2);
    ck_assert_int_eq(ov_page_found(&page, 0), 1);
    ck_assert_int_eq(ov_page_found(&page, 1), 0);
    ck_assert_str_eq(page_text(&page, 0, "v"), "[2,0,0,0]");
    ov_page_clear(&page);
    ck_ok(remove_where("{'op':'must_not','field':'k','conds':[]}", &removed));
    ck_assert_uint_eq(removed, 2);
}
END_TEST

START_TEST(a_collection_without_a_key_gets_keys_of_the_hosts)
{
    struct ov_listing all = { .size = sizeof(all), .limit = -1 };
    struct ov_page page = OV_PAGE_INIT;
    struct ov_cell a, b;

    ck_ok(ov_store_create(
        env.store,
        &(struct ov_collection_spec){
            .size = sizeof(struct ov_collection_spec),
            .name = "n",
            .meta = json("{'Fields':[{'FieldName':'v','FieldType':'vector','Dim':4}"
                         "]}") },
        NULL, NULL, &err));
    ov_collection_free(env.collection);
    ck_ok(ov_store_collection(env.store, "n", NULL, &env.collection, &err));
    ck_ok(upsert("[{'v':[1,0,0,0]},{'v':[1,0,0,0]}]"));
    ck_ok(ov_collection_scan(env.collection, &all, NULL, &page, &err));
    ck_assert_int_eq(page.rows, 2);
    ov_page_key(&page, 0, &a);
    ov_page_key(&page, 1, &b);
    ck_assert_uint_eq(a.type, OV_INT64);
    ck_assert_int_gt(a.u.i, 0);
    ck_assert_int_ne(a.u.i, b.u.i);
    ov_page_clear(&page);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("writes");
    TCase *t = tcase_create("writes");

    tcase_add_checked_fixture(t, setup, close_store);
    tcase_add_test(t, of_repeated_keys_the_last_record_wins_alone);
    tcase_add_test(t, a_record_that_loses_to_a_later_one_must_be_right_as_well);
    tcase_add_test(t, a_default_that_is_a_list_is_written_by_the_host);
    tcase_add_test(t, an_empty_list_of_records_is_no_call);
    tcase_add_test(t, an_update_sets_what_it_is_given_and_keeps_the_rest);
    tcase_add_test(t, updates_of_one_key_are_merged_in_their_order);
    tcase_add_test(t, the_key_of_a_page_stands_for_a_key_that_is_missing);
    tcase_add_test(t, an_update_of_missing_records_names_them_all_and_changes_nothing);
    tcase_add_test(t, the_row_of_a_missing_record_is_counted_in_the_callers_list);
    tcase_add_test(t, a_long_list_of_missing_records_is_cut);
    tcase_add_test(t, an_update_needs_the_key);
    tcase_add_test(t, each_record_has_its_own_time_to_live);
    tcase_add_test(t, writing_again_without_a_time_to_live_ends_it);
    tcase_add_test(t, the_hidden_field_is_in_no_meta_and_no_record);
    tcase_add_test(t, a_time_to_live_beyond_all_time_is_refused);
    tcase_add_test(t, removal_counts_what_was_there);
    tcase_add_test(t, removal_by_filter_needs_one_that_says_something);
    tcase_add_test(t, a_filter_that_matches_everything_removes_everything_and_counts);
    tcase_add_test(t, truncating_keeps_the_collection);
    tcase_add_test(t, keys_may_be_integers);
    tcase_add_test(t, a_collection_without_a_key_gets_keys_of_the_hosts);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
