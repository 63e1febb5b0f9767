/* SPDX-License-Identifier: MIT
 * Case of whole texts. */
#include "vm/text/strcase.h"

#include "vm/text/unicode.h"
#include "vm/text/utf8.h"

static inline bool is_lower(char b) { return (unsigned char)(b - 'a') < 26; }
static inline bool is_upper(char b) { return (unsigned char)(b - 'A') < 26; }
static inline char to_lower(char b) { return (char)(b ^ (is_upper(b) << 5)); }
static inline char to_upper(char b) { return (char)(b ^ (is_lower(b) << 5)); }

/* inside: of a word, before; what it is behind comes back. */
static bool title_ascii(char *dst, const char *s, size_t n, bool inside)
{
    for (size_t i = 0; i < n; i++) {
        bool letter = is_lower(s[i]) || is_upper(s[i]);
        dst[i] = inside ? to_lower(s[i]) : to_upper(s[i]);
        inside = letter;
    }
    return inside;
}

/* Eight ASCII bytes, of which the letters from `first` on, 26 of them, change case. */
static inline void flip_case(char *dst, const char *s, unsigned first)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t w;
    memcpy(&w, s, 8);
    uint64_t from = w + ones * (128 - first), behind = w + ones * (128 - first - 26);   /* top bits: not less than that */
    w ^= ((from & ~behind) & ones * 128) >> 2;
    memcpy(dst, &w, 8);
}

void strcase_convert_ascii(char *dst, const char *s, size_t n, StrCase how)
{
    size_t i = 0;
    switch (how) {
    case STRCASE_UPPER:
        for (; i + 8 <= n; i += 8)
            flip_case(dst + i, s + i, 'a');
        for (; i < n; i++)
            dst[i] = to_upper(s[i]);
        break;
    case STRCASE_TITLE:
        title_ascii(dst, s, n, false);
        break;
    case STRCASE_SWAP:
        for (; i < n; i++)
            dst[i] = is_upper(s[i]) ? to_lower(s[i]) : to_upper(s[i]);
        break;
    case STRCASE_CAPITALIZE:
        if (n)
            dst[i++] = to_upper(s[0]);
        /* fall through */
    case STRCASE_LOWER:
    case STRCASE_FOLD:
        for (; i + 8 <= n; i += 8)
            flip_case(dst + i, s + i, 'A');
        for (; i < n; i++)
            dst[i] = to_lower(s[i]);
        break;
    }
}

static void put_all(Buf *out, const uint32_t *codes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_put_utf8(out, codes[i]);
}

/* A capital sigma in [p-2, p) that ends a word, with letters before it and none behind, is U+03C2. Case
 * ignorable characters around it do not count. */
static bool is_final_sigma(const char *start, const char *p, const char *end)
{
    const char *before = p - 2;
    uint32_t c = 0;
    do {
        if (before == start)
            return false;
        c = utf8_prev(&before);
    } while (unicode_is_case_ignorable(c));
    if (!unicode_is_cased(c))
        return false;
    do {
        if (p == end)
            return true;
        c = utf8_next(&p);
    } while (unicode_is_case_ignorable(c));
    return !unicode_is_cased(c);
}

/* The lower case of c, which ends before p. */
static void put_lower(Buf *out, uint32_t c, const char *start, const char *p, const char *end)
{
    uint32_t codes[UNICODE_CASE_MAX] = { 0x3C3 };
    size_t n = 1;
    if (c != 0x3A3)
        n = unicode_lower_full(c, codes);
    else if (is_final_sigma(start, p, end))
        codes[0] = 0x3C2;
    put_all(out, codes, n);
}

/* The ASCII characters from p on; where they end. */
static const char *ascii_run(Buf *out, const char *p, const char *end, StrCase how, bool *inside)
{
    size_t n = utf8_ascii_prefix(p, (size_t)(end - p));
    char *dst = buf_reserve(out, n);
    if (!dst)
        return end;
    if (how == STRCASE_TITLE)
        *inside = title_ascii(dst, p, n, *inside);
    else
        strcase_convert_ascii(dst, p, n, how);
    out->len += n;
    return p + n;
}

void strcase_convert(Buf *out, const char *s, size_t n, StrCase how)
{
    bool inside = false;    /* of a word, for title */
    for (const char *p = s, *end = s + n; p < end; how = how == STRCASE_CAPITALIZE ? STRCASE_LOWER : how) {
        if ((unsigned char)*p < 128) {
            p = ascii_run(out, p, end, how, &inside);
            continue;
        }
        uint32_t c = utf8_next(&p), codes[UNICODE_CASE_MAX];
        if (how == STRCASE_LOWER || (how == STRCASE_TITLE && inside) || (how == STRCASE_SWAP && unicode_is_upper(c)))
            put_lower(out, c, s, p, end);
        else if (how == STRCASE_TITLE || how == STRCASE_CAPITALIZE)
            put_all(out, codes, unicode_title_full(c, codes));
        else if (how == STRCASE_UPPER || (how == STRCASE_SWAP && unicode_is_lower(c)))
            put_all(out, codes, unicode_upper_full(c, codes));
        else if (how == STRCASE_FOLD)
            put_all(out, codes, unicode_fold_full(c, codes));
        else
            buf_put_utf8(out, c);
        inside = unicode_is_cased(c);
    }
}
