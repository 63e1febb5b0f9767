/* SPDX-License-Identifier: MIT
 * The four normal forms of Unicode: decompose, put combining marks in order, compose. Linear in the text,
 * also for a text that is one long row of combining marks. */
#include "vm/text/unicode.h"
#include "vm/text/utf8.h"

#include <stdio.h>

/* Hangul syllables are computed: leading consonant, vowel, optional trailing consonant. */
enum {
    S_BASE = 0xAC00, L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11A7,
    L_COUNT = 19, V_COUNT = 21, T_COUNT = 28, S_COUNT = L_COUNT * V_COUNT * T_COUNT,
};

/* A row of code points in work. */
typedef struct Codes {
    const Alloc *alloc;
    uint32_t *items;
    size_t len, cap;
    bool failed;
} Codes;

static void codes_put(Codes *codes, uint32_t c)
{
    if (codes->len == codes->cap) {
        void *items = codes->items;
        if (codes->failed || !array_reserve(codes->alloc, &items, &codes->cap, codes->len + 1, sizeof c)) {
            codes->failed = true;
            return;
        }
        codes->items = items;
    }
    codes->items[codes->len++] = c;
}

static void codes_free(Codes *codes) { mem_free(codes->alloc, codes->items, codes->cap * sizeof(uint32_t)); }

static const uint16_t *decomposition(uint32_t c)
{
    c = unicode_clamp(c);
    return &unicode_decomps[UNICODE_LOOK_UP(decomp, c)];
}

/* One code point of UTF-16 words; *p moves behind it. */
static uint32_t next_of_words(const uint16_t **p)
{
    uint32_t w = *(*p)++;
    if (w >= 0xD800 && w < 0xDC00)
        return 0x10000 + ((w - 0xD800) << 10) + (*(*p)++ - 0xDC00u);
    return w;
}

/* Decompositions nest a few levels deep in the data; the recursion ends there. */
static void decompose(Codes *out, uint32_t c, bool compatible)
{
    if (c - S_BASE < S_COUNT) {
        uint32_t s = c - S_BASE;
        codes_put(out, L_BASE + s / (V_COUNT * T_COUNT));
        codes_put(out, V_BASE + s % (V_COUNT * T_COUNT) / T_COUNT);
        if (s % T_COUNT)
            codes_put(out, T_BASE + s % T_COUNT);
        return;
    }
    const uint16_t *p = decomposition(c);
    unsigned tag = *p >> 8, words = *p & 0xFF;
    if (words == 0 || (tag && !compatible)) {
        codes_put(out, c);
        return;
    }
    const uint16_t *end = ++p + words;
    while (p < end)
        decompose(out, next_of_words(&p), compatible);
}

static void insertion_sort(uint32_t *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t c = items[i];
        unsigned class = unicode_combining(c);
        size_t k = i;
        for (; k > 0 && unicode_combining(items[k - 1]) > class; k--)
            items[k] = items[k - 1];
        items[k] = c;
    }
}

/* By counting: stable and linear. False: out of memory. */
static bool counting_sort(const Alloc *alloc, uint32_t *items, size_t n)
{
    uint32_t *copy = mem_alloc(alloc, n * sizeof *copy);
    if (!copy)
        return false;
    memcpy(copy, items, n * sizeof *copy);
    size_t start[257] = { 0 };
    for (size_t i = 0; i < n; i++)
        start[unicode_combining(copy[i]) + 1]++;
    for (size_t class = 1; class < 257; class++)
        start[class] += start[class - 1];
    for (size_t i = 0; i < n; i++)
        items[start[unicode_combining(copy[i])]++] = copy[i];
    mem_free(alloc, copy, n * sizeof *copy);
    return true;
}

/* Sort each run of combining marks by combining class. */
static void order_marks(Codes *codes)
{
    for (size_t i = 0; i < codes->len; i++) {
        size_t first = i;
        while (i < codes->len && unicode_combining(codes->items[i]))
            i++;
        if (i - first <= 32)
            insertion_sort(codes->items + first, i - first);
        else if (!counting_sort(codes->alloc, codes->items + first, i - first))
            codes->failed = true;
    }
}

/* The composite of two code points, 0 if there is none. */
static uint32_t compose_pair(uint32_t a, uint32_t b)
{
    if (a - L_BASE < L_COUNT && b - V_BASE < V_COUNT)
        return S_BASE + ((a - L_BASE) * V_COUNT + (b - V_BASE)) * T_COUNT;
    if (a - S_BASE < S_COUNT && (a - S_BASE) % T_COUNT == 0 && b - T_BASE - 1 < T_COUNT - 1)
        return a + (b - T_BASE);
    size_t low = 0, high = unicode_pair_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const UnicodePair *p = &unicode_pairs[middle];
        if (p->first == a && p->second == b)
            return p->composite;
        if (p->first < a || (p->first == a && p->second < b))
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

/* A character joins the last starter unless one of the same or a higher class stands between them. */
static void compose(Codes *codes)
{
    uint32_t *items = codes->items;
    size_t starter = SIZE_MAX, to = 0;
    unsigned last_class = 0;
    for (size_t i = 0; i < codes->len; i++) {
        uint32_t c = items[i];
        unsigned class = unicode_combining(c);
        bool adjacent = starter != SIZE_MAX && to == starter + 1;
        if (starter != SIZE_MAX && (adjacent || (class != 0 && last_class < class))) {
            uint32_t composite = compose_pair(items[starter], c);
            if (composite) {
                items[starter] = composite;
                continue;
            }
        }
        if (class == 0)
            starter = to;
        last_class = class;
        items[to++] = c;
    }
    codes->len = to;
}

bool unicode_quick_check(const char *s, size_t n, UnicodeForm form)
{
    const char *end = s + n;
    unsigned last = 0;
    for (s += utf8_ascii_prefix(s, n); s < end;) {
        const UnicodeExtra *e = unicode_extra(utf8_next(&s));
        if ((e->unstable >> form & 1) || (e->combining && e->combining < last))
            return false;
        last = e->combining;
    }
    return true;
}

void unicode_normalize(Buf *out, const char *s, size_t n, UnicodeForm form)
{
    if (unicode_quick_check(s, n, form)) {
        buf_put(out, s, n);
        return;
    }
    Codes codes = { .alloc = out->alloc };
    bool compatible = form == UNICODE_NFKC || form == UNICODE_NFKD;
    for (const char *p = s, *end = s + n; p < end && !codes.failed;)
        decompose(&codes, utf8_next(&p), compatible);
    if (!codes.failed)
        order_marks(&codes);
    if (!codes.failed && (form == UNICODE_NFC || form == UNICODE_NFKC))
        compose(&codes);
    if (codes.failed)
        out->failed = true;
    for (size_t i = 0; i < codes.len && !out->failed; i++)
        buf_put_utf8(out, codes.items[i]);
    codes_free(&codes);
}

void unicode_decomposition(Buf *out, uint32_t c)
{
    const uint16_t *p = decomposition(c);
    const uint16_t *end = p + 1 + (*p & 0xFF);
    const char *separator = "";
    if (*p >> 8) {
        buf_puts(out, unicode_decomp_tags[*p >> 8]);
        separator = " ";
    }
    for (p++; p < end; separator = " ") {
        char text[12];
        snprintf(text, sizeof text, "%s%04X", separator, (unsigned)next_of_words(&p));
        buf_puts(out, text);
    }
}
