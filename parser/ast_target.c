/* SPDX-License-Identifier: MIT
 * What may be assigned to, deleted and looped with; parameters and their order. */
#include "parser/ast_build.h"
#include "gen/token_codes.h"

/* ---- targets ---- */

/* The first part of e that cannot be a target, or NULL; as CPython looks for it. */
static Ast *invalid_target(Ast *e, TargetUse use);

static Ast *invalid_item(const AstSeq *items, TargetUse use)
{
    for (uint32_t i = 0; i < items->count; i++) {
        Ast *bad = invalid_target(items->items[i], use);
        if (bad)
            return bad;
    }
    return NULL;
}

static Ast *invalid_target(Ast *e, TargetUse use)
{
    switch (e->kind) {
    case AST_NAME: case AST_SUBSCRIPT: case AST_ATTRIBUTE:
        return NULL;
    case AST_LIST: return invalid_item(((AstList *)e)->elts, use);
    case AST_TUPLE: return invalid_item(((AstTuple *)e)->elts, use);
    case AST_COMPARE:       /* "for f() in x", read as one expression */
        if (use == FOR_LOOP && !e->parens)
            return ((AstCompare *)e)->ops[0] == OPR_IN ? invalid_target(((AstCompare *)e)->left, use) : NULL;
        return e;
    case AST_STARRED:
        return use == FOR_DELETE ? e : invalid_target(((AstStarred *)e)->value, use);
    default:
        return e;
    }
}

static void set_context(Ast *e, int ctx);

static void set_contexts(const AstSeq *items, int ctx)
{
    for (uint32_t i = 0; i < items->count; i++)
        set_context(items->items[i], ctx);
}

static void set_context(Ast *e, int ctx)
{
    switch (e->kind) {
    case AST_NAME: ((AstName *)e)->ctx = ctx; break;
    case AST_SUBSCRIPT: ((AstSubscript *)e)->ctx = ctx; break;
    case AST_ATTRIBUTE: ((AstAttribute *)e)->ctx = ctx; break;
    case AST_STARRED:
        ((AstStarred *)e)->ctx = ctx;
        set_context(((AstStarred *)e)->value, ctx);
        break;
    case AST_LIST:
        ((AstList *)e)->ctx = ctx;
        set_contexts(((AstList *)e)->elts, ctx);
        break;
    case AST_TUPLE:
        ((AstTuple *)e)->ctx = ctx;
        set_contexts(((AstTuple *)e)->elts, ctx);
        break;
    default: break;
    }
}

/* Turns an expression into what is bound or deleted; an error when it cannot be. */
void make_target(Parser *p, Ast *e, TargetUse use)
{
    Ast *bad = p->failed ? NULL : invalid_target(e, use);
    if (bad && (bad->kind == AST_YIELD || bad->kind == AST_YIELD_FROM) && use == FOR_ASSIGN && bad == e)
        syntax_error(p, bad->start, bad->end, "assignment to yield expression not possible");
    else if (bad)
        syntax_error(p, bad->start, bad->end, "cannot %s %s", use == FOR_DELETE ? "delete" : "assign to",
                     expr_name(bad));
    else if (!p->failed)
        set_context(e, use == FOR_DELETE ? CTX_DEL : CTX_STORE);
}

/* The leaf that an expression begins with. */
static const Ast *first_leaf(const Ast *e)
{
    for (;;) {
        switch (e->parens ? AST_CONSTANT : e->kind) {
        case AST_BIN_OP: e = ((const AstBinOp *)e)->left; break;
        case AST_CALL: e = ((const AstCall *)e)->func; break;
        case AST_ATTRIBUTE: e = ((const AstAttribute *)e)->value; break;
        case AST_SUBSCRIPT: e = ((const AstSubscript *)e)->value; break;
        default: return e;
        }
    }
}

/* Could t be the left side of an == that was written =? CPython asks for no more than a sum and the like
 * that does not begin with a list, a tuple or a singleton. */
bool begins_comparison(const Ast *t)
{
    const Ast *leaf = first_leaf(t);
    bool own = leaf->kind == AST_TUPLE || leaf->kind == AST_GENERATOR_EXP;      /* parentheses */
    if (own && leaf->parens < 2)
        return false;
    if (leaf->parens)
        return true;
    if (leaf->kind == AST_LIST)
        return false;
    if (leaf->kind == AST_CONSTANT && ((const AstConstant *)leaf)->value.kind <= CONST_FALSE)
        return false;
    if (t->parens)
        return true;
    switch (t->kind) {
    case AST_COMPARE: case AST_BOOL_OP: case AST_IF_EXP: case AST_LAMBDA: case AST_YIELD: case AST_YIELD_FROM:
    case AST_STARRED: case AST_NAMED_EXPR:
        return false;
    case AST_UNARY_OP: return ((const AstUnaryOp *)t)->op != OPR_NOT;
    default: return true;
    }
}

/* Where the operand ends that the value begins with, if it may be the right side of an ==; 0: it may not. */
static uint32_t operand_end(const Parser *p, const Ast *value)
{
    Token none = {0, 0, 0};
    uint16_t kind = value->parens ? TK_LPAREN : token_from(p, value->start, none).kind;
    if (kind == TK_NOT || kind == TK_LAMBDA || kind == TK_YIELD || kind == TK_STAR)
        return 0;
    while (!value->parens) {
        if (value->kind == AST_TUPLE)
            value = ((const AstTuple *)value)->elts->items[0];
        else if (value->kind == AST_COMPARE)
            value = ((const AstCompare *)value)->left;
        else if (value->kind == AST_BOOL_OP)
            value = ((const AstBoolOp *)value)->values->items[0];
        else if (value->kind == AST_IF_EXP)
            value = ((const AstIfExp *)value)->body;
        else
            break;
    }
    return value->end;
}

/* The part of a target that stands right before its "=". */
static Ast *last_part(Ast *t)
{
    const AstSeq *elts = t->kind == AST_TUPLE && !t->parens ? ((AstTuple *)t)->elts : NULL;
    Ast *last = elts && elts->count ? elts->items[elts->count - 1] : t;
    return last->end == t->end ? last : t;
}

void check_targets(Parser *p, Ast *target, bool only, uint32_t value_end)
{
    Ast *bad = p->failed ? NULL : invalid_target(target, FOR_ASSIGN);
    Ast *last = last_part(target);
    if (bad && only && last != target && last->kind == AST_NAME && !last->parens && value_end)
        syntax_error(p, last->start, value_end,
                     "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
    if (bad && only && (last == bad || last != target || last->parens) && value_end && begins_comparison(last))
        syntax_error(p, last->start, last->end,
                     "cannot assign to %s here. Maybe you meant '==' instead of '='?", expr_name(last));
    else if (bad)
        make_target(p, target, FOR_ASSIGN);
}

/* "x=None, y=1": the second target is bad, but what CPython sees first is "x=None". */
static void check_first(Parser *p, const AstSeq *values)
{
    const Ast *first = values->items[0], *second = values->items[1];
    bool more = second->kind == AST_TUPLE || second->kind == AST_COMPARE || second->kind == AST_BOOL_OP
             || second->kind == AST_IF_EXP;
    if (p->failed || values->count < 3 || first->kind != AST_NAME || first->parens || !more || second->parens
        || !invalid_target(values->items[1], FOR_ASSIGN))
        return;
    uint32_t end = operand_end(p, second);
    if (end)
        syntax_error(p, first->start, end, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
}

/* The hint is for the last "=" only: what follows the others is no plain value. */
Ast *build_assign(Parser *p, List values)
{
    uint32_t n = values.seq->count;
    AstSeq *targets = NULL;
    if (n < 2)      /* out of memory */
        return leaf_new(p, AST_PASS, values.start, values.end);
    Ast *value = values.seq->items[n - 1];
    check_first(p, values.seq);
    for (uint32_t i = 0; i + 1 < n; i++) {
        Ast *t = values.seq->items[i];
        check_targets(p, t, n == 2, operand_end(p, value));
        make_target(p, t, FOR_ASSIGN);
        targets = seq_add(p, targets, t);
    }
    return NEW(p, ASSIGN, Assign, values.start, values.end, .targets = targets, .value = value);
}

static bool is_open_yield(const Ast *e) { return (e->kind == AST_YIELD || e->kind == AST_YIELD_FROM) && !e->parens; }

Ast *build_augmented(Parser *p, Expr target, AstOp op, Expr value)
{
    Ast *t = target.node;
    uint16_t behind = p->tokens.items[p->at].kind;
    if (is_open_yield(t))
        token_error(p, token_from(p, target.end, p->tokens.items[p->at]), "invalid syntax");
    else if (t->kind != AST_NAME && t->kind != AST_ATTRIBUTE && t->kind != AST_SUBSCRIPT) {
        if (behind == TK_NEWLINE || behind == TK_SEMI)      /* else the grammar refuses it, for other reasons first */
            syntax_error(p, t->start, t->end, "'%s' is an illegal expression for augmented assignment", expr_name(t));
    } else
        set_context(t, CTX_STORE);
    return NEW(p, AUG_ASSIGN, AugAssign, target.start, value.end, .target = t, .op = (uint8_t)op,
               .value = value.node);
}

Ast *build_annotated(Parser *p, Expr target, Expr annotation, Expr value)
{
    Ast *t = target.node;
    if (is_open_yield(t))
        token_error(p, token_from(p, target.end, p->tokens.items[p->at]), "invalid syntax");
    else if (t->kind == AST_TUPLE && !t->parens && ((AstTuple *)t)->elts->count) {
        Ast *first = ((AstTuple *)t)->elts->items[0];
        syntax_error(p, first->start, first->end, "only single target (not tuple) can be annotated");
    } else if (t->kind == AST_LIST || t->kind == AST_TUPLE)
        syntax_error(p, t->start, t->end, "only single target (not %s) can be annotated", expr_name(t));
    else if (t->kind != AST_NAME && t->kind != AST_ATTRIBUTE && t->kind != AST_SUBSCRIPT)
        syntax_error(p, t->start, t->end, "illegal target for annotation");
    else
        set_context(t, CTX_STORE);
    uint32_t end = value.node ? value.end : annotation.end;
    return NEW(p, ANN_ASSIGN, AnnAssign, target.start, end, .target = t, .annotation = annotation.node,
               .value = value.node, .simple = t->kind == AST_NAME && !t->parens);
}

Ast *build_delete(Parser *p, Token del, List targets)
{
    reject_as(p, targets.seq);
    for (uint32_t i = 0; i < targets.seq->count; i++)
        make_target(p, targets.seq->items[i], FOR_DELETE);
    return NEW(p, DELETE, Delete, del.start, targets.end, .targets = targets.seq);
}

/* ---- parameters ---- */

Ast *build_param(Parser *p, ParamKind what, Token first, Token name, Expr annotation, Token equal, Expr value)
{
    uint32_t end = annotation.node ? annotation.end : name.kind ? name.end : first.end;
    Param param = {.base = {AST_ARG, 0, 0, first.start, value.node ? value.end : end}, .what = what,
                   .value = value.node, .equal = equal};
    if (name.kind)
        param.arg = NEW(p, ARG, Arg, name.start, end, .arg = name_of(p, name), .annotation = annotation.node);
    Param *copy = arena_alloc(p->arena, sizeof param);
    if (!copy) {
        fail_memory(p);
        _Static_assert(sizeof param <= sizeof p->scratch, "a parameter fits the scratch node");
        copy = (Param *)p->scratch.bytes;
    }
    *copy = param;
    uint16_t a = param.arg ? param.arg->depth : 0, v = param.value ? param.value->depth : 0;
    copy->base.depth = a > v ? a : v;
    return &copy->base;
}

/* The state of the walk over a parameter list. */
typedef struct ParamWalk {
    Parser *p;
    const AstSeq *params;
    AstArguments *out;
    bool lambda, slash, star, defaults, slash_defaults, kwargs;
} ParamWalk;

static void param_error(Parser *p, const Param *param, uint32_t length, const char *text)
{
    syntax_error(p, param->base.start, param->base.start + length, "%s", text);
}

/* Positional-only parameters are those before the slash. */
static void walk_slash(ParamWalk *w, const Param *param, uint32_t i)
{
    if (w->slash)
        param_error(w->p, param, 1, "/ may appear only once");
    else if (w->star)
        param_error(w->p, param, 1, "/ must be ahead of *");
    else if (i == 0)
        param_error(w->p, param, 1,
                    w->params->count > 1 ? "at least one argument must precede /" : "invalid syntax");
    w->slash = true;
    w->slash_defaults = w->defaults;
    w->out->posonly = w->out->args;
    w->out->args = w->p->empty;
}

/* In a lambda, CPython points at what follows. */
static void bare_star(ParamWalk *w, const Param *star, const Param *next)
{
    Token at = {TK_STAR, star->base.start, star->base.end};
    if (w->lambda)
        at = next ? token_from(w->p, next->base.start, at) : token_at(w->p, star->base.end, TK_COLON, at);
    token_error(w->p, at, "named arguments must follow bare *");
}

static void walk_star(ParamWalk *w, const Param *param, uint32_t i)
{
    const Param *next = i + 1 < w->params->count ? (const Param *)w->params->items[i + 1] : NULL;
    if (w->star && param->what == PARAM_STAR && !next)
        param_error(w->p, param, 1, "invalid syntax");
    else if (w->star)
        param_error(w->p, param, 1, "* argument may appear only once");
    else if (param->what == PARAM_STAR && (!next || next->what == PARAM_KWARGS))
        bare_star(w, param, next);
    else if (param->value)
        syntax_error(w->p, param->equal.start, param->equal.end,
                     "var-positional argument cannot have default value");
    w->star = true;
    w->out->vararg = param->arg;
}

/* The rule that tells of it knows one run of defaults, which ends at the slash if it began before. */
static void missing_default(ParamWalk *w, const Param *param)
{
    Token next = token_from(w->p, param->arg->end, (Token){TK_COLON, param->arg->end, param->arg->end + 1});
    if (w->slash && w->slash_defaults && w->out->args->count)
        token_error(w->p, next, "invalid syntax");
    else
        syntax_error(w->p, param->arg->start, param->arg->end,
                     "parameter without a default follows parameter with a default");
}

static void walk_plain(ParamWalk *w, const Param *param)
{
    Parser *p = w->p;
    if (w->star) {
        w->out->kwonly = seq_add(p, w->out->kwonly, param->arg);
        w->out->kw_defaults = seq_add(p, w->out->kw_defaults, param->value);
        return;
    }
    if (!param->value && w->defaults)
        missing_default(w, param);
    if (param->value) {
        w->defaults = true;
        w->out->defaults = seq_add(p, w->out->defaults, param->value);
    }
    w->out->args = seq_add(p, w->out->args, param->arg);
}

static void walk_param(ParamWalk *w, const Param *param, uint32_t i)
{
    if (w->kwargs) {
        uint32_t length = param->what == PARAM_KWARGS ? 2 : 1;
        if (param->what == PARAM_PLAIN)
            syntax_error(w->p, param->arg->start, param->arg->end,
                         "arguments cannot follow var-keyword argument");
        param_error(w->p, param, length, "arguments cannot follow var-keyword argument");
        return;
    }
    switch (param->what) {
    case PARAM_SLASH: walk_slash(w, param, i); break;
    case PARAM_STAR: case PARAM_VAR: walk_star(w, param, i); break;
    case PARAM_KWARGS:
        if (param->value)
            syntax_error(w->p, param->equal.start, param->equal.end,
                         "var-keyword argument cannot have default value");
        w->kwargs = true;
        w->out->kwarg = param->arg;
        break;
    default: walk_plain(w, param); break;
    }
}

Ast *build_arguments(Parser *p, AstSeq *params, bool lambda)
{
    AstArguments out = {.base = {.kind = AST_ARGUMENTS}, .posonly = p->empty, .args = p->empty,
                        .kwonly = p->empty, .kw_defaults = p->empty, .defaults = p->empty};
    ParamWalk w = {.p = p, .params = params, .out = &out, .lambda = lambda};
    if (params->count) {
        out.base.start = params->items[0]->start;
        out.base.end = params->items[params->count - 1]->end;
    }
    for (uint32_t i = 0; i < params->count && !p->failed; i++)
        walk_param(&w, (const Param *)params->items[i], i);
    return node_new(p, &out.base, sizeof out);
}
