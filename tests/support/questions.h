/* SPDX-License-Identifier: Apache-2.0 */
/*
 * questions.h - everything that a host could ask of a collection, for providers whose
 * stored bytes were changed: any answer of the border will do, but it has to be one.
 */
#ifndef OV_TEST_QUESTIONS_H
#define OV_TEST_QUESTIONS_H

#include "support.h"

/* A variable of the environment as a number, or what is said otherwise. */
uint64_t question_setting(const char *name, uint64_t otherwise);

/* Numbers from a seed, the same each time. */
void question_seed(uint64_t seed);
uint32_t question_number(uint32_t below);

/* A few bytes of bytes[from] to bytes[to] changed. */
void question_spoil(unsigned char *bytes, size_t from, size_t to);

/* A status that there is, which err has too, with a message if it is a failure. */
void question_known(int32_t status);

/* By the schema that the collection describes: scans, counts, searches of every kind, a
 * write and a removal. An answer with records keeps the profile of batch.h. */
void questions_ask(const struct ov_backend *backend, struct ov_table *table,
                   const struct ov_call *call);

#endif
