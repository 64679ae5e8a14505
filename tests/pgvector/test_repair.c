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

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector repair");
    TCase *c = tcase_create("at once");

    tcase_add_checked_fixture(c, reset_options, close_store);
    tcase_add_test(c, eight_that_begin_at_once_make_the_extension_once);
    tcase_add_test(c, the_servers_own_reason_against_the_extension_is_kept);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_with_server(suite());
}
