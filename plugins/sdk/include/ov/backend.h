/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/backend.h - what a storage provider is to its host: ABI 1.0.
 *
 * A provider is one shared object, libov_backend_NAME.so, that holds an ELF note
 * (read before any of its code runs), the data symbol ov_backend_abi_version and the
 * function ov_backend_get, and exports nothing else. OV_BACKEND_DECLARE makes the first
 * two. From then on the host calls through struct ov_backend.
 *
 * The border. Plain data in, plain data out. Who allocates frees. The host keeps
 * nothing of a provider but its table, its description and the handles it returned.
 *
 * Lifetime words. *Borrowed* ends when the call returns. *Lent to the callback* ends
 * when the callback returns. *Static* lives as long as the process. *Yours* is released
 * with the named function.
 *
 * Growth. Records begin with their size and grow at the end only; who reads one takes
 * no member beyond its size (OV_HAS). A minor version adds members, operations, flags
 * and enum values; flags and values that a provider does not know never reach one that
 * did not declare them. A major version may change anything and is refused by a host of
 * another major.
 *
 * Threads. describe()->threads tells what the provider stands. collection_close and
 * close are called once, when no other call on the handle is running, tables before
 * their session; they return nothing and cannot fail. A provider without an open
 * session owns no thread, no descriptor and no child. Providers are never unloaded.
 *
 * What a provider never does: print, exit, abort on input, change signal handlers,
 * locale, umask, environment or working directory, throw through the border, keep an
 * argument, retry (the host does, in one place).
 */
#ifndef OV_BACKEND_H
#define OV_BACKEND_H

#include <ov/batch.h>
#include <ov/call.h>
#include <ov/describe.h>
#include <ov/filter.h>
#include <ov/request.h>
#include <ov/schema.h>
#include <ov/status.h>
#include <ov/value.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Plain literals: they are pasted into assembly. */
#define OV_ABI_MAJOR 1
#define OV_ABI_MINOR 0
#define OV_ABI_VERSION (((uint32_t)OV_ABI_MAJOR << 16) | (uint32_t)OV_ABI_MINOR)

/* ------------------------------------------------------------ host services */

enum ov_log_level {
    OV_LOG_ERROR = 1,
    OV_LOG_WARNING = 2,
    OV_LOG_INFO = 3,
    OV_LOG_DEBUG = 4
};

/* Static; any function on any thread, also while no call is running. */
struct ov_services {
    uint32_t size;
    uint32_t abi_minor; /* of the host */
    /* store: as given to open; message borrowed, one line, no secret in it. */
    void (*log)(uint64_t store, uint32_t level, struct ov_str message);
    /* The present value of a SECRET or URL option, by its ordinal in the description;
     * files are read again each time, so ask at each connect. At most capacity bytes
     * are written, *length is the whole length (0: unset), no NUL. OV_OK, OV_LIMIT when
     * the buffer is too small, OV_INVALID, OV_DENIED when a file cannot be read. */
    int32_t (*secret)(uint64_t store, uint32_t option, char *buffer, uint64_t capacity,
                      uint64_t *length);
};

/* --------------------------------------------------------------- operations */

struct ov_session; /* the provider's open store; it completes the type */
struct ov_table;   /* the provider's open collection */

typedef void ov_name_fn(void *ctx, struct ov_str name);               /* lent */
typedef void ov_schema_fn(void *ctx, const struct ov_schema *schema); /* lent */

/*
 * R: required, a provider without it is refused. O: optional, may be NULL; the host
 * puts a stand-in that answers OV_UNSUPPORTED naming the operation.
 *
 * err and call are never NULL. On failure outputs are untouched and nothing was
 * written, unless the error's flags say UNCERTAIN or PARTIAL. Once a write has
 * returned OV_OK it survives the death of the process, and every call that starts
 * later, on any thread and through any handle on the same database, sees it; a call
 * that overlaps sees all of it or nothing.
 */
struct ov_backend {
    uint32_t size;
    uint32_t abi_minor;

    /* R. Static data; no side effect. */
    const struct ov_description *(*describe)(void);

    /* R. settings: one a declared option, in that order, defaults filled in; OV_NULL
     * for an unset one and for secrets. *out is yours: close. A server that is away is
     * OV_UNAVAILABLE here. */
    int32_t (*open)(uint64_t store, const struct ov_scalar *settings,
                    const struct ov_call *call, struct ov_session **out,
                    struct ov_error *err);
    /* R */
    void (*close)(struct ov_session *session);
    /* R. out->size is set; the provider fills no member beyond it. */
    int32_t (*ability)(struct ov_session *session, const struct ov_call *call,
                       struct ov_ability *out, struct ov_error *err);
    /* O. OV_OK when the store would serve a call now. */
    int32_t (*ping)(struct ov_session *session, const struct ov_call *call,
                    struct ov_error *err);
    /* O. One of describe()->actions ("doctor", "stats", "backup", ...); speaks by
     * notes. "doctor" says each check by OV_NOTE_CHECK or OV_NOTE_PROBLEM. "repair" makes
     * what the collections that its words name lack; the host asks for it before it
     * extends one. "plan" is given one word, a schema as ov_schema_encode makes it, and
     * says by OV_NOTE_STATEMENT all that an administrator would run for it to be there;
     * it changes nothing. */
    int32_t (*act)(struct ov_session *session, const struct ov_call *call,
                   struct ov_str action, const struct ov_str *words, uint32_t n_words,
                   struct ov_error *err);

    /* R. In any order. */
    int32_t (*collection_list)(struct ov_session *session, const struct ov_call *call,
                               ov_name_fn *take, void *ctx, struct ov_error *err);
    /* R. With all its indexes, in one step as far as the database can. Says what it
     * made by OV_NOTE_ACTION. OV_EXISTS when the name is taken. */
    int32_t (*collection_create)(struct ov_session *session, const struct ov_call *call,
                                 const struct ov_schema *schema, struct ov_error *err);
    /* R. OV_NOT_FOUND. Open handles answer OV_STALE from then on. */
    int32_t (*collection_drop)(struct ov_session *session, const struct ov_call *call,
                               struct ov_str name, struct ov_error *err);
    /* R. OV_NOT_FOUND. *out is yours: collection_close. */
    int32_t (*collection_open)(struct ov_session *session, const struct ov_call *call,
                               struct ov_str name, struct ov_table **out,
                               struct ov_error *err);
    /* R */
    void (*collection_close)(struct ov_table *table);
    /* R. As it is now, not as it was at open; take is called once. */
    int32_t (*collection_describe)(struct ov_table *table, const struct ov_call *call,
                                   ov_schema_fn *take, void *ctx, struct ov_error *err);
    /* R. schema is the present one with fields appended, field flags FULLTEXT changed
     * or meta replaced; indexes are not looked at. A change of meta alone always works.
     * Afterwards this same handle speaks the new schema. */
    int32_t (*collection_alter)(struct ov_table *table, const struct ov_call *call,
                                const struct ov_schema *schema, struct ov_error *err);

    /* R. Make it, or make it so: nothing happens when it is so already. A search on an
     * index that is building or broken answers exactly. */
    int32_t (*index_put)(struct ov_table *table, const struct ov_call *call,
                         const struct ov_index *index, struct ov_error *err);
    /* R. OV_NOT_FOUND. */
    int32_t (*index_drop)(struct ov_table *table, const struct ov_call *call,
                          struct ov_str name, struct ov_error *err);

    /* R. Full replace: a field that is not among a batch's columns takes its fill. No
     * key occurs twice in all batches together. All or nothing with OV_CAN_ATOMIC. */
    int32_t (*upsert)(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n_batches,
                      struct ov_error *err);
    /* R. The columns present are set, the others stay. Every key must be there, else
     * OV_NO_RECORD with err->row and nothing is changed. */
    int32_t (*update)(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *const *batches, uint32_t n_batches,
                      struct ov_error *err);
    /* R. keys: one column, no key twice; unknown keys are passed over. *removed: live
     * records that went. */
    int32_t (*remove)(struct ov_table *table, const struct ov_call *call,
                      const struct ov_batch *keys, uint64_t *removed,
                      struct ov_error *err);
    /* R. filter is never NULL. */
    int32_t (*remove_where)(struct ov_table *table, const struct ov_call *call,
                            const struct ov_filter *filter, uint64_t *removed,
                            struct ov_error *err);
    /* R. All records go; schema and indexes stay. */
    int32_t (*truncate)(struct ov_table *table, const struct ov_call *call,
                        struct ov_error *err);

    /* R, these four; see ov/request.h. */
    int32_t (*fetch)(struct ov_table *table, const struct ov_call *call,
                     const struct ov_fetch *request, struct ov_result *out,
                     struct ov_error *err);
    int32_t (*search)(struct ov_table *table, const struct ov_call *call,
                      const struct ov_search *request, struct ov_result *out,
                      struct ov_error *err);
    int32_t (*scan)(struct ov_table *table, const struct ov_call *call,
                    const struct ov_scan *request, struct ov_result *out,
                    struct ov_error *err);
    /* groups is NULL without a group field. */
    int32_t (*count)(struct ov_table *table, const struct ov_call *call,
                     const struct ov_count *request, uint64_t *total,
                     struct ov_result *groups, struct ov_error *err);

    /* O, both. Much will be written: derived indexes may lag, answers may not. Never
     * nested, never overlapping on one table: the host counts. What a
     * crash inside left undone the next open finishes, or the actions "doctor" and
     * "repair" name and make. */
    int32_t (*bulk_begin)(struct ov_table *table, const struct ov_call *call,
                          struct ov_error *err);
    int32_t (*bulk_end)(struct ov_table *table, const struct ov_call *call,
                        struct ov_error *err);
};

/* ---------------------------------------------------------------- identity */

#define OV_EXPORT __attribute__((visibility("default")))

/* Called once for each loaded file and process. services is static. out is zeroed but
 * for size; the provider fills no member beyond it and sets size to what it filled. */
typedef int32_t ov_backend_get_fn(const struct ov_services *services,
                                  struct ov_backend *out, struct ov_error *err);

OV_EXPORT int32_t ov_backend_get(const struct ov_services *services,
                                 struct ov_backend *out, struct ov_error *err);
extern OV_EXPORT const uint32_t ov_backend_abi_version;

#define OV_NOTE_OWNER "OVB"
#define OV_NOTE_TYPE 1u
#define OV_NOTE_FORMAT 1u

/* The ELF note, little-endian, texts padded with NUL and ended by at least one. */
struct ov_backend_note {
    uint32_t name_bytes; /* 4 */
    uint32_t desc_bytes; /* from format to the end: 240 */
    uint32_t type;       /* OV_NOTE_TYPE */
    char owner[4];       /* OV_NOTE_OWNER */
    uint32_t format;     /* OV_NOTE_FORMAT */
    uint32_t abi;        /* major << 16 | minor of the headers it was built with */
    uint32_t abi_needed; /* the oldest host that will do */
    uint32_t flags;      /* 0; an unknown bit is refused */
    char name[32];       /* [a-z][a-z0-9_]*, equal to the file's NAME */
    char version[32];
    char vendor[32];
    char aliases[128]; /* further names, separated by blanks */
};

/*
 * Once in a provider, at file scope: OV_BACKEND_DECLARE("milvus", "zilliz milvus_lite",
 * "1.4.0", "Example Ltd"). All four are string literals without quotes, backslashes or
 * percent signs. The note is written in assembly because a compiler may pad an object
 * in a section of its own (AddressSanitizer does), and a padded note is none.
 */
#define OV_BACKEND_DECLARE(NAME, ALIASES, VERSION, VENDOR) \
    OV_BACKEND_DECLARE_ABI(NAME, ALIASES, VERSION, VENDOR, OV_ABI_MAJOR, OV_ABI_MINOR)

#define OV_BACKEND_DECLARE_ABI(NAME, ALIASES, VERSION, VENDOR, MAJOR, MINOR) \
    const uint32_t ov_backend_abi_version =                                  \
        ((uint32_t)(MAJOR) << 16) | (uint32_t)(MINOR);                       \
    OV_NOTE_EMIT_(NAME, ALIASES, VERSION, VENDOR, MAJOR, MINOR)

#define OV_NOTE_EMIT_(NAME, ALIASES, VERSION, VENDOR, MAJOR, MINOR)         \
    __asm__(".pushsection .note.ov.backend,\"a\",%note\n"                   \
            ".balign 4\n"                                                   \
            ".long 4\n.long 240\n.long 1\n.asciz \"OVB\"\n"                 \
            ".long 1\n.long (" #MAJOR " << 16) | " #MINOR "\n"              \
            ".long (" #MAJOR " << 16)\n.long 0\n" OV_NOTE_TEXT_(NAME, "32") \
                OV_NOTE_TEXT_(VERSION, "32") OV_NOTE_TEXT_(VENDOR, "32")    \
                    OV_NOTE_TEXT_(ALIASES, "128") ".popsection\n")

/* .org backwards is an error, so a text that is too long does not assemble. */
#define OV_NOTE_TEXT_(TEXT, BYTES) "871:\n.asciz \"" TEXT "\"\n.org 871b + " BYTES "\n"

#ifdef __cplusplus
}
#endif
#endif
