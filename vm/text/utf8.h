/* SPDX-License-Identifier: MIT
 * UTF-8: one code point at a time, whole texts, and positions in them.
 *
 * A text is what a `str` holds: UTF-8 in which lone surrogates (U+D800..U+DFFF) may stand as three bytes
 * each, as Python allows them; two that meet are not joined. Every function that takes a text trusts it to
 * be well formed in this sense. Bytes from outside go through utf8_check() or a decoder (codec.h) first. */
#ifndef VM_TEXT_UTF8_H
#define VM_TEXT_UTF8_H

#include "lexer/base.h"

#define UNICODE_MAX 0x10FFFFu

static inline bool utf8_is_surrogate(uint32_t c) { return (c & 0xFFFFF800u) == 0xD800; }
static inline bool utf8_is_continuation(char b) { return ((unsigned char)b & 0xC0) == 0x80; }

/* Bytes that a code point takes. */
static inline size_t utf8_size(uint32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

/* Bytes of the character that starts with this byte. */
static inline size_t utf8_size_of_lead(char lead)
{
    unsigned char b = (unsigned char)lead;
    return b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
}

/* The character at p, which is inside a text and at the start of a character. Returns its bytes. */
static inline size_t utf8_decode(const char *p, uint32_t *c)
{
    const unsigned char *u = (const unsigned char *)p;
    if (u[0] < 0x80) {
        *c = u[0];
        return 1;
    }
    if (u[0] < 0xE0) {
        *c = (uint32_t)(u[0] & 0x1F) << 6 | (u[1] & 0x3F);
        return 2;
    }
    if (u[0] < 0xF0) {
        *c = (uint32_t)(u[0] & 0x0F) << 12 | (uint32_t)(u[1] & 0x3F) << 6 | (u[2] & 0x3F);
        return 3;
    }
    *c = (uint32_t)(u[0] & 0x07) << 18 | (uint32_t)(u[1] & 0x3F) << 12 | (uint32_t)(u[2] & 0x3F) << 6
         | (u[3] & 0x3F);
    return 4;
}

/* The character at *p; *p moves behind it. */
static inline uint32_t utf8_next(const char **p)
{
    uint32_t c;
    *p += utf8_decode(*p, &c);
    return c;
}

/* The character that ends before *p, which is not the text's start; *p moves to its start. */
static inline uint32_t utf8_prev(const char **p)
{
    do
        --*p;
    while (utf8_is_continuation(**p));
    uint32_t c;
    utf8_decode(*p, &c);
    return c;
}

/* Write c, at most UNICODE_MAX, to out; returns its bytes, 1 to 4. */
static inline size_t utf8_encode(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* What utf8_check() found out on its way. */
typedef struct Utf8Info {
    size_t chars;           /* code points */
    bool ascii;
    bool surrogates;        /* holds U+D800..U+DFFF, so it is a text but not UTF-8 */
} Utf8Info;

/* Is [s, s+n) a text? *info (may be NULL) is filled then. False for anything ill formed; surrogates pass,
 * flagged. */
MUST_USE bool utf8_check(const char *s, size_t n, Utf8Info *info);

/* Bytes of the longest run of ASCII that s starts with. */
size_t utf8_ascii_prefix(const char *s, size_t n);
static inline bool utf8_is_ascii(const char *s, size_t n) { return utf8_ascii_prefix(s, n) == n; }

/* Code points in a text, or in a part of it that starts and ends between characters. */
size_t utf8_count(const char *s, size_t n);

/* Does the text hold a surrogate? */
bool utf8_has_surrogates(const char *s, size_t n);

/* Byte offset of the index-th code point, scanning from the start; n for index >= their number. */
size_t utf8_offset(const char *s, size_t n, size_t index);

/* Sparse index: the byte offset of every UTF8_INDEX_STEP-th code point (0, 64, 128 ...), so that a position
 * is found by one load and a scan of at most 63 characters. Built once for a text that is not ASCII; the
 * owner keeps the array. */
#define UTF8_INDEX_STEP 64

static inline size_t utf8_index_entries(size_t chars)
{
    return chars / UTF8_INDEX_STEP + (chars % UTF8_INDEX_STEP != 0);
}

void utf8_index_build(const char *s, size_t n, size_t *index);

/* Byte offset of code point number `at` of a text of `chars` code points; n for at >= chars. */
size_t utf8_index_offset(const char *s, size_t n, size_t chars, const size_t *index, size_t at);

/* Number of code points before byte `offset`, which lies between two characters. */
size_t utf8_index_chars(const char *s, size_t n, size_t chars, const size_t *index, size_t offset);

/* Order of two texts by code points: <0, 0, >0. (Bytewise order is the same order.) */
static inline int utf8_compare(const char *a, size_t na, const char *b, size_t nb)
{
    size_t n = na < nb ? na : nb;
    int r = n ? memcmp(a, b, n) : 0;
    return r ? r : (na > nb) - (na < nb);
}

#endif
