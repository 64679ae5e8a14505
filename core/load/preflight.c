/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preflight.c - what the bytes of a file say, before any of them is executed.
 *
 * Opening a shared object runs its constructors before a version can be compared, so
 * whatever must never run is refused here. What the dynamic loader itself refuses
 * before it runs anything of the file (missing libraries, undefined symbols) is left to
 * it; a file with resolvers, which it runs earlier, does not get there. Libraries that
 * the file needs are bound before it, and resolvers of theirs run then.
 */
#include "candidate.h"
#include "elf_file.h"
#include "libraries.h"

#include <ov/sdk.h>

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(sizeof(struct ov_backend_note) == 256, "the note is 256 bytes");
#define NOTE_HEAD 12 /* the three numbers before the owner */
#define NOTE_DESC (sizeof(struct ov_backend_note) - NOTE_HEAD - 4)

/* The linker puts this at the head of our own file: whatever it says of class, byte
 * order and machine, a provider must say too. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* ---------------------------------------------------------------- ELF header */

static int check_magic(const struct elf *elf, struct finding *finding)
{
    const unsigned char *ident = elf->header.e_ident;

    if (elf->bytes == 0)
        return verdict_give(finding, VERDICT_ELF_MAGIC, "the file is empty");
    if (elf->bytes < sizeof(elf->header))
        return verdict_give(
            finding,
            memcmp(ident, ELFMAG, SELFMAG) == 0 ? VERDICT_ELF_CUT : VERDICT_ELF_MAGIC,
            "%llu bytes are too few for a shared object", (unsigned long long)elf->bytes);
    if (memcmp(ident, ELFMAG, SELFMAG) != 0)
        return verdict_give(finding, VERDICT_ELF_MAGIC,
                            "begins with %02x %02x %02x %02x, a shared object with 7f 45 "
                            "4c 46",
                            ident[0], ident[1], ident[2], ident[3]);
    return 0;
}

static const char *name_class(unsigned char class)
{
    return class == ELFCLASS64   ? "64 bits"
           : class == ELFCLASS32 ? "32 bits"
                                 : "no known number of bits";
}

/* The common ones by name, in the words of uname -m. */
static const char *machine(unsigned int number)
{
    switch (number) {
    case EM_X86_64:
        return " (x86_64)";
    case EM_AARCH64:
        return " (aarch64)";
    case EM_386:
        return " (i686)";
    case EM_ARM:
        return " (arm)";
    case EM_RISCV:
        return " (riscv)";
    case EM_S390:
        return " (s390x)";
    default:
        return "";
    }
}

static int check_kind(const struct elf *elf, struct finding *finding)
{
    const ElfW(Ehdr) *ours = &__ehdr_start, *theirs = &elf->header;

    if (theirs->e_ident[EI_CLASS] != ours->e_ident[EI_CLASS] &&
        verdict_give(finding, VERDICT_ELF_CLASS, "made for %s, this host has %s",
                     name_class(theirs->e_ident[EI_CLASS]),
                     name_class(ours->e_ident[EI_CLASS])))
        return 1;
    if (theirs->e_ident[EI_DATA] != ours->e_ident[EI_DATA] &&
        verdict_give(finding, VERDICT_ELF_ORDER, "byte order is %d, of this host %d",
                     theirs->e_ident[EI_DATA], ours->e_ident[EI_DATA]))
        return 1;
    if (theirs->e_machine != ours->e_machine &&
        verdict_give(finding, VERDICT_ELF_MACHINE,
                     "made for machine %u%s, this host is %u%s", theirs->e_machine,
                     machine(theirs->e_machine), ours->e_machine,
                     machine(ours->e_machine)))
        return 1;
    if (theirs->e_type != ET_DYN &&
        verdict_give(finding, VERDICT_ELF_TYPE, "ELF type is %u, a shared object's is %d",
                     theirs->e_type, ET_DYN))
        return 1;
    return 0;
}

static int check_segments(struct elf *elf, struct finding *finding)
{
    if (elf_segments(elf) != ELF_OK) {
        elf->n_segments = 0;
        return verdict_give(finding, VERDICT_ELF_DAMAGED,
                            "%u program headers at byte %llu do not lie in the file",
                            elf->header.e_phnum, (unsigned long long)elf->header.e_phoff);
    }
    for (uint32_t i = 0; i < elf->n_segments; i++) {
        const ElfW(Phdr) *segment = &elf->segments[i];

        if (segment->p_type == PT_LOAD && segment->p_filesz > 0 &&
            (segment->p_offset > elf->bytes ||
             segment->p_filesz > elf->bytes - segment->p_offset) &&
            verdict_give(finding, VERDICT_ELF_CUT,
                         "the file has %llu bytes, its segment %u alone ends at %llu",
                         (unsigned long long)elf->bytes, i,
                         (unsigned long long)(segment->p_offset + segment->p_filesz)))
            return 1;
    }
    return 0;
}

/* ---------------------------------------------------------------------- note */

/* What a walk over all notes has met. */
struct notes {
    struct ov_backend_note ours; /* cut or filled with zeros to our size */
    uint32_t desc_bytes;
    int n_ours;
    struct ov_backend_note alien; /* as long as ours, by another owner */
    int n_alien;
    struct ov_backend_note other; /* our owner, another type */
    int n_other;
};

static void copy_note(struct ov_backend_note *out, const unsigned char *head,
                      const unsigned char *name, const unsigned char *desc,
                      uint64_t desc_bytes)
{
    uint64_t n = desc_bytes < NOTE_DESC ? desc_bytes : NOTE_DESC;

    memset(out, 0, sizeof(*out));
    memcpy(out, head, NOTE_HEAD);
    memcpy(out->owner, name, sizeof(out->owner));
    memcpy((char *)out + NOTE_HEAD + sizeof(out->owner), desc, (size_t)n);
}

static void take_note(struct notes *notes, const unsigned char *head,
                      const unsigned char *name, const unsigned char *desc)
{
    uint32_t words[3];
    int owned;

    memcpy(words, head, sizeof(words));
    if (words[0] != sizeof(notes->ours.owner))
        return;
    owned = memcmp(name, OV_NOTE_OWNER, sizeof(notes->ours.owner)) == 0;
    if (owned && words[2] == OV_NOTE_TYPE) {
        if (notes->n_ours++ == 0) {
            copy_note(&notes->ours, head, name, desc, words[1]);
            notes->desc_bytes = words[1];
        }
    } else if (owned && notes->n_other++ == 0) {
        copy_note(&notes->other, head, name, desc, words[1]);
    } else if (!owned && words[1] == NOTE_DESC && words[2] == OV_NOTE_TYPE &&
               notes->n_alien++ == 0) {
        copy_note(&notes->alien, head, name, desc, words[1]);
    }
}

static void walk_notes(struct notes *notes, const unsigned char *block, uint64_t bytes,
                       uint64_t align)
{
    uint64_t at = 0, step = align == 8 ? 7 : 3;

    while (bytes - at >= NOTE_HEAD) {
        uint32_t words[3];
        uint64_t name = at + NOTE_HEAD, desc;

        memcpy(words, block + at, sizeof(words));
        desc = (name + words[0] + step) & ~step;
        if (desc > bytes || words[1] > bytes - desc)
            return;
        take_note(notes, block + at, block + name, block + desc);
        at = (desc + words[1] + step) & ~step;
        if (at > bytes)
            return;
    }
}

static enum elf_status read_notes(const struct elf *elf, struct notes *notes)
{
    for (uint32_t i = 0; i < elf->n_segments; i++) {
        const ElfW(Phdr) *segment = &elf->segments[i];
        void *block = NULL;
        enum elf_status status;

        if (segment->p_type != PT_NOTE)
            continue;
        status =
            elf_block(elf, segment->p_offset, segment->p_filesz, ELF_NOTE_BYTES, &block);
        if (status != ELF_OK)
            return status;
        walk_notes(notes, block, segment->p_filesz, segment->p_align);
        free(block);
    }
    return ELF_OK;
}

/* Which of the notes is the one; the near misses have verdicts of their own. */
static int choose_note(struct notes *notes, struct finding *finding)
{
    if (notes->n_ours == 0 && notes->n_other > 0) {
        if (verdict_give(finding, VERDICT_NOTE_TYPE, "the note's type is %u, not %u",
                         notes->other.type, OV_NOTE_TYPE))
            return 1;
        notes->ours = notes->other;
    } else if (notes->n_ours == 0 && notes->n_alien > 0) {
        if (verdict_give(finding, VERDICT_NOTE_OWNER,
                         "the note's owner is '%.4s', not "
                         "'" OV_NOTE_OWNER "'",
                         notes->alien.owner))
            return 1;
        notes->ours = notes->alien;
    } else if (notes->n_ours == 0) {
        return verdict_give(finding, VERDICT_NOTE_MISSING,
                            "a shared object without the note of a provider");
    } else {
        if (notes->n_ours > 1 &&
            verdict_give(finding, VERDICT_NOTE_TWICE, "it has %d provider's notes, not 1",
                         notes->n_ours))
            return 1;
        if (notes->desc_bytes != NOTE_DESC &&
            verdict_give(finding, VERDICT_NOTE_SIZE, "the note has %u bytes, not %zu",
                         notes->desc_bytes, NOTE_DESC))
            return 1;
    }
    return 0;
}

static int check_abi(const struct ov_backend_note *note, struct finding *finding)
{
    uint32_t abi = le32toh(note->abi), needed = le32toh(note->abi_needed);
    uint32_t flags = le32toh(note->flags), format = le32toh(note->format);

    if (format != OV_NOTE_FORMAT &&
        verdict_give(finding, VERDICT_NOTE_FORMAT, "the note's format is %u, not %u",
                     format, OV_NOTE_FORMAT))
        return 1;
    if (abi >> 16 != OV_ABI_MAJOR &&
        verdict_give(finding, VERDICT_ABI_MAJOR, "built for ABI %u.%u, this host has %d",
                     abi >> 16, abi & 0xFFFF, OV_ABI_MAJOR))
        return 1;
    /* Of another major it says nothing. */
    if (abi >> 16 == OV_ABI_MAJOR && needed > OV_ABI_VERSION &&
        verdict_give(finding, VERDICT_ABI_NEEDED,
                     "needs a host of ABI %u.%u, this one has %d.%d", needed >> 16,
                     needed & 0xFFFF, OV_ABI_MAJOR, OV_ABI_MINOR))
        return 1;
    if (flags != 0 &&
        verdict_give(finding, VERDICT_NOTE_FLAGS,
                     "the note has flags 0x%x, which this host does not know", flags))
        return 1;
    return 0;
}

/* Copies a text of the note; 0 when it is one. */
static int copy_text(char *out, const char *text, size_t capacity)
{
    size_t n = strnlen(text, capacity);

    if (n == capacity)
        return -1;
    for (uint64_t i = 0, step; i < n; i += step)
        if (ov_text_unshown(text + i, text + n, &step))
            return -1;
    for (size_t i = n; i < capacity; i++)
        if (text[i] != '\0')
            return -1;
    memset(out, 0, capacity);
    memcpy(out, text, n);
    return 0;
}

/* As far as it is a word: [a-z][a-z0-9_]*. */
static size_t span_word(const char *text)
{
    if (text[0] < 'a' || text[0] > 'z')
        return 0;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
}

static int words_only(const char *text)
{
    while (*text != '\0') {
        size_t n = strspn(text, " ");

        text += n;
        if (*text == '\0')
            return 1;
        n = span_word(text);
        if (n == 0 || (text[n] != ' ' && text[n] != '\0'))
            return 0;
        text += n;
    }
    return 1;
}

static int check_texts(const struct ov_backend_note *note, struct candidate *candidate)
{
    char name[sizeof(note->name)] = "";
    const char *bad = NULL;

    if (copy_text(name, note->name, sizeof(name)) != 0 || span_word(name) == 0 ||
        name[span_word(name)] != '\0')
        bad = "name";
    else if (copy_text(candidate->version, note->version, sizeof(note->version)) != 0)
        bad = "version";
    else if (copy_text(candidate->vendor, note->vendor, sizeof(note->vendor)) != 0)
        bad = "vendor";
    else if (copy_text(candidate->aliases, note->aliases, sizeof(note->aliases)) != 0 ||
             !words_only(candidate->aliases))
        bad = "aliases";
    if (bad != NULL) {
        if (verdict_give(&candidate->found, VERDICT_NOTE_TEXT,
                         "the note's %s is no text that ends within its room", bad))
            return 1;
    } else if (strcmp(name, candidate->name) != 0 &&
               verdict_give(&candidate->found, VERDICT_NOTE_NAME,
                            "the file is named for '%s', the note says '%s'",
                            candidate->name, name)) {
        return 1;
    }
    return 0;
}

static enum elf_status check_note(const struct elf *elf, struct candidate *candidate,
                                  int *stop)
{
    struct notes notes = { 0 };
    enum elf_status status = read_notes(elf, &notes);

    *stop = 1;
    if (status != ELF_OK)
        return status;
    if (choose_note(&notes, &candidate->found))
        return ELF_OK;
    candidate->abi = le32toh(notes.ours.abi);
    *stop =
        check_abi(&notes.ours, &candidate->found) || check_texts(&notes.ours, candidate);
    return ELF_OK;
}

/* ------------------------------------------------------------------- symbols */

static int check_entry(const struct elf_link *link, struct finding *finding)
{
    const ElfW(Sym) *symbol = elf_export(link, "ov_backend_get");
    unsigned int type = symbol == NULL ? 0 : ELF64_ST_TYPE(symbol->st_info);

    if (symbol == NULL)
        return verdict_give(finding, VERDICT_NO_ENTRY,
                            "it does not export the function ov_backend_get");
    if (type != STT_FUNC && type != STT_GNU_IFUNC)
        return verdict_give(finding, VERDICT_NO_ENTRY,
                            "ov_backend_get is no function but a symbol of type %u",
                            type);
    return 0;
}

static int check_abi_symbol(const struct elf *elf, const struct elf_link *link,
                            struct candidate *candidate)
{
    const ElfW(Sym) *symbol = elf_export(link, "ov_backend_abi_version");
    uint64_t offset;
    uint32_t abi = 0;

    /* clang's AddressSanitizer makes objects larger. */
    if (symbol == NULL || ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT ||
        symbol->st_size < sizeof(abi))
        return verdict_give(&candidate->found, VERDICT_NO_ABI_SYMBOL,
                            "it does not export the data ov_backend_abi_version");
    if (elf_offset(elf, symbol->st_value, sizeof(abi), &offset) != ELF_OK ||
        elf_read(elf, offset, &abi, sizeof(abi)) != ELF_OK)
        abi = 0;
    if (abi != candidate->abi)
        return verdict_give(&candidate->found, VERDICT_ABI_SYMBOL,
                            "ov_backend_abi_version is %u.%u, the note says %u.%u",
                            abi >> 16, abi & 0xFFFF, candidate->abi >> 16,
                            candidate->abi & 0xFFFF);
    return 0;
}

/* A symbol that a provider shows besides its two may take the place of another's. */
static void warn_exports(const struct elf_link *link, struct candidate *candidate)
{
    const char *first = NULL;
    size_t n = 0;

    for (size_t i = 0; i < link->n_symbols; i++) {
        const char *name = elf_string(link, link->symbols[i].st_name);

        if (!elf_exported(&link->symbols[i]) ||
            ELF64_ST_TYPE(link->symbols[i].st_info) == STT_SECTION ||
            link->symbols[i].st_shndx == SHN_ABS ||
            strncmp(name, "ov_backend_", strlen("ov_backend_")) == 0)
            continue;
        if (n++ == 0)
            first = name;
    }
    if (n > 0)
        verdict_warn(candidate->warning, sizeof(candidate->warning), VERDICT_EXPORTS,
                     "exports %zu symbols besides its own two, '%.64s' is one", n, first);
}

static enum elf_status check_symbols(const struct elf *elf, struct candidate *candidate)
{
    struct elf_link link;
    enum elf_status status = elf_link_read(elf, &link);

    if (status != ELF_OK)
        return status;
    if (!check_entry(&link, &candidate->found) &&
        !check_abi_symbol(elf, &link, candidate) &&
        !resolvers_check(elf, &link, &candidate->found, &status) &&
        !libraries_check(elf, &link, candidate))
        warn_exports(&link, candidate);
    elf_link_free(&link);
    return status;
}

/* --------------------------------------------------------------------- whole */

int32_t preflight_file(int fd, struct candidate *candidate)
{
    struct elf elf = { .fd = fd };
    struct finding *finding = &candidate->found;
    enum elf_status status;
    struct stat info;
    int stop = 0;

    if (fstat(fd, &info) != 0 || info.st_size < 0) {
        verdict_give(finding, VERDICT_ELF_DAMAGED, "its size cannot be read");
        return OV_OK;
    }
    elf.bytes = (uint64_t)info.st_size;
    (void)elf_read(&elf, 0, &elf.header,
                   elf.bytes < sizeof(elf.header) ? (size_t)elf.bytes
                                                  : sizeof(elf.header));
    if (check_magic(&elf, finding) || check_kind(&elf, finding) ||
        check_segments(&elf, finding))
        return OV_OK;
    status = check_note(&elf, candidate, &stop);
    if (status == ELF_OK && !stop)
        status = check_symbols(&elf, candidate);
    if (status == ELF_NO_MEMORY)
        return OV_NO_SPACE;
    if (status == ELF_LARGE)
        verdict_give(finding, VERDICT_ELF_LARGE,
                     "a table that its headers speak of is larger than any provider's");
    if (status == ELF_BAD)
        verdict_give(finding, VERDICT_ELF_DAMAGED,
                     "a table that its headers speak of does not lie in the file");
    return OV_OK;
}
