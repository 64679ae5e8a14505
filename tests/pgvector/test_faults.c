/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_faults.c - locks, deadlines, cancellation, lost connections, a full pool.
 */
#include "harness.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What the border promises after a deadline or a cancellation; a sanitizer's own work is
 * not part of the promise. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PROMISE_NS 1000000000
#else
#define PROMISE_NS 100000000
#endif

static const struct doc one = {
    .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 }, .body = "x"
};
static const struct doc two[] = {
    { .id = "a", .path = "/new", .vec = { 1, 0, 0, 0 }, .body = "x" },
    { .id = "b", .path = "/b", .vec = { 0, 1, 0, 0 }, .body = "y" },
};

static void setup(void)
{
    reset_options();
    set_option("application_name", "ov_faults");
    open_store("test_faults");
    create_docs("flat", OV_COSINE);
    ck_ok(upsert_docs(&one, 1));
}

static int32_t count_all(uint64_t *total)
{
    const struct ov_count count = { .size = sizeof(count), .group = OV_NONE };

    return read_count(table, &call, &count, total, NULL, &err);
}

/* A connection of the superuser's that holds a lock on the table. */
static PGconn *hold_lock(void)
{
    char path[512];
    char *text;
    PGconn *conn;

    snprintf(path, sizeof(path), "%s/admin", getenv("OV_TEST_PG_DIR"));
    text = read_text(path, NULL);
    ck_assert_ptr_nonnull(text);
    conn = PQconnectdb(text);
    free(text);
    ck_assert_int_eq(PQstatus(conn), CONNECTION_OK);
    PQclear(PQexec(conn, "BEGIN; LOCK TABLE test_faults.docs IN ACCESS EXCLUSIVE MODE"));
    return conn;
}

static int32_t open_docs(void)
{
    struct ov_table *other = NULL;
    int32_t status = collection_open(session, &call, ov_str_of("docs"), &other, &err);

    if (status == OV_OK)
        collection_close(other);
    return status;
}

/* A row that a restore, a tool or damage left: what it says is not what it is under. */
START_TEST(a_catalogue_row_that_contradicts_itself_is_not_believed)
{
    static const struct {
        const char *sql;
        int32_t code;
        const char *says;
    } rows[] = {
        { "UPDATE test_faults.ov_collections SET name = 'other' WHERE name = 'docs'; "
          "UPDATE test_faults.ov_collections SET name = 'docs', definition = "
          "(SELECT definition FROM test_faults.ov_collections WHERE name = 'docs2') "
          "WHERE name = 'other'",
          OV_CORRUPT, "'docs2'" },
        { "UPDATE test_faults.ov_collections SET format = 2", OV_UNSUPPORTED,
          "format 2" },
        { "UPDATE test_faults.ov_collections SET definition = "
          "set_byte(definition, 20, 255)",
          OV_CORRUPT, "stored schema" },
    };
    struct ov_schema second = *docs_schema("flat", OV_COSINE);

    second.name = ov_str_of("docs2");
    ck_ok(collection_create(session, &call, &second, &err));
    ck_ok(open_docs());
    admin(rows[_i].sql);

    ck_fails(rows[_i].code, open_docs());

    ck_says(rows[_i].says);
}
END_TEST

static const char *running(void)
{
    return admin(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ov_faults' "
        "AND state <> 'idle'");
}

START_TEST(a_deadline_ends_a_wait_for_a_lock)
{
    PGconn *lock = hold_lock();
    uint64_t total = 77;
    int64_t begin = link_now(), took;

    call.deadline_ns = begin + 200000000;
    ck_fails(OV_DEADLINE, count_all(&total));
    took = link_now() - begin;
    ck_assert_int_ge(took, 200000000);
    ck_assert_int_lt(took, 200000000 + PROMISE_NS);
    ck_assert_str_eq(running(), "0");
    ck_assert_uint_eq(total, 77);
    call.deadline_ns = link_now() + 200000000;
    ck_fails(OV_DEADLINE, upsert_docs(two, 2));
    ck_assert_int_eq(err.flags & OV_ERR_UNCERTAIN, 0);
    ck_assert_str_eq(running(), "0");
    PQfinish(lock);
    call.deadline_ns = 0;
    ck_ok(count_all(&total));
    ck_assert_uint_eq(total, 1);
}
END_TEST

/* Until the server says so; each question is a connection of its own. */
static void await(const char *sql, const char *answer)
{
    int64_t until = link_now() + INT64_C(10000000000);

    while (strcmp(admin(sql), answer) != 0)
        ck_assert_msg(link_now() < until, "%s", sql);
}

#define WAITING                                                       \
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = " \
    "'ov_faults' AND wait_event_type = 'Lock'"
#define CONNECTED \
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ov_faults'"

struct trigger {
    uint32_t word;
    int fd;
    int64_t fired;
};

static void *fire(void *ctx)
{
    struct trigger *trigger = ctx;
    uint64_t one_more = 1;

    await(WAITING, "1");
    trigger->fired = link_now();
    __atomic_store_n(&trigger->word, 1, __ATOMIC_RELEASE);
    ck_assert_int_eq(write(trigger->fd, &one_more, sizeof(one_more)), sizeof(one_more));
    return NULL;
}

START_TEST(a_cancelled_call_ends_soon)
{
    PGconn *lock = hold_lock();
    struct trigger trigger = { 0, eventfd(0, EFD_CLOEXEC), 0 };
    pthread_t thread;
    uint64_t total;
    int64_t took;

    call.cancelled = &trigger.word;
    call.cancel_fd = trigger.fd;
    pthread_create(&thread, NULL, fire, &trigger);
    ck_fails(OV_CANCELLED, count_all(&total));
    took = link_now();
    pthread_join(thread, NULL);
    ck_assert_int_lt(took - trigger.fired, PROMISE_NS);
    ck_assert_str_eq(running(), "0");
    PQfinish(lock);
    ck_fails(OV_CANCELLED, count_all(&total));
    call.cancelled = NULL;
    call.cancel_fd = -1;
    ck_ok(count_all(&total));
    close(trigger.fd);
}
END_TEST

START_TEST(a_server_that_hangs_does_not_hold_the_call)
{
    pid_t backend = (pid_t)atoi(
        admin("SELECT pid FROM pg_stat_activity WHERE application_name = 'ov_faults'"));
    uint64_t total;
    int64_t begin = link_now(), took;
    int32_t status;

    ck_assert_int_gt(backend, 0);
    ck_assert_int_eq(kill(backend, SIGSTOP), 0);
    call.deadline_ns = begin + 100000000;
    ov_error_reset(&err);
    status = upsert_docs(two, 2);
    took = link_now() - begin;
    call.deadline_ns = 0;
    kill(backend, SIGCONT); /* before anything can fail */
    ck_assert_int_eq(status, OV_DEADLINE);
    ck_assert_uint_eq(err.flags, OV_ERR_UNCERTAIN);
    ck_assert_int_lt(took, 100000000 + PROMISE_NS);
    ck_ok(count_all(&total)); /* on another connection */
}
END_TEST

#define KILL_ALL                                                     \
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity " \
    "WHERE application_name = 'ov_faults'"

START_TEST(idle_connections_that_were_ended_are_replaced_unseen)
{
    uint64_t total;

    ck_ok(count_all(&total));
    admin(KILL_ALL);
    await(CONNECTED, "0");
    ck_ok(count_all(&total));
    admin(KILL_ALL);
    await(CONNECTED, "0");
    ck_ok(upsert_docs(two, 2));
}
END_TEST

static void *kill_soon(void *ctx)
{
    (void)ctx;
    await(WAITING, "1");
    admin(KILL_ALL " AND state = 'active'");
    return NULL;
}

START_TEST(a_connection_that_ends_in_a_call_says_that_nothing_happened)
{
    PGconn *lock = hold_lock();
    pthread_t thread;
    uint64_t total;

    pthread_create(&thread, NULL, kill_soon, NULL);
    ck_fails(OV_UNAVAILABLE, upsert_docs(two, 2));
    pthread_join(thread, NULL);
    ck_assert_uint_eq(err.flags, OV_ERR_RETRYABLE);
    ck_assert_str_eq(err.provider_code, "57P01");
    PQfinish(lock);
    ck_ok(count_all(&total));
    ck_assert_uint_eq(total, 1);
}
END_TEST

static void *count_in_thread(void *ctx)
{
    struct ov_error own = OV_ERROR_INIT;
    const struct ov_count count = { .size = sizeof(count), .group = OV_NONE };
    struct ov_call mine = call;
    uint64_t total;

    (void)ctx;
    mine.deadline_ns = link_now() + 500000000;
    (void)read_count(table, &mine, &count, &total, NULL, &own);
    return NULL;
}

START_TEST(a_full_pool_is_busy_and_keeps_the_deadline)
{
    PGconn *lock;
    pthread_t thread;
    uint64_t total;
    int64_t begin;

    close_store();
    set_option("pool_size", "1");
    set_option("pool_wait", "100");
    ck_ok(try_open(&session));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    lock = hold_lock();
    pthread_create(&thread, NULL, count_in_thread, NULL);
    await(WAITING, "1");
    begin = link_now();
    ck_fails(OV_BUSY, count_all(&total));
    ck_assert_uint_eq(err.flags, OV_ERR_RETRYABLE);
    ck_assert_int_lt(link_now() - begin, 100000000 + PROMISE_NS);
    call.deadline_ns = link_now() + 50000000;
    ck_fails(OV_DEADLINE, count_all(&total));
    call.deadline_ns = 0;
    PQfinish(lock);
    pthread_join(thread, NULL);
    ck_ok(count_all(&total));
}
END_TEST

START_TEST(lock_timeouts_are_busy)
{
    PGconn *lock;
    uint64_t total;

    close_store();
    set_option("lock_timeout", "50");
    ck_ok(try_open(&session));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    lock = hold_lock();
    ck_fails(OV_BUSY, count_all(&total));
    ck_assert_uint_eq(err.flags, OV_ERR_RETRYABLE);
    ck_assert_str_eq(err.provider_code, "55P03");
    PQfinish(lock);
}
END_TEST

START_TEST(what_cannot_be_reached_or_entered_is_told_apart)
{
    struct ov_session *other = NULL;
    char good[512];

    memcpy(good, url, sizeof(good));
    snprintf(url, sizeof(url), "postgresql://ov:x@127.0.0.1:1/ovtest");
    ck_fails(OV_UNAVAILABLE, try_open(&other));
    ck_assert_uint_eq(err.flags, OV_ERR_RETRYABLE);
    use_ini("--tcp");
    {
        char *at = strstr(url, ":ov-secret-marker@");

        ck_assert_ptr_nonnull(at);
        memcpy(at, ":xx-secret-marker@", 18);
    }
    ck_fails(OV_DENIED, try_open(&other));
    ck_assert_ptr_null(strstr(err.message, "secret-marker"));
    use_ini("--tcp");
    memcpy(strstr(url, "/ovtest"), "/nobase", 7);
    ck_fails(OV_INVALID, try_open(&other));
    ck_says("nobase");
    snprintf(url, sizeof(url), "postgresql://ov:ov-secret-marker@x@y:z/");
    ck_fails(OV_INVALID, try_open(&other));
    ck_assert_ptr_null(strstr(err.message, "secret-marker"));
    ck_assert_ptr_null(other);
    memcpy(url, good, sizeof(good));
}
END_TEST

START_TEST(a_store_that_is_closed_leaves_nothing)
{
    int threads, descriptors;
    uint64_t total;

    close_store();
    threads = count_threads();
    descriptors = count_descriptors();
    ck_ok(try_open(&session));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    ck_ok(count_all(&total));
    close_store();
    ck_assert(threads_become(threads));
    ck_assert_int_eq(count_descriptors(), descriptors);
}
END_TEST

START_TEST(a_transaction_pooler_may_stand_between)
{
    struct ov_scan scan = { .size = sizeof(scan), .order = OV_NONE, .limit = 5 };
    const float query[4] = { 1, 0, 0, 0 };
    const struct ov_search search = { .size = sizeof(search),
                                      .index = ov_str_of("default"),
                                      .n_queries = 1,
                                      .dim = 4,
                                      .dense = query,
                                      .limit = 2 };

    close_store();
    use_ini("--bouncer");
    set_option("pooler", "transaction");
    set_option("application_name", "ov_pooled"); /* the pooler keeps its connections */
    open_store("test_faults");
    create_docs("hnsw", OV_L2);
    for (int i = 0; i < 20; i++) {
        ck_ok(upsert_docs(two, 2));
        ck_ok(read_scan(table, &call, &scan, &result, &err));
        ck_assert_str_eq(ids(&result), "a b");
        ck_ok(search_search(table, &call, &search, &result, &err));
        ck_assert_str_eq(ids(&result), "a b");
    }
    ck_ok(collection_drop(session, &call, ov_str_of("docs"), &err));
    use_ini("--socket");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector faults");
    TCase *c = tcase_create("faults");

    tcase_add_checked_fixture(c, setup, close_store);
    tcase_add_loop_test(c, a_catalogue_row_that_contradicts_itself_is_not_believed, 0, 3);
    tcase_add_test(c, a_deadline_ends_a_wait_for_a_lock);
    tcase_add_test(c, a_cancelled_call_ends_soon);
    tcase_add_test(c, a_server_that_hangs_does_not_hold_the_call);
    tcase_add_test(c, idle_connections_that_were_ended_are_replaced_unseen);
    tcase_add_test(c, a_connection_that_ends_in_a_call_says_that_nothing_happened);
    tcase_add_test(c, a_full_pool_is_busy_and_keeps_the_deadline);
    tcase_add_test(c, lock_timeouts_are_busy);
    tcase_add_test(c, what_cannot_be_reached_or_entered_is_told_apart);
    tcase_add_test(c, a_store_that_is_closed_leaves_nothing);
    tcase_add_test(c, a_transaction_pooler_may_stand_between);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_with_server(suite());
}
