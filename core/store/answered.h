/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answered.h - is what a provider answered what it was asked for?
 *
 * Looked at in every build, before anybody reads it: OV_INTERNAL names the provider, the
 * operation and the promise (ov/request.h, ov/batch.h) that it broke.
 */
#ifndef OV_CORE_ANSWERED_H
#define OV_CORE_ANSWERED_H

#include "page.h"

/* Before a call; a number that is still this was not written. */
#define ANSWERED_NOTHING UINT64_MAX

/* *number: how many there are or were removed, at most so many. */
int32_t answered_number(struct call *call, uint64_t *number, uint64_t most);

/* The rows of fetch, search and scan: there, not more than most, columns as long as they
 * say, scores finite and descending, a scan in its order and behind its cursor. */
int32_t answered_page(struct call *call, const struct page *page, uint64_t most);
int32_t answered_after(struct call *call, const struct page *page,
                       const struct ov_scan *request);

/* The groups of a count: values of this type ascend, counts are above 0. */
int32_t answered_groups(struct call *call, const struct ArrowArray *rows, uint32_t type);

#endif
