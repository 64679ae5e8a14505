/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_rounds.c - accidents at random moments, OV_ROUNDS times each (few without).
 *
 * Strangers: a writer that reads and copies the files of its own store, two others that
 * open, read, copy and close, and one of them killed, then all. Each number that was
 * acknowledged is there afterwards, and each reader sees all that was acknowledged
 * before it asked.
 *
 * Moves: the folder is removed, moved or replaced under a writer. No write that begins
 * afterwards is acknowledged, and a folder that was moved has all that was.
 */
#include "rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RECORDS = 50, FEW = 8, STRANGERS = 2 };

/* Between the processes. */
static struct shared {
    int64_t acked, reads, copies; /* atomic */
    int accident;                 /* atomic */
} * shared;

static char folder[512];
static struct ov_session *session;
static struct ov_table *table;

static int rounds_of(const char *name)
{
    const char *text = getenv(name);
    int n = text != NULL ? atoi(text) : 0;

    return n > 0 ? n : FEW;
}

static int64_t load(const int64_t *what)
{
    return __atomic_load_n(what, __ATOMIC_SEQ_CST);
}

static void pause_ms(unsigned ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&time, NULL);
}

/* ------------------------------------------------------------------ the children */

/* RECORDS records; the n-th write puts n into the one whose turn it is. */
static int32_t write_number(int64_t n)
{
    struct record record;
    char id[16];

    memset(&record, 0, sizeof(record));
    sprintf(id, "r%02d", (int)(n % RECORDS));
    record.id = id;
    record.n = n;
    record.w = "dog";
    return put(table, &record, 1);
}

/* As cp -r, or a hash. */
static void copy_own_files(void)
{
    DIR *all = opendir(folder);
    struct dirent *entry;
    char path[1024], bytes[4096];
    int fd;

    if (all == NULL)
        return;
    while ((entry = readdir(all)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        fd = entry->d_name[0] == '.' ? -1 : open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        while (read(fd, bytes, sizeof(bytes)) > 0)
            ;
        close(fd);
    }
    closedir(all);
    __atomic_add_fetch(&shared->copies, 1, __ATOMIC_SEQ_CST);
}

static void open_it(void)
{
    session = open_store(folder);
    table = open_table(session, "c");
}

static void write_and_copy(unsigned seed)
{
    int64_t n = load(&shared->acked);

    open_it();
    for (;;) {
        ck_ok(write_number(++n));
        __atomic_store_n(&shared->acked, n, __ATOMIC_SEQ_CST);
        if (rand_r(&seed) % 4 == 0)
            copy_own_files();
    }
}

static int64_t written_since(int64_t n)
{
    return count_where(table, where_range(F_N, n, INT64_MAX));
}

static void come_and_go(unsigned seed)
{
    for (;;) {
        int64_t before;
        int i, times = 1 + (int)(rand_r(&seed) % 4);

        open_it();
        for (i = 0; i < times; i++) {
            before = load(&shared->acked);
            ck_assert_int_eq(written_since(before - RECORDS + 1), RECORDS);
            __atomic_add_fetch(&shared->reads, 1, __ATOMIC_SEQ_CST);
            if (rand_r(&seed) % 2 == 0)
                copy_own_files();
        }
        close_all(session, table);
    }
}

static pid_t start(void (*work)(unsigned), unsigned seed)
{
    pid_t child = fork();

    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        work(seed);
        _exit(0);
    }
    return child;
}

/* It has to have lived until now. */
static void kill_one(pid_t child)
{
    int status;

    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
                  "a process failed before it was killed");
}

/* ------------------------------------------------------------------- strangers */

static void one_round(unsigned *seed)
{
    pid_t writer = start(write_and_copy, (unsigned)rand_r(seed)), others[STRANGERS];
    int64_t before = load(&shared->acked);
    int i;

    for (i = 0; i < STRANGERS; i++)
        others[i] = start(come_and_go, (unsigned)rand_r(seed));
    while (load(&shared->acked) == before)
        pause_ms(1);
    pause_ms((unsigned)rand_r(seed) % 60);
    if (rand_r(seed) % 2 == 0) {
        kill_one(others[0]);
        others[0] = start(come_and_go, (unsigned)rand_r(seed));
        pause_ms((unsigned)rand_r(seed) % 20);
    }
    kill_one(writer);
    pause_ms((unsigned)rand_r(seed) % 5);
    for (i = 0; i < STRANGERS; i++)
        kill_one(others[i]);
}

static void look(void)
{
    int64_t acked = load(&shared->acked), last = acked + 1;

    open_it();
    ck_assert_int_eq(count_where(table, NULL), RECORDS);
    ck_assert_int_eq(written_since(acked - RECORDS + 1), RECORDS);
    ck_assert_int_eq(written_since(acked + 2), 0);
    if (written_since(last) == 1)
        __atomic_store_n(&shared->acked, last, __ATOMIC_SEQ_CST);
    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
    close_all(session, table);
}

START_TEST(strangers_and_copies_lose_no_acknowledged_write)
{
    int rounds = rounds_of("OV_ROUNDS"), i;
    unsigned seed = (unsigned)time(NULL);

    snprintf(folder, sizeof(folder), "%s", temp_path("store"));
    session = open_fresh("store");
    table = open_table(session, "c");
    for (i = 1; i <= RECORDS; i++)
        ck_ok(write_number(i));
    close_all(session, table);
    shared->acked = RECORDS;
    for (i = 0; i < rounds; i++) {
        one_round(&seed);
        look();
    }
    printf("# strangers: %d rounds, %lld acknowledged writes, %lld reads, %lld copies,"
           " 0 lost\n",
           rounds, (long long)shared->acked, (long long)shared->reads,
           (long long)shared->copies);
    ck_assert_int_gt(shared->copies, rounds);
    ck_assert_int_gt(shared->reads, 0);
}
END_TEST

/* ----------------------------------------------------------------------- moves */

/* Writes until it is refused; 7 when a write was acknowledged that began too late. */
static void write_until_refused(unsigned seed)
{
    int64_t n = 0;
    int late, done;

    (void)seed;
    open_it();
    do {
        late = __atomic_load_n(&shared->accident, __ATOMIC_SEQ_CST);
        done = write_number(++n) != OV_OK;
        if (!done)
            __atomic_store_n(&shared->acked, n, __ATOMIC_SEQ_CST);
        if (!done && late)
            _exit(7);
    } while (!done || !late);
    _exit(err.code == OV_STALE ? 0 : 8);
}

/* Where all that was acknowledged has to be, if anywhere. */
static const char *happen(int which, int round)
{
    static char away[600];

    snprintf(away, sizeof(away), "%s-%d", folder, round);
    if (which == 0) {
        remove_tree(folder);
        return NULL;
    }
    ck_assert_int_eq(rename(folder, away), 0);
    if (which == 2)
        ck_assert_int_eq(mkdir(folder, 0700), 0);
    if (which == 3)
        native->close(open_fresh("moving"));
    return away;
}

static void one_move(int round, unsigned *seed)
{
    const char *away;
    int status;
    pid_t child;

    native->close(open_fresh("moving"));
    shared->acked = 0;
    shared->accident = 0;
    child = start(write_until_refused, 0);
    while (load(&shared->acked) < 1)
        pause_ms(1);
    pause_ms((unsigned)rand_r(seed) % 30);
    away = happen(rand_r(seed) % 4, round);
    __atomic_store_n(&shared->accident, 1, __ATOMIC_SEQ_CST);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
                  "round %d: the writer ended with %d", round, status);
    if (away != NULL) {
        session = open_store(away);
        table = open_table(session, "c");
        ck_assert_int_ge(written_since(load(&shared->acked)), 1);
        ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
        close_all(session, table);
        remove_tree(away);
    }
    remove_tree(folder);
}

START_TEST(nothing_is_acknowledged_when_the_folder_is_gone)
{
    int rounds = rounds_of("OV_MOVES"), i;
    unsigned seed = (unsigned)time(NULL);
    int64_t writes = 0;

    snprintf(folder, sizeof(folder), "%s", temp_path("moving"));
    load_provider();
    for (i = 0; i < rounds; i++) {
        one_move(i, &seed);
        writes += shared->acked;
    }
    printf("# moves: %d rounds, %lld acknowledged writes, none after the accident, none "
           "lost\n",
           rounds, (long long)writes);
    ck_assert_int_ge(writes, rounds);
}
END_TEST

static void begin(void)
{
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(shared, MAP_FAILED);
}

static void finish(void)
{
    munmap(shared, sizeof(*shared));
}

static Suite *suite(void)
{
    Suite *s = suite_create("native rounds");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, getenv("OV_ROUNDS") != NULL ? 3600 : 120);
    tcase_add_checked_fixture(all, begin, finish);
    tcase_add_test(all, strangers_and_copies_lose_no_acknowledged_write);
    tcase_add_test(all, nothing_is_acknowledged_when_the_folder_is_gone);
    suite_add_tcase(s, all);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
