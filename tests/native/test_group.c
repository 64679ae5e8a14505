/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_group.c - writes of many threads in one COMMIT.
 *
 * The first write is held in its sync until all the others wait for the lock; released,
 * they make one group.
 */
#include "native.h"
#include "rig.h"
#include "shim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { WRITERS = 8, MOST = WRITERS + 1 };

static struct ov_session *session;
static struct ov_table *tables[2];
static char folder[512];

struct job {
    pthread_t thread;
    struct ov_table *table;
    struct ov_batch *batch;
    struct ov_schema *schema;
    enum { UPSERT, UPDATE, REMOVE, TRUNCATE, CREATE } kind;
    int64_t patience_ns; /* 0: no deadline */
    uint64_t removed;
    unsigned number;
    int done; /* atomic */
    struct ov_error err;
};

static struct job jobs[MOST];
static int n_jobs, kept_open;

static const struct record base[] = {
    { .id = "a", .n = 1, .w = "one dog" },
    { .id = "b", .n = 2, .w = "two dogs" },
};

static void *work(void *ctx)
{
    struct job *job = ctx;
    const struct ov_batch *const list[] = { job->batch };
    struct ov_call mine = call;
    struct timespec now;

    ov_error_reset(&job->err);
    if (job->patience_ns > 0) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        mine.deadline_ns =
            now.tv_sec * INT64_C(1000000000) + now.tv_nsec + job->patience_ns;
    }
    if (job->kind == UPSERT)
        (void)native->upsert(job->table, &mine, list, 1, &job->err);
    else if (job->kind == UPDATE)
        (void)native->update(job->table, &mine, list, 1, &job->err);
    else if (job->kind == REMOVE)
        (void)native->remove(job->table, &mine, job->batch, &job->removed, &job->err);
    else if (job->kind == TRUNCATE)
        (void)native->truncate(job->table, &mine, &job->err);
    else
        (void)native->collection_create(session, &mine, job->schema, &job->err);
    __atomic_store_n(&job->done, 1, __ATOMIC_RELEASE);
    return NULL;
}

static uint32_t n_waiting(void)
{
    return __atomic_load_n(&session->engine->group.waiting, __ATOMIC_SEQ_CST);
}

static const struct timespec blink = { 0, 1000000 };

static uint32_t n_joined(void)
{
    return __atomic_load_n(&session->engine->group.n, __ATOMIC_SEQ_CST);
}

/* One that is behind the held write waits for the lock before the next one comes. With
 * the group kept open it has joined, or was answered: they come in this order. */
static void start(struct job *job)
{
    uint32_t waiting = n_waiting(), joined = n_joined();

    ck_assert_int_eq(pthread_create(&job->thread, NULL, work, job), 0);
    if (n_jobs++ == 0 && !kept_open)
        shim_await();
    else if (!kept_open)
        while (n_waiting() <= waiting)
            nanosleep(&blink, NULL);
    else
        while (n_joined() <= joined && !__atomic_load_n(&job->done, __ATOMIC_ACQUIRE))
            nanosleep(&blink, NULL);
}

/* As if somebody waited for the lock all the time. */
static void keep_open(void)
{
    kept_open = 1;
    __atomic_add_fetch(&session->engine->group.waiting, 1, __ATOMIC_SEQ_CST);
}

/* What has joined by then ends with the next that leaves the lock. */
static void let_go(void)
{
    kept_open = 0;
    __atomic_sub_fetch(&session->engine->group.waiting, 1, __ATOMIC_SEQ_CST);
}

static struct job *upsert_later(int table, const struct record *records, size_t n)
{
    struct job *job = &jobs[n_jobs];

    memset(job, 0, sizeof(*job));
    job->table = tables[table];
    job->batch = make_batch(records, n, NULL, N_FIELDS);
    start(job);
    return job;
}

static struct job *update_later(const struct record *records, size_t n)
{
    static const uint32_t fields[] = { F_ID, F_N };
    struct job *job = &jobs[n_jobs];

    memset(job, 0, sizeof(*job));
    job->kind = UPDATE;
    job->table = tables[0];
    job->batch = make_batch(records, n, fields, 2);
    start(job);
    return job;
}

static struct job *remove_later(const char *id)
{
    struct job *job = &jobs[n_jobs];

    memset(job, 0, sizeof(*job));
    job->kind = REMOVE;
    job->table = tables[0];
    job->batch = make_keys(&id, 1);
    start(job);
    return job;
}

static struct job *truncate_later(int table)
{
    struct job *job = &jobs[n_jobs];

    memset(job, 0, sizeof(*job));
    job->kind = TRUNCATE;
    job->table = tables[table];
    start(job);
    return job;
}

static struct job *create_later(void)
{
    struct job *job = &jobs[n_jobs];

    memset(job, 0, sizeof(*job));
    job->kind = CREATE;
    job->schema = ov_schema_copy(rig_schema("e")); /* the rig has but one */
    start(job);
    return job;
}

static void all_went_well(int n)
{
    int i;

    for (i = 0; i < n; i++)
        ck_assert_msg(jobs[i].err.code == OV_OK, "%d: %s", i, jobs[i].err.message);
}

static void hold_the_first(void)
{
    static const struct record first = { .id = "first" };

    shim_hold();
    (void)upsert_later(0, &first, 1);
}

static void join_all(void)
{
    int i;

    for (i = 0; i < n_jobs; i++) {
        pthread_join(jobs[i].thread, NULL);
        if (jobs[i].batch != NULL)
            free_batch(jobs[i].batch);
        free(jobs[i].schema);
    }
    n_jobs = 0;
}

static void release_all(void)
{
    shim_release();
    join_all();
}

static void open_it(void)
{
    shim_install();
    snprintf(folder, sizeof(folder), "%s", temp_path("store"));
    session = open_fresh("store");
    ck_ok(native->collection_create(session, &call, rig_schema("d"), &err));
    tables[0] = open_table(session, "c");
    tables[1] = open_table(session, "d");
    ck_ok(put(tables[0], base, 2));
}

static void open_again(void)
{
    native->collection_close(tables[1]);
    close_all(session, tables[0]);
    session = open_store(folder);
    tables[0] = open_table(session, "c");
    tables[1] = open_table(session, "d");
}

static void close_it(void)
{
    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
    native->collection_close(tables[1]);
    close_all(session, tables[0]);
}

static void queue_records(char ids[WRITERS][8])
{
    int i;

    for (i = 0; i < WRITERS; i++) {
        struct record record = { .id = ids[i], .n = 10 + i, .w = "cat" };

        sprintf(ids[i], "r%d", i);
        (void)upsert_later(0, &record, 1);
    }
}

START_TEST(writes_that_wait_share_one_sync)
{
    static const char all[] = "first a b r0 r1 r2 r3 r4 r5 r6 r7";
    char ids[WRITERS][8];

    hold_the_first();
    queue_records(ids);
    ck_assert_str_eq(scan_ids(tables[0], F_N, 0, NULL), "a b");
    release_all();

    all_went_well(WRITERS + 1);
    ck_assert_int_eq(shim_syncs(), 2);
    ck_assert_str_eq(scan_ids(tables[0], F_N, 0, NULL), all);
    open_again();
    ck_assert_str_eq(scan_ids(tables[0], F_N, 0, NULL), all);
}
END_TEST

START_TEST(the_sync_that_fails_fails_them_all)
{
    char ids[WRITERS][8];
    int i;

    hold_the_first();
    queue_records(ids);
    shim_arm(SHIM_SYNC, 1);
    release_all();

    ck_assert_int_eq(shim_disarm(), 1);
    ck_ok(jobs[0].err.code);
    for (i = 1; i <= WRITERS; i++) {
        ck_assert_int_eq(jobs[i].err.code, OV_UNAVAILABLE);
        ck_assert_uint_ne(jobs[i].err.flags & OV_ERR_UNCERTAIN, 0);
    }
    ck_assert_str_eq(scan_ids(tables[0], F_N, 0, NULL), "first a b");
    ck_ok(put(tables[0], &(struct record){ .id = "c", .n = 3 }, 1));
    open_again();
    ck_assert_str_eq(scan_ids(tables[0], F_N, 0, NULL), "first a b c");
}
END_TEST

START_TEST(a_write_that_fails_takes_no_other_with_it)
{
    static const struct record half[] = { { .id = "a", .n = 7 }, { .id = "nobody" } };
    char ids[WRITERS][8];
    struct job *failing;
    int i;

    hold_the_first();
    for (i = 0; i < WRITERS - 1; i++) {
        struct record record = { .id = ids[i], .n = 10 + i };

        sprintf(ids[i], "r%d", i);
        (void)upsert_later(0, &record, 1);
    }
    failing = update_later(half, 2);
    release_all();

    ck_assert_int_eq(failing->err.code, OV_NO_RECORD);
    ck_assert_int_eq(failing->err.row, 1);
    all_went_well(WRITERS);
    ck_assert_str_eq(scan_ids(tables[0], F_N, 0, NULL), "first a b r0 r1 r2 r3 r4 r5 r6");
    ck_assert_int_eq(count_where(tables[0], where_int(F_N, 7)), 0);
}
END_TEST

START_TEST(the_next_write_of_a_group_sees_the_one_before)
{
    static const struct record made = { .id = "x", .n = 5 }, more = { .id = "x", .n = 6 };
    struct job *removing, *again;

    keep_open();
    (void)upsert_later(0, &made, 1);
    (void)update_later(&more, 1);
    removing = remove_later("x");
    ck_assert_uint_eq(n_joined(), 3);
    again = remove_later("x");
    join_all();

    all_went_well(4);
    ck_assert_uint_eq(removing->removed, 1);
    ck_assert_uint_eq(again->removed, 0);
    ck_assert_str_eq(scan_ids(tables[0], F_N, 0, NULL), "a b");
}
END_TEST

/* What the update looks at is the removal, and that never came to be. */
START_TEST(a_refusal_rests_on_nothing_that_is_not_in_the_file)
{
    static const struct record changed = { .id = "a", .n = 9 };
    struct job *removing, *changing;

    keep_open();
    removing = remove_later("a");
    shim_arm(SHIM_SYNC, 0);
    changing = update_later(&changed, 1);
    join_all();

    ck_assert_int_eq(shim_disarm(), 1);
    ck_assert_int_eq(removing->err.code, OV_UNAVAILABLE);
    ck_ok(changing->err.code);
    ck_assert_str_eq(scan_ids(tables[0], F_N, 0, NULL), "b a");
}
END_TEST

/* The small write is answered though a stranger's work has not begun to end. */
START_TEST(nobody_waits_for_the_work_of_another_collection)
{
    static const struct record made = { .id = "x", .n = 5 };
    struct coll *other = tables[1]->coll;
    struct job *small, *stranger = &jobs[1];

    keep_open();
    small = upsert_later(0, &made, 1);
    pthread_mutex_lock(&other->apply); /* as while its image is read */
    *stranger =
        (struct job){ .table = tables[1], .batch = make_batch(&made, 1, NULL, N_FIELDS) };
    ck_assert_int_eq(pthread_create(&stranger->thread, NULL, work, stranger), 0);
    pthread_join(small->thread, NULL);
    let_go();
    pthread_mutex_unlock(&other->apply);

    ck_ok(small->err.code);
    pthread_join(stranger->thread, NULL);
    ck_ok(stranger->err.code);
    free_batch(small->batch);
    free_batch(stranger->batch);
    n_jobs = 0;
}
END_TEST

/* In a group that stays open it would not come back. */
START_TEST(what_takes_long_joins_no_group)
{
    static struct record many[65];
    static char ids[65][8];
    uint64_t removed;
    int i;

    for (i = 0; i < 65; i++) {
        sprintf(ids[i], "m%d", i);
        many[i].id = ids[i];
        many[i].n = 100;
    }
    keep_open();
    ck_ok(put(tables[0], many, 65));
    ck_assert_int_eq(count_where(tables[0], where_int(F_N, 100)), 65);
    ck_ok(native->remove_where(tables[0], &call, where_int(F_N, 100), &removed, &err));
    ck_assert_uint_eq(removed, 65);
}
END_TEST

START_TEST(what_replaces_a_collection_shares_with_nobody)
{
    static const struct record made = { .id = "x", .n = 5 };

    hold_the_first();
    (void)upsert_later(0, &made, 1);
    (void)truncate_later(1);
    release_all();

    all_went_well(3);
    ck_assert_int_eq(shim_syncs(), 3);
    ck_assert_str_eq(scan_ids(tables[0], F_N, 0, NULL), "first a b x");
}
END_TEST

START_TEST(a_new_collection_waits_for_the_group_before_it)
{
    static const struct record made = { .id = "x", .n = 5 };

    hold_the_first();
    (void)upsert_later(0, &made, 1);
    (void)create_later();
    (void)upsert_later(1, &made, 1);
    release_all();

    all_went_well(4);
    ck_assert_str_eq(scan_ids(tables[0], F_N, 0, NULL), "first a b x");
    ck_assert_str_eq(scan_ids(tables[1], F_N, 0, NULL), "x");
    native->collection_close(open_table(session, "e"));
}
END_TEST

static void damage_words(void)
{
    sqlite3 *db;

    native->collection_close(tables[1]);
    close_all(session, tables[0]);
    ck_assert_int_eq(sqlite3_open(temp_path("store/store.db"), &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "DELETE FROM f1x1_data", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    session = open_store(folder);
    tables[0] = open_table(session, "c");
    tables[1] = open_table(session, "d");
}

/* The first of a group finds the damage; the one after it writes to the new edition. */
START_TEST(damaged_words_are_made_anew_in_a_group)
{
    static const struct record x = { .id = "x", .w = "dog" },
                               y = { .id = "y", .w = "dog" };
    struct ov_str word = { "dog", 3 };
    struct ov_search request = {
        .size = sizeof(request), .n_queries = 1, .text = &word, .limit = 10
    };
    struct ov_result result = { .size = sizeof(result) };

    damage_words();
    shim_hold();
    (void)upsert_later(1, &x, 1);
    (void)upsert_later(0, &x, 1);
    (void)upsert_later(0, &y, 1);
    release_all();

    all_went_well(3);
    ck_ok(native->search(tables[0], &call, &request, &result, &err));
    ck_assert_int_eq(result.rows.length, 3);
    result.rows.release(&result.rows);
}
END_TEST

/* The statements of an edition that was rolled back go with it. */
START_TEST(words_whose_new_edition_failed_are_made_anew_again)
{
    damage_words();
    shim_arm(SHIM_SYNC, 0);
    ck_fails(OV_UNAVAILABLE, put(tables[0], base, 2));
    ck_assert_int_eq(shim_disarm(), 1);

    ck_ok(put(tables[0], base, 2));
    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
}
END_TEST

static uint32_t cancelled;
static pthread_t canceller; /* the hooks stay, and mean this thread's statements */

static void cancel(void *ctx, int what, const char *database, const char *at,
                   sqlite3_int64 row)
{
    (void)ctx, (void)what, (void)database, (void)at, (void)row;
    if (pthread_equal(pthread_self(), canceller))
        cancelled = 1;
}

static int is_cancelled(void *ctx)
{
    (void)ctx;
    return pthread_equal(pthread_self(), canceller) && cancelled;
}

/* SQLite looks at its progress once more after a statement has done its work, and then
 * fails it without taking back what it did. */
START_TEST(a_statement_that_fails_after_its_work_leaves_no_trace)
{
    static const struct record records[] = { { .id = "x", .n = 5 },
                                             { .id = "y", .n = 6 },
                                             { .id = "z", .n = 7 } };
    sqlite3 *db = session->engine->writer.db;
    struct ov_call brief = call;
    struct ov_batch *batch = make_batch(&records[1], 1, NULL, N_FIELDS);
    const struct ov_batch *const list[] = { batch };

    brief.cancelled = &cancelled;
    canceller = pthread_self();
    keep_open();
    (void)upsert_later(0, &records[0], 1);
    sqlite3_update_hook(db, cancel, NULL);
    sqlite3_progress_handler(db, 1, is_cancelled, NULL);
    ck_fails(OV_CANCELLED, native->upsert(tables[0], &brief, list, 1, &err));
    let_go();
    join_all();
    cancelled = 0;
    sqlite3_update_hook(db, NULL, NULL);
    ck_ok(put(tables[0], &records[2], 1));

    ck_ok(jobs[0].err.code);
    ck_assert_str_eq(scan_ids(tables[0], F_N, 0, NULL), "a b x z");
    free_batch(batch);
}
END_TEST

/* ------------------------------------------------------------------------ storm */

enum { STORMERS = 8, STORM = 500 };

/* The rig's helpers share memory. */
static struct ov_batch *locked_batch(const struct record *records, size_t n,
                                     const uint32_t *fields, uint32_t n_fields)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct ov_batch *batch;

    pthread_mutex_lock(&lock);
    batch = n_fields > 0 ? make_batch(records, n, fields, n_fields)
                         : make_keys(&records->id, 1);
    pthread_mutex_unlock(&lock);
    return batch;
}

/* Few keys, tiny deadlines, refusals: whatever happens, everybody comes home, and the
 * file and the memory agree. */
static void *storm(void *ctx)
{
    static const uint32_t fields[] = { F_ID, F_N }, widths[] = { N_FIELDS, 2, 0 };
    struct job *all = ctx, job;
    unsigned seed = all->number;
    char id[8];
    int i;

    for (i = 0; i < STORM; i++) {
        struct record records[2] = { { .id = id, .n = i, .w = "wet dog" },
                                     { .id = "nobody", .n = 1 } };

        memset(&job, 0, sizeof(job));
        sprintf(id, "k%d", rand_r(&seed) % 5);
        job.table = tables[rand_r(&seed) % 2];
        job.kind = rand_r(&seed) % 3;
        job.patience_ns = rand_r(&seed) % 2 * (rand_r(&seed) % 2000 + 1) * INT64_C(1000);
        job.batch = locked_batch(records, job.kind == UPDATE ? 1 + rand_r(&seed) % 2 : 1,
                                 job.kind == UPDATE ? fields : NULL, widths[job.kind]);
        (void)work(&job);
        free_batch(job.batch);
        if (job.err.code != OV_NO_RECORD && job.err.code != OV_DEADLINE &&
            all->err.code == OV_OK)
            all->err = job.err;
    }
    return NULL;
}

START_TEST(everybody_comes_home_from_a_storm)
{
    static struct job stormers[STORMERS];
    char before[2][256];
    int i;

    for (i = 0; i < STORMERS; i++) {
        stormers[i].number = (unsigned)i + 1;
        ck_assert_int_eq(pthread_create(&stormers[i].thread, NULL, storm, &stormers[i]),
                         0);
    }
    for (i = 0; i < STORMERS; i++) {
        pthread_join(stormers[i].thread, NULL);
        ck_assert_msg(stormers[i].err.code == OV_OK, "%s", stormers[i].err.message);
    }

    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
    for (i = 0; i < 2; i++)
        strcpy(before[i], scan_ids(tables[i], F_N, 0, NULL));
    open_again();
    for (i = 0; i < 2; i++)
        ck_assert_str_eq(scan_ids(tables[i], F_N, 0, NULL), before[i]);
}
END_TEST

/* --------------------------------------------------------------------- giving up */

/* The lock is given back, and the only waiter gives up, between its look at the lock and
 * its look at the flag: the flag lies in a page that may not be read before that. */
static volatile uint32_t *flag;

static void give_back(int number)
{
    (void)number;
    if (mprotect((void *)flag, sizeof(*flag), PROT_READ | PROT_WRITE) != 0)
        _exit(1);
    *flag = 1;
    __atomic_sub_fetch(&session->engine->group.waiting, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&session->engine->write);
}

static void make_flag(void)
{
    struct sigaction action = { .sa_handler = give_back };

    flag = mmap(NULL, sizeof(*flag), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne((void *)flag, MAP_FAILED);
    ck_assert_int_eq(sigaction(SIGSEGV, &action, NULL), 0);
}

START_TEST(who_gives_up_leaves_nobody_behind)
{
    static const struct record made = { .id = "x" };
    struct engine *engine = session->engine;
    struct ov_call impatient = call;

    shim_hold();
    shim_release();
    keep_open();
    (void)upsert_later(0, &made, 1);
    ck_assert_int_eq(shim_syncs(), 0);
    ck_assert_str_eq(scan_ids(tables[0], F_N, 0, NULL), "a b");
    ck_assert_str_eq(fetch_ids(tables[0], &made.id, 1), "");
    make_flag();
    impatient.cancelled = (uint32_t *)flag;
    pthread_mutex_lock(&engine->write);

    ck_fails(OV_CANCELLED,
             native->collection_drop(session, &impatient, ov_str_of("d"), &err));

    join_all();
    ck_ok(jobs[0].err.code);
    ck_assert_int_eq(shim_syncs(), 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native group");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, 60);
    tcase_add_checked_fixture(all, open_it, close_it);
    tcase_add_test(all, writes_that_wait_share_one_sync);
    tcase_add_test(all, the_sync_that_fails_fails_them_all);
    tcase_add_test(all, a_write_that_fails_takes_no_other_with_it);
    tcase_add_test(all, a_statement_that_fails_after_its_work_leaves_no_trace);
    tcase_add_test(all, the_next_write_of_a_group_sees_the_one_before);
    tcase_add_test(all, a_refusal_rests_on_nothing_that_is_not_in_the_file);
    tcase_add_test(all, nobody_waits_for_the_work_of_another_collection);
    tcase_add_test(all, what_takes_long_joins_no_group);
    tcase_add_test(all, what_replaces_a_collection_shares_with_nobody);
    tcase_add_test(all, a_new_collection_waits_for_the_group_before_it);
    tcase_add_test(all, damaged_words_are_made_anew_in_a_group);
    tcase_add_test(all, words_whose_new_edition_failed_are_made_anew_again);
    tcase_add_test(all, who_gives_up_leaves_nobody_behind);
    tcase_add_test(all, everybody_comes_home_from_a_storm);
    suite_add_tcase(s, all);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
