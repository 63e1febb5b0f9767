/* SPDX-License-Identifier: MIT
 * Errors of grammar: what is wrong, told from the token that does not fit and those around it.
 *
 * CPython parses a broken source a second time, by a grammar with rules for the usual mistakes. Here the
 * parser stops at the first token that it cannot take, and the questions that those rules ask are asked of
 * the tokens: in which brackets do we stand, what does the element begin with, is the operand before this
 * token complete, does another begin here? Where a rule wants an expression, a probe measures it. */
#include "parser/errors.h"
#include "lexer/diag.h"

#include <stdio.h>

bool is_word(const Parser *p, Token t, const char *word)
{
    size_t n = strlen(word);
    return t.end - t.start == n && memcmp(p->src->text + t.start, word, n) == 0;
}

bool is_name(uint16_t k)
{
    return k == TK_NAME || k == TK_MATCH || k == TK_CASE || k == TK_TYPE;
}

bool error_at(Parser *p, Token t, const char *text)
{
    token_error(p, t, text);
    return true;
}

bool error_range(Parser *p, uint32_t start, uint32_t end, const char *text)
{
    syntax_error(p, start, end, "%s", text);
    return true;
}

/* What comes when nothing better is known. Tokens that the text's end makes have no column. */
static bool invalid_syntax(Parser *p, Token t)
{
    error_at(p, t, "invalid syntax");
    if (!p->probing && !p->nested && ends_text(p, t)) {
        p->diag->no_column = true;
        p->diag->end = NO_END;
    }
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
    p->goes_first = true;
    uint32_t next, line = p->at ? look_line_begin(p, p->at - 1) : 0;
    Expr e;
    if (t.kind == TK_INDENT && is_word(p, token_no(p, line), "match") && t.end > t.start
        && look_probe(p, TK_MODE_LIST, line + 1, &e, &next) && next + 1 == p->at) {
        fail_at(p, "SyntaxError", t.end - 1, NO_PLACE, "expected ':'");
        return true;
    }
    if (t.kind == TK_DEDENT && !ends_text(p, t))
        block_error(p, "IndentationError", t, "unexpected unindent");
    else    /* CPython points at the last column of the indentation */
        fail_at(p, "IndentationError", t.end > t.start ? t.end - 1 : t.start, NO_PLACE,
                t.kind == TK_INDENT ? "unexpected indent" : "unexpected unindent");
    return true;
}

/* ---- tokens that CPython's grammar demands ---- */

/* When nothing better is known of a function's header: "def f[T x]()" misses the "(", "-> not:" the ":". */
static bool broken_def(Parser *p, const Surroundings *s)
{
    uint32_t name = s->keyword + 1, i = p->at;
    Expr e;
    uint32_t next;
    if (kind_at(p, s->keyword) != TK_DEF || kind_at(p, name) != TK_NAME || p->at <= name)
        return false;
    if (kind_at(p, name + 1) == TK_LBRACKET && s->open == name + 1)
        return error_at(p, token_no(p, name + 1), "expected '('");
    while (i > name && kind_at(p, i - 1) != TK_RARROW)
        i--;
    if (i == name)
        return false;
    if (!look_probe(p, TK_MODE_EXPR, i, &e, &next))
        next = i - 1;
    return kind_at(p, next) != TK_COLON && error_at(p, token_no(p, next), "expected ':'");
}

static bool missing_token(Parser *p, Token t, const Surroundings *s)
{
    bool colon = grammar_accepts(p, TK_COLON);
    if (s->open != NOWHERE || s->colon != NOWHERE)
        return false;
    if (kind_at(p, s->keyword) == TK_DEF && kind_at(p, s->keyword + 1) == TK_NAME && p->at > s->keyword + 1
        && !colon && grammar_accepts(p, TK_LPAREN) && (p->at == s->keyword + 2 || kind_at(p, p->at - 1) == TK_RBRACKET))
        return error_at(p, t, "expected '('");
    if (!colon || t.kind == TK_COLON)
        return false;
    switch (kind_at(p, s->keyword)) {
    case TK_DEF: case TK_ELSE: case TK_TRY: case TK_FINALLY:
        return error_at(p, t, "expected ':'");
    case TK_IF: case TK_ELIF: case TK_WHILE: case TK_FOR: case TK_WITH: case TK_CLASS: case TK_EXCEPT:
    case TK_MATCH: case TK_CASE:
        return t.kind == TK_NEWLINE && error_at(p, t, "expected ':'");
    default:
        return false;
    }
}

/* ---- parameters ---- */

/* The lambda among whose parameters the token at fault is; NOWHERE. */
static uint32_t lambda_around(const Parser *p, const Surroundings *s)
{
    for (uint32_t i = p->at; i-- > s->line;) {
        uint16_t k = kind_at(p, i);
        if (k == TK_LAMBDA)
            return i;
        if (k == TK_COLON || k == TK_NEWLINE)
            break;
    }
    return NOWHERE;
}

/* The token behind parameters without defaults: names, annotated unless they are a lambda's, and commas. */
static uint32_t behind_params(Parser *p, uint32_t i, bool lambda)
{
    Expr e;
    while (is_name(kind_at(p, i))) {
        i++;
        if (!lambda && kind_at(p, i) == TK_COLON && !look_probe(p, TK_MODE_EXPR, i + 1, &e, &i))
            break;
        if (kind_at(p, i) != TK_COMMA)
            break;
        i++;
    }
    return i;
}

static bool parenthesised_params(Parser *p, Token t, uint32_t first, bool lambda)
{
    uint32_t i = behind_params(p, p->at + 1, lambda);
    if (behind_params(p, first, lambda) != p->at || i == p->at + 1 || kind_at(p, i) != TK_RPAREN)
        return false;
    return error_range(p, t.start, token_no(p, i).end,
                       lambda ? "Lambda expression parameters cannot be parenthesized"
                              : "Function parameters cannot be parenthesized");
}

static bool broken_params(Parser *p, Token t, const Surroundings *s)
{
    uint16_t before = kind_at(p, p->at - 1);
    uint32_t first = s->kind == IN_PARAMS ? s->open : lambda_around(p, s);
    if (first == NOWHERE)
        return false;
    bool lambda = s->kind != IN_PARAMS;
    if (t.kind == TK_LPAREN && (before == TK_LPAREN || before == TK_COMMA || before == TK_LAMBDA))
        return parenthesised_params(p, t, first + 1, lambda);
    if (!lambda && kind_at(p, s->open + 1) == TK_SLASH && kind_at(p, s->open + 2) == TK_COMMA)
        return error_at(p, token_no(p, s->open + 1), "at least one argument must precede /");
    if (before == TK_EQUAL && (t.kind == TK_RPAREN || t.kind == TK_COMMA)) {
        uint16_t begin = lambda ? TK_NAME : kind_at(p, s->element);
        return error_at(p, token_no(p, p->at - 1),
                        begin == TK_STAR ? "var-positional argument cannot have default value"
                        : begin == TK_DOUBLESTAR ? "var-keyword argument cannot have default value"
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
        return error_range(p, t.start, t.end, "Expected one or more names after 'import'");
    if (kind_at(p, i) != TK_IMPORT || t.kind != TK_FROM || p->at == i + 1
        || !is_name(kind_at(p, p->at + 1)))
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
    Expr e;
    uint32_t next = p->at;
    if (keyword == TK_TYPE && !look_probe(p, TK_MODE_EXPR, p->at + 1, &e, &next))
        next = p->at + 1;
    error_from(p, t.start, token_no(p, next), "Type parameter list cannot be empty");
    return true;
}

/* Is anything wrong, and known by name, in what begins with this token? */
bool broken_within(Parser *p, uint16_t mode, uint32_t first)
{
    Diag found = {.type = NULL};
    Parser q = *p;
    if (p->nested)
        return false;
    q.diag = &found;
    q.nested = 1;
    q.nested_from = first;
    q.known = 0;
    q.as_group = NULL;
    grammar_run(&q, mode, first, p->tokens.count);
    p->lexer_wins |= q.lexer_wins || (p->cut && q.at == p->tokens.count && !q.failed);
    if (!p->lexer_wins && (!found.type || q.generic))
        return false;
    *p->diag = found;
    return p->failed = true;
}

/* Does an `in` of its own stand between here and the token at fault? */
static bool behind_in(const Parser *p, uint32_t i)
{
    unsigned inner = 0;
    for (; i < p->at; i++) {
        uint16_t k = kind_at(p, i);
        inner += k == TK_LPAREN || k == TK_LBRACKET || k == TK_LBRACE || k == TK_FSTRING_START;
        inner -= inner && (k == TK_RPAREN || k == TK_RBRACKET || k == TK_RBRACE || k == TK_FSTRING_END);
        if (!inner && k == TK_IN)
            return true;
    }
    return false;
}

/* for f(): what cannot be a target goes before the missing in. */
static bool broken_for(Parser *p, const Surroundings *s)
{
    Expr e;
    uint32_t next;
    uint32_t first = s->keyword + 1;
    if (kind_at(p, s->keyword) != TK_FOR) {
        if (s->open == NOWHERE || (first = look_open_for(p, s->open)) == NOWHERE)
            return false;
        first++;
    }
    if (first > p->at || behind_in(p, first))
        return false;
    if (first < p->at && broken_within(p, TK_MODE_LIST, first))
        return true;
    if (!look_probe(p, TK_MODE_LIST, first, &e, &next))
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
        || next != p->at || !look_probe(p, TK_MODE_EXPR, p->at + 1, &value, &end)
        || (e.node->kind == AST_NAME && !e.node->parens))
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
    if (kind_at(p, s->line) == TK_CASE || is_word(p, token_no(p, s->line), "match"))
        return false;       /* a match statement would have taken them */
    uint8_t kind = e.node->kind;
    return kind != AST_NAME && kind != AST_ATTRIBUTE && kind != AST_SUBSCRIPT
        && error_at(p, token_no(p, next), "invalid syntax");
}

/* [a for b]: CPython asks for the in of comprehensions only. */
static bool missing_in(Parser *p, Token t, const Surroundings *s)
{
    Surroundings around = *s;
    Expr e;
    uint32_t next;
    while (around.open != NOWHERE) {
        uint32_t i = look_open_for(p, around.open);
        if (i != NOWHERE && i + 1 < p->at && look_probe(p, TK_MODE_LIST, i + 1, &e, &next)
            && (around.open == s->open || is_name(kind_at(p, i + 1))))
            return error_at(p, t, "'in' expected after for-loop variables");
        look_around(p, around.open, &around);
    }
    return false;
}

/* "f() = <something broken>": the target goes first. A yield, or another target than the first one, does so
 * before CPython reads what is behind the equal sign. */
static bool broken_target(Parser *p, const Surroundings *s, bool early)
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
        bool yields = e.node->kind == AST_YIELD || e.node->kind == AST_YIELD_FROM;
        if (!early || equals || yields)
            check_targets(p, e.node, equals == 0, kind_at(p, end) == TK_EQUAL ? 0 : operand.end);
        if (p->failed)
            return true;
        equals++;
        first = next + 1;
    }
    return false;
}

/* What follows an operand may be broken itself: CPython reads on from there, as if the name before were a
 * print without parentheses, and so finds the mistakes behind. */
bool broken_further(Parser *p)
{
    enum { FAR_ENOUGH = 40 };
    Expr a;
    Diag found = {.type = NULL};
    Parser q = *p;
    if (p->nested >= FAR_ENOUGH || kind_at(p, p->at) == TK_YIELD || !operand_before(p, &a))
        return false;
    bool name = a.node->kind == AST_NAME && !a.node->parens && kind_at(p, p->at) != TK_LPAREN;
    q.diag = &found;
    q.nested++;
    q.nested_from = p->at;
    q.known = p->known;
    q.probing = !name;
    q.as_group = NULL;
    grammar_run(&q, name ? TK_MODE_LIST : TK_MODE_EXPR, p->at, p->tokens.count);
    if (p->cut && q.at == p->tokens.count && !q.failed) {
        p->failed = p->lexer_wins = true;
        return true;
    }
    p->lexer_wins |= q.lexer_wins;
    look_saw(p, q.at > q.furthest ? q.at : q.furthest);
    if (!name || !found.type || q.generic)
        return false;
    *p->diag = found;
    return p->failed = true;
}

static bool is_target(const Ast *e)
{
    switch (e->kind) {
    case AST_NAME: case AST_ATTRIBUTE: case AST_SUBSCRIPT: case AST_TUPLE: case AST_LIST: return true;
    default: return false;
    }
}

/* The token behind a list of targets, which our grammar reads as expressions. */
static uint32_t behind_targets(Parser *p, uint32_t i)
{
    Expr e;
    uint32_t next;
    while (i < p->at) {
        i += kind_at(p, i) == TK_STAR;
        if (!look_probe(p, TK_MODE_BITOR, i, &e, &next) || !is_target(e.node))
            return p->at;
        if (kind_at(p, next) != TK_COMMA)
            return next;
        i = next + 1;
    }
    return p->at;
}

/* The token behind what may be deleted: names, attributes and so on between commas. */
static uint32_t behind_deleted(const Parser *p, uint32_t i)
{
    unsigned inner = 0;
    for (bool begins = true; i < p->at; i++) {
        uint16_t k = kind_at(p, i);
        bool opens = k == TK_LPAREN || k == TK_LBRACKET, closes = k == TK_RPAREN || k == TK_RBRACKET;
        if (!inner && (begins ? !is_name(k) && !opens : !opens && k != TK_DOT && k != TK_COMMA))
            break;
        inner += opens;
        inner -= closes && inner;
        begins = !inner && (k == TK_COMMA || k == TK_DOT);
    }
    return i;
}

/* foo(): <something broken>: the colon, since no annotation may follow what is no target. */
static uint32_t wrong_annotation(Parser *p, uint32_t first)
{
    Expr e;
    uint32_t next;
    unsigned inner = 0;
    if (is_word(p, token_no(p, first), "match") || kind_at(p, first) == TK_CASE)
        return NOWHERE;
    if (kind_at(p, p->at - 1) == TK_COLON)
        for (uint32_t i = first; i + 1 < p->at; i++) {          /* in the block of the same line */
            uint16_t k = kind_at(p, i);
            inner += k == TK_LPAREN || k == TK_LBRACKET || k == TK_LBRACE || k == TK_FSTRING_START;
            inner -= inner && (k == TK_RPAREN || k == TK_RBRACKET || k == TK_RBRACE || k == TK_FSTRING_END);
            if (!inner && k == TK_COLON)
                first = i + 1;
        }
    return look_probe(p, TK_MODE_LIST, first, &e, &next) && next < p->at && kind_at(p, next) == TK_COLON
        && e.node->kind != AST_NAME && e.node->kind != AST_ATTRIBUTE && e.node->kind != AST_SUBSCRIPT ? next : NOWHERE;
}

/* "f() += <something broken>": the operator, behind which CPython does not get. */
static uint32_t wrong_augmented(Parser *p, const Surroundings *s)
{
    Expr e;
    uint32_t next;
    if (!look_probe(p, TK_MODE_LIST, s->line, &e, &next) || next >= p->at || e.node->kind == AST_NAME
        || e.node->kind == AST_ATTRIBUTE || e.node->kind == AST_SUBSCRIPT)
        return NOWHERE;
    switch (kind_at(p, next)) {
    case TK_PLUSEQUAL: case TK_MINEQUAL: case TK_STAREQUAL: case TK_ATEQUAL: case TK_SLASHEQUAL:
    case TK_DOUBLESLASHEQUAL: case TK_PERCENTEQUAL: case TK_DOUBLESTAREQUAL: case TK_LEFTSHIFTEQUAL:
    case TK_RIGHTSHIFTEQUAL: case TK_AMPEREQUAL: case TK_VBAREQUAL: case TK_CIRCUMFLEXEQUAL:
        return next;
    default:
        return NOWHERE;
    }
}

/* "f() += 1 <something>": the value is complete, and CPython looks no further. */
static bool wrong_operator(Parser *p, uint32_t operator, const Surroundings *s)
{
    Expr target, value;
    uint32_t next;
    if (kind_at(p, s->line) == TK_YIELD || !look_probe(p, TK_MODE_LIST, operator + 1, &value, &next)
        || !look_probe(p, TK_MODE_LIST, s->line, &target, &next))
        return false;
    p->generic = false;
    syntax_error(p, target.node->start, target.node->end, "'%s' is an illegal expression for augmented assignment",
                 expr_name(target.node));
    return true;
}

/* case C(a=b, c <anything>): the positional patterns behind, closed brackets or not. */
static bool late_pattern(Parser *p, const Surroundings *s)
{
    bool keyword = false;
    unsigned inner = 0;
    if (s->kind != IN_CALL)
        return false;
    for (uint32_t i = s->open + 1; i < p->at; i++) {
        uint16_t k = kind_at(p, i), before = kind_at(p, i - 1);
        if (!inner && (before == TK_COMMA || i == s->open + 1)) {
            bool names = is_name(k) && kind_at(p, i + 1) == TK_EQUAL;
            if (keyword && !names)
                return error_range(p, token_no(p, i).start, token_no(p, p->at - 1).end,
                                   "positional patterns follow keyword patterns");
            keyword |= names;
        }
        inner += k == TK_LPAREN || k == TK_LBRACKET || k == TK_LBRACE;
        inner -= inner && (k == TK_RPAREN || k == TK_RBRACKET || k == TK_RBRACE);
    }
    return false;
}

/* Is the token at fault part of a pattern? No question of expressions is asked there. */
static bool in_pattern(const Parser *p, const Surroundings *s)
{
    if (kind_at(p, s->line) != TK_CASE)
        return false;
    unsigned inner = 0;
    for (uint32_t i = s->line; i < p->at; i++) {
        uint16_t k = kind_at(p, i);
        if (k == TK_IF || k == TK_FSTRING_START || (k == TK_COLON && !inner))
            return false;
        inner += k == TK_LPAREN || k == TK_LBRACKET || k == TK_LBRACE;
        inner -= inner && (k == TK_RPAREN || k == TK_RBRACKET || k == TK_RBRACE);
    }
    return true;
}

/* [f() := <something>]: the token, before which CPython's grammar takes nothing but a name. */
static uint32_t wrong_walrus(const Parser *p, uint32_t begin)
{
    for (uint32_t i = p->at; i-- > begin + 1;) {
        if (kind_at(p, i) != TK_COLONEQUAL)
            continue;
        switch (is_name(kind_at(p, i - 1)) ? kind_at(p, i - 2) : TK_DOT) {
        case TK_LPAREN: case TK_LBRACKET: case TK_LBRACE: case TK_COMMA: case TK_COLON: case TK_IF: case TK_ELIF:
        case TK_WHILE: case TK_AT: case TK_MATCH: case TK_IN: case TK_NEWLINE: case TK_INDENT: case TK_DEDENT:
            break;
        default:
            return i;
        }
    }
    return NOWHERE;
}

/* f(a, b for <something>): the clauses of a comprehension follow the first element of brackets only. */
static Token late_clause(const Parser *p, const Surroundings *s, Token t)
{
    bool second = false;
    unsigned inner = 0;
    if (s->kind != IN_CALL && s->kind != IN_GROUP && s->kind != IN_LIST && s->kind != IN_BRACES)
        return t;
    for (uint32_t i = s->open + 1; i < p->at; i++) {
        uint16_t k = kind_at(p, i);
        inner += k == TK_LPAREN || k == TK_LBRACKET || k == TK_LBRACE || k == TK_FSTRING_START;
        inner -= inner && (k == TK_RPAREN || k == TK_RBRACKET || k == TK_RBRACE || k == TK_FSTRING_END);
        second |= !inner && k == TK_COMMA;
        if (!inner && (k == TK_FOR || k == TK_ASYNC))
            return second ? token_no(p, i) : t;
    }
    return t;
}

/* The token that CPython's grammar refuses may come before ours: `as` in brackets, operators in targets. */
static Token first_stop(Parser *p, Token t, const Surroundings *s)
{
    uint16_t keyword = kind_at(p, s->keyword);
    uint32_t begin = s->open == NOWHERE ? s->keyword : s->open + 1, as = NOWHERE;
    for (uint32_t i = begin; i < p->at; i++)
        if (kind_at(p, i) == TK_AS)
            as = i;
        else if (kind_at(p, i) == TK_COMMA)
            as = NOWHERE;
    if (s->open != NOWHERE && as != NOWHERE && keyword != TK_WITH && keyword != TK_FROM && keyword != TK_CASE)
        return token_no(p, as);
    if (s->open == NOWHERE && (keyword == TK_FOR || (keyword == TK_WITH && as != NOWHERE))) {
        uint32_t next = behind_targets(p, keyword == TK_FOR ? s->keyword + 1 : as + 1);
        next += kind_at(p, next) == TK_DOT && next < p->at;
        if (kind_at(p, next) != (keyword == TK_FOR ? TK_IN : TK_COLON))
            return token_no(p, next);
    }
    if (keyword == TK_DEL)
        return token_no(p, behind_deleted(p, s->keyword + 1));
    uint32_t operator = wrong_augmented(p, s);
    if (operator != NOWHERE)
        return token_no(p, operator);
    uint32_t colon = wrong_annotation(p, s->line);
    if (colon != NOWHERE)
        return token_no(p, colon);
    uint32_t walrus = wrong_walrus(p, begin);
    return walrus != NOWHERE ? token_no(p, walrus) : late_clause(p, s, t);
}

void explain(Parser *p)
{
    Surroundings s;
    Token t = token_no(p, p->at);
    if (p->failed)
        return;
    p->error_at = t.start;
    p->explaining = true;
    if (p->probing) {
        p->failed = true;
        return;
    }
    if (missing_block(p, t))
        return;
    if (p->at == 0) {
        if (!wrong_indent(p, t))
            invalid_syntax(p, t);
        return;
    }
    look_around(p, p->at, &s);
    if (p->nested && s.open != NOWHERE && s.open >= p->nested_from
        && p->known && s.open <= p->known) {
        p->generic = true;
        error_at(p, t, "invalid syntax");
        return;
    }
    if (in_pattern(p, &s)) {
        bool behind_rest = s.kind == IN_BRACES && s.commas && kind_at(p, s.element - 3) == TK_DOUBLESTAR;
        if (!missing_token(p, t, &s) && !late_pattern(p, &s))
            invalid_syntax(p, behind_rest ? token_no(p, s.element) : t);
        return;
    }
    bool alias = kind_at(p, s.line) == TK_TYPE && p->at > s.line + 1;     /* CPython tries its name as what follows one */
    if ((alias && broken_within(p, TK_MODE_LIST, s.line + 1)) || bare_lambda(p, t) || broken_params(p, t, &s)
        || missing_token(p, t, &s) || broken_target(p, &s, true)
        || broken_comprehension(p, t, &s) || broken_dict(p, t, &s) || broken_group(p, t, &s)
        || broken_argument(p, t, &s) || broken_operand(p, t, &s) || broken_field(p, t, &s)
        || missing_in(p, t, &s) || broken_import(p, t, &s) || broken_except(p, t, &s)
        || broken_type_params(p, t, &s) || broken_target(p, &s, false) || broken_star(p, t, &s)
        || broken_walrus(p, t, &s) || broken_for(p, &s) || wrong_indent(p, t)
        || broken_annotation(p, &s) || broken_def(p, &s)
        || outer_field(p, &s) || positional_behind(p, t, &s))
        return;
    Token stop = first_stop(p, t, &s);
    uint32_t operator = wrong_augmented(p, &s);
    p->generic = true;
    if (operator != NOWHERE && !p->nested && wrong_operator(p, operator, &s))
        return;
    if (stop.start < t.start)
        look_only_to(p, stop.start);
    invalid_syntax(p, stop);
}
