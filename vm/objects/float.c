/* SPDX-License-Identifier: MIT
 * Floats: arithmetic, text, hash. The type is in float_methods.c. */
#include <errno.h>
#include <math.h>

#include "vm/num/dtoa.h"
#include "vm/objects/complex.h"
#include "vm/objects/float_ops.h"
#include "vm/objects/int.h"
#include "vm/objects/str.h"

Str *float_to_str(Vm *vm, double d)
{
    char text[FLOAT_REPR_MAX];
    return str_new(vm, text, float_repr(d, text));
}

/* NaNs that are read from text differ in identity, as objects would. Payloads of 40 bits keep clear of the tags. */
static Value fresh_nan(Vm *vm, double d)
{
    uint64_t bits = UINT64_C(0x7ff8000000000000) | (++vm->id_counter & UINT64_C(0xffffffffff));
    if (signbit(d))
        bits |= UINT64_C(1) << 63;
    memcpy(&d, &bits, sizeof d);
    return value_from_double(d);
}

Value float_from_text(Vm *vm, const char *text, size_t len, Value original)
{
    double d;
    if (!float_parse(text, len, &d))
        return raise_exc(vm, EXC_ValueError, "could not convert string to float: %R", original);
    return isnan(d) ? fresh_nan(vm, d) : value_from_double(d);
}

int64_t float_hash(Vm *vm, double d, Value v)
{
    (void)vm;
    return isnan(d) ? (int64_t)(v.bits & 0xffffffffff) : double_hash(d);
}

/* ---- arithmetic ---- */
void float_divmod(double x, double y, double *div, double *mod)
{
    *mod = fmod(x, y);
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
        double f = floor(*div);
        *div = *div - f > 0.5 ? f + 1.0 : f;
    } else {
        *div = copysign(0.0, x / y);
    }
}

static double float_mod(double x, double y)
{
    double m = fmod(x, y);
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
    if (x < 0 && isfinite(x) && isfinite(y) && y != floor(y))
        return negative_root(vm, x, y);
    double r = pow(x, y);
    if (UNLIKELY(isinf(r)) && isfinite(x) && isfinite(y)) {
        Str *text = str_cstr(vm, "Numerical result out of range");
        if (!text)
            return VALUE_ERROR;
        Value args[2] = { value_from_int48(ERANGE), value_from_obj(text) };
        return raise_args(vm, EXC_OverflowError, 2, args);
    }
    return value_from_double_raw(r);
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
    case INT_ADD: return value_from_double(a + b);
    case INT_SUB: return value_from_double(a - b);
    case INT_MUL: return value_from_double(a * b);
    case INT_POW: return float_pow(vm, a, b);
    case INT_DIV:
        return b == 0 ? zero_divisor(vm, op) : value_from_double(a / b);
    case INT_MOD:
        return b == 0 ? zero_divisor(vm, op) : value_from_double_raw(float_mod(a, b));
    case INT_FLOORDIV:
        if (b == 0)
            return zero_divisor(vm, op);
        float_divmod(a, b, &q, &r);
        return value_from_double_raw(q);
    default:
        return VALUE_NOT_IMPLEMENTED;
    }
}
