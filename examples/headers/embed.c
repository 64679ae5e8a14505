/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed.c - tf-idf by random projection.
 *
 * Each term owns a row of DIM random signs, drawn from its hash, so no table is kept;
 * a text is the sum of its terms' rows by weight: 1 + log tf, in a question times the
 * term's rarity, which then counts once in the product. Inner products are kept up to
 * noise (D. Achlioptas, "Database-friendly random projections", 2003). Records are
 * divided by a length between their own and the mean (A. Singhal, C. Buckley and M.
 * Mitra, "Pivoted document length normalization", SIGIR 1996), so the index must score by
 * inner product.
 */
#include "corpus.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define SLOPE 0.7
#define SALT 1u

struct sum {
    struct terms *terms;
    double vector[DIM];
    double length; /* or its square, while it is summed */
    enum side side;
    FILE *out;
    int n;
};

/* S. Vigna's splitmix64. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static double weight_of(const struct sum *sum, const char *term, unsigned int count)
{
    double weight = 1.0 + log((double)count);

    return sum->side == QUESTION ? weight * terms_rarity(sum->terms, term) : weight;
}

static void add(void *ctx, const char *term, unsigned int count)
{
    struct sum *sum = ctx;
    double weight = weight_of(sum, term, count);
    uint64_t state = SALT, bits = 0;
    int i;

    for (; *term != '\0'; term++)
        state = (state ^ (unsigned char)*term) * 1099511628211u;
    for (i = 0; i < DIM; i++) {
        if (i % 64 == 0)
            bits = next(&state);
        sum->vector[i] += (bits >> (i % 64) & 1) != 0 ? weight : -weight;
    }
}

void embed(struct terms *terms, const char *text, enum side side, double length,
           float vector[DIM])
{
    struct sum sum;
    int i;

    memset(&sum, 0, sizeof(sum));
    sum.terms = terms;
    sum.side = side;
    terms_of(terms, text, add, &sum);
    for (i = 0; i < DIM; i++)
        vector[i] = length > 0 ? (float)(sum.vector[i] / (length * sqrt(DIM))) : 0;
}

static void add_square(void *ctx, const char *term, unsigned int count)
{
    struct sum *sum = ctx;
    double weight = weight_of(sum, term, count);

    sum->length += weight * weight;
}

double text_length(struct terms *terms, const char *text, enum side side)
{
    struct sum sum;

    memset(&sum, 0, sizeof(sum));
    sum.terms = terms;
    sum.side = side;
    terms_of(terms, text, add_square, &sum);
    return sqrt(sum.length);
}

double pivoted_length(double length, double mean)
{
    return (1 - SLOPE) * mean + SLOPE * length;
}

static void print_term(void *ctx, const char *term, unsigned int count)
{
    struct sum *sum = ctx;

    fprintf(sum->out, "%s\"%s\":%.6g", sum->n++ > 0 ? "," : "", term,
            weight_of(sum, term, count) / sum->length);
}

void print_sparse(struct terms *terms, const char *text, enum side side, double length,
                  FILE *out)
{
    struct sum sum;

    memset(&sum, 0, sizeof(sum));
    sum.terms = terms;
    sum.side = side;
    sum.length = length;
    sum.out = out;
    fputc('{', out);
    terms_of(terms, text, print_term, &sum);
    fputc('}', out);
}

void print_vector(const float vector[DIM], FILE *out)
{
    int i;

    for (i = 0; i < DIM; i++)
        fprintf(out, "%c%.6g", i == 0 ? '[' : ',', (double)vector[i]);
    fputc(']', out);
}

void print_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned int)*text);
        else
            fputc(*text, out);
    }
    fputc('"', out);
}
