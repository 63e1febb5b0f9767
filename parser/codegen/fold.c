/* SPDX-License-Identifier: MIT
 * Constants: their values, each made once a compilation, and arithmetic on them while compiling. */
#include "parser/codegen/codegen.h"

#include <stdlib.h>

#include "vm/buf.h"
#include "vm/error.h"
#include "vm/objects/bytes.h"
#include "vm/objects/complex.h"
#include "vm/objects/int.h"
#include "vm/objects/int_view.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

enum { KIND_OF_TUPLE = 100, KIND_OF_FROZENSET, KIND_OF_INT_VALUE };

/* ---- each constant once ---- */

static uint64_t hash_bytes(uint64_t seed, const void *bytes, uint32_t len)
{
    const unsigned char *p = bytes;
    uint64_t h = seed ^ len;
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t w;
        memcpy(&w, p, 8);
        h = (h ^ w) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    for (; len; p++, len--)
        h = (h ^ *p) * 0x100000001B3u;
    h ^= h >> 32;
    return h * 0x9E3779B97F4A7C15u | 1;
}

static Interned *interned_slot(Interned *table, uint32_t size, uint64_t hash, uint8_t kind, const void *bytes,
                               uint32_t len)
{
    uint32_t i = (uint32_t)(hash >> 32) & (size - 1);
    for (;; i = (i + 1) & (size - 1)) {
        Interned *e = &table[i];
        if (!e->hash || (e->hash == hash && e->kind == kind && e->len == len && memcmp(e->bytes, bytes, len) == 0))
            return e;
    }
}

static bool interned_grow(Compiler *c)
{
    uint32_t size = c->interned_size ? c->interned_size * 2 : 64;
    Interned *table = arena_alloc(c->arena, size * sizeof *table);
    if (!table) {
        compile_no_memory(c);
        return false;
    }
    for (uint32_t i = 0; i < c->interned_size; i++) {
        const Interned *e = &c->interned[i];
        if (e->hash)
            *interned_slot(table, size, e->hash, e->kind, e->bytes, e->len) = *e;
    }
    c->interned = table;
    c->interned_size = size;
    return true;
}

/* The entry of a constant, to be filled when its value is EMPTY. bytes must live as long as the arena. */
static Interned *interned(Compiler *c, uint8_t kind, const void *bytes, uint32_t len)
{
    if (c->ninterned * 2 >= c->interned_size && !interned_grow(c))
        return NULL;
    uint64_t h = hash_bytes(c->vm->hash_key[0] + kind, bytes, len);
    Interned *e = interned_slot(c->interned, c->interned_size, h, kind, bytes, len);
    if (!e->hash) {
        *e = (Interned){ h, kind, len, bytes, VALUE_EMPTY };
        c->ninterned++;
    }
    return e;
}

static bool looks_like_name(const char *text, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        char ch = text[i];
        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_'))
            return false;
    }
    return true;
}

/* Too many decimal digits: the message that int() would give becomes a SyntaxError. */
static void integer_failed(Compiler *c, Span at)
{
    Vm *vm = c->vm;
    if (!exc_pending_is(vm, EXC_ValueError)) {
        compile_pending(c);
        return;
    }
    Exc *e = as_exc(exc_take(vm));
    Value text = is_tuple(e->args) && as_tuple(e->args)->len ? as_tuple(e->args)->items[0] : VALUE_EMPTY;
    if (value_is_empty(text) || !is_str(text))
        compile_error(c, at, "invalid integer");
    else
        compile_error(c, at, "%.*s - Consider hexadecimal for huge integer literals to avoid decimal conversion limits.",
                      (int)as_str(text)->len, str_data(as_str(text)));
}

static Value integer_value(Compiler *c, const AstConst *k, Span at)
{
    if (k->len < 10) {
        char *end;
        bool octal = k->text[0] == '0' && k->len > 1;
        if (!octal)
            return value_from_int48(strtol(k->text, &end, 10));
    }
    Value v = int_from_text(c->vm, k->text, k->len, 0);
    if (value_is_empty(v))
        integer_failed(c, at);
    return v;
}

static Value make_const(Compiler *c, const AstConst *k, Span at)
{
    Vm *vm = c->vm;
    switch ((ConstKind)k->kind) {
    case CONST_INT:
        return integer_value(c, k, at);
    case CONST_FLOAT:
        return float_from_text(vm, k->text, k->len, VALUE_NONE);
    case CONST_IMAGINARY: {
        Value d = float_from_text(vm, k->text, k->len, VALUE_NONE);
        return value_is_empty(d) ? d : complex_new(vm, (Cplx){ 0, value_double(d) });
    }
    case CONST_STR: {
        Str *s = looks_like_name(k->text, k->len) ? str_intern(vm, k->text, k->len) : str_new(vm, k->text, k->len);
        return s ? value_from_obj(s) : VALUE_EMPTY;
    }
    case CONST_BYTES: {
        Bytes *b = bytes_new(vm, k->text, k->len);
        return b ? value_from_obj(b) : VALUE_EMPTY;
    }
    default:
        return VALUE_EMPTY;
    }
}

Value const_value(Compiler *c, const AstConst *k, Span at)
{
    switch ((ConstKind)k->kind) {
    case CONST_NONE:
        return VALUE_NONE;
    case CONST_TRUE:
        return VALUE_TRUE;
    case CONST_FALSE:
        return VALUE_FALSE;
    case CONST_ELLIPSIS:
        return VALUE_ELLIPSIS;
    default:
        break;
    }
    Interned *e = interned(c, k->kind, k->text, k->len);
    if (!e)
        return VALUE_EMPTY;
    if (value_is_empty(e->value)) {
        e->value = make_const(c, k, at);
        if (value_is_empty(e->value))
            compile_pending(c);
    }
    return e->value;
}

Value const_tuple(Compiler *c, const Value *items, uint32_t n)
{
    Value *copy = arena_alloc(c->arena, (n + 1) * sizeof *copy);
    if (!copy) {
        compile_no_memory(c);
        return VALUE_EMPTY;
    }
    if (n)
        memcpy(copy, items, n * sizeof *copy);
    return const_intern(c, KIND_OF_TUPLE, copy, n * (uint32_t)sizeof *copy, VALUE_EMPTY);
}

/* With v EMPTY: a tuple of the values at bytes. */
Value const_intern(Compiler *c, uint8_t kind, const void *bytes, uint32_t len, Value v)
{
    Interned *e = interned(c, kind, bytes, len);
    if (!e)
        return VALUE_EMPTY;
    if (value_is_empty(e->value)) {
        if (value_is_empty(v)) {
            Tuple *t = tuple_from(c->vm, bytes, len / sizeof(Value));
            if (t)
                v = value_from_obj(t);
        }
        e->value = v;
        if (value_is_empty(v))
            compile_pending(c);
    }
    return e->value;
}

/* ---- literals ---- */

bool fold_literal(Compiler *c, const Ast *e, Value *v)
{
    *v = VALUE_EMPTY;
    if (e->kind == AST_CONSTANT) {
        const AstConst *k = &((const AstConstant *)e)->value;
        *v = const_value(c, k, span(e));
    } else if (e->kind == AST_UNARY_OP) {
        const AstUnaryOp *op = (const AstUnaryOp *)e;
        if (op->operand->kind == AST_CONSTANT && fold_literal(c, op->operand, v))
            *v = fold_unary(c, op->op, *v);
    } else if (e->kind == AST_TUPLE) {
        const AstSeq *elts = ((const AstTuple *)e)->elts;
        Value *items = arena_alloc(c->arena, (elts->count + 1) * sizeof *items);
        if (!items) {
            compile_no_memory(c);
            return false;
        }
        for (uint32_t i = 0; i < elts->count; i++)
            if (!fold_literal(c, elts->items[i], &items[i]))
                return false;
        *v = const_tuple(c, items, elts->count);
    }
    return !value_is_empty(*v) && !c->failed;
}

static bool fold_items(Compiler *c, const AstSeq *elts, Value *v)
{
    AstTuple t = { .base = { .kind = AST_TUPLE }, .elts = (AstSeq *)elts };
    for (uint32_t i = 0; i < elts->count; i++)
        if (elts->items[i]->kind == AST_STARRED)
            return false;
    return fold_literal(c, &t.base, v);
}

static Value frozen(Compiler *c, Tuple *items)
{
    Interned *e = interned(c, KIND_OF_FROZENSET, items->items, (uint32_t)(items->len * sizeof(Value)));
    if (!e || !value_is_empty(e->value))
        return e ? e->value : VALUE_EMPTY;
    /* Filled twice, as display.c tells. */
    Set *first = set_new(c->vm, true), *second = set_new(c->vm, true);
    bool ok = first && second;
    Value key;
    for (size_t i = 0; ok && i < items->len; i++)
        ok = set_add(c->vm, first, items->items[i]);
    for (size_t pos = 0; ok && set_next(first, &pos, &key);)
        ok = set_add(c->vm, second, key);
    if (!ok) {
        compile_pending(c);
        return VALUE_EMPTY;
    }
    return e->value = value_from_obj(second);
}

bool fold_container(Compiler *c, const Ast *e, Value *v)
{
    *v = VALUE_EMPTY;
    if (e->kind == AST_LIST)
        return fold_items(c, ((const AstList *)e)->elts, v);
    if (e->kind != AST_SET || !fold_items(c, ((const AstSet *)e)->elts, v))
        return false;
    *v = frozen(c, as_tuple(*v));
    return !c->failed;
}

/* ---- arithmetic ---- */

int const_truth(Value v)
{
    if (value_is_bool(v))
        return value_is_true(v);
    if (value_is_none(v))
        return 0;
    if (value_is_int48(v))
        return value_int48(v) != 0;
    if (value_is_double(v))
        return value_double(v) != 0;
    if (!value_is_obj(v))
        return 1;
    if (is_str(v))
        return as_str(v)->len != 0;
    if (is_bytes(v))
        return as_bytes(v)->len != 0;
    if (is_tuple(v))
        return as_tuple(v)->len != 0;
    if (is_complex(v))
        return as_complex(v)->z.re != 0 || as_complex(v)->z.im != 0;
    return is_bigint(v) ? 1 : -1;
}

static bool is_number(Value v)
{
    return value_is_int48(v) || value_is_double(v) || value_is_bool(v) || (value_is_obj(v) && is_bigint(v));
}

/* A folded number: equal ones are one object. */
static Value folded(Compiler *c, Value v)
{
    if (value_is_empty(v)) {
        exc_discard(c->vm);     /* division by zero and the like happen when the program runs */
        return v;
    }
    if (!value_is_obj(v) || !is_bigint(v))
        return v;
    Int *i = as_bigint(v);
    if (i->sign < 0)
        return v;
    return const_intern(c, KIND_OF_INT_VALUE, i->limbs, i->count * 8, v);
}

Value fold_unary(Compiler *c, AstOp op, Value v)
{
    Vm *vm = c->vm;
    if (op == OPR_NOT) {
        int t = const_truth(v);
        return t < 0 ? VALUE_EMPTY : value_from_bool(!t);
    }
    if (value_is_double(v) && op != OPR_INVERT)
        return op == OPR_NEG ? float_new(vm, -value_double(v)) : v;
    if (value_is_obj(v) && is_complex(v) && op == OPR_NEG)
        return folded(c, complex_new(vm, (Cplx){ -as_complex(v)->z.re, -as_complex(v)->z.im }));
    if (!is_number(v) || value_is_double(v))
        return VALUE_EMPTY;
    Value n = value_is_bool(v) ? value_from_int48(value_is_true(v)) : v;
    if (op == OPR_POS)
        return n;
    if (op == OPR_NEG)
        return folded(c, int_binary(vm, OPR_SUB, value_from_int48(0), n));
    if (value_is_bool(v) && !bool_warn_invert(vm)) {
        exc_discard(vm);        /* as an error it is raised when the program runs */
        return VALUE_EMPTY;
    }
    return folded(c, int_binary(vm, OPR_SUB, value_from_int48(-1), n));
}

static bool small_result(AstOp op, Value a, Value b)
{
    int64_t x = value_is_int48(a) ? value_int48(a) : 0, y = value_is_int48(b) ? value_int48(b) : 0;
    if (value_is_obj(a) && as_bigint(a)->count > 2)
        return false;
    if (value_is_obj(b) && as_bigint(b)->count > 2)
        return false;
    if (op == OPR_LSHIFT)
        return value_is_int48(b) && y >= 0 && y <= 128;
    if (op == OPR_POW) {
        int bits = 64;
        if (value_is_int48(a))
            bits = x ? 64 - __builtin_clzll((unsigned long long)(x < 0 ? -x : x)) : 1;
        return value_is_int48(b) && y >= 0 && y <= 128 && bits * y <= 128;
    }
    return true;
}

static Value fold_floats(Compiler *c, AstOp op, Value a, Value b)
{
    double x = value_is_double(a) ? value_double(a) : value_is_int48(a) ? (double)value_int48(a) : 0;
    double y = value_is_double(b) ? value_double(b) : value_is_int48(b) ? (double)value_int48(b) : 0;
    if (op >= OPR_LSHIFT || op == OPR_MATMUL)
        return VALUE_EMPTY;
    Value v = float_binary(c->vm, op, x, y);
    return folded(c, v);
}

static Value fold_complex(Compiler *c, AstOp op, Value a, Value b)
{
    if (value_is_bool(a) || value_is_bool(b))
        return VALUE_EMPTY;
    Value v = complex_binary(c->vm, op, a, b);
    return value_is_empty(v) || (value_is_obj(v) && is_complex(v)) ? folded(c, v) : VALUE_EMPTY;
}

static Value fold_strings(Compiler *c, AstOp op, Value a, Value b)
{
    Str *x = as_str(a), *y = as_str(b);
    if (op != OPR_ADD || x->len + (uint64_t)y->len > 4096)
        return VALUE_EMPTY;
    char *text = arena_alloc(c->arena, x->len + y->len + 1);
    if (!text) {
        compile_no_memory(c);
        return VALUE_EMPTY;
    }
    memcpy(text, str_data(x), x->len);
    memcpy(text + x->len, str_data(y), y->len);
    AstConst k = { .kind = CONST_STR, .len = x->len + y->len, .text = text };
    return const_value(c, &k, NOWHERE);
}

static Value fold_repeated(Compiler *c, const Str *s, int64_t times)
{
    uint64_t n = times < 0 ? 0 : (uint64_t)times;
    if (s->len && n > 4096 / s->len)
        return VALUE_EMPTY;
    char *text = arena_alloc(c->arena, s->len * n + 1);
    if (!text) {
        compile_no_memory(c);
        return VALUE_EMPTY;
    }
    for (uint64_t i = 0; i < n; i++)
        memcpy(text + i * s->len, str_data(s), s->len);
    AstConst k = { .kind = CONST_STR, .len = (uint32_t)(s->len * n), .text = text };
    return const_value(c, &k, NOWHERE);
}

Value fold_binary(Compiler *c, AstOp op, Value a, Value b)
{
    if (value_is_obj(a) && value_is_obj(b) && is_str(a) && is_str(b))
        return fold_strings(c, op, a, b);
    if (op == OPR_MUL && value_is_obj(a) && is_str(a) && value_is_int48(b))
        return fold_repeated(c, as_str(a), value_int48(b));
    if (op == OPR_MUL && value_is_obj(b) && is_str(b) && value_is_int48(a))
        return fold_repeated(c, as_str(b), value_int48(a));
    if (op <= OPR_POW && ((value_is_obj(a) && is_complex(a)) || (value_is_obj(b) && is_complex(b))))
        return fold_complex(c, op, a, b);
    if (!is_number(a) || !is_number(b) || value_is_bool(a) || value_is_bool(b))
        return VALUE_EMPTY;
    if (value_is_double(a) || value_is_double(b)) {
        bool big = value_is_obj(a) || value_is_obj(b);
        return big ? VALUE_EMPTY : fold_floats(c, op, a, b);
    }
    if (op == OPR_MATMUL || !small_result(op, a, b))
        return VALUE_EMPTY;
    return folded(c, int_binary(c->vm, op, a, b));
}

/* ---- docstrings ---- */

/* Tabs become spaces up to the next column that 8 divides. */
static void expand_tabs(Buf *out, const char *text, size_t len)
{
    size_t column = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char ch = (unsigned char)text[i];
        if (ch == '\t') {
            do
                buf_putc(out, ' ');
            while (++column % 8);
            continue;
        }
        buf_putc(out, (char)ch);
        if (ch == '\n' || ch == '\r')
            column = 0;
        else if ((ch & 0xc0) != 0x80)
            column++;
    }
}

/* The least indentation of the lines behind the first; SIZE_MAX: all are blank. */
static size_t doc_margin(const char *p, const char *end)
{
    size_t margin = SIZE_MAX;
    while (p < end && *p++ != '\n')
        ;
    while (p < end) {
        const char *start = p;
        while (p < end && *p == ' ')
            p++;
        if (p < end && *p != '\n' && (size_t)(p - start) < margin)
            margin = (size_t)(p - start);
        while (p < end && *p++ != '\n')
            ;
    }
    return margin;
}

/* As inspect.cleandoc() does, but that blank lines at the ends stay. */
static void clean_doc(Buf *out, const char *p, size_t len)
{
    const char *end = p + len;
    size_t margin = doc_margin(p, end);
    if (margin == SIZE_MAX)
        margin = 0;
    while (p < end && *p == ' ')
        p++;
    while (p < end) {
        const char *start = p;
        while (p < end && *p++ != '\n')
            ;
        buf_put(out, start, (size_t)(p - start));
        for (size_t i = 0; i < margin && p < end && *p == ' '; i++)
            p++;
    }
}

Value const_docstring(Compiler *c, const AstSeq *body)
{
    if (c->optimize > 1)
        return VALUE_EMPTY;
    if (!body->count || body->items[0]->kind != AST_EXPR_STMT)
        return VALUE_EMPTY;
    const Ast *e = ((const AstExprStmt *)body->items[0])->value;
    const AstConst *k = &((const AstConstant *)e)->value;
    if (e->kind != AST_CONSTANT || k->kind != CONST_STR)
        return VALUE_EMPTY;
    Buf tabs, text;
    buf_init(&tabs, &c->vm->alloc);
    buf_init(&text, &c->vm->alloc);
    expand_tabs(&tabs, k->text, k->len);
    if (!tabs.failed)
        clean_doc(&text, tabs.data, tabs.len);
    Value v = VALUE_EMPTY;
    char *copy = tabs.failed || text.failed ? NULL : arena_strndup(c->arena, text.len ? text.data : "", text.len);
    if (copy) {
        AstConst clean = { .kind = CONST_STR, .len = (uint32_t)text.len, .text = copy };
        v = const_value(c, &clean, span(e));
    } else {
        compile_no_memory(c);
    }
    buf_free(&tabs);
    buf_free(&text);
    return v;
}
