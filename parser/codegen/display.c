/* SPDX-License-Identifier: MIT
 * Tuples, lists, sets, dicts and f-strings. Short ones are built at once from a run of registers; long ones, and
 * those with stars, begin with what fits and grow. */
#include "parser/codegen/codegen.h"

#include "vm/objects/set.h"

#define RUN_MAX 64u

static bool has_star(const AstSeq *elts)
{
    for (uint32_t i = 0; i < elts->count; i++)
        if (elts->items[i]->kind == AST_STARRED)
            return true;
    return false;
}

/* All elements as one constant tuple; EMPTY: they are not all literals. */
static Value literal_tuple(Compiler *c, const AstSeq *elts)
{
    Value *items = arena_alloc(c->arena, (elts->count + 1) * sizeof *items);
    if (!items) {
        compile_no_memory(c);
        return VALUE_EMPTY;
    }
    for (uint32_t i = 0; i < elts->count; i++) {
        uint8_t kind = elts->items[i]->kind;
        if ((kind != AST_CONSTANT && kind != AST_UNARY_OP && kind != AST_TUPLE) ||
            !fold_literal(c, elts->items[i], &items[i]))
            return VALUE_EMPTY;
    }
    return const_tuple(c, items, elts->count);
}

/* Elements before the first star, as many as one instruction takes, pushed. */
static uint32_t push_run(Compiler *c, const AstSeq *elts)
{
    uint32_t n = 0;
    for (; n < elts->count && n < RUN_MAX && elts->items[n]->kind != AST_STARRED; n++)
        expr_push(c, elts->items[n]);
    return n;
}

static void grow_display(Compiler *c, const AstSeq *elts, uint32_t from, Span at, Reg to, Opcode add, Opcode extend)
{
    for (uint32_t i = from; i < elts->count; i++) {
        const Ast *e = elts->items[i];
        Reg base = c->unit->top;
        if (e->kind == AST_STARRED) {
            Reg v = expr_reg(c, ((const AstStarred *)e)->value);
            emit(c, at, extend, 0, to, v, 0);
        } else {
            Reg v = expr_reg(c, e);
            emit(c, at, add, 0, to, v, 0);
        }
        c->unit->top = base;
    }
}

void build_starred_list(Compiler *c, const AstSeq *elts, uint32_t from, Span at, Reg list)
{
    grow_display(c, elts, from, at, list, OP_LIST_APPEND, OP_LIST_EXTEND);
}

/* A list of any elements in the next temporary. */
static Reg long_list(Compiler *c, const AstSeq *elts, Span at)
{
    Unit *u = c->unit;
    Reg base = u->top;
    uint32_t n = push_run(c, elts);
    emit(c, at, OP_BUILD_LIST, 0, base, base, n);
    u->top = base;
    push_reg(c);
    build_starred_list(c, elts, n, at, base);
    return base;
}

/* ---- tuples ---- */

/* No star, at most RUN_MAX elements. */
static Operand short_tuple(Compiler *c, const AstSeq *elts, Span at, Reg want)
{
    Unit *u = c->unit;
    Reg base = u->top;
    uint32_t begun = u->count;
    Value items[RUN_MAX];
    bool all_const = true;
    for (uint32_t i = 0; i < elts->count; i++) {
        Reg r = u->top;
        Operand o = expr(c, elts->items[i], NO_REG);
        if (is_const(o))
            items[i] = o.value;
        else
            all_const = false;
        operand_into(c, span(elts->items[i]), o, r);
        u->top = r;
        push_reg(c);
    }
    if (all_const && !c->failed) {
        if (u->reachable)
            u->count = begun;       /* the loads are not needed */
        u->top = base;
        return constant(const_tuple(c, items, elts->count));
    }
    emit(c, at, OP_BUILD_TUPLE, 0, result_reg(want, base), base, elts->count);
    return result_at(c, want, base);
}

Operand expr_tuple(Compiler *c, const AstSeq *elts, Span at, Reg want)
{
    if (!has_star(elts)) {
        if (elts->count <= RUN_MAX)
            return short_tuple(c, elts, at, want);
        Value v = literal_tuple(c, elts);
        if (!value_is_empty(v))
            return constant(v);
    }
    Reg list = long_list(c, elts, at);
    emit(c, at, OP_LIST_TO_TUPLE, 0, result_reg(want, list), list, 0);
    return result_at(c, want, list);
}

/* ---- lists and sets ---- */

Operand expr_list(Compiler *c, const AstSeq *elts, Span at, Reg want)
{
    Unit *u = c->unit;
    Reg base = u->top;
    bool star = has_star(elts);
    if (!star && elts->count > 8) {
        Value v = literal_tuple(c, elts);
        if (!value_is_empty(v)) {
            emit(c, at, OP_BUILD_LIST, 0, base, base, 0);
            push_reg(c);
            emit_const(c, at, u->top, v);
            Reg items = push_reg(c);
            emit(c, at, OP_LIST_EXTEND, 0, base, items, 0);
            u->top = base + 1;
            return in_reg(base);
        }
    }
    if (star || elts->count > RUN_MAX)
        return in_reg(long_list(c, elts, at));
    push_run(c, elts);
    emit(c, at, OP_BUILD_LIST, 0, result_reg(want, base), base, elts->count);
    return result_at(c, want, base);
}

/* Three literals or more: the set is filled from a constant frozenset, because the order in which a set iterates
 * depends on how it was filled, and CPython goes this way: a frozenset from the literals, another one from that (when
 * constants are shared), the set. EMPTY: not all literals. */
static Value literal_frozenset(Compiler *c, const AstSeq *elts)
{
    Value items = elts->count < 3 || has_star(elts) ? VALUE_EMPTY : literal_tuple(c, elts), key;
    if (value_is_empty(items))
        return VALUE_EMPTY;
    Set *first = set_new(c->vm, true), *second = set_new(c->vm, true);
    bool ok = first && second;
    for (size_t i = 0; ok && i < elts->count; i++)
        ok = set_add(c->vm, first, as_tuple(items)->items[i]);
    for (size_t pos = 0; ok && set_next(first, &pos, &key);)
        ok = set_add(c->vm, second, key);
    if (!ok)
        compile_pending(c);
    return ok ? value_from_obj(second) : VALUE_EMPTY;
}

Operand expr_set(Compiler *c, const AstSet *e, Reg want)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Value items = literal_frozenset(c, e->elts);
    if (!value_is_empty(items)) {
        emit(c, span(e), OP_BUILD_SET, 0, base, base, 0);
        push_reg(c);
        emit_const(c, span(e), u->top, items);
        Reg from = push_reg(c);
        emit(c, span(e), OP_SET_UPDATE, 0, base, from, 0);
        u->top = base + 1;
        return in_reg(base);
    }
    uint32_t n = push_run(c, e->elts);
    if (n == e->elts->count) {
        emit(c, span(e), OP_BUILD_SET, 0, result_reg(want, base), base, n);
        return result_at(c, want, base);
    }
    emit(c, span(e), OP_BUILD_SET, 0, base, base, n);
    u->top = base;
    push_reg(c);
    grow_display(c, e->elts, n, span(e), base, OP_SET_ADD, OP_SET_UPDATE);
    return in_reg(base);
}

/* ---- dicts ---- */

Operand expr_dict(Compiler *c, const AstDict *e, Reg want)
{
    Unit *u = c->unit;
    Reg base = u->top;
    uint32_t n = 0;
    for (; n < e->keys->count && n < RUN_MAX / 2 && e->keys->items[n]; n++) {
        expr_push(c, e->keys->items[n]);
        expr_push(c, e->values->items[n]);
    }
    if (n == e->keys->count) {
        emit(c, span(e), OP_BUILD_DICT, 0, result_reg(want, base), base, n);
        return result_at(c, want, base);
    }
    emit(c, span(e), OP_BUILD_DICT, 0, base, base, n);
    u->top = base;
    push_reg(c);
    for (; n < e->keys->count; n++) {
        const Ast *key = e->keys->items[n], *value = e->values->items[n];
        if (key) {
            Reg k = expr_keep(c, key, value->start, value->end), v = expr_reg(c, value);
            emit(c, span(e), OP_DICT_SET, 0, base, k, v);
        } else {
            Reg v = expr_reg(c, value);
            emit(c, span(e), OP_DICT_UPDATE, 0, base, v, 0);
        }
        u->top = base + 1;
    }
    return in_reg(base);
}

/* ---- f-strings ---- */

Operand expr_formatted(Compiler *c, const AstFormattedValue *e, Reg want)
{
    Reg base = c->unit->top, v, spec = UINT16_MAX;
    if (e->format_spec) {
        v = expr_keep(c, e->value, e->format_spec->start, e->format_spec->end);
        spec = expr_reg(c, e->format_spec);
    } else {
        v = expr_reg(c, e->value);
    }
    uint32_t conversion = e->conversion > 0 ? (uint32_t)e->conversion : 0;
    emit(c, span(e), OP_FORMAT, conversion, result_reg(want, base), v, spec);
    return result_at(c, want, base);
}

/* To the next register. A value without conversion and format is told that its text need not be a string. */
static void push_part(Compiler *c, const Ast *part)
{
    const AstFormattedValue *f = (const AstFormattedValue *)part;
    if (part->kind != AST_FORMATTED_VALUE || f->format_spec || f->conversion > 0) {
        expr_push(c, part);
        return;
    }
    Reg at = c->unit->top, v = expr_reg(c, f->value);
    emit(c, span(part), OP_FORMAT, FORMAT_PART, at, v, UINT16_MAX);
    c->unit->top = at;
    push_reg(c);
}

Operand expr_joined(Compiler *c, const AstJoinedStr *e, Reg want)
{
    Unit *u = c->unit;
    Reg base = u->top;
    const AstSeq *parts = e->values;
    if (!parts || parts->count == 0) {
        static const AstConst empty = { .kind = CONST_STR, .text = "" };
        return constant(const_value(c, &empty, span(e)));
    }
    if (parts->count == 1)
        return expr(c, parts->items[0], want);
    for (uint32_t i = 0; i < parts->count; i++) {
        push_part(c, parts->items[i]);
        if (u->top - base == RUN_MAX && i + 1 < parts->count) {
            emit(c, span(e), OP_BUILD_STRING, 0, base, base, RUN_MAX);
            u->top = base;
            push_reg(c);
        }
    }
    emit(c, span(e), OP_BUILD_STRING, 0, result_reg(want, base), base, u->top - base);
    return result_at(c, want, base);
}
