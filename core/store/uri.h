/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri.h - "viking://" addresses in the form in which they are stored.
 *
 * Records and filters name the same thing only if both go through here.
 */
#ifndef OV_CORE_URI_H
#define OV_CORE_URI_H

#include <ov/document.h>

/* 1 for the fields whose values are addresses: uri and parent_uri. */
int uri_field(struct ov_str name);

/* "viking://a/b/" becomes "/a/b", "viking://" becomes "/"; any other text is returned as
 * it is. The result borrows from the text or lies in the arena. p is NULL without
 * memory. */
struct ov_str uri_encode(struct ov_arena *arena, struct ov_str text);

#endif
