/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prefixed.h - an allocator that no other one understands, put before every source of
 * the provider `prefixed`.
 *
 * Each block begins 32 bytes behind what the C library gave out, and carries a mark. A
 * block of the provider's that the host frees, or of the host's that the provider frees,
 * ends the process.
 */
#ifndef OV_TEST_PREFIXED_H
#define OV_TEST_PREFIXED_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX_BYTES 32
#define PREFIX_MARK UINT64_C(0x0DD5A17E0DD5A17E)

static inline __attribute__((unused)) void *prefixed_mark(char *block, size_t bytes)
{
    const uint64_t mark = PREFIX_MARK;

    if (block == NULL)
        return NULL;
    memcpy(block, &mark, sizeof(mark));
    memcpy(block + sizeof(mark), &bytes, sizeof(bytes));
    return block + PREFIX_BYTES;
}

static inline __attribute__((unused)) void *prefixed_malloc(size_t bytes)
{
    return prefixed_mark(malloc(bytes + PREFIX_BYTES), bytes);
}

static inline __attribute__((unused)) void *prefixed_calloc(size_t n, size_t bytes)
{
    return prefixed_mark(calloc(1, n * bytes + PREFIX_BYTES), n * bytes);
}

static inline __attribute__((unused)) void prefixed_free(void *memory)
{
    char *block;
    uint64_t mark;

    if (memory == NULL)
        return;
    block = (char *)memory - PREFIX_BYTES;
    memcpy(&mark, block, sizeof(mark));
    if (mark != PREFIX_MARK)
        abort();
    memset(block, 0, PREFIX_BYTES);
    free(block);
}

static inline __attribute__((unused)) void *prefixed_realloc(void *memory, size_t bytes)
{
    void *grown = prefixed_malloc(bytes);
    size_t had;

    if (memory == NULL || grown == NULL)
        return grown;
    memcpy(&had, (char *)memory - PREFIX_BYTES + sizeof(uint64_t), sizeof(had));
    memcpy(grown, memory, had < bytes ? had : bytes);
    prefixed_free(memory);
    return grown;
}

static inline __attribute__((unused)) char *prefixed_strdup(const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = prefixed_malloc(n);

    return copy == NULL ? NULL : memcpy(copy, text, n);
}

#undef strdup
#define malloc prefixed_malloc
#define calloc prefixed_calloc
#define realloc prefixed_realloc
#define free prefixed_free
#define strdup prefixed_strdup

#endif
