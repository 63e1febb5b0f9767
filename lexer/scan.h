/* SPDX-License-Identifier: MIT
 * Inside the lexer: its state, and the scanner of raw tokens. */
#ifndef LEXER_SCAN_H
#define LEXER_SCAN_H

#include "lexer/lexer.h"

enum { MAX_BRACKETS = 200, MAX_INDENTS = 100, MAX_FSTRINGS = 150, MAX_FIELDS = 3, TAB_SIZE = 8 };

/* Kinds that the scanner returns beside the TK_ codes; the layout consumes them. */
enum {
    RAW_EOF = 1000,
    RAW_EOL,              /* the end of a physical line */
    RAW_ERROR             /* lexer->diag is set */
};

/* An f-string that is open. Its text and its replacement fields alternate; a format spec is text inside
 * a field. Field number k, from 1, is open while the bracket of index base + k - 1 is. */
typedef struct Fstring {
    uint32_t start;       /* offset of the prefix */
    uint32_t base;        /* brackets open where it began */
    uint8_t fields;       /* replacement fields open now, one inside the spec of the other */
    char quote;
    bool triple, raw;
    bool in_text;         /* reading text or a spec, not an expression */
    bool plain_spec;      /* in a spec that has had no field of its own yet */
} Fstring;

typedef struct Lexer {
    Arena *arena;
    const Source *src;
    Diag *diag;
    const unsigned char *text, *at;     /* the source and the next byte to read */
    const unsigned char *start;         /* the token that was read last */
    const unsigned char *comment;       /* the comment just skipped, or NULL */
    Token *tokens;
    uint32_t count, cap;
    uint32_t bracket_count, fstring_count, indent_count;
    struct { char open; uint32_t offset; } brackets[MAX_BRACKETS];
    struct { uint32_t col, alt; } indents[MAX_INDENTS];     /* width with tabs to 8 and with tabs of 1 */
    Fstring fstrings[MAX_FSTRINGS];
} Lexer;

static inline uint32_t lexer_offset(const Lexer *lx, const unsigned char *p)
{
    return (uint32_t)(p - lx->text);
}

static inline Fstring *lexer_fstring(Lexer *lx) { return &lx->fstrings[lx->fstring_count - 1]; }
static inline bool lexer_in_text(Lexer *lx) { return lx->fstring_count && lexer_fstring(lx)->in_text; }

/* scan.re: the next raw token of code; of an f-string's text. Both leave it between start and at, and
 * return a TK_ code or RAW_… . Text may be empty: start == at. */
unsigned scan_code(Lexer *lx);
unsigned scan_text(Lexer *lx);

/* number.c: what follows the number from start to at may not, or may only just. */
unsigned number_end(Lexer *lx);

/* source.c: byte order mark, encoding declaration, null bytes, UTF-8. Sets lx->at. */
MUST_USE bool source_check(Lexer *lx);
/* Is the name that was just read, not all ASCII, a Python identifier? Sets the diag if not. */
MUST_USE bool source_check_name(Lexer *lx);

/* soft.c: make MATCH, CASE and TYPE of the names that are keywords by their place. */
void soft_keywords(const Source *src, Token *tokens, uint32_t count);

/* layout.c: set the diag: an error from start to end, CPython's words. They return RAW_ERROR. */
unsigned lexer_error(Lexer *lx, const unsigned char *start, const unsigned char *end, const char *format, ...)
    PRINTF_LIKE(4, 5);
void lexer_error_deferred(Lexer *lx);

#endif
