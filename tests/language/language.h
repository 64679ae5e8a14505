/* SPDX-License-Identifier: Apache-2.0 */
/* language.h - what the suites of documents, schemas and filters share. */
#ifndef OV_TEST_LANGUAGE_H
#define OV_TEST_LANGUAGE_H

#include "support.h"

#include "filter.h"
#include "schema.h"

/* One for each test: arena_begin and arena_end are its fixture. */
extern struct ov_arena *arena;
void arena_begin(void);
void arena_end(void);

/* JSON in the arena; ' stands for ", so that a table can be read. */
const struct ov_doc *json(const char *text);
/* The document prints as this JSON, ' for " again. */
void ck_prints(const struct ov_doc *doc, const char *text);

/* Settings of a profile that says nothing. */
extern const struct ov_settings plain_settings;

/* The schema of collection D1 of contract 10; one reference is yours. */
const struct schema *d1_schema(void);

#endif
