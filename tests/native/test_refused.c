/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_refused.c - file systems that lack something: system calls of the provider and of
 * SQLite that answer what such a file system answers.
 */
#include "rig.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SEEN __attribute__((visibility("default")))

static enum { NOTHING, LOCKS, MAPS, WRITES } lacking;
static int refused;
static char folder[512];

static const struct record some[] = { { .id = "a", .n = 1, .w = "dog" }, { .id = "b" } };

static int refuse(int reason)
{
    refused++;
    errno = reason;
    return -1;
}

/* The next one in line, under the name that wide offsets give it or its own. */
static void next_of(const char *wide, const char *name, void *to)
{
    void *found = dlsym(RTLD_NEXT, wide);

    if (found == NULL)
        found = dlsym(RTLD_NEXT, name);
    memcpy(to, &found, sizeof(found));
}

SEEN int fcntl(int fd, int command, ...)
{
    static int (*real)(int, int, ...);
    va_list list;
    void *arg;

    va_start(list, command);
    arg = va_arg(list, void *);
    va_end(list);
    if (lacking == LOCKS && (command == F_OFD_SETLK || command == F_SETLK))
        return refuse(ENOLCK);
    if (real == NULL)
        next_of("fcntl64", "fcntl", &real);
    return real(fd, command, arg);
}

SEEN void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
    static void *(*real)(void *, size_t, int, int, int, off_t);

    if (lacking == MAPS && (flags & MAP_SHARED) != 0 && fd >= 0) {
        refuse(ENODEV);
        return MAP_FAILED;
    }
    if (real == NULL)
        next_of("mmap64", "mmap", &real);
    return real(at, n, protection, flags, fd, offset);
}

/* What is there already is said to be, on a file system that is read-only too. */
static int is_write(const char *path, int flags)
{
    if (strncmp(path, folder, strlen(folder)) != 0 || (flags & O_ACCMODE) == O_RDONLY)
        return 0;
    return (flags & O_EXCL) == 0 || access(path, F_OK) != 0;
}

SEEN int open(const char *path, int flags, ...)
{
    static int (*real)(const char *, int, ...);
    va_list list;
    mode_t mode = 0;

    va_start(list, flags);
    if ((flags & O_CREAT) != 0)
        mode = va_arg(list, mode_t);
    va_end(list);
    if (lacking == WRITES && is_write(path, flags))
        return refuse(EROFS);
    if (real == NULL)
        next_of("open64", "open", &real);
    return real(path, flags, mode);
}

SEEN int faccessat(int at, const char *path, int mode, int flags)
{
    static int (*real)(int, const char *, int, int);

    if (lacking == WRITES && (mode & W_OK) != 0)
        return refuse(EROFS);
    if (real == NULL)
        next_of("faccessat", "faccessat", &real);
    return real(at, path, mode, flags);
}

static void begin(void)
{
    struct ov_session *session = open_fresh("store");
    struct ov_table *table = open_table(session, "c");

    snprintf(folder, sizeof(folder), "%s", temp_path("store"));
    ck_ok(put(table, some, 2));
    close_all(session, table);
    refused = 0;
}

static void finish(void)
{
    lacking = NOTHING;
}

/* Opened, and asked for a table: the first read that needs the file. */
static int32_t try_store(void)
{
    struct ov_scalar settings[2] = { { .type = OV_TEXT }, { .type = OV_NULL } };
    struct ov_session *session = NULL;
    int32_t status;

    settings[0].u.s = ov_str_of(folder);
    ov_error_reset(&err);
    status = native->open(1, settings, &call, &session, &err);
    if (status == OV_OK) {
        status = native->ping(session, &call, &err);
        if (status == OV_OK)
            status = native->collection_create(session, &call, rig_schema("x"), &err);
        native->close(session);
    }
    return status;
}

static void store_is_as_it_was(void)
{
    struct ov_session *session;
    struct ov_table *table;

    lacking = NOTHING;
    session = open_store(folder);
    table = open_table(session, "c");
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, NULL), "a b");
    close_all(session, table);
}

START_TEST(a_file_system_without_locks_is_named)
{
    lacking = LOCKS;

    ck_fails(OV_UNSUPPORTED, try_store());
    ck_says("No locks available");
    ck_assert_int_gt(refused, 0);
    store_is_as_it_was();
}
END_TEST

START_TEST(a_file_system_without_shared_maps_is_named)
{
    lacking = MAPS;

    ck_fails(OV_UNSUPPORTED, try_store());
    ck_says("No such device");
    ck_says("no memory maps that processes share");
    ck_assert_int_gt(refused, 0);
    store_is_as_it_was();
}
END_TEST

START_TEST(a_closed_store_is_read_on_a_file_system_that_is_read_only)
{
    struct ov_session *session;
    struct ov_table *table;

    lacking = WRITES;

    session = open_store(folder);
    table = open_table(session, "c");
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, NULL), "a b");
    ck_fails(OV_DENIED, put(table, some, 1));
    ck_says("Read-only file system");
    close_all(session, table);
    ck_assert_int_gt(refused, 0);
    store_is_as_it_was();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native refused");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, begin, finish);
    tcase_add_test(all, a_file_system_without_locks_is_named);
    tcase_add_test(all, a_file_system_without_shared_maps_is_named);
    tcase_add_test(all, a_closed_store_is_read_on_a_file_system_that_is_read_only);
    suite_add_tcase(s, all);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
