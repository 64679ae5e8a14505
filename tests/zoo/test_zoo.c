/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_zoo.c - every verdict is given to an object with that one fault, and to nothing
 * else: with its check switched off the same object goes on to the next stage.
 */
#include "folder.h"
#include "loader.h"
#include "provider.h"
#include "support.h"

#include <ov/host.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ----------------------------------------------------------------------- the objects */

static void link_to_nowhere(void)
{
    ck_assert_int_eq(symlink("/nonexistent/x.so", in_folder(so_name("dangling"))), 0);
}

static void make_directory(void)
{
    ck_assert_int_eq(mkdir(in_folder(so_name("folder")), 0700), 0);
}

static void wrong_name(void)
{
    put_file(so_name("good"), in_folder("libov_backend_good.so.1"));
}

static void write_for_all(void)
{
    put("good");
    ck_assert_int_eq(chmod(in_folder(so_name("good")), 0666), 0);
}

static void open_for_all(void)
{
    put("good");
    ck_assert_int_eq(chmod(folder, 0777), 0);
}

static void second_folder(void)
{
    put("good");
    snprintf(extra_path, sizeof(extra_path), ":%s/second", folder);
    ck_assert_int_eq(mkdir(in_folder("second"), 0700), 0);
    put_file(so_name("good_2"), in_folder("second/libov_backend_good.so"));
}

static void repeat_folder(void)
{
    put("good");
    snprintf(extra_path, sizeof(extra_path), ":%s/.", folder);
}

static void add_empty(void)
{
    put("good");
    snprintf(extra_path, sizeof(extra_path), ":");
}

static void add_relative(void)
{
    put("good");
    ck_assert_int_eq(chdir(temp_dir()), 0);
    snprintf(extra_path, sizeof(extra_path), ":relative");
}

static void add_missing(void)
{
    snprintf(extra_path, sizeof(extra_path), ":/nonexistent");
}

static void add_file(void)
{
    put("good");
    snprintf(extra_path, sizeof(extra_path), ":%s", in_folder(so_name("good")));
}

static void add_loop(void)
{
    ck_assert_int_eq(symlink("loop", in_folder("loop")), 0);
    snprintf(extra_path, sizeof(extra_path), ":%s", in_folder("loop"));
}

static void bring_old_library(void)
{
    put("version");
    put_file("libzoo_versioned_1.so", in_folder("libzoo_versioned.so"));
}

static void bring_middle(void)
{
    put("deeper");
    put_file("libzoo_middle_file.so", in_folder("libzoo_middle.so"));
}

static void bring_entry_below(void)
{
    put("entry_below");
    put_file("libzoo_entry_file.so", in_folder("libzoo_entry.so"));
}

static void bring_elsewhere(void)
{
    put("elsewhere");
    put_file("libzoo_entry_file.so", in_folder("libzoo_entry.so"));
}

static void open_libraries(void)
{
    put("run_path");
    ck_assert_int_eq(mkdir(in_folder("libraries"), 0700), 0);
    ck_assert_int_eq(chmod(in_folder("libraries"), 0777), 0);
}

static void bring_passed(void)
{
    put("entry_passed");
    put_file("libzoo_entry_file.so", in_folder("libzoo_entry.so"));
}

/* Somebody else loads what lies there, then the file is replaced. */
static void load_another(void)
{
    put("good");
    ck_assert_ptr_nonnull(dlopen(in_folder(so_name("good")), RTLD_NOW | RTLD_LOCAL));
    put_file(so_name("good_2"), in_folder(so_name("good")));
}

#define NEXT_IS_OK VERDICT_OK

/* Where the next stage refuses the object as well, `after` says which and the comment
 * why nothing else is possible. ALWAYS: nothing could go on, so the check cannot be
 * switched off. */
#define ALWAYS VERDICTS

static const struct row {
    const char *object; /* of the zoo, when prepare is NULL */
    void (*prepare)(void);
    const char *file; /* the end of the candidate's path; NULL: made of object */
    enum verdict verdict;
    const char *says;
    enum verdict after;
    const char *after_file; /* NULL: the same */
} rows[] = {
    /* A directory that is not there holds nothing to go on with. */
    { NULL, add_missing, "/nonexistent", VERDICT_DIR_MISSING, "no such directory",
      ALWAYS },
    { NULL, add_loop, "/loop", VERDICT_DIR_UNREADABLE, "symbolic links", ALWAYS },
    { NULL, add_file, "good.so", VERDICT_NOT_DIRECTORY, "not a directory", ALWAYS },
    /* "" does not begin with '/' either. */
    { NULL, add_empty, "", VERDICT_PATH_EMPTY, "empty", VERDICT_PATH_RELATIVE },
    { NULL, add_relative, "relative", VERDICT_PATH_RELATIVE, "begin with '/'",
      VERDICT_DIR_MISSING },
    /* Walked twice, each file comes twice. */
    { NULL, repeat_folder, "/.", VERDICT_PATH_REPEATED, "already", VERDICT_SHADOWED,
      "/./libov_backend_good.so" },
    /* A file without a name of its own cannot agree with its note. */
    { NULL, wrong_name, "good.so.1", VERDICT_FILE_NAME, "libov_backend_NAME.so",
      VERDICT_NOTE_NAME },
    /* A directory has no bytes. */
    { NULL, make_directory, "folder.so", VERDICT_NOT_REGULAR, "directory",
      VERDICT_ELF_MAGIC },
    { NULL, link_to_nowhere, "dangling.so", VERDICT_FILE_UNREADABLE, "No such file",
      ALWAYS },
    { NULL, second_folder, "second/libov_backend_good.so", VERDICT_SHADOWED,
      "comes first", NEXT_IS_OK },

    { NULL, write_for_all, "good.so", VERDICT_FILE_WRITABLE, "0666", NEXT_IS_OK },
    /* Its run path leads there as well. */
    { NULL, open_for_all, "good.so", VERDICT_DIR_WRITABLE, "0777",
      VERDICT_LIBRARY_WRITABLE },
    /* Not ELF: no header can be found in it. */
    { "empty", NULL, NULL, VERDICT_ELF_MAGIC, "empty", VERDICT_ELF_CLASS },
    { "text", NULL, NULL, VERDICT_ELF_MAGIC, "23 20 61 20", VERDICT_ELF_CLASS },
    { "elf_magic", NULL, NULL, VERDICT_ELF_MAGIC, "7f 65", VERDICT_DLOPEN },
    { "cut_header", NULL, NULL, VERDICT_ELF_CUT, "40 bytes", VERDICT_ELF_DAMAGED },
    /* These the system's loader refuses as well: nothing could be mapped. */
    { "elf_class", NULL, NULL, VERDICT_ELF_CLASS, "32 bits", VERDICT_DLOPEN },
    { "elf_order", NULL, NULL, VERDICT_ELF_ORDER, "byte order", VERDICT_DLOPEN },
    { "elf_machine", NULL, NULL, VERDICT_ELF_MACHINE, "(s390x)", VERDICT_DLOPEN },
    { "elf_type", NULL, NULL, VERDICT_ELF_TYPE, "type is 2", VERDICT_DLOPEN },
    /* The symbols went with the end of the file, or the headers were never there. */
    { "cut", NULL, NULL, VERDICT_ELF_CUT, "4095 bytes", VERDICT_ELF_DAMAGED },
    { "elf_phdrs", NULL, NULL, VERDICT_ELF_DAMAGED, "program headers",
      VERDICT_NOTE_MISSING },
    { "elf_strings", NULL, NULL, VERDICT_ELF_DAMAGED, "table", NEXT_IS_OK },
    /* What was not read said nothing of an ABI. */
    { "elf_large", NULL, NULL, VERDICT_ELF_LARGE, "larger than", VERDICT_ABI_SYMBOL },
    /* What is not there has no format. */
    { "no_note", NULL, NULL, VERDICT_NOTE_MISSING, "without the note",
      VERDICT_NOTE_FORMAT },
    { "note_owner", NULL, NULL, VERDICT_NOTE_OWNER, "'OVX'", NEXT_IS_OK },
    { "note_type", NULL, NULL, VERDICT_NOTE_TYPE, "type is 2", NEXT_IS_OK },
    { "note_twice", NULL, NULL, VERDICT_NOTE_TWICE, "2 provider", NEXT_IS_OK },
    { "note_size", NULL, NULL, VERDICT_NOTE_SIZE, "112 bytes, not 240", NEXT_IS_OK },
    { "note_format", NULL, NULL, VERDICT_NOTE_FORMAT, "format is 2, not 1", NEXT_IS_OK },
    { "note_flags", NULL, NULL, VERDICT_NOTE_FLAGS, "0x80", NEXT_IS_OK },
    { "note_text", NULL, NULL, VERDICT_NOTE_TEXT, "version", NEXT_IS_OK },
    { "note_alias", NULL, NULL, VERDICT_NOTE_TEXT, "aliases", NEXT_IS_OK },
    { "note_name", NULL, NULL, VERDICT_NOTE_NAME, "'somebody_else'", NEXT_IS_OK },
    { "abi_major", NULL, NULL, VERDICT_ABI_MAJOR, "ABI 9.0, this host has 1",
      NEXT_IS_OK },
    { "abi_needed", NULL, NULL, VERDICT_ABI_NEEDED, "1.5, this one has 1.0", NEXT_IS_OK },
    /* There is nothing to call. */
    { "no_entry", NULL, NULL, VERDICT_NO_ENTRY, "ov_backend_get", VERDICT_SYMBOL },
    { NULL, bring_entry_below, "entry_below.so", VERDICT_NO_ENTRY, "ov_backend_get",
      VERDICT_ELSEWHERE },
    { "no_abi_symbol", NULL, NULL, VERDICT_NO_ABI_SYMBOL, "ov_backend_abi_version",
      VERDICT_SYMBOL },
    { "abi_symbol", NULL, NULL, VERDICT_ABI_SYMBOL, "is 1.3, the note says 1.0",
      NEXT_IS_OK },

    { "resolver", NULL, NULL, VERDICT_RESOLVER, "chosen by another", NEXT_IS_OK },
    /* The resolver answers with another file's function. */
    { NULL, bring_elsewhere, "elsewhere.so", VERDICT_RESOLVER, "'ov_backend_get'",
      VERDICT_ELSEWHERE },
    { NULL, open_libraries, "run_path.so", VERDICT_LIBRARY_WRITABLE, "/libraries', which",
      NEXT_IS_OK },
    { "run_relative", NULL, NULL, VERDICT_LIBRARY_WRITABLE, "'libraries', which counts",
      NEXT_IS_OK },

    /* The system's loader refuses these: what is missing must be brought, see below. */
    { "dependency", NULL, NULL, VERDICT_DEPENDENCY, "'libzoo_absent.so'",
      VERDICT_DLOPEN },
    { NULL, bring_middle, "deeper.so", VERDICT_DEPENDENCY, "'libzoo_absent.so'",
      VERDICT_DLOPEN },
    { NULL, bring_old_library, "version.so", VERDICT_VERSION,
      "'ZOO_2' of 'libzoo_versioned.so'", VERDICT_DLOPEN },
    { "undefined", NULL, NULL, VERDICT_UNDEFINED, "'zoo_defined_nowhere'",
      VERDICT_DLOPEN },
    { "dlopen", NULL, NULL, VERDICT_DLOPEN, "cannot be dlopen()ed", VERDICT_SYMBOL },
    { NULL, load_another, "good.so", VERDICT_IDENTITY, "another file", NEXT_IS_OK },
    /* There is nothing to call. */
    { "symbol", NULL, NULL, VERDICT_SYMBOL, "ov_backend_get", ALWAYS },
    { NULL, bring_passed, "entry_passed.so", VERDICT_ELSEWHERE, "libzoo_entry.so",
      NEXT_IS_OK },

    { "get", NULL, NULL, VERDICT_GET_FAILED, "the zoo is closed today", NEXT_IS_OK },
    { "table_size", NULL, NULL, VERDICT_TABLE_SIZE, "filled 3 bytes", VERDICT_OPERATION },
    { "table_overrun", NULL, NULL, VERDICT_TABLE_SIZE, "past the end", NEXT_IS_OK },
    { "operation", NULL, NULL, VERDICT_OPERATION, "'search'", NEXT_IS_OK },
    { "threads", NULL, NULL, VERDICT_DESCRIPTION, "threads 17", NEXT_IS_OK },
    /* Nobody could tell its options. */
    { "description", NULL, NULL, VERDICT_DESCRIPTION, "gives nothing", ALWAYS },
    { "option_name", NULL, NULL, VERDICT_OPTION_NAME, "'Speed-Limit'", NEXT_IS_OK },
    { "option_reserved", NULL, NULL, VERDICT_OPTION_RESERVED, "'timeout'", NEXT_IS_OK },
    { "option_twice", NULL, NULL, VERDICT_OPTION_TWICE, "'speed'", NEXT_IS_OK },
    { "option_kind", NULL, NULL, VERDICT_OPTION_KIND, "kind 99", NEXT_IS_OK },
    { "option_words", NULL, NULL, VERDICT_OPTION_KIND, "'walk,trot,gallop'", NEXT_IS_OK },
    { "option_bounds", NULL, NULL, VERDICT_OPTION_KIND, "from 9 to 1", NEXT_IS_OK },
    /* Nobody could ask for its name. */
    { "option_null", NULL, NULL, VERDICT_DESCRIPTION, "number 1", NEXT_IS_OK },
    { "option_form", NULL, NULL, VERDICT_OPTION_TWICE, "'word_file' and 'word'",
      NEXT_IS_OK },
    { "option_text", NULL, NULL, VERDICT_DESCRIPTION, "'speed' is not one line",
      NEXT_IS_OK },
    { "fallback", NULL, NULL, VERDICT_OPTION_FALLBACK, "'speed' is 'quick': a whole",
      NEXT_IS_OK },
    { "fallback_bounds", NULL, NULL, VERDICT_OPTION_FALLBACK, "from 2 to 9", NEXT_IS_OK },
    { "index_kinds", NULL, NULL, VERDICT_DESCRIPTION, "'flat,hnsw'", NEXT_IS_OK },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct found judge(const struct row *row, const char *file)
{
    struct ov_host *host;
    struct found found;

    make_folder();
    if (row->prepare != NULL)
        row->prepare();
    else
        put(row->object);
    host = open_host();
    ov_host_probe(host);
    found = look(host, file != NULL ? file : so_name(row->object));
    ov_host_close(host);
    return found;
}

START_TEST(faulty_object_gets_its_verdict)
{
    const struct row *row = &rows[_i];
    const struct verdict_info *info = verdict_info(row->verdict);
    struct found found = judge(row, row->file);

    ck_assert_str_eq(found.verdict, info->id);
    ck_assert_str_eq(found.stage, info->stage);
    ck_assert_uint_eq(found.status, info->status);
    ck_assert_uint_ne(found.status, OV_USABLE);
    ck_assert_msg(strstr(found.reason, row->says) != NULL, "'%s' does not say '%s'",
                  found.reason, row->says);
    ck_assert_str_ne(found.remedy, "");
    ck_assert_str_eq(ov_verdict_remedy(found.verdict), found.remedy);
}
END_TEST

START_TEST(it_has_no_other_fault)
{
    const struct row *row = &rows[_i];
    enum verdict after = row->after == ALWAYS ? row->verdict : row->after;
    struct found found;

    setenv("OV_TEST_SKIP", verdict_info(row->verdict)->id, 1);
    found = judge(row, row->after_file != NULL ? row->after_file : row->file);

    ck_assert_msg(strcmp(found.verdict, verdict_info(after)->id) == 0,
                  "%s instead of %s: %s", found.verdict, verdict_info(after)->id,
                  found.reason);
}
END_TEST

/* ----------------------------------------------- verdicts that need a story of their own
 */

static void replace_good(void)
{
    put_file(so_name("good_2"), in_folder(so_name("good")));
}

static struct found after_change(void (*change)(void), int load_first)
{
    struct ov_host *host;
    struct found found;

    make_folder();
    put("good");
    host = open_host();
    if (load_first)
        ov_host_probe(host);
    change();
    if (load_first)
        ck_ok(ov_host_rescan(host, &err));
    ov_host_probe(host);
    found = look(host, so_name("good"));
    ov_host_close(host);
    return found;
}

START_TEST(file_that_changed_after_its_check_is_not_loaded)
{
    struct found found = after_change(replace_good, 0);

    ck_assert_str_eq(found.verdict, "OV-LOAD-CHANGED");
    ck_assert_str_eq(found.stage, "load");
}
END_TEST

START_TEST(without_that_check_the_changed_file_is_loaded)
{
    struct found found;

    setenv("OV_TEST_SKIP", "OV-LOAD-CHANGED", 1);
    found = after_change(replace_good, 0);

    ck_assert_str_eq(found.verdict, "OV-LOAD-OK");
}
END_TEST

static void touch_good(void)
{
    struct timespec times[2] = { { 1, 0 }, { 1, 0 } };

    ck_assert_int_eq(utimensat(AT_FDCWD, in_folder(so_name("good")), times, 0), 0);
}

START_TEST(loaded_file_that_was_written_to_is_refused)
{
    struct found found = after_change(touch_good, 1);

    ck_assert_str_eq(found.verdict, "OV-LOAD-OVERWRITTEN");
    ck_assert_str_eq(found.stage, "load");
}
END_TEST

START_TEST(without_that_check_the_written_file_serves)
{
    struct found found;

    setenv("OV_TEST_SKIP", "OV-LOAD-OVERWRITTEN", 1);
    found = after_change(touch_good, 1);

    ck_assert_str_eq(found.verdict, "OV-LOAD-OK");
}
END_TEST

static void ignore_one(void *ctx, const struct ov_candidate *candidate)
{
    (void)ctx;
    (void)candidate;
}

START_TEST(crash_of_a_constructor_stays_in_the_child)
{
    pid_t child;
    int how = 0;

    make_folder();
    put("crash");
    child = fork();
    if (child == 0) {
        struct ov_host *host = open_host();

        (void)ov_host_probe_one(host, in_folder(so_name("crash")), ignore_one, NULL,
                                &err);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &how, 0), child);

    ck_assert(WIFSIGNALED(how) || WEXITSTATUS(how) != 0);
    ck_assert_ptr_nonnull(ov_verdict_remedy("OV-LOAD-CRASHED"));
}
END_TEST

START_TEST(foreign_exports_are_a_warning)
{
    struct ov_host *host;
    struct found found;

    make_folder();
    put("exports");
    host = open_host();
    ov_host_probe(host);
    found = look(host, so_name("exports"));

    ck_assert_uint_eq(found.status, OV_USABLE);
    ck_assert_ptr_nonnull(strstr(found.warning, "OV-LOAD-EXPORTS"));
    ck_assert_ptr_nonnull(strstr(found.warning, "zoo_foreign_symbol"));
    ov_host_close(host);
}
END_TEST

START_TEST(alias_of_two_leads_to_neither)
{
    const struct ov_description *description;
    struct ov_host *host;
    const char *name = NULL;
    struct found found;

    make_folder();
    put("alias_a");
    put("alias_b");
    put("good");
    host = open_host();
    found = look(host, so_name("alias_b"));

    ck_assert_ptr_nonnull(strstr(found.warning, "OV-LOAD-ALIAS"));
    ck_assert_ptr_nonnull(strstr(found.warning, "'both'"));
    found = look(host, so_name("alias_a"));
    ck_assert_ptr_nonnull(strstr(found.warning, "'both' is also a name of 'alias_b'"));
    ck_assert_ptr_nonnull(strstr(found.warning, "'good' is also a name of 'good'"));
    ck_fails(OV_INVALID, ov_host_describe(host, "both", &description, NULL, &err));
    ck_says("'alias_a' or 'alias_b'");
    /* An alias that is somebody's name leads to that one. */
    ck_ok(ov_host_describe(host, "good", &description, &name, &err));
    ck_assert_str_eq(name, "good");
    ck_ok(ov_host_describe(host, "alias_a", &description, &name, &err));
    ov_host_close(host);
}
END_TEST

START_TEST(foreign_owner_is_a_warning_or_with_privileges_a_refusal)
{
    struct trust trust = { .user = 1000 };
    struct stat info = { .st_mode = S_IFREG | 0644, .st_uid = 4711, .st_gid = 4711 };
    struct candidate plain = { 0 }, raised = { 0 };

    ck_assert_int_eq(trust_entry(&trust, "/x.so", &info, NULL, &plain), 0);
    trust.raised = 1;
    ck_assert_int_eq(trust_entry(&trust, "/x.so", &info, NULL, &raised), 1);

    ck_assert_ptr_nonnull(strstr(plain.warning, "OV-LOAD-OWNER"));
    ck_assert_int_eq(raised.found.verdict, VERDICT_OWNER);
    ck_assert_ptr_nonnull(strstr(raised.found.reason, "4711"));
}
END_TEST

/* Verdicts that a table row cannot give, and the test above that does. */
static const enum verdict stories[] = { VERDICT_OK,          VERDICT_CHANGED,
                                        VERDICT_OVERWRITTEN, VERDICT_CRASHED,
                                        VERDICT_EXPORTS,     VERDICT_ALIAS,
                                        VERDICT_OWNER };

START_TEST(every_verdict_has_an_object)
{
    int given[VERDICTS] = { 0 };

    for (size_t i = 0; i < ROWS; i++)
        given[rows[i].verdict] = 1;
    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        ck_assert_msg(!given[stories[i]], "%s is in the table as well",
                      verdict_info(stories[i])->id);
        given[stories[i]] = 1;
    }
    for (int i = 0; i < VERDICTS; i++) {
        const struct verdict_info *info = verdict_info(i);

        ck_assert_msg(given[i], "nothing is given %s", info->id);
        ck_assert(strncmp(info->id, "OV-LOAD-", 8) == 0);
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(info->id, verdict_info(j)->id);
        ck_assert(i == VERDICT_OK || info->remedy[0] != '\0');
    }
}
END_TEST

/* ------------------------------------------------------------------------ nothing runs
 */

static int trace_left(const char *object, const char *skip)
{
    struct ov_host *host;
    char trace[640];

    make_folder();
    put(object);
    snprintf(trace, sizeof(trace), "%s", temp_path("trace"));
    setenv("OV_ZOO_WITNESS", trace, 1);
    if (skip != NULL)
        setenv("OV_TEST_SKIP", skip, 1);
    host = open_host();
    ov_host_probe(host);
    ov_host_close(host);
    return access(trace, F_OK) == 0;
}

START_TEST(refused_object_runs_no_instruction)
{
    ck_assert_int_eq(trace_left("abi_major", NULL), 0);
}
END_TEST

START_TEST(the_trace_is_left_when_it_does_run)
{
    ck_assert_int_eq(trace_left("abi_major", "OV-LOAD-ABI-MAJOR"), 1);
}
END_TEST

START_TEST(scanning_runs_nothing_of_a_good_object_either)
{
    struct ov_host *host;
    char trace[640];

    make_folder();
    put("witness");
    snprintf(trace, sizeof(trace), "%s", temp_path("trace"));
    setenv("OV_ZOO_WITNESS", trace, 1);
    host = open_host();
    ck_assert_uint_eq(look(host, so_name("witness")).status, OV_USABLE);

    ck_assert_int_ne(access(trace, F_OK), 0);
    ov_host_probe(host);
    ck_assert_int_eq(access(trace, F_OK), 0);
    ov_host_close(host);
}
END_TEST

/* --------------------------------------------------------------- what was missing comes
 */

static const struct {
    const char *object, *library, *as;
} cures[] = {
    { "dependency", "libzoo_absent_file.so", "libzoo_absent.so" },
    { "version", "libzoo_versioned_2.so", "libzoo_versioned.so" },
};

START_TEST(missing_library_is_the_only_fault)
{
    struct ov_host *host;

    make_folder();
    put(cures[_i].object);
    host = open_host();
    ov_host_probe(host);
    ck_assert_uint_eq(look(host, so_name(cures[_i].object)).status, OV_REFUSED);
    put_file(cures[_i].library, in_folder(cures[_i].as));
    ck_ok(ov_host_rescan(host, &err));
    ov_host_probe(host);

    ck_assert_str_eq(look(host, so_name(cures[_i].object)).verdict, "OV-LOAD-OK");
    ov_host_close(host);
}
END_TEST

/* -------------------------------------------------------------------------- good ones */

static const struct provider *provider_of(struct ov_host *host, const char *name)
{
    const struct provider *provider = NULL;

    ck_ok(host_provider(host, name, &provider, &err));
    ck_assert_ptr_nonnull(provider);
    return provider;
}

static const char *const good[] = { "good", "newer", "shorter", "optional", "serial" };

START_TEST(good_object_is_usable_with_every_operation)
{
    struct ov_host *host;
    const struct provider *provider;
    struct ov_call call = { .size = sizeof(call), .cancel_fd = -1 };
    const unsigned char *bytes;
    void (*operation)(void);

    make_folder();
    put(good[_i]);
    host = open_host();
    provider = provider_of(host, good[_i]);

    ck_assert_str_eq(look(host, so_name(good[_i])).verdict, "OV-LOAD-OK");
    bytes = (const unsigned char *)&provider->table;
    for (size_t at = offsetof(struct ov_backend, describe); at < sizeof(provider->table);
         at += sizeof(operation)) {
        memcpy(&operation, bytes + at, sizeof(operation));
        ck_assert(operation != NULL);
    }
    ck_fails(OV_UNSUPPORTED, provider->table.bulk_begin(NULL, &call, &err));
    ck_says("'bulk_begin'");
    ck_fails(OV_UNSUPPORTED, provider->table.bulk_end(NULL, &call, &err));
    ck_says("'bulk_end'");
    ck_fails(
        OV_UNSUPPORTED,
        provider->table.act(NULL, &call, (struct ov_str){ "dance", 5 }, NULL, 0, &err));
    ck_says("'dance'");
    ov_host_close(host);
}
END_TEST

START_TEST(operation_that_is_there_has_no_stand_in)
{
    struct ov_call call = { .size = sizeof(call), .cancel_fd = -1 };
    struct ov_host *host;

    make_folder();
    put("optional");
    put("good");
    host = open_host();

    ck_ok(provider_of(host, "optional")->table.ping(NULL, &call, &err));
    ck_fails(OV_UNSUPPORTED, provider_of(host, "good")->table.ping(NULL, &call, &err));
    ck_says("'ping'");
    ov_host_close(host);
}
END_TEST

START_TEST(serial_provider_has_one_gate)
{
    struct ov_host *host;

    make_folder();
    put("serial");
    put("good");
    host = open_host();

    ck_assert_ptr_nonnull(provider_of(host, "serial")->gate);
    ck_assert_ptr_null(provider_of(host, "good")->gate);
    ov_host_close(host);
}
END_TEST

START_TEST(newer_minor_says_so)
{
    struct ov_host *host;

    make_folder();
    put("newer");
    host = open_host();

    ck_assert_uint_eq(provider_of(host, "newer")->abi, (1u << 16) | 7);
    ov_host_close(host);
}
END_TEST

/* ----------------------------------------------------------------------------- re-entry
 */

static struct ov_host *reentered;
static int32_t answers[2];
static int n_answers;

__attribute__((visibility("default"))) void zoo_call_host(const char *from);

void zoo_call_host(const char *from)
{
    const struct ov_description *description;
    struct ov_error inner = OV_ERROR_INIT;

    ck_assert_str_ne(from, "");
    answers[n_answers++] =
        ov_host_describe(reentered, "good", &description, NULL, &inner);
    ck_assert_ptr_nonnull(strstr(inner.message, "while it was being loaded"));
}

START_TEST(provider_that_calls_the_host_while_loading_gets_an_error)
{
    make_folder();
    put("reentry");
    put("good");
    reentered = open_host();
    (void)provider_of(reentered, "reentry");

    ck_assert_int_eq(n_answers, 2);
    ck_assert_int_eq(answers[0], OV_INVALID);
    ck_assert_int_eq(answers[1], OV_INVALID);
    (void)provider_of(reentered, "good");
    ov_host_close(reentered);
}
END_TEST

/* --------------------------------------------------------------------------------- suite
 */

static Suite *suite(void)
{
    Suite *all = suite_create("zoo");
    TCase *faults = tcase_create("faults"), *others = tcase_create("others");

    tcase_add_loop_test(faults, faulty_object_gets_its_verdict, 0, ROWS);
    tcase_add_loop_test(faults, it_has_no_other_fault, 0, ROWS);
    tcase_add_loop_test(faults, missing_library_is_the_only_fault, 0, 2);
    tcase_add_test(faults, every_verdict_has_an_object);
    tcase_add_test(others, file_that_changed_after_its_check_is_not_loaded);
    tcase_add_test(others, without_that_check_the_changed_file_is_loaded);
    tcase_add_test(others, loaded_file_that_was_written_to_is_refused);
    tcase_add_test(others, without_that_check_the_written_file_serves);
    tcase_add_test(others, crash_of_a_constructor_stays_in_the_child);
    tcase_add_test(others, foreign_exports_are_a_warning);
    tcase_add_test(others, alias_of_two_leads_to_neither);
    tcase_add_test(others, foreign_owner_is_a_warning_or_with_privileges_a_refusal);
    tcase_add_test(others, refused_object_runs_no_instruction);
    tcase_add_test(others, the_trace_is_left_when_it_does_run);
    tcase_add_test(others, scanning_runs_nothing_of_a_good_object_either);
    tcase_add_loop_test(others, good_object_is_usable_with_every_operation, 0,
                        sizeof(good) / sizeof(good[0]));
    tcase_add_test(others, operation_that_is_there_has_no_stand_in);
    tcase_add_test(others, serial_provider_has_one_gate);
    tcase_add_test(others, newer_minor_says_so);
    tcase_add_test(others, provider_that_calls_the_host_while_loading_gets_an_error);
    suite_add_tcase(all, faults);
    suite_add_tcase(all, others);
    return all;
}

int main(void)
{
    /* The rights of what the tests make do not hang on the caller's umask. */
    umask(022);
    return run_suite(suite());
}
