/* SPDX-License-Identifier: MIT
 * Calls, attributes, super(). A call's value stands in front of its arguments, in registers where the callee
 * finds them. */
#include "parser/codegen/codegen.h"

#define MAX_ARGS 200u           /* more of them travel in a list */

/* ---- places ---- */

/* An attribute on another line than its object: the place is that of the name alone. */
Span attribute_span(const Compiler *c, const AstAttribute *a, Span whole)
{
    const char *text = c->src->text;
    size_t n = a->base.end - whole.start;
    if (whole.start >= a->base.end ||
        (!memchr(text + whole.start, '\n', n) && !memchr(text + whole.start, '\r', n)))
        return whole;
    uint32_t len = a->attr->len;
    if (len > a->base.end)
        return whole;
    return (Span){ a->base.end - len, whole.end };
}

/* ---- super() ---- */

static bool name_is(const Ast *e, const char *text)
{
    if (e->kind != AST_NAME)
        return false;
    Name n = ((const AstName *)e)->id;
    return n->len == strlen(text) && memcmp(n->text, text, n->len) == 0;
}

static bool is_plain_super(const Compiler *c, const AstAttribute *a)
{
    const Unit *u = c->unit;
    if (a->value->kind != AST_CALL || u->scope->kind != SCOPE_FUNCTION || u->here != u->scope)
        return false;
    const AstCall *call = (const AstCall *)a->value;
    if (!name_is(call->func, "super") || call->keywords->count)
        return false;
    if (a->attr->len == 9 && memcmp(a->attr->text, "__class__", 9) == 0)
        return false;
    Name super = ((const AstName *)call->func)->id;
    const Symbol *here = scope_lookup(u->scope, super), *top = scope_lookup(c->root, super);
    if (!here || here->place != PLACE_GLOBAL_IMPLICIT || (top && (top->flags & (SYM_ASSIGNED | SYM_IMPORTED))))
        return false;
    if (call->args->count == 2)
        return call->args->items[0]->kind != AST_STARRED && call->args->items[1]->kind != AST_STARRED;
    return call->args->count == 0 && u->nargs > 0;
}

/* super, class and object in three registers from the top on. False: there is no __class__ here. */
static bool push_super(Compiler *c, const AstCall *call)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Name cls = name_of_text(c, "__class__");
    uint32_t index;
    if (!cls || (!call->args->count && !unit_free_index(u, cls, &index)))
        return false;
    expr_push(c, call->func);
    if (call->args->count) {
        expr_push(c, call->args->items[0]);
        expr_push(c, call->args->items[1]);
        return true;
    }
    operand_into(c, span(call), name_load(c, span(call), cls, NO_REG), base + 1);
    u->top = base + 1;
    push_reg(c);
    const Symbol *self = &u->scope->symbols[0];
    if (self->place == PLACE_LOCAL)     /* deleted: LOAD_SUPER has words of its own for that */
        emit(c, span(call), OP_MOVE, 0, base + 2, 0, 0);
    else
        operand_into(c, span(call), name_load(c, span(call), self->name, NO_REG), base + 2);
    u->top = base + 2;
    push_reg(c);
    return true;
}

static uint32_t attr_cache(Compiler *c, Opcode op, Name attr)
{
    Name mangled = scope_mangle(c->unit->here, attr);
    return cache_new(c, op, name_str(c, mangled));
}

/* LOAD_SUPER for super().attr; the result in `to` (and behind it, for a method). */
static bool super_attribute(Compiler *c, const AstAttribute *a, Span at, bool method, Reg to)
{
    Unit *u = c->unit;
    Reg base = u->top;
    if (!is_plain_super(c, a) || !push_super(c, (const AstCall *)a->value))
        return false;
    bool bare = !((const AstCall *)a->value)->args->count;
    emit(c, at, OP_LOAD_SUPER, (uint8_t)(method | bare << 1), to, base, attr_cache(c, OP_LOAD_SUPER, a->attr));
    u->top = base;
    return true;
}

Operand expr_attribute(Compiler *c, const AstAttribute *e, Reg want)
{
    Reg base = c->unit->top;
    Span at = attribute_span(c, e, span(e));
    if (super_attribute(c, e, at, false, result_reg(want, base)))
        return result_at(c, want, base);
    Reg o = expr_reg(c, e->value);
    emit(c, at, OP_LOAD_ATTR, 0, result_reg(want, base), o, attr_cache(c, OP_LOAD_ATTR, e->attr));
    return result_at(c, want, base);
}

/* ---- arguments ---- */

static bool needs_unpacking(const AstSeq *args, const AstSeq *keywords, uint32_t extra)
{
    if (args->count + keywords->count + extra > MAX_ARGS)
        return true;
    for (uint32_t i = 0; i < args->count; i++)
        if (args->items[i]->kind == AST_STARRED)
            return true;
    for (uint32_t i = 0; i < keywords->count; i++)
        if (!((const AstKeyword *)keywords->items[i])->arg)
            return true;
    return false;
}

static Value keyword_names(Compiler *c, const AstSeq *keywords)
{
    Value *names = arena_alloc(c->arena, (keywords->count + 1) * sizeof *names);
    if (!names) {
        compile_no_memory(c);
        return VALUE_EMPTY;
    }
    for (uint32_t i = 0; i < keywords->count; i++) {
        Str *s = name_str(c, ((const AstKeyword *)keywords->items[i])->arg);     /* as written: not mangled */
        if (!s)
            return VALUE_EMPTY;
        names[i] = value_from_obj(s);
    }
    return const_tuple(c, names, keywords->count);
}

/* Keywords as a dict in the next temporary. callee: for error messages. */
static void push_keyword_dict(Compiler *c, Span at, const AstSeq *keywords, Reg callee)
{
    Unit *u = c->unit;
    Reg dict = u->top;
    emit(c, at, OP_BUILD_DICT, 0, dict, dict, 0);
    push_reg(c);
    for (uint32_t i = 0; i < keywords->count;) {
        const AstKeyword *k = (const AstKeyword *)keywords->items[i];
        if (!k->arg) {
            Reg v = expr_reg(c, k->value);
            emit(c, at, OP_DICT_MERGE, 0, dict, v, callee);
            u->top = dict + 1;
            i++;
            continue;
        }
        /* A run of names goes straight into an empty dict; later ones are merged, to find repetitions. */
        Reg into = dict;
        if (i > 0) {
            into = u->top;
            emit(c, at, OP_BUILD_DICT, 0, into, into, 0);
            push_reg(c);
        }
        for (; i < keywords->count && ((const AstKeyword *)keywords->items[i])->arg; i++) {
            k = (const AstKeyword *)keywords->items[i];
            Str *s = name_str(c, k->arg);
            if (!s)
                return;
            Reg key = u->top;
            emit_const(c, span(k), key, value_from_obj(s));
            push_reg(c);
            Reg v = expr_reg(c, k->value);
            emit(c, at, OP_DICT_SET, 0, into, key, v);
            u->top = key;
        }
        if (into != dict)
            emit(c, at, OP_DICT_MERGE, 0, dict, into, callee);
        u->top = dict + 1;
    }
}

/* Call through a list and a dict. What stands between base and the top comes first in the list. */
static Operand call_unpacked(Compiler *c, Span at, Reg base, const AstSeq *args, const AstSeq *keywords,
                             const Reg *extra, Reg want)
{
    Unit *u = c->unit;
    Reg list = base + 1;
    uint32_t pushed = u->top - list;
    bool star_only = !pushed && !extra && args->count == 1 && args->items[0]->kind == AST_STARRED;
    if (star_only && keywords->count) {
        /* f(*args, k=v): the items are taken last */
        expr_push(c, ((const AstStarred *)args->items[0])->value);
        push_keyword_dict(c, at, keywords, base);
        emit(c, at, OP_STAR_ARGS, 0, list, list, base);
        emit(c, at, OP_CALL_EX, 0, result_reg(want, base), base, 0);
        return result_at(c, want, base);
    }
    if (star_only) {
        /* f(*args): whatever it is, the call takes its items */
        const AstStarred *star = (const AstStarred *)args->items[0];
        Reg v = expr_reg(c, star->value);
        emit(c, at, OP_STAR_ARGS, 0, list, v, base);
        u->top = list;
        push_reg(c);
    } else {
        uint32_t n = 0;
        for (; n < args->count && n < 32 && args->items[n]->kind != AST_STARRED; n++)
            expr_push(c, args->items[n]);
        emit(c, at, OP_BUILD_LIST, 0, list, list, pushed + n);
        u->top = list;
        push_reg(c);
        build_starred_list(c, args, n, at, list);
        if (extra)
            emit(c, at, OP_LIST_APPEND, 0, list, *extra, 0);
    }
    if (keywords->count) {
        push_keyword_dict(c, at, keywords, base);
    } else {
        emit_clear(c, at, u->top);
        push_reg(c);
    }
    emit(c, at, OP_CALL_EX, 0, result_reg(want, base), base, 0);
    return result_at(c, want, base);
}

/* Positional and keyword arguments pushed; the instruction. `self`: CALL_METHOD's second register. */
static Operand call_plain(Compiler *c, Span at, Reg base, bool self, const AstSeq *args, const AstSeq *keywords,
                          const Reg *extra, Reg want)
{
    Unit *u = c->unit;
    for (uint32_t i = 0; i < args->count; i++)
        expr_push(c, args->items[i]);
    if (extra) {
        emit_move(c, at, u->top, *extra);
        push_reg(c);
    }
    for (uint32_t i = 0; i < keywords->count; i++)
        expr_push(c, ((const AstKeyword *)keywords->items[i])->value);
    uint32_t n = u->top - base - 1 - self;
    if (keywords->count) {
        emit_const(c, at, u->top, keyword_names(c, keywords));
        push_reg(c);
        emit(c, at, OP_CALL_KW, self, result_reg(want, base), base, n);
    } else {
        emit(c, at, self ? OP_CALL_METHOD : OP_CALL, 0, result_reg(want, base), base, n);
    }
    return result_at(c, want, base);
}

Operand call_with(Compiler *c, Span at, Reg base, const AstSeq *args, const AstSeq *keywords, const Reg *extra,
                  Reg want)
{
    if (needs_unpacking(args, keywords, c->unit->top - base))
        return call_unpacked(c, at, base, args, keywords, extra, want);
    return call_plain(c, at, base, false, args, keywords, extra, want);
}

/* ---- calls ---- */

/* Function and self in the next two registers. */
static void push_method(Compiler *c, const AstAttribute *a)
{
    Unit *u = c->unit;
    Reg base = u->top;
    Span at = attribute_span(c, a, span(a));
    if (!super_attribute(c, a, at, true, base)) {
        Reg o = expr_reg(c, a->value);
        emit(c, at, OP_LOAD_METHOD, 0, base, o, attr_cache(c, OP_LOAD_METHOD, a->attr));
        u->top = base;
    }
    push_reg(c);
    push_reg(c);
}

Operand expr_call(Compiler *c, const AstCall *e, Reg want)
{
    Reg base = c->unit->top;
    bool unpack = needs_unpacking(e->args, e->keywords, 0);
    if (e->func->kind == AST_ATTRIBUTE && !unpack) {
        const AstAttribute *a = (const AstAttribute *)e->func;
        push_method(c, a);
        return call_plain(c, attribute_span(c, a, span(e)), base, true, e->args, e->keywords, NULL, want);
    }
    expr_push(c, e->func);
    if (unpack)
        return call_unpacked(c, span(e), base, e->args, e->keywords, NULL, want);
    return call_plain(c, span(e), base, false, e->args, e->keywords, NULL, want);
}
