/* SPDX-License-Identifier: Apache-2.0 */
/*
 * candidate.h - one file or directory of the search path, and the list of them.
 *
 * A catalogue is made by one scan and then shared by reference count. Nothing in it
 * changes but a candidate's `late` finding, which loading sets once.
 */
#ifndef OV_CORE_CANDIDATE_H
#define OV_CORE_CANDIDATE_H

#include <ov/backend.h>
#include <ov/host.h>

#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>

#include "trust.h"
#include "verdict.h"

struct provider;

/* Which file, and whether it is still the one that was looked at. */
struct file_id {
    dev_t device;
    ino_t inode;
    off_t bytes;
    struct timespec written;
};

struct candidate {
    char *path;   /* as found; the file's name stands at its end */
    char *folder; /* without symbolic links; NULL when it has none */
    const char *file;
    struct file_id id;
    struct finding found; /* by scan and preflight */
    char name[32];        /* of the file until the note was read */
    char version[32];
    char vendor[32];
    char aliases[128];
    char warning[512];
    uint32_t abi;
    _Atomic uint32_t generation; /* a guess until it is settled */
    /* Set by the loader, once: late and provider may be read when settled is 1. */
    atomic_int settled;
    struct finding late;
    const struct provider *provider; /* NULL when late is no VERDICT_OK */
};

struct catalogue {
    atomic_uint refs;
    size_t n;
    size_t room;
    struct candidate **items;
};

/* ------------------------------------------------------------- catalogue.c */

struct catalogue *catalogue_new(void); /* one reference is yours; NULL without memory */
void catalogue_ref(struct catalogue *catalogue);
void catalogue_unref(struct catalogue *catalogue); /* NULL is fine */
/* A new candidate of this path, in the catalogue; NULL without memory. */
struct candidate *catalogue_add(struct catalogue *catalogue, const char *folder,
                                const char *path);
/* Two of one name, two with one alias. */
void catalogue_settle(struct catalogue *catalogue);
/* By name, then by alias, among those not refused so far; NULL when there is none.
 * *other: a second one with that alias, else NULL. */
struct candidate *catalogue_find(const struct catalogue *catalogue, const char *name,
                                 const struct candidate **other);

/* The finding that counts now. */
const struct finding *candidate_finding(const struct candidate *candidate);
/* 1: that is its name or one of its aliases. */
int candidate_answers(const struct candidate *candidate, const char *name);
void candidate_show(const struct candidate *candidate, struct ov_candidate *out);

/* ------------------------------------------------------------------ scan.c */

/* Look through the directories of a path; ':' between them. OV_NO_SPACE. */
int32_t scan_path(const char *path, struct catalogue *into, struct ov_error *err);
/* One file, by its path. */
int32_t scan_file(const char *path, struct catalogue *into, struct ov_error *err);
/* 1: libov_backend_[a-z][a-z0-9_]{0,30}.so; name gets what stands for NAME. */
int scan_name(const char *file, char name[32]);
int file_same(const struct file_id *a, const struct file_id *b);
struct file_id file_id_of(const struct stat *info);

/* ----------------------------------------------------------------- trust.c */

/* One file or directory. next: what it holds of the way to the file, NULL for the file
 * itself. 1: stop. */
int trust_entry(const struct trust *trust, const char *path, const struct stat *info,
                const struct stat *next, struct candidate *candidate);
/* The file and every directory and link on the way to it, by the path as it was given
 * and by the one that is loaded.
 * OV_OK with the candidate's finding, or OV_NO_SPACE. */
int32_t trust_file(int fd, struct candidate *candidate);

/* ------------------------------------------------------------- preflight.c */

/* Everything that can be known from the bytes of the file; candidate->name is the one
 * of the file's name. OV_OK with the candidate's finding, or OV_NO_SPACE. */
int32_t preflight_file(int fd, struct candidate *candidate);

#endif
