/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_doctor.c - the doctor cries no wolf and sees the wolf: each line both ways.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void examine(int n, const char *said)
{
    ck_ok(doctor());
    ck_assert_msg(problems() == n, "%s", notes.p);
    ck_assert_msg(strstr(notes.p, said) != NULL, "no '%s' in %s", said, notes.p);
}

static void examine_silent(const char *unsaid)
{
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
    ck_assert_msg(strstr(notes.p, unsaid) == NULL, "%s", notes.p);
}

static void make_docs(const char *kind)
{
    use_ini("--socket");
    open_store("test_doctor");
    create_docs(kind, OV_COSINE);
}

/* All is another's, and the role has these rights on the table. */
static void give(const char *rights)
{
    char sql[200];

    admin("ALTER SCHEMA test_doctor OWNER TO postgres; "
          "ALTER TABLE test_doctor.docs OWNER TO postgres; "
          "ALTER TABLE test_doctor.ov_collections OWNER TO postgres; "
          "REVOKE ALL ON test_doctor.docs, test_doctor.ov_collections FROM ov; "
          "GRANT USAGE ON SCHEMA test_doctor TO ov; "
          "GRANT SELECT ON test_doctor.ov_collections TO ov");
    snprintf(sql, sizeof(sql), "GRANT %s ON test_doctor.docs TO ov", rights);
    admin(sql);
}

START_TEST(least_rights_are_enough_and_less_is_named)
{
    static const char *const modes[] = { "off", "verify", "auto" };
    const struct doc one = { .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 } };

    make_docs("hnsw");
    give("SELECT, INSERT, UPDATE, DELETE");
    close_store();
    set_option("ddl", modes[_i]);
    ck_ok(try_open(&session));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));

    examine(0, "collection docs: its table is there");
    ck_assert_ptr_nonnull(strstr(notes.p, "may not TRUNCATE"));
    ck_ok(upsert_docs(&one, 1));
    admin("REVOKE UPDATE ON test_doctor.docs FROM ov");
    examine(1, "may not read and write a table");
    admin("REVOKE SELECT ON test_doctor.ov_collections FROM ov");
    examine(1, "may not read the list of collections");
    admin("REVOKE USAGE ON SCHEMA test_doctor FROM ov");
    examine(1, "schema: the role may not");
}
END_TEST

START_TEST(row_security_is_a_problem_where_it_hides_every_row)
{
    make_docs("flat");
    give("SELECT, INSERT, UPDATE, DELETE, TRUNCATE");
    examine_silent("row security");
    admin("ALTER TABLE test_doctor.docs ENABLE ROW LEVEL SECURITY");
    examine(1, "no policy lets the role see a record");

    ck_assert_int_eq(run_statements("ovtest"), 1);
    examine(0, "policies decide which records the role sees");
    admin("ALTER TABLE test_doctor.ov_collections ENABLE ROW LEVEL SECURITY");
    examine(1, "it is on for the list of collections");
}
END_TEST

START_TEST(a_server_that_takes_no_writes_is_a_problem)
{
    make_docs("flat");
    examine_silent("writes:");
    close_store();
    admin("ALTER ROLE ov IN DATABASE ovtest SET default_transaction_read_only = on");
    if (try_open(&session) == OV_OK)
        (void)doctor();
    admin("ALTER ROLE ov IN DATABASE ovtest RESET default_transaction_read_only");

    ck_assert_ptr_nonnull(session);
    ck_assert_int_ge(problems(), 1);
    ck_assert_ptr_nonnull(strstr(notes.p, "target_session_attrs=read-write"));
}
END_TEST

START_TEST(a_server_that_is_meant_to_read_alone_is_no_problem)
{
    make_docs("flat");
    close_store();
    admin("ALTER ROLE ov IN DATABASE ovtest SET default_transaction_read_only = on");
    strcat(url, strchr(url, '?') != NULL ? "&" : "?");
    strcat(url, "target_session_attrs=read-only");
    if (try_open(&session) == OV_OK)
        (void)doctor();
    admin("ALTER ROLE ov IN DATABASE ovtest RESET default_transaction_read_only");

    ck_assert_ptr_nonnull(session);
    ck_assert_ptr_nonnull(strstr(notes.p, "transactions are read-only here"));
    ck_assert_int_eq(problems(), 0);
}
END_TEST

/* kind, problems, what is said. */
static const struct {
    const char *kind;
    uint32_t dim;
    int problems;
    const char *said;
} widths[] = {
    { "hnsw", 3072, 1, "vectors of 3072 dimensions get no HNSW index" },
    { "auto", 3072, 0, "vectors of 3072 dimensions get no HNSW index" },
    { "flat", 3072, 0, NULL },
    { "hnsw", 2000, 0, NULL },
};

START_TEST(vectors_that_get_no_index_are_named)
{
    const struct ov_schema *docs = docs_schema(widths[_i].kind, OV_COSINE);

    use_ini("--socket");
    open_store("test_doctor");
    ((struct ov_field *)(uintptr_t)docs->fields[F_VEC])->dim = widths[_i].dim;
    ck_ok(collection_create(session, &call, docs, &err));

    if (widths[_i].said != NULL)
        examine(widths[_i].problems, widths[_i].said);
    else
        examine_silent("HNSW index, which");
}
END_TEST

/* ------------------------------------------------------------- known-bad versions */

static const struct {
    const char *version;
    int lines;
} versions[] = {
    { "0.8.0", 4 }, { "0.8.2", 3 }, { "0.8.3", 2 }, { "0.8.4", 1 }, { "0.8.7", 0 }
};

static void open_bare(const char *version)
{
    char sql[120];

    admin_in("ovbare", "DROP SCHEMA IF EXISTS versions CASCADE");
    admin_in("ovbare", "CREATE EXTENSION IF NOT EXISTS vector");
    snprintf(sql, sizeof(sql),
             "UPDATE pg_extension SET extversion = '%s' WHERE extname = 'vector'",
             version);
    admin_in("ovbare", sql);
    use_ini("--no-extension");
    set_option("schema", "versions");
    ck_ok(try_open(&session));
}

START_TEST(faults_of_the_installed_version_are_named)
{
    int lines = 0;

    open_bare(versions[_i].version);
    ck_ok(doctor());
    admin_in("ovbare",
             "UPDATE pg_extension SET extversion = '0.8.0' WHERE extname = 'vector'");

    ck_assert_msg(problems() == 0, "%s", notes.p);
    for (const char *p = notes.p; (p = strstr(p, "extension version: ")) != NULL; p++)
        lines++;
    ck_assert_msg(lines == versions[_i].lines, "%s", notes.p);
}
END_TEST

START_TEST(parallel_builds_are_off_where_they_are_faulty_and_a_problem_if_asked_for)
{
    struct env env = { .version = 801 };
    struct settings settings = { .build_workers = -1 };

    ck_assert_int_eq(extension_workers(&settings, &env), 0);
    env.version = 802;
    ck_assert_int_eq(extension_workers(&settings, &env), -1);
    env.version = 801;
    settings.build_workers = 2;
    ck_assert_int_eq(extension_workers(&settings, &env), 2);
    set_option("build_workers", "2");
    open_bare("0.8.0");
    examine(1, "with parallel workers write beyond a buffer");
}
END_TEST

/* What a build beside the writers is run with, the server itself tells. */
START_TEST(an_index_is_built_by_the_limit_of_the_role_and_without_faulty_workers)
{
    static const char *const want[] = { "0.8.0", "0.8.2" };
    const struct doc one = { .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 } };

    admin_in("ovbare", "DROP EVENT TRIGGER IF EXISTS seen; "
                       "ALTER ROLE ov IN DATABASE ovbare SET statement_timeout = '1h'");
    set_option("exact_rows", "0");
    open_bare(want[_i]);
    create_docs("hnsw", OV_COSINE);
    ck_ok(upsert_docs(&one, 1));
    admin_in(
        "ovbare",
        "DO $$ DECLARE i record; BEGIN FOR i IN SELECT c.relname FROM pg_class AS c "
        "WHERE c.relname LIKE 'docs#default#h#%' AND c.relnamespace = "
        "'versions'::regnamespace LOOP EXECUTE format('DROP INDEX versions.%I', "
        "i.relname); END LOOP; END $$; "
        "CREATE OR REPLACE FUNCTION versions.see() RETURNS event_trigger LANGUAGE "
        "plpgsql AS $$ BEGIN IF pg_catalog.current_setting('statement_timeout') <> '1h' "
        "THEN RAISE EXCEPTION 'the limit is gone'; END IF; IF pg_catalog.current_setting("
        "'max_parallel_maintenance_workers') <> '0' THEN RAISE EXCEPTION 'workers'; "
        "END IF; END $$; "
        "CREATE EVENT TRIGGER seen ON ddl_command_start WHEN TAG IN ('CREATE INDEX') "
        "EXECUTE FUNCTION versions.see()");
    ov_error_reset(&err);
    (void)doctor_act(session, &call, ov_str_of("repair"), NULL, 0, &err);
    admin_in("ovbare", "ALTER ROLE ov IN DATABASE ovbare RESET statement_timeout; "
                       "DROP EVENT TRIGGER seen; UPDATE pg_extension SET extversion = "
                       "'0.8.0' WHERE extname = 'vector'");

    ck_assert_msg(strstr(err.message, "limit") == NULL, "%s", err.message);
    ck_assert_msg((strstr(err.message, "workers") != NULL) == (_i == 1), "%s",
                  err.message);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector doctor");
    TCase *c = tcase_create("doctor");

    tcase_add_checked_fixture(c, reset_options, close_store);
    tcase_add_loop_test(c, least_rights_are_enough_and_less_is_named, 0, 3);
    tcase_add_test(c, row_security_is_a_problem_where_it_hides_every_row);
    tcase_add_test(c, a_server_that_takes_no_writes_is_a_problem);
    tcase_add_test(c, a_server_that_is_meant_to_read_alone_is_no_problem);
    tcase_add_loop_test(c, vectors_that_get_no_index_are_named, 0, 4);
    tcase_add_loop_test(c, faults_of_the_installed_version_are_named, 0, 5);
    tcase_add_test(
        c, parallel_builds_are_off_where_they_are_faulty_and_a_problem_if_asked_for);
    tcase_add_loop_test(
        c, an_index_is_built_by_the_limit_of_the_role_and_without_faulty_workers, 0, 2);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_with_server(suite());
}
