/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every allocation fails once: the answer is OV_NO_SPACE, outputs stay as they were and
 * nothing leaks (the counter of live blocks says so).
 *
 * Arenas allocate by the chunk, so a pad in front is grown in steps: the boundary, and
 * with it the failure, passes over every single piece that is taken.
 */
#include "fault.h"
#include "language.h"

#include <ov/store.h>

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static const struct schema *schema;
static const struct schema *wider;
static const struct ov_schema *described;

/* One operation; leaves nothing behind. -1: outputs were touched on failure. */
typedef int32_t operation(size_t pad);

static void begin(void)
{
    struct ov_schema *copy;
    const struct ov_doc *fields =
        (arena_begin(), json("[{'FieldName':'extra','FieldType':'date_time'}]"));

    schema = d1_schema();
    ck_ok(schema_update(schema, fields, NULL, &wider, &err));
    copy = ov_schema_copy(schema->ov);
    ck_assert_ptr_nonnull(copy);
    described = copy;
}

static void end(void)
{
    schema_unref(schema);
    schema_unref(wider);
    free((void *)(uintptr_t)described);
    arena_end();
}

/* An arena in which the next chunk begins pad bytes sooner; NULL without memory. */
static struct ov_arena *padded(size_t pad)
{
    struct ov_arena *own = ov_arena_new();

    if (own != NULL && pad > 0)
        (void)ov_arena_take(own, pad);
    return own;
}

static int32_t judge(int32_t code, int touched)
{
    return code != OV_OK && touched ? -1 : code;
}

static const char text[] =
    "{\"a\":[1,2.5,\"\\u00e9\",null,true,{\"b\":{}}],\"c\":\"d\",\"e\":{\"f\":1,\"g\":2,"
    "\"h\":3,\"i\":4,\"j\":5,\"k\":6,\"l\":7,\"m\":8,\"n\":9,\"o\":10,\"p\":11,\"q\":12,"
    "\"r\":13,\"s\":14,\"t\":15,\"u\":16,\"v\":17,\"w\":18,\"x\":19}}";

/* Made before anything fails. */
static const struct ov_doc *the_filter, *the_indexes, *the_fields;

static int32_t parse_and_print(size_t pad)
{
    struct ov_arena *own = padded(pad);
    struct ov_doc *doc = NULL;
    char *printed = NULL;
    size_t n = 0;
    int32_t code = OV_NO_SPACE;

    ov_error_reset(&err);
    if (own != NULL) {
        code = ov_doc_parse(own, ov_str_of(text), &doc, &err);
        code = judge(code, doc != NULL);
    }
    if (code == OV_OK) {
        code = ov_doc_print(doc, &printed, &n, &err);
        code = judge(code, printed != NULL || n != 0);
        if (code == OV_OK && strcmp(printed, text) == 0)
            code = -1; /* the escape is printed as what it is */
    }
    free(printed);
    ov_arena_free(own);
    return code;
}

static int32_t copy_a_document(size_t pad)
{
    struct ov_arena *own = padded(pad);
    const struct ov_doc *copy = own != NULL ? ov_doc_copy(own, schema->meta) : NULL;
    int32_t code = copy != NULL ? OV_OK : OV_NO_SPACE;

    if (code == OV_OK && !ov_doc_equal(copy, schema->meta))
        code = -1;
    ov_arena_free(own);
    return code;
}

static int32_t make_a_schema(size_t pad)
{
    static char spaces[8192];
    struct ov_doc *meta = ov_doc_copy(arena, schema->meta);
    const struct schema *made = NULL;
    int32_t code;

    memset(spaces, ' ', sizeof(spaces));
    ov_doc_set(arena, meta, ov_str_of("Pad"),
               ov_doc_text(arena, (struct ov_str){ spaces, pad }));
    ov_error_reset(&err);
    code = schema_of_meta("c", meta, pad % 32 == 0 ? the_indexes : NULL, &plain_settings,
                          &made, &err);
    code = judge(code, made != NULL);
    schema_unref(made);
    return code;
}

static int32_t read_a_description(size_t pad)
{
    const struct schema *made = NULL;
    struct ov_schema changed = *described;
    int32_t code;

    /* Without its meta a collection is adopted: another way. */
    if (pad % 32 == 0)
        changed.meta.n = 0;
    ov_error_reset(&err);
    code = schema_of_provider(&changed, &made, &err);
    code = judge(code, made != NULL);
    schema_unref(made);
    return code;
}

static int32_t extend_a_schema(size_t pad)
{
    const struct schema *made = NULL;
    int32_t code;

    (void)pad;
    ov_error_reset(&err);
    code = schema_extend(schema, wider, 1, &made, &err);
    code = judge(code, made != NULL);
    if (code == OV_OK && made == NULL)
        code = -1;
    schema_unref(made);
    return code;
}

static int32_t update_a_schema(size_t pad)
{
    const struct schema *made = NULL;
    static char description[8192];
    struct ov_str say = { description, pad };
    int32_t code;

    memset(description, 'x', sizeof(description));
    ov_error_reset(&err);
    code = schema_update(schema, the_fields, &say, &made, &err);
    code = judge(code, made != NULL);
    schema_unref(made);
    return code;
}

static int32_t show_an_index(size_t pad)
{
    struct ov_arena *own = padded(pad);
    const struct ov_doc *shown = NULL;
    int32_t code = OV_NO_SPACE;

    ov_error_reset(&err);
    if (own != NULL)
        code = judge(index_show(schema, schema->ov->indexes[0], own, &shown, &err),
                     shown != NULL);
    ov_arena_free(own);
    return code;
}

static int32_t make_the_context_meta(size_t pad)
{
    struct ov_arena *own = padded(pad);
    int32_t code = own != NULL && ov_context_meta(own, 8) != NULL ? OV_OK : OV_NO_SPACE;

    ov_arena_free(own);
    return code;
}

static const char every_operator[] =
    "{'op':'and','conds':[{'op':'or','conds':["
    "{'op':'must','field':'uri','conds':['viking://a/b','c'],'para':'-d=2'},"
    "{'op':'must_not','field':'s','conds':[1,2.5,true]},"
    "{'op':'range','field':'i','gte':1,'lt':7.5},"
    "{'op':'range_out','field':'d','gte':'2026-03-01T00:00:00Z','lt':1772323300000},"
    "{'op':'range','field':'d','gte':-9000000000000000000},"
    "{'op':'must','field':'f','conds':[1.5,2]}]},"
    "{'op':'must','field':'b','conds':[true]},"
    "{'op':'geo_range','field':'g','center':'1,2','radius':'5km'},"
    "{'op':'geo_range','field':'g','center':[1,2],'radius':'5000000km'},"
    "{'op':'prefix','field':'uri','prefix':'viking://x'},"
    "{'op':'contains','field':'ls','substring':'x'},"
    "{'op':'regex','field':'s','pattern':'^(a|b)+[c-e]*$'},"
    "{'op':'regex','field':'b','pattern':'1'}]}";

static int32_t compile_a_filter(size_t pad)
{
    struct ov_arena *own = padded(pad);
    struct filter filter = { FILTER_NONE, { 0 } };
    const struct ov_doc *shown = NULL;
    int32_t code = OV_NO_SPACE;

    ov_error_reset(&err);
    if (own != NULL)
        code = judge(filter_compile(schema, the_filter, own, &filter, &err),
                     filter.kind != FILTER_NONE || filter.ov.size != 0);
    if (code == OV_OK)
        code = judge(filter_show(schema, &filter, own, &shown, &err), shown != NULL);
    ov_arena_free(own);
    return code;
}

static const struct {
    operation *run;
    size_t last_pad;
    int says; /* in err */
} operations[] = {
    { parse_and_print, 4096, 1 },  { copy_a_document, 4096, 0 },
    { make_a_schema, 4096, 1 },    { read_a_description, 32, 1 },
    { extend_a_schema, 0, 1 },     { update_a_schema, 4096, 1 },
    { show_an_index, 4096, 1 },    { make_the_context_meta, 4096, 0 },
    { compile_a_filter, 4096, 1 },
};

static void make_documents(void)
{
    ov_arena_reset(arena);
    the_filter = json(every_operator);
    the_fields = json("[{'FieldName':'e2','FieldType':'path'}]");
    the_indexes = json("[{'IndexName':'i','VectorIndex':{'IndexType':'flat_hybrid'},"
                       "'ScalarIndex':['uri','i']},{'IndexName':'k'}]");
}

/* Bytes in use, of which a leak would leave some behind. */
static size_t live_bytes(void)
{
    return mallinfo2().uordblks;
}

static void fail_each(operation *run, size_t pad, int says)
{
    size_t n, before, failed = 0;
    int32_t code;

    for (n = 0;; n++) {
        make_documents();
        before = live_bytes();
        fault_arm(n);
        code = run(pad);
        if (!fault_disarm())
            break;
        failed++;
        ck_assert_msg(code == OV_NO_SPACE, "allocation %zu, pad %zu: %d %s", n, pad, code,
                      err.message);
        if (says && err.code != OV_OK)
            ck_assert_int_eq(err.code, OV_NO_SPACE);
        ck_assert_uint_le(live_bytes(), before + 64 * 1024);
    }
    ck_assert_int_eq(code, OV_OK);
    ck_assert_uint_gt(failed, 0);
}

START_TEST(every_allocation_that_fails_is_reported_and_changes_nothing)
{
    size_t pad;

    /* Reserve what the tests' own documents need: they must not fail. */
    (void)ov_arena_take(arena, 1024 * 1024 - 64);
    for (pad = 0; pad <= operations[_i].last_pad; pad += 16)
        fail_each(operations[_i].run, pad, operations[_i].says);
}
END_TEST

static void fail_often(operation *run, int rounds)
{
    size_t n;

    for (; rounds > 0; rounds--)
        for (n = 0; n < 10; n++) {
            make_documents();
            fault_arm(n);
            (void)run(32);
            (void)fault_disarm();
        }
}

START_TEST(a_thousand_failures_leave_no_byte_behind)
{
    size_t before;

    (void)ov_arena_take(arena, 1024 * 1024 - 64);
    /* The allocator's own caches fill first. */
    fail_often(operations[_i].run, 20);
    before = live_bytes();
    fail_often(operations[_i].run, 100);
    ck_assert_uint_le(live_bytes(), before + 2048);
}
END_TEST

static Suite *suite(void)
{
    Suite *whole = suite_create("faults");
    TCase *tests = tcase_create("faults");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_loop_test(tests,
                        every_allocation_that_fails_is_reported_and_changes_nothing, 0,
                        (int)(sizeof(operations) / sizeof(operations[0])));
    tcase_add_loop_test(tests, a_thousand_failures_leave_no_byte_behind, 0,
                        (int)(sizeof(operations) / sizeof(operations[0])));
    suite_add_tcase(whole, tests);
    return whole;
}

int main(void)
{
    return run_suite(suite());
}
