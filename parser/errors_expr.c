/* SPDX-License-Identifier: MIT
 * Errors of grammar inside expressions: see errors.h. */
#include "parser/errors.h"

/* ---- f-strings ---- */

/* What follows the longest expression that a field may begin with, wherever the parser stopped. */
bool outer_field(Parser *p, const Surroundings *s)
{
    Expr e;
    uint32_t next;
    if (s->field == NOWHERE)
        return false;
    if (!look_probe(p, TK_MODE_LIST, s->field + 1, &e, &next))
        return error_at(p, token_no(p, s->field + 1), "f-string: expecting a valid expression after '{'");
    switch (kind_at(p, next)) {
    case TK_EQUAL: case TK_EXCLAMATION: case TK_COLON: case TK_RBRACE:
        return false;
    default:
        return next < p->at
            && error_at(p, token_no(p, next), "f-string: expecting '=', or '!', or ':', or '}'");
    }
}

bool broken_field(Parser *p, Token t, const Surroundings *s)
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
    if (outer_field(p, s))
        return true;
    if (before == TK_EQUAL && next + 1 == p->at)
        return error_at(p, t, "f-string: expecting '!', or ':', or '}'");
    if (kind_at(p, p->at - 2) == TK_EXCLAMATION)
        return error_at(p, t, "f-string: expecting ':' or '}'");
    if (s->colon != NOWHERE)
        return error_at(p, t, "f-string: expecting '}', or format specs");
    return false;
}

bool bare_lambda(Parser *p, Token t)
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
bool operand_before(const Parser *p, Expr *e)
{
    *e = p->last_disj;
    return p->at > 0 && e->node && e->end == token_no(p, p->at - 1).end && kind_at(p, p->at - 1) != TK_NEWLINE;
}

/* The same behind the star that an element of brackets begins with. */
static bool starred_before(Parser *p, const Surroundings *s, Expr *e)
{
    uint32_t next;
    return s->open != NOWHERE && s->kind != IN_PARAMS && s->kind != IN_FIELD
        && (s->kind == IN_CALL || s->kind == IN_SUBSCRIPT || !s->commas) && kind_at(p, s->element) == TK_STAR &&
            look_probe(p, TK_MODE_EXPR, s->element + 1, e, &next) && next == p->at;
}

/* type X[T y]: the brackets may be a subscript, for all that CPython knows. */
static bool alias_param_before(Parser *p, const Surroundings *s, Expr *e)
{
    uint32_t next;
    return s->open != NOWHERE && s->open >= 2 && kind_at(p, s->open) == TK_LBRACKET && kind_at(p, s->open - 2) == TK_TYPE &&
        look_probe(p, TK_MODE_EXPR, s->element, e, &next) && next == p->at;
}

/* CPython's places of nodes know nothing of parentheses around. */
static uint32_t half_start(const Ast *n) { return ((const AstIfExp *)n)->body->start; }
static uint32_t half_end(const Ast *n) { return ((const AstIfExp *)n)->test->end; }

static bool missing_else(Parser *p, Token t)
{
    Expr half = p->half_if;
    if (!half.node || p->at == 0 || half.end != token_no(p, p->at - 1).end || t.kind == TK_ELSE
        || t.kind == TK_COLON)
        return false;
    return error_range(p, half_start(half.node), half_end(half.node), "expected 'else' after 'if' expression");
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
    if (look_runs_out(p, TK_MODE_EXPR, p->at))
        return p->failed = p->lexer_wins = true;
    if (!look_probe(p, TK_MODE_EXPR, p->at, &e, &next))
        return false;
    while (e.node->kind == AST_BOOL_OP && !e.node->parens)
        e.node = ((AstBoolOp *)e.node)->values->items[0];
    if (e.node->kind != AST_UNARY_OP)
        return false;
    return error_range(p, t.start, e.node->end, "'not' after an operator must be parenthesized");
}

static bool is_print(const Parser *p, const Ast *e)
{
    Token t = {TK_NAME, e->start, e->end};
    return e->kind == AST_NAME && (is_word(p, t, "print") || is_word(p, t, "exec"));
}

static bool is_legacy(const Parser *p, const Ast *e) { return is_print(p, e) && !e->parens; }

/* print "x": the operand must begin an expression and another one follow. */
static bool legacy_statement(Parser *p, const Expr *a)
{
    Expr b;
    uint32_t next;
    if (!is_legacy(p, a->node) || kind_at(p, p->at) == TK_LPAREN || kind_at(p, p->at) == TK_YIELD)
        return false;
    if (broken_further(p))
        return true;
    if (!look_probe(p, TK_MODE_LIST, p->at, &b, &next))
        return false;
    int n = (int)(a->node->end - a->node->start);
    const char *name = p->src->text + a->node->start;
    syntax_error(p, a->start, b.end, "Missing parentheses in call to '%.*s'. Did you mean %.*s(...)?", n,
                 name, n, name);
    return true;
}

/* As CPython compares: the beginning of a soft keyword counts as one. */
static bool is_soft_keyword(const Parser *p, Token t)
{
    static const char *const words[] = {"_", "case", "match", "type"};
    size_t n = t.end - t.start;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (n <= strlen(words[i]) && memcmp(words[i], p->src->text + t.start, n) == 0)
            return is_name(t.kind);
    return false;
}

/* Are the elements before pairs? */
static bool in_dict(const Parser *p, const Surroundings *s)
{
    unsigned inner = 0;
    for (uint32_t i = s->open + 1; i < p->at; i++) {
        if (kind_at(p, i) == TK_DOUBLESTAR && !inner && (i == s->open + 1 || kind_at(p, i - 1) == TK_COMMA))
            return true;
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

/* m['a'] x: where the operand begins with a name that might be a soft keyword, CPython tries what is behind it. */
static bool behind_soft_keyword(Parser *p, Token first, Expr *a)
{
    uint32_t next, i = p->at;
    while (i > 0 && token_no(p, i - 1).start > first.start)
        i--;
    return i < p->at && kind_at(p, i) != TK_LPAREN && kind_at(p, i) != TK_STRING && look_probe(p, TK_MODE_EXPR, i, a, &next)
        && next == p->at;
}

static bool missing_comma(Parser *p, const Surroundings *s, const Expr *operand)
{
    Expr part = *operand, b;
    const Expr *a = &part;
    uint32_t next;
    Token first = token_from(p, operand->start, token_no(p, p->at));
    if (is_name(first.kind) && token_from(p, first.end, first).kind == TK_STRING)
        return false;
    if (is_soft_keyword(p, first) && !behind_soft_keyword(p, first, &part))
        return false;
    if (look_runs_out(p, TK_MODE_EXPR, p->at)) {
        p->lexer_wins = true;
        return p->failed = true;
    }
    if (!look_probe(p, TK_MODE_EXPR, p->at, &b, &next))
        return false;
    p->known = next;
    if (s->open == NOWHERE || is_print(p, a->node))
        return false;
    return error_range(p, a->node->start, b.node->end, "invalid syntax. Perhaps you forgot a comma?");
}

/* ---- = where == or := may be meant ---- */

static bool takes_named(const Parser *p, const Surroundings *s, uint32_t first)
{
    uint16_t before = first ? kind_at(p, first - 1) : 0;
    switch (s->kind) {
    case IN_GROUP: case IN_LIST:
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
    if ((p->nested && (s->open == NOWHERE || s->open < p->nested_from)) || !takes_named(p, s, first))
        return false;
    bool plain_name = a->node->kind == AST_NAME && !a->node->parens;
    if (!plain_name && !begins_comparison(a->node))
        return false;
    uint16_t after = kind_at(p, p->at + 1);
    if (after != TK_NOT && after != TK_LAMBDA && look_runs_out(p, TK_MODE_BITOR, p->at + 1))
        return p->failed = p->lexer_wins = true;
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

/* The operand that ends before this token, of those the parser has passed already: by parsing up to there again. */
static bool operand_before_token(Parser *p, uint32_t at, Expr *a)
{
    static const uint16_t modes[] = {TK_MODE_FILE, TK_MODE_SINGLE, TK_MODE_EVAL, TK_MODE_SINGLE};
    uint16_t kind = kind_at(p, at);
    if (!at || !look_ends_operand(kind_at(p, at - 1)))
        return false;
    Diag ignored = {.type = NULL};
    Parser q = *p;
    q.diag = &ignored;
    q.probing = true;
    q.as_group = NULL;
    q.tokens.items[at].kind = TK_BAD;
    grammar_run(&q, p->nested ? TK_MODE_LIST : modes[p->mode], p->nested ? p->nested_from : 0, at + 1);
    q.tokens.items[at].kind = kind;
    return q.at == at && operand_before(&q, a);
}

/* a not b: the parser took the not for the beginning of `not in`; CPython sees two expressions. */
static bool operand_before_not(Parser *p, Expr *a)
{
    return p->at > 1 && kind_at(p, p->at - 1) == TK_NOT && operand_before_token(p, p->at - 1, a);
}

/* (a[ ] b): what is broken as a subscript or a call may be a list or a group of its own. */
static bool broken_trailer(Parser *p, const Surroundings *s)
{
    enum { DEEP_ENOUGH = 8 };       /* each attempt costs a parse */
    Surroundings around = *s;
    Expr a;
    for (int i = 0; i < DEEP_ENOUGH && around.open != NOWHERE; i++, look_around(p, around.open, &around)) {
        bool trailer = around.kind == IN_CALL || around.kind == IN_SUBSCRIPT;
        if (!trailer || (p->nested && around.open <= p->nested_from) || !operand_before_token(p, around.open, &a))
            continue;
        uint32_t at = p->at;
        p->at = around.open;
        Surroundings outer;
        look_around(p, around.open, &outer);
        bool told = missing_comma(p, &outer, &a);
        p->at = at;
        if (told)
            return true;
    }
    return false;
}

/* a, b c = d: CPython tries the b and the c as elements of what might be annotated, and these may be named. */
static bool broken_elements(Parser *p, const Surroundings *s)
{
    Expr first, more, value;
    uint32_t next, end;
    if (p->nested || s->open != NOWHERE || !s->commas || !look_probe(p, TK_MODE_EXPR, s->line, &first, &next)
        || kind_at(p, next) != TK_COMMA || !look_probe(p, TK_MODE_LIST, p->at, &more, &next))
        return false;
    Ast *last = more.node;
    if (last->kind == AST_TUPLE && !last->parens && ((AstTuple *)last)->elts->count)
        last = ((AstTuple *)last)->elts->items[((AstTuple *)last)->elts->count - 1];
    if (kind_at(p, next) == TK_COLON)
        return look_probe(p, TK_MODE_EXPR, next + 1, &value, &end)
            && error_range(p, first.node->start, first.node->end, "only single target (not tuple) can be annotated");
    if (kind_at(p, next) != TK_EQUAL || !look_probe(p, TK_MODE_BITOR, next + 1, &value, &end)
        || kind_at(p, end) == TK_EQUAL || kind_at(p, end) == TK_COLONEQUAL)
        return false;
    if (last->kind == AST_NAME && !last->parens)
        return error_range(p, last->start, value.end, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
    if (!begins_comparison(last))
        return false;
    syntax_error(p, last->start, last->end, "cannot assign to %s here. Maybe you meant '==' instead of '='?",
                 expr_name(last));
    return true;
}

/* (a if b and): the condition goes as far as it can, and then there is no else. */
static bool condition_within(Parser *p, const Surroundings *s)
{
    Expr a, b;
    uint32_t next, at = NOWHERE;
    unsigned inner = 0;
    for (uint32_t i = s->open == NOWHERE ? s->line : s->open + 1; i < p->at; i++) {
        uint16_t k = kind_at(p, i);
        inner += k == TK_LPAREN || k == TK_LBRACKET || k == TK_LBRACE || k == TK_FSTRING_START;
        inner -= inner && (k == TK_RPAREN || k == TK_RBRACKET || k == TK_RBRACE || k == TK_FSTRING_END);
        if (!inner && k == TK_FOR && s->open != NOWHERE)
            return false;
        if (!inner && (k == TK_IF || k == TK_ELSE || k == TK_COMMA))
            at = k == TK_IF && i > s->line ? i : NOWHERE;
    }
    if (at == NOWHERE || at + 1 >= p->at || !operand_before_token(p, at, &a)
        || !look_probe(p, TK_MODE_EXPR, at + 1, &b, &next) || kind_at(p, next) == TK_ELSE
        || kind_at(p, next) == TK_COLON || b.node->kind == AST_IF_EXP)
        return false;
    return error_range(p, a.node->start, b.node->end, "expected 'else' after 'if' expression");
}

/* The same of a condition in which the token at fault lies deeper in brackets. */
static bool broken_condition(Parser *p, const Surroundings *s)
{
    Surroundings around = *s;
    while (!condition_within(p, &around)) {
        if (around.open == NOWHERE || (p->nested && around.open <= p->nested_from))
            return false;
        look_around(p, around.open, &around);
    }
    return true;
}

bool broken_operand(Parser *p, Token t, const Surroundings *s)
{
    Expr a;
    if (missing_else(p, t) || not_behind_operator(p, t))
        return true;
    if (operand_before_not(p, &a)) {
        p->at--;
        bool told = missing_comma(p, s, &a) || legacy_statement(p, &a);
        p->at++;
        return told;
    }
    if (!operand_before(p, &a))
        return ((starred_before(p, s, &a) || alias_param_before(p, s, &a)) && missing_comma(p, s, &a))
            || broken_condition(p, s) || broken_trailer(p, s) || broken_elements(p, s);
    return wrong_equal(p, t, s, &a) || missing_comma(p, s, &a)
        || (is_legacy(p, a.node) ? legacy_statement(p, &a) : broken_further(p))
        || broken_condition(p, s) || broken_trailer(p, s) || broken_elements(p, s);
}

/* ---- displays and calls ---- */

/* [async] for targets in iterable; *end: where that ends. */
static bool clause_at(Parser *p, uint32_t i, uint32_t *end)
{
    Expr e = {NULL, 0, 0};
    uint32_t next;
    *end = 0;
    i += kind_at(p, i) == TK_ASYNC;
    if (kind_at(p, i) != TK_FOR)
        return false;
    for (i++; look_probe(p, TK_MODE_BITOR, i + (kind_at(p, i) == TK_STAR), &e, &next); i = next + 1) {
        if (kind_at(p, next) == TK_IN) {
            bool there = look_probe(p, TK_MODE_EXPR, next + 1, &e, &next);
            *end = e.end;
            return there;
        }
        if (kind_at(p, next) != TK_COMMA)
            return false;
    }
    bool there = kind_at(p, i) == TK_IN && look_probe(p, TK_MODE_EXPR, i + 1, &e, &next);
    *end = e.end;
    return there;
}

static bool begins_clause(Parser *p, uint32_t i)
{
    uint32_t end;
    return clause_at(p, i, &end);
}

/* f(a, b for c in d <something broken>) */
static bool bare_generator(Parser *p, const Surroundings *s)
{
    uint32_t begin = s->open + 1, end, next;
    unsigned inner = 0;
    Expr e;
    for (uint32_t i = begin; i < p->at; i++) {
        uint16_t k = kind_at(p, i);
        inner += k == TK_LPAREN || k == TK_LBRACKET || k == TK_LBRACE || k == TK_FSTRING_START;
        inner -= inner && (k == TK_RPAREN || k == TK_RBRACKET || k == TK_RBRACE || k == TK_FSTRING_END);
        if (!inner && k == TK_COMMA)
            begin = i + 1;
        if (inner || (k != TK_FOR && k != TK_ASYNC))
            continue;
        if (begin == s->open + 1 || !look_probe(p, TK_MODE_EXPR, begin + (kind_at(p, begin) == TK_STAR), &e, &next)
            || next != i || !clause_at(p, i, &end))
            return false;
        for (uint32_t more = end; i < p->at; end = more) {      /* what follows: other clauses, conditions */
            while (i < p->at && token_no(p, i).start < end)
                i++;
            if (kind_at(p, i) == TK_IF ? !look_probe(p, TK_MODE_EXPR, i + 1, &e, &next) : !clause_at(p, i, &more))
                break;
            more = kind_at(p, i) == TK_IF ? e.end : more;
        }
        return error_range(p, token_no(p, begin).start, end, "Generator expression must be parenthesized");
    }
    return false;
}


bool broken_comprehension(Parser *p, Token t, const Surroundings *s)
{
    if ((t.kind != TK_FOR && t.kind != TK_ASYNC) || (s->kind != IN_LIST && s->kind != IN_BRACES) || !s->commas
        || s->colon != NOWHERE || in_dict(p, s) || !begins_clause(p, p->at))
        return false;
    return error_range(p, token_no(p, s->open + 1).start, token_no(p, p->at - 1).end,
                       "did you forget parentheses around the comprehension target?");
}

/* Does a `for` of its own stand before the element? */
static bool in_comprehension(const Parser *p, const Surroundings *s)
{
    unsigned inner = 0;
    for (uint32_t i = s->open + 1; i < s->element; i++) {
        uint16_t k = kind_at(p, i);
        inner += k == TK_LPAREN || k == TK_LBRACKET || k == TK_LBRACE || k == TK_FSTRING_START;
        inner -= inner && (k == TK_RPAREN || k == TK_RBRACKET || k == TK_RBRACE || k == TK_FSTRING_END);
        if (!inner && k == TK_FOR)
            return true;
    }
    return false;
}

/* {a: b, c <anything but a colon>}: the outermost such key, however deep the token at fault. */
static bool missing_colon(Parser *p, const Surroundings *s)
{
    Surroundings around = *s, found = {.kind = IN_NONE};
    Expr e;
    uint32_t next;
    for (; around.open != NOWHERE; look_around(p, around.open, &around))
        if (around.kind == IN_BRACES && around.commas && around.colon == NOWHERE && around.element < p->at
            && in_dict(p, &around) && !in_comprehension(p, &around))
            found = around;
    if (found.kind == IN_NONE || !look_probe(p, TK_MODE_EXPR, found.element, &e, &next)
        || kind_at(p, next) == TK_COLON)
        return false;
    return error_range(p, e.end - 1, NO_END, "':' expected after dictionary key");
}

bool broken_dict(Parser *p, Token t, const Surroundings *s)
{
    uint16_t before = kind_at(p, p->at - 1);
    Expr e;
    uint32_t next;
    if (missing_colon(p, s))
        return true;
    if (s->kind != IN_BRACES)
        return false;
    if (before == TK_COLON && s->colon == p->at - 1) {
        if (t.kind == TK_RBRACE || t.kind == TK_COMMA)
            return error_at(p, token_no(p, p->at - 1), "expression expected after dictionary key and ':'");
        if (t.kind == TK_STAR && look_probe(p, TK_MODE_BITOR, p->at + 1, &e, &next))
            return error_range(p, t.start, token_no(p, next).end - 1,      /* CPython stops a byte short */
                               "cannot use a starred expression in a dictionary value");
    }
    return false;
}

bool broken_group(Parser *p, Token t, const Surroundings *s)
{
    Expr e;
    uint32_t next;
    if (s->kind != IN_GROUP || t.kind != TK_DOUBLESTAR || p->at != s->open + 1)
        return false;
    if (look_probe(p, TK_MODE_EXPR, p->at + 1, &e, &next) && kind_at(p, next) == TK_RPAREN)
        return error_at(p, t, "cannot use double starred expression here");
    return broken_within(p, TK_MODE_EXPR, p->at + 1);     /* CPython reads on, and finds what is wrong there first */
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

/* f(a.b = <something broken>): CPython does not get to the value. The outermost such argument. */
static bool assigned_argument(Parser *p, const Surroundings *s)
{
    Surroundings around = *s;
    Expr found = {NULL, 0, 0}, e;
    uint32_t next, equal = 0;
    for (; around.open != NOWHERE; look_around(p, around.open, &around)) {
        if (around.kind != IN_CALL || !look_probe(p, TK_MODE_EXPR, around.element, &e, &next) || next >= p->at
            || kind_at(p, next) != TK_EQUAL || (e.node->kind == AST_NAME && !e.node->parens))
            continue;
        found = e;
        equal = next;
    }
    if (!found.node)
        return false;
    bool word = found.node->kind == AST_CONSTANT && !found.node->parens
             && ((AstConstant *)found.node)->value.kind <= CONST_FALSE;
    syntax_error(p, found.node->start, token_no(p, equal).end,
                 word ? "cannot assign to %s" : "expression cannot contain assignment, perhaps you meant \"==\"?",
                 expr_name(found.node));
    return true;
}

bool broken_argument(Parser *p, Token t, const Surroundings *s)
{
    Expr e;
    uint32_t next;
    if (assigned_argument(p, s))
        return true;
    if (s->kind != IN_CALL)
        return false;
    if (bare_generator(p, s))
        return true;
    if (kind_at(p, s->element) == TK_STAR && begins_clause(p, p->at)
        && look_probe(p, TK_MODE_EXPR, s->element + 1, &e, &next) && next == p->at)
        return error_range(p, token_no(p, s->element).start, e.end,
                           "iterable unpacking cannot be used in comprehension");
    if (assigned_unpacking(p, t, s))
        return true;
    if (is_name(kind_at(p, s->element)) && kind_at(p, s->element + 1) == TK_EQUAL && begins_clause(p, p->at))
        return error_range(p, token_no(p, s->element).start, token_no(p, s->element + 1).end,
                           "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
    if (kind_at(p, p->at - 1) == TK_EQUAL && p->at == s->element + 2 && is_name(kind_at(p, s->element))
        && (t.kind == TK_RPAREN || t.kind == TK_COMMA))
        return error_range(p, token_no(p, s->element).start, token_no(p, s->element + 1).end,
                           "expected argument value expression");
    return false;
}

/* Does an element of these brackets, the last one not, begin with ** ; or is it a keyword? */
static bool has_element(const Parser *p, const Surroundings *s, bool keyword)
{
    unsigned inner = 0;
    bool begins = true;
    for (uint32_t i = s->open + 1; i < s->element; i++) {
        uint16_t k = kind_at(p, i);
        if (begins && (k == TK_DOUBLESTAR || (keyword && is_name(k) && kind_at(p, i + 1) == TK_EQUAL)))
            return true;
        inner += k == TK_LPAREN || k == TK_LBRACKET || k == TK_LBRACE || k == TK_FSTRING_START;
        inner -= inner && (k == TK_RPAREN || k == TK_RBRACKET || k == TK_RBRACE || k == TK_FSTRING_END);
        begins = !inner && k == TK_COMMA;
    }
    return false;
}

static bool has_unpacking(const Parser *p, const Surroundings *s) { return has_element(p, s, false); }

/* Is the argument at fault a positional one behind a keyword? */
static bool behind_keyword(const Parser *p, const Surroundings *s)
{
    uint16_t first = kind_at(p, s->element);
    if (s->element >= p->at || first == TK_STAR || first == TK_DOUBLESTAR
        || (is_name(first) && kind_at(p, s->element + 1) == TK_EQUAL))
        return false;
    return has_element(p, s, true);
}

/* A star with nothing to unpack behind it. */
bool broken_star(Parser *p, Token t, const Surroundings *s)
{
    Surroundings around = *s;
    Expr e;
    uint32_t next;
    for (; around.open != NOWHERE; look_around(p, around.open, &around)) {
        bool any = around.kind == IN_CALL || around.kind == IN_SUBSCRIPT;
        bool first = around.kind == IN_GROUP || around.kind == IN_LIST || around.kind == IN_BRACES;
        bool names = kind_at(p, around.open - 1) == TK_IMPORT;
        bool type_params = around.open == around.keyword + 2 && kind_at(p, around.open) == TK_LBRACKET
                        && (kind_at(p, around.keyword) == TK_DEF || kind_at(p, around.keyword) == TK_CLASS);
        if (names || type_params)
            return false;
        if ((any || (first && around.element == around.open + 1)) && kind_at(p, around.element) == TK_STAR
            && !look_probe(p, TK_MODE_EXPR, around.element + 1, &e, &next))
            return error_at(p, t, "Invalid star expression");
    }
    return false;
}

/* f(a=1, b <something broken>): CPython's grammar stops at the b, and names the order when it can read on. */
bool positional_behind(Parser *p, Token t, const Surroundings *s)
{
    Surroundings around = *s, found = {.kind = IN_NONE};
    while (around.open != NOWHERE) {
        if (p->nested && around.open < p->nested_from)
            break;
        if (around.kind == IN_CALL && behind_keyword(p, &around))
            found = around;
        look_around(p, around.open, &around);
    }
    if (found.kind == IN_NONE)
        return false;
    Expr e;
    uint32_t next, first = found.element;
    if (found.open == s->open && look_probe(p, TK_MODE_EXPR, first, &e, &next) && next <= p->at
        && kind_at(p, next) != TK_COLONEQUAL && kind_at(p, next) != TK_EQUAL)
        return error_at(p, p->furthest > p->at ? token_no(p, p->furthest) : t,
                        has_unpacking(p, &found) ? "positional argument follows keyword argument unpacking"
                                                       : "positional argument follows keyword argument");
    return error_at(p, token_no(p, first + is_name(kind_at(p, first))), "invalid syntax");
}
