/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare.h - a store's answer laid beside the oracle's.
 */
#ifndef OV_CONTRACT_COMPARE_H
#define OV_CONTRACT_COMPARE_H

#include <jansson.h>
#include <stddef.h>

/* 0 when they agree; else -1 and what differs. Scores may differ by the slack that the
 * oracle names, and records within each other's slack may change places, also at the
 * limit. */
int compare_answers(const json_t *step, const json_t *oracle, const json_t *store,
                    char *reason, size_t room);

#endif
