/* SPDX-License-Identifier: MIT
 * Between mistakes.c, which reads a broken source by mistakes.peg, and mistakes_told.c, which puts what it finds there
 * into words. */
#ifndef PARSER_MISTAKES_H
#define PARSER_MISTAKES_H

#include "parser/ast_build.h"
#include "gen/token_codes.h"
#include "gen/mistakes_tables.h"

/* What was read: a token, an expression as far as messages ask, or a list. */
typedef struct Node Node;
struct Node {
    uint8_t kind;           /* AST_*, PEG_SEQ; AST_KIND_COUNT: nothing that has a name */
    uint8_t value;          /* of a constant: ConstKind */
    uint16_t token;         /* TK_*; 0: not a token */
    uint32_t start, end;
    uint32_t count;
    Node **items;           /* of a list all, of others what an action named a, b and c: NULL where there is none */
};

enum { PEG_SEQ = AST_KIND_COUNT + 1 };

typedef struct PegMemo PegMemo;

typedef struct Peg {
    Parser p;               /* a copy, for its tokens are more, and for what tells errors */
    Parser *owner;
    Arena arena;
    Node *leaves;           /* a node for each token */
    uint8_t *levels;        /* brackets open behind each token */
    PegMemo **memos;        /* for each token what is known of rules that begin there */
    Node **stack;           /* items of the lists that are being read */
    uint32_t stack_count, stack_cap;
    uint32_t at, fill;      /* the next token; how many have been looked at */
    uint64_t steps;
    unsigned depth;
    bool asking;            /* second reading: the questions are asked */
    bool stopped;           /* read no more: */
    bool told;              /* an error was found, */
    bool ran_out;           /* or the lexer failed here (or memory ran out, or patience) */
    bool indented;          /* CPython looks for no error of the lexer behind this one */
    Node nothing;
} Peg;

/* What an alternative comes to: it fits not, it fits, the whole rule fits not. */
typedef enum PegResult { PEG_FAILS, PEG_FITS, PEG_OVER } PegResult;

enum PegTell { TELL_AT, TELL_RANGE, TELL_FROM, TELL_NEXT, TELL_LAST, TELL_END, TELL_BLOCK, TELL_BLOCK_LAST, TELL_TO_CLAUSE,
               TELL_TO_LAST };

bool peg_fetch(Peg *g);
Node *peg_node(Peg *g, uint8_t kind, uint32_t start, uint32_t end, uint32_t count);

PegResult peg_tell(Peg *g, enum PegTell how, const char *message, Node *const *slots);
PegResult peg_do(Peg *g, unsigned what, Node *const *slots, uint32_t from, Node **out);
/* Anything but the next token is wrong. */
void peg_tell_missing(Peg *g, const char *token);
/* The next token is a != where <> stands for it. */
void peg_tell_barry(Peg *g);
/* No question has an answer; the first reading got up to this token. */
void peg_tell_generic(Peg *g, Token last);

#endif
