/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_border.c - two invariants, with the checks that would notice: memory stays on its
 * side of the border, and no lock of the host is held while a provider runs.
 *
 * Linked against a host built with OV_TEST_HOOKS.
 */
#include "store_support.h"

#include "handle.h"

#include <pthread.h>
#include <signal.h>

#define META                                                                        \
    "{'Fields':[{'FieldName':'id','FieldType':'string','IsPrimaryKey':true},"       \
    "{'FieldName':'v','FieldType':'vector','Dim':4},"                               \
    "{'FieldName':'sv','FieldType':'sparse_vector'},"                               \
    "{'FieldName':'i','FieldType':'int64'},{'FieldName':'uri','FieldType':'path'}," \
    "{'FieldName':'d','FieldType':'date_time'},"                                    \
    "{'FieldName':'ls','FieldType':'list<string>'}]}"
#define RECORDS                                                                \
    "[{'id':'a','v':[1,2,3,4],'sv':{'x':1},'i':1,'uri':'/a/b','ls':['p','q']," \
    "'d':'2026-01-01'},{'id':'b','v':[2,2,3,4]},{'id':'c','v':[2,2,3,4],'i':3}]"

static const char *const providers[] = { "prefixed", "memory", "bare" };

static void nothing(void)
{
}

static void ignore_name(void *ctx, struct ov_str name)
{
    (void)ctx, (void)name;
}

static void ignore_note(void *ctx, const struct ov_note *note)
{
    (void)ctx, (void)note;
}

static void read_everything(void)
{
    const float vector[] = { 1, 0, 0, 0 };
    struct ov_query query = { .size = sizeof(query), .limit = 5, .dim = 4 };
    struct ov_listing listing = { .size = sizeof(listing), .limit = -1, .order = "i" };
    struct ov_page page = OV_PAGE_INIT;
    struct ArrowSchema schema;
    struct ArrowArray array;
    const struct ov_doc *doc;
    uint64_t count;

    query.dense = vector;
    ck_ok(ov_collection_search(env.collection, &query, NULL, &page, &err));
    ck_ok(ov_page_export(&page, &schema, &array, &err));
    array.release(&array);
    schema.release(&schema);
    ck_ok(ov_collection_scan(env.collection, &listing, NULL, &page, &err));
    ov_page_clear(&page);
    ck_ok(
        ov_collection_fetch(env.collection, json("['a','zz']"), NULL, NULL, &page, &err));
    ov_page_clear(&page);
    ck_ok(ov_collection_count(env.collection, NULL, &count, NULL, &err));
    ck_ok(ov_collection_groups(
        env.collection,
        &(struct ov_grouping){ .size = sizeof(struct ov_grouping), .field = "i" },
        env.arena, &doc, NULL, &err));
    ck_ok(ov_collection_meta(env.collection, env.arena, &doc, NULL, &err));
    ck_ok(ov_store_collections(env.store, ignore_name, NULL, NULL, &err));
}

static void change_everything(void)
{
    const int64_t ttl_s[] = { 100, 0, 100 };
    uint64_t removed;
    int dropped;

    ck_ok(ov_bulk_begin(env.collection, NULL, &err));
    ck_ok(upsert(RECORDS));
    ck_ok(ov_collection_upsert(env.collection, json(RECORDS), ttl_s, NULL, &err));
    ck_ok(ov_collection_set(env.collection,
                            json("[{'id':'a','i':2},{'id':'b','uri':'/'}]"), NULL, &err));
    ck_fails(OV_NO_RECORD,
             ov_collection_set(env.collection, json("[{'id':'zz','i':2}]"), NULL, &err));
    ck_ok(ov_bulk_end(env.collection, NULL, &err));
    ck_ok(ov_collection_update(env.collection,
                               json("[{'FieldName':'n','FieldType':'string'}]"), NULL,
                               NULL, &err));
    ck_ok(ov_index_put(env.collection,
                       json("{'IndexName':'two','VectorIndex':{'IndexType':'flat',"
                            "'Distance':'cosine'}}"),
                       NULL, &err));
    read_everything();
    ck_ok(ov_index_drop(env.collection, "two", &dropped, NULL, &err));
    ck_ok(ov_collection_remove(env.collection, json("['a']"), &removed, NULL, &err));
    ck_ok(ov_collection_remove_where(env.collection,
                                     json("{'op':'must','field':'i','conds':[3]}"),
                                     &removed, NULL, &err));
    ck_ok(ov_collection_truncate(env.collection, NULL, &err));
    ck_ok(ov_store_drop(env.store, "c", &dropped, NULL, &err));
    ck_fails(OV_NOT_FOUND, upsert(RECORDS));
}

START_TEST(every_operation_keeps_memory_and_locks_on_their_side)
{
    struct ov_call_options options = { .size = sizeof(options), .note = ignore_note };

    open_store(providers[_i], "distance = cosine");
    open_collection(META);
    ck_ok(ov_store_create(
        env.store,
        &(struct ov_collection_spec){
            .size = sizeof(struct ov_collection_spec), .name = "c", .meta = json(META) },
        NULL, &options, &err));
    change_everything();
    ov_bulk_begin(env.collection, NULL, &err);
}
END_TEST

/* Without this the test above could pass with a check that never strikes. */
START_TEST(a_lock_held_into_a_provider_is_noticed)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    uint64_t count;

    open_store("memory", "");
    open_collection(META);
    lock_take(&lock);
    ov_collection_count(env.collection, NULL, &count, NULL, &err);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("border");
    TCase *t = tcase_create("border");

    tcase_add_checked_fixture(t, nothing, close_store);
    tcase_add_loop_test(t, every_operation_keeps_memory_and_locks_on_their_side, 0,
                        sizeof(providers) / sizeof(providers[0]));
    tcase_add_test_raise_signal(t, a_lock_held_into_a_provider_is_noticed, SIGABRT);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
