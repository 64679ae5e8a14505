/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf_file.c - reading ELF files that may be cut, damaged or hostile.
 *
 * Sections are not looked at: a file runs without them and tools strip them. All that
 * counts hangs on the program headers, as it does for the dynamic loader.
 */
#include "elf_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum elf_status elf_read(const struct elf *elf, uint64_t offset, void *out, size_t n)
{
    char *at = out;

    if (offset > elf->bytes || n > elf->bytes - offset)
        return ELF_BAD;
    while (n > 0) {
        ssize_t got = pread(elf->fd, at, n, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ELF_BAD;
        at += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return ELF_OK;
}

enum elf_status elf_block(const struct elf *elf, uint64_t offset, uint64_t n,
                          uint64_t limit, void **out)
{
    char *block;

    if (offset > elf->bytes || n > elf->bytes - offset)
        return ELF_BAD;
    if (n > limit)
        return ELF_LARGE;
    block = malloc((size_t)n + 1);
    if (block == NULL)
        return ELF_NO_MEMORY;
    block[n] = '\0';
    if (elf_read(elf, offset, block, (size_t)n) != ELF_OK) {
        free(block);
        return ELF_BAD;
    }
    *out = block;
    return ELF_OK;
}

enum elf_status elf_offset(const struct elf *elf, uint64_t address, uint64_t n,
                           uint64_t *out)
{
    for (uint32_t i = 0; i < elf->n_segments; i++) {
        const ElfW(Phdr) *segment = &elf->segments[i];
        uint64_t into;

        if (segment->p_type != PT_LOAD || address < segment->p_vaddr)
            continue;
        into = address - segment->p_vaddr;
        if (into > segment->p_filesz || n > segment->p_filesz - into)
            continue;
        if (segment->p_offset > UINT64_MAX - into)
            return ELF_BAD;
        *out = segment->p_offset + into;
        return ELF_OK;
    }
    return ELF_BAD;
}

enum elf_status elf_segments(struct elf *elf)
{
    if (elf->header.e_phentsize != sizeof(elf->segments[0]) || elf->header.e_phnum == 0 ||
        elf->header.e_phnum > ELF_SEGMENTS)
        return ELF_BAD;
    elf->n_segments = elf->header.e_phnum;
    return elf_read(elf, elf->header.e_phoff, elf->segments,
                    elf->n_segments * sizeof(elf->segments[0]));
}

/* ------------------------------------------------------------------- symbols */

static enum elf_status read_at(const struct elf *elf, uint64_t address, void *out,
                               size_t n)
{
    uint64_t offset;
    enum elf_status status = elf_offset(elf, address, n, &offset);

    return status == ELF_OK ? elf_read(elf, offset, out, n) : status;
}

#define MOST_SYMBOLS (ELF_SYMBOL_BYTES / sizeof(ElfW(Sym)))

/* The highest symbol that begins a chain. */
static enum elf_status highest_bucket(const struct elf *elf, uint64_t address, uint32_t n,
                                      uint32_t *out)
{
    uint32_t part[1024], highest = 0;

    if (n > MOST_SYMBOLS)
        return ELF_LARGE;
    while (n > 0) {
        uint32_t take = n < 1024 ? n : 1024;
        enum elf_status status = read_at(elf, address, part, take * sizeof(part[0]));

        if (status != ELF_OK)
            return status;
        for (uint32_t i = 0; i < take; i++)
            highest = part[i] > highest ? part[i] : highest;
        address += take * sizeof(part[0]);
        n -= take;
    }
    *out = highest;
    return ELF_OK;
}

/* The GNU hash table does not say how many symbols there are: the last one ends the
 * chain of the highest bucket. */
static enum elf_status count_by_gnu_hash(const struct elf *elf, uint64_t address,
                                         size_t *out)
{
    uint32_t head[4], highest = 0, word;
    uint64_t buckets;
    enum elf_status status = read_at(elf, address, head, sizeof(head));

    if (status != ELF_OK)
        return status;
    buckets = address + sizeof(head) + (uint64_t)head[2] * sizeof(ElfW(Addr));
    status = highest_bucket(elf, buckets, head[0], &highest);
    if (status != ELF_OK)
        return status;
    if (highest < head[1]) {
        *out = head[1];
        return ELF_OK;
    }
    address = buckets + (uint64_t)head[0] * sizeof(uint32_t);
    do {
        if (highest >= MOST_SYMBOLS)
            return ELF_LARGE;
        status = read_at(elf, address + (uint64_t)(highest - head[1]) * sizeof(uint32_t),
                         &word, sizeof(word));
        if (status != ELF_OK)
            return status;
        highest++;
    } while ((word & 1) == 0);
    *out = highest;
    return ELF_OK;
}

static enum elf_status count_symbols(const struct elf *elf, const struct elf_link *link,
                                     size_t *out)
{
    uint64_t address = elf_entry(link, DT_HASH);
    uint32_t head[2];
    enum elf_status status;

    if (address == 0) {
        address = elf_entry(link, DT_GNU_HASH);
        return address == 0 ? ELF_BAD : count_by_gnu_hash(elf, address, out);
    }
    status = read_at(elf, address, head, sizeof(head));
    if (status == ELF_OK)
        *out = head[1];
    return status;
}

static enum elf_status read_entries(const struct elf *elf, struct elf_link *link)
{
    for (uint32_t i = 0; i < elf->n_segments; i++) {
        const ElfW(Phdr) *segment = &elf->segments[i];
        enum elf_status status;
        void *block = NULL;

        if (segment->p_type != PT_DYNAMIC)
            continue;
        status = elf_block(elf, segment->p_offset, segment->p_filesz, ELF_DYNAMIC_BYTES,
                           &block);
        if (status != ELF_OK)
            return status;
        link->entries = block;
        link->n_entries = (size_t)segment->p_filesz / sizeof(link->entries[0]);
        return ELF_OK;
    }
    return ELF_BAD;
}

static enum elf_status read_strings(const struct elf *elf, struct elf_link *link)
{
    uint64_t n = elf_entry(link, DT_STRSZ), offset;
    void *block = NULL;
    enum elf_status status = elf_offset(elf, elf_entry(link, DT_STRTAB), n, &offset);

    if (status == ELF_OK)
        status = elf_block(elf, offset, n, ELF_STRING_BYTES, &block);
    if (status != ELF_OK)
        return status;
    link->strings = block;
    link->string_bytes = (size_t)n;
    return ELF_OK;
}

static enum elf_status read_symbols(const struct elf *elf, struct elf_link *link)
{
    uint64_t offset;
    size_t n = 0;
    void *block = NULL;
    enum elf_status status = count_symbols(elf, link, &n);

    if (status == ELF_OK)
        status = elf_offset(elf, elf_entry(link, DT_SYMTAB),
                            (uint64_t)n * sizeof(link->symbols[0]), &offset);
    if (status == ELF_OK)
        status = elf_block(elf, offset, (uint64_t)n * sizeof(link->symbols[0]),
                           ELF_SYMBOL_BYTES, &block);
    if (status != ELF_OK)
        return status;
    link->symbols = block;
    link->n_symbols = n;
    return ELF_OK;
}

enum elf_status elf_link_read(const struct elf *elf, struct elf_link *out)
{
    struct elf_link link = { 0 };
    enum elf_status status = read_entries(elf, &link);

    if (status == ELF_OK)
        status = read_strings(elf, &link);
    if (status == ELF_OK)
        status = read_symbols(elf, &link);
    if (status != ELF_OK) {
        elf_link_free(&link);
        return status;
    }
    *out = link;
    return ELF_OK;
}

void elf_link_free(struct elf_link *link)
{
    free(link->entries);
    free(link->strings);
    free(link->symbols);
}

uint64_t elf_entry(const struct elf_link *link, int64_t tag)
{
    for (size_t i = 0; i < link->n_entries; i++) {
        if (link->entries[i].d_tag == DT_NULL)
            return 0;
        if (link->entries[i].d_tag == tag)
            return link->entries[i].d_un.d_val;
    }
    return 0;
}

const char *elf_string(const struct elf_link *link, uint64_t offset)
{
    return offset < link->string_bytes ? link->strings + offset : "";
}

int elf_exported(const ElfW(Sym) * symbol)
{
    unsigned int bind = ELF64_ST_BIND(symbol->st_info);
    unsigned int seen = ELF64_ST_VISIBILITY(symbol->st_other);

    return symbol->st_shndx != SHN_UNDEF && symbol->st_name != 0 &&
           (bind == STB_GLOBAL || bind == STB_WEAK || bind == STB_GNU_UNIQUE) &&
           (seen == STV_DEFAULT || seen == STV_PROTECTED);
}

const ElfW(Sym) * elf_export(const struct elf_link *link, const char *name)
{
    for (size_t i = 0; i < link->n_symbols; i++)
        if (elf_exported(&link->symbols[i]) &&
            strcmp(elf_string(link, link->symbols[i].st_name), name) == 0)
            return &link->symbols[i];
    return NULL;
}
