/* SPDX-License-Identifier: MIT
 * Building the patterns of match statements. */
#include "parser/ast_build.h"
#include "gen/token_codes.h"

static bool is_underscore(const Parser *p, Token t)
{
    return t.end - t.start == 1 && p->src->text[t.start] == '_';
}

Expr pattern_capture(Parser *p, Token name)
{
    Name n = is_underscore(p, name) ? NULL : name_of(p, name);
    return expr_of(NEW(p, MATCH_AS, MatchAs, name.start, name.end, .name = n));
}

Expr pattern_value(Parser *p, Expr e)
{
    if (e.node->kind == AST_CONSTANT && ((AstConstant *)e.node)->value.kind <= CONST_FALSE)
        return expr_of(NEW(p, MATCH_SINGLETON, MatchSingleton, e.start, e.end, .value = e.node));
    return expr_of(NEW(p, MATCH_VALUE, MatchValue, e.start, e.end, .value = e.node));
}

Expr pattern_or(Parser *p, List alternatives)
{
    if (alternatives.seq->count == 1)
        return EXPR(alternatives.seq->items[0], alternatives.start, alternatives.end);
    return expr_of(NEW(p, MATCH_OR, MatchOr, alternatives.start, alternatives.end,
                       .patterns = alternatives.seq));
}

Expr pattern_as(Parser *p, Expr pattern, Expr target)
{
    Ast *t = target.node;
    Name name = NULL;
    Token first = token_from(p, t->start, (Token){0, 0, 0});
    if ((t->kind != AST_NAME || t->parens) && (first.kind != TK_NAME || t->parens))
        syntax_error(p, t->start, t->end, "invalid pattern target");
    else if (t->kind != AST_NAME)
        token_error(p, token_from(p, first.end, first), "invalid syntax");
    else if (is_underscore(p, (Token){0, t->start, t->end}))
        syntax_error(p, t->start, t->end, "cannot use '_' as a target");
    else
        name = ((AstName *)t)->id;
    return expr_of(NEW(p, MATCH_AS, MatchAs, pattern.start, target.end, .pattern = pattern.node,
                       .name = name));
}

Expr pattern_sequence(Parser *p, List items, uint32_t start, uint32_t end)
{
    return expr_of(NEW(p, MATCH_SEQUENCE, MatchSequence, start, end, .patterns = items.seq));
}

/* "(p)" is p; "(*p)" is nothing. */
Expr pattern_group(Parser *p, Token open, List items, Token close)
{
    if (items.seq->count == 1 && items.seq->items[0]->kind != AST_MATCH_STAR)
        return EXPR(items.seq->items[0], open.start, close.end);
    if (items.seq->count == 1)
        token_error(p, close, "invalid syntax");
    return pattern_sequence(p, items, open.start, close.end);
}

Expr pattern_star(Parser *p, Token star, Token name)
{
    Name n = is_underscore(p, name) ? NULL : name_of(p, name);
    return expr_of(NEW(p, MATCH_STAR, MatchStar, star.start, name.end, .name = n));
}

/* ---- mappings and classes: their items are AstKeyword and AstDict nodes until the bracket closes ---- */

Expr pattern_pair(Parser *p, Expr key, Expr pattern)
{
    return expr_of(NEW(p, DICT, Dict, key.start, pattern.end, .keys = seq_one(p, key.node),
                       .values = seq_one(p, pattern.node)));
}

Expr pattern_rest(Parser *p, Token stars, Token name)
{
    if (is_underscore(p, name))
        syntax_error(p, name.start, name.end, "invalid syntax");
    return pattern_keyword(p, (Token){name.kind, stars.start, name.end}, (Expr){NULL, 0, name.end});
}

Expr pattern_keyword(Parser *p, Token name, Expr pattern)
{
    Token text = name;
    while (text.start < text.end && (p->src->text[text.start] == '*' || p->src->text[text.start] <= ' '))
        text.start++;
    return expr_of(NEW(p, KEYWORD, Keyword, name.start, pattern.end, .arg = name_of(p, text),
                       .value = pattern.node));
}

Expr pattern_mapping(Parser *p, Token open, List items, Token close)
{
    AstSeq *keys = NULL, *patterns = NULL;
    Name rest = NULL;
    for (uint32_t i = 0; i < items.seq->count; i++) {
        Ast *item = items.seq->items[i];
        if (item->kind == AST_DICT) {
            keys = seq_join(p, keys, ((AstDict *)item)->keys);
            patterns = seq_join(p, patterns, ((AstDict *)item)->values);
        } else {
            rest = ((AstKeyword *)item)->arg;
            Token comma = token_at(p, item->end, TK_COMMA, close);
            if (i + 1 < items.seq->count) {     /* CPython stops behind the comma */
                Token next = token_from(p, comma.end, close);
                syntax_error(p, next.start, next.end, "invalid syntax");
            }
        }
    }
    return expr_of(NEW(p, MATCH_MAPPING, MatchMapping, open.start, close.end, .keys = keys,
                       .patterns = patterns, .rest = rest));
}

Expr pattern_class(Parser *p, Expr cls, Token open, List items, Token close)
{
    (void)open;
    AstSeq *patterns = NULL, *keywords = NULL, *names = NULL;
    const Ast *late = NULL;         /* the first positional pattern behind a keyword */
    for (uint32_t i = 0; i < items.seq->count; i++) {
        Ast *item = items.seq->items[i];
        if (item->kind == AST_KEYWORD) {
            if (late)
                break;
            names = seq_add(p, names,
                            NEW(p, NAME, Name, item->start, item->end, .id = ((AstKeyword *)item)->arg));
            keywords = seq_add(p, keywords, ((AstKeyword *)item)->value);
            continue;
        }
        if (keywords && !late)
            late = item;
        patterns = seq_add(p, patterns, item);
    }
    if (late)
        syntax_error(p, late->start, seq_end(patterns, late->end),
                     "positional patterns follow keyword patterns");
    NameList attrs = names ? name_list(p, names) : (NameList){0, NULL};
    return expr_of(NEW(p, MATCH_CLASS, MatchClass, cls.start, close.end, .cls = cls.node,
                       .patterns = patterns, .kwd_attrs = attrs, .kwd_patterns = keywords));
}

static bool is_imaginary(const Ast *e)
{
    if (e->kind == AST_UNARY_OP)
        e = ((const AstUnaryOp *)e)->operand;
    return e->kind == AST_CONSTANT && ((const AstConstant *)e)->value.kind == CONST_IMAGINARY;
}

/* "-1 + 2j" */
Expr complex_literal(Parser *p, Expr real, AstOp op, Token imaginary)
{
    Expr second = build_number(p, imaginary);
    if (is_imaginary(real.node))
        syntax_error(p, real.start, real.end, "real number required in complex literal");
    else if (!is_imaginary(second.node))
        syntax_error(p, second.start, second.end, "imaginary number required in complex literal");
    return build_binary(p, real, op, second);
}
