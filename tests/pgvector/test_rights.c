/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_rights.c - DDL: looked before made, names of any kind, and rights that lack.
 *
 * Where a right lacks, the provider says the SQL that an administrator must run; the
 * tests run what was said, as the superuser, and go on.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was said with a refusal, run as one file, is all that was missing. */
static void heal(const char *database)
{
    struct doc doc = { .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 } };

    ck_assert_int_gt(run_statements(database), 0);
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
    ck_assert_ptr_nonnull(strstr(notes.p, "collection docs"));
    ck_fails(OV_EXISTS,
             collection_create(session, &call, docs_schema("hnsw", OV_IP), &err));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    ck_ok(upsert_docs(&doc, 1));
    close_store();
}

static void refuse_and_heal(const char *database, const char *why)
{
    ck_ok(try_open(&session));
    ck_ok(doctor());
    ck_assert_msg(problems() > 0, "%s", notes.p);
    notes.n = 0;
    ck_fails(OV_DENIED,
             collection_create(session, &call, docs_schema("hnsw", OV_IP), &err));
    ck_says(why);
    heal(database);
}

START_TEST(without_the_extension_the_whole_sql_is_said)
{
    admin_in("ovbare", "DROP SCHEMA IF EXISTS rights CASCADE");
    admin_in("ovbare", "DROP EXTENSION IF EXISTS vector CASCADE");
    use_ini("--no-extension");
    set_option("schema", "rights");

    refuse_and_heal("ovbare", "extension 'vector'");
}
END_TEST

START_TEST(without_rights_the_whole_sql_is_said)
{
    admin_in("ovdenied", "DROP SCHEMA IF EXISTS rights CASCADE");
    admin_in("ovdenied", "REVOKE USAGE ON SCHEMA extensions FROM ov");
    use_ini("--no-rights");
    set_option("schema", "rights");

    refuse_and_heal("ovdenied", "may not use schema 'extensions'");
    /* The schema is there, but is another's. */
    admin_in("ovdenied", "DROP SCHEMA rights CASCADE");
    admin_in("ovdenied", "CREATE SCHEMA rights");
    refuse_and_heal("ovdenied", "may not create in schema 'rights'");
    admin_in("ovdenied", "DROP SCHEMA rights CASCADE");
    refuse_and_heal("ovdenied", "may not create in schema 'rights'");
}
END_TEST

/* A schema of ours with a collection whose table is ours no longer. */
static void make_docs_of_another_role(const char *kind)
{
    admin_in("ovdenied", "DROP SCHEMA IF EXISTS rights CASCADE");
    admin_in("ovdenied", "GRANT USAGE ON SCHEMA extensions TO ov");
    admin_in("ovdenied", "CREATE SCHEMA rights AUTHORIZATION ov");
    use_ini("--no-rights");
    set_option("schema", "rights");
    ck_ok(try_open(&session));
    ck_ok(collection_create(session, &call, docs_schema(kind, OV_IP), &err));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    admin_in("ovdenied", "ALTER TABLE rights.docs OWNER TO postgres");
}

START_TEST(tables_of_another_role_are_found_before_a_write_fails_on_them)
{
    struct doc doc = { .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 } };

    make_docs_of_another_role("flat");
    admin_in("ovdenied", "ALTER TABLE rights.ov_collections OWNER TO postgres");
    admin_in("ovdenied", "GRANT SELECT ON ALL TABLES IN SCHEMA rights TO ov");
    ck_fails(OV_DENIED, upsert_docs(&doc, 1));
    ck_ok(doctor());
    ck_assert_int_eq(problems(), 1);
    ck_assert_int_eq(run_statements("ovdenied"), 1);
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
    ov_error_reset(&err);
    ck_ok(upsert_docs(&doc, 1));
}
END_TEST

START_TEST(a_load_drops_no_index_that_it_could_not_make_again)
{
    struct doc doc = { .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 } };

    make_docs_of_another_role("hnsw");
    admin_in("ovdenied", "GRANT ALL ON rights.docs TO ov");

    ck_ok(bulk_begin(table, &call, &err));
    ck_ok(upsert_docs(&doc, 1));
    ck_ok(bulk_end(table, &call, &err));
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
}
END_TEST

START_TEST(nothing_is_made_where_ddl_is_forbidden)
{
    use_ini("--socket");
    set_option("ddl", "verify");
    open_store("test_rights");
    ck_fails(OV_DENIED,
             collection_create(session, &call, docs_schema("flat", OV_IP), &err));
    ck_assert_str_eq(
        admin("SELECT count(*) FROM pg_namespace WHERE nspname = 'test_rights'"), "0");
    close_store();
    reset_options();
    open_store("test_rights");
    create_docs("flat", OV_IP);
    close_store();
    set_option("ddl", "off");
    set_option("schema", "test_rights");
    ck_ok(try_open(&session));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    ck_ok(doctor());
    ck_assert_int_eq(problems(), 0);
}
END_TEST

static const char *objects(void)
{
    static char before[4096];

    snprintf(before, sizeof(before), "%s",
             admin("SELECT string_agg(c.oid || ' ' || c.relname || ' ' || c.relfilenode "
                   "|| ' ' || c.relnatts, ', ' ORDER BY c.oid) FROM pg_class AS c WHERE "
                   "c.relnamespace = 'test_rights'::regnamespace"));
    return before;
}

START_TEST(nothing_is_dropped_or_changed_where_ddl_is_forbidden)
{
    static const char *const words[] = { "verify", "off" };
    const struct doc doc = { .id = "a", .path = "/a", .vec = { 1 }, .body = "x" };
    struct ov_schema schema = *docs_schema("hnsw", OV_COSINE);
    struct ov_index index = *schema.indexes[0];
    struct ov_str name = ov_str_of("docs");
    char before[4096];

    use_ini("--socket");
    open_store("test_rights");
    create_docs("hnsw", OV_COSINE);
    snprintf(before, sizeof(before), "%s", objects());
    close_store();
    set_option("ddl", words[_i]);
    ck_ok(try_open(&session));
    ck_ok(collection_open(session, &call, name, &table, &err));

    ck_fails(OV_DENIED, index_drop(table, &call, index.name, &err));
    ck_says("option 'ddl' forbids to drop index 'default'");
    ck_fails(OV_DENIED, collection_drop(session, &call, name, &err));
    ck_says("option 'ddl' forbids to drop table");
    index.kind = ov_str_of("flat");
    ck_fails(OV_DENIED, index_put(table, &call, &index, &err));
    schema.n_fields--;
    ck_fails(OV_INVALID, collection_alter(table, &call, &schema, &err));
    ck_ok(bulk_begin(table, &call, &err));
    ck_ok(upsert_docs(&doc, 1));
    ck_ok(bulk_end(table, &call, &err));

    ck_fails(OV_NOT_FOUND, index_drop(table, &call, ov_str_of("none"), &err));
    ck_fails(OV_NOT_FOUND, collection_drop(session, &call, ov_str_of("none"), &err));
    ck_assert_str_eq(objects(), before);
}
END_TEST

START_TEST(a_role_that_may_only_use_its_tables_works)
{
    struct ov_index index;

    use_ini("--socket");
    open_store("test_rights");
    create_docs("hnsw", OV_COSINE);
    /* Nothing is left to be made, so none of these rights is asked for. */
    admin("REVOKE CREATE ON DATABASE ovtest FROM ov");
    index = *docs_schema("hnsw", OV_COSINE)->indexes[0];
    notes.n = 0;
    ck_ok(index_put(table, &call, &index, &err));
    ck_assert_msg(notes.n == 0, "%s", notes.p);
    admin("GRANT CREATE ON DATABASE ovtest TO ov");
}
END_TEST

START_TEST(foreign_tables_of_the_name_are_left_alone)
{
    use_ini("--socket");
    open_store("test_rights");
    admin("CREATE SCHEMA test_rights AUTHORIZATION ov");
    admin("CREATE TABLE test_rights.docs (mine int)");
    ck_fails(OV_EXISTS,
             collection_create(session, &call, docs_schema("flat", OV_IP), &err));
    ck_says("is no collection");
    ck_fails(OV_NOT_FOUND, collection_drop(session, &call, ov_str_of("docs"), &err));
    ck_assert_str_eq(admin("SELECT count(*) FROM test_rights.docs"), "0");
}
END_TEST

/* ------------------------------------------------------------- strangers */

#define TABLE "ALTER TABLE test_rights.docs "

/* What unqualified names could bind a table to before every text named its schemas. */
static void bind_to_strangers(void)
{
    admin("CREATE SCHEMA stranger");
    admin("GRANT USAGE ON SCHEMA stranger TO PUBLIC");
    admin("CREATE FUNCTION stranger.minus(int, int) RETURNS int IMMUTABLE LANGUAGE sql "
          "AS 'SELECT $1 OPERATOR(pg_catalog.-) $2'");
    admin("CREATE OPERATOR stranger.- (FUNCTION = stranger.minus, LEFTARG = int, "
          "RIGHTARG = int)");
    admin("CREATE FUNCTION stranger.left(text, int) RETURNS text IMMUTABLE LANGUAGE sql "
          "AS 'SELECT pg_catalog.left($1, $2)'");
    admin("CREATE FUNCTION stranger.to_tsvector(text, text) RETURNS tsvector IMMUTABLE "
          "LANGUAGE sql AS 'SELECT pg_catalog.to_tsvector(''simple''::regconfig, $2)'");
    admin("CREATE FUNCTION stranger.seven() RETURNS bigint LANGUAGE sql AS 'SELECT 7'");
    admin("CREATE DOMAIN stranger.real AS float8");
    admin(TABLE "DROP COLUMN \"path#depth\", ADD COLUMN \"path#depth\" integer "
                "GENERATED ALWAYS AS (octet_length(path) OPERATOR(stranger.-) "
                "octet_length(replace(path, '/', ''))) STORED");
    admin(TABLE "DROP COLUMN \"#keywords\", ADD COLUMN \"#keywords\" tsvector GENERATED "
                "ALWAYS AS (stranger.to_tsvector('simple', body)) STORED");
    admin(TABLE "ALTER COLUMN level SET DEFAULT stranger.seven()");
    admin(TABLE "DROP COLUMN score, ADD COLUMN score stranger.real DEFAULT 0");
    admin("DO $$DECLARE name text; made text; BEGIN "
          "SELECT indexrelid::regclass, replace(pg_get_indexdef(indexrelid), "
          "'\"left\"(', 'stranger.left(') INTO name, made FROM pg_index WHERE indrelid = "
          "'test_rights.docs'::regclass AND pg_get_indexdef(indexrelid) LIKE "
          "'%left%(body%'; "
          "EXECUTE 'DROP INDEX ' || name; EXECUTE made; END$$");
}

START_TEST(columns_and_indexes_bound_to_strangers_are_found_and_mended)
{
    static const char *const found[] = {
        "column path#depth runs what is a stranger's: operator stranger.-(",
        "column #keywords runs what is a stranger's: function stranger.to_tsvector(",
        "column level runs what is a stranger's: function stranger.seven()",
        "column score runs what is a stranger's: type stranger.\"real\"",
        "runs what is a stranger's: function stranger.\"left\"("
    };
    const struct doc doc = {
        .id = "a", .path = "/a/b", .vec = { 1, 0, 0, 0 }, .body = "old words"
    };
    const struct ov_str words = ov_str_of("words");
    const struct ov_search search = {
        .size = sizeof(search), .n_queries = 1, .text = &words, .limit = 10
    };

    char before[4096];

    use_ini("--socket");
    admin("DROP SCHEMA IF EXISTS stranger CASCADE");
    open_store("test_rights");
    create_docs("hnsw", OV_COSINE);
    ck_ok(upsert_docs(&doc, 1));
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
    bind_to_strangers();

    ck_ok(doctor());

    for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++)
        ck_assert_msg(strstr(notes.p, found[i]) != NULL, "%s: %s", found[i], notes.p);
    ck_assert_ptr_nonnull(strstr(notes.p, "import them into a new one"));
    ck_assert_int_eq(run_statements("ovtest"), 4);
    admin(TABLE "ALTER COLUMN score TYPE float8");
    ck_ok(doctor());
    ck_assert_msg(strstr(notes.p, "stranger") == NULL, "%s", notes.p);
    snprintf(before, sizeof(before), "%s", objects());
    admin("DROP SCHEMA stranger CASCADE");
    ck_assert_str_eq(objects(), before); /* nothing of ours hung on it */
    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_str_eq(ids(&result), "a");
    ck_assert_str_eq(admin("SELECT \"path#depth\" FROM test_rights.docs"), "2");
    ck_ok(upsert_docs(&doc, 1));
}
END_TEST

/* ------------------------------------------------------------------- names */

#define LONG \
    "a name that is far longer than the sixty-three bytes which PostgreSQL keeps of it"

static const char *const odd_names[] = {
    "robert'); DROP TABLE students;--",
    "\"quoted\"",
    "a\\b",
    "$1",
    "\xc3\xa4\xc3\xb6\xc3\xbc \xe2\x82\xac",
    "select",
    "ctid",
    "tableoid",
    "ov_collections",
    "a#b",
    " ",
    "%s%n",
    "id",
    LONG "1",
    LONG "2",
};
#define N_ODD (sizeof(odd_names) / sizeof(odd_names[0]))

static int seen;

static void count_name(void *ctx, struct ov_str name)
{
    (void)ctx;
    (void)name;
    seen++;
}

static void count_fields(void *ctx, const struct ov_schema *schema)
{
    *(uint32_t *)ctx = schema->n_fields;
}

static void check_schema_is(void *ctx, const struct ov_schema *schema)
{
    const struct ov_schema *want = ctx;

    ck_assert(ov_str_equal(schema->name, want->name));
    ck_assert_uint_eq(schema->n_fields, want->n_fields);
    for (uint32_t f = 0; f < want->n_fields; f++)
        ck_assert(ov_str_equal(schema->fields[f]->name, want->fields[f]->name));
    ck_assert(ov_str_equal(schema->indexes[0]->meta, want->indexes[0]->meta));
    ck_assert(ov_str_equal(schema->meta, want->meta));
    ck_assert_uint_eq(schema->indexes[0]->state, OV_INDEX_READY);
}

START_TEST(names_of_any_kind_are_carried)
{
    const struct ov_schema *docs = docs_schema("hnsw", OV_COSINE);
    struct ov_field list[N_ODD + 2];
    const struct ov_field *fields[N_ODD + 2];
    struct ov_index index = *docs->indexes[0];
    const struct ov_index *indexes[] = { &index };
    uint32_t scalars[N_ODD];
    struct ov_schema schema = *docs;

    use_ini("--socket");
    open_store("test \"rights\" '; DROP");
    for (uint32_t i = 0; i < N_ODD; i++) {
        list[i] = *docs->fields[i % 2 == 0 ? F_PATH : F_SPARSE];
        list[i].name = ov_str_of(odd_names[i]);
        scalars[i] = i;
    }
    list[N_ODD] = *docs->fields[F_ID];
    list[N_ODD].name = ov_str_of("key");
    list[N_ODD + 1] = *docs->fields[F_VEC];
    for (uint32_t i = 0; i < N_ODD + 2; i++)
        fields[i] = &list[i];
    index.dense = N_ODD + 1;
    index.sparse = 1;
    index.scalars = scalars;
    index.n_scalars = N_ODD;
    index.name = ov_str_of(LONG " \"'");
    schema.n_fields = N_ODD + 2;
    schema.fields = fields;
    schema.indexes = indexes;
    schema.key = N_ODD;
    for (uint32_t i = 0; i < N_ODD; i++) {
        schema.name = ov_str_of(odd_names[i]);
        ck_ok(collection_create(session, &call, &schema, &err));
        ck_ok(collection_open(session, &call, schema.name, &table, &err));
        ck_ok(collection_describe(table, &call, check_schema_is, &schema, &err));
        collection_close(table);
        table = NULL;
    }
    seen = 0;
    ck_ok(collection_list(session, &call, count_name, NULL, &err));
    ck_assert_int_eq(seen, N_ODD);
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
    for (uint32_t i = 0; i < N_ODD; i++)
        ck_ok(collection_drop(session, &call, ov_str_of(odd_names[i]), &err));
    admin("DROP SCHEMA \"test \"\"rights\"\" '; DROP\" CASCADE");
}
END_TEST

START_TEST(alter_appends_fields_that_old_records_fill)
{
    struct ov_schema schema = *docs_schema("flat", OV_COSINE);
    const struct ov_field *fields[F_COUNT + 2];
    struct ov_field number = *schema.fields[F_LEVEL], text = *schema.fields[F_BODY];
    const struct doc one = {
        .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 }, .body = "old words"
    };
    const struct ov_str words = ov_str_of("words");
    const struct ov_search search = {
        .size = sizeof(search), .n_queries = 1, .text = &words, .limit = 10
    };
    const struct ov_scan scan = { .size = sizeof(scan), .order = F_COUNT, .limit = 9 };
    struct ov_table *other;
    uint32_t n = 0;

    use_ini("--socket");
    open_store("test_rights");
    create_docs("flat", OV_COSINE);
    ck_ok(upsert_docs(&one, 1));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &other, &err));
    memcpy(fields, schema.fields, F_COUNT * sizeof(*fields));
    number.name = ov_str_of("more");
    number.fill.u.i = -7;
    text.name = ov_str_of("title");
    text.flags = OV_FIELD_FULLTEXT;
    fields[F_COUNT] = &number;
    fields[F_COUNT + 1] = &text;
    schema.fields = fields;
    schema.n_fields = F_COUNT + 2;
    ck_ok(collection_alter(table, &call, &schema, &err));
    ck_ok(read_scan(table, &call, &scan, &result, &err));
    ck_assert_str_eq(ids(&result), "a");
    ck_ok(collection_describe(other, &call, count_fields, &n, &err));
    ck_assert_uint_eq(n, F_COUNT + 2);
    ck_ok(read_scan(other, &call, &scan, &result, &err));
    ck_assert_str_eq(ids(&result), "a");
    ck_ok(search_search(other, &call, &search, &result, &err));
    ck_assert_str_eq(ids(&result), "a");
    schema.n_fields = F_COUNT;
    ck_fails(OV_INVALID, collection_alter(table, &call, &schema, &err));
    collection_close(other);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector rights");
    TCase *c = tcase_create("rights");

    tcase_add_checked_fixture(c, reset_options, close_store);
    tcase_add_test(c, without_the_extension_the_whole_sql_is_said);
    tcase_add_test(c, without_rights_the_whole_sql_is_said);
    tcase_add_test(c, tables_of_another_role_are_found_before_a_write_fails_on_them);
    tcase_add_test(c, a_load_drops_no_index_that_it_could_not_make_again);
    tcase_add_test(c, nothing_is_made_where_ddl_is_forbidden);
    tcase_add_loop_test(c, nothing_is_dropped_or_changed_where_ddl_is_forbidden, 0, 2);
    tcase_add_test(c, a_role_that_may_only_use_its_tables_works);
    tcase_add_test(c, foreign_tables_of_the_name_are_left_alone);
    tcase_add_test(c, columns_and_indexes_bound_to_strangers_are_found_and_mended);
    tcase_add_test(c, names_of_any_kind_are_carried);
    tcase_add_test(c, alter_appends_fields_that_old_records_fill);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_with_server(suite());
}
