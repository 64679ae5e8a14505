/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - rows of texts under headings, aligned by what they take on a terminal.
 */
#ifndef OVCTL_TABLE_H
#define OVCTL_TABLE_H

#include <ov/document.h>

#include <stdio.h>

struct table;

/* Lives in the arena. */
struct table *table_new(struct ov_arena *arena, uint32_t n_columns);
void table_head(struct table *table, uint32_t column, const char *name, int to_right);
/* The next cell, row by row; copied. */
void table_add(struct table *table, const char *text);

/* width 0: no terminal, nothing is cut. Else the widest columns are cut with an
 * ellipsis until a line fits, and what still does not fit is left out and counted. */
void table_print(const struct table *table, FILE *file, int width, int colour);

#endif
