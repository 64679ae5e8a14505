/* SPDX-License-Identifier: Apache-2.0 */
/* test_preflight.c - a file that is cut or damaged anywhere gets a verdict, no crash. */
#include "candidate.h"
#include "elf_file.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned char *bytes;
static size_t n_bytes;
static int fd;

/* A good object, or a seed of the fuzzer. */
static void load(const char *folder, const char *file)
{
    char path[600];

    snprintf(path, sizeof(path), "%s/%s", folder, file);
    bytes = (unsigned char *)read_text(path, &n_bytes);
    ck_assert_msg(bytes != NULL, "cannot read '%s'", path);
    fd = memfd_create("provider", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, bytes, n_bytes, 0), (ssize_t)n_bytes);
}

static void load_good(void)
{
    load(getenv("OV_ZOO"), "libov_backend_good.so");
}

static void unload(void)
{
    free(bytes);
    close(fd);
}

static struct candidate judge(void)
{
    struct candidate candidate = { .name = "good" };

    ck_assert_int_eq(preflight_file(fd, &candidate), OV_OK);
    ck_assert_int_lt((int)candidate.found.verdict, VERDICTS);
    ck_assert_int_eq(candidate.found.verdict == VERDICT_OK,
                     candidate.found.reason[0] == '\0');
    return candidate;
}

/* Where the last byte that is mapped stands. */
static size_t mapped_end(void)
{
    ElfW(Ehdr) header;
    size_t end = 0;

    memcpy(&header, bytes, sizeof(header));
    for (size_t i = 0; i < header.e_phnum; i++) {
        ElfW(Phdr) segment;

        memcpy(&segment, bytes + header.e_phoff + i * sizeof(segment), sizeof(segment));
        if (segment.p_type == PT_LOAD && segment.p_offset + segment.p_filesz > end)
            end = segment.p_offset + segment.p_filesz;
    }
    return end;
}

START_TEST(good_file_passes_with_what_its_note_says)
{
    struct candidate candidate;

    load_good();
    candidate = judge();

    ck_assert_int_eq(candidate.found.verdict, VERDICT_OK);
    ck_assert_str_eq(candidate.version, "1.0");
    ck_assert_str_eq(candidate.vendor, "Zoo");
    ck_assert_str_eq(candidate.aliases, "fine ok_one");
    ck_assert_uint_eq(candidate.abi, OV_ABI_VERSION);
    ck_assert_str_eq(candidate.warning, "");
    unload();
}
END_TEST

START_TEST(file_cut_anywhere_is_refused)
{
    size_t end;

    load_good();
    end = mapped_end();
    ck_assert_uint_gt(end, 4096);
    /* Behind the end lies what only debuggers read. */
    for (size_t n = end + 64 < n_bytes ? end + 64 : n_bytes; n-- > 0;) {
        enum verdict verdict;

        ck_assert_int_eq(ftruncate(fd, (off_t)n), 0);
        verdict = judge().found.verdict;
        if (n < end)
            ck_assert_msg(verdict == VERDICT_ELF_CUT || verdict == VERDICT_ELF_MAGIC ||
                              verdict == VERDICT_ELF_DAMAGED,
                          "cut to %zu of %zu bytes: %s", n, end,
                          verdict_info(verdict)->id);
    }
    unload();
}
END_TEST

static int flip_all(size_t limit, unsigned char mask)
{
    int refused = 0;

    for (size_t i = 0; i < limit && i < n_bytes; i++) {
        unsigned char flipped = bytes[i] ^ mask;

        ck_assert_int_eq(pwrite(fd, &flipped, 1, (off_t)i), 1);
        refused += judge().found.verdict != VERDICT_OK;
        ck_assert_int_eq(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
    }
    return refused;
}

static const unsigned char masks[] = { 0xFF, 0x01, 0x80 };

START_TEST(file_with_any_byte_flipped_gets_a_verdict)
{
    load_good();

    ck_assert_int_gt(flip_all(8192, masks[_i]), 150);
    unload();
}
END_TEST

static const char *const seeds[] = { "sysv_hash", "gnu_hash" };

START_TEST(seed_of_the_fuzzer_is_a_good_file)
{
    load(OV_CORPUS, seeds[_i]);

    ck_assert_int_eq(judge().found.verdict, VERDICT_OK);
    ck_assert_int_gt(flip_all(n_bytes, 0xFF), 300);
    unload();
}
END_TEST

/* Numbers that add up to less than they should. */
START_TEST(numbers_near_the_end_of_their_range_do_not_wrap)
{
    static const uint64_t values[] = { UINT64_MAX,      UINT64_MAX - 7,
                                       UINT64_MAX - 63, (uint64_t)INT64_MAX,
                                       UINT32_MAX,      1ULL << 40 };

    load(OV_CORPUS, seeds[_i]);
    for (size_t at = 0; at + 8 <= n_bytes; at += 4) {
        for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
            ck_assert_int_eq(pwrite(fd, &values[v], 8, (off_t)at), 8);
            (void)judge();
        }
        ck_assert_int_eq(pwrite(fd, bytes + at, 8, (off_t)at), 8);
    }
    ck_assert_int_eq(judge().found.verdict, VERDICT_OK);
    unload();
}
END_TEST

START_TEST(reading_beyond_the_end_is_an_error)
{
    struct elf elf = { 0 };
    char part[64];
    void *block = NULL;

    load(OV_CORPUS, seeds[0]);
    elf.fd = fd;
    elf.bytes = n_bytes;

    ck_assert_int_eq(elf_read(&elf, n_bytes - 64, part, 64), ELF_OK);
    ck_assert_int_eq(elf_read(&elf, n_bytes - 63, part, 64), ELF_BAD);
    ck_assert_int_eq(elf_read(&elf, UINT64_MAX - 10, part, 64), ELF_BAD);
    ck_assert_int_eq(elf_block(&elf, 0, n_bytes + 1, UINT64_MAX, &block), ELF_BAD);
    ck_assert_int_eq(elf_block(&elf, 0, UINT64_MAX, UINT64_MAX, &block), ELF_BAD);
    ck_assert_int_eq(elf_block(&elf, 0, 65, 64, &block), ELF_LARGE);
    ck_assert_ptr_null(block);
    /* The file became shorter since its size was asked. */
    ck_assert_int_eq(ftruncate(fd, 100), 0);
    ck_assert_int_eq(elf_read(&elf, 90, part, 64), ELF_BAD);
    unload();
}
END_TEST

/* A file may claim 8 TB of anything and have no block of it. */
START_TEST(table_of_a_sparse_file_is_not_read)
{
    static const uint32_t types[] = { PT_NOTE, PT_DYNAMIC };
    ElfW(Ehdr) header;

    load_good();
    memcpy(&header, bytes, sizeof(header));
    ck_assert_int_eq(ftruncate(fd, INT64_C(1) << 43), 0);
    for (size_t i = 0; i < header.e_phnum; i++) {
        off_t at = (off_t)(header.e_phoff + i * sizeof(ElfW(Phdr)));
        ElfW(Phdr) segment;

        memcpy(&segment, bytes + at, sizeof(segment));
        if (segment.p_type == types[_i])
            segment.p_filesz = UINT64_C(1) << 42;
        ck_assert_int_eq(pwrite(fd, &segment, sizeof(segment), at), sizeof(segment));
    }

    ck_assert_int_eq(judge().found.verdict, VERDICT_ELF_LARGE);
    unload();
}
END_TEST

/* The dynamic segment of a good file, with other numbers. */
static void set_entry(int64_t tag, uint64_t value)
{
    ElfW(Ehdr) header;

    memcpy(&header, bytes, sizeof(header));
    for (size_t i = 0; i < header.e_phnum; i++) {
        ElfW(Phdr) segment;
        ElfW(Dyn) entry;

        memcpy(&segment, bytes + header.e_phoff + i * sizeof(segment), sizeof(segment));
        if (segment.p_type == PT_LOAD) {
            segment.p_filesz = segment.p_offset == 0 ? UINT64_C(1) << 42 : 0;
            ck_assert_int_eq(pwrite(fd, &segment, sizeof(segment),
                                    (off_t)(header.e_phoff + i * sizeof(segment))),
                             sizeof(segment));
        }
        if (segment.p_type != PT_DYNAMIC)
            continue;
        for (off_t at = (off_t)segment.p_offset;; at += (off_t)sizeof(entry)) {
            memcpy(&entry, bytes + at, sizeof(entry));
            if (entry.d_tag == DT_NULL)
                break;
            if (entry.d_tag != tag)
                continue;
            entry.d_un.d_val = value;
            ck_assert_int_eq(pwrite(fd, &entry, sizeof(entry), at), sizeof(entry));
        }
    }
}

/* Zeros without end: names, and a hash table that says nothing of their number. */
static const struct {
    int64_t tag;
    uint64_t value;
} claims[] = { { DT_STRSZ, UINT64_C(1) << 40 }, { DT_RELASZ, UINT64_C(1) << 40 } };

START_TEST(table_that_the_dynamic_segment_claims_is_not_read)
{
    load_good();
    ck_assert_int_eq(ftruncate(fd, INT64_C(1) << 43), 0);
    set_entry(claims[_i].tag, claims[_i].value);

    ck_assert_int_eq(judge().found.verdict, VERDICT_ELF_LARGE);
    unload();
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("preflight");
    TCase *files = tcase_create("files");

    tcase_add_test(files, good_file_passes_with_what_its_note_says);
    tcase_add_test(files, file_cut_anywhere_is_refused);
    tcase_add_loop_test(files, file_with_any_byte_flipped_gets_a_verdict, 0, 3);
    tcase_add_loop_test(files, seed_of_the_fuzzer_is_a_good_file, 0, 2);
    tcase_add_loop_test(files, numbers_near_the_end_of_their_range_do_not_wrap, 0, 2);
    tcase_add_loop_test(files, table_of_a_sparse_file_is_not_read, 0, 2);
    tcase_add_loop_test(files, table_that_the_dynamic_segment_claims_is_not_read, 0,
                        sizeof(claims) / sizeof(claims[0]));
    tcase_add_test(files, reading_beyond_the_end_is_an_error);
    suite_add_tcase(all, files);
    return all;
}

int main(void)
{
    return run_suite(suite());
}
