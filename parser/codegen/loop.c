/* SPDX-License-Identifier: MIT
 * Loops, and the statements that leave them or the function. */
#include "parser/codegen/codegen.h"

/* What a loop's body may unbind is not surely bound where it begins. */
static void forget_deletable(Unit *u)
{
    for (uint32_t i = 0; i < u->words; i++)
        u->assigned[i] &= ~u->deletable[i];
}

void stmt_while(Compiler *c, const AstWhile *s)
{
    int known = cond_const(c, s->test);
    LabelId body = label_new(c), test = label_new(c), otherwise = label_new(c), end = label_new(c);
    Block loop;
    cond_jump(c, s->test, false, otherwise);
    forget_deletable(c->unit);
    label_place(c, body);
    if (!block_begin(c, &loop, BLOCK_LOOP, span(s)))
        return;
    loop.on_break = end;
    loop.on_continue = test;
    stmts(c, s->body);
    block_end(c, &loop);
    label_place(c, test);
    /* The test stands at both ends: one jump for each turn. */
    if (known != 0)
        cond_jump(c, s->test, true, body);
    label_place(c, otherwise);
    stmts(c, s->orelse);
    label_place(c, end);
}

/* ---- for ---- */

void loop_async_next(Compiler *c, Span at, Reg iter, LabelId handler, Reg *value)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Block guard;
    *value = base;
    if (!block_begin(c, &guard, BLOCK_CLEANUP, at))
        return;
    block_guard(c, &guard, handler, base);
    emit(c, at, OP_GET_ANEXT, 0, base, iter, 0);
    *value = emit_await(c, at, push_reg(c), SPECIAL_ANEXT);
    block_end(c, &guard);
}

void loop_async_end(Compiler *c, Span at, LabelId handler, LabelId end)
{
    Unit *u = c->unit;
    label_place(c, handler);
    Reg exc = push_reg(c);
    emit_jump(c, at, OP_JUMP_IF_ASYNC_END, 0, exc, 0, end);
    emit_end(c);
    u->top = exc;
}

/* The next item into the target; the jump to end when there is none. */
static void for_next(Compiler *c, const AstFor *s, Reg iter, LabelId end, LabelId handler)
{
    Unit *u = c->unit;
    Reg base = u->top, r = NO_REG;
    if (s->is_async) {
        Reg v;
        loop_async_next(c, span(s->iter), iter, handler, &v);
        assign_to(c, s->target, v);
    } else {
        if (s->target->kind == AST_NAME)
            r = name_local(c, ((const AstName *)s->target)->id);
        emit_jump(c, span(s->iter), OP_FOR_ITER, 0, r != NO_REG ? r : base, iter, end);
        if (r != NO_REG)
            local_bind(u, r);
        else
            assign_to(c, s->target, push_reg(c));
    }
    u->top = base;
}

void stmt_for(Compiler *c, const AstFor *s)
{
    Unit *u = c->unit;
    Reg base = u->top;
    LabelId head = label_new(c), exhausted = label_new(c), end = label_new(c);
    LabelId handler = s->is_async ? label_new(c) : NO_LABEL;
    Reg source = operand_reg(c, span(s->iter), s->is_async ? expr(c, s->iter, NO_REG) : expr_container(c, s->iter));
    emit(c, span(s->iter), s->is_async ? OP_GET_AITER : OP_GET_ITER, 0, base, source, 0);
    u->top = base;
    Reg iter = push_reg(c);
    Block loop;
    forget_deletable(u);
    label_place(c, head);
    if (!block_begin(c, &loop, BLOCK_LOOP, span(s)))
        return;
    loop.on_break = end;
    loop.on_continue = head;
    for_next(c, s, iter, exhausted, handler);
    stmts(c, s->body);
    block_end(c, &loop);
    emit_goto(c, NOWHERE, head);
    if (s->is_async)
        loop_async_end(c, span(s->iter), handler, exhausted);
    u->top = base;
    label_place(c, exhausted);
    stmts(c, s->orelse);
    label_place(c, end);
}

/* ---- leaving ---- */

void stmt_break(Compiler *c, const Ast *s)
{
    Block *loop = c->unit->block, *saved;
    while (loop && loop->kind != BLOCK_LOOP)
        loop = loop->outer;
    if (!loop) {
        compile_error(c, span(s), s->kind == AST_BREAK ? "'break' outside loop" : "'continue' not properly in loop");
        return;
    }
    Reg top = c->unit->top;
    unwind_to(c, loop, false, &saved);
    emit_goto(c, span(s), s->kind == AST_BREAK ? loop->on_break : loop->on_continue);
    unwind_done(c, loop, saved);
    c->unit->top = top;
}

void stmt_return(Compiler *c, const AstReturn *s)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Block *saved;
    Operand o = s->value ? expr(c, s->value, NO_REG) : constant(VALUE_NONE);
    if (!is_const(o) && !is_temp(u, o.reg) && unwind_has_code(c, NULL)) {
        emit_move(c, span(s), u->top, o.reg);
        o = in_reg(push_reg(c));
    }
    unwind_to(c, NULL, !is_const(o), &saved);
    Reg r = operand_reg(c, span(s), o);
    emit(c, span(s), OP_RETURN, 0, r, 0, 0);
    unwind_done(c, NULL, saved);
    u->top = base;
}
