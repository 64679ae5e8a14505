/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - a bar on standard error while something takes long; nothing at all when
 * that is no terminal.
 */
#ifndef OVCTL_PROGRESS_H
#define OVCTL_PROGRESS_H

#include <stdint.h>

/* Ten times a second at most. total 0: not known, value is shown as a count. */
void progress_show(const char *what, double value, double total);
/* Off the line with it. */
void progress_end(void);

#endif
