/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_dispatch.c - what the host itself costs: no allocation, against a provider that
 * does nothing.
 */
#include "store_support.h"

#include "fault.h"

#include <stdlib.h>

#define META                                                                  \
    "{'Fields':[{'FieldName':'id','FieldType':'string','IsPrimaryKey':true}," \
    "{'FieldName':'v','FieldType':'vector','Dim':4},"                         \
    "{'FieldName':'s','FieldType':'string'}]}"

static void setup(void)
{
    open_store("null", "");
    open_collection(META);
}

START_TEST(a_count_allocates_nothing)
{
    uint64_t count;
    size_t before;
    int i;

    ck_ok(ov_collection_count(env.collection, NULL, &count, NULL, &err));
    before = fault_count();
    for (i = 0; i < 1000; i++)
        ov_collection_count(env.collection, NULL, &count, NULL, &err);
    ck_assert_uint_eq(fault_count() - before, 0);
}
END_TEST

/* As many as the null provider makes for one empty answer of a text column. */
static size_t allocations_of_an_answer(void)
{
    struct ov_column columns[4] = {
        { OV_TEXT, 0, 0 }, { OV_FLOAT64, 0, 0 }, { OV_INT64, 0, 0 }, { OV_TEXT, 0, 0 }
    };
    void *volatile list;
    struct ArrowArray array;
    size_t before = fault_count();
    int32_t status;

    list = calloc(4, sizeof(columns[0])); /* its list of columns */
    free(list);
    status = ov_rows_finish(ov_rows_new(columns, 4), &array, NULL);
    before = fault_count() - before;
    ck_assert_int_eq(status, OV_OK);
    array.release(&array);
    return before;
}

/* Without assertions inside: Check's allocate. */
static void search_many(const struct ov_query *query, int n)
{
    struct ov_page page = OV_PAGE_INIT;
    int failed = 0;

    while (n-- > 0) {
        failed |= ov_collection_search(env.collection, query, NULL, &page, NULL);
        ov_page_clear(&page);
    }
    if (failed)
        ck_abort_msg("a search failed");
}

START_TEST(a_dense_search_allocates_what_its_provider_does)
{
    const float vector[] = { 1, 0, 0, 0 };
    const char *names[] = { "s" };
    struct ov_query query = { .size = sizeof(query), .limit = 10, .dim = 4 };
    size_t before, host, empty;

    query.dense = vector;
    query.fields.n_fields = 1;
    query.fields.fields = names;
    search_many(&query, 3);
    before = fault_count();
    search_many(&query, 1000);
    host = fault_count() - before;
    /* A search for nothing never reaches the provider: all of it is the host's. */
    query.limit = 0;
    before = fault_count();
    search_many(&query, 1000);
    empty = fault_count() - before;
    ck_assert_uint_eq(empty, 0);
    ck_assert_uint_eq(host, 1000 * allocations_of_an_answer());
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dispatch");
    TCase *t = tcase_create("dispatch");

    tcase_add_checked_fixture(t, setup, close_store);
    tcase_add_test(t, a_count_allocates_nothing);
    tcase_add_test(t, a_dense_search_allocates_what_its_provider_does);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
