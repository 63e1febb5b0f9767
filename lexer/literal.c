/* SPDX-License-Identifier: MIT
 * Decoding of literals. A decoded text is never longer than its source, so one buffer of that size does.
 * Positions in messages are those of the text that CPython decodes: "\n" for every line break, ten
 * characters ("\U0001f40d") for each one beyond ASCII. */
#include "lexer/literal.h"
#include "lexer/diag.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct Decoder {
    Arena *arena;
    const Source *src;
    Diag *diag;
    const Token *token;         /* where errors are placed */
    const char *p, *end;        /* what is left to decode */
    const char *piece;          /* CPython decodes from here on; positions count from here */
    char *out;
    bool raw, bytes, fstring;
    bool warned;                /* one warning for each literal */
} Decoder;

static bool out_of_memory(Diag *diag)
{
    *diag = (Diag){ .type = "MemoryError", .message = "", .start = NO_PLACE, .end = NO_PLACE };
    return false;
}

static PRINTF_LIKE(2, 3) bool literal_error(Decoder *d, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *message = n < 0 ? NULL : arena_alloc(d->arena, (size_t)n + 1);
    if (message)
        vsnprintf(message, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    if (!message)
        return out_of_memory(d->diag);
    *d->diag = (Diag){ .type = "SyntaxError", .message = message,
                       .start = d->token->start, .end = d->token->end };
    return false;
}

/* How far CPython's decoder would have come at p. */
static unsigned virtual_position(const Decoder *d, const char *p)
{
    unsigned n = 0;
    for (const char *q = d->piece; q < p; q++) {
        unsigned char c = (unsigned char)*q;
        if (c >= 0xc0)
            n += d->bytes ? 1 : 10;
        else if (c >= 0x80)
            n += d->bytes;
        else if (!d->bytes && c == '\\' && q + 1 < d->end && (unsigned char)q[1] >= 0x80)
            n += 6;
        else if (c == '\\' && q + 1 < p && q[1] == '\\')
            n += 2, q++;
        else
            n += c != '\r' || q + 1 == d->end || q[1] != '\n';
    }
    return n;
}

#define CANNOT_DECODE "(unicode error) 'unicodeescape' codec can't decode"

static bool escape_error(Decoder *d, const char *start, const char *end, const char *reason)
{
    unsigned from = virtual_position(d, start), to = virtual_position(d, end);
    if (to - from <= 1)
        return literal_error(d, CANNOT_DECODE " byte 0x5c in position %u: %s", from, reason);
    return literal_error(d, CANNOT_DECODE " bytes in position %u-%u: %s", from, to - 1, reason);
}

static void put_code_point(Decoder *d, uint32_t cp)
{
    if (cp < 0x80 || d->bytes) {
        *d->out++ = (char)cp;
    } else if (cp < 0x800) {
        *d->out++ = (char)(0xc0 | cp >> 6);
        *d->out++ = (char)(0x80 | (cp & 0x3f));
    } else if (cp < 0x10000) {
        *d->out++ = (char)(0xe0 | cp >> 12);
        *d->out++ = (char)(0x80 | (cp >> 6 & 0x3f));
        *d->out++ = (char)(0x80 | (cp & 0x3f));
    } else {
        *d->out++ = (char)(0xf0 | cp >> 18);
        *d->out++ = (char)(0x80 | (cp >> 12 & 0x3f));
        *d->out++ = (char)(0x80 | (cp >> 6 & 0x3f));
        *d->out++ = (char)(0x80 | (cp & 0x3f));
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A SyntaxWarning about the escape at p, of n characters. */
static bool warn_escape(Decoder *d, const char *p, int n, const char *kind)
{
    const SourceHooks *hooks = d->src->hooks;
    if (d->warned || !hooks || !hooks->warn)
        return true;
    d->warned = true;
    char message[64];
    snprintf(message, sizeof message, "invalid %s '%.*s'", kind, n, p);
    if (hooks->warn(hooks->ud, d->token->start, message))
        return true;
    return literal_error(d, "%s", message);
}

/* \xhh, \uhhhh, \Uhhhhhhhh: d->p is behind the letter. */
static bool decode_hex(Decoder *d, int digits)
{
    const char *start = d->p - 2;
    uint32_t cp = 0;
    for (int i = 0; i < digits; i++, d->p++) {
        int value = d->p < d->end ? hex_value(*d->p) : -1;
        if (value >= 0) {
            cp = cp << 4 | (uint32_t)value;
            continue;
        }
        if (d->bytes)
            return literal_error(d, "(value error) invalid \\x escape at position %u",
                                 virtual_position(d, start));
        return escape_error(d, start, d->p, digits == 2 ? "truncated \\xXX escape"
                                          : digits == 4 ? "truncated \\uXXXX escape"
                                                        : "truncated \\UXXXXXXXX escape");
    }
    if (cp > 0x10ffff)
        return escape_error(d, start, d->p, "illegal Unicode character");
    put_code_point(d, cp);
    return true;
}

static bool decode_octal(Decoder *d, unsigned first)
{
    const char *start = d->p - 2;
    uint32_t cp = first;
    for (int i = 1; i < 3 && d->p < d->end && *d->p >= '0' && *d->p <= '7'; i++)
        cp = cp << 3 | (uint32_t)(*d->p++ - '0');
    if (cp > 0377 && !warn_escape(d, start, 4, "octal escape sequence"))
        return false;
    put_code_point(d, d->bytes ? cp & 0xff : cp);
    return true;
}

/* \N{name}: d->p is behind the N. */
static bool decode_named(Decoder *d)
{
    const char *start = d->p - 2, *name = d->p + 1;
    const char *close = d->p < d->end && *d->p == '{' ? memchr(name, '}', (size_t)(d->end - name)) : NULL;
    if (!close)
        return escape_error(d, start, d->p < d->end && *d->p == '{' ? d->end : d->p,
                            "malformed \\N character escape");
    if (close == name)
        return escape_error(d, start, close, "malformed \\N character escape");
    const SourceHooks *hooks = d->src->hooks;
    if (!hooks || !hooks->find_name)
        return literal_error(d, "(unicode error) \\N escapes not supported (can't load unicodedata module)");
    uint32_t cp;
    if (!hooks->find_name(hooks->ud, name, (size_t)(close - name), &cp))
        return escape_error(d, start, close + 1, "unknown Unicode character name");
    put_code_point(d, cp);
    d->p = close + 1;
    if (d->fstring)
        d->piece = d->p;
    return true;
}

/* One that means nothing: the backslash stays, and the character after it is read as any other. */
static bool keep_backslash(Decoder *d)
{
    *d->out++ = '\\';
    d->p--;
    if ((unsigned char)*d->p >= 0x80 && !d->bytes)
        return true;
    return warn_escape(d, d->p - 1, 2, "escape sequence");
}

static bool decode_escape(Decoder *d)
{
    static const char plain[] = "\\'\"abfnrtv", values[] = "\\'\"\a\b\f\n\r\t\v";
    if (++d->p == d->end) {     /* a backslash before a replacement field */
        *d->out++ = '\\';
        return warn_escape(d, d->p - 1, 2, "escape sequence");
    }
    char c = *d->p++;
    const char *found = c ? strchr(plain, c) : NULL;
    if (found) {
        *d->out++ = values[found - plain];
        return true;
    }
    switch (c) {
    case '\r':
        d->p += d->p < d->end && *d->p == '\n';
        return true;
    case '\n':
        return true;
    case 'x':
        return decode_hex(d, 2);
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7':
        return decode_octal(d, (unsigned)(c - '0'));
    case 'u': case 'U': case 'N':
        if (!d->bytes)
            return c == 'N' ? decode_named(d) : decode_hex(d, c == 'u' ? 4 : 8);
        return keep_backslash(d);
    default:
        return keep_backslash(d);
    }
}

static bool is_special(const Decoder *d, char c)
{
    return c == '\r' || (c == '\\' && !d->raw) || (d->fstring && (c == '{' || c == '}'));
}

/* Everything from d->p to d->end. */
static bool decode(Decoder *d, Literal *out)
{
    const char *p = d->p;
    while (p < d->end && !is_special(d, *p))
        p++;
    if (p == d->end) {
        *out = (Literal){ .text = d->p, .len = (uint32_t)(d->end - d->p) };
        return true;
    }
    char *start = d->out = arena_alloc(d->arena, (size_t)(d->end - d->p));
    if (!start)
        return out_of_memory(d->diag);
    while (d->p < d->end) {
        char c = *d->p;
        if (!is_special(d, c)) {
            *d->out++ = c;
            d->p++;
        } else if (c == '\\') {
            if (!decode_escape(d))
                return false;
        } else if (c == '\r') {
            *d->out++ = '\n';
            d->p += d->p + 1 < d->end && d->p[1] == '\n' ? 2 : 1;
        } else {
            *d->out++ = c;
            d->p += d->p + 1 < d->end && d->p[1] == c ? 2 : 1;
            d->piece = d->p;
        }
    }
    *out = (Literal){ .text = start, .len = (uint32_t)(d->out - start) };
    return true;
}

static bool check_bytes(Decoder *d)
{
    for (const char *p = d->p; p < d->end; p++)
        if ((unsigned char)*p >= 0x80)
            return literal_error(d, "bytes can only contain ASCII literal characters");
    return true;
}

bool literal_string(Arena *arena, const Source *src, const Token *token, Literal *out, bool *is_bytes,
                    bool *is_u, Diag *diag)
{
    Decoder d = { .arena = arena, .src = src, .diag = diag, .token = token,
                  .p = src->text + token->start, .end = src->text + token->end };
    bool u = false;
    for (; *d.p != '\'' && *d.p != '"'; d.p++) {
        d.raw = d.raw || (*d.p | 0x20) == 'r';
        d.bytes = d.bytes || (*d.p | 0x20) == 'b';
        u = u || (*d.p | 0x20) == 'u';
    }
    int quotes = d.end - d.p >= 6 && d.p[1] == *d.p && d.p[2] == *d.p ? 3 : 1;
    d.p += quotes;
    d.end -= quotes;
    d.piece = d.p;
    if (is_bytes)
        *is_bytes = d.bytes;
    if (is_u)
        *is_u = u;
    return (!d.bytes || check_bytes(&d)) && decode(&d, out);
}

bool literal_fstring_text(Arena *arena, const Source *src, const Token *start, const Token *token, bool field,
                          Literal *out, Diag *diag)
{
    const char *p = src->text + token->start, *prefix = src->text + start->start;
    Decoder d = { .arena = arena, .src = src, .diag = diag, .token = token, .p = p, .piece = p,
                  .end = src->text + token->end, .fstring = !field,
                  .raw = (prefix[0] | 0x20) == 'r' || (prefix[1] | 0x20) == 'r' };
    return decode(&d, out);
}

/* A copy of what stands from p to end, a line break as "\n", from a comment its line break only. */
static char *copy_gap(char *out, const char *p, const char *end)
{
    while (p < end) {
        if (*p == '#') {
            while (p < end && *p != '\n' && *p != '\r')
                p++;
        } else if (*p == '\r') {
            *out++ = '\n';
            p += p + 1 < end && p[1] == '\n' ? 2 : 1;
        } else {
            *out++ = *p++;
        }
    }
    return out;
}

/* Comments stand between tokens only; text with a '#' is read again to find these. */
static bool copy_without_comments(Arena *arena, Literal *text, char *out)
{
    char *copy = arena_alloc(arena, (size_t)text->len + 4);
    if (!copy)
        return false;
    copy[0] = '(';
    memcpy(copy + 1, text->text, text->len);
    memcpy(copy + 1 + text->len, "\n)", 2);
    Source src = { .text = copy, .len = text->len + 3 };
    TokenList tokens;
    Diag diag;
    if (!lex(arena, &src, &tokens, &diag) && arena->failed)
        return false;
    char *start = out;
    uint32_t at = 1, end = text->len + 1;
    for (uint32_t i = 1; i < tokens.count && tokens.items[i].start < end; i++) {
        const Token *t = &tokens.items[i];
        uint32_t stop = t->end < end ? t->end : end;
        out = copy_gap(out, copy + at, copy + t->start);
        memcpy(out, copy + t->start, stop - t->start);
        out += stop - t->start;
        at = stop;
    }
    out = copy_gap(out, copy + at, copy + end);
    *text = (Literal){ .text = start, .len = (uint32_t)(out - start) };
    return true;
}

bool literal_debug_text(Arena *arena, const Source *src, uint32_t start, uint32_t end, Literal *out,
                        Diag *diag)
{
    *out = (Literal){ .text = src->text + start, .len = end - start };
    bool comment = memchr(out->text, '#', out->len), carriage = memchr(out->text, '\r', out->len);
    if (!comment && !carriage)
        return true;
    char *copy = arena_alloc(arena, (size_t)out->len + 1);
    if (!copy)
        return out_of_memory(diag);
    if (comment)
        return copy_without_comments(arena, out, copy) || out_of_memory(diag);
    char *copy_end = copy_gap(copy, out->text, out->text + out->len);
    *out = (Literal){ .text = copy, .len = (uint32_t)(copy_end - copy) };
    return true;
}

bool literal_number(Arena *arena, const Source *src, const Token *token, NumberKind *kind, Literal *out,
                    Diag *diag)
{
    const char *text = src->text + token->start;
    uint32_t len = token->end - token->start;
    char base = len > 1 && text[0] == '0' ? text[1] | 0x20 : 0;
    bool based = base == 'x' || base == 'o' || base == 'b';
    *kind = NUMBER_INT;
    if (!based && (text[len - 1] | 0x20) == 'j') {
        *kind = NUMBER_IMAGINARY;
        len--;
    } else if (!based && (memchr(text, '.', len) || memchr(text, 'e', len) || memchr(text, 'E', len))) {
        *kind = NUMBER_FLOAT;
    }
    *out = (Literal){ .text = text, .len = len };
    if (!memchr(text, '_', len))
        return true;
    char *copy = arena_alloc(arena, len);
    if (!copy)
        return out_of_memory(diag);
    out->text = copy;
    for (uint32_t i = 0; i < len; i++)
        if (text[i] != '_')
            *copy++ = text[i];
    out->len = (uint32_t)(copy - out->text);
    return true;
}

bool literal_name(Arena *arena, const Source *src, const Token *token, Literal *out, Diag *diag)
{
    const SourceHooks *hooks = src->hooks;
    *out = (Literal){ .text = src->text + token->start, .len = token->end - token->start };
    bool ascii = true;
    for (uint32_t i = 0; i < out->len && ascii; i++)
        ascii = (unsigned char)out->text[i] < 0x80;
    if (ascii || !hooks || !hooks->nfkc)
        return true;
    size_t len = hooks->nfkc(out->text, out->len, NULL, 0);
    char *copy = len < UINT32_MAX ? arena_alloc(arena, len + 1) : NULL;
    if (!copy)
        return out_of_memory(diag);
    hooks->nfkc(out->text, out->len, copy, len);
    *out = (Literal){ .text = copy, .len = (uint32_t)len };
    return true;
}
