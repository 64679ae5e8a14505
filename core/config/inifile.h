/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inifile.h - the text of an INI file to sections, keys and values, strictly.
 *
 * What inih lets through in silence is an error here: indented lines, lines without a
 * key, cut names, control bytes, text that is not UTF-8. Values come without their
 * quotes and with ${VAR} replaced.
 */
#ifndef OV_CORE_INIFILE_H
#define OV_CORE_INIFILE_H

#include <ov/value.h>

#define INIFILE_MAX_LINE 65536 /* bytes */
#define INIFILE_MAX_NAME 49    /* inih cuts longer sections and keys */

/* One key; or with key and value NULL the header of a section. Borrowed. A status that
 * is not OV_OK ends the reading; where is set by the reader. */
typedef int32_t inifile_fn(void *ctx, uint32_t line, const char *section, const char *key,
                           const char *value, struct ov_error *err);

/* err->where is "origin:line". What was taken before an error must be thrown away. */
int32_t inifile_parse(struct ov_str text, const char *origin, inifile_fn *take, void *ctx,
                      struct ov_error *err);

/* A place in a file into err->where, when err has none yet: "ov.ini:7", or the origin
 * alone when line is 0. The front of a long path is left out. Returns err->code. */
int32_t inifile_place(struct ov_error *err, const char *origin, uint32_t line);

/* Only [a-z][a-z0-9_]*? Then a key, and safe to print. */
int inifile_key(const char *text, size_t n);

#endif
