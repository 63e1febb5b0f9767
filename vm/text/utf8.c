/* SPDX-License-Identifier: MIT
 * Checking and measuring UTF-8, eight bytes at a time where the text allows it. */
#include "vm/text/utf8.h"

#define EVERY_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

static inline uint64_t load_word(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

size_t utf8_ascii_prefix(const char *s, size_t n)
{
    size_t i = 0;
    while (n - i >= 8 && !(load_word(s + i) & EVERY_BYTE(0x80)))
        i += 8;
    while (i < n && (unsigned char)s[i] < 0x80)
        i++;
    return i;
}

/* Bytes of the well-formed character at p, of which `left` bytes are there; 0: ill formed. */
static inline size_t check_one(const unsigned char *p, size_t left)
{
    unsigned char b = p[0];
    if (b >= 0xC2 && b < 0xE0)
        return left > 1 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
    if (b > 0xE0 && b < 0xF0)
        return left > 2 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80 ? 3 : 0;
    if (b < 0xC2 || b > 0xF4)
        return b < 0x80;
    size_t size = utf8_size_of_lead((char)b);
    if (size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((b == 0xE0 && p[1] < 0xA0) || (b == 0xF0 && p[1] < 0x90) || (b == 0xF4 && p[1] > 0x8F))
        return 0;
    return size;
}

bool utf8_check(const char *s, size_t n, Utf8Info *info)
{
    size_t at = 0, chars = 0;
    bool surrogates = false;
    for (;;) {
        size_t run = utf8_ascii_prefix(s + at, n - at);
        at += run;
        chars += run;
        if (at == n)
            break;
        /* Texts in other scripts have many such characters in a row, with single spaces between words: no
         * search for a run of ASCII after each. */
        while (at < n && ((s[at] & 0x80) || (at + 1 < n && (s[at + 1] & 0x80)))) {
            size_t size = check_one((const unsigned char *)s + at, n - at);
            if (!size)
                return false;
            if ((unsigned char)s[at] == 0xED && (unsigned char)s[at + 1] >= 0xA0)
                surrogates = true;
            at += size;
            chars++;
        }
    }
    if (info)
        *info = (Utf8Info){ .chars = chars, .ascii = chars == n, .surrogates = surrogates };
    return true;
}

/* How many of the eight bytes start a character. */
static inline size_t leads_in_word(uint64_t w)
{
    uint64_t continuations = (w >> 7) & (~w >> 6) & EVERY_BYTE(1);
    return 8 - (size_t)(continuations * EVERY_BYTE(1) >> 56);
}

size_t utf8_count(const char *s, size_t n)
{
    size_t i = 0, chars = 0;
    for (; n - i >= 8; i += 8)
        chars += leads_in_word(load_word(s + i));
    for (; i < n; i++)
        chars += !utf8_is_continuation(s[i]);
    return chars;
}

bool utf8_has_surrogates(const char *s, size_t n)
{
    const char *end = s + n;
    while (s < end && (s = memchr(s, 0xED, (size_t)(end - s)))) {
        if ((unsigned char)s[1] >= 0xA0)
            return true;
        s += 3;
    }
    return false;
}

size_t utf8_offset(const char *s, size_t n, size_t index)
{
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        size_t leads = leads_in_word(load_word(s + i));
        if (leads > index)
            break;
        index -= leads;
    }
    for (; i < n; i++)
        if (!utf8_is_continuation(s[i]) && index-- == 0)
            return i;
    return n;
}

void utf8_index_build(const char *s, size_t n, size_t *index)
{
    for (size_t at = 0; at < n; at += utf8_offset(s + at, n - at, UTF8_INDEX_STEP))
        *index++ = at;
}

size_t utf8_index_offset(const char *s, size_t n, size_t chars, const size_t *index, size_t at)
{
    if (at >= chars)
        return n;
    size_t base = index[at / UTF8_INDEX_STEP];
    return base + utf8_offset(s + base, n - base, at % UTF8_INDEX_STEP);
}

size_t utf8_index_chars(const char *s, size_t n, size_t chars, const size_t *index, size_t offset)
{
    if (offset >= n)
        return chars;
    size_t low = 0, high = utf8_index_entries(chars);
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (index[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low * UTF8_INDEX_STEP + utf8_count(s + index[low], offset - index[low]);
}
