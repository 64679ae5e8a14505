/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit.h - what of a collection is in the database.
 *
 * The server's own catalogue is asked, not ours: a row of ov_collections says what was
 * made once, and a table, a column, a key or an index may be gone since, or invalid, or
 * another's.
 */
#ifndef OV_PGVECTOR_AUDIT_H
#define OV_PGVECTOR_AUDIT_H

#include "shape.h"

enum column_state { COLUMN_GOOD, COLUMN_MISSING, COLUMN_OTHER /* of another type */ };

enum index_state {
    INDEX_UNWANTED, /* this slot has none */
    INDEX_GOOD,
    INDEX_MISSING,
    INDEX_INVALID, /* a build that failed left it */
    INDEX_BUILDING,
    INDEX_FOREIGN /* the name stands for something else, if only another column */
};

struct index_look {
    enum index_state state;
    char name[NAME_BYTES];
    char relkind; /* of what is foreign */
    int64_t oid;
};

struct audit {
    int schema, may_create, may_use; /* the store's schema, and our rights in it */
    int may_make;                    /* a schema, if there is none */
    int catalogue;                   /* ov_collections */
    int table, ordinary;             /* something of its name; a table */
    int owner;                       /* the table is the role's */
    int may_read;
    int secured, hidden; /* row security holds for us; no policy lets a row through */
    int key;             /* a unique index over the key alone */
    int keywords;        /* enum column_state */
    uint32_t n_slots;
    int8_t *columns; /* enum column_state: two a field, its own and the one beside */
    struct index_look *slots; /* ddl_index says what each slot is */
};

/* Asks by the job, which is empty before and after. *out is yours: audit_clear. */
int32_t audit_look(struct job *job, const struct shape *shape, const struct env *env,
                   struct audit *out, struct ov_error *err);
void audit_clear(struct audit *audit);

/* Is everything there? An index that is being built is as good as there. */
int audit_is_whole(const struct audit *audit, const struct shape *shape);
/* Does nothing lack but indexes? */
int audit_lacks_indexes(const struct audit *audit, const struct shape *shape);
/* What is not, in words: "no index a, invalid index b". */
void audit_describe(const struct audit *audit, const struct shape *shape,
                    struct text *out);

#endif
