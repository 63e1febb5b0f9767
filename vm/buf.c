/* SPDX-License-Identifier: MIT
 * The growable byte buffer. */
#include "vm/buf.h"

#include <stdarg.h>
#include <stdio.h>

void buf_init(Buf *b, const Alloc *alloc)
{
    *b = (Buf){.alloc = alloc};
}

void buf_init_on(Buf *b, const Alloc *alloc, char *memory, size_t size)
{
    *b = (Buf){ .alloc = alloc, .data = memory, .cap = size, .lent = memory };
}

void buf_free(Buf *b)
{
    if (!b->lent)
        mem_free(b->alloc, b->data, b->cap);
    buf_init(b, b->alloc);
}

static NOINLINE bool grow(Buf *b, size_t n)
{
    size_t need, cap;
    if (b->failed || !size_add(b->len, n, &need) || need > SIZE_MAX / 2) {
        b->failed = true;
        return false;
    }
    cap = b->cap ? b->cap + b->cap / 2 : 64;
    if (cap < need)
        cap = need;
    char *data = b->lent ? mem_alloc(b->alloc, cap) : mem_resize(b->alloc, b->data, b->cap, cap);
    if (data && b->lent) {
        memcpy(data, b->lent, b->len);
        b->lent = NULL;
    }
    if (!data) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->cap = cap;
    return true;
}

char *buf_reserve(Buf *b, size_t n)
{
    if ((b->cap - b->len < n || b->failed || !b->data) && !grow(b, n ? n : 1))
        return NULL;
    return b->data + b->len;
}

void buf_put(Buf *b, const void *data, size_t n)
{
    if (n == 0)
        return;
    char *to = buf_reserve(b, n);
    if (!to)
        return;
    memcpy(to, data, n);
    b->len += n;
}

void buf_puts(Buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void buf_printf(Buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char small[256];
    int n = vsnprintf(small, sizeof small, format, args);
    if (n < 0) {
        b->failed = true;
    } else if ((size_t)n < sizeof small) {
        buf_put(b, small, (size_t)n);
    } else {
        char *to = buf_reserve(b, (size_t)n + 1);
        if (to && vsnprintf(to, (size_t)n + 1, format, again) == n)
            b->len += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

static size_t encode_utf8(char out[4], uint32_t cp)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 63));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 63));
        out[2] = (char)(0x80 | (cp & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | (cp >> 18 & 7));
    out[1] = (char)(0x80 | (cp >> 12 & 63));
    out[2] = (char)(0x80 | (cp >> 6 & 63));
    out[3] = (char)(0x80 | (cp & 63));
    return 4;
}

void buf_put_utf8(Buf *b, uint32_t cp)
{
    char bytes[4];
    buf_put(b, bytes, encode_utf8(bytes, cp));
}

void buf_fill(Buf *b, uint32_t cp, size_t count)
{
    char bytes[4];
    size_t n = encode_utf8(bytes, cp), total;
    if (count == 0)
        return;
    if (!size_mul(n, count, &total)) {
        b->failed = true;
        return;
    }
    char *to = buf_reserve(b, total);
    if (!to)
        return;
    if (n == 1)
        memset(to, bytes[0], count);
    else
        for (size_t i = 0; i < count; i++)
            memcpy(to + i * n, bytes, n);
    b->len += total;
}

const char *buf_cstr(Buf *b)
{
    char *end = buf_reserve(b, 1);
    if (!end)
        return NULL;
    *end = '\0';
    return b->data;
}
