/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_mutants.c - catalogue rows that were changed under a right sum, and numbers of
 * theirs that nobody wrote.
 *
 * Whatever is answered, every call ends with an answer that the border knows, and none
 * reads where nothing is. OV_MUTANTS says how many, OV_SEED which.
 */
#include "harness.h"
#include "internal.h"
#include "questions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW "UPDATE test_mutants.ov_collections SET "

static const struct doc docs[] = {
    { .id = "a",
      .path = "/x",
      .level = 1,
      .tag = "red",
      .lon = 10,
      .lat = 50,
      .vec = { 1, 0, 0, 0 },
      .term = "cat",
      .weight = 2,
      .body = "one dog" },
    { .id = "b",
      .path = "/b/c",
      .score = 2.5,
      .at = 5000,
      .vec = { 0, 1, 0, 0 },
      .body = "two dogs" },
    { .id = "c", .path = "", .vec = { 0, 0, 0, 0 }, .body = "", .expires = 9000000 },
};

static unsigned char *definition, *changed;
static size_t size;

static void setup(void)
{
    const char *hex;
    size_t i;
    unsigned int byte;

    reset_options();
    open_store("test_mutants");
    create_docs("flat", OV_COSINE);
    ck_ok(upsert_docs(docs, 3));
    hex = admin("SELECT encode(definition, 'hex') FROM test_mutants.ov_collections");
    size = strlen(hex) / 2;
    definition = malloc(size);
    changed = malloc(size);
    ck_assert(definition != NULL && changed != NULL);
    for (i = 0; i < size; i++) {
        ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
        definition[i] = (unsigned char)byte;
    }
}

static void teardown(void)
{
    free(definition);
    free(changed);
    close_store();
}

static void put_definition(const unsigned char *bytes, const char *also)
{
    struct text sql = { 0 };
    char digits[3];
    size_t i;

    text_add(&sql, ROW);
    text_add(&sql, also);
    text_add(&sql, ", definition = '\\x");
    for (i = 0; i < size; i++) {
        snprintf(digits, sizeof(digits), "%02x", bytes[i]);
        text_add(&sql, digits);
    }
    text_add(&sql, "'");
    admin(sql.p);
    text_clear(&sql);
}

static void mutate(void)
{
    static const char *const numbers[] = {
        "format = 1",
        "format = 1",
        "format = 1",
        "format = 1, incarnation = 9223372036854775807",
        "format = 1, revision = -9223372036854775808",
        "format = 1, table_name = 'pg_class'",
        "format = 2147483647",
    };
    uint32_t sum;

    memcpy(changed, definition, size);
    if (question_number(8) != 0)
        question_spoil(changed, 4, size - 4);
    sum = schema_blob_sum(changed, size - 4);
    memcpy(changed + size - 4, &sum, sizeof(sum));
    put_definition(changed,
                   numbers[question_number(sizeof(numbers) / sizeof(numbers[0]))]);
}

START_TEST(a_mutated_catalogue_gets_answers_and_brings_nothing_down)
{
    const struct ov_backend backend = { .size = sizeof(backend),
                                        .collection_describe = collection_describe,
                                        .scan = read_scan,
                                        .count = read_count,
                                        .search = search_search,
                                        .upsert = write_upsert,
                                        .remove = write_remove };
    uint64_t n = question_setting("OV_MUTANTS", 60), i,
             first = question_setting("OV_SEED", 1);
    int opened = 0, refused = 0;

    for (i = 0; i < n; i++) {
        struct ov_table *other = NULL;
        int32_t status;

        question_seed(first + i);
        mutate();
        ov_error_reset(&err);
        call.deadline_ns = link_now() + INT64_C(5000000000);
        status = collection_open(session, &call, ov_str_of("docs"), &other, &err);
        question_known(status);
        opened += status == OV_OK;
        refused += status != OV_OK;
        if (status == OV_OK) {
            questions_ask(&backend, other, &call);
            collection_close(other);
        }
        call.deadline_ns = 0;
    }
    printf("# mutants: %llu from seed %llu, %d opened, %d refused\n",
           (unsigned long long)n, (unsigned long long)first, opened, refused);
    ck_assert_int_gt(opened, 0);
    ck_assert_int_gt(refused, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pgvector mutants");
    TCase *tests = tcase_create("mutants");

    tcase_set_timeout(tests, 3000);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_mutated_catalogue_gets_answers_and_brings_nothing_down);
    suite_add_tcase(suite, tests);
    return run_with_server(suite);
}
