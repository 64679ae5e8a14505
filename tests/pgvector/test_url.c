/* SPDX-License-Identifier: Apache-2.0 */
/* test_url.c - connection texts with a mistake: what is said, and what is kept. */
#include <support.h>

#include "url.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SECRET "s3cret"
#define WORD "hunter" /* a piece that is a plain word */
#define HALF "h4lf"

static const struct {
    const char *url, *says;
} mistakes[] = {
    { "", "neither a libpq URI" },
    { SECRET, "neither a libpq URI" },
    { "mysql://ov:" SECRET "@host/db", "neither a libpq URI" },
    { "postgres:/ov:" SECRET "@host/db", "neither a libpq URI" },
    { "host=h user=ov " SECRET, "a word without '='" },
    { "host=h password=\"" SECRET " " HALF "\"", "a word without '='" },
    { "host=h password='" SECRET, "a quote without its end" },
    { "host=h pasword=" SECRET, "has 'pasword', a parameter" },
    { "host=h password=" SECRET " " HALF "=1", "a parameter that libpq does not know" },
    { "host=h password=" SECRET " " WORD "=1", "a parameter that libpq does not know" },
    { "host=h password=" SECRET " port=abc", "a port that is no number" },
    { "postgresql://ov:" SECRET "%zz" HALF "@host/db", "a '%' that no two" },
    { "postgresql://ov:" SECRET "%00" HALF "@host/db", "a %00" },
    { "postgresql://ov:" SECRET "@[::1/db", "a '[' without ']'" },
    { "postgresql://ov:" SECRET "@[]/db", "an empty address" },
    { "postgresql://ov:" SECRET "@[::1]x/db", "neither ':' nor '/'" },
    { "postgresql://ov:" SECRET "@host/db?password", "a parameter without '='" },
    { "postgresql://ov@host/db?password=" SECRET "=" HALF, "a parameter with two '='" },
    { "postgresql://ov@host/db?pasword=" SECRET, "has 'pasword', a parameter" },
    { "postgresql://ov:" SECRET "@" HALF "@host/db", "more than one '@'" },
    /* The database would be HALF@host/db, and its name in every complaint. */
    { "postgresql://ov:" SECRET "@x/" HALF "@host/db", "more than one '@'" },
    { "postgresql://ov:a?" SECRET "@/" HALF "@host/db", "more than one '@'" },
    { "host=" HALF "@h password=" SECRET, "an '@' in its host" },
    { "postgresql://ov:" SECRET "/" HALF "@host/db", "an '@' behind a '/'" },
    { "postgresql://ov:12/" HALF "@host/db", "an '@' behind a '/'" },
    { "postgresql://ov:" SECRET "@host:" HALF "/db", "a port that is no number" },
};

START_TEST(a_mistake_is_named_and_no_part_of_a_password)
{
    ck_fails(OV_INVALID, url_check(mistakes[_i].url, &err));
    ck_says(mistakes[_i].says);
    ck_assert_ptr_null(strstr(err.message, SECRET));
    ck_assert_ptr_null(strstr(err.message, HALF));
    ck_assert_ptr_null(strstr(err.message, WORD));
}
END_TEST

static const char *const sound[] = {
    "postgresql://",
    "postgresql:///db?host=/tmp/a@b&port=5433",
    "postgresql://ov@host/db?application_name=a@b@c",
    "postgresql://host?application_name=a/b@c",
    "postgres://ov:p%40ss%2Fw%25@host:5432,other:5433/db?application_name=a@b",
    "postgresql://ov:a?b#c%20d:e@[::1]:5432/db",
    "host=/run/postgresql user=ov password='a b/@%' dbname=db port='5432, 5433'",
    "service=mine",
};

START_TEST(a_sound_text_passes)
{
    ck_ok(url_check(sound[_i], &err));
}
END_TEST

/* What libpq itself takes stays as it was. */
START_TEST(a_blank_in_a_uri_passes_where_libpq_takes_it_and_is_named_elsewhere)
{
    int32_t status;

    ov_error_reset(&err);
    status = url_check("postgresql://ov:" SECRET " " HALF "@host/db", &err);

    ck_assert_int_eq(status, PQlibVersion() < 180000 ? OV_OK : OV_INVALID);
    ck_assert_int_eq(strstr(err.message, "%20") != NULL, status != OV_OK);
    ck_assert_ptr_null(strstr(err.message, SECRET));
    ck_assert_ptr_null(strstr(err.message, HALF));
}
END_TEST

static const struct {
    const char *keyword;
    mode_t mode;
    int32_t status;
} files[] = {
    { "sslkey", 0602, OV_DENIED },   { "sslrootcert", 0646, OV_DENIED },
    { "passfile", 0606, OV_DENIED }, { "sslrootcert", 0644, OV_OK },
    { "sslkey", 0600, OV_OK },
};

START_TEST(a_file_of_trust_that_others_may_write_is_named)
{
    char url[600];

    write_text(temp_path("file"), "x");
    ck_assert_int_eq(chmod(temp_path("file"), files[_i].mode), 0);
    snprintf(url, sizeof(url), "host=h %s='%s'", files[_i].keyword, temp_path("file"));
    ov_error_reset(&err);

    ck_assert_int_eq(url_check(url, &err), files[_i].status);
    if (files[_i].status != OV_OK) {
        ck_says(files[_i].keyword);
        ck_says("others may write it");
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector url");
    TCase *c = tcase_create("url");

    tcase_add_loop_test(c, a_mistake_is_named_and_no_part_of_a_password, 0,
                        sizeof(mistakes) / sizeof(mistakes[0]));
    tcase_add_loop_test(c, a_sound_text_passes, 0, sizeof(sound) / sizeof(sound[0]));
    tcase_add_test(c,
                   a_blank_in_a_uri_passes_where_libpq_takes_it_and_is_named_elsewhere);
    tcase_add_loop_test(c, a_file_of_trust_that_others_may_write_is_named, 0,
                        sizeof(files) / sizeof(files[0]));
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
