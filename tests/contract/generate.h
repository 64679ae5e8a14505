/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate.h - worlds made from a seed: a schema, and steps without end on it.
 *
 * The same seed gives the same world, however many of its steps are asked for.
 */
#ifndef OV_CONTRACT_GENERATE_H
#define OV_CONTRACT_GENERATE_H

#include <jansson.h>
#include <stdint.h>

enum g_kind {
    G_INT64,
    G_FLOAT32,
    G_STRING,
    G_BOOL,
    G_STRINGS,
    G_INT64S,
    G_TEXT,
    G_PATH,
    G_DATE,
    G_GEO,
    G_IMAGE,
    G_VIDEO
};

struct g_field {
    char name[520];
    enum g_kind kind;
    int has_default;
};

#define MAX_FIELDS 16

struct world {
    uint64_t state; /* of the generator of random numbers */
    uint64_t seed;
    int int_key;
    int dim;
    int sparse;
    int ttl;
    int keys;             /* so many common ones */
    int least;            /* records that there should be */
    int huge;             /* texts of some hundred kilobytes, now and then */
    int bulk;             /* scopes that are open */
    char collection[200]; /* "": the one of the process */
    char key[64];
    struct g_field fields[MAX_FIELDS]; /* all but key, vectors and sparse */
    int n_fields;
    int n_added;
    char indexes[4][32];
    int n_indexes;
    int64_t now_us;
};

/* random.c */
uint64_t g_next(struct world *world);
int g_below(struct world *world, int n); /* 0 .. n-1 */
int g_chance(struct world *world, int percent);
double g_real(struct world *world, double low, double high);

/* values.c */
json_t *g_value(struct world *world, enum g_kind kind); /* as a record may hold it */
json_t *g_text(struct world *world);
json_t *g_key_value(struct world *world);
json_t *g_vector(struct world *world);
json_t *g_terms(struct world *world);
json_t *g_record(struct world *world, int partial);
/* Spoils a record in one way that must be refused. */
void g_spoil(struct world *world, json_t *record);

/* filters.c. broken: there is one fault in it, somewhere. */
json_t *g_filter(struct world *world, int depth, int *broken);

/* worlds.c */
void g_world(struct world *world, uint64_t seed);
json_t *g_create(struct world *world);
json_t *g_drop(struct world *world);
/* records: how many there are now. */
json_t *g_step(struct world *world, int64_t records);

#endif
