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

struct shown place_show(struct ov_str text)
{
    struct shown shown;
    size_t room = sizeof(shown.text) - 1, n = text.n < room ? (size_t)text.n : room, i;

    while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n--;
    for (i = 0; i < n; i++)
        shown.text[i] = text.p[i];
    shown.text[n] = '\0';
    if (!ov_utf8_valid((struct ov_str){ shown.text, n }))
        for (i = 0; i < n; i++)
            if ((unsigned char)shown.text[i] >= 0x80)
                shown.text[i] = '?';
    ov_line_tame(shown.text);
    return shown;
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
        ov_line_tame(err->where);
    }
    return code;
}
