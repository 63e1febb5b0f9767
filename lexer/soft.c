/* SPDX-License-Identifier: MIT
 * Soft keywords: match, case and type are names, and keywords where the rest of their statement says so.
 * CPython's parser tries the keyword first and takes the name when that fails; here one pass over each
 * logical line decides. Where the line is wrong either way, the choice is the one whose error is plainer. */
#include "lexer/scan.h"

#include "gen/token_codes.h"

typedef struct Soft {
    const Source *src;
    Token *at, *end;
    bool in_match[MAX_INDENTS + 1];     /* is the block of this depth the body of a match? */
    uint32_t depth;
} Soft;

static bool is_word(const Soft *s, const Token *t, const char *word)
{
    size_t n = strlen(word);
    return t->kind == TK_NAME && t->end - t->start == n && memcmp(s->src->text + t->start, word, n) == 0;
}

static bool opens(const Token *t)
{
    return t->kind == TK_LPAREN || t->kind == TK_LBRACKET || t->kind == TK_LBRACE;
}

static bool closes(const Token *t)
{
    return t->kind == TK_RPAREN || t->kind == TK_RBRACKET || t->kind == TK_RBRACE;
}

static bool ends_line(const Token *t) { return t->kind == TK_NEWLINE || t->kind == TK_ENDMARKER; }

/* The colon that ends a header: outside brackets, and no lambda's. NULL when the statement has none. */
static Token *header_colon(const Soft *s, Token *t)
{
    uint32_t brackets = 0, lambdas = 0;
    for (; t < s->end && !ends_line(t); t++) {
        if (opens(t))
            brackets++;
        else if (closes(t))
            brackets -= brackets > 0;
        else if (brackets)
            continue;
        else if (t->kind == TK_SEMI)
            return NULL;
        else if (t->kind == TK_LAMBDA)
            lambdas++;
        else if (t->kind == TK_COLON && lambdas-- == 0)
            return t;
    }
    return NULL;
}

/* May this token begin an expression, and never go on after a name? */
static bool only_begins(const Token *t, const Token *next)
{
    switch (t->kind) {
    case TK_NAME: case TK_NUMBER: case TK_STRING: case TK_FSTRING_START: case TK_NONE: case TK_TRUE:
    case TK_FALSE: case TK_LBRACE: case TK_TILDE: case TK_LAMBDA: case TK_AWAIT: case TK_ELLIPSIS:
        return true;
    case TK_NOT:
        return next->kind != TK_IN;
    default:
        return false;
    }
}

static bool may_begin(const Token *t)
{
    switch (t->kind) {
    case TK_LPAREN: case TK_LBRACKET: case TK_MINUS: case TK_PLUS: case TK_STAR:
        return true;
    default:
        return false;
    }
}

/* "match x" can only be the statement; "match (x)" is one when a colon ends its line. */
static bool is_match(const Soft *s, Token *t)
{
    if (s->end - t < 3)
        return false;
    if (only_begins(t + 1, t + 2))
        return true;
    if (!may_begin(t + 1))
        return false;
    const Token *colon = header_colon(s, t + 1);
    return colon && colon + 1 < s->end && colon[1].kind == TK_NEWLINE;
}

static bool begins_block(const Token *t)
{
    switch (t->kind) {
    case TK_IF: case TK_ELIF: case TK_ELSE: case TK_WHILE: case TK_FOR: case TK_TRY: case TK_EXCEPT:
    case TK_FINALLY: case TK_WITH: case TK_CLASS: case TK_DEF: case TK_ASYNC: case TK_MATCH: case TK_CASE:
        return true;
    default:
        return false;
    }
}

/* Decides the word at the start of a statement. True: the statement is a match. */
static bool decide(Soft *s, Token *t, bool first)
{
    if (t->kind != TK_NAME || s->end - t < 2)
        return false;
    if (is_word(s, t, "type") && t[1].kind == TK_NAME) {
        t->kind = TK_TYPE;
    } else if (first && s->in_match[s->depth] && is_word(s, t, "case")) {
        t->kind = TK_CASE;
    } else if (first && is_word(s, t, "match") && is_match(s, t)) {
        t->kind = TK_MATCH;
        return true;
    }
    return false;
}

/* Decides the statements of the logical line at s->at and moves past it. True: it is a match's header. */
static bool soft_line(Soft *s)
{
    Token *t = s->at;
    bool is_header = decide(s, t, true);
    if (begins_block(t)) {
        Token *colon = header_colon(s, t);
        if (colon) {
            t = colon + 1;
            if (t < s->end)
                decide(s, t, false);
        }
    }
    for (uint32_t brackets = 0; t < s->end && !ends_line(t); t++) {
        if (opens(t))
            brackets++;
        else if (closes(t))
            brackets -= brackets > 0;
        else if (t->kind == TK_SEMI && !brackets && t + 1 < s->end)
            decide(s, t + 1, false);
    }
    s->at = t < s->end ? t + 1 : t;
    return is_header;
}

void soft_keywords(const Source *src, Token *tokens, uint32_t count)
{
    Soft s = { .src = src, .at = tokens, .end = tokens + count };
    bool after_header = false;
    while (s.at < s.end) {
        if (s.at->kind == TK_INDENT) {
            s.in_match[++s.depth] = after_header;
            s.at++;
        } else if (s.at->kind == TK_DEDENT) {
            s.depth -= s.depth > 0;
            s.at++;
        } else {
            after_header = soft_line(&s);
        }
    }
}
