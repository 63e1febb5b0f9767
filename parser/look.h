/* SPDX-License-Identifier: MIT
 * The tokens around a place, and how far an expression goes: what errors.c asks. */
#ifndef PARSER_LOOK_H
#define PARSER_LOOK_H

#include "parser/ast_build.h"
#include "gen/token_codes.h"

typedef enum BracketKind {
    IN_NONE, IN_GROUP, IN_CALL, IN_PARAMS, IN_LIST, IN_SUBSCRIPT, IN_BRACES, IN_FIELD
} BracketKind;

#define NOWHERE UINT32_MAX

typedef struct Surroundings {
    uint32_t line;          /* the first token of the statement */
    uint32_t keyword;       /* the same, behind async */
    BracketKind kind;       /* of the innermost brackets */
    uint32_t open;          /* their token; NOWHERE */
    uint32_t element;       /* the first token behind the last comma in them (or behind the bracket) */
    uint32_t colon;         /* the first colon of the element; NOWHERE */
    unsigned commas;
    uint32_t field;         /* the innermost replacement field around, its brace; NOWHERE */
} Surroundings;

static inline uint16_t kind_at(const Parser *p, uint32_t i)
{
    return i < p->tokens.count ? p->tokens.items[i].kind : 0;
}

static inline Token token_no(const Parser *p, uint32_t i)
{
    return p->tokens.items[i < p->tokens.count ? i : p->tokens.count - 1];
}

void look_around(const Parser *p, uint32_t at, Surroundings *s);
/* How far CPython has read when it reports an error that ends at `end`, and where that line starts: the first of
 * the lines that strings and backslashes make one of. CPython's tokenizer has that much text at hand. */
uint32_t look_reached(const Parser *p, uint32_t end);
uint32_t look_joined_line(const Parser *p, uint32_t reached);
/* CPython has seen this token, too; it has seen none behind this place. */
void look_saw(Parser *p, uint32_t at);
void look_only_to(Parser *p, uint32_t place);
/* The first token of the logical line. */
uint32_t look_line_begin(const Parser *p, uint32_t i);
/* May an expression end with this token? */
bool look_ends_operand(uint16_t kind);
/* How far does an expression go that begins at this token? False: none does. *next: the token behind. Of
 * "a.b. =" it is a.b: what the grammar cannot finish is tried again without its last tokens. mode:
 * TK_MODE_EXPR, TK_MODE_BITOR (no more than an operand of a comparison) or TK_MODE_LIST. */
bool look_probe(Parser *p, uint16_t mode, uint32_t first, Expr *found, uint32_t *next);

/* Does an expression that begins at this token go on where the lexer failed? */
bool look_runs_out(Parser *p, uint16_t mode, uint32_t first);
/* The for of a comprehension in these brackets that has no in yet, before the token at fault; NOWHERE. */
uint32_t look_open_for(const Parser *p, uint32_t open);

#endif
