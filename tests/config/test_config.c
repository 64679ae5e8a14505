/* SPDX-License-Identifier: Apache-2.0 */
/* test_config.c - a file to profiles, and every way in which it is refused. */
#include "config_cases.h"
#include "support.h"
#include "values.h"

#include <ov/config.h>
#include <ov/schema.h>

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_FAULT
#include "fault.h"
#endif

static struct ov_config *config;
static struct ov_settings settings;

static void set_up(void)
{
    config = NULL;
    settings = (struct ov_settings){ .size = sizeof(settings) };
    setenv("OV_TEST_LINES", "a\nb", 1);
    setenv("OV_TEST_BYTES", "a\xFF", 1);
    setenv("OV_TEST_WORD", "word", 1);
    setenv("OV_TEST_NESTED", "${HOME} $$ \" ; #", 1);
    unsetenv("OV_TEST_UNSET");
}

static void tear_down(void)
{
    ov_config_free(config);
}

static int32_t parse(const char *text)
{
    return ov_config_parse(ov_str_of(text), "t.ini", "/etc/ov", &config, &err);
}

static void take_name(void *ctx, const char *name)
{
    strcat(ctx, "[");
    strcat(ctx, name);
    strcat(ctx, "]");
}

START_TEST(bad_file_is_refused_with_place_and_reason)
{
    const struct bad_file *bad = &bad_files[_i];

    ck_fails(OV_INVALID, parse(bad->text));

    ck_at(bad->where);
    ck_says(bad->says);
    ck_assert_ptr_null(config);
    ck_assert_ptr_null(strchr(err.message, '\n'));
    ck_assert(ov_utf8_valid(ov_str_of(err.message)));
}
END_TEST

START_TEST(bad_file_is_refused_whatever_its_line_ends)
{
    char text[1024], *out = text;

    for (const char *p = bad_files[_i].text; *p != '\0'; p++) {
        if (*p == '\n')
            *out++ = '\r';
        *out++ = *p;
    }
    *out = '\0';
    ck_fails(OV_INVALID, parse(text));

    ck_at(bad_files[_i].where);
    ck_says(bad_files[_i].says);
}
END_TEST

START_TEST(whole_file_gives_its_profiles_in_order)
{
    char names[64] = "";

    ck_ok(parse("; a comment\n# another\n\n"
                "[host]\nplugin_path = /opt/ov:plugins/./x/:/usr//lib\n"
                "[storage.vectordb]            ; the plain one\n"
                "backend = postgres_pgvector   ; a comment behind a value\n"
                "url=postgresql://u:p@h:5432/db\n"
                "table = t\xC3\xA4\n\n"
                "[storage.vectordb:staging]\n"
                "backend = native\npath = ./data\n"));

    ov_config_profiles(config, take_name, names);
    ck_assert_str_eq(names, "[][staging]");
    ck_assert_str_eq(ov_config_plugin_path(config), "/opt/ov:/etc/ov/plugins/x:/usr/lib");
    ck_ok(ov_config_settings(config, NULL, &settings, &err));
    ck_assert_str_eq(settings.backend, "postgres_pgvector");
    ck_assert_str_eq(settings.table, "t\xC3\xA4");
}
END_TEST

START_TEST(settings_not_given_take_their_defaults)
{
    ck_ok(parse(GOOD));

    ck_ok(ov_config_settings(config, "", &settings, &err));
    ck_assert_str_eq(settings.table, "context");
    ck_assert_str_eq(settings.index_name, "default");
    ck_assert_str_eq(settings.index_kind, "auto");
    ck_assert_uint_eq(settings.metric, OV_COSINE);
    ck_assert_uint_eq(settings.dimension, 0);
    ck_assert(settings.sparse_weight == 0.0);
    ck_assert_int_eq(settings.timeout_ns, INT64_C(30000000000));
    ck_assert_ptr_null(ov_config_plugin_path(config));
}
END_TEST

START_TEST(settings_given_are_read)
{
    ck_ok(parse(GOOD "table = t\nindex_name = i\nindex_kind = hnsw\ndistance = l2\n"
                     "dimension = 1000000\nsparse_weight = 0.25\ntimeout = 5min\n"
                     "isolation = none\n"));

    ck_ok(ov_config_settings(config, "", &settings, &err));
    ck_assert_str_eq(settings.index_name, "i");
    ck_assert_str_eq(settings.index_kind, "hnsw");
    ck_assert_uint_eq(settings.metric, OV_L2);
    ck_assert_uint_eq(settings.dimension, 1000000);
    ck_assert(settings.sparse_weight == 0.25);
    ck_assert_int_eq(settings.timeout_ns, INT64_C(300000000000));
}
END_TEST

START_TEST(profile_inherits_nothing)
{
    ck_ok(parse(GOOD "table = mine\n[storage.vectordb:b]\nbackend = native\n"));

    ck_ok(ov_config_settings(config, "b", &settings, &err));
    ck_assert_str_eq(settings.table, "context");
}
END_TEST

START_TEST(unknown_profile_is_not_found_and_the_nearest_is_named)
{
    ck_ok(parse("[storage.vectordb:staging]\nbackend = native\n"));

    ck_fails(OV_NOT_FOUND, ov_config_settings(config, "stagin", &settings, &err));
    ck_says("did you mean 'staging'");
    ck_at("t.ini");
    ck_assert_ptr_null(settings.backend);
    ck_fails(OV_NOT_FOUND, ov_config_settings(config, NULL, &settings, &err));
    ck_says("[storage.vectordb]");
}
END_TEST

/* A value is seen through the table's name, which is taken as it is. */
static const struct {
    const char *written;
    const char *read;
} values[] = {
    { "a", "a" },
    { "  a  ", "a" },
    { "a;b", "a;b" },
    { "a#b", "a#b" },
    { "a=b", "a=b" },
    { "a:b", "a:b" },
    { "a ; comment", "a" },
    { "a\t;", "a" },
    { "a ;", "a" },
    { "a%20b", "a%20b" },
    { "a b", "a b" },
    { "a'b", "a'b" },
    { "a\"b", "a\"b" },
    { "[a]", "[a]" },
    { "\"a ;b\"", "a ;b" },
    { "\" a \"", " a " },
    { "\"a\" ; comment", "a" },
    { "\"a\"#comment", "a" },
    { "\"a\"\"b\"", "a\"b" },
    { "\"\"\"a\"\"\"", "\"a\"" },
    { "\"#\"", "#" },
    { "$$", "$" },
    { "a$$b$$$$", "a$b$$" },
    { "$${HOME}", "${HOME}" },
    { "${OV_TEST_WORD}", "word" },
    { "<${OV_TEST_WORD}${OV_TEST_WORD}>", "<wordword>" },
    { "\"${OV_TEST_WORD} \"", "word " },
    { "${OV_TEST_NESTED}", "${HOME} $$ \" ; #" },
    { "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80" },
};

START_TEST(value_is_read_as_written)
{
    char text[256];

    snprintf(text, sizeof(text), GOOD "table = %s", values[_i].written);
    ck_ok(parse(text));

    ck_ok(ov_config_settings(config, "", &settings, &err));
    ck_assert_str_eq(settings.table, values[_i].read);
}
END_TEST

START_TEST(byte_order_mark_is_passed_over)
{
    ck_ok(parse("\xEF\xBB\xBF" GOOD));

    ck_ok(ov_config_settings(config, "", &settings, &err));
    ck_assert_str_eq(settings.backend, "memory");
}
END_TEST

START_TEST(file_without_sections_is_empty_not_wrong)
{
    char names[64] = "";

    ck_ok(parse(""));

    ov_config_profiles(config, take_name, names);
    ck_assert_str_eq(names, "");
}
END_TEST

START_TEST(nul_byte_is_refused)
{
    static const char text[] = GOOD "path = a\0b\n";
    struct ov_str all = { text, sizeof(text) - 1 };

    ck_fails(OV_INVALID, ov_config_parse(all, "t.ini", "/", &config, &err));
    ck_at("t.ini:3");
    ck_says("control byte 0x00");
}
END_TEST

/* "table" cannot be that long, so the folder list is. */
START_TEST(line_of_64_kib_comes_back_bit_for_bit)
{
    static char text[70000], value[66000];
    size_t n = 65536 - strlen("plugin_path=");

    value[0] = '/';
    for (size_t i = 1; i < n; i++)
        value[i] = "ab;%#=[] \"c"[i * 7 % 11];
    value[n - 1] = 'z';
    for (size_t i = 1; i < n; i++)
        if (value[i - 1] == ' ' && strchr(";#", value[i]) != NULL)
            value[i] = 'd';
    value[n] = '\0';
    snprintf(text, sizeof(text), "[host]\nplugin_path=%s\n", value);
    ck_ok(parse(text));
    ck_assert_str_eq(ov_config_plugin_path(config), value);

    snprintf(text, sizeof(text), "[host]\nplugin_path=%sz\n", value);
    ov_config_free(config);
    config = NULL;
    ck_fails(OV_INVALID, parse(text));
    ck_says("longer than 65536 bytes");
    ck_at("t.ini:2");
}
END_TEST

START_TEST(profiles_that_share_32_letters_are_two)
{
    char names[128] = "";

    ck_ok(parse("[storage.vectordb:aaaaaaaaaabbbbbbbbbbccccccccccx1]\nbackend = one\n"
                "[storage.vectordb:aaaaaaaaaabbbbbbbbbbccccccccccx2]\nbackend = two\n"));

    ov_config_profiles(config, take_name, names);
    ck_ok(
        ov_config_settings(config, "aaaaaaaaaabbbbbbbbbbccccccccccx2", &settings, &err));
    ck_assert_str_eq(settings.backend, "two");
}
END_TEST

/* What looks like half a password is in no message. */
START_TEST(malformed_line_is_not_quoted)
{
    static const char *const lines[] = {
        "hunter2marker",         "hunter2marker==",        "Xhunter2marker = 3",
        "url = \"hunter2marker", "url = hunter2marker ;x", "url = hunter2marker$x",
        " hunter2marker",        "url = hunter2marker\x01"
    };
    char text[256];

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        snprintf(text, sizeof(text), GOOD "%s\n", lines[i]);
        if (strcmp(lines[i], "hunter2marker==") == 0)
            continue; /* a key with a value: unknown to the provider, named by key */
        ck_fails(OV_INVALID, parse(text));
        ck_assert_ptr_null(strstr(err.message, "marker"));
    }
}
END_TEST

/* ------------------------------------------------------------ files and folders */

START_TEST(file_names_itself_in_errors)
{
    const char *path = temp_path("ov.ini");
    char place[300];

    write_text(path, "[storage.vectordb]\nbackend = memory\ndistance = x\n");
    ck_fails(OV_INVALID, ov_config_read(path, &config, &err));

    snprintf(place, sizeof(place), "%s:3", path);
    ck_at(place);
}
END_TEST

START_TEST(long_file_name_keeps_its_end)
{
    char name[400];

    memset(name, 'd', sizeof(name));
    memcpy(name + 300, "/ov.ini", 8);
    ck_fails(OV_INVALID, ov_config_parse(ov_str_of("x\n"), name, "/", &config, &err));

    ck_assert_uint_eq(strlen(err.where), sizeof(err.where) - 1);
    ck_assert_str_eq(err.where + strlen(err.where) - strlen("d/ov.ini:1"), "d/ov.ini:1");
    ck_assert(strncmp(err.where, "...d", 4) == 0);
}
END_TEST

START_TEST(missing_file_is_not_found)
{
    ck_fails(OV_NOT_FOUND, ov_config_read("/nonexistent/ov.ini", &config, &err));
    ck_says("'/nonexistent/ov.ini'");
    ck_at("/nonexistent/ov.ini");
    ck_assert_ptr_null(config);
}
END_TEST

START_TEST(folder_is_no_file)
{
    ck_fails(OV_INVALID, ov_config_read(temp_dir(), &config, &err));
}
END_TEST

START_TEST(unreadable_file_is_denied)
{
    const char *path = temp_path("ov.ini");

    write_text(path, GOOD);
    ck_assert_int_eq(chmod(path, 0), 0);
    /* Root reads everything, so the test gives that up; it runs in a child. */
    if (geteuid() == 0)
        ck_assert_int_eq(chmod(temp_dir(), 0755) + setegid(65534) + seteuid(65534), 0);
    ck_fails(OV_DENIED, ov_config_read(path, &config, &err));
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
    ck_says("Permission denied");
}
END_TEST

START_TEST(file_larger_than_4_mib_is_refused)
{
    const char *path = temp_path("large.ini");
    int fd = open(path, O_WRONLY | O_CREAT, 0600);

    ck_assert_int_eq(ftruncate(fd, (4 << 20) + 1), 0);
    close(fd);
    ck_fails(OV_INVALID, ov_config_read(path, &config, &err));
    ck_says("larger than 4 MiB");
}
END_TEST

START_TEST(pipe_is_read_as_a_file)
{
    int ends[2];
    char path[64];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], GOOD, strlen(GOOD)), (ssize_t)strlen(GOOD));
    close(ends[1]);
    snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
    ck_ok(ov_config_read(path, &config, &err));
    close(ends[0]);
}
END_TEST

/* ---------------------------------------------------------- whose file it may be */

static void expect_refused(const char *path, const char *who)
{
    ck_fails(OV_DENIED, ov_config_read(path, &config, &err));
    ck_says(who);
    ck_assert_ptr_null(config);
}

START_TEST(file_that_everybody_may_write_is_not_obeyed)
{
    const char *path = temp_path("ov.ini");

    write_text(path, GOOD);
    ck_assert_int_eq(chmod(path, 0666), 0);

    expect_refused(path, "has mode 0666: everybody may write it");
    ck_says("chmod go-w");
}
END_TEST

START_TEST(file_in_a_folder_of_everybody_is_not_obeyed)
{
    const char *path = temp_path("open/ov.ini");

    ck_assert_int_eq(mkdir(temp_path("open"), 0700), 0);
    write_text(path, GOOD);
    ck_assert_int_eq(chmod(temp_path("open"), 0777), 0);

    expect_refused(path,
                   "/open' has mode 0777: everybody may write it, and holds the way");
}
END_TEST

START_TEST(file_of_ours_in_a_sticky_folder_is_read)
{
    const char *path = temp_path("open/ov.ini");

    ck_assert_int_eq(mkdir(temp_path("open"), 0700), 0);
    write_text(path, GOOD);
    ck_assert_int_eq(chmod(temp_path("open"), 01777), 0);

    ck_ok(ov_config_read(path, &config, &err));
}
END_TEST

START_TEST(file_by_a_link_in_a_folder_of_everybody_is_not_obeyed)
{
    ck_assert_int_eq(mkdir(temp_path("open"), 0700), 0);
    write_text(temp_path("real.ini"), GOOD);
    ck_assert_int_eq(symlink("../real.ini", temp_path("open/hop")), 0);
    ck_assert_int_eq(symlink("open/hop", temp_path("ov.ini")), 0);
    ck_assert_int_eq(chmod(temp_path("open"), 0777), 0);

    expect_refused(temp_path("ov.ini"), "/open' has mode 0777");
}
END_TEST

/* The working directory is part of the way of "ov.ini". */
START_TEST(file_without_a_folder_is_judged_by_the_working_directory)
{
    write_text(temp_path("ov.ini"), GOOD);
    ck_assert_int_eq(chdir(temp_dir()) + chmod(temp_dir(), 0777), 0);

    expect_refused("ov.ini", "has mode 0777");
}
END_TEST

/* Only root can make files of others. */
#define SOMEBODY 65534
static const struct {
    const char *what;
    const char *of_somebody; /* this belongs to somebody */
} foreign[] = { { "the file", "open/ov.ini" }, { "its folder", "open" } };

START_TEST(file_or_folder_of_somebody_else_is_not_obeyed)
{
    const char *path = temp_path("open/ov.ini");

    ck_assert_int_eq(mkdir(temp_path("open"), 0755), 0);
    write_text(path, GOOD);
    ck_assert_int_eq(chown(temp_path(foreign[_i].of_somebody), SOMEBODY, (gid_t)-1), 0);

    expect_refused(path, "belongs to user 65534");
    ck_says("chown it to that user or to root");
    ck_says("-c /dev/stdin");
}
END_TEST

START_TEST(files_of_root_are_obeyed_by_everybody)
{
    const char *path = temp_path("ov.ini");

    write_text(path, GOOD);
    ck_assert_int_eq(chmod(path, 0644) + chmod(temp_dir(), 0755), 0);
    ck_assert_int_eq(setegid(SOMEBODY) + seteuid(SOMEBODY), 0);
    ck_ok(ov_config_read(path, &config, &err));
    ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

/* Whoever starts the program gives it its standard input. */
START_TEST(standard_input_is_the_callers_whatever_file_it_is)
{
    const char *path = temp_path("ov.ini");
    int fd;

    write_text(path, GOOD);
    ck_assert_int_eq(chmod(path, 0666), 0);
    fd = open(path, O_RDONLY);
    ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);

    ck_ok(ov_config_read("/dev/stdin", &config, &err));
    close(fd);
}
END_TEST

START_TEST(file_of_a_name_with_control_characters_is_named_without_them)
{
    ck_fails(OV_NOT_FOUND,
             ov_config_read("a\033[2J\xC2\x9B\xE2\x80\xAE.ini", &config, &err));
    ck_at("a?[2J??.ini");
    ck_says("'a?[2J??.ini'");
}
END_TEST

START_TEST(relative_paths_count_from_the_folder_of_the_file)
{
    char expected[300];

    write_text(temp_path("ov.ini"), "[host]\nplugin_path = p\n");
    ck_assert_int_eq(chdir(temp_dir()), 0);
    ck_ok(ov_config_read("ov.ini", &config, &err));

    snprintf(expected, sizeof(expected), "%s/p", temp_dir());
    ck_assert_str_eq(ov_config_plugin_path(config), expected);
}
END_TEST

START_TEST(no_descriptor_is_left)
{
    int before;

    write_text(temp_path("ov.ini"), GOOD);
    write_text(temp_path("bad.ini"), "x\n");
    before = count_descriptors();
    ck_ok(ov_config_read(temp_path("ov.ini"), &config, &err));
    ck_assert_int_ne(ov_config_read(temp_path("bad.ini"), &config, &err), OV_OK);
    ck_assert_int_ne(ov_config_read(temp_dir(), &config, &err), OV_OK);

    ck_assert_int_eq(count_descriptors(), before);
}
END_TEST

/* ---------------------------------------------------------- keys and values given */

START_TEST(pairs_become_the_plain_profile)
{
    static const struct ov_pair pairs[] = { { "backend", "memory" },
                                            { "table", "a ${b} $ ;" },
                                            { "url", "x" } };

    ck_ok(ov_config_of(pairs, 3, "ov.conf", "/w", &config, &err));

    ck_ok(ov_config_settings(config, NULL, &settings, &err));
    ck_assert_str_eq(settings.table, "a ${b} $ ;");
}
END_TEST

static const struct {
    const char *key;
    const char *value;
    const char *says;
} bad_pairs[] = {
    { "Table", "x", "'Table' is no key" },
    { "\xFF", "x", "a key is not UTF-8" },
    { "", "x", "is no key" },
    { "backend", "x", "'backend' is set twice" },
    { "url", "\xFF", "'url' is not UTF-8" },
    { "distance", "x", "'distance' is 'x'" },
};

START_TEST(bad_pair_is_refused)
{
    const struct ov_pair pairs[] = { { "backend", "memory" },
                                     { bad_pairs[_i].key, bad_pairs[_i].value } };

    ck_fails(OV_INVALID, ov_config_of(pairs, 2, "ov.conf", "/w", &config, &err));
    ck_says(bad_pairs[_i].says);
    ck_at("ov.conf");
    ck_assert_ptr_null(config);
}
END_TEST

/* ---------------------------------------------------------------------- numbers */

START_TEST(numbers_are_read_alike_under_a_comma_locale)
{
    const char *folder = getenv("OV_TEST_LOCALES");

    if (folder != NULL) {
        setenv("LOCPATH", folder, 1);
        ck_assert_ptr_nonnull(setlocale(LC_ALL, "de_DE.UTF-8"));
        ck_assert_str_eq(localeconv()->decimal_point, ",");
    }
    ck_ok(parse(GOOD "sparse_weight = 0.25\n"));
    ck_ok(ov_config_settings(config, "", &settings, &err));
    ck_assert(settings.sparse_weight == 0.25);
    ck_fails(OV_INVALID, parse(GOOD "sparse_weight = 0,25\n"));
}
END_TEST

static const struct {
    const char *text;
    int64_t ms; /* -1: refused */
} durations[] = {
    { "0", 0 },
    { "0s", 0 },
    { "250ms", 250 },
    { "30s", 30000 },
    { "5min", 300000 },
    { "2h", 7200000 },
    { "1 s", 1000 },
    { "", -1 },
    { "s", -1 },
    { "1", -1 },
    { "1m", -1 },
    { "1S", -1 },
    { "1.5s", -1 },
    { "-1s", -1 },
    { "+1s", -1 },
    { " 1s", -1 },
    { "1s ", -1 },
    { "1sx", -1 },
    { "0x1s", -1 },
    { "9223372036854775807ms", INT64_MAX },
    { "9223372036854775808ms", -1 },
    { "9223372036854775807s", -1 },
};

START_TEST(duration_is_a_whole_number_with_a_unit)
{
    int64_t ms = -7;
    int status = values_duration(durations[_i].text, &ms);

    ck_assert_int_eq(status, durations[_i].ms < 0 ? -1 : 0);
    ck_assert_int_eq(ms, durations[_i].ms < 0 ? -7 : durations[_i].ms);
}
END_TEST

static const struct {
    const char *text;
    int64_t bytes; /* -1: refused */
} sizes[] = {
    { "0", 0 },
    { "4096", 4096 },
    { "1B", 1 },
    { "64MiB", 64 << 20 },
    { "1KiB", 1024 },
    { "1GiB", 1 << 30 },
    { "2TiB", INT64_C(1) << 41 },
    { "64MB", -1 },
    { "64k", -1 },
    { "1.5GiB", -1 },
    { "", -1 },
    { "-1", -1 },
    { "KiB", -1 },
    { "9007199254740992TiB", -1 },
};

START_TEST(size_is_a_whole_number_with_a_binary_unit_or_none)
{
    int64_t bytes = -7;
    int status = values_size(sizes[_i].text, &bytes);

    ck_assert_int_eq(status, sizes[_i].bytes < 0 ? -1 : 0);
    ck_assert_int_eq(bytes, sizes[_i].bytes < 0 ? -7 : sizes[_i].bytes);
}
END_TEST

static const struct {
    const char *asked;
    const char *hint;
} slips[] = {
    { "ulr", "; did you mean 'url'" },
    { "ur", "; did you mean 'url'" },
    { "schemas", "; did you mean 'schema'" },
    { "shcema", "; did you mean 'schema'" },
    { "pool_sise", "; did you mean 'pool_size'" },
    { "zzzzzz", "" },
    { "", "" },
};

START_TEST(nearest_name_is_found_for_a_slip_and_not_for_another_word)
{
    struct values_nearest nearest;
    char hint[VALUES_HINT];

    values_nearest_begin(&nearest, slips[_i].asked);
    values_nearest_words(&nearest, "url schema  pool_size");

    ck_assert_str_eq(values_hint(&nearest, hint), slips[_i].hint);
}
END_TEST

/* ----------------------------------------------------------------------- memory */

#ifdef HAVE_FAULT
START_TEST(without_memory_nothing_is_handed_over_and_nothing_leaks)
{
    static const char text[] = "[host]\nplugin_path = a:/b\n" GOOD "table = ${HOME}\n"
                               "[storage.vectordb:b]\nbackend = native\npath = x\n";
    size_t n;

    setenv("HOME", "/h", 1);
    for (n = 0;; n++) {
        int32_t status;
        int happened;

        ov_error_reset(&err);
        config = NULL;
        fault_arm(n);
        status = parse(text);
        happened = fault_disarm();
        if (!happened)
            break;
        ck_assert_int_eq(status, OV_NO_SPACE);
        ck_assert_int_eq(err.code, OV_NO_SPACE);
        ck_assert_ptr_null(config);
    }
    ck_assert_ptr_nonnull(config);
    ck_assert_uint_gt(n, 15);
}
END_TEST

START_TEST(without_memory_a_file_is_not_read)
{
    size_t n;

    write_text(temp_path("ov.ini"), GOOD);
    for (n = 0;; n++) {
        const char *path = temp_path("ov.ini");
        int32_t status;

        ov_error_reset(&err);
        config = NULL;
        fault_arm(n);
        status = ov_config_read(path, &config, &err);
        if (!fault_disarm())
            break;
        ck_assert_int_eq(status, OV_NO_SPACE);
        ck_assert_ptr_null(config);
    }
    ck_assert_uint_gt(n, 5);
}
END_TEST
#endif

static Suite *suite(void)
{
    Suite *s = suite_create("config");
    TCase *c = tcase_create("config");

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_loop_test(c, bad_file_is_refused_with_place_and_reason, 0, N_BAD_FILES);
    tcase_add_loop_test(c, bad_file_is_refused_whatever_its_line_ends, 0, N_BAD_FILES);
    tcase_add_loop_test(c, value_is_read_as_written, 0,
                        (int)(sizeof(values) / sizeof(values[0])));
    tcase_add_test(c, whole_file_gives_its_profiles_in_order);
    tcase_add_test(c, settings_not_given_take_their_defaults);
    tcase_add_test(c, settings_given_are_read);
    tcase_add_test(c, profile_inherits_nothing);
    tcase_add_test(c, unknown_profile_is_not_found_and_the_nearest_is_named);
    tcase_add_test(c, byte_order_mark_is_passed_over);
    tcase_add_test(c, file_without_sections_is_empty_not_wrong);
    tcase_add_test(c, nul_byte_is_refused);
    tcase_add_test(c, line_of_64_kib_comes_back_bit_for_bit);
    tcase_add_test(c, profiles_that_share_32_letters_are_two);
    tcase_add_test(c, malformed_line_is_not_quoted);
    tcase_add_test(c, file_names_itself_in_errors);
    tcase_add_test(c, long_file_name_keeps_its_end);
    tcase_add_test(c, missing_file_is_not_found);
    tcase_add_test(c, folder_is_no_file);
    tcase_add_test(c, unreadable_file_is_denied);
    tcase_add_test(c, file_larger_than_4_mib_is_refused);
    tcase_add_test(c, pipe_is_read_as_a_file);
    tcase_add_test(c, file_that_everybody_may_write_is_not_obeyed);
    tcase_add_test(c, file_in_a_folder_of_everybody_is_not_obeyed);
    tcase_add_test(c, file_of_ours_in_a_sticky_folder_is_read);
    tcase_add_test(c, file_by_a_link_in_a_folder_of_everybody_is_not_obeyed);
    tcase_add_test(c, file_without_a_folder_is_judged_by_the_working_directory);
    if (geteuid() == 0) {
        tcase_add_loop_test(c, file_or_folder_of_somebody_else_is_not_obeyed, 0,
                            sizeof(foreign) / sizeof(foreign[0]));
        tcase_add_test(c, files_of_root_are_obeyed_by_everybody);
    }
    tcase_add_test(c, standard_input_is_the_callers_whatever_file_it_is);
    tcase_add_test(c, file_of_a_name_with_control_characters_is_named_without_them);
    tcase_add_test(c, relative_paths_count_from_the_folder_of_the_file);
    tcase_add_test(c, no_descriptor_is_left);
    tcase_add_test(c, pairs_become_the_plain_profile);
    tcase_add_loop_test(c, bad_pair_is_refused, 0,
                        (int)(sizeof(bad_pairs) / sizeof(bad_pairs[0])));
    tcase_add_test(c, numbers_are_read_alike_under_a_comma_locale);
    tcase_add_loop_test(c, duration_is_a_whole_number_with_a_unit, 0,
                        (int)(sizeof(durations) / sizeof(durations[0])));
    tcase_add_loop_test(c, size_is_a_whole_number_with_a_binary_unit_or_none, 0,
                        (int)(sizeof(sizes) / sizeof(sizes[0])));
    tcase_add_loop_test(c, nearest_name_is_found_for_a_slip_and_not_for_another_word, 0,
                        (int)(sizeof(slips) / sizeof(slips[0])));
#ifdef HAVE_FAULT
    tcase_add_test(c, without_memory_nothing_is_handed_over_and_nothing_leaks);
    tcase_add_test(c, without_memory_a_file_is_not_read);
#endif
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
