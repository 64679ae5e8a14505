/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_calls.c - retries, uncertain answers, stale handles, deadlines, cancellation,
 * gates, counters: against a provider that fails, waits and blocks to order.
 */
#include "store_support.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#define META                                                                  \
    "{'Fields':[{'FieldName':'id','FieldType':'string','IsPrimaryKey':true}," \
    "{'FieldName':'v','FieldType':'vector','Dim':4}]}"
#define ONE "[{'id':'a','v':[1,0,0,0]}]"

static void open_script(const char *provider, const char *script)
{
    char keys[512];

    snprintf(keys, sizeof(keys), "script = \"%s\"", script);
    open_store(provider, keys);
    open_collection(META);
}

struct tally {
    const char *name;
    int64_t value;
};

static void take_count(void *ctx, const struct ov_note *note)
{
    struct tally *tally = ctx;
    int64_t value;

    if (ov_str_equal(note->name, ov_str_of(tally->name)) &&
        ov_int_parse(note->text, &value) == OV_OK)
        tally->value = value;
}

/* How often the provider was asked. */
static int64_t calls_of(const char *operation)
{
    struct tally tally = { operation, 0 };
    struct ov_call_options options = { .size = sizeof(options), .note = take_count };

    options.note_ctx = &tally;
    ck_ok(ov_store_act(env.store, "counts", NULL, 0, &options, &err));
    return tally.value;
}

static int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct ov_call_options within_ms(int64_t ms)
{
    struct ov_call_options options = { .size = sizeof(options) };

    options.timeout_ns = ms * 1000000;
    return options;
}

static int32_t count_now(const struct ov_call_options *options, uint64_t *count)
{
    return ov_collection_count(env.collection, NULL, count, options, &err);
}

/* ------------------------------------------------------------------ retries */

START_TEST(a_fault_that_passed_without_effect_is_tried_again)
{
    open_script("scripted", "upsert 1-2 OV_BUSY retryable");
    ck_ok(upsert(ONE));
    ck_assert_int_eq(calls_of("upsert"), 3);
    ck_assert_int_eq(err.code, OV_OK);
}
END_TEST

START_TEST(a_fault_without_a_flag_is_not_tried_again)
{
    open_script("scripted", "upsert 1 OV_UNAVAILABLE");
    ck_fails(OV_UNAVAILABLE, upsert(ONE));
    ck_assert_int_eq(calls_of("upsert"), 1);
}
END_TEST

START_TEST(an_uncertain_write_that_can_be_repeated_is_repeated)
{
    open_script("scripted", "upsert 1 OV_UNAVAILABLE uncertain done");
    ck_ok(upsert(ONE));
    ck_assert_int_eq(calls_of("upsert"), 2);
}
END_TEST

START_TEST(an_uncertain_removal_is_reported_and_never_repeated)
{
    uint64_t removed = 77;

    open_script("scripted", "remove 1 OV_UNAVAILABLE uncertain done");
    ck_ok(upsert(ONE));
    ck_fails(OV_UNAVAILABLE,
             ov_collection_remove(env.collection, json("['a']"), &removed, NULL, &err));
    ck_assert_uint_eq(err.flags & OV_ERR_UNCERTAIN, OV_ERR_UNCERTAIN);
    ck_assert_uint_eq(removed, 77);
    ck_assert_int_eq(calls_of("remove"), 1);
}
END_TEST

START_TEST(a_partial_write_is_never_repeated)
{
    open_script("scripted", "upsert 1 OV_NO_SPACE partial retryable row=0");
    ck_fails(OV_NO_SPACE, upsert(ONE));
    ck_assert_int_eq(calls_of("upsert"), 1);
}
END_TEST

START_TEST(retries_end_with_the_deadline_and_the_last_error)
{
    struct ov_call_options options = within_ms(150);
    int64_t begun;
    uint64_t count = 77;

    open_script("scripted", "count * OV_UNAVAILABLE retryable");
    begun = clock_ms();
    ck_fails(OV_UNAVAILABLE, count_now(&options, &count));
    ck_assert_int_le(clock_ms() - begun, 250);
    ck_assert_int_ge(calls_of("count"), 3);
    ck_assert_uint_eq(count, 77);
}
END_TEST

START_TEST(the_provider_may_say_how_long_to_wait)
{
    int64_t begun;
    uint64_t count;

    open_script("scripted", "count 1 OV_BUSY retryable after=200");
    begun = clock_ms();
    ck_ok(count_now(NULL, &count));
    ck_assert_int_ge(clock_ms() - begun, 200);
}
END_TEST

/* -------------------------------------------------------------------- stale */

START_TEST(a_stale_handle_is_opened_anew_once)
{
    uint64_t count = 0;

    open_script("scripted", "count 1 OV_STALE");
    ck_ok(upsert(ONE));
    ck_ok(count_now(NULL, &count));
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(calls_of("count"), 2);
    ck_assert_int_eq(calls_of("collection_open"), 3); /* create looked as well */
    ck_assert_int_eq(calls_of("collection_close"), 1);
}
END_TEST

START_TEST(a_collection_that_stays_stale_is_an_error)
{
    uint64_t count = 0;

    open_script("scripted", "count * OV_STALE");
    ck_fails(OV_STALE, count_now(NULL, &count));
    ck_assert_int_eq(calls_of("count"), 2);
}
END_TEST

START_TEST(a_collection_dropped_and_made_anew_is_served_by_the_old_handle)
{
    uint64_t count = 9;
    int dropped = 0;

    open_script("scripted", "");
    ck_ok(upsert(ONE));
    ck_ok(ov_store_drop(env.store, "c", &dropped, NULL, &err));
    ck_assert_int_eq(dropped, 1);
    ck_fails(OV_NOT_FOUND, count_now(NULL, &count));
    ck_says("'c'");
    ck_ok(ov_store_create(
        env.store,
        &(struct ov_collection_spec){
            .size = sizeof(struct ov_collection_spec),
            .name = "c",
            .meta = json("{'Fields':[{'FieldName':'k','FieldType':'int64',"
                         "'IsPrimaryKey':true},{'FieldName':'w','FieldType':"
                         "'vector','Dim':8}]}") },
        NULL, NULL, &err));
    ck_ok(count_now(NULL, &count));
    ck_assert_uint_eq(count, 0);
    ck_ok(upsert("[{'k':7,'w':[1,2,3,4,5,6,7,8]}]"));
    ck_fails(OV_INVALID, upsert(ONE));
    ck_says("no field 'id'");
}
END_TEST

/* -------------------------------------------------- deadline, cancellation */

START_TEST(a_provider_that_blocks_ends_with_the_deadline)
{
    struct ov_call_options options = within_ms(100);
    int64_t begun;
    uint64_t count = 77;

    open_script("scripted", "count 1 block");
    begun = clock_ms();
    ck_fails(OV_DEADLINE, count_now(&options, &count));
    ck_assert_int_le(clock_ms() - begun, 200);
    ck_assert_uint_eq(count, 77);
}
END_TEST

struct firing {
    struct ov_cancel *cancel;
    int64_t after_ms;
};

static void *fire_later(void *ctx)
{
    const struct firing *firing = ctx;
    struct timespec pause = { 0, firing->after_ms * 1000000 };

    nanosleep(&pause, NULL);
    ov_cancel_fire(firing->cancel);
    return NULL;
}

static void cancel_during(const char *script)
{
    struct ov_call_options options = within_ms(20000);
    struct firing firing = { .after_ms = 50 };
    pthread_t thread;
    int64_t begun;
    uint64_t count = 77;

    open_script("scripted", script);
    ck_ok(ov_cancel_new(&firing.cancel, &err));
    options.cancel = firing.cancel;
    begun = clock_ms();
    pthread_create(&thread, NULL, fire_later, &firing);
    ck_fails(OV_CANCELLED, count_now(&options, &count));
    ck_assert_int_le(clock_ms() - begun, 150);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(count, 77);
    ck_fails(OV_CANCELLED, count_now(&options, &count));
    ck_says("before it began");
    ck_assert_int_le(calls_of("count"), 5);
    ov_cancel_free(firing.cancel);
}

START_TEST(cancelling_ends_a_call_inside_the_provider)
{
    cancel_during("count 1 block");
}
END_TEST

/* It may have indexes to make, so the profile's timeout is not for it. */
START_TEST(the_end_of_a_bulk_scope_has_no_deadline)
{
    struct ov_call_options options = { .size = sizeof(options) };
    struct firing firing = { .after_ms = 250 };
    pthread_t thread;

    open_store("scripted", "timeout = 100ms\nscript = \"bulk_end 1 block\"");
    open_collection(META);
    ck_ok(ov_bulk_begin(env.collection, NULL, &err));
    ck_ok(ov_cancel_new(&firing.cancel, &err));
    options.cancel = firing.cancel;
    pthread_create(&thread, NULL, fire_later, &firing);
    ck_fails(OV_CANCELLED, ov_bulk_end(env.collection, &options, &err));
    pthread_join(thread, NULL);
    ov_cancel_free(firing.cancel);
}
END_TEST

START_TEST(cancelling_ends_the_wait_between_attempts)
{
    cancel_during("count * OV_BUSY retryable after=10000");
}
END_TEST

/* --------------------------------------------------------------------- gate */

static void *blocking_count(void *ctx)
{
    const struct ov_call_options *options = ctx;
    uint64_t count;

    ov_collection_count(env.collection, NULL, &count, options, NULL);
    return NULL;
}

static void wait_until_inside(void)
{
    /* The blocked call is inside once another one has to wait for it. */
    struct ov_call_options options = within_ms(20);

    while (ov_store_ping(env.store, &options, NULL) == OV_OK)
        ;
}

START_TEST(a_call_that_waits_for_its_turn_keeps_its_deadline)
{
    struct ov_call_options blocked = within_ms(1000), options = within_ms(100);
    pthread_t thread;
    int64_t begun;
    uint64_t count;

    open_script("scripted", "count 1 block");
    pthread_create(&thread, NULL, blocking_count, &blocked);
    wait_until_inside();
    begun = clock_ms();
    ck_fails(OV_DEADLINE, count_now(&options, &count));
    ck_assert_int_le(clock_ms() - begun, 200);
    pthread_join(thread, NULL);
    ck_ok(count_now(NULL, &count));
    ck_assert_int_eq(calls_of("overlap"), 1);
}
END_TEST

START_TEST(a_call_that_waits_for_its_turn_can_be_cancelled)
{
    struct ov_call_options blocked = within_ms(1000), options = within_ms(900);
    struct firing firing = { .after_ms = 50 };
    pthread_t thread, other;
    int64_t begun;
    uint64_t count;

    open_script("scripted", "count 1 block");
    ck_ok(ov_cancel_new(&firing.cancel, &err));
    options.cancel = firing.cancel;
    pthread_create(&thread, NULL, blocking_count, &blocked);
    wait_until_inside();
    begun = clock_ms();
    pthread_create(&other, NULL, fire_later, &firing);
    ck_fails(OV_CANCELLED, count_now(&options, &count));
    ck_assert_int_le(clock_ms() - begun, 150);
    pthread_join(thread, NULL);
    pthread_join(other, NULL);
    ov_cancel_free(firing.cancel);
}
END_TEST

START_TEST(a_serial_provider_has_one_gate_for_all_its_stores)
{
    struct ov_call_options blocked = within_ms(600), options = within_ms(50);
    struct ov_store *other;
    pthread_t thread;

    open_script("scripted_serial", "count 1 block");
    ck_ok(ov_store_open(env.host, env.config, NULL, NULL, &other, &err));
    pthread_create(&thread, NULL, blocking_count, &blocked);
    wait_until_inside();
    ck_fails(OV_DEADLINE, ov_store_ping(other, &options, &err));
    pthread_join(thread, NULL);
    ck_ok(ov_store_ping(other, NULL, &err));
    ov_store_free(other);
}
END_TEST

START_TEST(a_free_provider_has_no_gate)
{
    struct ov_call_options blocked = within_ms(300), options = within_ms(200);
    pthread_t thread;
    int i;

    open_script("scripted_free", "count 1 block");
    pthread_create(&thread, NULL, blocking_count, &blocked);
    for (i = 0; i < 100; i++)
        ck_ok(ov_store_ping(env.store, &options, &err));
    pthread_join(thread, NULL);
}
END_TEST

/* ----------------------------------------------------------------- counters */

struct found {
    const char *operation;
    struct ov_counter counter;
};

static void take_counter(void *ctx, const struct ov_counter *counter)
{
    struct found *found = ctx;

    if (strcmp(counter->operation, found->operation) == 0)
        found->counter = *counter;
}

static struct ov_counter counter_of(const char *operation)
{
    struct found found = { .operation = operation };

    ov_store_counters(env.store, take_counter, &found);
    ck_assert_uint_eq(found.counter.size, sizeof(found.counter));
    return found.counter;
}

START_TEST(every_call_is_counted_with_its_rows_retries_and_time)
{
    struct ov_counter counter;
    uint64_t sum = 0;
    size_t i;

    open_script("scripted", "upsert 1-2 OV_BUSY retryable, upsert 4 OV_DENIED");
    ck_ok(upsert("[{'id':'a','v':[1,0,0,0]},{'id':'b','v':[1,0,0,0]}]"));
    ck_fails(OV_DENIED, upsert(ONE));
    ck_fails(OV_INVALID, upsert("[{}]"));
    counter = counter_of("upsert");
    ck_assert_uint_eq(counter.calls, 3);
    ck_assert_uint_eq(counter.errors, 2);
    ck_assert_uint_eq(counter.retries, 2);
    ck_assert_uint_eq(counter.rows, 2);
    ck_assert_uint_ge(counter.total_ns, 20 * 1000000u); /* two waits */
    for (i = 0; i < OV_LATENCY_BUCKETS; i++)
        sum += counter.buckets[i];
    ck_assert_uint_eq(sum, 3);
    for (sum = 0, i = 14; i < OV_LATENCY_BUCKETS; i++) /* above 8.2 ms */
        sum += counter.buckets[i];
    ck_assert_uint_eq(sum, 1);
    ck_assert_uint_eq(counter_of("search").calls, 0);
}
END_TEST

/* ------------------------------------------------------------------ options */

START_TEST(options_out_of_range_are_refused)
{
    struct ov_call_options options = { .size = sizeof(options), .timeout_ns = -2 };
    uint64_t count;

    open_script("scripted", "");
    ck_fails(OV_INVALID, count_now(&options, &count));
    ck_says("-2");
    options.timeout_ns = 0;
    options.flags = 64;
    ck_fails(OV_INVALID, count_now(&options, &count));
    ck_says("0x40");
    options.flags = OV_CALL_EXPLAIN;
    ck_fails(OV_INVALID, ov_collection_truncate(env.collection, &options, &err));
    ck_says("truncate");
    options.size = 4;
    ck_fails(OV_INVALID, count_now(&options, &count));
    ck_assert_int_eq(calls_of("count") + calls_of("truncate"), 0);
}
END_TEST

START_TEST(an_action_that_is_not_there_names_those_that_are)
{
    open_script("scripted", "");
    ck_fails(OV_UNSUPPORTED, ov_store_act(env.store, "explode", NULL, 0, NULL, &err));
    ck_says("'explode'");
    ck_says("counts reset doctor stats");
    ck_fails(OV_UNSUPPORTED, ov_store_act(env.store, "count", NULL, 0, NULL, &err));
}
END_TEST

/* ------------------------------------------------------ answers that are none */

#define THREE \
    "[{'id':'a','v':[1,0,0,0]},{'id':'b','v':[1,1,0,0]},{'id':'c','v':[0,1,0,0]}]"

static int32_t ask_count(void)
{
    uint64_t count;

    return ov_collection_count(env.collection, NULL, &count, NULL, &err);
}

static int32_t ask_groups(void)
{
    struct ov_grouping grouping = { .size = sizeof(grouping), .field = "id" };
    const struct ov_doc *groups;

    return ov_collection_groups(env.collection, &grouping, env.arena, &groups, NULL,
                                &err);
}

static int32_t ask_search(void)
{
    const float vector[] = { 1, 0, 0, 0 };
    struct ov_query query = {
        .size = sizeof(query), .limit = 2, .dim = 4, .dense = vector
    };
    struct ov_page page = OV_PAGE_INIT;
    int32_t status = ov_collection_search(env.collection, &query, NULL, &page, &err);

    ov_page_clear(&page);
    return status;
}

static int32_t ask_fetch(void)
{
    struct ov_page page = OV_PAGE_INIT;
    int32_t status =
        ov_collection_fetch(env.collection, json("['a','b']"), NULL, NULL, &page, &err);

    ov_page_clear(&page);
    return status;
}

static int32_t ask_scan(void)
{
    struct ov_listing listing = { .size = sizeof(listing), .limit = 2 };
    struct ov_page page = OV_PAGE_INIT;
    int32_t status = ov_collection_scan(env.collection, &listing, NULL, &page, &err);

    ov_page_clear(&page);
    return status;
}

static int32_t ask_next_page(void)
{
    struct ov_listing listing = { .size = sizeof(listing), .limit = 2 };
    struct ov_page page = OV_PAGE_INIT, next = OV_PAGE_INIT;
    int32_t status = ov_collection_scan(env.collection, &listing, NULL, &page, &err);

    listing.after = &page;
    if (status == OV_OK)
        status = ov_collection_scan(env.collection, &listing, NULL, &next, &err);
    ov_page_clear(&page);
    ov_page_clear(&next);
    return status;
}

static int32_t ask_remove(void)
{
    uint64_t removed;

    return ov_collection_remove(env.collection, json("['a']"), &removed, NULL, &err);
}

static const struct {
    const char *script;
    int32_t (*ask)(void);
    const char *says;
} lies[] = {
    { "count 1 lie as=huge", ask_count, "'count' with 18446744073709551614, which" },
    { "count 1 lie as=nothing", ask_count, "'count' with no number" },
    { "remove 1 lie as=more", ask_remove, "'remove' with 2, which is more than 1" },
    { "remove 1 lie as=nothing", ask_remove, "'remove' with no number" },
    { "count 1 lie as=nothing", ask_groups, "with nothing" },
    { "count 1 lie as=short", ask_groups, "a column 1 that is not of 3 rows" },
    { "count 1 lie as=offset", ask_groups, "a column 0 that is not of 3 rows" },
    { "search 1 lie as=nothing", ask_search, "'search' with nothing" },
    { "search 1 lie as=more", ask_search, "3 records, at most 2 were asked for" },
    { "search 1 lie as=short", ask_search, "that is not of 2 rows" },
    { "search 1 lie as=order", ask_search, "scores that do not descend, from row 1 on" },
    { "search 1 lie as=nan", ask_search, "a score that is no number, in row 1" },
    { "search 1 lie as=offset", ask_search, "a column 0 that is not of 2 rows" },
    { "fetch 1 lie as=nothing", ask_fetch, "'fetch' with nothing" },
    { "fetch 1 lie as=more", ask_fetch, "3 records, at most 2 were asked for" },
    { "fetch 1 lie as=short", ask_fetch, "that is not of 2 rows" },
    { "scan 1 lie as=nothing", ask_scan, "'scan' with nothing" },
    { "scan 1 lie as=more", ask_scan, "3 records, at most 2 were asked for" },
    { "scan 1 lie as=short", ask_scan, "that is not of 2 rows" },
    { "scan 1 lie as=order", ask_scan, "records out of order, from row 1 on" },
    { "scan 2 lie as=huge", ask_next_page, "does not come behind the page before" },
};

START_TEST(an_answer_that_breaks_its_promise_is_no_answer)
{
    open_script("scripted", lies[_i].script);
    ck_ok(upsert(THREE));
    ck_fails(OV_INTERNAL, lies[_i].ask());

    ck_says("provider 'scripted' answered '");
    ck_says(lies[_i].says);
    /* The next one is good. */
    ck_ok(lies[_i].ask());
}
END_TEST

START_TEST(an_opening_that_gives_nothing_is_no_opening)
{
    static const char text[] = "[storage.vectordb]\nbackend = scripted\n"
                               "script = \"open 1 lie as=nothing\"\n";
    struct ov_collection_spec spec = { .size = sizeof(spec), .name = "c" };
    struct ov_config *config;
    struct ov_store *store = NULL;

    open_store("scripted", "script = \"collection_open 2 lie as=nothing\"");
    spec.meta = json(META);
    ck_ok(ov_store_create(env.store, &spec, NULL, NULL, &err));
    ck_ok(ov_config_parse(ov_str_of(text), "test.ini", "/", &config, &err));

    ck_fails(OV_INTERNAL,
             ov_store_collection(env.store, "c", NULL, &env.collection, &err));
    ck_says("provider 'scripted' answered 'collection_open' with no table");
    ck_fails(OV_INTERNAL, ov_store_open(env.host, config, NULL, NULL, &store, &err));
    ck_says("provider 'scripted' answered 'open' with no session");
    ck_assert_ptr_null(store);
    ov_config_free(config);
}
END_TEST

START_TEST(a_removal_with_an_impossible_number_may_have_happened)
{
    open_script("scripted", "remove 1 lie as=more");
    ck_ok(upsert(THREE));
    ck_fails(OV_INTERNAL, ask_remove());

    ck_assert_uint_eq(err.flags & OV_ERR_UNCERTAIN, OV_ERR_UNCERTAIN);
}
END_TEST

/* ------------------------------------------------------------ texts of providers */

static void keep_note(void *ctx, const struct ov_note *note)
{
    snprintf(ctx, 128, "%.*s|%.*s|%.*s", (int)note->name.n, note->name.p,
             (int)note->text.n, note->text.p, (int)note->remedy.n, note->remedy.p);
}

START_TEST(what_a_provider_shouts_reaches_nobody_raw)
{
    char said[128] = "";
    struct ov_call_options options = { .size = sizeof(options),
                                       .note = keep_note,
                                       .note_ctx = said };

    open_script("scripted", "truncate 1 shout");
    ck_fails(OV_DENIED, ov_collection_truncate(env.collection, &options, &err));

    ck_assert_str_eq(err.message, "a?[2J??z");
    ck_assert_str_eq(err.provider_code, "A?B");
    ck_assert_str_eq(said, "a?[2J??z|a?[2J??z|a?[2J??z");
}
END_TEST

static void nothing(void)
{
}

static Suite *suite(void)
{
    Suite *s = suite_create("calls");
    TCase *t = tcase_create("calls");

    tcase_add_checked_fixture(t, nothing, close_store);
    tcase_add_test(t, a_fault_that_passed_without_effect_is_tried_again);
    tcase_add_test(t, a_fault_without_a_flag_is_not_tried_again);
    tcase_add_test(t, an_uncertain_write_that_can_be_repeated_is_repeated);
    tcase_add_test(t, an_uncertain_removal_is_reported_and_never_repeated);
    tcase_add_test(t, a_partial_write_is_never_repeated);
    tcase_add_test(t, retries_end_with_the_deadline_and_the_last_error);
    tcase_add_test(t, the_provider_may_say_how_long_to_wait);
    tcase_add_test(t, a_stale_handle_is_opened_anew_once);
    tcase_add_test(t, a_collection_that_stays_stale_is_an_error);
    tcase_add_test(t, a_collection_dropped_and_made_anew_is_served_by_the_old_handle);
    tcase_add_test(t, a_provider_that_blocks_ends_with_the_deadline);
    tcase_add_test(t, the_end_of_a_bulk_scope_has_no_deadline);
    tcase_add_test(t, cancelling_ends_a_call_inside_the_provider);
    tcase_add_test(t, cancelling_ends_the_wait_between_attempts);
    tcase_add_test(t, a_call_that_waits_for_its_turn_keeps_its_deadline);
    tcase_add_test(t, a_call_that_waits_for_its_turn_can_be_cancelled);
    tcase_add_test(t, a_serial_provider_has_one_gate_for_all_its_stores);
    tcase_add_test(t, a_free_provider_has_no_gate);
    tcase_add_test(t, every_call_is_counted_with_its_rows_retries_and_time);
    tcase_add_test(t, options_out_of_range_are_refused);
    tcase_add_test(t, an_action_that_is_not_there_names_those_that_are);
    tcase_add_loop_test(t, an_answer_that_breaks_its_promise_is_no_answer, 0,
                        sizeof(lies) / sizeof(lies[0]));
    tcase_add_test(t, an_opening_that_gives_nothing_is_no_opening);
    tcase_add_test(t, a_removal_with_an_impossible_number_may_have_happened);
    tcase_add_test(t, what_a_provider_shouts_reaches_nobody_raw);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
