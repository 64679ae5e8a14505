/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terms.c - text to stemmed terms, and how rare each is.
 *
 * A term is a run of letters and digits in lower case, cut to its stem by Snowball's
 * English stemmer (M. F. Porter, "An algorithm for suffix stripping", 1980). Names in
 * snake_case and camelCase give their parts. Words that are everywhere are left out.
 */
#include "corpus.h"

#include <ctype.h>
#include <libstemmer.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TERM 48

struct slot {
    char *term;
    unsigned int records;
    unsigned int count; /* in the text at hand */
};

struct terms {
    struct sb_stemmer *stemmer;
    struct slot *slots; /* open addressing, a power of two */
    size_t room, used;
    size_t *touched; /* slots of the text at hand, in the order of first use */
    size_t n_touched, touched_room;
    unsigned int records;
};

static const char *const common[] = {
    "a",   "an",    "and",  "are",  "as",   "at",   "be",   "by",    "can",
    "do",  "for",   "from", "has",  "have", "if",   "in",   "is",    "it",
    "its", "not",   "of",   "on",   "or",   "that", "the",  "this",  "to",
    "was", "which", "will", "with", "how",  "what", "when", "where", "who",
};

struct terms *terms_new(void)
{
    struct terms *terms = calloc(1, sizeof(*terms));

    if (terms == NULL)
        abort();
    terms->room = 1 << 16;
    terms->slots = calloc(terms->room, sizeof(*terms->slots));
    terms->stemmer = sb_stemmer_new("english", NULL);
    if (terms->slots == NULL || terms->stemmer == NULL)
        abort();
    return terms;
}

void terms_free(struct terms *terms)
{
    size_t i;

    for (i = 0; i < terms->room; i++)
        free(terms->slots[i].term);
    free(terms->slots);
    free(terms->touched);
    sb_stemmer_delete(terms->stemmer);
    free(terms);
}

static size_t slot_of(const struct terms *terms, const char *term)
{
    unsigned long long hash = 1469598103934665603ull; /* FNV-1a */
    const char *p;
    size_t i;

    for (p = term; *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * 1099511628211ull;
    for (i = hash & (terms->room - 1); terms->slots[i].term != NULL;
         i = (i + 1) & (terms->room - 1))
        if (strcmp(terms->slots[i].term, term) == 0)
            break;
    return i;
}

static size_t slot_for(struct terms *terms, const char *term)
{
    size_t i = slot_of(terms, term);

    if (terms->slots[i].term == NULL) {
        terms->slots[i].term = strdup(term);
        if (terms->slots[i].term == NULL || ++terms->used * 2 > terms->room)
            abort(); /* 32,768 distinct terms: five times what the corpus has */
    }
    return i;
}

static int is_common(const char *word)
{
    size_t i;

    for (i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        if (strcmp(common[i], word) == 0)
            return 1;
    return 0;
}

static void touch(struct terms *terms, const char *word, size_t n)
{
    char term[MAX_TERM + 1];
    const sb_symbol *stem;
    size_t i;

    if (n < 2 || n > MAX_TERM)
        return;
    for (i = 0; i < n; i++)
        term[i] = (char)tolower((unsigned char)word[i]);
    term[n] = '\0';
    if (is_common(term))
        return;
    stem = sb_stemmer_stem(terms->stemmer, (const sb_symbol *)term, (int)n);
    if (stem == NULL)
        abort();
    memcpy(term, stem, (size_t)sb_stemmer_length(terms->stemmer) + 1);
    i = slot_for(terms, term);
    if (terms->slots[i].count++ > 0)
        return;
    if (terms->n_touched == terms->touched_room) {
        terms->touched_room = terms->touched_room * 2 + 64;
        terms->touched =
            realloc(terms->touched, terms->touched_room * sizeof(*terms->touched));
        if (terms->touched == NULL)
            abort();
    }
    terms->touched[terms->n_touched++] = i;
}

static void touch_all(struct terms *terms, const char *text)
{
    const char *from = text, *at;

    for (at = text;; at++) {
        int inside = isalnum((unsigned char)*at);

        if (inside && at > from && isupper((unsigned char)*at) &&
            islower((unsigned char)at[-1])) {
            touch(terms, from, (size_t)(at - from));
            from = at;
        }
        if (inside)
            continue;
        touch(terms, from, (size_t)(at - from));
        from = at + 1;
        if (*at == '\0')
            break;
    }
}

void terms_of(struct terms *terms, const char *text, term_fn *take, void *ctx)
{
    size_t i;

    touch_all(terms, text);
    for (i = 0; i < terms->n_touched; i++) {
        struct slot *slot = &terms->slots[terms->touched[i]];

        take(ctx, slot->term, slot->count);
        slot->count = 0;
    }
    terms->n_touched = 0;
}

static void learn(void *ctx, const char *term, unsigned int count)
{
    struct terms *terms = ctx;

    (void)count;
    terms->slots[slot_of(terms, term)].records++;
}

void terms_learn(struct terms *terms, const char *text)
{
    terms->records++;
    terms_of(terms, text, learn, terms);
}

double terms_rarity(const struct terms *terms, const char *term)
{
    const struct slot *slot = &terms->slots[slot_of(terms, term)];
    unsigned int records = slot->term != NULL ? slot->records : 0;

    return log((1.0 + terms->records) / (1.0 + records)) + 1.0;
}

int terms_save(const struct terms *terms, FILE *out)
{
    size_t i;

    fprintf(out, "%u\n", terms->records);
    for (i = 0; i < terms->room; i++)
        if (terms->slots[i].records > 0)
            fprintf(out, "%s %u\n", terms->slots[i].term, terms->slots[i].records);
    return ferror(out) ? -1 : 0;
}

int terms_load(struct terms *terms, FILE *in)
{
    char term[MAX_TERM + 1];
    unsigned int records;

    if (fscanf(in, "%u", &terms->records) != 1)
        return -1;
    while (fscanf(in, "%48s %u", term, &records) == 2)
        terms->slots[slot_for(terms, term)].records = records;
    return ferror(in) ? -1 : 0;
}
