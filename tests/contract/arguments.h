/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arguments.h - the words that the programs of this folder understand.
 */
#ifndef OV_CONTRACT_ARGUMENTS_H
#define OV_CONTRACT_ARGUMENTS_H

#include "side.h"

#include <stdint.h>

#define MAX_ARGUMENTS 32
#define MAX_STORES 4

struct arguments {
    const char *program;
    const char *cases;
    const char *one;
    const char *locale;
    const char *steps;
    const char *plugin_path;
    const char *profile;
    const char *ini[MAX_STORES]; /* several for the differential test */
    int n_ini;
    int oracle;
    int verbose;
    int first; /* stop at the first disagreement */
    int64_t seed;
    int64_t count;  /* --number: cases, rounds */
    int64_t worlds; /* --worlds */
    int64_t settle_ms;
    char scratch[256];
};

/* 0, or the status to end with: 2 for words that make no sense, 77 when an INI file is
 * named by an environment variable ("env:NAME") that is not set. */
int arguments_read(struct arguments *arguments, int argc, char **argv);
/* The same words for another process, without --case and --scratch; returns how many. */
int arguments_again(const struct arguments *arguments, const char **words);
struct place arguments_place(const struct arguments *arguments);
/* The oracle, or the store of the first INI; NULL with a line on stderr. */
struct side *arguments_side(const struct arguments *arguments);
void arguments_clear(struct arguments *arguments);

#endif
