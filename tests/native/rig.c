/* SPDX-License-Identifier: Apache-2.0 */
/* rig.c - a host of a few lines. */
#include "rig.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct ov_backend *native;
struct ov_call call = {
    .size = sizeof(call),
    .now_us = 1000000,
    .id = 1,
    .cancel_fd = -1,
};

static void say_log(uint64_t store, uint32_t level, struct ov_str message)
{
    (void)store, (void)level, (void)message;
}

static int32_t no_secret(uint64_t store, uint32_t option, char *buffer, uint64_t capacity,
                         uint64_t *length)
{
    (void)store, (void)option, (void)buffer, (void)capacity;
    *length = 0;
    return OV_OK;
}

void load_provider(void)
{
    static const struct ov_services services = { sizeof(services), OV_ABI_MINOR, say_log,
                                                 no_secret };
    static struct ov_backend table = { .size = sizeof(table) };
    ov_backend_get_fn *get;
    void *module, *symbol;

    if (native != NULL)
        return;
    module = dlopen(NATIVE_MODULE, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(module != NULL, "%s", dlerror());
    symbol = dlsym(module, "ov_backend_get");
    ck_assert_ptr_nonnull(symbol);
    memcpy(&get, &symbol, sizeof(get));
    ck_ok(get(&services, &table, &err));
    native = &table;
}

struct ov_session *open_store(const char *folder)
{
    struct ov_scalar settings[2] = { { .type = OV_TEXT }, { .type = OV_TEXT } };
    struct ov_session *session = NULL;

    settings[0].u.s = ov_str_of(folder);
    settings[1].u.s = ov_str_of("full");
    load_provider();
    ck_ok(native->open(1, settings, &call, &session, &err));
    return session;
}

/* ------------------------------------------------------------------- schema */

static struct ov_field field(const char *name, uint32_t type, uint32_t flags,
                             uint32_t dim)
{
    struct ov_field made = { sizeof(made), type, flags, dim, ov_str_of(name), { 0 } };

    made.fill.type = (flags & OV_FIELD_NULLABLE) != 0 || type > OV_TEXT ? OV_NULL : type;
    return made;
}

static struct ov_index make_index(const char *name, uint32_t metric, uint32_t sparse,
                                  double alpha)
{
    struct ov_index made = { .size = sizeof(made),
                             .metric = metric,
                             .dense = F_V,
                             .sparse = sparse,
                             .alpha = alpha };

    made.name = ov_str_of(name);
    made.kind = ov_str_of("flat");
    return made;
}

const struct ov_schema *rig_schema(const char *name)
{
    static struct ov_field fields[N_FIELDS];
    static struct ov_index indexes[3];
    static const struct ov_field *field_list[N_FIELDS];
    static const struct ov_index *index_list[3];
    static struct ov_schema schema;
    int i;

    fields[F_ID] = field("id", OV_TEXT, OV_FIELD_KEY, 0);
    fields[F_N] = field("n", OV_INT64, 0, 0);
    fields[F_F] = field("f", OV_FLOAT64, 0, 0);
    fields[F_B] = field("b", OV_BOOL, 0, 0);
    fields[F_S] = field("s", OV_TEXT, 0, 0);
    fields[F_P] = field("p", OV_TEXT, OV_FIELD_PATH, 0);
    fields[F_T] = field("t", OV_TIME, OV_FIELD_NULLABLE, 0);
    fields[F_TAGS] = field("tags", OV_TEXT_LIST, 0, 0);
    fields[F_NUMS] = field("nums", OV_INT64_LIST, 0, 0);
    fields[F_V] = field("v", OV_VECTOR, 0, 4);
    fields[F_SP] = field("sp", OV_SPARSE, 0, 0);
    fields[F_G] = field("g", OV_GEO, OV_FIELD_NULLABLE, 0);
    fields[F_W] = field("w", OV_TEXT, OV_FIELD_FULLTEXT, 0);
    fields[F_EXPIRES] = field("_ov_expires", OV_TIME,
                              OV_FIELD_NULLABLE | OV_FIELD_EXPIRY | OV_FIELD_HOST, 0);
    indexes[0] = make_index("cos", OV_COSINE, F_SP, 0.25);
    indexes[1] = make_index("ip", OV_IP, OV_NONE, 0);
    indexes[2] = make_index("l2", OV_L2, OV_NONE, 0);
    for (i = 0; i < N_FIELDS; i++)
        field_list[i] = &fields[i];
    for (i = 0; i < 3; i++)
        index_list[i] = &indexes[i];
    schema = (struct ov_schema){ .size = sizeof(schema),
                                 .n_fields = N_FIELDS,
                                 .n_indexes = 3,
                                 .fields = field_list,
                                 .indexes = index_list };
    schema.name = ov_str_of(name);
    schema.meta = ov_str_of("{\"Description\":\"x\"}");
    return &schema;
}

struct ov_session *open_fresh(const char *folder)
{
    struct ov_session *session = open_store(temp_path(folder));

    ck_ok(native->collection_create(session, &call, rig_schema("c"), &err));
    return session;
}

struct ov_table *open_table(struct ov_session *session, const char *name)
{
    struct ov_table *table = NULL;

    ck_ok(native->collection_open(session, &call, ov_str_of(name), &table, &err));
    return table;
}

void close_all(struct ov_session *session, struct ov_table *table)
{
    if (table != NULL)
        native->collection_close(table);
    native->close(session);
}

/* ------------------------------------------------------------------ batches */

static struct ov_cell nothing(uint32_t type)
{
    struct ov_cell cell = { .type = type };
    static const int64_t zero;

    if (type == OV_TEXT_LIST || type == OV_SPARSE)
        cell.u.offsets = &zero;
    return cell;
}

/* "a,b" or "a:1,b:2". */
static struct ov_cell list_cell(uint32_t type, const char *text)
{
    static int64_t offsets[2][9];
    static char bytes[2][256];
    static float weights[8];
    int which = type == OV_SPARSE;
    struct ov_cell cell = { .type = type };
    char *copy, *save = NULL, *word, *colon;
    int64_t used = 0;

    if (text == NULL)
        return nothing(type);
    copy = strdup(text);
    for (word = strtok_r(copy, ",", &save); word != NULL;
         word = strtok_r(NULL, ",", &save)) {
        colon = which ? strchr(word, ':') : NULL;
        if (colon != NULL) {
            weights[cell.n] = strtof(colon + 1, NULL);
            *colon = '\0';
        }
        memcpy(bytes[which] + used, word, strlen(word));
        used += (int64_t)strlen(word);
        offsets[which][++cell.n] = used;
    }
    free(copy);
    cell.u.offsets = offsets[which];
    cell.bytes = bytes[which];
    if (which)
        cell.weights = weights;
    return cell;
}

static struct ov_cell text_of(const char *text)
{
    return ov_text_cell(ov_str_of(text));
}

static struct ov_cell nums_of(const struct record *record)
{
    struct ov_cell cell = { .type = OV_INT64_LIST };

    while (cell.n < 4 && record->nums[cell.n] != 0)
        cell.n++;
    cell.u.ints = record->nums;
    return cell;
}

static struct ov_cell geo_of(const struct record *record)
{
    struct ov_cell cell = { .type = OV_GEO, .n = 2 };

    cell.u.reals = record->g;
    return record->g[0] != 0 || record->g[1] != 0 ? cell : ov_null_cell();
}

static struct ov_cell cell_of(const struct record *record, uint32_t which)
{
    switch (which) {
    case F_ID:
        return text_of(record->id);
    case F_N:
        return ov_int_cell(OV_INT64, record->n);
    case F_F:
        return ov_float_cell(record->f);
    case F_B:
        return ov_int_cell(OV_BOOL, record->b);
    case F_S:
        return text_of(record->s);
    case F_P:
        return text_of(record->p);
    case F_T:
        return record->t != 0 ? ov_int_cell(OV_TIME, record->t) : ov_null_cell();
    case F_TAGS:
        return list_cell(OV_TEXT_LIST, record->tags);
    case F_NUMS:
        return nums_of(record);
    case F_V:
        return ov_vector_cell(record->v, 4);
    case F_SP:
        return list_cell(OV_SPARSE, record->sp);
    case F_G:
        return geo_of(record);
    case F_W:
        return text_of(record->w);
    default:
        return record->expires != 0 ? ov_int_cell(OV_TIME, record->expires)
                                    : ov_null_cell();
    }
}

struct whole_batch {
    struct ov_batch batch;
    struct ArrowArray array;
    uint32_t fields[N_FIELDS];
};

struct ov_batch *make_batch(const struct record *records, size_t n,
                            const uint32_t *fields, uint32_t n_fields)
{
    const struct ov_schema *schema = rig_schema("c");
    struct whole_batch *made = calloc(1, sizeof(*made));
    struct ov_column columns[N_FIELDS];
    struct ov_rows *rows;
    struct ov_cell cell;
    uint32_t c;
    size_t i;

    ck_assert_ptr_nonnull(made);
    for (c = 0; c < n_fields; c++) {
        made->fields[c] = fields != NULL ? fields[c] : c;
        columns[c].type = schema->fields[made->fields[c]]->type;
        columns[c].dim = schema->fields[made->fields[c]]->dim;
        columns[c].nullable =
            (schema->fields[made->fields[c]]->flags & OV_FIELD_NULLABLE) != 0;
    }
    rows = ov_rows_new(columns, n_fields);
    for (i = 0; i < n; i++)
        for (c = 0; c < n_fields; c++) {
            cell = cell_of(&records[i], made->fields[c]);
            ov_rows_add(rows, &cell);
        }
    ck_ok(ov_rows_finish(rows, &made->array, &err));
    made->batch.size = sizeof(made->batch);
    made->batch.n_columns = n_fields;
    made->batch.fields = made->fields;
    made->batch.array = &made->array;
    return &made->batch;
}

struct ov_batch *make_keys(const char *const *ids, size_t n)
{
    static const uint32_t key = F_ID;
    struct record *records = calloc(n + 1, sizeof(*records));
    struct ov_batch *batch;
    size_t i;

    ck_assert_ptr_nonnull(records);
    for (i = 0; i < n; i++)
        records[i].id = ids[i];
    batch = make_batch(records, n, &key, 1);
    free(records);
    return batch;
}

void free_batch(struct ov_batch *batch)
{
    struct whole_batch *made = (struct whole_batch *)batch;

    made->array.release(&made->array);
    free(made);
}

/* -------------------------------------------------------------------- calls */

int32_t put(struct ov_table *table, const struct record *records, size_t n)
{
    struct ov_batch *batch = make_batch(records, n, NULL, N_FIELDS);
    const struct ov_batch *const list[] = { batch };
    int32_t status;

    ov_error_reset(&err);
    status = native->upsert(table, &call, list, 1, &err);
    free_batch(batch);
    return status;
}

int32_t update_fields(struct ov_table *table, const struct record *records, size_t n,
                      const uint32_t *fields, uint32_t n_fields)
{
    struct ov_batch *batch = make_batch(records, n, fields, n_fields);
    const struct ov_batch *const list[] = { batch };
    int32_t status;

    ov_error_reset(&err);
    status = native->update(table, &call, list, 1, &err);
    free_batch(batch);
    return status;
}

int32_t drop_ids(struct ov_table *table, const char *const *ids, size_t n,
                 uint64_t *removed)
{
    struct ov_batch *keys = make_keys(ids, n);
    int32_t status;

    ov_error_reset(&err);
    status = native->remove(table, &call, keys, removed, &err);
    free_batch(keys);
    return status;
}

int64_t count_where(struct ov_table *table, const struct ov_filter *filter)
{
    struct ov_count request = { sizeof(request), OV_NONE, filter };
    uint64_t total = 0;

    ov_error_reset(&err);
    if (native->count(table, &call, &request, &total, NULL, &err) != OV_OK)
        return -1;
    return (int64_t)total;
}

const char *ids_of(struct ov_result *result)
{
    static char text[65536];
    const struct ArrowArray *keys = result->rows.children[0];
    const int64_t *offsets = keys->buffers[1];
    const char *bytes = keys->buffers[2];
    size_t used = 0;
    int64_t i;

    text[0] = '\0';
    for (i = 0; i < result->rows.length; i++)
        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "%s%.*s", i > 0 ? " " : "",
                             (int)(offsets[i + 1] - offsets[i]), bytes + offsets[i]);
    return text;
}

double score_of(const struct ov_result *result, int64_t row)
{
    return ((const double *)result->rows.children[1]->buffers[1])[row];
}

const char *fetch_ids(struct ov_table *table, const char *const *ids, size_t n)
{
    struct ov_batch *keys = make_keys(ids, n);
    struct ov_fetch request = { sizeof(request), 0, NULL, keys };
    struct ov_result result = { .size = sizeof(result) };
    const char *found;

    ck_ok(native->fetch(table, &call, &request, &result, &err));
    found = ids_of(&result);
    result.rows.release(&result.rows);
    free_batch(keys);
    return found;
}

const char *scan_ids(struct ov_table *table, uint32_t order, int descending,
                     const struct ov_filter *filter)
{
    struct ov_scan request = { .size = sizeof(request),
                               .order = order,
                               .descending = (uint32_t)descending,
                               .filter = filter,
                               .limit = UINT64_MAX };
    struct ov_result result = { .size = sizeof(result) };
    const char *found;

    ck_ok(native->scan(table, &call, &request, &result, &err));
    found = ids_of(&result);
    result.rows.release(&result.rows);
    return found;
}

/* ------------------------------------------------------------------ filters */

struct leaf {
    struct ov_filter filter;
    struct ov_node node;
    struct ov_scalar values[2];
};

static struct leaf *next_leaf(uint16_t op, uint32_t where, uint32_t n_values)
{
    static struct leaf leaves[4];
    static unsigned int next;
    struct leaf *leaf = &leaves[next++ % 4];

    memset(leaf, 0, sizeof(*leaf));
    leaf->node.op = op;
    leaf->node.field = where;
    leaf->node.span = 1;
    leaf->node.n_values = n_values;
    leaf->filter.size = sizeof(leaf->filter);
    leaf->filter.n_nodes = 1;
    leaf->filter.n_values = n_values;
    leaf->filter.nodes = &leaf->node;
    leaf->filter.values = leaf->values;
    return leaf;
}

const struct ov_filter *where_int(uint32_t which, int64_t value)
{
    struct leaf *leaf = next_leaf(OV_IN, which, 1);

    leaf->values[0].type = rig_schema("c")->fields[which]->type;
    if (leaf->values[0].type == OV_INT64_LIST)
        leaf->values[0].type = OV_INT64;
    leaf->values[0].u.i = value;
    return &leaf->filter;
}

const struct ov_filter *where_range(uint32_t which, int64_t low, int64_t high)
{
    struct leaf *leaf = next_leaf(OV_RANGE, which, 2);

    leaf->node.flags = OV_RANGE_LOW | OV_RANGE_HIGH;
    leaf->values[0].type = leaf->values[1].type = rig_schema("c")->fields[which]->type;
    leaf->values[0].u.i = low;
    leaf->values[1].u.i = high;
    return &leaf->filter;
}

const struct ov_filter *where_text(uint32_t which, const char *value)
{
    struct leaf *leaf = next_leaf(OV_IN, which, 1);

    leaf->values[0].type = OV_TEXT;
    leaf->values[0].u.s = ov_str_of(value);
    return &leaf->filter;
}

const struct ov_filter *where_path(uint32_t which, const char *path, int64_t levels)
{
    struct leaf *leaf = next_leaf(OV_PATH, which, 1);

    leaf->node.arg = levels;
    leaf->values[0].type = OV_TEXT;
    leaf->values[0].u.s = ov_str_of(path);
    return &leaf->filter;
}
