/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - SQL text that grows, and the one place where names and literals are quoted.
 *
 * Adding cannot fail on its own: a text that ran out of memory remembers (failed), and
 * whoever runs it asks then.
 */
#ifndef OV_PGVECTOR_TEXT_H
#define OV_PGVECTOR_TEXT_H

#include <ov/value.h>

struct text {
    char *p; /* ends with NUL; NULL while empty */
    size_t n;
    size_t room;
    int failed;
};

void text_add(struct text *text, const char *part);
void text_bytes(struct text *text, const char *bytes, size_t n);
void text_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_clear(struct text *text); /* frees; the struct may be used again */

/* An identifier in double quotes. */
void text_name(struct text *text, const char *name);
/* "schema"."name" */
void text_qualified(struct text *text, const char *schema, const char *name);
/* A string literal; only for DDL, where nothing can be bound. */
void text_literal(struct text *text, struct ov_str value);
/* $n */
void text_param(struct text *text, int n);

/*
 * Names as PostgreSQL can carry them: at most 63 bytes. A name stands for itself unless
 * it is too long, holds '#', or is one that the database or the provider keeps for
 * itself; then it is cut and '#' and a digest are added. '#' marks made names, so no two
 * true names meet.
 */
#define NAME_BYTES 64
void name_column(char out[NAME_BYTES], struct ov_str name);
void name_table(char out[NAME_BYTES], struct ov_str name);
/* What goes with a column: its weights, its depth. */
void name_beside(char out[NAME_BYTES], const char *column, const char *purpose);
/* What belongs to a table: an index, a constraint. */
void name_part(char out[NAME_BYTES], const char *table, const char *what,
               const char *purpose);

#endif
