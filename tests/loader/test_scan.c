/* SPDX-License-Identifier: Apache-2.0 */
/* test_scan.c - search paths, file names, and who is trusted. */
#include "candidate.h"
#include "folder.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ------------------------------------------------------------------------- names */

static const struct {
    const char *file;
    const char *name; /* NULL: not a provider's */
} names[] = {
    { "libov_backend_native.so", "native" },
    { "libov_backend_a.so", "a" },
    { "libov_backend_a_9.so", "a_9" },
    { "libov_backend_abcdefghijklmnopqrstuvwxyz01234.so",
      "abcdefghijklmnopqrstuvwxyz01234" },
    { "libov_backend_abcdefghijklmnopqrstuvwxyz012345.so", NULL },
    { "libov_backend_.so", NULL },
    { "libov_backend_9.so", NULL },
    { "libov_backend__a.so", NULL },
    { "libov_backend_A.so", NULL },
    { "libov_backend_a-b.so", NULL },
    { "libov_backend_a.b.so", NULL },
    { "libov_backend_a.so.1", NULL },
    { "libov_backend_a.so~", NULL },
    { "libov_backend_a.so.dpkg-new", NULL },
    { "libov_backend_a.la", NULL },
    { "libov_backend_a", NULL },
    { ".libov_backend_a.so", NULL },
    { "xlibov_backend_a.so", NULL },
    { "ov_backend_a.so", NULL },
    { "README", NULL },
    { "", NULL },
};

START_TEST(only_the_exact_pattern_is_a_providers_name)
{
    char name[32] = "untouched";
    int is = scan_name(names[_i].file, name);

    ck_assert_int_eq(is, names[_i].name != NULL);
    ck_assert_str_eq(name, is ? names[_i].name : "untouched");
}
END_TEST

/* ------------------------------------------------------------------------- order */

struct list {
    char lines[4000];
};

static void add_line(void *ctx, const struct ov_candidate *candidate)
{
    struct list *list = ctx;
    size_t used = strlen(list->lines);
    const char *path = candidate->path;

    if (strncmp(path, folder, strlen(folder)) == 0)
        path += strlen(folder);
    snprintf(list->lines + used, sizeof(list->lines) - used, "%s %s\n", path,
             candidate->verdict);
}

START_TEST(everything_is_listed_by_directory_then_by_name)
{
    struct list list = { "" };
    struct ov_host *host;

    make_folder();
    ck_assert_int_eq(mkdir(in_folder("sub"), 0700), 0);
    put("good");
    write_text(in_folder("README"), "read me\n");
    write_text(in_folder(".hidden"), "");
    put_file(so_name("serial"), in_folder("sub/libov_backend_serial.so"));
    snprintf(extra_path, sizeof(extra_path), ":/nonexistent:%s/sub", folder);
    host = open_host();
    ov_host_candidates(host, add_line, &list);

    ck_assert_str_eq(list.lines, "/.hidden OV-LOAD-FILE-NAME\n"
                                 "/README OV-LOAD-FILE-NAME\n"
                                 "/libov_backend_good.so OV-LOAD-OK\n"
                                 "/sub OV-LOAD-FILE-NAME\n"
                                 "/nonexistent OV-LOAD-DIR-MISSING\n"
                                 "/sub/libov_backend_serial.so OV-LOAD-OK\n");
    ov_host_close(host);
}
END_TEST

START_TEST(file_that_is_not_loaded_yet_is_usable_by_preflight)
{
    struct ov_host *host;

    make_folder();
    put("good");
    host = open_host();

    ck_assert_str_eq(look(host, so_name("good")).stage, "preflight");
    ov_host_probe(host);
    ck_assert_str_eq(look(host, so_name("good")).stage, "bind");
    ov_host_close(host);
}
END_TEST

START_TEST(a_control_byte_in_a_name_stays_out_of_the_reason)
{
    struct ov_host *host;
    struct found found;

    make_folder();
    write_text(in_folder("two\nlines"), "");
    host = open_host();
    found = look(host, "two\nlines");

    ck_assert_ptr_null(strchr(found.reason, '\n'));
    ck_assert_ptr_nonnull(strstr(found.reason, "two lines"));
    ov_host_close(host);
}
END_TEST

/* --------------------------------------------------------------------- which path */

static void first_path(void *ctx, const struct ov_candidate *candidate)
{
    char *out = ctx;

    if (out[0] == '\0')
        snprintf(out, 512, "%s", candidate->path);
}

static void first_of(const struct ov_host_options *options, char out[512])
{
    struct ov_host *host = NULL;

    out[0] = '\0';
    ck_ok(ov_host_open(options, &host, &err));
    ov_host_candidates(host, first_path, out);
    ov_host_close(host);
}

START_TEST(explicit_path_comes_before_the_environment_before_the_built_in_one)
{
    struct ov_host_options options = { .size = sizeof(options),
                                       .plugin_path = "/nonexistent/explicit" };
    char path[512];

    setenv("OV_PLUGIN_PATH", "/nonexistent/environment", 1);
    first_of(&options, path);
    ck_assert_str_eq(path, "/nonexistent/explicit");
    first_of(NULL, path);
    ck_assert_str_eq(path, "/nonexistent/environment");
    setenv("OV_PLUGIN_PATH", "", 1);
    first_of(NULL, path);
    ck_assert_int_eq(strncmp(path, OV_BACKEND_DIR, strlen(OV_BACKEND_DIR)), 0);
}
END_TEST

START_TEST(options_of_a_shorter_size_are_read_no_further)
{
    struct ov_host_options options = { .size = 4, .plugin_path = "/nonexistent/beyond" };
    char path[512];

    setenv("OV_PLUGIN_PATH", "/nonexistent/environment", 1);
    first_of(&options, path);

    ck_assert_str_eq(path, "/nonexistent/environment");
}
END_TEST

START_TEST(unknown_flags_are_refused)
{
    struct ov_host_options options = { .size = sizeof(options), .flags = 2 };
    struct ov_host *host = NULL;

    ck_fails(OV_INVALID, ov_host_open(&options, &host, &err));
    ck_assert_ptr_null(host);
    ck_says("0x2");
}
END_TEST

/* -------------------------------------------------------------------------- trust */

#define ME 1000
#define OTHER 2000

static const struct {
    const char *what;
    mode_t mode;
    uid_t owner;
    gid_t group;
    uid_t next; /* owner of what it holds; 0 also stands for none of a file */
    enum verdict verdict;
} entries[] = {
    { "root's file", S_IFREG | 0644, 0, 0, 0, VERDICT_OK },
    { "my file", S_IFREG | 0755, ME, ME, 0, VERDICT_OK },
    { "my group is mine", S_IFREG | 0664, ME, ME, 0, VERDICT_OK },
    { "root's group is root's", S_IFREG | 0664, 0, 0, 0, VERDICT_OK },
    { "a group of many", S_IFREG | 0664, ME, 50, 0, VERDICT_FILE_WRITABLE },
    { "everybody", S_IFREG | 0646, ME, ME, 0, VERDICT_FILE_WRITABLE },
    { "sticky says nothing of a file", S_IFREG | S_ISVTX | 0646, ME, ME, 0,
      VERDICT_FILE_WRITABLE },
    { "my directory", S_IFDIR | 0755, ME, ME, ME, VERDICT_OK },
    { "everybody's directory", S_IFDIR | 0777, 0, 0, ME, VERDICT_DIR_WRITABLE },
    { "a group's directory", S_IFDIR | 0775, 0, 50, ME, VERDICT_DIR_WRITABLE },
    { "/tmp with mine in it", S_IFDIR | S_ISVTX | 0777, 0, 0, ME, VERDICT_OK },
    { "/tmp with root's in it", S_IFDIR | S_ISVTX | 0777, 0, 0, 0, VERDICT_OK },
    { "/tmp with another's in it", S_IFDIR | S_ISVTX | 0777, 0, 0, OTHER,
      VERDICT_DIR_WRITABLE },
};

START_TEST(whoever_else_may_write_makes_it_untrusted)
{
    struct trust trust = { .user = ME };
    struct stat info = { .st_mode = entries[_i].mode,
                         .st_uid = entries[_i].owner,
                         .st_gid = entries[_i].group };
    struct stat next = { .st_mode = S_IFREG | 0644, .st_uid = entries[_i].next };
    struct candidate candidate = { 0 };
    int stop = trust_entry(&trust, "/x", &info, S_ISDIR(info.st_mode) ? &next : NULL,
                           &candidate);

    ck_assert_msg(candidate.found.verdict == entries[_i].verdict, "%s: %s",
                  entries[_i].what, candidate.found.reason);
    ck_assert_int_eq(stop, entries[_i].verdict != VERDICT_OK);
    ck_assert_str_eq(candidate.warning, "");
}
END_TEST

START_TEST(link_into_a_directory_of_everybody_is_refused)
{
    struct ov_host *host;
    struct found found;

    make_folder();
    ck_assert_int_eq(mkdir(in_folder("open"), 0700), 0);
    ck_assert_int_eq(chmod(in_folder("open"), 0777), 0);
    put_file(so_name("good"), in_folder("open/libov_backend_good.so"));
    ck_assert_int_eq(
        symlink("open/libov_backend_good.so", in_folder("libov_backend_good.so")), 0);
    host = open_host();
    found = look(host, so_name("good"));

    ck_assert_str_eq(found.verdict, "OV-LOAD-DIR-WRITABLE");
    ck_assert_ptr_nonnull(strstr(found.reason, "/open'"));
    ov_host_close(host);
}
END_TEST

START_TEST(link_from_a_directory_of_everybody_is_refused)
{
    struct ov_host *host;

    make_folder();
    ck_assert_int_eq(mkdir(in_folder("open"), 0700), 0);
    put("good");
    ck_assert_int_eq(
        symlink(in_folder(so_name("good")), in_folder("open/libov_backend_good.so")), 0);
    ck_assert_int_eq(chmod(in_folder("open"), 0777), 0);
    snprintf(folder + strlen(folder), sizeof(folder) - strlen(folder), "/open");
    host = open_host();

    ck_assert_str_eq(look(host, so_name("good")).verdict, "OV-LOAD-DIR-WRITABLE");
    ov_host_close(host);
}
END_TEST

/* a -> open/hop -> real: the way begins and ends in good places. */
START_TEST(link_by_way_of_a_directory_of_everybody_is_refused)
{
    struct ov_host *host;
    struct found found;

    make_folder();
    ck_assert_int_eq(mkdir(in_folder("real"), 0700) + mkdir(in_folder("open"), 0700), 0);
    put_file(so_name("good"), in_folder("real/provider.so"));
    ck_assert_int_eq(symlink("../real/provider.so", in_folder("open/hop")), 0);
    ck_assert_int_eq(symlink("open/hop", in_folder(so_name("good"))), 0);
    ck_assert_int_eq(chmod(in_folder("open"), 0777), 0);
    host = open_host();
    found = look(host, so_name("good"));

    ck_assert_str_eq(found.verdict, "OV-LOAD-DIR-WRITABLE");
    ck_assert_ptr_nonnull(strstr(found.reason, "/open'"));
    ov_host_close(host);
}
END_TEST

START_TEST(plugin_path_by_way_of_a_directory_of_everybody_is_refused)
{
    struct ov_host *host;
    struct found found;

    make_folder();
    ck_assert_int_eq(mkdir(in_folder("real"), 0700) + mkdir(in_folder("open"), 0700), 0);
    put_file(so_name("good"), in_folder("real/libov_backend_good.so"));
    ck_assert_int_eq(symlink("../real", in_folder("open/hop")), 0);
    ck_assert_int_eq(chmod(in_folder("open"), 0777), 0);
    snprintf(folder + strlen(folder), sizeof(folder) - strlen(folder), "/open/hop");
    host = open_host();
    found = look(host, so_name("good"));

    ck_assert_str_eq(found.verdict, "OV-LOAD-DIR-WRITABLE");
    ck_assert_ptr_nonnull(strstr(found.reason, "/open'"));
    ov_host_close(host);
}
END_TEST

/* ------------------------------------------------------- libraries of a provider */

static void expect_library_refused(const char *object, const char *reason)
{
    struct ov_host *host = open_host();
    struct found found = look(host, so_name(object));

    ck_assert_str_eq(found.verdict, "OV-LOAD-LIBRARY-WRITABLE");
    ck_assert_msg(strstr(found.reason, reason) != NULL, "'%s'", found.reason);
    ov_host_close(host);
}

static void make_open_library(void)
{
    ck_assert_int_eq(mkdir(in_folder("open"), 0700), 0);
    put_file("libzoo_absent_file.so", in_folder("open/library.so"));
    ck_assert_int_eq(chmod(in_folder("open"), 0777), 0);
    ck_assert_int_eq(symlink("open/library.so", in_folder("libzoo_absent.so")), 0);
}

START_TEST(library_by_way_of_a_directory_of_everybody_is_refused)
{
    make_folder();
    put("dependency");
    make_open_library();

    expect_library_refused("dependency", "/open'");
}
END_TEST

START_TEST(so_is_the_library_of_a_library)
{
    make_folder();
    put("deeper");
    put_file("libzoo_middle_file.so", in_folder("libzoo_middle.so"));
    make_open_library();

    expect_library_refused("deeper", "/open'");
}
END_TEST

/* Nobody can make the folder but its owner; in /tmp anybody could. */
START_TEST(run_path_that_is_not_there_matters_where_others_can_make_it)
{
    struct ov_host *host;

    make_folder();
    put("run_path");
    host = open_host();
    ck_assert_str_eq(look(host, so_name("run_path")).verdict, "OV-LOAD-OK");
    ov_host_close(host);

    ck_assert_int_eq(mkdir(in_folder("sticky"), 0700), 0);
    ck_assert_int_eq(chmod(in_folder("sticky"), 01777), 0);
    ck_assert_int_eq(symlink("sticky/nothing", in_folder("libraries")), 0);
    expect_library_refused("run_path", "/sticky'");
}
END_TEST

/* ------------------------------------------------------- groups and access lists */

static const struct {
    const char *what, *users, *groups;
    gid_t group;
    int private;
} group_rows[] = {
    { "the user's own number", "me:x:1000:1000::/:/bin/sh\n", "me:x:1000:\n", ME, 1 },
    { "named nowhere, by its number", "", "", ME, 1 },
    { "named nowhere, another number", "", "", 50, 0 },
    { "the user's own, of another number", "me:x:1000:50::/:/\n", "me:x:50:\n", 50, 1 },
    { "that of all users", "me:x:1000:50::/:/\nyou:x:1001:50::/:/\n", "users:x:50:\n", 50,
      0 },
    { "another's first group", "you:x:1001:1000::/:/\n", "me:x:1000:\n", ME, 0 },
    { "a second member", "me:x:1000:1000::/:/\nyou:x:1001:1001::/:/\n",
      "me:x:1000:me,you\n", ME, 0 },
    { "a member whom nobody knows", "me:x:1000:1000::/:/\n", "me:x:1000:ghost\n", ME, 0 },
    { "root as a member", "root:x:0:0::/:/\nme:x:1000:1000::/:/\n", "me:x:1000:root\n",
      ME, 1 },
};

START_TEST(group_is_private_when_nobody_else_is_in_it)
{
    const char *texts[] = { group_rows[_i].users, group_rows[_i].groups };
    struct trust trust = { .user = ME };
    FILE *files[2];
    int private;

    for (int i = 0; i < 2; i++) {
        write_text(temp_path(i == 0 ? "users" : "groups"), texts[i]);
        files[i] = fopen(temp_path(i == 0 ? "users" : "groups"), "r");
        ck_assert_ptr_nonnull(files[i]);
    }
    private = trust_group_private(files[0], files[1], &trust, ME, group_rows[_i].group);

    ck_assert_msg(private == group_rows[_i].private, "%s", group_rows[_i].what);
    fclose(files[0]);
    fclose(files[1]);
}
END_TEST

/* As the kernel keeps it: owner, one more user, group, mask, others. */
struct access_list {
    uint32_t version;
    struct {
        uint16_t tag, rights;
        uint32_t id;
    } entries[5];
};

static struct access_list list_of(uint16_t tag, uint32_t id, uint16_t rights)
{
    struct access_list list = { 2,
                                { { 1, 6, UINT32_MAX },
                                  { tag, rights, id },
                                  { 4, 4, UINT32_MAX },
                                  { 16, 7, UINT32_MAX },
                                  { 32, 4, UINT32_MAX } } };

    return list;
}

static const struct {
    uint16_t tag;
    uint32_t id;
    uint16_t rights;
    int given;
} list_rows[] = {
    { 2, OTHER, 6, 1 }, { 2, OTHER, 4, 0 }, { 2, ME, 6, 0 }, { 2, 0, 7, 0 },
    { 8, 4242, 6, 1 },  { 8, 4242, 5, 0 },  { 8, ME, 6, 0 },
};

START_TEST(access_list_that_lets_another_write_is_seen)
{
    struct access_list list =
        list_of(list_rows[_i].tag, list_rows[_i].id, list_rows[_i].rights);
    struct stat info = { .st_mode = S_IFREG | 0674, .st_uid = ME, .st_gid = ME };
    struct trust trust = { .user = ME };
    char who[40] = "";
    int given = trust_list_gives(&trust, TRUST_WRITE, (unsigned char *)&list,
                                 sizeof(list), &info, who);

    ck_assert_int_eq(given, list_rows[_i].given);
    ck_assert_int_eq(strstr(who, "access list") != NULL, given);
}
END_TEST

#if __BYTE_ORDER == __LITTLE_ENDIAN
START_TEST(file_that_an_access_list_opens_is_refused)
{
    struct access_list list = list_of(2, OTHER, 6);
    struct ov_host *host;
    struct found found;

    make_folder();
    put("good");
    ck_assert_int_eq(setxattr(in_folder(so_name("good")), "system.posix_acl_access",
                              &list, sizeof(list), 0),
                     0);
    host = open_host();
    found = look(host, so_name("good"));

    ck_assert_str_eq(found.verdict, "OV-LOAD-FILE-WRITABLE");
    ck_assert_ptr_nonnull(strstr(found.reason, "user 2000, by its access list,"));
    ov_host_close(host);
}
END_TEST
#endif

START_TEST(link_to_a_good_file_is_loaded)
{
    const struct ov_description *description;
    struct ov_host *host;

    make_folder();
    ck_assert_int_eq(mkdir(in_folder("real"), 0700), 0);
    put_file(so_name("good"), in_folder("real/provider-1.0.so"));
    ck_assert_int_eq(symlink("real/provider-1.0.so", in_folder("libov_backend_good.so")),
                     0);
    host = open_host();

    ck_ok(ov_host_describe(host, "good", &description, NULL, &err));
    ov_host_close(host);
}
END_TEST

START_TEST(folder_reached_through_a_link_is_judged_by_where_it_is)
{
    struct ov_host *host;

    make_folder();
    put("good");
    ck_assert_int_eq(symlink("plugins", temp_path("link")), 0);
    snprintf(folder, sizeof(folder), "%s", temp_path("link"));
    host = open_host();
    ov_host_probe(host);

    ck_assert_str_eq(look(host, so_name("good")).verdict, "OV-LOAD-OK");
    ov_host_close(host);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("scan");
    TCase *scan = tcase_create("scan"), *trust = tcase_create("trust");

    tcase_add_loop_test(scan, only_the_exact_pattern_is_a_providers_name, 0,
                        sizeof(names) / sizeof(names[0]));
    tcase_add_test(scan, everything_is_listed_by_directory_then_by_name);
    tcase_add_test(scan, file_that_is_not_loaded_yet_is_usable_by_preflight);
    tcase_add_test(scan, a_control_byte_in_a_name_stays_out_of_the_reason);
    tcase_add_test(scan,
                   explicit_path_comes_before_the_environment_before_the_built_in_one);
    tcase_add_test(scan, options_of_a_shorter_size_are_read_no_further);
    tcase_add_test(scan, unknown_flags_are_refused);
    tcase_add_loop_test(trust, whoever_else_may_write_makes_it_untrusted, 0,
                        sizeof(entries) / sizeof(entries[0]));
    tcase_add_test(trust, link_into_a_directory_of_everybody_is_refused);
    tcase_add_test(trust, link_from_a_directory_of_everybody_is_refused);
    tcase_add_test(trust, link_by_way_of_a_directory_of_everybody_is_refused);
    tcase_add_test(trust, plugin_path_by_way_of_a_directory_of_everybody_is_refused);
    tcase_add_test(trust, library_by_way_of_a_directory_of_everybody_is_refused);
    tcase_add_test(trust, so_is_the_library_of_a_library);
    tcase_add_test(trust, run_path_that_is_not_there_matters_where_others_can_make_it);
    tcase_add_loop_test(trust, group_is_private_when_nobody_else_is_in_it, 0,
                        sizeof(group_rows) / sizeof(group_rows[0]));
    tcase_add_loop_test(trust, access_list_that_lets_another_write_is_seen, 0,
                        sizeof(list_rows) / sizeof(list_rows[0]));
#if __BYTE_ORDER == __LITTLE_ENDIAN
    tcase_add_test(trust, file_that_an_access_list_opens_is_refused);
#endif
    tcase_add_test(trust, link_to_a_good_file_is_loaded);
    tcase_add_test(trust, folder_reached_through_a_link_is_judged_by_where_it_is);
    suite_add_tcase(all, scan);
    suite_add_tcase(all, trust);
    return all;
}

int main(void)
{
    umask(022);
    return run_suite(suite());
}
