/* SPDX-License-Identifier: MIT
 * Source-like forms of text and bytes. */
#include "vm/text/strrepr.h"

#include "vm/text/unicode.h"
#include "vm/text/utf8.h"

static const char hex_digits[] = "0123456789abcdef";

static void put_hex(Buf *out, char letter, uint32_t c, int digits)
{
    char text[10] = { '\\', letter };
    for (int i = 0; i < digits; i++)
        text[2 + i] = hex_digits[c >> 4 * (digits - 1 - i) & 15];
    buf_put(out, text, (size_t)digits + 2);
}

void strrepr_escape_char(Buf *out, uint32_t c)
{
    if (c < 0x100)
        put_hex(out, 'x', c, 2);
    else if (c < 0x10000)
        put_hex(out, 'u', c, 4);
    else
        put_hex(out, 'U', c, 8);
}

/* Single quotes, unless the text has some and no double quotes. */
static char choose_quote(const char *s, size_t n)
{
    return n && memchr(s, '\'', n) && !memchr(s, '"', n) ? '"' : '\'';
}

/* Bytes that stand for themselves in both kinds of repr. */
static inline bool is_plain(char b, char quote) { return b >= ' ' && b < 0x7F && b != quote && b != '\\'; }

static void put_special_ascii(Buf *out, char b)
{
    char escaped[2] = { '\\', b };
    switch (b) {
    case '\n': escaped[1] = 'n'; break;
    case '\r': escaped[1] = 'r'; break;
    case '\t': escaped[1] = 't'; break;
    case '\\': case '\'': case '"': break;
    default: put_hex(out, 'x', (unsigned char)b, 2); return;
    }
    buf_put(out, escaped, 2);
}

static void put_text(Buf *out, const char *s, size_t n, bool ascii)
{
    char quote = choose_quote(s, n);
    const char *end = s + n;
    buf_putc(out, quote);
    while (s < end) {
        const char *run = s;
        while (s < end && is_plain(*s, quote))
            s++;
        buf_put(out, run, (size_t)(s - run));
        if (s == end)
            break;
        const char *start = s;
        uint32_t c = utf8_next(&s);
        if (c < 0x80)
            put_special_ascii(out, (char)c);
        else if (ascii || !unicode_is_printable(c))
            strrepr_escape_char(out, c);
        else
            buf_put(out, start, (size_t)(s - start));
    }
    buf_putc(out, quote);
}

void strrepr_str(Buf *out, const char *s, size_t n) { put_text(out, s, n, false); }
void strrepr_ascii(Buf *out, const char *s, size_t n) { put_text(out, s, n, true); }

void strrepr_escape_non_ascii(Buf *out, const char *s, size_t n)
{
    const char *end = s + n;
    while (s < end) {
        size_t run = utf8_ascii_prefix(s, (size_t)(end - s));
        buf_put(out, s, run);
        s += run;
        if (s < end)
            strrepr_escape_char(out, utf8_next(&s));
    }
}

void strrepr_bytes_quoted(Buf *out, const char *s, size_t n)
{
    char quote = choose_quote(s, n);
    buf_putc(out, quote);
    for (size_t i = 0; i < n; i++) {
        size_t run = i;
        while (i < n && is_plain(s[i], quote))
            i++;
        buf_put(out, s + run, i - run);
        if (i < n)
            put_special_ascii(out, s[i]);
    }
    buf_putc(out, quote);
}

void strrepr_bytes(Buf *out, const char *s, size_t n)
{
    buf_putc(out, 'b');
    strrepr_bytes_quoted(out, s, n);
}
