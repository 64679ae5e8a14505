/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.h - a record as bytes: what FORMAT.md calls body and vectors.
 *
 * The body holds every field but the vectors, each at a multiple of 8 bytes, so that a
 * cell can view it where it lies. A body written before a field was appended is
 * shorter, and that field reads as its fill.
 */
#ifndef OV_NATIVE_CODEC_H
#define OV_NATIVE_CODEC_H

#include <ov/sdk.h>

/* Bytes that grow and are used again. */
struct buffer {
    unsigned char *bytes;
    size_t n, room;
};

int buffer_reserve(struct buffer *buffer, size_t more); /* -1 without memory */
void buffer_clear(struct buffer *buffer);

/* cells: one a field. OV_LIMIT when the record is over a gigabyte. */
int32_t codec_encode(const struct ov_schema *schema, const struct ov_cell *cells,
                     struct buffer *body, struct buffer *vectors, struct ov_error *err);

/* Is it what encode made for this schema? OV_CORRUPT says what is not. Bytes come from
 * a file: nothing below may be called before. */
int32_t codec_check(const struct ov_schema *schema, const void *body, size_t n,
                    size_t vector_bytes, struct ov_error *err);
/* Of a body that holds: is it the one of this key? */
int32_t codec_check_key(const struct ov_schema *schema, const void *body,
                        const struct ov_cell *key, struct ov_error *err);
/* n floats: all of them finite? */
int32_t codec_check_vectors(const float *vectors, size_t n, struct ov_error *err);

/* A view into the body; not for OV_VECTOR. */
void codec_cell(const struct ov_schema *schema, const void *body, uint32_t field,
                struct ov_cell *out);
/* Its length. */
size_t codec_size(const void *body);
/* Number of fields the body knows. */
uint32_t codec_fields(const void *body);

#endif
