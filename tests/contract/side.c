/* SPDX-License-Identifier: Apache-2.0 */
/*
 * side.c - the oracle as a side, and what all sides share.
 */
#include "side.h"

#include "oracle/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct oracle_side {
    struct side side;
    struct oracle *oracle;
};

static json_t *act(struct side *side, const json_t *step)
{
    return oracle_act(((struct oracle_side *)side)->oracle, step);
}

static void release(struct side *side)
{
    oracle_free(((struct oracle_side *)side)->oracle);
    free(side);
}

struct side *side_oracle(void)
{
    struct oracle_side *side = calloc(1, sizeof(*side));

    snprintf(side->side.name, sizeof(side->side.name), "oracle");
    side->side.act = act;
    side->side.free = release;
    side->oracle = oracle_new();
    return &side->side;
}

const char *side_collection(void)
{
    const char *name = getenv("OV_TEST_COLLECTION");

    return name != NULL ? name : "c";
}

const char *side_status(const json_t *answer)
{
    return json_string_value(json_object_get(answer, "status"));
}

int side_do(struct side *side, json_t *step)
{
    json_t *answer = side->act(side, step);
    int ok = strcmp(side_status(answer), "OV_OK") == 0;

    if (!ok)
        fprintf(stderr, "# %s: %s\n", side->name,
                json_string_value(json_object_get(answer, "message")));
    json_decref(answer);
    json_decref(step);
    return ok;
}
