/* SPDX-License-Identifier: MIT
 * Arithmetic on integers. Operands and results below 2**127 are computed in machine words: numbers of 64 bits and
 * their products are what hashing and random number programs are made of. */
#include <math.h>

#include "vm/num/limbs.h"
#include "vm/objects/int_view.h"

static bool fits64(Int128 i)
{
    return i == (int64_t)i;
}

/* ---- operands of any size ---- */
static Value add_limbs(Vm *vm, const IntView *a, const IntView *b, bool b_neg)
{
    if (a->neg == b_neg) {
        Int *r = int_alloc(vm, (a->n > b->n ? a->n : b->n) + 1);
        return r ? int_done(r, limbs_add(r->limbs, a->limbs, a->n, b->limbs, b->n), b_neg) : VALUE_ERROR;
    }
    bool swap = limbs_cmp(a->limbs, a->n, b->limbs, b->n) < 0;
    const IntView *x = swap ? b : a, *y = swap ? a : b;
    Int *r = int_alloc(vm, x->n);
    if (!r)
        return VALUE_ERROR;
    return int_done(r, limbs_sub(r->limbs, x->limbs, x->n, y->limbs, y->n), swap ? b_neg : a->neg);
}

static Value mul_limbs(Vm *vm, const IntView *a, const IntView *b)
{
    if (!a->n || !b->n)
        return value_from_int48(0);
    Int *r = int_alloc(vm, a->n + b->n);
    Scratch sc;
    if (!r || !scratch_open(vm, &sc, limbs_mul_scratch(a->n, b->n)))
        return VALUE_ERROR;
    bool ok = limbs_mul(&sc.tick, r->limbs, a->limbs, a->n, b->limbs, b->n, sc.p);
    scratch_close(&sc);
    return ok ? int_done(r, a->n + b->n, a->neg != b->neg) : VALUE_ERROR;
}

static Value bitop_limbs(Vm *vm, LimbOp op, const IntView *a, const IntView *b)
{
    Int *r = int_alloc(vm, (a->n > b->n ? a->n : b->n) + 1);
    bool neg;
    if (!r)
        return VALUE_ERROR;
    size_t n = limbs_bitop(r->limbs, &neg, op, a->limbs, a->n, a->neg, b->limbs, b->n, b->neg);
    return int_done(r, n, neg);
}

/* Magnitudes: q = |a| / |b|, r = |a| % |b|; *nq, *nr normalised. */
static bool divide_limbs(Vm *vm, const IntView *a, const IntView *b, Int *q, size_t *nq, Int *r, size_t *nr)
{
    if (b->n == 1) {
        r->limbs[0] = limbs_divmod_1(q->limbs, a->limbs, a->n, b->limbs[0]);
        *nq = limbs_norm(q->limbs, a->n);
        *nr = r->limbs[0] != 0;
        return true;
    }
    Scratch sc;
    if (!scratch_open(vm, &sc, limbs_divmod_scratch(a->n, b->n)))
        return false;
    bool ok = limbs_divmod(&sc.tick, q->limbs, r->limbs, a->limbs, a->n, b->limbs, b->n, sc.p);
    scratch_close(&sc);
    if (!ok)
        return false;
    *nq = limbs_norm(q->limbs, a->n - b->n + 1);
    *nr = limbs_norm(r->limbs, b->n);
    return true;
}

static bool divmod_limbs(Vm *vm, Value av, Value bv, Value *q, Value *r)
{
    IntView a, b;
    int_view(av, &a);
    int_view(bv, &b);
    bool unlike = a.neg != b.neg;
    if (a.n < b.n || limbs_cmp(a.limbs, a.n, b.limbs, b.n) < 0) {
        bool down = unlike && a.n;
        if (q)
            *q = value_from_int48(down ? -1 : 0);
        if (r)
            *r = down ? add_limbs(vm, &a, &b, b.neg) : int_exact(vm, av);
        return !r || !value_is_empty(*r);
    }
    Int *qi = int_alloc(vm, a.n - b.n + 2), *ri = qi ? int_alloc(vm, b.n) : NULL;
    size_t nq, nr;
    if (!ri || !divide_limbs(vm, &a, &b, qi, &nq, ri, &nr))
        return false;
    if (unlike && nr) {                 /* rounded to zero: one further down */
        if (limbs_add_1(qi->limbs, qi->limbs, nq, 1))
            qi->limbs[nq++] = 1;
        nr = limbs_sub(ri->limbs, b.limbs, b.n, ri->limbs, nr);
    }
    if (q)
        *q = int_done(qi, nq, unlike);
    if (r)
        *r = int_done(ri, nr, b.neg);
    return true;
}

static Value shift_left(Vm *vm, Value a, Value b)
{
    IntView w;
    int64_t by;
    int_view(a, &w);
    if (int_sign(b) < 0)
        return raise_exc(vm, EXC_ValueError, "negative shift count");
    if (!w.n)
        return value_from_int48(0);
    if (!int_to_i64(b, &by))
        return raise_exc(vm, EXC_OverflowError, "too many digits in integer");
    size_t n = limbs_shl_size(w.n, (uint64_t)by);
    Int *r = int_alloc(vm, n);
    return r ? int_done(r, limbs_shl(r->limbs, w.limbs, w.n, (uint64_t)by), w.neg) : VALUE_ERROR;
}

static Value shift_right(Vm *vm, Value a, Value b)
{
    IntView w;
    int64_t by;
    int_view(a, &w);
    if (int_sign(b) < 0)
        return raise_exc(vm, EXC_ValueError, "negative shift count");
    if (!int_to_i64(b, &by))
        return value_from_int48(w.neg ? -1 : 0);
    Int *r = int_alloc(vm, w.n + 1);
    return r ? int_done(r, limbs_shr_floor(r->limbs, w.limbs, w.n, w.neg, (uint64_t)by), w.neg) : VALUE_ERROR;
}

/* ---- division to a float, powers ---- */
static Value true_divide(Vm *vm, Value av, Value bv)
{
    IntView a, b;
    double x;
    int_view(av, &a);
    int_view(bv, &b);
    if (!b.n)
        return raise_exc(vm, EXC_ZeroDivisionError, "division by zero");
    if (a.n <= 1 && b.n == 1 && (!a.n || a.limbs[0] <= (Limb)1 << 53) && b.limbs[0] <= (Limb)1 << 53) {
        x = (a.n ? (double)a.limbs[0] : 0.0) / (double)b.limbs[0];
    } else {
        Scratch sc;
        if (!scratch_open(vm, &sc, limbs_truediv_scratch(a.n, b.n)))
            return VALUE_ERROR;
        bool ok = limbs_truediv(&x, a.limbs, a.n, b.limbs, b.n, sc.p);
        scratch_close(&sc);
        if (!ok)
            return raise_exc(vm, EXC_OverflowError, "integer division result too large for a float");
    }
    return value_from_double(a.neg != b.neg ? -x : x);    /* 0 / -1 is -0.0 */
}

static Value pow_negative(Vm *vm, Value a, Value e)
{
    double x, y;
    if (!int_to_double(vm, a, &x) || !int_to_double(vm, e, &y))
        return VALUE_ERROR;
    return float_binary(vm, INT_POW, x, y);
}

/* False: more than 127 bits. */
static bool wide_pow(Int128 x, int64_t e, Int128 *r)
{
    for (*r = 1;; x *= x) {
        if ((e & 1) && __builtin_mul_overflow(*r, x, r))
            return false;
        if (!(e >>= 1))
            return *r != (Int128)((UInt128)1 << 127);
        if (!fits64(x))
            return false;
    }
}

static Value int_pow(Vm *vm, Value av, Value ev)
{
    Int128 x, small;
    IntView a;
    int64_t e;
    int_view(av, &a);
    if (int_sign(ev) < 0)
        return pow_negative(vm, av, ev);
    bool odd = is_bigint(ev) ? as_bigint(ev)->count && (as_bigint(ev)->limbs[0] & 1) : int_sign(ev) && (ev.bits & 1);
    if (!int_sign(ev))
        return value_from_int48(1);
    if (a.n == 0 || (a.n == 1 && a.limbs[0] == 1))
        return value_from_int48(!a.n ? 0 : a.neg && odd ? -1 : 1);
    if (int_to_i64(ev, &e) && int_to_i128(av, &x) && wide_pow(x, e, &small))
        return int_from_i128(vm, small);
    size_t size = int_to_i64(ev, &e) ? limbs_pow_size(a.limbs, a.n, (uint64_t)e) : SIZE_MAX;
    if (size > LIMBS_MAX)
        return raise_no_memory(vm);
    Int *r = int_alloc(vm, size);
    Scratch sc;
    size_t n;
    if (!r || !scratch_open(vm, &sc, limbs_pow_scratch(a.limbs, a.n, (uint64_t)e)))
        return VALUE_ERROR;
    bool ok = limbs_pow(&sc.tick, r->limbs, &n, a.limbs, a.n, (uint64_t)e, sc.p);
    scratch_close(&sc);
    return ok ? int_done(r, n, a.neg && odd) : VALUE_ERROR;
}

/* a**-1 modulo m, in [0, |m|). */
static Value invert_mod(Vm *vm, const IntView *a, const IntView *m)
{
    Int *r = int_alloc(vm, m->n + 1);
    Scratch sc;
    size_t n;
    bool found = false;
    if (!r || !scratch_open(vm, &sc, limbs_invmod_scratch(a->n, m->n)))
        return VALUE_ERROR;
    bool ok = limbs_invmod(&sc.tick, r->limbs, &n, &found, a->limbs, a->n, m->limbs, m->n, sc.p);
    scratch_close(&sc);
    if (!ok)
        return VALUE_ERROR;
    if (!found)
        return raise_exc(vm, EXC_ValueError, "base is not invertible for the given modulus");
    return int_done(r, n, a->neg);      /* -(1/|a|) is 1/a */
}

static uint64_t powmod_word(uint64_t a, const IntView *e, uint64_t m)
{
    uint64_t r = 1;
    a %= m;
    for (uint64_t bit = limbs_bit_length(e->limbs, e->n); bit-- > 0;) {
        r = (uint64_t)((UInt128)r * r % m);
        if (e->limbs[bit / 64] >> (bit % 64) & 1)
            r = (uint64_t)((UInt128)r * a % m);
    }
    return r;
}

Value int_pow_mod(Vm *vm, Value av, Value ev, Value mv)
{
    IntView a, e, m;
    int_view(mv, &m);
    if (!m.n)
        return raise_exc(vm, EXC_ValueError, "pow() 3rd argument cannot be 0");
    if (m.n == 1 && m.limbs[0] == 1)
        return value_from_int48(0);
    if (int_sign(ev) < 0) {
        int_view(av, &a);
        av = invert_mod(vm, &a, &m);
        ev = value_is_empty(av) ? av : int_negate(vm, ev);
        if (value_is_empty(ev))
            return ev;
    }
    int_view(av, &a);
    int_view(ev, &e);
    bool neg = a.neg && e.n && (e.limbs[0] & 1);
    Int *r = int_alloc(vm, m.n);
    Scratch sc;
    size_t n;
    if (!r)
        return VALUE_ERROR;
    if (m.n == 1 && a.n <= 1 && e.n <= 1) {
        r->limbs[0] = powmod_word(a.n ? a.limbs[0] : 0, &e, m.limbs[0]);
        n = r->limbs[0] != 0;
    } else {
        if (!scratch_open(vm, &sc, limbs_powmod_scratch(a.n, m.n)))
            return VALUE_ERROR;
        bool ok = limbs_powmod(&sc.tick, r->limbs, &n, a.limbs, a.n, e.limbs, e.n, m.limbs, m.n, sc.p);
        scratch_close(&sc);
        if (!ok)
            return VALUE_ERROR;
    }
    return int_done(r, limbs_mod_fix(r->limbs, n, neg, m.limbs, m.n, m.neg), m.neg);
}

/* ---- operators ---- */
static Value general(Vm *vm, unsigned op, Value a, Value b)
{
    IntView x, y;
    Value r;
    int_view(a, &x);
    int_view(b, &y);
    switch (op) {
    case INT_ADD: return add_limbs(vm, &x, &y, y.neg);
    case INT_SUB: return add_limbs(vm, &x, &y, y.n ? !y.neg : x.neg);
    case INT_MUL: return mul_limbs(vm, &x, &y);
    case INT_FLOORDIV: return divmod_limbs(vm, a, b, &r, NULL) ? r : VALUE_ERROR;
    case INT_MOD: return divmod_limbs(vm, a, b, NULL, &r) ? r : VALUE_ERROR;
    case INT_LSHIFT: return shift_left(vm, a, b);
    case INT_RSHIFT: return shift_right(vm, a, b);
    case INT_AND: return bitop_limbs(vm, LIMB_AND, &x, &y);
    case INT_OR: return bitop_limbs(vm, LIMB_OR, &x, &y);
    default: return bitop_limbs(vm, LIMB_XOR, &x, &y);
    }
}

static bool wide_divmod(Int128 x, Int128 y, Int128 *q, Int128 *r)
{
    if (fits64(x) && fits64(y) && y != -1) {
        *q = (int64_t)x / (int64_t)y;
        *r = (int64_t)x % (int64_t)y;
    } else {
        *q = x / y;
        *r = x % y;
    }
    if (*r && (*r < 0) != (y < 0)) {
        *r += y;
        --*q;
    }
    return true;
}

/* Whether the operator could be computed in 128 bits. y is not 0 for the divisions. */
static bool wide(unsigned op, Int128 x, Int128 y, Int128 *r)
{
    Int128 other;
    switch (op) {
    case INT_ADD: return !__builtin_add_overflow(x, y, r) && *r != (Int128)((UInt128)1 << 127);
    case INT_SUB: return !__builtin_sub_overflow(x, y, r) && *r != (Int128)((UInt128)1 << 127);
    case INT_MUL: return !__builtin_mul_overflow(x, y, r) && *r != (Int128)((UInt128)1 << 127);
    case INT_FLOORDIV: return wide_divmod(x, y, r, &other);
    case INT_MOD: return wide_divmod(x, y, &other, r);
    case INT_LSHIFT:
        if (!fits64(x) || y < 0 || y > 62)
            return false;
        *r = x * ((Int128)1 << y);
        return true;
    case INT_RSHIFT:
        if (y < 0)
            return false;
        *r = y > 126 ? (x < 0 ? -1 : 0) : x >> y;
        return true;
    case INT_AND: *r = x & y; return true;
    case INT_OR: *r = x | y; return true;
    case INT_XOR: *r = x ^ y; return true;
    default: return false;
    }
}

static Value zero_divisor(Vm *vm, unsigned op)
{
    return raise_exc(vm, EXC_ZeroDivisionError, "%s", op == INT_MOD ? "integer modulo by zero"
                                                                : "integer division or modulo by zero");
}

Value int_binary(Vm *vm, unsigned op, Value a, Value b)
{
    Int128 x, y, r;
    if (op == INT_DIV)
        return true_divide(vm, a, b);
    if (op == INT_POW)
        return int_pow(vm, a, b);
    if (UNLIKELY(op == INT_MATMUL))
        return raise_exc(vm, EXC_TypeError, "unsupported operand type(s) for @: '%T' and '%T'", a, b);
    if ((op == INT_FLOORDIV || op == INT_MOD) && !int_sign(b))
        return zero_divisor(vm, op);
    if (LIKELY(int_to_i128(a, &x) && int_to_i128(b, &y) && wide(op, x, y, &r)))
        return int_from_i128(vm, r);
    return general(vm, op, a, b);
}

bool int_divmod(Vm *vm, Value a, Value b, Value *q, Value *r)
{
    Int128 x, y, qi, ri;
    if (!int_sign(b)) {
        zero_divisor(vm, INT_FLOORDIV);
        return false;
    }
    if (int_to_i128(a, &x) && int_to_i128(b, &y)) {
        wide_divmod(x, y, &qi, &ri);
        *q = int_from_i128(vm, qi);
        *r = int_from_i128(vm, ri);
        return !value_is_empty(*q) && !value_is_empty(*r);
    }
    return divmod_limbs(vm, a, b, q, r);
}

Value int_negate(Vm *vm, Value v)
{
    IntView w;
    int_view(v, &w);
    return int_from_limbs(vm, w.neg ? 1 : -1, w.limbs, w.n);
}

Value int_invert(Vm *vm, Value v)
{
    v = int_negate(vm, v);
    return value_is_empty(v) ? v : int_binary(vm, INT_SUB, v, value_from_int48(1));
}
