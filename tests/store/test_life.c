/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_life.c - closing while calls run, forked children, bulk scopes, schema changes
 * seen through other handles, the gate on its own.
 */
#include "store_support.h"

#include "gate.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define META                                                                  \
    "{'Fields':[{'FieldName':'id','FieldType':'string','IsPrimaryKey':true}," \
    "{'FieldName':'v','FieldType':'vector','Dim':4},"                         \
    "{'FieldName':'i','FieldType':'int64'}],'ScalarIndex':['i']}"
#define ONE "[{'id':'a','v':[1,0,0,0]}]"
#define THREADS 16

static void nothing(void)
{
}

static void setup(void)
{
    open_store("memory", "");
    open_collection(META);
}

static void count_note(void *ctx, const struct ov_note *note)
{
    struct {
        const char *name;
        int64_t value;
    } *tally = ctx;
    int64_t value;

    if (ov_str_equal(note->name, ov_str_of(tally->name)) &&
        ov_int_parse(note->text, &value) == OV_OK)
        tally->value = value;
}

static int64_t calls_of(const char *operation)
{
    struct {
        const char *name;
        int64_t value;
    } tally = { operation, 0 };
    struct ov_call_options options = { .size = sizeof(options), .note = count_note };

    options.note_ctx = &tally;
    ck_ok(ov_store_act(env.store, "counts", NULL, 0, &options, &err));
    return tally.value;
}

/* ------------------------------------------------------------------ closing */

START_TEST(a_closed_store_answers_closed_and_closes_again)
{
    struct ov_page page = OV_PAGE_INIT;
    struct ov_ability ability;
    uint64_t count = 7;
    int created = 7;

    ov_store_close(env.store);
    ov_store_close(env.store);
    ck_fails(OV_CLOSED, ov_collection_count(env.collection, NULL, &count, NULL, &err));
    ck_fails(OV_CLOSED, upsert(ONE));
    ck_fails(OV_CLOSED,
             ov_collection_fetch(env.collection, json("['a']"), NULL, NULL, &page, &err));
    ck_fails(OV_CLOSED, ov_store_create(env.store,
                                        &(struct ov_collection_spec){
                                            .size = sizeof(struct ov_collection_spec),
                                            .name = "d",
                                            .meta = json(META) },
                                        &created, NULL, &err));
    ck_fails(OV_CLOSED, ov_store_ping(env.store, NULL, &err));
    ck_fails(OV_CLOSED, ov_store_ability(env.store, &ability, &err));
    ck_fails(OV_CLOSED, ov_bulk_begin(env.collection, NULL, &err));
    ck_assert_uint_eq(count, 7);
    ck_assert_int_eq(created, 7);
    ck_assert_str_eq(ov_store_provider(env.store), "memory");
}
END_TEST

START_TEST(a_collection_may_outlive_its_store)
{
    uint64_t count;

    ov_store_free(env.store);
    env.store = NULL;
    ck_fails(OV_CLOSED, ov_collection_count(env.collection, NULL, &count, NULL, &err));
    ov_collection_free(env.collection);
    env.collection = NULL;
}
END_TEST

/* All operations mixed until the store is closed under them. */
static void *work(void *ctx)
{
    unsigned n = 0, number = (unsigned)(size_t)ctx;
    int32_t status = OV_OK;
    const float query[] = { 1, 0, 0, 0 };

    while (status != OV_CLOSED) {
        struct ov_arena *arena = ov_arena_new();
        struct ov_doc *doc = NULL;
        struct ov_page page = OV_PAGE_INIT;
        struct ov_query ask = { .size = sizeof(ask), .limit = 5, .dim = 4 };
        struct ov_listing list = { .size = sizeof(list), .limit = 5 };
        char text[128];
        uint64_t count;

        ask.dense = query;
        snprintf(text, sizeof(text), "[{\"id\":\"%u-%u\",\"v\":[1,2,3,4],\"i\":%u}]",
                 number, n % 20, n);
        ov_doc_parse(arena, ov_str_of(text), &doc, NULL);
        switch (n++ % 7) {
        case 0:
            status = ov_collection_upsert(env.collection, doc, NULL, NULL, NULL);
            break;
        case 1:
            status = ov_collection_search(env.collection, &ask, NULL, &page, NULL);
            break;
        case 2:
            status = ov_collection_count(env.collection, NULL, &count, NULL, NULL);
            break;
        case 3:
            status = ov_collection_scan(env.collection, &list, NULL, &page, NULL);
            break;
        case 4:
            ov_doc_parse(arena, ov_str_of("[\"1-1\",\"2-2\"]"), &doc, NULL);
            status = ov_collection_fetch(env.collection, doc, NULL, NULL, &page, NULL);
            break;
        case 5:
            status = ov_bulk_begin(env.collection, NULL, NULL);
            if (status == OV_OK)
                status = ov_bulk_end(env.collection, NULL, NULL);
            break;
        default:
            ov_doc_parse(arena, ov_str_of("[\"1-1\"]"), &doc, NULL);
            status = ov_collection_remove(env.collection, doc, &count, NULL, NULL);
            break;
        }
        ov_page_clear(&page);
        ov_arena_free(arena);
        if (status != OV_OK && status != OV_CLOSED)
            return (void *)(size_t)status;
    }
    return NULL;
}

static void close_while_working(const char *provider)
{
    pthread_t threads[THREADS];
    struct ov_listing list = { .size = sizeof(list), .limit = 5 };
    struct ov_page page = OV_PAGE_INIT;
    void *fault;
    size_t i;

    open_store(provider, "");
    open_collection(META);
    for (i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, (void *)i), 0);
    /* until all of them have written */
    do {
        ov_page_clear(&page);
        list.offset = 15;
        ck_ok(ov_collection_scan(env.collection, &list, NULL, &page, &err));
    } while (page.rows < 5);
    ov_page_clear(&page);
    ov_store_close(env.store);
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &fault);
        ck_assert_msg(fault == NULL, "%s", ov_status_name((int32_t)(size_t)fault));
    }
}

START_TEST(closing_waits_for_sixteen_threads_on_a_serial_store)
{
    close_while_working("memory");
}
END_TEST

START_TEST(closing_waits_for_sixteen_threads_on_a_free_provider)
{
    close_while_working("scripted_free");
}
END_TEST

static void *close_it(void *ctx)
{
    (void)ctx;
    ov_store_close(env.store);
    return NULL;
}

START_TEST(many_may_close_at_once)
{
    pthread_t threads[4];
    size_t i;

    setup();
    for (i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, close_it, NULL);
    ov_store_close(env.store);
    ck_fails(OV_CLOSED, ov_store_ping(env.store, NULL, &err));
    for (i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}
END_TEST

START_TEST(an_open_bulk_is_ended_and_the_table_closed_before_the_session)
{
    open_store("scripted", "script = \"bulk_end 9 OV_BUSY\"");
    open_collection(META);
    ck_ok(ov_bulk_begin(env.collection, NULL, &err));
    ck_assert_int_eq(calls_of("bulk_begin"), 1);
    ov_collection_free(env.collection);
    env.collection = NULL;
    ck_assert_int_eq(calls_of("bulk_end"), 1);
    ck_assert_int_eq(calls_of("collection_close"), 1);
}
END_TEST

/* --------------------------------------------------------------------- fork */

START_TEST(a_forked_child_is_refused)
{
    uint64_t count = 7;
    int status;
    pid_t child;

    ck_ok(upsert(ONE));
    child = fork();
    if (child == 0) {
        struct ov_store *store;
        int wrong = 0;

        wrong |= upsert(ONE) != OV_FORKED;
        wrong |=
            ov_collection_count(env.collection, NULL, &count, NULL, NULL) != OV_FORKED;
        wrong |= ov_store_ping(env.store, NULL, NULL) != OV_FORKED;
        wrong |=
            ov_store_open(env.host, env.config, NULL, NULL, &store, NULL) != OV_FORKED;
        wrong |= count != 7;
        ov_collection_free(env.collection); /* nothing, and no crash */
        ov_store_close(env.store);
        ov_store_free(env.store);
        _exit(wrong);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_ok(ov_collection_count(env.collection, NULL, &count, NULL, &err));
    ck_assert_uint_eq(count, 1);
}
END_TEST

/* --------------------------------------------------------------------- bulk */

START_TEST(bulk_scopes_nest_and_reach_the_provider_once)
{
    uint64_t count;

    open_store("scripted", "");
    open_collection(META);
    ck_ok(ov_bulk_begin(env.collection, NULL, &err));
    ck_ok(ov_bulk_begin(env.collection, NULL, &err));
    ck_ok(upsert(ONE));
    ck_ok(ov_collection_count(env.collection, NULL, &count, NULL, &err));
    ck_assert_uint_eq(count, 1);
    ck_ok(ov_bulk_end(env.collection, NULL, &err));
    ck_assert_int_eq(calls_of("bulk_end"), 0);
    ck_ok(ov_bulk_end(env.collection, NULL, &err));
    ck_fails(OV_INVALID, ov_bulk_end(env.collection, NULL, &err));
    ck_says("no bulk scope is active");
    ck_assert_int_eq(calls_of("bulk_begin"), 1);
    ck_assert_int_eq(calls_of("bulk_end"), 1);
}
END_TEST

START_TEST(a_provider_without_bulk_is_no_fault)
{
    open_store("bare", "distance = cosine");
    open_collection(META);
    ck_ok(ov_bulk_begin(env.collection, NULL, &err));
    ck_ok(upsert(ONE));
    ck_ok(ov_bulk_end(env.collection, NULL, &err));
    ck_fails(OV_INVALID, ov_bulk_end(env.collection, NULL, &err));
}
END_TEST

START_TEST(a_bulk_that_cannot_begin_is_not_open)
{
    open_store("scripted", "script = \"bulk_begin 1 OV_NO_SPACE\"");
    open_collection(META);
    ck_fails(OV_NO_SPACE, ov_bulk_begin(env.collection, NULL, &err));
    ck_fails(OV_INVALID, ov_bulk_end(env.collection, NULL, &err));
    ck_assert_int_eq(calls_of("bulk_end"), 0);
}
END_TEST

/* ---------------------------------------------------------- schema and plan */

struct said {
    char text[1024];
    size_t n;
};

static void keep_action(void *ctx, const struct ov_note *note)
{
    struct said *said = ctx;

    if (note->kind == OV_NOTE_ACTION)
        said->n += (size_t)snprintf(said->text + said->n, sizeof(said->text) - said->n,
                                    "%.*s|", (int)note->text.n, note->text.p);
}

static int32_t create(const char *meta, const char *indexes, int *created,
                      struct said *said)
{
    struct ov_call_options options = { .size = sizeof(options), .note = keep_action };

    memset(said, 0, sizeof(*said));
    options.note_ctx = said;
    return ov_store_create(
        env.store,
        &(struct ov_collection_spec){ .size = sizeof(struct ov_collection_spec),
                                      .name = "c",
                                      .meta = json(meta),
                                      .indexes = indexes == NULL ? NULL : json(indexes) },
        created, &options, &err);
}

static void says_done(const struct said *said, const char *text)
{
    ck_assert_msg(strstr(said->text, text) != NULL, "'%s' does not say '%s'", said->text,
                  text);
}

START_TEST(making_what_is_there_changes_nothing)
{
    struct said said;
    int created = 9;

    ck_ok(create(META, NULL, &created, &said));
    ck_assert_int_eq(created, 0);
    ck_assert_str_eq(said.text, "");
}
END_TEST

#define WIDER                                                                 \
    "{'Fields':[{'FieldName':'id','FieldType':'string','IsPrimaryKey':true}," \
    "{'FieldName':'v','FieldType':'vector','Dim':4},"                         \
    "{'FieldName':'i','FieldType':'int64'},"                                  \
    "{'FieldName':'nine','FieldType':'int64','DefaultValue':9}],"             \
    "'ScalarIndex':['i','nine']}"

START_TEST(missing_fields_and_indexes_are_added_and_said)
{
    struct ov_page page = OV_PAGE_INIT;
    struct said said;
    const struct ov_doc *meta;
    int created = 9;

    ck_ok(upsert(ONE));
    ck_ok(create(WIDER,
                 "[{'IndexName':'default','VectorIndex':{'IndexType':'flat','Distance':"
                 "'cosine'},'ScalarIndex':['i','nine']},{'IndexName':'second',"
                 "'VectorIndex':{'IndexType':'flat','Distance':'ip'}}]",
                 &created, &said));
    ck_assert_int_eq(created, 0);
    says_done(&said, "added field 'nine'");
    says_done(&said, "made index 'second'");
    /* the handle of before learns of it when the name is used */
    ck_ok(upsert("[{'id':'b','v':[1,0,0,0],'nine':1}]"));
    ck_ok(
        ov_collection_fetch(env.collection, json("['a','b']"), NULL, NULL, &page, &err));
    ck_assert_str_eq(page_text(&page, 0, "nine"), "9");
    ck_assert_str_eq(page_text(&page, 1, "nine"), "1");
    ov_page_clear(&page);
    ck_ok(ov_index_meta(env.collection, "second", env.arena, &meta, NULL, &err));
    ck_assert_str_eq(ov_doc_str(ov_doc_get(meta, "IndexName")).p, "second");
}
END_TEST

static const char *const different[][3] = {
    /* meta, indexes, part of the message */
    { "{'Fields':[{'FieldName':'id','FieldType':'string','IsPrimaryKey':true},"
      "{'FieldName':'v','FieldType':'vector','Dim':8},"
      "{'FieldName':'x','FieldType':'int64'}]}",
      NULL, "8" },
    { "{'Fields':[{'FieldName':'id','FieldType':'int64','IsPrimaryKey':true},"
      "{'FieldName':'v','FieldType':'vector','Dim':4},"
      "{'FieldName':'x','FieldType':'int64'}]}",
      NULL, "int64" },
    { "{'Fields':[{'FieldName':'key','FieldType':'string','IsPrimaryKey':true},"
      "{'FieldName':'v','FieldType':'vector','Dim':4}]}",
      NULL, "'key'" },
    { WIDER,
      "[{'IndexName':'default','VectorIndex':{'IndexType':'flat','Distance':'l2'}}]",
      "'cosine', not 'l2'" },
};

START_TEST(a_difference_is_named_and_nothing_has_changed)
{
    const struct ov_doc *before, *after;
    struct said said;
    int created = 9;

    ck_ok(ov_collection_meta(env.collection, env.arena, &before, NULL, &err));
    ck_fails(OV_EXISTS, create(different[_i][0], different[_i][1], &created, &said));
    ck_says(different[_i][2]);
    ck_assert_int_eq(created, 9);
    ck_assert_str_eq(said.text, "");
    ck_ok(ov_collection_meta(env.collection, env.arena, &after, NULL, &err));
    ck_assert(ov_doc_equal(before, after));
}
END_TEST

START_TEST(an_index_made_through_one_handle_is_found_through_another)
{
    const float vector[] = { 1, 0, 0, 0 };
    struct ov_query query = { .size = sizeof(query), .limit = 3, .dim = 4 };
    struct ov_page page = OV_PAGE_INIT;
    struct ov_collection *other;
    int dropped = 0;

    query.dense = vector;
    query.index = "late";
    ck_ok(ov_store_collection(env.store, "c", NULL, &other, &err));
    ck_fails(OV_NOT_FOUND, ov_collection_search(other, &query, NULL, &page, &err));
    ck_ok(ov_index_put(env.collection,
                       json("{'IndexName':'late','VectorIndex':{'IndexType':'flat',"
                            "'Distance':'ip'}}"),
                       NULL, &err));
    ck_ok(ov_collection_search(other, &query, NULL, &page, &err));
    ov_page_clear(&page);
    ck_ok(ov_index_drop(env.collection, "late", &dropped, NULL, &err));
    ck_assert_int_eq(dropped, 1);
    ck_ok(ov_index_drop(env.collection, "late", &dropped, NULL, &err));
    ck_assert_int_eq(dropped, 0);
    ck_fails(OV_NOT_FOUND, ov_collection_search(other, &query, NULL, &page, &err));
    ov_collection_free(other);
}
END_TEST

START_TEST(fields_are_appended_and_the_description_is_kept_word_for_word)
{
    const struct ov_str text = ov_str_of("base\n\n[openviking.embedding]\n{\"a\":1}");
    const struct ov_doc *meta;
    uint64_t count = 0;

    ck_ok(ov_collection_update(env.collection,
                               json("[{'FieldName':'n','FieldType':'string'}]"), &text,
                               NULL, &err));
    ck_ok(ov_collection_update(env.collection,
                               json("[{'FieldName':'n','FieldType':'string'}]"), NULL,
                               NULL, &err));
    ck_fails(OV_EXISTS,
             ov_collection_update(env.collection,
                                  json("[{'FieldName':'n','FieldType':'int64'}]"), NULL,
                                  NULL, &err));
    ck_ok(ov_collection_meta(env.collection, env.arena, &meta, NULL, &err));
    ck_assert(ov_str_equal(ov_doc_str(ov_doc_get(meta, "Description")), text));
    ck_assert_uint_eq(ov_doc_get(meta, "Fields")->n, 4);
    ck_ok(ov_collection_count(env.collection,
                              json("{'op':'must','field':'n','conds':['']}"), &count,
                              NULL, &err));
}
END_TEST

static void *add_field(void *ctx)
{
    struct ov_arena *arena = ov_arena_new();
    struct ov_doc *fields = NULL;
    char text[128];
    int32_t status;

    snprintf(text, sizeof(text), "[{\"FieldName\":\"f%zu\",\"FieldType\":\"int64\"}]",
             (size_t)ctx);
    ov_doc_parse(arena, ov_str_of(text), &fields, NULL);
    status = ov_collection_update(env.collection, fields, NULL, NULL, NULL);
    ov_arena_free(arena);
    return (void *)(size_t)status;
}

START_TEST(threads_that_add_fields_lose_none)
{
    const struct ov_doc *meta;
    pthread_t threads[THREADS];
    void *fault;
    size_t i;

    for (i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, add_field, (void *)i);
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &fault);
        ck_assert_msg(fault == NULL, "%s", ov_status_name((int32_t)(size_t)fault));
    }
    ck_ok(ov_collection_meta(env.collection, env.arena, &meta, NULL, &err));
    ck_assert_uint_eq(ov_doc_get(meta, "Fields")->n, 3 + THREADS);
}
END_TEST

static void join_names(void *ctx, struct ov_str name)
{
    struct said *said = ctx;

    said->n += (size_t)snprintf(said->text + said->n, sizeof(said->text) - said->n,
                                "%.*s ", (int)name.n, name.p);
}

START_TEST(collections_are_listed_in_byte_order)
{
    struct said said = { .n = 0 };

    ck_ok(ov_store_create(
        env.store,
        &(struct ov_collection_spec){
            .size = sizeof(struct ov_collection_spec), .name = "b", .meta = json(META) },
        NULL, NULL, &err));
    ck_ok(ov_store_create(
        env.store,
        &(struct ov_collection_spec){
            .size = sizeof(struct ov_collection_spec), .name = "B", .meta = json(META) },
        NULL, NULL, &err));
    ck_ok(ov_store_collections(env.store, join_names, &said, NULL, &err));
    ck_assert_str_eq(said.text, "B b c ");
    said.n = 0;
    ck_ok(ov_index_list(env.collection, join_names, &said, NULL, &err));
    ck_assert_str_eq(said.text, "default ");
}
END_TEST

START_TEST(a_collection_that_is_not_there_is_named)
{
    struct ov_collection *none = NULL;
    int dropped = 9;

    ck_fails(OV_NOT_FOUND, ov_store_collection(env.store, "zz", NULL, &none, &err));
    ck_says("zz");
    ck_assert_ptr_null(none);
    ck_ok(ov_store_drop(env.store, "zz", &dropped, NULL, &err));
    ck_assert_int_eq(dropped, 0);
}
END_TEST

/* --------------------------------------------------------------------- gate */

struct queue {
    struct gate *gate;
    unsigned order[8], n;
};

struct waiting {
    struct queue *queue;
    unsigned number;
};

static void *pass(void *ctx)
{
    struct waiting *me = ctx;

    gate_enter(me->queue->gate, NULL, NULL);
    me->queue->order[me->queue->n++] = me->number;
    gate_leave(me->queue->gate);
    return NULL;
}

START_TEST(a_gate_lets_in_by_order_of_arrival)
{
    struct queue queue = { .gate = gate_new() };
    struct waiting waiting[8];
    pthread_t threads[8];
    unsigned i;

    ck_ok(gate_enter(queue.gate, NULL, &err));
    for (i = 0; i < 8; i++) {
        waiting[i] = (struct waiting){ &queue, i };
        pthread_create(&threads[i], NULL, pass, &waiting[i]);
        while (gate_waiting(queue.gate) <= i)
            sched_yield();
    }
    gate_leave(queue.gate);
    for (i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    for (i = 0; i < 8; i++)
        ck_assert_uint_eq(queue.order[i], i);
    gate_free(queue.gate);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("life");
    TCase *t = tcase_create("own store"), *o = tcase_create("open store");

    tcase_add_checked_fixture(t, nothing, close_store);
    tcase_add_test(t, closing_waits_for_sixteen_threads_on_a_serial_store);
    tcase_add_test(t, closing_waits_for_sixteen_threads_on_a_free_provider);
    tcase_add_test(t, many_may_close_at_once);
    tcase_add_test(t, an_open_bulk_is_ended_and_the_table_closed_before_the_session);
    tcase_add_test(t, bulk_scopes_nest_and_reach_the_provider_once);
    tcase_add_test(t, a_provider_without_bulk_is_no_fault);
    tcase_add_test(t, a_bulk_that_cannot_begin_is_not_open);
    tcase_add_test(t, a_gate_lets_in_by_order_of_arrival);
    suite_add_tcase(s, t);
    tcase_add_checked_fixture(o, setup, close_store);
    tcase_add_test(o, a_closed_store_answers_closed_and_closes_again);
    tcase_add_test(o, a_collection_may_outlive_its_store);
    tcase_add_test(o, a_forked_child_is_refused);
    tcase_add_test(o, making_what_is_there_changes_nothing);
    tcase_add_test(o, missing_fields_and_indexes_are_added_and_said);
    tcase_add_loop_test(o, a_difference_is_named_and_nothing_has_changed, 0,
                        sizeof(different) / sizeof(different[0]));
    tcase_add_test(o, an_index_made_through_one_handle_is_found_through_another);
    tcase_add_test(o, fields_are_appended_and_the_description_is_kept_word_for_word);
    tcase_add_test(o, threads_that_add_fields_lose_none);
    tcase_add_test(o, collections_are_listed_in_byte_order);
    tcase_add_test(o, a_collection_that_is_not_there_is_named);
    suite_add_tcase(s, o);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
