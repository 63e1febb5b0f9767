/* SPDX-License-Identifier: MIT
 * The walk over the tree that fills the scopes' tables, and the errors that depend on where a statement or
 * an expression stands. What a value is worth is nothing to us here: only names and places count. */
#include "parser/scope_build.h"
#include "parser/scope_check.h"

static void walk(ScopeWalk *w, const Ast *n);

static void walk_seq(ScopeWalk *w, const AstSeq *s)
{
    for (uint32_t i = 0; i < s->count && !w->failed; i++)
        if (s->items[i])
            walk(w, s->items[i]);
}

static void walk_opt(ScopeWalk *w, const Ast *n)
{
    if (n)
        walk(w, n);
}

/* Where a star may stand: it is nothing to us then. */
static void walk_starless(ScopeWalk *w, const Ast *n)
{
    walk(w, n->kind == AST_STARRED ? ((const AstStarred *)n)->value : n);
}

static void walk_elements(ScopeWalk *w, const AstSeq *elts)
{
    for (uint32_t i = 0; i < elts->count && !w->failed; i++)
        walk_starless(w, elts->items[i]);
}

/* ---- blocks ---- */

static bool enter(ScopeWalk *w, Block *b, ScopeKind kind, const char *name, Name own_name, const Ast *node)
{
    *b = (Block){.outer = w->block, .iter_exprs = w->block ? w->block->iter_exprs : 0};
    if (w->failed)
        return false;
    Name n = own_name ? own_name : scope_name(w, name);
    b->scope = n ? scope_open(w, kind, n, node) : NULL;
    if (!b->scope)
        return false;
    w->block = b;
    return true;
}

static void leave(ScopeWalk *w, Block *b)
{
    Scope *s = b->scope;
    const Ast *deep = b->too_deep[s->kind == SCOPE_FUNCTION && (s->is_async || s->is_generator)];
    if (deep)
        code_error(w, deep, "too many statically nested blocks");
    if (s->kind == SCOPE_FUNCTION && s->is_async && s->is_generator && b->value_return)
        code_error(w, b->value_return, "'return' with value in async generator");
    w->block = b->outer;
}

/* CPython's compiler keeps a stack of what a jump has to clean up, of this many places; a generator's own
 * handler of StopIteration takes one. */
enum { MAX_NESTED = 21 };

static void nest(ScopeWalk *w, const Ast *at)
{
    Block *b = w->block;
    b->nested++;
    if (b->nested > MAX_NESTED && !b->too_deep[0])
        b->too_deep[0] = at;
    if (b->nested >= MAX_NESTED && !b->too_deep[1])
        b->too_deep[1] = at;
}

static void walk_nested(ScopeWalk *w, const AstSeq *body, const Ast *at)
{
    nest(w, at);
    walk_seq(w, body);
    w->block->nested--;
}

/* ---- names ---- */

static void bind(ScopeWalk *w, const Ast *at, Name name, unsigned flags)
{
    Block *b = w->block;
    Scope *s = b->scope;
    if (w->failed)
        return;
    Name mangled = scope_mangled(w, s, name);
    Symbol *sym = scope_find_symbol(s, mangled);
    if (b->iter_target && sym && (sym->flags & (SYM_GLOBAL | SYM_NONLOCAL))) {
        scope_error(w, at, "comprehension inner loop cannot rebind assignment expression target '%s'",
                    mangled->text);
        return;
    }
    if (b->iter_target)
        flags |= SYM_ITER_TARGET;
    scope_add(w, s, mangled, flags | SYM_ASSIGNED);
}

static void use(ScopeWalk *w, Name name)
{
    Scope *s = w->block->scope;
    scope_add(w, s, scope_mangled(w, s, name), SYM_USED);
    if (name != w->super_name && name != w->class_cell)
        return;
    s->uses_super = true;
    if (name == w->super_name && scope_is_function(s))
        scope_add(w, s, w->class_cell, SYM_USED);
}

static void walk_name(ScopeWalk *w, const AstName *n)
{
    if (n->ctx == CTX_LOAD) {
        use(w, n->id);
        return;
    }
    check_name(w, &n->base, n->id, n->ctx == CTX_DEL);
    bind(w, &n->base, n->id, n->ctx == CTX_DEL ? SYM_DELETED : 0);
}

/* ---- := ---- */

/* Inside a comprehension the target belongs to the first scope around that is none. */
static void bind_walrus(ScopeWalk *w, const Ast *at, Name name)
{
    Scope *comp = w->block->scope;
    for (Block *b = w->block; b && !w->failed; b = b->outer) {
        Scope *s = b->scope;
        Name mangled = scope_mangled(w, s, name);
        const Symbol *sym = scope_find_symbol(s, mangled);
        unsigned known = sym ? sym->flags : 0;
        switch (s->kind) {
        case SCOPE_COMPREHENSION:
            if ((known & SYM_ITER_TARGET) && (known & SYM_ASSIGNED))
                scope_error(w, at,
                            "assignment expression cannot rebind comprehension iteration variable '%s'",
                            name->text);
            continue;
        case SCOPE_FUNCTION: case SCOPE_LAMBDA:
            scope_add(w, comp, mangled, known & SYM_GLOBAL ? SYM_GLOBAL : SYM_NONLOCAL);
            scope_add_directive(w, comp, mangled, at);
            scope_add(w, s, mangled, SYM_ASSIGNED);
            s->has_walrus = true;
            return;
        case SCOPE_MODULE:
            scope_add(w, comp, mangled, SYM_GLOBAL);
            scope_add_directive(w, comp, mangled, at);
            scope_add(w, s, mangled, SYM_GLOBAL | SYM_ASSIGNED);
            s->has_walrus = true;
            return;
        case SCOPE_CLASS:
            scope_error(w, at, "assignment expression within a comprehension cannot be used in a class body");
            return;
        default:
            scope_error(w, at, "assignment expression within a comprehension cannot be used %s %s",
                        s->kind == SCOPE_TYPE_PARAMS ? "within" : "in", type_scope_text(s));
            return;
        }
    }
}

static void walk_walrus(ScopeWalk *w, const AstNamedExpr *n)
{
    Name name = ((const AstName *)n->target)->id;
    if (!check_type_scope(w, &n->base, "named expression"))
        return;
    if (w->block->iter_exprs) {
        scope_error(w, &n->base,
                    "assignment expression cannot be used in a comprehension iterable expression");
        return;
    }
    if (w->block->scope->kind == SCOPE_COMPREHENSION)
        bind_walrus(w, n->target, name);
    walk(w, n->value);
    if (w->block->scope->kind == SCOPE_COMPREHENSION)
        check_name(w, n->target, name, false);
    else
        walk(w, n->target);
}

/* ---- functions ---- */

static void bind_params(ScopeWalk *w, const AstSeq *args)
{
    for (uint32_t i = 0; i < args->count && !w->failed; i++) {
        const AstArg *a = (const AstArg *)args->items[i];
        Scope *s = w->block->scope;
        Name name = scope_mangled(w, s, a->arg);
        if (scope_find_symbol(s, name)) {
            scope_error(w, &a->base, "duplicate argument '%s' in function definition", name->text);
            return;
        }
        check_name(w, &a->base, a->arg, false);
        scope_add(w, s, name, SYM_PARAM);
    }
}

static void bind_param(ScopeWalk *w, Ast *arg)
{
    Ast *items[1] = {arg};
    if (arg)
        bind_params(w, &(AstSeq){1, 1, items});
}

static void bind_arguments(ScopeWalk *w, const AstArguments *a)
{
    bind_params(w, a->posonly);
    bind_params(w, a->args);
    bind_params(w, a->kwonly);
    bind_param(w, a->vararg);
    bind_param(w, a->kwarg);
}

static void walk_defaults(ScopeWalk *w, const AstArguments *a)
{
    walk_seq(w, a->defaults);
    walk_seq(w, a->kw_defaults);
}

/* from __future__ import annotations keeps no more than their text. */
static void walk_annotation(ScopeWalk *w, const Ast *n)
{
    if (w->block->scope->future_annotations)
        check_text_annotation(w, n);
    else
        walk_starless(w, n);
}

static void walk_arg_annotations(ScopeWalk *w, const AstSeq *args)
{
    for (uint32_t i = 0; i < args->count; i++)
        if (args->items[i] && ((const AstArg *)args->items[i])->annotation)
            walk_annotation(w, ((const AstArg *)args->items[i])->annotation);
}

static void walk_annotations(ScopeWalk *w, const AstArguments *a, const Ast *returns)
{
    Ast *rest[2] = {a->vararg, a->kwarg};
    walk_arg_annotations(w, a->posonly);
    walk_arg_annotations(w, a->args);
    walk_arg_annotations(w, &(AstSeq){2, 2, rest});
    walk_arg_annotations(w, a->kwonly);
    if (returns)
        walk_annotation(w, returns);
}

static bool has_value(const AstSeq *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->items[i])
            return true;
    return false;
}

/* Type scopes inside a class look names up in its namespace first. */
static void see_class(ScopeWalk *w, Scope *s)
{
    s->can_see_class = s->parent->kind == SCOPE_CLASS
                    || (s->parent->can_see_class && s->parent->kind == SCOPE_TYPE_PARAMS);
    if (s->can_see_class)
        scope_add(w, s, w->classdict, SYM_USED);
}

/* The scope of [T, ...]: what lies behind it is a function of its own that is called at once. */
static bool enter_type_params(ScopeWalk *w, Block *b, Name name, const Ast *node, const AstSeq *params)
{
    if (!enter(w, b, SCOPE_TYPE_PARAMS, NULL, name, node))
        return false;
    Scope *s = b->scope;
    see_class(w, s);
    if (node->kind == AST_CLASS_DEF) {
        scope_add(w, s, scope_name(w, ".type_params"), SYM_ASSIGNED);
        scope_add(w, s, scope_name(w, ".type_params"), SYM_USED);
        scope_add(w, s, scope_name(w, ".generic_base"), SYM_ASSIGNED | SYM_USED);
    } else if (node->kind == AST_FUNCTION_DEF) {
        const AstArguments *a = (const AstArguments *)((const AstFunctionDef *)node)->args;
        if (a->defaults->count)
            scope_add(w, s, scope_name(w, ".defaults"), SYM_PARAM);
        if (has_value(a->kw_defaults))
            scope_add(w, s, scope_name(w, ".kwdefaults"), SYM_PARAM);
    }
    walk_seq(w, params);
    check_type_defaults(w, params);
    return true;
}

/* A bound or default: evaluated in a scope of its own, when somebody asks. */
static void walk_lazily(ScopeWalk *w, const Ast *node, ScopeKind kind, Name name, const Ast *value)
{
    Block b;
    if (!value || !enter(w, &b, kind, NULL, name, node))
        return;
    see_class(w, b.scope);
    walk_starless(w, value);
    leave(w, &b);
}

static void walk_type_param(ScopeWalk *w, const Ast *n)
{
    Name name = type_param_name(n);
    Scope *s = w->block->scope;
    Name mangled = scope_mangled_param(w, s, name);
    const Symbol *known = scope_find_symbol(s, mangled);
    if (known && (known->flags & SYM_TYPE_PARAM)) {
        scope_error(w, n, "duplicate type parameter '%s'", mangled->text);
        return;
    }
    check_name(w, n, name, false);
    scope_add(w, s, mangled, SYM_ASSIGNED | SYM_TYPE_PARAM);
    if (n->kind == AST_TYPE_VAR) {
        walk_lazily(w, n, SCOPE_TYPE_BOUND, name, ((const AstTypeVar *)n)->bound);
        walk_lazily(w, n, SCOPE_TYPE_DEFAULT, name, ((const AstTypeVar *)n)->default_value);
    } else if (n->kind == AST_PARAM_SPEC) {
        walk_lazily(w, n, SCOPE_TYPE_DEFAULT, name, ((const AstParamSpec *)n)->default_value);
    } else {
        walk_lazily(w, n, SCOPE_TYPE_DEFAULT, name, ((const AstTypeVarTuple *)n)->default_value);
    }
}

static void walk_function(ScopeWalk *w, const AstFunctionDef *n)
{
    Block generic, b;
    const AstArguments *args = (const AstArguments *)n->args;
    bool is_generic = n->type_params->count != 0;
    check_name(w, &n->base, n->name, false);
    bind(w, &n->base, n->name, 0);
    uint32_t first = w->suspect_count, then;
    walk_defaults(w, args);
    then = w->suspect_count;
    walk_seq(w, n->decorators);
    scope_suspects_swap(w, first, then);
    if (is_generic && !enter_type_params(w, &generic, n->name, &n->base, n->type_params))
        return;
    walk_annotations(w, args, n->returns);
    if (enter(w, &b, SCOPE_FUNCTION, NULL, n->name, &n->base)) {
        b.scope->is_async = n->is_async;
        bind_arguments(w, args);
        walk_seq(w, n->body);
        leave(w, &b);
    }
    if (is_generic)
        leave(w, &generic);
}

static void walk_lambda(ScopeWalk *w, const AstLambda *n)
{
    Block b;
    walk_defaults(w, (const AstArguments *)n->args);
    if (!enter(w, &b, SCOPE_LAMBDA, "<lambda>", NULL, &n->base))
        return;
    bind_arguments(w, (const AstArguments *)n->args);
    walk(w, n->body);
    leave(w, &b);
}

static void walk_call_args(ScopeWalk *w, const AstSeq *args, const AstSeq *keywords)
{
    walk_elements(w, args);
    check_keywords(w, keywords);
    for (uint32_t i = 0; i < keywords->count && !w->failed; i++) {
        const AstKeyword *k = (const AstKeyword *)keywords->items[i];
        if (k->arg)
            check_name(w, &k->base, k->arg, false);
        walk(w, k->value);
    }
}

static void walk_class(ScopeWalk *w, const AstClassDef *n)
{
    Block generic, b;
    bool is_generic = n->type_params->count != 0;
    check_name(w, &n->base, n->name, false);
    bind(w, &n->base, n->name, 0);
    walk_seq(w, n->decorators);
    if (is_generic && !enter_type_params(w, &generic, n->name, &n->base, n->type_params))
        return;
    uint32_t first = w->suspect_count, then;
    walk_call_args(w, n->bases, n->keywords);
    then = w->suspect_count;
    if (enter(w, &b, SCOPE_CLASS, NULL, n->name, &n->base)) {
        b.scope->private_class = n->name;
        if (is_generic) {
            bind(w, &n->base, scope_name(w, "__type_params__"), 0);
            use(w, scope_name(w, ".type_params"));
        }
        walk_seq(w, n->body);
        scope_suspects_swap(w, first, then);
        leave(w, &b);
    }
    if (is_generic)
        leave(w, &generic);
}

static void walk_type_alias(ScopeWalk *w, const AstTypeAlias *n)
{
    Block generic, b;
    bool is_generic = n->type_params->count != 0;
    Name name = ((const AstName *)n->name)->id;
    check_name(w, &n->base, name, false);
    walk(w, n->name);
    if (is_generic && !enter_type_params(w, &generic, name, &n->base, n->type_params))
        return;
    if (enter(w, &b, SCOPE_TYPE_ALIAS, NULL, name, &n->base)) {
        see_class(w, b.scope);
        walk(w, n->value);
        leave(w, &b);
    }
    if (is_generic)
        leave(w, &generic);
}

/* ---- comprehensions ---- */

static void walk_targets(ScopeWalk *w, const Ast *target)
{
    w->block->iter_target = true;
    check_target(w, target);
    walk(w, target);
    w->block->iter_target = false;
}

static void walk_generator(ScopeWalk *w, const AstComprehension *g, bool first)
{
    walk_targets(w, g->target);
    if (!first) {
        w->block->iter_exprs++;
        walk(w, g->iter);
        w->block->iter_exprs--;
    }
    walk_seq(w, g->ifs);
    w->block->scope->is_async |= g->is_async;
    w->block->scope->has_await |= g->is_async;
}

/* The first iterable is evaluated outside, whence the scope in which it is walked. */
static void walk_comprehension(ScopeWalk *w, const Ast *n, const char *name, const AstSeq *generators,
                               const Ast *elt, const Ast *value)
{
    Block b;
    Scope *around = w->block->scope;
    bool generator = n->kind == AST_GENERATOR_EXP;
    w->block->iter_exprs++;
    walk(w, ((const AstComprehension *)generators->items[0])->iter);
    w->block->iter_exprs--;
    if (!enter(w, &b, SCOPE_COMPREHENSION, name, NULL, n))
        return;
    Scope *s = b.scope;
    s->inlined = !generator && !around->can_see_class && !(w->flags & SCOPE_NO_INLINING);
    s->is_generator = generator;
    if (!s->inlined)
        scope_add(w, s, scope_name(w, ".0"), SYM_PARAM);
    for (uint32_t i = 0; i < generators->count && !w->failed; i++)
        walk_generator(w, (const AstComprehension *)generators->items[i], i == 0);
    walk_opt(w, value);
    walk(w, elt);
    leave(w, &b);
    check_comprehension(w, n, s);
    if (s->is_async && !generator) {
        around->has_await = true;
        if (around->kind == SCOPE_COMPREHENSION)
            around->is_async = true;
    }
}

/* ---- statements ---- */

/* What is suspect from `test` on is compiled again behind the body. */
static void walk_loop(ScopeWalk *w, const Ast *n, const AstSeq *body, const AstSeq *orelse, uint32_t test)
{
    Block *b = w->block;
    unsigned handlers = b->star_handlers;
    uint32_t end = w->suspect_count;
    b->star_handlers = 0;
    b->loops++;
    walk_nested(w, body, n);
    b->loops--;
    b->star_handlers = handlers;
    scope_suspects_repeat(w, test, end);
    walk_seq(w, orelse);
}

static void walk_for(ScopeWalk *w, const AstFor *n)
{
    if (n->is_async)
        check_await(w, &n->base, "'async for'");
    check_target(w, n->target);
    walk(w, n->target);
    walk(w, n->iter);
    walk_loop(w, &n->base, n->body, n->orelse, w->suspect_count);
}

static void walk_with(ScopeWalk *w, const AstWith *n)
{
    if (n->is_async)
        check_await(w, &n->base, "'async with'");
    for (uint32_t i = 0; i < n->items->count && !w->failed; i++) {
        const AstWithItem *item = (const AstWithItem *)n->items->items[i];
        walk(w, item->context);
        nest(w, item->context);
        if (item->target) {
            check_target(w, item->target);
            walk(w, item->target);
        }
    }
    walk_seq(w, n->body);
    w->block->nested -= n->items->count;
}

static void walk_handlers(ScopeWalk *w, const AstTry *n)
{
    nest(w, &n->base);
    walk_seq(w, n->body);
    uint32_t first = w->suspect_count, then;
    w->block->star_handlers += n->is_star != 0;
    w->block->star_return += n->is_star != 0;
    bool told = w->late.type != NULL;
    for (uint32_t i = 0; i < n->handlers->count && !w->failed; i++) {
        const AstExceptHandler *h = (const AstExceptHandler *)n->handlers->items[i];
        if (!h->type && i + 1 < n->handlers->count)
            code_error(w, &h->base, "default 'except:' must be last");
        walk_opt(w, h->type);
        if (h->name) {
            check_name(w, &h->base, h->name, false);
            bind(w, &h->base, h->name, SYM_DELETED);
        }
        walk_nested(w, h->body, &h->base);
    }
    w->block->star_handlers -= n->is_star != 0;
    w->block->star_return -= n->is_star != 0;
    w->block->nested--;
    then = w->suspect_count;
    Diag handlers = w->late;
    if (!told && !n->is_star)       /* the else block is compiled before them */
        w->late.type = NULL;
    walk_seq(w, n->orelse);
    if (!w->late.type)
        w->late = handlers;
    scope_suspects_swap(w, first, then);
}

static void walk_try(ScopeWalk *w, const AstTry *n)
{
    if (n->finalbody->count)
        nest(w, &n->base);
    if (n->handlers->count) {
        walk_handlers(w, n);
    } else {
        walk_seq(w, n->body);
        walk_seq(w, n->orelse);
    }
    uint32_t first = w->suspect_count;
    walk_seq(w, n->finalbody);
    scope_suspects_repeat(w, first, w->suspect_count);
    if (n->finalbody->count)
        w->block->nested--;
}

static void walk_assign(ScopeWalk *w, const AstAssign *n)
{
    uint32_t first = w->suspect_count, then;
    for (uint32_t i = 0; i < n->targets->count && !w->failed; i++) {
        check_target(w, n->targets->items[i]);
        walk(w, n->targets->items[i]);
    }
    then = w->suspect_count;
    walk(w, n->value);
    scope_suspects_swap(w, first, then);
}

static void walk_annotated(ScopeWalk *w, const AstAnnAssign *n)
{
    Scope *s = w->block->scope;
    uint32_t first = w->suspect_count;
    if (n->target->kind == AST_NAME) {
        const AstName *name = (const AstName *)n->target;
        const Symbol *sym = scope_find_symbol(s, scope_mangled(w, s, name->id));
        unsigned known = sym ? sym->flags : 0;
        if ((known & (SYM_GLOBAL | SYM_NONLOCAL)) && s->kind != SCOPE_MODULE && n->simple) {
            scope_error(w, &n->base, "annotated name '%s' can't be %s", name->id->text,
                        known & SYM_GLOBAL ? "global" : "nonlocal");
            return;
        }
        check_name(w, n->value ? &name->base : &n->base, name->id, false);
        if (n->simple)
            bind(w, &name->base, name->id, SYM_ANNOTATED);
        else if (n->value)
            bind(w, &name->base, name->id, 0);
    } else {
        walk(w, n->target);
    }
    if (n->simple && !scope_is_function(s))
        s->has_annotations = true;
    if (s->future_annotations)
        check_text_annotation(w, n->annotation);
    else
        walk(w, n->annotation);
    if (scope_is_function(s))           /* it is not evaluated */
        w->suspect_count = first;
    uint32_t then = w->suspect_count;
    walk_opt(w, n->value);
    scope_suspects_swap(w, first, then);
}

static void walk_return(ScopeWalk *w, const AstReturn *n)
{
    Block *b = w->block;
    if (b->scope->kind != SCOPE_FUNCTION) {
        code_error(w, &n->base, "'return' outside function");
        walk_opt(w, n->value);
        return;
    }
    if (b->star_return)
        code_error(w, n->value ? n->value : &n->base,
                    "'break', 'continue' and 'return' cannot appear in an except* block");
    if (!n->value)
        return;
    walk(w, n->value);
    b->scope->returns_value = true;
    if (!b->value_return)
        b->value_return = &n->base;
}

static void walk_jump(ScopeWalk *w, const Ast *n)
{
    if (w->block->star_handlers)
        code_error(w, n, "'break', 'continue' and 'return' cannot appear in an except* block");
    else if (!w->block->loops)
        code_error(w, n, n->kind == AST_BREAK ? "'break' outside loop" : "'continue' not properly in loop");
}

static void walk_import(ScopeWalk *w, const Ast *n, const AstSeq *names, bool from)
{
    for (uint32_t i = 0; i < names->count && !w->failed; i++) {
        const AstAlias *a = (const AstAlias *)names->items[i];
        Name name = a->asname ? a->asname : a->name;
        if (from && strcmp(a->name->text, "*") == 0) {
            if (w->block->scope->kind != SCOPE_MODULE)
                scope_error(w, &a->base, "import * only allowed at module level");
            w->block->scope->import_star = true;
            continue;
        }
        const char *dot = a->asname ? NULL : strchr(name->text, '.');
        if (dot && !(name = name_intern(w->names, name->text, (size_t)(dot - name->text)))) {
            scope_no_memory(w);
            return;
        }
        check_name(w, n, name, false);
        bind(w, &a->base, name, SYM_IMPORTED);
    }
}

static Scope *module_scope(const ScopeWalk *w)
{
    const Block *b = w->block;
    while (b->outer)
        b = b->outer;
    return b->scope;
}

static void walk_declaration(ScopeWalk *w, const Ast *n, const NameList *names, bool global)
{
    Scope *s = w->block->scope;
    const char *kind = global ? "global" : "nonlocal";
    for (uint32_t i = 0; i < names->count && !w->failed; i++) {
        Name name = scope_mangled(w, s, names->items[i]);
        const Symbol *sym = scope_find_symbol(s, name);
        unsigned known = sym ? sym->flags : 0;
        if (known & SYM_PARAM)
            scope_error(w, n, "name '%s' is parameter and %s", name->text, kind);
        else if (known & SYM_USED)
            scope_error(w, n, "name '%s' is used prior to %s declaration", name->text, kind);
        else if (known & SYM_ANNOTATED)
            scope_error(w, n, "annotated name '%s' can't be %s", name->text, kind);
        else if ((known & SYM_ASSIGNED) && !(known & SYM_IMPORTED))
            scope_error(w, n, "name '%s' is assigned to before %s declaration", name->text, kind);
        scope_add(w, s, name, global ? SYM_GLOBAL : SYM_NONLOCAL);
        scope_add_directive(w, s, name, n);
        if (global && s->kind != SCOPE_MODULE)      /* so for the module's own code, which may have locals */
            scope_add(w, module_scope(w), name, SYM_GLOBAL);
    }
}

/* ---- match ---- */

static void walk_pattern_name(ScopeWalk *w, const Ast *at, Name name)
{
    if (!name)
        return;
    check_name(w, at, name, false);
    bind(w, at, name, 0);
}

static void walk_case(ScopeWalk *w, const AstMatchCase *c)
{
    walk(w, c->pattern);
    walk_opt(w, c->guard);
    walk_seq(w, c->body);
}

static bool walk_pattern(ScopeWalk *w, const Ast *n)
{
    switch (n->kind) {
    case AST_MATCH_VALUE:
        if (((const AstMatchValue *)n)->value->kind == AST_JOINED_STR)
            code_error(w, n, "patterns may only match literals and attribute lookups");
        walk(w, ((const AstMatchValue *)n)->value);
        return true;
    case AST_MATCH_SINGLETON: return true;
    case AST_MATCH_SEQUENCE: walk_seq(w, ((const AstMatchSequence *)n)->patterns); return true;
    case AST_MATCH_STAR: walk_pattern_name(w, n, ((const AstMatchStar *)n)->name); return true;
    case AST_MATCH_OR: walk_seq(w, ((const AstMatchOr *)n)->patterns); return true;
    case AST_MATCH_MAPPING: {
        const AstMatchMapping *x = (const AstMatchMapping *)n;
        for (uint32_t i = 0; i < x->keys->count; i++)
            if (x->keys->items[i]->kind == AST_JOINED_STR)
                code_error(w, n, "mapping pattern keys may only match literals and attribute lookups");
        walk_seq(w, x->keys);
        walk_seq(w, x->patterns);
        walk_pattern_name(w, n, x->rest);
        return true;
    }
    case AST_MATCH_CLASS: {
        const AstMatchClass *x = (const AstMatchClass *)n;
        walk(w, x->cls);
        walk_seq(w, x->patterns);
        for (uint32_t i = 0; i < x->kwd_attrs.count; i++)
            check_name(w, x->kwd_patterns->items[i], x->kwd_attrs.items[i], false);
        walk_seq(w, x->kwd_patterns);
        return true;
    }
    case AST_MATCH_AS: {
        const AstMatchAs *x = (const AstMatchAs *)n;
        walk_opt(w, x->pattern);
        walk_pattern_name(w, n, x->name);
        return true;
    }
    default: return false;
    }
}

static bool walk_statement(ScopeWalk *w, const Ast *n)
{
    switch (n->kind) {
    case AST_FUNCTION_DEF: walk_function(w, (const AstFunctionDef *)n); return true;
    case AST_CLASS_DEF: walk_class(w, (const AstClassDef *)n); return true;
    case AST_TYPE_ALIAS: walk_type_alias(w, (const AstTypeAlias *)n); return true;
    case AST_RETURN: walk_return(w, (const AstReturn *)n); return true;
    case AST_ASSIGN: walk_assign(w, (const AstAssign *)n); return true;
    case AST_ANN_ASSIGN: walk_annotated(w, (const AstAnnAssign *)n); return true;
    case AST_FOR: walk_for(w, (const AstFor *)n); return true;
    case AST_WHILE: {
        const AstWhile *x = (const AstWhile *)n;
        uint32_t first = w->suspect_count;
        walk(w, x->test);
        walk_loop(w, n, x->body, x->orelse, first);
        return true;
    }
    case AST_WITH: walk_with(w, (const AstWith *)n); return true;
    case AST_TRY: walk_try(w, (const AstTry *)n); return true;
    case AST_MATCH: check_match(w, (const AstMatch *)n); return false;
    case AST_MATCH_CASE: walk_case(w, (const AstMatchCase *)n); return true;
    case AST_IMPORT: walk_import(w, n, ((const AstImport *)n)->names, false); return true;
    case AST_IMPORT_FROM:
        check_future(w, (const AstImportFrom *)n);
        walk_import(w, n, ((const AstImportFrom *)n)->names, true);
        return true;
    case AST_GLOBAL: walk_declaration(w, n, &((const AstGlobal *)n)->names, true); return true;
    case AST_NONLOCAL: walk_declaration(w, n, &((const AstNonlocal *)n)->names, false); return true;
    case AST_BREAK: case AST_CONTINUE: walk_jump(w, n); return true;
    default: return false;
    }
}

/* ---- expressions ---- */

static void walk_yield(ScopeWalk *w, const Ast *n, const Ast *value)
{
    Scope *s = w->block->scope;
    if (!check_type_scope(w, n, "yield expression"))
        return;
    check_yield_place(w, n);
    walk_opt(w, value);
    check_yield(w, n);
    s->is_generator = true;
}

static void walk_await(ScopeWalk *w, const AstAwait *n)
{
    Scope *s = w->block->scope;
    if (!check_type_scope(w, &n->base, "await expression"))
        return;
    check_await(w, &n->base, "'await'");
    walk(w, n->value);
    s->has_await = true;
    if (s->kind == SCOPE_COMPREHENSION)
        s->is_async = true;
}

static bool walk_expression(ScopeWalk *w, const Ast *n)
{
    switch (n->kind) {
    case AST_NAME: walk_name(w, (const AstName *)n); return true;
    case AST_CONSTANT: return true;
    case AST_ATTRIBUTE: {
        const AstAttribute *x = (const AstAttribute *)n;
        walk(w, x->value);
        if (x->ctx != CTX_LOAD)
            check_name(w, n, x->attr, x->ctx == CTX_DEL);
        return true;
    }
    case AST_NAMED_EXPR: walk_walrus(w, (const AstNamedExpr *)n); return true;
    case AST_LAMBDA: walk_lambda(w, (const AstLambda *)n); return true;
    case AST_TUPLE: walk_elements(w, ((const AstTuple *)n)->elts); return true;
    case AST_LIST: walk_elements(w, ((const AstList *)n)->elts); return true;
    case AST_SET: walk_elements(w, ((const AstSet *)n)->elts); return true;
    case AST_CALL: {
        const AstCall *x = (const AstCall *)n;
        walk(w, x->func);
        walk_call_args(w, x->args, x->keywords);
        return true;
    }
    case AST_LIST_COMP: {
        const AstListComp *x = (const AstListComp *)n;
        walk_comprehension(w, n, "<listcomp>", x->generators, x->elt, NULL);
        return true;
    }
    case AST_SET_COMP: {
        const AstSetComp *x = (const AstSetComp *)n;
        walk_comprehension(w, n, "<setcomp>", x->generators, x->elt, NULL);
        return true;
    }
    case AST_DICT_COMP: {
        const AstDictComp *x = (const AstDictComp *)n;
        walk_comprehension(w, n, "<dictcomp>", x->generators, x->key, x->value);
        return true;
    }
    case AST_GENERATOR_EXP: {
        const AstGeneratorExp *x = (const AstGeneratorExp *)n;
        walk_comprehension(w, n, "<genexpr>", x->generators, x->elt, NULL);
        return true;
    }
    case AST_YIELD: walk_yield(w, n, ((const AstYield *)n)->value); return true;
    case AST_YIELD_FROM:
        walk_yield(w, n, ((const AstYieldFrom *)n)->value);
        return true;
    case AST_AWAIT: walk_await(w, (const AstAwait *)n); return true;
    case AST_STARRED:
        code_error(w, n, "can't use starred expression here");
        walk(w, ((const AstStarred *)n)->value);
        return true;
    case AST_TYPE_VAR: case AST_TYPE_VAR_TUPLE: case AST_PARAM_SPEC: walk_type_param(w, n); return true;
    default: return false;
    }
}

/* Every field in turn, for the nodes that mean nothing special here. */
static void walk_fields(ScopeWalk *w, const Ast *n)
{
#define WALK_node(f) walk_opt(w, x->f);
#define WALK_seq(f) walk_seq(w, x->f);
#define WALK_name(f)
#define WALK_names(f)
#define WALK_num(f)
#define WALK_op(f)
#define WALK_int(f)
#define WALK_ops(f)
#define F(kind, name) WALK_##kind(name)
#define NODE(NAME, Struct, fields) \
    case AST_##NAME: { const Ast##Struct *x = (const Ast##Struct *)n; (void)x; fields break; }
    switch (n->kind) {
#include "parser/ast.def"
    default: break;
    }
#undef F
}

static void walk(ScopeWalk *w, const Ast *n)
{
    scope_suspect(w, n);
    if (scope_stack_ok(w) && !walk_expression(w, n) && !walk_statement(w, n) && !walk_pattern(w, n))
        walk_fields(w, n);
}

bool scope_walk_module(ScopeWalk *w, const Ast *tree)
{
    Block b;
    if (!enter(w, &b, SCOPE_MODULE, "<module>", NULL, tree))
        return false;
    b.scope->future_annotations = (w->flags & SCOPE_FUTURE_ANNOTATIONS) || future_feature(tree, "annotations");
    if (tree->kind == AST_MODULE)
        walk_seq(w, ((const AstModule *)tree)->body);
    else
        walk(w, ((const AstExpression *)tree)->body);
    leave(w, &b);
    return !w->failed;
}
