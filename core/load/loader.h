/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader.h - from a good candidate to a provider that can be called.
 *
 * Files are loaded once in a process, whatever number of hosts finds them, and stay.
 */
#ifndef OV_CORE_LOADER_H
#define OV_CORE_LOADER_H

#include "candidate.h"
#include "elf_file.h"
#include "provider.h"

/* Load it, or wait for the thread that does. *out is NULL when it was refused: the
 * candidate's late finding says why. OV_NO_SPACE; OV_INVALID when provider code that is
 * being loaded calls this. */
int32_t loader_load(struct candidate *candidate, const struct provider **out,
                    struct ov_error *err);
/* Tell the candidate what is known of its file without loading anything. */
void loader_recall(struct candidate *candidate);
/* The last good file that was loaded from the candidate's path; NULL when there is none.
 */
const struct provider *loader_older(const struct candidate *candidate);
/* 1 while this thread runs a provider's constructors or its ov_backend_get. */
int loader_inside(void);

/* bind.c: ask the entry for its table, check and complete it. What it refuses is in
 * finding. */
void bind_provider(ov_backend_get_fn *entry, struct provider *provider,
                   struct finding *finding);

/* why.c: give the verdict on a file that dlopen refused with this text. */
void why_refused(int fd, const char *path, const char *text, struct finding *finding);

#endif
