/* SPDX-License-Identifier: Apache-2.0 */
/* ddl.h - the text of what makes tables, columns and indexes. */
#ifndef OV_PGVECTOR_DDL_H
#define OV_PGVECTOR_DDL_H

#include "shape.h"

/* `CREATE TABLE ...` with every field. */
void ddl_table(struct text *sql, const struct shape *shape, const struct env *env);
/* `ALTER TABLE ... ADD COLUMN "name" type ... DEFAULT ...`, and what stands beside it, or
 * one of the two. */
enum ddl_part { DDL_OWN = 1, DDL_BESIDE = 2, DDL_BOTH = 3 };
void ddl_add_column(struct text *sql, const struct shape *shape, const struct env *env,
                    uint32_t field, enum ddl_part part);
void ddl_add_key(struct text *sql, const struct shape *shape);
/* The column and the index that keyword search reads; nothing without such a field. */
int ddl_has_keywords(const struct ov_schema *schema);
void ddl_keywords_column(struct text *sql, const struct shape *shape);
#define KEYWORDS "#keywords"

/* Name and text of the index that serves filters on a field; 0 when it gets none. */
int ddl_scalar_index(struct text *sql, char name[NAME_BYTES], const struct shape *shape,
                     uint32_t field);
void ddl_keywords_index(struct text *sql, char name[NAME_BYTES],
                        const struct shape *shape);
/* The same for the vectors of an index; 0 for a flat one or what HNSW cannot hold. */
int ddl_vector_index(struct text *sql, char name[NAME_BYTES], const struct shape *shape,
                     const struct settings *settings, const struct env *env,
                     const struct ov_index *index);
/* All of them by number: scalars by their field, then vectors by their index, then the
 * words. 0: this one is not wanted. */
uint32_t ddl_index_slots(const struct ov_schema *schema);
int ddl_index(struct text *sql, char name[NAME_BYTES], const struct shape *shape,
              const struct settings *settings, const struct env *env, uint32_t slot);
/* What it is over, as the server's catalogue knows it, of a slot that is wanted. */
struct index_keys {
    const char *method; /* of access */
    const char *column;
    const char *more;  /* the second column, or "" */
    const char *class; /* of the extension, or "" for the usual one */
    int prefix;        /* so many first characters of the column; 0: all */
};
void ddl_index_keys(struct index_keys *out, const struct shape *shape, uint32_t slot);
/* Is the field among the scalars of any index? */
int ddl_wants_scalar(const struct ov_schema *schema, uint32_t field);

/* Parts of a column, for ALTER TABLE: its default, the depth beside a path. */
void ddl_default(struct text *sql, const struct ov_field *field);
void ddl_depth_column(struct text *sql, const struct shape *shape, uint32_t field);

/* ext.operator for ORDER BY ... of this metric: "<=>", "<#>", "<->". */
const char *ddl_operator(uint32_t metric);

#endif
