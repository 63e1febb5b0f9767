/* SPDX-License-Identifier: MIT
 * Assignment in all its forms, and deletion. */
#include "parser/codegen/codegen.h"

static uint32_t attr_cache(Compiler *c, Opcode op, Name attr)
{
    return cache_new(c, op, name_str(c, scope_mangle(c->unit->here, attr)));
}

/* ---- unpacking ---- */

static void unpack_to(Compiler *c, const Ast *target, const AstSeq *elts, Reg value)
{
    Unit *u = c->unit;
    Reg base = u->top;
    uint32_t n = elts->count, star = n;
    for (uint32_t i = 0; i < n; i++) {
        if (elts->items[i]->kind != AST_STARRED)
            continue;
        if (star < n) {
            compile_error(c, span(target), "multiple starred expressions in assignment");
            return;
        }
        star = i;
        if (star > 255) {
            compile_error(c, span(target), "too many expressions in star-unpacking assignment");
            return;
        }
    }
    if (n > MAX_REGS - base) {
        compile_error(c, span(target), "too many targets");
        return;
    }
    if (star < n)
        emit(c, span(target), OP_UNPACK_EX, star, base, value, n - star - 1);
    else
        emit(c, span(target), OP_UNPACK, 0, base, value, n);
    for (uint32_t i = 0; i < n; i++)
        push_reg(c);
    for (uint32_t i = 0; i < n && !c->failed; i++) {
        const Ast *e = elts->items[i];
        assign_to(c, i == star ? ((const AstStarred *)e)->value : e, base + i);
    }
    u->top = base;
}

void assign_to(Compiler *c, const Ast *target, Reg value)
{
    Unit *u = c->unit;
    Reg base = u->top;
    switch (target->kind) {
    case AST_NAME:
        name_store(c, span(target), ((const AstName *)target)->id, value);
        break;
    case AST_ATTRIBUTE: {
        const AstAttribute *a = (const AstAttribute *)target;
        Reg o = expr_reg(c, a->value);
        self_attr_stored(c, a, true);
        emit(c, attribute_span(c, a, span(a)), OP_STORE_ATTR, 0, o, value, attr_cache(c, OP_STORE_ATTR, a->attr));
        break;
    }
    case AST_SUBSCRIPT: {
        const AstSubscript *s = (const AstSubscript *)target;
        Reg o = expr_keep(c, s->value, s->slice->start, s->slice->end);
        Reg key = expr_reg(c, s->slice);
        emit(c, span(target), OP_SETITEM, 0, o, key, value);
        break;
    }
    case AST_TUPLE:
        unpack_to(c, target, ((const AstTuple *)target)->elts, value);
        break;
    case AST_LIST:
        unpack_to(c, target, ((const AstList *)target)->elts, value);
        break;
    default:
        compile_error(c, span(target), "starred assignment target must be in a list or tuple");
    }
    u->top = base;
}

/* ---- x = y = value ---- */

static const AstSeq *sequence_of(const Ast *e)
{
    return e->kind == AST_TUPLE ? ((const AstTuple *)e)->elts : e->kind == AST_LIST ? ((const AstList *)e)->elts : NULL;
}

/* a, b = b, a: the tuple is never made. */
static bool assign_pairwise(Compiler *c, const Ast *target, const Ast *value)
{
    const AstSeq *to = sequence_of(target), *from = value->kind == AST_TUPLE ? sequence_of(value) : NULL;
    if (!to || !from || to->count != from->count || to->count > 32 || !to->count)
        return false;
    for (uint32_t i = 0; i < to->count; i++)
        if (to->items[i]->kind == AST_STARRED || from->items[i]->kind == AST_STARRED)
            return false;
    Reg base = c->unit->top;
    for (uint32_t i = 0; i < from->count; i++)
        expr_push(c, from->items[i]);
    for (uint32_t i = 0; i < to->count; i++)
        assign_to(c, to->items[i], base + i);
    c->unit->top = base;
    return true;
}

void stmt_assign(Compiler *c, const AstAssign *s)
{
    Unit *u = c->unit;
    Reg base = u->top, value;
    const Ast *first = s->targets->items[0], *last = s->targets->items[s->targets->count - 1];
    if (s->targets->count == 1) {
        Reg r = first->kind == AST_NAME ? name_local(c, ((const AstName *)first)->id) : NO_REG;
        if (r != NO_REG) {
            expr_into(c, s->value, r);
            local_bind(u, r);
            return;
        }
        if (assign_pairwise(c, first, s->value))
            return;
    }
    value = expr_keep(c, s->value, first->start, last->end);
    for (uint32_t i = 0; i < s->targets->count; i++)
        assign_to(c, s->targets->items[i], value);
    u->top = base;
}

/* ---- x += value ---- */

static void in_place(Compiler *c, const AstAugAssign *s, Reg left, Reg dst)
{
    Operand o = expr(c, s->value, NO_REG);
    if (is_const(o) && value_is_int48(o.value) && (s->op == OPR_ADD || s->op == OPR_SUB)) {
        int64_t i = value_int48(o.value);
        if (i >= -32000 && i <= 32000) {
            emit(c, span(s), OP_ADD_IMM, s->op == OPR_SUB ? 3 : 1, dst, left,
                 (uint32_t)(s->op == OPR_SUB ? -i : i) & 0xffff);
            return;
        }
    }
    if (emit_operator_const(c, span(s), s->op, 1, dst, in_reg(left), o))
        return;
    Reg r = operand_reg(c, span(s->value), o);
    emit(c, span(s), (Opcode)(OP_ADD + s->op), 1, dst, left, r);
}

static void aug_name(Compiler *c, const AstAugAssign *s)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Name name = ((const AstName *)s->target)->id;
    Reg local = name_local(c, name);
    Reg left = expr_keep(c, s->target, s->value->start, s->value->end);
    if (local != NO_REG) {
        in_place(c, s, left, local);
        local_bind(u, local);
        return;
    }
    in_place(c, s, left, base);
    u->top = base;
    name_store(c, span(s->target), name, push_reg(c));
}

static void aug_attribute(Compiler *c, const AstAugAssign *s)
{
    const AstAttribute *a = (const AstAttribute *)s->target;
    Unit *u = c->unit;
    Span at = attribute_span(c, a, span(a));
    Reg o = expr_keep(c, a->value, s->value->start, s->value->end), base = u->top;
    emit(c, at, OP_LOAD_ATTR, 0, base, o, attr_cache(c, OP_LOAD_ATTR, a->attr));
    Reg left = push_reg(c);
    in_place(c, s, left, base);
    u->top = base + 1;
    self_attr_stored(c, a, false);
    emit(c, at, OP_STORE_ATTR, 0, o, base, attr_cache(c, OP_STORE_ATTR, a->attr));
}

static void aug_subscript(Compiler *c, const AstAugAssign *s)
{
    const AstSubscript *t = (const AstSubscript *)s->target;
    Unit *u = c->unit;
    Reg o = expr_keep(c, t->value, t->slice->start, s->value->end);
    Reg key = expr_keep(c, t->slice, s->value->start, s->value->end), base = u->top;
    emit(c, span(t), OP_GETITEM, 0, base, o, key);
    Reg left = push_reg(c);
    in_place(c, s, left, base);
    u->top = base + 1;
    emit(c, span(t), OP_SETITEM, 0, o, key, base);
}

void stmt_aug_assign(Compiler *c, const AstAugAssign *s)
{
    Reg base = c->unit->top;
    if (s->target->kind == AST_NAME)
        aug_name(c, s);
    else if (s->target->kind == AST_ATTRIBUTE)
        aug_attribute(c, s);
    else
        aug_subscript(c, s);
    c->unit->top = base;
}

/* ---- x: annotation = value ---- */

static void store_annotation(Compiler *c, const AstAnnAssign *s, Name name)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Str *key = name_str(c, scope_mangle(u->here, name));
    if (!key)
        return;
    annotation_into(c, s->annotation, base);
    u->top = base;
    Reg value = push_reg(c);
    Reg dict = operand_reg(c, span(s), name_load_text(c, span(s), "__annotations__", NO_REG));
    emit_const(c, span(s), u->top, value_from_obj(key));
    Reg k = push_reg(c);
    emit(c, span(s), OP_SETITEM, 0, dict, k, value);
    u->top = base;
}

/* Of a target without a value only the parts are evaluated. */
static void evaluate_parts(Compiler *c, const Ast *target)
{
    if (target->kind == AST_ATTRIBUTE) {
        expr_drop(c, ((const AstAttribute *)target)->value);
    } else if (target->kind == AST_SUBSCRIPT) {
        expr_drop(c, ((const AstSubscript *)target)->value);
        expr_drop(c, ((const AstSubscript *)target)->slice);
    }
}

void stmt_ann_assign(Compiler *c, const AstAnnAssign *s)
{
    Unit *u = c->unit;
    bool outer = !is_function_like(u->scope), future = u->flags & CODE_FUTURE_ANNOTATIONS;
    if (s->value) {
        Ast *targets[1] = { s->target };
        AstSeq one = { 1, 1, targets };
        AstAssign assign = { .base = s->base, .targets = &one, .value = s->value };
        stmt_assign(c, &assign);
    } else {
        evaluate_parts(c, s->target);
    }
    if (!outer)
        return;
    if (s->simple && s->target->kind == AST_NAME)
        store_annotation(c, s, ((const AstName *)s->target)->id);
    else if (!future)
        expr_drop(c, s->annotation);
}

/* ---- del ---- */

void delete_target(Compiler *c, const Ast *target)
{
    Unit *u = c->unit;
    Reg base = u->top;
    const AstSeq *elts = sequence_of(target);
    if (elts) {
        for (uint32_t i = 0; i < elts->count && !c->failed; i++)
            delete_target(c, elts->items[i]);
    } else if (target->kind == AST_NAME) {
        name_delete(c, span(target), ((const AstName *)target)->id);
    } else if (target->kind == AST_ATTRIBUTE) {
        const AstAttribute *a = (const AstAttribute *)target;
        Reg o = expr_reg(c, a->value);
        emit(c, attribute_span(c, a, span(a)), OP_DELETE_ATTR, 0, o, 0, attr_cache(c, OP_DELETE_ATTR, a->attr));
    } else if (target->kind == AST_SUBSCRIPT) {
        const AstSubscript *s = (const AstSubscript *)target;
        Reg o = expr_keep(c, s->value, s->slice->start, s->slice->end);
        Reg key = expr_reg(c, s->slice);
        emit(c, span(target), OP_DELITEM, 0, o, key, 0);
    }
    u->top = base;
}
