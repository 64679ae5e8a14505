/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_strangers.c - a process that reads and copies its own store's files, others that
 * come and go beside it, and its death: what was acknowledged stays.
 *
 * Each other process does what a letter on its pipe says and answers with one; it begins
 * before this process has opened anything.
 */
#include "rig.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct process {
    pid_t pid;
    int to, from;
};

static struct process one, two;
static char folder[512];
static struct ov_session *session;
static struct ov_table *table;
static int rows;

/* ---------------------------------------------------------------- the others */

static void put_next(int n)
{
    char ids[64][8];
    struct record records[64];
    int i;

    memset(records, 0, sizeof(records));
    for (i = 0; i < n; i++) {
        sprintf(ids[i], "r%05d", rows++);
        records[i].id = ids[i];
        records[i].w = "dog";
    }
    ck_ok(put(table, records, (size_t)n));
}

/* As a backup tool within the process, or a library that hashes files. */
static void read_own_files(void)
{
    DIR *all = opendir(folder);
    struct dirent *entry;
    char path[1024], byte;
    int fd;

    ck_assert_ptr_nonnull(all);
    while ((entry = readdir(all)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_ge(read(fd, &byte, 1), 0);
        close(fd);
    }
    closedir(all);
}

/* A child of the kind that servers fork and that outlives them. */
static pid_t leave_a_child(void)
{
    int ready[2];
    pid_t child;
    char byte = 'x';

    ck_assert_int_eq(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, 0);
        if (write(ready[1], &byte, 1) == 1)
            for (;;)
                pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    return child;
}

static void answer(const struct process *self, int32_t value)
{
    ck_assert_int_eq(write(self->from, &value, sizeof(value)), sizeof(value));
}

static int32_t obey(char letter)
{
    static const struct record foreign = { .id = "foreign" };

    switch (letter) {
    case 'o': /* open */
        session = open_store(folder);
        if (native->collection_open(session, &call, ov_str_of("c"), &table, &err) !=
            OV_OK) {
            ov_error_reset(&err);
            ck_ok(native->collection_create(session, &call, rig_schema("c"), &err));
            table = open_table(session, "c");
        }
        return 0;
    case 'p': /* put */
        put_next(10);
        return rows;
    case 'c': /* count */
        return (int32_t)count_where(table, NULL);
    case 'f':
        read_own_files();
        return 0;
    case 'w': /* try to write */
        return put(table, &foreign, 1);
    case 'k':
        return leave_a_child();
    case 'x': /* leave as one should */
        close_all(session, table);
        session = NULL;
        return 0;
    default:
        _exit(0);
    }
}

static void start(struct process *process)
{
    int to[2], from[2];
    char letter;

    ck_assert_int_eq(pipe(to), 0);
    ck_assert_int_eq(pipe(from), 0);
    process->pid = fork();
    if (process->pid == 0) {
        struct process self = { 0, to[0], from[1] };

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(to[1]);
        close(from[0]);
        while (read(self.to, &letter, 1) == 1)
            answer(&self, obey(letter));
        _exit(1);
    }
    close(to[0]);
    close(from[1]);
    process->to = to[1];
    process->from = from[0];
}

static int32_t tell(struct process *process, char letter)
{
    int32_t value = -1;

    ck_assert_int_eq(write(process->to, &letter, 1), 1);
    ck_assert_msg(read(process->from, &value, sizeof(value)) == sizeof(value),
                  "the other process failed at '%c'", letter);
    return value;
}

static void end(struct process *process)
{
    if (process->pid > 0) {
        kill(process->pid, SIGKILL);
        waitpid(process->pid, NULL, 0);
        close(process->to);
        close(process->from);
    }
    process->pid = 0;
}

static void begin(void)
{
    snprintf(folder, sizeof(folder), "%s", temp_path("store"));
    start(&one);
    start(&two);
    tell(&one, 'o');
    tell(&one, 'p');
}

static void finish(void)
{
    end(&one);
    end(&two);
    if (session != NULL)
        close_all(session, table);
}

/* ------------------------------------------------------------------- the tests */

START_TEST(what_was_acknowledged_outlives_copies_and_strangers)
{
    tell(&one, 'f');
    tell(&two, 'o');
    ck_assert_int_eq(tell(&two, 'c'), 10);
    if (_i > 0)
        tell(&one, 'f');
    tell(&two, 'x');
    ck_assert_int_eq(tell(&one, 'p'), 20);
    tell(&two, 'o');
    ck_assert_int_eq(tell(&two, 'c'), 20);
    tell(&two, 'f');
    tell(&two, 'x');
    ck_assert_int_eq(tell(&one, 'p'), 30);
    end(&one);

    session = open_store(folder);
    table = open_table(session, "c");
    ck_assert_int_eq(count_where(table, NULL), 30);
    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
}
END_TEST

START_TEST(a_copy_of_its_own_files_lets_no_second_writer_in)
{
    char pid[32];

    snprintf(pid, sizeof(pid), "process %d ", (int)one.pid);
    tell(&one, 'f');
    tell(&two, 'o');

    ck_assert_int_eq(tell(&two, 'w'), OV_BUSY);
    session = open_store(folder);
    table = open_table(session, "c");
    ck_fails(OV_BUSY, put(table, &(const struct record){ .id = "z" }, 1));
    ck_says(pid);
    tell(&one, 'x');
    ck_ok(put(table, &(const struct record){ .id = "z" }, 1));
}
END_TEST

/* The reader's marks hold too: what it reads is not overwritten under it. */
START_TEST(a_reader_that_copies_the_files_goes_on_reading)
{
    int i;

    tell(&two, 'o');
    for (i = 0; i < 20; i++) {
        tell(&two, 'f');
        ck_assert_int_eq(tell(&one, 'p'), 20 + 10 * i);
        ck_assert_int_eq(tell(&two, 'c'), 20 + 10 * i);
    }
}
END_TEST

START_TEST(a_child_that_was_forked_keeps_no_claim)
{
    pid_t left = tell(&one, 'k');

    end(&one);
    session = open_store(folder);
    table = open_table(session, "c");
    ck_ok(put(table, &(const struct record){ .id = "z" }, 1));

    ck_assert_int_eq(count_where(table, NULL), 11);
    close_all(session, table);
    session = NULL;
    ck_assert_int_eq(access(temp_path("store/store.db-wal"), F_OK), -1);
    kill(left, SIGKILL);
}
END_TEST

/* The writer's last close leaves one file; a reader's leaves the writer's log alone. */
START_TEST(the_writer_moves_its_log_when_it_closes)
{
    tell(&two, 'o');
    tell(&two, 'x');
    ck_assert_int_eq(access(temp_path("store/store.db-wal"), F_OK), 0);

    tell(&one, 'x');

    ck_assert_int_eq(access(temp_path("store/store.db-wal"), F_OK), -1);
    tell(&two, 'o');
    ck_assert_int_eq(tell(&two, 'c'), 10);
}
END_TEST

static void copy_file(const char *from, const char *to)
{
    char bytes[65536];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    size_t n;

    ck_assert(in != NULL && out != NULL);
    while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
        ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
    fclose(in);
    fclose(out);
}

/* As where one process loads the wheel's provider and another path's. */
START_TEST(two_copies_of_the_provider_in_a_process_are_two_writers)
{
    static const struct ov_services none = { .size = sizeof(none),
                                             .abi_minor = OV_ABI_MINOR };
    struct ov_scalar settings[2] = { { .type = OV_TEXT }, { .type = OV_NULL } };
    struct ov_backend other = { .size = sizeof(other) };
    static const struct record more = { .id = "z" };
    struct ov_batch *batch = make_batch(&more, 1, NULL, N_FIELDS);
    const struct ov_batch *const list[] = { batch };
    struct ov_session *beside = NULL;
    struct ov_table *same = NULL;
    ov_backend_get_fn *get;
    void *module, *symbol;

    end(&one);
    copy_file(NATIVE_MODULE, temp_path("copy.so"));
    module = dlopen(temp_path("copy.so"), RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(module != NULL, "%s", dlerror());
    symbol = dlsym(module, "ov_backend_get");
    memcpy(&get, &symbol, sizeof(get));
    ck_ok(get(&none, &other, &err));
    settings[0].u.s = ov_str_of(folder);
    session = open_store(folder);
    table = open_table(session, "c");
    ck_ok(put(table, &more, 1));
    ck_ok(other.open(1, settings, &call, &beside, &err));
    ck_ok(other.collection_open(beside, &call, ov_str_of("c"), &same, &err));

    ck_fails(OV_BUSY, other.upsert(same, &call, list, 1, &err));
    ck_says("this process");
    other.collection_close(same);
    other.close(beside);
    ck_ok(put(table, &more, 1));
    ck_assert_int_eq(tell(&two, 'o'), 0);
    ck_assert_int_eq(tell(&two, 'w'), OV_BUSY);
    free_batch(batch);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native strangers");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, begin, finish);
    tcase_add_loop_test(all, what_was_acknowledged_outlives_copies_and_strangers, 0, 2);
    tcase_add_test(all, a_copy_of_its_own_files_lets_no_second_writer_in);
    tcase_add_test(all, a_reader_that_copies_the_files_goes_on_reading);
    tcase_add_test(all, a_child_that_was_forked_keeps_no_claim);
    tcase_add_test(all, the_writer_moves_its_log_when_it_closes);
    tcase_add_test(all, two_copies_of_the_provider_in_a_process_are_two_writers);
    suite_add_tcase(s, all);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
