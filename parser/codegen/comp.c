/* SPDX-License-Identifier: MIT
 * Comprehensions. Most run in their host's frame, with registers of their own for their names; generator
 * expressions, and what the scopes could not inline, are functions that take the first iterator. */
#include "parser/codegen/codegen.h"

typedef struct Comp {
    const Ast *node;
    const Ast *elt, *value;     /* value: of a dict */
    const AstSeq *generators;
    Reg container;              /* NO_REG: yields */
} Comp;

static Comp comp_of(const Ast *e)
{
    Comp k = { .node = e, .container = NO_REG };
    switch (e->kind) {
    case AST_LIST_COMP:
        k.elt = ((const AstListComp *)e)->elt;
        k.generators = ((const AstListComp *)e)->generators;
        break;
    case AST_SET_COMP:
        k.elt = ((const AstSetComp *)e)->elt;
        k.generators = ((const AstSetComp *)e)->generators;
        break;
    case AST_DICT_COMP:
        k.elt = ((const AstDictComp *)e)->key;
        k.value = ((const AstDictComp *)e)->value;
        k.generators = ((const AstDictComp *)e)->generators;
        break;
    default:
        k.elt = ((const AstGeneratorExp *)e)->elt;
        k.generators = ((const AstGeneratorExp *)e)->generators;
        break;
    }
    return k;
}

static void comp_element(Compiler *c, const Comp *k)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Span at = span(k->elt);
    if (k->node->kind == AST_DICT_COMP) {
        Reg key = expr_keep(c, k->elt, k->value->start, k->value->end), v = expr_reg(c, k->value);
        emit(c, (Span){ k->elt->start, k->value->end }, OP_DICT_SET, 0, k->container, key, v);
    } else {
        Reg v = expr_reg(c, k->elt);
        if (k->node->kind == AST_LIST_COMP)
            emit(c, at, OP_LIST_APPEND, 0, k->container, v, 0);
        else if (k->node->kind == AST_SET_COMP)
            emit(c, at, OP_SET_ADD, 0, k->container, v, 0);
        else
            emit(c, at, OP_YIELD, 0, base, v, 0);
    }
    u->top = base;
}

/* iter(…) or aiter(…) of the iterable, in the next temporary. */
static Reg push_iter(Compiler *c, const AstComprehension *g)
{
    Unit *u = c->unit;
    Reg base = u->top, v = operand_reg(c, span(g->iter), expr_container(c, g->iter));
    emit(c, span(g->iter), g->is_async ? OP_GET_AITER : OP_GET_ITER, 0, base, v, 0);
    u->top = base;
    return push_reg(c);
}

static void comp_loop(Compiler *c, const Comp *k, uint32_t i, Reg iter);

static void comp_body(Compiler *c, const Comp *k, uint32_t i, LabelId head)
{
    const AstComprehension *g = (const AstComprehension *)k->generators->items[i];
    Unit *u = c->unit;
    Reg base = u->top;
    for (uint32_t n = 0; n < g->ifs->count; n++)
        cond_jump(c, g->ifs->items[n], false, head);
    if (i + 1 < k->generators->count)
        comp_loop(c, k, i + 1, push_iter(c, (const AstComprehension *)k->generators->items[i + 1]));
    else
        comp_element(c, k);
    u->top = base;
    emit_goto(c, NOWHERE, head);
}

static void comp_loop(Compiler *c, const Comp *k, uint32_t i, Reg iter)
{
    const AstComprehension *g = (const AstComprehension *)k->generators->items[i];
    Unit *u = c->unit;
    Reg base = u->top;
    LabelId head = label_new(c), end = label_new(c), handler = NO_LABEL;
    label_place(c, head);
    if (c->failed)
        return;
    if (g->is_async) {
        Reg v;
        handler = label_new(c);
        loop_async_next(c, span(g->target), iter, handler, &v);
        assign_to(c, g->target, v);
    } else {
        Reg r = g->target->kind == AST_NAME ? name_local(c, ((const AstName *)g->target)->id) : NO_REG;
        emit_jump(c, span(g->iter), OP_FOR_ITER, 0, r != NO_REG ? r : base, iter, end);
        if (r != NO_REG)
            local_bind(u, r);
        else
            assign_to(c, g->target, push_reg(c));
    }
    u->top = base;
    comp_body(c, k, i, head);
    if (g->is_async)
        loop_async_end(c, span(g->target), handler, end);
    u->top = base;
    label_place(c, end);
}

/* ---- in the host's frame ---- */

static void host_names(Compiler *c, const Scope *s, Span at, bool enter)
{
    Unit *u = c->unit;
    const uint16_t *reg = unit_scope_regs(u, s);
    for (uint32_t i = 0; reg && i < s->count; i++) {
        bool cell = s->symbols[i].place == PLACE_CELL;
        if (!cell && s->symbols[i].place != PLACE_LOCAL)
            continue;
        if (enter && !cell)
            continue;
        emit_clear(c, at, reg[i]);
        if (enter)
            emit(c, at, OP_MAKE_CELL, 0, reg[i], 0, 0);
        else
            local_unbind(u, reg[i]);
    }
}

/* Behind the comprehension: clears its names when an exception leaves it. The frame may go on, or somebody look at it. */
static void clear_raised(Compiler *c, const Scope *s, Span at, LabelId handler, Reg base)
{
    Unit *u = c->unit;
    LabelId end = label_new(c);
    emit_goto(c, NOWHERE, end);
    u->top = base;
    label_place(c, handler);
    Reg raised = push_reg(c);
    host_names(c, s, at, false);
    emit(c, NOWHERE, OP_RERAISE, 0, raised, 0, 0);
    label_place(c, end);
}

static Operand comp_inline(Compiler *c, Comp *k, const Scope *s)
{
    static const uint8_t build[] = { OP_BUILD_LIST, OP_BUILD_SET, OP_BUILD_DICT };
    Unit *u = c->unit;
    const Scope *host = u->here;
    Reg base = u->top;
    Span at = span(k->node);
    emit(c, at, (Opcode)build[k->node->kind - AST_LIST_COMP], 0, base, base, 0);
    k->container = push_reg(c);
    Reg iter = push_iter(c, (const AstComprehension *)k->generators->items[0]);
    u->here = s;
    LabelId handler = label_new(c);
    Block guard;
    if (!block_begin(c, &guard, BLOCK_CLEANUP, at))
        return in_reg(base);
    block_guard(c, &guard, handler, iter);
    host_names(c, s, at, true);
    comp_loop(c, k, 0, iter);
    host_names(c, s, at, false);
    block_end(c, &guard);
    clear_raised(c, s, at, handler, iter);
    u->here = host;
    u->top = base + 1;
    return in_reg(base);
}

/* ---- as a function ---- */

static Code *comp_code(Compiler *c, Comp *k, const Scope *s)
{
    bool generator = k->node->kind == AST_GENERATOR_EXP;
    uint32_t flags = CODE_NEWLOCALS | CODE_SIMPLE_ARGS | (generator ? CODE_GENERATOR : 0) |
                     (s->is_async ? CODE_COROUTINE : 0);
    Span at = span(k->node);
    Unit *u = unit_begin(c, s, name_str(c, s->name), line_of(c, at.start), flags);
    if (!u)
        return NULL;
    u->nargs = u->nparams = 1;
    unit_local(c, text_str(c, ".0"), false);
    if (!unit_locals(c)) {
        c->unit = u->outer;
        return NULL;
    }
    unit_cells(c, at);
    if (!generator) {
        static const uint8_t build[] = { OP_BUILD_LIST, OP_BUILD_SET, OP_BUILD_DICT };
        emit(c, at, (Opcode)build[k->node->kind - AST_LIST_COMP], 0, u->top, u->top, 0);
        k->container = push_reg(c);
    }
    comp_loop(c, k, 0, 0);
    if (generator) {
        emit_none(c, at, u->top);
        Reg none = push_reg(c);
        emit(c, at, OP_RETURN, 0, none, 0, 0);
    } else {
        emit(c, at, OP_RETURN, 0, k->container, 0, 0);
    }
    return unit_end(c);
}

static Operand comp_function(Compiler *c, Comp *k, const Scope *s, Reg want)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Span at = span(k->node);
    Code *code = comp_code(c, k, s);
    if (!code)
        return in_reg(0);
    make_function(c, at, code, 0, base, NO_REG);
    push_iter(c, (const AstComprehension *)k->generators->items[0]);
    if (s->is_async && k->node->kind != AST_GENERATOR_EXP) {
        emit(c, at, OP_CALL, 0, base, base, 1);
        u->top = base + 1;
        return in_reg(emit_await(c, at, base, 0));
    }
    emit(c, at, OP_CALL, 0, result_reg(want, base), base, 1);
    return result_at(c, want, base);
}

Operand expr_comprehension(Compiler *c, const Ast *e, Reg want)
{
    const Scope *s = scope_find(c->root, e, SCOPE_COMPREHENSION);
    Comp k = comp_of(e);
    if (!s) {
        compile_error(c, span(e), "a comprehension without a scope");
        return in_reg(0);
    }
    return s->inlined ? comp_inline(c, &k, s) : comp_function(c, &k, s, want);
}
