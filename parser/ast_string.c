/* SPDX-License-Identifier: MIT
 * String literals and f-strings: runs of them become one Constant or one JoinedStr. */
#include "parser/ast_build.h"
#include "lexer/literal.h"
#include "gen/token_codes.h"

enum { MAX_NESTED = 160 };          /* f-strings in one another: the lexer has fewer */

static Ast *text_node(Parser *p, ConstKind kind, Literal text, bool u_prefix, uint32_t start, uint32_t end)
{
    AstConst value = {.kind = (uint8_t)kind, .u_prefix = u_prefix, .len = text.len, .text = text.text};
    return NEW(p, CONSTANT, Constant, start, end, .value = value);
}

/* The source to decode from. Who only looks for the words of an error has warned of escapes before. */
typedef struct Quiet {
    Source src;
    SourceHooks hooks;
} Quiet;

static const Source *source_of(const Parser *p, Quiet *q)
{
    if (!p->probing || !p->src->hooks)
        return p->src;
    q->src = *p->src;
    q->hooks = *p->src->hooks;
    q->hooks.warn = NULL;
    q->src.hooks = &q->hooks;
    return &q->src;
}

Ast *string_piece(Parser *p, Token t)
{
    Quiet q;
    Literal text = {"", 0};
    bool is_bytes = false, is_u = false;
    if (!p->failed && !literal_string(p->arena, source_of(p, &q), &t, &text, &is_bytes, &is_u, p->diag))
        p->failed = true;
    return text_node(p, is_bytes ? CONST_BYTES : CONST_STR, text, is_u, t.start, t.end);
}

/* What an FSTRING_MIDDLE means depends on the prefix; it is decoded when the f-string is complete. */
static bool is_raw(const Ast *n)
{
    return n->kind == AST_CONSTANT && ((const AstConstant *)n)->value.kind == CONST_UNDECODED;
}

Ast *fstring_text(Parser *p, Token t)
{
    return text_node(p, CONST_UNDECODED, (Literal){"", 0}, false, t.start, t.end);
}

static bool is_conversion(const Parser *p, Token t)
{
    char c = p->src->text[t.start];
    return t.end - t.start == 1 && (c == 's' || c == 'r' || c == 'a');
}

/* Where the text that `=` shows ends: CPython's ends at a `!=` outside brackets. */
static uint32_t debug_text_end(const Parser *p, Token brace, uint32_t end)
{
    uint32_t first = p->at, depth = 0;
    while (first && p->tokens.items[first].start > brace.start)
        first--;
    for (uint32_t i = first + 1; i < p->at && p->tokens.items[i].start < end; i++) {
        switch (p->tokens.items[i].kind) {
        case TK_LPAREN: case TK_LBRACKET: case TK_LBRACE: case TK_FSTRING_START:
            depth++;
            break;
        case TK_RPAREN: case TK_RBRACKET: case TK_RBRACE: case TK_FSTRING_END:
            depth--;
            break;
        case TK_NOTEQUAL:
            if (!depth)
                return p->tokens.items[i].start;
            break;
        default:
            break;
        }
    }
    return end;
}

/* A colon right inside a field begins its specification, whatever stands before. */
static bool ends_in_lambda(const Ast *e)
{
    while (e && !e->parens)
        switch (e->kind) {
        case AST_LAMBDA: return true;
        case AST_TUPLE: {
            const AstSeq *elts = ((const AstTuple *)e)->elts;
            e = elts->count ? elts->items[elts->count - 1] : NULL;
            break;
        }
        case AST_IF_EXP: e = ((const AstIfExp *)e)->orelse; break;
        case AST_YIELD: e = ((const AstYield *)e)->value; break;
        case AST_YIELD_FROM: e = ((const AstYieldFrom *)e)->value; break;
        default: return false;
        }
    return false;
}

AstSeq *fstring_field(Parser *p, AstSeq *parts, Token brace, Expr value, Token equal, Token conv, Ast *spec,
                      Token end)
{
    int32_t conversion = -1;
    if (ends_in_lambda(value.node))
        token_error(p, end, "f-string: expecting '=', or '!', or ':', or '}'");
    if (conv.kind) {
        conversion = (unsigned char)p->src->text[conv.start];
        if (!is_conversion(p, conv))
            syntax_error(p, conv.start, conv.end,
                         "f-string: invalid conversion character '%.*s': expected 's', 'r', or 'a'",
                         (int)(conv.end - conv.start), p->src->text + conv.start);
        else if (p->src->text[conv.start - 1] != '!')
            syntax_error(p, token_at(p, value.end, TK_EXCLAMATION, conv).start, conv.end,
                         "f-string: conversion type must come right after the exclamanation mark");
    }
    if (equal.kind) {
        Token next = token_from(p, equal.end, end);
        Literal text = {"", 0};
        uint32_t stop = debug_text_end(p, brace, next.start);
        if (!p->failed && !literal_debug_text(p->arena, p->src, brace.end, stop, &text, p->diag))
            p->failed = true;
        /* Its escapes are decoded as those of the text around it,
            unless a comment is in it. u_prefix tells it from other text. */
        bool escapes = memchr(text.text, '\\', text.len) && text.text == p->src->text + brace.end;
        parts = seq_add(p, parts, text_node(p, escapes ? CONST_UNDECODED : CONST_STR, text, escapes, brace.end,
                                            escapes ? stop : next.start));
        if (!conv.kind && !spec)
            conversion = 'r';
    }
    return seq_add(p, parts,
                   NEW(p, FORMATTED_VALUE, FormattedValue, brace.start, end.end, .value = value.node,
                                 .conversion = conversion, .format_spec = spec));
}

/* ---- joining ---- */

/* The values of a JoinedStr while pieces are added: neighbouring texts are one, empty ones none. */
typedef struct Joiner {
    Parser *p;
    AstSeq *out;
    AstSeq *texts;          /* the text that is being collected */
    size_t len;
} Joiner;

static void flush_text(Joiner *j)
{
    Parser *p = j->p;
    if (!j->texts || !j->texts->count)
        return;
    AstConstant *first = (AstConstant *)j->texts->items[0];
    uint32_t end = seq_end(j->texts, 0);
    Literal text = {first->value.text, first->value.len};
    if (j->texts->count > 1) {
        char *joined = arena_alloc(p->arena, j->len + 1);
        if (!joined) {
            fail_memory(p);
            return;
        }
        text = (Literal){joined, (uint32_t)j->len};
        for (uint32_t i = 0; i < j->texts->count; i++) {
            AstConst c = ((AstConstant *)j->texts->items[i])->value;
            memcpy(joined, c.text, c.len);
            joined += c.len;
        }
    }
    if (text.len)
        j->out = seq_add(p, j->out, text_node(p, first->value.kind, text, first->value.u_prefix,
                                              first->base.start, end));
    j->texts = NULL;
    j->len = 0;
}

static void join_piece(Joiner *j, Ast *piece)
{
    if (piece->kind != AST_CONSTANT) {
        flush_text(j);
        j->out = seq_add(j->p, j->out, piece);
        return;
    }
    j->texts = seq_add(j->p, j->texts, piece);
    j->len += ((AstConstant *)piece)->value.len;
}

/* Decodes the texts of an f-string, those of its format specifications included, and joins them. */
static AstSeq *decode_parts(Parser *p, const Token *start, const AstSeq *parts)
{
    Joiner j = {.p = p};
    Quiet q;
    for (uint32_t i = 0; parts && i < parts->count && !p->failed; i++) {
        Ast *part = parts->items[i];
        if (is_raw(part)) {
            Token t = {TK_FSTRING_MIDDLE, part->start, part->end};
            Literal text = {"", 0};
            bool u_prefix = ((AstConstant *)part)->value.u_prefix;
            if (!literal_fstring_text(p->arena, source_of(p, &q), start, &t, u_prefix, &text, p->diag))
                p->failed = true;
            part = text_node(p, CONST_STR, text, false, t.start, t.end);
        } else if (part->kind == AST_FORMATTED_VALUE) {
            AstJoinedStr *spec = (AstJoinedStr *)((AstFormattedValue *)part)->format_spec;
            if (spec)
                spec->values = decode_parts(p, start, spec->values);
        }
        join_piece(&j, part);
    }
    flush_text(&j);
    return j.out ? j.out : p->empty;
}

Ast *fstring(Parser *p, Token start, AstSeq *parts, Token end)
{
    bool failed = p->failed;
    AstSeq *values = decode_parts(p, &start, parts);
    if (p->failed && !failed) {         /* CPython points at the token that it has read last */
        p->diag->start = end.start;
        p->diag->end = end.end;
    }
    return NEW(p, JOINED_STR, JoinedStr, start.start, end.end, .values = values);
}

static bool is_bytes_piece(const Ast *n)
{
    return n->kind == AST_CONSTANT && ((const AstConstant *)n)->value.kind == CONST_BYTES;
}

/* Several plain literals: one Constant, with the prefix of the first. */
static Expr join_texts(Parser *p, List parts)
{
    Joiner j = {.p = p};
    for (uint32_t i = 0; i < parts.seq->count; i++)
        join_piece(&j, parts.seq->items[i]);
    flush_text(&j);
    AstConstant *first = (AstConstant *)parts.seq->items[0];
    if (j.out && j.out->count)
        return EXPR(j.out->items[0], parts.start, parts.end);
    return expr_of(text_node(p, first->value.kind, (Literal){"", 0}, first->value.u_prefix, parts.start,
                             parts.end));
}

Expr build_strings(Parser *p, List parts)
{
    bool bytes = false, text = false, formatted = false;
    for (uint32_t i = 0; i < parts.seq->count; i++) {
        const Ast *part = parts.seq->items[i];
        bytes |= is_bytes_piece(part);
        text |= !is_bytes_piece(part);
        formatted |= part->kind == AST_JOINED_STR;
    }
    if (bytes && text)
        token_error(p, p->tokens.items[p->at], "cannot mix bytes and nonbytes literals");
    if (parts.seq->count == 1)
        return EXPR(parts.seq->items[0], parts.start, parts.end);
    if (!formatted)
        return join_texts(p, parts);
    Joiner j = {.p = p};
    for (uint32_t i = 0; i < parts.seq->count; i++) {
        Ast *part = parts.seq->items[i];
        const AstSeq *values = part->kind == AST_JOINED_STR ? ((AstJoinedStr *)part)->values : NULL;
        if (!values)
            join_piece(&j, part);
        for (uint32_t k = 0; values && k < values->count; k++)
            join_piece(&j, values->items[k]);
    }
    flush_text(&j);
    return expr_of(NEW(p, JOINED_STR, JoinedStr, parts.start, parts.end, .values = j.out));
}

bool strings_sound(Parser *p, const Token *first, const Token *end, bool *mixed)
{
    const Token *start[MAX_NESTED];
    unsigned depth = 0;
    bool bytes = false, text = false;
    Quiet q;
    p->probing = true;
    for (const Token *t = first; t < end && !p->failed; t++) {
        Literal ignored;
        if (t->kind == TK_STRING && !depth) {
            bool is_bytes = is_bytes_piece(string_piece(p, *t));
            bytes |= is_bytes;
            text |= !is_bytes;
        } else if (t->kind == TK_FSTRING_START) {
            text = true;
            if (depth == MAX_NESTED)
                break;
            start[depth++] = t;
        } else if (t->kind == TK_FSTRING_END) {
            depth -= depth > 0;
        } else if (t->kind == TK_FSTRING_MIDDLE && depth == 1 && t->end > t->start
                   && !literal_fstring_text(p->arena, source_of(p, &q), start[0], t, false, &ignored, p->diag)) {
            p->failed = true;
            while (t < end - 1 && (t->kind != TK_FSTRING_END || --depth))
                depth += (++t)->kind == TK_FSTRING_START;
            p->diag->start = t->start;
            p->diag->end = t->end;
        }
    }
    p->probing = false;
    *mixed = bytes && text;
    return !p->failed;
}
