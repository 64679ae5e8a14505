/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_verdicts.c - what the database and the pooler say, judged by code and not by the
 * language it is said in.
 *
 * The server is the file's own: it speaks German where a test wants it to, and its roles,
 * databases and rules are changed at will.
 */
#include "harness.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct doc docs[] = {
    { .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 }, .body = "x", .level = 1 },
    { .id = "b", .path = "/b", .vec = { 0, 1, 0, 0 }, .body = "y", .level = 2 },
};

static int server_port(void)
{
    return atoi(server_fact("port"));
}

/* Statements one by one: some stand in no transaction. */
static void admin_all(const char *list)
{
    char sql[600];

    while (list[0] != '\0') {
        size_t n = strcspn(list, ";");

        snprintf(sql, sizeof(sql), "%.*s", (int)n, list);
        admin(sql);
        list += n + (list[n] == ';');
    }
}

static void setup(void)
{
    reset_options();
    open_store("test_verdicts");
    create_docs("flat", OV_COSINE);
    ck_ok(upsert_docs(docs, 1));
}

static int32_t count_all(uint64_t *total)
{
    const struct ov_count count = { .size = sizeof(count), .group = OV_NONE };

    return read_count(table, &call, &count, total, NULL, &err);
}

/* ------------------------------------------------------------------ connecting */

#define HBA(LINE) "hba " LINE

static const struct fault {
    const char *before,
        *after;      /* as the superuser; "hba LINE": in front of pg_hba.conf */
    const char *url; /* %d: the port, %s: the folder of the socket */
    int32_t status;
    uint32_t flags;
    const char *code;
} faults[] = {
    { "", "", "postgresql://ov:wrong@127.0.0.1:%d/ovtest", OV_DENIED, 0, "28P01" },
    { "", "", "postgresql://nobody:x@127.0.0.1:%d/ovtest", OV_DENIED, 0, "28P01" },
    { "", "", "host=%s port=%d user=nobody dbname=ovtest", OV_DENIED, 0, "28000" },
    { "", "", "postgresql://ov@127.0.0.1:%d/ovtest", OV_DENIED, 0, "" },
    { "", "", "host=%s port=%d user=ov dbname=nowhere", OV_INVALID, 0, "3D000" },
    { "ALTER ROLE ov NOLOGIN", "ALTER ROLE ov LOGIN",
      "host=%s port=%d user=ov dbname=ovtest", OV_DENIED, 0, "28000" },
    { "ALTER ROLE ov CONNECTION LIMIT 0", "ALTER ROLE ov CONNECTION LIMIT -1",
      "host=%s port=%d user=ov dbname=ovtest", OV_BUSY, OV_ERR_RETRYABLE, "53300" },
    { "ALTER DATABASE ovbare CONNECTION LIMIT 0",
      "ALTER DATABASE ovbare CONNECTION LIMIT -1",
      "host=%s port=%d user=ov dbname=ovbare", OV_BUSY, OV_ERR_RETRYABLE, "53300" },
    { "ALTER DATABASE ovbare ALLOW_CONNECTIONS false",
      "ALTER DATABASE ovbare ALLOW_CONNECTIONS true",
      "host=%s port=%d user=ov dbname=ovbare", OV_UNAVAILABLE, 0, "55000" },
    { "REVOKE CONNECT ON DATABASE ovdenied FROM PUBLIC",
      "GRANT CONNECT ON DATABASE ovdenied TO PUBLIC",
      "host=%s port=%d user=ov dbname=ovdenied", OV_DENIED, 0, "42501" },
    { HBA("host ovbare all 127.0.0.1/32 reject"), HBA(""),
      "postgresql://ov:ov-secret-marker@127.0.0.1:%d/ovbare", OV_DENIED, 0, "28000" },
    { "", "", "postgresql://ov:ov-secret-marker@127.0.0.1:%d/ovtest?sslmode=require",
      OV_DENIED, 0, "" },
    { "", "", "postgresql://ov:x@127.0.0.1:1/ovtest", OV_UNAVAILABLE, OV_ERR_RETRYABLE,
      "" },
    { "", "", "host=%s/none port=%d user=ov", OV_UNAVAILABLE, OV_ERR_RETRYABLE, "" },
    { "", "", "host=%s port=%d user=ov sslmode=perhaps", OV_INVALID, 0, "" },
    { "", "", "host=%s port=%d user=ov dbname=ovtest options='-c nosuch=1'", OV_NOT_FOUND,
      0, "42704" },
    { "", "", "service=nosuch_service_of_ours", OV_INVALID, 0, "" },
    { "", "", "host=%s,a,b port=1,2 user=ov", OV_INVALID, 0, "" },
};
#define N_FAULTS ((int)(sizeof(faults) / sizeof(faults[0])))

static void put_hba(const char *line)
{
    char path[512], whole[8192];
    char *old, *rest;

    snprintf(path, sizeof(path), "%s", admin("SELECT current_setting('hba_file')"));
    old = read_text(path, NULL);
    ck_assert_ptr_nonnull(old);
    rest = strstr(old, "# ours\n");
    snprintf(whole, sizeof(whole), "%s\n# ours\n%s", line, rest != NULL ? rest + 7 : old);
    free(old);
    write_text(path, whole);
    admin("SELECT pg_reload_conf()");
    while (strcmp(admin("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = "
                        "'reject'"),
                  line[0] != '\0' ? "1" : "0") != 0)
        ;
}

static void change(const char *what)
{
    if (strncmp(what, "hba ", 4) == 0)
        put_hba(what + 4);
    else
        admin_all(what);
}

static void try_fault(const struct fault *fault)
{
    struct ov_session *other = NULL;
    char folder[300], text[600];
    int32_t status;

    snprintf(folder, sizeof(folder), "%s/s", server_fact("run"));
    /* The port alone, or folder and port. */
    if (strstr(fault->url, "%s") != NULL)
        snprintf(text, sizeof(text), fault->url, folder, server_port());
    else
        snprintf(text, sizeof(text), fault->url, server_port());
    snprintf(url, sizeof(url), "%.500s", text);
    change(fault->before);
    ov_error_reset(&err);
    status = try_open(&other);
    change(fault->after);
    ck_assert_msg(status == fault->status, "%s: %s: %s", text, ov_status_name(status),
                  err.message);
    ck_assert_msg(err.flags == fault->flags, "%s: flags %u: %s", text, err.flags,
                  err.message);
    ck_assert_msg(strcmp(err.provider_code, fault->code) == 0, "%s: %s: %s", text,
                  err.provider_code, err.message);
    ck_assert_str_ne(err.message, "");
    ck_assert_ptr_null(strstr(err.message, "secret-marker"));
    ck_assert_ptr_null(other);
}

START_TEST(a_connection_that_fails_is_judged)
{
    close_store();
    try_fault(&faults[_i]);
}
END_TEST

/* Server and client in German. */
START_TEST(the_same_verdicts_come_in_german)
{
    const char *locales = getenv("OV_TEST_LOCALES");

    if (locales == NULL)
        return;
    admin("ALTER SYSTEM SET lc_messages = 'de_DE.UTF-8'");
    admin("SELECT pg_reload_conf()");
    while (strcmp(admin("SHOW lc_messages"), "de_DE.UTF-8") != 0)
        ;
    close_store();
    setenv("LOCPATH", locales, 1);
    ck_assert_ptr_nonnull(setlocale(LC_ALL, "de_DE.UTF-8"));
    for (int i = 0; i < N_FAULTS; i++) {
        try_fault(&faults[i]);
        if (strcmp(faults[i].code, "28P01") == 0)
            ck_says("Passwort-Authentifizierung");
    }
    setlocale(LC_ALL, "C");
    admin("ALTER SYSTEM RESET lc_messages");
    admin("SELECT pg_reload_conf()");
}
END_TEST

START_TEST(a_limit_of_connections_is_over_when_it_is_over)
{
    uint64_t total;

    admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ov'");
    admin("ALTER ROLE ov CONNECTION LIMIT 0");
    ov_error_reset(&err);
    while (count_all(&total) != OV_BUSY) /* a link may still be dying */
        ov_error_reset(&err);
    ck_assert_uint_eq(err.flags, OV_ERR_RETRYABLE);
    admin("ALTER ROLE ov CONNECTION LIMIT -1");
    ck_ok(count_all(&total));
}
END_TEST

/* ---------------------------------------------------------------- limits of theirs */

static PGconn *hold_lock(void)
{
    char path[512];
    char *text;
    PGconn *conn;

    snprintf(path, sizeof(path), "%s/admin", getenv("OV_TEST_PG_DIR"));
    text = read_text(path, NULL);
    ck_assert_ptr_nonnull(text);
    conn = PQconnectdb(text);
    free(text);
    ck_assert_int_eq(PQstatus(conn), CONNECTION_OK);
    PQclear(
        PQexec(conn, "BEGIN; LOCK TABLE test_verdicts.docs IN ACCESS EXCLUSIVE MODE"));
    return conn;
}

static const struct {
    const char *of_role, *option, *value; /* of role: "" for none */
    int64_t deadline_ms;                  /* 0: none */
    int32_t status;
    const char *code;
} limits[] = {
    { "statement_timeout = '100ms'", NULL, NULL, 0, OV_DEADLINE, "57014" },
    { "statement_timeout = '100ms'", NULL, NULL, 20000, OV_DEADLINE, "57014" },
    { "statement_timeout = '1min'", NULL, NULL, 100, OV_DEADLINE, "57014" },
    { "statement_timeout = '1min'", "statement_timeout", "100", 0, OV_DEADLINE, "57014" },
    { "statement_timeout = '100ms'", "statement_timeout", "20000", 0, OV_DEADLINE,
      "57014" },
    { "lock_timeout = '100ms'", NULL, NULL, 0, OV_BUSY, "55P03" },
    { "lock_timeout = '100ms'", "lock_timeout", "20000", 0, OV_BUSY, "55P03" },
    { "lock_timeout = '1min'", "lock_timeout", "100", 0, OV_BUSY, "55P03" },
    { "lock_timeout = 0", "lock_timeout", "100", 0, OV_BUSY, "55P03" },
};

START_TEST(the_smaller_limit_counts_whoever_set_it)
{
    char sql[200];
    PGconn *lock;
    uint64_t total;
    int64_t begin, took;
    int32_t status;

    close_store();
    snprintf(sql, sizeof(sql), "ALTER ROLE ov SET %s", limits[_i].of_role);
    admin(sql);
    if (limits[_i].option != NULL)
        set_option(limits[_i].option, limits[_i].value);
    ck_ok(try_open(&session));
    ck_ok(collection_open(session, &call, ov_str_of("docs"), &table, &err));
    admin("ALTER ROLE ov RESET ALL");
    lock = hold_lock();
    begin = link_now();
    if (limits[_i].deadline_ms > 0)
        call.deadline_ns = begin + limits[_i].deadline_ms * 1000000;
    ov_error_reset(&err);
    status = count_all(&total);
    took = link_now() - begin;
    call.deadline_ns = 0;
    PQfinish(lock);
    ck_assert_msg(status == limits[_i].status, "%s", err.message);
    ck_assert_str_eq(err.provider_code, limits[_i].code);
    ck_assert_int_lt(took, INT64_C(5000000000));
}
END_TEST

/* ----------------------------------------------------------------- rules of theirs */

static int32_t write_two(void)
{
    return upsert_docs(docs, 2);
}

static int32_t drop(void)
{
    return collection_drop(session, &call, ov_str_of("docs"), &err);
}

static int32_t count(void)
{
    uint64_t total;

    return count_all(&total);
}

#define TABLE "test_verdicts.docs"

static const struct {
    const char *rule; /* statements, parted by semicolons */
    int32_t (*act)(void);
    int32_t status;
    const char *code, *says;
} rules[] = {
    { "ALTER TABLE " TABLE " ADD CONSTRAINT low CHECK (level < 2)", write_two, OV_INVALID,
      "23514", "low" },
    { "ALTER TABLE " TABLE " ADD COLUMN own text;UPDATE " TABLE
      " SET own = 'x';ALTER TABLE " TABLE " ALTER own SET NOT NULL",
      write_two, OV_INVALID, "23502", "own" },
    { "CREATE UNIQUE INDEX alone ON " TABLE " ((level > 0))", write_two, OV_INVALID,
      "23505", "alone" },
    { "CREATE TABLE test_verdicts.levels (level int8 PRIMARY KEY);INSERT INTO "
      "test_verdicts.levels VALUES (1);ALTER TABLE " TABLE
      " ADD CONSTRAINT known FOREIGN KEY (level) REFERENCES test_verdicts.levels",
      write_two, OV_INVALID, "23503", "known" },
    { "CREATE VIEW test_verdicts.mine AS SELECT id FROM " TABLE, drop, OV_DENIED, "2BP01",
      "mine" },
    { "DROP TABLE " TABLE, count, OV_NOT_FOUND, "42P01", "docs" },
    { "ALTER TABLE " TABLE " DROP COLUMN level", write_two, OV_NOT_FOUND, "42703",
      "level" },
};

START_TEST(a_rule_of_an_operator_is_told_as_what_it_is)
{
    admin_all(rules[_i].rule);
    ck_fails(rules[_i].status, rules[_i].act());
    ck_assert_uint_eq(err.flags, 0);
    ck_assert_str_eq(err.provider_code, rules[_i].code);
    ck_says(rules[_i].says);
}
END_TEST

START_TEST(a_trigger_that_refuses_is_heard)
{
    admin("CREATE FUNCTION test_verdicts.no() RETURNS trigger LANGUAGE plpgsql AS "
          "$$BEGIN RAISE EXCEPTION 'not on a Sunday'; END$$");
    admin("CREATE TRIGGER no BEFORE INSERT OR UPDATE ON " TABLE
          " FOR EACH ROW EXECUTE FUNCTION test_verdicts.no()");
    ck_fails(OV_INVALID, upsert_docs(docs, 2));
    ck_assert_str_eq(err.provider_code, "P0001");
    ck_says("not on a Sunday");
}
END_TEST

START_TEST(an_extension_that_goes_is_named_and_missed_no_longer_when_it_is_back)
{
    const float query[4] = { 1, 0, 0, 0 };
    const struct ov_search search = { .size = sizeof(search),
                                      .index = ov_str_of("default"),
                                      .n_queries = 1,
                                      .dim = 4,
                                      .dense = query,
                                      .limit = 2 };
    uint64_t total;

    admin("DROP EXTENSION vector CASCADE");
    for (int i = 0; i < 2; i++) {
        ck_fails(OV_DENIED, search_search(table, &call, &search, &result, &err));
        ck_says("lacks the extension 'vector'");
        ck_fails(OV_DENIED, upsert_docs(docs, 2));
        ck_says("lacks the extension 'vector'");
    }
    ck_ok(count_all(&total));
    admin("CREATE EXTENSION vector SCHEMA extensions");
    admin("ALTER TABLE " TABLE " ADD COLUMN vec extensions.vector(4) NOT NULL DEFAULT "
          "'[0,0,0,0]'");
    ck_ok(upsert_docs(docs, 2));
    ck_ok(search_search(table, &call, &search, &result, &err));
    ck_assert_str_eq(ids(&result), "a b");
}
END_TEST

/* ------------------------------------------------------------------------- TLS */

static const struct {
    const char *more, *says; /* NULL: it connects */
} tls[] = {
    { "?sslrootcert=/nowhere/ca.pem", "sslrootcert '/nowhere/ca.pem'" },
    { "?sslmode=require&sslrootcert=/nowhere/ca.pem", "trust any server" },
    { "?sslmode=verify-full&sslrootcert=/nowhere/ca.pem", "/nowhere/ca.pem" },
    { "?sslcrl=/nowhere/crl.pem", "revoked" },
    { "?sslmode=disable&sslrootcert=/nowhere/ca.pem", NULL },
    { "", NULL },
};

START_TEST(a_certificate_that_is_not_there_is_missed)
{
    close_store();
    use_ini("--tcp");
    strncat(url, tls[_i].more, 100);
    if (tls[_i].says == NULL) {
        ck_ok(try_open(&session));
        return;
    }
    ck_fails(OV_INVALID, try_open(&session));
    ck_says(tls[_i].says);
}
END_TEST

START_TEST(a_libpq_that_does_not_know_the_systems_certificates_says_so)
{
    close_store();
    use_ini("--tcp");
    strcat(url, "?sslrootcert=system");
    /* From 16 on libpq knows them and insists on TLS, which this server has not. */
    ck_fails(PQlibVersion() < 160000 ? OV_INVALID : OV_DENIED, try_open(&session));
    ck_says(PQlibVersion() < 160000 ? "sslrootcert=system" : "SSL");
}
END_TEST

START_TEST(the_doctor_says_what_tls_is_worth)
{
    char path[300], more[400];

    close_store();
    use_ini("--tcp");
    ck_ok(try_open(&session));
    ck_ok(doctor());
    ck_assert_ptr_nonnull(strstr(notes.p, "tls: the connection is not encrypted"));
    close_store();
    snprintf(path, sizeof(path), "%s", temp_path("ca.pem"));
    write_text(path, "");
    snprintf(more, sizeof(more), "?sslrootcert=%s", path);
    strcat(url, more);
    ck_ok(try_open(&session));
    ck_ok(doctor());
    ck_assert_ptr_nonnull(strstr(notes.p, "sslrootcert is named"));
    ck_assert_ptr_nonnull(strstr(notes.p, "add sslmode=verify-full"));
}
END_TEST

/* --------------------------------------------------------------------- the pooler */

START_TEST(a_pooler_of_single_statements_is_named_at_once)
{
    char path[300], line[900];
    int64_t begin;
    int32_t status;

    snprintf(path, sizeof(path), "%s/bouncer.ini", server_fact("run"));
    snprintf(line, sizeof(line),
             "sed -i 's/^pool_mode.*/pool_mode = statement/' %s && kill -HUP $(cat "
             "%.200s/s/bouncer.pid)",
             path, server_fact("run"));
    ck_assert_int_eq(system(line), 0);
    close_store();
    use_ini("--bouncer");
    for (int i = 0; i < 200; i++) {
        ov_error_reset(&err);
        begin = link_now();
        status = try_open(&session);
        if (status == OV_OK)
            status = collection_open(session, &call, ov_str_of("docs"), &table, &err);
        if (status == OV_OK)
            status = drop();
        if (status != OV_OK)
            break;
        close_store();
    }
    ck_assert_msg(status == OV_UNSUPPORTED, "%s: %s", ov_status_name(status),
                  err.message);
    ck_assert_uint_eq(err.flags, 0);
    ck_says("pool_mode");
    ck_assert_int_lt(link_now() - begin, INT64_C(2000000000));
}
END_TEST

/* The server that the environment names was started with one, if there is one. */
static int has_bouncer(void)
{
    static int known = -1;
    char path[512], line[600];

    if (known >= 0 || getenv("OV_TEST_PG_DIR") == NULL)
        return known > 0;
    snprintf(path, sizeof(path), "%s/server", getenv("OV_TEST_PG_DIR"));
    snprintf(line, sizeof(line), "grep -q '^bouncer_port=[0-9]' '%s' 2>/dev/null", path);
    known = system(line) == 0;
    return known;
}

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector verdicts");
    TCase *c = tcase_create("verdicts");

    tcase_add_checked_fixture(c, setup, close_store);
    tcase_set_timeout(c, 30);
    tcase_add_loop_test(c, a_connection_that_fails_is_judged, 0, N_FAULTS);
    tcase_add_test(c, the_same_verdicts_come_in_german);
    tcase_add_test(c, a_limit_of_connections_is_over_when_it_is_over);
    tcase_add_loop_test(c, the_smaller_limit_counts_whoever_set_it, 0,
                        sizeof(limits) / sizeof(limits[0]));
    tcase_add_loop_test(c, a_rule_of_an_operator_is_told_as_what_it_is, 0,
                        sizeof(rules) / sizeof(rules[0]));
    tcase_add_test(c, a_trigger_that_refuses_is_heard);
    tcase_add_test(c,
                   an_extension_that_goes_is_named_and_missed_no_longer_when_it_is_back);
    tcase_add_loop_test(c, a_certificate_that_is_not_there_is_missed, 0,
                        sizeof(tls) / sizeof(tls[0]));
    tcase_add_test(c, a_libpq_that_does_not_know_the_systems_certificates_says_so);
    tcase_add_test(c, the_doctor_says_what_tls_is_worth);
    if (has_bouncer())
        tcase_add_test(c, a_pooler_of_single_statements_is_named_at_once);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    const char *locales = getenv("OV_TEST_LOCALES");

    if (locales == NULL)
        printf("# not here: German, for want of localedef or its sources\n");
    else /* the server's as well; with a space for C.UTF-8, which it is made with */
        setenv("LOCPATH", locales, 1);
    return run_with_own_server(suite(), has_bouncer() ? "--bouncer" : "");
}
