/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fork.h - are we still the process that opened the store?
 *
 * Asked at each entry, so it must cost nothing: one load from a page that the kernel
 * wipes in a forked child.
 */
#ifndef OV_CORE_FORK_H
#define OV_CORE_FORK_H

#include <ov/status.h>

/* Called before anything is opened. OV_NO_SPACE; OV_FORKED in a child of a process that
 * had a store open. */
int32_t fork_watch(struct ov_error *err);

/* What the child sees as 0. Set by fork_watch. */
extern const volatile unsigned char *fork_mark;

/* OV_OK or OV_FORKED. */
int32_t fork_check(struct ov_error *err);
int32_t fork_refuse(struct ov_error *err);

#endif
