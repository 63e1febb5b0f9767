/* SPDX-License-Identifier: MIT
 * What may deserve a SyntaxWarning is listed while the scopes are found: the code generator does not come by where code
 * is dropped, CPython's does. The list is in the order in which CPython compiles. */
#include "parser/scope_build.h"

static void push_suspect(ScopeWalk *w, const Ast *n, bool negated)
{
    if (w->suspect_count == w->suspect_cap) {
        uint32_t cap = w->suspect_cap ? w->suspect_cap * 2 : 16;
        Suspect *more = arena_alloc(w->arena, cap * sizeof *more);
        if (!more) {
            scope_no_memory(w);
            return;
        }
        if (w->suspect_count)
            memcpy(more, w->suspects, w->suspect_count * sizeof *more);
        w->suspects = more;
        w->suspect_cap = cap;
    }
    w->suspects[w->suspect_count++] = (Suspect){n, negated};
}

/* Nothing that can be called or indexed for all that is known here. */
static bool is_display(const Ast *n)
{
    switch (n->kind) {
    case AST_NAME: case AST_ATTRIBUTE: case AST_CALL: case AST_SUBSCRIPT: case AST_AWAIT:
        return false;
    default:
        return true;
    }
}

void scope_suspect(ScopeWalk *w, const Ast *n)
{
    switch (n->kind) {
    case AST_UNARY_OP: {
        const AstUnaryOp *op = (const AstUnaryOp *)n;
        if (op->op == OPR_NOT && op->operand->kind == AST_COMPARE && ((const AstCompare *)op->operand)->comparators->count == 1)
            w->negated = op->operand;
        return;
    }
    case AST_COMPARE: {
        const AstCompare *e = (const AstCompare *)n;
        for (uint32_t i = 0; i < e->comparators->count; i++)
            if (e->ops[i] == OPR_IS || e->ops[i] == OPR_IS_NOT) {
                push_suspect(w, n, w->negated == n);
                return;
            }
        return;
    }
    case AST_CALL:
        if (is_display(((const AstCall *)n)->func))
            push_suspect(w, n, false);
        return;
    case AST_SUBSCRIPT:
        if (((const AstSubscript *)n)->ctx == CTX_LOAD && is_display(((const AstSubscript *)n)->value))
            push_suspect(w, n, false);
        return;
    case AST_ASSERT:
        if (((const AstAssert *)n)->test->kind == AST_TUPLE)
            push_suspect(w, n, false);
        return;
    default:
        return;
    }
}

void scope_suspects_swap(ScopeWalk *w, uint32_t first, uint32_t then)
{
    uint32_t n = then - first, end = w->suspect_count;
    scope_suspects_repeat(w, first, then);
    if (n && w->suspect_count == end + n) {
        memmove(w->suspects + first, w->suspects + then, (end - first) * sizeof *w->suspects);
        w->suspect_count = end;
    }
}

void scope_suspects_repeat(ScopeWalk *w, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end && !w->failed; i++)
        push_suspect(w, w->suspects[i].node, w->suspects[i].negated);
}
