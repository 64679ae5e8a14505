/* SPDX-License-Identifier: Apache-2.0 */
/* test_session.c - what a database must be like, and what our sessions leave in it. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void setup(void)
{
    reset_options();
    use_ini("--socket");
}

/* The url, of another database. */
static void use_database(const char *name)
{
    char *at = strstr(url, "/ovtest"), rest[512];

    ck_assert_ptr_nonnull(at);
    snprintf(rest, sizeof(rest), "%s", at + sizeof("/ovtest") - 1);
    snprintf(at, sizeof(url) - (size_t)(at - url), "/%s%s", name, rest);
}

/* --------------------------------------------------------------- encodings */

static const char *const encodings[] = { "LATIN1", "EUC_JP", "SQL_ASCII", "WIN1252" };

static void create_database(const char *name, const char *encoding)
{
    char sql[256];

    snprintf(sql, sizeof(sql), "DROP DATABASE IF EXISTS %s WITH (FORCE)", name);
    admin(sql);
    snprintf(sql, sizeof(sql),
             "CREATE DATABASE %s OWNER ov ENCODING '%s' LOCALE_PROVIDER libc LC_COLLATE "
             "'C' LC_CTYPE 'C' TEMPLATE template0",
             name, encoding);
    admin(sql);
}

START_TEST(a_database_of_another_encoding_is_refused)
{
    char want[128];

    create_database("ovencoded", encodings[_i]);
    use_database("ovencoded");

    ck_fails(OV_UNSUPPORTED, try_open(&session));

    ck_assert_ptr_null(session);
    snprintf(want, sizeof(want), "database 'ovencoded' has the encoding %s, not UTF8",
             encodings[_i]);
    ck_says(want);
    admin("DROP DATABASE ovencoded WITH (FORCE)");
}
END_TEST

START_TEST(a_database_that_was_made_anew_in_another_encoding_is_found_by_the_doctor)
{
    create_database("ovencoded", "UTF8");
    admin_in("ovencoded", "CREATE EXTENSION vector");
    use_database("ovencoded");
    ck_ok(try_open(&session));
    ck_ok(doctor());
    ck_assert_msg(problems() == 0, "%s", notes.p);
    pool_flush(&session->pool);
    create_database("ovencoded", "SQL_ASCII");
    admin_in("ovencoded", "CREATE EXTENSION vector");

    ck_ok(doctor());

    ck_assert_int_eq(problems(), 1);
    ck_assert_ptr_nonnull(strstr(notes.p, "encoding: database 'ovencoded' has the "
                                          "encoding SQL_ASCII, not UTF8"));
    close_store();
    admin("DROP DATABASE ovencoded WITH (FORCE)");
}
END_TEST

#define UMLAUT "\xc3\xbc"

START_TEST(texts_travel_as_utf8_whatever_url_or_role_ask_for)
{
    static const char *const ways[] = { "&client_encoding=LATIN1",
                                        "&options=-cclient_encoding%3DLATIN1" };
    const struct doc doc = {
        .id = UMLAUT, .path = "/" UMLAUT, .vec = { 1, 0, 0, 0 }, .body = UMLAUT
    };
    const struct ov_scan scan = { .size = sizeof(scan), .order = OV_NONE, .limit = 9 };
    size_t n = strlen(url);

    snprintf(url + n, sizeof(url) - n, "%s", ways[_i]);
    open_store("test_session");
    create_docs("flat", OV_COSINE);

    ck_ok(upsert_docs(&doc, 1));

    ck_ok(read_scan(table, &call, &scan, &result, &err));
    ck_assert_str_eq(ids(&result), UMLAUT);
    ck_assert_str_eq(admin("SELECT length(id) FROM test_session.docs"), "1");
}
END_TEST

/* ------------------------------------------------------------------- leaks */

/* More than the pooler has, so that each of its servers is met. */
#define SERVERS 4

/* What somebody set for the session; the pooler itself does so with the first five. */
#define SETTINGS                                                                       \
    "SELECT coalesce(string_agg(name || '=' || setting, ' ' ORDER BY name), '') FROM " \
    "pg_settings WHERE source = 'session' AND name NOT IN ('application_name', "       \
    "'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')"

static void run(PGconn *conn, const char *sql)
{
    PGresult *r = PQexec(conn, sql);

    ck_assert_msg(PQresultStatus(r) == PGRES_COMMAND_OK, "%s", PQerrorMessage(conn));
    PQclear(r);
}

static void nothing_is_set(void)
{
    PGconn *conns[SERVERS];

    for (int i = 0; i < SERVERS; i++) {
        PGresult *r;

        conns[i] = PQconnectdb(url);
        ck_assert_msg(PQstatus(conns[i]) == CONNECTION_OK, "%s",
                      PQerrorMessage(conns[i]));
        run(conns[i], "BEGIN"); /* the server is this client's until the end */
        r = PQexec(conns[i], SETTINGS);
        ck_assert_int_eq(PQntuples(r), 1);
        ck_assert_str_eq(PQgetvalue(r, 0, 0), "");
        PQclear(r);
    }
    for (int i = 0; i < SERVERS; i++) {
        run(conns[i], "ROLLBACK");
        PQfinish(conns[i]);
    }
}

static int builds_beside(void)
{
    return atoi(admin("SELECT coalesce(sum(calls), 0) FROM extensions.pg_stat_statements "
                      "WHERE query LIKE 'CREATE INDEX CONCURRENTLY %test_session%'"));
}

static void change_indexes(void)
{
    const struct doc docs[2] = {
        { .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 }, .body = "x" },
        { .id = "b", .path = "/b", .vec = { 0, 1, 0, 0 }, .body = "y" }
    };
    const struct ov_index *index;
    int before;

    set_option("exact_rows", "1");
    set_option("build_memory", "33554432");
    set_option("build_workers", "0");
    open_store("test_session");
    create_docs("hnsw", OV_COSINE);
    ck_ok(upsert_docs(docs, 2));
    index = docs_schema("hnsw", OV_COSINE)->indexes[0];
    ck_ok(index_drop(table, &call, index->name, &err));
    before = builds_beside();
    ck_ok(index_put(table, &call, index, &err));
    ck_assert_int_gt(builds_beside(), before);
}

START_TEST(a_pooler_gives_on_none_of_our_settings)
{
    use_ini("--bouncer");
    nothing_is_set();

    change_indexes();

    nothing_is_set();
    ck_assert_str_eq(admin("SELECT count(*) FROM pg_index WHERE indrelid = "
                           "'test_session.docs'::regclass AND NOT indisvalid"),
                     "0");
}
END_TEST

START_TEST(a_direct_connection_builds_with_our_settings_and_is_not_kept)
{
    change_indexes();

    ck_assert_str_eq(admin("SELECT count(*) FROM pg_stat_activity WHERE usename = 'ov' "
                           "AND query LIKE '%CONCURRENTLY%test_session%'"),
                     "0");
    ck_ok(session_ping(session, &call, &err));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector session");
    TCase *c = tcase_create("session");

    tcase_add_checked_fixture(c, setup, close_store);
    tcase_add_loop_test(c, a_database_of_another_encoding_is_refused, 0, 4);
    tcase_add_test(
        c, a_database_that_was_made_anew_in_another_encoding_is_found_by_the_doctor);
    tcase_add_loop_test(c, texts_travel_as_utf8_whatever_url_or_role_ask_for, 0, 2);
    tcase_add_test(c, a_pooler_gives_on_none_of_our_settings);
    tcase_add_test(c, a_direct_connection_builds_with_our_settings_and_is_not_kept);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_with_server(suite());
}
