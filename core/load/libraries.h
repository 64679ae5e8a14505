/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libraries.h - what else would be loaded or run with a file.
 *
 * Both give a verdict and return 1: stop. ELF_* of a table that cannot be read is in
 * *status.
 */
#ifndef OV_CORE_LIBRARIES_H
#define OV_CORE_LIBRARIES_H

#include "candidate.h"
#include "elf_file.h"

/* Libraries by DT_NEEDED and the like, in the folders of DT_RUNPATH and DT_RPATH, and
 * theirs in turn: nobody but root and the user may put one there. Those of the system's
 * own folders are the system's. */
int libraries_check(const struct elf *elf, const struct elf_link *link,
                    struct candidate *candidate);

/* resolvers.c: functions that the dynamic loader runs while it still binds the file, so
 * before it may find out that something is missing. */
int resolvers_check(const struct elf *elf, const struct elf_link *link,
                    struct finding *finding, enum elf_status *status);

#endif
