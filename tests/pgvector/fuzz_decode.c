/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_decode.c - any bytes as a value of the server's.
 *
 * First byte: the type; second: where the bytes are divided, for a sparse vector. What
 * was decoded is read to its end, so a length that lies is found by the sanitizer.
 */
#include "../../plugins/pgvector/decode.h"

#include <stdlib.h>
#include <string.h>

static volatile uint64_t sink;

static void read_all(const struct ov_cell *cell)
{
    switch (cell->type) {
    case OV_TEXT:
        for (uint64_t i = 0; i < cell->n; i++)
            sink += (unsigned char)cell->u.text[i];
        return;
    case OV_TEXT_LIST:
    case OV_SPARSE:
        for (int64_t i = 0; i < cell->u.offsets[cell->n]; i++)
            sink += (unsigned char)cell->bytes[i];
        for (uint64_t i = 0; cell->type == OV_SPARSE && i < cell->n; i++)
            sink += cell->weights[i] > 0;
        return;
    case OV_INT64_LIST:
        for (uint64_t i = 0; i < cell->n; i++)
            sink += (uint64_t)cell->u.ints[i];
        return;
    case OV_VECTOR:
        for (uint64_t i = 0; i < cell->n; i++)
            sink += cell->u.floats[i] > 0;
        return;
    default:
        sink += (uint64_t)cell->u.i;
    }
}

#ifdef CANARY
/* A fault behind the whole parser: a list of two texts, the second longer. */
static void canary(const struct ov_cell *cell)
{
    if (cell->type == OV_TEXT_LIST && cell->n == 2 &&
        cell->u.offsets[2] - cell->u.offsets[1] > cell->u.offsets[1])
        abort();
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ov_error err = OV_ERROR_INIT;
    struct scratch scratch = { 0 };
    struct ov_column column = { .dim = 4 };
    struct ov_cell cell;
    int32_t status;
    char *copy;

    if (size < 2)
        return 0;
    column.type = data[0] % (OV_GEO + 1);
    if (column.type == OV_NULL)
        column.type = OV_TEXT;
    copy = malloc(size - 1); /* of the exact size: reading behind it is found */
    if (copy == NULL)
        return 0;
    memcpy(copy, data + 2, size - 2);
    if (column.type == OV_SPARSE) {
        size_t at = data[1] < size - 2 ? data[1] : size - 2;

        status = decode_sparse(&scratch, (struct ov_str){ copy, at },
                               (struct ov_str){ copy + at, size - 2 - at }, &cell, &err);
    } else {
        status = decode_cell(&scratch, &column, (struct ov_str){ copy, size - 2 }, &cell,
                             &err);
    }
    if (status == OV_OK)
        read_all(&cell);
#ifdef CANARY
    if (status == OV_OK)
        canary(&cell);
#endif
    scratch_clear(&scratch);
    free(copy);
    return 0;
}
