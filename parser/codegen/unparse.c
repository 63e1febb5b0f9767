/* SPDX-License-Identifier: MIT
 * Expressions back to text. Parentheses stand only where the precedence asks for them. */
#include "parser/codegen/unparse.h"

#include "vm/ops.h"

/* From loose to tight. */
typedef enum Level {
    LEVEL_TUPLE, LEVEL_TEST, LEVEL_OR, LEVEL_AND, LEVEL_NOT, LEVEL_CMP, LEVEL_BITOR, LEVEL_XOR, LEVEL_BITAND,
    LEVEL_SHIFT, LEVEL_ARITH, LEVEL_TERM, LEVEL_FACTOR, LEVEL_POWER, LEVEL_AWAIT, LEVEL_ATOM
} Level;

typedef struct Unparse {
    Compiler *c;
    Buf *out;
} Unparse;

static void put(Unparse *u, const Ast *e, Level level);

static void text(Unparse *u, const char *s)
{
    buf_puts(u->out, s);
}

static void put_name(Unparse *u, Name n)
{
    buf_put(u->out, n->text, n->len);
}

/* Items with commas between; the first comma only after something was written. */
static void put_items(Unparse *u, const AstSeq *items, Level level)
{
    for (uint32_t i = 0; i < items->count; i++) {
        if (i)
            text(u, ", ");
        put(u, items->items[i], level);
    }
}

/* ---- constants ---- */

static void put_value(Unparse *u, Value v)
{
    if (u->c->failed)
        return;
    Str *s = op_repr(u->c->vm, v);
    if (!s)
        compile_pending(u->c);
    else if (s->len && str_data(s)[0] == 'i')       /* inf, infj: no literals */
        text(u, str_data(s)[s->len - 1] == 'j' ? "1e309j" : "1e309");
    else
        buf_put(u->out, str_data(s), s->len);
}

static void put_constant(Unparse *u, const AstConstant *e)
{
    if (e->value.kind == CONST_ELLIPSIS) {
        text(u, "...");
    } else {
        if (e->value.kind == CONST_STR && e->value.u_prefix)
            text(u, "u");
        put_value(u, const_value(u->c, &e->value, span(e)));
    }
}

/* ---- f-strings ---- */

static void put_joined_parts(Unparse *u, const AstJoinedStr *e);

static void put_escaped(Unparse *u, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '{' || s[i] == '}')
            buf_putc(u->out, s[i]);
        buf_putc(u->out, s[i]);
    }
}

static void put_formatted(Unparse *u, const AstFormattedValue *e)
{
    text(u, "{");
    size_t at = u->out->len;
    put(u, e->value, LEVEL_TEST + 1);
    if (!u->out->failed && u->out->len > at && u->out->data[at] == '{') {
        buf_putc(u->out, ' ');
        if (!u->out->failed) {
            memmove(u->out->data + at + 1, u->out->data + at, u->out->len - at - 1);
            u->out->data[at] = ' ';
        }
    }
    if (e->conversion > 0)
        buf_printf(u->out, "!%c", (char)e->conversion);
    if (e->format_spec) {
        text(u, ":");
        if (e->format_spec->kind == AST_JOINED_STR)
            put_joined_parts(u, (const AstJoinedStr *)e->format_spec);
        else if (e->format_spec->kind == AST_CONSTANT)
            put_escaped(u, ((const AstConstant *)e->format_spec)->value.text,
                        ((const AstConstant *)e->format_spec)->value.len);
    }
    text(u, "}");
}

static void put_joined_parts(Unparse *u, const AstJoinedStr *e)
{
    for (uint32_t i = 0; e->values && i < e->values->count; i++) {
        const Ast *part = e->values->items[i];
        if (part->kind == AST_CONSTANT)
            put_escaped(u, ((const AstConstant *)part)->value.text, ((const AstConstant *)part)->value.len);
        else if (part->kind == AST_FORMATTED_VALUE)
            put_formatted(u, (const AstFormattedValue *)part);
        else if (part->kind == AST_JOINED_STR)
            put_joined_parts(u, (const AstJoinedStr *)part);
    }
}

/* f before the representation of all its text. */
static void put_joined(Unparse *u, const AstJoinedStr *e)
{
    Compiler *c = u->c;
    Buf body;
    buf_init(&body, &c->vm->alloc);
    Unparse inner = { c, &body };
    put_joined_parts(&inner, e);
    char *copy = body.failed ? NULL : arena_strndup(c->arena, body.len ? body.data : "", body.len);
    if (copy) {
        AstConst k = { .kind = CONST_STR, .len = (uint32_t)body.len, .text = copy };
        text(u, "f");
        put_value(u, const_value(c, &k, span(e)));
    } else {
        compile_no_memory(c);
    }
    buf_free(&body);
}

/* ---- operators ---- */

static void open_if(Unparse *u, bool yes)
{
    if (yes)
        text(u, "(");
}

static void close_if(Unparse *u, bool yes)
{
    if (yes)
        text(u, ")");
}

static void put_binary(Unparse *u, const AstBinOp *e, Level level)
{
    static const struct { const char *text; uint8_t level; } ops[] = {
        { " + ", LEVEL_ARITH }, { " - ", LEVEL_ARITH }, { " * ", LEVEL_TERM }, { " @ ", LEVEL_TERM },
        { " / ", LEVEL_TERM }, { " // ", LEVEL_TERM }, { " % ", LEVEL_TERM }, { " ** ", LEVEL_POWER },
        { " << ", LEVEL_SHIFT }, { " >> ", LEVEL_SHIFT }, { " & ", LEVEL_BITAND }, { " | ", LEVEL_BITOR },
        { " ^ ", LEVEL_XOR },
    };
    Level own = (Level)ops[e->op].level;
    bool right = e->op == OPR_POW;
    open_if(u, level > own);
    put(u, e->left, own + right);
    text(u, ops[e->op].text);
    put(u, e->right, own + !right);
    close_if(u, level > own);
}

static void put_unary(Unparse *u, const AstUnaryOp *e, Level level)
{
    static const char *const ops[] = { "~", "not ", "+", "-" };
    Level own = e->op == OPR_NOT ? LEVEL_NOT : LEVEL_FACTOR;
    open_if(u, level > own);
    text(u, ops[e->op - OPR_INVERT]);
    put(u, e->operand, own);
    close_if(u, level > own);
}

static void put_bool(Unparse *u, const AstBoolOp *e, Level level)
{
    Level own = e->op == OPR_BOOL_AND ? LEVEL_AND : LEVEL_OR;
    open_if(u, level > own);
    for (uint32_t i = 0; i < e->values->count; i++) {
        if (i)
            text(u, e->op == OPR_BOOL_AND ? " and " : " or ");
        put(u, e->values->items[i], own + 1);
    }
    close_if(u, level > own);
}

static void put_compare(Unparse *u, const AstCompare *e, Level level)
{
    static const char *const ops[] = { " < ", " <= ", " == ", " != ", " > ", " >= ", " in ", " not in ", " is ", " is not " };
    open_if(u, level > LEVEL_CMP);
    put(u, e->left, LEVEL_CMP + 1);
    for (uint32_t i = 0; i < e->comparators->count; i++) {
        text(u, ops[e->ops[i] - OPR_LT]);
        put(u, e->comparators->items[i], LEVEL_CMP + 1);
    }
    close_if(u, level > LEVEL_CMP);
}

static void put_if(Unparse *u, const AstIfExp *e, Level level)
{
    open_if(u, level > LEVEL_TEST);
    put(u, e->body, LEVEL_TEST + 1);
    text(u, " if ");
    put(u, e->test, LEVEL_TEST + 1);
    text(u, " else ");
    put(u, e->orelse, LEVEL_TEST);
    close_if(u, level > LEVEL_TEST);
}

/* ---- lambda ---- */

static void comma(Unparse *u, bool *first)
{
    if (!*first)
        text(u, ", ");
    *first = false;
}

static void put_arg(Unparse *u, const Ast *arg, const Ast *dflt, bool *first)
{
    comma(u, first);
    put_name(u, ((const AstArg *)arg)->arg);
    if (dflt) {
        text(u, "=");
        put(u, dflt, LEVEL_TEST);
    }
}

static void put_params(Unparse *u, const AstArguments *a)
{
    bool first = true;
    uint32_t npos = a->posonly->count, n = npos + a->args->count, without = n - a->defaults->count;
    for (uint32_t i = 0; i < n; i++) {
        const Ast *arg = i < npos ? a->posonly->items[i] : a->args->items[i - npos];
        put_arg(u, arg, i >= without ? a->defaults->items[i - without] : NULL, &first);
        if (i + 1 == npos)
            text(u, ", /");
    }
    if (a->vararg || a->kwonly->count) {
        comma(u, &first);
        text(u, "*");
        if (a->vararg)
            put_name(u, ((const AstArg *)a->vararg)->arg);
    }
    for (uint32_t i = 0; i < a->kwonly->count; i++)
        put_arg(u, a->kwonly->items[i], a->kw_defaults->items[i], &first);
    if (a->kwarg) {
        comma(u, &first);
        text(u, "**");
        put_name(u, ((const AstArg *)a->kwarg)->arg);
    }
}

static void put_lambda(Unparse *u, const AstLambda *e, Level level)
{
    const AstArguments *a = (const AstArguments *)e->args;
    bool any = a->posonly->count || a->args->count || a->vararg || a->kwonly->count || a->kwarg;
    open_if(u, level > LEVEL_TEST);
    text(u, any ? "lambda " : "lambda");
    put_params(u, a);
    text(u, ": ");
    put(u, e->body, LEVEL_TEST);
    close_if(u, level > LEVEL_TEST);
}

/* ---- displays and comprehensions ---- */

static void put_dict(Unparse *u, const AstDict *e)
{
    text(u, "{");
    for (uint32_t i = 0; i < e->keys->count; i++) {
        if (i)
            text(u, ", ");
        if (e->keys->items[i]) {
            put(u, e->keys->items[i], LEVEL_TEST);
            text(u, ": ");
            put(u, e->values->items[i], LEVEL_TEST);
        } else {
            text(u, "**");
            put(u, e->values->items[i], LEVEL_BITOR);
        }
    }
    text(u, "}");
}

static void put_tuple(Unparse *u, const AstTuple *e, Level level)
{
    if (!e->elts->count) {
        text(u, "()");
        return;
    }
    open_if(u, level > LEVEL_TUPLE);
    put_items(u, e->elts, LEVEL_TEST);
    if (e->elts->count == 1)
        text(u, ",");
    close_if(u, level > LEVEL_TUPLE);
}

static void put_generators(Unparse *u, const AstSeq *generators)
{
    for (uint32_t i = 0; i < generators->count; i++) {
        const AstComprehension *g = (const AstComprehension *)generators->items[i];
        text(u, g->is_async ? " async for " : " for ");
        put(u, g->target, LEVEL_TUPLE);
        text(u, " in ");
        put(u, g->iter, LEVEL_TEST + 1);
        for (uint32_t k = 0; k < g->ifs->count; k++) {
            text(u, " if ");
            put(u, g->ifs->items[k], LEVEL_TEST + 1);
        }
    }
}

static void put_comprehension(Unparse *u, const char *open, const Ast *elt, const Ast *value, const AstSeq *generators,
                              const char *close)
{
    text(u, open);
    put(u, elt, LEVEL_TEST);
    if (value) {
        text(u, ": ");
        put(u, value, LEVEL_TEST);
    }
    put_generators(u, generators);
    text(u, close);
}

/* ---- primaries ---- */

static void put_call(Unparse *u, const AstCall *e)
{
    put(u, e->func, LEVEL_ATOM);
    if (e->args->count == 1 && !e->keywords->count && e->args->items[0]->kind == AST_GENERATOR_EXP) {
        put(u, e->args->items[0], LEVEL_TEST);
        return;
    }
    text(u, "(");
    put_items(u, e->args, LEVEL_TEST);
    bool first = !e->args->count;
    for (uint32_t i = 0; i < e->keywords->count; i++) {
        const AstKeyword *k = (const AstKeyword *)e->keywords->items[i];
        comma(u, &first);
        if (k->arg)
            put_name(u, k->arg);
        text(u, k->arg ? "=" : "**");
        put(u, k->value, LEVEL_TEST);
    }
    text(u, ")");
}

static void put_attribute(Unparse *u, const AstAttribute *e)
{
    bool number = e->value->kind == AST_CONSTANT && ((const AstConstant *)e->value)->value.kind == CONST_INT;
    put(u, e->value, LEVEL_ATOM);
    text(u, number ? " ." : ".");
    put_name(u, e->attr);
}

static void put_slice(Unparse *u, const AstSlice *e)
{
    if (e->lower)
        put(u, e->lower, LEVEL_TEST);
    text(u, ":");
    if (e->upper)
        put(u, e->upper, LEVEL_TEST);
    if (e->step) {
        text(u, ":");
        put(u, e->step, LEVEL_TEST);
    }
}

static void put_suspension(Unparse *u, const char *open, const Ast *value)
{
    text(u, open);
    if (value) {
        text(u, " ");
        put(u, value, LEVEL_TEST);
    }
    text(u, ")");
}

static void put_walrus(Unparse *u, const AstNamedExpr *e, Level level)
{
    open_if(u, level > LEVEL_TUPLE);
    put(u, e->target, LEVEL_ATOM);
    text(u, " := ");
    put(u, e->value, LEVEL_ATOM);
    close_if(u, level > LEVEL_TUPLE);
}

static void put_await(Unparse *u, const AstAwait *e, Level level)
{
    open_if(u, level > LEVEL_AWAIT);
    text(u, "await ");
    put(u, e->value, LEVEL_ATOM);
    close_if(u, level > LEVEL_AWAIT);
}

/* ---- all of them ---- */

static void put_compound(Unparse *u, const Ast *e)
{
    switch (e->kind) {
    case AST_DICT:
        put_dict(u, (const AstDict *)e);
        break;
    case AST_SET:
        text(u, "{");
        put_items(u, ((const AstSet *)e)->elts, LEVEL_TEST);
        text(u, "}");
        break;
    case AST_LIST:
        text(u, "[");
        put_items(u, ((const AstList *)e)->elts, LEVEL_TEST);
        text(u, "]");
        break;
    case AST_LIST_COMP:
        put_comprehension(u, "[", ((const AstListComp *)e)->elt, NULL, ((const AstListComp *)e)->generators, "]");
        break;
    case AST_SET_COMP:
        put_comprehension(u, "{", ((const AstSetComp *)e)->elt, NULL, ((const AstSetComp *)e)->generators, "}");
        break;
    case AST_DICT_COMP: {
        const AstDictComp *d = (const AstDictComp *)e;
        put_comprehension(u, "{", d->key, d->value, d->generators, "}");
        break;
    }
    case AST_GENERATOR_EXP: {
        const AstGeneratorExp *g = (const AstGeneratorExp *)e;
        put_comprehension(u, "(", g->elt, NULL, g->generators, ")");
        break;
    }
    case AST_SUBSCRIPT:
        put(u, ((const AstSubscript *)e)->value, LEVEL_ATOM);
        text(u, "[");
        put(u, ((const AstSubscript *)e)->slice, LEVEL_TUPLE);
        text(u, "]");
        break;
    case AST_STARRED:
        text(u, "*");
        put(u, ((const AstStarred *)e)->value, LEVEL_BITOR);
        break;
    case AST_SLICE:
        put_slice(u, (const AstSlice *)e);
        break;
    case AST_YIELD:
        put_suspension(u, "(yield", ((const AstYield *)e)->value);
        break;
    case AST_YIELD_FROM:
        put_suspension(u, "(yield from", ((const AstYieldFrom *)e)->value);
        break;
    default:
        break;
    }
}

static void put(Unparse *u, const Ast *e, Level level)
{
    if (u->c->failed || u->out->failed)
        return;
    if (!vm_stack_ok(u->c->vm, " during compilation")) {
        compile_pending(u->c);
        return;
    }
    switch (e->kind) {
    case AST_NAME: put_name(u, ((const AstName *)e)->id); break;
    case AST_CONSTANT: put_constant(u, (const AstConstant *)e); break;
    case AST_ATTRIBUTE: put_attribute(u, (const AstAttribute *)e); break;
    case AST_CALL: put_call(u, (const AstCall *)e); break;
    case AST_BIN_OP: put_binary(u, (const AstBinOp *)e, level); break;
    case AST_UNARY_OP: put_unary(u, (const AstUnaryOp *)e, level); break;
    case AST_BOOL_OP: put_bool(u, (const AstBoolOp *)e, level); break;
    case AST_COMPARE: put_compare(u, (const AstCompare *)e, level); break;
    case AST_IF_EXP: put_if(u, (const AstIfExp *)e, level); break;
    case AST_LAMBDA: put_lambda(u, (const AstLambda *)e, level); break;
    case AST_TUPLE: put_tuple(u, (const AstTuple *)e, level); break;
    case AST_JOINED_STR: put_joined(u, (const AstJoinedStr *)e); break;
    case AST_NAMED_EXPR: put_walrus(u, (const AstNamedExpr *)e, level); break;
    case AST_AWAIT: put_await(u, (const AstAwait *)e, level); break;
    default: put_compound(u, e); break;
    }
}

void unparse_expr(Compiler *c, Buf *out, const Ast *e)
{
    Unparse u = { c, out };
    put(&u, e, LEVEL_TEST);
}
