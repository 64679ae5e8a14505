/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_raised.c - a program that runs with somebody else's rights takes no search path
 * from the environment. Only root can make one, so only root runs this.
 */
#include "folder.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static void note_path(void *ctx, const struct ov_candidate *candidate)
{
    if (strcmp(candidate->path, "/nonexistent/environment") == 0)
        *(int *)ctx = 1;
}

/* What the copy does: 0 when the environment's path was not looked at. */
static int act_as_copy(void)
{
    struct ov_host *host = NULL;
    int seen = 0;

    if (ov_host_open(NULL, &host, NULL) != OV_OK)
        return 2;
    ov_host_candidates(host, note_path, &seen);
    ov_host_close(host);
    if (getauxval(AT_SECURE) == 0)
        return seen ? 3 : 4;
    return seen;
}

static int run_copy(mode_t mode)
{
    char copy[600];
    size_t n = 0;
    char *bytes = read_text("/proc/self/exe", &n);
    pid_t child;
    int how = 0;

    ck_assert_ptr_nonnull(bytes);
    snprintf(copy, sizeof(copy), "%s", temp_path("copy"));
    write_bytes(copy, bytes, n);
    free(bytes);
    ck_assert_int_eq(chown(copy, NOBODY, (gid_t)-1), 0);
    ck_assert_int_eq(chmod(copy, mode), 0);
    setenv("OV_PLUGIN_PATH", "/nonexistent/environment", 1);
    child = fork();
    if (child == 0) {
        execl(copy, copy, "copy", (char *)NULL);
        _exit(9);
    }
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert(WIFEXITED(how));
    return WEXITSTATUS(how);
}

START_TEST(path_of_the_environment_is_not_taken_with_raised_privileges)
{
    ck_assert_int_eq(run_copy(04755), 0);
}
END_TEST

START_TEST(without_them_it_is)
{
    ck_assert_int_eq(run_copy(0755), 3);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("raised");
    TCase *rights = tcase_create("rights");

    tcase_add_test(rights, path_of_the_environment_is_not_taken_with_raised_privileges);
    tcase_add_test(rights, without_them_it_is);
    suite_add_tcase(all, rights);
    return all;
}

int main(int n, char **words)
{
    /* Without the end of a program, at which a leak checker would want to trace it. */
    if (n == 2 && strcmp(words[1], "copy") == 0)
        _exit(act_as_copy());
    umask(022);
    return run_suite(suite());
}
