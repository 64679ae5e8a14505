/* SPDX-License-Identifier: Apache-2.0 */
/*
 * support.h - what the suites share: assertions that print the error, temporary
 * folders, a runner.
 *
 *     START_TEST(unknown_key_names_the_nearest) { ... ck_fails(OV_INVALID, call(&err)); }
 *     int main(void) { return run_suite(suite()); }
 *
 * Names of tests are sentences. Use checked fixtures only: an unchecked one runs in the
 * parent, and whatever it opens answers OV_FORKED in the tests.
 */
#ifndef OV_TEST_SUPPORT_H
#define OV_TEST_SUPPORT_H

#include <ov/sdk.h>

#include <check.h>

/* The error that ck_ok and ck_fails look at; reset by both. */
extern struct ov_error err;

#define ck_ok(call)                                                                     \
    do {                                                                                \
        int32_t ck_code_ = (ov_error_reset(&err), (call));                              \
        ck_assert_msg(ck_code_ == OV_OK, "%s: %s: %s", #call, ov_status_name(ck_code_), \
                      err.message);                                                     \
    } while (0)

/* The call fails with this status, says so in err, and the message is not empty. */
#define ck_fails(status, call)                                                        \
    do {                                                                              \
        int32_t ck_code_ = (ov_error_reset(&err), (call));                            \
        ck_assert_msg(ck_code_ == (status), "%s: %s instead of %s: %s", #call,        \
                      ov_status_name(ck_code_), ov_status_name(status), err.message); \
        ck_assert_int_eq(err.code, ck_code_);                                         \
        ck_assert_str_ne(err.message, "");                                            \
    } while (0)

/* The part of the message, or of the place, that names the fault. */
#define ck_says(text)                                                            \
    ck_assert_msg(strstr(err.message, (text)) != NULL, "'%s' does not say '%s'", \
                  err.message, (text))
#define ck_at(place)                                                              \
    ck_assert_msg(strcmp(err.where, (place)) == 0, "at '%s' instead of '%s': %s", \
                  err.where, (place), err.message)

/* Runs it, prints "# NAME: N passed, N failed, N skipped", returns main's status. */
int run_suite(Suite *suite);

/* A fresh folder below TMPDIR (0700), removed when the process that made it ends well.
 * Static memory, the same for every call in one test. */
const char *temp_dir(void);
/* temp_dir()/name; up to 8 live at once. */
const char *temp_path(const char *name);
void write_text(const char *path, const char *text);
void write_bytes(const char *path, const void *bytes, size_t n);
/* The whole file, NUL added; free(). NULL when it is not there. */
char *read_text(const char *path, size_t *n);
void remove_tree(const char *path);

/* Open descriptors and threads of this process. */
int count_descriptors(void);
int count_threads(void);
/* Does it come to n threads within a second? The kernel forgets a thread a moment after
 * it was joined. */
int threads_become(int n);

#endif
