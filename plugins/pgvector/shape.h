/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape.h - a collection as this provider keeps it: the schema and its names in SQL.
 *
 * Immutable and counted. Each change of a collection gives it a new revision, a random
 * number that stands in the catalogue; every call says at its end which revision it was
 * made for (shape_guard), in the same transaction, so a call on an outdated shape has
 * no effect and is made again.
 */
#ifndef OV_PGVECTOR_SHAPE_H
#define OV_PGVECTOR_SHAPE_H

#include "job.h"

struct column {
    char name[NAME_BYTES];
    char beside[NAME_BYTES]; /* sparse: the weights; path: the depth; else "" */
    int indexed;             /* a text of which a prefix is indexed */
};

struct shape {
    uint32_t refs;
    uint32_t expiry; /* ordinal, or OV_NONE */
    struct ov_schema *schema;
    int64_t incarnation; /* changes when the collection is made anew */
    int64_t revision;    /* changes with everything */
    char table[NAME_BYTES];
    int64_t large_until; /* CLOCK_MONOTONIC ns: known to exceed exact_rows; atomic */
    char *relation;      /* "schema"."table" */
    char *catalogue;     /* "schema"."ov_collections" */
    struct column columns[];
};

/* Takes the schema over, also on failure. OV_INVALID when two names meet. */
int32_t shape_new(const struct ov_session *session, struct ov_schema *schema,
                  struct shape **out, struct ov_error *err);
struct shape *shape_ref(struct shape *shape);
void shape_unref(struct shape *shape);

int shape_has_vector(const struct shape *shape);
/* The session's, with the extension's types where the shape needs them. OV_DENIED when
 * they are not there. */
int32_t shape_env(const struct shape *shape, struct job *job, struct env *env,
                  struct ov_error *err);

/* The name of the HNSW index behind an index; 0 when it has none: a flat one, or more
 * dimensions than HNSW holds. */
int shape_vector_index(const struct shape *shape, const struct ov_index *index,
                       char name[NAME_BYTES]);

/* Adds the statement that fails, and with it the transaction, on another revision. */
void shape_guard(struct job *job, const struct shape *shape);
/* Did the job fail because the shape is not the collection's any more? */
int shape_is_outdated(const struct job *job);

/* The first characters of a text, by which it is indexed: a btree takes 2,704 bytes. */
#define PREFIX_CHARACTERS 600

#endif
