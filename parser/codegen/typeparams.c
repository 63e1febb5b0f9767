/* SPDX-License-Identifier: MIT
 * Type parameters and type aliases. What is generic is made inside a function of its own, which binds the
 * parameters and is called at once; bounds, defaults and aliased values are functions that run when asked for. */
#include "parser/codegen/codegen.h"

/* (name, bound or None, default or None), then the object. */
static void push_param(Compiler *c, const Ast *p)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Name name = p->kind == AST_TYPE_VAR ? ((const AstTypeVar *)p)->name
              : p->kind == AST_PARAM_SPEC ? ((const AstParamSpec *)p)->name : ((const AstTypeVarTuple *)p)->name;
    const Ast *bound = p->kind == AST_TYPE_VAR ? ((const AstTypeVar *)p)->bound : NULL;
    const Ast *dflt = p->kind == AST_TYPE_VAR ? ((const AstTypeVar *)p)->default_value
                    : p->kind == AST_PARAM_SPEC ? ((const AstParamSpec *)p)->default_value
                                                : ((const AstTypeVarTuple *)p)->default_value;
    uint32_t which = p->kind == AST_PARAM_SPEC ? INTRINSIC_PARAMSPEC
                   : p->kind == AST_TYPE_VAR_TUPLE ? INTRINSIC_TYPEVARTUPLE
                   : bound && bound->kind == AST_TUPLE ? INTRINSIC_TYPEVAR_CONSTRAINED : INTRINSIC_TYPEVAR;
    Str *text = name_str(c, name);
    if (!text)
        return;
    emit_const(c, span(p), base, value_from_obj(text));
    push_reg(c);
    if (bound)
        make_thunk(c, p, SCOPE_TYPE_BOUND, bound, name->text, NO_REG);
    else
        emit_none(c, span(p), base + 1), push_reg(c);
    if (dflt)
        make_thunk(c, p, SCOPE_TYPE_DEFAULT, dflt, name->text, NO_REG);
    else
        emit_none(c, span(p), base + 2), push_reg(c);
    emit(c, span(p), OP_BUILD_TUPLE, 0, base, base, 3);
    u->top = base;
    push_reg(c);
    emit(c, span(p), OP_INTRINSIC, which, base, base, 0);
    name_store(c, span(p), name, base);
}

/* The tuple of all parameters in the next temporary. */
static Reg push_params(Compiler *c, const AstSeq *params, Span at)
{
    Unit *u = c->unit;
    Reg base = u->top;
    for (uint32_t i = 0; i < params->count && !c->failed; i++)
        push_param(c, params->items[i]);
    emit(c, at, OP_BUILD_TUPLE, 0, base, base, params->count);
    u->top = base;
    return push_reg(c);
}

static Unit *params_unit(Compiler *c, const Ast *node, Name name, uint32_t line)
{
    const Scope *s = scope_find(c->root, node, SCOPE_TYPE_PARAMS);
    size_t n = name->len + 32;
    char *text = s ? arena_alloc(c->arena, n) : NULL;
    if (!text) {
        compile_no_memory(c);
        return NULL;
    }
    strcpy(text, "<generic parameters of ");
    memcpy(text + 23, name->text, name->len);
    strcpy(text + 23 + name->len, ">");
    return unit_begin(c, s, text_str(c, text), line, CODE_NEWLOCALS | CODE_SIMPLE_ARGS);
}

static Code *params_end(Compiler *c, Operand result, Span at)
{
    Reg r = operand_reg(c, at, result);
    emit(c, at, OP_RETURN, 0, r, 0, 0);
    return unit_end(c);
}

/* ---- functions ---- */

static Code *generic_function_code(Compiler *c, const AstFunctionDef *f, uint32_t flags)
{
    Span at = span(f);
    Unit *u = params_unit(c, &f->base, f->name, def_first_line(c, &f->base, f->decorators));
    if (!u)
        return NULL;
    u->nargs = u->nparams = (flags & 1) + (flags >> 1 & 1);
    if (flags & 1)
        unit_local(c, text_str(c, ".defaults"), false);
    if (flags & 2)
        unit_local(c, text_str(c, ".kwdefaults"), false);
    if (!unit_locals(c)) {
        c->unit = u->outer;
        return NULL;
    }
    unit_cells(c, at);
    Reg params = push_params(c, f->type_params, at), base = u->top;
    if (flags & 1) {
        emit_move(c, at, base, 0);
        push_reg(c);
    }
    if (flags & 2) {
        fill_to(c, at, base + 1);
        emit_move(c, at, base + 1, flags & 1);
        push_reg(c);
    }
    return params_end(c, function_value(c, f, flags, base, params, NO_REG), at);
}

Operand generic_function(Compiler *c, const AstFunctionDef *f, uint32_t flags, Reg base, Reg want)
{
    Unit *u = c->unit;
    Span at = span(f);
    Code *code = generic_function_code(c, f, flags);
    Reg callee = u->top;
    make_function(c, at, code, 0, callee, NO_REG);
    for (uint32_t i = 0; i < 2; i++)
        if (flags >> i & 1) {
            emit_move(c, at, u->top, base + i);
            push_reg(c);
        }
    emit(c, at, OP_CALL, 0, result_reg(want, base), callee, u->top - callee - 1);
    return result_at(c, want, base);
}

/* ---- classes ---- */

static Code *generic_class_code(Compiler *c, const AstClassDef *k)
{
    Span at = span(k);
    Unit *u = params_unit(c, &k->base, k->name, def_first_line(c, &k->base, k->decorators));
    if (!u)
        return NULL;
    u->extra_free = ".type_params";
    u->extra_cell = unit_local(c, text_str(c, ".type_params"), true);
    if (!unit_locals(c)) {
        c->unit = u->outer;
        return NULL;
    }
    unit_cells(c, at);
    Reg params = push_params(c, k->type_params, at);
    emit_move(c, at, u->extra_cell, params);
    emit(c, at, OP_MAKE_CELL, 0, u->extra_cell, 0, 0);
    Reg base = u->top;
    emit(c, at, OP_INTRINSIC, INTRINSIC_GENERIC_BASE, base, params, 0);
    push_reg(c);
    return params_end(c, class_value(c, k, base, NO_REG), at);
}

Operand generic_class(Compiler *c, const AstClassDef *k, Reg want)
{
    Reg base = c->unit->top;
    make_function(c, span(k), generic_class_code(c, k), 0, base, NO_REG);
    emit(c, span(k), OP_CALL, 0, result_reg(want, base), base, 0);
    return result_at(c, want, base);
}

/* ---- type X = … ---- */

/* (name, parameters or None, function of the value) */
static Operand alias_value(Compiler *c, const AstTypeAlias *t, Reg params)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Span at = span(t);
    Name name = ((const AstName *)t->name)->id;
    Str *text = name_str(c, name);
    if (!text)
        return in_reg(0);
    emit_const(c, at, base, value_from_obj(text));
    push_reg(c);
    if (params != NO_REG)
        emit_move(c, at, base + 1, params);
    else
        emit_none(c, at, base + 1);
    push_reg(c);
    make_thunk(c, &t->base, SCOPE_TYPE_ALIAS, t->value, name->text, NO_REG);
    emit(c, at, OP_BUILD_TUPLE, 0, base, base, 3);
    u->top = base;
    push_reg(c);
    emit(c, at, OP_INTRINSIC, INTRINSIC_TYPEALIAS, base, base, 0);
    return in_reg(base);
}

static Code *generic_alias_code(Compiler *c, const AstTypeAlias *t)
{
    Unit *u = params_unit(c, &t->base, ((const AstName *)t->name)->id, line_of(c, t->base.start));
    if (!u)
        return NULL;
    if (!unit_locals(c)) {
        c->unit = u->outer;
        return NULL;
    }
    unit_cells(c, span(t));
    Reg params = push_params(c, t->type_params, span(t));
    return params_end(c, alias_value(c, t, params), span(t));
}

void stmt_type_alias(Compiler *c, const AstTypeAlias *t)
{
    Unit *u = c->unit;
    Reg base = u->top;
    if (t->type_params->count) {
        make_function(c, span(t), generic_alias_code(c, t), 0, base, NO_REG);
        emit(c, span(t), OP_CALL, 0, base, base, 0);
    } else {
        alias_value(c, t, NO_REG);
    }
    u->top = base;
    name_store(c, span(t->name), ((const AstName *)t->name)->id, push_reg(c));
    u->top = base;
}
