/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ov/batch.h - records in columns, both ways.
 *
 * Columns travel as the ArrowArray of the Arrow C Data Interface
 * (https://arrow.apache.org/docs/format/CDataInterface.html), restricted to this
 * profile. The top level is a struct array, one child a column. Both sides know the
 * type of each column from the schema and the request, so no ArrowSchema crosses; the
 * helper library makes one for whoever wants it.
 *
 *   OV_BOOL b              OV_INT64 l          OV_FLOAT64 g      OV_TIME tsu:UTC
 *   OV_TEXT U              OV_TEXT_LIST +L<U>  OV_INT64_LIST +L<l>
 *   OV_VECTOR +w:dim<f>    OV_SPARSE +s<+L<U>, +L<f>>            OV_GEO +w:2<g>
 *
 * Everywhere offset 0, exact null_count, no dictionaries, offsets of 64 bits, buffers
 * aligned to 8 bytes. Nulls stand only at the top of a column whose field is nullable.
 * A validity buffer may be NULL when null_count is 0.
 */
#ifndef OV_BATCH_H
#define OV_BATCH_H

#include <ov/value.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif

/* Input of a call: borrowed until it returns, never released, never kept. */
struct ov_batch {
    uint32_t size;
    uint32_t n_columns;
    const uint32_t *fields; /* ordinal of each column; the key comes first */
    const struct ArrowArray *array;
};

enum ov_result_flag {
    OV_RESULT_APPROXIMATE = 1u << 0 /* an exact search might have found better hits */
};

/* Output of a call: zeroed by the host but for size, filled by the provider on OV_OK
 * only, released by the host once through rows.release, on any thread. */
struct ov_result {
    uint32_t size;
    uint32_t flags; /* enum ov_result_flag */
    struct ArrowArray rows;
};

#ifdef __cplusplus
}
#endif
#endif
