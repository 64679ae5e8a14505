/* SPDX-License-Identifier: Apache-2.0 */
/* session.h - an open store: its settings, its connections, what its server can do. */
#ifndef OV_PGVECTOR_SESSION_H
#define OV_PGVECTOR_SESSION_H

#include "link.h"
#include "params.h"

/* Of one database: numbers of types differ from database to database. */
struct env {
    int32_t server;  /* 150020 */
    int32_t version; /* of the extension: 800 for 0.8.0; 0: it is not there */
    uint32_t vector; /* type numbers */
    uint32_t vectors;
    int usable;                 /* the role may use the extension's schema */
    char extension[NAME_BYTES]; /* its schema */
    char role[NAME_BYTES];
    char database[NAME_BYTES];
    char encoding[NAME_BYTES]; /* of the database */
};

struct ov_session {
    struct settings settings;
    struct pool pool;
    pthread_mutex_t mutex; /* of env */
    struct env env;
};

/* A copy. */
struct env session_env(struct ov_session *session);
/* Ask the server again. */
int32_t session_look(struct ov_session *session, const struct ov_call *call,
                     struct ov_error *err);

/* Texts are UTF-8 here. Any other encoding of the database refuses some of them, and in
 * SQL_ASCII letters are bytes: matches are lost without a word. OV_UNSUPPORTED. */
int32_t session_check_encoding(const struct env *env, struct ov_error *err);

/* extension.c. The extension there and usable, made where that is allowed, else OV_DENIED
 * with the server's reason. */
int32_t session_need_vector(struct ov_session *session, const struct ov_call *call,
                            struct env *env, struct ov_error *err);
/* After that: what an administrator must run for it. */
void session_say_vector(const struct env *env, const struct ov_call *call);

/* A fault of some versions of the extension. */
struct extension_fault {
    const char *text, *remedy;
    int workers; /* it is in builds with parallel workers */
};
/* The i-th of those that this version has, or NULL. */
const struct extension_fault *extension_fault(int32_t version, uint32_t i);
/* Parallel workers for a build: as the options say; none where the extension's version is
 * known to write beyond a buffer with them; else -1, as the server has it. */
int64_t extension_workers(const struct settings *settings, const struct env *env);
int64_t session_workers(struct ov_session *session);

/* The same for what is there already: nothing is made, and it may have gone since. */
int32_t session_has_vector(struct ov_session *session, const struct ov_call *call,
                           struct env *env, struct ov_error *err);

/* Operations of the table. */
int32_t session_open(uint64_t store, const struct ov_scalar *settings,
                     const struct ov_call *call, struct ov_session **out,
                     struct ov_error *err);
void session_close(struct ov_session *session);
int32_t session_ability(struct ov_session *session, const struct ov_call *call,
                        struct ov_ability *out, struct ov_error *err);
int32_t session_ping(struct ov_session *session, const struct ov_call *call,
                     struct ov_error *err);

/* Given to ov_backend_get. */
extern const struct ov_services *session_services;

#endif
