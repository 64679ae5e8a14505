/* SPDX-License-Identifier: Apache-2.0 */
/* test_script.c - the scripted provider fails when, and only when, it is told to. */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct ov_backend table = { .size = sizeof(table) };
static struct ov_call call;
static struct ov_session *session;
static char noted[64];
static const char *wanted;

static void note(void *ctx, const struct ov_note *said)
{
    (void)ctx;
    if (wanted != NULL && ov_str_equal(said->name, ov_str_of(wanted)))
        memcpy(noted, said->text.p, said->text.n + 1);
}

static int32_t open_with(const char *script)
{
    struct ov_scalar settings[2] = { { .type = OV_NULL }, { .type = OV_TEXT } };

    settings[1].u.s = ov_str_of(script);
    return table.open(1, settings, &call, &session, &err);
}

static void setup(void)
{
    ck_ok(ov_backend_get(NULL, &table, &err));
    session = NULL;
    call = (struct ov_call){ .size = sizeof(call), .cancel_fd = -1, .note = note };
}

static void teardown(void)
{
    if (session != NULL)
        table.close(session);
}

static const char *counted(const char *operation)
{
    wanted = operation;
    noted[0] = '\0';
    ck_ok(table.act(session, &call, ov_str_of("counts"), NULL, 0, &err));
    return noted;
}

START_TEST(chosen_calls_fail_as_told)
{
    ck_ok(open_with("ping 2-3 OV_BUSY retryable after=70 row=4, ping 5- OV_CORRUPT"));
    ck_ok(table.ping(session, &call, &err));
    ck_fails(OV_BUSY, table.ping(session, &call, &err));
    ck_assert_uint_eq(err.flags, OV_ERR_RETRYABLE);
    ck_assert_uint_eq(err.retry_after_ms, 70);
    ck_assert_int_eq(err.row, 4);
    ck_fails(OV_BUSY, table.ping(session, &call, &err));
    ck_ok(table.ping(session, &call, &err));
    ck_fails(OV_CORRUPT, table.ping(session, &call, &err));
    ck_fails(OV_CORRUPT, table.ping(session, &call, &err));
    ck_assert_str_eq(counted("ping"), "6");
    ck_assert_str_eq(counted("overlap"), "1");
}
END_TEST

START_TEST(an_open_can_fail_first_and_work_later)
{
    ck_fails(OV_UNAVAILABLE, open_with("open 1 OV_UNAVAILABLE retryable"));
    ck_ok(open_with("open 1 OV_UNAVAILABLE retryable"));
    ck_assert_str_eq(counted("open"), "2");
}
END_TEST

START_TEST(a_blocked_call_ends_with_its_deadline)
{
    struct timespec now;

    ck_ok(open_with("ping * block"));
    clock_gettime(CLOCK_MONOTONIC, &now);
    call.deadline_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + 30000000;
    ck_fails(OV_DEADLINE, table.ping(session, &call, &err));
    call.cancelled = &(const uint32_t){ 1 };
    ck_fails(OV_CANCELLED, table.ping(session, &call, &err));
}
END_TEST

START_TEST(done_serves_before_it_fails)
{
    struct ov_field key = {
        .size = sizeof(key), .type = OV_TEXT, .flags = OV_FIELD_KEY, .name = { "id", 2 }
    };
    const struct ov_field *fields[] = { &key };
    struct ov_schema schema = {
        .size = sizeof(schema), .n_fields = 1, .fields = fields, .name = { "c", 1 }
    };

    ck_ok(open_with("collection_create 1 OV_UNAVAILABLE uncertain done"));
    ck_fails(OV_UNAVAILABLE, table.collection_create(session, &call, &schema, &err));
    ck_assert_uint_eq(err.flags, OV_ERR_UNCERTAIN);
    ck_fails(OV_EXISTS, table.collection_create(session, &call, &schema, &err));
}
END_TEST

static const char *const nonsense[] = {
    "pong 1 OV_BUSY", "ping 0 OV_BUSY", "ping 1 OV_OK",
    "ping 1",         "ping",           "ping 1 OV_BUSY loudly",
};

START_TEST(a_script_that_is_none_is_refused)
{
    ck_fails(OV_INVALID, open_with(nonsense[_i]));
    ck_says(nonsense[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("script");
    TCase *tests = tcase_create("script");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, chosen_calls_fail_as_told);
    tcase_add_test(tests, an_open_can_fail_first_and_work_later);
    tcase_add_test(tests, a_blocked_call_ends_with_its_deadline);
    tcase_add_test(tests, done_serves_before_it_fails);
    tcase_add_loop_test(tests, a_script_that_is_none_is_refused, 0, 6);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
