/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_cuts.c - the connection goes at each of libpq's calls in turn, and every
 * allocation fails once: what is reported is true.
 *
 * The functions below stand before libpq's. At the chosen call they shut the socket
 * down and then let libpq find out.
 */
#include "harness.h"

#ifdef HAVE_FAULT
#include "fault.h"
#endif

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static long cut_at = -1, calls;

static void maybe_cut(const PGconn *conn)
{
    if (calls++ == cut_at)
        shutdown(PQsocket(conn), SHUT_RDWR);
}

static void *real(const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);

    if (f == NULL)
        abort();
    return f;
}

#define VISIBLE __attribute__((visibility("default")))

VISIBLE int PQflush(PGconn *conn)
{
    int (*f)(PGconn *);

    *(void **)&f = real("PQflush");
    maybe_cut(conn);
    return f(conn);
}

VISIBLE int PQconsumeInput(PGconn *conn)
{
    int (*f)(PGconn *);

    *(void **)&f = real("PQconsumeInput");
    maybe_cut(conn);
    return f(conn);
}

VISIBLE PGresult *PQgetResult(PGconn *conn)
{
    PGresult *(*f)(PGconn *);

    *(void **)&f = real("PQgetResult");
    maybe_cut(conn);
    return f(conn);
}

VISIBLE int PQpipelineSync(PGconn *conn)
{
    int (*f)(PGconn *);

    *(void **)&f = real("PQpipelineSync");
    maybe_cut(conn);
    return f(conn);
}

VISIBLE int PQenterPipelineMode(PGconn *conn)
{
    int (*f)(PGconn *);

    *(void **)&f = real("PQenterPipelineMode");
    maybe_cut(conn);
    return f(conn);
}

VISIBLE PostgresPollingStatusType PQconnectPoll(PGconn *conn)
{
    PostgresPollingStatusType (*f)(PGconn *);

    *(void **)&f = real("PQconnectPoll");
    maybe_cut(conn);
    return f(conn);
}

/* ------------------------------------------------------------------- calls */

static const struct doc before[] = {
    { .id = "a", .path = "/a", .vec = { 1, 0, 0, 0 }, .body = "x" },
    { .id = "b", .path = "/b", .vec = { 0, 1, 0, 0 }, .body = "y" },
};
static const struct doc after[] = {
    { .id = "b", .path = "/b", .level = 9, .vec = { 0, 1, 0, 0 }, .body = "y" },
    { .id = "c", .path = "/c", .level = 9, .vec = { 0, 0, 1, 0 }, .body = "z" },
};

static void setup(void)
{
    open_store("test_cuts");
    create_docs("flat", OV_COSINE);
}

static uint64_t count_at_least(int64_t level)
{
    struct ov_node node = {
        .op = OV_RANGE, .flags = OV_RANGE_LOW, .field = F_LEVEL, .span = 1, .n_values = 1
    };
    struct ov_scalar value = { OV_INT64, 0, { level } };
    const struct ov_filter filter = { .size = sizeof(filter),
                                      .n_nodes = 1,
                                      .n_values = 1,
                                      .nodes = &node,
                                      .values = &value };
    const struct ov_count count = { .size = sizeof(count),
                                    .group = OV_NONE,
                                    .filter = &filter };
    uint64_t total = 0;

    ck_ok(read_count(table, &call, &count, &total, NULL, &err));
    return total;
}

typedef int32_t op_fn(void);

static int32_t do_upsert(void)
{
    return upsert_docs(after, 2);
}

static int32_t do_update(void)
{
    const uint32_t fields[] = { F_ID, F_LEVEL };
    const struct ov_column columns[] = { { .type = OV_TEXT }, { .type = OV_INT64 } };
    struct ov_rows *rows = ov_rows_new(columns, 2);
    struct ArrowArray array;
    const struct ov_batch batch = { sizeof(batch), 2, fields, &array };
    const struct ov_batch *batches[] = { &batch };
    int32_t status;

    if (rows == NULL)
        return ov_no_memory(&err);
    for (int i = 0; i < 2; i++) {
        struct ov_cell key = ov_text_cell(ov_str_of(i == 0 ? "b" : "a"));
        struct ov_cell level = ov_int_cell(OV_INT64, 9);

        ov_rows_add(rows, &key);
        ov_rows_add(rows, &level);
    }
    status = ov_rows_finish(rows, &array, &err);
    if (status != OV_OK)
        return status;
    status = write_update(table, &call, batches, 1, &err);
    array.release(&array);
    return status;
}

static int32_t do_search(void)
{
    static const float query[4] = { 1, 0, 0, 0 };
    static const uint32_t fields[] = { F_ID,   F_PATH,  F_LEVEL, F_SCORE,  F_AT,  F_TAGS,
                                       F_NUMS, F_PLACE, F_VEC,   F_SPARSE, F_BODY };
    const struct ov_search search = { .size = sizeof(search),
                                      .index = ov_str_of("default"),
                                      .n_queries = 1,
                                      .dim = 4,
                                      .dense = query,
                                      .limit = 2,
                                      .n_fields = 11,
                                      .fields = fields };
    int32_t status = search_search(table, &call, &search, &result, &err);

    if (status != OV_OK)
        ck_assert(result.rows.release == NULL);
    release(&result);
    return status;
}

static int32_t do_truncate(void)
{
    return write_truncate(table, &call, &err);
}

static int32_t do_alter(void)
{
    struct ov_schema schema = *docs_schema("flat", OV_COSINE);

    schema.meta = ov_str_of("other meta");
    return collection_alter(table, &call, &schema, &err);
}

static const struct op {
    op_fn *run;
    int writes;
    uint64_t changed; /* records at level 9 afterwards */
} ops[] = {
    { do_upsert, 1, 2 },   { do_update, 1, 2 }, { do_search, 0, 0 },
    { do_truncate, 1, 0 }, { do_alter, 1, 0 },
};

static void reset_records(void)
{
    cut_at = -1;
    ck_ok(write_truncate(table, &call, &err));
    ck_ok(upsert_docs(before, 2));
}

/* What the error says about the change is so. */
static void check_claim(const struct op *op, int32_t status)
{
    uint64_t changed;
    uint32_t flags = err.flags;

    ck_assert_msg(status == OV_UNAVAILABLE || status == OV_NO_SPACE, "%s: %s",
                  ov_status_name(status), err.message);
    if (!op->writes)
        ck_assert_uint_eq(flags & OV_ERR_UNCERTAIN, 0);
    changed = count_at_least(9);
    if (flags & OV_ERR_UNCERTAIN)
        ck_assert(changed == 0 || changed == op->changed);
    else
        ck_assert_uint_eq(changed, 0);
}

START_TEST(a_connection_that_is_cut_anywhere_is_reported_as_it_is)
{
    const struct op *op = &ops[_i];
    long n, cuts = 0;

    for (n = 0;; n++) {
        int32_t status;

        reset_records();
        calls = 0;
        cut_at = n;
        ov_error_reset(&err);
        status = op->run();
        cut_at = -1;
        if (calls <= n)
            break;
        cuts++;
        if (status != OV_OK)
            check_claim(op, status);
    }
    ck_assert_int_ge(cuts, 5);
}
END_TEST

START_TEST(opening_survives_a_cut_anywhere)
{
    close_store();
    for (long n = 0;; n++) {
        int32_t status;

        calls = 0;
        cut_at = n;
        ov_error_reset(&err);
        status = try_open(&session);
        cut_at = -1;
        if (status == OV_OK) {
            close_store();
            if (calls <= n)
                break;
            continue;
        }
        ck_assert_int_eq(status, OV_UNAVAILABLE);
        ck_assert_uint_eq(err.flags, OV_ERR_RETRYABLE);
        ck_assert_ptr_null(session);
    }
}
END_TEST

#ifdef HAVE_FAULT
START_TEST(every_allocation_may_fail)
{
    const struct op *op = &ops[_i];
    int failures = 0;

    for (size_t n = 0;; n++) {
        int32_t status;

        reset_records();
        ov_error_reset(&err);
        call.deadline_ns = link_now() + INT64_C(2000000000);
        fault_arm(n);
        status = op->run();
        call.deadline_ns = 0;
        if (!fault_disarm()) {
            ck_assert_int_eq(status, OV_OK);
            break;
        }
        if (status == OV_OK) /* libpq did without */
            continue;
        failures++;
        check_claim(op, status);
    }
    ck_assert_int_ge(failures, 5);
}
END_TEST
#endif

static Suite *suite(void)
{
    Suite *s = suite_create("pgvector cuts");
    TCase *c = tcase_create("cuts");

    tcase_add_checked_fixture(c, setup, close_store);
    tcase_add_loop_test(c, a_connection_that_is_cut_anywhere_is_reported_as_it_is, 0, 5);
    tcase_add_test(c, opening_survives_a_cut_anywhere);
#ifdef HAVE_FAULT
    tcase_add_loop_test(c, every_allocation_may_fail, 0, 5);
#endif
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return run_with_server(suite());
}
