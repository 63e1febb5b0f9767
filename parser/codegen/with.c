/* SPDX-License-Identifier: MIT
 * with and async with. Registers: the manager, the pair for __exit__, then what __enter__ gave. */
#include "parser/codegen/codegen.h"

#include "vm/vm.h"

static void finish_call(Compiler *c, Span at, Reg callee, uint32_t n, unsigned awaited)
{
    Unit *u = c->unit;
    emit(c, at, OP_CALL_METHOD, 0, callee, callee, n);
    u->top = callee;
    push_reg(c);
    if (!awaited)
        return;
    emit_move(c, at, callee, emit_await(c, at, callee, awaited));
    u->top = callee + 1;
}

/* __exit__(None, None, None); what it returns does not matter. The pair is used up, unless a value lies on it. */
void with_leave(Compiler *c, const Block *b)
{
    Unit *u = c->unit;
    Reg base = u->top, callee = b->saved;
    if (base != callee + 2) {       /* a value to be returned lies behind the pair */
        emit_move(c, b->at, base, callee);
        push_reg(c);
        emit_move(c, b->at, base + 1, callee + 1);
        push_reg(c);
        callee = base;
    }
    for (unsigned i = 0; i < 3; i++) {
        emit_none(c, b->at, u->top);
        push_reg(c);
    }
    finish_call(c, b->at, callee, 3, b->is_async ? SPECIAL_AEXIT : 0);
    u->top = callee;
}

/* An exception came out of the body: __exit__ may swallow it. */
static void exit_with_exception(Compiler *c, const Block *b, LabelId handler, LabelId end)
{
    Unit *u = c->unit;
    LabelId swallowed = label_new(c), cleanup = label_new(c);
    Block guard;
    label_place(c, handler);
    Reg exc = push_reg(c), saved = exc + 1, callee = exc + 2;
    emit(c, NOWHERE, OP_PUSH_EXC, 0, saved, exc, 0);
    push_reg(c);
    if (!block_begin(c, &guard, BLOCK_CLEANUP, b->at))
        return;
    block_guard(c, &guard, cleanup, callee);
    emit_move(c, b->at, callee, b->saved);
    push_reg(c);
    emit_move(c, b->at, callee + 1, b->saved + 1);
    push_reg(c);
    emit(c, b->at, OP_EXC_INFO, 0, callee + 2, exc, 0);
    for (unsigned i = 0; i < 3; i++)
        push_reg(c);
    finish_call(c, b->at, callee, 3, b->is_async ? SPECIAL_AEXIT : 0);
    emit_jump(c, b->at, OP_JUMP_IF_TRUE, 0, callee, 0, swallowed);
    block_end(c, &guard);
    emit(c, NOWHERE, OP_POP_EXC, 0, saved, 0, 0);
    emit(c, NOWHERE, OP_RERAISE, 1, exc, 0, 0);
    u->top = callee;
    label_place(c, swallowed);
    emit(c, NOWHERE, OP_POP_EXC, 0, saved, 0, 0);
    emit_goto(c, NOWHERE, end);
    label_place(c, cleanup);
    Reg raised = push_reg(c);
    reraise(c, saved, raised);
}

static void with_item(Compiler *c, const AstWith *s, uint32_t i)
{
    Unit *u = c->unit;
    Reg base = u->top;
    if (i == s->items->count) {
        stmts(c, s->body);
        return;
    }
    if (!vm_stack_ok(c->vm, " during compilation")) {
        compile_pending(c);
        return;
    }
    const AstWithItem *item = (const AstWithItem *)s->items->items[i];
    Span at = span(item->context);
    LabelId handler = label_new(c), end = label_new(c);
    Reg manager = expr_reg(c, item->context), pair = u->top;
    fill_to(c, at, pair + 2);
    emit(c, at, OP_LOAD_SPECIAL, s->is_async ? SPECIAL_AENTER : SPECIAL_ENTER, pair + 2, manager, 0);
    push_reg(c);
    push_reg(c);
    emit(c, at, OP_LOAD_SPECIAL, s->is_async ? SPECIAL_AEXIT : SPECIAL_EXIT, pair, manager, 0);
    finish_call(c, at, pair + 2, 0, s->is_async ? SPECIAL_AENTER : 0);
    Block block;
    if (!block_begin(c, &block, BLOCK_WITH, at))
        return;
    block.saved = pair;
    block.is_async = s->is_async;
    block_guard(c, &block, handler, pair + 2);
    if (item->target)
        assign_to(c, item->target, pair + 2);
    u->top = pair + 2;
    with_item(c, s, i + 1);
    block_end(c, &block);
    if (u->reachable)
        with_leave(c, &block);
    emit_goto(c, NOWHERE, end);
    u->top = pair + 2;
    exit_with_exception(c, &block, handler, end);
    u->top = base;
    label_place(c, end);
}

void stmt_with(Compiler *c, const AstWith *s)
{
    with_item(c, s, 0);
}
