/* SPDX-License-Identifier: Apache-2.0 */
/* test_host.c - rescans, generations, several hosts, many threads, no memory. */
#include "folder.h"
#include "options.h"
#include "provider.h"
#include "services.h"
#include "support.h"
#ifdef HAVE_FAULT
#include "fault.h"
#endif

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct provider *provider_of(struct ov_host *host, const char *name)
{
    const struct provider *provider = NULL;

    ck_ok(host_provider(host, name, &provider, &err));
    ck_assert_ptr_nonnull(provider);
    return provider;
}

static void serves(const struct provider *provider)
{
    struct ov_call call = { .size = sizeof(call), .cancel_fd = -1 };
    struct ov_session *session = NULL;

    ck_ok(provider->table.open(1, NULL, &call, &session, &err));
    ck_assert_ptr_nonnull(session);
    provider->table.close(session);
}

/* The provider says each time that it was asked for its table; the first time, that
 * moment can be stretched. */
static atomic_int asked;
static void (*meanwhile)(void);

__attribute__((visibility("default"))) void zoo_asked(void);

void zoo_asked(void)
{
    if (atomic_fetch_add(&asked, 1) == 0 && meanwhile != NULL)
        meanwhile();
}

/* -------------------------------------------------------------------------- rescan */

START_TEST(new_file_is_found_by_a_rescan_in_the_same_process)
{
    const struct provider *provider = NULL;
    struct ov_host *host;

    make_folder();
    host = open_host();
    ck_fails(OV_NOT_FOUND, host_provider(host, "good", &provider, &err));
    put("good");
    ck_fails(OV_NOT_FOUND, host_provider(host, "good", &provider, &err));
    ck_assert_ptr_null(provider);
    ck_ok(ov_host_rescan(host, &err));

    serves(provider_of(host, "good"));
    ov_host_close(host);
}
END_TEST

START_TEST(replaced_file_serves_beside_the_old_one)
{
    const struct provider *old, *new;
    struct ov_host *host;

    make_folder();
    put("good");
    host = open_host();
    old = provider_of(host, "good");
    put_file(so_name("good_2"), in_folder(so_name("good")));
    ck_assert_uint_eq(look(host, so_name("good")).generation, 0);
    ck_ok(ov_host_rescan(host, &err));
    ck_assert_uint_eq(look(host, so_name("good")).generation, 1);
    new = provider_of(host, "good");

    ck_assert_ptr_ne(old, new);
    ck_assert_str_eq(old->version, "1.0");
    ck_assert_str_eq(old->description->text, "version 1.0");
    ck_assert_str_eq(new->version, "2.0");
    ck_assert_str_eq(new->description->text, "version 2.0");
    ck_assert_uint_eq(old->generation, 0);
    ck_assert_uint_eq(new->generation, 1);
    serves(old);
    serves(new);
    ov_host_close(host);
}
END_TEST

START_TEST(many_generations_live_side_by_side)
{
    const struct provider *all[8];
    struct ov_host *host;

    make_folder();
    put("good");
    host = open_host();
    for (unsigned int i = 0; i < 8; i++) {
        put_file(so_name(i % 2 == 0 ? "good" : "good_2"), in_folder(so_name("good")));
        ck_ok(ov_host_rescan(host, &err));
        all[i] = provider_of(host, "good");
        ck_assert_uint_eq(all[i]->generation, i);
    }
    for (unsigned int i = 0; i < 8; i++) {
        serves(all[i]);
        ck_assert_str_eq(all[i]->description->text,
                         i % 2 == 0 ? "version 1.0" : "version 2.0");
    }
    ov_host_close(host);
}
END_TEST

START_TEST(file_that_stayed_is_not_loaded_again)
{
    const struct provider *first;
    struct ov_host *host;

    make_folder();
    put("good");
    host = open_host();
    first = provider_of(host, "good");
    ck_ok(ov_host_rescan(host, &err));
    ck_assert_str_eq(look(host, so_name("good")).stage, "bind");

    ck_assert_ptr_eq(provider_of(host, "good"), first);
    ck_assert_int_eq(atomic_load(&asked), 1);
    ov_host_close(host);
}
END_TEST

START_TEST(removed_file_serves_no_new_store)
{
    const struct provider *old, *provider = NULL;
    struct ov_host *host;

    make_folder();
    put("good");
    host = open_host();
    old = provider_of(host, "good");
    ck_assert_int_eq(unlink(in_folder(so_name("good"))), 0);
    ck_ok(ov_host_rescan(host, &err));

    ck_fails(OV_NOT_FOUND, host_provider(host, "good", &provider, &err));
    serves(old);
    ov_host_close(host);
}
END_TEST

/* Lines of the log, one after the other. */
static char heard[8000];

static void hear(void *ctx, uint32_t level, const char *store, struct ov_str message)
{
    size_t used = strlen(heard);

    ck_assert_ptr_eq(ctx, heard);
    snprintf(heard + used, sizeof(heard) - used, "%u %s %.*s\n", level,
             store == NULL ? "-" : store, (int)message.n, message.p);
}

static struct ov_host *open_listening(void)
{
    struct ov_host_options options = {
        .size = sizeof(options), .plugin_path = folder, .log = hear, .log_ctx = heard
    };
    struct ov_host *host = NULL;

    ck_ok(ov_host_open(&options, &host, &err));
    return host;
}

START_TEST(bad_replacement_leaves_the_good_one_serving)
{
    const struct provider *old;
    struct ov_host *host;

    make_folder();
    put("good");
    host = open_listening();
    old = provider_of(host, "good");
    put_file(so_name("elf_machine"), in_folder(so_name("good")));
    ck_ok(ov_host_rescan(host, &err));

    ck_assert_str_eq(look(host, so_name("good")).verdict, "OV-LOAD-ELF-MACHINE");
    ck_assert_ptr_eq(provider_of(host, "good"), old);
    ck_assert_ptr_nonnull(strstr(heard, "2 - OV-LOAD-ELF-MACHINE"));
    ck_assert_ptr_nonnull(strstr(heard, "version 1.0, loaded before, goes on serving"));
    put_file(so_name("good_2"), in_folder(so_name("good")));
    ck_ok(ov_host_rescan(host, &err));
    ck_assert_str_eq(provider_of(host, "good")->version, "2.0");
    ov_host_close(host);
}
END_TEST

static void rescan_inside(void *ctx, const struct ov_candidate *candidate)
{
    ck_ok(ov_host_rescan(ctx, &err));
    ck_assert_str_ne(candidate->path, "");
}

START_TEST(candidates_lent_stay_while_a_rescan_replaces_them)
{
    struct ov_host *host;

    make_folder();
    put("good");
    put("serial");
    host = open_host();

    ov_host_candidates(host, rescan_inside, host);
    ck_assert_uint_eq(look(host, so_name("good")).status, OV_USABLE);
    ov_host_close(host);
}
END_TEST

/* --------------------------------------------------------------------------- look-up */

START_TEST(provider_is_found_by_alias)
{
    struct ov_host *host;

    make_folder();
    put("good");
    host = open_host();

    ck_assert_str_eq(provider_of(host, "fine")->name, "good");
    ck_assert_ptr_eq(provider_of(host, "ok_one"), provider_of(host, "good"));
    ov_host_close(host);
}
END_TEST

START_TEST(unknown_provider_says_what_there_is_and_what_was_refused)
{
    const struct provider *provider = NULL;
    struct ov_host *host;

    make_folder();
    put("good");
    put("serial");
    put("elf_type");
    host = open_host();

    ck_fails(OV_NOT_FOUND, host_provider(host, "milvus", &provider, &err));
    ck_says("no provider 'milvus'");
    ck_says("good, serial");
    ck_says("elf_type (OV-LOAD-ELF-TYPE)");
    ck_fails(OV_NOT_FOUND, host_provider(host, "elf_type", &provider, &err));
    ck_says("OV-LOAD-ELF-TYPE: ELF type is 2");
    ck_fails(OV_INVALID, host_provider(host, "", &provider, &err));
    ck_assert_ptr_null(provider);
    ov_host_close(host);
}
END_TEST

START_TEST(long_lists_of_names_are_cut_and_not_overrun)
{
    const struct provider *provider = NULL;
    struct ov_host *host;
    char file[128];

    make_folder();
    for (int i = 0; i < 40; i++) {
        snprintf(file, sizeof(file), "libov_backend_some_long_name_%d.so", i);
        write_text(in_folder(file), "not a library");
    }
    host = open_host();

    ck_fails(OV_NOT_FOUND, host_provider(host, "milvus", &provider, &err));
    ck_says(" ...");
    ov_host_close(host);
}
END_TEST

START_TEST(second_of_a_name_serves_when_the_first_is_refused)
{
    struct ov_host *host;

    make_folder();
    put_file(so_name("elf_machine"), in_folder(so_name("good")));
    ck_assert_int_eq(mkdir(in_folder("second"), 0700), 0);
    put_file(so_name("good_2"), in_folder("second/libov_backend_good.so"));
    snprintf(extra_path, sizeof(extra_path), ":%s/second", folder);
    host = open_host();

    ck_assert_str_eq(provider_of(host, "good")->version, "2.0");
    ov_host_close(host);
}
END_TEST

START_TEST(second_of_a_name_serves_when_the_first_turns_out_bad)
{
    const struct provider *provider = NULL;
    struct ov_host *host;

    make_folder();
    put("get");
    ck_assert_int_eq(mkdir(in_folder("second"), 0700), 0);
    put_file(so_name("get"), in_folder("second/libov_backend_get.so"));
    snprintf(extra_path, sizeof(extra_path), ":%s/second", folder);
    host = open_host();
    /* The first one wins, until what it is has been seen. */
    ck_fails(OV_NOT_FOUND, host_provider(host, "get", &provider, &err));
    ck_assert_str_eq(look(host, "second/libov_backend_get.so").verdict,
                     "OV-LOAD-SHADOWED");
    ck_ok(ov_host_rescan(host, &err));

    ck_assert_str_eq(look(host, "second/libov_backend_get.so").verdict, "OV-LOAD-OK");
    ov_host_close(host);
}
END_TEST

START_TEST(fault_that_loading_shows_is_the_reason)
{
    const struct provider *provider = NULL;
    struct ov_host *host;

    make_folder();
    put("undefined");
    host = open_host();

    ck_fails(OV_NOT_FOUND, host_provider(host, "undefined", &provider, &err));
    ck_says("OV-LOAD-UNDEFINED");
    ck_says("'zoo_defined_nowhere'");
    ck_assert_ptr_null(provider);
    ov_host_close(host);
}
END_TEST

static void keep_verdict(void *ctx, const struct ov_candidate *candidate)
{
    snprintf(ctx, 64, "%s", candidate->verdict);
}

static const struct {
    const char *object, *verdict;
} ones[] = {
    { "good", "OV-LOAD-OK" },
    { "elf_type", "OV-LOAD-ELF-TYPE" },
    { "get", "OV-LOAD-GET-FAILED" },
};

START_TEST(one_file_is_probed_by_its_path)
{
    struct ov_host *host;
    char verdict[64] = "";

    make_folder();
    host = open_host();
    put(ones[_i].object);
    ck_ok(ov_host_probe_one(host, in_folder(so_name(ones[_i].object)), keep_verdict,
                            verdict, &err));

    ck_assert_str_eq(verdict, ones[_i].verdict);
    ov_host_close(host);
}
END_TEST

START_TEST(one_file_that_is_not_there_has_a_verdict_too)
{
    struct ov_host *host;
    char verdict[64] = "";

    make_folder();
    host = open_host();
    ck_ok(
        ov_host_probe_one(host, in_folder(so_name("good")), keep_verdict, verdict, &err));
    ck_assert_str_eq(verdict, "OV-LOAD-FILE-UNREADABLE");
    ck_ok(ov_host_probe_one(host, "/nonexistent/libov_backend_x.so", keep_verdict,
                            verdict, &err));
    ck_assert_str_eq(verdict, "OV-LOAD-DIR-MISSING");
    ov_host_close(host);
}
END_TEST

START_TEST(no_descriptor_and_no_thread_is_left)
{
    int descriptors = count_descriptors(), threads = count_threads();
    struct ov_host *host;

    make_folder();
    put("good");
    put("undefined");
    put("elf_type");
    put("get");
    host = open_host();
    ov_host_probe(host);
    ck_ok(ov_host_rescan(host, &err));
    ov_host_probe(host);
    ov_host_close(host);

    ck_assert_int_eq(count_descriptors(), descriptors);
    ck_assert(threads_become(threads));
}
END_TEST

/* ----------------------------------------------------------------- hosts and threads */

START_TEST(two_hosts_share_what_is_loaded)
{
    struct ov_host *one, *other;

    make_folder();
    put("good");
    one = open_host();
    other = open_host();

    ck_assert_ptr_eq(provider_of(one, "good"), provider_of(other, "good"));
    ck_assert_int_eq(atomic_load(&asked), 1);
    ov_host_close(one);
    serves(provider_of(other, "fine"));
    ov_host_close(other);
}
END_TEST

#define THREADS 16

static struct ov_host *crowded;
static pthread_barrier_t start;

static void add_generation(void *ctx, const struct ov_candidate *candidate)
{
    *(uint32_t *)ctx += candidate->generation + (candidate->reason[0] != '\0');
}

static void *jostle(void *ctx)
{
    const struct provider **out = ctx;
    struct ov_error mine = OV_ERROR_INIT;
    const struct ov_description *description;
    uint32_t sum = 0;

    pthread_barrier_wait(&start);
    for (int i = 0; i < 20; i++) {
        if (host_provider(crowded, "good", out, &mine) != OV_OK ||
            (*out)->description == NULL || (*out)->table.count == NULL)
            return NULL; /* handed out before it was ready */
        ov_host_candidates(crowded, add_generation, &sum);
        ov_host_probe(crowded);
        (void)ov_host_describe(crowded, "undefined", &description, NULL, NULL);
        if (i % 5 == 0 && ov_host_rescan(crowded, &mine) != OV_OK)
            return NULL;
    }
    return ctx;
}

START_TEST(many_threads_load_each_file_once)
{
    const struct provider *got[THREADS] = { NULL };
    pthread_t threads[THREADS];
    void *done;

    make_folder();
    put("good");
    put("undefined");
    put("serial");
    crowded = open_host();
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, jostle, (void *)&got[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], &done), 0);
        ck_assert_ptr_nonnull(done);
        ck_assert_ptr_eq(got[i], got[0]);
    }

    ck_assert_int_eq(atomic_load(&asked), 2); /* good and serial */
    ov_host_close(crowded);
}
END_TEST

/* What a second thread does while the first is inside a provider's ov_backend_get. */
struct second {
    pthread_t thread;
    const char *name;
    const struct provider *got;
    atomic_int done;
};

static struct second same = { .name = "good" }, different = { .name = "serial" };

static void *ask_second(void *ctx)
{
    struct second *second = ctx;
    struct ov_error mine = OV_ERROR_INIT;

    (void)host_provider(crowded, second->name, &second->got, &mine);
    atomic_store(&second->done, 1);
    return NULL;
}

/* Wait for it, at most so long. */
static int is_done(struct second *second, int64_t ms)
{
    struct timespec now, end, nap = { 0, 1000000 };

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += ms / 1000;
    end.tv_nsec += ms % 1000 * 1000000;
    do {
        if (atomic_load(&second->done))
            return 1;
        nanosleep(&nap, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec < end.tv_sec ||
             (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
    return atomic_load(&second->done);
}

static int other_loaded, same_was_early;

static void let_others_in(void)
{
    if (pthread_create(&same.thread, NULL, ask_second, &same) != 0 ||
        pthread_create(&different.thread, NULL, ask_second, &different) != 0)
        return;
    other_loaded = is_done(&different, 20000);
    same_was_early = is_done(&same, 50);
}

START_TEST(who_asks_for_what_is_being_loaded_waits_and_others_do_not)
{
    const struct provider *provider;

    make_folder();
    put("good");
    put("serial");
    crowded = open_host();
    meanwhile = let_others_in;
    provider = provider_of(crowded, "good");
    ck_assert_int_eq(pthread_join(same.thread, NULL), 0);
    ck_assert_int_eq(pthread_join(different.thread, NULL), 0);

    ck_assert_int_eq(other_loaded, 1);
    ck_assert_int_eq(same_was_early, 0);
    ck_assert_ptr_eq(same.got, provider);
    ck_assert_ptr_nonnull(different.got);
    ov_host_close(crowded);
}
END_TEST

/* -------------------------------------------------------------------------- services */

START_TEST(log_line_of_a_store_names_its_profile)
{
    const struct ov_services *services = services_table();
    struct ov_host *host;
    uint64_t store, other;

    make_folder();
    host = open_listening();
    heard[0] = '\0';
    store = services_enter(host, "staging", NULL);
    other = services_enter(host, "", NULL);
    ck_assert_uint_ne(store, 0);
    ck_assert_uint_ne(store, other);
    services->log(store, OV_LOG_INFO, (struct ov_str){ "hello there", 5 });
    services->log(other, OV_LOG_ERROR, (struct ov_str){ "again", 5 });
    services_leave(store);
    services->log(store, OV_LOG_INFO, (struct ov_str){ "nobody", 6 });
    services_leave(other);

    ck_assert_str_eq(heard, "3 staging hello\n1  again\n");
    ck_assert_uint_gt(services_enter(host, "", NULL), other);
    ov_host_close(host);
}
END_TEST

START_TEST(secret_of_an_unknown_store_is_refused)
{
    char buffer[8] = "before";
    uint64_t length = 99;
    struct ov_host *host;
    uint64_t store;

    make_folder();
    host = open_host();
    store = services_enter(host, "", NULL);

    ck_assert_int_eq(services_table()->secret(store, 0, buffer, sizeof(buffer), &length),
                     OV_INVALID);
    ck_assert_int_eq(
        services_table()->secret(store + 1, 0, buffer, sizeof(buffer), &length),
        OV_INVALID);
    ck_assert_uint_eq(length, 99);
    ck_assert_str_eq(buffer, "before");
    services_leave(store);
    ov_host_close(host);
}
END_TEST

/* ------------------------------------------------------------------------- no memory */

#ifdef HAVE_FAULT
START_TEST(no_memory_to_open_leaves_nothing_behind)
{
    struct ov_host_options options = { .size = sizeof(options), .plugin_path = folder };
    struct ov_host *host;
    int32_t status;
    size_t n = 0;

    make_folder();
    put("good");
    put("alias_a");
    put("elf_type");
    for (;; n++) {
        int descriptors = count_descriptors();

        host = NULL;
        ov_error_reset(&err);
        fault_arm(n);
        status = ov_host_open(&options, &host, &err);
        if (!fault_disarm())
            break;
        ck_assert_int_eq(count_descriptors(), descriptors);
        if (status == OV_OK) { /* the C library went round it */
            ov_host_close(host);
            continue;
        }
        ck_assert_int_eq(status, OV_NO_SPACE);
        ck_assert_int_eq(err.code, OV_NO_SPACE);
        ck_assert_ptr_null(host);
    }
    ck_assert_uint_gt(n, 20);
    ck_assert_int_eq(status, OV_OK);
    ov_host_close(host);
}
END_TEST

START_TEST(no_memory_to_rescan_keeps_what_was_known)
{
    struct ov_host *host;
    int32_t status;
    size_t n = 0;

    make_folder();
    put("good");
    host = open_host();
    put("serial");
    for (;; n++) {
        ov_error_reset(&err);
        fault_arm(n);
        status = ov_host_rescan(host, &err);
        if (!fault_disarm())
            break;
        if (status != OV_OK)
            ck_assert_int_eq(status, OV_NO_SPACE);
        ck_assert_uint_eq(look(host, so_name("good")).status, OV_USABLE);
    }
    ck_assert_uint_gt(n, 10);
    ck_assert_uint_eq(look(host, so_name("serial")).status, OV_USABLE);
    ov_host_close(host);
}
END_TEST

/* Loading fails by the host's or by the system's loader's allocation; either way nothing
 * is handed out, and a rescan tries again. */
START_TEST(no_memory_to_load_is_an_error_and_no_crash)
{
    const struct provider *provider;
    struct ov_host *host;
    int32_t status;
    size_t n = 0;

    make_folder();
    host = open_host();
    for (;; n++) {
        put("good"); /* a new file each time, so that it is loaded again */
        ck_ok(ov_host_rescan(host, &err));
        provider = NULL;
        ov_error_reset(&err);
        fault_arm(n);
        status = host_provider(host, "good", &provider, &err);
        if (!fault_disarm())
            break;
        ck_assert_int_eq(status == OV_OK, provider != NULL);
        if (status != OV_OK)
            ck_assert(status == OV_NO_SPACE || status == OV_NOT_FOUND);
    }
    ck_assert_uint_gt(n, 5);
    ck_assert_int_eq(status, OV_OK);
    serves(provider);
    ov_host_close(host);
}
END_TEST

/* One allocation of a process's first loading fails, the n-th: whatever libltdl had begun
 * then, the process can load. 2: there are not so many. */
static int load_after_failure(size_t n)
{
    const struct provider *provider = NULL;
    struct ov_host *host = open_host();
    int failed;

    fault_arm(n);
    (void)host_provider(host, "good", &provider, NULL);
    failed = fault_disarm();
    if (!failed)
        return 2;
    provider = NULL;
    if (ov_host_rescan(host, NULL) != OV_OK ||
        host_provider(host, "good", &provider, NULL) != OV_OK || provider == NULL)
        return 1;
    return 0;
}

START_TEST(process_whose_first_loading_lacked_memory_loads_later)
{
    int how = 0;
    size_t n = 0;

    make_folder();
    put("good");
    for (; !WIFEXITED(how) || WEXITSTATUS(how) != 2; n++) {
        pid_t child = fork();

        if (child == 0)
            _exit(load_after_failure(n));
        ck_assert_int_eq(waitpid(child, &how, 0), child);
        ck_assert_msg(WIFEXITED(how) && WEXITSTATUS(how) != 1,
                      "allocation %zu: the end was %x", n, (unsigned int)how);
    }
    ck_assert_uint_gt(n, 20);
}
END_TEST

/* Who was told that memory is short asks again, without a rescan. */
START_TEST(provider_is_not_refused_for_want_of_memory)
{
    const struct provider *provider = NULL;
    struct ov_host *host;
    int32_t status = OV_OK;

    make_folder();
    put("good");
    host = open_host();
    for (size_t n = 0; n < 4 && status != OV_NO_SPACE; n++) {
        fault_arm(n);
        status = host_provider(host, "good", &provider, NULL);
        ck_assert_int_eq(fault_disarm(), 1);
    }
    ck_assert_int_eq(status, OV_NO_SPACE);

    ck_ok(host_provider(host, "good", &provider, &err));
    serves(provider);
    ov_host_close(host);
}
END_TEST
#endif

static void add_lookups(TCase *lookup)
{
    tcase_add_test(lookup, provider_is_found_by_alias);
    tcase_add_test(lookup, unknown_provider_says_what_there_is_and_what_was_refused);
    tcase_add_test(lookup, long_lists_of_names_are_cut_and_not_overrun);
    tcase_add_test(lookup, second_of_a_name_serves_when_the_first_is_refused);
    tcase_add_test(lookup, second_of_a_name_serves_when_the_first_turns_out_bad);
    tcase_add_test(lookup, fault_that_loading_shows_is_the_reason);
    tcase_add_loop_test(lookup, one_file_is_probed_by_its_path, 0, 3);
    tcase_add_test(lookup, one_file_that_is_not_there_has_a_verdict_too);
    tcase_add_test(lookup, no_descriptor_and_no_thread_is_left);
    tcase_add_test(lookup, two_hosts_share_what_is_loaded);
    tcase_add_test(lookup, many_threads_load_each_file_once);
    tcase_add_test(lookup, who_asks_for_what_is_being_loaded_waits_and_others_do_not);
    tcase_add_test(lookup, log_line_of_a_store_names_its_profile);
    tcase_add_test(lookup, secret_of_an_unknown_store_is_refused);
}

static Suite *suite(void)
{
    Suite *all = suite_create("host");
    TCase *rescan = tcase_create("rescan"), *lookup = tcase_create("lookup");

    tcase_add_test(rescan, new_file_is_found_by_a_rescan_in_the_same_process);
    tcase_add_test(rescan, replaced_file_serves_beside_the_old_one);
    tcase_add_test(rescan, many_generations_live_side_by_side);
    tcase_add_test(rescan, file_that_stayed_is_not_loaded_again);
    tcase_add_test(rescan, removed_file_serves_no_new_store);
    tcase_add_test(rescan, bad_replacement_leaves_the_good_one_serving);
    tcase_add_test(rescan, candidates_lent_stay_while_a_rescan_replaces_them);
    add_lookups(lookup);
    suite_add_tcase(all, rescan);
    suite_add_tcase(all, lookup);
#ifdef HAVE_FAULT
    TCase *memory = tcase_create("memory");

    tcase_add_test(memory, no_memory_to_open_leaves_nothing_behind);
    tcase_add_test(memory, no_memory_to_rescan_keeps_what_was_known);
    tcase_add_test(memory, no_memory_to_load_is_an_error_and_no_crash);
    tcase_add_test(memory, process_whose_first_loading_lacked_memory_loads_later);
    tcase_add_test(memory, provider_is_not_refused_for_want_of_memory);
    suite_add_tcase(all, memory);
#endif
    return all;
}

int main(void)
{
    umask(022);
    return run_suite(suite());
}
