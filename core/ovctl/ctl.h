/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctl.h - what the commands share: the open store, and the one way to answer.
 *
 * A command returns the exit status. It answers once: done() prints the object that
 * --json wants and says 0; fail() says what is in ctl->err and what the provider said
 * before, and 1; usage() 2. Without --json the command prints for people by itself and
 * returns 0.
 *
 * Memory of documents is the arena's, and one that has run out ends the program: need().
 */
#ifndef OVCTL_CTL_H
#define OVCTL_CTL_H

#include "args.h"

#include <ov/store.h>

#include <signal.h>
#include <stdio.h>

struct note {
    struct note *next;
    uint32_t kind;
    const char *name, *text, *remedy;
};

struct ctl {
    struct args args;
    int terminal; /* columns of standard output, 0: none */
    int colour;
    const char *file; /* the INI file that was read, or NULL */
    struct ov_config *config;
    struct ov_settings settings;
    struct ov_host *host;
    struct ov_store *store;
    struct ov_collection *collection;
    struct ov_arena *arena; /* lives until the end */
    struct ov_cancel *cancel;
    struct ov_call_options options;
    struct note *notes, **next_note; /* what the provider said, in order */
    struct ov_error err;
    int64_t imported; /* -1, or what a failed import says */
};

/* ------------------------------------------------------------------ answers */

/* Ends the program with an answer when memory is NULL. */
void *need(void *memory);
void answer_in_json(int truth); /* that answer too */

int done(struct ctl *ctl, const struct ov_doc *answer);
int fail(struct ctl *ctl);
int fail_with(struct ctl *ctl, int32_t code, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int usage(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Members of an answer. */
struct ov_doc *make_object(struct ctl *ctl);
struct ov_doc *make_list(struct ctl *ctl);
void set(struct ctl *ctl, struct ov_doc *object, const char *name,
         const struct ov_doc *value);
void set_text(struct ctl *ctl, struct ov_doc *object, const char *name, const char *text);
void set_int(struct ctl *ctl, struct ov_doc *object, const char *name, int64_t value);
/* null for what is no number */
void set_real(struct ctl *ctl, struct ov_doc *object, const char *name, double value);
void set_bool(struct ctl *ctl, struct ov_doc *object, const char *name, int value);
void append(struct ctl *ctl, struct ov_doc *list, const struct ov_doc *item);
struct ov_doc *make_text(struct ctl *ctl, const char *text);

/* For people: a value on one line; texts bare, all else as JSON. In the arena. */
const char *show(struct ctl *ctl, const struct ov_doc *value);

/* A copy without control characters, which a terminal might obey. */
const char *plain(struct ctl *ctl, const char *text);

/* What the provider said: with its statements, or without them. */
void print_notes(const struct ctl *ctl, int with_statements);
struct ov_doc *list_notes(struct ctl *ctl);
/* The statements that an administrator must run, if the provider said any. */
void print_statements(const struct ctl *ctl);

/* ------------------------------------------------------------------- opening */

/* OV_OK, or what fail() says. Each opens what the one before gives. */
int32_t open_config(struct ctl *ctl);
int32_t open_host(struct ctl *ctl);    /* needs no config, takes its plugin_path */
int32_t attach_store(struct ctl *ctl); /* what is left of open_store after those two */
/* Is it one of the words of a description's actions? */
int has_action(const char *actions, const char *action);
int32_t open_store(struct ctl *ctl);
int32_t open_collection(struct ctl *ctl);
void close_all(struct ctl *ctl);

/* Which signal came, Ctrl-C's or that of kill; 0: none. */
extern volatile sig_atomic_t interrupted;
void watch_signals(struct ctl *ctl);
int32_t fail_cancelled(struct ctl *ctl); /* OV_CANCELLED */
/* Is something lost since the reader of standard output went away? */
int output_is_broken(void);

/* ---------------------------------------------------------------- arguments */

/* A document given on the command line; option names it in err->where. */
int32_t read_json(struct ctl *ctl, const char *option, const char *text,
                  const struct ov_doc **out);
/* The filter, NULL when there is none. */
int32_t read_filter(struct ctl *ctl, const struct ov_doc **out);
/* Does the open collection have each field that it names? NULL is fine. */
int32_t check_filter(struct ctl *ctl, const struct ov_doc *filter);
/* -1 and usage said when it is no number. */
int read_number(struct ctl *ctl, const char *option, const char *text, int64_t *out);
/* The whole file; "-" is standard input. In the arena, NUL added. */
int32_t read_file(struct ctl *ctl, const char *file, struct ov_str *out);

/* --fields, or everything but vectors, or everything. */
enum fields_wanted { FIELDS_ALL, FIELDS_SHORT };
int32_t read_fields(struct ctl *ctl, enum fields_wanted wanted,
                    struct ov_projection *out);
/* The names of the fields of that type, and the key's. "" when there is none. */
int32_t find_field(struct ctl *ctl, const char *type, const char **name, int64_t *dim);
/* Words as keys: integers when the collection's key is one. */
int32_t read_keys(struct ctl *ctl, const char *const *words, uint32_t n,
                  const struct ov_doc **out);

/* ----------------------------------------------------------------- commands */

int run_plugins(struct ctl *ctl);
int run_doctor(struct ctl *ctl);
int run_init(struct ctl *ctl);
int run_import(struct ctl *ctl);
int run_export(struct ctl *ctl);
int run_get(struct ctl *ctl);
int run_delete(struct ctl *ctl);
int run_count(struct ctl *ctl);
int run_search(struct ctl *ctl);
int run_scan(struct ctl *ctl);
int run_explain(struct ctl *ctl);
int run_act(struct ctl *ctl);

/* The child that loads one provider and says how that went: --probe DIR PATH. */
int run_probe(const char *folder, const char *path);

#endif
