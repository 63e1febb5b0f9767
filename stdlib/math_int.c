/* SPDX-License-Identifier: MIT
 * Functions of module math on whole numbers: gcd, lcm, factorial, comb, perm, isqrt. */
#include "stdlib/math.h"

#include "vm/code.h"
#include "vm/objects/int_view.h"

static Value binary(Vm *vm, unsigned op, Value a, Value b)
{
    return value_is_empty(a) || value_is_empty(b) ? VALUE_ERROR : int_binary(vm, op, a, b);
}

/* An int by __index__, of the exact type. */
static Value whole(Vm *vm, Value v)
{
    v = op_index(vm, v);
    return value_is_empty(v) ? v : int_exact(vm, v);
}

static Value absolute(Vm *vm, Value v)
{
    return int_sign(v) < 0 ? int_negate(vm, v) : v;
}

/* ---- gcd, lcm ---- */

static Value gcd_small(Vm *vm, int64_t a, int64_t b)
{
    uint64_t x = limbs_abs64(a), y = limbs_abs64(b);
    while (y) {
        uint64_t t = x % y;
        x = y;
        y = t;
    }
    return int_new_u64(vm, x);
}

static Value gcd(Vm *vm, Value a, Value b)
{
    int64_t i, j;
    IntView x, y;
    Scratch s;
    size_t n;
    if (int_to_i64(a, &i) && int_to_i64(b, &j))
        return gcd_small(vm, i, j);
    int_view(a, &x);
    int_view(b, &y);
    Int *r = int_alloc(vm, x.n > y.n ? x.n : y.n);
    if (!r || !scratch_open(vm, &s, limbs_gcd_scratch(x.n, y.n)))
        return VALUE_ERROR;
    bool ok = limbs_gcd(&s.tick, r->limbs, &n, x.limbs, x.n, y.limbs, y.n, s.p);
    scratch_close(&s);
    return ok ? int_done(r, n, false) : VALUE_ERROR;
}

static Value math_f_gcd(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value r = value_from_int48(0);
    for (uint32_t i = 0; i < args->nrest && !value_is_empty(r); i++) {
        Value v = whole(vm, args->rest[i]);
        r = value_is_empty(v) ? v : gcd(vm, r, v);
    }
    return r;
}

static Value lcm(Vm *vm, Value a, Value b)
{
    if (!int_sign(a) || !int_sign(b))
        return value_from_int48(0);
    Value r = binary(vm, INT_MUL, binary(vm, INT_FLOORDIV, a, gcd(vm, a, b)), b);
    return value_is_empty(r) ? r : absolute(vm, r);
}

static Value math_f_lcm(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value r = value_from_int48(1);
    for (uint32_t i = 0; i < args->nrest && !value_is_empty(r); i++) {
        Value v = whole(vm, args->rest[i]);
        r = value_is_empty(v) ? v : lcm(vm, r, v);
    }
    return r;
}

/* ---- factorial, perm, comb ---- */

/* lo * (lo + step) * … up to hi, in halves, so that factors of a like size meet. */
static Value product(Vm *vm, int64_t lo, int64_t hi)
{
    if (hi - lo < 8) {
        Value r = int_new(vm, lo);
        for (int64_t i = lo + 1; i <= hi; i++)
            r = binary(vm, INT_MUL, r, int_new(vm, i));
        return vm_checkpoint(vm) ? r : VALUE_ERROR;
    }
    int64_t mid = lo + (hi - lo) / 2;
    Value a = product(vm, lo, mid);
    return value_is_empty(a) ? a : binary(vm, INT_MUL, a, product(vm, mid + 1, hi));
}

static Value factorial(Vm *vm, Value v)
{
    int64_t n;
    v = whole(vm, v);
    if (value_is_empty(v))
        return v;
    if (!int_to_i64(v, &n)) {
        if (int_sign(v) > 0)
            return raise_exc(vm, EXC_OverflowError, "factorial() argument should not exceed 9223372036854775807");
        n = -1;
    }
    if (n < 0)
        return raise_exc(vm, EXC_ValueError, "factorial() not defined for negative values");
    return n < 2 ? value_from_int48(1) : product(vm, 2, n);
}

static Value math_f_factorial(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return factorial(vm, args->v[0]);
}

static bool not_negative(Vm *vm, Value v, const char *name)
{
    if (int_sign(v) >= 0)
        return true;
    raise_exc(vm, EXC_ValueError, "%s must be a non-negative integer", name);
    return false;
}

/* n * (n - 1) * … k factors; k > 0. */
static Value falling(Vm *vm, Value n, int64_t k)
{
    int64_t small;
    if (int_to_i64(n, &small))
        return product(vm, small - k + 1, small);
    if (k == 1)
        return n;
    int64_t half = k / 2;
    Value a = vm_checkpoint(vm) ? falling(vm, n, half) : VALUE_ERROR;
    Value rest = binary(vm, INT_SUB, n, int_new(vm, half));
    return value_is_empty(a) || value_is_empty(rest) ? VALUE_ERROR : binary(vm, INT_MUL, a, falling(vm, rest, k - half));
}

static Value math_f_perm(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (value_is_none(args->v[1]))
        return factorial(vm, args->v[0]);
    Value n = whole(vm, args->v[0]), k = value_is_empty(n) ? n : whole(vm, args->v[1]);
    int64_t count;
    if (value_is_empty(k) || !not_negative(vm, n, "n") || !not_negative(vm, k, "k"))
        return VALUE_ERROR;
    if (int_compare(n, k) < 0)
        return value_from_int48(0);
    if (!int_to_i64(k, &count))
        return raise_exc(vm, EXC_OverflowError, "k must not exceed 9223372036854775807");
    return count ? falling(vm, n, count) : value_from_int48(1);
}

/* n over k in halves of k; 0 < k <= n / 2. */
static Value choose(Vm *vm, Value n, int64_t k)
{
    if (k <= 16)
        return binary(vm, INT_FLOORDIV, falling(vm, n, k), product(vm, 1, k));
    int64_t j = k / 2;
    Value a = vm_checkpoint(vm) ? choose(vm, n, j) : VALUE_ERROR;
    Value rest = binary(vm, INT_SUB, n, int_new(vm, j));
    if (value_is_empty(a) || value_is_empty(rest))
        return VALUE_ERROR;
    Value b = choose(vm, rest, k - j), c = value_is_empty(b) ? b : choose(vm, int_new(vm, k), j);
    return binary(vm, INT_FLOORDIV, binary(vm, INT_MUL, a, b), c);
}

static Value math_f_comb(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value n = whole(vm, args->v[0]), k = value_is_empty(n) ? n : whole(vm, args->v[1]);
    int64_t count;
    if (value_is_empty(k) || !not_negative(vm, n, "n") || !not_negative(vm, k, "k"))
        return VALUE_ERROR;
    Value other = binary(vm, INT_SUB, n, k);
    if (value_is_empty(other))
        return other;
    if (int_sign(other) < 0)
        return value_from_int48(0);
    if (int_compare(other, k) < 0)
        k = other;
    if (!int_to_i64(k, &count))
        return raise_exc(vm, EXC_OverflowError, "min(n - k, k) must not exceed 9223372036854775807");
    return count ? choose(vm, n, count) : value_from_int48(1);
}

/* ---- isqrt ---- */

static Value math_f_isqrt(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value v = whole(vm, args->v[0]);
    IntView x;
    Scratch s;
    size_t n;
    if (value_is_empty(v))
        return v;
    if (int_sign(v) < 0)
        return raise_exc(vm, EXC_ValueError, "isqrt() argument must be nonnegative");
    int_view(v, &x);
    Int *r = int_alloc(vm, x.n / 2 + 2);
    if (!r || !scratch_open(vm, &s, limbs_isqrt_scratch(x.n)))
        return VALUE_ERROR;
    bool ok = limbs_isqrt(&s.tick, r->limbs, &n, x.limbs, x.n, s.p);
    scratch_close(&s);
    return ok ? int_done(r, n, false) : VALUE_ERROR;
}

const MethodDef math_ints[] = {
    FUNCTION(math, gcd, "gcd(*integers)", "Greatest Common Divisor."),
    FUNCTION(math, lcm, "lcm(*integers)", "Least Common Multiple."),
    FUNCTION(math, factorial, "factorial(n, /)", "Find n!."),
    FUNCTION(math, perm, "perm(n, k=None, /)", "How many rows of k there are among n."),
    FUNCTION(math, comb, "comb(n, k, /)", "How many sets of k there are among n."),
    FUNCTION(math, isqrt, "isqrt(n, /)", "The greatest int whose square is not above n."),
    { 0 }
};
