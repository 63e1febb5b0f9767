/* SPDX-License-Identifier: MIT
 * The base header: what every layer may use. No VM values here. */
#ifndef LEXER_BASE_H
#define LEXER_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_USE __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define NOINLINE __attribute__((noinline))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(p, type, field) ((type *)((char *)(p) - offsetof(type, field)))

/* All memory of a VM, the front end's included, comes through one of these. fn works like realloc
 * and free in one: (NULL, 0, n) allocates, (p, old, n) resizes, (p, old, 0) frees and returns NULL.
 * NULL on exhaustion, the old block untouched. */
typedef struct Alloc {
    void *(*fn)(void *ud, void *p, size_t old_size, size_t new_size);
    void *ud;
} Alloc;

static inline MUST_USE void *mem_alloc(const Alloc *a, size_t n) { return a->fn(a->ud, NULL, 0, n); }
static inline MUST_USE void *mem_resize(const Alloc *a, void *p, size_t o, size_t n) { return a->fn(a->ud, p, o, n); }
static inline void mem_free(const Alloc *a, void *p, size_t n)
{
    if (p)
        a->fn(a->ud, p, n, 0);
}

/* Checked size arithmetic: false when the result does not fit. */
static inline MUST_USE bool size_add(size_t a, size_t b, size_t *r) { return !__builtin_add_overflow(a, b, r); }
static inline MUST_USE bool size_mul(size_t a, size_t b, size_t *r) { return !__builtin_mul_overflow(a, b, r); }

/* Grow *items (elements of `size` bytes, *cap of them) so that it holds at least `need`.
 * False when out of memory; nothing changed then. */
static inline MUST_USE bool array_reserve(const Alloc *a, void **items, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return true;
    size_t n = *cap ? *cap * 2 : 8, bytes;
    if (n < need)
        n = need;
    if (!size_mul(n, size, &bytes))
        return false;
    void *p = mem_resize(a, *items, *cap * size, bytes);
    if (!p)
        return false;
    *items = p;
    *cap = n;
    return true;
}

#endif
