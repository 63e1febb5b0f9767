/* SPDX-License-Identifier: MIT
 * Text to bytes. */
#include "vm/text/charmap.h"
#include "vm/text/charname.h"
#include "vm/text/codec.h"
#include "vm/text/strrepr.h"
#include "vm/text/utf8.h"

#include <stdio.h>

/* The byte for a code point above ASCII; 0: none. */
static unsigned charmap_byte(const Codec *c, uint32_t v)
{
    const uint16_t *high = charmaps[c->id - CODEC_CHARMAP].high;
    if (v >= 0x80 && v < 0x100 && high[v - 0x80] == v)
        return v;
    for (unsigned i = 0; i < 128; i++)
        if (high[i] == v)
            return i + 0x80;
    return 0;
}

/* Can the encoding express this code point? */
static inline bool encodable(const Codec *c, uint32_t v)
{
    switch (c->id) {
    case CODEC_ASCII: return v < 0x80;
    case CODEC_LATIN1: return v < 0x100;
    default:
        if (codec_is_charmap(c->id))
            return v < 0x80 || charmap_byte(c, v);
        return !utf8_is_surrogate(v);
    }
}

static void put_unit(Buf *out, uint32_t v, size_t size, bool big_endian)
{
    char bytes[4];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(v >> 8 * (big_endian ? size - 1 - i : i));
    buf_put(out, bytes, size);
}

/* One code point, a surrogate too, in the bytes of the encoding, which has room for it. */
static void put_code_point(const Codec *c, Buf *out, uint32_t v)
{
    bool big_endian = c->id == CODEC_UTF16_BE || c->id == CODEC_UTF32_BE;
    switch (c->id) {
    case CODEC_UTF8: case CODEC_UTF8_SIG:
        buf_put_utf8(out, v);
        break;
    case CODEC_ASCII: case CODEC_LATIN1:
        buf_putc(out, (char)v);
        break;
    case CODEC_UTF16: case CODEC_UTF16_LE: case CODEC_UTF16_BE:
        if (v > 0xFFFF) {
            put_unit(out, 0xD800 + ((v - 0x10000) >> 10), 2, big_endian);
            v = 0xDC00 + ((v - 0x10000) & 0x3FF);
        }
        put_unit(out, v, 2, big_endian);
        break;
    case CODEC_UTF32: case CODEC_UTF32_LE: case CODEC_UTF32_BE:
        put_unit(out, v, 4, big_endian);
        break;
    default:
        buf_putc(out, (char)(v < 0x80 ? v : charmap_byte(c, v)));
        break;
    }
}

/* Copy what needs no thought: ASCII in the encodings that contain it, all of UTF-8 up to a surrogate. */
static void encode_plain_run(Codec *c, Buf *out)
{
    const char *p = c->input + c->pos;
    size_t n = c->len - c->pos, run = utf8_ascii_prefix(p, n), chars = run;
    if (c->id >= CODEC_UTF16)
        return;
    if (c->id <= CODEC_UTF8_SIG && run < n) {
        const char *q = p + run, *end = p + n;
        while (q < end && (q = memchr(q, 0xED, (size_t)(end - q))) && (unsigned char)q[1] < 0xA0)
            q += 3;
        run = q ? (size_t)(q - p) : n;
        chars = utf8_count(p, run);
    }
    buf_put(out, p, run);
    c->pos += run;
    c->chars += chars;
}

/* The error at c->pos, whose code point cannot be encoded. The run of such code points is reported as one,
 * except by utf-16 and utf-32, which report each. */
static void find_bad_run(Codec *c)
{
    const char *p = c->input + c->pos, *end = c->input + c->len, *next = p;
    size_t chars = 0;
    while (next < end && (c->id < CODEC_UTF16 || chars == 0)) {
        if (encodable(c, utf8_next(&next)))
            break;
        p = next;
        chars++;
    }
    c->error_start = c->chars;
    c->error_end = c->chars + chars;
    c->error_bytes = (size_t)(p - (c->input + c->pos));
    c->encoding = codec_name(c->id);
    c->reason = c->id == CODEC_ASCII ? "ordinal not in range(128)"
              : c->id == CODEC_LATIN1 ? "ordinal not in range(256)"
              : codec_is_charmap(c->id) ? "character maps to <undefined>" : "surrogates not allowed";
}

static void put_ascii(const Codec *c, Buf *out, const char *text)
{
    for (; *text; text++)
        put_code_point(c, out, (unsigned char)*text);
}

static void put_backslashed(const Codec *c, Buf *out, uint32_t v)
{
    char text[12];
    snprintf(text, sizeof text, v < 0x100 ? "\\x%02x" : v < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)v);
    put_ascii(c, out, text);
}

static void put_named(const Codec *c, Buf *out, uint32_t v)
{
    char name[CHARNAME_MAX + 1];
    size_t n = charname_of(v, name);
    name[n] = 0;
    if (n == 0) {
        put_backslashed(c, out, v);
        return;
    }
    put_ascii(c, out, "\\N{");
    put_ascii(c, out, name);
    put_ascii(c, out, "}");
}

/* The replacement of one code point; false: the handler has none. */
static bool put_replacement(const Codec *c, Buf *out, uint32_t v)
{
    char text[16];
    switch (c->errors) {
    case CODEC_IGNORE:
        return true;
    case CODEC_REPLACE:
        put_code_point(c, out, '?');
        return true;
    case CODEC_BACKSLASHREPLACE:
        put_backslashed(c, out, v);
        return true;
    case CODEC_NAMEREPLACE:
        put_named(c, out, v);
        return true;
    case CODEC_XMLCHARREFREPLACE:
        snprintf(text, sizeof text, "&#%u;", (unsigned)v);
        put_ascii(c, out, text);
        return true;
    case CODEC_SURROGATEESCAPE:
        if (v < 0xDC80 || v > 0xDCFF || c->id >= CODEC_UTF16)
            return false;
        buf_putc(out, (char)(v - 0xDC00));
        return true;
    case CODEC_SURROGATEPASS:
        if (c->id > CODEC_UTF8_SIG && c->id < CODEC_UTF16)
            return false;
        put_code_point(c, out, v);
        return true;
    default:
        return false;
    }
}

/* Replace the bad run; false: it cannot be, and the error starts where it failed. */
static bool handle_error(Codec *c, Buf *out)
{
    const char *p = c->input + c->pos, *end = p + c->error_bytes;
    while (p < end) {
        const char *next = p;
        if (!put_replacement(c, out, utf8_next(&next)))
            return false;
        c->pos += (size_t)(next - p);
        c->chars++;
        c->error_start++;
        c->error_bytes -= (size_t)(next - p);
        p = next;
    }
    return true;
}

CodecStatus codec_encode(Codec *c, Buf *out)
{
    if (!c->started && (c->id == CODEC_UTF8_SIG || c->id == CODEC_UTF16 || c->id == CODEC_UTF32))
        put_code_point(c, out, 0xFEFF);
    c->started = true;
    if (codec_is_escape(c->id)) {
        escape_encode(c, out);
        return out->failed ? CODEC_NOMEM : CODEC_OK;
    }
    while (c->pos < c->len && !out->failed) {
        encode_plain_run(c, out);
        const char *p = c->input + c->pos, *end = c->input + c->len;
        for (; p < end && !out->failed; c->pos = (size_t)(p - c->input), c->chars++) {
            const char *next = p;
            uint32_t v = utf8_next(&next);
            if (!encodable(c, v) || (v < 0x80 && c->id < CODEC_UTF16))
                break;
            put_code_point(c, out, v);
            p = next;
        }
        if (p == end || (*p & 0x80) == 0)
            continue;
        find_bad_run(c);
        if (!out->failed && !handle_error(c, out))
            return out->failed ? CODEC_NOMEM : CODEC_ERROR;
    }
    return out->failed ? CODEC_NOMEM : CODEC_OK;
}
