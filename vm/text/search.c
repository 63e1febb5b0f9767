/* SPDX-License-Identifier: MIT
 * Substring search. The first attempt asks memchr for the needle's first byte and compares; that is the
 * fastest way through most texts, but "aaa...ab" in "aaa...a" would take quadratic time. So attempts are
 * paid from a credit that grows with the bytes skipped, and once it is used up the two-way algorithm
 * (Crochemore and Perrin, 1991) takes over, which is linear in every case.
 *
 * Searching from the end is the same on mirrored strings: all positions below count from the side where
 * the search starts, and byte_at() alone knows which side that is. */
#include "vm/text/search.h"

#define INLINE static inline __attribute__((always_inline))

INLINE unsigned char byte_at(const char *s, size_t n, size_t i, bool reverse)
{
    return (unsigned char)(reverse ? s[n - 1 - i] : s[i]);
}

/* Start of the greatest suffix of the needle in the order of bytes, or in the opposite order; and its
 * period. */
INLINE size_t greatest_suffix(const char *x, size_t m, bool reverse, bool opposite, size_t *period)
{
    size_t best = 0, candidate = 1, k = 0, p = 1;
    while (candidate + k < m) {
        unsigned char a = byte_at(x, m, candidate + k, reverse), b = byte_at(x, m, best + k, reverse);
        if (a == b) {
            if (++k == p) {
                candidate += p;
                k = 0;
            }
        } else if (opposite ? a > b : a < b) {
            candidate += k + 1;
            k = 0;
            p = candidate - best;
        } else {
            best = candidate++;
            k = 0;
            p = 1;
        }
    }
    *period = p;
    return best;
}

INLINE void fill_shifts(Search *s, bool reverse)
{
    size_t m = s->m;
    memset(s->shift, m < 255 ? (int)m : 255, sizeof s->shift);
    for (size_t i = m < 255 ? 0 : m - 255; i < m; i++)
        s->shift[byte_at(s->needle, m, i, reverse)] = (uint8_t)(m - 1 - i);
}

INLINE void prepare(Search *s, bool reverse)
{
    size_t m = s->m, period1, period2;
    size_t cut1 = greatest_suffix(s->needle, m, reverse, false, &period1);
    size_t cut2 = greatest_suffix(s->needle, m, reverse, true, &period2);
    s->cut = cut1 > cut2 ? cut1 : cut2;
    s->period = cut1 > cut2 ? period1 : period2;
    s->periodic = s->cut + s->period <= m;
    for (size_t i = 0; s->periodic && i < s->cut; i++)
        s->periodic = byte_at(s->needle, m, i, reverse) == byte_at(s->needle, m, i + s->period, reverse);
    if (!s->periodic)
        s->period = (s->cut > m - s->cut ? s->cut : m - s->cut) + 1;
    fill_shifts(s, reverse);
    s->prepared = true;
}

/* The right part of the needle is compared forwards, then the left part backwards. `known` bytes of a
 * periodic needle are known to match after a shift by its period. */
INLINE size_t two_way(const Search *s, const char *hay, size_t n, size_t at, bool reverse)
{
    size_t m = s->m, known = 0;
    while (at <= n - m) {
        size_t shift = s->shift[byte_at(hay, n, at + m - 1, reverse)];
        if (shift && !known) {
            at += shift;
            continue;
        }
        size_t i = s->cut > known ? s->cut : known;
        while (i < m && byte_at(s->needle, m, i, reverse) == byte_at(hay, n, at + i, reverse))
            i++;
        if (i < m) {
            at += i - s->cut + 1;
            known = 0;
            continue;
        }
        i = s->cut;
        while (i > known && byte_at(s->needle, m, i - 1, reverse) == byte_at(hay, n, at + i - 1, reverse))
            i--;
        if (i <= known)
            return at;
        at += s->period;
        known = s->periodic ? m - s->period : 0;
    }
    return SEARCH_NONE;
}

/* Next position at or after `at`, at most last, of the byte in the haystack. */
INLINE size_t next_byte(const char *hay, size_t n, size_t at, size_t last, unsigned char byte, bool reverse)
{
    const char *p = reverse ? memrchr(hay + (n - 1 - last), byte, last - at + 1)
                            : memchr(hay + at, byte, last - at + 1);
    if (!p)
        return SEARCH_NONE;
    return reverse ? n - 1 - (size_t)(p - hay) : (size_t)(p - hay);
}

/* True: *found is the answer. False: the credit was used up, and *found is where to go on. */
INLINE bool try_memchr(const Search *s, const char *hay, size_t n, size_t *found, bool reverse)
{
    size_t m = s->m, at = 0, last = n - m, credit = 256 + m;
    unsigned char first_byte = byte_at(s->needle, m, 0, reverse);
    unsigned char last_byte = byte_at(s->needle, m, m - 1, reverse);
    while (at <= last) {
        size_t next = next_byte(hay, n, at, last, first_byte, reverse);
        if (next == SEARCH_NONE)
            break;
        credit += next - at;
        size_t cost = 16;
        if (byte_at(hay, n, next + m - 1, reverse) == last_byte) {
            cost += m;
            if (memcmp(reverse ? hay + (n - next - m) : hay + next, s->needle, m) == 0) {
                *found = next;
                return true;
            }
        }
        at = next + 1;
        if (credit < cost) {
            *found = at;
            return false;
        }
        credit -= cost;
    }
    *found = SEARCH_NONE;
    return true;
}

/* [hay, hay+n) is what is left to search; the position counts from the side where the search starts. */
INLINE size_t find(Search *s, const char *hay, size_t n, bool reverse)
{
    if (s->m > n)
        return SEARCH_NONE;
    if (s->m == 1)
        return next_byte(hay, n, 0, n - 1, (unsigned char)s->needle[0], reverse);
    size_t at = 0;
    if (!s->prepared) {
        if (try_memchr(s, hay, n, &at, reverse))
            return at;
        prepare(s, reverse);
    }
    return two_way(s, hay, n, at, reverse);
}

void search_init(Search *s, const char *needle, size_t m, bool reverse)
{
    s->needle = needle;
    s->m = m;
    s->reverse = reverse;
    s->prepared = false;
}

size_t search_next(Search *s, const char *hay, size_t n, size_t from)
{
    if (from > n)
        return SEARCH_NONE;
    if (s->reverse) {
        size_t at = find(s, hay, from, true);
        return at == SEARCH_NONE ? at : from - at - s->m;
    }
    size_t at = find(s, hay + from, n - from, false);
    return at == SEARCH_NONE ? at : from + at;
}

size_t search_find(const char *hay, size_t n, const char *needle, size_t m)
{
    if (m == 0)
        return 0;
    Search s;
    search_init(&s, needle, m, false);
    return search_next(&s, hay, n, 0);
}

size_t search_rfind(const char *hay, size_t n, const char *needle, size_t m)
{
    if (m == 0)
        return n;
    Search s;
    search_init(&s, needle, m, true);
    return search_next(&s, hay, n, n);
}

/* One pass without a call per hit, which a frequent byte such as a line end would need. */
static size_t count_byte(const char *hay, size_t n, char byte, size_t max)
{
    const uint64_t low = UINT64_C(0x0101010101010101), seven = UINT64_C(0x7f7f7f7f7f7f7f7f);
    size_t count = 0, i = 0;
    for (; i + 8 <= n && count < max; i += 8) {         /* eight at a time */
        uint64_t w;
        memcpy(&w, hay + i, 8);
        w ^= low * (unsigned char)byte;
        w = ~(((w & seven) + seven) | w | seven);       /* the top bit of what was that byte */
        count += (size_t)(((w >> 7) * low) >> 56);
    }
    for (; i < n && count < max; i++)
        count += hay[i] == byte;
    return count < max ? count : max;
}

size_t search_count(const char *hay, size_t n, const char *needle, size_t m, size_t max)
{
    if (m == 1)
        return count_byte(hay, n, needle[0], max);
    Search s;
    search_init(&s, needle, m, false);
    size_t count = 0, at = 0;
    while (count < max && (at = search_next(&s, hay, n, at)) != SEARCH_NONE) {
        count++;
        at += m;
    }
    return count;
}
