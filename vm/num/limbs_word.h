/* SPDX-License-Identifier: MIT
 * Two-limb arithmetic, private to vm/num: 128-bit products and division by a precomputed reciprocal
 * (Möller and Granlund, "Improved division by invariant integers", 2011). */
#ifndef VM_NUM_LIMBS_WORD_H
#define VM_NUM_LIMBS_WORD_H

#include "vm/num/limbs.h"

__extension__ typedef unsigned __int128 Limb2;

/* One call of the progress hook stands for this many limb products. */
#define LIMB_TICK_WORK ((size_t)1 << 17)

static inline MUST_USE bool limbs_work(LimbTick *tick, size_t products)
{
    if (!tick || !tick->fn)
        return true;
    tick->work += products;
    if (LIKELY(tick->work < LIMB_TICK_WORK))
        return true;
    tick->work = 0;
    return tick->fn(tick->ud);
}

static inline int limb_clz(Limb v)      /* v is not zero */
{
    return __builtin_clzll(v);
}

static inline void limbs_copy(Limb *r, const Limb *a, size_t n)
{
    if (n)
        memmove(r, a, n * sizeof(Limb));
}

static inline void limbs_zero(Limb *r, size_t n)
{
    if (n)
        memset(r, 0, n * sizeof(Limb));
}

/* (2**128 - 1) / d - 2**64; the top bit of d is set. */
static inline Limb limb_reciprocal(Limb d)
{
    return (Limb)(((Limb2)~d << 64 | ~(Limb)0) / d);
}

/* The same for a divisor of two limbs. */
static inline Limb limb_reciprocal2(Limb d1, Limb d0)
{
    Limb v = limb_reciprocal(d1), p = d1 * v + d0;
    if (p < d0) {
        v--;
        if (p >= d1) {
            v--;
            p -= d1;
        }
        p -= d1;
    }
    Limb2 t = (Limb2)v * d0;
    Limb t1 = (Limb)(t >> 64), t0 = (Limb)t;
    p += t1;
    if (p < t1) {
        v--;
        if (p > d1 || (p == d1 && t0 >= d0))
            v--;
    }
    return v;
}

/* (u1, u0) / d with u1 < d and the top bit of d set. */
static inline Limb limb_div2(Limb *rem, Limb u1, Limb u0, Limb d, Limb v)
{
    Limb2 q = (Limb2)v * u1 + ((Limb2)u1 << 64 | u0);
    Limb q1 = (Limb)(q >> 64) + 1, r = u0 - q1 * d;
    if (r > (Limb)q) {
        q1--;
        r += d;
    }
    if (UNLIKELY(r >= d)) {
        q1++;
        r -= d;
    }
    *rem = r;
    return q1;
}

/* (u2, u1, u0) / (d1, d0) with (u2, u1) < (d1, d0) and the top bit of d1 set. */
static inline Limb limb_div3(Limb2 *rem, Limb u2, Limb u1, Limb u0, Limb d1, Limb d0, Limb v)
{
    Limb2 q = (Limb2)v * u2 + ((Limb2)u2 << 64 | u1), d = (Limb2)d1 << 64 | d0;
    Limb q1 = (Limb)(q >> 64);
    Limb2 r = ((Limb2)(u1 - q1 * d1) << 64 | u0) - (Limb2)d0 * q1 - d;
    q1++;
    if ((Limb)(r >> 64) >= (Limb)q) {
        q1--;
        r += d;
    }
    if (UNLIKELY(r >= d)) {
        q1++;
        r -= d;
    }
    *rem = r;
    return q1;
}

/* Parts of the division that other files of vm/num use. limbs_div_inplace divides a (na limbs) by the
 * normalised divisor b (its top bit set, nb >= 2 limbs, na >= nb): q gets na - nb limbs, the quotient's
 * limb above them (0 or 1) goes to *qh, a is left with the remainder in its low nb limbs. */
size_t limbs_div_inplace_scratch(size_t na, size_t nb);
MUST_USE bool limbs_div_inplace(LimbTick *tick, Limb *q, Limb *qh, Limb *a, size_t na, const Limb *b,
                                size_t nb, Limb *scratch);

#endif
