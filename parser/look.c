/* SPDX-License-Identifier: MIT
 * See look.h. */
#include "parser/look.h"

enum { MAX_OPEN = 256 };

/* CPython has stopped at the token that its grammar refuses; where ours takes more and checks later, that is
 * the one behind what is wrong. */
uint32_t look_reached(const Parser *p, uint32_t end)
{
    uint32_t at = p->explaining && p->furthest > p->at ? p->furthest : p->at;
    if (!p->tokens.count)
        return 0;
    if (at >= p->tokens.count)
        at = p->tokens.count - 1;
    while (!p->explaining && at > 0 && end < NO_PLACE && token_no(p, at - 1).start >= end)
        at--;
    Token t = token_no(p, at);
    uint32_t place = t.kind == TK_NEWLINE ? t.start : t.end;
    return place && place == p->src->len && p->src->text[place - 1] == '\n' ? place - 1 : place;
}

void look_saw(Parser *p, uint32_t at)
{
    if (at > p->furthest)
        p->furthest = at < p->tokens.count ? at : p->tokens.count - 1;
}

void look_only_to(Parser *p, uint32_t place)
{
    while (p->at > 0 && token_no(p, p->at).start > place)
        p->at--;
    p->furthest = p->at;
    p->error_at = token_no(p, p->at).start;
}

static uint32_t line_start(const Parser *p, uint32_t at)
{
    while (at > 0 && p->src->text[at - 1] != '\n' && p->src->text[at - 1] != '\r')
        at--;
    return at;
}

/* Does this line break lie in a token, or behind a backslash that no comment has? */
static bool break_is_joined(const Parser *p, uint32_t at, uint32_t *token)
{
    while (*token > 0 && token_no(p, *token).start > at)
        (*token)--;
    Token t = token_no(p, *token);
    if (t.start > at)
        return false;
    if (t.end > at)
        return t.kind == TK_STRING || t.kind == TK_FSTRING_MIDDLE;
    uint32_t i = t.end;
    while (i < at && (p->src->text[i] == ' ' || p->src->text[i] == '\t'))
        i++;
    return i < at && p->src->text[i] == '\\';
}

uint32_t look_joined_line(const Parser *p, uint32_t reached)
{
    uint32_t token = p->at;
    if (!p->tokens.count)
        return 0;
    uint32_t start = line_start(p, reached);
    while (start > 0 && break_is_joined(p, start - 1, &token))
        start = line_start(p, start - 1);
    return start;
}

uint32_t look_line_begin(const Parser *p, uint32_t i)
{
    while (i > 0) {
        uint16_t k = kind_at(p, i - 1);
        if (k == TK_NEWLINE || k == TK_INDENT || k == TK_DEDENT)
            break;
        i--;
    }
    return i;
}

bool look_ends_operand(uint16_t k)
{
    switch (k) {
    case TK_NAME: case TK_MATCH: case TK_CASE: case TK_TYPE: case TK_NUMBER: case TK_STRING:
    case TK_FSTRING_END: case TK_RPAREN: case TK_RBRACKET: case TK_RBRACE: case TK_NONE: case TK_TRUE:
    case TK_FALSE: case TK_ELLIPSIS:
        return true;
    default:
        return false;
    }
}

static BracketKind bracket_kind(const Parser *p, uint32_t line, uint32_t open)
{
    bool behind_operand = open > line && look_ends_operand(kind_at(p, open - 1));
    switch (kind_at(p, open)) {
    case TK_LPAREN:
        if (behind_operand && kind_at(p, line) == TK_DEF) {
            uint32_t name = line + 1, i = open - 1;
            if (kind_at(p, i) == TK_RBRACKET)       /* behind the type parameters */
                while (i > name && kind_at(p, i) != TK_LBRACKET)
                    i--;
            if (i == name || i == name + 1)
                return IN_PARAMS;
        }
        return behind_operand ? IN_CALL : IN_GROUP;
    case TK_LBRACKET: return behind_operand ? IN_SUBSCRIPT : IN_LIST;
    default: return IN_BRACES;
    }
}

/* A brace opens a field right inside an f-string, and in the format specification of another field. */
static bool is_field(const Parser *p, const uint32_t *open, const bool *field, unsigned depth, uint32_t at)
{
    uint16_t before = kind_at(p, at - 1);
    if (!depth)
        return false;
    return kind_at(p, open[depth - 1]) == TK_FSTRING_START
        || (field[depth - 1] && (before == TK_FSTRING_MIDDLE || before == TK_COLON || before == TK_RBRACE));
}

void look_around(const Parser *p, uint32_t at, Surroundings *s)
{
    uint32_t open[MAX_OPEN], line = look_line_begin(p, at);
    bool field[MAX_OPEN] = {false};
    unsigned depth = 0;
    for (uint32_t i = line; i < at; i++) {
        switch (kind_at(p, i)) {
        case TK_LBRACE:
            if (depth < MAX_OPEN)
                field[depth] = is_field(p, open, field, depth, i);
            /* fall through */
        case TK_LPAREN: case TK_LBRACKET: case TK_FSTRING_START:
            if (depth < MAX_OPEN)
                open[depth++] = i;
            break;
        case TK_RPAREN: case TK_RBRACKET: case TK_RBRACE: case TK_FSTRING_END:
            depth -= depth > 0;
            break;
        case TK_SEMI:
            if (!depth)
                line = i + 1;
            break;
        default: break;
        }
    }
    *s = (Surroundings){.line = line, .keyword = line + (kind_at(p, line) == TK_ASYNC), .open = NOWHERE,
                        .element = line, .colon = NOWHERE, .field = NOWHERE};
    for (unsigned i = depth; i-- > 0 && s->field == NOWHERE;)
        if (field[i])
            s->field = open[i];
    if (depth) {
        s->open = open[depth - 1];
        s->element = s->open + 1;
        s->kind = field[depth - 1] ? IN_FIELD : kind_at(p, s->open) == TK_FSTRING_START ? IN_NONE
                : bracket_kind(p, s->keyword, s->open);
    }
    unsigned inner = 0;
    for (uint32_t i = s->element; i < at; i++) {
        switch (kind_at(p, i)) {
        case TK_LPAREN: case TK_LBRACKET: case TK_LBRACE: case TK_FSTRING_START: inner++; break;
        case TK_RPAREN: case TK_RBRACKET: case TK_RBRACE: case TK_FSTRING_END: inner--; break;
        case TK_COMMA:
            if (!inner) {
                s->element = i + 1;
                s->colon = NOWHERE;
                s->commas++;
            }
            break;
        case TK_COLON:
            if (!inner && s->colon == NOWHERE)
                s->colon = i;
            break;
        default: break;
        }
    }
}

uint32_t look_open_for(const Parser *p, uint32_t open)
{
    uint32_t found = NOWHERE;
    unsigned inner = 0;
    for (uint32_t i = open + 1; i < p->at; i++) {
        uint16_t k = kind_at(p, i);
        inner += k == TK_LPAREN || k == TK_LBRACKET || k == TK_LBRACE;
        inner -= inner && (k == TK_RPAREN || k == TK_RBRACKET || k == TK_RBRACE);
        if (!inner && k == TK_FOR)
            found = i;
        else if (!inner && k == TK_IN)
            found = NOWHERE;
    }
    return found;
}

/* The expression that begins at this token and ends before `end`, or with the source (end 0). Where it is
 * broken off, *stop is the token that it was broken at. */
static Expr probe_once(Parser *p, uint16_t mode, uint32_t first, uint32_t end, uint32_t *stop)
{
    Diag ignored = {.type = NULL};
    Parser q = *p;
    q.diag = &ignored;
    q.probing = true;
    q.failed = false;
    q.cut = !end && p->cut;
    q.as_group = NULL;
    q.probed = (Expr){NULL, 0, 0};
    grammar_run(&q, mode, first, end ? end : p->tokens.count);
    *stop = q.at;
    if (!end)
        look_saw(p, q.at);
    return q.probed;
}

/* Where to cut the tokens from `first` that were broken at `stop`: no expression ends inside a bracket, so
 * before the first one still open there. */
static uint32_t cut_before(const Parser *p, uint32_t first, uint32_t stop)
{
    uint32_t open = NOWHERE;
    unsigned depth = 0;
    for (uint32_t i = first; i < stop; i++) {
        switch (kind_at(p, i)) {
        case TK_LPAREN: case TK_LBRACKET: case TK_LBRACE: case TK_FSTRING_START:
            if (!depth++)
                open = i;
            break;
        case TK_RPAREN: case TK_RBRACKET: case TK_RBRACE: case TK_FSTRING_END:
            if (depth)
                depth--;
            break;
        default: break;
        }
    }
    return depth ? open : stop - 1;
}

bool look_probe(Parser *p, uint16_t mode, uint32_t first, Expr *found, uint32_t *next)
{
    enum { ATTEMPTS = 40 };
    uint32_t stop = 0;
    if (first >= p->tokens.count)
        return false;
    *found = probe_once(p, mode, first, 0, &stop);
    for (int i = 0; i < ATTEMPTS && !found->node && stop > first + 1; i++) {
        uint32_t end = cut_before(p, first, stop);
        if (end <= first)
            break;
        *found = probe_once(p, mode, first, end, &stop);
        stop = end;
    }
    if (!found->node)
        return false;
    *next = first;
    while (*next < p->tokens.count && token_no(p, *next).start < found->end)
        (*next)++;
    return true;
}

bool look_runs_out(Parser *p, uint16_t mode, uint32_t first)
{
    uint32_t stop = 0;
    if (!p->cut)
        return false;
    probe_once(p, mode, first, 0, &stop);
    return stop >= p->tokens.count;
}
