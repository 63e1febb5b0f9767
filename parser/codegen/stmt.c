/* SPDX-License-Identifier: MIT
 * Statements. */
#include "parser/codegen/codegen.h"

/* ---- imports ---- */

static void push_import(Compiler *c, Span at, Str *module, Value fromlist, uint32_t level)
{
    Reg base = c->unit->top;
    emit_const(c, at, base, fromlist);
    push_reg(c);
    emit(c, at, OP_IMPORT_NAME, level < 255 ? level : 255, base, base, cache_new(c, OP_IMPORT_NAME, module));
}

/* A name without dots is mangled in a class, as variables are. */
static Str *imported(Compiler *c, Name name)
{
    return name_str(c, memchr(name->text, '.', name->len) ? name : scope_mangle(c->unit->here, name));
}

/* The module that `import a.b.c as d` names: a, then its b, then its c. */
static void import_submodules(Compiler *c, Span at, Name name)
{
    Reg base = c->unit->top - 1;
    const char *p = memchr(name->text, '.', name->len);
    while (p) {
        const char *start = p + 1, *end = strchr(start, '.');
        Name part = name_intern(c->name_table, start, end ? (size_t)(end - start) : strlen(start));
        emit(c, at, OP_IMPORT_FROM, 0, base, base, cache_new(c, OP_IMPORT_FROM, name_str(c, part)));
        p = end;
    }
}

static void stmt_import(Compiler *c, const AstImport *s)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Span at = span(s);
    for (uint32_t i = 0; i < s->names->count && !c->failed; i++) {
        const AstAlias *a = (const AstAlias *)s->names->items[i];
        push_import(c, at, imported(c, a->name), VALUE_NONE, 0);
        const char *dot = memchr(a->name->text, '.', a->name->len);
        Name to = a->asname ? a->asname : a->name;
        if (a->asname && dot)
            import_submodules(c, at, a->name);
        else if (dot)
            to = name_intern(c->name_table, a->name->text, (size_t)(dot - a->name->text));
        if (!to)
            compile_no_memory(c);
        else
            name_store(c, at, to, base);
        u->top = base;
    }
}

static void import_star(Compiler *c, Span at, Reg module)
{
    Unit *u = c->unit;
    Reg mapping = 0;
    if (!(u->flags & (CODE_NAMES | CODE_CLASS_BODY))) {
        emit_clear(c, at, u->top);
        mapping = push_reg(c);
    }
    emit(c, at, OP_IMPORT_STAR, 0, module, mapping, 0);
}

static void stmt_import_from(Compiler *c, const AstImportFrom *s)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Span at = span(s);
    uint32_t n = s->names->count;
    Value *names = arena_alloc(c->arena, (n + 1) * sizeof *names);
    if (!names) {
        compile_no_memory(c);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        Str *name = name_str(c, ((const AstAlias *)s->names->items[i])->name);
        if (!name)
            return;
        names[i] = value_from_obj(name);
    }
    push_import(c, at, s->module ? imported(c, s->module) : text_str(c, ""), const_tuple(c, names, n), (uint32_t)s->level);
    for (uint32_t i = 0; i < n && !c->failed; i++) {
        const AstAlias *a = (const AstAlias *)s->names->items[i];
        u->top = base + 1;
        if (a->name->len == 1 && a->name->text[0] == '*') {
            import_star(c, at, base);
            continue;
        }
        emit(c, at, OP_IMPORT_FROM, 0, base + 1, base, cache_new(c, OP_IMPORT_FROM, imported(c, a->name)));
        push_reg(c);
        name_store(c, span(a), a->asname ? a->asname : a->name, base + 1);
    }
    u->top = base;
}

/* ---- small statements ---- */

static void stmt_expr(Compiler *c, const AstExprStmt *s)
{
    Unit *u = c->unit;
    Reg base = u->top;
    if (c->interactive && !u->outer) {
        Reg r = expr_reg(c, s->value);
        emit(c, span(s), OP_INTRINSIC, INTRINSIC_PRINT, base, r, 0);
    } else {
        expr(c, s->value, NO_REG);
    }
    u->top = base;
}

static void stmt_raise(Compiler *c, const AstRaise *s)
{
    Unit *u = c->unit;
    Reg base = u->top, exc = 0, cause = 0;
    if (s->exc)
        exc = s->cause ? expr_keep(c, s->exc, s->cause->start, s->cause->end) : expr_reg(c, s->exc);
    if (s->cause)
        cause = expr_reg(c, s->cause);
    emit(c, span(s), OP_RAISE, !s->exc ? 0 : s->cause ? 2 : 1, exc, cause, 0);
    u->top = base;
}

static void stmt_assert(Compiler *c, const AstAssert *s)
{
    Unit *u = c->unit;
    Reg base = u->top;
    if (c->optimize)
        return;
    LabelId end = label_new(c);
    cond_jump(c, s->test, true, end);
    emit(c, span(s), OP_LOAD_ASSERTION_ERROR, 0, base, 0, 0);
    push_reg(c);
    if (s->msg) {
        expr_push(c, s->msg);
        emit(c, span(s), OP_CALL, 0, base, base, 1);
        u->top = base + 1;
    }
    emit(c, span(s->test), OP_RAISE, 1, base, 0, 0);
    u->top = base;
    label_place(c, end);
}

static void stmt_if(Compiler *c, const AstIf *s)
{
    LabelId end = label_new(c);
    /* elif chains are as long as they like: no recursion */
    for (;;) {
        LabelId otherwise = label_new(c);
        cond_jump(c, s->test, false, otherwise);
        stmts(c, s->body);
        if (s->orelse->count)
            emit_goto(c, NOWHERE, end);
        label_place(c, otherwise);
        if (s->orelse->count != 1 || s->orelse->items[0]->kind != AST_IF)
            break;
        s = (const AstIf *)s->orelse->items[0];
        if (c->failed || !c->unit->reachable)
            break;
    }
    if (c->unit->reachable)
        stmts(c, s->orelse);
    label_place(c, end);
}

void stmts(Compiler *c, const AstSeq *body)
{
    for (uint32_t i = 0; i < body->count && !c->failed; i++)
        stmt(c, body->items[i]);
}

static void dispatch(Compiler *c, const Ast *s)
{
    switch ((AstKind)s->kind) {
    case AST_EXPR_STMT:
        stmt_expr(c, (const AstExprStmt *)s);
        break;
    case AST_ASSIGN:
        stmt_assign(c, (const AstAssign *)s);
        break;
    case AST_AUG_ASSIGN:
        stmt_aug_assign(c, (const AstAugAssign *)s);
        break;
    case AST_ANN_ASSIGN:
        stmt_ann_assign(c, (const AstAnnAssign *)s);
        break;
    case AST_IF:
        stmt_if(c, (const AstIf *)s);
        break;
    case AST_WHILE:
        stmt_while(c, (const AstWhile *)s);
        break;
    case AST_FOR:
        stmt_for(c, (const AstFor *)s);
        break;
    case AST_RETURN:
        stmt_return(c, (const AstReturn *)s);
        break;
    case AST_BREAK: case AST_CONTINUE:
        stmt_break(c, s);
        break;
    case AST_FUNCTION_DEF:
        stmt_function(c, (const AstFunctionDef *)s);
        break;
    case AST_CLASS_DEF:
        stmt_class(c, (const AstClassDef *)s);
        break;
    case AST_TRY:
        stmt_try(c, (const AstTry *)s);
        break;
    case AST_WITH:
        stmt_with(c, (const AstWith *)s);
        break;
    case AST_MATCH:
        stmt_match(c, (const AstMatch *)s);
        break;
    case AST_RAISE:
        stmt_raise(c, (const AstRaise *)s);
        break;
    case AST_ASSERT:
        stmt_assert(c, (const AstAssert *)s);
        break;
    case AST_DELETE:
        for (uint32_t i = 0; i < ((const AstDelete *)s)->targets->count; i++)
            delete_target(c, ((const AstDelete *)s)->targets->items[i]);
        break;
    case AST_IMPORT:
        stmt_import(c, (const AstImport *)s);
        break;
    case AST_IMPORT_FROM:
        stmt_import_from(c, (const AstImportFrom *)s);
        break;
    case AST_TYPE_ALIAS:
        stmt_type_alias(c, (const AstTypeAlias *)s);
        break;
    default:
        break;                  /* pass, global, nonlocal */
    }
}

void stmt(Compiler *c, const Ast *s)
{
    if (c->failed || !c->unit->reachable)
        return;
    if (!vm_stack_ok(c->vm, " during compilation")) {
        compile_pending(c);
        return;
    }
    dispatch(c, s);
}
