/* SPDX-License-Identifier: MIT
 * unicode_escape and raw_unicode_escape: text as it stands in string literals. */
#include "vm/text/charname.h"
#include "vm/text/codec.h"
#include "vm/text/strrepr.h"
#include "vm/text/utf8.h"

/* The hex digits from pos on, at most n of them. Returns how many there are. */
static size_t hex_run(const Codec *c, size_t pos, size_t n, uint32_t *v)
{
    size_t i = 0;
    *v = 0;
    for (; i < n && pos + i < c->len; i++) {
        char d = c->input[pos + i];
        if (d >= '0' && d <= '9')
            *v = *v << 4 | (uint32_t)(d - '0');
        else if ((d | 0x20) >= 'a' && (d | 0x20) <= 'f')
            *v = *v << 4 | (uint32_t)((d | 0x20) - 'a' + 10);
        else
            break;
    }
    return i;
}

static bool bad(Codec *c, const char *reason, size_t end)
{
    c->error_start = c->pos;
    c->error_end = end;
    c->reason = reason;
    return false;
}

static bool put_hex(Codec *c, Buf *out, size_t digits)
{
    uint32_t v;
    size_t n = hex_run(c, c->pos + 2, digits, &v), end = c->pos + 2 + n;
    if (n < digits)
        return bad(c, digits == 2 ? "truncated \\xXX escape" : digits == 4 ? "truncated \\uXXXX escape"
                                                                           : "truncated \\UXXXXXXXX escape", end);
    if (v > UNICODE_MAX)
        return bad(c, c->id == CODEC_UNICODE_ESCAPE ? "illegal Unicode character" : "\\Uxxxxxxxx out of range", end);
    buf_put_utf8(out, v);
    c->pos = end;
    return true;
}

static bool put_name(Codec *c, Buf *out)
{
    uint32_t v;
    size_t start = c->pos + 3, end = start;
    if (c->pos + 2 >= c->len || c->input[c->pos + 2] != '{')
        return bad(c, "malformed \\N character escape", c->pos + 2);
    while (end < c->len && c->input[end] != '}')
        end++;
    if (end == start || end == c->len)
        return bad(c, "malformed \\N character escape", end);
    if (!charname_find(c->vm, c->input + start, end - start, &v))
        return bad(c, "unknown Unicode character name", end + 1);
    buf_put_utf8(out, v);
    c->pos = end + 1;
    return true;
}

static void put_octal(Codec *c, Buf *out)
{
    uint32_t v = 0;
    size_t at = c->pos + 1;
    for (size_t end = at + 3; at < end && at < c->len && c->input[at] >= '0' && c->input[at] <= '7'; at++)
        v = v << 3 | (uint32_t)(c->input[at] - '0');
    if (v > 0377 && !c->bad_escape)
        c->bad_escape = c->input + c->pos + 1;
    buf_put_utf8(out, v);
    c->pos = at;
}

static bool decode_escape(Codec *c, Buf *out)
{
    static const char from[] = "\\'\"bftnrva", to[] = "\\'\"\b\f\t\n\r\v\a";
    char k = c->input[c->pos + 1];
    const char *simple = k ? strchr(from, k) : NULL;
    if (k == 'x' || k == 'u' || k == 'U')
        return put_hex(c, out, k == 'x' ? 2 : k == 'u' ? 4 : 8);
    if (k == 'N')
        return put_name(c, out);
    if (k >= '0' && k <= '7') {
        put_octal(c, out);
        return true;
    }
    if (simple) {
        buf_putc(out, to[simple - from]);
    } else if (k != '\n') {
        if (!c->bad_escape)
            c->bad_escape = c->input + c->pos + 1;
        buf_putc(out, '\\');
        buf_put_utf8(out, (unsigned char)k);
    }
    c->pos += 2;
    return true;
}

static bool decode_raw(Codec *c, Buf *out)
{
    char k = c->pos + 1 < c->len ? c->input[c->pos + 1] : 0;
    if (k == 'u' || k == 'U')
        return put_hex(c, out, k == 'u' ? 4 : 8);
    buf_putc(out, '\\');
    c->pos++;
    if (k == '\\') {            /* the second one starts nothing */
        buf_putc(out, '\\');
        c->pos++;
    }
    return true;
}

/* Does the escape at pos go on behind the end of what is there so far? */
static bool unfinished(const Codec *c)
{
    size_t left = c->len - c->pos;
    char k = left > 1 ? c->input[c->pos + 1] : 0;
    uint32_t v;
    if (left < 2)
        return true;
    if (k == 'u' || k == 'U' || (k == 'x' && c->id == CODEC_UNICODE_ESCAPE)) {
        size_t digits = k == 'x' ? 2 : k == 'u' ? 4 : 8;
        return left < digits + 2 && hex_run(c, c->pos + 2, digits, &v) == left - 2;
    }
    return k == 'N' && c->id == CODEC_UNICODE_ESCAPE &&
           (left < 3 || (c->input[c->pos + 2] == '{' && !memchr(c->input + c->pos, '}', left)));
}

bool escape_decode(Codec *c, Buf *out)
{
    while (c->pos < c->len && !out->failed) {
        char k = c->input[c->pos];
        if (k != '\\') {
            buf_put_utf8(out, (unsigned char)k);
            c->pos++;
        } else if (!c->final && unfinished(c)) {
            return true;
        } else if (c->id == CODEC_RAW_UNICODE_ESCAPE) {
            if (!decode_raw(c, out))
                return false;
        } else if (c->pos + 1 == c->len) {
            return bad(c, "\\ at end of string", c->len);
        } else if (!decode_escape(c, out)) {
            return false;
        }
    }
    return true;
}

void escape_encode(Codec *c, Buf *out)
{
    const char *p = c->input + c->pos, *end = c->input + c->len;
    bool raw = c->id == CODEC_RAW_UNICODE_ESCAPE;
    while (p < end && !out->failed) {
        uint32_t v = utf8_next(&p);
        c->chars++;
        if (raw ? v < 0x100 : v >= ' ' && v < 0x7F && v != '\\') {
            buf_putc(out, (char)v);
        } else if (!raw && (v == '\t' || v == '\n' || v == '\r' || v == '\\')) {
            buf_putc(out, '\\');
            buf_putc(out, v == '\t' ? 't' : v == '\n' ? 'n' : v == '\r' ? 'r' : '\\');
        } else {
            strrepr_escape_char(out, v);
        }
    }
    c->pos = c->len;
}
