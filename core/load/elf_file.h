/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf_file.h - an ELF file of this machine's kind, read with pread.
 *
 * Nothing is mapped, so a file that is cut while it is read is an error and not a
 * signal. No number in the file is believed before it was held against the file's size,
 * and no table is read that is larger than any provider's: a sparse file may claim
 * terabytes.
 */
#ifndef OV_CORE_ELF_FILE_H
#define OV_CORE_ELF_FILE_H

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_SEGMENTS 64 /* a shared object has about ten */

/* Bytes that are read of one table. A large C++ library has some 100 KiB of symbols, a
 * few MiB of their names and some ten MiB of relocations. */
#define ELF_NOTE_BYTES (UINT64_C(64) << 10)
#define ELF_DYNAMIC_BYTES (UINT64_C(64) << 10)
#define ELF_STRING_BYTES (UINT64_C(8) << 20)
#define ELF_SYMBOL_BYTES (UINT64_C(8) << 20)

struct elf {
    int fd;
    uint64_t bytes;
    uint32_t n_segments;
    ElfW(Ehdr) header;
    ElfW(Phdr) segments[ELF_SEGMENTS];
};

enum elf_status { ELF_OK = 0, ELF_BAD, ELF_LARGE, ELF_NO_MEMORY };

/* What the dynamic loader would look at. */
struct elf_link {
    ElfW(Dyn) * entries;
    size_t n_entries;
    char *strings; /* ends with NUL whatever the file says */
    size_t string_bytes;
    ElfW(Sym) * symbols;
    size_t n_symbols;
};

/* n bytes at an offset; ELF_BAD beyond the end. */
enum elf_status elf_read(const struct elf *elf, uint64_t offset, void *out, size_t n);
/* The same into memory of its own: free(). One byte more, zero, follows it. ELF_LARGE
 * when n is more than limit. */
enum elf_status elf_block(const struct elf *elf, uint64_t offset, uint64_t n,
                          uint64_t limit, void **out);
/* Where the bytes of an address lie in the file; ELF_BAD when they do not. */
enum elf_status elf_offset(const struct elf *elf, uint64_t address, uint64_t n,
                           uint64_t *out);

/* fd, bytes and header are set: the program headers. */
enum elf_status elf_segments(struct elf *elf);

enum elf_status elf_link_read(const struct elf *elf, struct elf_link *out);
void elf_link_free(struct elf_link *link);
/* The value of the first entry of this tag; 0 when there is none. */
uint64_t elf_entry(const struct elf_link *link, int64_t tag);
/* "" when the offset is no place in the string table. */
const char *elf_string(const struct elf_link *link, uint64_t offset);
/* A symbol that the file defines and others can see; NULL when there is none. */
const ElfW(Sym) * elf_export(const struct elf_link *link, const char *name);
int elf_exported(const ElfW(Sym) * symbol);

#endif
