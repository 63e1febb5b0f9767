/* SPDX-License-Identifier: MIT
 * What is allowed and surely a mistake: `is` with a literal, a literal called or indexed, an assert of a tuple. */
#include "parser/codegen/codegen.h"

#include <stdarg.h>
#include <stdio.h>

#include "vm/type.h"

static void warn(Compiler *c, const Ast *at, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void warn(Compiler *c, const Ast *at, const char *fmt, ...)
{
    char text[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    const SourceHooks *hooks = c->src->hooks;
    if (c->failed || !hooks || !hooks->warn || hooks->warn(hooks->ud, at->start, text))
        return;
    if (vm_pending(c->vm))
        compile_pending(c);
    else
        compile_error(c, span(at), "%s", text);
}

static bool literal_value(Compiler *c, const Ast *e, Value *v)
{
    if (e->kind != AST_BIN_OP)
        return fold_literal(c, e, v);
    const AstBinOp *op = (const AstBinOp *)e;
    Value a, b;
    if (!literal_value(c, op->left, &a) || !literal_value(c, op->right, &b))
        return false;
    *v = fold_binary(c, op->op, a, b);
    return !value_is_empty(*v) && !c->failed;
}

/* The name of the type that a literal surely has; NULL: not known. */
static const char *type_of_literal(Compiler *c, const Ast *e)
{
    Value v;
    switch (e->kind) {
    case AST_TUPLE: return "tuple";
    case AST_LIST: case AST_LIST_COMP: return "list";
    case AST_DICT: case AST_DICT_COMP: return "dict";
    case AST_SET: case AST_SET_COMP: return "set";
    case AST_GENERATOR_EXP: return "generator";
    case AST_LAMBDA: return "function";
    case AST_JOINED_STR: return "str";
    case AST_CONSTANT: case AST_UNARY_OP: case AST_BIN_OP:
        return literal_value(c, e, &v) ? type_name_of(c->vm, v) : NULL;
    default: return NULL;
    }
}

/* A constant that `is` must not be asked of; *type is its type's name. */
static bool is_wrong_for_is(Compiler *c, const Ast *e, const char **type)
{
    Value v;
    if (!literal_value(c, e, &v) || value_is_none(v) || value_is_bool(v))
        return false;
    *type = type_name_of(c->vm, v);
    return strcmp(*type, "ellipsis") != 0;
}

static void warn_compare(Compiler *c, const AstCompare *e, bool negated)
{
    const Ast *left = e->left;
    for (uint32_t i = 0; i < e->comparators->count; left = e->comparators->items[i++]) {
        const char *type;
        if (e->ops[i] != OPR_IS && e->ops[i] != OPR_IS_NOT)
            continue;
        if (!is_wrong_for_is(c, left, &type) && !is_wrong_for_is(c, e->comparators->items[i], &type))
            continue;
        if ((e->ops[i] == OPR_IS) != negated)
            warn(c, &e->base, "\"is\" with '%s' literal. Did you mean \"==\"?", type);
        else
            warn(c, &e->base, "\"is not\" with '%s' literal. Did you mean \"!=\"?", type);
        return;
    }
}

static void warn_call(Compiler *c, const Ast *func)
{
    const char *type = func->kind == AST_LAMBDA ? NULL : type_of_literal(c, func);
    if (type)
        warn(c, func, "'%s' object is not callable; perhaps you missed a comma?", type);
}

static bool is_sequence(const Ast *e, const char *type)
{
    switch (e->kind) {
    case AST_TUPLE: case AST_LIST: case AST_LIST_COMP: case AST_JOINED_STR:
        return true;
    case AST_CONSTANT: case AST_BIN_OP:
        return strcmp(type, "str") == 0 || strcmp(type, "bytes") == 0 || strcmp(type, "tuple") == 0;
    default:
        return false;
    }
}

static void warn_subscript(Compiler *c, const AstSubscript *e)
{
    const char *type = type_of_literal(c, e->value);
    if (!type || e->value->kind == AST_DICT || e->value->kind == AST_DICT_COMP)
        return;
    if (!is_sequence(e->value, type)) {
        warn(c, &e->base, "'%s' object is not subscriptable; perhaps you missed a comma?", type);
        return;
    }
    const char *index = type_of_literal(c, e->slice);
    if (index && strcmp(index, "int") != 0 && strcmp(index, "bool") != 0)
        warn(c, &e->base, "%s indices must be integers or slices, not %s; perhaps you missed a comma?", type, index);
}

static void warn_assert(Compiler *c, const AstAssert *s)
{
    if (s->test->kind == AST_TUPLE && ((const AstTuple *)s->test)->elts->count)
        warn(c, &s->base, "assertion is always true, perhaps remove parentheses?");
}

void warn_suspects(Compiler *c)
{
    for (uint32_t i = 0; i < c->root->suspect_count && !c->failed; i++) {
        const Suspect *s = &c->root->suspects[i];
        switch (s->node->kind) {
        case AST_COMPARE: warn_compare(c, (const AstCompare *)s->node, s->negated); break;
        case AST_CALL: warn_call(c, ((const AstCall *)s->node)->func); break;
        case AST_SUBSCRIPT: warn_subscript(c, (const AstSubscript *)s->node); break;
        default: warn_assert(c, (const AstAssert *)s->node); break;
        }
    }
}
