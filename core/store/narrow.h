/* SPDX-License-Identifier: Apache-2.0 */
/* narrow.h - the filter of a call, compiled and held against what the provider serves. */
#ifndef OV_CORE_NARROW_H
#define OV_CORE_NARROW_H

#include "call.h"
#include "filter.h"

/* doc may be NULL. Everything is in the call's arena. */
int32_t narrow(struct call *call, const struct ov_doc *doc, struct filter *out);
/* What the provider gets: NULL for all. */
const struct ov_filter *narrow_given(const struct filter *filter);

/* For an explained call that never reaches the provider. */
void narrow_say_empty(struct call *call);

/* A visible field by name; OV_INVALID, the call in doubt. */
int32_t narrow_field(struct call *call, const char *name, const struct field **out);

#endif
