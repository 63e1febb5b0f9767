/* SPDX-License-Identifier: MIT
 * The parts of module math. */
#ifndef STDLIB_MATH_H
#define STDLIB_MATH_H

#include "runtime/runtime.h"

extern const MethodDef math_ints[];         /* math_int.c: gcd, factorial, comb, isqrt … */
extern const MethodDef math_sums[];         /* math_sum.c: fsum, sumprod, prod, hypot, dist */
double math_gamma(double x);                /* math_gamma.c; NaN: domain error, infinite: range error */
double math_lgamma(double x);
Value math_domain_error(Vm *vm);
Value math_range_error(Vm *vm);

#endif
