/* SPDX-License-Identifier: MIT
 * See look.h. */
#include "parser/look.h"

/* CPython has stopped at the token that its grammar refuses; where ours takes more and checks later, that is
 * the one behind what is wrong. */
uint32_t look_reached(const Parser *p, uint32_t end)
{
    uint32_t at = p->at;
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

bool look_behind_with(const Parser *p)
{
    unsigned inner = 0;
    for (uint32_t i = p->at; i-- > 1;) {
        switch (token_no(p, i).kind) {
        case TK_RPAREN: case TK_RBRACKET: case TK_RBRACE: inner++; break;
        case TK_LPAREN: case TK_LBRACKET: case TK_LBRACE:
            if (!inner--)
                return token_no(p, i - 1).kind == TK_WITH;
            break;
        case TK_NEWLINE: return false;
        default: break;
        }
    }
    return false;
}
