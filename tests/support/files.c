/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - temporary folders and what lies in them. */
#include "support.h"

#include <dirent.h>
#include <ftw.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char folder[256];
static pid_t folder_owner;

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

void remove_tree(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_folder(void)
{
    if (folder[0] != '\0' && folder_owner == getpid())
        remove_tree(folder);
}

const char *temp_dir(void)
{
    const char *base = getenv("TMPDIR");

    if (folder[0] != '\0' && folder_owner == getpid())
        return folder;
    snprintf(folder, sizeof(folder), "%s/ov-test-XXXXXX", base != NULL ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    folder_owner = getpid();
    atexit(remove_folder);
    return folder;
}

const char *temp_path(const char *name)
{
    static char paths[8][512];
    static unsigned int next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof(paths[0]), "%s/%s", temp_dir(), name);
    return path;
}

void write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");

    ck_assert_msg(file != NULL, "cannot write '%s'", path);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

char *read_text(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t used = 0, room = 0, got;

    if (file == NULL)
        return NULL;
    do {
        if (room - used < 4096) {
            room += 65536;
            text = realloc(text, room + 1);
            ck_assert_ptr_nonnull(text);
        }
        got = fread(text + used, 1, room - used, file);
        used += got;
    } while (got > 0);
    fclose(file);
    text[used] = '\0';
    if (n != NULL)
        *n = used;
    return text;
}

static int count_entries(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;

    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

int count_descriptors(void)
{
    return count_entries("/proc/self/fd") - 1;
}

#if defined(__SANITIZE_THREAD__)
static void *nothing(void *ctx)
{
    return ctx;
}

/* The sanitizer starts a thread of its own with the first that a process starts. */
static void start_first(void)
{
    static pid_t started;
    int before = count_entries("/proc/self/task");
    time_t end = time(NULL) + 2;
    pthread_t thread;

    if (started == getpid() || pthread_create(&thread, NULL, nothing, NULL) != 0)
        return;
    started = getpid();
    pthread_join(thread, NULL);
    while (count_entries("/proc/self/task") > before + 1 && time(NULL) < end)
        sched_yield();
}
#endif

int count_threads(void)
{
#if defined(__SANITIZE_THREAD__)
    start_first();
#endif
    return count_entries("/proc/self/task");
}

int threads_become(int n)
{
    time_t end = time(NULL) + 2;

    while (count_threads() != n && time(NULL) < end)
        sched_yield();
    return count_threads() == n;
}
