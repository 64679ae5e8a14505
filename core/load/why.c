/* SPDX-License-Identifier: Apache-2.0 */
/*
 * why.c - what was missing when the dynamic loader refused a file.
 *
 * Its text has no fixed form, so it is not taken apart: the file itself says which
 * libraries, versions and symbols it wants, and the one that the text speaks of is the
 * reason. Bound now and without resolvers (preflight), a refused file has run nothing.
 */
#include "loader.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static int is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-' || c == '+' ||
           c == '@';
}

/* As a word of its own: not a part of a longer name, not a part of a path. */
static int speaks_of(const char *text, const char *word)
{
    size_t n = strlen(word);

    if (n == 0)
        return 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        if ((at == text || (!is_word_byte(at[-1]) && at[-1] != '/')) &&
            !is_word_byte(at[n]))
            return 1;
    return 0;
}

#define MOST_VERSIONS 4096 /* a provider needs some twenty */

/* A version that a library should have: the table of needs is a chain of chains. */
static int blame_version(const struct elf *elf, const struct elf_link *link,
                         const char *text, struct finding *finding)
{
    uint64_t at, left = elf_entry(link, DT_VERNEEDNUM);
    uint32_t steps = 0;

    if (elf_offset(elf, elf_entry(link, DT_VERNEED), sizeof(ElfW(Verneed)), &at) !=
        ELF_OK)
        return 0;
    for (ElfW(Verneed) need; left > 0 && steps++ < MOST_VERSIONS &&
                             elf_read(elf, at, &need, sizeof(need)) == ELF_OK;
         left--) {
        uint64_t inner = at + need.vn_aux;
        ElfW(Vernaux) aux;

        for (uint32_t i = 0; i < need.vn_cnt && steps++ < MOST_VERSIONS &&
                             elf_read(elf, inner, &aux, sizeof(aux)) == ELF_OK;
             i++) {
            const char *version = elf_string(link, aux.vna_name);

            if (speaks_of(text, version))
                return verdict_give(finding, VERDICT_VERSION,
                                    "needs version '%.100s' of '%.100s', which the "
                                    "installed one does not have",
                                    version, elf_string(link, need.vn_file));
            if (aux.vna_next == 0)
                break;
            inner += aux.vna_next;
        }
        if (need.vn_next == 0)
            break;
        at += need.vn_next;
    }
    return 0;
}

static int blame_symbol(const struct elf_link *link, const char *text,
                        struct finding *finding)
{
    const char *blamed = NULL;

    for (size_t i = 0; i < link->n_symbols; i++) {
        const ElfW(Sym) *symbol = &link->symbols[i];
        const char *name = elf_string(link, symbol->st_name);

        if (symbol->st_shndx != SHN_UNDEF || !speaks_of(text, name) ||
            dlsym(RTLD_DEFAULT, name) != NULL)
            continue;
        if (blamed == NULL || strlen(name) > strlen(blamed))
            blamed = name;
    }
    if (blamed == NULL)
        return 0;
    return verdict_give(finding, VERDICT_UNDEFINED,
                        "the symbol '%.200s' is defined nowhere", blamed);
}

static int blame_library(const struct elf_link *link, const char *text,
                         struct finding *finding)
{
    for (size_t i = 0; i < link->n_entries && link->entries[i].d_tag != DT_NULL; i++) {
        const char *name = elf_string(link, link->entries[i].d_un.d_val);

        if (link->entries[i].d_tag == DT_NEEDED && speaks_of(text, name))
            return verdict_give(finding, VERDICT_DEPENDENCY,
                                "it needs the library '%.200s', which is not found",
                                name);
    }
    return 0;
}

/* A library that one of its libraries needs: not in this file, but it stands first. */
static int blame_deeper(const char *text, struct finding *finding)
{
    size_t n = strcspn(text, ": ");
    const char *so = memmem(text, n, ".so", 3);

    if (so == NULL || n > 200 || memchr(text, '/', n) != NULL)
        return 0;
    return verdict_give(finding, VERDICT_DEPENDENCY,
                        "one of its libraries needs '%.*s', which is not found", (int)n,
                        text);
}

/* The file's own name may contain anything. */
static const char *skip_path(const char *text, const char *path)
{
    size_t n = strlen(path);

    return strncmp(text, path, n) == 0 ? text + n + (text[n] == ':') : text;
}

void why_refused(int fd, const char *path, const char *text, struct finding *finding)
{
    struct elf elf = { .fd = fd };
    struct elf_link link;
    struct stat info;
    char said[1024];
    int blamed = 0;

    /* Each further call of the loader frees its last text. */
    (void)snprintf(said, sizeof(said), "%s", skip_path(text, path));
    text = said;
    if (fstat(fd, &info) != 0)
        info.st_size = 0;
    elf.bytes = (uint64_t)info.st_size;
    if (elf_read(&elf, 0, &elf.header, sizeof(elf.header)) == ELF_OK &&
        elf_segments(&elf) == ELF_OK && elf_link_read(&elf, &link) == ELF_OK) {
        blamed = blame_version(&elf, &link, text, finding) ||
                 blame_symbol(&link, text, finding) ||
                 blame_library(&link, text, finding) || blame_deeper(text, finding);
        elf_link_free(&link);
    }
    if (!blamed)
        (void)verdict_give(finding, VERDICT_DLOPEN, "the system's loader says: %s",
                           text + strspn(text, " "));
}
