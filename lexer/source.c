/* SPDX-License-Identifier: MIT
 * What must hold before any token is read: the text is UTF-8 without null bytes, and says nothing else
 * of itself. And what makes a run of characters beyond ASCII a name. */
#include "lexer/scan.h"
#include "lexer/diag.h"

#include <stdio.h>

/* The length of the UTF-8 sequence at p, which is not ASCII; 0 when it is malformed. The text ends in a
 * null byte, which no sequence continues with. */
static unsigned sequence_length(const unsigned char *p)
{
    unsigned n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    for (unsigned i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] >= 0xa0;
    bool too_large = p[0] == 0xf4 && p[1] >= 0x90;
    return overlong || surrogate || too_large ? 0 : n;
}

static uint32_t decode(const unsigned char *p, unsigned n)
{
    uint32_t cp = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    for (unsigned i = 1; i < n; i++)
        cp = cp << 6 | (p[i] & 0x3f);
    return cp;
}

static bool error_not_utf8(Lexer *lx, const unsigned char *p)
{
    unsigned line = source_place(lx->src, lexer_offset(lx, p)).line;
    lexer_error(lx, p, p,
                "Non-UTF-8 code starting with '\\x%02x' in file %s on line %u, but no encoding declared; "
                "see https://peps.python.org/pep-0263/ for details",
                *p, lx->src->filename ? lx->src->filename : "<string>", line);
    lx->diag->start = lx->diag->end = NO_PLACE;
    return false;
}

/* Eight bytes at once are neither null nor beyond ASCII. */
static bool plain_word(const unsigned char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return !((w | (w - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080));
}

static bool check_bytes(Lexer *lx)
{
    const unsigned char *p = lx->text, *end = p + lx->src->len;
    while (p < end) {
        if (end - p >= 8 && plain_word(p)) {
            p += 8;
        } else if (*p == 0) {
            lexer_error(lx, p, p, "source code cannot contain null bytes");
            return false;
        } else if (*p < 0x80) {
            p++;
        } else {
            unsigned n = sequence_length(p);
            if (!n)
                return error_not_utf8(lx, p);
            p += n;
        }
    }
    return true;
}

static bool is_encoding_char(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_' ||
           c == '.';
}

/* The name in a comment such as "# -*- coding: utf-8 -*-", when the line is such a comment. */
static size_t declared_encoding(const char *p, const char *end, const char **name)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\f'))
        p++;
    if (p == end || *p != '#')
        return 0;
    for (; end - p > 7; p++) {
        if (memcmp(p, "coding", 6) != 0 || (p[6] != ':' && p[6] != '='))
            continue;
        const char *q = p + 7;
        while (q < end && (*q == ' ' || *q == '\t'))
            q++;
        *name = q;
        while (q < end && is_encoding_char(*q))
            q++;
        if (q > *name)
            return (size_t)(q - *name);
    }
    return 0;
}

/* Lower case, '-' for '_'; cut to what is compared. */
static void normal_name(const char *name, size_t n, char out[13])
{
    size_t i = 0;
    for (; i < n && i < 12; i++)
        out[i] = name[i] == '_' ? '-' : name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 0x20) : name[i];
    out[i] = 0;
}

/* Behind a byte order mark CPython knows no other names than utf-8 and utf-8-something. */
static bool is_utf8_name(const char *name, size_t n, bool marked)
{
    static const char *const names[] = { "utf-8", "utf8", "u8", "utf", "cp65001", "utf-8-sig" };
    char normal[13];
    normal_name(name, n, normal);
    for (size_t i = 0; i < COUNT_OF(names) && !(marked && i); i++)
        if (strcmp(normal, names[i]) == 0)
            return true;
    return strncmp(normal, "utf-8-", 6) == 0;
}

static bool has_mark(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
}

/* An encoding may be declared in the first line, or in the second if the first has no code. */
size_t source_encoding(const char *text, size_t len, const char **name, bool *marked)
{
    const char *end = text + len, *p = text;
    *marked = has_mark(text, len);
    p += *marked ? 3 : 0;
    for (int line = 0; line < 2 && p < end; line++) {
        const char *q = p;
        while (q < end && *q != '\n' && *q != '\r')
            q++;
        size_t n = declared_encoding(p, q, name);
        if (n)
            return is_utf8_name(*name, n, *marked) ? 0 : n;
        while (p < q && (*p == ' ' || *p == '\t' || *p == '\f'))
            p++;
        if (p < q && *p != '#')
            break;
        p = q + (q < end) + (q + 1 < end && q[0] == '\r' && q[1] == '\n');
    }
    return 0;
}

bool source_check(Lexer *lx)
{
    lx->at = lx->text + (!lx->src->is_text && has_mark(lx->src->text, lx->src->len) ? 3 : 0);
    return check_bytes(lx);
}

bool source_check_name(Lexer *lx)
{
    const SourceHooks *hooks = lx->src->hooks;
    if (!hooks || !hooks->is_xid)
        return true;
    for (const unsigned char *p = lx->start; p < lx->at;) {
        unsigned n = *p < 0x80 ? 1 : sequence_length(p);
        uint32_t cp = decode(p, n);
        if (cp >= 0x80 && !hooks->is_xid(cp, p == lx->start)) {
            if (hooks->is_printable && !hooks->is_printable(cp))
                lexer_error(lx, p, p, "invalid non-printable character U+%04X", (unsigned)cp);
            else
                lexer_error(lx, p, p, "invalid character '%.*s' (U+%04X)", (int)n, (const char *)p,
                            (unsigned)cp);
            return false;
        }
        p += n;
    }
    return true;
}
