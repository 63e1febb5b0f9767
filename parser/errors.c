/* SPDX-License-Identifier: MIT
 * Errors of grammar: what is wrong, told from the token that does not fit and those around it.
 *
 * CPython parses a broken source a second time, by a grammar with rules for the usual mistakes. Here the
 * parser stops at the first token that it cannot take, and the questions that those rules ask are asked of
 * the tokens: in which brackets do we stand, what does the element begin with, is the operand before this
 * token complete, does another begin here? Where a rule wants an expression, a probe measures it. */
#include "parser/look.h"
#include "lexer/diag.h"

#include <stdio.h>

static bool is_word(const Parser *p, Token t, const char *word)
{
    size_t n = strlen(word);
    return t.end - t.start == n && memcmp(p->src->text + t.start, word, n) == 0;
}

static bool is_name(uint16_t k)
{
    return k == TK_NAME || k == TK_MATCH || k == TK_CASE || k == TK_TYPE;
}

static bool error_at(Parser *p, Token t, const char *text)
{
    token_error(p, t, text);
    return true;
}

static bool error_range(Parser *p, uint32_t start, uint32_t end, const char *text)
{
    syntax_error(p, start, end, "%s", text);
    return true;
}

/* ---- blocks ---- */

static const char *block_name(uint16_t keyword)
{
    switch (keyword) {
    case TK_IF: return "'if' statement";
    case TK_ELIF: return "'elif' statement";
    case TK_ELSE: return "'else' statement";
    case TK_FOR: return "'for' statement";
    case TK_WHILE: return "'while' statement";
    case TK_WITH: return "'with' statement";
    case TK_TRY: return "'try' statement";
    case TK_EXCEPT: return "'except' statement";
    case TK_FINALLY: return "'finally' statement";
    case TK_MATCH: return "'match' statement";
    case TK_CASE: return "'case' statement";
    case TK_DEF: return "function definition";
    case TK_CLASS: return "class definition";
    default: return NULL;
    }
}

static bool missing_block(Parser *p, Token t)
{
    if (p->at < 2 || kind_at(p, p->at - 1) != TK_NEWLINE || kind_at(p, p->at - 2) != TK_COLON)
        return false;
    uint32_t line = look_line_begin(p, p->at - 1);
    line += kind_at(p, line) == TK_ASYNC;
    const char *name = block_name(kind_at(p, line));
    if (kind_at(p, line) == TK_EXCEPT && kind_at(p, line + 1) == TK_STAR)
        name = "'except*' statement";
    if (!name)
        return false;
    char text[96];
    snprintf(text, sizeof text, "expected an indented block after %s on line %u", name,
             (unsigned)source_place(p->src, token_no(p, line).start).line);
    block_error(p, "IndentationError", t, text);
    return true;
}

static bool wrong_indent(Parser *p, Token t)
{
    if (t.kind != TK_INDENT && t.kind != TK_DEDENT)
        return false;
    p->indent_error = true;
    /* CPython points at the last column of the indentation. */
    uint32_t last = t.end > t.start ? t.end - 1 : t.start;
    fail_at(p, "IndentationError", last, NO_PLACE,
            t.kind == TK_INDENT ? "unexpected indent" : "unexpected unindent");
    return true;
}

/* ---- tokens that CPython's grammar demands ---- */

static bool missing_token(Parser *p, Token t, const Surroundings *s)
{
    uint16_t keyword = kind_at(p, s->keyword);
    bool colon = grammar_accepts(p, TK_COLON);
    if (s->open != NOWHERE || s->colon != NOWHERE)
        return false;
    if (keyword == TK_DEF) {
        uint16_t before = kind_at(p, p->at - 1);
        if (before == TK_RARROW)
            return error_at(p, token_no(p, p->at - 1), "expected ':'");
        if (p->at > s->keyword + 1 && grammar_accepts(p, TK_LPAREN) && before != TK_RPAREN
            && kind_at(p, s->keyword + 1) == TK_NAME && !colon)
            return error_at(p, t, "expected '('");
    }
    if (!colon || t.kind == TK_COLON)
        return false;
    switch (keyword) {
    case TK_DEF: case TK_ELSE: case TK_TRY: case TK_FINALLY:
        return error_at(p, t, "expected ':'");
    case TK_IF: case TK_ELIF: case TK_WHILE: case TK_FOR: case TK_WITH: case TK_CLASS: case TK_EXCEPT:
    case TK_MATCH: case TK_CASE:
        return t.kind == TK_NEWLINE && error_at(p, t, "expected ':'");
    default:
        return false;
    }
}

/* ---- f-strings ---- */

static bool broken_field(Parser *p, Token t, const Surroundings *s)
{
    uint16_t before = kind_at(p, p->at - 1);
    if (s->kind != IN_FIELD)
        return false;
    if (p->at == s->open + 1) {
        switch (t.kind) {
        case TK_EQUAL: return error_at(p, t, "f-string: valid expression required before '='");
        case TK_EXCLAMATION: return error_at(p, t, "f-string: valid expression required before '!'");
        case TK_COLON: return error_at(p, t, "f-string: valid expression required before ':'");
        case TK_RBRACE: return error_at(p, t, "f-string: valid expression required before '}'");
        default: break;
        }
    }
    if (before == TK_EXCLAMATION)
        return error_at(p, t, t.kind == TK_COLON || t.kind == TK_RBRACE
                                  ? "f-string: missing conversion character"
                                  : "f-string: invalid conversion character");
    Expr e;
    uint32_t next;
    if (!look_probe(p, TK_MODE_LIST, s->open + 1, &e, &next))
        return error_at(p, token_no(p, s->open + 1), "f-string: expecting a valid expression after '{'");
    if (next == p->at)
        return error_at(p, t, "f-string: expecting '=', or '!', or ':', or '}'");
    if (before == TK_EQUAL && next + 1 == p->at)
        return error_at(p, t, "f-string: expecting '!', or ':', or '}'");
    if (kind_at(p, p->at - 2) == TK_EXCLAMATION)
        return error_at(p, t, "f-string: expecting ':' or '}'");
    if (s->colon != NOWHERE)
        return error_at(p, t, "f-string: expecting '}', or format specs");
    return false;
}

static bool bare_lambda(Parser *p, Token t)
{
    if (t.kind != TK_FSTRING_MIDDLE && t.kind != TK_LBRACE && t.kind != TK_RBRACE)
        return false;
    uint32_t i = p->at;
    while (i > 0 && kind_at(p, i - 1) != TK_LAMBDA && kind_at(p, i - 1) != TK_FSTRING_START
           && kind_at(p, i - 1) != TK_NEWLINE)
        i--;
    if (!i || kind_at(p, i - 1) != TK_LAMBDA || kind_at(p, p->at - 1) != TK_COLON)
        return false;
    return error_range(p, token_no(p, i - 1).start, token_no(p, p->at - 1).end,
                       "f-string: lambda expressions are not allowed without parentheses");
}

/* ---- operands ---- */

/* The expression that ends right before the token at fault. */
static bool operand_before(const Parser *p, Expr *e)
{
    *e = p->last_disj;
    return p->at > 0 && e->node && e->end == token_no(p, p->at - 1).end;
}

static bool missing_else(Parser *p, Token t)
{
    Expr half = p->half_if;
    if (!half.node || p->at == 0 || half.end != token_no(p, p->at - 1).end || t.kind == TK_ELSE
        || t.kind == TK_COLON)
        return false;
    return error_range(p, half.start, half.end, "expected 'else' after 'if' expression");
}

static bool not_behind_operator(Parser *p, Token t)
{
    Expr e;
    uint32_t next;
    if (t.kind != TK_NOT || p->at == 0)
        return false;
    switch (kind_at(p, p->at - 1)) {
    case TK_PLUS: case TK_MINUS: case TK_STAR: case TK_SLASH: case TK_DOUBLESLASH: case TK_PERCENT:
    case TK_AT: case TK_TILDE:
        break;
    default: return false;
    }
    if (!look_probe(p, TK_MODE_EXPR, p->at, &e, &next))
        return false;
    while (e.node->kind == AST_BOOL_OP && !e.node->parens)
        e.node = ((AstBoolOp *)e.node)->values->items[0];
    if (e.node->kind != AST_UNARY_OP)
        return false;
    return error_range(p, t.start, e.node->end, "'not' after an operator must be parenthesized");
}

static bool is_legacy(const Parser *p, const Ast *e)
{
    Token t = {TK_NAME, e->start, e->end};
    return e->kind == AST_NAME && !e->parens && (is_word(p, t, "print") || is_word(p, t, "exec"));
}

/* print "x": the operand must begin an expression and another one follow. */
static bool legacy_statement(Parser *p, const Expr *a)
{
    Expr b;
    uint32_t next;
    if (!is_legacy(p, a->node) || !look_probe(p, TK_MODE_LIST, p->at, &b, &next)
        || kind_at(p, p->at) == TK_LPAREN || kind_at(p, p->at) == TK_YIELD)
        return false;
    int n = (int)(a->node->end - a->node->start);
    const char *name = p->src->text + a->node->start;
    syntax_error(p, a->start, b.end, "Missing parentheses in call to '%.*s'. Did you mean %.*s(...)?", n,
                 name, n, name);
    return true;
}

static bool is_soft_keyword(const Parser *p, Token t)
{
    return is_word(p, t, "match") || is_word(p, t, "case") || is_word(p, t, "type") || is_word(p, t, "_");
}

static bool missing_comma(Parser *p, const Surroundings *s, const Expr *a)
{
    Expr b;
    uint32_t next;
    Token first = token_from(p, a->start, token_no(p, p->at));
    if (s->open == NOWHERE || is_legacy(p, a->node) || is_soft_keyword(p, first))
        return false;
    if (is_name(first.kind)) {
        uint16_t second = token_from(p, first.end, first).kind;
        if (second == TK_STRING || second == TK_FSTRING_START)
            return false;
    }
    if (!look_probe(p, TK_MODE_EXPR, p->at, &b, &next))
        return false;
    return error_range(p, a->start, b.end, "invalid syntax. Perhaps you forgot a comma?");
}

/* ---- = where == or := may be meant ---- */

static bool takes_named(const Parser *p, const Surroundings *s, uint32_t first)
{
    uint16_t before = first ? kind_at(p, first - 1) : 0;
    switch (s->kind) {
    case IN_GROUP: case IN_LIST: case IN_CALL:
        return first == s->element;
    case IN_BRACES: case IN_SUBSCRIPT:
        return first == s->element && s->colon == NOWHERE;
    default:
        return s->open == NOWHERE
            && (before == TK_IF || before == TK_ELIF || before == TK_WHILE || before == TK_AT
               || before == TK_MATCH) && first == s->keyword + 1;
    }
}

static bool wrong_equal(Parser *p, Token t, const Surroundings *s, const Expr *a)
{
    Expr b;
    uint32_t next, first = p->at;
    if (t.kind != TK_EQUAL)
        return false;
    while (first > 0 && token_no(p, first).start > a->start)
        first--;
    if (!takes_named(p, s, first))
        return false;
    bool plain_name = a->node->kind == AST_NAME && !a->node->parens;
    if (!plain_name && !begins_comparison(a->node))
        return false;
    uint16_t after = kind_at(p, p->at + 1);
    if (after == TK_NOT || after == TK_LAMBDA || !look_probe(p, TK_MODE_BITOR, p->at + 1, &b, &next)
        || kind_at(p, next) == TK_EQUAL || kind_at(p, next) == TK_COLONEQUAL)
        return false;
    if (plain_name)
        return error_range(p, a->start, b.end,
                           "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
    syntax_error(p, a->node->start, a->node->end,
                 "cannot assign to %s here. Maybe you meant '==' instead of '='?",
                 expr_name(a->node));
    return true;
}

static bool broken_operand(Parser *p, Token t, const Surroundings *s)
{
    Expr a;
    if (missing_else(p, t) || not_behind_operator(p, t))
        return true;
    if (!operand_before(p, &a))
        return false;
    return wrong_equal(p, t, s, &a) || legacy_statement(p, &a) || missing_comma(p, s, &a);
}

/* ---- displays and calls ---- */

static bool broken_comprehension(Parser *p, Token t, const Surroundings *s)
{
    if ((t.kind != TK_FOR && t.kind != TK_ASYNC) || (s->kind != IN_LIST && s->kind != IN_BRACES) || !s->commas
        || s->colon != NOWHERE)
        return false;
    return error_range(p, token_no(p, s->open + 1).start, token_no(p, p->at - 1).end,
                       "did you forget parentheses around the comprehension target?");
}

/* Are the elements before pairs? */
static bool in_dict(const Parser *p, const Surroundings *s)
{
    unsigned inner = 0;
    for (uint32_t i = s->open + 1; i < p->at; i++) {
        switch (kind_at(p, i)) {
        case TK_LPAREN: case TK_LBRACKET: case TK_LBRACE: case TK_FSTRING_START: inner++; break;
        case TK_RPAREN: case TK_RBRACKET: case TK_RBRACE: case TK_FSTRING_END: inner--; break;
        case TK_COLON:
            if (!inner)
                return true;
            break;
        default: break;
        }
    }
    return false;
}

static bool broken_dict(Parser *p, Token t, const Surroundings *s)
{
    uint16_t before = kind_at(p, p->at - 1);
    Expr e;
    uint32_t next;
    if (s->kind != IN_BRACES)
        return false;
    if (before == TK_COLON && s->colon == p->at - 1) {
        if (t.kind == TK_RBRACE || t.kind == TK_COMMA)
            return error_at(p, token_no(p, p->at - 1), "expression expected after dictionary key and ':'");
        if (t.kind == TK_STAR && look_probe(p, TK_MODE_BITOR, p->at + 1, &e, &next))
            return error_range(p, t.start, token_no(p, next).end > e.end ? e.end : token_no(p, next).end,
                               "cannot use a starred expression in a dictionary value");
    }
    if (s->commas && s->colon == NOWHERE && in_dict(p, s)
        && look_probe(p, TK_MODE_EXPR, s->element, &e, &next) && next == p->at)
        return error_range(p, e.end - 1, e.end - 1, "':' expected after dictionary key");
    return false;
}

static bool broken_group(Parser *p, Token t, const Surroundings *s)
{
    Expr e;
    uint32_t next;
    if (s->kind != IN_GROUP || t.kind != TK_DOUBLESTAR || p->at != s->open + 1)
        return false;
    if (!look_probe(p, TK_MODE_EXPR, p->at + 1, &e, &next) || kind_at(p, next) != TK_RPAREN)
        return false;
    return error_at(p, t, "cannot use double starred expression here");
}

/* f(*args=x), f(**kwargs=x) */
static bool assigned_unpacking(Parser *p, Token t, const Surroundings *s)
{
    uint16_t first = kind_at(p, s->element);
    Expr e, value;
    uint32_t next, end;
    if (t.kind != TK_EQUAL || (first != TK_STAR && first != TK_DOUBLESTAR)
        || !look_probe(p, TK_MODE_EXPR, s->element + 1, &e, &next) || next != p->at
        || !look_probe(p, TK_MODE_EXPR, p->at + 1, &value, &end))
        return false;
    return error_range(p, token_no(p, s->element).start, value.end,
                       first == TK_STAR ? "cannot assign to iterable argument unpacking"
                                        : "cannot assign to keyword argument unpacking");
}

static bool broken_argument(Parser *p, Token t, const Surroundings *s)
{
    if (s->kind != IN_CALL)
        return false;
    if (assigned_unpacking(p, t, s))
        return true;
    if ((t.kind == TK_FOR || t.kind == TK_ASYNC) && is_name(kind_at(p, s->element))
        && kind_at(p, s->element + 1) == TK_EQUAL)
        return error_range(p, token_no(p, s->element).start, token_no(p, s->element + 1).end,
                           "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
    if (kind_at(p, p->at - 1) == TK_EQUAL && p->at == s->element + 2 && is_name(kind_at(p, s->element))
        && (t.kind == TK_RPAREN || t.kind == TK_COMMA))
        return error_range(p, token_no(p, s->element).start, token_no(p, s->element + 1).end,
                           "expected argument value expression");
    return false;
}

/* A star with nothing to unpack behind it. */
static bool broken_star(Parser *p, Token t, const Surroundings *s)
{
    Expr e;
    uint32_t next;
    if ((s->kind != IN_CALL && s->kind != IN_SUBSCRIPT) || kind_at(p, s->element) != TK_STAR
        || look_probe(p, TK_MODE_EXPR, s->element + 1, &e, &next))
        return false;
    return error_at(p, t, "Invalid star expression");
}

/* ---- parameters ---- */

static bool in_lambda_params(const Parser *p, const Surroundings *s)
{
    for (uint32_t i = p->at; i-- > s->line;) {
        uint16_t k = kind_at(p, i);
        if (k == TK_LAMBDA)
            return true;
        if (k == TK_COLON || k == TK_NEWLINE)
            return false;
    }
    return false;
}

static bool parenthesised_params(Parser *p, Token t, bool lambda)
{
    uint32_t i = p->at;
    while (i > 0 && (is_name(kind_at(p, i - 1)) || kind_at(p, i - 1) == TK_COMMA))
        i--;
    if (kind_at(p, i - 1) != TK_LPAREN && kind_at(p, i - 1) != TK_LAMBDA)
        return false;       /* others than plain ones before */
    i = p->at + 1;
    while (is_name(kind_at(p, i)) || (i > p->at + 1 && kind_at(p, i) == TK_COMMA))
        i++;
    if (i == p->at + 1 || kind_at(p, i) != TK_RPAREN)
        return false;
    return error_range(p, t.start, token_no(p, i).end,
                       lambda ? "Lambda expression parameters cannot be parenthesized"
                              : "Function parameters cannot be parenthesized");
}

static bool broken_params(Parser *p, Token t, const Surroundings *s)
{
    uint16_t before = kind_at(p, p->at - 1);
    bool lambda = s->kind != IN_PARAMS && in_lambda_params(p, s);
    if (s->kind != IN_PARAMS && !lambda)
        return false;
    if (t.kind == TK_LPAREN && (before == TK_LPAREN || before == TK_COMMA || before == TK_LAMBDA))
        return parenthesised_params(p, t, lambda);
    if (!lambda && kind_at(p, s->open + 1) == TK_SLASH && kind_at(p, s->open + 2) == TK_COMMA)
        return error_at(p, token_no(p, s->open + 1), "at least one argument must precede /");
    if (before == TK_EQUAL && (t.kind == TK_RPAREN || t.kind == TK_COMMA)) {
        uint16_t first = lambda ? TK_NAME : kind_at(p, s->element);
        return error_at(p, token_no(p, p->at - 1),
                        first == TK_STAR ? "var-positional argument cannot have default value"
                        : first == TK_DOUBLESTAR ? "var-keyword argument cannot have default value"
                                                 : "expected default value expression");
    }
    if (before == TK_SLASH && t.kind == TK_STAR)
        return error_at(p, t, "expected comma between / and *");
    return false;
}

/* ---- statements ---- */

static bool broken_import(Parser *p, Token t, const Surroundings *s)
{
    uint32_t i = s->line;
    if (kind_at(p, p->at - 1) == TK_IMPORT && t.kind == TK_NEWLINE)
        return error_at(p, t, "Expected one or more names after 'import'");
    if (kind_at(p, i) != TK_IMPORT || t.kind != TK_FROM || !is_name(kind_at(p, p->at + 1)))
        return false;
    uint32_t last = p->at + 1;
    while (kind_at(p, last + 1) == TK_DOT && is_name(kind_at(p, last + 2)))
        last += 2;
    error_from(p, token_no(p, i).start, token_no(p, last + 1),
               "Did you mean to use 'from ... import ...' instead?");
    return true;
}

static bool broken_except(Parser *p, Token t, const Surroundings *s)
{
    if (kind_at(p, s->line) != TK_EXCEPT || kind_at(p, p->at - 1) != TK_STAR || p->at != s->line + 2)
        return false;
    return (t.kind == TK_NEWLINE || t.kind == TK_COLON)
        && error_at(p, t, "expected one or more exception types");
}

static bool broken_type_params(Parser *p, Token t, const Surroundings *s)
{
    uint16_t keyword = kind_at(p, s->keyword);
    bool generic = keyword == TK_DEF || keyword == TK_CLASS || keyword == TK_TYPE;
    if (!generic || t.kind != TK_RBRACKET || p->at != s->keyword + 3 || kind_at(p, p->at - 1) != TK_LBRACKET)
        return false;
    error_from(p, t.start, t, "Type parameter list cannot be empty");
    return true;
}

/* for f(): what cannot be a target goes before the missing in. */
static bool broken_for(Parser *p, Token t, const Surroundings *s)
{
    Expr e;
    uint32_t next;
    if (s->open != NOWHERE || kind_at(p, s->keyword) != TK_FOR || t.kind == TK_IN
        || !grammar_accepts(p, TK_IN)
        || !look_probe(p, TK_MODE_LIST, s->keyword + 1, &e, &next))
        return false;
    make_target(p, e.node, FOR_LOOP);
    return p->failed;
}

/* "f(x) := 1" as a statement. */
static bool broken_walrus(Parser *p, Token t, const Surroundings *s)
{
    Expr e, value;
    uint32_t next, end;
    if (t.kind != TK_COLONEQUAL || s->open != NOWHERE || !look_probe(p, TK_MODE_EXPR, s->line, &e, &next)
        || next != p->at || (e.node->kind == AST_NAME && !e.node->parens)
        || !look_probe(p, TK_MODE_EXPR, p->at + 1, &value, &end))
        return false;
    syntax_error(p, e.node->start, e.node->end, "cannot use assignment expressions with %s",
                 expr_name(e.node));
    return true;
}

/* "1: <something broken>": CPython does not get behind the colon, for 1 cannot be annotated. */
static bool broken_annotation(Parser *p, const Surroundings *s)
{
    Expr e;
    uint32_t next;
    if (s->open != NOWHERE || kind_at(p, p->at - 1) != TK_COLON
        || !look_probe(p, TK_MODE_LIST, s->line, &e, &next)
        || next + 1 != p->at)
        return false;
    uint8_t kind = e.node->kind;
    return kind != AST_NAME && kind != AST_ATTRIBUTE && kind != AST_SUBSCRIPT
        && error_at(p, token_no(p, next), "invalid syntax");
}

/* [a for b]: CPython asks for the in of comprehensions only. */
static bool missing_in(Parser *p, Token t, const Surroundings *s)
{
    if (s->open == NOWHERE || !grammar_accepts(p, TK_IN))
        return false;
    uint32_t i = p->at;
    unsigned inner = 0;
    while (i-- > s->open + 1) {
        uint16_t k = kind_at(p, i);
        inner += k == TK_RPAREN || k == TK_RBRACKET || k == TK_RBRACE;
        if (k == TK_LPAREN || k == TK_LBRACKET || k == TK_LBRACE)
            inner -= inner > 0;
        if (inner)
            continue;
        if (k == TK_FOR)
            return error_at(p, t, "'in' expected after for-loop variables");
        if (k == TK_IN || k == TK_IF)
            return false;
    }
    return false;
}

/* "f() = <something broken>": the target goes first. */
static bool broken_target(Parser *p, const Surroundings *s)
{
    Expr e;
    uint32_t next, first = s->line, equals = 0;
    while (look_probe(p, TK_MODE_LIST, first, &e, &next) && kind_at(p, next) == TK_EQUAL && next < p->at) {
        uint32_t end = next + 1;
        Expr operand = {NULL, 0, 0};
        if (kind_at(p, end) == TK_NOT || kind_at(p, end) == TK_LAMBDA)
            operand.end = 0;
        else if (!look_probe(p, TK_MODE_BITOR, next + 1, &operand, &end)
                 && look_ends_operand(kind_at(p, next + 1)) && end++)
            operand.end = token_no(p, next + 1).end;
        check_targets(p, e.node, equals++ == 0, kind_at(p, end) == TK_EQUAL ? 0 : operand.end);
        if (p->failed)
            return true;
        first = next + 1;
    }
    return false;
}

/* What follows an operand may be broken itself: CPython reads on from there, as if the name before were a
 * print without parentheses, and so finds the mistakes behind. */
static bool broken_further(Parser *p)
{
    enum { FAR_ENOUGH = 40 };
    Expr a;
    Diag found = {.type = NULL};
    Parser q = *p;
    if (p->nested >= FAR_ENOUGH || !operand_before(p, &a))
        return false;
    bool name = a.node->kind == AST_NAME && !a.node->parens && kind_at(p, p->at) != TK_LPAREN;
    q.diag = &found;
    q.nested++;
    q.probing = !name;
    q.as_group = NULL;
    grammar_run(&q, TK_MODE_LIST, p->at, p->tokens.count);
    if (p->cut && q.at == p->tokens.count && !q.failed) {
        p->failed = p->lexer_wins = true;
        return true;
    }
    p->lexer_wins |= q.lexer_wins;
    if (!name || !found.type || q.generic)
        return false;
    *p->diag = found;
    return p->failed = true;
}

void explain(Parser *p)
{
    Surroundings s;
    Token t = token_no(p, p->at);
    if (p->failed)
        return;
    p->error_at = t.start;
    if (p->probing) {
        p->failed = true;
        return;
    }
    if (missing_block(p, t))
        return;
    if (p->at == 0) {
        if (!wrong_indent(p, t))
            error_at(p, t, "invalid syntax");
        return;
    }
    look_around(p, p->at, &s);
    if (p->nested && s.open != NOWHERE) {       /* CPython does not look into brackets again */
        p->generic = true;
        error_at(p, t, "invalid syntax");
        return;
    }
    if (bare_lambda(p, t) || broken_params(p, t, &s) || missing_token(p, t, &s)
        || broken_comprehension(p, t, &s) || broken_dict(p, t, &s) || broken_group(p, t, &s)
        || broken_argument(p, t, &s) || broken_operand(p, t, &s) || broken_field(p, t, &s)
        || missing_in(p, t, &s) || broken_import(p, t, &s) || broken_except(p, t, &s)
        || broken_type_params(p, t, &s) || broken_target(p, &s) || broken_star(p, t, &s)
        || broken_walrus(p, t, &s) || broken_for(p, t, &s) || wrong_indent(p, t) || broken_further(p)
        || broken_annotation(p, &s))
        return;
    p->generic = true;
    error_at(p, t, "invalid syntax");
}
