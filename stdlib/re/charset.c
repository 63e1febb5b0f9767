/* SPDX-License-Identifier: MIT
 * Sets of characters of regular expressions, and what upper and lower case mean to them.
 *
 * Two characters are equal without regard to case when their lower-case forms are, or the upper-case forms of those.
 * Most have one other form at most; `families` holds all others. */
#include "stdlib/re/re.h"

#include "vm/text/unicode.h"
#include "vm/text/utf8.h"

/* Families of more than two, or whose case is not simple; a 0 ends each. */
static const uint16_t families[] = {
    0x49, 0x69, 0x130, 0x131, 0, 0x4b, 0x6b, 0x212a, 0, 0x53, 0x73, 0x17f, 0, 0xb5, 0x39c, 0x3bc, 0, 0xc5, 0xe5,
    0x212b, 0, 0xdf, 0x1e9e, 0, 0x1c4, 0x1c5, 0x1c6, 0, 0x1c7, 0x1c8, 0x1c9, 0, 0x1ca, 0x1cb, 0x1cc, 0, 0x1f1,
    0x1f2, 0x1f3, 0, 0x345, 0x399, 0x3b9, 0x1fbe, 0, 0x390, 0x1fd3, 0, 0x392, 0x3b2, 0x3d0, 0, 0x395, 0x3b5, 0x3f5,
    0, 0x398, 0x3b8, 0x3d1, 0x3f4, 0, 0x39a, 0x3ba, 0x3f0, 0, 0x3a0, 0x3c0, 0x3d6, 0, 0x3a1, 0x3c1, 0x3f1, 0,
    0x3a3, 0x3c2, 0x3c3, 0, 0x3a6, 0x3c6, 0x3d5, 0, 0x3a9, 0x3c9, 0x2126, 0, 0x3b0, 0x1fe3, 0, 0x412, 0x432,
    0x1c80, 0, 0x414, 0x434, 0x1c81, 0, 0x41e, 0x43e, 0x1c82, 0, 0x421, 0x441, 0x1c83, 0, 0x422, 0x442, 0x1c84,
    0x1c85, 0, 0x42a, 0x44a, 0x1c86, 0, 0x462, 0x463, 0x1c87, 0, 0x1c88, 0xa64a, 0xa64b, 0, 0x1e60, 0x1e61, 0x1e9b,
    0, 0x1f80, 0x1f88, 0, 0x1f81, 0x1f89, 0, 0x1f82, 0x1f8a, 0, 0x1f83, 0x1f8b, 0, 0x1f84, 0x1f8c, 0, 0x1f85,
    0x1f8d, 0, 0x1f86, 0x1f8e, 0, 0x1f87, 0x1f8f, 0, 0x1f90, 0x1f98, 0, 0x1f91, 0x1f99, 0, 0x1f92, 0x1f9a, 0,
    0x1f93, 0x1f9b, 0, 0x1f94, 0x1f9c, 0, 0x1f95, 0x1f9d, 0, 0x1f96, 0x1f9e, 0, 0x1f97, 0x1f9f, 0, 0x1fa0, 0x1fa8,
    0, 0x1fa1, 0x1fa9, 0, 0x1fa2, 0x1faa, 0, 0x1fa3, 0x1fab, 0, 0x1fa4, 0x1fac, 0, 0x1fa5, 0x1fad, 0, 0x1fa6,
    0x1fae, 0, 0x1fa7, 0x1faf, 0, 0x1fb3, 0x1fbc, 0, 0x1fc3, 0x1fcc, 0, 0x1ff3, 0x1ffc, 0, 0xfb05, 0xfb06, 0,
};
#define FAMILY_MAX 4u

/* All that equal c, itself among them; returns how many (at most FAMILY_MAX). */
static size_t family(uint32_t c, bool ascii, uint32_t *out)
{
    uint32_t other;
    out[0] = c;
    if (ascii) {
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z' && c < 128;
        out[1] = c ^ 32;
        return letter ? 2 : 1;
    }
    other = unicode_to_lower(c);
    if (other == c && !unicode_is_cased(c))
        return 1;
    for (size_t i = 0, from = 0; i < COUNT_OF(families); i++) {
        if (!families[i])
            from = i + 1;
        if (families[i] != c || !families[i])
            continue;
        size_t n = 0;
        for (; families[from]; from++)
            out[n++] = families[from];
        return n;
    }
    other = other == c ? unicode_to_upper(c) : other;
    out[1] = other;
    return other == c ? 1 : 2;
}

void charset_add(CharSet *s, uint32_t first, uint32_t last)
{
    uint32_t pair[2] = { first, last };
    buf_put(&s->ranges, pair, sizeof pair);
}

static const uint32_t unicode_space[] = { 9, 13, 28, 32, 0x85, 0x85, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029,
                                          0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000 };
static const uint32_t ascii_space[] = { 9, 13, 32, 32 };
static const uint32_t ascii_digit[] = { '0', '9' };
static const uint32_t ascii_word[] = { '0', '9', 'A', 'Z', '_', '_', 'a', 'z' };

static void add_ranges(CharSet *s, const uint32_t *r, size_t n, bool complement)
{
    uint32_t next = 0;
    for (size_t i = 0; i < n; i += 2) {
        if (!complement)
            charset_add(s, r[i], r[i + 1]);
        else if (r[i] > next)
            charset_add(s, next, r[i] - 1);
        next = r[i + 1] + 1;
    }
    if (complement)
        charset_add(s, next, UNICODE_MAX);
}

void charset_add_category(CharSet *s, char category, bool ascii)
{
    bool complement = category < 'a';
    switch (category | 32) {
    case 's':
        if (ascii)
            add_ranges(s, ascii_space, COUNT_OF(ascii_space), complement);
        else
            add_ranges(s, unicode_space, COUNT_OF(unicode_space), complement);
        return;
    case 'd':
        if (ascii)
            add_ranges(s, ascii_digit, COUNT_OF(ascii_digit), complement);
        else
            s->properties |= complement ? SET_NO_DIGIT : SET_DIGIT;
        return;
    default:
        if (ascii)
            add_ranges(s, ascii_word, COUNT_OF(ascii_word), complement);
        else
            s->properties |= complement ? SET_NO_WORD : SET_WORD;
    }
}

/* ---- for bytes and ASCII: a bitmap ---- */
typedef struct Bitmap {
    bool on[256];
} Bitmap;

static void put_byte(Buf *out, unsigned c)
{
    bool plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z' && c < 128);
    if (plain)
        buf_putc(out, (char)c);
    else
        buf_printf(out, "\\x%02x", c);
}

static void emit_bitmap(Buf *out, const Bitmap *b, unsigned limit)
{
    unsigned count = 0, last = 0;
    for (unsigned c = 0; c < limit; c++)
        if (b->on[c]) {
            count++;
            last = c;
        }
    if (count == 0 || count == limit) {
        buf_puts(out, count ? "." : "[^\\x00-\\xff]");
        return;
    }
    if (count == 1) {
        put_byte(out, last);
        return;
    }
    buf_putc(out, '[');
    for (unsigned c = 0; c < limit; c++) {
        unsigned end = c;
        if (!b->on[c])
            continue;
        while (end + 1 < limit && b->on[end + 1])
            end++;
        put_byte(out, c);
        if (end > c) {
            if (end > c + 1)
                buf_putc(out, '-');
            put_byte(out, end);
        }
        c = end;
    }
    buf_putc(out, ']');
}

/* Unicode's categories, seen by an ASCII character. */
static void add_properties(Bitmap *b, unsigned properties, unsigned limit)
{
    for (unsigned c = 0; c < limit; c++) {
        bool digit = c >= '0' && c <= '9', word = c == '_' || digit || ((c | 32) >= 'a' && (c | 32) <= 'z' && c < 128);
        if ((digit && properties & SET_DIGIT) || (!digit && properties & SET_NO_DIGIT) || (word && properties & SET_WORD) ||
            (!word && properties & SET_NO_WORD))
            b->on[c] = true;
    }
}

static void emit_small(Buf *out, const CharSet *s, ReTarget target, bool ignore_case, bool ascii_case)
{
    const unsigned limit = target == RE_ASCII ? 128 : 256;
    const uint32_t *r = (const uint32_t *)(const void *)s->ranges.data;
    Bitmap b = { { false } };
    for (size_t i = 0; i < s->ranges.len / 8; i++)
        for (uint32_t c = r[2 * i]; c <= r[2 * i + 1] && c < limit; c++)
            b.on[c] = true;
    add_properties(&b, s->properties, limit);
    if (ignore_case) {
        for (unsigned c = 'a'; c <= 'z'; c++)
            b.on[c] = b.on[c - 32] = b.on[c] || b.on[c - 32];
        /* İ ı ſ K equal ASCII letters. */
        static const uint32_t odd[] = { 0x130, 'i', 0x131, 'i', 0x17f, 's', 0x212a, 'k' };
        for (size_t i = 0; !ascii_case && i < COUNT_OF(odd); i += 2)
            for (size_t k = 0; k < s->ranges.len / 8; k++)
                if (r[2 * k] <= odd[i] && odd[i] <= r[2 * k + 1])
                    b.on[odd[i + 1]] = b.on[odd[i + 1] - 32] = true;
    }
    if (s->negated)
        for (unsigned c = 0; c < limit; c++)
            b.on[c] = !b.on[c];
    emit_bitmap(out, &b, limit);
}

/* ---- for text ---- */
static int compare_ranges(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return x[0] < y[0] ? -1 : x[0] > y[0];
}

static void put_char(Buf *out, uint32_t c)
{
    if (c < 128)
        put_byte(out, c);
    else
        buf_put_utf8(out, c);
}

static void close_case(CharSet *s, bool ascii_case)
{
    size_t n = s->ranges.len / 8;
    for (size_t i = 0; i < n; i++) {
        uint32_t r[2], peers[FAMILY_MAX];
        memcpy(r, s->ranges.data + 8 * i, sizeof r);
        for (uint32_t c = r[0]; c <= r[1]; c++) {
            size_t k = family(c, ascii_case, peers);
            while (k-- > 0)
                if (peers[k] < r[0] || peers[k] > r[1])
                    charset_add(s, peers[k], peers[k]);
        }
    }
}

static void emit_large(Buf *out, CharSet *s, bool ignore_case, bool ascii_case)
{
    if (ignore_case)
        close_case(s, ascii_case);
    size_t n = s->ranges.len / 8, k = 0;
    uint32_t *r = (uint32_t *)(void *)s->ranges.data;
    if (n)
        qsort(r, n, 8, compare_ranges);
    for (size_t i = 0; i < n; i++) {
        if (k && r[2 * i] <= r[2 * k - 1] + 1)
            r[2 * k - 1] = r[2 * i + 1] > r[2 * k - 1] ? r[2 * i + 1] : r[2 * k - 1];
        else {
            r[2 * k] = r[2 * i];
            r[2 * k + 1] = r[2 * i + 1];
            k++;
        }
    }
    if (k == 1 && r[0] == 0 && r[1] == UNICODE_MAX && !s->negated) {
        buf_putc(out, '.');
        return;
    }
    if (k == 1 && r[0] == r[1] && !s->properties && !s->negated) {
        put_char(out, r[0]);
        return;
    }
    buf_puts(out, s->negated ? "[^" : "[");
    for (size_t i = 0; i < k; i++) {
        put_char(out, r[2 * i]);
        if (r[2 * i + 1] > r[2 * i]) {
            if (r[2 * i + 1] > r[2 * i] + 1)
                buf_putc(out, '-');
            put_char(out, r[2 * i + 1]);
        }
    }
    buf_puts(out, s->properties & SET_DIGIT ? "\\p{Nd}" : "");
    buf_puts(out, s->properties & SET_NO_DIGIT ? "\\P{Nd}" : "");
    buf_puts(out, s->properties & SET_WORD ? "\\p{Xan}_" : "");
    buf_puts(out, s->properties & SET_NO_WORD ? "\\P{Xwd}" : "");
    buf_putc(out, ']');
}

void charset_emit(Buf *out, CharSet *s, ReTarget target, bool ignore_case, bool ascii_case)
{
    if (target == RE_TEXT)
        emit_large(out, s, ignore_case, ascii_case);
    else
        emit_small(out, s, target, ignore_case, ascii_case);
    out->failed |= s->ranges.failed;
}

void charset_emit_char(Buf *out, uint32_t c, ReTarget target, bool ignore_case, bool ascii_case)
{
    CharSet s = { .negated = false };
    if (!ignore_case && (target == RE_TEXT || c < (target == RE_ASCII ? 128u : 256u))) {
        if (target == RE_TEXT)
            put_char(out, c);
        else
            put_byte(out, c);
        return;
    }
    buf_init(&s.ranges, out->alloc);
    charset_add(&s, c, c);
    charset_emit(out, &s, target, ignore_case, ascii_case);
    buf_free(&s.ranges);
}
