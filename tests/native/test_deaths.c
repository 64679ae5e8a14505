/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_deaths.c - threads that write together, killed in the middle.
 *
 * Each thread counts: one write puts the next number into its three records. Whoever was
 * answered finds its number after the death, or the next one, the same in all three.
 */
#include "rig.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WRITERS = 6, THREE = 3, ROUNDS = 25 };

/* Between the processes. */
static int64_t *acked; /* of each writer; atomic */

static struct ov_table *table;
static char folder[512];

struct writer {
    pthread_t thread;
    int number;
    int64_t next;
};

static void name_of(char id[16], int writer, int which)
{
    sprintf(id, "w%d-%d", writer, which);
}

static struct ov_batch *count_to(int writer, int64_t n)
{
    struct record records[THREE];
    char ids[THREE][16];
    int i;

    memset(records, 0, sizeof(records));
    for (i = 0; i < THREE; i++) {
        name_of(ids[i], writer, i);
        records[i].id = ids[i];
        records[i].n = n;
        records[i].w = "cat";
    }
    return make_batch(records, THREE, NULL, N_FIELDS);
}

static void *count_on(void *ctx)
{
    static pthread_mutex_t rig = PTHREAD_MUTEX_INITIALIZER; /* its helpers share memory */
    struct writer *writer = ctx;
    struct ov_error mine = OV_ERROR_INIT;

    for (;; writer->next++) {
        const struct ov_batch *list[1];
        struct ov_batch *batch;

        pthread_mutex_lock(&rig);
        list[0] = batch = count_to(writer->number, writer->next);
        pthread_mutex_unlock(&rig);
        if (native->upsert(table, &call, list, 1, &mine) != OV_OK)
            _exit(1);
        __atomic_store_n(&acked[writer->number], writer->next, __ATOMIC_SEQ_CST);
        free_batch(batch);
    }
}

/* Never comes back. */
static void write_until_death(void)
{
    static struct writer writers[WRITERS];
    struct ov_session *session = open_store(folder);
    int i;

    table = open_table(session, "c");
    for (i = 0; i < WRITERS; i++) {
        writers[i].number = i;
        writers[i].next = acked[i] + 1;
        if (pthread_create(&writers[i].thread, NULL, count_on, &writers[i]) != 0)
            _exit(1);
    }
    for (;;)
        pause();
}

static void kill_in_the_middle(unsigned *seed)
{
    static const struct timespec blink = { 0, 1000000 };
    struct timespec while_writing = { 0, 1000000 + rand_r(seed) % 40000 * 1000 };
    int64_t before = __atomic_load_n(&acked[0], __ATOMIC_SEQ_CST);
    pid_t child = fork();
    int status;

    if (child == 0)
        write_until_death();
    while (__atomic_load_n(&acked[0], __ATOMIC_SEQ_CST) == before &&
           waitpid(child, &status, WNOHANG) == 0)
        nanosleep(&blink, NULL);
    nanosleep(&while_writing, NULL);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* 1 when the write under way was there, though nobody had been told. */
static int look_at(int writer)
{
    static const uint32_t fields[] = { F_N };
    char ids[THREE][16];
    const char *names[THREE];
    struct ov_result result = { .size = sizeof(result) };
    struct ov_fetch request = { sizeof(request), 1, fields, NULL };
    struct ov_batch *keys;
    int64_t before = acked[writer];
    struct ov_cell n;
    int i;

    for (i = 0; i < THREE; i++) {
        name_of(ids[i], writer, i);
        names[i] = ids[i];
    }
    request.keys = keys = make_keys(names, THREE);
    ck_ok(native->fetch(table, &call, &request, &result, &err));
    ck_assert_int_eq(result.rows.length, THREE);
    for (i = 0; i < THREE; i++) {
        ov_array_cell(&result.rows, 1, i, OV_INT64, 0, &n);
        if (i == 0)
            acked[writer] = n.u.i;
        ck_assert_int_eq(n.u.i, acked[writer]);
    }
    ck_assert_int_ge(acked[writer], before);
    ck_assert_int_le(acked[writer], before + 1);
    result.rows.release(&result.rows);
    free_batch(keys);
    return acked[writer] > before;
}

START_TEST(a_death_among_many_writers_loses_no_acknowledged_write)
{
    struct ov_session *session = open_fresh("store");
    unsigned seed = 1;
    int i, round, middle = 0;

    snprintf(folder, sizeof(folder), "%s", temp_path("store"));
    acked = mmap(NULL, WRITERS * sizeof(*acked), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(acked, MAP_FAILED);
    table = open_table(session, "c");
    for (i = 0; i < WRITERS; i++) {
        struct ov_batch *batch = count_to(i, 0);
        const struct ov_batch *const list[] = { batch };

        ck_ok(native->upsert(table, &call, list, 1, &err));
        free_batch(batch);
    }
    close_all(session, table);
    for (round = 0; round < ROUNDS; round++) {
        kill_in_the_middle(&seed);
        session = open_store(folder);
        table = open_table(session, "c");
        for (i = 0; i < WRITERS; i++)
            middle += look_at(i);
        ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
        close_all(session, table);
    }
    ck_assert_int_gt(acked[0], ROUNDS);
    ck_assert_int_gt(middle, 0);
    munmap(acked, WRITERS * sizeof(*acked));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native deaths");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, 240);
    tcase_add_test(all, a_death_among_many_writers_loses_no_acknowledged_write);
    suite_add_tcase(s, all);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
