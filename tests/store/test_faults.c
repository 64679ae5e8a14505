/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_faults.c - every allocation fails once: OV_NO_SPACE, outputs untouched, nothing
 * written by halves, and the same call works right after.
 */
#include "store_support.h"

#include "fault.h"

#include <stdio.h>

#define META                                                                             \
    "{'Fields':[{'FieldName':'id','FieldType':'string','IsPrimaryKey':true},"            \
    "{'FieldName':'v','FieldType':'vector','Dim':4},"                                    \
    "{'FieldName':'sv','FieldType':'sparse_vector'},"                                    \
    "{'FieldName':'i','FieldType':'int64'},{'FieldName':'uri','FieldType':'path'},"      \
    "{'FieldName':'d','FieldType':'date_time'},{'FieldName':'g','FieldType':'geo_point'" \
    "},"                                                                                 \
    "{'FieldName':'ls','FieldType':'list<string>'},"                                     \
    "{'FieldName':'clip','FieldType':'text'}],'ScalarIndex':['i']}"
#define RECORDS                                                                          \
    "[{'id':'a','v':[1,2,3,4],'sv':{'x':1},'i':1,'uri':'viking://a/b','ls':'p;q',"       \
    "'d':'2026-01-01T00:00:00.000Z','g':'1,2'},{'id':'b','v':[2,2,3,4],'d':'2026-01-02'" \
    "}]"

static const float QUERY[] = { 1, 0, 0, 0 };

static void setup(void)
{
    open_store("memory", "distance = ip\nsparse_weight = 0.5");
    open_collection(META);
}

/* What a step may touch and must leave as it was. */
struct outputs {
    uint64_t number;
    int flag;
    struct ov_page page;
    const struct ov_doc *doc;
    struct ov_collection *collection;
    struct ArrowSchema schema;
    struct ArrowArray array;
};

typedef int32_t step_fn(struct outputs *out, const struct ov_doc *input);

/* Runs the step until nothing was left to fail; returns how often it failed. */
static size_t fail_each(step_fn *step, const struct ov_doc *input, struct outputs *last)
{
    size_t n;

    for (n = 0;; n++) {
        struct outputs out, before;
        int32_t status;

        memset(&before, 0, sizeof(before));
        before.number = 77;
        before.flag = 77;
        before.page = (struct ov_page)OV_PAGE_INIT;
        out = before;
        ov_error_reset(&err);
        fault_arm(n);
        status = step(&out, input);
        if (!fault_disarm()) {
            ck_assert_msg(status == OV_OK, "%s", err.message);
            *last = out;
            return n;
        }
        if (status == OV_OK) { /* the fault was survived: a cache that stayed cold */
            ov_page_clear(&out.page);
            ov_collection_free(out.collection);
            continue;
        }
        ck_assert_msg(status == OV_NO_SPACE, "allocation %zu: %s: %s", n,
                      ov_status_name(status), err.message);
        ck_assert_int_eq(err.code, OV_NO_SPACE);
        ck_assert_msg(memcmp(&out, &before, sizeof(out)) == 0,
                      "allocation %zu: an output was touched", n);
    }
}

static uint64_t count_all(void)
{
    uint64_t count = 0;

    ck_ok(ov_collection_count(env.collection, NULL, &count, NULL, &err));
    return count;
}

START_TEST(an_upsert_that_runs_out_of_memory_writes_nothing)
{
    const struct ov_doc *records = json(RECORDS);
    size_t failed = 0, n;
    int happened = 1;

    for (n = 0; happened; n++) {
        int32_t status;

        ck_ok(ov_collection_truncate(env.collection, NULL, &err));
        fault_arm(n);
        status = ov_collection_upsert(env.collection, records, NULL, NULL, &err);
        happened = fault_disarm();
        ck_assert_int_eq(status, err.code);
        ck_assert(status == OV_OK || status == OV_NO_SPACE);
        ck_assert_uint_eq(count_all(), status == OV_OK ? 2 : 0);
        failed += status != OV_OK;
    }
    ck_assert_uint_gt(failed, 10);
    ck_assert_uint_eq(count_all(), 2);
}
END_TEST

static int32_t do_upsert_ttl(struct outputs *out, const struct ov_doc *input)
{
    const int64_t ttl_s[] = { 100, 0 };

    (void)out;
    return ov_collection_upsert(env.collection, input, ttl_s, NULL, &err);
}

START_TEST(a_field_for_expiry_is_made_or_not)
{
    struct outputs last;

    ck_assert_uint_gt(fail_each(do_upsert_ttl, json(RECORDS), &last), 10);
    ck_assert_uint_eq(count_all(), 2);
}
END_TEST

static int32_t do_set(struct outputs *out, const struct ov_doc *input)
{
    (void)out;
    return ov_collection_set(env.collection, input, NULL, &err);
}

static int32_t do_fetch(struct outputs *out, const struct ov_doc *input)
{
    return ov_collection_fetch(env.collection, input, NULL, NULL, &out->page, &err);
}

static int32_t do_search(struct outputs *out, const struct ov_doc *input)
{
    struct ov_query query = { .size = sizeof(query), .limit = 5, .dim = 4 };

    query.dense = QUERY;
    query.sparse = ov_doc_get(input, "sparse");
    query.filter = ov_doc_get(input, "filter");
    return ov_collection_search(env.collection, &query, NULL, &out->page, &err);
}

static int32_t do_scan(struct outputs *out, const struct ov_doc *input)
{
    const char *names[] = { "uri", "nope" };
    struct ov_listing listing = { .size = sizeof(listing), .limit = -1, .order = "i" };

    listing.filter = input;
    listing.fields.n_fields = 2;
    listing.fields.fields = names;
    return ov_collection_scan(env.collection, &listing, NULL, &out->page, &err);
}

static int32_t do_groups(struct outputs *out, const struct ov_doc *input)
{
    return ov_collection_groups(env.collection,
                                &(struct ov_grouping){ .size = sizeof(struct ov_grouping),
                                                       .field = "i",
                                                       .filter = input },
                                env.arena, &out->doc, NULL, &err);
}

static int32_t do_meta(struct outputs *out, const struct ov_doc *input)
{
    (void)input;
    return ov_collection_meta(env.collection, env.arena, &out->doc, NULL, &err);
}

static int32_t do_open(struct outputs *out, const struct ov_doc *input)
{
    (void)input;
    return ov_store_collection(env.store, "c", NULL, &out->collection, &err);
}

static int32_t do_export(struct outputs *out, const struct ov_doc *input)
{
    struct ov_page page = OV_PAGE_INIT;
    int32_t status = ov_collection_fetch(env.collection, input, NULL, NULL, &page, &err);

    if (status != OV_OK)
        return status;
    status = ov_page_export(&page, &out->schema, &out->array, &err);
    ov_page_clear(&page);
    return status;
}

static int32_t do_remove_where(struct outputs *out, const struct ov_doc *input)
{
    return ov_collection_remove_where(env.collection, input, &out->number, NULL, &err);
}

static int32_t do_remove(struct outputs *out, const struct ov_doc *input)
{
    return ov_collection_remove(env.collection, input, &out->number, NULL, &err);
}

static const struct {
    step_fn *step;
    const char *input;
} steps[] = {
    { do_set, "[{'id':'a','i':5},{'id':'b','d':'2026-02-01'}]" },
    { do_fetch, "['b','zz','a',7]" },
    { do_search, "{'sparse':{'x':1},'filter':{'op':'must','field':'i','conds':[1,2]}}" },
    { do_search, "{}" },
    { do_scan, "{'op':'must','field':'uri','conds':['viking://a']}" },
    { do_groups, "null" },
    { do_meta, "null" },
    { do_open, "null" },
    { do_export, "['b','zz','a']" },
    { do_remove_where, "{'op':'range','field':'i','gte':1}" },
    { do_remove, "['a','b','zz']" },
};

START_TEST(each_operation_fails_whole_or_not_at_all)
{
    struct outputs last;

    ck_ok(upsert(RECORDS));
    fail_each(steps[_i].step, json(steps[_i].input), &last);
    ov_page_clear(&last.page);
    ov_collection_free(last.collection);
    if (last.schema.release != NULL) {
        last.schema.release(&last.schema);
        last.array.release(&last.array);
    }
}
END_TEST

static int32_t do_create(struct outputs *out, const struct ov_doc *input)
{
    return ov_store_create(
        env.store,
        &(struct ov_collection_spec){
            .size = sizeof(struct ov_collection_spec), .name = "other", .meta = input },
        &out->flag, NULL, &err);
}

START_TEST(a_collection_is_made_or_not)
{
    struct outputs last;

    ck_assert_uint_gt(fail_each(do_create, json(META), &last), 10);
    ck_assert_int_eq(last.flag <= 1, 1);
}
END_TEST

static int32_t do_store(struct outputs *out, const struct ov_doc *input)
{
    struct ov_store *store;
    int32_t status = ov_store_open(env.host, env.config, NULL, NULL, &store, &err);

    (void)input, (void)out;
    if (status == OV_OK)
        ov_store_free(store);
    return status;
}

START_TEST(a_store_is_opened_or_not)
{
    struct outputs last;

    ck_assert_uint_gt(fail_each(do_store, NULL, &last), 5);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("faults");
    TCase *t = tcase_create("faults");

    tcase_add_checked_fixture(t, setup, close_store);
    tcase_add_test(t, an_upsert_that_runs_out_of_memory_writes_nothing);
    tcase_add_test(t, a_field_for_expiry_is_made_or_not);
    tcase_add_loop_test(t, each_operation_fails_whole_or_not_at_all, 0,
                        sizeof(steps) / sizeof(steps[0]));
    tcase_add_test(t, a_collection_is_made_or_not);
    tcase_add_test(t, a_store_is_opened_or_not);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
