/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_preflight.c - any bytes as a provider's file: a verdict, no crash, no leak.
 *
 * Built with CANARY it dies of a note whose format is not 1, which is met only behind
 * ELF header, segments and the walk over the notes.
 */
#include "candidate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static int fd = -1;
    struct candidate candidate = { .name = "good" };

    if (fd < 0)
        fd = memfd_create("provider", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, n, 0) != (ssize_t)n)
        abort();
    if (preflight_file(fd, &candidate) != OV_OK)
        return 0;
    if ((candidate.found.verdict == VERDICT_OK) != (candidate.found.reason[0] == '\0') ||
        strnlen(candidate.version, sizeof(candidate.version)) ==
            sizeof(candidate.version) ||
        strnlen(candidate.aliases, sizeof(candidate.aliases)) ==
            sizeof(candidate.aliases))
        abort();
#ifdef CANARY
    if (candidate.found.verdict == VERDICT_NOTE_FORMAT)
        abort();
#endif
    return 0;
}
