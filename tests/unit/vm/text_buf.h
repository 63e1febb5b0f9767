/* SPDX-License-Identifier: MIT
 * For the tests of vm/text: an allocator that can run out, and comparing a Buf with what is expected. */
#ifndef TESTS_UNIT_VM_TEXT_BUF_H
#define TESTS_UNIT_VM_TEXT_BUF_H

#include <check.h>
#include <stdlib.h>

#include "vm/buf.h"

/* ud, if not NULL, counts the allocations that still succeed. */
static inline void *test_alloc_fn(void *ud, void *p, size_t old_size, size_t new_size)
{
    int *left = ud;
    (void)old_size;
    if (new_size == 0) {
        free(p);
        return NULL;
    }
    if (left && (*left)-- <= 0)
        return NULL;
    return realloc(p, new_size);
}

static const Alloc test_alloc = { test_alloc_fn, NULL };

/* The buffer holds exactly this text; it is empty afterwards. */
static inline void expect_bytes(Buf *b, const char *expected, size_t n)
{
    ck_assert(!b->failed);
    if (b->len != n || (n && memcmp(b->data, expected, n) != 0)) {
        const char *got = buf_cstr(b);
        ck_abort_msg("got \"%s\" (%zu bytes), expected \"%s\" (%zu)", got ? got : "", b->len, expected, n);
    }
    b->len = 0;
}

static inline void expect(Buf *b, const char *expected) { expect_bytes(b, expected, strlen(expected)); }

#endif
