/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corpus.h - a real corpus from what every C machine has: its headers.
 *
 * extract.c cuts a header into comments with the declaration below; terms.c turns text
 * into stemmed terms and knows how rare each is; embed.c makes vectors of them. The
 * vectors are lexical: they stand in for those of a language model, and find words, not
 * meanings.
 */
#ifndef CORPUS_H
#define CORPUS_H

#include <stddef.h>
#include <stdio.h>

#define DIM 256

/* A comment and what it stands above. All texts end with NUL, UTF-8. */
struct entry {
    const char *file;
    char *name;
    char *comment; /* without its decoration, blanks single */
    char *declaration;
};

/* Every comment of six words or more above a declaration, licences left out. entry is
 * lent. Returns how many, -1 when the file cannot be read. */
typedef void entry_fn(void *ctx, const struct entry *entry);
int extract(const char *file, entry_fn *take, void *ctx);

/* How many of the records hold a term. */
struct terms;
struct terms *terms_new(void);
void terms_free(struct terms *terms);
/* The distinct stemmed terms of text, each with its count; lent one by one. */
typedef void term_fn(void *ctx, const char *term, unsigned int count);
void terms_of(struct terms *terms, const char *text, term_fn *take, void *ctx);
/* Take text into the statistics. */
void terms_learn(struct terms *terms, const char *text);
/* log((1 + records) / (1 + records with it)) + 1 */
double terms_rarity(const struct terms *terms, const char *term);
int terms_save(const struct terms *terms, FILE *out);
int terms_load(struct terms *terms, FILE *in);

/* The length of a text's weighted terms. A question is divided by its own; a record by
 * pivoted_length, so that a short comment does not win only by being short. */
enum side { RECORD, QUESTION };
double text_length(struct terms *terms, const char *text, enum side side);
double pivoted_length(double length, double mean);
void embed(struct terms *terms, const char *text, enum side side, double length,
           float vector[DIM]);
/* {"term":weight, ...} */
void print_sparse(struct terms *terms, const char *text, enum side side, double length,
                  FILE *out);
void print_vector(const float vector[DIM], FILE *out);
void print_text(const char *text, FILE *out); /* as a JSON string */

#endif
