/* SPDX-License-Identifier: MIT
 * The grammar: a superset of Python's that LALR(1) can say; ast_build.c and its neighbours check the rest.
 *
 * Operators have precedences instead of a nonterminal each, in two layers: `bitor` is everything from |
 * down (a for's targets stop there, before `in`), `disj` adds comparison, not, and, or. Targets are parsed
 * as expressions. `a as b` may stand in any brackets; only the parentheses right behind with may keep it. */
%name grammar
%token_prefix TK_
%token_type {Token}
%extra_context {Parser *p}
%default_type {Expr}
%stack_size 12000

%include {
#include "parser/ast_build.h"
#include "gen/token_codes.h"

#define NO_EXPR (Expr){NULL, 0, 0}
#define NO_TOKEN (Token){0, 0, 0}

}

%syntax_error {
    token_error(p, TOKEN, "invalid syntax");       /* mistake_find() knows better */
}
%stack_overflow {
    fail_at(p, "MemoryError", NO_PLACE, NO_PLACE,
            "Parser stack overflowed - Python source too complex to parse");
}

%token NAME NUMBER STRING FSTRING_START FSTRING_MIDDLE FSTRING_END NEWLINE INDENT DEDENT ENDMARKER.
%token FALSE NONE TRUE AND AS ASSERT ASYNC AWAIT BREAK CLASS CONTINUE DEF DEL ELIF ELSE EXCEPT FINALLY
       FOR FROM GLOBAL IF IMPORT IN IS LAMBDA NONLOCAL NOT OR PASS RAISE RETURN TRY WHILE WITH YIELD.
%token MATCH CASE TYPE.
%token LPAREN RPAREN LBRACKET RBRACKET LBRACE RBRACE COLON COMMA SEMI PLUS MINUS STAR SLASH VBAR AMPER
       LESS GREATER EQUAL DOT PERCENT EQEQUAL NOTEQUAL LESSEQUAL GREATEREQUAL TILDE CIRCUMFLEX LEFTSHIFT
       RIGHTSHIFT DOUBLESTAR PLUSEQUAL MINEQUAL STAREQUAL SLASHEQUAL PERCENTEQUAL AMPEREQUAL VBAREQUAL
       CIRCUMFLEXEQUAL LEFTSHIFTEQUAL RIGHTSHIFTEQUAL DOUBLESTAREQUAL DOUBLESLASH DOUBLESLASHEQUAL AT
       ATEQUAL RARROW ELLIPSIS COLONEQUAL EXCLAMATION.
/* What the parser puts in front to choose the start symbol. */
%token MODE_FILE MODE_SINGLE MODE_EVAL.
/* What is no token of the language: $, ?, `, <> ... No rule takes it. */
%token BAD.
%fallback NAME MATCH CASE TYPE.

%left OR.
%left AND.
%right NOT.
%left VBAR.
%left CIRCUMFLEX.
%left AMPER.
%left LEFTSHIFT RIGHTSHIFT.
%left PLUS MINUS.
%left STAR SLASH PERCENT DOUBLESLASH AT.
%right TILDE.
%right DOUBLESTAR.

%start_symbol start
%type start {Ast *}
start(A) ::= MODE_FILE stmts(S) ENDMARKER(E). { A = p->result = NEW(p, MODULE, Module, 0, E.end, .body = S); }
start(A) ::= single(S) ENDMARKER(E). { A = p->result = NEW(p, MODULE, Module, 0, E.end, .body = S); }
start(A) ::= MODE_SINGLE ENDMARKER(E). { A = p->result = NEW(p, MODULE, Module, 0, E.end, .body = p->empty); }
start(A) ::= MODE_EVAL exprlist(B) newlines ENDMARKER(E). {
    A = p->result = NEW(p, EXPRESSION, Expression, 0, E.end, .body = B.node);
}
/* Another statement is an error, whatever it is: CPython does not read it. */
%type single {AstSeq *}
single(A) ::= MODE_SINGLE stmt(S). {
    A = S;
    if (p->at && p->tokens.items[p->at].kind != TK_ENDMARKER) {
        p->goes_first = !is_compound(S);
        if (is_compound(S))
            token_error(p, p->tokens.items[p->at], "invalid syntax");
        else
            token_error(p, p->tokens.items[--p->at], "multiple statements found while compiling a single statement");
    }
}
single(A) ::= single(B) stmt. { A = B; }
newlines ::= .
newlines ::= newlines NEWLINE.

/* Statements */
%type stmts {AstSeq *}
%type stmt {AstSeq *}
%type line {AstSeq *}
%type smalls {AstSeq *}
%type block {AstSeq *}
stmts(A) ::= . { A = p->empty; }
stmts(A) ::= stmts(B) stmt(C). { A = seq_join(p, B, C); }
stmt(A) ::= line(A).
stmt(A) ::= compound(B). { A = seq_one(p, B); }
line(A) ::= smalls(B) NEWLINE. { A = close_line(p, B); }
line(A) ::= smalls(B) SEMI NEWLINE. { A = close_line(p, B); }
smalls(A) ::= small(B). { A = seq_one(p, B); }
smalls(A) ::= smalls(B) SEMI small(C). { A = seq_add(p, B, C); }
block(A) ::= line(A).
block(A) ::= NEWLINE INDENT stmt(B) stmts(C) DEDENT. { A = seq_join(p, B, C); }

%type small {Ast *}
small(A) ::= rvalue(B). { A = NEW(p, EXPR_STMT, ExprStmt, B.start, B.end, .value = B.node); }
small(A) ::= assign(B). { A = build_assign(p, B); }
small(A) ::= rvalue(B) augop(O) rvalue(C). { A = build_augmented(p, B, O, C); }
small(A) ::= rvalue(B) COLON expr(C). { A = build_annotated(p, B, C, NO_EXPR); }
small(A) ::= rvalue(B) COLON expr(C) EQUAL rvalue(D). { A = build_annotated(p, B, C, D); }
small(A) ::= PASS(T). { A = leaf_new(p, AST_PASS, T.start, T.end); }
small(A) ::= BREAK(T). { A = leaf_new(p, AST_BREAK, T.start, T.end); }
small(A) ::= CONTINUE(T). { A = leaf_new(p, AST_CONTINUE, T.start, T.end); }
small(A) ::= RETURN(T). { A = NEW(p, RETURN, Return, T.start, T.end, .value = NULL); }
small(A) ::= RETURN(T) exprlist(B). { A = NEW(p, RETURN, Return, T.start, B.end, .value = B.node); }
small(A) ::= RAISE(T). { A = NEW(p, RAISE, Raise, T.start, T.end, .exc = NULL); }
small(A) ::= RAISE(T) expr(B). { A = NEW(p, RAISE, Raise, T.start, B.end, .exc = B.node); }
small(A) ::= RAISE(T) expr(B) FROM expr(C). {
    A = NEW(p, RAISE, Raise, T.start, C.end, .exc = B.node, .cause = C.node);
}
small(A) ::= ASSERT(T) expr(B). { A = NEW(p, ASSERT, Assert, T.start, B.end, .test = B.node); }
small(A) ::= ASSERT(T) expr(B) COMMA expr(C). {
    A = NEW(p, ASSERT, Assert, T.start, C.end, .test = B.node, .msg = C.node);
}
small(A) ::= DEL(T) items(B). { A = build_delete(p, T, B); }
small(A) ::= DEL(T) items(B) COMMA(C). { A = build_delete(p, T, list_comma(B, C)); }
small(A) ::= GLOBAL(T) names(B). {
    A = NEW(p, GLOBAL, Global, T.start, seq_end(B, T.end), .names = name_list(p, B));
}
small(A) ::= NONLOCAL(T) names(B). {
    A = NEW(p, NONLOCAL, Nonlocal, T.start, seq_end(B, T.end), .names = name_list(p, B));
}
small(A) ::= TYPE(T) NAME(N) typarams(Q) EQUAL expr(B). {
    Ast *name = build_name(p, N).node;
    ((AstName *)name)->ctx = CTX_STORE;
    A = NEW(p, TYPE_ALIAS, TypeAlias, T.start, B.end, .name = name, .type_params = Q, .value = B.node);
}
%type names {AstSeq *}
names(A) ::= NAME(N). { A = seq_one(p, build_name(p, N).node); }
names(A) ::= names(B) COMMA NAME(N). { A = seq_add(p, B, build_name(p, N).node); }

%type assign {List}
assign(A) ::= rvalue(B) EQUAL rvalue(C). { A = list_add(p, list_of(p, B), C); }
assign(A) ::= assign(B) EQUAL rvalue(C). { A = list_add(p, B, C); }
rvalue(A) ::= exprlist(A).
rvalue(A) ::= yield(A).
yield(A) ::= YIELD(T). { A = expr_of(NEW(p, YIELD, Yield, T.start, T.end, .value = NULL)); }
yield(A) ::= YIELD(T) exprlist(B). { A = expr_of(NEW(p, YIELD, Yield, T.start, B.end, .value = B.node)); }
yield(A) ::= YIELD(T) FROM expr(B). {
    A = expr_of(NEW(p, YIELD_FROM, YieldFrom, T.start, B.end, .value = B.node));
}
%type augop {AstOp}
augop(A) ::= PLUSEQUAL. { A = OPR_ADD; }
augop(A) ::= MINEQUAL. { A = OPR_SUB; }
augop(A) ::= STAREQUAL. { A = OPR_MUL; }
augop(A) ::= ATEQUAL. { A = OPR_MATMUL; }
augop(A) ::= SLASHEQUAL. { A = OPR_DIV; }
augop(A) ::= DOUBLESLASHEQUAL. { A = OPR_FLOORDIV; }
augop(A) ::= PERCENTEQUAL. { A = OPR_MOD; }
augop(A) ::= DOUBLESTAREQUAL. { A = OPR_POW; }
augop(A) ::= LEFTSHIFTEQUAL. { A = OPR_LSHIFT; }
augop(A) ::= RIGHTSHIFTEQUAL. { A = OPR_RSHIFT; }
augop(A) ::= AMPEREQUAL. { A = OPR_AND; }
augop(A) ::= VBAREQUAL. { A = OPR_OR; }
augop(A) ::= CIRCUMFLEXEQUAL. { A = OPR_XOR; }

/* Imports */
small(A) ::= IMPORT(T) aliases(B). { A = NEW(p, IMPORT, Import, T.start, B.end, .names = B.seq); }
%type aliases {List}
aliases(A) ::= alias(B). { A = list_of(p, expr_of(B)); }
aliases(A) ::= aliases(B) COMMA alias(C). { A = list_add(p, B, expr_of(C)); }
%type alias {Ast *}
alias(A) ::= dotted(B). { A = build_alias(p, B.start, B.end, NO_TOKEN); }
alias(A) ::= dotted(B) AS NAME(N). { A = build_alias(p, B.start, B.end, N); }
dotted(A) ::= NAME(N). { A = EXPR(NULL, N.start, N.end); }
dotted(A) ::= dotted(B) DOT NAME(N). { A = EXPR(NULL, B.start, N.end); }
%type fromnames {List}
small(A) ::= FROM(T) dots(D) IMPORT fromnames(B). {
    A = build_import_from(p, T, D, NO_TOKEN, B.seq, B.end);
}
small(A) ::= FROM(T) dots(D) dotted(M) IMPORT fromnames(B). {
    A = build_import_from(p, T, D, (Token){TK_NAME, M.start, M.end}, B.seq, B.end);
}
small(A) ::= FROM(T) dotted(M) IMPORT fromnames(B). {
    A = build_import_from(p, T, 0, (Token){TK_NAME, M.start, M.end}, B.seq, B.end);
}
%type dots {int}
dots(A) ::= DOT. { A = 1; }
dots(A) ::= ELLIPSIS. { A = 3; }
dots(A) ::= dots(B) DOT. { A = B + 1; }
dots(A) ::= dots(B) ELLIPSIS. { A = B + 3; }
fromnames(A) ::= STAR(T). { A = list_of(p, expr_of(build_alias(p, T.start, T.end, NO_TOKEN))); }
fromnames(A) ::= fromlist(A).
fromnames(A) ::= fromlist(B) COMMA. {
    token_error(p, p->tokens.items[p->at], p->tokens.items[p->at].kind == TK_NEWLINE
                    ? "trailing comma not allowed without surrounding parentheses" : "invalid syntax");
    A = B;
}
fromnames(A) ::= LPAREN(T) fromlist(B) RPAREN(E). { A = B; A.start = T.start; A.end = E.end; }
fromnames(A) ::= LPAREN(T) fromlist(B) COMMA RPAREN(E). { A = B; A.start = T.start; A.end = E.end; }
%type fromlist {List}
fromlist(A) ::= fromname(B). { A = list_of(p, expr_of(B)); }
fromlist(A) ::= fromlist(B) COMMA fromname(C). { A = list_add(p, B, expr_of(C)); }
%type fromname {Ast *}
fromname(A) ::= NAME(N). { A = build_alias(p, N.start, N.end, NO_TOKEN); }
fromname(A) ::= NAME(N) AS NAME(M). { A = build_alias(p, N.start, N.end, M); }

/* Compound statements */
%type compound {Ast *}
compound(A) ::= IF(T) named(B) COLON block(C) elifs(D) else(E). { A = build_if(p, T, B.node, C, D, E); }
%type elifs {AstSeq *}
elifs(A) ::= . { A = p->empty; }
elifs(A) ::= elifs(B) ELIF(T) named(C) COLON block(D). {
    A = seq_add(p, B, NEW(p, IF, If, T.start, seq_end(D, T.end), .test = C.node, .body = D));
}
%type else {AstSeq *}
else(A) ::= . { A = p->empty; }
else(A) ::= ELSE COLON block(B). { A = B; }
compound(A) ::= WHILE(T) named(B) COLON block(C) else(D). {
    A = NEW(p, WHILE, While, T.start, seq_end(D, seq_end(C, T.end)), .test = B.node, .body = C, .orelse = D);
}
compound(A) ::= fordef(A).
compound(A) ::= ASYNC(T) fordef(B). { A = make_async(T, B); }
%type fordef {Ast *}
fordef(A) ::= FOR(T) fortargets(B) exprlist(C) COLON block(D) else(E). {
    A = build_for(p, T, B, C.node, D, E);
}
fortargets(A) ::= targets(B) IN. { make_target(p, B.node, FOR_LOOP); A = B; }
compound(A) ::= withdef(A).
compound(A) ::= ASYNC(T) withdef(B). { A = make_async(T, B); }
%type withdef {Ast *}
%type withhead {AstSeq *}
%type withlist {List}
withdef(A) ::= WITH(T) withhead(B) block(C). { A = build_with(p, T, B, C); }
withhead(A) ::= withlist(B) COLON. { A = with_items(p, B); }
withlist(A) ::= withitem(B). { A = list_of(p, B); }
withlist(A) ::= withlist(B) COMMA withitem(C). { A = list_add(p, B, C); }
withitem(A) ::= expr(B). { A = EXPR(with_item(p, B, NO_EXPR), B.start, B.end); }
withitem(A) ::= expr(B) AS expr(C). { A = EXPR(with_item(p, B, C), B.start, C.end); }
withitem(A) ::= expr(B) AS STAR(T) bitor(C). {
    A = EXPR(with_item(p, B, build_starred(p, T, C)), B.start, C.end);
}

compound(A) ::= TRY(T) COLON block(B) handlers(C) else(D) finally(E). { A = build_try(p, T, B, C, D, E); }
%type handlers {AstSeq *}
%type finally {AstSeq *}
handlers(A) ::= . { A = p->empty; }
handlers(A) ::= handlers(B) handler(C). { A = seq_add(p, B, C); }
finally(A) ::= . { A = p->empty; }
finally(A) ::= FINALLY COLON block(B). { A = B; }
%type handler {Ast *}
handler(A) ::= EXCEPT(T) COLON block(B). { A = build_handler(p, T, NO_TOKEN, NO_EXPR, NO_TOKEN, B); }
handler(A) ::= EXCEPT(T) excs(B) COLON block(C). { A = build_handler(p, T, NO_TOKEN, B, NO_TOKEN, C); }
handler(A) ::= EXCEPT(T) excs(B) AS NAME(N) COLON block(C). { A = build_handler(p, T, NO_TOKEN, B, N, C); }
handler(A) ::= EXCEPT(T) STAR(S) excs(B) COLON block(C). { A = build_handler(p, T, S, B, NO_TOKEN, C); }
handler(A) ::= EXCEPT(T) STAR(S) excs(B) AS NAME(N) COLON block(C). { A = build_handler(p, T, S, B, N, C); }
excs(A) ::= expr(A).
excs(A) ::= expr(B) COMMA exprlist. { refuse_exceptions(p, B.start); A = B; }

%type decorators {AstSeq *}
compound(A) ::= def(A).
compound(A) ::= decorators(B) def(C). { A = decorate(p, B, C); }
decorators(A) ::= AT named(B) NEWLINE. { A = seq_one(p, B.node); }
decorators(A) ::= decorators(B) AT named(C) NEWLINE. { A = seq_add(p, B, C.node); }
%type def {Ast *}
%type fdef {Ast *}
def(A) ::= fdef(A).
def(A) ::= ASYNC(T) fdef(B). { A = make_async(T, B); }
/* Errors of a header are told before those of the block behind. */
%type fparams {Ast *}
fparams(A) ::= LPAREN params(B) RPAREN. { A = build_arguments(p, B, false); }
fdef(A) ::= DEF(T) NAME(N) typarams(Q) fparams(B) COLON block(C). {
    A = build_function(p, T, N, Q, B, NULL, C);
}
fdef(A) ::= DEF(T) NAME(N) typarams(Q) fparams(B) RARROW expr(R) COLON block(C). {
    A = build_function(p, T, N, Q, B, R.node, C);
}
def(A) ::= CLASS(T) NAME(N) typarams(Q) COLON block(C). {
    A = build_class(p, T, N, Q, (List){p->empty, 0, 0, false}, C);
}
%type bases {List}
bases(A) ::= LPAREN args(B) RPAREN. { check_bases(p, B); A = B; }
def(A) ::= CLASS(T) NAME(N) typarams(Q) bases(B) COLON block(C). {
    A = build_class(p, T, N, Q, B, C);
}

/* Parameters: / * and ** are checked when the list is complete. */
%type params {AstSeq *}
%type paramlist {AstSeq *}
%type param {Ast *}
params(A) ::= . { A = p->empty; }
params(A) ::= paramlist(A).
params(A) ::= paramlist(A) COMMA.
paramlist(A) ::= param(B). { A = seq_one(p, B); }
paramlist(A) ::= paramlist(B) COMMA param(C). { A = seq_add(p, B, C); }
annotation(A) ::= . { A = NO_EXPR; }
annotation(A) ::= COLON expr(B). { A = B; }
param(A) ::= NAME(N) annotation(B). { A = build_param(p, PARAM_PLAIN, N, N, B, NO_TOKEN, NO_EXPR); }
param(A) ::= NAME(N) annotation(B) EQUAL(E) expr(C). { A = build_param(p, PARAM_PLAIN, N, N, B, E, C); }
param(A) ::= SLASH(T). { A = build_param(p, PARAM_SLASH, T, NO_TOKEN, NO_EXPR, NO_TOKEN, NO_EXPR); }
param(A) ::= STAR(T). { A = build_param(p, PARAM_STAR, T, NO_TOKEN, NO_EXPR, NO_TOKEN, NO_EXPR); }
param(A) ::= STAR(T) NAME(N) annotation(B). { A = build_param(p, PARAM_VAR, T, N, B, NO_TOKEN, NO_EXPR); }
param(A) ::= STAR(T) NAME(N) COLON STAR(S) bitor(B). {
    A = build_param(p, PARAM_VAR, T, N, build_starred(p, S, B), NO_TOKEN, NO_EXPR);
}
param(A) ::= STAR(T) NAME(N) annotation(B) EQUAL(E) expr(C). { A = build_param(p, PARAM_VAR, T, N, B, E, C); }
param(A) ::= DOUBLESTAR(T) NAME(N) annotation(B). {
    A = build_param(p, PARAM_KWARGS, T, N, B, NO_TOKEN, NO_EXPR);
}
param(A) ::= DOUBLESTAR(T) NAME(N) annotation(B) EQUAL(E) expr(C). {
    A = build_param(p, PARAM_KWARGS, T, N, B, E, C);
}
%type lparams {AstSeq *}
%type lparamlist {AstSeq *}
%type lparam {Ast *}
lparams(A) ::= . { A = p->empty; }
lparams(A) ::= lparamlist(A).
lparams(A) ::= lparamlist(A) COMMA.
lparamlist(A) ::= lparam(B). { A = seq_one(p, B); }
lparamlist(A) ::= lparamlist(B) COMMA lparam(C). { A = seq_add(p, B, C); }
lparam(A) ::= NAME(N). { A = build_param(p, PARAM_PLAIN, N, N, NO_EXPR, NO_TOKEN, NO_EXPR); }
lparam(A) ::= NAME(N) EQUAL(E) expr(C). { A = build_param(p, PARAM_PLAIN, N, N, NO_EXPR, E, C); }
lparam(A) ::= SLASH(T). { A = build_param(p, PARAM_SLASH, T, NO_TOKEN, NO_EXPR, NO_TOKEN, NO_EXPR); }
lparam(A) ::= STAR(T). { A = build_param(p, PARAM_STAR, T, NO_TOKEN, NO_EXPR, NO_TOKEN, NO_EXPR); }
lparam(A) ::= STAR(T) NAME(N). { A = build_param(p, PARAM_VAR, T, N, NO_EXPR, NO_TOKEN, NO_EXPR); }
lparam(A) ::= STAR(T) NAME(N) EQUAL(E) expr(C). { A = build_param(p, PARAM_VAR, T, N, NO_EXPR, E, C); }
lparam(A) ::= DOUBLESTAR(T) NAME(N). { A = build_param(p, PARAM_KWARGS, T, N, NO_EXPR, NO_TOKEN, NO_EXPR); }
lparam(A) ::= DOUBLESTAR(T) NAME(N) EQUAL(E) expr(C). {
    A = build_param(p, PARAM_KWARGS, T, N, NO_EXPR, E, C);
}

/* Type parameters */
%type typarams {AstSeq *}
%type typaramlist {AstSeq *}
%type typaram {Ast *}
typarams(A) ::= . { A = p->empty; }
typarams(A) ::= LBRACKET typaramlist(B) RBRACKET. { A = B; }
typarams(A) ::= LBRACKET typaramlist(B) COMMA RBRACKET. { A = B; }
typaramlist(A) ::= typaram(B). { A = seq_one(p, B); }
typaramlist(A) ::= typaramlist(B) COMMA typaram(C). { A = seq_add(p, B, C); }
default(A) ::= . { A = NO_EXPR; }
default(A) ::= EQUAL expr(B). { A = B; }
typaram(A) ::= NAME(N) annotation(B) default(D). {
    uint32_t end = D.node ? D.end : B.node ? B.end : N.end;
    A = NEW(p, TYPE_VAR, TypeVar, N.start, end, .name = name_of(p, N), .bound = B.node,
            .default_value = D.node);
}
typaram(A) ::= STAR(T) NAME(N). {
    A = NEW(p, TYPE_VAR_TUPLE, TypeVarTuple, T.start, N.end, .name = name_of(p, N));
}
typaram(A) ::= STAR(T) NAME(N) EQUAL starexpr(D). {
    A = NEW(p, TYPE_VAR_TUPLE, TypeVarTuple, T.start, D.end, .name = name_of(p, N), .default_value = D.node);
}
typaram(A) ::= DOUBLESTAR(T) NAME(N) default(D). {
    A = NEW(p, PARAM_SPEC, ParamSpec, T.start, D.node ? D.end : N.end, .name = name_of(p, N),
            .default_value = D.node);
}
typaram(A) ::= STAR(T) NAME(N) COLON(C) expr(B). {
    error_from(p, C.start, p->tokens.items[p->at], B.node->kind == AST_TUPLE
                   ? "cannot use constraints with TypeVarTuple" : "cannot use bound with TypeVarTuple");
    A = NEW(p, TYPE_VAR_TUPLE, TypeVarTuple, T.start, N.end, .name = name_of(p, N));
}
typaram(A) ::= DOUBLESTAR(T) NAME(N) COLON(C) expr(B). {
    error_from(p, C.start, p->tokens.items[p->at], B.node->kind == AST_TUPLE
                   ? "cannot use constraints with ParamSpec" : "cannot use bound with ParamSpec");
    A = NEW(p, PARAM_SPEC, ParamSpec, T.start, N.end, .name = name_of(p, N));
}

/* Expressions */
exprlist(A) ::= starexpr(A).
exprlist(A) ::= starexpr(B) COMMA(C). { A = build_tuple(p, list_comma(list_of(p, B), C)); }
exprlist(A) ::= starlist(B). { A = build_tuple(p, B); }
exprlist(A) ::= starlist(B) COMMA(C). { A = build_tuple(p, list_comma(B, C)); }
%type starlist {List}
starlist(A) ::= starexpr(B) COMMA starexpr(C). { A = list_add(p, list_of(p, B), C); }
starlist(A) ::= starlist(B) COMMA starexpr(C). { A = list_add(p, B, C); }
starexpr(A) ::= expr(A).
starexpr(A) ::= STAR(T) bitor(B). { A = build_starred(p, T, B); }

targets(A) ::= target(A).
targets(A) ::= target(B) COMMA(C). { A = build_tuple(p, list_comma(list_of(p, B), C)); }
targets(A) ::= targetlist(B). { A = build_tuple(p, B); }
targets(A) ::= targetlist(B) COMMA(C). { A = build_tuple(p, list_comma(B, C)); }
%type targetlist {List}
targetlist(A) ::= target(B) COMMA target(C). { A = list_add(p, list_of(p, B), C); }
targetlist(A) ::= targetlist(B) COMMA target(C). { A = list_add(p, B, C); }
target(A) ::= bitor(A).
target(A) ::= STAR(T) bitor(B). { A = build_starred(p, T, B); }

named(A) ::= expr(A).
named(A) ::= expr(B) COLONEQUAL expr(C). { A = build_walrus(p, B, C); }
named_arg(A) ::= expr(A).
named_arg(A) ::= walrus_name(B) expr(C). { A = build_walrus(p, B, C); }
walrus_name(A) ::= expr(B) COLONEQUAL(T). { A = B; check_walrus_argument(p, B, T); }

expr(A) ::= disj(A).
expr(A) ::= half(H) ELSE expr(D). {
    ((AstIfExp *)H.node)->base.end = D.end;
    ((AstIfExp *)H.node)->orelse = D.node;
    A = expr_of(node_again(p, H.node));
}
half(A) ::= disj(B) IF disj(C). {
    A = expr_of(NEW(p, IF_EXP, IfExp, B.start, C.end, .test = C.node, .body = B.node));
}
%type largs {Ast *}
largs(A) ::= lparams(B) COLON. { A = build_arguments(p, B, true); }
expr(A) ::= LAMBDA(T) largs(B) expr(C). { A = build_lambda(p, T, B, C); }

disj(A) ::= disj(B) OR disj(C). { A = build_bool(p, B, OPR_BOOL_OR, C); }
disj(A) ::= disj(B) AND disj(C). { A = build_bool(p, B, OPR_BOOL_AND, C); }
disj(A) ::= NOT(T) disj(B). { A = build_unary(p, OPR_NOT, T, B); }
disj(A) ::= bitor(A).
disj(A) ::= comparison(A).
comparison(A) ::= bitor(B) compop(O) bitor(C). { A = build_compare(p, B, O, C); }
comparison(A) ::= comparison(B) compop(O) bitor(C). { A = extend_compare(p, B, O, C); }
%type compop {AstOp}
compop(A) ::= LESS. { A = OPR_LT; }
compop(A) ::= LESSEQUAL. { A = OPR_LE; }
compop(A) ::= EQEQUAL. { A = OPR_EQ; }
compop(A) ::= NOTEQUAL. { A = OPR_NE; }
compop(A) ::= GREATER. { A = OPR_GT; }
compop(A) ::= GREATEREQUAL. { A = OPR_GE; }
compop(A) ::= IN. { A = OPR_IN; }
compop(A) ::= NOT IN. { A = OPR_NOT_IN; }
compop(A) ::= IS. [IS] { A = OPR_IS; }
compop(A) ::= IS NOT. { A = OPR_IS_NOT; }

bitor(A) ::= bitor(B) VBAR bitor(C). { A = build_binary(p, B, OPR_OR, C); }
bitor(A) ::= bitor(B) CIRCUMFLEX bitor(C). { A = build_binary(p, B, OPR_XOR, C); }
bitor(A) ::= bitor(B) AMPER bitor(C). { A = build_binary(p, B, OPR_AND, C); }
bitor(A) ::= bitor(B) LEFTSHIFT bitor(C). { A = build_binary(p, B, OPR_LSHIFT, C); }
bitor(A) ::= bitor(B) RIGHTSHIFT bitor(C). { A = build_binary(p, B, OPR_RSHIFT, C); }
bitor(A) ::= bitor(B) PLUS bitor(C). { A = build_binary(p, B, OPR_ADD, C); }
bitor(A) ::= bitor(B) MINUS bitor(C). { A = build_binary(p, B, OPR_SUB, C); }
bitor(A) ::= bitor(B) STAR bitor(C). { A = build_binary(p, B, OPR_MUL, C); }
bitor(A) ::= bitor(B) SLASH bitor(C). { A = build_binary(p, B, OPR_DIV, C); }
bitor(A) ::= bitor(B) PERCENT bitor(C). { A = build_binary(p, B, OPR_MOD, C); }
bitor(A) ::= bitor(B) DOUBLESLASH bitor(C). { A = build_binary(p, B, OPR_FLOORDIV, C); }
bitor(A) ::= bitor(B) AT bitor(C). { A = build_binary(p, B, OPR_MATMUL, C); }
bitor(A) ::= bitor(B) DOUBLESTAR bitor(C). { A = build_binary(p, B, OPR_POW, C); }
bitor(A) ::= PLUS(T) bitor(B). [TILDE] { A = build_unary(p, OPR_POS, T, B); }
bitor(A) ::= MINUS(T) bitor(B). [TILDE] { A = build_unary(p, OPR_NEG, T, B); }
bitor(A) ::= TILDE(T) bitor(B). { A = build_unary(p, OPR_INVERT, T, B); }
bitor(A) ::= primary(A).
bitor(A) ::= AWAIT(T) primary(B). { A = expr_of(NEW(p, AWAIT, Await, T.start, B.end, .value = B.node)); }

primary(A) ::= atom(A).
primary(A) ::= primary(B) DOT NAME(N). { A = build_attribute(p, B, N); }
primary(A) ::= primary(B) LPAREN(T) args(C) RPAREN(E). { A = build_call(p, B, T, C, E); }
primary(A) ::= primary(B) LBRACKET slices(C) RBRACKET(E). { A = build_subscript(p, B, C, E); }

atom(A) ::= NAME(N). { A = build_name(p, N); }
atom(A) ::= NUMBER(T). { A = build_number(p, T); }
atom(A) ::= NONE(T). { A = build_const(p, CONST_NONE, T); }
atom(A) ::= TRUE(T). { A = build_const(p, CONST_TRUE, T); }
atom(A) ::= FALSE(T). { A = build_const(p, CONST_FALSE, T); }
atom(A) ::= ELLIPSIS(T). { A = build_const(p, CONST_ELLIPSIS, T); }
atom(A) ::= strings(B). { A = build_strings(p, B); }
atom(A) ::= LPAREN(T) RPAREN(E). { A = build_group(p, T, (List){p->empty, 0, 0, true}, E); }
atom(A) ::= LPAREN(T) items(B) RPAREN(E). { A = build_group(p, T, B, E); }
atom(A) ::= LPAREN(T) items(B) COMMA(C) RPAREN(E). { A = build_group(p, T, list_comma(B, C), E); }
atom(A) ::= LPAREN(T) yield(B) RPAREN(E). { A = build_parens(p, T, B, E); }
atom(A) ::= LPAREN(T) item(B) comps(C) RPAREN(E). {
    A = build_comp(p, AST_GENERATOR_EXP, T, B, NO_EXPR, C, E);
}
atom(A) ::= LBRACKET(T) RBRACKET(E). { A = build_list(p, T, (List){p->empty, 0, 0, false}, E); }
atom(A) ::= LBRACKET(T) items(B) RBRACKET(E). { A = build_list(p, T, B, E); }
atom(A) ::= LBRACKET(T) items(B) COMMA RBRACKET(E). { A = build_list(p, T, B, E); }
atom(A) ::= LBRACKET(T) item(B) comps(C) RBRACKET(E). {
    A = build_comp(p, AST_LIST_COMP, T, B, NO_EXPR, C, E);
}
atom(A) ::= LBRACE(T) RBRACE(E). { A = build_dict(p, T, (List){p->empty, 0, 0, false}, E); }
atom(A) ::= LBRACE(T) items(B) RBRACE(E). { A = build_set(p, T, B, E); }
atom(A) ::= LBRACE(T) items(B) COMMA RBRACE(E). { A = build_set(p, T, B, E); }
atom(A) ::= LBRACE(T) item(B) comps(C) RBRACE(E). { A = build_comp(p, AST_SET_COMP, T, B, NO_EXPR, C, E); }
atom(A) ::= LBRACE(T) pairs(B) RBRACE(E). { A = build_dict(p, T, B, E); }
atom(A) ::= LBRACE(T) pairs(B) COMMA RBRACE(E). { A = build_dict(p, T, B, E); }
atom(A) ::= LBRACE(T) expr(K) COLON expr(V) comps(C) RBRACE(E). {
    A = build_comp(p, AST_DICT_COMP, T, K, V, C, E);
}
atom(A) ::= LBRACE(T) DOUBLESTAR(S) bitor(V) comps(C) RBRACE(E). {
    syntax_error(p, S.start, S.end, "dict unpacking cannot be used in dict comprehension");
    A = build_comp(p, AST_DICT_COMP, T, V, V, C, E);
}
%type items {List}
items(A) ::= item(B). { A = list_of(p, B); }
items(A) ::= items(B) COMMA item(C). { A = list_add(p, B, C); }
item(A) ::= named(A).
item(A) ::= STAR(T) bitor(B). { A = build_starred(p, T, B); }
item(A) ::= as(B) expr(C). { A = build_as_item(p, B, C); }
item(A) ::= as(B) STAR(S) bitor(C). { A = build_as_item(p, B, build_starred(p, S, C)); }
as(A) ::= expr(B) AS(T). { A = B; check_as(p, T); }
/* A dict's keys and values in turn. */
%type pairs {List}
pairs(A) ::= expr(K) COLON expr(V). { A = list_add(p, list_of(p, K), V); }
pairs(A) ::= DOUBLESTAR(T) bitor(V). { A = list_add(p, list_of(p, EXPR(NULL, T.start, T.end)), V); }
pairs(A) ::= pairs(B) COMMA expr(K) COLON expr(V). { A = list_add(p, list_add(p, B, K), V); }
pairs(A) ::= pairs(B) COMMA DOUBLESTAR(T) bitor(V). {
    A = list_add(p, list_add(p, B, EXPR(NULL, T.start, T.end)), V);
}

%type comps {List}
comps(A) ::= comp(B). { A = list_of(p, B); }
comps(A) ::= comps(B) comp(C). { A = list_add(p, B, C); }
comp(A) ::= FOR(T) targets(B) IN disj(C). { A = build_generator(p, T, B, C, false); }
comp(A) ::= ASYNC(T) FOR targets(B) IN disj(C). { A = build_generator(p, T, B, C, true); }
comp(A) ::= comp(B) IF disj(C). {
    AstComprehension *g = (AstComprehension *)B.node;
    g->ifs = seq_add(p, g->ifs->count ? g->ifs : NULL, C.node);
    A = EXPR(B.node, B.start, C.end);
}

/* Arguments: positional ones as expressions, the others as Starred and Keyword, in the order written. */
%type args {List}
%type arglist {List}
args(A) ::= . { A = (List){p->empty, 0, 0, false}; }
args(A) ::= arglist(A).
args(A) ::= arglist(B) COMMA(C). { A = list_comma(B, C); }
arglist(A) ::= arg(B). { A = list_of(p, B); }
arglist(A) ::= arglist(B) COMMA arg(C). { A = list_add(p, B, C); }
arg(A) ::= named_arg(A).
arg(A) ::= keyword_name(B) expr(C). { A = build_keyword(p, B, C); }
keyword_name(A) ::= expr(B) EQUAL(E). { A = B; check_keyword(p, B, E); }
arg(A) ::= STAR(T) expr(B). { A = build_starred(p, T, B); }
arg(A) ::= DOUBLESTAR(T) expr(B). {
    A = expr_of(NEW(p, KEYWORD, Keyword, T.start, B.end, .arg = NULL, .value = B.node));
}
arg(A) ::= named_arg(B) comps(C). {
    A = build_comp(p, AST_GENERATOR_EXP, (Token){0, B.start, 0}, B, NO_EXPR, C, (Token){0, 0, C.end});
}

%type slices {List}
slices(A) ::= slicelist(A).
slices(A) ::= slicelist(B) COMMA(C). { A = list_comma(B, C); }
%type slicelist {List}
slicelist(A) ::= slice(B). { A = list_of(p, B); }
slicelist(A) ::= slicelist(B) COMMA slice(C). { A = list_add(p, B, C); }
slice(A) ::= named(A).
slice(A) ::= STAR(T) expr(B). { A = build_starred(p, T, B); }
slice(A) ::= bound(B) COLON(T) bound(C). {
    A = expr_of(NEW(p, SLICE, Slice, B.node ? B.start : T.start, C.node ? C.end : T.end, .lower = B.node,
                    .upper = C.node));
}
slice(A) ::= bound(B) COLON(T) bound(C) COLON(U) bound(D). {
    A = expr_of(NEW(p, SLICE, Slice, B.node ? B.start : T.start, D.node ? D.end : U.end, .lower = B.node,
                    .upper = C.node, .step = D.node));
}
bound(A) ::= . { A = NO_EXPR; }
bound(A) ::= expr(A).

/* Strings: a run of literals and f-strings is one expression. */
%type strings {List}
%type piece {Ast *}
strings(A) ::= piece(B). { A = list_of(p, expr_of(B)); }
strings(A) ::= strings(B) piece(C). { A = list_add(p, B, expr_of(C)); }
piece(A) ::= STRING(T). { A = string_piece(p, T); }
piece(A) ::= FSTRING_START(T) fparts(B) FSTRING_END(E). { A = fstring(p, T, B, E); }
%type fparts {AstSeq *}
fparts(A) ::= . { A = NULL; }
fparts(A) ::= fparts(B) FSTRING_MIDDLE(T). { A = seq_add(p, B, fstring_text(p, T)); }
fparts(A) ::= fparts(B) LBRACE(T) rvalue(C) fequal(Q) fconv(V) fspec(S) RBRACE(E). {
    A = fstring_field(p, B, T, C, Q, V, S, E);
}
%type fequal {Token}
fequal(A) ::= . { A = NO_TOKEN; }
fequal(A) ::= EQUAL(T). { A = T; }
%type fconv {Token}
fconv(A) ::= . { A = NO_TOKEN; }
fconv(A) ::= EXCLAMATION NAME(T). { A = T; }
%type fspec {Ast *}
fspec(A) ::= . { A = NULL; }
fspec(A) ::= COLON(T) fparts(B). {
    A = NEW(p, JOINED_STR, JoinedStr, T.start, p->tokens.items[p->at].start, .values = B);
}

/* Patterns */
compound(A) ::= MATCH(T) subject(B) COLON NEWLINE INDENT cases(C) DEDENT. {
    A = NEW(p, MATCH, Match, T.start, seq_end(C, T.end), .subject = B.node, .cases = C);
}
subject(A) ::= items(B). {
    reject_as(p, B.seq);
    bool one = B.seq->count == 1 && B.seq->items[0]->kind != AST_STARRED;
    if (B.seq->count == 1 && !one)
        token_error(p, p->tokens.items[p->at], "invalid syntax");
    A = one ? EXPR(B.seq->items[0], B.start, B.end) : build_tuple(p, B);
}
subject(A) ::= items(B) COMMA(C). { reject_as(p, B.seq); A = build_tuple(p, list_comma(B, C)); }
%type cases {AstSeq *}
%type case {Ast *}
cases(A) ::= case(B). { A = seq_one(p, B); }
cases(A) ::= cases(B) case(C). { A = seq_add(p, B, C); }
guard(A) ::= . { A = NO_EXPR; }
guard(A) ::= IF named(B). { A = B; }
case(A) ::= CASE(T) patterns(B) guard(C) COLON block(D). {
    A = NEW(p, MATCH_CASE, MatchCase, T.start, seq_end(D, T.end), .pattern = B.node, .guard = C.node,
            .body = D);
}
patterns(A) ::= patlist(B). {
    if (B.seq->count == 1 && B.seq->items[0]->kind == AST_MATCH_STAR)
        token_error(p, p->tokens.items[p->at], "invalid syntax");      /* a comma makes it a sequence */
    A = B.seq->count == 1 && B.seq->items[0]->kind != AST_MATCH_STAR
            ? EXPR(B.seq->items[0], B.start, B.end) : pattern_sequence(p, B, B.start, B.end);
}
patterns(A) ::= patlist(B) COMMA(C). { A = pattern_sequence(p, B, B.start, C.end); }
%type patlist {List}
patlist(A) ::= maybestar(B). { A = list_of(p, B); }
patlist(A) ::= patlist(B) COMMA maybestar(C). { A = list_add(p, B, C); }
maybestar(A) ::= pattern(A).
maybestar(A) ::= STAR(T) NAME(N). { A = pattern_star(p, T, N); }
pattern(A) ::= orpattern(B). { A = pattern_or(p, B); }
pattern(A) ::= orpattern(B) AS bitor(C). { A = pattern_as(p, pattern_or(p, B), C); }
%type orpattern {List}
orpattern(A) ::= closed(B). { A = list_of(p, B); }
orpattern(A) ::= orpattern(B) VBAR closed(C). { A = list_add(p, B, C); }
closed(A) ::= literal(B). { A = pattern_value(p, B); }
closed(A) ::= NAME(N). { A = pattern_capture(p, N); }
closed(A) ::= attr(B). { A = pattern_value(p, B); }
closed(A) ::= LPAREN(T) RPAREN(E). { A = pattern_sequence(p, (List){p->empty, 0, 0, false}, T.start, E.end); }
closed(A) ::= LPAREN(T) patlist(B) RPAREN(E). { A = pattern_group(p, T, B, E); }
closed(A) ::= LPAREN(T) patlist(B) COMMA RPAREN(E). { A = pattern_sequence(p, B, T.start, E.end); }
closed(A) ::= LBRACKET(T) RBRACKET(E). {
    A = pattern_sequence(p, (List){p->empty, 0, 0, false}, T.start, E.end);
}
closed(A) ::= LBRACKET(T) patlist(B) RBRACKET(E). { A = pattern_sequence(p, B, T.start, E.end); }
closed(A) ::= LBRACKET(T) patlist(B) COMMA RBRACKET(E). { A = pattern_sequence(p, B, T.start, E.end); }
closed(A) ::= LBRACE(T) RBRACE(E). { A = pattern_mapping(p, T, (List){p->empty, 0, 0, false}, E); }
closed(A) ::= LBRACE(T) patpairs(B) RBRACE(E). { A = pattern_mapping(p, T, B, E); }
closed(A) ::= LBRACE(T) patpairs(B) COMMA RBRACE(E). { A = pattern_mapping(p, T, B, E); }
closed(A) ::= NAME(N) LPAREN(T) patargs(B) RPAREN(E). { A = pattern_class(p, build_name(p, N), T, B, E); }
closed(A) ::= attr(C) LPAREN(T) patargs(B) RPAREN(E). { A = pattern_class(p, C, T, B, E); }
attr(A) ::= NAME(N) DOT NAME(M). { A = build_attribute(p, build_name(p, N), M); }
attr(A) ::= attr(B) DOT NAME(M). { A = build_attribute(p, B, M); }
signed(A) ::= NUMBER(T). { A = build_number(p, T); }
signed(A) ::= MINUS(T) NUMBER(U). { A = build_unary(p, OPR_NEG, T, build_number(p, U)); }
literal(A) ::= signed(A).
literal(A) ::= signed(B) PLUS NUMBER(T). { A = complex_literal(p, B, OPR_ADD, T); }
literal(A) ::= signed(B) MINUS NUMBER(T). { A = complex_literal(p, B, OPR_SUB, T); }
literal(A) ::= strings(B). { A = build_strings(p, B); }
literal(A) ::= NONE(T). { A = build_const(p, CONST_NONE, T); }
literal(A) ::= TRUE(T). { A = build_const(p, CONST_TRUE, T); }
literal(A) ::= FALSE(T). { A = build_const(p, CONST_FALSE, T); }
%type patpairs {List}
patpairs(A) ::= patpair(B). { A = list_of(p, B); }
patpairs(A) ::= patpairs(B) COMMA patpair(C). { A = list_add(p, B, C); }
patpair(A) ::= literal(B) COLON pattern(C). { A = pattern_pair(p, B, C); }
patpair(A) ::= attr(B) COLON pattern(C). { A = pattern_pair(p, B, C); }
patpair(A) ::= DOUBLESTAR(T) NAME(N). { A = pattern_rest(p, T, N); }
%type patargs {List}
%type patarglist {List}
patargs(A) ::= . { A = (List){p->empty, 0, 0, false}; }
patargs(A) ::= patarglist(A).
patargs(A) ::= patarglist(A) COMMA.
patarglist(A) ::= patarg(B). { A = list_of(p, B); }
patarglist(A) ::= patarglist(B) COMMA patarg(C). { A = list_add(p, B, C); }
patarg(A) ::= pattern(A).
patarg(A) ::= NAME(N) EQUAL pattern(B). { A = pattern_keyword(p, N, B); }

%code {
/* Feeds tokens[first..end) behind a mode token; false when the parse did not get to its end. */
bool grammar_run(Parser *p, uint16_t mode, uint32_t first, uint32_t end)
{
    yyParser *y = mem_alloc(p->arena->alloc, sizeof *y);
    if (!y) {
        p->arena->failed = true;
        fail_memory(p);
        return false;
    }
    grammarInit(y, p);
    p->result = NULL;
    grammar(y, mode, (Token){mode, 0, 0});
    for (p->at = first; p->at < end; p->at++) {
        Token t = p->tokens.items[p->at];
        grammar(y, t.kind, t);
        if (p->failed)
            break;
    }
    if (!p->failed && !p->cut)
        grammar(y, 0, (Token){0, 0, 0});
    mem_free(p->arena->alloc, y, sizeof *y);
    return p->result && !p->failed;
}
}
