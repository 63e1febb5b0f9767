/* SPDX-License-Identifier: MIT
 * Annotations of functions, evaluated where the function is defined; with the future import, their text. */
#include "parser/codegen/codegen.h"

#include "parser/codegen/unparse.h"

Value annotation_text(Compiler *c, const Ast *e)
{
    Value v = VALUE_EMPTY;
    Buf b;
    buf_init(&b, &c->vm->alloc);
    unparse_expr(c, &b, e);
    char *copy = b.failed ? NULL : arena_strndup(c->arena, b.len ? b.data : "", b.len);
    if (copy) {
        AstConst k = { .kind = CONST_STR, .len = (uint32_t)b.len, .text = copy };
        v = const_value(c, &k, span(e));
    } else {
        compile_no_memory(c);
    }
    buf_free(&b);
    return v;
}

void annotation_into(Compiler *c, const Ast *e, Reg r)
{
    Unit *u = c->unit;
    Reg base = u->top;
    if (u->flags & CODE_FUTURE_ANNOTATIONS) {
        emit_const(c, span(e), r, annotation_text(c, e));
    } else if (e->kind == AST_STARRED) {
        Reg v = expr_reg(c, ((const AstStarred *)e)->value);
        emit(c, span(e), OP_UNPACK, 0, r, v, 1);
    } else {
        operand_into(c, span(e), expr(c, e, NO_REG), r);
    }
    u->top = base;
}

static void push_annotation(Compiler *c, Name name, const Ast *annotation, Span at, Reg dict)
{
    Unit *u = c->unit;
    Str *key = annotation ? name_str(c, scope_mangle(u->here, name)) : NULL;
    if (!key)
        return;
    if (u->top == dict) {
        emit(c, at, OP_BUILD_DICT, 0, dict, dict, 0);
        push_reg(c);
    }
    emit_const(c, span(annotation), u->top, value_from_obj(key));
    Reg k = push_reg(c);
    annotation_into(c, annotation, k + 1);
    u->top = k + 1;
    Reg v = push_reg(c);
    emit(c, span(annotation), OP_DICT_SET, 0, dict, k, v);
    u->top = dict + 1;
}

static void push_args(Compiler *c, const AstSeq *args, Span at, Reg dict)
{
    for (uint32_t i = 0; i < args->count; i++) {
        const AstArg *a = (const AstArg *)args->items[i];
        push_annotation(c, a->arg, a->annotation, at, dict);
    }
}

static bool any_annotation(const AstSeq *args)
{
    for (uint32_t i = 0; i < args->count; i++)
        if (((const AstArg *)args->items[i])->annotation)
            return true;
    return false;
}

uint32_t annotations_push(Compiler *c, const AstArguments *a, const Ast *returns, Span at, Reg base)
{
    const AstArg *vararg = (const AstArg *)a->vararg, *kwarg = (const AstArg *)a->kwarg;
    if (!returns && !any_annotation(a->args) && !any_annotation(a->posonly) && !any_annotation(a->kwonly) &&
        !(vararg && vararg->annotation) && !(kwarg && kwarg->annotation))
        return 0;
    Reg dict = base + 2;
    fill_to(c, at, dict);
    push_args(c, a->args, at, dict);
    push_args(c, a->posonly, at, dict);
    if (vararg)
        push_annotation(c, vararg->arg, vararg->annotation, at, dict);
    push_args(c, a->kwonly, at, dict);
    if (kwarg)
        push_annotation(c, kwarg->arg, kwarg->annotation, at, dict);
    if (returns) {
        Name name = name_of_text(c, "return");
        if (name)
            push_annotation(c, name, returns, at, dict);
    }
    return 4;
}
