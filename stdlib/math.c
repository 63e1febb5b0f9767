/* SPDX-License-Identifier: MIT
 * Module math: functions of one and two floats, logarithms of any number. */
#include "stdlib/math.h"

#include <float.h>
#include <limits.h>

#include "stdlib/modules.h"
#include "vm/num/libm.h"
#include "vm/objects/int_view.h"
#include "vm/objects/list.h"

Value math_domain_error(Vm *vm)
{
    return raise_exc(vm, EXC_ValueError, "math domain error");
}

Value math_range_error(Vm *vm)
{
    return raise_exc(vm, EXC_OverflowError, "math range error");
}

/* A result of x (and y): NaN from numbers is a domain error; infinity from finite ones a range error, or where
 * nothing can overflow a singularity. */
static Value checked(Vm *vm, double r, double x, double y, bool overflows)
{
    if (isnan(r) && !isnan(x) && !isnan(y))
        return math_domain_error(vm);
    if (isinf(r) && isfinite(x) && isfinite(y))
        return overflows ? math_range_error(vm) : math_domain_error(vm);
    return float_new(vm, r);
}

static double arg(const Args *args, unsigned i)
{
    return value_double(args->v[i]);
}

#define FUNCTION_1(name, expression, overflows)                           \
    static Value math_f_##name(Vm *vm, Value self, const Args *args)      \
    {                                                                     \
        (void)self;                                                       \
        double x = arg(args, 0);                                          \
        return checked(vm, expression, x, x, overflows);                  \
    }
FUNCTION_1(acos, libm.acos(x), false)
FUNCTION_1(acosh, libm.acosh(x), false)
FUNCTION_1(asin, libm.asin(x), false)
FUNCTION_1(asinh, libm.asinh(x), false)
FUNCTION_1(atan, libm.atan(x), false)
FUNCTION_1(atanh, libm.atanh(x), false)
FUNCTION_1(cbrt, libm.cbrt(x), false)
FUNCTION_1(cos, libm.cos(x), false)
FUNCTION_1(cosh, libm.cosh(x), true)
FUNCTION_1(erf, libm.erf(x), false)
FUNCTION_1(erfc, libm.erfc(x), false)
FUNCTION_1(exp, libm.exp(x), true)
FUNCTION_1(exp2, libm.exp2(x), true)
FUNCTION_1(expm1, libm.expm1(x), true)
FUNCTION_1(fabs, fabs(x), false)
FUNCTION_1(gamma, math_gamma(x), true)
FUNCTION_1(lgamma, math_lgamma(x), true)
FUNCTION_1(log1p, x == 0 ? x : libm.log1p(x), false)
FUNCTION_1(sin, libm.sin(x), false)
FUNCTION_1(sinh, libm.sinh(x), true)
FUNCTION_1(sqrt, sqrt(x), false)
FUNCTION_1(tan, libm.tan(x), false)
FUNCTION_1(tanh, libm.tanh(x), false)

static const double PI = 3.141592653589793238462643383279502884;
static const double E = 2.718281828459045235360287471352662498;

static Value math_f_degrees(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    return float_new(vm, arg(args, 0) * (180.0 / PI));
}

static Value math_f_radians(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    return float_new(vm, arg(args, 0) * (PI / 180.0));
}

static Value math_f_isnan(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    return value_from_bool(isnan(arg(args, 0)));
}

static Value math_f_isinf(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    return value_from_bool(isinf(arg(args, 0)));
}

static Value math_f_isfinite(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    return value_from_bool(isfinite(arg(args, 0)));
}

static Value math_f_ulp(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    double x = fabs(arg(args, 0));
    if (!isfinite(x))
        return float_new(vm, x);
    double up = libm.nextafter(x, INFINITY);
    return value_from_double(isinf(up) ? x - libm.nextafter(x, -INFINITY) : up - x);
}

/* ---- two floats ---- */

static Value math_f_atan2(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    return float_new(vm, libm.atan2(arg(args, 0), arg(args, 1)));
}

static Value math_f_copysign(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    return float_new(vm, copysign(arg(args, 0), arg(args, 1)));
}

static Value math_f_fmod(Vm *vm, Value self, const Args *args)
{
    (void)self;
    double x = arg(args, 0), y = arg(args, 1);
    return checked(vm, isinf(y) && isfinite(x) ? x : float_fmod(x, y), x, y, false);
}

static Value math_f_remainder(Vm *vm, Value self, const Args *args)
{
    (void)self;
    double x = arg(args, 0), y = arg(args, 1);
    return checked(vm, isinf(y) && isfinite(x) ? x : libm.remainder(x, y), x, y, false);
}

static Value math_f_pow(Vm *vm, Value self, const Args *args)
{
    (void)self;
    double x = arg(args, 0), y = arg(args, 1), r = libm.pow(x, y);
    return checked(vm, r, x, y, x != 0);
}

static Value math_f_ldexp(Vm *vm, Value self, const Args *args)
{
    (void)self;
    double x = arg(args, 0);
    int64_t e;
    if (!is_int(args->v[1]))
        return raise_exc(vm, EXC_TypeError, "Expected an int as second argument to ldexp.");
    if (!int_to_i64(args->v[1], &e))
        e = int_sign(args->v[1]) < 0 ? INT64_MIN : INT64_MAX;
    if (x == 0 || !isfinite(x))
        return args->v[0];
    if (e < INT_MIN)
        return value_from_double(copysign(0.0, x));
    double r = e > INT_MAX ? INFINITY : ldexp(x, (int)e);
    return isinf(r) ? math_range_error(vm) : value_from_double(r);
}

static Value pair(Vm *vm, Value a, Value b)
{
    Tuple *t = tuple_pack(vm, (size_t)2, a, b);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value math_f_frexp(Vm *vm, Value self, const Args *args)
{
    (void)self;
    double x = arg(args, 0);
    int e = 0;
    double m = x == 0 || !isfinite(x) ? x : frexp(x, &e);
    return pair(vm, float_new(vm, m), value_from_int48(e));
}

static Value math_f_modf(Vm *vm, Value self, const Args *args)
{
    (void)self;
    double x = arg(args, 0), whole;
    double part = modf(x, &whole);
    return pair(vm, float_new(vm, part), float_new(vm, whole));
}

static Value math_f_fma(Vm *vm, Value self, const Args *args)
{
    (void)self;
    double x = arg(args, 0), y = arg(args, 1), z = arg(args, 2), r = libm.fma(x, y, z);
    if (isnan(r) && !isnan(x) && !isnan(y) && !isnan(z))
        return raise_exc(vm, EXC_ValueError, "invalid operation in fma");
    if (isinf(r) && isfinite(x) && isfinite(y) && isfinite(z))
        return raise_exc(vm, EXC_OverflowError, "overflow in fma");
    return float_new(vm, r);
}

static Value math_f_isclose(Vm *vm, Value self, const Args *args)
{
    (void)self;
    double a = arg(args, 0), b = arg(args, 1), rel = arg(args, 2), abs_tol = arg(args, 3);
    if (rel < 0 || abs_tol < 0)
        return raise_exc(vm, EXC_ValueError, "tolerances must be non-negative");
    if (a == b)
        return VALUE_TRUE;
    if (isinf(a) || isinf(b))
        return VALUE_FALSE;
    double diff = fabs(b - a);
    return value_from_bool(diff <= fabs(rel * b) || diff <= fabs(rel * a) || diff <= abs_tol);
}

/* Doubles in their order, as integers. */
static int64_t double_rank(double d)
{
    int64_t i;
    memcpy(&i, &d, sizeof i);
    return i < 0 ? INT64_MIN - i : i;
}

static double double_at_rank(int64_t i)
{
    double d;
    if (i < 0)
        i = INT64_MIN - i;
    memcpy(&d, &i, sizeof d);
    return d;
}

static Value math_f_nextafter(Vm *vm, Value self, const Args *args)
{
    (void)self;
    double x = arg(args, 0), y = arg(args, 1);
    if (value_is_none(args->v[2]))
        return float_new(vm, libm.nextafter(x, y));
    Value v = op_index(vm, args->v[2]);
    int64_t steps;
    if (value_is_empty(v))
        return v;
    if (int_sign(v) < 0)
        return raise_exc(vm, EXC_ValueError, "steps must be a non-negative integer");
    if (isnan(x) || isnan(y))
        return float_new(vm, x + y);
    if (!int_to_i64(v, &steps))
        return args->v[1];
    if (!steps || x == y)
        return args->v[!steps ? 0 : 1];
    int64_t from = double_rank(x), to = double_rank(y), at;
    bool up = from < to;
    if (up ? __builtin_add_overflow(from, steps, &at) || at > to : __builtin_sub_overflow(from, steps, &at) || at < to)
        return args->v[1];
    if (at == 0 && !up)
        return value_from_double(0.0);
    return value_from_double(at == 0 && signbit(x) ? -0.0 : double_at_rank(at));
}

/* ---- rounding to ints ---- */

static Value rounded(Vm *vm, Value v, Special s, double (*fn)(double))
{
    bool missing;
    double d;
    if (!value_is_double(v)) {
        Value r = op_call_special(vm, v, s, 0, NULL, &missing);
        if (!missing)
            return r;
    }
    return op_double(vm, v, &d) ? int_from_double(vm, fn(d)) : VALUE_ERROR;
}

static Value math_f_floor(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return rounded(vm, args->v[0], SPECIAL_FLOOR, round_down);
}

static Value math_f_ceil(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return rounded(vm, args->v[0], SPECIAL_CEIL, round_up);
}

static Value math_f_trunc(Vm *vm, Value self, const Args *args)
{
    (void)self;
    bool missing;
    if (value_is_double(args->v[0]))
        return int_from_double(vm, value_double(args->v[0]));
    Value r = op_call_special(vm, args->v[0], SPECIAL_TRUNC, 0, NULL, &missing);
    if (missing)
        return raise_exc(vm, EXC_TypeError, "type %T doesn't define __trunc__ method", args->v[0]);
    return r;
}

/* ---- logarithms: of ints of any size, too ---- */

static bool log_of(Vm *vm, Value v, double (*fn)(double), double *out)
{
    double x;
    if (!is_float(v) && is_int(v)) {
        if (int_sign(v) <= 0) {
            math_domain_error(vm);
            return false;
        }
        if (!int_to_double(vm, v, &x)) {
            if (!exc_pending_is(vm, EXC_OverflowError))
                return false;
            exc_discard(vm);
            IntView w;
            int64_t e;
            int_view(v, &w);
            x = limbs_frexp(w.limbs, w.n, &e);
            *out = fn(x) + fn(2.0) * (double)e;
            return true;
        }
        *out = fn(x);
        return true;
    }
    if (!op_double(vm, v, &x))
        return false;
    if (x <= 0) {
        math_domain_error(vm);
        return false;
    }
    *out = fn(x);
    return true;
}

static Value math_f_log(Vm *vm, Value self, const Args *args)
{
    (void)self;
    double x, base;
    if (!log_of(vm, args->v[0], libm.log, &x))
        return VALUE_ERROR;
    if (value_is_empty(args->v[1]))
        return float_new(vm, x);
    if (!log_of(vm, args->v[1], libm.log, &base))
        return VALUE_ERROR;
    if (base == 0)
        return raise_exc(vm, EXC_ZeroDivisionError, "float division by zero");
    return float_new(vm, x / base);
}

static Value math_f_log2(Vm *vm, Value self, const Args *args)
{
    double x;
    (void)self;
    return log_of(vm, args->v[0], libm.log2, &x) ? float_new(vm, x) : VALUE_ERROR;
}

static Value math_f_log10(Vm *vm, Value self, const Args *args)
{
    double x;
    (void)self;
    return log_of(vm, args->v[0], libm.log10, &x) ? float_new(vm, x) : VALUE_ERROR;
}

#define FLOAT_1(name, doc) FUNCTION(math, name, #name "(x: float, /)", doc)
static const MethodDef functions[] = {
    FLOAT_1(acos, "The angle whose cosine is x."),
    FLOAT_1(acosh, "The inverse of cosh."),
    FLOAT_1(asin, "The angle whose sine is x."),
    FLOAT_1(asinh, "The inverse of sinh."),
    FLOAT_1(atan, "The angle whose tangent is x."),
    FLOAT_1(atanh, "The inverse of tanh."),
    FLOAT_1(cbrt, "What to the third is x."),
    FLOAT_1(cos, "The cosine of an angle."),
    FLOAT_1(cosh, "The hyperbolic cosine."),
    FLOAT_1(degrees, "An angle in degrees."),
    FLOAT_1(erf, "Error function at x."),
    FLOAT_1(erfc, "One minus the error function."),
    FLOAT_1(exp, "e to the x-th."),
    FLOAT_1(exp2, "Two to the x-th."),
    FLOAT_1(expm1, "Return exp(x)-1."),
    FLOAT_1(fabs, "How far x is from zero, as a float."),
    FLOAT_1(frexp, "x as a number from 0.5 to 1, and a power of two."),
    FLOAT_1(gamma, "Gamma function at x."),
    FLOAT_1(isfinite, "Is x an ordinary number?"),
    FLOAT_1(isinf, "Is x infinite?"),
    FLOAT_1(isnan, "Is x no number at all?"),
    FLOAT_1(lgamma, "The logarithm of what gamma(x) is without its sign."),
    FLOAT_1(log1p, "log(1 + x), exact where x is small."),
    FLOAT_1(modf, "x without, and x with nothing but, its whole part."),
    FLOAT_1(radians, "An angle in radians."),
    FLOAT_1(sin, "The sine of an angle."),
    FLOAT_1(sinh, "The hyperbolic sine."),
    FLOAT_1(sqrt, "What squared is x."),
    FLOAT_1(tan, "The tangent of an angle."),
    FLOAT_1(tanh, "The hyperbolic tangent."),
    FLOAT_1(ulp, "The gap between x and its neighbours."),
    FUNCTION(math, atan2, "atan2(y: float, x: float, /)", "The angle of the point (x, y)."),
    FUNCTION(math, copysign, "copysign(x: float, y: float, /)", "x, made negative where y is."),
    FUNCTION(math, fmod, "fmod(x: float, y: float, /)", "The remainder of x with the sign of x, as C has it."),
    FUNCTION(math, remainder, "remainder(x: float, y: float, /)", "What is left of x at its nearest multiple of y."),
    FUNCTION(math, pow, "pow(x: float, y: float, /)", "x to the y-th, as a float."),
    FUNCTION(math, ldexp, "ldexp(x: float, i, /)", "Return x * (2**i)."),
    FUNCTION(math, fma, "fma(x: float, y: float, z: float, /)", "A product and a sum, rounded once."),
    FUNCTION(math, isclose, "isclose(a: float, b: float, *, rel_tol: float = 0.000000001, abs_tol: float = 0.0)",
             "Are two numbers nearly the same?"),
    FUNCTION(math, nextafter, "nextafter(x: float, y: float, /, *, steps=None)",
             "The next float on the way from x to y."),
    FUNCTION(math, floor, "floor(x, /)", "The greatest int that is not above x."),
    FUNCTION(math, ceil, "ceil(x, /)", "The least int that is not below x."),
    FUNCTION(math, trunc, "trunc(x, /)", "x without its fraction, as an int."),
    FUNCTION(math, log, "log(x, base=..., /)", "Return the logarithm of x to the given base, the natural one by default."),
    FUNCTION(math, log2, "log2(x, /)", "The logarithm to base two."),
    FUNCTION(math, log10, "log10(x, /)", "The logarithm to base ten."),
    { 0 }
};

Value math_init(Vm *vm)
{
    Module *m = module_new(vm, "math", "Mathematical functions.");
    if (!m || !libm_ready(vm) || !module_add_functions(vm, m, functions) || !module_add_functions(vm, m, math_ints) ||
        !module_add_functions(vm, m, math_sums) || !module_set(vm, m, "pi", value_from_double(PI)) ||
        !module_set(vm, m, "e", value_from_double(E)) || !module_set(vm, m, "tau", value_from_double(2 * PI)) ||
        !module_set(vm, m, "inf", value_from_double(INFINITY)) || !module_set(vm, m, "nan", float_new(vm, NAN)))
        return VALUE_ERROR;
    return value_from_obj(m);
}
