/* SPDX-License-Identifier: MIT
 * Functions: their defaults and decorators where they are defined, their bodies as units of their own. */
#include "parser/codegen/codegen.h"

/* ---- where it is defined ---- */

void fill_to(Compiler *c, Span at, Reg upto)
{
    while (c->unit->top < upto && !c->failed) {
        emit_clear(c, at, c->unit->top);
        push_reg(c);
    }
}

static void push_kw_defaults(Compiler *c, const AstArguments *args, Span at)
{
    Unit *u = c->unit;
    Reg dict = u->top;
    emit(c, at, OP_BUILD_DICT, 0, dict, dict, 0);
    push_reg(c);
    for (uint32_t i = 0; i < args->kwonly->count; i++) {
        const Ast *value = args->kw_defaults->items[i];
        if (!value)
            continue;
        Str *name = name_str(c, scope_mangle(u->here, ((const AstArg *)args->kwonly->items[i])->arg));
        if (!name)
            return;
        Reg key = u->top;
        emit_const(c, at, key, value_from_obj(name));
        push_reg(c);
        Reg v = expr_reg(c, value);
        emit(c, at, OP_DICT_SET, 0, dict, key, v);
        u->top = key;
    }
}

uint32_t defaults_push(Compiler *c, const AstArguments *args, Span at, Reg base)
{
    uint32_t flags = 0;
    if (args->defaults->count) {
        operand_into(c, at, expr_tuple(c, args->defaults, at, NO_REG), base);
        c->unit->top = base;
        push_reg(c);
        flags |= 1;
    }
    for (uint32_t i = 0; i < args->kw_defaults->count; i++)
        if (args->kw_defaults->items[i]) {
            fill_to(c, at, base + 1);
            push_kw_defaults(c, args, at);
            return flags | 2;
        }
    return flags;
}

Operand make_function(Compiler *c, Span at, Code *code, uint32_t flags, Reg base, Reg want)
{
    Unit *u = c->unit;
    if (!code || c->failed || !GROW(c, &u->codes, &u->codes_cap, u->ncodes + 1))
        return in_reg(0);
    if (u->ncodes >= UINT16_MAX - 1) {
        compile_error(c, at, "too many functions");
        return in_reg(0);
    }
    if (u->reachable)
        u->codes[u->ncodes++] = value_from_obj(code);
    emit(c, at, OP_MAKE_FUNCTION, flags, result_reg(want, base), base, u->ncodes - (u->ncodes > 0));
    return result_at(c, want, base);
}

uint32_t decorators_push(Compiler *c, const AstSeq *decorators)
{
    for (uint32_t i = 0; i < decorators->count; i++)
        expr_push(c, decorators->items[i]);
    return decorators->count;
}

void decorators_call(Compiler *c, const AstSeq *decorators, Reg base)
{
    for (uint32_t i = decorators->count; i-- > 0;) {
        emit(c, span(decorators->items[i]), OP_CALL, 0, base + i, base + i, 1);
        c->unit->top = base + i + 1;
    }
}

uint32_t def_first_line(Compiler *c, const Ast *def, const AstSeq *decorators)
{
    return line_of(c, decorators->count ? decorators->items[0]->start : def->start);
}

/* ---- bodies ---- */

static void count_params(Unit *u, const AstArguments *a)
{
    u->nposonly = a->posonly->count;
    u->nargs = a->posonly->count + a->args->count;
    u->nkwonly = a->kwonly->count;
    u->nparams = u->nargs + u->nkwonly + (a->vararg != NULL) + (a->kwarg != NULL);
    u->flags |= a->vararg ? CODE_VARARGS : 0;
    u->flags |= a->kwarg ? CODE_VARKW : 0;
    if (!a->vararg && !a->kwarg && !a->kwonly->count)
        u->flags |= CODE_SIMPLE_ARGS;
}

static uint32_t scope_flags(const Scope *s)
{
    return CODE_NEWLOCALS | (s->is_generator ? CODE_GENERATOR : 0) | (s->is_async ? CODE_COROUTINE : 0);
}

/* The function's unit, ready for its body. */
static Unit *body_begin(Compiler *c, const Scope *s, const AstArguments *args, uint32_t first_line, Span at)
{
    Unit *u = unit_begin(c, s, name_str(c, s->name), first_line, scope_flags(s));
    if (!u)
        return NULL;
    count_params(u, args);
    if (u->nparams > MAX_REGS) {
        compile_error(c, at, "too many parameters");
        c->unit = u->outer;
        return NULL;
    }
    if (!unit_locals(c)) {
        c->unit = u->outer;
        return NULL;
    }
    unit_cells(c, at);
    return u;
}

static void return_none(Compiler *c, Span at)
{
    Unit *u = c->unit;
    emit_none(c, at, u->top);
    Reg r = push_reg(c);
    emit(c, at, OP_RETURN, 0, r, 0, 0);
}

static bool inside_class(const Unit *u)
{
    const Scope *s = u->outer->scope;
    if (s->kind == SCOPE_TYPE_PARAMS)
        s = s->parent;
    return s && s->kind == SCOPE_CLASS;
}

static Code *function_code(Compiler *c, const AstFunctionDef *f)
{
    const AstArguments *args = (const AstArguments *)f->args;
    const Scope *s = scope_find(c->root, &f->base, SCOPE_FUNCTION);
    Span at = span(f);
    Unit *u = body_begin(c, s, args, def_first_line(c, &f->base, f->decorators), at);
    if (!u)
        return NULL;
    if (u->nargs && inside_class(u)) {
        const AstSeq *first = args->posonly->count ? args->posonly : args->args;
        u->self_name = ((const AstArg *)first->items[0])->arg;
    }
    u->doc = const_docstring(c, f->body);
    stmts(c, f->body);
    if (u->reachable)
        return_none(c, f->body->count ? span(f->body->items[f->body->count - 1]) : at);
    return unit_end(c);
}

Operand function_value(Compiler *c, const AstFunctionDef *f, uint32_t flags, Reg base, Reg type_params, Reg want)
{
    Span at = span(f);
    flags |= annotations_push(c, (const AstArguments *)f->args, f->returns, at, base);
    if (type_params != NO_REG) {
        fill_to(c, at, base + 3);
        emit_move(c, at, base + 3, type_params);
        push_reg(c);
        flags |= 8;
    }
    return make_function(c, at, function_code(c, f), flags, base, want);
}

void stmt_function(Compiler *c, const AstFunctionDef *f)
{
    Unit *u = c->unit;
    Reg base = u->top;
    uint32_t n = decorators_push(c, f->decorators);
    Reg want = n ? NO_REG : name_local(c, f->name);
    uint32_t flags = defaults_push(c, (const AstArguments *)f->args, span(f), base + n);
    Operand o = f->type_params->count ? generic_function(c, f, flags, base + n, want)
                                      : function_value(c, f, flags, base + n, NO_REG, want);
    decorators_call(c, f->decorators, base);
    name_store(c, span(f), f->name, n ? base : o.reg);
    u->top = base;
}

/* ---- lambdas and thunks ---- */

static Code *expression_code(Compiler *c, const Ast *body)
{
    Reg r = expr_reg(c, body);
    emit(c, span(body), OP_RETURN, 0, r, 0, 0);
    return unit_end(c);
}

Operand expr_lambda(Compiler *c, const AstLambda *e, Reg want)
{
    const AstArguments *args = (const AstArguments *)e->args;
    Reg base = c->unit->top;
    Span at = span(e);
    uint32_t flags = defaults_push(c, args, at, base);
    const Scope *s = scope_find(c->root, &e->base, SCOPE_LAMBDA);
    Unit *u = body_begin(c, s, args, line_of(c, at.start), at);
    if (!u)
        return in_reg(0);
    Code *code = expression_code(c, e->body);
    return make_function(c, at, code, flags, base, want);
}

Operand make_thunk(Compiler *c, const Ast *node, ScopeKind kind, const Ast *value, const char *name, Reg want)
{
    Reg base = c->unit->top;
    const Scope *s = scope_find(c->root, node, kind);
    Unit *u = s ? unit_begin(c, s, text_str(c, name), line_of(c, value->start), CODE_NEWLOCALS | CODE_SIMPLE_ARGS)
                : NULL;
    if (!u)
        return in_reg(0);
    if (!unit_locals(c)) {
        c->unit = u->outer;
        return in_reg(0);
    }
    unit_cells(c, span(value));
    Code *code;
    if (value->kind == AST_STARRED) {
        /* *Ts as a default: the one item that iterating it gives */
        Reg v = expr_push(c, ((const AstStarred *)value)->value);
        emit(c, span(value), OP_UNPACK, 0, v, v, 1);
        emit(c, span(value), OP_RETURN, 0, v, 0, 0);
        code = unit_end(c);
    } else {
        code = expression_code(c, value);
    }
    return make_function(c, span(value), code, 0, base, want);
}
