/* SPDX-License-Identifier: Apache-2.0 */
/* search.c - search, scan and explain: hits as a table, the way to them as a list. */
#include "query.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct ov_doc *key_of(struct ctl *ctl, const struct ov_page *page,
                                   int64_t row)
{
    struct ov_cell cell;
    struct ov_str text;

    ov_page_key(page, row, &cell);
    if (cell.type == OV_INT64)
        return need(ov_doc_int(ctl->arena, cell.u.i));
    text.p = cell.u.text;
    text.n = cell.type == OV_TEXT ? cell.n : 0;
    return need(ov_doc_text(ctl->arena, text));
}

static struct ov_doc *list_hits(struct ctl *ctl, const struct ov_page *page)
{
    struct ov_doc *hits = make_list(ctl);

    for (int64_t row = 0; row < page->rows; row++) {
        struct ov_doc *hit = make_object(ctl);

        set(ctl, hit, "id", key_of(ctl, page, row));
        set_real(ctl, hit, "score", ov_page_score(page, row));
        set(ctl, hit, "fields", need(ov_page_record(page, row, ctl->arena)));
        append(ctl, hits, hit);
    }
    return hits;
}

/* ----------------------------------------------------------------------- table */

static int is_empty(const struct ov_doc *value)
{
    if (value == NULL || value->kind == OV_DOC_NULL)
        return 1;
    if (value->kind == OV_DOC_BOOL || value->kind == OV_DOC_INT ||
        value->kind == OV_DOC_REAL)
        return 0;
    return value->n == 0;
}

static const struct ov_doc *field_of(const struct ov_doc *hit, const char *name)
{
    return ov_doc_get(ov_doc_get(hit, "fields"), name);
}

/* Columns that nobody asked for and that say nothing, or say the key again, are left
 * out. */
static int is_shown(const struct ctl *ctl, const struct ov_doc *hits, const char *name)
{
    int differs = 0;

    if (ctl->args.fields != NULL)
        return 1;
    for (uint64_t i = 0; i < hits->n; i++) {
        const struct ov_doc *value = field_of(hits->u.items[i], name);

        differs |=
            !is_empty(value) && !ov_doc_equal(value, ov_doc_get(hits->u.items[i], "id"));
    }
    return differs;
}

static int is_number(const struct ov_doc *value)
{
    return value != NULL && (value->kind == OV_DOC_INT || value->kind == OV_DOC_REAL);
}

static const char *show_score(struct ctl *ctl, const struct ov_doc *score)
{
    char *text = need(ov_arena_take(ctl->arena, OV_NUMBER_TEXT + 1));
    uint64_t n;

    if (score == NULL || score->kind != OV_DOC_REAL)
        return "";
    /* For eyes: as many digits as a float32 has. */
    n = ov_float_print((float)score->u.f, text);
    text[n] = '\0';
    return text;
}

/* The score of a scan is the field that it is ordered by. */
static void print_hits(struct ctl *ctl, const struct ov_doc *hits,
                       const struct ov_page *page)
{
    const uint32_t n_own = ctl->args.command == COMMAND_SCAN ? 1 : 2;
    uint32_t n = ov_page_columns(page), n_shown = 0;
    const char **names = need(ov_arena_take(ctl->arena, (n + 1) * sizeof(*names)));
    struct table *table;

    for (uint32_t i = 0; i < n; i++)
        if (is_shown(ctl, hits, ov_page_column(page, i)))
            names[n_shown++] = ov_page_column(page, i);
    table = table_new(ctl->arena, n_shown + n_own);
    table_head(table, n_own - 1, "score", 1);
    table_head(table, 0, "id", 0);
    for (uint32_t i = 0; i < n_shown; i++)
        table_head(table, i + n_own, names[i],
                   hits->n > 0 && is_number(field_of(hits->u.items[0], names[i])));
    for (uint64_t row = 0; row < hits->n; row++) {
        const struct ov_doc *hit = hits->u.items[row];

        table_add(table, show(ctl, ov_doc_get(hit, "id")));
        if (n_own == 2)
            table_add(table, show_score(ctl, ov_doc_get(hit, "score")));
        for (uint32_t i = 0; i < n_shown; i++)
            table_add(table, is_empty(field_of(hit, names[i]))
                                 ? ""
                                 : show(ctl, field_of(hit, names[i])));
    }
    table_print(table, stdout, ctl->terminal, ctl->colour);
}

static int ask(struct ctl *ctl, enum command command)
{
    struct ov_page page = OV_PAGE_INIT;
    struct question question;
    struct ov_doc *answer, *hits;
    int status;

    if (question_read(ctl, command, &question, &status) != 0)
        return status;
    if (question_ask(ctl, command, &question, &page) != OV_OK)
        return fail(ctl);
    hits = list_hits(ctl, &page);
    if (ctl->args.json) {
        answer = make_object(ctl);
        set(ctl, answer, "hits", hits);
        status = done(ctl, answer);
    } else {
        status = EXIT_SUCCESS;
        if (hits->n == 0)
            puts("nothing was found");
        else
            print_hits(ctl, hits, &page);
    }
    ov_page_clear(&page);
    return status;
}

int run_search(struct ctl *ctl)
{
    return ask(ctl, COMMAND_SEARCH);
}

int run_scan(struct ctl *ctl)
{
    return ask(ctl, COMMAND_SCAN);
}

/* --------------------------------------------------------------------- explain */

static int answer_explain(struct ctl *ctl, const struct ov_doc *filter)
{
    struct ov_doc *answer = make_object(ctl), *notes = make_list(ctl);

    for (const struct note *note = ctl->notes; note != NULL; note = note->next) {
        struct ov_doc *one = make_object(ctl);

        if (note->kind != OV_NOTE_PLAN)
            continue;
        set_text(ctl, one, "name", note->name);
        set_text(ctl, one, "text", note->text);
        append(ctl, notes, one);
    }
    if (ctl->args.json) {
        set(ctl, answer, "filter", filter);
        set(ctl, answer, "notes", notes);
        return done(ctl, answer);
    }
    if (filter->kind != OV_DOC_NULL)
        printf("filter: %s\n", plain(ctl, show(ctl, filter)));
    for (const struct note *note = ctl->notes; note != NULL; note = note->next)
        if (note->kind == OV_NOTE_PLAN)
            printf("%s: %s\n", note->name, note->text);
    return EXIT_SUCCESS;
}

int run_explain(struct ctl *ctl)
{
    struct ov_page page = OV_PAGE_INIT;
    const struct ov_doc *filter = need(ov_doc_null(ctl->arena));
    struct question question;
    int status;

    if (question_read(ctl, ctl->args.explained, &question, &status) != 0)
        return status;
    if (question.filter != NULL &&
        ov_collection_explain(ctl->collection, question.filter, ctl->arena, &filter,
                              &ctl->err) != OV_OK)
        return fail(ctl);
    if (ctl->args.explained == COMMAND_NONE)
        return answer_explain(ctl, filter);
    ctl->options.flags |= OV_CALL_EXPLAIN;
    if (question_ask(ctl, ctl->args.explained, &question, &page) != OV_OK)
        return fail(ctl);
    ov_page_clear(&page);
    return answer_explain(ctl, filter);
}
