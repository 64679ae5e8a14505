/* SPDX-License-Identifier: Apache-2.0 */
/*
 * side.h - one who answers steps: a store behind the host's public interface, or the
 * oracle.
 *
 * A step is an object with "do"; README.md lists the steps and what each answers. An
 * answer is an object with "status", yours through json_decref.
 */
#ifndef OV_CONTRACT_SIDE_H
#define OV_CONTRACT_SIDE_H

#include <jansson.h>
#include <ov/status.h>

struct side {
    char name[64];
    json_t *(*act)(struct side *side, const json_t *step);
    void (*free)(struct side *side);
    /* Names of cases that the provider says it does not meet; NULL: none. */
    const char *exceptions;
};

/* Where a store is to be had. */
struct place {
    const char *ini;
    const char *profile;     /* NULL: the plain section */
    const char *plugin_path; /* NULL: the host's own */
};

struct side *side_oracle(void);
/* NULL, and what was wrong in err. */
struct side *side_store(const struct place *place, struct ov_error *err);

/* The collection of steps that name none: of this process and those it starts, so that
 * tests side by side on one server do not meet. */
const char *side_collection(void);
/* The answer's "status". */
const char *side_status(const json_t *answer);
/* act, and release the answer; 1 when it was OV_OK. */
int side_do(struct side *side, json_t *step);

#endif
