/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_views.c - what one handle changes, another one of before knows.
 *
 * Most tests run twice: the change comes through the same store, which tells all its
 * handles, and through another store on the same folder, of which the first one hears as
 * little as of another process.
 */
#include "store_support.h"

#include <stdio.h>
#include <time.h>

enum { SAME_STORE, ANOTHER_STORE, STORES };

#define FIELDS                                                     \
    "{'FieldName':'id','FieldType':'string','IsPrimaryKey':true}," \
    "{'FieldName':'v','FieldType':'vector','Dim':4},"              \
    "{'FieldName':'w','FieldType':'sparse_vector'}"
#define META "{'Fields':[" FIELDS "]}"
#define WIDER "[{'FieldName':'nine','FieldType':'int64','DefaultValue':9}]"
#define OF_EIGHT                                                              \
    "{'Fields':[{'FieldName':'id','FieldType':'string','IsPrimaryKey':true}," \
    "{'FieldName':'v','FieldType':'vector','Dim':8},"                         \
    "{'FieldName':'w','FieldType':'sparse_vector'}]}"
#define FLAT "{'IndexName':'default','VectorIndex':{'IndexType':'flat','Distance':'ip'}}"
#define HYBRID(alpha)                                                  \
    "{'IndexName':'default','VectorIndex':{'IndexType':'flat_hybrid'," \
    "'Distance':'ip','EnableSparse':true,'SearchWithSparseLogitAlpha':" alpha "}}"
#define ONE "[{'id':'a','v':[1,0,0,0],'w':{'fox':4}}]"

/* By whom the change comes: a store and a handle of its own on the collection. */
static struct ov_store *second_store;
static struct ov_collection *other;

static void make(struct ov_store *store, const char *meta, const char *index)
{
    struct ov_collection_spec spec = { .size = sizeof(spec), .name = "c" };
    char list[512];

    snprintf(list, sizeof(list), "[%s]", index);
    spec.meta = json(meta);
    spec.indexes = json(list);
    ck_ok(ov_store_create(store, &spec, NULL, NULL, &err));
}

static void setup_with(int whose, const char *index)
{
    char keys[600];

    snprintf(keys, sizeof(keys), "path = %s", temp_path("store"));
    open_store("native", keys);
    make(env.store, META, index);
    ck_ok(ov_store_collection(env.store, "c", NULL, &env.collection, &err));
    ck_ok(upsert(ONE));
    if (whose == ANOTHER_STORE)
        ck_ok(ov_store_open(env.host, env.config, NULL, NULL, &second_store, &err));
    ck_ok(ov_store_collection(second_store != NULL ? second_store : env.store, "c", NULL,
                              &other, &err));
}

static struct ov_store *others_store(void)
{
    return second_store != NULL ? second_store : env.store;
}

static void nothing(void)
{
}

static void close_both(void)
{
    ov_collection_free(other);
    ov_store_free(second_store);
    other = NULL;
    second_store = NULL;
    close_store();
}

static const float east[] = { 1, 0, 0, 0, 0, 0, 0, 0 };

static int32_t search(uint64_t dim, const char *terms, int64_t limit,
                      struct ov_page *page)
{
    struct ov_query query = { .size = sizeof(query), .limit = limit, .dim = dim };

    query.dense = dim > 0 ? east : NULL;
    query.sparse = terms == NULL ? NULL : json(terms);
    return ov_collection_search(env.collection, &query, NULL, page, &err);
}

/* Of record a through the handle of before; -1 when it is not found. */
static double score(uint64_t dim, const char *terms)
{
    struct ov_page page = OV_PAGE_INIT;
    double found = -1;

    ck_ok(search(dim, terms, 5, &page));
    if (page.rows > 0)
        found = ov_page_score(&page, 0);
    ov_page_clear(&page);
    return found;
}

#define ck_score(dim, terms, wanted) \
    ck_assert_double_eq_tol(score(dim, terms), wanted, 1e-6)

/* ------------------------------------------------------------------- indexes */

START_TEST(an_index_made_hybrid_weighs_terms)
{
    setup_with(_i, FLAT);
    ck_score(4, "{'fox':1}", 1);
    ck_score(0, "{'fox':1}", -1);

    ck_ok(ov_index_put(other, json(HYBRID("0.5")), NULL, &err));
    ck_score(4, "{'fox':1}", 2.5);
    ck_score(0, "{'fox':1}", 4);
}
END_TEST

START_TEST(an_index_made_flat_leaves_terms_out)
{
    setup_with(_i, HYBRID("0.5"));
    ck_score(4, "{'fox':1}", 2.5);
    ck_score(0, "{'fox':1}", 4);

    ck_ok(ov_index_put(other, json(FLAT), NULL, &err));
    ck_score(4, "{'fox':1}", 1);
}
END_TEST

START_TEST(terms_alone_find_nothing_in_an_index_made_flat)
{
    setup_with(_i, HYBRID("0.5"));
    ck_score(0, "{'fox':1}", 4);

    ck_ok(ov_index_put(other, json(FLAT), NULL, &err));
    ck_score(0, "{'fox':1}", -1);
}
END_TEST

START_TEST(an_index_that_did_not_weigh_terms_weighs_them)
{
    setup_with(_i, HYBRID("0"));
    ck_score(4, "{'fox':1}", 1);

    ck_ok(ov_index_put(other, json(HYBRID("0.25")), NULL, &err));
    ck_score(4, "{'fox':1}", 1.75);
}
END_TEST

/* For no hits the provider is not asked, so only the host can know. */
START_TEST(a_dropped_index_is_missed_even_by_a_search_for_no_hits)
{
    struct ov_page page = OV_PAGE_INIT;

    setup_with(SAME_STORE, FLAT);
    ck_ok(search(4, NULL, 0, &page));
    ov_page_clear(&page);

    ck_ok(ov_index_drop(other, "default", NULL, NULL, &err));
    ck_fails(OV_NOT_FOUND, search(4, NULL, 0, &page));
    ck_says("'default'");
    ck_fails(OV_NOT_FOUND, search(4, NULL, 5, &page));
}
END_TEST

START_TEST(an_index_dropped_by_another_store_is_missed)
{
    struct ov_page page = OV_PAGE_INIT;

    setup_with(ANOTHER_STORE, FLAT);
    ck_ok(ov_index_drop(other, "default", NULL, NULL, &err));
    ck_fails(OV_NOT_FOUND, search(4, NULL, 5, &page));
    ck_says("'default'");
}
END_TEST

/* -------------------------------------------------------------------- fields */

START_TEST(an_appended_field_is_written_and_filtered_by)
{
    struct ov_page page = OV_PAGE_INIT;
    uint64_t count = 0;

    setup_with(_i, FLAT);
    ck_ok(ov_collection_update(other, json(WIDER), NULL, NULL, &err));
    ck_ok(upsert("[{'id':'b','v':[0,1,0,0],'nine':1}]"));
    ck_ok(
        ov_collection_fetch(env.collection, json("['a','b']"), NULL, NULL, &page, &err));
    ck_assert_str_eq(page_text(&page, 0, "nine"), "9");
    ck_assert_str_eq(page_text(&page, 1, "nine"), "1");
    ov_page_clear(&page);
    ck_ok(ov_collection_count(env.collection,
                              json("{'op':'must','field':'nine','conds':[1]}"), &count,
                              NULL, &err));
    ck_assert_uint_eq(count, 1);
}
END_TEST

/* Asked for by name it would be null, and of the whole record it would be missing. */
START_TEST(an_appended_field_is_read_at_once)
{
    static const char *const names[] = { "nine" };
    const struct ov_projection nine = { sizeof(nine), 1, names };
    const struct ov_projection *asked = _i == 0 ? &nine : NULL;
    struct ov_page page = OV_PAGE_INIT;

    setup_with(SAME_STORE, FLAT);
    ck_ok(ov_collection_update(other, json(WIDER), NULL, NULL, &err));
    ck_ok(ov_collection_fetch(env.collection, json("['a']"), asked, NULL, &page, &err));
    ck_assert_str_eq(page_text(&page, 0, "nine"), "9");
    ov_page_clear(&page);
}
END_TEST

/* --------------------------------------------------------------- collections */

static void make_anew(void)
{
    int dropped = 0;

    ck_ok(ov_store_drop(others_store(), "c", &dropped, NULL, &err));
    ck_assert_int_eq(dropped, 1);
    make(others_store(), OF_EIGHT, FLAT);
}

START_TEST(a_collection_made_anew_is_searched_in_its_new_dimension)
{
    setup_with(_i, FLAT);
    ck_score(4, NULL, 1);

    make_anew();
    ck_score(8, NULL, -1);
    ck_ok(upsert("[{'id':'b','v':[2,0,0,0,0,0,0,0]}]"));
    ck_score(8, NULL, 2);
    ck_fails(OV_INVALID, upsert(ONE));
    ck_says("a vector of 4 numbers, not 8");
}
END_TEST

START_TEST(a_collection_made_anew_is_written_in_its_new_dimension)
{
    setup_with(_i, FLAT);
    make_anew();
    ck_ok(upsert("[{'id':'b','v':[2,0,0,0,0,0,0,0]}]"));
    ck_score(8, NULL, 2);
}
END_TEST

START_TEST(a_collection_that_this_store_made_anew_is_known_at_once)
{
    struct ov_page page = OV_PAGE_INIT;

    setup_with(ANOTHER_STORE, FLAT);
    ck_ok(ov_store_drop(second_store, "c", NULL, NULL, &err));
    make(env.store, OF_EIGHT, FLAT);
    ck_fails(OV_INVALID, search(4, NULL, 0, &page));
    ck_ok(search(8, NULL, 0, &page));
    ov_page_clear(&page);
}
END_TEST

START_TEST(a_dropped_collection_is_not_there)
{
    struct ov_page page = OV_PAGE_INIT;

    setup_with(_i, FLAT);
    ck_ok(ov_store_drop(others_store(), "c", NULL, NULL, &err));
    ck_fails(OV_NOT_FOUND, search(4, NULL, 5, &page));
    ck_says("'c'");
}
END_TEST

START_TEST(a_dropped_collection_is_not_there_for_a_search_that_wants_no_hits)
{
    struct ov_page page = OV_PAGE_INIT;

    setup_with(SAME_STORE, FLAT);
    ck_ok(ov_store_drop(others_store(), "c", NULL, NULL, &err));
    ck_fails(OV_NOT_FOUND, search(4, NULL, 0, &page));
}
END_TEST

/* ------------------------------------------------------------- what it costs */

static void take_count(void *ctx, const struct ov_note *note)
{
    if (ov_str_equal(note->name, ov_str_of("collection_describe")))
        ck_ok(ov_int_parse(note->text, ctx));
}

/* How often the provider was asked what a collection looks like. */
static int64_t looks(void)
{
    int64_t n = 0;
    struct ov_call_options options = { .size = sizeof(options), .note = take_count };

    options.note_ctx = &n;
    ck_ok(ov_store_act(env.store, "counts", NULL, 0, &options, &err));
    return n;
}

static void open_script(const char *script)
{
    char keys[256];

    snprintf(keys, sizeof(keys), "script = \"%s\"", script);
    open_store("scripted", keys);
    make(env.store, META, FLAT);
    ck_ok(ov_store_collection(env.store, "c", NULL, &env.collection, &err));
    ck_ok(ov_store_collection(env.store, "c", NULL, &other, &err));
}

static void count_thrice(void)
{
    uint64_t count;
    int i;

    for (i = 0; i < 3; i++)
        ck_ok(ov_collection_count(env.collection, NULL, &count, NULL, &err));
}

START_TEST(a_change_costs_each_other_handle_one_look)
{
    int64_t before;

    open_script("");
    before = looks();
    count_thrice();
    ck_assert_int_eq(looks(), before);

    ck_ok(ov_collection_update(other, json(WIDER), NULL, NULL, &err));
    before = looks();
    count_thrice();
    ck_assert_int_eq(looks(), before + 1);
    make(env.store, META, FLAT); /* which is there */
    before = looks();
    count_thrice();
    ck_assert_int_eq(looks(), before);
}
END_TEST

START_TEST(a_change_that_may_have_happened_is_looked_for)
{
    struct ov_page page = OV_PAGE_INIT;

    open_script("index_drop 1 OV_UNAVAILABLE uncertain done");
    ck_ok(search(4, NULL, 0, &page));
    ov_page_clear(&page);
    ck_fails(OV_UNAVAILABLE, ov_index_drop(other, "default", NULL, NULL, &err));
    ck_fails(OV_NOT_FOUND, search(4, NULL, 0, &page));
}
END_TEST

START_TEST(whoever_is_refused_does_not_wait_for_a_server_that_is_away)
{
    int64_t before;

    open_script("collection_describe 3- OV_UNAVAILABLE retryable");
    before = looks();
    ck_fails(OV_INVALID, upsert("[{'id':'a','zz':1}]"));
    ck_says("no field 'zz'");
    ck_assert_int_eq(looks(), before + 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("views");
    TCase *t = tcase_create("views");

    tcase_add_checked_fixture(t, nothing, close_both);
    tcase_add_loop_test(t, an_index_made_hybrid_weighs_terms, 0, STORES);
    tcase_add_loop_test(t, an_index_made_flat_leaves_terms_out, 0, STORES);
    tcase_add_loop_test(t, terms_alone_find_nothing_in_an_index_made_flat, 0, STORES);
    tcase_add_loop_test(t, an_index_that_did_not_weigh_terms_weighs_them, 0, STORES);
    tcase_add_test(t, a_dropped_index_is_missed_even_by_a_search_for_no_hits);
    tcase_add_test(t, an_index_dropped_by_another_store_is_missed);
    tcase_add_loop_test(t, an_appended_field_is_written_and_filtered_by, 0, STORES);
    tcase_add_loop_test(t, an_appended_field_is_read_at_once, 0, 2);
    tcase_add_loop_test(t, a_collection_made_anew_is_searched_in_its_new_dimension, 0,
                        STORES);
    tcase_add_loop_test(t, a_collection_made_anew_is_written_in_its_new_dimension, 0,
                        STORES);
    tcase_add_test(t, a_collection_that_this_store_made_anew_is_known_at_once);
    tcase_add_loop_test(t, a_dropped_collection_is_not_there, 0, STORES);
    tcase_add_test(t, a_dropped_collection_is_not_there_for_a_search_that_wants_no_hits);
    tcase_add_test(t, a_change_costs_each_other_handle_one_look);
    tcase_add_test(t, a_change_that_may_have_happened_is_looked_for);
    tcase_add_test(t, whoever_is_refused_does_not_wait_for_a_server_that_is_away);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
