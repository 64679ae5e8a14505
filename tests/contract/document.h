/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document.h - between the JSON of the suite and the host's documents.
 */
#ifndef OV_CONTRACT_DOCUMENT_H
#define OV_CONTRACT_DOCUMENT_H

#include <jansson.h>
#include <ov/document.h>
#include <ov/sdk.h>

/* The texts "$nan", "$inf" and "$-inf" become the numbers that JSON cannot carry. */
struct ov_doc *doc_of_json(struct ov_arena *arena, const json_t *json);
/* NaN and infinities become null. */
json_t *json_of_doc(const struct ov_doc *doc);
json_t *json_of_key(const struct ov_cell *key);

#endif
