/* SPDX-License-Identifier: MIT
 * Bytes to text. Each encoding has a function that appends all well-formed input up to the first error or
 * to the end; codec_decode() handles the error and calls it again. */
#include "vm/text/charmap.h"
#include "vm/text/codec.h"
#include "vm/text/strrepr.h"
#include "vm/text/utf8.h"

/* What stopped a decoder at c->pos. */
typedef enum Stop { STOP_END, STOP_ERROR, STOP_NOMEM } Stop;

static Stop bad_input(Codec *c, const char *reason, size_t end)
{
    c->error_start = c->pos;
    c->error_end = end;
    c->reason = reason;
    return STOP_ERROR;
}

/* The input ends inside a character: an error, or for a stream a reason to wait. */
static Stop unfinished(Codec *c, const char *reason)
{
    return c->final ? bad_input(c, reason, c->len) : STOP_END;
}

static inline const unsigned char *input_at(const Codec *c, size_t at)
{
    return (const unsigned char *)c->input + at;
}

static inline size_t left(const Codec *c) { return c->len - c->pos; }

/* Second bytes are limited after some first bytes: no overlong forms, no surrogates, nothing too large. */
static bool second_byte_fits(unsigned char first, unsigned char second)
{
    if ((second & 0xC0) != 0x80)
        return false;
    switch (first) {
    case 0xE0: return second >= 0xA0;
    case 0xED: return second < 0xA0;
    case 0xF0: return second >= 0x90;
    case 0xF4: return second < 0x90;
    default: return true;
    }
}

/* How many bytes from p on begin a valid character; *size is what the character needs, 0 if p[0] can
 * start none. */
static size_t valid_part(const unsigned char *p, size_t n, size_t *size)
{
    *size = p[0] < 0x80 ? 1 : p[0] < 0xC2 || p[0] > 0xF4 ? 0 : utf8_size_of_lead((char)p[0]);
    size_t good = 1;
    if (*size > 1 && n > 1 && second_byte_fits(p[0], p[1]))
        for (good = 2; good < *size && good < n && (p[good] & 0xC0) == 0x80;)
            good++;
    return good;
}

/* Two bytes of an encoded surrogate at the end: "surrogatepass" wants to see the third. */
static bool is_unfinished_surrogate(const Codec *c)
{
    const unsigned char *p = input_at(c, c->pos);
    return !c->final && left(c) == 2 && p[0] == 0xED && p[1] >= 0xA0 && p[1] <= 0xBF;
}

static Stop decode_utf8(Codec *c, Buf *out)
{
    size_t start = c->pos, at = start, size = 1, good = 1;
    Utf8Info info;
    if (start == 0 && utf8_check(c->input, c->len, &info) && !info.surrogates)
        at = c->len;    /* the usual case; tried once, or a text full of errors would take quadratic time */
    while (at < c->len) {
        at += utf8_ascii_prefix(c->input + at, c->len - at);
        if (at == c->len)
            break;
        good = valid_part(input_at(c, at), c->len - at, &size);
        if (good != size)
            break;
        at += size;
    }
    buf_put(out, c->input + start, at - start);
    c->pos = at;
    if (out->failed)
        return STOP_NOMEM;
    if (at == c->len || is_unfinished_surrogate(c))
        return STOP_END;
    if (size == 0)
        return bad_input(c, "invalid start byte", at + 1);
    if (at + good == c->len)
        return unfinished(c, "unexpected end of data");
    return bad_input(c, "invalid continuation byte", at + good);
}

/* The mark is dropped; a stream waits until it is decided whether there is one. */
static Stop decode_utf8_sig(Codec *c, Buf *out)
{
    static const char mark[] = "\xEF\xBB\xBF";
    if (!c->started) {
        size_t n = left(c) < 3 ? left(c) : 3;
        bool marked = n && memcmp(c->input + c->pos, mark, n) == 0;
        if (marked && n < 3 && !c->final)
            return STOP_END;
        if (marked && n == 3)
            c->pos += 3;
        c->started = true;
    }
    return decode_utf8(c, out);
}

static Stop decode_ascii(Codec *c, Buf *out)
{
    size_t run = utf8_ascii_prefix(c->input + c->pos, left(c));
    buf_put(out, c->input + c->pos, run);
    c->pos += run;
    if (out->failed)
        return STOP_NOMEM;
    return c->pos == c->len ? STOP_END : bad_input(c, "ordinal not in range(128)", c->pos + 1);
}

static Stop decode_latin1(Codec *c, Buf *out)
{
    while (c->pos < c->len) {
        size_t run = utf8_ascii_prefix(c->input + c->pos, left(c));
        buf_put(out, c->input + c->pos, run);
        c->pos += run;
        for (; c->pos < c->len && (c->input[c->pos] & 0x80); c->pos++)
            buf_put_utf8(out, (unsigned char)c->input[c->pos]);
        if (out->failed)
            return STOP_NOMEM;
    }
    return STOP_END;
}

static Stop decode_charmap(Codec *c, Buf *out)
{
    const uint16_t *high = charmaps[c->id - CODEC_CHARMAP].high;
    while (c->pos < c->len) {
        size_t run = utf8_ascii_prefix(c->input + c->pos, left(c));
        buf_put(out, c->input + c->pos, run);
        c->pos += run;
        for (; c->pos < c->len && (c->input[c->pos] & 0x80); c->pos++) {
            uint32_t v = high[(unsigned char)c->input[c->pos] - 0x80];
            if (!v)
                return bad_input(c, "character maps to <undefined>", c->pos + 1);
            buf_put_utf8(out, v);
        }
        if (out->failed)
            return STOP_NOMEM;
    }
    return STOP_END;
}

static Stop decode_escapes(Codec *c, Buf *out)
{
    if (!escape_decode(c, out))
        return c->final || c->error_end < c->len ? STOP_ERROR : STOP_END;
    return out->failed ? STOP_NOMEM : STOP_END;
}

static inline uint32_t unit16(const Codec *c, size_t at)
{
    const unsigned char *p = input_at(c, at);
    return c->actual == CODEC_UTF16_BE ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static inline uint32_t unit32(const Codec *c, size_t at)
{
    const unsigned char *p = input_at(c, at);
    if (c->actual == CODEC_UTF32_BE)
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* Without a mark the byte order is the machine's, and aio's machines are little-endian. */
static Stop decode_utf16(Codec *c, Buf *out)
{
    if (!c->started) {
        c->actual = c->id == CODEC_UTF16 ? CODEC_UTF16_LE : c->id;
        if (c->id == CODEC_UTF16 && left(c) >= 2) {
            uint32_t mark = unit16(c, c->pos);
            c->pos += mark == 0xFEFF || mark == 0xFFFE ? 2 : 0;
            if (mark == 0xFFFE)
                c->actual = CODEC_UTF16_BE;
        }
        c->started = c->id != CODEC_UTF16 || left(c) >= 2 || c->pos > 0;
    }
    for (; left(c) >= 2; c->pos += 2) {
        uint32_t v = unit16(c, c->pos);
        if (utf8_is_surrogate(v)) {
            if (v >= 0xDC00)
                return bad_input(c, "illegal encoding", c->pos + 2);
            if (left(c) < 4)
                return unfinished(c, "unexpected end of data");
            uint32_t trail = unit16(c, c->pos + 2);
            if ((trail & 0xFC00) != 0xDC00)
                return bad_input(c, "illegal UTF-16 surrogate", c->pos + 2);
            v = 0x10000 + ((v - 0xD800) << 10) + (trail - 0xDC00);
            c->pos += 2;
        }
        buf_put_utf8(out, v);
        if (out->failed)
            return STOP_NOMEM;
    }
    return left(c) ? unfinished(c, "truncated data") : STOP_END;
}

static Stop decode_utf32(Codec *c, Buf *out)
{
    if (!c->started) {
        c->actual = c->id == CODEC_UTF32 ? CODEC_UTF32_LE : c->id;
        if (c->id == CODEC_UTF32 && left(c) >= 4) {
            uint32_t mark = unit32(c, c->pos);
            c->pos += mark == 0xFEFF || mark == 0xFFFE0000 ? 4 : 0;
            if (mark == 0xFFFE0000)
                c->actual = CODEC_UTF32_BE;
        }
        c->started = c->id != CODEC_UTF32 || left(c) >= 4 || c->pos > 0;
    }
    for (; left(c) >= 4; c->pos += 4) {
        uint32_t v = unit32(c, c->pos);
        if (utf8_is_surrogate(v))
            return bad_input(c, "code point in surrogate code point range(0xd800, 0xe000)", c->pos + 4);
        if (v > UNICODE_MAX)
            return bad_input(c, "code point not in range(0x110000)", c->pos + 4);
        buf_put_utf8(out, v);
        if (out->failed)
            return STOP_NOMEM;
    }
    return left(c) ? unfinished(c, "truncated data") : STOP_END;
}

static Stop decode_run(Codec *c, Buf *out)
{
    switch (c->id) {
    case CODEC_UTF8: return decode_utf8(c, out);
    case CODEC_UTF8_SIG: return decode_utf8_sig(c, out);
    case CODEC_ASCII: return decode_ascii(c, out);
    case CODEC_LATIN1: return decode_latin1(c, out);
    case CODEC_UTF16: case CODEC_UTF16_LE: case CODEC_UTF16_BE: return decode_utf16(c, out);
    case CODEC_UTF32: case CODEC_UTF32_LE: case CODEC_UTF32_BE: return decode_utf32(c, out);
    case CODEC_UNICODE_ESCAPE: case CODEC_RAW_UNICODE_ESCAPE: return decode_escapes(c, out);
    default: return decode_charmap(c, out);
    }
}

/* Up to four bad bytes above 0x7F become U+DC80..U+DCFF. Returns how many; 0: not handled. */
static size_t escape_bytes(const Codec *c, Buf *out)
{
    size_t at = c->error_start;
    for (; at < c->error_end && at - c->error_start < 4 && (c->input[at] & 0x80); at++)
        buf_put_utf8(out, 0xDC00 + (uint32_t)*input_at(c, at));
    return at - c->error_start;
}

/* One encoded surrogate at the error becomes that surrogate. Returns its bytes; 0: there is none. */
static size_t pass_surrogate(const Codec *c, Buf *out)
{
    size_t size = c->id == CODEC_UTF8 || c->id == CODEC_UTF8_SIG ? 3 : c->id >= CODEC_UTF32 ? 4 : 2;
    if ((c->id > CODEC_UTF8_SIG && c->id < CODEC_UTF16) || c->len - c->error_start < size)
        return 0;
    const unsigned char *p = input_at(c, c->error_start);
    uint32_t v = 0;
    if (size == 3 && p[0] == 0xED && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80)
        utf8_decode((const char *)p, &v);
    else if (size != 3)
        v = size == 2 ? unit16(c, c->error_start) : unit32(c, c->error_start);
    if (!utf8_is_surrogate(v))
        return 0;
    buf_put_utf8(out, v);
    return size;
}

/* Deal with the error as c->errors says; false: cannot. */
static bool handle_error(Codec *c, Buf *out)
{
    size_t used = c->error_end - c->error_start;
    switch (c->errors) {
    case CODEC_IGNORE:
        break;
    case CODEC_REPLACE:
        buf_put_utf8(out, 0xFFFD);
        break;
    case CODEC_BACKSLASHREPLACE:
        for (size_t at = c->error_start; at < c->error_end; at++)
            strrepr_escape_char(out, *input_at(c, at));
        break;
    case CODEC_SURROGATEESCAPE:
        used = escape_bytes(c, out);
        break;
    case CODEC_SURROGATEPASS:
        used = pass_surrogate(c, out);
        break;
    default:
        return false;
    }
    c->pos = c->error_start + used;
    return used > 0;
}

CodecStatus codec_decode(Codec *c, Buf *out)
{
    for (;;) {
        switch (decode_run(c, out)) {
        case STOP_END:
            return CODEC_OK;
        case STOP_NOMEM:
            return CODEC_NOMEM;
        case STOP_ERROR:
            c->encoding = codec_name(c->id == CODEC_UTF16 || c->id == CODEC_UTF32 ? c->actual : c->id);
            if (!handle_error(c, out))
                return out->failed ? CODEC_NOMEM : CODEC_ERROR;
            if (out->failed)
                return CODEC_NOMEM;
        }
    }
}
