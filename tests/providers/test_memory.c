/* SPDX-License-Identifier: Apache-2.0 */
/* test_memory.c - the provider in memory keeps what backend.h asks of every provider. */
#include "memory.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

enum { ID, LEVEL, TAGS, VECTOR, TERMS, EXPIRES, BODY, N_FIELDS };

static struct ov_field fields[N_FIELDS];
static const struct ov_field *field_list[N_FIELDS];
static struct ov_index flat;
static const struct ov_index *index_list[] = { &flat };
static struct ov_schema schema;

static const struct ov_backend *table = &memory_operations;
static struct ov_call call;
static struct ov_session *session;
static struct ov_table *handle;
static char said[1024];

static void note(void *ctx, const struct ov_note *text)
{
    (void)ctx;
    strncat(said, text->text.p, text->text.n);
    strcat(said, "\n");
}

static void set_field(uint32_t f, const char *name, uint32_t type, uint32_t flags)
{
    fields[f] = (struct ov_field){
        .size = sizeof(fields[f]), .type = type, .flags = flags, .name = ov_str_of(name)
    };
    fields[f].fill.type = (flags & OV_FIELD_NULLABLE) == 0 && type <= OV_TEXT ? type : 0;
    field_list[f] = &fields[f];
}

static void setup(void)
{
    const struct ov_scalar unnamed = { .type = OV_NULL };

    set_field(ID, "id", OV_TEXT, OV_FIELD_KEY);
    set_field(LEVEL, "level", OV_INT64, 0);
    set_field(TAGS, "tags", OV_TEXT_LIST, 0);
    set_field(VECTOR, "vector", OV_VECTOR, 0);
    set_field(TERMS, "terms", OV_SPARSE, 0);
    set_field(EXPIRES, "_ov_expires", OV_TIME, OV_FIELD_EXPIRY | OV_FIELD_NULLABLE);
    set_field(BODY, "body", OV_TEXT, OV_FIELD_FULLTEXT);
    fields[VECTOR].dim = 2;
    flat = (struct ov_index){ .size = sizeof(flat),
                              .metric = OV_IP,
                              .dense = VECTOR,
                              .sparse = TERMS,
                              .alpha = 0.25,
                              .name = ov_str_of("default"),
                              .kind = ov_str_of("flat") };
    schema = (struct ov_schema){ .size = sizeof(schema),
                                 .n_fields = N_FIELDS,
                                 .n_indexes = 1,
                                 .key = ID,
                                 .fields = field_list,
                                 .indexes = index_list,
                                 .name = ov_str_of("things") };
    call = (struct ov_call){
        .size = sizeof(call), .now_us = 1000000, .cancel_fd = -1, .note = note
    };
    ck_ok(table->open(1, &unnamed, &call, &session, &err));
    ck_ok(table->collection_create(session, &call, &schema, &err));
    ck_ok(table->collection_open(session, &call, schema.name, &handle, &err));
}

static void teardown(void)
{
    table->collection_close(handle);
    table->close(session);
}

/* One record a call: id, level, tags "a;b", vector, expiry (0: none), body. */
struct thing {
    const char *id;
    int64_t level;
    const char *tags[2];
    float vector[2];
    int64_t expires;
    const char *body;
};

static const struct thing things[] = {
    { "a", 1, { "x", "x" }, { 1, 0 }, 0, "the quick fox" },
    { "b", 2, { "x", "y" }, { 0, 1 }, 0, "the lazy dog" },
    { "c", 1, { NULL, NULL }, { 1, 1 }, 0, "Fox, fox and fox" },
    { "d", 3, { "z", NULL }, { 2, 2 }, 999000, "gone at once" },
    { "e", 3, { "z", NULL }, { 0, 0 }, 5000000, "gone later" },
};

static void add_thing(struct ov_rows *rows, const struct thing *thing)
{
    int64_t offsets[3] = { 0 };
    char bytes[16] = "";
    struct ov_cell cells[] = {
        ov_text_cell(ov_str_of(thing->id)),       ov_int_cell(OV_INT64, thing->level),
        { .type = OV_TEXT_LIST, .bytes = bytes }, ov_vector_cell(thing->vector, 2),
        ov_int_cell(OV_TIME, thing->expires),     ov_text_cell(ov_str_of(thing->body))
    };
    size_t i;

    for (i = 0; i < 2 && thing->tags[i] != NULL; i++) {
        strcat(bytes, thing->tags[i]);
        offsets[i + 1] = (int64_t)strlen(bytes);
        cells[2].n++;
    }
    cells[2].u.offsets = offsets;
    if (thing->expires == 0)
        cells[4] = ov_null_cell();
    for (i = 0; i < 6; i++)
        ov_rows_add(rows, &cells[i]);
}

static void write_things(size_t n)
{
    static const uint32_t ordinals[] = { ID, LEVEL, TAGS, VECTOR, EXPIRES, BODY };
    static const struct ov_column columns[] = {
        { OV_TEXT, 0, 0 },   { OV_INT64, 0, 0 }, { OV_TEXT_LIST, 0, 0 },
        { OV_VECTOR, 2, 0 }, { OV_TIME, 0, 1 },  { OV_TEXT, 0, 0 }
    };
    struct ov_rows *rows = ov_rows_new(columns, 6);
    struct ArrowArray array;
    struct ov_batch batch = { sizeof(batch), 6, ordinals, &array };
    const struct ov_batch *batches[] = { &batch };
    size_t i;

    for (i = 0; i < n; i++)
        add_thing(rows, &things[i]);
    ck_ok(ov_rows_finish(rows, &array, &err));
    ck_ok(ov_array_check(&array, columns, 6, &err));
    ck_ok(table->upsert(handle, &call, batches, 1, &err));
    array.release(&array);
}

/* Keys of a result, in a row. */
static const char *keys_of(struct ov_result *result)
{
    static char text[256];
    struct ov_cell cell;
    int64_t row;

    text[0] = '\0';
    for (row = 0; row < result->rows.length; row++) {
        ov_array_cell(&result->rows, 0, row, OV_TEXT, 0, &cell);
        strncat(text, cell.u.text, cell.n);
    }
    result->rows.release(&result->rows);
    return text;
}

static int32_t set_level(const char *const *ids, size_t n, int64_t level)
{
    static const uint32_t ordinals[] = { ID, LEVEL };
    static const struct ov_column columns[] = { { OV_TEXT, 0, 0 }, { OV_INT64, 0, 0 } };
    struct ov_rows *rows = ov_rows_new(columns, 2);
    struct ArrowArray array;
    struct ov_batch batch = { sizeof(batch), 2, ordinals, &array };
    const struct ov_batch *batches[] = { &batch };
    struct ov_cell cell;
    int32_t code;
    size_t i;

    for (i = 0; i < n; i++) {
        cell = ov_text_cell(ov_str_of(ids[i]));
        ov_rows_add(rows, &cell);
        cell = ov_int_cell(OV_INT64, level);
        ov_rows_add(rows, &cell);
    }
    ov_rows_finish(rows, &array, NULL);
    code = table->update(handle, &call, batches, 1, &err);
    array.release(&array);
    return code;
}

static uint64_t count_all(void)
{
    const struct ov_count request = { sizeof(request), OV_NONE, NULL };
    uint64_t total = 0;

    ck_ok(table->count(handle, &call, &request, &total, NULL, &err));
    return total;
}

static const char *scan(struct ov_scan request)
{
    static const uint32_t wanted[] = { LEVEL, TAGS, VECTOR, TERMS, EXPIRES, BODY };
    struct ov_result result = { .size = sizeof(result) };
    struct ov_column columns[9];
    uint32_t n = ov_result_columns(&schema, 0, wanted, 6, columns);

    request.size = sizeof(request);
    request.fields = wanted;
    request.n_fields = 6;
    ck_ok(table->scan(handle, &call, &request, &result, &err));
    ck_ok(ov_array_check(&result.rows, columns, n, &err));
    return keys_of(&result);
}

START_TEST(expired_records_are_in_no_answer)
{
    write_things(5);
    ck_assert_uint_eq(count_all(), 4);
    ck_assert_str_eq(scan((struct ov_scan){ .order = OV_NONE, .limit = 9 }), "abce");
    call.now_us = 5000000;
    ck_assert_uint_eq(count_all(), 3);
    ck_fails(OV_NO_RECORD, set_level((const char *const[]){ "a", "e" }, 2, 9));
    ck_assert_int_eq(err.row, 1);
}
END_TEST

START_TEST(an_update_that_misses_one_key_changes_nothing)
{
    struct ov_scan by_level = { .order = LEVEL, .descending = 1, .limit = 9 };

    write_things(3);
    ck_assert_str_eq(scan(by_level), "bac");
    ck_fails(OV_NO_RECORD, set_level((const char *const[]){ "c", "zz" }, 2, 9));
    ck_assert_str_eq(scan(by_level), "bac");
    ck_ok(set_level((const char *const[]){ "c" }, 1, 9));
    ck_assert_str_eq(scan(by_level), "cba");
}
END_TEST

START_TEST(pages_follow_the_cursor)
{
    struct ov_scalar key = { .type = OV_TEXT }, level = { .type = OV_INT64 };
    struct ov_scan request = { .order = LEVEL, .limit = 1 };

    write_things(5);
    ck_assert_str_eq(scan(request), "a");
    key.u.s = ov_str_of("a");
    level.u.i = 1;
    request.after_key = &key;
    request.after_value = &level;
    request.limit = UINT64_MAX;
    ck_assert_str_eq(scan(request), "cbe");
    request.offset = 1;
    ck_assert_str_eq(scan(request), "be");
    request.descending = 1;
    request.offset = 0;
    ck_assert_str_eq(scan(request), "c");
}
END_TEST

START_TEST(a_list_counts_once_in_each_distinct_element)
{
    const struct ov_count request = { sizeof(request), TAGS, NULL };
    struct ov_result groups = { .size = sizeof(groups) };
    struct ov_cell n;
    uint64_t total;

    write_things(5);
    ck_ok(table->count(handle, &call, &request, &total, &groups, &err));
    ck_assert_uint_eq(total, 4);
    ov_array_cell(&groups.rows, 1, 0, OV_INT64, 0, &n);
    ck_assert_int_eq(n.u.i, 2);
    ck_assert_str_eq(keys_of(&groups), "xyz");
}
END_TEST

static const char *search(struct ov_search request)
{
    struct ov_result result = { .size = sizeof(result) };

    request.size = sizeof(request);
    request.n_queries = 1;
    request.dim = 2;
    request.index = flat.name;
    ck_ok(table->search(handle, &call, &request, &result, &err));
    return keys_of(&result);
}

START_TEST(searches_rank_by_score_then_key)
{
    const float query[] = { 1, 0 };
    const struct ov_str words = { "FOX dog", 7 };

    write_things(3);
    ck_assert_str_eq(search((struct ov_search){ .dense = query, .limit = 9 }), "acb");
    ck_assert_str_eq(
        search((struct ov_search){ .dense = query, .limit = 1, .offset = 1 }), "c");
    ck_assert_str_eq(search((struct ov_search){ .text = &words, .limit = 9 }), "cab");
}
END_TEST

START_TEST(filters_choose_what_is_removed)
{
    struct ov_node node = {
        .op = OV_RANGE, .flags = OV_RANGE_HIGH, .field = LEVEL, .span = 1, .n_values = 1
    };
    struct ov_scalar one = { .type = OV_INT64, .u.i = 1 };
    struct ov_filter filter = { sizeof(filter), 1, 1, 0, &node, &one };
    uint64_t removed = 77;

    write_things(5);
    ck_ok(table->remove_where(handle, &call, &filter, &removed, &err));
    ck_assert_uint_eq(removed, 2);
    ck_assert_uint_eq(count_all(), 2);
    ck_ok(table->truncate(handle, &call, &err));
    ck_assert_uint_eq(count_all(), 0);
}
END_TEST

START_TEST(an_added_field_reads_as_its_fill)
{
    struct ov_field extra = { .size = sizeof(extra), .type = OV_INT64 };
    const struct ov_field *more[N_FIELDS + 1];
    struct ov_schema wider = schema;
    const uint32_t wanted[] = { N_FIELDS };
    struct ov_scan request = { .size = sizeof(request),
                               .order = OV_NONE,
                               .n_fields = 1,
                               .fields = wanted,
                               .limit = 9 };
    struct ov_result result = { .size = sizeof(result) };
    struct ov_cell cell;

    write_things(3);
    extra.name = ov_str_of("extra");
    extra.fill.type = OV_INT64;
    extra.fill.u.i = 42;
    memcpy(more, field_list, sizeof(field_list));
    more[N_FIELDS] = &extra;
    wider.fields = more;
    wider.n_fields++;
    ck_ok(table->collection_alter(handle, &call, &wider, &err));
    ck_ok(table->scan(handle, &call, &request, &result, &err));
    ov_array_cell(&result.rows, 1, 2, OV_INT64, 0, &cell);
    ck_assert_int_eq(cell.u.i, 42);
    ck_assert_str_eq(keys_of(&result), "abc");
    write_things(5);
    ck_assert_uint_eq(count_all(), 4);
}
END_TEST

START_TEST(a_dropped_collection_leaves_stale_handles)
{
    const struct ov_count request = { sizeof(request), OV_NONE, NULL };
    uint64_t total = 7;

    ck_ok(table->collection_drop(session, &call, schema.name, &err));
    ck_fails(OV_STALE, table->count(handle, &call, &request, &total, NULL, &err));
    ck_assert_uint_eq(total, 7);
    ck_ok(table->collection_create(session, &call, &schema, &err));
    ck_fails(OV_STALE, table->count(handle, &call, &request, &total, NULL, &err));
    ck_fails(OV_EXISTS, table->collection_create(session, &call, &schema, &err));
    ck_fails(OV_NOT_FOUND, table->collection_drop(session, &call, ov_str_of("no"), &err));
    ck_assert_ptr_nonnull(strstr(said, "dropped collection 'things'"));
}
END_TEST

START_TEST(a_named_database_survives_its_session)
{
    struct ov_scalar name = { .type = OV_TEXT, .u.s = { "shop", 4 } };
    struct ov_session *first, *second;

    ck_ok(table->open(2, &name, &call, &first, &err));
    ck_ok(table->collection_create(first, &call, &schema, &err));
    ck_fails(OV_BUSY, table->open(3, &name, &call, &second, &err));
    table->close(first);
    ck_ok(table->open(3, &name, &call, &second, &err));
    ck_fails(OV_EXISTS, table->collection_create(second, &call, &schema, &err));
    ck_ok(table->collection_drop(second, &call, schema.name, &err));
    table->close(second);
}
END_TEST

START_TEST(explain_tells_and_returns_no_rows)
{
    write_things(3);
    call.flags = OV_CALL_EXPLAIN;
    ck_assert_str_eq(scan((struct ov_scan){ .order = OV_NONE, .limit = 9 }), "");
    ck_assert_ptr_nonnull(strstr(said, "sort of all records"));
}
END_TEST

START_TEST(a_cancelled_call_does_nothing)
{
    uint32_t cancelled = 1;

    write_things(3);
    call.cancelled = &cancelled;
    ck_fails(OV_CANCELLED, table->truncate(handle, &call, &err));
    call.cancelled = NULL;
    call.deadline_ns = 1;
    ck_fails(OV_DEADLINE, table->truncate(handle, &call, &err));
    call.deadline_ns = 0;
    ck_assert_uint_eq(count_all(), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, expired_records_are_in_no_answer);
    tcase_add_test(tests, an_update_that_misses_one_key_changes_nothing);
    tcase_add_test(tests, pages_follow_the_cursor);
    tcase_add_test(tests, a_list_counts_once_in_each_distinct_element);
    tcase_add_test(tests, searches_rank_by_score_then_key);
    tcase_add_test(tests, filters_choose_what_is_removed);
    tcase_add_test(tests, an_added_field_reads_as_its_fill);
    tcase_add_test(tests, a_dropped_collection_leaves_stale_handles);
    tcase_add_test(tests, a_named_database_survives_its_session);
    tcase_add_test(tests, explain_tells_and_returns_no_rows);
    tcase_add_test(tests, a_cancelled_call_does_nothing);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
