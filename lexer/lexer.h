/* SPDX-License-Identifier: MIT
 * Source text to tokens. Positions are byte offsets into the source; lines and columns are computed
 * from them when somebody asks (lexer/diag.h). */
#ifndef LEXER_LEXER_H
#define LEXER_LEXER_H

#include "lexer/arena.h"

/* What only higher layers know: Unicode's tables, and who wants to hear of warnings. Any function may
 * be NULL: then every character counts as fit, no name is known, nothing is normalised or told. */
typedef struct SourceHooks {
    void *ud;                                           /* for warn and find_name */
    bool (*is_xid)(uint32_t cp, bool start);            /* may the character start or continue a name? */
    bool (*is_printable)(uint32_t cp);
    bool (*find_name)(void *ud, const char *name, size_t len, uint32_t *cp);    /* of \N{name} */
    /* NFKC of text: the length of the result, of which no more than cap bytes are written to out. */
    size_t (*nfkc)(const char *text, size_t len, char *out, size_t cap);
    /* A SyntaxWarning at this offset. False: the warning was made an error, the compilation ends. */
    bool (*warn)(void *ud, uint32_t offset, const char *message);
} SourceHooks;

typedef struct Source {
    const char *text;       /* UTF-8, NUL after the last byte (text[len] == 0); borrowed */
    uint32_t len;
    const char *filename;
    const SourceHooks *hooks;   /* NULL: none */
    bool is_text;           /* was text already: no byte order mark is skipped */
    bool in_file;           /* filename names a file that has this text */
    bool barry;             /* from __future__ import barry_as_FLUFL: <> stands for != */
    bool open_ended;        /* the last line ends as it is: no line break is imagined behind it */
    const char *stack_end;  /* who walks the tree goes no further down the C stack; NULL: as far as it likes */
} Source;

#define NO_PLACE UINT32_MAX /* a Diag's start when the error has no place in the text */
#define NO_END (UINT32_MAX - 1)     /* a Diag's end where CPython tells column 0 */
#define END_UNSET (UINT32_MAX - 2)  /* ... and None */

/* Who found an error. CPython's stages differ in what line of text they give with it, and how they count
 * columns: the lexer's is without line break, and only a file has text for what comes after the parser. */
typedef enum DiagOrigin { DIAG_PARSER, DIAG_LEXER, DIAG_SCOPE, DIAG_CODE } DiagOrigin;

/* What went wrong, with the place: SyntaxError, IndentationError, TabError or MemoryError. */
typedef struct Diag {
    const char *type;       /* NULL: no error */
    const char *message;    /* CPython's wording; in the arena or static */
    uint32_t start, end;    /* byte offsets, end may equal start; end NO_PLACE: unknown (-1) */
    uint32_t reached;       /* DIAG_PARSER: how far the parser had read; 0: to the error's end */
    uint32_t text;          /* DIAG_PARSER: where the line of `reached` starts, joined ones counted as one */
    uint8_t origin;         /* DIAG_* */
    bool in_fstring;        /* the lexer's, inside an f-string: any error of grammar before goes first */
    bool no_column;         /* the end of the text, to which CPython gives no column */
    bool at_margin;         /* the end is a line's first column, not the break of the line before */
    bool incomplete;        /* the source is a valid beginning: a prompt reads more lines */
    bool ends_early;        /* it is one, were it not for the blank line that ends it */
    bool deferred;          /* lex() only: an error of grammar found in the tokens before it goes first
                               when it is on no later line than this one's start (see diag_first) */
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
 * FSTRING_START, (FSTRING_MIDDLE | LBRACE … RBRACE)*, FSTRING_END. The names match, case and type
 * are MATCH, CASE and TYPE where they are keywords. False: *diag says why; *out holds the tokens before. */
MUST_USE bool lex(Arena *arena, const Source *src, TokenList *out, Diag *diag);

/* The encoding that a text in bytes declares, unless it is UTF-8: the length of its name, 0: none. *marked: the text
 * begins with the mark of UTF-8. */
size_t source_encoding(const char *text, size_t len, const char **name, bool *marked);

/* The --tokens dump, one line a token: line,column-line,column: KIND 'text'. NULL: out of memory. */
char *token_dump(Arena *arena, const Source *src, const TokenList *tokens, size_t *len);
/* "NAME", "PLUS" …; NULL when there is no such kind. */
const char *token_name(unsigned kind);

#endif
