/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - what the files of the helper library share; never installed. */
#ifndef OV_SDK_INTERNAL_H
#define OV_SDK_INTERNAL_H

#include <ov/sdk.h>

#define OV_CODE_POINT_MAX 0x10FFFFu

/* The code point at *at, which moves behind it; 0 on bytes that are no UTF-8, on
 * surrogates and on U+0000, and *at stays. *at < end. */
uint32_t text_next(const char **at, const char *end);
/* Code point to bytes; returns how many. */
unsigned int text_put(uint32_t point, char out[4]);

/* Bytes of the parts of a copied cell, in one block: offsets, weights, bytes. */
uint64_t cell_text_bytes(const struct ov_cell *cell);

/* Over the bytes of an encoded schema that precede it. */
uint32_t schema_blob_sum(const unsigned char *bytes, size_t n);

/* The text without blanks (ASCII) around it. */
struct ov_str text_trim(struct ov_str text);

#endif
