/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zoo.c - one small provider, and every way to get it wrong.
 *
 * It stores nothing: each operation answers OV_UNSUPPORTED. ZOO_NAME is its name; one
 * FAULT_* switch, if any, plants one fault. Faults that no compiler makes are patched
 * into a good file by patch.c.
 */
#include <ov/sdk.h>

#include <string.h>

#ifndef ZOO_ALIASES
#define ZOO_ALIASES ""
#endif
#ifndef ZOO_VERSION
#define ZOO_VERSION "1.0"
#endif

/* Major and minor by which the provider says it was built. */
#if defined(FAULT_ABI_MAJOR)
#define ZOO_MAJOR 9
#else
#define ZOO_MAJOR OV_ABI_MAJOR
#endif
#if defined(ZOO_NEWER)
#define ZOO_MINOR 7
#else
#define ZOO_MINOR OV_ABI_MINOR
#endif

#define DECLARE(NAME, ALIASES, VERSION, MAJOR, MINOR) \
    OV_BACKEND_DECLARE_ABI(NAME, ALIASES, VERSION, "Zoo", MAJOR, MINOR)
#define NOTE_ONLY(NAME, ALIASES, VERSION, MAJOR, MINOR) \
    OV_NOTE_EMIT_(NAME, ALIASES, VERSION, "Zoo", MAJOR, MINOR)

#if defined(FAULT_NO_NOTE)
const uint32_t ov_backend_abi_version = OV_ABI_VERSION;
#elif defined(FAULT_NO_ABI_SYMBOL)
NOTE_ONLY(ZOO_NAME, ZOO_ALIASES, ZOO_VERSION, OV_ABI_MAJOR, OV_ABI_MINOR);
#elif defined(FAULT_ABI_SYMBOL)
const uint32_t ov_backend_abi_version = OV_ABI_VERSION + 3;
NOTE_ONLY(ZOO_NAME, ZOO_ALIASES, ZOO_VERSION, OV_ABI_MAJOR, OV_ABI_MINOR);
#elif defined(FAULT_NOTE_TWICE)
DECLARE(ZOO_NAME, ZOO_ALIASES, ZOO_VERSION, ZOO_MAJOR, ZOO_MINOR);
NOTE_ONLY(ZOO_NAME, ZOO_ALIASES, ZOO_VERSION, OV_ABI_MAJOR, OV_ABI_MINOR);
#else
DECLARE(ZOO_NAME, ZOO_ALIASES, ZOO_VERSION, ZOO_MAJOR, ZOO_MINOR);
#endif

/* ------------------------------------------------------- what runs when it is loaded */

#ifdef ZOO_WITNESS
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Whoever runs one instruction of this file leaves a trace. */
__attribute__((constructor)) static void leave_trace(void)
{
    const char *path = getenv("OV_ZOO_WITNESS");
    int fd = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd);
}
#endif

#ifdef FAULT_CRASH
#include <signal.h>

__attribute__((constructor)) static void crash(void)
{
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}
#endif

#ifdef FAULT_RESOLVER
/* Not exported, so no symbol tells of it: only a relocation does. */
static int answer(void)
{
    return 1;
}

static __attribute__((used)) int (*choose(void))(void)
{
    return answer;
}
static int chosen(void) __attribute__((ifunc("choose")));
int zoo_use_chosen(void);
int zoo_use_chosen(void)
{
    return chosen();
}
#endif

#ifdef ZOO_REENTRY
/* Given by the test program: it calls the host. */
__attribute__((weak)) void zoo_call_host(const char *from);

__attribute__((constructor)) static void call_back(void)
{
    if (zoo_call_host != NULL)
        zoo_call_host("constructor");
}
#endif

#ifdef FAULT_DEPENDENCY
int zoo_elsewhere(void);
int zoo_use_elsewhere(void);
int zoo_use_elsewhere(void)
{
    return zoo_elsewhere();
}
#endif

#ifdef FAULT_VERSION
int zoo_versioned(void);
int zoo_use_versioned(void);
int zoo_use_versioned(void)
{
    return zoo_versioned();
}
#endif

#ifdef FAULT_UNDEFINED
void zoo_defined_nowhere(void);
#endif

#ifdef FAULT_EXPORTS
OV_EXPORT int zoo_foreign_symbol(void);
int zoo_foreign_symbol(void)
{
    return 1;
}
#endif

/* ---------------------------------------------------------------------- operations */

#define REFUSE(name) return ov_fail(err, OV_UNSUPPORTED, "the zoo has no '%s'", name)
#define CALL const struct ov_call *call
#define ERR struct ov_error *err
#define UNUSED __attribute__((unused))

struct ov_session {
    int unused;
};

static int32_t open_store(uint64_t store UNUSED, const struct ov_scalar *settings UNUSED,
                          CALL UNUSED, struct ov_session **out, ERR UNUSED)
{
    static struct ov_session session;

    *out = &session;
    return OV_OK;
}

static void close_store(struct ov_session *session UNUSED)
{
}

static int32_t tell_ability(struct ov_session *session UNUSED, CALL UNUSED,
                            struct ov_ability *out, ERR UNUSED)
{
    out->can = 0;
    return OV_OK;
}

static int32_t list_collections(struct ov_session *session UNUSED, CALL UNUSED,
                                ov_name_fn *take UNUSED, void *ctx UNUSED, ERR UNUSED)
{
    return OV_OK;
}

static int32_t create_collection(struct ov_session *session UNUSED, CALL UNUSED,
                                 const struct ov_schema *schema UNUSED, ERR)
{
    REFUSE("collection_create");
}

static int32_t drop_collection(struct ov_session *session UNUSED, CALL UNUSED,
                               struct ov_str name UNUSED, ERR)
{
    REFUSE("collection_drop");
}

static int32_t open_collection(struct ov_session *session UNUSED, CALL UNUSED,
                               struct ov_str name UNUSED, struct ov_table **out UNUSED,
                               ERR)
{
    REFUSE("collection_open");
}

static void close_collection(struct ov_table *table UNUSED)
{
}

static int32_t describe_collection(struct ov_table *table UNUSED, CALL UNUSED,
                                   ov_schema_fn *take UNUSED, void *ctx UNUSED, ERR)
{
    REFUSE("collection_describe");
}

static int32_t alter_collection(struct ov_table *table UNUSED, CALL UNUSED,
                                const struct ov_schema *schema UNUSED, ERR)
{
    REFUSE("collection_alter");
}

static int32_t put_index(struct ov_table *table UNUSED, CALL UNUSED,
                         const struct ov_index *index UNUSED, ERR)
{
    REFUSE("index_put");
}

static int32_t drop_index(struct ov_table *table UNUSED, CALL UNUSED,
                          struct ov_str name UNUSED, ERR)
{
    REFUSE("index_drop");
}

static int32_t write_batches(struct ov_table *table UNUSED, CALL UNUSED,
                             const struct ov_batch *const *batches UNUSED,
                             uint32_t n UNUSED, ERR)
{
    REFUSE("upsert");
}

static int32_t remove_keys(struct ov_table *table UNUSED, CALL UNUSED,
                           const struct ov_batch *keys UNUSED, uint64_t *removed UNUSED,
                           ERR)
{
    REFUSE("remove");
}

static int32_t remove_where(struct ov_table *table UNUSED, CALL UNUSED,
                            const struct ov_filter *filter UNUSED,
                            uint64_t *removed UNUSED, ERR)
{
    REFUSE("remove_where");
}

static int32_t truncate_table(struct ov_table *table UNUSED, CALL UNUSED, ERR)
{
    REFUSE("truncate");
}

static int32_t fetch(struct ov_table *table UNUSED, CALL UNUSED,
                     const struct ov_fetch *request UNUSED, struct ov_result *out UNUSED,
                     ERR)
{
    REFUSE("fetch");
}

UNUSED static int32_t search(struct ov_table *table UNUSED, CALL UNUSED,
                             const struct ov_search *request UNUSED,
                             struct ov_result *out UNUSED, ERR)
{
    REFUSE("search");
}

static int32_t scan(struct ov_table *table UNUSED, CALL UNUSED,
                    const struct ov_scan *request UNUSED, struct ov_result *out UNUSED,
                    ERR)
{
    REFUSE("scan");
}

static int32_t count(struct ov_table *table UNUSED, CALL UNUSED,
                     const struct ov_count *request UNUSED, uint64_t *total UNUSED,
                     struct ov_result *groups UNUSED, ERR)
{
    REFUSE("count");
}

#ifdef ZOO_OPTIONAL
static int32_t ping(struct ov_session *session UNUSED, CALL UNUSED, ERR UNUSED)
{
    return OV_OK;
}
#endif

/* --------------------------------------------------------------------- description */

static const struct ov_option speed = {
    .size = sizeof(struct ov_option),
#ifdef FAULT_OPTION_KIND
    .kind = 99,
#else
    .kind = OV_OPTION_INT,
#endif
#if defined(FAULT_OPTION_BOUNDS)
    .low = 9,
    .high = 1,
#elif defined(FAULT_FALLBACK_BOUNDS)
    .low = 2,
    .high = 9,
#endif
#if defined(FAULT_OPTION_NAME)
    .name = "Speed-Limit",
#elif defined(FAULT_OPTION_RESERVED)
    .name = "timeout",
#else
    .name = "speed",
#endif
#ifdef FAULT_FALLBACK
    .fallback = "quick",
#else
    .fallback = "1",
#endif
#ifdef FAULT_OPTION_TEXT
    .text = "how fast\033[2J",
#else
    .text = "how fast it does nothing",
#endif
};

#ifdef FAULT_WORDS
static const struct ov_option gait = { .size = sizeof(struct ov_option),
                                       .kind = OV_OPTION_WORD,
                                       .name = "gait",
                                       .words = "walk,trot,gallop" };
#endif
#ifdef FAULT_OPTION_FORM
static const struct ov_option word = { .size = sizeof(struct ov_option),
                                       .kind = OV_OPTION_SECRET,
                                       .name = "word" };
static const struct ov_option word_file = { .size = sizeof(struct ov_option),
                                            .kind = OV_OPTION_TEXT,
                                            .name = "word_file" };
#endif

static const struct ov_option *const options[] = {
    &speed,
#ifdef FAULT_OPTION_TWICE
    &speed,
#endif
#ifdef FAULT_OPTION_NULL
    NULL,
#endif
#ifdef FAULT_WORDS
    &gait,
#endif
#ifdef FAULT_OPTION_FORM
    &word_file, &word,
#endif
};

UNUSED static const struct ov_description description = {
    .size = sizeof(struct ov_description),
#if defined(FAULT_THREADS)
    .threads = 17,
#elif defined(ZOO_SERIAL)
    .threads = OV_SERIAL,
#else
    .threads = OV_FREE,
#endif
    .n_options = sizeof(options) / sizeof(options[0]),
    .options = options,
#ifdef FAULT_INDEX_KINDS
    .index_kinds = "flat,hnsw",
#else
    .index_kinds = "flat",
#endif
    .text = "version " ZOO_VERSION,
};

static const struct ov_description *describe(void)
{
#ifdef FAULT_DESCRIPTION
    return NULL;
#else
    return &description;
#endif
}

/* --------------------------------------------------------------------------- entry */

/* Seen by the test program, which counts how often this file is asked. */
__attribute__((weak)) void zoo_asked(void);

static const struct ov_backend table = {
    .size = sizeof(struct ov_backend),
    .abi_minor = ZOO_MINOR,
    .describe = describe,
    .open = open_store,
    .close = close_store,
    .ability = tell_ability,
#ifdef ZOO_OPTIONAL
    .ping = ping,
#endif
    .collection_list = list_collections,
    .collection_create = create_collection,
    .collection_drop = drop_collection,
    .collection_open = open_collection,
    .collection_close = close_collection,
    .collection_describe = describe_collection,
    .collection_alter = alter_collection,
    .index_put = put_index,
    .index_drop = drop_index,
    .upsert = write_batches,
    .update = write_batches,
    .remove = remove_keys,
    .remove_where = remove_where,
    .truncate = truncate_table,
    .fetch = fetch,
#ifndef FAULT_OPERATION
    .search = search,
#endif
    .scan = scan,
    .count = count,
};

UNUSED static int32_t fill(struct ov_backend *out)
{
    uint32_t room = out->size;

    memcpy(out, &table, room < sizeof(table) ? room : sizeof(table));
#if defined(FAULT_TABLE_SIZE)
    out->size = 3;
#elif defined(FAULT_TABLE_OVERRUN)
    memset((char *)out + room, 0, 16);
    out->size = room;
#elif defined(ZOO_SHORTER)
    /* As if the last members had not been thought of yet. */
    memset(&out->bulk_begin, 0xEE,
           sizeof(table) - offsetof(struct ov_backend, bulk_begin));
    out->size = offsetof(struct ov_backend, bulk_begin);
#else
    out->size = room;
#endif
    return OV_OK;
}

#if defined(FAULT_ELSEWHERE)
int32_t zoo_entry_elsewhere(const struct ov_services *services, struct ov_backend *out,
                            struct ov_error *err);

/* The symbol is here, the function is not: the resolver answers with another file's. */
static UNUSED ov_backend_get_fn *resolve(void)
{
    return zoo_entry_elsewhere;
}
int32_t ov_backend_get(const struct ov_services *services, struct ov_backend *out,
                       struct ov_error *err) __attribute__((ifunc("resolve")));
#elif defined(FAULT_NO_ENTRY)
int32_t zoo_get(const struct ov_services *services, struct ov_backend *out,
                struct ov_error *err);
int32_t zoo_get(const struct ov_services *services UNUSED, struct ov_backend *out,
                ERR UNUSED)
{
    return fill(out);
}
#elif defined(FAULT_ENTRY_IS_DATA)
__asm__(".globl ov_backend_get\n.type ov_backend_get, @object\n.size ov_backend_get, 4\n"
        ".pushsection .rodata\nov_backend_get: .long 0\n.popsection\n");
__attribute__((used)) static int32_t (*const keep)(struct ov_backend *) = fill;
#else
#ifdef FAULT_SYMBOL
int32_t zoo_hidden(const struct ov_services *services, struct ov_backend *out, ERR);
__asm__(".symver zoo_hidden, ov_backend_get@ZOO_1");
#define ov_backend_get zoo_hidden
#endif
OV_EXPORT int32_t ov_backend_get(const struct ov_services *services UNUSED,
                                 struct ov_backend *out, struct ov_error *err UNUSED)
{
    if (zoo_asked != NULL)
        zoo_asked();
#ifdef ZOO_REENTRY
    if (zoo_call_host != NULL)
        zoo_call_host("ov_backend_get");
#endif
#ifdef FAULT_UNDEFINED
    zoo_defined_nowhere();
#endif
#ifdef FAULT_GET
    fill(out);
    return ov_fail(err, OV_UNAVAILABLE, "the zoo is closed today");
#else
    return fill(out);
#endif
}
#endif
