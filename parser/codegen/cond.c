/* SPDX-License-Identifier: MIT
 * Conditions become jumps: and, or, not, comparisons and their chains without a value in between. */
#include "parser/codegen/codegen.h"

int cond_const(const Compiler *c, const Ast *e)
{
    if (e->kind == AST_NAME) {
        Name n = ((const AstName *)e)->id;
        return n->len == 9 && memcmp(n->text, "__debug__", 9) == 0 ? !c->optimize : -1;
    }
    if (e->kind == AST_UNARY_OP && ((const AstUnaryOp *)e)->op == OPR_NOT) {
        int t = cond_const(c, ((const AstUnaryOp *)e)->operand);
        return t < 0 ? t : !t;
    }
    if (e->kind != AST_CONSTANT)
        return -1;
    const AstConst *k = &((const AstConstant *)e)->value;
    switch ((ConstKind)k->kind) {
    case CONST_NONE: case CONST_FALSE:
        return 0;
    case CONST_TRUE: case CONST_ELLIPSIS:
        return 1;
    case CONST_STR: case CONST_BYTES:
        return k->len != 0;
    case CONST_INT:
        for (uint32_t i = 0; i < k->len; i++)
            if (k->text[i] != '0' && !(i == 1 && k->text[0] == '0' && k->text[1] > '9'))
                return 1;
        return 0;
    default:
        return -1;
    }
}

static bool is_none(const Ast *e)
{
    return e->kind == AST_CONSTANT && ((const AstConstant *)e)->value.kind == CONST_NONE;
}

/* One comparison of registers or with a small integer. left is in a register already. */
void cond_compare_jump(Compiler *c, Span at, AstOp op, Reg left, const Ast *right, bool sense, LabelId to)
{
    uint32_t x = (uint32_t)(op - OPR_LT) | (sense ? COMPARE_SENSE : 0);
    if (is_none(right) && (op == OPR_IS || op == OPR_IS_NOT)) {
        bool none = (op == OPR_IS) == sense;
        emit_jump(c, at, none ? OP_JUMP_IF_NONE : OP_JUMP_IF_NOT_NONE, 0, left, 0, to);
        return;
    }
    Reg base = c->unit->top;
    Value v;
    if (op <= OPR_GE && (right->kind == AST_CONSTANT || right->kind == AST_UNARY_OP) && fold_literal(c, right, &v) &&
        value_is_int48(v) && value_int48(v) >= INT16_MIN && value_int48(v) <= INT16_MAX) {
        emit_jump(c, at, OP_JUMP_COMPARE_IMM, x, left, (uint32_t)value_int48(v) & 0xffff, to);
        return;
    }
    Operand o = op == OPR_IN || op == OPR_NOT_IN ? expr_container(c, right) : expr(c, right, NO_REG);
    uint32_t index;
    if (is_const(o) && short_const(c, o.value, &index)) {
        emit_jump(c, at, OP_JUMP_COMPARE_K, x, left, index, to);
        return;
    }
    Reg r = operand_reg(c, span(right), o);
    emit_jump(c, at, OP_JUMP_COMPARE, x, left, r, to);
    c->unit->top = base;
}

static void cond_compare(Compiler *c, const AstCompare *e, bool sense, LabelId to)
{
    Unit *u = c->unit;
    Reg base = u->top;
    const AstSeq *items = e->comparators;
    uint32_t n = items->count;
    Reg left = expr_keep(c, e->left, items->items[0]->start, items->items[0]->end);
    if (n == 1) {
        cond_compare_jump(c, span(e), e->ops[0], left, items->items[0], sense, to);
        u->top = base;
        return;
    }
    LabelId skip = sense ? label_new(c) : to;
    for (uint32_t i = 0; i + 1 < n; i++) {
        Reg right = expr_keep(c, items->items[i], items->items[i + 1]->start, items->items[i + 1]->end);
        emit_jump(c, span(e), OP_JUMP_COMPARE, e->ops[i] - OPR_LT, left, right, skip);
        left = right;
    }
    cond_compare_jump(c, span(e), e->ops[n - 1], left, items->items[n - 1], sense, to);
    u->top = base;
    if (sense)
        label_place(c, skip);
}

static void cond_bool(Compiler *c, const AstBoolOp *e, bool sense, LabelId to)
{
    bool is_and = e->op == OPR_BOOL_AND;
    /* What decides early decides for `to`, or for the place behind. */
    bool early = is_and == sense;
    LabelId skip = early ? label_new(c) : to;
    for (uint32_t i = 0; i < e->values->count; i++) {
        bool last = i + 1 == e->values->count;
        cond_jump(c, e->values->items[i], last ? sense : !is_and, last ? to : skip);
    }
    if (early)
        label_place(c, skip);
}

static void cond_if(Compiler *c, const AstIfExp *e, bool sense, LabelId to)
{
    LabelId otherwise = label_new(c), end = label_new(c);
    cond_jump(c, e->test, false, otherwise);
    cond_jump(c, e->body, sense, to);
    emit_goto(c, NOWHERE, end);
    label_place(c, otherwise);
    cond_jump(c, e->orelse, sense, to);
    label_place(c, end);
}

void cond_jump(Compiler *c, const Ast *e, bool sense, LabelId to)
{
    Unit *u = c->unit;
    Reg base = u->top;
    int known = cond_const(c, e);
    if (c->failed)
        return;
    if (!vm_stack_ok(c->vm, " during compilation")) {
        compile_pending(c);
        return;
    }
    if (known >= 0) {
        if (known == sense)
            emit_goto(c, span(e), to);
        return;
    }
    if (e->kind == AST_UNARY_OP && ((const AstUnaryOp *)e)->op == OPR_NOT) {
        cond_jump(c, ((const AstUnaryOp *)e)->operand, !sense, to);
    } else if (e->kind == AST_BOOL_OP) {
        cond_bool(c, (const AstBoolOp *)e, sense, to);
    } else if (e->kind == AST_COMPARE) {
        cond_compare(c, (const AstCompare *)e, sense, to);
    } else if (e->kind == AST_IF_EXP) {
        cond_if(c, (const AstIfExp *)e, sense, to);
    } else {
        Reg r = expr_reg(c, e);
        emit_jump(c, span(e), sense ? OP_JUMP_IF_TRUE : OP_JUMP_IF_FALSE, 0, r, 0, to);
    }
    u->top = base;
}
