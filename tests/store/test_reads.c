/* SPDX-License-Identifier: Apache-2.0 */
/* test_reads.c - fetch, search, scan, count, groups, explain, and what a page shows. */
#include "store_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define META                                                                             \
    "{'Fields':[{'FieldName':'id','FieldType':'string','IsPrimaryKey':true},"            \
    "{'FieldName':'v','FieldType':'vector','Dim':4},"                                    \
    "{'FieldName':'sv','FieldType':'sparse_vector'},"                                    \
    "{'FieldName':'i','FieldType':'int64'},{'FieldName':'s','FieldType':'string'},"      \
    "{'FieldName':'b','FieldType':'bool'},{'FieldName':'f','FieldType':'float32'},"      \
    "{'FieldName':'ls','FieldType':'list<string>'},"                                     \
    "{'FieldName':'d','FieldType':'date_time'},{'FieldName':'g','FieldType':'geo_point'" \
    "},"                                                                                 \
    "{'FieldName':'uri','FieldType':'path'},{'FieldName':'clip','FieldType':'text'}]}"
#define RECORDS                                                                       \
    "[{'id':'a','v':[3,4,0,0],'sv':{'fox':2,'dog':1},'i':3,'s':'x','b':true,'f':0.5," \
    "'ls':['p','q'],'d':'2026-03-01T00:00:00Z','g':'2.350,48.85','uri':'/x//y'},"     \
    "{'id':'b','v':[0,1,0,0],'i':1,'s':'y','ls':['p','p'],'d':'2026-03-02T00:00:00."  \
    "000Z',"                                                                          \
    "'g':'2.35,48.85','uri':'/x'},"                                                   \
    "{'id':'c','v':[1,0,0,0],'sv':{'fox':1},'i':1,'s':'x'},"                          \
    "{'id':'7','v':[0,0,0,0],'i':2}]"

static const float QUERY[] = { 1, 0, 0, 0 };
static struct ov_page page = OV_PAGE_INIT;

static void setup_with(const char *provider, const char *keys)
{
    open_store(provider, keys);
    open_collection(META);
    ck_ok(upsert(RECORDS));
}

static void setup(void)
{
    setup_with("memory", "distance = ip\nsparse_weight = 0.25");
}

static void teardown(void)
{
    ov_page_clear(&page);
    close_store();
}

static struct ov_query ask(void)
{
    struct ov_query query = { .size = sizeof(query), .limit = 10 };

    query.dense = QUERY;
    query.dim = 4;
    return query;
}

static int32_t search(const struct ov_query *query)
{
    ov_page_clear(&page);
    return ov_collection_search(env.collection, query, NULL, &page, &err);
}

static struct ov_listing list_by(const char *order)
{
    struct ov_listing listing = { .size = sizeof(listing), .limit = -1, .order = order };

    return listing;
}

static int32_t scan(const struct ov_listing *listing)
{
    ov_page_clear(&page);
    return ov_collection_scan(env.collection, listing, NULL, &page, &err);
}

static const char *scanned(const char *order, uint32_t descending)
{
    struct ov_listing listing = list_by(order);

    listing.descending = descending;
    ck_ok(scan(&listing));
    return page_keys(&page);
}

/* -------------------------------------------------------------------- fetch */

START_TEST(fetching_restores_order_repeats_and_misses)
{
    ck_ok(ov_collection_fetch(env.collection, json("['c','zz',7,'a','c',true]"), NULL,
                              NULL, &page, &err));
    ck_assert_int_eq(page.rows, 6);
    ck_assert_int_eq(page.missing, 2);
    ck_assert_str_eq(page_text(&page, 0, "id"), "'c'");
    ck_assert_int_eq(ov_page_found(&page, 1), 0);
    ck_assert_ptr_null(ov_page_record(&page, 1, env.arena));
    ck_assert_str_eq(page_text(&page, 2, "id"), "'7'");
    ck_assert_str_eq(page_text(&page, 3, "id"), "'a'");
    ck_assert_str_eq(page_text(&page, 4, "id"), "'c'");
    ck_assert_int_eq(ov_page_found(&page, 5), 0);
}
END_TEST

START_TEST(a_key_comes_back_as_it_was_asked_for)
{
    struct ov_cell key;

    ck_ok(ov_collection_fetch(env.collection, json("[7,'zz']"), NULL, NULL, &page, &err));
    ov_page_key(&page, 0, &key);
    ck_assert_uint_eq(key.type, OV_INT64);
    ck_assert_int_eq(key.u.i, 7);
    ov_page_key(&page, 1, &key);
    ck_assert_uint_eq(key.type, OV_TEXT);
    ck_assert_uint_eq(key.n, 2);
}
END_TEST

START_TEST(no_keys_is_an_empty_answer_and_no_list_is_an_error)
{
    ck_ok(ov_collection_fetch(env.collection, json("[]"), NULL, NULL, &page, &err));
    ck_assert_int_eq(page.rows, 0);
    ck_assert_uint_eq(ov_page_columns(&page), 12);
    ov_page_clear(&page);
    ck_fails(OV_INVALID,
             ov_collection_fetch(env.collection, json("'a'"), NULL, NULL, &page, &err));
    ck_assert_ptr_null(page.inside);
}
END_TEST

START_TEST(a_page_that_is_not_clear_is_not_filled)
{
    ck_ok(ov_collection_fetch(env.collection, json("['a']"), NULL, NULL, &page, &err));
    ck_fails(OV_INVALID,
             ov_collection_fetch(env.collection, json("['b']"), NULL, NULL, &page, &err));
    ck_says("not clear");
    ck_assert_str_eq(page_text(&page, 0, "id"), "'a'");
}
END_TEST

START_TEST(names_nobody_knows_are_columns_of_nulls)
{
    const char *names[] = { "s", "zz", "id", "s", "d" };
    struct ov_projection fields = { .size = sizeof(fields), .n_fields = 5 };
    int i;

    fields.fields = names;
    for (i = 0; i < 3; i++) { /* remembered the second time */
        ck_ok(ov_collection_fetch(env.collection, json("['a']"), &fields, NULL, &page,
                                  &err));
        ck_assert_uint_eq(ov_page_columns(&page), 5);
        ck_assert_str_eq(ov_page_column(&page, 1), "zz");
        ck_assert_str_eq(record_text(&page, 0),
                         "{'s':'x','zz':null,'id':'a','d':'2026-03-01T00:00:00Z'}");
        ov_page_clear(&page);
    }
}
END_TEST

START_TEST(more_lists_of_names_than_are_remembered_work_as_well)
{
    char name[8];
    const char *names[] = { name };
    struct ov_projection fields = { .size = sizeof(fields), .n_fields = 1 };
    int i;

    fields.fields = names;
    for (i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "%s%d", i % 2 ? "s" : "n", i % 20);
        ck_ok(ov_collection_fetch(env.collection, json("['a']"), &fields, NULL, &page,
                                  &err));
        ck_assert_str_eq(ov_page_column(&page, 0), name);
        ov_page_clear(&page);
    }
}
END_TEST

START_TEST(texts_come_back_in_their_own_spelling)
{
    ck_ok(ov_collection_fetch(env.collection, json("['a','b','c']"), NULL, NULL, &page,
                              &err));
    ck_assert_str_eq(page_text(&page, 0, "d"), "'2026-03-01T00:00:00Z'");
    ck_assert_str_eq(page_text(&page, 1, "d"), "'2026-03-02T00:00:00.000Z'");
    ck_assert_str_eq(page_text(&page, 2, "d"), "''");
    ck_assert_str_eq(page_text(&page, 0, "g"), "'2.350,48.85'");
    ck_assert_str_eq(page_text(&page, 1, "g"), "'2.35,48.85'");
    ck_assert_str_eq(page_text(&page, 2, "g"), "''");
    ck_assert_str_eq(page_text(&page, 0, "uri"), "'/x//y'");
    ck_assert_str_eq(page_text(&page, 1, "uri"), "'/x'");
    ck_assert_str_eq(page_text(&page, 2, "uri"), "''");
}
END_TEST

/* ------------------------------------------------------------------- search */

START_TEST(hits_come_best_first_and_by_key_among_equals)
{
    struct ov_query query = ask();

    ck_ok(search(&query));
    ck_assert_str_eq(page_keys(&page), "a c 7 b");
    ck_assert_double_eq(ov_page_score(&page, 0), 3);
    ck_assert_int_eq(ov_page_query(&page, 0), 0);
    query.limit = 2;
    query.offset = 1;
    ck_ok(search(&query));
    ck_assert_str_eq(page_keys(&page), "c 7");
}
END_TEST

START_TEST(sparse_terms_count_with_the_weight_of_the_index)
{
    struct ov_query query = ask();

    query.sparse = json("{'fox':1,'dog':2}");
    ck_ok(search(&query));
    ck_assert_str_eq(page_keys(&page), "a c 7 b");
    ck_assert_double_eq_tol(ov_page_score(&page, 0), 3.25, 1e-9);
    ck_assert_double_eq_tol(ov_page_score(&page, 1), 1.0, 1e-9);
    query.sparse = json("{'zzz':1}");
    ck_ok(search(&query));
    ck_assert_double_eq_tol(ov_page_score(&page, 0), 2.25, 1e-9);
    query.sparse = json("{}");
    ck_ok(search(&query));
    ck_assert_double_eq_tol(ov_page_score(&page, 0), 3, 1e-9);
}
END_TEST

START_TEST(a_question_that_asks_nothing_has_no_hits)
{
    struct ov_query query = ask();

    query.limit = 0;
    ck_ok(search(&query));
    ck_assert_int_eq(page.rows, 0);
    query = ask();
    query.offset = 100;
    ck_ok(search(&query));
    ck_assert_int_eq(page.rows, 0);
    query = ask();
    query.dim = 0;
    ck_ok(search(&query));
    ck_assert_int_eq(page.rows, 0);
    query.dense = NULL;
    ck_ok(search(&query));
    ck_assert_int_eq(page.rows, 0);
    query = ask();
    query.filter = json("{'op':'must','field':'s','conds':[]}");
    ck_ok(search(&query));
    ck_assert_int_eq(page.rows, 0);
}
END_TEST

START_TEST(bad_questions_are_refused_even_for_no_hits)
{
    const float broken[] = { 1, NAN, 0, 0 };
    struct ov_query query = ask();

    query.limit = -1;
    ck_fails(OV_INVALID, search(&query));
    ck_says("limit '-1'");
    query = ask();
    query.offset = -1;
    ck_fails(OV_INVALID, search(&query));
    query = ask();
    query.limit = 0;
    query.dim = 3;
    ck_fails(OV_INVALID, search(&query));
    ck_says("3 numbers, not 4");
    query.dim = 4;
    query.dense = broken;
    ck_fails(OV_INVALID, search(&query));
    ck_says("element 1");
    query.dense = QUERY;
    query.sparse = json("{'a':'x'}");
    ck_fails(OV_INVALID, search(&query));
    query.sparse = NULL;
    query.filter = json("{'op':'bogus'}");
    ck_fails(OV_INVALID, search(&query));
    query.filter = json("{'op':'must','field':'nope','conds':[1]}");
    ck_fails(OV_INVALID, search(&query));
    ck_says("nope");
    query.filter = NULL;
    query.index = "nope";
    ck_fails(OV_NOT_FOUND, search(&query));
    ck_says("'nope'");
    query.index = NULL;
    query.flags = 8;
    ck_fails(OV_INVALID, search(&query));
    ck_assert_ptr_null(page.inside);
}
END_TEST

START_TEST(words_and_vectors_do_not_mix_and_need_a_field)
{
    struct ov_query query = ask();
    struct ov_str words = ov_str_of("fox");

    query.text = &words;
    ck_fails(OV_INVALID, search(&query));
    query.dense = NULL;
    ck_fails(OV_UNSUPPORTED, search(&query));
    ck_says("keyword");
}
END_TEST

START_TEST(what_a_provider_cannot_do_is_said_before_it_is_asked)
{
    struct ov_query query = ask();

    close_store();
    open_store("bare", "distance = cosine\nsparse_weight = 0.25");
    open_collection(META);
    query.sparse = json("{'fox':1}");
    ck_fails(OV_UNSUPPORTED, search(&query));
    ck_says("hybrid");
    query.dense = NULL;
    ck_fails(OV_UNSUPPORTED, search(&query));
    ck_says("sparse");
    query = ask();
    query.filter = json("{'op':'regex','field':'s','pattern':'^a'}");
    ck_fails(OV_UNSUPPORTED, search(&query));
    ck_says("bare");
    ck_fails(OV_UNSUPPORTED, ov_store_ping(env.store, NULL, &err));
    ck_fails(OV_UNSUPPORTED,
             ov_index_put(env.collection,
                          json("{'IndexName':'n','VectorIndex':{'IndexType':'flat',"
                               "'Distance':'l2'}}"),
                          NULL, &err));
    ck_says("'l2'");
}
END_TEST

/* --------------------------------------------------------------------- scan */

START_TEST(records_come_by_field_then_by_key_nulls_last)
{
    ck_assert_str_eq(scanned(NULL, 0), "7 a b c");
    ck_assert(isnan(ov_page_score(&page, 0)));
    ck_assert_str_eq(scanned(NULL, 1), "c b a 7");
    ck_assert_str_eq(scanned("id", 1), "c b a 7");
    ck_assert_str_eq(scanned("i", 0), "b c 7 a");
    ck_assert_double_eq(ov_page_score(&page, 3), 3);
    ck_assert_str_eq(scanned("i", 1), "a 7 b c");
    ck_assert_str_eq(scanned("d", 0), "a b 7 c");
    ck_assert_str_eq(scanned("d", 1), "b a 7 c");
    ck_assert_double_eq(ov_page_score(&page, 1), 1772323200000.0);
    ck_assert(isnan(ov_page_score(&page, 2)));
    ck_assert_str_eq(scanned("b", 1), "a 7 b c");
    ck_assert_double_eq(ov_page_score(&page, 0), 1);
    ck_assert_str_eq(scanned("s", 0), "7 a c b");
    ck_assert(isnan(ov_page_score(&page, 1)));
}
END_TEST

START_TEST(what_has_no_order_is_refused)
{
    static const char *const fields[] = { "v", "sv", "ls", "g", "nope", "_ov_text_d" };
    struct ov_listing listing;
    size_t i;

    for (i = 0; i < 6; i++) {
        listing = list_by(fields[i]);
        ck_fails(OV_INVALID, scan(&listing));
        ck_says(fields[i]);
    }
    listing = list_by(NULL);
    listing.limit = -2;
    ck_fails(OV_INVALID, scan(&listing));
    listing.limit = -1;
    listing.offset = -1;
    ck_fails(OV_INVALID, scan(&listing));
}
END_TEST

/* Every record exactly once, one a page. */
static void page_through(const char *order, uint32_t descending, const char *expected)
{
    const char *names[] = { "s" };
    struct ov_listing listing = list_by(order);
    struct ov_page before = OV_PAGE_INIT, now = OV_PAGE_INIT;
    char seen[256] = "";
    size_t n = 0;
    int turns;

    listing.limit = 1;
    listing.descending = descending;
    listing.fields.n_fields = 1;
    listing.fields.fields = names;
    for (turns = 0; turns < 10; turns++) {
        ck_ok(ov_collection_scan(env.collection, &listing, NULL, &now, &err));
        n += (size_t)snprintf(seen + n, sizeof(seen) - n, "%s%s", n ? " " : "",
                              page_keys(&now));
        ov_page_clear(&before);
        before = now;
        now = (struct ov_page)OV_PAGE_INIT;
        listing.after = &before;
        if (before.rows == 0)
            break;
    }
    ov_page_clear(&before);
    if (n > 0 && seen[n - 1] == ' ')
        seen[n - 1] = '\0';
    ck_assert_str_eq(seen, expected);
}

START_TEST(a_listing_goes_on_behind_the_last_row)
{
    page_through(NULL, 0, "7 a b c");
    page_through("id", 1, "c b a 7");
    page_through("i", 0, "b c 7 a");
    page_through("i", 1, "a 7 b c");
    page_through("d", 0, "a b 7 c");
    page_through("d", 1, "b a 7 c");
    page_through("s", 1, "b a c 7");
}
END_TEST

START_TEST(a_page_of_another_order_is_no_cursor)
{
    struct ov_listing listing = list_by("i");
    struct ov_page other = OV_PAGE_INIT;

    ck_ok(scan(&listing));
    listing.after = &page;
    listing.descending = 1;
    ck_fails(OV_INVALID,
             ov_collection_scan(env.collection, &listing, NULL, &other, &err));
    listing = list_by("s");
    listing.after = &page;
    ck_fails(OV_INVALID,
             ov_collection_scan(env.collection, &listing, NULL, &other, &err));
    ov_page_clear(&page);
    ck_fails(OV_INVALID,
             ov_collection_scan(env.collection, &listing, NULL, &other, &err));
}
END_TEST

/* ------------------------------------------------------------ count, groups */

static uint64_t count(const char *filter)
{
    uint64_t n = 99;

    ck_ok(ov_collection_count(env.collection, json(filter), &n, NULL, &err));
    return n;
}

START_TEST(counting_follows_the_filter)
{
    ck_assert_uint_eq(count("null"), 4);
    ck_assert_uint_eq(count("{}"), 4);
    ck_assert_uint_eq(count("{'op':'must','field':'s','conds':['x']}"), 2);
    ck_assert_uint_eq(count("{'filter':{'op':'must','field':'s','conds':['x']}}"), 2);
    ck_assert_uint_eq(count("{'op':'must','field':'s','conds':[]}"), 0);
    ck_assert_uint_eq(count("{'op':'must','field':'uri','conds':['viking://x/']}"), 2);
}
END_TEST

static const char *groups(const char *field, const char *filter)
{
    const struct ov_doc *out = NULL;
    static char text[512];
    char *printed;
    size_t n;

    ck_ok(ov_collection_groups(env.collection,
                               &(struct ov_grouping){ .size = sizeof(struct ov_grouping),
                                                      .field = field,
                                                      .filter = json(filter) },
                               env.arena, &out, NULL, &err));
    ck_ok(ov_doc_print(out, &printed, &n, &err));
    snprintf(text, sizeof(text), "%s", printed);
    free(printed);
    for (char *at = text; *at != '\0'; at++)
        if (*at == '"')
            *at = '\'';
    return text;
}

START_TEST(groups_are_texts_and_their_counts)
{
    const struct ov_doc *out = NULL;

    ck_assert_str_eq(groups("s", "null"), "{'':1,'x':2,'y':1}");
    ck_assert_str_eq(groups("i", "null"), "{'1':2,'2':1,'3':1}");
    ck_assert_str_eq(groups("b", "null"), "{'0':3,'1':1}");
    ck_assert_str_eq(groups("f", "null"), "{'0':3,'0.5':1}");
    ck_assert_str_eq(groups("ls", "null"), "{'p':2,'q':1}");
    ck_assert_str_eq(groups("d", "null"), "{'1772323200000':1,'1772409600000':1,'':2}");
    ck_assert_str_eq(groups("s", "{'op':'must','field':'i','conds':[1]}"),
                     "{'x':1,'y':1}");
    ck_assert_str_eq(groups("s", "{'op':'must','field':'i','conds':[]}"), "{}");
    ck_fails(OV_INVALID,
             ov_collection_groups(env.collection,
                                  &(struct ov_grouping){
                                      .size = sizeof(struct ov_grouping), .field = "v" },
                                  env.arena, &out, NULL, &err));
    ck_says("'v'");
    ck_fails(OV_INVALID, ov_collection_groups(
                             env.collection,
                             &(struct ov_grouping){ .size = sizeof(struct ov_grouping),
                                                    .field = "nope" },
                             env.arena, &out, NULL, &err));
    ck_assert_ptr_null(out);
}
END_TEST

START_TEST(a_filter_can_be_shown)
{
    const struct ov_doc *out = NULL;

    ck_ok(ov_collection_explain(env.collection,
                                json("{'op':'must','field':'i','conds':['7']}"),
                                env.arena, &out, &err));
    ck_assert_str_eq(ov_doc_str(ov_doc_get(out, "op")).p, "in");
    ck_fails(OV_INVALID, ov_collection_explain(env.collection, json("{'op':'x'}"),
                                               env.arena, &out, &err));
}
END_TEST

/* ------------------------------------------------------------------- export */

START_TEST(a_page_moves_out_as_arrow_data)
{
    const char *names[] = { "d", "i", "zz", "v" };
    struct ov_query query = ask();
    struct ArrowSchema schema;
    struct ArrowArray array;
    struct ov_cell cell;

    query.fields.n_fields = 4;
    query.fields.fields = names;
    query.limit = 2;
    ck_ok(search(&query));
    ck_ok(ov_page_export(&page, &schema, &array, &err));
    ck_assert_ptr_null(page.inside);
    ck_assert_int_eq(array.length, 2);
    ck_assert_int_eq(array.n_children, 6);
    ck_assert_str_eq(schema.children[0]->name, "_ov_key");
    ck_assert_str_eq(schema.children[1]->name, "_ov_score");
    ck_assert_str_eq(schema.children[2]->name, "d");
    ck_assert_str_eq(schema.children[2]->format, "tsu:UTC");
    ck_assert_str_eq(schema.children[5]->format, "+w:4");
    ov_array_cell(&array, 2, 0, OV_TIME, 0, &cell);
    ck_assert_int_eq(cell.u.i, INT64_C(1772323200000000));
    ov_array_cell(&array, 4, 0, OV_TEXT, 0, &cell);
    ck_assert_uint_eq(cell.type, OV_NULL);
    ov_array_cell(&array, 5, 1, OV_VECTOR, 4, &cell);
    ck_assert_double_eq(cell.u.floats[0], 1);
    array.release(&array);
    schema.release(&schema);
    ck_fails(OV_INVALID, ov_page_export(&page, &schema, &array, &err));
}
END_TEST

START_TEST(a_page_that_is_copied_out_stays)
{
    struct ov_query query = ask();
    struct ArrowSchema schema;
    struct ArrowArray array;
    struct ov_cell cell;

    ck_ok(search(&query));
    ck_ok(ov_page_arrow(&page, &schema, &array, &err));
    ck_assert_int_eq(array.length, page.rows);
    ov_page_key(&page, 0, &cell);
    ck_assert_uint_eq(cell.type, OV_TEXT);
    array.release(&array);
    schema.release(&schema);
    ck_ok(ov_page_export(&page, &schema, &array, &err));
    array.release(&array);
    schema.release(&schema);
    ck_fails(OV_INVALID, ov_page_arrow(&page, &schema, &array, &err));
}
END_TEST

/* What lies behind an odd number of columns must be aligned as well. */
START_TEST(a_page_of_any_width_is_copied_out)
{
    const char *names[] = { "i", "d", "v" };
    struct ov_query query = ask();
    struct ArrowSchema schema;
    struct ArrowArray array;

    query.fields.n_fields = (uint32_t)_i;
    query.fields.fields = names;
    ck_ok(search(&query));
    ck_ok(ov_page_arrow(&page, &schema, &array, &err));
    ck_assert_int_eq(array.n_children, _i + 2);
    ck_assert_str_eq(schema.children[_i + 1]->name, names[_i - 1]);
    array.release(&array);
    schema.release(&schema);
}
END_TEST

/* Names that nobody has are columns too, and might be those of key and score. */
START_TEST(no_two_columns_have_one_name)
{
    const char *names[] = { "i", "_ov_score", "key", "i", "key", "_ov_key", "d" };
    static const char *const wanted[] = { "_ov_key", "_ov_score", "i", "key", "d" };
    struct ov_query query = ask();
    struct ArrowSchema schema;
    struct ArrowArray array;
    struct ov_cell cell;
    unsigned i;

    query.fields.n_fields = 7;
    query.fields.fields = names;
    ck_ok(search(&query));
    ck_ok(ov_page_arrow(&page, &schema, &array, &err));
    ck_assert_int_eq(array.n_children, 5);
    ck_assert_int_eq(schema.n_children, 5);
    for (i = 0; i < 5; i++)
        ck_assert_str_eq(schema.children[i]->name, wanted[i]);
    ov_array_cell(&array, 4, 0, OV_TIME, 0, &cell);
    ck_assert_uint_eq(cell.type, OV_TIME);
    array.release(&array);
    schema.release(&schema);
}
END_TEST

START_TEST(a_fetch_with_misses_moves_out_as_well)
{
    struct ArrowSchema schema;
    struct ArrowArray array;
    struct ov_cell cell;

    ck_ok(ov_collection_fetch(env.collection, json("['zz',7]"), NULL, NULL, &page, &err));
    ck_ok(ov_page_export(&page, &schema, &array, &err));
    ck_assert_int_eq(array.length, 2);
    ov_array_cell(&array, 0, 1, OV_TEXT, 0, &cell);
    ck_assert_uint_eq(cell.n, 1);
    ov_array_cell(&array, 2, 0, OV_TEXT, 0, &cell);
    ck_assert_uint_eq(cell.type, OV_NULL);
    ck_assert_int_eq(schema.children[2]->flags & ARROW_FLAG_NULLABLE,
                     ARROW_FLAG_NULLABLE);
    array.release(&array);
    schema.release(&schema);
}
END_TEST

START_TEST(a_page_outlives_its_collection_and_store)
{
    struct ov_query query = ask();
    struct ov_arena *arena = ov_arena_new();
    struct ov_doc *record;

    ck_ok(search(&query));
    close_store();
    record = ov_page_record(&page, 0, arena);
    ck_assert_ptr_nonnull(record);
    ck_assert_str_eq(ov_doc_str(ov_doc_get(record, "id")).p, "a");
    ov_arena_free(arena);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("reads");
    TCase *t = tcase_create("reads");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, fetching_restores_order_repeats_and_misses);
    tcase_add_test(t, a_key_comes_back_as_it_was_asked_for);
    tcase_add_test(t, no_keys_is_an_empty_answer_and_no_list_is_an_error);
    tcase_add_test(t, a_page_that_is_not_clear_is_not_filled);
    tcase_add_test(t, names_nobody_knows_are_columns_of_nulls);
    tcase_add_test(t, more_lists_of_names_than_are_remembered_work_as_well);
    tcase_add_test(t, texts_come_back_in_their_own_spelling);
    tcase_add_test(t, hits_come_best_first_and_by_key_among_equals);
    tcase_add_test(t, sparse_terms_count_with_the_weight_of_the_index);
    tcase_add_test(t, a_question_that_asks_nothing_has_no_hits);
    tcase_add_test(t, bad_questions_are_refused_even_for_no_hits);
    tcase_add_test(t, words_and_vectors_do_not_mix_and_need_a_field);
    tcase_add_test(t, what_a_provider_cannot_do_is_said_before_it_is_asked);
    tcase_add_test(t, records_come_by_field_then_by_key_nulls_last);
    tcase_add_test(t, what_has_no_order_is_refused);
    tcase_add_test(t, a_listing_goes_on_behind_the_last_row);
    tcase_add_test(t, a_page_of_another_order_is_no_cursor);
    tcase_add_test(t, counting_follows_the_filter);
    tcase_add_test(t, groups_are_texts_and_their_counts);
    tcase_add_test(t, a_filter_can_be_shown);
    tcase_add_test(t, a_page_moves_out_as_arrow_data);
    tcase_add_test(t, a_page_that_is_copied_out_stays);
    tcase_add_test(t, no_two_columns_have_one_name);
    tcase_add_loop_test(t, a_page_of_any_width_is_copied_out, 1, 4);
    tcase_add_test(t, a_fetch_with_misses_moves_out_as_well);
    tcase_add_test(t, a_page_outlives_its_collection_and_store);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
