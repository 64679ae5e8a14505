/* SPDX-License-Identifier: Apache-2.0 */
/* shape.c - names of a collection's table and columns. */
#include "shape.h"

#include <stdlib.h>
#include <string.h>

static char *qualify(const char *schema, const char *name)
{
    struct text text = { 0 };

    text_qualified(&text, schema, name);
    if (text.failed)
        text_clear(&text);
    return text.p;
}

static void name_columns(struct shape *shape)
{
    for (uint32_t f = 0; f < shape->schema->n_fields; f++) {
        const struct ov_field *field = shape->schema->fields[f];
        struct column *column = &shape->columns[f];

        name_column(column->name, field->name);
        if (field->type == OV_SPARSE)
            name_beside(column->beside, column->name, "weights");
        else if (field->flags & OV_FIELD_PATH)
            name_beside(column->beside, column->name, "depth");
    }
    for (uint32_t i = 0; i < shape->schema->n_indexes; i++) {
        const struct ov_index *index = shape->schema->indexes[i];

        for (uint32_t k = 0; k < index->n_scalars; k++)
            if (index->scalars[k] < shape->schema->n_fields &&
                shape->schema->fields[index->scalars[k]]->type == OV_TEXT &&
                index->scalars[k] != shape->schema->key)
                shape->columns[index->scalars[k]].indexed = 1;
    }
}

static int32_t check_names(const struct shape *shape, struct ov_error *err)
{
    const struct ov_schema *schema = shape->schema;

    for (uint32_t a = 0; a < schema->n_fields; a++)
        for (uint32_t b = a + 1; b < schema->n_fields; b++)
            if (strcmp(shape->columns[a].name, shape->columns[b].name) == 0)
                return ov_fail(err, OV_INVALID, "two fields would be one column '%s'",
                               shape->columns[a].name);
    return OV_OK;
}

int32_t shape_new(const struct ov_session *session, struct ov_schema *schema,
                  struct shape **out, struct ov_error *err)
{
    struct shape *shape = NULL;
    int32_t status;

    if (schema != NULL)
        shape = calloc(1, sizeof(*shape) + schema->n_fields * sizeof(struct column));
    if (shape == NULL) {
        free(schema);
        return ov_no_memory(err);
    }
    shape->refs = 1;
    shape->schema = schema;
    shape->expiry = ov_schema_flagged(schema, OV_FIELD_EXPIRY);
    name_table(shape->table, schema->name);
    name_columns(shape);
    shape->relation = qualify(session->settings.schema, shape->table);
    shape->catalogue = qualify(session->settings.schema, "ov_collections");
    if (shape->relation == NULL || shape->catalogue == NULL)
        status = ov_no_memory(err);
    else
        status = check_names(shape, err);
    if (status != OV_OK) {
        shape_unref(shape);
        return status;
    }
    *out = shape;
    return OV_OK;
}

struct shape *shape_ref(struct shape *shape)
{
    __atomic_add_fetch(&shape->refs, 1, __ATOMIC_RELAXED);
    return shape;
}

void shape_unref(struct shape *shape)
{
    if (shape == NULL || __atomic_sub_fetch(&shape->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    free(shape->schema);
    free(shape->relation);
    free(shape->catalogue);
    free(shape);
}

/* Behind the statements it guards: they hold a lock on the table by then, so the answer
 * stays true until the end of the transaction. */
void shape_guard(struct job *job, const struct shape *shape)
{
    struct statement *s = job_add(job);

    s->guard = 1;
    text_add(&s->sql, "SELECT 1 / count(*) FROM ");
    text_add(&s->sql, shape->catalogue);
    text_add(&s->sql, " WHERE name = $1 AND revision = $2");
    params_text(&s->params, shape->schema->name);
    params_int8(&s->params, shape->revision);
}

int shape_is_outdated(const struct job *job)
{
    static const char *const gone[] = { "42P01", "42703", "3F000",
                                        "42704", "XX000", "42883" };

    if (job->failed == NULL)
        return 0;
    if (job->failed->guard && strcmp(job->sqlstate, "22012") == 0)
        return 1;
    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
        if (strcmp(job->sqlstate, gone[i]) == 0)
            return 1;
    return 0;
}

int shape_has_vector(const struct shape *shape)
{
    for (uint32_t f = 0; f < shape->schema->n_fields; f++)
        if (shape->schema->fields[f]->type == OV_VECTOR)
            return 1;
    return 0;
}

int32_t shape_env(const struct shape *shape, struct job *job, struct env *env,
                  struct ov_error *err)
{
    if (shape_has_vector(shape))
        return session_has_vector(job->session, job->call, env, err);
    *env = session_env(job->session);
    return OV_OK;
}

#define HNSW_MOST_DIMENSIONS 2000

int shape_vector_index(const struct shape *shape, const struct ov_index *index,
                       char name[NAME_BYTES])
{
    char text[NAME_BYTES];

    if (ov_str_equal(index->kind, ov_str_of("flat")) ||
        shape->schema->fields[index->dense]->dim > HNSW_MOST_DIMENSIONS)
        return 0;
    name_table(text, index->name);
    name_part(name, shape->table, text, "h");
    return 1;
}
