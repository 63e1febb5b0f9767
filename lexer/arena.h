/* SPDX-License-Identifier: MIT
 * Bump allocator: everything one compilation makes is freed in one go. */
#ifndef LEXER_ARENA_H
#define LEXER_ARENA_H

#include "lexer/base.h"

typedef struct ArenaChunk ArenaChunk;
typedef struct Arena {
    const Alloc *alloc;
    ArenaChunk *chunks;
    char *at, *end;
    bool failed;          /* an allocation returned NULL: the compilation must end in MemoryError */
} Arena;

void arena_init(Arena *a, const Alloc *alloc);
void arena_free(Arena *a);
/* Zeroed memory, aligned to 8; NULL when out of memory (and a->failed is set). */
void *arena_alloc(Arena *a, size_t n);
/* A NUL-terminated copy of n bytes. */
char *arena_strndup(Arena *a, const char *s, size_t n);

#endif
