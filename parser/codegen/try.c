/* SPDX-License-Identifier: MIT
 * try. A handler finds the exception in a register; PUSH_EXC makes it the one being handled and keeps what was so
 * before in the next register, for POP_EXC on every way out. Finally bodies are repeated for each way. */
#include "parser/codegen/codegen.h"

void reraise(Compiler *c, Reg saved, Reg exc)
{
    emit(c, NOWHERE, OP_POP_EXC, 0, saved, 0, 0);
    emit(c, NOWHERE, OP_RERAISE, 0, exc, 0, 0);
}

void handler_leave(Compiler *c, const Block *b)
{
    emit(c, NOWHERE, OP_POP_EXC, 0, b->saved, 0, 0);
    if (b->name)
        name_unbind(c, NOWHERE, b->name);
}

/* At a handler: the exception's register, being handled; what was before is kept in the one behind. */
static Reg handler_enter(Compiler *c, LabelId at)
{
    label_place(c, at);
    Reg exc = push_reg(c);
    emit(c, NOWHERE, OP_PUSH_EXC, 0, exc + 1, exc, 0);
    push_reg(c);
    return exc;
}

/* Where an exception that is raised inside a handler ends up: behind the two registers. */
static void handler_cleanup(Compiler *c, LabelId at, Reg exc)
{
    c->unit->top = exc + 2;
    label_place(c, at);
    Reg raised = push_reg(c);
    reraise(c, exc + 1, raised);
}

/* ---- except ---- */

static void except_clause(Compiler *c, const AstExceptHandler *h, Reg exc, LabelId cleanup, LabelId end)
{
    Unit *u = c->unit;
    Reg base = u->top;
    LabelId next = label_new(c), inner = h->name ? label_new(c) : cleanup;
    Block guard, body;
    if (!block_begin(c, &guard, BLOCK_CLEANUP, span(h)))
        return;
    block_guard(c, &guard, cleanup, base);
    if (h->type) {
        Reg t = expr_reg(c, h->type);
        emit_jump(c, span(h), OP_JUMP_IF_NO_MATCH, 0, exc, t, next);
        u->top = base;
    }
    if (h->name)
        name_store(c, span(h), h->name, exc);
    block_end(c, &guard);
    if (!block_begin(c, &body, BLOCK_HANDLER, span(h)))
        return;
    body.saved = exc + 1;
    body.name = h->name;
    block_guard(c, &body, inner, base);
    stmts(c, h->body);
    block_end(c, &body);
    if (u->reachable)
        handler_leave(c, &body);
    emit_goto(c, NOWHERE, end);
    if (h->name) {
        label_place(c, inner);
        Reg raised = push_reg(c);
        name_unbind(c, NOWHERE, h->name);
        reraise(c, exc + 1, raised);
    }
    u->top = base;
    label_place(c, next);
}

static void try_except(Compiler *c, const AstTry *s)
{
    Unit *u = c->unit;
    Reg base = u->top;
    LabelId handler = label_new(c), cleanup = label_new(c), end = label_new(c);
    Block body;
    if (!block_begin(c, &body, BLOCK_GUARD, span(s)))
        return;
    block_guard(c, &body, handler, base);
    stmts(c, s->body);
    block_end(c, &body);
    if (u->reachable)
        stmts(c, s->orelse);
    emit_goto(c, NOWHERE, end);
    Reg exc = handler_enter(c, handler);
    for (uint32_t i = 0; i < s->handlers->count && !c->failed; i++)
        except_clause(c, (const AstExceptHandler *)s->handlers->items[i], exc, cleanup, end);
    reraise(c, exc + 1, exc);
    handler_cleanup(c, cleanup, exc);
    u->top = base;
    label_place(c, end);
}

/* ---- except* ---- */

/* Registers of an except* statement, from `exc` on. */
enum { STAR_EXC, STAR_SAVED, STAR_LIST, STAR_REST, STAR_MATCH, STAR_INNER };

static void star_clause(Compiler *c, const AstExceptHandler *h, Reg exc, LabelId cleanup)
{
    Unit *u = c->unit;
    Reg base = u->top;              /* exc + STAR_MATCH */
    LabelId next = label_new(c), failed = label_new(c);
    Block guard, body;
    if (!block_begin(c, &guard, BLOCK_CLEANUP, span(h)))
        return;
    block_guard(c, &guard, cleanup, base);
    Reg t = expr_reg(c, h->type);
    emit(c, span(h), OP_GROUP_MATCH, 0, base, exc + STAR_REST, t);
    u->top = base;
    push_reg(c);
    push_reg(c);
    emit_move(c, NOWHERE, exc + STAR_REST, base + 1);
    u->top = base + 1;
    emit_jump(c, NOWHERE, OP_JUMP_IF_NONE, 0, base, 0, next);
    emit(c, NOWHERE, OP_PUSH_EXC, 0, base + 1, base, 0);
    push_reg(c);
    if (h->name)
        name_store(c, span(h), h->name, base);
    block_end(c, &guard);
    if (!block_begin(c, &body, BLOCK_HANDLER, span(h)))
        return;
    body.saved = base + 1;
    body.name = h->name;
    block_guard(c, &body, failed, u->top);
    stmts(c, h->body);
    block_end(c, &body);
    /* The part that was handled goes on being handled until the end of the statement, as in CPython. */
    if (u->reachable && h->name)
        name_unbind(c, NOWHERE, h->name);
    emit_goto(c, NOWHERE, next);
    label_place(c, failed);
    Reg raised = push_reg(c);
    if (h->name)
        name_unbind(c, NOWHERE, h->name);
    emit(c, NOWHERE, OP_LIST_APPEND, 0, exc + STAR_LIST, raised, 0);
    u->top = base;
    label_place(c, next);
}

static void star_handlers(Compiler *c, const AstTry *s, LabelId handler, LabelId end)
{
    Unit *u = c->unit;
    LabelId cleanup = label_new(c), handled = label_new(c), complete = label_new(c);
    Reg exc = handler_enter(c, handler);
    emit(c, NOWHERE, OP_BUILD_LIST, 0, exc + STAR_LIST, exc + STAR_LIST, 0);
    push_reg(c);
    emit_move(c, NOWHERE, exc + STAR_REST, exc);
    push_reg(c);
    for (uint32_t i = 0; i < s->handlers->count && !c->failed; i++)
        star_clause(c, (const AstExceptHandler *)s->handlers->items[i], exc, cleanup);
    emit_jump(c, NOWHERE, OP_JUMP_IF_NONE, 0, exc + STAR_REST, 0, complete);
    emit(c, NOWHERE, OP_LIST_APPEND, 0, exc + STAR_LIST, exc + STAR_REST, 0);
    label_place(c, complete);
    emit(c, NOWHERE, OP_GROUP_RERAISE, 0, exc + STAR_MATCH, exc, exc + STAR_LIST);
    push_reg(c);
    emit_jump(c, NOWHERE, OP_JUMP_IF_NONE, 0, exc + STAR_MATCH, 0, handled);
    reraise(c, exc + STAR_SAVED, exc + STAR_MATCH);
    label_place(c, handled);
    emit(c, NOWHERE, OP_POP_EXC, 0, exc + STAR_SAVED, 0, 0);
    emit_goto(c, NOWHERE, end);
    u->top = exc + STAR_MATCH;
    label_place(c, cleanup);
    Reg raised = push_reg(c);
    reraise(c, exc + STAR_SAVED, raised);
}

static void try_star(Compiler *c, const AstTry *s)
{
    Unit *u = c->unit;
    Reg base = u->top;
    LabelId handler = label_new(c), end = label_new(c);
    Block body;
    if (!block_begin(c, &body, BLOCK_GUARD, span(s)))
        return;
    block_guard(c, &body, handler, base);
    stmts(c, s->body);
    block_end(c, &body);
    if (u->reachable)
        stmts(c, s->orelse);
    emit_goto(c, NOWHERE, end);
    star_handlers(c, s, handler, end);
    u->top = base;
    label_place(c, end);
}

/* ---- finally ---- */

static void try_inner(Compiler *c, const AstTry *s)
{
    if (!s->handlers->count)
        stmts(c, s->body);
    else if (s->is_star)
        try_star(c, s);
    else
        try_except(c, s);
}

static void try_finally(Compiler *c, const AstTry *s)
{
    Unit *u = c->unit;
    Reg base = u->top;
    LabelId handler = label_new(c), cleanup = label_new(c), end = label_new(c);
    Block body, final;
    if (!block_begin(c, &body, BLOCK_FINALLY, span(s)))
        return;
    body.final_body = s->finalbody;
    block_guard(c, &body, handler, base);
    try_inner(c, s);
    block_end(c, &body);
    if (u->reachable)
        stmts(c, s->finalbody);
    emit_goto(c, NOWHERE, end);
    Reg exc = handler_enter(c, handler);
    if (!block_begin(c, &final, BLOCK_HANDLER, span(s)))
        return;
    final.saved = exc + 1;
    block_guard(c, &final, cleanup, u->top);
    if (u->reachable)
        stmts(c, s->finalbody);
    block_end(c, &final);
    reraise(c, exc + 1, exc);
    handler_cleanup(c, cleanup, exc);
    u->top = base;
    label_place(c, end);
}

void stmt_try(Compiler *c, const AstTry *s)
{
    if (s->finalbody->count)
        try_finally(c, s);
    else
        try_inner(c, s);
}
