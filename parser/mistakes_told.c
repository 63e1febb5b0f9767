/* SPDX-License-Identifier: MIT
 * See mistakes.h: what the alternatives that describe mistakes say, and what some ask beyond the grammar. */
#include "parser/mistakes.h"
#include "lexer/diag.h"

#include <stdio.h>

/* The error goes with the token read last: how far CPython has come decides what text it shows. */
static PegResult told(Peg *g)
{
    g->told = g->stopped = true;
    return PEG_OVER;
}

static Token last_token(const Peg *g) { return g->p.tokens.items[g->fill - 1]; }

static const char *name_of_node(const Node *n)
{
    return n->kind == AST_CONSTANT ? const_name(n->value) : kind_name(n->kind);
}

static PegResult tell_range(Peg *g, uint32_t start, uint32_t end, const char *message, const Node *named)
{
    char text[256];
    const char *mark = strstr(message, "%s");
    if (mark) {
        snprintf(text, sizeof text, "%.*s%s%s", (int)(mark - message), message, name_of_node(named), mark + 2);
        message = text;
    }
    g->p.at = g->fill - 1;
    syntax_error(&g->p, start, end, "%s", message);
    return told(g);
}

static PegResult tell_token(Peg *g, const char *type, Token t, const char *message)
{
    g->p.at = g->fill - 1;
    block_error(&g->p, type, t, message);
    return told(g);
}

/* A place that CPython knows by its token; of those that the text's end makes it knows no column. */
static PegResult tell_known(Peg *g, Token t, const char *message)
{
    tell_token(g, "SyntaxError", t, message);
    if (ends_text(&g->p, t)) {
        g->p.diag->no_column = true;
        g->p.diag->end = NO_END;
    }
    return PEG_OVER;
}

/* CPython tells an error when it meets this, not the end of what is at fault. */
static PegResult tell_from(Peg *g, uint32_t start, const char *message)
{
    g->p.at = g->fill - 1;
    error_from(&g->p, start, last_token(g), message);
    return told(g);
}

void peg_tell_missing(Peg *g, const char *token)
{
    char text[32];
    snprintf(text, sizeof text, "expected %s", token);
    tell_known(g, g->p.tokens.items[g->at], text);
}

void peg_tell_barry(Peg *g)
{
    tell_token(g, "SyntaxError", last_token(g), "with Barry as BDFL, use '<>' instead of '!='");
}

void peg_tell_generic(Peg *g, Token last)
{
    g->indented = last.kind == TK_INDENT || last.kind == TK_DEDENT;
    if (g->indented)
        tell_token(g, "IndentationError", last_token(g), last.kind == TK_INDENT ? "unexpected indent" : "unexpected unindent");
    else
        tell_known(g, last, "invalid syntax");
}

/* ---- lists ---- */

static const Node *last_item(const Node *n)
{
    while (n->kind == PEG_SEQ && n->count)
        n = n->items[n->count - 1];
    return n;
}

static const Node *last_clause(const Node *clauses) { return clauses->items[clauses->count - 1]; }

static const Node *clause_end(const Node *clause)
{
    return clause->items[2] && clause->items[2]->count ? last_item(clause->items[2]) : clause->items[1];
}

/* Arguments in lists of lists. */
typedef struct Arguments {
    uint32_t positional;
    const Node *last;           /* of these */
    bool unpacks;               /* is a mapping unpacked? */
} Arguments;

static void count_arguments(Arguments *found, const Node *n)
{
    if (!n)
        return;
    if (n->kind == AST_KEYWORD) {
        found->unpacks |= n->count > 0;
    } else if (n->kind != PEG_SEQ) {
        found->positional++;
        found->last = n;
    } else {
        for (uint32_t i = 0; i < n->count; i++)
            count_arguments(found, n->items[i]);
    }
}

/* ---- targets ---- */

static const Node *wrong_target(const Node *n, TargetUse use)
{
    const Node *found = NULL;
    if (!n)
        return NULL;
    switch (n->kind) {
    case AST_NAME: case AST_SUBSCRIPT: case AST_ATTRIBUTE:
        return NULL;
    case AST_LIST: case AST_TUPLE: case PEG_SEQ:
        for (uint32_t i = 0; i < n->count && !found; i++)
            found = wrong_target(n->items[i], use);
        return found;
    case AST_STARRED:
        return use == FOR_DELETE ? n : wrong_target(n->items[0], use);
    case AST_COMPARE:
        if (use != FOR_LOOP)
            return n;
        return n->items[1]->items[0]->token == TK_IN ? wrong_target(n->items[0], use) : NULL;
    default:
        return n;
    }
}

static PegResult tell_target(Peg *g, const Node *n, TargetUse use)
{
    const Node *found = wrong_target(n, use);
    if (!found)
        return PEG_OVER;
    return tell_range(g, found->start, found->end, use == FOR_DELETE ? "cannot delete %s" : "cannot assign to %s", found);
}

/* ---- what an action does ---- */

static bool is_word(const Peg *g, const Node *n, const char *word)
{
    size_t len = n->end - n->start;
    return n->kind == AST_NAME && len == strlen(word) && memcmp(g->p.src->text + n->start, word, len) == 0;
}

static bool is_legacy(const Peg *g, const Node *n) { return is_word(g, n, "print") || is_word(g, n, "exec"); }

static PegResult tell_legacy(Peg *g, const Node *a, const Node *b)
{
    char text[96];
    if (!is_legacy(g, a))
        return PEG_OVER;
    const char *name = is_word(g, a, "print") ? "print" : "exec";
    snprintf(text, sizeof text, "Missing parentheses in call to '%s'. Did you mean %s(...)?", name, name);
    return tell_range(g, a->start, b->end, text, NULL);
}

static PegResult tell_comma(Peg *g, const Node *a, const Node *b)
{
    if (is_legacy(g, a) || !g->levels[g->at - 1])
        return PEG_OVER;
    return tell_range(g, a->start, b->end, "invalid syntax. Perhaps you forgot a comma?", NULL);
}

static PegResult tell_block(Peg *g, const Node *keyword, const char *name)
{
    char text[96];
    snprintf(text, sizeof text, "expected an indented block after %s on line %u", name,
             (unsigned)source_place(g->p.src, keyword->start).line);
    return tell_token(g, "IndentationError", last_token(g), text);
}

static PegResult check_strings(Peg *g, uint32_t from, Node *pieces, Node **out)
{
    const Token *t = g->p.tokens.items;
    bool mixed, formatted = false;
    if (!strings_sound(&g->p, t + from, t + g->at, &mixed))
        return told(g);
    if (mixed)
        return tell_token(g, "SyntaxError", last_token(g), "cannot mix bytes and nonbytes literals");
    for (uint32_t i = 0; i < pieces->count; i++)
        formatted |= pieces->items[i]->kind == AST_JOINED_STR;
    *out = peg_node(g, formatted ? AST_JOINED_STR : AST_CONSTANT, t[from].start, t[g->at - 1].end, 0);
    (*out)->value = CONST_STR;
    return PEG_FITS;
}

static PegResult check_conversion(Peg *g, const Node *mark, const Node *name)
{
    const char *text = g->p.src->text;
    char c = text[name->start];
    if (mark->end != name->start)
        return tell_range(g, mark->start, name->end,
                          "f-string: conversion type must come right after the exclamanation mark", NULL);
    if (name->end - name->start == 1 && (c == 's' || c == 'r' || c == 'a'))
        return PEG_FITS;
    char message[256];
    snprintf(message, sizeof message, "f-string: invalid conversion character '%.*s': expected 's', 'r', or 'a'",
             (int)(name->end - name->start), text + name->start);
    return tell_range(g, name->start, name->end, message, NULL);
}

static PegResult check_complex(Peg *g, Node *number, bool imaginary, Node **out)
{
    char last = g->p.src->text[number->end - 1];
    *out = number;
    if ((last == 'j' || last == 'J') == imaginary)
        return PEG_FITS;
    return tell_range(g, number->start, number->end,
                      imaginary ? "imaginary number required in complex literal"
                                : "real number required in complex literal", NULL);
}

PegResult peg_do(Peg *g, unsigned what, Node *const *slots, uint32_t from, Node **out)
{
    Node *a = slots[0], *b = slots[1];
    Arguments args = {0, NULL, false};
    switch (what) {
    case DO_STRINGS: return check_strings(g, from, a, out);
    case DO_CONVERSION: return check_conversion(g, a, b);
    case DO_REAL: case DO_IMAGINARY: return check_complex(g, a, what == DO_IMAGINARY, out);
    case DO_LEGACY: return tell_legacy(g, a, b);
    case DO_COMMA: return tell_comma(g, a, b);
    case DO_TARGET: return tell_target(g, a, FOR_ASSIGN);
    case DO_DELETED: return tell_target(g, a, FOR_DELETE);
    case DO_LOOPED: return tell_target(g, a, FOR_LOOP);
    case DO_LATE_GENERATOR:
        count_arguments(&args, a);
        return args.positional < 2 ? PEG_OVER
            : tell_range(g, args.last->start, clause_end(last_clause(b))->end, "Generator expression must be parenthesized",
                         NULL);
    case DO_LATE_POSITIONAL:
        count_arguments(&args, a);
        return tell_token(g, "SyntaxError", last_token(g),
                          args.unpacks ? "positional argument follows keyword argument unpacking"
                                       : "positional argument follows keyword argument");
    case DO_BOUND:
        return tell_from(g, a->start, b->kind == AST_TUPLE ? "cannot use constraints with TypeVarTuple"
                                                           : "cannot use bound with TypeVarTuple");
    default:
        return tell_from(g, a->start, b->kind == AST_TUPLE ? "cannot use constraints with ParamSpec"
                                                           : "cannot use bound with ParamSpec");
    }
}

PegResult peg_tell(Peg *g, enum PegTell how, const char *message, Node *const *slots)
{
    const Node *a = slots[0], *b = slots[1];
    switch (how) {
    case TELL_AT: return tell_range(g, a->start, a->end, message, a);
    case TELL_RANGE: return tell_range(g, a->start, b->end, message, a);
    case TELL_FROM: return tell_from(g, a->start, message);
    case TELL_END: return tell_range(g, a->end - 1, NO_END, message, NULL);
    case TELL_BLOCK: return tell_block(g, a, message);
    case TELL_BLOCK_LAST: return tell_token(g, "IndentationError", last_token(g), message);
    case TELL_LAST: return tell_token(g, "SyntaxError", last_token(g), message);
    case TELL_TO_CLAUSE: return tell_range(g, a->start, clause_end(last_clause(b))->end, message, NULL);
    case TELL_TO_LAST:
        while (a->kind == PEG_SEQ && a->count)
            a = a->items[0];
        return tell_range(g, a->start, last_item(b ? b : slots[0])->end, message, NULL);
    default:
        return peg_fetch(g) ? tell_token(g, "SyntaxError", g->p.tokens.items[g->at], message) : PEG_OVER;
    }
}
