/* SPDX-License-Identifier: MIT
 * Names: which instructions read, bind and unbind them, by where the scopes say that they live. */
#include "parser/codegen/codegen.h"

typedef enum VarKind {
    VAR_REG,                /* a register of its own */
    VAR_CELL,               /* a cell in a register */
    VAR_FREE,               /* a captured cell */
    VAR_GLOBAL,
    VAR_NAME,               /* by name in the mapping in register 0, then globals */
    VAR_NAME_FREE,          /* class: mapping first, then the captured cell */
    VAR_DICT_GLOBAL,        /* type scopes in a class: __classdict__ first, then globals */
    VAR_DICT_FREE
} VarKind;

typedef struct Var {
    VarKind kind;
    uint32_t index;         /* register or free variable */
    Name name;              /* mangled */
} Var;

static Var free_var(Compiler *c, VarKind kind, Name name)
{
    uint32_t index = 0;
    if (!unit_free_index(c->unit, name, &index))
        compile_error(c, span(c->unit->scope->node), "no cell for '%s'", name->text);
    return (Var){ kind, index, name };
}

/* A name of a comprehension that its host is a class for: the class's own names are not seen. */
static Var class_host_var(Compiler *c, Name name)
{
    Unit *u = c->unit;
    uint32_t index;
    if (implicit_cell(u, name))
        return (Var){ VAR_CELL, implicit_cell(u, name), name };
    if (unit_free_index(u, name, &index))
        return (Var){ VAR_FREE, index, name };
    return (Var){ VAR_GLOBAL, 0, name };
}

static Var function_var(Compiler *c, const Scope *s, const Symbol *sym)
{
    const uint16_t *reg = unit_scope_regs(c->unit, s);
    uint32_t r = reg ? reg[sym - s->symbols] : 0;
    switch ((NamePlace)sym->place) {
    case PLACE_LOCAL:
        return (Var){ VAR_REG, r, sym->name };
    case PLACE_CELL:
        return (Var){ VAR_CELL, r, sym->name };
    case PLACE_FREE:
        return free_var(c, s->can_see_class ? VAR_DICT_FREE : VAR_FREE, sym->name);
    case PLACE_GLOBAL:
        return (Var){ VAR_GLOBAL, 0, sym->name };
    default:
        return (Var){ s->can_see_class ? VAR_DICT_GLOBAL : VAR_GLOBAL, 0, sym->name };
    }
}

static Var outer_var(Compiler *c, const Scope *s, const Symbol *sym, Name name, bool from_inside)
{
    Unit *u = c->unit;
    VarKind by_name = u->flags & CODE_NAMES ? VAR_NAME : VAR_GLOBAL;
    Name mangled = sym ? sym->name : name;
    if (s->kind == SCOPE_MODULE)
        return (Var){ sym && sym->place == PLACE_GLOBAL ? VAR_GLOBAL : by_name, 0, mangled };
    if (from_inside)
        return class_host_var(c, mangled);
    if (!sym)
        return (Var){ VAR_NAME, 0, mangled };
    if (sym->place == PLACE_GLOBAL)
        return (Var){ VAR_GLOBAL, 0, mangled };
    if (sym->place == PLACE_FREE)
        return free_var(c, VAR_NAME_FREE, mangled);
    return (Var){ VAR_NAME, 0, mangled };
}

static Var resolve(Compiler *c, Name name)
{
    const Unit *u = c->unit;
    const Scope *s = u->here;
    const Symbol *sym;
    for (;;) {
        sym = scope_lookup(s, name);
        if (!s->inlined || (sym && sym->place != PLACE_FREE))
            break;
        s = s->parent;
    }
    if (s->inlined && sym->place == PLACE_GLOBAL_IMPLICIT)
        return (Var){ u->flags & CODE_NAMES ? VAR_NAME : VAR_GLOBAL, 0, sym->name };
    if (!is_function_like(s))
        return outer_var(c, s, sym, name, s != u->here);
    return sym ? function_var(c, s, sym) : (Var){ VAR_GLOBAL, 0, name };
}

Reg name_local(Compiler *c, Name name)
{
    Var v = resolve(c, name);
    return v.kind == VAR_REG ? v.index : NO_REG;
}

/* ---- load ---- */

static Operand load_register(Compiler *c, Span at, Reg r)
{
    Unit *u = c->unit;
    if (u->reachable && !local_assigned(u, r)) {
        emit(c, at, OP_CHECK_BOUND, 0, r, 0, 0);
        local_bind(u, r);
    }
    return in_reg(r);
}

/* The mapping of the class around a type scope, in the next temporary. */
static Reg push_classdict(Compiler *c, Span at)
{
    uint32_t index = 0;
    Name name = name_of_text(c, "__classdict__");
    if (name && !unit_free_index(c->unit, name, &index))
        compile_error(c, at, "no cell for '__classdict__'");
    emit(c, at, OP_LOAD_FREE, 0, c->unit->top, index, 0);
    return push_reg(c);
}

static void load_to(Compiler *c, Span at, Var v, Reg dst)
{
    switch (v.kind) {
    case VAR_REG:
        emit_move(c, at, dst, load_register(c, at, v.index).reg);
        break;
    case VAR_CELL:
        emit(c, at, OP_LOAD_CELL, 0, dst, v.index, 0);
        break;
    case VAR_FREE:
        emit(c, at, OP_LOAD_FREE, 0, dst, v.index, 0);
        break;
    case VAR_GLOBAL:
        emit_wide(c, at, OP_LOAD_GLOBAL, dst, cache_global(c, OP_LOAD_GLOBAL, name_str(c, v.name)));
        break;
    case VAR_NAME:
        emit(c, at, OP_LOAD_NAME, 0, dst, 0, cache_new(c, OP_LOAD_NAME, name_str(c, v.name)));
        break;
    case VAR_NAME_FREE:
        emit(c, at, OP_LOAD_NAME_FREE, 0, dst, 0, v.index);
        break;
    case VAR_DICT_GLOBAL: {
        Reg dict = push_classdict(c, at);
        emit(c, at, OP_LOAD_NAME, 0, dst, dict, cache_new(c, OP_LOAD_NAME, name_str(c, v.name)));
        break;
    }
    case VAR_DICT_FREE: {
        Reg dict = push_classdict(c, at);
        emit(c, at, OP_LOAD_NAME_FREE, 0, dst, dict, v.index);
        break;
    }
    }
}

Operand name_load(Compiler *c, Span at, Name name, Reg want)
{
    static const char debug[] = "__debug__";
    if (name->len == sizeof debug - 1 && memcmp(name->text, debug, sizeof debug - 1) == 0)
        return constant(value_from_bool(!c->optimize));
    Var v = resolve(c, name);
    if (v.kind == VAR_REG)
        return load_register(c, at, v.index);
    Reg base = c->unit->top;
    load_to(c, at, v, result_reg(want, base));
    return result_at(c, want, base);
}

Operand name_load_text(Compiler *c, Span at, const char *text, Reg want)
{
    Name name = name_of_text(c, text);
    return name ? name_load(c, at, name, want) : in_reg(0);
}

/* ---- store and delete ---- */

void name_store(Compiler *c, Span at, Name name, Reg value)
{
    Var v = resolve(c, name);
    switch (v.kind) {
    case VAR_REG:
        emit_move(c, at, v.index, value);
        local_bind(c->unit, v.index);
        break;
    case VAR_CELL:
        emit(c, at, OP_STORE_CELL, 0, v.index, value, 0);
        break;
    case VAR_FREE:
    case VAR_NAME_FREE:
    case VAR_DICT_FREE:
        emit(c, at, OP_STORE_FREE, 0, v.index, value, 0);
        break;
    case VAR_GLOBAL:
    case VAR_DICT_GLOBAL:
        emit_wide(c, at, OP_STORE_GLOBAL, value, cache_global(c, OP_STORE_GLOBAL, name_str(c, v.name)));
        break;
    case VAR_NAME:
        emit(c, at, OP_STORE_NAME, 0, 0, value, cache_new(c, OP_STORE_NAME, name_str(c, v.name)));
        break;
    }
}

void name_store_text(Compiler *c, Span at, const char *text, Reg value)
{
    Name name = name_of_text(c, text);
    if (name)
        name_store(c, at, name, value);
}

void name_delete(Compiler *c, Span at, Name name)
{
    Var v = resolve(c, name);
    switch (v.kind) {
    case VAR_REG:
        emit(c, at, OP_DELETE_LOCAL, 0, v.index, 0, 0);
        local_unbind(c->unit, v.index);
        break;
    case VAR_CELL:
        emit(c, at, OP_DELETE_CELL, 0, v.index, 0, 0);
        break;
    case VAR_FREE:
    case VAR_NAME_FREE:
    case VAR_DICT_FREE:
        emit(c, at, OP_DELETE_FREE, 0, v.index, 0, 0);
        break;
    case VAR_GLOBAL:
    case VAR_DICT_GLOBAL:
        emit_wide(c, at, OP_DELETE_GLOBAL, 0, cache_global(c, OP_DELETE_GLOBAL, name_str(c, v.name)));
        break;
    case VAR_NAME:
        emit(c, at, OP_DELETE_NAME, 0, 0, 0, cache_new(c, OP_DELETE_NAME, name_str(c, v.name)));
        break;
    }
}

void name_unbind(Compiler *c, Span at, Name name)
{
    Unit *u = c->unit;
    Reg r = name_local(c, name), base = u->top;
    if (r != NO_REG) {
        emit_clear(c, at, r);
        local_unbind(u, r);
        return;
    }
    emit_none(c, at, base);
    name_store(c, at, name, push_reg(c));
    u->top = base;
    name_delete(c, at, name);
}

/* ---- attributes of self ---- */

static bool is_self(Name name)
{
    return name->len == 4 && memcmp(name->text, "self", 4) == 0;
}

/* Classes list in __static_attributes__ what their methods store on self. */
static void note_static(Compiler *c, Name attr)
{
    Unit *u = c->unit;
    uint32_t seen;
    while (u && u->scope->kind != SCOPE_CLASS)
        u = u->outer;
    if (!u || map_find(&u->static_index, map_key(attr), &seen) ||
        !GROW(c, &u->static_attrs, &u->static_cap, u->nstatic + 1) ||
        !map_put(c, &u->static_index, map_key(attr), u->nstatic))
        return;
    u->static_attrs[u->nstatic++] = attr;
}

void self_attr_stored(Compiler *c, const AstAttribute *a, bool plain)
{
    Unit *u = c->unit;
    if (a->value->kind != AST_NAME)
        return;
    Name name = ((const AstName *)a->value)->id;
    if (u->self_name == name && name && !map_put(c, &u->self_attrs, map_key(a->attr), 1))
        return;
    if (plain && is_self(name))
        note_static(c, a->attr);
}
