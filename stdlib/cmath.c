/* SPDX-License-Identifier: MIT
 * Module cmath. Most functions follow W. Kahan, "Branch cuts for complex elementary functions" (1987); where an argument is not
 * finite, the values are those of C's Annex G. */
#include <complex.h>
#ifndef CMPLX               /* clang with the C library's header */
#define CMPLX(x, y) __builtin_complex((double)(x), (double)(y))
#endif
#undef I
#undef complex
#include <errno.h>
#include <float.h>

#include "stdlib/modules.h"
#include "vm/num/libm.h"
#include "vm/objects/complex.h"
#include "vm/objects/list.h"

#define LARGE (DBL_MAX / 4)                     /* half of it may be squared as a hypotenuse */
#define LOG_LARGE 708.0039199341405             /* log(LARGE), rounded down */
#define LN2 0.6931471805599453094
#define LN10 2.302585092994045684
#define PI 3.141592653589793238463
#define E 2.718281828459045235360
#define SCALE_UP 53
#define SCALE_DOWN (-27)

typedef enum Failure { FINE, DOMAIN, RANGE } Failure;
typedef Cplx (*Function)(Cplx z, Failure *f);

static bool finite_both(Cplx z)
{
    return isfinite(z.re) && isfinite(z.im);
}

/* By the C library, for what is not finite. */
#define BY_C(name, z)                                                                       \
    do {                                                                                    \
        double _Complex c_ = libm.name(CMPLX((z).re, (z).im));                                    \
        return (Cplx){ creal(c_), cimag(c_) };                                              \
    } while (0)

static bool is_large(Cplx z)
{
    return fabs(z.re) > LARGE || fabs(z.im) > LARGE;
}

/* Where Annex G leaves a sign or a NaN open, it is chosen so. */
static bool is_nan_and(double nan, double other, bool wanted)
{
    return isnan(nan) && !isnan(other) && wanted;
}

/* log |z| + log 2, for large ones. */
static double log_twice(Cplx z)
{
    return libm.log(libm.hypot(z.re / 2.0, z.im / 2.0)) + LN2 * 2.0;
}

static Cplx c_sqrt(Cplx z, Failure *f)
{
    (void)f;
    if (!finite_both(z))
        BY_C(csqrt, z);
    if (z.re == 0 && z.im == 0)
        return (Cplx){ 0, z.im };
    double ax = fabs(z.re), ay = fabs(z.im), s;
    if (ax < DBL_MIN && ay < DBL_MIN) {
        ax = ldexp(ax, SCALE_UP);
        s = ldexp(sqrt(ax + libm.hypot(ax, ldexp(ay, SCALE_UP))), SCALE_DOWN);
    } else {
        ax /= 8.0;
        s = 2.0 * sqrt(ax + libm.hypot(ax, ay / 8.0));
    }
    double d = ay / (2.0 * s);
    return z.re >= 0 ? (Cplx){ s, copysign(d, z.im) } : (Cplx){ d, copysign(s, z.im) };
}

static Cplx c_acos(Cplx z, Failure *f)
{
    if (is_nan_and(z.im, z.re, isinf(z.re)))
        return (Cplx){ NAN, INFINITY };
    if (!finite_both(z))
        BY_C(cacos, z);
    if (is_large(z)) {
        double l = log_twice(z);
        return (Cplx){ libm.atan2(fabs(z.im), z.re), z.re < 0 ? -copysign(l, z.im) : copysign(l, -z.im) };
    }
    Cplx a = c_sqrt((Cplx){ 1.0 - z.re, -z.im }, f), b = c_sqrt((Cplx){ 1.0 + z.re, z.im }, f);
    return (Cplx){ 2.0 * libm.atan2(a.re, b.re), libm.asinh(b.re * a.im - b.im * a.re) };
}

static Cplx c_acosh(Cplx z, Failure *f)
{
    if (is_nan_and(z.im, z.re, z.re == 0))
        return (Cplx){ NAN, NAN };
    if (!finite_both(z))
        BY_C(cacosh, z);
    if (is_large(z))
        return (Cplx){ log_twice(z), libm.atan2(z.im, z.re) };
    Cplx a = c_sqrt((Cplx){ z.re - 1.0, z.im }, f), b = c_sqrt((Cplx){ z.re + 1.0, z.im }, f);
    return (Cplx){ libm.asinh(a.re * b.re + a.im * b.im), 2.0 * libm.atan2(a.im, b.re) };
}

static Cplx c_asinh(Cplx z, Failure *f)
{
    if (is_nan_and(z.re, z.im, isinf(z.im)))
        return (Cplx){ INFINITY, NAN };
    if (!finite_both(z))
        BY_C(casinh, z);
    if (is_large(z)) {
        double l = log_twice(z);
        return (Cplx){ z.im >= 0 ? copysign(l, z.re) : -copysign(l, -z.re), libm.atan2(z.im, fabs(z.re)) };
    }
    Cplx a = c_sqrt((Cplx){ 1.0 + z.im, -z.re }, f), b = c_sqrt((Cplx){ 1.0 - z.im, z.re }, f);
    return (Cplx){ libm.asinh(a.re * b.im - b.re * a.im), libm.atan2(z.im, a.re * b.re - a.im * b.im) };
}

static Cplx c_atanh(Cplx z, Failure *f)
{
    if (is_nan_and(z.re, z.im, isinf(z.im)))
        return (Cplx){ 0, copysign(PI / 2, z.im) };
    if (!finite_both(z))
        BY_C(catanh, z);
    if (z.re < 0 || (z.re == 0 && signbit(z.re))) {
        Cplx r = c_atanh((Cplx){ -z.re, -z.im }, f);
        return (Cplx){ -r.re, -r.im };
    }
    double ay = fabs(z.im);
    if (z.re > sqrt(LARGE) || ay > sqrt(LARGE)) {
        double h = libm.hypot(z.re / 2.0, z.im / 2.0);
        return (Cplx){ z.re / 4.0 / h / h, -copysign(PI / 2.0, -z.im) };
    }
    if (z.re == 1.0 && ay < sqrt(DBL_MIN)) {
        if (ay == 0) {
            *f = DOMAIN;
            return (Cplx){ INFINITY, z.im };
        }
        return (Cplx){ -libm.log(sqrt(ay) / sqrt(libm.hypot(ay, 2.0))), copysign(libm.atan2(2.0, -ay) / 2, z.im) };
    }
    return (Cplx){ libm.log1p(4.0 * z.re / ((1 - z.re) * (1 - z.re) + ay * ay)) / 4.0,
                   -libm.atan2(-2.0 * z.im, (1 - z.re) * (1 + z.re) - ay * ay) / 2.0 };
}

static void note_overflow(Cplx r, Failure *f)
{
    if (isinf(r.re) || isinf(r.im))
        *f = RANGE;
}

static Cplx c_cosh(Cplx z, Failure *f)
{
    if (!finite_both(z)) {
        if (isinf(z.im) && !isnan(z.re))
            *f = DOMAIN;
        if (is_nan_and(z.re, z.im, z.im == 0))
            return (Cplx){ NAN, 0 };
        BY_C(ccosh, z);
    }
    bool big = fabs(z.re) > LOG_LARGE;
    double x = big ? z.re - copysign(1.0, z.re) : z.re, e = big ? E : 1.0;
    Cplx r = { libm.cos(z.im) * libm.cosh(x) * e, libm.sin(z.im) * libm.sinh(x) * e };
    note_overflow(r, f);
    return r;
}

static Cplx c_sinh(Cplx z, Failure *f)
{
    if (!finite_both(z)) {
        if (isinf(z.im) && !isnan(z.re))
            *f = DOMAIN;
        if (is_nan_and(z.im, z.re, z.re == 0))
            return (Cplx){ 0, NAN };
        BY_C(csinh, z);
    }
    bool big = fabs(z.re) > LOG_LARGE;
    double x = big ? z.re - copysign(1.0, z.re) : z.re, e = big ? E : 1.0;
    Cplx r = { libm.cos(z.im) * libm.sinh(x) * e, libm.sin(z.im) * libm.cosh(x) * e };
    note_overflow(r, f);
    return r;
}

static Cplx c_tanh(Cplx z, Failure *f)
{
    if (!finite_both(z)) {
        if (isinf(z.im) && isfinite(z.re))
            *f = DOMAIN;
        if (is_nan_and(z.im, z.re, z.re == 0))
            return (Cplx){ NAN, NAN };
        if (isinf(z.re) && isinf(z.im))
            return (Cplx){ copysign(1.0, z.re), 0 };
        BY_C(ctanh, z);
    }
    if (fabs(z.re) > LOG_LARGE)
        return (Cplx){ copysign(1.0, z.re), 4.0 * libm.sin(z.im) * libm.cos(z.im) * libm.exp(-2.0 * fabs(z.re)) };
    double tx = libm.tanh(z.re), ty = libm.tan(z.im), cx = 1.0 / libm.cosh(z.re), txty = tx * ty, denom = 1.0 + txty * txty;
    return (Cplx){ tx * (1.0 + ty * ty) / denom, ((ty / denom) * cx) * cx };
}

static Cplx c_exp(Cplx z, Failure *f)
{
    if (!finite_both(z)) {
        if (isinf(z.im) && (isfinite(z.re) || (isinf(z.re) && z.re > 0)))
            *f = DOMAIN;
        if (isinf(z.re) && z.re < 0 && isinf(z.im))
            return (Cplx){ 0, 0 };
        BY_C(cexp, z);
    }
    bool big = z.re > LOG_LARGE;
    double l = libm.exp(big ? z.re - 1.0 : z.re), e = big ? E : 1.0;
    Cplx r = { l * libm.cos(z.im) * e, l * libm.sin(z.im) * e };
    note_overflow(r, f);
    return r;
}

static Cplx c_log(Cplx z, Failure *f)
{
    if (!finite_both(z))
        BY_C(clog, z);
    double ax = fabs(z.re), ay = fabs(z.im), h = libm.hypot(ax, ay), re;
    if (is_large(z)) {
        re = libm.log(libm.hypot(ax / 2.0, ay / 2.0)) + LN2;
    } else if (ax < DBL_MIN && ay < DBL_MIN) {
        if (ax == 0 && ay == 0) {
            *f = DOMAIN;
            return (Cplx){ -INFINITY, libm.atan2(z.im, z.re) };
        }
        re = libm.log(libm.hypot(ldexp(ax, DBL_MANT_DIG), ldexp(ay, DBL_MANT_DIG))) - DBL_MANT_DIG * LN2;
    } else if (0.71 <= h && h <= 1.73) {
        double am = ax > ay ? ax : ay, an = ax > ay ? ay : ax;
        re = libm.log1p((am - 1) * (am + 1) + an * an) / 2.0;
    } else {
        re = libm.log(h);
    }
    return (Cplx){ re, libm.atan2(z.im, z.re) };
}

static Cplx c_log10(Cplx z, Failure *f)
{
    Cplx r = c_log(z, f);
    return (Cplx){ r.re / LN10, r.im / LN10 };
}

/* f(z) = -i g(iz), for the circular functions. */
static Cplx turned(Function g, Cplx z, Failure *f)
{
    Cplx r = g((Cplx){ -z.im, z.re }, f);
    return (Cplx){ r.im, -r.re };
}

static Cplx c_asin(Cplx z, Failure *f) { return turned(c_asinh, z, f); }
static Cplx c_atan(Cplx z, Failure *f) { return turned(c_atanh, z, f); }
static Cplx c_sin(Cplx z, Failure *f) { return turned(c_sinh, z, f); }
static Cplx c_tan(Cplx z, Failure *f) { return turned(c_tanh, z, f); }
static Cplx c_cos(Cplx z, Failure *f) { return c_cosh((Cplx){ -z.im, z.re }, f); }

/* ---- what scripts call ---- */

static Value result(Vm *vm, Cplx z, Failure f)
{
    if (f == DOMAIN)
        return raise_exc(vm, EXC_ValueError, "math domain error");
    if (f == RANGE)
        return raise_exc(vm, EXC_OverflowError, "math range error");
    return complex_new(vm, z);
}

#define FUNCTIONS(F)                                                                        \
    F(acos, "The angle whose cosine is z, in radians.") F(acosh, "The number whose hyperbolic cosine is z.")            \
    F(asin, "The angle whose sine is z, in radians.") F(asinh, "The number whose hyperbolic sine is z.")                \
    F(atan, "The angle whose tangent is z, in radians.") F(atanh, "The number whose hyperbolic tangent is z.")          \
    F(cos, "The cosine of z.") F(cosh, "The hyperbolic cosine of z.") F(exp, "e to the power of z.")                    \
    F(log10, "The logarithm of z to the base 10.") F(sin, "The sine of z.") F(sinh, "The hyperbolic sine of z.")        \
    F(sqrt, "The square root of z.") F(tan, "The tangent of z.") F(tanh, "The hyperbolic tangent of z.")
#define DEFINE(name, doc)                                                                   \
    static Value cmath_f_##name(Vm *vm, Value self, const Args *args)                       \
    {                                                                                       \
        Cplx z;                                                                             \
        Failure f = FINE;                                                                   \
        (void)self;                                                                         \
        if (!complex_of(vm, args->v[0], &z))                                                \
            return VALUE_ERROR;                                                             \
        z = c_##name(z, &f);                                                                \
        return result(vm, z, f);                                                            \
    }
FUNCTIONS(DEFINE)
#undef DEFINE

static Value cmath_f_log(Vm *vm, Value self, const Args *args)
{
    Cplx z, base;
    Failure f = FINE;
    (void)self;
    if (!complex_of(vm, args->v[0], &z))
        return VALUE_ERROR;
    z = c_log(z, &f);
    if (!value_is_empty(args->v[1])) {
        if (!complex_of(vm, args->v[1], &base))
            return VALUE_ERROR;
        f = FINE;               /* the base has the last word */
        base = c_log(base, &f);
        if (base.re == 0 && base.im == 0)
            f = DOMAIN;
        else
            z = cplx_div(z, base);
    }
    return result(vm, z, f);
}

static Value cmath_f_phase(Vm *vm, Value self, const Args *args)
{
    Cplx z;
    (void)self;
    if (!complex_of(vm, args->v[0], &z))
        return VALUE_ERROR;
    errno = 0;
    double phi = libm.atan2(z.im, z.re);
    return errno == ERANGE ? result(vm, z, RANGE) : float_new(vm, phi);     /* it was too small */
}

static Value cmath_f_polar(Vm *vm, Value self, const Args *args)
{
    Cplx z;
    (void)self;
    if (!complex_of(vm, args->v[0], &z))
        return VALUE_ERROR;
    double r = libm.hypot(z.re, z.im);
    if (isinf(r) && finite_both(z))
        return raise_exc(vm, EXC_OverflowError, "math range error");
    Tuple *t = tuple_pack(vm, 2, float_new(vm, r), float_new(vm, libm.atan2(z.im, z.re)));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Cplx from_polar(double r, double phi, Failure *f)
{
    if (isinf(phi) && r != 0 && !isnan(r))
        *f = DOMAIN;
    if (phi == 0 && !isfinite(r))
        return (Cplx){ r, isnan(r) ? 0.0 : copysign(phi, signbit(phi) == signbit(r) ? 1.0 : -1.0) };
    if (phi == 0)
        return (Cplx){ r, r * phi };
    if (isfinite(r) && isfinite(phi))
        return (Cplx){ r * libm.cos(phi), r * libm.sin(phi) };
    if (isinf(r) && isfinite(phi))
        return (Cplx){ copysign(r, libm.cos(phi) * copysign(1.0, r)), copysign(r, libm.sin(phi) * copysign(1.0, r)) };
    if (r == 0)
        return (Cplx){ 0, 0 };
    return (Cplx){ isinf(r) ? INFINITY : NAN, NAN };
}

static Value cmath_f_rect(Vm *vm, Value self, const Args *args)
{
    Failure f = FINE;
    (void)self;
    Cplx z = from_polar(value_double(args->v[0]), value_double(args->v[1]), &f);
    return result(vm, z, f);
}

#define TEST(name, test)                                                                    \
    static Value cmath_f_##name(Vm *vm, Value self, const Args *args)                       \
    {                                                                                       \
        Cplx z;                                                                             \
        (void)self;                                                                         \
        return complex_of(vm, args->v[0], &z) ? value_from_bool(test) : VALUE_ERROR;        \
    }
TEST(isfinite, finite_both(z))
TEST(isinf, isinf(z.re) || isinf(z.im))
TEST(isnan, isnan(z.re) || isnan(z.im))
#undef TEST

static Value cmath_f_isclose(Vm *vm, Value self, const Args *args)
{
    Cplx a, b;
    double rel = value_double(args->v[2]), abs_tol = value_double(args->v[3]);
    (void)self;
    if (!complex_of(vm, args->v[0], &a) || !complex_of(vm, args->v[1], &b))
        return VALUE_ERROR;
    if (rel < 0 || abs_tol < 0)
        return raise_exc(vm, EXC_ValueError, "tolerances must be non-negative");
    if (a.re == b.re && a.im == b.im)
        return VALUE_TRUE;
    if (isinf(a.re) || isinf(a.im) || isinf(b.re) || isinf(b.im))
        return VALUE_FALSE;
    double diff = libm.hypot(a.re - b.re, a.im - b.im);
    return value_from_bool(diff <= rel * libm.hypot(b.re, b.im) || diff <= rel * libm.hypot(a.re, a.im) || diff <= abs_tol);
}

#define ROW(name, doc) FUNCTION(cmath, name, #name "(z, /)", doc),
static const MethodDef functions[] = {
    FUNCTIONS(ROW)
    FUNCTION(cmath, log, "log(z, base=..., /)", "The logarithm of z to the base, or to the base e."),
    FUNCTION(cmath, phase, "phase(z, /)", "The angle of z, in radians."),
    FUNCTION(cmath, polar, "polar(z, /)", "The distance of z from 0, and its angle."),
    FUNCTION(cmath, rect, "rect(r: float, phi: float, /)", "The number at a distance and an angle."),
    FUNCTION(cmath, isfinite, "isfinite(z, /)", "Are both parts finite?"),
    FUNCTION(cmath, isinf, "isinf(z, /)", "Is a part infinite?"),
    FUNCTION(cmath, isnan, "isnan(z, /)", "Is a part not a number?"),
    FUNCTION(cmath, isclose, "isclose(a, b, *, rel_tol: float=0.000000001, abs_tol: float=0.0)", "Are the two nearly equal?"),
    { 0 }
};
#undef ROW

static bool add(Vm *vm, Module *m, const char *name, Value v)
{
    return !value_is_empty(v) && module_set(vm, m, name, v);
}

Value cmath_init(Vm *vm)
{
    Module *m = module_new(vm, "cmath", "Functions of complex numbers.");
    bool ok = m && libm_ready(vm) && module_add_functions(vm, m, functions) && add(vm, m, "pi", value_from_double(PI)) &&
              add(vm, m, "e", value_from_double(E)) && add(vm, m, "tau", value_from_double(2 * PI)) &&
              add(vm, m, "inf", value_from_double(INFINITY)) && add(vm, m, "nan", float_new(vm, NAN)) &&
              add(vm, m, "infj", complex_new(vm, (Cplx){ 0, INFINITY })) && add(vm, m, "nanj", complex_new(vm, (Cplx){ 0, NAN }));
    return ok ? value_from_obj(m) : VALUE_ERROR;
}
