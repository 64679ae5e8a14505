/* SPDX-License-Identifier: Apache-2.0 */
/*
 * planted.c - the memory provider with one fault, by the number in OV_PLANT.
 *
 * The linker puts these functions between the provider and what it calls (--wrap), so
 * neither knows. Each fault is one that a provider might really have; the differential
 * test must find it. 0, or no number, is no fault.
 */
#include "../../providers/memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

OV_BACKEND_DECLARE("planted", "", "1.0.0", "ov tests");

int32_t ov_backend_get(const struct ov_services *services, struct ov_backend *out,
                       struct ov_error *err)
{
    (void)services;
    (void)err;
    memcpy(out, &memory_operations, sizeof(*out));
    return OV_OK;
}

enum plant {
    OPEN_BOUND_CLOSED = 1, /* gt as gte */
    PATH_ONE_DEEPER,       /* -d=1 as -d=2 */
    PATH_NODE_AS_SUBTREE,  /* -d=0 as -d=-1 */
    SHORT_IN,              /* conditions after the second passed over */
    PREFIX_ANYWHERE,       /* prefix as contains */
    NOT_OF_NULL_IS_FALSE,  /* three-valued logic, as in SQL */
    TWICE_THE_RADIUS,
    ANCHORED_PATTERN,
    BARE_DISTANCE, /* l2 without the 1 */
    ALPHA_SWAPPED, /* dense and sparse weights */
    UNKNOWN_TERMS, /* a query of unknown terms as one without terms */
    NULLS_FIRST,
    FOLDED_CASE,      /* text compared without case */
    EXPIRY_TOO_LATE,  /* alive at the very moment */
    UPDATE_REPLACES,  /* fields not given fall back to their fill */
    REMOVED_AS_ASKED, /* keys counted, not records */
    OFFSET_AND_LIMIT, /* the limit counts from the start, not from the offset */
    INT_AS_DOUBLE,    /* int64 beyond 2^53 rounded */
    COSINE_OF_ZERO,   /* a zero vector is like every other */
    STALE_COUNT,      /* expired records counted */
    PLANTS
};

static int planted(enum plant plant)
{
    const char *number = getenv("OV_PLANT");

    return number != NULL && atoi(number) == (int)plant;
}

/* ------------------------------------------------------------------- filters */

int32_t __real_ov_matcher_new(const struct ov_schema *schema,
                              const struct ov_filter *filter, struct ov_matcher **out,
                              struct ov_error *err);
int32_t __wrap_ov_matcher_new(const struct ov_schema *schema,
                              const struct ov_filter *filter, struct ov_matcher **out,
                              struct ov_error *err);
int __real_ov_matcher_match(const struct ov_matcher *matcher,
                            const struct ov_cell *record);
int __wrap_ov_matcher_match(const struct ov_matcher *matcher,
                            const struct ov_cell *record);

/* Of the call that runs; what a matcher borrows must live as long as it. */
static __thread struct ov_node nodes[OV_FILTER_MAX_NODES];
static __thread struct ov_scalar values[OV_FILTER_MAX_VALUES];
static __thread struct ov_filter spoiled;
static __thread char pattern[2048];

static void spoil_value(struct ov_node *node, struct ov_scalar *value)
{
    if (planted(INT_AS_DOUBLE) && value->type == OV_INT64 && value->u.i < INT64_MAX - 512)
        value->u.i = (int64_t)(double)value->u.i;
    if (planted(TWICE_THE_RADIUS) && node->op == OV_WITHIN &&
        value == &values[node->first_value + 2])
        value->u.f *= 2;
    if (planted(ANCHORED_PATTERN) && node->op == OV_REGEX && value->u.s.n < 1000 &&
        pattern[0] == '\0' && value->u.s.n > 0 &&
        memchr(value->u.s.p, '|', value->u.s.n) == NULL && value->u.s.p[0] != '^') {
        pattern[0] = '^';
        memcpy(pattern + 1, value->u.s.p, value->u.s.n);
        value->u.s.p = pattern;
        value->u.s.n++;
    }
}

static void spoil_node(struct ov_node *node)
{
    if (planted(OPEN_BOUND_CLOSED))
        node->flags &= (uint16_t)~OV_RANGE_LOW_OPEN;
    if (planted(PATH_ONE_DEEPER) && node->op == OV_PATH && node->arg > 0)
        node->arg++;
    if (planted(PATH_NODE_AS_SUBTREE) && node->op == OV_PATH && node->arg == 0)
        node->arg = -1;
    if (planted(SHORT_IN) && node->op == OV_IN && node->n_values > 2)
        node->n_values = 2;
    if (planted(PREFIX_ANYWHERE) && node->op == OV_PREFIX)
        node->op = OV_CONTAINS;
    for (uint32_t i = 0; i < node->n_values; i++)
        spoil_value(node, &values[node->first_value + i]);
}

int32_t __wrap_ov_matcher_new(const struct ov_schema *schema,
                              const struct ov_filter *filter, struct ov_matcher **out,
                              struct ov_error *err)
{
    memcpy(nodes, filter->nodes, filter->n_nodes * sizeof(nodes[0]));
    memcpy(values, filter->values, filter->n_values * sizeof(values[0]));
    pattern[0] = '\0';
    spoiled = *filter;
    spoiled.nodes = nodes;
    spoiled.values = values;
    for (uint32_t i = 0; i < filter->n_nodes; i++)
        spoil_node(&nodes[i]);
    return __real_ov_matcher_new(schema, &spoiled, out, err);
}

int __wrap_ov_matcher_match(const struct ov_matcher *matcher,
                            const struct ov_cell *record)
{
    if (planted(NOT_OF_NULL_IS_FALSE))
        for (uint32_t i = 0; i + 1 < spoiled.n_nodes; i++)
            if (nodes[i].op == OV_NOT && nodes[i + 1].field != OV_NONE &&
                record[nodes[i + 1].field].type == OV_NULL)
                return 0;
    return __real_ov_matcher_match(matcher, record);
}

/* ----------------------------------------------------------- scores and order */

double __real_ov_score(const struct ov_index *index, const struct ov_search *request,
                       uint32_t q, const struct ov_cell *record);
double __wrap_ov_score(const struct ov_index *index, const struct ov_search *request,
                       uint32_t q, const struct ov_cell *record);
int __real_ov_cell_compare(const struct ov_cell *a, const struct ov_cell *b);
int __wrap_ov_cell_compare(const struct ov_cell *a, const struct ov_cell *b);

static int is_zero(const struct ov_cell *vector)
{
    for (uint64_t i = 0; i < vector->n; i++)
        if (vector->u.floats[i] != 0)
            return 0;
    return 1;
}

double __wrap_ov_score(const struct ov_index *index, const struct ov_search *request,
                       uint32_t q, const struct ov_cell *record)
{
    struct ov_index other = *index;
    struct ov_search dense = *request;
    double score;

    dense.sparse = NULL;
    if (planted(ALPHA_SWAPPED))
        other.alpha = 1 - other.alpha;
    score = __real_ov_score(&other, request, q, record);
    if (planted(BARE_DISTANCE) && index->metric == OV_L2)
        score -= 1;
    if (planted(UNKNOWN_TERMS) && request->sparse != NULL && request->dense != NULL &&
        index->sparse != OV_NONE && record[index->sparse].n == 0)
        score = __real_ov_score(index, &dense, q, record);
    if (planted(COSINE_OF_ZERO) && index->metric == OV_COSINE &&
        is_zero(&record[index->dense]))
        score = 1;
    return score;
}

int __wrap_ov_cell_compare(const struct ov_cell *a, const struct ov_cell *b)
{
    if (planted(NULLS_FIRST) && (a->type == OV_NULL) != (b->type == OV_NULL))
        return a->type == OV_NULL ? -1 : 1;
    if (planted(FOLDED_CASE) && a->type == OV_TEXT && b->type == OV_TEXT) {
        int c = strncasecmp(a->u.text, b->u.text, (size_t)(a->n < b->n ? a->n : b->n));
        if (c != 0)
            return c < 0 ? -1 : 1;
        if (a->n != b->n)
            return a->n < b->n ? -1 : 1;
    }
    return __real_ov_cell_compare(a, b);
}

/* ------------------------------------------------------------------ operations */

int __real_memory_is_live(const struct collection *collection,
                          const struct ov_cell *record, const struct ov_call *call);
int __wrap_memory_is_live(const struct collection *collection,
                          const struct ov_cell *record, const struct ov_call *call);
int32_t __real_memory_update(struct ov_table *table, const struct ov_call *call,
                             const struct ov_batch *const *batches, uint32_t n_batches,
                             struct ov_error *err);
int32_t __wrap_memory_update(struct ov_table *table, const struct ov_call *call,
                             const struct ov_batch *const *batches, uint32_t n_batches,
                             struct ov_error *err);
int32_t __real_memory_remove(struct ov_table *table, const struct ov_call *call,
                             const struct ov_batch *keys, uint64_t *removed,
                             struct ov_error *err);
int32_t __wrap_memory_remove(struct ov_table *table, const struct ov_call *call,
                             const struct ov_batch *keys, uint64_t *removed,
                             struct ov_error *err);
int32_t __real_memory_scan(struct ov_table *table, const struct ov_call *call,
                           const struct ov_scan *request, struct ov_result *out,
                           struct ov_error *err);
int32_t __wrap_memory_scan(struct ov_table *table, const struct ov_call *call,
                           const struct ov_scan *request, struct ov_result *out,
                           struct ov_error *err);
int32_t __real_memory_count(struct ov_table *table, const struct ov_call *call,
                            const struct ov_count *request, uint64_t *total,
                            struct ov_result *groups, struct ov_error *err);
int32_t __wrap_memory_count(struct ov_table *table, const struct ov_call *call,
                            const struct ov_count *request, uint64_t *total,
                            struct ov_result *groups, struct ov_error *err);

static __thread int in_count;

int __wrap_memory_is_live(const struct collection *collection,
                          const struct ov_cell *record, const struct ov_call *call)
{
    struct ov_call earlier = *call;

    if (planted(STALE_COUNT) && in_count)
        return 1;
    if (planted(EXPIRY_TOO_LATE))
        earlier.now_us -= 1;
    return __real_memory_is_live(collection, record, &earlier);
}

int32_t __wrap_memory_update(struct ov_table *table, const struct ov_call *call,
                             const struct ov_batch *const *batches, uint32_t n_batches,
                             struct ov_error *err)
{
    int32_t code = __real_memory_update(table, call, batches, n_batches, err);

    if (code == OV_OK && planted(UPDATE_REPLACES))
        code = memory_upsert(table, call, batches, n_batches, err);
    return code;
}

int32_t __wrap_memory_remove(struct ov_table *table, const struct ov_call *call,
                             const struct ov_batch *keys, uint64_t *removed,
                             struct ov_error *err)
{
    int32_t code = __real_memory_remove(table, call, keys, removed, err);

    if (code == OV_OK && planted(REMOVED_AS_ASKED))
        *removed = (uint64_t)keys->array->length;
    return code;
}

int32_t __wrap_memory_scan(struct ov_table *table, const struct ov_call *call,
                           const struct ov_scan *request, struct ov_result *out,
                           struct ov_error *err)
{
    struct ov_scan other = *request;

    if (planted(OFFSET_AND_LIMIT) && other.limit != UINT64_MAX &&
        other.limit > other.offset)
        other.limit -= other.offset;
    return __real_memory_scan(table, call, &other, out, err);
}

int32_t __wrap_memory_count(struct ov_table *table, const struct ov_call *call,
                            const struct ov_count *request, uint64_t *total,
                            struct ov_result *groups, struct ov_error *err)
{
    int32_t code;

    in_count = 1;
    code = __real_memory_count(table, call, request, total, groups, err);
    in_count = 0;
    return code;
}
