/* SPDX-License-Identifier: Apache-2.0 */
/* place.c - a chain of places as text. */
#include "place.h"

#include <ov/sdk.h>

#include <stdio.h>
#include <string.h>

/* Ancestors first. A pointer too long for the error ends where it is cut. */
static void put_place(const struct place *place, char *text, size_t bytes)
{
    size_t n;

    if (place == NULL || place->up == NULL)
        return;
    put_place(place->up, text, bytes);
    n = strlen(text);
    if (place->name != NULL)
        (void)snprintf(text + n, bytes - n, "/%s", place->name);
    else
        (void)snprintf(text + n, bytes - n, "/%llu", (unsigned long long)place->index);
}

int32_t place_fail(const struct place *place, struct ov_error *err, int32_t code,
                   const char *format, ...)
{
    int first = err != NULL && err->code == OV_OK;
    va_list list;

    va_start(list, format);
    code = ov_fail_va(err, code, format, list);
    va_end(list);
    if (first) {
        err->where[0] = '\0';
        put_place(place, err->where, sizeof(err->where));
    }
    return code;
}
