/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.c - memory that is given back all at once.
 *
 * A list of chunks, each at least twice the one before up to a limit. Reset goes back
 * to the first and finds the others where they were. Under AddressSanitizer every
 * block has a fence behind it and what is not taken is forbidden ground, so that a
 * step beyond a block is found although malloc knows nothing of it.
 */
#include <ov/document.h>

#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_FENCED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_FENCED 1
#endif
#ifdef ARENA_FENCED
#include <sanitizer/asan_interface.h>
#define FENCE 16u
#else
#define FENCE 0u
#endif

#define ALIGNMENT 16u
#define FIRST_CHUNK 4096u
#define LARGEST_CHUNK (1024u * 1024u)

struct chunk {
    struct chunk *next;
    size_t size;
    size_t used;
    size_t reserved; /* the data behind it is aligned */
};

struct ov_arena {
    struct chunk *first;
    struct chunk *current;
};

static char *chunk_data(struct chunk *chunk)
{
    return (char *)(chunk + 1);
}

/* Nobody may touch it before it is taken. */
static void forbid(void *p, size_t bytes)
{
#ifdef ARENA_FENCED
    __asan_poison_memory_region(p, bytes);
#else
    (void)p;
    (void)bytes;
#endif
}

static void allow(void *p, size_t bytes)
{
#ifdef ARENA_FENCED
    __asan_unpoison_memory_region(p, bytes);
#else
    (void)p;
    (void)bytes;
#endif
}

static struct chunk *make_chunk(size_t size)
{
    struct chunk *chunk = malloc(sizeof(*chunk) + size);

    if (chunk == NULL)
        return NULL;
    chunk->next = NULL;
    chunk->size = size;
    chunk->used = 0;
    forbid(chunk_data(chunk), size);
    return chunk;
}

struct ov_arena *ov_arena_new(void)
{
    struct ov_arena *arena = malloc(sizeof(*arena));

    if (arena == NULL)
        return NULL;
    arena->first = make_chunk(FIRST_CHUNK);
    if (arena->first == NULL) {
        free(arena);
        return NULL;
    }
    arena->current = arena->first;
    return arena;
}

void ov_arena_free(struct ov_arena *arena)
{
    struct chunk *chunk, *next;

    if (arena == NULL)
        return;
    for (chunk = arena->first; chunk != NULL; chunk = next) {
        next = chunk->next;
        allow(chunk_data(chunk), chunk->size);
        free(chunk);
    }
    free(arena);
}

void ov_arena_reset(struct ov_arena *arena)
{
    struct chunk *chunk;

    for (chunk = arena->first; chunk != NULL; chunk = chunk->next) {
        chunk->used = 0;
        forbid(chunk_data(chunk), chunk->size);
    }
    arena->current = arena->first;
}

/* A chunk with room, from those kept by a reset or a new one. */
static struct chunk *find_chunk(struct ov_arena *arena, size_t room)
{
    struct chunk *chunk = arena->current;
    size_t size = chunk->size < LARGEST_CHUNK ? chunk->size * 2 : LARGEST_CHUNK;

    while (chunk->size - chunk->used < room) {
        if (chunk->next == NULL) {
            chunk->next = make_chunk(room > size ? room : size);
            if (chunk->next == NULL)
                return NULL;
        }
        chunk = chunk->next;
    }
    return chunk;
}

void *ov_arena_take(struct ov_arena *arena, size_t bytes)
{
    struct chunk *chunk = arena->current;
    size_t room;
    char *p;

    if (bytes > PTRDIFF_MAX - sizeof(*chunk) - FENCE - ALIGNMENT)
        return NULL;
    room = (bytes + FENCE + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (room == 0)
        room = ALIGNMENT;
    if (chunk->size - chunk->used < room) {
        chunk = find_chunk(arena, room);
        if (chunk == NULL)
            return NULL;
        /* A block larger than a chunk must not strand what is left before it. */
        if (room <= LARGEST_CHUNK / 2)
            arena->current = chunk;
    }
    p = chunk_data(chunk) + chunk->used;
    chunk->used += room;
    allow(p, bytes);
    return p;
}

struct ov_str ov_arena_text(struct ov_arena *arena, struct ov_str text)
{
    struct ov_str copy = { NULL, 0 };
    char *p = text.n < SIZE_MAX ? ov_arena_take(arena, (size_t)text.n + 1) : NULL;

    if (p == NULL)
        return copy;
    if (text.n > 0)
        memcpy(p, text.p, text.n);
    p[text.n] = '\0';
    copy.p = p;
    copy.n = text.n;
    return copy;
}
