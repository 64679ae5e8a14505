/* SPDX-License-Identifier: Apache-2.0 */
/* count.c - how many, how many of each, and what a filter means. */
#include "answered.h"
#include "narrow.h"

#include <ov/sdk.h>

#include <string.h>

struct count_task {
    const struct ov_doc *doc;
    const char *field; /* of groups, or NULL */
    uint32_t type;     /* of its values */
    struct ov_arena *arena;
    struct ov_count request;
    struct filter filter;
    uint64_t total;              /* out */
    struct ov_result groups;     /* until they are read */
    const struct ov_doc *answer; /* out */
};

static int32_t forward_count(struct call *call, void *ctx)
{
    struct count_task *task = ctx;
    struct ov_result *groups = task->field == NULL ? NULL : &task->groups;

    task->total = ANSWERED_NOTHING;
    if (groups != NULL) {
        memset(groups, 0, sizeof(*groups));
        groups->size = sizeof(*groups);
    }
    return call->store->backend->count(call->view->handle->table, &call->ov,
                                       &task->request, &task->total, groups, call->err);
}

static int32_t ask(struct call *call, struct count_task *task)
{
    int32_t status = narrow(call, task->doc, &task->filter);

    if (status != OV_OK)
        return status;
    task->request.size = sizeof(task->request);
    task->request.filter = narrow_given(&task->filter);
    if (task->filter.kind == FILTER_NONE) {
        task->total = 0;
        narrow_say_empty(call);
        return OV_OK;
    }
    status = call_forward(call, forward_count, task);
    if (status != OV_OK)
        return status;
    if (task->field == NULL)
        return answered_number(call, &task->total, INT64_MAX);
    return answered_groups(call, &task->groups.rows, task->type);
}

static int32_t run_count(struct call *call, void *ctx)
{
    struct count_task *task = ctx;

    task->request.group = OV_NONE;
    return ask(call, task);
}

int32_t ov_collection_count(struct ov_collection *collection, const struct ov_doc *filter,
                            uint64_t *count, const struct ov_call_options *options,
                            struct ov_error *err)
{
    struct count_task task;
    struct call call;
    int32_t status = call_enter(&call, collection, OP_COUNT, options, err);

    if (status != OV_OK)
        return status;
    task.doc = filter;
    task.field = NULL;
    status = call_run(&call, run_count, &task);
    if (status == OV_OK)
        *count = task.total;
    return call_leave(&call, status);
}

/* ------------------------------------------------------------------- groups */

/* The name of a group: the text of its value, as OpenViking's engine keys it. */
static struct ov_str group_name(struct ov_arena *arena, const struct ov_cell *value)
{
    char number[OV_NUMBER_TEXT];
    struct ov_str text = { number, 0 };

    switch (value->type) {
    case OV_TEXT:
        text.p = value->u.text;
        text.n = value->n;
        break;
    case OV_FLOAT64:
        text.n = ov_double_print(value->u.f, number);
        break;
    case OV_TIME:
        text.n = ov_int_print(value->u.i / 1000, number);
        break;
    case OV_BOOL:
    case OV_INT64:
        text.n = ov_int_print(value->u.i, number);
        break;
    default:
        break;
    }
    return ov_arena_text(arena, text);
}

/* A provider answers each value once, so the names differ and no search for doubles is
 * needed, which would take the square of their number. */
static int32_t read_groups(struct call *call, struct count_task *task)
{
    const struct ArrowArray *rows = &task->groups.rows;
    size_t i, n = rows->release == NULL ? 0 : (size_t)rows->length;
    struct ov_member *members = ov_arena_take(task->arena, (n + 1) * sizeof(*members));
    struct ov_doc *object = ov_doc_object(task->arena);

    if (members == NULL || object == NULL)
        return ov_no_memory(call->err);
    for (i = 0; i < n; i++) {
        struct ov_cell value, count;

        ov_array_cell(rows, 0, (int64_t)i, task->type, 0, &value);
        ov_array_cell(rows, 1, (int64_t)i, OV_INT64, 0, &count);
        members[i].name = group_name(task->arena, &value);
        members[i].value = ov_doc_int(task->arena, count.u.i);
        if (members[i].name.p == NULL || members[i].value == NULL)
            return ov_no_memory(call->err);
    }
    object->n = n;
    object->u.members = members;
    task->answer = object;
    call->rows = n;
    return OV_OK;
}

static int32_t run_groups(struct call *call, void *ctx)
{
    struct count_task *task = ctx;
    const struct field *field;
    int32_t status = narrow_field(call, task->field, &field);

    if (status != OV_OK)
        return status;
    task->type = ov_element_type(call->view->schema->ov->fields[field->ordinal]->type);
    if (task->type < OV_BOOL || task->type > OV_TEXT)
        return ov_fail(call->err, OV_INVALID, "records are not grouped by '%s'",
                       task->field);
    task->request.group = field->ordinal;
    memset(&task->groups, 0, sizeof(task->groups));
    status = ask(call, task);
    if (status == OV_OK)
        status = read_groups(call, task);
    if (task->groups.rows.release != NULL)
        task->groups.rows.release(&task->groups.rows);
    return status;
}

int32_t ov_collection_groups(struct ov_collection *collection,
                             const struct ov_grouping *grouping, struct ov_arena *arena,
                             const struct ov_doc **out,
                             const struct ov_call_options *options, struct ov_error *err)
{
    struct count_task task = { .doc = grouping->filter,
                               .field = grouping->field,
                               .arena = arena };
    struct call call;
    int32_t status = call_enter(&call, collection, OP_GROUPS, options, err);

    if (status != OV_OK)
        return status;
    status = call_run(&call, run_groups, &task);
    if (status == OV_OK)
        *out = task.answer;
    return call_leave(&call, status);
}

/* ------------------------------------------------------------------ explain */

static int32_t run_explain(struct call *call, void *ctx)
{
    struct count_task *task = ctx;
    int32_t status = narrow(call, task->doc, &task->filter);

    if (status != OV_OK)
        return status;
    return filter_show(call->view->schema, &task->filter, task->arena, &task->answer,
                       call->err);
}

int32_t ov_collection_explain(struct ov_collection *collection,
                              const struct ov_doc *filter, struct ov_arena *arena,
                              const struct ov_doc **out, struct ov_error *err)
{
    struct count_task task = { .doc = filter, .arena = arena };
    struct call call;
    int32_t status = call_enter(&call, collection, OP_DESCRIBE, NULL, err);

    if (status != OV_OK)
        return status;
    status = call_run(&call, run_explain, &task);
    if (status == OV_OK)
        *out = task.answer;
    return call_leave(&call, status);
}
