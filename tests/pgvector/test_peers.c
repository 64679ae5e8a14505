/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_peers.c - servers that hang, say nothing, or are the wrong ones of several: every
 * call ends when it should, and nothing is left behind.
 *
 * The server is the file's own: it is frozen, made a standby and promoted.
 */
#include "harness.h"

#include "../../plugins/pgvector/resolve.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the border promises after a deadline or a cancellation; a sanitizer's own work is
 * not part of the promise. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PROMISE_NS 1000000000
#else
#define PROMISE_NS 100000000
#endif
#define MS INT64_C(1000000)

static const struct doc one = {
    .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 }, .body = "x"
};

static void setup(void)
{
    reset_options();
    set_option("application_name", "ov_peers");
    open_store("test_peers");
    create_docs("flat", OV_COSINE);
    ck_ok(upsert_docs(&one, 1));
}

static int32_t count_all(uint64_t *total)
{
    const struct ov_count count = { .size = sizeof(count), .group = OV_NONE };

    return read_count(table, &call, &count, total, NULL, &err);
}

/* ---------------------------------------------------------------- silent peers */

/* Accepts (the kernel does) and says nothing. Closed with the process. */
static int listening_port(int *fd_out)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, n), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    *fd_out = fd;
    return ntohs(address.sin_port);
}

static int silent_port(void)
{
    int fd;

    return listening_port(&fd);
}

static int server_port(void)
{
    return atoi(server_fact("port"));
}

static void two_hosts(int first, int second, const char *more)
{
    snprintf(url, sizeof(url),
             "postgresql://ov:ov-secret-marker@127.0.0.1:%d,127.0.0.1:%d/ovtest%s", first,
             second, more);
}

/* Open with the deadline that many ms away. */
static int32_t open_within(int64_t ms, struct ov_session **out, int64_t *took)
{
    struct ov_scalar settings[OPTIONS];
    int64_t begin;
    int32_t status;

    read_options(settings);
    begin = link_now();
    call.deadline_ns = ms > 0 ? begin + ms * MS : 0;
    status = session_open(1, settings, &call, out, &err);
    *took = link_now() - begin;
    call.deadline_ns = 0;
    return status;
}

START_TEST(a_first_host_that_is_silent_leaves_time_for_the_second)
{
    int64_t took;

    close_store();
    two_hosts(silent_port(), server_port(), "");
    ck_ok(open_within(600, &session, &took));
    ck_assert_int_ge(took, 250 * MS);
    ck_assert_int_lt(took, 600 * MS);
}
END_TEST

START_TEST(the_limit_of_the_url_or_of_the_option_holds_for_each_host)
{
    int64_t took;

    close_store();
    set_option("connect_timeout", "150");
    two_hosts(silent_port(), server_port(), "");
    ck_ok(open_within(0, &session, &took));
    ck_assert_int_ge(took, 150 * MS);
    ck_assert_int_lt(took, 1000 * MS);
    close_store();
    set_option("connect_timeout", "60000");
    two_hosts(silent_port(), silent_port(), "?connect_timeout=1");
    ck_fails(OV_UNAVAILABLE, open_within(0, &session, &took));
    ck_says("none of 2 servers");
    ck_says("has not answered within 1000 ms");
    ck_assert_uint_eq(err.flags, OV_ERR_RETRYABLE);
    ck_assert_int_ge(took, 2000 * MS);
    ck_assert_int_lt(took, 3000 * MS);
}
END_TEST

START_TEST(a_host_that_refuses_a_password_is_the_last_one_tried)
{
    int64_t took;

    close_store();
    two_hosts(server_port(), server_port(), "");
    memcpy(strstr(url, "ov-secret"), "xx-secret", 9);
    ck_fails(OV_DENIED, open_within(2000, &session, &took));
    ck_assert_str_eq(err.provider_code, "28P01");
    ck_assert_ptr_null(strstr(err.message, "none of"));
}
END_TEST

START_TEST(a_silent_server_does_not_hold_a_call_beyond_its_deadline)
{
    int64_t took;

    close_store();
    two_hosts(silent_port(), silent_port(), "");
    ck_fails(OV_DEADLINE, open_within(200, &session, &took));
    ck_assert_int_lt(took, 200 * MS + PROMISE_NS);
    ck_assert_ptr_null(session);
}
END_TEST

/* Lets anybody in and then speaks without end: notices, faster than they are read. */
static void *flood(void *ctx)
{
    static const char let_in[] = "R\0\0\0\10\0\0\0";
    static const char notice[] = "N\0\0\0\27SNOTICE\0C00000\0Mx\0";
    static char many[2000 * sizeof(notice)];
    const int *listening = ctx;
    int fd = accept(*listening, NULL, NULL);
    ssize_t n = recv(fd, many, sizeof(many), 0);

    for (size_t i = 0; i < 2000; i++)
        memcpy(many + i * sizeof(notice), notice, sizeof(notice));
    if (n > 0)
        n = send(fd, let_in, sizeof(let_in), MSG_NOSIGNAL);
    while (n > 0)
        n = send(fd, many, sizeof(many), MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

START_TEST(a_server_that_speaks_without_end_does_not_hold_a_call)
{
    pthread_t threads[4];
    int listening, port = listening_port(&listening);
    int64_t took;

    close_store();
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, flood, &listening);
    two_hosts(port, port, "?sslmode=disable");
    ck_fails(OV_DEADLINE, open_within(200, &session, &took));
    ck_assert_int_lt(took, 200 * MS + PROMISE_NS);
    set_option("connect_timeout", "150");
    ck_fails(OV_UNAVAILABLE, open_within(0, &session, &took));
    ck_assert_int_lt(took, 300 * MS + PROMISE_NS);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    close(listening);
}
END_TEST

/* -------------------------------------------------------------- look-ups */

/* One name hangs until it is let go, another has two addresses, the first of them a
 * silent one. */
static int let_go = -1;

__attribute__((visibility("default"))) int getaddrinfo(const char *node,
                                                       const char *service,
                                                       const struct addrinfo *hints,
                                                       struct addrinfo **out);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    uint64_t word;

    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (node != NULL && strcmp(node, "hangs.invalid") == 0 &&
        (hints->ai_flags & AI_NUMERICHOST) == 0) {
        if (read(let_go, &word, sizeof(word)) < 0)
            return EAI_SYSTEM;
        return EAI_AGAIN;
    }
    if (node != NULL && strcmp(node, "two.invalid") == 0 &&
        (hints->ai_flags & AI_NUMERICHOST) == 0) {
        int code = real("127.0.0.2", service, hints, out);

        return code != 0 ? code : real("127.0.0.1", service, hints, &(*out)->ai_next);
    }
    return real(node, service, hints, out);
}

START_TEST(a_name_service_that_is_silent_does_not_hold_a_call)
{
    int threads;
    int64_t took;
    uint64_t word = 1;

    close_store();
    threads = count_threads();
    let_go = eventfd(0, EFD_CLOEXEC);
    snprintf(url, sizeof(url), "postgresql://ov:ov-secret-marker@hangs.invalid:5/ovtest");
    ck_fails(OV_DEADLINE, open_within(150, &session, &took));
    ck_says("hangs.invalid");
    ck_assert_int_lt(took, 150 * MS + PROMISE_NS);
    ck_assert_int_eq(write(let_go, &word, sizeof(word)), sizeof(word));
    ck_assert(threads_become(threads));
    snprintf(url, sizeof(url),
             "postgresql://ov:ov-secret-marker@hangs.invalid,127.0.0.1:%d/ovtest",
             server_port());
    ck_ok(open_within(600, &session, &took));
    ck_assert_int_eq(write(let_go, &word, sizeof(word)), sizeof(word));
}
END_TEST

START_TEST(each_address_of_a_name_is_tried)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int64_t took;

    close_store();
    address.sin_addr.s_addr = inet_addr("127.0.0.2");
    address.sin_port = htons((uint16_t)server_port());
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    snprintf(url, sizeof(url), "postgresql://ov:ov-secret-marker@two.invalid:%d/ovtest",
             server_port());
    ck_ok(open_within(600, &session, &took));
    ck_assert_int_ge(took, 250 * MS);
    close(fd);
}
END_TEST

/* ----------------------------------------------------------------- frozen ones */

static int postmaster;

/* All processes of the server: the postmaster first, so that it starts no other; one that
 * has ended meanwhile is no matter. They are let go before anything is asserted. */
static void signal_all(const char *name)
{
    char line[300];

    snprintf(line, sizeof(line),
             "kill -%s %d && for p in $(ps -o pid= --ppid %d); do "
             "kill -%s $p 2>/dev/null || [ ! -e /proc/$p ] || exit 1; done",
             name, postmaster, postmaster, name);
    if (system(line) != 0 && strcmp(name, "STOP") == 0) {
        kill(postmaster, SIGCONT);
        abort();
    }
}

static void find_postmaster(void)
{
    char path[600];
    char *text;

    snprintf(path, sizeof(path), "%s/data/postmaster.pid", server_fact("run"));
    text = read_text(path, NULL);
    ck_assert_ptr_nonnull(text);
    postmaster = atoi(text);
    free(text);
    ck_assert_int_gt(postmaster, 1);
}

START_TEST(a_frozen_server_holds_neither_a_call_nor_the_close)
{
    int descriptors, threads, opening;
    int64_t begin, read_took, write_took, close_took, open_took;
    uint64_t total = 77;
    int32_t reading, writing;
    uint32_t flags;

    close_store();
    descriptors = count_descriptors();
    threads = count_threads();
    use_ini(_i == 0 ? "--socket" : "--tcp");
    ck_ok(try_open(&session));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    find_postmaster();
    signal_all("STOP");
    begin = link_now();
    call.deadline_ns = begin + 200 * MS;
    reading = count_all(&total);
    read_took = link_now() - begin;
    ov_error_reset(&err);
    begin = link_now();
    call.deadline_ns = begin + 200 * MS;
    writing = upsert_docs(&one, 1);
    flags = err.flags;
    write_took = link_now() - begin;
    begin = link_now();
    close_store();
    close_took = link_now() - begin;
    opening = open_within(200, &session, &open_took);
    signal_all("CONT");
    ck_assert_int_eq(reading, OV_DEADLINE);
    ck_assert_uint_eq(total, 77);
    ck_assert_int_eq(writing, OV_DEADLINE);
    ck_assert_uint_eq(flags, 0); /* it never got a connection */
    ck_assert_int_eq(opening, OV_DEADLINE);
    ck_assert_int_lt(read_took, 200 * MS + PROMISE_NS);
    ck_assert_int_lt(write_took, 200 * MS + PROMISE_NS);
    ck_assert_int_lt(open_took, 200 * MS + PROMISE_NS);
    ck_assert_int_lt(close_took, PROMISE_NS);
    ck_assert_ptr_null(session);
    ck_assert_int_eq(count_descriptors(), descriptors);
    ck_assert(threads_become(threads));
}
END_TEST

struct trigger {
    uint32_t word;
    int fd;
    int64_t fired;
};

/* When the lock is waited for, everything freezes and the call is cancelled. */
static void *freeze_and_cancel(void *ctx)
{
    struct trigger *trigger = ctx;
    uint64_t one_more = 1;
    ssize_t written;

    while (strcmp(admin("SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                        "'ov_peers' AND wait_event_type = 'Lock'"),
                  "1") != 0)
        ;
    signal_all("STOP");
    trigger->fired = link_now();
    __atomic_store_n(&trigger->word, 1, __ATOMIC_RELEASE);
    written = write(trigger->fd, &one_more, sizeof(one_more));
    return written > 0 ? ctx : NULL;
}

START_TEST(a_cancelled_call_does_not_wait_for_a_frozen_server)
{
    char path[512];
    char *text;
    PGconn *lock;
    struct trigger trigger = { 0, eventfd(0, EFD_CLOEXEC), 0 };
    pthread_t thread;
    uint64_t total;
    int64_t ended;
    int32_t status;

    find_postmaster();
    snprintf(path, sizeof(path), "%s/admin", getenv("OV_TEST_PG_DIR"));
    text = read_text(path, NULL);
    lock = PQconnectdb(text);
    free(text);
    PQclear(PQexec(lock, "BEGIN; LOCK TABLE test_peers.docs IN ACCESS EXCLUSIVE MODE"));
    call.cancelled = &trigger.word;
    call.cancel_fd = trigger.fd;
    pthread_create(&thread, NULL, freeze_and_cancel, &trigger);
    ov_error_reset(&err);
    status = count_all(&total);
    ended = link_now();
    pthread_join(thread, NULL);
    signal_all("CONT");
    call.cancelled = NULL;
    call.cancel_fd = -1;
    ck_assert_int_eq(status, OV_CANCELLED);
    ck_assert_int_lt(ended - trigger.fired, PROMISE_NS);
    PQfinish(lock);
    ck_ok(count_all(&total));
    close(trigger.fd);
}
END_TEST

/* ------------------------------------------------------------------- standbys */

static void make_standby(int standby)
{
    char line[700];

    if (!standby) {
        admin("SELECT pg_promote()");
        return;
    }
    snprintf(line, sizeof(line), "touch '%s/data/standby.signal'", server_fact("run"));
    ck_assert_int_eq(system(line), 0);
    server_do("restart", "fast");
}

static void ask_for(const char *attrs)
{
    int port = server_port(); /* first: each fact takes the place of the one before */

    snprintf(url, sizeof(url),
             "postgresql://ov@/ovtest?target_session_attrs=%s&host=%s/s&port=%d", attrs,
             server_fact("run"), port);
}

START_TEST(a_standby_serves_reads_and_says_at_once_that_it_takes_no_writes)
{
    uint64_t total;
    int64_t took;

    make_standby(1);
    ck_ok(count_all(&total));
    ck_assert_uint_eq(total, 1);
    ck_fails(OV_UNAVAILABLE, upsert_docs(&one, 1));
    ck_assert_uint_eq(err.flags, 0);
    ck_assert_str_eq(err.provider_code, "25006");
    ck_says("target_session_attrs=read-write");
    ck_ok(doctor());
    ck_assert_ptr_nonnull(strstr(notes.p, "the server is a standby"));
    close_store();
    ask_for("read-write");
    ck_fails(OV_UNAVAILABLE, open_within(2000, &session, &took));
    ck_assert_uint_eq(err.flags, OV_ERR_RETRYABLE); /* a failover may be on its way */
    ask_for("prefer-standby");
    ck_ok(open_within(2000, &session, &took));
    close_store();
    make_standby(0);
    ask_for("read-write");
    ck_ok(open_within(2000, &session, &took));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    ck_ok(upsert_docs(&one, 1));
    use_ini("--socket");
}
END_TEST

START_TEST(a_read_only_role_serves_reads_and_is_named)
{
    uint64_t total;

    close_store();
    admin("ALTER ROLE ov SET default_transaction_read_only = on");
    ck_ok(try_open(&session));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    ck_ok(count_all(&total));
    ck_fails(OV_UNAVAILABLE, upsert_docs(&one, 1));
    ck_assert_uint_eq(err.flags, 0);
    ck_says("read-only");
    ck_ok(doctor());
    admin("ALTER ROLE ov RESET default_transaction_read_only");
    ck_assert_ptr_nonnull(strstr(notes.p, "default_transaction_read_only"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector peers");
    TCase *c = tcase_create("peers");

    tcase_add_checked_fixture(c, setup, close_store);
    tcase_set_timeout(c, 30);
    tcase_add_test(c, a_first_host_that_is_silent_leaves_time_for_the_second);
    tcase_add_test(c, the_limit_of_the_url_or_of_the_option_holds_for_each_host);
    tcase_add_test(c, a_host_that_refuses_a_password_is_the_last_one_tried);
    tcase_add_test(c, a_silent_server_does_not_hold_a_call_beyond_its_deadline);
    tcase_add_test(c, a_server_that_speaks_without_end_does_not_hold_a_call);
    tcase_add_test(c, a_name_service_that_is_silent_does_not_hold_a_call);
    tcase_add_test(c, each_address_of_a_name_is_tried);
    tcase_add_loop_test(c, a_frozen_server_holds_neither_a_call_nor_the_close, 0, 2);
    tcase_add_test(c, a_cancelled_call_does_not_wait_for_a_frozen_server);
    tcase_add_test(c, a_standby_serves_reads_and_says_at_once_that_it_takes_no_writes);
    tcase_add_test(c, a_read_only_role_serves_reads_and_is_named);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_with_own_server(suite(), "");
}
