/* SPDX-License-Identifier: Apache-2.0 */
/* shelf.h - what the two files of the example share. */
#ifndef SHELF_H
#define SHELF_H

#include <ov/sdk.h>

#include <stddef.h>

struct ov_table {
    struct ov_table *next;
    struct ov_schema *schema;
    struct ov_cell **records; /* one cell a field, in memory of its own */
    size_t n;
    int dropped;
};

struct ov_session {
    struct ov_table *tables;
};

/* Every operation on a table begins so. */
int32_t shelf_begin(const struct ov_table *table, const struct ov_call *call,
                    struct ov_error *err);
void shelf_remove_at(struct ov_table *table, size_t at);

/* The operations on records; into the table of operations. */
void shelf_fill(struct ov_backend *out);

#endif
