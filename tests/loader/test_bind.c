/* SPDX-License-Identifier: Apache-2.0 */
/* test_bind.c - tables and descriptions that no compiler would let pass twice. */

/* The zoo's good provider, inside this program; first, since it knows no global err. */
/* clang-format off */
#define ZOO_NAME "inside"
#define ov_backend_get zoo_get
#include "zoo.c"
/* clang-format on */

#include "loader.h"
#include "support.h"

#include <stdio.h>
#include <string.h>

static struct ov_backend given;
static struct ov_description said;

static const struct ov_description *say(void)
{
    return &said;
}

static int32_t give(const struct ov_services *services, struct ov_backend *out,
                    struct ov_error *error)
{
    ck_assert(services->log != NULL);
    ck_assert(services->secret != NULL);
    ck_assert_uint_eq(out->size, sizeof(*out));
    ck_assert(out->describe == NULL && out->bulk_end == NULL);
    (void)error;
    memcpy(out, &given, sizeof(*out));
    return OV_OK;
}

static struct finding bind_given(struct provider *provider)
{
    struct finding finding = { 0 };

    memset(provider, 0, sizeof(*provider));
    bind_provider(give, provider, &finding);
    return finding;
}

static void setup(void)
{
    given = table;
    given.describe = say;
    said = description;
}

/* ---------------------------------------------------------------------- operations */

#define AT(name)                                 \
    {                                            \
#name, offsetof(struct ov_backend, name) \
    }

static const struct {
    const char *name;
    size_t offset;
} required[] = {
    AT(describe),
    AT(open),
    AT(close),
    AT(ability),
    AT(collection_list),
    AT(collection_create),
    AT(collection_drop),
    AT(collection_open),
    AT(collection_close),
    AT(collection_describe),
    AT(collection_alter),
    AT(index_put),
    AT(index_drop),
    AT(upsert),
    AT(update),
    AT(remove),
    AT(remove_where),
    AT(truncate),
    AT(fetch),
    AT(search),
    AT(scan),
    AT(count),
};

START_TEST(missing_required_operation_is_named)
{
    struct provider provider;
    struct finding finding;
    char quoted[64];

    memset((char *)&given + required[_i].offset, 0, sizeof(void *));
    finding = bind_given(&provider);

    snprintf(quoted, sizeof(quoted), "'%s'", required[_i].name);
    ck_assert_int_eq(finding.verdict, VERDICT_OPERATION);
    ck_assert_ptr_nonnull(strstr(finding.reason, quoted));
}
END_TEST

START_TEST(half_of_bulk_is_none)
{
    struct provider provider;
    struct ov_call call = { .size = sizeof(call), .cancel_fd = -1 };

    given.bulk_begin = truncate_table; /* of the same shape */
    ck_assert_int_eq(bind_given(&provider).verdict, VERDICT_OK);

    ck_fails(OV_UNSUPPORTED, provider.table.bulk_begin(NULL, &call, &err));
    ck_says("'bulk_begin'");
}
END_TEST

/* --------------------------------------------------------------------- description */

static const struct ov_option wordless = { .size = sizeof(struct ov_option),
                                           .kind = OV_OPTION_WORD,
                                           .name = "mode" };
static const struct ov_option short_option = { .size = 8, .kind = OV_OPTION_INT };
static const struct ov_option nameless = { .size = sizeof(struct ov_option),
                                           .kind = OV_OPTION_INT };
static const struct ov_option long_name = {
    .size = sizeof(struct ov_option),
    .kind = OV_OPTION_INT,
    .name = "a_name_that_goes_on_and_on_for_more_than_sixty_four_letters_in_all",
};

static const struct {
    const struct ov_option *option;
    enum verdict verdict;
    const char *says;
} bad_options[] = {
    { NULL, VERDICT_DESCRIPTION, "number 0" },
    { &short_option, VERDICT_DESCRIPTION, "number 0" },
    { &nameless, VERDICT_OPTION_NAME, "number 0 is named ''" },
    { &long_name, VERDICT_OPTION_NAME, "a_name_that" },
    { &wordless, VERDICT_OPTION_KIND, "'mode' is one of words" },
};

START_TEST(bad_option_is_refused)
{
    const struct ov_option *list[] = { bad_options[_i].option };
    struct provider provider;
    struct finding finding;

    said.options = list;
    said.n_options = 1;
    finding = bind_given(&provider);

    ck_assert_int_eq(finding.verdict, bad_options[_i].verdict);
    ck_assert_ptr_nonnull(strstr(finding.reason, bad_options[_i].says));
}
END_TEST

START_TEST(short_description_is_refused)
{
    struct provider provider;
    struct finding finding;

    said.size = 24;
    finding = bind_given(&provider);

    ck_assert_int_eq(finding.verdict, VERDICT_DESCRIPTION);
    ck_assert_ptr_nonnull(strstr(finding.reason, "24 bytes"));
}
END_TEST

START_TEST(options_that_are_not_there_are_refused)
{
    struct provider provider;

    said.options = NULL;
    ck_assert_int_eq(bind_given(&provider).verdict, VERDICT_DESCRIPTION);
    said = description;
    said.n_options = 5000;
    ck_assert_int_eq(bind_given(&provider).verdict, VERDICT_DESCRIPTION);
    said = description;
    said.options = NULL;
    said.n_options = 0;
    ck_assert_int_eq(bind_given(&provider).verdict, VERDICT_OK);
}
END_TEST

static const uint32_t sizes[] = { 0, 4, 7, 9, sizeof(struct ov_backend) + 8, UINT32_MAX };

START_TEST(impossible_size_of_a_table_is_refused)
{
    struct provider provider;

    given.size = sizes[_i];

    ck_assert_int_eq(bind_given(&provider).verdict, VERDICT_TABLE_SIZE);
}
END_TEST

START_TEST(table_of_a_header_alone_lacks_its_operations)
{
    struct provider provider;

    given.size = offsetof(struct ov_backend, describe);

    ck_assert_int_eq(bind_given(&provider).verdict, VERDICT_OPERATION);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("bind");
    TCase *tables = tcase_create("tables");

    tcase_add_checked_fixture(tables, setup, NULL);
    tcase_add_loop_test(tables, missing_required_operation_is_named, 0,
                        sizeof(required) / sizeof(required[0]));
    tcase_add_test(tables, half_of_bulk_is_none);
    tcase_add_loop_test(tables, bad_option_is_refused, 0,
                        sizeof(bad_options) / sizeof(bad_options[0]));
    tcase_add_test(tables, short_description_is_refused);
    tcase_add_test(tables, options_that_are_not_there_are_refused);
    tcase_add_loop_test(tables, impossible_size_of_a_table_is_refused, 0,
                        sizeof(sizes) / sizeof(sizes[0]));
    tcase_add_test(tables, table_of_a_header_alone_lacks_its_operations);
    suite_add_tcase(all, tables);
    return all;
}

int main(void)
{
    return run_suite(suite());
}
