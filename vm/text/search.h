/* SPDX-License-Identifier: MIT
 * Finding bytes in bytes. Since no UTF-8 character is part of another, the same functions serve str.
 * Time is linear in the haystack for every needle, memory is constant. */
#ifndef VM_TEXT_SEARCH_H
#define VM_TEXT_SEARCH_H

#include "lexer/base.h"

#define SEARCH_NONE SIZE_MAX

/* Byte offset of the first (last) occurrence, or SEARCH_NONE. An empty needle is found at 0 (at n). */
size_t search_find(const char *hay, size_t n, const char *needle, size_t m);
size_t search_rfind(const char *hay, size_t n, const char *needle, size_t m);

/* Occurrences that do not overlap, at most max. The needle is not empty. */
size_t search_count(const char *hay, size_t n, const char *needle, size_t m, size_t max);

/* A needle prepared once, for loops that look for it many times (split, replace). It borrows the needle. */
typedef struct Search {
    const char *needle;
    size_t m;
    bool reverse;
    bool prepared;          /* the fields below are filled, on the first hard haystack */
    bool periodic;
    size_t cut, period;     /* critical factorisation */
    uint8_t shift[256];     /* how far a window may move when it ends in this byte; capped */
} Search;

void search_init(Search *s, const char *needle, size_t m, bool reverse);

/* Forward: first occurrence that starts at or after `from`. Reverse: last one that ends at or before
 * `from`. Offset of its start, or SEARCH_NONE. The needle is not empty. */
size_t search_next(Search *s, const char *hay, size_t n, size_t from);

#endif
