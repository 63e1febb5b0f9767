/* SPDX-License-Identifier: MIT
 * Floats: arithmetic, text, hash. The type is in float_methods.c. */
#include <errno.h>

#include "vm/num/dtoa.h"
#include "vm/num/libm.h"
#include "vm/objects/complex.h"
#include "vm/objects/float_ops.h"
#include "vm/objects/int.h"
#include "vm/objects/str.h"

Str *float_to_str(Vm *vm, double d)
{
    char text[FLOAT_REPR_MAX];
    return str_new(vm, text, float_repr(d, text));
}

Value float_nan(Vm *vm, double d)
{
    uint64_t bits = NAN_NUMBERED | (++vm->nan_counter & NAN_NUMBERS);
    if (signbit(d))
        bits |= UINT64_C(1) << 63;
    memcpy(&d, &bits, sizeof d);
    return value_from_double(d);
}

Value float_load(Vm *vm, uint64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof d);
    bool kept = bits << 13 && (bits & NAN_MARK_MASK) != NAN_NUMBERED && bits < NAN_END;
    return kept ? value_from_double(d) : float_new(vm, d);
}

uint64_t float_bits(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return (bits & NAN_MARK_MASK) == NAN_NUMBERED ? (bits & UINT64_C(1) << 63) | NAN_QUIET : bits;
}

Value float_from_text(Vm *vm, const char *text, size_t len, Value original)
{
    double d;
    if (!float_parse(text, len, &d))
        return raise_exc(vm, EXC_ValueError, "could not convert string to float: %R", original);
    return float_new(vm, d);
}

int64_t float_hash(Vm *vm, double d, Value v)
{
    (void)vm;
    return isnan(d) ? (int64_t)(v.bits >> 4 | v.bits << 60) : double_hash(d);     /* as object.__hash__ */
}

/* ---- arithmetic ---- */
void float_divmod(double x, double y, double *div, double *mod)
{
    *mod = float_fmod(x, y);
    *div = (x - *mod) / y;
    if (*mod != 0) {
        if ((y < 0) != (*mod < 0)) {
            *mod += y;
            *div -= 1.0;
        }
    } else {
        *mod = copysign(0.0, y);
    }
    if (*div != 0) {
        double f = round_down(*div);
        *div = *div - f > 0.5 ? f + 1.0 : f;
    } else {
        *div = copysign(0.0, x / y);
    }
}

static double float_mod(double x, double y)
{
    double m = float_fmod(x, y);
    if (m == 0)
        return copysign(0.0, y);
    return (y < 0) != (m < 0) ? m + y : m;
}

static Value negative_root(Vm *vm, double x, double y)
{
    Value z = complex_new(vm, (Cplx){ x, 0 });
    return value_is_empty(z) ? z : complex_binary(vm, INT_POW, z, value_from_double(y));
}

static Value float_pow(Vm *vm, double x, double y)
{
    if (x == 0 && y < 0 && isfinite(y))
        return raise_exc(vm, EXC_ZeroDivisionError, "0.0 cannot be raised to a negative power");
    if (x < 0 && isfinite(x) && isfinite(y) && y != round_down(y))
        return negative_root(vm, x, y);
    double r = libm.pow(x, y);
    if (UNLIKELY(isinf(r)) && isfinite(x) && isfinite(y)) {
        Str *text = str_cstr(vm, "Numerical result out of range");
        if (!text)
            return VALUE_ERROR;
        Value args[2] = { value_from_int48(ERANGE), value_from_obj(text) };
        return raise_args(vm, EXC_OverflowError, 2, args);
    }
    return float_new(vm, r);
}

static Value zero_divisor(Vm *vm, unsigned op)
{
    return raise_exc(vm, EXC_ZeroDivisionError, "%s", op == INT_DIV ? "float division by zero"
                 : op == INT_MOD ? "float modulo by zero" : "float floor division by zero");
}

Value float_binary(Vm *vm, unsigned op, double a, double b)
{
    double q, r;
    switch (op) {
    case INT_ADD: return float_new(vm, a + b);
    case INT_SUB: return float_new(vm, a - b);
    case INT_MUL: return float_new(vm, a * b);
    case INT_POW: return libm_ready(vm) ? float_pow(vm, a, b) : VALUE_ERROR;
    case INT_DIV:
        return b == 0 ? zero_divisor(vm, op) : float_new(vm, a / b);
    case INT_MOD:
        return b == 0 ? zero_divisor(vm, op) : float_new(vm, float_mod(a, b));
    case INT_FLOORDIV:
        if (b == 0)
            return zero_divisor(vm, op);
        float_divmod(a, b, &q, &r);
        return float_new(vm, q);
    default:
        return VALUE_NOT_IMPLEMENTED;
    }
}
