/* SPDX-License-Identifier: Apache-2.0 */
/* test_options.c - a profile against what a provider declares, and its secrets. */
#include "options.h"
#include "support.h"

#include <ov/config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_FAULT
#include "fault.h"
#endif

enum {
    O_URL,
    O_PASSWORD,
    O_SCHEMA,
    O_POOL,
    O_RATIO,
    O_TLS,
    O_WAIT,
    O_CACHE,
    O_FOLDER,
    O_SYNC,
    O_NEEDED,
    N_OPTIONS
};

static const struct ov_option options_of_test[N_OPTIONS] = {
    [O_URL] = { .kind = OV_OPTION_URL, .name = "url" },
    [O_PASSWORD] = { .kind = OV_OPTION_SECRET, .name = "password" },
    [O_SCHEMA] = { .kind = OV_OPTION_TEXT, .name = "schema", .fallback = "openviking" },
    [O_POOL] = { .kind = OV_OPTION_INT,
                 .name = "pool_size",
                 .fallback = "4",
                 .low = 1,
                 .high = 100 },
    [O_RATIO] = { .kind = OV_OPTION_REAL, .name = "ratio", .low = 0, .high = 1 },
    [O_TLS] = { .kind = OV_OPTION_BOOL, .name = "tls" },
    [O_WAIT] = { .kind = OV_OPTION_MS, .name = "wait", .low = 10, .high = 60000 },
    [O_CACHE] = { .kind = OV_OPTION_BYTES, .name = "cache", .fallback = "64MiB" },
    [O_FOLDER] = { .kind = OV_OPTION_PATH, .name = "path" },
    [O_SYNC] = { .kind = OV_OPTION_WORD,
                 .name = "sync",
                 .fallback = "full",
                 .words = "full normal off" },
    [O_NEEDED] = { .kind = OV_OPTION_TEXT,
                   .name = "needed",
                   .flags = OV_OPTION_REQUIRED,
                   .text = "what it is for" },
};

static const struct ov_option *list[N_OPTIONS];
static struct ov_description description = { .size = sizeof(description),
                                             .n_options = N_OPTIONS,
                                             .options = list,
                                             .index_kinds = "flat hnsw" };
static struct ov_config *config;
static struct options *options;

#define HEAD "[storage.vectordb]\nbackend = some\nneeded = x\n"

static void set_up(void)
{
    for (int i = 0; i < N_OPTIONS; i++)
        list[i] = &options_of_test[i];
    config = NULL;
    options = NULL;
    setenv("OV_TEST_SECRET", "from the environment", 1);
    setenv("OV_TEST_EMPTY", "", 1);
    unsetenv("OV_TEST_UNSET");
}

static void tear_down(void)
{
    options_free(options);
    ov_config_free(config);
}

static int32_t resolve(const char *text)
{
    ov_config_free(config);
    config = NULL;
    ck_ok(ov_config_parse(ov_str_of(text), "t.ini", temp_dir(), &config, &err));
    return options_resolve(config, "", &description, &options, &err);
}

static const char *secret(uint32_t ordinal)
{
    static char buffer[64];
    uint64_t n = 77;
    int32_t status = options_secret(options, ordinal, buffer, sizeof(buffer) - 1, &n);

    ck_assert_int_eq(status, OV_OK);
    buffer[n] = '\0';
    return buffer;
}

static int is_text(uint32_t ordinal, const char *text)
{
    return options->settings[ordinal].type == OV_TEXT &&
           ov_str_equal(options->settings[ordinal].u.s, ov_str_of(text));
}

START_TEST(defaults_fill_what_the_file_does_not_say)
{
    ck_ok(resolve(HEAD));

    ck_assert_uint_eq(options->n, N_OPTIONS);
    ck_assert(is_text(O_SCHEMA, "openviking"));
    ck_assert(is_text(O_SYNC, "full"));
    ck_assert(is_text(O_NEEDED, "x"));
    ck_assert_int_eq(options->settings[O_POOL].u.i, 4);
    ck_assert_int_eq(options->settings[O_CACHE].u.i, 64 << 20);
    ck_assert_uint_eq(options->settings[O_RATIO].type, OV_NULL);
    ck_assert_uint_eq(options->settings[O_FOLDER].type, OV_NULL);
    ck_assert_uint_eq(options->settings[O_URL].type, OV_NULL);
    ck_assert_str_eq(secret(O_URL), "");
}
END_TEST

START_TEST(values_are_read_by_their_kind)
{
    char path[300];

    ck_ok(resolve(HEAD "schema = s\npool_size = 100\nratio = 0.5\ntls = on\n"
                       "wait = 2s\ncache = 1KiB\npath = ./data/../x\nsync = off\n"));

    snprintf(path, sizeof(path), "%s/data/../x", temp_dir());
    ck_assert(is_text(O_SCHEMA, "s"));
    ck_assert_uint_eq(options->settings[O_POOL].type, OV_INT64);
    ck_assert_int_eq(options->settings[O_POOL].u.i, 100);
    ck_assert_uint_eq(options->settings[O_RATIO].type, OV_FLOAT64);
    ck_assert(options->settings[O_RATIO].u.f == 0.5);
    ck_assert_uint_eq(options->settings[O_TLS].type, OV_BOOL);
    ck_assert_int_eq(options->settings[O_TLS].u.i, 1);
    ck_assert_int_eq(options->settings[O_WAIT].u.i, 2000);
    ck_assert_int_eq(options->settings[O_CACHE].u.i, 1024);
    ck_assert(is_text(O_FOLDER, path));
    ck_assert(is_text(O_SYNC, "off"));
}
END_TEST

START_TEST(absolute_path_stays)
{
    ck_ok(resolve(HEAD "path = /var//lib/./ov/\n"));

    ck_assert(is_text(O_FOLDER, "/var/lib/ov"));
}
END_TEST

START_TEST(every_truth_word_is_read)
{
    static const char *const words[] = { "yes", "true",  "on",  "1",
                                         "no",  "false", "off", "0" };
    char text[128];

    snprintf(text, sizeof(text), HEAD "tls = %s\n", words[_i]);
    ck_ok(resolve(text));

    ck_assert_int_eq(options->settings[O_TLS].u.i, _i < 4);
}
END_TEST

/* Lines after HEAD, which has three. */
static const struct {
    const char *line;
    const char *where;
    const char *says;
} bad[] = {
    { "ulr = x", "t.ini:4", "no option 'ulr'; did you mean 'url'" },
    { "pool_sise = x", "t.ini:4", "did you mean 'pool_size'" },
    { "tabel = x", "t.ini:4", "did you mean 'table'" },
    { "zzzzzzzz = x", "t.ini:4", "it has url, password, schema" },
    { "schema_file = x", "t.ini:4", "no option 'schema_file'" },
    { "url_fil = x", "t.ini:4", "no option 'url_fil'" },
    { "pool_size = 0", "t.ini:4", "'pool_size' is '0': a whole number, from 1 to 100" },
    { "pool_size = 101", "t.ini:4", "'pool_size' is '101'" },
    { "pool_size = 4.0", "t.ini:4", "'pool_size' is '4.0'" },
    { "pool_size = four", "t.ini:4", "'pool_size' is 'four'" },
    { "pool_size = 99999999999999999999", "t.ini:4", "'pool_size'" },
    { "ratio = 1.5", "t.ini:4", "'ratio' is '1.5': a number, from 0 to 1" },
    { "ratio = 0,5", "t.ini:4", "'ratio' is '0,5'" },
    { "ratio = nan", "t.ini:4", "'ratio' is 'nan'" },
    { "tls = ja", "t.ini:4", "'tls' is 'ja': yes or no" },
    { "tls = True", "t.ini:4", "'tls' is 'True'" },
    { "wait = 5", "t.ini:4", "'wait' is '5': a time such as 250ms" },
    { "wait = 5ms", "t.ini:4", "from 10 to 60000 ms" },
    { "wait = 2h", "t.ini:4", "from 10 to 60000 ms" },
    { "cache = 64MB", "t.ini:4", "'cache' is '64MB': a size such as" },
    { "cache = -1", "t.ini:4", "'cache' is '-1'" },
    { "path = \"\"", "t.ini:4", "'path' is empty" },
    { "path = ~/data", "t.ini:4", "'path' begins with '~', which means nothing here" },
    { "sync = norml", "t.ini:4", "one of 'full normal off'; did you mean 'normal'" },
    { "index_kind = ivf", "t.ini:4", "no index kind 'ivf', only auto flat" },
    { "password = a\npassword_file = b", "t.ini:5",
      "'password_file' says again what line 4 says" },
    { "password_env = A\npassword = b", "t.ini:5", "of 'password', 'password_file' and" },
    { "password_env = OV_TEST_UNSET", "t.ini:4", "'OV_TEST_UNSET', which is not set" },
    { "password_env = OV_TEST_EMPTY", "t.ini:4", "'OV_TEST_EMPTY', which is empty" },
};

START_TEST(bad_option_is_refused_with_place_and_reason)
{
    char text[256];

    snprintf(text, sizeof(text), HEAD "%s\n", bad[_i].line);
    ck_fails(OV_INVALID, resolve(text));

    ck_at(bad[_i].where);
    ck_says(bad[_i].says);
    ck_assert_ptr_null(options);
}
END_TEST

START_TEST(missing_required_option_is_named_with_its_purpose)
{
    ck_fails(OV_INVALID, resolve("[storage.vectordb]\nbackend = some\n"));

    ck_says("provider 'some' needs 'needed': what it is for");
    ck_at("t.ini:1");
}
END_TEST

START_TEST(unknown_profile_is_not_found)
{
    ck_ok(resolve(HEAD));
    ck_fails(OV_NOT_FOUND,
             options_resolve(config, "other", &description, &options, &err));
}
END_TEST

START_TEST(provider_that_declares_a_key_of_the_host_is_at_fault)
{
    struct ov_option wrong = { .kind = OV_OPTION_TEXT, .name = "table" };

    list[O_TLS] = &wrong;
    ck_fails(OV_INTERNAL, resolve(HEAD));
    ck_says("declares 'table'");
}
END_TEST

START_TEST(flat_and_auto_need_no_declaration)
{
    description.index_kinds = NULL;
    ck_ok(resolve(HEAD "index_kind = flat\n"));
    description.index_kinds = "flat hnsw";
}
END_TEST

/* ---------------------------------------------------------------------- secrets */

START_TEST(plain_secret_is_asked_for_not_handed_out)
{
    ck_ok(resolve(HEAD "password = \"abc ;def\"\nurl = postgresql://u:p@h/d\n"));

    ck_assert_uint_eq(options->settings[O_PASSWORD].type, OV_NULL);
    ck_assert_uint_eq(options->settings[O_URL].type, OV_NULL);
    ck_assert_str_eq(secret(O_PASSWORD), "abc ;def");
    ck_assert_str_eq(secret(O_URL), "postgresql://u:p@h/d");
}
END_TEST

START_TEST(rotated_password_file_is_read_anew)
{
    write_text(temp_path("pw"), "first\n");
    ck_ok(resolve(HEAD "password_file = pw\n"));
    ck_assert_str_eq(secret(O_PASSWORD), "first");

    write_text(temp_path("pw.new"), "second");
    ck_assert_int_eq(rename(temp_path("pw.new"), temp_path("pw")), 0);
    ck_assert_str_eq(secret(O_PASSWORD), "second");

    write_text(temp_path("pw"), "third\r\n");
    ck_assert_str_eq(secret(O_PASSWORD), "third");
    write_text(temp_path("pw"), "two\n\n");
    ck_assert_str_eq(secret(O_PASSWORD), "two\n");
}
END_TEST

START_TEST(password_file_that_others_may_write_is_denied)
{
    write_text(temp_path("pw"), "x");
    ck_assert_int_eq(chmod(temp_path("pw"), 0602), 0);
    ck_fails(OV_DENIED, resolve(HEAD "password_file = pw\n"));
    ck_says("'password_file': '");
    ck_says("has mode 0602: everybody may write it");

    /* What leads to it counts as well. */
    ck_assert_int_eq(chmod(temp_path("pw"), 0600) + mkdir(temp_path("open"), 0700), 0);
    ck_assert_int_eq(symlink("../pw", temp_path("open/hop")), 0);
    ck_assert_int_eq(chmod(temp_path("open"), 0777), 0);
    ck_fails(OV_DENIED, resolve(HEAD "password_file = open/hop\n"));
    ck_says("/open' has mode 0777");
}
END_TEST

START_TEST(password_file_that_others_may_read_is_named)
{
    write_text(temp_path("pw"), "x");
    ck_assert_int_eq(chmod(temp_path("pw"), 0600), 0);
    ck_ok(resolve(HEAD "password_file = pw\n"));
    ck_assert_str_eq(options->open_to, "");
    options_free(options);
    options = NULL;

    ck_assert_int_eq(chmod(temp_path("pw"), 0644), 0);
    ck_ok(resolve(HEAD "password_file = pw\n"));
    ck_assert_ptr_nonnull(strstr(options->open_to, "/pw' can be read by everybody"));
    ck_assert_str_eq(secret(O_PASSWORD), "x");
}
END_TEST

static const struct {
    const char *line;
    mode_t mode;
    int named;
} plain[] = {
    { "password = x", 0644, 1 },
    { "password = x", 0600, 0 },
    { "url = x://u:p@h/d", 0644, 1 },
    { "url = x://u@h/d", 0644, 0 },
    { "url = host=h password=p", 0644, 1 },
    { "schema = x", 0644, 0 },
};

START_TEST(file_with_a_password_that_others_may_read_is_named)
{
    const char *path = temp_path("ov.ini");
    char text[200];

    snprintf(text, sizeof(text), HEAD "%s\n", plain[_i].line);
    write_text(path, text);
    ck_assert_int_eq(chmod(path, plain[_i].mode), 0);
    ck_ok(ov_config_read(path, &config, &err));
    ck_ok(options_resolve(config, "", &description, &options, &err));

    ck_assert_int_eq(strstr(options->open_to, "/ov.ini' can be read by") != NULL,
                     plain[_i].named);
}
END_TEST

START_TEST(password_file_that_went_away_is_denied_later)
{
    char buffer[8];
    uint64_t n = 5;

    write_text(temp_path("pw"), "first\n");
    ck_ok(resolve(HEAD "password_file = pw\n"));
    unlink(temp_path("pw"));

    ck_assert_int_eq(options_secret(options, O_PASSWORD, buffer, 8, &n), OV_DENIED);
    ck_assert_uint_eq(n, 5);
}
END_TEST

START_TEST(variable_is_read_anew)
{
    ck_ok(resolve(HEAD "password_env = OV_TEST_SECRET\n"));
    ck_assert_str_eq(secret(O_PASSWORD), "from the environment");

    setenv("OV_TEST_SECRET", "changed", 1);
    ck_assert_str_eq(secret(O_PASSWORD), "changed");
}
END_TEST

START_TEST(short_buffer_tells_the_whole_length)
{
    char buffer[] = { '.', '.', '.', '.' };
    uint64_t n = 0;

    ck_ok(resolve(HEAD "password = secret\n"));

    ck_assert_int_eq(options_secret(options, O_PASSWORD, buffer, 3, &n), OV_LIMIT);
    ck_assert_uint_eq(n, 6);
    ck_assert_int_eq(buffer[3], '.');
}
END_TEST

START_TEST(option_that_is_no_secret_is_not_given_as_one)
{
    char buffer[8];
    uint64_t n;

    ck_ok(resolve(HEAD));

    ck_assert_int_eq(options_secret(options, O_SCHEMA, buffer, 8, &n), OV_INVALID);
    ck_assert_int_eq(options_secret(options, N_OPTIONS, buffer, 8, &n), OV_INVALID);
}
END_TEST

START_TEST(secret_file_that_cannot_be_read_is_said_at_once)
{
    static char large[20000];

    ck_fails(OV_DENIED, resolve(HEAD "password_file = none\n"));
    ck_says("No such file");
    ck_at("t.ini:4");
    ck_fails(OV_DENIED, resolve(HEAD "password_file = .\n"));
    write_text(temp_path("empty"), "\n");
    ck_fails(OV_INVALID, resolve(HEAD "password_file = empty\n"));
    ck_says("which is empty");
    memset(large, 'x', sizeof(large) - 1);
    write_text(temp_path("large"), large);
    ck_fails(OV_INVALID, resolve(HEAD "password_file = large\n"));
    write_bytes(temp_path("nul"), "a\0b", 3);
    ck_fails(OV_INVALID, resolve(HEAD "password_file = nul\n"));
    ck_says("no text");
}
END_TEST

/* A reader without a writer must not hang. */
START_TEST(pipe_is_no_password_file)
{
    ck_assert_int_eq(mkfifo(temp_path("fifo"), 0600), 0);
    ck_fails(OV_DENIED, resolve(HEAD "password_file = fifo\n"));
}
END_TEST

START_TEST(secret_is_in_no_message)
{
    static const char *const lines[] = {
        "password = MARKER\npassword = MARKER", "password = MARKER\npassword_env = X",
        "url = x:MARKER@y\nurl_file = z",       "pasword = MARKER",
        "url = MARKER\npool_size = 0",
    };
    char text[256];

    snprintf(text, sizeof(text), HEAD "%s\n", lines[_i]);
    ov_error_reset(&err);
    if (ov_config_parse(ov_str_of(text), "t.ini", "/", &config, &err) == OV_OK)
        ck_assert_int_ne(options_resolve(config, "", &description, &options, &err),
                         OV_OK);

    ck_assert_str_ne(err.message, "");
    ck_assert_ptr_null(memmem(&err, sizeof(err), "MARKER", 6));
}
END_TEST

/* ----------------------------------------------------------------------- memory */

#ifdef HAVE_FAULT
START_TEST(without_memory_nothing_is_resolved)
{
    size_t n;

    write_text(temp_path("pw"), "x");
    ck_ok(resolve(HEAD "password_file = pw\npath = p\n"));
    options_free(options);
    options = NULL;
    for (n = 0;; n++) {
        int32_t status;

        ov_error_reset(&err);
        fault_arm(n);
        status = options_resolve(config, "", &description, &options, &err);
        if (!fault_disarm())
            break;
        ck_assert_int_eq(status, OV_NO_SPACE);
        ck_assert_ptr_null(options);
    }
    ck_assert_uint_ge(n, 5);
}
END_TEST
#endif

#define LOOP(c, test, table) \
    tcase_add_loop_test(c, test, 0, (int)(sizeof(table) / sizeof(table[0])))

static Suite *suite(void)
{
    Suite *s = suite_create("options");
    TCase *c = tcase_create("options");

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, defaults_fill_what_the_file_does_not_say);
    tcase_add_test(c, values_are_read_by_their_kind);
    tcase_add_test(c, absolute_path_stays);
    tcase_add_loop_test(c, every_truth_word_is_read, 0, 8);
    LOOP(c, bad_option_is_refused_with_place_and_reason, bad);
    tcase_add_test(c, missing_required_option_is_named_with_its_purpose);
    tcase_add_test(c, unknown_profile_is_not_found);
    tcase_add_test(c, provider_that_declares_a_key_of_the_host_is_at_fault);
    tcase_add_test(c, flat_and_auto_need_no_declaration);
    tcase_add_test(c, plain_secret_is_asked_for_not_handed_out);
    tcase_add_test(c, rotated_password_file_is_read_anew);
    tcase_add_test(c, password_file_that_others_may_write_is_denied);
    tcase_add_test(c, password_file_that_others_may_read_is_named);
    LOOP(c, file_with_a_password_that_others_may_read_is_named, plain);
    tcase_add_test(c, password_file_that_went_away_is_denied_later);
    tcase_add_test(c, variable_is_read_anew);
    tcase_add_test(c, short_buffer_tells_the_whole_length);
    tcase_add_test(c, option_that_is_no_secret_is_not_given_as_one);
    tcase_add_test(c, secret_file_that_cannot_be_read_is_said_at_once);
    tcase_add_test(c, pipe_is_no_password_file);
    tcase_add_loop_test(c, secret_is_in_no_message, 0, 5);
#ifdef HAVE_FAULT
    tcase_add_test(c, without_memory_nothing_is_resolved);
#endif
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
