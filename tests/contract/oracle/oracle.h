/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oracle.h - the reference: what a store must answer, said as plainly as possible.
 *
 * A model of collections as lists of JSON records, searched record by record. It is
 * slow, keeps everything in memory and shares no code with the host, its helper library
 * or any provider: parsing, paths, times, places, patterns, numbers and scores are all
 * written anew, from the contract.
 *
 * It takes the steps and gives the answers that README.md lists, so that a step can be
 * put to it and to a store, and the answers laid side by side.
 */
#ifndef OV_CONTRACT_ORACLE_H
#define OV_CONTRACT_ORACLE_H

#include <jansson.h>

struct oracle;

struct oracle *oracle_new(void);
void oracle_free(struct oracle *oracle);

/* The answer is yours: json_decref. Always an object with "status". */
json_t *oracle_act(struct oracle *oracle, const json_t *step);

#endif
