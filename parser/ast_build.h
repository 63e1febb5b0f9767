/* SPDX-License-Identifier: MIT
 * What the actions of grammar.y call. After the first error the rest of the calls build on quietly: no
 * function here returns NULL, out of memory included (then all share one scratch node). */
#ifndef PARSER_AST_BUILD_H
#define PARSER_AST_BUILD_H

#include "parser/ast.h"

/* A node with the place it takes, parentheses included. */
typedef struct Expr {
    Ast *node;
    uint32_t start, end;
} Expr;

/* A list; `comma`: it ends with one (or is a tuple for its one comma). */
typedef struct List {
    AstSeq *seq;
    uint32_t start, end;
    bool comma;
} List;

typedef struct Parser Parser;
struct Parser {
    Arena *arena;
    const Source *src;
    Diag *diag;
    ParseMode mode;
    TokenList tokens;
    uint32_t at;                /* the token that the grammar looks at */
    bool failed;
    bool explaining;            /* at is the token that was looked at last */
    bool probing;               /* no warnings: they were given before */
    Ast *result;
    NameTable *names;
    AstSeq *empty;
    bool goes_first;            /* the error goes before any of the lexer's: of a second statement */
    bool cut;                   /* the tokens end where the lexer failed */
    Ast *as_group;              /* "(a as b)": legal only behind with */
    uint32_t as_at;             /* the place of its first "as" */
    union { char bytes[128]; uint64_t align; } scratch;
};

/* One parameter, as written; the lists become an AstArguments. */
typedef enum ParamKind { PARAM_PLAIN, PARAM_SLASH, PARAM_STAR, PARAM_VAR, PARAM_KWARGS } ParamKind;
typedef struct Param {
    Ast base;
    ParamKind what;
    Ast *arg;                   /* AstArg, or NULL for / and bare * */
    Ast *value;                 /* default, or NULL */
    Token equal;                /* kind 0: none */
} Param;

/* The tree's allocation: node_new copies a struct that lies on the stack. */
Ast *node_new(Parser *p, const Ast *n, size_t size);
Ast *node_again(Parser *p, Ast *n);         /* a child was added */
#define NEW(p, NAME, Struct, s, e, ...) \
    node_new((p), &(Ast##Struct){.base = {AST_##NAME, 0, 0, (s), (e)}, __VA_ARGS__}.base, sizeof(Ast##Struct))
Ast *leaf_new(Parser *p, AstKind kind, uint32_t start, uint32_t end);
#define EXPR(n, s, e) ((Expr){(n), (s), (e)})
/* An expression whose node covers all its place. */
static inline Expr expr_of(Ast *n) { return (Expr){n, n->start, n->end}; }

AstSeq *seq_new(Parser *p);
AstSeq *seq_add(Parser *p, AstSeq *s, Ast *item);       /* s NULL: a new one */
AstSeq *seq_join(Parser *p, AstSeq *s, const AstSeq *more);
static inline AstSeq *seq_one(Parser *p, Ast *item) { return seq_add(p, NULL, item); }
static inline List list_of(Parser *p, Expr e) { return (List){seq_one(p, e.node), e.start, e.end, false}; }
List list_add(Parser *p, List l, Expr e);
List list_comma(List l, Token comma);
uint32_t seq_end(const AstSeq *s, uint32_t otherwise);

/* Errors: the first one stays. */
void fail_at(Parser *p, const char *type, uint32_t start, uint32_t end, const char *fmt, ...)
    PRINTF_LIKE(5, 6);
void syntax_error(Parser *p, uint32_t start, uint32_t end, const char *fmt, ...) PRINTF_LIKE(4, 5);
void fail_memory(Parser *p);
void token_error(Parser *p, Token t, const char *text);

/* Is the first of these statements a compound one? */
bool is_compound(const AstSeq *body);
bool ends_text(const Parser *p, Token t);                /* made by the end of the text */
void block_error(Parser *p, const char *type, Token t, const char *text);
/* From a place up to the token read last, which CPython's end misses by one. */
void error_from(Parser *p, uint32_t start, Token last, const char *text);
const char *expr_name(const Ast *e);                    /* "function call", as messages put it */
const char *kind_name(uint8_t kind);                    /* the same of any AST_* but a constant, */
const char *const_name(uint8_t kind);                   /* and of a CONST_* */

/* The first token that begins at or behind an offset, of any kind or of this one. */
Token token_from(const Parser *p, uint32_t offset, Token otherwise);
Token token_at(const Parser *p, uint32_t offset, uint16_t kind, Token otherwise);

/* Names and atoms */
Name name_of(Parser *p, Token t);
Name dotted_name(Parser *p, uint32_t start, uint32_t end);
Expr build_name(Parser *p, Token t);
Expr build_const(Parser *p, ConstKind kind, Token t);
Expr build_number(Parser *p, Token t);
Expr build_strings(Parser *p, List parts);              /* of string_piece and fstring */
#define CONST_UNDECODED ((ConstKind)255)                /* text of an f-string that is not complete yet */
Ast *string_piece(Parser *p, Token t);
/* Can the strings of these tokens be decoded? False: *p->diag says why not. *mixed: there are texts and bytes. */
bool strings_sound(Parser *p, const Token *first, const Token *end, bool *mixed);
Ast *fstring(Parser *p, Token start, AstSeq *parts, Token end);
Ast *fstring_text(Parser *p, Token t);
AstSeq *fstring_field(Parser *p, AstSeq *parts, Token brace, Expr value, Token equal, Token conv, Ast *spec,
                      Token end);

/* Expressions */
Expr build_binary(Parser *p, Expr a, AstOp op, Expr b);
Expr build_unary(Parser *p, AstOp op, Token t, Expr a);
Expr build_bool(Parser *p, Expr a, AstOp op, Expr b);
Expr build_compare(Parser *p, Expr a, AstOp op, Expr b);
Expr extend_compare(Parser *p, Expr a, AstOp op, Expr b);
Expr build_walrus(Parser *p, Expr target, Expr value);
void check_walrus_argument(Parser *p, Expr target, Token walrus);
Expr build_starred(Parser *p, Token star, Expr value);
Expr build_tuple(Parser *p, List items);
Expr build_group(Parser *p, Token open, List items, Token close);
Expr build_parens(Parser *p, Token open, Expr e, Token close);
Expr build_list(Parser *p, Token open, List items, Token close);
Expr build_set(Parser *p, Token open, List items, Token close);
Expr build_dict(Parser *p, Token open, List pairs, Token close);
Expr build_comp(Parser *p, AstKind kind, Token open, Expr elt, Expr value, List generators, Token close);
Expr build_generator(Parser *p, Token for_start, Expr target, Expr iter, bool is_async);
void check_as(Parser *p, Token as);
Expr build_as_item(Parser *p, Expr context, Expr target);
Expr build_subscript(Parser *p, Expr value, List slices, Token close);
Expr build_attribute(Parser *p, Expr value, Token name);
Expr build_call(Parser *p, Expr func, Token open, List args, Token close);
void check_keyword(Parser *p, Expr name, Token equal);
Expr build_keyword(Parser *p, Expr name, Expr value);
Expr build_lambda(Parser *p, Token lambda, Ast *params, Expr body);
void reject_as(Parser *p, const AstSeq *items);

/* Parameters */
Ast *build_param(Parser *p, ParamKind what, Token first, Token name, Expr annotation, Token equal,
                 Expr value);
Ast *build_arguments(Parser *p, AstSeq *params, bool lambda);

/* Targets */
typedef enum TargetUse { FOR_ASSIGN, FOR_DELETE, FOR_LOOP, FOR_WITH } TargetUse;
void make_target(Parser *p, Ast *e, TargetUse use);
/* For errors.c: says what is wrong with a target behind which something else is broken. */
void check_targets(Parser *p, Ast *target, bool only, uint32_t value_end);
bool begins_comparison(const Ast *e);       /* may "e =" be meant as "e =="? */

/* Statements */
Ast *build_assign(Parser *p, List values);
Ast *build_augmented(Parser *p, Expr target, AstOp op, Expr value);
Ast *build_annotated(Parser *p, Expr target, Expr annotation, Expr value);
Ast *build_delete(Parser *p, Token del, List targets);
Ast *build_if(Parser *p, Token start, Ast *test, AstSeq *body, AstSeq *elifs, AstSeq *orelse);
Ast *build_function(Parser *p, Token def, Token name, AstSeq *type_params, Ast *params, Ast *returns,
                    AstSeq *body);
void check_bases(Parser *p, List args);
Ast *build_class(Parser *p, Token cls, Token name, AstSeq *type_params, List args, AstSeq *body);
Ast *decorate(Parser *p, AstSeq *decorators, Ast *def);
Ast *make_async(Token async, Ast *statement);
Ast *build_for(Parser *p, Token t, Expr target, Ast *iter, AstSeq *body, AstSeq *orelse);
AstSeq *with_items(Parser *p, List items);
Ast *with_item(Parser *p, Expr context, Expr target);
Ast *build_with(Parser *p, Token t, AstSeq *items, AstSeq *body);
Ast *build_try(Parser *p, Token t, AstSeq *body, AstSeq *handlers, AstSeq *orelse, AstSeq *finalbody);
void refuse_exceptions(Parser *p, uint32_t start);        /* except A, B: */
Ast *build_handler(Parser *p, Token except, Token star, Expr type, Token name, AstSeq *body);
Ast *build_import_from(Parser *p, Token from, int level, Token module, AstSeq *names, uint32_t end);
Ast *build_alias(Parser *p, uint32_t start, uint32_t end, Token asname);
AstSeq *close_line(Parser *p, AstSeq *statements);

/* Names lists grow as sequences of AstName and become a NameList. */
NameList name_list(Parser *p, const AstSeq *names);

/* Patterns */
Expr pattern_capture(Parser *p, Token name);
Expr pattern_value(Parser *p, Expr e);
Expr pattern_or(Parser *p, List alternatives);
Expr pattern_as(Parser *p, Expr pattern, Expr target);
Expr pattern_group(Parser *p, Token open, List items, Token close);
Expr pattern_sequence(Parser *p, List items, uint32_t start, uint32_t end);
Expr pattern_star(Parser *p, Token star, Token name);
Expr pattern_mapping(Parser *p, Token open, List items, Token close);
Expr pattern_pair(Parser *p, Expr key, Expr pattern);
Expr pattern_rest(Parser *p, Token stars, Token name);
Expr pattern_keyword(Parser *p, Token name, Expr pattern);
Expr pattern_class(Parser *p, Expr cls, Token open, List items, Token close);
Expr complex_literal(Parser *p, Expr real, AstOp op, Token imaginary);

/* grammar.y */
bool grammar_run(Parser *p, uint16_t mode, uint32_t first, uint32_t end);
/* mistakes.c: something is wrong, by the lexer (lexical) or the grammar. What does CPython say of it? False: nothing. */
bool mistake_find(Parser *p, const Diag *lexical);

#endif
