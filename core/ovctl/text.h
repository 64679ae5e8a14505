/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - UTF-8 on a terminal: how wide it is, where it may be cut, what must not
 * reach it.
 */
#ifndef OVCTL_TEXT_H
#define OVCTL_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Columns that it takes, whatever the locale. */
size_t text_width(const char *text);
/* Bytes of the longest front that takes at most so many columns, and how many it does. */
size_t text_front(const char *text, size_t columns, size_t *taken);
/* As ov_line_tame: what a terminal would obey. */
void text_tame(char *text);
void text_tame_lines(char *text); /* but newlines stay */

#endif
