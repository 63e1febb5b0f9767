/* SPDX-License-Identifier: MIT
 * Bump allocator: a list of chunks that grow by doubling, all freed together. */
#include "lexer/arena.h"

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 256 * 1024 };

struct ArenaChunk {
    ArenaChunk *next;
    size_t size;          /* of the whole block, as the allocator must be told */
};

void arena_init(Arena *a, const Alloc *alloc)
{
    *a = (Arena){ .alloc = alloc };
}

void arena_free(Arena *a)
{
    ArenaChunk *chunk = a->chunks;
    while (chunk) {
        ArenaChunk *next = chunk->next;
        mem_free(a->alloc, chunk, chunk->size);
        chunk = next;
    }
    arena_init(a, a->alloc);
}

/* A block for one request that is too large to share a chunk; what is left of the open chunk stays open. */
static void *alloc_alone(Arena *a, size_t n)
{
    size_t size;
    if (!size_add(n, sizeof(ArenaChunk), &size))
        return NULL;
    ArenaChunk *chunk = mem_alloc(a->alloc, size);
    if (!chunk)
        return NULL;
    chunk->size = size;
    ArenaChunk **link = a->at ? &a->chunks->next : &a->chunks;  /* the first one stays the open one */
    chunk->next = *link;
    *link = chunk;
    return memset(chunk + 1, 0, n);
}

static bool open_chunk(Arena *a, size_t n)
{
    size_t size = a->at ? a->chunks->size * 2 : FIRST_CHUNK;
    while (size < n + sizeof(ArenaChunk))
        size *= 2;
    if (size > LARGEST_CHUNK)
        size = LARGEST_CHUNK;
    ArenaChunk *chunk = mem_alloc(a->alloc, size);
    if (!chunk)
        return false;
    chunk->size = size;
    chunk->next = a->chunks;
    a->chunks = chunk;
    a->at = (char *)(chunk + 1);
    a->end = (char *)chunk + size;
    return true;
}

void *arena_alloc(Arena *a, size_t n)
{
    if (n <= LARGEST_CHUNK / 4) {
        n = n ? (n + 7) & ~(size_t)7 : 8;
        if (n <= (size_t)(a->end - a->at) || open_chunk(a, n)) {
            void *p = a->at;
            a->at += n;
            return memset(p, 0, n);
        }
    } else {
        void *p = alloc_alone(a, n);
        if (p)
            return p;
    }
    a->failed = true;
    return NULL;
}

char *arena_strndup(Arena *a, const char *s, size_t n)
{
    char *p = n < SIZE_MAX ? arena_alloc(a, n + 1) : NULL;
    if (!p) {
        a->failed = true;
        return NULL;
    }
    if (n)
        memcpy(p, s, n);
    return p;
}
