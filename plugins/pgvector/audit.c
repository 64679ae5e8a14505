/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c - four questions to the server's catalogue, in one round trip. */
#include "audit.h"

#include "ddl.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ questions */

/* The table as $1 (schema) and $2 (name) say it. */
#define TABLE                                                                           \
    "(SELECT c.oid FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON " \
    "n.oid = c.relnamespace WHERE n.nspname OPERATOR(pg_catalog.=) $1 AND c.relname "   \
    "OPERATOR(pg_catalog.=) $2)"

static struct statement *ask(struct job *job, const struct shape *shape)
{
    struct statement *s = job_add(job);

    params_text(&s->params, ov_str_of(job->session->settings.schema));
    params_text(&s->params, ov_str_of(shape->table));
    return s;
}

static void ask_table(struct job *job, const struct shape *shape)
{
    struct statement *s = ask(job, shape);

    text_add(
        &s->sql,
        "SELECT n.oid IS NOT NULL, "
        "coalesce(pg_catalog.has_schema_privilege(n.oid, 'CREATE'), false), "
        "coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE'), false), "
        "k.oid IS NOT NULL, t.oid IS NOT NULL, coalesce(t.relkind IN ('r', 'p'), false), "
        "coalesce(pg_catalog.pg_has_role(t.relowner, 'USAGE'), false), "
        "coalesce(pg_catalog.has_table_privilege(t.oid, 'SELECT'), false), "
        "coalesce(t.relkind IN ('r', 'p') AND t.relrowsecurity AND "
        "pg_catalog.row_security_active(t.oid), false), "
        "EXISTS (SELECT 1 FROM pg_catalog.pg_policy AS p WHERE p.polrelid = t.oid AND "
        "p.polpermissive AND p.polcmd IN ('r', '*') AND (0 = ANY (p.polroles) OR EXISTS "
        "(SELECT 1 FROM pg_catalog.unnest(p.polroles) AS r(role) WHERE "
        "pg_catalog.pg_has_role(r.role, 'USAGE')))), "
        "EXISTS (SELECT 1 FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_attribute AS "
        "a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] WHERE i.indrelid = "
        "t.oid "
        "AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indnkeyatts = 1 AND "
        "i.indpred IS NULL AND a.attname = $3), "
        "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') "
        "FROM (SELECT 1) AS one "
        "LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = $1 "
        "LEFT JOIN pg_catalog.pg_class AS k ON k.relnamespace = n.oid AND k.relname = "
        "'ov_collections' "
        "LEFT JOIN pg_catalog.pg_class AS t ON t.relnamespace = n.oid AND t.relname = "
        "$2");
    params_text(&s->params, ov_str_of(shape->columns[shape->schema->key].name));
}

static uint32_t type_of(const struct env *env, const struct ov_field *field)
{
    switch (field->type) {
    case OV_VECTOR:
        return env->vector;
    case OV_TEXT_LIST:
    case OV_SPARSE:
        return OID_TEXTS;
    case OV_INT64_LIST:
        return OID_INT8S;
    default:
        return params_type(field->type);
    }
}

static uint32_t type_beside(const struct ov_field *field)
{
    return field->type == OV_SPARSE ? OID_FLOAT4S : OID_INT4;
}

#define OID_TSVECTOR 3614

/* Two rows a field, and one for the words. */
static void ask_columns(struct job *job, const struct shape *shape, const struct env *env)
{
    struct statement *s = ask(job, shape);
    const struct ov_schema *schema = shape->schema;

    text_add(&s->sql,
             "SELECT CASE WHEN a.attnum IS NULL THEN 1 WHEN a.atttypid <> w.type::oid OR "
             "(w.size > 0 AND a.atttypmod <> w.size) THEN 2 ELSE 0 END FROM "
             "ROWS FROM (pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::int4[]), "
             "pg_catalog.unnest($5::int4[])) WITH ORDINALITY AS w(name, type, size, "
             "place) LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = " TABLE
             " AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped ORDER BY "
             "w.place");
    params_array_begin(&s->params, OID_TEXTS, OID_TEXT);
    for (uint32_t f = 0; f < schema->n_fields; f++) {
        params_array_text(&s->params, ov_str_of(shape->columns[f].name));
        params_array_text(&s->params, ov_str_of(shape->columns[f].beside));
    }
    params_array_text(&s->params, ov_str_of(KEYWORDS));
    params_array_end(&s->params);
    params_array_begin(&s->params, OID_INT4S, OID_INT4);
    for (uint32_t f = 0; f < schema->n_fields; f++) {
        params_array_int4(&s->params, (int32_t)type_of(env, schema->fields[f]));
        params_array_int4(&s->params, (int32_t)type_beside(schema->fields[f]));
    }
    params_array_int4(&s->params, OID_TSVECTOR);
    params_array_end(&s->params);
    params_array_begin(&s->params, OID_INT4S, OID_INT4);
    for (uint32_t f = 0; f < schema->n_fields; f++) {
        params_array_int4(&s->params, schema->fields[f]->type == OV_VECTOR
                                          ? (int32_t)schema->fields[f]->dim
                                          : 0);
        params_array_int4(&s->params, 0);
    }
    params_array_int4(&s->params, 0);
    params_array_end(&s->params);
}

/* Of every slot a text that says what the index is over, and how much of it. */
static void add_keys(struct params *params, const struct shape *shape,
                     const struct audit *audit, int part)
{
    params_array_begin(params, OID_TEXTS, OID_TEXT);
    for (uint32_t i = 0; i < audit->n_slots; i++) {
        struct index_keys keys;

        ddl_index_keys(&keys, shape, i);
        params_array_text(params, ov_str_of(part == 0   ? keys.method
                                            : part == 1 ? keys.column
                                            : part == 2 ? keys.more
                                                        : keys.class));
    }
    params_array_end(params);
}

static void add_prefixes(struct params *params, const struct shape *shape,
                         const struct audit *audit)
{
    params_array_begin(params, OID_INT4S, OID_INT4);
    for (uint32_t i = 0; i < audit->n_slots; i++) {
        struct index_keys keys;

        ddl_index_keys(&keys, shape, i);
        params_array_int4(params, keys.prefix);
    }
    params_array_end(params);
}

/* The same method, columns and operators; not one that refuses records or leaves some
 * out. */
#define FITS                                                                             \
    "coalesce(m.amname = w.method AND NOT i.indisunique AND i.indpred IS NULL AND "      \
    "i.indnkeyatts = CASE WHEN w.more = '' THEN 1 ELSE 2 END AND "                       \
    "pg_catalog.pg_get_indexdef(c.oid, 1, false) = CASE WHEN w.prefix > 0 THEN "         \
    "pg_catalog.format('\"left\"(%s, %s)', pg_catalog.quote_ident(w.col), w.prefix) "    \
    "ELSE "                                                                              \
    "pg_catalog.quote_ident(w.col) END AND (w.more = '' OR "                             \
    "pg_catalog.pg_get_indexdef(c.oid, 2, false) = pg_catalog.quote_ident(w.more)) AND " \
    "EXISTS (SELECT 1 FROM pg_catalog.pg_opclass AS o WHERE o.oid = i.indclass[0] AND "  \
    "CASE WHEN w.class = '' THEN o.opcdefault ELSE o.opcname = w.class END), false)"

static void ask_indexes(struct job *job, const struct shape *shape, struct audit *audit)
{
    struct statement *s = ask(job, shape);

    text_add(&s->sql,
             "SELECT c.oid IS NOT NULL, coalesce(c.relkind::text, ''), "
             "coalesce(c.oid, 0)::int8, coalesce(i.indrelid = " TABLE ", false) AND " FITS
             ", "
             "coalesce(i.indisvalid AND i.indisready, false), "
             "EXISTS (SELECT 1 FROM pg_catalog.pg_locks AS l WHERE l.locktype = "
             "'relation' AND l.relation = i.indrelid AND l.granted AND l.mode IN "
             "('ShareUpdateExclusiveLock', 'ShareLock') AND l.database = (SELECT d.oid "
             "FROM pg_catalog.pg_database AS d WHERE d.datname = "
             "pg_catalog.current_database()) AND NOT coalesce(i.indisvalid, true) AND "
             "l.pid <> pg_catalog.pg_backend_pid()) "
             "FROM ROWS FROM (pg_catalog.unnest($3::text[]), "
             "pg_catalog.unnest($4::text[]), pg_catalog.unnest($5::text[]), "
             "pg_catalog.unnest($6::text[]), pg_catalog.unnest($7::text[]), "
             "pg_catalog.unnest($8::int4[])) WITH ORDINALITY AS w(name, method, col, "
             "more, class, prefix, place) LEFT JOIN pg_catalog.pg_namespace AS n ON "
             "n.nspname = $1 "
             "LEFT JOIN pg_catalog.pg_class AS c "
             "ON c.relname = w.name AND c.relnamespace = n.oid "
             "LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid "
             "LEFT JOIN pg_catalog.pg_am AS m ON m.oid = c.relam ORDER BY w.place");
    params_array_begin(&s->params, OID_TEXTS, OID_TEXT);
    for (uint32_t i = 0; i < audit->n_slots; i++)
        params_array_text(&s->params, ov_str_of(audit->slots[i].name));
    params_array_end(&s->params);
    for (int part = 0; part < 4; part++)
        add_keys(&s->params, shape, audit, part);
    add_prefixes(&s->params, shape, audit);
}

/* -------------------------------------------------------------------- answers */

static void read_table(const PGresult *result, struct audit *audit)
{
    int *const members[] = { &audit->schema,    &audit->may_create, &audit->may_use,
                             &audit->catalogue, &audit->table,      &audit->ordinary,
                             &audit->owner,     &audit->may_read,   &audit->secured,
                             &audit->hidden,    &audit->key,        &audit->may_make };

    for (int i = 0; i < (int)(sizeof(members) / sizeof(members[0])); i++)
        *members[i] = job_bool(result, 0, i);
    /* The question was whether a policy lets rows through. */
    audit->hidden = audit->secured && !audit->hidden;
}

static void read_columns(const PGresult *result, const struct shape *shape,
                         struct audit *audit)
{
    int n = 2 * (int)shape->schema->n_fields;

    for (int row = 0; row < n; row++)
        audit->columns[row] = row % 2 == 1 && shape->columns[row / 2].beside[0] == '\0'
                                  ? COLUMN_GOOD
                                  : (int8_t)job_int4(result, row, 0);
    audit->keywords =
        ddl_has_keywords(shape->schema) ? job_int4(result, n, 0) : COLUMN_GOOD;
}

static void read_indexes(const PGresult *result, struct audit *audit)
{
    for (int row = 0; row < (int)audit->n_slots; row++) {
        struct index_look *look = &audit->slots[row];

        if (look->name[0] == '\0')
            continue;
        look->relkind = PQgetlength(result, row, 1) > 0 ? *PQgetvalue(result, row, 1) : 0;
        look->oid = job_int8(result, row, 2);
        if (!job_bool(result, row, 0))
            look->state = INDEX_MISSING;
        else if (!job_bool(result, row, 3))
            look->state = INDEX_FOREIGN;
        else if (job_bool(result, row, 4))
            look->state = INDEX_GOOD;
        else
            look->state = job_bool(result, row, 5) ? INDEX_BUILDING : INDEX_INVALID;
    }
}

static void name_slot(struct index_look *look, const struct job *job,
                      const struct shape *shape, const struct env *env, uint32_t slot)
{
    struct text ignored = { 0 };

    if (!ddl_index(&ignored, look->name, shape, &job->session->settings, env, slot))
        look->name[0] = '\0';
    text_clear(&ignored);
}

int32_t audit_look(struct job *job, const struct shape *shape, const struct env *env,
                   struct audit *out, struct ov_error *err)
{
    struct audit audit = { .n_slots = ddl_index_slots(shape->schema) };
    int32_t status;

    audit.columns = calloc(2 * (size_t)shape->schema->n_fields + 1, 1);
    audit.slots = calloc((size_t)audit.n_slots + 1, sizeof(*audit.slots));
    if (audit.columns == NULL || audit.slots == NULL) {
        audit_clear(&audit);
        return ov_no_memory(err);
    }
    for (uint32_t i = 0; i < audit.n_slots; i++)
        name_slot(&audit.slots[i], job, shape, env, i);
    ask_table(job, shape);
    ask_columns(job, shape, env);
    ask_indexes(job, shape, &audit);
    status = job_run(job, err);
    if (status == OV_OK) {
        read_table(job->first->result, &audit);
        read_columns(job->first->next->result, shape, &audit);
        read_indexes(job->last->result, &audit);
        *out = audit;
    } else {
        audit_clear(&audit);
    }
    job_reset(job);
    return status;
}

void audit_clear(struct audit *audit)
{
    free(audit->columns);
    free(audit->slots);
    memset(audit, 0, sizeof(*audit));
}

/* --------------------------------------------------------------------- verdict */

int audit_is_whole(const struct audit *audit, const struct shape *shape)
{
    struct text text = { 0 };
    int whole;

    audit_describe(audit, shape, &text);
    whole = !text.failed && text.n == 0;
    text_clear(&text);
    return whole;
}

int audit_lacks_indexes(const struct audit *audit, const struct shape *shape)
{
    struct audit rest = *audit;
    int n = 0;

    rest.n_slots = 0;
    for (uint32_t i = 0; i < audit->n_slots; i++) {
        if (audit->slots[i].state == INDEX_INVALID ||
            audit->slots[i].state == INDEX_FOREIGN)
            return 0;
        n += audit->slots[i].state == INDEX_MISSING;
    }
    return n > 0 && audit_is_whole(&rest, shape);
}

static void add(struct text *out, const char *what, const char *name)
{
    text_add(out, out->n > 0 ? ", " : "");
    text_add(out, what);
    text_add(out, name);
}

static void describe_columns(const struct audit *audit, const struct shape *shape,
                             struct text *out)
{
    static const char *const words[] = { "", "no column ", "another type of column " };

    for (uint32_t f = 0; f < shape->schema->n_fields; f++) {
        const struct column *column = &shape->columns[f];

        if (audit->columns[2 * f] != COLUMN_GOOD)
            add(out, words[audit->columns[2 * f]], column->name);
        if (audit->columns[2 * f + 1] != COLUMN_GOOD)
            add(out, words[audit->columns[2 * f + 1]], column->beside);
    }
    if (audit->keywords != COLUMN_GOOD)
        add(out, words[audit->keywords], KEYWORDS);
}

void audit_describe(const struct audit *audit, const struct shape *shape,
                    struct text *out)
{
    static const char *const words[] = {
        [INDEX_MISSING] = "no index ",
        [INDEX_INVALID] = "invalid index ",
        [INDEX_FOREIGN] = "another thing has the name of index ",
    };

    if (!audit->table) {
        add(out, "its table is gone: ", shape->relation);
        return;
    }
    if (!audit->ordinary) {
        add(out, "no table, but another thing: ", shape->relation);
        return;
    }
    describe_columns(audit, shape, out);
    if (!audit->key)
        add(out, "no primary key on ", shape->columns[shape->schema->key].name);
    for (uint32_t i = 0; i < audit->n_slots; i++)
        if (audit->slots[i].state > INDEX_GOOD && audit->slots[i].state != INDEX_BUILDING)
            add(out, words[audit->slots[i].state], audit->slots[i].name);
}
