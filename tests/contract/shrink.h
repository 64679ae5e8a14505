/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shrink.h - a disagreement made small enough to read.
 */
#ifndef OV_CONTRACT_SHRINK_H
#define OV_CONTRACT_SHRINK_H

#include "side.h"

/* Plays the steps on a fresh oracle and on the store, whose collection is dropped first.
 * The number of the step that differs, or -1. */
int replay(const json_t *steps, struct side *store, char *reason, size_t room);

/* Steps and records that are not needed for the disagreement at the last step go;
 * 'steps' is changed. Ends after so many replays. */
void shrink(json_t *steps, struct side *store, int replays);

#endif
