/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/host.h - finding providers, and saying why one is not used.
 *
 * A host looks through a search path for files named libov_backend_NAME.so and checks
 * each before any of its code runs; every file ends in a verdict. The path is, first
 * that is given: options.plugin_path, OV_PLUGIN_PATH (not when the process runs with
 * raised privileges), the built-in directory. Providers load when a store first needs
 * them and stay mapped for the life of the process.
 *
 * Threads: any function, any thread, any time; close when nobody calls.
 */
#ifndef OV_HOST_H
#define OV_HOST_H

#include <ov/config.h>
#include <ov/describe.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OV_HOST_VERSION "0.1.0"
const char *ov_host_version(void); /* of the library that was loaded; static */

struct ov_host;

/* level: enum ov_log_level of ov/backend.h. store names the profile, or NULL. message is
 * lent, one line, without secrets. May be called on any thread. */
typedef void ov_log_fn(void *ctx, uint32_t level, const char *store,
                       struct ov_str message);

struct ov_host_options {
    uint32_t size;
    uint32_t flags;          /* 0 */
    const char *plugin_path; /* directories, ':' between them; NULL: see above. Copied. */
    ov_log_fn *log;          /* NULL: nobody listens */
    void *log_ctx;
};

/* options may be NULL. Never fails for what it finds on the path. *out is yours:
 * ov_host_close, after all its stores are freed. */
int32_t ov_host_open(const struct ov_host_options *options, struct ov_host **out,
                     struct ov_error *err);
void ov_host_close(struct ov_host *host); /* NULL is fine */

/* Look again. New files are found; a newer file of a known name is loaded beside the old
 * one: stores opened from now on get it, open ones keep theirs. */
int32_t ov_host_rescan(struct ov_host *host, struct ov_error *err);

enum ov_candidate_status { OV_USABLE = 0, OV_REFUSED = 1, OV_IGNORED = 2 };

/* One file (or directory) of the path. Texts are lent; NULL or "" where not known. */
struct ov_candidate {
    uint32_t size;
    uint32_t status;     /* enum ov_candidate_status */
    const char *path;    /* as found */
    const char *verdict; /* "OV-LOAD-OK", "OV-LOAD-ABI-MAJOR", ... stable */
    const char *stage;   /* "scan", "preflight", "load", "bind" */
    const char *reason;  /* one sentence with both values */
    const char *remedy;  /* what the operator can do */
    const char *warning; /* usable, but ...: "" when there is nothing to say */
    const char *name;
    const char *version;
    const char *vendor;
    const char *aliases;
    uint32_t abi; /* major << 16 | minor; 0 when not known */
    uint32_t generation;
};
typedef void ov_candidate_fn(void *ctx, const struct ov_candidate *candidate);

/* By directory in path order, then by file name. Nothing is loaded. */
void ov_host_candidates(struct ov_host *host, ov_candidate_fn *take, void *ctx);
/* Load every usable candidate and bind its table, so that faults that only loading shows
 * become verdicts too. */
void ov_host_probe(struct ov_host *host);
/* Check, load and bind one file, whether or not it lies on the path; its verdict is lent
 * to take, once. For who wants a crash of the provider to be a verdict too: do this in a
 * child process, and when that dies, the verdict is "OV-LOAD-CRASHED", stage "load". */
int32_t ov_host_probe_one(struct ov_host *host, const char *path, ov_candidate_fn *take,
                          void *ctx, struct ov_error *err);
/* What the operator can do about a verdict. Static; NULL when there is no such id. */
const char *ov_verdict_remedy(const char *verdict);

/* The provider of that name or alias, loaded. The description is static. OV_NOT_FOUND
 * says what there is and what was refused. name out may be NULL; it is static. */
int32_t ov_host_describe(struct ov_host *host, const char *provider,
                         const struct ov_description **out, const char **name,
                         struct ov_error *err);

#ifdef __cplusplus
}
#endif
#endif
