/* SPDX-License-Identifier: Apache-2.0 */
/* init.c - schema, table and index, or what of them is missing; says what was done. */
#include "ctl.h"

#include "progress.h"

#include <stdlib.h>
#include <string.h>

/* OpenViking's collection meta, from a file. */
static int32_t read_schema(struct ctl *ctl, const struct ov_doc **out)
{
    struct ov_str text;
    struct ov_doc *doc;
    char place[sizeof(ctl->err.where)];
    int32_t status = read_file(ctl, ctl->args.schema, &text);

    if (status != OV_OK)
        return status;
    status = ov_doc_parse(ctl->arena, text, &doc, &ctl->err);
    if (status != OV_OK) {
        snprintf(place, sizeof(place), "%.60s%s%.30s", ctl->args.schema,
                 ctl->err.where[0] != '\0' ? ": " : "", ctl->err.where);
        memcpy(ctl->err.where, place, sizeof(place));
        return status;
    }
    *out = doc;
    return OV_OK;
}

/* -1 when the answer has been given. */
static int choose_meta(struct ctl *ctl, const struct ov_doc **out, int *status)
{
    int64_t dim = ctl->settings.dimension;

    if (ctl->args.schema != NULL) {
        if (read_schema(ctl, out) == OV_OK)
            return 0;
        *status = fail(ctl);
        return -1;
    }
    if (ctl->args.dim != NULL && read_number(ctl, "--dim", ctl->args.dim, &dim) != 0) {
        *status = 2;
        return -1;
    }
    if (ctl->args.dim == NULL && dim == 0) {
        *status = usage(ctl, "'init' wants --dim or --schema: '%.64s' has no 'dimension'",
                        ctl->file);
        return -1;
    }
    if (dim < 1 || dim > UINT32_MAX) {
        *status = fail_with(ctl, OV_INVALID, "--dim",
                            "a dimension of %lld is out of range", (long long)dim);
        return -1;
    }
    *out = need(ov_context_meta(ctl->arena, (uint32_t)dim));
    return 0;
}

/* The index that --distance and --sparse-weight ask for; the rest as the INI says. */
static int choose_index(struct ctl *ctl, const struct ov_doc *meta,
                        const struct ov_doc **out, int *status)
{
    static const char *const metrics[] = { "", "cosine", "ip", "l2" };
    const struct ov_doc *scalars = ov_doc_get(meta, "ScalarIndex");
    struct ov_doc *list, *index, *vector;
    double weight = ctl->settings.sparse_weight;
    const char *text = ctl->args.sparse_weight;

    *out = NULL;
    if (ctl->args.distance == NULL && text == NULL)
        return 0;
    if (text != NULL && ov_double_parse(ov_str_of(text), &weight) != OV_OK) {
        *status = usage(ctl, "'--sparse-weight' wants a number, not '%.64s'", text);
        return -1;
    }
    if (weight < 0) {
        *status = fail_with(ctl, OV_INVALID, "--sparse-weight",
                            "a sparse weight of '%.64s' is below 0", text);
        return -1;
    }
    list = make_list(ctl);
    index = make_object(ctl);
    vector = make_object(ctl);
    set_text(ctl, vector, "IndexType", weight > 0 ? "flat_hybrid" : "flat");
    set_text(ctl, vector, "Distance",
             ctl->args.distance != NULL ? ctl->args.distance
                                        : metrics[ctl->settings.metric & 3]);
    if (weight > 0) {
        set_bool(ctl, vector, "EnableSparse", 1);
        set_real(ctl, vector, "SearchWithSparseLogitAlpha", weight);
    }
    set_text(ctl, index, "IndexName", ctl->settings.index_name);
    set(ctl, index, "VectorIndex", vector);
    if (scalars != NULL)
        set(ctl, index, "ScalarIndex", scalars);
    append(ctl, list, index);
    *out = list;
    return 0;
}

static int answer_init(struct ctl *ctl, int created)
{
    struct ov_doc *answer = make_object(ctl), *actions = make_list(ctl);

    for (const struct note *note = ctl->notes; note != NULL; note = note->next)
        if (note->kind == OV_NOTE_ACTION)
            append(ctl, actions, make_text(ctl, note->text));
    if (ctl->args.json) {
        set_text(ctl, answer, "collection", ctl->settings.table);
        set_bool(ctl, answer, "created", created);
        set(ctl, answer, "actions", actions);
        return done(ctl, answer);
    }
    progress_end();
    for (uint64_t i = 0; i < actions->n; i++)
        puts(actions->u.items[i]->u.text);
    if (created)
        printf("collection '%s' is ready\n", plain(ctl, ctl->settings.table));
    else
        printf("collection '%s' was there%s\n", plain(ctl, ctl->settings.table),
               actions->n == 0 ? ", nothing was missing" : "");
    return EXIT_SUCCESS;
}

/* The file for an administrator, and nothing else, so that it can be piped on. */
static int answer_plan(struct ctl *ctl)
{
    struct ov_doc *answer = make_object(ctl), *statements = make_list(ctl);

    for (const struct note *note = ctl->notes; note != NULL; note = note->next)
        if (note->kind == OV_NOTE_STATEMENT)
            append(ctl, statements, make_text(ctl, note->text));
    if (ctl->args.json) {
        set_text(ctl, answer, "collection", ctl->settings.table);
        set(ctl, answer, "statements", statements);
        return done(ctl, answer);
    }
    progress_end();
    for (uint64_t i = 0; i < statements->n; i++)
        puts(statements->u.items[i]->u.text);
    if (statements->n == 0)
        puts("-- nothing is missing");
    return EXIT_SUCCESS;
}

/* What was made once and is gone since. The catalogue may well say that nothing lacks. */
static int32_t repair(struct ctl *ctl)
{
    const char *words[] = { ctl->settings.table };
    int32_t status;

    if (!has_action(ov_store_description(ctl->store)->actions, "repair"))
        return OV_OK;
    status = ov_store_act(ctl->store, "repair", words, 1, &ctl->options, &ctl->err);
    if (status != OV_NOT_FOUND)
        return status;
    ov_error_reset(&ctl->err);
    return OV_OK;
}

int run_init(struct ctl *ctl)
{
    const struct ov_doc *meta, *indexes;
    int created = 0, status = EXIT_FAILURE;

    if (open_config(ctl) != OV_OK)
        return fail(ctl);
    if (choose_meta(ctl, &meta, &status) != 0 ||
        choose_index(ctl, meta, &indexes, &status) != 0)
        return status;
    if (open_host(ctl) != OV_OK || attach_store(ctl) != OV_OK)
        return fail(ctl);
    /* Indexes take the time that they take; Ctrl-C ends it. */
    ctl->options.timeout_ns = -1;
    if (ctl->args.dry_run)
        ctl->options.flags |= OV_CALL_EXPLAIN;
    else if (repair(ctl) != OV_OK)
        return fail(ctl);
    if (ov_store_create(
            ctl->store,
            &(struct ov_collection_spec){ .size = sizeof(struct ov_collection_spec),
                                          .name = ctl->settings.table,
                                          .meta = meta,
                                          .indexes = indexes },
            &created, &ctl->options, &ctl->err) != OV_OK)
        return fail(ctl);
    return ctl->args.dry_run ? answer_plan(ctl) : answer_init(ctl, created);
}
