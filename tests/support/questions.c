/* SPDX-License-Identifier: Apache-2.0 */
/* questions.c - questions made from what a collection says of itself. */
#include "questions.h"

#include <stdlib.h>
#include <string.h>

static uint64_t state;
static const struct ov_backend *asked;
static const struct ov_call *of;

uint64_t question_setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

void question_seed(uint64_t seed)
{
    state = seed * 2654435761u;
}

uint32_t question_number(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

void question_spoil(unsigned char *bytes, size_t from, size_t to)
{
    static const unsigned char likely[] = { 0, 1, 2, 4, 8, 16, 32, 64, 127, 128, 255 };
    uint32_t n = question_number(3) ? 1 : 1 + question_number(3);

    for (; n > 0 && from < to; n--) {
        unsigned char *at = &bytes[from + question_number((uint32_t)(to - from))];

        *at = question_number(2) ? likely[question_number(sizeof(likely))]
                                 : *at ^ (unsigned char)(1u << question_number(8));
    }
}

void question_known(int32_t status)
{
    ck_assert_msg(status >= OV_OK && status <= OV_INTERNAL, "status %d", (int)status);
    ck_assert_int_eq(status, err.code);
    ck_assert(status == OV_OK || err.message[0] != '\0');
    ov_error_reset(&err);
}

static void take_schema(void *ctx, const struct ov_schema *schema)
{
    *(struct ov_schema **)ctx = ov_schema_copy(schema);
}

/* Every answer keeps the profile of batch.h, whatever it was made of. */
static void check_answer(const struct ov_schema *schema, int search,
                         const uint32_t *fields, struct ov_result *result)
{
    struct ov_column *columns = calloc(schema->n_fields + 3, sizeof(*columns));
    uint32_t n = ov_result_columns(schema, search, fields, schema->n_fields, columns);

    ck_ok(ov_array_check(&result->rows, columns, n, &err));
    result->rows.release(&result->rows);
    free(columns);
}

struct question {
    struct ov_filter filter;
    struct ov_node node;
    struct ov_scalar values[3];
};

/* A leaf on the field, as a host would make it for its type. */
static const struct ov_filter *ask_field(struct question *q,
                                         const struct ov_schema *schema, uint32_t f)
{
    const struct ov_field *field = schema->fields[f];
    uint32_t type = ov_element_type(field->type);

    memset(q, 0, sizeof(*q));
    q->node = (struct ov_node){ .op = OV_IN, .field = f, .span = 1, .n_values = 1 };
    q->values[0].type = type;
    if (type == OV_TEXT) {
        q->values[0].u.s = ov_str_of(question_number(2) ? "/b" : "");
        if (question_number(2))
            q->node.op = (field->flags & OV_FIELD_PATH) != 0 ? OV_PATH : OV_REGEX;
        q->node.arg = -1;
    } else if (type == OV_GEO) {
        q->node.op = OV_WITHIN;
        q->node.n_values = 3;
        q->values[0].type = q->values[1].type = q->values[2].type = OV_FLOAT64;
    } else if (type == OV_FLOAT64 || type == OV_TIME) {
        q->node.op = OV_RANGE;
        q->node.flags = OV_RANGE_LOW;
    } else if (type > OV_TEXT) {
        return NULL;
    }
    q->filter = (struct ov_filter){ sizeof(q->filter), 1,        q->node.n_values, 0,
                                    &q->node,          q->values };
    ck_ok(ov_filter_check(schema, &q->filter, &err));
    return &q->filter;
}

static void ask_scans(struct ov_table *table, const struct ov_schema *schema,
                      const uint32_t *fields)
{
    struct question question;
    uint32_t f;

    for (f = 0; f < schema->n_fields; f++) {
        struct ov_result result = { .size = sizeof(result) };
        struct ov_scan scan = { .size = sizeof(scan), .order = OV_NONE, .limit = 4 };
        struct ov_count count = { .size = sizeof(count), .group = OV_NONE };
        uint64_t total;
        int32_t status;

        scan.filter = count.filter = ask_field(&question, schema, f);
        scan.fields = fields;
        scan.n_fields = schema->n_fields;
        if (schema->fields[f]->type <= OV_TEXT && question_number(2))
            scan.order = f;
        status = asked->scan(table, of, &scan, &result, &err);
        if (status == OV_OK)
            check_answer(schema, 0, fields, &result);
        question_known(status);
        question_known(asked->count(table, of, &count, &total, NULL, &err));
    }
}

static void ask_searches(struct ov_table *table, const struct ov_schema *schema,
                         const uint32_t *fields)
{
    uint32_t i;

    for (i = 0; i < schema->n_indexes; i++) {
        const struct ov_index *index = schema->indexes[i];
        uint32_t dim = schema->fields[index->dense]->dim;
        float *query = calloc(dim, sizeof(*query));
        struct ov_result result = { .size = sizeof(result) };
        struct ov_search search = {
            .size = sizeof(search),
            .n_queries = 1,
            .dim = dim,
            .dense = query,
            .limit = 5,
            .fields = fields,
        };
        struct ov_str term = ov_str_of("cat");
        const float weight = 1;
        struct ov_sparse sparse = { 1, &term, &weight };
        int32_t status;

        query[0] = 1;
        search.n_fields = schema->n_fields;
        search.index = index->name;
        if (index->sparse != OV_NONE)
            search.sparse = &sparse;
        status = asked->search(table, of, &search, &result, &err);
        if (status == OV_OK)
            check_answer(schema, 1, fields, &result);
        question_known(status);
        free(query);
    }
}

static void ask_words(struct ov_table *table, const struct ov_schema *schema)
{
    struct ov_str word = ov_str_of("dog");
    struct ov_search search = { .size = sizeof(search), .n_queries = 1, .limit = 5 };
    struct ov_result result = { .size = sizeof(result) };
    int32_t status;

    if (ov_schema_flagged(schema, OV_FIELD_FULLTEXT) == OV_NONE)
        return;
    search.text = &word;
    status = asked->search(table, of, &search, &result, &err);
    if (status == OV_OK)
        result.rows.release(&result.rows);
    question_known(status);
}

/* A record of the key alone, and its removal. */
static void write_key(struct ov_table *table, const struct ov_schema *schema)
{
    struct ov_column column = { .type = schema->fields[schema->key]->type };
    struct ov_rows *rows = ov_rows_new(&column, 1);
    struct ov_cell key =
        column.type == OV_TEXT ? ov_text_cell(ov_str_of("b")) : ov_int_cell(OV_INT64, 7);
    struct ArrowArray array;
    struct ov_batch batch = {
        .size = sizeof(batch), .n_columns = 1, .fields = &schema->key, .array = &array
    };
    const struct ov_batch *const list[] = { &batch };
    uint64_t removed;

    ov_rows_add(rows, &key);
    ck_ok(ov_rows_finish(rows, &array, &err));
    question_known(asked->upsert(table, of, list, 1, &err));
    question_known(asked->remove(table, of, &batch, &removed, &err));
    array.release(&array);
}

void questions_ask(const struct ov_backend *backend, struct ov_table *table,
                   const struct ov_call *call)
{
    struct ov_schema *schema = NULL;
    uint32_t *fields, f;

    asked = backend;
    of = call;
    question_known(backend->collection_describe(table, call, take_schema, &schema, &err));
    if (schema == NULL)
        return;
    ck_ok(ov_schema_check(schema, &err));
    fields = calloc(schema->n_fields, sizeof(*fields));
    ck_assert_ptr_nonnull(fields);
    for (f = 0; f < schema->n_fields; f++)
        fields[f] = f;
    ask_scans(table, schema, fields);
    ask_searches(table, schema, fields);
    ask_words(table, schema);
    write_key(table, schema);
    ask_scans(table, schema, fields);
    free(fields);
    free(schema);
}
