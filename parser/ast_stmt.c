/* SPDX-License-Identifier: MIT
 * Building compound statements, imports and definitions. */
#include "parser/ast_build.h"
#include "gen/token_codes.h"

/* Every line of simple statements ends here: an "(a as b)" that no with took is an error. */
AstSeq *close_line(Parser *p, AstSeq *statements)
{
    if (p->as_group && !p->failed)      /* it began right behind the with */
        token_error(p, token_from(p, p->as_group->end, p->tokens.items[p->at]), "invalid syntax");
    return statements;
}

NameList name_list(Parser *p, const AstSeq *names)
{
    NameList list = {names->count, arena_alloc(p->arena, names->count * sizeof(Name))};
    if (!list.items) {
        fail_memory(p);
        return (NameList){0, NULL};
    }
    for (uint32_t i = 0; i < names->count; i++)
        list.items[i] = ((AstName *)names->items[i])->id;
    return list;
}

/* ---- if, for, with, try ---- */

/* elifs: AstIf nodes without their else; each becomes the else of the one before. */
Ast *build_if(Parser *p, Token start, Ast *test, AstSeq *body, AstSeq *elifs, AstSeq *orelse)
{
    uint32_t end = seq_end(body, start.end);
    for (uint32_t i = 0; i < elifs->count; i++)
        end = elifs->items[i]->end;
    end = seq_end(orelse, end);
    for (uint32_t i = elifs->count; i-- > 0;) {
        AstIf copy = *(AstIf *)elifs->items[i];
        copy.base.end = end;
        copy.orelse = orelse;
        orelse = seq_one(p, node_new(p, &copy.base, sizeof copy));
    }
    return NEW(p, IF, If, start.start, end, .test = test, .body = body, .orelse = orelse);
}

Ast *build_for(Parser *p, Token t, Expr target, Ast *iter, AstSeq *body, AstSeq *orelse)
{
    make_target(p, target.node, FOR_LOOP);
    return NEW(p, FOR, For, t.start, seq_end(orelse, seq_end(body, t.end)), .target = target.node,
               .iter = iter, .body = body, .orelse = orelse);
}

Ast *make_async(Token async, Ast *statement)
{
    switch (statement->kind) {
    case AST_FOR: ((AstFor *)statement)->is_async = 1; break;
    case AST_WITH: ((AstWith *)statement)->is_async = 1; break;
    case AST_FUNCTION_DEF: ((AstFunctionDef *)statement)->is_async = 1; break;
    default: break;
    }
    statement->start = async.start;
    return statement;
}

Ast *with_item(Parser *p, Expr context, Expr target)
{
    uint16_t next = p->at < p->tokens.count ? p->tokens.items[p->at].kind : 0;
    bool complete = next == TK_COMMA || next == TK_RPAREN || next == TK_COLON;    /* else the grammar refuses it */
    if (target.node && complete)
        make_target(p, target.node, FOR_WITH);
    return NEW(p, WITH_ITEM, WithItem, context.start, target.node ? target.end : context.end,
               .context = context.node, .target = target.node);
}

/* "with (a, b):" has two items, although "(a, b)" is a tuple elsewhere. */
static bool is_item_group(const Ast *e)
{
    if (e->kind != AST_TUPLE || e->parens != 1)
        return false;
    const AstSeq *items = ((const AstTuple *)e)->elts;
    for (uint32_t i = 0; i < items->count; i++) {
        const Ast *x = items->items[i];
        if (x->kind == AST_STARRED || (x->kind == AST_NAMED_EXPR && !x->parens))
            return false;
    }
    return items->count > 0;
}

AstSeq *with_items(Parser *p, List items)
{
    AstWithItem *only = (AstWithItem *)items.seq->items[0];
    if (items.seq->count > 1 || only->target || !is_item_group(only->context)) {
        close_line(p, items.seq);
        return items.seq;
    }
    if (p->as_group == only->context)
        p->as_group = NULL;
    AstSeq *list = NULL, *elts = ((AstTuple *)only->context)->elts;
    for (uint32_t i = 0; i < elts->count; i++) {
        Ast *x = elts->items[i];
        list = seq_add(p, list, x->kind == AST_WITH_ITEM ? x : with_item(p, expr_of(x), (Expr){NULL, 0, 0}));
    }
    return close_line(p, list);
}

Ast *build_with(Parser *p, Token t, AstSeq *items, AstSeq *body)
{
    return NEW(p, WITH, With, t.start, seq_end(body, t.end), .items = items, .body = body);
}

static void check_handlers(Parser *p, const AstSeq *handlers)
{
    for (uint32_t i = 1; i < handlers->count; i++) {
        const Ast *h = handlers->items[i];
        if (h->parens == handlers->items[0]->parens)
            continue;
        Token last = token_at(p, h->start, h->parens ? TK_STAR : TK_EXCEPT, (Token){0, h->start, h->start});
        syntax_error(p, h->start, last.end, "cannot have both 'except' and 'except*' on the same 'try'");
        return;
    }
}

Ast *build_try(Parser *p, Token t, AstSeq *body, AstSeq *handlers, AstSeq *orelse, AstSeq *finalbody)
{
    if (!handlers->count && (!finalbody->count || orelse->count)) {
        Token next = p->tokens.items[p->at];
        if (orelse->count)      /* CPython stops at the else */
            next = token_at(p, seq_end(body, 0), TK_ELSE, next);
        if (next.kind == TK_INDENT && next.end > next.start)    /* CPython points at its last column */
            fail_at(p, "SyntaxError", next.end - 1, NO_PLACE, "expected 'except' or 'finally' block");
        else
            token_error(p, next, "expected 'except' or 'finally' block");
    }
    check_handlers(p, handlers);
    uint32_t end = seq_end(finalbody, seq_end(orelse, seq_end(handlers, seq_end(body, t.end))));
    bool star = handlers->count && handlers->items[0]->parens;
    return NEW(p, TRY, Try, t.start, end, .body = body, .handlers = handlers, .orelse = orelse,
               .finalbody = finalbody, .is_star = star);
}

/* Where the clause is complete but for the parentheses. */
void refuse_exceptions(Parser *p, uint32_t start)
{
    const Token *t = &p->tokens.items[p->at], *end = p->tokens.items + p->tokens.count;
    if (t + 2 < end && t[0].kind == TK_AS && t[1].kind == TK_NAME)
        t += 2;
    if (t < end && t->kind == TK_COLON)
        error_from(p, start, *t, "multiple exception types must be parenthesized");
}

Ast *build_handler(Parser *p, Token except, Token star, Expr type, Token name, AstSeq *body)
{
    Ast *h = NEW(p, EXCEPT_HANDLER, ExceptHandler, except.start, seq_end(body, except.end), .type = type.node,
                 .name = name.kind ? name_of(p, name) : NULL, .body = body);
    h->parens = star.kind != 0;     /* kept here until the try is complete */
    return h;
}

/* ---- definitions ---- */

Ast *build_function(Parser *p, Token def, Token name, AstSeq *type_params, Ast *params, Ast *returns,
                    AstSeq *body)
{
    return NEW(p, FUNCTION_DEF, FunctionDef, def.start, seq_end(body, def.end), .name = name_of(p, name),
               .args = params, .body = body, .returns = returns,
               .type_params = type_params);
}

Expr build_lambda(Parser *p, Token lambda, Ast *params, Expr body)
{
    return expr_of(NEW(p, LAMBDA, Lambda, lambda.start, body.end, .args = params,
                       .body = body.node));
}

Ast *decorate(Parser *p, AstSeq *decorators, Ast *def)
{
    for (uint32_t i = 0; i < decorators->count; i++)
        if (decorators->items[i]->depth >= def->depth && decorators->items[i]->depth < AST_MAX_DEPTH)
            def->depth = (uint16_t)(decorators->items[i]->depth + 1);
    if (def->kind == AST_FUNCTION_DEF)
        ((AstFunctionDef *)def)->decorators = decorators;
    else if (def->kind == AST_CLASS_DEF)
        ((AstClassDef *)def)->decorators = decorators;
    close_line(p, decorators);
    return def;
}

/* ---- imports ---- */

Ast *build_alias(Parser *p, uint32_t start, uint32_t end, Token asname)
{
    bool star = p->src->text[start] == '*';
    Name name = star ? name_intern(p->names, "*", 1) : dotted_name(p, start, end);
    if (!name)
        fail_memory(p);
    return NEW(p, ALIAS, Alias, start, asname.kind ? asname.end : end, .name = name,
               .asname = asname.kind ? name_of(p, asname) : NULL);
}

Ast *build_import_from(Parser *p, Token from, int level, Token module, AstSeq *names, uint32_t end)
{
    Name name = module.kind ? dotted_name(p, module.start, module.end) : NULL;
    return NEW(p, IMPORT_FROM, ImportFrom, from.start, end, .module = name, .names = names, .level = level);
}
