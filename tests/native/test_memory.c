/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_memory.c - every allocation of every operation fails once.
 *
 * An operation that fails says OV_NO_SPACE and has changed nothing; SQLite survives some
 * failures on its own, and then the operation has done its work.
 */
#include "fault.h"
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ov_session *session;
static struct ov_table *table;

static const struct record base[] = {
    { .id = "a",
      .n = 1,
      .tags = "red",
      .v = { 1, 0, 0, 0 },
      .sp = "cat:1",
      .w = "one dog" },
    { .id = "b", .n = 2, .s = "x", .v = { 0, 1, 0, 0 }, .w = "two dogs" },
};
static const struct record more[] = {
    { .id = "b", .n = 20, .v = { 0, 0, 1, 0 }, .w = "another dog" },
    { .id = "c", .n = 3, .tags = "x,y", .v = { 0, 1, 1, 0 }, .sp = "dog:1", .w = "dog" },
};

static void open_it(void)
{
    session = open_fresh("store");
    table = open_table(session, "c");
    ck_ok(put(table, base, 2));
}

static void close_it(void)
{
    close_all(session, table);
}

/* What can be seen of the store, in one line. */
static const char *state(void)
{
    static char text[512];

    snprintf(text, sizeof(text), "%s|%d|%d", scan_ids(table, F_N, 0, NULL),
             (int)count_where(table, where_int(F_N, 2)),
             (int)count_where(table, where_text(F_TAGS, "y")));
    return text;
}

static struct ov_batch *batch, *keys;
static const struct ov_batch *batches[1];
static uint64_t number;

static int32_t do_upsert(void)
{
    return native->upsert(table, &call, batches, 1, &err);
}

static int32_t do_update(void)
{
    return native->update(table, &call, batches, 1, &err);
}

static int32_t do_remove(void)
{
    return native->remove(table, &call, keys, &number, &err);
}

static int32_t do_remove_where(void)
{
    return native->remove_where(table, &call, where_range(F_N, 0, 100), &number, &err);
}

static int32_t do_truncate(void)
{
    return native->truncate(table, &call, &err);
}

static int32_t do_alter(void)
{
    struct ov_schema with = *rig_schema("c");
    const struct ov_field *fields[N_FIELDS + 1];
    struct ov_field text = { sizeof(text),      OV_TEXT,
                             OV_FIELD_FULLTEXT, 0,
                             { "m", 1 },        { .type = OV_TEXT } };

    memcpy(fields, with.fields, N_FIELDS * sizeof(*fields));
    fields[N_FIELDS] = &text;
    with.fields = fields;
    with.n_fields = N_FIELDS + 1;
    return native->collection_alter(table, &call, &with, &err);
}

static int32_t do_index(void)
{
    struct ov_index index = *rig_schema("c")->indexes[0];

    index.name = ov_str_of("new");
    return native->index_put(table, &call, &index, &err);
}

static int32_t do_create(void)
{
    return native->collection_create(session, &call, rig_schema("new"), &err);
}

static int32_t do_open(void)
{
    struct ov_table *other = NULL;
    int32_t status =
        native->collection_open(session, &call, ov_str_of("second"), &other, &err);

    if (status == OV_OK)
        native->collection_close(other);
    else
        ck_assert_ptr_null(other);
    return status;
}

static int32_t do_session(void)
{
    static char path[512];
    struct ov_scalar settings[2] = { { .type = OV_TEXT }, { .type = OV_NULL } };
    struct ov_session *other = NULL;
    int32_t status;

    snprintf(path, sizeof(path), "%s", temp_path("elsewhere"));
    settings[0].u.s = ov_str_of(path);
    status = native->open(2, settings, &call, &other, &err);
    if (status == OV_OK)
        native->close(other);
    else
        ck_assert_ptr_null(other);
    return status;
}

static const uint32_t all_fields[] = { F_N, F_TAGS, F_V, F_SP, F_G };

static int32_t release(int32_t status, struct ov_result *result)
{
    if (status == OV_OK)
        result->rows.release(&result->rows);
    else
        ck_assert(result->rows.release == NULL);
    return status;
}

static int32_t do_fetch(void)
{
    struct ov_fetch request = { sizeof(request), 5, all_fields, keys };
    struct ov_result result = { .size = sizeof(result) };

    return release(native->fetch(table, &call, &request, &result, &err), &result);
}

static int32_t do_scan(void)
{
    struct ov_scan request = { .size = sizeof(request),
                               .order = F_N,
                               .n_fields = 5,
                               .fields = all_fields,
                               .filter = where_text(F_TAGS, "red"),
                               .limit = 10 };
    struct ov_result result = { .size = sizeof(result) };

    return release(native->scan(table, &call, &request, &result, &err), &result);
}

static int32_t do_count(void)
{
    struct ov_count request = { sizeof(request), F_TAGS, where_range(F_N, 0, 100) };
    struct ov_result result = { .size = sizeof(result) };

    return release(native->count(table, &call, &request, &number, &result, &err),
                   &result);
}

static int32_t do_search(void)
{
    static const float query[] = { 1, 2, 3, 4 };
    static const struct ov_str terms[] = { { "cat", 3 } };
    static const float weights[] = { 1 };
    const struct ov_sparse sparse = { 1, terms, weights };
    struct ov_search request = { .size = sizeof(request),
                                 .index = { "cos", 3 },
                                 .n_queries = 1,
                                 .dim = 4,
                                 .dense = query,
                                 .sparse = &sparse,
                                 .filter = where_range(F_N, 0, 100),
                                 .limit = 10,
                                 .n_fields = 5,
                                 .fields = all_fields };
    struct ov_result result = { .size = sizeof(result) };

    return release(native->search(table, &call, &request, &result, &err), &result);
}

static int32_t do_words(void)
{
    static const struct ov_str text = { "one dog", 7 };
    struct ov_search request = {
        .size = sizeof(request), .n_queries = 1, .text = &text, .limit = 10
    };
    struct ov_result result = { .size = sizeof(result) };

    return release(native->search(table, &call, &request, &result, &err), &result);
}

static const struct {
    const char *name;
    int32_t (*run)(void);
    int again; /* may it be run on its own result? */
} operations[] = {
    { "upsert", do_upsert, 0 },     { "update", do_update, 0 },
    { "remove", do_remove, 0 },     { "remove_where", do_remove_where, 0 },
    { "truncate", do_truncate, 0 }, { "alter", do_alter, 0 },
    { "index_put", do_index, 0 },   { "create", do_create, 0 },
    { "open", do_open, 1 },         { "session", do_session, 1 },
    { "fetch", do_fetch, 1 },       { "scan", do_scan, 1 },
    { "count", do_count, 1 },       { "search", do_search, 1 },
    { "words", do_words, 1 },
};

static void prepare(int32_t (*run)(void))
{
    static const char *const ids[] = { "a", "b" };
    static const uint32_t some[] = { F_ID, F_N, F_W, F_TAGS };

    batch = run == do_update ? make_batch(base, 2, some, 4)
                             : make_batch(more, 2, NULL, N_FIELDS);
    keys = make_keys(ids, 2);
    batches[0] = batch;
}

START_TEST(each_allocation_may_fail)
{
    char before[512];
    size_t n;
    int32_t status = OV_OK;
    int happened = 1, done = 0;

    ck_ok(native->collection_create(session, &call, rig_schema("second"), &err));
    prepare(operations[_i].run);
    for (n = 0; happened && !done; n++) {
        strcpy(before, state());
        number = 4711;
        ov_error_reset(&err);
        fault_arm(n);
        status = operations[_i].run();
        happened = fault_disarm();
        ck_assert_msg(status == OV_OK || status == OV_NO_SPACE,
                      "%s, allocation %d: %s: %s", operations[_i].name, (int)n,
                      ov_status_name(status), err.message);
        if (status != OV_OK) {
            ck_assert_uint_eq(number, 4711);
            ck_assert_str_eq(state(), before);
        }
        done = status == OV_OK && !operations[_i].again;
    }

    ck_assert_int_eq(status, OV_OK);
    ck_assert_int_gt((int)n, 3);
    close_it();
    session = open_store(temp_path("store"));
    table = open_table(session, "c");
    strcpy(before, state());
    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
    free_batch(batch);
    free_batch(keys);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native memory");
    TCase *faults = tcase_create("faults");

    tcase_add_checked_fixture(faults, open_it, close_it);
    tcase_add_loop_test(faults, each_allocation_may_fail, 0,
                        (int)(sizeof(operations) / sizeof(operations[0])));
    suite_add_tcase(s, faults);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
