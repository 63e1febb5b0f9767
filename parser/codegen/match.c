/* SPDX-License-Identifier: MIT
 * match. Nothing is bound before a whole pattern has matched: what it captures stays in registers until then, so
 * the registers of a pattern's parts are given back only at the end of the case. */
#include "parser/codegen/codegen.h"

#include "vm/objects/str.h"
#include "vm/ops.h"
#include "vm/vm.h"

typedef struct Captured {
    Name name;
    Reg reg;
} Captured;

typedef struct Pattern {
    LabelId fail;
    Captured *stores;
    uint32_t count, cap;
    bool allow_irrefutable;     /* a pattern that always matches may stand here */
} Pattern;

static void pattern(Compiler *c, const Ast *p, Reg subject, Pattern *ctx);

static bool is_wildcard(const Ast *p)
{
    const AstMatchAs *as = (const AstMatchAs *)p;
    return p->kind == AST_MATCH_AS && !as->pattern && !as->name;
}

static bool is_star_wildcard(const Ast *p)
{
    return p->kind == AST_MATCH_STAR && !((const AstMatchStar *)p)->name;
}

static void capture(Compiler *c, Span at, Name name, Reg reg, Pattern *ctx)
{
    for (uint32_t i = 0; i < ctx->count; i++)
        if (ctx->stores[i].name == name) {
            compile_error(c, at, "multiple assignments to name '%s' in pattern", name->text);
            return;
        }
    if (GROW(c, &ctx->stores, &ctx->cap, ctx->count + 1))
        ctx->stores[ctx->count++] = (Captured){ name, reg };
}

static void subpattern(Compiler *c, const Ast *p, Reg subject, Pattern *ctx)
{
    bool old = ctx->allow_irrefutable;
    ctx->allow_irrefutable = true;
    pattern(c, p, subject, ctx);
    ctx->allow_irrefutable = old;
}

/* Jump to fail when register r is false. */
static void check(Compiler *c, Span at, Opcode op, Reg r, Pattern *ctx)
{
    emit_jump(c, at, op, 0, r, 0, ctx->fail);
}

/* Fail unless len(subject) compares with n. */
static void check_length(Compiler *c, Span at, Reg subject, uint32_t cmp, uint32_t n, Pattern *ctx)
{
    Unit *u = c->unit;
    Reg t = u->top;
    emit(c, at, OP_GET_LEN, 0, t, subject, 0);
    push_reg(c);
    if (n <= INT16_MAX) {
        emit_jump(c, at, OP_JUMP_COMPARE_IMM, cmp, t, n, ctx->fail);
    } else {
        emit_const(c, at, u->top, value_from_int48(n));
        Reg r = push_reg(c);
        emit_jump(c, at, OP_JUMP_COMPARE, cmp, t, r, ctx->fail);
    }
    u->top = t;
}

static void check_kind(Compiler *c, Span at, Opcode op, Reg subject, Pattern *ctx)
{
    Reg t = c->unit->top;
    emit(c, at, op, 0, t, subject, 0);
    push_reg(c);
    check(c, at, OP_JUMP_IF_FALSE, t, ctx);
    c->unit->top = t;
}

/* n registers that were just written. */
static Reg take_regs(Compiler *c, uint32_t n)
{
    Reg first = c->unit->top;
    for (uint32_t i = 0; i < n && !c->failed; i++)
        push_reg(c);
    return first;
}

/* ---- sequences ---- */

static void sequence_unpack(Compiler *c, const AstMatchSequence *p, Reg subject, uint32_t star, Pattern *ctx)
{
    uint32_t n = p->patterns->count;
    Reg first = c->unit->top;
    if (n > MAX_REGS - first || (star < n && star > 255)) {
        compile_error(c, span(p), "too many expressions in star-unpacking sequence pattern");
        return;
    }
    if (star < n)
        emit(c, span(p), OP_UNPACK_EX, star, first, subject, n - star - 1);
    else
        emit(c, span(p), OP_UNPACK, 0, first, subject, n);
    take_regs(c, n);
    for (uint32_t i = 0; i < n && !c->failed; i++)
        subpattern(c, p->patterns->items[i], first + i, ctx);
}

/* With *_ inside: only the items that are looked at are fetched. */
static void sequence_items(Compiler *c, const AstMatchSequence *p, Reg subject, uint32_t star, Pattern *ctx)
{
    Unit *u = c->unit;
    uint32_t n = p->patterns->count;
    Span at = span(p);
    for (uint32_t i = 0; i < n && !c->failed; i++) {
        const Ast *item = p->patterns->items[i];
        if (i == star || is_wildcard(item))
            continue;
        Reg r = u->top;
        if (i < star) {
            emit_const(c, at, r, value_from_int48(i));
            push_reg(c);
        } else {
            emit(c, at, OP_GET_LEN, 0, r, subject, 0);
            push_reg(c);
            emit_const(c, at, u->top, value_from_int48(n - i));
            Reg back = push_reg(c);
            emit(c, at, OP_SUB, 0, r, r, back);
            u->top = r + 1;
        }
        emit(c, at, OP_GETITEM, 0, r, subject, r);
        subpattern(c, item, r, ctx);
    }
}

static void pattern_of_sequence(Compiler *c, const AstMatchSequence *p, Reg subject, Pattern *ctx)
{
    uint32_t n = p->patterns->count, star = n;
    bool only_wildcards = true, star_wildcard = false;
    for (uint32_t i = 0; i < n; i++) {
        const Ast *item = p->patterns->items[i];
        if (item->kind == AST_MATCH_STAR) {
            if (star < n) {
                compile_error(c, span(p), "multiple starred names in sequence pattern");
                return;
            }
            star = i;
            star_wildcard = is_star_wildcard(item);
            only_wildcards &= star_wildcard;
        } else {
            only_wildcards &= is_wildcard(item);
        }
    }
    check_kind(c, span(p), OP_MATCH_SEQUENCE, subject, ctx);
    if (star == n)
        check_length(c, span(p), subject, COMPARE_EQ, n, ctx);
    else if (n > 1)
        check_length(c, span(p), subject, COMPARE_GE, n - 1, ctx);
    if (only_wildcards)
        return;
    if (star_wildcard)
        sequence_items(c, p, subject, star, ctx);
    else
        sequence_unpack(c, p, subject, star, ctx);
}

/* ---- mappings ---- */

static void repeated_key(Compiler *c, const AstMatchMapping *p, Value key)
{
    Str *s = op_repr(c->vm, key);
    if (!s)
        compile_pending(c);
    else
        compile_error(c, span(p), "mapping pattern checks duplicate key (%s)", str_data(s));
}

/* The value of a key that is a literal, 1+2j too. */
static bool literal_key(Compiler *c, const Ast *key, Value *v)
{
    if (key->kind != AST_BIN_OP)
        return key->kind != AST_ATTRIBUTE && fold_literal(c, key, v);
    const AstBinOp *sum = (const AstBinOp *)key;
    Value a, b;
    if (!fold_literal(c, sum->left, &a) || !fold_literal(c, sum->right, &b))
        return false;
    *v = fold_binary(c, sum->op, a, b);
    return !value_is_empty(*v);
}

/* Literal keys are all different. */
static void check_keys(Compiler *c, const AstMatchMapping *p)
{
    uint32_t n = 0;
    Value *seen = arena_alloc(c->arena, (p->keys->count + 1) * sizeof *seen);
    if (!seen) {
        compile_no_memory(c);
        return;
    }
    for (uint32_t i = 0; i < p->keys->count; i++) {
        const Ast *key = p->keys->items[i];
        Value v;
        if (!literal_key(c, key, &v))
            continue;
        for (uint32_t k = 0; k < n; k++)
            if (op_equal(c->vm, seen[k], v) > 0) {
                repeated_key(c, p, v);
                return;
            }
        seen[n++] = v;
    }
}

/* **rest: the mapping without the keys. */
static Reg mapping_rest(Compiler *c, Span at, Reg subject, Reg keys, uint32_t n)
{
    Unit *u = c->unit;
    Reg dict = u->top;
    emit(c, at, OP_BUILD_DICT, 0, dict, dict, 0);
    push_reg(c);
    emit(c, at, OP_DICT_UPDATE, 0, dict, subject, 0);
    for (uint32_t i = 0; i < n; i++) {
        emit_const(c, at, u->top, value_from_int48(i));
        Reg k = push_reg(c);
        emit(c, at, OP_GETITEM, 0, k, keys, k);
        emit(c, at, OP_DELITEM, 0, dict, k, 0);
        u->top = k;
    }
    return dict;
}

static void pattern_of_mapping(Compiler *c, const AstMatchMapping *p, Reg subject, Pattern *ctx)
{
    Unit *u = c->unit;
    uint32_t n = p->keys->count;
    Span at = span(p);
    check_keys(c, p);
    check_kind(c, at, OP_MATCH_MAPPING, subject, ctx);
    if (n)
        check_length(c, at, subject, COMPARE_GE, n, ctx);
    else if (!p->rest)
        return;
    Operand o = expr_tuple(c, p->keys, at, NO_REG);
    Reg keys = operand_reg(c, at, o), first = NO_REG;
    if (n) {
        first = u->top;
        emit(c, at, OP_MATCH_KEYS, 0, first, subject, keys);
        push_reg(c);
        check(c, at, OP_JUMP_IF_NONE, first, ctx);
        emit(c, at, OP_UNPACK, 0, first, first, n);
        u->top = first;
        take_regs(c, n);
    }
    for (uint32_t i = 0; i < n && !c->failed; i++)
        subpattern(c, p->patterns->items[i], first + i, ctx);
    if (p->rest)
        capture(c, at, p->rest, mapping_rest(c, at, subject, keys, n), ctx);
}

/* ---- classes ---- */

static Value attribute_names(Compiler *c, const AstMatchClass *p)
{
    Value *names = arena_alloc(c->arena, (p->kwd_attrs.count + 1) * sizeof *names);
    if (!names) {
        compile_no_memory(c);
        return VALUE_EMPTY;
    }
    for (uint32_t i = 0; i < p->kwd_attrs.count; i++) {
        Name name = p->kwd_attrs.items[i];
        for (uint32_t k = 0; k < i; k++)
            if (p->kwd_attrs.items[k] == name) {
                compile_error(c, span(p->kwd_patterns->items[i]), "attribute name repeated in class pattern: %s",
                              name->text);
                return VALUE_EMPTY;
            }
        Str *s = name_str(c, name);
        if (!s)
            return VALUE_EMPTY;
        names[i] = value_from_obj(s);
    }
    return const_tuple(c, names, p->kwd_attrs.count);
}

static void pattern_of_class(Compiler *c, const AstMatchClass *p, Reg subject, Pattern *ctx)
{
    Unit *u = c->unit;
    Span at = span(p);
    uint32_t npos = p->patterns->count, n = npos + p->kwd_attrs.count;
    Reg first = u->top;
    Value names = attribute_names(c, p);
    if (c->failed)
        return;
    emit_move(c, at, first, subject);
    push_reg(c);
    expr_push(c, p->cls);
    emit_const(c, at, first + 2, names);
    push_reg(c);
    emit(c, at, OP_MATCH_CLASS, 0, first, first, npos);
    u->top = first + 1;
    check(c, at, OP_JUMP_IF_NONE, first, ctx);
    emit(c, at, OP_UNPACK, 0, first, first, n);
    u->top = first;
    take_regs(c, n);
    for (uint32_t i = 0; i < n && !c->failed; i++) {
        const Ast *item = i < npos ? p->patterns->items[i] : p->kwd_patterns->items[i - npos];
        if (!is_wildcard(item))
            subpattern(c, item, first + i, ctx);
    }
}

/* ---- alternatives ---- */

static uint32_t count_seq(const AstSeq *s);

static uint32_t count_captures(const Ast *p)
{
    switch (p->kind) {
    case AST_MATCH_AS: {
        const AstMatchAs *as = (const AstMatchAs *)p;
        return (as->name != NULL) + (as->pattern ? count_captures(as->pattern) : 0);
    }
    case AST_MATCH_STAR:
        return ((const AstMatchStar *)p)->name != NULL;
    case AST_MATCH_OR:
        return count_captures(((const AstMatchOr *)p)->patterns->items[0]);
    case AST_MATCH_SEQUENCE:
        return count_seq(((const AstMatchSequence *)p)->patterns);
    case AST_MATCH_MAPPING:
        return count_seq(((const AstMatchMapping *)p)->patterns) + (((const AstMatchMapping *)p)->rest != NULL);
    case AST_MATCH_CLASS:
        return count_seq(((const AstMatchClass *)p)->patterns) + count_seq(((const AstMatchClass *)p)->kwd_patterns);
    default:
        return 0;
    }
}

static uint32_t count_seq(const AstSeq *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->count; i++)
        n += count_captures(s->items[i]);
    return n;
}

/* Captures from `from` on go to the registers of those of the first alternative, whose order is `order`. */
static bool settle(Compiler *c, const AstMatchOr *p, const Captured *order, uint32_t n, Reg base, uint32_t from,
                   Pattern *ctx)
{
    bool same = ctx->count - from == n;
    for (uint32_t i = 0; i < n && same; i++) {
        uint32_t k = from;
        while (k < ctx->count && ctx->stores[k].name != order[i].name)
            k++;
        same = k < ctx->count;
        if (same)
            emit_move(c, NOWHERE, base + i, ctx->stores[k].reg);
    }
    if (!same)
        compile_error(c, span(p), "alternative patterns bind different names");
    return same && !c->failed;
}

static void pattern_of_or(Compiler *c, const AstMatchOr *p, Reg subject, Pattern *ctx)
{
    Unit *u = c->unit;
    uint32_t n = count_captures(p->patterns->items[0]), from = ctx->count;
    LabelId outer_fail = ctx->fail, end = label_new(c);
    bool allow = ctx->allow_irrefutable;
    Reg base = u->top;
    Captured *order = arena_alloc(c->arena, (n + 1) * sizeof *order);
    if (!order) {
        compile_no_memory(c);
        return;
    }
    fill_to(c, span(p), base + n);
    for (uint32_t i = 0; i < p->patterns->count && !c->failed; i++) {
        bool last = i + 1 == p->patterns->count;
        ctx->allow_irrefutable = last && allow;
        ctx->fail = last ? outer_fail : label_new(c);
        ctx->count = from;
        u->top = base + n;
        pattern(c, p->patterns->items[i], subject, ctx);
        if (c->failed)
            return;
        if (i == 0 && n)
            memcpy(order, ctx->stores + from, (ctx->count - from < n ? ctx->count - from : n) * sizeof *order);
        if (!settle(c, p, order, n, base, from, ctx))
            return;
        u->top = base + n;
        if (!last) {
            emit_goto(c, NOWHERE, end);
            label_place(c, ctx->fail);
        }
    }
    label_place(c, end);
    ctx->fail = outer_fail;
    ctx->allow_irrefutable = allow;
    ctx->count = from;
    for (uint32_t i = 0; i < n; i++)
        capture(c, span(p), order[i].name, base + i, ctx);
}

/* ---- all of them ---- */

static void pattern_of_as(Compiler *c, const AstMatchAs *p, Reg subject, Pattern *ctx)
{
    if (!p->pattern && !ctx->allow_irrefutable) {
        if (p->name)
            compile_error(c, span(p), "name capture '%s' makes remaining patterns unreachable", p->name->text);
        else
            compile_error(c, span(p), "wildcard makes remaining patterns unreachable");
        return;
    }
    if (p->pattern)
        pattern(c, p->pattern, subject, ctx);
    if (p->name)
        capture(c, span(p), p->name, subject, ctx);
}

static void pattern(Compiler *c, const Ast *p, Reg subject, Pattern *ctx)
{
    if (c->failed)
        return;
    if (!vm_stack_ok(c->vm, " during compilation")) {
        compile_pending(c);
        return;
    }
    switch (p->kind) {
    case AST_MATCH_VALUE:
        cond_compare_jump(c, span(p), OPR_EQ, subject, ((const AstMatchValue *)p)->value, false, ctx->fail);
        break;
    case AST_MATCH_SINGLETON:
        cond_compare_jump(c, span(p), OPR_IS, subject, ((const AstMatchSingleton *)p)->value, false, ctx->fail);
        break;
    case AST_MATCH_SEQUENCE:
        pattern_of_sequence(c, (const AstMatchSequence *)p, subject, ctx);
        break;
    case AST_MATCH_MAPPING:
        pattern_of_mapping(c, (const AstMatchMapping *)p, subject, ctx);
        break;
    case AST_MATCH_CLASS:
        pattern_of_class(c, (const AstMatchClass *)p, subject, ctx);
        break;
    case AST_MATCH_STAR:
        if (((const AstMatchStar *)p)->name)
            capture(c, span(p), ((const AstMatchStar *)p)->name, subject, ctx);
        break;
    case AST_MATCH_AS:
        pattern_of_as(c, (const AstMatchAs *)p, subject, ctx);
        break;
    case AST_MATCH_OR:
        pattern_of_or(c, (const AstMatchOr *)p, subject, ctx);
        break;
    default:
        compile_error(c, span(p), "invalid match pattern node");
    }
}

static void match_case(Compiler *c, const AstMatchCase *m, bool last, Reg subject, LabelId end)
{
    Unit *u = c->unit;
    LabelId fail = label_new(c);
    Pattern ctx = { .fail = fail, .allow_irrefutable = m->guard || last };
    pattern(c, m->pattern, subject, &ctx);
    for (uint32_t i = 0; i < ctx.count && !c->failed; i++)
        name_store(c, span(m->pattern), ctx.stores[i].name, ctx.stores[i].reg);
    u->top = subject + 1;
    if (m->guard)
        cond_jump(c, m->guard, false, fail);
    u->top = subject;
    stmts(c, m->body);
    emit_goto(c, NOWHERE, end);
    u->top = subject + 1;
    label_place(c, fail);
}

void stmt_match(Compiler *c, const AstMatch *s)
{
    Unit *u = c->unit;
    LabelId end = label_new(c);
    Reg subject = expr_push(c, s->subject);
    for (uint32_t i = 0; i < s->cases->count && !c->failed && u->reachable; i++)
        match_case(c, (const AstMatchCase *)s->cases->items[i], i + 1 == s->cases->count, subject, end);
    u->top = subject;
    label_place(c, end);
}
