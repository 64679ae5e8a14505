/* SPDX-License-Identifier: Apache-2.0 */
/* ddl.h - the text of what makes tables, columns and indexes. */
#ifndef OV_PGVECTOR_DDL_H
#define OV_PGVECTOR_DDL_H

#include "shape.h"

/* `CREATE TABLE ...` with every field. */
void ddl_table(struct text *sql, const struct shape *shape, const struct env *env);
/* `ALTER TABLE ... ADD COLUMN "name" type ... DEFAULT ...`, and what stands beside it. */
void ddl_add_column(struct text *sql, const struct shape *shape, const struct env *env,
                    uint32_t field);
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
                     const struct ov_session *session, const struct ov_index *index);
/* Is the field among the scalars of any index? */
int ddl_wants_scalar(const struct ov_schema *schema, uint32_t field);

/* Parts of a column, for ALTER TABLE: its default, the depth beside a path. */
void ddl_default(struct text *sql, const struct ov_field *field);
void ddl_depth_column(struct text *sql, const struct shape *shape, uint32_t field);

/* ext.operator for ORDER BY ... of this metric: "<=>", "<#>", "<->". */
const char *ddl_operator(uint32_t metric);

#endif
