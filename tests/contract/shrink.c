/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shrink.c - see shrink.h.
 */
#include "shrink.h"

#include "compare.h"

#include <string.h>

int replay(const json_t *steps, struct side *store, char *reason, size_t room)
{
    struct side *oracle = side_oracle();
    json_t *drop = json_pack("{s:s}", "do", "drop");
    json_t *name = json_object_get(json_array_get(steps, 0), "collection");
    const json_t *step;
    int found = -1;
    size_t i;

    if (name != NULL)
        json_object_set(drop, "collection", name);
    json_decref(store->act(store, drop));
    json_decref(drop);
    json_array_foreach((json_t *)steps, i, step)
    {
        json_t *a = oracle->act(oracle, step), *b = store->act(store, step);
        if (compare_answers(step, a, b, reason, room) != 0)
            found = (int)i;
        json_decref(a);
        json_decref(b);
        if (found >= 0)
            break;
    }
    oracle->free(oracle);
    return found;
}

/* Does the last step still differ, and no earlier one? */
static int still_differs(const json_t *steps, struct side *store)
{
    char reason[2000];

    return replay(steps, store, reason, sizeof(reason)) ==
           (int)json_array_size(steps) - 1;
}

/* Tries the list without n elements from i on. 1: they are gone. */
static int without(json_t *steps, json_t *list, size_t i, size_t n, struct side *store)
{
    json_t *saved = json_copy(list);

    for (size_t k = 0; k < n; k++)
        json_array_remove(list, i);
    if (still_differs(steps, store)) {
        json_decref(saved);
        return 1;
    }
    json_array_clear(list);
    json_array_extend(list, saved);
    json_decref(saved);
    return 0;
}

static void shrink_list(json_t *steps, json_t *list, size_t from, size_t spare,
                        struct side *store, int *replays)
{
    for (size_t chunk = json_array_size(list) / 2; chunk > 0; chunk /= 2)
        for (size_t i = from;
             i + chunk + spare <= json_array_size(list) && *replays > 0;) {
            (*replays)--;
            if (!without(steps, list, i, chunk, store))
                i += chunk;
        }
}

/* Puts another filter in its place; 1 when it still differs. */
static int with_filter(json_t *steps, json_t *step, json_t *filter, struct side *store)
{
    json_t *saved = json_incref(json_object_get(step, "filter"));

    json_object_set(step, "filter", filter);
    if (still_differs(steps, store)) {
        json_decref(saved);
        return 1;
    }
    json_object_set_new(step, "filter", saved);
    return 0;
}

/* A child in the place of its parent, as deep as that goes; then conds one by one. */
static void shrink_filter(json_t *steps, json_t *step, struct side *store, int *replays)
{
    json_t *filter = json_object_get(step, "filter");
    json_t *conds = json_object_get(filter, "conds"), *child;
    size_t i = 0;

    while (i < json_array_size(conds) && (*replays)-- > 0) {
        child = json_array_get(conds, i++);
        if (json_is_object(child) && with_filter(steps, step, child, store)) {
            filter = child;
            conds = json_object_get(filter, "conds");
            i = 0;
        }
    }
    shrink_list(steps, conds, 0, 1, store, replays);
}

void shrink(json_t *steps, struct side *store, int replays)
{
    json_t *step;
    size_t i;

    /* The first makes the collection, the last is the one that differs. */
    shrink_list(steps, steps, 1, 1, store, &replays);
    json_array_foreach(steps, i, step)
    {
        json_t *records = json_object_get(step, "records");
        if (json_array_size(records) > 1 && json_object_get(step, "ttl") == NULL)
            shrink_list(steps, records, 0, 1, store, &replays);
    }
    step = json_array_get(steps, json_array_size(steps) - 1);
    if (json_object_get(step, "filter") != NULL)
        shrink_filter(steps, step, store, &replays);
    json_array_foreach(json_object_get(json_array_get(steps, 0), "indexes"), i, step)
        json_object_set_new(step, "ScalarIndex", json_array());
}
