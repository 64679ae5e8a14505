/* SPDX-License-Identifier: Apache-2.0 */
/* test_native.c - what the provider answers. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ov_session *session;
static struct ov_table *table;

static const struct record some[] = {
    { .id = "a",
      .n = 1,
      .f = 1.5,
      .b = 1,
      .s = "x",
      .p = "/docs/one",
      .t = 5000,
      .tags = "red,blue",
      .nums = { 1, 2 },
      .v = { 3, 4, 0, 0 },
      .sp = "cat:1,dog:2",
      .g = { 10, 20 },
      .w = "the quick brown fox" },
    { .id = "b",
      .n = 2,
      .f = -1,
      .s = "y",
      .p = "/docs/one/two",
      .tags = "red",
      .nums = { 2, 2, 3 },
      .v = { 0, 4, 3, 0 },
      .sp = "cat:2",
      .w = "a lazy dog" },
    { .id = "c",
      .n = -3,
      .f = 0.25,
      .b = 1,
      .s = "x",
      .p = "/other",
      .t = 1000,
      .v = { 1, 0, 0, 0 },
      .w = "quick-witted dog; 100% \"dog\"" },
    { .id = "d", .n = 2, .s = "", .p = "", .v = { 0, 0, 0, 0 } },
};

static void open_it(void)
{
    session = open_fresh("store");
    table = open_table(session, "c");
    ck_ok(put(table, some, 4));
}

static void close_it(void)
{
    close_all(session, table);
}

static void reopen(void)
{
    close_it();
    session = open_store(temp_path("store"));
    table = open_table(session, "c");
}

START_TEST(records_come_back_whole)
{
    static const char *const ids[] = { "b", "nobody", "a" };
    uint32_t fields[N_FIELDS], f;
    struct ov_column columns[N_FIELDS + 3];
    struct ov_batch *keys = make_keys(ids, 3), *given;
    struct ov_fetch request = { sizeof(request), N_FIELDS, fields, keys };
    struct ov_result result = { .size = sizeof(result) };
    int64_t row;

    for (f = 0; f < N_FIELDS; f++)
        fields[f] = f;
    given = make_batch(some, 2, NULL, N_FIELDS);
    if (_i == 1)
        reopen();
    ck_ok(native->fetch(table, &call, &request, &result, &err));

    ck_assert_str_eq(ids_of(&result), "b a");
    (void)ov_result_columns(rig_schema("c"), 0, fields, N_FIELDS, columns);
    ck_ok(ov_array_check(&result.rows, columns, N_FIELDS + 1, &err));
    for (row = 0; row < 2; row++)
        for (f = 0; f < N_FIELDS; f++) {
            struct ov_cell got, want;

            ov_array_cell(&result.rows, f + 1, row, columns[f + 1].type, 4, &got);
            ov_batch_cell(rig_schema("c"), given, f, 1 - row, &want);
            ck_assert_msg(ov_cell_compare(&got, &want) == 0, "field %u of row %d", f,
                          (int)row);
        }
    result.rows.release(&result.rows);
    free_batch(given);
    free_batch(keys);
}
END_TEST

START_TEST(an_upsert_replaces_the_whole_record)
{
    static const struct record again = { .id = "a", .v = { 1, 1, 1, 1 } };

    ck_ok(put(table, &again, 1));

    ck_assert_int_eq(count_where(table, NULL), 4);
    ck_assert_int_eq(count_where(table, where_text(F_S, "x")), 1);
    ck_assert_int_eq(count_where(table, where_text(F_TAGS, "red")), 1);
    ck_assert_int_eq(count_where(table, where_int(F_N, 0)), 1);
}
END_TEST

START_TEST(an_update_changes_what_it_names)
{
    static const uint32_t fields[] = { F_ID, F_N };
    static const struct record change[] = { { .id = "a", .n = 40 },
                                            { .id = "d", .n = 40 } };

    ck_ok(update_fields(table, change, 2, fields, 2));

    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, where_int(F_N, 40)), "a d");
    ck_assert_int_eq(count_where(table, where_text(F_TAGS, "blue")), 1);
    reopen();
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, where_int(F_N, 40)), "a d");
}
END_TEST

START_TEST(an_update_of_nobody_says_which_and_changes_nothing)
{
    static const uint32_t fields[] = { F_ID, F_N };
    static const struct record change[] = { { .id = "a", .n = 40 },
                                            { .id = "zz", .n = 40 } };

    ck_fails(OV_NO_RECORD, update_fields(table, change, 2, fields, 2));

    ck_says("zz");
    ck_assert_int_eq(err.row, 1);
    ck_assert_int_eq(count_where(table, where_int(F_N, 40)), 0);
}
END_TEST

START_TEST(removal_counts_what_was_there)
{
    static const char *const ids[] = { "a", "zz", "c" };
    uint64_t removed = 77;

    ck_ok(drop_ids(table, ids, 3, &removed));
    ck_assert_uint_eq(removed, 2);
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, NULL), "b d");

    ck_ok(native->remove_where(table, &call, where_int(F_N, 2), &removed, &err));
    ck_assert_uint_eq(removed, 2);
    ck_assert_int_eq(count_where(table, NULL), 0);
    reopen();
    ck_assert_int_eq(count_where(table, NULL), 0);
}
END_TEST

START_TEST(truncate_keeps_schema_and_indexes)
{
    ck_ok(native->truncate(table, &call, &err));

    ck_assert_int_eq(count_where(table, NULL), 0);
    ck_ok(put(table, some, 1));
    reopen();
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, NULL), "a");
}
END_TEST

START_TEST(scans_are_in_order_with_nulls_last)
{
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, NULL), "a b c d");
    ck_assert_str_eq(scan_ids(table, F_N, 0, NULL), "c a b d");
    ck_assert_str_eq(scan_ids(table, F_N, 1, NULL), "b d a c");
    ck_assert_str_eq(scan_ids(table, F_T, 0, NULL), "c a b d");
    ck_assert_str_eq(scan_ids(table, F_T, 1, NULL), "a c b d");
    ck_assert_str_eq(scan_ids(table, F_B, 0, NULL), "b d a c");
    ck_assert_str_eq(scan_ids(table, F_S, 1, NULL), "b a c d");
    ck_assert_str_eq(scan_ids(table, F_ID, 1, NULL), "d c b a");
}
END_TEST

START_TEST(a_cursor_goes_on_behind_its_row)
{
    struct ov_scalar value = { .type = OV_INT64 }, key = { .type = OV_TEXT };
    struct ov_scan request = { .size = sizeof(request),
                               .order = F_N,
                               .descending = 1,
                               .after_value = &value,
                               .after_key = &key,
                               .limit = 1,
                               .offset = 1 };
    struct ov_result result = { .size = sizeof(result) };

    value.u.i = 2;
    key.u.s = ov_str_of("b");
    ck_ok(native->scan(table, &call, &request, &result, &err));

    ck_assert_str_eq(ids_of(&result), "a");
    result.rows.release(&result.rows);
}
END_TEST

START_TEST(filters_look_at_columns)
{
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, where_range(F_N, -3, 1)), "a c");
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, where_range(F_T, 0, 4000)), "c");
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, where_int(F_B, 1)), "a c");
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, where_int(F_NUMS, 2)), "a b");
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, where_path(F_P, "/docs/one", -1)),
                     "a b");
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, where_path(F_P, "/docs/one", 0)), "a");
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, where_path(F_P, "", -1)), "a b c d");
}
END_TEST

static const char *group(uint32_t by)
{
    static char text[256];
    struct ov_count request = { sizeof(request), by, NULL };
    struct ov_result result = { .size = sizeof(result) };
    uint64_t total;
    struct ov_cell value;
    int64_t row;
    size_t used = 0;

    ck_ok(native->count(table, &call, &request, &total, &result, &err));
    ck_assert_uint_eq(total, 4);
    text[0] = '\0';
    for (row = 0; row < result.rows.length; row++) {
        int64_t n = ((const int64_t *)result.rows.children[1]->buffers[1])[row];

        ov_array_cell(&result.rows, 0, row,
                      ov_element_type(rig_schema("c")->fields[by]->type), 0, &value);
        if (value.type == OV_TEXT)
            used += (size_t)sprintf(text + used, "%.*s=", (int)value.n, value.u.text);
        else if (value.type == OV_NULL)
            used += (size_t)sprintf(text + used, "null=");
        else
            used += (size_t)sprintf(text + used, "%d=", (int)value.u.i);
        used += (size_t)sprintf(text + used, "%d ", (int)n);
    }
    result.rows.release(&result.rows);
    return text;
}

START_TEST(groups_are_counted_by_value)
{
    ck_assert_str_eq(group(F_N), "-3=1 1=1 2=2 ");
    ck_assert_str_eq(group(F_S), "=1 x=2 y=1 ");
    ck_assert_str_eq(group(F_T), "1000=1 5000=1 null=2 ");
    ck_assert_str_eq(group(F_TAGS), "blue=1 red=2 ");
    ck_assert_str_eq(group(F_NUMS), "1=1 2=2 3=1 ");
}
END_TEST

static void search(const char *index, const float *dense, const struct ov_sparse *sparse,
                   const char *text, const struct ov_filter *filter,
                   struct ov_result *result)
{
    struct ov_str words = ov_str_of(text);
    struct ov_search request = { .size = sizeof(request),
                                 .n_queries = 1,
                                 .dim = 4,
                                 .dense = dense,
                                 .sparse = sparse,
                                 .text = text != NULL ? &words : NULL,
                                 .filter = filter,
                                 .limit = 10 };

    *result = (struct ov_result){ .size = sizeof(*result) };
    request.index = ov_str_of(index);
    ck_ok(native->search(table, &call, &request, result, &err));
}

START_TEST(every_metric_scores_as_the_rule_says)
{
    static const char *const indexes[] = { "cos", "ip", "l2" };
    static const char *const order[] = { "a b c d", "a b c d", "a b c d" };
    static const float query[] = { 3, 4, 0, 0 };
    const struct ov_index *index = rig_schema("c")->indexes[_i];
    struct ov_result result;
    struct ov_cell record[N_FIELDS];
    struct ov_batch *batch = make_batch(some, 4, NULL, N_FIELDS);
    struct ov_search request = { .size = sizeof(request), .dim = 4, .dense = query };
    int64_t row;
    uint32_t f;

    search(indexes[_i], query, NULL, NULL, NULL, &result);

    ck_assert_str_eq(ids_of(&result), order[_i]);
    for (row = 0; row < 4; row++) {
        int64_t at = ids_of(&result)[2 * row] - 'a';

        for (f = 0; f < N_FIELDS; f++)
            ov_batch_cell(rig_schema("c"), batch, f, at, &record[f]);
        ck_assert_double_eq_tol(score_of(&result, row),
                                ov_score(index, &request, 0, record), 1e-12);
    }
    result.rows.release(&result.rows);
    free_batch(batch);
}
END_TEST

START_TEST(hybrid_adds_both_halves)
{
    static const float query[] = { 1, 0, 0, 0 };
    static const struct ov_str terms[] = { { "cat", 3 }, { "dog", 3 } };
    static const float weights[] = { 1, 2 };
    const struct ov_sparse sparse = { 2, terms, weights };
    struct ov_result result;

    search("cos", query, &sparse, NULL, NULL, &result);
    ck_assert_str_eq(ids_of(&result), "a c b d");
    ck_assert_double_eq_tol(score_of(&result, 0), 0.75 * 0.6 + 0.25 * 5, 1e-12);
    ck_assert_double_eq_tol(score_of(&result, 2), 0.25 * 2, 1e-12);
    result.rows.release(&result.rows);

    search("cos", NULL, &sparse, NULL, NULL, &result);
    ck_assert_str_eq(ids_of(&result), "a b c d");
    ck_assert_double_eq(score_of(&result, 0), 5);
    result.rows.release(&result.rows);
}
END_TEST

START_TEST(a_search_obeys_filter_offset_and_limit)
{
    static const float query[] = { 3, 4, 0, 0, 0, 4, 3, 0 };
    struct ov_search request = { .size = sizeof(request),
                                 .n_queries = 2,
                                 .dim = 4,
                                 .dense = query,
                                 .filter = where_range(F_N, 1, 2),
                                 .limit = 2,
                                 .offset = 1 };
    struct ov_result result = { .size = sizeof(result) };

    request.index = ov_str_of("ip");
    ck_ok(native->search(table, &call, &request, &result, &err));

    ck_assert_str_eq(ids_of(&result), "b d a d");
    result.rows.release(&result.rows);
    request.index = ov_str_of("nope");
    ck_fails(OV_NOT_FOUND, native->search(table, &call, &request, &result, &err));
    ck_says("nope");
}
END_TEST

START_TEST(keywords_find_any_of_the_words)
{
    struct ov_result result;

    search("", NULL, NULL, "quick", NULL, &result);
    ck_assert_int_eq(result.rows.length, 2);
    result.rows.release(&result.rows);
    search("", NULL, NULL, "DOG lazy", NULL, &result);
    ck_assert_str_eq(ids_of(&result), "b c");
    ck_assert_double_gt(score_of(&result, 0), score_of(&result, 1));
    result.rows.release(&result.rows);
    search("", NULL, NULL, "dog", where_text(F_S, "x"), &result);
    ck_assert_str_eq(ids_of(&result), "c");
    result.rows.release(&result.rows);
}
END_TEST

START_TEST(no_text_of_a_user_is_a_query_language)
{
    static const char *const texts[] = {
        "\"",   "AND",     "dog*",    "w:dog", "NEAR(dog lazy)", "(", "-dog",
        "; --", "^dog OR", "d\"o\"g", ""
    };
    struct ov_result result;

    search("", NULL, NULL, texts[_i], NULL, &result);

    ck_assert_int_le(result.rows.length, 2);
    result.rows.release(&result.rows);
}
END_TEST

/* The same as the Python tests ask of both providers; here against FTS5 alone. */
static const struct {
    const char *text, *query;
    int found;
} cuts[] = {
    { "call config.parse(x)", "config", 1 },
    { "see src/foo_bar.txt", "bar", 1 },
    { "ann@host.example", "host", 1 },
    { "config.parse", "parse.other", 1 },
    { "configure", "config", 0 },
    { "使用数据库引擎", "数据库", 1 },
    { "使用数据库引擎", "引", 1 },
    { "データを読む。foo。bar", "読 x", 1 },
    { "foo。bar，baz", "bar", 1 },
    { "foo。bar", "foo", 1 },
    { "한국어", "국", 1 },
    { "v2版本", "V2", 1 },
    { "Ärger", "ärger", 1 },
    { "caf\xc3\xa9", "cafe", 0 },
    { "数据库", "图", 0 },
    { "数据库", "。", 0 },
};

START_TEST(texts_and_queries_are_cut_alike)
{
    const struct record one = { .id = "z", .w = cuts[_i].text };
    struct ov_result result;

    ck_ok(put(table, &one, 1));
    search("", NULL, NULL, cuts[_i].query, NULL, &result);
    ck_assert_str_eq(ids_of(&result), cuts[_i].found ? "z" : "");
    result.rows.release(&result.rows);
    ck_ok(put(table, &(const struct record){ .id = "z", .w = "gone" }, 1));
    search("", NULL, NULL, cuts[_i].query, NULL, &result);
    ck_assert_str_eq(ids_of(&result), "");
    result.rows.release(&result.rows);
    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
}
END_TEST

START_TEST(keywords_follow_changes)
{
    static const struct record again = { .id = "b", .w = "cats" };
    static const char *const ids[] = { "c" };
    struct ov_result result;
    uint64_t removed;

    ck_ok(put(table, &again, 1));
    search("", NULL, NULL, "dog", NULL, &result);
    ck_assert_str_eq(ids_of(&result), "c");
    result.rows.release(&result.rows);
    ck_ok(drop_ids(table, ids, 1, &removed));
    search("", NULL, NULL, "dog cats", NULL, &result);
    ck_assert_str_eq(ids_of(&result), "b");
    result.rows.release(&result.rows);
    ck_ok(native->truncate(table, &call, &err));
    search("", NULL, NULL, "dog cats fox", NULL, &result);
    ck_assert_str_eq(ids_of(&result), "");
    result.rows.release(&result.rows);
}
END_TEST

START_TEST(an_expired_record_is_nowhere)
{
    static const struct record brief[] = {
        { .id = "e", .n = 9, .w = "dog", .expires = 2000000 },
        { .id = "f", .n = 9, .w = "dog", .expires = 3000000 },
    };
    static const uint32_t fields[] = { F_ID, F_N };
    static const char *const ids[] = { "e", "f" };
    struct ov_result result;
    uint64_t removed;

    ck_ok(put(table, brief, 2));
    ck_assert_int_eq(count_where(table, where_int(F_N, 9)), 2);
    call.now_us = 2000000;
    ck_assert_int_eq(count_where(table, where_int(F_N, 9)), 1);
    ck_assert_str_eq(fetch_ids(table, ids, 2), "f");
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, where_int(F_N, 9)), "f");
    search("", NULL, NULL, "dog", where_int(F_N, 9), &result);
    ck_assert_str_eq(ids_of(&result), "f");
    result.rows.release(&result.rows);
    ck_fails(OV_NO_RECORD, update_fields(table, brief, 2, fields, 2));
    ck_ok(drop_ids(table, ids, 2, &removed));
    ck_assert_uint_eq(removed, 1);
    call.now_us = 1000000;
    ck_assert_int_eq(count_where(table, where_int(F_N, 9)), 0);
}
END_TEST

static void take_fields(void *ctx, const struct ov_schema *schema)
{
    *(uint32_t *)ctx = schema->n_fields;
}

START_TEST(appended_fields_read_as_their_fill)
{
    static const char *const ids[] = { "a" };
    struct ov_schema with = *rig_schema("c");
    const struct ov_field *fields[N_FIELDS + 2];
    struct ov_field number = { sizeof(number),      OV_INT64, 0, 0, { "more", 4 },
                               { .type = OV_INT64 } };
    struct ov_field text = { sizeof(text),      OV_TEXT,
                             OV_FIELD_FULLTEXT, 0,
                             { "mt", 2 },       { .type = OV_TEXT } };
    const uint32_t wanted[] = { N_FIELDS, N_FIELDS + 1 };
    struct ov_batch *keys = make_keys(ids, 1);
    struct ov_fetch request = { sizeof(request), 2, wanted, keys };
    struct ov_result result = { .size = sizeof(result) };
    struct ov_cell cell;
    uint32_t n = 0;

    number.fill.u.i = 42;
    text.fill.u.s = ov_str_of("filler");
    memcpy(fields, with.fields, N_FIELDS * sizeof(*fields));
    fields[N_FIELDS] = &number;
    fields[N_FIELDS + 1] = &text;
    with.fields = fields;
    with.n_fields = N_FIELDS + 2;
    ck_ok(native->collection_alter(table, &call, &with, &err));
    if (_i == 1)
        reopen();

    ck_ok(native->collection_describe(table, &call, take_fields, &n, &err));
    ck_assert_uint_eq(n, N_FIELDS + 2);
    ck_ok(native->fetch(table, &call, &request, &result, &err));
    ov_array_cell(&result.rows, 1, 0, OV_INT64, 0, &cell);
    ck_assert_int_eq(cell.u.i, 42);
    ov_array_cell(&result.rows, 2, 0, OV_TEXT, 0, &cell);
    ck_assert_mem_eq(cell.u.text, "filler", 6);
    result.rows.release(&result.rows);
    search("", NULL, NULL, "filler", NULL, &result);
    ck_assert_int_eq(result.rows.length, 4);
    result.rows.release(&result.rows);
    ck_ok(put(table, some, 1));
    ck_assert_int_eq(count_where(table, NULL), 4);
    free_batch(keys);
}
END_TEST

struct described {
    char meta[64];
    uint32_t n_indexes;
    uint32_t metric;
};

static void take_described(void *ctx, const struct ov_schema *schema)
{
    struct described *d = ctx;

    memset(d, 0, sizeof(*d));
    memcpy(d->meta, schema->meta.p, schema->meta.n);
    d->n_indexes = schema->n_indexes;
    d->metric = schema->indexes[0]->metric;
}

START_TEST(meta_and_indexes_change_and_stay)
{
    struct ov_schema with = *rig_schema("c");
    struct ov_index index = *with.indexes[0];
    struct described d;
    struct ov_result result;
    static const float query[] = { 3, 4, 0, 0 };

    with.meta = ov_str_of("other");
    index.metric = OV_IP;
    ck_ok(native->collection_alter(table, &call, &with, &err));
    ck_ok(native->index_put(table, &call, &index, &err));
    ck_ok(native->index_drop(table, &call, ov_str_of("l2"), &err));
    ck_fails(OV_NOT_FOUND, native->index_drop(table, &call, ov_str_of("l2"), &err));
    ck_says("l2");
    reopen();

    ck_ok(native->collection_describe(table, &call, take_described, &d, &err));
    ck_assert_str_eq(d.meta, "other");
    ck_assert_uint_eq(d.n_indexes, 2);
    ck_assert_uint_eq(d.metric, OV_IP);
    search("cos", query, NULL, NULL, NULL, &result);
    ck_assert_double_eq(score_of(&result, 0), 25);
    result.rows.release(&result.rows);
}
END_TEST

START_TEST(a_dropped_collection_makes_its_handles_stale)
{
    struct ov_session *other = open_store(temp_path("store"));
    struct ov_table *same = open_table(other, "c");

    ck_ok(native->collection_drop(session, &call, ov_str_of("c"), &err));
    ck_ok(native->collection_create(session, &call, rig_schema("c"), &err));

    ck_assert_int_eq(count_where(same, NULL), -1);
    ck_assert_int_eq(err.code, OV_STALE);
    ck_fails(OV_STALE, put(table, some, 1));
    ck_fails(OV_EXISTS, native->collection_create(session, &call, rig_schema("c"), &err));
    ck_fails(OV_NOT_FOUND, native->collection_drop(session, &call, ov_str_of("z"), &err));
    close_all(other, same);
    native->collection_close(table);
    table = open_table(session, "c");
    ck_assert_int_eq(count_where(table, NULL), 0);
}
END_TEST

START_TEST(files_are_for_their_owner_alone)
{
    static const char *const names[] = { "store/store.db", "store/store.db-wal",
                                         "store/store.db-shm", "store/writer" };
    struct stat info;
    size_t i;

    ck_assert_int_eq(stat(temp_path("store"), &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0700);
    for (i = 0; i < 4; i++) {
        ck_assert_int_eq(stat(temp_path(names[i]), &info), 0);
        ck_assert_uint_eq(info.st_mode & 0777, 0600);
    }
}
END_TEST

START_TEST(nothing_is_left_when_no_session_is_open)
{
    int descriptors, threads;

    close_it();
    descriptors = count_descriptors();
    threads = count_threads();
    session = open_store(temp_path("store"));
    table = open_table(session, "c");
    ck_ok(put(table, some, 4));
    ck_assert_int_gt(count_descriptors(), descriptors);
    close_it();

    ck_assert_int_eq(count_descriptors(), descriptors);
    ck_assert(threads_become(threads));
    session = open_store(temp_path("store"));
    table = NULL;
}
END_TEST

START_TEST(a_call_that_is_over_changes_nothing)
{
    static const uint32_t yes = 1;
    static const struct record more = { .id = "z" };

    call.cancelled = &yes;
    ck_fails(OV_CANCELLED, put(table, &more, 1));
    call.cancelled = NULL;
    call.deadline_ns = 1;
    ck_fails(OV_DEADLINE, put(table, &more, 1));
    call.deadline_ns = 0;

    ck_assert_int_eq(count_where(table, NULL), 4);
}
END_TEST

static void add_note(void *ctx, const struct ov_note *note)
{
    char *text = ctx;

    snprintf(text + strlen(text), 2048 - strlen(text), "%u %.*s: %.*s\n",
             (unsigned)note->kind, (int)note->name.n, note->name.p, (int)note->text.n,
             note->text.p);
}

START_TEST(doctor_finds_a_file_that_cannot_be_written)
{
    static const char *const parts[] = { "store", "store/store.db", "store/store.db-wal",
                                         "store/store.db-shm" };
    static char notes[2048];

    ck_assert_int_eq(chmod(temp_dir(), 0711), 0);
    for (size_t i = 0; getuid() == 0 && i < sizeof(parts) / sizeof(parts[0]); i++)
        ck_assert_int_eq(chown(temp_path(parts[i]), 65534, 65534), 0);
    ck_assert_int_eq(chmod(temp_path("store/store.db"), 0400), 0);
    notes[0] = '\0';
    call.note = add_note;
    call.note_ctx = notes;
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    ck_ok(native->act(session, &call, ov_str_of("doctor"), NULL, 0, &err));
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
    call.note = NULL;
    ck_assert_ptr_nonnull(strstr(notes, "3 store: '"));
    ck_assert_ptr_nonnull(strstr(notes, "store.db': Permission denied"));
    ck_assert_ptr_nonnull(strstr(notes, "folder: '"));
}
END_TEST

START_TEST(actions_speak_by_notes)
{
    static char notes[2048];
    struct ov_str file;
    struct stat info;

    notes[0] = '\0';
    call.note = add_note;
    call.note_ctx = notes;
    ck_ok(native->act(session, &call, ov_str_of("doctor"), NULL, 0, &err));
    ck_assert_ptr_nonnull(strstr(notes, "the file is whole"));
    ck_ok(native->act(session, &call, ov_str_of("verify"), NULL, 0, &err));
    ck_assert_ptr_nonnull(strstr(notes, "c: 4 records, file and memory agree"));
    ck_ok(native->act(session, &call, ov_str_of("stats"), NULL, 0, &err));
    ck_assert_ptr_nonnull(strstr(notes, "collections: 1"));
    ck_ok(native->act(session, &call, ov_str_of("checkpoint"), NULL, 0, &err));
    ck_assert_int_eq(stat(temp_path("store/store.db-wal"), &info), 0);
    ck_assert_int_eq(info.st_size, 0);
    mkdir(temp_path("copy"), 0700);
    file = ov_str_of(temp_path("copy/store.db"));
    ck_ok(native->act(session, &call, ov_str_of("backup"), &file, 1, &err));
    ck_fails(OV_EXISTS, native->act(session, &call, ov_str_of("backup"), &file, 1, &err));
    ck_fails(OV_INVALID, native->act(session, &call, ov_str_of("backup"), NULL, 0, &err));
    ck_fails(OV_UNSUPPORTED,
             native->act(session, &call, ov_str_of("dance"), NULL, 0, &err));
    call.note = NULL;
    close_it();
    session = open_store(temp_path("copy"));
    table = open_table(session, "c");
    ck_assert_str_eq(scan_ids(table, OV_NONE, 0, NULL), "a b c d");
}
END_TEST

START_TEST(explain_says_how_and_returns_no_rows)
{
    static char notes[2048];
    static const float query[] = { 3, 4, 0, 0 };
    struct ov_result result;

    notes[0] = '\0';
    call.note = add_note;
    call.note_ctx = notes;
    call.flags = OV_CALL_EXPLAIN;
    search("cos", query, NULL, NULL, where_range(F_N, 1, 2), &result);
    ck_assert_int_eq(result.rows.length, 0);
    result.rows.release(&result.rows);
    ck_assert_ptr_nonnull(strstr(notes, "candidates: 3"));
    ck_assert_ptr_nonnull(strstr(notes, "strategy: exact"));
    ck_assert_str_eq(scan_ids(table, F_N, 0, NULL), "");
    call.flags = 0;
    call.note = NULL;
}
END_TEST

static void add_name(void *ctx, struct ov_str name)
{
    strncat(ctx, name.p, name.n);
    strcat(ctx, " ");
}

START_TEST(collections_are_listed_and_apart)
{
    char names[64] = "";
    struct ov_table *other;

    ck_ok(native->collection_create(session, &call, rig_schema("x; DROP TABLE \"c\""),
                                    &err));
    other = open_table(session, "x; DROP TABLE \"c\"");
    ck_ok(put(other, some, 1));
    ck_ok(native->collection_list(session, &call, add_name, names, &err));

    ck_assert_str_eq(names, "c x; DROP TABLE \"c\" ");
    ck_assert_int_eq(count_where(other, NULL), 1);
    ck_assert_int_eq(count_where(table, NULL), 4);
    native->collection_close(other);
}
END_TEST

START_TEST(many_records_fill_many_blocks)
{
    enum { MANY = 5000 };
    struct record *records = calloc(MANY, sizeof(*records));
    char(*ids)[8] = calloc(MANY, sizeof(*ids));
    uint64_t removed;
    int i, round;

    for (i = 0; i < MANY; i++) {
        sprintf(ids[i], "m%04d", i);
        records[i].id = ids[i];
        records[i].n = i;
        records[i].v[0] = (float)i;
    }
    for (round = 0; round < 3; round++) {
        ck_ok(put(table, records, MANY));
        ck_assert_int_eq(count_where(table, where_range(F_N, 100, 4099)), 4000);
        ck_ok(native->remove_where(table, &call, where_range(F_N, 10, 4099), &removed,
                                   &err));
        ck_assert_uint_eq(removed, 4090);
        ck_assert_int_eq(count_where(table, where_range(F_N, 10, MANY)), 900);
    }
    reopen();
    ck_assert_int_eq(count_where(table, where_range(F_N, 10, MANY)), 900);
    free(records);
    free(ids);
}
END_TEST

/* More texts and folders than get numbers, longer texts, deeper and shorter paths. */
enum { MANY_TEXTS = 6000 };
static char texts[MANY_TEXTS][304], paths[MANY_TEXTS][64];

static void write_texts(void)
{
    struct record *records = calloc(MANY_TEXTS, sizeof(*records));
    char(*ids)[8] = calloc(MANY_TEXTS, sizeof(*ids));
    int i;

    for (i = 0; i < MANY_TEXTS; i++) {
        sprintf(ids[i], "m%04d", i);
        sprintf(texts[i], i % 7 == 0 ? "%0300d" : "%d", i % 5500);
        if (i % 11 == 0)
            paths[i][0] = '\0';
        else if (i % 5 == 0)
            strcpy(paths[i], "/a");
        else
            sprintf(paths[i], "/a/b%d/c%d/d/e/f/g%d/h", i % 3, i, i % 2);
        records[i].id = ids[i];
        records[i].s = texts[i];
        records[i].p = paths[i];
    }
    ck_ok(put(table, records, MANY_TEXTS));
    free(records);
    free(ids);
}

static void check_text(const char *text)
{
    int64_t found = 0;
    int i;

    for (i = 0; i < MANY_TEXTS; i++)
        found += strcmp(texts[i], text) == 0;
    ck_assert_int_eq(count_where(table, where_text(F_S, text)), found);
}

static void check_path(const char *path)
{
    int64_t levels, found;
    int i;

    for (levels = -1; levels < 9; levels += 2) {
        for (i = 0, found = 0; i < MANY_TEXTS; i++)
            found += ov_path_within(ov_str_of(paths[i]), ov_str_of(path), levels);
        ck_assert_int_eq(count_where(table, where_path(F_P, path, levels)), found);
    }
}

START_TEST(texts_are_found_with_and_without_a_number)
{
    static const int some_of_them[] = { 1, 2, 7, 500, 4099, 4100, 5499, 5999 };
    char path[64], *slash;
    size_t i;

    ck_ok(native->truncate(table, &call, &err));
    write_texts();
    for (i = 0; i < sizeof(some_of_them) / sizeof(*some_of_them); i++) {
        check_text(texts[some_of_them[i]]);
        strcpy(path, paths[some_of_them[i]]);
        while ((slash = strrchr(path, '/')) != NULL) {
            check_path(path);
            *slash = '\0';
        }
    }
    check_path("");
    check_path("/a/b");
    check_path("/a/b1/nobody");
    check_path("/a/b1/c1/d/e/f/g1/h/i");
    check_text("");
    check_text("nobody");
    check_text("0");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native");
    TCase *records = tcase_create("records"), *search_ = tcase_create("search"),
          *store = tcase_create("store");

    tcase_add_checked_fixture(records, open_it, close_it);
    tcase_add_loop_test(records, records_come_back_whole, 0, 2);
    tcase_add_test(records, an_upsert_replaces_the_whole_record);
    tcase_add_test(records, an_update_changes_what_it_names);
    tcase_add_test(records, an_update_of_nobody_says_which_and_changes_nothing);
    tcase_add_test(records, removal_counts_what_was_there);
    tcase_add_test(records, truncate_keeps_schema_and_indexes);
    tcase_add_test(records, scans_are_in_order_with_nulls_last);
    tcase_add_test(records, a_cursor_goes_on_behind_its_row);
    tcase_add_test(records, filters_look_at_columns);
    tcase_add_test(records, groups_are_counted_by_value);
    tcase_add_test(records, an_expired_record_is_nowhere);
    tcase_add_test(records, many_records_fill_many_blocks);
    tcase_add_test(records, texts_are_found_with_and_without_a_number);
    suite_add_tcase(s, records);
    tcase_add_checked_fixture(search_, open_it, close_it);
    tcase_add_loop_test(search_, every_metric_scores_as_the_rule_says, 0, 3);
    tcase_add_test(search_, hybrid_adds_both_halves);
    tcase_add_test(search_, a_search_obeys_filter_offset_and_limit);
    tcase_add_test(search_, keywords_find_any_of_the_words);
    tcase_add_loop_test(search_, no_text_of_a_user_is_a_query_language, 0, 11);
    tcase_add_loop_test(search_, texts_and_queries_are_cut_alike, 0,
                        (int)(sizeof(cuts) / sizeof(cuts[0])));
    tcase_add_test(search_, keywords_follow_changes);
    tcase_add_test(search_, explain_says_how_and_returns_no_rows);
    suite_add_tcase(s, search_);
    tcase_add_checked_fixture(store, open_it, close_it);
    tcase_add_loop_test(store, appended_fields_read_as_their_fill, 0, 2);
    tcase_add_test(store, meta_and_indexes_change_and_stay);
    tcase_add_test(store, a_dropped_collection_makes_its_handles_stale);
    tcase_add_test(store, files_are_for_their_owner_alone);
    tcase_add_test(store, nothing_is_left_when_no_session_is_open);
    tcase_add_test(store, a_call_that_is_over_changes_nothing);
    tcase_add_test(store, doctor_finds_a_file_that_cannot_be_written);
    tcase_add_test(store, actions_speak_by_notes);
    tcase_add_test(store, collections_are_listed_and_apart);
    suite_add_tcase(s, store);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
