/* SPDX-License-Identifier: MIT
 * Classes of strings, stripping, words, lines and tabs. */
#include "vm/text/strops.h"

#include "vm/text/unicode.h"
#include "vm/text/utf8.h"

/* ---- classes ---- */

static bool all_have(const char *s, size_t n, unsigned flags)
{
    for (const char *end = s + n; s < end;)
        if (!(unicode_flags(utf8_next(&s)) & flags))
            return false;
    return n > 0;
}

/* islower() and isupper(): some character of the one case, none of the other or of title case. */
static bool has_case(const char *s, size_t n, unsigned wanted, unsigned unwanted)
{
    bool found = false;
    for (const char *end = s + n; s < end;) {
        unsigned flags = unicode_flags(utf8_next(&s));
        if (flags & unwanted)
            return false;
        found |= (flags & wanted) != 0;
    }
    return found;
}

static bool is_titled(const char *s, size_t n)
{
    bool found = false, inside = false;
    for (const char *end = s + n; s < end;) {
        unsigned flags = unicode_flags(utf8_next(&s));
        bool capital = flags & (UNICODE_UPPER | UNICODE_TITLE), small = flags & UNICODE_LOWER;
        if (capital ? inside : small && !inside)
            return false;
        inside = capital || small;
        found |= inside;
    }
    return found;
}

static bool is_identifier(const char *s, size_t n)
{
    const char *end = s + n;
    if (n == 0 || !unicode_is_xid_start(utf8_next(&s)))
        return false;
    while (s < end)
        if (!unicode_is_xid_continue(utf8_next(&s)))
            return false;
    return true;
}

bool text_is(TextClass what, const char *s, size_t n)
{
    switch (what) {
    case TEXT_ALNUM: return all_have(s, n, UNICODE_ALNUM);
    case TEXT_ALPHA: return all_have(s, n, UNICODE_ALPHA);
    case TEXT_ASCII: return utf8_is_ascii(s, n);
    case TEXT_DECIMAL: return all_have(s, n, UNICODE_DECIMAL);
    case TEXT_DIGIT: return all_have(s, n, UNICODE_DIGIT);
    case TEXT_IDENTIFIER: return is_identifier(s, n);
    case TEXT_LOWER: return has_case(s, n, UNICODE_LOWER, UNICODE_UPPER | UNICODE_TITLE);
    case TEXT_NUMERIC: return all_have(s, n, UNICODE_NUMERIC);
    case TEXT_PRINTABLE: return n == 0 || all_have(s, n, UNICODE_PRINTABLE);
    case TEXT_SPACE: return all_have(s, n, UNICODE_SPACE);
    case TEXT_TITLE: return is_titled(s, n);
    case TEXT_UPPER: return has_case(s, n, UNICODE_UPPER, UNICODE_LOWER | UNICODE_TITLE);
    }
    return false;
}

/* The flags of a byte in bytes: those of ASCII, except that \x1c to \x1f are no white space there. */
static inline unsigned byte_flags(char b)
{
    unsigned char u = (unsigned char)b;
    return u >= 0x80 || (u >= 0x1C && u <= 0x1F) ? 0 : unicode_flags(u);
}

static bool all_bytes_have(const char *s, size_t n, unsigned flags)
{
    for (size_t i = 0; i < n; i++)
        if (!(byte_flags(s[i]) & flags))
            return false;
    return n > 0;
}

static bool bytes_have_case(const char *s, size_t n, unsigned wanted, unsigned unwanted)
{
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        if (byte_flags(s[i]) & unwanted)
            return false;
        found |= (byte_flags(s[i]) & wanted) != 0;
    }
    return found;
}

static bool bytes_are_titled(const char *s, size_t n)
{
    bool found = false, inside = false;
    for (size_t i = 0; i < n; i++) {
        bool capital = byte_flags(s[i]) & UNICODE_UPPER, small = byte_flags(s[i]) & UNICODE_LOWER;
        if (capital ? inside : small && !inside)
            return false;
        inside = capital || small;
        found |= inside;
    }
    return found;
}

bool bytes_is(TextClass what, const char *s, size_t n)
{
    switch (what) {
    case TEXT_ALNUM: return all_bytes_have(s, n, UNICODE_ALNUM);
    case TEXT_ALPHA: return all_bytes_have(s, n, UNICODE_ALPHA);
    case TEXT_ASCII: return utf8_is_ascii(s, n);
    case TEXT_DIGIT: return all_bytes_have(s, n, UNICODE_DIGIT);
    case TEXT_LOWER: return bytes_have_case(s, n, UNICODE_LOWER, UNICODE_UPPER);
    case TEXT_SPACE: return all_bytes_have(s, n, UNICODE_SPACE);
    case TEXT_TITLE: return bytes_are_titled(s, n);
    case TEXT_UPPER: return bytes_have_case(s, n, UNICODE_UPPER, UNICODE_LOWER);
    default: return false;
    }
}

/* ---- stripping ---- */

TextSpan text_strip(const char *s, size_t n, int sides)
{
    const char *start = s, *end = s + n;
    if (sides & TEXT_STRIP_LEFT)
        for (const char *p = start; p < end && unicode_is_space(utf8_next(&p));)
            start = p;
    if (sides & TEXT_STRIP_RIGHT)
        for (const char *p = end; p > start && unicode_is_space(utf8_prev(&p));)
            end = p;
    return (TextSpan){ (size_t)(start - s), (size_t)(end - s) };
}

TextSpan bytes_strip(const char *s, size_t n, int sides)
{
    TextSpan left = { 0, n };
    if (sides & TEXT_STRIP_LEFT)
        while (left.start < left.end && bytes_is_space(s[left.start]))
            left.start++;
    if (sides & TEXT_STRIP_RIGHT)
        while (left.start < left.end && bytes_is_space(s[left.end - 1]))
            left.end--;
    return left;
}

/* A set of characters. Each byte value that occurs in it has a bit; a character that is not ASCII is
 * looked for in the text only if its first byte has one. */
typedef struct CharSet {
    uint64_t bits[4];
    const char *text;
    size_t len;
    unsigned asked;             /* so often was its text searched: it may not be worth a set */
} CharSet;
#define ASKED_MAX 8u

static CharSet charset_make(const char *text, size_t n)
{
    CharSet set = { .text = text, .len = n };
    for (size_t i = 0; i < n; i++)
        set.bits[(unsigned char)text[i] >> 6] |= UINT64_C(1) << (text[i] & 63);
    return set;
}

static inline bool charset_has_byte(const CharSet *set, char b)
{
    return set->bits[(unsigned char)b >> 6] >> (b & 63) & 1;
}

static bool charset_has(CharSet *set, const char *p)
{
    size_t size = utf8_size_of_lead(*p);
    if (size == 1 && set->asked < ASKED_MAX) {
        set->asked++;
        return memchr(set->text, *p, set->len) != NULL;
    }
    if (set->asked <= ASKED_MAX) {
        *set = charset_make(set->text, set->len);
        set->asked = ASKED_MAX + 1;
    }
    if (!charset_has_byte(set, *p) || size == 1)
        return size == 1 && charset_has_byte(set, *p);
    return memmem(set->text, set->len, p, size) != NULL;
}

TextSpan text_strip_set(const char *s, size_t n, const char *text, size_t text_len, int sides)
{
    CharSet set = { .text = text, .len = text_len };
    const char *start = s, *end = s + n;
    if (sides & TEXT_STRIP_LEFT)
        while (start < end && charset_has(&set, start))
            start += utf8_size_of_lead(*start);
    if (sides & TEXT_STRIP_RIGHT)
        for (const char *p = end; p > start; end = p) {
            utf8_prev(&p);
            if (!charset_has(&set, p))
                break;
        }
    return (TextSpan){ (size_t)(start - s), (size_t)(end - s) };
}

TextSpan bytes_strip_set(const char *s, size_t n, const char *text, size_t text_len, int sides)
{
    CharSet set = charset_make(text, text_len);
    TextSpan left = { 0, n };
    if (sides & TEXT_STRIP_LEFT)
        while (left.start < left.end && charset_has_byte(&set, s[left.start]))
            left.start++;
    if (sides & TEXT_STRIP_RIGHT)
        while (left.start < left.end && charset_has_byte(&set, s[left.end - 1]))
            left.end--;
    return left;
}

/* ---- words ---- */

/* Whether the next character is white space; p goes behind it. */
static inline bool next_is_space(const char **p)
{
    unsigned char c = (unsigned char)**p;
    if (c >= 128)
        return unicode_is_space(utf8_next(p));
    ++*p;
    return c == ' ' || c - 9u < 5 || c - 28u < 4;
}

bool text_next_word(const char *s, size_t n, size_t *pos, TextSpan *word)
{
    const char *end = s + n, *p = s + *pos, *start = p;
    while (p < end && next_is_space(&p))
        start = p;
    if (start == end) {
        *pos = n;
        return false;
    }
    const char *stop = p;
    while (p < end && !next_is_space(&p))
        stop = p;
    *word = (TextSpan){ (size_t)(start - s), (size_t)(stop - s) };
    *pos = word->end;
    return true;
}

bool bytes_next_word(const char *s, size_t n, size_t *pos, TextSpan *word)
{
    size_t i = *pos;
    while (i < n && bytes_is_space(s[i]))
        i++;
    word->start = i;
    while (i < n && !bytes_is_space(s[i]))
        i++;
    word->end = *pos = i;
    return word->start < i;
}

bool text_prev_word(const char *s, size_t *pos, TextSpan *word)
{
    const char *p = s + *pos, *stop = p;
    while (p > s && unicode_is_space(utf8_prev(&p)))
        stop = p;
    if (stop == s) {
        *pos = 0;
        return false;
    }
    const char *start = p;
    while (p > s && !unicode_is_space(utf8_prev(&p)))
        start = p;
    *word = (TextSpan){ (size_t)(start - s), (size_t)(stop - s) };
    *pos = word->start;
    return true;
}

bool bytes_prev_word(const char *s, size_t *pos, TextSpan *word)
{
    size_t i = *pos;
    while (i > 0 && bytes_is_space(s[i - 1]))
        i--;
    word->end = i;
    while (i > 0 && !bytes_is_space(s[i - 1]))
        i--;
    word->start = *pos = i;
    return i < word->end;
}

/* ---- lines and tabs ---- */

bool text_next_line(const char *s, size_t n, size_t *pos, TextSpan *line)
{
    if (*pos >= n)
        return false;
    const char *end = s + n, *p = s + *pos, *stop = end;
    while (p < end) {
        if ((unsigned char)*p - 0x1fu < 0x80u - 0x1fu) {        /* ASCII that ends no line */
            p++;
            continue;
        }
        const char *at = p;
        uint32_t c = utf8_next(&p);
        if (c == '\r' && p < end && *p == '\n')
            p++;
        if (unicode_is_linebreak(c)) {
            stop = at;
            break;
        }
    }
    *line = (TextSpan){ *pos, (size_t)(stop - s) };
    *pos = (size_t)(p - s);
    return true;
}

bool bytes_next_line(const char *s, size_t n, size_t *pos, TextSpan *line)
{
    size_t i = *pos;
    if (i >= n)
        return false;
    while (i < n && s[i] != '\n' && s[i] != '\r')
        i++;
    *line = (TextSpan){ *pos, i };
    if (i < n)
        i += s[i] == '\r' && i + 1 < n && s[i + 1] == '\n' ? 2 : 1;
    *pos = i;
    return true;
}

static void expand_tabs(Buf *out, const char *s, size_t n, int tab_size, bool bytes)
{
    size_t column = 0, width = tab_size > 0 ? (size_t)tab_size : 0;
    for (size_t i = 0; i < n && !out->failed; i++) {
        size_t run = i;
        for (; i < n && s[i] != '\t'; i++)
            column = s[i] == '\n' || s[i] == '\r' ? 0 : column + (bytes || !utf8_is_continuation(s[i]));
        buf_put(out, s + run, i - run);
        if (i == n || width == 0)
            continue;
        size_t spaces = width - column % width;
        buf_fill(out, ' ', spaces);
        column += spaces;
    }
}

void text_expand_tabs(Buf *out, const char *s, size_t n, int tab_size)
{
    expand_tabs(out, s, n, tab_size, false);
}

void bytes_expand_tabs(Buf *out, const char *s, size_t n, int tab_size)
{
    expand_tabs(out, s, n, tab_size, true);
}
