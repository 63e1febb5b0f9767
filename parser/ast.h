/* SPDX-License-Identifier: MIT
 * The syntax tree: plain structs in an arena, one per node kind of ast.def, each beginning with Ast. */
#ifndef PARSER_AST_H
#define PARSER_AST_H

#include "lexer/lexer.h"

typedef enum AstKind {
#define NODE(NAME, Struct, fields) AST_##NAME,
#include "parser/ast.def"
    AST_KIND_COUNT
} AstKind;

typedef enum AstOp {
    /* binary; the order is that of the operator special methods */
    OPR_ADD, OPR_SUB, OPR_MUL, OPR_MATMUL, OPR_DIV, OPR_FLOORDIV, OPR_MOD, OPR_POW,
    OPR_LSHIFT, OPR_RSHIFT, OPR_AND, OPR_OR, OPR_XOR,
    /* unary */
    OPR_INVERT, OPR_NOT, OPR_POS, OPR_NEG,
    /* boolean */
    OPR_BOOL_AND, OPR_BOOL_OR,
    /* comparison */
    OPR_LT, OPR_LE, OPR_EQ, OPR_NE, OPR_GT, OPR_GE, OPR_IN, OPR_NOT_IN, OPR_IS, OPR_IS_NOT
} AstOp;

enum { CTX_LOAD, CTX_STORE, CTX_DEL };

/* No tree is deeper than this: the parser refuses it (RecursionError). Who walks a tree recurses, and minds the
 * C stack: Source.stack_end, vm_stack_ok(). */
enum { AST_MAX_DEPTH = 10000 };

typedef struct Ast {
    uint8_t kind;           /* AstKind */
    uint8_t parens;         /* how many pairs of parentheses the expression stood in (at most 255) */
    uint16_t depth;         /* 1 + that of the deepest child */
    uint32_t start, end;    /* byte offsets into the source; without the parentheses around, but a tuple's
                               and a generator expression's own belong to it */
} Ast;

typedef struct AstSeq {
    uint32_t count, cap;
    Ast **items;
} AstSeq;

/* An identifier, interned per compilation: equal names are equal pointers. NFKC when not ASCII. */
typedef const struct NameText {
    uint32_t len;
    uint32_t id;            /* 0, 1, 2 … in order of first appearance */
    char text[];            /* UTF-8, NUL-terminated */
} *Name;

typedef struct NameList {
    uint32_t count;
    Name *items;
} NameList;

typedef enum ConstKind { CONST_NONE, CONST_TRUE, CONST_FALSE, CONST_ELLIPSIS, CONST_INT, CONST_FLOAT,
                         CONST_IMAGINARY, CONST_STR, CONST_BYTES } ConstKind;

typedef struct AstConst {
    uint8_t kind;           /* ConstKind */
    bool u_prefix;          /* STR: written u"" */
    uint32_t len;
    const char *text;       /* INT, FLOAT, IMAGINARY: digits without underscores (0x/0o/0b kept, no j);
                               STR, BYTES: decoded bytes; STR may hold surrogates in WTF-8 */
} AstConst;

/* Every field of every struct, from the table. */
#define AST_FIELD_node Ast *
#define AST_FIELD_seq AstSeq *
#define AST_FIELD_name Name
#define AST_FIELD_names NameList
#define AST_FIELD_num AstConst
#define AST_FIELD_op uint8_t
#define AST_FIELD_int int32_t
#define AST_FIELD_ops uint8_t *
#define F(kind, name) AST_FIELD_##kind name;
#define NODE(NAME, Struct, fields) typedef struct Ast##Struct { Ast base; fields } Ast##Struct;
#include "parser/ast.def"
#undef F

/* The table behind Name, kept with the tree: later passes add names of their own to it. */
typedef struct NameTable NameTable;
NameTable *ast_names(const Ast *root);                  /* root: what parse() gave */
MUST_USE Name name_intern(NameTable *t, const char *text, size_t len);  /* NULL: out of memory */
uint32_t name_count(const NameTable *t);                /* ids are below this */

/* Parse a whole file (mode PARSE_FILE: AstModule), one interactive statement (PARSE_SINGLE: AstModule)
 * or one expression (PARSE_EVAL: AstExpression). Top-level await is accepted by the parser; whether it
 * may stand there is scope.h's to say. NULL: *diag says why. Lists are never NULL.
 * PARSE_SINGLE takes one compound statement or one line of simple ones. PARSE_PROMPT is the same where lines
 * come one by one: there a compound statement is complete when a blank line follows (text "if x:\n  y\n\n");
 * before that *diag is marked incomplete, as it is whenever the source ends too early.
 * PARSE_COMMAND is the same where the lines have been joined, so that the blank one is a line break at the end. */
typedef enum ParseMode { PARSE_FILE, PARSE_SINGLE, PARSE_EVAL, PARSE_PROMPT, PARSE_COMMAND } ParseMode;
MUST_USE Ast *parse(Arena *arena, const Source *src, ParseMode mode, Diag *diag);

/* What CPython calls a node, a field of one (by its name here), an operator. */
const char *ast_node_name(const Ast *n);
const char *ast_field_name(const Ast *n, const char *name);
const char *ast_op_name(uint8_t op);

/* The --ast dump: the layout of CPython's ast.dump(tree, indent=2), to a growing buffer. */
typedef struct AstText { char *text; size_t len; } AstText;
MUST_USE bool ast_dump(Arena *arena, const Ast *tree, AstText *out);
/* A constant as repr() shows it. */
MUST_USE bool ast_constant_text(Arena *arena, const AstConst *value, AstText *out);

#endif
