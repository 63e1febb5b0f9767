/* SPDX-License-Identifier: MIT
 * What literals stand for: the text of strings with their escapes decoded, of numbers without their
 * underscores, of names in their normal form. */
#ifndef LEXER_LITERAL_H
#define LEXER_LITERAL_H

#include "lexer/lexer.h"

typedef struct Literal {
    const char *text;       /* in the arena or the source; not NUL-terminated */
    uint32_t len;           /* str: UTF-8 that may hold encoded surrogates (WTF-8) */
} Literal;

typedef enum NumberKind { NUMBER_INT, NUMBER_FLOAT, NUMBER_IMAGINARY } NumberKind;

/* All of these: false with *diag set when the literal is wrong or memory ran out. */

/* A STRING token. *is_bytes: it has a b prefix; *is_u: it has a u prefix. Either may be NULL. */
MUST_USE bool literal_string(Arena *arena, const Source *src, const Token *token, Literal *out,
                             bool *is_bytes, bool *is_u, Diag *diag);
/* An FSTRING_MIDDLE token of the f-string that began with `start`. {{ and }} are one brace each, unless it
 * is the text of a replacement field that `=` shows. CPython
 * places an error in it at the FSTRING_END: the caller may move the diag there. */
MUST_USE bool literal_fstring_text(Arena *arena, const Source *src, const Token *start, const Token *token, bool field,
                                   Literal *out, Diag *diag);
/* The source of a replacement field's expression as `=` shows it: from offset start to end, comments
 * cut out, line breaks as "\n". */
MUST_USE bool literal_debug_text(Arena *arena, const Source *src, uint32_t start, uint32_t end, Literal *out,
                                 Diag *diag);
/* A NUMBER token, without underscores; 0x, 0o and 0b are kept, a final j is not. */
MUST_USE bool literal_number(Arena *arena, const Source *src, const Token *token, NumberKind *kind,
                             Literal *out, Diag *diag);
/* A NAME token: NFKC when it is not ASCII. */
MUST_USE bool literal_name(Arena *arena, const Source *src, const Token *token, Literal *out, Diag *diag);

#endif
