/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolvers.c - code of a file that runs before it is bound.
 *
 * A symbol of type IFUNC, and a relocation of type IRELATIVE for one that is not
 * exported, name a function which the dynamic loader calls to learn an address. It does
 * so in the middle of binding, before it may meet a symbol that is nowhere; such a file
 * would have run although it was refused.
 */
#include "libraries.h"

#include <string.h>

#define RELOCATION_BYTES (UINT64_C(64) << 20)

#if defined(__x86_64__)
#define IRELATIVE R_X86_64_IRELATIVE
#elif defined(__aarch64__)
#define IRELATIVE R_AARCH64_IRELATIVE
#elif defined(__riscv)
#define IRELATIVE 58
#elif defined(__s390x__)
#define IRELATIVE R_390_IRELATIVE
#elif defined(__powerpc64__)
#define IRELATIVE R_PPC64_IRELATIVE
#elif defined(__loongarch__)
#define IRELATIVE 12
#else
#error "which relocation calls a resolver on this machine?"
#endif

struct table {
    int64_t address, bytes;
    size_t entry; /* 0: by DT_PLTREL */
};

/* 1: one of the entries is of that type. */
static int calls_resolver(const struct elf *elf, uint64_t offset, uint64_t n,
                          size_t entry, enum elf_status *status)
{
    unsigned char part[3072]; /* whole entries of 16 and of 24 bytes */

    while (n >= entry) {
        size_t take = n < sizeof(part) ? (size_t)(n - n % entry) : sizeof(part);

        *status = elf_read(elf, offset, part, take);
        if (*status != ELF_OK)
            return 0;
        for (size_t at = 0; at < take; at += entry) {
            ElfW(Rel) one;

            memcpy(&one, part + at, sizeof(one));
            if (ELF64_R_TYPE(one.r_info) == IRELATIVE)
                return 1;
        }
        offset += take;
        n -= take;
    }
    return 0;
}

static int table_calls(const struct elf *elf, const struct elf_link *link,
                       const struct table *table, enum elf_status *status)
{
    uint64_t address = elf_entry(link, table->address), offset;
    uint64_t n = elf_entry(link, table->bytes);
    size_t entry = table->entry;

    if (entry == 0)
        entry =
            elf_entry(link, DT_PLTREL) == DT_REL ? sizeof(ElfW(Rel)) : sizeof(ElfW(Rela));
    if (address == 0 || n == 0)
        return 0;
    if (n > RELOCATION_BYTES) {
        *status = ELF_LARGE;
        return 0;
    }
    *status = elf_offset(elf, address, n, &offset);
    return *status == ELF_OK && calls_resolver(elf, offset, n, entry, status);
}

int resolvers_check(const struct elf *elf, const struct elf_link *link,
                    struct finding *finding, enum elf_status *status)
{
    static const struct table tables[] = {
        { DT_RELA, DT_RELASZ, sizeof(ElfW(Rela)) },
        { DT_REL, DT_RELSZ, sizeof(ElfW(Rel)) },
        { DT_JMPREL, DT_PLTRELSZ, 0 },
    };

    for (size_t i = 0; i < link->n_symbols; i++)
        if (link->symbols[i].st_shndx != SHN_UNDEF &&
            ELF64_ST_TYPE(link->symbols[i].st_info) == STT_GNU_IFUNC &&
            verdict_give(finding, VERDICT_RESOLVER,
                         "'%.200s' is chosen by a function that would run while the file "
                         "is bound",
                         elf_string(link, link->symbols[i].st_name)))
            return 1;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (table_calls(elf, link, &tables[i], status) &&
            verdict_give(
                finding, VERDICT_RESOLVER,
                "a function of its own is chosen by another that would run while "
                "the file is bound"))
            return 1;
        if (*status != ELF_OK)
            return 1;
    }
    return 0;
}
