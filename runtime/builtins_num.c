/* SPDX-License-Identifier: MIT
 * Built-in functions on numbers: sum, min, max, round, divmod, pow, and characters and their codes. */
#include "runtime/builtins.h"

#include <math.h>

#include "vm/code.h"
#include "vm/iter.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"
#include "vm/objects/str.h"

/* ---- sum ---- */

/* Ints that fit 64 bits, then floats with the error of each addition kept apart (Neumaier), then anything. */
typedef struct Sum {
    enum { SUM_INT, SUM_FLOAT, SUM_ANY } how;
    int64_t i;
    double d, c;
    Value v;
} Sum;

static Value sum_value(Vm *vm, const Sum *s)
{
    if (s->how == SUM_INT)
        return int_new(vm, s->i);
    if (s->how == SUM_FLOAT)
        return float_new(vm, s->c != 0 && isfinite(s->c) ? s->d + s->c : s->d);
    return s->v;
}

static void sum_double(Sum *s, double x)
{
    double t = s->d + x;
    s->c += fabs(s->d) >= fabs(x) ? (s->d - t) + x : (x - t) + s->d;
    s->d = t;
}

static bool exact_int(Value v)
{
    return value_is_int48(v) || value_is_bool(v) || is_exact(v, SHAPE_INT_ID);
}

static bool sum_step(Vm *vm, Value item, void *ud)
{
    Sum *s = ud;
    int64_t i, total;
    if (s->how == SUM_INT && value_is_int48(item) && !__builtin_add_overflow(s->i, value_int48(item), &total)) {
        s->i = total;
        return true;
    }
    if (s->how == SUM_INT && exact_int(item) && int_to_i64(item, &i) && !__builtin_add_overflow(s->i, i, &total)) {
        s->i = total;
        return true;
    }
    if (s->how == SUM_FLOAT && value_is_double(item)) {
        sum_double(s, value_double(item));
        return true;
    }
    if (s->how == SUM_FLOAT && is_int(item) && int_to_i64(item, &i)) {
        s->d += (double)i;
        return true;
    }
    Value acc = sum_value(vm, s);
    if (value_is_empty(acc))
        return false;
    acc = op_binary(vm, OP_ADD - OP_ADD, acc, item, false);
    if (value_is_empty(acc))
        return false;
    if (s->how == SUM_INT && value_is_double(acc)) {
        *s = (Sum){ .how = SUM_FLOAT, .d = value_double(acc) };
        return true;
    }
    s->how = SUM_ANY;
    s->v = acc;
    return true;
}

static Value builtin_f_sum(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value start = args->v[1], it = op_iter(vm, args->v[0]);
    if (value_is_empty(it))
        return VALUE_ERROR;
    if (is_str(start))
        return raise_exc(vm, EXC_TypeError, "sum() can't sum strings [use ''.join(seq) instead]");
    if (is_bytes(start))
        return raise_exc(vm, EXC_TypeError, "sum() can't sum bytes [use b''.join(seq) instead]");
    if (is_bytearray(start))
        return raise_exc(vm, EXC_TypeError, "sum() can't sum bytearray [use b''.join(seq) instead]");
    Sum s = { .how = SUM_ANY, .v = start };
    if (exact_int(start) && !value_is_bool(start) && int_to_i64(start, &s.i))
        s.how = SUM_INT;
    else if (value_is_double(start))
        s = (Sum){ .how = SUM_FLOAT, .d = value_double(start) };
    Value *items;
    size_t n, i = 0;
    if (s.how == SUM_INT && seq_exact_items(args->v[0], &items, &n)) {
        int64_t total;          /* the first of them, without asking the iterator */
        while (i < n && value_is_int48(items[i]) && !__builtin_add_overflow(s.i, value_int48(items[i]), &total)) {
            s.i = total;
            i++;
        }
        as_iter(it)->index = (int64_t)i;
    }
    return op_each(vm, it, sum_step, &s) ? sum_value(vm, &s) : VALUE_ERROR;
}

/* ---- min, max ---- */

typedef struct Extreme {
    unsigned cmp;               /* the new one wins when (new cmp best) */
    Value key;                  /* NONE: the items themselves */
    Value best, best_key;
} Extreme;

static bool extreme_step(Vm *vm, Value item, void *ud)
{
    Extreme *x = ud;
    Value k = value_is_none(x->key) ? item : op_call1(vm, x->key, item);
    if (value_is_empty(k))
        return false;
    if (!value_is_empty(x->best)) {
        int wins = value_both_int48(k, x->best_key)
                       ? (x->cmp == COMPARE_GT ? value_int48(k) > value_int48(x->best_key) :
                          value_int48(k) < value_int48(x->best_key))
                       : op_compare_bool(vm, x->cmp, k, x->best_key);
        if (wins <= 0)
            return !wins;
    }
    x->best = item;
    x->best_key = k;
    return true;
}

static Value extreme(Vm *vm, const Args *args, const char *name, unsigned cmp)
{
    Extreme x = { cmp, args->v[0], VALUE_EMPTY, VALUE_EMPTY };
    Value dflt = args->v[1];
    if (!args->nrest)
        return raise_exc(vm, EXC_TypeError, "%s expected at least 1 argument, got 0", name);
    if (args->nrest > 1) {
        if (!value_is_empty(dflt))
            return raise_exc(vm, EXC_TypeError, "Cannot specify a default for %s() with multiple positional arguments", name);
        for (uint32_t i = 0; i < args->nrest; i++)
            if (!extreme_step(vm, args->rest[i], &x))
                return VALUE_ERROR;
        return x.best;
    }
    if (!op_each(vm, args->rest[0], extreme_step, &x))
        return VALUE_ERROR;
    if (!value_is_empty(x.best))
        return x.best;
    return value_is_empty(dflt) ? raise_exc(vm, EXC_ValueError, "%s() iterable argument is empty", name) : dflt;
}

static Value builtin_f_min(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return extreme(vm, args, "min", COMPARE_LT);
}

static Value builtin_f_max(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return extreme(vm, args, "max", COMPARE_GT);
}

/* ---- arithmetic ---- */

static Value builtin_f_abs(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value v = args->v[0];
    if (value_is_double(v))
        return float_new(vm, fabs(value_double(v)));
    if (!value_is_int48(v) && value_is_empty(type_special(type_of(vm, v), SPECIAL_ABS)))
        return raise_exc(vm, EXC_TypeError, "bad operand type for abs(): '%T'", v);
    return op_unary(vm, SPECIAL_ABS, v);
}

static Value builtin_f_round(Vm *vm, Value self, const Args *args)
{
    (void)self;
    bool missing;
    Value r = op_call_special(vm, args->v[0], SPECIAL_ROUND, value_is_none(args->v[1]) ? 0 : 1, &args->v[1], &missing);
    if (missing)
        return raise_exc(vm, EXC_TypeError, "type %T doesn't define __round__ method", args->v[0]);
    return r;
}

static Value divmod_special(Vm *vm, Value a, Special s, Value b)
{
    bool missing;
    Value r = op_call_special(vm, a, s, 1, &b, &missing);
    return missing ? VALUE_NOT_IMPLEMENTED : r;
}

static Value builtin_f_divmod(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value a = args->v[0], b = args->v[1], r;
    Type *ta = type_of(vm, a), *tb = type_of(vm, b);
    bool reflected_first = ta != tb && type_is_subtype(tb, ta) &&
                           !value_same(type_special(ta, SPECIAL_RDIVMOD), type_special(tb, SPECIAL_RDIVMOD));
    if (reflected_first) {
        r = divmod_special(vm, b, SPECIAL_RDIVMOD, a);
        if (!value_is_not_implemented(r))
            return r;
    }
    r = divmod_special(vm, a, SPECIAL_DIVMOD, b);
    if (value_is_not_implemented(r) && ta != tb && !reflected_first)
        r = divmod_special(vm, b, SPECIAL_RDIVMOD, a);
    if (value_is_not_implemented(r))
        return raise_exc(vm, EXC_TypeError, "unsupported operand type(s) for divmod(): '%T' and '%T'", a, b);
    return r;
}

static Value builtin_f_pow(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return op_pow3(vm, args->v[0], args->v[1], args->v[2]);
}

/* ---- characters, digits ---- */

static Value builtin_f_chr(Vm *vm, Value self, const Args *args)
{
    (void)self;
    int64_t i;
    Value v = op_index(vm, args->v[0]);
    if (value_is_empty(v))
        return v;
    if (!int_to_i64(v, &i))
        i = -1;
    if (i < 0 || i > 0x10ffff)
        return raise_exc(vm, EXC_ValueError, "chr() arg not in range(0x110000)");
    Str *s = str_char(vm, (uint32_t)i);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static uint32_t first_char(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    if (p[0] < 0x80)
        return p[0];
    if (p[0] < 0xe0)
        return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
    if (p[0] < 0xf0)
        return (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    return (p[0] & 7u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
}

static Value builtin_f_ord(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value v = args->v[0];
    size_t n;
    if (is_str(v)) {
        Str *s = as_str(v);
        n = str_is_ascii(s) ? s->len : s->chars;
        if (n == 1)
            return value_from_int48(first_char(str_data(s)));
    } else if (is_bytes(v) || is_bytearray(v)) {
        const char *p;
        if (!bytes_view(vm, v, &p, &n))
            return VALUE_ERROR;
        if (n == 1)
            return value_from_int48((unsigned char)*p);
    } else {
        return raise_exc(vm, EXC_TypeError, "ord() expected string of length 1, but %T found", v);
    }
    return raise_exc(vm, EXC_TypeError, "ord() expected a character, but string of length %zu found", n);
}

static Value in_base(Vm *vm, Value v, int base, const char *prefix)
{
    v = op_index(vm, v);
    if (value_is_int48(v)) {
        char text[52], *end = text + sizeof text, *p = end;
        int64_t i = value_int48(v);
        uint64_t u = (uint64_t)(i < 0 ? -i : i);
        unsigned shift = base == 2 ? 1 : base == 8 ? 3 : 4;
        do
            *--p = "0123456789abcdef"[u & (unsigned)(base - 1)];
        while (u >>= shift);
        *--p = prefix[1];
        *--p = prefix[0];
        if (i < 0)
            *--p = '-';
        return value_from_obj(str_new(vm, p, (size_t)(end - p)));
    }
    Str *s = value_is_empty(v) ? NULL : int_to_str(vm, v, base);
    if (!s)
        return VALUE_ERROR;
    bool neg = int_sign(v) < 0;
    Str *r = str_printf(vm, "%s%s%s", neg ? "-" : "", prefix, str_data(s) + neg);
    return r ? value_from_obj(r) : VALUE_ERROR;
}

static Value builtin_f_bin(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return in_base(vm, args->v[0], 2, "0b");
}

static Value builtin_f_oct(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return in_base(vm, args->v[0], 8, "0o");
}

static Value builtin_f_hex(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return in_base(vm, args->v[0], 16, "0x");
}

const MethodDef builtins_numbers[] = {
    FUNCTION(builtin, sum, "sum(iterable, /, start=0)", "All items and the start value, added up."),
    FUNCTION(builtin, min, "min(*args, key=None, default=...)",
             "min(items, *, key=None, default=...)\nmin(a, b, *more, key=None)\n\nReturn the smallest item."),
    FUNCTION(builtin, max, "max(*args, key=None, default=...)",
             "max(items, *, key=None, default=...)\nmax(a, b, *more, key=None)\n\nReturn the biggest item."),
    FUNCTION(builtin, abs, "abs(x, /)", "How far x is from zero."),
    FUNCTION(builtin, round, "round(number, ndigits=None)",
             "The nearest number with so many decimals; to the even one between two."),
    FUNCTION(builtin, divmod, "divmod(x, y, /)", "Quotient and remainder in one go."),
    FUNCTION(builtin, pow, "pow(base, exp, mod=None)", "A power, by choice its remainder modulo mod."),
    FUNCTION(builtin, chr, "chr(i, /)", "The character with this code point."),
    FUNCTION(builtin, ord, "ord(c, /)", "The code point of a character."),
    FUNCTION(builtin, bin, "bin(number, /)", "The integer in base two, with 0b in front."),
    FUNCTION(builtin, oct, "oct(number, /)", "The integer in base eight, with 0o in front."),
    FUNCTION(builtin, hex, "hex(number, /)", "The integer in base sixteen, with 0x in front."),
    { 0 }
};
