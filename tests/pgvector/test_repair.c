/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_repair.c - what is missing in the database is found by looking at it, and made:
 * by many at once, beside writers, and never by who only opens a collection.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Connect as the superuser to this database. */
static void use_superuser(const char *database)
{
    char path[512];
    char *text;

    snprintf(path, sizeof(path), "%s/admin", getenv("OV_TEST_PG_DIR"));
    text = read_text(path, NULL);
    ck_assert_ptr_nonnull(text);
    text[strcspn(text, "\n")] = '\0';
    snprintf(url, sizeof(url), "%.400s dbname=%s", text, database);
    free(text);
}

/* ------------------------------------------------------------- many at once */

#define AT_ONCE 8

/* Waits at the gate, then makes a collection in one of four schemas. */
static int make_one(int i, int gate)
{
    static const char *const schemas[] = { "race0", "race1", "race2", "race3" };
    struct ov_session *own;
    char byte;
    int32_t status;

    set_option("schema", schemas[i % 4]);
    if (try_open(&own) != OV_OK || read(gate, &byte, 1) != 0)
        return 1;
    ov_error_reset(&err);
    status = collection_create(own, &call, docs_schema("hnsw", OV_COSINE), &err);
    if (status != OV_OK && status != OV_EXISTS)
        fprintf(stderr, "%s\n", err.message);
    return status != OV_OK && status != OV_EXISTS;
}

START_TEST(eight_that_begin_at_once_make_the_extension_once)
{
    int gate[2], status;
    pid_t children[AT_ONCE];

    for (int i = 0; i < 4; i++) {
        char sql[80];

        snprintf(sql, sizeof(sql), "DROP SCHEMA IF EXISTS race%d CASCADE", i);
        admin_in("ovbare", sql);
    }
    admin_in("ovbare", "DROP EXTENSION IF EXISTS vector CASCADE");
    use_superuser("ovbare");
    ck_assert_int_eq(pipe(gate), 0);
    for (int i = 0; i < AT_ONCE; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0) {
            close(gate[1]);
            _exit(make_one(i, gate[0]));
        }
    }
    close(gate[1]);

    for (int i = 0; i < AT_ONCE; i++) {
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert_int_eq(status, 0);
    }
    close(gate[0]);
}
END_TEST

START_TEST(the_servers_own_reason_against_the_extension_is_kept)
{
    admin_in("ovbare", "DROP EXTENSION IF EXISTS vector CASCADE");
    admin_in("ovbare", "DROP SCHEMA IF EXISTS reason CASCADE");
    admin_in("ovbare", "CREATE SCHEMA reason AUTHORIZATION ov");
    admin_in("ovbare", "ALTER DATABASE ovbare OWNER TO postgres");
    use_ini("--no-extension");
    set_option("schema", "reason");
    ck_ok(try_open(&session));
    ck_fails(OV_DENIED,
             collection_create(session, &call, docs_schema("flat", OV_IP), &err));
    admin_in("ovbare", "ALTER DATABASE ovbare OWNER TO ov");

    ck_says("lacks the extension 'vector'");
    ck_says("permission denied to create extension");
    ck_assert_str_eq(err.provider_code, "42501");
}
END_TEST

/* --------------------------------------------------------------- what is missing */

static const struct doc one = {
    .id = "a", .path = "/a/b", .vec = { 1, 0, 0, 0 }, .body = "some words"
};

static int32_t repair(void)
{
    notes.n = 0;
    if (notes.p != NULL)
        notes.p[0] = '\0';
    return doctor_act(session, &call, ov_str_of("repair"), NULL, 0, &err);
}

static void open_docs(void)
{
    reset_options();
    use_ini("--socket");
    open_store("test_repair");
    create_docs("hnsw", OV_COSINE);
    ck_ok(upsert_docs(&one, 1));
}

/* Every kind of question that docs answers. */
static void check_docs_work(void)
{
    const float query[4] = { 1, 0, 0, 0 };
    const struct ov_str words = ov_str_of("words");
    struct ov_search search = { .size = sizeof(search),
                                .index = ov_str_of("default"),
                                .n_queries = 1,
                                .dim = 4,
                                .dense = query,
                                .limit = 10 };

    ck_ok(upsert_docs(&one, 1));
    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_str_eq(ids(&result), "a");
    search.dense = NULL;
    search.dim = 0;
    search.text = &words;
    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_str_eq(ids(&result), "a");
}

/* Of the index whose name is like this. */
#define EACH(WHAT, LIKE)                                                    \
    "DO $$ DECLARE i record; BEGIN FOR i IN SELECT c.relname, c.oid FROM "  \
    "pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE " \
    "n.nspname = 'test_repair' AND c.relname LIKE '" LIKE "' LOOP " WHAT    \
    "; END LOOP; END $$"
#define DROP(LIKE) EACH("EXECUTE format('DROP INDEX test_repair.%I', i.relname)", LIKE)

/* An index of ours over something else: REST follows the name of the table. */
#define INSTEAD(LIKE, UNIQUE, REST)                                                      \
    EACH("EXECUTE format('DROP INDEX test_repair.%I', i.relname); EXECUTE "              \
         "format('CREATE " UNIQUE " INDEX %I ON test_repair.docs " REST "', i.relname)", \
         LIKE)

static const struct {
    const char *sql;
    const char *said;
} harms[] = {
    { DROP("docs#level#i#%"), "no index docs#level#i#" },
    { DROP("docs#default#h#%"), "no index docs#default#h#" },
    { DROP("docs#keywords#k#%"), "no index docs#keywords#k#" },
    { EACH("UPDATE pg_index SET indisvalid = false WHERE indexrelid = i.oid",
           "docs#%#_#%"),
      "invalid index docs#keywords#k#" },
    { EACH("EXECUTE format('DROP INDEX test_repair.%I', i.relname); CREATE TABLE IF NOT "
           "EXISTS test_repair.more (n int); EXECUTE format('CREATE INDEX %I ON "
           "test_repair.more (n)', i.relname); ALTER TABLE test_repair.more OWNER TO ov",
           "docs#level#i#%"),
      "another thing has the name of index docs#level#i#" },
    { INSTEAD("docs#level#i#%", "", "(score)"),
      "another thing has the name of index docs#level#i#" },
    { INSTEAD("docs#level#i#%", "UNIQUE", "(level)"),
      "another thing has the name of index docs#level#i#" },
    { INSTEAD("docs#level#i#%", "", "(level) WHERE level > 3"),
      "another thing has the name of index docs#level#i#" },
    { INSTEAD("docs#body#i#%", "", "(\"left\"(path, 128))"),
      "another thing has the name of index docs#body#i#" },
    { INSTEAD("docs#path#i#%", "", "(path)"),
      "another thing has the name of index docs#path#i#" },
    { INSTEAD("docs#default#h#%", "", "USING hnsw (vec extensions.vector_l2_ops)"),
      "another thing has the name of index docs#default#h#" },
    { "ALTER TABLE test_repair.docs RENAME TO elsewhere", "its table is gone" },
    { "DROP TABLE test_repair.docs", "its table is gone" },
    { "ALTER TABLE test_repair.docs DROP COLUMN level", "no column level" },
    { "ALTER TABLE test_repair.docs DROP COLUMN vec", "no column vec" },
    { "ALTER TABLE test_repair.docs DROP COLUMN \"path#depth\"", "no column path#depth" },
    { "ALTER TABLE test_repair.docs DROP COLUMN path CASCADE", "no column path" },
    { "ALTER TABLE test_repair.docs DROP COLUMN \"sparse#weights\"",
      "no column sparse#weights" },
    { "ALTER TABLE test_repair.docs DROP COLUMN \"#keywords\"", "no column #keywords" },
    { "ALTER TABLE test_repair.docs DROP COLUMN body CASCADE", "no column body" },
    { "ALTER TABLE test_repair.docs DROP CONSTRAINT docs_pkey", "no primary key on id" },
    { "DELETE FROM test_repair.docs; ALTER TABLE test_repair.docs DROP COLUMN id",
      "no column id" },
};
#define HARMS ((int)(sizeof(harms) / sizeof(harms[0])))

START_TEST(what_is_gone_or_invalid_or_anothers_is_named_and_made_again)
{
    open_docs();
    admin(harms[_i].sql);
    ck_ok(doctor());
    ck_assert_int_eq(problems(), 1);
    ck_assert_msg(strstr(notes.p, harms[_i].said) != NULL, "%s", notes.p);
    ck_assert_ptr_nonnull(strstr(notes.p, "run ovctl init"));

    ck_ok(repair());
    ck_assert_msg(notes.n > 0, "nothing was said");
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
    check_docs_work();
    ck_ok(repair());
    ck_assert_msg(notes.n == 0, "%s", notes.p);
}
END_TEST

/* The same where the role may not: what is said is run as the superuser. */
START_TEST(what_the_role_may_not_make_is_said_as_sql_that_makes_it)
{
    open_docs();
    admin(harms[_i].sql);
    close_store();
    set_option("ddl", "off");
    ck_ok(try_open(&session));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    ck_fails(OV_DENIED, repair());
    ck_says("option 'ddl' forbids");
    ck_ok(doctor());
    ck_assert_int_eq(problems(), 1);

    ck_assert_int_gt(run_statements("ovtest"), 1);
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
    check_docs_work();
    ck_ok(repair());
    ck_assert_msg(notes.n == 0, "%s", notes.p);
    ck_assert_str_eq(
        admin("INSERT INTO test_repair.docs (id, path, level) VALUES ('b', '/', 7) "
              "RETURNING body = E'a ''default'' \\\\ \\t\\u202e of ours'"),
        "t");
}
END_TEST

START_TEST(a_column_of_another_type_is_left_alone_and_named)
{
    open_docs();
    admin("ALTER TABLE test_repair.docs DROP COLUMN level; ALTER TABLE test_repair.docs "
          "ADD COLUMN level text");

    ck_fails(OV_EXISTS, repair());
    ck_says("column level of \"test_repair\".\"docs\" is there with another type");
    admin("DROP TABLE test_repair.docs; CREATE VIEW test_repair.docs AS SELECT 1");
    ck_fails(OV_EXISTS, repair());
    ck_says("is no table");
}
END_TEST

START_TEST(an_extension_that_was_moved_to_another_schema_is_met_there)
{
    admin_in("ovbare", "DROP SCHEMA IF EXISTS moved CASCADE");
    admin_in("ovbare", "DROP SCHEMA IF EXISTS hall CASCADE");
    admin_in("ovbare", "DROP EXTENSION IF EXISTS vector CASCADE");
    admin_in("ovbare", "CREATE SCHEMA hall; CREATE EXTENSION vector SCHEMA public");
    use_ini("--no-extension");
    set_option("schema", "moved");
    ck_ok(try_open(&session));
    create_docs("hnsw", OV_COSINE);
    admin_in("ovbare", "ALTER EXTENSION vector SET SCHEMA hall");
    admin_in("ovbare", "DROP TABLE moved.docs");
    ck_ok(doctor());
    ck_assert_int_eq(problems(), 2);
    ck_assert_ptr_nonnull(strstr(notes.p, "may not use the extension's schema"));
    ck_fails(OV_DENIED, repair());

    ck_assert_int_eq(run_statements("ovbare"), 1);
    ck_ok(repair());
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
    check_docs_work();
}
END_TEST

START_TEST(an_extension_that_is_gone_is_made_by_what_the_role_is_told)
{
    admin_in("ovbare", "DROP SCHEMA IF EXISTS lost CASCADE");
    admin_in("ovbare", "DROP EXTENSION IF EXISTS vector CASCADE");
    admin_in("ovbare", "CREATE EXTENSION vector SCHEMA public");
    use_ini("--no-extension");
    set_option("schema", "lost");
    ck_ok(try_open(&session));
    create_docs("hnsw", OV_COSINE);
    close_store();
    admin_in("ovbare", "DROP EXTENSION vector CASCADE");
    set_option("ddl", "off");
    ck_ok(try_open(&session));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    ck_fails(OV_DENIED, repair());

    ck_assert_int_gt(run_statements("ovbare"), 1);
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
    check_docs_work();
}
END_TEST

/* Of the two fields below. */
static int32_t upsert_plain(const char *id, const char *body)
{
    const struct ov_column columns[] = { { OV_TEXT, 0, 0 }, { OV_TEXT, 0, 0 } };
    const struct ov_cell cells[] = { ov_text_cell(ov_str_of(id)),
                                     ov_text_cell(ov_str_of(body)) };
    const uint32_t fields[] = { 0, 1 };
    struct ov_rows *rows = ov_rows_new(columns, 2);
    struct ArrowArray array;
    const struct ov_batch batch = { sizeof(batch), 2, fields, &array };
    const struct ov_batch *batches[] = { &batch };
    int32_t status;

    ck_assert_ptr_nonnull(rows);
    ov_rows_add(rows, &cells[0]);
    ov_rows_add(rows, &cells[1]);
    ck_ok(ov_rows_finish(rows, &array, &err));
    status = write_upsert(table, &call, batches, 1, &err);
    array.release(&array);
    return status;
}

/* Only what holds vectors needs it. */
START_TEST(a_collection_without_vectors_needs_no_extension)
{
    struct ov_schema schema = *docs_schema("flat", OV_COSINE);
    const struct ov_field *fields[] = { schema.fields[F_ID], schema.fields[F_BODY] };
    const struct ov_str words = ov_str_of("words");
    const struct ov_search search = {
        .size = sizeof(search), .n_queries = 1, .text = &words, .limit = 10
    };

    admin_in("ovbare", "DROP SCHEMA IF EXISTS plain CASCADE");
    admin_in("ovbare", "DROP EXTENSION IF EXISTS vector CASCADE");
    use_ini("--no-extension");
    set_option("schema", "plain");
    ck_ok(try_open(&session));
    schema.n_fields = 2;
    schema.fields = fields;
    schema.n_indexes = 0;
    ck_ok(collection_create(session, &call, &schema, &err));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));

    ck_ok(upsert_plain("a", "some words"));
    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_str_eq(ids(&result), "a");
}
END_TEST

static const char *const losses[] = { "DELETE FROM test_repair.ov_collections",
                                      "DROP TABLE test_repair.ov_collections" };

/* The records are not given to who wants an empty collection, and not lost either. */
START_TEST(a_row_of_the_catalogue_that_is_gone_is_taken_back_by_what_is_said)
{
    open_docs();
    admin(losses[_i % 2]);
    admin(DROP("docs#level#i#%"));
    close_store();
    set_option("ddl", _i < 2 ? "auto" : "off");
    ck_ok(try_open(&session));
    ck_fails(_i < 3 ? OV_EXISTS : OV_DENIED,
             collection_create(session, &call, docs_schema("hnsw", OV_COSINE), &err));
    if (_i < 3)
        ck_says("its row in ov_collections is gone");

    ck_assert_int_gt(run_statements("ovtest"), 1);
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
    ck_assert_str_eq(admin("SELECT count(*) FROM test_repair.docs"), "1");
    check_docs_work();
}
END_TEST

START_TEST(who_has_the_place_of_a_table_without_a_row_is_not_taken_for_it)
{
    open_docs();
    admin("DELETE FROM test_repair.ov_collections; ALTER TABLE test_repair.docs DROP "
          "COLUMN score");
    notes.n = 0;

    ck_fails(OV_EXISTS,
             collection_create(session, &call, docs_schema("hnsw", OV_COSINE), &err));
    ck_says("is no collection");
    ck_assert_int_eq(run_statements("ovtest"), 0);
}
END_TEST

/* ------------------------------------------------------------- beside the writers */

#define MANY "20000"

/* The vector index of a table that is large enough takes a while to build. */
static void fill_docs(void)
{
    open_docs();
    admin(DROP("docs#default#h#%"));
    admin("INSERT INTO test_repair.docs (id, path, vec) SELECT g::text, '/' || g, "
          "ARRAY[random(), random(), random(), random()]::real[]::extensions.vector "
          "FROM generate_series(1, " MANY ") AS g");
}

/* Ends with the status of the action. */
static pid_t repair_in_a_child(void)
{
    struct ov_session *own;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child > 0)
        return child;
    _exit(try_open(&own) != OV_OK ||
          doctor_act(own, &call, ov_str_of("repair"), NULL, 0, &err) != OV_OK);
}

static void await(const char *sql, const char *answer)
{
    for (int i = 0; i < 3000 && strcmp(admin(sql), answer) != 0; i++)
        ;
    ck_assert_str_eq(admin(sql), answer);
}

static void check_ended_well(pid_t child)
{
    int status;

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

#define BUILDING                                                            \
    "SELECT count(*) > 0 FROM pg_stat_progress_create_index WHERE relid = " \
    "'test_repair.docs'::regclass AND command = 'CREATE INDEX CONCURRENTLY'"
#define VALID                                                                          \
    "SELECT count(*) FROM pg_index WHERE indrelid = 'test_repair.docs'::regclass AND " \
    "indisvalid"

START_TEST(writes_do_not_wait_for_an_index_that_is_built)
{
    const struct doc other = { .id = "stranger", .path = "/s", .vec = { 0, 1, 0, 0 } };
    pid_t child;

    fill_docs();
    child = repair_in_a_child();
    await(BUILDING, "t");
    ck_ok(upsert_docs(&other, 1));
    ck_assert_str_eq(admin(BUILDING), "t"); /* it was written during the build */

    check_ended_well(child);
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
}
END_TEST

START_TEST(builders_take_turns_and_mend_what_a_killed_one_left)
{
    pid_t children[3];

    fill_docs();
    children[0] = repair_in_a_child();
    await(BUILDING, "t");
    admin("SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index WHERE "
          "relid = 'test_repair.docs'::regclass");
    ck_assert_int_eq(waitpid(children[0], NULL, 0), children[0]);
    await("SELECT count(*) FROM pg_index WHERE indrelid = 'test_repair.docs'::regclass "
          "AND NOT indisvalid",
          "1");
    for (int i = 0; i < 3; i++)
        children[i] = repair_in_a_child();

    for (int i = 0; i < 3; i++)
        check_ended_well(children[i]);
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
}
END_TEST

START_TEST(a_large_table_opens_and_answers_at_once_without_its_index)
{
    const float query[4] = { 1, 0, 0, 0 };
    const struct ov_search search = { .size = sizeof(search),
                                      .index = ov_str_of("default"),
                                      .n_queries = 1,
                                      .dim = 4,
                                      .dense = query,
                                      .limit = 10 };
    char before[16];

    fill_docs();
    snprintf(before, sizeof(before), "%.15s", admin(VALID));
    collection_close(table);
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    ck_ok(search_search(table, &call, &search, &result, &err));

    ck_assert_int_eq(result.rows.length, 10);
    ck_assert_double_eq_tol(score_of(&result, 0), 1, 1e-6); /* of the record "a" */
    release(&result);
    ck_assert_str_eq(admin(VALID), before);
}
END_TEST

START_TEST(builders_behind_a_pooler_end_well_and_leave_nothing_set)
{
    pid_t children[2];

    fill_docs();
    admin(DROP("docs#level#i#%"));
    close_store();
    use_ini("--bouncer");
    for (int i = 0; i < 2; i++)
        children[i] = repair_in_a_child();

    for (int i = 0; i < 2; i++)
        check_ended_well(children[i]);
    ck_ok(try_open(&session));
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
    ck_assert_str_eq(admin("SELECT count(*) FROM pg_class WHERE relname = 'docs' AND "
                           "reloptions IS NOT NULL"),
                     "0");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector repair");
    TCase *c = tcase_create("at once"), *missing = tcase_create("missing");
    TCase *beside = tcase_create("beside");

    tcase_add_checked_fixture(c, reset_options, close_store);
    tcase_add_test(c, eight_that_begin_at_once_make_the_extension_once);
    tcase_add_test(c, the_servers_own_reason_against_the_extension_is_kept);
    suite_add_tcase(s, c);

    tcase_add_checked_fixture(missing, reset_options, close_store);
    tcase_add_loop_test(
        missing, what_is_gone_or_invalid_or_anothers_is_named_and_made_again, 0, HARMS);
    tcase_add_loop_test(missing, what_the_role_may_not_make_is_said_as_sql_that_makes_it,
                        0, HARMS);
    tcase_add_test(missing, a_column_of_another_type_is_left_alone_and_named);
    tcase_add_test(missing, an_extension_that_was_moved_to_another_schema_is_met_there);
    tcase_add_test(missing, an_extension_that_is_gone_is_made_by_what_the_role_is_told);
    tcase_add_test(missing, a_collection_without_vectors_needs_no_extension);
    tcase_add_loop_test(
        missing, a_row_of_the_catalogue_that_is_gone_is_taken_back_by_what_is_said, 0, 4);
    tcase_add_test(missing,
                   who_has_the_place_of_a_table_without_a_row_is_not_taken_for_it);
    suite_add_tcase(s, missing);

    tcase_set_timeout(beside, 120);
    tcase_add_checked_fixture(beside, reset_options, close_store);
    tcase_add_test(beside, writes_do_not_wait_for_an_index_that_is_built);
    tcase_add_test(beside, builders_take_turns_and_mend_what_a_killed_one_left);
    tcase_add_test(beside, a_large_table_opens_and_answers_at_once_without_its_index);
    tcase_add_test(beside, builders_behind_a_pooler_end_well_and_leave_nothing_set);
    suite_add_tcase(s, beside);
    return s;
}

int main(void)
{
    return run_with_server(suite());
}
