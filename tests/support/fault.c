/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.c - stands before the C library's allocator.
 *
 * A definition in the program comes before the library's for every module of the
 * process, so providers and libpq are reached as well. glibc keeps its own under
 * __libc_ names.
 */
#include "fault.h"

#include <errno.h>
#include <stdlib.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);

static __thread size_t left, allocations;
static __thread int armed, happened;

static int fails(void)
{
    allocations++;
    if (!armed)
        return 0;
    if (left-- > 0)
        return 0;
    armed = 0;
    happened = 1;
    errno = ENOMEM;
    return 1;
}

void fault_arm(size_t n)
{
    left = n;
    happened = 0;
    armed = 1;
}

int fault_disarm(void)
{
    armed = 0;
    return happened;
}

size_t fault_count(void)
{
    return allocations;
}

__attribute__((visibility("default"))) void *malloc(size_t bytes)
{
    return fails() ? NULL : __libc_malloc(bytes);
}

__attribute__((visibility("default"))) void *calloc(size_t n, size_t bytes)
{
    return fails() ? NULL : __libc_calloc(n, bytes);
}

__attribute__((visibility("default"))) void *realloc(void *memory, size_t bytes)
{
    return fails() ? NULL : __libc_realloc(memory, bytes);
}
