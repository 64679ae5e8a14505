/* SPDX-License-Identifier: Apache-2.0 */
/* records.c - get, delete, count: records by their key or by a filter. */
#include "ctl.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------- get */

static void print_record(struct ctl *ctl, const struct ov_doc *record)
{
    for (uint64_t i = 0; i < record->n; i++) {
        const struct ov_member *member = &record->u.members[i];

        printf("%s: %s\n", plain(ctl, ov_arena_text(ctl->arena, member->name).p),
               plain(ctl, show(ctl, member->value)));
    }
}

static int answer_get(struct ctl *ctl, const struct ov_page *page)
{
    struct ov_doc *answer = make_object(ctl), *records = make_list(ctl);
    struct ov_doc *missing = make_list(ctl);

    for (int64_t row = 0; row < page->rows; row++)
        if (ov_page_found(page, row))
            append(ctl, records, need(ov_page_record(page, row, ctl->arena)));
        else
            append(ctl, missing, make_text(ctl, ctl->args.words[row]));
    if (ctl->args.json) {
        set(ctl, answer, "records", records);
        set(ctl, answer, "missing", missing);
        if (done(ctl, answer) != EXIT_SUCCESS)
            return EXIT_FAILURE;
        return missing->n == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    for (uint64_t i = 0; i < records->n; i++) {
        if (i > 0)
            putchar('\n');
        print_record(ctl, records->u.items[i]);
    }
    fflush(stdout);
    for (uint64_t i = 0; i < missing->n; i++)
        fprintf(stderr, "ovctl: there is no record '%s'\n",
                plain(ctl, missing->u.items[i]->u.text));
    return missing->n == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_get(struct ctl *ctl)
{
    struct ov_page page = OV_PAGE_INIT;
    struct ov_projection fields;
    const struct ov_doc *keys;
    int status;

    if (open_collection(ctl) != OV_OK || read_fields(ctl, FIELDS_ALL, &fields) != OV_OK ||
        read_keys(ctl, ctl->args.words, ctl->args.n_words, &keys) != OV_OK ||
        ov_collection_fetch(ctl->collection, keys, &fields, &ctl->options, &page,
                            &ctl->err) != OV_OK)
        return fail(ctl);
    status = answer_get(ctl, &page);
    ov_page_clear(&page);
    return status;
}

/* ---------------------------------------------------------------------- delete */

int run_delete(struct ctl *ctl)
{
    const struct ov_doc *filter, *keys;
    struct ov_doc *answer;
    uint64_t removed = 0;
    int32_t status;

    if (read_filter(ctl, &filter) != OV_OK || open_collection(ctl) != OV_OK ||
        check_filter(ctl, filter) != OV_OK)
        return fail(ctl);
    if (ctl->args.filter != NULL) {
        status = ov_collection_remove_where(ctl->collection, filter, &removed,
                                            &ctl->options, &ctl->err);
    } else {
        status = read_keys(ctl, ctl->args.words, ctl->args.n_words, &keys);
        if (status == OV_OK)
            status = ov_collection_remove(ctl->collection, keys, &removed, &ctl->options,
                                          &ctl->err);
    }
    if (status != OV_OK)
        return fail(ctl);
    if (!ctl->args.json) {
        printf("deleted %llu record%s\n", (unsigned long long)removed,
               removed == 1 ? "" : "s");
        return EXIT_SUCCESS;
    }
    answer = make_object(ctl);
    set_int(ctl, answer, "deleted", (int64_t)removed);
    return done(ctl, answer);
}

/* ----------------------------------------------------------------------- count */

static int answer_groups(struct ctl *ctl, const struct ov_doc *groups)
{
    struct ov_doc *answer = make_object(ctl);
    struct table *table;

    if (ctl->args.json) {
        set(ctl, answer, "groups", groups);
        return done(ctl, answer);
    }
    table = table_new(ctl->arena, 2);
    table_head(table, 0, ctl->args.group_by, 0);
    table_head(table, 1, "count", 1);
    for (uint64_t i = 0; i < groups->n; i++) {
        struct ov_doc *name = need(ov_doc_text(ctl->arena, groups->u.members[i].name));

        table_add(table, show(ctl, name));
        table_add(table, show(ctl, groups->u.members[i].value));
    }
    table_print(table, stdout, ctl->terminal, ctl->colour);
    return EXIT_SUCCESS;
}

int run_count(struct ctl *ctl)
{
    const struct ov_doc *filter, *groups;
    struct ov_doc *answer;
    uint64_t count = 0;

    if (read_filter(ctl, &filter) != OV_OK || open_collection(ctl) != OV_OK ||
        check_filter(ctl, filter) != OV_OK)
        return fail(ctl);
    if (ctl->args.group_by != NULL) {
        if (ov_collection_groups(
                ctl->collection,
                &(struct ov_grouping){ .size = sizeof(struct ov_grouping),
                                       .field = ctl->args.group_by,
                                       .filter = filter },
                ctl->arena, &groups, &ctl->options, &ctl->err) != OV_OK)
            return fail(ctl);
        return answer_groups(ctl, groups);
    }
    if (ov_collection_count(ctl->collection, filter, &count, &ctl->options, &ctl->err) !=
        OV_OK)
        return fail(ctl);
    if (!ctl->args.json) {
        printf("%llu\n", (unsigned long long)count);
        return EXIT_SUCCESS;
    }
    answer = make_object(ctl);
    set_int(ctl, answer, "count", (int64_t)count);
    return done(ctl, answer);
}
