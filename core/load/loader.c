/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader.c - the only place that runs the dynamic loader.
 *
 * Each file is opened twice. dlopen comes first, bound now, because libltdl binds
 * lazily and replaces the loader's reason by "file not found"; libltdl then gets the
 * same path, which cannot fail differently any more. Nothing is ever closed.
 *
 * Both loaders compare the text of a path before they look at the file, so a file that
 * was replaced is opened as DIR/./FILE, the next one as DIR/././FILE.
 *
 * libltdl has no locks: ltdl_lock is for it alone. The registry's lock is never held
 * while a provider's code runs; who finds a file being loaded waits for the end of it.
 */
#include "loader.h"
#include "gate.h"
#include "lock.h"

#include <ov/sdk.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <ltdl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum state {
    FAILED,  /* nothing of it is mapped: may be tried (again) */
    LOADING, /* somebody is at it */
    DONE     /* it is mapped for ever, good or not */
};

struct module {
    struct module *next;
    struct file_id id;
    char *path; /* folder/file, without symbolic links in the folder */
    uint32_t generation;
    enum state state;
    int short_of; /* FAILED for want of memory: nobody is told that it is refused */
    int held;     /* FAILED, but the file of this id is mapped as `spelled` */
    struct finding finding;
    struct provider provider;
    struct gate *gate; /* made in time, so that a loaded provider never lacks it */
    char name[32], version[32];
    char spelled[PATH_MAX];
};

static pthread_mutex_t ltdl_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct module *modules;
static __thread int inside;

int loader_inside(void)
{
    return inside;
}

/* ----------------------------------------------------------- the mapped object */

struct mapped {
    void *handle;
    struct link_map *map;
    lt_dlhandle ltdl;
    ov_backend_get_fn *entry;
    const uint32_t *abi;
};

/* Do the bytes in memory come from this file? Its name is no proof: somebody else may
 * have opened an older file under it. The headers are compared first, so that the rest
 * is known to be mapped. */
static int is_image_of(const struct elf *elf, const struct mapped *mapped)
{
    const ElfW(Phdr) *theirs = NULL;
    const ElfW(Phdr) *first = NULL;
    char part[4096];
    uint64_t at = 0;

    if (dlinfo(mapped->handle, RTLD_DI_PHDR, &theirs) != (int)elf->n_segments ||
        memcmp(theirs, elf->segments, elf->n_segments * sizeof(*theirs)) != 0)
        return 0;
    for (uint32_t i = 0; i < elf->n_segments && first == NULL; i++)
        if (elf->segments[i].p_type == PT_LOAD && elf->segments[i].p_offset == 0 &&
            (elf->segments[i].p_flags & (PF_W | PF_R)) == PF_R)
            first = &elf->segments[i];
    while (first != NULL && at < first->p_filesz && at < 16 * sizeof(part)) {
        uint64_t left = first->p_filesz - at;
        size_t n = left < sizeof(part) ? (size_t)left : sizeof(part);
        const char *image = (const char *)(mapped->map->l_addr + first->p_vaddr + at);

        if (elf_read(elf, at, part, n) != ELF_OK || memcmp(image, part, n) != 0)
            return 0;
        at += n;
    }
    return 1;
}

static int read_headers(int fd, struct elf *elf)
{
    struct stat info;

    elf->fd = fd;
    if (fstat(fd, &info) != 0)
        return -1;
    elf->bytes = (uint64_t)info.st_size;
    if (elf_read(elf, 0, &elf->header, sizeof(elf->header)) != ELF_OK)
        return -1;
    return elf_segments(elf) == ELF_OK ? 0 : -1;
}

static int check_identity(int fd, struct mapped *mapped, struct finding *finding)
{
    struct elf elf = { 0 };

    if (dlinfo(mapped->handle, RTLD_DI_LINKMAP, &mapped->map) == 0 &&
        read_headers(fd, &elf) == 0 && is_image_of(&elf, mapped))
        return 0;
    return verdict_give(finding, VERDICT_IDENTITY,
                        "the system's loader gave another file than the one that was "
                        "checked");
}

/* Under ltdl_lock. After a failure libltdl takes itself for begun, with half of what it
 * needs, so that has to be undone before it can be tried again. */
static int begin_ltdl(void)
{
    static int ready;

    if (ready)
        return 0;
    if (lt_dlinit() != 0) {
        (void)lt_dlexit();
        return -1;
    }
    ready = 1;
    return 0;
}

/* Under ltdl_lock, since constructors of a second opening would run here. NULL: there was
 * no memory, since the file is mapped already and cannot fail differently. */
static lt_dlhandle open_by_ltdl(const char *path)
{
    lt_dladvise advise = NULL;
    lt_dlhandle handle = NULL;

    if (lt_dladvise_init(&advise) == 0 && lt_dladvise_resident(&advise) == 0 &&
        lt_dladvise_local(&advise) == 0)
        handle = lt_dlopenadvise(path, advise);
    (void)lt_dladvise_destroy(&advise);
    return handle;
}

/* Function and data pointers are of one size wherever dlsym exists (POSIX). */
static ov_backend_get_fn *as_entry(void *symbol)
{
    ov_backend_get_fn *entry;

    memcpy(&entry, &symbol, sizeof(entry));
    return entry;
}

/* dlsym looks through everything that the file depends on; only its own will do. */
static int check_home(const struct mapped *mapped, void *symbol, const char *name,
                      struct finding *finding)
{
    struct link_map *home = NULL;
    Dl_info info;

    if (dladdr1(symbol, &info, (void **)&home, RTLD_DL_LINKMAP) != 0 &&
        home == mapped->map)
        return 0;
    return verdict_give(finding, VERDICT_ELSEWHERE, "%s lies in '%s', not in the file",
                        name, home == NULL ? "?" : info.dli_fname);
}

static int find_symbols(struct mapped *mapped, struct finding *finding)
{
    void *entry = lt_dlsym(mapped->ltdl, "ov_backend_get");
    void *abi = lt_dlsym(mapped->ltdl, "ov_backend_abi_version");

    if (entry == NULL || abi == NULL)
        return verdict_set(finding, VERDICT_SYMBOL,
                           "the system's loader does not find %s",
                           entry == NULL ? "ov_backend_get" : "ov_backend_abi_version");
    if (check_home(mapped, entry, "ov_backend_get", finding) ||
        check_home(mapped, abi, "ov_backend_abi_version", finding))
        return 1;
    mapped->entry = as_entry(entry);
    mapped->abi = abi;
    return 0;
}

/* What has become of a module. */
struct end {
    int resident; /* something stays mapped */
    int short_of; /* memory: nothing is known of the file yet */
};

/* 1: stop. */
static int open_file(const struct module *module, int fd, struct mapped *mapped,
                     struct finding *finding, struct end *end)
{
    const char *text;

    end->short_of = begin_ltdl() != 0;
    if (end->short_of)
        return 1;
    (void)dlerror();
    mapped->handle = dlopen(module->spelled, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (mapped->handle == NULL) {
        text = dlerror();
        why_refused(fd, module->spelled, text == NULL ? "" : text, finding);
        return 1;
    }
    end->resident = 1;
    if (check_identity(fd, mapped, finding))
        return 1;
    mapped->ltdl = open_by_ltdl(module->spelled);
    end->short_of = mapped->ltdl == NULL;
    if (end->short_of)
        return 1;
    return find_symbols(mapped, finding);
}

static void check_abi(const struct module *module, const struct mapped *mapped,
                      struct finding *finding)
{
    if (*mapped->abi != module->provider.abi)
        (void)verdict_give(finding, VERDICT_ABI_SYMBOL,
                           "ov_backend_abi_version is %u.%u, the note says %u.%u",
                           *mapped->abi >> 16, *mapped->abi & 0xFFFF,
                           module->provider.abi >> 16, module->provider.abi & 0xFFFF);
}

/* The file again, to be sure that it is the one that was checked. */
static int reopen(const struct candidate *candidate, struct finding *finding)
{
    struct stat info;
    struct file_id now;
    int fd = open(candidate->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd >= 0 && fstat(fd, &info) == 0) {
        now = file_id_of(&info);
        if (file_same(&now, &candidate->id))
            return fd;
    }
    if (verdict_give(finding, VERDICT_CHANGED,
                     fd < 0 ? "it went away since it was checked"
                            : "it was replaced or written since it was checked") &&
        fd >= 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* No lock is held here but libltdl's, while it is at work. */
static struct end load_module(struct module *module, const struct candidate *candidate)
{
    struct finding *finding = &module->finding;
    struct mapped mapped = { 0 };
    struct end end = { 0 };
    int fd = reopen(candidate, finding), stop;

    if (fd < 0)
        return end;
    inside = 1;
    pthread_mutex_lock(&ltdl_lock);
    stop = open_file(module, fd, &mapped, finding, &end);
    pthread_mutex_unlock(&ltdl_lock);
    close(fd);
    if (!stop)
        check_abi(module, &mapped, finding);
    if (!stop && finding->verdict == VERDICT_OK)
        bind_provider(mapped.entry, &module->provider, finding);
    if (module->provider.description != NULL &&
        module->provider.description->threads == OV_SERIAL)
        module->provider.gate = module->gate;
    if (stop && !end.short_of)
        (void)verdict_set(finding, VERDICT_SYMBOL, "there is nothing to call");
    inside = 0;
    return end;
}

/* -------------------------------------------------------------------- registry */

static int names_file(const struct module *module, const struct candidate *candidate)
{
    size_t n = strlen(candidate->folder);
    const char *rest = module->path + n;

    if (strncmp(module->path, candidate->folder, n) != 0)
        return 0;
    rest += rest[0] == '/';
    return strcmp(rest, candidate->file) == 0;
}

/* A file that is mapped keeps its inode; the record of a failure belongs to a path. */
static struct module *find_module(const struct candidate *candidate)
{
    struct module *module = modules;

    while (module != NULL &&
           (module->state == FAILED ? !names_file(module, candidate)
                                    : module->id.device != candidate->id.device ||
                                          module->id.inode != candidate->id.inode))
        module = module->next;
    return module;
}

/* Files that this process has mapped under the candidate's path. */
static uint32_t count_generations(const struct candidate *candidate)
{
    uint32_t n = 0;

    for (const struct module *module = modules; module != NULL; module = module->next)
        n += module->state != FAILED && names_file(module, candidate);
    return n;
}

/* DIR/ + generation times ./ + FILE; -1 when that is too long. */
static int spell(struct module *module, const struct candidate *candidate)
{
    const char *end = candidate->folder[1] == '\0' ? "" : "/";
    size_t n = strlen(candidate->folder) + strlen(end), m = strlen(candidate->file) + 1;
    char *at = module->spelled;

    if (n + m + 2 * (size_t)module->generation > sizeof(module->spelled))
        return -1;
    at = stpcpy(stpcpy(at, candidate->folder), end);
    for (uint32_t i = 0; i < module->generation; i++)
        at = stpcpy(at, "./");
    memcpy(at, candidate->file, m);
    return 0;
}

static struct module *new_module(const struct candidate *candidate)
{
    struct module *module = calloc(1, sizeof(*module));

    if (module == NULL)
        return NULL;
    module->gate = gate_new();
    if (module->gate == NULL ||
        asprintf(&module->path, "%s%s%s", candidate->folder,
                 candidate->folder[1] == '\0' ? "" : "/", candidate->file) < 0) {
        gate_free(module->gate);
        free(module);
        return NULL;
    }
    module->next = modules;
    modules = module;
    return module;
}

/* Make the module the candidate's file, about to be loaded. */
static void begin(struct module *module, const struct candidate *candidate)
{
    uint32_t past = module->generation + 1;
    int replaced = module->held && !file_same(&module->id, &candidate->id);

    module->state = FAILED; /* so that it does not count itself */
    module->id = candidate->id;
    module->generation = count_generations(candidate);
    if (replaced && module->generation < past)
        module->generation = past; /* that spelling means the file before */
    module->state = LOADING;
    memset(&module->finding, 0, sizeof(module->finding));
    memcpy(module->name, candidate->name, sizeof(module->name));
    memcpy(module->version, candidate->version, sizeof(module->version));
    module->provider.name = module->name;
    module->provider.version = module->version;
    module->provider.path = module->path;
    module->provider.abi = candidate->abi;
    module->provider.generation = module->generation;
    if (spell(module, candidate) != 0)
        (void)verdict_give(&module->finding, VERDICT_DLOPEN,
                           "its path is too long for one more generation");
}

/* Under the lock: what is known of the file, into the candidate. */
static void settle(struct candidate *candidate, const struct module *module)
{
    if (atomic_load_explicit(&candidate->settled, memory_order_relaxed))
        return;
    if (!file_same(&candidate->id, &module->id) &&
        verdict_give(&candidate->late, VERDICT_OVERWRITTEN,
                     "the file was written to while this process has it mapped")) {
        candidate->provider = NULL;
    } else {
        candidate->late = module->finding;
        candidate->provider =
            module->finding.verdict == VERDICT_OK ? &module->provider : NULL;
    }
    candidate->generation = module->generation;
    atomic_store_explicit(&candidate->settled, 1, memory_order_release);
}

static void load_now(struct module *module, struct candidate *candidate)
{
    struct end end = { 0 };

    begin(module, candidate);
    lock_leave(&lock);
    if (module->finding.verdict == VERDICT_OK)
        end = load_module(module, candidate);
    lock_take(&lock);
    module->state = end.resident && !end.short_of ? DONE : FAILED;
    module->short_of = end.short_of;
    module->held = end.resident && end.short_of;
    pthread_cond_broadcast(&changed);
}

int32_t loader_load(struct candidate *candidate, const struct provider **out,
                    struct ov_error *err)
{
    struct module *module;
    int short_of;

    if (!atomic_load_explicit(&candidate->settled, memory_order_acquire)) {
        if (inside)
            return ov_fail(err, OV_INVALID,
                           "a provider called the host while it was being loaded");
        lock_take(&lock);
        module = find_module(candidate);
        if (module == NULL)
            module = new_module(candidate);
        if (module == NULL) {
            lock_leave(&lock);
            return ov_no_memory(err);
        }
        if (module->state == FAILED)
            load_now(module, candidate);
        while (module->state == LOADING)
            lock_wait(&changed, &lock);
        short_of = module->state == FAILED && module->short_of;
        if (!short_of)
            settle(candidate, module);
        lock_leave(&lock);
        if (short_of)
            return ov_no_memory(err);
    }
    *out = candidate->provider;
    return OV_OK;
}

void loader_recall(struct candidate *candidate)
{
    const struct module *module;

    if (candidate->found.verdict != VERDICT_OK)
        return;
    lock_take(&lock);
    module = find_module(candidate);
    if (module != NULL && module->state == DONE)
        settle(candidate, module);
    else
        candidate->generation = count_generations(candidate);
    lock_leave(&lock);
}

const struct provider *loader_older(const struct candidate *candidate)
{
    const struct module *best = NULL;

    if (candidate->folder == NULL)
        return NULL;
    lock_take(&lock);
    for (const struct module *module = modules; module != NULL; module = module->next)
        if (module->state == DONE && module->finding.verdict == VERDICT_OK &&
            names_file(module, candidate) &&
            (best == NULL || module->generation > best->generation))
            best = module;
    lock_leave(&lock);
    return best == NULL ? NULL : &best->provider;
}
