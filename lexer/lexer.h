/* SPDX-License-Identifier: MIT
 * Source text to tokens. Positions are byte offsets into the source; lines and columns are computed
 * from them when somebody asks (lexer/diag.h). */
#ifndef LEXER_LEXER_H
#define LEXER_LEXER_H

#include "lexer/arena.h"

typedef struct Source {
    const char *text;       /* UTF-8, NUL after the last byte (text[len] == 0); borrowed */
    uint32_t len;
    const char *filename;
} Source;

/* What went wrong, with the place: SyntaxError, IndentationError, TabError or MemoryError. */
typedef struct Diag {
    const char *type;       /* NULL: no error */
    const char *message;    /* CPython's wording; in the arena or static */
    uint32_t start, end;    /* byte offsets, end may equal start */
    bool incomplete;        /* the source is a valid beginning: a prompt reads more lines */
} Diag;

/* One token. kind is a TK_* from build/gen/token_codes.h (made by lemon). */
typedef struct Token {
    uint16_t kind;
    uint32_t start, end;    /* byte offsets */
} Token;

typedef struct TokenList {
    Token *items;
    uint32_t count;
} TokenList;

/* Tokenise the whole source into *out (in the arena). Layout is done: NEWLINE, INDENT, DEDENT stand
 * where the grammar wants them, comments and blank lines are gone, ENDMARKER is last. F-strings are
 * FSTRING_START, (FSTRING_MIDDLE | LBRACE … RBRACE)*, FSTRING_END. False: *diag says why. */
MUST_USE bool lex(Arena *arena, const Source *src, TokenList *out, Diag *diag);

#endif
