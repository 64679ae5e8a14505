/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patch.c - makes the broken objects that no compiler makes.
 *
 *     patch GOOD OUT NAME FAULT
 *
 * The copy is named NAME in its note, then gets the one fault.
 */
#include <ov/backend.h>

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char bytes[16 << 20];
static size_t n;

static struct ov_backend_note *find_note(void)
{
    static const unsigned char head[] = { 4, 0, 0, 0, 240, 0,   0,  0,
                                          1, 0, 0, 0, 'O', 'V', 'B' };
    unsigned char *at = memmem(bytes, n, head, sizeof(head));

    if (at == NULL) {
        fprintf(stderr, "patch: no note\n");
        exit(1);
    }
    return (struct ov_backend_note *)(void *)at;
}

static void leave_elf(const char *fault, Elf64_Ehdr *elf)
{
    if (strcmp(fault, "elf_class") == 0)
        elf->e_ident[EI_CLASS] = ELFCLASS32;
    else if (strcmp(fault, "elf_order") == 0)
        elf->e_ident[EI_DATA] =
            elf->e_ident[EI_DATA] == ELFDATA2LSB ? ELFDATA2MSB : ELFDATA2LSB;
    else if (strcmp(fault, "elf_machine") == 0)
        elf->e_machine = elf->e_machine == EM_S390 ? EM_PPC64 : EM_S390;
    else if (strcmp(fault, "elf_type") == 0)
        elf->e_type = ET_EXEC;
    else if (strcmp(fault, "elf_phdrs") == 0)
        elf->e_phoff = UINT64_MAX - 8;
    else if (strcmp(fault, "elf_magic") == 0)
        elf->e_ident[EI_MAG1] = 'e';
}

/* Byte 4095 and what follows are gone: the last segments are not. */
static void cut_file(const char *fault)
{
    if (strcmp(fault, "empty") == 0)
        n = 0;
    else if (strcmp(fault, "text") == 0)
        n = (size_t)snprintf((char *)bytes, sizeof(bytes),
                             "# a script, not a library\n%100s\n", "");
    else if (strcmp(fault, "cut") == 0)
        n = 4095;
    else if (strcmp(fault, "cut_header") == 0)
        n = 40;
}

/* The dynamic segment says that the strings lie beyond the end. */
static void break_strings(Elf64_Ehdr *elf)
{
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(const void *)(bytes + elf->e_phoff);

    for (int i = 0; i < elf->e_phnum; i++) {
        Elf64_Dyn *entry;

        if (segments[i].p_type != PT_DYNAMIC)
            continue;
        entry = (Elf64_Dyn *)(void *)(bytes + segments[i].p_offset);
        for (; entry->d_tag != DT_NULL; entry++)
            if (entry->d_tag == DT_STRSZ)
                entry->d_un.d_val = UINT32_MAX;
    }
}

/* The notes go on for longer than any, and the file is long enough for them. */
static void lengthen_notes(Elf64_Ehdr *elf, const void *note)
{
    Elf64_Phdr *segments = (Elf64_Phdr *)(void *)(bytes + elf->e_phoff);
    size_t at = (size_t)((const unsigned char *)note - bytes);

    for (int i = 0; i < elf->e_phnum; i++)
        if (segments[i].p_type == PT_NOTE && at >= segments[i].p_offset &&
            at < segments[i].p_offset + segments[i].p_filesz)
            segments[i].p_filesz = 1 << 20;
    n += 1 << 20;
}

static void leave_note(const char *fault, struct ov_backend_note *note)
{
    if (strcmp(fault, "note_owner") == 0)
        memcpy(note->owner, "OVX", 4);
    else if (strcmp(fault, "note_type") == 0)
        note->type = 2;
    else if (strcmp(fault, "note_size") == 0)
        note->desc_bytes = 112; /* as a note without aliases would be */
    else if (strcmp(fault, "note_format") == 0)
        note->format = 2;
    else if (strcmp(fault, "note_flags") == 0)
        note->flags = 1u << 7;
    else if (strcmp(fault, "note_text") == 0)
        memset(note->version, 'v', sizeof(note->version));
    else if (strcmp(fault, "note_alias") == 0)
        strcpy(note->aliases, "good Bad");
    else if (strcmp(fault, "note_name") == 0)
        strcpy(note->name, "somebody_else");
    else if (strcmp(fault, "abi_needed") == 0)
        note->abi_needed = OV_ABI_VERSION + 5;
}

int main(int count, char **words)
{
    struct ov_backend_note *note;
    FILE *file;

    if (count != 5)
        return 2;
    file = fopen(words[1], "rb");
    if (file == NULL)
        return 1;
    n = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    note = find_note();
    memset(note->name, 0, sizeof(note->name));
    strcpy(note->name, words[3]);
    leave_note(words[4], note);
    if (strcmp(words[4], "elf_strings") == 0)
        break_strings((Elf64_Ehdr *)(void *)bytes);
    if (strcmp(words[4], "elf_large") == 0)
        lengthen_notes((Elf64_Ehdr *)(void *)bytes, note);
    leave_elf(words[4], (Elf64_Ehdr *)(void *)bytes);
    cut_file(words[4]);
    file = fopen(words[2], "wb");
    if (file == NULL || fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
        return 1;
    return 0;
}
