/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.c - from what is wanted and what is there to what must be asked for.
 *
 * Everything that could be refused is compared first, so that an answer of OV_EXISTS
 * leaves the collection as it was. Then fields are appended in one step, then indexes.
 */
#include "collection.h"

#include <ov/sdk.h>

#include <stdlib.h>
#include <string.h>

static const char *metric_name(uint32_t metric)
{
    static const char *const names[] = { "?", "cosine", "ip", "l2" };

    return names[metric < 4 ? metric : 0];
}

int32_t plan_served_schema(struct call *call, const struct schema *schema)
{
    const struct ov_ability *can = &call->store->ability;
    const char *provider = call->store->provider->name;
    uint32_t i;

    if (can->max_fields != 0 && schema->ov->n_fields > can->max_fields)
        return ov_fail(call->err, OV_LIMIT, "%u fields; provider '%s' holds %u",
                       schema->ov->n_fields, provider, can->max_fields);
    for (i = 0; i < schema->ov->n_fields; i++) {
        const struct ov_field *field = schema->ov->fields[i];

        if (can->max_dim != 0 && field->dim > can->max_dim)
            return ov_fail(call->err, OV_LIMIT,
                           "dimension %u of '%.*s'; provider '%s' holds %u", field->dim,
                           CALL_TEXT(field->name), provider, can->max_dim);
    }
    return OV_OK;
}

int32_t plan_served_index(struct call *call, const struct ov_index *index)
{
    if ((call->store->ability.metrics >> index->metric & 1) == 0)
        return ov_fail(call->err, OV_UNSUPPORTED, "provider '%s' has no metric '%s'",
                       call->store->provider->name, metric_name(index->metric));
    return OV_OK;
}

/* ---------------------------------------------------------------- comparing */

struct create_task {
    struct ov_str name;
    const struct schema *want;
    int created; /* out */
};

static int32_t refuse_key(struct call *call, const struct ov_schema *have,
                          const struct ov_schema *want)
{
    const struct ov_field *a = have->fields[have->key], *b = want->fields[want->key];

    if (a->type == b->type && ov_str_equal(a->name, b->name))
        return OV_OK;
    return ov_fail(call->err, OV_EXISTS,
                   "collection '%.*s' is there with the key '%.*s' (%s), not '%.*s' (%s)",
                   CALL_TEXT(have->name), CALL_TEXT(a->name),
                   a->type == OV_TEXT ? "string" : "int64", CALL_TEXT(b->name),
                   b->type == OV_TEXT ? "string" : "int64");
}

static struct ov_str field_name(const struct ov_schema *schema, uint32_t ordinal)
{
    return ordinal == OV_NONE ? ov_str_of("") : schema->fields[ordinal]->name;
}

/* Another metric or another vector is another index: its scores mean something else. */
static int32_t refuse_index(struct call *call, const struct ov_schema *have,
                            const struct ov_schema *want, const struct ov_index *index)
{
    const struct ov_index *there = ov_schema_index(have, index->name);

    if (there == NULL)
        return OV_OK;
    if (there->metric != index->metric)
        return ov_fail(call->err, OV_EXISTS,
                       "index '%.*s' is there with distance '%s', not '%s'",
                       CALL_TEXT(index->name), metric_name(there->metric),
                       metric_name(index->metric));
    if (!ov_str_equal(field_name(have, there->dense), field_name(want, index->dense)))
        return ov_fail(call->err, OV_EXISTS,
                       "index '%.*s' is there over '%.*s', not '%.*s'",
                       CALL_TEXT(index->name), CALL_TEXT(field_name(have, there->dense)),
                       CALL_TEXT(field_name(want, index->dense)));
    return OV_OK;
}

static int32_t refuse_differences(struct call *call, const struct ov_schema *have,
                                  const struct ov_schema *want)
{
    int32_t status = refuse_key(call, have, want);
    uint32_t i;

    for (i = 0; status == OV_OK && i < want->n_indexes; i++)
        status = refuse_index(call, have, want, want->indexes[i]);
    return status;
}

/* The wanted index in the ordinals of the schema that is there. */
static const struct ov_index *translate_index(struct call *call,
                                              const struct ov_schema *have,
                                              const struct ov_schema *want,
                                              const struct ov_index *index)
{
    struct ov_index *out = ov_arena_take(call->arena, sizeof(*out));
    uint32_t *scalars, i;

    scalars = ov_arena_take(call->arena, (index->n_scalars + 1) * sizeof(*scalars));
    if (out == NULL || scalars == NULL)
        return NULL;
    *out = *index;
    out->dense = ov_schema_field(have, field_name(want, index->dense));
    if (index->sparse != OV_NONE)
        out->sparse = ov_schema_field(have, field_name(want, index->sparse));
    for (i = 0; i < index->n_scalars; i++)
        scalars[i] = ov_schema_field(have, field_name(want, index->scalars[i]));
    out->scalars = scalars;
    return out;
}

/* ------------------------------------------------------------------- making */

static int32_t put_indexes(struct call *call, const struct ov_schema *want)
{
    int32_t status = OV_OK;
    uint32_t i, n = 0;

    if (call_arena(call) == NULL)
        return OV_NO_SPACE;
    for (i = 0; status == OV_OK && i < want->n_indexes; i++) {
        const struct ov_index *index, *there;

        index = translate_index(call, call->view->schema->ov, want, want->indexes[i]);
        if (index == NULL)
            return ov_no_memory(call->err);
        there = ov_schema_index(call->view->schema->ov, index->name);
        if (there != NULL && index_same(there, index))
            continue;
        status = collection_index_put(call, index);
        n++;
    }
    return status == OV_OK && n > 0 ? call_refresh(call) : status;
}

/* The collection is there; call->view shows how. */
static int32_t extend_there(struct call *call, const struct schema *want)
{
    const struct schema *to = NULL;
    int32_t status = refuse_differences(call, call->view->schema->ov, want->ov);

    if (status == OV_OK)
        status = schema_extend(call->view->schema, want, 0, &to, call->err);
    if (status == OV_OK && to != NULL)
        status = plan_served_schema(call, to);
    if (status == OV_OK && to != NULL)
        status = collection_alter(call, to);
    schema_unref(to);
    return status == OV_OK ? put_indexes(call, want->ov) : status;
}

static int32_t forward_create(struct call *call, void *ctx)
{
    const struct schema *want = ctx;

    return call->store->backend->collection_create(call->store->session, &call->ov,
                                                   want->ov, call->err);
}

static int32_t make_new(struct call *call, const struct schema *want)
{
    int32_t status = plan_served_schema(call, want);
    uint32_t i;

    for (i = 0; status == OV_OK && i < want->ov->n_indexes; i++)
        status = plan_served_index(call, want->ov->indexes[i]);
    if (status == OV_OK)
        status = call_change(call, forward_create, (void *)want);
    if (status == OV_OK)
        ov_say(&call->ov, OV_NOTE_ACTION, "collection", NULL, "created collection '%.*s'",
               CALL_TEXT(want->ov->name));
    return status;
}

/* Look, make, and look again when somebody else was faster. A name that is taken and not
 * found either is no such race: the provider has said what is there, and would say it,
 * statements and all, once for each further attempt. */
static int32_t create(struct call *call, struct create_task *task)
{
    struct ov_error taken = OV_ERROR_INIT;
    int attempt;
    int32_t status = OV_OK;

    for (attempt = 0; attempt < 3; attempt++) {
        ov_error_reset(call->err);
        view_unref(call->view);
        call->view = NULL;
        status = call_open_table(call, task->name, &call->view);
        if (status == OV_OK)
            status = extend_there(call, task->want);
        if (status == OV_STALE)
            continue;
        if (status != OV_NOT_FOUND)
            return status;
        if (taken.code == OV_EXISTS) {
            *call->err = taken;
            return OV_EXISTS;
        }
        ov_error_reset(call->err);
        status = make_new(call, task->want);
        task->created = status == OV_OK;
        if (status != OV_EXISTS)
            return status;
        taken = *call->err;
    }
    return status;
}

/* ------------------------------------------------------------------ saying */

static int32_t forward_plan(struct call *call, void *ctx)
{
    const struct ov_str *bytes = ctx;

    return call->store->backend->act(call->store->session, &call->ov, ov_str_of("plan"),
                                     bytes, 1, call->err);
}

static int32_t say_plan(struct call *call, const struct ov_schema *schema)
{
    struct ov_str word;
    void *bytes;
    size_t n;
    int32_t status = ov_schema_encode(schema, &bytes, &n, call->err);

    if (status != OV_OK)
        return status;
    word = (struct ov_str){ bytes, n };
    status = call_forward(call, forward_plan, &word);
    free(bytes);
    return status;
}

/* have, with the indexes of want that it lacks. */
static int32_t say_extended(struct call *call, const struct ov_schema *have,
                            const struct ov_schema *want)
{
    struct ov_schema all = *have;
    const struct ov_index **indexes;
    size_t most = (size_t)have->n_indexes + want->n_indexes + 1;
    uint32_t i;

    if (call_arena(call) == NULL)
        return OV_NO_SPACE;
    indexes = ov_arena_take(call->arena, most * sizeof(*indexes));
    if (indexes == NULL)
        return ov_no_memory(call->err);
    for (i = 0; i < have->n_indexes; i++)
        indexes[i] = have->indexes[i];
    for (i = 0; i < want->n_indexes; i++) {
        if (ov_schema_index(have, want->indexes[i]->name) != NULL)
            continue;
        indexes[all.n_indexes] = translate_index(call, have, want, want->indexes[i]);
        if (indexes[all.n_indexes++] == NULL)
            return ov_no_memory(call->err);
    }
    all.indexes = indexes;
    return say_plan(call, &all);
}

/* What create would come to, as the provider's action "plan" says it. */
static int32_t plan_create(struct call *call, const struct create_task *task)
{
    const struct schema *to = NULL;
    int32_t status = call_open_table(call, task->name, &call->view);

    if (status == OV_NOT_FOUND || status == OV_DENIED) {
        ov_error_reset(call->err);
        return say_plan(call, task->want->ov);
    }
    if (status == OV_OK)
        status = refuse_differences(call, call->view->schema->ov, task->want->ov);
    if (status == OV_OK)
        status = schema_extend(call->view->schema, task->want, 0, &to, call->err);
    if (status == OV_OK)
        status = say_extended(call, to != NULL ? to->ov : call->view->schema->ov,
                              task->want->ov);
    schema_unref(to);
    return status;
}

int32_t ov_store_create(struct ov_store *store, const struct ov_collection_spec *spec,
                        int *created, const struct ov_call_options *options,
                        struct ov_error *err)
{
    struct create_task task = { .name = ov_str_of(spec->name) };
    struct call call;
    int32_t status = call_enter_store(&call, store, OP_CREATE, options, err);

    if (status != OV_OK)
        return status;
    status = schema_of_meta(spec->name, spec->meta, spec->indexes, &store->settings,
                            &task.want, call.err);
    if (status == OV_OK)
        status = call.plan ? plan_create(&call, &task) : create(&call, &task);
    schema_unref(task.want);
    if (status == OV_OK && created != NULL)
        *created = task.created;
    return call_leave(&call, status);
}
