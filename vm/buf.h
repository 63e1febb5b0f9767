/* SPDX-License-Identifier: MIT
 * A growable byte buffer. Failure (out of memory) is sticky: later writes do nothing, and the
 * owner looks at `failed` once, at the end. */
#ifndef VM_BUF_H
#define VM_BUF_H

#include "lexer/base.h"

typedef struct Buf {
    const Alloc *alloc;
    char *data;         /* NULL until the first write; not terminated, see buf_cstr */
    size_t len, cap;
    bool failed;
    char *lent;         /* buf_init_on(); NULL */
} Buf;

void buf_init(Buf *b, const Alloc *alloc);
/* Its first bytes go to memory that the caller lends, on its C stack as a rule. Such a buffer does not outlive it. */
void buf_init_on(Buf *b, const Alloc *alloc, char *memory, size_t size);
void buf_free(Buf *b);                              /* back to the state after buf_init */

/* Room for n more bytes, which the caller fills and counts into len. NULL when out of memory. */
char *buf_reserve(Buf *b, size_t n);

void buf_put(Buf *b, const void *data, size_t n);   /* data may be NULL when n is 0 */
void buf_puts(Buf *b, const char *s);
void buf_printf(Buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_put_utf8(Buf *b, uint32_t cp);             /* surrogates are written as three bytes */
void buf_fill(Buf *b, uint32_t cp, size_t count);   /* the same code point, count times */

/* The text with a zero byte behind it (not counted in len). NULL if anything failed. */
const char *buf_cstr(Buf *b);

static inline void buf_putc(Buf *b, char c)
{
    if (LIKELY(b->len < b->cap))
        b->data[b->len++] = c;
    else
        buf_put(b, &c, 1);
}

static inline void buf_clear(Buf *b)
{
    b->len = 0;
    b->failed = false;
}

#endif
