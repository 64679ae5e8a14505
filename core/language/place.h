/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.h - where in a document a fault is, as a JSON pointer (RFC 6901).
 *
 * A reader that goes down a tree keeps a chain of places on its stack; the pointer is
 * written only when something is wrong.
 */
#ifndef OV_CORE_PLACE_H
#define OV_CORE_PLACE_H

#include <ov/value.h>

struct place {
    const struct place *up; /* NULL: the document itself */
    const char *name;       /* of a member; NULL: an element of a list */
    uint64_t index;
};

/* As ov_fail, and the place goes to err->where. */
int32_t place_fail(const struct place *place, struct ov_error *err, int32_t code,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A caller's text as a message may show it: cut at a whole character, in one line, UTF-8
 * whatever it was. */
struct shown {
    char text[104];
};
struct shown place_show(struct ov_str text);

#endif
