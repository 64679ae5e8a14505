/* SPDX-License-Identifier: Apache-2.0 */
/* test_inside.c - kernels, record bytes, ordering and changes, against the plain way. */
#include "codec.h"
#include "distance.h"
#include "native.h"
#include "rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int seed = 1;

static unsigned int next(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

static float next_float(void)
{
    return ((float)next() / (float)(1 << 23) - 1) * (next() % 16 == 0 ? 1e15f : 1.0f);
}

START_TEST(kernels_agree_with_the_plain_sums)
{
    enum { MOST = 1100 };
    static float q[MOST], x[MOST];
    static double wide[MOST];
    size_t n, i;

    if (distance_use(_i) != 0) {
        ck_assert_int_gt(_i, 0); /* the plain ones are always there */
        return;
    }
    for (n = 1; n <= MOST; n += 1 + n / 7) {
        double dot = 0, l2 = 0, size = 0;

        for (i = 0; i < n; i++) {
            q[i] = next_float();
            x[i] = next_float();
            wide[i] = (double)q[i];
            size += fabs(wide[i] * (double)x[i]);
        }
        dot = ov_score_dense(OV_IP, q, x, n);
        l2 = 1 - ov_score_dense(OV_L2, q, x, n);
        ck_assert_double_le(fabs(distance_dot(wide, x, n) - dot), 1e-12 * fmax(1, size));
        ck_assert_double_le(fabs(distance_l2(wide, x, n) - l2), 1e-12 * fmax(1, l2));
    }
}
END_TEST

/* ------------------------------------------------------------------- records */

static struct buffer body, vectors;
static struct ov_cell cells[N_FIELDS];
static struct ov_batch *batch;

static void encode(void)
{
    static const struct record record = { .id = "key",
                                          .n = 5,
                                          .s = "text",
                                          .tags = "red,blue",
                                          .nums = { 4, 5 },
                                          .v = { 1, 2, 3, 4 },
                                          .sp = "cat:1,dog:2",
                                          .g = { 1, 2 },
                                          .w = "words" };
    uint32_t f;

    batch = make_batch(&record, 1, NULL, N_FIELDS);
    for (f = 0; f < N_FIELDS; f++)
        ov_batch_cell(rig_schema("c"), batch, f, 0, &cells[f]);
    ck_ok(codec_encode(rig_schema("c"), cells, &body, &vectors, &err));
}

static void release(void)
{
    free_batch(batch);
    buffer_clear(&body);
    buffer_clear(&vectors);
}

START_TEST(a_record_reads_as_it_was_written)
{
    struct ov_cell cell;
    uint32_t f;

    ck_ok(codec_check(rig_schema("c"), body.bytes, body.n, vectors.n, &err));
    ck_assert_uint_eq(codec_fields(body.bytes), N_FIELDS);
    for (f = 0; f < N_FIELDS; f++) {
        if (f == F_V)
            continue;
        codec_cell(rig_schema("c"), body.bytes, f, &cell);
        ck_assert_msg(ov_cell_compare(&cell, &cells[f]) == 0, "field %u", (unsigned)f);
    }
    ck_assert_mem_eq(vectors.bytes, cells[F_V].u.floats, 16);
}
END_TEST

/* Whatever bytes a file has: refused, or safe to read to the last byte. */
START_TEST(damaged_records_are_refused_or_harmless)
{
    struct ov_cell cell, element;
    size_t round, refused = 0, n;
    unsigned char *copy;
    uint32_t f;
    uint64_t e;

    for (round = 0; round < 20000; round++) {
        n = round < body.n ? round : body.n;
        copy = malloc(n + 1);
        memcpy(copy, body.bytes, n);
        if (round >= body.n) {
            copy[next() % n] ^= (unsigned char)(1u << next() % 8);
            copy[next() % 130 % n] = (unsigned char)next();
        }
        ov_error_reset(&err);
        if (codec_check(rig_schema("c"), copy, n, vectors.n, &err) != OV_OK) {
            ck_assert_int_eq(err.code, OV_CORRUPT);
            refused++;
            free(copy);
            continue;
        }
        for (f = 0; f < N_FIELDS; f++) {
            codec_cell(rig_schema("c"), copy, f, &cell);
            (void)ov_cell_compare(&cell, &cells[f]);
            if (cell.type == OV_TEXT_LIST || cell.type == OV_INT64_LIST)
                for (e = 0; e < cell.n; e++) {
                    element = ov_cell_element(&cell, e);
                    (void)ov_cell_compare(&element, &element);
                }
        }
        free(copy);
    }
    ck_assert_uint_gt(refused, 1000);
    ck_fails(OV_CORRUPT, codec_check(rig_schema("c"), body.bytes, body.n, 12, &err));
}
END_TEST

/* ------------------------------------------------------------------- ordering */

static int by_number(const void *ctx, uint64_t a, uint64_t b)
{
    (void)ctx;
    return (a > b) - (a < b);
}

START_TEST(the_first_k_are_in_order)
{
    uint64_t items[300];
    struct order order;
    size_t n, k, i, kept;

    for (n = 0; n < 300; n += 1 + n / 3)
        for (k = 0; k <= n + 1; k += 1 + k / 2) {
            for (i = 0; i < n; i++)
                items[i] = (i * 7919 + 3) % n;
            order = (struct order){ by_number, NULL, items, n };
            ck_ok(order_first(&order, k, &call, &err));
            kept = order.n;
            ck_assert_uint_eq(kept, k < n ? k : n);
            for (i = 0; i + 1 < kept; i++)
                ck_assert_uint_eq(items[i] + 1, items[i + 1]);
            if (kept > 0)
                ck_assert_uint_eq(items[0], 0);
        }
}
END_TEST

/* -------------------------------------------------------------------- changes */

static struct shape *shape;
static struct image *image;
static int64_t labels;

static void add_rows(struct change *change, int n)
{
    static const float vector[4];
    struct ov_cell row[N_FIELDS];
    char key[16];
    int i;

    memcpy(row, cells, sizeof(row));
    for (i = 0; i < n; i++) {
        sprintf(key, "k%d", (int)++labels);
        row[F_ID] = ov_text_cell(ov_str_of(key));
        body.n = vectors.n = 0;
        ck_ok(codec_encode(rig_schema("c"), row, &body, &vectors, &err));
        ck_ok(change_add(change, labels, &body, vector, &err));
    }
}

static void make_image(void)
{
    struct change change;

    encode();
    shape = shape_new(ov_schema_copy(rig_schema("c")));
    image = image_new(shape);
    labels = 0;
    change_begin(&change, image);
    add_rows(&change, BLOCK_ROWS - 1);
    change_commit(&change, 1);
}

static void free_image(void)
{
    image_unref(image);
    shape_unref(shape);
    release();
}

/* Rows of the first block that are there at this number. */
static int n_visible(uint64_t number)
{
    uint64_t mask[BLOCK_WORDS];
    int n = 0, i;

    block_visible(image->blocks[0], number, mask);
    for (i = 0; i < (int)BLOCK_WORDS; i++)
        n += __builtin_popcountll(mask[i]);
    return n;
}

START_TEST(a_stamped_change_is_seen_by_its_own_number_alone)
{
    struct change full, less;

    change_begin(&full, image);
    add_rows(&full, 1);
    change_commit(&full, 2);
    ck_assert_int_eq(n_visible(2), BLOCK_ROWS);
    change_begin(&less, image);
    ck_ok(change_kill(&less, 7, &err));
    change_stamp(&less, 3);
    ck_assert_int_eq(n_visible(2), BLOCK_ROWS);
    ck_assert_int_eq(n_visible(3), BLOCK_ROWS - 1);

    change_abort(&less);
    ck_assert_int_eq(n_visible(3), BLOCK_ROWS);
    ck_assert_uint_ne(image->blocks[0]->full_since, 0);
}
END_TEST

START_TEST(a_block_that_fills_and_loses_a_row_in_one_group_is_not_full)
{
    struct change full, less;

    change_begin(&full, image);
    add_rows(&full, 1);
    change_stamp(&full, 2);
    change_begin(&less, image);
    ck_ok(change_kill(&less, 7, &err));
    change_stamp(&less, 3);

    change_show(&full, 2);
    change_show(&less, 3);

    ck_assert_int_eq(n_visible(3), BLOCK_ROWS - 1);
    ck_assert_int_eq(image->n_live, BLOCK_ROWS - 1);
}
END_TEST

/* Undoing what was added one after the other costs as much as the adding did: walked from
 * the oldest, the list of one key would take hours. */
START_TEST(many_versions_of_one_key_are_undone)
{
    struct ov_cell row[N_FIELDS], key = ov_text_cell(ov_str_of("k"));
    struct change change;
    struct view view;
    uint32_t f, before;
    int i;

    for (f = 0; f < N_FIELDS; f++)
        row[f] = ov_fill_cell(rig_schema("c")->fields[f]);
    row[F_ID] = key;
    ck_ok(codec_encode(rig_schema("c"), row, &body, &vectors, &err));
    before = image->n_keys;
    change_begin(&change, image);
    for (i = 0; i < 400000; i++)
        ck_ok(change_add(&change, i + 1, &body, (const float *)(void *)vectors.bytes,
                         &err));

    change_abort(&change);

    view_take(image, shape, &view);
    ck_assert_uint_eq(view_find(&view, &key), NO_SLOT);
    view_drop(&view);
    ck_assert_uint_eq(image->n_keys, before);
    buffer_clear(&body);
    buffer_clear(&vectors);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("native inside");
    TCase *kernels = tcase_create("kernels"), *records = tcase_create("records"),
          *order = tcase_create("order"), *changes = tcase_create("changes");

    tcase_add_loop_test(kernels, kernels_agree_with_the_plain_sums, 0, 3);
    suite_add_tcase(s, kernels);
    tcase_add_checked_fixture(records, encode, release);
    tcase_add_test(records, a_record_reads_as_it_was_written);
    tcase_add_test(records, damaged_records_are_refused_or_harmless);
    suite_add_tcase(s, records);
    tcase_add_test(order, the_first_k_are_in_order);
    suite_add_tcase(s, order);
    tcase_add_checked_fixture(changes, make_image, free_image);
    tcase_add_test(changes, a_stamped_change_is_seen_by_its_own_number_alone);
    tcase_add_test(changes, many_versions_of_one_key_are_undone);
    tcase_add_test(changes, a_block_that_fills_and_loses_a_row_in_one_group_is_not_full);
    suite_add_tcase(s, changes);
    return s;
}

int main(void)
{
    return run_suite(suite());
}
