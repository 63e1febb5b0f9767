/* SPDX-License-Identifier: MIT
 * Expressions into registers. `want` is where the result should go when an instruction has to produce it: a
 * local about to be assigned, or NO_REG for the next temporary. A local that is wanted is written by the last
 * instruction alone, so that an exception leaves it as it was. */
#include "parser/codegen/codegen.h"

#include "vm/vm.h"

/* ---- operands ---- */

Reg operand_reg(Compiler *c, Span at, Operand o)
{
    if (!is_const(o))
        return o.reg;
    emit_const(c, at, c->unit->top, o.value);
    return push_reg(c);
}

void operand_into(Compiler *c, Span at, Operand o, Reg r)
{
    if (is_const(o))
        emit_const(c, at, r, o.value);
    else
        emit_move(c, at, r, o.reg);
}

Reg expr_reg(Compiler *c, const Ast *e)
{
    return operand_reg(c, span(e), expr(c, e, NO_REG));
}

Reg expr_push(Compiler *c, const Ast *e)
{
    Unit *u = c->unit;
    Reg base = u->top;
    operand_into(c, span(e), expr(c, e, NO_REG), base);
    u->top = base;
    return push_reg(c);
}

void expr_into(Compiler *c, const Ast *e, Reg r)
{
    Unit *u = c->unit;
    Reg base = u->top;
    operand_into(c, span(e), expr(c, e, r), r);
    u->top = base;
}

void expr_drop(Compiler *c, const Ast *e)
{
    Reg base = c->unit->top;
    expr(c, e, NO_REG);
    c->unit->top = base;
}

bool has_walrus(const Compiler *c, uint32_t start, uint32_t end)
{
    uint32_t low = 0, high = c->nwalrus;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (c->walrus[mid] < start)
            low = mid + 1;
        else
            high = mid;
    }
    return c->any_walrus || (low < c->nwalrus && c->walrus[low] < end);
}

Reg expr_keep(Compiler *c, const Ast *e, uint32_t later_start, uint32_t later_end)
{
    Unit *u = c->unit;
    Operand o = expr(c, e, NO_REG);
    if (!is_const(o) && !is_temp(u, o.reg) && has_walrus(c, later_start, later_end)) {
        emit_move(c, span(e), u->top, o.reg);
        return push_reg(c);
    }
    return operand_reg(c, span(e), o);
}

/* ---- operators ---- */

/* x + 1 and x - 1 with a small constant. */
static bool small_immediate(AstOp op, Value v, int32_t *imm, uint32_t *flags)
{
    if ((op != OPR_ADD && op != OPR_SUB) || !value_is_int48(v))
        return false;
    int64_t i = value_int48(v);
    if (i < -32000 || i > 32000)
        return false;
    *imm = (int32_t)(op == OPR_SUB ? -i : i);
    *flags = op == OPR_SUB ? 2 : 0;
    return true;
}

static bool is_number(Operand o)
{
    return is_const(o) && (value_is_int48(o.value) || value_is_double(o.value));
}

bool emit_operator_const(Compiler *c, Span at, AstOp op, uint32_t flags, Reg dst, Operand l, Operand r)
{
    bool commutes = op == OPR_ADD || op == OPR_MUL || op == OPR_AND || op == OPR_OR || op == OPR_XOR;
    uint32_t index;
    if (!is_const(l) && is_number(r)) {
        if (!short_const(c, r.value, &index))
            return false;
        emit(c, at, (Opcode)(OP_ADD_K + op), flags, dst, l.reg, index);
        return true;
    }
    if (!is_const(r) && is_number(l) && commutes && short_const(c, l.value, &index)) {
        emit(c, at, (Opcode)(OP_ADD_K + op), 2, dst, r.reg, index);
        return true;
    }
    return false;
}

static Operand expr_binary(Compiler *c, const AstBinOp *e, Reg want)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Operand l = expr(c, e->left, NO_REG);
    if (!is_const(l) && !is_temp(u, l.reg) && has_walrus(c, e->right->start, e->right->end)) {
        emit_move(c, span(e->left), u->top, l.reg);
        l = in_reg(push_reg(c));
    }
    Operand r = expr(c, e->right, NO_REG);
    if (is_const(l) && is_const(r)) {
        Value v = fold_binary(c, e->op, l.value, r.value);
        if (!value_is_empty(v))
            return constant(v);
    }
    int32_t imm;
    uint32_t flags;
    if (is_const(r) && !is_const(l) && small_immediate(e->op, r.value, &imm, &flags)) {
        emit(c, span(e), OP_ADD_IMM, flags, result_reg(want, base), l.reg, (uint32_t)imm & 0xffff);
        return result_at(c, want, base);
    }
    if (emit_operator_const(c, span(e), e->op, 0, result_reg(want, base), l, r))
        return result_at(c, want, base);
    Reg lr = operand_reg(c, span(e->left), l), rr = operand_reg(c, span(e->right), r);
    emit(c, span(e), (Opcode)(OP_ADD + e->op), 0, result_reg(want, base), lr, rr);
    return result_at(c, want, base);
}

static Operand compare_value(Compiler *c, const AstCompare *e, Reg want);

/* `not a in b` is one comparison, and `not a < b` has the place of the `not`: as CPython's optimizer does it. */
static bool negated_compare(Compiler *c, const AstUnaryOp *e, Reg want, Operand *out)
{
    Reg base = c->unit->top;
    if (e->operand->kind != AST_COMPARE)
        return false;
    AstCompare inner = *(const AstCompare *)e->operand;
    if (inner.comparators->count != 1)
        return false;
    if (inner.ops[0] >= OPR_IN) {
        uint8_t op = (uint8_t)(((inner.ops[0] - OPR_IN) ^ 1) + OPR_IN);
        inner.ops = &op;
        *out = compare_value(c, &inner, want);
        return true;
    }
    inner.base = e->base;
    Reg r = operand_reg(c, span(e), compare_value(c, &inner, NO_REG));
    emit(c, span(e), OP_NOT, 0, result_reg(want, base), r, 0);
    *out = result_at(c, want, base);
    return true;
}

static Operand expr_unary(Compiler *c, const AstUnaryOp *e, Reg want)
{
    Reg base = c->unit->top;
    Operand o;
    if (e->op == OPR_NOT && negated_compare(c, e, want, &o))
        return o;
    o = expr(c, e->operand, NO_REG);
    if (is_const(o)) {
        Value v = fold_unary(c, e->op, o.value);
        if (!value_is_empty(v))
            return constant(v);
    }
    Reg r = operand_reg(c, span(e->operand), o);
    emit(c, span(e), (Opcode)(OP_INVERT + (e->op - OPR_INVERT)), 0, result_reg(want, base), r, 0);
    return result_at(c, want, base);
}

static Operand expr_bool(Compiler *c, const AstBoolOp *e)
{
    Unit *u = c->unit;
    Reg base = u->top;
    LabelId end = label_new(c);
    Opcode op = e->op == OPR_BOOL_AND ? OP_JUMP_IF_FALSE : OP_JUMP_IF_TRUE;
    for (uint32_t i = 0; i < e->values->count; i++) {
        const Ast *v = e->values->items[i];
        bool last = i + 1 == e->values->count;
        int known = last ? -1 : cond_const(c, v);
        if (known == (e->op == OPR_BOOL_AND))
            continue;               /* a constant that cannot be the result */
        u->top = base;
        expr_push(c, v);
        if (known >= 0)
            break;                  /* one that always is */
        if (!last)
            emit_jump(c, span(e), op, 0, base, 0, end);
    }
    label_place(c, end);
    u->top = base;
    return in_reg(push_reg(c));
}

static Operand expr_if(Compiler *c, const AstIfExp *e, Reg want)
{
    Unit *u = c->unit;
    Reg base = u->top, dst = result_reg(want, base);
    int known = cond_const(c, e->test);
    if (known >= 0)
        return expr(c, known ? e->body : e->orelse, want);
    LabelId otherwise = label_new(c), end = label_new(c);
    cond_jump(c, e->test, false, otherwise);
    u->top = base;
    operand_into(c, span(e->body), expr(c, e->body, want), dst);
    result_at(c, want, base);
    emit_goto(c, NOWHERE, end);
    u->top = base;
    label_place(c, otherwise);
    operand_into(c, span(e->orelse), expr(c, e->orelse, want), dst);
    u->top = base;
    label_place(c, end);
    return result_at(c, want, base);
}

/* ---- comparisons ---- */

Operand expr_container(Compiler *c, const Ast *e)
{
    Value v;
    return fold_container(c, e, &v) ? constant(v) : expr(c, e, NO_REG);
}

/* What is on the right of a comparison. */
static Operand comparator(Compiler *c, AstOp op, const Ast *e)
{
    return op == OPR_IN || op == OPR_NOT_IN ? expr_container(c, e) : expr(c, e, NO_REG);
}

static Operand compare_chain(Compiler *c, const AstCompare *e)
{
    Unit *u = c->unit;
    Reg base = u->top;
    LabelId end = label_new(c);
    uint32_t n = e->comparators->count;
    Reg left = expr_keep(c, e->left, e->comparators->items[0]->start, e->comparators->items[0]->end);
    for (uint32_t i = 0; i < n; i++) {
        const Ast *item = e->comparators->items[i];
        bool last = i + 1 == n;
        Reg right = last ? operand_reg(c, span(item), comparator(c, e->ops[i], item))
                         : expr_keep(c, item, e->comparators->items[i + 1]->start, e->comparators->items[i + 1]->end);
        if (last) {
            emit(c, span(e), OP_COMPARE, e->ops[i] - OPR_LT, base, left, right);
            break;
        }
        Reg keep = right;
        if (keep == base) {         /* where the result goes */
            emit_move(c, span(item), u->top, keep);
            keep = push_reg(c);
        }
        emit(c, span(e), OP_COMPARE, e->ops[i] - OPR_LT, base, left, keep);
        if (u->top == base)
            push_reg(c);
        emit_jump(c, span(e), OP_JUMP_IF_FALSE, 0, base, 0, end);
        left = keep;
    }
    label_place(c, end);
    u->top = base;
    return in_reg(push_reg(c));
}

Operand expr_compare_value(Compiler *c, const AstCompare *e, Reg want)
{
    return compare_value(c, e, want);
}

static Operand compare_value(Compiler *c, const AstCompare *e, Reg want)
{
    Reg base = c->unit->top;
    if (e->comparators->count > 1)
        return compare_chain(c, e);
    const Ast *right = e->comparators->items[0];
    Reg l = expr_keep(c, e->left, right->start, right->end);
    Reg r = operand_reg(c, span(right), comparator(c, e->ops[0], right));
    emit(c, span(e), OP_COMPARE, e->ops[0] - OPR_LT, result_reg(want, base), l, r);
    return result_at(c, want, base);
}

/* ---- items and slices ---- */

static Operand expr_slice(Compiler *c, const AstSlice *e, Reg want)
{
    Reg base = c->unit->top;
    const Ast *parts[3] = { e->lower, e->upper, e->step };
    for (unsigned i = 0; i < 3; i++) {
        if (parts[i]) {
            expr_push(c, parts[i]);
        } else {
            emit_none(c, span(e), c->unit->top);
            push_reg(c);
        }
    }
    emit(c, span(e), OP_BUILD_SLICE, 0, result_reg(want, base), base, 0);
    return result_at(c, want, base);
}

static Operand expr_subscript(Compiler *c, const AstSubscript *e, Reg want)
{
    Reg base = c->unit->top;
    Reg o = expr_keep(c, e->value, e->slice->start, e->slice->end);
    Reg key = expr_reg(c, e->slice);
    emit(c, span(e), OP_GETITEM, 0, result_reg(want, base), o, key);
    return result_at(c, want, base);
}

/* ---- names bound inside expressions ---- */

static Operand expr_walrus(Compiler *c, const AstNamedExpr *e)
{
    Name name = ((const AstName *)e->target)->id;
    Reg r = name_local(c, name);
    if (r != NO_REG) {
        expr_into(c, e->value, r);
        local_bind(c->unit, r);
        return in_reg(r);
    }
    Reg v = expr_push(c, e->value);
    name_store(c, span(e->target), name, v);
    return in_reg(v);
}

/* ---- suspension ---- */

/* The awaitable is the top temporary; the result is the one above it, pushed. */
Reg emit_await(Compiler *c, Span at, Reg awaitable, unsigned giver)
{
    emit(c, at, OP_AWAIT, giver, awaitable + 1, awaitable, 0);
    Reg r = push_reg(c);
    emit(c, at, OP_SEND, 0, r, awaitable, 0);
    return r;
}

static Operand moved(Compiler *c, Span at, Reg r, Reg want, Reg base)
{
    if (want == NO_REG)
        return in_reg(r);
    emit_move(c, at, want, r);
    return result_at(c, want, base);
}

static Operand expr_await(Compiler *c, const AstAwait *e, Reg want)
{
    Reg base = c->unit->top;
    Reg r = emit_await(c, span(e), expr_push(c, e->value), 0);
    return moved(c, span(e), r, want, base);
}

static Operand expr_yield_from(Compiler *c, const AstYieldFrom *e, Reg want)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Reg source = expr_reg(c, e->value);
    emit(c, span(e), OP_GET_YIELD_ITER, 0, base, source, 0);
    u->top = base;
    push_reg(c);
    emit_none(c, span(e), u->top);
    Reg r = push_reg(c);
    emit(c, span(e), OP_SEND, 0, r, base, 0);
    return moved(c, span(e), r, want, base);
}

static Operand expr_yield(Compiler *c, const AstYield *e, Reg want)
{
    Unit *u = c->unit;
    Reg base = u->top, v;
    if (e->value) {
        v = expr_reg(c, e->value);
    } else {
        emit_none(c, span(e), base);
        v = push_reg(c);
    }
    emit(c, span(e), OP_YIELD, 0, result_reg(want, base), v, 0);
    return result_at(c, want, base);
}

/* ---- all of them ---- */

static Operand expr_constant(Compiler *c, const AstConstant *e)
{
    return constant(const_value(c, &e->value, span(e)));
}

static Operand dispatch(Compiler *c, const Ast *e, Reg want)
{
    switch ((AstKind)e->kind) {
    case AST_CONSTANT:
        return expr_constant(c, (const AstConstant *)e);
    case AST_NAME:
        return name_load(c, span(e), ((const AstName *)e)->id, want);
    case AST_BIN_OP:
        return expr_binary(c, (const AstBinOp *)e, want);
    case AST_UNARY_OP:
        return expr_unary(c, (const AstUnaryOp *)e, want);
    case AST_BOOL_OP:
        return expr_bool(c, (const AstBoolOp *)e);
    case AST_COMPARE:
        return expr_compare_value(c, (const AstCompare *)e, want);
    case AST_IF_EXP:
        return expr_if(c, (const AstIfExp *)e, want);
    case AST_CALL:
        return expr_call(c, (const AstCall *)e, want);
    case AST_ATTRIBUTE:
        return expr_attribute(c, (const AstAttribute *)e, want);
    case AST_SUBSCRIPT:
        return expr_subscript(c, (const AstSubscript *)e, want);
    case AST_SLICE:
        return expr_slice(c, (const AstSlice *)e, want);
    case AST_TUPLE:
        return expr_tuple(c, ((const AstTuple *)e)->elts, span(e), want);
    case AST_LIST:
        return expr_list(c, ((const AstList *)e)->elts, span(e), want);
    case AST_SET:
        return expr_set(c, (const AstSet *)e, want);
    case AST_DICT:
        return expr_dict(c, (const AstDict *)e, want);
    case AST_JOINED_STR:
        return expr_joined(c, (const AstJoinedStr *)e, want);
    case AST_FORMATTED_VALUE:
        return expr_formatted(c, (const AstFormattedValue *)e, want);
    case AST_LAMBDA:
        return expr_lambda(c, (const AstLambda *)e, want);
    case AST_LIST_COMP: case AST_SET_COMP: case AST_DICT_COMP: case AST_GENERATOR_EXP:
        return expr_comprehension(c, e, want);
    case AST_NAMED_EXPR:
        return expr_walrus(c, (const AstNamedExpr *)e);
    case AST_AWAIT:
        return expr_await(c, (const AstAwait *)e, want);
    case AST_YIELD:
        return expr_yield(c, (const AstYield *)e, want);
    case AST_YIELD_FROM:
        return expr_yield_from(c, (const AstYieldFrom *)e, want);
    default:
        compile_error(c, span(e), "can't use starred expression here");
        return in_reg(0);
    }
}

Operand expr(Compiler *c, const Ast *e, Reg want)
{
    if (c->failed)
        return in_reg(0);
    if (!vm_stack_ok(c->vm, " during compilation")) {
        compile_pending(c);
        return in_reg(0);
    }
    return dispatch(c, e, want);
}
