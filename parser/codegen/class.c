/* SPDX-License-Identifier: MIT
 * Classes: the body is a unit whose names live in the mapping in register 0. */
#include "parser/codegen/codegen.h"

/* __annotations__ exists where variables are annotated. Modules may have one already (the prompt). */
void annotations_setup(Compiler *c, const Scope *s)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Span at = NOWHERE;
    if (!s->has_annotations)
        return;
    if (s->kind == SCOPE_CLASS) {
        emit(c, at, OP_INTRINSIC, INTRINSIC_ANNOTATIONS, push_reg(c), 0, 0);
        u->top = base;
        return;
    }
    LabelId absent = label_new(c), end = label_new(c);
    Block guard;
    if (!block_begin(c, &guard, BLOCK_CLEANUP, at))
        return;
    block_guard(c, &guard, absent, base);
    name_load_text(c, at, "__annotations__", base);
    block_end(c, &guard);
    u->top = base;
    emit_goto(c, at, end);
    label_place(c, absent);
    emit(c, at, OP_BUILD_DICT, 0, base, base, 0);
    name_store_text(c, at, "__annotations__", push_reg(c));
    u->top = base;
    label_place(c, end);
}

static void store_attr_name(Compiler *c, Span at, const char *name, Reg value)
{
    emit(c, at, OP_STORE_NAME, 0, 0, value, cache_new(c, OP_STORE_NAME, text_str(c, name)));
}

static void store_const(Compiler *c, Span at, const char *name, Value v)
{
    Unit *u = c->unit;
    Reg base = u->top;
    emit_const(c, at, base, v);
    store_attr_name(c, at, name, push_reg(c));
    u->top = base;
}

static void body_names(Compiler *c, const AstClassDef *k)
{
    Unit *u = c->unit;
    Span at = span(k);
    Reg base = u->top;
    emit(c, at, OP_LOAD_NAME, 0, base, 0, cache_new(c, OP_LOAD_NAME, text_str(c, "__name__")));
    store_attr_name(c, at, "__module__", push_reg(c));
    u->top = base;
    store_const(c, at, "__qualname__", value_from_obj(u->qualname));
    store_const(c, at, "__firstlineno__", value_from_int48(u->first_line));
    if (u->extra_free) {
        emit(c, at, OP_LOAD_FREE, 0, base, u->scope->free_count, 0);
        store_attr_name(c, at, "__type_params__", push_reg(c));
        u->top = base;
    }
    if (u->class_cell)
        emit(c, at, OP_MAKE_CELL, 0, u->class_cell, 0, 0);
    if (u->classdict_cell) {
        emit_move(c, at, u->classdict_cell, 0);
        emit(c, at, OP_MAKE_CELL, 0, u->classdict_cell, 0, 0);
    }
    annotations_setup(c, u->scope);
    Value doc = const_docstring(c, k->body);
    if (!value_is_empty(doc))
        store_const(c, span(k->body->items[0]), "__doc__", doc);
}

static Value static_attributes(Compiler *c)
{
    Unit *u = c->unit;
    Value *names = arena_alloc(c->arena, (u->nstatic + 1) * sizeof *names);
    if (!names) {
        compile_no_memory(c);
        return VALUE_EMPTY;
    }
    for (uint32_t i = 0; i < u->nstatic; i++) {
        Str *s = name_str(c, u->static_attrs[i]);
        if (!s)
            return VALUE_EMPTY;
        names[i] = value_from_obj(s);
    }
    return const_tuple(c, names, u->nstatic);
}

static void body_end(Compiler *c)
{
    Unit *u = c->unit;
    Reg base = u->top;
    store_const(c, NOWHERE, "__static_attributes__", static_attributes(c));
    if (u->classdict_cell)
        store_attr_name(c, NOWHERE, "__classdictcell__", u->classdict_cell);
    if (u->class_cell) {
        store_attr_name(c, NOWHERE, "__classcell__", u->class_cell);
        emit(c, NOWHERE, OP_RETURN, 0, u->class_cell, 0, 0);
        return;
    }
    emit_none(c, NOWHERE, base);
    Reg none = push_reg(c);
    emit(c, NOWHERE, OP_RETURN, 0, none, 0, 0);
}

static Code *class_code(Compiler *c, const AstClassDef *k, bool generic)
{
    const Scope *s = scope_find(c->root, &k->base, SCOPE_CLASS);
    uint32_t line = def_first_line(c, &k->base, k->decorators);
    Unit *u = s ? unit_begin(c, s, name_str(c, k->name), line, CODE_CLASS_BODY) : NULL;
    if (!u)
        return NULL;
    unit_local(c, text_str(c, ".namespace"), false);
    if (s->needs_class_cell)
        u->class_cell = unit_local(c, text_str(c, "__class__"), true);
    if (s->needs_classdict)
        u->classdict_cell = unit_local(c, text_str(c, "__classdict__"), true);
    if (!unit_locals(c)) {
        c->unit = u->outer;
        return NULL;
    }
    if (generic) {
        u->extra_free = ".type_params";
        u->extra_cell = NO_REG;
    }
    body_names(c, k);
    stmts(c, k->body);
    body_end(c);
    return unit_end(c);
}

Operand class_value(Compiler *c, const AstClassDef *k, Reg generic_base, Reg want)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Span at = span(k);
    emit(c, at, OP_LOAD_BUILD_CLASS, 0, base, 0, 0);
    push_reg(c);
    Code *code = class_code(c, k, generic_base != NO_REG);
    if (!code)
        return in_reg(0);
    make_function(c, at, code, 0, base + 1, NO_REG);
    Str *name = name_str(c, k->name);
    if (!name)
        return in_reg(0);
    emit_const(c, at, u->top, value_from_obj(name));
    push_reg(c);
    return call_with(c, at, base, k->bases, k->keywords, generic_base != NO_REG ? &generic_base : NULL, want);
}

void stmt_class(Compiler *c, const AstClassDef *k)
{
    Unit *u = c->unit;
    Reg base = u->top;
    uint32_t n = decorators_push(c, k->decorators);
    Reg want = n ? NO_REG : name_local(c, k->name);
    Operand o = k->type_params->count ? generic_class(c, k, want) : class_value(c, k, NO_REG, want);
    decorators_call(c, k->decorators, base);
    name_store(c, span(k), k->name, n ? base : o.reg);
    u->top = base;
}
