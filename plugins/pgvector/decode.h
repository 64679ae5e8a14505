/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode.h - the server's binary values as cells.
 *
 * Nothing of what a server sends is believed: lengths are checked before they are used.
 */
#ifndef OV_PGVECTOR_DECODE_H
#define OV_PGVECTOR_DECODE_H

#include <ov/sdk.h>

/* Room for what a cell points to; one value at a time lives in it. */
struct scratch {
    char *bytes;
    size_t room;
    char *more; /* weights, or the texts of a list */
    size_t more_room;
};
void scratch_clear(struct scratch *scratch);

/* One value as PostgreSQL sends it. bytes NULL: NULL. dim: of a vector. OV_CORRUPT. */
int32_t decode_cell(struct scratch *scratch, const struct ov_column *column,
                    struct ov_str bytes, struct ov_cell *out, struct ov_error *err);
/* Terms and weights, which are two values. */
int32_t decode_sparse(struct scratch *scratch, struct ov_str terms, struct ov_str weights,
                      struct ov_cell *out, struct ov_error *err);

#endif
