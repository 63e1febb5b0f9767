/* SPDX-License-Identifier: MIT
 * What may stand right behind a number, and how CPython words it when something else does. The scanner
 * has matched the longest valid number; all that is wrong with one shows in the bytes after that. */
#include "lexer/scan.h"

#include "gen/token_codes.h"

static bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
static bool is_letter(unsigned char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
static bool is_word(unsigned char c) { return is_digit(c) || is_letter(c) || c == '_'; }

/* One caret, on the byte at p. */
static unsigned number_error(Lexer *lx, const unsigned char *p, const char *kind)
{
    return lexer_error(lx, p, p, "invalid %s literal", kind);
}

static unsigned digit_error(Lexer *lx, const unsigned char *p, const char *kind)
{
    return lexer_error(lx, p, p, "invalid digit '%c' in %s literal", *p, kind);
}

/* A number may touch these keywords: "1if x else y". CPython warns, so that it can forbid it one day. */
static bool keyword_follows(const unsigned char *p)
{
    static const char *const words[] = { "and", "else", "for", "or", "not" };
    if (p[0] == 'i')
        return p[1] == 'f' || p[1] == 'n' || p[1] == 's';
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t n = strlen(words[i]);
        if (strncmp((const char *)p, words[i], n) == 0)
            return !is_word(p[n]) && p[n] < 0x80;
    }
    return false;
}

/* The parser warns of it when it meets the number: then warnings come in the order of the source. */
static unsigned word_follows(Lexer *lx, const char *kind)
{
    return keyword_follows(lx->at) ? TK_NUMBER : number_error(lx, lx->at - 1, kind);
}

/* Behind 0x…, 0o…, 0b…, or behind a 0 that is followed by such a letter and no digits. */
static unsigned based_end(Lexer *lx, const char *kind, bool decimal_digits)
{
    const unsigned char *p = lx->at;
    bool empty = p - lx->start == 1;
    if (empty)
        p++;
    if (*p == '_')
        p++;
    if (decimal_digits && is_digit(*p))
        return digit_error(lx, p, kind);
    if (empty || p > lx->at)
        return number_error(lx, p - 1, kind);
    return word_follows(lx, kind);
}

/* Zeros, then other digits, and no point, exponent or j that would make it a float. */
static unsigned leading_zeros(Lexer *lx)
{
    const unsigned char *nonzero = lx->at + (*lx->at == '_');
    for (const unsigned char *p = nonzero; is_digit(*p) || *p == '_'; p++)
        if (*p == '_' && !is_digit(p[1]))
            return number_error(lx, p, "decimal");
    return lexer_error(lx, lx->start, nonzero, "leading zeros in decimal integer literals are not permitted; "
                                               "use an 0o prefix for octal integers");
}

static unsigned decimal_end(Lexer *lx)
{
    const unsigned char *at = lx->at;
    unsigned char last = at[-1];
    if (last == 'j' || last == 'J')
        return word_follows(lx, "imaginary");
    if (*lx->start == '0' && (is_digit(*at) || (*at == '_' && is_digit(at[1]))))
        return leading_zeros(lx);
    if (*at == '_' && is_digit(last))
        return number_error(lx, at, "decimal");
    size_t len = (size_t)(at - lx->start);
    bool has_power = memchr(lx->start, 'e', len) || memchr(lx->start, 'E', len);
    if (!has_power && (*at | 0x20) == 'e' && (at[1] == '+' || at[1] == '-'))
        return number_error(lx, at + 1, "decimal");
    return word_follows(lx, "decimal");
}

unsigned number_end(Lexer *lx)
{
    if (LIKELY(!is_word(*lx->at)))
        return TK_NUMBER;
    unsigned char base = lx->start[0] == '0' ? lx->start[1] | 0x20 : 0;
    switch (base) {
    case 'x':
        return based_end(lx, "hexadecimal", false);
    case 'o':
        return based_end(lx, "octal", true);
    case 'b':
        return based_end(lx, "binary", true);
    default:
        return decimal_end(lx);
    }
}
