/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.h - the store's files as such: are they the ones that were opened, do they belong
 * together, may they be written?
 */
#ifndef OV_NATIVE_FILES_H
#define OV_NATIVE_FILES_H

#include "native.h"

/* ----------------------------------------------------------------- closed.c */

/* There is a store, and it may not be written; errno says why. */
int closed_is_needed(const struct engine *engine);
/* From here on it is only read. OV_DENIED, OV_BUSY: nor can it be read as it lies there.
 */
int32_t closed_take(struct engine *engine, struct ov_error *err);
/* The refusal of a write. */
int32_t closed_refuse(const struct engine *engine, struct ov_error *err);
/* A file system on which locks or mappings are known to fail, by name; else NULL. */
const char *closed_doubtful(const char *path);

/* ------------------------------------------------------------------- mark.c */

/* After a commit: notes, once for each log, what it belongs to. */
void mark_keep(struct engine *engine);
/* OV_CORRUPT when the log that lies there is another file's. Before SQLite looks. */
int32_t mark_check(struct engine *engine, struct ov_error *err);

/* ------------------------------------------------------------------ place.c */

/* Keeps what is there now. */
void place_note(struct engine *engine, enum place_name which);
/* OV_STALE when a name leads to another file than it did, or to none. */
int32_t place_check(struct engine *engine, struct ov_error *err);
/* The same for reads: not each time. */
int32_t place_look(struct engine *engine, struct ov_error *err);
/* COMMIT on engine->writer, between two checks; rolls back when the first fails. */
int32_t place_commit(struct engine *engine, struct ov_error *err);

#endif
