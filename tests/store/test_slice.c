/* SPDX-License-Identifier: Apache-2.0 */
/* test_slice.c - from an INI file to hits, through everything. */
#include "store_support.h"

#define META                                                                  \
    "{'Fields':[{'FieldName':'id','FieldType':'string','IsPrimaryKey':true}," \
    "{'FieldName':'vector','FieldType':'vector','Dim':4},"                    \
    "{'FieldName':'uri','FieldType':'path'},"                                 \
    "{'FieldName':'level','FieldType':'int64'},"                              \
    "{'FieldName':'at','FieldType':'date_time'}],'ScalarIndex':['uri','level']}"

static void setup(void)
{
    open_store("memory", "distance = ip");
    open_collection(META);
}

START_TEST(a_record_written_is_found_counted_and_fetched)
{
    const float query[] = { 1, 0, 0, 0 };
    struct ov_query question = { .size = sizeof(question), .limit = 10 };
    struct ov_page page = OV_PAGE_INIT;
    uint64_t count = 0;

    ck_ok(upsert("[{'id':'a','vector':[1,2,3,4],'uri':'viking://x/y/','at':'2026-01-02'},"
                 "{'id':'b','vector':[2,0,0,0],'level':'7'}]"));
    ck_ok(ov_collection_count(env.collection, NULL, &count, NULL, &err));
    ck_assert_uint_eq(count, 2);
    question.dense = query;
    question.dim = 4;
    ck_ok(ov_collection_search(env.collection, &question, NULL, &page, &err));
    ck_assert_str_eq(page_keys(&page), "b a");
    ck_assert_double_eq(ov_page_score(&page, 0), 2);
    ov_page_clear(&page);
    ck_ok(ov_collection_fetch(env.collection, json("['b','zz','a','b']"), NULL, NULL,
                              &page, &err));
    ck_assert_str_eq(page_keys(&page), "b zz a b");
    ck_assert_int_eq(page.missing, 1);
    ck_assert_int_eq(ov_page_found(&page, 1), 0);
    ck_assert_str_eq(record_text(&page, 2),
                     "{'id':'a','vector':[1,2,3,4],'uri':'/x/y','level':0,"
                     "'at':'2026-01-02'}");
    ck_assert_str_eq(record_text(&page, 0),
                     "{'id':'b','vector':[2,0,0,0],'uri':'','level':7,'at':''}");
    ov_page_clear(&page);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("slice");
    TCase *t = tcase_create("slice");

    tcase_add_checked_fixture(t, setup, close_store);
    tcase_add_test(t, a_record_written_is_found_counted_and_fetched);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
